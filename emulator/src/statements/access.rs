//! What a statement's user may do: the checks of DDL and maintenance.
//!
//! What queries and DML read and write is checked by the binder, where it finds a relation. Superusers pass everywhere
//! before the catalog is asked.
//!
//! Sources: developer guide, "Required privileges" of each command, "System permissions for RBAC".

use std::sync::Arc;

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{AssumingCommand, SystemPrivilege},
};

use super::Work;
use crate::{
    catalog::{
        ALL_IAM_ROLES, Actor, Database, GrantObject, Oid, Owned, Privilege, Relation, RelationKind, Routine, Schema,
        must_be_owner, permission_denied,
    },
    system::language_named,
};

/// What lets somebody do something with a relation who neither owns it nor is a superuser.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OrElse {
    /// A privilege on it.
    pub privilege: Option<Privilege>,
    /// What a role may do with every table, and with every view.
    pub system: [Option<SystemPrivilege>; 2],
}

impl OrElse {
    /// Nothing.
    pub const NOTHING: OrElse = OrElse { privilege: None, system: [None, None] };
    /// What ALTER TABLE takes.
    pub const ALTER: OrElse =
        OrElse { privilege: Some(Privilege::Alter), system: [Some(SystemPrivilege::AlterTable), None] };
    /// What DROP TABLE and DROP VIEW take.
    pub const DROP: OrElse = OrElse {
        privilege: Some(Privilege::Drop),
        system: [Some(SystemPrivilege::DropTable), Some(SystemPrivilege::DropView)],
    };
    /// What TRUNCATE takes.
    pub const TRUNCATE: OrElse =
        OrElse { privilege: Some(Privilege::Truncate), system: [Some(SystemPrivilege::TruncateTable), None] };
    /// What CREATE OR REPLACE VIEW takes of a view that is there.
    pub const REPLACE: OrElse = OrElse { privilege: None, system: [None, Some(SystemPrivilege::CreateOrReplaceView)] };
}

