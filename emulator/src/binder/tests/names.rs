//! Names, select lists, WHERE, ORDER BY, LIMIT.

use super::{check, company, numbers};
use crate::binder::testing::Database;

fn names(db: &Database, sql: &str) -> Vec<String> {
    let bound = db.bind(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    bound.columns.iter().map(|column| column.name.clone()).collect()
}

#[tokio::test]
async fn without_from() {
    check(&Database::new(), "select 1, 2 as two, 3.50, 'x'", &["1 2 3.50 x"]).await;
}

#[tokio::test]
async fn two_columns_of_one_name() {
    let db = company();
    check(&db, "select id, id from dept where id = 1", &["1 1"]).await;
    check(&db, "select * from dept a join dept b on a.id = b.id where a.id = 2", &["2 tech 200 2 tech 200"]).await;
    assert_eq!(names(&db, "select id, id, a.id as id from dept a"), ["id", "id", "id"]);
}

#[tokio::test]
async fn columns_are_named_as_postgres_names_them() {
    let db = company();
    let sql = "select id, id + 1, -id, count(*), max(id), case when id = 1 then 2 end, case id when 1 then 2 else id end, \
               id::bigint, 1::bigint, true, (select 1), 'a' || 'b' from dept group by id";
    let expected =
        ["id", "?column?", "?column?", "count", "max", "case", "id", "id", "int8", "bool", "?column?", "?column?"];
    assert_eq!(names(&db, sql), expected);
}

#[tokio::test]
async fn qualified_names() {
    let db = company();
    check(&db, "select public.dept.id, dept.name from public.dept where dev.public.dept.id = 1", &["1 sales"]).await;
    check(&db, "select d.* from dev.public.dept d where d.id = 2", &["2 tech 200"]).await;
    check(&db, "select \"ID\" from DEPT where Id = 3", &["3"]).await;
}

#[tokio::test]
async fn wildcards_without_some_columns() {
    let db = company();
    check(&db, "select * exclude (budget) from dept where id = 1", &["1 sales"]).await;
    check(&db, "select * exclude budget from dept where id = 1", &["1 sales"]).await;
}

#[tokio::test]
async fn an_alias_is_seen_by_what_follows_it() {
    let db = numbers();
    check(&db, "select i + 1 as a, a * 2 as b, b + a as c from n where i = 1", &["2 4 6"]).await;
    // A column of FROM comes before an alias.
    check(&db, "select i + 1 as j, j from n where i = 1", &["2 10"]).await;
    // An alias is known in WHERE, GROUP BY, HAVING and ORDER BY.
    check(&db, "select i * 10 as ten from n where ten > 10 order by ten", &["20", "30"]).await;
    check(&db, "select i % 2 as odd, count(*) from m group by odd", &["1 3"]).await;
    check(&db, "select i % 2 as odd, count(*) as c from m group by odd having c > 2", &["1 3"]).await;
    check(&db, "select sum(i) as s, s + 1 from m", &["9 10"]).await;
    check(&db, "select i + 1 as k, sum(k) from m where i = 5 group by k", &["6 6"]).await;
}

#[tokio::test]
async fn an_integer_is_a_condition() {
    let db = numbers();
    check(&db, "select i from m where 1 and i = 3", &["3"]).await;
    check(&db, "select i from m where 0", &[]).await;
    check(&db, "select i from m where not 1", &[]).await;
}

#[tokio::test]
async fn nulls_sort_as_the_greatest() {
    let db = numbers();
    check(&db, "select i from n order by i", &["1", "2", "3", "NULL"]).await;
    check(&db, "select i from n order by i desc", &["NULL", "3", "2", "1"]).await;
    check(&db, "select i from n order by i nulls first", &["NULL", "1", "2", "3"]).await;
    check(&db, "select i from n order by i desc nulls last", &["3", "2", "1", "NULL"]).await;
}

#[tokio::test]
async fn order_by_position_name_and_expression() {
    let db = company();
    check(&db, "select name, budget from dept order by 2 desc", &["empty 300", "tech 200", "sales 100"]).await;
    check(&db, "select name from dept order by budget desc", &["empty", "tech", "sales"]).await;
    check(&db, "select name as budget from dept order by budget", &["empty", "sales", "tech"]).await;
    check(&db, "select name from dept order by -budget", &["empty", "tech", "sales"]).await;
    check(&db, "select distinct name from dept order by name", &["empty", "sales", "tech"]).await;
    check(&db, "select dept from emp where dept > 0 group by dept order by sum(salary) desc", &["2", "1"]).await;
}

#[tokio::test]
async fn limits() {
    let db = numbers();
    check(&db, "select i from m order by i limit 1", &["1"]).await;
    check(&db, "select i from m order by i limit 1 offset 1", &["3"]).await;
    check(&db, "select i from m order by i offset 2", &["5"]).await;
    check(&db, "select top 2 i from m order by i", &["1", "3"]).await;
    check(&db, "select i from m order by i limit all", &["1", "3", "5"]).await;
    check(&db, "select i from m order by i limit 1 + 1", &["1", "3"]).await;
    check(&db, "select i from m limit 0", &[]).await;
}

#[tokio::test]
async fn conditions() {
    let db = numbers();
    check(&db, "select i from n where i between 2 and 3 order by i", &["2", "3"]).await;
    check(&db, "select i from n where i not between 2 and 3", &["1"]).await;
    check(&db, "select i from n where i in (1, 3, 99) order by i", &["1", "3"]).await;
    check(&db, "select i from n where i not in (1, 3)", &["2"]).await;
    check(&db, "select i from n where i not in (1, null)", &[]).await;
    check(&db, "select i from n where i is null or j is null", &["2", "NULL"]).await;
    check(&db, "select i from n where (i, j) = (1, 10)", &["1"]).await;
    check(&db, "select i from n where (i, j) in ((1, 10), (3, 31))", &["1"]).await;
    check(&db, "select i from n where (i, j) > (1, 10) order by i", &["2", "3"]).await;
    check(&db, "select i from n where (i > 1) is not true order by i", &["1", "NULL"]).await;
    check(
        &db,
        "select case i when 1 then 'one' when 2 then 'two' else 'many' end from n order by i",
        &["one", "two", "many", "many"],
    )
    .await;
    check(&db, "select i from n where i = any (array[1, 3]) order by i", &["1", "3"]).await;
}

#[tokio::test]
async fn views_and_sub_queries_in_from() {
    use redshift_sql_dialect::RedshiftType::*;
    let db = company();
    db.catalog.add_view(
        "rich",
        &[("who", Varchar(20)), ("pay", Int4)],
        "select name, salary from emp where salary > 55",
    );
    db.catalog.add_view("richest", &[("who", Varchar(20))], "select top 1 who from rich order by pay desc");
    check(&db, "select who from rich order by pay", &["dan", "cid"]).await;
    check(&db, "select * from richest", &["cid"]).await;
    check(&db, "select x from (select id + 1 as x from dept) where x > 3", &["4"]).await;
    check(&db, "select s.b from (select id, name from dept) as s (a, b) where s.a = 1", &["sales"]).await;
}
