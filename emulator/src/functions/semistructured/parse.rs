//! JSON text to the form in which SUPER values are held.
//!
//! Source: developer guide, "SUPER configurations" (parsing options), "SUPER limitations".

use std::collections::HashSet;

use redshift_sql_dialect::Error;

use super::{invalid_input, number::Number, value::write_string};
use crate::functions::conversion::cut_to_bytes;

/// Most bytes of a value.
pub(crate) const MAX_SUPER: usize = 16 * 1024 * 1024;
/// Most bytes of a string within a value.
pub(crate) const MAX_STRING: usize = 16_000_000;
/// How deep arrays and objects may be nested.
const MAX_DEPTH: usize = 1_000;

/// What becomes of an attribute's earlier occurrences in an object: `json_parse_dedup_attributes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Duplicates {
    Refuse,
    KeepLast,
}

/// What becomes of strings longer than [`MAX_STRING`]: `json_parse_truncate_strings`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LongStrings {
    Refuse,
    Cut,
}

/// How JSON is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ParseOptions {
    pub(crate) duplicates: Duplicates,
    pub(crate) long_strings: LongStrings,
}

impl ParseOptions {
    /// As the settings are where nobody has set them.
    pub(crate) const DEFAULT: ParseOptions =
        ParseOptions { duplicates: Duplicates::Refuse, long_strings: LongStrings::Refuse };
}

/// Why a text is no SUPER value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParseFault {
    /// It is no JSON.
    Syntax,
    /// It nests too deep.
    Depth,
    /// An object has an attribute twice.
    Duplicate,
    /// A string is longer than [`MAX_STRING`].
    LongString,
    /// The value is larger than a SUPER.
    Size,
}

impl ParseFault {
    /// In words.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            ParseFault::Syntax => "invalid json",
            ParseFault::Depth => "JSON is nested deeper than 1000 levels",
            ParseFault::Duplicate => "SUPER value has duplicate attributes",
            ParseFault::LongString => "String value exceeds the max size of 16000000 bytes",
            ParseFault::Size => "SUPER value exceeds the max size of 16777216 bytes",
        }
    }

    /// XX000, of JSON_PARSE of this text.
    pub(crate) fn into_error(self, text: &str) -> Error {
        match self {
            ParseFault::Syntax => {
                let shown = cut_to_bytes(text, 200);
                let detail =
                    format!("error:  JSON parsing error\ncode:      8001\ncontext:   invalid json object {shown}");
                Error::internal("JSON parsing error").with_detail(detail)
            }
            other => invalid_input(other.reason()),
        }
    }
}

