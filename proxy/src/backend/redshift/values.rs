//! Values of the Data API in the Arrow form of their types.
//!
//! Integers, floats, booleans and binary values come as what they are, everything else as the text that the warehouse
//! printed for the session's settings.

use std::{str::FromStr, sync::Arc};

use arrow::{
    array::{
        ArrayRef, BinaryBuilder, BooleanBuilder, Decimal128Array, Int16Builder, Int32Builder, Int64Builder,
        ListBuilder, PrimitiveArray, StringViewBuilder,
    },
    datatypes::{
        ArrowPrimitiveType, Date32Type, DurationMicrosecondType, Float32Type, Float64Type, Int16Type, Int32Type,
        Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalYearMonthType, Time64MicrosecondType,
        TimestampMicrosecondType,
    },
};
use aws_sdk_redshiftdata::types::Field;
use blueshift_emulator::text_input::{
    DateTimeInput, InputError, IntervalValue, Rounding, parse_abstime, parse_bool, parse_date, parse_float4,
    parse_float8, parse_interval, parse_numeric, parse_time, parse_timestamp, parse_timestamptz, parse_timetz,
};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

/// A value as it came.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub enum Value<'a> {
    Null,
    Text(&'a str),
    Long(i64),
    Double(f64),
    Bool(bool),
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> {
    /// The value of a field.
    ///
    /// # Errors
    /// 0A000 for a kind of field that is not known.
    pub fn of_field(field: &'a Field) -> Result<Value<'a>> {
        match field {
            Field::IsNull(_) => Ok(Value::Null),
            Field::StringValue(text) => Ok(Value::Text(text)),
            Field::LongValue(value) => Ok(Value::Long(*value)),
            Field::DoubleValue(value) => Ok(Value::Double(*value)),
            Field::BooleanValue(value) => Ok(Value::Bool(*value)),
            Field::BlobValue(bytes) => Ok(Value::Bytes(bytes.as_ref())),
            _ => Err(Error::unsupported("a field of the Data API is not of a known kind")),
        }
    }
}

/// Reads the values of a column.
///
/// # Errors
/// XX000 where a value is not of the type.
pub fn array<'a>(
    ty: RedshiftType,
    values: impl Iterator<Item = Result<Value<'a>>>,
    input: &DateTimeInput,
) -> Result<ArrayRef> {
    use RedshiftType::*;
    Ok(match ty {
        Bool => {
            let mut builder = BooleanBuilder::new();
            for value in values {
                builder.append_option(match value? {
                    Value::Null => None,
                    Value::Bool(value) => Some(value),
                    Value::Text(text) => Some(parse_bool(text).map_err(unreadable)?),
                    other => return Err(not_of(ty, other)),
                });
            }
            Arc::new(builder.finish())
        }
        Int2 => integers::<Int16Type>(ty, values)?,
        Int4 => integers::<Int32Type>(ty, values)?,
        Int8 | Oid => integers::<Int64Type>(ty, values)?,
        AbsTime => primitives::<Int64Type>(ty, values, |text| parse_abstime(text, input))?,
        Float4 => floats::<Float32Type>(ty, values, |value| value as f32, parse_float4)?,
        Float8 => floats::<Float64Type>(ty, values, |value| value, parse_float8)?,
        Numeric { precision, scale } => decimals(precision, scale, values)?,
        Char(_) => strings(ty, values, |text| text.trim_end_matches(' '))?,
        Varchar(_) | Text | Name | RegProc | RegProcedure | RegClass | RegType | InternalChar | AclItem | CString
        | Super | Unknown => strings(ty, values, |text| text)?,
        Date => primitives::<Date32Type>(ty, values, |text| parse_date(text, input))?,
        Time => primitives::<Time64MicrosecondType>(ty, values, |text| parse_time(text, input))?,
        TimeTz => primitives::<Time64MicrosecondType>(ty, values, |text| parse_timetz(text, input))?,
        Timestamp => primitives::<TimestampMicrosecondType>(ty, values, |text| parse_timestamp(text, input))?,
        TimestampTz => {
            let read = |text: &str| match far_from_utc(text, input) {
                Some(micros) => Ok(micros),
                None => parse_timestamptz(text, input),
            };
            let array = primitive_array::<TimestampMicrosecondType>(ty, values, read)?;
            Arc::new(array.with_timezone("UTC"))
        }
        IntervalYearToMonth(_) => {
            primitives::<IntervalYearMonthType>(ty, values, |text| Ok(parse_interval(text)?.months))?
        }
        IntervalDayToSecond(_) => primitives::<DurationMicrosecondType>(ty, values, |text| {
            let IntervalValue { days, micros, .. } = parse_interval(text)?;
            Ok(i64::from(days) * 86_400_000_000 + micros)
        })?,
        Interval => primitives::<IntervalMonthDayNanoType>(ty, values, |text| {
            let IntervalValue { months, days, micros } = parse_interval(text)?;
            Ok(IntervalMonthDayNano::new(months, days, micros.saturating_mul(1_000)))
        })?,
        Varbyte(_) | Geometry | Geography => binaries(ty, values, from_hex)?,
        // Its text form is kept as it is.
        HllSketch => binaries(ty, values, |text| Some(text.as_bytes().to_vec()))?,
        Int2Vector | Int2Array => lists(ty, values, ListBuilder::new(Int16Builder::new()), |builder, item| {
            builder.append_option(number(ty, item)?);
            Ok(())
        })?,
        Int4Array => lists(ty, values, ListBuilder::new(Int32Builder::new()), |builder, item| {
            builder.append_option(number(ty, item)?);
            Ok(())
        })?,
        OidVector | OidArray => lists(ty, values, ListBuilder::new(Int64Builder::new()), |builder, item| {
            builder.append_option(number(ty, item)?);
            Ok(())
        })?,
        TextArray | InternalCharArray | AclItemArray => {
            lists(ty, values, ListBuilder::new(StringViewBuilder::new()), |builder, item| {
                builder.append_option(item);
                Ok(())
            })?
        }
    })
}

fn unreadable(error: InputError) -> Error {
    let error = error.into_error();
    Error::internal(format!("the Data API gave a value that cannot be read: {}", error.message()))
}

fn not_of(ty: RedshiftType, value: Value<'_>) -> Error {
    let kind = match value {
        Value::Null => "NULL",
        Value::Text(_) => "text",
        Value::Long(_) => "an integer",
        Value::Double(_) => "a double",
        Value::Bool(_) => "a boolean",
        Value::Bytes(_) => "bytes",
    };
    Error::internal(format!("the Data API gave {kind} for a value of type {ty}"))
}

fn primitive_array<'a, T: ArrowPrimitiveType>(
    ty: RedshiftType,
    values: impl Iterator<Item = Result<Value<'a>>>,
    read: impl Fn(&str) -> Result<T::Native, InputError>,
) -> Result<PrimitiveArray<T>> {
    let values = values.map(|value| match value? {
        Value::Null => Ok(None),
        Value::Text(text) => read(text).map(Some).map_err(unreadable),
        other => Err(not_of(ty, other)),
    });
    let values: Vec<Option<T::Native>> = values.collect::<Result<_>>()?;
    Ok(PrimitiveArray::<T>::from_iter(values))
}

