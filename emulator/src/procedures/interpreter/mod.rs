//! The interpreter: statements one after the other, each SQL statement as a session's own.

mod control;
mod cursors;
mod raise;
mod sql;
mod values;

use std::{collections::HashMap, sync::Arc};

use datafusion::scalar::ScalarValue;
use futures::future::BoxFuture;
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::DataType,
    plpgsql::{
        Block, Declaration, DeclarationKind, Handler, Mode, PlStatement, PlStatementKind, Resumes, VariableType,
        table_and_column,
    },
};

use self::{
    control::{CountedLoop, Flow},
    cursors::BoundCursor,
};
use super::{
    Host, nested,
    rows::Row,
    variables::{Scopes, Slot, Value},
};

/// A CONTINUE_HANDLER in force.
#[derive(Clone)]
struct Resuming {
    body: Arc<Vec<PlStatement>>,
    /// The scopes that it sees.
    depth: usize,
}

/// Runs the body of a procedure.
pub(super) struct Interpreter<'h, 'a> {
    host: &'h mut Host<'a>,
    pub scopes: Scopes,
    /// The procedure's name.
    name: &'h str,
    mode: Mode,
    depth: usize,
    row_count: i64,
    /// The line of the body that it is at.
    line: u32,
    bound: HashMap<String, BoundCursor>,
    /// For each block with a handler that it is in, the innermost last: the handler that leads back into the block; none
    /// where it leads behind it.
    handlers: Vec<Option<Resuming>>,
    /// The error that a handler is at.
    error: Option<Error>,
    /// Does the error that is on its way know where it happened?
    located: bool,
}

