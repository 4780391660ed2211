//! What kind of statement a statement is.

use crate::ast::{
    AlterDatabaseAction, AlterTableAction, CopyJob, DatabaseOption, DropPrincipal, GrantTarget, Granted, ObjectKind,
    PolicyKind, PrincipalKind, RoutineKind, Set, ShowInDatabase, ShowObjects, Statement,
};

/// All names that [`Statement::command_name`] gives: the guide's list of commands, without those that are told as another one
/// (END, ABORT, START TRANSACTION, INSERT of an external table, SET SESSION CHARACTERISTICS), and with SAVEPOINT and RELEASE,
/// which drivers send.
///
/// Source: developer guide, "SQL commands".
pub const COMMAND_NAMES: [&str; 123] = [
    "ALTER DATABASE",
    "ALTER DATASHARE",
    "ALTER DEFAULT PRIVILEGES",
    "ALTER EXTERNAL SCHEMA",
    "ALTER EXTERNAL VIEW",
    "ALTER FUNCTION",
    "ALTER GROUP",
    "ALTER IDENTITY PROVIDER",
    "ALTER MASKING POLICY",
    "ALTER MATERIALIZED VIEW",
    "ALTER PROCEDURE",
    "ALTER RLS POLICY",
    "ALTER ROLE",
    "ALTER SCHEMA",
    "ALTER SYSTEM",
    "ALTER TABLE",
    "ALTER TABLE APPEND",
    "ALTER TEMPLATE",
    "ALTER USER",
    "ANALYZE",
    "ANALYZE COMPRESSION",
    "ATTACH MASKING POLICY",
    "ATTACH RLS POLICY",
    "BEGIN",
    "CALL",
    "CANCEL",
    "CLOSE CURSOR",
    "COMMENT",
    "COMMIT",
    "COPY",
    "COPY JOB",
    "CREATE DATABASE",
    "CREATE DATASHARE",
    "CREATE EXTERNAL FUNCTION",
    "CREATE EXTERNAL MODEL",
    "CREATE EXTERNAL SCHEMA",
    "CREATE EXTERNAL TABLE",
    "CREATE EXTERNAL VIEW",
    "CREATE FUNCTION",
    "CREATE GROUP",
    "CREATE IDENTITY PROVIDER",
    "CREATE LIBRARY",
    "CREATE MASKING POLICY",
    "CREATE MATERIALIZED VIEW",
    "CREATE MODEL",
    "CREATE PROCEDURE",
    "CREATE RLS POLICY",
    "CREATE ROLE",
    "CREATE SCHEMA",
    "CREATE TABLE",
    "CREATE TABLE AS",
    "CREATE TEMPLATE",
    "CREATE USER",
    "CREATE VIEW",
    "DEALLOCATE",
    "DECLARE CURSOR",
    "DELETE",
    "DESC DATASHARE",
    "DESC IDENTITY PROVIDER",
    "DETACH MASKING POLICY",
    "DETACH RLS POLICY",
    "DROP DATABASE",
    "DROP DATASHARE",
    "DROP EXTERNAL VIEW",
    "DROP FUNCTION",
    "DROP GROUP",
    "DROP IDENTITY PROVIDER",
    "DROP LIBRARY",
    "DROP MASKING POLICY",
    "DROP MATERIALIZED VIEW",
    "DROP MODEL",
    "DROP PROCEDURE",
    "DROP RLS POLICY",
    "DROP ROLE",
    "DROP SCHEMA",
    "DROP TABLE",
    "DROP TEMPLATE",
    "DROP USER",
    "DROP VIEW",
    "EXECUTE",
    "EXPLAIN",
    "FETCH",
    "GRANT",
    "INSERT",
    "LOCK TABLE",
    "MERGE",
    "PREPARE",
    "REFRESH MATERIALIZED VIEW",
    "RELEASE",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "SELECT INTO",
    "SET",
    "SET SESSION AUTHORIZATION",
    "SHOW",
    "SHOW COLUMN GRANTS",
    "SHOW COLUMNS",
    "SHOW CONSTRAINTS",
    "SHOW DATABASES",
    "SHOW DATASHARES",
    "SHOW EXTERNAL TABLE",
    "SHOW FUNCTIONS",
    "SHOW GRANTS",
    "SHOW MODEL",
    "SHOW PARAMETERS",
    "SHOW POLICIES",
    "SHOW PROCEDURE",
    "SHOW PROCEDURES",
    "SHOW SCHEMAS",
    "SHOW TABLE",
    "SHOW TABLES",
    "SHOW TEMPLATE",
    "SHOW TEMPLATES",
    "SHOW USER LOCKOUT",
    "SHOW VIEW",
    "TRUNCATE TABLE",
    "UNLOAD",
    "UPDATE",
    "USE",
    "VACUUM",
];

