//! The session's settings, and what other sessions do.

use redshift_sql_dialect::{RedshiftType, Result};

use super::texts::{SHORT, pieces};
use crate::system::{
    Source,
    activity::{LoadState, SessionActivity},
    rows::{BaseColumn, Cell},
};

pub const SETTING_COLUMNS: &[BaseColumn] =
    &[("name", RedshiftType::Text), ("setting", RedshiftType::Text), ("default_value", RedshiftType::Text)];

pub fn setting_rows(source: &Source) -> Vec<Vec<Cell>> {
    let defaults = crate::settings::defaults();
    let row = |(name, value): (&String, &String)| {
        let default = defaults.get(name.as_str()).map(|value| value.to_string());
        vec![name.clone().into(), value.clone().into(), default.into()]
    };
    source.session.settings.iter().map(row).collect()
}

pub const SESSION_COLUMNS: &[BaseColumn] = &[
    ("pid", RedshiftType::Int4),
    ("user_id", RedshiftType::Int4),
    ("user_name", RedshiftType::Text),
    ("database", RedshiftType::Text),
    ("database_oid", RedshiftType::Oid),
    ("started", RedshiftType::Timestamp),
    ("remote_host", RedshiftType::Text),
    ("application_name", RedshiftType::Text),
    ("os_version", RedshiftType::Text),
    ("driver_version", RedshiftType::Text),
    ("plugin_name", RedshiftType::Text),
    ("protocol_version", RedshiftType::Int4),
    ("query", RedshiftType::Text),
    // The same moments as a time zone shows them: pg_stat_activity has them so.
    ("query_start", RedshiftType::TimestampTz),
    ("started_at", RedshiftType::TimestampTz),
    // SESSION TIMEOUT in seconds; 0 is none.
    ("timeout", RedshiftType::Int4),
];

pub fn session_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let databases = source.directory.databases()?;
    let row = |session: SessionActivity| {
        let database = databases.iter().find(|database| database.name == session.database);
        vec![
            session.pid.into(),
            session.user_id.into(),
            session.user.into(),
            session.database.into(),
            database.map(|database| database.oid.0).into(),
            session.started.into(),
            session.client.host.into(),
            session.application.into(),
            session.client.os_version.into(),
            session.client.driver_version.into(),
            session.client.plugin_name.into(),
            session.client.protocol.into(),
            session.running.as_ref().map(|query| query.text.clone()).into(),
            session.running.as_ref().map(|query| query.started).into(),
            session.started.into(),
            session.timeout.into(),
        ]
    };
    Ok(visible_sessions(source)?.into_iter().map(row).collect())
}

pub const RUNNING_COLUMNS: &[BaseColumn] = &[
    ("user_id", RedshiftType::Int4),
    ("user_name", RedshiftType::Text),
    ("query_id", RedshiftType::Int8),
    ("label", RedshiftType::Text),
    ("transaction_id", RedshiftType::Int8),
    ("pid", RedshiftType::Int4),
    ("database", RedshiftType::Text),
    ("query_type", RedshiftType::Text),
    ("start_time", RedshiftType::Timestamp),
    ("query_text", RedshiftType::Text),
    // Microseconds since it began.
    ("running_time", RedshiftType::Int8),
];

pub fn running_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let row = |session: SessionActivity| {
        let query = session.running?;
        Some(vec![
            session.user_id.into(),
            session.user.into(),
            query.query.into(),
            query.label.into(),
            query.xid.into(),
            session.pid.into(),
            session.database.into(),
            query.query_type.into(),
            query.started.into(),
            query.text.into(),
            super::history::running_time(query.started).into(),
        ])
    };
    Ok(visible_sessions(source)?.into_iter().filter_map(row).collect())
}

pub const RUNNING_TEXT_COLUMNS: &[BaseColumn] = &[
    ("user_id", RedshiftType::Int4),
    ("query_id", RedshiftType::Int8),
    ("pid", RedshiftType::Int4),
    ("start_time", RedshiftType::Timestamp),
    ("sequence", RedshiftType::Int4),
    ("text", RedshiftType::Text),
];

