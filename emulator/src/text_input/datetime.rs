//! Dates and times.
//!
//! A text is cut into fields ([`super::lexer`]); each field says what it is, by its form, by a name, or by what is still
//! missing: in `1/15/2024` the order of the session's DateStyle decides, in `15 Jan 2024` the month's name does. ISO 8601
//! dates and timestamps, which files are full of, take a short way round all that.

use redshift_sql_dialect::RedshiftType;

use super::{
    Fault, InputError,
    calendar::{DAY, Day, FIRST_DAY, HOUR, LAST_DAY, MINUTE, SECOND, days_in_month},
    lexer::{Field, fields},
    zone::{Zone, parse_displacement},
};

/// The order of day, month and year where only numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DateOrder {
    /// 1/15/2024
    #[default]
    MonthDayYear,
    /// 15/1/2024
    DayMonthYear,
    /// 24/1/15
    YearMonthDay,
}

/// What reading a date or a time depends on beside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateTimeInput {
    /// Of the session's DateStyle.
    pub order: DateOrder,
    /// The session's time zone.
    pub zone: Zone,
    /// Microseconds since 1970 (UTC): what `now` and `today` stand for.
    pub now: i64,
}

impl Default for DateTimeInput {
    fn default() -> Self {
        DateTimeInput { order: DateOrder::default(), zone: Zone::UTC, now: 0 }
    }
}

/// Days since 1970-01-01. A time in the text is left out of account.
pub fn parse_date(text: &str, input: &DateTimeInput) -> Result<i32, InputError> {
    if let Some(day) = iso_date(text.as_bytes()) {
        return Ok(day.days() as i32);
    }
    let fail = |fault| InputError::new(text, RedshiftType::Date, fault);
    let parts = decode(text, input, Needs::Date).map_err(fail)?;
    let (days, _) = parts.day_and_time(input).map_err(fail)?;
    i32::try_from(days).map_err(|_| fail(Fault::Field))
}

/// Microseconds since midnight, at which 24:00:00 is again. A date and a zone in the text are left out of account.
pub fn parse_time(text: &str, input: &DateTimeInput) -> Result<i64, InputError> {
    let fail = |fault| InputError::new(text, RedshiftType::Time, fault);
    let parts = decode(text, input, Needs::Time).map_err(fail)?;
    match parts.special {
        Some(_) => Ok(parts.local(input).map_err(fail)?.rem_euclid(DAY)),
        None => Ok(parts.time.unwrap_or(0).rem_euclid(DAY)),
    }
}

/// Microseconds since midnight in UTC; without a zone in the text it is the session's.
pub fn parse_timetz(text: &str, input: &DateTimeInput) -> Result<i64, InputError> {
    zoned_time(text, input).map(|(utc, _)| utc.rem_euclid(DAY))
}

/// Seconds east of Greenwich of the zone that a TIMETZ is written with; without one it is the session's.
pub fn timetz_offset(text: &str, input: &DateTimeInput) -> Result<i32, InputError> {
    zoned_time(text, input).map(|(utc, zone)| zone.seconds_at(utc))
}

/// The instant of a time of day, and its zone: of the day in the text, or today.
fn zoned_time(text: &str, input: &DateTimeInput) -> Result<(i64, Zone), InputError> {
    let fail = |fault| InputError::new(text, RedshiftType::TimeTz, fault);
    let parts = decode(text, input, Needs::Time).map_err(fail)?;
    let today = input.zone.to_local(input.now).div_euclid(DAY) * DAY;
    let (time, day) = match parts.special {
        Some(_) => (parts.local(input).map_err(fail)?.rem_euclid(DAY), today),
        None => (parts.time.unwrap_or(0), parts.day.map_or(today, |day| day.days() * DAY)),
    };
    let zone = parts.zone.unwrap_or(input.zone);
    Ok((zone.to_utc(day + time), zone))
}

/// Seconds since 1970-01-01 00:00 in UTC. `infinity` and `-infinity` are the last and the first value (PostgreSQL 8.0,
/// `nabstime.h`).
pub fn parse_abstime(text: &str, input: &DateTimeInput) -> Result<i64, InputError> {
    match text.trim().to_ascii_lowercase().as_str() {
        "infinity" => Ok(ABSTIME_INFINITY),
        "-infinity" => Ok(ABSTIME_MINUS_INFINITY),
        _ => match parse_timestamptz(text, input) {
            Ok(micros) => Ok(micros.div_euclid(SECOND)),
            Err(_) => Err(InputError::new(text, RedshiftType::AbsTime, Fault::Syntax)),
        },
    }
}