impl<'h, 'a> Interpreter<'h, 'a> {
    pub(super) fn new(host: &'h mut Host<'a>, name: &'h str, mode: Mode, depth: usize) -> Interpreter<'h, 'a> {
        Interpreter {
            host,
            scopes: Scopes::default(),
            name,
            mode,
            depth,
            row_count: 0,
            line: 0,
            bound: HashMap::new(),
            handlers: Vec::new(),
            error: None,
            located: false,
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
            let ran = self.block_body(block, depth + 1).await;
            self.scopes.leave_to(depth);
            match ran? {
                Flow::Exit(Some(name)) if Some(&name) == block.label.as_ref() => Ok(Flow::Next),
                flow => Ok(flow),
            }
        })
    }

    /// Runs a block whose variables are in the last of so many scopes.
    async fn block_body(&mut self, block: &Block, depth: usize) -> Result<Flow> {
        for declaration in &block.declarations {
            self.located = false;
            let declared = self.declare(declaration).await;
            declared.map_err(|error| self.located_at(error, block.line, "block variables initialization"))?;
        }
        let Some(handler) = &block.handler else { return self.statements(&block.body).await };
        let around = self.handlers.len();
        self.handlers.push(resuming(handler, depth));
        let ran = self.statements(&block.body).await;
        self.handlers.truncate(around);
        match ran {
            Err(error) if handler.resumes == Resumes::BehindBlock && is_trapped(&error) => {
                self.handle(error, &handler.body, depth).await
            }
            ran => ran,
        }
    }

    /// Runs a handler in a new transaction. Its work is committed, and then the error goes on, except in a NONATOMIC
    /// procedure ("Trapping errors").
    async fn handle(&mut self, error: Error, handler: &[PlStatement], depth: usize) -> Result<Flow> {
        self.scopes.leave_to(depth);
        self.host.restart()?;
        self.scopes.enter(None);
        self.scopes.declare("sqlstate", variable(Value::text(error.sqlstate().0.to_string())));
        self.scopes.declare("sqlerrm", variable(Value::text(error.message().to_string())));
        let before = self.error.replace(error.clone());
        let handled = self.statements(handler).await;
        self.error = before;
        self.scopes.leave_to(depth);
        let flow = handled?;
        self.host.end().await?;
        if self.mode == Mode::Nonatomic {
            return Ok(flow);
        }
        self.located = true;
        Err(error)
    }

    /// Runs the handler in force, and goes on behind the statement that failed: the variables of the blocks and loops that
    /// it stands in are there again.
    async fn resume(&mut self, error: Error, Resuming { body, depth }: Resuming) -> Result<Flow> {
        // What fails in the handler is for the blocks around.
        let own = self.handlers.pop();
        let inner = self.scopes.split_off(depth);
        let handled = self.handle(error, &body, depth).await;
        self.scopes.put_back(inner);
        self.handlers.push(if handled.is_ok() { own.flatten() } else { None });
        handled
    }

    /// The error with the place where it happened, unless it knows it.
    fn located_at(&mut self, error: Error, line: u32, what: &str) -> Error {
        if std::mem::replace(&mut self.located, true) {
            return error;
        }
        error.within(format!("PL/pgSQL function \"{}\" line {line} at {what}", self.name))
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
                    VariableType::Row(table) => {
                        let work = self.host.work(None)?;
                        let relation = work.binder().resolve(table).map_err(Error::without_position)?;
                        let nulls =
                            relation.columns.iter().map(|column| Ok((column.name.clone(), Value::null(column.ty)?)));
                        Slot::Record(Some(nulls.collect::<Result<Row>>()?))
                    }
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
                Slot::Cursor(Some(name.clone()))
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
            VariableType::Record | VariableType::Row(_) | VariableType::RefCursor => {
                return Ok(RedshiftType::Varchar(256));
            }
        };
        let names: Vec<String> = parts.iter().map(|part| part.value.clone()).collect();
        if let Some(value) = self.scopes.value_of(&names)? {
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
                self.located = false;
                let ran = match self.statement(&statement.kind).await {
                    Err(error) => {
                        let error = self.located_at(error, statement.line, statement.kind.name());
                        match self.handlers.last().cloned().flatten() {
                            Some(handler) if is_trapped(&error) => self.resume(error, handler).await,
                            _ => Err(error),
                        }
                    }
                    ran => ran,
                };
                match ran? {
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
            PlStatementKind::Sql { statement, text, into } => self.sql(statement, text, into).await?,
            PlStatementKind::Perform(query) => self.perform(query).await?,
            PlStatementKind::Open { cursor, source } => {
                let rows = self.open(source).await?;
                self.open_cursor(cursor, rows)?;
            }
            PlStatementKind::OpenBound { cursor, args } => self.open_bound(cursor, args).await?,
            PlStatementKind::Fetch { cursor, targets } => self.fetch(cursor, targets).await?,
            PlStatementKind::Close(cursor) => self.close_cursor(cursor)?,
            PlStatementKind::GetRowCount(target) => {
                let count = Value { value: ScalarValue::Int64(Some(self.row_count)), ty: RedshiftType::Int8 };
                self.assign(target, count)?;
            }
            PlStatementKind::StartTransaction if self.mode == Mode::Atomic => {
                return Err(Error::unsupported(
                    "START TRANSACTION is not supported in procedures that are not NONATOMIC",
                ));
            }
            PlStatementKind::StartTransaction => self.host.start_block().await?,
            PlStatementKind::Commit => self.host.commit(self.mode, "COMMIT").await?,
            PlStatementKind::Rollback => self.host.rollback(self.mode)?,
            PlStatementKind::Return => return Ok(Flow::Return),
            PlStatementKind::Null => {}
        }
        Ok(Flow::Next)
    }
}

/// Do handlers hear of this error? Of a query that is cancelled they do not.
fn is_trapped(error: &Error) -> bool {
    error.sqlstate() != SqlState::QUERY_CANCELED
}

fn resuming(handler: &Handler, depth: usize) -> Option<Resuming> {
    (handler.resumes == Resumes::BehindStatement).then(|| Resuming { body: Arc::new(handler.body.clone()), depth })
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
