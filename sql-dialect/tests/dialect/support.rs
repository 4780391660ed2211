//! What all tests use.

use redshift_sql_dialect::{
    Error,
    ast::{Expr, ExprKind, Query, Statement},
    names::{Ident, ObjectName},
    parse, parse_expression, parse_query,
};

/// The one statement of a text.
#[track_caller]
pub fn statement(sql: &str) -> Statement {
    let mut parsed = parse(sql).unwrap_or_else(|error| panic!("{sql}\n{error:?}"));
    assert_eq!(parsed.len(), 1, "{sql}");
    let statement = parsed.remove(0).statement;
    assert_printed_parses_back(&statement);
    statement
}

/// What is printed parses back to the same value.
#[track_caller]
pub fn assert_printed_parses_back(statement: &Statement) {
    let printed = statement.to_string();
    match parse(&printed) {
        Ok(back) => {
            let back: Vec<Statement> = back.into_iter().map(|parsed| parsed.statement).collect();
            assert_eq!(back, std::slice::from_ref(statement), "{printed}");
        }
        Err(error) => panic!("{printed}\n{error:?}\n{statement:?}"),
    }
}

/// The query that a text is.
#[track_caller]
pub fn query(sql: &str) -> Query {
    parse_query(sql).unwrap_or_else(|error| panic!("{sql}\n{error:?}"))
}

/// The expression that a text is.
#[track_caller]
pub fn expr(sql: &str) -> Expr {
    parse_expression(sql).unwrap_or_else(|error| panic!("{sql}\n{error:?}"))
}

/// The error that a text gives.
#[track_caller]
pub fn error(sql: &str) -> Error {
    match parse(sql) {
        Ok(parsed) => panic!("{sql}\nwas taken as {parsed:?}"),
        Err(error) => error,
    }
}

/// The text gives this error: its SQLSTATE, its message, and the text from its position on.
#[track_caller]
pub fn assert_error(sql: &str, state: &str, message: &str, place: &str) {
    let error = error(sql);
    assert_eq!((error.sqlstate().0, error.message()), (state, message), "{sql}");
    let position = error.position().expect("a position") as usize;
    assert!(sql[position..].starts_with(place), "{sql}\nis wrong at {:?}", &sql[position..]);
}

/// The text is a syntax error at this token.
#[track_caller]
pub fn assert_syntax_error(sql: &str, token: &str) {
    assert_error(sql, "42601", &format!("syntax error at or near \"{token}\""), token);
}

/// A name of one part.
pub fn name(text: &str) -> Ident {
    Ident::new(text)
}

/// A dotted name.
pub fn object(text: &str) -> ObjectName {
    ObjectName(text.split('.').map(Ident::new).collect())
}

/// An expression with parentheses round everything that has operands, so that its grouping shows.
pub fn grouped(expr: &Expr) -> String {
    let negation = |negated: &bool| if *negated { "NOT " } else { "" };
    match &expr.kind {
        ExprKind::Binary { op, left, right } => format!("({} {} {})", grouped(left), op.symbol(), grouped(right)),
        ExprKind::Unary { op, expr } => format!("({op:?} {})", grouped(expr)),
        ExprKind::Like { negated, expr, pattern, .. } => {
            format!("({} {}LIKE {})", grouped(expr), negation(negated), grouped(pattern))
        }
        ExprKind::Between { negated, expr, low, high } => {
            format!("({} {}BETWEEN {} AND {})", grouped(expr), negation(negated), grouped(low), grouped(high))
        }
        ExprKind::InList { negated, expr, list } => {
            let list: Vec<String> = list.iter().map(grouped).collect();
            format!("({} {}IN [{}])", grouped(expr), negation(negated), list.join(" "))
        }
        ExprKind::Is { expr, test, negated } => format!("({} IS {}{test:?})", grouped(expr), negation(negated)),
        ExprKind::Cast { expr, ty, .. } => format!("({}::{ty})", grouped(expr)),
        ExprKind::AtTimeZone { expr, zone } => format!("({} ZONE {})", grouped(expr), grouped(zone)),
        ExprKind::Collate { expr, collation } => format!("({} COLLATE {collation})", grouped(expr)),
        _ => expr.to_string(),
    }
}
