//! SQL statements, dynamic ones and calls of other procedures among them; what they leave in variables.

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{self, Query, Statement},
    parse,
    plpgsql::{Mode, RowSource, Target, with_parameters},
};

use super::Interpreter;
use crate::{
    catalog::{ArgumentMode, Routine},
    procedures::{call, rows::OpenRows, variables::Value},
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

/// What a text stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The body: names in it may be variables.
    Body,
    /// An expression of the body.
    Expression,
    /// The value of an expression: it knows no variables.
    Dynamic,
}

impl Interpreter<'_, '_> {
    /// A statement's text as the logs have it.
    fn logged(&self, text: &str) -> String {
        with_parameters(text, |parts| self.scopes.knows(parts))
    }

    /// Runs a statement.
    async fn run_sql(&mut self, statement: &Statement, text: &str, origin: Origin) -> Result<Outcome> {
        let variables = (origin != Origin::Dynamic).then(|| self.scopes.snapshot());
        let logs = self.host.state.engine.logs().clone();
        let query = logs.next_query();
        let record = self.host.state.record(query, statement, text);
        let record = QueryRecord { xid: self.host.xid(), caller: Some(self.host.query), ..record };
        let log = match origin {
            Origin::Expression => QueryLog::of_expression(record, logs),
            Origin::Body | Origin::Dynamic => {
                self.host.uses();
                QueryLog::new(record, None, logs)
            }
        };
        let trace = log.trace();
        let mut work = self.host.work(variables)?;
        work.query = query;
        let outcome = Box::pin(trace.scope(statements::run(statement, &mut work))).await;
        log.follow(outcome.map_err(Error::without_position))
    }

    /// Runs a query for the rows that a loop or a cursor reads.
    pub(super) async fn query(&mut self, query: &Query) -> Result<OpenRows> {
        let statement = Statement::Query(Box::new(query.clone()));
        let text = self.logged(&statement.to_string());
        let outcome = self.run_sql(&statement, &text, Origin::Body).await;
        rows_of(outcome.map_err(|error| within(error, &text))?)
    }

