//! Booleans and numbers.

use redshift_sql_dialect::RedshiftType;

use super::{Fault, InputError};

/// What becomes of digits that a DECIMAL has no place for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// Round; a half goes away from zero. Casts, INSERT, and COPY with ROUNDEC.
    HalfAwayFromZero,
    /// Cut. COPY without ROUNDEC.
    Truncate,
}

/// `true`, `t`, `yes`, `y`, `1` and their opposites, in any case, also cut short (`tru`).
pub fn parse_bool(text: &str) -> Result<bool, InputError> {
    let word = text.trim().to_ascii_lowercase();
    let begins = |whole: &str| !word.is_empty() && whole.starts_with(&word);
    if word == "1" || begins("true") || begins("yes") {
        Ok(true)
    } else if word == "0" || begins("false") || begins("no") {
        Ok(false)
    } else {
        Err(InputError::new(text, RedshiftType::Bool, Fault::Syntax))
    }
}

/// A SMALLINT.
pub fn parse_int2(text: &str) -> Result<i16, InputError> {
    let overflow = || InputError::new(text, RedshiftType::Int2, Fault::Overflow { integer_digits: 0 });
    i16::try_from(integer(text, RedshiftType::Int2)?).map_err(|_| overflow())
}

/// An INTEGER.
pub fn parse_int4(text: &str) -> Result<i32, InputError> {
    let overflow = || InputError::new(text, RedshiftType::Int4, Fault::Overflow { integer_digits: 0 });
    i32::try_from(integer(text, RedshiftType::Int4)?).map_err(|_| overflow())
}

/// A BIGINT.
pub fn parse_int8(text: &str) -> Result<i64, InputError> {
    integer(text, RedshiftType::Int8)
}

fn integer(text: &str, ty: RedshiftType) -> Result<i64, InputError> {
    let bytes = text.as_bytes();
    let invalid =
        |position: usize| InputError::new(text, ty, Fault::Digit { value: char_at(text, position), position });
    let mut at = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let negative = bytes.get(at) == Some(&b'-');
    if matches!(bytes.get(at), Some(b'-' | b'+')) {
        at += 1;
    }
    let first = at;
    let mut value: i64 = 0;
    let mut fits = true;
    while let Some(digit) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
        let digit = i64::from(digit - b'0');
        // Counted downwards, because the smallest number has no positive counterpart.
        match value.checked_mul(10).and_then(|tens| tens.checked_sub(digit)) {
            Some(next) => value = next,
            None => fits = false,
        }
        at += 1;
    }
    if at == first {
        return Err(invalid(at));
    }
    if let Some(rest) = bytes[at..].iter().position(|byte| !byte.is_ascii_whitespace()) {
        return Err(invalid(at + rest));
    }
    let value = if negative { Some(value) } else { value.checked_neg() };
    value.filter(|_| fits).ok_or_else(|| InputError::new(text, ty, Fault::Overflow { integer_digits: 0 }))
}

fn char_at(text: &str, position: usize) -> char {
    text.get(position..).and_then(|rest| rest.chars().next()).unwrap_or(' ')
}

/// A DECIMAL(precision, scale), as the integer that Arrow holds it in.
pub fn parse_numeric(text: &str, precision: u8, scale: u8, rounding: Rounding) -> Result<i128, InputError> {
    let ty = RedshiftType::Numeric { precision, scale };
    let fail = |fault: Fault| InputError::new(text, ty, fault);
    let number = DecimalText::of(text).map_err(fail)?;
    let overflow = || InputError::new(text, ty, Fault::Overflow { integer_digits: number.integer_digits() });
    let value = number.scaled(scale, rounding).ok_or_else(overflow)?;
    if !fits_precision(value, precision) {
        return Err(overflow());
    }
    Ok(value)
}

/// Does a decimal, given in units of its last digit, fit in so many digits? Those of 19 and less are kept in eight bytes,
/// which do not hold all of 19 digits (developer guide, "Numeric types").
pub fn fits_precision(value: i128, precision: u8) -> bool {
    match precision {
        19 => i64::try_from(value).is_ok(),
        _ => value.unsigned_abs() < power_of_ten(u32::from(precision)).unsigned_abs(),
    }
}

