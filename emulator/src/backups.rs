//! Backups of the whole warehouse: how they are made, and what coming back to one means to those who are connected.
//!
//! How they are kept: [`crate::catalog`], module `backup`.

use redshift_sql_dialect::Result;

use crate::{
    Engine,
    catalog::{Backup, BackupId, TableRestore},
};

/// The process that restores a table, which is no session.
const NO_SESSION: i32 = 0;

impl Engine {
    /// Keeps everything that is committed now: all databases, users and privileges, without what is temporary. It costs a
    /// copy of the catalog; data files are shared with it.
    ///
    /// # Errors
    /// 58030 where it cannot be written; then nothing of it is left.
    pub async fn back_up(&self) -> Result<Backup> {
        self.catalog().back_up().await
    }

    /// The backups that there are.
    ///
    /// # Errors
    /// 58030 where they cannot be listed.
    pub fn backups(&self) -> Result<Vec<BackupId>> {
        self.catalog().backups()
    }

    /// Forgets a backup.
    ///
    /// # Errors
    /// 42704 where there is none.
    pub async fn drop_backup(&self, id: BackupId) -> Result<()> {
        self.catalog().drop_backup(id).await
    }

    /// Puts what a backup holds in the place of everything: all of it or, where that fails or the process ends, nothing.
    /// The sessions that there are end with 57P01, and what they had not committed is lost.
    ///
    /// # Errors
    /// 42704 where there is no such backup; 58030 where something cannot be read or written, or where another version of
    /// this program has made it.
    pub async fn restore(&self, id: BackupId) -> Result<()> {
        self.catalog().restore(id, &self.init()).await?;
        self.activity().terminate_all();
        Ok(())
    }

    /// Makes a table of one that a backup has: bytes of its rows.
    ///
    /// # Errors
    /// 42704 where there is no such backup, 42P01 where it has no such table, 3D000 and 3F000 where there is no such database
    /// or schema, 42P07 where there is such a table.
    pub async fn restore_table(&self, id: BackupId, what: &TableRestore) -> Result<u64> {
        self.catalog().restore_table(id, NO_SESSION, what).await
    }
}
