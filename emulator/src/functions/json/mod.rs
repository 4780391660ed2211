//! Functions of strings that hold JSON.
//!
//! Source: developer guide, "JSON functions".

pub(crate) mod scan;

use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, types::MAX_VARCHAR};

use self::scan::{Kind, Value};
use super::registry::{BOOL, Call, Function, INT4, Param, function, takes};
use crate::{
    binder::{CastKind, Typed, cast},
    functions::kernel::Args,
};

const TEXT: Param = Param::Text;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("is_valid_json", &[takes(&[TEXT], is_valid_json)]),
    function("is_valid_json_array", &[takes(&[TEXT], is_valid_json_array)]),
    function("json_array_length", &[takes(&[TEXT, BOOL], json_array_length).optional(1)]),
    function("json_extract_array_element_text", &[takes(&[TEXT, INT4, BOOL], array_element).optional(1)]),
    function("json_extract_path_text", &[takes(&[TEXT, Param::Any], path).and_more(Param::Any)]),
];

/// What a text has to be.
#[derive(Clone, Copy)]
enum Wanted {
    Value,
    Array,
}

impl Wanted {
    /// XX000, with the text that is none.
    fn missing(self, text: &str) -> Error {
        let what = match self {
            Wanted::Value => "object",
            Wanted::Array => "array object",
        };
        let detail = format!("error:  JSON parsing error\ncode:      8001\ncontext:   invalid json {what} {text}");
        Error::internal("JSON parsing error").with_detail(detail)
    }

    /// The value of a text; none where it is no JSON and NULL is wanted then.
    fn parsed(self, text: &str, lenient: bool) -> Result<Option<Value<'_>>> {
        let value = Value::of(text).filter(|value| match self {
            Wanted::Value => true,
            Wanted::Array => value.kind() == Kind::Array,
        });
        match value {
            None if !lenient => Err(self.missing(text)),
            value => Ok(value),
        }
    }
}

/// An object only: arrays and scalars are not what it asks for.
fn is_valid_json(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Bool, |(), args| {
        args.map1(|text: &str| Ok(Some(Value::of(text).is_some_and(|value| value.kind() == Kind::Object))))
    })
}

fn is_valid_json_array(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Bool, |(), args| {
        args.map1(|text: &str| Ok(Some(Value::of(text).is_some_and(|value| value.kind() == Kind::Array))))
    })
}

/// Is NULL wanted for a text that is no JSON? `null_if_invalid` is the argument at `index`, or false.
fn lenient(args: &Args, index: usize) -> Result<impl Fn(usize) -> Option<bool> + '_> {
    let reader = if args.len() > index { Some(args.reader::<bool>(index)?) } else { None };
    Ok(move |row| match &reader {
        Some(reader) => reader.get(row),
        None => Some(false),
    })
}

fn json_array_length(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int4, |(), args| {
        let (texts, lenient) = (args.reader::<&str>(0)?, lenient(args, 1)?);
        args.rows(|row| {
            let (Some(text), Some(lenient)) = (texts.get(row), lenient(row)) else { return Ok(None) };
            Ok(Wanted::Array.parsed(text, lenient)?.map(|value| value.items().len() as i32))
        })
    })
}

/// The item at a place counted from 0; an empty string where there is none.
fn array_element(call: Call<'_>) -> Result<Typed> {
    let ty = RedshiftType::Varchar(call.length(0));
    call.kernel(ty, |(), args| {
        let (texts, places, lenient) = (args.reader::<&str>(0)?, args.reader::<i32>(1)?, lenient(args, 2)?);
        args.rows(|row| {
            let (Some(text), Some(place), Some(lenient)) = (texts.get(row), places.get(row), lenient(row)) else {
                return Ok(None);
            };
            let Some(value) = Wanted::Array.parsed(text, lenient)? else { return Ok(None) };
            let item = usize::try_from(place).ok().and_then(|place| value.items().get(place).copied());
            Ok(item.and_then(|item| item.plain()))
        })
    })
}

/// "Additional path elements can be specified, up to five levels deep."
const MAX_STEPS: usize = 5;

