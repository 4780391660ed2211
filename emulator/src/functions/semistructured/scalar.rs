//! Casts between SUPER and the other types.
//!
//! Source: developer guide, "SUPER limitations" (casting), "Querying semistructured data" (lax semantics): a value of
//! the wrong dynamic type casts to NULL, unless `cast_super_null_on_error` is off.

use arrow::array::ArrayRef;
use datafusion::logical_expr::Expr;
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, types::MAX_VARCHAR};

use super::{
    Mode, invalid_input,
    number::{Number, write_real},
    parse::{MAX_STRING, ParseFault},
    value::{Json, Kind, write_string},
};
use crate::{
    binder::{BindContext, CastKind, Typed, date_time_input, text_style},
    functions::{
        conversion::{cut_to_bytes, float_to_decimal, interval, text_writer},
        kernel::{Args, Kernel, Write},
    },
    text_input::{self, DateTimeInput, InputError, Rounding, calendar::DAY, power_of_ten, rescale},
    text_output::TextStyle,
};

/// Can values of this type become SUPER values?
pub(crate) fn has_super(ty: RedshiftType) -> bool {
    use RedshiftType::*;
    matches!(
        ty,
        Bool | Int2
            | Int4
            | Int8
            | Oid
            | Numeric { .. }
            | Float4
            | Float8
            | Char(_)
            | Varchar(_)
            | Text
            | Name
            | Unknown
            | Super
    )
}

/// Can SUPER values be cast to this type?
pub(crate) fn is_scalar(ty: RedshiftType) -> bool {
    use RedshiftType::*;
    has_super(ty)
        || matches!(
            ty,
            Date | Time
                | TimeTz
                | Timestamp
                | TimestampTz
                | Interval
                | IntervalYearToMonth(_)
                | IntervalDayToSecond(_)
                | Varbyte(_)
        )
}

/// A scalar as a SUPER value: strings stay strings, whatever their text.
///
/// # Errors
/// What writing a constant finds.
pub(crate) fn to_super(value: Typed, ctx: &BindContext) -> Result<Typed> {
    let how = ToSuper { from: value.ty, style: text_style(ctx) };
    Kernel::new(format!("cast({} as super)", value.ty), how, RedshiftType::Super, write_values)
        .call_or_fold(vec![value.expr])
}

/// What is written as JSON, and how.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ToSuper {
    from: RedshiftType,
    style: TextStyle,
}

fn write_values(how: &ToSuper, args: &Args) -> Result<ArrayRef> {
    use RedshiftType::*;
    match how.from {
        Char(_) | Varchar(_) | Text | Name | Unknown => args.map1(|text: &str| {
            if text.len() > MAX_STRING {
                return Err(invalid_input(ParseFault::LongString.reason()));
            }
            let mut out = String::with_capacity(text.len() + 2);
            write_string(&mut out, text);
            Ok(Some(out))
        }),
        Float4 => args.map1(|value: f32| {
            let mut out = String::new();
            write_real(&mut out, value);
            Ok(value.is_finite().then_some(out))
        }),
        Float8 => args.map1(|value: f64| Ok(value.is_finite().then(|| Number::Float(value).to_text()))),
        // The text of booleans, integers and DECIMALs is JSON.
        _ => {
            let column = &args.columns[0];
            let write = text_writer(&column.array, how.from, how.style)?;
            args.rows(|row| {
                let row = if column.constant { 0 } else { row };
                if column.array.is_null(row) {
                    return Ok(None);
                }
                let mut out = String::new();
                write(&mut out, row).map_err(|_| Error::internal("writing a value's text failed"))?;
                Ok(Some(out))
            })
        }
    }
}

/// A SUPER value as a scalar.
///
/// # Errors
/// What casting a constant finds where `cast_super_null_on_error` is off.
pub(crate) fn from_super(value: Expr, to: RedshiftType, kind: CastKind, ctx: &BindContext) -> Result<Typed> {
    let mode = if kind == CastKind::Try { Mode::Lax } else { Mode::of_setting(ctx, "cast_super_null_on_error") };
    let rounding = if kind == CastKind::Assignment { Rounding::HalfAwayFromZero } else { Rounding::Truncate };
    let how = FromSuper { to, mode, rounding, input: date_time_input(ctx) };
    Kernel::new(format!("cast(super as {to})"), how, to, read_values).call_or_fold(vec![value])
}

/// What SUPER values are read as, and how.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct FromSuper {
    to: RedshiftType,
    mode: Mode,
    rounding: Rounding,
    input: DateTimeInput,
}

/// A scalar of a SUPER value.
enum Scalar<'a> {
    Bool(bool),
    Number(Number),
    Text(std::borrow::Cow<'a, str>),
}

