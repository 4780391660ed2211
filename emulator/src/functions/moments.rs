//! Arithmetic of dates, times and intervals.
//!
//! Source: developer guide, "Interval data types and literals" (interval arithmetic), "Interval literals". Months are
//! added first and keep the day where the month has it (January 31 and a month is the last of February), then days, then
//! the time; of a TIMESTAMPTZ months and days are those of the session's calendar.

use arrow::{
    array::ArrayRef,
    datatypes::{DataType, IntervalMonthDayNano},
};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use super::{
    conversion::interval,
    kernel::{Args, Kernel, Reader},
};
use crate::text_input::{
    calendar::{DAY, Day, FIRST_DAY, LAST_DAY},
    zone::Zone,
};

/// The parts of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Months.
    pub months: i64,
    /// Days.
    pub days: i64,
    /// Microseconds.
    pub micros: i64,
}

impl Span {
    fn negated(self) -> Option<Span> {
        Some(Span {
            months: self.months.checked_neg()?,
            days: self.days.checked_neg()?,
            micros: self.micros.checked_neg()?,
        })
    }

    fn plus(self, other: Span) -> Option<Span> {
        Some(Span {
            months: self.months.checked_add(other.months)?,
            days: self.days.checked_add(other.days)?,
            micros: self.micros.checked_add(other.micros)?,
        })
    }

    fn into_arrow(self) -> Option<IntervalMonthDayNano> {
        let (months, days) = (i32::try_from(self.months).ok()?, i32::try_from(self.days).ok()?);
        self.micros.checked_mul(1000)?;
        Some(interval(months, days, self.micros))
    }

    /// For comparisons a month is 30 days, a day 24 hours.
    pub fn comparable(self) -> i128 {
        (i128::from(self.months) * 30 + i128::from(self.days)) * i128::from(DAY) + i128::from(self.micros)
    }
}

/// Reads intervals of all three types.
pub enum SpanReader<'a> {
    /// INTERVAL
    Mixed(Reader<'a, IntervalMonthDayNano>),
    /// INTERVAL YEAR TO MONTH
    Months(Reader<'a, i32>),
    /// INTERVAL DAY TO SECOND
    Micros(Reader<'a, i64>),
}

impl<'a> SpanReader<'a> {
    /// For an argument.
    pub fn of(args: &'a Args, index: usize) -> Result<Self> {
        Ok(match args.columns[index].array.data_type() {
            DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano) => SpanReader::Mixed(args.reader(index)?),
            DataType::Interval(_) => SpanReader::Months(args.reader(index)?),
            _ => SpanReader::Micros(args.reader(index)?),
        })
    }

    /// The interval in a row.
    pub fn get(&self, row: usize) -> Option<Span> {
        Some(match self {
            SpanReader::Mixed(reader) => {
                let value = reader.get(row)?;
                Span { months: value.months.into(), days: value.days.into(), micros: value.nanoseconds / 1000 }
            }
            SpanReader::Months(reader) => Span { months: reader.get(row)?.into(), ..Span::default() },
            SpanReader::Micros(reader) => {
                let micros = reader.get(row)?;
                Span { months: 0, days: micros / DAY, micros: micros % DAY }
            }
        })
    }
}

/// Plus or minus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Sign {
    Plus,
    Minus,
}

fn out_of_range(what: &str) -> Error {
    Error::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("{what} out of range"))
}

fn interval_out_of_range() -> Error {
    Error::new(SqlState::INTERVAL_FIELD_OVERFLOW, "interval out of range")
}

fn signed(span: Span, sign: Sign) -> Result<Span> {
    match sign {
        Sign::Plus => Ok(span),
        Sign::Minus => span.negated().ok_or_else(interval_out_of_range),
    }
}

/// A timestamp and an interval; clocks show what `zone` makes of the timestamp.
pub fn shift_timestamp(micros: i64, span: Span, zone: Zone) -> Option<i64> {
    let local = zone.to_local(micros);
    let mut shifted = local;
    if span.months != 0 {
        let moved = Day::of_days(local.div_euclid(DAY)).plus_months(span.months);
        shifted = moved.days().checked_mul(DAY)?.checked_add(local.rem_euclid(DAY))?;
    }
    shifted = shifted.checked_add(span.days.checked_mul(DAY)?)?;
    let instant = if shifted == local { micros } else { zone.to_utc(shifted) };
    let result = instant.checked_add(span.micros)?;
    (FIRST_DAY..=LAST_DAY).contains(&result.div_euclid(DAY)).then_some(result)
}

