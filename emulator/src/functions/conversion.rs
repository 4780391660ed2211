//! What casts compute: values of one type from values of another.
//!
//! One kernel does all; its parameters say from what to what and how. Only conversions that a cast of the binder asks
//! for exist; lossless widenings (SMALLINT to INTEGER) are DataFusion's own casts, which its optimiser understands.

use std::fmt::{self, Write};

use arrow::{
    array::{Array, ArrayRef},
    datatypes::IntervalMonthDayNano,
};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, types::MAX_PRECISION};

use super::{
    catalog_arrays,
    kernel::{Args, Kernel, Read},
    sketch::Sketch,
};
use crate::{
    error::compute_error,
    system::written_regproc,
    text_input::{
        self, DateTimeInput, InputError, Rounding,
        calendar::{DAY, FIRST_DAY, LAST_DAY},
        cut_micros, cut_months, fits_precision, power_of_ten, rescale,
        zone::Zone,
    },
    text_output::{self, TextStyle},
};

/// From what to what, and how.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Conversion {
    /// The type of the values.
    pub from: RedshiftType,
    /// The type that they get.
    pub to: RedshiftType,
    /// What becomes of digits that a number has no place for.
    pub rounding: Rounding,
    /// What becomes of bytes that a string has no place for.
    pub excess: Excess,
    /// What becomes of values that the type cannot hold.
    pub failure: Failure,
    /// How dates and times are read.
    pub input: DateTimeInput,
    /// How values are written.
    pub style: TextStyle,
}

/// What becomes of bytes that a string has no place for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Excess {
    /// They stay: operands are compared and joined whole.
    Keep,
    /// They are cut off, whole characters at a time.
    Cut,
    /// They are an error, unless they are blanks.
    Refuse,
}

/// What becomes of values that a type cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// An error as the leader node words it: of constants.
    Leader,
    /// An error as a compute node words it: of columns.
    Compute,
    /// NULL: TRY_CAST.
    Null,
}

impl Conversion {
    /// The kernel that does it.
    pub fn kernel(self) -> Kernel<Conversion> {
        let to = self.to;
        Kernel::new(format!("cast({} as {to})", self.from), self, to, convert)
    }

    /// Are characters of more than one byte refused? What a table keeps as CHAR has none; a query's text in the logs, which is
    /// CHAR as well, may have some.
    fn checks_characters(&self) -> bool {
        self.excess == Excess::Refuse || self.failure == Failure::Compute && !matches!(self.from, RedshiftType::Char(_))
    }

    fn failed<R>(&self, error: impl FnOnce() -> Error) -> Result<Option<R>> {
        if self.failure == Failure::Null { Ok(None) } else { Err(error()) }
    }

    /// A number that the type cannot hold.
    fn out_of_range<R>(&self, value: impl fmt::Display) -> Result<Option<R>> {
        use RedshiftType::{Int2, Int4, Int8, Oid};
        self.failed(|| match (self.to, self.failure) {
            (Int2, Failure::Compute) => compute_range(2, value),
            (Int4, Failure::Compute) => compute_range(4, value),
            (Int8 | Oid, Failure::Compute) => compute_range(8, value),
            (to, _) => {
                let message = format!("{} out of range", to.base_name());
                Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message)
            }
        })
    }

    /// A decimal of more digits than the type has; of its value at the type's scale, if it has one.
    fn too_many_digits<R>(&self, value: Option<i128>) -> Result<Option<R>> {
        let RedshiftType::Numeric { precision, scale } = self.to else { return self.out_of_range("") };
        self.failed(|| {
            // No decimal of the leader's has more than 38 digits either (dlt's tests of errors).
            if self.failure == Failure::Compute || precision == MAX_PRECISION {
                let context = if precision > 19 { "128 bit overflow" } else { "64 bit overflow" };
                return compute_error("Numeric data overflow (result precision)", 1058, context);
            }
            let error = Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow");
            let Some(value) = value else { return error };
            let digits = value.unsigned_abs().checked_ilog10().map_or(0, |log| log + 1);
            error.with_detail(format!(
                "The absolute value is greater than or equal to 10^{} for field with precision {precision}, scale {scale}.",
                digits.saturating_sub(u32::from(scale)).saturating_sub(1)
            ))
        })
    }

    fn read<R>(&self, result: Result<R, InputError>) -> Result<Option<R>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) => self.failed(|| match self.failure {
                Failure::Compute => error.into_compute_error(),
                Failure::Leader | Failure::Null => error.into_error(),
            }),
        }
    }

    fn decimal(&self, value: Option<i128>, precision: u8) -> Result<Option<i128>> {
        match value.filter(|value| fits_precision(*value, precision)) {
            Some(value) => Ok(Some(value)),
            None => self.too_many_digits(value),
        }
    }
}

