//! A session: its settings, its temporary schema and its open transaction.

use redshift_sql_dialect::{
    Error, RedshiftType, Result,
    ast::{Statement, TransactionModes},
};

use crate::{
    Engine,
    result::{Description, Notice, Outcome},
};

/// Who opens a session, and how.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user, who exists.
    pub user: String,
    /// The database, which exists.
    pub database: String,
    /// Settings that the client gave at start-up, by name: `application_name`, `datestyle`, `search_path`, ...
    pub settings: Vec<(String, String)>,
    /// Where the client is, for the logs: an address without port, or `[local]`.
    pub client_host: String,
    /// What pg_backend_pid() answers and BackendKeyData says.
    pub pid: i32,
}

/// A statement to be run, with its parameters.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What to run.
    pub statement: &'a Statement,
    /// Its text, for the logs.
    pub text: &'a str,
    /// The types of its parameters, as a Describe before it answered them; shorter or none where there was none.
    pub parameter_types: &'a [Option<RedshiftType>],
    /// The values of its parameters in text form.
    pub parameters: &'a [Option<String>],
}

/// What a client's connection is to the engine.
pub struct Session {
    engine: Engine,
    login: Login,
}

impl Session {
    pub(crate) fn new(engine: Engine, login: Login) -> Result<Session> {
        Ok(Session { engine, login })
    }

    /// Opens a transaction block.
    pub async fn begin(&mut self, _modes: TransactionModes) -> Result<()> {
        Err(Error::unsupported("BEGIN is not supported"))
    }

    /// Commits the open block; afterwards there is none, whether or not it succeeded.
    pub async fn commit(&mut self) -> Result<()> {
        Err(Error::unsupported("COMMIT is not supported"))
    }

    /// Drops the open block and all that it wrote.
    pub async fn rollback(&mut self) {}

    /// Is a transaction block open?
    pub fn in_block(&self) -> bool {
        false
    }

    /// Tells parameters and columns of a statement without running it.
    pub async fn describe(&mut self, _statement: &Statement, _types: &[Option<RedshiftType>]) -> Result<Description> {
        Err(Error::unsupported("this statement is not supported"))
    }

    /// Runs a statement: in the open block, or in a transaction of its own that is committed when it succeeds.
    ///
    /// Dropping the future, or the stream of rows it gave, stops the statement and undoes what it did outside a block.
    pub async fn execute(&mut self, request: Request<'_>) -> Result<Outcome> {
        let _ = (&self.engine, &self.login);
        Err(Error::unsupported(format!("{:?} is not supported", request.text)))
    }

    /// Messages that the statements since the last call left.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        Vec::new()
    }

    /// Settings that changed since the last call and that the client wants to hear of (ParameterStatus).
    pub fn take_setting_changes(&mut self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// A setting's value as SHOW gives it.
    pub fn setting(&self, _name: &str) -> Option<String> {
        None
    }
}