/// `timestamp +- interval`, `timestamptz +- interval`
pub fn timestamp_and_interval(ty: RedshiftType, sign: Sign, zone: Zone) -> Kernel<(Sign, Zone)> {
    Kernel::new("timestamp_interval", (sign, zone), ty, |(sign, zone), args| {
        let (moments, spans) = (args.reader::<i64>(0)?, SpanReader::of(args, 1)?);
        args.rows(|row| match (moments.get(row), spans.get(row)) {
            (Some(micros), Some(span)) => {
                let shifted = shift_timestamp(micros, signed(span, *sign)?, *zone);
                shifted.map(Some).ok_or_else(|| out_of_range("timestamp"))
            }
            _ => Ok(None),
        })
    })
}

/// `date +- interval year to month`, which is a date.
pub fn date_and_months(sign: Sign) -> Kernel<Sign> {
    Kernel::new("date_interval", sign, RedshiftType::Date, |sign, args| {
        args.map2(|days: i32, months: i32| {
            let months = if *sign == Sign::Minus { -i64::from(months) } else { i64::from(months) };
            let day = Day::of_days(days.into()).plus_months(months);
            if day.in_range() { Ok(Some(day.days() as i32)) } else { Err(out_of_range("date")) }
        })
    })
}

/// `date +- integer`
pub fn date_and_days(sign: Sign) -> Kernel<Sign> {
    Kernel::new("date_days", sign, RedshiftType::Date, |sign, args| {
        args.map2(|days: i32, more: i32| {
            let moved = match sign {
                Sign::Plus => i64::from(days) + i64::from(more),
                Sign::Minus => i64::from(days) - i64::from(more),
            };
            let in_range = (FIRST_DAY..=LAST_DAY).contains(&moved);
            if in_range { Ok(Some(moved as i32)) } else { Err(out_of_range("date")) }
        })
    })
}

/// `timestamp +- integer`: so many days.
pub fn timestamp_and_days(ty: RedshiftType, sign: Sign, zone: Zone) -> Kernel<(Sign, Zone)> {
    Kernel::new("timestamp_days", (sign, zone), ty, |(sign, zone), args| {
        args.map2(|micros: i64, days: i64| {
            let span = signed(Span { days, ..Span::default() }, *sign)?;
            shift_timestamp(micros, span, *zone).map(Some).ok_or_else(|| out_of_range("timestamp"))
        })
    })
}

/// `date - date`: days.
pub fn days_between() -> Kernel<()> {
    Kernel::new("date_minus_date", (), RedshiftType::Int4, |(), args| args.map2(|a: i32, b: i32| Ok(Some(a - b))))
}

/// `timestamp - timestamp`: days and a time.
pub fn timestamp_difference() -> Kernel<()> {
    Kernel::new("timestamp_minus_timestamp", (), RedshiftType::Interval, |(), args| {
        args.map2(|a: i64, b: i64| {
            let micros = a.checked_sub(b).ok_or_else(interval_out_of_range)?;
            Ok(Some(interval(0, (micros / DAY) as i32, micros % DAY)))
        })
    })
}

/// `time - time`
pub fn time_difference() -> Kernel<()> {
    Kernel::new("time_minus_time", (), RedshiftType::Interval, |(), args| {
        args.map2(|a: i64, b: i64| Ok(Some(interval(0, 0, a - b))))
    })
}

/// `time +- interval`, round the clock.
pub fn time_and_interval(ty: RedshiftType, sign: Sign) -> Kernel<Sign> {
    Kernel::new("time_interval", sign, ty, |sign, args| {
        let (times, spans) = (args.reader::<i64>(0)?, SpanReader::of(args, 1)?);
        args.rows(|row| match (times.get(row), spans.get(row)) {
            (Some(micros), Some(span)) => Ok(Some((micros + signed(span, *sign)?.micros).rem_euclid(DAY))),
            _ => Ok(None),
        })
    })
}

