//! A statement's record in the logs: written when it ends, however it ends.

use arrow::record_batch::RecordBatch;
use futures::{StreamExt, stream};
use redshift_sql_dialect::{Error, Result, SqlState};

use crate::{
    clock,
    execution::trace::{Ending, Trace},
    result::{Outcome, Rows},
    system::{
        ActiveQuery,
        logs::{Logs, QueryRecord, steps},
    },
};

/// The record of a statement that runs. Dropping it writes it: as canceled, unless it was told how the statement ended.
pub(crate) struct QueryLog {
    record: QueryRecord,
    logs: Logs,
    ended: bool,
    trace: Trace,
    /// Rows that the statement wrote.
    changed: Option<i64>,
    /// Shown as running until it ends; none is a statement of a procedure.
    _running: Option<ActiveQuery>,
    /// Is it only to be written where the statement touches tables?
    of_tables_only: bool,
}

impl QueryLog {
    /// The record of a statement that begins now.
    pub fn new(record: QueryRecord, running: Option<ActiveQuery>, logs: Logs) -> QueryLog {
        QueryLog {
            record: QueryRecord { start: clock::now(), ..record },
            logs,
            ended: false,
            trace: Trace::default(),
            changed: None,
            _running: running,
            of_tables_only: false,
        }
    }

    /// The record of an expression of a procedure: only those with queries over tables are in the history.
    pub fn of_expression(record: QueryRecord, logs: Logs) -> QueryLog {
        let mut log = QueryLog::new(record, None, logs);
        log.of_tables_only = true;
        log
    }

    /// What the statement has to run in for its steps to be known.
    pub fn trace(&self) -> Trace {
        self.trace.clone()
    }

    /// What became of its rows; none where it has none or failed.
    fn ending(&self) -> Option<Ending> {
        match (self.record.query_type, self.changed) {
            _ if self.record.error.is_some() => None,
            ("SELECT", _) => Some(Ending::Return(self.record.returned_rows, self.record.returned_bytes)),
            ("DELETE", Some(rows)) => Some(Ending::Delete(rows)),
            (_, Some(rows)) => Some(Ending::Insert(rows)),
            (_, None) => self.trace.added().map(Ending::Insert),
        }
    }

    /// The statement has given this. Rows are followed to their end.
    pub fn follow(mut self, outcome: Result<Outcome>) -> Result<Outcome> {
        match outcome {
            Ok(Outcome::Rows(rows)) => Ok(Outcome::Rows(self.follow_rows(rows))),
            Ok(done) => {
                self.ended = true;
                if let Outcome::Done(tag) = &done {
                    self.changed = tag.rows.map(|rows| rows as i64);
                }
                Ok(done)
            }
            Err(error) => {
                self.fail(&error);
                Err(error)
            }
        }
    }

    fn follow_rows(self, rows: Rows) -> Rows {
        let batches = stream::unfold((rows.batches, self), |(mut batches, mut log)| async move {
            let next = batches.next().await;
            match &next {
                Some(Ok(batch)) => log.count(batch),
                Some(Err(error)) => log.fail(error),
                None => log.ended = true,
            }
            next.map(|batch| (batch, (batches, log)))
        });
        Rows { batches: batches.boxed(), ..rows }
    }

    fn count(&mut self, batch: &RecordBatch) {
        self.record.returned_rows += batch.num_rows() as i64;
        self.record.returned_bytes += batch.get_array_memory_size() as i64;
    }

    fn fail(&mut self, error: &Error) {
        self.ended = true;
        self.record.error = Some(error.message().to_string());
        self.record.canceled = error.sqlstate() == SqlState::QUERY_CANCELED;
    }
}

impl Drop for QueryLog {
    fn drop(&mut self) {
        if self.of_tables_only && !self.trace.touches_tables() {
            return;
        }
        let ending = self.ended.then(|| self.ending()).flatten();
        let mut record = std::mem::take(&mut self.record);
        record.end = clock::now();
        if !self.ended {
            record.error.get_or_insert_with(|| "Query cancelled on user's request".to_string());
            record.canceled = true;
        }
        let steps = self.trace.steps(record.start, ending);
        if !steps.is_empty() {
            record.steps = Some(steps::encoded(&steps));
        }
        self.logs.append(record);
    }
}
