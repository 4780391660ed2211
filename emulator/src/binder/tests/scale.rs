//! Long statements.

use std::{fmt::Write, time::Instant};

use redshift_sql_dialect::{RedshiftType::*, ast::Statement};

use super::{check, numbers};
use crate::binder::testing::{Database, statement};

fn list(separator: &str, item: impl Fn(usize) -> String) -> String {
    (0..10_000).map(item).collect::<Vec<_>>().join(separator)
}

#[tokio::test]
async fn ten_thousand_alternatives() {
    let db = numbers();
    let sql = format!("select i from m where {} order by 1", list(" or ", |n| format!("i = {}", n * 3)));
    check(&db, &sql, &["3"]).await;
    let pairs = (0..500).map(|n| format!("(i = {n} and j = {})", n * 10)).collect::<Vec<_>>().join(" or ");
    check(&db, &format!("select i from n where {pairs} order by 1"), &["1", "3"]).await;
}

#[tokio::test]
async fn ten_thousand_conditions() {
    let db = numbers();
    let sql = format!("select i from m where {} order by 1", list(" and ", |n| format!("i <> {}", n + 2)));
    check(&db, &sql, &["1"]).await;
    let computed = (0..500).map(|n| format!("i * {n} < 5 + i * {n}")).collect::<Vec<_>>().join(" and ");
    check(&db, &format!("select i from m where {computed} order by 1"), &["1", "3", "5"]).await;
}

#[tokio::test]
async fn ten_thousand_items() {
    let db = numbers();
    let sql = format!("select i from m where i in ({}) order by 1", list(", ", |n| (n + 2).to_string()));
    check(&db, &sql, &["3", "5"]).await;
}

#[tokio::test]
async fn ten_thousand_sides_of_a_union() {
    let db = numbers();
    let sides = list(" union all ", |n| format!("select {n} as x"));
    check(&db, &format!("select count(*), sum(x) from ({sides})"), &["10000 49995000"]).await;
    let sides = (0..100).map(|n| format!("select i + {n} as x from m")).collect::<Vec<_>>().join(" union all ");
    check(&db, &format!("select count(*), sum(x) from ({sides})"), &["300 15750"]).await;
}

#[tokio::test]
async fn ten_thousand_arms() {
    let db = numbers();
    let arms = |operand: &str| list(" ", |n| format!("when {operand}{n} then {}", n * 10));
    check(&db, &format!("select case i {} end from m order by 1", arms("")), &["10", "30", "50"]).await;
    check(&db, &format!("select sum(case {} end) from m", arms("i = ")), &["90"]).await;
    check(&db, &format!("select i from m where case i {} end = 30", arms("")), &["3"]).await;
}

#[tokio::test]
async fn ten_thousand_strings() {
    let db = numbers();
    check(&db, &format!("select len({}) from m order by 1", list(" || ", |_| "i".into())), &["10000"; 3]).await;
    check(
        &db,
        &format!("select coalesce({}) from n order by 1", list(", ", |_| "j".into())),
        &["10", "30", "40", "NULL"],
    )
    .await;
}

/// The conditions on one side of a join stay apart from those on the other and on both.
#[tokio::test]
async fn ten_thousand_conditions_on_both_sides() {
    let db = numbers();
    let conditions = list(" and ", |n| format!("n.i <> {} and m.i <> {} and n.j + m.i <> {}", n + 3, n + 7, n + 100));
    let sql = format!("select n.i, m.i from n join m on n.i = m.i where {conditions} order by 1");
    check(&db, &sql, &["1 1"]).await;
    let outer = format!("select m.i from m left join n on n.i = m.i where {conditions} order by 1");
    check(&db, &outer, &["1"]).await;
}

#[tokio::test]
async fn sixty_joins() {
    let db = numbers();
    let chain: String = (1..60).map(|n| format!(" join m t{n} on t{n}.i = t{}.i", n - 1)).collect();
    check(&db, &format!("select t0.i, t59.i from m t0{chain} order by 1"), &["1 1", "3 3", "5 5"]).await;
    let chain: String = (1..60).map(|n| format!(" left join n t{n} on t{n}.i = t0.i and t{n}.j > 20")).collect();
    check(&db, &format!("select t0.i, t59.j from m t0{chain} order by 1"), &["1 NULL", "3 30", "5 NULL"]).await;
}

#[tokio::test]
async fn deep_nesting() {
    let db = numbers();
    let mut sql = "select i from m".to_string();
    for _ in 0..60 {
        sql = format!("select i from ({sql}) where i > 0");
    }
    check(&db, &format!("{sql} order by 1"), &["1", "3", "5"]).await;
    let sum = (0..150).fold("i".to_string(), |sum, _| format!("({sum} + 1)"));
    check(&db, &format!("select {sum} from m order by 1"), &["151", "153", "155"]).await;
}

#[tokio::test]
async fn a_thousand_rows_of_values() {
    let db = Database::new();
    db.catalog.add_columns(
        "wide",
        (0..10)
            .map(|n| {
                crate::binder::testing::column(n + 1, &format!("c{n}"), if n % 2 == 0 { Int4 } else { Varchar(20) })
            })
            .collect(),
    );
    let mut sql = "insert into wide values ".to_string();
    for row in 0..1_000 {
        let separator = if row == 0 { "" } else { ", " };
        let _ = write!(sql, "{separator}({row}, 'a', 1, 'b', 2, 'c', 3, 'd', 4, 'e{row}')");
    }
    let Statement::Insert(insert) = statement(&sql).expect("a statement") else { panic!("not an INSERT") };
    let begun = Instant::now();
    let plan = db.binder().insert_rows(&insert).expect("rows").plan;
    println!("bound in {:?}", begun.elapsed());
    assert_eq!(db.run(&plan).await.expect("rows").len(), 1_000);
}
