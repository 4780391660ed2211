//! Intervals.
//!
//! Source: developer guide, "Interval data types and literals". A text without a qualifier may name any units; with a
//! qualifier bare numbers take its last field, `1-2` is years and months, `3 04:05` is days and a time.

use redshift_sql_dialect::{
    RedshiftType,
    ast::{IntervalField, IntervalQualifier},
    types::{DayTimeUnit, MAX_FRACTION, YearMonthUnit},
};

use super::{
    Fault, InputError,
    calendar::{DAY, HOUR, MINUTE, SECOND},
    lexer::{Field, fields},
};

/// Months, days and microseconds; none of them says anything about the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IntervalValue {
    /// Months.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Microseconds.
    pub micros: i64,
}

/// Which kind of interval a qualifier makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalUnits {
    /// INTERVAL YEAR TO MONTH
    YearToMonth,
    /// INTERVAL DAY TO SECOND
    DayToSecond,
}

impl IntervalUnits {
    /// The kind that fields from `YEAR` to `SECOND` belong to.
    pub fn of(field: IntervalField) -> Self {
        match field {
            IntervalField::Year | IntervalField::Month => IntervalUnits::YearToMonth,
            IntervalField::Day | IntervalField::Hour | IntervalField::Minute | IntervalField::Second => {
                IntervalUnits::DayToSecond
            }
        }
    }
}

/// What becomes of years in an interval of days, and the other way round (`interval_forbid_composite_literals`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Composite {
    /// They are an error.
    Refuse,
    /// They are left out.
    Discard,
}

/// An interval without qualifier: `1 day 2 hours`, `1w, 1h`, `3:35`, `5` (seconds), `2 days ago`.
pub fn parse_interval(text: &str) -> Result<IntervalValue, InputError> {
    let fail = |fault| InputError::new(text, RedshiftType::Interval, fault);
    decode(text, Unit::Second, TwoParts::HoursAndMinutes).and_then(Sum::into_value).map_err(fail)
}

/// An interval with a qualifier, cut to the fields that it names.
pub fn parse_qualified_interval(
    text: &str,
    qualifier: IntervalQualifier,
    composite: Composite,
) -> Result<IntervalValue, InputError> {
    let last = qualifier.to.unwrap_or(qualifier.from);
    let ty = match IntervalUnits::of(qualifier.from) {
        IntervalUnits::YearToMonth => RedshiftType::YEAR_TO_MONTH,
        IntervalUnits::DayToSecond => RedshiftType::DAY_TO_SECOND,
    };
    let fail = |fault| InputError::new(text, ty, fault);
    let two_parts = if last == IntervalField::Second { TwoParts::MinutesAndSeconds } else { TwoParts::HoursAndMinutes };
    let decoded = match years_and_months(text, qualifier) {
        Some(sum) => sum,
        None => decode(text, unit_of(last), two_parts),
    };
    let mut value = decoded.and_then(Sum::into_value).map_err(fail)?;
    if composite == Composite::Discard {
        match IntervalUnits::of(qualifier.from) {
            IntervalUnits::YearToMonth => (value.days, value.micros) = (0, 0),
            IntervalUnits::DayToSecond => value.months = 0,
        }
    }
    cut(value, qualifier.from, last, qualifier.precision).map_err(fail)
}

/// A text for a value of an interval type. Units of the other kind are left out.
pub fn parse_interval_of(text: &str, ty: RedshiftType) -> Result<IntervalValue, InputError> {
    use IntervalField::{Day, Hour, Minute, Month, Second, Year};
    let (from, to, precision) = match ty {
        RedshiftType::IntervalYearToMonth(YearMonthUnit::Year) => (Year, Year, None),
        RedshiftType::IntervalYearToMonth(YearMonthUnit::Month) => (Year, Month, None),
        RedshiftType::IntervalDayToSecond(DayTimeUnit::Day) => (Day, Day, None),
        RedshiftType::IntervalDayToSecond(DayTimeUnit::Hour) => (Day, Hour, None),
        RedshiftType::IntervalDayToSecond(DayTimeUnit::Minute) => (Day, Minute, None),
        RedshiftType::IntervalDayToSecond(DayTimeUnit::Second(digits)) => (Day, Second, Some(digits)),
        _ => return parse_interval(text),
    };
    parse_qualified_interval(text, IntervalQualifier { from, to: Some(to), precision }, Composite::Discard)
}

