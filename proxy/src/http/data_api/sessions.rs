//! Sessions: each is a task with a session of the backend, and runs what it is handed in order.
//!
//! A statement without a session of its own gets one that ends with it. A session that is to be kept alive ends so many
//! seconds after its last statement, and 24 hours after its first in any case; with it go its temporary tables and its open
//! transaction. As in the service, a session takes one statement at a time and has no queue.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use blueshift_emulator::{Client, Login};
use redshift_sql_dialect::{Error, SqlState};
use tokio::{
    sync::mpsc,
    task::AbortHandle,
    time::{Instant, sleep_until},
};
use uuid::Uuid;

use super::{
    input::{no_session, session_is_busy},
    limits::Limits,
    run::{Runner, abort, fail_to_connect},
    statements::{Statement, Statements, Status, Target},
};
use crate::{
    backend::Backend,
    http::{json_rpc::ApiError, now},
    session::Session,
    wire::cancel::{Registration, Registry, terminated_error},
};

/// How long closed sessions are listed, in microseconds.
const RETENTION: i64 = 24 * 3_600 * 1_000_000;

/// What a session is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SessionStatus {
    Available,
    Busy,
    Closed,
}

impl SessionStatus {
    /// As the service writes it.
    pub fn name(self) -> &'static str {
        match self {
            SessionStatus::Available => "AVAILABLE",
            SessionStatus::Busy => "BUSY",
            SessionStatus::Closed => "CLOSED",
        }
    }
}

/// A session as ListSessions shows it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Its id.
    pub id: Uuid,
    /// What it is doing.
    pub status: SessionStatus,
    /// When it was made.
    pub created: i64,
    /// When its status changed.
    pub updated: i64,
    /// Where it is connected.
    pub target: Target,
    /// Seconds that it outlives a statement.
    pub keep_alive: u64,
    /// When it ends, unless it is used.
    pub ends: i64,
    /// What it runs.
    pub current: Option<Uuid>,
    /// The access key that made it.
    pub access_key: Option<String>,
}

struct Entry {
    shown: Shown,
    queue: mpsc::UnboundedSender<Arc<Statement>>,
}

/// What sessions are made with.
pub struct Sessions {
    backend: Arc<dyn Backend>,
    registry: Arc<Registry>,
    statements: Arc<Statements>,
    limits: Limits,
    entries: Mutex<HashMap<Uuid, Entry>>,
    tasks: Mutex<Vec<AbortHandle>>,
}