impl Statement {
    /// The command's name as messages and logs have it: `CREATE TABLE`, `SELECT`.
    pub fn command_name(&self) -> &'static str {
        match self {
            Statement::Query(_) => "SELECT",
            Statement::Insert(_) => "INSERT",
            Statement::Update(_) => "UPDATE",
            Statement::Delete(_) => "DELETE",
            Statement::Truncate(_) => "TRUNCATE TABLE",
            Statement::Copy(_) => "COPY",
            Statement::CreateTable(_) => "CREATE TABLE",
            Statement::CreateTableAs(create) if create.select_into => "SELECT INTO",
            Statement::CreateTableAs(_) => "CREATE TABLE AS",
            Statement::CreateView(_) => "CREATE VIEW",
            Statement::CreateSchema(_) => "CREATE SCHEMA",
            Statement::CreateDatabase(_) => "CREATE DATABASE",
            Statement::AlterTable(alter) => match alter.action {
                AlterTableAction::AppendFrom { .. } => "ALTER TABLE APPEND",
                _ => "ALTER TABLE",
            },
            Statement::AlterSchema(_) => "ALTER SCHEMA",
            Statement::AlterDatabase(_) => "ALTER DATABASE",
            Statement::Drop(drop) => drop_name(drop.kind),
            Statement::Comment(_) => "COMMENT",
            Statement::Analyze(_) => "ANALYZE",
            Statement::Vacuum(_) => "VACUUM",
            Statement::Lock(_) => "LOCK TABLE",
            Statement::Explain(_) => "EXPLAIN",
            Statement::Begin(_) => "BEGIN",
            Statement::Commit => "COMMIT",
            Statement::Rollback => "ROLLBACK",
            Statement::Savepoint(_) => "SAVEPOINT",
            Statement::Release(_) => "RELEASE",
            Statement::Set(Set::SessionAuthorization { .. }) => "SET SESSION AUTHORIZATION",
            Statement::Set(_) => "SET",
            Statement::Reset(_) => "RESET",
            Statement::Show(_) => "SHOW",
            Statement::ShowObjects(show) => show_name(show),
            Statement::Prepare(_) => "PREPARE",
            Statement::Execute(_) => "EXECUTE",
            Statement::Deallocate(_) => "DEALLOCATE",
            Statement::DeclareCursor(_) => "DECLARE CURSOR",
            Statement::Fetch(_) => "FETCH",
            Statement::CloseCursor(_) => "CLOSE CURSOR",
            Statement::CreateUser(_) => "CREATE USER",
            Statement::AlterUser(_) => "ALTER USER",
            Statement::CreateGroup(_) => "CREATE GROUP",
            Statement::DropPrincipal(drop) => drop_principal_name(drop),
            Statement::Grant(grant) if grant.revoke => "REVOKE",
            Statement::Grant(_) => "GRANT",
            Statement::AlterDefaultPrivileges(_) => "ALTER DEFAULT PRIVILEGES",
            Statement::AlterGroup(_) => "ALTER GROUP",
            Statement::CreateRole(_) => "CREATE ROLE",
            Statement::AlterRole(_) => "ALTER ROLE",
            Statement::DropRole(_) => "DROP ROLE",
            Statement::CreateIdentityProvider(_) => "CREATE IDENTITY PROVIDER",
            Statement::AlterIdentityProvider(_) => "ALTER IDENTITY PROVIDER",
            Statement::DropIdentityProvider(_) => "DROP IDENTITY PROVIDER",
            Statement::DescIdentityProvider(_) => "DESC IDENTITY PROVIDER",
            Statement::Merge(_) => "MERGE",
            Statement::Unload(_) => "UNLOAD",
            Statement::CopyJob(_) => "COPY JOB",
            Statement::CreateTemplate(_) => "CREATE TEMPLATE",
            Statement::AlterTemplate(_) => "ALTER TEMPLATE",
            Statement::DropTemplate(_) => "DROP TEMPLATE",
            Statement::AnalyzeCompression(_) => "ANALYZE COMPRESSION",
            Statement::CreateMaterializedView(_) => "CREATE MATERIALIZED VIEW",
            Statement::AlterMaterializedView(_) => "ALTER MATERIALIZED VIEW",
            Statement::RefreshMaterializedView(_) => "REFRESH MATERIALIZED VIEW",
            Statement::DropMaterializedView(_) => "DROP MATERIALIZED VIEW",
            Statement::AlterTableSecurity(_) | Statement::AlterExternalTable(_) => "ALTER TABLE",
            Statement::CreateFunction(_) => "CREATE FUNCTION",
            Statement::CreateProcedure(_) => "CREATE PROCEDURE",
            Statement::CreateExternalFunction(_) => "CREATE EXTERNAL FUNCTION",
            Statement::AlterRoutine(alter) if alter.kind == RoutineKind::Function => "ALTER FUNCTION",
            Statement::AlterRoutine(_) => "ALTER PROCEDURE",
            Statement::DropRoutine(drop) if drop.kind == RoutineKind::Function => "DROP FUNCTION",
            Statement::DropRoutine(_) => "DROP PROCEDURE",
            Statement::Call(_) => "CALL",
            Statement::CreateLibrary(_) => "CREATE LIBRARY",
            Statement::DropLibrary(_) => "DROP LIBRARY",
            Statement::CreateExternalSchema(_) => "CREATE EXTERNAL SCHEMA",
            Statement::AlterExternalSchema(_) => "ALTER EXTERNAL SCHEMA",
            Statement::CreateExternalTable(_) => "CREATE EXTERNAL TABLE",
            Statement::CreateExternalView(_) => "CREATE EXTERNAL VIEW",
            Statement::AlterExternalView(_) => "ALTER EXTERNAL VIEW",
            Statement::DropExternalView(_) => "DROP EXTERNAL VIEW",
            Statement::CreateDatashare(_) => "CREATE DATASHARE",
            Statement::AlterDatashare(_) => "ALTER DATASHARE",
            Statement::DropDatashare(_) => "DROP DATASHARE",
            Statement::DescDatashare(_) => "DESC DATASHARE",
            Statement::CreateModel(_) => "CREATE MODEL",
            Statement::CreateExternalModel(_) => "CREATE EXTERNAL MODEL",
            Statement::DropModel(_) => "DROP MODEL",
            Statement::CreateMaskingPolicy(_) => "CREATE MASKING POLICY",
            Statement::CreateRlsPolicy(_) => "CREATE RLS POLICY",
            Statement::AlterPolicy(alter) => match alter.kind {
                PolicyKind::Masking => "ALTER MASKING POLICY",
                PolicyKind::Rls => "ALTER RLS POLICY",
            },
            Statement::DropPolicy(drop) => match drop.kind {
                PolicyKind::Masking => "DROP MASKING POLICY",
                PolicyKind::Rls => "DROP RLS POLICY",
            },
            Statement::AttachMaskingPolicy(attach) if attach.detach => "DETACH MASKING POLICY",
            Statement::AttachMaskingPolicy(_) => "ATTACH MASKING POLICY",
            Statement::AttachRlsPolicy(attach) if attach.detach => "DETACH RLS POLICY",
            Statement::AttachRlsPolicy(_) => "ATTACH RLS POLICY",
            Statement::Use(_) => "USE",
            Statement::Cancel(_) => "CANCEL",
            Statement::AlterSystem(_) => "ALTER SYSTEM",
        }
    }

    /// Is it one that Redshift does not run inside a transaction block?
    ///
    /// Sources: the developer guide's pages on CREATE DATABASE, DROP DATABASE, VACUUM, ALTER TABLE ("you can't alter a
    /// column in a transaction block"), ALTER TABLE APPEND, CREATE EXTERNAL TABLE, GRANT ("on an external resource"),
    /// COPY JOB, CREATE LIBRARY, DROP LIBRARY and ALTER DATABASE (its isolation level).
    pub fn refused_in_block(&self) -> bool {
        match self {
            Statement::CreateDatabase(_)
            | Statement::Vacuum(_)
            | Statement::CreateExternalTable(_)
            | Statement::AlterExternalTable(_)
            | Statement::CreateLibrary(_)
            | Statement::DropLibrary(_)
            | Statement::CopyJob(CopyJob::Create { .. } | CopyJob::Drop(_)) => true,
            Statement::AlterDatabase(alter) => match &alter.action {
                AlterDatabaseAction::Options(options) => {
                    options.iter().any(|option| matches!(option, DatabaseOption::Isolation(_)))
                }
                _ => false,
            },
            Statement::Grant(grant) => {
                matches!(grant.what, Granted::On(_, GrantTarget::ExternalTables(_) | GrantTarget::ExternalSchemas(_)))
            }
            Statement::Drop(drop) => drop.kind == ObjectKind::Database || drop.external_database,
            Statement::AlterTable(alter) => is_refused_alteration(&alter.action),
            _ => false,
        }
    }

    /// Is it one that a READ ONLY transaction does not run? What it calls, prepares or explains is for whoever runs that.
    ///
    /// Source: PostgreSQL 8.0, "SET TRANSACTION": INSERT, UPDATE, DELETE and COPY FROM; all CREATE, ALTER and DROP
    /// commands; COMMENT, GRANT, REVOKE and TRUNCATE.
    pub fn writes(&self) -> bool {
        use Statement::*;
        match self {
            Query(_)
            | Explain(_)
            | Unload(_)
            | Analyze(_)
            | AnalyzeCompression(_)
            | Vacuum(_)
            | Lock(_)
            | Set(_)
            | Reset(_)
            | Show(_)
            | ShowObjects(_)
            | Cancel(_)
            | Begin(_)
            | Commit
            | Rollback
            | Savepoint(_)
            | Release(_)
            | Prepare(_)
            | Execute(_)
            | Deallocate(_)
            | DeclareCursor(_)
            | Fetch(_)
            | CloseCursor(_)
            | Call(_)
            | DescDatashare(_)
            | DescIdentityProvider(_)
            | Use(_) => false,
            CopyJob(job) => !matches!(job, crate::ast::CopyJob::List | crate::ast::CopyJob::Show(_)),
            _ => true,
        }
    }

    /// Does it begin or end a transaction?
    pub fn is_transaction_control(&self) -> bool {
        matches!(self, Statement::Begin(_) | Statement::Commit | Statement::Rollback)
    }

    /// Does it answer with rows? EXECUTE, FETCH and CALL may, depending on what they run; so they
    /// count.
    pub fn returns_rows(&self) -> bool {
        matches!(
            self,
            Statement::Query(_)
                | Statement::Explain(_)
                | Statement::Show(_)
                | Statement::ShowObjects(_)
                | Statement::Fetch(_)
                | Statement::Execute(_)
                | Statement::Call(_)
                | Statement::AnalyzeCompression(_)
                | Statement::DescDatashare(_)
                | Statement::DescIdentityProvider(_)
                | Statement::CopyJob(CopyJob::List | CopyJob::Show(_))
        )
    }
}

