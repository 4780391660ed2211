//! Privileges: who may do what with which object.

use redshift_sql_dialect::{Error, Result};

use super::{Oid, Transaction, TransactionView};

/// What a privilege is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantObject {
    /// A database.
    Database(Oid),
    /// A schema.
    Schema(Oid),
    /// A table or a view.
    Relation(Oid),
}

/// Who holds a privilege.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grantee {
    /// Everybody.
    Public,
    /// A user.
    User(Oid),
    /// A group.
    Group(Oid),
}

/// A privilege; `letter` is its sign in an ACL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Privilege {
    Select,
    Insert,
    Update,
    Delete,
    References,
    Drop,
    Truncate,
    Alter,
    Usage,
    Create,
    Temporary,
}

/// A privilege that somebody holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GrantEntry {
    /// On what.
    pub object: GrantObject,
    /// Who holds it.
    pub grantee: Grantee,
    /// Which one.
    pub privilege: Privilege,
    /// Who gave it.
    pub grantor: Oid,
    /// WITH GRANT OPTION?
    pub grant_option: bool,
}

impl TransactionView {
    /// All privileges that were granted in this database and on databases.
    pub fn grants(&self) -> Result<Vec<GrantEntry>> {
        Err(Error::unsupported("privileges are not supported"))
    }

    /// The privileges that were granted on an object.
    pub fn grants_on(&self, _object: GrantObject) -> Result<Vec<GrantEntry>> {
        Err(Error::unsupported("privileges are not supported"))
    }
}

impl Transaction {
    /// Grants a privilege; one that is held already is replaced.
    pub fn grant(&self, _entry: GrantEntry) -> Result<()> {
        Err(Error::unsupported("privileges are not supported"))
    }

    /// Takes back a privilege, whoever gave it. That it is not held is no error.
    pub fn revoke(&self, _object: GrantObject, _grantee: Grantee, _privilege: Privilege) -> Result<()> {
        Err(Error::unsupported("privileges are not supported"))
    }
}
