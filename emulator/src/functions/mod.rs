//! Functions: which exist, which overload the arguments choose, what computes them.

mod acl;
mod administration;
mod aggregate;
pub(crate) mod arithmetic;
pub(crate) mod catalog_arrays;
pub(crate) mod catalog_info;
mod catalog_rows;
pub(crate) mod collation;
mod conditional;
pub(crate) mod conversion;
mod datetime;
mod farm;
mod format;
mod hash;
mod hyperloglog;
pub(crate) mod json;
pub(crate) mod kernel;
mod leader;
#[cfg(test)]
mod list;
mod math;
pub(crate) mod moments;
mod murmur;
mod nodes;
mod operator_functions;
mod random;
mod record_rows;
pub(crate) mod regex;
mod registry;
pub(crate) mod semistructured;
mod series;
mod signals;
#[cfg(test)]
mod signatures;
mod sketch;
mod soundex;
pub(crate) mod spatial;
pub(crate) mod string;
pub(crate) mod system_info;
mod teradata;
#[cfg(test)]
pub(crate) mod testing;
mod type_names;
mod varbyte;
mod window;
mod window_places;

use datafusion::logical_expr::{Expr, LogicalPlan, SortExpr, WindowFrame, expr::NullTreatment};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, names::ObjectName};

pub(crate) use self::registry::argument_cost;
pub(crate) use self::{
    nodes::{Node, node},
    random::Random,
    signals::signaller,
    spatial::{read_geography, read_geometry},
};
pub use self::{spatial::ewkb_of_kept, system_info::REDSHIFT_VERSION};
use crate::binder::{BindContext, Typed};

/// The tables of scalar functions.
const FAMILIES: &[&[registry::Function]] = &[
    administration::FUNCTIONS,
    collation::FUNCTIONS,
    conditional::FUNCTIONS,
    datetime::FUNCTIONS,
    format::FUNCTIONS,
    hash::FUNCTIONS,
    hyperloglog::FUNCTIONS,
    json::FUNCTIONS,
    leader::FUNCTIONS,
    math::FUNCTIONS,
    regex::FUNCTIONS,
    semistructured::FAMILIES[0],
    semistructured::FAMILIES[1],
    semistructured::FAMILIES[2],
    signals::FUNCTIONS,
    spatial::FAMILIES[0],
    spatial::FAMILIES[1],
    spatial::FAMILIES[2],
    spatial::FAMILIES[3],
    spatial::FAMILIES[4],
    spatial::FAMILIES[5],
    spatial::FAMILIES[6],
    spatial::FAMILIES[7],
    spatial::FAMILIES[8],
    spatial::FAMILIES[9],
    spatial::FAMILIES[10],
    spatial::FAMILIES[11],
    spatial::FAMILIES[12],
    string::FUNCTIONS,
    system_info::FUNCTIONS,
    teradata::FUNCTIONS,
    varbyte::FUNCTIONS,
];

/// What a function may be called as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionClass {
    /// One value from the arguments of one row.
    Scalar,
    /// One value from the rows of a group.
    Aggregate,
    /// With OVER.
    Window,
    /// Several rows: `generate_series`.
    Set,
}

/// Is there a function of this name, and as what can it be called? Functions that users may replace are not among them.
pub fn classes(name: &str) -> Option<&'static [FunctionClass]> {
    if aggregate::is_aggregate(name) && registry::knows(name) {
        return Some(&[FunctionClass::Aggregate, FunctionClass::Scalar]);
    }
    if aggregate::is_aggregate(name) {
        return Some(&[FunctionClass::Aggregate, FunctionClass::Window]);
    }
    if window::is_window_function(name) {
        return Some(&[FunctionClass::Window]);
    }
    if catalog_info::knows(name) || catalog_arrays::knows(name) || registry::knows(name) {
        return Some(&[FunctionClass::Scalar]);
    }
    if matches!(name, "unnest" | "generate_series") || catalog_rows::knows(name) || record_rows::knows(name) {
        return Some(&[FunctionClass::Set]);
    }
    None
}

