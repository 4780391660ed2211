//! Users, groups, databases and privileges.

use std::sync::Arc;

use redshift_sql_dialect::{RedshiftType, Result};

use super::privileges::Acls;
use crate::{
    Credential,
    catalog::{GrantObject, Isolation, Role},
    system::{
        Source,
        directory::Principals,
        rows::{BaseColumn, Cell},
    },
};

pub const USER_COLUMNS: &[BaseColumn] = &[
    ("id", RedshiftType::Int4),
    ("name", RedshiftType::Name),
    ("can_create_databases", RedshiftType::Bool),
    ("is_superuser", RedshiftType::Bool),
    ("password", RedshiftType::Text),
    ("valid_until", RedshiftType::AbsTime),
    ("valid_until_time", RedshiftType::TimestampTz),
    ("config", RedshiftType::TextArray),
    ("connection_limit", RedshiftType::Text),
    ("sees_all_logs", RedshiftType::Bool),
    ("session_timeout", RedshiftType::Int4),
    ("external_id", RedshiftType::Text),
    // May the user see what SVV_USER_INFO tells of it?
    ("accessible", RedshiftType::Bool),
];

/// The users. Passwords are shown to superusers only.
pub fn user_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let for_superuser = source.is_superuser()?;
    let sees_all = source.sees_all_rows()?;
    let mut rows = Vec::new();
    for user in source.directory.users()? {
        let password = match &user.password {
            Credential::Md5(digest) | Credential::Sha256(digest) if for_superuser => Some(digest.clone()),
            Credential::Anything | Credential::Disabled | Credential::Md5(_) | Credential::Sha256(_) => None,
        };
        let config: Vec<String> = user.settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let limit = user.connection_limit.map_or_else(|| "UNLIMITED".to_string(), |limit| limit.to_string());
        rows.push(vec![
            user.id.0.into(),
            user.name.clone().into(),
            user.create_db.into(),
            user.superuser.into(),
            password.into(),
            user.valid_until.map(|micros| micros.div_euclid(1_000_000)).into(),
            user.valid_until.into(),
            if config.is_empty() { Cell::Null } else { config.into() },
            limit.into(),
            user.syslog_unrestricted.into(),
            user.session_timeout.unwrap_or(0).into(),
            user.external_id.clone().into(),
            (sees_all || user.id.0 == source.session.user_id).into(),
        ]);
    }
    Ok(rows)
}

pub const GROUP_COLUMNS: &[BaseColumn] =
    &[("id", RedshiftType::Int4), ("name", RedshiftType::Name), ("members", RedshiftType::Int4Array)];

pub fn group_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let groups = source.directory.groups()?;
    let row = |group: &crate::catalog::Group| {
        let members: Vec<i64> = group.members.iter().map(|member| i64::from(member.0)).collect();
        let members = if members.is_empty() { Cell::Null } else { members.into() };
        vec![group.id.0.into(), group.name.clone().into(), members]
    };
    Ok(groups.iter().map(|group| row(group)).collect())
}

pub const DATABASE_COLUMNS: &[BaseColumn] = &[
    ("oid", RedshiftType::Oid),
    ("name", RedshiftType::Name),
    ("owner", RedshiftType::Int4),
    ("is_template", RedshiftType::Bool),
    ("connection_limit", RedshiftType::Int4),
    ("isolation_level", RedshiftType::Text),
    ("acl", RedshiftType::AclItemArray),
    ("acl_text", RedshiftType::Text),
    ("comment", RedshiftType::Text),
];

pub fn database_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let principals = Principals::of(&*source.directory)?;
    let acls = Acls::of(source, &principals)?;
    let databases = source.directory.databases()?.into_iter().map(|database| {
        let acl = acls.of_object(GrantObject::Database(database.oid), database.owner.0);
        let isolation = match database.isolation {
            Isolation::Snapshot => "Snapshot Isolation",
            Isolation::Serializable => "Serializable",
        };
        vec![
            database.oid.0.into(),
            database.name.clone().into(),
            database.owner.0.into(),
            false.into(),
            database.connection_limit.map_or(-1, i64::from).into(),
            isolation.into(),
            acl.clone().into(),
            acl.map(|items| items.join("~")).into(),
            database.comment.clone().into(),
        ]
    });
    Ok(databases.collect())
}

pub const ROLE_COLUMNS: &[BaseColumn] = &[
    ("id", RedshiftType::Int4),
    ("name", RedshiftType::Text),
    ("owner", RedshiftType::Int4),
    ("owner_name", RedshiftType::Text),
    ("external_id", RedshiftType::Text),
];

/// The roles, which everybody may see (developer guide, "SVV_ROLES").
pub fn role_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let principals = Principals::of(&*source.directory)?;
    let row = |role: Arc<Role>| {
        vec![
            role.id.0.into(),
            role.name.clone().into(),
            role.owner.0.into(),
            principals.user(role.owner.0).into(),
            role.external_id.clone().into(),
        ]
    };
    Ok(source.directory.roles()?.into_iter().map(row).collect())
}