fn is_refused_alteration(action: &AlterTableAction) -> bool {
    match action {
        AlterTableAction::AppendFrom { .. }
        | AlterTableAction::AlterType { .. }
        | AlterTableAction::AlterEncode { .. }
        | AlterTableAction::AlterDistKey(_)
        | AlterTableAction::AlterDistStyle(_)
        | AlterTableAction::AlterSortKey(_)
        | AlterTableAction::AlterEncodeAuto => true,
        AlterTableAction::Several(actions) => actions.iter().any(is_refused_alteration),
        AlterTableAction::AddColumn(_)
        | AlterTableAction::DropColumn { .. }
        | AlterTableAction::RenameTo(_)
        | AlterTableAction::RenameColumn { .. }
        | AlterTableAction::OwnerTo(_)
        | AlterTableAction::AddConstraint(_)
        | AlterTableAction::SetDefault { .. }
        | AlterTableAction::DropDefault(_)
        | AlterTableAction::DropConstraint { .. } => false,
    }
}

fn drop_name(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Table => "DROP TABLE",
        ObjectKind::View => "DROP VIEW",
        ObjectKind::Schema => "DROP SCHEMA",
        ObjectKind::Database => "DROP DATABASE",
        ObjectKind::Column => "DROP COLUMN",
        ObjectKind::Constraint => "DROP CONSTRAINT",
    }
}