/// Is it a scalar function that counts less than one of a user's that has its name: an operator's or a type's?
pub fn yields_to_users(name: &str) -> bool {
    operator_functions::knows(name) || type_names::of(name).is_some()
}

/// Is it a function's name that the grammar takes for a type where it is neither quoted nor qualified: `"timestamp"(d)`?
pub fn is_word_of_grammar(name: &str) -> bool {
    type_names::is_word_of_grammar(name)
}

/// Calls a scalar function.
///
/// # Errors
/// 42883 `function name(argument types) does not exist`.
pub fn scalar(name: &str, args: Vec<Typed>, ctx: &BindContext) -> Result<Typed> {
    if catalog_info::knows(name) {
        return catalog_info::call(name, args, ctx);
    }
    if catalog_arrays::knows(name) {
        return catalog_arrays::call(name, args, ctx);
    }
    if operator_functions::knows(name) {
        return operator_functions::call(name, args, ctx);
    }
    if !registry::knows(name)
        && let Some(ty) = type_names::of(name)
    {
        return match args.len() {
            1 => type_names::call(name, ty, args, ctx),
            _ => type_names::resize(name, args, ctx),
        };
    }
    registry::call(name, args, ctx)
}

/// A call of an aggregate.
#[derive(Debug, Clone)]
pub struct AggregateParts {
    /// Its name, folded.
    pub name: String,
    /// Its arguments; none for `count(*)`.
    pub args: Vec<Typed>,
    /// DISTINCT?
    pub distinct: bool,
    /// WITHIN GROUP (ORDER BY ...)
    pub within_group: Vec<OrderedArg>,
    /// APPROXIMATE?
    pub approximate: bool,
}

/// A key of WITHIN GROUP (ORDER BY ...).
#[derive(Debug, Clone)]
pub struct OrderedArg {
    /// The key.
    pub value: Typed,
    /// ASC?
    pub ascending: bool,
    /// NULLS FIRST?
    pub nulls_first: bool,
}

/// Calls an aggregate: an `Expr::AggregateFunction`, wrapped in something scalar only where there is no other way.
pub fn aggregate(parts: AggregateParts, ctx: &BindContext) -> Result<Typed> {
    aggregate::aggregate(parts, ctx)
}

/// A call with OVER.
#[derive(Debug, Clone)]
pub struct WindowParts {
    /// Its name, folded.
    pub name: String,
    /// Its arguments; none for `count(*)`.
    pub args: Vec<Typed>,
    /// PARTITION BY
    pub partition_by: Vec<Expr>,
    /// ORDER BY
    pub order_by: Vec<SortExpr>,
    /// The frame.
    pub frame: WindowFrame,
    /// IGNORE or RESPECT NULLS
    pub nulls: Option<NullTreatment>,
    /// DISTINCT?
    pub distinct: bool,
    /// WITHIN GROUP (ORDER BY ...): of LISTAGG and PERCENTILE_*.
    pub within_group: Vec<OrderedArg>,
}

/// Calls a window function: an `Expr::WindowFunction`, wrapped in something scalar only where there is no other way.
pub fn window(parts: WindowParts, ctx: &BindContext) -> Result<Typed> {
    window::window(parts, ctx)
}

/// The rows of a function in FROM.
#[derive(Debug, Clone)]
pub struct FunctionRows {
    /// What computes them; its fields have no qualifiers.
    pub plan: LogicalPlan,
    /// The columns' names and types, in the order of the plan's fields.
    pub columns: Vec<(String, RedshiftType)>,
    /// Is it a function of one value, whose column takes the name of the alias?
    pub single: bool,
}

/// Calls a function in FROM. `definition` is the column list behind its alias, with types where it is a record function.
///
/// # Errors
/// 42883 `function name(argument types) does not exist`.
pub fn rows(
    name: &str,
    args: Vec<Typed>,
    definition: &[(String, Option<RedshiftType>)],
    ctx: &BindContext,
) -> Result<FunctionRows> {
    if name == "unnest" {
        return catalog_arrays::unnest(args);
    }
    if name == "generate_series" {
        return series::rows(args, ctx);
    }
    if catalog_rows::knows(name) {
        return catalog_rows::rows(name, args, definition, ctx);
    }
    if record_rows::knows(name) {
        return record_rows::rows(name, args, ctx);
    }
    Err(no_such_function(name, &args))
}

