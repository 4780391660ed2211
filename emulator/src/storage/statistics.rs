//! What is known of a file's columns without opening it: least and greatest values and the number of NULLs.
//!
//! The writer takes them from the Parquet footer it has just written, and the catalog keeps them, so that planning a query
//! touches no file: DataFusion estimates joins with them and leaves out files that a filter excludes. They are an Arrow
//! batch of two rows, the least and the greatest values, under the columns' names in files; the NULLs are counted in the
//! fields' metadata. A value that is not exact (long strings are cut) or not known is NULL.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::RecordBatch,
    datatypes::{Field, Schema, SchemaRef},
};
use datafusion::{
    common::{ColumnStatistics, Statistics, stats::Precision},
    datasource::physical_plan::parquet::metadata::DFParquetMetadata,
    scalar::ScalarValue,
};
use parquet::file::metadata::ParquetMetaData;
use redshift_sql_dialect::{Error, Result};

use super::{columns::file_column, files::StoredFile};
use crate::catalog::{Column, encode};

const NULLS: &str = "nulls";

/// The statistics of a file that was written with this schema, as bytes.
pub(super) fn of_footer(footer: &ParquetMetaData, schema: &SchemaRef) -> Result<Vec<u8>> {
    let unreadable = |error: &dyn std::error::Error| Error::internal(format!("statistics could not be made: {error}"));
    let statistics =
        DFParquetMetadata::statistics_from_parquet_metadata(footer, schema).map_err(|error| unreadable(&error))?;
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for (field, column) in schema.fields().iter().zip(&statistics.column_statistics) {
        let null = ScalarValue::try_from(field.data_type()).map_err(|error| unreadable(&error))?;
        let exact = |value: &Precision<ScalarValue>| match value {
            Precision::Exact(value) if value.data_type() == *field.data_type() => value.clone(),
            Precision::Exact(_) | Precision::Inexact(_) | Precision::Absent => null.clone(),
        };
        let bounds = [exact(&column.min_value), exact(&column.max_value)];
        arrays.push(ScalarValue::iter_to_array(bounds).map_err(|error| unreadable(&error))?);
        let metadata = match column.null_count {
            Precision::Exact(count) => HashMap::from([(NULLS.to_string(), count.to_string())]),
            Precision::Inexact(_) | Precision::Absent => HashMap::new(),
        };
        fields.push(Field::new(field.name(), field.data_type().clone(), true).with_metadata(metadata));
    }
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|error| unreadable(&error))?;
    encode::batch_to_bytes(&batch)
}

/// The statistics of a file for these columns. Where rows are deleted, those of the columns are bounds and no more.
pub(super) fn of_file(file: &StoredFile, columns: &[Column]) -> Result<Statistics> {
    let bounds = file.statistics.as_deref().map(encode::batch_from_bytes).transpose()?;
    let exact = file.deleted.is_none();
    let column_statistics = columns
        .iter()
        .map(|column| {
            let unknown = ColumnStatistics::new_unknown();
            let Some(bounds) = &bounds else { return unknown };
            let Some((index, field)) = bounds.schema_ref().column_with_name(&file_column(column.attnum)) else {
                return unknown;
            };
            let bound = |row: usize| match ScalarValue::try_from_array(bounds.column(index), row) {
                Ok(value) if value.is_null() => Precision::Absent,
                Ok(value) if exact => Precision::Exact(value),
                Ok(value) => Precision::Inexact(value),
                Err(_) => Precision::Absent,
            };
            let nulls = match field.metadata().get(NULLS).and_then(|count| count.parse().ok()) {
                Some(count) if exact => Precision::Exact(count),
                Some(count) => Precision::Inexact(count),
                None => Precision::Absent,
            };
            ColumnStatistics { min_value: bound(0), max_value: bound(1), null_count: nulls, ..unknown }
        })
        .collect();
    let num_rows = Precision::Exact(file.live_rows() as usize);
    Ok(Statistics { num_rows, total_byte_size: Precision::Inexact(file.bytes as usize), column_statistics })
}
