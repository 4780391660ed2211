//! Privileges: who may do what with which object.
//!
//! An object on which nobody was ever granted anything has no rows: its owner may do everything. The first GRANT or
//! REVOKE writes down what holds by default, the owner's own privileges too, and changes that; so an owner can give up
//! some of them, as in PostgreSQL. What somebody may do in the end is told by [`super::rights`].
//!
//! Source: developer guide, "GRANT", "REVOKE", "Default user permissions", "Scoped permissions".

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{AssumingCommand, SystemPrivilege},
};
use rusqlite::{Connection, Row, ToSql, named_params};
use serde::{Deserialize, Serialize};

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
    /// A column of a table or a view, by attnum.
    Column(Oid, i16),
    /// A function.
    Function(Oid),
    /// A procedure.
    Procedure(Oid),
    /// A language.
    Language(Oid),
    /// A role, which is granted to users and to other roles.
    Role(Oid),
    /// A role of IAM that commands may assume.
    IamRole(Oid),
    /// What a role may do anywhere: no object.
    System,
    /// All objects of a kind that are or will be in a schema.
    InSchema(ScopedKind, Oid),
    /// All objects of a kind that are or will be in a database.
    InDatabase(ScopedKind, Oid),
    /// What objects of a kind have that a user makes in a schema, or in any where there is none: ALTER DEFAULT
    /// PRIVILEGES.
    Default {
        /// Who makes them.
        owner: Oid,
        /// Where.
        schema: Option<Oid>,
        /// What.
        kind: DefaultKind,
    },
}

/// The kinds of objects of scoped privileges. Functions and procedures are one (developer guide, "GRANT").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ScopedKind {
    Schemas,
    Tables,
    Routines,
    Languages,
    CopyJobs,
    Templates,
}

/// The kinds of objects that have default privileges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum DefaultKind {
    Tables,
    Functions,
    Procedures,
}

/// Who holds a privilege.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Grantee {
    /// Everybody.
    Public,
    /// A user.
    User(Oid),
    /// A group.
    Group(Oid),
    /// A role.
    Role(Oid),
    /// A policy of row-level security, which reads lookup tables.
    RlsPolicy(Oid),
}

/// A privilege. Those on tables come first, in the order of their letters in an ACL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Privilege {
    Insert,
    Select,
    Update,
    Delete,
    Rule,
    References,
    Trigger,
    Drop,
    Truncate,
    Alter,
    Usage,
    Create,
    Temporary,
    Execute,
    Share,
    /// Membership in a role; its grant option is ADMIN OPTION.
    Member,
    /// What a role may do anywhere.
    System(SystemPrivilege),
    /// ASSUMEROLE for a command.
    Assume(AssumingCommand),
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

/// The kinds of objects as `grants.object_kind` has them.
mod kind {
    pub const DATABASE: &str = "database";
    pub const SCHEMA: &str = "schema";
    pub const RELATION: &str = "relation";
    pub const COLUMN: &str = "column";
    pub const FUNCTION: &str = "function";
    pub const PROCEDURE: &str = "procedure";
    pub const LANGUAGE: &str = "language";
    pub const ROLE: &str = "role";
    pub const IAM_ROLE: &str = "iam role";
    pub const SYSTEM: &str = "system";
}

impl ScopedKind {
    const ALL: [ScopedKind; 6] = [
        ScopedKind::Schemas,
        ScopedKind::Tables,
        ScopedKind::Routines,
        ScopedKind::Languages,
        ScopedKind::CopyJobs,
        ScopedKind::Templates,
    ];

    fn in_schema(self) -> &'static str {
        match self {
            ScopedKind::Schemas => "schemas in schema",
            ScopedKind::Tables => "tables in schema",
            ScopedKind::Routines => "routines in schema",
            ScopedKind::Languages => "languages in schema",
            ScopedKind::CopyJobs => "copy jobs in schema",
            ScopedKind::Templates => "templates in schema",
        }
    }

    fn in_database(self) -> &'static str {
        match self {
            ScopedKind::Schemas => "schemas in database",
            ScopedKind::Tables => "tables in database",
            ScopedKind::Routines => "routines in database",
            ScopedKind::Languages => "languages in database",
            ScopedKind::CopyJobs => "copy jobs in database",
            ScopedKind::Templates => "templates in database",
        }
    }
}