/// The last value of ABSTIME.
pub const ABSTIME_INFINITY: i64 = 0x7fff_fffc;
/// The first value of ABSTIME.
pub const ABSTIME_MINUS_INFINITY: i64 = -0x8000_0000;

/// Microseconds since 1970-01-01 00:00. A zone in the text is left out of account.
pub fn parse_timestamp(text: &str, input: &DateTimeInput) -> Result<i64, InputError> {
    if let Some(micros) = iso_timestamp(text.as_bytes()) {
        return Ok(micros);
    }
    let fail = |fault| InputError::new(text, RedshiftType::Timestamp, fault);
    decode(text, input, Needs::Date).and_then(|parts| parts.local(input)).map_err(fail)
}

/// Microseconds since 1970-01-01 00:00 UTC; without a zone in the text it is the session's.
pub fn parse_timestamptz(text: &str, input: &DateTimeInput) -> Result<i64, InputError> {
    if let Some(local) = iso_timestamp(text.as_bytes()) {
        return Ok(input.zone.to_utc(local));
    }
    let fail = |fault| InputError::new(text, RedshiftType::TimestampTz, fault);
    let parts = decode(text, input, Needs::Date).map_err(fail)?;
    if let Some(Special::Now | Special::Epoch) = parts.special {
        return Ok(if parts.special == Some(Special::Now) { input.now } else { 0 });
    }
    let local = parts.local(input).map_err(fail)?;
    Ok(parts.zone.unwrap_or(input.zone).to_utc(local))
}

/// `2024-01-15` and nothing else.
fn iso_date(bytes: &[u8]) -> Option<Day> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = bytes else { return None };
    let number = |digits: &[u8]| {
        digits
            .iter()
            .try_fold(0_i64, |value, digit| digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0')))
    };
    let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])? as u32, number(&[d1, d2])? as u32);
    let exists = year > 0 && (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
    exists.then_some(Day { year, month, day })
}

/// `2024-01-15 10:00:00`, also with T and up to six digits of a fraction, and nothing else.
fn iso_timestamp(bytes: &[u8]) -> Option<i64> {
    if bytes.len() < 19 || bytes.len() > 26 || !matches!(bytes[10], b' ' | b'T') {
        return None;
    }
    let day = iso_date(&bytes[..10])?;
    let pair = |at: usize| -> Option<i64> {
        let (tens, ones) = (bytes[at], bytes[at + 1]);
        (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
    };
    let (hour, minute, second) = (pair(11)?, pair(14)?, pair(17)?);
    if bytes[13] != b':' || bytes[16] != b':' || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut fraction = 0;
    if let Some((point, digits)) = bytes[19..].split_first() {
        if *point != b'.' || digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let value = digits.iter().fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0'));
        fraction = value * 10_i64.pow(6 - digits.len() as u32);
    }
    Some(day.days() * DAY + hour * HOUR + minute * MINUTE + second * SECOND + fraction)
}

/// Words that stand for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Special {
    Now,
    Today,
    Tomorrow,
    Yesterday,
    Epoch,
}

/// What the caller cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Date,
    Time,
}

/// What a text said.
#[derive(Debug, Default)]
struct Parts {
    special: Option<Special>,
    day: Option<Day>,
    time: Option<i64>,
    zone: Option<Zone>,
}

impl Parts {
    /// The day, and microseconds behind its midnight, as clocks show them.
    fn day_and_time(&self, input: &DateTimeInput) -> Result<(i64, i64), Fault> {
        let now = input.zone.to_local(input.now);
        let (today, time) = (now.div_euclid(DAY), self.time.unwrap_or(0));
        let (day, time) = match (self.special, self.day) {
            (Some(Special::Now), _) => (today, now.rem_euclid(DAY)),
            (Some(Special::Today), _) => (today, time),
            (Some(Special::Tomorrow), _) => (today + 1, time),
            (Some(Special::Yesterday), _) => (today - 1, time),
            (Some(Special::Epoch), _) => (0, 0),
            (None, Some(day)) => (day.days(), time),
            (None, None) => return Err(Fault::Syntax),
        };
        let in_range = (FIRST_DAY..=LAST_DAY).contains(&day);
        if in_range { Ok((day, time)) } else { Err(Fault::Field) }
    }

