//! Compression analyses of columns, in the logs. Times are microseconds since 1970-01-01 UTC.

use rusqlite::types::Value;

use super::{records::LogRecord, table::LogTable};

/// A column whose compression was analyzed (developer guide, "STL_ANALYZE_COMPRESSION").
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompressionRecord {
    /// Who ran the statement.
    pub user_id: u32,
    /// When the analysis began.
    pub start: i64,
    /// Its transaction.
    pub xid: i64,
    /// The table's OID.
    pub table: u32,
    /// The table's name.
    pub name: String,
    /// The column's place, from 0.
    pub column: i64,
    /// The encoding before.
    pub old: String,
    /// The encoding that was chosen.
    pub new: String,
    /// `PRESET`, `ON`, `ANALYZE ONLY`
    pub mode: &'static str,
    /// The encoding of the fewest bytes; empty where nothing was sampled.
    pub best: String,
    /// Bytes of the sample in the encoding that was chosen.
    pub bytes: Option<u64>,
    /// The same in the best one.
    pub best_bytes: Option<u64>,
    /// Distinct values of the sample.
    pub distinct: Option<u64>,
}

impl LogRecord for CompressionRecord {
    fn table(&self) -> LogTable {
        LogTable::Compression
    }

    fn into_values(self) -> Vec<Value> {
        let number = |number: Option<u64>| number.map(|number| i64::try_from(number).unwrap_or(i64::MAX)).into();
        vec![
            self.user_id.into(),
            self.start.into(),
            self.xid.into(),
            self.table.into(),
            self.name.into(),
            self.column.into(),
            self.old.into(),
            self.new.into(),
            self.mode.to_string().into(),
            self.best.into(),
            number(self.bytes),
            number(self.best_bytes),
            number(self.distinct),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_a_value_for_each_column() {
        let record = CompressionRecord::default();
        assert_eq!(record.table().columns().len(), record.into_values().len());
    }
}
