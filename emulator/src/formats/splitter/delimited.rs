//! Delimited text: developer guide, "Data format parameters" (DELIMITER), "Data conversion parameters" (ESCAPE,
//! REMOVEQUOTES).

use memchr::memchr;

use super::{Delimiter, Tolerance, lone_carriage_return, specials::specials, trimmed_end};
use crate::formats::fields::{Fault, Field, FieldTable, Form};

/// What is between fields, and what else means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimited {
    /// Between fields.
    pub delimiter: Delimiter,
    /// ESCAPE: a backslash takes the next character as it is.
    pub escape: bool,
    /// REMOVEQUOTES: a pair of quotes around a field is not part of it.
    pub remove_quotes: bool,
}

impl Delimited {
    /// Behind the last line end that is not escaped.
    pub(super) fn last_boundary(self, data: &[u8]) -> Option<usize> {
        let mut end = data.len();
        loop {
            let newline = memchr::memrchr(b'\n', &data[..end])?;
            if !self.escape || !is_escaped(data, 0, newline) {
                return Some(newline + 1);
            }
            end = newline;
        }
    }
}

/// Is there an odd number of backslashes before this place? None of them is before `from`.
fn is_escaped(data: &[u8], from: usize, at: usize) -> bool {
    let backslashes = data[from..at].iter().rev().take_while(|byte| **byte == b'\\').count();
    backslashes % 2 == 1
}

/// A block that is being split.
pub struct Split<'a> {
    format: Delimited,
    block: &'a [u8],
    tolerance: Tolerance,
    specials: Vec<u32>,
    next: usize,
    at: usize,
    has_carriage_returns: bool,
}

/// What ended a field, and where what follows begins.
struct Ending {
    end: usize,
    is_record_end: bool,
}

impl<'a> Split<'a> {
    pub(super) fn new(format: &Delimited, block: &'a [u8], tolerance: Tolerance) -> Self {
        let first = format.delimiter.first();
        let mut specials = match format.escape {
            true => specials(block, [first, b'\n', b'\\']),
            false => specials(block, [first, b'\n']),
        };
        format.delimiter.keep_whole(block, &mut specials);
        let has_carriage_returns = memchr(b'\r', block).is_some();
        Split { format: *format, block, tolerance, specials, next: 0, at: 0, has_carriage_returns }
    }

    pub(super) fn fill(&mut self, table: &mut FieldTable, rows: usize) {
        while table.len() < rows && self.at < self.block.len() {
            let is_blank = matches!(&self.block[self.at..], [b'\n', ..] | [b'\r', b'\n', ..]);
            if is_blank && self.tolerance.skip_blank_lines {
                self.at += if self.block[self.at] == b'\r' { 2 } else { 1 };
                self.next += 1;
            } else {
                self.record(table);
            }
        }
    }

    fn record(&mut self, table: &mut FieldTable) {
        let start = self.at;
        let mut fault: Option<(Option<usize>, usize, Fault)> = None;
        let mut fields = 0;
        loop {
            let from = self.at;
            let (field, ending, wrong) = self.field();
            if let Some((at, wrong)) = wrong {
                fault.get_or_insert((Some(fields), at, wrong));
            }
            // A delimiter may also end the last field: then nothing is behind it.
            let is_empty_last = fields == table.width() && fields > 0 && ending.is_record_end && ending.end == from;
            if fields < table.width() {
                table.push_field(field);
            } else if !is_empty_last {
                fault.get_or_insert((None, from, Fault::extra_columns()));
            }
            fields += 1;
            if ending.is_record_end {
                break;
            }
        }
        let newline = if self.block[self.at - 1] == b'\n' { self.at - 1 } else { self.at };
        let end = trimmed_end(self.block, start, newline);
        if fault.is_none() && fields < table.width() {
            if self.tolerance.fill_records {
                (fields..table.width()).for_each(|_| table.push_field(Field::missing()));
            } else {
                fault = Some((Some(fields - 1), end, Fault::delimiter_not_found()));
            }
        }
        match fault {
            None => table.push_record(start, end),
            Some(fault) => table.push_bad_record(start, end, fault),
        }
    }