/// The value at the end of a path; NULL where there is none. A last argument that is a BOOLEAN is `null_if_invalid`.
fn path(mut call: Call<'_>) -> Result<Typed> {
    let has_flag = call.args.len() > 2 && call.args.last().is_some_and(|last| last.ty == RedshiftType::Bool);
    let steps = call.args.len() - 1 - usize::from(has_flag);
    if steps > MAX_STEPS {
        let message = format!("{} takes {MAX_STEPS} path elements at most", call.name);
        return Err(Error::new(SqlState::UNDEFINED_FUNCTION, message));
    }
    let text = RedshiftType::Varchar(MAX_VARCHAR);
    for step in 1..=steps {
        let arg = call.args[step].clone();
        call.args[step] = cast(arg, text, CastKind::Implicit, call.ctx).map_err(|_| call.missing())?;
    }
    let ty = RedshiftType::Varchar(call.length(0));
    call.kernel_with(steps, ty, |steps, args| {
        let texts = args.reader::<&str>(0)?;
        let names = (1..=*steps).map(|step| args.reader::<&str>(step)).collect::<Result<Vec<_>>>()?;
        let lenient = lenient(args, steps + 1)?;
        args.rows(|row| {
            let (Some(text), Some(lenient)) = (texts.get(row), lenient(row)) else { return Ok(None) };
            // "The provided path_elem is NULL, so [it] returns NULL regardless of the value of any other parameters."
            let Some(path) = names.iter().map(|name| name.get(row)).collect::<Option<Vec<_>>>() else {
                return Ok(None);
            };
            let mut value = Wanted::Value.parsed(text, lenient)?;
            for name in path {
                value = value.and_then(|value| match value.kind() {
                    Kind::Array => name.parse::<usize>().ok().and_then(|place| value.items().get(place).copied()),
                    _ => value.member(name),
                });
            }
            Ok(value.and_then(Value::plain))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::Wanted;
    use crate::functions::testing::{check, check_errors};

    #[test]
    fn errors_say_what_is_wanted() {
        let context = |wanted: Wanted| wanted.missing("[1").detail().map(str::to_string).unwrap_or_default();
        assert!(context(Wanted::Value).ends_with("invalid json object [1"));
        assert!(context(Wanted::Array).ends_with("invalid json array object [1"));
    }

    #[test]
    fn paths_lead_to_values() {
        check(&[
            // JSON_EXTRACT_PATH_TEXT
            ("json_extract_path_text('{\"f2\":{\"f3\":1},\"f4\":{\"f5\":99,\"f6\":\"star\"}}','f4', 'f6')", "star"),
            ("json_extract_path_text('{\"f2\":{\"f3\":1},\"f4\":{\"f5\":99,\"f6\":\"star\"}','f4', 'f6',true)", "NULL"),
            ("json_extract_path_text('{\"farm\": {\"barn\": {}}}', 'farm', 'barn', 'color')", "NULL"),
            ("json_extract_path_text('{\"f4\": {\"f5\": 99.0}}', 'f4')", "{\"f5\": 99.0}"),
            ("json_extract_path_text('{\"a\": null}', 'a')", "NULL"),
            ("json_extract_path_text('{\"A\": 1}', 'a')", "NULL"),
        ]);
        check_errors(&[("json_extract_path_text('{\"f2\":{\"f3\":1}', 'f2')", "XX000", "JSON parsing error")]);
        check(&[(
            "json_extract_path_text('{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":1}}}}}', 'a', 'b', 'c', 'd', 'e', true)",
            "1",
        )]);
        check_errors(&[(
            "json_extract_path_text('{}', 'a', 'b', 'c', 'd', 'e', 'f')",
            "42883",
            "json_extract_path_text takes 5 path elements at most",
        )]);
    }

    #[test]
    fn arrays_have_items() {
        check(&[
            // JSON_EXTRACT_ARRAY_ELEMENT_TEXT
            ("json_extract_array_element_text('[111,112,113]', 2)", "113"),
            // "If the index is negative or out of bounds, the function returns NULL" (2026).
            ("json_extract_array_element_text('[111,112,113]', 3)", "NULL"),
            ("json_extract_array_element_text('[111,112,113]', -1)", "NULL"),
            ("json_extract_array_element_text('[\"a\",[\"b\",1,[\"c\",2,3,null,]]]',1,true)", "NULL"),
            // JSON_ARRAY_LENGTH
            ("json_array_length('[11,12,13,{\"f1\":21,\"f2\":[25,26]},14]')", "5"),
            ("json_array_length('[11,12,13,{\"f1\":21,\"f2\":[25,26]},14',true)", "NULL"),
            ("json_array_length('[]')", "0"),
        ]);
        check_errors(&[("json_array_length('[1,2')", "XX000", "JSON parsing error")]);
    }

    #[test]
    fn texts_are_valid_or_not() {
        check(&[
            // IS_VALID_JSON
            ("is_valid_json('{\"a\":{\"b\":{\"c\":1}}}')", "true"),
            ("is_valid_json('{{}}')", "false"),
            ("is_valid_json('{1:\"a\"}')", "false"),
            ("is_valid_json('[1,2,3]')", "false"),
            // IS_VALID_JSON_ARRAY
            ("is_valid_json_array('[\"a\",[\"b\",1,[\"c\",2,3,null]]]')", "true"),
            ("is_valid_json_array('[]')", "true"),
            ("is_valid_json_array('{\"a\":1}')", "false"),
            ("is_valid_json_array('[1,2,]')", "false"),
        ]);
    }
}
