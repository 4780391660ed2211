//! The columns of Parquet and ORC files as the table's: developer guide, "COPY from columnar data formats".
//!
//! Columns are matched by position. Redshift reads these files as Spectrum does, which wants exactly the table's types: it
//! refuses an `int64` for an INTEGER and a `double` for a DECIMAL(10,2), although that is what pandas writes when
//! nobody tells it otherwise. Here numbers are taken whatever their width, as long as every value fits: a file that
//! Redshift loads is loaded with the same values, and of those that it refuses the ones whose meaning is beyond doubt are
//! loaded too. A value that does not fit gets the error that Redshift has for the whole file, and so does every other
//! difference (a string for a number, a timestamp for a date).

use std::{ops::Range, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, GenericBinaryArray, OffsetSizeTrait, StringViewArray, StringViewBuilder},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, Field, FieldRef, TimeUnit},
    error::ArrowError,
    json::writer::{EncoderOptions, make_encoder},
};
use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use orc_rust::reader::AsyncChunkReader;
use parquet::{
    arrow::{arrow_reader::ArrowReaderOptions, async_reader::AsyncFileReader},
    basic::Repetition,
    errors::ParquetError,
    file::metadata::{ParquetMetaData, ParquetMetaDataReader},
    schema::types::SchemaDescriptor,
};
use redshift_sql_dialect::RedshiftType;

use super::convert::Target;
use crate::{
    functions::semistructured::parse::{MAX_SUPER, ParseFault, ParseOptions, parse},
    s3::{S3Error, S3Object},
    types::arrow_type,
};

/// An object as the readers of these formats read it.
#[derive(Debug, Clone)]
pub struct ObjectReader(pub S3Object);

impl AsyncFileReader for ObjectReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ParquetError>> {
        async move { self.0.read_range(range.start, range.end).await.map_err(external) }.boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>, ParquetError>> {
        async move { self.0.read_ranges(&ranges).await.map_err(external) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>, ParquetError>> {
        async move {
            let size = self.0.size;
            let reader = ParquetMetaDataReader::new().with_arrow_reader_options(options);
            Ok(Arc::new(reader.load_and_finish(self, size).await?))
        }
        .boxed()
    }
}

impl AsyncChunkReader for ObjectReader {
    fn len(&mut self) -> BoxFuture<'_, std::io::Result<u64>> {
        futures::future::ready(Ok(self.0.size)).boxed()
    }

    fn get_bytes(&mut self, start: u64, length: u64) -> BoxFuture<'_, std::io::Result<Bytes>> {
        async move { self.0.read_range(start, start + length).await.map_err(std::io::Error::other) }.boxed()
    }
}

/// What values are read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// ACCEPTINVCHARS's character.
    pub replacement: Option<u8>,
    /// SERIALIZETOJSON: a column of any type may go into a SUPER.
    pub serialize: bool,
}

fn external(error: S3Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

/// Why a column's values cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// They are not of the column's type, or one of them does not fit into it.
    Type,
    /// One of them is longer than the column.
    Length {
        /// How many bytes the column holds.
        column: usize,
        /// How many the value has.
        value: usize,
    },
    /// One of them is not UTF-8, or not ASCII for CHAR.
    Characters,
    /// One of them is NULL and the column is NOT NULL.
    Null,
}

/// Can values of this type of a file go into a column of that type of the table?
pub fn is_compatible(file: &DataType, column: RedshiftType, reading: Reading) -> bool {
    use RedshiftType::*;
    match column {
        Super => reading.serialize,
        Bool => matches!(file, DataType::Boolean),
        Int2 | Int4 | Int8 => file.is_integer(),
        Numeric { scale, .. } => match file {
            DataType::Decimal32(_, from) | DataType::Decimal64(_, from) | DataType::Decimal128(_, from) => {
                *from <= scale as i8
            }
            other => other.is_integer() || other.is_floating(),
        },
        Float4 | Float8 => file.is_floating(),
        Char(_) | Varchar(_) => {
            matches!(file, DataType::Utf8 | DataType::LargeUtf8 | DataType::Binary | DataType::LargeBinary)
        }
        Varbyte(_) => matches!(file, DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_)),
        Date => matches!(file, DataType::Date32),
        Time => matches!(file, DataType::Time32(_) | DataType::Time64(_)),
        Timestamp | TimestampTz => matches!(file, DataType::Timestamp(_, _)),
        _ => false,
    }
}

