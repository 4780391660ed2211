//! Expressions without columns: LIMIT, DEFAULT, the arguments of EXECUTE.

use std::sync::Arc;

use datafusion::{
    common::tree_node::TreeNode,
    logical_expr::{Expr as PlanExpr, simplify::SimplifyContext},
    optimizer::simplify_expressions::ExprSimplifier,
    scalar::ScalarValue,
};
use redshift_sql_dialect::{Error, RedshiftType, Result, ast::Expr};

use super::{
    Binder, CastKind, Typed,
    block::{Block, Clause, Place},
    planned,
    scope::Scope,
};
use crate::types::arrow_type;

impl Binder {
    /// Binds an expression that refers to no columns: a DEFAULT, an argument of EXECUTE.
    pub fn constant(&mut self, expr: &Expr) -> Result<Typed> {
        self.constant_in(expr, Clause::Default)
    }

    fn constant_in(&mut self, expr: &Expr, clause: Clause) -> Result<Typed> {
        let mut block = Block::over(Arc::new(Scope::default()));
        let outer = std::mem::take(&mut self.outer);
        let typed = self.expr(expr, &mut block, Place::of(clause));
        self.outer = outer;
        typed
    }

    /// The value of a constant expression; NULL while a parameter in it has no value.
    pub(super) fn constant_as(&mut self, expr: &Expr, ty: RedshiftType, clause: Clause) -> Result<ScalarValue> {
        let typed = self.constant_in(expr, clause)?;
        let typed = super::cast(typed, ty, CastKind::Assignment, &self.ctx).map_err(|error| error.at(expr.pos))?;
        evaluate_known(typed).map_err(|error| error.at(expr.pos))
    }
}

/// As [`evaluate`]; NULL while a parameter in the expression has no value.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_known(typed: Typed) -> Result<ScalarValue> {
    if has_placeholder(&typed) {
        return planned(ScalarValue::try_from(&arrow_type(typed.ty)));
    }
    evaluate(typed)
}

/// Is there a parameter without a value in it?
fn has_placeholder(typed: &Typed) -> bool {
    typed.expr.exists(|expr| Ok(matches!(expr, PlanExpr::Placeholder(_)))).unwrap_or(false)
}

/// Computes an expression without columns.
///
/// # Errors
/// What the computation finds; 0A000 where it has to be left to the running query.
pub fn evaluate(typed: Typed) -> Result<ScalarValue> {
    if let PlanExpr::Literal(value, _) = typed.expr {
        return Ok(value);
    }
    let simplifier = ExprSimplifier::new(SimplifyContext::builder().build());
    match planned(simplifier.simplify(typed.expr))? {
        PlanExpr::Literal(value, _) => Ok(value),
        _ => Err(Error::unsupported("only a constant expression is supported here")),
    }
}
