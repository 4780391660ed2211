//! Arithmetic of dates, times and intervals.
//!
//! Source: developer guide, "Interval data types and literals" (interval arithmetic), "Interval literals", "+
//! (Concatenation) operator" (of dates and times).

use datafusion::{logical_expr::Expr, scalar::ScalarValue};
use redshift_sql_dialect::{RedshiftType, Result, ast::BinaryOp};

use super::missing;
use crate::{
    binder::{
        BindContext, Typed,
        cast::{CastKind, cast, session_zone},
        coercion::wider,
    },
    functions::moments::{self, Sign},
    text_input::{
        calendar::{DAY, SECOND},
        zone::Zone,
    },
};

/// Does a type make arithmetic one of dates, times and intervals?
pub(super) fn concerns(ty: RedshiftType) -> bool {
    ty.is_datetime() || ty.is_interval() || ty == RedshiftType::AbsTime
}

/// The type that an untyped operand beside this one has; none where several are possible.
pub(super) fn partner(op: BinaryOp, other: RedshiftType) -> Option<RedshiftType> {
    use RedshiftType::*;
    match (op, other) {
        (BinaryOp::Minus, ty) => Some(ty),
        (BinaryOp::Plus, Date) => None,
        (BinaryOp::Plus, Timestamp | TimestampTz | Time | TimeTz) => Some(Interval),
        (BinaryOp::Multiply | BinaryOp::Divide, Interval | IntervalYearToMonth(_) | IntervalDayToSecond(_)) => {
            Some(Float8)
        }
        (_, ty) => Some(ty),
    }
}

/// `left op right`, where at least one is a date, a time or an interval.
pub(super) fn arithmetic(op: BinaryOp, left: Typed, right: Typed, ctx: &BindContext) -> Result<Typed> {
    let (l, r) = (left.ty, right.ty);
    match op {
        BinaryOp::Plus => sum(left, right, ctx),
        BinaryOp::Minus => difference(left, right, ctx),
        BinaryOp::Multiply if l.is_interval() && r.is_number() => {
            let factor = cast(right, RedshiftType::Float8, CastKind::Implicit, ctx)?;
            Ok(moments::interval_product(l).call(vec![left.expr, factor.expr]))
        }
        BinaryOp::Multiply if l.is_number() && r.is_interval() => arithmetic(op, right, left, ctx),
        BinaryOp::Divide if l.is_interval() && r.is_number() => {
            let divisor = cast(right, RedshiftType::Float8, CastKind::Implicit, ctx)?;
            Ok(moments::interval_quotient(l).call(vec![left.expr, divisor.expr]))
        }
        _ => Err(missing(op.symbol(), Some(l), r)),
    }
}

/// Clocks of TIMESTAMPTZ are the session's, those of TIMESTAMP its own.
fn clock(ty: RedshiftType, ctx: &BindContext) -> Zone {
    if ty == RedshiftType::TimestampTz { session_zone(ctx) } else { Zone::UTC }
}

fn sum(left: Typed, right: Typed, ctx: &BindContext) -> Result<Typed> {
    use RedshiftType::*;
    match (left.ty, right.ty) {
        (Date, Time) => Ok(moments::date_and_time(Timestamp).call(vec![left.expr, right.expr])),
        (Date, TimeTz) => Ok(moments::date_and_time(TimestampTz).call(vec![left.expr, own_day(right)])),
        (Time | TimeTz, Date) => sum(right, left, ctx),
        (l, r) if l.is_interval() && r.is_interval() => intervals(Sign::Plus, left, right, ctx),
        (l, Date | Timestamp | TimestampTz | Time | TimeTz) if l.is_interval() || l.is_number() => {
            sum(right, left, ctx)
        }
        _ => moved(BinaryOp::Plus, left, right, ctx),
    }
}