    /// Microseconds since 1970-01-01 00:00, as clocks show it.
    fn local(&self, input: &DateTimeInput) -> Result<i64, Fault> {
        let (day, time) = self.day_and_time(input)?;
        day.checked_mul(DAY).and_then(|midnight| midnight.checked_add(time)).ok_or(Fault::NotHeld)
    }
}

fn decode(text: &str, input: &DateTimeInput, needs: Needs) -> Result<Parts, Fault> {
    let mut decoder = Decoder { order: input.order, time_only: needs == Needs::Time, ..Decoder::default() };
    let fields = fields(text).filter(|fields| !fields.is_empty()).ok_or(Fault::Syntax)?;
    // A month's name settles what the numbers are, even those before it.
    for field in &fields {
        if let Field::Word(word) = field
            && let Some(month) = month_of(word)
        {
            decoder.set_month(month)?;
            decoder.named_month = true;
        }
    }
    for field in &fields {
        decoder.field(field)?;
    }
    decoder.finish(needs)
}

/// Takes the fields one by one.
#[derive(Debug, Default)]
struct Decoder {
    order: DateOrder,
    /// Is a number without separators a time rather than a date?
    time_only: bool,
    special: Option<Special>,
    year: Option<i64>,
    two_digit_year: bool,
    month: Option<u32>,
    named_month: bool,
    day: Option<u32>,
    day_of_year: Option<i64>,
    before_christ: Option<bool>,
    time: Option<i64>,
    afternoon: Option<bool>,
    zone: Option<Zone>,
    /// `T` or `J` was read: the next number is a time or a Julian day.
    prefix: Option<Prefix>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prefix {
    Time,
    Julian,
}

impl Decoder {
    fn field(&mut self, field: &Field) -> Result<(), Fault> {
        match field {
            Field::Date(text) => self.date(text),
            Field::Time(text) => self.clock(text),
            Field::Number(text) => self.number(text),
            Field::Word(word) => self.word(word),
            Field::Signed(text) => self.displacement(text),
        }
    }

    fn date(&mut self, text: &str) -> Result<(), Fault> {
        if self.year.is_some() || self.day.is_some() || self.special.is_some() {
            return Err(Fault::Syntax);
        }
        let parts: Vec<&str> = text.split(['-', '/', '.']).filter(|part| !part.is_empty()).collect();
        if parts.len() > 3 {
            return Err(Fault::Syntax);
        }
        // A month's name anywhere settles what the numbers are.
        for part in &parts {
            if part.starts_with(|c: char| c.is_ascii_alphabetic()) {
                self.set_month(month_of(part).ok_or(Fault::Syntax)?)?;
                self.named_month = true;
            }
        }
        for part in parts.iter().filter(|part| part.starts_with(|c: char| c.is_ascii_digit())) {
            self.date_number(part)?;
        }
        Ok(())
    }

    /// A number that is a year, a month or a day.
    fn date_number(&mut self, text: &str) -> Result<(), Fault> {
        let value: i64 = text.parse().map_err(|_| Fault::Syntax)?;
        let long = text.len() >= 3;
        let have = (self.year.is_some(), self.month.is_some(), self.day.is_some());
        if have == (true, false, false) && text.len() == 3 {
            self.day_of_year = Some(value);
            (self.month, self.day) = (Some(1), Some(1));
            return Ok(());
        }
        match have {
            (false, false, false) if long || self.order == DateOrder::YearMonthDay => self.set_year(value, text),
            (false, false, false) if self.order == DateOrder::DayMonthYear => self.set_day(value),
            (false, false, false) | (true, false, _) | (false, false, true) => self.set_month_number(value),
            (false, true, false) if self.named_month && (long || self.order == DateOrder::YearMonthDay) => {
                self.set_year(value, text)
            }
            (false, true, false) | (true, true, false) => self.set_day(value),
            (false, true, true) => self.set_year(value, text),
            (true, true, true) => Err(Fault::Syntax),
        }
    }