impl DefaultKind {
    const ALL: [DefaultKind; 3] = [DefaultKind::Tables, DefaultKind::Functions, DefaultKind::Procedures];

    fn as_str(self) -> &'static str {
        match self {
            DefaultKind::Tables => "default tables",
            DefaultKind::Functions => "default functions",
            DefaultKind::Procedures => "default procedures",
        }
    }
}

impl GrantObject {
    /// Kind, OID and part.
    fn columns(self) -> (&'static str, u32, i64) {
        match self {
            GrantObject::Database(oid) => (kind::DATABASE, oid.0, 0),
            GrantObject::Schema(oid) => (kind::SCHEMA, oid.0, 0),
            GrantObject::Relation(oid) => (kind::RELATION, oid.0, 0),
            GrantObject::Column(oid, attnum) => (kind::COLUMN, oid.0, i64::from(attnum)),
            GrantObject::Function(oid) => (kind::FUNCTION, oid.0, 0),
            GrantObject::Procedure(oid) => (kind::PROCEDURE, oid.0, 0),
            GrantObject::Language(oid) => (kind::LANGUAGE, oid.0, 0),
            GrantObject::Role(oid) => (kind::ROLE, oid.0, 0),
            GrantObject::IamRole(oid) => (kind::IAM_ROLE, oid.0, 0),
            GrantObject::System => (kind::SYSTEM, 0, 0),
            GrantObject::InSchema(kind, oid) => (kind.in_schema(), oid.0, 0),
            GrantObject::InDatabase(kind, oid) => (kind.in_database(), oid.0, 0),
            GrantObject::Default { owner, schema, kind } => {
                (kind.as_str(), owner.0, schema.map_or(0, |schema| i64::from(schema.0)))
            }
        }
    }

    fn from_columns(word: &str, oid: u32, part: i64) -> Option<GrantObject> {
        let oid = Oid(oid);
        Some(match word {
            kind::DATABASE => GrantObject::Database(oid),
            kind::SCHEMA => GrantObject::Schema(oid),
            kind::RELATION => GrantObject::Relation(oid),
            kind::COLUMN => GrantObject::Column(oid, i16::try_from(part).ok()?),
            kind::FUNCTION => GrantObject::Function(oid),
            kind::PROCEDURE => GrantObject::Procedure(oid),
            kind::LANGUAGE => GrantObject::Language(oid),
            kind::ROLE => GrantObject::Role(oid),
            kind::IAM_ROLE => GrantObject::IamRole(oid),
            kind::SYSTEM => GrantObject::System,
            _ => {
                if let Some(kind) = DefaultKind::ALL.into_iter().find(|kind| kind.as_str() == word) {
                    let schema = u32::try_from(part).ok().filter(|schema| *schema > 0).map(Oid);
                    return Some(GrantObject::Default { owner: oid, schema, kind });
                }
                let scoped = ScopedKind::ALL.into_iter();
                return scoped.into_iter().find_map(|kind| match word {
                    _ if kind.in_schema() == word => Some(GrantObject::InSchema(kind, oid)),
                    _ if kind.in_database() == word => Some(GrantObject::InDatabase(kind, oid)),
                    _ => None,
                });
            }
        })
    }

