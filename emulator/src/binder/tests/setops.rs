//! UNION, INTERSECT, EXCEPT.

use super::{check, numbers};
use redshift_sql_dialect::RedshiftType::*;

#[tokio::test]
async fn unions() {
    let db = numbers();
    check(&db, "select i from m union all select i from m order by 1", &["1", "1", "3", "3", "5", "5"]).await;
    check(&db, "select i from n union select i from m order by i", &["1", "2", "3", "5", "NULL"]).await;
    check(&db, "select 1 as a union all select 2 order by a desc limit 1", &["2"]).await;
    check(&db, "(select i from m order by i limit 1) union all (select 9) order by 1", &["1", "9"]).await;
}

#[tokio::test]
async fn nulls_are_equal() {
    let db = numbers();
    check(&db, "select i from n intersect select i from with_null order by 1", &["1", "NULL"]).await;
    check(&db, "select i from n except select i from with_null order by 1", &["2", "3"]).await;
    check(&db, "select i from n minus select i from m order by 1", &["2", "NULL"]).await;
    check(&db, "select i from n except select i from m except select i from with_null", &["2"]).await;
    check(&db, "select i from n except (select i from m except select 1) order by 1", &["1", "2", "NULL"]).await;
    // INTERSECT binds tighter.
    check(&db, "select 7 union select i from m intersect select 3 order by 1", &["3", "7"]).await;
}

#[tokio::test]
async fn columns_take_one_type() {
    let db = numbers();
    let bound = db.bind("select 1 union all select 2.5 union all select null").expect("a query");
    assert!(matches!(bound.columns[0].ty, Numeric { scale: 1, .. }), "{:?}", bound.columns[0].ty);
    let bound = db.bind("select null as x union select i from m").expect("a query");
    assert_eq!(bound.columns[0].ty, Int4);
    check(&db, "select null as x union select i from m where i = 1 order by 1", &["1", "NULL"]).await;
}
