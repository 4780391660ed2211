//! Databases, users and groups: what all databases share.

use std::sync::Arc;

use redshift_sql_dialect::{Error, Result, SqlState};
use serde::{Deserialize, Serialize};

use super::{
    GrantObject, Grantee, Oid, RlsPolicy, Schema, Transaction, TransactionView,
    objects::{Cache, Caches, Kind, Object},
    open::{self, Counter},
};
use crate::Credential;

/// How transactions of a database are kept apart (CREATE DATABASE ... ISOLATION LEVEL).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Isolation {
    /// Each sees its snapshot; two that change the same rows conflict. Redshift's default.
    #[default]
    Snapshot,
    /// And those that no serial order could have given conflict too.
    Serializable,
}

/// A database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// pg_database.oid
    pub oid: Oid,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub owner: Oid,
    /// How many connections; none is UNLIMITED.
    pub connection_limit: Option<u32>,
    /// COLLATE CASE_INSENSITIVE?
    pub case_insensitive: bool,
    /// Its isolation level.
    pub isolation: Isolation,
    /// Microseconds since 1970 of CREATE.
    pub created: i64,
    /// COMMENT ON DATABASE
    pub comment: Option<String>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// pg_user.usesysid; from 100.
    pub id: Oid,
    /// Its name.
    pub name: String,
    /// How its password is kept.
    pub password: Credential,
    /// CREATEUSER: a superuser?
    pub superuser: bool,
    /// CREATEDB?
    pub create_db: bool,
    /// SYSLOG ACCESS UNRESTRICTED?
    pub syslog_unrestricted: bool,
    /// VALID UNTIL, as microseconds since 1970.
    pub valid_until: Option<i64>,
    /// CONNECTION LIMIT; none is UNLIMITED.
    pub connection_limit: Option<u32>,
    /// SESSION TIMEOUT in seconds.
    pub session_timeout: Option<u32>,
    /// EXTERNALID
    pub external_id: Option<String>,
    /// ALTER USER ... SET: settings that its sessions begin with.
    pub settings: Vec<(String, String)>,
}

/// A group of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// pg_group.grosysid; from 100.
    pub id: Oid,
    /// Its name.
    pub name: String,
    /// Its users.
    pub members: Vec<Oid>,
}

/// A role: privileges under a name, which users and other roles are given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// svv_roles.role_id
    pub id: Oid,
    /// Its name; one of the system's begins with `sys:`.
    pub name: String,
    /// Who made it.
    pub owner: Oid,
    /// EXTERNALID
    pub external_id: Option<String>,
}

impl Role {
    /// Is it one of the system's, which cannot be changed?
    pub fn is_system(&self) -> bool {
        self.name.starts_with("sys:")
    }
}

/// A role of IAM that ASSUMEROLE was granted on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamRole {
    /// Its number here.
    pub id: Oid,
    /// Its ARN, several with commas where they are chained; `default` and `ALL` stand for themselves.
    pub arn: String,
}

/// Where objects that have no parent stand.
const NOWHERE: Oid = Oid(0);

impl Object for Database {
    const KIND: Kind = Kind::Database;

    fn oid(&self) -> Oid {
        self.oid
    }

    fn parent(&self) -> Oid {
        NOWHERE
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn cache(caches: &Caches) -> &Cache<Self> {
        &caches.databases
    }

    fn duplicate(&self) -> Error {
        Error::new(SqlState::DUPLICATE_DATABASE, format!("database \"{}\" already exists", self.name))
    }
}

impl Object for User {
    const KIND: Kind = Kind::User;

    fn oid(&self) -> Oid {
        self.id
    }

    fn parent(&self) -> Oid {
        NOWHERE
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn cache(caches: &Caches) -> &Cache<Self> {
        &caches.users
    }

    fn duplicate(&self) -> Error {
        Error::new(SqlState::DUPLICATE_OBJECT, format!("user \"{}\" already exists", self.name))
    }
}

impl Object for Group {
    const KIND: Kind = Kind::Group;

    fn oid(&self) -> Oid {
        self.id
    }

