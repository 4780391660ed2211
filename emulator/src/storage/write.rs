//! INSERT and COPY: rows into chunks and files.
//!
//! What comes from one stream and is small becomes a chunk. The moment it is not, a file is begun, and from then on rows go
//! through it as they come: a Parquet writer holds one row group, encoded, and the object store's part buffer. Several
//! streams are written side by side, each into a file of its own; one large stream is dealt out, in long runs, to as many
//! writers as there are processors. Files are closed at 1 GB. A file is on disk before the catalog names it.

use std::{
    collections::VecDeque,
    fs::File,
    num::NonZero,
    path::PathBuf,
    sync::{Arc, Mutex},
    thread::available_parallelism,
};

use arrow::{
    array::RecordBatch,
    compute::concat_batches,
    datatypes::{DataType, SchemaRef},
};
use datafusion::{execution::SendableRecordBatchStream, prelude::DataFrame};
use futures::StreamExt;
use object_store::{ObjectStore, ObjectStoreExt, buffered::BufWriter};
use parquet::{
    arrow::AsyncArrowWriter,
    basic::Compression,
    errors::ParquetError,
    file::properties::{EnabledStatistics, WriterProperties},
    schema::types::ColumnPath,
};
use redshift_sql_dialect::{Error, Result, SqlState};
use tokio::{
    sync::mpsc,
    task::{JoinSet, yield_now},
};

use super::{
    columns::{file_schema, to_file_batch},
    files::{NewFile, Place},
    inline::{INLINE_BYTES, INLINE_ROWS},
    statistics,
};
use crate::{
    catalog::{Oid, Relation, Transaction, garbage::data_path, locked, sql::sync_folder},
    error::from_datafusion,
};

/// Most rows of a row group, which is what a scan reads at least and what its threads share.
const ROW_GROUP_ROWS: usize = 512 << 10;
/// Bytes of memory at which a row group is closed.
const ROW_GROUP_BYTES: usize = 128 << 20;
/// Bytes at which a file is closed.
const FILE_BYTES: usize = 1 << 30;
/// Rows in a row, so to speak, that one of several writers gets of a stream.
const RUN_ROWS: usize = 128 << 10;
/// Most files that are written side by side.
pub(super) const MOST_WRITERS: usize = 8;

impl Transaction {
    /// Appends the rows of all streams to a table that is locked for writing, and gives their number. The streams' columns
    /// are the table's, in order, in the Arrow types of [`crate::types::arrow_type`]; they are read side by side.
    ///
    /// # Errors
    /// Those of the streams; 58030 where the rows cannot be written. The transaction is to be rolled back then.
    pub async fn append(&self, table: &Relation, rows: Vec<SendableRecordBatchStream>) -> Result<u64> {
        self.note_write(table)?;
        let target = Target::new(self, table);
        let mut rows = rows;
        let written = match (rows.pop(), rows.is_empty()) {
            (None, _) => return Ok(0),
            (Some(only), true) => target.write_one(only).await?,
            (Some(last), false) => {
                rows.push(last);
                target.write_many(rows).await?
            }
        };
        let made_files = !written.files.is_empty();
        let count = self.add_written(table, written).await?;
        self.merge_chunks(table).await?;
        if made_files {
            self.merge_files(table).await?;
        }
        Ok(count)
    }

    /// Adds what was written to a table, and gives the number of rows.
    pub(super) async fn add_written(&self, table: &Relation, written: Written) -> Result<u64> {
        let Written { files, rest } = written;
        let mut count = files.iter().map(|file| file.rows).sum();
        if !files.is_empty() {
            self.add_files(&files)?;
        }
        let rest = rest.into_batch(&file_schema(table))?;
        count += rest.num_rows() as u64;
        match rest.num_rows() {
            0 => {}
            rows if is_small(rows, rest.get_array_memory_size()) => {
                self.add_chunk(table.oid, &rest)?;
            }
            _ => {
                self.write_file(table, rest).await?;
            }
        }
        Ok(count)
    }

    /// Adds a file of these rows, which have the columns' names in files; gives its number and rows.
    pub(super) async fn write_file(&self, table: &Relation, rows: RecordBatch) -> Result<Vec<(i64, u64)>> {
        let mut file = FileWriter::new(Target::new(self, table));
        file.write(&rows).await?;
        self.add_in_order(file).await
    }

    /// Adds the rows of streams, one after the other, and gives the numbers and rows of what they are in, in their order.
    pub(super) async fn write_in_order(
        &self,
        table: &Relation,
        streams: impl IntoIterator<Item = DataFrame>,
    ) -> Result<Vec<(i64, u64)>> {
        let schema = file_schema(table);
        let mut file = FileWriter::new(Target::new(self, table));
        let mut rest = Rest::default();
        for frame in streams {
            let mut stream = frame.execute_stream().await.map_err(from_datafusion)?;
            while let Some(rows) = stream.next().await {
                let rows = to_file_batch(&schema, &rows.map_err(from_datafusion)?)?;
                if !file.begun() && is_small(rest.rows + rows.num_rows(), rest.bytes + rows.get_array_memory_size()) {
                    rest.push(rows);
                    continue;
                }
                for kept in std::mem::take(&mut rest).batches {
                    file.write(&kept).await?;
                }
                file.write(&rows).await?;
            }
        }
        let mut written = self.add_in_order(file).await?;
        let rest = rest.into_batch(&schema)?;
        if rest.num_rows() > 0 {
            written.push((self.add_chunk(table.oid, &rest)?, rest.num_rows() as u64));
        }
        Ok(written)
    }