fn primitives<'a, T: ArrowPrimitiveType>(
    ty: RedshiftType,
    values: impl Iterator<Item = Result<Value<'a>>>,
    read: impl Fn(&str) -> Result<T::Native, InputError>,
) -> Result<ArrayRef> {
    Ok(Arc::new(primitive_array::<T>(ty, values, read)?))
}

fn integers<'a, T>(ty: RedshiftType, values: impl Iterator<Item = Result<Value<'a>>>) -> Result<ArrayRef>
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<i64> + FromStr,
{
    let values = values.map(|value| {
        let value = value?;
        let read = match value {
            Value::Null => return Ok(None),
            Value::Long(value) => T::Native::try_from(value).ok(),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        };
        read.map(Some).ok_or_else(|| not_of(ty, value))
    });
    let values: Vec<Option<T::Native>> = values.collect::<Result<_>>()?;
    Ok(Arc::new(PrimitiveArray::<T>::from_iter(values)))
}

fn floats<'a, T: ArrowPrimitiveType>(
    ty: RedshiftType,
    values: impl Iterator<Item = Result<Value<'a>>>,
    of_double: impl Fn(f64) -> T::Native,
    read: impl Fn(&str) -> Result<T::Native, InputError>,
) -> Result<ArrayRef> {
    let values = values.map(|value| match value? {
        Value::Null => Ok(None),
        Value::Double(value) => Ok(Some(of_double(value))),
        Value::Long(value) => Ok(Some(of_double(value as f64))),
        Value::Text(text) => read(text).map(Some).map_err(unreadable),
        other => Err(not_of(ty, other)),
    });
    let values: Vec<Option<T::Native>> = values.collect::<Result<_>>()?;
    Ok(Arc::new(PrimitiveArray::<T>::from_iter(values)))
}

