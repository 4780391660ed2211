//! Expressions: precedence, operands, functions with a syntax of their own.

use redshift_sql_dialect::{
    RedshiftType,
    ast::{
        ArraySyntax, BinaryOp, CastSafety, DataType, ExprKind, IntervalField, IntervalQualifier, LikeKind, Literal,
        NullTreatment, Parentheses, PathStep, Quantifier, TrimSide,
    },
    parse_data_type, parse_expression,
    types::{DayTimeUnit, YearMonthUnit},
};

use crate::support::{expr, grouped, object};

#[track_caller]
fn assert_grouping(cases: &[(&str, &str)]) {
    for (sql, expected) in cases {
        assert_eq!(grouped(&expr(sql)), *expected, "{sql}");
    }
}

/// Postgres 8.0 manual, "Lexical precedence"; where the guide's page "Compound expressions" differs, that one.
#[test]
fn operators_bind_as_in_postgres_8() {
    assert_grouping(&[
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a - b - c", "((a - b) - c)"),
        ("a * b / c % d", "(((a * b) / c) % d)"),
        ("2 ^ 3 ^ 2", "((2 ^ 3) ^ 2)"),
        ("a * b ^ c", "(a * (b ^ c))"),
        ("-2 ^ 2", "((Minus 2) ^ 2)"),
        ("- a + b", "((Minus a) + b)"),
        ("a OR b AND c", "(a OR (b AND c))"),
        ("NOT a AND b", "((Not a) AND b)"),
        ("NOT a = b", "(Not (a = b))"),
        ("a = b = c", "(a = (b = c))"),
        ("a = b < c", "(a = (b < c))"),
        ("a < b = c", "((a < b) = c)"),
        ("a || b || c", "((a || b) || c)"),
        ("a || b = c", "((a || b) = c)"),
        ("a + b || c", "((a + b) || c)"),
        // Operators of two characters are all of one level.
        ("a <> b || c", "((a <> b) || c)"),
        ("a <= b = c", "((a <= b) = c)"),
        ("a || b IS NULL", "(a || (b IS Null))"),
        ("a + b IS NULL", "((a + b) IS Null)"),
        ("a = b IS NULL", "(a = (b IS Null))"),
        ("a ISNULL", "(a IS Null)"),
        ("a NOTNULL", "(a IS NOT Null)"),
        ("a IS NOT TRUE", "(a IS NOT True)"),
        ("a IS UNKNOWN", "(a IS Unknown)"),
        ("a & b + c", "(a & (b + c))"),
        ("a || b & c", "(a || (b & c))"),
        ("a << 1 | b", "((a << 1) | b)"),
        ("a # b", "(a # b)"),
    ]);
}

#[test]
fn prefix_operators_take_what_binds_tighter() {
    assert_grouping(&[
        ("@ a + b", "((Abs a) + b)"),
        ("@ a * b", "(Abs (a * b))"),
        ("|/ 25 + 1", "((SquareRoot 25) + 1)"),
        ("||/ 27 ^ 2", "(CubeRoot (27 ^ 2))"),
        ("~ a & b", "((BitNot a) & b)"),
        ("~ a + b", "(BitNot (a + b))"),
        ("- - 5", "(Minus (Minus 5))"),
        ("a=-1", "(a = (Minus 1))"),
        ("a - -1", "(a - (Minus 1))"),
        ("+5", "(Plus 5)"),
    ]);
}

