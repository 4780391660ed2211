//! What tests of the catalog and of storage begin with.

use std::{path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, AsArray, Int32Array, RecordBatch, StringViewArray},
    datatypes::Int32Type,
};
use datafusion::{
    catalog::TableProvider,
    execution::{SendableRecordBatchStream, SessionStateBuilder},
    physical_plan::{memory::MemoryStream, stream::RecordBatchStreamAdapter},
    prelude::{DataFrame, Expr, SessionConfig, SessionContext},
};
use redshift_sql_dialect::{RedshiftType, Result};

use super::{
    Catalog, CatalogView, Column, Contents, DatabaseInit, Isolation, LockMode, NewRelation, Oid, ROW_FILE,
    ROW_POSITION, Relation, RelationKind, RowIdentity, TableInfo, Transaction,
};
use crate::{Credential, Location};

/// The owner of what tests make.
pub(crate) const OWNER: Oid = Oid(100);

pub(crate) fn init(isolation: Isolation) -> DatabaseInit {
    DatabaseInit { database: "dev".into(), user: "admin".into(), password: Credential::Anything, isolation }
}

/// A catalog in memory.
pub(crate) async fn in_memory(isolation: Isolation) -> Catalog {
    Catalog::open(&Location::Memory, init(isolation)).await.unwrap()
}

/// The catalog in a folder.
pub(crate) async fn in_folder(folder: &Path) -> Catalog {
    Catalog::open(&Location::Folder(folder.to_path_buf()), init(Isolation::Serializable)).await.unwrap()
}

/// A session of its own with a transaction.
pub(crate) fn begin(catalog: &Catalog, pid: i32) -> Transaction {
    catalog.begin(pid, "dev").unwrap()
}

/// A table to be made: `id INTEGER, name VARCHAR(20)`.
pub(crate) fn table_named(name: &str) -> NewRelation {
    NewRelation {
        database: None,
        schema: "public".into(),
        name: name.into(),
        owner: OWNER,
        columns: vec![Column::new("id", RedshiftType::Int4), Column::new("name", RedshiftType::Varchar(20))],
        kind: RelationKind::Table(TableInfo::default()),
    }
}

/// Makes a table `id INTEGER, name VARCHAR(20)` and commits it.
pub(crate) async fn create_table(catalog: &Catalog, name: &str) {
    let txn = begin(catalog, 1);
    txn.create_relation(table_named(name)).await.unwrap();
    txn.commit().await.unwrap();
}

/// The table of this name.
pub(crate) fn table(txn: &Transaction, name: &str) -> Arc<Relation> {
    txn.view().relation("public", name).unwrap().unwrap()
}

/// Rows `(id, 'n' || id)`.
pub(crate) fn numbered(ids: impl IntoIterator<Item = i32>) -> RecordBatch {
    let ids: Vec<i32> = ids.into_iter().collect();
    let names = StringViewArray::from_iter_values(ids.iter().map(|id| format!("n{id}")));
    let columns: [(&str, ArrayRef); 2] = [("id", Arc::new(Int32Array::from(ids))), ("name", Arc::new(names))];
    RecordBatch::try_from_iter(columns).unwrap()
}

/// Rows as the stream that writers take.
pub(crate) fn stream(rows: RecordBatch) -> SendableRecordBatchStream {
    let schema = rows.schema();
    Box::pin(MemoryStream::try_new(vec![rows], schema, None).unwrap())
}

/// Rows that are made as they are asked for.
pub(crate) fn streamed(batches: impl Iterator<Item = RecordBatch> + Send + 'static) -> SendableRecordBatchStream {
    Box::pin(RecordBatchStreamAdapter::new(numbered([]).schema(), futures::stream::iter(batches.map(Ok))))
}

/// INSERT, as a statement does it: the lock, then the rows.
pub(crate) async fn insert(txn: &Transaction, name: &str, rows: RecordBatch) -> Result<u64> {
    let relation = txn.view().relation("public", name)?.unwrap();
    txn.lock_table(relation.oid, LockMode::ShareRowExclusive).await?;
    txn.append(&table(txn, name), vec![stream(rows)]).await
}

/// DELETE, as a statement does it: the lock, a scan with the rows' places, the deletion.
pub(crate) async fn delete(txn: &Transaction, name: &str, filter: Expr) -> Result<u64> {
    let relation = txn.view().relation("public", name)?.unwrap();
    txn.lock_table(relation.oid, LockMode::ShareRowExclusive).await?;
    let relation = table(txn, name);
    let rows = frame(txn, &relation, RowIdentity::Included).filter(filter).unwrap();
    let rows = rows.select_columns(&[ROW_FILE, ROW_POSITION]).unwrap();
    let rows = rows.execute_stream().await.map_err(crate::error::from_datafusion)?;
    txn.delete(&relation, rows).await
}

/// The provider of a table's rows.
pub(crate) fn provider(txn: &Transaction, relation: &Arc<Relation>, identity: RowIdentity) -> Arc<dyn TableProvider> {
    match txn.view().contents(relation, identity).unwrap() {
        Contents::Scan(provider) => provider,
        Contents::Query { .. } => panic!("a view"),
    }
}

/// A session of DataFusion with two threads.
pub(crate) fn session() -> SessionContext {
    let config = SessionConfig::new().with_target_partitions(2);
    SessionContext::new_with_state(SessionStateBuilder::new().with_config(config).with_default_features().build())
}

/// A table's rows as a frame.
pub(crate) fn frame(txn: &Transaction, relation: &Arc<Relation>, identity: RowIdentity) -> DataFrame {
    session().read_table(provider(txn, relation, identity)).unwrap()
}

/// A table's rows.
pub(crate) async fn rows(txn: &Transaction, name: &str) -> Result<Vec<RecordBatch>> {
    let relation = table(txn, name);
    frame(txn, &relation, RowIdentity::Omitted).collect().await.map_err(crate::error::from_datafusion)
}

/// A table's ids, sorted.
pub(crate) async fn ids(txn: &Transaction, name: &str) -> Result<Vec<i32>> {
    let batches = rows(txn, name).await?;
    let mut ids: Vec<i32> =
        batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int32Type>().values().to_vec()).collect();
    ids.sort_unstable();
    Ok(ids)
}
