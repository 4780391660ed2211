//! WITH.

use super::{check, company, fails, numbers};

#[tokio::test]
async fn common_table_expressions() {
    let db = company();
    check(&db, "with a as (select id from dept), b as (select id + 1 as id from a) select max(id) from b", &["4"])
        .await;
    check(&db, "with a (x, y) as (select id, name from dept) select y from a where x = 2", &["tech"]).await;
    check(&db, "with a as (select id from dept) select count(*) from a x join a y on x.id = y.id", &["3"]).await;
    // It hides a table of its name, and a later one sees an earlier one only.
    check(&db, "with dept as (select 7 as id) select id from dept", &["7"]).await;
    check(&db, "select (with w as (select max(id) as m from dept) select m from w)", &["3"]).await;
    fails(&db, "with a as (select * from b), b as (select 1) select 1", "42P01: relation \"b\" does not exist at 25")
        .await;
    fails(
        &db,
        "with a as (select 1), a as (select 2) select 1",
        "42712: WITH query name \"a\" specified more than once at 22",
    )
    .await;
}

/// Developer guide, "WITH clause", example of a recursive common table expression.
#[tokio::test]
async fn recursion() {
    let db = company();
    check(
        &db,
        "with recursive chain (id, name, level) as ( \
           select id, name, 1 from emp where boss is null \
           union all \
           select e.id, e.name, c.level + 1 from emp e, chain c where e.boss = c.id) \
         select level, name from chain order by level, name",
        &["1 ann", "2 bob", "2 cid", "3 dan", "3 eve"],
    )
    .await;
    check(
        &db,
        "with recursive t (n) as (select 1 union all select n + 1 from t where n < 100) select sum(n), count(*) from t",
        &["5050 100"],
    )
    .await;
    check(
        &db,
        "with recursive t (s) as (select 'a' union all select s || 'b' from t where s < 'abbb') select s from t order by 1",
        &["a", "ab", "abb", "abbb"],
    )
    .await;
}

/// Developer guide, "CONNECT BY clause".
#[tokio::test]
async fn connect_by() {
    let db = company();
    check(
        &db,
        "select id, name, level from emp start with name = 'cid' connect by prior id = boss order by id",
        &["12 cid 1", "13 dan 2", "14 eve 2"],
    )
    .await;
    check(
        &db,
        "select name from emp where level < 3 start with boss is null connect by boss = prior id order by name",
        &["ann", "bob", "cid"],
    )
    .await;
}

#[tokio::test]
async fn sub_queries_see_the_with_of_their_query() {
    let db = numbers();
    check(
        &db,
        "with k as (select 3 as i) select i from m where i in (select i from k) and exists (select 1 from k where k.i = m.i)",
        &["3"],
    )
    .await;
}
