//! Cursors, and rows that are read one by one.

use arrow::record_batch::RecordBatch;
use datafusion::scalar::ScalarValue;
use futures::{StreamExt, stream::BoxStream};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, ast::Query};

use super::{Interpreter, Row, variable};
use crate::{
    procedures::variables::{Slot, Value},
    result::{ResultColumn, Rows},
};

/// A cursor's declaration.
#[derive(Clone)]
pub(super) struct BoundCursor {
    pub(super) args: Vec<(String, RedshiftType)>,
    pub(super) query: Query,
}

/// Rows that are read one by one.
pub(super) struct OpenRows {
    pub(super) columns: std::sync::Arc<[ResultColumn]>,
    batches: BoxStream<'static, Result<RecordBatch>>,
    batch: Option<RecordBatch>,
    at: usize,
}

impl OpenRows {
    pub(super) fn new(rows: Rows) -> OpenRows {
        OpenRows { columns: rows.columns, batches: rows.batches, batch: None, at: 0 }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Row>> {
        loop {
            if let Some(batch) = &self.batch
                && self.at < batch.num_rows()
            {
                let row = row_of(&self.columns, batch, self.at)?;
                self.at += 1;
                return Ok(Some(row));
            }
            match self.batches.next().await {
                Some(batch) => (self.batch, self.at) = (Some(batch?), 0),
                None => return Ok(None),
            }
        }
    }
}

fn row_of(columns: &[ResultColumn], batch: &RecordBatch, row: usize) -> Result<Row> {
    let value = |(column, array): (&ResultColumn, &arrow::array::ArrayRef)| {
        let value = ScalarValue::try_from_array(array, row).map_err(crate::error::from_datafusion)?;
        Ok((column.name.clone(), Value { value, ty: column.ty }))
    };
    columns.iter().zip(batch.columns()).map(value).collect()
}

impl Interpreter<'_, '_> {
    pub(super) fn cursor(&mut self, name: &str) -> Result<&mut OpenRows> {
        let message = format!("cursor \"{name}\" is not open");
        self.cursors.get_mut(name).ok_or_else(|| Error::new(SqlState::INVALID_CURSOR_NAME, message))
    }

    pub(super) fn open_cursor(&mut self, name: &str, rows: OpenRows) -> Result<()> {
        if !matches!(self.scopes.slot(name), Some(Slot::Cursor(_))) {
            let message = format!("variable \"{name}\" must be of type cursor or refcursor");
            return Err(Error::new(SqlState::DATATYPE_MISMATCH, message));
        }
        if self.cursors.contains_key(name) {
            return Err(Error::new(SqlState::DUPLICATE_CURSOR, format!("cursor \"{name}\" already in use")));
        }
        self.scopes.set_cursor(name, Some(name.to_string()));
        self.cursors.insert(name.to_string(), rows);
        Ok(())
    }

    pub(super) async fn open_bound(&mut self, name: &str, args: &[Query]) -> Result<()> {
        let Some(bound) = self.bound.get(name).cloned() else {
            let message = format!("cursor \"{name}\" has no query bound to it");
            return Err(Error::new(SqlState::SYNTAX_ERROR, message));
        };
        if bound.args.len() != args.len() {
            let message = format!("cursor \"{name}\" has {} arguments, not {}", bound.args.len(), args.len());
            return Err(Error::new(SqlState::SYNTAX_ERROR, message));
        }
        let mut values = Vec::new();
        for (arg, (_, ty)) in args.iter().zip(&bound.args) {
            let value = self.value(arg).await?;
            values.push(value.cast(*ty, &self.host.work(None)?.context)?);
        }
        let depth = self.scopes.depth();
        self.scopes.enter(None);
        for ((name, _), value) in bound.args.iter().zip(values) {
            self.scopes.declare(name, variable(value));
        }
        let rows = self.query(&bound.query).await;
        self.scopes.leave_to(depth);
        self.open_cursor(name, rows?)
    }
}