fn compute_range(bytes: u8, value: impl fmt::Display) -> Error {
    compute_error(&format!("Value out of range for {bytes} bytes."), 8001, &format!("Input:{value}."))
}

fn convert(how: &Conversion, args: &Args) -> Result<ArrayRef> {
    use RedshiftType::*;
    match (how.from, how.to) {
        (Varbyte(_), Char(_) | Varchar(_) | Text) => binary_to_text(how, args),
        (Char(n), Varbyte(_)) => {
            args.map1(|text: &str| fit_bytes(how, format!("{text:<width$}", width = n as usize).into_bytes()))
        }
        (Varchar(_) | Text | Name | InternalChar | Unknown, Varbyte(_)) => {
            args.map1(|text: &str| fit_bytes(how, text.as_bytes().to_vec()))
        }
        (Varbyte(_), Varbyte(_)) => args.map1(|bytes: &[u8]| fit_bytes(how, bytes.to_vec())),
        (HllSketch, Char(_) | Varchar(_) | Text) => binary_to_text(how, args),
        (Char(_) | Varchar(_) | Text | Unknown, HllSketch) => args.map1(|text: &str| match Sketch::of_text(text) {
            Ok(sketch) => Ok(Some(sketch.to_text().into_bytes())),
            Err(error) => how.failed(|| error),
        }),
        (Int2, Varbyte(_)) => args.map1(|value: i16| fit_bytes(how, value.to_be_bytes().to_vec())),
        (Int4, Varbyte(_)) => args.map1(|value: i32| fit_bytes(how, value.to_be_bytes().to_vec())),
        (Int8, Varbyte(_)) => args.map1(|value: i64| fit_bytes(how, value.to_be_bytes().to_vec())),
        (from, to) if is_text(from) && is_text(to) => text_to_text(how, args),
        // The character's number (PostgreSQL 8.0, "pg_cast").
        (InternalChar, Int4) => args.map1(|text: &str| Ok(Some(text.bytes().next().map_or(0, i32::from)))),
        (from, _) if is_text(from) => from_text(how, args),
        (_, Int2Array | Int4Array | OidArray | TextArray) => catalog_arrays::with_elements_of(how.to, args),
        (_, to) if is_text(to) => to_text(how, args),
        (Bool, Int2) => args.map1(|value: bool| Ok(Some(i16::from(value)))),
        (Bool, Int4) => args.map1(|value: bool| Ok(Some(i32::from(value)))),
        (Bool, Int8 | Oid) => args.map1(|value: bool| Ok(Some(i64::from(value)))),
        (Bool, Numeric { scale, .. }) => args.map1(|v: bool| Ok(Some(i128::from(v) * power_of_ten(u32::from(scale))))),
        (Bool, Float4) => args.map1(|value: bool| Ok(Some(f32::from(u8::from(value))))),
        (Bool, Float8) => args.map1(|value: bool| Ok(Some(f64::from(u8::from(value))))),
        (Numeric { .. }, _) => from_decimal(how, args),
        (Float4 | Float8, _) => from_float(how, args),
        (Int2 | Int4 | Int8 | Oid | AbsTime, _) => from_integer(how, args),
        (Date | Time | TimeTz | Timestamp | TimestampTz, _) => from_datetime(how, args),
        (Interval | IntervalYearToMonth(_) | IntervalDayToSecond(_), _) => from_interval(how, args),
        _ => Err(unsupported(how)),
    }
}

/// Types held as strings whose values are their own text.
fn is_text(ty: RedshiftType) -> bool {
    use RedshiftType::*;
    matches!(
        ty,
        Char(_)
            | Varchar(_)
            | Text
            | Name
            | InternalChar
            | Unknown
            | RegProc
            | RegProcedure
            | RegClass
            | RegType
            | AclItem
            | CString
            | Super
    )
}

