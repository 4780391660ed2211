//! DELETE: positions of rows, and TRUNCATE: whole files.
//!
//! Each DELETE adds one bitmap of positions for each file that it takes rows of; what is deleted for a transaction is the
//! union of the bitmaps it sees. So two transactions can delete different rows of one file, one after the other, each
//! from its own snapshot. Two that delete the same row conflict, and so does one whose file is gone meanwhile: its rows
//! were deleted, all of them. Where they were only moved, by an INSERT that made one file of many, they are deleted where they
//! are now ([`super::moves`]).

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use arrow::{array::AsArray, datatypes::Int64Type};
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use redshift_sql_dialect::{Error, Result};
use roaring::RoaringBitmap;
use rusqlite::{Connection, OptionalExtension, named_params};

use super::files::{self, StoredFile};
use crate::{
    catalog::{
        Oid, Relation, Shared, Touched, Transaction, TransactionView,
        sql::{current, sql_error, visible},
    },
    error::from_datafusion,
};

/// From how many bitmaps on those of a file are made into one.
const BITMAPS_KEPT: i64 = 16;

impl TransactionView {
    /// The positions of deleted rows, by file.
    pub(super) fn deletions(&self, table: Oid) -> Result<HashMap<i64, RoaringBitmap>> {
        let connection = self.shared().sql.connection();
        let mut statement = connection
            .prepare_cached(concat!("SELECT file, positions FROM deletes WHERE table_oid = :table AND ", visible!()))
            .map_err(sql_error)?;
        let mut rows = statement
            .query(named_params! { ":table": table.0, ":snapshot": self.snapshot(), ":txn": self.txn() })
            .map_err(sql_error)?;
        let mut deletions: HashMap<i64, RoaringBitmap> = HashMap::new();
        while let Some(row) = rows.next().map_err(sql_error)? {
            let bytes = row.get_ref(1).map_err(sql_error)?.as_blob().map_err(|error| damaged(&error))?;
            let positions = RoaringBitmap::deserialize_from(bytes).map_err(|error| damaged(&error))?;
            *deletions.entry(row.get(0).map_err(sql_error)?).or_default() |= positions;
        }
        Ok(deletions)
    }
}

impl Transaction {
    /// Deletes rows of a table that is locked for writing, and gives the number of those that were not deleted before. The
    /// stream's columns are [`ROW_FILE`](crate::catalog::ROW_FILE) and [`ROW_POSITION`](crate::catalog::ROW_POSITION).
    ///
    /// # Errors
    /// 1023 (XX000) where a row was deleted by a transaction that this one does not see.
    pub async fn delete(&self, table: &Relation, rows: SendableRecordBatchStream) -> Result<u64> {
        self.note_write(table)?;
        let positions = gather(rows).await?;
        let count = if positions.is_empty() { Ok(0) } else { self.delete_at(table, positions) };
        self.places_used(table.oid);
        let count = count?;
        // Of the two halves of an UPDATE, the one that ends last tidies up.
        self.merge_chunks(table).await?;
        Ok(count)
    }

    fn delete_at(&self, table: &Relation, positions: BTreeMap<i64, RoaringBitmap>) -> Result<u64> {
        let view = self.seen();
        let files: HashMap<i64, StoredFile> =
            view.files(table.oid)?.into_iter().map(|file| (file.number, file)).collect();
        let conflict = || self.shared().serialization.violated(table.oid, &[], self.owner());
        let txn = self.writes(Touched::Deletes)?;
        self.writes(Touched::Files)?;
        self.shared().sql.atomically(|connection| {
            let mut count = 0;
            for (number, mut positions) in positions {
                let file = files.get(&number).ok_or_else(conflict)?;
                if let Some(deleted) = &file.deleted {
                    positions -= &**deleted;
                }
                if positions.is_empty() {
                    continue;
                }
                count += positions.len();
                let Some(unseen) = unseen_deletions(connection, number, view.snapshot(), txn)? else {
                    let moved = Moved { table: table.oid, snapshot: view.snapshot(), txn, shared: self.shared() };
                    moved.delete(connection, number, &positions)?.ok_or_else(conflict)?;
                    continue;
                };
                if !unseen.is_disjoint(&positions) {
                    return Err(conflict());
                }
                let change = Change { table: table.oid, file, positions, unseen, txn };
                change.apply(connection)?;
            }
            Ok(count)
        })
    }

    /// Deletes all rows of a table that is locked exclusively.
    pub async fn truncate(&self, table: &Relation) -> Result<()> {
        self.note_write(table)?;
        self.end_all_files(table.oid)
    }
}

/// What deletes rows of a file that others have merged since.
struct Moved<'a> {
    table: Oid,
    snapshot: i64,
    txn: i64,
    shared: &'a Shared,
}

impl Moved<'_> {
    /// Deletes them where they are now, and where this transaction sees them; none where one of them is gone.
    fn delete(&self, connection: &Connection, file: i64, positions: &RoaringBitmap) -> Result<Option<()>> {
        insert(connection, self.table, file, positions, self.txn)?;
        let Some(places) = self.shared.moves.follow(file, positions) else { return Ok(None) };
        for (file, positions) in places {
            match unseen_deletions(connection, file, self.snapshot, self.txn)? {
                Some(unseen) if unseen.is_disjoint(&positions) => {
                    insert(connection, self.table, file, &positions, self.txn)?;
                }
                Some(_) => return Ok(None),
                // Merged once more.
                None => match self.delete(connection, file, &positions)? {
                    Some(()) => {}
                    None => return Ok(None),
                },
            }
        }
        Ok(Some(()))
    }
}

