//! Names of types that are called as functions: `date('2008-06-17')`, `timestamptz('2008-06-17 09:44:54+00')`.
//!
//! As in PostgreSQL 8.0 ("Type Casts"), such a call casts, and only names that its grammar has no rule for can be called: `date`
//! and `int4`, not `timestamp` or `integer`. The guide has one in an example of "TIMEZONE function".

use redshift_sql_dialect::{RedshiftType, Result, SqlState, types::MAX_CHAR};

use super::no_such_function;
use crate::binder::{BindContext, CastKind, Typed, cast, text_length};

/// The names, and what each makes of a value.
const TYPES: [(&str, RedshiftType); 13] = [
    ("bool", RedshiftType::Bool),
    ("bpchar", RedshiftType::Char(MAX_CHAR)),
    ("date", RedshiftType::Date),
    ("float4", RedshiftType::Float4),
    ("float8", RedshiftType::Float8),
    ("int2", RedshiftType::Int2),
    ("int4", RedshiftType::Int4),
    ("int8", RedshiftType::Int8),
    ("name", RedshiftType::Name),
    ("oid", RedshiftType::Oid),
    ("text", RedshiftType::Text),
    ("timestamptz", RedshiftType::TimestampTz),
    ("timetz", RedshiftType::TimeTz),
];

/// The type that a function of this name casts to.
pub(super) fn of(name: &str) -> Option<RedshiftType> {
    TYPES.iter().find(|(known, _)| *known == name).map(|(_, ty)| *ty)
}

/// Casts the only argument.
///
/// # Errors
/// 42883 where there is no such cast; those of the cast.
pub(super) fn call(name: &str, ty: RedshiftType, mut args: Vec<Typed>, ctx: &BindContext) -> Result<Typed> {
    let missing = no_such_function(name, &args);
    let Some(arg) = args.pop() else { return Err(missing) };
    let ty = match (ty, text_length(&arg)) {
        (RedshiftType::Char(_), Some(length)) => RedshiftType::Char(length.clamp(1, MAX_CHAR)),
        _ => ty,
    };
    cast(arg, ty, CastKind::Explicit, ctx).map_err(|error| match error.sqlstate() {
        SqlState::CANNOT_COERCE => missing,
        _ => error,
    })
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{check, check_errors, check_types};

    #[test]
    fn a_types_name_casts() {
        check(&[
            ("timestamptz('2008-06-17 09:44:54+00')", "2008-06-17 09:44:54+00"),
            ("date('2008-06-17 09:44:54'::timestamp)", "2008-06-17"),
            ("int4('12') + int8(30)", "42"),
            ("text(12)", "12"),
            ("bool('t')", "true"),
            ("bpchar('ab')", "ab"),
            ("date(null)", "NULL"),
        ]);
        check_types(&[("int2('3')", "smallint"), ("float8(1)", "double precision"), ("date('2008-06-17')", "date")]);
        check_errors(&[
            ("date(true)", "42883", "function date(boolean) does not exist"),
            ("date('2008-06-17', 1)", "42883", "function date(\"unknown\", integer) does not exist"),
            ("timestamp('2008-06-17')", "42883", "function timestamp(\"unknown\") does not exist"),
        ]);
    }
}
