//! DATE_CMP and its like: -1, 0 or 1.

use redshift_sql_dialect::{RedshiftType, Result};

use crate::{
    binder::{CastKind, Typed, cast},
    functions::{moments::SpanReader, registry::Call},
};

/// Two dates.
pub(super) fn days(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int4, |(), args| args.map2(|a: i32, b: i32| Ok(Some(a.cmp(&b) as i32))))
}

/// Two moments, as the later of their types: a date is its midnight, a timestamp one of the session's zone.
pub(super) fn moments(mut call: Call<'_>) -> Result<Typed> {
    let with_zone = call.args.iter().any(|arg| arg.ty == RedshiftType::TimestampTz);
    let ty = if with_zone { RedshiftType::TimestampTz } else { RedshiftType::Timestamp };
    for _ in 0..2 {
        let arg = call.args.remove(0);
        call.args.push(cast(arg, ty, CastKind::Implicit, call.ctx)?);
    }
    call.kernel(RedshiftType::Int4, |(), args| args.map2(|a: i64, b: i64| Ok(Some(a.cmp(&b) as i32))))
}

/// Two intervals.
pub(super) fn intervals(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int4, |(), args| {
        let (a, b) = (SpanReader::of(args, 0)?, SpanReader::of(args, 1)?);
        args.rows(|row| match (a.get(row), b.get(row)) {
            (Some(a), Some(b)) => Ok(Some(a.comparable().cmp(&b.comparable()) as i32)),
            _ => Ok(None),
        })
    })
}