    fn set_year(&mut self, value: i64, text: &str) -> Result<(), Fault> {
        self.two_digit_year = text.len() <= 2;
        self.year = Some(value);
        Ok(())
    }

    fn set_month_number(&mut self, value: i64) -> Result<(), Fault> {
        if !(1..=12).contains(&value) {
            return Err(Fault::FieldOrder);
        }
        self.set_month(value as u32)
    }

    fn set_month(&mut self, month: u32) -> Result<(), Fault> {
        match self.month.replace(month) {
            Some(_) => Err(Fault::Syntax),
            None => Ok(()),
        }
    }

    fn set_day(&mut self, value: i64) -> Result<(), Fault> {
        if !(1..=31).contains(&value) {
            return Err(Fault::FieldOrder);
        }
        self.day = Some(value as u32);
        Ok(())
    }

    fn number(&mut self, text: &str) -> Result<(), Fault> {
        match self.prefix.take() {
            Some(Prefix::Julian) => {
                let julian: i64 = text.parse().map_err(|_| Fault::Syntax)?;
                return self.set_date(Day::of_days(julian - 2_440_588));
            }
            Some(Prefix::Time) => return self.run_together_time(text),
            None => {}
        }
        let whole = text.split('.').next().unwrap_or(text);
        if let Some((year, nth)) = text.split_once('.')
            && year.len() == 4
            && nth.len() == 3
            && !self.has_some_date()
            && !self.time_only
        {
            self.date_number(year)?;
            return self.date_number(nth);
        }
        match (whole.len(), self.has_date() || self.time_only) {
            (14, false) => {
                self.run_together_date(&whole[..8])?;
                self.run_together_time(&text[8..])
            }
            (8, false) => self.run_together_date(whole),
            (6, false) if !self.has_some_date() => self.run_together_date(whole),
            (4 | 6, true) if self.time.is_none() => self.run_together_time(text),
            _ if text.contains('.') => Err(Fault::Syntax),
            _ => self.date_number(text),
        }
    }

    fn has_date(&self) -> bool {
        self.special.is_some() || (self.year.is_some() && self.month.is_some() && self.day.is_some())
    }

    fn has_some_date(&self) -> bool {
        self.year.is_some() || self.month.is_some() || self.day.is_some()
    }

    /// `20240115` or `240115`
    fn run_together_date(&mut self, text: &str) -> Result<(), Fault> {
        let (year, rest) = text.split_at(text.len() - 4);
        if self.has_some_date() {
            return Err(Fault::Syntax);
        }
        let number = |digits: &str| digits.parse::<i64>().map_err(|_| Fault::Syntax);
        self.set_year(number(year)?, year)?;
        self.set_month_number(number(&rest[..2])?)?;
        self.set_day(number(&rest[2..])?)
    }

    /// `100000`, `1000` or `100000.5`
    fn run_together_time(&mut self, text: &str) -> Result<(), Fault> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let with_colons = match whole.len() {
            6 => format!("{}:{}:{}.{fraction}", &whole[..2], &whole[2..4], &whole[4..]),
            4 => format!("{}:{}", &whole[..2], &whole[2..]),
            2 => format!("{whole}:00"),
            _ => return Err(Fault::Syntax),
        };
        self.clock(&with_colons)
    }

    fn set_date(&mut self, day: Day) -> Result<(), Fault> {
        if self.has_some_date() {
            return Err(Fault::Syntax);
        }
        (self.year, self.month, self.day) = (Some(day.year), Some(day.month), Some(day.day));
        Ok(())
    }

    /// `10:00`, `10:00:00`, `10:00:00.5`
    fn clock(&mut self, text: &str) -> Result<(), Fault> {
        if self.time.is_some() {
            return Err(Fault::Syntax);
        }
        if self.prefix.take() == Some(Prefix::Julian) {
            return Err(Fault::Syntax);
        }
        self.time = Some(clock_micros(text)?);
        Ok(())
    }

