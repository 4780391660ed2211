//! Templates of dates and times.

use redshift_sql_dialect::{Error, Result, SqlState};

use crate::{
    functions::moments::Span,
    text_input::{
        calendar::{DAY, Day, HOUR, MINUTE, SECOND, days_in_month, iso_week, weekday},
        zone::{Zone, displacement_text},
    },
};

/// A template taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DateTemplate {
    items: Vec<Item>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Part { part: Part, case: LetterCase, fill: Fill, ordinal: Option<LetterCase> },
    Literal(char),
}

/// Are blanks and zeros filled in?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fill {
    Padded,
    Bare,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LetterCase {
    Upper,
    Title,
    Lower,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Era,
    EraDots,
    Meridian,
    MeridianDots,
    Century,
    YearComma,
    Year(usize),
    IsoYear(usize),
    Quarter,
    MonthName,
    MonthShort,
    Month,
    Roman,
    WeekOfMonth,
    Week,
    IsoWeek,
    DayName,
    DayShort,
    DayOfYear,
    IsoDayOfYear,
    Day,
    Weekday,
    IsoWeekday,
    Julian,
    Hour24,
    Hour12,
    Minute,
    SecondOfDay,
    Second,
    Millisecond,
    Microsecond,
    ZoneName,
    ZoneOffset,
}

