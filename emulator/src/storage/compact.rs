//! Files that are made anew: many small ones into one, and those with deleted rows without them.
//!
//! Inputs that are too large for a chunk make a file each, so that a table which is fed every minute would consist of
//! thousands. When the files at its end have become many and none of them is large beside the others, the INSERT that
//! added the last writes them into one, as [`super::inline`] does with chunks; files of 32 MB and more are left alone.
//! VACUUM does so whatever their number, and takes files with deleted rows along.

use std::sync::Arc;

use datafusion::prelude::{SessionConfig, SessionContext};
use redshift_sql_dialect::Result;

use super::{
    files::{Place, StoredFile},
    inline::crowd,
    scan::TableScan,
};
use crate::{
    catalog::{Relation, RowIdentity, Transaction},
    error::from_datafusion,
};

/// Bytes from which on a file is left as it is.
const LARGE: u64 = 32 << 20;

impl Transaction {
    /// Makes one file of small ones where there are many. The transaction holds the table's lock.
    pub(super) async fn merge_files(&self, table: &Relation) -> Result<()> {
        let _turn = self.tidying().await;
        let view = self.seen();
        let files = view.files(table.oid)?;
        let data: Vec<StoredFile> = files.into_iter().filter(|file| file.place == Place::Data).collect();
        let small = data.iter().rev().take_while(|file| file.bytes < LARGE).count();
        let crowd = crowd(&data[data.len() - small..]).to_vec();
        if crowd.is_empty() || self.places_matter(table.oid) || self.has_unseen_changes(table.oid, view.snapshot())? {
            return Ok(());
        }
        self.rewrite(table, crowd).await
    }

    /// Rids a table that is locked for writing of deleted rows and small files (VACUUM). Rows are not sorted by it.
    ///
    /// # Errors
    /// 58030 where the new files cannot be written.
    pub async fn compact(&self, table: &Relation) -> Result<()> {
        let _turn = self.tidying().await;
        let view = self.seen();
        if self.has_unseen_changes(table.oid, view.snapshot())? {
            return Ok(());
        }
        let wasteful = |file: &StoredFile| file.deleted.is_some() || file.bytes < LARGE;
        let files: Vec<StoredFile> = view.files(table.oid)?.into_iter().filter(wasteful).collect();
        match files.as_slice() {
            [] => Ok(()),
            [only] if only.deleted.is_none() => Ok(()),
            _ => self.rewrite(table, files).await,
        }
    }

    /// Writes the rows of some files into others in their place, in the same order.
    async fn rewrite(&self, table: &Relation, files: Vec<StoredFile>) -> Result<()> {
        let numbers: Vec<i64> = files.iter().map(|file| file.number).collect();
        let (view, relation) = (self.seen(), Arc::new(table.clone()));
        let session = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
        let mut frames = Vec::with_capacity(files.len());
        for file in &files {
            let scan = TableScan::new((*view).clone(), &relation, RowIdentity::Omitted)?.of_files(vec![file.clone()]);
            frames.push(session.read_table(Arc::new(scan)).map_err(from_datafusion)?);
        }
        let written = self.write_in_order(table, frames).await?;
        self.end_files(&numbers)?;
        self.shared().moves.note(self.id(), &files, written);
        Ok(())
    }
}
