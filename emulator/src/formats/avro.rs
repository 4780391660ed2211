//! Avro files as JSON: developer guide, "Data format parameters" (AVRO).
//!
//! COPY maps the fields of Avro records as it maps the keys of JSON objects, by name or by JSONPath expressions, and loads
//! nested values as JSON text. So each record becomes a JSON object on a line of its own.

use std::{
    cell::Cell,
    io::{self, Read},
};

use apache_avro::{Reader, Schema, types::Value};

/// How many bytes of JSON are handed on at a time.
const PIECE: usize = 256 << 10;

/// Reads an Avro file to its end and hands its records on as JSON, one a line. `take` says whether more is wanted.
///
/// # Errors
/// What the file cannot be read for: what S3 or the decompression say is an [`io::Error`], all else a text.
pub(super) fn to_json(file: impl Read, take: impl FnMut(Vec<u8>) -> bool) -> Result<(), Fault> {
    let failure = Cell::new(None);
    let converted = convert(Watched { file, failure: &failure }, take);
    match failure.take() {
        Some(error) => Err(Fault::Io(error)),
        None => converted,
    }
}

fn convert(file: Watched<'_, impl Read>, mut take: impl FnMut(Vec<u8>) -> bool) -> Result<(), Fault> {
    let reader = Reader::new(file)?;
    if !matches!(reader.writer_schema(), Schema::Record(_)) {
        return Err(Fault::Malformed("the schema's type must be record".into()));
    }
    let mut piece = Vec::with_capacity(PIECE);
    for record in reader {
        write(&mut piece, &record?);
        piece.push(b'\n');
        if piece.len() >= PIECE && !take(std::mem::replace(&mut piece, Vec::with_capacity(PIECE))) {
            return Ok(());
        }
    }
    if !piece.is_empty() {
        take(piece);
    }
    Ok(())
}

/// Why an Avro file cannot be read.
#[derive(Debug)]
pub(super) enum Fault {
    /// Its bytes do not come.
    Io(io::Error),
    /// It is none.
    Malformed(String),
}

impl From<apache_avro::Error> for Fault {
    fn from(error: apache_avro::Error) -> Self {
        Fault::Malformed(error.to_string())
    }
}

/// A file whose own error is kept: the reader wraps it in one of its many.
struct Watched<'a, R> {
    file: R,
    failure: &'a Cell<Option<io::Error>>,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.file.read(to).map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                self.failure.set(Some(error));
            }
            kind.into()
        })
    }
}

/// A value as JSON. Values of logical types are what they are made of: a COPY says with TIMEFORMAT what a number of
/// milliseconds is.
fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Boolean(value) => out.extend(if *value { &b"true"[..] } else { b"false" }),
        Value::Int(value) | Value::Date(value) | Value::TimeMillis(value) => integer(out, i64::from(*value)),
        Value::Long(value)
        | Value::TimeMicros(value)
        | Value::TimestampMillis(value)
        | Value::TimestampMicros(value)
        | Value::TimestampNanos(value)
        | Value::LocalTimestampMillis(value)
        | Value::LocalTimestampMicros(value)
        | Value::LocalTimestampNanos(value) => integer(out, *value),
        Value::Float(value) => float(out, value.is_finite(), &value.to_string()),
        Value::Double(value) => float(out, value.is_finite(), &value.to_string()),
        Value::String(text) | Value::Enum(_, text) => string(out, text),
        Value::Bytes(bytes) | Value::Fixed(_, bytes) => self::bytes(out, bytes),
        Value::Decimal(decimal) => match Vec::<u8>::try_from(decimal) {
            Ok(bytes) => self::bytes(out, &bytes),
            Err(_) => out.extend(b"null"),
        },
        Value::BigDecimal(decimal) => string(out, &decimal.to_string()),
        Value::Duration(duration) => self::bytes(out, &<[u8; 12]>::from(*duration)),
        Value::Uuid(uuid) => string(out, &uuid.to_string()),
        Value::Union(_, value) => write(out, value),
        Value::Array(values) => {
            out.push(b'[');
            for (index, value) in values.iter().enumerate() {
                comma(out, index);
                write(out, value);
            }
            out.push(b']');
        }
        Value::Map(members) => {
            let mut members: Vec<_> = members.iter().collect();
            // A map has no order; the same file gives the same text.
            members.sort_unstable_by_key(|(name, _)| *name);
            object(out, members.into_iter());
        }
        Value::Record(members) => object(out, members.iter().map(|(name, value)| (name, value))),
    }
}

