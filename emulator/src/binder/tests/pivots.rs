//! PIVOT and UNPIVOT: developer guide, "PIVOT and UNPIVOT examples".

use redshift_sql_dialect::RedshiftType::*;

use super::check;
use crate::binder::testing::Database;

fn parts() -> Database {
    let db = Database::new();
    db.table(
        "part",
        &[("partname", Varchar(20)), ("manufacturer", Varchar(20)), ("quality", Int4), ("price", Int4)],
        &[
            &["prop", "local", "2", "10"],
            &["prop", "big", "NULL", "9"],
            &["prop", "small", "1", "12"],
            &["rudder", "local", "1", "2"],
            &["rudder", "big", "2", "3"],
            &["rudder", "small", "NULL", "1"],
            &["wing", "local", "NULL", "7"],
            &["wing", "big", "1", "15"],
            &["wing", "small", "NULL", "11"],
        ],
    );
    db.table(
        "count_by_color",
        &[("quality", Varchar(20)), ("red", Int4), ("green", Int4), ("blue", Int4)],
        &[&["high", "15", "20", "7"], &["normal", "35", "NULL", "40"], &["low", "10", "23", "NULL"]],
    );
    db
}

#[tokio::test]
async fn pivot() {
    let db = parts();
    check(
        &db,
        "select * from (select partname, price from part) pivot (max(price) for partname in ('prop', 'rudder', 'wing'))",
        &["12 3 15"],
    )
    .await;
    let sql = "select * from (select quality, manufacturer from part) pivot (count(*) as count for quality in \
               (1 as high, 2 as low, null as na)) order by manufacturer";
    check(&db, sql, &["big 1 1 1", "local 1 1 1", "small 1 0 2"]).await;
    let columns = db.bind(sql).expect("a query").columns;
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["manufacturer", "high_count", "low_count", "na_count"]);
}

#[tokio::test]
async fn unpivot() {
    let db = parts();
    check(
        &db,
        "select * from (select red, green, blue from count_by_color) unpivot (cnt for color in (red, green, blue)) \
         order by color, cnt",
        &["blue 7", "blue 40", "green 20", "green 23", "red 10", "red 15", "red 35"],
    )
    .await;
    check(
        &db,
        "select * from (select * exclude blue from count_by_color) unpivot include nulls (cnt for color in (red as r, green as g)) \
         where quality <> 'high' order by 1, 2",
        &["low g 23", "low r 10", "normal g NULL", "normal r 35"],
    )
    .await;
}