/// Rows of one file that a transaction deletes.
struct Change<'a> {
    table: Oid,
    file: &'a StoredFile,
    /// Those that it sees and deletes.
    positions: RoaringBitmap,
    /// Those that are deleted and that it does not see.
    unseen: RoaringBitmap,
    txn: i64,
}

impl Change<'_> {
    fn apply(self, connection: &Connection) -> Result<()> {
        // Rows that others deleted and that it does not see are still there for it, and so is their file.
        if self.unseen.is_empty() && self.positions.len() + self.file.deleted_rows() == self.file.rows {
            return files::end(connection, self.file.number, self.txn);
        }
        let bitmaps: i64 = connection
            .prepare_cached(concat!("SELECT count(*) FROM deletes WHERE file = :file AND ", current!()))
            .and_then(|mut statement| {
                statement.query_row(named_params! { ":file": self.file.number, ":txn": self.txn }, |row| {
                    row.get::<_, i64>(0)
                })
            })
            .map_err(sql_error)?;
        // Where there are some that it does not see, it cannot make one of all: the older ones would see the newer.
        if bitmaps + 1 < BITMAPS_KEPT || !self.unseen.is_empty() {
            return self.insert(connection, &self.positions);
        }
        for sql in [
            "DELETE FROM deletes WHERE file = :file AND begin_txn = :txn AND begin_snapshot IS NULL",
            "UPDATE deletes SET end_txn = :txn WHERE file = :file AND end_txn IS NULL AND end_snapshot IS NULL",
        ] {
            connection
                .prepare_cached(sql)
                .and_then(|mut statement| {
                    statement.execute(named_params! { ":file": self.file.number, ":txn": self.txn })
                })
                .map_err(sql_error)?;
        }
        let all = match &self.file.deleted {
            Some(deleted) => &self.positions | &**deleted,
            None => self.positions.clone(),
        };
        self.insert(connection, &all)
    }

    fn insert(&self, connection: &Connection, positions: &RoaringBitmap) -> Result<()> {
        insert(connection, self.table, self.file.number, positions, self.txn)
    }
}

fn insert(connection: &Connection, table: Oid, file: i64, positions: &RoaringBitmap, txn: i64) -> Result<()> {
    let mut bytes = Vec::with_capacity(positions.serialized_size());
    positions.serialize_into(&mut bytes).map_err(|error| damaged(&error))?;
    connection
        .prepare_cached(
            "INSERT INTO deletes (table_oid, file, row_count, positions, begin_txn)
             VALUES (:table, :file, :rows, :positions, :txn)",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":table": table.0, ":file": file, ":rows": positions.len() as i64, ":positions": bytes, ":txn": txn,
            })
        })
        .map_err(sql_error)?;
    Ok(())
}

/// The deleted rows of a file that a transaction does not see; none where the file itself is gone.
fn unseen_deletions(connection: &Connection, file: i64, snapshot: i64, txn: i64) -> Result<Option<RoaringBitmap>> {
    let there = connection
        .prepare_cached(concat!("SELECT 1 FROM files WHERE file = :file AND ", current!()))
        .and_then(|mut statement| {
            statement.query_row(named_params! { ":file": file, ":txn": txn }, |_| Ok(())).optional()
        })
        .map_err(sql_error)?;
    if there.is_none() {
        return Ok(None);
    }
    let mut statement = connection
        .prepare_cached(
            "SELECT positions FROM deletes WHERE file = :file AND begin_snapshot > :snapshot AND begin_txn <> :txn",
        )
        .map_err(sql_error)?;
    let mut rows =
        statement.query(named_params! { ":file": file, ":snapshot": snapshot, ":txn": txn }).map_err(sql_error)?;
    let mut unseen = RoaringBitmap::new();
    while let Some(row) = rows.next().map_err(sql_error)? {
        let bytes = row.get_ref(0).map_err(sql_error)?.as_blob().map_err(|error| damaged(&error))?;
        unseen |= RoaringBitmap::deserialize_from(bytes).map_err(|error| damaged(&error))?;
    }
    Ok(Some(unseen))
}

/// The positions that a stream of row identities names, by file.
async fn gather(mut rows: SendableRecordBatchStream) -> Result<BTreeMap<i64, RoaringBitmap>> {
    let mut positions: BTreeMap<i64, RoaringBitmap> = BTreeMap::new();
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(from_datafusion)?;
        let unexpected = || Error::internal("rows to be deleted come without their places");
        let files = batch.columns().first().and_then(|array| array.as_primitive_opt::<Int64Type>());
        let places = batch.columns().get(1).and_then(|array| array.as_primitive_opt::<Int64Type>());
        let (files, places) = files.zip(places).ok_or_else(unexpected)?;
        let mut last: Option<(i64, &mut RoaringBitmap)> = None;
        for (file, place) in files.values().iter().zip(places.values()) {
            // Files of the catalog have negative numbers in scans, see `ROW_FILE`.
            let file = file.abs();
            let place = u32::try_from(*place).map_err(|_| unexpected())?;
            match &mut last {
                Some((number, bitmap)) if *number == file => {
                    bitmap.insert(place);
                }
                _ => {
                    let bitmap = positions.entry(file).or_default();
                    bitmap.insert(place);
                    last = Some((file, bitmap));
                }
            }
        }
    }
    Ok(positions)
}

fn damaged(error: &dyn std::error::Error) -> Error {
    Error::internal(format!("deleted rows could not be read: {error}"))
}

/// The positions that are not deleted, of a file with this many rows.
pub(super) fn live_positions(rows: u64, deleted: &Option<Arc<RoaringBitmap>>) -> RoaringBitmap {
    let mut live = RoaringBitmap::new();
    live.insert_range(0..rows as u32);
    if let Some(deleted) = deleted {
        live -= &**deleted;
    }
    live
}