fn object<'a>(out: &mut Vec<u8>, members: impl Iterator<Item = (&'a String, &'a Value)>) {
    out.push(b'{');
    for (index, (name, value)) in members.enumerate() {
        comma(out, index);
        string(out, name);
        out.push(b':');
        write(out, value);
    }
    out.push(b'}');
}

fn comma(out: &mut Vec<u8>, index: usize) {
    if index > 0 {
        out.push(b',');
    }
}

fn integer(out: &mut Vec<u8>, value: i64) {
    out.extend(value.to_string().into_bytes());
}

/// JSON has no infinities: they are strings, which the conversion to a column's type reads.
fn float(out: &mut Vec<u8>, is_finite: bool, text: &str) {
    if is_finite {
        out.extend(text.as_bytes());
    } else {
        string(out, text);
    }
}

/// Bytes as Avro's JSON has them: a character for each (Avro specification, "JSON Encoding").
fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    string(out, &text);
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for char in text.chars() {
        match char {
            '"' => out.extend(b"\\\""),
            '\\' => out.extend(b"\\\\"),
            control if u32::from(control) < 0x20 => {
                out.extend(format!("\\u{:04x}", u32::from(control)).into_bytes());
            }
            other => out.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

/// An Avro file of these records (JSON objects): for tests.
#[cfg(test)]
pub(crate) fn file_of(schema: &str, records: Vec<Value>, codec: apache_avro::Codec) -> Vec<u8> {
    let schema = Schema::parse_str(schema).expect("a schema");
    let mut writer = apache_avro::Writer::with_codec(&schema, Vec::new(), codec);
    for record in records {
        writer.append(record).expect("a record");
    }
    writer.into_inner().expect("a file")
}

#[cfg(test)]
mod tests {
    use apache_avro::Codec;

    use super::*;

    const SCHEMA: &str = r#"{"type": "record", "name": "r", "fields": [
        {"name": "id", "type": "int"}, {"name": "Name", "type": ["null", "string"]},
        {"name": "kind", "type": {"type": "enum", "name": "k", "symbols": ["A", "B"]}},
        {"name": "raw", "type": "bytes"}, {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "size", "type": "double"}]}"#;

    fn record(id: i32, name: Option<&str>) -> Value {
        let name = match name {
            Some(name) => Value::Union(1, Box::new(Value::String(name.into()))),
            None => Value::Union(0, Box::new(Value::Null)),
        };
        Value::Record(vec![
            ("id".into(), Value::Int(id)),
            ("Name".into(), name),
            ("kind".into(), Value::Enum(1, "B".into())),
            ("raw".into(), Value::Bytes(vec![1, 0xe9])),
            ("tags".into(), Value::Array(vec![Value::String("x".into()), Value::String("y\"".into())])),
            ("size".into(), Value::Double(1.5)),
        ])
    }

    fn lines(file: &[u8]) -> Result<String, Fault> {
        let mut text = Vec::new();
        to_json(file, |piece| {
            text.extend(piece);
            true
        })?;
        Ok(String::from_utf8(text).expect("UTF-8"))
    }

    #[test]
    fn records_become_objects() {
        for codec in [Codec::Null, Codec::Deflate(Default::default()), Codec::Snappy] {
            let file = file_of(SCHEMA, vec![record(1, Some("a\nb")), record(-2, None)], codec);
            assert_eq!(
                lines(&file).expect("a file"),
                "{\"id\":1,\"Name\":\"a\\u000ab\",\"kind\":\"B\",\"raw\":\"\\u0001é\",\"tags\":[\"x\",\"y\\\"\"],\"size\":1.5}\n\
                 {\"id\":-2,\"Name\":null,\"kind\":\"B\",\"raw\":\"\\u0001é\",\"tags\":[\"x\",\"y\\\"\"],\"size\":1.5}\n"
            );
        }
    }

    #[test]
    fn what_is_no_file_of_records_is_an_error() {
        assert!(matches!(lines(b"1|2\n"), Err(Fault::Malformed(_))));
        let longs = file_of("\"long\"", vec![Value::Long(1)], Codec::Null);
        assert!(matches!(lines(&longs), Err(Fault::Malformed(_))));
        let file = file_of(SCHEMA, vec![record(1, None)], Codec::Null);
        assert!(lines(&file[..file.len() - 3]).is_err());
    }
}
