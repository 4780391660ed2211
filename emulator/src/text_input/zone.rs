//! Time zones: names of the IANA database, abbreviations, and displacements as POSIX and ISO 8601 write them.
//!
//! Source: developer guide, CONVERT_TIMEZONE ("Time zone usage notes"), "Datetime types" (TIMESTAMPTZ).

use std::{collections::HashMap, sync::LazyLock};

use chrono::{DateTime, Days, LocalResult, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::calendar::{DAY, SECOND};

/// A time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zone {
    /// So many seconds east of Greenwich, all the year.
    Fixed(i32),
    /// One whose displacement changes.
    Named(Tz),
}

/// Abbreviations and their hours east of Greenwich; of those that stand for several zones, what PostgreSQL 8.0 takes.
const ABBREVIATIONS: &[(&str, f32)] = &[
    ("acsst", 10.5),
    ("acst", 9.5),
    ("act", -5.0),
    ("adt", -3.0),
    ("aesst", 11.0),
    ("aest", 10.0),
    ("akdt", -8.0),
    ("akst", -9.0),
    ("art", -3.0),
    ("ast", -4.0),
    ("awsst", 9.0),
    ("awst", 8.0),
    ("bdst", 2.0),
    ("bot", -4.0),
    ("brst", -2.0),
    ("brt", -3.0),
    ("bst", 1.0),
    ("cadt", 10.5),
    ("cat", 2.0),
    ("cct", 8.0),
    ("cdt", -5.0),
    ("cest", 2.0),
    ("cet", 1.0),
    ("clst", -3.0),
    ("clt", -4.0),
    ("cot", -5.0),
    ("cst", -6.0),
    ("eat", 3.0),
    ("edt", -4.0),
    ("eest", 3.0),
    ("eet", 2.0),
    ("est", -5.0),
    ("fst", 1.0),
    ("gmt", 0.0),
    ("hkt", 8.0),
    ("hst", -10.0),
    ("idt", 3.0),
    ("ist", 2.0),
    ("jst", 9.0),
    ("kdt", 10.0),
    ("kst", 9.0),
    ("mdt", -6.0),
    ("mest", 2.0),
    ("met", 1.0),
    ("mewt", 1.0),
    ("msd", 4.0),
    ("msk", 3.0),
    ("mst", -7.0),
    ("mut", 4.0),
    ("myt", 8.0),
    ("ndt", -2.5),
    ("nft", -2.5),
    ("npt", 5.75),
    ("nst", -3.5),
    ("nzdt", 13.0),
    ("nzst", 12.0),
    ("pdt", -7.0),
    ("pet", -5.0),
    ("pht", 8.0),
    ("pkt", 5.0),
    ("pst", -8.0),
    ("sast", 2.0),
    ("sgt", 8.0),
    ("uct", 0.0),
    ("ut", 0.0),
    ("utc", 0.0),
    ("uyt", -3.0),
    ("wast", 2.0),
    ("wat", 1.0),
    ("wdt", 9.0),
    ("west", 1.0),
    ("wet", 0.0),
    ("wib", 7.0),
    ("wit", 9.0),
    ("yst", -9.0),
    ("z", 0.0),
    ("zulu", 0.0),
];

impl Zone {
    /// Greenwich.
    pub const UTC: Zone = Zone::Fixed(0);

    /// The zone of an abbreviation, which has the same displacement all the year.
    pub fn of_abbreviation(name: &str) -> Option<Zone> {
        let name = name.to_ascii_lowercase();
        let found = ABBREVIATIONS.binary_search_by(|(known, _)| (*known).cmp(name.as_str())).ok()?;
        Some(Zone::Fixed((ABBREVIATIONS[found].1 * 3600.0) as i32))
    }