/// A TIMESTAMPTZ in a zone that is farther from UTC than one may be named: `2024-06-30 00:00:00-36`.
fn far_from_utc(text: &str, input: &DateTimeInput) -> Option<i64> {
    let at = text.rfind(['+', '-']).filter(|at| text[..*at].contains(':'))?;
    let (local, displacement) = text.split_at(at);
    let (hours, minutes) = displacement[1..].split_once(':').unwrap_or((&displacement[1..], "0"));
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    if hours < 15 {
        return None;
    }
    let ahead = (hours * 60 + minutes) * 60_000_000;
    let ahead = if displacement.starts_with('-') { -ahead } else { ahead };
    Some(parse_timestamp(local, input).ok()? - ahead)
}

fn decimals<'a>(precision: u8, scale: u8, values: impl Iterator<Item = Result<Value<'a>>>) -> Result<ArrayRef> {
    let read = |text: &str| parse_numeric(text, precision, scale, Rounding::HalfAwayFromZero).map_err(unreadable);
    let values = values.map(|value| match value? {
        Value::Null => Ok(None),
        Value::Text(text) => read(text).map(Some),
        Value::Long(value) => read(&value.to_string()).map(Some),
        Value::Double(value) => read(&value.to_string()).map(Some),
        other => Err(not_of(RedshiftType::Numeric { precision, scale }, other)),
    });
    let values: Vec<Option<i128>> = values.collect::<Result<_>>()?;
    let array = Decimal128Array::from_iter(values).with_precision_and_scale(precision, scale as i8);
    Ok(Arc::new(array.map_err(|error| Error::internal(error.to_string()))?))
}

