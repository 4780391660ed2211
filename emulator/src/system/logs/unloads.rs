//! What UNLOAD leaves in the logs. Times are microseconds since 1970-01-01 UTC.

use rusqlite::types::Value;

use super::{records::LogRecord, table::LogTable};

/// An UNLOAD that ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnloadRecord {
    /// Its id.
    pub query: i64,
    /// Who ran it.
    pub user_id: u32,
    /// Its transaction.
    pub xid: i64,
    /// Its session.
    pub pid: i32,
    /// Its database.
    pub database: String,
    /// `completed`, `failed`
    pub status: &'static str,
    /// When it began.
    pub start: i64,
    /// When it ended.
    pub end: i64,
    /// `text`, `csv`, `json`, `parquet`
    pub format: &'static str,
    /// `gzip`, `bzip2`, `zstd`, or empty.
    pub compression: &'static str,
    /// `s3://bucket/prefix`
    pub location: String,
    /// Rows that were written.
    pub rows: i64,
    /// Files that were written, without the manifest.
    pub files: i64,
    /// Their bytes.
    pub bytes: i64,
    /// What it failed with.
    pub error: Option<String>,
}

/// A file that an UNLOAD wrote.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnloadFileRecord {
    /// The UNLOAD.
    pub query: i64,
    /// Who ran it.
    pub user_id: u32,
    /// Which of the parallel writers wrote it.
    pub slice: i32,
    /// Its session.
    pub pid: i32,
    /// Its transaction.
    pub xid: i64,
    /// `s3://bucket/key`
    pub path: String,
    /// When it was begun.
    pub start: i64,
    /// When it was ended.
    pub end: i64,
    /// Its lines.
    pub lines: i64,
    /// Its bytes.
    pub bytes: i64,
    /// `text`, `csv`, `json`, `parquet`
    pub format: &'static str,
}

impl LogRecord for UnloadRecord {
    fn table(&self) -> LogTable {
        LogTable::Unload
    }

    fn into_values(self) -> Vec<Value> {
        vec![
            self.query.into(),
            self.user_id.into(),
            self.xid.into(),
            self.pid.into(),
            self.database.into(),
            self.status.to_string().into(),
            self.start.into(),
            self.end.into(),
            self.format.to_string().into(),
            self.compression.to_string().into(),
            self.location.into(),
            self.rows.into(),
            self.files.into(),
            self.bytes.into(),
            self.error.into(),
        ]
    }
}

impl LogRecord for UnloadFileRecord {
    fn table(&self) -> LogTable {
        LogTable::UnloadFile
    }

    fn into_values(self) -> Vec<Value> {
        vec![
            self.query.into(),
            self.user_id.into(),
            self.slice.into(),
            self.pid.into(),
            self.xid.into(),
            self.path.into(),
            self.start.into(),
            self.end.into(),
            self.lines.into(),
            self.bytes.into(),
            self.format.to_string().into(),
        ]
    }
}
