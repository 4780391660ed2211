//! Chunks as they gather.

use datafusion::prelude::{col, lit};

use super::*;
use crate::catalog::{Isolation, LockMode};

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

/// A transaction deletes rows of chunks that others have merged since, twice, and both files of rows and chunks.
#[tokio::test]
async fn rows_are_deleted_where_merging_has_put_them() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    for id in 0..10 {
        let txn = begin(&catalog, 1);
        insert(&txn, "t", numbered([id])).await.unwrap();
        txn.commit().await.unwrap();
    }
    let early = begin(&catalog, 2);
    assert_eq!(ids(&early, "t").await.unwrap().len(), 10);
    let writer = begin(&catalog, 3);
    assert_eq!(delete(&writer, "t", col("id").eq(lit(4))).await, Ok(1));
    writer.commit().await.unwrap();
    for ids in [10..40, 40..60_000] {
        for rows in [ids.clone().step_by(2), (ids.start + 1..ids.end).step_by(2)] {
            let writer = begin(&catalog, 3);
            for row in rows.clone().take(20) {
                insert(&writer, "t", numbered([row])).await.unwrap();
            }
            insert(&writer, "t", numbered(rows.skip(20))).await.unwrap();
            writer.commit().await.unwrap();
        }
    }
    let last = begin(&catalog, 4);
    last.lock_table(table(&last, "t").oid, LockMode::ShareRowExclusive).await.unwrap();
    last.compact(&table(&last, "t")).await.unwrap();
    last.commit().await.unwrap();
    assert_eq!(delete(&early, "t", col("id").in_list(vec![lit(0), lit(7)], false)).await, Ok(2));
    assert_eq!(delete(&early, "t", col("id").eq(lit(9)).or(col("id").eq(lit(7)))).await, Ok(1));
    assert_eq!(ids(&early, "t").await.unwrap(), [1, 2, 3, 4, 5, 6, 8]);
    early.commit().await.unwrap();
    let after = ids(&begin(&catalog, 5), "t").await.unwrap();
    assert_eq!(after, (0..60_000).filter(|id| ![0, 4, 7, 9].contains(id)).collect::<Vec<_>>());
}

/// The row that another has deleted is a conflict all the same.
#[tokio::test]
async fn a_moved_row_that_is_gone_is_a_conflict() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    for id in 0..10 {
        let txn = begin(&catalog, 1);
        insert(&txn, "t", numbered([id])).await.unwrap();
        txn.commit().await.unwrap();
    }
    let early = begin(&catalog, 2);
    assert_eq!(ids(&early, "t").await.unwrap().len(), 10);
    let writer = begin(&catalog, 3);
    for id in 10..30 {
        insert(&writer, "t", numbered([id])).await.unwrap();
    }
    writer.commit().await.unwrap();
    let writer = begin(&catalog, 3);
    assert_eq!(delete(&writer, "t", col("id").eq(lit(5))).await, Ok(1));
    writer.commit().await.unwrap();
    let error = delete(&early, "t", col("id").eq(lit(5))).await.unwrap_err();
    assert_eq!(error.message(), "1023");
}
