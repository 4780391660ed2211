//! Functions of dates and times.
//!
//! Source: developer guide, "Date and time functions". The present is that of the statement or of its transaction and a
//! constant, so that it prunes as any other constant does.

mod compare;
pub(crate) mod part;
#[cfg(test)]
mod tests;
mod zones;

use datafusion::scalar::ScalarValue;
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use self::part::DatePart;
use super::{
    moments::{Span, SpanReader},
    registry::{Call, DATE, Function, INT8, Param, TIME, TIMESTAMP, TIMESTAMPTZ, TIMETZ, function, takes, text},
};
use crate::{
    binder::{CastKind, Typed, cast, session_zone},
    text_input::{
        calendar::{DAY, Day, HOUR, MINUTE, SECOND, days_in_month, weekday},
        zone::Zone,
    },
};

const TEXT: Param = Param::Text;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("add_months", &[takes(&[TIMESTAMP, INT8], add_months), takes(&[TIMESTAMPTZ, INT8], add_months)]),
    function(
        "convert_timezone",
        &[takes(&[TEXT, TIMESTAMP], zones::convert), takes(&[TEXT, TEXT, TIMESTAMP], zones::convert_between)],
    ),
    function("current_date", &[takes(&[], current_date)]),
    function("current_time", &[takes(&[], current_time)]),
    function("current_timestamp", &[takes(&[], now)]),
    function("date_add", DATE_ADD),
    function("date_cmp", &[takes(&[DATE, DATE], compare::days)]),
    function("date_cmp_timestamp", &[takes(&[DATE, TIMESTAMP], compare::moments)]),
    function("date_cmp_timestamptz", &[takes(&[DATE, TIMESTAMPTZ], compare::moments)]),
    function("date_diff", DATE_DIFF),
    function("date_part", DATE_PART),
    function("date_part_year", &[takes(&[DATE], date_part_year)]),
    function(
        "date_trunc",
        &[takes(&[Param::Any, TIMESTAMP], date_trunc), takes(&[Param::Any, TIMESTAMPTZ], date_trunc)],
    ),
    function("dateadd", DATE_ADD),
    function("datediff", DATE_DIFF),
    function("datepart", DATE_PART),
    function("extract", EXTRACT),
    function("getdate", &[takes(&[], getdate)]),
    function("interval_cmp", &[takes(&[Param::Interval, Param::Interval], compare::intervals)]),
    function(
        "isfinite",
        &[
            takes(&[DATE], is_finite),
            takes(&[TIMESTAMP], is_finite),
            takes(&[TIMESTAMPTZ], is_finite),
            takes(&[Param::Interval], is_finite),
        ],
    ),
    function("last_day", &[takes(&[DATE], last_day), takes(&[TIMESTAMP], last_day)]),
    function("localtime", &[takes(&[], localtime)]),
    function("localtimestamp", &[takes(&[], sysdate)]),
    function("months_between", &[takes(&[TIMESTAMP, TIMESTAMP], months_between), takes(&[DATE, DATE], months_between)]),
    function("next_day", &[takes(&[DATE, TEXT], next_day), takes(&[TIMESTAMP, TEXT], next_day)]),
    function("now", &[takes(&[], now)]),
    function(
        "overlaps",
        &[
            takes(&[TIMESTAMP, TIMESTAMP, TIMESTAMP, TIMESTAMP], overlaps),
            takes(&[TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ], overlaps),
            takes(&[TIME, TIME, TIME, TIME], overlaps),
            takes(&[TIMESTAMP, Param::Interval, TIMESTAMP, Param::Interval], overlaps_spans),
        ],
    ),
    function("pgdate_part", DATE_PART),
    function("sysdate", &[takes(&[], sysdate)]),
    function("timeofday", &[takes(&[], timeofday)]),
    function("timestamp_cmp", &[takes(&[TIMESTAMP, TIMESTAMP], compare::moments)]),
    function("timestamp_cmp_date", &[takes(&[TIMESTAMP, DATE], compare::moments)]),
    function("timestamp_cmp_timestamptz", &[takes(&[TIMESTAMP, TIMESTAMPTZ], compare::moments)]),
    function("timestamptz_cmp", &[takes(&[TIMESTAMPTZ, TIMESTAMPTZ], compare::moments)]),
    function("timestamptz_cmp_date", &[takes(&[TIMESTAMPTZ, DATE], compare::moments)]),
    function("timestamptz_cmp_timestamp", &[takes(&[TIMESTAMPTZ, TIMESTAMP], compare::moments)]),
    function(
        "timezone",
        &[
            takes(&[TEXT, TIMESTAMP], zones::timezone),
            takes(&[TEXT, TIMESTAMPTZ], zones::timezone),
            takes(&[TEXT, TIMETZ], zones::timezone_of_time),
            takes(&[TEXT, TIME], zones::timezone_of_time),
        ],
    ),
];

