//! The interpreter: statements one after the other, each SQL statement as a session's own.

use std::collections::HashMap;

use arrow::record_batch::RecordBatch;
use datafusion::scalar::ScalarValue;
use futures::{StreamExt, future::BoxFuture, stream::BoxStream};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{DataType, Query, Statement},
    parse,
    plpgsql::{
        Block, Declaration, DeclarationKind, PlStatement, PlStatementKind, Raise, RaiseLevel, RowSource, Target,
        VariableType, table_and_column,
    },
};

use super::{
    Host, call, nested,
    variables::{Scopes, Slot, Value},
};
use crate::{
    clock,
    query_log::QueryLog,
    result::{Notice, NoticeSeverity, Outcome, ResultColumn, Rows},
    statements,
    system::logs::{MessageRecord, QueryRecord},
    text_output::{TextStyle, write_value},
};

/// A row: names and values.
type Row = Vec<(String, Value)>;

/// Runs the body of a procedure.
pub(super) struct Interpreter<'h, 'a> {
    host: &'h mut Host<'a>,
    pub scopes: Scopes,
    nonatomic: bool,
    depth: usize,
    row_count: i64,
    /// The line of the body that it is at.
    line: u32,
    cursors: HashMap<String, OpenRows>,
    bound: HashMap<String, BoundCursor>,
    /// The error that a handler is at.
    error: Option<Error>,
}

/// A cursor's declaration.
#[derive(Clone)]
struct BoundCursor {
    args: Vec<(String, RedshiftType)>,
    query: Query,
}

/// Rows that are read one by one.
struct OpenRows {
    columns: std::sync::Arc<[ResultColumn]>,
    batches: BoxStream<'static, Result<RecordBatch>>,
    batch: Option<RecordBatch>,
    at: usize,
}

/// Where control goes after a statement.
#[derive(Debug, Clone, PartialEq)]
enum Flow {
    Next,
    Exit(Option<String>),
    Continue(Option<String>),
    Return,
}

/// What a loop does after a round of its body.
enum Round {
    Again,
    Leave,
    Pass(Flow),
}

impl Flow {
    /// For the loop with this label.
    fn of_round(self, label: &Option<String>) -> Round {
        let mine = |name: &Option<String>| name.is_none() || name == label;
        match self {
            Flow::Next => Round::Again,
            Flow::Continue(name) if mine(&name) => Round::Again,
            Flow::Exit(name) if mine(&name) => Round::Leave,
            flow => Round::Pass(flow),
        }
    }
}

impl OpenRows {
    fn new(rows: Rows) -> OpenRows {
        OpenRows { columns: rows.columns, batches: rows.batches, batch: None, at: 0 }
    }

    async fn next(&mut self) -> Result<Option<Row>> {
        loop {
            if let Some(batch) = &self.batch
                && self.at < batch.num_rows()
            {
                let row = row_of(&self.columns, batch, self.at)?;
                self.at += 1;
                return Ok(Some(row));
            }
            match self.batches.next().await {
                Some(batch) => (self.batch, self.at) = (Some(batch?), 0),
                None => return Ok(None),
            }
        }
    }
}

fn row_of(columns: &[ResultColumn], batch: &RecordBatch, row: usize) -> Result<Row> {
    let value = |(column, array): (&ResultColumn, &arrow::array::ArrayRef)| {
        let value = ScalarValue::try_from_array(array, row).map_err(crate::error::from_datafusion)?;
        Ok((column.name.clone(), Value { value, ty: column.ty }))
    };
    columns.iter().zip(batch.columns()).map(value).collect()
}

impl<'h, 'a> Interpreter<'h, 'a> {
    pub(super) fn new(host: &'h mut Host<'a>, nonatomic: bool, depth: usize) -> Interpreter<'h, 'a> {
        Interpreter {
            host,
            scopes: Scopes::default(),
            nonatomic,
            depth,
            row_count: 0,
            line: 0,
            cursors: HashMap::new(),
            bound: HashMap::new(),
            error: None,
        }
    }

