//! Privileges: who may do what with which object.
//!
//! Source: developer guide, "GRANT", "Default user permissions".

use redshift_sql_dialect::{Error, Result};
use rusqlite::{Connection, Row, named_params};

use super::{
    Oid, Transaction, TransactionView,
    locks::{LockKey, LockMode},
    sql::{sql_error, visible},
    transaction::Touched,
};

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

/// A privilege.
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

impl GrantObject {
    fn columns(self) -> (&'static str, u32) {
        match self {
            GrantObject::Database(oid) => ("database", oid.0),
            GrantObject::Schema(oid) => ("schema", oid.0),
            GrantObject::Relation(oid) => ("relation", oid.0),
        }
    }

    fn from_columns(kind: &str, oid: u32) -> Option<GrantObject> {
        match kind {
            "database" => Some(GrantObject::Database(Oid(oid))),
            "schema" => Some(GrantObject::Schema(Oid(oid))),
            "relation" => Some(GrantObject::Relation(Oid(oid))),
            _ => None,
        }
    }
}

impl Grantee {
    fn columns(self) -> (&'static str, u32) {
        match self {
            Grantee::Public => ("public", 0),
            Grantee::User(oid) => ("user", oid.0),
            Grantee::Group(oid) => ("group", oid.0),
        }
    }

    fn from_columns(kind: &str, oid: u32) -> Option<Grantee> {
        match kind {
            "public" => Some(Grantee::Public),
            "user" => Some(Grantee::User(Oid(oid))),
            "group" => Some(Grantee::Group(Oid(oid))),
            _ => None,
        }
    }
}

impl Privilege {
    /// All of them.
    pub const ALL: [Privilege; 11] = [
        Privilege::Select,
        Privilege::Insert,
        Privilege::Update,
        Privilege::Delete,
        Privilege::References,
        Privilege::Drop,
        Privilege::Truncate,
        Privilege::Alter,
        Privilege::Usage,
        Privilege::Create,
        Privilege::Temporary,
    ];

    /// Its word in GRANT, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Privilege::Select => "select",
            Privilege::Insert => "insert",
            Privilege::Update => "update",
            Privilege::Delete => "delete",
            Privilege::References => "references",
            Privilege::Drop => "drop",
            Privilege::Truncate => "truncate",
            Privilege::Alter => "alter",
            Privilege::Usage => "usage",
            Privilege::Create => "create",
            Privilege::Temporary => "temporary",
        }
    }

    /// The privilege of this word; TEMP is TEMPORARY.
    pub fn from_word(word: &str) -> Option<Privilege> {
        let word = if word == "temp" { "temporary" } else { word };
        Privilege::ALL.into_iter().find(|privilege| privilege.as_str() == word)
    }
}

impl TransactionView {
    /// All privileges that were granted, in the order they were; those of other databases are among them.
    pub fn grants(&self) -> Result<Vec<GrantEntry>> {
        let connection = self.shared().sql.connection();
        let mut statement = connection
            .prepare_cached(concat!(
                "SELECT object_kind, object, grantee_kind, grantee, privilege, grantor, grant_option FROM grants
                 WHERE ",
                visible!(),
                " ORDER BY version"
            ))
            .map_err(sql_error)?;
        let mut rows =
            statement.query(named_params! { ":snapshot": self.snapshot(), ":txn": self.txn() }).map_err(sql_error)?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next().map_err(sql_error)? {
            entries.push(decode(row)?);
        }
        Ok(entries)
    }

    /// The privileges that were granted on an object.
    pub fn grants_on(&self, object: GrantObject) -> Result<Vec<GrantEntry>> {
        let (kind, oid) = object.columns();
        let connection = self.shared().sql.connection();
        let mut statement = connection
            .prepare_cached(concat!(
                "SELECT object_kind, object, grantee_kind, grantee, privilege, grantor, grant_option FROM grants
                 WHERE object_kind = :kind AND object = :oid AND ",
                visible!(),
                " ORDER BY version"
            ))
            .map_err(sql_error)?;
        let mut rows = statement
            .query(named_params! {
                ":kind": kind, ":oid": oid, ":snapshot": self.snapshot(), ":txn": self.txn(),
            })
            .map_err(sql_error)?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next().map_err(sql_error)? {
            entries.push(decode(row)?);
        }
        Ok(entries)
    }
}