const DATE_ADD: &[super::registry::Overload] = &[
    takes(&[Param::Any, INT8, DATE], date_add),
    takes(&[Param::Any, INT8, TIMESTAMP], date_add),
    takes(&[Param::Any, INT8, TIMESTAMPTZ], date_add),
    takes(&[Param::Any, INT8, TIME], date_add),
    takes(&[Param::Any, INT8, TIMETZ], date_add),
];

const DATE_DIFF: &[super::registry::Overload] = &[
    takes(&[Param::Any, TIMESTAMP, TIMESTAMP], date_diff),
    takes(&[Param::Any, TIMESTAMPTZ, TIMESTAMPTZ], date_diff),
    takes(&[Param::Any, TIME, TIME], date_diff),
    takes(&[Param::Any, TIMETZ, TIMETZ], date_diff),
];

const DATE_PART: &[super::registry::Overload] = &[
    takes(&[Param::Any, DATE], date_part),
    takes(&[Param::Any, TIMESTAMP], date_part),
    takes(&[Param::Any, TIMESTAMPTZ], date_part),
    takes(&[Param::Any, TIME], date_part),
    takes(&[Param::Any, TIMETZ], date_part),
    takes(&[Param::Any, Param::Interval], date_part_of_interval),
];

const EXTRACT: &[super::registry::Overload] = &[
    takes(&[Param::Any, DATE], extract),
    takes(&[Param::Any, TIMESTAMP], extract),
    takes(&[Param::Any, TIMESTAMPTZ], extract),
    takes(&[Param::Any, TIME], extract),
    takes(&[Param::Any, TIMETZ], extract),
    takes(&[Param::Any, Param::Interval], extract_of_interval),
];

pub(super) fn out_of_range() -> Error {
    Error::new(SqlState::DATETIME_FIELD_OVERFLOW, "timestamp out of range")
}

/// The date part that the first argument names; the call goes on without it.
fn take_part(call: &mut Call<'_>) -> Result<DatePart> {
    let name = call.constant(0)?.ok_or_else(|| Error::new(SqlState::INVALID_PARAMETER_VALUE, "date part is null"))?;
    let part = DatePart::named(name)?;
    call.args.remove(0);
    Ok(part)
}

/// Clocks of a TIMESTAMPTZ are the session's, all others their own.
fn clock(call: &Call<'_>, ty: RedshiftType) -> Zone {
    if ty == RedshiftType::TimestampTz { session_zone(call.ctx) } else { Zone::UTC }
}

/// The clock that parts are read from: "literals aren't converted to UTC before the extraction" (developer guide,
/// "EXTRACT function", of TIMETZ).
fn clock_of_part(call: &Call<'_>, ty: RedshiftType) -> Zone {
    call.args[0].offset.map_or_else(|| clock(call, ty), Zone::Fixed)
}