fn drop_principal_name(drop: &DropPrincipal) -> &'static str {
    match drop.kind {
        PrincipalKind::User | PrincipalKind::Public => "DROP USER",
        PrincipalKind::Group => "DROP GROUP",
        PrincipalKind::Role => "DROP ROLE",
    }
}

fn show_name(show: &ShowObjects) -> &'static str {
    match show {
        ShowObjects::Table(_) => "SHOW TABLE",
        ShowObjects::View(_) => "SHOW VIEW",
        ShowObjects::ExternalTable { .. } => "SHOW EXTERNAL TABLE",
        ShowObjects::Databases { .. } => "SHOW DATABASES",
        ShowObjects::Schemas { .. } => "SHOW SCHEMAS",
        ShowObjects::Tables { .. } => "SHOW TABLES",
        ShowObjects::Columns { .. } => "SHOW COLUMNS",
        ShowObjects::OfDatabase { what: ShowInDatabase::Tables, .. } => "SHOW TABLES",
        ShowObjects::OfDatabase { what: ShowInDatabase::Columns, .. } => "SHOW COLUMNS",
        ShowObjects::OfDatabase { what: ShowInDatabase::TableGrants, .. } => "SHOW GRANTS",
        ShowObjects::Routines { kind: RoutineKind::Function, .. } => "SHOW FUNCTIONS",
        ShowObjects::Routines { kind: RoutineKind::Procedure, .. } => "SHOW PROCEDURES",
        ShowObjects::Parameters { .. } => "SHOW PARAMETERS",
        ShowObjects::Procedure(_) => "SHOW PROCEDURE",
        ShowObjects::Constraints { .. } => "SHOW CONSTRAINTS",
        ShowObjects::GrantsOn { .. } | ShowObjects::GrantsFor { .. } => "SHOW GRANTS",
        ShowObjects::ColumnGrants { .. } => "SHOW COLUMN GRANTS",
        ShowObjects::Policies { .. } => "SHOW POLICIES",
        ShowObjects::Datashares(_) => "SHOW DATASHARES",
        ShowObjects::Model(_) => "SHOW MODEL",
        ShowObjects::UserLockout => "SHOW USER LOCKOUT",
        ShowObjects::Template(_) => "SHOW TEMPLATE",
        ShowObjects::Templates { .. } => "SHOW TEMPLATES",
    }
}
