//! Where records and fields are in a block of text, and what is wrong with the rows that are not what they should be.

use std::borrow::Cow;

use super::splitter::json;

/// The longest record: developer guide, "COPY" ("The maximum size of a single input row from any source is 4 MB").
pub const MAX_RECORD: usize = 4 << 20;

/// How a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Plain,
    /// With quotes in it that are doubled.
    DoubledQuotes,
    /// With backslashes before characters to be taken as they are.
    Backslashes,
    /// A JSON string without its quotes and without escapes.
    JsonString,
    /// A JSON string without its quotes, with escapes.
    JsonEscapes,
    /// A JSON number, true or false.
    JsonScalar,
    /// A JSON object or array.
    JsonNested,
    /// NULL, said by the format itself (JSON's null).
    Null,
    /// Not there at all: behind the end of a short record, or an absent key.
    Missing,
}

const FORMS: [Form; 9] = [
    Form::Plain,
    Form::DoubledQuotes,
    Form::Backslashes,
    Form::JsonString,
    Form::JsonEscapes,
    Form::JsonScalar,
    Form::JsonNested,
    Form::Null,
    Form::Missing,
];

/// A field's place in its block, in eight bytes: the length needs 23 bits, as no record is longer than [`MAX_RECORD`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    start: u32,
    length_and_form: u32,
}

const LENGTH_BITS: u32 = 24;

impl Field {
    /// The field of these bytes of the block.
    pub fn new(start: usize, end: usize, form: Form) -> Self {
        debug_assert!(start <= end && end - start < 1 << LENGTH_BITS);
        Field { start: start as u32, length_and_form: (end - start) as u32 | (form as u32) << LENGTH_BITS }
    }

    /// A field that is not there.
    pub const fn missing() -> Self {
        Field { start: 0, length_and_form: (Form::Missing as u32) << LENGTH_BITS }
    }

    /// Where it begins.
    pub fn start(self) -> usize {
        self.start as usize
    }

    /// Where it ends.
    pub fn end(self) -> usize {
        self.start() + (self.length_and_form & ((1 << LENGTH_BITS) - 1)) as usize
    }

    /// How it is written.
    pub fn form(self) -> Form {
        FORMS[(self.length_and_form >> LENGTH_BITS) as usize]
    }

    /// Its bytes as they are written.
    pub fn raw(self, block: &[u8]) -> &[u8] {
        &block[self.start()..self.end()]
    }

    /// Its bytes as they are meant; none for NULL and where it is missing. `quote` is the character that may be doubled.
    pub fn value(self, block: &[u8], quote: u8) -> Option<Cow<'_, [u8]>> {
        let raw = self.raw(block);
        match self.form() {
            Form::Plain | Form::JsonString | Form::JsonScalar => Some(Cow::Borrowed(raw)),
            Form::JsonNested => Some(json::compacted(raw)),
            Form::DoubledQuotes => Some(Cow::Owned(without_doubled(raw, quote))),
            Form::Backslashes => Some(Cow::Owned(without_backslashes(raw))),
            Form::JsonEscapes => Some(Cow::Owned(json::unescaped(raw))),
            Form::Null | Form::Missing => None,
        }
    }
}

fn without_doubled(raw: &[u8], quote: u8) -> Vec<u8> {
    let mut value = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(quote, rest) {
        value.extend_from_slice(&rest[..=at]);
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    value.extend_from_slice(rest);
    value
}

fn without_backslashes(raw: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        value.extend_from_slice(&rest[..at]);
        value.extend_from_slice(rest.get(at + 1..at + 2).unwrap_or_default());
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    value.extend_from_slice(rest);
    value
}

/// What is wrong with a field or a record: `err_code` and `err_reason` of `stl_load_errors` (developer guide, "Load
/// error reference").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// 1200 to 1224
    pub code: u16,
    /// What the user reads.
    pub reason: String,
}

impl Fault {
    /// A fault with this code and reason.
    pub fn new(code: u16, reason: impl Into<String>) -> Self {
        Fault { code, reason: reason.into() }
    }

    /// The record has fields behind the last column's.
    pub fn extra_columns() -> Self {
        Fault::new(1202, "Extra column(s) found")
    }