/// A TIMETZ beside a date. The date is that of a constant's own clock: 20:00 at -08 is 28:00 of the same day in UTC.
fn own_day(time: Typed) -> Expr {
    let Typed { expr, offset, .. } = time;
    match (expr, offset) {
        (Expr::Literal(ScalarValue::Time64Microsecond(Some(utc)), metadata), Some(offset)) => {
            let offset = i64::from(offset) * SECOND;
            let clock = (utc + offset).rem_euclid(DAY);
            Expr::Literal(ScalarValue::Time64Microsecond(Some(clock - offset)), metadata)
        }
        (expr, _) => expr,
    }
}

fn difference(left: Typed, right: Typed, ctx: &BindContext) -> Result<Typed> {
    use RedshiftType::*;
    let implicitly = |value, ty| cast(value, ty, CastKind::Implicit, ctx);
    match (left.ty, right.ty) {
        (Date, Date) => Ok(moments::days_between().call(vec![left.expr, right.expr])),
        (Time, Time) | (TimeTz, TimeTz) => Ok(moments::time_difference().call(vec![left.expr, right.expr])),
        (l @ (Date | Timestamp | TimestampTz | AbsTime), r @ (Date | Timestamp | TimestampTz | AbsTime)) => {
            let ty = wider(l, r).unwrap_or(TimestampTz);
            let ty = if ty == AbsTime { TimestampTz } else { ty };
            let (left, right) = (implicitly(left, ty)?, implicitly(right, ty)?);
            Ok(moments::timestamp_difference().call(vec![left.expr, right.expr]))
        }
        (l, r) if l.is_interval() && r.is_interval() => intervals(Sign::Minus, left, right, ctx),
        _ => moved(BinaryOp::Minus, left, right, ctx),
    }
}

fn intervals(sign: Sign, left: Typed, right: Typed, ctx: &BindContext) -> Result<Typed> {
    let ty = wider(left.ty, right.ty).unwrap_or(RedshiftType::Interval);
    let (left, right) = (cast(left, ty, CastKind::Implicit, ctx)?, cast(right, ty, CastKind::Implicit, ctx)?);
    Ok(moments::interval_sum(ty, sign).call(vec![left.expr, right.expr]))
}

/// A date or a time and an interval or a number of days.
fn moved(op: BinaryOp, left: Typed, right: Typed, ctx: &BindContext) -> Result<Typed> {
    use RedshiftType::*;
    let sign = if op == BinaryOp::Minus { Sign::Minus } else { Sign::Plus };
    let (l, r) = (left.ty, right.ty);
    let kernel_args = |left: Typed, right: Typed| vec![left.expr, right.expr];
    match (l, r) {
        (Date, IntervalYearToMonth(_)) => Ok(moments::date_and_months(sign).call(kernel_args(left, right))),
        // The result of a date and an interval is a timestamp.
        (Date, Interval | IntervalDayToSecond(_)) => {
            moved(op, cast(left, Timestamp, CastKind::Implicit, ctx)?, right, ctx)
        }
        (AbsTime, r) if r.is_interval() => moved(op, cast(left, TimestampTz, CastKind::Implicit, ctx)?, right, ctx),
        (Timestamp | TimestampTz, r) if r.is_interval() => {
            Ok(moments::timestamp_and_interval(l, sign, clock(l, ctx)).call(kernel_args(left, right)))
        }
        (Time | TimeTz, Interval | IntervalDayToSecond(_)) => {
            Ok(moments::time_and_interval(l, sign).call(kernel_args(left, right)))
        }
        // Numbers with a fraction become INTEGER implicitly ("Type compatibility and conversion"): a whole number of days.
        (Date, Int2 | Int4 | Int8 | Numeric { .. } | Float4 | Float8) => {
            let days = cast(right, Int4, CastKind::Assignment, ctx)?;
            Ok(moments::date_and_days(sign).call(kernel_args(left, days)))
        }
        (Timestamp | TimestampTz, Int2 | Int4 | Int8 | Numeric { .. } | Float4 | Float8) => {
            let days = cast(right, Int8, CastKind::Implicit, ctx)?;
            Ok(moments::timestamp_and_days(l, sign, clock(l, ctx)).call(kernel_args(left, days)))
        }
        _ => Err(missing(op.symbol(), Some(l), r)),
    }
}
