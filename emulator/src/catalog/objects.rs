//! Objects: databases, schemas, relations, users and groups, kept all alike.
//!
//! A version of an object is a row of `objects`: its kind, OID, parent and name in columns, because they are looked up,
//! and everything else as JSON. A change is a new version under the same OID. A version never changes, so what was read
//! of it once is kept in memory until the version is garbage.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use redshift_sql_dialect::{Error, Result, SqlState};
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Database, Group, IamRole, Oid, RlsPolicy, Role, Routine, Schema, Transaction, TransactionView, User,
    locks::{LockKey, LockMode},
    relations::StoredRelation,
    snapshot::SnapshotId,
    sql::{current, sql_error, visible},
    transaction::Touched,
};

/// The kinds of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Database,
    Schema,
    Relation,
    Routine,
    User,
    Group,
    Role,
    IamRole,
    RlsPolicy,
}

impl Kind {
    /// As `objects.kind` has it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kind::Database => "database",
            Kind::Schema => "schema",
            Kind::Relation => "relation",
            Kind::Routine => "routine",
            Kind::User => "user",
            Kind::Group => "group",
            Kind::Role => "role",
            Kind::IamRole => "iam role",
            Kind::RlsPolicy => "RLS policy",
        }
    }
}

/// What is kept as an object.
pub(crate) trait Object: Clone + Serialize + DeserializeOwned {
    /// Of which kind.
    const KIND: Kind;

    /// Its OID.
    fn oid(&self) -> Oid;

    /// The database of a schema or policy, the schema of a relation, 0 otherwise.
    fn parent(&self) -> Oid;

    /// Its name.
    fn name(&self) -> &str;

    /// Where versions of this kind are kept in memory.
    fn cache(caches: &Caches) -> &Cache<Self>;

    /// The error that there is another of this name.
    fn duplicate(&self) -> Error;
}

/// The versions of one kind that were read, by version number.
pub(crate) type Cache<O> = Mutex<HashMap<i64, Arc<O>>>;

/// The versions of all kinds that were read.
#[derive(Default)]
pub(crate) struct Caches {
    pub(crate) databases: Cache<Database>,
    pub(crate) schemas: Cache<Schema>,
    pub(crate) relations: Cache<StoredRelation>,
    pub(crate) routines: Cache<Routine>,
    pub(crate) users: Cache<User>,
    pub(crate) groups: Cache<Group>,
    pub(crate) roles: Cache<Role>,
    pub(crate) iam_roles: Cache<IamRole>,
    pub(crate) rls_policies: Cache<RlsPolicy>,
}

impl Caches {
    /// Forgets versions that are garbage.
    pub(crate) fn forget(&self, versions: &[i64]) {
        fn without<O>(cache: &Cache<O>, versions: &[i64]) {
            let mut cache = locked(cache);
            for version in versions {
                cache.remove(version);
            }
        }
        without(&self.databases, versions);
        without(&self.schemas, versions);
        without(&self.relations, versions);
        without(&self.routines, versions);
        without(&self.users, versions);
        without(&self.groups, versions);
        without(&self.roles, versions);
        without(&self.iam_roles, versions);
        without(&self.rls_policies, versions);
    }
}

/// What names stand for in the newest snapshot that was asked: statements ask for the same few again and again.
#[derive(Default)]
pub(crate) struct Names(Mutex<NamesOf>);

#[derive(Default)]
struct NamesOf {
    snapshot: SnapshotId,
    count: usize,
    /// Version numbers by kind and parent, then by name; none where there is no such object.
    versions: HashMap<(Kind, Oid), HashMap<String, Option<i64>>>,
}

impl Names {
    /// More names than that, which may be of nothing, are forgotten.
    const MOST: usize = 10_000;

    /// The version that a name stands for in a snapshot, none where it stands for nothing; none where that is not known.
    fn version(&self, snapshot: SnapshotId, kind: Kind, parent: Oid, name: &str) -> Option<Option<i64>> {
        let names = locked(&self.0);
        if names.snapshot != snapshot {
            return None;
        }
        names.versions.get(&(kind, parent))?.get(name).copied()
    }

