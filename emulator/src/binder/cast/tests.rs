//! Casts: values from the developer guide's pages "CAST", "Type compatibility and conversion", "Character types".

use redshift_sql_dialect::RedshiftType;

use super::*;
use crate::functions::testing::{Leaves, check, check_errors, check_errors_of, check_types, context, evaluate};

#[test]
fn numbers_are_cast() {
    check(&[
        ("162.00::integer", "162"),
        ("12::int2::int8", "12"),
        ("1.5::float8::integer", "2"),
        ("2.5e0::int2", "3"),
        ("-2.5e0::int2", "-3"),
        ("10::decimal(10,2)", "10.00"),
        ("1e0::decimal(5,2)", "1.00"),
        ("0.1::float4::decimal(5,3)", "0.100"),
        ("3.25::float8", "3.25"),
        ("1.10::varchar(10)", "1.10"),
        ("2008::char(4)", "2008"),
        ("12345::varchar(3)", "123"),
        ("true::integer", "1"),
        ("3::bool", "true"),
        ("'12'::varchar(5)::integer", "12"),
        ("' 1.5 '::varchar(5)::decimal(5,2)", "1.50"),
        ("1e15::varchar(30)", "1e+15"),
        ("0.5::float8::varchar(30)", "0.5"),
    ]);
}

#[test]
fn constants_are_rounded_and_columns_cut() {
    // CAST: "a DECIMAL(6,3) value is cast as a DECIMAL(4,1) value"; "DECIMAL or NUMERIC type": "results of explicit casts
    // of values selected from tables are not rounded".
    let value = |sql, leaves| evaluate(sql, leaves).map(|(text, _)| text);
    assert_eq!(value("109.652::decimal(4,1)", Leaves::Constants).as_deref(), Ok("109.7"));
    assert_eq!(value("109.652::decimal(4,1)", Leaves::Columns).as_deref(), Ok("109.6"));
    assert_eq!(value("-1.5::integer", Leaves::Constants).as_deref(), Ok("-2"));
}

#[test]
fn stored_values_are_rounded_and_not_cut() {
    let ctx = context();
    let column = |ty| Typed::new(Expr::Column("c".into()), ty);
    let stored = cast(column(RedshiftType::numeric(8, 4)), RedshiftType::numeric(8, 2), CastKind::Assignment, &ctx);
    assert!(format!("{:?}", stored.unwrap().expr).contains("HalfAwayFromZero"));
    let text = Typed::literal(ScalarValue::Utf8View(Some("City of South San Francisco".into())), RedshiftType::Unknown);
    let error = cast(text.clone(), RedshiftType::Char(20), CastKind::Assignment, &ctx).unwrap_err();
    assert_eq!(error.message(), "value too long for type character(20)");
    assert_eq!(error.sqlstate(), SqlState::STRING_DATA_RIGHT_TRUNCATION);
    // "unless the extra characters are all spaces"
    let blanks = Typed::literal(ScalarValue::Utf8View(Some("ab   ".into())), RedshiftType::Unknown);
    let stored = cast(blanks, RedshiftType::Varchar(3), CastKind::Assignment, &ctx).unwrap();
    assert_eq!(stored, Typed::literal(ScalarValue::Utf8View(Some("ab ".into())), RedshiftType::Varchar(3)));
    let error = cast(column(RedshiftType::Varchar(9)), RedshiftType::Int4, CastKind::Assignment, &ctx).unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::DATATYPE_MISMATCH);
    assert!(is_assignable(RedshiftType::numeric(5, 1), RedshiftType::Int4));
    assert!(!is_assignable(RedshiftType::Varchar(9), RedshiftType::Int4));
}

#[test]
fn strings_are_cut_between_characters() {
    check(&[
        ("'City of South San Francisco'::char(20)", "City of South San Fr"),
        ("'City of South San Francisco'::char(20)::varchar(4)", "City"),
        ("'aéb'::varchar(2)", "a"),
        ("'aéb'::varchar(3)", "aé"),
        ("'ab '::char(5)::varchar(5) || '|'", "ab|"),
        ("'ab '::varchar(5)::char(5) || '|'", "ab|"),
    ]);
}

#[test]
fn dates_and_times_are_cast() {
    check(&[
        ("'2008-02-18 02:36:48'::date", "2008-02-18"),
        ("date '2008-01-01'::timestamp", "2008-01-01 00:00:00"),
        ("timestamp '2008-02-18 02:36:48'::date", "2008-02-18"),
        ("timestamp '2008-02-18 02:36:48'::time", "02:36:48"),
        ("timestamp '2008-02-18 02:36:48'::timestamptz", "2008-02-18 02:36:48+00"),
        ("timestamptz '2008-02-18 02:36:48 PST'::timestamp", "2008-02-18 10:36:48"),
        ("timestamp '1969-12-31 23:00'::date", "1969-12-31"),
        ("date '2008-01-01'::varchar(10)", "2008-01-01"),
        ("timestamp '2008-02-18 02:36:48.5'::varchar(30)", "2008-02-18 02:36:48.50"),
        ("'2008-01-01'::varchar(10)::date", "2008-01-01"),
        ("'20080201'::varchar(10)::timestamp", "2008-02-01 00:00:00"),
        ("interval '1-2' year to month::varchar(30)", "1 year 2 mons"),
        ("interval '1 2:3:4.5678' day to second::varchar(30)", "1 day 02:03:04.5678"),
        ("'1 day'::varchar(10)::interval", "1 day"),
        ("time '10:00'::timetz", "10:00:00+00"),
    ]);
}

