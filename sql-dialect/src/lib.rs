//! Redshift's SQL and nothing else: text to [`ast::Statement`].
//!
//! This crate does no I/O and knows neither DataFusion nor the wire protocol nor AWS. The words that the other crates
//! share live here: statements, names, types with OID and type modifier, SQLSTATEs and errors.
//!
//! 1. [`parse`] takes the text of a whole message, which may hold several statements.
//! 2. The lexer cuts one statement into tokens, up to its semicolon.
//! 3. The parser, a recursive descent with precedence climbing for expressions, makes the [`ast::Statement`]; every
//!    node knows where it stands, so that later errors can point there.
//! 4. What Postgres has and Redshift refuses is refused there, with SQLSTATE 0A000 and a hint at Redshift's way.
//! 5. [`ast::Statement::command_name`] and its siblings say what kind of statement it is; as text it is Redshift's SQL
//!    that parses to the same value.
//! 6. [`visit`] walks over a statement, [`footprint`] tells what it touches, [`redact`] writes it without its constants.
//! 7. [`check`] tells what is wrong with a file of SQL, offline.

pub mod ast;
pub mod check;
mod classify;
pub mod error;
pub mod footprint;
mod lexer;
pub mod names;
mod parser;
pub mod plpgsql;
mod precedence;
mod print;
pub mod redact;
pub mod reserved;
pub mod types;
pub mod visit;

pub use classify::COMMAND_NAMES;
pub use error::{Error, Pos, Result, SqlState};
pub use parser::{
    MAX_STATEMENT_BYTES, MAX_TREE_HEIGHT, names_in, parameters_in, parse, parse_data_type, parse_expression,
    parse_query, parse_with_names,
};
pub use types::RedshiftType;
