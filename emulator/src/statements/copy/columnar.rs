//! Loading Parquet and ORC files: each row group or stripe is a piece of work that any stream may take.
//!
//! What the formats have to tell is in [`parquet`](super::parquet) and [`orc`](super::orc); what becomes of their columns
//! is the same for both.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use arrow::{
    array::ArrayRef,
    datatypes::{DataType, Fields},
    record_batch::RecordBatch,
};
use datafusion::{
    error::DataFusionError, execution::SendableRecordBatchStream, physical_plan::stream::RecordBatchStreamAdapter,
};
use futures::{Stream, StreamExt, TryStreamExt, stream, stream::BoxStream};
use redshift_sql_dialect::{Error, RedshiftType, Result};

use super::{
    assemble::Assembler,
    fault::Runner,
    orc, parquet,
    plan::{CopyPlan, FileFormat},
    progress::LoadProgress,
    text::now,
};
use crate::{
    error::to_datafusion,
    formats::{
        blocks::Progress,
        columnar::{Mismatch, ObjectReader, column_type_name, convert, is_compatible},
    },
    s3::{S3Error, S3Object},
};

/// How many rows go into a batch.
pub(super) const BATCH_ROWS: usize = 16_384;
/// How many footers are read at a time.
const FOOTERS: usize = 8;

/// Everything that reading a file depends on.
pub(super) struct ColumnarLoad {
    pub plan: Arc<CopyPlan>,
    pub assembler: Assembler,
    pub progress: Arc<LoadProgress>,
    pub files: Vec<S3Object>,
    pub runner: Runner,
    /// Where S3 is said to be, in errors.
    pub region: String,
}

/// What a file says of itself.
pub(super) struct Footer {
    /// Its columns.
    pub fields: Fields,
    /// The columns as errors show them.
    pub shown: Vec<String>,
    /// How many rows it has.
    pub rows: u64,
    /// How many row groups or stripes.
    pub pieces: usize,
}

/// A row group or stripe of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work {
    pub file: usize,
    pub piece: usize,
}

impl ColumnarLoad {
    /// Checks every file's schema and gives as many streams.
    ///
    /// # Errors
    /// Where a file is not of the format or its columns are not the table's.
    pub(super) async fn streams(self, count: usize) -> Result<Vec<SendableRecordBatchStream>> {
        if !self.plan.reading.serialize && self.plan.targets.iter().any(|target| target.ty == RedshiftType::Super) {
            return Err(self.runner.error("Assert", 1000, "Unreachable - Invalid type: 4000"));
        }
        let load = Arc::new(self);
        let pieces: Vec<usize> =
            stream::iter(0..load.files.len()).map(|file| load.check(file)).buffered(FOOTERS).try_collect().await?;
        let of_file = |(file, pieces): (usize, &usize)| (0..*pieces).map(move |piece| Work { file, piece });
        let work: Arc<[Work]> = pieces.iter().enumerate().flat_map(of_file).collect();
        let next = Arc::new(AtomicUsize::new(0));
        let count = count.min(work.len()).max(1);
        Ok((0..count).map(|slice| Arc::clone(&load).stream(slice, Arc::clone(&work), Arc::clone(&next))).collect())
    }

    /// Checks a file's schema and gives the number of its pieces.
    async fn check(&self, file: usize) -> Result<usize> {
        let footer = match self.plan.format {
            FileFormat::Orc => orc::footer(self, file).await?,
            _ => parquet::footer(self, file).await?,
        };
        let (columns, fields) = (self.plan.targets.len(), footer.fields.len());
        let may_be_short = self.plan.tolerance.fill_records && fields < columns;
        if fields != columns && !may_be_short {
            let context = format!(
                "Unmatched number of columns between table and file. Table columns: {columns}, Data columns: {fields}, \
                 File name: {}",
                self.url(file)
            );
            return Err(self.runner.spectrum(&context));
        }
        for (index, (field, target)) in footer.fields.iter().zip(&self.plan.targets).enumerate() {
            if !is_compatible(field.data_type(), target.ty, self.plan.reading) {
                return Err(self.incompatible(file, index, &footer.shown[index]));
            }
        }
        self.progress.with_file(file, |progress| {
            progress.start = now();
            progress.end = progress.start;
            progress.read = Progress { bytes: progress.size, lines: footer.rows };
        });
        Ok(footer.pieces)
    }

    pub(super) fn reader(&self, file: usize) -> ObjectReader {
        ObjectReader(self.files[file].clone())
    }

    /// S3 does not give a file.
    pub(super) fn s3_failed(&self, file: usize, error: &S3Error) -> Error {
        self.runner.s3(error, &format!("S3 key being read : {}", self.files[file].path))
    }

    /// A file is not of the format.
    pub(super) fn unreadable(&self, file: usize) -> Error {
        self.runner.spectrum(&format!("File '{}' has an invalid version number.", self.url(file)))
    }

    fn incompatible(&self, file: usize, column: usize, schema: &str) -> Error {
        let target = &self.plan.targets[column];
        let format = if self.plan.format == FileFormat::Orc { "ORC" } else { "Parquet" };
        self.runner.spectrum(&format!(
            "File '{}' has an incompatible {format} schema for column '{}.{}'. Column type: {}, {format} schema:\n{schema}",
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
        let pieces = stream::unfold((self, work, next), move |(load, work, next)| async move {
            let piece = *work.get(next.fetch_add(1, Ordering::Relaxed))?;
            let batches = Arc::clone(&load).piece(slice, piece).await;
            Some((batches, (load, work, next)))
        });
        let batches = pieces.map_err(to_datafusion).try_flatten();
        Box::pin(RecordBatchStreamAdapter::new(schema, batches))
    }

    /// The rows of a row group or stripe.
    async fn piece(
        self: Arc<Self>,
        slice: usize,
        work: Work,
    ) -> Result<impl Stream<Item = Result<RecordBatch, DataFusionError>>> {
        let batches: BoxStream<'static, Result<RecordBatch>> = match self.plan.format {
            FileFormat::Orc => orc::stripe(Arc::clone(&self), work).await?,
            _ => parquet::row_group(Arc::clone(&self), work).await?,
        };
        Ok(batches.map(move |batch| {
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
                Some(array) => convert(array, target, self.plan.reading),
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
