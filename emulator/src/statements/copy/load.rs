//! A COPY from its files to its end.

use std::sync::Arc;

use datafusion::{execution::SendableRecordBatchStream, scalar::ScalarValue};
use redshift_sql_dialect::{Error, Result, SqlState};

use super::{
    assemble::Assembler,
    columnar::ColumnarLoad,
    fault::Runner,
    plan::{CopyPlan, FileFormat, Purpose},
    progress::LoadProgress,
    shapefile::Shapefiles,
    source::Finder,
    text::{TextLoad, now, splitter},
};
use crate::{
    S3Config,
    catalog::Relation,
    formats::{
        blocks::{Compression, Container, Layout},
        shapefile::{Fit, Simplify},
    },
    result::{Notice, NoticeSeverity},
    s3::{S3Client, S3Object},
    system::{
        RunningLoad,
        logs::{LoadErrorRecord, LoadFileRecord, LoadRecord, Logs, SimplificationRecord},
    },
};

/// Loads of fewer bytes have one stream: their rows keep the order of their files.
const SMALL_LOAD: u64 = 8 << 20;
/// The most streams that a load has.
const MOST_STREAMS: usize = 8;

/// Who runs the statement, and with what.
#[derive(Debug, Clone)]
pub struct LoadContext {
    /// Where `s3://` is.
    pub s3: S3Config,
    /// The statement's id: what `pg_last_copy_id()` gives.
    pub query: i64,
    /// pg_user.usesysid
    pub user_id: u32,
    /// The transaction.
    pub xid: i64,
    /// pg_backend_pid()
    pub pid: i32,
    /// current_database()
    pub database: String,
    /// read_srid_on_shapefile_ingestion: does a shapefile's projection say the SRID?
    pub read_srid: bool,
    /// For each column of the table that [`CopyPlan::omitted_columns`] names and that has a DEFAULT, its value: one for
    /// all rows ("Loading default column values"), in the Arrow type of the column. By the column's place.
    pub defaults: Vec<Option<ScalarValue>>,
}

/// A load that has begun.
pub struct CopyLoad {
    /// The rows, in the table's columns; to be read side by side. Identity columns that no field goes to are NULL: who
    /// writes the rows gives them values. Other columns obey NOT NULL and their lengths already.
    pub streams: Vec<SendableRecordBatchStream>,
    /// What tells how it ended.
    pub handle: LoadHandle,
}

/// How a load goes, and how it ended once its streams have.
pub struct LoadHandle {
    plan: Arc<CopyPlan>,
    progress: Arc<LoadProgress>,
    record: LoadRecord,
    simplified: Vec<SimplificationRecord>,
}

/// A load that went well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// Rows in the table: what `pg_last_copy_count()` gives.
    pub rows: u64,
    /// What the client is told.
    pub notices: Vec<Notice>,
}

impl CopyLoad {
    /// Finds the files and begins to read them.
    ///
    /// # Errors
    /// XX000 where there are no files, S3 refuses, or a columnar file's columns are not the table's. Then the load has not
    /// begun, and there is nothing to log.
    pub async fn open(plan: CopyPlan, relation: &Relation, context: LoadContext) -> Result<CopyLoad> {
        let start = now();
        let plan = Arc::new(plan);
        let runner = Runner { query: context.query, pid: context.pid };
        let s3 = S3Client::new(&context.s3, plan.credentials.clone(), plan.region.clone());
        let finder = Finder { plan: &plan, s3: &s3, runner };
        let files = finder.files().await?;
        let paths = finder.json_paths().await?;
        let mut simplified = Vec::new();
        let (files, compression) = match plan.format {
            FileFormat::Shapefile(simplify) => {
                let rows = Shapefiles { s3: &s3, compression: plan.compression, read_srid: context.read_srid, runner };
                let (files, fitted) = rows.of(&files, simplify).await?;
                simplified = simplifications(simplify, &fitted, &context);
                (files, Compression::None)
            }
            _ => (files, plan.compression),
        };
        let count = stream_count(&files, compression);
        let progress = Arc::new(LoadProgress::new(&relation.name, plan.error_limit, &files, count));
        let assembler = Assembler::new(&plan, relation, &context.defaults);
        let record = load_record(&plan, relation, (&context, start), &files);
        let streams = match plan.format {
            FileFormat::Parquet | FileFormat::Orc => {
                let region = plan.region.clone().or(context.s3.region.clone()).unwrap_or_else(|| "us-east-1".into());
                let (plan, progress) = (Arc::clone(&plan), Arc::clone(&progress));
                ColumnarLoad { plan, assembler, progress, files, runner, region }.streams(count).await?
            }
            _ => {
                let splitter = splitter(&plan, paths)
                    .map_err(|reason| runner.error(format!("Invalid JSONPath format: {reason}"), 8001, ""))?;
                let layout = Layout {
                    compression,
                    encoding: plan.encoding,
                    container: match plan.format {
                        FileFormat::Avro(_) => Container::Avro,
                        _ => Container::Text,
                    },
                    header_lines: plan.header_lines,
                    splitter: Arc::new(splitter),
                };
                let common = common_record(&context, relation, start);
                let (plan, progress) = (Arc::clone(&plan), Arc::clone(&progress));
                TextLoad { plan, layout, assembler, progress, files, common, runner }.streams(count)
            }
        };
        Ok(CopyLoad { streams, handle: LoadHandle { plan, progress, record, simplified } })
    }
}

/// As many streams as there are processors, unless there is little to do.
fn stream_count(files: &[S3Object], compression: Compression) -> usize {
    let bytes: u64 = files.iter().map(|file| file.size).sum();
    let bytes = if compression == Compression::None { bytes } else { bytes * 4 };
    if bytes <= SMALL_LOAD {
        return 1;
    }
    std::thread::available_parallelism().map_or(1, |processors| processors.get()).min(MOST_STREAMS)
}