fn unsupported(how: &Conversion) -> Error {
    Error::unsupported(format!("cast from {} to {} is not supported", how.from, how.to))
}

/// The beginning of a text that has no more than so many bytes and no part of a character.
pub fn cut_to_bytes(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

fn text_to_text(how: &Conversion, args: &Args) -> Result<ArrayRef> {
    if how.from == RedshiftType::RegProc {
        return args.map1(|held: &str| Ok(fit(how, &written_regproc(held))?.map(str::to_string)));
    }
    args.map1(|text: &str| fit(how, text))
}

/// A string as its type holds it: no longer than it may be, CHAR without trailing blanks.
fn fit<'a>(how: &Conversion, text: &'a str) -> Result<Option<&'a str>> {
    let (most, text) = match how.to {
        RedshiftType::Char(_) if !text.is_ascii() && how.checks_characters() => {
            return how.failed(|| match how.failure {
                Failure::Compute => not_ascii(text),
                Failure::Leader | Failure::Null => {
                    Error::new(SqlState::INTERNAL_ERROR, "CHAR string contains invalid ASCII character")
                }
            });
        }
        RedshiftType::Char(n) => (n as usize, text.trim_end_matches(' ')),
        RedshiftType::Varchar(n) => (n as usize, text),
        RedshiftType::Name => (127, text),
        RedshiftType::InternalChar => (1, text),
        _ => return Ok(Some(text)),
    };
    if text.len() <= most || how.excess == Excess::Keep {
        return Ok(Some(text));
    }
    let cut = cut_to_bytes(text, most);
    if how.excess == Excess::Cut || text[cut.len()..].bytes().all(|byte| byte == b' ') {
        return Ok(Some(if matches!(how.to, RedshiftType::Char(_)) { cut.trim_end_matches(' ') } else { cut }));
    }
    how.failed(|| match how.failure {
        Failure::Compute => too_long_for_column(how.to),
        Failure::Leader | Failure::Null => too_long(how.to),
    })
}

/// "A CHAR column can only contain single-byte characters" (developer guide, "Character types").
fn not_ascii(text: &str) -> Error {
    let character = text.chars().find(|character| !character.is_ascii()).unwrap_or_default();
    let bytes: String = character.to_string().bytes().map(|byte| format!("{byte:x} ")).collect();
    let context = format!("Only ASCII characters are allowed in fixed length strings. Invalid ASCII char: {bytes}");
    compute_error("Invalid characters:", 8001, &context)
}

/// Bytes as their type holds them: no more than it may have.
fn fit_bytes(how: &Conversion, mut bytes: Vec<u8>) -> Result<Option<Vec<u8>>> {
    let RedshiftType::Varbyte(most) = how.to else { return Ok(Some(bytes)) };
    match how.excess {
        Excess::Refuse if bytes.len() > most as usize => how.failed(|| too_long(how.to)),
        Excess::Cut => {
            bytes.truncate(most as usize);
            Ok(Some(bytes))
        }
        Excess::Keep | Excess::Refuse => Ok(Some(bytes)),
    }
}

/// A string that is too long, as compute nodes word it.
pub fn too_long_for_column(ty: RedshiftType) -> Error {
    compute_error("Value too long for character type", 8001, &format!("Value too long for type {ty}"))
}

/// 22001 `value too long for type character varying(20)`
pub fn too_long(ty: RedshiftType) -> Error {
    Error::new(SqlState::STRING_DATA_RIGHT_TRUNCATION, format!("value too long for type {ty}"))
}

