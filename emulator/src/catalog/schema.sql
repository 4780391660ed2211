-- The catalog's tables.
--
-- Four columns make a row a version: begin_txn wrote it, begin_snapshot is when that transaction committed (NULL until
-- it does), end_txn replaced or removed it, end_snapshot is when that one committed. A transaction T that began at
-- snapshot S sees a row when
--     (begin_snapshot <= S OR begin_txn = T) AND (end_snapshot IS NULL OR end_snapshot > S) AND end_txn IS NOT T.
-- The partial indexes hold what open transactions have written: COMMIT stamps it, ROLLBACK and crash recovery undo it.

-- Counters: the last snapshot that was committed, the next object identifier, the next id of a user or a group, and the
-- number from which the next process counts its transactions.
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

-- Databases, schemas, relations, users, groups and roles. `oid` is unique among those of one kind, `parent` is the database of
-- a schema, the schema of a relation and 0 for the others. `definition` is JSON and holds everything else.
CREATE TABLE objects (
    version INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    oid INTEGER NOT NULL,
    parent INTEGER NOT NULL,
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    begin_txn INTEGER NOT NULL,
    begin_snapshot INTEGER,
    end_txn INTEGER,
    end_snapshot INTEGER
);
CREATE INDEX objects_name ON objects (kind, parent, name);
CREATE INDEX objects_oid ON objects (kind, oid);
CREATE INDEX objects_begun ON objects (begin_txn) WHERE begin_snapshot IS NULL;
CREATE INDEX objects_ended ON objects (end_txn) WHERE end_txn IS NOT NULL AND end_snapshot IS NULL;
CREATE INDEX objects_old ON objects (end_snapshot) WHERE end_snapshot IS NOT NULL;

-- Privileges: `object` and `grantee` are OIDs of the kinds beside them. `part` is the attnum of a column and the schema of
-- default privileges, and 0 otherwise. An object without any has the default: everything for its owner.
CREATE TABLE grants (
    version INTEGER PRIMARY KEY AUTOINCREMENT,
    object_kind TEXT NOT NULL,
    object INTEGER NOT NULL,
    part INTEGER NOT NULL,
    grantee_kind TEXT NOT NULL,
    grantee INTEGER NOT NULL,
    privilege TEXT NOT NULL,
    grantor INTEGER NOT NULL,
    grant_option INTEGER NOT NULL,
    begin_txn INTEGER NOT NULL,
    begin_snapshot INTEGER,
    end_txn INTEGER,
    end_snapshot INTEGER
);
CREATE INDEX grants_object ON grants (object_kind, object);
CREATE INDEX grants_grantee ON grants (grantee_kind, grantee);
CREATE INDEX grants_begun ON grants (begin_txn) WHERE begin_snapshot IS NULL;
CREATE INDEX grants_ended ON grants (end_txn) WHERE end_txn IS NOT NULL AND end_snapshot IS NULL;
CREATE INDEX grants_old ON grants (end_snapshot) WHERE end_snapshot IS NOT NULL;

-- What a table's rows are in: Parquet files (`place` 'data') under data/TABLE/FILE.parquet, and chunks of few rows that
-- stand in `chunks` (`place` 'inline'). `statistics` is an Arrow IPC batch of two rows, the least and the greatest
-- value of each column, and is NULL where they are not known.
CREATE TABLE files (
    file INTEGER PRIMARY KEY,
    table_oid INTEGER NOT NULL,
    place TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    statistics BLOB,
    begin_txn INTEGER NOT NULL,
    begin_snapshot INTEGER,
    end_txn INTEGER,
    end_snapshot INTEGER
);
CREATE INDEX files_table ON files (table_oid, end_snapshot);
CREATE INDEX files_begun ON files (begin_txn) WHERE begin_snapshot IS NULL;
CREATE INDEX files_ended ON files (end_txn) WHERE end_txn IS NOT NULL AND end_snapshot IS NULL;
CREATE INDEX files_old ON files (end_snapshot) WHERE end_snapshot IS NOT NULL;

-- The rows of inline chunks: an Arrow IPC stream of one batch. They stand apart from `files` because a row that is
-- stamped is written again, and these bytes need not be.
CREATE TABLE chunks (
    file INTEGER PRIMARY KEY,
    rows BLOB NOT NULL
);

-- Rows of a file that are deleted: a roaring bitmap of their positions. Each DELETE adds a version of its own; what is
-- deleted for a transaction is the union of those it sees.
CREATE TABLE deletes (
    version INTEGER PRIMARY KEY AUTOINCREMENT,
    table_oid INTEGER NOT NULL,
    file INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    positions BLOB NOT NULL,
    begin_txn INTEGER NOT NULL,
    begin_snapshot INTEGER,
    end_txn INTEGER,
    end_snapshot INTEGER
);
CREATE INDEX deletes_table ON deletes (table_oid, end_snapshot);
CREATE INDEX deletes_file ON deletes (file);
CREATE INDEX deletes_begun ON deletes (begin_txn) WHERE begin_snapshot IS NULL;
CREATE INDEX deletes_ended ON deletes (end_txn) WHERE end_txn IS NOT NULL AND end_snapshot IS NULL;
CREATE INDEX deletes_old ON deletes (end_snapshot) WHERE end_snapshot IS NOT NULL;

-- The next values of IDENTITY columns. They are not versioned: a value that was allotted is never allotted again.
CREATE TABLE identities (
    table_oid INTEGER PRIMARY KEY,
    next INTEGER NOT NULL
);