#[test]
fn predicates_bind_as_in_postgres_8() {
    assert_grouping(&[
        ("a = b LIKE c", "(a = (b LIKE c))"),
        ("a LIKE b = c", "((a LIKE b) = c)"),
        ("a LIKE b || c", "(a LIKE (b || c))"),
        ("a || b LIKE c", "((a || b) LIKE c)"),
        ("a NOT LIKE b || c AND d", "((a NOT LIKE (b || c)) AND d)"),
        // NOT before LIKE, IN and BETWEEN binds as NOT does.
        ("a = b NOT LIKE c", "((a = b) NOT LIKE c)"),
        ("NOT a NOT IN (1)", "(Not (a NOT IN [1]))"),
        ("a BETWEEN 1 AND 2 AND b", "((a BETWEEN 1 AND 2) AND b)"),
        ("a BETWEEN b + 1 AND c * 2", "(a BETWEEN (b + 1) AND (c * 2))"),
        ("a BETWEEN 1 AND 2 = b", "((a BETWEEN 1 AND 2) = b)"),
        ("a NOT BETWEEN 1 AND 2 OR b", "((a NOT BETWEEN 1 AND 2) OR b)"),
        ("a + 1 IN (1, b)", "((a + 1) IN [1 b])"),
        ("a = b IN (1)", "(a = (b IN [1]))"),
        ("a ~~ 'x'", "(a LIKE 'x')"),
        ("a !~~ 'x'", "(a NOT LIKE 'x')"),
        ("a ~ 'x' AND b !~* 'y'", "((a ~ 'x') AND (b !~* 'y'))"),
        ("a OPERATOR(pg_catalog.~) '^(x)$' AND b", "((a ~ '^(x)$') AND b)"),
        ("a COLLATE pg_catalog.default = b", "((a COLLATE pg_catalog.default) = b)"),
        ("a AT TIME ZONE 'utc' AT TIME ZONE 'cet'", "((a ZONE 'utc') ZONE 'cet')"),
        ("a + b AT TIME ZONE 'utc'", "(a + (b ZONE 'utc'))"),
        ("-5::int", "(Minus (5::integer))"),
        ("a::int::text", "((a::integer)::text)"),
        ("a + b::int * c", "(a + ((b::integer) * c))"),
    ]);
}

#[test]
fn operators_that_do_not_chain_are_errors() {
    for sql in ["a < b < c", "a LIKE b LIKE c", "a IS NULL IS NULL", "a IN (1) IN (2)", "a > b < c"] {
        let error = parse_expression(sql).unwrap_err();
        assert_eq!(error.sqlstate().0, "42601", "{sql}");
    }
}

#[test]
fn an_operator_stands_where_its_sign_stands() {
    assert_eq!(expr("abc + 1").pos, 4);
    assert_eq!(expr("a AND bc OR d").pos, 9);
    assert_eq!(expr("abc IS NULL").pos, 4);
    assert_eq!(expr("f(a)").pos, 0);
    assert_eq!(expr("a NOT IN (1)").pos, 2);
}

#[test]
fn constants() {
    let literal = |sql: &str| match expr(sql).kind {
        ExprKind::Literal(literal) => literal,
        other => panic!("{other:?}"),
    };
    assert_eq!(literal("42"), Literal::Integer("42".into()));
    assert_eq!(literal("99999999999999999999"), Literal::Integer("99999999999999999999".into()));
    assert_eq!(literal("4.2"), Literal::Decimal("4.2".into()));
    assert_eq!(literal(".5"), Literal::Decimal(".5".into()));
    assert_eq!(literal("5."), Literal::Decimal("5.".into()));
    assert_eq!(literal("1e10"), Literal::Float("1e10".into()));
    assert_eq!(literal("1.5E-3"), Literal::Float("1.5E-3".into()));
    assert_eq!(literal("NULL"), Literal::Null);
    assert_eq!(literal("true"), Literal::Bool(true));
    assert_eq!(literal("False"), Literal::Bool(false));
    assert_eq!(literal("INTERVAL '1 day'"), Literal::Interval { value: "1 day".into(), qualifier: None });
    let day_to_second =
        IntervalQualifier { from: IntervalField::Day, to: Some(IntervalField::Second), precision: Some(3) };
    assert_eq!(
        literal("interval '1 2:03:04' day to second(3)"),
        Literal::Interval { value: "1 2:03:04".into(), qualifier: Some(day_to_second) }
    );
}

