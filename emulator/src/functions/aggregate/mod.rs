//! Aggregates.
//!
//! Source: developer guide, "Aggregate functions", "Bit-wise aggregate functions". Where DataFusion's means the same it is
//! taken: COUNT, MIN, MAX, the variances, the bit-wise ones. SUM and AVG of exact numbers ([`total`]) and those that need
//! an order ([`sorted`]) are ours.

mod dynamic;
mod sketches;
mod sorted;
#[cfg(test)]
mod tests;
mod total;

use std::sync::Arc;

use datafusion::{
    functions_aggregate::{
        any_value::any_value_udaf,
        average::avg_udaf,
        bit_and_or_xor::{bit_and_udaf, bit_or_udaf},
        bool_and_or::{bool_and_udaf, bool_or_udaf},
        count::count_udaf,
        min_max::{max_udaf, min_udaf},
        stddev::{stddev_pop_udaf, stddev_udaf},
        sum::sum_udaf,
        variance::{var_pop_udaf, var_samp_udaf},
    },
    logical_expr::{AggregateUDF, Expr, expr::AggregateFunction},
    scalar::ScalarValue,
};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    types::{MAX_PRECISION, MAX_VARCHAR},
};

use self::{
    dynamic::DynamicTotal,
    sketches::{SketchKind, Sketching},
    sorted::{Made, Sorted, WHOLE},
    total::{Total, TotalKind},
};
use super::{
    AggregateParts, OrderedArg, collation, no_such_function,
    semistructured::key,
    spatial::Boxes,
    string::{ordered_by_bytes, with_blanks_back, without_trailing_blanks},
};
use crate::{
    binder::{BindContext, CastKind, Typed, cast},
    text_input::{Rounding, parse_numeric},
};

/// The names of all aggregates, sorted.
pub(super) const NAMES: &[&str] = &[
    "any_value",
    "avg",
    "bit_and",
    "bit_or",
    "bool_and",
    "bool_or",
    "count",
    "hll",
    "hll_combine",
    "hll_create_sketch",
    "listagg",
    "max",
    "median",
    "min",
    "percentile_cont",
    "percentile_disc",
    "st_collect",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "var_pop",
    "var_samp",
    "variance",
];

/// Is it the name of an aggregate?
pub(super) fn is_aggregate(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok()
}

/// An aggregate for these arguments.
pub(super) struct Chosen {
    pub(super) function: Arc<AggregateUDF>,
    pub(super) args: Vec<Expr>,
    pub(super) distinct: bool,
    pub(super) ty: RedshiftType,
    /// What makes the value of what the function gives.
    pub(super) finish: Option<fn(Expr) -> Typed>,
}

impl Chosen {
    /// The value, of a call of the function.
    pub(super) fn value(ty: RedshiftType, finish: Option<fn(Expr) -> Typed>, call: Expr) -> Typed {
        match finish {
            Some(finish) => Typed::new(finish(call).expr, ty),
            None => Typed::new(call, ty),
        }
    }

    fn new(function: Arc<AggregateUDF>, arg: Typed, distinct: bool) -> Self {
        Chosen { function, ty: arg.ty, args: vec![arg.expr], distinct, finish: None }
    }

    fn of(self, ty: RedshiftType) -> Self {
        Chosen { ty, ..self }
    }
}

/// Calls an aggregate.
pub(super) fn aggregate(parts: AggregateParts, ctx: &BindContext) -> Result<Typed> {
    if parts.approximate && !matches!(parts.name.as_str(), "count" | "percentile_disc") {
        let message = format!("APPROXIMATE is not supported for {}", parts.name);
        return Err(Error::new(SqlState::SYNTAX_ERROR, message));
    }
    // "APPROXIMATE can only be used with COUNT DISTINCT" ("COUNT").
    if parts.approximate && parts.name == "count" && !parts.distinct {
        return Err(Error::new(SqlState::SYNTAX_ERROR, "APPROXIMATE can only be used with COUNT DISTINCT"));
    }
    // "VARBYTE": it is among what the type is not supported with.
    if parts.approximate
        && parts.name == "count"
        && parts.args.iter().any(|arg| matches!(arg.ty, RedshiftType::Varbyte(_)))
    {
        return Err(Error::unsupported("APPROXIMATE COUNT DISTINCT of type binary varying is not supported"));
    }
    let chosen = choose(&parts.name, parts.args, parts.distinct, parts.within_group, ctx)?;
    let Chosen { function, args, distinct, ty, finish } = chosen;
    let call = AggregateFunction::new_udf(function, args, distinct, None, Vec::new(), None);
    Ok(Chosen::value(ty, finish, Expr::AggregateFunction(call)))
}