    /// The field that begins at `self.at`, which moves behind what ends it.
    fn field(&mut self) -> (Field, Ending, Option<(usize, Fault)>) {
        let start = self.at;
        let opening = self.block.get(start).copied().filter(|byte| matches!(byte, b'"' | b'\''));
        if let Some(quote) = opening.filter(|_| self.format.remove_quotes) {
            return self.quoted(quote);
        }
        let (ending, form) = self.ending();
        let mut fault = None;
        if self.has_carriage_returns && form == Form::Plain {
            fault = lone_carriage_return(self.block, start, ending.end);
        }
        (Field::new(start, ending.end, form), ending, fault)
    }

    /// Goes on to the next delimiter or line end that is not escaped.
    #[inline]
    fn ending(&mut self) -> (Ending, Form) {
        let start = self.at;
        let mut form = Form::Plain;
        while let Some(special) = self.specials.get(self.next) {
            let special = *special as usize;
            self.next += 1;
            if special < start {
                // It is inside of the delimiter before.
                continue;
            }
            match self.block[special] {
                b'\n' => {
                    self.at = special + 1;
                    return (Ending { end: trimmed_end(self.block, start, special), is_record_end: true }, form);
                }
                byte if byte == self.format.delimiter.first() => {
                    self.at = special + self.format.delimiter.len();
                    return (Ending { end: special, is_record_end: false }, form);
                }
                _ => {
                    form = Form::Backslashes;
                    // What is escaped means nothing, whether it would or not.
                    if self.specials.get(self.next) == Some(&(special as u32 + 1)) {
                        self.next += 1;
                    }
                }
            }
        }
        self.at = self.block.len();
        (Ending { end: trimmed_end(self.block, start, self.at), is_record_end: true }, form)
    }

