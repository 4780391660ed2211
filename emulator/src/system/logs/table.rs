//! The tables of the logs: their columns, and how rows come out of SQLite as Arrow.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, BooleanBuilder, Int32Builder, Int64Builder, StringViewBuilder, TimestampMicrosecondBuilder},
    datatypes::{Schema, SchemaRef},
    record_batch::{RecordBatch, RecordBatchOptions},
};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};
use rusqlite::{Connection, Row};

use crate::types::arrow_field;

/// How many rows go into one batch.
const BATCH_ROWS: usize = 8_192;

/// A table of the logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogTable {
    /// Statements that ended: `stl_query`, `stl_querytext`, `stl_utilitytext`, `sys_query_history`, ...
    Query,
    /// COPY statements: `sys_load_history`.
    Load,
    /// Files that COPY read: `stl_load_commits`, `sys_load_detail`.
    LoadFile,
    /// Rows that COPY could not load: `stl_load_errors`, `sys_load_error_detail`.
    LoadError,
    /// Their fields up to the faulty one: `stl_loaderror_detail`.
    LoadErrorField,
    /// Rows in which ACCEPTINVCHARS replaced something: `stl_replacements`.
    Replacement,
    /// UNLOAD statements: `sys_unload_history`.
    Unload,
    /// Files that UNLOAD wrote: `stl_unload_log`, `sys_unload_detail`.
    UnloadFile,
    /// Sessions that others stopped, or their statements: `svl_terminate`.
    Termination,
    /// Refreshes of materialized views: `svl_mv_refresh_status`, `sys_mv_refresh_history`.
    MvRefresh,
    /// Sessions that ended: `stl_sessions`, `stl_connection_log`, `sys_session_history`.
    Session,
    /// Transaction blocks that ended: `sys_transaction_history`, `stl_undone`.
    Transaction,
    /// Users that were made, altered and dropped: `stl_userlog`, `sys_userlog`.
    UserChange,
    /// Tables that were vacuumed: `stl_vacuum`, `sys_vacuum_history`, `svv_vacuum_summary`.
    Vacuum,
    /// Tables that were analyzed: `stl_analyze`, `sys_analyze_history`.
    Analyze,
    /// Calls of procedures: `svl_stored_proc_call`, `sys_procedure_call`.
    Call,
    /// What procedures raised: `svl_stored_proc_messages`, `sys_procedure_messages`.
    ProcedureMessage,
    /// Nodes of plans: `stl_explain`, `sys_query_explain`, `stl_plan_info`.
    Plan,
    /// Logins that were refused: `stl_connection_log`, `sys_connection_log`.
    RefusedLogin,
    /// What kept materialized views from being refreshed as before: `stl_mv_state`, `sys_mv_state`.
    MvState,
    /// Transactions that made a schema larger than its quota: `stl_schema_quota_violations`.
    QuotaViolation,
    /// Columns whose compression was analyzed: `stl_analyze_compression`, `sys_analyze_compression_history`.
    Compression,
    /// Shapes that COPY simplified: `svl_spatial_simplify`, `sys_spatial_simplify`.
    Simplification,
    /// Policies of row-level security that were applied: `svv_rls_applied_policy`.
    AppliedPolicy,
}

use RedshiftType::{Bool, Int4, Int8, Text, Timestamp};

