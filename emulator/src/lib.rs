//! The local warehouse: statements in, rows out.

mod backups;
pub mod binder;
pub mod catalog;
mod client;
mod clock;
mod control;
mod cooperation;
mod credentials;
pub mod error;
pub mod execution;
pub mod formats;
pub mod functions;
mod plan_properties;
mod procedures;
mod query_log;
mod recursion;
mod refresher;
pub mod result;
pub mod s3;
mod secure_scan;
mod session;
pub mod settings;
mod statements;
pub mod storage;
pub mod system;
#[cfg(test)]
mod testing;
pub mod text_input;
pub mod text_output;
pub mod types;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use datafusion::execution::SessionState;
use redshift_sql_dialect::{Error, Result, SqlState};
use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Catalog, Database, DatabaseInit, Isolation, Transaction, User},
    execution::ExecutionOptions,
    system::{Activity, logs::Logs},
};

pub use crate::{
    client::Client,
    control::SessionControl,
    functions::REDSHIFT_VERSION,
    result::{ColumnOrigin, CommandTag, Description, Notice, NoticeSeverity, Outcome, ResultColumn, Rows},
    session::{Login, OwnStatement, Request, Session},
    system::{CursorProgress, logs::RefusedLogin},
};

/// Where the engine keeps its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A folder: the catalog in SQLite, the rows in Parquet files.
    Folder(PathBuf),
    /// Nowhere: the same code in memory (`--ephemeral`).
    Memory,
}

/// Where `s3://` is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3Config {
    /// The folder that plays S3: `FOLDER/BUCKET/KEY`. Used where there is no endpoint.
    pub folder: Option<PathBuf>,
    /// The URL of an S3 server: LocalStack, MinIO, or AWS itself.
    pub endpoint: Option<String>,
    /// Its region.
    pub region: Option<String>,
    /// Credentials for statements that bring none of their own.
    pub access_key_id: Option<String>,
    /// The secret of that key.
    pub secret_access_key: Option<String>,
    /// The session token of that key.
    pub session_token: Option<String>,
}

/// How an engine is opened.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Where its data is.
    pub location: Location,
    /// The database that is made when there is none.
    pub database: String,
    /// The superuser that is made when there is none.
    pub user: String,
    /// Where `s3://` is.
    pub s3: S3Config,
    /// Bytes that queries may take in memory before they spill.
    pub memory_limit: Option<usize>,
    /// `--extensions`: conveniences that Redshift does not have.
    pub extensions: bool,
}

/// The warehouse. Cloning gives another handle of the same one.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

struct Shared {
    config: EngineConfig,
    catalog: Catalog,
    logs: Logs,
    execution: SessionState,
    activity: Activity,
    /// Whoever vacuums holds it.
    vacuum: Arc<tokio::sync::Mutex<()>>,
    /// What ANALYZE found, by table.
    analyzed: Mutex<HashMap<u32, Analyzed>>,
}

/// What a table held when ANALYZE looked at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Analyzed {
    /// Rows in its files, deleted ones among them.
    pub stored: i64,
    /// Deleted rows.
    pub deleted: i64,
    /// When it was, in microseconds since 1970.
    pub at: i64,
}

impl Engine {
    /// Opens the data at its location, making it where there is none, and clears what a crash left behind.
    ///
    /// # Errors
    /// Where the folder cannot be made or written, is locked by another process, or was written by a newer version.
    pub async fn open(config: EngineConfig) -> Result<Engine> {
        let catalog = Catalog::open(&config.location, init(&config)).await?;
        let logs = Logs::open(&config.location)?;
        let execution = execution::session_state(&ExecutionOptions {
            memory_limit: config.memory_limit,
            spill_folder: spill_folder(&config.location),
            parallelism: None,
        })?;
        let shared = Arc::new(Shared {
            config,
            catalog,
            logs,
            execution,
            activity: Activity::default(),
            vacuum: Arc::default(),
            analyzed: Mutex::default(),
        });
        refresher::start(&shared);
        Ok(Engine(shared))
    }

    /// What it was opened with.
    pub fn config(&self) -> &EngineConfig {
        &self.0.config
    }

    /// Opens a session.
    ///
    /// # Errors
    /// 3D000 where the database does not exist, 28000 where the user does not, and what a setting is refused with.
    pub fn session(&self, login: Login) -> Result<Session> {
        Session::new(self.clone(), login)
    }

