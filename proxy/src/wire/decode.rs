//! Parameters of Bind to text: the form in which the engine takes them.
//!
//! Text passes as it is. Binary is PostgreSQL's receive format of the type that the client declared or, where it left
//! that to us, of the type that Describe answered. The text that comes out is what the type's input reads.

use std::fmt;

use blueshift_emulator::text_output::{self, TextStyle};
use bytes::{Buf, Bytes};
use redshift_sql_dialect::{Error, Result, SqlState};

use super::{encode::Format, frontend::not_utf8};

/// Days from 1970-01-01 to 2000-01-01, where the protocol begins to count.
const EPOCH_DAYS: i32 = 10_957;
/// The same in microseconds.
const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * 86_400_000_000;

/// A parameter's value as text; NULL is none. `number` counts from 1 and serves messages.
///
/// # Errors
/// 22P03 where the bytes are no value of the type, 22021 where text is not UTF-8, 0A000 for types without binary input.
pub fn parameter(value: Option<Bytes>, format: Format, type_oid: u32, number: usize) -> Result<Option<String>> {
    let Some(value) = value else { return Ok(None) };
    match format {
        // A C string there: what is behind a zero byte is lost.
        Format::Text => plain_text(value.split(|byte| *byte == 0).next().unwrap_or_default()).map(Some),
        Format::Binary => {
            let mut fields = Fields { bytes: value, number };
            let text = binary(&mut fields, type_oid)?;
            fields.end()?;
            Ok(Some(text))
        }
    }
}

fn plain_text(value: &[u8]) -> Result<String> {
    match std::str::from_utf8(value) {
        Ok(text) if !text.contains('\0') => Ok(text.to_string()),
        _ => Err(not_utf8()),
    }
}

/// The binary form of a type that is known by its OID. Some are not columns' types but clients send them.
fn binary(fields: &mut Fields, type_oid: u32) -> Result<String> {
    let style = TextStyle::default();
    match type_oid {
        // bool
        16 => Ok(if fields.int8()? != 0 { "t" } else { "f" }.to_string()),
        // int8, int2, int4, oid
        20 => Ok(fields.int64()?.to_string()),
        21 => Ok(fields.int16()?.to_string()),
        23 => Ok(fields.int32()?.to_string()),
        26 => Ok((fields.int32()? as u32).to_string()),
        // float4, float8: the digits that give the same bits again
        700 => Ok(float_text(f32::from_bits(fields.int32()? as u32))),
        701 => Ok(float_text(f64::from_bits(fields.int64()? as u64))),
        1700 => numeric(fields),
        // date, time, timetz, timestamp, timestamptz
        1082 => date(fields),
        1083 => {
            let micros = fields.int64()?;
            written(|out| text_output::write_time(out, micros))
        }
        1266 => timetz(fields),
        1114 => moment(fields, text_output::write_timestamp),
        1184 => moment(fields, text_output::write_timestamptz),
        // interval, intervaly2m, intervald2s
        1186 => {
            let (micros, days, months) = (fields.int64()?, fields.int32()?, fields.int32()?);
            written(|out| text_output::write_interval(out, months, days, micros, &style))
        }
        1188 => {
            let months = fields.int32()?;
            written(|out| text_output::write_year_to_month(out, months, &style))
        }
        1190 => {
            let micros = fields.int64()?;
            written(|out| text_output::write_day_to_second(out, micros, &style))
        }
        // varbyte, whose input is the bytes of a text
        6551 => {
            let text = plain_text(&fields.rest());
            text.map_err(|_| Error::unsupported("binary parameters of VARBYTE are only supported where they are UTF-8"))
        }
        // bytea, geometry, geography
        17 | 3000 | 3001 => {
            let bytes = fields.rest();
            written(|out| text_output::write_hex_lower(out, &bytes))
        }
        // uuid
        2950 => {
            let bytes: [u8; 16] = fields.take(16)?.as_ref().try_into().map_err(|_| fields.malformed())?;
            Ok(uuid::Uuid::from_bytes(bytes).to_string())
        }
        // "char", name, text, json, unknown, bpchar, varchar, super, and what nobody knows the type of
        0 | 18 | 19 | 25 | 114 | 705 | 1042 | 1043 | 4000 => plain_text(&fields.rest()),
        // int2vector, oidvector; arrays of int2, int4, text, varchar, int8, float4, float8, oid
        22 | 30 => array(fields, ["", " ", ""]),
        other if is_array(other) => array(fields, ["{", ",", "}"]),
        other => Err(Error::unsupported(format!("binary parameters of type {other} are not supported"))),
    }
}

fn is_array(type_oid: u32) -> bool {
    matches!(type_oid, 22 | 30 | 1005 | 1007 | 1009 | 1015 | 1016 | 1021 | 1022 | 1028)
}

fn written(write: impl FnOnce(&mut String) -> fmt::Result) -> Result<String> {
    let mut text = String::new();
    write(&mut text).map_err(|_| Error::internal("a parameter cannot be written"))?;
    Ok(text)
}

