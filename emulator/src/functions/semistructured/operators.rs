//! Operators over SUPER values: what they do is found row by row.
//!
//! Source: developer guide, "Operators and functions" of SUPER, "Querying semistructured data" (dynamic typing).

use std::cmp::Ordering;

use arrow::array::ArrayRef;
use datafusion::logical_expr::Expr;
use redshift_sql_dialect::{RedshiftType, Result, ast::BinaryOp, types::MAX_PRECISION};

use super::{
    key::{self, Case},
    number::Number,
    value::{Json, Kind, write_string},
};
use crate::{
    binder::Typed,
    functions::{
        arithmetic::Operation,
        kernel::{Args, Kernel},
    },
    text_input::{Rounding, power_of_ten, rescale},
};

/// The comparisons of order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Order::Less => ordering.is_lt(),
            Order::LessOrEqual => ordering.is_le(),
            Order::Greater => ordering.is_gt(),
            Order::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// `left op right` of two SUPER values, where `op` is `<`, `<=`, `>` or `>=`: NULL unless both are numbers, strings or
/// booleans.
pub(crate) fn compare(op: BinaryOp, left: Expr, right: Expr, case: Case) -> Result<Typed> {
    let order = match op {
        BinaryOp::Lt => Order::Less,
        BinaryOp::LtEq => Order::LessOrEqual,
        BinaryOp::Gt => Order::Greater,
        _ => Order::GreaterOrEqual,
    };
    let run = |(order, case): &(Order, Case), args: &Args| {
        args.map2(|a: &str, b: &str| {
            let (a, b) = (Json::of(a), Json::of(b));
            Ok(match (a.kind(), b.kind()) {
                (Kind::Array | Kind::Object | Kind::Null, _) => None,
                (a_kind, b_kind) if a_kind == b_kind => Some(order.holds(key::key(a, *case).cmp(&key::key(b, *case)))),
                _ => None,
            })
        })
    };
    let insensitive = if case == Case::Insensitive { "*" } else { "" };
    let name = format!("super{}{insensitive}", op.symbol());
    Kernel::new(name, (order, case), RedshiftType::Bool, run).call_or_fold(vec![left, right])
}

/// `left op right` of numbers; `+` also joins two strings. NULL for what cannot be computed with.
pub(crate) fn arithmetic(operation: Operation, symbol: &str, left: Expr, right: Expr) -> Result<Typed> {
    Kernel::new(format!("super{symbol}"), operation, RedshiftType::Super, compute).call_or_fold(vec![left, right])
}

fn compute(operation: &Operation, args: &Args) -> Result<ArrayRef> {
    args.map2(|a: &str, b: &str| {
        let (a, b) = (Json::of(a), Json::of(b));
        match (a.kind(), b.kind()) {
            (Kind::Number, Kind::Number) => match (a.number(), b.number()) {
                (Some(a), Some(b)) => a.compute(*operation, b).map(|number| Some(number.to_text())),
                _ => Ok(None),
            },
            (Kind::String, Kind::String) if *operation == Operation::Add => Ok(Some(joined(a, b))),
            _ => Ok(None),
        }
    })
}

fn joined(a: Json<'_>, b: Json<'_>) -> String {
    let mut out = String::with_capacity(a.text().len() + b.text().len());
    let text = a.string().unwrap_or_default() + b.string().unwrap_or_default();
    write_string(&mut out, &text);
    out
}

/// `left || right`: of two strings, NULL for all else.
pub(crate) fn concatenate(left: Expr, right: Expr) -> Result<Typed> {
    let run = |_: &(), args: &Args| {
        args.map2(|a: &str, b: &str| {
            let (a, b) = (Json::of(a), Json::of(b));
            Ok((a.kind() == Kind::String && b.kind() == Kind::String).then(|| joined(a, b)))
        })
    };
    Kernel::new("super||", (), RedshiftType::Super, run).call_or_fold(vec![left, right])
}

