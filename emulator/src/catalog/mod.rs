//! The catalog: what exists, as each transaction sees it, and what its rows are in.
//!
//! One SQLite file holds it: schema.sql has its tables, [`transaction`] the way of a transaction, [`snapshot`] what one
//! sees, [`locks`] and [`serializable`] what keeps two apart, [`objects`] how databases, schemas, relations, users and
//! groups are kept, [`garbage`] what becomes of versions that nobody sees any more, [`backup`] how all of it is kept to come
//! back to, and [`open`] how it begins. The rows of tables are [`crate::storage`]'s.

pub use backup::{Backup, BackupId, TableRestore};
pub use changes::Changes;
pub use grants::*;
pub use locks::{LockMode, TableLock};
pub use model::*;
pub use policies::*;
pub use principals::{Database, Group, IamRole, Isolation, RDSDB, Role, User};
pub use relations::{NewRelation, NewSchema};
pub use rights::*;
pub use routines::{ArgumentMode, ArgumentType, Routine, RoutineArgument, RoutineKind};
pub use serializable::Conflict;
pub use system_roles::{ALL_IAM_ROLES, DEFAULT_IAM_ROLE};
pub use transaction::{Transaction, TransactionView};
pub use view::*;

mod backup;
mod changes;
pub(crate) mod encode;
pub(crate) mod garbage;
mod grants;
mod locks;
mod model;
mod objects;
mod open;
mod policies;
mod principals;
mod relations;
mod rights;
mod routines;
pub(crate) mod serializable;
mod session_groups;
mod snapshot;
pub(crate) mod sql;
mod system_roles;
mod transaction;
mod view;

pub(crate) use objects::locked;
pub(crate) use relations::StoredRelation;
pub(crate) use session_groups::Membership;
pub(crate) use snapshot::SnapshotId;
pub(crate) use transaction::{Touched, too_far};

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::{ObjectStore, local::LocalFileSystem, memory::InMemory};
use redshift_sql_dialect::{Error, Result, SqlState};

use crate::{
    Credential, Location,
    storage::{ChunkCache, Moves},
};

/// What a new catalog begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseInit {
    /// The database that is made when there is none of this name.
    pub database: String,
    /// The superuser that is made when there is none of this name, and who owns it.
    pub user: String,
    /// That user's password from now on; [`Credential::Anything`] leaves the one that it has.
    pub password: Credential,
    /// The isolation level of that database, where it is made.
    pub isolation: Isolation,
}

/// Everything that is kept: databases, users, tables and their rows. Cloning gives another handle of the same.
#[derive(Clone)]
pub struct Catalog(Arc<Shared>);

/// What all handles, transactions and scans of a catalog share.
pub(crate) struct Shared {
    pub(crate) sql: sql::Sql,
    pub(crate) durability: sql::Durability,
    pub(crate) snapshots: Arc<snapshot::Snapshots>,
    pub(crate) locks: locks::Locks,
    pub(crate) moves: Moves,
    pub(crate) serialization: serializable::Serialization,
    pub(crate) garbage: garbage::Garbage,
    pub(crate) caches: objects::Caches,
    pub(crate) names: objects::Names,
    pub(crate) session_groups: session_groups::SessionGroups,
    pub(crate) chunks: ChunkCache,
    /// The data files.
    pub(crate) store: Arc<dyn ObjectStore>,
    /// What DataFusion knows that store by.
    pub(crate) store_url: ObjectStoreUrl,
    pub(crate) backups: backup::Backups,
    /// How often everything was restored.
    epoch: AtomicU64,
    next_txn: AtomicI64,
    next_file: AtomicI64,
    /// The last, so that it is given up when everything else is closed.
    pub(crate) place: open::Place,
}

impl Shared {
    fn next_txn(&self) -> i64 {
        self.next_txn.fetch_add(1, Ordering::SeqCst)
    }

    pub(crate) fn next_file(&self) -> i64 {
        self.next_file.fetch_add(1, Ordering::SeqCst)
    }
}