fn date_add(mut call: Call<'_>) -> Result<Typed> {
    let part = take_part(&mut call)?;
    let mut ty = call.ty(1);
    if ty == RedshiftType::Date {
        let moment = call.args.remove(1);
        call.args.push(cast(moment, RedshiftType::Timestamp, CastKind::Implicit, call.ctx)?);
        ty = RedshiftType::Timestamp;
    }
    if matches!(ty, RedshiftType::Time | RedshiftType::TimeTz) {
        let step = part.micros().filter(|step| *step < DAY).ok_or_else(|| part.unsupported("time"))?;
        return call.kernel_with(step, ty, |step, args| {
            args.map2(|count: i64, micros: i64| {
                let moved = i128::from(micros) + i128::from(count) * i128::from(*step);
                Ok(Some(moved.rem_euclid(i128::from(DAY)) as i64))
            })
        });
    }
    if matches!(part, DatePart::TimeZone | DatePart::TimeZoneHour | DatePart::TimeZoneMinute) {
        return Err(part.unsupported("timestamp"));
    }
    let zone = clock(&call, ty);
    call.kernel_with((part, zone), ty, |(part, zone), args| {
        args.map2(|count: i64, micros: i64| {
            let moved = part::add(*part, count, zone.to_local(micros)).map(|local| zone.to_utc(local));
            moved.map(Some).ok_or_else(out_of_range)
        })
    })
}

fn date_diff(mut call: Call<'_>) -> Result<Typed> {
    let part = take_part(&mut call)?;
    if part.micros().is_none() && part.months().is_none() {
        return Err(part.unsupported("timestamp"));
    }
    let zone = clock(&call, call.ty(0));
    call.kernel_with((part, zone), RedshiftType::Int8, |(part, zone), args| {
        args.map2(|from: i64, to: i64| {
            let difference = part::difference(*part, zone.to_local(from), zone.to_local(to));
            difference.map(Some).ok_or_else(out_of_range)
        })
    })
}

fn date_trunc(mut call: Call<'_>) -> Result<Typed> {
    let part = take_part(&mut call)?;
    let ty = call.ty(0);
    if part::truncate(part, 0).is_none() {
        return Err(part.unsupported("timestamp"));
    }
    let zone = clock(&call, ty);
    call.kernel_with((part, zone), ty, |(part, zone), args| {
        args.map1(|micros: i64| {
            let truncated = part::truncate(*part, zone.to_local(micros)).map(|local| zone.to_utc(local));
            truncated.map(Some).ok_or_else(out_of_range)
        })
    })
}

/// A moment taken apart: what DATE_PART and EXTRACT read parts from.
#[derive(Debug, Clone, Copy)]
struct Apart {
    /// Days since 1970-01-01; none of a time.
    days: Option<i64>,
    /// Microseconds of the day; none of a date.
    time: i64,
    /// Seconds since 1970-01-01 UTC, in microseconds.
    instant: i64,
    /// Seconds east of Greenwich; none without a zone.
    offset: Option<i32>,
}

impl Apart {
    fn of(ty: RedshiftType, value: i64, zone: Zone) -> Apart {
        match ty {
            RedshiftType::Date => {
                Apart { days: Some(value), time: 0, instant: value.saturating_mul(DAY), offset: None }
            }
            RedshiftType::Time => Apart { days: None, time: value, instant: value, offset: None },
            RedshiftType::TimeTz => {
                let time = zone.to_local(value).rem_euclid(DAY);
                Apart { days: None, time, instant: value, offset: Some(zone.seconds_at(value)) }
            }
            _ => {
                let local = zone.to_local(value);
                let offset = (ty == RedshiftType::TimestampTz).then(|| zone.seconds_at(value));
                Apart { days: Some(local.div_euclid(DAY)), time: local.rem_euclid(DAY), instant: value, offset }
            }
        }
    }

