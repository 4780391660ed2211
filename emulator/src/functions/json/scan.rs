//! JSON text read in place: what is valid, and where its parts are.
//!
//! Values stay text, so that numbers keep their digits and objects their blanks.

use std::borrow::Cow;

/// How deep arrays and objects may be nested.
const MAX_DEPTH: usize = 1000;

/// What a JSON value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Array,
    String,
    Number,
    Boolean,
    Null,
}

/// A value of a JSON text that is known to be valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value<'a> {
    text: &'a str,
}

impl<'a> Value<'a> {
    /// The value that a text is; none where it is no JSON.
    pub(crate) fn of(text: &'a str) -> Option<Value<'a>> {
        let mut scanner = Scanner { bytes: text.as_bytes(), at: 0 };
        scanner.blanks();
        let from = scanner.at;
        scanner.value(0)?;
        let to = scanner.at;
        scanner.blanks();
        (scanner.at == text.len()).then(|| Value { text: &text[from..to] })
    }

    /// What it is.
    pub(crate) fn kind(self) -> Kind {
        match self.text.as_bytes().first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'n') => Kind::Null,
            _ => Kind::Number,
        }
    }

    /// Its text; of a string the characters, of null nothing.
    pub(crate) fn plain(self) -> Option<Cow<'a, str>> {
        match self.kind() {
            Kind::Null => None,
            Kind::String => Some(unescaped(self.text)),
            _ => Some(Cow::Borrowed(self.text)),
        }
    }

    /// The items of an array; of any other value nothing.
    pub(crate) fn items(self) -> Vec<Value<'a>> {
        if self.kind() != Kind::Array {
            return Vec::new();
        }
        self.parts().into_iter().map(|(_, value)| value).collect()
    }

    /// The names and values of an object; of any other value nothing.
    pub(crate) fn members(self) -> Vec<(Cow<'a, str>, Value<'a>)> {
        if self.kind() != Kind::Object {
            return Vec::new();
        }
        self.parts().into_iter().map(|(name, value)| (unescaped(name), value)).collect()
    }

    /// The value of this name in an object; of several the last.
    pub(crate) fn member(self, name: &str) -> Option<Value<'a>> {
        self.members().into_iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Each part of an array or object: its name's text, which an array's item has not, and the value.
    fn parts(self) -> Vec<(&'a str, Value<'a>)> {
        let mut scanner = Scanner { bytes: self.text.as_bytes(), at: 1 };
        let mut parts = Vec::new();
        loop {
            scanner.blanks();
            if matches!(scanner.bytes.get(scanner.at), None | Some(b']' | b'}')) {
                return parts;
            }
            let mut name = "";
            if self.kind() == Kind::Object {
                let from = scanner.at;
                if scanner.string().is_none() {
                    return parts;
                }
                name = &self.text[from..scanner.at];
                scanner.blanks();
                scanner.at += 1;
                scanner.blanks();
            }
            let from = scanner.at;
            if scanner.value(0).is_none() {
                return parts;
            }
            parts.push((name, Value { text: &self.text[from..scanner.at] }));
            scanner.blanks();
            scanner.at += 1;
        }
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'{' => self.group(depth, b'}'),
            b'[' => self.group(depth, b']'),
            b'"' => self.string(),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.bytes[self.at..].starts_with(word).then(|| self.at += word.len())
    }

    fn group(&mut self, depth: usize, close: u8) -> Option<()> {
        if depth >= MAX_DEPTH {
            return None;
        }
        self.at += 1;
        self.blanks();
        if self.expect(close).is_some() {
            return Some(());
        }
        loop {
            self.blanks();
            if close == b'}' {
                self.string()?;
                self.blanks();
                self.expect(b':')?;
                self.blanks();
            }
            self.value(depth + 1)?;
            self.blanks();
            if self.expect(close).is_some() {
                return Some(());
            }
            self.expect(b',')?;
        }
    }

    fn string(&mut self) -> Option<()> {
        self.expect(b'"')?;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => {
                    let digits = match self.bytes.get(self.at + 1)? {
                        b'u' => self.bytes.get(self.at + 2..self.at + 6)?,
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => &[],
                        _ => return None,
                    };
                    if !digits.iter().all(u8::is_ascii_hexdigit) {
                        return None;
                    }
                    self.at += 2 + digits.len();
                }
                _ => self.at += 1,
            }
        }
    }

    fn digits(&mut self) -> Option<()> {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        (self.at > from).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        let _ = self.expect(b'-');
        self.digits()?;
        if self.expect(b'.').is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }
}

/// The characters of a string that is written between quotation marks.
fn unescaped(quoted: &str) -> Cow<'_, str> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    match serde_json::from_str::<String>(quoted) {
        Ok(text) => Cow::Owned(text),
        // A control character, which JSON wants escaped, or half of a surrogate pair.
        Err(_) => Cow::Borrowed(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_json_or_not() {
        for text in ["{}", " [1, 2.5e-3, -0] ", "\"a\\u00e9\\n\"", "null", "{\"a\": {\"b\": [true, false]}}"] {
            assert!(Value::of(text).is_some(), "{text}");
        }
        for text in ["", "{", "[1,]", "{1:2}", "tru", "1 2", "'a'", "\"\\x\"", "{\"a\" 1}", "[1 2]", "-", "1."] {
            assert!(Value::of(text).is_none(), "{text}");
        }
    }

    #[test]
    fn parts_are_found_in_place() {
        let value = Value::of("{ \"a\" : 1.50 , \"b\\n\":[ {\"c\": null} ,\"x\"] }").expect("JSON");
        assert_eq!(value.member("a").map(|value| value.text), Some("1.50"));
        let items = value.member("b\n").expect("an array").items();
        assert_eq!(items.iter().map(|item| item.text).collect::<Vec<_>>(), ["{\"c\": null}", "\"x\""]);
        assert_eq!(items[0].member("c").and_then(Value::plain), None);
        assert_eq!(items[1].plain().as_deref(), Some("x"));
        assert_eq!(value.member("missing"), None);
    }
}