/// The value, precision and scale of a number as it is written; none where it has more than 38 digits.
pub fn decimal_of_text(text: &str) -> Option<(i128, u8, u8)> {
    let number = DecimalText::of(text).ok()?;
    let scale = number.digits_behind_point().max(0);
    let scale = u8::try_from(scale).ok().filter(|scale| *scale <= 38)?;
    let value = number.scaled(scale, Rounding::Truncate)?;
    let precision = number.integer_digits() + u32::from(scale);
    let precision = u8::try_from(precision.max(1)).ok().filter(|precision| *precision <= 38)?;
    Some((value, precision, scale))
}

/// A number's text taken apart: `-12.50e3` is negative, digits 1250, exponent 1 (the last digit counts tens).
struct DecimalText<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i32,
}

impl<'a> DecimalText<'a> {
    fn of(text: &'a str) -> Result<Self, Fault> {
        let bytes = text.as_bytes();
        let invalid = |position: usize| Fault::Digit { value: char_at(text, position), position };
        let mut at = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let negative = bytes.get(at) == Some(&b'-');
        if matches!(bytes.get(at), Some(b'-' | b'+')) {
            at += 1;
        }
        let whole = digits(bytes, at);
        at += whole.len();
        let fraction = if bytes.get(at) == Some(&b'.') { digits(bytes, at + 1) } else { &[] };
        if bytes.get(at) == Some(&b'.') {
            at += 1 + fraction.len();
        }
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid(at));
        }
        let mut exponent = 0;
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            let signed = usize::from(matches!(bytes.get(at + 1), Some(b'-' | b'+')));
            let written = digits(bytes, at + 1 + signed);
            let value: i32 = text[at + 1 + signed..at + 1 + signed + written.len()].parse().map_err(|_| invalid(at))?;
            exponent = if bytes[at + 1] == b'-' { -value } else { value };
            at += 1 + signed + written.len();
        }
        if let Some(rest) = bytes[at..].iter().position(|byte| !byte.is_ascii_whitespace()) {
            return Err(invalid(at + rest));
        }
        Ok(DecimalText { negative, whole, fraction, exponent })
    }

    fn digits_behind_point(&self) -> i64 {
        self.fraction.len() as i64 - i64::from(self.exponent)
    }

    /// Digits before the point, leading zeros aside.
    fn integer_digits(&self) -> u32 {
        let zeros = self.all_digits().take_while(|digit| *digit == b'0').count() as i64;
        let all = (self.whole.len() + self.fraction.len()) as i64;
        if zeros == all {
            return 0;
        }
        u32::try_from((self.whole.len() as i64 + i64::from(self.exponent) - zeros).max(0)).unwrap_or(u32::MAX)
    }

    fn all_digits(&self) -> impl Iterator<Item = u8> + '_ {
        self.whole.iter().chain(self.fraction).copied()
    }

    /// The number times 10^scale; none where 128 bits cannot hold it.
    fn scaled(&self, scale: u8, rounding: Rounding) -> Option<i128> {
        // Digits kept of those that are written; what is missing are zeros.
        let keep = self.whole.len() as i64 + i64::from(self.exponent) + i64::from(scale);
        let mut value: i128 = 0;
        let mut taken = 0;
        for digit in self.all_digits() {
            if taken >= keep {
                if rounding == Rounding::HalfAwayFromZero && taken == keep && digit >= b'5' {
                    value = value.checked_add(1)?;
                }
                break;
            }
            value = value.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
            taken += 1;
        }
        if value != 0 {
            let missing = u32::try_from((keep - taken).max(0)).ok()?;
            value = value.checked_mul(10_i128.checked_pow(missing)?)?;
        }
        Some(if self.negative { -value } else { value })
    }
}

fn digits(bytes: &[u8], from: usize) -> &[u8] {
    let rest = bytes.get(from..).unwrap_or_default();
    &rest[..rest.iter().take_while(|byte| byte.is_ascii_digit()).count()]
}

