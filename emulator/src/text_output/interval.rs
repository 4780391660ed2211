//! Intervals, in the three forms of `intervalstyle`.

use std::fmt::{self, Write};

use super::{IntervalForm, TextStyle, datetime::write_fraction};

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// The fields of an interval; they may differ in sign.
struct Fields {
    years: i64,
    months: i64,
    days: i64,
    hours: i64,
    minutes: i64,
    seconds: i64,
    micros: i64,
}

impl Fields {
    fn new(months: i64, days: i64, micros: i64) -> Fields {
        // Division truncates, so every field of the time has the sign of the whole.
        Fields {
            years: months / 12,
            months: months % 12,
            days,
            hours: micros / (3_600 * MICROS_PER_SECOND),
            minutes: micros / (60 * MICROS_PER_SECOND) % 60,
            seconds: micros / MICROS_PER_SECOND % 60,
            micros: micros % MICROS_PER_SECOND,
        }
    }

    fn has_time(&self) -> bool {
        self.hours != 0 || self.minutes != 0 || self.seconds != 0 || self.micros != 0
    }

    fn time_is_negative(&self) -> bool {
        self.hours < 0 || self.minutes < 0 || self.seconds < 0 || self.micros < 0
    }
}

/// INTERVAL YEAR TO MONTH, given in months.
pub fn write_year_to_month(out: &mut impl Write, months: i32, style: &TextStyle) -> fmt::Result {
    if style.intervals == IntervalForm::SqlStandard {
        let sign = if months < 0 { "-" } else { "" };
        let months = months.unsigned_abs();
        return write!(out, "{sign}{}-{}", months / 12, months % 12);
    }
    write_fields(out, &Fields::new(i64::from(months), 0, 0), style)
}

/// INTERVAL DAY TO SECOND, given in microseconds.
pub fn write_day_to_second(out: &mut impl Write, micros: i64, style: &TextStyle) -> fmt::Result {
    write_fields(out, &Fields::new(0, micros / MICROS_PER_DAY, micros % MICROS_PER_DAY), style)
}

/// INTERVAL, given in months, days and microseconds. As in PostgreSQL 8.0 a day is 24 hours and no field of its own:
/// 36 hours are `1 day 12:00:00`.
pub fn write_interval(out: &mut impl Write, months: i32, days: i32, micros: i64, style: &TextStyle) -> fmt::Result {
    let total = i128::from(days) * i128::from(MICROS_PER_DAY) + i128::from(micros);
    let (days, micros) = (total / i128::from(MICROS_PER_DAY), total % i128::from(MICROS_PER_DAY));
    write_fields(out, &Fields::new(i64::from(months), days as i64, micros as i64), style)
}

fn write_fields(out: &mut impl Write, fields: &Fields, style: &TextStyle) -> fmt::Result {
    match style.intervals {
        IntervalForm::Postgres => write_postgres(out, fields),
        IntervalForm::PostgresVerbose => write_verbose(out, fields),
        IntervalForm::SqlStandard => write_sql_standard(out, fields),
    }
}

/// `1 year 2 mons -3 days +04:05:06.78`: a field after a negative one has its sign, even where it is positive.
fn write_postgres(out: &mut impl Write, fields: &Fields) -> fmt::Result {
    let (mut first, mut after_negative) = (true, false);
    for (value, unit) in [(fields.years, "year"), (fields.months, "mon"), (fields.days, "day")] {
        if value == 0 {
            continue;
        }
        let gap = if first { "" } else { " " };
        let plus = if after_negative && value > 0 { "+" } else { "" };
        let plural = if value == 1 { "" } else { "s" };
        write!(out, "{gap}{plus}{value} {unit}{plural}")?;
        first = false;
        after_negative = value < 0;
    }
    if !fields.has_time() && !first {
        return Ok(());
    }
    let gap = if first { "" } else { " " };
    let sign = match (fields.time_is_negative(), after_negative) {
        (true, _) => "-",
        (false, true) => "+",
        (false, false) => "",
    };
    write!(out, "{gap}{sign}{:02}:{:02}:{:02}", fields.hours.abs(), fields.minutes.abs(), fields.seconds.abs())?;
    write_fraction(out, fields.micros.abs())
}

/// `@ 1 day 2 hours 3 mins 4.56 secs`: two digits of the fraction, `ago` where the first field is negative.
fn write_verbose(out: &mut impl Write, fields: &Fields) -> fmt::Result {
    out.write_char('@')?;
    let units = [
        (fields.years, "year"),
        (fields.months, "mon"),
        (fields.days, "day"),
        (fields.hours, "hour"),
        (fields.minutes, "min"),
    ];
    let mut ago = None;
    for (value, unit) in units.into_iter().filter(|(value, _)| *value != 0) {
        let sign = if *ago.get_or_insert(value < 0) { -1 } else { 1 };
        let value = value * sign;
        write!(out, " {value} {unit}{}", if value == 1 { "" } else { "s" })?;
    }
    if fields.seconds != 0 || fields.micros != 0 {
        let negative = fields.seconds < 0 || fields.micros < 0;
        let flipped = *ago.get_or_insert(negative);
        let sign = if negative != flipped { "-" } else { "" };
        let seconds = fields.seconds.abs();
        if fields.micros != 0 {
            write!(out, " {sign}{seconds}.{:02} secs", fields.micros.abs() / 10_000)?;
        } else {
            write!(out, " {sign}{seconds} sec{}", if seconds == 1 { "" } else { "s" })?;
        }
    }
    match ago {
        None => out.write_str(" 0"),
        Some(true) => out.write_str(" ago"),
        Some(false) => Ok(()),
    }
}

