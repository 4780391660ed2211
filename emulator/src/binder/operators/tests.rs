//! Operators: values from the developer guide's pages, types from its rules.

use crate::functions::testing::{Leaves, check, check_errors, check_errors_of, check_types};

#[test]
fn numbers_are_computed() {
    check(&[
        ("1 + 2", "3"),
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),
        ("7 % 3", "1"),
        ("-7 % 3", "-1"),
        ("1 - 2.5", "-1.5"),
        ("1.5 * 1.5", "2.25"),
        ("1e0 / 4", "0.25"),
        ("10.5 % 3", "1.5"),
        ("'5' + 1", "6"),
        ("- (3)", "-3"),
        ("~ 1", "-2"),
        ("91 & 15", "11"),
        ("32 | 3", "35"),
        ("17 # 5", "20"),
        ("1 << 4", "16"),
        ("8 >> 2", "2"),
        ("1 + null", "NULL"),
        // "Computations with numeric values": DECIMAL(8,2) / DECIMAL(8,2) is DECIMAL(17,9).
        ("1::decimal(8,2) / 4::decimal(8,2)", "0.250000000"),
        // CAST, last example.
        ("728.00::decimal(38,2) * 100000000000000000000", "72800000000000000000000.00"),
        // "Overflow conditions": division as a way round the overflow.
        ("1::decimal(38,20) / (1 / 10::decimal(38,20))", "10.000000000000"),
    ]);
}

#[test]
fn computed_numbers_have_types() {
    check_types(&[
        ("1::int2 + 1::int2", "smallint"),
        ("1::int2 + 1", "integer"),
        ("1 + 1::int8", "bigint"),
        ("1 + 1::float4", "double precision"),
        ("1::float4 + 1::float4", "real"),
        ("1.5 + 1e0", "double precision"),
        ("1::decimal(8,2) + 1::decimal(15,3)", "numeric(16,3)"),
        ("1::decimal(8,2) * 1::int2", "numeric(14,2)"),
        ("1::decimal(8,2) / 1::decimal(8,2)", "numeric(17,9)"),
        ("1::decimal(15,2) * (1 - 1::decimal(15,2))", "numeric(32,4)"),
        ("1::decimal(38,20) / 1::decimal(38,20)", "numeric(38,4)"),
        ("date '2024-01-01' - date '2023-01-01'", "integer"),
        ("'a' || 'bc'", "character varying(3)"),
    ]);
}

#[test]
fn overflows_are_errors() {
    check_errors(&[
        ("32767::int2 + 1::int2", "22003", "smallint out of range"),
        ("2147483647 + 1", "22003", "integer out of range"),
        ("2147483647 * 2", "22003", "integer out of range"),
        ("9223372036854775807 + 1", "22003", "bigint out of range"),
        ("1 / 0", "22012", "division by zero"),
        ("1 % 0", "22012", "division by zero"),
        ("1.5 / 0", "22012", "division by zero"),
        ("1e0 / 0", "22012", "division by zero"),
        ("1e308 * 10", "22003", "value out of range: overflow"),
        (
            "cast(1 as decimal(38,20)) * cast(10 as decimal(38,20))",
            "22003",
            "128 bit numeric data overflow (multiplication)",
        ),
        (
            "99999999999999999999999999999999999999::decimal(38,0) + 1",
            "22003",
            "Numeric data overflow (result precision)",
        ),
    ]);
}

#[test]
fn operators_that_do_not_exist_are_refused() {
    check_errors(&[
        ("1 + true", "42883", "operator does not exist: integer + boolean"),
        ("date '2024-01-01' + date '2024-01-01'", "42883", "operator does not exist: date + date"),
        ("1 = true and date '2024-01-01' = 1", "42883", "operator does not exist: date = integer"),
        ("true || 'a'", "42883", "operator does not exist: boolean || \"unknown\""),
        ("not 1.5", "42804", "argument of NOT must be type boolean, not type numeric"),
        ("'1' + '2'", "42725", "operator is not unique: unknown + unknown"),
        ("1 ~ true", "42883", "operator does not exist: integer ~ boolean"),
    ]);
}