    /// The zone that CONVERT_TIMEZONE and AT TIME ZONE know under this name.
    ///
    /// `PST` is an abbreviation, `US/Pacific` a name in any case, `NEWZONE+2` two hours west, `+05:30` (a displacement
    /// alone) east.
    pub fn of_name(name: &str) -> Option<Zone> {
        let name = name.trim();
        if let Some(zone) = Zone::of_abbreviation(name) {
            return Some(zone);
        }
        if let Some(tz) = iana(name) {
            return Some(Zone::Named(tz));
        }
        let displacement = name.find(|c: char| c == '+' || c == '-' || c.is_ascii_digit())?;
        let (label, rest) = (name[..displacement].trim_end(), &name[displacement..]);
        if label.is_empty() {
            return parse_displacement(rest).map(Zone::Fixed);
        }
        // POSIX counts westwards; a zone for the summer behind it is not taken into account.
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len());
        parse_displacement(rest[..end].trim_end()).map(|seconds| Zone::Fixed(-seconds))
    }

    /// The zone that `SET timezone` takes: a name, hours east (`-8`), a displacement east as ISO 8601 writes it (`+7:30`),
    /// or one west behind a label as POSIX does (`PST8PDT`, `xxx36`). Abbreviations are refused, because they know no summer
    /// (developer guide, "timezone").
    pub fn of_setting(text: &str) -> Option<Zone> {
        let text = text.trim();
        if let Some(tz) = iana(text) {
            return Some(Zone::of_tz(tz));
        }
        if let Some(seconds) = hours_east(text).or_else(|| parse_displacement(text)) {
            return Some(Zone::Fixed(seconds));
        }
        let label = label_length(text)?;
        let rest = &text[label..];
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let west = posix_seconds(&rest[..end])?;
        let summer = &rest[end..];
        if summer.is_empty() {
            return Some(Zone::Fixed(-west));
        }
        label_length(summer)?;
        // Where the rules of summer are not given they are those of the United States.
        let zone = SUMMERS.iter().find(|(hours, _)| hours * 3600 == west);
        Some(zone.map_or(Zone::Fixed(-west), |(_, tz)| Zone::Named(*tz)))
    }

    fn of_tz(tz: Tz) -> Zone {
        if tz == Tz::UTC { Zone::UTC } else { Zone::Named(tz) }
    }

    /// How SHOW writes a zone that was set as a text: a name of the IANA database in its own case, all else as it was set.
    pub fn setting_text(text: &str) -> Option<String> {
        let text = text.trim();
        match iana(text) {
            Some(tz) => Some(tz.name().to_string()),
            None => Zone::of_setting(text).map(|_| text.to_string()),
        }
    }

    /// An instant from what clocks in this zone show, both in microseconds since 1970-01-01.
    ///
    /// An hour that comes twice is taken to be the second; one that is skipped is read as if clocks had not been changed.
    pub fn to_utc(self, local: i64) -> i64 {
        local - i64::from(self.seconds_at_local(local)) * SECOND
    }

    /// What clocks in this zone show at an instant, both in microseconds since 1970-01-01.
    pub fn to_local(self, instant: i64) -> i64 {
        instant + i64::from(self.seconds_at(instant)) * SECOND
    }

    /// Seconds east of Greenwich at an instant.
    pub fn seconds_at(self, instant: i64) -> i32 {
        match self {
            Zone::Fixed(seconds) => seconds,
            Zone::Named(tz) => tz.offset_from_utc_datetime(&naive(instant)).fix().local_minus_utc(),
        }
    }

    /// The abbreviation in force at an instant: `EST`; a displacement where there is none.
    pub fn abbreviation_at(self, instant: i64) -> String {
        match self {
            Zone::Fixed(0) => "UTC".to_string(),
            Zone::Fixed(seconds) => displacement_text(seconds),
            Zone::Named(tz) => tz.from_utc_datetime(&naive(instant)).format("%Z").to_string(),
        }
    }

    fn seconds_at_local(self, local: i64) -> i32 {
        let tz = match self {
            Zone::Fixed(seconds) => return seconds,
            Zone::Named(tz) => tz,
        };
        let clock = naive(local);
        match tz.offset_from_local_datetime(&clock) {
            LocalResult::Single(offset) | LocalResult::Ambiguous(_, offset) => offset.fix().local_minus_utc(),
            LocalResult::None => {
                let before = clock.checked_sub_days(Days::new(1)).unwrap_or(clock);
                match tz.offset_from_local_datetime(&before) {
                    LocalResult::Single(offset) | LocalResult::Ambiguous(_, offset) => offset.fix().local_minus_utc(),
                    LocalResult::None => 0,
                }
            }
        }
    }
}

