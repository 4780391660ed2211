//! The run-time logs: what was run, what was loaded, what could not be loaded.
//!
//! Redshift's logs stand outside transactions: a load that fails rolls its rows back and leaves its errors in
//! `stl_load_errors`. So they are not part of the catalog. They live in an SQLite file of their own beside it
//! (`logs.db`; in memory where the engine is), which one thread owns: statements hand their records to it and go on,
//! it writes what has gathered in one transaction, and a reader asks it and sees everything handed over before. What a
//! crash can lose is the last moment's records, never a committed row.
//!
//! The system relations (STL, SVL, SYS) are SQL over these tables; their columns carry Redshift's types. Each table
//! keeps its newest rows only.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use arrow::record_batch::RecordBatch;
use redshift_sql_dialect::{Error, Result, SqlState};
use rusqlite::{Connection, types::Value};
use tokio::sync::oneshot;

pub use compression::CompressionRecord;
pub use history::{
    AnalyzeRecord, CallRecord, MessageRecord, PlanRecord, QuotaRecord, RefusedLogin, SessionRecord, TransactionRecord,
    UserChangeRecord, VacuumRecord,
};
pub use policies::AppliedPolicyRecord;
pub use records::{
    ErrorField, LoadErrorRecord, LoadFileRecord, LoadRecord, LogRecord, QueryRecord, ReplacementRecord,
    SimplificationRecord, TerminationRecord,
};
pub use refreshes::{MvStateRecord, RefreshRecord};
pub use table::LogTable;
pub use unloads::{UnloadFileRecord, UnloadRecord};

use crate::Location;

mod compression;
mod history;
mod policies;
mod records;
mod refreshes;
pub(crate) mod steps;
mod table;
mod unloads;

/// How many rows of a table are kept.
const ROWS_KEPT: i64 = 100_000;
/// After how many records of a table the oldest are dropped.
const PRUNE_EVERY: i64 = 1_000;
/// How long records may gather before they are written: a writer that woke for each would take longer than a statement.
const GATHERING: Duration = Duration::from_millis(20);
/// How many messages are written in one transaction.
const GATHERED: usize = 1_024;

/// The logs of an engine. Cloning gives another handle of the same ones.
#[derive(Clone)]
pub struct Logs(Arc<Shared>);

struct Shared {
    /// None once the last handle is being dropped.
    to_writer: Option<mpsc::Sender<Message>>,
    writer: Option<JoinHandle<()>>,
    last_query: AtomicI64,
}

enum Message {
    Append(LogTable, Vec<Value>),
    Read(LogTable, Vec<usize>, oneshot::Sender<Result<Vec<RecordBatch>>>),
    Flush(oneshot::Sender<()>),
}

impl Logs {
    /// Opens the logs beside the catalog at this location, making them where there are none.
    ///
    /// # Errors
    /// 58030 where the file cannot be opened or is not a log of ours.
    pub fn open(location: &Location) -> Result<Logs> {
        let connection = match location {
            Location::Folder(folder) => open_file(&folder.join("logs.db")),
            Location::Memory => Connection::open_in_memory(),
        };
        let connection = connection.map_err(unusable)?;
        for table in LogTable::ALL {
            table.create(&connection).map_err(unusable)?;
        }
        let last_query = connection
            .query_row("SELECT coalesce(max(query), 0) FROM query", [], |row| row.get(0))
            .map_err(unusable)?;
        let (to_writer, messages) = mpsc::channel();
        let writer = std::thread::Builder::new()
            .name("logs".into())
            .spawn(move || write_all(connection, messages))
            .map_err(|error| Error::new(SqlState::IO_ERROR, format!("could not start the log writer: {error}")))?;
        Ok(Logs(Arc::new(Shared {
            to_writer: Some(to_writer),
            writer: Some(writer),
            last_query: AtomicI64::new(last_query),
        })))
    }

