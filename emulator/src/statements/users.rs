//! CREATE, ALTER and DROP of users and groups, and whose session it is.
//!
//! Sources: developer guide, "CREATE USER", "ALTER USER", "DROP USER", "ALTER GROUP", "SET SESSION AUTHORIZATION".

use std::sync::Arc;

use datafusion::{logical_expr::Expr, scalar::ScalarValue};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{
        AlterGroup, AlterGroupAction, AlterUser, CreateGroup, CreateUser, DropPrincipal, PrincipalKind,
        SystemPrivilege, UserOption,
    },
    names::Ident,
};

use super::{Work, settings};
use crate::{
    Credential,
    binder::{CastKind, Typed, cast},
    catalog::{GrantObject, Grantee, Group, Oid, User},
    clock, credentials,
    result::{CommandTag, Notice, Outcome},
    session::SessionUser,
    settings::{CASE_SETTINGS, Span},
    system::logs::UserChangeRecord,
};

impl Work<'_> {
    /// The user of this name. "The case of a username enclosed in double quotation marks is always preserved" whatever the
    /// setting is ("enable_case_sensitive_identifier").
    pub(super) fn user(&self, name: &Ident) -> Result<Arc<User>> {
        let folded = name.folded(true);
        self.view.user(&folded)?.ok_or_else(|| {
            Error::new(SqlState::UNDEFINED_OBJECT, format!("user \"{folded}\" does not exist")).at(name.pos)
        })
    }

    pub(super) fn group(&self, name: &Ident) -> Result<Arc<Group>> {
        let folded = name.folded(self.context.session.case_sensitive);
        self.view.group(&folded)?.ok_or_else(|| {
            Error::new(SqlState::UNDEFINED_OBJECT, format!("group \"{folded}\" does not exist")).at(name.pos)
        })
    }

    /// Fails where a user, as which roles are named alike, has this name.
    pub(super) fn check_free(&self, name: &str, pos: u32) -> Result<()> {
        let taken = |kind: &str| {
            Err(Error::new(SqlState::DUPLICATE_OBJECT, format!("{kind} \"{name}\" already exists")).at(pos))
        };
        if self.view.user(name)?.is_some() {
            return taken("user");
        }
        if self.view.role(name)?.is_some() {
            return taken("role");
        }
        Ok(())
    }
}

/// Runs CREATE USER.
pub(crate) async fn create_user(create: &CreateUser, work: &mut Work<'_>) -> Result<Outcome> {
    work.require_system(SystemPrivilege::CreateUser, "create users")?;
    let name = create.name.folded(true);
    work.check_free(&name, create.name.pos)?;
    let mut user = User {
        id: Oid(0),
        name,
        password: Credential::Disabled,
        superuser: false,
        create_db: false,
        syslog_unrestricted: false,
        valid_until: None,
        connection_limit: None,
        session_timeout: None,
        external_id: None,
        settings: Vec::new(),
    };
    let groups = apply(&create.options, &mut user, work)?;
    if user.superuser {
        work.require_superuser("create superusers")?;
    }
    let id = work.transaction.create_user(user.clone()).await?;
    note_change("create", &User { id, ..user }, "", work);
    for group in groups {
        let mut changed = (*group).clone();
        changed.members.push(id);
        work.transaction.update_group(&changed).await?;
    }
    Ok(Outcome::Done(CommandTag::plain("CREATE USER")))
}

