//! What scans read, and what they tell the optimiser.

use datafusion::{
    common::{Statistics, stats::Precision},
    functions_aggregate::expr_fn::count,
    physical_plan::statistics::{StatisticsArgs, StatisticsContext},
    prelude::{col, lit},
    scalar::ScalarValue,
};
use redshift_sql_dialect::RedshiftType;

use super::*;
use crate::catalog::{Column, Isolation};

fn known(plan: &Arc<dyn ExecutionPlan>) -> Arc<Statistics> {
    StatisticsContext::new().compute(plan.as_ref(), &StatisticsArgs::new()).unwrap()
}

#[tokio::test]
async fn counts_come_from_statistics() {
    let catalog = in_memory(Isolation::Snapshot).await;
    with_file(&catalog).await;
    let txn = begin(&catalog, 1);
    insert(&txn, "t", numbered(MANY..MANY + 3)).await.unwrap();
    delete(&txn, "t", col("id").eq(lit(1))).await.unwrap();
    let counted = frame(&txn, &table(&txn, "t"), RowIdentity::Omitted)
        .aggregate(vec![], vec![count(lit(1i64))])
        .unwrap()
        .create_physical_plan()
        .await
        .unwrap();
    assert!(!shown(&counted).contains("DataSourceExec"), "{}", shown(&counted));
    let rows = known(&plan(&txn, "t", None).await);
    assert_eq!(rows.num_rows, Precision::Exact(MANY as usize + 2));
}

#[tokio::test]
async fn column_statistics_are_known_without_reading() {
    let catalog = in_memory(Isolation::Snapshot).await;
    with_file(&catalog).await;
    let txn = begin(&catalog, 1);
    let statistics = known(&plan(&txn, "t", None).await);
    let id = &statistics.column_statistics[0];
    assert_eq!(id.min_value, Precision::Exact(ScalarValue::Int32(Some(0))));
    assert_eq!(id.max_value, Precision::Exact(ScalarValue::Int32(Some(MANY - 1))));
    assert_eq!(id.null_count, Precision::Exact(0));
    delete(&txn, "t", col("id").eq(lit(0))).await.unwrap();
    let statistics = known(&plan(&txn, "t", None).await);
    assert_eq!(statistics.column_statistics[0].min_value, Precision::Inexact(ScalarValue::Int32(Some(0))));
}

#[tokio::test]
async fn filters_reach_the_files() {
    let catalog = in_memory(Isolation::Snapshot).await;
    with_file(&catalog).await;
    let txn = begin(&catalog, 1);
    insert(&txn, "t", numbered([MANY])).await.unwrap();
    let plan = plan(&txn, "t", Some(col("id").gt(lit(MANY + 100)))).await;
    assert!(shown(&plan).contains("pruning_predicate="), "{}", shown(&plan));
}

#[tokio::test]
async fn added_columns_are_null_or_their_default_in_older_rows() {
    let catalog = in_memory(Isolation::Snapshot).await;
    with_file(&catalog).await;
    let txn = begin(&catalog, 1);
    insert(&txn, "t", numbered([MANY])).await.unwrap();
    txn.commit().await.unwrap();

    let txn = begin(&catalog, 1);
    let old = table(&txn, "t");
    txn.lock_table(old.oid, LockMode::AccessExclusive).await.unwrap();
    txn.add_column(&old, Column::new("empty", RedshiftType::Int8), None).await.unwrap();
    let seven = ScalarValue::Utf8View(Some("seven".into()));
    let new = txn.add_column(&old, Column::new("filled", RedshiftType::Varchar(5)), Some(seven)).await.unwrap();
    assert_eq!(new.columns.iter().map(|column| column.attnum).collect::<Vec<_>>(), [1, 2, 3, 4]);
    txn.commit().await.unwrap();

    let txn = begin(&catalog, 2);
    let rows = frame(&txn, &table(&txn, "t"), RowIdentity::Omitted);
    let of = |filter| rows.clone().filter(filter).unwrap().count();
    assert_eq!(of(col("filled").eq(lit("seven"))).await.unwrap(), MANY as usize + 1);
    assert_eq!(of(col("filled").eq(lit("eight"))).await.unwrap(), 0);
    assert_eq!(of(col("empty").is_null()).await.unwrap(), MANY as usize + 1);
    assert_eq!(of(col("empty").is_not_null()).await.unwrap(), 0);
    assert_eq!(of(col("empty").is_null().and(col("id").lt(lit(10)))).await.unwrap(), 10);
}

#[tokio::test]
async fn columns_are_renamed_and_dropped_without_rewriting() {
    let catalog = in_memory(Isolation::Snapshot).await;
    with_file(&catalog).await;
    let txn = begin(&catalog, 1);
    let old = table(&txn, "t");
    txn.lock_table(old.oid, LockMode::AccessExclusive).await.unwrap();
    let mut changed = (*old).clone();
    changed.columns = [Column { name: "key".into(), ..old.columns[0].clone() }].into();
    let changed = txn.update_relation(changed).await.unwrap();
    // The name is free again; the old column's values do not come back under it.
    txn.add_column(&changed, Column::new("name", RedshiftType::Varchar(20)), None).await.unwrap();
    let rows = frame(&txn, &table(&txn, "t"), RowIdentity::Omitted);
    assert_eq!(rows.clone().filter(col("key").lt(lit(7))).unwrap().count().await.unwrap(), 7);
    assert_eq!(rows.filter(col("name").is_null()).unwrap().count().await.unwrap(), MANY as usize);
    drop(txn);
    let txn = begin(&catalog, 2);
    let rows = frame(&txn, &table(&txn, "t"), RowIdentity::Omitted);
    assert_eq!(rows.filter(col("name").eq(lit("n7"))).unwrap().count().await.unwrap(), 1);
}

/// Parquet's bounds leave out NaN, which is greater than all numbers.
#[tokio::test]
async fn filters_find_nan() {
    use crate::catalog::{NewRelation, RelationKind, TableInfo};
    let catalog = in_memory(Isolation::Snapshot).await;
    let txn = begin(&catalog, 1);
    txn.create_relation(NewRelation {
        columns: vec![Column::new("x", RedshiftType::Float8)],
        kind: RelationKind::Table(TableInfo::default()),
        ..table_named("f")
    })
    .await
    .unwrap();
    let values = arrow::array::Float64Array::from_iter_values((0..MANY).map(|x| if x == 7 { f64::NAN } else { 1.0 }));
    let batch = RecordBatch::try_from_iter([("x", Arc::new(values) as arrow::array::ArrayRef)]).unwrap();
    insert(&txn, "f", batch).await.unwrap();
    let rows = frame(&txn, &table(&txn, "f"), RowIdentity::Omitted);
    assert_eq!(rows.filter(col("x").gt(lit(5.0))).unwrap().count().await.unwrap(), 1);
}