#[test]
fn dates_and_intervals_are_added() {
    check(&[
        // "Interval literals".
        ("date '2008-12-31' + interval '1 second'", "2008-12-31 00:00:01"),
        ("date '2008-12-31' + interval '3 hours, 35 minutes'", "2008-12-31 03:35:00"),
        ("date '2008-12-31' + interval '52 weeks'", "2009-12-30 00:00:00"),
        ("date '2008-12-31' + interval '1w, 1h, 1m, 1s'", "2009-01-07 01:01:01"),
        ("date '2008-12-31' + interval '0.5 days'", "2008-12-31 12:00:00"),
        ("date '2023-02-15' - interval '4 months'", "2022-10-15 00:00:00"),
        ("date '2023-03-31' - interval '4 months'", "2022-11-30 00:00:00"),
        ("date '2023-03-31' + interval '1' month", "2023-04-30"),
        ("date '2023-03-31' + interval '1' day", "2023-04-01 00:00:00"),
        ("date '2024-02-28' + 2", "2024-03-01"),
        ("2 + date '2024-02-28'", "2024-03-01"),
        ("date '2024-03-01' - 1", "2024-02-29"),
        ("date '2024-03-01' - date '2024-02-01'", "29"),
        ("timestamp '2024-01-01 10:00' - timestamp '2023-12-31 09:00'", "1 day 01:00:00"),
        ("timestamp '2024-01-31 10:00' + interval '1 month'", "2024-02-29 10:00:00"),
        ("timestamp '2024-01-31 10:00' - 1", "2024-01-30 10:00:00"),
        ("time '23:30' + interval '1 hour'", "00:30:00"),
        ("interval '1 day' * 2.5", "2 days 12:00:00"),
        ("interval '1 day' + interval '2 hours'", "1 day 02:00:00"),
        // "+ (Concatenation) operator".
        ("date '2000-01-02' + time '20:05:42'", "2000-01-02 20:05:42"),
        ("time '20:05:42' + date '2000-01-02'", "2000-01-02 20:05:42"),
    ]);
}

#[test]
fn values_of_different_types_are_compared() {
    check(&[
        ("1 = 1.0", "true"),
        ("1 = '1'", "true"),
        ("1.5 > '1.49'", "true"),
        ("1::int2 < 100000", "true"),
        ("1.005 > 1.00", "true"),
        ("1e0 = 1", "true"),
        ("date '2024-01-01' < timestamp '2024-01-01 10:00'", "true"),
        ("date '2024-01-01' = '2024-01-01'", "true"),
        ("date '2024-01-02' <= date '2024-01-03' - interval '1 day'", "true"),
        ("date '2024-01-02' < date '2024-01-03' - interval '1 day'", "false"),
        ("date '2024-01-02' < date '2024-01-03' - interval '23 hours'", "true"),
        ("date '2024-01-02' >= date '2024-01-03' - interval '23 hours'", "false"),
        ("date '2024-01-03' - interval '23 hours' > date '2024-01-02'", "true"),
        ("date '2024-01-02' = date '2024-01-03' - interval '23 hours'", "false"),
        ("timestamp '2024-01-02 10:00' < timestamptz '2024-01-02 12:00+01'", "true"),
        ("5 = '5'::varchar(3)", "true"),
        ("5.0 = '5'::varchar(3)", "true"),
        ("interval '1 month' = interval '30 days'", "true"),
        ("true = 1", "true"),
        ("null = 1", "NULL"),
        ("1 in (1, 2, 3.5)", "true"),
        ("3.5 in (1, 2, 3.5)", "true"),
        ("4 not in (1, 2)", "true"),
        ("4 in (1, null)", "NULL"),
    ]);
}

#[test]
fn columns_stay_bare_beside_constants() {
    use crate::{
        binder::{Typed, binary, interval},
        functions::testing::context,
    };
    use datafusion::{logical_expr::Expr, scalar::ScalarValue};
    use redshift_sql_dialect::{RedshiftType, ast::BinaryOp};

    let ctx = context();
    let column = |ty| Typed::new(Expr::Column("c".into()), ty);
    let unknown = |text: &str| Typed::literal(ScalarValue::Utf8View(Some(text.into())), RedshiftType::Unknown);
    let number = |value| Typed::literal(ScalarValue::Int32(Some(value)), RedshiftType::Int4);
    let written = |op, left: Typed, right: Typed| binary(op, left, right, &ctx).unwrap().expr.to_string();

    assert_eq!(written(BinaryOp::Gt, column(RedshiftType::Int2), number(5)), "c > Int16(5)");
    let price = column(RedshiftType::numeric(8, 2));
    assert_eq!(written(BinaryOp::Lt, price.clone(), number(5)), "c < Decimal128(5.00,8,2)");
    assert_eq!(written(BinaryOp::Lt, price, unknown("5.5")), "c < Decimal128(5.50,8,2)");
    let day = binary(
        BinaryOp::Minus,
        Typed::literal(ScalarValue::Date32(Some(100)), RedshiftType::Date),
        interval("90 day", None).unwrap(),
        &ctx,
    );
    assert_eq!(written(BinaryOp::LtEq, column(RedshiftType::Date), day.unwrap()), "c <= Date32(\"1970-01-11\")");
    let name = column(RedshiftType::Varchar(10));
    assert_eq!(written(BinaryOp::GtEq, name, unknown("a ")), "c >= Utf8View(\"a\")");
    let code = column(RedshiftType::Char(3));
    assert_eq!(written(BinaryOp::Eq, code, unknown("a ")), "c = Utf8View(\"a\")");
}

