//! Navigation: `c.a.b[0].c`.
//!
//! Source: developer guide, "Querying semistructured data" (navigation, lax semantics). A path is one kernel, however
//! many steps it has, so that a value is read once from its beginning to what the path leads to.

use std::fmt::{self, Write};

use arrow::array::ArrayRef;
use datafusion::{common::tree_node::TreeNode, logical_expr::Expr};
use redshift_sql_dialect::{RedshiftType, Result};

use super::{
    Mode, invalid_input,
    value::{Json, Kind},
};
use crate::{
    binder::Typed,
    functions::kernel::{Args, Kernel, Reader},
};

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// `.name`, `['name']`
    Attribute(String),
    /// `[0]`
    Item(i64),
    /// `[expr]`: a BIGINT among the arguments of the kernel.
    Computed,
}

/// A path, and what becomes of steps that lead nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Path {
    pub(crate) steps: Vec<Step>,
    pub(crate) mode: Mode,
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            match step {
                Step::Attribute(name) => write!(f, ".{name:?}")?,
                Step::Item(place) => write!(f, "[{place}]")?,
                Step::Computed => f.write_str("[?]")?,
            }
        }
        f.write_str(if self.mode == Mode::Strict { "!" } else { "" })
    }
}

/// How the names of the kernels of [`navigate`] begin.
const KERNEL: &str = "super_path";

/// Is there a path into a SUPER in an expression?
pub(crate) fn has_path(expr: &Expr) -> bool {
    let found = |part: &Expr| matches!(part, Expr::ScalarFunction(call) if call.func.name().starts_with(KERNEL));
    expr.exists(|part| Ok(found(part))).unwrap_or(false)
}

/// The value that a path leads to from a SUPER; `indexes` are those of [`Step::Computed`].
///
/// # Errors
/// What the path meets in a constant where it is strict.
pub(crate) fn navigate(value: Expr, path: Path, indexes: Vec<Expr>) -> Result<Typed> {
    let mut name = String::from(KERNEL);
    // Writing to a String does not fail.
    let _ = write!(name, "{path}");
    let args = std::iter::once(value).chain(indexes).collect();
    Kernel::new(name, path, RedshiftType::Super, walk).call_or_fold(args)
}

fn walk(path: &Path, args: &Args) -> Result<ArrayRef> {
    let values = args.reader::<&str>(0)?;
    let indexes = (1..args.len()).map(|index| args.reader::<i64>(index)).collect::<Result<Vec<_>>>()?;
    args.rows(|row| {
        let Some(text) = values.get(row) else { return Ok(None) };
        Ok(path.follow(Json::of(text), &indexes, row)?.map(Json::text))
    })
}

impl Path {
    fn follow<'a>(&self, value: Json<'a>, indexes: &[Reader<'_, i64>], row: usize) -> Result<Option<Json<'a>>> {
        let mut indexes = indexes.iter();
        let mut value = value;
        for step in &self.steps {
            let next = match step {
                Step::Attribute(name) => value.attribute(name),
                Step::Item(place) => value.item(*place),
                Step::Computed => match indexes.next().and_then(|index| index.get(row)) {
                    Some(place) => value.item(place),
                    None => return Ok(None),
                },
            };
            value = match next {
                Some(next) => next,
                // Nothing can be said about what is inside of a null.
                None if self.mode == Mode::Lax || value.kind() == Kind::Null => return Ok(None),
                None => return Err(nowhere(step, value.kind())),
            };
        }
        Ok(value.present())
    }
}

fn nowhere(step: &Step, kind: Kind) -> redshift_sql_dialect::Error {
    let context = match (step, kind) {
        (Step::Attribute(name), Kind::Object) => format!("SUPER object has no attribute \"{name}\""),
        (Step::Attribute(name), _) => format!("SUPER value is not an object: cannot navigate to attribute \"{name}\""),
        (_, Kind::Array) => "SUPER array index is out of bounds".to_string(),
        _ => "SUPER value is not an array".to_string(),
    };
    invalid_input(&context)
}