    /// The id of a statement that begins: ascending, from 1, also across restarts.
    pub fn next_query(&self) -> i64 {
        self.0.last_query.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Hands a record over. It never waits and cannot fail; what cannot be written is reported to the program's own log.
    pub fn append(&self, record: impl LogRecord) {
        self.send(Message::Append(record.table(), record.into_values()));
    }

    /// All rows of a table, oldest first, with everything that was handed over before the call.
    ///
    /// # Errors
    /// 58030 where the file cannot be read.
    pub async fn read(&self, table: LogTable) -> Result<Vec<RecordBatch>> {
        self.read_columns(table, (0..table.columns().len()).collect()).await
    }

    /// The same, with some of its columns only.
    ///
    /// # Errors
    /// 58030 where the file cannot be read.
    pub async fn read_columns(&self, table: LogTable, columns: Vec<usize>) -> Result<Vec<RecordBatch>> {
        let (answer, answered) = oneshot::channel();
        self.send(Message::Read(table, columns, answer));
        self.0.hurry();
        answered.await.unwrap_or_else(|_| Err(Error::new(SqlState::IO_ERROR, "the log writer has stopped")))
    }

    /// Waits until everything that was handed over is in the file.
    pub async fn flush(&self) {
        let (answer, answered) = oneshot::channel();
        self.send(Message::Flush(answer));
        self.0.hurry();
        // A writer that has stopped has nothing left to write.
        let _ = answered.await;
    }

    fn send(&self, message: Message) {
        if let Some(to_writer) = &self.0.to_writer
            && to_writer.send(message).is_err()
        {
            tracing::warn!("the log writer has stopped");
        }
    }
}

impl Shared {
    /// Ends the writer's pause, where it makes one.
    fn hurry(&self) {
        if let Some(writer) = &self.writer {
            writer.thread().unpark();
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.to_writer.take();
        self.hurry();
        if let Some(writer) = self.writer.take() {
            // The writer ends when its channel is closed and emptied; a panic of its was reported already.
            let _ = writer.join();
        }
    }
}

fn open_file(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A log may lose its end when the machine loses power; it must not make statements wait for the disk.
    connection.pragma_update(None, "synchronous", "OFF")?;
    Ok(connection)
}

fn unusable(error: rusqlite::Error) -> Error {
    Error::new(SqlState::IO_ERROR, format!("could not open the logs: {error}"))
}

/// The writer: until every handle is gone, gathers what is there and writes it in one transaction.
fn write_all(mut connection: Connection, messages: mpsc::Receiver<Message>) {
    let mut appended = [0i64; LogTable::ALL.len()];
    while let Ok(first) = messages.recv() {
        if matches!(first, Message::Append(..)) {
            thread::park_timeout(GATHERING);
        }
        if let Err(error) = write_some(&mut connection, first, &messages, &mut appended) {
            tracing::warn!("could not write the logs: {error}");
        }
    }
}

fn write_some(
    connection: &mut Connection,
    first: Message,
    messages: &mpsc::Receiver<Message>,
    appended: &mut [i64; LogTable::ALL.len()],
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    let mut flushed = Vec::new();
    for message in std::iter::once(first).chain(messages.try_iter().take(GATHERED)) {
        match message {
            Message::Append(table, values) => {
                transaction.prepare_cached(table.insert())?.execute(rusqlite::params_from_iter(values))?;
                let count = &mut appended[table as usize];
                *count += 1;
                if *count % PRUNE_EVERY == 0 {
                    table.prune(&transaction, ROWS_KEPT)?;
                }
            }
            Message::Read(table, columns, answer) => {
                // Who asked may have gone away.
                let _ = answer.send(table.read(&transaction, &columns));
            }
            Message::Flush(answer) => flushed.push(answer),
        }
    }
    transaction.commit()?;
    for answer in flushed {
        let _ = answer.send(());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use arrow::{array::AsArray, datatypes::Int64Type};

    use super::*;

    fn query(query: i64, text: &str) -> QueryRecord {
        QueryRecord { query, text: text.into(), database: "dev".into(), user: "admin".into(), ..QueryRecord::default() }
    }

    fn ids(batches: &[RecordBatch]) -> Vec<i64> {
        let column = |batch: &RecordBatch| batch["query"].as_primitive::<Int64Type>().values().to_vec();
        batches.iter().flat_map(column).collect()
    }

    #[tokio::test]
    async fn a_reader_sees_what_was_appended_before_in_its_order() {
        let logs = Logs::open(&Location::Memory).expect("logs");
        for text in ["select 1", "select 2"] {
            logs.append(query(logs.next_query(), text));
        }
        let batches = logs.read(LogTable::Query).await.expect("rows");
        assert_eq!(ids(&batches), [1, 2]);
        let texts = batches[0]["querytxt"].as_string_view();
        assert_eq!(texts.iter().flatten().collect::<Vec<_>>(), ["select 1", "select 2"]);
    }

    #[tokio::test]
    async fn logs_and_query_ids_outlive_a_restart() {
        let folder = tempfile::tempdir().expect("folder");
        let location = Location::Folder(folder.path().to_path_buf());
        let logs = Logs::open(&location).expect("logs");
        logs.append(query(logs.next_query(), "select 1"));
        drop(logs);
        let logs = Logs::open(&location).expect("logs again");
        assert_eq!(logs.next_query(), 2);
        assert_eq!(ids(&logs.read(LogTable::Query).await.expect("rows")), [1]);
    }

    #[tokio::test]
    async fn an_empty_table_still_tells_its_columns() {
        let logs = Logs::open(&Location::Memory).expect("logs");
        for table in LogTable::ALL {
            let batches = logs.read(table).await.expect("rows");
            assert_eq!(batches.len(), 1);
            assert_eq!(batches[0].num_rows(), 0);
            let names: Vec<_> = table.columns().iter().map(|(name, _)| *name).collect();
            assert_eq!(batches[0].schema().fields().iter().map(|f| f.name().as_str()).collect::<Vec<_>>(), names);
        }
    }

    #[tokio::test]
    async fn only_the_newest_rows_are_kept() {
        let connection = Connection::open_in_memory().expect("connection");
        LogTable::Query.create(&connection).expect("table");
        for id in 1..=10 {
            let values = query(id, "select 1").into_values();
            connection.execute(LogTable::Query.insert(), rusqlite::params_from_iter(values)).expect("row");
        }
        LogTable::Query.prune(&connection, 3).expect("pruned");
        assert_eq!(ids(&LogTable::Query.read(&connection, &[0]).expect("rows")), [8, 9, 10]);
    }

    #[tokio::test]
    async fn a_log_of_another_layout_is_begun_anew() {
        let connection = Connection::open_in_memory().expect("connection");
        connection.execute_batch("CREATE TABLE query (something_else TEXT)").expect("old table");
        LogTable::Query.create(&connection).expect("table");
        assert!(ids(&LogTable::Query.read(&connection, &[0]).expect("rows")).is_empty());
    }
}
