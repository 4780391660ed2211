//! What goes into the logs. Times are microseconds since 1970-01-01 UTC.

use rusqlite::types::Value;

use super::table::LogTable;
use crate::formats::shapefile::Fit;

/// The longest text of a statement that is kept, in bytes.
const TEXT_KEPT: usize = 16_384;

/// A row of a log table.
pub trait LogRecord {
    /// Where it goes.
    fn table(&self) -> LogTable;

    /// Its values, in the order of the table's columns.
    fn into_values(self) -> Vec<Value>;
}

/// A statement that ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryRecord {
    /// Its id, from [`super::Logs::next_query`].
    pub query: i64,
    /// Who ran it: pg_user.usesysid.
    pub user_id: u32,
    /// The same, by name.
    pub user: String,
    /// The setting `query_group`; `default` where there is none.
    pub label: String,
    /// Its transaction.
    pub xid: i64,
    /// Its session: pg_backend_pid().
    pub pid: i32,
    /// Its database.
    pub database: String,
    /// SELECT, INSERT, UPDATE, DELETE, COPY, UNLOAD, DDL, UTILITY, CTAS, COMMAND: as in `sys_query_history`.
    pub query_type: &'static str,
    /// What it said.
    pub text: String,
    /// When it began.
    pub start: i64,
    /// When it ended.
    pub end: i64,
    /// What it failed with.
    pub error: Option<String>,
    /// Rows sent to the client.
    pub returned_rows: i64,
    /// Bytes of those rows.
    pub returned_bytes: i64,
    /// Was it a transaction of its own, which ended with it?
    pub own_transaction: bool,
    /// What it did, as [`super::steps::encoded`] writes it.
    pub steps: Option<String>,
    /// The CALL that it stood in.
    pub caller: Option<i64>,
    /// The schemas that its names were looked up in, with commas between.
    pub search_path: String,
    /// Was it stopped before its end?
    pub canceled: bool,
}

/// A COPY that began to load, however it ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoadRecord {
    /// Its id.
    pub query: i64,
    /// Who ran it.
    pub user_id: u32,
    /// Its transaction.
    pub xid: i64,
    /// Its session.
    pub pid: i32,
    /// Its database.
    pub database: String,
    /// `completed`, `aborted`
    pub status: &'static str,
    /// Into which table, by name.
    pub table_name: String,
    /// The same, by OID.
    pub table: u32,
    /// When it began.
    pub start: i64,
    /// When it ended.
    pub end: i64,
    /// The text behind FROM.
    pub source: String,
    /// `delimited`, `csv`, `json`, `parquet`, ...
    pub format: &'static str,
    /// Rows that went into the table.
    pub loaded_rows: i64,
    /// Bytes that were read for them.
    pub loaded_bytes: i64,
    /// Files that the source names.
    pub source_files: i32,
    /// Their bytes.
    pub source_bytes: i64,
    /// Files that were read to their end.
    pub scanned_files: i32,
    /// Bytes that were read.
    pub scanned_bytes: i64,
    /// Rows that could not be loaded.
    pub errors: i64,
}

/// A file that a COPY read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoadFileRecord {
    /// The COPY.
    pub query: i64,
    /// Who ran it.
    pub user_id: u32,
    /// Which of the parallel readers read it.
    pub slice: i32,
    /// `s3://bucket/key`
    pub filename: String,
    /// Records read, header lines included.
    pub lines_scanned: i64,
    /// Rows that went into the table.
    pub rows_loaded: i64,
    /// Bytes read, after decompression.
    pub bytes_loaded: i64,
    /// Bytes of the object.
    pub file_bytes: i64,
    /// Rows that could not be loaded.
    pub errors: i32,
    /// When its reading began.
    pub start: i64,
    /// When it ended.
    pub end: i64,
    /// `delimited`, `csv`, `json`, `parquet`, ...
    pub format: &'static str,
}

