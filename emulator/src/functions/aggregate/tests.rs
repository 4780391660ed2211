//! Aggregates and window functions over the guide's table WINSALES ("Sample table for window function examples").

use redshift_sql_dialect::RedshiftType;

use crate::binder::testing::Database;

fn winsales() -> Database {
    let db = Database::new();
    let columns = [
        ("salesid", RedshiftType::Int4),
        ("dateid", RedshiftType::Date),
        ("sellerid", RedshiftType::Int4),
        ("buyerid", RedshiftType::Varchar(10)),
        ("qty", RedshiftType::Int4),
        ("price", RedshiftType::numeric(8, 2)),
    ];
    let rows: [&[&str]; 11] = [
        &["30001", "2003-08-02", "3", "b", "10", "1.50"],
        &["10001", "2003-12-24", "1", "c", "10", "2.25"],
        &["10005", "2003-12-24", "1", "a", "30", "NULL"],
        &["40001", "2004-01-09", "4", "a", "40", "4.00"],
        &["10006", "2004-01-18", "1", "c", "10", "1.00"],
        &["20001", "2004-02-12", "2", "b", "20", "1.00"],
        &["40005", "2004-02-12", "4", "a", "10", "1.00"],
        &["20002", "2004-02-16", "2", "c", "20", "1.00"],
        &["30003", "2004-04-18", "3", "b", "15", "1.00"],
        &["30004", "2004-04-18", "3", "b", "20", "1.00"],
        &["30007", "2004-09-07", "3", "c", "30", "1.00"],
    ];
    db.table("winsales", &columns, &rows);
    db
}

