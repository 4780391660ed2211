//! Loading Parquet files: each row group is a piece of work that any stream may take.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use arrow::{array::ArrayRef, datatypes::DataType, record_batch::RecordBatch};
use datafusion::{
    error::DataFusionError, execution::SendableRecordBatchStream, physical_plan::stream::RecordBatchStreamAdapter,
};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use parquet::arrow::{
    ParquetRecordBatchStreamBuilder,
    arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions},
};
use redshift_sql_dialect::{Error, Result};

use super::{assemble::Assembler, fault::Runner, plan::CopyPlan, progress::LoadProgress, text::now};
use crate::{
    error::to_datafusion,
    formats::{
        blocks::Progress,
        parquet::{Mismatch, ObjectReader, column_schema_text, column_type_name, convert, is_compatible},
    },
    s3::{S3Error, S3Object},
};

/// How many rows go into a batch.
const BATCH_ROWS: usize = 16_384;
/// How many footers are read at a time.
const FOOTERS: usize = 8;

/// Everything that reading a file depends on.
pub(super) struct ParquetLoad {
    pub plan: Arc<CopyPlan>,
    pub assembler: Assembler,
    pub progress: Arc<LoadProgress>,
    pub files: Vec<S3Object>,
    pub runner: Runner,
    /// Where S3 is said to be, in errors.
    pub region: String,
}

/// A row group of a file.
#[derive(Debug, Clone, Copy)]
struct Work {
    file: usize,
    row_group: usize,
}

impl ParquetLoad {
    /// Checks every file's schema and gives as many streams.
    ///
    /// # Errors
    /// Where a file is no Parquet file or its columns are not the table's.
    pub(super) async fn streams(self, count: usize) -> Result<Vec<SendableRecordBatchStream>> {
        let load = Arc::new(self);
        let row_groups: Vec<usize> =
            stream::iter(0..load.files.len()).map(|file| load.check(file)).buffered(FOOTERS).try_collect().await?;
        let of_file = |(file, groups): (usize, &usize)| (0..*groups).map(move |row_group| Work { file, row_group });
        let work: Arc<[Work]> = row_groups.iter().enumerate().flat_map(of_file).collect();
        let next = Arc::new(AtomicUsize::new(0));
        let count = count.min(work.len()).max(1);
        Ok((0..count).map(|slice| Arc::clone(&load).stream(slice, Arc::clone(&work), Arc::clone(&next))).collect())
    }

    /// Checks a file's schema and gives the number of its row groups.
    async fn check(&self, file: usize) -> Result<usize> {
        let metadata = self.metadata(file).await?;
        let schema = metadata.parquet_schema();
        let (columns, fields) = (self.plan.targets.len(), metadata.schema().fields().len());
        let may_be_short = self.plan.tolerance.fill_records && fields < columns;
        if fields != columns && !may_be_short {
            let context = format!(
                "Unmatched number of columns between table and file. Table columns: {columns}, Data columns: {fields}, \
                 File name: {}",
                self.url(file)
            );
            return Err(self.runner.spectrum(&context));
        }
        for (index, (field, target)) in metadata.schema().fields().iter().zip(&self.plan.targets).enumerate() {
            if !is_compatible(field.data_type(), target.ty) {
                return Err(self.incompatible(file, index, &column_schema_text(schema, index)));
            }
        }
        let rows = metadata.metadata().file_metadata().num_rows().max(0) as u64;
        self.progress.with_file(file, |progress| {
            progress.start = now();
            progress.end = progress.start;
            progress.read = Progress { bytes: progress.size, lines: rows };
        });
        Ok(metadata.metadata().num_row_groups())
    }

    fn reader(&self, file: usize) -> ObjectReader {
        ObjectReader(self.files[file].clone())
    }

    async fn metadata(&self, file: usize) -> Result<ArrowReaderMetadata> {
        // The columns as Parquet has them, whatever Arrow type the writer had them in.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::load_async(&mut self.reader(file), options).await;
        metadata.map_err(|error| self.unreadable(file, &error))
    }

    fn unreadable(&self, file: usize, error: &parquet::errors::ParquetError) -> Error {
        if let parquet::errors::ParquetError::External(inner) = error
            && let Some(s3) = inner.downcast_ref::<S3Error>()
        {
            return self.runner.s3(s3, &format!("S3 key being read : {}", self.files[file].path));
        }
        self.runner.spectrum(&format!("File '{}' has an invalid version number.", self.url(file)))
    }

