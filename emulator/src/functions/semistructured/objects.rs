//! Functions that make objects and change them.
//!
//! Source: developer guide, "Object functions".

use std::collections::HashSet;

use datafusion::{logical_expr::Expr, scalar::ScalarValue};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, types::MAX_VARCHAR};

use super::{
    SUPER,
    arrays::{as_super, sized},
    invalid_input,
    value::{Json, Kind, unescaped, write_string},
};
use crate::{
    binder::{BindContext, CastKind, Typed, cast},
    functions::{
        kernel::Kernel,
        no_such_function,
        registry::{Call, Function, Param, function, takes},
        string::{lower_of, upper_of},
    },
};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("get_number_attributes", &[takes(&[SUPER], number_of_attributes)]),
    function("lower_attribute_names", &[takes(&[SUPER], lower_names)]),
    function("object", &[takes(&[], constructor).and_more(Param::Any)]),
    function("upper_attribute_names", &[takes(&[SUPER], upper_names)]),
];

fn constructor(mut call: Call<'_>) -> Result<Typed> {
    if !call.args.len().is_multiple_of(2) {
        return Err(no_such_function(call.name, &call.args));
    }
    let text = RedshiftType::Varchar(MAX_VARCHAR);
    let args = std::mem::take(&mut call.args);
    for (index, arg) in args.into_iter().enumerate() {
        let arg = match index % 2 {
            0 if arg.ty.is_string() => cast(arg, text, CastKind::Implicit, call.ctx)?,
            0 => {
                let message = format!("OBJECT key must be of type character varying, not {}", arg.ty.base_name());
                return Err(Error::new(SqlState::DATATYPE_MISMATCH, message));
            }
            _ => as_super(arg, &call)?,
        };
        call.args.push(arg);
    }
    call.lenient_kernel(RedshiftType::Super, |(), args| {
        let texts = (0..args.len()).map(|index| args.reader::<&str>(index)).collect::<Result<Vec<_>>>()?;
        args.rows(|row| {
            let mut names = HashSet::new();
            let mut out = String::from("{");
            for pair in texts.chunks_exact(2) {
                let Some(name) = pair[0].get(row) else { return Err(invalid_input("OBJECT key cannot be null")) };
                if !names.insert(name) {
                    return Err(invalid_input("SUPER value has duplicate attributes"));
                }
                write_member(&mut out, name, pair[1].get(row).unwrap_or("null"));
            }
            out.push('}');
            sized(out)
        })
    })
}

fn write_member(out: &mut String, name: &str, value: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    write_string(out, name);
    out.push(':');
    out.push_str(value);
}

fn number_of_attributes(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int4, |(), args| {
        args.map1(|text: &str| {
            let value = Json::of(text);
            Ok((value.kind() == Kind::Object).then(|| value.members().count() as i32))
        })
    })
}

fn lower_names(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Super, |(), args| {
        args.map1(|text: &str| renamed(text, |name| name.chars().map(lower_of).collect()))
    })
}

fn upper_names(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Super, |(), args| {
        args.map1(|text: &str| renamed(text, |name| name.chars().map(upper_of).collect()))
    })
}

/// The value with all its attributes named anew.
fn renamed(text: &str, rename: impl Fn(&str) -> String + Copy) -> Result<Option<String>> {
    let mut out = String::with_capacity(text.len());
    write_renamed(Json::of(text), rename, &mut out)?;
    Ok(Some(out))
}

fn write_renamed(value: Json<'_>, rename: impl Fn(&str) -> String + Copy, out: &mut String) -> Result<()> {
    match value.kind() {
        Kind::Array => {
            out.push('[');
            for (index, item) in value.items().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_renamed(item, rename, out)?;
            }
            out.push(']');
        }
        Kind::Object => {
            out.push('{');
            let mut names = HashSet::new();
            for (index, (quoted, value)) in value.members().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                let name = rename(&unescaped(quoted));
                write_string(out, &name);
                out.push(':');
                write_renamed(value, rename, out)?;
                if !names.insert(name) {
                    return Err(invalid_input("SUPER value has duplicate attributes after case conversion."));
                }
            }
            out.push('}');
        }
        Kind::Boolean | Kind::Number | Kind::String | Kind::Null => out.push_str(value.text()),
    }
    Ok(())
}