/// The held form of a JSON text; blanks around it do not count.
pub(crate) fn parse(text: &str, options: ParseOptions) -> Result<String, ParseFault> {
    let mut parser = Parser { text, bytes: text.as_bytes(), at: 0, out: String::with_capacity(text.len()), options };
    parser.blanks();
    parser.value(0)?;
    parser.blanks();
    if parser.at != text.len() {
        return Err(ParseFault::Syntax);
    }
    if parser.out.len() > MAX_SUPER {
        return Err(ParseFault::Size);
    }
    Ok(parser.out)
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    out: String,
    options: ParseOptions,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Result<(), ParseFault> {
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string(self.options.long_strings),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), ParseFault> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(ParseFault::Syntax);
        }
        self.at += word.len();
        self.out.push_str(word);
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Result<(), ParseFault> {
        if depth >= MAX_DEPTH {
            return Err(ParseFault::Depth);
        }
        self.at += 1;
        self.out.push('[');
        self.blanks();
        if !self.eat(b']') {
            loop {
                self.blanks();
                self.value(depth + 1)?;
                self.blanks();
                if self.eat(b']') {
                    break;
                }
                if !self.eat(b',') {
                    return Err(ParseFault::Syntax);
                }
                self.out.push(',');
            }
        }
        self.out.push(']');
        Ok(())
    }

    fn object(&mut self, depth: usize) -> Result<(), ParseFault> {
        if depth >= MAX_DEPTH {
            return Err(ParseFault::Depth);
        }
        self.at += 1;
        self.out.push('{');
        self.blanks();
        if self.eat(b'}') {
            self.out.push('}');
            return Ok(());
        }
        // Where each member begins in the output, its name's end, and its own end.
        let mut members: Vec<(usize, usize, usize)> = Vec::new();
        loop {
            self.blanks();
            let from = self.out.len();
            if self.peek() != Some(b'"') {
                return Err(ParseFault::Syntax);
            }
            self.string(LongStrings::Refuse)?;
            let named = self.out.len();
            self.blanks();
            if !self.eat(b':') {
                return Err(ParseFault::Syntax);
            }
            self.out.push(':');
            self.blanks();
            self.value(depth + 1)?;
            members.push((from, named, self.out.len()));
            self.blanks();
            if self.eat(b'}') {
                break;
            }
            if !self.eat(b',') {
                return Err(ParseFault::Syntax);
            }
            self.out.push(',');
        }
        self.out.push('}');
        self.without_duplicates(&members)
    }

    fn without_duplicates(&mut self, members: &[(usize, usize, usize)]) -> Result<(), ParseFault> {
        let name = |member: &(usize, usize, usize)| &self.out[member.0..member.1];
        let unique = if members.len() <= 8 {
            members.iter().enumerate().all(|(i, member)| members[..i].iter().all(|other| name(other) != name(member)))
        } else {
            let mut seen = HashSet::with_capacity(members.len());
            members.iter().all(|member| seen.insert(name(member)))
        };
        if unique {
            return Ok(());
        }
        if self.options.duplicates == Duplicates::Refuse {
            return Err(ParseFault::Duplicate);
        }
        let mut seen = HashSet::with_capacity(members.len());
        let mut kept: Vec<&str> = Vec::with_capacity(members.len());
        for member in members.iter().rev() {
            if seen.insert(name(member)) {
                kept.push(&self.out[member.0..member.2]);
            }
        }
        kept.reverse();
        let kept = kept.join(",");
        let from = members[0].0;
        self.out.truncate(from);
        self.out.push_str(&kept);
        self.out.push('}');
        Ok(())
    }

    fn string(&mut self, long: LongStrings) -> Result<(), ParseFault> {
        let from = self.at;
        let mut escaped = false;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                // Control characters have to be escaped.
                Some(0..0x20) | None => return Err(ParseFault::Syntax),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        let quoted = &self.text[from..self.at];
        if !escaped && quoted.len() <= MAX_STRING + 2 {
            self.out.push_str(quoted);
            return Ok(());
        }
        let characters: String = serde_json::from_str(quoted).map_err(|_| ParseFault::Syntax)?;
        if characters.len() <= MAX_STRING {
            write_string(&mut self.out, &characters);
            return Ok(());
        }
        if long == LongStrings::Refuse {
            return Err(ParseFault::LongString);
        }
        write_string(&mut self.out, cut_to_bytes(&characters, MAX_STRING));
        Ok(())
    }

    fn digits(&mut self) -> Result<usize, ParseFault> {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == from { Err(ParseFault::Syntax) } else { Ok(self.at - from) }
    }

    fn number(&mut self) -> Result<(), ParseFault> {
        let from = self.at;
        self.eat(b'-');
        let zero = self.peek() == Some(b'0');
        if self.digits()? > 1 && zero {
            return Err(ParseFault::Syntax);
        }
        let mut plain = true;
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            plain = false;
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            self.digits()?;
        }
        let text = &self.text[from..self.at];
        // The usual number is its own text.
        if plain && text.len() <= 38 && !text.starts_with("-0") {
            self.out.push_str(text);
            return Ok(());
        }
        let number = Number::of(text).ok_or(ParseFault::Syntax)?;
        number.write(&mut self.out);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(text: &str) -> Result<String, ParseFault> {
        parse(text, ParseOptions::DEFAULT)
    }

    #[test]
    fn blanks_and_needless_escapes_go() {
        for (text, expected) in [
            (
                " { \"b\" : [ 1 , 2.50 , -0 , null ] , \"a\" : \"x\\u00e9\\/\\n\" } ",
                r#"{"b":[1,2.50,0,null],"a":"xé/\n"}"#,
            ),
            ("\"\\ud83d\\ude00\"", "\"😀\""),
            ("1e3", "1e+3"),
            ("[]", "[]"),
            ("{}", "{}"),
            ("true", "true"),
            ("\"\\u0001\"", "\"\\u0001\""),
        ] {
            assert_eq!(held(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            "{",
            "[1,]",
            "{1:2}",
            "tru",
            "1 2",
            "'a'",
            "\"\\x\"",
            "{\"a\" 1}",
            "[1 2]",
            "-",
            "1.",
            "01",
            "\"\\ud800\"",
            "nulls",
            ".5",
            "1e",
            "+1",
            "[,1]",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "[1}",
            "{]",
            "\"a",
            "\"\\u12g4\"",
            "\"a\nb\"",
        ] {
            assert_eq!(held(text), Err(ParseFault::Syntax), "{text}");
        }
        assert_eq!(held(&"[".repeat(1_001)), Err(ParseFault::Depth));
    }

    #[test]
    fn attributes_are_unique() {
        assert_eq!(held(r#"{"a":1,"\u0061":2}"#), Err(ParseFault::Duplicate));
        assert_eq!(held(r#"{"a":{"a":1},"b":{"a":2}}"#).as_deref(), Ok(r#"{"a":{"a":1},"b":{"a":2}}"#));
        let last = ParseOptions { duplicates: Duplicates::KeepLast, ..ParseOptions::DEFAULT };
        assert_eq!(parse(r#"{"a":1,"b":2,"a":[3]}"#, last).as_deref(), Ok(r#"{"b":2,"a":[3]}"#));
    }

    #[test]
    fn strings_have_a_length() {
        let longest = format!("\"{}\"", "x".repeat(MAX_STRING));
        assert_eq!(held(&longest).map(|text| text.len()), Ok(MAX_STRING + 2));
        let longer = format!("\"{}\"", "é".repeat(MAX_STRING / 2 + 1));
        assert_eq!(held(&longer), Err(ParseFault::LongString));
        let cut = ParseOptions { long_strings: LongStrings::Cut, ..ParseOptions::DEFAULT };
        assert_eq!(parse(&longer, cut).map(|text| text.len()), Ok(MAX_STRING + 2));
    }
}
