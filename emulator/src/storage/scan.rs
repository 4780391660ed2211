//! SELECT: DataFusion's own sources over a table's files and chunks.
//!
//! The Parquet source gets the files with their statistics, and with each file the rows that are not deleted as a row
//! selection; it prunes by statistics, reads only the columns and pages it has to, and splits large files among threads.
//! Chunks become a source in memory. Where a table has both, their union is scanned.
//!
//! The source thinks that files have the table's columns under their names. [`ByAttnum`] tells it, file by file, what
//! they are called there, and what stands for those that the file does not have; because it does so for filters too,
//! pruning knows added columns as the constants they are.
//!
//! For DELETE and UPDATE a scan also says where each row is: the file's number is a partition column, and the position
//! in the file is a column that the Parquet reader makes up.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions},
    datatypes::{DataType, Field, FieldRef, Schema, SchemaRef},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::{
    catalog::{Session, TableProvider},
    common::{
        Result as DataFusionResult, Statistics,
        stats::Precision,
        tree_node::{Transformed, TransformedResult, TreeNode},
    },
    datasource::{
        TableType,
        listing::PartitionedFile,
        memory::MemorySourceConfig,
        physical_plan::{
            FileGroup, FileScanConfigBuilder, ParquetSource, parquet::CachedParquetFileReaderFactory,
            parquet::ParquetRowSelection,
        },
        source::DataSourceExec,
        table_schema::TableSchema,
    },
    logical_expr::Expr,
    physical_expr::{
        PhysicalExpr,
        expressions::{Column as ColumnExpr, Literal},
    },
    physical_expr_adapter::{PhysicalExprAdapter, PhysicalExprAdapterFactory},
    physical_plan::{ExecutionPlan, empty::EmptyExec, union::UnionExec},
    scalar::ScalarValue,
};
use object_store::ObjectMeta;
use parquet::arrow::{
    RowNumber,
    arrow_reader::{RowSelection, RowSelector},
};
use redshift_sql_dialect::{Error, Result};
use roaring::RoaringBitmap;

use super::{
    columns::{file_column, from_file_batch, missing_value, table_schema},
    files::{Place, StoredFile},
    statistics,
};
use crate::{
    catalog::{ROW_FILE, ROW_POSITION, Relation, RowIdentity, StoredRelation, TransactionView, garbage::data_path},
    error::to_datafusion,
    execution::trace,
};

/// The rows of a table as a transaction sees them.
pub(crate) struct TableScan {
    view: TransactionView,
    table: Arc<Relation>,
    stored: Arc<StoredRelation>,
    identity: RowIdentity,
    /// The table's columns.
    columns: SchemaRef,
    /// And those of the rows' identity.
    schema: SchemaRef,
    /// Which of its files; none is all of them.
    files: Option<Vec<StoredFile>>,
}

impl TableScan {
    pub(crate) fn new(view: TransactionView, table: &Arc<Relation>, identity: RowIdentity) -> Result<TableScan> {
        let stored = view.stored_relation(table.oid)?.ok_or_else(|| Error::internal("a table that is not there"))?;
        let columns = table_schema(table);
        let schema = match identity {
            RowIdentity::Omitted => Arc::clone(&columns),
            RowIdentity::Included => {
                let fields = columns.fields().iter().cloned().chain([row_file(), row_position()]);
                Arc::new(Schema::new(fields.collect::<Vec<_>>()))
            }
        };
        Ok(TableScan { view, table: Arc::clone(table), stored, identity, columns, schema, files: None })
    }

    /// Of some of the table's files, to write them anew: it does not count as reading the table.
    pub(super) fn of_files(self, files: Vec<StoredFile>) -> TableScan {
        TableScan { files: Some(files), ..self }
    }

    fn files(&self) -> Result<Vec<StoredFile>> {
        match &self.files {
            Some(files) => Ok(files.clone()),
            None => {
                self.view.note_read(&self.table)?;
                match self.identity {
                    RowIdentity::Omitted => {}
                    RowIdentity::Included => self.view.note_places(self.table.oid),
                }
                self.view.files(self.table.oid)
            }
        }
    }
}

fn row_file() -> FieldRef {
    Arc::new(Field::new(ROW_FILE, DataType::Int64, false))
}

fn row_position() -> FieldRef {
    Arc::new(Field::new(ROW_POSITION, DataType::Int64, false).with_extension_type(RowNumber))
}

