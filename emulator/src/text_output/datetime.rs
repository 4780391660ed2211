//! Dates, times and timestamps.

use std::fmt::{self, Write};

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::OffsetName;

use super::{DateForm, DayOrder, TextStyle};
use crate::text_input::{ABSTIME_INFINITY, ABSTIME_MINUS_INFINITY, zone::Zone};

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// A day of the proleptic Gregorian calendar.
struct Day {
    /// Astronomical: 0 is 1 BC.
    year: i64,
    month: u8,
    day: u8,
    /// 0 is Sunday.
    weekday: u8,
}

impl Day {
    /// The day that is so many days after 1970-01-01.
    ///
    /// Years are counted from March, so that the leap day is the last of its year, in eras of 400 years, which all have
    /// 146,097 days.
    fn of_epoch_days(days: i64) -> Day {
        const DAYS_PER_ERA: i64 = 146_097;
        // 0000-03-01 is 719,468 days before 1970-01-01.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(DAYS_PER_ERA);
        let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u8;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u8;
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        // 1970-01-01 was a Thursday.
        Day { year, month, day, weekday: (days + 4).rem_euclid(7) as u8 }
    }

    /// The year as it is written: there is no year 0, and years before 1 are marked BC behind the value.
    fn written_year(&self) -> i64 {
        if self.year > 0 { self.year } else { 1 - self.year }
    }

    fn write_era(&self, out: &mut impl Write) -> fmt::Result {
        if self.year > 0 { Ok(()) } else { out.write_str(" BC") }
    }
}

/// A date, given in days since 1970-01-01.
pub fn write_date(out: &mut impl Write, days: i32, style: &TextStyle) -> fmt::Result {
    let day = Day::of_epoch_days(i64::from(days));
    match style.dates {
        DateForm::Postgres => {
            let (first, second) = ordered(&day, style.day_order);
            write!(out, "{first:02}-{second:02}-{:04}", day.written_year())?;
        }
        _ => write_numeric_date(out, &day, style)?,
    }
    day.write_era(out)
}

/// A date of digits, without BC.
fn write_numeric_date(out: &mut impl Write, day: &Day, style: &TextStyle) -> fmt::Result {
    let year = day.written_year();
    match style.dates {
        DateForm::Iso | DateForm::Postgres => {
            if year < 10_000 {
                write_two(out, (year / 100) as u8)?;
                write_two(out, (year % 100) as u8)?;
            } else {
                write!(out, "{year}")?;
            }
            out.write_char('-')?;
            write_two(out, day.month)?;
            out.write_char('-')?;
            write_two(out, day.day)
        }
        DateForm::Sql => {
            let (first, second) = ordered(day, style.day_order);
            write!(out, "{first:02}/{second:02}/{year:04}")
        }
        DateForm::German => write!(out, "{:02}.{:02}.{year:04}", day.day, day.month),
    }
}

fn ordered(day: &Day, order: DayOrder) -> (u8, u8) {
    match order {
        DayOrder::MonthFirst => (day.month, day.day),
        DayOrder::DayFirst => (day.day, day.month),
    }
}

/// A time of day, given in microseconds since midnight: `10:00:00.50`.
pub fn write_time(out: &mut impl Write, micros: i64) -> fmt::Result {
    let seconds = micros.div_euclid(MICROS_PER_SECOND);
    // 24:00:00 is a time, too.
    write_two(out, (seconds / 3_600).clamp(0, 99) as u8)?;
    out.write_char(':')?;
    write_two(out, (seconds / 60).rem_euclid(60) as u8)?;
    out.write_char(':')?;
    write_two(out, seconds.rem_euclid(60) as u8)?;
    write_fraction(out, micros.rem_euclid(MICROS_PER_SECOND))
}

/// TIMETZ, which is kept in UTC: `10:00:00+00`.
pub fn write_timetz(out: &mut impl Write, micros: i64) -> fmt::Result {
    write_time(out, micros)?;
    write_offset(out, 0)
}

/// The fraction of a second without trailing zeros, but two digits at least; nothing where it is none.
pub(super) fn write_fraction(out: &mut impl Write, micros: i64) -> fmt::Result {
    if micros == 0 {
        return Ok(());
    }
    let (mut digits, mut width) = (micros, 6);
    while width > 2 && digits % 10 == 0 {
        digits /= 10;
        width -= 1;
    }
    write!(out, ".{digits:0width$}")
}

