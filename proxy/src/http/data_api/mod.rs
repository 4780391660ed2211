//! The Redshift Data API: SQL over HTTP, asynchronously.
//!
//! [`operations`] reads and checks a request; [`statements`] keeps what was asked and what came of it; [`sessions`] are
//! tasks that run statements with [`run`]; [`results`] gives pages as JSON or [`csv`]; [`catalog`] answers the questions
//! about databases, schemas and tables at once.
//!
//! Sources: Amazon Redshift Data API reference (API version 2019-12-20); management guide, "Using the Amazon Redshift Data
//! API"; for the words of errors, what clients report of the service.

mod catalog;
mod csv;
mod describe;
pub(in crate::http) mod input;
pub mod limits;
pub mod operations;
pub mod results;
pub mod run;
pub mod sessions;
pub mod statements;

pub use operations::DataApi;
