//! Regular expressions: LIKE patterns, SIMILAR TO, POSIX expressions, and how all of them run on one engine.
//!
//! Source: developer guide, "LIKE", "SIMILAR TO", "POSIX operators".

use std::{borrow::Cow, cell::RefCell, sync::Arc};

use ::regex::{Regex, RegexBuilder};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, types::MAX_VARCHAR};

use super::{
    collation,
    kernel::{Kernel, optional_int},
    registry::{Call, Function, INT4, Param::Text, function, takes},
};
use crate::binder::Typed;

/// In which language a pattern is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PatternKind {
    /// LIKE, with this escape character.
    Like(Option<char>),
    /// SIMILAR TO, with this escape character.
    Similar(Option<char>),
    /// POSIX: found anywhere in the value.
    Posix,
    /// Perl's: POSIX and assertions that look ahead and behind.
    Perl,
}

/// Do letters match their other case?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Case {
    Sensitive,
    Insensitive,
    /// Letters of ASCII only.
    AsciiInsensitive,
}

/// `value` matches `pattern`
pub fn pattern_match(kind: PatternKind, case: Case) -> Kernel<(PatternKind, Case)> {
    Kernel::new("matches", (kind, case), RedshiftType::Bool, |(kind, case), args| {
        let patterns = PatternCache::new(*kind, *case);
        let (values, texts) = (args.reader::<&str>(0)?, args.reader::<&str>(1)?);
        if *case == Case::AsciiInsensitive {
            return args.rows(|row| match (values.get(row), texts.get(row)) {
                (Some(value), Some(pattern)) => {
                    patterns.get(&pattern.to_ascii_lowercase())?.is_match(&value.to_ascii_lowercase()).map(Some)
                }
                _ => Ok(None),
            });
        }
        args.rows(|row| match (values.get(row), texts.get(row)) {
            (Some(value), Some(pattern)) => patterns.get(pattern)?.is_match(value).map(Some),
            _ => Ok(None),
        })
    })
}

/// Compiled patterns; nearly always there is one for all rows.
pub struct PatternCache {
    kind: PatternKind,
    case: Case,
    last: RefCell<Option<(String, Arc<Pattern>)>>,
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
    pub fn get(&self, pattern: &str) -> Result<Arc<Pattern>> {
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

/// A compiled pattern.
#[derive(Debug)]
pub enum Pattern {
    /// One that is matched in a time that grows with the text only.
    Plain(Regex),
    /// One with assertions, which is matched by trying.
    Perl(fancy_regex::Regex),
}

/// Compiles a pattern.
///
/// # Errors
/// 2201B where it is none, 22025 where it ends with its escape character.
pub fn compile(pattern: &str, kind: PatternKind, case: Case) -> Result<Pattern> {
    let insensitive = case == Case::Insensitive;
    let text: Cow<'_, str> = match kind {
        PatternKind::Like(escape) => like_to_regex(pattern, escape)?.into(),
        PatternKind::Similar(escape) => similar_to_regex(pattern, escape)?.into(),
        PatternKind::Posix => pattern.into(),
        PatternKind::Perl => {
            let mut builder = fancy_regex::RegexBuilder::new(pattern);
            let compiled = builder.case_insensitive(insensitive).backtrack_limit(1_000_000).build();
            return compiled.map(Pattern::Perl).map_err(|error| invalid(&error.to_string()));
        }
    };
    RegexBuilder::new(&text)
        .case_insensitive(insensitive)
        .dot_matches_new_line(true)
        .size_limit(16 << 20)
        .build()
        .map(Pattern::Plain)
        .map_err(|error| invalid(&error.to_string()))
}

/// 2201B with the reason, without the picture that the engine draws.
fn invalid(text: &str) -> Error {
    let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
    Error::new(SqlState::INVALID_REGULAR_EXPRESSION, format!("invalid regular expression: {reason}"))
}

/// What stands where in a text: byte offsets.
type Span = (usize, usize);

impl Pattern {
    /// Is it found in the text?
    pub fn is_match(&self, text: &str) -> Result<bool> {
        match self {
            Pattern::Plain(regex) => Ok(regex.is_match(text)),
            Pattern::Perl(regex) => regex.is_match(text).map_err(|error| invalid(&error.to_string())),
        }
    }

    /// Its first matches, one behind the other.
    fn spans(&self, text: &str, most: usize) -> Result<Vec<Span>> {
        match self {
            Pattern::Plain(regex) => Ok(regex.find_iter(text).take(most).map(|m| (m.start(), m.end())).collect()),
            Pattern::Perl(regex) => regex
                .find_iter(text)
                .take(most)
                .map(|found| found.map(|m| (m.start(), m.end())).map_err(|error| invalid(&error.to_string())))
                .collect(),
        }
    }

