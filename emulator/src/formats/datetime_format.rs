//! DATEFORMAT and TIMEFORMAT strings: developer guide, "DATEFORMAT and TIMEFORMAT strings".
//!
//! In these strings HH is the hour of a 24-hour clock (in those of TO_CHAR it is HH12), and SS takes a fraction along:
//! `YYYY-MM-DD HH:MI:SS` reads `2009-01-12 14:15:57.119568`. What is no date or time part stands for itself. A format cannot
//! say where a time zone is: an offset is read behind what a format takes.

use crate::text_input::calendar::{DAY, Day, HOUR, MINUTE, SECOND, days_in_month};

/// A format that was given with DATEFORMAT or TIMEFORMAT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateTimeFormat {
    items: Vec<Item>,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Year4,
    Year2,
    Month,
    MonthName,
    Day,
    Hour24,
    Hour12,
    Minute,
    Second,
    Meridian,
    Blank,
    Literal(u8),
}

/// Parts by name; of two with the same beginning the longer is first.
const PARTS: [(&str, Item); 13] = [
    ("YYYY", Item::Year4),
    ("YY", Item::Year2),
    ("MONTH", Item::MonthName),
    ("MON", Item::MonthName),
    ("MM", Item::Month),
    ("MI", Item::Minute),
    ("DD", Item::Day),
    ("HH24", Item::Hour24),
    ("HH12", Item::Hour12),
    ("HH", Item::Hour24),
    ("SS", Item::Second),
    ("AM", Item::Meridian),
    ("PM", Item::Meridian),
];

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

/// What a text said that a format was matched with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment<'a> {
    /// Days since 1970-01-01.
    pub days: i64,
    /// Microseconds since midnight.
    pub time: i64,
    /// What is left of the text.
    pub rest: &'a [u8],
}

impl Moment<'_> {
    /// Microseconds since 1970-01-01 00:00, as clocks show it; none beyond what 64 bits hold.
    pub fn micros(&self) -> Option<i64> {
        self.days.checked_mul(DAY)?.checked_add(self.time)
    }
}

impl DateTimeFormat {
    /// Reads a format string. Every text is one: what is no part stands for itself.
    pub fn parse(text: &str) -> DateTimeFormat {
        let bytes = text.as_bytes();
        let mut items = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let part = PARTS.iter().find(|(name, _)| begins_with(rest, name.as_bytes()));
            let (length, item) = match part {
                Some((name, item)) => (name.len(), *item),
                None if rest[0].is_ascii_whitespace() => (1, Item::Blank),
                None => (1, Item::Literal(rest[0])),
            };
            items.push(item);
            at += length;
        }
        DateTimeFormat { items, text: text.to_string() }
    }

    /// The string it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Matches a text from its beginning; none where it does not match or names no moment that there is.
    pub fn read<'a>(&self, text: &'a [u8]) -> Option<Moment<'a>> {
        let mut reader = Reader { rest: text, ..Reader::default() };
        for (index, item) in self.items.iter().enumerate() {
            // Numbers that nothing separates have all their digits.
            let is_number = |index: usize| self.items.get(index).is_some_and(|item| item.is_number());
            let exactly = is_number(index + 1) || (index > 0 && is_number(index - 1));
            reader.take(*item, exactly)?;
        }
        reader.finish()
    }
}

impl Item {
    fn is_number(self) -> bool {
        !matches!(self, Item::MonthName | Item::Meridian | Item::Blank | Item::Literal(_))
    }
}