    /// The part without fractions; none where the value has no such part.
    fn part(self, part: DatePart) -> Option<i64> {
        match part {
            DatePart::Epoch => Some(self.instant.div_euclid(SECOND)),
            DatePart::TimeZone => self.offset.map(i64::from),
            DatePart::TimeZoneHour => self.offset.map(|offset| i64::from(offset / 3600)),
            DatePart::TimeZoneMinute => self.offset.map(|offset| i64::from(offset / 60 % 60)),
            _ => part::of_time(part, self.time).or_else(|| part::of_date(part, self.days?)),
        }
    }

    /// The part as DATE_PART gives it: seconds with their fraction.
    fn float(self, part: DatePart) -> Option<f64> {
        match part {
            DatePart::Second => Some((self.time % MINUTE) as f64 / SECOND as f64),
            DatePart::Epoch => Some(self.instant as f64 / SECOND as f64),
            _ => self.part(part).map(|value| value as f64),
        }
    }
}

/// Does a type have a part?
fn check_part(part: DatePart, ty: RedshiftType) -> Result<()> {
    match Apart::of(ty, 0, Zone::UTC).part(part) {
        Some(_) => Ok(()),
        None => Err(part.unsupported(ty.base_name())),
    }
}

/// DATE_PART: "the complete seconds portion".
fn date_part(mut call: Call<'_>) -> Result<Typed> {
    let part = take_part(&mut call)?;
    let ty = call.ty(0);
    check_part(part, ty)?;
    let zone = clock_of_part(&call, ty);
    let call = Call { name: "pgdate_part", ..call };
    call.kernel_with((part, ty, zone), RedshiftType::Float8, |(part, ty, zone), args| {
        if *ty == RedshiftType::Date {
            return args.map1(|days: i32| Ok(Apart::of(*ty, days.into(), *zone).float(*part)));
        }
        args.map1(|micros: i64| Ok(Apart::of(*ty, micros, *zone).float(*part)))
    })
}

/// EXTRACT: an integer of the part alone; a float of a TIMESTAMPTZ.
fn extract(mut call: Call<'_>) -> Result<Typed> {
    let part = take_part(&mut call)?;
    let ty = call.ty(0);
    check_part(part, ty)?;
    let zone = clock_of_part(&call, ty);
    let call = Call { name: "date_part", ..call };
    match ty {
        RedshiftType::TimestampTz => call.kernel_with((part, zone), RedshiftType::Float8, |(part, zone), args| {
            args.map1(|micros: i64| {
                Ok(Apart::of(RedshiftType::TimestampTz, micros, *zone).part(*part).map(|value| value as f64))
            })
        }),
        // Seconds since 1970 outgrow an INTEGER.
        _ if part == DatePart::Epoch => {
            call.kernel_with((part, ty, zone), RedshiftType::Int8, |(part, ty, zone), args| {
                if *ty == RedshiftType::Date {
                    return args.map1(|days: i32| Ok(Apart::of(*ty, days.into(), *zone).part(*part)));
                }
                args.map1(|micros: i64| Ok(Apart::of(*ty, micros, *zone).part(*part)))
            })
        }
        _ => call.kernel_with((part, ty, zone), RedshiftType::Int4, |(part, ty, zone), args| {
            let part_of = |value: i64| Apart::of(*ty, value, *zone).part(*part).map(|value| value as i32);
            if *ty == RedshiftType::Date {
                return args.map1(|days: i32| Ok(part_of(days.into())));
            }
            args.map1(|micros: i64| Ok(part_of(micros)))
        }),
    }
}

