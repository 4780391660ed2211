//! Chunks: rows that are too few for a file, inside the catalog.
//!
//! Each INSERT of few rows adds a chunk, and a scan reads all of them, so they must not become many. When 16 chunks or
//! more stand at the end of a table, none of them large beside the others, the INSERT that added the last merges them
//! into one, as in a log-structured merge tree. What a row is in grows fourfold whenever the row is written again, so that
//! this happens seldom; the order of rows stays; and a scan meets a few dozen chunks. What exceeds 50,000 rows or 4 MB
//! becomes a Parquet file. Deleted rows are left out of what is merged.
//!
//! Only a transaction that sees everything there is about a table's chunks may merge them: otherwise it would lose rows.
//! Those that began earlier go on seeing the chunks, and find the rows that they delete by [`super::moves`]. And none does while it updates the table, because the old rows are deleted at the
//! places where the statement found them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use arrow::{
    array::{RecordBatch, UInt32Array},
    compute::{concat_batches, take_record_batch},
};
use redshift_sql_dialect::{Error, Result};
use rusqlite::{Connection, named_params};

use super::{
    columns::{file_schema, from_file_batch},
    deletes::live_positions,
    files::{self, NewFile, Place, StoredFile},
};
use crate::catalog::{
    Oid, Relation, StoredRelation, Touched, Transaction, TransactionView, encode, locked,
    sql::{current, sql_error},
};

/// Most rows of an INSERT that go inline.
pub(super) const INLINE_ROWS: usize = 1_000;
/// Most bytes of them in memory.
pub(super) const INLINE_BYTES: usize = 64 << 10;
/// How many rows of a table stay inline.
const TABLE_ROWS: u64 = 50_000;
/// How many bytes of a table stay inline.
const TABLE_BYTES: u64 = 4 << 20;
/// How many chunks are merged at least.
const FAN_IN: usize = 16;
/// How many times larger than the largest of them what they are merged to is at least.
const LEAST_GROWTH: u64 = 4;
/// Bytes of decoded chunks that are kept.
const CACHED_BYTES: usize = 64 << 20;

/// Chunks that were written or read lately, decoded.
#[derive(Default)]
pub(crate) struct ChunkCache(Mutex<Cached>);

#[derive(Default)]
struct Cached {
    chunks: HashMap<i64, RecordBatch>,
    bytes: usize,
}

impl ChunkCache {
    fn get(&self, number: i64) -> Option<RecordBatch> {
        locked(&self.0).chunks.get(&number).cloned()
    }

    fn put(&self, number: i64, rows: &RecordBatch) {
        let mut cached = locked(&self.0);
        let bytes = rows.get_array_memory_size();
        if cached.bytes + bytes > CACHED_BYTES {
            *cached = Cached::default();
        }
        if cached.chunks.insert(number, rows.clone()).is_none() {
            cached.bytes += bytes;
        }
    }

    /// Forgets chunks that are gone.
    pub(crate) fn forget(&self, numbers: &[i64]) {
        let mut cached = locked(&self.0);
        for number in numbers {
            if let Some(rows) = cached.chunks.remove(number) {
                cached.bytes -= rows.get_array_memory_size();
            }
        }
    }
}

impl TransactionView {
    /// The rows of a chunk, deleted ones included, with the columns' names in files.
    pub(super) fn chunk(&self, number: i64) -> Result<RecordBatch> {
        let shared = self.shared();
        if let Some(rows) = shared.chunks.get(number) {
            return Ok(rows);
        }
        let bytes: Vec<u8> = shared
            .sql
            .connection()
            .prepare_cached("SELECT rows FROM chunks WHERE file = :file")
            .and_then(|mut statement| statement.query_row(named_params! { ":file": number }, |row| row.get(0)))
            .map_err(sql_error)?;
        let rows = encode::batch_from_bytes(&bytes)?;
        shared.chunks.put(number, &rows);
        Ok(rows)
    }

