//! TO_CHAR, TO_DATE, TO_TIMESTAMP, TO_NUMBER: values by a template.
//!
//! Source: developer guide, "Data type formatting functions", "Datetime format strings", "Numeric format strings"; how the
//! parts of a template work together is PostgreSQL 8.0's ("Data Type Formatting Functions").

mod datetime;
mod number;
#[cfg(test)]
mod tests;

use std::{cell::RefCell, sync::Arc};

use datafusion::scalar::ScalarValue;
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, types::MAX_VARCHAR};

use self::{
    datetime::{DateTemplate, Strictness},
    number::NumberTemplate,
};
use super::registry::{BOOL, Call, DATE, FLOAT8, Function, Param, TIME, TIMESTAMP, TIMESTAMPTZ, function, takes};
use crate::{
    binder::{CastKind, Typed, cast, evaluate, session_zone},
    text_input::{InputError, calendar::DAY, zone::Zone},
};

const TEXT: Param = Param::Text;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "to_char",
        &[
            takes(&[TIMESTAMP, TEXT], moment_to_char),
            takes(&[TIMESTAMPTZ, TEXT], moment_to_char),
            takes(&[TIME, TEXT], moment_to_char),
            takes(&[Param::Decimal, TEXT], decimal_to_char),
            takes(&[FLOAT8, TEXT], float_to_char),
            takes(&[Param::Interval, TEXT], interval_to_char),
        ],
    ),
    function("to_date", &[takes(&[TEXT, TEXT, BOOL], to_date).optional(1)]),
    function("to_number", &[takes(&[TEXT, TEXT], to_number)]),
    function(
        "to_timestamp",
        &[
            takes(&[TEXT, TEXT, BOOL], to_timestamp).optional(1),
            takes(&[FLOAT8], seconds_to_timestamp),
            takes(&[DATE, TEXT], to_timestamp),
        ],
    ),
];

/// Compiled templates; nearly always there is one for all rows.
struct Templates<T> {
    compile: fn(&str) -> T,
    last: RefCell<Option<(String, Arc<T>)>>,
}

impl<T> Templates<T> {
    fn new(compile: fn(&str) -> T) -> Self {
        Templates { compile, last: RefCell::new(None) }
    }

    fn get(&self, text: &str) -> Arc<T> {
        let mut last = self.last.borrow_mut();
        if let Some((known, template)) = last.as_ref()
            && known == text
        {
            return Arc::clone(template);
        }
        let template = Arc::new((self.compile)(text));
        *last = Some((text.to_string(), Arc::clone(&template)));
        template
    }
}

fn text() -> RedshiftType {
    RedshiftType::Varchar(MAX_VARCHAR)
}

fn moment_to_char(call: Call<'_>) -> Result<Typed> {
    let zone = if call.ty(0) == RedshiftType::TimestampTz { session_zone(call.ctx) } else { Zone::UTC };
    call.kernel_with(zone, text(), |zone, args| {
        let templates = Templates::new(DateTemplate::compile);
        args.map2(|micros: i64, template: &str| Ok(Some(templates.get(template).format(micros, *zone))))
    })
}

/// Hours of an interval are not those of a clock; otherwise it is shown as a moment so long after the year began.
fn interval_to_char(call: Call<'_>) -> Result<Typed> {
    call.kernel(text(), |(), args| {
        let templates = Templates::new(DateTemplate::compile);
        let (spans, texts) = (super::moments::SpanReader::of(args, 0)?, args.reader::<&str>(1)?);
        args.rows(|row| match (spans.get(row), texts.get(row)) {
            (Some(span), Some(template)) => Ok(Some(templates.get(template).format_span(span))),
            _ => Ok(None),
        })
    })
}

/// "TO_CHAR does not support 128-bit DECIMAL values": the leader node, which computes constants, does.
fn decimal_to_char(call: Call<'_>) -> Result<Typed> {
    let RedshiftType::Numeric { scale, .. } = call.ty(0) else { return Err(call.missing()) };
    let of_rows = call.args[0].expr.any_column_refs();
    call.kernel_with((scale, of_rows), text(), |(scale, of_rows), args| {
        let templates = Templates::new(NumberTemplate::compile);
        args.map2(|value: i128, template: &str| {
            if *of_rows && i64::try_from(value).is_err() {
                return Err(Error::unsupported("TO_CHAR does not support 128-bit DECIMAL values"));
            }
            templates.get(template).format_decimal(value, *scale).map(Some)
        })
    })
}

fn float_to_char(call: Call<'_>) -> Result<Typed> {
    call.kernel(text(), |(), args| {
        let templates = Templates::new(NumberTemplate::compile);
        args.map2(|value: f64, template: &str| templates.get(template).format_float(value).map(Some))
    })
}

/// The type is that of the template, which therefore has to be a constant.
fn to_number(call: Call<'_>) -> Result<Typed> {
    let template = NumberTemplate::compile(call.constant(1)?.unwrap_or_default());
    let (precision, scale) = template.precision_and_scale();
    let ty = RedshiftType::numeric(precision, scale);
    call.kernel_with((precision, scale), ty, |(precision, scale), args| {
        let templates = Templates::new(NumberTemplate::compile);
        args.map2(|value: &str, template: &str| {
            templates.get(template).parse(value, *precision, *scale).map(Some).map_err(InputError::into_error)
        })
    })
}

fn strictness(call: &mut Call<'_>) -> Result<Strictness> {
    let Some(strict) = call.args.get(2) else { return Ok(Strictness::Lenient) };
    match evaluate(strict.clone()) {
        Ok(ScalarValue::Boolean(Some(strict))) => {
            call.args.truncate(2);
            Ok(if strict { Strictness::Strict } else { Strictness::Lenient })
        }
        _ => {
            let message = format!("argument 3 of {} has to be a constant", call.name);
            Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message))
        }
    }
}

fn to_date(mut call: Call<'_>) -> Result<Typed> {
    let strictness = strictness(&mut call)?;
    call.kernel_with(strictness, RedshiftType::Date, |strictness, args| {
        let templates = Templates::new(DateTemplate::compile);
        args.map2(|value: &str, template: &str| {
            let micros = templates.get(template).parse(value, *strictness)?;
            Ok(Some(micros.div_euclid(DAY) as i32))
        })
    })
}

/// A moment of the session's zone.
fn to_timestamp(mut call: Call<'_>) -> Result<Typed> {
    if !call.ty(0).is_string() {
        let value = call.args.remove(0);
        call.args.insert(0, cast(value, RedshiftType::Varchar(64), CastKind::Implicit, call.ctx)?);
    }
    let strictness = strictness(&mut call)?;
    let zone = session_zone(call.ctx);
    call.kernel_with((strictness, zone), RedshiftType::TimestampTz, |(strictness, zone), args| {
        let templates = Templates::new(DateTemplate::compile);
        args.map2(|value: &str, template: &str| {
            let micros = templates.get(template).parse(value, *strictness)?;
            Ok(Some(zone.to_utc(micros)))
        })
    })
}

/// Seconds since 1970.
fn seconds_to_timestamp(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::TimestampTz, |(), args| {
        args.map1(|seconds: f64| {
            let micros = (seconds * 1e6).round();
            let in_range = micros.abs() < 9.2e18;
            let out_of_range = || Error::new(SqlState::DATETIME_FIELD_OVERFLOW, "timestamp out of range");
            if in_range { Ok(Some(micros as i64)) } else { Err(out_of_range()) }
        })
    })
}
