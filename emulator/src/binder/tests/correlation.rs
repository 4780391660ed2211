//! Sub-queries, correlated and not.

use super::{check, company, fails, numbers};

#[tokio::test]
async fn scalar() {
    let db = company();
    check(&db, "select name from emp where salary = (select max(salary) from emp)", &["cid"]).await;
    check(&db, "select (select name from dept where id = 9)", &["NULL"]).await;
    check(
        &db,
        "select name, (select count(*) from emp where dept = d.id) from dept d order by id",
        &["sales 2", "tech 2", "empty 0"],
    )
    .await;
    check(
        &db,
        "select name, (select name from emp where id = e.boss) from emp e order by id",
        &["ann NULL", "bob ann", "cid ann", "dan cid", "eve cid"],
    )
    .await;
    check(
        &db,
        "select name from emp e where salary > (select avg(salary) from emp where dept = e.dept) order by 1",
        &["ann", "cid"],
    )
    .await;
    check(
        &db,
        "select coalesce((select sum(salary) from emp where dept = d.id), 0) + 1 from dept d order by id",
        &["91", "131", "1"],
    )
    .await;
}

#[tokio::test]
async fn a_scalar_of_several_rows_is_an_error() {
    let db = company();
    let several = "21000: single-row subquery returns more than one row";
    fails(&db, "select (select id from dept)", several).await;
    fails(&db, "select (select id from emp where dept = d.id) from dept d", several).await;
    // Rows that no outer row asks for do no harm.
    check(&db, "select (select id from emp where dept = d.id) from dept d where d.id = 3", &["NULL"]).await;
}

#[tokio::test]
async fn other_comparisons_with_the_outer_row() {
    let db = company();
    check(
        &db,
        "select name, (select count(*) from emp b where b.salary > a.salary) from emp a order by 2",
        &["cid 0", "dan 1", "ann 2", "bob 3", "eve 4"],
    )
    .await;
    check(
        &db,
        "select name, (select max(salary) from emp b where b.salary < a.salary) from emp a order by salary",
        &["eve NULL", "bob 30", "ann 40", "dan 50", "cid 60"],
    )
    .await;
    check(
        &db,
        "select d.name, (select name from emp where dept = d.id order by salary desc limit 1) from dept d order by d.id",
        &["sales ann", "tech cid", "empty NULL"],
    )
    .await;
    check(
        &db,
        "select d.id, (select count(*) + d.budget from emp where dept = d.id having count(*) > 0) from dept d order by 1",
        &["1 102", "2 202", "3 NULL"],
    )
    .await;
    check(
        &db,
        "select d.id, (select count(*) from (select 1 from emp where dept = d.id union all select 2) x) from dept d order by 1",
        &["1 3", "2 3", "3 1"],
    )
    .await;
}

#[tokio::test]
async fn exists() {
    let db = company();
    check(
        &db,
        "select name from dept d where exists (select 1 from emp where dept = d.id) order by 1",
        &["sales", "tech"],
    )
    .await;
    check(&db, "select name from dept d where not exists (select 1 from emp where dept = d.id)", &["empty"]).await;
    check(&db, "select 1 where exists (select 1 from emp where salary > 60)", &["1"]).await;
    check(&db, "select 1 where not exists (select 1 from emp where salary > 60)", &[]).await;
    check(
        &db,
        "select name, exists (select 1 from emp where dept = d.id) from dept d order by id",
        &["sales true", "tech true", "empty false"],
    )
    .await;
    check(
        &db,
        "select name, case when exists (select 1 from emp where dept = d.id and salary > 55) then 'rich' else 'poor' end \
         from dept d order by id",
        &["sales poor", "tech rich", "empty poor"],
    )
    .await;
    check(
        &db,
        "select name from dept d where id = 3 or exists (select 1 from emp where dept = d.id and salary > 55) order by id",
        &["tech", "empty"],
    )
    .await;
    check(
        &db,
        "select count(*) from emp a where exists (select 1 from emp b where b.boss = a.id and b.salary < a.salary)",
        &["2"],
    )
    .await;
    check(
        &db,
        "select name from dept d where exists (select 1 from emp where dept = d.id limit 1) order by 1",
        &["sales", "tech"],
    )
    .await;
    check(
        &db,
        "select name from dept d where exists (select count(*) from emp where dept = d.id) order by id",
        &["sales", "tech", "empty"],
    )
    .await;
}

