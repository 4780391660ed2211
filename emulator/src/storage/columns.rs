//! How a table's columns stand in files: by attnum.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions},
    datatypes::{Field, FieldRef, Schema, SchemaRef},
};
use datafusion::scalar::ScalarValue;
use redshift_sql_dialect::{Error, Result};

use crate::{
    catalog::{Column, Relation, StoredRelation},
    types::{arrow_field, arrow_type},
};

/// The name of a column in files.
pub(super) fn file_column(attnum: i16) -> String {
    format!("c{attnum}")
}

/// The schema that files of a table are written with.
pub(super) fn file_schema(table: &Relation) -> SchemaRef {
    let field = |column: &Column| Field::new(file_column(column.attnum), arrow_type(column.ty), true);
    Arc::new(Schema::new(table.columns.iter().map(field).collect::<Vec<_>>()))
}

/// The schema that the table's rows are read with.
pub(super) fn table_schema(table: &Relation) -> SchemaRef {
    let fields: Vec<FieldRef> = table.columns.iter().map(|column| arrow_field(&column.name, column.ty)).collect();
    Arc::new(Schema::new(fields))
}

/// What a column holds in the rows of a file that does not have it.
pub(super) fn missing_value(stored: &StoredRelation, column: &Column) -> Result<ScalarValue> {
    match stored.values.get(&column.attnum) {
        Some(value) => Ok(value.clone()),
        None => ScalarValue::try_from(&arrow_type(column.ty)).map_err(|error| Error::internal(error.to_string())),
    }
}

/// Rows that are in the order of the table's columns, with the columns' names in files.
pub(super) fn to_file_batch(schema: &SchemaRef, rows: &RecordBatch) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), rows.columns().to_vec(), &options)
        .map_err(|error| Error::internal(format!("rows do not fit their table: {error}")))
}

/// Rows of a chunk, in the order of the table's columns.
pub(super) fn from_file_batch(
    stored: &StoredRelation,
    columns: &[Column],
    rows: &RecordBatch,
) -> Result<Vec<ArrayRef>> {
    let array = |column: &Column| match rows.column_by_name(&file_column(column.attnum)) {
        Some(array) => Ok(Arc::clone(array)),
        None => missing_value(stored, column)?
            .to_array_of_size(rows.num_rows())
            .map_err(|error| Error::internal(error.to_string())),
    };
    columns.iter().map(array).collect()
}