/// TIMESTAMP, given in microseconds since 1970-01-01 00:00:00.
pub fn write_timestamp(out: &mut impl Write, micros: i64, style: &TextStyle) -> fmt::Result {
    write_moment(out, micros, style, None)
}

/// ABSTIME, given in seconds; the first and the last one are the infinities (PostgreSQL 8.0, `nabstime.h`).
pub fn write_abstime(out: &mut impl Write, seconds: i64, style: &TextStyle) -> fmt::Result {
    match seconds {
        ABSTIME_INFINITY => out.write_str("infinity"),
        ABSTIME_MINUS_INFINITY => out.write_str("-infinity"),
        seconds => write_timestamptz(out, seconds.saturating_mul(1_000_000), style),
    }
}

/// TIMESTAMPTZ, given in microseconds since 1970-01-01 00:00:00 UTC, in the session's zone.
pub fn write_timestamptz(out: &mut impl Write, micros: i64, style: &TextStyle) -> fmt::Result {
    let zone = match style.zone {
        Zone::Fixed(0) => Shown { seconds_east: 0, abbreviation: Some("UTC") },
        Zone::Fixed(seconds_east) => Shown { seconds_east, abbreviation: None },
        Zone::Named(tz) => {
            // Beyond chrono's years there is no daylight saving time to ask for.
            let Some(instant) = DateTime::from_timestamp_micros(micros) else {
                return write_moment(out, micros, style, Some(Shown { seconds_east: 0, abbreviation: None }));
            };
            let offset = tz.offset_from_utc_datetime(&instant.naive_utc());
            let shown = Shown { seconds_east: offset.fix().local_minus_utc(), abbreviation: offset.abbreviation() };
            let local = micros + i64::from(shown.seconds_east) * MICROS_PER_SECOND;
            return write_moment(out, local, style, Some(shown));
        }
    };
    write_moment(out, micros + i64::from(zone.seconds_east) * MICROS_PER_SECOND, style, Some(zone))
}

/// A time zone as it is shown at one instant.
struct Shown<'a> {
    seconds_east: i32,
    abbreviation: Option<&'a str>,
}

fn write_moment(out: &mut impl Write, micros: i64, style: &TextStyle, zone: Option<Shown<'_>>) -> fmt::Result {
    let day = Day::of_epoch_days(micros.div_euclid(MICROS_PER_DAY));
    let time = micros.rem_euclid(MICROS_PER_DAY);
    match style.dates {
        DateForm::Postgres => {
            let month = MONTHS[usize::from(day.month - 1)];
            out.write_str(WEEKDAYS[usize::from(day.weekday)])?;
            match style.day_order {
                DayOrder::MonthFirst => write!(out, " {month} {:02} ", day.day)?,
                DayOrder::DayFirst => write!(out, " {:02} {month} ", day.day)?,
            }
            write_time(out, time)?;
            write!(out, " {:04}", day.written_year())?;
        }
        _ => {
            write_numeric_date(out, &day, style)?;
            out.write_char(' ')?;
            write_time(out, time)?;
        }
    }
    match zone {
        Some(zone) if style.dates == DateForm::Iso => write_offset(out, zone.seconds_east)?,
        // Zones without an abbreviation of their own have digits for one.
        Some(Shown { abbreviation: Some(name), .. }) if name.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            write!(out, " {name}")?;
        }
        Some(zone) => {
            out.write_char(' ')?;
            write_offset(out, zone.seconds_east)?;
        }
        None => {}
    }
    day.write_era(out)
}

/// `+00`, `-03:30`
fn write_offset(out: &mut impl Write, seconds_east: i32) -> fmt::Result {
    let minutes = seconds_east.abs() / 60;
    out.write_char(if seconds_east < 0 { '-' } else { '+' })?;
    write_two(out, (minutes / 60) as u8)?;
    if minutes % 60 != 0 {
        out.write_char(':')?;
        write_two(out, (minutes % 60) as u8)?;
    }
    Ok(())
}