    /// Runs the outermost block.
    pub(super) async fn run(&mut self, block: &Block) -> Result<()> {
        self.scopes.declare("found", variable(Value::bool(false)));
        match self.block(block).await? {
            Flow::Next | Flow::Return => Ok(()),
            Flow::Exit(_) => Err(Error::new(SqlState::SYNTAX_ERROR, "EXIT cannot be used outside a loop")),
            Flow::Continue(_) => Err(Error::new(SqlState::SYNTAX_ERROR, "CONTINUE cannot be used outside a loop")),
        }
    }

    fn block<'s>(&'s mut self, block: &'s Block) -> BoxFuture<'s, Result<Flow>> {
        nested(async move {
            let depth = self.scopes.depth();
            self.scopes.enter(block.label.clone());
            let ran = self.block_body(block).await;
            let flow = match (ran, &block.handler) {
                (Err(error), Some(handler)) if error.sqlstate() != SqlState::QUERY_CANCELED => {
                    self.handle(error, handler, depth + 1).await
                }
                (ran, _) => ran,
            };
            self.scopes.leave_to(depth);
            match flow? {
                Flow::Exit(Some(name)) if Some(&name) == block.label.as_ref() => Ok(Flow::Next),
                flow => Ok(flow),
            }
        })
    }

    async fn block_body(&mut self, block: &Block) -> Result<Flow> {
        for declaration in &block.declarations {
            self.declare(declaration).await?;
        }
        self.statements(&block.body).await
    }

    /// Runs a handler in a new transaction. Its work is committed, and then the error goes on, except in a NONATOMIC
    /// procedure ("Trapping errors").
    async fn handle(&mut self, error: Error, handler: &[PlStatement], depth: usize) -> Result<Flow> {
        self.scopes.leave_to(depth);
        self.cursors.clear();
        self.host.restart()?;
        self.scopes.enter(None);
        self.scopes.declare("sqlstate", variable(Value::text(error.sqlstate().0.to_string())));
        self.scopes.declare("sqlerrm", variable(Value::text(error.message().to_string())));
        let before = self.error.replace(error.clone());
        let handled = self.statements(handler).await;
        self.error = before;
        let flow = handled?;
        self.host.end().await?;
        if self.nonatomic { Ok(flow) } else { Err(error) }
    }

    async fn declare(&mut self, declaration: &Declaration) -> Result<()> {
        let name = &declaration.name;
        let slot = match &declaration.kind {
            DeclarationKind::Variable { ty, constant, not_null, default } => {
                let value = match default {
                    Some(default) => Some(self.value(default).await?),
                    None => None,
                };
                match ty {
                    VariableType::Record => Slot::Record(None),
                    VariableType::RefCursor => {
                        self.scopes.declare(name, Slot::Cursor(None));
                        if let Some(value) = value {
                            self.assign(&vec![name.clone()], value)?;
                        }
                        return Ok(());
                    }
                    VariableType::Scalar(_) | VariableType::Of(_) => {
                        let ty = self.type_of(ty)?;
                        let value = match value {
                            Some(value) => value.cast(ty, &self.host.work(None)?.context)?,
                            None => Value::null(ty)?,
                        };
                        if *not_null && value.value.is_null() {
                            let message = format!("variable \"{name}\" declared NOT NULL cannot default to NULL");
                            return Err(Error::new(SqlState("22004"), message));
                        }
                        Slot::Scalar { value, constant: *constant, not_null: *not_null }
                    }
                }
            }
            DeclarationKind::Argument(number) => {
                let argument = self.scopes.arguments.get(usize::from(*number).saturating_sub(1));
                let argument = argument.cloned().ok_or_else(|| {
                    Error::new(SqlState::UNDEFINED_PARAMETER, format!("there is no parameter ${number}"))
                })?;
                Slot::Alias(argument)
            }
            DeclarationKind::Alias(other) => Slot::Alias(other.clone()),
            DeclarationKind::Cursor { args, query } => {
                let args = args.iter().map(|(name, ty)| Ok((name.clone(), known(ty)?)));
                let args = args.collect::<Result<Vec<_>>>()?;
                self.bound.insert(name.clone(), BoundCursor { args, query: (**query).clone() });
                Slot::Cursor(None)
            }
        };
        self.scopes.declare(name, slot);
        Ok(())
    }