    /// What authentication needs to know of a user: none where there is no such user.
    ///
    /// # Errors
    /// Where the catalog cannot be read.
    pub fn credential(&self, user: &str) -> Result<Option<Credential>> {
        Ok(self.catalog().look().user(user)?.map(|user| user.password.clone()))
    }

    /// Notes a login that was refused before it came to a session, for stl_connection_log.
    pub fn note_refused_login(&self, refused: RefusedLogin) {
        self.logs().append(refused);
    }

    /// Writes out what is in flight and closes the data.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn close(&self) -> Result<()> {
        self.logs().flush().await;
        self.catalog().close().await
    }

    /// Begins a transaction of a session in a database, which may be another than the session's.
    fn begin(&self, pid: i32, database: &str) -> Result<Transaction> {
        self.catalog().begin(pid, database)
    }

    /// What ANALYZE found since the start, by table.
    pub(crate) fn analyzed(&self) -> MutexGuard<'_, HashMap<u32, Analyzed>> {
        self.0.analyzed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The right to vacuum until it is dropped.
    ///
    /// # Errors
    /// 55006 where somebody else vacuums (developer guide, "VACUUM"; worded as a cluster did in dbt-core issue 639).
    fn vacuum_turn(&self) -> Result<tokio::sync::OwnedMutexGuard<()>> {
        Arc::clone(&self.0.vacuum).try_lock_owned().map_err(|_| {
            Error::new(SqlState::OBJECT_IN_USE, "VACUUM is running").with_hint("re-execute after other vacuum finished")
        })
    }

    fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    fn logs(&self) -> &Logs {
        &self.0.logs
    }

    /// What there is at every start.
    fn init(&self) -> DatabaseInit {
        init(&self.0.config)
    }

    fn activity(&self) -> &Activity {
        &self.0.activity
    }

    fn execution(&self) -> &SessionState {
        &self.0.execution
    }

    /// The user who logs in, in a database that exists.
    fn check_login(&self, login: &Login) -> Result<Arc<User>> {
        let transaction = self.catalog().begin(login.pid, &login.database)?;
        let user = transaction.view().user(&login.user)?.ok_or_else(|| {
            Error::new(SqlState::INVALID_AUTHORIZATION, format!("user \"{}\" does not exist", login.user))
        })?;
        if user.valid_until.is_some_and(|until| until <= clock::now()) {
            let message = format!("password authentication failed for user \"{}\"", user.name);
            return Err(Error::new(SqlState::INVALID_AUTHORIZATION, message));
        }
        if !user.superuser {
            self.check_connections(&user, transaction.database())?;
        }
        Ok(user)
    }

    /// Is there room under the connection limits of a user and a database? Superusers are not limited (developer guide,
    /// "CREATE USER", "CREATE DATABASE").
    fn check_connections(&self, user: &User, database: &Database) -> Result<()> {
        let sessions = self.activity().sessions();
        let full = |limit: Option<u32>, count: usize| limit.is_some_and(|limit| count >= limit as usize);
        let too_many = |what: String| Err(Error::new(SqlState("53300"), format!("too many connections for {what}")));
        if full(user.connection_limit, sessions.iter().filter(|session| session.user_id == user.id.0).count()) {
            return too_many(format!("user \"{}\"", user.name));
        }
        if full(database.connection_limit, sessions.iter().filter(|s| s.database == database.name).count()) {
            return too_many(format!("database \"{}\"", database.name));
        }
        Ok(())
    }
}

fn init(config: &EngineConfig) -> DatabaseInit {
    DatabaseInit {
        database: config.database.clone(),
        user: config.user.clone(),
        password: Credential::Anything,
        isolation: Isolation::default(),
    }
}

/// Where queries spill to: beside the data, so that the disk that the user chose is the one that fills.
fn spill_folder(location: &Location) -> Option<PathBuf> {
    match location {
        Location::Folder(folder) => Some(folder.join("spill")),
        Location::Memory => None,
    }
}

/// How a user's password is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Credential {
    /// Any password does: the superuser of an emulator without one.
    Anything,
    /// `md5` + md5(password || user), as Redshift's pg_shadow keeps it.
    Md5(String),
    /// `sha256|` digest `|` salt, as CREATE USER ... PASSWORD 'sha256|...' gives it.
    Sha256(String),
    /// PASSWORD DISABLE: nobody gets in with one.
    Disabled,
}
