//! Rows made on the spot, and how they become Arrow.

use std::{borrow::Cow, sync::Arc};

use arrow::{
    array::{
        ArrayRef, BooleanBuilder, Float32Builder, Int16Builder, Int32Builder, Int64Builder, ListBuilder,
        StringViewBuilder, TimestampMicrosecondArray,
    },
    datatypes::{DataType, Schema, SchemaRef},
    record_batch::{RecordBatch, RecordBatchOptions},
};
use redshift_sql_dialect::{Error, RedshiftType, Result};

use crate::types::{arrow_field, arrow_type};

/// A base relation's column: its name and type.
pub(super) type BaseColumn = (&'static str, RedshiftType);

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    /// An integer, an OID, or microseconds since 1970.
    Int(i64),
    Real(f32),
    Text(Cow<'static, str>),
    Ints(Vec<i64>),
    Texts(Vec<String>),
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Cell::Bool(value)
    }
}

macro_rules! integer_cells {
    ($($ty:ty),*) => {$(
        impl From<$ty> for Cell {
            fn from(value: $ty) -> Self {
                Cell::Int(i64::from(value))
            }
        }
    )*};
}
integer_cells!(i64, i32, i16, u32, u16, u8);

impl From<f32> for Cell {
    fn from(value: f32) -> Self {
        Cell::Real(value)
    }
}

impl From<&'static str> for Cell {
    fn from(value: &'static str) -> Self {
        Cell::Text(Cow::Borrowed(value))
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Cell::Text(Cow::Owned(value))
    }
}

impl From<Vec<i64>> for Cell {
    fn from(value: Vec<i64>) -> Self {
        Cell::Ints(value)
    }
}

impl From<Vec<String>> for Cell {
    fn from(value: Vec<String>) -> Self {
        Cell::Texts(value)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Null, Into::into)
    }
}

/// The Arrow schema of these columns.
pub(super) fn schema_of(columns: &[BaseColumn]) -> SchemaRef {
    Arc::new(Schema::new(columns.iter().map(|(name, ty)| arrow_field(name, *ty)).collect::<Vec<_>>()))
}

/// The rows as a batch with the projected columns only.
pub(super) fn batch_of(columns: &[BaseColumn], rows: &[Vec<Cell>], projection: &[usize]) -> Result<RecordBatch> {
    let projected: Vec<BaseColumn> = projection.iter().map(|index| columns[*index]).collect();
    let arrays = projection.iter().map(|index| array_of(columns[*index], rows, *index)).collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(schema_of(&projected), arrays, &options)
        .map_err(|error| Error::internal(error.to_string()))
}

fn array_of((name, ty): BaseColumn, rows: &[Vec<Cell>], index: usize) -> Result<ArrayRef> {
    let cells = rows.iter().map(|row| row.get(index).unwrap_or(&Cell::Null));
    let mismatch = |cell: &Cell| Error::internal(format!("{cell:?} in column {name} of type {ty}"));
    macro_rules! primitive {
        ($builder:ty, $kind:ident) => {{
            let mut builder = <$builder>::with_capacity(rows.len());
            for cell in cells {
                match cell {
                    Cell::Null => builder.append_null(),
                    Cell::$kind(value) => {
                        builder.append_value(value.clone().try_into().map_err(|_| mismatch(cell))?);
                    }
                    _ => return Err(mismatch(cell)),
                }
            }
            Arc::new(builder.finish())
        }};
    }
    macro_rules! list {
        ($builder:ty, $kind:ident) => {{
            let mut builder = ListBuilder::new(<$builder>::new());
            for cell in cells {
                match cell {
                    Cell::Null => builder.append_null(),
                    Cell::$kind(values) => {
                        for value in values {
                            builder.values().append_value(value.clone().try_into().map_err(|_| mismatch(cell))?);
                        }
                        builder.append(true);
                    }
                    _ => return Err(mismatch(cell)),
                }
            }
            Arc::new(builder.finish())
        }};
    }
    Ok(match arrow_type(ty) {
        DataType::Boolean => primitive!(BooleanBuilder, Bool),
        DataType::Int16 => primitive!(Int16Builder, Int),
        DataType::Int32 => primitive!(Int32Builder, Int),
        DataType::Int64 => primitive!(Int64Builder, Int),
        DataType::Float32 => primitive!(Float32Builder, Real),
        DataType::Timestamp(_, zone) => {
            let instants = cells.map(|cell| match cell {
                Cell::Null => Ok(None),
                Cell::Int(micros) => Ok(Some(*micros)),
                _ => Err(mismatch(cell)),
            });
            let array: TimestampMicrosecondArray = instants.collect::<Result<_>>()?;
            Arc::new(array.with_timezone_opt(zone))
        }
        DataType::Utf8View => text_array(cells, mismatch)?,
        DataType::List(item) => match item.data_type() {
            DataType::Int16 => list!(Int16Builder, Ints),
            DataType::Int32 => list!(Int32Builder, Ints),
            DataType::Int64 => list!(Int64Builder, Ints),
            DataType::Utf8View => text_lists(cells, mismatch)?,
            _ => return Err(Error::internal(format!("no base column is of type {ty}"))),
        },
        _ => return Err(Error::internal(format!("no base column is of type {ty}"))),
    })
}