    /// The type of a declaration.
    fn type_of(&mut self, ty: &VariableType) -> Result<RedshiftType> {
        let parts = match ty {
            VariableType::Scalar(ty) => return known(ty),
            VariableType::Of(parts) => parts,
            VariableType::Record | VariableType::RefCursor => return Ok(RedshiftType::Varchar(256)),
        };
        let names: Vec<String> = parts.iter().map(|part| part.value.clone()).collect();
        if let Some(value) = self.scopes.value_of(&names) {
            return Ok(value.ty);
        }
        if let Some((table, column)) = table_and_column(parts) {
            let work = self.host.work(None)?;
            let relation = work.binder().resolve(&table).map_err(Error::without_position)?;
            if let Some(column) = relation.column(&column.folded(work.context.session.case_sensitive)) {
                return Ok(column.ty);
            }
        }
        let message = format!("type of \"{}\" is not known", names.join("."));
        Err(Error::new(SqlState::UNDEFINED_OBJECT, message))
    }

    fn statements<'s>(&'s mut self, statements: &'s [PlStatement]) -> BoxFuture<'s, Result<Flow>> {
        nested(async move {
            for statement in statements {
                self.line = statement.line;
                match self.statement(&statement.kind).await? {
                    Flow::Next => {}
                    flow => return Ok(flow),
                }
            }
            Ok(Flow::Next)
        })
    }

