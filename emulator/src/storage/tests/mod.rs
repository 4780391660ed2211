//! Tests of storage through its own interface.

mod deletes;
mod garbage;
mod inline;
mod scans;
mod writes;

use std::sync::Arc;

use arrow::{
    array::{AsArray, RecordBatch},
    datatypes::Int64Type,
};
use datafusion::{
    logical_expr::Expr,
    physical_plan::{ExecutionPlan, displayable},
};

use crate::catalog::{Catalog, LockMode, RowIdentity, Transaction, testing::*};

/// Rows for a file, not a chunk.
const MANY: i32 = 5_000;

/// A table `t` with a file of the ids below [`MANY`].
async fn with_file(catalog: &Catalog) {
    create_table(catalog, "t").await;
    let txn = begin(catalog, 1);
    assert_eq!(insert(&txn, "t", numbered(0..MANY)).await, Ok(MANY as u64));
    txn.commit().await.unwrap();
}

/// The plan of a table's scan.
async fn plan(txn: &Transaction, name: &str, filter: Option<Expr>) -> Arc<dyn ExecutionPlan> {
    let rows = frame(txn, &table(txn, name), RowIdentity::Omitted);
    let rows = match filter {
        Some(filter) => rows.filter(filter).unwrap(),
        None => rows,
    };
    rows.create_physical_plan().await.unwrap()
}

fn shown(plan: &Arc<dyn ExecutionPlan>) -> String {
    displayable(plan.as_ref()).indent(true).to_string()
}

/// All rows of a table with their files and positions.
async fn places(txn: &Transaction, name: &str) -> Vec<(i32, i64, i64)> {
    let batches = frame(txn, &table(txn, name), RowIdentity::Included).collect().await.unwrap();
    let of_batch = |batch: &RecordBatch| {
        let ids = batch.column(0).as_primitive::<arrow::datatypes::Int32Type>().values().to_vec();
        let files = batch.column(2).as_primitive::<Int64Type>().values().to_vec();
        let positions = batch.column(3).as_primitive::<Int64Type>().values().to_vec();
        ids.into_iter().zip(files).zip(positions).map(|((id, file), at)| (id, file, at)).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = batches.iter().flat_map(of_batch).collect();
    all.sort_unstable();
    all
}

/// Locks a table as an INSERT does.
async fn lock(txn: &Transaction, name: &str) {
    txn.lock_table(table(txn, name).oid, LockMode::ShareRowExclusive).await.unwrap();
}