    /// The first subexpressions of its first matches; the matches where it has none.
    fn first_groups(&self, text: &str, most: usize) -> Result<Vec<Span>> {
        match self {
            Pattern::Plain(regex) if regex.captures_len() > 1 => {
                let group = |captures: ::regex::Captures<'_>| captures.get(1).map_or((0, 0), |m| (m.start(), m.end()));
                Ok(regex.captures_iter(text).take(most).map(group).collect())
            }
            Pattern::Perl(regex) if regex.captures_len() > 1 => {
                let group =
                    |captures: fancy_regex::Captures<'_, str>| captures.get(1).map_or((0, 0), |m| (m.start(), m.end()));
                let found = regex.captures_iter(text).take(most);
                found.map(|found| found.map(group).map_err(|error| invalid(&error.to_string()))).collect()
            }
            _ => self.spans(text, most),
        }
    }

    /// The text with every match replaced; `$1` and `\\1` stand for the first subexpression.
    fn replace_all<'a>(&self, text: &'a str, replacement: &str) -> Result<Cow<'a, str>> {
        let plain = !replacement.contains(['$', '\\']);
        match self {
            Pattern::Plain(regex) if plain => Ok(regex.replace_all(text, ::regex::NoExpand(replacement))),
            Pattern::Plain(regex) => Ok(regex.replace_all(text, |captures: &::regex::Captures<'_>| {
                expand(replacement, |group| captures.get(group).map_or("", |m| m.as_str()))
            })),
            Pattern::Perl(regex) => {
                let expand = |captures: &fancy_regex::Captures<'_, str>| {
                    expand(replacement, |group| captures.get(group).map_or("", |m| m.as_str()))
                };
                regex.try_replacen(text, 0, expand).map_err(|error| invalid(&error.to_string()))
            }
        }
    }
}

/// A replacement with the subexpressions that it names.
fn expand<'a>(replacement: &str, group: impl Fn(usize) -> &'a str) -> String {
    let mut result = String::with_capacity(replacement.len());
    let mut characters = replacement.chars().peekable();
    while let Some(c) = characters.next() {
        let number = characters.peek().and_then(|next| next.to_digit(10));
        match number.filter(|_| matches!(c, '$' | '\\')) {
            Some(number) => {
                characters.next();
                result.push_str(group(number as usize));
            }
            None => result.push(c),
        }
    }
    result
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
            c if Some(c) == escape => match characters.next().ok_or_else(ends_with_escape)? {
                // Behind a backslash letters are classes, as in regular expressions.
                'd' if c == '\\' => out.push_str("[0-9]"),
                'D' if c == '\\' => out.push_str("[^0-9]"),
                's' if c == '\\' => out.push_str("[[:space:]]"),
                'S' if c == '\\' => out.push_str("[^[:space:]]"),
                'w' if c == '\\' => out.push_str("[[:alnum:]_]"),
                'W' if c == '\\' => out.push_str("[^[:alnum:]_]"),
                literal => push_literal(&mut out, literal),
            },
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

/// The functions of this family: REGEXP_COUNT, REGEXP_INSTR, REGEXP_REPLACE, REGEXP_SUBSTR.
pub(super) const FUNCTIONS: &[Function] = &[
    function("regexp_count", &[takes(&[Text, Text, INT4, Text], regexp_count).optional(2)]),
    function("regexp_instr", &[takes(&[Text, Text, INT4, INT4, INT4, Text], regexp_instr).optional(4)]),
    function("regexp_replace", &[takes(&[Text, Text, Text, INT4, Text], regexp_replace).optional(3)]),
    function("regexp_substr", &[takes(&[Text, Text, INT4, INT4, Text], regexp_substr).optional(3)]),
];

/// What the last argument asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Flags {
    case: Case,
    /// Is it the first subexpression that is wanted?
    subexpression: bool,
    /// Is the pattern one of Perl's, with assertions?
    perl: bool,
}

impl Flags {
    fn of(text: Option<&str>) -> Result<Flags> {
        let mut flags = Flags { case: Case::Sensitive, subexpression: false, perl: false };
        for flag in text.unwrap_or_default().chars() {
            match flag {
                'c' => flags.case = Case::Sensitive,
                'i' => flags.case = Case::Insensitive,
                'e' => flags.subexpression = true,
                'p' => flags.perl = true,
                other => {
                    let message = format!("invalid regular expression parameter \"{other}\"");
                    return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
                }
            }
        }
        Ok(flags)
    }

    fn argument(call: &Call<'_>, index: usize) -> Result<Flags> {
        let given = if call.args.len() > index { call.constant(index)? } else { None };
        let mut flags = Flags::of(given)?;
        if call.args.first().is_some_and(collation::is_insensitive) {
            flags.case = Case::Insensitive;
        }
        Ok(flags)
    }

