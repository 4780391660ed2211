//! The interpreter: statements one after the other, each SQL statement as a session's own.

mod control;
mod cursors;
mod raise;
mod sql;
mod values;

use std::collections::HashMap;

use datafusion::scalar::ScalarValue;
use futures::future::BoxFuture;
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::DataType,
    plpgsql::{Block, Declaration, DeclarationKind, PlStatement, PlStatementKind, VariableType, table_and_column},
};

use self::{
    control::{CountedLoop, Flow},
    cursors::{BoundCursor, OpenRows},
};
use super::{
    Host, nested,
    variables::{Scopes, Slot, Value},
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
