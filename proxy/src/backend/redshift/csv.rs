//! The CSV of GetStatementResultV2: RFC 4180, in which a bare empty field is NULL and a quoted one the empty string.

use std::borrow::Cow;

use redshift_sql_dialect::{Error, Result};

use super::values::Value;

/// A field: none is NULL.
#[derive(Debug, PartialEq)]
pub struct Field<'a>(Option<Cow<'a, str>>);

impl Field<'_> {
    /// Its value.
    pub fn value(&self) -> Value<'_> {
        self.0.as_deref().map_or(Value::Null, Value::Text)
    }
}

/// Appends the fields of a text, record by record.
///
/// # Errors
/// XX000 where a record does not have so many fields, or a quote does not end.
pub fn read<'a>(text: &'a str, columns: usize, out: &mut Vec<Field<'a>>) -> Result<()> {
    let mut rest = text;
    while !rest.is_empty() {
        let before = out.len();
        loop {
            let (field, behind) = next_field(rest)?;
            out.push(field);
            match behind.as_bytes().first() {
                Some(b',') => rest = &behind[1..],
                _ => {
                    rest = behind.strip_prefix("\r\n").or_else(|| behind.strip_prefix('\n')).unwrap_or_default();
                    break;
                }
            }
        }
        if out.len() - before != columns {
            return Err(Error::internal(
                "the Data API gave a record of CSV with another number of fields than columns",
            ));
        }
    }
    Ok(())
}

/// A field and what stands behind it: a comma, the end of the line or of the text.
fn next_field(text: &str) -> Result<(Field<'_>, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', '\n', '\r']).unwrap_or(text.len());
        let (value, behind) = text.split_at(end);
        return Ok((Field((!value.is_empty()).then_some(Cow::Borrowed(value))), behind));
    };
    let bytes = quoted.as_bytes();
    let (mut at, mut doubled) = (0, false);
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            (None, _) => return Err(Error::internal("the Data API gave CSV with a quote that does not end")),
            (Some(b'"'), Some(b'"')) => {
                doubled = true;
                at += 2;
            }
            (Some(b'"'), _) => break,
            _ => at += 1,
        }
    }
    let value = &quoted[..at];
    let value = if doubled { Cow::Owned(value.replace("\"\"", "\"")) } else { Cow::Borrowed(value) };
    Ok((Field(Some(value)), &quoted[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_the_empty_string_differ() {
        let mut fields = Vec::new();
        read("a,,\"\",\"b,c\",\"say \"\"x\"\"\",\"two\nlines\"\r\n,1,2,3,4,\r\n", 6, &mut fields).unwrap();
        let values: Vec<_> = fields.iter().map(|field| field.0.as_deref()).collect();
        let first = [Some("a"), None, Some(""), Some("b,c"), Some("say \"x\""), Some("two\nlines")];
        assert_eq!(values[..6], first);
        assert_eq!(values[6..], [None, Some("1"), Some("2"), Some("3"), Some("4"), None]);
    }

    #[test]
    fn what_is_no_csv_of_the_columns_is_an_error() {
        assert!(read("a,b\r\n", 3, &mut Vec::new()).is_err());
        assert!(read("\"a", 1, &mut Vec::new()).is_err());
    }
}
