//! What a statement gives back: rows with Redshift types, or a command tag.

use std::{fmt, sync::Arc};

use arrow::record_batch::RecordBatch;
use futures::stream::BoxStream;
use redshift_sql_dialect::{Error, RedshiftType, SqlState};

/// What a statement gave.
pub enum Outcome {
    /// Rows, streamed batch by batch.
    Rows(Rows),
    /// Nothing but a tag.
    Done(CommandTag),
}

/// Rows that are still being computed.
///
/// Dropping the stream stops the query. The Arrow type of each column is [`crate::types::arrow_type`] of its Redshift type.
pub struct Rows {
    /// The columns; the batches have as many, in this order. Names need not be unique.
    pub columns: Arc<[ResultColumn]>,
    /// The rows.
    pub batches: BoxStream<'static, Result<RecordBatch, Error>>,
    /// The word of the command tag: SELECT, FETCH, SHOW, EXPLAIN.
    pub tag: &'static str,
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultColumn {
    /// The name that clients see.
    pub name: String,
    /// Its type, which gives OID and type modifier.
    pub ty: RedshiftType,
    /// The table's column that it shows, where it is one.
    pub origin: Option<Arc<ColumnOrigin>>,
    /// What the query has in its place.
    pub value: ColumnValue,
}

/// What a query has in the place of a column, as far as queries around it are concerned: Redshift looks through sub-queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColumnValue {
    /// What may differ from row to row.
    #[default]
    Varying,
    /// A constant that has a type.
    Constant,
    /// A literal without a type, which no query around it can convert.
    Untyped,
}

impl ColumnValue {
    /// The same behind a cast.
    pub fn typed(self) -> Self {
        if self == ColumnValue::Untyped { ColumnValue::Constant } else { self }
    }

    /// The same where the planner does not put the query into the one around it.
    pub fn kept_apart(self) -> Self {
        if self == ColumnValue::Untyped { self } else { ColumnValue::Varying }
    }
}

impl ResultColumn {
    /// A column that no table has.
    pub fn computed(name: impl Into<String>, ty: RedshiftType) -> Self {
        ResultColumn { name: name.into(), ty, origin: None, value: ColumnValue::Varying }
    }
}

/// Where a result's column comes from, and how it is compared. One that is computed of case-insensitive strings comes from
/// nowhere: its numbers are 0 and its names empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnOrigin {
    /// pg_class.oid
    pub table_oid: u32,
    /// pg_attribute.attnum
    pub attnum: i16,
    /// Its database.
    pub database: String,
    /// Its schema.
    pub schema: String,
    /// Its table.
    pub table: String,
    /// Its own name there.
    pub column: String,
    /// NOT NULL?
    pub not_null: bool,
    /// IDENTITY?
    pub identity: bool,
    /// COLLATE CASE_INSENSITIVE?
    pub case_insensitive: bool,
}

impl ColumnOrigin {
    /// Of a column that is computed of case-insensitive strings.
    pub(crate) fn without_case() -> Self {
        ColumnOrigin { case_insensitive: true, ..ColumnOrigin::default() }
    }
}

/// A command tag such as `INSERT 0 3` or `CREATE TABLE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandTag {
    /// The words.
    pub words: &'static str,
    /// The number of rows behind them, where the command has one; INSERT's OID 0 is part of the display.
    pub rows: Option<u64>,
}

impl CommandTag {
    /// A tag without a number of rows.
    pub const fn plain(words: &'static str) -> Self {
        CommandTag { words, rows: None }
    }

    /// A tag with a number of rows.
    pub const fn rows(words: &'static str, rows: u64) -> Self {
        CommandTag { words, rows: Some(rows) }
    }
}

impl fmt::Display for CommandTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rows {
            Some(rows) if self.words == "INSERT" => write!(f, "INSERT 0 {rows}"),
            Some(rows) => write!(f, "{} {rows}", self.words),
            None => f.write_str(self.words),
        }
    }
}

/// What Describe answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// The types of `$1`, `$2`, ...: those the client gave, the others inferred.
    pub parameters: Vec<RedshiftType>,
    /// The columns of the result; none where the statement gives no rows.
    pub columns: Option<Arc<[ResultColumn]>>,
}

/// A message beside the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How grave.
    pub severity: NoticeSeverity,
    /// Its state; 00000 for INFO.
    pub sqlstate: SqlState,
    /// What it says.
    pub message: String,
}

/// How grave a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum NoticeSeverity {
    Info,
    Notice,
    Warning,
}

impl Notice {
    /// An INFO, as Redshift gives it beside a success.
    pub fn info(message: impl Into<String>) -> Notice {
        Notice { severity: NoticeSeverity::Info, sqlstate: SqlState::SUCCESS, message: message.into() }
    }

    /// A NOTICE.
    pub fn note(message: impl Into<String>) -> Notice {
        Notice { severity: NoticeSeverity::Notice, sqlstate: SqlState::SUCCESS, message: message.into() }
    }

    /// A WARNING with its state.
    pub fn warning(sqlstate: SqlState, message: impl Into<String>) -> Notice {
        Notice { severity: NoticeSeverity::Warning, sqlstate, message: message.into() }
    }
}