    async fn add_in_order(&self, file: FileWriter) -> Result<Vec<(i64, u64)>> {
        let files = file.finish().await?;
        self.add_files(&files)?;
        Ok(files.iter().map(|file| (file.number, file.rows)).collect())
    }
}

fn is_small(rows: usize, bytes: usize) -> bool {
    rows <= INLINE_ROWS && bytes <= INLINE_BYTES
}

/// Where rows are written to.
pub(super) struct Target {
    table: Oid,
    schema: SchemaRef,
    store: Arc<dyn ObjectStore>,
    /// The folder of the store, where it is one.
    folder: Option<PathBuf>,
    properties: WriterProperties,
    /// Gives the numbers of new files.
    number: Box<dyn Fn() -> i64 + Send + Sync>,
}

impl Target {
    pub(super) fn new(transaction: &Transaction, table: &Relation) -> Arc<Target> {
        let shared = transaction.shared();
        let schema = file_schema(table);
        let begin_file = transaction.file_numbers(table.oid);
        Arc::new(Target {
            table: table.oid,
            properties: properties(&schema),
            schema,
            store: Arc::clone(&shared.store),
            folder: shared.place.data_folder(),
            number: Box::new(begin_file),
        })
    }

    /// Reads a stream until it ends or has given too much to be kept back.
    async fn gather(&self, stream: &mut SendableRecordBatchStream) -> Result<Rest> {
        let mut rest = Rest::default();
        while rest.batches.is_empty() || is_small(rest.rows, rest.bytes) {
            let Some(rows) = stream.next().await else { break };
            let rows = rows.map_err(from_datafusion)?;
            if rows.num_rows() > 0 {
                rest.push(to_file_batch(&self.schema, &rows)?);
            }
        }
        Ok(rest)
    }

    /// Writes several streams side by side.
    async fn write_many(self: Arc<Self>, streams: Vec<SendableRecordBatchStream>) -> Result<Written> {
        let writers = streams.len().min(processors().max(MOST_WRITERS));
        let queue = Arc::new(Mutex::new(VecDeque::from(streams)));
        let mut tasks = JoinSet::new();
        for _ in 0..writers {
            tasks.spawn(write_queued(Arc::clone(&self), Arc::clone(&queue)));
        }
        collect(tasks).await
    }

    /// Writes one stream, dealing it out where it is large.
    pub(super) async fn write_one(self: Arc<Self>, mut stream: SendableRecordBatchStream) -> Result<Written> {
        let rest = self.gather(&mut stream).await?;
        if is_small(rest.rows, rest.bytes) {
            return Ok(Written { files: Vec::new(), rest });
        }
        let mut tasks = JoinSet::new();
        let mut writers: Vec<mpsc::Sender<RecordBatch>> = Vec::new();
        let (mut turn, mut run) = (0, 0);
        let mut first = rest.batches.into_iter();
        loop {
            let rows = match first.next() {
                Some(rows) => rows,
                None => match stream.next().await {
                    Some(rows) => to_file_batch(&self.schema, &rows.map_err(from_datafusion)?)?,
                    None => break,
                },
            };
            if run >= RUN_ROWS {
                (turn, run) = ((turn + 1) % processors().min(MOST_WRITERS), 0);
            }
            if turn == writers.len() {
                let (sender, receiver) = mpsc::channel(4);
                writers.push(sender);
                tasks.spawn(write_received(Arc::clone(&self), receiver));
            }
            run += rows.num_rows();
            if writers[turn].send(rows).await.is_err() {
                // The writer has failed, and its task says why.
                break;
            }
        }
        drop(writers);
        collect(tasks).await
    }
}

fn properties(schema: &SchemaRef) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_created_by("blueshift".into())
        .set_compression(Compression::LZ4_RAW)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Page);
    for field in schema.fields() {
        // Parquet's bounds leave out NaN, which is greater than every number here: a filter would lose rows by them.
        if matches!(field.data_type(), DataType::Float32 | DataType::Float64) {
            let path = ColumnPath::from(field.name().as_str());
            properties = properties.set_column_statistics_enabled(path, EnabledStatistics::None);
        }
    }
    properties.build()
}

/// What came of some streams.
#[derive(Default)]
pub(super) struct Written {
    files: Vec<NewFile>,
    /// Rows that are in no file.
    rest: Rest,
}

/// Rows that are kept back, because they may be few.
#[derive(Default)]
struct Rest {
    batches: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
}

impl Rest {
    fn push(&mut self, rows: RecordBatch) {
        self.rows += rows.num_rows();
        self.bytes += rows.get_array_memory_size();
        self.batches.push(rows);
    }

