//! Transactions.

use std::sync::Arc;

use redshift_sql_dialect::{Error, Result};

use super::{CatalogView, Contents, Database, LockMode, Oid, Relation, RowIdentity};

/// A transaction. Dropping it rolls it back.
///
/// The order within a statement that writes: find its table in a [`view`](Transaction::view), lock it, then take a *new*
/// view and bind the statement in it. A transaction that has read and written nothing yet takes its snapshot anew with
/// each view, so that a statement which waited for a lock sees what the one before it committed, as Redshift's does.
pub struct Transaction(#[allow(dead_code)] Arc<()>);

/// What a transaction sees: its snapshot and its own writes. Scans made from it work as long as they live, also after
/// the transaction's end.
pub struct TransactionView(#[allow(dead_code)] Arc<()>);

impl Transaction {
    /// Its number, as `xid` columns show it.
    pub fn id(&self) -> i64 {
        0
    }

    /// The database it is in.
    pub fn database(&self) -> Result<Arc<Database>> {
        Err(Error::unsupported("transactions are not supported"))
    }

    /// What it sees now.
    pub fn view(&self) -> Result<Arc<TransactionView>> {
        Err(Error::unsupported("transactions are not supported"))
    }

    /// Locks a table until the transaction ends, waiting for those that hold it in a mode that does not go with this one.
    ///
    /// # Errors
    /// 1023 (XX000) where no serial order is left; 40P01 where transactions wait for each other.
    pub async fn lock_table(&self, _table: Oid, _mode: LockMode) -> Result<()> {
        Err(Error::unsupported("locks are not supported"))
    }

    /// Makes its writes visible to those that begin after, all at once and for good.
    ///
    /// # Errors
    /// 58030 where they cannot be written; the transaction is rolled back then.
    pub async fn commit(self) -> Result<()> {
        Err(Error::unsupported("transactions are not supported"))
    }

    /// Undoes its writes. Dropping does the same.
    pub fn rollback(self) {}
}

impl CatalogView for TransactionView {
    fn has_schema(&self, _schema: &str) -> Result<bool> {
        Err(Error::unsupported("schemas are not supported"))
    }

    fn relation(&self, _schema: &str, _name: &str) -> Result<Option<Arc<Relation>>> {
        Err(Error::unsupported("relations are not supported"))
    }

    fn contents(&self, _relation: &Arc<Relation>, _identity: RowIdentity) -> Result<Contents> {
        Err(Error::unsupported("relations are not supported"))
    }
}
