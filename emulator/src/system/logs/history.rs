//! What sessions, transactions, changes of users, maintenance and procedures leave in the logs. Times are microseconds since
//! 1970-01-01 UTC.

use rusqlite::types::Value;

use super::{
    records::{LogRecord, cut},
    table::LogTable,
};
use crate::{Client, clock, statements::PlanNode};

/// The longest message of a procedure that is kept, in bytes.
const MESSAGE_KEPT: usize = 1_024;
/// The longest text of a CALL that is kept, in bytes.
const CALL_KEPT: usize = 4_000;

/// A session that ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionRecord {
    /// pg_backend_pid()
    pub pid: i32,
    /// Who logged in.
    pub user_id: u32,
    /// The same, by name.
    pub user: String,
    /// Its database.
    pub database: String,
    /// When it began.
    pub start: i64,
    /// When it ended.
    pub end: i64,
    /// Where the client was and what it told of itself.
    pub client: Client,
    /// What the client called itself.
    pub application: String,
    /// SESSION TIMEOUT in seconds; 0 is none.
    pub timeout: u32,
}

/// A login that was refused.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RefusedLogin {
    /// The user that was named.
    pub user: String,
    /// The database that was named.
    pub database: String,
    /// Where the client is and what it told of itself.
    pub client: Client,
    /// What the client calls itself.
    pub application: String,
}

/// A transaction block that ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TransactionRecord {
    /// Its number.
    pub xid: i64,
    /// Whose it was.
    pub user_id: u32,
    /// Its session.
    pub pid: i32,
    /// Its database.
    pub database: String,
    /// `committed`, `rolled back`
    pub status: &'static str,
    /// When it began.
    pub start: i64,
    /// When its end began.
    pub commit: i64,
    /// When it had ended.
    pub end: i64,
}

/// A transaction that would have made a schema larger than its quota.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QuotaRecord {
    /// Whose transaction it was.
    pub user_id: u32,
    /// Who owns the schema.
    pub owner: u32,
    /// Its number.
    pub xid: i64,
    /// Its session.
    pub pid: i32,
    /// The schema's OID.
    pub schema: u32,
    /// The schema's name.
    pub name: String,
    /// What it may hold, in megabytes.
    pub quota: u64,
    /// What it would have held, in megabytes.
    pub used: u64,
    /// When.
    pub time: i64,
}

/// A user that was made, altered, renamed or dropped.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserChangeRecord {
    /// The user's id.
    pub user_id: u32,
    /// Its name.
    pub user: String,
    /// The name that it had before it was renamed.
    pub old_user: String,
    /// `create`, `alter`, `rename`, `drop`
    pub action: &'static str,
    /// CREATEDB?
    pub creates_databases: bool,
    /// CREATEUSER?
    pub superuser: bool,
    /// VALID UNTIL
    pub valid_until: Option<i64>,
    /// The session that did it.
    pub pid: i32,
    /// Its transaction.
    pub xid: i64,
    /// When.
    pub time: i64,
}

/// A table that VACUUM looked at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VacuumRecord {
    /// The statement.
    pub query: i64,
    /// Who ran it.
    pub user_id: u32,
    /// Its transaction.
    pub xid: i64,
    /// Its database.
    pub database: String,
    /// The table's schema.
    pub schema: String,
    /// The table's name.
    pub name: String,
    /// The table's OID.
    pub table: u32,
    /// `Full`, `Delete`, `Sort`, `Reindex`, `Recluster`
    pub mode: &'static str,
    /// Was there nothing to do?
    pub skipped: bool,
    /// When it began.
    pub start: i64,
    /// When it ended.
    pub end: i64,
    /// Rows before it, the deleted ones among them.
    pub rows_before: i64,
    /// Deleted rows before it.
    pub deleted_before: i64,
    /// Rows after it, the deleted ones among them.
    pub rows_after: i64,
    /// Blocks of 1 MB before it.
    pub blocks_before: i64,
    /// Blocks after it.
    pub blocks_after: i64,
}

