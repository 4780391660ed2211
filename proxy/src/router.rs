//! Who runs a statement: a pure function of the statement and of where it stands.

use redshift_sql_dialect::{
    Error, SqlState,
    ast::{CloseCursor, Deallocate, DeclareCursor, Execute, Explain, Fetch, Prepare, Statement, TransactionModes},
    names::Ident,
};

/// The state of a session's transaction, after PostgreSQL's TBLOCK states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// None is open: a statement is a transaction of its own.
    Default,
    /// One was opened for several statements of a message or of a pipeline, without the client asking for it.
    Implicit,
    /// BEGIN was said.
    InProgress,
    /// A statement of the block failed: everything is refused until its end.
    Aborted,
}

/// What stands beside a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// Nothing: it is its message's or pipeline's only one.
    Alone,
    /// It is one of several statements of a simple query.
    Message,
    /// Others of the extended protocol may follow before Sync.
    Pipeline,
}

/// Who runs a statement, and how.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Route<'a> {
    Begin(TransactionModes),
    Commit,
    Rollback,
    Savepoint(&'a Ident),
    Release(&'a Ident),
    Prepare(&'a Prepare),
    Execute(&'a Execute),
    /// EXPLAIN of EXECUTE.
    ExplainExecute(&'a Explain, &'a Execute),
    Deallocate(&'a Deallocate),
    DeclareCursor(&'a DeclareCursor),
    Fetch(&'a Fetch),
    CloseCursor(&'a CloseCursor),
    /// The backend runs it.
    Backend(Scope),
    /// Nobody does.
    Refuse(Error),
}

/// The transaction that the backend runs a statement in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The open one, or one of its own.
    AsItStands,
    /// One that is opened now and stays open for what follows.
    OpenImplicit,
}

/// Decides who runs a statement.
pub fn route(statement: &Statement, block: Block, company: Company) -> Route<'_> {
    match statement {
        Statement::Commit => return Route::Commit,
        Statement::Rollback => return Route::Rollback,
        _ if block == Block::Aborted => return Route::Refuse(aborted()),
        _ => {}
    }
    match statement {
        Statement::Begin(modes) => Route::Begin(*modes),
        Statement::Savepoint(name) => Route::Savepoint(name),
        Statement::Release(name) => Route::Release(name),
        Statement::Prepare(prepare) => Route::Prepare(prepare),
        Statement::Execute(execute) => Route::Execute(execute),
        Statement::Explain(explain) => match &*explain.statement {
            Statement::Execute(execute) => Route::ExplainExecute(explain, execute),
            _ => Route::Backend(scope(block, company)),
        },
        Statement::Deallocate(deallocate) => Route::Deallocate(deallocate),
        Statement::DeclareCursor(declare) => Route::DeclareCursor(declare),
        Statement::Fetch(fetch) => Route::Fetch(fetch),
        Statement::CloseCursor(close) => Route::CloseCursor(close),
        other if other.refused_in_block() => backend_alone(other, block, company),
        _ => Route::Backend(scope(block, company)),
    }
}

/// A statement that needs a transaction of its own.
fn backend_alone(statement: &Statement, block: Block, company: Company) -> Route<'_> {
    let place = match (block, company) {
        (Block::InProgress | Block::Aborted, _) => "transaction block",
        (Block::Implicit, _) | (Block::Default, Company::Message) => "multiple commands statement",
        (Block::Default, Company::Alone | Company::Pipeline) => return Route::Backend(Scope::AsItStands),
    };
    let message = format!("{} cannot run inside a {place}", statement.command_name());
    Route::Refuse(Error::new(SqlState::ACTIVE_SQL_TRANSACTION, message))
}

/// The transaction of an ordinary statement: what comes together is one transaction.
pub fn scope(block: Block, company: Company) -> Scope {
    match (block, company) {
        (Block::Default, Company::Message | Company::Pipeline) => Scope::OpenImplicit,
        _ => Scope::AsItStands,
    }
}

/// 25P02: the block failed.
pub fn aborted() -> Error {
    Error::new(
        SqlState::IN_FAILED_SQL_TRANSACTION,
        "current transaction is aborted, commands ignored until end of transaction block",
    )
}

#[cfg(test)]
mod tests {
    use redshift_sql_dialect::parse;

    use super::*;

    /// The route of a statement, in words.
    fn routed(sql: &str, block: Block, company: Company) -> String {
        let parsed = parse(sql).unwrap();
        match route(&parsed[0].statement, block, company) {
            Route::Refuse(error) => error.to_string(),
            Route::Backend(scope) => format!("{scope:?}"),
            Route::Begin(_) => "Begin".to_string(),
            other => {
                let text = format!("{other:?}");
                text.split('(').next().unwrap_or_default().to_string()
            }
        }
    }

    #[test]
    fn the_session_keeps_transactions_and_cursors_to_itself() {
        use Block::Default;
        use Company::Alone;
        assert_eq!(routed("begin", Default, Alone), "Begin");
        assert_eq!(routed("end", Default, Alone), "Commit");
        assert_eq!(routed("abort", Default, Alone), "Rollback");
        assert_eq!(routed("savepoint s", Default, Alone), "Savepoint");
        assert_eq!(routed("release savepoint s", Default, Alone), "Release");
        assert_eq!(routed("prepare p as select 1", Default, Alone), "Prepare");
        assert_eq!(routed("execute p", Default, Alone), "Execute");
        assert_eq!(routed("deallocate all", Default, Alone), "Deallocate");
        assert_eq!(routed("declare c cursor for select 1", Default, Alone), "DeclareCursor");
        assert_eq!(routed("fetch 1 from c", Default, Alone), "Fetch");
        assert_eq!(routed("close c", Default, Alone), "CloseCursor");
        assert_eq!(routed("select 1", Default, Alone), "AsItStands");
        assert_eq!(routed("set query_group to x", Default, Alone), "AsItStands");
    }

    #[test]
    fn what_comes_together_is_one_transaction() {
        assert_eq!(routed("select 1", Block::Default, Company::Message), "OpenImplicit");
        assert_eq!(routed("select 1", Block::Default, Company::Pipeline), "OpenImplicit");
        assert_eq!(routed("select 1", Block::Implicit, Company::Message), "AsItStands");
        assert_eq!(routed("select 1", Block::InProgress, Company::Message), "AsItStands");
    }

    #[test]
    fn a_failed_block_takes_nothing_but_its_end() {
        let refusal = "25P02: current transaction is aborted, commands ignored until end of transaction block";
        for sql in ["select 1", "begin", "vacuum", "fetch 1 from c"] {
            assert_eq!(routed(sql, Block::Aborted, Company::Alone), refusal);
        }
        assert_eq!(routed("commit", Block::Aborted, Company::Alone), "Commit");
        assert_eq!(routed("rollback", Block::Aborted, Company::Alone), "Rollback");
    }

    #[test]
    fn some_statements_stand_alone() {
        assert_eq!(routed("vacuum", Block::Default, Company::Alone), "AsItStands");
        // Whether more follows is not known yet; if it does, it is another transaction.
        assert_eq!(routed("vacuum", Block::Default, Company::Pipeline), "AsItStands");
        assert_eq!(
            routed("vacuum", Block::InProgress, Company::Alone),
            "25001: VACUUM cannot run inside a transaction block"
        );
        assert_eq!(
            routed("drop database d", Block::Default, Company::Message),
            "25001: DROP DATABASE cannot run inside a multiple commands statement"
        );
    }
}
