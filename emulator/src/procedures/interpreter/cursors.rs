//! Cursors. A variable of type refcursor holds the name of one; that of a bound cursor holds its own name.

use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, ast::Query, plpgsql::Target};

use super::{Interpreter, variable};
use crate::procedures::{rows::OpenRows, variables::Slot};

/// A cursor's declaration.
#[derive(Clone)]
pub(super) struct BoundCursor {
    pub(super) args: Vec<(String, RedshiftType)>,
    pub(super) query: Query,
}

impl Interpreter<'_, '_> {
    /// The name of the cursor that a variable holds.
    fn cursor(&self, variable: &str) -> Result<Option<String>> {
        match self.scopes.slot(variable) {
            Some(Slot::Cursor(name)) => Ok(name.clone()),
            _ => {
                let message = format!("variable \"{variable}\" must be of type cursor or refcursor");
                Err(Error::new(SqlState::DATATYPE_MISMATCH, message))
            }
        }
    }

    fn open_as(&self, variable: &str) -> Result<String> {
        let message = || format!("cursor variable \"{variable}\" is NULL");
        self.cursor(variable)?.ok_or_else(|| Error::new(SqlState("22004"), message()))
    }

    /// Opens the cursor that a variable names; one that names none gets a name.
    pub(super) fn open_cursor(&mut self, variable: &str, rows: OpenRows) -> Result<()> {
        let name = match self.cursor(variable)? {
            Some(name) => name,
            None => {
                self.host.state.unnamed_portals += 1;
                format!("<unnamed portal {}>", self.host.state.unnamed_portals)
            }
        };
        self.host.cursors.open(&name, rows)?;
        self.scopes.set_cursor(variable, name);
        Ok(())
    }

    pub(super) async fn open_bound(&mut self, name: &str, args: &[Query]) -> Result<()> {
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

    pub(super) async fn fetch(&mut self, variable: &str, targets: &[Target]) -> Result<()> {
        let name = self.open_as(variable)?;
        let rows = self.host.cursors.get(&name)?;
        let (row, found) = match rows.next().await? {
            Some(row) => (row, true),
            None => (rows.nulls()?, false),
        };
        self.counted(i64::from(found));
        self.assign_row(targets, row)
    }

    pub(super) fn close_cursor(&mut self, variable: &str) -> Result<()> {
        let name = self.open_as(variable)?;
        self.host.cursors.close(&name)
    }
}
