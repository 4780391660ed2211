//! Identifiers and dotted names.

use std::fmt;

use crate::error::Pos;

/// An identifier as it was written, before case folding.
///
/// Redshift folds identifiers to lower case even when they are quoted, unless `enable_case_sensitive_identifier` is
/// on (developer guide, "Names and identifiers"); the parser folds unquoted ones, the binder decides about quoted ones.
#[derive(Debug, Clone)]
pub struct Ident {
    /// The name; folded to lower case where it was not quoted.
    pub value: String,
    /// Was it in double quotes?
    pub quoted: bool,
    /// As it was written, where folding changed it: attributes of SUPER values may have capitals.
    pub written: Option<Box<str>>,
    /// Where it begins in the message text.
    pub pos: Pos,
}

/// Two identifiers are one where their names agree; where they stand does not matter.
impl PartialEq for Ident {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value && self.quoted == other.quoted
    }
}

impl Eq for Ident {}

impl Ident {
    /// An unquoted identifier of no particular place.
    pub fn new(value: impl Into<String>) -> Self {
        Ident { value: value.into(), quoted: false, written: None, pos: 0 }
    }

    /// The name with the case that it was written in.
    pub fn as_written(&self) -> &str {
        self.written.as_deref().unwrap_or(&self.value)
    }

    /// The name that the catalog knows, folded unless the session keeps the case of quoted identifiers. Only ASCII
    /// letters have a case here (developer guide, "Names and identifiers").
    pub fn folded(&self, keep_quoted_case: bool) -> String {
        if self.quoted && keep_quoted_case { self.value.clone() } else { self.value.to_ascii_lowercase() }
    }
}

/// In quotes where it was written so, or where it would be no identifier without them.
impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.quoted || !is_plain(&self.value) {
            write!(f, "\"{}\"", self.value.replace('"', "\"\""))
        } else {
            f.write_str(self.as_written())
        }
    }
}

/// Does the lexer read this name as it is when it has no quotes? `#name` and places (digits) count.
fn is_plain(name: &str) -> bool {
    let word = name.strip_prefix('#').unwrap_or(name);
    let is_part =
        |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || "_$".contains(char) || !char.is_ascii();
    let is_word = word.starts_with(|char: char| is_part(char) && !char.is_ascii_digit() && char != '$');
    let is_place = !name.is_empty() && name.chars().all(|char| char.is_ascii_digit());
    is_word && word.chars().all(is_part) || is_place
}

/// `[[database.]schema.]object`, one to three parts (four for the columns of such a table).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectName(pub Vec<Ident>);

impl ObjectName {
    /// The last part: the object's own name.
    pub fn object(&self) -> &Ident {
        self.0.last().expect("a name has at least one part")
    }

    /// The part before the last: the schema.
    pub fn schema(&self) -> Option<&Ident> {
        self.0.len().checked_sub(2).map(|i| &self.0[i])
    }

    /// The part before the schema: the database.
    pub fn database(&self) -> Option<&Ident> {
        self.0.len().checked_sub(3).map(|i| &self.0[i])
    }

    /// Where the name begins.
    pub fn pos(&self) -> Pos {
        self.0[0].pos
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            write!(f, "{part}")?;
        }
        Ok(())
    }
}
