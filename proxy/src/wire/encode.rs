//! Arrow batches to rows of the protocol: the one place where values become bytes for a client.
//!
//! Text is what [`blueshift_emulator::text_output`] prints. Binary is PostgreSQL's send format, with two exceptions where a
//! Redshift driver is at the other end: at protocol 2 NUMERIC is a big-endian integer of 8 or 16 bytes whose scale is in
//! the type modifier, and at every protocol of Redshift's INTERVAL has the 12 bytes of PostgreSQL 8.0, which knows no days.
//! CHAR(n) gets back the trailing blanks that the engine does not keep.

use std::fmt::{self, Write};

use arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::cast,
    datatypes::{
        Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
        IntervalMonthDayNanoType, IntervalYearMonthType, Time64MicrosecondType, TimestampMicrosecondType,
    },
    record_batch::RecordBatch,
};
use blueshift_emulator::{
    ResultColumn,
    functions::ewkb_of_kept,
    system::function_oid,
    text_output::{self, TextStyle},
    types::arrow_type,
};
use bytes::{BufMut, BytesMut};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

/// Days from 1970-01-01 to 2000-01-01, where the protocol begins to count.
const EPOCH_DAYS: i32 = 10_957;
const DAY_MICROS: i64 = 86_400_000_000;
/// The same in microseconds.
const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * DAY_MICROS;

/// How a value travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Format {
    Text,
    Binary,
}

impl Format {
    /// The format of this code.
    ///
    /// # Errors
    /// 22023 for codes other than 0 and 1.
    pub fn of_code(code: i16) -> Result<Format> {
        match code {
            0 => Ok(Format::Text),
            1 => Ok(Format::Binary),
            other => Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("unsupported format code: {other}"))),
        }
    }

    /// Its code.
    pub fn code(self) -> i16 {
        match self {
            Format::Text => 0,
            Format::Binary => 1,
        }
    }
}

/// How NUMERIC travels in binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumericFormat {
    /// Groups of four digits.
    Postgres,
    /// An integer of 8 or 16 bytes: what Redshift's drivers want at protocol 2.
    Redshift,
}

/// How INTERVAL travels in binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalFormat {
    /// Microseconds, days and months in 16 bytes.
    Postgres,
    /// Microseconds and months in 12 bytes: what Redshift's drivers read.
    Redshift,
}

/// What decides how values are written, beside their types and formats.
#[derive(Debug, Clone, Copy)]
pub struct Encoding {
    /// The session's settings.
    pub style: TextStyle,
    /// What the connection negotiated.
    pub numeric: NumericFormat,
    /// What the connection negotiated.
    pub interval: IntervalFormat,
}

/// The columns of a batch, ready to be written row by row.
pub struct BatchEncoder {
    columns: Vec<ColumnEncoder>,
    encoding: Encoding,
}

struct ColumnEncoder {
    values: ArrayRef,
    ty: RedshiftType,
    format: Format,
}

impl BatchEncoder {
    /// An encoder for this batch; `formats` has one format for each column.
    ///
    /// # Errors
    /// XX000 where the batch does not have the columns that were announced.
    pub fn new(batch: &RecordBatch, columns: &[ResultColumn], formats: &[Format], encoding: Encoding) -> Result<Self> {
        if batch.num_columns() != columns.len() || formats.len() != columns.len() {
            return Err(Error::internal("the result does not have the columns that were announced"));
        }
        let columns = columns.iter().zip(batch.columns()).zip(formats).map(|((column, values), format)| {
            Ok(ColumnEncoder { values: as_announced(values, column.ty)?, ty: column.ty, format: *format })
        });
        Ok(BatchEncoder { columns: columns.collect::<Result<_>>()?, encoding })
    }

    /// Appends a DataRow.
    ///
    /// # Errors
    /// Where a type has no binary format or a value does not fit in it; then nothing is appended.
    pub fn write_row(&self, row: usize, out: &mut BytesMut) -> Result<()> {
        let start = out.len();
        out.put_u8(b'D');
        out.put_u32(0);
        out.put_u16(self.columns.len() as u16);
        for column in &self.columns {
            if let Err(error) = column.write(row, &self.encoding, out) {
                out.truncate(start);
                return Err(error);
            }
        }
        set_length(out, start + 1);
        Ok(())
    }
}

/// The text form of a value, as a client would get it; none for NULL.
///
/// # Errors
/// XX000 where the array is not of the type.
pub fn text_value(values: &ArrayRef, row: usize, ty: RedshiftType, style: TextStyle) -> Result<Option<String>> {
    let column = ColumnEncoder { values: as_announced(values, ty)?, ty, format: Format::Text };
    if column.values.is_null(row) {
        return Ok(None);
    }
    let mut text = String::new();
    column.write_text(row, &style, &mut text).map_err(unwritable)?;
    Ok(Some(text))
}

