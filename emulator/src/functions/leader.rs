//! Functions that PostgreSQL has and that only Redshift's leader node still knows.
//!
//! Sources: developer guide, "Leader node-only functions"; PostgreSQL 8.0, "Date/Time Functions", "Binary String
//! Functions".

use arrow::datatypes::IntervalMonthDayNano;
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use super::registry::{Call, Function, INT4, Param, TIMESTAMP, TIMESTAMPTZ, function, takes};
use crate::{
    binder::Typed,
    text_input::calendar::{DAY, Day, days_in_month},
};

use Param::{Bytes, Text};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "age",
        &[
            takes(&[TIMESTAMP, TIMESTAMP], age),
            takes(&[TIMESTAMPTZ, TIMESTAMPTZ], age),
            takes(&[TIMESTAMP], age_today),
            takes(&[TIMESTAMPTZ], age_today),
        ],
    ),
    function("get_bit", &[takes(&[Bytes, INT4], get_bit)]),
    function("get_byte", &[takes(&[Bytes, INT4], get_byte)]),
    function("set_bit", &[takes(&[Bytes, INT4, INT4], set_bit)]),
    function("set_byte", &[takes(&[Bytes, INT4, INT4], set_byte)]),
    function("to_ascii", &[takes(&[Text, Text], to_ascii).optional(1)]),
];

/// Years, months and days between two moments: a month is as long as the one that it begins in.
fn age(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Interval, |(), args| args.map2(|to: i64, from: i64| Ok(Some(between(from, to)))))
}

fn age_today(mut call: Call<'_>) -> Result<Typed> {
    let ty = call.ty(0);
    let midnight = call.ctx.session.transaction_start.div_euclid(DAY) * DAY;
    let today = match ty {
        RedshiftType::TimestampTz => {
            datafusion::scalar::ScalarValue::TimestampMicrosecond(Some(midnight), Some("UTC".into()))
        }
        _ => datafusion::scalar::ScalarValue::TimestampMicrosecond(Some(midnight), None),
    };
    call.args.insert(0, Typed::literal(today, ty));
    age(call)
}

fn between(from: i64, to: i64) -> IntervalMonthDayNano {
    let sign = if to < from { -1 } else { 1 };
    let (early, late) = if to < from { (to, from) } else { (from, to) };
    let (first, second) = (Day::of_days(early.div_euclid(DAY)), Day::of_days(late.div_euclid(DAY)));
    let mut micros = late.rem_euclid(DAY) - early.rem_euclid(DAY);
    let mut days = i64::from(second.day) - i64::from(first.day);
    let mut months = (second.year - first.year) * 12 + i64::from(second.month) - i64::from(first.month);
    if micros < 0 {
        micros += DAY;
        days -= 1;
    }
    if days < 0 {
        // PostgreSQL 8.0 takes the length of the month of the earlier moment.
        days += i64::from(days_in_month(first.year, first.month));
        months -= 1;
    }
    super::conversion::interval(sign * months as i32, sign * days as i32, i64::from(sign) * micros)
}

fn place(index: i32, count: usize) -> Result<usize> {
    usize::try_from(index).ok().filter(|index| *index < count).ok_or_else(|| {
        let message = format!("index {index} out of valid range, 0..{}", count as i64 - 1);
        Error::new(SqlState("2202E"), message)
    })
}

fn get_byte(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int4, |(), args| {
        args.map2(|bytes: &[u8], index: i32| Ok(Some(i32::from(bytes[place(index, bytes.len())?]))))
    })
}

/// Bits are counted from the lowest of the first byte.
fn get_bit(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int4, |(), args| {
        args.map2(|bytes: &[u8], index: i32| {
            let index = place(index, bytes.len() * 8)?;
            Ok(Some(i32::from(bytes[index / 8] >> (index % 8) & 1)))
        })
    })
}

fn set_byte(call: Call<'_>) -> Result<Typed> {
    let ty = call.ty(0);
    call.kernel(ty, |(), args| {
        args.map3(|bytes: &[u8], index: i32, value: i32| {
            let index = place(index, bytes.len())?;
            let mut changed = bytes.to_vec();
            changed[index] = value as u8;
            Ok(Some(changed))
        })
    })
}

fn set_bit(call: Call<'_>) -> Result<Typed> {
    let ty = call.ty(0);
    call.kernel(ty, |(), args| {
        args.map3(|bytes: &[u8], index: i32, value: i32| {
            let index = place(index, bytes.len() * 8)?;
            if !matches!(value, 0 | 1) {
                return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, "new bit must be 0 or 1"));
            }
            let mut changed = bytes.to_vec();
            let byte = &mut changed[index / 8];
            *byte = *byte & !(1 << (index % 8)) | (value as u8) << (index % 8);
            Ok(Some(changed))
        })
    })
}

/// PostgreSQL converts from LATIN1 and its like only; a database of Redshift's is always UTF-8.
fn to_ascii(_call: Call<'_>) -> Result<Typed> {
    Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, "encoding conversion from UNICODE to ASCII not supported"))
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{check, check_errors};

    #[test]
    fn ages_are_counted_in_months_and_days() {
        check(&[
            // PostgreSQL 8.0, "Date/Time Functions".
            ("age('2001-04-10'::timestamp, '1957-06-13'::timestamp)", "43 years 9 mons 27 days"),
            ("age('2001-04-10 01:00:00'::timestamp, '2001-04-10'::timestamp)", "01:00:00"),
            ("age('1957-06-13'::timestamp, '2001-04-10'::timestamp)", "-43 years -9 mons -27 days"),
            ("age('2024-02-28'::timestamp)", "1 day"),
        ]);
    }

    #[test]
    fn bytes_and_bits_are_taken_and_changed() {
        check(&[
            ("get_byte('abc'::varbyte, 1)", "98"),
            ("set_byte('abc'::varbyte, 1, 100)", "616463"),
            ("set_bit('a'::varbyte, 1, 1)", "63"),
            ("get_bit('a'::varbyte, 0)", "1"),
        ]);
        check_errors(&[
            ("get_byte('abc'::varbyte, 3)", "2202E", "index 3 out of valid range, 0..2"),
            ("set_bit('a'::varbyte, 1, 2)", "22023", "new bit must be 0 or 1"),
        ]);
    }
}
