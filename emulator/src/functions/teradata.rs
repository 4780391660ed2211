//! TEXT_TO_INT_ALT and TEXT_TO_NUMERIC_ALT: numbers written as Teradata writes them.
//!
//! Source: developer guide, "Teradata-style formatting characters for numeric data". A sign may stand before or behind the
//! digits, a currency too; `/ , : %` are passed over; the last digit of a signed zoned decimal carries the sign. What a phrase
//! says of lengths holds of the result, which has been cut or rounded.

use datafusion::scalar::ScalarValue;
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, types::MAX_PRECISION};

use super::registry::{Call, Function, INT4, Param, function, takes};
use crate::{
    binder::{Typed, evaluate},
    text_input::power_of_ten,
};

const TEXT: Param = Param::Text;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("text_to_int_alt", &[takes(&[TEXT, TEXT], to_integer).optional(1)]),
    function(
        "text_to_numeric_alt",
        &[
            takes(&[TEXT, TEXT], |call| to_decimal(call, None)).optional(1),
            takes(&[TEXT, INT4, INT4], |call| to_decimal(call, Some(1))),
            takes(&[TEXT, TEXT, INT4, INT4], |call| to_decimal(call, Some(2))),
        ],
    ),
];

/// What a format phrase says of the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Phrase {
    /// Digits before the point, at most; none is any.
    whole: Option<usize>,
    /// Digits behind the point, at most; none is any.
    fraction: Option<usize>,
    /// Digits that are behind a point which is not written (V).
    implied: usize,
    /// Does the last character carry the sign (S)?
    zoned: bool,
}

/// Where in a format phrase a digit is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    Fraction,
    Implied,
}

impl Phrase {
    /// Reads a phrase such as `9(5)D99`, `999S`, `C9(I)`.
    ///
    /// # Errors
    /// 22023 for a character that it may not contain.
    fn of(text: &str) -> Result<Phrase> {
        let invalid = || Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("invalid format phrase \"{text}\""));
        let has = |c: char| text.contains(c);
        let point = has('D') || has('.');
        let excluded = (has('D') && has('.')) || (has('V') && point) || (has('S') && (point || has('Z') || has('F')));
        if excluded || text.matches(['L', 'C', 'N']).count() > 1 {
            return Err(invalid());
        }
        let mut phrase = Phrase { whole: Some(0), fraction: Some(0), ..Phrase::default() };
        let mut part = Part::Whole;
        let (mut nine, mut suppressed_fraction) = (false, false);
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                // "The Z character can't follow a 9 character", nor have one behind it behind the point.
                'Z' if nine => return Err(invalid()),
                '9' if suppressed_fraction => return Err(invalid()),
                '9' | 'Z' => {
                    nine |= c == '9';
                    suppressed_fraction |= c == 'Z' && part == Part::Fraction;
                    let mut count = Some(1);
                    if let Some(inside) = rest.strip_prefix('(') {
                        let (times, behind) = inside.split_once(')').ok_or_else(invalid)?;
                        count = match times {
                            "I" | "F" => None,
                            times => Some(times.parse::<usize>().map_err(|_| invalid())?),
                        };
                        rest = behind;
                    }
                    phrase.count(part, count);
                }
                'D' | '.' if part == Part::Whole => part = Part::Fraction,
                'V' if part == Part::Whole => part = Part::Implied,
                'S' if rest.is_empty() => {
                    phrase.zoned = true;
                    phrase.count(part, Some(1));
                }
                'L' | 'C' | 'N' => {}
                _ => return Err(invalid()),
            }
        }
        Ok(phrase)
    }

    fn count(&mut self, part: Part, digits: Option<usize>) {
        let places = match part {
            Part::Whole => &mut self.whole,
            Part::Fraction => &mut self.fraction,
            Part::Implied => {
                self.implied += digits.unwrap_or(0);
                &mut self.whole
            }
        };
        *places = places.zip(digits).map(|(places, more)| places + more);
    }
}

/// What becomes of digits that there is no place for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Excess {
    Cut,
    ToEven,
}

/// How numbers are read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Reading {
    phrase: Option<Phrase>,
    ty: RedshiftType,
    precision: u8,
    scale: u8,
    excess: Excess,
}

impl Reading {
    fn invalid(&self, text: &str) -> Error {
        let message = format!("invalid input syntax for type {}: \"{text}\"", self.ty.base_name());
        Error::new(SqlState::INVALID_TEXT_REPRESENTATION, message)
    }

