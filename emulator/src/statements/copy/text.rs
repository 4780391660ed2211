//! Loading files of text: blocks are read by feeders and made into batches by streams, several of both side by side.
//!
//! Feeders take the files in their order, read them in blocks and put these into a channel that holds a few, so that
//! reading is ahead of parsing by no more than that. Streams take blocks out, as they come, and parse them on threads
//! of their own. A small load has one feeder and one stream: its rows keep the order of its files.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use arrow::{
    array::{Array, ArrayRef, BooleanArray},
    compute::filter,
    record_batch::RecordBatch,
};
use datafusion::{
    error::DataFusionError, execution::SendableRecordBatchStream, physical_plan::stream::RecordBatchStreamAdapter,
};
use futures::{StreamExt, stream};
use redshift_sql_dialect::{Error, Result};
use tokio::sync::{Mutex, mpsc};

use super::{
    assemble::Assembler,
    fault::Runner,
    plan::{CopyPlan, FileFormat, JsonSource, Purpose},
    progress::{LoadError, LoadProgress},
};
use crate::{
    error::to_datafusion,
    formats::{
        blocks::{Block, BlockReader, Compression, Layout, ReadError},
        convert::{Faults, RowFault, convert},
        fields::{Fault, FieldTable, Form, Record},
        splitter::{Csv, Delimiter, Json, Splitter, json::JsonPath},
    },
    s3::S3Object,
    system::logs::{ErrorField, LoadErrorRecord, ReplacementRecord},
};

/// How many rows go into a batch, at most.
const BATCH_ROWS: usize = 16_384;
/// How many bytes of a line and of a field the logs show.
const SHOWN_BYTES: usize = 1_024;
/// How many characters of a reason they show.
const SHOWN_REASON: usize = 100;

/// Everything that parsing a block depends on.
pub(super) struct TextLoad {
    pub plan: Arc<CopyPlan>,
    pub layout: Layout,
    pub assembler: Assembler,
    pub progress: Arc<LoadProgress>,
    pub files: Vec<S3Object>,
    /// What all records of the logs have in common.
    pub common: LoadErrorRecord,
    pub runner: Runner,
}

/// A block of a file.
struct Work {
    file: usize,
    block: Block,
}

impl TextLoad {
    /// Begins to read and gives as many streams.
    pub(super) fn streams(self, count: usize) -> Vec<SendableRecordBatchStream> {
        let load = Arc::new(self);
        let (to_streams, work) = mpsc::channel(count);
        let next_file = Arc::new(AtomicUsize::new(0));
        for _ in 0..count.min(load.files.len()) {
            tokio::spawn(Arc::clone(&load).feed(Arc::clone(&next_file), to_streams.clone()));
        }
        let work = Arc::new(Mutex::new(work));
        (0..count).map(|slice| Arc::clone(&load).stream(slice, Arc::clone(&work))).collect()
    }

    /// A feeder: reads one file after the other until there are none left, nobody takes blocks any more, or the load has
    /// failed.
    async fn feed(self: Arc<Self>, next_file: Arc<AtomicUsize>, to_streams: mpsc::Sender<Work>) {
        loop {
            let file = next_file.fetch_add(1, Ordering::Relaxed);
            let Some(object) = self.files.get(file) else { return };
            let mut reader = BlockReader::new(object, &self.layout);
            self.progress.with_file(file, |progress| progress.start = now());
            loop {
                let next = reader.next().await;
                self.progress.with_file(file, |progress| progress.read = reader.progress());
                match next {
                    Ok(Some(block)) => {
                        if self.progress.failure().is_some() || to_streams.send(Work { file, block }).await.is_err() {
                            return;
                        }
                    }
                    Ok(None) => break,
                    Err(error) => {
                        self.cannot_read(file, &error);
                        break;
                    }
                }
            }
            self.progress.with_file(file, |progress| progress.end = now());
        }
    }