fn strings<'a>(
    ty: RedshiftType,
    values: impl Iterator<Item = Result<Value<'a>>>,
    kept: impl Fn(&'a str) -> &'a str,
) -> Result<ArrayRef> {
    let mut builder = StringViewBuilder::new();
    for value in values {
        match value? {
            Value::Null => builder.append_null(),
            Value::Text(text) => builder.append_value(kept(text)),
            Value::Long(value) => builder.append_value(value.to_string()),
            Value::Bool(value) => builder.append_value(value.to_string()),
            other => return Err(not_of(ty, other)),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn binaries<'a>(
    ty: RedshiftType,
    values: impl Iterator<Item = Result<Value<'a>>>,
    read: impl Fn(&str) -> Option<Vec<u8>>,
) -> Result<ArrayRef> {
    let mut builder = BinaryBuilder::new();
    for value in values {
        match value? {
            Value::Null => builder.append_null(),
            Value::Bytes(bytes) => builder.append_value(bytes),
            Value::Text(text) => builder.append_value(read(text).ok_or_else(|| not_of(ty, Value::Text(text)))?),
            other => return Err(not_of(ty, other)),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2))
        .map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect()
}

fn lists<'a, B: arrow::array::ArrayBuilder>(
    ty: RedshiftType,
    values: impl Iterator<Item = Result<Value<'a>>>,
    mut builder: ListBuilder<B>,
    append: impl Fn(&mut B, Option<&str>) -> Result<()>,
) -> Result<ArrayRef> {
    for value in values {
        match value? {
            Value::Null => builder.append_null(),
            Value::Text(text) => {
                for item in items(text).ok_or_else(|| not_of(ty, Value::Text(text)))? {
                    append(builder.values(), item.as_deref())?;
                }
                builder.append(true);
            }
            other => return Err(not_of(ty, other)),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn number<T: FromStr>(ty: RedshiftType, item: Option<&str>) -> Result<Option<T>> {
    let Some(item) = item else { return Ok(None) };
    let message =
        || Error::new(SqlState::INTERNAL_ERROR, format!("the Data API gave \"{item}\" in a value of type {ty}"));
    item.parse().map(Some).map_err(|_| message())
}

/// The items of `{a,"b c",NULL}`, or of `1 2 3`.
fn items(text: &str) -> Option<Vec<Option<String>>> {
    let Some(inner) = text.strip_prefix('{') else {
        return Some(text.split_ascii_whitespace().map(|item| Some(item.to_string())).collect());
    };
    let inner = inner.strip_suffix('}')?;
    let mut items = Vec::new();
    if inner.is_empty() {
        return Some(items);
    }
    let mut chars = inner.chars();
    let (mut item, mut quoted, mut was_quoted) = (String::new(), false, false);
    loop {
        match chars.next() {
            Some('\\') => item.push(chars.next()?),
            Some('"') => {
                quoted = !quoted;
                was_quoted = true;
            }
            Some(c) if quoted || c != ',' => item.push(c),
            end => {
                let value = std::mem::take(&mut item);
                items.push((was_quoted || value != "NULL").then_some(value));
                was_quoted = false;
                if end.is_none() {
                    return (!quoted).then_some(items);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Array;
    use blueshift_emulator::{text_output::TextStyle, types::arrow_type};

    use super::*;
    use crate::wire::encode::text_value;

    /// What a client reads where the Data API gave this text.
    fn shown(ty: RedshiftType, text: &str) -> String {
        let array = array(ty, [Ok(Value::Text(text)), Ok(Value::Null)].into_iter(), &DateTimeInput::default()).unwrap();
        assert_eq!(*array.data_type(), arrow_type(ty));
        assert!(array.is_null(1));
        text_value(&array, 0, ty, TextStyle::default()).unwrap().unwrap()
    }

    #[test]
    fn each_type_is_read_and_written_as_it_was() {
        use RedshiftType::*;
        let same = [
            (Bool, "t"),
            (Int2, "-32768"),
            (Int4, "7"),
            (Int8, "9223372036854775807"),
            (Float8, "1.5"),
            (Float4, "NaN"),
            (RedshiftType::numeric(10, 2), "-12345678.90"),
            (RedshiftType::numeric(38, 0), "12345678901234567890123456789012345678"),
            (Varchar(9), " é "),
            (Text, ""),
            (Date, "2024-02-29"),
            (Date, "0044-03-15 BC"),
            (Time, "23:59:59.999999"),
            (TimeTz, "01:02:03+00"),
            (Timestamp, "2024-01-02 03:04:05.678901"),
            (TimestampTz, "2024-01-02 03:04:05+00"),
            (RedshiftType::YEAR_TO_MONTH, "1 year 2 mons"),
            (RedshiftType::DAY_TO_SECOND, "3 days 04:05:06"),
            (Super, "{\"a\":[1,null]}"),
            (Varbyte(3), "61ff00"),
            (Int2Vector, "1 2"),
            (TextArray, "{a,\"b c\",NULL}"),
            (OidArray, "{}"),
            (Oid, "4294967295"),
        ];
        for (ty, text) in same {
            assert_eq!(shown(ty, text), text, "{ty}");
        }
        assert_eq!(shown(Char(5), "ab   "), "ab   ");
        assert_eq!(shown(TimestampTz, "2024-01-02 03:04:05+02"), "2024-01-02 01:04:05+00");
        assert_eq!(shown(TimestampTz, "2024-01-02 03:04:05-36:30"), "2024-01-03 15:34:05+00");
        assert_eq!(shown(AbsTime, "infinity"), "infinity");
    }

    #[test]
    fn what_is_not_of_its_type_is_an_error() {
        let read = |ty, value| array(ty, [Ok(value)].into_iter(), &DateTimeInput::default()).map(|_| ());
        assert!(read(RedshiftType::Int2, Value::Long(40_000)).is_err());
        assert!(read(RedshiftType::Date, Value::Text("x")).is_err());
        assert!(read(RedshiftType::Varbyte(3), Value::Text("6")).is_err());
        assert!(read(RedshiftType::Bool, Value::Double(1.0)).is_err());
        assert!(read(RedshiftType::Varbyte(3), Value::Bytes(b"x")).is_ok());
    }
}
