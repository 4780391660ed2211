//! Garbage: versions and files that nobody can see any more.
//!
//! A version that ended at or before the oldest snapshot in use is garbage. It is looked for when a transaction or a view
//! ends and something that ended waits for it. The catalog forgets a file first and its bytes go after; what a crash
//! leaves between the two is an orphan, which the next start removes.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use object_store::{ObjectStoreExt, path::Path};
use redshift_sql_dialect::Result;
use rusqlite::{Connection, named_params};

use super::{Oid, Shared, snapshot::SnapshotId, sql::sql_error, transaction::Touched};

/// When garbage is to be expected.
pub(crate) struct Garbage {
    /// The earliest commit that ended something which is still there.
    oldest_end: AtomicI64,
}

impl Default for Garbage {
    fn default() -> Self {
        Garbage { oldest_end: AtomicI64::new(i64::MAX) }
    }
}

impl Garbage {
    /// A commit ended something.
    pub(crate) fn note(&self, commit: SnapshotId) {
        self.oldest_end.fetch_min(commit, Ordering::SeqCst);
    }
}

/// Looks for garbage when it is dropped.
pub(crate) struct Collector(Arc<Shared>);

impl Collector {
    pub(crate) fn of(shared: &Arc<Shared>) -> Collector {
        Collector(Arc::clone(shared))
    }
}

impl Clone for Collector {
    fn clone(&self) -> Self {
        Collector::of(&self.0)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.0.collect_garbage();
    }
}

impl Shared {
    /// Removes the garbage, where there can be any.
    pub(crate) fn collect_garbage(self: &Arc<Self>) {
        if self.garbage.oldest_end.load(Ordering::SeqCst) == i64::MAX {
            return;
        }
        let horizon = self.snapshots.horizon();
        if self.garbage.oldest_end.load(Ordering::SeqCst) > horizon {
            return;
        }
        match self.sweep(horizon) {
            Ok(files) => self.remove_files(files),
            Err(error) => tracing::error!(%error, "garbage could not be collected"),
        }
    }

    /// Forgets the versions that ended by then; gives the data files among them.
    fn sweep(&self, horizon: SnapshotId) -> Result<Vec<(Oid, i64)>> {
        let (files, chunks, versions) = self.sql.atomically(|connection| {
            // Whatever ends after this is noted again.
            self.garbage.oldest_end.store(i64::MAX, Ordering::SeqCst);
            let (mut files, mut chunks) = (Vec::new(), Vec::new());
            for (file, table, place) in ended_files(connection, horizon)? {
                forget_file(connection, file)?;
                match place.as_str() {
                    "inline" => chunks.push(file),
                    _ => files.push((table, file)),
                }
            }
            let versions = ended_objects(connection, horizon)?;
            for sql in [
                "DELETE FROM grants WHERE end_snapshot IS NOT NULL AND end_snapshot <= :horizon",
                "DELETE FROM deletes WHERE end_snapshot IS NOT NULL AND end_snapshot <= :horizon",
            ] {
                run(connection, sql, horizon)?;
            }
            if let Some(next) = next_end(connection)? {
                self.garbage.note(next);
            }
            Ok((files, chunks, versions))
        })?;
        self.caches.forget(&versions);
        self.chunks.forget(&chunks);
        self.moves.forget(horizon);
        Ok(files)
    }

    /// Undoes what a transaction wrote.
    pub(crate) fn undo(&self, txn: i64, tables: &[Touched]) -> Result<()> {
        self.sql.atomically(|connection| {
            for table in tables {
                if *table == Touched::Files {
                    connection
                        .prepare_cached(
                            "DELETE FROM chunks WHERE file IN
                                 (SELECT file FROM files WHERE begin_txn = :txn AND begin_snapshot IS NULL)",
                        )
                        .and_then(|mut statement| statement.execute(named_params! { ":txn": txn }))
                        .map_err(sql_error)?;
                }
                for sql in [table.undo_begin(), table.undo_end()] {
                    connection
                        .prepare_cached(sql)
                        .and_then(|mut statement| statement.execute(named_params! { ":txn": txn }))
                        .map_err(sql_error)?;
                }
            }
            Ok(())
        })
    }