fn decode(row: &Row<'_>) -> Result<GrantEntry> {
    let text = |column: usize| {
        row.get_ref(column).map_err(sql_error)?.as_str().map_err(|error| Error::internal(error.to_string()))
    };
    let number = |column: usize| row.get::<_, u32>(column).map_err(sql_error);
    let unknown = || Error::internal("a privilege in the catalog is not as expected");
    Ok(GrantEntry {
        object: GrantObject::from_columns(text(0)?, number(1)?).ok_or_else(unknown)?,
        grantee: Grantee::from_columns(text(2)?, number(3)?).ok_or_else(unknown)?,
        privilege: Privilege::from_word(text(4)?).ok_or_else(unknown)?,
        grantor: Oid(number(5)?),
        grant_option: row.get(6).map_err(sql_error)?,
    })
}

impl Transaction {
    /// Grants a privilege; one that is held already is replaced.
    pub async fn grant(&self, entry: GrantEntry) -> Result<()> {
        self.revoke(entry.object, entry.grantee, entry.privilege).await?;
        let txn = self.writes(Touched::Grants)?;
        insert(&self.shared().sql.connection(), &entry, txn)
    }

    /// Takes back a privilege, whoever gave it. That it is not held is no error.
    pub async fn revoke(&self, object: GrantObject, grantee: Grantee, privilege: Privilege) -> Result<()> {
        self.lock(LockKey::Privileges(object), LockMode::AccessExclusive).await?;
        let txn = self.writes(Touched::Grants)?;
        let ((kind, oid), (grantee_kind, grantee)) = (object.columns(), grantee.columns());
        self.shared()
            .sql
            .connection()
            .prepare_cached(
                "UPDATE grants SET end_txn = :txn
                 WHERE object_kind = :kind AND object = :oid AND grantee_kind = :grantee_kind AND grantee = :grantee
                   AND privilege = :privilege AND end_txn IS NULL AND end_snapshot IS NULL",
            )
            .and_then(|mut statement| {
                statement.execute(named_params! {
                    ":txn": txn, ":kind": kind, ":oid": oid, ":grantee_kind": grantee_kind, ":grantee": grantee,
                    ":privilege": privilege.as_str(),
                })
            })
            .map_err(sql_error)?;
        Ok(())
    }

    /// Takes back all privileges on an object that is dropped.
    pub(crate) async fn drop_privileges(&self, object: GrantObject) -> Result<()> {
        self.lock(LockKey::Privileges(object), LockMode::AccessExclusive).await?;
        let txn = self.writes(Touched::Grants)?;
        let (kind, oid) = object.columns();
        self.shared()
            .sql
            .connection()
            .prepare_cached(
                "UPDATE grants SET end_txn = :txn
                 WHERE object_kind = :kind AND object = :oid AND end_txn IS NULL AND end_snapshot IS NULL",
            )
            .and_then(|mut statement| statement.execute(named_params! { ":txn": txn, ":kind": kind, ":oid": oid }))
            .map_err(sql_error)?;
        Ok(())
    }
}

/// Writes a privilege that transaction `txn` grants.
pub(crate) fn insert(connection: &Connection, entry: &GrantEntry, txn: i64) -> Result<()> {
    let ((kind, oid), (grantee_kind, grantee)) = (entry.object.columns(), entry.grantee.columns());
    connection
        .prepare_cached(
            "INSERT INTO grants (object_kind, object, grantee_kind, grantee, privilege, grantor, grant_option, begin_txn)
             VALUES (:kind, :oid, :grantee_kind, :grantee, :privilege, :grantor, :grant_option, :txn)",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":kind": kind, ":oid": oid, ":grantee_kind": grantee_kind, ":grantee": grantee,
                ":privilege": entry.privilege.as_str(), ":grantor": entry.grantor.0,
                ":grant_option": entry.grant_option, ":txn": txn,
            })
        })
        .map_err(sql_error)?;
    Ok(())
}
