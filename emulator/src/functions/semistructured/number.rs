//! Numbers of SUPER values: DECIMALs, each with a precision and scale of its own, and floats.
//!
//! Source: developer guide, "Operators and functions" of SUPER: "the distinction between decimals and floating-point
//! values is retained"; integers are DECIMALs of scale 0 ("Limitations").

use arrow::datatypes::i256;
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use crate::{
    binder::decimal_result,
    functions::{arithmetic::Operation, conversion::decimal_to_float},
    text_input::{decimal_of_text, power_of_ten},
    text_output,
};

/// A number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    /// An integer or DECIMAL.
    Decimal {
        /// The digits.
        unscaled: i128,
        /// How many of them are behind the point.
        scale: u8,
    },
    /// A REAL or DOUBLE PRECISION.
    Float(f64),
}

impl Number {
    /// The number that a JSON text is: one with an exponent, or of more digits than a DECIMAL has, is a float.
    pub(crate) fn of(text: &str) -> Option<Number> {
        if !text.bytes().any(|byte| matches!(byte, b'e' | b'E'))
            && let Some((unscaled, _, scale)) = decimal_of_text(text)
        {
            return Some(Number::Decimal { unscaled, scale });
        }
        text.parse().ok().filter(|value: &f64| value.is_finite()).map(Number::Float)
    }

    /// Appends its text: `2.50`, `2.5e+0`.
    pub(crate) fn write(self, out: &mut String) {
        match self {
            Number::Decimal { unscaled, scale } => {
                // Writing to a String does not fail.
                let _ = text_output::write_numeric(out, unscaled, scale);
            }
            Number::Float(value) => write_exponent(out, &format!("{value:e}")),
        }
    }

    /// Its text.
    pub(crate) fn to_text(self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    /// As a float.
    pub(crate) fn to_float(self) -> f64 {
        match self {
            Number::Decimal { unscaled, scale } => decimal_to_float(unscaled, scale),
            Number::Float(value) => value,
        }
    }

    /// The type that such a DECIMAL would be declared with.
    pub(crate) fn decimal_type(unscaled: i128, scale: u8) -> RedshiftType {
        RedshiftType::numeric(digits(unscaled).max(scale).max(1), scale)
    }

    /// `self op other`, which is a float where one of them is.
    ///
    /// # Errors
    /// 22003 for results of more than 38 digits, 22012 for a division by zero.
    pub(crate) fn compute(self, operation: Operation, other: Number) -> Result<Number> {
        match (self, other) {
            (Number::Decimal { unscaled: a, scale: s1 }, Number::Decimal { unscaled: b, scale: s2 }) => {
                decimals(operation, (a, s1), (b, s2))
            }
            _ => floats(operation, self.to_float(), other.to_float()),
        }
    }

    /// Appends bytes that sort as the numbers do, and are the same for equal ones, whatever their scale.
    pub(crate) fn write_key(self, out: &mut Vec<u8>) {
        let (negative, digits, exponent) = match self {
            Number::Decimal { unscaled, scale } => {
                let digits = unscaled.unsigned_abs().to_string();
                let exponent = digits.len() as i32 - i32::from(scale);
                (unscaled < 0, digits, exponent)
            }
            Number::Float(value) => {
                let text = format!("{:e}", value.abs());
                let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                (value < 0.0, mantissa.replace('.', ""), exponent.parse::<i32>().unwrap_or(0) + 1)
            }
        };
        let digits = digits.trim_end_matches('0');
        if digits.is_empty() {
            out.push(1);
            return;
        }
        let exponent = ((exponent + 0x4000) as u16).to_be_bytes();
        if negative {
            out.push(0);
            out.extend(exponent.iter().map(|byte| !byte));
            out.extend(digits.bytes().map(|byte| !byte));
            out.push(0xff);
        } else {
            out.push(2);
            out.extend(exponent);
            out.extend(digits.bytes());
            out.push(0);
        }
    }
}

/// `1.5e0` as `1.5e+0`.
fn write_exponent(out: &mut String, text: &str) {
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            out.push_str(mantissa);
            out.push_str(if exponent.starts_with('-') { "e" } else { "e+" });
            out.push_str(exponent);
        }
        None => out.push_str(text),
    }
}

/// Appends a REAL, with the digits that it has itself; nothing for what is no number.
pub(crate) fn write_real(out: &mut String, value: f32) {
    write_exponent(out, &format!("{value:e}"));
}

fn digits(unscaled: i128) -> u8 {
    unscaled.unsigned_abs().checked_ilog10().map_or(1, |log| log as u8 + 1)
}

fn overflow() -> Error {
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "Numeric data overflow (result precision)")
}

