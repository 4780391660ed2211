//! When relations were changed last: their rows, and their definition.
//!
//! Each commit notes its time for what it wrote, in a table that is not versioned: who looks sees the last commit, whatever
//! the snapshot. So a commit costs a statement more, and nothing is read but where `stv_locks` and SHOW TABLES ask.

use std::collections::HashMap;

use redshift_sql_dialect::Result;
use rusqlite::{Connection, named_params};

use super::{Oid, TransactionView, sql::sql_error, transaction::Touched};
use crate::clock;

/// The table. A catalog that was made before there was one gets it, too.
pub(crate) const TABLE: &str = "CREATE TABLE IF NOT EXISTS changes (
    oid INTEGER NOT NULL,
    what TEXT NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (oid, what)
) WITHOUT ROWID;";

/// When a relation was changed last: microseconds since 1970; none where nobody knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// Its rows.
    pub rows: Option<i64>,
    /// Its definition.
    pub definition: Option<i64>,
}

/// Notes what a transaction has written and now commits.
pub(crate) fn note(connection: &Connection, txn: i64, touched: &[Touched]) -> Result<()> {
    for table in touched {
        let statement = match table {
            Touched::Grants => continue,
            Touched::Objects => {
                "INSERT OR REPLACE INTO changes SELECT oid, 'definition', :time FROM objects
                 WHERE kind = 'relation' AND begin_txn = :txn AND begin_snapshot IS NULL"
            }
            Touched::Files => {
                "INSERT OR REPLACE INTO changes SELECT table_oid, 'rows', :time FROM files
                 WHERE begin_txn = :txn AND begin_snapshot IS NULL
                 UNION SELECT table_oid, 'rows', :time FROM files
                 WHERE end_txn = :txn AND end_txn IS NOT NULL AND end_snapshot IS NULL"
            }
            Touched::Deletes => {
                "INSERT OR REPLACE INTO changes SELECT DISTINCT table_oid, 'rows', :time FROM deletes
                 WHERE begin_txn = :txn AND begin_snapshot IS NULL"
            }
        };
        connection
            .prepare_cached(statement)
            .and_then(|mut statement| statement.execute(named_params! { ":txn": txn, ":time": clock::now() }))
            .map_err(sql_error)?;
    }
    Ok(())
}

impl TransactionView {
    /// When relations were changed last, by OID.
    ///
    /// # Errors
    /// 58030 where the catalog cannot be read.
    pub fn changes(&self) -> Result<HashMap<Oid, Changes>> {
        let connection = self.shared().sql.connection();
        let mut statement = connection.prepare_cached("SELECT oid, what, time FROM changes").map_err(sql_error)?;
        let read = |row: &rusqlite::Row<'_>| Ok((Oid(row.get(0)?), row.get::<_, String>(1)?, row.get::<_, i64>(2)?));
        let mut changes: HashMap<Oid, Changes> = HashMap::new();
        for row in statement.query_map([], read).map_err(sql_error)? {
            let (oid, what, time) = row.map_err(sql_error)?;
            let changed = changes.entry(oid).or_default();
            match what.as_str() {
                "rows" => changed.rows = Some(time),
                _ => changed.definition = Some(time),
            }
        }
        Ok(changes)
    }
}