/// Parts by name; of two with the same beginning the longer is first.
const PARTS: &[(&str, Part)] = &[
    ("A.D.", Part::EraDots),
    ("B.C.", Part::EraDots),
    ("A.M.", Part::MeridianDots),
    ("P.M.", Part::MeridianDots),
    ("AD", Part::Era),
    ("BC", Part::Era),
    ("AM", Part::Meridian),
    ("PM", Part::Meridian),
    ("CC", Part::Century),
    ("Y,YYY", Part::YearComma),
    ("YYYY", Part::Year(4)),
    ("YYY", Part::Year(3)),
    ("YY", Part::Year(2)),
    ("Y", Part::Year(1)),
    ("IYYY", Part::IsoYear(4)),
    ("IYY", Part::IsoYear(3)),
    ("IY", Part::IsoYear(2)),
    ("IDDD", Part::IsoDayOfYear),
    ("ID", Part::IsoWeekday),
    ("IW", Part::IsoWeek),
    ("I", Part::IsoYear(1)),
    ("Q", Part::Quarter),
    ("MONTH", Part::MonthName),
    ("MON", Part::MonthShort),
    ("MM", Part::Month),
    ("MI", Part::Minute),
    ("MS", Part::Millisecond),
    ("RM", Part::Roman),
    ("WW", Part::Week),
    ("W", Part::WeekOfMonth),
    ("DAY", Part::DayName),
    ("DY", Part::DayShort),
    ("DDD", Part::DayOfYear),
    ("DD", Part::Day),
    ("D", Part::Weekday),
    ("J", Part::Julian),
    ("HH24", Part::Hour24),
    ("HH12", Part::Hour12),
    ("HH", Part::Hour12),
    ("SSSS", Part::SecondOfDay),
    ("SS", Part::Second),
    ("US", Part::Microsecond),
    ("TZ", Part::ZoneName),
    ("OF", Part::ZoneOffset),
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const ROMAN: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

impl DateTemplate {
    /// A template; what is no part stands for itself, as does what is between double quotation marks.
    pub(super) fn compile(text: &str) -> DateTemplate {
        let mut items = Vec::new();
        let mut rest = text;
        let mut fill = Fill::Padded;
        while let Some(first) = rest.chars().next() {
            if first == '"' {
                let quoted = rest[1..].split('"').next().unwrap_or_default();
                items.extend(quoted.chars().map(Item::Literal));
                rest = rest.get(quoted.len() + 2..).unwrap_or_default();
                continue;
            }
            if rest.get(..2).is_some_and(|two| two.eq_ignore_ascii_case("fm")) {
                fill = Fill::Bare;
                rest = &rest[2..];
                continue;
            }
            let begins = |name: &str| rest.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
            match PARTS.iter().find(|(name, _)| begins(name)) {
                Some((name, part)) => {
                    let case = letter_case(&rest[..name.len()]);
                    rest = &rest[name.len()..];
                    let ordinal = ordinal_behind(rest);
                    rest = &rest[if ordinal.is_some() { 2 } else { 0 }..];
                    items.push(Item::Part { part: *part, case, fill, ordinal });
                    fill = Fill::Padded;
                }
                None => {
                    items.push(Item::Literal(first));
                    rest = &rest[first.len_utf8()..];
                }
            }
        }
        DateTemplate { items }
    }

    /// A moment as clocks of a zone show it.
    pub(super) fn format(&self, instant: i64, zone: Zone) -> String {
        let local = zone.to_local(instant);
        let days = local.div_euclid(DAY);
        self.write(&Shown {
            days,
            day: Day::of_days(days),
            time: local.rem_euclid(DAY),
            zone: zone.abbreviation_at(instant),
            offset: zone.seconds_at(instant),
        })
    }

    /// An interval: its years, months, days and time.
    pub(super) fn format_span(&self, span: Span) -> String {
        let day = Day { year: span.months / 12, month: (span.months % 12) as u32, day: span.days as u32 };
        self.write(&Shown { days: 0, day, time: span.micros, zone: String::new(), offset: 0 })
    }

    fn write(&self, shown: &Shown) -> String {
        let mut out = String::new();
        for item in &self.items {
            match *item {
                Item::Literal(c) => out.push(c),
                Item::Part { part, case, fill, ordinal } => {
                    let text = shown.part(part, case, fill);
                    let number = text.trim_start_matches('0').parse::<u64>().unwrap_or(0);
                    out.push_str(&text);
                    if let Some(case) = ordinal {
                        out.push_str(&cased(ordinal_suffix(number), case));
                    }
                }
            }
        }
        out
    }
}

fn letter_case(name: &str) -> LetterCase {
    let mut letters = name.chars().filter(char::is_ascii_alphabetic);
    let first_upper = letters.next().is_some_and(|c| c.is_ascii_uppercase());
    match (first_upper, letters.next().is_none_or(|c| c.is_ascii_uppercase())) {
        (true, true) => LetterCase::Upper,
        (true, false) => LetterCase::Title,
        (false, _) => LetterCase::Lower,
    }
}

fn ordinal_behind(rest: &str) -> Option<LetterCase> {
    match rest.get(..2) {
        Some("TH") => Some(LetterCase::Upper),
        Some("th") => Some(LetterCase::Lower),
        _ => None,
    }
}

/// `st`, `nd`, `rd`, `th`
pub(super) fn ordinal_suffix(number: u64) -> &'static str {
    match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

fn cased(text: &str, case: LetterCase) -> String {
    match case {
        LetterCase::Upper => text.to_uppercase(),
        LetterCase::Title => text.to_string(),
        LetterCase::Lower => text.to_lowercase(),
    }
}

/// A moment taken apart.
struct Shown {
    days: i64,
    day: Day,
    time: i64,
    zone: String,
    offset: i32,
}

impl Shown {
    fn part(&self, part: Part, case: LetterCase, fill: Fill) -> String {
        let number = |value: i64, width: usize| match fill {
            Fill::Padded => format!("{value:0width$}"),
            Fill::Bare => value.to_string(),
        };
        let word = |word: &str, width: usize| match fill {
            Fill::Padded => format!("{:<width$}", cased(word, case)),
            Fill::Bare => cased(word, case),
        };
        let shown_year = if self.day.year > 0 { self.day.year } else { 1 - self.day.year };
        let iso_year = || iso_week(self.days).0;
        let month = (self.day.month.max(1) - 1) as usize;
        match part {
            Part::Era | Part::EraDots => {
                let era = match (self.day.year > 0, part) {
                    (true, Part::Era) => "AD",
                    (true, _) => "A.D.",
                    (false, Part::Era) => "BC",
                    (false, _) => "B.C.",
                };
                if case == LetterCase::Lower { era.to_lowercase() } else { era.to_string() }
            }
            Part::Meridian | Part::MeridianDots => {
                let meridian = match (self.time >= 12 * HOUR, part) {
                    (true, Part::Meridian) => "PM",
                    (true, _) => "P.M.",
                    (false, Part::Meridian) => "AM",
                    (false, _) => "A.M.",
                };
                if case == LetterCase::Lower { meridian.to_lowercase() } else { meridian.to_string() }
            }
            Part::Century => number((shown_year + 99) / 100, 2),
            Part::YearComma => format!("{},{:03}", shown_year / 1000, shown_year % 1000),
            Part::Year(4) => number(shown_year, 4),
            Part::Year(digits) => number(shown_year % 10_i64.pow(digits as u32), digits),
            Part::IsoYear(4) => number(iso_year(), 4),
            Part::IsoYear(digits) => number(iso_year() % 10_i64.pow(digits as u32), digits),
            Part::Quarter => ((month / 3) + 1).to_string(),
            Part::MonthName => word(MONTHS[month], 9),
            Part::MonthShort => cased(&MONTHS[month][..3], case),
            Part::Month => number(i64::from(self.day.month), 2),
            Part::Roman => word(ROMAN[month], 4),
            Part::WeekOfMonth => ((self.day.day.max(1) - 1) / 7 + 1).to_string(),
            Part::Week => number((self.day.day_of_year() - 1) / 7 + 1, 2),
            Part::IsoWeek => number(iso_week(self.days).1, 2),
            Part::DayName => word(DAYS[weekday(self.days) as usize], 9),
            Part::DayShort => cased(&DAYS[weekday(self.days) as usize][..3], case),
            Part::DayOfYear => number(self.day.day_of_year(), 3),
            Part::IsoDayOfYear => number((iso_week(self.days).1 - 1) * 7 + self.iso_weekday(), 3),
            Part::Day => number(i64::from(self.day.day), 2),
            Part::Weekday => (weekday(self.days) + 1).to_string(),
            Part::IsoWeekday => self.iso_weekday().to_string(),
            Part::Julian => (self.days + 2_440_588).to_string(),
            Part::Hour24 => number(self.time / HOUR, 2),
            Part::Hour12 => number((self.time / HOUR + 11) % 12 + 1, 2),
            Part::Minute => number(self.time / MINUTE % 60, 2),
            Part::SecondOfDay => (self.time / SECOND).to_string(),
            Part::Second => number(self.time / SECOND % 60, 2),
            Part::Millisecond => format!("{:03}", self.time / 1000 % 1000),
            Part::Microsecond => format!("{:06}", self.time % SECOND),
            Part::ZoneName => cased(&self.zone, case),
            Part::ZoneOffset => displacement_text(self.offset),
        }
    }

    fn iso_weekday(&self) -> i64 {
        (weekday(self.days) + 6) % 7 + 1
    }
}

/// What becomes of a June 31 and an hour 25.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Strictness {
    /// They are July 1, and an hour of the next day.
    Lenient,
    /// They are errors.
    Strict,
}

