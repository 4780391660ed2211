//! What a load has done by now: shared by everything that works on it, and told to the logs at its end.

use std::sync::{
    Mutex, MutexGuard, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use redshift_sql_dialect::Error;

use super::{fault::load_failed, plan::ErrorLimit};
use crate::{
    formats::blocks::Progress,
    s3::S3Object,
    system::{
        LoadState,
        logs::{ErrorField, LoadErrorRecord, ReplacementRecord},
    },
};

/// How many faulty rows are kept for the logs, at most.
const ERRORS_KEPT: usize = 100_000;
/// How many faulty rows are kept with their fields: "a maximum of 20 errors per node slice" (STL_LOADERROR_DETAIL).
const DETAILS_PER_SLICE: usize = 20;
/// How many rows with replacements are kept: "the first 100 rows on each node slice" (STL_REPLACEMENTS).
const REPLACEMENTS_PER_SLICE: usize = 100;

/// A faulty row, and its fields up to the fault.
#[derive(Debug, Clone, Default)]
pub(super) struct LoadError {
    pub record: LoadErrorRecord,
    pub fields: Vec<ErrorField>,
}

/// What became of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct FileProgress {
    /// `s3://bucket/key`
    pub name: String,
    /// Bytes of the object.
    pub size: u64,
    /// What was read of it.
    pub read: Progress,
    /// Rows that were loaded.
    pub rows: u64,
    /// Rows that were not.
    pub errors: u64,
    /// Which stream met it last.
    pub slice: usize,
    /// When its reading began, in microseconds since 1970; 0 where it has not.
    pub start: i64,
    /// When it ended; 0 where it has not.
    pub end: i64,
}

/// A load on its way.
#[derive(Debug)]
pub(super) struct LoadProgress {
    table: String,
    limit: ErrorLimit,
    replaced_rows: AtomicU64,
    error_count: AtomicU64,
    kept: Mutex<Kept>,
    files: Mutex<Vec<FileProgress>>,
    failure: OnceLock<Error>,
}

#[derive(Debug, Default)]
struct Kept {
    errors: Vec<LoadError>,
    /// Of each slice.
    details: Vec<usize>,
    replacements: Vec<ReplacementRecord>,
}

impl LoadProgress {
    pub(super) fn new(table: &str, limit: ErrorLimit, files: &[S3Object], slices: usize) -> LoadProgress {
        let file = |object: &S3Object| FileProgress {
            name: object.path.to_string(),
            size: object.size,
            ..FileProgress::default()
        };
        LoadProgress {
            table: table.to_string(),
            limit,
            replaced_rows: AtomicU64::new(0),
            error_count: AtomicU64::new(0),
            kept: Mutex::new(Kept { details: vec![0; slices], ..Kept::default() }),
            files: Mutex::new(files.iter().map(file).collect()),
            failure: OnceLock::new(),
        }
    }

    /// Counts rows of a file that were loaded.
    pub(super) fn add_rows(&self, file: usize, slice: usize, rows: u64) {
        self.with_file(file, |progress| {
            progress.rows += rows;
            progress.slice = slice;
        });
    }

    /// Notes faulty rows of a file; from here on the load has failed where they are too many.
    pub(super) fn add_errors(&self, file: usize, slice: usize, errors: Vec<LoadError>) {
        let count = errors.len() as u64;
        if count == 0 {
            return;
        }
        self.with_file(file, |progress| progress.errors += count);
        {
            let mut kept = lock(&self.kept);
            // A load ends with the error that is one too many: what lies behind it in the same block was not read.
            let most = match self.limit {
                ErrorLimit::At(limit) => ERRORS_KEPT.min(limit as usize),
                ErrorLimit::Never => ERRORS_KEPT,
            };
            for mut error in errors {
                if kept.errors.len() >= most {
                    break;
                }
                if kept.details[slice] < DETAILS_PER_SLICE {
                    kept.details[slice] += 1;
                } else {
                    error.fields = Vec::new();
                }
                kept.errors.push(error);
            }
        }
        let total = self.error_count.fetch_add(count, Ordering::Relaxed) + count;
        if let ErrorLimit::At(limit) = self.limit
            && total >= u64::from(limit)
        {
            self.fail(load_failed(&self.table));
        }
    }

    /// Notes rows in which something was replaced; the records are those of the first of them.
    pub(super) fn add_replacements(&self, count: u64, records: impl IntoIterator<Item = ReplacementRecord>) {
        self.replaced_rows.fetch_add(count, Ordering::Relaxed);
        let mut kept = lock(&self.kept);
        let slices = kept.details.len().max(1);
        let room = (slices * REPLACEMENTS_PER_SLICE).saturating_sub(kept.replacements.len());
        kept.replacements.extend(records.into_iter().take(room));
    }

    /// Changes what is known of a file.
    pub(super) fn with_file(&self, file: usize, change: impl FnOnce(&mut FileProgress)) {
        if let Some(progress) = lock(&self.files).get_mut(file) {
            change(progress);
        }
    }

    /// The load has failed, unless it has already.
    pub(super) fn fail(&self, error: Error) {
        // The first failure is the one that is told.
        let _ = self.failure.set(error);
    }

    /// What it has failed with.
    pub(super) fn failure(&self) -> Option<&Error> {
        self.failure.get()
    }

    /// How far it has come.
    pub(super) fn state(&self, compressed: bool) -> LoadState {
        let files = lock(&self.files);
        let complete = || files.iter().filter(|file| file.end > 0);
        LoadState {
            compressed,
            bytes: files.iter().map(|file| file.size).sum(),
            bytes_complete: complete().map(|file| file.size).sum(),
            bytes_loaded: files.iter().map(|file| file.read.bytes).sum(),
            lines: files.iter().map(|file| file.read.lines).sum(),
            files: files.len() as u64,
            files_complete: complete().count() as u64,
            current: files.iter().find(|file| file.end == 0).map_or(String::new(), |file| file.name.clone()),
        }
    }

    pub(super) fn replaced_rows(&self) -> u64 {
        self.replaced_rows.load(Ordering::Relaxed)
    }

    /// How many errors there were, up to the one that was too many.
    pub(super) fn error_count(&self) -> u64 {
        let count = self.error_count.load(Ordering::Relaxed);
        match self.limit {
            ErrorLimit::At(limit) => count.min(u64::from(limit)),
            ErrorLimit::Never => count,
        }
    }

    pub(super) fn files(&self) -> Vec<FileProgress> {
        lock(&self.files).clone()
    }

    /// Takes the faulty rows out.
    pub(super) fn take_errors(&self) -> Vec<LoadError> {
        std::mem::take(&mut lock(&self.kept).errors)
    }

    /// Takes the replacements out.
    pub(super) fn take_replacements(&self) -> Vec<ReplacementRecord> {
        std::mem::take(&mut lock(&self.kept).replacements)
    }
}

/// What a panic elsewhere left is still a number or a list.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