/// Runs ALTER USER: a user may change its own password and settings, a superuser everything; one with a role that may
/// alter users, everything of those who are no superusers.
pub(crate) async fn alter_user(alter: &AlterUser, work: &mut Work<'_>) -> Result<Outcome> {
    let old = work.user(&alter.name)?;
    let mut user = (*old).clone();
    let own = |option: &UserOption| {
        matches!(option, UserOption::Password(_) | UserOption::Set(_) | UserOption::Reset(_) | UserOption::ResetAll)
    };
    let of_own = user.id == work.state.user_id && alter.rename_to.is_none() && alter.options.iter().all(own);
    if !of_own {
        work.require_system(SystemPrivilege::AlterUser, "alter users")?;
    }
    if of_own && !work.has_system(SystemPrivilege::AlterUser)? {
        check_case_settings(&alter.options, work)?;
    }
    if let Some(name) = &alter.rename_to {
        let folded = name.folded(true);
        if user.id == work.state.authenticated.id {
            return Err(Error::unsupported("session user may not be renamed").at(name.pos));
        }
        work.check_free(&folded, name.pos)?;
        user.name = folded;
        // Its name is part of an md5 digest, so that the password is gone with it.
        if matches!(user.password, Credential::Md5(_)) {
            user.password = Credential::Disabled;
            work.state.notices.push(Notice::note("MD5 password cleared because of user rename"));
        }
    }
    apply(&alter.options, &mut user, work)?;
    if (old.superuser || user.superuser) && !of_own {
        work.require_superuser("alter superusers")?;
    }
    work.transaction.update_user(&user).await?;
    match user.name == old.name {
        true => note_change("alter", &user, "", work),
        false => note_change("rename", &user, &old.name, work),
    }
    Ok(Outcome::Done(CommandTag::plain("ALTER USER")))
}

/// "When your provisioned cluster or serverless namespace has any row-level security policies, the following commands are
/// blocked for regular users: ALTER <current_user> SET" of the settings that say how names are folded.
fn check_case_settings(options: &[UserOption], work: &Work<'_>) -> Result<()> {
    let blocked = options.iter().find_map(|option| match option {
        UserOption::Set(setting) => CASE_SETTINGS.iter().find(|name| setting.name == **name),
        _ => None,
    });
    let Some(name) = blocked else { return Ok(()) };
    for database in work.view.databases()? {
        if !work.view.in_database(database.oid).rls_policies()?.is_empty() {
            let message = format!("permission denied to set parameter \"{name}\" while there are RLS policies");
            return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message));
        }
    }
    Ok(())
}

/// Notes in the logs what becomes of a user (developer guide, "STL_USERLOG").
fn note_change(action: &'static str, user: &User, old_name: &str, work: &Work<'_>) {
    work.state.engine.logs().append(UserChangeRecord {
        user_id: user.id.0,
        user: user.name.clone(),
        old_user: old_name.to_string(),
        action,
        creates_databases: user.create_db,
        superuser: user.superuser,
        valid_until: user.valid_until,
        pid: work.state.login.pid,
        xid: work.transaction.id(),
        time: clock::now(),
    });
}

/// Gives a user its options and the groups that it is to join.
fn apply(options: &[UserOption], user: &mut User, work: &Work<'_>) -> Result<Vec<Arc<Group>>> {
    let mut groups = Vec::new();
    for option in options {
        match option {
            UserOption::Password(password) => {
                user.password = match password {
                    Some(password) => credentials::from_password(password, &user.name)?,
                    None => Credential::Disabled,
                };
            }
            UserOption::CreateDb(create_db) => user.create_db = *create_db,
            UserOption::CreateUser(superuser) => user.superuser = *superuser,
            UserOption::SyslogUnrestricted(unrestricted) => user.syslog_unrestricted = *unrestricted,
            UserOption::InGroup(names) => {
                groups.extend(names.iter().map(|name| work.group(name)).collect::<Result<Vec<_>>>()?);
            }
            UserOption::ValidUntil(text) if text.eq_ignore_ascii_case("infinity") => user.valid_until = None,
            UserOption::ValidUntil(text) => user.valid_until = Some(instant(text, work)?),
            UserOption::ConnectionLimit(limit) => user.connection_limit = *limit,
            UserOption::SessionTimeout(seconds) => user.session_timeout = session_timeout(*seconds)?,
            UserOption::ExternalId(id) => user.external_id = Some(id.clone()),
            UserOption::NoLogin | UserOption::Login(_) => {
                return Err(Error::unsupported("ALTER USER NOLOGIN and LOGIN are not supported"));
            }
            UserOption::Set(setting) => {
                user.settings.retain(|(name, _)| *name != setting.name);
                if let Some(values) = &setting.value {
                    let value = settings::checked(&setting.name, values)?;
                    user.settings.push((setting.name.clone(), value));
                }
            }
            UserOption::ResetAll => user.settings.clear(),
            UserOption::Reset(name) => user.settings.retain(|(other, _)| other != name),
        }
    }
    Ok(groups)
}

