//! Value to text: what the wire sends, what casts to VARCHAR give and what UNLOAD writes.
//!
//! The forms are those of PostgreSQL 8.0, from which Redshift descends: floats with 6 or 15 significant digits plus
//! `extra_float_digits`, fractions of a second without trailing zeros but with two digits at least, dates and intervals
//! after `datestyle` and `intervalstyle` (developer guide: "Configuration reference", "Interval data types and
//! literals"). Every function appends to a [`fmt::Write`]; the only error is that of the writer.

mod datetime;
mod interval;
mod number;
mod value;

use std::fmt::{self, Write};

pub use datetime::{write_abstime, write_date, write_time, write_timestamp, write_timestamptz, write_timetz};
pub use interval::{write_day_to_second, write_interval, write_year_to_month};
pub use number::{write_float4, write_float8, write_numeric};
pub use value::write_value;

use crate::text_input::zone::Zone;

/// The session's settings that decide how values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextStyle {
    /// The first word of `datestyle`.
    pub dates: DateForm,
    /// The second word of `datestyle`.
    pub day_order: DayOrder,
    /// `intervalstyle`
    pub intervals: IntervalForm,
    /// `extra_float_digits`
    pub extra_float_digits: i32,
    /// `timezone`
    pub zone: Zone,
}

impl Default for TextStyle {
    fn default() -> Self {
        TextStyle {
            dates: DateForm::Iso,
            day_order: DayOrder::MonthFirst,
            intervals: IntervalForm::Postgres,
            extra_float_digits: 0,
            zone: Zone::UTC,
        }
    }
}

impl TextStyle {
    /// The style that a session's settings ask for; a setting that is missing or unknown has its default.
    pub fn of_settings(setting: impl Fn(&str) -> Option<String>) -> TextStyle {
        let default = TextStyle::default();
        let datestyle = setting("datestyle").unwrap_or_default().to_lowercase();
        let mut words = datestyle.split(',').map(str::trim);
        let dates = match words.next() {
            Some("sql") => DateForm::Sql,
            Some("postgres") => DateForm::Postgres,
            Some("german") => DateForm::German,
            _ => DateForm::Iso,
        };
        let day_order = if words.any(|word| word == "dmy") { DayOrder::DayFirst } else { DayOrder::MonthFirst };
        let intervals = match setting("intervalstyle").as_deref() {
            Some("postgres_verbose") => IntervalForm::PostgresVerbose,
            Some("sql_standard") => IntervalForm::SqlStandard,
            _ => IntervalForm::Postgres,
        };
        TextStyle {
            dates,
            day_order,
            intervals,
            extra_float_digits: setting("extra_float_digits").and_then(|digits| digits.parse().ok()).unwrap_or(0),
            zone: setting("timezone").and_then(|text| Zone::of_setting(&text)).unwrap_or(default.zone),
        }
    }
}

/// The forms of dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateForm {
    /// `2024-01-31 10:00:00+00`
    Iso,
    /// `01/31/2024 10:00:00 UTC`
    Sql,
    /// `Wed Jan 31 10:00:00 2024 UTC`
    Postgres,
    /// `31.01.2024 10:00:00 UTC`
    German,
}

/// What comes first in a date of the forms SQL and Postgres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum DayOrder {
    MonthFirst,
    DayFirst,
}

/// The forms of intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntervalForm {
    /// `1 year 2 mons`, `1 day 02:03:04.5678`
    Postgres,
    /// `@ 1 year 2 mons`, `@ 1 day 2 hours 3 mins 4.56 secs`
    PostgresVerbose,
    /// `1-2`, `1 2:03:04.5678`
    SqlStandard,
}

/// A boolean as the wire shows it: `t` or `f`.
pub fn write_bool(out: &mut impl Write, value: bool) -> fmt::Result {
    out.write_char(if value { 't' } else { 'f' })
}

/// VARBYTE: two hexadecimal digits for each byte, in lower case.
pub fn write_hex_lower(out: &mut impl Write, bytes: &[u8]) -> fmt::Result {
    write_hex(out, bytes, b"0123456789abcdef")
}

/// GEOMETRY and GEOGRAPHY: EWKB, two hexadecimal digits for each byte, in upper case.
pub fn write_hex_upper(out: &mut impl Write, bytes: &[u8]) -> fmt::Result {
    write_hex(out, bytes, b"0123456789ABCDEF")
}

fn write_hex(out: &mut impl Write, bytes: &[u8], digits: &[u8; 16]) -> fmt::Result {
    for byte in bytes {
        out.write_char(char::from(digits[usize::from(byte >> 4)]))?;
        out.write_char(char::from(digits[usize::from(byte & 15)]))?;
    }
    Ok(())
}

/// An array's item as it stands between the braces: in quotes where it would be misread without.
pub fn write_array_item(out: &mut impl Write, item: &str) -> fmt::Result {
    let special = |c: char| matches!(c, '{' | '}' | ',' | '"' | '\\') || c.is_ascii_whitespace();
    if !item.is_empty() && !item.eq_ignore_ascii_case("null") && !item.contains(special) {
        return out.write_str(item);
    }
    out.write_char('"')?;
    for c in item.chars() {
        if matches!(c, '"' | '\\') {
            out.write_char('\\')?;
        }
        out.write_char(c)?;
    }
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_choose_the_style() {
        let style = TextStyle::of_settings(|name| {
            let value = match name {
                "datestyle" => "SQL, DMY",
                "intervalstyle" => "sql_standard",
                "extra_float_digits" => "2",
                "timezone" => "Europe/Berlin",
                _ => return None,
            };
            Some(value.to_string())
        });
        assert_eq!(style.dates, DateForm::Sql);
        assert_eq!(style.day_order, DayOrder::DayFirst);
        assert_eq!(style.intervals, IntervalForm::SqlStandard);
        assert_eq!(style.extra_float_digits, 2);
        assert_eq!(style.zone, Zone::Named(chrono_tz::Europe::Berlin));
        assert_eq!(TextStyle::of_settings(|_| None), TextStyle::default());
    }

    #[test]
    fn array_items_are_quoted_where_they_must_be() {
        let written = |item: &str| {
            let mut out = String::new();
            write_array_item(&mut out, item).unwrap();
            out
        };
        assert_eq!(written("admin=UC/admin"), "admin=UC/admin");
        assert_eq!(written("a,b"), r#""a,b""#);
        assert_eq!(written(""), r#""""#);
        assert_eq!(written("NULL"), r#""NULL""#);
        assert_eq!(written(r#"a"\b"#), r#""a\"\\b""#);
    }

    #[test]
    fn bytes_are_hexadecimal() {
        let mut out = String::new();
        write_hex_lower(&mut out, &[0x61, 0xff, 0x00]).unwrap();
        write_hex_upper(&mut out, &[0xe6]).unwrap();
        assert_eq!(out, "61ff00E6");
    }
}