/// A part of an interval: years and months, days, hours to microseconds, each what the larger ones leave. A day is 24 hours,
/// so that of 36 hours the days are 1 and the hours 12.
fn interval_part(part: DatePart, months: i64, days: i64, micros: i64) -> Option<f64> {
    let (days, micros) = (days + micros / DAY, micros % DAY);
    let whole = |value: i64| Some(value as f64);
    match part {
        DatePart::Millennium => whole(months / 12_000),
        DatePart::Century => whole(months / 1_200),
        DatePart::Decade => whole(months / 120),
        DatePart::Year => whole(months / 12),
        DatePart::Quarter => whole(months % 12 / 3 + 1),
        DatePart::Month => whole(months % 12),
        DatePart::Day => whole(days),
        DatePart::Hour => whole(micros / HOUR),
        DatePart::Second => Some((micros % MINUTE) as f64 / SECOND as f64),
        DatePart::Epoch => {
            let days = months / 12 * 365 + months % 12 * 30 + days;
            // A year has a quarter of a day more than 365.
            Some(days as f64 * 86_400.0 + (months / 12) as f64 * 21_600.0 + micros as f64 / SECOND as f64)
        }
        _ => part::of_time(part, micros).map(|value| value as f64),
    }
}

fn date_part_of_interval(mut call: Call<'_>) -> Result<Typed> {
    let part = take_part(&mut call)?;
    interval_part(part, 0, 0, 0).ok_or_else(|| part.unsupported("interval"))?;
    let call = Call { name: "pgdate_part", ..call };
    call.kernel_with(part, RedshiftType::Float8, |part, args| {
        let spans = SpanReader::of(args, 0)?;
        args.rows(|row| Ok(spans.get(row).and_then(|s| interval_part(*part, s.months, s.days, s.micros))))
    })
}

/// EXTRACT of an interval: integers, but seconds with their fraction, as the guide's example has them.
fn extract_of_interval(mut call: Call<'_>) -> Result<Typed> {
    let part = take_part(&mut call)?;
    interval_part(part, 0, 0, 0).ok_or_else(|| part.unsupported("interval"))?;
    let call = Call { name: "date_part", ..call };
    if part == DatePart::Second {
        return call.kernel_with(part, RedshiftType::Float8, |part, args| {
            let spans = SpanReader::of(args, 0)?;
            args.rows(|row| Ok(spans.get(row).and_then(|s| interval_part(*part, s.months, s.days, s.micros))))
        });
    }
    if part == DatePart::Epoch {
        return call.kernel_with(part, RedshiftType::Int8, |part, args| {
            let spans = SpanReader::of(args, 0)?;
            args.rows(|row| Ok(whole_part(*part, spans.get(row))))
        });
    }
    call.kernel_with(part, RedshiftType::Int4, |part, args| {
        let spans = SpanReader::of(args, 0)?;
        args.rows(|row| Ok(whole_part(*part, spans.get(row)).map(|value| value as i32)))
    })
}

fn whole_part(part: DatePart, span: Option<Span>) -> Option<i64> {
    let value = span.and_then(|span| interval_part(part, span.months, span.days, span.micros));
    value.map(|value| value.trunc() as i64)
}

fn date_part_year(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int4, |(), args| {
        args.map1(|days: i32| Ok(part::of_date(DatePart::Year, days.into()).map(|year| year as i32)))
    })
}

/// From the last day of a month to the last day of another; all other days stay what they are.
fn add_months(call: Call<'_>) -> Result<Typed> {
    let ty = call.ty(0);
    let zone = clock(&call, ty);
    call.kernel_with(zone, ty, |zone, args| {
        args.map2(|micros: i64, months: i64| {
            let local = zone.to_local(micros);
            let day = Day::of_days(local.div_euclid(DAY));
            if months.abs() >= 12 * 1_000_000 {
                return Err(out_of_range());
            }
            let mut moved = day.plus_months(months);
            if day.day == days_in_month(day.year, day.month) {
                moved.day = days_in_month(moved.year, moved.month);
            }
            let result = moved.days().checked_mul(DAY).and_then(|days| days.checked_add(local.rem_euclid(DAY)));
            result.map(|local| Some(zone.to_utc(local))).ok_or_else(out_of_range)
        })
    })
}