    fn parent(&self) -> Oid {
        NOWHERE
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn cache(caches: &Caches) -> &Cache<Self> {
        &caches.groups
    }

    fn duplicate(&self) -> Error {
        Error::new(SqlState::DUPLICATE_OBJECT, format!("group \"{}\" already exists", self.name))
    }
}

impl Object for Role {
    const KIND: Kind = Kind::Role;

    fn oid(&self) -> Oid {
        self.id
    }

    fn parent(&self) -> Oid {
        NOWHERE
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn cache(caches: &Caches) -> &Cache<Self> {
        &caches.roles
    }

    fn duplicate(&self) -> Error {
        Error::new(SqlState::DUPLICATE_OBJECT, format!("role \"{}\" already exists", self.name))
    }
}

impl Object for IamRole {
    const KIND: Kind = Kind::IamRole;

    fn oid(&self) -> Oid {
        self.id
    }

    fn parent(&self) -> Oid {
        NOWHERE
    }

    fn name(&self) -> &str {
        &self.arn
    }

    fn cache(caches: &Caches) -> &Cache<Self> {
        &caches.iam_roles
    }

    fn duplicate(&self) -> Error {
        Error::new(SqlState::DUPLICATE_OBJECT, format!("IAM role \"{}\" already exists", self.arn))
    }
}

impl TransactionView {
    /// All databases, by OID.
    pub fn databases(&self) -> Result<Vec<Arc<Database>>> {
        Ok(self.objects_in(NOWHERE)?.into_iter().map(|version| version.object).collect())
    }

    /// The database of this name.
    pub fn database_named(&self, name: &str) -> Result<Option<Arc<Database>>> {
        Ok(self.object_named(NOWHERE, name)?.map(|version| version.object))
    }

    /// All users, by id.
    pub fn users(&self) -> Result<Vec<Arc<User>>> {
        Ok(self.objects_in(NOWHERE)?.into_iter().map(|version| version.object).collect())
    }

    /// The user of this name.
    pub fn user(&self, name: &str) -> Result<Option<Arc<User>>> {
        Ok(self.object_named(NOWHERE, name)?.map(|version| version.object))
    }

    /// All groups, by id.
    pub fn groups(&self) -> Result<Vec<Arc<Group>>> {
        Ok(self.objects_in(NOWHERE)?.into_iter().map(|version| version.object).collect())
    }

    /// The group of this name.
    pub fn group(&self, name: &str) -> Result<Option<Arc<Group>>> {
        Ok(self.object_named(NOWHERE, name)?.map(|version| version.object))
    }

    /// All roles, the system's first, by id.
    pub fn roles(&self) -> Result<Vec<Arc<Role>>> {
        Ok(self.objects_in(NOWHERE)?.into_iter().map(|version| version.object).collect())
    }

    /// The role of this name.
    pub fn role(&self, name: &str) -> Result<Option<Arc<Role>>> {
        Ok(self.object_named(NOWHERE, name)?.map(|version| version.object))
    }

    /// The roles of IAM that ASSUMEROLE was granted on.
    pub fn iam_roles(&self) -> Result<Vec<Arc<IamRole>>> {
        Ok(self.objects_in(NOWHERE)?.into_iter().map(|version| version.object).collect())
    }

    /// The role of IAM with this ARN.
    pub fn iam_role(&self, arn: &str) -> Result<Option<Arc<IamRole>>> {
        Ok(self.object_named(NOWHERE, arn)?.map(|version| version.object))
    }
}

impl Transaction {
    /// Makes a database with a schema `public`; its `oid` is given here.
    ///
    /// # Errors
    /// 42P04 where there is one of this name.
    pub async fn create_database(&self, database: Database) -> Result<Oid> {
        let database = Database { oid: self.new_oid()?, ..database };
        self.insert_object(&database).await?;
        let public = public_schema(self.new_oid()?, &database);
        self.insert_object(&public).await?;
        for entry in open::default_privileges(&database, &public) {
            self.grant(entry).await?;
        }
        Ok(database.oid)
    }

    /// Puts another version in the place of the database with the same OID.
    ///
    /// # Errors
    /// 42P04 where its new name is another's.
    pub async fn update_database(&self, database: &Database) -> Result<()> {
        self.replace_object(database).await
    }