async fn row(sql: &str) -> String {
    let rows = winsales().rows(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows.join("; ")
}

#[tokio::test]
async fn totals_are_exact() {
    assert_eq!(row("select count(*), count(price), sum(qty), avg(qty) from winsales").await, "11 10 215 19");
    assert_eq!(row("select sum(price), avg(price), sum(price::float8) from winsales").await, "14.75 1.47 14.75");
    assert_eq!(row("select sum(distinct qty), avg(distinct qty), count(distinct qty) from winsales").await, "115 23 5");
    assert_eq!(row("select sum(qty), avg(price) from winsales where false").await, "NULL NULL");
    assert_eq!(
        row("select sellerid, sum(qty), avg(price) from winsales group by 1 order by 1").await,
        "1 50 1.62; 2 40 1.00; 3 75 1.12; 4 50 2.50"
    );
}

#[tokio::test]
async fn totals_have_types() {
    let db = winsales();
    let types = |sql: &str| {
        let bound = db.bind(sql).expect("a query");
        bound.columns.iter().map(|column| column.ty.to_string()).collect::<Vec<_>>().join(" ")
    };
    // "SUM", "AVG": a SUM of DEC(5,2) is DEC(38,2).
    assert_eq!(
        types("select sum(qty), avg(qty), count(*), sum(price), avg(price) from winsales"),
        "bigint bigint bigint numeric(38,2) numeric(38,2)"
    );
    assert_eq!(
        types("select max(buyerid), min(dateid), median(qty), stddev(qty) from winsales"),
        "character varying(10) date numeric(38,1) double precision"
    );
}

#[tokio::test]
async fn totals_do_not_wrap() {
    let db = Database::new();
    let max = "9223372036854775807";
    db.table("t", &[("g", RedshiftType::Int4), ("n", RedshiftType::Int8)], &[&["1", max], &["1", "1"], &["2", "5"]]);
    let overflow = "22003: bigint out of range";
    assert_eq!(db.error("select sum(n) from t").await, overflow);
    assert_eq!(db.error("select g, sum(n) from t group by g").await, overflow);
    assert_eq!(db.rows("select avg(n) from t where g = 1").await.expect("rows"), ["4611686018427387904"]);
}

#[tokio::test]
async fn values_that_cannot_be_added_are_refused() {
    let db = winsales();
    let error = db.bind("select sum(dateid) from winsales").unwrap_err();
    assert_eq!(error.message(), "function sum(date) does not exist");
    assert_eq!(error.sqlstate().0, "42883");
    assert!(error.hint().is_some());
    assert_eq!(
        db.bind("select min(qty = 1) from winsales").unwrap_err().message(),
        "function min(boolean) does not exist"
    );
}

#[tokio::test]
async fn other_aggregates() {
    assert_eq!(
        row("select min(qty), max(price), min(buyerid), max(dateid) from winsales").await,
        "10 4.00 a 2004-09-07"
    );
    assert_eq!(
        row("select bool_and(qty > 5), bool_or(qty > 35), bit_and(qty), bit_or(qty) from winsales").await,
        "true true 0 63"
    );
    assert_eq!(
        row("select stddev_samp(qty) is null, var_pop(qty) from winsales where salesid = 10001").await,
        "true 0.0"
    );
    assert_eq!(row("select any_value(sellerid) from winsales where sellerid = 2").await, "2");
    assert_eq!(row("select approximate count(distinct buyerid) from winsales").await, "3");
}

#[tokio::test]
async fn lists_are_in_order() {
    // LISTAGG, examples.
    assert_eq!(
        row("select listagg(sellerid) within group (order by dateid, salesid) from winsales").await,
        "31141242333"
    );
    assert_eq!(
        row("select listagg(dateid,'|') within group (order by sellerid desc, salesid asc) from winsales where buyerid = 'b'").await,
        "2003-08-02|2004-04-18|2004-04-18|2004-02-12"
    );
    assert_eq!(
        row("select buyerid, listagg(distinct sellerid, ',') within group (order by sellerid) from winsales group by 1 order by 1").await,
        "a 1,4; b 2,3; c 1,2,3"
    );
    assert_eq!(row("select listagg(buyerid) from winsales where false").await, "NULL");
    assert_eq!(
        row("select distinct listagg(sellerid, ',') within group (order by dateid, salesid) over () from winsales")
            .await,
        "3,1,1,4,1,2,4,2,3,3,3"
    );
}

#[tokio::test]
async fn percentiles_lie_between_rows_or_on_them() {
    // PERCENTILE_CONT and MEDIAN window functions, examples.
    assert_eq!(
        row("select distinct sellerid, median(qty) over (partition by sellerid), \
             percentile_cont(0.5) within group (order by qty) over (partition by sellerid) \
             from winsales order by sellerid")
        .await,
        "1 10.0 10.0; 2 20.0 20.0; 3 17.5 17.5; 4 25.0 25.0"
    );
    assert_eq!(row("select percentile_cont(0.25) within group (order by qty desc) from winsales").await, "25.00");
    // r_MEDIAN: all have one order, and MEDIAN's is that of its argument.
    assert_eq!(
        row("select median(qty), percentile_cont(0.25) within group (order by qty) from winsales").await,
        "20.0 10.00"
    );
    assert_eq!(
        row("select percentile_disc(0.5) within group (order by qty), \
             approximate percentile_disc(0.9) within group (order by qty) from winsales")
        .await,
        "20 30"
    );
    assert_eq!(row("select median(dateid) from winsales where sellerid = 4").await, "2004-01-26");
    assert_eq!(row("select median(qty::float8) from winsales where sellerid = 4").await, "25.0");
    let error = winsales().bind("select median(dateid), median(qty) from winsales").unwrap_err();
    assert_eq!(error.message(), "within group ORDER BY clauses for aggregate functions must be the same");
    assert_eq!(row("select median(qty) from winsales where false").await, "NULL");
    let error = winsales().bind("select percentile_cont(2) within group (order by qty) from winsales").unwrap_err();
    assert_eq!(error.message(), "percentile value 2 is not between 0 and 1");
}

#[tokio::test]
async fn rows_are_ranked() {
    // RANK, DENSE_RANK, NTILE, CUME_DIST, PERCENT_RANK, ROW_NUMBER, examples over WINSALES.
    assert_eq!(
        row("select salesid, rank() over (order by qty), dense_rank() over (order by qty), \
             row_number() over (order by qty, salesid) from winsales where sellerid in (1, 4) order by qty, salesid")
        .await,
        "10001 1 1 1; 10006 1 1 2; 40005 1 1 3; 10005 4 2 4; 40001 5 3 5"
    );
    assert_eq!(
        row("select salesid, ntile(2) over (order by salesid), percent_rank() over (order by qty), \
             cume_dist() over (order by qty) from winsales where sellerid = 3 order by salesid")
        .await,
        "30001 1 0.0 0.25; 30003 1 0.3333333333333333 0.5; 30004 2 0.6666666666666666 0.75; 30007 2 1.0 1.0"
    );
}

#[tokio::test]
async fn neighbours_are_found() {
    assert_eq!(
        row("select salesid, lag(qty) over (order by salesid), lead(qty, 2) over (order by salesid) \
             from winsales where sellerid = 3 order by salesid")
        .await,
        "30001 NULL 20; 30003 10 30; 30004 15 NULL; 30007 20 NULL"
    );
    assert_eq!(
        row("select salesid, first_value(price ignore nulls) over (order by salesid desc rows between unbounded preceding \
             and unbounded following), nth_value(qty, 2) over (order by salesid rows between unbounded preceding and \
             unbounded following) from winsales where sellerid = 1 order by salesid").await,
        "10001 1.00 30; 10005 1.00 30; 10006 1.00 30"
    );
    assert_eq!(
        row("select salesid, sum(qty) over (order by salesid rows between 1 preceding and current row), \
             avg(price) over (order by salesid rows unbounded preceding) from winsales where sellerid = 1 order by 1")
        .await,
        "10001 10 2.25; 10005 40 2.25; 10006 40 1.62"
    );
}

#[tokio::test]
async fn shares_add_up() {
    // RATIO_TO_REPORT.
    assert_eq!(
        row("select sellerid, qty, ratio_to_report(qty) over (partition by sellerid) from winsales \
             where sellerid in (1, 4) order by 1, 2, salesid")
        .await,
        "1 10 0.2; 1 10 0.2; 1 30 0.6; 4 10 0.2; 4 40 0.8"
    );
}
