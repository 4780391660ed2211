//! Who is connected and what runs at this moment: stv_sessions, stv_inflight, pg_stat_activity.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

/// The sessions of an engine and what they run. Cloning gives another handle of the same.
#[derive(Debug, Clone, Default)]
pub struct Activity(Arc<Mutex<BTreeMap<i32, SessionActivity>>>);

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
    /// Where the client is.
    pub client_host: String,
    /// What the client calls itself (`application_name`).
    pub application: String,
    /// What it told of itself at start-up.
    pub driver_version: String,
    /// The same, of its operating system.
    pub os_version: String,
    /// What runs.
    pub running: Option<RunningQuery>,
}

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
    pub fn enter(&self, session: SessionActivity) -> ActiveSession {
        let pid = session.pid;
        self.lock().insert(pid, session);
        ActiveSession { activity: self.clone(), pid }
    }

    /// The sessions that are open, by process id.
    pub fn sessions(&self) -> Vec<SessionActivity> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<i32, SessionActivity>> {
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
        if let Some(session) = self.activity.lock().get_mut(&self.pid) {
            session.running = Some(query);
        }
        ActiveQuery { activity: self.activity.clone(), pid: self.pid, query: id }
    }

    /// Notes another `application_name`.
    pub fn rename(&self, application: &str) {
        if let Some(session) = self.activity.lock().get_mut(&self.pid) {
            session.application = application.to_string();
        }
    }
}

impl Drop for ActiveSession {
    fn drop(&mut self) {
        self.activity.lock().remove(&self.pid);
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
        if let Some(session) = self.activity.lock().get_mut(&self.pid)
            && session.running.as_ref().is_some_and(|running| running.query == self.query)
        {
            session.running = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_and_statements_are_seen_while_they_last() {
        let activity = Activity::default();
        let session = activity.enter(SessionActivity { pid: 7, user: "admin".into(), ..Default::default() });
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
}
