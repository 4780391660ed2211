//! CSV: developer guide, "Data format parameters" (CSV).
//!
//! A field whose first character that is not blank is the quote ends at the next quote that is not doubled; delimiters
//! and line ends in it are its own. Blanks between quotes and delimiters are ignored. Any other quote is a fault of its
//! row, but it does not change where the row ends: so a stray quote costs one row and not the rest of the file, and
//! where a block may be cut does not depend on which rows are faulty.

use memchr::memchr;

use super::{Delimiter, Tolerance, lone_carriage_return, specials::specials, trimmed_end};
use crate::formats::fields::{Fault, Field, FieldTable, Form};

/// The characters that mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Csv {
    /// Between fields.
    pub delimiter: Delimiter,
    /// Around fields.
    pub quote: u8,
}

impl Csv {
    fn is_blank(self, byte: u8) -> bool {
        matches!(byte, b' ' | b'\t') && !self.delimiter.as_bytes().contains(&byte)
    }

    /// Behind the last line end that no quotes enclose, from the beginning of a record on.
    pub(super) fn last_boundary(self, data: &[u8]) -> Option<usize> {
        let last_newline = |from: usize, to: usize| memchr::memrchr(b'\n', &data[from..to]).map(|at| from + at + 1);
        let mut boundary = None;
        // Where the text that no quotes enclose goes on.
        let mut outside = 0;
        let mut at = 0;
        while let Some(found) = memchr(self.quote, &data[at..]) {
            let quote = at + found;
            if !self.opens(&data[outside..quote], outside == 0) {
                at = quote + 1;
                continue;
            }
            boundary = last_newline(outside, quote).or(boundary);
            match self.closing(data, quote + 1) {
                Some(closing) => {
                    outside = closing + 1;
                    at = outside;
                }
                None => return boundary,
            }
        }
        last_newline(outside, data.len()).or(boundary)
    }

    /// Would a quote behind this text be the first character of a field that is not blank? The text begins a record, or
    /// it follows a closing quote.
    fn opens(self, before: &[u8], begins_record: bool) -> bool {
        match before.iter().rposition(|byte| !self.is_blank(*byte)) {
            Some(last) => before[..=last].ends_with(self.delimiter.as_bytes()) || before[last] == b'\n',
            None => begins_record,
        }
    }

    /// The quote that ends a field whose text begins here; none where it may still come.
    fn closing(self, data: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            let quote = at + memchr(self.quote, &data[at..])?;
            match data.get(quote + 1) {
                Some(next) if *next == self.quote => at = quote + 2,
                // Whether it is doubled shows only in what comes next.
                None => return None,
                Some(_) => return Some(quote),
            }
        }
    }
}

/// A block that is being split.
pub struct Split<'a> {
    format: Csv,
    block: &'a [u8],
    tolerance: Tolerance,
    specials: Vec<u32>,
    /// The next of them.
    next: usize,
    /// Where the next record begins.
    at: usize,
    has_carriage_returns: bool,
}

/// What ended a field.
enum Ending {
    Delimiter,
    Record,
}

impl<'a> Split<'a> {
    pub(super) fn new(format: Csv, block: &'a [u8], tolerance: Tolerance) -> Self {
        let mut specials = specials(block, [format.delimiter.first(), b'\n', format.quote]);
        format.delimiter.keep_whole(block, &mut specials);
        Split {
            format,
            block,
            tolerance,
            specials,
            next: 0,
            at: 0,
            has_carriage_returns: memchr(b'\r', block).is_some(),
        }
    }

    pub(super) fn fill(&mut self, table: &mut FieldTable, rows: usize) {
        while table.len() < rows && self.at < self.block.len() {
            if self.is_blank_line() {
                self.at = self.specials.get(self.next).map_or(self.block.len(), |newline| *newline as usize + 1);
                self.next += 1;
            } else {
                self.record(table);
            }
        }
    }

