//! PL/pgSQL, the language of stored procedures: the text of a body to a tree of statements.
//!
//! Expressions are kept as queries of one value, as PL/pgSQL itself defines them; SQL statements are the statements of
//! [`crate::ast`]. Which names are variables is decided when a procedure runs.
//!
//! Source: developer guide, "Structure of PL/pgSQL", "Supported PL/pgSQL statements".

mod parameters;
mod parser;

use crate::{
    ast::{DataType, Query, Statement},
    names::{Ident, ObjectName},
};

pub use {parameters::with_parameters, parser::parse_block};

/// The most variables of a procedure (developer guide, "Stored procedure limitations").
pub const MOST_VARIABLES: usize = 1024;

/// How a procedure's statements are committed (developer guide, "Managing transactions").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Together, when it ends.
    Atomic,
    /// Each by itself.
    Nonatomic,
}

impl Mode {
    /// That of a procedure which is declared NONATOMIC or not.
    pub fn of(nonatomic: bool) -> Mode {
        if nonatomic { Mode::Nonatomic } else { Mode::Atomic }
    }
}

/// `[<<label>>] [DECLARE declarations] BEGIN statements [EXCEPTION [CONTINUE_HANDLER | EXIT_HANDLER] WHEN OTHERS THEN
/// statements] END [label]`
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Its label.
    pub label: Option<String>,
    /// Its variables.
    pub declarations: Vec<Declaration>,
    /// What it does.
    pub body: Vec<PlStatement>,
    /// What it does where that fails.
    pub handler: Option<Handler>,
    /// The line of its BEGIN.
    pub line: u32,
}

/// What a block does where a statement of it fails.
#[derive(Debug, Clone, PartialEq)]
pub struct Handler {
    /// Where control goes then.
    pub resumes: Resumes,
    /// What it does.
    pub body: Vec<PlStatement>,
}

/// Where control goes behind a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resumes {
    /// EXIT_HANDLER, and what holds where nothing is said: behind the block.
    BehindBlock,
    /// CONTINUE_HANDLER: behind the statement that failed.
    BehindStatement,
}

/// A declaration.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// The name, folded.
    pub name: String,
    /// What it names.
    pub kind: DeclarationKind,
}

/// What a declaration names.
#[derive(Debug, Clone, PartialEq)]
pub enum DeclarationKind {
    /// `[CONSTANT] type [NOT NULL] [DEFAULT | := expression]`
    Variable {
        /// Its type.
        ty: VariableType,
        /// CONSTANT?
        constant: bool,
        /// NOT NULL?
        not_null: bool,
        /// Its value when the block begins.
        default: Option<Box<Query>>,
    },
    /// `ALIAS FOR $n`
    Argument(u16),
    /// `ALIAS FOR name`
    Alias(String),
    /// `CURSOR [(arguments)] FOR query`
    Cursor {
        /// Names and types of its arguments.
        args: Vec<(String, DataType)>,
        /// Its query.
        query: Box<Query>,
    },
}

/// The type of a variable.
#[derive(Debug, Clone, PartialEq)]
pub enum VariableType {
    /// One of Redshift's.
    Scalar(DataType),
    /// RECORD: the fields are those of what is assigned.
    Record,
    /// `table%ROWTYPE`
    Row(ObjectName),
    /// refcursor
    RefCursor,
    /// `name%TYPE`: that of a variable or column.
    Of(Vec<Ident>),
}

/// A statement and its line in the body, from 1.
#[derive(Debug, Clone, PartialEq)]
pub struct PlStatement {
    /// What it does.
    pub kind: PlStatementKind,
    /// Its line.
    pub line: u32,
}

/// What is assigned to: a variable, or a field of a record.
pub type Target = Vec<String>;

