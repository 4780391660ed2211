//! The statements of Redshift's SQL, as closed enums with typed options.
//!
//! Positions are byte offsets into the text that was parsed; they serve error messages only.

mod access;
mod copy;
mod ddl;
mod dml;
mod expr;
mod external;
mod grant;
mod model;
mod policy;
mod query;
mod routine;
mod session;
mod show;

pub use access::*;
pub use copy::*;
pub use ddl::*;
pub use dml::*;
pub use expr::*;
pub use external::*;
pub use grant::*;
pub use model::*;
pub use policy::*;
pub use query::*;
pub use routine::*;
pub use session::*;
pub use show::*;

use crate::{error::Pos, names::Ident};

/// One statement of a message, with the place it takes there.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// What it says.
    pub statement: Statement,
    /// Where the comments before it begin in the message text; where it does itself if there are none.
    pub begin: Pos,
    /// Where it begins in the message text.
    pub start: Pos,
    /// Where it ends, before the semicolon.
    pub end: Pos,
    /// How many parameters it has: the highest n of `$n`.
    pub parameters: u16,
}

impl Parsed {
    /// Its own text of the message, with the comments before it, in which clients say who they are.
    pub fn text<'a>(&self, message: &'a str) -> &'a str {
        message.get(self.begin as usize..self.end as usize).unwrap_or(message)
    }
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
    /// `LOCK [TABLE]`
    Lock(Lock),
    /// EXPLAIN
    Explain(Explain),
    /// BEGIN, START TRANSACTION
    Begin(TransactionModes),
    /// COMMIT, END
    Commit,
    /// ROLLBACK, ABORT
    Rollback,
    /// SAVEPOINT, which drivers set and Redshift never goes back to
    Savepoint(Ident),
    /// RELEASE \[SAVEPOINT\]
    Release(Ident),
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
    /// GRANT and REVOKE
    Grant(Grant),
    /// ALTER DEFAULT PRIVILEGES
    AlterDefaultPrivileges(Box<AlterDefaultPrivileges>),
    /// ALTER GROUP
    AlterGroup(AlterGroup),
    /// CREATE ROLE
    CreateRole(CreateRole),
    /// ALTER ROLE
    AlterRole(AlterRole),
    /// DROP ROLE
    DropRole(DropRole),
    /// CREATE IDENTITY PROVIDER
    CreateIdentityProvider(CreateIdentityProvider),
    /// ALTER IDENTITY PROVIDER
    AlterIdentityProvider(AlterIdentityProvider),
    /// DROP IDENTITY PROVIDER
    DropIdentityProvider(DropIdentityProvider),
    /// DESC IDENTITY PROVIDER
    DescIdentityProvider(Ident),
    /// MERGE
    Merge(Box<Merge>),
    /// UNLOAD
    Unload(Box<Unload>),
    /// COPY JOB
    CopyJob(CopyJob),
    /// CREATE TEMPLATE
    CreateTemplate(CreateTemplate),
    /// ALTER TEMPLATE
    AlterTemplate(AlterTemplate),
    /// DROP TEMPLATE
    DropTemplate(DropTemplate),
    /// ANALYZE COMPRESSION
    AnalyzeCompression(AnalyzeCompression),
    /// CREATE MATERIALIZED VIEW
    CreateMaterializedView(Box<CreateMaterializedView>),
    /// ALTER MATERIALIZED VIEW
    AlterMaterializedView(AlterMaterializedView),
    /// REFRESH MATERIALIZED VIEW
    RefreshMaterializedView(RefreshMaterializedView),
    /// DROP MATERIALIZED VIEW
    DropMaterializedView(DropMaterializedView),
    /// ALTER TABLE ... ROW LEVEL SECURITY, ALTER TABLE ... MASKING
    AlterTableSecurity(AlterTableSecurity),
    /// CREATE FUNCTION
    CreateFunction(Box<CreateFunction>),
    /// CREATE PROCEDURE
    CreateProcedure(Box<CreateProcedure>),
    /// CREATE EXTERNAL FUNCTION
    CreateExternalFunction(Box<CreateExternalFunction>),
    /// ALTER FUNCTION, ALTER PROCEDURE
    AlterRoutine(AlterRoutine),
    /// DROP FUNCTION, DROP PROCEDURE
    DropRoutine(DropRoutine),
    /// CALL
    Call(Call),
    /// CREATE LIBRARY
    CreateLibrary(CreateLibrary),
    /// DROP LIBRARY
    DropLibrary(Ident),
    /// CREATE EXTERNAL SCHEMA
    CreateExternalSchema(CreateExternalSchema),
    /// ALTER EXTERNAL SCHEMA
    AlterExternalSchema(AlterExternalSchema),
    /// CREATE EXTERNAL TABLE
    CreateExternalTable(Box<CreateExternalTable>),
    /// ALTER TABLE in the forms of external tables
    AlterExternalTable(AlterExternalTable),
    /// CREATE EXTERNAL VIEW
    CreateExternalView(CreateExternalView),
    /// ALTER EXTERNAL VIEW
    AlterExternalView(AlterExternalView),
    /// DROP EXTERNAL VIEW
    DropExternalView(DropExternalView),
    /// CREATE DATASHARE
    CreateDatashare(CreateDatashare),
    /// ALTER DATASHARE
    AlterDatashare(AlterDatashare),
    /// DROP DATASHARE
    DropDatashare(DropDatashare),
    /// DESC DATASHARE
    DescDatashare(DescDatashare),
    /// CREATE MODEL
    CreateModel(Box<CreateModel>),
    /// CREATE EXTERNAL MODEL
    CreateExternalModel(CreateExternalModel),
    /// DROP MODEL
    DropModel(DropModel),
    /// CREATE MASKING POLICY
    CreateMaskingPolicy(CreateMaskingPolicy),
    /// CREATE RLS POLICY
    CreateRlsPolicy(CreateRlsPolicy),
    /// ALTER MASKING POLICY, ALTER RLS POLICY
    AlterPolicy(AlterPolicy),
    /// DROP MASKING POLICY, DROP RLS POLICY
    DropPolicy(DropPolicy),
    /// ATTACH MASKING POLICY, DETACH MASKING POLICY
    AttachMaskingPolicy(AttachMaskingPolicy),
    /// ATTACH RLS POLICY, DETACH RLS POLICY
    AttachRlsPolicy(AttachRlsPolicy),
    /// USE
    Use(Use),
    /// CANCEL
    Cancel(Cancel),
    /// ALTER SYSTEM
    AlterSystem(AlterSystem),
}
