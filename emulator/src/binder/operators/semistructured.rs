//! Operators of which an operand is a SUPER: the other becomes one, and what is done depends on the values.
//!
//! Source: developer guide, "Operators and functions" of SUPER, "Querying semistructured data" (dynamic typing).

use datafusion::logical_expr::{Expr, binary_expr};
use redshift_sql_dialect::{
    RedshiftType, Result,
    ast::{BinaryOp, UnaryOp},
};

use super::{condition, missing, pattern, unary_symbol};
use crate::{
    binder::{
        BindContext, Typed,
        cast::{CastKind, cast},
    },
    functions::{
        arithmetic::Operation,
        collation,
        semistructured::{
            key::{Case, key_of},
            operators::{Function, arithmetic, compare, concatenate, number},
        },
    },
};

/// `op operand`
pub(super) fn unary(op: UnaryOp, operand: Typed) -> Result<Typed> {
    let function = match op {
        UnaryOp::Not => {
            let truth = crate::functions::semistructured::operators::truth(operand.expr)?;
            return Ok(Typed::new(Expr::Not(Box::new(truth.expr)), RedshiftType::Bool));
        }
        UnaryOp::Plus => Function::Same,
        UnaryOp::Minus => Function::Negate,
        UnaryOp::Abs => Function::Absolute,
        UnaryOp::BitNot | UnaryOp::SquareRoot | UnaryOp::CubeRoot => {
            return Err(missing(unary_symbol(op), None, operand.ty));
        }
    };
    number(function, unary_symbol(op), operand.expr)
}

/// `left op right`
pub(super) fn binary(op: BinaryOp, left: Typed, right: Typed, ctx: &BindContext) -> Result<Typed> {
    use BinaryOp::*;
    match op {
        And | Or => {
            let (left, right) = (condition(left, op.symbol(), ctx)?, condition(right, op.symbol(), ctx)?);
            let expr = if op == And { left.expr.and(right.expr) } else { left.expr.or(right.expr) };
            return Ok(Typed::new(expr, RedshiftType::Bool));
        }
        Match | MatchInsensitive | NotMatch | NotMatchInsensitive => return pattern::matches(op, left, right, ctx),
        _ => {}
    }
    collation::check_mix([&left, &right])?;
    let insensitive = [&left, &right].into_iter().any(collation::is_insensitive);
    let case = if insensitive { Case::Insensitive } else { Case::Sensitive };
    let (l, r) = (left.ty, right.ty);
    let as_super = |operand: Typed| {
        let cast = cast(collation::sensitive(operand), RedshiftType::Super, CastKind::Implicit, ctx);
        cast.map_err(|_| missing(op.symbol(), Some(l), r))
    };
    let (left, right) = (as_super(left)?.expr, as_super(right)?.expr);
    let result = match op {
        Eq | NotEq => equality(op, left, right, case),
        Lt | LtEq | Gt | GtEq => compare(op, left, right, case),
        Plus => arithmetic(Operation::Add, op.symbol(), left, right),
        Minus => arithmetic(Operation::Subtract, op.symbol(), left, right),
        Multiply => arithmetic(Operation::Multiply, op.symbol(), left, right),
        Divide => arithmetic(Operation::Divide, op.symbol(), left, right),
        Modulo => arithmetic(Operation::Modulo, op.symbol(), left, right),
        Concat => concatenate(left, right),
        _ => Err(missing(op.symbol(), Some(l), r)),
    };
    Ok(collation::inherited(result?, insensitive))
}

/// Values of different types are not equal, which is an answer and not NULL.
fn equality(op: BinaryOp, left: Expr, right: Expr, case: Case) -> Result<Typed> {
    let operator = super::comparison::operator(op);
    Ok(Typed::new(binary_expr(key_of(left, case)?, operator, key_of(right, case)?), RedshiftType::Bool))
}