fn last_day(call: Call<'_>) -> Result<Typed> {
    match call.ty(0) {
        RedshiftType::Date => {
            call.kernel(RedshiftType::Date, |(), args| args.map1(|days: i32| Ok(Some(last_day_of(days.into())))))
        }
        _ => call.kernel(RedshiftType::Date, |(), args| {
            args.map1(|micros: i64| Ok(Some(last_day_of(micros.div_euclid(DAY)))))
        }),
    }
}

fn last_day_of(days: i64) -> i32 {
    let day = Day::of_days(days);
    Day { day: days_in_month(day.year, day.month), ..day }.days() as i32
}

/// Whole between equal or last days of months; otherwise the rest is a share of 31 days.
fn months_between(mut call: Call<'_>) -> Result<Typed> {
    for _ in 0..2 {
        let arg = call.args.remove(0);
        call.args.push(cast(arg, RedshiftType::Timestamp, CastKind::Implicit, call.ctx)?);
    }
    call.kernel(RedshiftType::Float8, |(), args| {
        args.map2(|a: i64, b: i64| {
            let (x, y) = (Day::of_days(a.div_euclid(DAY)), Day::of_days(b.div_euclid(DAY)));
            let months = (x.year - y.year) * 12 + i64::from(x.month) - i64::from(y.month);
            let last = |day: Day| day.day == days_in_month(day.year, day.month);
            if x.day == y.day || (last(x) && last(y)) {
                return Ok(Some(months as f64));
            }
            let days = (i64::from(x.day) - i64::from(y.day)) as f64;
            let time = (a.rem_euclid(DAY) - b.rem_euclid(DAY)) as f64 / DAY as f64;
            Ok(Some(months as f64 + (days + time) / 31.0))
        })
    })
}

/// The first such weekday after a day.
fn next_day(mut call: Call<'_>) -> Result<Typed> {
    let date = call.args.remove(0);
    call.args.insert(0, cast(date, RedshiftType::Date, CastKind::Assignment, call.ctx)?);
    call.kernel(RedshiftType::Date, |(), args| {
        args.map2(|days: i32, name: &str| {
            let wanted = weekday_named(name)?;
            let ahead = (wanted - weekday(days.into()) + 6).rem_euclid(7) + 1;
            Ok(Some(days + ahead as i32))
        })
    })
}

fn weekday_named(name: &str) -> Result<i64> {
    const DAYS: [(&str, &[&str]); 7] = [
        ("sunday", &["su"]),
        ("monday", &["m", "mo"]),
        ("tuesday", &["tu", "tues"]),
        ("wednesday", &["w", "we"]),
        ("thursday", &["th", "thu", "thurs"]),
        ("friday", &["f", "fr"]),
        ("saturday", &["sa"]),
    ];
    let lower = name.trim().to_lowercase();
    let found =
        DAYS.iter().position(|(day, short)| lower == *day || lower == day[..3] || short.contains(&lower.as_str()));
    found.map(|index| index as i64).ok_or_else(|| {
        Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("day of the week \"{name}\" not recognized"))
    })
}

fn is_finite(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Bool, |(), args| args.rows(|row| Ok((!args.any_null(row)).then_some(true))))
}

/// The moment when the transaction began, on the session's clock.
fn sysdate(call: Call<'_>) -> Result<Typed> {
    let local = session_zone(call.ctx).to_local(call.ctx.session.transaction_start);
    Ok(Typed::literal(ScalarValue::TimestampMicrosecond(Some(local), None), RedshiftType::Timestamp))
}

/// The second in which the statement began, on the session's clock.
fn getdate(call: Call<'_>) -> Result<Typed> {
    let local = session_zone(call.ctx).to_local(call.ctx.session.statement_start);
    let second = local.div_euclid(SECOND) * SECOND;
    Ok(Typed::literal(ScalarValue::TimestampMicrosecond(Some(second), None), RedshiftType::Timestamp))
}

