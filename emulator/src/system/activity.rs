//! Who is connected and what runs at this moment: stv_sessions, stv_inflight, pg_stat_activity.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use arrow::record_batch::RecordBatch;
use redshift_sql_dialect::{Error, Result, SqlState};

use super::logs::steps::QueryStep;
use crate::{
    Client,
    control::{SessionControl, Signal, SignalRights, Signaller, cancel_message},
    execution::trace::Trace,
    result::Notice,
};

/// The sessions of an engine and what they run. Cloning gives another handle of the same.
#[derive(Debug, Clone, Default)]
pub struct Activity(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    sessions: BTreeMap<i32, Entry>,
    /// Databases that are being dropped, and by how many.
    closed: HashMap<String, usize>,
    /// When the last statement began or ended.
    last_moved: Option<Instant>,
}

#[derive(Debug)]
struct Entry {
    session: SessionActivity,
    /// How it is stopped; none where nobody can.
    control: Option<Arc<dyn SessionControl>>,
    /// What functions of its statements have to say beside their result.
    notices: Vec<Notice>,
    /// The plans of what runs.
    trace: Option<Trace>,
    /// The load that runs.
    load: Option<RunningLoad>,
}

/// A session that is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionActivity {
    /// pg_backend_pid()
    pub pid: i32,
    /// pg_user.usesysid
    pub user_id: u32,
    /// The user, by name.
    pub user: String,
    /// The database, by name.
    pub database: String,
    /// When it began: microseconds since 1970.
    pub started: i64,
    /// Where the client is and what it tells of itself.
    pub client: Client,
    /// What the client calls itself (`application_name`).
    pub application: String,
    /// SESSION TIMEOUT of its user in seconds; 0 is none.
    pub timeout: u32,
    /// What runs.
    pub running: Option<RunningQuery>,
    /// Its open cursor.
    pub cursor: Option<OpenCursor>,
}

/// How far a load has come, as `stv_load_state` tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadState {
    /// Are its files compressed?
    pub compressed: bool,
    /// Bytes of its files.
    pub bytes: u64,
    /// Bytes of the files that were read to their end.
    pub bytes_complete: u64,
    /// Bytes that were read, as they are without compression.
    pub bytes_loaded: u64,
    /// Lines that were read.
    pub lines: u64,
    /// How many files there are.
    pub files: u64,
    /// How many were read to their end.
    pub files_complete: u64,
    /// The one that is read.
    pub current: String,
}

/// What tells how far a load has come.
#[derive(Clone)]
pub struct RunningLoad(Arc<dyn Fn() -> LoadState + Send + Sync>);

impl RunningLoad {
    /// One that this function tells of.
    pub fn new(state: impl Fn() -> LoadState + Send + Sync + 'static) -> RunningLoad {
        RunningLoad(Arc::new(state))
    }

    /// How far it has come.
    pub fn state(&self) -> LoadState {
        (self.0)()
    }
}

impl std::fmt::Debug for RunningLoad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.state().fmt(f)
    }
}

/// A cursor that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCursor {
    /// Its name.
    pub name: String,
    /// Its transaction.
    pub xid: i64,
    /// When it was declared: microseconds since 1970.
    pub declared: i64,
    /// How far it has come.
    pub progress: Arc<CursorProgress>,
}

/// How far a cursor has come. Whoever fetches tells it.
#[derive(Debug, Default)]
pub struct CursorProgress {
    rows: AtomicI64,
    bytes: AtomicI64,
    at_end: AtomicBool,
}

impl CursorProgress {
    /// Counts rows that were fetched.
    pub fn fetched(&self, batch: &RecordBatch) {
        self.rows.fetch_add(batch.num_rows() as i64, Ordering::Relaxed);
        let sizes = batch.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or(0));
        self.bytes.fetch_add(sizes.sum::<usize>() as i64, Ordering::Relaxed);
    }

    /// There are no more rows.
    pub fn ended(&self) {
        self.at_end.store(true, Ordering::Relaxed);
    }

    /// Rows that were fetched.
    pub fn rows(&self) -> i64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Bytes of the rows that were fetched.
    pub fn bytes(&self) -> i64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Rows of the whole result, where its end was reached.
    pub fn all_rows(&self) -> Option<i64> {
        self.at_end.load(Ordering::Relaxed).then(|| self.rows())
    }
}