/// Chooses the aggregate that the arguments' types ask for.
///
/// # Errors
/// 42883 `function sum(boolean) does not exist`.
pub(super) fn choose(
    name: &str,
    args: Vec<Typed>,
    distinct: bool,
    within_group: Vec<OrderedArg>,
    ctx: &BindContext,
) -> Result<Chosen> {
    match (name, args.len()) {
        ("count", 0) => {
            let one = Typed::literal(ScalarValue::Int64(Some(1)), RedshiftType::Int8);
            return Ok(Chosen::new(count_udaf(), one, false));
        }
        ("listagg", 1 | 2) => return listagg(args, distinct, within_group, ctx),
        ("percentile_cont" | "percentile_disc", 1) => return percentile(name, args, within_group, ctx),
        ("st_collect", 1) if !distinct => return collected(args, within_group, ctx),
        (_, 1) if within_group.is_empty() => {}
        (_, 1) => {
            let message = format!("WITHIN GROUP is not supported for {name}");
            return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message));
        }
        _ => return Err(no_such_function(name, &args)),
    }
    let missing = no_such_function(name, &args);
    let Some(arg) = args.into_iter().next() else { return Err(missing) };
    let float = |arg: Typed| cast(arg, RedshiftType::Float8, CastKind::Implicit, ctx);
    let is_number = arg.ty.is_number() || arg.ty == RedshiftType::Unknown;
    if name != "count" {
        arg.refuse_untyped("text")?;
    }
    match name {
        "count" => count(arg, distinct),
        "sum" => sum(arg, distinct, missing, ctx),
        "avg" => avg(arg, distinct, missing, ctx),
        "min" | "max" => {
            let arg = settled(arg, ctx)?;
            if arg.ty == RedshiftType::Super {
                let function = if name == "min" { min_udaf() } else { max_udaf() };
                let args = vec![key::keyed(arg.clone())];
                return Ok(Chosen { function, args, distinct: false, ty: arg.ty, finish: Some(key::behind_key) });
            }
            let comparable = arg.ty.is_number() || arg.ty.is_string() || arg.ty.is_datetime() || arg.ty.is_interval();
            if !comparable && !matches!(arg.ty, RedshiftType::AbsTime | RedshiftType::Varbyte(_)) {
                return Err(missing);
            }
            let function = if name == "min" { min_udaf() } else { max_udaf() };
            if collation::is_insensitive(&arg) {
                let (ty, args) = (arg.ty, vec![collation::keyed(arg)]);
                return Ok(Chosen { function, args, distinct: false, ty, finish: Some(collation::behind_key) });
            }
            if matches!(arg.ty, RedshiftType::Varchar(_) | RedshiftType::Text) {
                let (ty, args) = (arg.ty, vec![ordered_by_bytes(arg.expr)]);
                return Ok(Chosen { function, args, distinct: false, ty, finish: Some(with_blanks_back) });
            }
            // DISTINCT does not change which is the smallest.
            Ok(Chosen::new(function, arg, false))
        }
        "any_value" => Ok(Chosen::new(any_value_udaf(), settled(arg, ctx)?, false)),
        "stddev" | "stddev_samp" if is_number => Ok(Chosen::new(stddev_udaf(), float(arg)?, distinct)),
        "stddev_pop" if is_number => Ok(Chosen::new(stddev_pop_udaf(), float(arg)?, distinct)),
        "variance" | "var_samp" if is_number => Ok(Chosen::new(var_samp_udaf(), float(arg)?, distinct)),
        "var_pop" if is_number => Ok(Chosen::new(var_pop_udaf(), float(arg)?, distinct)),
        "bool_and" | "bool_or" if arg.ty == RedshiftType::Bool || arg.ty.is_integer() => {
            let arg = cast(arg, RedshiftType::Bool, CastKind::Implicit, ctx)?;
            Ok(Chosen::new(if name == "bool_or" { bool_or_udaf() } else { bool_and_udaf() }, arg, false))
        }
        "bit_and" | "bit_or" if arg.ty.is_integer() => {
            Ok(Chosen::new(if name == "bit_or" { bit_or_udaf() } else { bit_and_udaf() }, arg, false))
        }
        "median" => median(arg, missing, ctx),
        "hll" => sketching(SketchKind::Count, settled(arg, ctx)?, missing),
        "hll_create_sketch" => sketching(SketchKind::Create, settled(arg, ctx)?, missing),
        "hll_combine" => sketching(SketchKind::Combine, arg, missing),
        _ => Err(missing),
    }
}

