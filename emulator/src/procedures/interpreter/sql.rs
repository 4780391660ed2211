//! SQL statements, dynamic ones and calls of other procedures among them; what they leave in variables.

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{self, Query, Statement},
    parse,
    plpgsql::{RowSource, Target},
};

use super::{Interpreter, cursors::OpenRows};
use crate::{
    catalog::ArgumentMode,
    procedures::{call, variables::Value},
    query_log::QueryLog,
    result::Outcome,
    statements,
    system::logs::QueryRecord,
};

/// Must the rows of a statement go somewhere?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Yes,
    Maybe,
}

impl Interpreter<'_, '_> {
    /// Runs a statement with the variables in sight.
    pub(super) async fn run_sql(&mut self, statement: &Statement, variables: Option<()>) -> Result<Outcome> {
        let variables = variables.map(|()| self.scopes.snapshot());
        let logs = self.host.state.engine.logs().clone();
        let query = logs.next_query();
        let record = self.host.state.record(query, statement, &statement.to_string());
        let record = QueryRecord { xid: self.host.xid(), caller: Some(self.host.query), ..record };
        let log = QueryLog::new(record, None, logs);
        let trace = log.trace();
        let mut work = self.host.work(variables)?;
        work.query = query;
        let outcome = Box::pin(trace.scope(statements::run(statement, &mut work))).await;
        log.follow(outcome.map_err(Error::without_position))
    }

    pub(super) async fn query(&mut self, query: &Query) -> Result<OpenRows> {
        match self.run_sql(&Statement::Query(Box::new(query.clone())), Some(())).await? {
            Outcome::Rows(rows) => Ok(OpenRows::new(rows)),
            Outcome::Done(_) => Err(Error::internal("a query without rows")),
        }
    }

    pub(super) async fn open(&mut self, source: &RowSource) -> Result<OpenRows> {
        let command = match source {
            RowSource::Query(query) => return self.query(query).await,
            RowSource::Execute(command) => command,
        };
        let text = self.text(command).await?;
        let text = text.ok_or_else(|| Error::new(SqlState("22004"), "cannot EXECUTE a null querystring"))?;
        let mut parsed = parse(&text).map_err(Error::without_position)?;
        match (parsed.len(), parsed.pop().map(|parsed| parsed.statement)) {
            (1, Some(statement @ Statement::Query(_))) => match self.run_sql(&statement, None).await? {
                Outcome::Rows(rows) => Ok(OpenRows::new(rows)),
                Outcome::Done(_) => Err(Error::internal("a query without rows")),
            },
            _ => Err(Error::new(SqlState::INVALID_CURSOR_DEFINITION, "cannot open a cursor for what is not a query")),
        }
    }

    pub(super) async fn execute_text(&mut self, text: &str, into: &[Target]) -> Result<()> {
        for parsed in parse(text).map_err(Error::without_position)? {
            match &parsed.statement {
                Statement::Begin(_) | Statement::Commit | Statement::Rollback => {
                    return Err(Error::unsupported("transaction control in dynamic SQL is not supported"));
                }
                Statement::Call(call) => self.call(call, None).await?,
                statement => {
                    let outcome = self.run_sql(statement, None).await?;
                    // The rows of a dynamic SELECT that nobody wants are left.
                    self.finish(outcome, into, Wanted::Maybe).await?;
                }
            }
        }
        Ok(())
    }

    pub(super) async fn sql(&mut self, statement: &Statement, into: &[Target]) -> Result<()> {
        match statement {
            Statement::Begin(_) => Err(Error::unsupported("START TRANSACTION in a procedure is not supported")),
            Statement::Call(call) => self.call(call, Some(into)).await,
            statement => {
                let outcome = self.run_sql(statement, Some(())).await?;
                self.finish(outcome, into, Wanted::Yes).await
            }
        }
    }

    /// Takes a statement's rows or their number; TRUNCATE commits, and so does everything in a NONATOMIC procedure.
    async fn finish(&mut self, outcome: Outcome, into: &[Target], wanted: Wanted) -> Result<()> {
        let commits = self.host.state.commits;
        match outcome {
            Outcome::Rows(rows) => {
                if into.is_empty() && wanted == Wanted::Yes {
                    return Err(Error::new(SqlState::SYNTAX_ERROR, "query has no destination for result data")
                        .with_hint("If you want to discard the results, use PERFORM instead."));
                }
                let row = OpenRows::new(rows).next().await?;
                self.counted(i64::from(row.is_some()));
                if !into.is_empty() {
                    self.assign_row(into, row)?;
                }
            }
            Outcome::Done(tag) => {
                if let Some(rows) = tag.rows {
                    self.counted(rows as i64);
                }
                if commits {
                    self.cursors.clear();
                    self.host.commit().await?;
                } else if self.nonatomic {
                    self.host.autocommit().await?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn counted(&mut self, rows: i64) {
        self.row_count = rows;
        self.found(rows > 0);
    }

    pub(super) fn found(&mut self, found: bool) {
        let context = match self.host.work(None) {
            Ok(work) => work.context,
            Err(_) => return,
        };
        // FOUND is always there and takes booleans.
        let _ = self.scopes.assign(&vec!["found".to_string()], Value::bool(found), &context);
    }

    /// A procedure in a procedure: its OUT arguments come back into the variables that were given for INOUT, or INTO.
    pub(super) async fn call(&mut self, statement: &ast::Call, into: Option<&[Target]>) -> Result<()> {
        let variables = into.map(|_| self.scopes.snapshot());
        let (routine, values) = call::run(statement, self.host, variables, self.depth + 1).await?;
        let Some(into) = into else { return Ok(()) };
        if !into.is_empty() {
            let names = routine.outputs().map(|arg| arg.name.clone().unwrap_or_default());
            return self.assign_row(into, Some(names.zip(values).collect()));
        }
        let mut values = values.into_iter();
        let mut given = statement.args.iter();
        for arg in &routine.args {
            let expr = if arg.mode == ArgumentMode::Out { None } else { given.next() };
            if arg.mode == ArgumentMode::In {
                continue;
            }
            let Some(value) = values.next() else { break };
            if let Some(ast::ExprKind::Column(name)) = expr.map(|expr| &expr.kind) {
                let target: Target = name.0.iter().map(|part| part.value.to_ascii_lowercase()).collect();
                self.assign(&target, value)?;
            }
        }
        Ok(())
    }
}
