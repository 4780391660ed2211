//! COPY: files in S3 into a table. Developer guide, "COPY".
//!
//! 1. [`CopyPlan::new`](plan::CopyPlan::new) checks the statement against the table: parameters, columns, authorization.
//! 2. [`CopyLoad::open`](load::CopyLoad::open) finds the files (by prefix or manifest) and begins to read them. From here on the load has begun:
//!    `pg_last_copy_id()` is this statement's.
//! 3. The streams of [`CopyLoad`](load::CopyLoad) give the table's rows, several files and several blocks of a file side by side. Whoever
//!    takes them writes them in the statement's transaction. They end with an error as soon as the load has failed.
//! 4. [`LoadHandle::finish`](load::LoadHandle::finish) tells how it ended: it writes the logs, which outlive a rollback, and gives the notices of a
//!    success or the error of a failure.

mod assemble;
mod columnar;
pub(super) mod fault;
mod load;
mod orc;
mod parquet;
pub(super) mod plan;
mod progress;
mod run;
mod shapefile;
mod source;
mod text;

pub(crate) use run::copy;

use load::{CopyLoad, LoadContext};
use plan::{CopyPlan, PlanContext};

#[cfg(test)]
mod tests;