/// The microseconds that an interval of days keeps: smaller units are dropped, further digits of seconds rounded away.
pub fn cut_micros(micros: i64, unit: DayTimeUnit) -> i64 {
    match unit {
        DayTimeUnit::Day => micros / DAY * DAY,
        DayTimeUnit::Hour => micros / HOUR * HOUR,
        DayTimeUnit::Minute => micros / MINUTE * MINUTE,
        DayTimeUnit::Second(digits) => {
            let step = 10_i64.pow(u32::from(MAX_FRACTION - digits.min(MAX_FRACTION)));
            micros.saturating_add(micros.signum() * (step / 2)) / step * step
        }
    }
}

/// The months that an interval of years keeps.
pub fn cut_months(months: i32, unit: YearMonthUnit) -> i32 {
    match unit {
        YearMonthUnit::Year => months / 12 * 12,
        YearMonthUnit::Month => months,
    }
}

/// `1-2` and `-1-2` of an interval of years: the sign is that of the whole. None for other texts.
fn years_and_months(text: &str, qualifier: IntervalQualifier) -> Option<Result<Sum, Fault>> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (years, months) = digits.split_once('-')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if qualifier.from != IntervalField::Year || !is_number(years) || !is_number(months) {
        return None;
    }
    let number = |text: &str| text.parse::<i32>().map(i128::from).map_err(|_| Fault::IntervalField);
    let months = number(years).and_then(|years| Ok(years * 12 + number(months)?));
    Some(months.map(|months| Sum { months: sign * months, ..Sum::default() }))
}

/// What `2:2` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TwoParts {
    HoursAndMinutes,
    MinutesAndSeconds,
}