#[test]
fn a_type_before_a_string_casts_it() {
    for (sql, ty) in [
        ("DATE '2020-01-01'", RedshiftType::Date),
        ("timestamp '2020-01-01'", RedshiftType::Timestamp),
        ("timestamp with time zone 'now'", RedshiftType::TimestampTz),
        ("timestamptz 'now'", RedshiftType::TimestampTz),
        ("time '10:00'", RedshiftType::Time),
        ("double precision '1'", RedshiftType::Float8),
        ("varchar(5) 'x'", RedshiftType::Varchar(5)),
        ("pg_catalog.int4 '5'", RedshiftType::Int4),
        ("oid '5'", RedshiftType::Oid),
    ] {
        match expr(sql).kind {
            ExprKind::Cast { ty: DataType::Known(found), safety: CastSafety::Error, expr, .. } => {
                assert_eq!(found, ty, "{sql}");
                assert!(matches!(expr.kind, ExprKind::Literal(Literal::String(_))));
            }
            other => panic!("{sql}: {other:?}"),
        }
    }
}

#[test]
fn casts_in_all_spellings_are_one() {
    let cast = expr("CAST(a AS DECIMAL(10, 2))");
    assert_eq!(expr("a::numeric(10,2)"), cast);
    assert_eq!(expr("CONVERT(decimal(10,2), a)"), cast);
    assert!(matches!(expr("TRY_CAST(a AS int)").kind, ExprKind::Cast { safety: CastSafety::Null, .. }));
    // With other arguments it is a function.
    assert!(matches!(expr("convert('abc', 'utf8')").kind, ExprKind::Function(_)));
}

#[test]
fn data_types() {
    use RedshiftType::*;
    let cases = [
        ("int2", Int2),
        ("SMALLINT", Int2),
        ("integer", Int4),
        ("int8", Int8),
        ("decimal", RedshiftType::numeric(18, 0)),
        ("numeric(5)", RedshiftType::numeric(5, 0)),
        ("decimal(38, 37)", RedshiftType::numeric(38, 37)),
        ("real", Float4),
        ("float", Float8),
        ("float(24)", Float4),
        ("float(25)", Float8),
        ("double precision", Float8),
        ("bool", Bool),
        ("char", Char(1)),
        ("character(7)", Char(7)),
        ("nchar(3)", Char(3)),
        ("bpchar", Char(256)),
        ("varchar", Varchar(256)),
        ("varchar(max)", Varchar(65_535)),
        ("nvarchar(10)", Varchar(10)),
        ("character varying(20)", Varchar(20)),
        ("text", Text),
        ("date", Date),
        ("time without time zone", Time),
        ("time with time zone", TimeTz),
        ("timestamp", Timestamp),
        ("timestamp with time zone", TimestampTz),
        ("timestamp without time zone", Timestamp),
        ("interval year to month", RedshiftType::YEAR_TO_MONTH),
        ("interval day to second", RedshiftType::DAY_TO_SECOND),
        ("interval hour to second(3)", IntervalDayToSecond(DayTimeUnit::Second(3))),
        ("interval month", RedshiftType::YEAR_TO_MONTH),
        ("intervaly2m", RedshiftType::YEAR_TO_MONTH),
        ("intervald2s", RedshiftType::DAY_TO_SECOND),
        ("interval year", IntervalYearToMonth(YearMonthUnit::Year)),
        ("interval hour to minute", IntervalDayToSecond(DayTimeUnit::Minute)),
        ("interval day", IntervalDayToSecond(DayTimeUnit::Day)),
        ("super", Super),
        ("varbyte(100)", Varbyte(100)),
        ("binary varying(100)", Varbyte(100)),
        ("varbinary(5)", Varbyte(5)),
        ("hllsketch", HllSketch),
        ("geometry", Geometry),
        ("geography", Geography),
        ("\"char\"", InternalChar),
        ("pg_catalog.text", Text),
        ("text[]", TextArray),
        ("int2[]", Int2Array),
        ("oid[]", OidArray),
    ];
    for (sql, ty) in cases {
        assert_eq!(parse_data_type(sql).expect(sql), DataType::Known(ty), "{sql}");
    }
    assert_eq!(
        parse_data_type("information_schema.sql_identifier").unwrap(),
        DataType::Named(object("information_schema.sql_identifier"))
    );
}

