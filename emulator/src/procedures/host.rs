//! What a procedure runs in: a session and its transaction, which it may end.

use std::sync::Arc;

use redshift_sql_dialect::{Error, Result, SqlState};

use crate::{
    binder::{Parameters, Variables},
    catalog::Transaction,
    clock,
    session::{SessionState, SessionUser},
    statements::Work,
};

/// A session that runs a CALL.
pub(crate) struct Host<'a> {
    pub state: &'a mut SessionState,
    transaction: Option<Transaction>,
    started: i64,
    /// Is it in a block of the client's?
    in_block: bool,
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

    fn check_end(&self) -> Result<()> {
        if self.in_block || self.settings_bound {
            return Err(Error::new(SqlState("2D000"), "invalid transaction termination"));
        }
        Ok(())
    }

    /// COMMIT, or what TRUNCATE does.
    ///
    /// # Errors
    /// 2D000 in a block of the client's.
    pub(super) async fn commit(&mut self) -> Result<()> {
        self.check_end()?;
        self.end().await
    }

    /// ROLLBACK
    ///
    /// # Errors
    /// 2D000 in a block of the client's.
    pub(super) fn rollback(&mut self) -> Result<()> {
        self.check_end()?;
        self.restart()
    }

    /// Commits, also in a block of the client's: what a handler of errors did.
    pub(super) async fn end(&mut self) -> Result<()> {
        if let Some(transaction) = self.transaction.take() {
            transaction.commit().await?;
        }
        self.restart()
    }

    /// Commits after a statement of a NONATOMIC procedure, unless the client has a block.
    pub(super) async fn autocommit(&mut self) -> Result<()> {
        if self.in_block { Ok(()) } else { self.end().await }
    }

    /// Rolls back and begins anew.
    pub(super) fn restart(&mut self) -> Result<()> {
        self.transaction = None;
        self.transaction = Some(self.state.transaction()?);
        self.started = clock::now();
        Ok(())
    }

    /// The transaction, for who goes on with it.
    pub(crate) fn into_transaction(mut self) -> Option<(Transaction, i64)> {
        let started = self.started;
        self.transaction.take().map(|transaction| (transaction, started))
    }
}