    fn displacement(&mut self, text: &str) -> Result<(), Fault> {
        let seconds = parse_displacement(text);
        // PostgreSQL's JDBC driver writes a date as `2020-02-29 +00`.
        if self.time.is_none() && !self.has_date() {
            return Err(Fault::Syntax);
        }
        let seconds = seconds.ok_or(Fault::Displacement);
        self.zone = Some(match self.zone {
            None => Zone::Fixed(seconds?),
            // `UTC+3`: the displacement counts from the zone before it, westwards as POSIX does.
            Some(Zone::Fixed(base)) => Zone::Fixed(base - seconds?),
            Some(Zone::Named(_)) => return Err(Fault::Syntax),
        });
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        let special = |word: &str| {
            Some(match word {
                "now" => Special::Now,
                "today" => Special::Today,
                "tomorrow" => Special::Tomorrow,
                "yesterday" => Special::Yesterday,
                "epoch" => Special::Epoch,
                _ => return None,
            })
        };
        if let Some(special) = special(word) {
            if self.has_some_date() || self.special.is_some() {
                return Err(Fault::Syntax);
            }
            self.special = Some(special);
            return Ok(());
        }
        match word {
            "am" | "pm" => self.afternoon = Some(word == "pm"),
            "ad" | "bc" => self.before_christ = Some(word == "bc"),
            "t" => self.prefix = Some(Prefix::Time),
            "j" | "jd" | "julian" => self.prefix = Some(Prefix::Julian),
            "at" | "on" => {}
            _ if is_weekday(word) || month_of(word).is_some() => {}
            _ => return self.zone_name(word),
        }
        Ok(())
    }

    fn zone_name(&mut self, word: &str) -> Result<(), Fault> {
        match (word, self.zone) {
            ("dst", Some(Zone::Fixed(seconds))) => self.zone = Some(Zone::Fixed(seconds + 3600)),
            (_, Some(_)) => return Err(Fault::Syntax),
            (_, None) => {
                let zone = Zone::of_abbreviation(word);
                let named = || word.contains('/').then(|| Zone::of_name(word)).flatten();
                self.zone = Some(zone.or_else(named).ok_or(Fault::Syntax)?);
            }
        }
        Ok(())
    }

    fn finish(self, needs: Needs) -> Result<Parts, Fault> {
        if self.prefix.is_some() {
            return Err(Fault::Syntax);
        }
        let day = match (self.year, self.month, self.day) {
            (Some(year), Some(month), Some(day)) => Some(self.calendar_day(year, month, day)?),
            (None, None, None) => None,
            _ => return Err(Fault::Syntax),
        };
        let missing = match needs {
            Needs::Date => day.is_none() && self.special.is_none(),
            Needs::Time => self.time.is_none() && self.special.is_none(),
        };
        if missing {
            return Err(Fault::Syntax);
        }
        let time = match (self.time, self.afternoon) {
            (Some(time), Some(afternoon)) => Some(half_day(time, afternoon)?),
            (time, None) => time,
            (None, Some(_)) => return Err(Fault::Syntax),
        };
        Ok(Parts { special: self.special, day, time, zone: self.zone })
    }

    fn calendar_day(&self, year: i64, month: u32, day: u32) -> Result<Day, Fault> {
        let year = match (self.before_christ, self.two_digit_year) {
            (Some(true), _) if year > 0 => 1 - year,
            (Some(true), _) => return Err(Fault::Field),
            (Some(false), _) => year,
            (None, true) if year < 70 => year + 2000,
            (None, true) => year + 1900,
            (None, false) if year == 0 => return Err(Fault::Field),
            (None, false) => year,
        };
        if year > 300_000 {
            return Err(Fault::Field);
        }
        if let Some(nth) = self.day_of_year {
            let first = Day { year, month: 1, day: 1 };
            let found = Day::of_days(first.days() + nth - 1);
            return if nth >= 1 && found.year == year { Ok(found) } else { Err(Fault::Field) };
        }
        if day > days_in_month(year, month) {
            return Err(Fault::Field);
        }
        Ok(Day { year, month, day })
    }
}

fn half_day(time: i64, afternoon: bool) -> Result<i64, Fault> {
    let hour = time / HOUR;
    match (hour, afternoon) {
        (13.., _) => Err(Fault::Field),
        (12, false) => Ok(time - 12 * HOUR),
        (0..12, true) => Ok(time + 12 * HOUR),
        _ => Ok(time),
    }
}

