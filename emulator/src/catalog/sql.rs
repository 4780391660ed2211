//! The SQLite connection: one, behind a lock, whose statements take microseconds.
//!
//! Committing does not wait for the disk while it holds the connection. SQLite runs with `synchronous = NORMAL`, where a
//! commit appends to the write-ahead log and syncs nothing; [`Durability`] then syncs the log itself, outside the lock
//! and once for all commits that wait at that moment. A commit becomes visible to others a little before it is on disk.
//! That is safe: what they commit on top of it stands behind it in the same log, so no sync can save the later without
//! the earlier.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use redshift_sql_dialect::{Error, Result, SqlState};
use rusqlite::Connection;

/// The catalog's connection.
pub(crate) struct Sql(Mutex<Connection>);

impl Sql {
    /// Opens the catalog file, or a catalog in memory.
    pub(crate) fn open(file: Option<&Path>) -> Result<Sql> {
        let new = file.is_some_and(|file| !file.exists());
        let connection = match file {
            Some(file) => Connection::open(file),
            None => Connection::open_in_memory(),
        }
        .map_err(sql_error)?;
        connection.busy_timeout(Duration::ZERO).map_err(sql_error)?;
        connection.set_prepared_statement_cache_capacity(128);
        // Nobody misses a file that is damaged before the first commit, which brings all of it to disk.
        let synchronous = if new { "OFF" } else { "NORMAL" };
        // Exclusive locking keeps SQLite from sharing an index of its log with other processes, which the lock file keeps
        // out anyway. A log of 16 MB is moved into the file once in some hundred commits.
        connection
            .execute_batch(&format!(
                "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = {synchronous}; PRAGMA journal_mode = WAL;
                 PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;"
            ))
            .map_err(sql_error)?;
        Ok(Sql(Mutex::new(connection)))
    }

    /// From now on what is committed has to last.
    pub(crate) fn made(&self) -> Result<()> {
        self.connection().execute_batch("PRAGMA synchronous = NORMAL").map_err(sql_error)
    }

    /// The connection, for a few statements.
    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs something in one SQLite transaction.
    pub(crate) fn atomically<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.atomically_then(work, |_| ())
    }

    /// The same, and something after it is committed and before anybody else gets the connection.
    pub(crate) fn atomically_then<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T>,
        then: impl FnOnce(&T),
    ) -> Result<T> {
        let mut connection = self.connection();
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(sql_error)?;
        let answer = work(&transaction)?;
        transaction.commit().map_err(sql_error)?;
        then(&answer);
        Ok(answer)
    }
}

/// Brings commits to disk.
pub(crate) struct Durability {
    /// None in memory.
    files: Option<Arc<Files>>,
    written: AtomicU64,
    synced: tokio::sync::Mutex<u64>,
    broken: AtomicBool,
}

/// The files of a catalog, open for as long as it is: to close one would give up the lock that SQLite has on it, because
/// POSIX locks belong to the process.
struct Files {
    log: File,
    catalog: File,
    folder: PathBuf,
}

impl Durability {
    /// Of the catalog in this file, which has been written to.
    pub(crate) fn open(file: Option<&Path>) -> Result<Durability> {
        let files = match file {
            Some(file) => Some(Arc::new(Files::open(file).map_err(|error| io_error(&error))?)),
            None => None,
        };
        let (written, synced) = (AtomicU64::new(0), tokio::sync::Mutex::new(0));
        Ok(Durability { files, written, synced, broken: AtomicBool::new(false) })
    }

    /// Notes that something was committed that has to get to disk, and gives a ticket for it.
    pub(crate) fn written(&self) -> u64 {
        self.written.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Waits until what this ticket stands for is on disk.
    pub(crate) async fn wait(&self, ticket: u64) -> Result<()> {
        let Some(files) = &self.files else { return Ok(()) };
        let mut synced = self.synced.lock().await;
        if *synced >= ticket {
            return Ok(());
        }
        let first = *synced == 0;
        let reached = self.written.load(Ordering::SeqCst);
        let files = Arc::clone(files);
        match tokio::task::spawn_blocking(move || files.sync(first)).await {
            Ok(Ok(())) => *synced = reached,
            Ok(Err(error)) => {
                self.broken.store(true, Ordering::SeqCst);
                return Err(io_error(&error));
            }
            Err(error) => return Err(Error::internal(format!("the catalog could not be synced: {error}"))),
        }
        Ok(())
    }

    /// Fails once a sync has failed: nobody knows then what is on disk.
    pub(crate) fn check(&self) -> Result<()> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(Error::new(SqlState::IO_ERROR, "the catalog could not be written to disk; restart the server"));
        }
        Ok(())
    }
}

impl Files {
    fn open(catalog: &Path) -> std::io::Result<Files> {
        let mut log = catalog.as_os_str().to_owned();
        log.push("-wal");
        let open = |path: &Path| File::options().read(true).write(true).open(path);
        let folder = catalog.parent().unwrap_or(Path::new(".")).to_path_buf();
        Ok(Files { log: open(log.as_ref())?, catalog: open(catalog)?, folder })
    }

    /// Syncs the log; the first time also what a new catalog consists of.
    fn sync(&self, first: bool) -> std::io::Result<()> {
        self.log.sync_data()?;
        if first {
            self.catalog.sync_all()?;
            sync_folder(&self.folder)?;
        }
        Ok(())
    }
}

/// Brings to disk which files are in a folder. Systems other than Unix do it themselves.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    match cfg!(unix) {
        true => File::open(folder)?.sync_all(),
        false => Ok(()),
    }
}

/// An error of SQLite, which is one of the disk or a defect of ours.
pub(crate) fn sql_error(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => Error::new(SqlState::IO_ERROR, "disk full"),
        Some(_) => Error::new(SqlState::IO_ERROR, format!("the catalog could not be read or written: {error}")),
        None => Error::internal(format!("the catalog is not as expected: {error}")),
    }
}

/// An error of the file system.
pub(crate) fn io_error(error: &std::io::Error) -> Error {
    Error::new(SqlState::IO_ERROR, format!("the data directory could not be read or written: {error}"))
}

/// The condition under which a transaction (`:txn`) with a snapshot (`:snapshot`) sees a version.
macro_rules! visible {
    () => {
        "(begin_snapshot <= :snapshot OR begin_txn = :txn) \
         AND (end_snapshot IS NULL OR end_snapshot > :snapshot) AND end_txn IS NOT :txn"
    };
}

/// The condition under which a version is the last one, for a transaction that holds the lock on what it is of: what is
/// committed, whenever that was, and the transaction's (`:txn`) own.
macro_rules! current {
    () => {
        "(begin_snapshot IS NOT NULL OR begin_txn = :txn) AND end_snapshot IS NULL AND end_txn IS NOT :txn"
    };
}

pub(crate) use {current, visible};
