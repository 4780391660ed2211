//! Which type an expression takes from its surroundings.
//!
//! Source: developer guide, "Type compatibility and conversion", "Computations with numeric values" (set operations,
//! COALESCE, DECODE), and PostgreSQL 8.0's rules for UNION and CASE, which Redshift kept.

use datafusion::logical_expr::Expr;
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    types::{MAX_PRECISION, MAX_VARCHAR, sized},
};

use super::{
    BindContext, Typed,
    cast::{CastKind, cast, digits_of, number_rank},
};
use crate::functions::collation;

/// The type of CASE, COALESCE, a set operation's column, an IN list: untyped literals and parameters take the others'.
///
/// # Errors
/// 42804 `CONSTRUCT types integer and boolean cannot be matched`; 0A000 where collations differ.
pub fn common_type(inputs: &[&Typed], construct: &str) -> Result<RedshiftType> {
    collation::check_mix(inputs.iter().copied())?;
    let mut found: Option<RedshiftType> = None;
    for input in inputs.iter().filter(|input| input.ty != RedshiftType::Unknown) {
        found = Some(match found {
            None => input.ty,
            Some(before) => wider(before, input.ty).ok_or_else(|| {
                let (before, ty) = (before.base_name(), input.ty.base_name());
                let message = format!("{construct} types {before} and {ty} cannot be matched");
                Error::new(SqlState::DATATYPE_MISMATCH, message)
            })?,
        });
    }
    Ok(match found {
        // A literal may be longer than the strings beside it.
        Some(RedshiftType::Varchar(n)) if longest_literal(inputs) > 0 => {
            RedshiftType::Varchar(sized(n).max(longest_literal(inputs)))
        }
        Some(RedshiftType::Char(n)) if longest_literal(inputs) > n => RedshiftType::Varchar(longest_literal(inputs)),
        Some(ty) => ty,
        None => RedshiftType::Varchar(settled_length(inputs)),
    })
}

fn longest_literal(inputs: &[&Typed]) -> u32 {
    let length = |input: &&Typed| input.untyped.or_else(|| input.unknown_text().map(|text| text.len() as u32));
    inputs.iter().filter_map(length).max().unwrap_or(0)
}

fn settled_length(inputs: &[&Typed]) -> u32 {
    let open = inputs.iter().any(|input| matches!(input.expr, Expr::Placeholder(_)));
    if open { MAX_VARCHAR } else { longest_literal(inputs).clamp(1, MAX_VARCHAR) }
}

/// The type that values of both types fit in, where they are of one category.
pub(crate) fn wider(a: RedshiftType, b: RedshiftType) -> Option<RedshiftType> {
    use RedshiftType::*;
    if a == b {
        return Some(a);
    }
    if number_rank(a).is_some() && number_rank(b).is_some() {
        return Some(wider_number(a, b));
    }
    Some(match (a, b) {
        (Char(m), Char(n)) => Char(m.max(n)),
        (Char(m) | Varchar(m), Char(n) | Varchar(n)) => Varchar(sized(m).max(sized(n))),
        (a, b) if is_texty(a) && is_texty(b) => Text,
        (Oid, Int2 | Int4 | Int8) | (Int2 | Int4 | Int8, Oid) => Oid,
        (Oid, RegProc | RegProcedure | RegClass | RegType) | (RegProc | RegProcedure | RegClass | RegType, Oid) => Oid,
        (Date | Timestamp, Date | Timestamp) => Timestamp,
        (Date | Timestamp | TimestampTz, TimestampTz) | (TimestampTz, Date | Timestamp) => TimestampTz,
        (AbsTime, Date | Timestamp | TimestampTz) | (Date | Timestamp | TimestampTz, AbsTime) => TimestampTz,
        (Time | TimeTz, Time | TimeTz) => TimeTz,
        (IntervalDayToSecond(m), IntervalDayToSecond(n)) => IntervalDayToSecond(m.smaller(n)),
        (IntervalYearToMonth(_), IntervalYearToMonth(_)) => RedshiftType::YEAR_TO_MONTH,
        (a, b) if a.is_interval() && b.is_interval() => Interval,
        (Varbyte(m), Varbyte(n)) => Varbyte(m.max(n)),
        (Super, _) | (_, Super) => Super,
        _ => return None,
    })
}

/// Strings, and names of catalog objects, which are shown as strings.
fn is_texty(ty: RedshiftType) -> bool {
    use RedshiftType::*;
    matches!(ty, Char(_) | Varchar(_) | Text | Name | InternalChar | RegProc | RegProcedure | RegClass | RegType)
}

fn wider_number(a: RedshiftType, b: RedshiftType) -> RedshiftType {
    use RedshiftType::*;
    match (a, b) {
        (Numeric { .. }, Int2 | Int4 | Int8) => wider_decimal(a, as_decimal(b)),
        (Int2 | Int4 | Int8, Numeric { .. }) => wider_decimal(as_decimal(a), b),
        (Numeric { .. }, Numeric { .. }) => wider_decimal(a, b),
        _ if number_rank(a) >= number_rank(b) => a,
        _ => b,
    }
}