/// 10 to the power of `exponent`, which is at most 38.
pub fn power_of_ten(exponent: u32) -> i128 {
    10_i128.pow(exponent.min(38))
}

/// A decimal of one scale at another; none where 128 bits cannot hold it.
pub fn rescale(value: i128, from: u8, to: u8, rounding: Rounding) -> Option<i128> {
    if to >= from {
        return value.checked_mul(power_of_ten(u32::from(to - from)));
    }
    let divisor = power_of_ten(u32::from(from - to));
    let (quotient, remainder) = (value / divisor, value % divisor);
    let up = rounding == Rounding::HalfAwayFromZero && remainder.abs() >= divisor - remainder.abs();
    Some(if up { quotient + value.signum() } else { quotient })
}

/// A REAL; `NaN`, `Infinity` and `-Infinity` are values.
pub fn parse_float4(text: &str) -> Result<f32, InputError> {
    let wide = float(text, RedshiftType::Float4)?;
    let value = wide as f32;
    let lost = (value.is_infinite() && wide.is_finite()) || (value == 0.0 && wide != 0.0);
    if lost {
        return Err(InputError::new(text, RedshiftType::Float4, Fault::Overflow { integer_digits: 0 }));
    }
    // Read again rather than narrowed: rounding twice may miss the nearest number.
    Ok(text.trim().parse().unwrap_or(value))
}

/// A DOUBLE PRECISION; `NaN`, `Infinity` and `-Infinity` are values.
pub fn parse_float8(text: &str) -> Result<f64, InputError> {
    float(text, RedshiftType::Float8)
}

