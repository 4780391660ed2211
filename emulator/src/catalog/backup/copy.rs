//! Rows from one catalog to another: into a backup and out of it.

use redshift_sql_dialect::{Error, Result, SqlState};
use rusqlite::{Connection, Params, named_params, types::ToSqlOutput};

use super::Linked;
use crate::catalog::{
    open::{self, Counter},
    sql::{sql_error, visible},
    transaction::Touched,
};

/// What a transaction sees that begins at this snapshot, without what is temporary.
pub(super) fn everything(from: &Connection, to: &Connection, snapshot: i64) -> Result<()> {
    open::create_tables(to)?;
    to.execute_batch("BEGIN").map_err(sql_error)?;
    let seen = named_params! { ":snapshot": snapshot, ":txn": -1 };
    for (table, columns) in VERSIONED {
        let query = format!("SELECT {columns}, begin_txn, begin_snapshot FROM {} WHERE {}", name(table), visible!());
        rows(from, &query, seen, to, name(table))?;
    }
    let chunks = format!("SELECT file, rows FROM chunks WHERE file IN (SELECT file FROM files WHERE {})", visible!());
    rows(from, &chunks, seen, to, "chunks")?;
    for table in ["identities", "counters"] {
        rows(from, &format!("SELECT * FROM {table}"), [], to, table)?;
    }
    open::forget_temporary(to)?;
    to.execute_batch("COMMIT").map_err(sql_error)
}

/// The versioned tables, and the columns of them that tell no version.
const VERSIONED: [(Touched, &str); 4] = [
    (Touched::Objects, "kind, oid, parent, name, definition"),
    (Touched::Grants, "object_kind, object, part, grantee_kind, grantee, privilege, grantor, grant_option"),
    (Touched::Files, "file, table_oid, place, row_count, bytes, statistics"),
    (Touched::Deletes, "table_oid, file, row_count, positions"),
];

fn name(table: Touched) -> &'static str {
    match table {
        Touched::Objects => "objects",
        Touched::Grants => "grants",
        Touched::Files => "files",
        Touched::Deletes => "deletes",
    }
}

/// Bytes of the rows in a backup.
pub(super) fn bytes_of(backup: &Connection) -> Result<u64> {
    let sum = backup.query_row("SELECT coalesce(sum(bytes), 0) FROM files", [], |row| row.get::<_, i64>(0));
    sum.map(|bytes| bytes.unsigned_abs()).map_err(sql_error)
}

/// Fails where a backup was made by another version, whose tables may be others.
pub(super) fn check_version(backup: &Connection) -> Result<()> {
    let version: i64 = backup.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(sql_error)?;
    if version == open::VERSION {
        return Ok(());
    }
    let message =
        format!("the snapshot was taken by another version of Blueshift (format {version}, not {})", open::VERSION);
    Err(Error::new(SqlState::IO_ERROR, message))
}

/// Tells a backup's connection the new numbers and tables of files, in a table that only it has.
pub(super) fn renumber(backup: &Connection, files: &[Linked]) -> Result<()> {
    let made = "DROP TABLE IF EXISTS temp.renumbered;
                CREATE TEMP TABLE renumbered (old INTEGER PRIMARY KEY, file INTEGER NOT NULL, table_oid INTEGER NOT NULL);";
    backup.execute_batch(made).map_err(sql_error)?;
    let mut insert = backup.prepare("INSERT INTO temp.renumbered VALUES (?, ?, ?)").map_err(sql_error)?;
    for Linked { from, to, .. } in files {
        insert.execute([from.1, to.1, i64::from(to.0.0)]).map_err(sql_error)?;
    }
    Ok(())
}

/// Ends all versions that are current.
pub(super) fn end_all(live: &Connection, table: Touched, txn: i64, snapshot: i64) -> Result<()> {
    // One that an open transaction is about to end keeps its mark, by which that transaction does not see it.
    let sql = format!(
        "UPDATE {} SET end_snapshot = :snapshot, end_txn = coalesce(end_txn, :txn)
         WHERE begin_snapshot IS NOT NULL AND end_snapshot IS NULL",
        name(table)
    );
    live.execute(&sql, named_params! { ":txn": txn, ":snapshot": snapshot }).map(drop).map_err(sql_error)
}

