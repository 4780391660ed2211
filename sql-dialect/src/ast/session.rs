//! Transactions, settings, prepared statements, cursors, SHOW and EXPLAIN.

use super::{DataType, Expr, IntervalQualifier, Query, Statement};
use crate::names::Ident;

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
    /// `SET [LOCAL] TIME ZONE`; none is LOCAL or DEFAULT.
    TimeZone {
        /// LOCAL: until the end of the transaction.
        local: bool,
        /// The zone.
        zone: Option<SetValue>,
    },
    /// `SET [LOCAL] SESSION AUTHORIZATION user | DEFAULT`
    SessionAuthorization {
        /// LOCAL: until the end of the transaction.
        local: bool,
        /// The user; none is DEFAULT.
        user: Option<String>,
    },
    /// `SET TRANSACTION modes`: of the open block.
    Transaction(TransactionModes),
    /// `SET SESSION CHARACTERISTICS AS TRANSACTION modes`: of the transactions to come.
    SessionCharacteristics(TransactionModes),
}

impl Set {
    /// Does it hold until the end of the transaction alone?
    pub fn is_local(&self) -> bool {
        match self {
            Set::Parameter { local, .. } | Set::TimeZone { local, .. } | Set::SessionAuthorization { local, .. } => {
                *local
            }
            Set::Transaction(_) | Set::SessionCharacteristics(_) => false,
        }
    }
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
    /// `INTERVAL 'text' [qualifier]`: of a time zone.
    Interval {
        /// What is between the quotes.
        value: String,
        /// The qualifier.
        qualifier: Option<IntervalQualifier>,
    },
}

impl SetValue {
    /// The value as text.
    pub fn text(&self) -> &str {
        match self {
            SetValue::Word(word) => &word.value,
            SetValue::String(text) | SetValue::Number(text) | SetValue::Interval { value: text, .. } => text,
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

/// `USE database`
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// Which database; `name@catalog` for one of a data catalog.
    pub database: Ident,
}

/// `CANCEL pid ['message']`
#[derive(Debug, Clone, PartialEq)]
pub struct Cancel {
    /// The process whose query is canceled.
    pub pid: i32,
    /// What its client is told.
    pub message: Option<String>,
}

/// `ALTER SYSTEM SET parameter = value`
#[derive(Debug, Clone, PartialEq)]
pub struct AlterSystem {
    /// The parameter in lower case.
    pub name: String,
    /// Its value.
    pub value: SetValue,
}