/// Rust writes the shortest digits that give the same number, but has its own word for infinity.
fn float_text(value: impl fmt::Display) -> String {
    match value.to_string().as_str() {
        "inf" => "Infinity".to_string(),
        "-inf" => "-Infinity".to_string(),
        digits => digits.to_string(),
    }
}

fn date(fields: &mut Fields) -> Result<String> {
    let days = fields.int32()?.checked_add(EPOCH_DAYS).ok_or_else(|| fields.malformed())?;
    written(|out| text_output::write_date(out, days, &TextStyle::default()))
}

/// Microseconds since 2000 to text, by the function that writes those since 1970.
fn moment(fields: &mut Fields, write: fn(&mut String, i64, &TextStyle) -> fmt::Result) -> Result<String> {
    let micros = fields.int64()?.checked_add(EPOCH_MICROS).ok_or_else(|| fields.malformed())?;
    written(|out| write(out, micros, &TextStyle::default()))
}

/// A time and its zone in seconds west of Greenwich.
fn timetz(fields: &mut Fields) -> Result<String> {
    let (micros, west) = (fields.int64()?, fields.int32()?);
    let time = written(|out| text_output::write_time(out, micros))?;
    let sign = if west > 0 { '-' } else { '+' };
    let minutes = west.unsigned_abs() / 60;
    Ok(format!("{time}{sign}{:02}:{:02}", minutes / 60, minutes % 60))
}

/// Groups of four digits, from the one of the given weight downwards.
fn numeric(fields: &mut Fields) -> Result<String> {
    let count = fields.int16()?;
    let (weight, sign, scale) = (fields.int16()?, fields.int16()? as u16, fields.int16()?);
    if sign == 0xc000 {
        return Ok("NaN".to_string());
    }
    if count < 0 || scale < 0 || !matches!(sign, 0 | 0x4000) {
        return Err(fields.malformed());
    }
    let mut groups = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let group = fields.int16()?;
        if !(0..10_000).contains(&group) {
            return Err(fields.malformed());
        }
        groups.push(group);
    }
    let group_at =
        |place: i32| usize::try_from(i32::from(weight) - place).ok().and_then(|i| groups.get(i)).unwrap_or(&0);
    let mut text = String::from(if sign == 0x4000 { "-" } else { "" });
    match weight {
        ..0 => text.push('0'),
        _ => {
            text.push_str(&group_at(i32::from(weight)).to_string());
            (0..i32::from(weight)).rev().for_each(|place| text.push_str(&format!("{:04}", group_at(place))));
        }
    }
    if scale > 0 {
        let places = i32::from(scale).div_euclid(4) + 1;
        let fraction: String = (1..=places).map(|place| format!("{:04}", group_at(-place))).collect();
        text.push('.');
        text.push_str(&fraction[..scale as usize]);
    }
    Ok(text)
}

/// An array of one dimension: its items in their own binary form.
fn array(fields: &mut Fields, [before, between, behind]: [&str; 3]) -> Result<String> {
    let (dimensions, _has_nulls, item_oid) = (fields.int32()?, fields.int32()?, fields.int32()? as u32);
    if is_array(item_oid) {
        return Err(fields.malformed());
    }
    let items = match dimensions {
        0 => 0,
        1 => {
            let (items, _lower_bound) = (fields.int32()?, fields.int32()?);
            items
        }
        _ => return Err(Error::unsupported("arrays of several dimensions are not supported")),
    };
    let mut text = before.to_string();
    for index in 0..items {
        if index > 0 {
            text.push_str(between);
        }
        match fields.int32()? {
            -1 => text.push_str("NULL"),
            length => {
                let length = usize::try_from(length).map_err(|_| fields.malformed())?;
                let mut item = Fields { bytes: fields.take(length)?, number: fields.number };
                let value = binary(&mut item, item_oid)?;
                item.end()?;
                text_output::write_array_item(&mut text, &value).map_err(|_| fields.malformed())?;
            }
        }
    }
    text.push_str(behind);
    Ok(text)
}

/// The fields of a value, one after the other.
struct Fields {
    bytes: Bytes,
    number: usize,
}

impl Fields {
    fn malformed(&self) -> Error {
        let message = format!("incorrect binary data format in bind parameter {}", self.number);
        Error::new(SqlState::INVALID_BINARY_REPRESENTATION, message)
    }

    fn take(&mut self, length: usize) -> Result<Bytes> {
        if self.bytes.len() < length { Err(self.malformed()) } else { Ok(self.bytes.split_to(length)) }
    }

    fn rest(&mut self) -> Bytes {
        self.bytes.split_to(self.bytes.len())
    }

    fn int8(&mut self) -> Result<i8> {
        self.take(1).map(|mut bytes| bytes.get_i8())
    }

    fn int16(&mut self) -> Result<i16> {
        self.take(2).map(|mut bytes| bytes.get_i16())
    }

    fn int32(&mut self) -> Result<i32> {
        self.take(4).map(|mut bytes| bytes.get_i32())
    }

    fn int64(&mut self) -> Result<i64> {
        self.take(8).map(|mut bytes| bytes.get_i64())
    }

