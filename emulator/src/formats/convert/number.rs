//! Numbers as most files write them. Whatever else is allowed is left to `text_input`.

use std::str::FromStr;

use super::Fault;
use crate::text_input::Rounding;

/// Optional sign and up to 18 digits.
#[inline]
pub(super) fn integer(raw: &[u8]) -> Option<i64> {
    let (negative, digits) = match raw {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut value = 0i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

/// Digits with a point or an exponent.
#[inline]
pub(super) fn float<T: FromStr>(raw: &[u8]) -> Option<T> {
    let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
    if !raw.iter().all(is_part) {
        return None;
    }
    let text = std::str::from_utf8(raw).ok()?;
    // What is too large becomes infinite here and an overflow there.
    let is_long = text.len() > 18 || text.contains(['e', 'E']);
    if is_long { None } else { text.parse().ok() }
}

/// Reads DECIMAL(precision, scale).
pub(super) struct Decimal {
    scale: usize,
    /// 10 to the power of the precision, where 64 bits hold it.
    limit: i64,
    rounds: bool,
}

const POWERS: [i64; 19] = {
    let mut powers = [1; 19];
    let mut index = 1;
    while index < powers.len() {
        powers[index] = powers[index - 1] * 10;
        index += 1;
    }
    powers
};

impl Decimal {
    pub(super) fn new(precision: u8, scale: u8, rounding: Rounding) -> Self {
        let limit = POWERS.get(usize::from(precision)).copied().unwrap_or(i64::MAX);
        Decimal { scale: usize::from(scale), limit, rounds: rounding == Rounding::HalfAwayFromZero }
    }

    /// Optional sign, digits, optional point and digits; no more than 18 digits are kept.
    #[inline]
    pub(super) fn read(&self, raw: &[u8]) -> Option<i128> {
        let (negative, rest) = match raw {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let mut value = 0i64;
        let mut at = 0;
        while let Some(byte) = rest.get(at) {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
            at += 1;
        }
        let whole = at;
        let mut kept = 0;
        if let Some(byte) = rest.get(at) {
            if *byte != b'.' {
                return None;
            }
            at += 1;
            let mut dropped = false;
            while let Some(byte) = rest.get(at) {
                let digit = byte.wrapping_sub(b'0');
                if digit > 9 {
                    return None;
                }
                if kept < self.scale {
                    value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
                    kept += 1;
                } else if !dropped {
                    value += i64::from(self.rounds && digit >= 5);
                    dropped = true;
                }
                at += 1;
            }
        }
        // More digits may have gone over the edge of 64 bits unseen.
        if whole == 0 || whole + self.scale > 18 {
            return None;
        }
        let value = value * POWERS[self.scale - kept];
        (value < self.limit).then(|| i128::from(if negative { -value } else { value }))
    }
}

/// Pairs of hexadecimal digits, at most `length` of them.
pub(super) fn hexadecimal(raw: &[u8], length: usize) -> Result<Vec<u8>, Fault> {
    let digit = |position: usize| {
        let byte = raw[position];
        let value = char::from(byte).to_digit(16);
        let wrong = || {
            let shown = char::from(byte);
            Fault::new(1207, format!("Invalid digit, Value '{shown}', Pos {position}, Type: Varbyte"))
        };
        value.map(|value| value as u8).ok_or_else(wrong)
    };
    if raw.len() % 2 == 1 {
        return Err(Fault::new(1207, "Invalid hexadecimal value: the number of digits is odd"));
    }
    if raw.len() / 2 > length {
        return Err(Fault::new(1204, "Varbyte length exceeds DDL length"));
    }
    (0..raw.len()).step_by(2).map(|at| Ok(digit(at)? << 4 | digit(at + 1)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_input::{parse_float8, parse_int8, parse_numeric};

    #[test]
    fn integers_agree_with_the_long_way() {
        for text in
            ["0", "-0", "7", "-12", "007", "999999999999999999", "", "-", "+1", "1 ", "1.0", "x", "1234567890123456789"]
        {
            let short = integer(text.as_bytes());
            assert!(short.is_none() || short == parse_int8(text).ok(), "{text}");
        }
        assert_eq!(integer(b"-12"), Some(-12));
    }

    #[test]
    fn decimals_agree_with_the_long_way() {
        let texts = [
            "20.259",
            "-20.255",
            "0.005",
            "-0.004",
            "1",
            "-1.",
            "1.5",
            "99999999.99",
            "99999999.995",
            "100000000",
            "",
            ".5",
            "-",
            "1e3",
            "1.2.3",
            "12345678901234567890",
            "0.00000000000000000001",
            "123456789012345.678",
        ];
        for rounding in [Rounding::Truncate, Rounding::HalfAwayFromZero] {
            for (precision, scale) in [(10, 2), (18, 0), (18, 18), (38, 10), (5, 5), (1, 0)] {
                let decimal = Decimal::new(precision, scale, rounding);
                for text in texts {
                    let short = decimal.read(text.as_bytes());
                    let long = parse_numeric(text, precision, scale, rounding).ok();
                    assert!(short.is_none() || short == long, "{text} {precision} {scale} {short:?} {long:?}");
                }
            }
        }
        // "Data conversion parameters", ROUNDEC.
        assert_eq!(Decimal::new(8, 2, Rounding::Truncate).read(b"20.259"), Some(2025));
        assert_eq!(Decimal::new(8, 2, Rounding::HalfAwayFromZero).read(b"20.259"), Some(2026));
    }

    #[test]
    fn floats_agree_with_the_long_way() {
        for text in ["1", "-1.5", "0.1", "1e5", ".5", "5.", "", "-", "1.2.3", "nan", "12345678901234567890"] {
            let short = float::<f64>(text.as_bytes());
            assert!(short.is_none() || short == parse_float8(text).ok(), "{text}");
        }
        assert_eq!(float(b"-1.5"), Some(-1.5f64));
    }

    #[test]
    fn bytes_are_pairs_of_digits() {
        assert_eq!(hexadecimal(b"00ffA1", 3), Ok(vec![0, 255, 161]));
        assert_eq!(hexadecimal(b"0", 3).expect_err("odd").code, 1207);
        assert_eq!(
            hexadecimal(b"0g", 3).expect_err("no digit").reason,
            "Invalid digit, Value 'g', Pos 1, Type: Varbyte"
        );
        assert_eq!(hexadecimal(b"0011", 1).expect_err("too long").code, 1204);
    }
}
