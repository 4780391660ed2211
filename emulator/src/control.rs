//! Stopping a session from another one: CANCEL, `pg_cancel_backend`, `pg_terminate_backend`.
//!
//! The engine knows which sessions there are and who may stop them; how a statement is stopped is the affair of who runs
//! it. Whoever opens a session and wants it to be stopped hands a [`SessionControl`] over with its login.
//!
//! Sources: developer guide, "CANCEL", "PG_CANCEL_BACKEND", "PG_TERMINATE_BACKEND".

use std::fmt;

use redshift_sql_dialect::Error;

use crate::{clock, system::logs::TerminationRecord};

/// How a session is stopped from outside.
pub trait SessionControl: fmt::Debug + Send + Sync {
    /// Stops the statement that runs, where one does, with 57014 and this message. Does not wait for it to end.
    fn cancel(&self, message: &str);

    /// Ends the session with 57P01, whatever it is doing. Does not wait for it to end.
    fn terminate(&self);

    /// Ends the session with this error as soon as it does nothing: it cannot go on, and what it does fails by itself.
    fn end(&self, _why: &Error) {
        self.terminate();
    }
}

/// What is done to a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Its statement stops, with this message or the usual one.
    Cancel(Option<String>),
    /// It ends.
    Terminate,
}

/// Who does it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Signaller {
    /// pg_backend_pid()
    pub pid: i32,
    /// pg_user.usesysid
    pub user_id: u32,
    /// May they stop the sessions of others?
    pub rights: SignalRights,
}

impl Signaller {
    /// The log's record of what they do to a session now.
    pub(crate) fn record(&self, pid: i32, signal: &Signal) -> TerminationRecord {
        let kind = match signal {
            Signal::Cancel(_) => "CANCEL",
            Signal::Terminate => "TERMINATE",
        };
        TerminationRecord { pid, time: clock::now(), user_id: self.user_id, kind }
    }
}

/// Whose sessions a user may stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignalRights {
    /// Their own.
    Own,
    /// Everybody's.
    All,
}

/// 57014's message for a statement of this id, where it has one.
pub(crate) fn cancel_message(query: Option<i64>) -> String {
    match query {
        Some(query) => format!("Query ({query}) cancelled on user's request"),
        None => "Query cancelled on user's request".to_string(),
    }
}

/// What is said where no session has this number.
pub(crate) fn no_session(pid: i32) -> String {
    format!(
        "Session {pid} does not exist. The session PID might have changed. Check the stl_restarted_sessions system table \
         for details."
    )
}
