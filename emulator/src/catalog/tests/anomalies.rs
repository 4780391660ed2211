//! The anomalies of concurrent transactions, each under its textbook name (Berenson and others, "A Critique of ANSI SQL
//! Isolation Levels", 1995), and what becomes of them at Redshift's two isolation levels.

use datafusion::prelude::{col, lit};

use crate::catalog::{Catalog, Isolation, LockMode, testing::*};

const LEVELS: [Isolation; 2] = [Isolation::Snapshot, Isolation::Serializable];

async fn with_tables(isolation: Isolation) -> Catalog {
    let catalog = in_memory(isolation).await;
    for name in ["a", "b"] {
        create_table(&catalog, name).await;
        let txn = begin(&catalog, 1);
        insert(&txn, name, numbered([1, 2, 3])).await.unwrap();
        txn.commit().await.unwrap();
    }
    catalog
}

/// The parts of error 1023.
fn assert_not_serializable<T: std::fmt::Debug>(result: redshift_sql_dialect::Result<T>) {
    let error = result.unwrap_err();
    assert_eq!((error.sqlstate().0, error.message()), ("XX000", "1023"), "{error}");
    assert!(error.detail().unwrap().starts_with("Serializable isolation violation on table - "));
}

/// P0: two transactions write the same table before either has committed. The second waits.
#[tokio::test]
async fn dirty_write() {
    for level in LEVELS {
        let catalog = with_tables(level).await;
        let first = begin(&catalog, 1);
        assert_eq!(delete(&first, "a", col("id").eq(lit(1))).await, Ok(1));
        let second = begin(&catalog, 2);
        let waiting = tokio::spawn(async move {
            let count = delete(&second, "a", col("id").lt_eq(lit(2))).await;
            (second, count)
        });
        while catalog.table_locks().iter().all(|lock| lock.granted) {
            tokio::task::yield_now().await;
        }
        first.commit().await.unwrap();
        // Its snapshot is taken when it has the lock: it sees that row 1 is gone, and does not conflict.
        let (second, count) = waiting.await.unwrap();
        assert_eq!(count, Ok(1));
        second.commit().await.unwrap();
        assert_eq!(ids(&begin(&catalog, 3), "a").await.unwrap(), [3]);
    }
}

/// P1: a transaction reads what another has not committed.
#[tokio::test]
async fn dirty_read() {
    for level in LEVELS {
        let catalog = with_tables(level).await;
        let writer = begin(&catalog, 1);
        insert(&writer, "a", numbered([4])).await.unwrap();
        delete(&writer, "a", col("id").eq(lit(1))).await.unwrap();
        let reader = begin(&catalog, 2);
        assert_eq!(ids(&reader, "a").await.unwrap(), [1, 2, 3]);
        assert_eq!(ids(&writer, "a").await.unwrap(), [2, 3, 4]);
        writer.rollback();
        assert_eq!(ids(&begin(&catalog, 3), "a").await.unwrap(), [1, 2, 3]);
    }
}

/// P2: a row that was read changes before it is read again.
#[tokio::test]
async fn non_repeatable_read() {
    for level in LEVELS {
        let catalog = with_tables(level).await;
        let reader = begin(&catalog, 1);
        assert_eq!(ids(&reader, "a").await.unwrap(), [1, 2, 3]);
        let writer = begin(&catalog, 2);
        delete(&writer, "a", col("id").eq(lit(2))).await.unwrap();
        writer.commit().await.unwrap();
        assert_eq!(ids(&reader, "a").await.unwrap(), [1, 2, 3]);
        assert_eq!(ids(&begin(&catalog, 3), "a").await.unwrap(), [1, 3]);
    }
}

/// P3: rows that were not there appear when the same question is asked again.
#[tokio::test]
async fn phantom() {
    for level in LEVELS {
        let catalog = with_tables(level).await;
        let reader = begin(&catalog, 1);
        assert_eq!(ids(&reader, "a").await.unwrap(), [1, 2, 3]);
        let writer = begin(&catalog, 2);
        insert(&writer, "a", numbered([4])).await.unwrap();
        writer.commit().await.unwrap();
        assert_eq!(ids(&reader, "a").await.unwrap(), [1, 2, 3]);
    }
}

/// P4: a transaction overwrites what another wrote since it read it.
#[tokio::test]
async fn lost_update() {
    for level in LEVELS {
        let catalog = with_tables(level).await;
        let late = begin(&catalog, 1);
        ids(&late, "a").await.unwrap();
        let early = begin(&catalog, 2);
        delete(&early, "a", col("id").eq(lit(1))).await.unwrap();
        insert(&early, "a", numbered([10])).await.unwrap();
        early.commit().await.unwrap();
        assert_not_serializable(delete(&late, "a", col("id").eq(lit(1))).await);
        drop(late);
        assert_eq!(ids(&begin(&catalog, 3), "a").await.unwrap(), [2, 3, 10]);
    }
}

/// Two that delete different rows of one file from one snapshot: SNAPSHOT lets both, SERIALIZABLE decides by tables.
#[tokio::test]
async fn deletes_of_different_rows() {
    for level in LEVELS {
        let catalog = with_tables(level).await;
        let late = begin(&catalog, 1);
        ids(&late, "a").await.unwrap();
        let early = begin(&catalog, 2);
        delete(&early, "a", col("id").eq(lit(1))).await.unwrap();
        early.commit().await.unwrap();
        let deleted = delete(&late, "a", col("id").eq(lit(2))).await;
        match level {
            Isolation::Snapshot => {
                assert_eq!(deleted, Ok(1));
                assert_eq!(ids(&late, "a").await.unwrap(), [1, 3]);
                late.commit().await.unwrap();
                assert_eq!(ids(&begin(&catalog, 3), "a").await.unwrap(), [3]);
            }
            Isolation::Serializable => assert_not_serializable(deleted),
        }
    }
}