fn float(text: &str, ty: RedshiftType) -> Result<f64, InputError> {
    let word = text.trim();
    let invalid = || {
        let position = word.bytes().take_while(|byte| byte.is_ascii_digit()).count();
        InputError::new(text, ty, Fault::Digit { value: char_at(word, position), position })
    };
    let unsigned = word.trim_start_matches(['+', '-']);
    match unsigned.to_ascii_lowercase().as_str() {
        "nan" => return Ok(f64::NAN),
        "infinity" if word.starts_with('-') => return Ok(f64::NEG_INFINITY),
        "infinity" => return Ok(f64::INFINITY),
        _ => {}
    }
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return Err(invalid());
    }
    let value: f64 = word.parse().map_err(|_| invalid())?;
    let has_digit =
        |text: &str| text.bytes().take_while(|byte| !matches!(byte, b'e' | b'E')).any(|b| matches!(b, b'1'..=b'9'));
    if value.is_infinite() || (value == 0.0 && has_digit(unsigned)) {
        return Err(InputError::new(text, ty, Fault::Overflow { integer_digits: 0 }));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_with_blanks_and_signs() {
        assert_eq!(parse_int4(" -12 ").unwrap(), -12);
        assert_eq!(parse_int4("+7").unwrap(), 7);
        assert_eq!(parse_int8("-9223372036854775808").unwrap(), i64::MIN);
        assert_eq!(parse_int2("32767").unwrap(), i16::MAX);
    }

    #[test]
    fn integers_that_are_none_are_refused_as_the_leader_and_as_copy_say_it() {
        let error = parse_int4("12a").unwrap_err();
        assert_eq!(error.reason(), "Invalid digit, Value 'a', Pos 2, Type: Integer");
        assert_eq!(error.load_code(), 1207);
        let error = error.into_error();
        assert_eq!(error.sqlstate(), SqlState::INVALID_TEXT_REPRESENTATION);
        assert_eq!(error.message(), "invalid input syntax for integer: \"12a\"");
        for text in ["", " ", "-", "1.5", "1 2", "0x1", "é"] {
            assert!(parse_int4(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn integers_out_of_range_are_refused() {
        let error = parse_int4("99999999999").unwrap_err();
        assert_eq!(error.reason(), "Overflow, Column type: Integer");
        assert_eq!(error.into_error().message(), "value \"99999999999\" is out of range for type integer");
        assert_eq!(parse_int2("-32769").unwrap_err().into_error().sqlstate(), SqlState::NUMERIC_VALUE_OUT_OF_RANGE);
        assert!(parse_int8("9223372036854775808").is_err());
    }

    #[test]
    fn decimals_round_half_away_from_zero_or_are_cut() {
        let cases = [
            ("1.005", 101, 100),
            ("-1.005", -101, -100),
            ("12", 1200, 1200),
            (".5", 50, 50),
            ("1e2", 10000, 10000),
            ("1.5E-1", 15, 15),
            ("0.004", 0, 0),
            ("99.994", 9999, 9999),
        ];
        for (text, rounded, cut) in cases {
            assert_eq!(parse_numeric(text, 10, 2, Rounding::HalfAwayFromZero).unwrap(), rounded, "{text}");
            assert_eq!(parse_numeric(text, 10, 2, Rounding::Truncate).unwrap(), cut, "{text}");
        }
    }

    #[test]
    fn decimals_overflow_by_precision() {
        let error = parse_numeric("12345.6", 5, 2, Rounding::HalfAwayFromZero).unwrap_err().into_error();
        assert_eq!(error.message(), "numeric field overflow");
        let detail = "The absolute value is greater than or equal to 10^4 for field with precision 5, scale 2.";
        assert_eq!(error.detail(), Some(detail));
        assert!(parse_numeric("999.999", 5, 2, Rounding::HalfAwayFromZero).is_err());
        assert!(parse_numeric("999.999", 5, 2, Rounding::Truncate).is_ok());
        assert!(parse_numeric("1e40", 38, 0, Rounding::Truncate).is_err());
        assert_eq!(parse_numeric("0e40", 38, 0, Rounding::Truncate).unwrap(), 0);
    }

    #[test]
    fn a_written_number_has_a_precision_and_a_scale() {
        assert_eq!(decimal_of_text("12.50"), Some((1250, 4, 2)));
        assert_eq!(decimal_of_text("0.001"), Some((1, 3, 3)));
        assert_eq!(decimal_of_text("100"), Some((100, 3, 0)));
        assert_eq!(decimal_of_text("1e39"), None);
    }

    #[test]
    fn scales_change_by_rounding_or_cutting() {
        assert_eq!(rescale(1250, 2, 1, Rounding::HalfAwayFromZero), Some(125));
        assert_eq!(rescale(125, 2, 1, Rounding::HalfAwayFromZero), Some(13));
        assert_eq!(rescale(-125, 2, 1, Rounding::HalfAwayFromZero), Some(-13));
        assert_eq!(rescale(-129, 2, 1, Rounding::Truncate), Some(-12));
        assert_eq!(rescale(i128::MAX, 0, 1, Rounding::Truncate), None);
    }

    #[test]
    fn floats_know_their_range() {
        assert_eq!(parse_float8(" 1.5e3 ").unwrap(), 1500.0);
        assert!(parse_float8("nan").unwrap().is_nan());
        assert_eq!(parse_float4("-Infinity").unwrap(), f32::NEG_INFINITY);
        assert_eq!(parse_float8("0.0e5").unwrap(), 0.0);
        let error = parse_float8("1e400").unwrap_err().into_error();
        assert_eq!(error.message(), "\"1e400\" is out of range for type double precision");
        assert!(parse_float4("1e39").is_err());
        let error = parse_float8("inf").unwrap_err().into_error();
        assert_eq!(error.message(), "invalid input syntax for type double precision: \"inf\"");
    }

    #[test]
    fn booleans_may_be_cut_short() {
        for text in ["t", "TRUE", "y", "yes", "1", "tr"] {
            assert!(parse_bool(text).unwrap(), "{text}");
        }
        for text in ["f", "false", "n", "No", "0"] {
            assert!(!parse_bool(text).unwrap(), "{text}");
        }
        let error = parse_bool("maybe").unwrap_err().into_error();
        assert_eq!(error.message(), "invalid input syntax for type boolean: \"maybe\"");
    }

    use redshift_sql_dialect::SqlState;
}
