//! What is printed parses back to the same value.

use redshift_sql_dialect::{
    RedshiftType,
    ast::{BinaryOp, CastLength, CastSafety, DataType, Expr, ExprKind, IsTest, LikeKind, Literal, UnaryOp},
    parse_expression, parse_query,
};

use crate::support::{expr, object, query, statement};

#[test]
fn expressions() {
    for (sql, printed) in [
        ("(a+b)*c", "(a + b) * c"),
        ("a+(b*c)", "a + b * c"),
        ("a-(b-c)", "a - (b - c)"),
        ("(a-b)-c", "a - b - c"),
        ("(a=b)=c", "(a = b) = c"),
        ("a=(b=c)", "a = b = c"),
        ("not (a and b)", "NOT (a AND b)"),
        ("(not a) and b", "NOT a AND b"),
        ("(a and b) and (c and d)", "(a AND b) AND (c AND d)"),
        ("a or (b or c)", "a OR (b OR c)"),
        ("(a or b) and c", "(a OR b) AND c"),
        ("- (-5)", "- -5"),
        ("a - -5", "a - -5"),
        ("(-5)::int", "(-5)::integer"),
        ("-5::int", "-5::integer"),
        ("(a+b)::varchar(5)", "(a + b)::character varying(5)"),
        ("a::varchar", "a::character varying"),
        ("cast(a as varchar(256))", "a::character varying(256)"),
        ("cast(a as timestamp)", "a::timestamp without time zone"),
        ("date '2020-01-01'", "'2020-01-01'::date"),
        ("try_cast(a as decimal(10,2))", "TRY_CAST(a AS numeric(10,2))"),
        ("'it''s' || E'\\\\'", "'it''s' || '\\\\'"),
        ("(a like b) = c", "a LIKE b = c"),
        ("a not like b escape '!'", "a NOT LIKE b ESCAPE '!'"),
        ("(a in (1, 2)) is true", "(a IN (1, 2)) IS TRUE"),
        ("a not in (select 1)", "a NOT IN (SELECT 1)"),
        ("a between 1 and (b = c)::int", "a BETWEEN 1 AND (b = c)::integer"),
        ("(a between 1 and 2) and b", "a BETWEEN 1 AND 2 AND b"),
        ("(a).b", "(a).b"),
        ("a[1].b", "a[1].b"),
        ("(f(x)).b[0]", "f(x).b[0]"),
        ("\"A b\".\"select\"", "\"A b\".\"select\""),
        ("count(distinct a)", "count(DISTINCT a)"),
        ("approximate count(*)", "APPROXIMATE count(*)"),
        ("current_date", "current_date"),
        (
            "listagg(a, ',') within group (order by b desc) over (partition by c)",
            "listagg(a, ',') WITHIN GROUP (ORDER BY b DESC) OVER (PARTITION BY c)",
        ),
        (
            "lag(a) ignore nulls over (order by b rows 1 preceding)",
            "lag(a) IGNORE NULLS OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
        ),
        ("case when a then b else c end", "CASE WHEN a THEN b ELSE c END"),
        ("interval '1' day to second(3)", "INTERVAL '1' DAY TO SECOND(3)"),
        ("extract(epoch from a)", "EXTRACT(epoch FROM a)"),
        ("trim(both 'x' from a)", "TRIM(BOTH 'x' FROM a)"),
        ("substring(a from 1 for 2)", "SUBSTRING(a FROM 1 FOR 2)"),
        ("position(a in b)", "POSITION(a IN b)"),
        ("a at time zone 'utc'", "a AT TIME ZONE 'utc'"),
        ("row(1)", "ROW(1)"),
        ("row(1, 2) = (a, b)", "(1, 2) = (a, b)"),
        ("array[1, 2]", "ARRAY[1, 2]"),
        ("array(1, 2)", "ARRAY(1, 2)"),
        ("a = any(b)", "a = ANY (b)"),
        ("@ (a * b)", "@ a * b"),
        ("(@ a) * b", "(@ a) * b"),
        ("not exists (select 1)", "NOT EXISTS (SELECT 1)"),
        ("t.a(+) = u.b", "t.a(+) = u.b"),
        ("$1::text", "$1::text"),
        ("null", "NULL"),
    ] {
        let parsed = expr(sql);
        assert_eq!(parsed.to_string(), printed, "{sql}");
        assert_eq!(parse_expression(printed).expect(printed), parsed, "{sql}");
    }
}

