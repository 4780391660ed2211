//! Opening: the lock on the folder, the version of the file, what is in a new catalog, and recovery.
//!
//! Recovery is what ROLLBACK does, for everything that no transaction committed, and garbage collection with nobody
//! looking: what ended is removed, temporary tables too, and files in the data folder that the catalog does not know.

use std::{
    collections::HashSet,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use redshift_sql_dialect::{Error, Result, SqlState};
use rusqlite::{Connection, OptionalExtension, named_params};

use super::{
    Database, DatabaseInit, GrantEntry, GrantObject, Grantee, Oid, Privilege, RDSDB, Schema, User, changes, grants,
    objects, principals, relations,
    sql::{Sql, io_error, sql_error},
    system_roles,
    transaction::Touched,
};
use crate::{Credential, Location};

/// The version of the tables of schema.sql.
pub(crate) const VERSION: i64 = 2;
/// "blue" in ASCII: what `PRAGMA application_id` of our files says.
const APPLICATION: i64 = 0x626c_7565;
/// The transaction that writes what a new catalog begins with.
const FOUNDING_TXN: i64 = 0;
/// The OID of the first database's schema `public`, as in every PostgreSQL.
const PUBLIC: Oid = Oid(2200);

/// Where a catalog is, locked against other processes.
pub(crate) struct Place {
    /// The folder; none in memory.
    pub(crate) folder: Option<PathBuf>,
    /// Held for as long as the catalog is open.
    _lock: Option<File>,
}

impl Place {
    /// Makes the folder where there is none, and locks it.
    pub(crate) fn open(location: &Location) -> Result<Place> {
        let Location::Folder(folder) = location else { return Ok(Place { folder: None, _lock: None }) };
        let unusable = |error: std::io::Error| {
            let message = format!("could not open data directory \"{}\": {error}", folder.display());
            Error::new(SqlState::IO_ERROR, message)
        };
        fs::create_dir_all(folder.join("data")).map_err(unusable)?;
        let lock = File::create(folder.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Place { folder: Some(folder.clone()), _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => {
                let message = format!("data directory \"{}\" is in use by another process", folder.display());
                Err(Error::new(SqlState::OBJECT_IN_USE, message))
            }
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    /// The catalog file.
    pub(crate) fn catalog_file(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join("catalog.db"))
    }

    /// The folder of the data files.
    pub(crate) fn data_folder(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join("data"))
    }
}

/// What is known of a catalog that was opened.
pub(crate) struct Opened {
    pub(crate) last_snapshot: i64,
    pub(crate) next_txn: i64,
    pub(crate) next_file: i64,
    /// Files that the catalog knows.
    pub(crate) files: HashSet<i64>,
}

/// Makes the tables where there are none, undoes what was not committed and makes sure of the database and the user.
pub(crate) fn prepare(sql: &Sql, init: &DatabaseInit) -> Result<Opened> {
    create_tables(&sql.connection())?;
    sql.atomically(|connection| {
        recover(connection)?;
        found(connection, init)?;
        let files = known_files(connection)?;
        Ok(Opened {
            last_snapshot: counter(connection, Counter::Snapshot)?,
            next_txn: counter(connection, Counter::Txn)?,
            next_file: files.iter().max().map_or(1, |last| last + 1),
            files,
        })
    })
}

/// Makes the tables where there are none.
///
/// # Errors
/// 58030 where there are others.
pub(crate) fn create_tables(connection: &Connection) -> Result<()> {
    let pragma =
        |name: &str| -> Result<i64> { connection.pragma_query_value(None, name, |row| row.get(0)).map_err(sql_error) };
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let empty = connection
        .query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get::<_, bool>(0))
        .map_err(sql_error)?;
    if empty {
        let script = format!(
            "BEGIN; {} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT;",
            include_str!("schema.sql")
        );
        connection.execute_batch(&script).map_err(sql_error)?;
        return connection.execute_batch(changes::TABLE).map_err(sql_error);
    }
    if application != APPLICATION {
        return Err(Error::new(SqlState::IO_ERROR, "the data directory holds a catalog.db that is not Blueshift's"));
    }
    if version != VERSION {
        let what = if version > VERSION { "a newer" } else { "an older" };
        return Err(Error::new(
            SqlState::IO_ERROR,
            format!("the data directory was written by {what} version of Blueshift (format {version}, not {VERSION})"),
        ));
    }
    connection.execute_batch(changes::TABLE).map_err(sql_error)
}

/// Undoes what was not committed and removes what has ended: nobody is there to see it.
fn recover(connection: &Connection) -> Result<()> {
    for table in Touched::ALL {
        connection.execute_batch(table.recovery()).map_err(sql_error)?;
    }
    forget_temporary(connection)
}

/// Removes the tables of sessions, and what belongs to no table any more.
pub(crate) fn forget_temporary(connection: &Connection) -> Result<()> {
    // GLOB and not LIKE, whose wildcard the underscore is.
    connection
        .execute_batch(&format!(
            "DELETE FROM objects WHERE kind = 'relation' AND parent IN
                 (SELECT oid FROM objects WHERE kind = 'schema' AND name GLOB '{0}*');
             DELETE FROM objects WHERE kind = 'schema' AND name GLOB '{0}*';
             DELETE FROM files WHERE table_oid NOT IN (SELECT oid FROM objects WHERE kind = 'relation');
             DELETE FROM chunks WHERE file NOT IN (SELECT file FROM files);
             DELETE FROM deletes WHERE file NOT IN (SELECT file FROM files);
             DELETE FROM identities WHERE table_oid NOT IN (SELECT oid FROM objects WHERE kind = 'relation');
             DELETE FROM changes WHERE oid NOT IN (SELECT oid FROM objects WHERE kind = 'relation');",
            relations::TEMP_SCHEMA_PREFIX
        ))
        .map_err(sql_error)
}

/// Makes the counters, the database and its superuser where there are none.
pub(crate) fn found(connection: &Connection, init: &DatabaseInit) -> Result<()> {
    for counter in Counter::ALL {
        connection
            .execute(
                "INSERT OR IGNORE INTO counters (name, value) VALUES (:name, :value)",
                named_params! { ":name": counter.name(), ":value": counter.first() },
            )
            .map_err(sql_error)?;
    }
    if existing(connection, "user", "rdsdb")?.is_none() {
        objects::insert(connection, &superuser(RDSDB, "rdsdb", Credential::Disabled), FOUNDING_TXN)?;
    }
    if existing(connection, "role", system_roles::MONITOR)?.is_none() {
        system_roles::found(connection, FOUNDING_TXN)?;
    }
    let owner = match existing(connection, "user", &init.user)? {
        Some((oid, definition)) => {
            set_password(connection, &definition, &init.password)?;
            oid
        }
        None => {
            let user = superuser(next(connection, Counter::User)?, &init.user, init.password.clone());
            objects::insert(connection, &user, FOUNDING_TXN)?;
            user.id
        }
    };
    if existing(connection, "database", &init.database)?.is_none() {
        found_database(connection, init, owner)?;
    }
    let snapshot = counter(connection, Counter::Snapshot)? + 1;
    if stamp(connection, FOUNDING_TXN, snapshot, &Touched::ALL)? != Stamped::default() {
        advance(connection, snapshot, FOUNDING_TXN)?;
    }
    Ok(())
}

fn found_database(connection: &Connection, init: &DatabaseInit, owner: Oid) -> Result<()> {
    let first = connection
        .query_row(
            "SELECT NOT EXISTS (SELECT 1 FROM objects WHERE kind = 'database' AND end_snapshot IS NULL)",
            [],
            |row| row.get::<_, bool>(0),
        )
        .map_err(sql_error)?;
    let database = Database {
        oid: next(connection, Counter::Oid)?,
        name: init.database.clone(),
        owner,
        connection_limit: None,
        case_insensitive: false,
        isolation: init.isolation,
        created: now(),
        comment: None,
    };
    objects::insert(connection, &database, FOUNDING_TXN)?;
    let oid = if first { PUBLIC } else { next(connection, Counter::Oid)? };
    let public = principals::public_schema(oid, &database);
    objects::insert(connection, &public, FOUNDING_TXN)?;
    for entry in default_privileges(&database, &public) {
        grants::insert(connection, &entry, FOUNDING_TXN)?;
    }
    Ok(())
}

/// The privileges that everybody has in a new database.
pub(crate) fn default_privileges(database: &Database, public: &Schema) -> Vec<GrantEntry> {
    let on = |object, grantor, privilege| GrantEntry {
        object,
        grantee: Grantee::Public,
        privilege,
        grantor,
        grant_option: false,
    };
    let (database, owner) = (GrantObject::Database(database.oid), database.owner);
    let (schema, system) = (GrantObject::Schema(public.oid), public.owner);
    let mut entries = grants::default_entries(database, owner);
    entries.push(on(database, owner, Privilege::Temporary));
    entries.extend(grants::default_entries(schema, system));
    entries.extend([Privilege::Usage, Privilege::Create].map(|privilege| on(schema, system, privilege)));
    entries
}

fn superuser(id: Oid, name: &str, password: Credential) -> User {
    User {
        id,
        name: name.to_string(),
        password,
        superuser: true,
        create_db: true,
        syslog_unrestricted: false,
        valid_until: None,
        connection_limit: None,
        session_timeout: None,
        external_id: None,
        settings: Vec::new(),
    }
}

/// A password that the server is started with is the superuser's from then on.
fn set_password(connection: &Connection, definition: &str, password: &Credential) -> Result<()> {
    let user: User = serde_json::from_str(definition).map_err(|error| Error::internal(error.to_string()))?;
    if *password == Credential::Anything || user.password == *password {
        return Ok(());
    }
    connection
        .execute(
            "UPDATE objects SET end_txn = :txn WHERE kind = 'user' AND oid = :oid AND end_snapshot IS NULL",
            named_params! { ":txn": FOUNDING_TXN, ":oid": user.id.0 },
        )
        .map_err(sql_error)?;
    objects::insert(connection, &User { password: password.clone(), ..user }, FOUNDING_TXN)
}

fn existing(connection: &Connection, kind: &str, name: &str) -> Result<Option<(Oid, String)>> {
    connection
        .query_row(
            "SELECT oid, definition FROM objects
             WHERE kind = :kind AND parent = 0 AND name = :name AND begin_snapshot IS NOT NULL AND end_snapshot IS NULL",
            named_params! { ":kind": kind, ":name": name },
            |row| Ok((Oid(row.get(0)?), row.get(1)?)),
        )
        .optional()
        .map_err(sql_error)
}

fn known_files(connection: &Connection) -> Result<HashSet<i64>> {
    let mut statement = connection.prepare("SELECT file FROM files").map_err(sql_error)?;
    let files = statement.query_map([], |row| row.get(0)).and_then(Iterator::collect);
    files.map_err(sql_error)
}

/// Removes the data files that the catalog does not know.
pub(crate) fn remove_orphans(data: &Path, known: &HashSet<i64>) -> Result<()> {
    for table in fs::read_dir(data).map_err(|error| io_error(&error))? {
        let table = table.map_err(|error| io_error(&error))?.path();
        if !table.is_dir() {
            continue;
        }
        let mut kept = 0;
        for file in fs::read_dir(&table).map_err(|error| io_error(&error))? {
            let file = file.map_err(|error| io_error(&error))?.path();
            let number = file.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<i64>().ok());
            let finished = file.extension().is_some_and(|extension| extension == "parquet");
            if finished && number.is_some_and(|number| known.contains(&number)) {
                kept += 1;
            } else {
                fs::remove_file(&file).map_err(|error| io_error(&error))?;
            }
        }
        if kept == 0 {
            fs::remove_dir(&table).map_err(|error| io_error(&error))?;
        }
    }
    Ok(())
}