    /// Is the next line empty and to be skipped?
    fn is_blank_line(&self) -> bool {
        self.tolerance.skip_blank_lines && matches!(&self.block[self.at..], [b'\n', ..] | [b'\r', b'\n', ..])
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
            if fields < table.width() {
                table.push_field(field);
            } else {
                fault.get_or_insert((None, from, Fault::extra_columns()));
            }
            fields += 1;
            if matches!(ending, Ending::Record) {
                break;
            }
        }
        // `self.at` is behind the line end, where the last line has one.
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
        let special = self.specials.get(self.next).map(|at| *at as usize);
        if let Some(quote) = special.filter(|at| self.block[*at] == self.format.quote) {
            if self.block[start..quote].iter().all(|byte| self.format.is_blank(*byte)) {
                return self.quoted(quote);
            }
            let fault = Some((quote, invalid_quote()));
            let (end, ending) = self.ending();
            return (Field::new(start, end, Form::Plain), ending, fault);
        }
        let (end, ending) = self.ending();
        let mut fault = None;
        if self.has_carriage_returns {
            fault = lone_carriage_return(self.block, start, end);
        }
        (Field::new(start, end, Form::Plain), ending, fault)
    }

    /// Goes on to the delimiter or line end that ends an unquoted field, quotes left out of account; gives the field's
    /// end.
    #[inline]
    fn ending(&mut self) -> (usize, Ending) {
        let start = self.at;
        while let Some(special) = self.specials.get(self.next) {
            let special = *special as usize;
            self.next += 1;
            let byte = self.block[special];
            if special < start {
                // It is inside of the delimiter before.
                continue;
            }
            if byte == self.format.delimiter.first() {
                self.at = special + self.format.delimiter.len();
                return (special, Ending::Delimiter);
            }
            if byte == b'\n' {
                self.at = special + 1;
                return (trimmed_end(self.block, start, special), Ending::Record);
            }
        }
        self.at = self.block.len();
        (trimmed_end(self.block, start, self.block.len()), Ending::Record)
    }

    /// The field that this quote opens.
    fn quoted(&mut self, quote: usize) -> (Field, Ending, Option<(usize, Fault)>) {
        self.next += 1;
        let start = quote + 1;
        let mut form = Form::Plain;
        let closing = loop {
            let Some(special) = self.specials.get(self.next).map(|at| *at as usize) else { break None };
            self.next += 1;
            if self.block[special] != self.format.quote {
                continue;
            }
            if self.block.get(special + 1) != Some(&self.format.quote) {
                break Some(special);
            }
            form = Form::DoubledQuotes;
            self.next += 1;
        };
        let Some(closing) = closing else {
            self.at = self.block.len();
            let end = trimmed_end(self.block, start, self.at);
            let fault = Fault::new(1214, "Delimited value missing end quote");
            return (Field::new(start, end, Form::Plain), Ending::Record, Some((quote, fault)));
        };
        self.at = closing + 1;
        let (end, ending) = self.ending();
        let fault = self.block[closing + 1..end.max(closing + 1)]
            .iter()
            .position(|byte| !self.format.is_blank(*byte))
            .map(|at| (closing + 1 + at, invalid_quote()));
        (Field::new(start, closing, form), ending, fault)
    }
}

