//! INSERT and COPY: what becomes a chunk, what a file, and what is in it.

use std::sync::Arc;

use arrow::array::*;
use datafusion::prelude::{col, lit};
use redshift_sql_dialect::{Error, RedshiftType, SqlState};

use super::*;
use crate::{
    catalog::{Column, Isolation, NewRelation, RelationKind, TableInfo},
    types::arrow_type,
};

#[tokio::test]
async fn few_rows_are_a_chunk_and_many_a_file() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    let txn = begin(&catalog, 1);
    assert_eq!(insert(&txn, "t", numbered(0..10)).await, Ok(10));
    let oid = table(&txn, "t").oid;
    let statistics = txn.view().table_statistics(oid).unwrap();
    assert_eq!((statistics.rows, statistics.files), (10, 1));
    assert!(shown(&plan(&txn, "t", None).await).starts_with("DataSourceExec: partitions=1"));
    assert_eq!(insert(&txn, "t", numbered(10..MANY)).await, Ok(MANY as u64 - 10));
    let union = shown(&plan(&txn, "t", None).await);
    assert!(union.starts_with("UnionExec") && union.contains("file_type=parquet"), "{union}");
    assert_eq!(ids(&txn, "t").await.unwrap(), (0..MANY).collect::<Vec<_>>());
    txn.commit().await.unwrap();
    let reader = begin(&catalog, 2);
    assert_eq!(ids(&reader, "t").await.unwrap(), (0..MANY).collect::<Vec<_>>());
    assert_eq!(reader.view().table_statistics(oid).unwrap().rows, MANY as u64);
}

#[tokio::test]
async fn streams_are_read_side_by_side() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    let txn = begin(&catalog, 1);
    lock(&txn, "t").await;
    // Twenty streams, every other one small: the small ones share what is left over.
    let streams = (0..20).map(|part| {
        let rows = if part % 2 == 0 { 10 } else { 3_000 };
        stream(numbered(part * 10_000..part * 10_000 + rows))
    });
    let count = txn.append(&table(&txn, "t"), streams.collect()).await.unwrap();
    assert_eq!(count, 30_100);
    assert_eq!(ids(&txn, "t").await.unwrap().len(), 30_100);
    let none = txn.append(&table(&txn, "t"), vec![]).await.unwrap();
    assert_eq!(none, 0);
    let empty = txn.append(&table(&txn, "t"), vec![stream(numbered([])), stream(numbered([]))]).await.unwrap();
    assert_eq!(empty, 0);
}

#[tokio::test]
async fn a_stream_that_fails_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = in_folder(folder.path()).await;
    create_table(&catalog, "t").await;
    let txn = begin(&catalog, 1);
    lock(&txn, "t").await;
    let rows = (0..100).map(|part| match part {
        99 => Err(crate::error::to_datafusion(Error::new(SqlState::DIVISION_BY_ZERO, "division by zero"))),
        _ => Ok(numbered(part * 1_000..(part + 1) * 1_000)),
    });
    let schema = numbered([]).schema();
    let stream = datafusion::physical_plan::stream::RecordBatchStreamAdapter::new(schema, futures::stream::iter(rows));
    let error = txn.append(&table(&txn, "t"), vec![Box::pin(stream)]).await.unwrap_err();
    assert_eq!(error.message(), "division by zero");
    drop(txn);
    assert!(ids(&begin(&catalog, 2), "t").await.unwrap().is_empty());
    while data_files(folder.path()) > 0 {
        tokio::task::yield_now().await;
    }
}

pub(super) fn data_files(folder: &std::path::Path) -> usize {
    let tables = std::fs::read_dir(folder.join("data")).unwrap();
    tables.map(|table| std::fs::read_dir(table.unwrap().path()).map_or(0, Iterator::count)).sum()
}

/// Memory stays bounded: the stream holds back until what it gave before is taken, and the writers hold a few batches and
/// one row group each. Counted are the batches that are alive at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_million_rows_pass_through_few_batches() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = in_folder(folder.path()).await;
    create_table(&catalog, "t").await;
    let txn = begin(&catalog, 1);
    lock(&txn, "t").await;
    let mut alive: Vec<std::sync::Weak<dyn Array>> = Vec::new();
    let most = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let seen = Arc::clone(&most);
    let batches = (0..125).map(move |part| {
        let rows = numbered(part * 8_000..(part + 1) * 8_000);
        alive.retain(|column| column.strong_count() > 0);
        alive.push(Arc::downgrade(rows.column(0)));
        seen.fetch_max(alive.len(), std::sync::atomic::Ordering::SeqCst);
        rows
    });
    let count = txn.append(&table(&txn, "t"), vec![streamed(batches)]).await.unwrap();
    assert_eq!(count, 1_000_000);
    txn.commit().await.unwrap();
    let most = most.load(std::sync::atomic::Ordering::SeqCst);
    assert!(most <= 16 + 6 * super::super::write::MOST_WRITERS, "{most} batches at once");

    // Rows are found again wherever they are in their files.
    let txn = begin(&catalog, 2);
    assert_eq!(delete(&txn, "t", (col("id") % lit(100_000)).eq(lit(1))).await, Ok(10));
    let left = frame(&txn, &table(&txn, "t"), RowIdentity::Omitted);
    assert_eq!(left.clone().count().await.unwrap(), 999_990);
    assert_eq!(left.filter((col("id") % lit(100_000)).lt(lit(2))).unwrap().count().await.unwrap(), 10);
}