fn load_record(plan: &CopyPlan, relation: &Relation, begun: (&LoadContext, i64), files: &[S3Object]) -> LoadRecord {
    let (context, start) = begun;
    LoadRecord {
        query: context.query,
        user_id: context.user_id,
        xid: context.xid,
        pid: context.pid,
        database: context.database.clone(),
        table_name: relation.name.clone(),
        table: relation.oid.0,
        start,
        source: plan.source.to_string(),
        format: plan.format.name(),
        source_files: files.len() as i32,
        source_bytes: files.iter().map(|file| file.size).sum::<u64>() as i64,
        ..LoadRecord::default()
    }
}

/// What SIMPLIFY did: a record of the whole load where every shape has the same tolerance, else one of each shape that was
/// too large (developer guide, "SVL_SPATIAL_SIMPLIFY").
fn simplifications(simplify: Simplify, fitted: &[(u64, Fit)], context: &LoadContext) -> Vec<SimplificationRecord> {
    let record = |tolerance: f64| SimplificationRecord {
        query: context.query,
        user_id: context.user_id,
        tolerance,
        ..SimplificationRecord::default()
    };
    match simplify {
        Simplify::Never => Vec::new(),
        Simplify::Always(tolerance) => vec![record(tolerance)],
        Simplify::Auto(most) => {
            let of_shape = |(number, fit): &(u64, Fit)| SimplificationRecord {
                line: Some(*number as i64),
                fit: Some(*fit),
                // Without a limit the guide's example shows -1.
                ..record(most.unwrap_or(-1.0))
            };
            fitted.iter().map(of_shape).collect()
        }
    }
}

fn common_record(context: &LoadContext, relation: &Relation, start: i64) -> LoadErrorRecord {
    LoadErrorRecord {
        query: context.query,
        user_id: context.user_id,
        table: relation.oid.0,
        start,
        pid: context.pid,
        xid: context.xid,
        database: context.database.clone(),
        ..LoadErrorRecord::default()
    }
}

impl LoadHandle {
    /// What tells how far it has come.
    pub fn running(&self) -> RunningLoad {
        let (progress, compressed) = (Arc::clone(&self.progress), self.plan.compression != Compression::None);
        RunningLoad::new(move || progress.state(compressed))
    }

    /// Ends the load: `written` is what became of its rows. Writes the logs and gives the notices or the error for the
    /// client.
    ///
    /// # Errors
    /// What the load failed with, or `written`'s own error.
    pub fn finish(self, written: Result<u64>, logs: &Logs) -> Result<Loaded> {
        let result = match (self.progress.failure(), written) {
            (Some(failure), _) => Err(failure.clone()),
            (None, Err(error)) => Err(error),
            (None, Ok(rows)) => Ok(Loaded { rows, notices: self.notices(rows) }),
        };
        self.log(logs, result.as_ref().map(|loaded| loaded.rows));
        result
    }

    /// "Load into table ... completed" and what else there is to say.
    fn notices(&self, rows: u64) -> Vec<Notice> {
        let table = &self.record.table_name;
        let mut messages = vec![format!("Load into table '{table}' completed, {rows} record(s) loaded successfully.")];
        let errors = self.progress.error_count();
        if errors > 0 {
            messages.push(format!(
                "Load into table '{table}' completed, {errors} record(s) could not be loaded.  Check 'stl_load_errors' \
                 system table for details."
            ));
        }
        let replaced = self.progress.replaced_rows();
        if replaced > 0 {
            messages.push(format!(
                "Load into table '{table}' completed, {replaced} record(s) were loaded with replacements made for \
                 ACCEPTINVCHARS. Check 'stl_replacements' system table for details."
            ));
        }
        let info = |message| Notice { severity: NoticeSeverity::Info, sqlstate: SqlState::SUCCESS, message };
        messages.into_iter().map(info).collect()
    }

    fn log(self, logs: &Logs, rows: Result<u64, &Error>) {
        self.simplified.into_iter().for_each(|simplified| logs.append(simplified));
        let files = self.progress.files();
        let errors = self.progress.take_errors();
        for error in errors {
            logs.append(error.record);
            error.fields.into_iter().for_each(|field| logs.append(field));
        }
        self.progress.take_replacements().into_iter().for_each(|replacement| logs.append(replacement));
        let scanned = files.iter().filter(|file| file.start > 0);
        let loaded = rows.is_ok() && self.plan.purpose == Purpose::Load;
        // A file that a failed load has read was not loaded.
        for file in scanned.clone().filter(|_| loaded) {
            logs.append(LoadFileRecord {
                query: self.record.query,
                user_id: self.record.user_id,
                slice: file.slice as i32,
                filename: file.name.clone(),
                lines_scanned: file.read.lines as i64,
                rows_loaded: file.rows as i64,
                bytes_loaded: file.read.bytes as i64,
                file_bytes: file.size as i64,
                errors: i32::try_from(file.errors).unwrap_or(i32::MAX),
                start: file.start,
                end: file.end,
                format: self.plan.format.name(),
            });
        }
        let bytes = |read: fn(&super::progress::FileProgress) -> u64| scanned.clone().map(read).sum::<u64>() as i64;
        logs.append(LoadRecord {
            status: if rows.is_ok() { "completed" } else { "aborted" },
            end: now(),
            loaded_rows: rows.map_or(0, |rows| rows as i64),
            loaded_bytes: if loaded { bytes(|file| file.read.bytes) } else { 0 },
            scanned_files: scanned.clone().count() as i32,
            scanned_bytes: bytes(|file| file.read.bytes),
            errors: self.progress.error_count() as i64,
            ..self.record.clone()
        });
    }
}