fn from_text(how: &Conversion, args: &Args) -> Result<ArrayRef> {
    use RedshiftType::*;
    let input = &how.input;
    match how.to {
        Bool => args.map1(|text: &str| how.read(text_input::parse_bool(text))),
        Int2 => args.map1(|text: &str| how.read(text_input::parse_int2(text))),
        Int4 => args.map1(|text: &str| how.read(text_input::parse_int4(text))),
        Int8 | Oid => args.map1(|text: &str| how.read(text_input::parse_int8(text))),
        Numeric { precision, scale } => {
            args.map1(|text: &str| how.read(text_input::parse_numeric(text, precision, scale, how.rounding)))
        }
        Float4 => args.map1(|text: &str| how.read(text_input::parse_float4(text))),
        Float8 => args.map1(|text: &str| how.read(text_input::parse_float8(text))),
        Date => args.map1(|text: &str| how.read(text_input::parse_date(text, input))),
        Time => args.map1(|text: &str| how.read(text_input::parse_time(text, input))),
        TimeTz => args.map1(|text: &str| how.read(text_input::parse_timetz(text, input))),
        Timestamp => args.map1(|text: &str| how.read(text_input::parse_timestamp(text, input))),
        TimestampTz => args.map1(|text: &str| how.read(text_input::parse_timestamptz(text, input))),
        AbsTime => args.map1(|text: &str| how.read(text_input::parse_abstime(text, input))),
        Interval => args.map1(|text: &str| {
            let value = how.read(text_input::parse_interval(text))?;
            Ok(value.map(|value| interval(value.months, value.days, value.micros)))
        }),
        IntervalYearToMonth(_) => args.map1(|text: &str| {
            let value = how.read(text_input::parse_interval_of(text, how.to))?;
            Ok(value.map(|value| value.months))
        }),
        IntervalDayToSecond(_) => args.map1(|text: &str| {
            let value = how.read(text_input::parse_interval_of(text, how.to))?;
            Ok(value.map(|value| i64::from(value.days) * DAY + value.micros))
        }),
        TextArray | InternalCharArray | AclItemArray | Int2Array | Int4Array | OidArray => {
            catalog_arrays::from_text(how.to, args)
        }
        _ => Err(unsupported(how)),
    }
}

/// An interval as Arrow holds it.
pub fn interval(months: i32, days: i32, micros: i64) -> IntervalMonthDayNano {
    IntervalMonthDayNano::new(months, days, micros.saturating_mul(1000))
}

fn from_integer(how: &Conversion, args: &Args) -> Result<ArrayRef> {
    match how.from {
        RedshiftType::Int2 => integers::<i16>(how, args),
        RedshiftType::Int4 => integers::<i32>(how, args),
        _ => integers::<i64>(how, args),
    }
}

fn integers<'a, T: Read<'a> + Into<i64>>(how: &Conversion, args: &'a Args) -> Result<ArrayRef> {
    use RedshiftType::*;
    match how.to {
        Bool => args.map1(|value: T| Ok(Some(value.into() != 0))),
        Int2 => args.map1(|value: T| {
            let value: i64 = value.into();
            i16::try_from(value).map(Some).or_else(|_| how.out_of_range(value))
        }),
        Int4 => args.map1(|value: T| {
            let value: i64 = value.into();
            i32::try_from(value).map(Some).or_else(|_| how.out_of_range(value))
        }),
        Int8 | Oid => args.map1(|value: T| Ok(Some(value.into()))),
        Float4 => args.map1(|value: T| Ok(Some(value.into() as f32))),
        Float8 => args.map1(|value: T| Ok(Some(value.into() as f64))),
        Numeric { precision, scale } => {
            let unit = power_of_ten(u32::from(scale));
            args.map1(|value: T| how.decimal(i128::from(value.into()).checked_mul(unit), precision))
        }
        _ => Err(unsupported(how)),
    }
}

fn from_decimal(how: &Conversion, args: &Args) -> Result<ArrayRef> {
    use RedshiftType::*;
    let RedshiftType::Numeric { scale: from, .. } = how.from else { return Err(unsupported(how)) };
    let whole = |value: i128| rescale(value, from, 0, how.rounding);
    match how.to {
        Bool => args.map1(|value: i128| Ok(Some(value != 0))),
        Int2 => args.map1(|value: i128| narrow::<i16>(how, whole(value))),
        Int4 => args.map1(|value: i128| narrow::<i32>(how, whole(value))),
        Int8 | Oid => args.map1(|value: i128| narrow::<i64>(how, whole(value))),
        Numeric { precision, scale } => {
            args.map1(|value: i128| how.decimal(rescale(value, from, scale, how.rounding), precision))
        }
        Float4 => args.map1(|value: i128| Ok(Some(decimal_to_float(value, from) as f32))),
        Float8 => args.map1(|value: i128| Ok(Some(decimal_to_float(value, from)))),
        _ => Err(unsupported(how)),
    }
}