impl PartialEq for CursorProgress {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for CursorProgress {}

/// A statement that runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunningQuery {
    /// Its id, from the logs.
    pub query: i64,
    /// Its transaction.
    pub xid: i64,
    /// SELECT, INSERT, ...: as in `sys_query_history`.
    pub query_type: &'static str,
    /// What it says.
    pub text: String,
    /// The setting `query_group`.
    pub label: String,
    /// When it began: microseconds since 1970.
    pub started: i64,
}

impl Activity {
    /// Enters a session; it is taken out when what this gives is dropped.
    ///
    /// # Errors
    /// 3D000 where its database is being dropped.
    pub fn enter(&self, session: SessionActivity, control: Option<Arc<dyn SessionControl>>) -> Result<ActiveSession> {
        let pid = session.pid;
        let mut entries = self.lock();
        if entries.closed.contains_key(&session.database) {
            let message = format!("database \"{}\" does not exist", session.database);
            return Err(Error::new(SqlState::INVALID_CATALOG_NAME, message));
        }
        entries.sessions.insert(pid, Entry { session, control, notices: Vec::new(), trace: None, load: None });
        Ok(ActiveSession { activity: self.clone(), pid })
    }

    /// Has nothing run for so long?
    pub fn is_idle_for(&self, time: Duration) -> bool {
        let entries = self.lock();
        entries.sessions.values().all(|entry| entry.session.running.is_none())
            && entries.last_moved.is_none_or(|moved| moved.elapsed() >= time)
    }

    /// Lets no session into a database until what this gives is dropped; none where somebody is in it.
    pub fn close_database(&self, database: &str) -> Option<ClosedDatabase> {
        let mut entries = self.lock();
        if entries.sessions.values().any(|entry| entry.session.database == database) {
            return None;
        }
        *entries.closed.entry(database.to_string()).or_default() += 1;
        Some(ClosedDatabase { activity: self.clone(), database: database.to_string() })
    }

    /// The sessions that are open, by process id.
    pub fn sessions(&self) -> Vec<SessionActivity> {
        self.lock().sessions.values().map(|entry| entry.session.clone()).collect()
    }

    /// The loads that run, and in which sessions.
    pub fn loads(&self) -> Vec<(SessionActivity, LoadState)> {
        let running = |entry: &Entry| Some((entry.session.clone(), entry.load.clone()?));
        let running: Vec<_> = self.lock().sessions.values().filter_map(running).collect();
        running.into_iter().map(|(session, load)| (session, load.state())).collect()
    }

    /// The steps of the statements that run, and in which sessions.
    pub(crate) fn steps(&self) -> Vec<(SessionActivity, Vec<QueryStep>)> {
        let running = |entry: &Entry| Some((entry.session.clone(), entry.trace.clone()?));
        let running: Vec<_> = self.lock().sessions.values().filter_map(running).collect();
        let steps = |(session, trace): (SessionActivity, Trace)| {
            let began = session.running.as_ref().map_or(0, |running| running.started);
            (session, trace.steps(began, None))
        };
        running.into_iter().map(steps).collect()
    }