/// What a text says, part by part.
#[derive(Debug, Default)]
struct Read {
    year: Option<i64>,
    century: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    iso_year: Option<i64>,
    iso_week: Option<i64>,
    iso_weekday: Option<i64>,
    week: Option<i64>,
    quarter_month: Option<i64>,
    julian: Option<i64>,
    before_christ: bool,
    hour: i64,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    micros: i64,
    second_of_day: Option<i64>,
}

impl DateTemplate {
    /// Reads a moment, in microseconds since 1970-01-01 00:00.
    ///
    /// # Errors
    /// 22007 where the text is not as the template says, 22008 for values out of range.
    pub(super) fn parse(&self, text: &str, strictness: Strictness) -> Result<i64> {
        let mut read = Read::default();
        let mut rest = text.trim_start();
        for (index, item) in self.items.iter().enumerate() {
            match item {
                // A separator of the template stands for any separator of the text, which may also be missing.
                Item::Literal(c) => {
                    let next = rest.chars().next();
                    if next == Some(*c) || next.is_some_and(|n| !n.is_alphanumeric() && !c.is_alphanumeric()) {
                        rest = &rest[next.map_or(0, char::len_utf8)..];
                    }
                }
                Item::Part { part, .. } => {
                    rest = rest.trim_start();
                    if rest.is_empty() {
                        continue;
                    }
                    let fixed = matches!(self.items.get(index + 1), Some(Item::Part { .. }));
                    rest = read.part(*part, rest, if fixed { Width::Exact } else { Width::Most })?;
                }
            }
        }
        read.moment(strictness)
    }
}

/// How many digits a part takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    /// As many as the part has.
    Exact,
    /// As many as there are.
    Most,
}

fn invalid(part: &str, text: &str) -> Error {
    let found: String = text.chars().take(20).collect();
    let message = format!("invalid value \"{found}\" for \"{part}\"");
    Error::new(SqlState::INVALID_DATETIME_FORMAT, message)
}

