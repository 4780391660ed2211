//! One table out of a backup, beside what there is.
//!
//! It comes back with its columns, keys and attributes, without foreign keys, privileges, policies and what depends on it; its
//! owner is who owned it, where that user is still there, and otherwise the administrator. Source: management guide, "Restoring a table
//! from a snapshot".

use std::sync::Arc;

use redshift_sql_dialect::{Error, Result, SqlState};
use rusqlite::{Connection, OptionalExtension, named_params};

use super::{BackupId, Linked, copy};
use crate::{
    catalog::{
        Catalog, KeyKind, LockMode, Oid, Relation, RelationKind, Schema, StoredRelation, Transaction,
        locks::LockKey,
        objects::{Kind, locked},
        sql::sql_error,
        transaction::Touched,
    },
    clock,
};

/// Which table is to come back, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRestore {
    /// The database that it was in.
    pub source_database: String,
    /// The schema that it was in.
    pub source_schema: String,
    /// Its name then.
    pub source_table: String,
    /// The database that it comes to.
    pub target_database: String,
    /// The schema that it comes to.
    pub target_schema: String,
    /// Its name from now on.
    pub new_table: String,
    /// Who owns it where its owner is not there any more.
    pub admin: String,
}

impl Catalog {
    /// Makes a table of one that a backup has: bytes of its rows.
    ///
    /// # Errors
    /// 42704 where there is no such backup, 42P01 where it has no such table, 3D000 and 3F000 where there is no such database
    /// or schema, 42P07 where there is such a table; 58030 where something cannot be read or written.
    pub async fn restore_table(&self, id: BackupId, pid: i32, what: &TableRestore) -> Result<u64> {
        let shared = &self.0;
        let source = shared.backups.open(id)?;
        let stored = find(&locked(&source), what)?;
        let transaction = self.begin(pid, &what.target_database)?;
        let view = transaction.view();
        let Some(schema) = view.schema(&what.target_schema)? else {
            let message = format!("schema \"{}\" does not exist", what.target_schema);
            return Err(Error::new(SqlState::INVALID_SCHEMA_NAME, message));
        };
        // Whoever drops the schema waits until it is known what is in it.
        transaction.lock(LockKey::Object(Kind::Schema, schema.oid), LockMode::AccessShare).await?;
        let old = stored.relation.oid;
        let relation = renewed(&transaction, &stored.relation, &schema, what)?;
        let table = relation.oid;
        transaction.add_relation(StoredRelation { relation: Arc::new(relation), ..stored }).await?;
        let files = files_of(&locked(&source), old, table, transaction.file_numbers(table))?;
        shared.backups.link_out(shared, id, &files).await?;
        let (txn, bytes) = (transaction.writes(Touched::Files)?, bytes_of(&locked(&source), old)?);
        transaction.writes(Touched::Deletes)?;
        {
            let source = locked(&source);
            copy::renumber(&source, &files)?;
            shared.sql.atomically(|live| {
                copy::restore_files(&source, live, &format!("{txn} AS begin_txn, NULL AS begin_snapshot"))?;
                copy_identity(&source, live, old, table)
            })?;
        }
        transaction.commit().await?;
        Ok(bytes)
    }
}

/// The table's definition as it was.
fn find(source: &Connection, what: &TableRestore) -> Result<StoredRelation> {
    let found: Option<String> = source
        .query_row(
            "SELECT r.definition FROM objects d JOIN objects s ON s.parent = d.oid JOIN objects r ON r.parent = s.oid
             WHERE d.kind = 'database' AND d.name = :database AND s.kind = 'schema' AND s.name = :schema
               AND r.kind = 'relation' AND r.name = :table",
            named_params! {
                ":database": what.source_database, ":schema": what.source_schema, ":table": what.source_table,
            },
            |row| row.get(0),
        )
        .optional()
        .map_err(sql_error)?;
    let stored = found.map(|definition| serde_json::from_str::<StoredRelation>(&definition)).transpose();
    let stored =
        stored.map_err(|error| Error::internal(format!("a relation in a snapshot is not as expected: {error}")))?;
    stored.filter(|stored| matches!(stored.relation.kind, RelationKind::Table(_))).ok_or_else(|| {
        let TableRestore { source_database, source_schema, source_table, .. } = what;
        let message = format!("table \"{source_database}.{source_schema}.{source_table}\" is not in the snapshot");
        Error::new(SqlState::UNDEFINED_TABLE, message)
    })
}

/// The table as it is to be.
fn renewed(transaction: &Transaction, old: &Relation, schema: &Schema, what: &TableRestore) -> Result<Relation> {
    let view = transaction.seen();
    let owner = match view.user_by_id(old.owner)? {
        Some(_) => old.owner,
        None => view.user(&what.admin)?.map_or(old.owner, |admin| admin.id),
    };
    let mut new = Relation {
        oid: transaction.new_oid()?,
        schema: schema.name.clone(),
        schema_oid: schema.oid,
        database: schema.database,
        name: what.new_table.clone(),
        owner,
        created: clock::now(),
        security: None,
        ..old.clone()
    };
    if let RelationKind::Table(table) = &mut new.kind {
        table.constraints.retain(|key| !matches!(key.kind, KeyKind::Foreign { .. }));
        table.constraint_comments.clear();
        for key in &mut table.constraints {
            key.oid = transaction.new_oid()?;
        }
    }
    Ok(new)
}

/// The table's files, and the numbers that they get.
fn files_of(source: &Connection, old: Oid, new: Oid, number: impl Fn() -> i64) -> Result<Vec<Linked>> {
    let mut statement = source
        .prepare("SELECT file, place = 'data' FROM files WHERE table_oid = :table ORDER BY file")
        .map_err(sql_error)?;
    let files = statement.query_map(named_params! { ":table": old.0 }, |row| {
        Ok(Linked { from: (old, row.get(0)?), to: (new, number()), data: row.get(1)? })
    });
    files.and_then(Iterator::collect).map_err(sql_error)
}

fn bytes_of(source: &Connection, table: Oid) -> Result<u64> {
    let sql = "SELECT coalesce(sum(bytes), 0) FROM files WHERE table_oid = :table";
    let sum = source.query_row(sql, named_params! { ":table": table.0 }, |row| row.get::<_, i64>(0));
    sum.map(|bytes| bytes.unsigned_abs()).map_err(sql_error)
}

/// IDENTITY goes on where it was.
fn copy_identity(source: &Connection, live: &Connection, old: Oid, new: Oid) -> Result<()> {
    let next: Option<i64> = source
        .query_row("SELECT next FROM identities WHERE table_oid = :table", named_params! { ":table": old.0 }, |row| {
            row.get(0)
        })
        .optional()
        .map_err(sql_error)?;
    let Some(next) = next else { return Ok(()) };
    live.execute(
        "INSERT OR REPLACE INTO identities (table_oid, next) VALUES (:table, :next)",
        named_params! { ":table": new.0, ":next": next },
    )
    .map(drop)
    .map_err(sql_error)
}