#[test]
fn limits_of_types() {
    for (sql, message) in [
        ("varchar(65536)", "length for type varchar cannot exceed 65535"),
        ("varchar(0)", "length for type varchar must be at least 1"),
        ("char(4097)", "length for type char cannot exceed 4096"),
        ("numeric(39)", "NUMERIC precision 39 must be between 1 and 38"),
        ("numeric(5, 6)", "NUMERIC scale 6 must be between 0 and precision 5"),
    ] {
        let error = parse_data_type(sql).unwrap_err();
        assert_eq!((error.sqlstate().0, error.message()), ("22023", message), "{sql}");
    }
}

#[test]
fn names_and_paths() {
    assert_eq!(expr("db.s.t.a").kind, ExprKind::Column(object("db.s.t.a")));
    assert_eq!(expr("c.oid").kind, ExprKind::Column(object("c.oid")));
    assert_eq!(expr("oid").kind, ExprKind::Column(object("oid")));
    assert_eq!(expr("t.select").kind, ExprKind::Column(object("t.select")));
    let ExprKind::Subscript { expr: indexed, step: PathStep::Field(field) } = expr("c.orders[0].price").kind else {
        panic!("no path")
    };
    assert_eq!(field.value, "price");
    let ExprKind::Subscript { expr: head, step: PathStep::Index(_) } = indexed.kind else { panic!("no index") };
    assert_eq!(head.kind, ExprKind::Column(object("c.orders")));
}

#[test]
fn functions() {
    let call = |sql: &str| match expr(sql).kind {
        ExprKind::Function(call) => *call,
        other => panic!("{sql}: {other:?}"),
    };
    assert_eq!(call("count(*)").args[0].kind, ExprKind::Wildcard { qualifier: None, exclude: vec![] });
    assert!(call("count(DISTINCT a)").distinct);
    assert!(!call("count(ALL a)").distinct);
    assert_eq!(call("pg_catalog.pg_get_userbyid(a)").name, object("pg_catalog.pg_get_userbyid"));
    assert_eq!(call("getdate()").args, vec![]);
    for bare in ["current_date", "SYSDATE", "current_user", "session_user", "user", "current_timestamp"] {
        assert_eq!(call(bare).parentheses, Parentheses::Omitted, "{bare}");
    }
    assert_eq!(call("left(a, 2)").name, object("left"));
    assert!(call("APPROXIMATE count(DISTINCT a)").approximate);
    let listagg = call("listagg(DISTINCT a, ', ') WITHIN GROUP (ORDER BY b DESC) OVER (PARTITION BY c)");
    assert!(listagg.distinct && listagg.within_group[0].descending && listagg.over.is_some());
    for nulls in ["lag(a IGNORE NULLS) OVER (ORDER BY b)", "lag(a) IGNORE NULLS OVER (ORDER BY b)"] {
        assert_eq!(call(nulls).nulls, Some(NullTreatment::Ignore), "{nulls}");
    }
    assert_eq!(call("first_value(a) RESPECT NULLS OVER w").nulls, Some(NullTreatment::Respect));
    // Date parts are names.
    assert_eq!(call("dateadd(month, 1, d)").args[0].kind, ExprKind::Column(object("month")));
}

