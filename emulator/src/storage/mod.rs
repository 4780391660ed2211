//! The rows of tables: immutable Parquet files and, where they are few, chunks inside the catalog.
//!
//! A table's rows are the rows of its files minus those that are deleted. A file is written once, by one transaction, and
//! never changed; which files and which deletions a transaction sees, the catalog says ([`files`], [`deletes`]). An
//! INSERT of few rows makes no file: its rows go into the catalog as a chunk of Arrow IPC bytes ([`inline`]), and when
//! enough chunks have gathered, the INSERT that tips the scale makes a file of them. Larger inputs are written as Parquet
//! ([`write`]) through the object store, whatever their size in bounded memory, and small files become larger ones
//! ([`compact`]). DataFusion's own Parquet source reads them ([`scan`]).
//!
//! In files and chunks, columns are named by their attnums (`c1`, `c2`, ...), which are never used twice: renaming and
//! dropping a column touches no file, and a column that a file does not have was added later, so that its value there is
//! the one that ADD COLUMN gave it.

pub(crate) use inline::ChunkCache;
pub(crate) use moves::Moves;
pub(crate) use scan::TableScan;

mod columns;
mod compact;
mod deletes;
mod files;
mod inline;
mod moves;
mod scan;
mod statistics;
mod write;

#[cfg(test)]
mod tests;

use std::hash::{DefaultHasher, Hash, Hasher};

use redshift_sql_dialect::Result;

use self::files::StoredFile;
use crate::catalog::{Oid, TransactionView};

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
    /// Rows that the first load brought, or that were written anew together since: in Redshift they would be sorted.
    pub sorted_rows: u64,
}

impl TransactionView {
    /// How much a table holds.
    ///
    /// # Errors
    /// 58030 where the catalog cannot be read.
    pub fn table_statistics(&self, table: Oid) -> Result<TableStatistics> {
        let mut sum = TableStatistics::default();
        let files = self.files(table)?;
        let first = files.iter().map(StoredFile::begun).min();
        for file in files {
            if Some(file.begun()) == first {
                sum.sorted_rows += file.rows;
            }
            sum.rows += file.live_rows();
            sum.deleted_rows += file.deleted_rows();
            sum.bytes += file.bytes;
            sum.files += 1;
        }
        Ok(sum)
    }

    /// A number that is another one once rows of the table were added, deleted or moved.
    ///
    /// # Errors
    /// 58030 where the catalog cannot be read.
    pub fn table_version(&self, table: Oid) -> Result<i64> {
        let mut hasher = DefaultHasher::new();
        for file in self.files(table)? {
            (file.number, file.deleted_rows()).hash(&mut hasher);
        }
        Ok(hasher.finish() as i64)
    }
}