    /// The record ends before the last column's field.
    pub fn delimiter_not_found() -> Self {
        Fault::new(1214, "Delimiter not found")
    }

    /// A NULL for a column that is NOT NULL.
    pub fn missing_data() -> Self {
        Fault::new(1213, "Missing data for not-null field")
    }
}

/// A row that cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Its place in the table.
    pub row: usize,
    /// The field at fault, counted in the file; none where it is the record.
    pub field: Option<usize>,
    /// Where in the block the fault is.
    pub at: usize,
    /// What is wrong.
    pub fault: Fault,
}

/// A record's place in its block, without its line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Where it begins.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
}

impl Record {
    /// Its bytes.
    pub fn raw(self, block: &[u8]) -> &[u8] {
        &block[self.start as usize..self.end as usize]
    }
}

/// The fields of some records of a block: `width` of them for each record, bad ones included.
#[derive(Debug, Default)]
pub struct FieldTable {
    width: usize,
    fields: Vec<Field>,
    records: Vec<Record>,
    bad: Vec<BadRow>,
}

impl FieldTable {
    /// A table for records of so many fields.
    pub fn new(width: usize) -> Self {
        FieldTable { width, ..FieldTable::default() }
    }

    /// Takes all records out, keeping the memory.
    pub fn clear(&mut self) {
        self.fields.clear();
        self.records.clear();
        self.bad.clear();
    }

    /// Fields of a record.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// A field of a record.
    pub fn field(&self, row: usize, field: usize) -> Field {
        self.fields[row * self.width + field]
    }

    /// This field of every record, in order.
    pub fn column(&self, field: usize) -> impl ExactSizeIterator<Item = Field> + '_ {
        // A stride over an exhausted slice would be a panic where there are no records.
        let from = field.min(self.fields.len());
        self.fields[from..].iter().step_by(self.width.max(1)).copied()
    }

    /// The records, in order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The rows that cannot be loaded, as the splitter found them.
    pub fn bad_rows(&self) -> &[BadRow] {
        &self.bad
    }

    /// Adds a field to the record that is being built.
    #[inline]
    pub fn push_field(&mut self, field: Field) {
        self.fields.push(field);
    }

    /// How many fields the record that is being built has by now.
    #[inline]
    pub fn open_fields(&self) -> usize {
        self.fields.len() - self.records.len() * self.width
    }

    /// Ends the record that is being built, which has as many fields as it should.
    #[inline]
    pub fn push_record(&mut self, start: usize, end: usize) {
        debug_assert_eq!(self.open_fields(), self.width);
        self.records.push(Record { start: start as u32, end: end as u32 });
    }

    /// Ends the record that is being built as a bad one, with however many fields it has.
    pub fn push_bad_record(&mut self, start: usize, end: usize, bad: (Option<usize>, usize, Fault)) {
        let (field, at, fault) = bad;
        let row = self.records.len();
        self.fields.resize((row + 1) * self.width, Field::missing());
        self.records.push(Record { start: start as u32, end: end as u32 });
        self.bad.push(BadRow { row, field, at, fault });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_survive_the_packing() {
        for form in FORMS {
            let field = Field::new(7, 12, form);
            assert_eq!((field.start(), field.end(), field.form()), (7, 12, form));
        }
        assert_eq!(Field::missing().form(), Form::Missing);
        assert_eq!(Field::new(0, MAX_RECORD, Form::Plain).end(), MAX_RECORD);
    }

    #[test]
    fn values_are_what_is_meant() {
        let value = |raw: &[u8], form| Field::new(0, raw.len(), form).value(raw, b'"').map(|value| value.into_owned());
        assert_eq!(value(br#"a ""b"" c"#, Form::DoubledQuotes), Some(br#"a "b" c"#.to_vec()));
        assert_eq!(value(br"a\|b\\c\", Form::Backslashes), Some(br"a|b\c".to_vec()));
        assert_eq!(value(br"x\n\u00e9", Form::JsonEscapes), Some("x\né".as_bytes().to_vec()));
        assert_eq!(value(b"null", Form::Null), None);
    }
}