    /// Every privilege there is on such an object: what ALL gives.
    pub fn all_privileges(self) -> &'static [Privilege] {
        use Privilege::*;
        match self {
            GrantObject::Relation(_) | GrantObject::Default { kind: DefaultKind::Tables, .. } => {
                &[Insert, Select, Update, Delete, Rule, References, Trigger, Drop, Truncate, Alter]
            }
            GrantObject::InSchema(ScopedKind::Tables, _) | GrantObject::InDatabase(ScopedKind::Tables, _) => {
                &[Insert, Select, Update, Delete, References, Drop, Truncate, Alter]
            }
            GrantObject::Column(..) => &[Select, Update],
            GrantObject::Schema(_)
            | GrantObject::InSchema(ScopedKind::Schemas, _)
            | GrantObject::InDatabase(ScopedKind::Schemas, _) => &[Usage, Create, Drop, Alter],
            GrantObject::Database(_) => &[Create, Temporary, Usage, Alter, Drop],
            GrantObject::Function(_)
            | GrantObject::Procedure(_)
            | GrantObject::InSchema(ScopedKind::Routines, _)
            | GrantObject::InDatabase(ScopedKind::Routines, _)
            | GrantObject::Default { .. } => &[Execute],
            GrantObject::Language(_)
            | GrantObject::InSchema(ScopedKind::Languages, _)
            | GrantObject::InDatabase(ScopedKind::Languages, _) => &[Usage],
            GrantObject::InSchema(ScopedKind::CopyJobs, _) | GrantObject::InDatabase(ScopedKind::CopyJobs, _) => {
                &[Create, Alter, Drop]
            }
            GrantObject::InSchema(ScopedKind::Templates, _) | GrantObject::InDatabase(ScopedKind::Templates, _) => {
                &[Alter, Drop, Usage]
            }
            GrantObject::Role(_) => &[Member],
            GrantObject::System => &[],
            GrantObject::IamRole(_) => &[
                Assume(AssumingCommand::Copy),
                Assume(AssumingCommand::Unload),
                Assume(AssumingCommand::ExternalFunction),
                Assume(AssumingCommand::CreateModel),
            ],
        }
    }

    /// What its owner holds while nobody has granted or revoked anything.
    pub fn owner_privileges(self) -> &'static [Privilege] {
        match self {
            GrantObject::Schema(_) => &[Privilege::Usage, Privilege::Create],
            GrantObject::Database(_) => &[Privilege::Create, Privilege::Temporary],
            other => other.all_privileges(),
        }
    }
}

impl Grantee {
    fn columns(self) -> (&'static str, u32) {
        match self {
            Grantee::Public => ("public", 0),
            Grantee::User(oid) => ("user", oid.0),
            Grantee::Group(oid) => ("group", oid.0),
            Grantee::Role(oid) => ("role", oid.0),
            Grantee::RlsPolicy(oid) => ("rls policy", oid.0),
        }
    }

    fn from_columns(kind: &str, oid: u32) -> Option<Grantee> {
        match kind {
            "public" => Some(Grantee::Public),
            "user" => Some(Grantee::User(Oid(oid))),
            "group" => Some(Grantee::Group(Oid(oid))),
            "role" => Some(Grantee::Role(Oid(oid))),
            "rls policy" => Some(Grantee::RlsPolicy(Oid(oid))),
            _ => None,
        }
    }
}

/// Privileges with a word of their own and the letter that stands for them in an ACL.
const WORDS: [(Privilege, &str, char); 16] = [
    (Privilege::Insert, "insert", 'a'),
    (Privilege::Select, "select", 'r'),
    (Privilege::Update, "update", 'w'),
    (Privilege::Delete, "delete", 'd'),
    (Privilege::Rule, "rule", 'R'),
    (Privilege::References, "references", 'x'),
    (Privilege::Trigger, "trigger", 't'),
    (Privilege::Drop, "drop", 'D'),
    (Privilege::Truncate, "truncate", 'P'),
    (Privilege::Alter, "alter", 'A'),
    (Privilege::Usage, "usage", 'U'),
    (Privilege::Create, "create", 'C'),
    (Privilege::Temporary, "temporary", 'T'),
    (Privilege::Execute, "execute", 'X'),
    (Privilege::Share, "share", 'S'),
    (Privilege::Member, "member", 'm'),
];

/// What stands before the command of an ASSUMEROLE privilege.
const ASSUME: &str = "assumerole for ";

const ASSUMING: [(AssumingCommand, &str); 4] = [
    (AssumingCommand::Copy, "copy"),
    (AssumingCommand::Unload, "unload"),
    (AssumingCommand::ExternalFunction, "external function"),
    (AssumingCommand::CreateModel, "create model"),
];