/// A table that ANALYZE looked at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnalyzeRecord {
    /// Who ran it.
    pub user_id: u32,
    /// Its transaction.
    pub xid: i64,
    /// Its database.
    pub database: String,
    /// The table's schema.
    pub schema: String,
    /// The table's name.
    pub name: String,
    /// The table's OID.
    pub table: u32,
    /// `Full`, `PredicateColumn`, `Skipped`
    pub status: &'static str,
    /// Rows of the table.
    pub rows: i64,
    /// Rows that were added or deleted since the last time.
    pub modified: i64,
    /// `analyze_threshold_percent`
    pub threshold: i32,
    /// When the table was analyzed before.
    pub previous: Option<i64>,
    /// When it began.
    pub start: i64,
    /// When it ended.
    pub end: i64,
}

/// A CALL that ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallRecord {
    /// Its id.
    pub query: i64,
    /// Whose privileges counted.
    pub user_id: u32,
    /// Who logged in.
    pub session_user_id: u32,
    /// The setting `query_group`.
    pub label: String,
    /// Its transaction.
    pub xid: i64,
    /// Its session.
    pub pid: i32,
    /// Its database.
    pub database: String,
    /// What it said.
    pub text: String,
    /// When it began.
    pub start: i64,
    /// When it ended.
    pub end: i64,
    /// Did it fail, or was it canceled?
    pub aborted: bool,
    /// The CALL that it stood in.
    pub caller: Option<i64>,
}

/// What a procedure raised.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MessageRecord {
    /// The CALL.
    pub query: i64,
    /// Whose privileges counted.
    pub user_id: u32,
    /// Who logged in.
    pub session_user_id: u32,
    /// The setting `query_group`.
    pub label: String,
    /// The transaction.
    pub xid: i64,
    /// The session.
    pub pid: i32,
    /// When.
    pub time: i64,
    /// 20 LOG, 30 INFO, 40 NOTICE, 50 WARNING, 60 EXCEPTION
    pub level: i32,
    /// What it said.
    pub message: String,
    /// The line of the body, from 1; none where it is not known.
    pub line: Option<i32>,
}

/// A node of a query's plan; its number is 0 where there is no plan to be had.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlanRecord {
    /// The query.
    pub query: i64,
    /// Who ran it.
    pub user_id: u32,
    /// The node.
    pub(crate) node: PlanNode,
}

impl LogRecord for PlanRecord {
    fn table(&self) -> LogTable {
        LogTable::Plan
    }

    fn into_values(self) -> Vec<Value> {
        let node = self.node;
        vec![
            self.query.into(),
            self.user_id.into(),
            node.id.into(),
            node.parent.into(),
            node.text.into(),
            node.info.into(),
            format!("{:.2}", node.start).into(),
            format!("{:.2}", node.total).into(),
            node.rows.into(),
            node.width.into(),
            node.on_leader.into(),
        ]
    }
}

impl LogRecord for QuotaRecord {
    fn table(&self) -> LogTable {
        LogTable::QuotaViolation
    }

    fn into_values(self) -> Vec<Value> {
        vec![
            self.user_id.into(),
            self.owner.into(),
            self.xid.into(),
            self.pid.into(),
            self.schema.into(),
            self.name.into(),
            i64::try_from(self.quota).unwrap_or(i64::MAX).into(),
            i64::try_from(self.used).unwrap_or(i64::MAX).into(),
            self.time.into(),
        ]
    }
}

/// What is known of a client, in the order of the logs' columns.
fn client_values(client: Client) -> [Value; 9] {
    [
        client.host.into(),
        client.port.into(),
        client.auth_method.into(),
        client.tls_version.into(),
        client.tls_cipher.into(),
        client.driver_version.into(),
        client.os_version.into(),
        client.plugin_name.into(),
        client.protocol.into(),
    ]
}

impl LogRecord for RefusedLogin {
    fn table(&self) -> LogTable {
        LogTable::RefusedLogin
    }

    fn into_values(self) -> Vec<Value> {
        let mut values =
            vec![0.into(), self.user.into(), self.database.into(), clock::now().into(), self.application.into()];
        values.extend(client_values(self.client));
        values
    }
}

