//! JSON's text (RFC 8259) without building anything from it: values are found, checked and left where they are.

use std::borrow::Cow;

use memchr::memchr2;

use super::super::super::fields::{Field, Form};

/// How deep structures may be nested.
const MAX_DEPTH: usize = 1_000;

/// Something that is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed {
    /// Where.
    pub at: usize,
    what: &'static str,
}

impl Malformed {
    pub(super) fn reason(&self) -> String {
        format!("Invalid JSON format: {}", self.what)
    }
}

type Result<T> = std::result::Result<T, Malformed>;

/// Behind the quote that ends a string whose text begins at `from`; none where none does. The place of the quote.
pub(super) fn string_end(data: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr2(b'"', b'\\', data.get(at..)?)?;
        if data[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// A place in JSON's text.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub data: &'a [u8],
    pub at: usize,
}

impl<'a> Cursor<'a> {
    fn fail<T>(&self, what: &'static str) -> Result<T> {
        Err(Malformed { at: self.at, what })
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.data.get(self.at) {
            self.at += 1;
        }
    }

    fn peek(&mut self) -> Option<u8> {
        self.skip_blanks();
        self.data.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<()> {
        if self.peek() != Some(byte) {
            return self.fail(what);
        }
        self.at += 1;
        Ok(())
    }

    /// The string that begins here.
    fn string(&mut self) -> Result<Field> {
        self.expect(b'"', "a string is missing")?;
        let start = self.at;
        let Some(end) = string_end(self.data, start) else { return self.fail("a string has no end") };
        let text = &self.data[start..end];
        if text.iter().any(|byte| *byte < 0x20) {
            return self.fail("a control character in a string");
        }
        let form = if memchr::memchr(b'\\', text).is_some() {
            if !escapes_are_valid(text) {
                return self.fail("an escape sequence that there is not");
            }
            Form::JsonEscapes
        } else {
            Form::JsonString
        };
        self.at = end + 1;
        Ok(Field::new(start, end, form))
    }

    /// A number, true, false or null.
    fn scalar(&mut self) -> Result<Field> {
        let start = self.at;
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
        let length = self.data[start..].iter().take_while(|byte| is_part(byte)).count();
        let text = &self.data[start..start + length];
        let form = match text {
            b"null" => Form::Null,
            b"true" | b"false" => Form::JsonScalar,
            _ if is_number(text) => Form::JsonScalar,
            _ => return self.fail("a value is missing or is none"),
        };
        self.at = start + length;
        Ok(Field::new(start, start + length, form))
    }

    /// The value that begins here, checked to its end.
    pub(super) fn skip_value(&mut self) -> Result<Field> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'{' | b'[') => {
                let start = self.at;
                self.skip_structure()?;
                Ok(Field::new(start, self.at, Form::JsonNested))
            }
            _ => self.scalar(),
        }
    }

    /// Passes an object or array; without recursion, as files are not to be trusted.
    fn skip_structure(&mut self) -> Result<()> {
        let mut open: Vec<u8> = Vec::new();
        loop {
            // Here a value begins.
            match self.peek() {
                Some(bracket @ (b'{' | b'[')) => {
                    self.at += 1;
                    if open.len() == MAX_DEPTH {
                        return self.fail("nested too deeply");
                    }
                    open.push(bracket);
                    let closing = if bracket == b'{' { b'}' } else { b']' };
                    if self.peek() != Some(closing) {
                        if bracket == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                Some(b'"') => {
                    self.string()?;
                }
                _ => {
                    self.scalar()?;
                }
            }
            // Here a value has ended, or an empty structure is about to.
            loop {
                let Some(bracket) = open.last() else { return Ok(()) };
                match (self.peek(), bracket) {
                    (Some(b'}'), b'{') | (Some(b']'), b'[') => {
                        self.at += 1;
                        open.pop();
                    }
                    (Some(b','), bracket) => {
                        let in_object = *bracket == b'{';
                        self.at += 1;
                        if in_object {
                            self.key()?;
                        }
                        break;
                    }
                    _ => return self.fail("a comma or closing bracket is missing"),
                }
            }
        }
    }

    fn key(&mut self) -> Result<Field> {
        if self.peek() != Some(b'"') {
            return self.fail("a key is missing");
        }
        let key = self.string()?;
        self.expect(b':', "a colon is missing")?;
        Ok(key)
    }

    /// The members of the object that begins here.
    pub(super) fn members(mut self) -> Result<Members<'a>> {
        self.expect(b'{', "an object is missing")?;
        Ok(Members { cursor: self, is_first: true })
    }

    /// The elements of the array that begins here.
    pub(super) fn elements(mut self) -> Result<Elements<'a>> {
        self.expect(b'[', "an array is missing")?;
        Ok(Elements { cursor: self, is_first: true })
    }

    /// Goes over the comma before the next element; false where the closing bracket comes instead.
    fn goes_on(&mut self, closing: u8, is_first: &mut bool) -> Result<bool> {
        let was_first = std::mem::replace(is_first, false);
        match self.peek() {
            Some(byte) if byte == closing => {
                self.at += 1;
                Ok(false)
            }
            Some(b',') if !was_first => {
                self.at += 1;
                Ok(true)
            }
            Some(_) if was_first => Ok(true),
            _ => self.fail("a comma or closing bracket is missing"),
        }
    }
}