/// The counters of the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counter {
    /// The last commit.
    Snapshot,
    /// The next OID of a user's object.
    Oid,
    /// The next usesysid.
    User,
    /// The next grosysid.
    Group,
    /// The next transaction of the next process.
    Txn,
}

impl Counter {
    const ALL: [Counter; 5] = [Counter::Snapshot, Counter::Oid, Counter::User, Counter::Group, Counter::Txn];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Counter::Snapshot => "snapshot",
            Counter::Oid => "oid",
            Counter::User => "user",
            Counter::Group => "group",
            Counter::Txn => "txn",
        }
    }

    fn first(self) -> i64 {
        match self {
            Counter::Snapshot => 0,
            Counter::Oid => 100_000,
            Counter::User | Counter::Group => 100,
            Counter::Txn => 1_000,
        }
    }
}

pub(crate) fn counter(connection: &Connection, counter: Counter) -> Result<i64> {
    connection
        .prepare_cached("SELECT value FROM counters WHERE name = :name")
        .and_then(|mut statement| statement.query_row(named_params! { ":name": counter.name() }, |row| row.get(0)))
        .map_err(sql_error)
}

/// The next OID that a counter gives. It is not given again, whether or not the transaction that asks commits.
pub(crate) fn next(connection: &Connection, counter: Counter) -> Result<Oid> {
    connection
        .prepare_cached("UPDATE counters SET value = value + 1 WHERE name = :name RETURNING value - 1")
        .and_then(|mut statement| statement.query_row(named_params! { ":name": counter.name() }, |row| row.get(0)))
        .map(Oid)
        .map_err(sql_error)
}