/// A column: its name, where Redshift has one the one it has in STL tables, and its type.
pub type LogColumn = (&'static str, RedshiftType);

const QUERY: &[LogColumn] = &[
    ("query", Int8),
    ("userid", Int4),
    ("username", Text),
    ("label", Text),
    ("xid", Int8),
    ("pid", Int4),
    ("database", Text),
    ("query_type", Text),
    ("querytxt", Text),
    ("starttime", Timestamp),
    ("endtime", Timestamp),
    ("aborted", Int4),
    ("error_message", Text),
    ("returned_rows", Int8),
    ("returned_bytes", Int8),
    // Was it a transaction of its own?
    ("own_transaction", Bool),
    // What it did, as `steps::encoded` writes it.
    ("steps", Text),
    // The CALL that it stood in.
    ("from_call", Int8),
    ("search_path", Text),
    // Was it stopped before its end?
    ("canceled", Bool),
];

const LOAD: &[LogColumn] = &[
    ("query", Int8),
    ("userid", Int4),
    ("xid", Int8),
    ("pid", Int4),
    ("database", Text),
    ("status", Text),
    ("table_name", Text),
    ("tbl", Int4),
    ("starttime", Timestamp),
    ("endtime", Timestamp),
    ("data_source", Text),
    ("file_format", Text),
    ("loaded_rows", Int8),
    ("loaded_bytes", Int8),
    ("source_file_count", Int4),
    ("source_file_bytes", Int8),
    ("file_count_scanned", Int4),
    ("file_bytes_scanned", Int8),
    ("error_count", Int8),
];

const LOAD_FILE: &[LogColumn] = &[
    ("query", Int8),
    ("userid", Int4),
    ("slice", Int4),
    ("filename", Text),
    ("byte_offset", Int8),
    ("lines_scanned", Int8),
    ("rows_loaded", Int8),
    ("bytes_loaded", Int8),
    ("file_bytes", Int8),
    ("errors", Int4),
    ("status", Int4),
    ("starttime", Timestamp),
    ("curtime", Timestamp),
    ("file_format", Text),
    ("is_partial", Int4),
    ("start_offset", Int8),
];

const LOAD_ERROR: &[LogColumn] = &[
    ("query", Int8),
    ("userid", Int4),
    ("slice", Int4),
    ("tbl", Int4),
    ("starttime", Timestamp),
    ("session", Int4),
    ("xid", Int8),
    ("database", Text),
    ("filename", Text),
    ("line_number", Int8),
    ("colname", Text),
    ("type", Text),
    ("col_length", Text),
    ("position", Int4),
    ("raw_line", Text),
    ("raw_field_value", Text),
    ("err_code", Int4),
    ("err_reason", Text),
    ("is_partial", Int4),
    ("start_offset", Int8),
];

const LOAD_ERROR_FIELD: &[LogColumn] = &[
    ("query", Int8),
    ("userid", Int4),
    ("slice", Int4),
    ("session", Int4),
    ("filename", Text),
    ("line_number", Int8),
    ("field", Int4),
    ("colname", Text),
    ("value", Text),
    ("is_null", Int4),
    ("type", Text),
    ("col_length", Text),
];

const REPLACEMENT: &[LogColumn] = &[
    ("query", Int8),
    ("userid", Int4),
    ("slice", Int4),
    ("tbl", Int4),
    ("starttime", Timestamp),
    ("session", Int4),
    ("filename", Text),
    ("line_number", Int8),
    ("colname", Text),
    ("raw_line", Text),
];

const UNLOAD: &[LogColumn] = &[
    ("query", Int8),
    ("userid", Int4),
    ("xid", Int8),
    ("pid", Int4),
    ("database", Text),
    ("status", Text),
    ("starttime", Timestamp),
    ("endtime", Timestamp),
    ("file_format", Text),
    ("compression", Text),
    ("location", Text),
    ("row_count", Int8),
    ("file_count", Int8),
    ("file_bytes", Int8),
    ("error_message", Text),
];

const UNLOAD_FILE: &[LogColumn] = &[
    ("query", Int8),
    ("userid", Int4),
    ("slice", Int4),
    ("pid", Int4),
    ("xid", Int8),
    ("path", Text),
    ("starttime", Timestamp),
    ("endtime", Timestamp),
    ("line_count", Int8),
    ("transfer_size", Int8),
    ("file_format", Text),
];

const TERMINATION: &[LogColumn] = &[("pid", Int4), ("eventtime", Timestamp), ("userid", Int4), ("type", Text)];
const MV_REFRESH: &[LogColumn] = &[
    ("query", Int8),
    ("userid", Int4),
    ("xid", Int8),
    ("pid", Int4),
    ("database", Text),
    ("schema", Text),
    ("mv_id", Int4),
    ("name", Text),
    ("starttime", Timestamp),
    ("endtime", Timestamp),
    ("status", Text),
    ("refresh_type", Text),
];

const REFUSED_LOGIN: &[LogColumn] = &[
    // Nobody's: only those see it who see all.
    ("userid", Int4),
    ("username", Text),
    ("database", Text),
    ("recordtime", Timestamp),
    ("application_name", Text),
    ("remote_host", Text),
    ("remote_port", Text),
    ("authmethod", Text),
    ("sslversion", Text),
    ("sslcipher", Text),
    ("driver_version", Text),
    ("os_version", Text),
    ("plugin_name", Text),
    ("protocol_version", Int4),
];

const MV_STATE: &[LogColumn] = &[
    ("userid", Int4),
    ("xid", Int8),
    ("database", Text),
    ("event", Text),
    ("eventtime", Timestamp),
    ("base_schema", Text),
    ("base_name", Text),
    ("mv_schema", Text),
    ("mv_name", Text),
    ("state", Text),
];

const QUOTA_VIOLATION: &[LogColumn] = &[
    ("userid", Int4),
    ("ownerid", Int4),
    ("xid", Int8),
    ("pid", Int4),
    ("schema_id", Int4),
    ("schema_name", Text),
    // Megabytes.
    ("quota", Int4),
    ("disk_usage", Int4),
    ("recordtime", Timestamp),
];

const COMPRESSION: &[LogColumn] = &[
    ("userid", Int4),
    ("start_time", Timestamp),
    ("xid", Int8),
    ("tbl", Int4),
    ("tablename", Text),
    ("col", Int4),
    ("old_encoding", Text),
    ("new_encoding", Text),
    ("mode", Text),
    ("best_compression_encoding", Text),
    ("recommended_bytes", Int8),
    ("best_compression_bytes", Int8),
    ("ndv", Int8),
];

const SIMPLIFICATION: &[LogColumn] = &[
    ("query", Int8),
    ("userid", Int4),
    ("line_number", Int8),
    // Tolerances are texts here: a log has no column of fractions.
    ("maximum_tolerance", Text),
    ("initial_size", Int8),
    ("simplified", Bool),
    ("final_size", Int8),
    ("final_tolerance", Text),
];

const SESSION: &[LogColumn] = &[
    ("pid", Int4),
    ("userid", Int4),
    ("username", Text),
    ("database", Text),
    ("starttime", Timestamp),
    ("endtime", Timestamp),
    ("application_name", Text),
    ("timeout", Int4),
    ("remote_host", Text),
    ("remote_port", Text),
    ("authmethod", Text),
    ("sslversion", Text),
    ("sslcipher", Text),
    ("driver_version", Text),
    ("os_version", Text),
    ("plugin_name", Text),
    ("protocol_version", Int4),
];

const TRANSACTION: &[LogColumn] = &[
    ("xid", Int8),
    ("userid", Int4),
    ("pid", Int4),
    ("database", Text),
    ("status", Text),
    ("starttime", Timestamp),
    ("committime", Timestamp),
    ("endtime", Timestamp),
];

const USER_CHANGE: &[LogColumn] = &[
    ("userid", Int4),
    ("username", Text),
    ("old_username", Text),
    ("action", Text),
    ("creates_databases", Int4),
    ("is_superuser", Int4),
    ("valid_until", Timestamp),
    ("pid", Int4),
    ("xid", Int8),
    ("recordtime", Timestamp),
];

const VACUUM: &[LogColumn] = &[
    ("query", Int8),
    ("userid", Int4),
    ("xid", Int8),
    ("database", Text),
    ("schema", Text),
    ("table_name", Text),
    ("tbl", Int4),
    ("mode", Text),
    ("skipped", Bool),
    ("starttime", Timestamp),
    ("endtime", Timestamp),
    ("rows_before", Int8),
    ("deleted_before", Int8),
    ("rows_after", Int8),
    ("blocks_before", Int8),
    ("blocks_after", Int8),
];

const ANALYZE: &[LogColumn] = &[
    ("userid", Int4),
    ("xid", Int8),
    ("database", Text),
    ("schema", Text),
    ("table_name", Text),
    ("tbl", Int4),
    ("status", Text),
    ("rows", Int8),
    ("modified", Int8),
    ("threshold", Int4),
    ("prevtime", Timestamp),
    ("starttime", Timestamp),
    ("endtime", Timestamp),
];

const CALL: &[LogColumn] = &[
    ("query", Int8),
    ("userid", Int4),
    ("session_userid", Int4),
    ("label", Text),
    ("xid", Int8),
    ("pid", Int4),
    ("database", Text),
    ("querytxt", Text),
    ("starttime", Timestamp),
    ("endtime", Timestamp),
    ("aborted", Int4),
    ("from_call", Int8),
];

const PROCEDURE_MESSAGE: &[LogColumn] = &[
    ("query", Int8),
    ("userid", Int4),
    ("session_userid", Int4),
    ("label", Text),
    ("xid", Int8),
    ("pid", Int4),
    ("recordtime", Timestamp),
    ("loglevel", Int4),
    ("message", Text),
    ("linenum", Int4),
];

const PLAN: &[LogColumn] = &[
    ("query", Int8),
    ("userid", Int4),
    ("nodeid", Int4),
    ("parentid", Int4),
    ("plannode", Text),
    ("info", Text),
    // Costs are texts here: a log has no column of fractions.
    ("startup_cost", Text),
    ("total_cost", Text),
    ("rows", Int8),
    ("width", Int8),
    ("on_leader", Bool),
];

const APPLIED_POLICY: &[LogColumn] = &[
    ("query", Int8),
    ("userid", Int4),
    ("username", Text),
    ("xid", Int8),
    ("pid", Int4),
    ("recordtime", Timestamp),
    ("command", Text),
    ("database", Text),
    ("schema", Text),
    ("relation", Text),
    ("policy", Text),
    ("default_policy", Text),
];

impl LogTable {
    /// All of them.
    pub const ALL: [LogTable; 24] = [
        LogTable::Query,
        LogTable::Load,
        LogTable::LoadFile,
        LogTable::LoadError,
        LogTable::LoadErrorField,
        LogTable::Replacement,
        LogTable::Unload,
        LogTable::UnloadFile,
        LogTable::Termination,
        LogTable::MvRefresh,
        LogTable::Session,
        LogTable::Transaction,
        LogTable::UserChange,
        LogTable::Vacuum,
        LogTable::Analyze,
        LogTable::Call,
        LogTable::ProcedureMessage,
        LogTable::Plan,
        LogTable::RefusedLogin,
        LogTable::MvState,
        LogTable::QuotaViolation,
        LogTable::Compression,
        LogTable::Simplification,
        LogTable::AppliedPolicy,
    ];

    /// Its columns, in the order of the batches that [`super::Logs::read`] gives.
    pub fn columns(self) -> &'static [LogColumn] {
        match self {
            LogTable::Query => QUERY,
            LogTable::Load => LOAD,
            LogTable::LoadFile => LOAD_FILE,
            LogTable::LoadError => LOAD_ERROR,
            LogTable::LoadErrorField => LOAD_ERROR_FIELD,
            LogTable::Replacement => REPLACEMENT,
            LogTable::Unload => UNLOAD,
            LogTable::UnloadFile => UNLOAD_FILE,
            LogTable::Termination => TERMINATION,
            LogTable::MvRefresh => MV_REFRESH,
            LogTable::Session => SESSION,
            LogTable::Transaction => TRANSACTION,
            LogTable::UserChange => USER_CHANGE,
            LogTable::Vacuum => VACUUM,
            LogTable::Analyze => ANALYZE,
            LogTable::Call => CALL,
            LogTable::ProcedureMessage => PROCEDURE_MESSAGE,
            LogTable::Plan => PLAN,
            LogTable::RefusedLogin => REFUSED_LOGIN,
            LogTable::MvState => MV_STATE,
            LogTable::QuotaViolation => QUOTA_VIOLATION,
            LogTable::Compression => COMPRESSION,
            LogTable::Simplification => SIMPLIFICATION,
            LogTable::AppliedPolicy => APPLIED_POLICY,
        }
    }

    /// The Arrow schema of its batches.
    pub fn schema(self) -> SchemaRef {
        schema_of(self.columns())
    }

    /// Where a column is.
    pub fn place(self, column: &str) -> Option<usize> {
        self.columns().iter().position(|(name, _)| *name == column)
    }

    fn name(self) -> &'static str {
        match self {
            LogTable::Query => "query",
            LogTable::Load => "load",
            LogTable::LoadFile => "load_file",
            LogTable::LoadError => "load_error",
            LogTable::LoadErrorField => "load_error_field",
            LogTable::Replacement => "replacement",
            LogTable::Unload => "unload",
            LogTable::UnloadFile => "unload_file",
            LogTable::Termination => "termination",
            LogTable::MvRefresh => "mv_refresh",
            LogTable::Session => "session",
            LogTable::Transaction => "transaction_end",
            LogTable::UserChange => "user_change",
            LogTable::Vacuum => "vacuum_run",
            LogTable::Analyze => "analyze_run",
            LogTable::Call => "call",
            LogTable::ProcedureMessage => "procedure_message",
            LogTable::Plan => "plan_node",
            LogTable::RefusedLogin => "refused_login",
            LogTable::MvState => "mv_state",
            LogTable::QuotaViolation => "quota_violation",
            LogTable::Compression => "compression",
            LogTable::Simplification => "simplification",
            LogTable::AppliedPolicy => "applied_policy",
        }
    }

    /// Makes the table. One of another layout was written by another version and is begun anew: logs are not worth a
    /// migration.
    pub(super) fn create(self, connection: &Connection) -> rusqlite::Result<()> {
        let name = self.name();
        let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?)")?;
        let present: Vec<String> = statement.query_map([name], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let wanted: Vec<&str> = self.columns().iter().map(|(name, _)| *name).collect();
        if present == wanted {
            return Ok(());
        }
        let columns: Vec<String> = wanted.iter().map(|name| format!("\"{name}\"")).collect();
        connection.execute_batch(&format!("DROP TABLE IF EXISTS {name}; CREATE TABLE {name} ({});", columns.join(", ")))
    }

    /// The statement that adds a row.
    pub(super) fn insert(self) -> &'static str {
        match self {
            LogTable::Query => "INSERT INTO query VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            LogTable::Load => "INSERT INTO load VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            LogTable::LoadFile => "INSERT INTO load_file VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            LogTable::LoadError => "INSERT INTO load_error VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            LogTable::LoadErrorField => "INSERT INTO load_error_field VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            LogTable::Replacement => "INSERT INTO replacement VALUES (?,?,?,?,?,?,?,?,?,?)",
            LogTable::Unload => "INSERT INTO unload VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            LogTable::UnloadFile => "INSERT INTO unload_file VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            LogTable::Termination => "INSERT INTO termination VALUES (?,?,?,?)",
            LogTable::MvRefresh => "INSERT INTO mv_refresh VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            LogTable::Session => "INSERT INTO session VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            LogTable::Transaction => "INSERT INTO transaction_end VALUES (?,?,?,?,?,?,?,?)",
            LogTable::UserChange => "INSERT INTO user_change VALUES (?,?,?,?,?,?,?,?,?,?)",
            LogTable::Vacuum => "INSERT INTO vacuum_run VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            LogTable::Analyze => "INSERT INTO analyze_run VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            LogTable::Call => "INSERT INTO call VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            LogTable::ProcedureMessage => "INSERT INTO procedure_message VALUES (?,?,?,?,?,?,?,?,?,?)",
            LogTable::Plan => "INSERT INTO plan_node VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            LogTable::RefusedLogin => "INSERT INTO refused_login VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            LogTable::MvState => "INSERT INTO mv_state VALUES (?,?,?,?,?,?,?,?,?,?)",
            LogTable::QuotaViolation => "INSERT INTO quota_violation VALUES (?,?,?,?,?,?,?,?,?)",
            LogTable::Compression => "INSERT INTO compression VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            LogTable::Simplification => "INSERT INTO simplification VALUES (?,?,?,?,?,?,?,?)",
            LogTable::AppliedPolicy => "INSERT INTO applied_policy VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        }
    }

    /// Drops all but the newest rows.
    pub(super) fn prune(self, connection: &Connection, kept: i64) -> rusqlite::Result<()> {
        let name = self.name();
        let statement = format!("DELETE FROM {name} WHERE rowid <= (SELECT max(rowid) FROM {name}) - ?");
        connection.prepare_cached(&statement)?.execute([kept])?;
        Ok(())
    }

    /// Its rows with these columns, oldest first; one batch without rows where there are none.
    pub(super) fn read(self, connection: &Connection, columns: &[usize]) -> Result<Vec<RecordBatch>> {
        let failed =
            |error: rusqlite::Error| Error::new(SqlState::IO_ERROR, format!("could not read the logs: {error}"));
        let name = self.name();
        let columns: Vec<LogColumn> = columns.iter().filter_map(|index| self.columns().get(*index).copied()).collect();
        let mut list = columns.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        if list.is_empty() {
            list.push('1');
        }
        let mut statement =
            connection.prepare_cached(&format!("SELECT {list} FROM {name} ORDER BY rowid")).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut batches = Vec::new();
        let mut builder = BatchBuilder::new(&columns);
        while let Some(row) = rows.next().map_err(failed)? {
            builder.push(row).map_err(failed)?;
            if builder.rows == BATCH_ROWS {
                batches.push(std::mem::replace(&mut builder, BatchBuilder::new(&columns)).finish()?);
            }
        }
        if builder.rows > 0 || batches.is_empty() {
            batches.push(builder.finish()?);
        }
        Ok(batches)
    }
}

