//! Joins.

use super::{check, company, fails};

#[tokio::test]
async fn kinds_of_joins() {
    let db = company();
    let sorted = "select e.name, d.name from emp e {} join dept d on e.dept = d.id order by 1, 2";
    let ask = |kind: &str| sorted.replace("{}", kind);
    check(&db, &ask("inner"), &["ann sales", "bob sales", "cid tech", "dan tech"]).await;
    check(&db, &ask("left"), &["ann sales", "bob sales", "cid tech", "dan tech", "eve NULL"]).await;
    check(&db, &ask("right"), &["ann sales", "bob sales", "cid tech", "dan tech", "NULL empty"]).await;
    check(&db, &ask("full"), &["ann sales", "bob sales", "cid tech", "dan tech", "eve NULL", "NULL empty"]).await;
    check(&db, "select count(*) from emp cross join dept", &["15"]).await;
    check(&db, "select count(*) from emp e, dept d where e.dept = d.id", &["4"]).await;
}

#[tokio::test]
async fn conditions_beside_keys() {
    let db = company();
    check(
        &db,
        "select e.name, d.name from emp e left join dept d on e.dept = d.id and d.budget > 150 order by 1",
        &["ann NULL", "bob NULL", "cid tech", "dan tech", "eve NULL"],
    )
    .await;
    check(
        &db,
        "select a.name, b.name from emp a join emp b on a.salary < b.salary and a.dept = b.dept order by 1",
        &["bob ann", "dan cid"],
    )
    .await;
}

#[tokio::test]
async fn using_and_natural_merge_columns() {
    let db = company();
    db.table(
        "bonus",
        &[("id", redshift_sql_dialect::RedshiftType::Int8), ("sum", redshift_sql_dialect::RedshiftType::Int4)],
        &[&["10", "5"], &["99", "7"]],
    );
    check(&db, "select * from (select id, name from emp) e join bonus using (id)", &["10 ann 5"]).await;
    check(&db, "select id, e.id, bonus.id from emp e join bonus using (id)", &["10 10 10"]).await;
    check(
        &db,
        "select id, name, sum from (select id, name from emp where id < 12) e full join bonus using (id) order by id",
        &["10 ann 5", "11 bob NULL", "99 NULL 7"],
    )
    .await;
    check(&db, "select id, name from emp natural right join bonus order by id", &["10 ann", "99 NULL"]).await;
    check(&db, "select count(*) from (select 1 as a) x natural join (select 2 as b) y", &["1"]).await;
    fails(
        &db,
        "select 1 from emp join bonus using (nope)",
        "42703: column \"nope\" specified in USING clause does not exist in left table at 36",
    )
    .await;
}

#[tokio::test]
async fn nested_joins() {
    let db = company();
    check(
        &db,
        "select d.name, e.name, b.name from dept d left join (emp e join emp b on e.boss = b.id) on e.dept = d.id \
         order by 1, 2",
        &["empty NULL NULL", "sales bob ann", "tech cid ann", "tech dan cid"],
    )
    .await;
}

#[tokio::test]
async fn marked_outer_joins() {
    let db = company();
    check(
        &db,
        "select e.name, d.name from emp e, dept d where e.dept = d.id (+) and d.budget (+) > 150 and e.salary < 65 \
         order by 1",
        &["ann NULL", "bob NULL", "dan tech", "eve NULL"],
    )
    .await;
    check(
        &db,
        "select d.name, e.name from emp e, dept d where e.dept (+) = d.id and d.id > 1 order by 1, 2",
        &["empty NULL", "tech cid", "tech dan"],
    )
    .await;
    fails(
        &db,
        "select 1 from emp e, dept d where e.dept = d.id (+) or d.id = 1",
        "0A000: Outer join operator (+) not allowed in operand of OR or IN. at 52",
    )
    .await;
}

#[tokio::test]
async fn equal_columns_become_hash_joins() {
    let db = company();
    for sql in [
        "select 1 from emp e, dept d where e.dept = d.id",
        "select 1 from emp e join dept d on e.dept = d.id and e.salary > d.budget",
        "select 1 from emp where dept in (select id from dept)",
        "select 1 from emp where not exists (select 1 from dept where id = emp.dept)",
        "select (select max(budget) from dept where id = emp.dept) from emp",
    ] {
        let bound = db.bind(sql).expect("a query");
        let physical = db.state.create_physical_plan(&bound.plan).await.expect("a plan");
        let shown = datafusion::physical_plan::displayable(physical.as_ref()).indent(false).to_string();
        assert!(shown.contains("HashJoin"), "{sql}\n{shown}");
        assert!(!shown.contains("NestedLoop") && !shown.contains("CrossJoin"), "{sql}\n{shown}");
    }
}
