//! Redshift's SQL and nothing else: text to [`ast::Statement`].
//!
//! This crate does no I/O and knows neither DataFusion nor the wire protocol nor AWS. The words that the other crates
//! share live here: statements, names, types with OID and type modifier, SQLSTATEs and errors.

pub mod ast;
pub mod error;
pub mod names;
pub mod types;

pub use error::{Error, Pos, Result, SqlState};
pub use types::RedshiftType;