/// Hours west and a zone that has the summer of the United States there.
const SUMMERS: [(i32, Tz); 7] = [
    (4, Tz::Canada__Atlantic),
    (5, Tz::EST5EDT),
    (6, Tz::CST6CDT),
    (7, Tz::MST7MDT),
    (8, Tz::PST8PDT),
    (9, Tz::US__Alaska),
    (10, Tz::US__Aleutian),
];

/// The bytes of the label that a zone of POSIX begins with; none where it has fewer than three letters.
fn label_length(text: &str) -> Option<usize> {
    let length = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    (length >= 3).then_some(length)
}

/// Seconds of a number of hours, which may have decimals: `-8`, `5.5`.
fn hours_east(text: &str) -> Option<i32> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'));
    let hours: f64 = text.parse().ok().filter(|_| plain)?;
    (hours.abs() <= 15.0).then_some((hours * 3600.0) as i32)
}

/// Seconds of a displacement as POSIX writes it: `8`, `-2:15`; Redshift takes up to a week.
fn posix_seconds(text: &str) -> Option<i32> {
    let unsigned = text.trim_start_matches(['+', '-']);
    let hours: i32 = unsigned.split(':').next()?.parse().ok()?;
    if hours > 167 {
        return None;
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let part = |index: usize| unsigned.split(':').nth(index).map_or(Some(0), |part| part.parse::<u16>().ok());
    let (minutes, seconds) = (i32::from(part(1)?), i32::from(part(2)?));
    Some(sign * (hours * 3600 + minutes * 60 + seconds))
}

/// A zone of the IANA database, in any case.
fn iana(name: &str) -> Option<Tz> {
    static BY_NAME: LazyLock<HashMap<String, Tz>> =
        LazyLock::new(|| TZ_VARIANTS.iter().map(|tz| (tz.name().to_ascii_lowercase(), *tz)).collect());
    if let Ok(tz) = name.parse() {
        return Some(tz);
    }
    BY_NAME.get(&name.to_ascii_lowercase()).copied()
}

/// chrono's form; beyond its years a nearby one, as no zone's rules reach that far.
fn naive(micros: i64) -> NaiveDateTime {
    const YEARS_400: i64 = 146_097 * DAY;
    let near = if micros.abs() > 100 * YEARS_400 { micros.rem_euclid(YEARS_400) } else { micros };
    DateTime::<Utc>::from_timestamp_micros(near).unwrap_or_default().naive_utc()
}

/// Seconds east: `+05:30`, `-0800`, `+5`, `-08:00:00`; without a sign it is a plus.
pub fn parse_displacement(text: &str) -> Option<i32> {
    if !text.is_ascii() {
        return None;
    }
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = |digits: &str| -> Option<i32> {
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        digits.parse().ok()
    };
    let (hours, minutes, seconds) = match rest.split(':').collect::<Vec<_>>()[..] {
        [hours, minutes, seconds] => (number(hours)?, number(minutes)?, number(seconds)?),
        [hours, minutes] => (number(hours)?, number(minutes)?, 0),
        [digits] if digits.len() > 2 => (number(&digits[..digits.len() - 2])?, number(&digits[digits.len() - 2..])?, 0),
        [digits] => (number(digits)?, 0, 0),
        _ => return None,
    };
    (hours <= 15 && minutes < 60 && seconds < 60).then_some(sign * (hours * 3600 + minutes * 60 + seconds))
}

/// `+00`, `-08`, `+05:30`: as the text of a TIMESTAMPTZ ends.
pub fn displacement_text(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    if minutes % 60 == 0 {
        format!("{sign}{:02}", minutes / 60)
    } else {
        format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_input::calendar::{Day, HOUR};

    fn at(year: i64, month: u32, day: u32, hour: i64) -> i64 {
        Day { year, month, day }.days() * DAY + hour * HOUR
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(ABBREVIATIONS.is_sorted_by_key(|(name, _)| *name));
    }

    #[test]
    fn names_know_summer_and_abbreviations_do_not() {
        let pacific = Zone::of_name("us/pacific").unwrap();
        let summer = at(2008, 8, 24, 9);
        assert_eq!(pacific.to_local(summer), at(2008, 8, 24, 2));
        assert_eq!(Zone::of_name("PST").unwrap().to_local(summer), at(2008, 8, 24, 1));
        assert_eq!(pacific.abbreviation_at(summer), "PDT");
    }

    #[test]
    fn zones_of_settings() {
        // "timezone": names, POSIX-style specifications, which nobody checks, and ISO-8601 offsets.
        let offsets = [
            ("-8:00", -28_800),
            ("+7:30", 27_000),
            ("2", 7_200),
            ("-8", -28_800),
            ("5.5", 19_800),
            ("-08:00:00", -28_800),
            ("PST8", -28_800),
            ("EST5", -18_000),
            ("GMT-02:00", 7_200),
            ("GMT+02:00", -7_200),
            ("UTC+0", 0),
            ("xxx36", -129_600),
        ];
        for (text, seconds) in offsets {
            assert_eq!(Zone::of_setting(text).map(|zone| zone.seconds_at(0)), Some(seconds), "{text}");
        }
        assert_eq!(Zone::of_setting("gb"), Some(Zone::Named(Tz::GB)));
        assert_eq!(Zone::of_setting("EST5EDT"), Some(Zone::Named(Tz::EST5EDT)));
        assert_eq!(Zone::of_setting("YST9YDT"), Some(Zone::Named(Tz::US__Alaska)));
        assert_eq!(Zone::setting_text("europe/berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(Zone::setting_text("PST8").as_deref(), Some("PST8"));
        for text in ["", "+", "X5", "GMT+999", "+7:30x", "xxx", "PST", "pdt", "+1:2:3:4", "ñ5", "nan"] {
            assert_eq!(Zone::of_setting(text), None, "{text}");
        }
    }

    #[test]
    fn displacements_behind_a_name_count_westwards() {
        // CONVERT_TIMEZONE, "The following example demonstrates the use of offsets".
        let noon = at(2014, 5, 17, 12);
        for (name, hours) in [("NEWZONE +2", -2), ("America/Los_Angeles+2", -2), ("GMT+2", -2), ("PST8", -8)] {
            assert_eq!(Zone::of_name(name).unwrap().to_local(noon), noon + hours * HOUR, "{name}");
        }
        assert_eq!(Zone::of_name("NEWZONE-2:15").unwrap(), Zone::Fixed(8100));
        assert_eq!(Zone::of_name("+05:30").unwrap(), Zone::Fixed(19_800));
        assert_eq!(Zone::of_name("nowhere"), None);
    }

    #[test]
    fn hours_that_come_twice_or_never_have_an_instant() {
        let eastern = Zone::of_name("America/New_York").unwrap();
        // 2024-11-03 01:30 comes twice: the second is EST.
        assert_eq!(eastern.to_utc(at(2024, 11, 3, 1)), at(2024, 11, 3, 6));
        // 2024-03-10 02:00 is skipped: read as EST.
        assert_eq!(eastern.to_utc(at(2024, 3, 10, 2)), at(2024, 3, 10, 7));
    }

    #[test]
    fn displacements_are_read_and_shown() {
        for (text, seconds) in [("+05:30", 19_800), ("-0800", -28_800), ("+5", 18_000), ("-08:00:00", -28_800)] {
            assert_eq!(parse_displacement(text), Some(seconds), "{text}");
        }
        for text in ["+25", "+05:60", "", "+x"] {
            assert_eq!(parse_displacement(text), None, "{text}");
        }
        assert_eq!(displacement_text(-19_800), "-05:30");
        assert_eq!(displacement_text(0), "+00");
    }
}