impl Work<'_> {
    /// The session's user, with everything that they hold privileges through.
    pub(crate) fn actor(&self) -> Result<Arc<Actor>> {
        match self.state.superuser {
            true => Ok(Arc::new(Actor::unrestricted(self.state.user_id))),
            false => self.view.actor(self.state.user_id),
        }
    }

    /// May the user do this anywhere: a superuser, or one with a role that may?
    pub(crate) fn has_system(&self, privilege: SystemPrivilege) -> Result<bool> {
        Ok(self.state.superuser || self.actor()?.has_system(privilege))
    }

    /// # Errors
    /// 42501 `must be superuser to ...`
    pub(crate) fn require_superuser(&self, what: &str) -> Result<()> {
        if self.state.superuser {
            return Ok(());
        }
        Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("must be superuser to {what}")))
    }

    /// A superuser, or one with a role that may do it.
    ///
    /// # Errors
    /// 42501 `must be superuser to ...`
    pub(crate) fn require_system(&self, privilege: SystemPrivilege, what: &str) -> Result<()> {
        if self.has_system(privilege)? { Ok(()) } else { self.require_superuser(what) }
    }

    /// One who may run a procedure. With its owner's rights (SECURITY DEFINER) only its owner can run it here.
    ///
    /// # Errors
    /// 42501 `permission denied for procedure p`; 0A000 where it would run with somebody else's rights.
    pub(crate) fn require_execute(&self, routine: &Routine) -> Result<()> {
        let owned = Owned { object: GrantObject::Procedure(routine.oid), owner: routine.owner };
        if !self.view.may_execute(&*self.actor()?, owned, routine.schema_oid)? {
            return Err(permission_denied("procedure", &routine.name));
        }
        Ok(())
    }

    /// One who may write functions or procedures in a language.
    ///
    /// # Errors
    /// 42501 `permission denied for language sql`
    pub(crate) fn require_language(&self, name: &str) -> Result<()> {
        let language = language_named(name).ok_or_else(|| Error::internal("a language that there is not"))?;
        if self.view.may_write_in(&*self.actor()?, Oid(language))? {
            return Ok(());
        }
        Err(permission_denied("language", name))
    }

    /// The owner of a function or a procedure.
    ///
    /// # Errors
    /// 42501 `must be owner of function f`
    pub(crate) fn require_routine_owner(&self, routine: &Routine) -> Result<()> {
        if self.state.superuser || routine.owner == self.state.user_id {
            return Ok(());
        }
        Err(must_be_owner("function", &routine.name))
    }

    /// The owner of a relation, or one who may do this particular thing with it.
    ///
    /// # Errors
    /// 42501 `must be owner of relation t`
    pub(crate) fn require_owner(&self, relation: &Relation, or_else: OrElse) -> Result<()> {
        if self.state.superuser || relation.owner == self.state.user_id {
            return Ok(());
        }
        let actor = self.actor()?;
        let [table, view] = or_else.system;
        let system = if matches!(relation.kind, RelationKind::View(_)) { view } else { table };
        if system.is_some_and(|privilege| actor.has_system(privilege)) {
            return Ok(());
        }
        if let Some(privilege) = or_else.privilege
            && self.view.rights_on(&actor, relation)?.has(privilege)
        {
            return Ok(());
        }
        Err(must_be_owner("relation", &relation.name))
    }

    /// One who may drop a relation: also the owner of its schema (developer guide, "DROP TABLE").
    ///
    /// # Errors
    /// 42501 `must be owner of relation t`
    pub(crate) fn require_drop(&self, relation: &Relation) -> Result<()> {
        let owns_schema = |schema: Option<Arc<Schema>>| schema.is_some_and(|s| s.owner == self.state.user_id);
        match self.require_owner(relation, OrElse::DROP) {
            Err(_) if owns_schema(self.view.schema(&relation.schema)?) => Ok(()),
            checked => checked,
        }
    }

    /// # Errors
    /// 42501 `permission denied for relation t`
    pub(crate) fn require_privilege(&self, relation: &Relation, privilege: Privilege) -> Result<()> {
        if self.state.superuser || self.view.rights_on(&*self.actor()?, relation)?.has(privilege) {
            return Ok(());
        }
        Err(permission_denied("relation", &relation.name))
    }

    /// One who may make something in a schema.
    ///
    /// # Errors
    /// 42501 `permission denied for schema s`
    pub(crate) fn require_create(&self, schema: &Schema, or_else: &[SystemPrivilege]) -> Result<()> {
        if self.state.superuser {
            return Ok(());
        }
        let actor = self.actor()?;
        if or_else.iter().any(|privilege| actor.has_system(*privilege))
            || self.view.may_with_schema(&actor, schema, Privilege::Create)?
        {
            return Ok(());
        }
        Err(permission_denied("schema", &schema.name))
    }

    /// The owner of a schema, or one with a privilege on it or a role that may.
    ///
    /// # Errors
    /// 42501 `must be owner of schema s`
    pub(crate) fn require_schema_owner(&self, schema: &Schema, or_else: OrElse) -> Result<()> {
        if self.state.superuser || schema.owner == self.state.user_id {
            return Ok(());
        }
        let actor = self.actor()?;
        if or_else.system.into_iter().flatten().any(|privilege| actor.has_system(privilege)) {
            return Ok(());
        }
        match or_else.privilege {
            Some(privilege) if self.view.may_with_schema(&actor, schema, privilege)? => Ok(()),
            _ => Err(must_be_owner("schema", &schema.name)),
        }
    }

    /// # Errors
    /// 42501 `must be owner of database d`
    pub(crate) fn require_database_owner(&self, database: &Database, or_else: Option<Privilege>) -> Result<()> {
        if self.state.superuser || database.owner == self.state.user_id {
            return Ok(());
        }
        match or_else {
            Some(privilege) if self.view.may_with_database(&*self.actor()?, database.oid, privilege)? => Ok(()),
            _ => Err(must_be_owner("database", &database.name)),
        }
    }

    /// One who may assume a role of IAM for a command: everybody, until that is revoked (developer guide, "Usage notes for
    /// granting the ASSUMEROLE permission").
    ///
    /// # Errors
    /// 42501 `User u does not have ASSUMEROLE permission on IAM role "arn" for COPY`
    pub(crate) fn require_assume_role(&self, role: &str, command: AssumingCommand) -> Result<()> {
        if self.state.superuser {
            return Ok(());
        }
        let actor = self.actor()?;
        for known in [ALL_IAM_ROLES, role] {
            let Some(found) = self.view.iam_role(known)? else { continue };
            if actor.holds(&self.view.grants_on(GrantObject::IamRole(found.id))?, Privilege::Assume(command)) {
                return Ok(());
            }
        }
        let user = &self.state.user;
        let message = format!("User {user} does not have ASSUMEROLE permission on IAM role \"{role}\" for {command}");
        Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message))
    }

    /// One who may make temporary tables.
    ///
    /// # Errors
    /// 42501
    pub(crate) fn require_temporary(&self) -> Result<()> {
        let database = self.transaction.database();
        if self.state.superuser || self.view.may_with_database(&*self.actor()?, database.oid, Privilege::Temporary)? {
            return Ok(());
        }
        let message = format!("permission denied to create temporary tables in database \"{}\"", database.name);
        Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message))
    }

    /// One who may make schemas.
    ///
    /// # Errors
    /// 42501 `permission denied for database d`
    pub(crate) fn require_create_schema(&self) -> Result<()> {
        let database = self.view.database_oid();
        if self.has_system(SystemPrivilege::CreateSchema)?
            || self.view.may_with_database(&*self.actor()?, database, Privilege::Create)?
        {
            return Ok(());
        }
        let name = self.view.databases()?.iter().find(|found| found.oid == database).map(|found| found.name.clone());
        Err(permission_denied("database", &name.unwrap_or_default()))
    }
}
