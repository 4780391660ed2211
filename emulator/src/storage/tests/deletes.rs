//! DELETE on files and chunks, and TRUNCATE.

use datafusion::prelude::{col, lit};

use super::*;
use crate::catalog::{Isolation, ROW_FILE, ROW_POSITION};

#[tokio::test]
async fn rows_of_files_are_deleted() {
    let catalog = in_memory(Isolation::Snapshot).await;
    with_file(&catalog).await;
    let txn = begin(&catalog, 1);
    assert_eq!(delete(&txn, "t", (col("id") % lit(2)).eq(lit(0))).await, Ok(2_500));
    // Those are gone: deleting them again deletes nothing.
    assert_eq!(delete(&txn, "t", (col("id") % lit(4)).eq(lit(0))).await, Ok(0));
    assert_eq!(delete(&txn, "t", col("id").lt(lit(100))).await, Ok(50));
    let odd: Vec<i32> = (100..MANY).filter(|id| id % 2 == 1).collect();
    assert_eq!(ids(&txn, "t").await.unwrap(), odd);
    let statistics = txn.view().table_statistics(table(&txn, "t").oid).unwrap();
    assert_eq!((statistics.rows, statistics.deleted_rows), (2_450, 2_550));
    txn.commit().await.unwrap();
    assert_eq!(ids(&begin(&catalog, 2), "t").await.unwrap(), odd);
}

#[tokio::test]
async fn positions_are_those_in_the_file_whatever_was_deleted() {
    let catalog = in_memory(Isolation::Snapshot).await;
    with_file(&catalog).await;
    let txn = begin(&catalog, 1);
    insert(&txn, "t", numbered(MANY..MANY + 5)).await.unwrap();
    delete(&txn, "t", col("id").between(lit(10), lit(MANY + 1))).await.unwrap();
    let places = places(&txn, "t").await;
    let at: Vec<(i32, i64)> = places.iter().map(|(id, _, at)| (*id, *at)).collect();
    let expected: Vec<(i32, i64)> =
        (0..10).map(|id| (id, i64::from(id))).chain((2..5).map(|at| (MANY + at, i64::from(at)))).collect();
    assert_eq!(at, expected);
    assert!(places.iter().all(|(id, file, _)| (*file < 0) == (*id >= MANY)));
}

#[tokio::test]
async fn rows_of_chunks_are_deleted() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    let txn = begin(&catalog, 1);
    insert(&txn, "t", numbered(0..5)).await.unwrap();
    insert(&txn, "t", numbered(5..8)).await.unwrap();
    assert_eq!(delete(&txn, "t", col("id").in_list(vec![lit(1), lit(3), lit(6)], false)).await, Ok(3));
    assert_eq!(ids(&txn, "t").await.unwrap(), [0, 2, 4, 5, 7]);
    assert_eq!(delete(&txn, "t", col("id").eq(lit(3))).await, Ok(0));
    txn.commit().await.unwrap();
    let txn = begin(&catalog, 2);
    assert_eq!(delete(&txn, "t", col("id").lt(lit(5))).await, Ok(3));
    let statistics = txn.view().table_statistics(table(&txn, "t").oid).unwrap();
    assert_eq!(
        (statistics.rows, statistics.files),
        (2, 1),
        "a chunk without live rows is none of the table's any more"
    );
}

/// Each DELETE adds a bitmap; they are made into one before they are many.
#[tokio::test]
async fn many_small_deletes() {
    let catalog = in_memory(Isolation::Snapshot).await;
    with_file(&catalog).await;
    for id in 0..100 {
        let txn = begin(&catalog, 1);
        assert_eq!(delete(&txn, "t", col("id").eq(lit(id * 3))).await, Ok(1));
        txn.commit().await.unwrap();
    }
    let txn = begin(&catalog, 2);
    let left: Vec<i32> = (0..MANY).filter(|id| id % 3 != 0 || *id >= 300).collect();
    assert_eq!(ids(&txn, "t").await.unwrap(), left);
    let bitmaps: i64 = txn
        .shared()
        .sql
        .connection()
        .query_row("SELECT count(*) FROM deletes WHERE end_snapshot IS NULL", [], |row| row.get(0))
        .unwrap();
    assert!(bitmaps < 20, "{bitmaps} bitmaps");
}

#[tokio::test]
async fn truncate_is_undone_like_everything() {
    let catalog = in_memory(Isolation::Snapshot).await;
    with_file(&catalog).await;
    let txn = begin(&catalog, 1);
    insert(&txn, "t", numbered([MANY])).await.unwrap();
    txn.truncate(&table(&txn, "t")).await.unwrap();
    assert!(ids(&txn, "t").await.unwrap().is_empty());
    insert(&txn, "t", numbered([7])).await.unwrap();
    assert_eq!(ids(&txn, "t").await.unwrap(), [7]);
    drop(txn);
    assert_eq!(ids(&begin(&catalog, 2), "t").await.unwrap().len(), MANY as usize);
}

/// What UPDATE does: it deletes rows and appends them changed.
#[tokio::test]
async fn updates_see_their_own_rows_once() {
    let catalog = in_memory(Isolation::Snapshot).await;
    with_file(&catalog).await;
    let txn = begin(&catalog, 1);
    for _ in 0..3 {
        assert_eq!(delete(&txn, "t", col("id").eq(lit(5))).await, Ok(1));
        insert(&txn, "t", numbered([5])).await.unwrap();
    }
    txn.commit().await.unwrap();
    assert_eq!(ids(&begin(&catalog, 2), "t").await.unwrap(), (0..MANY).collect::<Vec<_>>());
}

/// UPDATE adds the new rows before it deletes the old ones, or after: both come from one run of its plan. What is added
/// must not move what is to be deleted.
#[tokio::test]
async fn rows_stay_in_place_while_they_are_updated() {
    let catalog = in_memory(Isolation::Snapshot).await;
    create_table(&catalog, "t").await;
    for id in 0..40 {
        let txn = begin(&catalog, 1);
        lock(&txn, "t").await;
        let relation = table(&txn, "t");
        if id >= 14 {
            let places = frame(&txn, &relation, RowIdentity::Included).filter(col("id").eq(lit(id - 1))).unwrap();
            let places = places.select_columns(&[ROW_FILE, ROW_POSITION]).unwrap();
            let places = places.execute_stream().await.unwrap();
            assert_eq!(txn.append(&relation, vec![stream(numbered([id - 1]))]).await, Ok(1));
            assert_eq!(txn.delete(&relation, places).await, Ok(1));
        }
        assert_eq!(txn.append(&relation, vec![stream(numbered([id]))]).await, Ok(1));
        txn.commit().await.unwrap();
    }
    let txn = begin(&catalog, 2);
    assert_eq!(ids(&txn, "t").await.unwrap(), (0..40).collect::<Vec<_>>());
    assert!(txn.view().table_statistics(table(&txn, "t").oid).unwrap().files < 30);
}