    fn into_batch(self, schema: &SchemaRef) -> Result<RecordBatch> {
        concat_batches(schema, &self.batches).map_err(|error| Error::internal(error.to_string()))
    }
}

/// Writes streams of a queue one after the other, keeping back what is little.
async fn write_queued(target: Arc<Target>, queue: Arc<Mutex<VecDeque<SendableRecordBatchStream>>>) -> Result<Written> {
    let mut file = FileWriter::new(Arc::clone(&target));
    let mut written = Written::default();
    loop {
        let Some(mut stream) = locked(&queue).pop_front() else { break };
        while let Some(rows) = stream.next().await {
            let rows = to_file_batch(&target.schema, &rows.map_err(from_datafusion)?)?;
            if file.begun() || !is_small(written.rest.rows, written.rest.bytes) {
                for kept in std::mem::take(&mut written.rest).batches {
                    file.write(&kept).await?;
                }
                file.write(&rows).await?;
            } else if rows.num_rows() > 0 {
                written.rest.push(rows);
            }
            // Rows may be there without end: whoever wants this to stop must get a word in.
            yield_now().await;
        }
    }
    written.files = file.finish().await?;
    Ok(written)
}

async fn write_received(target: Arc<Target>, mut rows: mpsc::Receiver<RecordBatch>) -> Result<Written> {
    let mut file = FileWriter::new(target);
    while let Some(rows) = rows.recv().await {
        file.write(&rows).await?;
        yield_now().await;
    }
    Ok(Written { files: file.finish().await?, rest: Rest::default() })
}

/// What all tasks have written. They are stopped when one fails or the caller goes.
async fn collect(mut tasks: JoinSet<Result<Written>>) -> Result<Written> {
    let mut all = Written::default();
    while let Some(done) = tasks.join_next().await {
        let written = done.map_err(|error| Error::internal(format!("a writer has stopped: {error}")))??;
        all.files.extend(written.files);
        for rows in written.rest.batches {
            all.rest.push(rows);
        }
    }
    all.files.sort_by_key(|file| file.number);
    Ok(all)
}

fn processors() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}

/// Writes rows into files, one after the other.
struct FileWriter {
    target: Arc<Target>,
    open: Option<OpenFile>,
    done: Vec<NewFile>,
}

struct OpenFile {
    number: i64,
    rows: u64,
    writer: AsyncArrowWriter<BufWriter>,
}

impl FileWriter {
    fn new(target: Arc<Target>) -> FileWriter {
        FileWriter { target, open: None, done: Vec::new() }
    }

    /// Has it got any rows?
    fn begun(&self) -> bool {
        self.open.is_some() || !self.done.is_empty()
    }

    async fn write(&mut self, rows: &RecordBatch) -> Result<()> {
        if rows.num_rows() == 0 {
            return Ok(());
        }
        let file = match &mut self.open {
            Some(file) => file,
            closed => closed.insert(OpenFile::begin(&self.target)?),
        };
        file.writer.write(rows).await.map_err(unwritable)?;
        file.rows += rows.num_rows() as u64;
        if file.writer.memory_size() > ROW_GROUP_BYTES {
            file.writer.flush().await.map_err(unwritable)?;
        }
        if file.writer.bytes_written() > FILE_BYTES {
            self.close().await?;
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        if let Some(file) = self.open.take() {
            self.done.push(file.finish(&self.target).await?);
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<Vec<NewFile>> {
        self.close().await?;
        Ok(self.done)
    }
}

impl OpenFile {
    fn begin(target: &Target) -> Result<OpenFile> {
        let number = (target.number)();
        let place = BufWriter::new(Arc::clone(&target.store), data_path(target.table, number));
        let writer = AsyncArrowWriter::try_new(place, Arc::clone(&target.schema), Some(target.properties.clone()));
        Ok(OpenFile { number, rows: 0, writer: writer.map_err(unwritable)? })
    }

    async fn finish(mut self, target: &Target) -> Result<NewFile> {
        let footer = self.writer.finish().await.map_err(unwritable)?;
        let path = data_path(target.table, self.number);
        let written = target.store.head(&path).await;
        let bytes = written.map_err(|error| unwritable(ParquetError::External(Box::new(error))))?.size;
        if let Some(folder) = &target.folder {
            sync(folder.join(path.as_ref())).await?;
        }
        Ok(NewFile {
            number: self.number,
            table: target.table,
            place: Place::Data,
            rows: self.rows,
            bytes,
            statistics: Some(statistics::of_footer(&footer, &target.schema)?),
        })
    }
}

/// Brings a file, and that it and its folder are there, to disk.
async fn sync(file: PathBuf) -> Result<()> {
    let synced = tokio::task::spawn_blocking(move || {
        File::open(&file)?.sync_all()?;
        // The table's folder may be as new as the file.
        file.ancestors().skip(1).take(2).try_for_each(sync_folder)
    });
    let synced = synced.await.map_err(|error| Error::internal(format!("a file could not be synced: {error}")))?;
    synced.map_err(|error| unwritable(ParquetError::External(Box::new(error))))
}

fn unwritable(error: ParquetError) -> Error {
    Error::new(SqlState::IO_ERROR, format!("rows could not be written: {error}"))
}