/// `1-2`, `1 2:03:04.5678`, and `+1-2 -3 +4:05:06` where the standard has no form.
fn write_sql_standard(out: &mut impl Write, fields: &Fields) -> fmt::Result {
    let values =
        [fields.years, fields.months, fields.days, fields.hours, fields.minutes, fields.seconds, fields.micros];
    let negative = values.iter().any(|value| *value < 0);
    let positive = values.iter().any(|value| *value > 0);
    let has_months = fields.years != 0 || fields.months != 0;
    let has_day_time = fields.days != 0 || fields.has_time();
    if !negative && !positive {
        return out.write_char('0');
    }
    if (negative && positive) || (has_months && has_day_time) {
        let sign = |value: bool| if value { '-' } else { '+' };
        let (years, months) = (fields.years.abs(), fields.months.abs());
        write!(out, "{}{years}-{months}", sign(fields.years < 0 || fields.months < 0))?;
        write!(out, " {}{}", sign(fields.days < 0), fields.days.abs())?;
        write!(out, " {}", sign(fields.time_is_negative()))?;
        return write_clock(out, fields);
    }
    if negative {
        out.write_char('-')?;
    }
    if has_months {
        return write!(out, "{}-{}", fields.years.abs(), fields.months.abs());
    }
    if fields.days != 0 {
        write!(out, "{} ", fields.days.abs())?;
    }
    write_clock(out, fields)
}

/// `4:05:06.78`
fn write_clock(out: &mut impl Write, fields: &Fields) -> fmt::Result {
    write!(out, "{}:{:02}:{:02}", fields.hours.abs(), fields.minutes.abs(), fields.seconds.abs())?;
    write_fraction(out, fields.micros.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(intervals: IntervalForm) -> TextStyle {
        TextStyle { intervals, ..TextStyle::default() }
    }

    fn months(months: i32, form: IntervalForm) -> String {
        let mut out = String::new();
        write_year_to_month(&mut out, months, &style(form)).unwrap();
        out
    }

    fn micros(micros: i64, form: IntervalForm) -> String {
        let mut out = String::new();
        write_day_to_second(&mut out, micros, &style(form)).unwrap();
        out
    }

    /// The guide's INTERVAL '1 2:3:4.5678' DAY TO SECOND.
    const GUIDE: i64 = MICROS_PER_DAY + (2 * 3_600 + 3 * 60 + 4) * MICROS_PER_SECOND + 567_800;

    #[test]
    fn the_examples_of_the_guide() {
        assert_eq!(months(14, IntervalForm::Postgres), "1 year 2 mons");
        assert_eq!(months(24, IntervalForm::Postgres), "2 years");
        assert_eq!(months(14, IntervalForm::PostgresVerbose), "@ 1 year 2 mons");
        assert_eq!(months(14, IntervalForm::SqlStandard), "1-2");
        assert_eq!(micros(GUIDE, IntervalForm::Postgres), "1 day 02:03:04.5678");
        assert_eq!(micros(GUIDE, IntervalForm::PostgresVerbose), "@ 1 day 2 hours 3 mins 4.56 secs");
        assert_eq!(micros(GUIDE, IntervalForm::SqlStandard), "1 2:03:04.5678");
        assert_eq!(micros(2 * MICROS_PER_DAY + 3_660 * MICROS_PER_SECOND, IntervalForm::Postgres), "2 days 01:01:00");
    }

    #[test]
    fn nothing_is_written_as_something() {
        assert_eq!(micros(0, IntervalForm::Postgres), "00:00:00");
        assert_eq!(micros(0, IntervalForm::PostgresVerbose), "@ 0");
        assert_eq!(micros(0, IntervalForm::SqlStandard), "0");
        assert_eq!(months(0, IntervalForm::SqlStandard), "0-0");
    }

    #[test]
    fn negative_intervals() {
        assert_eq!(months(-14, IntervalForm::Postgres), "-1 years -2 mons");
        assert_eq!(months(-14, IntervalForm::PostgresVerbose), "@ 1 year 2 mons ago");
        assert_eq!(months(-14, IntervalForm::SqlStandard), "-1-2");
        assert_eq!(micros(-GUIDE, IntervalForm::Postgres), "-1 days -02:03:04.5678");
        assert_eq!(micros(-1_500_000, IntervalForm::PostgresVerbose), "@ 1.50 secs ago");
    }

    #[test]
    fn signs_that_differ_are_all_shown() {
        let mut out = String::new();
        write_interval(&mut out, 14, -3, 4 * 3_600 * MICROS_PER_SECOND, &style(IntervalForm::Postgres)).unwrap();
        assert_eq!(out, "1 year 2 mons -2 days -20:00:00");
        out.clear();
        write_interval(&mut out, 14, -3, 4 * 3_600 * MICROS_PER_SECOND, &style(IntervalForm::SqlStandard)).unwrap();
        assert_eq!(out, "+1-2 -2 -20:00:00");
        out.clear();
        // 36 hours, as PostgreSQL 8.0 shows them.
        write_interval(&mut out, 0, 0, 36 * 3_600 * MICROS_PER_SECOND, &style(IntervalForm::Postgres)).unwrap();
        assert_eq!(out, "1 day 12:00:00");
    }
}
