//! What a procedure runs in: a session and its transaction, which it may end.

use std::sync::Arc;

use redshift_sql_dialect::{Error, Result, SqlState};

use crate::{
    binder::{Parameters, Variables},
    catalog::Transaction,
    clock,
    session::SessionState,
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
}

impl<'a> Host<'a> {
    /// A host that begins with this transaction.
    pub(crate) fn new(state: &'a mut SessionState, transaction: Transaction, started: i64, in_block: bool) -> Host<'a> {
        let query = state.last_query_id;
        let parameters = Parameters::with_values(Vec::new(), Vec::new());
        Host { state, transaction: Some(transaction), started, in_block, parameters, query, settings_bound: false }
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
    pub(crate) fn into_transaction(self) -> Option<(Transaction, i64)> {
        let started = self.started;
        self.transaction.map(|transaction| (transaction, started))
    }
}