/// An untyped literal as a string.
fn settled(arg: Typed, ctx: &BindContext) -> Result<Typed> {
    crate::binder::settle(arg, ctx)
}

fn count(arg: Typed, distinct: bool) -> Result<Chosen> {
    // Trailing blanks do not make two strings differ.
    let arg = match arg.ty {
        RedshiftType::Varchar(_) | RedshiftType::Text if distinct => {
            let ty = arg.ty;
            let compared = if collation::is_insensitive(&arg) { collation::key_of(arg) } else { arg.expr };
            Typed::new(without_trailing_blanks(compared), ty)
        }
        RedshiftType::Super if distinct => Typed::new(key::comparable(arg)?, RedshiftType::Super),
        _ => arg,
    };
    Ok(Chosen::new(count_udaf(), arg, distinct).of(RedshiftType::Int8))
}

/// A string is added up as a DECIMAL(18,0).
fn number(arg: Typed, ctx: &BindContext) -> Result<Typed> {
    match arg.ty {
        RedshiftType::Varchar(_) | RedshiftType::Char(_) | RedshiftType::Text => {
            cast(arg, RedshiftType::numeric(18, 0), CastKind::Implicit, ctx)
        }
        RedshiftType::Unknown => cast(arg, RedshiftType::Float8, CastKind::Implicit, ctx),
        _ => Ok(arg),
    }
}

fn sum(arg: Typed, distinct: bool, missing: Error, ctx: &BindContext) -> Result<Chosen> {
    let arg = number(arg, ctx)?;
    match arg.ty {
        RedshiftType::Int2 | RedshiftType::Int4 | RedshiftType::Int8 | RedshiftType::Oid => {
            Ok(total(TotalKind::Sum, RedshiftType::Int8, arg, distinct))
        }
        RedshiftType::Numeric { scale, .. } => {
            Ok(total(TotalKind::Sum, RedshiftType::numeric(38, scale), arg, distinct))
        }
        // "Summing intervals": developer guide, "Interval data types and literals".
        ty @ (RedshiftType::IntervalYearToMonth(_) | RedshiftType::IntervalDayToSecond(_)) => {
            Ok(total(TotalKind::Sum, ty, arg, distinct))
        }
        RedshiftType::Super => Ok(dynamic_total(TotalKind::Sum, arg, distinct)),
        RedshiftType::Float4 | RedshiftType::Float8 => {
            Ok(Chosen::new(sum_udaf(), cast(arg, RedshiftType::Float8, CastKind::Implicit, ctx)?, distinct))
        }
        _ => Err(missing),
    }
}

fn avg(arg: Typed, distinct: bool, missing: Error, ctx: &BindContext) -> Result<Chosen> {
    let arg = number(arg, ctx)?;
    match arg.ty {
        RedshiftType::Int2 | RedshiftType::Int4 | RedshiftType::Int8 | RedshiftType::Oid => {
            Ok(total(TotalKind::Avg, RedshiftType::Int8, arg, distinct))
        }
        RedshiftType::Numeric { scale, .. } => {
            Ok(total(TotalKind::Avg, RedshiftType::numeric(38, scale), arg, distinct))
        }
        // "Summing intervals": developer guide, "Interval data types and literals".
        ty @ (RedshiftType::IntervalYearToMonth(_) | RedshiftType::IntervalDayToSecond(_)) => {
            Ok(total(TotalKind::Avg, ty, arg, distinct))
        }
        RedshiftType::Super => Ok(dynamic_total(TotalKind::Avg, arg, distinct)),
        RedshiftType::Float4 | RedshiftType::Float8 => {
            Ok(Chosen::new(avg_udaf(), cast(arg, RedshiftType::Float8, CastKind::Implicit, ctx)?, distinct))
        }
        _ => Err(missing),
    }
}

