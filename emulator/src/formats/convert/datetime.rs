//! Dates and times: developer guide, "Data conversion parameters" (DATEFORMAT, TIMEFORMAT, ACCEPTANYDATE).

use super::{Conversion, Fault};
use crate::{
    formats::datetime_format::{DateTimeFormat, iso_date, iso_time},
    text_input::{
        Rounding,
        calendar::{DAY, FIRST_DAY, LAST_DAY},
        parse_date, parse_numeric, parse_timestamp, parse_timestamptz,
        zone::parse_displacement,
    },
};

/// DATEFORMAT
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DateReading {
    /// `YYYY-MM-DD`, which is also what is taken where there is none.
    Iso,
    /// `'auto'`: as casts read dates.
    Auto,
    /// Any other format.
    Format(DateTimeFormat),
}

/// TIMEFORMAT
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeReading {
    /// `YYYY-MM-DD HH:MI:SS`, which is also what is taken where there is none; with an offset behind it for TIMESTAMPTZ.
    Iso,
    /// `'auto'`: as casts read timestamps.
    Auto,
    /// Any other format.
    Format(DateTimeFormat),
    /// `'epochsecs'`
    EpochSeconds,
    /// `'epochmillisecs'`
    EpochMilliseconds,
}

impl DateReading {
    /// Reads the argument of DATEFORMAT; `auto` is in lower case only.
    pub fn parse(text: &str) -> DateReading {
        match text {
            "auto" => DateReading::Auto,
            "YYYY-MM-DD" => DateReading::Iso,
            other => DateReading::Format(DateTimeFormat::parse(other)),
        }
    }

    /// Days since 1970-01-01 of the usual form.
    #[inline]
    pub(super) fn fast(&self, raw: &[u8]) -> Option<i32> {
        match (self, iso_date(raw)?) {
            (DateReading::Iso | DateReading::Auto, (days, [])) => i32::try_from(days).ok(),
            _ => None,
        }
    }
}

impl TimeReading {
    /// Reads the argument of TIMEFORMAT; the words are in lower case only.
    pub fn parse(text: &str) -> TimeReading {
        match text {
            "auto" => TimeReading::Auto,
            "epochsecs" => TimeReading::EpochSeconds,
            "epochmillisecs" => TimeReading::EpochMilliseconds,
            "YYYY-MM-DD HH:MI:SS" | "YYYY-MM-DD HH24:MI:SS" => TimeReading::Iso,
            other => TimeReading::Format(DateTimeFormat::parse(other)),
        }
    }

    /// Microseconds since 1970-01-01 00:00 of the usual form.
    #[inline]
    pub(super) fn fast(&self, raw: &[u8]) -> Option<i64> {
        if !matches!(self, TimeReading::Iso | TimeReading::Auto) {
            return None;
        }
        let (micros, rest) = iso_timestamp(raw)?;
        rest.is_empty().then_some(micros)
    }

    /// The format as faults show it.
    fn shown(&self) -> &str {
        match self {
            TimeReading::Iso => "YYYY-MM-DD HH24:MI:SS",
            TimeReading::Auto => "auto",
            TimeReading::Format(format) => format.text(),
            TimeReading::EpochSeconds => "epochsecs",
            TimeReading::EpochMilliseconds => "epochmillisecs",
        }
    }

    fn fault(&self) -> Fault {
        Fault::new(1206, format!("Invalid timestamp format or value [{}]", self.shown()))
    }
}

/// `YYYY-MM-DD HH:MI:SS` with or without a fraction, and what is left of the text.
fn iso_timestamp(raw: &[u8]) -> Option<(i64, &[u8])> {
    let (days, rest) = iso_date(raw)?;
    let (time, rest) = iso_time(rest.strip_prefix(b" ")?)?;
    Some((days * DAY + time, rest))
}

