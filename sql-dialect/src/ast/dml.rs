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