/// From a minute to twenty days.
fn session_timeout(seconds: Option<u32>) -> Result<Option<u32>> {
    match seconds {
        Some(seconds) if !(60..=1_728_000).contains(&seconds) => {
            let message = format!("session timeout {seconds} is outside the valid range (60 .. 1728000)");
            Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message))
        }
        seconds => Ok(seconds),
    }
}

/// Microseconds since 1970 of a literal's instant.
fn instant(text: &str, work: &Work<'_>) -> Result<i64> {
    let literal = Typed::literal(ScalarValue::Utf8View(Some(text.to_string())), RedshiftType::Unknown);
    let value = cast(literal, RedshiftType::TimestampTz, CastKind::Explicit, &work.context)?;
    match value.expr {
        Expr::Literal(ScalarValue::TimestampMicrosecond(Some(micros), _), _) => Ok(micros),
        _ => Err(Error::new(
            SqlState::INVALID_DATETIME_FORMAT,
            format!("invalid input syntax for type abstime: \"{text}\""),
        )),
    }
}

/// Runs CREATE GROUP.
pub(crate) async fn create_group(create: &CreateGroup, work: &mut Work<'_>) -> Result<Outcome> {
    work.require_superuser("create groups")?;
    let name = create.name.folded(work.context.session.case_sensitive);
    check_group_name(&name).map_err(|error| error.at(create.name.pos))?;
    if work.view.group(&name)?.is_some() {
        let message = format!("group \"{name}\" already exists");
        return Err(Error::new(SqlState::DUPLICATE_OBJECT, message).at(create.name.pos));
    }
    let members = create.users.iter().map(|user| Ok(work.user(user)?.id)).collect::<Result<_>>()?;
    work.transaction.create_group(Group { id: Oid(0), name, members }).await?;
    Ok(Outcome::Done(CommandTag::plain("CREATE GROUP")))
}

/// "Group names beginning with two underscores are reserved for Amazon Redshift internal use" ("CREATE GROUP").
fn check_group_name(name: &str) -> Result<()> {
    if !name.starts_with("__") {
        return Ok(());
    }
    Err(Error::new(SqlState::RESERVED_NAME, format!("group name \"{name}\" is reserved")))
}

/// Runs ALTER GROUP.
pub(crate) async fn alter_group(alter: &AlterGroup, work: &mut Work<'_>) -> Result<Outcome> {
    work.require_superuser("alter groups")?;
    let mut group = (*work.group(&alter.name)?).clone();
    match &alter.action {
        AlterGroupAction::AddUsers(users) => {
            for name in users {
                let user = work.user(name)?.id;
                if !group.members.contains(&user) {
                    group.members.push(user);
                }
            }
        }
        AlterGroupAction::DropUsers(users) => {
            for name in users {
                let user = work.user(name)?.id;
                group.members.retain(|member| *member != user);
            }
        }
        AlterGroupAction::RenameTo(name) => {
            let folded = name.folded(work.context.session.case_sensitive);
            check_group_name(&folded).map_err(|error| error.at(name.pos))?;
            if work.view.group(&folded)?.is_some() {
                let message = format!("group \"{folded}\" already exists");
                return Err(Error::new(SqlState::DUPLICATE_OBJECT, message).at(name.pos));
            }
            group.name = folded;
        }
    }
    work.transaction.update_group(&group).await?;
    Ok(Outcome::Done(CommandTag::plain("ALTER GROUP")))
}