    async fn statement(&mut self, statement: &PlStatementKind) -> Result<Flow> {
        match statement {
            PlStatementKind::Block(block) => return self.block(block).await,
            PlStatementKind::Assign { target, value } => {
                let value = self.value(value).await?;
                self.assign(target, value)?;
            }
            PlStatementKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    if self.holds(condition).await? {
                        return self.statements(body).await;
                    }
                }
                return self.statements(otherwise).await;
            }
            PlStatementKind::Case { operand, branches, otherwise } => {
                return self.case(operand.as_deref(), branches, otherwise.as_deref()).await;
            }
            PlStatementKind::Loop { label, condition, body } => {
                return self.repeat(label, condition.as_deref(), body).await;
            }
            PlStatementKind::ForInteger { label, variable, reverse, from, to, body } => {
                let from = self.integer(from).await?;
                let to = self.integer(to).await?;
                return self.count(CountedLoop { label, variable, reverse: *reverse, from, to, body }).await;
            }
            PlStatementKind::ForQuery { label, targets, source, body } => {
                let rows = self.open(source).await?;
                return self.each(label, targets, rows, body).await;
            }
            PlStatementKind::Exit { label, when } => {
                if self.holds_or_absent(when.as_deref()).await? {
                    return Ok(Flow::Exit(label.clone()));
                }
            }
            PlStatementKind::Continue { label, when } => {
                if self.holds_or_absent(when.as_deref()).await? {
                    return Ok(Flow::Continue(label.clone()));
                }
            }
            PlStatementKind::Raise(raise) => self.raise(raise.as_ref()).await?,
            PlStatementKind::Execute { command, into } => {
                let command = self
                    .text(command)
                    .await?
                    .ok_or_else(|| Error::new(SqlState("22004"), "cannot EXECUTE a null querystring"))?;
                self.execute_text(&command, into).await?;
            }
            PlStatementKind::Sql { statement, into, .. } => self.sql(statement, into).await?,
            PlStatementKind::Perform(query) => {
                let mut rows = self.query(query).await?;
                let mut count = 0;
                while rows.next().await?.is_some() {
                    count += 1;
                }
                self.counted(count);
            }
            PlStatementKind::Open { cursor, source } => {
                let rows = self.open(source).await?;
                self.open_cursor(cursor, rows)?;
            }
            PlStatementKind::OpenBound { cursor, args } => self.open_bound(cursor, args).await?,
            PlStatementKind::Fetch { cursor, targets } => {
                let row = self.cursor(cursor)?.next().await?;
                self.counted(i64::from(row.is_some()));
                self.assign_row(targets, row)?;
            }
            PlStatementKind::Close(cursor) => {
                self.cursor(cursor)?;
                self.cursors.remove(cursor);
                self.scopes.set_cursor(cursor, None);
            }
            PlStatementKind::GetRowCount(target) => {
                let count = Value { value: ScalarValue::Int64(Some(self.row_count)), ty: RedshiftType::Int8 };
                self.assign(target, count)?;
            }
            PlStatementKind::Commit => {
                self.cursors.clear();
                self.host.commit().await?;
            }
            PlStatementKind::Rollback => {
                self.cursors.clear();
                self.host.rollback()?;
            }
            PlStatementKind::Return => return Ok(Flow::Return),
            PlStatementKind::Null => {}
        }
        Ok(Flow::Next)
    }

    // Values

    fn assign(&mut self, target: &Target, value: Value) -> Result<()> {
        let context = self.host.work(None)?.context;
        self.scopes.assign(target, value, &context)
    }

    /// Assigns a row, or NULLs where there is none.
    fn assign_row(&mut self, targets: &[Target], row: Option<Row>) -> Result<()> {
        let context = self.host.work(None)?.context;
        match row {
            Some(row) => self.scopes.assign_row(targets, row, &context),
            None => {
                for target in targets {
                    if let [name] = target.as_slice()
                        && let Some(Slot::Record(fields)) = self.scopes.slot(name)
                    {
                        let nulls =
                            fields.iter().flatten().map(|(name, value)| Ok((name.clone(), Value::null(value.ty)?)));
                        let nulls = nulls.collect::<Result<Row>>()?;
                        self.scopes.assign_row(std::slice::from_ref(target), nulls, &context)?;
                        continue;
                    }
                    self.scopes.assign(target, Value::null(RedshiftType::Varchar(1))?, &context)?;
                }
                Ok(())
            }
        }
    }

    /// The value of an expression: the only column of the first row; NULL without rows.
    async fn value(&mut self, query: &Query) -> Result<Value> {
        let mut rows = self.query(query).await?;
        let ty = match &*rows.columns {
            [column] => column.ty,
            columns => {
                let message = format!("query returned {} columns", columns.len());
                return Err(Error::new(SqlState::SYNTAX_ERROR, message));
            }
        };
        match rows.next().await? {
            Some(mut row) => row.pop().map(|(_, value)| value).ok_or_else(|| Error::internal("a row without values")),
            None => Value::null(ty),
        }
    }

    async fn holds(&mut self, condition: &Query) -> Result<bool> {
        let value = self.value(condition).await?;
        let value = value.cast(RedshiftType::Bool, &self.host.work(None)?.context)?;
        Ok(value.value == ScalarValue::Boolean(Some(true)))
    }

    async fn holds_or_absent(&mut self, condition: Option<&Query>) -> Result<bool> {
        match condition {
            Some(condition) => self.holds(condition).await,
            None => Ok(true),
        }
    }

    async fn integer(&mut self, query: &Query) -> Result<i64> {
        let value = self.value(query).await?;
        match value.cast(RedshiftType::Int4, &self.host.work(None)?.context)?.value {
            ScalarValue::Int32(Some(value)) => Ok(i64::from(value)),
            _ => Err(Error::new(SqlState("22004"), "a bound of a FOR loop cannot be NULL")),
        }
    }

    /// The text of a value, as the client would see it; none for NULL.
    async fn text(&mut self, query: &Query) -> Result<Option<String>> {
        let value = self.value(query).await?;
        self.shown(&value)
    }

    fn shown(&self, value: &Value) -> Result<Option<String>> {
        if value.value.is_null() {
            return Ok(None);
        }
        let style = TextStyle::of_settings(|name| self.host.state.settings.get(name).map(str::to_string));
        let array = value.value.to_array().map_err(crate::error::from_datafusion)?;
        let mut text = String::new();
        write_value(&mut text, &array, 0, value.ty, &style)
            .map_err(|_| Error::internal("a value cannot be written"))?;
        Ok(Some(text))
    }

    // SQL

    /// Runs a statement with the variables in sight.
    async fn run_sql(&mut self, statement: &Statement, variables: Option<()>) -> Result<Outcome> {
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

    async fn query(&mut self, query: &Query) -> Result<OpenRows> {
        match self.run_sql(&Statement::Query(Box::new(query.clone())), Some(())).await? {
            Outcome::Rows(rows) => Ok(OpenRows::new(rows)),
            Outcome::Done(_) => Err(Error::internal("a query without rows")),
        }
    }

    async fn open(&mut self, source: &RowSource) -> Result<OpenRows> {
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

    async fn execute_text(&mut self, text: &str, into: &[Target]) -> Result<()> {
        for parsed in parse(text).map_err(Error::without_position)? {
            match &parsed.statement {
                Statement::Begin(_) | Statement::Commit | Statement::Rollback => {
                    return Err(Error::unsupported("transaction control in dynamic SQL is not supported"));
                }
                Statement::Call(call) => self.call(call, None).await?,
                statement => {
                    let outcome = self.run_sql(statement, None).await?;
                    // The rows of a dynamic SELECT that nobody wants are left.
                    self.finish(statement, outcome, into, Wanted::Maybe).await?;
                }
            }
        }
        Ok(())
    }

    async fn sql(&mut self, statement: &Statement, into: &[Target]) -> Result<()> {
        match statement {
            Statement::Begin(_) => Err(Error::unsupported("START TRANSACTION in a procedure is not supported")),
            Statement::Call(call) => self.call(call, Some(into)).await,
            statement => {
                let outcome = self.run_sql(statement, Some(())).await?;
                self.finish(statement, outcome, into, Wanted::Yes).await
            }
        }
    }

    /// Takes a statement's rows or their number; TRUNCATE commits, and so does everything in a NONATOMIC procedure.
    async fn finish(&mut self, statement: &Statement, outcome: Outcome, into: &[Target], wanted: Wanted) -> Result<()> {
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
                if matches!(statement, Statement::Truncate(_)) {
                    self.cursors.clear();
                    self.host.commit().await?;
                } else if self.nonatomic {
                    self.host.autocommit().await?;
                }
            }
        }
        Ok(())
    }

    fn counted(&mut self, rows: i64) {
        self.row_count = rows;
        self.found(rows > 0);
    }

    fn found(&mut self, found: bool) {
        let context = match self.host.work(None) {
            Ok(work) => work.context,
            Err(_) => return,
        };
        // FOUND is always there and takes booleans.
        let _ = self.scopes.assign(&vec!["found".to_string()], Value::bool(found), &context);
    }

    /// A procedure in a procedure: its OUT arguments come back into the variables that were given for INOUT, or INTO.
    async fn call(&mut self, statement: &redshift_sql_dialect::ast::Call, into: Option<&[Target]>) -> Result<()> {
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
            let expr = if arg.mode == crate::catalog::ArgumentMode::Out { None } else { given.next() };
            if arg.mode == crate::catalog::ArgumentMode::In {
                continue;
            }
            let Some(value) = values.next() else { break };
            if let Some(redshift_sql_dialect::ast::ExprKind::Column(name)) = expr.map(|expr| &expr.kind) {
                let target: Target = name.0.iter().map(|part| part.value.to_ascii_lowercase()).collect();
                self.assign(&target, value)?;
            }
        }
        Ok(())
    }

    // Control

    async fn case(
        &mut self,
        operand: Option<&Query>,
        branches: &[(Vec<Query>, Vec<PlStatement>)],
        otherwise: Option<&[PlStatement]>,
    ) -> Result<Flow> {
        let operand = match operand {
            Some(operand) => Some(self.value(operand).await?),
            None => None,
        };
        for (values, body) in branches {
            for value in values {
                let matches = match &operand {
                    None => self.holds(value).await?,
                    Some(operand) => {
                        let value = self.value(value).await?;
                        !value.value.is_null() && same(operand, &value, &self.host.work(None)?.context)?
                    }
                };
                if matches {
                    return self.statements(body).await;
                }
            }
        }
        match otherwise {
            Some(body) => self.statements(body).await,
            None => {
                Err(Error::new(SqlState("20000"), "case not found").with_hint("CASE statement is missing ELSE part."))
            }
        }
    }

    async fn repeat(
        &mut self,
        label: &Option<String>,
        condition: Option<&Query>,
        body: &[PlStatement],
    ) -> Result<Flow> {
        while self.holds_or_absent(condition).await? {
            match self.statements(body).await?.of_round(label) {
                Round::Again => {}
                Round::Leave => break,
                Round::Pass(flow) => return Ok(flow),
            }
            // A loop that does nothing but count must let a cancel request through.
            tokio::task::yield_now().await;
        }
        Ok(Flow::Next)
    }

    async fn count(&mut self, counted: CountedLoop<'_>) -> Result<Flow> {
        let CountedLoop { label, variable: name, reverse, from, to, body } = counted;
        let depth = self.scopes.depth();
        let (mut at, mut found) = (from, false);
        let mut result = Flow::Next;
        while if reverse { at >= to } else { at <= to } {
            found = true;
            self.scopes.enter(label.clone());
            let value = Value { value: ScalarValue::Int32(Some(at as i32)), ty: RedshiftType::Int4 };
            self.scopes.declare(name, variable(value));
            let flow = self.statements(body).await;
            self.scopes.leave_to(depth);
            match flow?.of_round(label) {
                Round::Again => {}
                Round::Leave => break,
                Round::Pass(flow) => {
                    result = flow;
                    break;
                }
            }
            at += if reverse { -1 } else { 1 };
            tokio::task::yield_now().await;
        }
        self.found(found);
        Ok(result)
    }

    async fn each(
        &mut self,
        label: &Option<String>,
        targets: &[Target],
        mut rows: OpenRows,
        body: &[PlStatement],
    ) -> Result<Flow> {
        let mut found = false;
        let mut result = Flow::Next;
        while let Some(row) = rows.next().await? {
            found = true;
            self.assign_row(targets, Some(row))?;
            match self.statements(body).await?.of_round(label) {
                Round::Again => {}
                Round::Leave => break,
                Round::Pass(flow) => {
                    result = flow;
                    break;
                }
            }
        }
        self.found(found);
        Ok(result)
    }

    async fn raise(&mut self, raise: Option<&Raise>) -> Result<()> {
        let Some(raise) = raise else {
            let error = self.error.clone();
            let outside = || {
                Error::new(SqlState("0Z002"), "RAISE without parameters cannot be used outside an exception handler")
            };
            return Err(error.unwrap_or_else(outside));
        };
        let mut args = Vec::with_capacity(raise.args.len());
        for arg in &raise.args {
            args.push(self.text(arg).await?.unwrap_or_else(|| "<NULL>".to_string()));
        }
        let message = formatted(&raise.format, args)?;
        self.log_message(raise.level, &message);
        let severity = match raise.level {
            RaiseLevel::Exception => return Err(Error::new(SqlState("P0001"), message)),
            // Below what clients are told by default.
            RaiseLevel::Debug | RaiseLevel::Log => return Ok(()),
            RaiseLevel::Info => NoticeSeverity::Info,
            RaiseLevel::Notice => NoticeSeverity::Notice,
            RaiseLevel::Warning => NoticeSeverity::Warning,
        };
        let sqlstate = if severity == NoticeSeverity::Warning { SqlState::WARNING } else { SqlState::SUCCESS };
        self.host.state.notices.push(Notice { severity, sqlstate, message });
        Ok(())
    }

    /// Keeps a message in the logs (developer guide, "SVL_STORED_PROC_MESSAGES", "stored_proc_log_min_messages").
    fn log_message(&self, level: RaiseLevel, message: &str) {
        let level = match level {
            RaiseLevel::Debug => return,
            RaiseLevel::Log => 20,
            RaiseLevel::Info => 30,
            RaiseLevel::Notice => 40,
            RaiseLevel::Warning => 50,
            RaiseLevel::Exception => 60,
        };
        let state = &self.host.state;
        let least = match state.settings.get("stored_proc_log_min_messages") {
            Some("info") => 30,
            Some("notice") => 40,
            Some("warning") => 50,
            Some("exception") => 60,
            _ => 20,
        };
        if level < least {
            return;
        }
        state.engine.logs().append(MessageRecord {
            query: self.host.query,
            user_id: state.user_id.0,
            session_user_id: state.authenticated.id.0,
            label: state.settings.get("query_group").unwrap_or("default").to_string(),
            xid: self.host.xid(),
            pid: state.login.pid,
            time: clock::now(),
            level,
            message: message.to_string(),
            line: i32::try_from(self.line).ok(),
        });
    }

    // Cursors

    fn cursor(&mut self, name: &str) -> Result<&mut OpenRows> {
        let message = format!("cursor \"{name}\" is not open");
        self.cursors.get_mut(name).ok_or_else(|| Error::new(SqlState::INVALID_CURSOR_NAME, message))
    }

    fn open_cursor(&mut self, name: &str, rows: OpenRows) -> Result<()> {
        if !matches!(self.scopes.slot(name), Some(Slot::Cursor(_))) {
            let message = format!("variable \"{name}\" must be of type cursor or refcursor");
            return Err(Error::new(SqlState::DATATYPE_MISMATCH, message));
        }
        if self.cursors.contains_key(name) {
            return Err(Error::new(SqlState::DUPLICATE_CURSOR, format!("cursor \"{name}\" already in use")));
        }
        self.scopes.set_cursor(name, Some(name.to_string()));
        self.cursors.insert(name.to_string(), rows);
        Ok(())
    }

    async fn open_bound(&mut self, name: &str, args: &[Query]) -> Result<()> {
        let Some(bound) = self.bound.get(name).cloned() else {
            let message = format!("cursor \"{name}\" has no query bound to it");
            return Err(Error::new(SqlState::SYNTAX_ERROR, message));
        };
        if bound.args.len() != args.len() {
            let message = format!("cursor \"{name}\" has {} arguments, not {}", bound.args.len(), args.len());
            return Err(Error::new(SqlState::SYNTAX_ERROR, message));
        }
        let mut values = Vec::new();
        for (arg, (_, ty)) in args.iter().zip(&bound.args) {
            let value = self.value(arg).await?;
            values.push(value.cast(*ty, &self.host.work(None)?.context)?);
        }
        let depth = self.scopes.depth();
        self.scopes.enter(None);
        for ((name, _), value) in bound.args.iter().zip(values) {
            self.scopes.declare(name, variable(value));
        }
        let rows = self.query(&bound.query).await;
        self.scopes.leave_to(depth);
        self.open_cursor(name, rows?)
    }
}