/// Microseconds of `10:00`, `10:00:00` or `10:00:00.5`; of `24:00:00` a whole day.
pub(super) fn clock_micros(text: &str) -> Result<i64, Fault> {
    let number = |digits: &str| digits.parse::<i64>().map_err(|_| Fault::Syntax);
    let mut parts = text.split(':');
    let (hour, minute) = (number(parts.next().unwrap_or(""))?, number(parts.next().unwrap_or(""))?);
    let (second, fraction) = match parts.next() {
        Some(seconds) => {
            let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
            (number(whole)?, fraction_micros(fraction).ok_or(Fault::Syntax)?)
        }
        None => (0, 0),
    };
    if parts.next().is_some() {
        return Err(Fault::Syntax);
    }
    let micros = hour * HOUR + minute * MINUTE + second * SECOND + fraction;
    if hour > 24 || minute > 59 || second > 60 || micros > DAY {
        return Err(Fault::Field);
    }
    Ok(micros)
}

/// Microseconds of the digits behind the point, rounded.
pub(super) fn fraction_micros(digits: &str) -> Option<i64> {
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let kept = &digits[..digits.len().min(6)];
    let value = kept.bytes().fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0'));
    let up = digits.as_bytes().get(6).is_some_and(|digit| *digit >= b'5');
    Some(value * 10_i64.pow(6 - kept.len() as u32) + i64::from(up))
}

/// 1 to 12 for a month's name, whole or cut to three letters.
pub(crate) fn month_of(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let found = MONTHS.iter().position(|month| word == *month || word == &month[..3]);
    found.or((word == "sept").then_some(8)).map(|index| index as u32 + 1)
}

