//! Operators: which one the operands' types choose, and what computes it.
//!
//! AND, OR and comparisons are DataFusion's own nodes over operands of one type, so that pruning, push-down and join
//! planning see them. Arithmetic is ours, because Redshift's overflows, its DECIMALs and its dates are.

mod arithmetic;
mod binary_values;
mod comparison;
mod datetime;
mod pattern;
mod semistructured;
#[cfg(test)]
mod tests;

use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{BinaryOp, UnaryOp},
    types::{MAX_VARCHAR, sized},
};

pub(crate) use self::arithmetic::decimal_result;
pub use self::{comparison::in_list, pattern::LikeParts, pattern::like};
use super::{
    BindContext, Typed,
    cast::{CastKind, cast},
    coercion::wider,
};
use crate::functions::{catalog_arrays::concatenated, collation, kernel::Kernel, moments};

/// `op operand`
///
/// # Errors
/// 42883 `operator does not exist: - boolean`.
pub fn unary(op: UnaryOp, operand: Typed, ctx: &BindContext) -> Result<Typed> {
    let ty = operand.ty;
    if ty == RedshiftType::Super {
        return semistructured::unary(op, operand);
    }
    operand.refuse_untyped("double precision")?;
    match op {
        UnaryOp::Not => {
            let condition = condition(operand, "NOT", ctx)?;
            Ok(Typed::new(Expr::Not(Box::new(condition.expr)), RedshiftType::Bool))
        }
        UnaryOp::Plus if ty.is_number() => Ok(operand),
        UnaryOp::Minus if ty.is_interval() => moments::interval_negation(ty).call_or_fold(vec![operand.expr]),
        UnaryOp::BitNot if ty.is_integer() => bit_not(operand),
        UnaryOp::BitNot if matches!(ty, RedshiftType::Varbyte(_)) => binary_values::not(operand),
        UnaryOp::SquareRoot | UnaryOp::CubeRoot if ty.is_number() || ty == RedshiftType::Unknown => {
            let name = if op == UnaryOp::SquareRoot { "sqrt" } else { "cbrt" };
            crate::functions::scalar(name, vec![cast(operand, RedshiftType::Float8, CastKind::Implicit, ctx)?], ctx)
        }
        UnaryOp::Abs if ty.is_number() => crate::functions::scalar("abs", vec![operand], ctx),
        UnaryOp::Plus | UnaryOp::Minus if ty == RedshiftType::Unknown => {
            unary(op, cast(operand, RedshiftType::Float8, CastKind::Implicit, ctx)?, ctx)
        }
        UnaryOp::Minus if ty.is_number() => arithmetic::negation(operand),
        _ => Err(missing(unary_symbol(op), None, ty)),
    }
}

fn unary_symbol(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Plus => "+",
        UnaryOp::Minus => "-",
        UnaryOp::Not => "NOT",
        UnaryOp::BitNot => "~",
        UnaryOp::Abs => "@",
        UnaryOp::SquareRoot => "|/",
        UnaryOp::CubeRoot => "||/",
    }
}

fn bit_not(operand: Typed) -> Result<Typed> {
    match operand.ty {
        RedshiftType::Int2 => Kernel::new("~", (), operand.ty, |(), args| args.map1(|value: i16| Ok(Some(!value))))
            .call_or_fold(vec![operand.expr]),
        RedshiftType::Int4 => Kernel::new("~", (), operand.ty, |(), args| args.map1(|value: i32| Ok(Some(!value))))
            .call_or_fold(vec![operand.expr]),
        _ => Kernel::new("~", (), RedshiftType::Int8, |(), args| args.map1(|value: i64| Ok(Some(!value))))
            .call_or_fold(vec![operand.expr]),
    }
}

/// `left op right`
///
/// # Errors
/// 42883 `operator does not exist: integer + boolean`.
pub fn binary(op: BinaryOp, left: Typed, right: Typed, ctx: &BindContext) -> Result<Typed> {
    use BinaryOp::*;
    refuse_untyped(&left, &right)?;
    if left.ty == RedshiftType::Super || right.ty == RedshiftType::Super {
        return semistructured::binary(op, left, right, ctx);
    }
    match op {
        And | Or => {
            let (left, right) = (condition(left, op.symbol(), ctx)?, condition(right, op.symbol(), ctx)?);
            let operator = if op == And { Operator::And } else { Operator::Or };
            Ok(datafusion_binary(left, operator, right, RedshiftType::Bool))
        }
        Eq | NotEq | Lt | LtEq | Gt | GtEq => comparison::compare(op, left, right, ctx),
        Plus if is_binary(&left) && is_binary(&right) => binary_values::concat(left, right),
        BitAnd | BitOr | BitXor if is_binary(&left) && is_binary(&right) => binary_values::bits(op, left, right),
        Plus | Minus | Multiply | Divide | Modulo | Power => arithmetic::arithmetic(op, left, right, ctx),
        Concat => {
            let insensitive = [&left, &right].into_iter().any(collation::is_insensitive);
            Ok(collation::inherited(concat(left, right, ctx)?, insensitive))
        }
        BitAnd | BitOr | BitXor | ShiftLeft | ShiftRight => arithmetic::bits(op, left, right, ctx),
        Match | MatchInsensitive | NotMatch | NotMatchInsensitive => pattern::matches(op, left, right, ctx),
        Overlaps => Err(Error::unsupported("OVERLAPS is only supported between two rows of two values")),
    }
}