    fn overflow(&self) -> Error {
        let message = match self.ty {
            RedshiftType::Int4 => "integer out of range",
            _ => "numeric field overflow",
        };
        Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message)
    }

    /// The number, in units of the scale.
    fn read(&self, text: &str) -> Result<i128> {
        let digits = self.digits(text)?;
        let shift = digits.exponent - digits.behind_point + i32::from(self.scale);
        let value = if shift >= 0 {
            let factor = u32::try_from(shift).ok().filter(|shift| *shift <= 38).map(power_of_ten);
            match digits.value {
                0 => Some(0),
                value => factor.and_then(|factor| value.checked_mul(factor)),
            }
        } else if shift < -38 {
            Some(0)
        } else {
            let divisor = power_of_ten(shift.unsigned_abs());
            let (quotient, remainder) = (digits.value / divisor, (digits.value % divisor).abs());
            let up = match (remainder * 2).cmp(&divisor) {
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Equal => quotient % 2 != 0,
                std::cmp::Ordering::Less => false,
            };
            let away = if self.excess == Excess::ToEven && up { digits.value.signum() } else { 0 };
            Some(quotient + away)
        };
        if let (Some(value), Some(most)) = (value, self.most_whole_digits())
            && (value / power_of_ten(u32::from(self.scale))).abs() >= power_of_ten(most)
        {
            return Err(self.invalid(text));
        }
        let limit = power_of_ten(u32::from(self.precision));
        value.filter(|value| -limit < *value && *value < limit).ok_or_else(|| self.overflow())
    }

    /// Digits before the point that the phrase has places for; none is any number.
    fn most_whole_digits(&self) -> Option<u32> {
        let phrase = self.phrase.as_ref()?;
        let places = phrase.whole?.saturating_sub(phrase.implied);
        u32::try_from(places).ok().filter(|places| *places < u32::from(MAX_PRECISION))
    }

    fn digits(&self, text: &str) -> Result<Digits> {
        let invalid = || self.invalid(text);
        let mut bare = without_currency(text.trim()).trim().to_string();
        if bare.is_empty() {
            return Ok(Digits::default());
        }
        let mut negative = false;
        if self.phrase.as_ref().is_some_and(|phrase| phrase.zoned) {
            let last = bare.pop().ok_or_else(invalid)?;
            let (digit, sign) = zoned_digit(last).ok_or_else(invalid)?;
            bare.push(digit);
            negative = sign;
        }
        let mut signs = 0;
        for sign in ['-', '+'] {
            let stripped = bare.strip_prefix(sign).or_else(|| bare.strip_suffix(sign)).map(str::to_string);
            if let Some(stripped) = stripped {
                signs += 1;
                negative |= sign == '-';
                bare = stripped.trim().to_string();
            }
        }
        let (mantissa, exponent) = match bare.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| invalid())?),
            None => (bare.as_str(), 0),
        };
        let mut digits = Digits { exponent, ..Digits::default() };
        let (mut whole, mut point, mut any) = (0, false, false);
        for c in mantissa.chars() {
            match c {
                '0'..='9' => {
                    let value = digits.value.checked_mul(10).and_then(|v| v.checked_add(i128::from(c as u8 - b'0')));
                    digits.value = value.ok_or_else(|| self.overflow())?;
                    any = true;
                    if point {
                        digits.behind_point += 1;
                    } else if whole > 0 || c != '0' {
                        whole += 1;
                    }
                }
                '.' if !point => point = true,
                '/' | ',' | ':' | '%' => {}
                _ => return Err(invalid()),
            }
        }
        if !any || signs > 1 {
            return Err(invalid());
        }
        if let Some(phrase) = &self.phrase {
            let behind = digits.behind_point as usize;
            // Digits behind the point that the result has no place for are cut or rounded: see [`Excess`].
            let kept = behind.min(usize::from(self.scale));
            if phrase.whole.is_some_and(|most| whole > most) || phrase.fraction.is_some_and(|most| kept > most) {
                return Err(invalid());
            }
            digits.behind_point += phrase.implied as i32;
        }
        if negative {
            digits.value = -digits.value;
        }
        Ok(digits)
    }
}

/// A number's digits, how many of them are behind the point, and its exponent.
#[derive(Default)]
struct Digits {
    value: i128,
    behind_point: i32,
    exponent: i32,
}

fn without_currency(text: &str) -> &str {
    ["US Dollars", "USD", "$"]
        .iter()
        .find_map(|currency| text.strip_prefix(currency).or_else(|| text.strip_suffix(currency)))
        .unwrap_or(text)
}

/// The digit that the last character of a signed zoned decimal stands for, and whether the number is negative.
fn zoned_digit(c: char) -> Option<(char, bool)> {
    let digit = |from: char| char::from(b'1' + (c as u8 - from as u8));
    Some(match c {
        '0'..='9' => (c, false),
        '{' => ('0', false),
        'A'..='I' => (digit('A'), false),
        '}' => ('0', true),
        'J'..='R' => (digit('J'), true),
        _ => return None,
    })
}

fn phrase(call: &Call<'_>, index: usize) -> Result<Option<Phrase>> {
    if call.args.len() <= index || !call.ty(index).is_string() {
        return Ok(None);
    }
    call.constant(index)?.map(Phrase::of).transpose()
}

