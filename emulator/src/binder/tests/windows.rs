//! Window functions.

use super::{check, company, fails};

#[tokio::test]
async fn over_partitions() {
    let db = company();
    check(
        &db,
        "select name, row_number() over (partition by dept order by salary desc) as n, sum(salary) over (partition by dept) \
         from emp where dept > 0 order by dept, n",
        &["ann 1 90", "bob 2 90", "cid 1 130", "dan 2 130"],
    )
    .await;
    check(
        &db,
        "select name, sum(salary) over (order by id rows between 1 preceding and current row) from emp order by id",
        &["ann 50", "bob 90", "cid 110", "dan 130", "eve 90"],
    )
    .await;
    check(
        &db,
        "select name, sum(salary) over (order by id rows unbounded preceding) from emp order by id limit 2",
        &["ann 50", "bob 90"],
    )
    .await;
}

#[tokio::test]
async fn named_windows_and_qualify() {
    let db = company();
    check(
        &db,
        "select name, rank() over w from emp where dept > 0 window w as (partition by dept order by salary) order by name",
        &["ann 2", "bob 1", "cid 2", "dan 1"],
    )
    .await;
    check(
        &db,
        "select name from emp where dept > 0 qualify row_number() over (partition by dept order by salary desc) = 1 \
         order by name",
        &["ann", "cid"],
    )
    .await;
    check(
        &db,
        "select name, row_number() over (order by salary) as n from emp e qualify n <= 2 order by n",
        &["eve 1", "bob 2"],
    )
    .await;
}

#[tokio::test]
async fn over_aggregates() {
    let db = company();
    check(
        &db,
        "select dept, sum(salary), rank() over (order by sum(salary) desc) as r from emp group by dept order by r",
        &["2 130 1", "1 90 2", "NULL 30 3"],
    )
    .await;
    check(
        &db,
        "select dept, sum(sum(salary)) over () as total, dept + 1 from emp group by dept having count(*) > 1 order by 1",
        &["1 220 2", "2 220 3"],
    )
    .await;
}

#[tokio::test]
async fn an_aggregate_with_order_needs_a_frame() {
    let db = company();
    fails(
        &db,
        "select sum(salary) over (order by id) from emp",
        "0A000: Aggregate window functions with an ORDER BY clause require a frame clause at 7",
    )
    .await;
}