/// A5A: of two tables that are changed together, one is read before and the other after.
#[tokio::test]
async fn read_skew() {
    for level in LEVELS {
        let catalog = with_tables(level).await;
        let reader = begin(&catalog, 1);
        assert_eq!(ids(&reader, "a").await.unwrap(), [1, 2, 3]);
        let writer = begin(&catalog, 2);
        insert(&writer, "a", numbered([4])).await.unwrap();
        insert(&writer, "b", numbered([4])).await.unwrap();
        writer.commit().await.unwrap();
        assert_eq!(ids(&reader, "b").await.unwrap(), [1, 2, 3]);
    }
}

/// A5B: each reads what the other writes. It is the example of the developer guide, "How to fix serializable isolation
/// errors": the last operation fails, before anybody has committed.
#[tokio::test]
async fn write_skew() {
    let catalog = with_tables(Isolation::Serializable).await;
    let (first, second) = (begin(&catalog, 1), begin(&catalog, 2));
    ids(&first, "a").await.unwrap();
    insert(&first, "b", numbered([4])).await.unwrap();
    insert(&second, "a", numbered([4])).await.unwrap();
    assert_not_serializable(ids(&second, "b").await);
    drop(second);
    first.commit().await.unwrap();

    let catalog = with_tables(Isolation::Snapshot).await;
    let (first, second) = (begin(&catalog, 1), begin(&catalog, 2));
    ids(&first, "a").await.unwrap();
    insert(&first, "b", numbered([4])).await.unwrap();
    insert(&second, "a", numbered([4])).await.unwrap();
    assert_eq!(ids(&second, "b").await.unwrap(), [1, 2, 3]);
    second.commit().await.unwrap();
    first.commit().await.unwrap();
}

/// Write skew within one table: the example of the developer guide, "CREATE DATABASE", ISOLATION LEVEL.
#[tokio::test]
async fn write_skew_of_updates() {
    for level in LEVELS {
        let catalog = with_tables(level).await;
        let (first, second) = (begin(&catalog, 1), begin(&catalog, 2));
        ids(&first, "a").await.unwrap();
        ids(&second, "a").await.unwrap();
        delete(&first, "a", col("id").eq(lit(1))).await.unwrap();
        insert(&first, "a", numbered([2])).await.unwrap();
        first.commit().await.unwrap();
        let deleted = delete(&second, "a", col("id").eq(lit(2))).await;
        match level {
            Isolation::Snapshot => {
                assert_eq!(deleted, Ok(1));
                insert(&second, "a", numbered([1])).await.unwrap();
                second.commit().await.unwrap();
                assert_eq!(ids(&begin(&catalog, 3), "a").await.unwrap(), [1, 2, 3]);
            }
            Isolation::Serializable => assert_not_serializable(deleted),
        }
    }
}

/// Writers of one table that have read nothing of it run one after the other and do not conflict ("Concurrent COPY
/// operations into the same table").
#[tokio::test]
async fn concurrent_inserts() {
    for level in LEVELS {
        let catalog = with_tables(level).await;
        let late = begin(&catalog, 1);
        ids(&late, "b").await.unwrap();
        let early = begin(&catalog, 2);
        insert(&early, "a", numbered([4])).await.unwrap();
        early.commit().await.unwrap();
        insert(&late, "a", numbered([5])).await.unwrap();
        late.commit().await.unwrap();
        assert_eq!(ids(&begin(&catalog, 3), "a").await.unwrap(), [1, 2, 3, 4, 5]);
    }
}

/// "Potential deadlock situation for concurrent write transactions".
#[tokio::test]
async fn deadlock() {
    let catalog = with_tables(Isolation::Snapshot).await;
    let (first, second) = (begin(&catalog, 1), begin(&catalog, 2));
    insert(&first, "a", numbered([4])).await.unwrap();
    insert(&second, "b", numbered([4])).await.unwrap();
    let waiting = tokio::spawn(async move {
        insert(&first, "b", numbered([5])).await.unwrap();
        first.commit().await.unwrap();
    });
    while catalog.table_locks().iter().all(|lock| lock.granted) {
        tokio::task::yield_now().await;
    }
    let error = insert(&second, "a", numbered([5])).await.unwrap_err();
    assert_eq!((error.sqlstate().0, error.message()), ("40P01", "deadlock detected"));
    drop(second);
    waiting.await.unwrap();
    assert_eq!(ids(&begin(&catalog, 3), "b").await.unwrap(), [1, 2, 3, 5]);
}

/// LOCK makes others wait and so keeps them from conflicting ("Force serialization by locking all tables").
#[tokio::test]
async fn lock_forces_serial_order() {
    let catalog = with_tables(Isolation::Serializable).await;
    let first = begin(&catalog, 1);
    let oid = table(&first, "a").oid;
    first.lock_table(oid, LockMode::AccessExclusive).await.unwrap();
    ids(&first, "a").await.unwrap();
    let second = begin(&catalog, 2);
    let waiting = tokio::spawn(async move {
        second.lock_table(oid, LockMode::AccessExclusive).await.unwrap();
        let seen = ids(&second, "a").await.unwrap();
        delete(&second, "a", col("id").eq(lit(4))).await.unwrap();
        second.commit().await.unwrap();
        seen
    });
    while catalog.table_locks().iter().all(|lock| lock.granted) {
        tokio::task::yield_now().await;
    }
    insert(&first, "a", numbered([4])).await.unwrap();
    first.commit().await.unwrap();
    assert_eq!(waiting.await.unwrap(), [1, 2, 3, 4]);
}