impl Conversion {
    /// Days since 1970-01-01; none where ACCEPTANYDATE makes NULL of it.
    pub(super) fn date(&self, raw: &[u8]) -> Result<Option<i32>, Fault> {
        let raw = raw.trim_ascii();
        // A time behind the date is left out of account.
        let ends = |rest: &[u8]| rest.first().is_none_or(|byte| !byte.is_ascii_alphanumeric() || *byte == b'T');
        let (days, fault) = match &self.dates {
            DateReading::Iso => {
                let days = iso_date(raw).filter(|(_, rest)| ends(rest)).map(|(days, _)| days);
                let reason = if raw.len() < 10 {
                    "Invalid Date Format - length must be 10 or more"
                } else {
                    "Invalid date format or value [YYYY-MM-DD]"
                };
                (days, Fault::new(1205, reason))
            }
            DateReading::Format(format) => {
                let days = format.read(raw).filter(|moment| ends(moment.rest)).map(|moment| moment.days);
                (days, Fault::new(1205, format!("Invalid date format or value [{}]", format.text())))
            }
            DateReading::Auto => {
                let text = String::from_utf8_lossy(raw);
                let days = parse_date(&text, &self.input).ok().map(i64::from);
                (days, Fault::new(1205, "Invalid date format or value [auto]"))
            }
        };
        let days = days.filter(|days| (FIRST_DAY..=LAST_DAY).contains(days)).and_then(|days| i32::try_from(days).ok());
        self.accepted(days, fault)
    }

    /// Microseconds since 1970-01-01 00:00; none where ACCEPTANYDATE makes NULL of it.
    pub(super) fn timestamp(&self, raw: &[u8]) -> Result<Option<i64>, Fault> {
        let raw = raw.trim_ascii();
        let micros = match &self.times {
            TimeReading::Iso => iso_timestamp(raw).filter(|(_, rest)| rest.is_empty()).map(|(micros, _)| micros),
            TimeReading::Format(format) => {
                format.read(raw).filter(|moment| moment.rest.is_empty()).and_then(|moment| moment.micros())
            }
            TimeReading::Auto => parse_timestamp(&String::from_utf8_lossy(raw), &self.input).ok(),
            TimeReading::EpochSeconds => epoch(raw, 6),
            TimeReading::EpochMilliseconds => epoch(raw, 3),
        };
        self.accepted(micros, self.times.fault())
    }

    /// Microseconds since 1970-01-01 00:00 UTC; none where ACCEPTANYDATE makes NULL of it.
    pub(super) fn timestamptz(&self, raw: &[u8]) -> Result<Option<i64>, Fault> {
        let raw = raw.trim_ascii();
        let micros = match &self.times {
            TimeReading::Iso => iso_timestamp(raw).and_then(|(local, rest)| self.instant(local, rest)),
            TimeReading::Format(format) => {
                format.read(raw).and_then(|moment| self.instant(moment.micros()?, moment.rest))
            }
            TimeReading::Auto => parse_timestamptz(&String::from_utf8_lossy(raw), &self.input).ok(),
            TimeReading::EpochSeconds => epoch(raw, 6),
            TimeReading::EpochMilliseconds => epoch(raw, 3),
        };
        self.accepted(micros, self.times.fault())
    }

    /// The instant of what clocks show, in the zone of the offset behind it or else of the session.
    fn instant(&self, local: i64, offset: &[u8]) -> Option<i64> {
        match offset.trim_ascii() {
            [] => Some(self.input.zone.to_utc(local)),
            b"Z" | b"z" => Some(local),
            text @ [b'+' | b'-', ..] => {
                let seconds = parse_displacement(std::str::from_utf8(text).ok()?)?;
                Some(local - i64::from(seconds) * 1_000_000)
            }
            _ => None,
        }
    }

    fn accepted<T>(&self, value: Option<T>, fault: Fault) -> Result<Option<T>, Fault> {
        match value {
            None if !self.accept_any_date => Err(fault),
            value => Ok(value),
        }
    }
}

/// A number, with or without a fraction or an exponent, of seconds (6) or milliseconds (3) in microseconds.
fn epoch(raw: &[u8], digits: u8) -> Option<i64> {
    let number = parse_numeric(std::str::from_utf8(raw).ok()?, 38, digits, Rounding::Truncate).ok()?;
    let micros = i64::try_from(number).ok()?;
    (FIRST_DAY..=LAST_DAY).contains(&micros.div_euclid(DAY)).then_some(micros)
}
