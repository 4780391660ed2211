//! CREATE, ALTER and DROP of users and groups.

use std::sync::Arc;

use datafusion::{logical_expr::Expr, scalar::ScalarValue};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{AlterUser, CreateGroup, CreateUser, DropPrincipal, PrincipalKind, UserOption},
    names::Ident,
};

use super::Work;
use crate::{
    Credential,
    binder::{CastKind, Typed, cast},
    catalog::{Group, Oid, User},
    credentials,
    result::{CommandTag, Outcome},
};

impl Work<'_> {
    /// The user of this name.
    pub(super) fn user(&self, name: &Ident) -> Result<Arc<User>> {
        let folded = name.folded(self.context.session.case_sensitive);
        self.view.user(&folded)?.ok_or_else(|| {
            Error::new(SqlState::UNDEFINED_OBJECT, format!("user \"{folded}\" does not exist")).at(name.pos)
        })
    }

    fn group(&self, name: &Ident) -> Result<Arc<Group>> {
        let folded = name.folded(self.context.session.case_sensitive);
        self.view.groups()?.into_iter().find(|group| group.name == folded).ok_or_else(|| {
            Error::new(SqlState::UNDEFINED_OBJECT, format!("group \"{folded}\" does not exist")).at(name.pos)
        })
    }

    fn require_superuser(&self, what: &str) -> Result<()> {
        let superuser = self.view.user(&self.context.session.user)?.is_some_and(|user| user.superuser);
        if superuser {
            return Ok(());
        }
        Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("must be superuser to {what}")))
    }
}

/// Runs CREATE USER.
pub(crate) async fn create_user(create: &CreateUser, work: &mut Work<'_>) -> Result<Outcome> {
    work.require_superuser("create users")?;
    let name = create.name.folded(work.context.session.case_sensitive);
    if work.view.user(&name)?.is_some() {
        let message = format!("user \"{name}\" already exists");
        return Err(Error::new(SqlState::DUPLICATE_OBJECT, message).at(create.name.pos));
    }
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
    let id = work.transaction.create_user(user).await?;
    for group in groups {
        let mut changed = (*group).clone();
        changed.members.push(id);
        work.transaction.update_group(&changed).await?;
    }
    Ok(Outcome::Done(CommandTag::plain("CREATE USER")))
}

/// Runs ALTER USER: a user may change its own password, a superuser everything.
pub(crate) async fn alter_user(alter: &AlterUser, work: &mut Work<'_>) -> Result<Outcome> {
    let mut user = (*work.user(&alter.name)?).clone();
    let own_password = user.name == work.context.session.user
        && alter.rename_to.is_none()
        && alter.options.iter().all(|option| matches!(option, UserOption::Password(_)));
    if !own_password {
        work.require_superuser("alter users")?;
    }
    if let Some(name) = &alter.rename_to {
        user.name = name.folded(work.context.session.case_sensitive);
        // Its name is part of an md5 digest, so that the password is gone with it.
        if matches!(user.password, Credential::Md5(_)) {
            user.password = Credential::Disabled;
        }
    }
    apply(&alter.options, &mut user, work)?;
    work.transaction.update_user(&user).await?;
    Ok(Outcome::Done(CommandTag::plain("ALTER USER")))
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
            UserOption::Set(_) => return Err(Error::unsupported("ALTER USER SET is not supported")),
            UserOption::Reset(_) => return Err(Error::unsupported("ALTER USER RESET is not supported")),
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
    if work.view.groups()?.iter().any(|group| group.name == name) {
        let message = format!("group \"{name}\" already exists");
        return Err(Error::new(SqlState::DUPLICATE_OBJECT, message).at(create.name.pos));
    }
    let members = create.users.iter().map(|user| Ok(work.user(user)?.id)).collect::<Result<_>>()?;
    work.transaction.create_group(Group { id: Oid(0), name, members }).await?;
    Ok(Outcome::Done(CommandTag::plain("CREATE GROUP")))
}

/// Runs DROP USER and DROP GROUP.
pub(crate) async fn drop_principal(drop: &DropPrincipal, work: &mut Work<'_>) -> Result<Outcome> {
    let tag = match drop.kind {
        PrincipalKind::User => "DROP USER",
        PrincipalKind::Group => "DROP GROUP",
        PrincipalKind::Role | PrincipalKind::Public => return Err(Error::unsupported("DROP ROLE is not supported")),
    };
    work.require_superuser("drop users and groups")?;
    for name in &drop.names {
        let found = match drop.kind {
            PrincipalKind::User => work.user(name).map(|user| user.id),
            _ => work.group(name).map(|group| group.id),
        };
        match found {
            Err(error) if drop.if_exists && error.sqlstate() == SqlState::UNDEFINED_OBJECT => {}
            Err(error) => return Err(error),
            Ok(id) if drop.kind == PrincipalKind::User => drop_user(id, name, work).await?,
            Ok(id) => work.transaction.drop_group(id).await?,
        }
    }
    Ok(Outcome::Done(CommandTag::plain(tag)))
}

/// A user that owns something stays (developer guide, "DROP USER").
async fn drop_user(id: Oid, name: &Ident, work: &Work<'_>) -> Result<()> {
    if id == work.state.user_id {
        return Err(Error::new(SqlState::OBJECT_IN_USE, "current user cannot be dropped").at(name.pos));
    }
    let owns = work.view.relations()?.iter().any(|relation| relation.owner == id)
        || work.view.schemas()?.iter().any(|schema| schema.owner == id)
        || work.view.databases()?.iter().any(|database| database.owner == id);
    if owns {
        let message = format!("user \"{}\" cannot be dropped because the user owns some object", name.value);
        return Err(Error::new(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message).at(name.pos));
    }
    work.transaction.drop_user(id).await
}
