//! Regular expressions: LIKE patterns, SIMILAR TO, POSIX expressions, and how all of them run on one engine.
//!
//! Source: developer guide, "LIKE", "SIMILAR TO", "POSIX operators".

use std::{borrow::Cow, cell::RefCell, sync::Arc};

use ::regex::{Regex, RegexBuilder};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use super::kernel::Kernel;

/// In which language a pattern is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PatternKind {
    /// LIKE, with this escape character.
    Like(Option<char>),
    /// SIMILAR TO, with this escape character.
    Similar(Option<char>),
    /// POSIX: found anywhere in the value.
    Posix,
}

/// Do letters match their other case?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Case {
    Sensitive,
    Insensitive,
}

/// `value` matches `pattern`
pub fn pattern_match(kind: PatternKind, case: Case) -> Kernel<(PatternKind, Case)> {
    Kernel::new("matches", (kind, case), RedshiftType::Bool, |(kind, case), args| {
        let patterns = PatternCache::new(*kind, *case);
        let (values, texts) = (args.reader::<&str>(0)?, args.reader::<&str>(1)?);
        args.rows(|row| match (values.get(row), texts.get(row)) {
            (Some(value), Some(pattern)) => Ok(Some(patterns.get(pattern)?.is_match(value))),
            _ => Ok(None),
        })
    })
}

/// Compiled patterns; nearly always there is one for all rows.
pub struct PatternCache {
    kind: PatternKind,
    case: Case,
    last: RefCell<Option<(String, Arc<Regex>)>>,
}

impl PatternCache {
    /// For patterns of one kind.
    pub fn new(kind: PatternKind, case: Case) -> Self {
        PatternCache { kind, case, last: RefCell::new(None) }
    }

    /// The compiled pattern.
    ///
    /// # Errors
    /// 2201B where it is none.
    pub fn get(&self, pattern: &str) -> Result<Arc<Regex>> {
        let mut last = self.last.borrow_mut();
        if let Some((text, regex)) = last.as_ref()
            && text == pattern
        {
            return Ok(Arc::clone(regex));
        }
        let regex = Arc::new(compile(pattern, self.kind, self.case)?);
        *last = Some((pattern.to_string(), Arc::clone(&regex)));
        Ok(regex)
    }
}

/// Compiles a pattern.
///
/// # Errors
/// 2201B where it is none, 22025 where it ends with its escape character.
pub fn compile(pattern: &str, kind: PatternKind, case: Case) -> Result<Regex> {
    let text: Cow<'_, str> = match kind {
        PatternKind::Like(escape) => like_to_regex(pattern, escape)?.into(),
        PatternKind::Similar(escape) => similar_to_regex(pattern, escape)?.into(),
        PatternKind::Posix => pattern.into(),
    };
    RegexBuilder::new(&text)
        .case_insensitive(case == Case::Insensitive)
        .dot_matches_new_line(true)
        .size_limit(16 << 20)
        .build()
        .map_err(|error| invalid(&error))
}

/// 2201B with the reason, without the picture that the engine draws.
fn invalid(error: &::regex::Error) -> Error {
    let text = error.to_string();
    let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_string();
    Error::new(SqlState::INVALID_REGULAR_EXPRESSION, format!("invalid regular expression: {reason}"))
}

fn ends_with_escape() -> Error {
    Error::new(SqlState::INVALID_ESCAPE_SEQUENCE, "LIKE pattern must not end with escape character")
}

fn push_literal(out: &mut String, c: char) {
    let mut buffer = [0; 4];
    out.push_str(&::regex::escape(c.encode_utf8(&mut buffer)));
}

fn like_to_regex(pattern: &str, escape: Option<char>) -> Result<String> {
    let mut out = String::from("^");
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        match c {
            c if Some(c) == escape => push_literal(&mut out, characters.next().ok_or_else(ends_with_escape)?),
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            c => push_literal(&mut out, c),
        }
    }
    out.push('$');
    Ok(out)
}

/// `% _` are LIKE's, `| * + ? {} () []` those of regular expressions, all else stands for itself.
fn similar_to_regex(pattern: &str, escape: Option<char>) -> Result<String> {
    let mut out = String::from("^(?:");
    let mut characters = pattern.chars();
    let mut in_brackets = false;
    while let Some(c) = characters.next() {
        match c {
            c if Some(c) == escape => push_literal(&mut out, characters.next().ok_or_else(ends_with_escape)?),
            ']' if in_brackets => {
                in_brackets = false;
                out.push(c);
            }
            '[' if in_brackets => out.push_str("\\["),
            '\\' if in_brackets => out.push_str("\\\\"),
            c if in_brackets => out.push(c),
            '[' => {
                in_brackets = true;
                out.push(c);
            }
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            '(' => out.push_str("(?:"),
            '|' | '*' | '+' | '?' | '{' | '}' | ')' => out.push(c),
            c => push_literal(&mut out, c),
        }
    }
    out.push_str(")$");
    Ok(out)
}