impl Privilege {
    /// Its word in GRANT, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Privilege::System(privilege) => {
                SystemPrivilege::all().find(|(_, other)| *other == privilege).map_or("", |(word, _)| word)
            }
            Privilege::Assume(command) => {
                ASSUMING.iter().find(|(other, _)| *other == command).map_or("", |(_, word)| word)
            }
            other => WORDS.iter().find(|(privilege, ..)| *privilege == other).map_or("", |(_, word, _)| word),
        }
    }

    /// The letter that stands for it in an ACL; none where no ACL has it.
    pub fn letter(self) -> Option<char> {
        WORDS.iter().find(|(privilege, ..)| *privilege == self).map(|(.., letter)| *letter)
    }

    /// The privilege on an object of this word; TEMP is TEMPORARY.
    pub fn from_word(word: &str) -> Option<Privilege> {
        let word = if word == "temp" { "temporary" } else { word };
        WORDS.iter().find(|(_, other, _)| *other == word).map(|(privilege, ..)| *privilege)
    }

    fn to_column(self) -> String {
        match self {
            Privilege::Assume(_) => format!("{ASSUME}{}", self.as_str()),
            other => other.as_str().to_string(),
        }
    }

    fn from_column(text: &str) -> Option<Privilege> {
        if let Some(command) = text.strip_prefix(ASSUME) {
            return ASSUMING.iter().find(|(_, word)| *word == command).map(|(command, _)| Privilege::Assume(*command));
        }
        let system = || SystemPrivilege::all().find(|(word, _)| *word == text).map(|(_, p)| Privilege::System(p));
        Privilege::from_word(text).or_else(system)
    }
}

const COLUMNS: &str = "SELECT object_kind, object, part, grantee_kind, grantee, privilege, grantor, grant_option FROM \
                       grants WHERE ";

impl TransactionView {
    /// All privileges that were granted, in the order they were; those of other databases are among them.
    pub fn grants(&self) -> Result<Vec<GrantEntry>> {
        self.select_grants("true", &[])
    }

    /// The privileges that were granted on an object.
    pub fn grants_on(&self, object: GrantObject) -> Result<Vec<GrantEntry>> {
        let (kind, oid, part) = object.columns();
        self.select_grants(
            "object_kind = :kind AND object = :oid AND part = :part",
            &[(":kind", &kind), (":oid", &oid), (":part", &part)],
        )
    }

    /// The privileges that were granted on the columns of a relation.
    pub fn column_grants(&self, relation: Oid) -> Result<Vec<GrantEntry>> {
        let kind = kind::COLUMN;
        self.select_grants("object_kind = :kind AND object = :oid", &[(":kind", &kind), (":oid", &relation.0)])
    }

    /// Which roles were granted, and to whom.
    pub fn role_grants(&self) -> Result<Vec<GrantEntry>> {
        let kind = kind::ROLE;
        self.select_grants("object_kind = :kind", &[(":kind", &kind)])
    }

    /// What was granted to somebody.
    pub fn grants_to(&self, grantee: Grantee) -> Result<Vec<GrantEntry>> {
        let (kind, oid) = grantee.columns();
        self.select_grants("grantee_kind = :kind AND grantee = :oid", &[(":kind", &kind), (":oid", &oid)])
    }

    fn select_grants(&self, condition: &'static str, parameters: &[(&str, &dyn ToSql)]) -> Result<Vec<GrantEntry>> {
        let connection = self.shared().sql.connection();
        let text = format!("{COLUMNS}{condition} AND {} ORDER BY version", visible!());
        let mut statement = connection.prepare_cached(&text).map_err(sql_error)?;
        let (snapshot, txn) = (self.snapshot(), self.txn());
        let mut all = parameters.to_vec();
        all.extend_from_slice(&[(":snapshot", &snapshot as &dyn ToSql), (":txn", &txn)]);
        let mut rows = statement.query(all.as_slice()).map_err(sql_error)?;
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
    let part = row.get::<_, i64>(2).map_err(sql_error)?;
    Ok(GrantEntry {
        object: GrantObject::from_columns(text(0)?, number(1)?, part).ok_or_else(unknown)?,
        grantee: Grantee::from_columns(text(3)?, number(4)?).ok_or_else(unknown)?,
        privilege: Privilege::from_column(text(5)?).ok_or_else(unknown)?,
        grantor: Oid(number(6)?),
        grant_option: row.get(7).map_err(sql_error)?,
    })
}

/// A change of the privileges on one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owned {
    /// What they are on.
    pub object: GrantObject,
    /// Its owner, who holds everything while nothing is written down.
    pub owner: Oid,
}