    /// Removes data files, behind the caller's back where there is somebody to do it.
    pub(crate) fn remove_files(self: &Arc<Self>, files: Vec<(Oid, i64)>) {
        if files.is_empty() {
            return;
        }
        let paths: Vec<Path> = files.into_iter().map(|(table, file)| data_path(table, file)).collect();
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // A process that ends: the next one finds them.
            return;
        };
        let store = Arc::clone(&self.store);
        runtime.spawn(async move {
            for path in paths {
                match store.delete(&path).await {
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                    Err(error) => tracing::warn!(%error, %path, "a data file could not be removed"),
                }
            }
        });
    }
}

/// Where a data file is, in the store of data files. Names are in the order of numbers, because DataFusion sorts by them.
pub(crate) fn data_path(table: Oid, file: i64) -> Path {
    Path::from_iter([table.0.to_string(), format!("{file:012}.parquet")])
}

fn run(connection: &Connection, sql: &str, horizon: SnapshotId) -> Result<usize> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(named_params! { ":horizon": horizon }))
        .map_err(sql_error)
}

fn ended_files(connection: &Connection, horizon: SnapshotId) -> Result<Vec<(i64, Oid, String)>> {
    connection
        .prepare_cached(
            "DELETE FROM files WHERE end_snapshot IS NOT NULL AND end_snapshot <= :horizon
             RETURNING file, table_oid, place",
        )
        .and_then(|mut statement| {
            statement
                .query_map(named_params! { ":horizon": horizon }, |row| {
                    Ok((row.get(0)?, Oid(row.get(1)?), row.get(2)?))
                })?
                .collect()
        })
        .map_err(sql_error)
}

fn forget_file(connection: &Connection, file: i64) -> Result<()> {
    for sql in ["DELETE FROM chunks WHERE file = :file", "DELETE FROM deletes WHERE file = :file"] {
        connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(named_params! { ":file": file }))
            .map_err(sql_error)?;
    }
    Ok(())
}

/// Forgets versions of objects, and of relations that are gone for good what stands outside versions.
fn ended_objects(connection: &Connection, horizon: SnapshotId) -> Result<Vec<i64>> {
    let ended: Vec<(i64, String, u32)> = connection
        .prepare_cached(
            "DELETE FROM objects WHERE end_snapshot IS NOT NULL AND end_snapshot <= :horizon
             RETURNING version, kind, oid",
        )
        .and_then(|mut statement| {
            statement
                .query_map(named_params! { ":horizon": horizon }, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        })
        .map_err(sql_error)?;
    for (_, kind, oid) in &ended {
        if kind == "relation" {
            connection
                .prepare_cached(
                    "DELETE FROM identities WHERE table_oid = :oid
                       AND NOT EXISTS (SELECT 1 FROM objects WHERE kind = 'relation' AND oid = :oid)",
                )
                .and_then(|mut statement| statement.execute(named_params! { ":oid": oid }))
                .map_err(sql_error)?;
        }
    }
    Ok(ended.into_iter().map(|(version, _, _)| version).collect())
}

fn next_end(connection: &Connection) -> Result<Option<SnapshotId>> {
    connection
        .prepare_cached(
            "SELECT min(end_snapshot) FROM (
                 SELECT min(end_snapshot) AS end_snapshot FROM objects WHERE end_snapshot IS NOT NULL
                 UNION ALL SELECT min(end_snapshot) FROM grants WHERE end_snapshot IS NOT NULL
                 UNION ALL SELECT min(end_snapshot) FROM files WHERE end_snapshot IS NOT NULL
                 UNION ALL SELECT min(end_snapshot) FROM deletes WHERE end_snapshot IS NOT NULL)",
        )
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(sql_error)
}
