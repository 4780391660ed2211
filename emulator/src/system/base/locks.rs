//! Who has locked what.

use redshift_sql_dialect::{RedshiftType, Result};

use crate::{
    catalog::TableLock,
    system::{
        Source,
        rows::{BaseColumn, Cell},
    },
};

pub const COLUMNS: &[BaseColumn] = &[
    ("relation_oid", RedshiftType::Oid),
    ("transaction_id", RedshiftType::Int8),
    ("pid", RedshiftType::Int4),
    ("user_name", RedshiftType::Text),
    ("database", RedshiftType::Text),
    ("database_oid", RedshiftType::Oid),
    ("transaction_start", RedshiftType::Timestamp),
    ("mode", RedshiftType::Text),
    ("granted", RedshiftType::Bool),
];

/// The locks on tables and views. A session that is about to end has none to tell of.
pub fn rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let databases = source.directory.databases()?;
    let sessions = source.activity.sessions();
    let row = |lock: TableLock| {
        let session = sessions.iter().find(|session| session.pid == lock.pid)?;
        let database = databases.iter().find(|database| database.name == session.database);
        Some(vec![
            lock.table.0.into(),
            lock.txn.into(),
            lock.pid.into(),
            session.user.clone().into(),
            session.database.clone().into(),
            database.map(|database| database.oid.0).into(),
            lock.began.into(),
            lock.mode.name().into(),
            lock.granted.into(),
        ])
    };
    Ok(source.directory.locks().into_iter().filter_map(row).collect())
}
