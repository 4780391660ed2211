//! What a procedure runs in: a session and its transaction, which it may end.

use std::sync::Arc;

use redshift_sql_dialect::{Error, Result, SqlState, ast::Statement, plpgsql::Mode};

use super::rows::Cursors;
use crate::{
    binder::{Parameters, Variables},
    catalog::Transaction,
    clock,
    result::Rows,
    session::{SessionState, SessionUser},
    statements::Work,
    system::logs::QueryRecord,
};

/// A session that runs a CALL.
pub(crate) struct Host<'a> {
    pub state: &'a mut SessionState,
    transaction: Option<Transaction>,
    started: i64,
    /// Is it in a block of the client's?
    in_block: bool,
    /// Is it in a block that START TRANSACTION opened?
    in_own_block: bool,
    /// Has the transaction run a statement?
    used: bool,
    /// The cursors of the transaction.
    pub(super) cursors: Cursors,
    /// The parameters of the statement that is run.
    pub parameters: Parameters,
    /// The id of the CALL.
    pub query: i64,
    /// Procedures with SET may not end transactions.
    pub settings_bound: bool,
    /// What the client's CALL says.
    pub text: String,
    /// Whose privileges counted before a SECURITY DEFINER procedure of somebody else began.
    invokers: Vec<SessionUser>,
}

/// What a CALL in a block leaves behind: the block goes on.
pub(crate) struct LeftOpen {
    /// The block's transaction.
    pub transaction: Transaction,
    /// When it began.
    pub started: i64,
    /// Its cursors, with what is to be fetched from them.
    pub cursors: Vec<(String, Rows)>,
}

/// What is undone where a procedure is dropped half-way: nobody keeps the privileges of its owner.
impl Drop for Host<'_> {
    fn drop(&mut self) {
        while !self.invokers.is_empty() {
            self.leave_definer();
        }
    }
}

impl<'a> Host<'a> {
    /// A host that begins with this transaction.
    pub(crate) fn new(state: &'a mut SessionState, transaction: Transaction, started: i64, in_block: bool) -> Host<'a> {
        let query = state.last_statement;
        let parameters = Parameters::with_values(Vec::new(), Vec::new());
        Host {
            state,
            transaction: Some(transaction),
            started,
            in_block,
            in_own_block: false,
            used: false,
            cursors: Cursors::default(),
            parameters,
            query,
            settings_bound: false,
            text: String::new(),
            invokers: Vec::new(),
        }
    }

    /// The number of the transaction.
    pub(super) fn xid(&self) -> i64 {
        self.transaction.as_ref().map_or(0, Transaction::id)
    }

    /// From now on the privileges of this user count: the owner of a SECURITY DEFINER procedure.
    pub(super) fn enter_definer(&mut self, owner: SessionUser) {
        let SessionUser { id, name, superuser } = owner;
        let invoker = SessionUser {
            id: std::mem::replace(&mut self.state.user_id, id),
            name: std::mem::replace(&mut self.state.user, name),
            superuser: std::mem::replace(&mut self.state.superuser, superuser),
        };
        self.invokers.push(invoker);
    }

    /// Those of the user count again who called the procedure.
    pub(super) fn leave_definer(&mut self) {
        if let Some(invoker) = self.invokers.pop() {
            let SessionUser { id, name, superuser } = invoker;
            (self.state.user_id, self.state.user, self.state.superuser) = (id, name, superuser);
        }
    }

    /// A statement at work.
    ///
    /// # Errors
    /// XX000 where the transaction is gone.
    pub(super) fn work(&mut self, variables: Option<Arc<dyn Variables>>) -> Result<Work<'_>> {
        let transaction =
            self.transaction.as_ref().ok_or_else(|| Error::internal("a procedure without transaction"))?;
        let parameters = self.parameters.clone();
        let mut work = Work::new(self.state, transaction, self.started, parameters)?;
        work.query = self.query;
        work.context.variables = variables;
        Ok(work)
    }

