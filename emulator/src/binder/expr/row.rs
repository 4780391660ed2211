//! Rows: `(a, b) = (c, d)`, `(a, b) IN ((1, 2), (3, 4))`, `(a, b) IS NULL`, OVERLAPS.

use datafusion::logical_expr::Expr as PlanExpr;
use redshift_sql_dialect::{
    Error, RedshiftType, Result,
    ast::{BinaryOp, Expr, ExprKind},
};

use super::{Binder, Typed};
use crate::{
    binder::{
        block::{Block, Place},
        node,
    },
    functions,
};

/// Is it a row of several values?
pub(super) fn is_row(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Row(_))
}

/// 42601 for a row beside something that is none, or of another length.
pub(super) fn mismatch() -> Error {
    crate::binder::syntax("unequal number of entries in row expressions")
}

impl Binder {
    /// The values of a row, or the one value of what is none.
    pub(in crate::binder) fn row_items<'q>(
        &mut self,
        expr: &'q Expr,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Vec<Typed>> {
        match &expr.kind {
            ExprKind::Row(items) => items.iter().map(|item| self.expr(item, block, place)).collect(),
            _ => Ok(vec![self.expr(expr, block, place)?]),
        }
    }

    /// A row where a single value is asked for.
    pub(super) fn row_value<'q>(&mut self, items: &'q [Expr], block: &mut Block<'q>, place: Place) -> Result<Typed> {
        match items {
            [only] => self.expr(only, block, place),
            _ => Err(Error::unsupported("a row value is not supported here")),
        }
    }

    pub(super) fn row_comparison<'q>(
        &mut self,
        op: BinaryOp,
        (lefts, rights): (&'q [Expr], &'q [Expr]),
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Typed> {
        let lefts = lefts.iter().map(|item| self.expr(item, block, place)).collect::<Result<Vec<_>>>()?;
        let rights = rights.iter().map(|item| self.expr(item, block, place)).collect::<Result<Vec<_>>>()?;
        if op == BinaryOp::Overlaps {
            return functions::scalar("overlaps", lefts.into_iter().chain(rights).collect(), &self.ctx);
        }
        self.compare_rows(op, &lefts, &rights)
    }

    /// Compares two rows; the first values that differ decide about `<` and its like.
    pub(in crate::binder) fn compare_rows(&self, op: BinaryOp, lefts: &[Typed], rights: &[Typed]) -> Result<Typed> {
        if lefts.len() != rights.len() || lefts.is_empty() {
            return Err(mismatch());
        }
        if let ([left], [right]) = (lefts, rights) {
            return crate::binder::binary(op, left.clone(), right.clone(), &self.ctx);
        }
        let each = |op: BinaryOp| -> Result<Vec<PlanExpr>> {
            let pairs = lefts.iter().zip(rights);
            pairs
                .map(|(left, right)| Ok(crate::binder::binary(op, left.clone(), right.clone(), &self.ctx)?.expr))
                .collect()
        };
        let combined = match op {
            BinaryOp::Eq => node::all_of(each(BinaryOp::Eq)?),
            BinaryOp::NotEq => node::any_of(each(BinaryOp::NotEq)?),
            BinaryOp::Lt | BinaryOp::LtEq => lexicographic(each(BinaryOp::Lt)?, each(BinaryOp::Eq)?, each(op)?),
            BinaryOp::Gt | BinaryOp::GtEq => lexicographic(each(BinaryOp::Gt)?, each(BinaryOp::Eq)?, each(op)?),
            _ => {
                let message = format!("operator {} is not supported for row expressions", op.symbol());
                return Err(Error::unsupported(message));
            }
        };
        combined.map(|expr| Typed::new(expr, RedshiftType::Bool)).ok_or_else(mismatch)
    }

    pub(super) fn row_is_null<'q>(
        &mut self,
        items: &'q [Expr],
        negated: bool,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Typed> {
        let tests = items
            .iter()
            .map(|item| {
                let operand = Box::new(self.expr(item, block, place)?.expr);
                Ok(if negated { PlanExpr::IsNotNull(operand) } else { PlanExpr::IsNull(operand) })
            })
            .collect::<Result<Vec<_>>>()?;
        node::all_of(tests).map(|expr| Typed::new(expr, RedshiftType::Bool)).ok_or_else(mismatch)
    }
}

/// `a < x OR (a = x AND (b < y OR ...))`; the last pair may be equal where the operator says so.
fn lexicographic(strict: Vec<PlanExpr>, equal: Vec<PlanExpr>, last: Vec<PlanExpr>) -> Option<PlanExpr> {
    let mut result: Option<PlanExpr> = None;
    for ((strict, equal), last) in strict.into_iter().zip(equal).zip(last).rev() {
        result = Some(match result {
            None => last,
            Some(rest) => strict.or(equal.and(rest)),
        });
    }
    result
}
