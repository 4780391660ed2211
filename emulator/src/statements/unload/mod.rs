//! UNLOAD: the rows of a query into files in S3. Developer guide, "UNLOAD".
//!
//! 1. [`UnloadPlan::new`](plan::UnloadPlan::new) checks the statement against the columns of its query.
//! 2. The query runs in as many streams as it has ([`run`]), or in one with PARALLEL OFF. Each stream is a slice, which
//!    writes files of its own ([`slice`]); nothing is held but the batch at hand and a few buffers.
//! 3. A file is a [`file::Sink`] for text, compressed on its way, or a Parquet writer. Both count their bytes, so that
//!    MAXFILESIZE ends a file at the border of a row.
//! 4. When all slices are done the manifest is written, then the logs.

mod file;
mod manifest;
mod options;
mod partition;
mod plan;
mod run;
mod slice;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use run::unload;
