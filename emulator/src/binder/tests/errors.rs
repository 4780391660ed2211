//! What is refused, in which words and where.

use super::{check, company, fails, numbers};

#[tokio::test]
async fn unknown_and_ambiguous_names() {
    let db = company();
    fails(&db, "select x from dept", "42703: column \"x\" does not exist in dept at 7").await;
    fails(&db, "select dept.x from dept", "42703: column dept.x does not exist at 7").await;
    fails(&db, "select e.id from dept", "42P01: missing FROM-clause entry for table \"e\" at 7").await;
    fails(&db, "select id from dept, emp", "42702: column reference \"id\" is ambiguous at 7").await;
    fails(&db, "select * from nowhere", "42P01: relation \"nowhere\" does not exist at 14").await;
    fails(&db, "select * from s.nowhere", "3F000: schema \"s\" does not exist at 14").await;
    fails(&db, "select * from public.nowhere", "42P01: relation \"public.nowhere\" does not exist at 14").await;
    fails(&db, "select 1 from dept, dept", "42712: table name \"dept\" specified more than once at 20").await;
    fails(&db, "select e.* from dept", "42P01: relation \"e\" does not exist at 7").await;
}

#[tokio::test]
async fn positions() {
    let db = company();
    fails(&db, "select id from dept order by 2", "42P10: ORDER BY position 2 is not in select list at 29").await;
    fails(&db, "select id from dept group by 0", "42P10: GROUP BY position 0 is not in select list at 29").await;
    fails(&db, "select id from dept group by 'a'", "42601: non-integer constant in GROUP BY at 29").await;
    fails(
        &db,
        "select distinct id from dept order by name",
        "42P10: for SELECT DISTINCT, ORDER BY expressions must appear in select list",
    )
    .await;
}

#[tokio::test]
async fn grouping() {
    let db = company();
    let ungrouped =
        "42803: column \"dept.name\" must appear in the GROUP BY clause or be used in an aggregate function at 7";
    fails(&db, "select name, count(*) from dept", ungrouped).await;
    fails(&db, "select name from dept group by id", ungrouped).await;
    fails(&db, "select 1 from dept where count(*) > 1", "42803: aggregates not allowed in WHERE clause at 25").await;
    fails(
        &db,
        "select 1 from dept a join dept b on max(a.id) = 1",
        "42803: aggregates not allowed in JOIN conditions at 36",
    )
    .await;
    fails(&db, "select max(min(id)) from dept", "42803: aggregate function calls may not be nested at 11").await;
    fails(&db, "select max(id) from dept group by 1", "42803: aggregates not allowed in GROUP BY clause at 34").await;
    fails(
        &db,
        "select id from dept where row_number() over () = 1",
        "42P20: window functions not allowed in WHERE clause at 26",
    )
    .await;
}

#[tokio::test]
async fn set_operations() {
    let db = numbers();
    fails(
        &db,
        "select i from m union select i, j from n",
        "42601: each UNION query must have the same number of columns at 16",
    )
    .await;
}

#[tokio::test]
async fn rows_have_a_bounded_number_of_columns() {
    let db = numbers();
    let refused = "54011: target lists can have at most 1664 entries";
    fails(&db, &format!("select {}", vec!["1"; 1_665].join(", ")), refused).await;
    // What rows are sorted or grouped by is in them, too, unless it is an output column.
    let sums = |count: usize| (0..count).map(|n| format!("i + {n}")).collect::<Vec<_>>().join(", ");
    fails(&db, &format!("select i from m order by {}", sums(1_664)), refused).await;
    fails(&db, &format!("select count(*) from m group by {}", sums(1_664)), refused).await;
    fails(&db, &format!("select count(*) from m group by {}", sums(100_000)), refused).await;
}

/// The figure is ours: Redshift names none.
#[tokio::test]
async fn joins_are_bounded() {
    let db = numbers();
    let refused = "54001: statement too complex";
    for operator in [" intersect ", " except "] {
        fails(&db, &vec!["select 1"; 302].join(operator), refused).await;
    }
    fails(&db, &vec!["select 1"; 10_000].join(" intersect "), refused).await;
    let tables = (0..400).map(|n| format!("m t{n}")).collect::<Vec<_>>().join(", ");
    fails(&db, &format!("select 1 from {tables}"), refused).await;
    let joins: String = (1..310).map(|n| format!(" join m t{n} on t{n}.i = t0.i")).collect();
    fails(&db, &format!("select 1 from m t0{joins}"), refused).await;
}

#[tokio::test]
async fn conditions_must_be_boolean() {
    let db = company();
    fails(
        &db,
        "select 1 from dept where name",
        "42804: argument of WHERE must be type boolean, not type character varying at 25",
    )
    .await;
    fails(&db, "select 1 from dept limit -1", "2201W: LIMIT must not be negative at 25").await;
    fails(&db, "select top 1 id from dept limit 1", "42601: cannot use both TOP and LIMIT in one query at 11").await;
}

#[tokio::test]
async fn rows_and_sub_queries_of_other_widths() {
    let db = numbers();
    fails(&db, "select (select i, j from n)", "42601: subquery must return only one column at 7").await;
    fails(&db, "select 1 where 1 in (select i, j from n)", "42601: subquery has too many columns at 17").await;
    fails(&db, "select 1 where (1, 2) in (select i from n)", "42601: subquery has too few columns at 22").await;
}

#[tokio::test]
async fn errors_in_views_have_no_position() {
    use redshift_sql_dialect::RedshiftType::Int4;
    let db = numbers();
    db.catalog.add_view("broken", &[("x", Int4)], "select missing from n");
    fails(&db, "select * from broken", "42703: column \"missing\" does not exist in n at 14").await;
    check(&db, "select 1", &["1"]).await;
}

#[tokio::test]
async fn a_view_of_itself_ends() {
    use redshift_sql_dialect::RedshiftType::Int4;
    let db = numbers();
    db.catalog.add_view("snake", &[("x", Int4)], "select x from snake");
    fails(&db, "select * from snake", "42P19: infinite recursion detected in rules for relation \"snake\" at 14").await;
}