/// What a statement does.
#[derive(Debug, Clone, PartialEq)]
pub enum PlStatementKind {
    /// A block in a block.
    Block(Block),
    /// `target := expression`
    Assign {
        /// What gets the value.
        target: Target,
        /// The value.
        value: Box<Query>,
    },
    /// `IF ... THEN ... [ELSIF ...] [ELSE ...] END IF`
    If {
        /// Conditions and what is done where they hold.
        branches: Vec<(Query, Vec<PlStatement>)>,
        /// ELSE
        otherwise: Vec<PlStatement>,
    },
    /// `CASE [operand] WHEN ... THEN ... [ELSE ...] END CASE`
    Case {
        /// What is compared; none is a searched CASE.
        operand: Option<Box<Query>>,
        /// Values or conditions, and what is done.
        branches: Vec<(Vec<Query>, Vec<PlStatement>)>,
        /// ELSE
        otherwise: Option<Vec<PlStatement>>,
    },
    /// `LOOP ... END LOOP`, `WHILE condition LOOP ... END LOOP`
    Loop {
        /// Its label.
        label: Option<String>,
        /// WHILE
        condition: Option<Box<Query>>,
        /// What is repeated.
        body: Vec<PlStatement>,
    },
    /// `FOR name IN [REVERSE] from .. to LOOP ... END LOOP`
    ForInteger {
        /// Its label.
        label: Option<String>,
        /// The loop's variable.
        variable: String,
        /// REVERSE?
        reverse: bool,
        /// The first value.
        from: Box<Query>,
        /// The last value.
        to: Box<Query>,
        /// What is repeated.
        body: Vec<PlStatement>,
    },
    /// `FOR target IN query | EXECUTE text LOOP ... END LOOP`
    ForQuery {
        /// Its label.
        label: Option<String>,
        /// What gets each row.
        targets: Vec<Target>,
        /// Where the rows come from.
        source: RowSource,
        /// What is repeated.
        body: Vec<PlStatement>,
    },
    /// `EXIT [label] [WHEN condition]`
    Exit {
        /// Which loop or block.
        label: Option<String>,
        /// WHEN
        when: Option<Box<Query>>,
    },
    /// `CONTINUE [label] [WHEN condition]`
    Continue {
        /// Which loop.
        label: Option<String>,
        /// WHEN
        when: Option<Box<Query>>,
    },
    /// `RAISE level 'format', ...`; none is `RAISE` alone, which raises the error at hand again.
    Raise(Option<Raise>),
    /// `EXECUTE text [INTO targets]`
    Execute {
        /// The text.
        command: Box<Query>,
        /// INTO
        into: Vec<Target>,
    },
    /// A statement of SQL, a SELECT with INTO.
    Sql {
        /// The statement.
        statement: Box<Statement>,
        /// Its text without INTO, for the logs.
        text: String,
        /// INTO
        into: Vec<Target>,
    },
    /// `PERFORM query`: its rows are not wanted.
    Perform(Box<Query>),
    /// `OPEN cursor FOR query | EXECUTE text`
    Open {
        /// The cursor's variable.
        cursor: String,
        /// Where its rows come from.
        source: RowSource,
    },
    /// `OPEN cursor [(arguments)]`, of a bound one
    OpenBound {
        /// The cursor's variable.
        cursor: String,
        /// Its arguments.
        args: Vec<Query>,
    },
    /// `FETCH cursor INTO targets`
    Fetch {
        /// The cursor's variable.
        cursor: String,
        /// What gets the row.
        targets: Vec<Target>,
    },
    /// `CLOSE cursor`
    Close(String),
    /// `GET DIAGNOSTICS target := ROW_COUNT`
    GetRowCount(Target),
    /// `START TRANSACTION`
    StartTransaction,
    /// COMMIT
    Commit,
    /// ROLLBACK
    Rollback,
    /// RETURN
    Return,
    /// NULL
    Null,
}

impl PlStatementKind {
    /// What it is called in the context of an error, as PostgreSQL 8.0 calls it.
    pub fn name(&self) -> &'static str {
        match self {
            PlStatementKind::Block(_) => "block variables initialization",
            PlStatementKind::Assign { .. } => "assignment",
            PlStatementKind::If { .. } => "if",
            PlStatementKind::Case { .. } => "case",
            PlStatementKind::Loop { condition: None, .. } => "loop",
            PlStatementKind::Loop { condition: Some(_), .. } => "while",
            PlStatementKind::ForInteger { .. } => "for with integer loopvar",
            PlStatementKind::ForQuery { source: RowSource::Query(_), .. } => "for over select rows",
            PlStatementKind::ForQuery { source: RowSource::Execute(_), .. } => "for over execute statement",
            PlStatementKind::Exit { .. } => "exit",
            PlStatementKind::Continue { .. } => "continue",
            PlStatementKind::Raise(_) => "raise",
            PlStatementKind::Execute { .. } => "execute statement",
            PlStatementKind::Sql { into, .. } if !into.is_empty() => "select into variables",
            PlStatementKind::Sql { .. }
            | PlStatementKind::StartTransaction
            | PlStatementKind::Commit
            | PlStatementKind::Rollback
            | PlStatementKind::Null => "SQL statement",
            PlStatementKind::Perform(_) => "perform",
            PlStatementKind::Open { .. } | PlStatementKind::OpenBound { .. } => "open",
            PlStatementKind::Fetch { .. } => "fetch",
            PlStatementKind::Close(_) => "close",
            PlStatementKind::GetRowCount(_) => "get diagnostics",
            PlStatementKind::Return => "return",
        }
    }
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq)]
pub enum RowSource {
    /// A query.
    Query(Box<Query>),
    /// A text that is one.
    Execute(Box<Query>),
}

/// `RAISE level 'format', ...`
#[derive(Debug, Clone, PartialEq)]
pub struct Raise {
    /// How grave.
    pub level: RaiseLevel,
    /// The message; `%` stands for an argument.
    pub format: String,
    /// The arguments.
    pub args: Vec<Query>,
}

/// How grave a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum RaiseLevel {
    Notice,
    Info,
    Log,
    Debug,
    Warning,
    Exception,
}

/// The name of a table whose column a `%TYPE` may mean.
pub fn table_and_column(parts: &[Ident]) -> Option<(ObjectName, &Ident)> {
    let (column, table) = parts.split_last()?;
    (!table.is_empty()).then(|| (ObjectName(table.to_vec()), column))
}