    /// Remembers what a name stands for in a snapshot, and forgets older snapshots.
    fn keep(&self, snapshot: SnapshotId, kind: Kind, parent: Oid, name: &str, version: Option<i64>) {
        let mut names = locked(&self.0);
        if snapshot < names.snapshot {
            return;
        }
        if snapshot > names.snapshot || names.count >= Self::MOST {
            *names = NamesOf { snapshot, ..NamesOf::default() };
        }
        names.count += 1;
        names.versions.entry((kind, parent)).or_default().insert(name.to_string(), version);
    }
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A version as it is read: its number, and its definition unless it is in memory.
pub(crate) struct Version<O> {
    pub(crate) number: i64,
    pub(crate) object: Arc<O>,
}

fn decode<O: Object>(caches: &Caches, row: &Row<'_>) -> Result<Version<O>> {
    let number = row.get(0).map_err(sql_error)?;
    if let Some(object) = locked(O::cache(caches)).get(&number) {
        return Ok(Version { number, object: Arc::clone(object) });
    }
    let definition = row.get_ref(1).map_err(sql_error)?.as_str().map_err(|error| Error::internal(error.to_string()))?;
    let object = serde_json::from_str(definition).map_err(|error| {
        Error::internal(format!("a {} in the catalog is not as expected: {error}", O::KIND.as_str()))
    })?;
    let object = Arc::new(object);
    locked(O::cache(caches)).insert(number, Arc::clone(&object));
    Ok(Version { number, object })
}

impl TransactionView {
    /// The object of this name under a parent.
    pub(crate) fn object_named<O: Object>(&self, parent: Oid, name: &str) -> Result<Option<Version<O>>> {
        let shared = self.shared();
        if !self.has_own_objects() {
            match shared.names.version(self.snapshot(), O::KIND, parent, name) {
                Some(None) => return Ok(None),
                Some(Some(number)) => {
                    if let Some(object) = locked(O::cache(&shared.caches)).get(&number) {
                        return Ok(Some(Version { number, object: Arc::clone(object) }));
                    }
                }
                None => {}
            }
        }
        let found = self.read_object_named::<O>(parent, name)?;
        // Asked after reading: what the transaction itself has made meanwhile is nobody else's.
        if !self.has_own_objects() {
            shared.names.keep(self.snapshot(), O::KIND, parent, name, found.as_ref().map(|version| version.number));
        }
        Ok(found)
    }

    fn read_object_named<O: Object>(&self, parent: Oid, name: &str) -> Result<Option<Version<O>>> {
        let connection = self.shared().sql.connection();
        let mut statement = connection
            .prepare_cached(concat!(
                "SELECT version, definition FROM objects WHERE kind = :kind AND parent = :parent AND name = :name AND ",
                visible!()
            ))
            .map_err(sql_error)?;
        let mut rows = statement
            .query(named_params! {
                ":kind": O::KIND.as_str(), ":parent": parent.0, ":name": name,
                ":snapshot": self.snapshot(), ":txn": self.txn(),
            })
            .map_err(sql_error)?;
        rows.next().map_err(sql_error)?.map(|row| decode(&self.shared().caches, row)).transpose()
    }

    /// The object with this OID.
    pub(crate) fn object<O: Object>(&self, oid: Oid) -> Result<Option<Version<O>>> {
        let connection = self.shared().sql.connection();
        let mut statement = connection
            .prepare_cached(concat!(
                "SELECT version, definition FROM objects WHERE kind = :kind AND oid = :oid AND ",
                visible!()
            ))
            .map_err(sql_error)?;
        let mut rows = statement
            .query(named_params! {
                ":kind": O::KIND.as_str(), ":oid": oid.0, ":snapshot": self.snapshot(), ":txn": self.txn(),
            })
            .map_err(sql_error)?;
        rows.next().map_err(sql_error)?.map(|row| decode(&self.shared().caches, row)).transpose()
    }

    /// The objects under a parent, by OID.
    pub(crate) fn objects_in<O: Object>(&self, parent: Oid) -> Result<Vec<Version<O>>> {
        let connection = self.shared().sql.connection();
        let mut statement = connection
            .prepare_cached(concat!(
                "SELECT version, definition FROM objects WHERE kind = :kind AND parent = :parent AND ",
                visible!(),
                " ORDER BY oid"
            ))
            .map_err(sql_error)?;
        let mut rows = statement
            .query(named_params! {
                ":kind": O::KIND.as_str(), ":parent": parent.0, ":snapshot": self.snapshot(), ":txn": self.txn(),
            })
            .map_err(sql_error)?;
        let mut objects = Vec::new();
        while let Some(row) = rows.next().map_err(sql_error)? {
            objects.push(decode(&self.shared().caches, row)?);
        }
        Ok(objects)
    }
}

impl Transaction {
    /// Makes an object, once nobody else is about to give its name.
    pub(crate) async fn insert_object<O: Object>(&self, object: &O) -> Result<()> {
        self.lock_name::<O>(object.parent(), object.name()).await?;
        let txn = self.writes(Touched::Objects)?;
        self.shared().sql.atomically(|connection| {
            check_name(connection, object, txn)?;
            insert(connection, object, txn)
        })
    }