/// One column of each type that a table can have, with a value, an extreme and NULL; in a chunk and in a file.
#[tokio::test]
async fn every_type_comes_back() {
    let utc = TimestampMicrosecondArray::from(vec![Some(i64::MAX / 2), Some(-1), None]).with_timezone("UTC");
    let columns: Vec<(RedshiftType, ArrayRef)> = vec![
        (RedshiftType::Bool, Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        (RedshiftType::Int2, Arc::new(Int16Array::from(vec![Some(i16::MIN), Some(1), None]))),
        (RedshiftType::Int4, Arc::new(Int32Array::from(vec![Some(i32::MIN), Some(1), None]))),
        (RedshiftType::Int8, Arc::new(Int64Array::from(vec![Some(i64::MIN), Some(1), None]))),
        (
            RedshiftType::numeric(38, 37),
            Arc::new(
                Decimal128Array::from(vec![Some(10i128.pow(38) - 1), Some(-1), None])
                    .with_precision_and_scale(38, 37)
                    .unwrap(),
            ),
        ),
        (RedshiftType::Float4, Arc::new(Float32Array::from(vec![Some(f32::NAN), Some(-0.0), None]))),
        (RedshiftType::Float8, Arc::new(Float64Array::from(vec![Some(f64::INFINITY), Some(0.1), None]))),
        (RedshiftType::Char(3), Arc::new(StringViewArray::from(vec![Some("a"), Some(""), None]))),
        (
            RedshiftType::Varchar(65535),
            Arc::new(StringViewArray::from(vec![Some("ünïcode, and long"), Some(""), None])),
        ),
        (RedshiftType::Date, Arc::new(Date32Array::from(vec![Some(i32::MIN / 2), Some(0), None]))),
        (RedshiftType::Time, Arc::new(Time64MicrosecondArray::from(vec![Some(86_399_999_999), Some(0), None]))),
        (RedshiftType::TimeTz, Arc::new(Time64MicrosecondArray::from(vec![Some(86_399_999_999), Some(0), None]))),
        (RedshiftType::Timestamp, Arc::new(TimestampMicrosecondArray::from(vec![Some(i64::MAX / 2), Some(-1), None]))),
        (RedshiftType::TimestampTz, Arc::new(utc)),
        (RedshiftType::YEAR_TO_MONTH, Arc::new(IntervalYearMonthArray::from(vec![Some(-13), Some(0), None]))),
        (RedshiftType::DAY_TO_SECOND, Arc::new(DurationMicrosecondArray::from(vec![Some(-1), Some(0), None]))),
        (RedshiftType::Super, Arc::new(StringViewArray::from(vec![Some("{\"a\":[1,2]}"), Some("null"), None]))),
        (RedshiftType::Varbyte(10), Arc::new(BinaryArray::from(vec![Some(&b"\x00\xff"[..]), Some(b""), None]))),
    ];
    let catalog = in_memory(Isolation::Snapshot).await;
    let txn = begin(&catalog, 1);
    let names = (1..).map(|number| format!("column {number}"));
    let definitions = columns.iter().zip(names.clone()).map(|((ty, _), name)| Column::new(name, *ty)).collect();
    for name in ["small", "large"] {
        txn.create_relation(NewRelation {
            database: None,
            schema: "public".into(),
            name: name.into(),
            owner: OWNER,
            columns: Clone::clone(&definitions),
            kind: RelationKind::Table(TableInfo::default()),
        })
        .await
        .unwrap();
    }
    for (ty, array) in &columns {
        assert_eq!(arrow_type(*ty), *array.data_type());
    }
    let few = RecordBatch::try_from_iter(names.zip(columns.into_iter().map(|(_, array)| array))).unwrap();
    let many = arrow::compute::concat_batches(&few.schema(), std::iter::repeat_n(&few, 1_000)).unwrap();
    insert(&txn, "small", few.clone()).await.unwrap();
    insert(&txn, "large", many.clone()).await.unwrap();
    for (name, expected) in [("small", few), ("large", many)] {
        let batches = rows(&txn, name).await.unwrap();
        let got = arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
        for (column, (got, expected)) in got.columns().iter().zip(expected.columns()).enumerate() {
            assert_eq!(got, expected, "{name}, column {column}");
        }
    }
}

/// Inputs of middle size make a file each; they are merged before they are many, and stay in order.
#[tokio::test]
async fn many_small_files_become_one() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = in_folder(folder.path()).await;
    create_table(&catalog, "t").await;
    for part in 0..40 {
        let txn = begin(&catalog, 1);
        insert(&txn, "t", numbered(part * 1_100..(part + 1) * 1_100)).await.unwrap();
        delete(&txn, "t", col("id").eq(lit(part * 1_100))).await.unwrap();
        txn.commit().await.unwrap();
    }
    let txn = begin(&catalog, 2);
    let statistics = txn.view().table_statistics(table(&txn, "t").oid).unwrap();
    assert!(statistics.files < 20, "{} files", statistics.files);
    let expected: Vec<i32> = (0..44_000).filter(|id| id % 1_100 != 0).collect();
    assert!(ids(&txn, "t").await.unwrap() == expected);

    txn.compact(&table(&txn, "t")).await.unwrap();
    let statistics = txn.view().table_statistics(table(&txn, "t").oid).unwrap();
    assert_eq!((statistics.files, statistics.rows, statistics.deleted_rows), (1, 43_960, 0));
    let got = rows(&txn, "t").await.unwrap();
    let got: Vec<i32> = got
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<arrow::datatypes::Int32Type>().values().to_vec())
        .collect();
    assert!(got == expected, "rows are in another order");
    txn.commit().await.unwrap();
    assert!(ids(&begin(&catalog, 3), "t").await.unwrap() == expected);
    while data_files(folder.path()) > 1 {
        tokio::task::yield_now().await;
    }
}
