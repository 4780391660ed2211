//! Rows as lines of text files.

use std::fmt::Write;

use arrow::{
    array::{Array, ArrayRef, AsArray},
    record_batch::RecordBatch,
};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use super::plan::{FileColumn, Format, UnloadPlan};
use crate::text_output::{TextStyle, write_value};

/// Appends the line of column names of HEADER.
pub(super) fn header(out: &mut String, plan: &UnloadPlan) {
    for (index, column) in plan.columns.iter().enumerate() {
        let separator = |out: &mut String, delimiter: u8| {
            if index > 0 {
                out.push(char::from(delimiter));
            }
        };
        match &plan.format {
            Format::Delimited(format) => {
                separator(out, format.delimiter);
                if format.add_quotes {
                    let _ = write!(out, "\"{}\"", column.name);
                } else {
                    push_escaped(out, &column.name, format.escape.then_some(format.delimiter), None);
                }
            }
            Format::Csv { delimiter, .. } => {
                separator(out, *delimiter);
                push_csv(out, &column.name, *delimiter);
            }
            Format::FixedWidth { .. } | Format::Json | Format::Parquet => {}
        }
    }
    out.push('\n');
}

/// Appends a row as a line.
///
/// # Errors
/// 22001 where a value is wider than its column of FIXEDWIDTH.
pub(super) fn line(out: &mut String, batch: &RecordBatch, row: usize, plan: &UnloadPlan) -> Result<()> {
    let mut field = String::new();
    if matches!(plan.format, Format::Json) {
        out.push('{');
    }
    for (index, column) in plan.columns.iter().enumerate() {
        let values = batch.column(column.place);
        field.clear();
        let value = if values.is_null(row) {
            None
        } else {
            write_value(&mut field, values, row, column.ty, &plan.style)
                .map_err(|_| Error::internal("a value cannot be written"))?;
            Some(field.as_str())
        };
        // "SUPER data columns ignore the NULL [AS] option": "Unloading semi-structured data".
        let value = if column.ty == RedshiftType::Super { value.or(Some("null")) } else { value };
        match &plan.format {
            Format::Delimited(format) => {
                if index > 0 {
                    out.push(char::from(format.delimiter));
                }
                let Some(value) = value else {
                    out.push_str(&format.null_as);
                    continue;
                };
                let is_text = is_text(column.ty);
                let quote = (format.add_quotes && is_text).then_some('"');
                out.extend(quote);
                push_escaped(out, value, (format.escape && is_text).then_some(format.delimiter), quote);
                out.extend(quote);
            }
            Format::Csv { delimiter, null_as } => {
                if index > 0 {
                    out.push(char::from(*delimiter));
                }
                match value {
                    None => out.push_str(null_as),
                    // NULL is nothing between the delimiters, so that an empty string is in quotes.
                    Some("") => out.push_str("\"\""),
                    Some(value) => push_csv(out, value, *delimiter),
                }
            }
            Format::FixedWidth { widths, null_as } => push_padded(out, value, column, (widths[index], null_as))?,
            Format::Json => {
                if index > 0 {
                    out.push(',');
                }
                push_json_string(out, &column.name);
                out.push(':');
                push_json(out, value, values, row, column.ty);
            }
            Format::Parquet => {}
        }
    }
    if matches!(plan.format, Format::Json) {
        out.push('}');
    }
    out.push('\n');
    Ok(())
}

fn is_text(ty: RedshiftType) -> bool {
    use RedshiftType::*;
    matches!(ty, Char(_) | Varchar(_) | Text | Name | Super | Unknown)
}

/// ESCAPE: a backslash before line feeds, carriage returns, backslashes, delimiters, and quotes where they are added.
fn push_escaped(out: &mut String, value: &str, delimiter: Option<u8>, quote: Option<char>) {
    let Some(delimiter) = delimiter else { return out.push_str(value) };
    for c in value.chars() {
        let special = matches!(c, '\n' | '\r' | '\\')
            || c == char::from(delimiter)
            || (quote.is_some() && matches!(c, '"' | '\''));
        if special {
            out.push('\\');
        }
        out.push(c);
    }
}

fn push_csv(out: &mut String, value: &str, delimiter: u8) {
    let special = |c: char| matches!(c, '"' | '\n' | '\r') || c == char::from(delimiter);
    if !value.contains(special) {
        return out.push_str(value);
    }
    out.push('"');
    for c in value.chars() {
        if c == '"' {
            out.push('"');
        }
        out.push(c);
    }
    out.push('"');
}

/// FIXEDWIDTH does not cut: a value must fit. A NULL text that does not fit leaves the field empty, or is an error in a
/// column of characters ("UNLOAD", NULL AS).
fn push_padded(
    out: &mut String,
    value: Option<&str>,
    column: &FileColumn,
    (width, null_as): (usize, &str),
) -> Result<()> {
    let value = match value {
        Some(value) => value,
        None if null_as.chars().count() <= width => null_as,
        None if !is_text(column.ty) => "",
        None => return Err(too_wide(column, width)),
    };
    let used = value.chars().count();
    if used > width {
        return Err(too_wide(column, width));
    }
    out.push_str(value);
    out.extend(std::iter::repeat_n(' ', width - used));
    Ok(())
}

fn too_wide(column: &FileColumn, width: usize) -> Error {
    let message = format!("value too long for column \"{}\" of width {width} in FIXEDWIDTH", column.name);
    Error::new(SqlState::STRING_DATA_RIGHT_TRUNCATION, message)
}

/// Booleans are `t` and `f`, NULL is `null`, SUPER is nested (developer guide, "UNLOAD", JSON).
fn push_json(out: &mut String, value: Option<&str>, values: &ArrayRef, row: usize, ty: RedshiftType) {
    use RedshiftType::*;
    let Some(value) = value else { return out.push_str("null") };
    match ty {
        Int2 | Int4 | Int8 | Numeric { .. } | Super => out.push_str(value),
        Float4 | Float8 if is_finite(values, row, ty) => out.push_str(value),
        _ => push_json_string(out, value),
    }
}

/// JSON has no numbers for infinities.
fn is_finite(values: &ArrayRef, row: usize, ty: RedshiftType) -> bool {
    match ty {
        RedshiftType::Float4 => values.as_primitive::<arrow::datatypes::Float32Type>().value(row).is_finite(),
        _ => values.as_primitive::<arrow::datatypes::Float64Type>().value(row).is_finite(),
    }
}

fn push_json_string(out: &mut String, value: &str) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The style of dates in files: ISO, whatever the session shows; floats and zones are the session's.
pub(super) fn file_style(session: TextStyle) -> TextStyle {
    let plain = TextStyle::default();
    TextStyle { dates: plain.dates, day_order: plain.day_order, intervals: plain.intervals, ..session }
}
