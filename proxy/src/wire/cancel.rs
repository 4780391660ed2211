//! Stopping a statement or a session from outside: CancelRequest, CANCEL, `pg_cancel_backend`, `pg_terminate_backend`,
//! `statement_timeout`, a client that is gone.
//!
//! A connection is registered under its process number and a secret, which only its client knows. A CancelRequest comes
//! over another connection and names both; SQL of another session names the number, and the engine knows who may. It
//! counts only while a statement runs; one that comes late is forgotten. That a session is to end is never forgotten.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI32, Ordering},
    },
};

use blueshift_emulator::SessionControl;
use redshift_sql_dialect::{Error, SqlState};
use tokio::sync::watch;

/// The connections of a server.
pub struct Registry {
    next_pid: AtomicI32,
    connections: Mutex<HashMap<i32, Entry>>,
}

struct Entry {
    secret: i32,
    switches: Arc<Switches>,
}

/// What stops a connection, or what it does.
#[derive(Debug)]
struct Switches {
    /// Why its statement is to stop.
    cancelled: watch::Sender<Option<Error>>,
    terminated: watch::Sender<bool>,
    /// Why it cannot go on.
    lost: watch::Sender<Option<Error>>,
}

impl Default for Switches {
    fn default() -> Self {
        let (cancelled, lost) = (watch::Sender::new(None), watch::Sender::new(None));
        Switches { cancelled, terminated: watch::Sender::new(false), lost }
    }
}

impl SessionControl for Switches {
    fn cancel(&self, message: &str) {
        self.cancelled.send_replace(Some(Error::new(SqlState::QUERY_CANCELED, message)));
    }

    fn terminate(&self) {
        self.terminated.send_replace(true);
    }

    fn end(&self, why: &Error) {
        self.lost.send_replace(Some(why.clone()));
    }
}

impl Default for Registry {
    fn default() -> Self {
        Registry { next_pid: AtomicI32::new(1), connections: Mutex::new(HashMap::new()) }
    }
}

impl Registry {
    /// A new connection under a number of its own.
    pub fn register(self: &Arc<Self>) -> Registration {
        let secret = rand::random();
        let switches = Arc::new(Switches::default());
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let pid = loop {
            // Numbers look like those of a cluster, and come round after a billion connections.
            let pid = 1_073_741_824 | (self.next_pid.fetch_add(1, Ordering::Relaxed) & 0x3fff_ffff);
            if !connections.contains_key(&pid) {
                break pid;
            }
        };
        connections.insert(pid, Entry { secret, switches: Arc::clone(&switches) });
        Registration { registry: Arc::clone(self), pid, secret, switches }
    }

    /// Ends all connections, with what runs on them.
    pub fn terminate_all(&self) {
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.values().for_each(|entry| entry.switches.terminate());
    }

    /// Stops the statement that runs on this connection, where the secret is right.
    pub fn cancel(&self, pid: i32, secret: i32) {
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = connections.get(&pid).filter(|entry| entry.secret == secret) {
            entry.switches.cancelled.send_replace(Some(cancelled_error()));
        }
    }
}

/// A connection's place in the registry, until it is dropped.
pub struct Registration {
    registry: Arc<Registry>,
    /// What pg_backend_pid() answers.
    pub pid: i32,
    /// What a CancelRequest must know.
    pub secret: i32,
    switches: Arc<Switches>,
}

impl Registration {
    /// How other sessions stop this one.
    pub fn control(&self) -> Arc<dyn SessionControl> {
        self.switches.clone()
    }

    /// Forgets requests that came before, because a statement begins.
    pub fn arm(&self) {
        self.switches.cancelled.send_replace(None);
    }

    /// The request that has come since the statement began.
    pub fn is_cancelled(&self) -> Option<Error> {
        self.switches.cancelled.borrow().clone()
    }

    /// Is the connection to end?
    pub fn is_terminated(&self) -> bool {
        *self.switches.terminated.borrow()
    }

    /// Waits for a request.
    pub async fn cancelled(&self) -> Error {
        let mut requests = self.switches.cancelled.subscribe();
        // We hold the sender, so that this ends with a request only.
        let requested = requests.wait_for(Option::is_some).await;
        requested.ok().and_then(|error| error.clone()).unwrap_or_else(cancelled_error)
    }

    /// Waits until the connection is to end.
    pub async fn terminated(&self) {
        let mut requests = self.switches.terminated.subscribe();
        let _ = requests.wait_for(|requested| *requested).await;
    }

    /// Waits until the connection cannot go on: why. Its statement, where one runs, is to tell that first.
    pub async fn lost(&self) -> Error {
        let mut losses = self.switches.lost.subscribe();
        let lost = losses.wait_for(Option::is_some).await;
        lost.ok().and_then(|why| why.clone()).unwrap_or_else(terminated_error)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.registry.connections.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.pid);
    }
}

/// 57P01: somebody ended this connection, or the server.
pub fn terminated_error() -> Error {
    Error::new(SqlState::ADMIN_SHUTDOWN, "terminating connection due to administrator command")
}

/// 57014, worded as Redshift words both a cancelled statement and one that ran out of `statement_timeout`.
pub fn cancelled_error() -> Error {
    Error::new(SqlState::QUERY_CANCELED, "Query cancelled on user's request")
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn only_who_knows_the_secret_cancels() {
        let registry = Arc::new(Registry::default());
        let connection = registry.register();
        registry.cancel(connection.pid, connection.secret.wrapping_add(1));
        assert!(connection.cancelled().now_or_never().is_none());
        registry.cancel(connection.pid, connection.secret);
        assert!(connection.cancelled().now_or_never().is_some());
    }

    #[test]
    fn a_request_that_comes_late_is_forgotten() {
        let registry = Arc::new(Registry::default());
        let connection = registry.register();
        registry.cancel(connection.pid, connection.secret);
        connection.arm();
        assert!(connection.cancelled().now_or_never().is_none());
    }

    #[test]
    fn that_a_connection_is_to_end_is_never_forgotten() {
        let registry = Arc::new(Registry::default());
        let connection = registry.register();
        connection.control().cancel("enough");
        assert_eq!(connection.is_cancelled().unwrap().message(), "enough");
        connection.control().terminate();
        connection.arm();
        assert_eq!(connection.is_cancelled(), None);
        assert!(connection.is_terminated());
        assert!(connection.terminated().now_or_never().is_some());
    }

    #[test]
    fn numbers_are_not_shared_and_are_given_back() {
        let registry = Arc::new(Registry::default());
        let (first, second) = (registry.register(), registry.register());
        assert_ne!(first.pid, second.pid);
        let (pid, secret) = (first.pid, first.secret);
        drop(first);
        registry.cancel(pid, secret);
        assert_eq!(registry.connections.lock().unwrap().len(), 1);
    }
}