/// Drops what is smaller than the last field; refuses what the kind of interval cannot hold. Of seconds, digits beyond
/// the precision are rounded away.
fn cut(
    value: IntervalValue,
    from: IntervalField,
    last: IntervalField,
    precision: Option<u8>,
) -> Result<IntervalValue, Fault> {
    let IntervalValue { months, days, micros } = value;
    let units = IntervalUnits::of(from);
    match units {
        IntervalUnits::YearToMonth if days != 0 || micros != 0 => Err(Fault::CompositeInterval(units)),
        IntervalUnits::YearToMonth => {
            let unit = if last == IntervalField::Year { YearMonthUnit::Year } else { YearMonthUnit::Month };
            Ok(IntervalValue { months: cut_months(months, unit), days: 0, micros: 0 })
        }
        IntervalUnits::DayToSecond if months != 0 => Err(Fault::CompositeInterval(units)),
        IntervalUnits::DayToSecond => {
            let total = i64::from(days).checked_mul(DAY).and_then(|days| days.checked_add(micros));
            let total = total.ok_or(Fault::IntervalField)?;
            let unit = match last {
                IntervalField::Day => DayTimeUnit::Day,
                IntervalField::Hour => DayTimeUnit::Hour,
                IntervalField::Minute => DayTimeUnit::Minute,
                _ => DayTimeUnit::Second(precision.unwrap_or(MAX_FRACTION)),
            };
            Ok(IntervalValue { months: 0, days: 0, micros: cut_micros(total, unit) })
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Millennium,
    Century,
    Decade,
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
}

/// Microseconds of the digits behind the point; a seventh and further ones are cut.
fn fraction_micros(digits: &str) -> Option<i64> {
    super::datetime::fraction_micros(digits.get(..6).unwrap_or(digits))
}

fn unit_of(field: IntervalField) -> Unit {
    match field {
        IntervalField::Year => Unit::Year,
        IntervalField::Month => Unit::Month,
        IntervalField::Day => Unit::Day,
        IntervalField::Hour => Unit::Hour,
        IntervalField::Minute => Unit::Minute,
        IntervalField::Second => Unit::Second,
    }
}

fn unit_named(word: &str) -> Option<Unit> {
    Some(match word {
        "mil" | "mils" | "millennium" | "millennia" => Unit::Millennium,
        "c" | "cent" | "cents" | "century" | "centuries" => Unit::Century,
        "dec" | "decs" | "decade" | "decades" => Unit::Decade,
        "y" | "yr" | "yrs" | "year" | "years" => Unit::Year,
        "q" | "qtr" | "qtrs" | "quarter" | "quarters" => Unit::Quarter,
        "mon" | "mons" | "month" | "months" => Unit::Month,
        "w" | "week" | "weeks" => Unit::Week,
        "d" | "day" | "days" => Unit::Day,
        "h" | "hr" | "hrs" | "hour" | "hours" => Unit::Hour,
        "m" | "min" | "mins" | "minute" | "minutes" => Unit::Minute,
        "s" | "sec" | "secs" | "second" | "seconds" => Unit::Second,
        "ms" | "msec" | "msecs" | "msecond" | "mseconds" | "millisec" | "millisecs" | "millisecon" | "millisecond"
        | "milliseconds" => Unit::Millisecond,
        "us" | "usec" | "usecs" | "usecond" | "useconds" | "microsec" | "microsecs" | "microsecond"
        | "microseconds" => Unit::Microsecond,
        _ => return None,
    })
}

/// The sum so far, wide enough for anything that a text can say.
#[derive(Debug, Default)]
struct Sum {
    months: i128,
    days: i128,
    micros: i128,
}

impl Sum {
    /// Adds `amount` millionths of a unit. What is left of a month are days of 30, of a day a time.
    fn add(&mut self, amount: i128, unit: Unit) {
        const MILLION: i128 = 1_000_000;
        let months = |per_unit: i128, sum: &mut Sum| {
            let total = amount * per_unit;
            sum.months += total / MILLION;
            let days = total % MILLION * 30;
            sum.days += days / MILLION;
            sum.micros += days % MILLION * i128::from(DAY) / MILLION;
        };
        let days = |per_unit: i128, sum: &mut Sum| {
            let total = amount * per_unit;
            sum.days += total / MILLION;
            sum.micros += total % MILLION * i128::from(DAY) / MILLION;
        };
        match unit {
            Unit::Millennium => months(12_000, self),
            Unit::Century => months(1_200, self),
            Unit::Decade => months(120, self),
            Unit::Year => months(12, self),
            Unit::Quarter => months(3, self),
            Unit::Month => months(1, self),
            Unit::Week => days(7, self),
            Unit::Day => days(1, self),
            Unit::Hour => self.micros += amount * i128::from(HOUR) / MILLION,
            Unit::Minute => self.micros += amount * i128::from(MINUTE) / MILLION,
            Unit::Second => self.micros += amount,
            Unit::Millisecond => self.micros += amount / 1_000,
            Unit::Microsecond => self.micros += amount / MILLION,
        }
    }

    fn into_value(self) -> Result<IntervalValue, Fault> {
        let value = || {
            Some(IntervalValue {
                months: i32::try_from(self.months).ok()?,
                days: i32::try_from(self.days).ok()?,
                micros: i64::try_from(self.micros).ok()?,
            })
        };
        value().ok_or(Fault::IntervalField)
    }
}

fn decode(text: &str, bare: Unit, two_parts: TwoParts) -> Result<Sum, Fault> {
    let fields = fields(text).filter(|fields| !fields.is_empty()).ok_or(Fault::Syntax)?;
    let mut sum = Sum::default();
    let mut pending: Option<i128> = None;
    let mut ago = false;
    for (index, field) in fields.iter().enumerate() {
        match field {
            Field::Number(number) | Field::Signed(number) if !number.contains(':') => {
                // One that no unit follows counts as one at the end does.
                if let Some(amount) = pending.replace(millionths(number)?) {
                    sum.add(amount, bare);
                }
            }
            Field::Time(clock) | Field::Signed(clock) => {
                // A number before a time counts days.
                if let Some(amount) = pending.take() {
                    sum.add(amount, Unit::Day);
                }
                sum.micros += i128::from(signed_clock(clock, two_parts)?);
            }
            Field::Date(years_months) => {
                let (years, months) = years_months.split_once('-').ok_or(Fault::Syntax)?;
                sum.add(millionths(years)?, Unit::Year);
                sum.add(millionths(months)?, Unit::Month);
            }
            Field::Word(word) if word == "ago" && index + 1 == fields.len() && pending.is_none() => ago = true,
            Field::Word(word) => {
                let amount = pending.take().ok_or(Fault::Syntax)?;
                sum.add(amount, unit_named(word).ok_or(Fault::Syntax)?);
            }
            Field::Number(_) => return Err(Fault::Syntax),
        }
    }
    if let Some(amount) = pending {
        sum.add(amount, bare);
    }
    if ago {
        sum = Sum { months: -sum.months, days: -sum.days, micros: -sum.micros };
    }
    Ok(sum)
}

/// A number in millionths.
fn millionths(text: &str) -> Result<i128, Fault> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(Fault::Syntax);
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| Fault::IntervalField)? };
    let value = i128::from(whole) * 1_000_000 + i128::from(fraction_micros(fraction).ok_or(Fault::Syntax)?);
    Ok(if negative { -value } else { value })
}