    fn cannot_read(&self, file: usize, error: &ReadError) {
        let context = format!("S3 key being read : {}", self.files[file].path);
        let inflate = "failed to inflateinvalid or incomplete deflate data. zlib error code: -3";
        match error {
            ReadError::S3(error) => self.progress.fail(self.runner.s3(error, &context)),
            ReadError::Compression(Compression::Gzip) => self.progress.fail(self.runner.error(inflate, 9001, &context)),
            ReadError::Compression(compression) => {
                let message = format!("failed to decompress with {}", format!("{compression:?}").to_lowercase());
                self.progress.fail(self.runner.error(message, 9001, &context));
            }
            ReadError::Avro(reason) => {
                let context = format!("Cannot init avro reader from s3 file {reason}");
                self.progress.fail(self.runner.error("Invalid AVRO file found.", 8001, &context));
            }
            // The file is passed over and counts as one error ("Data conversion parameters", ENCODING).
            ReadError::Encoding => {
                let fault = Fault::new(1221, "Encoding of the file is not the same as specified");
                let record = LoadErrorRecord { code: fault.code, reason: fault.reason, ..self.common_of(file, 0) };
                self.progress.add_errors(file, 0, vec![LoadError { record, fields: Vec::new() }]);
            }
        }
    }

    fn stream(self: Arc<Self>, slice: usize, work: Arc<Mutex<mpsc::Receiver<Work>>>) -> SendableRecordBatchStream {
        let schema = Arc::clone(self.assembler.schema());
        let progress = Arc::clone(&self.progress);
        let taken = stream::unfold(work, |work| async move {
            let next = work.lock().await.recv().await;
            next.map(|next| (next, work))
        });
        let parsed = taken
            .map(move |work| {
                let load = Arc::clone(&self);
                // Parsing is work for a processor; on the runtime's own threads it would hold everything else up.
                tokio::task::spawn_blocking(move || load.parse(slice, work))
            })
            .buffered(2)
            .flat_map(|batches| {
                let batches = match batches {
                    Ok(Ok(batches)) => batches.into_iter().map(Ok).collect(),
                    Ok(Err(error)) => vec![Err(to_datafusion(error))],
                    Err(error) => vec![Err(DataFusionError::External(Box::new(error)))],
                };
                stream::iter(batches)
            });
        Box::pin(RecordBatchStreamAdapter::new(schema, ending_with_failure(parsed.boxed(), progress)))
    }

    /// Makes a block into batches, and its faulty rows into errors.
    fn parse(&self, slice: usize, work: Work) -> Result<Vec<RecordBatch>> {
        let (bytes, first_line) = match work.block {
            Block::Records { bytes, first_line } => (bytes, first_line),
            Block::TooLong { start, line } => {
                let record = LoadErrorRecord {
                    slice: slice as i32,
                    raw_line: shown_line(&start, SHOWN_BYTES),
                    code: 1216,
                    reason: "Input line is not valid: it exceeds the maximum size of 4 MB".to_string(),
                    ..self.common_of(work.file, line)
                };
                self.progress.add_errors(work.file, slice, vec![LoadError { record, fields: Vec::new() }]);
                return Ok(Vec::new());
            }
        };
        let block = TextBlock { load: self, file: work.file, slice, bytes: &bytes, first_line };
        let mut table = FieldTable::new(self.plan.targets.len());
        let mut split = self.layout.splitter.begin(&bytes, self.plan.tolerance);
        let mut batches = Vec::new();
        while self.progress.failure().is_none() && split.fill(&mut table, BATCH_ROWS) {
            batches.extend(block.batch(&table)?);
            table.clear();
        }
        Ok(batches)
    }

    /// What the logs tell of any line of a file.
    fn common_of(&self, file: usize, line: u64) -> LoadErrorRecord {
        LoadErrorRecord { filename: self.files[file].path.to_string(), line_number: line as i64, ..self.common.clone() }
    }
}

/// The batches, and behind them the failure that the load has met, if any: also one of another stream.
fn ending_with_failure(
    batches: stream::BoxStream<'static, Result<RecordBatch, DataFusionError>>,
    progress: Arc<LoadProgress>,
) -> impl futures::Stream<Item = Result<RecordBatch, DataFusionError>> + Send {
    let state = Some((batches, progress));
    stream::unfold(state, |state| async move {
        let (mut batches, progress) = state?;
        let next = batches.next().await;
        match (progress.failure(), next) {
            (Some(error), _) => Some((Err(to_datafusion(error.clone())), None)),
            (None, Some(Err(error))) => Some((Err(error), None)),
            (None, Some(Ok(batch))) => Some((Ok(batch), Some((batches, progress)))),
            (None, None) => None,
        }
    })
}

