//! `+ - * / % ^` of numbers, and operators on bits.
//!
//! Source: developer guide, "Computations with numeric values".

use datafusion::{logical_expr::Expr, scalar::ScalarValue};
use redshift_sql_dialect::{RedshiftType, Result, ast::BinaryOp, types::MAX_PRECISION};

use super::{ambiguous, datetime, missing};
use crate::{
    binder::{
        BindContext, Typed,
        cast::{CastKind, cast, number_rank},
        coercion::{as_decimal, wider},
    },
    functions::{
        arithmetic::{Arithmetic, Operation, out_of_range},
        kernel::Kernel,
    },
    text_input::decimal_of_text,
};

/// `left op right` of numbers, dates, times and intervals.
pub(super) fn arithmetic(op: BinaryOp, left: Typed, right: Typed, ctx: &BindContext) -> Result<Typed> {
    if op == BinaryOp::Plus && joins_strings(&left, &right) {
        return super::concat(left, right, ctx);
    }
    let (left, right) = typed_operands(op, left, right, ctx)?;
    if datetime::concerns(left.ty) || datetime::concerns(right.ty) {
        return datetime::arithmetic(op, left, right, ctx);
    }
    let (left, right) = (number(left, ctx)?, number(right, ctx)?);
    let (l, r) = (left.ty, right.ty);
    if number_rank(l).is_none() || number_rank(r).is_none() {
        return Err(missing(op.symbol(), Some(l), r));
    }
    let Some(operation) = operation(op) else { return power(left, right, ctx) };
    let result = match (l, r) {
        _ if l.is_integer() && r.is_integer() => wider(l, r).unwrap_or(RedshiftType::Int8),
        (RedshiftType::Float4, RedshiftType::Float4) => RedshiftType::Float4,
        _ if is_float(l) || is_float(r) => RedshiftType::Float8,
        _ => decimal_result(operation, as_decimal(l), as_decimal(r)),
    };
    let (left, right) = match result {
        RedshiftType::Numeric { .. } => (decimal(left, ctx)?, decimal(right, ctx)?),
        same => (cast(left, same, CastKind::Implicit, ctx)?, cast(right, same, CastKind::Implicit, ctx)?),
    };
    let what = Arithmetic { operation, left: left.ty, right: right.ty, result };
    Ok(what.kernel().call(vec![left.expr, right.expr]))
}

/// Is `+` between strings, which it joins (developer guide, "NVL2", example)? One of them may be an untyped literal.
fn joins_strings(left: &Typed, right: &Typed) -> bool {
    let (l, r) = (left.ty, right.ty);
    l.is_string() && r.is_string() && (l, r) != (RedshiftType::Unknown, RedshiftType::Unknown)
}

/// Gives untyped operands the type of the other one.
fn typed_operands(op: BinaryOp, left: Typed, right: Typed, ctx: &BindContext) -> Result<(Typed, Typed)> {
    let unknown = RedshiftType::Unknown;
    match (left.ty, right.ty) {
        (l, r) if l == unknown && r == unknown => Err(ambiguous(op.symbol(), l, r)),
        (l, r) if l == unknown => {
            let ty = datetime::partner(op, r).ok_or_else(|| ambiguous(op.symbol(), l, r))?;
            Ok((untyped(left, ty, ctx)?, right))
        }
        (l, r) if r == unknown => {
            let ty = datetime::partner(op, l).ok_or_else(|| ambiguous(op.symbol(), l, r))?;
            Ok((left, untyped(right, ty, ctx)?))
        }
        _ => Ok((left, right)),
    }
}

/// An untyped literal beside an operand of a type; a DECIMAL keeps the digits that it is written with.
pub(super) fn untyped(value: Typed, ty: RedshiftType, ctx: &BindContext) -> Result<Typed> {
    if let (RedshiftType::Numeric { .. }, Some(text)) = (ty, value.unknown_text())
        && let Some((unscaled, precision, scale)) = decimal_of_text(text)
    {
        let scalar = ScalarValue::Decimal128(Some(unscaled), precision, scale as i8);
        return Ok(Typed::literal(scalar, RedshiftType::numeric(precision, scale)));
    }
    cast(value, ty, CastKind::Implicit, ctx)
}

