//! Results: kept as Arrow batches, given out page by page as JSON fields or CSV.
//!
//! Integers are LONG, floats DOUBLE, booleans BOOLEAN, binary values BLOB and everything else STRING: guide, "Mapping JDBC
//! data types when calling the Amazon Redshift Data API". What is told of a column is what the service's JDBC driver
//! tells: precisions and scales are those of its TypeInfoCache.

use std::{borrow::Cow, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::{Float32Type, Float64Type, Int16Type, Int32Type, Int64Type},
    record_batch::RecordBatch,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use blueshift_emulator::{ResultColumn, functions::ewkb_of_kept, text_output::TextStyle};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, types::UNSIZED};
use serde_json::{Value, json};

use super::{csv, limits::Limits};
use crate::{http::json_rpc::object, wire::encode::text_value};

/// Most bytes of a page.
const PAGE_BYTES: usize = 1_000_000;
/// What the driver says of a length that it does not know.
const UNKNOWN_LENGTH: i64 = i32::MAX as i64;

/// The rows that a statement gave.
#[derive(Debug)]
pub struct ResultSet {
    columns: Arc<[ResultColumn]>,
    style: TextStyle,
    limits: Limits,
    batches: Vec<RecordBatch>,
    rows: u64,
    bytes: u64,
}

/// A page of a result.
#[derive(Debug, PartialEq)]
pub struct Page<T> {
    /// Its rows.
    pub rows: T,
    /// The row that the next page begins with; none where this is the last one.
    pub next: Option<u64>,
}

impl ResultSet {
    /// A result without rows.
    pub fn new(columns: Arc<[ResultColumn]>, style: TextStyle, limits: Limits) -> ResultSet {
        ResultSet { columns, style, limits, batches: Vec::new(), rows: 0, bytes: 0 }
    }

    /// Adds rows.
    ///
    /// # Errors
    /// Where a row or the whole is larger than the service takes.
    pub fn push(&mut self, batch: RecordBatch) -> Result<()> {
        for row in 0..batch.num_rows() {
            let bytes: u64 = batch.columns().iter().map(|values| value_bytes(values, row)).sum();
            if bytes > self.limits.row {
                let most = self.limits.row / 1024;
                let message = format!("Packet for query is too large: a row of the result has more than {most} KB");
                return Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message));
            }
            self.bytes += bytes;
        }
        if self.bytes > self.limits.result {
            let message = "Database response exceeded size limit";
            return Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message));
        }
        self.rows += batch.num_rows() as u64;
        self.batches.push(batch);
        Ok(())
    }

    /// How many rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes of the values.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes in memory.
    pub fn memory(&self) -> usize {
        self.batches.iter().map(RecordBatch::get_array_memory_size).sum()
    }

    /// ColumnMetadata
    pub fn metadata(&self) -> Value {
        self.columns.iter().map(column_metadata).collect()
    }

    /// Records: for each row the fields.
    ///
    /// # Errors
    /// XX000 where a batch is not of the columns that were announced.
    pub fn fields(&self, from: u64) -> Result<Page<Vec<Value>>> {
        let mut records = Vec::new();
        let next = self.page(from, |batch, row| {
            let mut bytes = 2;
            let mut fields = Vec::with_capacity(self.columns.len());
            for (column, values) in self.columns.iter().zip(batch.columns()) {
                let field = field(values, row, column.ty, self.style)?;
                bytes += field.1;
                fields.push(field.0);
            }
            records.push(Value::Array(fields));
            Ok(bytes)
        })?;
        Ok(Page { rows: records, next })
    }

    /// CSVRecords
    ///
    /// # Errors
    /// XX000 where a batch is not of the columns that were announced.
    pub fn csv(&self, from: u64) -> Result<Page<String>> {
        let mut text = String::new();
        let next = self.page(from, |batch, row| {
            let before = text.len();
            for (index, (column, values)) in self.columns.iter().zip(batch.columns()).enumerate() {
                let value = text_value(values, row, column.ty, self.style)?;
                csv::write_value(&mut text, index, value.as_deref());
            }
            csv::end_record(&mut text);
            Ok(text.len() - before)
        })?;
        Ok(Page { rows: text, next })
    }

    /// Writes rows until a page is full: the row that comes next. `write` tells the bytes of what it wrote.
    fn page(&self, from: u64, mut write: impl FnMut(&RecordBatch, usize) -> Result<usize>) -> Result<Option<u64>> {
        let (mut at, mut skip, mut bytes) = (from, from, 0);
        for batch in &self.batches {
            let rows = batch.num_rows() as u64;
            for row in skip.min(rows)..rows {
                bytes += write(batch, row as usize)?;
                at += 1;
                if bytes >= PAGE_BYTES && at < self.rows {
                    return Ok(Some(at));
                }
            }
            skip = skip.saturating_sub(rows);
        }
        Ok(None)
    }
}

