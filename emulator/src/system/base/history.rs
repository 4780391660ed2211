//! What the logs keep folded up: the steps of queries, the events of connections, and serializable conflicts.

use arrow::{
    array::AsArray,
    datatypes::{Int32Type, Int64Type, TimestampMicrosecondType},
    record_batch::RecordBatch,
};
use redshift_sql_dialect::{RedshiftType, Result};

use super::texts::{column, visible};
use crate::{
    Client,
    catalog::Conflict,
    clock,
    system::{
        Source,
        logs::{LogTable, steps},
        rows::{BaseColumn, Cell},
    },
};

pub const STEP_COLUMNS: &[BaseColumn] = &[
    ("query", RedshiftType::Int8),
    ("userid", RedshiftType::Int4),
    ("xid", RedshiftType::Int8),
    ("pid", RedshiftType::Int4),
    ("stream", RedshiftType::Int4),
    ("segment", RedshiftType::Int4),
    ("step", RedshiftType::Int4),
    ("kind", RedshiftType::Text),
    ("detail", RedshiftType::Text),
    ("label", RedshiftType::Text),
    // step_type of stl_query_metrics
    ("step_type", RedshiftType::Int4),
    ("rows", RedshiftType::Int8),
    ("rows_before", RedshiftType::Int8),
    ("bytes", RedshiftType::Int8),
    ("starttime", RedshiftType::Timestamp),
    ("endtime", RedshiftType::Timestamp),
    ("elapsed", RedshiftType::Int8),
    ("tbl", RedshiftType::Int4),
    ("table_name", RedshiftType::Text),
];

/// The columns of the log that the steps are made of.
const STEPS_FROM: [&str; 6] = ["query", "userid", "xid", "pid", "starttime", "steps"];

/// The steps of the queries that the user may see.
pub async fn step_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let mut rows = Vec::new();
    for batch in visible(source, LogTable::Query, &STEPS_FROM).await? {
        let query = column(&batch, "query")?.as_primitive::<Int64Type>();
        let user = column(&batch, "userid")?.as_primitive::<Int32Type>();
        let xid = column(&batch, "xid")?.as_primitive::<Int64Type>();
        let pid = column(&batch, "pid")?.as_primitive::<Int32Type>();
        let start = column(&batch, "starttime")?.as_primitive::<TimestampMicrosecondType>();
        let texts = column(&batch, "steps")?.as_string_view();
        for (row, text) in texts.iter().enumerate() {
            for step in steps::decoded(text.unwrap_or_default()) {
                let began = start.value(row);
                rows.push(vec![
                    query.value(row).into(),
                    user.value(row).into(),
                    xid.value(row).into(),
                    pid.value(row).into(),
                    step.stream.into(),
                    step.segment.into(),
                    step.step.into(),
                    step.kind.clone().into(),
                    step.detail.clone().into(),
                    step.label().into(),
                    step.step_type().into(),
                    step.rows.into(),
                    step.rows_before.into(),
                    step.bytes.into(),
                    (began + step.start).into(),
                    (began + step.end.max(step.start)).into(),
                    (step.end - step.start).max(0).into(),
                    step.table.into(),
                    step.table_name.into(),
                ]);
            }
        }
    }
    Ok(rows)
}

pub const EVENT_COLUMNS: &[BaseColumn] = &[
    ("event", RedshiftType::Text),
    ("recordtime", RedshiftType::Timestamp),
    ("pid", RedshiftType::Int4),
    ("userid", RedshiftType::Int4),
    ("username", RedshiftType::Text),
    ("database", RedshiftType::Text),
    ("remote_host", RedshiftType::Text),
    ("duration", RedshiftType::Int4),
    ("application_name", RedshiftType::Text),
    ("remote_port", RedshiftType::Text),
    ("authmethod", RedshiftType::Text),
    ("sslversion", RedshiftType::Text),
    ("sslcipher", RedshiftType::Text),
    ("driver_version", RedshiftType::Text),
    ("os_version", RedshiftType::Text),
    ("plugin_name", RedshiftType::Text),
    ("protocol_version", RedshiftType::Int4),
];

/// What both kinds of sessions tell: those that are open and those that ended.
struct Connection {
    pid: i32,
    user_id: u32,
    user: String,
    database: String,
    start: i64,
    end: Option<i64>,
    application: String,
    client: Client,
}

impl Connection {
    fn event(&self, event: &'static str, time: i64, duration: i64) -> Vec<Cell> {
        vec![
            event.into(),
            time.into(),
            self.pid.into(),
            self.user_id.into(),
            self.user.clone().into(),
            self.database.clone().into(),
            self.client.host.clone().into(),
            duration.min(i64::from(i32::MAX)).into(),
            self.application.clone().into(),
            self.client.port.clone().into(),
            self.client.auth_method.clone().into(),
            self.client.tls_version.clone().into(),
            self.client.tls_cipher.clone().into(),
            self.client.driver_version.clone().into(),
            self.client.os_version.clone().into(),
            self.client.plugin_name.clone().into(),
            self.client.protocol.into(),
        ]
    }

