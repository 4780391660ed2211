//! Transactions, settings, prepared statements, cursors, SHOW and EXPLAIN.

use super::{DataType, Expr, Query, Statement};
use crate::names::{Ident, ObjectName};

/// `BEGIN [WORK | TRANSACTION] [ISOLATION LEVEL ...] [READ WRITE | READ ONLY]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TransactionModes {
    /// The isolation level; all four mean SERIALIZABLE in Redshift.
    pub isolation: Option<IsolationLevel>,
    /// READ ONLY?
    pub read_only: Option<bool>,
}

/// The isolation levels that are parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum IsolationLevel {
    ReadUncommitted,
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

/// `SET [SESSION | LOCAL] name TO | = values`
#[derive(Debug, Clone, PartialEq)]
pub enum Set {
    /// An ordinary parameter.
    Parameter {
        /// LOCAL: until the end of the transaction.
        local: bool,
        /// The parameter in lower case, dotted where it is custom.
        name: String,
        /// Its value; none is DEFAULT.
        value: Option<Vec<SetValue>>,
    },
    /// `SET TIME ZONE`; none is LOCAL or DEFAULT.
    TimeZone {
        /// The zone.
        zone: Option<SetValue>,
    },
    /// `SET SESSION AUTHORIZATION user | DEFAULT`
    SessionAuthorization(Option<String>),
    /// `SET SESSION CHARACTERISTICS AS TRANSACTION modes`, `SET TRANSACTION modes`
    Transaction(TransactionModes),
}

/// A value of SET.
#[derive(Debug, Clone, PartialEq)]
pub enum SetValue {
    /// A word or a quoted identifier.
    Word(Ident),
    /// A string.
    String(String),
    /// A number, as written.
    Number(String),
}

impl SetValue {
    /// The value as text.
    pub fn text(&self) -> &str {
        match self {
            SetValue::Word(word) => &word.value,
            SetValue::String(text) | SetValue::Number(text) => text,
        }
    }
}

/// `RESET name | ALL`
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Reset {
    All,
    Parameter(String),
    SessionAuthorization,
}

/// `SHOW name | ALL`
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Show {
    All,
    /// In lower case; `SHOW TIME ZONE` is `timezone`, `SHOW TRANSACTION ISOLATION LEVEL` is `transaction_isolation`.
    Parameter(String),
}

/// The SHOW commands that show objects.
#[derive(Debug, Clone, PartialEq)]
pub enum ShowObjects {
    /// `SHOW TABLE name`: its DDL.
    Table(ObjectName),
    /// `SHOW VIEW name`: its definition.
    View(ObjectName),
    /// `SHOW DATABASES [LIKE pattern] [LIMIT n]`
    Databases {
        /// The pattern.
        like: Option<String>,
        /// At most so many rows.
        limit: Option<u64>,
    },
    /// `SHOW SCHEMAS FROM DATABASE name [LIKE pattern] [LIMIT n]`
    Schemas {
        /// The database.
        database: Option<Ident>,
        /// The pattern.
        like: Option<String>,
        /// At most so many rows.
        limit: Option<u64>,
    },
    /// `SHOW TABLES FROM SCHEMA name [LIKE pattern] [LIMIT n]`
    Tables {
        /// The schema.
        schema: ObjectName,
        /// The pattern.
        like: Option<String>,
        /// At most so many rows.
        limit: Option<u64>,
    },
    /// `SHOW COLUMNS FROM TABLE name [LIKE pattern] [LIMIT n]`
    Columns {
        /// The table.
        table: ObjectName,
        /// The pattern.
        like: Option<String>,
        /// At most so many rows.
        limit: Option<u64>,
    },
}

/// `PREPARE name [(types)] AS statement`
#[derive(Debug, Clone, PartialEq)]
pub struct Prepare {
    /// Its name.
    pub name: Ident,
    /// Types of its parameters.
    pub types: Vec<DataType>,
    /// What it prepares.
    pub statement: Box<Statement>,
    /// How many parameters the statement has.
    pub parameters: u16,
}

/// `EXECUTE name [(arguments)]`
#[derive(Debug, Clone, PartialEq)]
pub struct Execute {
    /// Which one.
    pub name: Ident,
    /// The arguments.
    pub args: Vec<Expr>,
}

/// `DEALLOCATE [PREPARE] name | ALL`; none is ALL.
#[derive(Debug, Clone, PartialEq)]
pub struct Deallocate {
    /// Which one.
    pub name: Option<Ident>,
}

/// `DECLARE name CURSOR [WITH | WITHOUT HOLD] FOR query`
#[derive(Debug, Clone, PartialEq)]
pub struct DeclareCursor {
    /// Its name.
    pub name: Ident,
    /// WITH HOLD?
    pub hold: bool,
    /// What it reads.
    pub query: Box<Query>,
}

/// `FETCH [NEXT | ALL | FORWARD [n | ALL]] FROM | IN cursor`
#[derive(Debug, Clone, PartialEq)]
pub struct Fetch {
    /// How many rows; none is ALL.
    pub count: Option<u64>,
    /// From where.
    pub cursor: Ident,
}

/// `CLOSE name | ALL`; none is ALL.
#[derive(Debug, Clone, PartialEq)]
pub struct CloseCursor {
    /// Which one.
    pub name: Option<Ident>,
}

/// `EXPLAIN [VERBOSE] statement`
#[derive(Debug, Clone, PartialEq)]
pub struct Explain {
    /// VERBOSE?
    pub verbose: bool,
    /// Of what.
    pub statement: Box<Statement>,
}