/// The members of an object, one by one.
pub(super) struct Members<'a> {
    cursor: Cursor<'a>,
    is_first: bool,
}

impl Members<'_> {
    /// The next member's key; its value must be taken before the one after it.
    pub(super) fn next_key(&mut self) -> Result<Option<Field>> {
        if self.cursor.goes_on(b'}', &mut self.is_first)? { self.cursor.key().map(Some) } else { Ok(None) }
    }

    /// The value of the key that was given last.
    pub(super) fn value(&mut self) -> Result<Field> {
        self.cursor.skip_value()
    }
}

/// The elements of an array, one by one.
pub(super) struct Elements<'a> {
    cursor: Cursor<'a>,
    is_first: bool,
}

impl Elements<'_> {
    /// The next element.
    pub(super) fn next_value(&mut self) -> Result<Option<Field>> {
        if self.cursor.goes_on(b']', &mut self.is_first)? { self.cursor.skip_value().map(Some) } else { Ok(None) }
    }
}

/// `-1`, `0.5`, `1e10`, but not `01`, `.5` or `1.`
fn is_number(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut rest = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest[0] == b'0') {
        return false;
    }
    rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let length = digits(fraction);
        if length == 0 {
            return false;
        }
        rest = &fraction[length..];
    }
    match rest {
        [] => true,
        [b'e' | b'E', exponent @ ..] => {
            let exponent = exponent.strip_prefix(b"-").or(exponent.strip_prefix(b"+")).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
        _ => false,
    }
}

fn escapes_are_valid(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        match rest.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => rest = &rest[at + 2..],
            Some(b'u') if code_unit(&rest[at + 2..]).is_some() => rest = &rest[at + 6..],
            _ => return false,
        }
    }
    true
}

/// The four hexadecimal digits behind `\u`.
fn code_unit(text: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(text.get(..4)?).ok()?;
    u32::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A string's text with its escapes undone. Half of a surrogate pair becomes U+FFFD.
pub fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        plain.extend_from_slice(&rest[..at]);
        let escaped = rest.get(at + 1).copied();
        rest = rest.get(at + 2..).unwrap_or_default();
        match escaped {
            Some(b'n') => plain.push(b'\n'),
            Some(b't') => plain.push(b'\t'),
            Some(b'r') => plain.push(b'\r'),
            Some(b'b') => plain.push(0x08),
            Some(b'f') => plain.push(0x0c),
            Some(b'u') => {
                let (character, length) = code_point(rest);
                plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                rest = rest.get(length..).unwrap_or_default();
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain.extend_from_slice(rest);
    plain
}

/// The character whose digits begin here, behind `\u`, and how many bytes say it.
fn code_point(text: &[u8]) -> (char, usize) {
    let first = code_unit(text).unwrap_or(0xfffd);
    if (0xd800..0xdc00).contains(&first)
        && let Some([b'\\', b'u', second @ ..]) = text.get(4..)
        && let Some(second) = code_unit(second).filter(|second| (0xdc00..0xe000).contains(second))
    {
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 10);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 4)
}

/// A structure's text on one line: without the white space outside its strings, except a blank behind a colon.
///
/// That is how the developer guide shows what COPY loads from objects and arrays ("JSONPath option").
pub fn compacted(text: &[u8]) -> Cow<'_, [u8]> {
    without_blanks(text, |before| before == b':')
}

/// `keeps` says whether a blank behind this character stays.
fn without_blanks(text: &[u8], keeps: impl Fn(u8) -> bool) -> Cow<'_, [u8]> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    if !text.iter().any(is_blank) {
        return Cow::Borrowed(text);
    }
    let mut compact = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'"' => {
                let end = string_end(text, at + 1).map_or(text.len(), |end| end + 1);
                compact.extend_from_slice(&text[at..end]);
                at = end;
                continue;
            }
            b' ' if compact.last().is_some_and(|before| keeps(*before)) => compact.push(b' '),
            byte if is_blank(&byte) => {}
            byte => compact.push(byte),
        }
        at += 1;
    }
    Cow::Owned(compact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_are_compacted_as_the_guide_shows() {
        let friend = "{\n            \"id\": 1,\n            \"name\": \"Renaldo  x\"\n        }";
        assert_eq!(compacted(friend.as_bytes()).as_ref(), b"{\"id\": 1,\"name\": \"Renaldo  x\"}");
        let tags = "[\n  \"nisi\",\n  \"culpa\"\n]";
        assert_eq!(compacted(tags.as_bytes()).as_ref(), b"[\"nisi\",\"culpa\"]");
    }

    #[test]
    fn half_a_surrogate_pair_is_no_character() {
        assert_eq!(unescaped(br"\ud83dx"), "\u{fffd}x".as_bytes());
        assert_eq!(unescaped(br"\ud83d\ude00"), "😀".as_bytes());
    }
}
