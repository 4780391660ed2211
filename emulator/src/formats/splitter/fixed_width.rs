//! Fixed width: developer guide, "Data format parameters" (FIXEDWIDTH). Widths count characters.

use super::{Tolerance, trimmed_end};
use crate::formats::fields::{Fault, Field, FieldTable, Form};

/// The widths of the fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedWidth {
    /// In characters, in the order of the fields.
    pub widths: Vec<usize>,
}

impl FixedWidth {
    /// Reads `'label:width, label:width'`; none where it is not written so.
    pub fn parse(specification: &str) -> Option<FixedWidth> {
        let width = |part: &str| {
            let (_, width) = part.rsplit_once(':')?;
            width.trim().parse().ok().filter(|width| *width > 0)
        };
        let widths = specification.split(',').map(width).collect::<Option<Vec<usize>>>()?;
        Some(FixedWidth { widths })
    }
}

/// A block that is being split.
pub struct Split<'a> {
    format: &'a FixedWidth,
    block: &'a [u8],
    tolerance: Tolerance,
    at: usize,
}

impl<'a> Split<'a> {
    pub(super) fn new(format: &'a FixedWidth, block: &'a [u8], tolerance: Tolerance) -> Self {
        Split { format, block, tolerance, at: 0 }
    }

    pub(super) fn fill(&mut self, table: &mut FieldTable, rows: usize) {
        while table.len() < rows && self.at < self.block.len() {
            let start = self.at;
            let newline = memchr::memchr(b'\n', &self.block[start..]).map_or(self.block.len(), |length| start + length);
            self.at = newline + 1;
            let end = trimmed_end(self.block, start, newline);
            if start < end || !self.tolerance.skip_blank_lines {
                self.record(table, start, end);
            }
        }
    }

    fn record(&self, table: &mut FieldTable, start: usize, end: usize) {
        let mut at = start;
        let mut missing = None;
        for (index, width) in self.format.widths.iter().enumerate() {
            if at == end {
                missing.get_or_insert(index);
                table.push_field(Field::missing());
                continue;
            }
            let length = length_of(&self.block[at..end], *width);
            table.push_field(Field::new(at, at + length, Form::Plain));
            at += length;
        }
        // What is wrong with a field that is there is told before what is wrong with the record: see `convert`.
        match missing {
            Some(index) if !self.tolerance.fill_records => {
                table.push_bad_record(start, end, (Some(index), end, Fault::delimiter_not_found()));
            }
            None if self.block[at..end].iter().any(|byte| *byte != b' ') => {
                table.push_bad_record(start, end, (None, at, Fault::extra_columns()));
            }
            _ => table.push_record(start, end),
        }
    }
}

/// How many bytes so many characters take. Bytes that are not UTF-8 count as a character each.
fn length_of(text: &[u8], characters: usize) -> usize {
    if text.get(..characters).is_some_and(<[u8]>::is_ascii) {
        return characters;
    }
    let mut at = 0;
    for _ in 0..characters {
        let Some(first) = text.get(at) else { break };
        let length = match first {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 1,
        };
        let whole = text.get(at..at + length).is_some_and(|character| std::str::from_utf8(character).is_ok());
        at += if whole { length } else { 1 };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Splitter, Tolerance,
            tests::{row, split, values},
        },
        FixedWidth,
    };

    fn splitter(specification: &str) -> Splitter {
        Splitter::FixedWidth(FixedWidth::parse(specification).expect("a specification"))
    }

    #[test]
    fn specifications_are_labels_and_widths() {
        let widths = |text| FixedWidth::parse(text).map(|format| format.widths);
        assert_eq!(
            widths("venueid:3,venuename:25,venuecity:12,venuestate:2,venueseats:6"),
            Some(vec![3, 25, 12, 2, 6])
        );
        assert_eq!(widths("0:3, 1:25 , c_region :12"), Some(vec![3, 25, 12]));
        for wrong in ["", "a", "a:", "a:0", "a:x", "a:3,"] {
            assert_eq!(widths(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn fields_are_so_many_characters() {
        let text = "1  Toyota Park  IL0\n2  Columbus é   OH68756";
        assert_eq!(
            values(&splitter("id:3,name:13,state:2,seats:6"), text, 4),
            [row(&["1  ", "Toyota Park  ", "IL", "0"]), row(&["2  ", "Columbus é   ", "OH", "68756"]),]
        );
    }

    #[test]
    fn records_of_another_length_are_faults() {
        let (rows, faults) = split(&splitter("a:2,b:2"), "xxyy  \nxxyyz\nx\n", 2, Tolerance::default());
        assert_eq!(rows[0], row(&["xx", "yy"]));
        assert_eq!(
            faults,
            [(1, 1202, "Extra column(s) found".to_string()), (2, 1214, "Delimiter not found".to_string())]
        );
    }
}