    /// The rows of a chunk that are not deleted, with their positions where some are.
    pub(super) fn live_chunk(&self, file: &StoredFile) -> Result<(RecordBatch, Option<UInt32Array>)> {
        let rows = self.chunk(file.number)?;
        if file.deleted.is_none() {
            return Ok((rows, None));
        }
        let live = UInt32Array::from_iter_values(live_positions(file.rows, &file.deleted));
        let rows = take_record_batch(&rows, &live).map_err(|error| Error::internal(error.to_string()))?;
        Ok((rows, Some(live)))
    }
}

/// What of a table is inline.
struct Inline {
    chunks: usize,
    rows: u64,
    bytes: u64,
}

impl Transaction {
    /// Adds rows to a table as a chunk; they have the columns' names in files.
    pub(super) fn add_chunk(&self, table: Oid, rows: &RecordBatch) -> Result<i64> {
        let txn = self.writes(Touched::Files)?;
        let bytes = encode::batch_to_bytes(rows)?;
        let file = self.new_chunk(table, rows, &bytes);
        self.shared().sql.atomically(|connection| insert(connection, &file, &bytes, txn))?;
        self.shared().chunks.put(file.number, rows);
        Ok(file.number)
    }

    fn new_chunk(&self, table: Oid, rows: &RecordBatch, bytes: &[u8]) -> NewFile {
        NewFile {
            number: self.shared().next_file(),
            table,
            place: Place::Inline,
            rows: rows.num_rows() as u64,
            bytes: bytes.len() as u64,
            statistics: None,
        }
    }

    /// Merges a table's chunks where there are too many.
    pub(super) async fn merge_chunks(&self, table: &Relation) -> Result<()> {
        let _turn = self.tidying().await;
        let inline = self.sum_of_chunks(table.oid)?;
        let to_file = inline.rows > TABLE_ROWS || inline.bytes > TABLE_BYTES;
        if (!to_file && inline.chunks < FAN_IN) || self.places_matter(table.oid) {
            return Ok(());
        }
        let view = self.seen();
        let chunks: Vec<StoredFile> =
            view.files(table.oid)?.into_iter().filter(|file| file.place == Place::Inline).collect();
        if self.has_unseen_changes(table.oid, view.snapshot())? {
            return Ok(());
        }
        let merged = if to_file { &chunks[..] } else { crowd(&chunks) };
        if merged.is_empty() {
            return Ok(());
        }
        let Some(stored) = view.stored_relation(table.oid)? else { return Ok(()) };
        let rows = concatenated(&view, &stored, merged)?;
        let numbers: Vec<i64> = merged.iter().map(|chunk| chunk.number).collect();
        let count = rows.num_rows() as u64;
        let written = match (count, to_file) {
            (0, _) => Vec::new(),
            (_, true) => self.write_file(&stored.relation, rows).await?,
            (_, false) => vec![(self.add_chunk(table.oid, &rows)?, count)],
        };
        self.end_chunks(&numbers)?;
        self.shared().moves.note(self.id(), merged, written);
        Ok(())
    }

    /// Takes chunks out of a table that have been merged.
    fn end_chunks(&self, chunks: &[i64]) -> Result<()> {
        self.end_files(chunks)?;
        self.shared().chunks.forget(chunks);
        Ok(())
    }

    fn sum_of_chunks(&self, table: Oid) -> Result<Inline> {
        self.shared()
            .sql
            .connection()
            .prepare_cached(concat!(
                "SELECT count(*), total(row_count), total(bytes) FROM files
                 WHERE table_oid = :table AND place = 'inline' AND ",
                current!()
            ))
            .and_then(|mut statement| {
                statement.query_row(named_params! { ":table": table.0, ":txn": self.id() }, |row| {
                    Ok(Inline {
                        chunks: row.get::<_, i64>(0)? as usize,
                        rows: row.get::<_, f64>(1)? as u64,
                        bytes: row.get::<_, f64>(2)? as u64,
                    })
                })
            })
            .map_err(sql_error)
    }

