//! Values of expressions, and their assignment to variables.

use datafusion::scalar::ScalarValue;
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, ast::Query, plpgsql::Target};

use super::Interpreter;
use crate::{
    procedures::{rows::Row, variables::Value},
    text_output::{TextStyle, write_value},
};

impl Interpreter<'_, '_> {
    pub(super) fn assign(&mut self, target: &Target, value: Value) -> Result<()> {
        let context = self.host.work(None)?.context;
        self.scopes.assign(target, value, &context)
    }

    pub(super) fn assign_row(&mut self, targets: &[Target], row: Row) -> Result<()> {
        let context = self.host.work(None)?.context;
        self.scopes.assign_row(targets, row, &context)
    }

    /// The value of an expression: the only column of the first row; NULL without rows.
    pub(super) async fn value(&mut self, query: &Query) -> Result<Value> {
        let mut rows = self.expression(query).await?;
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

    pub(super) async fn holds(&mut self, condition: &Query) -> Result<bool> {
        let value = self.value(condition).await?;
        let value = value.cast(RedshiftType::Bool, &self.host.work(None)?.context)?;
        Ok(value.value == ScalarValue::Boolean(Some(true)))
    }

    pub(super) async fn holds_or_absent(&mut self, condition: Option<&Query>) -> Result<bool> {
        match condition {
            Some(condition) => self.holds(condition).await,
            None => Ok(true),
        }
    }

    pub(super) async fn integer(&mut self, query: &Query) -> Result<i64> {
        let value = self.value(query).await?;
        match value.cast(RedshiftType::Int4, &self.host.work(None)?.context)?.value {
            ScalarValue::Int32(Some(value)) => Ok(i64::from(value)),
            _ => Err(Error::new(SqlState("22004"), "a bound of a FOR loop cannot be NULL")),
        }
    }

    /// The text of a value, as the client would see it; none for NULL.
    pub(super) async fn text(&mut self, query: &Query) -> Result<Option<String>> {
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
}
