//! What queries answer: small tables, expected rows by reasoning or from the developer guide.

mod aggregates;
mod correlation;
mod ctes;
mod dml;
mod errors;
mod joins;
mod names;
mod pivots;
mod scale;
mod setops;
mod tpch;
mod windows;

use redshift_sql_dialect::RedshiftType::{self, *};

use crate::binder::testing::Database;

const TEXT: RedshiftType = Varchar(20);

/// Departments and employees: one department has nobody, one employee has no department.
fn company() -> Database {
    let db = Database::new();
    db.table(
        "dept",
        &[("id", Int4), ("name", TEXT), ("budget", Int8)],
        &[&["1", "sales", "100"], &["2", "tech", "200"], &["3", "empty", "300"]],
    );
    db.table(
        "emp",
        &[("id", Int4), ("name", TEXT), ("dept", Int4), ("salary", Int4), ("boss", Int4)],
        &[
            &["10", "ann", "1", "50", "NULL"],
            &["11", "bob", "1", "40", "10"],
            &["12", "cid", "2", "70", "10"],
            &["13", "dan", "2", "60", "12"],
            &["14", "eve", "NULL", "30", "12"],
        ],
    );
    db
}

/// Numbers, some of them NULL.
fn numbers() -> Database {
    let db = Database::new();
    db.table("n", &[("i", Int4), ("j", Int4)], &[&["1", "10"], &["2", "NULL"], &["3", "30"], &["NULL", "40"]]);
    db.table("m", &[("i", Int4)], &[&["1"], &["3"], &["5"]]);
    db.table("with_null", &[("i", Int4)], &[&["1"], &["NULL"]]);
    db.table("nothing", &[("i", Int4)], &[]);
    db
}

async fn check(db: &Database, sql: &str, expected: &[&str]) {
    match db.rows(sql).await {
        Ok(rows) => assert_eq!(rows, expected, "{sql}"),
        Err(error) => panic!("{sql}: {error}"),
    }
}

async fn fails(db: &Database, sql: &str, expected: &str) {
    assert_eq!(db.error(sql).await, expected, "{sql}");
}