#[test]
fn functions_with_a_syntax_of_their_own() {
    assert_eq!(
        expr("EXTRACT(EPOCH FROM a)").kind,
        ExprKind::Extract { part: "epoch".into(), expr: Box::new(expr("a")) }
    );
    assert_eq!(expr("extract('year' from a)"), expr("EXTRACT(year FROM a)"));
    assert!(matches!(expr("position('b' IN 'abc' || 'd')").kind, ExprKind::Position { .. }));
    assert!(matches!(
        expr("substring(a FROM 2 FOR 3)").kind,
        ExprKind::Substring { from: Some(_), length: Some(_), .. }
    ));
    assert!(matches!(expr("substring(a, 2, 3)").kind, ExprKind::Function(_)));
    let sides = [
        ("trim(a)", TrimSide::Both, false),
        ("trim('x' from a)", TrimSide::Both, true),
        ("trim(leading from a)", TrimSide::Leading, false),
        ("trim(trailing 'x' from a)", TrimSide::Trailing, true),
    ];
    for (sql, wanted, with_characters) in sides {
        match expr(sql).kind {
            ExprKind::Trim { side, characters, .. } => {
                assert_eq!((side, characters.is_some()), (wanted, with_characters), "{sql}");
            }
            other => panic!("{sql}: {other:?}"),
        }
    }
    assert!(matches!(
        expr("a SIMILAR TO 'x' ESCAPE '^'").kind,
        ExprKind::Like { kind: LikeKind::SimilarTo, escape: Some(_), .. }
    ));
}

#[test]
fn rows_arrays_and_queries() {
    assert!(matches!(expr("(a, b) = (c, d)").kind, ExprKind::Binary { op: BinaryOp::Eq, .. }));
    assert_eq!(expr("ROW(a, b)"), expr("(a, b)"));
    assert!(matches!(expr("ARRAY['a', 'b']").kind, ExprKind::Array { constructor: ArraySyntax::Brackets, .. }));
    assert!(matches!(expr("array(1, array(2))").kind, ExprKind::Array { constructor: ArraySyntax::Parentheses, .. }));
    assert!(matches!(expr("ARRAY(SELECT 1)").kind, ExprKind::ArrayQuery(_)));
    assert!(matches!(expr("(SELECT 1)").kind, ExprKind::ScalarQuery(_)));
    assert!(matches!(expr("((SELECT 1))").kind, ExprKind::ScalarQuery(_)));
    assert!(matches!(expr("((SELECT 1) + 1)").kind, ExprKind::Binary { .. }));
    assert!(matches!(expr("((SELECT 1) UNION (SELECT 2))").kind, ExprKind::ScalarQuery(_)));
    assert!(matches!(expr("a IN (SELECT 1)").kind, ExprKind::InQuery { negated: false, .. }));
    assert!(matches!(expr("a NOT IN ((SELECT 1), 2)").kind, ExprKind::InList { negated: true, .. }));
    assert!(matches!(expr("NOT EXISTS (SELECT 1)").kind, ExprKind::Exists { negated: true, .. }));
    assert!(matches!(
        expr("a = ANY (conkey)").kind,
        ExprKind::QuantifiedArray { quantifier: Quantifier::Any, op: BinaryOp::Eq, .. }
    ));
    assert!(matches!(
        expr("a <> ALL (SELECT 1)").kind,
        ExprKind::QuantifiedQuery { quantifier: Quantifier::All, op: BinaryOp::NotEq, .. }
    ));
    assert!(matches!(expr("a = SOME (SELECT 1)").kind, ExprKind::QuantifiedQuery { .. }));
    assert!(matches!(expr("t.a (+)").kind, ExprKind::OuterJoinMark(_)));
}

#[test]
fn case_has_branches() {
    let ExprKind::Case { operand, branches, otherwise } = expr("CASE a WHEN 1 THEN 'x' WHEN 2 THEN 'y' END").kind
    else {
        panic!("no case")
    };
    assert!(operand.is_some() && branches.len() == 2 && otherwise.is_none());
    assert!(parse_expression("CASE a END").is_err());
}
