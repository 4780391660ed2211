//! CREATE, ALTER and DROP ROLE, and granting roles.
//!
//! Sources: developer guide, "CREATE ROLE", "ALTER ROLE", "DROP ROLE", "Role hierarchy", "Considerations for role usage in
//! RBAC".

use std::sync::Arc;

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{AlterRole, AlterRoleAction, CreateRole, DropRole, Grant, Grantee as Named, SystemPrivilege},
    names::Ident,
};

use super::{Work, privileges::Holder};
use crate::{
    catalog::{GrantEntry, GrantObject, Grantee, Oid, Privilege, Role},
    result::{CommandTag, Outcome},
};

impl Work<'_> {
    /// The role of this name.
    pub(super) fn role(&self, name: &Ident) -> Result<Arc<Role>> {
        let folded = name.folded(self.context.session.case_sensitive);
        self.view.role(&folded)?.ok_or_else(|| {
            Error::new(SqlState::UNDEFINED_OBJECT, format!("role \"{folded}\" does not exist")).at(name.pos)
        })
    }

    /// One who may change a role or give it to others: a superuser, its owner, and who holds it WITH ADMIN OPTION.
    fn require_admin(&self, role: &Role) -> Result<()> {
        let user = self.state.user_id;
        if self.state.superuser || role.owner == user {
            return Ok(());
        }
        let grants = self.view.grants_on(GrantObject::Role(role.id))?;
        if grants.iter().any(|entry| entry.grantee == Grantee::User(user) && entry.grant_option) {
            return Ok(());
        }
        Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("permission denied for role {}", role.name)))
    }
}

/// A name that a role can have: not one of the system's, and without the characters that separate names.
fn check_name(name: &str, pos: u32) -> Result<()> {
    let invalid = name.starts_with("sys:")
        || name.starts_with("ds:")
        || name == "public"
        || name.contains([':', '/', '\\', '\n', '.']);
    match invalid {
        true => Err(Error::new(SqlState("42939"), format!("role name \"{name}\" is reserved or invalid")).at(pos)),
        false => Ok(()),
    }
}

/// Runs CREATE ROLE.
pub(crate) async fn create_role(create: &CreateRole, work: &mut Work<'_>) -> Result<Outcome> {
    work.require_system(SystemPrivilege::CreateRole, "create roles")?;
    let name = create.name.folded(work.context.session.case_sensitive);
    check_name(&name, create.name.pos)?;
    work.check_free(&name, create.name.pos)?;
    let owner = work.state.user_id;
    work.transaction.create_role(Role { id: Oid(0), name, owner, external_id: create.external_id.clone() }).await?;
    Ok(Outcome::Done(CommandTag::plain("CREATE ROLE")))
}

/// Runs ALTER ROLE.
pub(crate) async fn alter_role(alter: &AlterRole, work: &mut Work<'_>) -> Result<Outcome> {
    let mut role = (*work.role(&alter.name)?).clone();
    if role.is_system() {
        let message = format!("system role \"{}\" cannot be altered", role.name);
        return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message).at(alter.name.pos));
    }
    work.require_admin(&role)?;
    for action in &alter.actions {
        match action {
            AlterRoleAction::RenameTo(name) => {
                let folded = name.folded(work.context.session.case_sensitive);
                check_name(&folded, name.pos)?;
                work.check_free(&folded, name.pos)?;
                role.name = folded;
            }
            AlterRoleAction::OwnerTo(user) => role.owner = work.user(user)?.id,
            AlterRoleAction::ExternalIdTo(id) => role.external_id = Some(id.clone()),
        }
    }
    work.transaction.update_role(&role).await?;
    Ok(Outcome::Done(CommandTag::plain("ALTER ROLE")))
}

/// Runs DROP ROLE.
pub(crate) async fn drop_role(drop: &DropRole, work: &mut Work<'_>) -> Result<Outcome> {
    let role = work.role(&drop.name)?;
    if role.is_system() {
        let message = format!("system role \"{}\" cannot be dropped", role.name);
        return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message).at(drop.name.pos));
    }
    if !work.has_system(SystemPrivilege::DropRole)? {
        work.require_admin(&role)?;
    }
    if !drop.force {
        let refuse = |why: &str| {
            let message = format!("cannot drop this role since it {why}");
            Err(Error::new(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message).at(drop.name.pos))
        };
        match work.view.grants_on(GrantObject::Role(role.id))?.first().map(|entry| entry.grantee) {
            Some(Grantee::Role(_)) => return refuse("has been granted on a role"),
            Some(_) => return refuse("has been granted on a user"),
            None => {}
        }
        let held = work.view.grants_to(Grantee::Role(role.id))?;
        if held.iter().any(|entry| matches!(entry.object, GrantObject::Role(_))) {
            return refuse("depends on another role");
        }
    }
    work.transaction.drop_role(role.id).await?;
    Ok(Outcome::Done(CommandTag::plain("DROP ROLE")))
}

/// Gives roles to users and roles, or takes them back.
pub(super) async fn grant_roles(grant: &Grant, names: &[Ident], work: &mut Work<'_>) -> Result<()> {
    for name in names {
        let role = work.role(name)?;
        work.require_admin(&role).map_err(|error| error.at(name.pos))?;
        for grantee in &grant.grantees {
            let Holder { grantee, grant_option } = match grantee {
                Named::User { .. } | Named::Role(_) => work.holder(grantee)?,
                _ => return Err(Error::unsupported("a role can be granted to users and roles only")),
            };
            let object = GrantObject::Role(role.id);
            if grant.revoke {
                revoke_role(grant, object, grantee, work).await?;
                continue;
            }
            if let Grantee::Role(member) = grantee
                && (member == role.id || work.view.roles_of(Grantee::Role(role.id))?.contains(&member))
            {
                let message = format!("role \"{}\" cannot be granted in a cycle", role.name);
                return Err(Error::new(SqlState::INVALID_GRANT_OPERATION, message).at(name.pos));
            }
            let grantor = work.state.user_id;
            let grant_option = grant_option || grant.grant_option;
            work.transaction
                .grant(GrantEntry { object, grantee, privilege: Privilege::Member, grantor, grant_option })
                .await?;
        }
    }
    Ok(())
}

/// REVOKE ROLE, or ADMIN OPTION FOR it only.
async fn revoke_role(grant: &Grant, object: GrantObject, grantee: Grantee, work: &Work<'_>) -> Result<()> {
    let held = work.view.grants_on(object)?.into_iter().find(|entry| entry.grantee == grantee);
    match held {
        Some(entry) if grant.grant_option => work.transaction.grant(GrantEntry { grant_option: false, ..entry }).await,
        Some(_) => work.transaction.revoke(object, grantee, Privilege::Member).await,
        None => Ok(()),
    }
}