impl FromSuper {
    /// Casts each value; what cannot be cast is NULL or an error.
    fn each<R: Write>(&self, args: &Args, cast: impl Fn(&Scalar<'_>) -> Option<R>) -> Result<ArrayRef> {
        args.map1(|text: &str| {
            let value = Json::of(text);
            let scalar = match value.kind() {
                Kind::Boolean => value.boolean().map(Scalar::Bool),
                Kind::Number => value.number().map(Scalar::Number),
                Kind::String => value.string().map(Scalar::Text),
                Kind::Array | Kind::Object => None,
                Kind::Null => return Ok(None),
            };
            match scalar.as_ref().and_then(&cast) {
                Some(cast) => Ok(Some(cast)),
                None if self.mode == Mode::Lax => Ok(None),
                None => {
                    let shown = cut_to_bytes(text, 100);
                    Err(invalid_input(&format!("Cannot cast SUPER value {shown} to type {}", self.to.base_name())))
                }
            }
        })
    }

    /// Casts strings only.
    fn texts<R: Write>(&self, args: &Args, parse: impl Fn(&str) -> Result<R, InputError>) -> Result<ArrayRef> {
        self.each(args, |scalar| match scalar {
            Scalar::Text(text) => parse(text).ok(),
            Scalar::Bool(_) | Scalar::Number(_) => None,
        })
    }

    fn integers<R: Write + TryFrom<i128>>(
        &self,
        args: &Args,
        parse: impl Fn(&str) -> Result<R, InputError>,
    ) -> Result<ArrayRef> {
        self.each(args, |scalar| match scalar {
            Scalar::Bool(value) => R::try_from(i128::from(*value)).ok(),
            Scalar::Number(number) => self.whole(*number).and_then(|value| R::try_from(value).ok()),
            Scalar::Text(text) => parse(text).ok(),
        })
    }

    fn whole(&self, number: Number) -> Option<i128> {
        match number {
            Number::Decimal { unscaled, scale } => rescale(unscaled, scale, 0, self.rounding),
            Number::Float(value) => (value.abs() < 1e30).then(|| value.round() as i128),
        }
    }

    fn decimal(&self, number: Number, precision: u8, scale: u8) -> Option<i128> {
        let value = match number {
            Number::Decimal { unscaled, scale: from } => rescale(unscaled, from, scale, self.rounding),
            Number::Float(value) => float_to_decimal(value, scale),
        };
        value.filter(|value| value.unsigned_abs() < power_of_ten(u32::from(precision)).unsigned_abs())
    }

    /// A string as it fits in the type.
    fn fit(&self, text: &str) -> String {
        match self.to {
            RedshiftType::Char(n) => cut_to_bytes(text, n as usize).trim_end_matches(' ').to_string(),
            // "For in-memory operations, VARCHAR(MAX) supports up to 16,000,000 bytes": "Character types".
            RedshiftType::Varchar(MAX_VARCHAR) => text.to_string(),
            RedshiftType::Varchar(n) => cut_to_bytes(text, n as usize).to_string(),
            RedshiftType::Name => cut_to_bytes(text, 127).to_string(),
            _ => text.to_string(),
        }
    }
}

fn read_values(how: &FromSuper, args: &Args) -> Result<ArrayRef> {
    use RedshiftType::*;
    let input = &how.input;
    match how.to {
        // A DECIMAL of scale 0 is an integer; of another scale it does not cast to BOOLEAN.
        Bool => how.each(args, |scalar| match scalar {
            Scalar::Bool(value) => Some(*value),
            Scalar::Number(Number::Decimal { unscaled, scale: 0 }) => Some(*unscaled != 0),
            Scalar::Number(_) => None,
            Scalar::Text(text) => text_input::parse_bool(text).ok(),
        }),
        Int2 => how.integers(args, text_input::parse_int2),
        Int4 => how.integers(args, text_input::parse_int4),
        Int8 | Oid => how.integers(args, text_input::parse_int8),
        Numeric { precision, scale } => how.each(args, |scalar| match scalar {
            Scalar::Bool(value) => Some(i128::from(*value) * power_of_ten(u32::from(scale))),
            Scalar::Number(number) => how.decimal(*number, precision, scale),
            Scalar::Text(text) => text_input::parse_numeric(text, precision, scale, how.rounding).ok(),
        }),
        Float4 => how.each(args, |scalar| match scalar {
            Scalar::Bool(value) => Some(f32::from(u8::from(*value))),
            Scalar::Number(number) => text_input::parse_float4(&number.to_text()).ok(),
            Scalar::Text(text) => text_input::parse_float4(text).ok(),
        }),
        Float8 => how.each(args, |scalar| match scalar {
            Scalar::Bool(value) => Some(f64::from(u8::from(*value))),
            Scalar::Number(number) => Some(number.to_float()),
            Scalar::Text(text) => text_input::parse_float8(text).ok(),
        }),
        Char(_) | Varchar(_) | Text | Name | Unknown => how.each(args, |scalar| {
            Some(match scalar {
                Scalar::Bool(value) => how.fit(if *value { "true" } else { "false" }),
                Scalar::Number(number) => how.fit(&number.to_text()),
                Scalar::Text(text) => how.fit(text),
            })
        }),
        Varbyte(n) => how.each(args, |scalar| match scalar {
            Scalar::Text(text) => Some(text.as_bytes().iter().copied().take(n as usize).collect::<Vec<u8>>()),
            Scalar::Bool(_) | Scalar::Number(_) => None,
        }),
        Date => how.texts(args, |text| text_input::parse_date(text, input)),
        Time => how.texts(args, |text| text_input::parse_time(text, input)),
        TimeTz => how.texts(args, |text| text_input::parse_timetz(text, input)),
        Timestamp => how.texts(args, |text| text_input::parse_timestamp(text, input)),
        TimestampTz => how.texts(args, |text| text_input::parse_timestamptz(text, input)),
        Interval => how.texts(args, |text| {
            text_input::parse_interval(text).map(|value| interval(value.months, value.days, value.micros))
        }),
        IntervalYearToMonth(_) => {
            how.texts(args, |text| text_input::parse_interval_of(text, how.to).map(|value| value.months))
        }
        IntervalDayToSecond(_) => how.texts(args, |text| {
            text_input::parse_interval_of(text, how.to).map(|value| i64::from(value.days) * DAY + value.micros)
        }),
        other => Err(cannot_cast(RedshiftType::Super, other)),
    }
}

/// 42846 `cannot cast type date to super`
pub(crate) fn cannot_cast(from: RedshiftType, to: RedshiftType) -> Error {
    let message = format!("cannot cast type {} to {}", from.base_name(), to.base_name());
    Error::new(SqlState::CANNOT_COERCE, message)
}