#[test]
fn trailing_blanks_do_not_count_in_comparisons() {
    // "Significance of trailing blanks".
    check(&[
        ("'a '::varchar(5) = 'a'", "true"),
        ("'a'::varchar(5) = 'a  '", "true"),
        ("'a '::varchar(5) = 'a'::varchar(3)", "true"),
        ("'a '::varchar(5) <> 'a'", "false"),
        ("'a '::varchar(5) > 'a'", "false"),
        ("'a '::varchar(5) <= 'a'", "true"),
        ("'a '::varchar(5) >= 'a  '", "true"),
        ("'a '::varchar(5) < 'a'", "false"),
        ("'a b'::varchar(5) > 'a'", "true"),
        ("'a b'::varchar(5) <= 'a'", "false"),
        ("'a '::char(5) = 'a'", "true"),
        ("'a '::char(5) = 'a '::varchar(5)", "true"),
        ("' a'::varchar(5) = 'a'", "false"),
        ("'b '::varchar(5) in ('a', 'b ')", "true"),
        ("'c '::varchar(5) in ('a', 'b ')", "false"),
        ("'c '::varchar(5) not in ('a', 'b ')", "true"),
        ("''::varchar(5) = '  '", "true"),
        ("'a'::varchar(5) < 'a\u{9}'", "true"),
        ("'a  '::varchar(5) < 'a\u{9}'", "true"),
    ]);
}

#[test]
fn strings_are_joined() {
    check(&[
        ("'a' || 'b'", "ab"),
        ("'a'::varchar(3) || null", "NULL"),
        ("1 || 'a'", "1a"),
        ("'a  '::char(5) || 'b'", "ab"),
        ("date '2024-01-01' || '!'", "2024-01-01!"),
        ("1.50 || ''", "1.50"),
        // NVL2, example.
        ("'Reagan'::varchar(30) + ' ' + 'Hodge'::varchar(30)", "Reagan Hodge"),
    ]);
}

#[test]
fn patterns_match() {
    check(&[
        ("'abc'::varchar(9) like 'a%'", "true"),
        ("'abc'::varchar(9) like 'a_c'", "true"),
        ("'abc'::varchar(9) not like 'b%'", "true"),
        ("'ABC'::varchar(9) ilike 'a%'", "true"),
        ("'a_c'::varchar(9) like 'a\\\\_c'", "true"),
        ("'abc'::varchar(9) like 'a\\\\_c'", "false"),
        ("'a_c'::varchar(9) like 'a^_c' escape '^'", "true"),
        ("'abc'::varchar(9) like 'a^_c' escape '^'", "false"),
        ("'a\\\\c'::varchar(9) like 'a\\\\c' escape '^'", "true"),
        ("'a%'::varchar(9) like 'a%'::varchar(9) escape '#'", "true"),
        ("12 like '1%'", "true"),
        // SIMILAR TO.
        ("'abc'::varchar(9) similar to '(b|a)%'", "true"),
        ("'abc'::varchar(9) similar to 'b%'", "false"),
        ("'abc'::varchar(9) similar to 'a'", "false"),
        ("'Ee'::varchar(9) similar to '%E%|%H%'", "true"),
        ("'a.c'::varchar(9) similar to 'a.c'", "true"),
        ("'abc'::varchar(9) similar to 'a.c'", "false"),
        ("'aaa'::varchar(9) similar to 'a{2,3}'", "true"),
        // POSIX operators.
        ("'abc'::varchar(9) ~ '^a'", "true"),
        ("'abc'::varchar(9) ~ 'B'", "false"),
        ("'abc'::varchar(9) ~* 'B'", "true"),
        ("'abc'::varchar(9) !~ 'c$'", "false"),
        ("'abc'::varchar(9) !~* 'D'", "true"),
        ("'a1'::varchar(9) ~ '[[:digit:]]'", "true"),
        ("null ~ 'a'", "NULL"),
    ]);
    check_errors(&[
        ("'a'::varchar(1) like 'a\\\\'", "22025", "LIKE pattern must not end with escape character"),
        ("'a'::varchar(1) like 'a' escape 'xy'", "22025", "invalid escape string"),
    ]);
}

