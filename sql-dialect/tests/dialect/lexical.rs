//! Tokens: strings, names, comments, statements.

use redshift_sql_dialect::{
    ast::{ExprKind, Literal, Statement},
    names_in, parse, parse_expression, parse_with_names,
};

use crate::support::{assert_error, assert_syntax_error, expr, query};

#[track_caller]
fn string(sql: &str) -> String {
    match expr(sql).kind {
        ExprKind::Literal(Literal::String(text)) => text,
        other => panic!("{sql}: {other:?}"),
    }
}

#[track_caller]
fn column(sql: &str) -> (String, bool) {
    match expr(sql).kind {
        ExprKind::Column(name) => (name.object().value.clone(), name.object().quoted),
        other => panic!("{sql}: {other:?}"),
    }
}

#[test]
fn strings_have_backslash_escapes() {
    assert_eq!(string("'it''s'"), "it's");
    assert_eq!(string(r"'it\'s'"), "it's");
    assert_eq!(string(r"'a\tb\n\\'"), "a\tb\n\\");
    assert_eq!(string(r"'\d\101'"), "dA");
    assert_eq!(string(r"E'\x41\u'"), "Au");
    assert_eq!(string("N'abc'"), "abc");
    assert_eq!(string("''"), "");
    assert_eq!(string("'žluť'"), "žluť");
}

#[test]
fn strings_go_on_in_the_next_line() {
    assert_eq!(string("'ab'\n   'cd' -- comment\n 'ef'"), "abcdef");
    assert!(parse_expression("'ab' 'cd'").is_err());
}

#[test]
fn dollars_quote() {
    assert_eq!(string("$$it's \\n$$"), "it's \\n");
    assert_eq!(string("$x$ $$ $y$ $x$"), " $$ $y$ ");
}

#[test]
fn wrong_strings() {
    assert_error("select 'abc", "42601", "unterminated quoted string at or near \"'abc\"", "'abc");
    assert_error("select \"abc", "42601", "unterminated quoted identifier at or near \"\"abc\"", "\"abc");
    assert_error("select \"\"", "42601", "zero-length delimited identifier at or near \"\"\"\"", "\"\"");
    assert_error("select 1 /* x", "42601", "unterminated /* comment at or near \"/* x\"", "/*");
    assert_error("select $$x", "42601", "unterminated dollar-quoted string at or near \"$$x\"", "$$x");
    assert_error(r"select '\377'", "22021", "invalid byte sequence for encoding \"UTF8\": 0xff", "'");
    // The parser complains before the lexer gets there.
    assert_syntax_error("selec 'abc", "selec");
}

#[test]
fn names_fold_unless_quoted() {
    assert_eq!(column("ABC"), ("abc".into(), false));
    assert_eq!(column("\"ABC\""), ("ABC".into(), true));
    assert_eq!(column("\"a \"\"b\"\"\""), ("a \"b\"".into(), true));
    assert_eq!(column("a$1"), ("a$1".into(), false));
    assert_eq!(column("_é"), ("_é".into(), false));
}

#[test]
fn long_names_are_cut_to_127_bytes() {
    let long = "x".repeat(130);
    assert_eq!(column(&long).0.len(), 127);
    // Not within a character: 63 characters of two bytes are 126.
    assert_eq!(column(&"é".repeat(70)).0.len(), 126);
}

#[test]
fn reserved_words_are_no_names() {
    for word in ["select", "table", "tag", "offset", "user", "open", "az64"] {
        assert_syntax_error(&format!("create table t ({word} int)"), word);
        assert!(parse(&format!("create table t (\"{word}\" int)")).is_ok());
        assert!(parse(&format!("select 1 as {word}")).is_ok());
    }
    assert_syntax_error("select * from left", "left");
}

#[test]
fn comments_nest() {
    assert_eq!(expr("1 /* a /* b */ c */ + -- d\n 2"), expr("1+2"));
    // The comment begins within a run of operator characters.
    assert_eq!(expr("1 +/* x */ 2"), expr("1+2"));
    assert_eq!(expr("1 +--x\n2"), expr("1+2"));
}

#[test]
fn a_message_has_several_statements() {
    let parsed = parse(" select 1 ;; ; begin; /* x */ commit").unwrap();
    let places: Vec<_> = parsed.iter().map(|one| (one.begin, one.start, one.end)).collect();
    assert_eq!(places, [(1, 1, 9), (15, 15, 20), (22, 30, 36)]);
    assert!(matches!(parsed[1].statement, Statement::Begin(_)));
    assert_eq!(parse("").unwrap(), []);
    assert_eq!(parse(" ; -- nothing\n ;").unwrap(), []);
}

#[test]
fn errors_of_a_later_statement_have_its_place() {
    assert_syntax_error("select 1; select from", "from");
    assert_error("select 1; select", "42601", "syntax error at end of input", "");
}

#[test]
fn a_missing_end_is_said() {
    assert_error("select 1 +", "42601", "syntax error at end of input", "");
    assert_syntax_error("select 1 + ;", ";");
}

#[test]
fn parameters_are_counted() {
    let parsed = parse("select $2, $1; select 1; insert into t values ($3)").unwrap();
    assert_eq!(parsed.iter().map(|one| one.parameters).collect::<Vec<_>>(), [2, 0, 3]);
    assert_error("select $0", "42P02", "there is no parameter $0", "$0");
    assert_error("select $70000", "42P02", "there is no parameter $70000", "$70000");
    assert_syntax_error("select ?", "?");
}

#[test]
fn parameters_may_stand_by_name() {
    let names = ["id".to_string(), "Low_1".to_string(), "7".to_string()];
    let parsed = parse_with_names("select :Low_1::int, ':id', \"a:id\", :7 limit :id -- :id\n", &names).unwrap();
    assert_eq!(parsed[0].statement.to_string(), "SELECT $2::integer, ':id', \"a:id\", $3 LIMIT $1");
    assert_eq!(parsed[0].parameters, 3);
    // What is no name of a parameter is what it always was.
    for sql in ["select :low_1", "select : id", "select :other"] {
        let error = parse_with_names(sql, &names).unwrap_err();
        assert_eq!(error.message(), "syntax error at or near \":\"", "{sql}");
    }
    assert_syntax_error("select :id", ":");
}

#[test]
fn names_of_parameters_are_found_whether_or_not_the_text_is_right() {
    let names = ["a".to_string(), "b".to_string(), "c".to_string()];
    assert_eq!(names_in("selec :a from; '::b' /* :b */ :c", &names), [true, false, true]);
    assert_eq!(names_in("select :a 'unterminated :b", &names), [true, false, false]);
    assert_eq!(names_in("", &names), [false, false, false]);
}

#[test]
fn names_with_a_number_sign_are_temporary_tables() {
    assert_eq!(query("select #T.a from s.#t").to_string(), "SELECT #t.a FROM s.#t");
    // Between operands it is exclusive or.
    assert!(matches!(expr("a # b").kind, ExprKind::Binary { .. }));
}