impl std::fmt::Debug for TableScan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TableScan({}.{})", self.table.schema, self.table.name)
    }
}

#[async_trait]
impl TableProvider for TableScan {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let files = self.files().map_err(to_datafusion)?;
        trace::holds(&self.table, files.iter().map(StoredFile::live_rows).sum());
        let (chunks, data): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.place == Place::Inline);
        let mut parts = Vec::new();
        if !data.is_empty() {
            parts.push(self.scan_files(state, &data, projection, limit)?);
        }
        if !chunks.is_empty() {
            parts.push(self.scan_chunks(&chunks, projection, limit)?);
        }
        match (parts.pop(), parts.pop()) {
            (Some(chunks), Some(files)) => UnionExec::try_new(vec![files, chunks]),
            (Some(only), None) => Ok(only),
            (None, _) => {
                // A schema of its own, by which the scan is known.
                let schema = Arc::new((*projected(&self.schema, projection)?).clone());
                trace::scans(&self.table, Some(&schema));
                Ok(Arc::new(EmptyExec::new(schema)))
            }
        }
    }
}

impl TableScan {
    fn scan_files(
        &self,
        state: &dyn Session,
        files: &[StoredFile],
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        trace::scans(&self.table, None);
        let shared = self.view.shared();
        state.runtime_env().register_object_store(shared.store_url.as_ref(), Arc::clone(&shared.store));
        let cache = state.runtime_env().cache_manager.get_file_metadata_cache();
        let source = ParquetSource::new(self.source_schema()).with_parquet_file_reader_factory(Arc::new(
            CachedParquetFileReaderFactory::new(Arc::clone(&shared.store), cache),
        ));
        let source = source.with_table_parquet_options(state.default_table_options().parquet);
        let mut group = Vec::with_capacity(files.len());
        let mut known = Vec::with_capacity(files.len());
        for file in files {
            let statistics = Arc::new(statistics::of_file(file, &self.table.columns).map_err(to_datafusion)?);
            group.push(self.partitioned_file(file, Arc::clone(&statistics)));
            known.push(statistics);
        }
        let config = FileScanConfigBuilder::new(shared.store_url.clone(), Arc::new(source))
            .with_file_groups(FileGroup::new(group).split_files(state.config().target_partitions()))
            .with_statistics(self.sum(&known)?)
            .with_expr_adapter(Some(Arc::new(ByAttnum {
                table: Arc::clone(&self.table),
                stored: Arc::clone(&self.stored),
            })))
            .with_limit(limit)
            .with_projection_indices(projection.cloned())?
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    fn source_schema(&self) -> TableSchema {
        let schema = TableSchema::builder(Arc::clone(&self.columns));
        match self.identity {
            RowIdentity::Omitted => schema.build(),
            RowIdentity::Included => {
                schema.with_table_partition_cols(vec![row_file()]).with_virtual_columns(vec![row_position()]).build()
            }
        }
    }

    fn partitioned_file(&self, file: &StoredFile, statistics: Arc<Statistics>) -> PartitionedFile {
        let mut part = PartitionedFile::new_from_meta(ObjectMeta {
            location: data_path(self.table.oid, file.number),
            // A file never changes, so that what is cached of it is good whenever it was written.
            last_modified: DateTime::<Utc>::UNIX_EPOCH,
            size: file.bytes,
            e_tag: None,
            version: None,
        });
        match self.identity {
            RowIdentity::Omitted => part = part.with_statistics(statistics),
            RowIdentity::Included => part = part.with_partition_values(vec![ScalarValue::Int64(Some(file.number))]),
        }
        match &file.deleted {
            Some(deleted) => part.with_extension(ParquetRowSelection::new(live_rows(deleted, file.rows))),
            None => part,
        }
    }

    /// The statistics of all files together.
    fn sum(&self, files: &[Arc<Statistics>]) -> DataFusionResult<Statistics> {
        match self.identity {
            RowIdentity::Omitted => Statistics::try_merge_iter(files.iter().map(|file| &**file), &self.columns),
            RowIdentity::Included => {
                let rows =
                    files.iter().fold(Precision::Exact(0), |sum: Precision<usize>, file| sum.add(&file.num_rows));
                Ok(Statistics { num_rows: rows, ..Statistics::new_unknown(&self.schema) })
            }
        }
    }

    fn scan_chunks(
        &self,
        chunks: &[StoredFile],
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        // A schema of its own, by which the scan is known.
        let schema = Arc::new((*projected(&self.schema, projection)?).clone());
        trace::scans(&self.table, Some(&schema));
        let mut batches = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            let (rows, columns) = self.chunk_columns(chunk, projection).map_err(to_datafusion)?;
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            batches.push(RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)?);
        }
        let source = MemorySourceConfig::try_new(&[batches], schema, None)?.with_limit(limit);
        Ok(DataSourceExec::from_data_source(source))
    }

    /// The number of live rows of a chunk, and their columns.
    fn chunk_columns(&self, chunk: &StoredFile, projection: Option<&Vec<usize>>) -> Result<(usize, Vec<ArrayRef>)> {
        let (rows, positions) = self.view.live_chunk(chunk)?;
        let count = rows.num_rows();
        let wanted: Vec<usize> = match projection {
            Some(projection) => projection.clone(),
            None => (0..self.schema.fields().len()).collect(),
        };
        let mut arrays = Vec::with_capacity(wanted.len());
        for index in wanted {
            let array: ArrayRef = match index.checked_sub(self.table.columns.len()) {
                None => from_file_batch(&self.stored, &self.table.columns[index..=index], &rows)?.remove(0),
                Some(0) => Arc::new(Int64Array::from_value(-chunk.number, count)),
                Some(_) => match &positions {
                    Some(positions) => {
                        Arc::new(positions.values().iter().map(|at| i64::from(*at)).collect::<Int64Array>())
                    }
                    None => Arc::new(Int64Array::from_iter_values(0..count as i64)),
                },
            };
            arrays.push(array);
        }
        Ok((count, arrays))
    }
}

