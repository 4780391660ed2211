//! The rows of tables: immutable Parquet files and, where they are few, chunks inside the catalog.

use datafusion::execution::SendableRecordBatchStream;
use redshift_sql_dialect::{Error, Result};

use crate::catalog::{Oid, Relation, Transaction, TransactionView};

/// How much a table holds, as a transaction sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TableStatistics {
    /// Rows that are not deleted.
    pub rows: u64,
    /// Rows that are deleted and still in files.
    pub deleted_rows: u64,
    /// Bytes of its files.
    pub bytes: u64,
    /// Its files and inline chunks.
    pub files: u64,
}

impl TransactionView {
    /// How much a table holds.
    pub fn table_statistics(&self, _table: Oid) -> Result<TableStatistics> {
        Err(Error::unsupported("table statistics are not supported"))
    }
}

impl Transaction {
    /// Appends the rows of all streams to a table that is locked for writing, and gives their number. The streams' columns
    /// are the table's, in order, in the Arrow types of [`crate::types::arrow_type`]; they are read side by side.
    pub async fn append(&self, _table: &Relation, _rows: Vec<SendableRecordBatchStream>) -> Result<u64> {
        Err(Error::unsupported("INSERT is not supported"))
    }

    /// Deletes rows of a table that is locked for writing, and gives the number of those that were not deleted before. The
    /// stream's columns are [`ROW_FILE`](crate::catalog::ROW_FILE) and [`ROW_POSITION`](crate::catalog::ROW_POSITION).
    ///
    /// # Errors
    /// 1023 (XX000) where a row was deleted by a transaction that this one does not see.
    pub async fn delete(&self, _table: &Relation, _rows: SendableRecordBatchStream) -> Result<u64> {
        Err(Error::unsupported("DELETE is not supported"))
    }

    /// Deletes all rows of a table that is locked exclusively.
    pub async fn truncate(&self, _table: &Relation) -> Result<()> {
        Err(Error::unsupported("TRUNCATE is not supported"))
    }
}