/// `text` begins with `word`, in whatever case.
fn begins_with(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

#[derive(Default)]
struct Reader<'a> {
    rest: &'a [u8],
    year: Option<i64>,
    month: Option<u32>,
    day: Option<u32>,
    hour: i64,
    minute: i64,
    micros: i64,
    twelve_hours: bool,
    afternoon: Option<bool>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, item: Item, exactly: bool) -> Option<()> {
        match item {
            Item::Year4 => self.year = Some(self.number(4, exactly)?),
            Item::Year2 => {
                let year = self.number(2, true)?;
                self.year = Some(if year < 70 { 2000 + year } else { 1900 + year });
            }
            Item::Month => self.month = Some(self.number(2, exactly)? as u32),
            Item::MonthName => self.month = Some(self.month_name()?),
            Item::Day => self.day = Some(self.number(2, exactly)? as u32),
            Item::Hour24 => self.hour = self.number(2, exactly)?,
            Item::Hour12 => {
                self.hour = self.number(2, exactly)?;
                self.twelve_hours = true;
            }
            Item::Minute => self.minute = self.number(2, exactly)?,
            Item::Second => self.seconds(exactly)?,
            Item::Meridian => self.meridian()?,
            Item::Blank => self.blanks()?,
            Item::Literal(byte) => {
                let (first, rest) = self.rest.split_first()?;
                if *first != byte {
                    return None;
                }
                self.rest = rest;
            }
        }
        Some(())
    }

    /// A number of at most `most` digits, or of exactly so many.
    fn number(&mut self, most: usize, exactly: bool) -> Option<i64> {
        let digits = self.rest.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || (exactly && digits < most) {
            return None;
        }
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        Some(number.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
    }

    fn seconds(&mut self, exactly: bool) -> Option<()> {
        let seconds = self.number(2, exactly)?;
        if seconds > 59 {
            return None;
        }
        self.micros = seconds * SECOND;
        if let [b'.', rest @ ..] = self.rest
            && rest.first().is_some_and(u8::is_ascii_digit)
        {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            // Digits behind the sixth are cut, as COPY cuts those of decimals.
            let kept = &rest[..digits.min(6)];
            let value = kept.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
            self.micros += value * 10_i64.pow(6 - kept.len() as u32);
            self.rest = &rest[digits..];
        }
        Some(())
    }

    /// A month's name, whole or cut to three letters.
    fn month_name(&mut self) -> Option<u32> {
        let letters = self.rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (word, rest) = self.rest.split_at(letters);
        let named = |name: &&str| {
            word.eq_ignore_ascii_case(name.as_bytes()) || word.eq_ignore_ascii_case(&name.as_bytes()[..3])
        };
        let index = MONTHS.iter().position(named)?;
        self.rest = rest;
        Some(index as u32 + 1)
    }

    fn meridian(&mut self) -> Option<()> {
        let afternoon = match self.rest {
            [b'a' | b'A', b'm' | b'M', ..] => false,
            [b'p' | b'P', b'm' | b'M', ..] => true,
            _ => return None,
        };
        self.afternoon = Some(afternoon);
        self.rest = &self.rest[2..];
        Some(())
    }

    fn blanks(&mut self) -> Option<()> {
        let blanks = self.rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if blanks == 0 {
            return None;
        }
        self.rest = &self.rest[blanks..];
        Some(())
    }

    fn finish(self) -> Option<Moment<'a>> {
        let (year, month, day) = (self.year?, self.month.unwrap_or(1), self.day.unwrap_or(1));
        let exists = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
        let mut hour = self.hour;
        if let Some(afternoon) = self.afternoon.or(self.twelve_hours.then_some(false)) {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + if afternoon { 12 } else { 0 };
        }
        if !exists || hour > 23 || self.minute > 59 {
            return None;
        }
        let time = hour * HOUR + self.minute * MINUTE + self.micros;
        Some(Moment { days: Day { year, month, day }.days(), time, rest: self.rest })
    }
}

/// The short way for `YYYY-MM-DD`, which most files have: days since 1970-01-01, and what is left of the text.
pub fn iso_date(text: &[u8]) -> Option<(i64, &[u8])> {
    let (date, rest) = text.split_first_chunk::<10>()?;
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = date else { return None };
    let digit = |byte: u8| -> Option<u32> { Some(u32::from(byte.wrapping_sub(b'0'))).filter(|digit| *digit < 10) };
    let year = digit(y1)? * 1000 + digit(y2)? * 100 + digit(y3)? * 10 + digit(y4)?;
    let (month, day) = (digit(m1)? * 10 + digit(m2)?, digit(d1)? * 10 + digit(d2)?);
    let year = i64::from(year);
    let exists = (1..=12).contains(&month) && day >= 1 && (day <= 28 || day <= days_in_month(year, month));
    exists.then(|| (Day { year, month, day }.days(), rest))
}

