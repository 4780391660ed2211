//! Arithmetic of numbers: checked, with the errors of Redshift.
//!
//! Operands come cast: integers of one width, two DECIMALs (each with its own scale), two floats. The type of a DECIMAL
//! result is the operator's business ([`crate::binder::operators`]).

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, Datum, PrimitiveArray, Scalar},
    buffer::NullBuffer,
    compute::kernels::numeric,
    datatypes::{ArrowPrimitiveType, Decimal128Type, Float64Type, i256},
    error::ArrowError,
};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use super::kernel::{Args, Column, Kernel};
use crate::text_input::{Rounding, power_of_ten, rescale};

/// The operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl Operation {
    fn symbol(self) -> &'static str {
        match self {
            Operation::Add => "+",
            Operation::Subtract => "-",
            Operation::Multiply => "*",
            Operation::Divide => "/",
            Operation::Modulo => "%",
        }
    }
}

/// An operation on operands of these types.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Arithmetic {
    /// What is done.
    pub operation: Operation,
    /// The left operand's type.
    pub left: RedshiftType,
    /// The right operand's type.
    pub right: RedshiftType,
    /// The result's type.
    pub result: RedshiftType,
}

impl Arithmetic {
    /// The kernel that does it.
    pub fn kernel(self) -> Kernel<Arithmetic> {
        let result = self.result;
        Kernel::new(self.operation.symbol(), self, result, compute)
    }
}

fn compute(what: &Arithmetic, args: &Args) -> Result<ArrayRef> {
    match (what.left, what.right, what.result) {
        (
            RedshiftType::Numeric { scale: s1, .. },
            RedshiftType::Numeric { scale: s2, .. },
            RedshiftType::Numeric { precision, scale },
        ) => decimals(args, Decimals { operation: what.operation, s1, s2, precision, scale }),
        (_, _, RedshiftType::Float4 | RedshiftType::Float8) => floats(what, args),
        _ => integers(what, args),
    }
}

/// An operand as Arrow's kernels take it.
fn datum(column: &Column) -> Box<dyn Datum> {
    if column.constant { Box::new(Scalar::new(Arc::clone(&column.array))) } else { Box::new(Arc::clone(&column.array)) }
}

fn integers(what: &Arithmetic, args: &Args) -> Result<ArrayRef> {
    let (left, right) = (datum(&args.columns[0]), datum(&args.columns[1]));
    let (left, right) = (left.as_ref(), right.as_ref());
    let result = match what.operation {
        Operation::Add => numeric::add(left, right),
        Operation::Subtract => numeric::sub(left, right),
        Operation::Multiply => numeric::mul(left, right),
        Operation::Divide => numeric::div(left, right),
        Operation::Modulo => numeric::rem(left, right),
    };
    result.map_err(|error| match error {
        ArrowError::DivideByZero => division_by_zero(),
        ArrowError::ArithmeticOverflow(_) => out_of_range(what.result),
        other => Error::internal(other.to_string()),
    })
}

/// 22003 `integer out of range`
pub fn out_of_range(ty: RedshiftType) -> Error {
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("{} out of range", ty.base_name()))
}

/// 22012
pub fn division_by_zero() -> Error {
    Error::new(SqlState::DIVISION_BY_ZERO, "division by zero")
}

/// Floats overflow to an error, as PostgreSQL's do, unless an operand was infinite already.
fn floats(what: &Arithmetic, args: &Args) -> Result<ArrayRef> {
    let operation = what.operation;
    let ty = what.result;
    let compute = move |a: f64, b: f64| -> Result<f64> {
        let result = match operation {
            Operation::Add => a + b,
            Operation::Subtract => a - b,
            Operation::Multiply => a * b,
            Operation::Divide | Operation::Modulo if b == 0.0 => return Err(division_by_zero()),
            Operation::Divide => a / b,
            Operation::Modulo => a % b,
        };
        if result.is_infinite() && a.is_finite() && b.is_finite() { Err(float_overflow()) } else { Ok(result) }
    };
    if ty == RedshiftType::Float4 {
        return args.map2(|a: f32, b: f32| {
            let narrow = compute(f64::from(a), f64::from(b))? as f32;
            if narrow.is_infinite() && a.is_finite() && b.is_finite() {
                Err(float_overflow())
            } else {
                Ok(Some(narrow))
            }
        });
    }
    loop_over::<Float64Type>(args, compute)
}

fn float_overflow() -> Error {
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow")
}