#[test]
fn queries() {
    for sql in [
        "SELECT 1",
        "SELECT DISTINCT TOP 5 a AS b, t.*, * EXCLUDE (c, d) FROM s.t AS t (x, y) WHERE a > 1",
        "SELECT a FROM t GROUP BY a, ROLLUP (b, (c, d)), CUBE (e), GROUPING SETS ((), a, (b, c)) HAVING count(*) > 1",
        "SELECT a FROM t GROUP BY ALL ORDER BY a DESC NULLS LAST, b NULLS FIRST LIMIT 5 OFFSET $1",
        "SELECT a FROM t AS x QUALIFY rank() OVER w = 1 WINDOW w AS (PARTITION BY a ORDER BY b)",
        "SELECT a UNION ALL SELECT b UNION SELECT c INTERSECT SELECT d EXCEPT SELECT e",
        "(SELECT a LIMIT 1) UNION (SELECT b UNION SELECT c) ORDER BY 1",
        "WITH RECURSIVE a (x) AS (SELECT 1), b AS (SELECT 2) SELECT * FROM a, b",
        "SELECT * FROM a JOIN b ON a.x = b.x LEFT JOIN (c CROSS JOIN d) USING (y, z) NATURAL FULL JOIN e",
        "SELECT * FROM (a RIGHT JOIN b ON TRUE) AS j, (SELECT 1), (SELECT 2) AS q (r), generate_series(1, 5) AS g (n)",
        "SELECT * FROM t AS c, c.orders AS o AT i, UNPIVOT c.x[0] AS v AT k",
        "SELECT * FROM t PIVOT (sum(a) AS s, count(*) FOR b IN ('x' AS x1, 'y')) AS p",
        "SELECT * FROM t UNPIVOT INCLUDE NULLS (v FOR n IN (a AS 'x', b)) AS p",
        "SELECT id FROM t AS e START WITH m IS NULL CONNECT BY PRIOR id = m",
        "SELECT * FROM f(1) AS r (a integer, b character varying(5))",
    ] {
        let parsed = query(sql);
        assert_eq!(parsed.to_string(), sql);
        assert_eq!(parse_query(&parsed.to_string()).unwrap(), parsed);
    }
}

#[test]
fn long_chains_come_back_as_they_were() {
    for operator in [" AND ", " OR ", " || "] {
        for count in [15, 16, 17, 18, 33, 100, 1_000] {
            let sql = vec!["a"; count].join(operator);
            let parsed = expr(&sql);
            assert_eq!(parsed.to_string(), sql);
            assert_eq!(parse_expression(&parsed.to_string()).unwrap(), parsed);
        }
    }
    let sql = vec!["SELECT a"; 1_000].join(" UNION ALL ");
    assert_eq!(query(&sql).to_string(), sql);
    // What was grouped otherwise keeps its parentheses.
    let grouped = format!("({}) AND ({})", vec!["a"; 40].join(" AND "), ["b"; 3].join(" AND "));
    assert_eq!(parse_expression(&expr(&grouped).to_string()).unwrap(), expr(&grouped));
}

fn node(kind: ExprKind) -> Expr {
    Expr { kind, pos: 0 }
}

