//! Patterns with `*`, of names and of words.

/// A pattern in which `*` is any number of any characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Vec<String>);

impl Glob {
    /// A pattern of a text.
    pub fn new(text: &str) -> Glob {
        Glob(text.split('*').map(str::to_string).collect())
    }

    /// Does it match the whole of a text?
    pub fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.0.split_first() else { return text.is_empty() };
        let Some((last, middle)) = rest.split_last() else { return text == first };
        let Some(text) = text.strip_prefix(first.as_str()) else { return false };
        let Some(mut text) = text.strip_suffix(last.as_str()) else { return false };
        for part in middle {
            let Some(at) = text.find(part.as_str()) else { return false };
            text = &text[at + part.len()..];
        }
        true
    }

    /// Does it match whatever there is?
    pub fn is_any(&self) -> bool {
        self.0.len() > 1 && self.0.iter().all(String::is_empty)
    }
}

/// `SCHEMA.TABLE`, `DATABASE.SCHEMA.TABLE`, or `*` for all, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern {
    /// None is the database that the session is connected to.
    pub database: Option<Glob>,
    /// The schema.
    pub schema: Glob,
    /// The table, view or routine.
    pub object: Glob,
}

impl NamePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Where it has one part that is not `*`, or more than three.
    pub fn parse(text: &str) -> Result<NamePattern, String> {
        let folded = text.to_ascii_lowercase();
        let parts: Vec<Glob> = folded.split('.').map(Glob::new).collect();
        let wrong = || format!("\"{text}\" is not of the form SCHEMA.TABLE or DATABASE.SCHEMA.TABLE");
        if folded.split('.').any(str::is_empty) {
            return Err(wrong());
        }
        match <[Glob; 3]>::try_from(parts) {
            Ok([database, schema, object]) => Ok(NamePattern { database: Some(database), schema, object }),
            Err(parts) => match <[Glob; 2]>::try_from(parts) {
                Ok([schema, object]) => Ok(NamePattern { database: None, schema, object }),
                Err(_) if folded == "*" => {
                    let any = || Glob::new("*");
                    Ok(NamePattern { database: Some(any()), schema: any(), object: any() })
                }
                Err(_) => Err(wrong()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_are_any_characters() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("", "", true),
            ("*", "", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c", "ac", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "acb", false),
            ("ab*ba", "aba", false),
            ("*b*", "abc", true),
            ("a**b", "ab", true),
        ] {
            assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn names_have_two_or_three_parts() {
        assert!(NamePattern::parse("sales.*").unwrap().database.is_none());
        assert!(NamePattern::parse("Db.sales.*").unwrap().database.unwrap().matches("db"));
        assert!(NamePattern::parse("*").is_ok());
        for wrong in ["orders", "a.b.c.d", ".x", "a.", ""] {
            assert!(NamePattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