/// A weekday's name says nothing that the date does not.
fn is_weekday(word: &str) -> bool {
    const DAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    DAYS.iter().any(|day| word == *day || word == &day[..3]) || matches!(word, "tues" | "weds" | "thur" | "thurs")
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUT: DateTimeInput = DateTimeInput { order: DateOrder::MonthDayYear, zone: Zone::UTC, now: 0 };

    fn day(year: i64, month: u32, day: u32) -> i64 {
        Day { year, month, day }.days()
    }

    #[test]
    fn dates_have_many_spellings() {
        // PostgreSQL 8.0, "Date/Time Input", table "Date Input"; developer guide, "Date examples".
        let spellings = [
            "January 8, 1999",
            "1999-01-08",
            "1/8/1999",
            "01/08/99",
            "1999-Jan-08",
            "Jan-08-1999",
            "08-Jan-1999",
            "19990108",
            "990108",
            "1999.008",
            "J2451187",
            "Jan 8,1999",
            "8 Jan 1999",
            "1999-01-08 10:00:00",
            "1999-01-08T10:00:00Z",
            "Friday, January 8 1999",
            "1999-1-8",
            "08-Jan-99",
            "990108 000000",
            "1999-01-08 +00",
            "1999-01-08 -11:00",
        ];
        for text in spellings {
            assert_eq!(parse_date(text, &INPUT).map(i64::from), Ok(day(1999, 1, 8)), "{text}");
        }
        assert_eq!(parse_date("January 8, 99 BC", &INPUT).map(i64::from), Ok(day(-98, 1, 8)));
        assert_eq!(parse_date("2024-060", &INPUT).map(i64::from), Ok(day(2024, 2, 29)));
    }

    #[test]
    fn the_order_of_numbers_is_the_sessions() {
        let in_order = |order| DateTimeInput { order, ..INPUT };
        let parse = |text, order| parse_date(text, &in_order(order)).map(i64::from);
        assert_eq!(parse("1/2/2003", DateOrder::DayMonthYear), Ok(day(2003, 2, 1)));
        assert_eq!(parse("03/02/01", DateOrder::YearMonthDay), Ok(day(2003, 2, 1)));
        assert_eq!(parse("2003-02-01", DateOrder::DayMonthYear), Ok(day(2003, 2, 1)));
        let error = parse_date("18/1/1999", &INPUT).unwrap_err().into_error();
        assert_eq!(error.message(), "date/time field value out of range: \"18/1/1999\"");
        assert_eq!(error.hint(), Some("Perhaps you need a different \"datestyle\" setting."));
    }

    #[test]
    fn dates_that_are_none_are_refused() {
        for text in ["2024-13-01", "2024-02-30", "2023-02-29", "0000-01-01", "300000-01-01"] {
            let error = parse_date(text, &INPUT).unwrap_err().into_error();
            assert_eq!(error.sqlstate().0, "22008", "{text}");
        }
        for text in ["", "abc", "2024", "2024-01", "10:00", "2024-01-15 2024-01-15", "infinity", "20240115x"] {
            let error = parse_date(text, &INPUT).unwrap_err().into_error();
            assert_eq!(error.sqlstate().0, "22007", "{text}");
            assert_eq!(error.message(), format!("invalid input syntax for type date: \"{text}\""));
        }
    }

    #[test]
    fn times_have_many_spellings() {
        // PostgreSQL 8.0, table "Time Input".
        let quarter_past_four = 4 * HOUR + 5 * MINUTE;
        let cases = [
            ("04:05:06.789", quarter_past_four + 6 * SECOND + 789_000),
            ("04:05:06", quarter_past_four + 6 * SECOND),
            ("04:05", quarter_past_four),
            ("040506", quarter_past_four + 6 * SECOND),
            ("T040506", quarter_past_four + 6 * SECOND),
            ("04:05 AM", quarter_past_four),
            ("04:05 PM", quarter_past_four + 12 * HOUR),
            ("12:00 am", 0),
            ("04:05:06.789-8", quarter_past_four + 6 * SECOND + 789_000),
            ("2000-01-01 04:05", quarter_past_four),
            ("24:00:00", 0),
        ];
        for (text, micros) in cases {
            assert_eq!(parse_time(text, &INPUT), Ok(micros), "{text}");
        }
        for text in ["25:00", "10:60", "13:00 pm"] {
            assert_eq!(parse_time(text, &INPUT).unwrap_err().into_error().sqlstate().0, "22008", "{text}");
        }
        assert_eq!(parse_timetz("04:05:00-08", &INPUT), Ok(12 * HOUR + 5 * MINUTE));
    }

    #[test]
    fn timestamps_have_dates_times_and_zones() {
        // Developer guide, "Datetime types", time zone formats.
        let instant = day(1997, 12, 17) * DAY + 15 * HOUR + 37 * MINUTE + 16 * SECOND;
        let spellings = [
            "17 Dec 07:37:16 1997 PST",
            "12/17/1997 07:37:16.00 PST",
            "12/17/1997 07:37:16.00 US/Pacific",
            "1997-12-17 07:37:16-08",
            "17.12.1997 07:37:16.00 PST",
            "1997-12-17T15:37:16Z",
            "1997-12-17 15:37:16 UTC",
            "19971217 07:37:16-0800",
            "19971217153716",
        ];
        let dmy = DateTimeInput { order: DateOrder::DayMonthYear, ..INPUT };
        for text in spellings {
            let input = if text.starts_with("17.") { dmy } else { INPUT };
            assert_eq!(parse_timestamptz(text, &input), Ok(instant), "{text}");
        }
        assert_eq!(parse_timestamp("1997-12-17 07:37:16-08", &INPUT), Ok(instant - 8 * HOUR));
        assert_eq!(parse_timestamp("1997-12-17", &INPUT), Ok(day(1997, 12, 17) * DAY));
        assert_eq!(parse_timestamp("1970-01-01 00:00:00.1234567", &INPUT), Ok(123_457));
        assert_eq!(parse_timestamp("1970-01-01T00:00:00.5", &INPUT), Ok(500_000));
    }

    #[test]
    fn a_timestamptz_without_zone_is_the_sessions() {
        let eastern = DateTimeInput { zone: Zone::of_name("America/New_York").unwrap(), ..INPUT };
        assert_eq!(parse_timestamptz("2024-07-01 00:00:00", &eastern), Ok(day(2024, 7, 1) * DAY + 4 * HOUR));
    }

    #[test]
    fn words_stand_for_moments() {
        let input = DateTimeInput { now: day(2009, 11, 16) * DAY + 10 * HOUR, ..INPUT };
        assert_eq!(parse_timestamp("now", &input), Ok(input.now));
        assert_eq!(parse_timestamp("Today", &input), Ok(day(2009, 11, 16) * DAY));
        assert_eq!(parse_date("tomorrow", &input).map(i64::from), Ok(day(2009, 11, 17)));
        assert_eq!(parse_timestamp("yesterday 04:05", &input), Ok(day(2009, 11, 15) * DAY + 4 * HOUR + 5 * MINUTE));
        assert_eq!(parse_timestamptz("epoch", &input), Ok(0));
    }
}