/// Fails where an operand is a literal that a sub-query has left without a type.
fn refuse_untyped(left: &Typed, right: &Typed) -> Result<()> {
    let target = |other: &Typed| if other.ty == RedshiftType::Unknown { "text" } else { other.ty.base_name() };
    left.refuse_untyped(target(right))?;
    right.refuse_untyped(target(left))
}

/// A condition of AND, OR, NOT, WHERE, WHEN: a BOOLEAN, or an integer, which is true where it is not 0.
///
/// # Errors
/// 42804 `argument of WHERE must be type boolean, not type date`, XX000 for a literal that a sub-query has left without a
/// type.
pub fn condition(operand: Typed, construct: &str, ctx: &BindContext) -> Result<Typed> {
    operand.refuse_untyped("boolean")?;
    let ty = operand.ty;
    if ty == RedshiftType::Super {
        return crate::functions::semistructured::operators::truth(operand.expr);
    }
    if ty == RedshiftType::Bool || ty == RedshiftType::Unknown || ty.is_integer() {
        return cast(operand, RedshiftType::Bool, CastKind::Implicit, ctx);
    }
    let message = format!("argument of {construct} must be type boolean, not type {}", ty.base_name());
    Err(Error::new(SqlState::DATATYPE_MISMATCH, message))
}

fn is_binary(operand: &Typed) -> bool {
    matches!(operand.ty, RedshiftType::Varbyte(_))
}

/// One of DataFusion's own operators.
fn datafusion_binary(left: Typed, op: Operator, right: Typed, ty: RedshiftType) -> Typed {
    let expr = Expr::BinaryExpr(BinaryExpr { left: Box::new(left.expr), op, right: Box::new(right.expr) });
    Typed::new(expr, ty)
}

/// `left || right`: NULL where either is.
fn concat(left: Typed, right: Typed, ctx: &BindContext) -> Result<Typed> {
    let (l, r) = (left.ty, right.ty);
    collation::check_mix([&left, &right])?;
    if let Some(arrays) = concatenated(&left, &right) {
        return arrays;
    }
    // An untyped literal beside a VARBYTE is one.
    let as_binary = |operand: Typed| match operand.unknown_text().map(|text| text.len().max(1) as u32) {
        Some(length) => cast(operand, RedshiftType::Varbyte(length), CastKind::Implicit, ctx),
        None => Ok(operand),
    };
    let (left, right) = match (is_binary(&left), is_binary(&right)) {
        (true, false) => (left, as_binary(right)?),
        (false, true) => (as_binary(left)?, right),
        _ => (left, right),
    };
    if is_binary(&left) && is_binary(&right) {
        return binary_values::concat(left, right);
    }
    let (Some(m), Some(n)) = (text_length(&left), text_length(&right)) else {
        return Err(missing("||", Some(l), r));
    };
    let as_text = |operand: Typed, length| cast(operand, RedshiftType::Varchar(length), CastKind::Implicit, ctx);
    let ty = match wider(l, r) {
        Some(RedshiftType::Text) => RedshiftType::Text,
        _ => RedshiftType::Varchar(m.saturating_add(n).clamp(1, MAX_VARCHAR)),
    };
    Ok(datafusion_binary(as_text(left, m)?, Operator::StringConcat, as_text(right, n)?, ty))
}

/// The most bytes that a value's text has; none for types that are not joined to strings.
pub(crate) fn text_length(value: &Typed) -> Option<u32> {
    use RedshiftType::*;
    Some(match value.ty {
        Unknown => value.unknown_text().map_or(MAX_VARCHAR, |text| text.len() as u32),
        Char(n) => n,
        Varchar(n) => sized(n),
        Text | RegProc | RegProcedure | RegClass | RegType => MAX_VARCHAR,
        Name => 127,
        InternalChar => 1,
        Int2 => 6,
        Int4 => 11,
        Int8 | Oid => 20,
        Numeric { precision, .. } => u32::from(precision) + 2,
        Float4 => 15,
        Float8 => 25,
        Date => 13,
        Time => 15,
        TimeTz => 21,
        Timestamp => 29,
        TimestampTz | AbsTime => 35,
        _ => return None,
    })
}

/// 42883 `operator does not exist: integer + boolean`
fn missing(symbol: &str, left: Option<RedshiftType>, right: RedshiftType) -> Error {
    let shown = |ty: RedshiftType| match ty {
        RedshiftType::Unknown => "\"unknown\"".to_string(),
        ty => ty.base_name().to_string(),
    };
    let operands = match left {
        Some(left) => format!("{} {symbol} {}", shown(left), shown(right)),
        None => format!("{symbol} {}", shown(right)),
    };
    Error::new(SqlState::UNDEFINED_FUNCTION, format!("operator does not exist: {operands}"))
        .with_hint("No operator matches the given name and argument type(s). You may need to add explicit type casts.")
}

/// 42725, of untyped operands between which several operators are possible.
fn ambiguous(symbol: &str, left: RedshiftType, right: RedshiftType) -> Error {
    let message = format!("operator is not unique: {} {symbol} {}", left.base_name(), right.base_name());
    Error::new(SqlState::AMBIGUOUS_FUNCTION, message)
        .with_hint("Could not choose a best candidate operator. You may need to add explicit type casts.")
}
