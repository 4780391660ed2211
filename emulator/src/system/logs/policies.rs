//! Policies of row-level security that statements applied. Times are microseconds since 1970-01-01 UTC.

use rusqlite::types::Value;

use super::{records::LogRecord, table::LogTable};
use crate::binder::AppliedPolicy;

/// A policy that a statement applied to a relation, or that it read the relation without one.
#[derive(Debug, Clone, PartialEq)]
pub struct AppliedPolicyRecord {
    /// The statement.
    pub query: i64,
    /// Who ran it.
    pub user_id: u32,
    /// Their name.
    pub user: String,
    /// Its transaction.
    pub xid: i64,
    /// Its session.
    pub pid: i32,
    /// When.
    pub time: i64,
    /// `s` of a SELECT, `u`, `i`, `d`, `k` of a MERGE, which is none of these.
    pub command: char,
    /// What was applied.
    pub policy: AppliedPolicy,
}

impl LogRecord for AppliedPolicyRecord {
    fn table(&self) -> LogTable {
        LogTable::AppliedPolicy
    }

    fn into_values(self) -> Vec<Value> {
        let AppliedPolicy { database, schema, relation, policy, default } = self.policy;
        vec![
            self.query.into(),
            self.user_id.into(),
            self.user.into(),
            self.xid.into(),
            self.pid.into(),
            self.time.into(),
            self.command.to_string().into(),
            database.into(),
            schema.into(),
            relation.into(),
            policy.into(),
            default.map(|all| if all { "t" } else { "f" }.to_string()).into(),
        ]
    }
}
