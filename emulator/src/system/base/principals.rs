//! Users, groups, databases and privileges.

use std::collections::HashMap;

use redshift_sql_dialect::{RedshiftType, Result};

use crate::{
    Credential,
    catalog::{GrantEntry, GrantObject, Grantee, Isolation, Privilege},
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
];

/// The users. Passwords are shown to superusers only.
pub fn user_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let for_superuser = source.is_superuser()?;
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

pub const PRIVILEGE_COLUMNS: &[BaseColumn] = &[
    ("object_kind", RedshiftType::Text),
    ("object", RedshiftType::Oid),
    ("schema", RedshiftType::Text),
    ("object_name", RedshiftType::Text),
    ("privilege", RedshiftType::Text),
    ("grantee", RedshiftType::Int4),
    ("grantee_name", RedshiftType::Text),
    ("grantee_kind", RedshiftType::Text),
    ("grantor", RedshiftType::Int4),
    ("grantor_name", RedshiftType::Text),
    ("grant_option", RedshiftType::Bool),
];

pub fn privilege_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let grants = source.directory.grants()?;
    if grants.is_empty() {
        return Ok(Vec::new());
    }
    let principals = Principals::of(&*source.directory)?;
    let mut objects: HashMap<GrantObject, (&'static str, Option<String>, String)> = HashMap::new();
    for database in source.directory.databases()? {
        objects.insert(GrantObject::Database(database.oid), ("database", None, database.name.clone()));
    }
    for schema in source.directory.schemas()? {
        objects.insert(GrantObject::Schema(schema.oid), ("schema", None, schema.name.clone()));
    }
    for relation in source.directory.relations()? {
        let named = ("relation", Some(relation.schema.clone()), relation.name.clone());
        objects.insert(GrantObject::Relation(relation.oid), named);
    }
    let row = |grant: &GrantEntry| {
        let (kind, schema, name) = objects.get(&grant.object)?.clone();
        let (GrantObject::Database(oid) | GrantObject::Schema(oid) | GrantObject::Relation(oid)) = grant.object;
        let (id, grantee, grantee_kind) = match grant.grantee {
            Grantee::Public => (0, "public".to_string(), "public"),
            Grantee::User(id) => (id.0, principals.user(id.0), "user"),
            Grantee::Group(id) => (id.0, principals.groups.get(&id.0).cloned().unwrap_or_default(), "group"),
        };
        Some(vec![
            kind.into(),
            oid.0.into(),
            schema.into(),
            name.into(),
            privilege_name(grant.privilege).into(),
            id.into(),
            grantee.into(),
            grantee_kind.into(),
            grant.grantor.0.into(),
            principals.user(grant.grantor.0).into(),
            grant.grant_option.into(),
        ])
    };
    Ok(grants.iter().filter_map(row).collect())
}

/// A privilege as GRANT names it.
pub fn privilege_name(privilege: Privilege) -> &'static str {
    match privilege {
        Privilege::Select => "SELECT",
        Privilege::Insert => "INSERT",
        Privilege::Update => "UPDATE",
        Privilege::Delete => "DELETE",
        Privilege::References => "REFERENCES",
        Privilege::Drop => "DROP",
        Privilege::Truncate => "TRUNCATE",
        Privilege::Alter => "ALTER",
        Privilege::Usage => "USAGE",
        Privilege::Create => "CREATE",
        Privilege::Temporary => "TEMP",
    }
}

/// A privilege's sign in an ACL, and its place there.
fn letter(privilege: Privilege) -> char {
    match privilege {
        Privilege::Insert => 'a',
        Privilege::Select => 'r',
        Privilege::Update => 'w',
        Privilege::Delete => 'd',
        Privilege::References => 'x',
        Privilege::Drop => 'D',
        Privilege::Alter => 'A',
        Privilege::Truncate => 't',
        Privilege::Usage => 'U',
        Privilege::Create => 'C',
        Privilege::Temporary => 'T',
    }
}

/// The ACLs of the objects on which privileges were granted.
pub struct Acls<'a> {
    grants: HashMap<GrantObject, Vec<GrantEntry>>,
    principals: &'a Principals,
}

impl<'a> Acls<'a> {
    pub fn of(source: &Source, principals: &'a Principals) -> Result<Self> {
        let mut grants: HashMap<GrantObject, Vec<GrantEntry>> = HashMap::new();
        for grant in source.directory.grants()? {
            grants.entry(grant.object).or_default().push(grant);
        }
        Ok(Acls { grants, principals })
    }

    /// The items of an object's ACL, the owner's first: `admin=arwdRxtD/admin`, `group g=r/admin`, `=r/admin`. None where
    /// nothing was granted, as in PostgreSQL.
    pub fn of_object(&self, object: GrantObject, owner: u32) -> Option<Vec<String>> {
        let grants = self.grants.get(&object)?;
        let all = match object {
            GrantObject::Relation(_) => "arwdRxtDA",
            GrantObject::Schema(_) => "UC",
            GrantObject::Database(_) => "CT",
        };
        let owner = self.principals.user(owner);
        let mut items = vec![format!("{}={all}/{}", quoted(&owner), quoted(&owner))];
        let mut holders: Vec<(Grantee, u32)> = Vec::new();
        for grant in grants {
            let holder = (grant.grantee, grant.grantor.0);
            if !holders.contains(&holder) {
                holders.push(holder);
            }
        }
        for (grantee, grantor) in holders {
            let name = match grantee {
                Grantee::Public => String::new(),
                Grantee::User(id) => quoted(&self.principals.user(id.0)),
                Grantee::Group(id) => {
                    let name = self.principals.groups.get(&id.0).map_or("", String::as_str);
                    format!("group {}", quoted(name))
                }
            };
            if name == quoted(&owner) {
                continue;
            }
            let held = grants.iter().filter(|grant| (grant.grantee, grant.grantor.0) == (grantee, grantor));
            let letters: String = held
                .map(|g| if g.grant_option { format!("{}*", letter(g.privilege)) } else { letter(g.privilege).into() })
                .collect();
            items.push(format!("{name}={letters}/{}", quoted(&self.principals.user(grantor))));
        }
        Some(items)
    }
}

/// A name in an ACL: in double quotes where it is not made of letters, digits and underscores.
fn quoted(name: &str) -> String {
    if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        name.to_string()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}