fn write_two(out: &mut impl Write, number: u8) -> fmt::Result {
    out.write_char(char::from(b'0' + number / 10))?;
    out.write_char(char::from(b'0' + number % 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(days: i32, style: &TextStyle) -> String {
        let mut out = String::new();
        write_date(&mut out, days, style).unwrap();
        out
    }

    fn timestamp(micros: i64, style: &TextStyle) -> String {
        let mut out = String::new();
        write_timestamp(&mut out, micros, style).unwrap();
        out
    }

    fn timestamptz(micros: i64, style: &TextStyle) -> String {
        let mut out = String::new();
        write_timestamptz(&mut out, micros, style).unwrap();
        out
    }

    fn time(micros: i64) -> String {
        let mut out = String::new();
        write_time(&mut out, micros).unwrap();
        out
    }

    /// 2024-01-31 10:00:00, a Wednesday: 19,753 days after 1970-01-01 and ten hours.
    const MOMENT: i64 = (19_753 * 86_400 + 36_000) * 1_000_000;

    #[test]
    fn days_are_counted_through_leap_years_and_eras() {
        let iso = TextStyle::default();
        assert_eq!(date(0, &iso), "1970-01-01");
        assert_eq!(date(-1, &iso), "1969-12-31");
        assert_eq!(date(19_753, &iso), "2024-01-31");
        assert_eq!(date(19_753 + 29, &iso), "2024-02-29");
        assert_eq!(date(11_016, &iso), "2000-02-29");
        // 1900 was no leap year: the day after February 28 is March 1.
        assert_eq!(date(-25_508, &iso), "1900-03-01");
        // 719,162 days lie between 0001-01-01 and 1970-01-01.
        assert_eq!(date(-719_162, &iso), "0001-01-01");
        assert_eq!(date(-719_163, &iso), "0001-12-31 BC");
        // Day 2,932,897 is the first of the year 10000.
        assert_eq!(date(2_932_897, &iso), "10000-01-01");
    }

    #[test]
    fn dates_have_four_forms() {
        let style = |dates, day_order| TextStyle { dates, day_order, ..TextStyle::default() };
        assert_eq!(date(19_753, &style(DateForm::Sql, DayOrder::MonthFirst)), "01/31/2024");
        assert_eq!(date(19_753, &style(DateForm::Sql, DayOrder::DayFirst)), "31/01/2024");
        assert_eq!(date(19_753, &style(DateForm::Postgres, DayOrder::MonthFirst)), "01-31-2024");
        assert_eq!(date(19_753, &style(DateForm::German, DayOrder::DayFirst)), "31.01.2024");
    }

    #[test]
    fn fractions_lose_zeros_but_keep_two_digits() {
        assert_eq!(time(36_000_000_000), "10:00:00");
        assert_eq!(time(36_000_123_456), "10:00:00.123456");
        assert_eq!(time(36_000_717_440), "10:00:00.71744");
        assert_eq!(time(36_000_500_000), "10:00:00.50");
        assert_eq!(time(36_000_000_001), "10:00:00.000001");
        assert_eq!(time(86_400_000_000), "24:00:00");
    }

    #[test]
    fn timestamps_before_1970_keep_their_fraction() {
        assert_eq!(timestamp(-1, &TextStyle::default()), "1969-12-31 23:59:59.999999");
        assert_eq!(timestamp(MOMENT, &TextStyle::default()), "2024-01-31 10:00:00");
    }

    #[test]
    fn instants_are_shown_in_the_zone_of_the_session() {
        let style = |zone| TextStyle { zone, ..TextStyle::default() };
        assert_eq!(timestamptz(MOMENT, &style(Zone::UTC)), "2024-01-31 10:00:00+00");
        assert_eq!(timestamptz(MOMENT, &style(Zone::Named(chrono_tz::America::New_York))), "2024-01-31 05:00:00-05");
        assert_eq!(timestamptz(MOMENT, &style(Zone::Named(chrono_tz::Asia::Kolkata))), "2024-01-31 15:30:00+05:30");
        assert_eq!(timestamptz(MOMENT, &style(Zone::Named(chrono_tz::America::St_Johns))), "2024-01-31 06:30:00-03:30");
        assert_eq!(timestamptz(MOMENT, &style(Zone::Fixed(27_000))), "2024-01-31 17:30:00+07:30");
    }

    #[test]
    fn other_forms_name_the_zone() {
        let style =
            |dates| TextStyle { dates, zone: Zone::Named(chrono_tz::America::New_York), ..TextStyle::default() };
        assert_eq!(timestamptz(MOMENT, &style(DateForm::Sql)), "01/31/2024 05:00:00 EST");
        assert_eq!(timestamptz(MOMENT, &style(DateForm::Postgres)), "Wed Jan 31 05:00:00 2024 EST");
        assert_eq!(timestamptz(MOMENT, &style(DateForm::German)), "31.01.2024 05:00:00 EST");
    }

    #[test]
    fn timetz_is_in_utc() {
        let mut out = String::new();
        write_timetz(&mut out, 36_000_000_000).unwrap();
        assert_eq!(out, "10:00:00+00");
    }
}
