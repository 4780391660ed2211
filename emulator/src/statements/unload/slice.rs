//! One stream of rows into files of its own.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
};

use arrow::{
    array::{Array, ArrayRef},
    compute::cast,
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
    record_batch::RecordBatch,
};
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use parquet::{
    arrow::{AsyncArrowWriter, arrow_writer::ArrowWriterOptions},
    basic::Compression as ParquetCompression,
    file::properties::{WriterProperties, WriterVersion},
};
use redshift_sql_dialect::{Error, RedshiftType, Result};
use tokio::sync::Mutex;

use super::{
    file::{Counted, Sink},
    partition,
    plan::{Existing, Format, UnloadPlan},
    text,
};
use crate::{
    clock,
    error::from_datafusion,
    formats::blocks::Compression,
    s3::{S3Client, S3Error, S3Path},
    statements::copy::fault::Runner,
};

/// Text is handed over in pieces of about this many bytes.
const PIECE: usize = 256 << 10;
/// Files of partitions that a slice has open, at most: one more closes them all, and what comes later for a partition
/// goes into another part.
const MOST_OPEN: usize = 64;

/// What all slices of a statement share.
pub(super) struct Job {
    pub plan: UnloadPlan,
    pub s3: S3Client,
    pub runner: Runner,
    /// The folders of partitions that CLEANPATH has emptied.
    pub cleaned: Mutex<HashSet<String>>,
}

/// A file that is there.
#[derive(Debug, Clone)]
pub(super) struct WrittenFile {
    pub key: String,
    pub slice: usize,
    /// Its lines, with that of HEADER; its rows where it has no lines.
    pub lines: u64,
    pub bytes: u64,
    /// When it was begun and ended: microseconds since 1970.
    pub start: i64,
    pub end: i64,
}

/// A slice at work.
pub(super) struct Slice {
    job: Arc<Job>,
    number: usize,
    open: HashMap<String, OpenFile>,
    /// How many files each folder has already.
    parts: HashMap<String, usize>,
    written: Vec<WrittenFile>,
    rows: u64,
}

struct OpenFile {
    key: String,
    writer: Writer,
    lines: u64,
    start: i64,
}

enum Writer {
    Text { sink: Sink, buffer: String },
    Parquet { writer: Box<AsyncArrowWriter<Counted>>, bytes: Arc<std::sync::atomic::AtomicU64> },
}

impl Slice {
    pub(super) fn new(job: Arc<Job>, number: usize) -> Slice {
        Slice { job, number, open: HashMap::new(), parts: HashMap::new(), written: Vec::new(), rows: 0 }
    }