/// Runs DROP USER and DROP GROUP.
pub(crate) async fn drop_principal(drop: &DropPrincipal, work: &mut Work<'_>) -> Result<Outcome> {
    match drop.kind {
        PrincipalKind::Group => {
            work.require_superuser("drop groups")?;
            for name in &drop.names {
                let group = work.group(name)?;
                // Developer guide, "DROP GROUP".
                if holds_privilege(Grantee::Group(group.id), work)? {
                    let message = format!(
                        "group \"{}\" can't be dropped because the group has a privilege on some object",
                        group.name
                    );
                    return Err(Error::new(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message).at(name.pos));
                }
                work.transaction.drop_group(group.id).await?;
            }
            Ok(Outcome::Done(CommandTag::plain("DROP GROUP")))
        }
        PrincipalKind::User | PrincipalKind::Role | PrincipalKind::Public => {
            work.require_system(SystemPrivilege::DropUser, "drop users")?;
            for name in &drop.names {
                match work.user(name) {
                    Ok(user) => drop_user(&user, name, work).await?,
                    Err(error) => skip(drop, error, work)?,
                }
            }
            Ok(Outcome::Done(CommandTag::plain("DROP USER")))
        }
    }
}

/// One that is not there is no error with IF EXISTS.
fn skip(drop: &DropPrincipal, error: Error, work: &mut Work<'_>) -> Result<()> {
    if drop.if_exists && error.sqlstate() == SqlState::UNDEFINED_OBJECT {
        work.inform(format!("{}, skipping", error.message()));
        return Ok(());
    }
    Err(error)
}

/// A user that owns something in this database, or holds a privilege there, stays (developer guide, "DROP USER").
async fn drop_user(user: &User, name: &Ident, work: &Work<'_>) -> Result<()> {
    if user.id == work.state.user_id {
        return Err(Error::new(SqlState::OBJECT_IN_USE, "current user cannot be dropped").at(name.pos));
    }
    if user.id == work.state.authenticated.id {
        return Err(Error::new(SqlState::OBJECT_IN_USE, "session user cannot be dropped").at(name.pos));
    }
    if user.superuser {
        work.require_superuser("drop superusers")?;
    }
    let refuse = |why: &str| {
        let message = format!("user \"{}\" cannot be dropped because the user {why}", user.name);
        Err(Error::new(SqlState::OBJECT_IN_USE, message).at(name.pos))
    };
    let owns = work.view.relations()?.iter().any(|relation| relation.owner == user.id)
        || work.view.schemas()?.iter().any(|schema| schema.owner == user.id)
        || work.view.databases()?.iter().any(|database| database.owner == user.id)
        || work.view.roles()?.iter().any(|role| role.owner == user.id);
    if owns {
        return refuse("owns some object");
    }
    let grants = work.view.grants()?;
    let has_defaults =
        grants.iter().any(|entry| matches!(entry.object, GrantObject::Default { owner, .. } if owner == user.id));
    if has_defaults || holds_privilege(Grantee::User(user.id), work)? {
        return refuse("has a privilege on some object");
    }
    work.transaction.drop_user(user.id).await?;
    note_change("drop", user, "", work);
    Ok(())
}

/// Does somebody hold a privilege on an object of this database?
fn holds_privilege(grantee: Grantee, work: &Work<'_>) -> Result<bool> {
    let here = |object: GrantObject| {
        Ok::<bool, Error>(match object {
            GrantObject::Relation(oid) | GrantObject::Column(oid, _) => work.view.relation_by_oid(oid)?.is_some(),
            GrantObject::Schema(oid) | GrantObject::InSchema(_, oid) => {
                work.view.schemas()?.iter().any(|schema| schema.oid == oid)
            }
            GrantObject::Role(_) => false,
            _ => true,
        })
    };
    for entry in work.view.grants_to(grantee)? {
        if here(entry.object)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Runs SET SESSION AUTHORIZATION and its RESET: to a user, or back to the one who logged in.
pub(crate) fn set_session_authorization(user: Option<&str>, span: Span, work: &mut Work<'_>) -> Result<Outcome> {
    let tag = Outcome::Done(CommandTag::plain("SET"));
    let Some(name) = user else {
        let own = work.state.authenticated.clone();
        work.state.act_as(own, span);
        return Ok(tag);
    };
    let ident = Ident::new(name);
    let user = work.user(&ident).map_err(Error::without_position)?;
    if !work.state.authenticated.superuser && user.id != work.state.authenticated.id {
        return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, "permission denied to set session authorization"));
    }
    work.state.act_as(SessionUser::from(&*user), span);
    Ok(tag)
}
