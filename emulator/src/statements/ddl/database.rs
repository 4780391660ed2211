//! CREATE DATABASE and ALTER DATABASE.

use std::sync::Arc;

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{AlterDatabase, AlterDatabaseAction, CreateDatabase, DatabaseIsolation, DatabaseOption},
    names::Ident,
};

use crate::{
    catalog::{Database, GrantObject, Isolation, Oid, Owned, Privilege},
    clock,
    result::{CommandTag, Outcome},
    statements::Work,
};

/// Runs CREATE DATABASE.
pub(crate) async fn create_database(create: &CreateDatabase, work: &mut Work<'_>) -> Result<Outcome> {
    if create.source.is_some() {
        return Err(Error::unsupported("CREATE DATABASE FROM is not supported"));
    }
    let may_create = work.state.superuser || work.view.user_by_id(work.state.user_id)?.is_some_and(|u| u.create_db);
    if !may_create {
        return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, "permission denied to create database"));
    }
    let name = create.name.folded(work.context.session.case_sensitive);
    if find(work, &name)?.is_some() {
        return Err(exists(&name).at(create.name.pos));
    }
    let owner = match &create.owner {
        Some(user) => work.user(user)?.id,
        None => work.state.user_id,
    };
    work.transaction
        .create_database(Database {
            oid: Oid(0),
            name,
            owner,
            connection_limit: create.connection_limit,
            case_insensitive: create.case_insensitive,
            isolation: create.isolation.map(isolation).unwrap_or_default(),
            created: clock::now(),
            comment: None,
        })
        .await?;
    Ok(Outcome::Done(CommandTag::plain("CREATE DATABASE")))
}

/// Runs ALTER DATABASE.
pub(crate) async fn alter_database(alter: &AlterDatabase, work: &mut Work<'_>) -> Result<Outcome> {
    let mut database = existing(work, &alter.name)?;
    let or_else = match &alter.action {
        AlterDatabaseAction::OwnerTo(_) => None,
        _ => Some(Privilege::Alter),
    };
    work.require_database_owner(&database, or_else).map_err(|error| error.at(alter.name.pos))?;
    match &alter.action {
        AlterDatabaseAction::RenameTo(to) => {
            let name = to.folded(work.context.session.case_sensitive);
            if database.name == work.context.session.database {
                return Err(Error::unsupported("current database may not be renamed"));
            }
            if find(work, &name)?.is_some() {
                return Err(exists(&name).at(to.pos));
            }
            database.name = name;
        }
        AlterDatabaseAction::OwnerTo(user) => {
            let owned = Owned { object: GrantObject::Database(database.oid), owner: database.owner };
            database.owner = work.user(user)?.id;
            work.transaction.change_owner(owned, database.owner).await?;
        }
        AlterDatabaseAction::Options(options) => {
            for option in options {
                match option {
                    DatabaseOption::ConnectionLimit(limit) => database.connection_limit = *limit,
                    DatabaseOption::Isolation(level) => {
                        check_isolation_change(&database, work).map_err(|error| error.at(alter.name.pos))?;
                        database.isolation = isolation(*level);
                    }
                    DatabaseOption::CaseInsensitive(insensitive) if *insensitive == database.case_insensitive => {}
                    DatabaseOption::CaseInsensitive(insensitive) => {
                        check_collation_change(&database, work).map_err(|error| error.at(alter.name.pos))?;
                        database.case_insensitive = *insensitive;
                    }
                }
            }
        }
        AlterDatabaseAction::IntegrationRefresh(_) | AlterDatabaseAction::IntegrationSet(..) => {
            return Err(Error::unsupported("ALTER DATABASE INTEGRATION is not supported"));
        }
    }
    work.transaction.update_database(&database).await?;
    Ok(Outcome::Done(CommandTag::plain("ALTER DATABASE")))
}

/// Whose isolation level cannot be altered (developer guide, "ALTER DATABASE").
fn check_isolation_change(database: &Database, work: &Work<'_>) -> Result<()> {
    if database.name == "dev" {
        return Err(Error::unsupported("the isolation level of database \"dev\" cannot be altered"));
    }
    let others = work.state.engine.activity().sessions();
    if others.iter().any(|session| session.database == database.name && session.pid != work.state.login.pid) {
        let message = format!("database \"{}\" is being accessed by other users", database.name);
        return Err(Error::new(SqlState::OBJECT_IN_USE, message));
    }
    Ok(())
}

/// "You can change the case sensitivity of the current database which is empty" (developer guide, "ALTER DATABASE").
fn check_collation_change(database: &Database, work: &Work<'_>) -> Result<()> {
    if database.name != work.context.session.database {
        return Err(Error::unsupported("only the collation of the current database can be altered"));
    }
    if work.view.relations()?.is_empty() {
        return Ok(());
    }
    let message = format!("the collation of database \"{}\" cannot be altered because it is not empty", database.name);
    Err(Error::unsupported(message))
}

fn isolation(level: DatabaseIsolation) -> Isolation {
    match level {
        DatabaseIsolation::Snapshot => Isolation::Snapshot,
        DatabaseIsolation::Serializable => Isolation::Serializable,
    }
}

fn find(work: &Work<'_>, name: &str) -> Result<Option<Database>> {
    Ok(work.view.databases()?.into_iter().find(|database| database.name == name).map(Arc::unwrap_or_clone))
}

/// The database of this name.
pub(super) fn existing(work: &Work<'_>, name: &Ident) -> Result<Database> {
    let folded = name.folded(work.context.session.case_sensitive);
    find(work, &folded)?.ok_or_else(|| {
        Error::new(SqlState::INVALID_CATALOG_NAME, format!("database \"{folded}\" does not exist")).at(name.pos)
    })
}

fn exists(name: &str) -> Error {
    Error::new(SqlState::DUPLICATE_DATABASE, format!("database \"{name}\" already exists"))
}