fn schema_of(columns: &[LogColumn]) -> SchemaRef {
    Arc::new(Schema::new(columns.iter().map(|(name, ty)| arrow_field(name, *ty)).collect::<Vec<_>>()))
}

struct BatchBuilder {
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    rows: usize,
}

enum ColumnBuilder {
    Bool(BooleanBuilder),
    Int4(Int32Builder),
    Int8(Int64Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Text(StringViewBuilder),
}

impl BatchBuilder {
    fn new(columns: &[LogColumn]) -> Self {
        let builder = |(_, ty): &LogColumn| match ty {
            Bool => ColumnBuilder::Bool(BooleanBuilder::new()),
            Int4 => ColumnBuilder::Int4(Int32Builder::new()),
            Int8 => ColumnBuilder::Int8(Int64Builder::new()),
            Timestamp => ColumnBuilder::Timestamp(TimestampMicrosecondBuilder::new()),
            _ => ColumnBuilder::Text(StringViewBuilder::new()),
        };
        BatchBuilder { schema: schema_of(columns), columns: columns.iter().map(builder).collect(), rows: 0 }
    }

    fn push(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        for (index, column) in self.columns.iter_mut().enumerate() {
            match column {
                ColumnBuilder::Bool(builder) => builder.append_option(row.get(index)?),
                ColumnBuilder::Int4(builder) => builder.append_option(row.get(index)?),
                ColumnBuilder::Int8(builder) => builder.append_option(row.get(index)?),
                ColumnBuilder::Timestamp(builder) => builder.append_option(row.get(index)?),
                ColumnBuilder::Text(builder) => builder.append_option(row.get::<_, Option<String>>(index)?),
            }
        }
        self.rows += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<RecordBatch> {
        let array = |column: &mut ColumnBuilder| -> ArrayRef {
            match column {
                ColumnBuilder::Bool(builder) => Arc::new(builder.finish()),
                ColumnBuilder::Int4(builder) => Arc::new(builder.finish()),
                ColumnBuilder::Int8(builder) => Arc::new(builder.finish()),
                ColumnBuilder::Timestamp(builder) => Arc::new(builder.finish()),
                ColumnBuilder::Text(builder) => Arc::new(builder.finish()),
            }
        };
        let arrays = self.columns.iter_mut().map(array).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        RecordBatch::try_new_with_options(self.schema, arrays, &options)
            .map_err(|error| Error::internal(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_a_value_for_each_column() {
        for table in LogTable::ALL {
            assert_eq!(table.insert().matches('?').count(), table.columns().len(), "{table:?}");
        }
    }
}