/// Everything in a backup begins with this commit; files have the numbers that [`renumber`] told.
pub(super) fn restore_everything(backup: &Connection, live: &Connection, txn: i64, snapshot: i64) -> Result<()> {
    let begun = format!("{txn} AS begin_txn, {snapshot} AS begin_snapshot");
    for (table, columns) in [VERSIONED[0], VERSIONED[1]] {
        let table = name(table);
        rows(backup, &format!("SELECT {columns}, {begun} FROM {table}"), [], live, table)?;
    }
    restore_files(backup, live, &begun)?;
    live.execute_batch("DELETE FROM identities").map_err(sql_error)?;
    rows(backup, "SELECT table_oid, next FROM identities", [], live, "identities")?;
    // OIDs and numbers of users are never given twice: the counters only go up.
    for counter in [Counter::Oid, Counter::User, Counter::Group] {
        let kept = open::counter(backup, counter)?;
        live.execute(
            "UPDATE counters SET value = max(value, :kept) WHERE name = :name",
            named_params! { ":kept": kept, ":name": counter.name() },
        )
        .map_err(sql_error)?;
    }
    Ok(())
}

/// The files that were renumbered, their chunks and what is deleted of them; `begun` are columns that say when they begin.
pub(super) fn restore_files(backup: &Connection, live: &Connection, begun: &str) -> Result<()> {
    let join = "JOIN temp.renumbered n ON n.old = t.file";
    let files =
        format!("SELECT n.file, n.table_oid, t.place, t.row_count, t.bytes, t.statistics, {begun} FROM files t {join}");
    rows(backup, &files, [], live, "files")?;
    rows(backup, &format!("SELECT n.file, t.rows FROM chunks t {join}"), [], live, "chunks")?;
    let deletes = format!("SELECT n.table_oid, n.file, t.row_count, t.positions, {begun} FROM deletes t {join}");
    rows(backup, &deletes, [], live, "deletes")
}

/// Inserts the rows that a query gives into a table that has columns of these names.
fn rows(from: &Connection, query: &str, parameters: impl Params, to: &Connection, table: &str) -> Result<()> {
    let mut select = from.prepare(query).map_err(sql_error)?;
    let columns: Vec<String> = select.column_names().map(str::to_string).collect();
    let marks = vec!["?"; columns.len()].join(", ");
    let sql = format!("INSERT INTO {table} ({}) VALUES ({marks})", columns.join(", "));
    let mut insert = to.prepare(&sql).map_err(sql_error)?;
    let mut found = select.query(parameters).map_err(sql_error)?;
    while let Some(row) = found.next().map_err(sql_error)? {
        for at in 0..columns.len() {
            let value = ToSqlOutput::Borrowed(row.get_ref(at).map_err(sql_error)?);
            insert.raw_bind_parameter(at + 1, value).map_err(sql_error)?;
        }
        insert.raw_execute().map_err(sql_error)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever adds a table to the catalog has to say what becomes of it in a backup.
    #[test]
    fn a_backup_has_every_table() {
        let catalog = Connection::open_in_memory().unwrap();
        open::create_tables(&catalog).unwrap();
        let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name";
        let mut statement = catalog.prepare(names).unwrap();
        let names: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        // When tables were changed last is not backed up.
        assert_eq!(names, ["changes", "chunks", "counters", "deletes", "files", "grants", "identities", "objects"]);
        let versions = ["version", "begin_txn", "begin_snapshot", "end_txn", "end_snapshot"];
        for (table, columns) in VERSIONED {
            let sql = format!("SELECT * FROM {}", name(table));
            let all = catalog.prepare(&sql).unwrap();
            let all: Vec<String> =
                all.column_names().filter(|name| !versions.contains(name)).map(str::to_string).collect();
            assert_eq!(all.join(", "), columns);
        }
    }
}