/// A file's values as the column's.
///
/// # Errors
/// Where a value does not fit.
pub fn convert(array: &ArrayRef, target: &Target, reading: Reading) -> Result<ArrayRef, Mismatch> {
    if !target.nullable && array.null_count() > 0 {
        return Err(Mismatch::Null);
    }
    if !is_compatible(array.data_type(), target.ty, reading) {
        return Err(Mismatch::Type);
    }
    let replacement = reading.replacement;
    match target.ty {
        RedshiftType::Super => documents(array),
        RedshiftType::Varchar(length) => varchar(&text(array, replacement)?, length as usize),
        RedshiftType::Char(length) => char(&text(array, replacement)?, length as usize),
        RedshiftType::Varbyte(length) => {
            let array = cast(array, &DataType::Binary)?;
            let longest = array.as_binary::<i32>().iter().flatten().map(<[u8]>::len).max().unwrap_or(0);
            fits(longest, length as usize)?;
            Ok(array)
        }
        RedshiftType::Timestamp => {
            // What a zone-aware file shows is its instant in UTC.
            let instant = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, zone_of(array)))?;
            cast(&instant, &arrow_type(target.ty))
        }
        ty => cast(array, &arrow_type(ty)),
    }
}

/// Values of any type as SUPER: structures, lists and maps as objects and arrays, dates and times as strings ("Loading
/// semistructured data", "Copying data from columnar-format Parquet and ORC").
fn documents(array: &ArrayRef) -> Result<ArrayRef, Mismatch> {
    let field: FieldRef = Arc::new(Field::new("c", array.data_type().clone(), true));
    let stamp = "%Y-%m-%d %H:%M:%S%.f";
    let options = EncoderOptions::default()
        .with_explicit_nulls(true)
        .with_timestamp_format(stamp.to_string())
        .with_timestamp_tz_format(format!("{stamp}%:z"));
    let mut encoder = make_encoder(&field, array, &options).map_err(|_| Mismatch::Type)?;
    let mut builder = StringViewBuilder::with_capacity(array.len());
    let mut text = Vec::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            builder.append_null();
            continue;
        }
        text.clear();
        encoder.encode(row, &mut text);
        let json = std::str::from_utf8(&text).map_err(|_| Mismatch::Characters)?;
        let held = parse(json, ParseOptions::DEFAULT).map_err(|fault| match fault {
            ParseFault::Syntax => Mismatch::Type,
            _ => Mismatch::Length { column: MAX_SUPER, value: json.len() },
        })?;
        builder.append_value(held);
    }
    Ok(Arc::new(builder.finish()))
}

fn zone_of(array: &ArrayRef) -> Option<Arc<str>> {
    match array.data_type() {
        DataType::Timestamp(_, zone) => zone.as_ref().map(|_| Arc::from("UTC")),
        _ => None,
    }
}

/// A cast that fails instead of making NULLs.
fn cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, Mismatch> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let cast: Result<ArrayRef, ArrowError> = cast_with_options(array, to, &options);
    cast.map_err(|_| Mismatch::Type)
}

/// Strings, also those that a file holds as bytes without saying that they are text.
fn text(array: &ArrayRef, replacement: Option<u8>) -> Result<StringViewArray, Mismatch> {
    let array = match array.data_type() {
        DataType::Binary => strings_of(array.as_binary::<i32>(), replacement)?,
        DataType::LargeBinary => strings_of(array.as_binary::<i64>(), replacement)?,
        _ => Arc::clone(&cast(array, &DataType::Utf8View)?),
    };
    Ok(array.as_string_view().clone())
}