/// The values in the Arrow form of their type. The engine gives them so; a cast is for what slipped through.
fn as_announced(values: &ArrayRef, ty: RedshiftType) -> Result<ArrayRef> {
    let wanted = arrow_type(ty);
    if *values.data_type() == wanted {
        return Ok(values.clone());
    }
    cast(values, &wanted).map_err(|error| Error::internal(format!("a result is not of its type: {error}")))
}

/// Sets the length of a value or a message whose length field is here: of a message it counts itself.
fn set_length(out: &mut BytesMut, at: usize) {
    let length = (out.len() - at) as u32;
    out[at..at + 4].copy_from_slice(&length.to_be_bytes());
}

fn unwritable(_: fmt::Error) -> Error {
    Error::internal("a value cannot be written")
}

impl ColumnEncoder {
    /// A value with its length before it.
    fn write(&self, row: usize, encoding: &Encoding, out: &mut BytesMut) -> Result<()> {
        if self.values.is_null(row) {
            out.put_i32(-1);
            return Ok(());
        }
        let start = out.len();
        out.put_u32(0);
        match self.format {
            Format::Text => self.write_text(row, &encoding.style, out).map_err(unwritable)?,
            Format::Binary => self.write_binary(row, encoding, out)?,
        }
        let length = (out.len() - start - 4) as u32;
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }

    fn write_text(&self, row: usize, style: &TextStyle, out: &mut impl Write) -> fmt::Result {
        match self.ty {
            RedshiftType::Char(length) => {
                let value = self.values.as_string_view().value(row);
                write!(out, "{value}{:pad$}", "", pad = (length as usize).saturating_sub(value.len()))
            }
            ty => text_output::write_value(out, &self.values, row, ty, style),
        }
    }

    fn write_binary(&self, row: usize, encoding: &Encoding, out: &mut BytesMut) -> Result<()> {
        use RedshiftType::*;
        let values = &self.values;
        match self.ty {
            Bool => out.put_u8(values.as_boolean().value(row).into()),
            Int2 => out.put_i16(values.as_primitive::<Int16Type>().value(row)),
            Int4 => out.put_i32(values.as_primitive::<Int32Type>().value(row)),
            Int8 => out.put_i64(values.as_primitive::<Int64Type>().value(row)),
            // An OID fills 32 bits; an abstime's sign is its own.
            Oid | AbsTime => out.put_u32(values.as_primitive::<Int64Type>().value(row) as u32),
            Numeric { precision, scale } => {
                let value = values.as_primitive::<Decimal128Type>().value(row);
                match encoding.numeric {
                    NumericFormat::Postgres => put_postgres_numeric(out, value, scale),
                    NumericFormat::Redshift => put_redshift_numeric(out, value, precision),
                }
            }
            Float4 => out.put_f32(values.as_primitive::<Float32Type>().value(row)),
            Float8 => out.put_f64(values.as_primitive::<Float64Type>().value(row)),
            Char(_) => self.write_text(row, &TextStyle::default(), out).map_err(unwritable)?,
            Varchar(_) | Text | Name | InternalChar | CString | Super | Unknown => {
                out.put_slice(values.as_string_view().value(row).as_bytes());
            }
            RegProc | RegProcedure | RegClass | RegType => out.put_u32(self.object_number(row)?),
            AclItem => return Err(self.no_binary_form()),
            Date => {
                let days = values.as_primitive::<Date32Type>().value(row);
                out.put_i32(days.checked_sub(EPOCH_DAYS).ok_or_else(|| self.out_of_range())?);
            }
            Time => out.put_i64(values.as_primitive::<Time64MicrosecondType>().value(row)),
            TimeTz => {
                out.put_i64(values.as_primitive::<Time64MicrosecondType>().value(row));
                out.put_i32(0);
            }
            Timestamp | TimestampTz => {
                let micros = values.as_primitive::<TimestampMicrosecondType>().value(row);
                out.put_i64(micros.checked_sub(EPOCH_MICROS).ok_or_else(|| self.out_of_range())?);
            }
            IntervalYearToMonth(_) => out.put_i32(values.as_primitive::<IntervalYearMonthType>().value(row)),
            IntervalDayToSecond(_) => out.put_i64(values.as_primitive::<DurationMicrosecondType>().value(row)),
            Interval => {
                let value = values.as_primitive::<IntervalMonthDayNanoType>().value(row);
                let micros = value.nanoseconds / 1_000;
                match encoding.interval {
                    IntervalFormat::Postgres => {
                        out.put_i64(micros);
                        out.put_i32(value.days);
                    }
                    IntervalFormat::Redshift => {
                        let days = i64::from(value.days).checked_mul(DAY_MICROS);
                        let total = days.and_then(|days| days.checked_add(micros));
                        out.put_i64(total.ok_or_else(|| self.out_of_range())?);
                    }
                }
                out.put_i32(value.months);
            }
            Varbyte(_) | HllSketch => out.put_slice(values.as_binary::<i32>().value(row)),
            Geometry | Geography => out.put_slice(&ewkb_of_kept(values.as_binary::<i32>().value(row))),
            Int2Vector | OidVector => put_items(out, &values.as_list::<i32>().value(row), self.item_oid(), 0),
            Int2Array | Int4Array | OidArray | TextArray | InternalCharArray | AclItemArray => {
                put_items(out, &values.as_list::<i32>().value(row), self.item_oid(), 1);
            }
        }
        Ok(())
    }

