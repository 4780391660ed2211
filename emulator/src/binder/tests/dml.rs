//! The rows that INSERT, UPDATE and DELETE write.

use redshift_sql_dialect::{RedshiftType::*, Result, ast::Statement};

use super::{company, numbers};
use crate::{
    binder::testing::{Database, column, statement},
    catalog::{Column, Identity},
};

async fn rows(db: &Database, sql: &str) -> Result<Vec<String>> {
    let plan = match statement(sql)? {
        Statement::Insert(insert) => db.binder().insert_rows(&insert)?.plan,
        Statement::Update(update) => db.binder().update_rows(&update)?.plan,
        Statement::Delete(delete) => db.binder().delete_rows(&delete)?.plan,
        other => panic!("{other:?}"),
    };
    let mut rows = db.run(&plan).await?;
    rows.sort();
    Ok(rows)
}

async fn check(db: &Database, sql: &str, expected: &[&str]) {
    match rows(db, sql).await {
        Ok(rows) => assert_eq!(rows, expected, "{sql}"),
        Err(error) => panic!("{sql}: {error}"),
    }
}

async fn fails(db: &Database, sql: &str, expected: &str) {
    match rows(db, sql).await {
        Ok(rows) => panic!("{sql} gave {rows:?}"),
        Err(error) => assert_eq!(error.to_string(), expected, "{sql}"),
    }
}

#[tokio::test]
async fn delete() {
    let db = company();
    check(&db, "delete from emp where salary > 55", &["7 2", "7 3"]).await;
    check(&db, "delete emp", &["7 0", "7 1", "7 2", "7 3", "7 4"]).await;
    check(&db, "delete from emp e using dept d where e.dept = d.id and d.name = 'sales'", &["7 0", "7 1"]).await;
    // A row goes once, however many rows of USING match it.
    check(&db, "delete from dept using emp where emp.dept = dept.id", &["7 0", "7 1"]).await;
    check(&db, "delete from dept where id not in (select dept from emp where dept is not null)", &["7 2"]).await;
    check(&db, "with w as (select 1 as id) delete from dept using w where dept.id = w.id", &["7 0"]).await;
}

#[tokio::test]
async fn update() {
    let db = company();
    check(&db, "update dept set budget = budget + 1 where id < 3", &["7 0 1 sales 101", "7 1 2 tech 201"]).await;
    check(&db, "update dept set name = default, budget = '7' where id = 1", &["7 0 1 NULL 7"]).await;
    check(
        &db,
        "update dept set budget = emp.salary from emp where emp.dept = dept.id and emp.boss = 12",
        &["7 1 2 tech 60"],
    )
    .await;
    check(
        &db,
        "update dept d set budget = (select sum(salary) from emp where dept = d.id)",
        &["7 0 1 sales 90", "7 1 2 tech 130", "7 2 3 empty NULL"],
    )
    .await;
    let one = rows(&db, "update dept set budget = emp.salary from emp where emp.dept = dept.id and dept.id = 1").await;
    assert_eq!(one.expect("rows").len(), 1);
    fails(&db, "update dept set nope = 1", "42703: column \"nope\" of relation \"dept\" does not exist").await;
    fails(&db, "update dept set id = 1, id = 2", "42601: multiple assignments to same column \"id\"").await;
}

#[tokio::test]
async fn a_nondeterministic_update_can_be_refused() {
    let mut db = company();
    db.settings.insert("error_on_nondeterministic_update".to_string(), "on".to_string());
    fails(
        &db,
        "update dept set budget = emp.salary from emp where emp.dept = dept.id",
        "XX000: Found multiple matches to update the same tuple.",
    )
    .await;
}

fn shop() -> Database {
    let db = numbers();
    let identity = |by_default| Some(Identity { seed: 1, step: 1, by_default });
    db.catalog.add_columns(
        "item",
        vec![
            Column { identity: identity(false), ..column(1, "id", Int8) },
            column(2, "name", Varchar(5)),
            Column { default: Some("7 + 1".to_string()), ..column(3, "price", Int4) },
        ],
    );
    db.catalog
        .add_columns("given", vec![Column { identity: identity(true), ..column(1, "id", Int8) }, column(2, "x", Int4)]);
    db
}

#[tokio::test]
async fn insert_values() {
    let db = shop();
    check(&db, "insert into m values (1), (2), ('3'), (null)", &["1", "2", "3", "NULL"]).await;
    check(&db, "insert into n (j) values (1), (2 + 3)", &["NULL 1", "NULL 5"]).await;
    check(&db, "insert into n values (1)", &["1 NULL"]).await;
    check(&db, "insert into item (name) values ('a'), ('b')", &["NULL a 8", "NULL b 8"]).await;
    check(&db, "insert into item values (default, 'a', default), (default, 'b', 1)", &["NULL a 8", "NULL b 1"]).await;
    check(&db, "insert into item default values", &["NULL NULL 8"]).await;
    check(&db, "insert into given values (5, 1), (default, 2)", &["5 1", "NULL 2"]).await;
    check(&db, "insert into m values ((select max(i) from m))", &["5"]).await;
    let refusal = "0A000: can't use subqueries in multi-row VALUES";
    fails(&db, "insert into m values ((select max(i) from m)), (1)", refusal).await;
    fails(&db, "insert into m values (1, 2)", "42601: INSERT has more expressions than target columns").await;
    fails(&db, "insert into n (i, j) values (1)", "42601: INSERT has more target columns than expressions").await;
    fails(&db, "insert into n values (1), (1, 2)", "42601: VALUES lists must all be the same length").await;
    fails(&db, "insert into n (nope) values (1)", "42703: column \"nope\" of relation \"n\" does not exist").await;
    fails(&db, "insert into n (i, i) values (1, 2)", "42701: column \"i\" specified more than once").await;
    fails(&db, "insert into item (id) values (1)", "0A000: cannot set an identity column to a value").await;
}

#[tokio::test]
async fn insert_query() {
    let db = shop();
    check(&db, "insert into n select i, i * 2 from m", &["1 2", "3 6", "5 10"]).await;
    check(&db, "insert into item (price, name) select i, 'x' from m where i < 4", &["NULL x 1", "NULL x 3"]).await;
    check(&db, "insert into m with w as (select 4 as q) select q from w", &["4"]).await;
    check(&db, "insert into m select '7'", &["7"]).await;
    fails(&db, "insert into m select i, j from n", "42601: INSERT has more expressions than target columns").await;
}

#[tokio::test]
async fn generated_columns_are_listed() {
    let db = shop();
    let generated = |sql: &str| match statement(sql).expect("a statement") {
        Statement::Insert(insert) => db.binder().insert_rows(&insert).expect("rows").generated,
        other => panic!("{other:?}"),
    };
    assert_eq!(generated("insert into item (name) values ('a')"), [0]);
    assert_eq!(generated("insert into given values (1, 2)"), [0_usize; 0]);
    assert_eq!(generated("insert into given values (1, 2), (default, 3)"), [0]);
}