/// Calls a function of several rows in a select list: one value for each row, which is the text of a record where the
/// function gives several columns.
///
/// # Errors
/// 42883 `function name(argument types) does not exist`.
pub fn values(name: &str, args: Vec<Typed>, ctx: &BindContext) -> Result<FunctionRows> {
    if catalog_rows::knows(name) {
        return record_rows::as_text(catalog_rows::natural_rows(name, args, ctx)?, ctx);
    }
    if record_rows::knows(name) {
        return record_rows::as_text(record_rows::rows(name, args, ctx)?, ctx);
    }
    rows(name, args, &[], ctx)
}

/// Calls a function of several rows for each row of its arguments: the list of the integers that it gives for the row.
///
/// # Errors
/// 42883 `function name(argument types) does not exist`; 0A000 for functions whose arguments have to be constant.
pub fn list(name: &str, args: Vec<Typed>, ctx: &BindContext) -> Result<Typed> {
    match name {
        "generate_series" => series::list(args, ctx),
        _ => Err(Error::unsupported(format!("{name} of columns is not supported in a select list"))),
    }
}

/// The name of the result's column: `dateadd` shows as `date_add`.
pub fn output_name(name: &str) -> &str {
    match name {
        "dateadd" => "date_add",
        "datediff" => "date_diff",
        "date_part" | "datepart" => "pgdate_part",
        "getdate" | "sysdate" => "timestamp",
        "current_date" => "date",
        "current_timestamp" => "timestamptz",
        "current_time" => "timetz",
        "isnull" | "nvl" => "coalesce",
        "trim" => "btrim",
        "user" => "current_user",
        other => other,
    }
}

/// Does the result depend on when and by whom the function is called? "Mutable functions, such as date-time functions":
/// developer guide, "Refreshing a materialized view".
pub fn is_mutable(name: &str) -> bool {
    matches!(
        name,
        "current_date"
            | "current_time"
            | "current_timestamp"
            | "current_user"
            | "current_user_id"
            | "getdate"
            | "localtime"
            | "localtimestamp"
            | "now"
            | "random"
            | "session_user"
            | "sysdate"
            | "timeofday"
            | "user"
    )
}

/// Is it a function that is called without parentheses although its name is no reserved word?
pub fn is_called_bare(name: &ObjectName) -> bool {
    matches!(&name.0[..], [name] if matches!(name.folded(false).as_str(), "current_aws_account" | "current_namespace"))
}

/// May the first argument be a bare date part, as in `dateadd(month, 1, d)`?
pub fn takes_date_part(name: &str) -> bool {
    matches!(
        name,
        "dateadd" | "date_add" | "datediff" | "date_diff" | "date_part" | "datepart" | "pgdate_part" | "date_trunc"
    )
}

/// 42883 with the hint that Postgres gives. What the grammar makes of its own words is a function of pg_catalog.
pub fn no_such_function(name: &str, args: &[Typed]) -> Error {
    no_such_function_of(name, args.iter().map(|arg| arg.ty))
}

/// The same of arguments of these types.
fn no_such_function_of(name: &str, types: impl Iterator<Item = RedshiftType>) -> Error {
    let name = match name {
        "dateadd" | "date_add" => "pg_catalog.date_add",
        "datediff" | "date_diff" => "pg_catalog.date_diff",
        "date_part" | "datepart" | "pgdate_part" => "pg_catalog.pgdate_part",
        "extract" => "pg_catalog.date_part",
        "position" => "pg_catalog.position",
        "substring" => "pg_catalog.substring",
        other => other,
    };
    let shown = |ty| match ty {
        RedshiftType::Unknown => "\"unknown\"",
        ty => ty.base_name(),
    };
    let types: Vec<&str> = types.map(shown).collect();
    Error::new(SqlState::UNDEFINED_FUNCTION, format!("function {name}({}) does not exist", types.join(", ")))
        .with_hint("No function matches the given name and argument types. You may need to add explicit type casts.")
}