/// A block that is being parsed.
struct TextBlock<'a> {
    load: &'a TextLoad,
    file: usize,
    slice: usize,
    bytes: &'a [u8],
    first_line: u64,
}

impl TextBlock<'_> {
    /// The good rows of a table, if there are any and they are wanted.
    fn batch(&self, table: &FieldTable) -> Result<Option<RecordBatch>> {
        let plan = &self.load.plan;
        let (arrays, mut faults) = convert(table, self.bytes, &plan.targets, &plan.conversion);
        if self.load.assembler.required().is_some() {
            refuse_all(&mut faults, table);
        }
        let good = table.len() - faults.bad.len();
        let progress = &self.load.progress;
        if !faults.replaced.is_empty() {
            progress.add_replacements(faults.replaced.len() as u64, self.replacements(table, &faults));
        }
        let errors = self.errors(table, &arrays, &faults);
        progress.add_errors(self.file, self.slice, errors);
        if plan.purpose == Purpose::Check || progress.failure().is_some() || good == 0 {
            return Ok(None);
        }
        let arrays = if faults.bad.is_empty() { arrays } else { without_bad_rows(&arrays, table.len(), &faults)? };
        progress.add_rows(self.file, self.slice, good as u64);
        self.load.assembler.batch(&arrays, good).map(Some)
    }

    /// Counts the lines that rows are reported under.
    fn lines<'b>(&'b self, table: &'b FieldTable) -> Lines<'b> {
        let is_json = matches!(*self.load.layout.splitter, Splitter::Json(_));
        Lines { records: table.records(), bytes: self.bytes, is_json, at: 0, line: self.first_line }
    }

    fn replacements(&self, table: &FieldTable, faults: &Faults) -> Vec<ReplacementRecord> {
        let mut lines = self.lines(table);
        let record = |(row, field): &(usize, usize)| {
            let common = self.load.common_of(self.file, lines.of(*row));
            ReplacementRecord {
                query: common.query,
                user_id: common.user_id,
                slice: self.slice as i32,
                table: common.table,
                start: common.start,
                pid: common.pid,
                filename: common.filename,
                line_number: common.line_number,
                column: self.load.plan.targets[*field].name.clone(),
                raw_line: shown_line(table.records()[*row].raw(self.bytes), SHOWN_BYTES),
            }
        };
        faults.replaced.iter().map(record).collect()
    }

    fn errors(&self, table: &FieldTable, arrays: &[ArrayRef], faults: &Faults) -> Vec<LoadError> {
        if faults.bad.is_empty() {
            return Vec::new();
        }
        let mut lines = self.lines(table);
        faults.bad.iter().map(|bad| self.error(table, arrays, bad, lines.of(bad.row))).collect()
    }

    fn error(&self, table: &FieldTable, arrays: &[ArrayRef], bad: &RowFault, line: u64) -> LoadError {
        let targets = &self.load.plan.targets;
        let record = table.records()[bad.row];
        let field = bad.field.map(|field| (table.field(bad.row, field), &targets[field]));
        let raw_field = field.filter(|(field, _)| field.form() != Form::Missing);
        let error = LoadErrorRecord {
            slice: self.slice as i32,
            column: match field {
                Some((_, target)) => target.name.clone(),
                // A column that gets no value is no field of the file.
                None if bad.fault == Fault::missing_data() => self.load.assembler.required().unwrap_or("").to_string(),
                None => String::new(),
            },
            column_type: field.map_or("", |(_, target)| target.type_name()).to_string(),
            column_length: field.map_or(String::new(), |(_, target)| target.length()),
            position: bad.at.saturating_sub(record.start as usize) as i32,
            raw_line: shown_line(record.raw(self.bytes), SHOWN_BYTES),
            raw_field: raw_field.map_or(String::new(), |(field, _)| shown(field.raw(self.bytes), SHOWN_BYTES)),
            code: bad.fault.code,
            reason: bad.fault.reason.chars().take(SHOWN_REASON).collect(),
            ..self.load.common_of(self.file, line)
        };
        let last = bad.field.map_or(targets.len(), |field| field + 1);
        let fields = (0..last).map(|field| self.error_field(table, arrays, (bad, field), &error)).collect();
        LoadError { record: error, fields }
    }

    /// A field of a faulty row: its text, or none where it is NULL or is the faulty one.
    fn error_field(
        &self,
        table: &FieldTable,
        arrays: &[ArrayRef],
        place: (&RowFault, usize),
        error: &LoadErrorRecord,
    ) -> ErrorField {
        let (bad, field) = place;
        let target = &self.load.plan.targets[field];
        let is_value = bad.field != Some(field) && arrays[field].is_valid(bad.row);
        let raw = table.field(bad.row, field).raw(self.bytes);
        ErrorField {
            query: error.query,
            user_id: error.user_id,
            slice: error.slice,
            pid: error.pid,
            filename: error.filename.clone(),
            line_number: error.line_number,
            field: field as i32,
            column: target.name.clone(),
            value: is_value.then(|| shown(raw, SHOWN_BYTES)),
            column_type: target.type_name().to_string(),
            column_length: target.length(),
        }
    }
}