    /// The transaction runs a statement.
    pub(super) fn uses(&mut self) {
        self.used = true;
    }

    /// Refuses a command that ends the transaction where somebody else has to.
    ///
    /// # Errors
    /// 2D000 in a block of the client's, except for NONATOMIC procedures, and in procedures with SET.
    pub(super) fn check_end(&self, mode: Mode, command: &str) -> Result<()> {
        if (self.in_block && mode == Mode::Atomic) || self.settings_bound {
            let message =
                format!("{command} cannot be invoked from a procedure that is executing in an atomic context.");
            return Err(Error::new(SqlState("2D000"), message).with_hint(
                "Try calling the procedure as a top-level call i.e. not from within an explicit transaction block. \n\
                 Or, if this procedure (or one of its ancestors in the call chain) was created with SET config options, \
                 recreate the procedure without them.",
            ));
        }
        Ok(())
    }

    /// 25001: a command that runs neither in a procedure nor in a block.
    pub(super) fn out_of_place(&self, command: &str) -> Error {
        let place = if self.in_block {
            "cannot run inside a transaction block"
        } else {
            "cannot be executed from a function or multi-command string"
        };
        Error::new(SqlState::ACTIVE_SQL_TRANSACTION, format!("{command} {place}"))
    }

    /// COMMIT, or what TRUNCATE does.
    ///
    /// # Errors
    /// Those of [`check_end`](Self::check_end).
    pub(super) async fn commit(&mut self, mode: Mode, command: &str) -> Result<()> {
        self.check_end(mode, command)?;
        self.end().await
    }

    /// ROLLBACK
    ///
    /// # Errors
    /// Those of [`check_end`](Self::check_end).
    pub(super) fn rollback(&mut self, mode: Mode) -> Result<()> {
        self.check_end(mode, "ROLLBACK")?;
        self.restart()
    }

    /// START TRANSACTION of a NONATOMIC procedure; nothing where there is a block.
    pub(super) async fn start_block(&mut self) -> Result<()> {
        if !self.in_block && !self.in_own_block {
            self.end().await?;
            self.in_own_block = true;
        }
        Ok(())
    }

    /// Commits, also in a block of the client's: what a handler of errors did.
    pub(super) async fn end(&mut self) -> Result<()> {
        if let Some(transaction) = self.transaction.take() {
            let xid = transaction.id();
            transaction.commit().await?;
            self.note_commit(xid);
        }
        self.restart()
    }

    /// Notes in the history that the transaction was committed, if anything ran in it.
    fn note_commit(&mut self, xid: i64) {
        if !std::mem::take(&mut self.used) {
            return;
        }
        let logs = self.state.engine.logs();
        let now = clock::now();
        let record = self.state.record(logs.next_query(), &Statement::Commit, "COMMIT");
        logs.append(QueryRecord { xid, start: now, end: now, caller: Some(self.query), ..record });
    }

    /// Commits after a statement of a NONATOMIC procedure, unless there is a block.
    pub(super) async fn autocommit(&mut self) -> Result<()> {
        if self.in_block || self.in_own_block { Ok(()) } else { self.end().await }
    }

    /// Rolls back and begins anew.
    pub(super) fn restart(&mut self) -> Result<()> {
        self.cursors.clear();
        self.transaction = None;
        self.in_own_block = false;
        self.used = false;
        self.transaction = Some(self.state.transaction()?);
        self.started = clock::now();
        Ok(())
    }

    /// Commits at the end of a CALL that is no part of a block.
    pub(crate) async fn finish(mut self) -> Result<()> {
        if let Some(transaction) = self.transaction.take() {
            let xid = transaction.id();
            transaction.commit().await?;
            self.note_commit(xid);
        }
        Ok(())
    }

    /// The transaction and its cursors, for who goes on with them.
    pub(crate) fn into_transaction(mut self) -> Option<LeftOpen> {
        let cursors = std::mem::take(&mut self.cursors).into_open();
        let transaction = self.transaction.take()?;
        Some(LeftOpen { transaction, started: self.started, cursors })
    }
}
