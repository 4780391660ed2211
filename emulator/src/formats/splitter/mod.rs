//! Finding records and fields in blocks of text.

pub mod csv;
pub mod delimited;
mod delimiter;
pub mod fixed_width;
pub mod json;
mod specials;

use super::fields::{Fault, FieldTable};

pub use csv::Csv;
pub use delimited::Delimited;
pub use delimiter::Delimiter;
pub use fixed_width::FixedWidth;
pub use json::Json;

/// How a file's records are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Splitter {
    /// Fields between delimiters.
    Delimited(Delimited),
    /// The same with quotes.
    Csv(Csv),
    /// Fields of so many characters.
    FixedWidth(FixedWidth),
    /// JSON objects or arrays, back to back.
    Json(Json),
}

/// What becomes of lines and records that are not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tolerance {
    /// IGNOREBLANKLINES
    pub skip_blank_lines: bool,
    /// FILLRECORD
    pub fill_records: bool,
}

impl Splitter {
    /// Behind the last record that is whole: the place to cut a block at. `at_end` says that nothing comes behind the
    /// data, so that a last line needs no line end. None where no record is whole.
    pub fn last_boundary(&self, data: &[u8], at_end: bool) -> Option<usize> {
        if at_end {
            return Some(data.len()).filter(|length| *length > 0);
        }
        match self {
            Splitter::Delimited(delimited) => delimited.last_boundary(data),
            Splitter::Csv(csv) => csv.last_boundary(data),
            Splitter::FixedWidth(_) => memchr::memrchr(b'\n', data).map(|at| at + 1),
            Splitter::Json(_) => json::last_boundary(data),
        }
    }

    /// Begins to split a block of whole records.
    pub fn begin<'a>(&'a self, block: &'a [u8], tolerance: Tolerance) -> Split<'a> {
        match self {
            Splitter::Delimited(format) => Split::Delimited(delimited::Split::new(format, block, tolerance)),
            Splitter::Csv(format) => Split::Csv(csv::Split::new(*format, block, tolerance)),
            Splitter::FixedWidth(format) => Split::FixedWidth(fixed_width::Split::new(format, block, tolerance)),
            Splitter::Json(format) => Split::Json(json::Split::new(format, block)),
        }
    }

    /// The character that stands doubled for itself inside a field.
    pub fn quote(&self) -> u8 {
        match self {
            Splitter::Csv(csv) => csv.quote,
            Splitter::Delimited(_) | Splitter::FixedWidth(_) | Splitter::Json(_) => b'"',
        }
    }
}

/// A block that is being split.
pub enum Split<'a> {
    /// Fields between delimiters.
    Delimited(delimited::Split<'a>),
    /// The same with quotes.
    Csv(csv::Split<'a>),
    /// Fields of so many characters.
    FixedWidth(fixed_width::Split<'a>),
    /// JSON.
    Json(json::Split<'a>),
}

impl Split<'_> {
    /// Adds records to an empty table until it has `rows` of them or the block ends. False where there were none left.
    pub fn fill(&mut self, table: &mut FieldTable, rows: usize) -> bool {
        match self {
            Split::Delimited(split) => split.fill(table, rows),
            Split::Csv(split) => split.fill(table, rows),
            Split::FixedWidth(split) => split.fill(table, rows),
            Split::Json(split) => split.fill(table, rows),
        }
        !table.is_empty()
    }
}

/// Where a line ends before its `\n`: a `\r` belongs to the line end.
fn trimmed_end(block: &[u8], start: usize, newline: usize) -> usize {
    if newline > start && block[newline - 1] == b'\r' { newline - 1 } else { newline }
}

/// A carriage return that no line feed follows.
fn lone_carriage_return(block: &[u8], start: usize, end: usize) -> Option<(usize, Fault)> {
    let at = memchr::memchr(b'\r', &block[start..end])? + start;
    // At the record's end it was taken for a part of the line end already.
    let next = block.get(at + 1)?;
    let location = at + 1 - start;
    Some((
        at,
        Fault::new(1216, format!("Missing newline: Unexpected character 0x{next:x} found at location {location}")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All values of a text, and the faults with the rows they are in.
    pub(super) type Parsed = (Vec<Vec<Option<String>>>, Vec<(usize, u16, String)>);

    /// Splits a text and takes the values out.
    pub(super) fn split(splitter: &Splitter, text: &str, width: usize, tolerance: Tolerance) -> Parsed {
        let block = text.as_bytes();
        let mut table = FieldTable::new(width);
        let mut split = splitter.begin(block, tolerance);
        let (mut rows, mut faults) = (Vec::new(), Vec::new());
        // Three records at a time, so that going on where the last call ended is tested on the way.
        while split.fill(&mut table, 3) {
            for bad in table.bad_rows() {
                faults.push((rows.len() + bad.row, bad.fault.code, bad.fault.reason.clone()));
            }
            for row in 0..table.len() {
                let value = |field| {
                    let value = table.field(row, field).value(block, splitter.quote());
                    value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                };
                rows.push((0..width).map(value).collect());
            }
            table.clear();
        }
        (rows, faults)
    }

    /// The values of texts that have no faults.
    pub(super) fn values(splitter: &Splitter, text: &str, width: usize) -> Vec<Vec<Option<String>>> {
        let (rows, faults) = split(splitter, text, width, Tolerance::default());
        assert_eq!(faults, []);
        rows
    }

    /// A row of values that are there.
    pub(super) fn row(values: &[&str]) -> Vec<Option<String>> {
        values.iter().map(|value| Some(value.to_string())).collect()
    }
}