/// "This function supports any data type as input except HLLSKETCH, GEOMETRY, GEOGRAPHY, and VARBYTE."
fn sketching(kind: SketchKind, arg: Typed, missing: Error) -> Result<Chosen> {
    use RedshiftType::{Geography, Geometry, HllSketch, Varbyte};
    let is_sketch = arg.ty == HllSketch;
    if is_sketch != (kind == SketchKind::Combine) || matches!(arg.ty, Geometry | Geography | Varbyte(_)) {
        return Err(missing);
    }
    let function = Sketching::new(kind, arg.ty);
    let result = function.result();
    Ok(Chosen::new(Arc::new(AggregateUDF::new_from_impl(function)), arg, false).of(result))
}

/// DISTINCT is the function's own business: equal numbers may be written differently.
fn dynamic_total(kind: TotalKind, arg: Typed, distinct: bool) -> Chosen {
    let function = Arc::new(AggregateUDF::new_from_impl(DynamicTotal::new(kind, distinct)));
    Chosen::new(function, arg, false)
}

fn total(kind: TotalKind, result: RedshiftType, arg: Typed, distinct: bool) -> Chosen {
    let function = Arc::new(AggregateUDF::new_from_impl(Total::new(kind, result)));
    Chosen::new(function, arg, distinct).of(result)
}

fn listagg(mut args: Vec<Typed>, distinct: bool, within_group: Vec<OrderedArg>, ctx: &BindContext) -> Result<Chosen> {
    let delimiter = match args.len() {
        2 => args.pop(),
        _ => None,
    };
    let delimiter = match delimiter.map(|delimiter| cast(delimiter, text(), CastKind::Implicit, ctx)).transpose()? {
        None => String::new(),
        Some(Typed { expr: Expr::Literal(ScalarValue::Utf8View(delimiter), _), .. }) => delimiter.unwrap_or_default(),
        Some(_) => {
            return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, "LISTAGG delimiter must be a constant"));
        }
    };
    let Some(value) = args.pop() else { return Err(no_such_function("listagg", &args)) };
    let case_insensitive = collation::is_insensitive(&value);
    let value = cast(value, text(), CastKind::Implicit, ctx)?;
    let mut keys = within_group;
    for key in &mut keys {
        let ty = key.value.ty;
        let sorted_by = match ty {
            RedshiftType::Super => key::order_of(key.value.clone())?,
            _ => key::comparable(key.value.clone())?,
        };
        let blanks = matches!(ty, RedshiftType::Varchar(_) | RedshiftType::Text);
        key.value = Typed::new(if blanks { without_trailing_blanks(sorted_by) } else { sorted_by }, ty);
    }
    sorted(Made::List { delimiter, distinct, case_insensitive }, value, keys, text())
}

/// "ST_Collect": all geometries in one, in the order of WITHIN GROUP.
fn collected(args: Vec<Typed>, within_group: Vec<OrderedArg>, ctx: &BindContext) -> Result<Chosen> {
    let missing = no_such_function("st_collect", &args);
    let value = args.into_iter().next().filter(|arg| matches!(arg.ty, RedshiftType::Geometry | RedshiftType::Unknown));
    let value = cast(value.ok_or(missing)?, RedshiftType::Geometry, CastKind::Implicit, ctx)?;
    sorted(Made::Collection(Boxes::of(ctx)), value, within_group, RedshiftType::Geometry)
}

fn text() -> RedshiftType {
    RedshiftType::Varchar(MAX_VARCHAR)
}

