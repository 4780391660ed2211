//! A value of an Arrow array as its Redshift type is written.

use std::fmt::{self, Write};

use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::{
        Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
        IntervalMonthDayNanoType, IntervalYearMonthType, Time64MicrosecondType, TimestampMicrosecondType,
    },
};
use redshift_sql_dialect::RedshiftType;

use super::{
    TextStyle, write_abstime, write_array_item, write_bool, write_date, write_day_to_second, write_float4,
    write_float8, write_hex_lower, write_hex_upper, write_interval, write_numeric, write_time, write_timestamp,
    write_timestamptz, write_timetz, write_year_to_month,
};
use crate::{functions::ewkb_of_kept, system::written_regproc};

/// Appends a value that is not NULL, of an array in the Arrow form of the type ([`crate::types::arrow_type`]).
///
/// CHAR is written without its trailing blanks.
///
/// # Errors
/// That of the writer.
///
/// # Panics
/// Where the array is not in that form.
pub fn write_value(
    out: &mut impl Write,
    values: &ArrayRef,
    row: usize,
    ty: RedshiftType,
    style: &TextStyle,
) -> fmt::Result {
    use RedshiftType::*;
    match ty {
        Bool => write_bool(out, values.as_boolean().value(row)),
        Int2 => write!(out, "{}", values.as_primitive::<Int16Type>().value(row)),
        Int4 => write!(out, "{}", values.as_primitive::<Int32Type>().value(row)),
        Int8 | Oid => write!(out, "{}", values.as_primitive::<Int64Type>().value(row)),
        Numeric { scale, .. } => write_numeric(out, values.as_primitive::<Decimal128Type>().value(row), scale),
        Float4 => write_float4(out, values.as_primitive::<Float32Type>().value(row), style.extra_float_digits),
        Float8 => write_float8(out, values.as_primitive::<Float64Type>().value(row), style.extra_float_digits),
        Char(_) | Varchar(_) | Text | Name | RegProcedure | RegClass | RegType | InternalChar | AclItem | CString
        | Super | Unknown => out.write_str(values.as_string_view().value(row)),
        RegProc => out.write_str(&written_regproc(values.as_string_view().value(row))),
        Date => write_date(out, values.as_primitive::<Date32Type>().value(row), style),
        Time => write_time(out, values.as_primitive::<Time64MicrosecondType>().value(row)),
        TimeTz => write_timetz(out, values.as_primitive::<Time64MicrosecondType>().value(row)),
        Timestamp => write_timestamp(out, values.as_primitive::<TimestampMicrosecondType>().value(row), style),
        TimestampTz => write_timestamptz(out, values.as_primitive::<TimestampMicrosecondType>().value(row), style),
        AbsTime => write_abstime(out, values.as_primitive::<Int64Type>().value(row), style),
        IntervalYearToMonth(_) => {
            write_year_to_month(out, values.as_primitive::<IntervalYearMonthType>().value(row), style)
        }
        IntervalDayToSecond(_) => {
            write_day_to_second(out, values.as_primitive::<DurationMicrosecondType>().value(row), style)
        }
        Interval => {
            let value = values.as_primitive::<IntervalMonthDayNanoType>().value(row);
            write_interval(out, value.months, value.days, value.nanoseconds / 1_000, style)
        }
        Varbyte(_) => write_hex_lower(out, values.as_binary::<i32>().value(row)),
        Geometry | Geography => write_hex_upper(out, &ewkb_of_kept(values.as_binary::<i32>().value(row))),
        // A sketch is kept as the JSON that Redshift shows.
        HllSketch => match std::str::from_utf8(values.as_binary::<i32>().value(row)) {
            Ok(json) => out.write_str(json),
            Err(_) => write_hex_lower(out, values.as_binary::<i32>().value(row)),
        },
        Int2Vector | OidVector => write_items(out, &values.as_list::<i32>().value(row), ["", " ", ""]),
        Int2Array | Int4Array | OidArray | TextArray | InternalCharArray | AclItemArray => {
            write_items(out, &values.as_list::<i32>().value(row), ["{", ",", "}"])
        }
    }
}

/// The items of a list, between what is before, between and behind them.
fn write_items(out: &mut impl Write, items: &ArrayRef, [before, between, behind]: [&str; 3]) -> fmt::Result {
    out.write_str(before)?;
    for index in 0..items.len() {
        if index > 0 {
            out.write_str(between)?;
        }
        if items.is_null(index) {
            out.write_str("NULL")?;
        } else if let Some(items) = items.as_primitive_opt::<Int16Type>() {
            write!(out, "{}", items.value(index))?;
        } else if let Some(items) = items.as_primitive_opt::<Int32Type>() {
            write!(out, "{}", items.value(index))?;
        } else if let Some(items) = items.as_primitive_opt::<Int64Type>() {
            write!(out, "{}", items.value(index))?;
        } else {
            write_array_item(out, items.as_string_view().value(index))?;
        }
    }
    out.write_str(behind)
}
