//! The blocks of tables (developer guide, "STV_BLOCKLIST").
//!
//! A table has at least one block for each column and for the three columns that Redshift adds to each table. What its
//! files weigh is spread evenly over its own columns, and its rows evenly over the blocks of a column.

use redshift_sql_dialect::{RedshiftType, Result};

use crate::{
    catalog::Relation,
    storage::TableStatistics,
    system::{
        Source,
        rows::{BaseColumn, Cell},
    },
};

/// Bytes of one of Redshift's blocks.
pub const BLOCK: u64 = 1 << 20;
/// INSERT_XID, DELETE_XID and ROW_ID.
const ADDED_COLUMNS: u64 = 3;

pub const COLUMNS: &[BaseColumn] = &[
    ("tbl", RedshiftType::Int4),
    ("col", RedshiftType::Int4),
    ("blocknum", RedshiftType::Int4),
    ("num_values", RedshiftType::Int4),
    ("temporary", RedshiftType::Bool),
];

/// How many blocks a column of its own has in a table of so many columns.
fn of_column(columns: u64, held: TableStatistics) -> u64 {
    if held.rows + held.deleted_rows == 0 { 0 } else { held.bytes.div_ceil(columns.max(1)).div_ceil(BLOCK).max(1) }
}

/// How many blocks a table of so many columns has.
pub fn of_table(columns: u64, held: TableStatistics) -> u64 {
    let each = of_column(columns, held);
    each * columns + if each > 0 { ADDED_COLUMNS } else { 0 }
}

/// The blocks of all tables, column by column.
pub fn rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let mut rows = Vec::new();
    for relation in source.directory.relations()? {
        if relation.table().is_some() {
            let held = source.directory.statistics(relation.oid)?;
            rows.extend(of_relation(&relation, held));
        }
    }
    Ok(rows)
}

fn of_relation(relation: &Relation, held: TableStatistics) -> Vec<Vec<Cell>> {
    let columns = relation.columns.len() as u64;
    let (each, values) = (of_column(columns, held), held.rows + held.deleted_rows);
    let temporary = relation.table().is_some_and(|table| table.temporary);
    let mut rows = Vec::new();
    for column in 0..columns + ADDED_COLUMNS {
        let blocks = if column < columns { each } else { each.min(1) };
        for block in 0..blocks {
            // The last ones have one less where rows do not divide.
            let held_here = values / blocks + u64::from(block < values % blocks);
            rows.push(vec![
                relation.oid.0.into(),
                (column as i64).into(),
                (block as i64).into(),
                (held_here.min(i32::MAX as u64) as i64).into(),
                temporary.into(),
            ]);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(rows: u64, bytes: u64) -> TableStatistics {
        TableStatistics { rows, bytes, files: 1, ..TableStatistics::default() }
    }

    #[test]
    fn each_column_has_a_block_as_soon_as_there_is_a_row() {
        assert_eq!(of_table(2, held(0, 0)), 0);
        assert_eq!(of_table(2, held(1, 40)), 5);
        assert_eq!(of_table(2, held(1_000_000, 3 * BLOCK)), 2 * 2 + 3);
    }
}
