//! GROUP BY and aggregates.

use super::{check, company, numbers};

#[tokio::test]
async fn groups() {
    let db = company();
    check(
        &db,
        "select dept, count(*), sum(salary) from emp group by dept order by dept",
        &["1 2 90", "2 2 130", "NULL 1 30"],
    )
    .await;
    check(
        &db,
        "select dept % 2, count(*) from emp where dept is not null group by dept % 2 order by 1",
        &["0 2", "1 2"],
    )
    .await;
    check(&db, "select dept, count(*) from emp group by 1 having count(*) > 1 order by 1", &["1 2", "2 2"]).await;
    check(&db, "select dept + 1, dept + 1 + 1 from emp where dept = 1 group by dept + 1", &["2 3"]).await;
    check(
        &db,
        "select dept, salary / 10 as tens, count(*) from emp where dept = 2 group by all order by tens",
        &["2 6 1", "2 7 1"],
    )
    .await;
    check(&db, "select max(salary) - min(salary) from emp", &["40"]).await;
    check(&db, "select count(distinct dept), count(dept), count(*) from emp", &["2 4 5"]).await;
    check(
        &db,
        "select case when dept = 1 then 'one' else 'other' end, count(*) from emp group by 1 order by 1",
        &["one 2", "other 3"],
    )
    .await;
}

#[tokio::test]
async fn no_rows() {
    let db = numbers();
    check(&db, "select count(*), sum(i) from nothing", &["0 NULL"]).await;
    check(&db, "select count(*) from nothing group by i", &[]).await;
    check(&db, "select 1 from nothing having count(*) = 0", &["1"]).await;
}

#[tokio::test]
async fn grouping_sets() {
    let db = company();
    check(
        &db,
        "select dept, boss, sum(salary), grouping(dept) as g, grouping_id(dept, boss) as gi from emp \
         where dept is not null group by rollup (dept, boss) order by g, gi, 1, 2",
        &[
            "1 10 40 0 0",
            "1 NULL 50 0 0",
            "2 10 70 0 0",
            "2 12 60 0 0",
            "1 NULL 90 0 1",
            "2 NULL 130 0 1",
            "NULL NULL 220 1 3",
        ],
    )
    .await;
    check(
        &db,
        "select dept, boss, count(*) from emp where dept = 2 group by cube (dept, boss) order by 1, 2",
        &["2 10 1", "2 12 1", "2 NULL 2", "NULL 10 1", "NULL 12 1", "NULL NULL 2"],
    )
    .await;
    check(
        &db,
        "select dept, boss, count(*) from emp where dept = 2 group by grouping sets ((dept), (boss), ()) order by 1, 2",
        &["2 NULL 2", "NULL 10 1", "NULL 12 1", "NULL NULL 2"],
    )
    .await;
    check(
        &db,
        "select dept, boss, count(*) from emp where dept = 2 group by dept, rollup (boss) order by 1, 2",
        &["2 10 1", "2 12 1", "2 NULL 2"],
    )
    .await;
    check(&db, "select grouping(dept), dept from emp where dept = 1 group by dept", &["0 1"]).await;
}

#[tokio::test]
async fn an_aggregate_of_a_grouped_column() {
    let db = company();
    check(
        &db,
        "select dept, sum(dept) from emp where dept > 0 group by rollup (dept) order by 1",
        &["1 2", "2 4", "NULL 6"],
    )
    .await;
}