#[tokio::test]
async fn membership_and_nulls() {
    let db = numbers();
    check(&db, "select i from n where i in (select i from m) order by 1", &["1", "3"]).await;
    check(&db, "select i from n where i not in (select i from m) order by 1", &["2"]).await;
    // A NULL in the sub-query makes every other comparison unknown.
    check(&db, "select i from n where i not in (select i from with_null)", &[]).await;
    // Nothing is in an empty set, NULL neither.
    check(&db, "select i from n where i not in (select i from nothing) order by 1", &["1", "2", "3", "NULL"]).await;
    check(&db, "select i, i in (select i from m) from n order by 1", &["1 true", "2 false", "3 true", "NULL NULL"])
        .await;
    check(
        &db,
        "select i, i in (select i from with_null) from n order by 1",
        &["1 true", "2 NULL", "3 NULL", "NULL NULL"],
    )
    .await;
    check(
        &db,
        "select i, i not in (select i from nothing) from n order by 1",
        &["1 true", "2 true", "3 true", "NULL true"],
    )
    .await;
    check(&db, "select i from n where not (i in (select i from m) or i = 40)", &["2"]).await;
    check(&db, "select i from n where j = 40 or i in (select i from m) order by 1", &["1", "3", "NULL"]).await;
    check(&db, "select i from n where (i, j) in (select i, i * 10 from m) order by 1", &["1", "3"]).await;
}

#[tokio::test]
async fn correlated_membership() {
    let db = company();
    check(
        &db,
        "select name from emp e where salary in (select max(salary) from emp where dept = e.dept) order by 1",
        &["ann", "cid"],
    )
    .await;
    check(
        &db,
        "select name from emp e where id not in (select boss from emp b where b.dept = e.dept and boss is not null) order by 1",
        &["bob", "dan", "eve"],
    )
    .await;
}

#[tokio::test]
async fn quantified_comparisons() {
    let db = numbers();
    check(&db, "select i from n where i > any (select i from m) order by 1", &["2", "3"]).await;
    check(&db, "select i from n where i <= all (select i from m)", &["1"]).await;
    check(&db, "select i from n where i > all (select i from nothing) order by 1", &["1", "2", "3", "NULL"]).await;
    check(&db, "select i from n where i <> all (select i from m)", &["2"]).await;
    check(&db, "select i from n where i = some (select i from m) order by 1", &["1", "3"]).await;
    check(
        &db,
        "select i, i < all (select i from with_null) from n order by 1",
        &["1 false", "2 false", "3 false", "NULL NULL"],
    )
    .await;
    check(&db, "select 0 < all (select i from with_null)", &["NULL"]).await;
}

#[tokio::test]
async fn above_group_by() {
    let db = company();
    check(
        &db,
        "select dept, (select name from dept d where d.id = e.dept) from emp e group by dept order by 1",
        &["1 sales", "2 tech", "NULL NULL"],
    )
    .await;
    check(
        &db,
        "select dept from emp e group by dept having sum(salary) > (select budget / 2 from dept where id = e.dept) order by 1",
        &["1", "2"],
    )
    .await;
    check(&db, "select sum((select budget from dept where id = e.dept)) from emp e", &["600"]).await;
    fails(
        &db,
        "select count(*), (select name from dept where id = e.dept) from emp e",
        "42803: subquery uses ungrouped column \"e.dept\" from outer query",
    )
    .await;
}

/// Developer guide, "Correlated subqueries": patterns that are not supported.
#[tokio::test]
async fn what_redshift_refuses() {
    let db = company();
    let refused = "0A000: This type of correlated subquery pattern is not supported yet";
    let skipped = "select 1 from dept d where not exists (select 1 from emp e where not exists \
                   (select 1 from emp x where x.dept = d.id))";
    fails(&db, skipped, &format!("{refused} at 112")).await;
    fails(
        &db,
        "select 1 from dept d left join emp e on e.dept = d.id and e.id = (select max(id) from emp where boss = e.id)",
        refused,
    )
    .await;
    fails(
        &db,
        "select id, (select count(*) from emp where dept = d.id) as c from dept d group by c, id",
        &format!("{refused} at 82"),
    )
    .await;
}