/// Strings are computed with as DECIMALs, catalog integers as BIGINT.
fn number(value: Typed, ctx: &BindContext) -> Result<Typed> {
    match value.ty {
        RedshiftType::Varchar(_) | RedshiftType::Char(_) | RedshiftType::Text => {
            cast(value, RedshiftType::numeric(18, 0), CastKind::Implicit, ctx)
        }
        RedshiftType::Oid => cast(value, RedshiftType::Int8, CastKind::Implicit, ctx),
        _ => Ok(value),
    }
}

fn decimal(value: Typed, ctx: &BindContext) -> Result<Typed> {
    let ty = as_decimal(value.ty);
    cast(value, ty, CastKind::Implicit, ctx)
}

fn is_float(ty: RedshiftType) -> bool {
    matches!(ty, RedshiftType::Float4 | RedshiftType::Float8)
}

fn operation(op: BinaryOp) -> Option<Operation> {
    Some(match op {
        BinaryOp::Plus => Operation::Add,
        BinaryOp::Minus => Operation::Subtract,
        BinaryOp::Multiply => Operation::Multiply,
        BinaryOp::Divide => Operation::Divide,
        BinaryOp::Modulo => Operation::Modulo,
        _ => return None,
    })
}

/// The DECIMAL that an operation on two gives.
///
/// "+ or -: Scale = max(s1,s2), Precision = max(p1-s1,p2-s2)+1+scale; *: Scale = s1+s2, Precision = p1+p2+1; /: Scale =
/// max(4,s1+p2-s2+1), Precision = p1-s1+s2+scale". No more than 38 digits; division gives up digits of the scale for
/// that, down to 4, while the guide's own example of a product of more digits (CAST, `pricepaid::decimal(38,2) *
/// 100000000000000000000`) keeps its scale.
pub(crate) fn decimal_result(operation: Operation, a: RedshiftType, b: RedshiftType) -> RedshiftType {
    let (RedshiftType::Numeric { precision: p1, scale: s1 }, RedshiftType::Numeric { precision: p2, scale: s2 }) =
        (a, b)
    else {
        return a;
    };
    let (p1, s1, p2, s2) = (i32::from(p1), i32::from(s1), i32::from(p2), i32::from(s2));
    let most = i32::from(MAX_PRECISION);
    let (precision, scale) = match operation {
        Operation::Add | Operation::Subtract => {
            let scale = s1.max(s2);
            ((p1 - s1).max(p2 - s2) + 1 + scale, scale)
        }
        Operation::Multiply => (p1 + p2 + 1, s1 + s2),
        Operation::Divide => {
            let scale = (s1 + p2 - s2 + 1).max(4);
            let precision = p1 - s1 + s2 + scale;
            if precision > most { (most, (most + scale - precision).max(4)) } else { (precision, scale) }
        }
        Operation::Modulo => {
            let scale = s1.max(s2);
            ((p1 - s1).min(p2 - s2) + scale, scale)
        }
    };
    let scale = scale.clamp(0, most);
    RedshiftType::numeric(precision.clamp(scale.max(1), most) as u8, scale as u8)
}

/// `left ^ right` is POWER.
fn power(left: Typed, right: Typed, ctx: &BindContext) -> Result<Typed> {
    let float = |value| cast(value, RedshiftType::Float8, CastKind::Implicit, ctx);
    crate::functions::scalar("power", vec![float(left)?, float(right)?], ctx)
}

