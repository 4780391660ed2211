//! Databases, users and groups: what all databases share.

use std::sync::Arc;

use redshift_sql_dialect::{Error, Result};

use super::{Oid, Transaction, TransactionView};
use crate::Credential;

/// How transactions of a database are kept apart (CREATE DATABASE ... ISOLATION LEVEL).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// Each sees its snapshot; two that change the same rows conflict. Redshift's default.
    #[default]
    Snapshot,
    /// And those that no serial order could have given conflict too.
    Serializable,
}

/// A database.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// pg_group.grosysid; from 100.
    pub id: Oid,
    /// Its name.
    pub name: String,
    /// Its users.
    pub members: Vec<Oid>,
}

impl TransactionView {
    /// All databases, by OID.
    pub fn databases(&self) -> Result<Vec<Arc<Database>>> {
        Err(Error::unsupported("databases are not supported"))
    }

    /// All users, by id.
    pub fn users(&self) -> Result<Vec<Arc<User>>> {
        Err(Error::unsupported("users are not supported"))
    }

    /// The user of this name.
    pub fn user(&self, _name: &str) -> Result<Option<Arc<User>>> {
        Err(Error::unsupported("users are not supported"))
    }

    /// All groups, by id.
    pub fn groups(&self) -> Result<Vec<Arc<Group>>> {
        Err(Error::unsupported("groups are not supported"))
    }
}

impl Transaction {
    /// Makes a database with a schema `public`; its `oid` is given here.
    ///
    /// # Errors
    /// 42P04 where there is one of this name.
    pub fn create_database(&self, _database: Database) -> Result<Oid> {
        Err(Error::unsupported("databases are not supported"))
    }

    /// Puts another version in the place of the database with the same OID.
    ///
    /// # Errors
    /// 42P04 where its new name is another's.
    pub fn update_database(&self, _database: &Database) -> Result<()> {
        Err(Error::unsupported("databases are not supported"))
    }

    /// Drops a database with everything in it.
    pub fn drop_database(&self, _database: Oid) -> Result<()> {
        Err(Error::unsupported("databases are not supported"))
    }

    /// Makes a user; its `id` is given here.
    ///
    /// # Errors
    /// 42710 where there is one of this name.
    pub fn create_user(&self, _user: User) -> Result<Oid> {
        Err(Error::unsupported("users are not supported"))
    }

    /// Puts another version in the place of the user with the same id.
    ///
    /// # Errors
    /// 42710 where its new name is another's.
    pub fn update_user(&self, _user: &User) -> Result<()> {
        Err(Error::unsupported("users are not supported"))
    }

    /// Drops a user and takes it out of its groups.
    pub fn drop_user(&self, _user: Oid) -> Result<()> {
        Err(Error::unsupported("users are not supported"))
    }

    /// Makes a group; its `id` is given here.
    ///
    /// # Errors
    /// 42710 where there is one of this name.
    pub fn create_group(&self, _group: Group) -> Result<Oid> {
        Err(Error::unsupported("groups are not supported"))
    }

    /// Puts another version in the place of the group with the same id.
    ///
    /// # Errors
    /// 42710 where its new name is another's.
    pub fn update_group(&self, _group: &Group) -> Result<()> {
        Err(Error::unsupported("groups are not supported"))
    }

    /// Drops a group.
    pub fn drop_group(&self, _group: Oid) -> Result<()> {
        Err(Error::unsupported("groups are not supported"))
    }
}