impl Sessions {
    /// None yet.
    pub fn new(
        backend: Arc<dyn Backend>,
        registry: Arc<Registry>,
        statements: Arc<Statements>,
        limits: Limits,
    ) -> Arc<Sessions> {
        Arc::new(Sessions { backend, registry, statements, limits, entries: Mutex::default(), tasks: Mutex::default() })
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Uuid, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session that outlives its statements.
    ///
    /// # Errors
    /// ActiveSessionsExceededException
    pub fn open(
        self: &Arc<Self>,
        target: &Target,
        keep_alive: u64,
        access_key: Option<&str>,
    ) -> Result<Uuid, ApiError> {
        let (id, created) = (Uuid::new_v4(), now());
        let mut entries = self.entries();
        entries.retain(|_, entry| {
            entry.shown.status != SessionStatus::Closed || entry.shown.updated > created - RETENTION
        });
        if entries.values().filter(|entry| entry.shown.status != SessionStatus::Closed).count() >= self.limits.sessions
        {
            let message = format!("Active sessions exceeded the allowed quota ({}).", self.limits.sessions);
            return Err(ApiError::client("ActiveSessionsExceededException", message));
        }
        let (queue, handed) = mpsc::unbounded_channel();
        let shown = Shown {
            id,
            status: SessionStatus::Available,
            created,
            updated: created,
            target: target.clone(),
            keep_alive,
            ends: created + keep_alive as i64 * 1_000_000,
            current: None,
            access_key: access_key.map(str::to_string),
        };
        entries.insert(id, Entry { shown, queue });
        drop(entries);
        self.spawn(Arc::clone(self).serve(id, target.clone(), handed));
        Ok(id)
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(tokio::spawn(work).abort_handle());
    }

    /// Ends all of them at once.
    pub fn abort(&self) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).drain(..).for_each(|task| task.abort());
    }

    /// A session, open or closed.
    pub fn get(&self, id: Uuid) -> Option<Shown> {
        self.entries().get(&id).map(|entry| entry.shown.clone())
    }

    /// All of them, newest first.
    pub fn newest_first(&self) -> Vec<Shown> {
        let mut all: Vec<_> = self.entries().values().map(|entry| entry.shown.clone()).collect();
        all.sort_by_key(|shown| std::cmp::Reverse((shown.created, shown.id)));
        all
    }

    /// Reserves a session for a statement; then [`Sessions::hand_over`] it.
    ///
    /// # Errors
    /// Where it is closed, busy, another caller's or not known.
    pub fn reserve(&self, id: Uuid, keep_alive: Option<u64>, access_key: Option<&str>) -> Result<Target, ApiError> {
        let mut entries = self.entries();
        let usable = |shown: &Shown| shown.status != SessionStatus::Closed && shown.access_key.as_deref() == access_key;
        let Some(entry) = entries.get_mut(&id).filter(|entry| usable(&entry.shown)) else {
            return Err(no_session(&id.to_string()));
        };
        if entry.shown.status == SessionStatus::Busy {
            return Err(session_is_busy());
        }
        entry.shown.status = SessionStatus::Busy;
        entry.shown.updated = now();
        if let Some(keep_alive) = keep_alive {
            entry.shown.keep_alive = keep_alive;
        }
        Ok(entry.shown.target.clone())
    }

    /// Gives a reservation back.
    pub fn release(&self, id: Uuid) {
        self.change(id, |shown| shown.status = SessionStatus::Available);
    }

    /// Has a session run a statement, or makes one for it alone.
    pub fn hand_over(self: &Arc<Self>, statement: Arc<Statement>) {
        match statement.asked.session {
            None => self.spawn(Arc::clone(self).run_alone(statement)),
            Some(id) => {
                self.change(id, |shown| shown.current = Some(statement.id));
                let queue = self.entries().get(&id).map(|entry| entry.queue.clone());
                let handed = queue.map(|queue| queue.send(Arc::clone(&statement)));
                if !matches!(handed, Some(Ok(()))) {
                    fail_to_connect(&statement, &terminated_error());
                }
            }
        }
    }

    fn change(&self, id: Uuid, change: impl FnOnce(&mut Shown)) {
        if let Some(entry) = self.entries().get_mut(&id) {
            change(&mut entry.shown);
            entry.shown.updated = now();
        }
    }

    async fn run_alone(self: Arc<Self>, statement: Arc<Statement>) {
        if let Some(mut runner) =
            self.connect(&statement, &statement.asked.target, Instant::now() + self.limits.session_life).await
        {
            let ended = runner.run(&statement).await;
            self.statements.keep(&statement);
            ended.tell(&statement);
        }
    }

    /// A session of the backend for this statement; none where it failed or was stopped.
    async fn connect(&self, statement: &Statement, target: &Target, end: Instant) -> Option<Runner> {
        statement.advance(Status::Picked);
        let opened = tokio::select! {
            biased;
            () = statement.cancelled() => {
                abort(statement);
                return None;
            }
            opened = self.open_backend(target, end) => opened,
        };
        opened.inspect_err(|error| fail_to_connect(statement, error)).ok()
    }

    /// A session of the backend.
    ///
    /// # Errors
    /// Where the database or the user does not exist.
    pub async fn open_backend(&self, target: &Target, end: Instant) -> Result<Runner, Error> {
        let registration = self.registry.register();
        let login = Login {
            user: target.user.clone(),
            database: target.database.clone(),
            settings: vec![("application_name".to_string(), "RedshiftDataAPI".to_string())],
            client: Client::at("127.0.0.1"),
            pid: registration.pid,
            control: Some(registration.control()),
        };
        let session = Session::new(self.backend.open(login).await?);
        Ok(Runner { session, registration, end, limits: self.limits })
    }

    /// The life of a session.
    async fn serve(self: Arc<Self>, id: Uuid, target: Target, mut handed: mpsc::UnboundedReceiver<Arc<Statement>>) {
        let end = Instant::now() + self.limits.session_life;
        let mut runner: Option<Runner> = None;
        // The first statement follows at once.
        let mut idle_end = end;
        loop {
            let statement = tokio::select! {
                biased;
                statement = handed.recv() => statement,
                () = sleep_until(idle_end) => None,
                () = ended(runner.as_ref().map(|runner| &runner.registration)) => None,
            };
            let Some(statement) = statement else { break };
            match &runner {
                Some(_) => statement.advance(Status::Picked),
                None => runner = self.connect(&statement, &target, end).await,
            }
            let Some(runner) = &mut runner else { break };
            let ended = match statement.is_cancelled() {
                true => None,
                false => Some(runner.run(&statement).await),
            };
            self.statements.keep(&statement);
            let keep_alive = self.get(id).map_or(0, |shown| shown.keep_alive);
            let goes_on = keep_alive > 0 && !runner.registration.is_terminated();
            idle_end = (Instant::now() + Duration::from_secs(keep_alive)).min(end);
            self.change(id, |shown| {
                shown.status = if goes_on { SessionStatus::Available } else { SessionStatus::Closed };
                shown.current = None;
                shown.ends = (now() + keep_alive as i64 * 1_000_000)
                    .min(shown.created + self.limits.session_life.as_micros() as i64);
            });
            match ended {
                Some(ended) => ended.tell(&statement),
                None => abort(&statement),
            }
            if !goes_on {
                break;
            }
        }
        self.change(id, |shown| {
            shown.status = SessionStatus::Closed;
            shown.current = None;
        });
        handed.close();
        while let Some(statement) = handed.recv().await {
            fail_to_connect(&statement, &Error::new(SqlState::ADMIN_SHUTDOWN, "the session has ended"));
        }
    }
}

/// Waits until somebody ends the session by SQL.
async fn ended(registration: Option<&Registration>) {
    match registration {
        Some(registration) => registration.terminated().await,
        None => std::future::pending().await,
    }
}
