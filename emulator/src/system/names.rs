//! Names as SQL text.

use redshift_sql_dialect::reserved::is_reserved;

/// A name as it has to be written: in double quotes where it is not made of lower-case letters, digits and underscores, or is
/// a reserved word.
pub(crate) fn quote_identifier(name: &str) -> String {
    let mut characters = name.chars();
    let begins = characters.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_');
    let plain = begins && characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && !is_reserved(name) { name.to_string() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Names separated by commas.
pub(super) fn quote_list(names: &[String]) -> String {
    names.iter().map(|name| quote_identifier(name)).collect::<Vec<_>>().join(", ")
}

/// The parts of a dotted name in text: `public.t`, `"My Schema".t`. None where it is none.
pub(crate) fn split_name(text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let (part, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_part(quoted)?,
            None => {
                let end = rest.find('.').unwrap_or(rest.len());
                (rest[..end].to_lowercase(), &rest[end..])
            }
        };
        if part.is_empty() {
            return None;
        }
        parts.push(part);
        match after.strip_prefix('.') {
            Some(more) => rest = more,
            None if after.is_empty() => return Some(parts),
            None => return None,
        }
    }
}

/// The text up to the closing quote, doubled ones undone, and what follows.
fn quoted_part(text: &str) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('"')?;
        part.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                part.push('"');
                rest = more;
            }
            None => return Some((part, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unusual_names_are_quoted() {
        assert_eq!(quote_identifier("t_1"), "t_1");
        assert_eq!(quote_identifier("My \"table\""), "\"My \"\"table\"\"\"");
        assert_eq!(quote_identifier("1t"), "\"1t\"");
    }

    #[test]
    fn dotted_names_come_apart() {
        assert_eq!(split_name("Public.T"), Some(vec!["public".to_string(), "t".to_string()]));
        assert_eq!(split_name("\"A.b\".\"c\"\"d\""), Some(vec!["A.b".to_string(), "c\"d".to_string()]));
        for wrong in ["", "a.", ".a", "\"a", "\"a\"b"] {
            assert_eq!(split_name(wrong), None, "{wrong}");
        }
    }
}
