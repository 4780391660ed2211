//! Masking and row-level security.

use super::{DataType, Expr};
use crate::names::{Ident, ObjectName};

/// The two kinds of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum PolicyKind {
    Masking,
    /// Row-level security.
    Rls,
}

/// Whom a policy is for, and whose grants are shown.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Principal {
    User(Ident),
    Role(Ident),
    Public,
}

/// `CREATE MASKING POLICY [IF NOT EXISTS] name WITH (columns) USING (expressions)`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateMaskingPolicy {
    /// IF NOT EXISTS?
    pub if_not_exists: bool,
    /// Its name.
    pub name: ObjectName,
    /// What it takes.
    pub columns: Vec<(Ident, DataType)>,
    /// What is shown instead, one for each column.
    pub using: Vec<Expr>,
}

/// `ALTER MASKING POLICY name USING (expressions)`, `ALTER RLS POLICY name USING (condition)`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterPolicy {
    /// Which kind.
    pub kind: PolicyKind,
    /// Which one.
    pub name: ObjectName,
    /// Its new expressions; one of row-level security has one.
    pub using: Vec<Expr>,
}

/// `CREATE RLS POLICY name [WITH (columns) [[AS] alias]] USING (condition)`
#[derive(Debug, Clone, PartialEq)]
pub struct CreateRlsPolicy {
    /// Its name.
    pub name: ObjectName,
    /// The columns that it reads.
    pub columns: Vec<(Ident, DataType)>,
    /// How it calls the table.
    pub alias: Option<Ident>,
    /// Which rows are seen.
    pub using: Expr,
}

/// `DROP MASKING | RLS POLICY [IF EXISTS] name [CASCADE | RESTRICT]`
#[derive(Debug, Clone, PartialEq)]
pub struct DropPolicy {
    /// Which kind.
    pub kind: PolicyKind,
    /// IF EXISTS?
    pub if_exists: bool,
    /// Which one.
    pub name: ObjectName,
    /// CASCADE?
    pub cascade: bool,
}

/// `ATTACH MASKING POLICY name ON table (columns) [USING (columns)] TO principal [PRIORITY n]` and its DETACH.
#[derive(Debug, Clone, PartialEq)]
pub struct AttachMaskingPolicy {
    /// DETACH?
    pub detach: bool,
    /// Which policy.
    pub name: ObjectName,
    /// Which table.
    pub table: ObjectName,
    /// The columns, or paths into SUPER columns, that are masked.
    pub output: Vec<Expr>,
    /// What the policy takes; the same where it is left out.
    pub input: Vec<Expr>,
    /// For whom.
    pub principal: Principal,
    /// PRIORITY
    pub priority: Option<u32>,
}

/// `ATTACH RLS POLICY name ON [TABLE] tables TO principals` and its DETACH.
#[derive(Debug, Clone, PartialEq)]
pub struct AttachRlsPolicy {
    /// DETACH?
    pub detach: bool,
    /// Which policy.
    pub name: ObjectName,
    /// Which tables.
    pub tables: Vec<ObjectName>,
    /// For whom.
    pub principals: Vec<Principal>,
}

/// `ALTER TABLE name ROW LEVEL SECURITY ON | OFF ...`, `ALTER TABLE name MASKING ON | OFF FOR DATASHARES`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterTableSecurity {
    /// Which table or view.
    pub name: ObjectName,
    /// What is turned on or off.
    pub security: TableSecurity,
}

/// What protects the rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum TableSecurity {
    /// `ROW LEVEL SECURITY ON | OFF [CONJUNCTION TYPE AND | OR] [FOR DATASHARES]`
    RowLevel {
        /// ON?
        on: bool,
        /// How several policies go together.
        conjunction: Option<Conjunction>,
        /// FOR DATASHARES?
        for_datashares: bool,
    },
    /// `MASKING ON | OFF FOR DATASHARES`
    MaskingForDatashares {
        /// ON?
        on: bool,
    },
}

/// AND or OR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Conjunction {
    And,
    Or,
}