fn narrow<T: TryFrom<i128>>(how: &Conversion, value: Option<i128>) -> Result<Option<T>> {
    match value.and_then(|value| T::try_from(value).ok()) {
        Some(value) => Ok(Some(value)),
        None => how.out_of_range(value.map_or_else(String::new, |value| value.to_string())),
    }
}

/// The nearest float: exact powers of ten up to 22, beyond them through text, which rounds once.
pub fn decimal_to_float(value: i128, scale: u8) -> f64 {
    if value.unsigned_abs() < 1 << 53 && scale <= 22 {
        return value as f64 / 10_f64.powi(i32::from(scale));
    }
    format!("{value}e-{scale}").parse().unwrap_or(f64::NAN)
}

/// The nearest decimal of this scale; none where it is too large. A half goes away from zero.
pub fn float_to_decimal(value: f64, scale: u8) -> Option<i128> {
    if !value.is_finite() {
        return None;
    }
    // Fifteen significant digits, as PostgreSQL's cast goes through text of that precision.
    let text = format!("{value:.14e}");
    text_input::parse_numeric(&text, 38, scale, Rounding::HalfAwayFromZero).ok()
}

fn from_float(how: &Conversion, args: &Args) -> Result<ArrayRef> {
    match how.from {
        RedshiftType::Float4 => floats::<f32>(how, args),
        _ => floats::<f64>(how, args),
    }
}

fn floats<'a, T: Read<'a> + Into<f64>>(how: &Conversion, args: &'a Args) -> Result<ArrayRef> {
    use RedshiftType::*;
    // The limits are exact in f64, except the upper one of BIGINT, which is one too high and so excluded.
    let whole = |value: T| -> Option<i128> {
        let rounded = value.into().round();
        (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded).then_some(rounded as i128)
    };
    match how.to {
        Bool => args.map1(|value: T| Ok(Some(value.into() != 0.0))),
        Int2 => args.map1(|value: T| narrow::<i16>(how, whole(value))),
        Int4 => args.map1(|value: T| narrow::<i32>(how, whole(value))),
        Int8 | Oid => args.map1(|value: T| narrow::<i64>(how, whole(value))),
        Numeric { precision, scale } => {
            args.map1(|value: T| how.decimal(float_to_decimal(value.into(), scale), precision))
        }
        Float4 => args.map1(|value: T| {
            let wide = value.into();
            let narrow = wide as f32;
            if narrow.is_infinite() && wide.is_finite() { how.out_of_range(wide) } else { Ok(Some(narrow)) }
        }),
        Float8 => args.map1(|value: T| Ok(Some(value.into()))),
        _ => Err(unsupported(how)),
    }
}

fn from_datetime(how: &Conversion, args: &Args) -> Result<ArrayRef> {
    use RedshiftType::*;
    let zone = how.input.zone;
    let midnight = |days: i32| i64::from(days).checked_mul(DAY);
    match (how.from, how.to) {
        (Date, Timestamp) => args.map1(|days: i32| timestamp(how, midnight(days))),
        (Date, TimestampTz) => args.map1(|days: i32| timestamp(how, midnight(days).map(|local| zone.to_utc(local)))),
        (Timestamp, Date) => args.map1(|micros: i64| Ok(Some(micros.div_euclid(DAY) as i32))),
        (TimestampTz, Date) => args.map1(|micros: i64| Ok(Some(zone.to_local(micros).div_euclid(DAY) as i32))),
        (Timestamp, TimestampTz) => args.map1(|micros: i64| Ok(Some(zone.to_utc(micros)))),
        (TimestampTz, Timestamp) => args.map1(|micros: i64| Ok(Some(zone.to_local(micros)))),
        (Timestamp, Time) | (TimestampTz, TimeTz) => args.map1(|micros: i64| Ok(Some(micros.rem_euclid(DAY)))),
        (TimestampTz, Time) => args.map1(|micros: i64| Ok(Some(zone.to_local(micros).rem_euclid(DAY)))),
        (Timestamp, TimeTz) => args.map1(|micros: i64| Ok(Some(zone.to_utc(micros).rem_euclid(DAY)))),
        (Time, TimeTz) => args.map1(|micros: i64| Ok(Some(shift(micros, -seconds_now(how.input))))),
        (TimeTz, Time) => args.map1(|micros: i64| Ok(Some(shift(micros, seconds_now(how.input))))),
        (Time, Interval) => args.map1(|micros: i64| Ok(Some(interval(0, 0, micros)))),
        (Time, IntervalDayToSecond(_)) => args.map1(|micros: i64| Ok(Some(micros))),
        (TimestampTz, AbsTime) => args.map1(|micros: i64| Ok(Some(micros.div_euclid(1_000_000)))),
        _ => Err(unsupported(how)),
    }
}