/// A row that COPY could not load.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoadErrorRecord {
    /// The COPY.
    pub query: i64,
    /// Who ran it.
    pub user_id: u32,
    /// Which of the parallel readers met it.
    pub slice: i32,
    /// The table's OID.
    pub table: u32,
    /// When the COPY began.
    pub start: i64,
    /// Its session.
    pub pid: i32,
    /// Its transaction.
    pub xid: i64,
    /// Its database.
    pub database: String,
    /// `s3://bucket/key`
    pub filename: String,
    /// The line of the file, from 1, header lines included.
    pub line_number: i64,
    /// The column; empty where the whole line is at fault.
    pub column: String,
    /// Its type: `int4`, `varchar`.
    pub column_type: String,
    /// Its length where it has one: `20`; `10, 2` of a DECIMAL.
    pub column_length: String,
    /// Where the field begins in the line, in bytes.
    pub position: i32,
    /// The line, cut after 1,024 bytes.
    pub raw_line: String,
    /// The field, cut after 1,024 bytes.
    pub raw_field: String,
    /// Its code (developer guide, "Load error reference").
    pub code: u16,
    /// What is wrong.
    pub reason: String,
}

/// A field of a row that COPY could not load: those before the fault, and the faulty one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ErrorField {
    /// The COPY.
    pub query: i64,
    /// Who ran it.
    pub user_id: u32,
    /// Which of the parallel readers met it.
    pub slice: i32,
    /// Its session.
    pub pid: i32,
    /// `s3://bucket/key`
    pub filename: String,
    /// The line of the file, from 1.
    pub line_number: i64,
    /// The field, from 0.
    pub field: i32,
    /// Its column.
    pub column: String,
    /// The value that was read; none where it is NULL or could not be read.
    pub value: Option<String>,
    /// The column's type.
    pub column_type: String,
    /// Its length where it has one.
    pub column_length: String,
}

/// A row in which ACCEPTINVCHARS replaced something.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplacementRecord {
    /// The COPY.
    pub query: i64,
    /// Who ran it.
    pub user_id: u32,
    /// Which of the parallel readers met it.
    pub slice: i32,
    /// The table's OID.
    pub table: u32,
    /// When the COPY began.
    pub start: i64,
    /// Its session.
    pub pid: i32,
    /// `s3://bucket/key`
    pub filename: String,
    /// The line of the file, from 1.
    pub line_number: i64,
    /// The first column with a replacement.
    pub column: String,
    /// The line, cut after 1,024 bytes.
    pub raw_line: String,
}

impl LogRecord for QueryRecord {
    fn table(&self) -> LogTable {
        LogTable::Query
    }

    fn into_values(self) -> Vec<Value> {
        let aborted = i64::from(self.error.is_some());
        vec![
            self.query.into(),
            self.user_id.into(),
            self.user.into(),
            self.label.into(),
            self.xid.into(),
            self.pid.into(),
            self.database.into(),
            self.query_type.to_string().into(),
            cut(self.text, TEXT_KEPT).into(),
            self.start.into(),
            self.end.into(),
            aborted.into(),
            self.error.into(),
            self.returned_rows.into(),
            self.returned_bytes.into(),
            self.own_transaction.into(),
            self.steps.into(),
            self.caller.into(),
            self.search_path.into(),
            self.canceled.into(),
        ]
    }
}

impl LogRecord for LoadRecord {
    fn table(&self) -> LogTable {
        LogTable::Load
    }

    fn into_values(self) -> Vec<Value> {
        vec![
            self.query.into(),
            self.user_id.into(),
            self.xid.into(),
            self.pid.into(),
            self.database.into(),
            self.status.to_string().into(),
            self.table_name.into(),
            self.table.into(),
            self.start.into(),
            self.end.into(),
            self.source.into(),
            self.format.to_string().into(),
            self.loaded_rows.into(),
            self.loaded_bytes.into(),
            self.source_files.into(),
            self.source_bytes.into(),
            self.scanned_files.into(),
            self.scanned_bytes.into(),
            self.errors.into(),
        ]
    }
}

impl LogRecord for LoadFileRecord {
    fn table(&self) -> LogTable {
        LogTable::LoadFile
    }

    fn into_values(self) -> Vec<Value> {
        vec![
            self.query.into(),
            self.user_id.into(),
            self.slice.into(),
            self.filename.into(),
            // The byte offset is where reading ended.
            self.bytes_loaded.into(),
            self.lines_scanned.into(),
            self.rows_loaded.into(),
            self.bytes_loaded.into(),
            self.file_bytes.into(),
            self.errors.into(),
            1i64.into(),
            self.start.into(),
            self.end.into(),
            self.format.to_string().into(),
            // Files are read whole: no line of the log stands for a part of one.
            0i64.into(),
            0i64.into(),
        ]
    }
}

impl LogRecord for LoadErrorRecord {
    fn table(&self) -> LogTable {
        LogTable::LoadError
    }