    fn end(&self) -> Result<()> {
        if self.bytes.is_empty() { Ok(()) } else { Err(self.malformed()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(type_oid: u32, bytes: &[u8]) -> Result<String> {
        parameter(Some(Bytes::copy_from_slice(bytes)), Format::Binary, type_oid, 1).map(Option::unwrap_or_default)
    }

    fn text_of(type_oid: u32, bytes: &[u8]) -> String {
        decoded(type_oid, bytes).unwrap()
    }

    #[test]
    fn numbers() {
        assert_eq!(text_of(16, &[1]), "t");
        assert_eq!(text_of(21, &(-7i16).to_be_bytes()), "-7");
        assert_eq!(text_of(23, &i32::MIN.to_be_bytes()), "-2147483648");
        assert_eq!(text_of(20, &i64::MAX.to_be_bytes()), "9223372036854775807");
        assert_eq!(text_of(26, &[0xff; 4]), "4294967295");
        assert_eq!(text_of(700, &0.1f32.to_be_bytes()), "0.1");
        assert_eq!(text_of(701, &0.1f64.to_be_bytes()), "0.1");
        assert_eq!(text_of(701, &f64::NEG_INFINITY.to_be_bytes()), "-Infinity");
    }

    /// ndigits, weight, sign, dscale, groups
    fn numeric_text(words: &[u16]) -> String {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        text_of(1700, &bytes)
    }

    #[test]
    fn numeric_of_postgres() {
        assert_eq!(numeric_text(&[0, 0, 0, 2]), "0.00");
        assert_eq!(numeric_text(&[2, 0, 0, 2, 123, 4_500]), "123.45");
        assert_eq!(numeric_text(&[2, 0, 0x4000, 2, 123, 4_500]), "-123.45");
        assert_eq!(numeric_text(&[1, 2, 0, 0, 1]), "100000000");
        assert_eq!(numeric_text(&[1, 0xfffe, 0, 5, 1_000]), "0.00001");
        assert_eq!(numeric_text(&[1, 0xffff, 0, 4, 5]), "0.0005");
        assert_eq!(numeric_text(&[0, 0, 0xc000, 0]), "NaN");
        assert!(decoded(1700, &[0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x10]).is_err());
    }

    #[test]
    fn dates_and_times() {
        assert_eq!(text_of(1082, &8_796i32.to_be_bytes()), "2024-01-31");
        let since_2000 = (8_796i64 * 86_400 + 36_000) * 1_000_000 + 500_000;
        assert_eq!(text_of(1114, &since_2000.to_be_bytes()), "2024-01-31 10:00:00.50");
        assert_eq!(text_of(1184, &since_2000.to_be_bytes()), "2024-01-31 10:00:00.50+00");
        assert_eq!(text_of(1083, &36_000_000_001i64.to_be_bytes()), "10:00:00.000001");
        let berlin = [36_000_000_000i64.to_be_bytes().to_vec(), (-7_200i32).to_be_bytes().to_vec()].concat();
        assert_eq!(text_of(1266, &berlin), "10:00:00+02:00");
        assert_eq!(text_of(1188, &14i32.to_be_bytes()), "1 year 2 mons");
        assert!(decoded(1082, &i32::MAX.to_be_bytes()).is_err());
    }

    #[test]
    fn texts_bytes_and_arrays() {
        assert_eq!(text_of(1043, "é".as_bytes()), "é");
        assert_eq!(text_of(705, b"x"), "x");
        assert_eq!(text_of(17, b"a\xff"), "61ff");
        assert_eq!(text_of(6551, "é".as_bytes()), "é");
        assert_eq!(decoded(6551, b"a\xff").unwrap_err().sqlstate(), SqlState::FEATURE_NOT_SUPPORTED);
        assert_eq!(text_of(2950, &[0x11; 16]), "11111111-1111-1111-1111-111111111111");
        let array = [
            [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 23, 0, 0, 0, 2, 0, 0, 0, 1].to_vec(),
            [0, 0, 0, 4, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0xff].to_vec(),
        ]
        .concat();
        assert_eq!(text_of(1007, &array), "{7,NULL}");
        assert_eq!(text_of(1007, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 23]), "{}");
    }

    #[test]
    fn wrong_bytes_are_named_by_the_number_of_the_parameter() {
        let error = parameter(Some(Bytes::from_static(b"abc")), Format::Binary, 23, 2).unwrap_err();
        assert_eq!(error.sqlstate(), SqlState::INVALID_BINARY_REPRESENTATION);
        assert_eq!(error.message(), "incorrect binary data format in bind parameter 2");
        assert!(decoded(23, &[0; 5]).is_err());
        assert!(parameter(Some(Bytes::from_static(b"\xff")), Format::Text, 25, 1).is_err());
        assert_eq!(parameter(Some(Bytes::from_static(b"ab\0cd")), Format::Text, 25, 1).unwrap().as_deref(), Some("ab"));
        assert_eq!(decoded(600, b"").unwrap_err().sqlstate(), SqlState::FEATURE_NOT_SUPPORTED);
        assert_eq!(parameter(None, Format::Binary, 23, 1).unwrap(), None);
    }
}