fn timestamp(how: &Conversion, micros: Option<i64>) -> Result<Option<i64>> {
    match micros.filter(|micros| (FIRST_DAY..=LAST_DAY).contains(&micros.div_euclid(DAY))) {
        Some(micros) => Ok(Some(micros)),
        None => how.failed(|| Error::new(SqlState::DATETIME_FIELD_OVERFLOW, "timestamp out of range")),
    }
}

/// A time of day so many seconds later, on the same clock face.
fn shift(micros: i64, seconds: i64) -> i64 {
    if seconds == 0 { micros } else { (micros + seconds * 1_000_000).rem_euclid(DAY) }
}

/// Seconds east of the session's zone today: a time without a date has no other day.
fn seconds_now(input: DateTimeInput) -> i64 {
    match input.zone {
        Zone::Fixed(seconds) => i64::from(seconds),
        zone @ Zone::Named(_) => i64::from(zone.seconds_at(input.now)),
    }
}

fn from_interval(how: &Conversion, args: &Args) -> Result<ArrayRef> {
    use RedshiftType::*;
    match (how.from, how.to) {
        (Interval, IntervalYearToMonth(unit)) => {
            args.map1(|value: IntervalMonthDayNano| Ok(Some(cut_months(value.months, unit))))
        }
        (Interval, IntervalDayToSecond(unit)) => args.map1(|value: IntervalMonthDayNano| {
            Ok(Some(cut_micros(i64::from(value.days) * DAY + value.nanoseconds / 1000, unit)))
        }),
        (IntervalYearToMonth(_), IntervalYearToMonth(unit)) => {
            args.map1(|months: i32| Ok(Some(cut_months(months, unit))))
        }
        (IntervalYearToMonth(_), Interval) => args.map1(|months: i32| Ok(Some(interval(months, 0, 0)))),
        (IntervalDayToSecond(_), Interval) => {
            args.map1(|micros: i64| Ok(Some(interval(0, (micros / DAY) as i32, micros % DAY))))
        }
        (IntervalDayToSecond(_), IntervalDayToSecond(unit)) => {
            args.map1(|micros: i64| Ok(Some(cut_micros(micros, unit))))
        }
        (Interval, Time) => args.map1(|v: IntervalMonthDayNano| Ok(Some((v.nanoseconds / 1000).rem_euclid(DAY)))),
        (IntervalDayToSecond(_), Time) => args.map1(|micros: i64| Ok(Some(micros.rem_euclid(DAY)))),
        _ => Err(unsupported(how)),
    }
}

fn binary_to_text(how: &Conversion, args: &Args) -> Result<ArrayRef> {
    args.map1(|bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => Ok(fit(how, text)?.map(str::to_string)),
        Err(_) => how.failed(|| {
            let message = "String contains invalid or unsupported UTF-8 codepoints.";
            Error::new(SqlState::CHARACTER_NOT_IN_REPERTOIRE, message)
        }),
    })
}

fn to_text(how: &Conversion, args: &Args) -> Result<ArrayRef> {
    let column = &args.columns[0];
    let write = text_writer(&column.array, how.from, how.style)?;
    let mut text = String::new();
    args.rows(|row| {
        let row = if column.constant { 0 } else { row };
        if column.array.is_null(row) {
            return Ok(None);
        }
        text.clear();
        write(&mut text, row).map_err(|_| Error::internal("writing a value's text failed"))?;
        Ok(fit(how, &text)?.map(str::to_string))
    })
}

/// Appends the text of the value in a row.
pub type TextWriter<'a> = Box<dyn Fn(&mut String, usize) -> fmt::Result + 'a>;

