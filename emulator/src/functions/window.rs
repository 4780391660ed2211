//! Window functions.
//!
//! Source: developer guide, "Window functions". DataFusion's own compute them; what they count as unsigned numbers is cast
//! to the type that Redshift gives.

use std::sync::Arc;

use datafusion::{
    functions_window::{
        cume_dist::cume_dist_udwf,
        lead_lag::{lag_udwf, lead_udwf},
        nth_value::{first_value_udwf, last_value_udwf, nth_value_udwf},
        ntile::ntile_udwf,
        rank::{dense_rank_udwf, percent_rank_udwf, rank_udwf},
        row_number::row_number_udwf,
    },
    logical_expr::{
        Expr, WindowFunctionDefinition, WindowUDF,
        expr::{Cast, WindowFunction, WindowFunctionParams},
    },
    scalar::ScalarValue,
};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use super::{
    WindowParts, aggregate,
    arithmetic::{Arithmetic, Operation},
    no_such_function,
    window_places::{Place, placed},
};
use crate::{
    binder::{BindContext, CastKind, Typed, cast, settle},
    types::arrow_type,
};

/// Functions that are window functions only, sorted.
pub(super) const NAMES: &[&str] = &[
    "cume_dist",
    "dense_rank",
    "first_value",
    "lag",
    "last_value",
    "lead",
    "nth_value",
    "ntile",
    "percent_rank",
    "rank",
    "ratio_to_report",
    "row_number",
];

/// Is it the name of a function that needs OVER?
pub(super) fn is_window_function(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok()
}

/// Calls a window function, or an aggregate as one.
pub(super) fn window(mut parts: WindowParts, ctx: &BindContext) -> Result<Typed> {
    if parts.distinct && parts.name != "listagg" {
        return Err(Error::unsupported("DISTINCT is not supported for window functions"));
    }
    if aggregate::is_aggregate(&parts.name) {
        let args = std::mem::take(&mut parts.args);
        let within_group = std::mem::take(&mut parts.within_group);
        let chosen = aggregate::choose(&parts.name, args, parts.distinct, within_group, ctx)?;
        let definition = WindowFunctionDefinition::AggregateUDF(chosen.function);
        return Ok(aggregate::Chosen::value(chosen.ty, chosen.finish, call(definition, chosen.args, parts)));
    }
    if parts.name == "ratio_to_report" {
        return ratio_to_report(parts, ctx);
    }
    own(parts, ctx)
}

fn call(definition: WindowFunctionDefinition, args: Vec<Expr>, parts: WindowParts) -> Expr {
    let function = WindowFunction {
        fun: definition,
        params: WindowFunctionParams {
            args,
            partition_by: parts.partition_by,
            order_by: parts.order_by,
            window_frame: parts.frame,
            filter: None,
            null_treatment: parts.nulls,
            distinct: false,
        },
    };
    Expr::WindowFunction(Box::new(function))
}

