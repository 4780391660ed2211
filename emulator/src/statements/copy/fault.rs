//! Errors of COPY and UNLOAD that are no row's fault.

use redshift_sql_dialect::{Error, SqlState};

use crate::s3::S3Error;

/// Who runs the statement, for the errors' details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::statements) struct Runner {
    /// The statement's id.
    pub query: i64,
    /// The session's.
    pub pid: i32,
}

impl Runner {
    /// An error as compute nodes and the loader raise them: XX000, and a block of details that clients look codes up in.
    pub(in crate::statements) fn error(self, message: impl Into<String>, code: u16, context: &str) -> Error {
        let message = message.into();
        let line = "-----------------------------------------------";
        let detail = format!(
            "\n  {line}\n  error:  {message}\n  code:      {code}\n  context:   {context}\n  query:     {}\n  \
             process:   padbmaster [pid={}]\n  {line}\n",
            self.query, self.pid
        );
        Error::new(SqlState::INTERNAL_ERROR, message).with_detail(detail)
    }

    /// S3's answer as an error.
    pub(in crate::statements) fn s3(self, error: &S3Error, context: &str) -> Error {
        self.error(error.to_string(), 8001, context)
    }

    /// A Parquet file that cannot be read as the table's rows.
    pub(in crate::statements) fn spectrum(self, context: &str) -> Error {
        self.error("Spectrum Scan Error", 15_007, context)
    }
}

/// What the client sees of rows that could not be loaded.
pub(in crate::statements) fn load_failed(table: &str) -> Error {
    let message = format!("Load into table '{table}' failed.  Check 'stl_load_errors' system table for details.");
    Error::new(SqlState::INTERNAL_ERROR, message)
}