    /// Drops a database with everything in it.
    pub async fn drop_database(&self, database: Oid) -> Result<()> {
        for schema in self.seen().objects_in::<Schema>(database)? {
            self.drop_schema(schema.object.oid).await?;
        }
        for policy in self.seen().objects_in::<RlsPolicy>(database)? {
            self.drop_grantee(Grantee::RlsPolicy(policy.object.oid)).await?;
            self.remove_object::<RlsPolicy>(policy.object.oid).await?;
        }
        self.drop_privileges(GrantObject::Database(database)).await?;
        self.remove_object::<Database>(database).await
    }

    /// Makes a user; its `id` is given here.
    ///
    /// # Errors
    /// 42710 where there is one of this name.
    pub async fn create_user(&self, user: User) -> Result<Oid> {
        let id = open::next(&self.shared().sql.connection(), Counter::User)?;
        self.insert_object(&User { id, ..user }).await?;
        Ok(id)
    }

    /// Puts another version in the place of the user with the same id.
    ///
    /// # Errors
    /// 42710 where its new name is another's.
    pub async fn update_user(&self, user: &User) -> Result<()> {
        self.replace_object(user).await
    }

    /// Drops a user and takes it out of its groups.
    pub async fn drop_user(&self, user: Oid) -> Result<()> {
        for group in self.seen().groups()? {
            if group.members.contains(&user) {
                let members = group.members.iter().copied().filter(|member| *member != user).collect();
                self.update_group(&Group { members, ..(*group).clone() }).await?;
            }
        }
        self.drop_grantee(Grantee::User(user)).await?;
        self.remove_object::<User>(user).await
    }

    /// Makes a group; its `id` is given here.
    ///
    /// # Errors
    /// 42710 where there is one of this name.
    pub async fn create_group(&self, group: Group) -> Result<Oid> {
        let id = open::next(&self.shared().sql.connection(), Counter::Group)?;
        self.insert_object(&Group { id, ..group }).await?;
        Ok(id)
    }

    /// Puts another version in the place of the group with the same id.
    ///
    /// # Errors
    /// 42710 where its new name is another's.
    pub async fn update_group(&self, group: &Group) -> Result<()> {
        self.replace_object(group).await
    }

    /// Drops a group.
    pub async fn drop_group(&self, group: Oid) -> Result<()> {
        self.drop_grantee(Grantee::Group(group)).await?;
        self.remove_object::<Group>(group).await
    }

    /// Makes a role; its `id` is given here.
    ///
    /// # Errors
    /// 42710 where there is one of this name.
    pub async fn create_role(&self, role: Role) -> Result<Oid> {
        let id = self.new_oid()?;
        self.insert_object(&Role { id, ..role }).await?;
        Ok(id)
    }

    /// Puts another version in the place of the role with the same id.
    ///
    /// # Errors
    /// 42710 where its new name is another's.
    pub async fn update_role(&self, role: &Role) -> Result<()> {
        self.replace_object(role).await
    }

    /// Drops a role with everything that it holds, and takes it from those who hold it.
    pub async fn drop_role(&self, role: Oid) -> Result<()> {
        self.drop_grantee(Grantee::Role(role)).await?;
        self.drop_privileges(GrantObject::Role(role)).await?;
        self.remove_object::<Role>(role).await
    }

    /// The role of IAM with this ARN, which is made where there is none yet.
    pub async fn iam_role(&self, arn: &str) -> Result<Oid> {
        if let Some(role) = self.seen().iam_role(arn)? {
            return Ok(role.id);
        }
        let id = self.new_oid()?;
        self.insert_object(&IamRole { id, arn: arn.to_string() }).await?;
        Ok(id)
    }
}

/// The schema that every database has from the beginning.
pub(crate) fn public_schema(oid: Oid, database: &Database) -> Schema {
    let (database, owner) = (database.oid, RDSDB);
    Schema {
        oid,
        database,
        name: "public".into(),
        owner,
        quota_mb: None,
        comment: Some("standard public schema".into()),
    }
}

/// The user that owns what belongs to the system.
pub const RDSDB: Oid = Oid(1);
