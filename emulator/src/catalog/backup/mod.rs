//! Backups: what is committed at a moment, kept apart, to come back to.
//!
//! Clusters and namespaces call them snapshots; here that word is taken by what transactions see. A backup is a catalog of its
//! own, with the versions that a transaction would see that began at that moment (nothing temporary, nothing open), and the data
//! files that it names. Data files never change: they are linked, and take space only once the tables have left them. In
//! memory it is the same with a catalog in memory and with copies of the objects, which share their bytes.
//!
//! ```text
//! snapshots/ID/catalog.db               the catalog
//! snapshots/ID/data/TABLE/FILE.parquet  links to data files
//! snapshots/ID.part                     one that is being made or removed; the next start removes it
//! ```
//!
//! Restoring is one transaction of SQLite: every version that is current ends, and those of the backup begin, as if somebody
//! had dropped everything and made it anew. Its data files are linked back under new numbers before. So whoever still looks at
//! an older snapshot goes on seeing it, and a crash leaves all of the old or all of the new. Transactions that were open then
//! cannot commit any more ([`Shared::check_epoch`](super::Shared)).

mod copy;
mod place;
mod table;

pub use table::TableRestore;

pub(crate) use place::Backups;

use std::{fmt, sync::atomic::Ordering};

use redshift_sql_dialect::{Error, Result, SqlState};
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    Catalog, DatabaseInit, Oid, Shared,
    objects::locked,
    open::{self, Counter},
    sql::sql_error,
    transaction::Touched,
};

/// The name of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BackupId(Uuid);

impl BackupId {
    /// Reads what [`fmt::Display`] wrote.
    pub fn parse(text: &str) -> Option<BackupId> {
        Uuid::try_parse(text).ok().map(BackupId)
    }
}

impl fmt::Display for BackupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A backup that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backup {
    /// Its name.
    pub id: BackupId,
    /// Bytes of the rows in it.
    pub bytes: u64,
}

/// A file of a table: in a backup, and where its rows come back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Linked {
    from: (Oid, i64),
    to: (Oid, i64),
    /// Is it a file, and not a chunk inside the catalog?
    data: bool,
}

/// There is no such backup.
fn missing(id: BackupId) -> Error {
    Error::new(SqlState::UNDEFINED_OBJECT, format!("snapshot {id} does not exist"))
}

impl Catalog {
    /// Keeps what is committed now.
    ///
    /// # Errors
    /// 58030 where it cannot be written; then nothing of it is left.
    pub async fn back_up(&self) -> Result<Backup> {
        let shared = &self.0;
        shared.durability.check()?;
        let id = BackupId(Uuid::new_v4());
        // It keeps the files from going as long as it is held.
        let view = self.look();
        let made = shared.backups.begin(id)?;
        let copied = copy::everything(&shared.sql.connection(), &made.connection, view.snapshot());
        let linked = match copied.and_then(|()| files_of(&made.connection)) {
            Ok(files) => shared.backups.link_in(shared, id, &files).await,
            Err(error) => Err(error),
        };
        let bytes = linked.and_then(|()| copy::bytes_of(&made.connection));
        match bytes {
            Ok(bytes) => {
                shared.backups.keep(id, made).await?;
                Ok(Backup { id, bytes })
            }
            Err(error) => {
                drop(made);
                shared.backups.discard(shared, id).await;
                Err(error)
            }
        }
    }

    /// The backups that there are.
    ///
    /// # Errors
    /// 58030 where the folder cannot be read.
    pub fn backups(&self) -> Result<Vec<BackupId>> {
        self.0.backups.all()
    }

    /// Forgets a backup.
    ///
    /// # Errors
    /// 42704 where there is none; 58030 where it cannot be removed.
    pub async fn drop_backup(&self, id: BackupId) -> Result<()> {
        self.0.backups.forget(id)?;
        self.0.backups.discard(&self.0, id).await;
        Ok(())
    }

    /// Puts what a backup holds in the place of everything that there is. `init` is made sure of, as at every start.
    ///
    /// # Errors
    /// 42704 where there is no such backup; 58030 where something cannot be read or written. Nothing has changed then.
    pub async fn restore(&self, id: BackupId, init: &DatabaseInit) -> Result<()> {
        let shared = &self.0;
        shared.durability.check()?;
        let source = shared.backups.open(id)?;
        let files = {
            let source = locked(&source);
            let mut files = files_of(&source)?;
            files.iter_mut().for_each(|file| file.to = (file.from.0, shared.next_file()));
            files
        };
        let restored = match shared.backups.link_out(shared, id, &files).await {
            Ok(()) => self.replace(&locked(&source), &files, init),
            Err(error) => Err(error),
        };
        let ended = restored.inspect_err(|_| shared.remove_files(data_of(&files)))?;
        let ticket = shared.durability.written();
        shared.garbage.note(ended);
        shared.collect_garbage();
        shared.durability.wait(ticket).await
    }

    /// The transaction that restores: the number of the commit with which what there was has ended.
    fn replace(&self, source: &Connection, files: &[Linked], init: &DatabaseInit) -> Result<i64> {
        let shared = &self.0;
        copy::renumber(source, files)?;
        let txn = shared.next_txn();
        let (ended, _) = shared.sql.atomically_then(
            |connection| {
                let snapshot = shared.snapshots.last() + 1;
                for table in Touched::ALL {
                    copy::end_all(connection, table, txn, snapshot)?;
                }
                copy::restore_everything(source, connection, txn, snapshot)?;
                open::advance(connection, snapshot, txn)?;
                open::found(connection, init)?;
                Ok((snapshot, open::counter(connection, Counter::Snapshot)?))
            },
            |(_, last)| {
                shared.snapshots.advance(*last);
                shared.epoch.fetch_add(1, Ordering::SeqCst);
            },
        )?;
        Ok(ended)
    }
}

impl Shared {
    /// Which restoration it is that a transaction began after.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Fails where everything was restored since then: what a transaction saw is no more. The caller holds the connection,
    /// under which restoring happens.
    pub(crate) fn check_epoch(&self, began: u64) -> Result<()> {
        if self.epoch() == began {
            return Ok(());
        }
        let message = "terminating connection due to administrator command";
        Err(Error::new(SqlState::ADMIN_SHUTDOWN, message).with_detail("The warehouse was restored from a snapshot."))
    }
}

fn data_of(files: &[Linked]) -> Vec<(Oid, i64)> {
    files.iter().filter(|file| file.data).map(|file| file.to).collect()
}

/// The files that a catalog names; where they go is not said yet.
fn files_of(catalog: &Connection) -> Result<Vec<Linked>> {
    let mut statement =
        catalog.prepare("SELECT table_oid, file, place = 'data' FROM files ORDER BY file").map_err(sql_error)?;
    let files = statement.query_map([], |row| {
        let from = (Oid(row.get(0)?), row.get(1)?);
        Ok(Linked { from, to: from, data: row.get(2)? })
    });
    files.and_then(Iterator::collect).map_err(sql_error)
}