fn part_name(part: Part) -> &'static str {
    PARTS.iter().find(|(_, known)| *known == part).map_or("", |(name, _)| name)
}

impl Read {
    /// Takes a part from the text's beginning; gives the rest.
    fn part<'a>(&mut self, part: Part, text: &'a str, width: Width) -> Result<&'a str> {
        let mut rest = text;
        let mut number = |digits: usize| -> Result<i64> {
            let signed = usize::from(rest.starts_with(['-', '+']) && digits > 2);
            let found = rest[signed..].bytes().take_while(u8::is_ascii_digit).count();
            let taken = signed + if width == Width::Exact { found.min(digits) } else { found };
            let value = rest[..taken].parse().map_err(|_| invalid(part_name(part), rest));
            rest = &rest[taken..];
            value
        };
        match part {
            Part::Year(4) => self.year = Some(number(4)?),
            Part::Year(digits) => self.year = Some(short_year(number(digits)?, digits)),
            Part::YearComma => {
                let thousands = number(3)?;
                rest = rest.strip_prefix(',').unwrap_or(rest);
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count().min(3);
                let hundreds: i64 = rest[..digits].parse().map_err(|_| invalid("Y,YYY", text))?;
                rest = &rest[digits..];
                self.year = Some(thousands * 1000 + hundreds);
            }
            Part::IsoYear(4) => self.iso_year = Some(number(4)?),
            Part::IsoYear(digits) => self.iso_year = Some(short_year(number(digits)?, digits)),
            Part::Century => self.century = Some(number(2)?),
            Part::Quarter => self.quarter_month = Some((number(1)? - 1) * 3 + 1),
            Part::Month => self.month = Some(number(2)?),
            Part::Week => self.week = Some(number(2)?),
            Part::WeekOfMonth => self.day = Some((number(1)? - 1) * 7 + 1),
            Part::IsoWeek => self.iso_week = Some(number(2)?),
            Part::DayOfYear => self.day_of_year = Some(number(3)?),
            Part::IsoDayOfYear => {
                let day = number(3)?;
                (self.iso_week, self.iso_weekday) = (Some((day - 1) / 7 + 1), Some((day - 1) % 7 + 1));
            }
            Part::Day => self.day = Some(number(2)?),
            Part::IsoWeekday => self.iso_weekday = Some(number(1)?),
            Part::Weekday => {
                number(1)?;
            }
            Part::Julian => self.julian = Some(number(7)?),
            Part::Hour24 => self.hour = number(2)?,
            Part::Hour12 => {
                self.hour = number(2)?;
                self.afternoon.get_or_insert(false);
            }
            Part::Minute => self.minute = number(2)?,
            Part::Second => self.second = number(2)?,
            Part::SecondOfDay => self.second_of_day = Some(number(5)?),
            Part::Millisecond | Part::Microsecond => {
                let digits = if part == Part::Millisecond { 3 } else { 6 };
                let found = rest.bytes().take_while(u8::is_ascii_digit).count();
                let taken = if width == Width::Exact { found.min(digits) } else { found };
                let fraction = format!("{:0<6}", &rest[..taken.min(6)]);
                self.micros = fraction.parse().map_err(|_| invalid(part_name(part), rest))?;
                rest = &rest[taken..];
            }
            Part::MonthName | Part::MonthShort => {
                let (index, length) = name_at(rest, &MONTHS).ok_or_else(|| invalid(part_name(part), rest))?;
                self.month = Some(index as i64 + 1);
                rest = &rest[length..];
            }
            Part::DayName | Part::DayShort => {
                let (_, length) = name_at(rest, &DAYS).ok_or_else(|| invalid(part_name(part), rest))?;
                rest = &rest[length..];
            }
            Part::Roman => {
                let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
                let found = ROMAN.iter().position(|roman| roman.eq_ignore_ascii_case(&rest[..letters]));
                self.month = Some(found.ok_or_else(|| invalid("RM", rest))? as i64 + 1);
                rest = &rest[letters..];
            }
            Part::Era | Part::EraDots | Part::Meridian | Part::MeridianDots => {
                let length = if matches!(part, Part::Era | Part::Meridian) { 2 } else { 4 };
                let word = rest.get(..length).ok_or_else(|| invalid(part_name(part), rest))?.to_lowercase();
                match word.as_str() {
                    "am" | "a.m." => self.afternoon = Some(false),
                    "pm" | "p.m." => self.afternoon = Some(true),
                    "ad" | "a.d." => {}
                    "bc" | "b.c." => self.before_christ = true,
                    _ => return Err(invalid(part_name(part), rest)),
                }
                rest = &rest[length..];
            }
            Part::ZoneName | Part::ZoneOffset => {
                return Err(Error::unsupported("\"TZ\"/\"tz\"/\"OF\" format patterns are not supported in to_date"));
            }
        }
        Ok(rest)
    }

    fn moment(&self, strictness: Strictness) -> Result<i64> {
        let days = self.days(strictness)?;
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        if strictness == Strictness::Strict && (hour > 23 || self.minute > 59 || self.second > 59) {
            let shown = format!("{}:{}:{}.{}", self.hour, self.minute, self.second, self.micros);
            let message = format!("date/time field time value out of range: {shown}");
            return Err(Error::new(SqlState::DATETIME_FIELD_OVERFLOW, message));
        }
        let time = match self.second_of_day {
            Some(seconds) => seconds.checked_mul(SECOND),
            None => Some(hour * HOUR + self.minute * MINUTE + self.second * SECOND + self.micros),
        };
        let moment = days.checked_mul(DAY).and_then(|midnight| midnight.checked_add(time?));
        moment.ok_or_else(|| Error::new(SqlState::DATETIME_FIELD_OVERFLOW, "timestamp out of range"))
    }

    fn days(&self, strictness: Strictness) -> Result<i64> {
        if let Some(julian) = self.julian {
            return Ok(julian - 2_440_588);
        }
        let out_of_range = |year: i64, month: i64, day: i64| {
            let message = format!("date/time field date value out of range: {year}-{month}-{day}");
            Error::new(SqlState::DATETIME_FIELD_OVERFLOW, message)
        };
        if let (Some(year), week) = (self.iso_year, self.iso_week.unwrap_or(1)) {
            // January 4 is always in the first week.
            let fourth = Day { year, month: 1, day: 4 }.days();
            let monday = fourth - (weekday(fourth) + 6) % 7;
            return Ok(monday + (week - 1) * 7 + self.iso_weekday.unwrap_or(1) - 1);
        }
        let year = match (self.year, self.century) {
            (Some(year), Some(century)) => (century - 1) * 100 + year % 100,
            (None, Some(century)) => (century - 1) * 100 + 1,
            (Some(year), None) => year,
            (None, None) => 1,
        };
        let year = if self.before_christ { 1 - year } else { year };
        if !(-4800..=294_276).contains(&year) {
            return Err(out_of_range(year, self.month.unwrap_or(1), self.day.unwrap_or(1)));
        }
        if let Some(nth) = self.day_of_year.or(self.week.map(|week| (week - 1) * 7 + 1)) {
            return Ok(Day { year, month: 1, day: 1 }.days() + nth - 1);
        }
        let (month, day) = (self.month.or(self.quarter_month).unwrap_or(1), self.day.unwrap_or(1));
        let exists = (1..=12).contains(&month) && day >= 1 && day <= i64::from(days_in_month(year, month as u32));
        // Even where overflow is accepted there is no month 13 and no day 0.
        if (strictness == Strictness::Strict && !exists) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return Err(out_of_range(year, month, day));
        }
        Ok(Day { year, month: month as u32, day: 1 }.days() + day - 1)
    }
}

/// Two digits are of the years 1970 to 2069, three of 1520 to 2519 at the nearest to 2020, one of this decade.
fn short_year(value: i64, digits: usize) -> i64 {
    match digits {
        _ if value >= 1000 => value,
        3 => value + if value < 520 { 2000 } else { 1000 },
        2 => value + if value < 70 { 2000 } else { 1900 },
        _ => value + 2000,
    }
}

/// Which name a text begins with, whole or its first three letters, and how long that is.
fn name_at(text: &str, names: &[&str]) -> Option<(usize, usize)> {
    let begins = |name: &str| text.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
    let whole = names.iter().position(|name| begins(name)).map(|index| (index, names[index].len()));
    whole.or_else(|| names.iter().position(|name| begins(&name[..3])).map(|index| (index, 3)))
}
