//! CREATE SCHEMA and ALTER SCHEMA.

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{AlterSchema, AlterSchemaAction, CreateSchema},
};

use super::materialized_view::mark_schema;
use crate::{
    catalog::{GrantObject, NewSchema, Owned, Privilege},
    result::{CommandTag, Outcome},
    statements::{Work, access::OrElse},
};

/// What ALTER SCHEMA takes of one who does not own the schema.
const ALTER: OrElse = OrElse { privilege: Some(Privilege::Alter), system: [None, None] };

/// Runs CREATE SCHEMA.
pub(crate) async fn create_schema(create: &CreateSchema, work: &mut Work<'_>) -> Result<Outcome> {
    if !create.elements.is_empty() {
        return Err(Error::unsupported("CREATE SCHEMA with schema elements is not supported"));
    }
    let case_sensitive = work.context.session.case_sensitive;
    work.enter_named(create.database.as_ref())?;
    let owner = match &create.authorization {
        Some(user) => work.user(user)?.id,
        None => work.state.user_id,
    };
    work.require_create_schema()?;
    if owner != work.state.user_id {
        work.require_superuser("create a schema for another user")?;
    }
    let ident = create.name.as_ref().or(create.authorization.as_ref());
    let Some(ident) = ident else {
        return Err(Error::new(SqlState::INVALID_SCHEMA_DEFINITION, "a schema needs a name"));
    };
    let name = ident.folded(case_sensitive);
    if name.starts_with("pg_") {
        return Err(Error::new(SqlState("42939"), format!("unacceptable schema name \"{name}\""))
            .with_detail("The prefix \"pg_\" is reserved for system schemas.")
            .at(ident.pos));
    }
    if work.view.schema(&name)?.is_some() {
        if create.if_not_exists {
            work.inform(format!("Schema \"{name}\" already exists and will be skipped"));
            return Ok(Outcome::Done(CommandTag::plain("CREATE SCHEMA")));
        }
        return Err(schema_exists(&name).at(ident.pos));
    }
    let database = Some(work.view.database_oid());
    work.transaction.create_schema(NewSchema { database, name, owner, quota_mb: create.quota_mb }).await?;
    Ok(Outcome::Done(CommandTag::plain("CREATE SCHEMA")))
}

fn schema_exists(name: &str) -> Error {
    Error::new(SqlState::DUPLICATE_SCHEMA, format!("Schema \"{name}\" already exists"))
}

/// Runs ALTER SCHEMA.
pub(crate) async fn alter_schema(alter: &AlterSchema, work: &mut Work<'_>) -> Result<Outcome> {
    let mut schema = (*work.schema(&alter.name)?).clone();
    match &alter.action {
        AlterSchemaAction::RenameTo(to) => {
            work.require_schema_owner(&schema, ALTER)?;
            let name = to.folded(work.context.session.case_sensitive);
            if work.view.schema(&name)?.is_some() {
                return Err(schema_exists(&name).at(to.pos));
            }
            schema.name = name;
            mark_schema(schema.oid, work).await?;
        }
        AlterSchemaAction::OwnerTo(user) => {
            work.require_schema_owner(&schema, OrElse::NOTHING)?;
            let owned = Owned { object: GrantObject::Schema(schema.oid), owner: schema.owner };
            schema.owner = work.user(user)?.id;
            work.transaction.change_owner(owned, schema.owner).await?;
        }
        AlterSchemaAction::Quota(quota) => {
            work.require_superuser("set the quota of a schema")?;
            schema.quota_mb = *quota;
        }
    }
    work.transaction.update_schema(&schema).await?;
    Ok(Outcome::Done(CommandTag::plain("ALTER SCHEMA")))
}
