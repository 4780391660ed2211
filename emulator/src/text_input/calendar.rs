//! The Gregorian calendar, extended to all years: days since 1970-01-01 and back.
//!
//! chrono ends at the year 262,142; Redshift's dates go from 4713 BC to 294,276 AD.

/// Microseconds of a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds of a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds of an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds of a day.
pub const DAY: i64 = 24 * HOUR;

/// The first day of 4713 BC: no date is before it.
pub const FIRST_DAY: i64 = -2_440_550;
/// The last day of 294,276 AD: no date is after it.
pub const LAST_DAY: i64 = 106_762_939;

/// A day. Years are counted astronomically: the year 0 is 1 BC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// The year; 0 is 1 BC.
    pub year: i64,
    /// 1 to 12
    pub month: u32,
    /// 1 to 31
    pub day: u32,
}

impl Day {
    /// The day so many days after 1970-01-01.
    pub fn of_days(days: i64) -> Day {
        // Years are taken to begin in March, so that the leap day is the last of its year.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let in_era = shifted.rem_euclid(146_097);
        let year_of_era = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
        let in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * in_year + 2) / 153;
        let day = (in_year - (153 * from_march + 2) / 5 + 1) as u32;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 } as u32;
        Day { year: year_of_era + era * 400 + i64::from(month <= 2), month, day }
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let from_march = i64::from((self.month + 9) % 12);
        let in_year = (153 * from_march + 2) / 5 + i64::from(self.day) - 1;
        let in_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + in_year;
        era * 146_097 + in_era - 719_468
    }

    /// Counted from 1 on January 1.
    pub fn day_of_year(self) -> i64 {
        self.days() - Day { year: self.year, month: 1, day: 1 }.days() + 1
    }

    /// The same day so many months later, or the month's last where it is shorter.
    pub fn plus_months(self, months: i64) -> Day {
        let total = self.year * 12 + i64::from(self.month) - 1 + months;
        let (year, month) = (total.div_euclid(12), total.rem_euclid(12) as u32 + 1);
        Day { year, month, day: self.day.min(days_in_month(year, month)) }
    }

    /// Is it within the range of dates?
    pub fn in_range(self) -> bool {
        (FIRST_DAY..=LAST_DAY).contains(&self.days())
    }
}

/// 0 is Sunday.
pub fn weekday(days: i64) -> i64 {
    (days + 4).rem_euclid(7)
}

/// ISO 8601's week-numbering year and week of the day so many days after 1970-01-01.
pub fn iso_week(days: i64) -> (i64, i64) {
    // The week belongs to the year that its Thursday is in.
    let thursday = days - (weekday(days) + 6).rem_euclid(7) + 3;
    let day = Day::of_days(thursday);
    (day.year, (day.day_of_year() - 1) / 7 + 1)
}

/// Has the year a February 29?
pub fn is_leap_year(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

/// 28 to 31.
pub fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_calendar_agree() {
        assert_eq!(Day { year: 1970, month: 1, day: 1 }.days(), 0);
        assert_eq!(Day { year: 2000, month: 2, day: 29 }.days(), 11_016);
        assert_eq!(Day { year: -4712, month: 1, day: 1 }.days(), FIRST_DAY);
        assert_eq!(Day { year: 294_276, month: 12, day: 31 }.days(), LAST_DAY);
        for days in (FIRST_DAY..LAST_DAY).step_by(997) {
            assert_eq!(Day::of_days(days).days(), days);
        }
    }

    #[test]
    fn weeks_are_those_of_iso_8601() {
        let week = |year, month, day| iso_week(Day { year, month, day }.days());
        assert_eq!(week(2005, 1, 1), (2004, 53));
        assert_eq!(week(2008, 12, 29), (2009, 1));
        assert_eq!(week(2024, 1, 1), (2024, 1));
        assert_eq!(weekday(0), 4);
    }

    #[test]
    fn months_end_where_they_end() {
        let day = Day { year: 2024, month: 1, day: 31 };
        assert_eq!(day.plus_months(1), Day { year: 2024, month: 2, day: 29 });
        assert_eq!(day.plus_months(-2), Day { year: 2023, month: 11, day: 30 });
    }
}