fn text_array<'a>(cells: impl Iterator<Item = &'a Cell>, mismatch: impl Fn(&Cell) -> Error) -> Result<ArrayRef> {
    let mut builder = StringViewBuilder::new();
    for cell in cells {
        match cell {
            Cell::Null => builder.append_null(),
            Cell::Text(value) => builder.append_value(value),
            _ => return Err(mismatch(cell)),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn text_lists<'a>(cells: impl Iterator<Item = &'a Cell>, mismatch: impl Fn(&Cell) -> Error) -> Result<ArrayRef> {
    let mut builder = ListBuilder::new(StringViewBuilder::new());
    for cell in cells {
        match cell {
            Cell::Null => builder.append_null(),
            Cell::Texts(values) => {
                values.iter().for_each(|value| builder.values().append_value(value));
                builder.append(true);
            }
            _ => return Err(mismatch(cell)),
        }
    }
    Ok(Arc::new(builder.finish()))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};

    use super::*;

    #[test]
    fn every_kind_of_cell_becomes_an_array_of_its_type() {
        let columns: &[BaseColumn] = &[
            ("flag", RedshiftType::Bool),
            ("oid", RedshiftType::Oid),
            ("num", RedshiftType::Int2),
            ("name", RedshiftType::Name),
            ("keys", RedshiftType::Int2Array),
            ("acl", RedshiftType::AclItemArray),
            ("at", RedshiftType::Timestamp),
            ("estimate", RedshiftType::Float4),
        ];
        let rows = [
            vec![
                true.into(),
                16384u32.into(),
                1i16.into(),
                "t".into(),
                vec![1i64, 2].into(),
                vec!["a=r/a".to_string()].into(),
                5i64.into(),
                0.5f32.into(),
            ],
            vec![Cell::Null; 8],
        ];
        let batch = batch_of(columns, &rows, &[0, 1, 2, 3, 4, 5, 6, 7]).unwrap();
        assert_eq!(batch.num_rows(), 2);
        for column in batch.columns() {
            assert_eq!((column.is_valid(0), column.is_valid(1)), (true, false));
        }
        assert_eq!(batch["name"].as_string_view().value(0), "t");
    }

    #[test]
    fn only_what_is_asked_for_is_made() {
        let columns: &[BaseColumn] = &[("a", RedshiftType::Int4), ("b", RedshiftType::Int4)];
        let rows = [vec![Cell::Int(1), Cell::Int(2)]];
        let batch = batch_of(columns, &rows, &[1]).unwrap();
        assert_eq!(batch.schema().field(0).name(), "b");
        assert_eq!(batch_of(columns, &rows, &[]).unwrap().num_rows(), 1);
    }

    #[test]
    fn a_value_that_does_not_fit_its_column_is_an_error() {
        let columns: &[BaseColumn] = &[("a", RedshiftType::Int2)];
        assert!(batch_of(columns, &[vec![Cell::Int(70_000)]], &[0]).is_err());
        assert!(batch_of(columns, &[vec![Cell::Bool(true)]], &[0]).is_err());
    }
}
