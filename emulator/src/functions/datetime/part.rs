//! Date parts: their names, and what a moment's are.
//!
//! Source: developer guide, "Date parts for date or timestamp functions".

use redshift_sql_dialect::{Error, Result, SqlState};

use crate::text_input::calendar::{DAY, Day as Date, HOUR, MINUTE, SECOND, days_in_month, iso_week, weekday};

/// A part of a date or a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum DatePart {
    Millennium,
    Century,
    Decade,
    Year,
    IsoYear,
    Quarter,
    Month,
    Week,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Epoch,
    TimeZone,
    TimeZoneHour,
    TimeZoneMinute,
}

use DatePart::*;

/// The names of the parts.
const NAMES: &[(DatePart, &[&str])] = &[
    (Millennium, &["millennium", "millennia", "mil", "mils"]),
    (Century, &["century", "centuries", "c", "cent", "cents"]),
    (Decade, &["decade", "decades", "dec", "decs"]),
    (Year, &["year", "years", "y", "yr", "yrs"]),
    (IsoYear, &["isoyear"]),
    (Quarter, &["quarter", "quarters", "qtr", "qtrs"]),
    (Month, &["month", "months", "mon", "mons"]),
    (Week, &["week", "weeks", "w"]),
    (DayOfWeek, &["dayofweek", "dow", "dw", "weekday"]),
    (IsoDayOfWeek, &["isodow"]),
    (DayOfYear, &["dayofyear", "doy", "dy", "yearday"]),
    (Day, &["day", "days", "d"]),
    (Hour, &["hour", "hours", "h", "hr", "hrs"]),
    (Minute, &["minute", "minutes", "m", "min", "mins"]),
    (Second, &["second", "seconds", "s", "sec", "secs"]),
    (
        Millisecond,
        &[
            "millisecond",
            "milliseconds",
            "ms",
            "msec",
            "msecs",
            "msecond",
            "mseconds",
            "millisec",
            "millisecs",
            "millisecon",
        ],
    ),
    (
        Microsecond,
        &["microsecond", "microseconds", "microsec", "microsecs", "usecond", "useconds", "us", "usec", "usecs"],
    ),
    (Epoch, &["epoch"]),
    (TimeZone, &["timezone"]),
    (TimeZoneHour, &["timezone_hour"]),
    (TimeZoneMinute, &["timezone_minute"]),
];

impl DatePart {
    /// The part of this name.
    ///
    /// # Errors
    /// 22023 where there is none.
    pub fn named(name: &str) -> Result<DatePart> {
        let lower = name.trim().to_lowercase();
        let found = NAMES.iter().find(|(_, names)| names.contains(&lower.as_str()));
        found.map(|(part, _)| *part).ok_or_else(|| {
            let message = format!("timestamp units \"{name}\" not recognized");
            Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
        })
    }

    /// 0A000, of a part that a function or a type does not have.
    pub fn unsupported(self, what: &str) -> Error {
        let name = NAMES.iter().find(|(part, _)| *part == self).map_or("", |(_, names)| names[0]);
        Error::unsupported(format!("{what} units \"{name}\" not supported"))
    }

    /// The microseconds of a part that is always as long; none of months, years and what is made of them.
    pub fn micros(self) -> Option<i64> {
        Some(match self {
            Week => 7 * DAY,
            Day | DayOfWeek | IsoDayOfWeek | DayOfYear => DAY,
            Hour => HOUR,
            Minute => MINUTE,
            Second | Epoch => SECOND,
            Millisecond => 1_000,
            Microsecond => 1,
            _ => return None,
        })
    }

    /// The months of a part that is made of them.
    pub fn months(self) -> Option<i64> {
        Some(match self {
            Millennium => 12_000,
            Century => 1_200,
            Decade => 120,
            Year | IsoYear => 12,
            Quarter => 3,
            Month => 1,
            _ => return None,
        })
    }
}