fn invalid_quote() -> Fault {
    Fault::new(1214, "Invalid quote formatting for CSV")
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Splitter, Tolerance,
            tests::{row, split, values},
        },
        Csv, Delimiter,
    };

    const COMMA: Csv = Csv { delimiter: Delimiter::byte(b','), quote: b'"' };

    #[test]
    fn the_guides_examples_load() {
        let text = "12,Shows,Musicals,Musical theatre\n\
                    13,Shows,Plays,\"All \"\"non-musical\"\" theatre\"\n\
                    14,Shows,Opera,\"All opera, light, and \"\"rock\"\" opera\"\n";
        let expected = [
            row(&["12", "Shows", "Musicals", "Musical theatre"]),
            row(&["13", "Shows", "Plays", "All \"non-musical\" theatre"]),
            row(&["14", "Shows", "Opera", "All opera, light, and \"rock\" opera"]),
        ];
        assert_eq!(values(&Splitter::Csv(COMMA), text, 4), expected);
        let percent = Splitter::Csv(Csv { delimiter: Delimiter::byte(b','), quote: b'%' });
        let text = "14,Shows,Opera,%All opera, light, and \"rock\" opera%\n";
        assert_eq!(values(&percent, text, 4), expected[2..]);
    }

    #[test]
    fn quoted_fields_hold_line_ends_and_delimiters() {
        let text = "1,\"a\nb\",x\r\n2,\"c,d\r\n\",y";
        assert_eq!(values(&Splitter::Csv(COMMA), text, 3), [row(&["1", "a\nb", "x"]), row(&["2", "c,d\r\n", "y"])]);
    }

    #[test]
    fn a_delimiter_may_have_several_characters() {
        let several = Splitter::Csv(Csv { delimiter: Delimiter::new(b"|~|").unwrap(), quote: b'"' });
        let text = "1|~|\"a|~|b\"|~|c|d\n2|~| \"x\" |~|~|\n";
        assert_eq!(values(&several, text, 3), [row(&["1", "a|~|b", "c|d"]), row(&["2", "x", "~|"])]);
    }

    #[test]
    fn blanks_around_quotes_are_ignored_and_others_kept() {
        let text = "1,  \"a\" \t, b \n";
        assert_eq!(values(&Splitter::Csv(COMMA), text, 3), [row(&["1", "a", " b "])]);
        let tab = Splitter::Csv(Csv { delimiter: Delimiter::byte(b'\t'), quote: b'"' });
        assert_eq!(values(&tab, "1\t\"a\"\t\t\n", 4), [row(&["1", "a", "", ""])]);
    }

    #[test]
    fn empty_fields_and_a_last_line_without_its_end_are_there() {
        assert_eq!(values(&Splitter::Csv(COMMA), ",\"\",\n,,x", 3), [row(&["", "", ""]), row(&["", "", "x"])]);
    }

    #[test]
    fn faults_cost_their_row_only() {
        let text = "1,\"a\"b\",x\n2,5\" disk,y\n3,ok,z\n4,short\n5,too,long,here\n6,ok,z\n";
        let (rows, faults) = split(&Splitter::Csv(COMMA), text, 3, Tolerance::default());
        assert_eq!(rows.len(), 6);
        assert_eq!(rows[2], row(&["3", "ok", "z"]));
        assert_eq!(rows[5], row(&["6", "ok", "z"]));
        let fault = |row, code, reason: &str| (row, code, reason.to_string());
        assert_eq!(
            faults,
            [
                fault(0, 1214, "Invalid quote formatting for CSV"),
                fault(1, 1214, "Invalid quote formatting for CSV"),
                fault(3, 1214, "Delimiter not found"),
                fault(4, 1202, "Extra column(s) found"),
            ]
        );
    }

    #[test]
    fn a_quote_that_never_ends_is_told() {
        let (_, faults) = split(&Splitter::Csv(COMMA), "1,a\n2,\"b\n3,c\n", 2, Tolerance::default());
        assert_eq!(faults, [(1, 1214, "Delimited value missing end quote".to_string())]);
    }

    #[test]
    fn short_records_are_filled_and_blank_lines_skipped_on_demand() {
        let tolerance = Tolerance { skip_blank_lines: true, fill_records: true };
        let (rows, faults) = split(&Splitter::Csv(COMMA), "\n1,a\n\r\n\n2,b,c\n", 3, tolerance);
        assert_eq!(faults, []);
        assert_eq!(rows[0], [Some("1".into()), Some("a".into()), None]);
        assert_eq!(rows[1], row(&["2", "b", "c"]));
        let (_, faults) = split(&Splitter::Csv(COMMA), "1,a\n\n2,b\n", 2, Tolerance::default());
        assert_eq!(faults, [(1, 1214, "Delimiter not found".to_string())]);
    }

    #[test]
    fn a_lone_carriage_return_is_no_line_end() {
        let (_, faults) = split(&Splitter::Csv(COMMA), "1,a\r2,b\n", 3, Tolerance::default());
        assert_eq!(faults[0].2, "Missing newline: Unexpected character 0x32 found at location 2");
    }

    #[test]
    fn blocks_are_cut_where_no_quotes_are_open() {
        let boundary = |text: &str| COMMA.last_boundary(text.as_bytes());
        assert_eq!(boundary("1,a\n2,b"), Some(4));
        assert_eq!(boundary("1,\"a\n2\""), None);
        assert_eq!(boundary("1,a\n2,\"b\n3,c\n"), Some(4));
        assert_eq!(boundary("1,\"a\"\n2,b\n3"), Some(10));
        // A stray quote opens nothing.
        assert_eq!(boundary("1,5\" disk\n2,b\n"), Some(14));
        assert_eq!(boundary("1,\"a\" \"b\n2,c\n"), Some(13));
        assert_eq!(boundary("1,\"a\"\"\n\"\n"), Some(9));
        // Whether the last quote is doubled cannot be seen yet.
        assert_eq!(boundary("1,a\n\"b\""), Some(4));
    }

    #[test]
    fn cutting_and_splitting_agree_about_records() {
        let text = "1,5\" disk\n2,\"a\"x\"\n,\"b\n\"\n3,\"a\"\"\n\"\"\",y\n\"\"\n4,\" \" \"\n5,z\n";
        let whole = split(&Splitter::Csv(COMMA), text, 2, Tolerance::default());
        let mut pieces = (Vec::new(), Vec::new());
        let mut at = 0;
        for end in 1..=text.len() {
            // As soon as a record is whole it is cut off and split alone.
            if let Some(length) = COMMA.last_boundary(&text.as_bytes()[at..end]) {
                let (rows, faults) = split(&Splitter::Csv(COMMA), &text[at..at + length], 2, Tolerance::default());
                let before = pieces.0.len();
                pieces.1.extend(faults.into_iter().map(|(row, code, reason)| (row + before, code, reason)));
                pieces.0.extend(rows);
                at += length;
            }
        }
        assert_eq!(at, text.len());
        assert_eq!(pieces, whole);
    }
}
