//! Strings, and SUPER, which is held as text: developer guide, "Data conversion parameters", "Multibyte character load
//! errors".

use std::{borrow::Cow, sync::Arc};

use arrow::array::{ArrayRef, StringViewBuilder};
use redshift_sql_dialect::RedshiftType;

use super::{Conversion, Fault, Field, Form, Rows, Target};
use crate::functions::semistructured::{
    parse::{ParseFault, ParseOptions, parse},
    value::Json,
};

/// What a string's field gives.
enum Read<'t> {
    Null,
    Value(Cow<'t, str>),
    /// A value in which ACCEPTINVCHARS replaced something.
    Replaced(String),
}

impl<'a> Rows<'a> {
    /// A column of CHAR or VARCHAR.
    pub(super) fn strings(&mut self, field: usize, target: &Target) -> ArrayRef {
        let mut builder = StringViewBuilder::with_capacity(self.table.len());
        let conversion = self.conversion;
        let length = match target.ty {
            RedshiftType::Varchar(length) => length as usize,
            _ => 0,
        };
        let is_plain = !conversion.trim_blanks && !conversion.blanks_as_null;
        for (row, place) in self.table.column(field).enumerate() {
            let raw = place.raw(self.block);
            let is_usual = is_plain
                && matches!(place.form(), Form::Plain | Form::JsonString)
                && !raw.is_empty()
                && raw.len() <= length
                && conversion.null_as.as_deref() != Some(raw);
            // VARCHAR: as it is. The text is UTF-8, and fields begin and end at characters.
            match self.text.and_then(|text| text.get(place.start()..place.end())) {
                Some(text) if is_usual && (conversion.replacement.is_none() || text.is_ascii()) => {
                    builder.append_value(text);
                }
                _ => match self.string(row, (field, place), target) {
                    Some(text) => builder.append_value(text),
                    None => builder.append_null(),
                },
            }
        }
        Arc::new(builder.finish())
    }

    /// A string the long way; none where it is NULL or has a fault, which is noted.
    #[cold]
    fn string(&mut self, row: usize, place: (usize, Field), target: &Target) -> Option<Cow<'a, str>> {
        let (field, place) = place;
        if self.is_done_with(row, field) {
            return None;
        }
        let read = match place.form() {
            Form::Missing if self.conversion.missing_is_empty && matches!(target.ty, RedshiftType::Varchar(_)) => {
                Ok(Read::Value(Cow::Borrowed("")))
            }
            _ => match place.value(self.block, self.conversion.quote) {
                Some(value) if self.conversion.is_null(place.raw(self.block), &value) => Ok(Read::Null),
                Some(value) => self.conversion.string(value, target.ty),
                None => Ok(Read::Null),
            },
        };
        match read {
            Ok(Read::Value(value)) => Some(value),
            Ok(Read::Replaced(value)) => {
                self.replaced.entry(row).or_insert(field);
                Some(Cow::Owned(value))
            }
            Ok(Read::Null) if target.nullable => None,
            Ok(Read::Null) => {
                self.note(row, field, place, Fault::missing_data());
                None
            }
            Err(fault) => {
                self.note(row, field, place, fault);
                None
            }
        }
    }

    /// A column of SUPER: of JSON the value as it stands there, of other formats a field that holds JSON.
    pub(super) fn documents(&mut self, field: usize, target: &Target) -> ArrayRef {
        let mut builder = StringViewBuilder::with_capacity(self.table.len());
        for (row, place) in self.table.column(field).enumerate() {
            // A JSON string was found without its quotes, which belong to the value.
            let place = match place.form() {
                Form::JsonString | Form::JsonEscapes => {
                    Field::new(place.start() - 1, place.end() + 1, Form::JsonScalar)
                }
                _ => place,
            };
            match self.value(row, (field, place), target, &document) {
                Some(text) => builder.append_value(text),
                None => builder.append_null(),
            }
        }
        Arc::new(builder.finish())
    }
}

fn document(raw: &[u8]) -> Result<Option<String>, Fault> {
    let invalid = || Fault::new(1224, "Invalid JSON format for SUPER data type");
    let text = std::str::from_utf8(raw.trim_ascii()).map_err(|_| invalid())?;
    match parse(text, ParseOptions::DEFAULT) {
        Ok(held) => Ok(Json::of(&held).present().is_some().then_some(held)),
        Err(ParseFault::Syntax) => Err(invalid()),
        Err(fault) => Err(Fault::new(1224, fault.reason())),
    }
}