/// So many of a part later; none where there is no such moment.
///
/// Developer guide, "DATEADD": a month later is the same day, or the month's last; a year after February 29 is March 1.
pub fn add(part: DatePart, count: i64, micros: i64) -> Option<i64> {
    if let Some(step) = part.micros() {
        return micros.checked_add(step.checked_mul(count)?);
    }
    let months = part.months()?.checked_mul(count)?;
    let (days, time) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let day = Date::of_days(days);
    // Beyond the calendar's years there is no result in any case.
    let moved = if months.abs() < 12 * 1_000_000 { day.plus_months(months) } else { return None };
    let overhang = match part {
        Month | Quarter => 0,
        _ => i64::from(day.day.saturating_sub(days_in_month(moved.year, moved.month))),
    };
    (moved.days() + overhang).checked_mul(DAY)?.checked_add(time)
}

/// How many boundaries of a part lie between two moments.
pub fn difference(part: DatePart, from: i64, to: i64) -> Option<i64> {
    let number = |micros: i64| -> Option<i64> {
        let days = micros.div_euclid(DAY);
        Some(match part {
            // Weeks begin on Monday, as DATE_TRUNC has it.
            Week => (days + 3).div_euclid(7),
            Day | DayOfWeek | IsoDayOfWeek | DayOfYear => days,
            _ => match part.micros() {
                Some(step) => micros.div_euclid(step),
                None => months_of(days).div_euclid(part.months()?),
            },
        })
    };
    number(to)?.checked_sub(number(from)?)
}

/// Months since the year 0.
fn months_of(days: i64) -> i64 {
    let day = Date::of_days(days);
    day.year * 12 + i64::from(day.month) - 1
}

/// The moment at which the part began; none for parts that have no beginning.
pub fn truncate(part: DatePart, micros: i64) -> Option<i64> {
    let days = micros.div_euclid(DAY);
    let first = |year: i64, month: u32| Date { year, month, day: 1 }.days() * DAY;
    let date = Date::of_days(days);
    Some(match part {
        Microsecond | Millisecond | Second | Minute | Hour | Day => {
            let step = part.micros()?;
            micros.div_euclid(step) * step
        }
        Week => (days - (weekday(days) + 6).rem_euclid(7)) * DAY,
        Month => first(date.year, date.month),
        Quarter => first(date.year, (date.month - 1) / 3 * 3 + 1),
        Year => first(date.year, 1),
        Decade => first(date.year.div_euclid(10) * 10, 1),
        Century => first((date.year - 1).div_euclid(100) * 100 + 1, 1),
        Millennium => first((date.year - 1).div_euclid(1000) * 1000 + 1, 1),
        _ => return None,
    })
}

/// Years without a year 0, for people to read: 1 BC is -1.
fn shown_year(year: i64) -> i64 {
    if year > 0 { year } else { year - 1 }
}

/// A part of a date; none for parts of a time.
pub fn of_date(part: DatePart, days: i64) -> Option<i64> {
    let date = Date::of_days(days);
    let group = |size: i64| {
        let number = (date.year - 1).div_euclid(size) + 1;
        if number > 0 { number } else { number - 1 }
    };
    Some(match part {
        Millennium => group(1000),
        Century => group(100),
        // Decade 1 has nine years only: 0001 to 0009.
        Decade => date.year.div_euclid(10) + 1,
        Year => shown_year(date.year),
        IsoYear => shown_year(iso_week(days).0),
        Quarter => i64::from((date.month - 1) / 3 + 1),
        Month => i64::from(date.month),
        Week => iso_week(days).1,
        DayOfWeek => weekday(days),
        IsoDayOfWeek => (weekday(days) + 6) % 7 + 1,
        DayOfYear => date.day_of_year(),
        Day => i64::from(date.day),
        _ => return None,
    })
}

/// A part of a time of day, whole; none for parts of a date. Of a second's parts each is for itself.
pub fn of_time(part: DatePart, micros: i64) -> Option<i64> {
    Some(match part {
        Hour => micros / HOUR,
        Minute => micros / MINUTE % 60,
        Second => micros / SECOND % 60,
        Millisecond => micros / 1_000 % 1_000,
        Microsecond => micros % SECOND,
        _ => return None,
    })
}
