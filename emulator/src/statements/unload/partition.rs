//! PARTITION BY: `column=value/` folders, as Hive names them.

use std::fmt::Write;

use arrow::{
    array::{Array, ArrayRef, UInt32Array},
    compute::take_record_batch,
    record_batch::RecordBatch,
};
use redshift_sql_dialect::{Error, RedshiftType, Result};

use super::plan::{FileColumn, UnloadPlan};
use crate::text_output::{TextStyle, write_value};

/// The value of a NULL.
const NULL_FOLDER: &str = "__HIVE_DEFAULT_PARTITION__";

/// The rows of each partition, with its folder, in the order in which the partitions begin.
pub(super) fn split(batch: &RecordBatch, plan: &UnloadPlan) -> Result<Vec<(String, RecordBatch)>> {
    if plan.partition.is_empty() {
        return Ok(vec![(String::new(), batch.clone())]);
    }
    let mut folders: Vec<(String, Vec<u32>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for row in 0..batch.num_rows() {
        let folder = folder(batch, row, plan)?;
        let place = *places.entry(folder.clone()).or_insert_with(|| {
            folders.push((folder, Vec::new()));
            folders.len() - 1
        });
        folders[place].1.push(row as u32);
    }
    let rows = folders.into_iter().map(|(folder, rows)| {
        let rows = take_record_batch(batch, &UInt32Array::from(rows));
        Ok((folder, rows.map_err(|error| Error::internal(error.to_string()))?))
    });
    rows.collect()
}

fn folder(batch: &RecordBatch, row: usize, plan: &UnloadPlan) -> Result<String> {
    let mut folder = String::new();
    for column in &plan.partition {
        push_escaped(&mut folder, &column.name);
        folder.push('=');
        let value = value(batch.column(column.place), row, column, &plan.style)?;
        match value {
            None => folder.push_str(NULL_FOLDER),
            Some(value) if value.is_empty() => folder.push_str(NULL_FOLDER),
            Some(value) => push_escaped(&mut folder, &value),
        }
        folder.push('/');
    }
    Ok(folder)
}

fn value(array: &ArrayRef, row: usize, column: &FileColumn, style: &TextStyle) -> Result<Option<String>> {
    if array.is_null(row) {
        return Ok(None);
    }
    let mut text = String::new();
    let written = match column.ty {
        // Hive writes booleans in full.
        RedshiftType::Bool => {
            let value = arrow::array::AsArray::as_boolean(array).value(row);
            text.write_str(if value { "true" } else { "false" })
        }
        ty => write_value(&mut text, array, row, ty, style),
    };
    written.map_err(|_| Error::internal("a value cannot be written"))?;
    Ok(Some(text))
}

/// What Hive's paths cannot hold is written as `%` and two hexadecimal digits.
fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        let special = c.is_ascii_control()
            || matches!(c, '"' | '#' | '%' | '\'' | '*' | '/' | ':' | '=' | '?' | '\\' | '{' | '[' | ']' | '^');
        if special {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{:02X}", c as u32);
        } else {
            out.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_names_of_folders() {
        let mut out = String::new();
        push_escaped(&mut out, "a/b=ü 2024-01-01 10:00");
        assert_eq!(out, "a%2Fb%3Dü 2024-01-01 10%3A00");
    }
}