    /// Stops a session or its statement; false where there is no such session.
    ///
    /// # Errors
    /// 42501 where it is another user's and the signaller may stop their own only.
    pub fn signal(&self, signaller: &Signaller, pid: i32, signal: &Signal) -> Result<bool> {
        let (control, query) = {
            let entries = self.lock();
            let Some(entry) = entries.sessions.get(&pid) else { return Ok(false) };
            if signaller.rights == SignalRights::Own && entry.session.user_id != signaller.user_id {
                let message = "must be superuser to signal other server processes";
                return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message));
            }
            (entry.control.clone(), entry.session.running.as_ref().map(|running| running.query))
        };
        match (control, signal) {
            (None, _) => {}
            (Some(control), Signal::Cancel(Some(message))) => control.cancel(message),
            (Some(control), Signal::Cancel(None)) => control.cancel(&cancel_message(query)),
            (Some(control), Signal::Terminate) => control.terminate(),
        }
        Ok(true)
    }

    /// Ends all sessions.
    pub fn terminate_all(&self) {
        self.terminate_where(|_| true);
    }

    /// Ends the sessions of a database.
    pub fn terminate_in(&self, database: &str) {
        self.terminate_where(|session| session.database == database);
    }

    /// Is a session open in this database?
    pub fn is_used(&self, database: &str) -> bool {
        self.lock().sessions.values().any(|entry| entry.session.database == database)
    }

    fn terminate_where(&self, meant: impl Fn(&SessionActivity) -> bool) {
        let entries = self.lock();
        let meant = entries.sessions.values().filter(|entry| meant(&entry.session));
        let controls: Vec<_> = meant.filter_map(|entry| entry.control.clone()).collect();
        drop(entries);
        controls.iter().for_each(|control| control.terminate());
    }

    /// Keeps a notice for the client of a session, where it is still there.
    pub fn inform(&self, pid: i32, notice: Notice) {
        if let Some(entry) = self.lock().sessions.get_mut(&pid) {
            entry.notices.push(notice);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// A session that is entered. Dropping it takes the session out.
#[derive(Debug)]
pub struct ActiveSession {
    activity: Activity,
    pid: i32,
}

impl ActiveSession {
    /// Notes the statement that begins; it is taken out when what this gives is dropped.
    pub fn run(&self, query: RunningQuery) -> ActiveQuery {
        let id = query.query;
        let mut entries = self.activity.lock();
        entries.last_moved = Some(Instant::now());
        if let Some(entry) = entries.sessions.get_mut(&self.pid) {
            entry.session.running = Some(query);
            (entry.trace, entry.load) = (None, None);
        }
        drop(entries);
        ActiveQuery { activity: self.activity.clone(), pid: self.pid, query: id }
    }

    /// Shows what the statement that runs does: the steps of its plans.
    pub(crate) fn show_trace(&self, trace: Trace) {
        if let Some(entry) = self.activity.lock().sessions.get_mut(&self.pid) {
            entry.trace = Some(trace);
        }
    }

    /// Shows the load that runs, until its statement ends.
    pub fn show_load(&self, load: RunningLoad) {
        if let Some(entry) = self.activity.lock().sessions.get_mut(&self.pid) {
            entry.load = Some(load);
        }
    }

    /// Shows its open cursor, or that there is none.
    pub fn show_cursor(&self, cursor: Option<OpenCursor>) {
        if let Some(entry) = self.activity.lock().sessions.get_mut(&self.pid) {
            entry.session.cursor = cursor;
        }
    }

    /// The session as it is known.
    pub fn session(&self) -> Option<SessionActivity> {
        self.activity.lock().sessions.get(&self.pid).map(|entry| entry.session.clone())
    }

    /// Notes another `application_name`.
    pub fn rename(&self, application: &str) {
        if let Some(entry) = self.activity.lock().sessions.get_mut(&self.pid) {
            entry.session.application = application.to_string();
        }
    }

    /// The notices that were kept since the last call.
    pub fn take_notices(&self) -> Vec<Notice> {
        self.activity
            .lock()
            .sessions
            .get_mut(&self.pid)
            .map(|entry| std::mem::take(&mut entry.notices))
            .unwrap_or_default()
    }
}

impl Drop for ActiveSession {
    fn drop(&mut self) {
        self.activity.lock().sessions.remove(&self.pid);
    }
}

/// A statement that is noted as running. Dropping it notes its end.
#[derive(Debug)]
pub struct ActiveQuery {
    activity: Activity,
    pid: i32,
    query: i64,
}

impl Drop for ActiveQuery {
    fn drop(&mut self) {
        let mut entries = self.activity.lock();
        entries.last_moved = Some(Instant::now());
        if let Some(Entry { session, trace, load, .. }) = entries.sessions.get_mut(&self.pid)
            && session.running.as_ref().is_some_and(|running| running.query == self.query)
        {
            session.running = None;
            (*trace, *load) = (None, None);
        }
    }
}

/// A database that no session may enter. Dropping it lets them in again, where there still is one.
#[derive(Debug)]
pub struct ClosedDatabase {
    activity: Activity,
    database: String,
}

impl Drop for ClosedDatabase {
    fn drop(&mut self) {
        let mut entries = self.activity.lock();
        if let Some(count) = entries.closed.get_mut(&self.database) {
            *count -= 1;
            if *count == 0 {
                entries.closed.remove(&self.database);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Remembers what was done to it.
    #[derive(Debug, Default)]
    struct Remembers(Mutex<Vec<String>>);

    impl SessionControl for Remembers {
        fn cancel(&self, message: &str) {
            self.0.lock().unwrap().push(message.to_string());
        }

        fn terminate(&self) {
            self.0.lock().unwrap().push("terminated".to_string());
        }
    }

    fn session(pid: i32, user_id: u32) -> SessionActivity {
        SessionActivity { pid, user_id, user: "somebody".into(), ..Default::default() }
    }

    #[test]
    fn sessions_and_statements_are_seen_while_they_last() {
        let activity = Activity::default();
        let session = activity.enter(session(7, 100), None).unwrap();
        let query = session.run(RunningQuery { query: 1, text: "select 1".into(), ..Default::default() });
        assert_eq!(activity.sessions()[0].running.as_ref().map(|q| q.text.as_str()), Some("select 1"));
        // The next statement begins before the rows of the one before it are dropped.
        let next = session.run(RunningQuery { query: 2, ..Default::default() });
        drop(query);
        assert!(activity.sessions()[0].running.is_some());
        drop(next);
        assert!(activity.sessions()[0].running.is_none());
        drop(session);
        assert!(activity.sessions().is_empty());
    }

    #[test]
    fn loads_are_seen_while_their_statement_runs() {
        let activity = Activity::default();
        let session = activity.enter(session(7, 100), None).unwrap();
        let query = session.run(RunningQuery { query: 1, ..Default::default() });
        let state = LoadState { bytes: 10, bytes_loaded: 5, lines: 2, files: 1, ..Default::default() };
        let told = state.clone();
        session.show_load(RunningLoad::new(move || told.clone()));
        assert_eq!(activity.loads().into_iter().map(|(_, load)| load).collect::<Vec<_>>(), [state]);
        drop(query);
        assert!(activity.loads().is_empty());
    }

    #[test]
    fn users_stop_their_own_sessions_and_superusers_all() {
        let activity = Activity::default();
        let control = Arc::new(Remembers::default());
        let target = activity.enter(session(7, 100), Some(control.clone())).unwrap();
        let _running = target.run(RunningQuery { query: 168, ..Default::default() });
        let by = |user_id, rights, signal| activity.signal(&Signaller { pid: 1, user_id, rights }, 7, &signal);
        let own = |signal| by(100, SignalRights::Own, signal);
        assert_eq!(own(Signal::Cancel(None)), Ok(true));
        assert_eq!(own(Signal::Cancel(Some("Long-running query".into()))), Ok(true));
        assert_eq!(by(101, SignalRights::All, Signal::Terminate), Ok(true));
        let refused = by(101, SignalRights::Own, Signal::Terminate).unwrap_err();
        assert_eq!(refused.sqlstate(), SqlState::INSUFFICIENT_PRIVILEGE);
        assert_eq!(
            *control.0.lock().unwrap(),
            ["Query (168) cancelled on user's request", "Long-running query", "terminated"]
        );
        drop(target);
        assert_eq!(own(Signal::Terminate), Ok(false));
    }

    #[test]
    fn notices_wait_for_their_session() {
        let activity = Activity::default();
        let session = activity.enter(session(7, 100), None).unwrap();
        activity.inform(7, Notice::info("hello"));
        activity.inform(8, Notice::info("nobody hears this"));
        assert_eq!(session.take_notices(), [Notice::info("hello")]);
        assert!(session.take_notices().is_empty());
    }

    #[test]
    fn nobody_enters_a_database_that_is_being_dropped() {
        let activity = Activity::default();
        let within = |pid| SessionActivity { database: "doomed".into(), ..session(pid, 100) };
        let inside = activity.enter(within(7), None).unwrap();
        assert!(activity.close_database("doomed").is_none());
        drop(inside);
        let closed = activity.close_database("doomed").unwrap();
        let refused = activity.enter(within(8), None).unwrap_err();
        assert_eq!(refused.sqlstate(), SqlState::INVALID_CATALOG_NAME);
        assert!(activity.enter(session(9, 100), None).is_ok());
        drop(closed);
        assert!(activity.enter(within(8), None).is_ok());
    }
}