    fn into_values(self) -> Vec<Value> {
        vec![
            self.query.into(),
            self.user_id.into(),
            self.slice.into(),
            self.table.into(),
            self.start.into(),
            self.pid.into(),
            self.xid.into(),
            self.database.into(),
            self.filename.into(),
            self.line_number.into(),
            self.column.into(),
            self.column_type.into(),
            self.column_length.into(),
            self.position.into(),
            self.raw_line.into(),
            self.raw_field.into(),
            i64::from(self.code).into(),
            self.reason.into(),
            0i64.into(),
            0i64.into(),
        ]
    }
}

impl LogRecord for ErrorField {
    fn table(&self) -> LogTable {
        LogTable::LoadErrorField
    }

    fn into_values(self) -> Vec<Value> {
        let is_null = i64::from(self.value.is_none());
        vec![
            self.query.into(),
            self.user_id.into(),
            self.slice.into(),
            self.pid.into(),
            self.filename.into(),
            self.line_number.into(),
            self.field.into(),
            self.column.into(),
            self.value.into(),
            is_null.into(),
            self.column_type.into(),
            self.column_length.into(),
        ]
    }
}

impl LogRecord for ReplacementRecord {
    fn table(&self) -> LogTable {
        LogTable::Replacement
    }

    fn into_values(self) -> Vec<Value> {
        vec![
            self.query.into(),
            self.user_id.into(),
            self.slice.into(),
            self.table.into(),
            self.start.into(),
            self.pid.into(),
            self.filename.into(),
            self.line_number.into(),
            self.column.into(),
            self.raw_line.into(),
        ]
    }
}

/// What SIMPLIFY of a COPY did with its shapes, or with one of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SimplificationRecord {
    /// The COPY.
    pub query: i64,
    /// Who ran it.
    pub user_id: u32,
    /// The shape's number in its file, from 1; none where the record is of all.
    pub line: Option<i64>,
    /// The tolerance that was given: of all shapes, or the greatest.
    pub tolerance: f64,
    /// What became of the shape.
    pub fit: Option<Fit>,
}

impl LogRecord for SimplificationRecord {
    fn table(&self) -> LogTable {
        LogTable::Simplification
    }

    fn into_values(self) -> Vec<Value> {
        let tolerance = self.fit.and_then(|fit| fit.tolerance);
        vec![
            self.query.into(),
            self.user_id.into(),
            self.line.into(),
            self.tolerance.to_string().into(),
            self.fit.map(|fit| fit.initial as i64).into(),
            self.fit.map(|fit| fit.tolerance.is_some()).into(),
            self.fit.map(|fit| fit.size as i64).into(),
            tolerance.map(|tolerance| tolerance.to_string()).into(),
        ]
    }
}

/// A session that another one stopped, or its statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TerminationRecord {
    /// The session.
    pub pid: i32,
    /// When.
    pub time: i64,
    /// By whom.
    pub user_id: u32,
    /// `CANCEL` or `TERMINATE`
    pub kind: &'static str,
}

impl LogRecord for TerminationRecord {
    fn table(&self) -> LogTable {
        LogTable::Termination
    }

    fn into_values(self) -> Vec<Value> {
        vec![self.pid.into(), self.time.into(), self.user_id.into(), self.kind.to_string().into()]
    }
}

/// The text, at most this many bytes of it.
pub(super) fn cut(mut text: String, bytes: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_have_a_value_for_each_column() {
        fn check(record: impl LogRecord) {
            let table = record.table();
            assert_eq!(record.into_values().len(), table.columns().len(), "{table:?}");
        }
        check(QueryRecord::default());
        check(LoadRecord::default());
        check(LoadFileRecord::default());
        check(LoadErrorRecord::default());
        check(ErrorField::default());
        check(ReplacementRecord::default());
        check(TerminationRecord::default());
        check(SimplificationRecord::default());
        check(super::super::RefreshRecord::default());
        check(super::super::UnloadRecord::default());
        check(super::super::UnloadFileRecord::default());
        let policy = crate::binder::AppliedPolicy {
            database: String::new(),
            schema: String::new(),
            relation: String::new(),
            policy: None,
            default: Some(true),
        };
        let (query, user_id, user, xid, pid, time, command) = (1, 100, String::new(), 1, 1, 0, 's');
        check(super::super::AppliedPolicyRecord { query, user_id, user, xid, pid, time, command, policy });
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        assert_eq!(cut("aé".into(), 2), "a");
        assert_eq!(cut("ab".into(), 2), "ab");
    }
}