#[test]
fn zones_are_the_sessions() {
    let mut ctx = context();
    std::sync::Arc::make_mut(&mut ctx.session).time_zone = Zone::Named(chrono_tz::America::New_York);
    let value = |sql: &str| crate::functions::testing::evaluate_in(sql, Leaves::Columns, ctx.clone()).unwrap().0;
    assert_eq!(value("timestamp '2024-07-01 00:00'::timestamptz"), "2024-07-01 04:00:00+00");
    assert_eq!(value("timestamptz '2024-07-01 00:00+00'::timestamp"), "2024-06-30 20:00:00");
    assert_eq!(value("timestamptz '2024-07-01 00:00+00'::date"), "2024-06-30");
    assert_eq!(value("date '2024-01-01'::timestamptz"), "2024-01-01 05:00:00+00");
}

#[test]
fn constants_that_do_not_fit_are_refused_as_the_leader_says_it() {
    check_errors_of(
        Leaves::Constants,
        &[
            ("123.456::decimal(2,1)", "22003", "numeric field overflow"),
            ("12345678::smallint", "22003", "smallint out of range"),
            ("'abc'::integer", "22P02", "invalid input syntax for integer: \"abc\""),
            ("'99999999999'::integer", "22003", "value \"99999999999\" is out of range for type integer"),
            ("'2024-13-01'::date", "22008", "date/time field value out of range: \"2024-13-01\""),
            ("'abc'::date", "22007", "invalid input syntax for type date: \"abc\""),
            ("'abc'::decimal(5,2)", "22P02", "invalid input syntax for type numeric: \"abc\""),
            ("'x'::bool", "22P02", "invalid input syntax for type boolean: \"x\""),
        ],
    );
}

#[test]
fn columns_that_do_not_fit_are_refused_as_compute_nodes_say_it() {
    check_errors_of(
        Leaves::Columns,
        &[
            ("1234.56::decimal(8,2)::decimal(5,3)", "XX000", "Numeric data overflow (result precision)"),
            ("12345678::smallint", "XX000", "Value out of range for 2 bytes."),
            ("'abc'::varchar(3)::integer", "XX000", "Invalid digit, Value 'a', Pos 0, Type: Integer"),
            ("1e10::integer", "XX000", "Value out of range for 4 bytes."),
        ],
    );
}

#[test]
fn casts_that_do_not_exist_are_refused() {
    check_errors(&[
        ("date '2024-01-01'::integer", "42846", "cannot cast type date to integer"),
        ("true::varchar(5)", "42846", "cannot cast type boolean to character varying"),
        ("1::date", "42846", "cannot cast type integer to date"),
    ]);
}

#[test]
fn try_cast_gives_null() {
    check(&[
        ("try_cast('abc' as integer)", "NULL"),
        ("try_cast('abc'::varchar(3) as integer)", "NULL"),
        ("try_cast('12' as integer)", "12"),
        ("try_cast('2024-02-30'::varchar(10) as date)", "NULL"),
        ("try_cast(100000 as smallint)", "NULL"),
    ]);
}

#[test]
fn casts_have_types() {
    check_types(&[("1::varchar(10)", "character varying(10)"), ("'a'::char(3)", "character(3)"), ("1::oid", "oid")]);
}

#[test]
fn parameters_take_the_type_that_is_asked_of_them() {
    let mut ctx = context();
    ctx.parameters = crate::binder::Parameters::to_describe(vec![None, Some(RedshiftType::Int8)]);
    let first = parameter(1, &ctx).unwrap();
    assert_eq!(first.ty, RedshiftType::Unknown);
    let cast_first = cast(first, RedshiftType::Date, CastKind::Implicit, &ctx).unwrap();
    assert_eq!(cast_first.ty, RedshiftType::Date);
    assert_eq!(parameter(2, &ctx).unwrap().ty, RedshiftType::Int8);
    assert_eq!(ctx.parameters.types(), vec![Some(RedshiftType::Date), Some(RedshiftType::Int8)]);

    let types = vec![Some(RedshiftType::Date), None];
    ctx.parameters = crate::binder::Parameters::with_values(types, vec![Some("2024-02-29".into()), None]);
    let value = Typed::literal(ScalarValue::Date32(Some(19782)), RedshiftType::Date);
    assert_eq!(parameter(1, &ctx).unwrap(), value);
    assert!(parameter(2, &ctx).unwrap().is_null_literal());
    assert_eq!(parameter(3, &ctx).unwrap_err().sqlstate(), SqlState::UNDEFINED_PARAMETER);
}