impl LogRecord for SessionRecord {
    fn table(&self) -> LogTable {
        LogTable::Session
    }

    fn into_values(self) -> Vec<Value> {
        let mut values = vec![
            self.pid.into(),
            self.user_id.into(),
            self.user.into(),
            self.database.into(),
            self.start.into(),
            self.end.into(),
            self.application.into(),
            self.timeout.into(),
        ];
        values.extend(client_values(self.client));
        values
    }
}

impl LogRecord for TransactionRecord {
    fn table(&self) -> LogTable {
        LogTable::Transaction
    }

    fn into_values(self) -> Vec<Value> {
        vec![
            self.xid.into(),
            self.user_id.into(),
            self.pid.into(),
            self.database.into(),
            self.status.to_string().into(),
            self.start.into(),
            self.commit.into(),
            self.end.into(),
        ]
    }
}

impl LogRecord for UserChangeRecord {
    fn table(&self) -> LogTable {
        LogTable::UserChange
    }

    fn into_values(self) -> Vec<Value> {
        vec![
            self.user_id.into(),
            self.user.into(),
            self.old_user.into(),
            self.action.to_string().into(),
            i64::from(self.creates_databases).into(),
            i64::from(self.superuser).into(),
            self.valid_until.into(),
            self.pid.into(),
            self.xid.into(),
            self.time.into(),
        ]
    }
}

impl LogRecord for VacuumRecord {
    fn table(&self) -> LogTable {
        LogTable::Vacuum
    }

    fn into_values(self) -> Vec<Value> {
        vec![
            self.query.into(),
            self.user_id.into(),
            self.xid.into(),
            self.database.into(),
            self.schema.into(),
            self.name.into(),
            self.table.into(),
            self.mode.to_string().into(),
            self.skipped.into(),
            self.start.into(),
            self.end.into(),
            self.rows_before.into(),
            self.deleted_before.into(),
            self.rows_after.into(),
            self.blocks_before.into(),
            self.blocks_after.into(),
        ]
    }
}

impl LogRecord for AnalyzeRecord {
    fn table(&self) -> LogTable {
        LogTable::Analyze
    }

    fn into_values(self) -> Vec<Value> {
        vec![
            self.user_id.into(),
            self.xid.into(),
            self.database.into(),
            self.schema.into(),
            self.name.into(),
            self.table.into(),
            self.status.to_string().into(),
            self.rows.into(),
            self.modified.into(),
            self.threshold.into(),
            self.previous.into(),
            self.start.into(),
            self.end.into(),
        ]
    }
}

impl LogRecord for CallRecord {
    fn table(&self) -> LogTable {
        LogTable::Call
    }

    fn into_values(self) -> Vec<Value> {
        vec![
            self.query.into(),
            self.user_id.into(),
            self.session_user_id.into(),
            self.label.into(),
            self.xid.into(),
            self.pid.into(),
            self.database.into(),
            cut(self.text, CALL_KEPT).into(),
            self.start.into(),
            self.end.into(),
            i64::from(self.aborted).into(),
            self.caller.into(),
        ]
    }
}

impl LogRecord for MessageRecord {
    fn table(&self) -> LogTable {
        LogTable::ProcedureMessage
    }

    fn into_values(self) -> Vec<Value> {
        vec![
            self.query.into(),
            self.user_id.into(),
            self.session_user_id.into(),
            self.label.into(),
            self.xid.into(),
            self.pid.into(),
            self.time.into(),
            self.level.into(),
            cut(self.message, MESSAGE_KEPT).into(),
            self.line.into(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: LogRecord>(record: T) {
        let columns = record.table().columns().len();
        assert_eq!(record.into_values().len(), columns);
    }

    #[test]
    fn every_record_has_a_value_for_each_column() {
        check(SessionRecord::default());
        check(TransactionRecord::default());
        check(UserChangeRecord::default());
        check(VacuumRecord::default());
        check(AnalyzeRecord::default());
        check(CallRecord::default());
        check(MessageRecord::default());
        check(PlanRecord::default());
    }
}