/// `date + time`, `date + timetz`
pub fn date_and_time(ty: RedshiftType) -> Kernel<()> {
    Kernel::new("date_time", (), ty, |(), args| {
        args.map2(|days: i32, micros: i64| {
            let moment = i64::from(days).checked_mul(DAY).and_then(|midnight| midnight.checked_add(micros));
            moment.map(Some).ok_or_else(|| out_of_range("timestamp"))
        })
    })
}

/// `interval +- interval`, both of the result's type.
pub fn interval_sum(ty: RedshiftType, sign: Sign) -> Kernel<Sign> {
    Kernel::new("interval_interval", sign, ty, |sign, args| {
        let (a, b) = (SpanReader::of(args, 0)?, SpanReader::of(args, 1)?);
        write_spans(args, |row| match (a.get(row), b.get(row)) {
            (Some(a), Some(b)) => a.plus(signed(b, *sign)?).map(Some).ok_or_else(interval_out_of_range),
            _ => Ok(None),
        })
    })
}

/// `- interval`
pub fn interval_negation(ty: RedshiftType) -> Kernel<()> {
    Kernel::new("interval_negation", (), ty, |(), args| {
        let a = SpanReader::of(args, 0)?;
        write_spans(args, |row| a.get(row).map(|span| signed(span, Sign::Minus)).transpose())
    })
}

/// `interval * number`: what is left of a month are days of 30, of a day a time.
pub fn interval_product(ty: RedshiftType) -> Kernel<()> {
    Kernel::new("interval_product", (), ty, |(), args| {
        let (spans, factors) = (SpanReader::of(args, 0)?, args.reader::<f64>(1)?);
        write_spans(args, |row| match (spans.get(row), factors.get(row)) {
            (Some(span), Some(factor)) => scaled(span, factor).map(Some),
            _ => Ok(None),
        })
    })
}

/// `interval / number`
pub fn interval_quotient(ty: RedshiftType) -> Kernel<()> {
    Kernel::new("interval_quotient", (), ty, |(), args| {
        let (spans, divisors) = (SpanReader::of(args, 0)?, args.reader::<f64>(1)?);
        write_spans(args, |row| match (spans.get(row), divisors.get(row)) {
            (Some(_), Some(0.0)) => Err(super::arithmetic::division_by_zero()),
            (Some(span), Some(divisor)) => scaled(span, 1.0 / divisor).map(Some),
            _ => Ok(None),
        })
    })
}

fn scaled(span: Span, factor: f64) -> Result<Span> {
    let months = span.months as f64 * factor;
    let days = span.days as f64 * factor + (months - months.trunc()) * 30.0;
    let micros = span.micros as f64 * factor + (days - days.trunc()) * DAY as f64;
    let limit = i64::MAX as f64;
    if ![months, days, micros].iter().all(|value| value.abs() < limit) {
        return Err(interval_out_of_range());
    }
    Ok(Span { months: months.trunc() as i64, days: days.trunc() as i64, micros: micros.round() as i64 })
}

/// Intervals of the type of the first argument.
fn write_spans(args: &Args, span: impl Fn(usize) -> Result<Option<Span>>) -> Result<ArrayRef> {
    match SpanReader::of(args, 0)? {
        SpanReader::Mixed(_) => args.rows(|row| {
            let span = span(row)?;
            span.map(|span| span.into_arrow().ok_or_else(interval_out_of_range)).transpose()
        }),
        SpanReader::Months(_) => args.rows(|row| {
            let span = span(row)?;
            span.map(|span| i32::try_from(span.months).map_err(|_| interval_out_of_range())).transpose()
        }),
        SpanReader::Micros(_) => args.rows(|row| {
            let span = span(row)?;
            let total = |span: Span| span.days.checked_mul(DAY)?.checked_add(span.micros);
            span.map(|span| total(span).ok_or_else(interval_out_of_range)).transpose()
        }),
    }
}

/// A number that intervals are compared by.
pub fn interval_order() -> Kernel<()> {
    Kernel::new("interval_order", (), RedshiftType::numeric(38, 0), |(), args| {
        let spans = SpanReader::of(args, 0)?;
        args.rows(|row| Ok(spans.get(row).map(Span::comparable)))
    })
}