impl Transaction {
    /// Writes down what holds by default on an object on which nothing was granted yet: before its privileges change.
    pub async fn materialize(&self, owned: Owned) -> Result<()> {
        let Owned { object, owner } = owned;
        let bare = matches!(
            object,
            GrantObject::Database(_)
                | GrantObject::Schema(_)
                | GrantObject::Relation(_)
                | GrantObject::Function(_)
                | GrantObject::Procedure(_)
                | GrantObject::Language(_)
                | GrantObject::Default { schema: None, .. }
        );
        if !bare || !self.seen().grants_on(object)?.is_empty() {
            return Ok(());
        }
        for entry in default_entries(object, owner) {
            self.grant(entry).await?;
        }
        Ok(())
    }

    /// Grants a privilege; one that is held already is replaced.
    pub async fn grant(&self, entry: GrantEntry) -> Result<()> {
        self.revoke(entry.object, entry.grantee, entry.privilege).await?;
        let txn = self.writes(Touched::Grants)?;
        insert(&self.shared().sql.connection(), &entry, txn)
    }

    /// Takes back a privilege, whoever gave it. That it is not held is no error.
    pub async fn revoke(&self, object: GrantObject, grantee: Grantee, privilege: Privilege) -> Result<()> {
        self.lock(LockKey::Privileges(object), LockMode::AccessExclusive).await?;
        let ((kind, oid, part), (grantee_kind, grantee)) = (object.columns(), grantee.columns());
        self.end_grants(
            "object_kind = :kind AND object = :oid AND part = :part AND grantee_kind = :grantee_kind
             AND grantee = :grantee AND privilege = :privilege",
            &[
                (":kind", &kind),
                (":oid", &oid),
                (":part", &part),
                (":grantee_kind", &grantee_kind),
                (":grantee", &grantee),
                (":privilege", &privilege.to_column()),
            ],
        )
    }

    /// Takes back all privileges on an object that is dropped, on its parts and on what is in it.
    pub(crate) async fn drop_privileges(&self, object: GrantObject) -> Result<()> {
        self.lock(LockKey::Privileges(object), LockMode::AccessExclusive).await?;
        let (kind, oid, _) = object.columns();
        self.end_grants("object_kind = :kind AND object = :oid", &[(":kind", &kind), (":oid", &oid)])?;
        match object {
            GrantObject::Relation(_) => {
                let kind = kind::COLUMN;
                self.end_grants("object_kind = :kind AND object = :oid", &[(":kind", &kind), (":oid", &oid)])
            }
            GrantObject::Schema(_) => {
                self.end_grants("object_kind GLOB '* in schema' AND object = :oid", &[(":oid", &oid)])?;
                self.end_grants("object_kind GLOB 'default *' AND part = :oid", &[(":oid", &oid)])
            }
            GrantObject::Database(_) => {
                self.end_grants("object_kind GLOB '* in database' AND object = :oid", &[(":oid", &oid)])
            }
            _ => Ok(()),
        }
    }

    /// Takes back everything that was granted to somebody who is dropped, and the default privileges of a user's objects.
    pub(crate) async fn drop_grantee(&self, grantee: Grantee) -> Result<()> {
        let (kind, oid) = grantee.columns();
        self.end_grants("grantee_kind = :kind AND grantee = :oid", &[(":kind", &kind), (":oid", &oid)])?;
        match grantee {
            Grantee::User(_) => self.end_grants("object_kind GLOB 'default *' AND object = :oid", &[(":oid", &oid)]),
            Grantee::Public | Grantee::Group(_) | Grantee::Role(_) | Grantee::RlsPolicy(_) => Ok(()),
        }
    }

