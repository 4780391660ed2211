//! What REFRESH MATERIALIZED VIEW leaves in the logs. Times are microseconds since 1970-01-01 UTC.

use rusqlite::types::Value;

use super::{records::LogRecord, table::LogTable};

/// A refresh of a materialized view that ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RefreshRecord {
    /// The statement.
    pub query: i64,
    /// Who ran it.
    pub user_id: u32,
    /// Its transaction.
    pub xid: i64,
    /// Its session.
    pub pid: i32,
    /// Its database.
    pub database: String,
    /// The view's schema.
    pub schema: String,
    /// The view's OID.
    pub view: u32,
    /// The view's name.
    pub name: String,
    /// When it began.
    pub start: i64,
    /// When it ended.
    pub end: i64,
    /// What became of it, in the words of svl_mv_refresh_status.
    pub status: &'static str,
}

impl LogRecord for RefreshRecord {
    fn table(&self) -> LogTable {
        LogTable::MvRefresh
    }

    fn into_values(self) -> Vec<Value> {
        vec![
            self.query.into(),
            self.user_id.into(),
            self.xid.into(),
            self.pid.into(),
            self.database.into(),
            self.schema.into(),
            self.view.into(),
            self.name.into(),
            self.start.into(),
            self.end.into(),
            self.status.to_string().into(),
        ]
    }
}