/// "Scale = max(s1,s2), Precision = min(max(p1-s1,p2-s2)+scale,19)"; the limit of 19 digits is that of decimals of 64
/// bits and does not cut those of 128.
fn wider_decimal(a: RedshiftType, b: RedshiftType) -> RedshiftType {
    let (RedshiftType::Numeric { precision: p1, scale: s1 }, RedshiftType::Numeric { precision: p2, scale: s2 }) =
        (a, b)
    else {
        return a;
    };
    let scale = s1.max(s2);
    let whole = (p1 - s1).max(p2 - s2);
    let most = if p1 <= 19 && p2 <= 19 { 19 } else { MAX_PRECISION };
    RedshiftType::numeric((whole + scale).min(most).max(scale), scale)
}

/// The DECIMAL that an integer is computed as: INTEGER as DECIMAL(10,0).
pub(crate) fn as_decimal(ty: RedshiftType) -> RedshiftType {
    match ty {
        RedshiftType::Int2 | RedshiftType::Int4 | RedshiftType::Int8 => RedshiftType::numeric(digits_of(ty), 0),
        other => other,
    }
}

/// What an untyped literal becomes where nothing decides (a select list, CREATE TABLE AS): VARCHAR of its length.
pub fn settle(typed: Typed, ctx: &BindContext) -> Result<Typed> {
    let typed = typed.shown();
    if typed.ty != RedshiftType::Unknown {
        return Ok(typed);
    }
    let length = settled_length(&[&typed]);
    cast(typed, RedshiftType::Varchar(length), CastKind::Implicit, ctx)
}

#[cfg(test)]
mod tests {
    use datafusion::scalar::ScalarValue;

    use super::*;
    use crate::functions::testing::context;

    fn of(ty: RedshiftType) -> Typed {
        Typed::new(Expr::Column("c".into()), ty)
    }

    fn text(value: &str) -> Typed {
        Typed::literal(ScalarValue::Utf8View(Some(value.into())), RedshiftType::Unknown)
    }

    #[test]
    fn values_of_one_category_have_a_common_type() {
        use RedshiftType::*;
        let cases = [
            (Int2, Int8, Int8),
            (Int4, RedshiftType::numeric(8, 2), RedshiftType::numeric(12, 2)),
            // "Computations with numeric values": DECIMAL(7,2) and DECIMAL(15,3) give DECIMAL(15,3).
            (RedshiftType::numeric(7, 2), RedshiftType::numeric(15, 3), RedshiftType::numeric(15, 3)),
            (RedshiftType::numeric(19, 2), RedshiftType::numeric(19, 4), RedshiftType::numeric(19, 4)),
            (RedshiftType::numeric(38, 2), RedshiftType::numeric(10, 2), RedshiftType::numeric(38, 2)),
            (RedshiftType::numeric(8, 2), Float8, Float8),
            (Char(3), Char(5), Char(5)),
            (Char(9), Varchar(5), Varchar(9)),
            (Date, Timestamp, Timestamp),
            (Timestamp, TimestampTz, TimestampTz),
        ];
        for (a, b, common) in cases {
            assert_eq!(common_type(&[&of(a), &of(b)], "CASE"), Ok(common), "{a} {b}");
            assert_eq!(common_type(&[&of(b), &of(a)], "CASE"), Ok(common), "{b} {a}");
        }
    }

    #[test]
    fn untyped_literals_take_the_others_type() {
        let date = of(RedshiftType::Date);
        assert_eq!(common_type(&[&text("x"), &date], "CASE"), Ok(RedshiftType::Date));
        let short = of(RedshiftType::Varchar(3));
        assert_eq!(common_type(&[&text("longer"), &short], "CASE"), Ok(RedshiftType::Varchar(6)));
        assert_eq!(common_type(&[&text("ab"), &text("c")], "CASE"), Ok(RedshiftType::Varchar(2)));
    }

    #[test]
    fn values_of_two_categories_have_none() {
        let error = common_type(&[&of(RedshiftType::Int4), &of(RedshiftType::Bool)], "CASE").unwrap_err();
        assert_eq!(error.message(), "CASE types integer and boolean cannot be matched");
        assert_eq!(error.sqlstate(), SqlState::DATATYPE_MISMATCH);
    }

    #[test]
    fn an_untyped_literal_settles_as_a_string() {
        assert_eq!(settle(text("abc"), &context()).unwrap().ty, RedshiftType::Varchar(3));
        assert_eq!(settle(text(""), &context()).unwrap().ty, RedshiftType::Varchar(1));
        let null = Typed::literal(ScalarValue::Utf8View(None), RedshiftType::Unknown);
        assert_eq!(settle(null, &context()).unwrap().ty, RedshiftType::Varchar(1));
    }
}
