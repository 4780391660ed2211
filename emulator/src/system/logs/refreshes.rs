//! What becomes of materialized views, in the logs. Times are microseconds since 1970-01-01 UTC.

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
    pub status: String,
    /// `Manual`, `Auto`
    pub refresh_type: &'static str,
}

/// A change of a table after which a materialized view over it cannot be refreshed as before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MvStateRecord {
    /// Who changed it.
    pub user_id: u32,
    /// Their transaction.
    pub xid: i64,
    /// The database of both.
    pub database: String,
    /// What was done, in the words of stl_mv_state.
    pub event: &'static str,
    /// When.
    pub time: i64,
    /// The table's schema.
    pub base_schema: String,
    /// The table's name.
    pub base: String,
    /// The view's schema.
    pub view_schema: String,
    /// The view's name.
    pub view: String,
    /// `Recompute`, `Unrefreshable`
    pub state: &'static str,
}

impl LogRecord for MvStateRecord {
    fn table(&self) -> LogTable {
        LogTable::MvState
    }

    fn into_values(self) -> Vec<Value> {
        vec![
            self.user_id.into(),
            self.xid.into(),
            self.database.into(),
            self.event.to_string().into(),
            self.time.into(),
            self.base_schema.into(),
            self.base.into(),
            self.view_schema.into(),
            self.view.into(),
            self.state.to_string().into(),
        ]
    }
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
            self.status.into(),
            self.refresh_type.to_string().into(),
        ]
    }
}
