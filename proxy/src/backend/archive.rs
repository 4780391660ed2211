//! Backups of a warehouse's data, where the backend keeps the data itself.

use async_trait::async_trait;
use blueshift_emulator::{
    Engine,
    catalog::{Backup, BackupId, TableRestore},
};
use redshift_sql_dialect::Result;

/// What keeps backups, and comes back to them.
#[async_trait]
pub trait Archive: Send + Sync {
    /// Keeps everything that is committed now.
    ///
    /// # Errors
    /// Where it cannot be written; then nothing of it is left.
    async fn back_up(&self) -> Result<Backup>;

    /// The backups that there are.
    ///
    /// # Errors
    /// Where they cannot be listed.
    fn backups(&self) -> Result<Vec<BackupId>>;

    /// Forgets a backup.
    ///
    /// # Errors
    /// 42704 where there is none.
    async fn drop_backup(&self, id: BackupId) -> Result<()>;

    /// Puts what a backup holds in the place of everything, or changes nothing; all sessions end.
    ///
    /// # Errors
    /// 42704 where there is none; where it cannot be read.
    async fn restore(&self, id: BackupId) -> Result<()>;

    /// Makes a table of one that a backup has: bytes of its rows.
    ///
    /// # Errors
    /// Where it is not there, and where there is one of its new name.
    async fn restore_table(&self, id: BackupId, what: &TableRestore) -> Result<u64>;
}

#[async_trait]
impl Archive for Engine {
    async fn back_up(&self) -> Result<Backup> {
        Engine::back_up(self).await
    }

    fn backups(&self) -> Result<Vec<BackupId>> {
        Engine::backups(self)
    }

    async fn drop_backup(&self, id: BackupId) -> Result<()> {
        Engine::drop_backup(self, id).await
    }

    async fn restore(&self, id: BackupId) -> Result<()> {
        Engine::restore(self, id).await
    }

    async fn restore_table(&self, id: BackupId, what: &TableRestore) -> Result<u64> {
        Engine::restore_table(self, id, what).await
    }
}
