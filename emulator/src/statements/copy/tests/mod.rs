//! Whole loads, from files in a folder that plays S3 to batches, notices and logs.

use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use arrow::{
    array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray},
    util::display::array_value_to_string,
};
use async_compression::tokio::write::GzipEncoder;
use datafusion::scalar::ScalarValue;
use futures::{StreamExt, future::join_all};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, ast::Statement};
use tokio::io::AsyncWriteExt;

use super::*;
use crate::{
    Location, S3Config,
    catalog::{Column, Identity, Oid, Relation, RelationKind, TableInfo},
    error::from_datafusion,
    system::logs::{LogTable, Logs},
    text_input::DateTimeInput,
};

mod bounded;
mod failures;
mod formats;
mod packed;
mod session;
mod sources;

/// A folder that plays S3, tables, and logs.
struct House {
    folder: tempfile::TempDir,
    logs: Logs,
}

/// What a COPY gave: the rows as text (NULL is `\N`) and what the client was told.
#[derive(Debug)]
struct Given {
    rows: Vec<Vec<String>>,
    notices: Vec<String>,
}

impl House {
    fn new() -> House {
        House { folder: tempfile::tempdir().expect("folder"), logs: Logs::open(&Location::Memory).expect("logs") }
    }

    fn put(&self, key: &str, bytes: impl AsRef<[u8]>) {
        let file = self.folder.path().join("bkt").join(key);
        std::fs::create_dir_all(file.parent().expect("parent")).expect("folders");
        std::fs::write(file, bytes).expect("file");
    }

    /// Runs a COPY into a table, with `iam_role default` behind it.
    async fn copy(&self, relation: &Relation, text: &str) -> Result<Given> {
        self.copy_with(relation, text, Vec::new()).await
    }

    async fn copy_with(&self, relation: &Relation, text: &str, defaults: Vec<Option<ScalarValue>>) -> Result<Given> {
        let parsed = redshift_sql_dialect::parse(&format!("{text} iam_role default"))?.remove(0);
        let Statement::Copy(copy) = parsed.statement else { panic!("COPY") };
        let context = PlanContext { case_sensitive: false, input: DateTimeInput::default() };
        let plan = CopyPlan::new(&copy, relation, &context)?;
        let context = LoadContext {
            s3: S3Config { folder: Some(self.folder.path().to_path_buf()), ..S3Config::default() },
            query: self.logs.next_query(),
            user_id: 100,
            xid: 7,
            pid: 42,
            database: "dev".into(),
            read_srid: true,
            defaults,
        };
        let load = CopyLoad::open(plan, relation, context).await?;
        let given = join_all(load.streams.into_iter().map(|stream| stream.collect::<Vec<_>>())).await;
        let batches: Result<Vec<RecordBatch>, _> = given.into_iter().flatten().collect();
        let batches = batches.map_err(from_datafusion);
        let written = batches.as_ref().map(|batches| batches.iter().map(|batch| batch.num_rows() as u64).sum());
        let loaded = load.handle.finish(written.map_err(Clone::clone), &self.logs)?;
        let rows: Vec<Vec<String>> = batches?.iter().flat_map(rows).collect();
        assert_eq!(rows.len() as u64, loaded.rows);
        Ok(Given { rows, notices: loaded.notices.into_iter().map(|notice| notice.message).collect() })
    }

    /// A log's rows, of these columns.
    async fn log<const N: usize>(&self, table: LogTable, columns: [&str; N]) -> Vec<[String; N]> {
        let batches = self.logs.read(table).await.expect("rows");
        let row = |batch: &RecordBatch, row: usize| columns.map(|column| value(&batch[column], row));
        batches
            .iter()
            .flat_map(|batch| (0..batch.num_rows()).map(|index| row(batch, index)).collect::<Vec<_>>())
            .collect()
    }
}

fn rows(batch: &RecordBatch) -> Vec<Vec<String>> {
    (0..batch.num_rows()).map(|row| batch.columns().iter().map(|column| value(column, row)).collect()).collect()
}

fn value(array: &ArrayRef, row: usize) -> String {
    if array.is_null(row) { "\\N".into() } else { array_value_to_string(array, row).expect("a text") }
}

/// A table of these columns, all nullable.
fn table(name: &str, columns: &[(&str, RedshiftType)]) -> Relation {
    let column = |(index, (name, ty)): (usize, &(&str, RedshiftType))| Column {
        attnum: index as i16 + 1,
        name: name.to_string(),
        ty: *ty,
        not_null: false,
        default: None,
        identity: None,
        encoding: None,
        dist_key: false,
        sort_key: 0,
        case_insensitive: false,
        comment: None,
    };
    Relation {
        oid: Oid(100_133),
        schema: "public".into(),
        schema_oid: Oid(2200),
        database: Oid(1),
        name: name.into(),
        owner: Oid(100),
        columns: columns.iter().enumerate().map(column).collect(),
        kind: RelationKind::Table(TableInfo::default()),
        comment: None,
        created: 0,
        security: None,
    }
}

/// The same table with a column changed.
fn with_column(mut relation: Relation, name: &str, change: impl Fn(&mut Column)) -> Relation {
    let mut columns = relation.columns.to_vec();
    columns.iter_mut().filter(|column| column.name == name).for_each(change);
    relation.columns = columns.into();
    relation
}

fn varchar(length: u32) -> RedshiftType {
    RedshiftType::Varchar(length)
}

/// A Parquet file of these columns.
fn parquet_file(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    bytes
}

async fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzipEncoder::new(Vec::new());
    encoder.write_all(bytes).await.expect("written");
    encoder.shutdown().await.expect("ended");
    encoder.into_inner()
}

fn array(values: impl Array + 'static) -> ArrayRef {
    Arc::new(values)
}

fn detail(error: &Error) -> &str {
    error.detail().unwrap_or("")
}