fn to_integer(mut call: Call<'_>) -> Result<Typed> {
    let phrase = phrase(&call, 1)?;
    call.args.truncate(1);
    let ty = RedshiftType::Int4;
    let reading = Reading { phrase, ty, precision: 11, scale: 0, excess: Excess::Cut };
    call.kernel_with(reading, ty, |reading, args| {
        args.map1(|text: &str| {
            let value = i32::try_from(reading.read(text)?);
            value.map(Some).map_err(|_| reading.overflow())
        })
    })
}

/// `sized` is the place of the arguments precision and scale, where they are given.
fn to_decimal(mut call: Call<'_>, sized: Option<usize>) -> Result<Typed> {
    let phrase = phrase(&call, 1)?;
    let (precision, scale) = match sized {
        Some(at) => (size(&call, at)?, size(&call, at + 1)?),
        None => (MAX_PRECISION, 0),
    };
    if precision == 0 || precision > MAX_PRECISION || scale > precision {
        let message = format!("invalid precision and scale: {precision}, {scale}");
        return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
    }
    call.args.truncate(1);
    let ty = RedshiftType::numeric(precision, scale);
    let reading = Reading { phrase, ty, precision, scale, excess: Excess::ToEven };
    call.kernel_with(reading, ty, |reading, args| args.map1(|text: &str| reading.read(text).map(Some)))
}

fn size(call: &Call<'_>, index: usize) -> Result<u8> {
    match evaluate(call.args[index].clone()) {
        Ok(ScalarValue::Int32(Some(size))) => Ok(u8::try_from(size).unwrap_or(u8::MAX)),
        _ => {
            let message = format!("argument {} of {} has to be a constant", index + 1, call.name);
            Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{Leaves, check, check_errors, check_types, evaluate};

    #[test]
    fn numbers_are_written_in_many_ways() {
        check(&[
            // TEXT_TO_INT_ALT
            ("text_to_int_alt('123-')", "-123"),
            ("text_to_int_alt('2147483647+')", "2147483647"),
            ("text_to_int_alt('-123E-2')", "-1"),
            ("text_to_int_alt('123{', '999S')", "1230"),
            ("text_to_int_alt('USD123', 'C9(I)')", "123"),
            ("text_to_int_alt('123.123')", "123"),
            ("text_to_int_alt('')", "0"),
            ("text_to_int_alt(null)", "NULL"),
            ("text_to_int_alt('12J', '99S')", "-121"),
            ("text_to_int_alt('1,234,567')", "1234567"),
            // TEXT_TO_NUMERIC_ALT
            ("text_to_numeric_alt('1.5')", "2"),
            ("text_to_numeric_alt('2.5')", "2"),
            ("text_to_numeric_alt('2.51')", "3"),
            ("text_to_numeric_alt('-123E2')", "-12300"),
            ("text_to_numeric_alt('123{', '999S')", "1230"),
            ("text_to_numeric_alt('USD123.9', 'C9(I)')", "124"),
            ("text_to_int_alt('USD123.9', 'C9(I)')", "123"),
            ("text_to_int_alt('007', 'ZZ9')", "7"),
        ]);
        check_types(&[("text_to_int_alt('1')", "integer"), ("text_to_numeric_alt('1')", "numeric(38,0)")]);
    }

    #[test]
    fn precision_and_scale_are_constants() {
        let shown = |sql: &str| evaluate(sql, Leaves::Constants).map(|(text, ty)| (text, ty.to_string()));
        let is = |text: &str, ty: &str| Ok((text.to_string(), ty.to_string()));
        assert_eq!(shown("text_to_numeric_alt('123.52501', 10, 2)"), is("123.53", "numeric(10,2)"));
        assert_eq!(shown("text_to_numeric_alt('12345', '999V99', 10, 2)"), is("123.45", "numeric(10,2)"));
        assert_eq!(shown("text_to_numeric_alt('$ 12.50', 'L99D99', 10, 1)"), is("12.5", "numeric(10,1)"));
        let too_long = shown("text_to_numeric_alt('1.25', '9D9', 5, 2)").unwrap_err();
        assert_eq!(too_long.message(), "invalid input syntax for type numeric: \"1.25\"");
        assert_eq!(shown("text_to_numeric_alt('123', 2, 0)").unwrap_err().message(), "numeric field overflow");
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        check_errors(&[
            ("text_to_int_alt('2147483648')", "22003", "integer out of range"),
            ("text_to_int_alt('1234', '999')", "22P02", "invalid input syntax for type integer: \"1234\""),
            ("text_to_int_alt('1 2')", "22P02", "invalid input syntax for type integer: \"1 2\""),
            ("text_to_int_alt('1', '9G9')", "22023", "invalid format phrase \"9G9\""),
            ("text_to_int_alt('1', '9Z')", "22023", "invalid format phrase \"9Z\""),
            ("text_to_int_alt('1', '9.Z9')", "22023", "invalid format phrase \"9.Z9\""),
            ("text_to_int_alt('1', '9(F)S')", "22023", "invalid format phrase \"9(F)S\""),
            ("text_to_numeric_alt('9.9', '9')", "22P02", "invalid input syntax for type numeric: \"9.9\""),
        ]);
    }
}
