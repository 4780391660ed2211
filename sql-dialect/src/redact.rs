//! Texts of SQL without their constants, for logs.
//!
//! It goes by the lexer's tokens, so that comments, quoted names and dollar quotes are what they are to the parser; comments
//! are left out, because nobody knows what they say.

use crate::lexer::{Lexer, TokenKind};

/// A constant in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constant<'a> {
    /// A number, as written.
    Number(&'a str),
    /// A string, with its quotes, as written.
    Quoted(&'a str),
    /// What stands between dollar quotes: mostly SQL.
    Body(&'a str),
}

/// The text with each constant replaced by what `replace` makes of it; none leaves it as it is. Comments go, and what does
/// not end is cut off.
///
/// ```
/// use redshift_sql_dialect::redact::{Constant, replace_constants};
///
/// let text = replace_constants("select 'it''s' /* 'x' */, 1 + a.b1", &mut |constant| match constant {
///     Constant::Quoted(_) => Some("?".to_string()),
///     _ => None,
/// });
/// assert_eq!(text, "select ? , 1 + a.b1");
/// ```
pub fn replace_constants(text: &str, replace: &mut dyn FnMut(Constant<'_>) -> Option<String>) -> String {
    let mut lexer = Lexer::new(text, 0);
    let mut redacted = String::with_capacity(text.len());
    let mut end = 0;
    loop {
        let token = lexer.next();
        let (start, token_end) = (token.start as usize, token.end as usize);
        put_gap(&mut redacted, text.get(end..start).unwrap_or_default());
        let written = text.get(start..token_end).unwrap_or_default();
        match token.kind {
            TokenKind::End | TokenKind::Bad(_) => return redacted.trim_end().to_string(),
            TokenKind::Integer | TokenKind::Decimal | TokenKind::Float => {
                put(&mut redacted, written, replace(Constant::Number(written)));
            }
            TokenKind::String
            | TokenKind::EscapeString
            | TokenKind::NationalString
            | TokenKind::HexString
            | TokenKind::BitString => put(&mut redacted, written, replace(Constant::Quoted(written))),
            TokenKind::DollarString => put_body(&mut redacted, written, replace),
            _ => redacted.push_str(written),
        }
        end = token_end;
    }
}

fn put(redacted: &mut String, written: &str, replaced: Option<String>) {
    match replaced {
        Some(replaced) => redacted.push_str(&replaced),
        None => redacted.push_str(written),
    }
}

/// `$tag$body$tag$`: the quotes stay.
fn put_body(redacted: &mut String, written: &str, replace: &mut dyn FnMut(Constant<'_>) -> Option<String>) {
    let quote = written.get(1..).and_then(|rest| rest.find('$')).map_or(0, |at| at + 2);
    let body = written.get(quote..written.len().saturating_sub(quote)).unwrap_or_default();
    match replace(Constant::Body(body)) {
        Some(replaced) => {
            redacted.push_str(&written[..quote]);
            redacted.push_str(&replaced);
            redacted.push_str(&written[..quote]);
        }
        None => redacted.push_str(written),
    }
}

/// What stands between two tokens: blanks as they are, without comments.
fn put_gap(redacted: &mut String, gap: &str) {
    if gap.chars().all(char::is_whitespace) {
        redacted.push_str(gap);
    } else if !redacted.is_empty() {
        redacted.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything out.
    fn masked(text: &str) -> String {
        replace_constants(text, &mut |constant| {
            Some(match constant {
                Constant::Number(_) | Constant::Quoted(_) => "?".to_string(),
                Constant::Body(body) => masked(body),
            })
        })
    }

    #[test]
    fn constants_go_and_names_stay() {
        assert_eq!(masked("select a1, \"b'1\", 'x''y', E'\\'z', 1.5e3 from t2 where c = $1"), {
            "select a1, \"b'1\", ?, ?, ? from t2 where c = $1"
        });
    }

    #[test]
    fn comments_tell_nothing() {
        assert_eq!(masked("/* password 'x' */ select -- secret\n 1"), "select ?");
        assert_eq!(masked("select 1 /* never ends 'x'"), "select ?");
        assert_eq!(masked("select 'never ends"), "select");
    }

    #[test]
    fn bodies_are_looked_into() {
        assert_eq!(
            masked(
                "create procedure p() as $b$ begin copy t from 's3://x' credentials 'key'; end $b$ language plpgsql"
            ),
            "create procedure p() as $b$ begin copy t from ? credentials ?; end$b$ language plpgsql"
        );
        assert_eq!(replace_constants("do $$ 'x' $$", &mut |_| None), "do $$ 'x' $$");
    }
}