    /// Has anybody changed the rows of a table who committed after this snapshot?
    pub(super) fn has_unseen_changes(&self, table: Oid, snapshot: i64) -> Result<bool> {
        self.shared()
            .sql
            .connection()
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM files WHERE table_oid = :table
                            AND (end_snapshot IS NULL OR end_snapshot > :snapshot)
                            AND (end_snapshot IS NOT NULL OR begin_snapshot > :snapshot))
                     OR EXISTS (SELECT 1 FROM deletes WHERE table_oid = :table
                            AND (end_snapshot IS NULL OR end_snapshot > :snapshot)
                            AND (end_snapshot IS NOT NULL OR begin_snapshot > :snapshot))",
            )
            .and_then(|mut statement| {
                statement.query_row(named_params! { ":table": table.0, ":snapshot": snapshot }, |row| row.get(0))
            })
            .map_err(sql_error)
    }
}

/// The chunks or files at the end of a table that are worth merging: as many as there are, from 16 on, of which none makes up more
/// than a quarter of the whole.
pub(super) fn crowd(chunks: &[StoredFile]) -> &[StoredFile] {
    let (mut rows, mut largest, mut crowd) = (0, 0, 0);
    for (count, chunk) in (1..).zip(chunks.iter().rev()) {
        rows += chunk.rows;
        largest = largest.max(chunk.rows);
        if count >= FAN_IN && largest * LEAST_GROWTH <= rows {
            crowd = count;
        }
    }
    &chunks[chunks.len() - crowd..]
}

/// The rows of chunks that are not deleted, in the columns that the table has now.
fn concatenated(view: &TransactionView, stored: &StoredRelation, chunks: &[StoredFile]) -> Result<RecordBatch> {
    let schema = file_schema(&stored.relation);
    let mut batches = Vec::with_capacity(chunks.len());
    for chunk in chunks {
        let (rows, _) = view.live_chunk(chunk)?;
        let columns = from_file_batch(stored, &stored.relation.columns, &rows)?;
        let rows = RecordBatch::try_new(Arc::clone(&schema), columns);
        batches.push(rows.map_err(|error| Error::internal(error.to_string()))?);
    }
    concat_batches(&schema, &batches).map_err(|error| Error::internal(error.to_string()))
}

fn insert(connection: &Connection, file: &NewFile, bytes: &[u8], txn: i64) -> Result<()> {
    files::insert(connection, file, txn)?;
    connection
        .prepare_cached("INSERT INTO chunks (file, rows) VALUES (:file, :rows)")
        .and_then(|mut statement| statement.execute(named_params! { ":file": file.number, ":rows": bytes }))
        .map_err(sql_error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(number: i64, rows: u64) -> StoredFile {
        StoredFile { number, place: Place::Inline, rows, bytes: rows, since: None, statistics: None, deleted: None }
    }

    #[test]
    fn sixteen_chunks_without_a_large_one_are_merged() {
        let mut chunks: Vec<StoredFile> = (0..15).map(|number| chunk(number, 1)).collect();
        assert!(crowd(&chunks).is_empty());
        chunks.push(chunk(15, 1));
        assert_eq!(crowd(&chunks).len(), 16);
        chunks.insert(0, chunk(100, 100));
        assert_eq!(crowd(&chunks).len(), 16);
        chunks.push(chunk(16, 10));
        assert!(crowd(&chunks).is_empty());
    }

    /// Inserting 10,000 rows one by one writes each about log4(10,000) times again, and leaves few chunks.
    #[test]
    fn single_rows_do_not_pile_up() {
        let mut chunks: Vec<StoredFile> = Vec::new();
        let (mut rewritten, mut most) = (0, 0);
        for number in 0..10_000 {
            chunks.push(chunk(number, 1));
            let merged = crowd(&chunks).len();
            if merged > 0 {
                let rows: u64 = chunks.drain(chunks.len() - merged..).map(|chunk| chunk.rows).sum();
                rewritten += rows;
                chunks.push(chunk(number, rows));
            }
            most = most.max(chunks.len());
        }
        assert_eq!(chunks.iter().map(|chunk| chunk.rows).sum::<u64>(), 10_000);
        assert!(most < 80, "{most} chunks at once");
        assert!(rewritten < 70_000, "{rewritten} rows written again");
    }
}
