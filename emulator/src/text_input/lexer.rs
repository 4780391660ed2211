//! The fields of a date, a time or an interval: what separates them depends on what they are.
//!
//! `Jan 15, 2024 10:00:00.5 -08` has a word, two numbers, a time and a displacement; `2024-01-15T10:00Z` a date, the
//! word `T`, a time and the word `Z`.

/// A field of a date/time text, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field {
    /// `2024-01-15`, `1/15/2024`, `15.jan.2024`
    Date(String),
    /// `10:00:00.5`
    Time(String),
    /// `15`, `20240115`, `0.5`
    Number(String),
    /// `jan`, `pm`, `est`, `us/pacific`
    Word(String),
    /// `+05:30`, `-8`
    Signed(String),
}

/// The fields of a text; none where a character belongs to no field.
pub(super) fn fields(text: &str) -> Option<Vec<Field>> {
    let mut lexer = Lexer { rest: text };
    let mut fields = Vec::new();
    while let Some(first) = lexer.peek() {
        match first {
            c if c.is_ascii_whitespace() || c == ',' || c == ';' => lexer.skip(1),
            c if c.is_ascii_digit() => fields.push(lexer.number_date_or_time()),
            '.' => fields.push(Field::Number(lexer.take(|c| c == '.' || c.is_ascii_digit()))),
            c if c.is_ascii_alphabetic() => fields.push(lexer.word_or_date()),
            '+' | '-' => {
                let mut signed = lexer.take_n(1);
                lexer.take(|c| c.is_ascii_whitespace());
                signed += &lexer.take(|c| c.is_ascii_digit() || c == ':' || c == '.');
                fields.push(Field::Signed(signed));
            }
            '@' | '(' | ')' | '[' | ']' => lexer.skip(1),
            _ => return None,
        }
    }
    Some(fields)
}

struct Lexer<'a> {
    rest: &'a str,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    fn take_n(&mut self, bytes: usize) -> String {
        let taken = self.rest[..bytes].to_ascii_lowercase();
        self.skip(bytes);
        taken
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let end = self.rest.find(|c: char| !belongs(c)).unwrap_or(self.rest.len());
        self.take_n(end)
    }

    fn number_date_or_time(&mut self) -> Field {
        let mut text = self.take(|c| c.is_ascii_digit());
        match self.peek() {
            Some(':') => {
                text += &self.take(|c| c.is_ascii_digit() || c == ':' || c == '.');
                Field::Time(text)
            }
            Some(separator @ ('-' | '/' | '.')) => {
                let second = self.rest[1..].chars().next();
                if !second.is_some_and(|c| c.is_ascii_alphanumeric()) {
                    text += &self.take_n(if separator == '.' { 1 } else { 0 });
                    return Field::Number(text);
                }
                text += &self.take_n(1);
                if second.is_some_and(|c| c.is_ascii_alphabetic()) {
                    text += &self.take(|c| c.is_ascii_alphanumeric() || c == separator);
                    return Field::Date(text);
                }
                text += &self.take(|c| c.is_ascii_digit());
                if self.peek() == Some(separator) {
                    text += &self.take(|c| c.is_ascii_digit() || c == separator);
                    return Field::Date(text);
                }
                // Two parts only: a fraction with a point, a month and a day otherwise.
                if separator == '.' { Field::Number(text) } else { Field::Date(text) }
            }
            _ => Field::Number(text),
        }
    }

    fn word_or_date(&mut self) -> Field {
        let mut text = self.take(|c| c.is_ascii_alphabetic());
        match self.peek() {
            // A month's name that begins a date: Jan-15-2024.
            Some(separator @ ('-' | '/' | '.')) if self.followed_by_digit() && text.len() >= 3 => {
                text += &self.take(|c| c.is_ascii_digit() || c == separator);
                Field::Date(text)
            }
            Some('/' | '_') => {
                text += &self.take(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+'));
                Field::Word(text)
            }
            Some('.') => {
                self.skip(1);
                Field::Word(text)
            }
            _ => Field::Word(text),
        }
    }

    fn followed_by_digit(&self) -> bool {
        self.rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
    }
}

#[cfg(test)]
mod tests {
    use super::{Field::*, fields};

    #[test]
    fn fields_are_told_apart() {
        let cases = [
            (
                "2024-01-15T10:00:00.5Z",
                vec![Date("2024-01-15".into()), Word("t".into()), Time("10:00:00.5".into()), Word("z".into())],
            ),
            ("Jan 15, 2024", vec![Word("jan".into()), Number("15".into()), Number("2024".into())]),
            ("17.12.1997 07:37 -08", vec![Date("17.12.1997".into()), Time("07:37".into()), Signed("-08".into())]),
            ("15-Jan-2024 US/Pacific", vec![Date("15-jan-2024".into()), Word("us/pacific".into())]),
            ("1w, 0.5 days", vec![Number("1".into()), Word("w".into()), Number("0.5".into()), Word("days".into())]),
        ];
        for (text, expected) in cases {
            assert_eq!(fields(text), Some(expected), "{text}");
        }
        assert_eq!(fields("2024?"), None);
    }
}
