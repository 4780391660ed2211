//! What kind of statement a statement is.

use crate::ast::{AlterTableAction, DropPrincipal, ObjectKind, PrincipalKind, Set, ShowObjects, Statement};

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
            Statement::Set(Set::SessionAuthorization(_)) => "SET SESSION AUTHORIZATION",
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
        }
    }

    /// Is it one that Redshift does not run inside a transaction block?
    ///
    /// Sources: the developer guide's pages on CREATE DATABASE, DROP DATABASE, VACUUM, ALTER TABLE ("you can't alter a
    /// column in a transaction block") and ALTER TABLE APPEND.
    pub fn refused_in_block(&self) -> bool {
        match self {
            Statement::CreateDatabase(_) | Statement::Vacuum(_) => true,
            Statement::Drop(drop) => drop.kind == ObjectKind::Database,
            Statement::AlterTable(alter) => is_refused_alteration(&alter.action),
            _ => false,
        }
    }

    /// Does it begin or end a transaction?
    pub fn is_transaction_control(&self) -> bool {
        matches!(self, Statement::Begin(_) | Statement::Commit | Statement::Rollback)
    }

    /// Does it answer with rows? EXECUTE and FETCH may, depending on what they run; so they count.
    pub fn returns_rows(&self) -> bool {
        matches!(
            self,
            Statement::Query(_)
                | Statement::Explain(_)
                | Statement::Show(_)
                | Statement::ShowObjects(_)
                | Statement::Fetch(_)
                | Statement::Execute(_)
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
        ShowObjects::Databases { .. } => "SHOW DATABASES",
        ShowObjects::Schemas { .. } => "SHOW SCHEMAS",
        ShowObjects::Tables { .. } => "SHOW TABLES",
        ShowObjects::Columns { .. } => "SHOW COLUMNS",
    }
}