    fn events(&self) -> impl Iterator<Item = Vec<Cell>> + '_ {
        let begin = ["authenticated", "initiating session"].map(|event| self.event(event, self.start, 0));
        let end = self.end.map(|end| self.event("disconnecting session", end, end - self.start));
        begin.into_iter().chain(end)
    }
}

/// What a row of a log tells of a client.
fn client_of(batch: &RecordBatch, row: usize) -> Result<Client> {
    let text = |name: &str| -> Result<String> { Ok(column(batch, name)?.as_string_view().value(row).to_string()) };
    Ok(Client {
        host: text("remote_host")?,
        port: text("remote_port")?,
        auth_method: text("authmethod")?,
        tls_version: text("sslversion")?,
        tls_cipher: text("sslcipher")?,
        driver_version: text("driver_version")?,
        os_version: text("os_version")?,
        plugin_name: text("plugin_name")?,
        protocol: column(batch, "protocol_version")?.as_primitive::<Int32Type>().value(row),
    })
}

/// The begins and ends of sessions (developer guide, "SYS_CONNECTION_LOG").
pub async fn event_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let names: Vec<&str> = LogTable::Session.columns().iter().map(|(name, _)| *name).collect();
    let mut connections = Vec::new();
    for batch in visible(source, LogTable::Session, &names).await? {
        let pid = column(&batch, "pid")?.as_primitive::<Int32Type>();
        let user = column(&batch, "userid")?.as_primitive::<Int32Type>();
        let start = column(&batch, "starttime")?.as_primitive::<TimestampMicrosecondType>();
        let end = column(&batch, "endtime")?.as_primitive::<TimestampMicrosecondType>();
        let text = |name: &str, row: usize| -> Result<String> {
            Ok(column(&batch, name)?.as_string_view().value(row).to_string())
        };
        for row in 0..batch.num_rows() {
            connections.push(Connection {
                pid: pid.value(row),
                user_id: u32::try_from(user.value(row)).unwrap_or(0),
                user: text("username", row)?,
                database: text("database", row)?,
                start: start.value(row),
                end: Some(end.value(row)),
                application: text("application_name", row)?,
                client: client_of(&batch, row)?,
            });
        }
    }
    let sees_all = source.sees_all_rows()?;
    let open = source.activity.sessions().into_iter();
    connections.extend(open.filter(|session| sees_all || session.user_id == source.session.user_id).map(|session| {
        Connection {
            pid: session.pid,
            user_id: session.user_id,
            user: session.user,
            database: session.database,
            start: session.started,
            end: None,
            application: session.application,
            client: session.client,
        }
    }));
    let mut events: Vec<_> = connections.iter().flat_map(Connection::events).collect();
    if sees_all {
        refused_logins(source, &mut events).await?;
    }
    Ok(events)
}

/// The logins that were refused, as events.
async fn refused_logins(source: &Source, events: &mut Vec<Vec<Cell>>) -> Result<()> {
    for batch in source.logs.read(LogTable::RefusedLogin).await? {
        let time = column(&batch, "recordtime")?.as_primitive::<TimestampMicrosecondType>();
        let text = |name: &str, row: usize| -> Result<String> {
            Ok(column(&batch, name)?.as_string_view().value(row).to_string())
        };
        for row in 0..batch.num_rows() {
            let refused = Connection {
                pid: 0,
                user_id: 0,
                user: text("username", row)?,
                database: text("database", row)?,
                start: time.value(row),
                end: None,
                application: text("application_name", row)?,
                client: client_of(&batch, row)?,
            };
            events.push(refused.event("authentication failure", refused.start, 0));
        }
    }
    Ok(())
}

pub const CONFLICT_COLUMNS: &[BaseColumn] = &[
    ("xid", RedshiftType::Int8),
    ("pid", RedshiftType::Int4),
    ("starttime", RedshiftType::Timestamp),
    ("aborttime", RedshiftType::Timestamp),
    ("tbl", RedshiftType::Int8),
];

/// The transactions that had to be aborted, because no serial order had the same result.
pub fn conflict_rows(source: &Source) -> Vec<Vec<Cell>> {
    let row = |conflict: Conflict| {
        vec![
            conflict.txn.into(),
            conflict.pid.into(),
            conflict.began.into(),
            conflict.aborted.into(),
            i64::from(conflict.table.0).into(),
        ]
    };
    source.directory.conflicts().into_iter().map(row).collect()
}

/// How long something has been running, in microseconds.
pub fn running_time(started: i64) -> i64 {
    (clock::now() - started).max(0)
}