/// The short way for `HH:MI:SS` with or without a fraction: microseconds since midnight, and what is left of the text.
pub fn iso_time(text: &[u8]) -> Option<(i64, &[u8])> {
    let (clock, mut rest) = text.split_first_chunk::<8>()?;
    let &[h1, h2, b':', m1, m2, b':', s1, s2] = clock else { return None };
    let digit = |byte: u8| -> Option<i64> { Some(i64::from(byte.wrapping_sub(b'0'))).filter(|digit| *digit < 10) };
    let hour = digit(h1)? * 10 + digit(h2)?;
    let (minute, second) = (digit(m1)? * 10 + digit(m2)?, digit(s1)? * 10 + digit(s2)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut time = hour * HOUR + minute * MINUTE + second * SECOND;
    if let [b'.', fraction @ ..] = rest
        && fraction.first().is_some_and(u8::is_ascii_digit)
    {
        let mut unit = SECOND / 10;
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit());
        let mut length = 0;
        for byte in digits {
            time += i64::from(byte - b'0') * unit;
            unit /= 10;
            length += 1;
        }
        rest = &fraction[length..];
    }
    Some((time, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The moment as `days-since-epoch` of its date and the clock's text.
    fn read(format: &str, text: &str) -> Option<(i64, u32, u32, i64)> {
        let moment = DateTimeFormat::parse(format).read(text.as_bytes())?;
        let Day { year, month, day } = Day::of_days(moment.days);
        moment.rest.is_empty().then_some((year, month, day, moment.time))
    }

    const fn clock(hour: i64, minute: i64, second: i64) -> i64 {
        hour * HOUR + minute * MINUTE + second * SECOND
    }

    #[test]
    fn hh_is_of_24_hours_and_ss_takes_a_fraction() {
        let format = "YYYY-MM-DD HH:MI:SS";
        assert_eq!(read(format, "2009-01-12 14:15:57.119568"), Some((2009, 1, 12, clock(14, 15, 57) + 119_568)));
        assert_eq!(read(format, "2024-11-03 14:20:00"), Some((2024, 11, 3, clock(14, 20, 0))));
        assert_eq!(read(format, "2024-11-03"), None);
        assert_eq!(read(format, "2024-11-03 24:20:00"), None);
        assert_eq!(read(format, "2024-11-03 14:20:00Z"), None);
    }

    #[test]
    fn parts_are_read_in_any_order() {
        assert_eq!(read("MM/DD/YYYY", "12/31/2024"), Some((2024, 12, 31, 0)));
        assert_eq!(read("MM/DD/YYYY", "1/2/2024"), Some((2024, 1, 2, 0)));
        assert_eq!(read("MM.DD.YYYY HH:MI:SS", "12.31.2024 01:02:03"), Some((2024, 12, 31, clock(1, 2, 3))));
        assert_eq!(read("DD-MON-YYYY", "01-Jan-1999"), Some((1999, 1, 1, 0)));
        assert_eq!(read("MON-DD-YYYY", "January-01-1999"), Some((1999, 1, 1, 0)));
        assert_eq!(read("YYYYMMDD", "19960108"), Some((1996, 1, 8, 0)));
        assert_eq!(read("YYMMDD", "960108"), Some((1996, 1, 8, 0)));
        assert_eq!(read("YY-MM-DD", "24-01-08"), Some((2024, 1, 8, 0)));
        assert_eq!(read("YYYYMMDD", "1996018"), None);
        assert_eq!(read("YYYY-MM-DD", "2023-02-29"), None);
        assert_eq!(read("YYYY-MM-DD", "2024/02/28"), None);
    }

    #[test]
    fn twelve_hours_have_a_meridian() {
        let format = "MM/DD/YYYY HH12:MI:SS AM";
        assert_eq!(read(format, "01/02/2024 12:00:00 AM"), Some((2024, 1, 2, 0)));
        assert_eq!(read(format, "01/02/2024 12:30:00 pm"), Some((2024, 1, 2, clock(12, 30, 0))));
        assert_eq!(read(format, "01/02/2024 01:00:00 PM"), Some((2024, 1, 2, clock(13, 0, 0))));
        assert_eq!(read(format, "01/02/2024 13:00:00 PM"), None);
    }

    #[test]
    fn letters_that_are_no_part_stand_for_themselves() {
        assert_eq!(read("YYYY-MM-DDTHH:MI:SSZ", "2017-11-27T22:21:37Z"), Some((2017, 11, 27, clock(22, 21, 37))));
    }

    #[test]
    fn the_short_ways_agree_with_the_formats() {
        for text in ["2024-02-29", "2023-02-29", "0001-01-01", "2024-13-01", "2024-1-01", "2024-01-01x"] {
            let long =
                DateTimeFormat::parse("YYYY-MM-DD").read(text.as_bytes()).map(|moment| (moment.days, moment.rest));
            let short = iso_date(text.as_bytes());
            // The format also takes numbers of fewer digits.
            if text.as_bytes()[7] == b'-' {
                assert_eq!(short, long, "{text}");
            }
        }
        let day = "2024-01-01 ";
        for text in ["14:15:57.119568", "14:15:57.1195689", "14:15:57", "14:15:60", "24:00:00", "14:15:57."] {
            let whole = format!("{day}{text}");
            let long = DateTimeFormat::parse("YYYY-MM-DD HH:MI:SS").read(whole.as_bytes());
            let short = iso_time(text.as_bytes());
            assert_eq!(short.map(|(time, _)| time), long.map(|moment| moment.time), "{text}");
        }
    }
}
