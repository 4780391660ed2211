//! Names of types that are called as functions: `date('2008-06-17')`, `timestamptz('2008-06-17 09:44:54+00')`.
//!
//! As in PostgreSQL 8.0 ("Type Casts"), such a call casts. Names that the grammar has a rule for have to be quoted or qualified:
//! `date(t)` and `int4(n)`, but `"timestamp"(d)`. The guide has one in an example of "TIMEZONE function". Types that have
//! lengths have a function that gives a value another one, under a type modifier: `bpchar(c, 24, true)`, `"numeric"(n, 655366)`.

use datafusion::scalar::ScalarValue;
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    types::{MAX_CHAR, MAX_PRECISION, MAX_VARCHAR},
};

use super::no_such_function;
use crate::binder::{BindContext, CastKind, Typed, as_decimal, cast, evaluate, text_length};

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

/// Gives a CHAR, a VARCHAR or a number the length that a type modifier says; -1 says none. TRUE behind it cuts a string off, as a
/// cast does, FALSE refuses a longer one, as a column does (PostgreSQL 8.0, "CREATE CAST").
///
/// # Errors
/// 42883 where there is no such function, 0A000 where the modifier is no constant, 22023 where there is no such type; those of
/// the cast.
pub(super) fn resize(name: &str, args: Vec<Typed>, ctx: &BindContext) -> Result<Typed> {
    let missing = no_such_function(name, &args);
    let mut args = args.into_iter();
    let (Some(value), Some(modifier)) = (args.next(), args.next()) else { return Err(missing) };
    let is_number = matches!(value.ty, RedshiftType::Numeric { .. });
    let explicit = match (name, args.next(), args.next()) {
        ("numeric", None, None) if is_number || value.ty.is_integer() => true,
        ("bpchar" | "varchar", Some(explicit), None) if value.ty.is_string() => {
            let flag = cast(explicit, RedshiftType::Bool, CastKind::Implicit, ctx).map_err(|_| missing.clone())?;
            match evaluate(flag) {
                Ok(ScalarValue::Boolean(Some(explicit))) => explicit,
                _ => return Err(no_constant(name)),
            }
        }
        _ => return Err(missing),
    };
    let modifier = cast(modifier, RedshiftType::Int4, CastKind::Implicit, ctx).map_err(|_| missing.clone())?;
    let Ok(ScalarValue::Int32(Some(modifier))) = evaluate(modifier) else { return Err(no_constant(name)) };
    let kind = if explicit { CastKind::Explicit } else { CastKind::Assignment };
    match sized_type(name, modifier)? {
        Some(ty) => cast(value, ty, kind, ctx),
        None => match of(name) {
            Some(ty) => call(name, ty, vec![value], ctx),
            None => Err(missing),
        },
    }
}

/// The type that a type modifier makes of one that has lengths; none where it says no length.
fn sized_type(name: &str, modifier: i32) -> Result<Option<RedshiftType>> {
    let wrong = |message: String| Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
    // What it says begins behind the four bytes of a value's head.
    let Ok(said @ 1..) = u32::try_from(modifier.saturating_sub(4)) else { return Ok(None) };
    Ok(Some(match name {
        "numeric" => {
            let (precision, scale) = (said >> 16, said & 0xffff);
            match (u8::try_from(precision), u8::try_from(scale)) {
                (Ok(digits @ 1..=MAX_PRECISION), Ok(scale)) if scale <= digits.min(37) => {
                    RedshiftType::numeric(digits, scale)
                }
                _ => return wrong(format!("invalid NUMERIC type modifier: {modifier}")),
            }
        }
        "bpchar" if said > MAX_CHAR => return wrong(format!("length for type char cannot exceed {MAX_CHAR}")),
        "bpchar" => RedshiftType::Char(said),
        _ if said > MAX_VARCHAR => return wrong(format!("length for type varchar cannot exceed {MAX_VARCHAR}")),
        _ => RedshiftType::Varchar(said),
    }))
}

fn no_constant(name: &str) -> Error {
    Error::unsupported(format!("arguments of {name} that are not constant are not supported"))
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::Expr;

    use super::*;
    use crate::{
        functions::testing::{Leaves, check, check_errors, check_errors_of, check_types, context},
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
            ("bpchar('abcdef', 7)", "42883", "function bpchar(\"unknown\", integer) does not exist"),
        ]);
        // What is behind the value has to be constant.
        check_errors_of(
            Leaves::Constants,
            &[
                ("bpchar('abcdef'::char(6), 7, false)", "22001", "value too long for type character(3)"),
                ("bpchar('abcdef', 70000, true)", "22023", "length for type char cannot exceed 4096"),
                ("\"numeric\"(1.5, 24)", "22023", "invalid NUMERIC type modifier: 24"),
            ],
        );
    }

    /// The functions of pg_cast, over columns.
    #[test]
    fn the_function_of_a_cast_can_be_called() {
        let ctx = context();
        let mut wrong = Vec::new();
        for (_, _, oid, _) in casts() {
            let Some(function) = built_in::of_oid(oid) else { continue };
            let inputs = function.inputs.iter().filter_map(|ty| RedshiftType::from_oid(*ty, -1));
            // Behind the value stand the type modifier and whether the cast is explicit.
            let modifier = if function.name == "numeric" { 655_366 } else { 24 };
            let modifier = [ScalarValue::Int32(Some(modifier)), ScalarValue::Boolean(Some(true))];
            let exprs = std::iter::once(Expr::Column("c".into()))
                .chain(modifier.into_iter().map(|value| Expr::Literal(value, None)));
            let args = exprs.zip(inputs).map(|(expr, ty)| Typed::new(expr, ty)).collect();
            let called = crate::functions::scalar(function.name, args, &ctx).map(|value| value.ty.oid());
            if called != Ok(function.result) {
                wrong.push(format!("{}({}): {called:?}", function.name, function.arguments(", ")));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