/// Bytes of a value, without looking at its text.
fn value_bytes(values: &ArrayRef, row: usize) -> u64 {
    if values.is_null(row) {
        0
    } else if let Some(texts) = values.as_string_view_opt() {
        texts.value(row).len() as u64
    } else if let Some(bytes) = values.as_binary_opt::<i32>() {
        bytes.value(row).len() as u64
    } else {
        values.data_type().primitive_width().unwrap_or(1) as u64
    }
}

/// A field, and about how many bytes it takes.
fn field(values: &ArrayRef, row: usize, ty: RedshiftType, style: TextStyle) -> Result<(Value, usize)> {
    use RedshiftType::*;
    if values.is_null(row) {
        return Ok((json!({"isNull": true}), 15));
    }
    let long = |value: i64| (json!({"longValue": value}), 16 + 8);
    let double = |value: f64| (json!({"doubleValue": double_value(value)}), 16 + 10);
    let typed = match ty {
        Bool => values.as_boolean_opt().map(|values| (json!({"booleanValue": values.value(row)}), 21)),
        Int2 => values.as_primitive_opt::<Int16Type>().map(|values| long(values.value(row).into())),
        Int4 => values.as_primitive_opt::<Int32Type>().map(|values| long(values.value(row).into())),
        Int8 | Oid => values.as_primitive_opt::<Int64Type>().map(|values| long(values.value(row))),
        Float4 => values.as_primitive_opt::<Float32Type>().map(|values| double(shortest(values.value(row)))),
        Float8 => values.as_primitive_opt::<Float64Type>().map(|values| double(values.value(row))),
        Varbyte(_) | Geometry | Geography => values.as_binary_opt::<i32>().map(|values| {
            let bytes = values.value(row);
            let value = if matches!(ty, Varbyte(_)) { Cow::Borrowed(bytes) } else { ewkb_of_kept(bytes) };
            let text = BASE64_STANDARD.encode(value);
            let bytes = text.len();
            (json!({"blobValue": text}), 16 + bytes)
        }),
        _ => None,
    };
    if let Some(typed) = typed {
        return Ok(typed);
    }
    let text = text_value(values, row, ty, style)?.unwrap_or_default();
    let bytes = text.len();
    Ok((json!({"stringValue": text}), 18 + bytes))
}

/// The double with the shortest text of the float: 0.1 and not 0.10000000149011612.
fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

/// JSON has no NaN: AWS's protocols write it as a string.
fn double_value(value: f64) -> Value {
    match value {
        value if value.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        value => value.into(),
    }
}

/// What is told of a column.
fn column_metadata(column: &ResultColumn) -> Value {
    let origin = column.origin.as_deref().filter(|origin| origin.table_oid != 0);
    let not_null = origin.is_some_and(|origin| origin.not_null);
    object([
        ("isCaseSensitive", is_case_sensitive(column.ty).into()),
        ("isCurrency", false.into()),
        ("isSigned", column.ty.is_number().into()),
        ("label", column.name.clone().into()),
        ("length", 0.into()),
        ("name", origin.map_or_else(|| column.name.clone(), |origin| origin.column.clone()).into()),
        ("nullable", i32::from(!not_null).into()),
        ("precision", precision(column.ty).into()),
        ("scale", scale(column.ty).into()),
        ("schemaName", origin.map_or("", |origin| &origin.schema).into()),
        ("tableName", origin.map_or("", |origin| &origin.table).into()),
        ("typeName", column.ty.internal_name().into()),
    ])
}

/// As the driver has it: texts, and what it does not know.
fn is_case_sensitive(ty: RedshiftType) -> bool {
    use RedshiftType::*;
    let insensitive = matches!(ty, Bool | Oid | Geography);
    !(insensitive || ty.is_number() || ty.is_datetime() || ty.is_interval())
}

/// Digits of a number, otherwise the length.
pub fn precision(ty: RedshiftType) -> i64 {
    use RedshiftType::*;
    match ty {
        Int2 => 5,
        Int4 | Oid => 10,
        Int8 => 19,
        Float4 => 8,
        Float8 => 17,
        Numeric { precision, .. } => precision.into(),
        Bool | InternalChar => 1,
        Varchar(UNSIZED) => UNKNOWN_LENGTH,
        Char(length) | Varchar(length) => length.into(),
        Varbyte(_) | AbsTime => match ty.typmod() {
            -1 => UNKNOWN_LENGTH,
            typmod => i64::from(typmod) - 4,
        },
        Date => 13,
        Time => 15,
        TimeTz => 21,
        Timestamp => 29,
        TimestampTz => 35,
        Interval | IntervalYearToMonth(_) | IntervalDayToSecond(_) => 49,
        Name => 64,
        Text | Super | HllSketch | Geometry | Geography | RegProc | RegProcedure | RegClass | RegType | Int2Vector
        | OidVector | Int2Array | Int4Array | OidArray | TextArray | InternalCharArray | AclItem | AclItemArray
        | CString | Unknown => UNKNOWN_LENGTH,
    }
}

