//! Constants and their types: developer guide, "Literals" under each data type.

use arrow::datatypes::IntervalMonthDayNano;
use datafusion::scalar::ScalarValue;
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{IntervalQualifier, Literal},
    types::MAX_PRECISION,
};

use super::{Binder, Typed};
use crate::{
    error::compute_error,
    text_input::{Composite, InputError, IntervalUnits, fits_precision, parse_interval, parse_qualified_interval},
};

impl Binder {
    /// A constant. Strings and NULL have no type until their surroundings give them one.
    pub(super) fn literal(&self, literal: &Literal) -> Result<Typed> {
        match literal {
            Literal::Null => Ok(Typed::literal(ScalarValue::Utf8View(None), RedshiftType::Unknown)),
            Literal::Bool(value) => Ok(Typed::literal(ScalarValue::Boolean(Some(*value)), RedshiftType::Bool)),
            Literal::Integer(digits) => integer(digits),
            Literal::Decimal(digits) => decimal(digits),
            Literal::Float(digits) => float(digits),
            Literal::String(text) => Ok(unknown(text)),
            // Only a cast knows what to make of it: see [`bits`].
            Literal::Bits { .. } => Err(Error::unsupported("bit string literals are not supported")),
            Literal::Interval { value, qualifier } => {
                let forbid = self.ctx.session.settings.get("interval_forbid_composite_literals");
                let discard = forbid.is_some_and(|value| value == "off");
                interval(value, *qualifier, if discard { Composite::Discard } else { Composite::Refuse })
            }
        }
    }

    /// A number behind a minus sign: `-2147483648` is an INTEGER although 2147483648 is none.
    pub(super) fn negative_literal(&self, literal: &Literal) -> Result<Option<Typed>> {
        match literal {
            Literal::Integer(digits) => integer(&format!("-{digits}")).map(Some),
            Literal::Decimal(digits) => decimal(&format!("-{digits}")).map(Some),
            Literal::Float(digits) => float(&format!("-{digits}")).map(Some),
            _ => Ok(None),
        }
    }
}

/// Bits as an integer, as PostgreSQL casts them: the lowest is the last, and a number of all its bits may be negative.
///
/// # Errors
/// 22003 for more bits than the integer has; 42846 where it is no integer.
pub(super) fn bits(hexadecimal: bool, digits: &str, ty: RedshiftType) -> Result<Typed> {
    let wide = if hexadecimal { digits.len() * 4 } else { digits.len() };
    let value =
        if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, if hexadecimal { 16 } else { 2 }).ok() };
    let overflow = || Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("{} out of range", ty.base_name()));
    match ty {
        RedshiftType::Int4 => match value.filter(|_| wide <= 32).and_then(|value| u32::try_from(value).ok()) {
            Some(value) => Ok(Typed::literal(ScalarValue::Int32(Some(value.cast_signed())), ty)),
            None => Err(overflow()),
        },
        RedshiftType::Int8 => match value.filter(|_| wide <= 64) {
            Some(value) => Ok(Typed::literal(ScalarValue::Int64(Some(value.cast_signed())), ty)),
            None => Err(overflow()),
        },
        _ => Err(Error::new(SqlState::CANNOT_COERCE, format!("cannot cast type bit to {}", ty.base_name()))),
    }
}

/// A string that has no type yet.
pub(in crate::binder) fn unknown(text: &str) -> Typed {
    Typed::literal(ScalarValue::Utf8View(Some(text.to_string())), RedshiftType::Unknown)
}

/// INTEGER, BIGINT, or DECIMAL, whichever holds it first.
fn integer(digits: &str) -> Result<Typed> {
    if let Ok(value) = digits.parse::<i32>() {
        return Ok(Typed::literal(ScalarValue::Int32(Some(value)), RedshiftType::Int4));
    }
    if let Ok(value) = digits.parse::<i64>() {
        return Ok(Typed::literal(ScalarValue::Int64(Some(value)), RedshiftType::Int8));
    }
    decimal(digits)
}

/// DECIMAL with as many digits as are written, without leading zeros.
fn decimal(digits: &str) -> Result<Typed> {
    let overflow = || compute_error("Numeric data overflow (result precision)", 1058, "128 bit overflow");
    let (sign, unsigned) = match digits.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, digits),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let whole = whole.trim_start_matches('0');
    let scale = u8::try_from(fraction.len()).map_err(|_| overflow())?;
    let precision = u8::try_from(whole.len() + fraction.len()).map_err(|_| overflow())?.max(1);
    if precision > MAX_PRECISION {
        return Err(overflow());
    }
    let all = format!("{whole}{fraction}");
    let value = sign * if all.is_empty() { 0 } else { all.parse::<i128>().map_err(|_| overflow())? };
    // A DECIMAL of 19 digits does not hold every number of as many.
    let precision = if fits_precision(value, precision) { precision } else { precision + 1 };
    let value = ScalarValue::Decimal128(Some(value), precision, scale as i8);
    Ok(Typed::literal(value, RedshiftType::numeric(precision, scale)))
}

fn float(digits: &str) -> Result<Typed> {
    let value: f64 = digits.parse().map_err(|_| Error::syntax_near(digits, 0).without_position())?;
    if value.is_infinite() {
        let message = format!("\"{digits}\" is out of range for type double precision");
        return Err(Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message));
    }
    Ok(Typed::literal(ScalarValue::Float64(Some(value)), RedshiftType::Float8))
}

/// `INTERVAL 'text' [qualifier]`
fn interval(text: &str, qualifier: Option<IntervalQualifier>, composite: Composite) -> Result<Typed> {
    let overflow =
        || Error::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("interval field value out of range: \"{text}\""));
    let Some(qualifier) = qualifier else {
        let value = parse_interval(text).map_err(InputError::into_error)?;
        let nanos = value.micros.checked_mul(1_000).ok_or_else(overflow)?;
        let value = IntervalMonthDayNano::new(value.months, value.days, nanos);
        return Ok(Typed::literal(ScalarValue::IntervalMonthDayNano(Some(value)), RedshiftType::Interval));
    };
    let value = parse_qualified_interval(text, qualifier, composite).map_err(InputError::into_error)?;
    Ok(match IntervalUnits::of(qualifier.from) {
        IntervalUnits::YearToMonth => {
            Typed::literal(ScalarValue::IntervalYearMonth(Some(value.months)), RedshiftType::YEAR_TO_MONTH)
        }
        IntervalUnits::DayToSecond => {
            let days = i64::from(value.days).checked_mul(MICROS_PER_DAY).ok_or_else(overflow)?;
            let micros = days.checked_add(value.micros).ok_or_else(overflow)?;
            Typed::literal(ScalarValue::DurationMicrosecond(Some(micros)), RedshiftType::DAY_TO_SECOND)
        }
    })
}

const MICROS_PER_DAY: i64 = 86_400_000_000;