    fn incompatible(&self, file: usize, column: usize, schema: &str) -> Error {
        let target = &self.plan.targets[column];
        self.runner.spectrum(&format!(
            "File '{}' has an incompatible Parquet schema for column '{}.{}'. Column type: {}, Parquet schema:\n{schema}",
            self.url(file),
            self.files[file].path,
            target.name,
            column_type_name(target.ty),
        ))
    }

    /// The file's address as errors show it.
    fn url(&self, file: usize) -> String {
        let path = &self.files[file].path;
        format!("https://s3.{}.amazonaws.com/{}/{}", self.region, path.bucket, path.key)
    }

    fn stream(self: Arc<Self>, slice: usize, work: Arc<[Work]>, next: Arc<AtomicUsize>) -> SendableRecordBatchStream {
        let schema = Arc::clone(self.assembler.schema());
        let groups = stream::unfold((self, work, next), move |(load, work, next)| async move {
            let piece = *work.get(next.fetch_add(1, Ordering::Relaxed))?;
            let batches = Arc::clone(&load).row_group(slice, piece).await;
            Some((batches, (load, work, next)))
        });
        let batches = groups.map_err(to_datafusion).try_flatten();
        Box::pin(RecordBatchStreamAdapter::new(schema, batches))
    }

    /// The rows of a row group.
    async fn row_group(
        self: Arc<Self>,
        slice: usize,
        work: Work,
    ) -> Result<impl Stream<Item = Result<RecordBatch, DataFusionError>>> {
        let metadata = self.metadata(work.file).await?;
        let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(self.reader(work.file), metadata);
        let builder = builder.with_row_groups(vec![work.row_group]).with_batch_size(BATCH_ROWS);
        let batches = builder.build().map_err(|error| self.unreadable(work.file, &error))?;
        Ok(batches.map(move |batch| {
            let batch = batch.map_err(|error| self.unreadable(work.file, &error));
            let loaded = batch.and_then(|batch| self.load(slice, work.file, &batch));
            loaded.map_err(|error| {
                self.progress.fail(error.clone());
                to_datafusion(error)
            })
        }))
    }

    fn load(&self, slice: usize, file: usize, batch: &RecordBatch) -> Result<RecordBatch> {
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.plan.targets.len());
        for (index, target) in self.plan.targets.iter().enumerate() {
            let array = match batch.columns().get(index) {
                Some(array) => convert(array, target, self.plan.conversion.replacement),
                None if target.nullable => {
                    Ok(arrow::array::new_null_array(&crate::types::arrow_type(target.ty), batch.num_rows()))
                }
                None => Err(Mismatch::Null),
            };
            let file_type = batch.columns().get(index).map(|array| array.data_type());
            arrays.push(array.map_err(|mismatch| self.mismatch(file, index, (mismatch, file_type)))?);
        }
        if let Some(column) = self.assembler.required() {
            return Err(self.null_refused(column));
        }
        self.progress.add_rows(file, slice, batch.num_rows() as u64);
        self.progress.with_file(file, |progress| progress.end = now());
        self.assembler.batch(&arrays, batch.num_rows())
    }

    fn mismatch(&self, file: usize, column: usize, what: (Mismatch, Option<&DataType>)) -> Error {
        let target = &self.plan.targets[column];
        match what {
            (Mismatch::Type, file_type) => {
                let shown = file_type.map_or(String::new(), |ty| ty.to_string().to_lowercase());
                self.incompatible(file, column, &format!("optional {shown} {}", target.name))
            }
            (Mismatch::Length { column, value }, _) => self.runner.spectrum(&format!(
                "The length of the data column {} is longer than the length defined in the table. Table: {column}, \
                 Data: {value}, File name: {}",
                target.name,
                self.url(file)
            )),
            (Mismatch::Characters, _) => self.runner.spectrum(&format!(
                "String contains invalid or unsupported UTF8 codepoints in column {}, File name: {}",
                target.name,
                self.url(file)
            )),
            (Mismatch::Null, _) => self.null_refused(&target.name),
        }
    }

    fn null_refused(&self, column: &str) -> Error {
        self.runner.error(format!("Cannot insert a NULL value into column {column}"), 8007, "")
    }
}