fn now(call: Call<'_>) -> Result<Typed> {
    let value = ScalarValue::TimestampMicrosecond(Some(call.ctx.session.transaction_start), Some("UTC".into()));
    Ok(Typed::literal(value, RedshiftType::TimestampTz))
}

fn current_date(call: Call<'_>) -> Result<Typed> {
    let local = session_zone(call.ctx).to_local(call.ctx.session.transaction_start);
    Ok(Typed::literal(ScalarValue::Date32(Some(local.div_euclid(DAY) as i32)), RedshiftType::Date))
}

fn current_time(call: Call<'_>) -> Result<Typed> {
    let time = call.ctx.session.transaction_start.rem_euclid(DAY);
    Ok(Typed::literal(ScalarValue::Time64Microsecond(Some(time)), RedshiftType::TimeTz))
}

fn localtime(call: Call<'_>) -> Result<Typed> {
    let local = session_zone(call.ctx).to_local(call.ctx.session.transaction_start);
    Ok(Typed::literal(ScalarValue::Time64Microsecond(Some(local.rem_euclid(DAY))), RedshiftType::Time))
}

/// `Thu Sep 19 22:53:50.333525 2013 UTC`
fn timeofday(call: Call<'_>) -> Result<Typed> {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (zone, instant) = (session_zone(call.ctx), call.ctx.session.statement_start);
    let local = zone.to_local(instant);
    let (days, time) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    let day = Day::of_days(days);
    let shown = format!(
        "{} {} {:02} {:02}:{:02}:{:02}.{:06} {:04} {}",
        DAYS[weekday(days) as usize],
        MONTHS[day.month as usize - 1],
        day.day,
        time / HOUR,
        time / MINUTE % 60,
        time / SECOND % 60,
        time % SECOND,
        day.year,
        zone.abbreviation_at(instant)
    );
    let length = shown.len() as u32;
    Ok(text(shown, RedshiftType::Varchar(length)))
}

/// Do two periods have a moment in common? Each is from the earlier to the later end, without the later.
fn common_moment(a: (i64, i64), b: (i64, i64)) -> bool {
    let ((a1, a2), (b1, b2)) = ((a.0.min(a.1), a.0.max(a.1)), (b.0.min(b.1), b.0.max(b.1)));
    if a1 == b1 {
        true
    } else if a1 > b1 {
        a1 < b2
    } else {
        b1 < a2
    }
}

fn overlaps(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Bool, |(), args| {
        let ends = (0..4).map(|index| args.reader::<i64>(index)).collect::<Result<Vec<_>>>()?;
        args.rows(|row| {
            let values: Option<Vec<i64>> = ends.iter().map(|end| end.get(row)).collect();
            Ok(values.map(|v| common_moment((v[0], v[1]), (v[2], v[3]))))
        })
    })
}

fn overlaps_spans(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Bool, |(), args| {
        let (a, b) = (args.reader::<i64>(0)?, args.reader::<i64>(2)?);
        let (x, y) = (SpanReader::of(args, 1)?, SpanReader::of(args, 3)?);
        let later =
            |moment: i64, span| super::moments::shift_timestamp(moment, span, Zone::UTC).ok_or_else(out_of_range);
        args.rows(|row| match (a.get(row), x.get(row), b.get(row), y.get(row)) {
            (Some(a), Some(x), Some(b), Some(y)) => Ok(Some(common_moment((a, later(a, x)?), (b, later(b, y)?)))),
            _ => Ok(None),
        })
    })
}

/// TRUNC of a timestamp: its date.
pub(super) fn trunc(call: Call<'_>) -> Result<Typed> {
    let zone = clock(&call, call.ty(0));
    match call.ty(0) {
        RedshiftType::Date => Ok(Typed::new(call.args[0].expr.clone(), RedshiftType::Date)),
        _ => call.kernel_with(zone, RedshiftType::Date, |zone, args| {
            args.map1(|micros: i64| Ok(Some(zone.to_local(micros).div_euclid(DAY) as i32)))
        }),
    }
}
