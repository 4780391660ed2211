//! Which files a table has: rows of the catalog's `files`.

use std::sync::Arc;

use redshift_sql_dialect::Result;
use roaring::RoaringBitmap;
use rusqlite::{Connection, named_params};

use crate::catalog::{
    Oid, Touched, Transaction, TransactionView,
    sql::{sql_error, visible},
};

/// Where the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a Parquet file.
    Data,
    /// In the catalog.
    Inline,
}

impl Place {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Place::Data => "data",
            Place::Inline => "inline",
        }
    }
}

/// A file of a table, as a transaction sees it.
#[derive(Debug, Clone)]
pub(crate) struct StoredFile {
    /// Its number.
    pub(super) number: i64,
    pub(super) place: Place,
    /// Rows in it, deleted ones included.
    pub(super) rows: u64,
    /// Bytes of it.
    pub(super) bytes: u64,
    /// The snapshot that it is there since; none where its transaction is open.
    pub(super) since: Option<i64>,
    /// Least and greatest values, see [`super::statistics`].
    pub(super) statistics: Option<Arc<[u8]>>,
    /// The positions of rows that are deleted.
    pub(super) deleted: Option<Arc<RoaringBitmap>>,
}

impl StoredFile {
    pub(super) fn deleted_rows(&self) -> u64 {
        self.deleted.as_ref().map_or(0, |deleted| deleted.len())
    }

    /// The snapshot that it is there since, an open transaction's behind all others.
    pub(super) fn begun(&self) -> i64 {
        self.since.unwrap_or(i64::MAX)
    }

    pub(super) fn live_rows(&self) -> u64 {
        self.rows - self.deleted_rows()
    }
}

/// A file to be added to a table.
pub(super) struct NewFile {
    pub(super) number: i64,
    pub(super) table: Oid,
    pub(super) place: Place,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) statistics: Option<Vec<u8>>,
}

impl TransactionView {
    /// The files of a table, in the order they were begun.
    pub(super) fn files(&self, table: Oid) -> Result<Vec<StoredFile>> {
        let mut files = {
            let connection = self.shared().sql.connection();
            let mut statement = connection
                .prepare_cached(concat!(
                    "SELECT file, place, row_count, bytes, statistics, begin_snapshot FROM files WHERE table_oid = :table AND ",
                    visible!(),
                    " ORDER BY file"
                ))
                .map_err(sql_error)?;
            statement
                .query_map(
                    named_params! { ":table": table.0, ":snapshot": self.snapshot(), ":txn": self.txn() },
                    |row| {
                        let inline = row.get_ref(1)?.as_str()? == Place::Inline.as_str();
                        Ok(StoredFile {
                            number: row.get(0)?,
                            place: if inline { Place::Inline } else { Place::Data },
                            rows: row.get::<_, i64>(2)? as u64,
                            bytes: row.get::<_, i64>(3)? as u64,
                            since: row.get(5)?,
                            statistics: row.get_ref(4)?.as_blob_or_null()?.map(Arc::from),
                            deleted: None,
                        })
                    },
                )
                .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
                .map_err(sql_error)?
        };
        let mut deletions = self.deletions(table)?;
        for file in &mut files {
            file.deleted = deletions.remove(&file.number).map(Arc::new);
        }
        Ok(files)
    }
}

impl Transaction {
    /// Adds files to tables.
    pub(super) fn add_files(&self, files: &[NewFile]) -> Result<()> {
        let txn = self.writes(Touched::Files)?;
        self.shared().sql.atomically(|connection| files.iter().try_for_each(|file| insert(connection, file, txn)))
    }

    /// Takes files out of a table. The transaction holds its lock, and sees that nobody else has.
    pub(super) fn end_files(&self, files: &[i64]) -> Result<()> {
        let txn = self.writes(Touched::Files)?;
        self.shared().sql.atomically(|connection| files.iter().try_for_each(|file| end(connection, *file, txn)))
    }

    /// Takes all files out of a table that is locked exclusively, those that this transaction does not see too.
    pub(crate) fn end_all_files(&self, table: Oid) -> Result<()> {
        let txn = self.writes(Touched::Files)?;
        self.shared()
            .sql
            .connection()
            .prepare_cached(
                "UPDATE files SET end_txn = :txn
                 WHERE table_oid = :table AND end_txn IS NULL AND end_snapshot IS NULL",
            )
            .and_then(|mut statement| statement.execute(named_params! { ":txn": txn, ":table": table.0 }))
            .map_err(sql_error)?;
        Ok(())
    }
}

pub(super) fn insert(connection: &Connection, file: &NewFile, txn: i64) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO files (file, table_oid, place, row_count, bytes, statistics, begin_txn)
             VALUES (:file, :table, :place, :rows, :bytes, :statistics, :txn)",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":file": file.number, ":table": file.table.0, ":place": file.place.as_str(), ":rows": file.rows as i64,
                ":bytes": file.bytes as i64, ":statistics": file.statistics, ":txn": txn,
            })
        })
        .map_err(sql_error)?;
    Ok(())
}

/// Takes a file out of its table. A chunk that the same transaction has made goes at once: nobody else has seen it, and one
/// that inserts or updates many rows one by one would leave as many behind.
pub(super) fn end(connection: &Connection, file: i64, txn: i64) -> Result<()> {
    let run = |sql: &str| {
        connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(named_params! { ":file": file, ":txn": txn }))
            .map_err(sql_error)
    };
    let own = run(
        "DELETE FROM files WHERE file = :file AND place = 'inline' AND begin_txn = :txn AND begin_snapshot IS NULL",
    )?;
    if own > 0 {
        run("DELETE FROM chunks WHERE file = :file AND :txn IS NOT NULL")?;
        run("DELETE FROM deletes WHERE file = :file AND begin_txn = :txn")?;
    } else {
        run("UPDATE files SET end_txn = :txn WHERE file = :file AND end_snapshot IS NULL")?;
    }
    Ok(())
}