/// The arguments of OBJECT_TRANSFORM.
pub(crate) struct Transformation {
    /// The object.
    pub(crate) input: Typed,
    /// KEEP: the paths of what stays.
    pub(crate) keep: Vec<Typed>,
    /// SET: paths and what is put there.
    pub(crate) set: Vec<(Typed, Typed)>,
}

/// A path of OBJECT_TRANSFORM: the names of attributes.
type Names = Vec<String>;

/// `OBJECT_TRANSFORM(input [KEEP path, ...] [SET path, value, ...])`
///
/// # Errors
/// 22023 for a path that is no constant of quoted names.
pub(crate) fn transform(parts: Transformation, ctx: &BindContext) -> Result<Typed> {
    let input = cast(parts.input, RedshiftType::Super, CastKind::Implicit, ctx)?;
    let keep = parts.keep.iter().map(path_names).collect::<Result<Vec<Names>>>()?;
    let mut set = Vec::with_capacity(parts.set.len());
    let mut args = vec![input.expr];
    for (path, value) in parts.set {
        set.push(path_names(&path)?);
        args.push(cast(value, RedshiftType::Super, CastKind::Implicit, ctx)?.expr);
    }
    let kernel = Kernel::new("object_transform", (keep, set), RedshiftType::Super, |(keep, set), args| {
        let inputs = args.reader::<&str>(0)?;
        let values = (1..args.len()).map(|index| args.reader::<&str>(index)).collect::<Result<Vec<_>>>()?;
        args.rows(|row| {
            let Some(text) = inputs.get(row) else { return Ok(None) };
            let input = Json::of(text);
            if input.kind() != Kind::Object || (keep.is_empty() && set.is_empty()) {
                return Ok(Some(text.to_string()));
            }
            let mut tree = Tree::default();
            for path in keep {
                let found = path.iter().try_fold(input, |value, name| value.attribute(name));
                if let Some(found) = found {
                    tree.put(path, found.text());
                }
            }
            for (path, value) in set.iter().zip(&values) {
                tree.put(path, value.get(row).unwrap_or("null"));
            }
            let mut out = String::new();
            tree.write(&mut out);
            sized(out)
        })
    });
    Ok(kernel.not_strict().call(args))
}

/// An object that is being made.
#[derive(Default)]
struct Tree {
    members: Vec<(String, Branch)>,
}

enum Branch {
    Value(String),
    Object(Tree),
}

impl Tree {
    /// Puts a value at a path; attributes keep the place that they had first.
    fn put(&mut self, path: &[String], value: &str) {
        let [name, rest @ ..] = path else { return };
        let index = self.members.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            self.members.push((name.clone(), Branch::Object(Tree::default())));
            self.members.len() - 1
        });
        let branch = &mut self.members[index].1;
        if rest.is_empty() {
            *branch = Branch::Value(value.to_string());
            return;
        }
        if let Branch::Value(text) = branch {
            let mut tree = Tree::default();
            for (name, value) in Json::of(text).members() {
                tree.members.push((unescaped(name).into_owned(), Branch::Value(value.text().to_string())));
            }
            *branch = Branch::Object(tree);
        }
        if let Branch::Object(tree) = branch {
            tree.put(rest, value);
        }
    }

    fn write(&self, out: &mut String) {
        out.push('{');
        for (name, branch) in &self.members {
            match branch {
                Branch::Value(text) => write_member(out, name, text),
                Branch::Object(tree) => {
                    write_member(out, name, "");
                    tree.write(out);
                }
            }
        }
        out.push('}');
    }
}

/// The names of `"a"."b"`.
fn path_names(path: &Typed) -> Result<Names> {
    let invalid = || {
        let message = "OBJECT_TRANSFORM path must be a constant string of double-quoted names";
        Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
    };
    let Expr::Literal(ScalarValue::Utf8View(Some(text)), _) = &path.expr else { return Err(invalid()) };
    let mut names = Vec::new();
    let mut rest = text.as_str();
    loop {
        let (name, behind) = quoted_name(rest).ok_or_else(invalid)?;
        names.push(name);
        match behind.strip_prefix('.') {
            Some(next) => rest = next,
            None if behind.is_empty() => return Ok(names),
            None => return Err(invalid()),
        }
    }
}

fn quoted_name(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text.strip_prefix('"')?;
    loop {
        let end = rest.find('"')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(next) => {
                name.push('"');
                rest = next;
            }
            None => return Some((name, rest)),
        }
    }
}
