//! The text of a statement as the logs of Redshift have it: with `$1`, `$2`, ... where variables stood.

use crate::lexer::{Lexer, Token, TokenKind};

/// The text with a parameter for each variable in it, and one blank where there is white space.
///
/// `INSERT INTO t values (a)` becomes `INSERT INTO t values ( $1 )` where `a` is a variable: PL/pgSQL puts parameters in the
/// place of names, as it has read them, before it hands the text on (developer guide, "Managing transactions").
pub fn with_parameters(text: &str, is_variable: impl Fn(&[String]) -> bool) -> String {
    let mut lexer = Lexer::new(text, 0);
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next();
        if token.kind == TokenKind::End {
            break;
        }
        tokens.push(token);
    }
    let (mut out, mut count, mut at, mut end) = (String::with_capacity(text.len()), 0, 0, 0);
    while let Some(token) = tokens.get(at) {
        if token.start > end && end > 0 && !out.ends_with(' ') {
            out.push(' ');
        }
        let variable = variable_at(text, &tokens, at, &is_variable);
        let last = at + variable.unwrap_or(1) - 1;
        end = tokens.get(last).map_or(token.end, |last| last.end);
        if variable.is_some() {
            count += 1;
            if !out.ends_with(' ') {
                out.push(' ');
            }
            out.push_str(&format!("${count} "));
        } else {
            out.push_str(slice(text, token));
        }
        at = last + 1;
    }
    out.truncate(out.trim_end().len());
    out
}

/// How many tokens from here on name a variable; none where they do not.
fn variable_at(text: &str, tokens: &[Token], at: usize, is_variable: impl Fn(&[String]) -> bool) -> Option<usize> {
    let is_name =
        |at: usize| tokens.get(at).is_some_and(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent));
    let is = |at: usize, kind: TokenKind| tokens.get(at).is_some_and(|token| token.kind == kind);
    if is(at, TokenKind::Parameter) {
        return Some(1);
    }
    if !is_name(at) || (at > 0 && is(at - 1, TokenKind::Dot)) {
        return None;
    }
    let mut parts = vec![name(slice(text, &tokens[at]))];
    let mut end = at + 1;
    while is(end, TokenKind::Dot) && is_name(end + 1) {
        parts.push(name(slice(text, &tokens[end + 1])));
        end += 2;
    }
    (!is(end, TokenKind::LeftParen) && is_variable(&parts)).then_some(end - at)
}

fn name(text: &str) -> String {
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    bare.map_or_else(|| text.to_ascii_lowercase(), |bare| bare.replace("\"\"", "\"").to_ascii_lowercase())
}

fn slice<'t>(text: &'t str, token: &Token) -> &'t str {
    text.get(token.start as usize..token.end as usize).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_become_parameters() {
        let known = |parts: &[String]| matches!(parts.join(".").as_str(), "a" | "c" | "d" | "rec.v");
        for (text, shown) in [
            ("INSERT INTO test_table_a values (a)", "INSERT INTO test_table_a values ( $1 )"),
            ("CALL sp_inner(c, d)", "CALL sp_inner( $1 , $2 )"),
            ("select  x\n  from t -- all\n where y = rec.v", "select x from t where y = $1"),
            ("select a(1), t.a, 'a', $1", "select a(1), t.a, 'a', $1"),
            ("TRUNCATE test_table_b", "TRUNCATE test_table_b"),
        ] {
            assert_eq!(with_parameters(text, known), shown);
        }
    }
}
