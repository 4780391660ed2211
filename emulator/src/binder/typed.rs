//! An expression together with the type that Redshift gives it.

use datafusion::{logical_expr::Expr, scalar::ScalarValue};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

/// A bound expression: DataFusion's, and Redshift's type of it.
///
/// Invariant: the expression's Arrow type is [`crate::types::arrow_type`] of `ty`.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    /// What computes it.
    pub expr: Expr,
    /// Its type.
    pub ty: RedshiftType,
    /// Seconds east of Greenwich that a TIMETZ constant was written with. Its value is in UTC; its own clock shows in
    /// EXTRACT, and its own day beside a date.
    pub offset: Option<i32>,
    /// The bytes of a literal that a sub-query has left without a type, of type UNKNOWN here as there.
    pub untyped: Option<u32>,
}

impl Typed {
    /// Binds the two together.
    pub fn new(expr: Expr, ty: RedshiftType) -> Self {
        Typed { expr, ty, offset: None, untyped: None }
    }

    /// A constant; NULLs take their Arrow type from the scalar.
    pub fn literal(value: ScalarValue, ty: RedshiftType) -> Self {
        Typed::new(Expr::Literal(value, None), ty)
    }

    /// The text of an untyped string literal (or of a parameter of unknown type with a value): what resolves by context.
    pub fn unknown_text(&self) -> Option<&str> {
        match (&self.expr, self.ty) {
            (Expr::Literal(ScalarValue::Utf8View(Some(text)), _), RedshiftType::Unknown) => Some(text),
            _ => None,
        }
    }

    /// A column of a sub-query that has a literal without a type in its place, which settles as so many bytes.
    pub fn untyped_column(expr: Expr, bytes: u32) -> Self {
        Typed { untyped: Some(bytes), ..Typed::new(expr, RedshiftType::Unknown) }
    }

    /// Fails where a sub-query has left a literal without a type that an operator, a function or a key would have to convert:
    /// PostgreSQL 8.0 does so only where they are written. Set operations, CASE and what is stored take them.
    ///
    /// # Errors
    /// XX000 `failed to find conversion function from "unknown" to text`.
    pub fn refuse_untyped(&self, target: &str) -> Result<()> {
        match self.untyped {
            None => Ok(()),
            Some(_) => {
                let message = format!("failed to find conversion function from \"unknown\" to {target}");
                Err(Error::new(SqlState::INTERNAL_ERROR, message))
            }
        }
    }

    /// The value as its query shows it: a literal that a sub-query has left without a type is a VARCHAR then.
    pub fn shown(self) -> Self {
        match self.untyped {
            Some(bytes) => Typed::new(self.expr, RedshiftType::Varchar(bytes)),
            None => self,
        }
    }

    /// Is it the constant NULL, of whatever type?
    pub fn is_null_literal(&self) -> bool {
        matches!(&self.expr, Expr::Literal(value, _) if value.is_null())
    }
}