    /// Writes all rows; gives their number and the files.
    ///
    /// # Errors
    /// What the query or S3 fails with.
    pub(super) async fn write(mut self, mut rows: SendableRecordBatchStream) -> Result<(u64, Vec<WrittenFile>)> {
        let job = Arc::clone(&self.job);
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(from_datafusion)?;
            self.rows += batch.num_rows() as u64;
            for (folder, rows) in partition::split(&batch, &job.plan)? {
                match job.plan.format {
                    Format::Parquet => self.write_parquet(folder, &rows).await?,
                    _ => self.write_text(folder, &rows).await?,
                }
            }
        }
        self.close_all().await?;
        Ok((self.rows, self.written))
    }

    /// An empty file: text without rows is a file without rows.
    pub(super) async fn write_empty(mut self) -> Result<Vec<WrittenFile>> {
        self.file(String::new()).await?;
        self.close_all().await?;
        Ok(self.written)
    }

    async fn write_text(&mut self, folder: String, rows: &RecordBatch) -> Result<()> {
        let job = Arc::clone(&self.job);
        let most = job.plan.max_file_size;
        let is_plain = job.plan.compression == Compression::None;
        let mut line = String::new();
        for row in 0..rows.num_rows() {
            line.clear();
            text::line(&mut line, rows, row, &job.plan)?;
            let file = self.file(folder.clone()).await?;
            let is_full = match &file.writer {
                Writer::Text { sink, buffer } => {
                    let pending = if is_plain { buffer.len() + line.len() } else { 0 };
                    file.lines > 0 && sink.bytes() + pending as u64 > most
                }
                Writer::Parquet { .. } => false,
            };
            if is_full {
                self.close(&folder).await?;
            }
            let file = self.file(folder.clone()).await?;
            file.lines += 1;
            let key = file.key.clone();
            if let Writer::Text { sink, buffer } = &mut file.writer {
                buffer.push_str(&line);
                if buffer.len() >= PIECE {
                    sink.write(buffer.as_bytes()).await.map_err(|error| job.write_error(&key, &error))?;
                    buffer.clear();
                }
            }
        }
        Ok(())
    }

    async fn write_parquet(&mut self, folder: String, rows: &RecordBatch) -> Result<()> {
        let job = Arc::clone(&self.job);
        let batch = parquet_batch(rows, &job.plan)?;
        let file = self.file(folder.clone()).await?;
        file.lines += batch.num_rows() as u64;
        let key = file.key.clone();
        let mut is_full = false;
        if let Writer::Parquet { writer, .. } = &mut file.writer {
            let failed = |error| job.write_error(&key, &error);
            writer.write(&batch).await.map_err(failed)?;
            if writer.in_progress_size() as u64 >= job.plan.row_group_size {
                writer.flush().await.map_err(failed)?;
                is_full = writer.bytes_written() as u64 + job.plan.row_group_size > job.plan.max_file_size;
            }
        }
        if is_full {
            self.close(&folder).await?;
        }
        Ok(())
    }

    /// The open file of a folder; it is begun where there is none.
    async fn file(&mut self, folder: String) -> Result<&mut OpenFile> {
        if !self.open.contains_key(&folder) {
            if self.open.len() >= MOST_OPEN {
                self.close_all().await?;
            }
            self.job.clean(&folder).await?;
            let part = self.parts.entry(folder.clone()).or_insert(0);
            let key = self.job.plan.key(&folder, self.number, *part);
            *part += 1;
            let file = self.job.begin(key)?;
            self.open.insert(folder.clone(), file);
        }
        self.open.get_mut(&folder).ok_or_else(|| Error::internal("a file that was just begun is not there"))
    }

    async fn close(&mut self, folder: &str) -> Result<()> {
        let Some(file) = self.open.remove(folder) else { return Ok(()) };
        let failed = |error: std::io::Error| self.job.write_error(&file.key, &error);
        let bytes = match file.writer {
            Writer::Text { mut sink, buffer } => {
                sink.write(buffer.as_bytes()).await.map_err(failed)?;
                sink.close().await.map_err(failed)?
            }
            Writer::Parquet { writer, bytes } => {
                writer.close().await.map_err(|error| self.job.write_error(&file.key, &error))?;
                bytes.load(Ordering::Relaxed)
            }
        };
        self.written.push(WrittenFile {
            key: file.key,
            slice: self.number,
            lines: file.lines,
            bytes,
            start: file.start,
            end: clock::now(),
        });
        Ok(())
    }

    async fn close_all(&mut self) -> Result<()> {
        let mut folders: Vec<String> = self.open.keys().cloned().collect();
        folders.sort_unstable();
        for folder in folders {
            self.close(&folder).await?;
        }
        Ok(())
    }
}

impl Job {
    fn begin(&self, key: String) -> Result<OpenFile> {
        let path = S3Path { bucket: self.plan.target.bucket.clone(), key: key.clone() };
        let file = self.s3.writer(&path).map_err(|error| self.s3_error(&error, &key))?;
        let mut lines = 0;
        let writer = match self.plan.format {
            Format::Parquet => {
                let properties = WriterProperties::builder()
                    .set_writer_version(WriterVersion::PARQUET_1_0)
                    .set_compression(ParquetCompression::SNAPPY)
                    .build();
                let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
                let (file, bytes) = Counted::new(file);
                let writer = AsyncArrowWriter::try_new_with_options(file, parquet_schema(&self.plan), options)
                    .map_err(|error| self.write_error(&key, &error))?;
                Writer::Parquet { writer: Box::new(writer), bytes }
            }
            _ => {
                let mut buffer = String::new();
                if self.plan.header {
                    text::header(&mut buffer, &self.plan);
                    lines = 1;
                }
                Writer::Text { sink: Sink::new(file, self.plan.compression), buffer }
            }
        };
        Ok(OpenFile { key, writer, lines, start: clock::now() })
    }

