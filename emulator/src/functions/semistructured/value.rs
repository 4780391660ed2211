//! A SUPER value as it is held: JSON text without blanks, read in place.
//!
//! The text is what [`super::parse`] and the casts to SUPER write: no blanks between tokens, strings escaped only where
//! they have to be, floats with an exponent and DECIMALs without. A value that is null is no value at all: columns and
//! results hold it as NULL, so that `null` stands within arrays and objects only.

use std::borrow::Cow;

use super::number::Number;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

/// A value, by its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Json<'a>(&'a str);

impl<'a> Json<'a> {
    /// The value that a text of the held form is.
    pub(crate) fn of(text: &'a str) -> Self {
        Json(text)
    }

    /// Its text.
    pub(crate) fn text(self) -> &'a str {
        self.0
    }

    /// What it is.
    pub(crate) fn kind(self) -> Kind {
        match self.0.as_bytes().first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    /// The value as a column holds it: none for null.
    pub(crate) fn present(self) -> Option<Self> {
        (self.kind() != Kind::Null).then_some(self)
    }

    /// A string's characters.
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        (self.kind() == Kind::String).then(|| unescaped(self.0))
    }

    /// A number.
    pub(crate) fn number(self) -> Option<Number> {
        if self.kind() == Kind::Number { Number::of(self.0) } else { None }
    }

    /// A boolean.
    pub(crate) fn boolean(self) -> Option<bool> {
        (self.kind() == Kind::Boolean).then(|| self.0.starts_with('t'))
    }

    /// The items of an array; of any other value nothing.
    pub(crate) fn items(self) -> impl Iterator<Item = Json<'a>> {
        let text = if self.kind() == Kind::Array { self.0 } else { "" };
        Parts { text, at: 1 }.map(|(_, value)| value)
    }

    /// The names, as they are quoted, and values of an object; of any other value nothing.
    pub(crate) fn members(self) -> impl Iterator<Item = (&'a str, Json<'a>)> {
        let text = if self.kind() == Kind::Object { self.0 } else { "" };
        Parts { text, at: 1 }
    }

    /// The value of an object's attribute.
    pub(crate) fn attribute(self, name: &str) -> Option<Json<'a>> {
        self.members().find(|(quoted, _)| is_named(quoted, name)).map(|(_, value)| value)
    }

    /// The item of an array at a place counted from 0.
    pub(crate) fn item(self, place: i64) -> Option<Json<'a>> {
        self.items().nth(usize::try_from(place).ok()?)
    }
}

/// The parts of an array or object: the quoted name, which is empty in an array, and the value.
struct Parts<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Parts<'a> {
    type Item = (&'a str, Json<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        // The last byte closes the group.
        if self.at + 1 >= bytes.len() {
            return None;
        }
        let mut name = "";
        if bytes.first() == Some(&b'{') {
            let end = end_of_value(bytes, self.at);
            name = self.text.get(self.at..end)?;
            self.at = end + 1;
        }
        let end = end_of_value(bytes, self.at);
        let value = self.text.get(self.at..end)?;
        self.at = end + 1;
        Some((name, Json(value)))
    }
}

/// Where the value that begins at a place ends.
fn end_of_value(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'"') => end_of_string(bytes, at),
        Some(b'{' | b'[') => end_of_group(bytes, at),
        _ => {
            let rest = bytes.get(at..).unwrap_or_default();
            at + rest.iter().position(|byte| matches!(byte, b',' | b']' | b'}' | b':')).unwrap_or(rest.len())
        }
    }
}

fn end_of_string(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| matches!(b, b'"' | b'\\'))) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

fn end_of_group(bytes: &[u8], at: usize) -> usize {
    let (mut at, mut depth) = (at, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = end_of_string(bytes, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Is this the quoted form of a name?
pub(super) fn is_named(quoted: &str, name: &str) -> bool {
    match quoted.get(1..quoted.len().saturating_sub(1)) {
        Some(inner) if inner == name => !inner.contains('\\'),
        Some(inner) if inner.contains('\\') => unescaped(quoted) == name,
        _ => false,
    }
}

/// The characters of a quoted string.
pub(super) fn unescaped(quoted: &str) -> Cow<'_, str> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    match serde_json::from_str::<String>(quoted) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Borrowed(inner),
    }
}

/// Appends a string in quotes, with as few escapes as JSON allows.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[plain..at]);
        if escape.is_empty() {
            out.push_str(&format!("\\u{byte:04x}"));
        } else {
            out.push_str(escape);
        }
        plain = at + 1;
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

/// An array of these texts.
pub(super) fn array<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::from("[");
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(item);
    }
    out.push(']');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_in_place() {
        let value = Json::of(r#"{"a":[1,{"b":"x,]}\""},null],"é\n":"y","":{}}"#);
        let items: Vec<&str> = value.attribute("a").into_iter().flat_map(Json::items).map(Json::text).collect();
        assert_eq!(items, ["1", r#"{"b":"x,]}\""}"#, "null"]);
        let deep = value.attribute("a").and_then(|array| array.item(1)).and_then(|object| object.attribute("b"));
        assert_eq!(deep.and_then(Json::string).as_deref(), Some("x,]}\""));
        assert_eq!(value.attribute("é\n").map(Json::text), Some("\"y\""));
        assert_eq!(value.attribute("").map(Json::kind), Some(Kind::Object));
        assert_eq!(value.attribute("b"), None);
        assert_eq!(Json::of("[]").items().count() + Json::of("{}").members().count(), 0);
        assert_eq!(Json::of("7").items().count(), 0);
    }

    #[test]
    fn broken_text_ends_somewhere() {
        for text in ["[", "{", "{\"a", "[\"\\", "{\"a\":", "[1,", "{1:2}", "[,,]"] {
            let value = Json::of(text);
            assert!(value.items().count() + value.members().count() < 5, "{text}");
        }
    }
}
