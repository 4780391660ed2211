//! Chunks as they gather.

use datafusion::prelude::{col, lit};

use super::*;
use crate::catalog::Isolation;

#[tokio::test]
async fn single_rows_stay_in_order_and_few_chunks() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    for id in 0..500 {
        let txn = begin(&catalog, 1);
        insert(&txn, "t", numbered([id])).await.unwrap();
        txn.commit().await.unwrap();
    }
    let txn = begin(&catalog, 2);
    let batches = rows(&txn, "t").await.unwrap();
    let in_order: Vec<i32> = batches
        .iter()
        .flat_map(|b| b.column(0).as_primitive::<arrow::datatypes::Int32Type>().values().to_vec())
        .collect();
    assert_eq!(in_order, (0..500).collect::<Vec<_>>());
    let statistics = txn.view().table_statistics(table(&txn, "t").oid).unwrap();
    assert!(statistics.files < 80, "{} chunks", statistics.files);
}

#[tokio::test]
async fn enough_chunks_become_a_file() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    for part in 0..60 {
        let txn = begin(&catalog, 1);
        insert(&txn, "t", numbered(part * 1_000..(part + 1) * 1_000)).await.unwrap();
        delete(&txn, "t", col("id").eq(lit(part * 1_000))).await.unwrap();
        txn.commit().await.unwrap();
    }
    let txn = begin(&catalog, 2);
    assert!(shown(&plan(&txn, "t", None).await).contains("file_type=parquet"));
    assert_eq!(ids(&txn, "t").await.unwrap(), (0..60_000).filter(|id| id % 1_000 != 0).collect::<Vec<_>>());
}

/// A transaction that does not see all chunks leaves them as they are: merging them would hide from it, and from those
/// with its snapshot, what it does not see.
#[tokio::test]
async fn who_does_not_see_all_merges_nothing() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    create_table(&catalog, "u").await;
    let early = begin(&catalog, 1);
    ids(&early, "u").await.unwrap();
    let late = begin(&catalog, 2);
    insert(&late, "t", numbered([100])).await.unwrap();
    late.commit().await.unwrap();
    for id in 0..40 {
        insert(&early, "t", numbered([id])).await.unwrap();
    }
    assert_eq!(ids(&early, "t").await.unwrap(), (0..40).collect::<Vec<_>>());
    early.commit().await.unwrap();
    let txn = begin(&catalog, 3);
    insert(&txn, "t", numbered([200])).await.unwrap();
    assert_eq!(ids(&txn, "t").await.unwrap(), (0..40).chain([100, 200]).collect::<Vec<_>>());
}

/// A reader's snapshot outlives the merging of what it reads.
#[tokio::test]
async fn a_scan_survives_the_merging_of_its_chunks() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    let txn = begin(&catalog, 1);
    for id in 0..10 {
        insert(&txn, "t", numbered([id])).await.unwrap();
    }
    txn.commit().await.unwrap();
    let reader = begin(&catalog, 2);
    let before = provider(&reader, &table(&reader, "t"), RowIdentity::Omitted);
    drop(reader);
    let writer = begin(&catalog, 3);
    for id in 10..40 {
        insert(&writer, "t", numbered([id])).await.unwrap();
    }
    writer.commit().await.unwrap();
    assert_eq!(session().read_table(before).unwrap().count().await.unwrap(), 10);
}
