//! Collations: strings that are compared without regard to case.
//!
//! Source: developer guide, "COLLATE function", "CREATE TABLE" (COLLATE). A string of such a collation is its expression
//! under a mark that changes no value; comparisons look for the mark and fold both sides. Rows are grouped and sorted by the
//! folded string; of the equal strings of a group the least is shown. Strings inside of SUPER values are folded by their keys.

use datafusion::logical_expr::Expr;
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, types::MAX_VARCHAR};

use super::{
    kernel::{Args, Kernel},
    registry::{Call, Function, Param, function, takes, text},
};
use crate::{
    binder::{BindContext, Typed, settle},
    result::ColumnOrigin,
};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function(COLLATE, &[takes(&[Param::Super, Param::Text], collate), takes(&[Param::Text, Param::Text], collate)]),
    function("db_collation", &[takes(&[], db_collation)]),
];

/// The function whose result has the collation that it is told.
pub(super) const COLLATE: &str = "collate";

/// The name of the kernel that marks a case-insensitive string.
pub(crate) const MARK: &str = "case_insensitive";

/// The name of the kernel of what such strings are compared by.
pub(crate) const WITHOUT_CASE: &str = "without_case";

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
    let (ty, untyped) = (value.ty, value.untyped);
    match value.expr {
        Expr::ScalarFunction(call) if call.func.name() == MARK => match <[Expr; 1]>::try_from(call.args) {
            Ok([expr]) => Typed::new(expr, ty),
            Err(args) => Typed::new(call.func.call(args), ty),
        },
        expr => Typed { untyped, ..Typed::new(expr, ty) },
    }
}

/// Behind the internal names of columns of tables that are declared as case-sensitive, which is the default.
pub(crate) const SENSITIVE: &str = ":sensitive";

/// The result of a function or an operator: what is made of a case-insensitive string is one, too.
pub(crate) fn inherited(result: Typed, insensitive: bool) -> Typed {
    if insensitive && has_collation(result.ty) { self::insensitive(result) } else { result }
}

/// Refuses a column of one collation beside one of another; constants take either, and so do columns of derived tables, whose
/// collation nobody has declared.
///
/// # Errors
/// 0A000 `Query with different collations is not supported yet.` (developer guide, "CREATE DATABASE", limitations of
/// collations).
pub(crate) fn check_mix<'a>(values: impl IntoIterator<Item = &'a Typed>) -> Result<()> {
    let (mut with_case, mut without_case) = (false, false);
    for value in values {
        without_case |= is_insensitive(value);
        with_case |= matches!(&value.expr, Expr::Column(column) if column.name.ends_with(SENSITIVE));
    }
    if with_case && without_case {
        return Err(Error::unsupported("Query with different collations is not supported yet."));
    }
    Ok(())
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
    lower(value.ty).call_or_fold(vec![value.expr])
}

fn lower(ty: RedshiftType) -> Kernel<()> {
    Kernel::new(WITHOUT_CASE, (), ty, |(), args| args.map1(|text: &str| Ok(Some(text.to_lowercase()))))
}

/// What a string is grouped, sorted and made distinct by without regard to case.
pub(crate) fn key_of(value: Typed) -> Expr {
    let value = sensitive(value);
    lower(value.ty).call(vec![value.expr]).expr
}

/// A string behind its key, for MIN and MAX; see [`behind_key`].
pub(crate) fn keyed(value: Typed) -> Expr {
    let value = sensitive(value);
    // No string has the character 0, and none sorts before it.
    let run = |_: &(), args: &Args| args.map1(|text: &str| Ok(Some(format!("{}\0{text}", text.to_lowercase()))));
    Kernel::new("keyed_by_lower", (), RedshiftType::Text, run).call(vec![value.expr]).expr
}

/// The string that [`keyed`] put behind its key.
pub(crate) fn behind_key(keyed: Expr) -> Typed {
    let run =
        |_: &(), args: &Args| args.map1(|text: &str| Ok(text.split_once('\0').map(|(_, value)| value.to_string())));
    Kernel::new("behind_lower", (), RedshiftType::Varchar(MAX_VARCHAR), run).call(vec![keyed])
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

/// "Returns the collation setting of the current database": developer guide, "DB_COLLATION".
fn db_collation(call: Call<'_>) -> Result<Typed> {
    let name = if call.ctx.session.case_insensitive { "case_insensitive" } else { "case_sensitive" };
    Ok(text(name, RedshiftType::Varchar(name.len() as u32)))
}

/// A column of a result, under the collation that it came with.
pub(crate) fn of_origin(value: Typed, origin: Option<&ColumnOrigin>) -> Typed {
    if origin.is_some_and(|origin| origin.case_insensitive) { insensitive(value) } else { value }
}

/// Is it the type of a value that can have a collation?
pub(crate) fn has_collation(ty: RedshiftType) -> bool {
    matches!(ty, RedshiftType::Char(_) | RedshiftType::Varchar(_) | RedshiftType::Super)
}