/// What a commit stamped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamped {
    /// Versions that began.
    pub(crate) begun: usize,
    /// Versions that ended.
    pub(crate) ended: usize,
}

/// Makes what a transaction wrote visible from this snapshot on.
pub(crate) fn stamp(connection: &Connection, txn: i64, snapshot: i64, tables: &[Touched]) -> Result<Stamped> {
    let mut stamped = Stamped::default();
    for table in tables {
        let run = |sql: &str| {
            connection
                .prepare_cached(sql)
                .and_then(|mut statement| statement.execute(named_params! { ":txn": txn, ":snapshot": snapshot }))
                .map_err(sql_error)
        };
        stamped.begun += run(table.stamp_begin())?;
        stamped.ended += run(table.stamp_end())?;
    }
    Ok(stamped)
}

/// Notes the last commit, and the greatest number of a transaction.
pub(crate) fn advance(connection: &Connection, snapshot: i64, txn: i64) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE counters SET value = CASE name WHEN 'snapshot' THEN :snapshot ELSE max(value, :txn + 1) END
             WHERE name IN ('snapshot', 'txn')",
        )
        .and_then(|mut statement| statement.execute(named_params! { ":snapshot": snapshot, ":txn": txn }))
        .map_err(sql_error)?;
    Ok(())
}

/// Microseconds since 1970.
pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64)
}
