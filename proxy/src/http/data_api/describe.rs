//! What is told of statements and sessions.

use serde_json::{Value, json};

use super::{
    sessions::Shown,
    statements::{Kind, Mode, Part, State, Statement, Target},
};
use crate::http::{json_rpc::object, seconds};

/// What the service says where it does not know a number.
const UNKNOWN: i64 = -1;

fn optional<T: Into<Value>>(value: Option<T>) -> Value {
    value.map_or(Value::Null, Into::into)
}

fn count(value: Option<u64>) -> Value {
    value.and_then(|value| i64::try_from(value).ok()).unwrap_or(UNKNOWN).into()
}

fn nanoseconds(value: Option<std::time::Duration>) -> Value {
    value.and_then(|value| i64::try_from(value.as_nanos()).ok()).unwrap_or(UNKNOWN).into()
}

fn parameters(statement: &Statement) -> Value {
    match &statement.asked.parameters[..] {
        [] => Value::Null,
        parameters => json!(parameters),
    }
}

fn mode(kind: Kind) -> Value {
    match kind {
        Kind::Single => Value::Null,
        Kind::Batch(Mode::Transaction) => "TRANSACTION".into(),
        Kind::Batch(Mode::AutoCommit) => "AUTO_COMMIT".into(),
    }
}

/// The answer to ExecuteStatement; `state` where the caller has waited for it.
pub fn submitted(statement: &Statement, state: Option<&State>) -> Value {
    let Target { cluster, workgroup, database, user, secret } = &statement.asked.target;
    object([
        ("Id", statement.id.to_string().into()),
        ("CreatedAt", seconds(statement.created)),
        ("ClusterIdentifier", optional(cluster.clone())),
        ("WorkgroupName", optional(workgroup.clone())),
        ("Database", database.clone().into()),
        ("DbUser", user.clone().into()),
        ("SecretArn", optional(secret.clone())),
        ("SessionId", optional(statement.asked.session.map(|id| id.to_string()))),
        ("Status", optional(state.map(|state| state.status.name()))),
        ("RedshiftPid", optional(state.map(|state| state.pid))),
        ("HasResultSet", optional(state.map(has_rows))),
    ])
}

fn has_rows(state: &State) -> bool {
    state.parts.iter().any(|part| part.outcome.has_rows())
}

/// The answer to DescribeStatement.
pub fn statement(statement: &Statement) -> Value {
    let (state, asked) = (statement.state(), &statement.asked);
    let single = match asked.kind {
        Kind::Single => state.parts.first(),
        Kind::Batch(_) => None,
    };
    let subs = match asked.kind {
        Kind::Single => Value::Null,
        Kind::Batch(_) => sub_statements(statement, &state),
    };
    let Target { cluster, workgroup, database, user, secret } = &asked.target;
    object([
        ("Id", statement.id.to_string().into()),
        ("Status", state.status.name().into()),
        ("CreatedAt", seconds(statement.created)),
        ("UpdatedAt", seconds(state.updated)),
        ("ClusterIdentifier", optional(cluster.clone())),
        ("WorkgroupName", optional(workgroup.clone())),
        ("Database", database.clone().into()),
        ("DbUser", user.clone().into()),
        ("SecretArn", optional(secret.clone())),
        ("Duration", nanoseconds(state.duration)),
        ("Error", optional(state.error.clone())),
        ("RedshiftPid", state.pid.into()),
        ("HasResultSet", has_rows(&state).into()),
        ("QueryString", optional(single.and_then(|_| asked.sqls.first().cloned()))),
        ("ResultRows", count(single.and_then(|part| part.outcome.rows()))),
        ("ResultSize", count(single.and_then(|part| part.outcome.bytes()))),
        ("RedshiftQueryId", single.and_then(|part| part.query).unwrap_or(0).into()),
        ("QueryParameters", parameters(statement)),
        ("SubStatements", subs),
        ("ResultFormat", asked.format.name().into()),
        ("SessionId", optional(asked.session.map(|id| id.to_string()))),
        ("ExecutionMode", mode(asked.kind)),
    ])
}

fn sub_statements(statement: &Statement, state: &State) -> Value {
    let parts = state.parts.iter().zip(&statement.asked.sqls).enumerate();
    parts.map(|(index, (part, sql))| sub_statement(statement, index + 1, part, sql)).collect()
}

fn sub_statement(statement: &Statement, number: usize, part: &Part, sql: &str) -> Value {
    object([
        ("Id", format!("{}:{number}", statement.id).into()),
        ("Status", part.status.name().into()),
        ("CreatedAt", seconds(statement.created)),
        ("UpdatedAt", seconds(part.updated)),
        ("Duration", nanoseconds(part.duration)),
        ("Error", optional(part.error.clone())),
        ("QueryString", sql.into()),
        ("ResultRows", count(part.outcome.rows())),
        ("ResultSize", count(part.outcome.bytes())),
        ("RedshiftQueryId", part.query.unwrap_or(UNKNOWN).into()),
        ("HasResultSet", part.outcome.has_rows().into()),
    ])
}

/// The answer to DescribeStatement for one text of a batch.
pub fn part(statement: &Statement, number: usize) -> Option<Value> {
    let state = statement.state();
    let index = number.checked_sub(1)?;
    let mut told = sub_statement(statement, number, state.parts.get(index)?, statement.asked.sqls.get(index)?);
    let members = told.as_object_mut()?;
    members.insert("RedshiftPid".into(), state.pid.into());
    members.insert("Database".into(), statement.asked.target.database.clone().into());
    members.insert("DbUser".into(), statement.asked.target.user.clone().into());
    Some(told)
}

/// An entry of ListStatements.
pub fn listed(statement: &Statement) -> Value {
    let (state, asked) = (statement.state(), &statement.asked);
    let batch = asked.kind != Kind::Single;
    object([
        ("Id", statement.id.to_string().into()),
        ("QueryString", optional(asked.sqls.first().filter(|_| !batch).cloned())),
        ("QueryStrings", if batch { json!(asked.sqls) } else { Value::Null }),
        ("SecretArn", optional(asked.target.secret.clone())),
        ("Status", state.status.name().into()),
        ("StatementName", optional(asked.name.clone())),
        ("CreatedAt", seconds(statement.created)),
        ("UpdatedAt", seconds(state.updated)),
        ("QueryParameters", parameters(statement)),
        ("IsBatchStatement", batch.into()),
        ("ResultFormat", asked.format.name().into()),
        ("SessionId", optional(asked.session.map(|id| id.to_string()))),
    ])
}

/// An entry of ListSessions.
pub fn session(shown: &Shown) -> Value {
    let Target { cluster, workgroup, database, user, .. } = &shown.target;
    object([
        ("SessionId", shown.id.to_string().into()),
        ("Status", shown.status.name().into()),
        ("CreatedAt", seconds(shown.created)),
        ("UpdatedAt", seconds(shown.updated)),
        ("Database", database.clone().into()),
        ("DbUser", user.clone().into()),
        ("ClusterIdentifier", optional(cluster.clone())),
        ("WorkgroupName", optional(workgroup.clone())),
        ("SessionAliveSeconds", shown.keep_alive.into()),
        ("SessionTtl", seconds(shown.ends)),
        ("CurrentStatementId", optional(shown.current.map(|id| id.to_string()))),
    ])
}