/// The scale of the result comes from the operands' own digits, as if they were declared with them.
fn decimals(operation: Operation, (a, s1): (i128, u8), (b, s2): (i128, u8)) -> Result<Number> {
    let ty = decimal_result(operation, Number::decimal_type(a, s1), Number::decimal_type(b, s2));
    let RedshiftType::Numeric { scale, .. } = ty else { return Err(overflow()) };
    let wide = |value: i128| i256::from_i128(value);
    let power = |exponent: i32| i256::from_i128(10).checked_pow(exponent.max(0) as u32).ok_or_else(overflow);
    let at = |value: i128, from: u8| -> Result<i256> {
        wide(value).checked_mul(power(i32::from(scale) - i32::from(from))?).ok_or_else(overflow)
    };
    let value = match operation {
        Operation::Add => at(a, s1)?.checked_add(at(b, s2)?),
        Operation::Subtract => at(a, s1)?.checked_sub(at(b, s2)?),
        Operation::Multiply => wide(a).checked_mul(wide(b)).and_then(|product| {
            // A product's scale is cut only where it would be more than 38.
            product.checked_div(power(i32::from(s1) + i32::from(s2) - i32::from(scale)).ok()?)
        }),
        Operation::Divide | Operation::Modulo if b == 0 => {
            return Err(Error::new(SqlState::DIVISION_BY_ZERO, "division by zero"));
        }
        Operation::Divide => {
            let shift = i32::from(scale) + i32::from(s2) - i32::from(s1);
            let (left, right) = if shift >= 0 {
                (wide(a).checked_mul(power(shift)?).ok_or_else(overflow)?, wide(b))
            } else {
                (wide(a), wide(b).checked_mul(power(-shift)?).ok_or_else(overflow)?)
            };
            left.checked_div(right)
        }
        Operation::Modulo => at(a, s1)?.checked_rem(at(b, s2)?),
    };
    let unscaled = value.and_then(i256::to_i128).ok_or_else(overflow)?;
    if unscaled.unsigned_abs() >= power_of_ten(38).unsigned_abs() {
        return Err(overflow());
    }
    Ok(Number::Decimal { unscaled, scale })
}

fn floats(operation: Operation, a: f64, b: f64) -> Result<Number> {
    let value = match operation {
        Operation::Add => a + b,
        Operation::Subtract => a - b,
        Operation::Multiply => a * b,
        Operation::Divide | Operation::Modulo if b == 0.0 => {
            return Err(Error::new(SqlState::DIVISION_BY_ZERO, "division by zero"));
        }
        Operation::Divide => a / b,
        Operation::Modulo => a % b,
    };
    if value.is_finite() {
        return Ok(Number::Float(value));
    }
    Err(Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow"))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    fn compare(a: &str, b: &str) -> Ordering {
        let key = |text| {
            let mut key = Vec::new();
            number(text).write_key(&mut key);
            key
        };
        key(a).cmp(&key(b))
    }

    fn number(text: &str) -> Number {
        Number::of(text).expect("a number")
    }

    #[test]
    fn numbers_keep_their_digits() {
        for text in ["0", "-7", "10.00", "99999999999999999999999999999999999999", "2.22e+0", "1e-7", "-1.5e+300"] {
            assert_eq!(number(text).to_text(), text);
        }
        assert_eq!(number("1E5").to_text(), "1e+5");
        assert_eq!(number("123456789012345678901234567890123456789").to_text(), "1.2345678901234568e+38");
    }

    #[test]
    fn order_is_that_of_values() {
        let sorted =
            ["-1e+300", "-10.5", "-10", "-0.001", "0.00", "1e-9", "0.1", "1", "1.5e+0", "2", "10", "11.01", "1e+20"];
        for pair in sorted.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        }
        for (a, b) in [("1", "1.00"), ("1.5", "1.5e+0"), ("0", "-0.0"), ("100", "1e+2"), ("0.1", "1e-1")] {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    #[test]
    fn decimals_have_dynamic_scales() {
        let compute = |a, operation, b| number(a).compute(operation, number(b)).map(Number::to_text);
        // "Operators and functions": (k + 0.5) * k / 10
        let k = "4192867";
        let sum = compute(k, Operation::Add, "0.5").unwrap();
        assert_eq!(sum, "4192867.5");
        let product = compute(&sum, Operation::Multiply, k).unwrap();
        assert_eq!(compute(&product, Operation::Divide, "10").unwrap(), "1758013577612.2500");
        assert_eq!(compute("7", Operation::Divide, "2").unwrap(), "3.5000");
        assert_eq!(compute("7.5", Operation::Modulo, "2").unwrap(), "1.5");
        assert_eq!(compute("1", Operation::Add, "1.5e+0").unwrap(), "2.5e+0");
        assert!(compute("1", Operation::Divide, "0").is_err());
        assert!(compute(&"9".repeat(38), Operation::Multiply, "10").is_err());
    }
}
