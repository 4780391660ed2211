//! What runs statements: the local emulator, or a real Redshift through the Data API.

mod archive;
mod local;
pub mod redshift;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use blueshift_emulator::{
    Credential, CursorProgress, Description, Login, Notice, Outcome, OwnStatement, RefusedLogin, Request, Rows,
};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Statement, TransactionModes},
};

pub use archive::Archive;
pub use local::LocalBackend;
pub use redshift::RedshiftBackend;

use crate::auth::{gate::Guest, users::ActsAs};

/// A warehouse that sessions can be opened in.
#[async_trait]
pub trait Backend: Send + Sync {
    /// What authentication needs to know of a user: none where there is no such user.
    ///
    /// # Errors
    /// Where the backend cannot tell.
    fn credential(&self, user: &str) -> Result<Option<Credential>>;

    /// Opens a session for a user who has proved who they are.
    ///
    /// # Errors
    /// 3D000 where the database does not exist, 28000 where the user does not, and what a start-up setting fails with.
    async fn open(&self, login: Login) -> Result<Box<dyn BackendSession>>;

    /// Opens a session for a guest of the gateway, who may act as somebody of their own.
    ///
    /// # Errors
    /// Those of [`Backend::open`]; 0A000 where nobody can act as somebody else here.
    async fn open_for(&self, login: Login, guest: &Guest) -> Result<Box<dyn BackendSession>> {
        if guest.acts != ActsAs::default() {
            return Err(Error::unsupported("users cannot act as others here"));
        }
        self.open(login).await
    }

    /// Writes out what is in flight. No session is used afterwards.
    ///
    /// # Errors
    /// Where that fails.
    async fn close(&self) -> Result<()>;

    /// Notes a login that was refused before it came to a session.
    fn note_refused_login(&self, _refused: RefusedLogin) {}

    /// What keeps backups of the data; none where the data is elsewhere.
    fn archive(&self) -> Option<&dyn Archive> {
        None
    }
}

/// A client's session in a warehouse.
///
/// Dropping it ends it: an open transaction is rolled back, temporary tables go.
#[async_trait]
pub trait BackendSession: Send {
    /// Puts the user into groups for as long as the session lasts, before its first statement.
    ///
    /// # Errors
    /// 42704 where there is no such group; 0A000 where the backend cannot.
    fn join_groups(&mut self, groups: &[String]) -> Result<()> {
        let names = groups.join(", ");
        Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, format!("groups of a session are not supported: {names}")))
    }

    /// Opens a transaction block.
    ///
    /// # Errors
    /// Where the modes are not supported.
    async fn begin(&mut self, modes: TransactionModes) -> Result<()>;

    /// Commits the open block; afterwards there is none, whether or not it succeeded.
    ///
    /// # Errors
    /// Where it conflicts with another transaction; then nothing of the block stays.
    async fn commit(&mut self) -> Result<()>;

    /// Drops the open block and all that it wrote; nothing where there is none.
    async fn rollback(&mut self);

    /// Is a block open? TRUNCATE ends one by itself.
    fn in_block(&self) -> bool;

    /// Tells parameters and columns of a statement without running it.
    ///
    /// # Errors
    /// Those that running it would give before it touches a row.
    async fn describe(&mut self, statement: &Statement, types: &[Option<RedshiftType>]) -> Result<Description>;

    /// Runs a statement in the open block, or in a transaction of its own that is committed when it succeeds.
    ///
    /// Dropping the future, or the stream of rows it gave, stops the statement and undoes what it did outside a block.
    ///
    /// # Errors
    /// Those of the statement.
    async fn execute(&mut self, request: Request<'_>) -> Result<Outcome>;

    /// Notes a statement that the caller has run itself, such as FETCH, for the history.
    fn note_own(&mut self, _own: OwnStatement<'_>) {}

    /// Shows a cursor of the open block as open, until it is closed or the block ends.
    fn open_cursor(&mut self, _name: &str, _progress: Arc<CursorProgress>) {}

    /// There is no open cursor any more.
    fn close_cursor(&mut self) {}

    /// The cursors that the last statement, a CALL, has left open, with what is to be fetched from them. They last as long
    /// as the block.
    fn take_cursors(&mut self) -> Vec<(String, Rows)> {
        Vec::new()
    }

    /// Does it keep such cursors to itself, so that FETCH and CLOSE of them are for it?
    fn keeps_cursors(&self) -> bool {
        false
    }

    /// Messages that the statements since the last call left.
    fn take_notices(&mut self) -> Vec<Notice>;

    /// Settings that changed since the last call and that the client wants to hear of, under the names it knows.
    fn take_setting_changes(&mut self) -> Vec<(String, String)>;

    /// How long the session may wait for a statement before it ends; none is for ever.
    fn idle_limit(&self) -> Option<Duration>;

    /// A setting's value as SHOW gives it.
    fn setting(&self, name: &str) -> Option<String>;

    /// Which SHOW commands it has for the metadata that Redshift's drivers ask for (`show_discovery`): 4 has SHOW DATABASES,
    /// SCHEMAS, TABLES, COLUMNS, CONSTRAINTS, GRANTS, FUNCTIONS and PROCEDURES with names that are bound; 5 lists the tables,
    /// the columns and the grants of a whole database.
    fn show_discovery(&self) -> u32 {
        4
    }

    /// Do positions in its errors count in the statement's own text, rather than in the message that it came in?
    fn counts_in_statement(&self) -> bool {
        false
    }

    /// Must the backend go far to describe a statement? Then it is asked only where the client wants to know.
    fn describes_at_a_cost(&self) -> bool {
        false
    }

    /// The id that the last statement has in the system tables; none before the first.
    fn last_query(&self) -> Option<i64> {
        None
    }

    /// The id that the last statement has in the Data API, where it went through that.
    fn statement_id(&self) -> Option<String> {
        None
    }
}
