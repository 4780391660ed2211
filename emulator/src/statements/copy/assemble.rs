//! Batches of the table from what the files gave and what they did not.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, new_null_array},
    datatypes::{FieldRef, Schema, SchemaRef},
    record_batch::{RecordBatch, RecordBatchOptions},
};
use datafusion::scalar::ScalarValue;
use redshift_sql_dialect::{Error, Result};

use super::plan::CopyPlan;
use crate::{
    catalog::{Column, Relation},
    error::from_datafusion,
    types::arrow_field,
};

/// Puts the columns of loaded rows into the table's order and fills in the others.
#[derive(Debug, Clone)]
pub(super) struct Assembler {
    schema: SchemaRef,
    columns: Vec<Source>,
    required: Option<String>,
}

/// Where a column of the table comes from.
#[derive(Debug, Clone)]
enum Source {
    /// From the files: which of the loaded columns.
    Files(usize),
    /// The same value in each row: DEFAULT.
    Constant(ScalarValue),
    /// NULL: no DEFAULT, or an identity column, whose values are given when the rows are written.
    Null,
}

impl Assembler {
    /// `defaults` has a value for each column of the table that has a DEFAULT, by its place; others are left out of account.
    pub(super) fn new(plan: &CopyPlan, relation: &Relation, defaults: &[Option<ScalarValue>]) -> Assembler {
        let source = |index: usize| match plan.columns.iter().position(|column| *column == index) {
            Some(loaded) => Source::Files(loaded),
            None if relation.columns[index].identity.is_some() => Source::Null,
            None => match defaults.get(index) {
                Some(Some(value)) if !value.is_null() => Source::Constant(value.clone()),
                _ => Source::Null,
            },
        };
        let columns: Vec<Source> = (0..relation.columns.len()).map(source).collect();
        let is_required = |(column, source): &(&Column, &Source)| {
            column.not_null && column.identity.is_none() && matches!(source, Source::Null)
        };
        let required = relation.columns.iter().zip(&columns).find(is_required).map(|(column, _)| column.name.clone());
        let fields = relation.columns.iter().map(|column| arrow_field(&column.name, column.ty));
        Assembler { schema: Arc::new(Schema::new(fields.collect::<Vec<_>>())), columns, required }
    }

    /// The table's columns.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// A column that is NOT NULL and gets no value: no row can be loaded.
    pub(super) fn required(&self) -> Option<&str> {
        self.required.as_deref()
    }

    /// So many rows of the table.
    pub(super) fn batch(&self, loaded: &[ArrayRef], rows: usize) -> Result<RecordBatch> {
        let array = |(source, field): (&Source, &FieldRef)| match source {
            Source::Files(index) => Ok(Arc::clone(&loaded[*index])),
            Source::Constant(value) => value.to_array_of_size(rows),
            Source::Null => Ok(new_null_array(field.data_type(), rows)),
        };
        let arrays = self.columns.iter().zip(self.schema.fields()).map(array).collect::<Result<Vec<_>, _>>();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let arrays = arrays.map_err(from_datafusion)?;
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .map_err(|error| Error::internal(error.to_string()))
    }
}