/// A little generator of expressions: numbers choose the nodes.
fn generate(choices: &mut impl Iterator<Item = usize>, depth: usize) -> Expr {
    use BinaryOp::*;
    let choice = choices.next().unwrap_or(0);
    if depth == 0 {
        return expr(["a", "1", "'x'", "f(b)", "t.c", "$1", "NULL", "CURRENT_DATE"][choice % 8]);
    }
    let mut next = || Box::new(generate(choices, depth - 1));
    let operators = [
        And,
        Or,
        Eq,
        NotEq,
        Lt,
        LtEq,
        Gt,
        GtEq,
        Plus,
        Minus,
        Multiply,
        Divide,
        Modulo,
        Power,
        Concat,
        BitAnd,
        BitOr,
        BitXor,
        ShiftLeft,
        ShiftRight,
        Match,
        MatchInsensitive,
        NotMatch,
        NotMatchInsensitive,
        Overlaps,
    ];
    let prefixes = [
        UnaryOp::Plus,
        UnaryOp::Minus,
        UnaryOp::Not,
        UnaryOp::BitNot,
        UnaryOp::Abs,
        UnaryOp::SquareRoot,
        UnaryOp::CubeRoot,
    ];
    let negated = choice / 16 % 2 == 1;
    node(match choice % 16 {
        0..=6 => ExprKind::Binary { op: operators[choice / 16 % operators.len()], left: next(), right: next() },
        7 | 8 => ExprKind::Unary { op: prefixes[choice / 16 % prefixes.len()], expr: next() },
        9 => ExprKind::Like { kind: LikeKind::SimilarTo, negated, expr: next(), pattern: next(), escape: None },
        10 => ExprKind::Between { negated, expr: next(), low: next(), high: next() },
        11 => ExprKind::InList { negated, expr: next(), list: vec![*next(), *next()] },
        12 => ExprKind::Is { negated, test: IsTest::Null, expr: next() },
        13 => ExprKind::Cast {
            expr: next(),
            ty: DataType::Known(RedshiftType::numeric(10, 2)),
            safety: CastSafety::Error,
            length: CastLength::Given,
        },
        14 => ExprKind::AtTimeZone { expr: next(), zone: next() },
        _ => ExprKind::Collate { expr: next(), collation: object("case_insensitive") },
    })
}

/// Trees of any shape: what the parser makes of the printed text is the tree.
#[test]
fn any_tree_comes_back() {
    // A linear congruential generator, so that the trees are the same every time.
    let mut state = 12_345_usize;
    for round in 0..20_000 {
        let mut choices = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        });
        let tree = generate(&mut choices, 1 + round % 4);
        let printed = tree.to_string();
        match parse_expression(&printed) {
            Ok(parsed) => assert_eq!(parsed, tree, "{printed}"),
            Err(error) => panic!("{printed}\n{error:?}\n{tree:?}"),
        }
    }
}

#[test]
fn names_are_quoted_where_they_must_be() {
    use redshift_sql_dialect::names::Ident;
    for (name, printed) in [
        ("abc_1$", "abc_1$"),
        ("#tmp", "#tmp"),
        ("é", "é"),
        ("Abc", "\"Abc\""),
        ("a b", "\"a b\""),
        ("a\"b", "\"a\"\"b\""),
        ("1a", "\"1a\""),
        ("", "\"\""),
    ] {
        assert_eq!(Ident::new(name).to_string(), printed);
    }
}

#[test]
fn strings_come_back_whatever_is_in_them() {
    for text in ["", "'", "\\", "\\'", "a\nb", "\0", "--", "$$", "é\\n"] {
        let literal = node(ExprKind::Literal(Literal::String(text.into())));
        assert_eq!(parse_expression(&literal.to_string()).unwrap(), literal, "{text:?}");
    }
}

/// As SHOW TABLE shows a table: one column in each line.
#[test]
fn tables_in_lines() {
    let sql = "create table s.t (a int not null encode az64, b varchar(5) default 'x', primary key (a)) diststyle even";
    let table = statement(sql);
    let lines = "CREATE TABLE s.t (\n    a integer NOT NULL ENCODE az64,\n    b character varying(5) DEFAULT 'x',\n    \
                 PRIMARY KEY (a)\n) DISTSTYLE EVEN";
    assert_eq!(format!("{table:#}"), lines);
    assert_eq!(statement(lines), table);
    assert_eq!(
        table.to_string(),
        "CREATE TABLE s.t (a integer NOT NULL ENCODE az64, b character varying(5) DEFAULT 'x', PRIMARY KEY (a)) \
         DISTSTYLE EVEN"
    );
}