    fn kind(self) -> PatternKind {
        if self.perl { PatternKind::Perl } else { PatternKind::Posix }
    }
}

/// The rest of a text from a character counted from 1, and the byte offset at which it begins; none where it ends before.
fn from_position(text: &str, position: i32) -> Option<(usize, &str)> {
    let skipped = position.max(1) as usize - 1;
    if skipped == 0 {
        return Some((0, text));
    }
    let (offset, _) = text.char_indices().nth(skipped)?;
    Some((offset, &text[offset..]))
}

/// How often a pattern is found, one place after the other.
fn regexp_count(call: Call<'_>) -> Result<Typed> {
    let flags = Flags::argument(&call, 3)?;
    call.kernel_with(flags, RedshiftType::Int4, |flags, args| {
        let patterns = PatternCache::new(flags.kind(), flags.case);
        let (texts, sought) = (args.reader::<&str>(0)?, args.reader::<&str>(1)?);
        let positions = optional_int(args, 2, 1)?;
        args.rows(|row| match (texts.get(row), sought.get(row), positions(row)) {
            (Some(text), Some(pattern), Some(position)) => {
                let Some((_, rest)) = from_position(text, position) else { return Ok(Some(0)) };
                Ok(Some(patterns.get(pattern)?.spans(rest, usize::MAX)?.len() as i32))
            }
            _ => Ok(None),
        })
    })
}

/// Where the wanted occurrence is in a text: its whole match, or its first subexpression.
struct Wanted<'a> {
    flags: Flags,
    patterns: &'a PatternCache,
}

impl Wanted<'_> {
    fn find(&self, text: &str, pattern: &str, position: i32, occurrence: i32) -> Result<Option<(usize, usize)>> {
        let Some((offset, rest)) = from_position(text, position) else { return Ok(None) };
        if occurrence < 1 {
            return Ok(None);
        }
        let pattern = self.patterns.get(pattern)?;
        let spans = if self.flags.subexpression {
            pattern.first_groups(rest, occurrence as usize)?
        } else {
            pattern.spans(rest, occurrence as usize)?
        };
        Ok(spans.get(occurrence as usize - 1).map(|(from, to)| (offset + from, offset + to)))
    }
}

/// The place of a match, or behind it, counted in characters from 1; 0 where there is none.
fn regexp_instr(call: Call<'_>) -> Result<Typed> {
    let flags = Flags::argument(&call, 5)?;
    call.kernel_with(flags, RedshiftType::Int4, |flags, args| {
        let patterns = PatternCache::new(flags.kind(), flags.case);
        let wanted = Wanted { flags: *flags, patterns: &patterns };
        let (texts, sought) = (args.reader::<&str>(0)?, args.reader::<&str>(1)?);
        let (positions, occurrences) = (optional_int(args, 2, 1)?, optional_int(args, 3, 1)?);
        let options = optional_int(args, 4, 0)?;
        args.rows(|row| {
            let numbers = (positions(row), occurrences(row), options(row));
            let (Some(text), Some(pattern)) = (texts.get(row), sought.get(row)) else { return Ok(None) };
            let (Some(position), Some(occurrence), Some(option)) = numbers else { return Ok(None) };
            let found = wanted.find(text, pattern, position, occurrence)?;
            let place = |(from, to): (usize, usize)| {
                let offset = if option == 0 { from } else { to };
                text[..offset].chars().count() as i32 + 1
            };
            Ok(Some(found.map_or(0, place)))
        })
    })
}

/// A match; an empty string where there is none.
fn regexp_substr(call: Call<'_>) -> Result<Typed> {
    let flags = Flags::argument(&call, 4)?;
    let ty = RedshiftType::Varchar(call.length(0));
    call.kernel_with(flags, ty, |flags, args| {
        let patterns = PatternCache::new(flags.kind(), flags.case);
        let wanted = Wanted { flags: *flags, patterns: &patterns };
        let (texts, sought) = (args.reader::<&str>(0)?, args.reader::<&str>(1)?);
        let (positions, occurrences) = (optional_int(args, 2, 1)?, optional_int(args, 3, 1)?);
        args.rows(|row| {
            let (Some(text), Some(pattern)) = (texts.get(row), sought.get(row)) else { return Ok(None) };
            let (Some(position), Some(occurrence)) = (positions(row), occurrences(row)) else { return Ok(None) };
            let found = wanted.find(text, pattern, position, occurrence)?;
            Ok(Some(found.map_or("", |(from, to)| &text[from..to])))
        })
    })
}

