//! An expression together with the type that Redshift gives it.

use datafusion::{logical_expr::Expr, scalar::ScalarValue};
use redshift_sql_dialect::RedshiftType;

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
}

impl Typed {
    /// Binds the two together.
    pub fn new(expr: Expr, ty: RedshiftType) -> Self {
        Typed { expr, ty, offset: None }
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

    /// Is it the constant NULL, of whatever type?
    pub fn is_null_literal(&self) -> bool {
        matches!(&self.expr, Expr::Literal(value, _) if value.is_null())
    }
}