/// The texts of the statements that run, in pieces of 200 bytes (developer guide, "SVV_QUERY_INFLIGHT").
pub fn running_text_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let mut rows = Vec::new();
    for session in visible_sessions(source)? {
        let Some(query) = session.running else { continue };
        let text = query.text.replace('\n', "\\n");
        rows.extend(pieces(&text, SHORT).enumerate().map(|(sequence, piece)| {
            vec![
                session.user_id.into(),
                query.query.into(),
                session.pid.into(),
                query.started.into(),
                (sequence as i64).into(),
                piece.to_string().into(),
            ]
        }));
    }
    Ok(rows)
}

pub const LOAD_COLUMNS: &[BaseColumn] = &[
    ("user_id", RedshiftType::Int4),
    ("query_id", RedshiftType::Int8),
    ("pid", RedshiftType::Int4),
    ("compressed", RedshiftType::Bool),
    ("bytes", RedshiftType::Int8),
    ("bytes_complete", RedshiftType::Int8),
    ("bytes_loaded", RedshiftType::Int8),
    ("lines", RedshiftType::Int8),
    ("files", RedshiftType::Int4),
    ("files_complete", RedshiftType::Int4),
    ("current_file", RedshiftType::Text),
];

/// The loads that run (developer guide, "STV_LOAD_STATE").
pub fn load_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let sees_all = source.sees_all_rows()?;
    let loads = source.activity.loads().into_iter();
    let seen = loads.filter(|(session, _)| sees_all || session.user_id == source.session.user_id);
    let row = |(session, load): (SessionActivity, LoadState)| {
        vec![
            session.user_id.into(),
            session.running.map(|running| running.query).into(),
            session.pid.into(),
            load.compressed.into(),
            (load.bytes as i64).into(),
            (load.bytes_complete as i64).into(),
            (load.bytes_loaded as i64).into(),
            (load.lines as i64).into(),
            (load.files as i64).into(),
            (load.files_complete as i64).into(),
            load.current.into(),
        ]
    };
    Ok(seen.map(row).collect())
}

pub const RUNNING_STEP_COLUMNS: &[BaseColumn] = &[
    ("user_id", RedshiftType::Int4),
    ("query_id", RedshiftType::Int8),
    ("segment", RedshiftType::Int4),
    ("step", RedshiftType::Int4),
    ("start_time", RedshiftType::Timestamp),
    ("now", RedshiftType::Timestamp),
    ("rows", RedshiftType::Int8),
    ("bytes", RedshiftType::Int8),
    ("label", RedshiftType::Text),
];

/// The steps of the statements that run (developer guide, "STV_EXEC_STATE").
pub fn running_step_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let (sees_all, now) = (source.sees_all_rows()?, crate::clock::now());
    let mut rows = Vec::new();
    for (session, steps) in source.activity.steps() {
        let Some(running) = session.running.filter(|_| sees_all || session.user_id == source.session.user_id) else {
            continue;
        };
        rows.extend(steps.into_iter().map(|step| {
            vec![
                session.user_id.into(),
                running.query.into(),
                step.segment.into(),
                step.step.into(),
                (running.started + step.start).into(),
                now.into(),
                step.rows.into(),
                step.bytes.into(),
                step.label().into(),
            ]
        }));
    }
    Ok(rows)
}

pub const CURSOR_COLUMNS: &[BaseColumn] = &[
    ("user_id", RedshiftType::Int4),
    ("name", RedshiftType::Text),
    ("transaction_id", RedshiftType::Int8),
    ("pid", RedshiftType::Int4),
    ("declared", RedshiftType::Timestamp),
    ("row_count", RedshiftType::Int8),
    ("byte_count", RedshiftType::Int8),
    ("fetched_rows", RedshiftType::Int8),
];

pub fn cursor_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let row = |session: SessionActivity| {
        let cursor = session.cursor?;
        Some(vec![
            session.user_id.into(),
            cursor.name.into(),
            cursor.xid.into(),
            session.pid.into(),
            cursor.declared.into(),
            cursor.progress.all_rows().into(),
            cursor.progress.bytes().into(),
            cursor.progress.rows().into(),
        ])
    };
    Ok(visible_sessions(source)?.into_iter().filter_map(row).collect())
}

/// The sessions that the user may see: a superuser all, others their own.
fn visible_sessions(source: &Source) -> Result<Vec<SessionActivity>> {
    let sees_all = source.sees_all_rows()?;
    let own = source.session.user_id;
    Ok(source.activity.sessions().into_iter().filter(|session| sees_all || session.user_id == own).collect())
}
