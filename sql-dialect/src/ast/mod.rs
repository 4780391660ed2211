//! The statements of Redshift's SQL, as closed enums with typed options.
//!
//! Positions are byte offsets into the text that was parsed; they serve error messages only.

mod copy;
mod ddl;
mod dml;
mod expr;
mod query;
mod session;

pub use copy::*;
pub use ddl::*;
pub use dml::*;
pub use expr::*;
pub use query::*;
pub use session::*;

use crate::error::Pos;

/// One statement of a message, with the place it takes there.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// What it says.
    pub statement: Statement,
    /// Where it begins in the message text.
    pub start: Pos,
    /// Where it ends, before the semicolon.
    pub end: Pos,
    /// How many parameters it has: the highest n of `$n`.
    pub parameters: u16,
}

/// Every command that Blueshift knows.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// SELECT, WITH ... SELECT, set operations.
    Query(Box<Query>),
    /// INSERT INTO
    Insert(Insert),
    /// UPDATE
    Update(Update),
    /// DELETE FROM
    Delete(Delete),
    /// TRUNCATE
    Truncate(Truncate),
    /// COPY table FROM
    Copy(Box<Copy>),
    /// CREATE TABLE with columns
    CreateTable(Box<CreateTable>),
    /// CREATE TABLE AS, SELECT INTO
    CreateTableAs(Box<CreateTableAs>),
    /// CREATE VIEW
    CreateView(Box<CreateView>),
    /// CREATE SCHEMA
    CreateSchema(CreateSchema),
    /// CREATE DATABASE
    CreateDatabase(CreateDatabase),
    /// ALTER TABLE
    AlterTable(Box<AlterTable>),
    /// ALTER SCHEMA
    AlterSchema(AlterSchema),
    /// ALTER DATABASE
    AlterDatabase(AlterDatabase),
    /// DROP TABLE | VIEW | SCHEMA | DATABASE
    Drop(Drop),
    /// COMMENT ON
    Comment(Comment),
    /// ANALYZE: statistics are always up to date, so it only checks its names.
    Analyze(Analyze),
    /// VACUUM
    Vacuum(Vacuum),
    /// LOCK [TABLE]
    Lock(Lock),
    /// EXPLAIN
    Explain(Explain),
    /// BEGIN, START TRANSACTION
    Begin(TransactionModes),
    /// COMMIT, END
    Commit,
    /// ROLLBACK, ABORT
    Rollback,
    /// SET, SET SESSION ..., SET LOCAL ...
    Set(Set),
    /// RESET
    Reset(Reset),
    /// SHOW parameter
    Show(Show),
    /// SHOW TABLE, SHOW VIEW, SHOW TABLES FROM SCHEMA, ... : the forms that show objects.
    ShowObjects(ShowObjects),
    /// PREPARE
    Prepare(Prepare),
    /// EXECUTE
    Execute(Execute),
    /// DEALLOCATE
    Deallocate(Deallocate),
    /// DECLARE CURSOR
    DeclareCursor(Box<DeclareCursor>),
    /// FETCH
    Fetch(Fetch),
    /// CLOSE
    CloseCursor(CloseCursor),
    /// CREATE USER
    CreateUser(CreateUser),
    /// ALTER USER
    AlterUser(AlterUser),
    /// CREATE GROUP
    CreateGroup(CreateGroup),
    /// DROP USER | GROUP
    DropPrincipal(DropPrincipal),
    /// GRANT and REVOKE on tables, schemas and databases.
    Grant(Grant),
}