fn sorted(made: Made, value: Typed, keys: Vec<OrderedArg>, result: RedshiftType) -> Result<Chosen> {
    let orders = keys.iter().map(|key| (key.ascending, key.nulls_first)).collect();
    let args = std::iter::once(value.expr).chain(keys.into_iter().map(|key| key.value.expr)).collect();
    let function = Arc::new(AggregateUDF::new_from_impl(Sorted::new(made, orders, result)));
    Ok(Chosen { function, args, distinct: false, ty: result, finish: None })
}

/// MEDIAN is PERCENTILE_CONT(0.5).
fn median(arg: Typed, missing: Error, ctx: &BindContext) -> Result<Chosen> {
    let key = OrderedArg { value: number(arg, ctx)?, ascending: true, nulls_first: false };
    continuous(Fraction { units: WHOLE / 2, scale: 1 }, key, missing, ctx)
}

/// A percentile's fraction and the digits that it is written with.
struct Fraction {
    units: u64,
    scale: u8,
}

fn percentile(name: &str, args: Vec<Typed>, within_group: Vec<OrderedArg>, ctx: &BindContext) -> Result<Chosen> {
    let missing = no_such_function(name, &args);
    let [argument] = <[Typed; 1]>::try_from(args).map_err(|_| missing.clone())?;
    let Ok([key]) = <[OrderedArg; 1]>::try_from(within_group) else {
        let message = format!("WITHIN GROUP is required for ordered-set aggregate {name}");
        return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message));
    };
    let fraction = fraction(argument, ctx)?;
    if name == "percentile_cont" {
        return continuous(fraction, key, missing, ctx);
    }
    let value = settled(key.value, ctx)?;
    let ty = value.ty;
    let key = OrderedArg { value: value.clone(), ..key };
    sorted(Made::Discrete(fraction.units), value, vec![key], ty)
}

fn fraction(argument: Typed, ctx: &BindContext) -> Result<Fraction> {
    let scale = match argument.ty {
        RedshiftType::Numeric { scale, .. } => scale,
        _ => 1,
    };
    let as_text = cast(argument, text(), CastKind::Implicit, ctx)?;
    let Typed { expr: Expr::Literal(ScalarValue::Utf8View(Some(text)), _), .. } = as_text else {
        return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, "percentile must be a constant"));
    };
    let units = parse_numeric(&text, 38, 18, Rounding::HalfAwayFromZero).map_err(|error| error.into_error())?;
    let in_range = u64::try_from(units).ok().filter(|units| *units <= WHOLE);
    let units = in_range.ok_or_else(|| {
        let message = format!("percentile value {text} is not between 0 and 1");
        Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message)
    })?;
    Ok(Fraction { units, scale })
}

/// Integers and DECIMALs give a DECIMAL with as many more digits as the percentile has; floats, dates and timestamps give
/// their own type.
fn continuous(fraction: Fraction, key: OrderedArg, missing: Error, ctx: &BindContext) -> Result<Chosen> {
    let value = number(key.value, ctx)?;
    let (argument, result) = match value.ty {
        RedshiftType::Int2 | RedshiftType::Int4 | RedshiftType::Int8 => {
            let argument = crate::binder::as_decimal(value.ty);
            (argument, RedshiftType::numeric(38, fraction.scale))
        }
        // The digits before the point are kept: of 38 digits none are left for more behind it.
        RedshiftType::Numeric { precision, scale } => {
            let most = MAX_PRECISION - (precision - scale);
            let scale = scale.saturating_add(fraction.scale).min(most.max(scale)).min(37);
            (value.ty, RedshiftType::numeric(38, scale))
        }
        RedshiftType::Float4 | RedshiftType::Float8 => (RedshiftType::Float8, RedshiftType::Float8),
        ty @ (RedshiftType::Date | RedshiftType::Timestamp | RedshiftType::TimestampTz | RedshiftType::Time) => {
            (ty, ty)
        }
        _ => return Err(missing),
    };
    let value = cast(value, argument, CastKind::Implicit, ctx)?;
    let key = OrderedArg { value: value.clone(), ..key };
    sorted(Made::Continuous(fraction.units), value, vec![key], result)
}