    /// Runs the query of an expression's value.
    pub(super) async fn expression(&mut self, query: &Query) -> Result<OpenRows> {
        let statement = Statement::Query(Box::new(query.clone()));
        let text = self.logged(&statement.to_string());
        let outcome = self.run_sql(&statement, &text, Origin::Expression).await;
        // What is wrong with its values is no error of a statement: PL/pgSQL reckons them by itself.
        let is_wrong = |error: &Error| error.sqlstate().0.starts_with("42");
        rows_of(outcome.map_err(|error| if is_wrong(&error) { within(error, &text) } else { error })?)
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
            (1, Some(statement @ Statement::Query(_))) => {
                let outcome = self.run_sql(&statement, &text, Origin::Dynamic).await;
                rows_of(outcome.map_err(|error| within(error, &text))?)
            }
            _ => Err(Error::new(SqlState::INVALID_CURSOR_DEFINITION, "cannot open a cursor for what is not a query")),
        }
    }

    pub(super) async fn execute_text(&mut self, text: &str, into: &[Target]) -> Result<()> {
        for parsed in parse(text).map_err(Error::without_position)? {
            let text = text.get(parsed.start as usize..parsed.end as usize).unwrap_or(text);
            match &parsed.statement {
                Statement::Begin(_) | Statement::Commit | Statement::Rollback => {
                    let error = Error::unsupported("transaction control in dynamic SQL is not supported");
                    return Err(within(error, text));
                }
                Statement::Call(call) => self.call(call, None).await?,
                // The rows of a dynamic SELECT that nobody wants are left.
                statement => self.command(statement, text, Origin::Dynamic, (into, Wanted::Maybe)).await?,
            }
        }
        Ok(())
    }

    pub(super) async fn sql(&mut self, statement: &Statement, text: &str, into: &[Target]) -> Result<()> {
        match statement {
            Statement::Begin(_) => Err(Error::unsupported("BEGIN in a procedure is not supported")),
            Statement::Call(call) => self.call(call, Some(into)).await,
            statement => {
                let text = self.logged(text);
                self.command(statement, &text, Origin::Body, (into, Wanted::Yes)).await
            }
        }
    }

    /// PERFORM
    pub(super) async fn perform(&mut self, query: &Query) -> Result<()> {
        let mut rows = self.query(query).await?;
        let mut count = 0;
        while rows.next().await?.is_some() {
            count += 1;
        }
        self.counted(count);
        self.autocommit().await
    }

    async fn autocommit(&mut self) -> Result<()> {
        if self.mode == Mode::Nonatomic { self.host.autocommit().await } else { Ok(()) }
    }

    /// Runs a statement, and takes its rows or their number.
    async fn command(
        &mut self,
        statement: &Statement,
        text: &str,
        origin: Origin,
        to: (&[Target], Wanted),
    ) -> Result<()> {
        let ran = async {
            self.check(statement)?;
            let outcome = self.run_sql(statement, text, origin).await?;
            self.finish(outcome, to).await
        };
        ran.await.map_err(|error| within(error, text))
    }

    /// Refuses what no procedure can do (developer guide, "Stored procedure limitations").
    fn check(&self, statement: &Statement) -> Result<()> {
        match statement {
            Statement::Truncate(_) => self.host.check_end(self.mode, "TRUNCATE"),
            Statement::Set(set) if set.is_local() => Err(self.host.out_of_place("SET LOCAL")),
            other if other.refused_in_block() => Err(self.host.out_of_place(other.command_name())),
            _ => Ok(()),
        }
    }

    /// Takes a statement's rows or their number; TRUNCATE commits, and so does everything in a NONATOMIC procedure.
    async fn finish(&mut self, outcome: Outcome, (into, wanted): (&[Target], Wanted)) -> Result<()> {
        let commits = self.host.state.commits;
        match outcome {
            Outcome::Rows(rows) => {
                if into.is_empty() && wanted == Wanted::Yes {
                    return Err(Error::new(SqlState::SYNTAX_ERROR, "query has no destination for result data")
                        .with_hint("If you want to discard the results, use PERFORM instead."));
                }
                let mut rows = OpenRows::new(rows);
                let row = rows.next().await?;
                self.counted(i64::from(row.is_some()));
                if !into.is_empty() {
                    let row = row.map_or_else(|| rows.nulls(), Ok)?;
                    self.assign_row(into, row)?;
                }
            }
            Outcome::Done(tag) => {
                if let Some(rows) = tag.rows {
                    self.counted(rows as i64);
                }
                if commits {
                    return self.host.commit(self.mode, "TRUNCATE").await;
                }
            }
        }
        self.autocommit().await
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
        let text = Statement::Call(statement.clone()).to_string();
        let text = if into.is_some() { self.logged(&text) } else { text };
        let called = call::run(statement, self.host, call::Inner { variables, text: &text }, self.depth + 1).await;
        let (routine, values) = called.map_err(|error| within(error, &text))?;
        if let Some(into) = into {
            self.take_outputs(statement, into, (&routine, values))?;
        }
        self.autocommit().await
    }

    fn take_outputs(
        &mut self,
        statement: &ast::Call,
        into: &[Target],
        (routine, values): (&Routine, Vec<Value>),
    ) -> Result<()> {
        if !into.is_empty() {
            let names = routine.outputs().map(|arg| arg.name.clone().unwrap_or_default());
            return self.assign_row(into, names.zip(values).collect());
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

/// An error of a statement inside of a procedure.
fn within(error: Error, text: &str) -> Error {
    error.within(format!("SQL statement \"{text}\""))
}

fn rows_of(outcome: Outcome) -> Result<OpenRows> {
    match outcome {
        Outcome::Rows(rows) => Ok(OpenRows::new(rows)),
        Outcome::Done(_) => Err(Error::internal("a query without rows")),
    }
}
