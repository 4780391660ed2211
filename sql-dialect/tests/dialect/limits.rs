//! Very deep, very long, very large: no text may end the process.

use redshift_sql_dialect::{
    MAX_STATEMENT_BYTES, MAX_TREE_HEIGHT,
    ast::{BinaryOp, Expr, ExprKind},
    check::check,
    parse, parse_query,
};

use crate::support::{error, expr, query};

fn repeated(before: &str, middle: &str, after: &str, times: usize) -> String {
    format!("{}{middle}{}", before.repeat(times), after.repeat(times))
}

/// A build without optimisation takes up to 12 KB of stack for a level, a release a part of that; a server's threads have 32 MB.
#[test]
fn deep_nesting_is_refused() {
    let thread = std::thread::Builder::new().stack_size(4 * 1024 * 1024);
    let checked = thread.spawn(refuse_deep_nesting).expect("a thread");
    checked.join().expect("every text is refused");
}

fn refuse_deep_nesting() {
    let deep = [
        repeated("select * from (", "select 1", ")", 5_000),
        repeated("(", "select 1", ")", 5_000),
        format!("select {}", repeated("(", "1", ")", 100_000)),
        format!("select {}", repeated("(select ", "1", ")", 5_000)),
        format!("select {}", repeated("f(", "1", ")", 10_000)),
        format!("select {}", repeated("(", "1", ")", 10_000)),
        format!("select {}", repeated("case when a then 1 else ", "1", " end", 10_000)),
        format!("select {}", repeated("case a when 1 then 2 else (", "1", ") end", 10_000)),
        format!("select {}", repeated("+ ", "1", "", 10_000)),
        format!("select {}", repeated("~ ", "1", "", 10_000)),
        format!("select {}", repeated("cast(", "1", " as int)", 10_000)),
        format!("select {}", repeated("a[", "1", "]", 10_000)),
        format!("select a{}", "[1]".repeat(10_000)),
        format!("select {}", repeated("exists (select ", "1", ")", 10_000)),
        format!("select {}", repeated("a between 1 and (", "1", ")", 10_000)),
        format!("select {}", repeated("a like (", "1", ")", 10_000)),
        format!("select {}", repeated("(1, ", "1", ")", 10_000)),
        format!("select * from {}", repeated("(", "a join b on true", ")", 10_000)),
        format!("select * from a{}", " natural join a".repeat(10_000)),
        format!("create table t (a int default {})", repeated("(", "1", ")", 10_000)),
        format!("create external table s.t (a {}) stored as orc", repeated("array<", "int", ">", 10_000)),
        format!("insert into t values ({})", repeated("(", "1", ")", 10_000)),
        format!("select a from t{}", " union select 1 except select 2".repeat(10_000)),
        format!("select {}", repeated("case when true then ", "1", " end", 5_000)),
        format!("select {}", repeated("1 in (select ", "1", ")", 5_000)),
        format!("select {}", repeated("not ", "true", "", 50_000)),
        format!("select {}", repeated("- ", "1", "", 50_000)),
        format!("select {}", repeated("1 = ", "1", "", 50_000)),
        format!("select 1{}", " + 1".repeat(50_000)),
        format!("select 1{}", " + 1".repeat(2_100)),
        // Chains in chains add up.
        format!(
            "select {}",
            repeated("1 + (", &format!("1{}", " - 1".repeat(1_000)), &format!("){}", " * 2".repeat(500)), 5)
        ),
        format!("select 1{}", "::int".repeat(50_000)),
        format!("select array{}", repeated("[", "1", "]", 50_000)),
        format!("select * from a{}", " join a on true".repeat(50_000)),
        format!("select * from a{} {}", " join a".repeat(50_000), "on true ".repeat(50_000)),
        format!("select * from {}", repeated("(a join ", "a", " on true)", 5_000)),
        format!("select 1{}", " except select 1".repeat(50_000)),
        repeated("explain ", "select 1", "", 50_000),
        repeated("prepare p as ", "select 1", "", 50_000),
        repeated("with a as (", "select 1", ") select 1", 5_000),
        format!("select * from {}", repeated("(", "select 1", ")", 100_000)),
        format!("select a in {}", repeated("(", "select 1", ")", 100_000)),
    ];
    for sql in deep {
        let error = error(&sql);
        let start = &sql[..sql.len().min(60)];
        let state = error.sqlstate().0;
        assert!(state == "54001" || start.starts_with("explain") || start.starts_with("prepare"), "{start}: {error}");
    }
}