/// What writes the text that values of this type cast to; rows that are NULL are not to be asked for.
///
/// # Errors
/// 0A000 for types that have no text.
pub fn text_writer(values: &ArrayRef, ty: RedshiftType, style: TextStyle) -> Result<TextWriter<'_>> {
    use RedshiftType::*;
    let digits = style.extra_float_digits;
    Ok(match ty {
        Bool => by_value(values, |out, value: bool| out.write_str(if value { "true" } else { "false" }))?,
        Int2 => by_value(values, |out, value: i16| write!(out, "{value}"))?,
        Int4 => by_value(values, |out, value: i32| write!(out, "{value}"))?,
        Int8 | Oid => by_value(values, |out, value: i64| write!(out, "{value}"))?,
        Numeric { scale, .. } => {
            by_value(values, move |out, value: i128| text_output::write_numeric(out, value, scale))?
        }
        Float4 => by_value(values, move |out, value: f32| text_output::write_float4(out, value, digits))?,
        Float8 => by_value(values, move |out, value: f64| text_output::write_float8(out, value, digits))?,
        Date => by_value(values, move |out, days: i32| text_output::write_date(out, days, &style))?,
        Time => by_value(values, |out, micros: i64| text_output::write_time(out, micros))?,
        TimeTz => by_value(values, |out, micros: i64| text_output::write_timetz(out, micros))?,
        Timestamp => by_value(values, move |out, micros: i64| text_output::write_timestamp(out, micros, &style))?,
        TimestampTz => by_value(values, move |out, micros: i64| text_output::write_timestamptz(out, micros, &style))?,
        AbsTime => by_value(values, move |out, seconds: i64| text_output::write_abstime(out, seconds, &style))?,
        IntervalYearToMonth(_) => {
            by_value(values, move |out, months: i32| text_output::write_year_to_month(out, months, &style))?
        }
        IntervalDayToSecond(_) => {
            by_value(values, move |out, micros: i64| text_output::write_day_to_second(out, micros, &style))?
        }
        Interval => by_value(values, move |out, value: IntervalMonthDayNano| {
            text_output::write_interval(out, value.months, value.days, value.nanoseconds / 1000, &style)
        })?,
        Varbyte(_) => by_value(values, |out, bytes: &[u8]| text_output::write_hex_lower(out, bytes))?,
        Int2Vector => list_writer(values, Int2, ListForm::Vector, style)?,
        OidVector => list_writer(values, Oid, ListForm::Vector, style)?,
        Int2Array => list_writer(values, Int2, ListForm::Array, style)?,
        Int4Array => list_writer(values, Int4, ListForm::Array, style)?,
        OidArray => list_writer(values, Oid, ListForm::Array, style)?,
        TextArray | InternalCharArray | AclItemArray => list_writer(values, Text, ListForm::Array, style)?,
        other if is_text(other) => by_value(values, |out, value: &str| out.write_str(value))?,
        other => return Err(Error::unsupported(format!("the text of type {other} is not supported"))),
    })
}

fn by_value<'a, T: Read<'a> + 'a>(
    values: &'a ArrayRef,
    write: impl Fn(&mut String, T) -> fmt::Result + 'a,
) -> Result<TextWriter<'a>>
where
    T::Source: 'a,
{
    let source = T::source(values)?;
    Ok(Box::new(move |out, row| write(out, T::get(&source, row))))
}

/// How the items of a list are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ListForm {
    /// `1 2`
    Vector,
    /// `{1,2}`
    Array,
}

fn list_writer(values: &ArrayRef, item: RedshiftType, form: ListForm, style: TextStyle) -> Result<TextWriter<'_>> {
    by_value(values, move |out, items: ArrayRef| {
        let write = text_writer(&items, item, style).map_err(|_| fmt::Error)?;
        let mut text = String::new();
        if form == ListForm::Array {
            out.push('{');
        }
        for index in 0..items.len() {
            if index > 0 {
                out.push(if form == ListForm::Array { ',' } else { ' ' });
            }
            text.clear();
            match (items.is_null(index), item) {
                (true, _) => out.push_str("NULL"),
                (false, RedshiftType::Text) => {
                    write(&mut text, index)?;
                    text_output::write_array_item(out, &text)?;
                }
                (false, _) => write(out, index)?,
            }
        }
        if form == ListForm::Array {
            out.push('}');
        }
        Ok(())
    })
}