    /// Looks at what is in the way before anything is written.
    ///
    /// # Errors
    /// XX000 where there are files and neither ALLOWOVERWRITE nor CLEANPATH was written.
    pub(super) async fn prepare(&self) -> Result<()> {
        match self.plan.existing {
            Existing::Overwrite => Ok(()),
            // Folders of partitions are emptied when they get their first file.
            Existing::Remove if !self.plan.partition.is_empty() => Ok(()),
            Existing::Remove => self.remove(&self.plan.target.clone()).await,
            Existing::Refuse => {
                let target = &self.plan.target;
                let listing = self.s3.list(target).await.map_err(|error| self.s3_error(&error, &target.key))?;
                if listing.objects.is_empty() {
                    return Ok(());
                }
                let message = "Specified unload destination on S3 is not empty. Consider using a different bucket / \
                               prefix, manually removing the target files in S3, or using the ALLOWOVERWRITE option.";
                Err(self.runner.error(message, 8001, ""))
            }
        }
    }

    async fn clean(&self, folder: &str) -> Result<()> {
        if self.plan.existing != Existing::Remove || self.plan.partition.is_empty() {
            return Ok(());
        }
        // Held while the folder is emptied: no other slice writes into it before.
        let mut cleaned = self.cleaned.lock().await;
        if !cleaned.contains(folder) {
            let target = &self.plan.target;
            self.remove(&S3Path { bucket: target.bucket.clone(), key: format!("{}{folder}", target.key) }).await?;
            cleaned.insert(folder.to_string());
        }
        Ok(())
    }

    async fn remove(&self, prefix: &S3Path) -> Result<()> {
        let listing = self.s3.list(prefix).await.map_err(|error| self.s3_error(&error, &prefix.key))?;
        for object in listing.objects {
            object.delete().await.map_err(|error| self.s3_error(&error, &object.path.key))?;
        }
        Ok(())
    }

    pub(super) fn s3_error(&self, error: &S3Error, key: &str) -> Error {
        self.runner.s3(error, &format!("S3 key being written : s3://{}/{key}", self.plan.target.bucket))
    }

    fn write_error(&self, key: &str, error: &(dyn std::error::Error + 'static)) -> Error {
        self.s3_error(&S3Error::of_write(error), key)
    }
}

/// The columns of Parquet files.
fn parquet_schema(plan: &UnloadPlan) -> SchemaRef {
    let fields = plan.columns.iter().map(|column| Field::new(&column.name, parquet_type(column.ty), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Only the moment of a TIMESTAMPTZ is unloaded ("UNLOAD", FORMAT AS PARQUET).
fn parquet_type(ty: RedshiftType) -> DataType {
    match ty {
        RedshiftType::TimestampTz => DataType::Timestamp(TimeUnit::Microsecond, None),
        ty => crate::types::arrow_type(ty),
    }
}

fn parquet_batch(rows: &RecordBatch, plan: &UnloadPlan) -> Result<RecordBatch> {
    let internal = |error: arrow::error::ArrowError| Error::internal(error.to_string());
    let array = |column: &super::plan::FileColumn| -> Result<ArrayRef> {
        let array = rows.column(column.place);
        let wanted = parquet_type(column.ty);
        if *array.data_type() == wanted { Ok(Arc::clone(array)) } else { cast(array, &wanted).map_err(internal) }
    };
    let arrays = plan.columns.iter().map(array).collect::<Result<Vec<_>>>()?;
    RecordBatch::try_new(parquet_schema(plan), arrays).map_err(internal)
}