fn strings_of<O: OffsetSizeTrait>(
    bytes: &GenericBinaryArray<O>,
    replacement: Option<u8>,
) -> Result<ArrayRef, Mismatch> {
    let mut builder = StringViewBuilder::with_capacity(bytes.len());
    for value in bytes {
        match (value, value.map(std::str::from_utf8), replacement) {
            (None, ..) | (_, None, _) => builder.append_null(),
            (_, Some(Ok(text)), _) => builder.append_value(text),
            (Some(value), Some(Err(_)), Some(replacement)) => {
                let mut text = String::with_capacity(value.len());
                for chunk in value.utf8_chunks() {
                    text.push_str(chunk.valid());
                    text.extend(chunk.invalid().iter().map(|_| char::from(replacement)));
                }
                builder.append_value(text);
            }
            (_, Some(Err(_)), None) => return Err(Mismatch::Characters),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn varchar(strings: &StringViewArray, length: usize) -> Result<ArrayRef, Mismatch> {
    fits(strings.lengths().max().unwrap_or(0) as usize, length)?;
    Ok(Arc::new(strings.clone()))
}

/// CHAR is held without the blanks at its end.
fn char(strings: &StringViewArray, length: usize) -> Result<ArrayRef, Mismatch> {
    let mut builder = StringViewBuilder::with_capacity(strings.len());
    for text in strings {
        let text = text.map(|text| text.trim_end_matches(' '));
        if text.is_some_and(|text| !text.is_ascii()) {
            return Err(Mismatch::Characters);
        }
        fits(text.map_or(0, str::len), length)?;
        builder.append_option(text);
    }
    Ok(Arc::new(builder.finish()))
}

fn fits(value: usize, column: usize) -> Result<(), Mismatch> {
    if value > column { Err(Mismatch::Length { column, value }) } else { Ok(()) }
}

/// A column's type as Spectrum names it.
pub fn column_type_name(ty: RedshiftType) -> String {
    match ty {
        RedshiftType::Bool => "BOOLEAN".into(),
        RedshiftType::Int2 => "SMALLINT".into(),
        RedshiftType::Int4 => "INT".into(),
        RedshiftType::Int8 => "BIGINT".into(),
        RedshiftType::Float4 => "FLOAT".into(),
        RedshiftType::Float8 => "DOUBLE".into(),
        RedshiftType::Numeric { precision, scale } => format!("DECIMAL({precision}, {scale})"),
        RedshiftType::Char(length) => format!("CHAR({length})"),
        RedshiftType::Varchar(length) => format!("VARCHAR({length})"),
        RedshiftType::Timestamp | RedshiftType::TimestampTz => "TIMESTAMP".into(),
        other => other.base_name().to_uppercase(),
    }
}

/// A file's column as Spectrum shows it: `optional int64 product_id [i:0 d:1 r:0]`.
pub fn column_schema_text(schema: &SchemaDescriptor, column: usize) -> String {
    let field = &schema.root_schema().get_fields()[column];
    let info = field.get_basic_info();
    let repetition = match info.has_repetition().then(|| info.repetition()) {
        Some(Repetition::OPTIONAL) => "optional",
        Some(Repetition::REPEATED) => "repeated",
        Some(Repetition::REQUIRED) | None => "required",
    };
    let leaf = schema.columns().iter().position(|leaf| leaf.path().parts()[0] == field.name());
    let levels = leaf.map_or(String::new(), |leaf| {
        let descriptor = schema.column(leaf);
        format!(" [i:{leaf} d:{} r:{}]", descriptor.max_def_level(), descriptor.max_rep_level())
    });
    let kind = if field.is_primitive() { field.get_physical_type().to_string().to_lowercase() } else { "group".into() };
    format!("{repetition} {kind} {}{levels}", field.name())
}

#[cfg(test)]
mod tests {
    use arrow::{
        array::{
            BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
            StructArray, TimestampNanosecondArray,
        },
        util::display::array_value_to_string,
    };
    use parquet::schema::parser::parse_message_type;

    use super::*;

    fn target(ty: RedshiftType) -> Target {
        Target { name: "c".into(), ty, nullable: true }
    }

    fn loaded(array: impl Array + 'static, ty: RedshiftType) -> Result<Vec<String>, Mismatch> {
        let array: ArrayRef = Arc::new(array);
        let converted = convert(&array, &target(ty), Reading::default())?;
        assert_eq!(converted.data_type(), &arrow_type(ty));
        Ok((0..converted.len()).map(|row| array_value_to_string(&converted, row).expect("a text")).collect())
    }

    #[test]
    fn what_pandas_writes_is_loaded_when_it_fits() {
        assert_eq!(loaded(Int64Array::from(vec![1, -7]), RedshiftType::Int4), Ok(vec!["1".into(), "-7".into()]));
        let prices = Float64Array::from(vec![1299.99, 29.99, 800.0]);
        let texts = |texts: &[&str]| Ok(texts.iter().map(|text| text.to_string()).collect());
        assert_eq!(loaded(prices, RedshiftType::numeric(10, 2)), texts(&["1299.99", "29.99", "800.00"]));
        let times = TimestampNanosecondArray::from(vec![1_540_919_166_796_000_001]);
        assert_eq!(loaded(times, RedshiftType::Timestamp), texts(&["2018-10-30T17:06:06.796"]));
        let zoned = TimestampNanosecondArray::from(vec![1_540_919_166_796_000_000]).with_timezone("UTC");
        assert_eq!(loaded(zoned.clone(), RedshiftType::Timestamp), texts(&["2018-10-30T17:06:06.796"]));
        assert_eq!(loaded(zoned, RedshiftType::TimestampTz), texts(&["2018-10-30T17:06:06.796Z"]));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(loaded(Int64Array::from(vec![1 << 40]), RedshiftType::Int4), Err(Mismatch::Type));
        assert_eq!(loaded(Int64Array::from(vec![40_000]), RedshiftType::Int2), Err(Mismatch::Type));
        assert_eq!(loaded(Float64Array::from(vec![1e9]), RedshiftType::numeric(10, 2)), Err(Mismatch::Type));
        let decimal = Decimal128Array::from(vec![12_345]).with_precision_and_scale(10, 3).expect("a decimal");
        assert_eq!(loaded(decimal, RedshiftType::numeric(10, 2)), Err(Mismatch::Type));
    }

    #[test]
    fn types_of_another_meaning_are_refused() {
        assert_eq!(loaded(StringArray::from(vec!["1"]), RedshiftType::Int4), Err(Mismatch::Type));
        assert_eq!(loaded(Float64Array::from(vec![1.0]), RedshiftType::Int4), Err(Mismatch::Type));
        assert_eq!(loaded(Int64Array::from(vec![1]), RedshiftType::Varchar(5)), Err(Mismatch::Type));
        assert_eq!(loaded(Int64Array::from(vec![1]), RedshiftType::Float8), Err(Mismatch::Type));
        assert_eq!(loaded(BooleanArray::from(vec![true]), RedshiftType::Int2), Err(Mismatch::Type));
        assert_eq!(loaded(Date32Array::from(vec![1]), RedshiftType::Timestamp), Err(Mismatch::Type));
    }

    #[test]
    fn strings_are_measured_in_bytes() {
        let strings = || StringArray::from(vec!["é", "abc"]);
        assert!(loaded(strings(), RedshiftType::Varchar(3)).is_ok());
        assert_eq!(loaded(strings(), RedshiftType::Varchar(2)), Err(Mismatch::Length { column: 2, value: 3 }));
        assert_eq!(loaded(strings(), RedshiftType::Char(3)), Err(Mismatch::Characters));
        assert_eq!(loaded(StringArray::from(vec!["ab   "]), RedshiftType::Char(2)), Ok(vec!["ab".into()]));
    }

    #[test]
    fn bytes_become_text_where_they_are() {
        let bytes: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b"ok", b"a\xff"]));
        let varchar = target(RedshiftType::Varchar(5));
        assert_eq!(convert(&bytes, &varchar, Reading::default()).expect_err("not UTF-8"), Mismatch::Characters);
        let replaced =
            convert(&bytes, &varchar, Reading { replacement: Some(b'?'), ..Reading::default() }).expect("replaced");
        assert_eq!(replaced.as_string_view().value(1), "a?");
    }

    #[test]
    fn any_type_may_become_a_super() {
        let names: ArrayRef = Arc::new(StringArray::from(vec![Some("a \"b\""), None]));
        let days: ArrayRef = Arc::new(Date32Array::from(vec![Some(0), Some(1)]));
        let times: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1_540_919_166_796_000_000; 2]));
        let fields = [("name", names), ("day", days), ("at", times)];
        let nested: ArrayRef = Arc::new(StructArray::try_from(fields.to_vec()).expect("a structure"));
        let target = target(RedshiftType::Super);
        assert_eq!(convert(&nested, &target, Reading::default()).expect_err("not asked for"), Mismatch::Type);
        let serialized = convert(&nested, &target, Reading { serialize: true, ..Reading::default() });
        let texts: Vec<_> = serialized.expect("texts").as_string_view().iter().flatten().map(str::to_owned).collect();
        assert_eq!(
            texts,
            [
                r#"{"name":"a \"b\"","day":"1970-01-01","at":"2018-10-30 17:06:06.796"}"#,
                r#"{"name":null,"day":"1970-01-02","at":"2018-10-30 17:06:06.796"}"#,
            ]
        );
    }

    #[test]
    fn nulls_need_a_column_that_takes_them() {
        let array: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
        let required = Target { nullable: false, ..target(RedshiftType::Int8) };
        assert_eq!(convert(&array, &required, Reading::default()).expect_err("NULL"), Mismatch::Null);
    }

    #[test]
    fn schemas_are_shown_as_spectrum_shows_them() {
        let message = "message m { optional int64 product_id; required binary name (STRING); \
                       optional group tags (LIST) { repeated group list { optional int32 element; } } }";
        let schema = SchemaDescriptor::new(Arc::new(parse_message_type(message).expect("a schema")));
        assert_eq!(column_schema_text(&schema, 0), "optional int64 product_id [i:0 d:1 r:0]");
        assert_eq!(column_schema_text(&schema, 1), "required byte_array name [i:1 d:0 r:0]");
        assert_eq!(column_schema_text(&schema, 2), "optional group tags [i:2 d:3 r:1]");
    }
}
