//! Collations: strings that are compared without regard to case.
//!
//! Source: developer guide, "COLLATE function", "CREATE TABLE" (COLLATE). A string of such a collation is its expression
//! under a mark that changes no value; comparisons look for the mark and fold both sides.

use datafusion::logical_expr::Expr;
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use super::{
    kernel::Kernel,
    registry::{Call, Function, Param, function, takes},
};
use crate::binder::{BindContext, Typed, settle};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[function("collate", &[takes(&[Param::Text, Param::Text], collate)])];

const MARK: &str = "case_insensitive";

/// The same string, to be compared without regard to case.
pub(crate) fn insensitive(value: Typed) -> Typed {
    if is_insensitive(&value) {
        return value;
    }
    Kernel::new(MARK, (), value.ty, |(), args| args.array(0)).call(vec![value.expr])
}

/// Is the string compared without regard to case?
pub(crate) fn is_insensitive(value: &Typed) -> bool {
    matches!(&value.expr, Expr::ScalarFunction(call) if call.func.name() == MARK)
}

/// The same string, to be compared as it is.
pub(crate) fn sensitive(value: Typed) -> Typed {
    let ty = value.ty;
    match value.expr {
        Expr::ScalarFunction(call) if call.func.name() == MARK => match <[Expr; 1]>::try_from(call.args) {
            Ok([expr]) => Typed::new(expr, ty),
            Err(args) => Typed::new(call.func.call(args), ty),
        },
        expr => Typed::new(expr, ty),
    }
}

/// A string in the form that it is compared in without regard to case.
///
/// # Errors
/// None but those of the value.
pub(crate) fn folded(value: Typed, ctx: &BindContext) -> Result<Typed> {
    let value = settle(sensitive(value), ctx)?;
    if !value.ty.is_string() {
        return Ok(value);
    }
    let kernel = Kernel::new("lower", (), value.ty, |(), args| args.map1(|text: &str| Ok(Some(text.to_lowercase()))));
    kernel.call_or_fold(vec![value.expr])
}

fn collate(mut call: Call<'_>) -> Result<Typed> {
    let collation = call.constant(1)?.unwrap_or_default().to_lowercase();
    let value = call.args.remove(0);
    match collation.as_str() {
        "case_insensitive" | "ci" => Ok(insensitive(value)),
        "case_sensitive" | "cs" => Ok(sensitive(value)),
        _ => {
            let message = format!("collation \"{collation}\" is not supported");
            Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message))
        }
    }
}

/// 0A000 where strings would have to be gathered or ordered without regard to case.
pub(crate) fn refused(what: &str) -> Error {
    Error::unsupported(format!("{what} of case-insensitive strings is not supported"))
}

/// Is it the type of a value that can have a collation?
pub(crate) fn has_collation(ty: RedshiftType) -> bool {
    matches!(ty, RedshiftType::Char(_) | RedshiftType::Varchar(_))
}