/// Microseconds of `04:05:06.7`, whose hours may be many.
fn signed_clock(text: &str, two_parts: TwoParts) -> Result<i64, Fault> {
    let (negative, clock) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let whole = |digits: &str| digits.parse::<i64>().map_err(|_| Fault::Syntax);
    let seconds = |text: &str| -> Result<i64, Fault> {
        let (digits, fraction) = text.split_once('.').unwrap_or((text, ""));
        Ok(whole(digits)? * SECOND + fraction_micros(fraction).ok_or(Fault::Syntax)?)
    };
    let (hours, minutes, micros) = match parts[..] {
        [hours, minutes, last] => (whole(hours)?, whole(minutes)?, seconds(last)?),
        [minutes, last] if last.contains('.') || two_parts == TwoParts::MinutesAndSeconds => {
            (0, whole(minutes)?, seconds(last)?)
        }
        [hours, minutes] => (whole(hours)?, whole(minutes)?, 0),
        _ => return Err(Fault::Syntax),
    };
    if minutes > 59 && parts.len() == 3 || micros >= 60 * SECOND {
        return Err(Fault::IntervalField);
    }
    let total = hours
        .checked_mul(HOUR)
        .and_then(|hours| hours.checked_add(minutes.checked_mul(MINUTE)?)?.checked_add(micros))
        .ok_or(Fault::IntervalField)?;
    Ok(if negative { -total } else { total })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(months: i32, days: i32, micros: i64) -> IntervalValue {
        IntervalValue { months, days, micros }
    }

    #[test]
    fn units_are_added() {
        // Developer guide, "Interval literals".
        let cases = [
            ("1 second", interval(0, 0, SECOND)),
            ("3 hours, 35 minutes", interval(0, 0, 3 * HOUR + 35 * MINUTE)),
            ("52 weeks", interval(0, 364, 0)),
            ("1w, 1h, 1m, 1s", interval(0, 7, HOUR + MINUTE + SECOND)),
            ("0.5 days", interval(0, 0, 12 * HOUR)),
            ("4 months", interval(4, 0, 0)),
            ("1 year 2 mons 3 days 04:05:06.7", interval(14, 3, 4 * HOUR + 5 * MINUTE + 6 * SECOND + 700_000)),
            ("5", interval(0, 0, 5 * SECOND)),
            ("1.5 months", interval(1, 15, 0)),
            ("2 days ago", interval(0, -2, 0)),
            ("-1 day +2 hours", interval(0, -1, 2 * HOUR)),
            ("1 04:05", interval(0, 1, 4 * HOUR + 5 * MINUTE)),
            ("1 quarter", interval(3, 0, 0)),
            ("1-2", interval(14, 0, 0)),
        ];
        for (text, value) in cases {
            assert_eq!(parse_interval(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn intervals_that_are_none_are_refused() {
        for text in ["", "day", "1 fortnightish", "1 day day", "a 1"] {
            let error = parse_interval(text).unwrap_err().into_error();
            assert_eq!(error.message(), format!("invalid input syntax for type interval: \"{text}\""), "{text}");
        }
        assert_eq!(parse_interval("9999999999 years").unwrap_err().into_error().sqlstate().0, "22015");
    }

    #[test]
    fn qualifiers_give_units_and_cut() {
        use IntervalField::*;
        let parse = |text: &str, from, to, precision| {
            parse_qualified_interval(text, IntervalQualifier { from, to, precision }, Composite::Refuse)
                .map_err(|error| error.fault)
        };
        // Developer guide, "Interval data types and literals", examples.
        assert_eq!(parse("1", Year, None, None), Ok(interval(12, 0, 0)));
        assert_eq!(parse("1-2", Year, Some(Month), None), Ok(interval(14, 0, 0)));
        assert_eq!(parse("13 months", Year, None, None), Ok(interval(12, 0, 0)));
        assert_eq!(parse("1 day 2 hours", Day, None, None), Ok(interval(0, 0, DAY)));
        assert_eq!(
            parse("3 04:05:06.789", Day, Some(Second), Some(1)),
            Ok(interval(0, 0, 3 * DAY + 4 * HOUR + 5 * MINUTE + 6_800_000))
        );
        assert_eq!(parse("1.234567", Second, None, Some(3)), Ok(interval(0, 0, 1_235_000)));
        assert_eq!(parse("1.23456789", Second, None, None), Ok(interval(0, 0, 1_234_567)));
        assert_eq!(parse("2:2", Minute, Some(Second), None), Ok(interval(0, 0, 2 * MINUTE + 2 * SECOND)));
        assert_eq!(parse("2:2", Hour, Some(Minute), None), Ok(interval(0, 0, 2 * HOUR + 2 * MINUTE)));
        assert_eq!(
            parse("1 day 1 hour 1 minute 1.123 seconds", Minute, None, None),
            Ok(interval(0, 0, DAY + HOUR + MINUTE))
        );
        let composite = Err(Fault::CompositeInterval(IntervalUnits::DayToSecond));
        assert_eq!(parse("1 year 1 day", Day, Some(Second), None), composite);
    }
}