/// Digits behind the point.
pub fn scale(ty: RedshiftType) -> i64 {
    use RedshiftType::*;
    match ty {
        Float4 => 8,
        Float8 => 17,
        Numeric { scale, .. } => scale.into(),
        Time | TimeTz | Timestamp | TimestampTz | Interval => 6,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use arrow::{
        array::{BinaryArray, Float32Array, Int64Array, StringViewArray},
        datatypes::{Field, Schema},
    };

    use super::*;

    fn result(columns: Vec<(&str, RedshiftType, ArrayRef)>) -> ResultSet {
        let described: Vec<_> = columns.iter().map(|(name, ty, _)| ResultColumn::computed(*name, *ty)).collect();
        let fields: Vec<_> =
            columns.iter().map(|(name, _, values)| Field::new(*name, values.data_type().clone(), true)).collect();
        let arrays = columns.into_iter().map(|(_, _, values)| values).collect();
        let mut result = ResultSet::new(described.into(), TextStyle::default(), Limits::default());
        result.push(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()).unwrap();
        result
    }

    #[test]
    fn each_type_has_its_field() {
        let result = result(vec![
            ("l", RedshiftType::Int8, Arc::new(Int64Array::from(vec![Some(i64::MAX), None]))),
            ("f", RedshiftType::Float4, Arc::new(Float32Array::from(vec![0.1, f32::NAN]))),
            ("b", RedshiftType::Varbyte(9), Arc::new(BinaryArray::from(vec![&b"abc"[..], &b""[..]]))),
            ("s", RedshiftType::Varchar(9), Arc::new(StringViewArray::from(vec![Some("é"), Some("")]))),
        ]);
        let page = result.fields(0).unwrap();
        assert_eq!(page.next, None);
        assert_eq!(
            Value::Array(page.rows).to_string(),
            r#"[[{"longValue":9223372036854775807},{"doubleValue":0.1},{"blobValue":"YWJj"},{"stringValue":"é"}],"#
                .to_string()
                + r#"[{"isNull":true},{"doubleValue":"NaN"},{"blobValue":""},{"stringValue":""}]]"#
        );
        assert_eq!(result.bytes(), 8 + 4 + 3 + 2 + 4);
    }

    #[test]
    fn a_page_ends_where_it_is_full_and_the_next_goes_on_there() {
        let text = "x".repeat(60_000);
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec![text.as_str(); 40]));
        let mut whole = result(vec![("s", RedshiftType::Varchar(65_535), texts.clone())]);
        whole.push(RecordBatch::try_from_iter([("s", texts)]).unwrap()).unwrap();
        let (mut from, mut seen, mut pages) = (Some(0), 0, 0);
        while let Some(start) = from {
            assert_eq!(start, seen);
            let page = whole.fields(start).unwrap();
            seen += page.rows.len() as u64;
            pages += 1;
            from = page.next;
        }
        assert_eq!((seen, pages), (80, 5));
        assert_eq!(whole.csv(79).unwrap().next, None);
    }

    #[test]
    fn a_row_may_not_be_too_large() {
        let text = "x".repeat(40_000);
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec![text.as_str()]));
        let mut result = ResultSet::new(Vec::new().into(), TextStyle::default(), Limits::default());
        let batch = RecordBatch::try_from_iter([("a", texts.clone()), ("b", texts)]).unwrap();
        assert!(result.push(batch).unwrap_err().message().starts_with("Packet for query is too large"));
    }

    #[test]
    fn a_column_is_described_as_the_driver_does() {
        let column = ResultColumn::computed("n", RedshiftType::Numeric { precision: 10, scale: 2 });
        assert_eq!(
            column_metadata(&column).to_string(),
            r#"{"isCaseSensitive":false,"isCurrency":false,"isSigned":true,"label":"n","length":0,"name":"n","nullable":1,"#
                .to_string()
                + r#""precision":10,"scale":2,"schemaName":"","tableName":"","typeName":"numeric"}"#
        );
        assert_eq!((precision(RedshiftType::Int4), scale(RedshiftType::Int4)), (10, 0));
        assert_eq!(precision(RedshiftType::Varchar(20)), 20);
        assert!(is_case_sensitive(RedshiftType::Varchar(20)));
    }
}