/// The lines of a file, counted as far as they are asked for.
struct Lines<'a> {
    records: &'a [Record],
    bytes: &'a [u8],
    is_json: bool,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of a row. Rows are asked for in their order.
    fn of(&mut self, row: usize) -> u64 {
        let record = self.records[row];
        // "The LINE_NUMBER column records the last line of the JSON object that caused the error."
        let to = if self.is_json { record.end } else { record.start } as usize;
        self.line += memchr::memchr_iter(b'\n', &self.bytes[self.at..to]).count() as u64;
        self.at = to;
        self.line
    }
}

/// No row can be loaded where a column that is NOT NULL gets no value.
fn refuse_all(faults: &mut Faults, table: &FieldTable) {
    let mut bad = std::mem::take(&mut faults.bad).into_iter().peekable();
    for row in 0..table.len() {
        let own = bad.next_if(|fault| fault.row == row);
        let at = table.records()[row].end as usize;
        faults.bad.push(own.unwrap_or(RowFault { row, field: None, at, fault: Fault::missing_data() }));
    }
    faults.replaced.clear();
}

fn without_bad_rows(arrays: &[ArrayRef], rows: usize, faults: &Faults) -> Result<Vec<ArrayRef>> {
    let mut good = vec![true; rows];
    faults.bad.iter().for_each(|bad| good[bad.row] = false);
    let good = BooleanArray::from(good);
    let filtered = arrays.iter().map(|array| filter(array, &good)).collect::<Result<_, _>>();
    filtered.map_err(|error| Error::internal(error.to_string()))
}

/// The same of a line: "Multibyte characters in the load data are replaced with a period" ("STL_LOAD_ERRORS").
fn shown_line(bytes: &[u8], limit: usize) -> String {
    shown(bytes, limit).chars().map(|character| if character.is_ascii() { character } else { '.' }).collect()
}

/// So many bytes of a text; what is not UTF-8 shows as points.
fn shown(bytes: &[u8], limit: usize) -> String {
    // A few bytes more, so that a character is not cut where it may be shown whole.
    let bytes = &bytes[..bytes.len().min(limit + 4)];
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '.'));
    }
    text.truncate(text.floor_char_boundary(limit));
    text
}

/// Microseconds since 1970.
pub(super) fn now() -> i64 {
    chrono::Utc::now().timestamp_micros()
}

/// How a plan's records are split, given what its JSONPaths file says.
pub(super) fn splitter(plan: &CopyPlan, paths: Option<Vec<JsonPath>>) -> Result<Splitter, String> {
    let names = || plan.targets.iter().map(|target| target.name.as_str());
    let json = match plan.format.json_source() {
        Some(JsonSource::Whole) => Json::whole(),
        Some(JsonSource::AutoIgnoreCase) => Json::auto(names(), true),
        _ => match paths {
            Some(paths) => Json::paths(&paths)?,
            None => Json::auto(names(), false),
        },
    };
    Ok(match &plan.format {
        FileFormat::Delimited(delimited) => Splitter::Delimited(*delimited),
        FileFormat::Csv(csv) => Splitter::Csv(*csv),
        FileFormat::Shapefile(_) => Splitter::Csv(Csv { delimiter: Delimiter::byte(b','), quote: b'"' }),
        FileFormat::FixedWidth(fixed) => Splitter::FixedWidth(fixed.clone()),
        FileFormat::Json(_) | FileFormat::Avro(_) | FileFormat::Parquet | FileFormat::Orc => Splitter::Json(json),
    })
}