fn projected(schema: &SchemaRef, projection: Option<&Vec<usize>>) -> DataFusionResult<SchemaRef> {
    match projection {
        Some(projection) => Ok(Arc::new(schema.project(projection)?)),
        None => Ok(Arc::clone(schema)),
    }
}

/// The rows of a file that are not deleted.
fn live_rows(deleted: &RoaringBitmap, rows: u64) -> RowSelection {
    let mut selectors = Vec::new();
    let mut next: usize = 0;
    let mut ranges = deleted.iter();
    while let Some(range) = ranges.next_range() {
        let (first, last) = (*range.start() as usize, *range.end() as usize);
        if first > next {
            selectors.push(RowSelector::select(first - next));
        }
        selectors.push(RowSelector::skip(last + 1 - first));
        next = last + 1;
    }
    if rows as usize > next {
        selectors.push(RowSelector::select(rows as usize - next));
    }
    RowSelection::from(selectors)
}

/// Finds a table's columns in files by their attnums.
#[derive(Clone)]
struct ByAttnum {
    table: Arc<Relation>,
    stored: Arc<StoredRelation>,
}

impl std::fmt::Debug for ByAttnum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ByAttnum")
    }
}

impl PhysicalExprAdapterFactory for ByAttnum {
    fn create(
        &self,
        _logical_file_schema: SchemaRef,
        physical_file_schema: SchemaRef,
    ) -> DataFusionResult<Arc<dyn PhysicalExprAdapter>> {
        Ok(Arc::new(InFile { columns: self.clone(), file: physical_file_schema }))
    }
}

/// The same, in one file.
#[derive(Debug)]
struct InFile {
    columns: ByAttnum,
    file: SchemaRef,
}

impl PhysicalExprAdapter for InFile {
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> DataFusionResult<Arc<dyn PhysicalExpr>> {
        expr.transform(|node| match node.downcast_ref::<ColumnExpr>() {
            Some(column) => Ok(Transformed::yes(self.column(column)?)),
            None => Ok(Transformed::no(node)),
        })
        .data()
    }
}

impl InFile {
    fn column(&self, column: &ColumnExpr) -> DataFusionResult<Arc<dyn PhysicalExpr>> {
        let Some(declared) = self.columns.table.column(column.name()) else {
            // A column that the reader makes up has its own name in the file's schema.
            let index = self.file.index_of(column.name())?;
            return Ok(Arc::new(ColumnExpr::new(column.name(), index)));
        };
        let name = file_column(declared.attnum);
        match self.file.index_of(&name) {
            Ok(index) => Ok(Arc::new(ColumnExpr::new(&name, index))),
            Err(_) => {
                let value = missing_value(&self.columns.stored, declared).map_err(to_datafusion)?;
                Ok(Arc::new(Literal::new(value)))
            }
        }
    }
}