    /// Puts a new version in the place of the one that this transaction sees.
    ///
    /// # Errors
    /// 1023 where that is not the last one any more.
    pub(crate) async fn replace_object<O: Object>(&self, object: &O) -> Result<()> {
        self.lock_object(O::KIND, object.oid()).await?;
        let Some(old) = self.seen().object::<O>(object.oid())? else { return Err(gone(O::KIND)) };
        let renamed = old.object.name() != object.name() || old.object.parent() != object.parent();
        if renamed {
            self.lock_name::<O>(old.object.parent(), old.object.name()).await?;
            self.lock_name::<O>(object.parent(), object.name()).await?;
        }
        let txn = self.writes(Touched::Objects)?;
        self.shared().sql.atomically(|connection| {
            self.end(connection, O::KIND, object.oid(), old.number)?;
            if renamed {
                check_name(connection, object, txn)?;
            }
            insert(connection, object, txn)
        })
    }

    /// Removes an object.
    ///
    /// # Errors
    /// 1023 where it was changed by one that this transaction does not see.
    pub(crate) async fn remove_object<O: Object>(&self, oid: Oid) -> Result<()> {
        self.lock_object(O::KIND, oid).await?;
        let Some(old) = self.seen().object::<O>(oid)? else { return Err(gone(O::KIND)) };
        self.lock_name::<O>(old.object.parent(), old.object.name()).await?;
        self.writes(Touched::Objects)?;
        self.shared().sql.atomically(|connection| self.end(connection, O::KIND, oid, old.number))
    }

    async fn lock_name<O: Object>(&self, parent: Oid, name: &str) -> Result<()> {
        self.lock(LockKey::Name(O::KIND, parent, name.to_string()), LockMode::AccessExclusive).await
    }

    /// Locks an object against everybody.
    pub(crate) async fn lock_object(&self, kind: Kind, oid: Oid) -> Result<()> {
        self.lock(LockKey::Object(kind, oid), LockMode::AccessExclusive).await
    }

    /// How many objects are under a parent, whether or not this transaction sees them.
    pub(crate) fn count_last(&self, kind: Kind, parent: Oid) -> Result<usize> {
        self.shared()
            .sql
            .connection()
            .prepare_cached(concat!(
                "SELECT count(*) FROM objects WHERE kind = :kind AND parent = :parent AND ",
                current!()
            ))
            .and_then(|mut statement| {
                let parameters = named_params! { ":kind": kind.as_str(), ":parent": parent.0, ":txn": self.id() };
                statement.query_row(parameters, |row| row.get::<_, i64>(0))
            })
            .map(|count| count as usize)
            .map_err(sql_error)
    }

    fn end(&self, connection: &Connection, kind: Kind, oid: Oid, version: i64) -> Result<()> {
        let ended = connection
            .prepare_cached(
                "UPDATE objects SET end_txn = :txn WHERE version = :version AND end_txn IS NULL AND end_snapshot IS NULL",
            )
            .and_then(|mut statement| statement.execute(named_params! { ":txn": self.id(), ":version": version }))
            .map_err(sql_error)?;
        match ended {
            0 => Err(match kind {
                Kind::Relation => self.shared().serialization.violated(oid, &[], self.owner()),
                Kind::Database
                | Kind::Schema
                | Kind::Routine
                | Kind::User
                | Kind::Group
                | Kind::Role
                | Kind::IamRole
                | Kind::RlsPolicy => changed(kind),
            }),
            _ => Ok(()),
        }
    }
}

fn check_name<O: Object>(connection: &Connection, object: &O, txn: i64) -> Result<()> {
    let taken = connection
        .prepare_cached(concat!(
            "SELECT 1 FROM objects WHERE kind = :kind AND parent = :parent AND name = :name AND ",
            current!()
        ))
        .and_then(|mut statement| {
            statement
                .query_row(
                    named_params! {
                        ":kind": O::KIND.as_str(), ":parent": object.parent().0, ":name": object.name(), ":txn": txn,
                    },
                    |_| Ok(()),
                )
                .optional()
        })
        .map_err(sql_error)?;
    match taken {
        Some(()) => Err(object.duplicate()),
        None => Ok(()),
    }
}

/// Writes a version of an object that transaction `txn` begins.
pub(crate) fn insert<O: Object>(connection: &Connection, object: &O, txn: i64) -> Result<()> {
    let definition = serde_json::to_string(object).map_err(|error| Error::internal(error.to_string()))?;
    connection
        .prepare_cached(
            "INSERT INTO objects (kind, oid, parent, name, definition, begin_txn)
             VALUES (:kind, :oid, :parent, :name, :definition, :txn)",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":kind": O::KIND.as_str(), ":oid": object.oid().0, ":parent": object.parent().0, ":name": object.name(),
                ":definition": definition, ":txn": txn,
            })
        })
        .map_err(sql_error)?;
    Ok(())
}

fn gone(kind: Kind) -> Error {
    Error::new(SqlState::UNDEFINED_OBJECT, format!("{} does not exist", kind.as_str()))
}

/// As PostgreSQL words it where two change one row of its catalog.
pub(crate) fn changed(kind: Kind) -> Error {
    Error::new(SqlState::INTERNAL_ERROR, "tuple concurrently updated")
        .with_detail(format!("Another transaction has changed the {}.", kind.as_str()))
}
