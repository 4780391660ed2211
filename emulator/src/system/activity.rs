//! Who is connected and what runs at this moment: stv_sessions, stv_inflight, pg_stat_activity.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use redshift_sql_dialect::{Error, Result, SqlState};

use crate::{
    control::{SessionControl, Signal, SignalRights, Signaller, cancel_message},
    result::Notice,
};

/// The sessions of an engine and what they run. Cloning gives another handle of the same.
#[derive(Debug, Clone, Default)]
pub struct Activity(Arc<Mutex<BTreeMap<i32, Entry>>>);

#[derive(Debug)]
struct Entry {
    session: SessionActivity,
    /// How it is stopped; none where nobody can.
    control: Option<Arc<dyn SessionControl>>,
    /// What functions of its statements have to say beside their result.
    notices: Vec<Notice>,
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
    /// Where the client is.
    pub client_host: String,
    /// What the client calls itself (`application_name`).
    pub application: String,
    /// What it told of itself at start-up.
    pub driver_version: String,
    /// The same, of its operating system.
    pub os_version: String,
    /// SESSION TIMEOUT of its user in seconds; 0 is none.
    pub timeout: u32,
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
    pub fn enter(&self, session: SessionActivity, control: Option<Arc<dyn SessionControl>>) -> ActiveSession {
        let pid = session.pid;
        self.lock().insert(pid, Entry { session, control, notices: Vec::new() });
        ActiveSession { activity: self.clone(), pid }
    }

    /// The sessions that are open, by process id.
    pub fn sessions(&self) -> Vec<SessionActivity> {
        self.lock().values().map(|entry| entry.session.clone()).collect()
    }

    /// Stops a session or its statement; false where there is no such session.
    ///
    /// # Errors
    /// 42501 where it is another user's and the signaller may stop their own only.
    pub fn signal(&self, signaller: &Signaller, pid: i32, signal: &Signal) -> Result<bool> {
        let (control, query) = {
            let sessions = self.lock();
            let Some(entry) = sessions.get(&pid) else { return Ok(false) };
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
        let controls: Vec<_> = self.lock().values().filter_map(|entry| entry.control.clone()).collect();
        controls.iter().for_each(|control| control.terminate());
    }

    /// Keeps a notice for the client of a session, where it is still there.
    pub fn inform(&self, pid: i32, notice: Notice) {
        if let Some(entry) = self.lock().get_mut(&pid) {
            entry.notices.push(notice);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<i32, Entry>> {
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
        if let Some(entry) = self.activity.lock().get_mut(&self.pid) {
            entry.session.running = Some(query);
        }
        ActiveQuery { activity: self.activity.clone(), pid: self.pid, query: id }
    }

    /// The session as it is known.
    pub fn session(&self) -> Option<SessionActivity> {
        self.activity.lock().get(&self.pid).map(|entry| entry.session.clone())
    }

    /// Notes another `application_name`.
    pub fn rename(&self, application: &str) {
        if let Some(entry) = self.activity.lock().get_mut(&self.pid) {
            entry.session.application = application.to_string();
        }
    }

    /// The notices that were kept since the last call.
    pub fn take_notices(&self) -> Vec<Notice> {
        self.activity.lock().get_mut(&self.pid).map(|entry| std::mem::take(&mut entry.notices)).unwrap_or_default()
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
        if let Some(Entry { session, .. }) = self.activity.lock().get_mut(&self.pid)
            && session.running.as_ref().is_some_and(|running| running.query == self.query)
        {
            session.running = None;
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
        let session = activity.enter(session(7, 100), None);
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
    fn users_stop_their_own_sessions_and_superusers_all() {
        let activity = Activity::default();
        let control = Arc::new(Remembers::default());
        let target = activity.enter(session(7, 100), Some(control.clone()));
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
        let session = activity.enter(session(7, 100), None);
        activity.inform(7, Notice::info("hello"));
        activity.inform(8, Notice::info("nobody hears this"));
        assert_eq!(session.take_notices(), [Notice::info("hello")]);
        assert!(session.take_notices().is_empty());
    }
}