/// `FOR variable IN from .. to LOOP`
struct CountedLoop<'s> {
    label: &'s Option<String>,
    variable: &'s str,
    reverse: bool,
    from: i64,
    to: i64,
    body: &'s [PlStatement],
}

/// Must the rows of a statement go somewhere?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Yes,
    Maybe,
}

fn variable(value: Value) -> Slot {
    Slot::Scalar { value, constant: false, not_null: false }
}

fn known(ty: &DataType) -> Result<RedshiftType> {
    match ty {
        DataType::Known(RedshiftType::Text) => Ok(RedshiftType::Varchar(65_535)),
        DataType::Known(ty) => Ok(*ty),
        DataType::Named(name) => {
            let message = format!("type \"{}\" does not exist", name.object().value);
            Err(Error::new(SqlState::UNDEFINED_OBJECT, message))
        }
    }
}

/// Are two values equal, the second one as the first one's type?
fn same(left: &Value, right: &Value, ctx: &crate::binder::BindContext) -> Result<bool> {
    Ok(left.value == right.cast(left.ty, ctx)?.value)
}

/// A message with its arguments in the places of `%`; `%%` is a `%`.
fn formatted(format: &str, args: Vec<String>) -> Result<String> {
    let mut message = String::new();
    let mut args = args.into_iter();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '%' if chars.peek() == Some(&'%') => {
                chars.next();
                message.push('%');
            }
            '%' => match args.next() {
                Some(arg) => message.push_str(&arg),
                None => return Err(Error::new(SqlState::SYNTAX_ERROR, "too few parameters specified for RAISE")),
            },
            c => message.push(c),
        }
    }
    match args.next() {
        Some(_) => Err(Error::new(SqlState::SYNTAX_ERROR, "too many parameters specified for RAISE")),
        None => Ok(message),
    }
}