    /// Moves what an owner holds and gave to the next owner of an object.
    pub async fn change_owner(&self, owned: Owned, to: Oid) -> Result<()> {
        let entries = self.seen().grants_on(owned.object)?;
        for entry in &entries {
            self.revoke(entry.object, entry.grantee, entry.privilege).await?;
        }
        let moved = |oid: Oid| if oid == owned.owner { to } else { oid };
        for entry in entries {
            let grantee = match entry.grantee {
                Grantee::User(user) => Grantee::User(moved(user)),
                other => other,
            };
            self.grant(GrantEntry { grantee, grantor: moved(entry.grantor), ..entry }).await?;
        }
        Ok(())
    }

    /// Gives a new object the privileges that ALTER DEFAULT PRIVILEGES asked for.
    pub async fn apply_default_privileges(&self, owned: Owned, schema: Oid, kind: DefaultKind) -> Result<()> {
        let seen = self.seen();
        let Owned { object, owner } = owned;
        let everywhere = seen.grants_on(GrantObject::Default { owner, schema: None, kind })?;
        let here = seen.grants_on(GrantObject::Default { owner, schema: Some(schema), kind })?;
        if everywhere.is_empty() && here.is_empty() {
            return Ok(());
        }
        if everywhere.is_empty() {
            self.materialize(owned).await?;
        }
        for entry in everywhere.into_iter().chain(here) {
            self.grant(GrantEntry { object, ..entry }).await?;
        }
        Ok(())
    }

    fn end_grants(&self, condition: &'static str, parameters: &[(&str, &dyn ToSql)]) -> Result<()> {
        let txn = self.writes(Touched::Grants)?;
        let text =
            format!("UPDATE grants SET end_txn = :txn WHERE {condition} AND end_txn IS NULL AND end_snapshot IS NULL");
        let mut all = parameters.to_vec();
        all.push((":txn", &txn));
        self.shared()
            .sql
            .connection()
            .prepare_cached(&text)
            .and_then(|mut statement| statement.execute(all.as_slice()))
            .map_err(sql_error)?;
        Ok(())
    }
}

/// What holds on an object while nobody has granted or revoked anything: everything for its owner, and EXECUTE of a
/// function for everybody (developer guide, "UDF security and permissions").
pub fn default_entries(object: GrantObject, owner: Oid) -> Vec<GrantEntry> {
    let entry = |grantee, privilege| GrantEntry { object, grantee, privilege, grantor: owner, grant_option: false };
    let own = object.owner_privileges().iter().map(|privilege| entry(Grantee::User(owner), *privilege));
    let everybody = matches!(
        object,
        GrantObject::Function(_) | GrantObject::Default { kind: DefaultKind::Functions, schema: None, .. }
    );
    // Developer guide, "UDF security and permissions", "Security and privileges for stored procedures".
    let speaks = matches!(object, GrantObject::Language(language) if FREE_LANGUAGES.contains(&language.0));
    own.chain(everybody.then(|| entry(Grantee::Public, Privilege::Execute)))
        .chain(speaks.then(|| entry(Grantee::Public, Privilege::Usage)))
        .collect()
}

/// pg_language.oid of sql and plpgsql, in which everybody may write as long as nobody has revoked that.
const FREE_LANGUAGES: [u32; 2] = [14, 100_126];

/// Writes a privilege that transaction `txn` grants.
pub(crate) fn insert(connection: &Connection, entry: &GrantEntry, txn: i64) -> Result<()> {
    let ((kind, oid, part), (grantee_kind, grantee)) = (entry.object.columns(), entry.grantee.columns());
    connection
        .prepare_cached(
            "INSERT INTO grants
                 (object_kind, object, part, grantee_kind, grantee, privilege, grantor, grant_option, begin_txn)
             VALUES (:kind, :oid, :part, :grantee_kind, :grantee, :privilege, :grantor, :grant_option, :txn)",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":kind": kind, ":oid": oid, ":part": part, ":grantee_kind": grantee_kind, ":grantee": grantee,
                ":privilege": entry.privilege.to_column(), ":grantor": entry.grantor.0,
                ":grant_option": entry.grant_option, ":txn": txn,
            })
        })
        .map_err(sql_error)?;
    Ok(())
}

/// 2BP01 where a privilege cannot be taken back without those that were given on by it.
pub fn dependent_privileges() -> Error {
    Error::new(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, "dependent privileges exist")
        .with_hint("Use CASCADE to revoke them too.")
}