/// `- number`
pub(super) fn negation(operand: Typed) -> Result<Typed> {
    let ty = operand.ty;
    let args = vec![operand.expr];
    match ty {
        RedshiftType::Int2 => Kernel::new("-", (), ty, |(), args| {
            args.map1(|v: i16| v.checked_neg().map(Some).ok_or_else(|| out_of_range(RedshiftType::Int2)))
        })
        .call_or_fold(args),
        RedshiftType::Int4 => Kernel::new("-", (), ty, |(), args| {
            args.map1(|v: i32| v.checked_neg().map(Some).ok_or_else(|| out_of_range(RedshiftType::Int4)))
        })
        .call_or_fold(args),
        RedshiftType::Int8 | RedshiftType::Oid => Kernel::new("-", (), RedshiftType::Int8, |(), args| {
            args.map1(|v: i64| v.checked_neg().map(Some).ok_or_else(|| out_of_range(RedshiftType::Int8)))
        })
        .call_or_fold(args),
        RedshiftType::Numeric { .. } => {
            Kernel::new("-", (), ty, |(), args| args.map1(|v: i128| Ok(Some(-v)))).call_or_fold(args)
        }
        RedshiftType::Float4 => {
            Kernel::new("-", (), ty, |(), args| args.map1(|v: f32| Ok(Some(-v)))).call_or_fold(args)
        }
        _ => Kernel::new("-", (), RedshiftType::Float8, |(), args| args.map1(|v: f64| Ok(Some(-v)))).call_or_fold(args),
    }
}

/// `& | # << >>` of integers.
pub(super) fn bits(op: BinaryOp, left: Typed, right: Typed, ctx: &BindContext) -> Result<Typed> {
    let (l, r) = (left.ty, right.ty);
    let (left, right) = match (l, r) {
        (RedshiftType::Unknown, RedshiftType::Unknown) => return Err(ambiguous(op.symbol(), l, r)),
        (RedshiftType::Unknown, other) => (cast(left, other, CastKind::Implicit, ctx)?, right),
        (other, RedshiftType::Unknown) => (left, cast(right, other, CastKind::Implicit, ctx)?),
        _ => (left, right),
    };
    if !left.ty.is_integer() || !right.ty.is_integer() {
        return Err(missing(op.symbol(), Some(l), r));
    }
    let shift = matches!(op, BinaryOp::ShiftLeft | BinaryOp::ShiftRight);
    let ty = if shift { left.ty } else { wider(left.ty, right.ty).unwrap_or(RedshiftType::Int8) };
    let count = if shift { RedshiftType::Int4 } else { ty };
    let left = cast(left, ty, CastKind::Implicit, ctx)?;
    // A BIGINT's upper half would not change what the shift does.
    let right = cast(right, count, CastKind::Assignment, ctx)?;
    let args: Vec<Expr> = vec![left.expr, right.expr];
    let what = Bits(op.symbol());
    match ty {
        RedshiftType::Int2 => Kernel::new(op.symbol(), what, ty, |what, args| {
            if what.is_shift() {
                return args.map2(|a: i16, b: i32| Ok(Some(what.shift(a.into(), b, 32) as i16)));
            }
            args.map2(|a: i16, b: i16| Ok(Some(what.combine(a.into(), b.into()) as i16)))
        })
        .call_or_fold(args),
        RedshiftType::Int4 => Kernel::new(op.symbol(), what, ty, |what, args| {
            if what.is_shift() {
                return args.map2(|a: i32, b: i32| Ok(Some(what.shift(a.into(), b, 32) as i32)));
            }
            args.map2(|a: i32, b: i32| Ok(Some(what.combine(a.into(), b.into()) as i32)))
        })
        .call_or_fold(args),
        _ => Kernel::new(op.symbol(), what, ty, |what, args| {
            if what.is_shift() {
                return args.map2(|a: i64, b: i32| Ok(Some(what.shift(a, b, 64))));
            }
            args.map2(|a: i64, b: i64| Ok(Some(what.combine(a, b))))
        })
        .call_or_fold(args),
    }
}

/// An operator on bits, by its symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Bits(&'static str);

impl Bits {
    fn is_shift(self) -> bool {
        matches!(self.0, "<<" | ">>")
    }

    fn combine(self, a: i64, b: i64) -> i64 {
        match self.0 {
            "&" => a & b,
            "|" => a | b,
            _ => a ^ b,
        }
    }

    /// As processors do: only the count's lowest bits matter.
    fn shift(self, a: i64, count: i32, width: u32) -> i64 {
        let count = count as u32 % width;
        if self.0 == "<<" { a << count } else { a >> count }
    }
}