#[test]
fn logic_has_three_values() {
    check(&[
        ("true and null", "NULL"),
        ("false and null", "false"),
        ("true or null", "true"),
        ("not false", "true"),
        ("1 and true", "true"),
        ("'t' and true", "true"),
    ]);
    check_errors_of(Leaves::Constants, &[("'x' and true", "22P02", "invalid input syntax for type boolean: \"x\"")]);
}

/// The digits and the scale of `p1,s1 op p2,s2`: developer guide, "Computations with numeric values".
fn documented(op: char, (p1, s1): (i32, i32), (p2, s2): (i32, i32)) -> (i32, i32) {
    let (precision, scale) = match op {
        '+' | '-' => ((p1 - s1).max(p2 - s2) + 1 + s1.max(s2), s1.max(s2)),
        '*' => (p1 + p2 + 1, s1 + s2),
        _ => {
            let scale = (s1 + p2 - s2 + 1).max(4);
            (p1 - s1 + s2 + scale, scale)
        }
    };
    match op {
        // "Notes on division operations"
        '/' if precision > 38 => (38, (38 + scale - precision).max(4)),
        // "The maximum precision for all DECIMAL values is 38."
        _ => (precision.min(38), scale.min(38)),
    }
}

#[test]
fn decimals_of_all_sizes_have_the_documented_types() {
    let sizes: Vec<(i32, i32)> = [1, 2, 5, 8, 10, 15, 18, 19, 20, 29, 37, 38]
        .into_iter()
        .flat_map(|p| [0, 1, p / 3, p / 2, p - 1].into_iter().filter(move |s| *s < p).map(move |s| (p, s)))
        .collect();
    let mut cases = Vec::new();
    for op in ['+', '-', '*', '/'] {
        for left in &sizes {
            for right in &sizes {
                let ((p1, s1), (p2, s2)) = (left, right);
                let (precision, scale) = documented(op, *left, *right);
                let sql = format!("null::decimal({p1},{s1}) {op} null::decimal({p2},{s2})");
                cases.push((sql, format!("numeric({precision},{scale})")));
            }
        }
    }
    let cases: Vec<(&str, &str)> = cases.iter().map(|(sql, ty)| (sql.as_str(), ty.as_str())).collect();
    check_types(&cases);
}

/// A decimal as text.
fn decimal(unscaled: i128, scale: u32) -> String {
    let unit = 10i128.pow(scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    let (whole, rest) = (unscaled.unsigned_abs() / unit.unsigned_abs(), unscaled.unsigned_abs() % unit.unsigned_abs());
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest:0width$}", width = scale as usize) }
}

#[test]
fn sums_and_products_of_decimals_are_exact() {
    // A linear congruential generator: the same numbers each time.
    let mut state = 20_240_229_u64;
    let mut random = move |below: i128| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i128::from(state >> 1) % below
    };
    let mut cases = Vec::new();
    for _ in 0..300 {
        let (p1, p2) = (1 + random(18), 1 + random(18));
        let (s1, s2) = (random(p1) as u32, random(p2) as u32);
        let number = |precision: i128, random: &mut dyn FnMut(i128) -> i128| {
            let most = 10i128.pow(precision as u32);
            random(2 * most - 1) - (most - 1)
        };
        let (a, b) = (number(p1, &mut random), number(p2, &mut random));
        let typed = |value: i128, precision: i128, scale: u32| {
            format!("'{}'::decimal({precision},{scale})", decimal(value, scale))
        };
        let (left, right) = (typed(a, p1, s1), typed(b, p2, s2));
        let scale = s1.max(s2);
        let (a_at, b_at) = (a * 10i128.pow(scale - s1), b * 10i128.pow(scale - s2));
        cases.push((format!("{left} + {right}"), decimal(a_at + b_at, scale)));
        cases.push((format!("{left} - {right}"), decimal(a_at - b_at, scale)));
        cases.push((format!("{left} * {right}"), decimal(a * b, s1 + s2)));
        let order = (a_at < b_at).to_string();
        cases.push((format!("{left} < {right}"), order));
    }
    let cases: Vec<(&str, &str)> = cases.iter().map(|(sql, value)| (sql.as_str(), value.as_str())).collect();
    check(&cases);
}