/// Bodies of procedures nest, too, and long ones take no more time than they are long.
#[test]
fn procedures_are_bounded() {
    let body = |inside: &str| check(&format!("create procedure p() as $$ begin {inside} end $$ language plpgsql"));
    let thread = std::thread::Builder::new().stack_size(4 * 1024 * 1024);
    let checked = thread.spawn(move || {
        for (before, after) in [
            ("begin ", " end;"),
            ("if a then ", " end if;"),
            ("if a then null; else ", " end if;"),
            ("loop ", " end loop;"),
            ("while a loop ", " end loop;"),
            ("for i in 1..2 loop ", " end loop;"),
            ("for r in select 1 loop ", " end loop;"),
            ("case a when 1 then ", " end case;"),
        ] {
            let problems = body(&repeated(before, "null;", after, 50_000));
            assert_eq!(problems.len(), 1, "{before}");
            assert_eq!(problems[0].error.sqlstate().0, "54001", "{before}: {}", problems[0].error);
            assert_eq!(body(&repeated(before, "null;", after, 90)), [], "{before}");
        }
        for long in ["a := 1;\n", "select a into b from t;\n", "if a then null; end if;\n", "raise info '%', a;\n"] {
            assert_eq!(body(&long.repeat(20_000)), [], "{long}");
        }
    });
    checked.expect("a thread").join().expect("every body is checked");
}

#[test]
fn what_people_write_is_not_refused() {
    for sql in [
        repeated("select * from (", "select 1", ")", 60),
        format!("select {}", repeated("(", "1", ")", 150)),
        format!("select {}", repeated("f(1, ", "1", ")", 150)),
        format!("select 1{}", " + 1".repeat(300)),
        format!("select * from a{}", " join a on true".repeat(300)),
    ] {
        let query = query(&sql);
        // Whoever walks the tree on such a stack as this thread's gets through.
        assert_eq!(parse_query(&query.to_string()).unwrap(), query.clone(), "{}", &sql[..40]);
    }
}

#[test]
fn long_chains_make_low_trees() {
    fn height(expr: &Expr) -> u32 {
        match &expr.kind {
            ExprKind::Binary { left, right, .. } => 1 + height(left).max(height(right)),
            _ => 1,
        }
    }
    for operator in [" and ", " or ", " || "] {
        let long = expr(&vec!["a"; 10_000].join(operator));
        assert!(height(&long) < 30, "{operator} {}", height(&long));
        assert_eq!(long, long.clone());
    }
    for operator in [" / ", " + b - "] {
        let long = expr(&vec!["f(a)"; 900].join(operator));
        assert_eq!(expr(&long.to_string()), long);
    }
    for operator in [" and ", " or ", " || "] {
        let long = expr(&vec!["f(a)"; 20_000].join(operator));
        // Printed, compared and dropped on this small stack.
        assert_eq!(expr(&long.to_string()), long);
    }
    for operator in [" union ", " union all ", " intersect "] {
        let chain = query(&vec!["select 1"; 10_000].join(operator));
        assert_eq!(chain, chain.clone());
        assert_eq!(query(&chain.to_string()), chain);
    }
}