impl Conversion {
    fn string<'t>(&self, value: Cow<'t, [u8]>, ty: RedshiftType) -> Result<Read<'t>, Fault> {
        if (self.empty_as_null && value.is_empty())
            || (self.blanks_as_null && !value.is_empty() && value.iter().all(u8::is_ascii_whitespace))
        {
            return Ok(Read::Null);
        }
        match ty {
            RedshiftType::Char(length) => self.char(&value, length as usize),
            RedshiftType::Varchar(length) => self.varchar(value, length as usize),
            _ => self.varchar(value, usize::MAX),
        }
    }

    /// CHAR holds single-byte characters; the blanks at its end are not kept.
    fn char<'t>(&self, value: &[u8], length: usize) -> Result<Read<'t>, Fault> {
        if let Some(at) = value.iter().position(|byte| !byte.is_ascii()) {
            let shown = hexadecimal(value[at..].iter().take_while(|byte| !byte.is_ascii()).take(4));
            let reason =
                format!("Multibyte character not supported for CHAR (Hint: try using VARCHAR). Invalid char: {shown}");
            return Err(Fault::new(1220, reason));
        }
        let kept = value.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
        let kept = match kept {
            kept if kept <= length => kept,
            _ if self.truncate_columns => length,
            _ => return Err(Fault::new(1204, "Char length exceeds DDL length")),
        };
        // ASCII is UTF-8.
        let text = String::from_utf8_lossy(&value[..kept]);
        Ok(Read::Value(Cow::Owned(text.trim_end_matches(' ').to_string())))
    }

    fn varchar<'t>(&self, value: Cow<'t, [u8]>, length: usize) -> Result<Read<'t>, Fault> {
        let (mut text, replaced) = match (utf8(value), self.replacement) {
            (Ok(text), None) => (text, false),
            (Ok(text), Some(replacement)) => match without_noncharacters(&text, replacement) {
                Some(clean) => (Cow::Owned(clean), true),
                None => (text, false),
            },
            (Err(bytes), Some(replacement)) => {
                let clean = repaired(&bytes, replacement);
                (Cow::Owned(without_noncharacters(&clean, replacement).unwrap_or(clean)), true)
            }
            (Err(bytes), None) => return Err(not_utf8(&bytes)),
        };
        if self.trim_blanks {
            let kept = text.trim_end_matches(|c: char| c.is_ascii_whitespace()).len();
            truncate(&mut text, kept);
        }
        if text.len() > length {
            if !self.truncate_columns {
                return Err(Fault::new(1204, "String length exceeds DDL length"));
            }
            let kept = text.floor_char_boundary(length);
            truncate(&mut text, kept);
        }
        Ok(if replaced { Read::Replaced(text.into_owned()) } else { Read::Value(text) })
    }
}

fn utf8(value: Cow<'_, [u8]>) -> Result<Cow<'_, str>, Cow<'_, [u8]>> {
    match value {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| Cow::Borrowed(bytes)),
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|error| Cow::Owned(error.into_bytes())),
    }
}

fn truncate(text: &mut Cow<'_, str>, length: usize) {
    match text {
        Cow::Borrowed(text) => *text = &text[..length],
        Cow::Owned(text) => text.truncate(length),
    }
}

/// The bytes with each that belongs to no character replaced by one of the same length.
fn repaired(bytes: &[u8], replacement: u8) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::from(replacement)));
    }
    text
}

/// The text with code points that are no characters (`FDD0` to `FDEF`, `xFFFE`, `xFFFF`) replaced byte by byte; none
/// where there are none.
fn without_noncharacters(text: &str, replacement: u8) -> Option<String> {
    let is_none = |c: char| matches!(u32::from(c), 0xfdd0..=0xfdef) || u32::from(c) & 0xfffe == 0xfffe;
    if text.is_ascii() || !text.contains(is_none) {
        return None;
    }
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match is_none(c) {
            true => (0..c.len_utf8()).for_each(|_| clean.push(char::from(replacement))),
            false => clean.push(c),
        }
    }
    Some(clean)
}

/// The fault of bytes that are not UTF-8, with the numbers of the guide's table ("Multibyte character load errors").
fn not_utf8(bytes: &[u8]) -> Fault {
    let error = std::str::from_utf8(bytes).err();
    let at = error.map_or(0, |error| error.valid_up_to());
    let bad = &bytes[at..];
    let length = error.and_then(|error| error.error_len()).unwrap_or(bad.len());
    let number = match (bad, error.and_then(|error| error.error_len())) {
        ([0xf8..=0xfd, ..], _) => 1,
        (_, None) => 2,
        ([0x80..=0xbf | 0xfe | 0xff, ..], _) => 3,
        ([0xed, 0xa0..=0xbf, ..], _) => 5,
        _ => 4,
    };
    let shown = hexadecimal(bad[..length].iter());
    let reason = format!(
        "String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: {shown} (error {number})"
    );
    Fault::new(1220, reason)
}

fn hexadecimal<'b>(bytes: impl Iterator<Item = &'b u8>) -> String {
    bytes.map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