impl Catalog {
    /// Opens the catalog at a location, making it where there is none, and clears what a crash left behind.
    ///
    /// # Errors
    /// 58030 where the folder cannot be made or written or was written by a newer version; 55006 where another process
    /// uses it.
    pub async fn open(location: &Location, init: DatabaseInit) -> Result<Catalog> {
        let place = open::Place::open(location)?;
        let file = place.catalog_file();
        let sql = sql::Sql::open(file.as_deref())?;
        let opened = open::prepare(&sql, &init)?;
        sql.made()?;
        let durability = sql::Durability::open(file.as_deref())?;
        let store: Arc<dyn ObjectStore> = match place.data_folder() {
            Some(folder) => {
                open::remove_orphans(&folder, &opened.files)?;
                let store = LocalFileSystem::new_with_prefix(&folder).map_err(|error| {
                    Error::new(SqlState::IO_ERROR, format!("could not open the folder of data files: {error}"))
                })?;
                Arc::new(store)
            }
            None => Arc::new(InMemory::new()),
        };
        let shared = Shared {
            sql,
            durability,
            snapshots: snapshot::Snapshots::new(opened.last_snapshot),
            locks: locks::Locks::default(),
            moves: Moves::default(),
            serialization: serializable::Serialization::default(),
            garbage: garbage::Garbage::default(),
            caches: objects::Caches::default(),
            names: objects::Names::default(),
            session_groups: session_groups::SessionGroups::default(),
            chunks: ChunkCache::default(),
            store,
            store_url: store_url()?,
            backups: backup::Backups::of(place.folder.as_deref())?,
            epoch: AtomicU64::new(0),
            next_txn: AtomicI64::new(opened.next_txn),
            next_file: AtomicI64::new(opened.next_file),
            place,
        };
        Ok(Catalog(Arc::new(shared)))
    }

    /// Begins a transaction of the session with this process id in this database.
    ///
    /// It has no snapshot yet: that is taken by its first statement that reads or writes.
    ///
    /// # Errors
    /// 3D000 where the database does not exist.
    pub fn begin(&self, pid: i32, database: &str) -> Result<Transaction> {
        Transaction::begin(&self.0, pid, database)
    }

    /// What is committed now, in no database: for those who ask for users and databases.
    pub fn look(&self) -> TransactionView {
        TransactionView::outside(&self.0)
    }

    /// The number of the last commit: another one as soon as something has changed.
    pub fn last_commit(&self) -> i64 {
        self.0.snapshots.last()
    }

    /// The locks on tables that are held and waited for.
    pub fn table_locks(&self) -> Vec<TableLock> {
        self.0.locks.on_tables()
    }

    /// Drops the temporary schema of a session that ends, with everything in it.
    ///
    /// # Errors
    /// 58030 where the catalog cannot be written.
    pub async fn drop_temp_schema(&self, pid: i32, database: &str) -> Result<()> {
        let transaction = self.begin(pid, database)?;
        match transaction.view().schema(&format!("{}{pid}", relations::TEMP_SCHEMA_PREFIX))? {
            Some(schema) => {
                transaction.drop_schema(schema.oid).await?;
                transaction.commit().await
            }
            None => Ok(()),
        }
    }

    /// Waits until everything that was committed is on disk. The file is closed when the last handle goes.
    ///
    /// # Errors
    /// 58030 where it cannot be written.
    pub async fn close(&self) -> Result<()> {
        let ticket = self.0.durability.written();
        self.0.durability.wait(ticket).await
    }
}

/// A URL of this catalog alone: several may be open in one process.
fn store_url() -> Result<ObjectStoreUrl> {
    static CATALOGS: AtomicI64 = AtomicI64::new(0);
    let number = CATALOGS.fetch_add(1, Ordering::SeqCst);
    ObjectStoreUrl::parse(format!("blueshift-{number}://data")).map_err(|error| Error::internal(error.to_string()))
}