/// Every match replaced; `$1` in the replacement is the first subexpression.
fn regexp_replace(call: Call<'_>) -> Result<Typed> {
    let flags = Flags::argument(&call, 4)?;
    call.kernel_with(flags, RedshiftType::Varchar(MAX_VARCHAR), |flags, args| {
        let patterns = PatternCache::new(flags.kind(), flags.case);
        let (texts, sought) = (args.reader::<&str>(0)?, args.reader::<&str>(1)?);
        let replacements = if args.len() > 2 { Some(args.reader::<&str>(2)?) } else { None };
        let positions = optional_int(args, 3, 1)?;
        args.rows(|row| {
            let replacement = match &replacements {
                Some(reader) => reader.get(row),
                None => Some(""),
            };
            let (Some(text), Some(pattern)) = (texts.get(row), sought.get(row)) else { return Ok(None) };
            let (Some(replacement), Some(position)) = (replacement, positions(row)) else { return Ok(None) };
            // "If the position is greater than the number of characters in source_string, the result is source_string."
            let Some((offset, rest)) = from_position(text, position) else { return Ok(Some(text.to_string())) };
            let replaced = patterns.get(pattern)?.replace_all(rest, replacement)?;
            Ok(Some(format!("{}{replaced}", &text[..offset])))
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{check, check_errors};

    #[test]
    fn matches_are_counted() {
        check(&[
            // REGEXP_COUNT
            ("regexp_count('abcdefghijklmnopqrstuvwxyz', '[a-z]{3}')", "8"),
            ("regexp_count('sed@lacusUtnec.edu', '@[^.]*\\\\.(org|edu)')", "1"),
            ("regexp_count('the fox', 'FOX', 1, 'i')", "1"),
            ("regexp_count('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', 1, 'p')", "2"),
            ("regexp_count('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', 1, 'ip')", "3"),
            ("regexp_count('abc', 'a', 2)", "0"),
            ("regexp_count('abc', 'a', 9)", "0"),
        ]);
    }

    #[test]
    fn matches_have_places() {
        check(&[
            // REGEXP_INSTR
            ("regexp_instr('Etiam.laoreet.libero@sodalesMaurisblandit.edu', '@[^.]*')", "21"),
            ("regexp_instr('The Home Depot Center','[cC]ent(er|re)$')", "16"),
            ("regexp_instr('the fox', 'FOX', 1, 1, 0, 'i')", "5"),
            ("regexp_instr('the fox', 'f', 1, 1, 1)", "6"),
            ("regexp_instr('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', 1, 2, 0, 'p')", "21"),
            ("regexp_instr('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', 1, 2, 0, 'ip')", "15"),
            ("regexp_instr('abc', 'x')", "0"),
            ("regexp_instr('dáb', 'b')", "3"),
        ]);
    }

    #[test]
    fn matches_are_cut_out() {
        check(&[
            // REGEXP_SUBSTR
            ("regexp_substr('Suspendisse.tristique@nonnisiAenean.edu','@[^.]*')", "@nonnisiAenean"),
            ("regexp_substr('the fox', 'FOX', 1, 1, 'i')", "fox"),
            ("regexp_substr('THE SECRET CODE IS THE LOWERCASE PART OF 1931abc0EZ.', '[a-z]+', 1, 1, 'c')", "abc"),
            ("regexp_substr('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', 1, 2, 'p')", "a1234"),
            (
                "regexp_substr('This is a cat, this is a dog. This is a mouse.', 'this is a (\\\\w+)', 1, 2, 'ie')",
                "dog",
            ),
            ("regexp_substr('abc', 'x')", ""),
            ("regexp_substr(null::varchar(3), 'x')", "NULL"),
        ]);
    }

    #[test]
    fn matches_are_replaced() {
        check(&[
            // REGEXP_REPLACE
            ("regexp_replace('sed@lacusUtnec.ca', '@.*\\\\.(org|gov|com|edu|ca)$')", "sed"),
            (
                "regexp_replace('sed@lacusUtnec.ca', '@.*\\\\.[[:alpha:]]{2,3}', '@internal.company.com')",
                "sed@internal.company.com",
            ),
            ("regexp_replace('the fox', 'FOX', 'quick brown fox', 1, 'i')", "the quick brown fox"),
            (
                "regexp_replace('passwd7 plain A1234 a1234', '(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+', '[hidden]', 1, 'p')",
                "[hidden] plain A1234 [hidden]",
            ),
            ("regexp_replace('ab', '(a)(b)', '$2$1')", "ba"),
            ("regexp_replace('abab', 'a', 'x', 2)", "abxb"),
            ("regexp_replace('a', null::varchar(3), 'b')", "NULL"),
        ]);
        check_errors(&[
            ("regexp_count('a', 'a', 1, 'z')", "22023", "invalid regular expression parameter \"z\""),
            ("regexp_count('a', '(')", "2201B", "invalid regular expression: unclosed group"),
        ]);
    }
}
