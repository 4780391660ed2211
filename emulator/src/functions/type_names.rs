//! Names of types that are called as functions: `date('2008-06-17')`, `timestamptz('2008-06-17 09:44:54+00')`.
//!
//! As in PostgreSQL 8.0 ("Type Casts"), such a call casts. Names that the grammar has a rule for have to be quoted or qualified:
//! `date(t)` and `int4(n)`, but `"timestamp"(d)`. The guide has one in an example of "TIMEZONE function".

use redshift_sql_dialect::{
    RedshiftType, Result, SqlState,
    types::{MAX_CHAR, MAX_PRECISION, MAX_VARCHAR},
};

use super::no_such_function;
use crate::binder::{BindContext, CastKind, Typed, as_decimal, cast, text_length};

/// The names, and what each makes of a value.
const TYPES: [(&str, RedshiftType); 20] = [
    ("abstime", RedshiftType::AbsTime),
    ("bool", RedshiftType::Bool),
    ("bpchar", RedshiftType::Char(MAX_CHAR)),
    ("char", RedshiftType::InternalChar),
    ("date", RedshiftType::Date),
    ("float4", RedshiftType::Float4),
    ("float8", RedshiftType::Float8),
    ("int2", RedshiftType::Int2),
    ("int4", RedshiftType::Int4),
    ("int8", RedshiftType::Int8),
    ("interval", RedshiftType::Interval),
    ("name", RedshiftType::Name),
    ("numeric", RedshiftType::Numeric { precision: MAX_PRECISION, scale: 10 }),
    ("oid", RedshiftType::Oid),
    ("text", RedshiftType::Text),
    ("time", RedshiftType::Time),
    ("timestamp", RedshiftType::Timestamp),
    ("timestamptz", RedshiftType::TimestampTz),
    ("timetz", RedshiftType::TimeTz),
    ("varchar", RedshiftType::Varchar(MAX_VARCHAR)),
];

/// Is it a name that the grammar has a rule for?
pub(super) fn is_word_of_grammar(name: &str) -> bool {
    matches!(name, "char" | "interval" | "numeric" | "time" | "timestamp" | "varchar")
}

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
        (RedshiftType::Varchar(_), Some(length)) => RedshiftType::Varchar(length.clamp(1, MAX_VARCHAR)),
        // As many digits as the number has.
        (RedshiftType::Numeric { .. }, _) if arg.ty.is_integer() => as_decimal(arg.ty),
        (RedshiftType::Numeric { .. }, _) if matches!(arg.ty, RedshiftType::Numeric { .. }) => arg.ty,
        _ => ty,
    };
    cast(arg, ty, CastKind::Explicit, ctx).map_err(|error| match error.sqlstate() {
        SqlState::CANNOT_COERCE => missing,
        _ => error,
    })
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::Expr;

    use super::*;
    use crate::{
        functions::testing::{check, check_errors, check_types, context},
        system::{built_in, facts::tests::casts},
    };

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
        ]);
    }

    /// The functions of pg_cast, over columns.
    #[test]
    fn the_function_of_a_cast_can_be_called() {
        let ctx = context();
        let mut wrong = Vec::new();
        for (_, _, oid, _) in casts() {
            let Some(function) = built_in::of_oid(oid) else { continue };
            let inputs = function.inputs.iter().filter_map(|ty| RedshiftType::from_oid(*ty, -1));
            let args = inputs.map(|ty| Typed::new(Expr::Column("c".into()), ty)).collect();
            let called = crate::functions::scalar(function.name, args, &ctx).map(|value| value.ty.oid());
            if called != Ok(function.result) {
                wrong.push(format!("{}({}): {called:?}", function.name, function.arguments(", ")));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