/// A function that is a window function only.
fn own(mut parts: WindowParts, ctx: &BindContext) -> Result<Typed> {
    let args = std::mem::take(&mut parts.args);
    let missing = no_such_function(&parts.name, &args);
    let name = parts.name.clone();
    let mut args = args.into_iter();
    let (first, second) = (args.next(), args.next());
    let third = args.next();
    if third.is_some() && matches!(name.as_str(), "lag" | "lead") && args.next().is_none() {
        // Known from Redshift's users: the page of LAG has no such argument.
        return Err(Error::unsupported(format!("Default parameter not be supported for window function {name}")));
    }
    if third.is_some() {
        return Err(missing);
    }
    let counted = |function: Arc<WindowUDF>, args: Vec<Expr>, ty: RedshiftType, parts| {
        let numbers = call(WindowFunctionDefinition::WindowUDF(function), args, parts);
        Ok(Typed::new(Expr::Cast(Cast::new(Box::new(numbers), arrow_type(ty))), ty))
    };
    let plain = |function: Arc<WindowUDF>, args: Vec<Expr>, ty: RedshiftType, parts| {
        Ok(Typed::new(call(WindowFunctionDefinition::WindowUDF(function), args, parts), ty))
    };
    match (name.as_str(), first, second) {
        ("row_number", None, None) => counted(row_number_udwf(), Vec::new(), RedshiftType::Int8, parts),
        ("rank", None, None) => counted(rank_udwf(), Vec::new(), RedshiftType::Int4, parts),
        ("dense_rank", None, None) => counted(dense_rank_udwf(), Vec::new(), RedshiftType::Int8, parts),
        ("percent_rank", None, None) => plain(percent_rank_udwf(), Vec::new(), RedshiftType::Float8, parts),
        ("cume_dist", None, None) => plain(cume_dist_udwf(), Vec::new(), RedshiftType::Float8, parts),
        ("ntile", Some(buckets), None) => {
            let buckets = constant(buckets, "ntile", ctx)?;
            if buckets <= 0 {
                let message = "argument of ntile must be greater than zero";
                return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
            }
            counted(ntile_udwf(), vec![integer(buckets)], RedshiftType::Int8, parts)
        }
        ("lag" | "lead", Some(value), offset) => {
            let value = settle(value, ctx)?;
            let offset = offset.map_or(Ok(Offset::Constant(1)), |offset| Offset::of(offset, ctx))?;
            let (function, place) = match name.as_str() {
                "lag" => (lag_udwf(), Place::Before),
                _ => (lead_udwf(), Place::Behind),
            };
            match offset {
                Offset::Constant(offset) => plain(function, vec![value.expr, integer(offset)], value.ty, parts),
                Offset::Computed(offset) => plain(placed(place), vec![value.expr, offset], value.ty, parts),
            }
        }
        ("first_value", Some(value), None) => {
            let value = settle(value, ctx)?;
            plain(first_value_udwf(), vec![value.expr], value.ty, parts)
        }
        ("last_value", Some(value), None) => {
            let value = settle(value, ctx)?;
            plain(last_value_udwf(), vec![value.expr], value.ty, parts)
        }
        ("nth_value", Some(value), Some(place)) => {
            let value = settle(value, ctx)?;
            let place = match Offset::of(place, ctx)? {
                Offset::Constant(place) => place,
                Offset::Computed(at) => return plain(placed(Place::InFrame), vec![value.expr, at], value.ty, parts),
            };
            if place <= 0 {
                let message = "argument of nth_value must be greater than zero";
                return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
            }
            plain(nth_value_udwf(), vec![value.expr, integer(place)], value.ty, parts)
        }
        _ => Err(missing),
    }
}

fn integer(value: i64) -> Expr {
    Expr::Literal(ScalarValue::Int64(Some(value)), None)
}

/// How far from the current row, or from the beginning of its frame.
enum Offset {
    Constant(i64),
    /// A BIGINT that may differ from row to row.
    Computed(Expr),
}

impl Offset {
    fn of(argument: Typed, ctx: &BindContext) -> Result<Offset> {
        let value = cast(argument, RedshiftType::Int8, CastKind::Implicit, ctx)?;
        Ok(match crate::binder::evaluate(value.clone()) {
            Ok(ScalarValue::Int64(Some(offset))) => Offset::Constant(offset),
            _ => Offset::Computed(value.expr),
        })
    }
}

/// An argument that must be a constant integer.
fn constant(argument: Typed, name: &str, ctx: &BindContext) -> Result<i64> {
    let value = cast(argument, RedshiftType::Int8, CastKind::Implicit, ctx)?;
    match crate::binder::evaluate(value) {
        Ok(ScalarValue::Int64(Some(value))) => Ok(value),
        _ => Err(Error::unsupported(format!("an argument of {name} that is not a constant integer is not supported"))),
    }
}

/// A value's share of its partition's total.
fn ratio_to_report(mut parts: WindowParts, ctx: &BindContext) -> Result<Typed> {
    let args = std::mem::take(&mut parts.args);
    let missing = no_such_function(&parts.name, &args);
    let [value] = <[Typed; 1]>::try_from(args).map_err(|_| missing.clone())?;
    if !value.ty.is_number() && value.ty != RedshiftType::Unknown {
        return Err(missing);
    }
    let ty = RedshiftType::Float8;
    let value = cast(value, ty, CastKind::Implicit, ctx)?;
    let sum = datafusion::functions_aggregate::sum::sum_udaf();
    let total = call(WindowFunctionDefinition::AggregateUDF(sum), vec![value.expr.clone()], parts);
    let division = Arithmetic { operation: Operation::Divide, left: ty, right: ty, result: ty };
    Ok(division.kernel().call(vec![value.expr, total]))
}
