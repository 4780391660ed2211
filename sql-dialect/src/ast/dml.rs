//! INSERT, UPDATE, DELETE, TRUNCATE, LOCK, and maintenance commands.

use super::{Expr, FromItem, Query, With};
use crate::names::{Ident, ObjectName};

/// `INSERT INTO table [(columns)] DEFAULT VALUES | VALUES ... | query`
#[derive(Debug, Clone, PartialEq)]
pub struct Insert {
    /// Into what.
    pub table: ObjectName,
    /// Which columns.
    pub columns: Vec<Ident>,
    /// What.
    pub source: InsertSource,
}

/// What INSERT adds.
#[derive(Debug, Clone, PartialEq)]
pub enum InsertSource {
    /// DEFAULT VALUES
    DefaultValues,
    /// VALUES or a query; the body of VALUES is [`super::QueryBody::Values`].
    Query(Box<Query>),
}

/// `[WITH ...] UPDATE table [[AS] alias] SET assignments [FROM items] [WHERE cond]`
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// `WITH`
    pub with: Option<With>,
    /// Which table.
    pub table: ObjectName,
    /// Its alias.
    pub alias: Option<Ident>,
    /// `column = expr`
    pub assignments: Vec<(Ident, Expr)>,
    /// `FROM`
    pub from: Vec<FromItem>,
    /// `WHERE`
    pub selection: Option<Expr>,
}

/// `[WITH ...] DELETE [FROM] table [[AS] alias] [USING items] [WHERE cond]`
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// `WITH`
    pub with: Option<With>,
    /// Which table.
    pub table: ObjectName,
    /// Its alias.
    pub alias: Option<Ident>,
    /// `USING`
    pub using: Vec<FromItem>,
    /// `WHERE`
    pub selection: Option<Expr>,
}

/// `TRUNCATE [TABLE] name`: it commits the transaction it runs in.
#[derive(Debug, Clone, PartialEq)]
pub struct Truncate {
    /// Which table.
    pub table: ObjectName,
}

/// `LOCK [TABLE] names`
#[derive(Debug, Clone, PartialEq)]
pub struct Lock {
    /// Which tables.
    pub tables: Vec<ObjectName>,
}

/// `ANALYZE [VERBOSE] [table [(columns)]] [PREDICATE COLUMNS | ALL COLUMNS]`
#[derive(Debug, Clone, PartialEq)]
pub struct Analyze {
    /// Which table; all where it is left out.
    pub table: Option<ObjectName>,
    /// Which columns.
    pub columns: Vec<Ident>,
    /// VERBOSE?
    pub verbose: bool,
    /// `PREDICATE COLUMNS | ALL COLUMNS`
    pub scope: Option<AnalyzeScope>,
}

/// Which columns ANALYZE looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum AnalyzeScope {
    PredicateColumns,
    AllColumns,
}

/// `ANALYZE COMPRESSION [table [(columns)]] [COMPROWS n]`
#[derive(Debug, Clone, PartialEq)]
pub struct AnalyzeCompression {
    /// Which table; all where it is left out.
    pub table: Option<ObjectName>,
    /// Which columns.
    pub columns: Vec<Ident>,
    /// How many rows are looked at.
    pub comp_rows: Option<u64>,
}

/// `MERGE INTO target USING source [alias] ON condition action`
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    /// The table that is changed.
    pub target: ObjectName,
    /// The table, view or sub-query whose rows are merged into it.
    pub source: FromItem,
    /// Which rows match.
    pub on: Expr,
    /// What is done.
    pub action: MergeAction,
}

/// What MERGE does.
#[derive(Debug, Clone, PartialEq)]
pub enum MergeAction {
    /// `WHEN MATCHED THEN ... WHEN NOT MATCHED THEN INSERT [(columns)] VALUES (values)`
    When {
        /// What is done with rows that match.
        matched: MatchedAction,
        /// The columns of new rows; all where it is empty.
        columns: Vec<Ident>,
        /// Their values.
        values: Vec<Expr>,
    },
    /// REMOVE DUPLICATES: matched rows are replaced by the source's, the others are added.
    RemoveDuplicates,
}

/// What MERGE does with rows that match.
#[derive(Debug, Clone, PartialEq)]
pub enum MatchedAction {
    /// `UPDATE SET column = expr, ...`
    Update(Vec<(Ident, Expr)>),
    /// DELETE
    Delete,
}

/// `VACUUM [FULL | SORT ONLY | DELETE ONLY | REINDEX | RECLUSTER] [table] [TO n PERCENT] [BOOST]`
#[derive(Debug, Clone, PartialEq)]
pub struct Vacuum {
    /// What it does.
    pub mode: VacuumMode,
    /// Which table; all where it is left out.
    pub table: Option<ObjectName>,
    /// `TO n PERCENT`
    pub threshold: Option<u8>,
    /// BOOST?
    pub boost: bool,
}

/// What VACUUM does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum VacuumMode {
    Full,
    SortOnly,
    DeleteOnly,
    Reindex,
    Recluster,
}
