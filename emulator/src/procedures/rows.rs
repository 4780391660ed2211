//! Rows that are read one by one: of cursors, of FOR loops, of SELECT INTO.

use std::{collections::HashMap, sync::Arc};

use arrow::record_batch::RecordBatch;
use datafusion::scalar::ScalarValue;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use redshift_sql_dialect::{Error, Result, SqlState};

use super::variables::Value;
use crate::result::{ResultColumn, Rows};

/// A row: names and values.
pub(super) type Row = Vec<(String, Value)>;

/// Rows that are read one by one.
pub(super) struct OpenRows {
    pub(super) columns: Arc<[ResultColumn]>,
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

    /// What is assigned where there is no row.
    pub(super) fn nulls(&self) -> Result<Row> {
        self.columns.iter().map(|column| Ok((column.name.clone(), Value::null(column.ty)?))).collect()
    }

    /// The rows that have not been read.
    fn into_rest(self) -> Rows {
        let OpenRows { columns, batches, batch, at } = self;
        let begun = batch.map(|batch| Ok(batch.slice(at, batch.num_rows() - at)));
        Rows { columns, batches: stream::iter(begun).chain(batches).boxed(), tag: "FETCH" }
    }
}

fn row_of(columns: &[ResultColumn], batch: &RecordBatch, row: usize) -> Result<Row> {
    let value = |(column, array): (&ResultColumn, &arrow::array::ArrayRef)| {
        let value = ScalarValue::try_from_array(array, row).map_err(crate::error::from_datafusion)?;
        Ok((column.name.clone(), Value { value, ty: column.ty }))
    };
    columns.iter().zip(batch.columns()).map(value).collect()
}

/// The open cursors of a transaction, by name: procedures hand them to each other and to the client.
///
/// "The maximum number of explicit and implicit cursors that you can open concurrently in a user session is one. FOR loops
/// that iterate over the result set of a SQL statement open implicit cursors" (stored-procedure-constraints).
#[derive(Default)]
pub(super) struct Cursors {
    named: HashMap<String, OpenRows>,
    /// Is a FOR loop reading rows?
    in_loop: bool,
}

impl Cursors {
    /// Opens a cursor.
    ///
    /// # Errors
    /// 42P03 where one of this name is open, 24000 where another one is.
    pub(super) fn open(&mut self, name: &str, rows: OpenRows) -> Result<()> {
        if self.named.contains_key(name) {
            return Err(Error::new(SqlState::DUPLICATE_CURSOR, format!("cursor \"{name}\" already in use")));
        }
        self.none_is_open()?;
        self.named.insert(name.to_string(), rows);
        Ok(())
    }

    /// A FOR loop begins to read rows; `leave_loop` follows.
    ///
    /// # Errors
    /// 24000 where a cursor is open.
    pub(super) fn enter_loop(&mut self) -> Result<()> {
        self.none_is_open()?;
        self.in_loop = true;
        Ok(())
    }

    /// The FOR loop has ended.
    pub(super) fn leave_loop(&mut self) {
        self.in_loop = false;
    }

    fn none_is_open(&self) -> Result<()> {
        if self.named.is_empty() && !self.in_loop {
            return Ok(());
        }
        let message = "opening multiple cursors from within the same client connection is not allowed.";
        Err(Error::new(SqlState::INVALID_CURSOR_STATE, message))
    }

    /// The cursor of this name.
    ///
    /// # Errors
    /// 34000 where there is none.
    pub(super) fn get(&mut self, name: &str) -> Result<&mut OpenRows> {
        self.named.get_mut(name).ok_or_else(|| does_not_exist(name))
    }

    /// Closes a cursor.
    ///
    /// # Errors
    /// 34000 where there is none.
    pub(super) fn close(&mut self, name: &str) -> Result<()> {
        self.named.remove(name).map(drop).ok_or_else(|| does_not_exist(name))
    }

    /// Closes all cursors at the end of a transaction; a loop goes on with its rows.
    pub(super) fn clear(&mut self) {
        self.named.clear();
    }

    /// Those that are open, for who goes on with them.
    pub(super) fn into_open(self) -> Vec<(String, Rows)> {
        let mut open: Vec<_> = self.named.into_iter().map(|(name, rows)| (name, rows.into_rest())).collect();
        open.sort_by(|(left, _), (right, _)| left.cmp(right));
        open
    }
}

fn does_not_exist(name: &str) -> Error {
    Error::new(SqlState::INVALID_CURSOR_NAME, format!("cursor \"{name}\" does not exist"))
}