/// Computes every row without looking at NULLs, and looks at them only where a row fails.
fn loop_over<T: ArrowPrimitiveType>(
    args: &Args,
    compute: impl Fn(T::Native, T::Native) -> Result<T::Native>,
) -> Result<ArrayRef> {
    let wrong = || Error::internal("an operand is not of its type");
    let (a, b) = (&args.columns[0], &args.columns[1]);
    let (left, right) = (
        a.array.as_primitive_opt::<T>().ok_or_else(wrong)?.values(),
        b.array.as_primitive_opt::<T>().ok_or_else(wrong)?.values(),
    );
    let nulls_of = |column: &Column| if column.constant { None } else { column.array.nulls().cloned() };
    let nulls = NullBuffer::union(nulls_of(a).as_ref(), nulls_of(b).as_ref());
    let mut values = Vec::with_capacity(args.rows);
    for row in 0..args.rows {
        let (x, y) = (left[if a.constant { 0 } else { row }], right[if b.constant { 0 } else { row }]);
        values.push(match compute(x, y) {
            Ok(value) => value,
            Err(_) if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) => T::Native::default(),
            Err(error) => return Err(error),
        });
    }
    Ok(Arc::new(PrimitiveArray::<T>::new(values.into(), nulls)))
}

/// An operation on DECIMALs of scales `s1` and `s2`.
#[derive(Debug, Clone, Copy)]
struct Decimals {
    operation: Operation,
    s1: u8,
    s2: u8,
    precision: u8,
    scale: u8,
}

fn decimals(args: &Args, what: Decimals) -> Result<ArrayRef> {
    let limit = power_of_ten(u32::from(what.precision));
    let within = move |value: i128| if -limit < value && value < limit { Ok(value) } else { Err(too_many_digits()) };
    match what.operation {
        Operation::Add | Operation::Subtract => {
            let (up1, up2) = (unit(what.scale, what.s1), unit(what.scale, what.s2));
            let subtract = what.operation == Operation::Subtract;
            loop_over::<Decimal128Type>(args, move |a, b| {
                let (a, b) = (a.checked_mul(up1), b.checked_mul(up2));
                let sum = match (a, b) {
                    (Some(a), Some(b)) if subtract => a.checked_sub(b),
                    (Some(a), Some(b)) => a.checked_add(b),
                    _ => None,
                };
                within(sum.ok_or_else(|| overflow(if subtract { "subtraction" } else { "addition" }))?)
            })
        }
        Operation::Multiply => {
            let full = what.s1 + what.s2;
            loop_over::<Decimal128Type>(args, move |a, b| {
                let product = a.checked_mul(b).ok_or_else(|| overflow("multiplication"))?;
                within(rescale(product, full, what.scale, Rounding::Truncate).ok_or_else(too_many_digits)?)
            })
        }
        Operation::Divide => {
            // a/10^s1 : b/10^s2 at the result's scale is a*10^(scale-s1+s2) : b.
            let up = u32::from(what.scale + what.s2).saturating_sub(u32::from(what.s1));
            let down = power_of_ten(u32::from(what.s1).saturating_sub(u32::from(what.scale + what.s2)));
            loop_over::<Decimal128Type>(args, move |a, b| {
                if b == 0 {
                    return Err(division_by_zero());
                }
                within(match 10_i128.checked_pow(up).and_then(|up| a.checked_mul(up)) {
                    Some(scaled) => scaled / b / down,
                    None => wide_quotient(a, up, b).ok_or_else(|| overflow("division"))?,
                })
            })
        }
        Operation::Modulo => {
            let (up1, up2) = (unit(what.scale, what.s1), unit(what.scale, what.s2));
            loop_over::<Decimal128Type>(args, move |a, b| {
                if b == 0 {
                    return Err(division_by_zero());
                }
                let (a, b) = (a.checked_mul(up1), b.checked_mul(up2));
                match (a, b) {
                    (Some(a), Some(b)) => Ok(a % b),
                    // What does not fit at a higher scale is larger than any number that does.
                    (Some(a), None) => Ok(a),
                    (None, _) => Err(overflow("modulo")),
                }
            })
        }
    }
}

fn unit(to: u8, from: u8) -> i128 {
    power_of_ten(u32::from(to.saturating_sub(from)))
}

/// The quotient where the scaled dividend needs more than 128 bits.
fn wide_quotient(a: i128, up: u32, b: i128) -> Option<i128> {
    let scaled = i256::from_i128(a).checked_mul(i256::from_i128(10).checked_pow(up)?)?;
    scaled.checked_div(i256::from_i128(b))?.to_i128()
}

fn overflow(operation: &str) -> Error {
    let message = format!("128 bit numeric data overflow ({operation})");
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message)
}

fn too_many_digits() -> Error {
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "Numeric data overflow (result precision)")
}
