//! Files go when the last who could see them has gone.

use datafusion::prelude::{col, lit};
use futures::StreamExt;

use super::{writes::data_files, *};

async fn until_files(folder: &std::path::Path, count: usize) {
    while data_files(folder) != count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn dropped_files_go_with_their_last_reader() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = in_folder(folder.path()).await;
    with_file(&catalog).await;
    assert_eq!(data_files(folder.path()), 1);
    let reader = begin(&catalog, 2);
    let mut rows = frame(&reader, &table(&reader, "t"), RowIdentity::Omitted).execute_stream().await.unwrap();
    // A transaction that reads keeps the table from being dropped; what it has seen lasts as long as somebody sees it.
    let view = reader.seen();
    drop(reader);
    let writer = begin(&catalog, 3);
    writer.drop_relation(table(&writer, "t").oid).await.unwrap();
    writer.commit().await.unwrap();
    assert_eq!(data_files(folder.path()), 1);
    let mut count = 0;
    while let Some(batch) = rows.next().await {
        count += batch.unwrap().num_rows();
    }
    assert_eq!(count, MANY as usize);
    drop(rows);
    drop(view);
    until_files(folder.path(), 0).await;
    for table in ["files", "chunks", "deletes", "identities"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let rows: i64 = begin(&catalog, 4).shared().sql.connection().query_row(&sql, [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}

#[tokio::test]
async fn a_stream_keeps_its_files_after_its_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = in_folder(folder.path()).await;
    with_file(&catalog).await;
    let reader = begin(&catalog, 2);
    let rows = frame(&reader, &table(&reader, "t"), RowIdentity::Omitted);
    drop(reader);
    let writer = begin(&catalog, 3);
    writer.truncate(&table(&writer, "t")).await.unwrap();
    writer.commit().await.unwrap();
    assert_eq!(data_files(folder.path()), 1);
    assert_eq!(rows.collect().await.unwrap().iter().map(RecordBatch::num_rows).sum::<usize>(), MANY as usize);
    until_files(folder.path(), 0).await;
}

#[tokio::test]
async fn rolled_back_files_go() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = in_folder(folder.path()).await;
    create_table(&catalog, "t").await;
    let txn = begin(&catalog, 2);
    insert(&txn, "t", numbered(0..MANY)).await.unwrap();
    assert_eq!(data_files(folder.path()), 1);
    txn.rollback();
    until_files(folder.path(), 0).await;
}

/// A file whose rows are all deleted, by several transactions, is gone like one of a dropped table.
#[tokio::test]
async fn emptied_files_go() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = in_folder(folder.path()).await;
    with_file(&catalog).await;
    for from in [0, 1_000, 2_000, 3_000, 4_000] {
        let txn = begin(&catalog, 2);
        assert_eq!(delete(&txn, "t", col("id").between(lit(from), lit(from + 999))).await, Ok(1_000));
        txn.commit().await.unwrap();
    }
    until_files(folder.path(), 0).await;
    assert!(ids(&begin(&catalog, 3), "t").await.unwrap().is_empty());
}