    /// The OID behind an object that is shown by name: known where its name is one, where it is no object, and of the system's
    /// functions; of such as have no row in pg_proc it is 0.
    fn object_number(&self, row: usize) -> Result<u32> {
        match self.values.as_string_view().value(row) {
            "-" => Ok(0),
            name if self.ty == RedshiftType::RegProc => {
                Ok(name.parse().unwrap_or_else(|_| function_oid(name.trim_start_matches("pg_catalog.")).unwrap_or(0)))
            }
            name => name.parse().map_err(|_| self.no_binary_form()),
        }
    }

    fn no_binary_form(&self) -> Error {
        let message = format!("no binary output function available for type {}", self.ty.base_name());
        Error::new(SqlState::UNDEFINED_FUNCTION, message)
    }

    fn out_of_range(&self) -> Error {
        let state = SqlState::DATETIME_FIELD_OVERFLOW;
        Error::new(state, format!("{} out of range for the binary format", self.ty.base_name()))
    }

    /// The type of a list's items.
    fn item_oid(&self) -> u32 {
        use RedshiftType::*;
        match self.ty {
            Int2Vector | Int2Array => Int2.oid(),
            Int4Array => Int4.oid(),
            OidVector | OidArray => Oid.oid(),
            AclItemArray => AclItem.oid(),
            InternalCharArray => InternalChar.oid(),
            _ => Text.oid(),
        }
    }
}

/// A list of one dimension in binary.
fn put_items(out: &mut BytesMut, items: &ArrayRef, item_oid: u32, lower_bound: i32) {
    out.put_i32(if items.is_empty() { 0 } else { 1 });
    out.put_i32(i32::from(items.null_count() > 0));
    out.put_u32(item_oid);
    if items.is_empty() {
        return;
    }
    out.put_i32(items.len() as i32);
    out.put_i32(lower_bound);
    for index in 0..items.len() {
        if items.is_null(index) {
            out.put_i32(-1);
        } else if let Some(items) = items.as_primitive_opt::<Int16Type>() {
            out.put_i32(2);
            out.put_i16(items.value(index));
        } else if let Some(items) = items.as_primitive_opt::<Int32Type>() {
            out.put_i32(4);
            out.put_i32(items.value(index));
        } else if let Some(items) = items.as_primitive_opt::<Int64Type>() {
            out.put_i32(4);
            out.put_u32(items.value(index) as u32);
        } else {
            let item = items.as_string_view().value(index);
            out.put_i32(item.len() as i32);
            out.put_slice(item.as_bytes());
        }
    }
}

/// PostgreSQL's NUMERIC: groups of four digits, aligned at the point, without groups of zeros at either end.
fn put_postgres_numeric(out: &mut BytesMut, value: i128, scale: u8) {
    let scale = usize::from(scale);
    let digits = value.unsigned_abs().to_string();
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let whole = format!("{whole:0>width$}", width = whole.len().next_multiple_of(4));
    let fraction = format!("{fraction:0<width$}", width = fraction.len().next_multiple_of(4));
    let all = [whole.as_bytes(), fraction.as_bytes()].concat();
    let groups: Vec<u16> = all
        .chunks(4)
        .map(|group| group.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0')))
        .collect();
    let leading = groups.iter().take_while(|group| **group == 0).count();
    let trailing = groups.iter().rev().take_while(|group| **group == 0).count();
    let kept = groups.get(leading..groups.len().saturating_sub(trailing)).unwrap_or_default();
    let weight = if kept.is_empty() { 0 } else { (whole.len() / 4) as i16 - 1 - leading as i16 };
    out.put_u16(kept.len() as u16);
    out.put_i16(weight);
    out.put_u16(if value < 0 { 0x4000 } else { 0 });
    out.put_u16(scale as u16);
    kept.iter().for_each(|group| out.put_u16(*group));
}

/// Redshift's NUMERIC: 8 bytes where 18 digits are enough, otherwise 16.
fn put_redshift_numeric(out: &mut BytesMut, value: i128, precision: u8) {
    match i64::try_from(value) {
        Ok(value) if precision <= 18 => out.put_i64(value),
        _ => out.put_i128(value),
    }
}

#[cfg(test)]
#[path = "encode_tests.rs"]
mod tests;