    /// The field that this quote opens: up to the same quote before a delimiter or the record's end.
    fn quoted(&mut self, quote: u8) -> (Field, Ending, Option<(usize, Fault)>) {
        let start = self.at;
        let mut form = Form::Plain;
        loop {
            let (ending, part) = self.ending();
            if part == Form::Backslashes {
                form = part;
            }
            let last = ending.end.saturating_sub(1);
            let closes = last > start
                && self.block[last] == quote
                && !(self.format.escape && is_escaped(self.block, start + 1, last));
            if closes {
                return (Field::new(start + 1, last, form), ending, None);
            }
            if ending.is_record_end {
                let fault = Fault::new(1214, "Delimited value missing end quote");
                return (Field::new(start, ending.end, form), ending, Some((start, fault)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Splitter, Tolerance,
            tests::{row, split, values},
        },
        Delimited, Delimiter,
    };

    const PIPE: Delimited = Delimited { delimiter: Delimiter::byte(b'|'), escape: false, remove_quotes: false };

    #[test]
    fn fields_are_between_delimiters() {
        let splitter = Splitter::Delimited(PIPE);
        assert_eq!(
            values(&splitter, "1|a|\n2||\"x\"\r\n3|b|c", 3),
            [row(&["1", "a", ""]), row(&["2", "", "\"x\""]), row(&["3", "b", "c"])]
        );
        let tab = Splitter::Delimited(Delimited { delimiter: Delimiter::byte(b'\t'), ..PIPE });
        assert_eq!(values(&tab, "1\ta|b\n", 2), [row(&["1", "a|b"])]);
    }

    #[test]
    fn a_delimiter_may_have_several_characters() {
        // "Data format parameters", DELIMITER: "or multiple characters such as |~|".
        let delimiter = |text: &str| Delimiter::new(text.as_bytes()).unwrap();
        let several = Splitter::Delimited(Delimited { delimiter: delimiter("|~|"), ..PIPE });
        assert_eq!(values(&several, "1|~|a|b|~|~|c\n2|~||~|\n", 3), [row(&["1", "a|b", "~|c"]), row(&["2", "", ""])]);
        let (_, faults) = split(&several, "1|a|~|b\n", 3, Tolerance::default());
        assert_eq!(faults, [(0, 1214, "Delimiter not found".to_string())]);
        let beyond_ascii = Splitter::Delimited(Delimited { delimiter: delimiter("¦ì"), ..PIPE });
        assert_eq!(values(&beyond_ascii, "1¦ìa¦\n", 2), [row(&["1", "a¦"])]);
        let escaped = Splitter::Delimited(Delimited { delimiter: delimiter("||"), escape: true, ..PIPE });
        assert_eq!(values(&escaped, "1||a\\|||b|c\n", 3), [row(&["1", "a|", "b|c"])]);
        assert_eq!(Delimiter::new(b""), None);
        assert_eq!(Delimiter::new(&[b'|'; Delimiter::LONGEST + 1]), None);
    }

    #[test]
    fn the_last_field_may_end_with_a_delimiter() {
        // "Load data from a file with default values".
        let text = "1|Toyota Park|Bridgeview|IL|\n2|Columbus Crew Stadium|Columbus|OH|\n";
        let rows = values(&Splitter::Delimited(PIPE), text, 4);
        assert_eq!(rows[1], row(&["2", "Columbus Crew Stadium", "Columbus", "OH"]));
        let (_, faults) = split(&Splitter::Delimited(PIPE), "1|a||\n", 2, Tolerance::default());
        assert_eq!(faults, [(0, 1202, "Extra column(s) found".to_string())]);
    }

    #[test]
    fn records_of_another_length_are_faults() {
        let (rows, faults) = split(&Splitter::Delimited(PIPE), "1|a|b\n2\n3|c\n", 2, Tolerance::default());
        assert_eq!(rows[2], row(&["3", "c"]));
        assert_eq!(
            faults,
            [(0, 1202, "Extra column(s) found".to_string()), (1, 1214, "Delimiter not found".to_string())]
        );
    }

    #[test]
    fn escaped_characters_are_taken_as_they_are() {
        // "Data conversion parameters", ESCAPE.
        let escape = Splitter::Delimited(Delimited { escape: true, ..PIPE });
        let text = "1|The quick brown fox\\\njumped over the lazy dog.\n2| A\\\\B\\\\C\n3| A \\| B \\| C\n4|\\012\n";
        assert_eq!(
            values(&escape, text, 2),
            [
                row(&["1", "The quick brown fox\njumped over the lazy dog."]),
                row(&["2", " A\\B\\C"]),
                row(&["3", " A | B | C"]),
                row(&["4", "012"]),
            ]
        );
        let redshift_info = "1|public\\|event\\|dwuser\n";
        assert_eq!(values(&escape, redshift_info, 2), [row(&["1", "public|event|dwuser"])]);
        let (_, faults) = split(&Splitter::Delimited(PIPE), redshift_info, 2, Tolerance::default());
        assert_eq!(faults[0].2, "Extra column(s) found");
    }

    #[test]
    fn surrounding_quotes_are_removed() {
        // "Data conversion parameters", REMOVEQUOTES.
        let quotes = Splitter::Delimited(Delimited { remove_quotes: true, ..PIPE });
        let value = |text: &str| split(&quotes, &format!("{text}|x\n"), 2, Tolerance::default());
        for (text, expected) in [
            ("'The delimiter is a pipe (|) character'", "The delimiter is a pipe (|) character"),
            ("'Black'", "Black"),
            ("\"White\"", "White"),
            ("Blue'", "Blue'"),
            ("''Black''", "'Black'"),
            ("''", ""),
        ] {
            assert_eq!(value(text), (vec![row(&[expected, "x"])], vec![]), "{text}");
        }
        for text in ["'Blue", "\"Blue", "'"] {
            assert_eq!(value(text).1, [(0, 1214, "Delimited value missing end quote".to_string())], "{text}");
        }
        let both = Splitter::Delimited(Delimited { escape: true, ..Delimited { remove_quotes: true, ..PIPE } });
        assert_eq!(values(&both, "4|'A Midsummer Night\\'s Dream'\n", 2), [row(&["4", "A Midsummer Night's Dream"])]);
        assert_eq!(values(&both, "5|'ends with \\'|here'\n", 2), [row(&["5", "ends with '|here"])]);
    }

    #[test]
    fn blocks_are_cut_at_line_ends_that_are_not_escaped() {
        let escape = Delimited { escape: true, ..PIPE };
        assert_eq!(PIPE.last_boundary(b"1|a\\\n2|b"), Some(5));
        assert_eq!(escape.last_boundary(b"1|a\\\n2|b"), None);
        assert_eq!(escape.last_boundary(b"1|a\\\\\n2|b"), Some(6));
        assert_eq!(escape.last_boundary(b"1|a\n2|b\\\n"), Some(4));
    }
}