/// Chains of arithmetic are not associative: they stay what they are, in a flat form where a tree would be high.
#[test]
fn long_chains_of_arithmetic_keep_their_order() {
    for count in [15, 16, 17, 100] {
        let sum = vec!["a"; count].join(" - ");
        // Parentheses around a beginning of it say nothing, around an end of it they do.
        assert_eq!(expr(&format!("({sum}) - b")), expr(&format!("{sum} - b")), "{count}");
        assert_ne!(expr(&format!("b - ({sum})")), expr(&format!("b - {sum}")), "{count}");
        for whole in [
            format!("({sum}) * ({sum}) - ({sum}) * 2"),
            format!("-({sum})"),
            format!("({sum})::int"),
            format!("x between {sum} and {sum}"),
            format!("({sum}) = all (select 1)"),
            format!("{sum} - any (select 1) - {sum}"),
        ] {
            let parsed = expr(&whole);
            assert_eq!(expr(&parsed.to_string()), parsed, "{whole}");
        }
    }
    let ExprKind::Chain { first, rest } =
        expr("a + b - c * d + e + f + g + h + i + j + k + l + m + n + o + p + q + r").kind
    else {
        panic!("a chain")
    };
    assert_eq!((first.to_string().as_str(), rest.len()), ("a", 16));
    assert_eq!((rest[1].op, rest[1].operand.to_string()), (BinaryOp::Minus, "c * d".to_owned()));
}

#[test]
fn long_lists_are_fine() {
    let numbers = (0..100_000).map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
    assert!(parse(&format!("select a in ({numbers})")).is_ok());
    let rows = vec!["(1, 'a', null)"; 50_000].join(", ");
    assert!(parse(&format!("insert into t values {rows}")).is_ok());
    let branches = "when 1 then 2 ".repeat(10_000);
    assert!(parse(&format!("select case a {branches} end")).is_ok());
}

#[test]
fn height_counts_all_branches() {
    // Neither the casts nor their nesting are too much alone.
    let sum = format!("(1{})", "::int".repeat(MAX_TREE_HEIGHT as usize / 2));
    let nested = format!("select {}", repeated("f(", &sum, ")", 100));
    assert!(parse(&nested).is_ok());
    let too_high = format!("select {}", repeated("f(", &sum, &format!(") {}", "::int ".repeat(3)), 100));
    assert_eq!(error(&too_high).sqlstate().0, "54001");
    // Branches side by side do not add up.
    let side_by_side = format!("select f({})", vec![sum; 10].join(", "));
    assert!(parse(&side_by_side).is_ok());
}

#[test]
fn statements_of_more_than_16_megabytes_are_refused() {
    let wide = format!("select '{}'", "x".repeat(MAX_STATEMENT_BYTES));
    let error = error(&wide);
    assert_eq!(error.sqlstate().0, "42601");
    assert!(error.message().starts_with("Statement is too large. Statement Size: 16777"), "{}", error.message());
    let row = format!("({}, '{}')", 1, "x".repeat(1_000));
    let rows = vec![row; MAX_STATEMENT_BYTES / 1_009 - 10];
    let insert = format!("insert into t values {}", rows.join(", "));
    assert!(insert.len() > MAX_STATEMENT_BYTES - 100_000, "{}", insert.len());
    assert!(parse(&insert).is_ok());
    // The limit is one statement's, not the message's.
    let half = format!("select '{}';", "x".repeat(MAX_STATEMENT_BYTES / 2));
    assert_eq!(parse(&half.repeat(3)).unwrap().len(), 3);
}

/// Every beginning and every single token's loss of a long statement is an error or a statement, but no panic.
#[test]
fn no_text_panics() {
    let text = "with a (x) as (select top 3 distinct t.*, -1::int[] b from s.t as t (c int) left join (u natural join v) \
        using (k), w pivot (sum(p) as q for c in ('a' as a1)) where x not between 1 and 2 group by rollup(a, (b, c)) \
        having count(*) > 1 qualify row_number() over (partition by a rows between 1 preceding and current row) = 1 \
        order by 1 desc nulls last limit 5 offset $1) select case when 'é' like $$x$$ then interval '1' day end from a; \
        copy t (a) from 's3://b/k' iam_role default format as json 'auto' null as '\\N'; create table t (a int identity(1,1) \
        encode az64 not null, b varchar(max) default 'x' references u (v), primary key (a)) diststyle key distkey (a)";
    for (end, _) in text.char_indices() {
        let _ = parse(&text[..end]);
        let _ = parse(&text[end..]);
    }
    let words: Vec<&str> = text.split(' ').collect();
    for lost in 0..words.len() {
        let rest: Vec<&str> = words.iter().enumerate().filter(|(at, _)| *at != lost).map(|(_, word)| *word).collect();
        let _ = parse(&rest.join(" "));
    }
}