/// Functions of one number; NULL for what is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Function {
    Same,
    Negate,
    Absolute,
    Sign,
    Floor,
    Ceiling,
    Round,
    Truncate,
}

/// Calls it.
pub(crate) fn number(function: Function, name: &str, value: Expr) -> Result<Typed> {
    let run = |function: &Function, args: &Args| {
        args.map1(|text: &str| {
            let number = Json::of(text).number();
            Ok(number.and_then(|number| function.of(number)).map(Number::to_text))
        })
    };
    Kernel::new(format!("super_{name}"), function, RedshiftType::Super, run).call_or_fold(vec![value])
}

/// ROUND to so many places behind the point, or before it where they are negative.
pub(crate) fn round_to_places(args: Vec<Expr>) -> Result<Typed> {
    let run = |_: &(), args: &Args| {
        args.map2(|text: &str, places: i32| {
            let number = Json::of(text).number();
            Ok(number.and_then(|number| rounded(number, places)).map(Number::to_text))
        })
    };
    Kernel::new("super_round_places", (), RedshiftType::Super, run).call_or_fold(args)
}

fn rounded(number: Number, places: i32) -> Option<Number> {
    match number {
        Number::Decimal { scale, .. } if places >= i32::from(scale) => Some(number),
        Number::Decimal { unscaled, scale } => {
            let kept = places.max(0) as u8;
            // What is before the point is rounded as if it were behind it.
            let before = u8::try_from(places.min(0).unsigned_abs()).ok().filter(|before| *before <= MAX_PRECISION)?;
            let rounded = rescale(unscaled, scale + before, kept, Rounding::HalfAwayFromZero)?;
            let unscaled = rounded.checked_mul(power_of_ten(u32::from(before)))?;
            Some(Number::Decimal { unscaled, scale: kept })
        }
        Number::Float(value) => {
            let unit = 10_f64.powi(places);
            Some(Number::Float((value * unit).round() / unit))
        }
    }
}

impl Function {
    /// "The ABS function retains the scale of the input decimal while FLOOR, CEIL, ROUND eliminate it."
    fn of(self, number: Number) -> Option<Number> {
        let (unscaled, scale) = match number {
            Number::Float(value) => return Some(Number::Float(self.of_float(value))),
            Number::Decimal { unscaled, scale } => (unscaled, scale),
        };
        let whole = |rounding| rescale(unscaled, scale, 0, rounding);
        let cut = whole(Rounding::Truncate)?;
        let has_fraction = rescale(cut, 0, scale, Rounding::Truncate) != Some(unscaled);
        let decimal = |unscaled| Some(Number::Decimal { unscaled, scale: 0 });
        match self {
            Function::Same => Some(number),
            Function::Negate => Some(Number::Decimal { unscaled: -unscaled, scale }),
            Function::Absolute => Some(Number::Decimal { unscaled: unscaled.abs(), scale }),
            Function::Sign => decimal(unscaled.signum()),
            Function::Floor => decimal(cut - i128::from(has_fraction && unscaled < 0)),
            Function::Ceiling => decimal(cut + i128::from(has_fraction && unscaled > 0)),
            Function::Round => decimal(whole(Rounding::HalfAwayFromZero)?),
            Function::Truncate => decimal(cut),
        }
    }

    fn of_float(self, value: f64) -> f64 {
        match self {
            Function::Same => value,
            Function::Negate => -value,
            Function::Absolute => value.abs(),
            Function::Sign if value == 0.0 => 0.0,
            Function::Sign => value.signum(),
            Function::Floor => value.floor(),
            Function::Ceiling => value.ceil(),
            Function::Round => value.round(),
            Function::Truncate => value.trunc(),
        }
    }
}

/// A condition: a boolean's value, NULL for all else.
pub(crate) fn truth(value: Expr) -> Result<Typed> {
    let run = |_: &(), args: &Args| args.map1(|text: &str| Ok(Json::of(text).boolean()));
    Kernel::new("super_truth", (), RedshiftType::Bool, run).call_or_fold(vec![value])
}
