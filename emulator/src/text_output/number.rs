//! Floats and decimals.

use std::fmt::{self, Write};

/// Significant digits of a REAL that survive a round trip through text.
const FLOAT4_DIGITS: i32 = 6;
/// The same for DOUBLE PRECISION.
const FLOAT8_DIGITS: i32 = 15;

/// REAL with 6 significant digits and `extra` more.
pub fn write_float4(out: &mut impl Write, value: f32, extra: i32) -> fmt::Result {
    write_float(out, f64::from(value), FLOAT4_DIGITS + extra)
}

/// DOUBLE PRECISION with 15 significant digits and `extra` more.
pub fn write_float8(out: &mut impl Write, value: f64, extra: i32) -> fmt::Result {
    write_float(out, value, FLOAT8_DIGITS + extra)
}

/// C's `%.{digits}g`: the shorter of fixed and scientific notation, without trailing zeros.
fn write_float(out: &mut impl Write, value: f64, digits: i32) -> fmt::Result {
    if value.is_nan() {
        return out.write_str("NaN");
    }
    if value.is_infinite() {
        return out.write_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    }
    let digits = digits.max(1);
    // Rounded to the digits once; the exponent after rounding decides the notation.
    let scientific = format!("{:.*e}", digits as usize - 1, value);
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return out.write_str(&scientific) };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..digits).contains(&exponent) {
        let decimals = (digits - 1 - exponent).max(0) as usize;
        let fixed = format!("{value:.decimals$}");
        return out.write_str(without_trailing_zeros(&fixed));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    write!(out, "{}e{sign}{:02}", without_trailing_zeros(mantissa), exponent.abs())
}

fn without_trailing_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// A DECIMAL of this scale from its unscaled integer: `-12345` of scale 2 is `-123.45`.
pub fn write_numeric(out: &mut impl Write, unscaled: i128, scale: u8) -> fmt::Result {
    if unscaled < 0 {
        out.write_char('-')?;
    }
    let magnitude = unscaled.unsigned_abs();
    if scale == 0 {
        return write!(out, "{magnitude}");
    }
    // A scale beyond 38 cannot come from a DECIMAL; the power saturates rather than overflows.
    let power = 10u128.checked_pow(u32::from(scale)).unwrap_or(u128::MAX);
    write!(out, "{}.{:0width$}", magnitude / power, magnitude % power, width = usize::from(scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float8(value: f64, extra: i32) -> String {
        let mut out = String::new();
        write_float8(&mut out, value, extra).unwrap();
        out
    }

    fn float4(value: f32, extra: i32) -> String {
        let mut out = String::new();
        write_float4(&mut out, value, extra).unwrap();
        out
    }

    fn numeric(unscaled: i128, scale: u8) -> String {
        let mut out = String::new();
        write_numeric(&mut out, unscaled, scale).unwrap();
        out
    }

    #[test]
    fn floats_have_fifteen_digits() {
        assert_eq!(float8(0.1, 0), "0.1");
        assert_eq!(float8(1.0 / 3.0, 0), "0.333333333333333");
        assert_eq!(float8(100.0, 0), "100");
        assert_eq!(float8(-0.0, 0), "-0");
        assert_eq!(float8(1e15, 0), "1e+15");
        assert_eq!(float8(123456789012345.0, 0), "123456789012345");
        assert_eq!(float8(0.0001, 0), "0.0001");
        assert_eq!(float8(0.00001, 0), "1e-05");
        assert_eq!(float8(1.5e300, 0), "1.5e+300");
        // 9.99...96 of 16 digits rounds up to the next power of ten.
        assert_eq!(float8(9.999999999999996, 0), "10");
    }

    #[test]
    fn extra_digits_show_what_the_bits_hold() {
        // 0.1 is 0.1000000000000000055...: seventeen digits end in 1.
        assert_eq!(float8(0.1, 2), "0.10000000000000001");
        assert_eq!(float8(1.0 / 3.0, -12), "0.333");
        assert_eq!(float8(5.0, -15), "5");
    }

    #[test]
    fn reals_have_six_digits() {
        assert_eq!(float4(0.1, 0), "0.1");
        assert_eq!(float4(1234567.0, 0), "1.23457e+06");
        // 0.1 as a REAL is 0.100000001490116...
        assert_eq!(float4(0.1, 3), "0.100000001");
    }

    #[test]
    fn what_is_no_number_has_a_name() {
        assert_eq!(float8(f64::NAN, 0), "NaN");
        assert_eq!(float8(f64::INFINITY, 0), "Infinity");
        assert_eq!(float8(f64::NEG_INFINITY, 0), "-Infinity");
    }

    #[test]
    fn decimals_keep_their_scale() {
        assert_eq!(numeric(12345, 2), "123.45");
        assert_eq!(numeric(-5, 2), "-0.05");
        assert_eq!(numeric(0, 3), "0.000");
        assert_eq!(numeric(42, 0), "42");
        assert_eq!(numeric(i128::from(i64::MAX) * 10, 1), "9223372036854775807.0");
    }
}
