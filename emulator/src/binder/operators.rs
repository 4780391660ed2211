//! Operators: which one the operands' types choose, and what computes it.

use redshift_sql_dialect::{
    Error, Result,
    ast::{BinaryOp, LikeKind, UnaryOp},
};

use super::{BindContext, Typed};

/// `op operand`
///
/// # Errors
/// 42883 `operator does not exist: - boolean`.
pub fn unary(op: UnaryOp, _operand: Typed, _ctx: &BindContext) -> Result<Typed> {
    Err(Error::unsupported(format!("operator {op:?} is not supported")))
}

/// `left op right`
///
/// # Errors
/// 42883 `operator does not exist: integer + boolean`.
pub fn binary(op: BinaryOp, _left: Typed, _right: Typed, _ctx: &BindContext) -> Result<Typed> {
    Err(Error::unsupported(format!("operator {} is not supported", op.symbol())))
}

/// The parts of `value [NOT] LIKE pattern [ESCAPE escape]`.
#[derive(Debug, Clone)]
pub struct LikeParts {
    /// LIKE, ILIKE or SIMILAR TO.
    pub kind: LikeKind,
    /// NOT?
    pub negated: bool,
    /// The value.
    pub value: Typed,
    /// The pattern.
    pub pattern: Typed,
    /// The escape character; backslash where there is none.
    pub escape: Option<Typed>,
}

/// LIKE, ILIKE and SIMILAR TO.
pub fn like(parts: LikeParts, _ctx: &BindContext) -> Result<Typed> {
    Err(Error::unsupported(format!("{:?} is not supported", parts.kind)))
}
