//! Statements: what was asked, how far it has come, and what it gave, for 24 hours.
//!
//! A statement goes SUBMITTED → PICKED (a session has taken it) → STARTED (the database runs it) → FINISHED, FAILED or
//! ABORTED, and never back. Everybody who waits for it watches the same state.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{sync::watch, time::timeout};
use uuid::Uuid;

use super::results::ResultSet;
use crate::http::{json_rpc::ApiError, now};

/// How long statements and their results are kept, in microseconds: guide, "Considerations when calling the Data API".
const RETENTION: i64 = 24 * 3_600 * 1_000_000;
/// How long a client token counts, in microseconds.
const TOKEN_RETENTION: i64 = 8 * 3_600 * 1_000_000;
/// Bytes of results that are kept; beyond them the oldest go before their time.
const KEPT_RESULT_BYTES: usize = 1 << 30;
/// Statements that are kept; beyond them the oldest go before their time.
const KEPT_STATEMENTS: usize = 50_000;

/// How far a statement has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Status {
    Submitted,
    Picked,
    Started,
    Finished,
    Failed,
    Aborted,
}

impl Status {
    /// As the service writes it.
    pub fn name(self) -> &'static str {
        match self {
            Status::Submitted => "SUBMITTED",
            Status::Picked => "PICKED",
            Status::Started => "STARTED",
            Status::Finished => "FINISHED",
            Status::Failed => "FAILED",
            Status::Aborted => "ABORTED",
        }
    }

    /// Is it waiting or running?
    pub fn is_active(self) -> bool {
        matches!(self, Status::Submitted | Status::Picked | Status::Started)
    }
}

/// One text or several?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// ExecuteStatement
    Single,
    /// BatchExecuteStatement
    Batch(Mode),
}

/// What a batch is to transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Mode {
    Transaction,
    AutoCommit,
}

/// The form that a result is fetched in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Format {
    Json,
    Csv,
}

impl Format {
    /// As the service writes it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "JSON",
            Format::Csv => "CSV",
        }
    }
}

/// A named parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name, without the colon.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

/// Where a statement runs and as whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    /// The cluster, where it is one.
    pub cluster: Option<String>,
    /// The workgroup, where it is one.
    pub workgroup: Option<String>,
    /// The database.
    pub database: String,
    /// The database user.
    pub user: String,
    /// The secret that was named.
    pub secret: Option<String>,
}

/// What was asked.
#[derive(Debug)]
pub struct Asked {
    /// One text or several.
    pub kind: Kind,
    /// The texts.
    pub sqls: Vec<String>,
    /// The parameters of all of them.
    pub parameters: Vec<Parameter>,
    /// StatementName
    pub name: Option<String>,
    /// The form of its results.
    pub format: Format,
    /// Where it runs.
    pub target: Target,
    /// The session, where there is one that outlives it.
    pub session: Option<Uuid>,
    /// The access key that asked.
    pub access_key: Option<String>,
}

/// A statement.
#[derive(Debug)]
pub struct Statement {
    /// Its id.
    pub id: Uuid,
    /// What was asked.
    pub asked: Asked,
    /// When, in microseconds since 1970.
    pub created: i64,
    token: Option<Token>,
    state: watch::Sender<State>,
    cancelled: watch::Sender<bool>,
}

/// How far a statement has come.
#[derive(Debug, Clone)]
pub struct State {
    /// Its status.
    pub status: Status,
    /// When that changed.
    pub updated: i64,
    /// The session's process, once it has one.
    pub pid: i32,
    /// Why it failed.
    pub error: Option<String>,
    /// How long it ran.
    pub duration: Option<Duration>,
    /// Its texts, one by one.
    pub parts: Vec<Part>,
}

/// How far one of the texts has come.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its status.
    pub status: Status,
    /// When that changed.
    pub updated: i64,
    /// Why it failed.
    pub error: Option<String>,
    /// How long it ran.
    pub duration: Option<Duration>,
    /// The query's id in the system tables.
    pub query: Option<i64>,
    /// What it gave.
    pub outcome: Outcome,
}

/// What a text gave.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Nothing yet, or nothing ever.
    Nothing,
    /// It changed so many rows.
    Done {
        /// 0 where the command does not count.
        rows: u64,
    },
    /// Rows.
    Rows(Arc<ResultSet>),
    /// Rows that are not kept any more: how many there were, and their bytes.
    Forgotten {
        /// How many.
        rows: u64,
        /// How large.
        bytes: u64,
    },
}

impl Outcome {
    /// Does the statement have a result set, perhaps an empty one?
    pub fn has_rows(&self) -> bool {
        matches!(self, Outcome::Rows(_) | Outcome::Forgotten { .. })
    }

    /// Rows returned or changed.
    pub fn rows(&self) -> Option<u64> {
        match self {
            Outcome::Nothing => None,
            Outcome::Done { rows } | Outcome::Forgotten { rows, .. } => Some(*rows),
            Outcome::Rows(result) => Some(result.rows()),
        }
    }

    /// Bytes of the result.
    pub fn bytes(&self) -> Option<u64> {
        match self {
            Outcome::Nothing => None,
            Outcome::Done { .. } => Some(0),
            Outcome::Forgotten { bytes, .. } => Some(*bytes),
            Outcome::Rows(result) => Some(result.bytes()),
        }
    }
}

impl Statement {
    fn new(asked: Asked, token: Option<Token>) -> Statement {
        let created = now();
        let part = Part {
            status: Status::Submitted,
            updated: created,
            error: None,
            duration: None,
            query: None,
            outcome: Outcome::Nothing,
        };
        let state = State {
            status: Status::Submitted,
            updated: created,
            pid: 0,
            error: None,
            duration: None,
            parts: vec![part; asked.sqls.len()],
        };
        let (state, cancelled) = (watch::Sender::new(state), watch::Sender::new(false));
        Statement { id: Uuid::new_v4(), asked, created, token, state, cancelled }
    }

    /// How far it has come.
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Its status.
    pub fn status(&self) -> Status {
        self.state.borrow().status
    }

    /// Changes its state; those who wait look at it.
    pub fn update(&self, change: impl FnOnce(&mut State)) {
        self.state.send_modify(|state| {
            let before = state.status;
            change(state);
            if state.status != before {
                state.updated = now();
            }
        });
    }

    /// Goes on to a status.
    pub fn advance(&self, status: Status) {
        self.update(|state| state.status = status);
    }

    /// Waits until it has ended, at most so long.
    pub async fn ended(&self, at_most: Duration) {
        let mut state = self.state.subscribe();
        let _ = timeout(at_most, state.wait_for(|state| !state.status.is_active())).await;
    }

    /// Asks it to stop.
    pub fn cancel(&self) {
        self.cancelled.send_replace(true);
    }

    /// Was it asked to stop?
    pub fn is_cancelled(&self) -> bool {
        *self.cancelled.borrow()
    }

    /// Waits until it is asked to stop.
    pub async fn cancelled(&self) {
        let mut cancelled = self.cancelled.subscribe();
        if cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    fn result_bytes(&self) -> usize {
        let state = self.state.borrow();
        state.parts.iter().map(|part| if let Outcome::Rows(result) = &part.outcome { result.memory() } else { 0 }).sum()
    }

    fn forget_results(&self) {
        self.state.send_modify(|state| {
            for part in &mut state.parts {
                if let Outcome::Rows(result) = &part.outcome {
                    part.outcome = Outcome::Forgotten { rows: result.rows(), bytes: result.bytes() };
                }
            }
        });
    }
}

/// All statements, oldest first.
pub struct Statements {
    store: Mutex<Store>,
    most_active: usize,
}

#[derive(Default)]
struct Store {
    by_id: HashMap<Uuid, Arc<Statement>>,
    order: VecDeque<Arc<Statement>>,
    /// Those that wait or run, and perhaps some that have ended since.
    active: Vec<Arc<Statement>>,
    /// Those whose results are kept, each with the bytes of them, in the order in which they ended.
    with_results: VecDeque<(Arc<Statement>, usize)>,
    result_bytes: usize,
    tokens: HashMap<Token, Uuid>,
}

/// Access key and client token.
type Token = (Option<String>, String);

impl Statements {
    /// None yet; so many may wait or run at a time.
    pub fn new(most_active: usize) -> Statements {
        Statements { store: Mutex::default(), most_active }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A statement that was asked before under this token.
    pub fn with_token(&self, access_key: Option<&str>, token: &str) -> Option<Arc<Statement>> {
        let store = self.store();
        let id = store.tokens.get(&(access_key.map(str::to_string), token.to_string()))?;
        store.by_id.get(id).filter(|statement| now() - statement.created < TOKEN_RETENTION).cloned()
    }

    /// Takes a new statement in.
    ///
    /// # Errors
    /// ActiveStatementsExceededException
    pub fn submit(&self, asked: Asked, token: Option<&str>) -> Result<Arc<Statement>, ApiError> {
        let mut store = self.store();
        store.expire();
        store.active.retain(|statement| statement.status().is_active());
        if store.active.len() >= self.most_active {
            let message = format!("Active statements exceeded the allowed quota ({}).", self.most_active);
            return Err(ApiError::client("ActiveStatementsExceededException", message));
        }
        let token = token.map(|token| (asked.access_key.clone(), token.to_string()));
        let statement = Arc::new(Statement::new(asked, token.clone()));
        store.by_id.insert(statement.id, Arc::clone(&statement));
        store.order.push_back(Arc::clone(&statement));
        store.active.push(Arc::clone(&statement));
        store.tokens.extend(token.map(|token| (token, statement.id)));
        Ok(statement)
    }

    /// The statement of this id.
    pub fn get(&self, id: Uuid) -> Option<Arc<Statement>> {
        let mut store = self.store();
        store.expire();
        store.by_id.get(&id).cloned()
    }

    /// All of them, newest first.
    pub fn newest_first(&self) -> Vec<Arc<Statement>> {
        let mut store = self.store();
        store.expire();
        store.order.iter().rev().cloned().collect()
    }

    /// Keeps the results of a statement that has ended; the oldest go where there are too many.
    pub fn keep(&self, statement: &Arc<Statement>) {
        let bytes = statement.result_bytes();
        if bytes == 0 {
            return;
        }
        let mut store = self.store();
        store.result_bytes += bytes;
        store.with_results.push_back((Arc::clone(statement), bytes));
        while store.result_bytes > KEPT_RESULT_BYTES && store.with_results.len() > 1 {
            store.drop_oldest_result();
        }
    }

    /// Waits until none is waiting or running.
    pub async fn drained(&self) {
        for statement in self.newest_first() {
            statement.ended(Duration::MAX).await;
        }
    }
}

impl Store {
    fn expire(&mut self) {
        let oldest = now() - RETENTION;
        while let Some(first) = self.order.front()
            && !first.status().is_active()
            && (first.created < oldest || self.order.len() > KEPT_STATEMENTS)
        {
            let Some(gone) = self.order.pop_front() else { return };
            self.by_id.remove(&gone.id);
            if let Some(token) = &gone.token {
                self.tokens.remove(token);
            }
        }
        while self.with_results.front().is_some_and(|(statement, _)| !self.by_id.contains_key(&statement.id)) {
            self.drop_oldest_result();
        }
    }

    fn drop_oldest_result(&mut self) {
        if let Some((statement, bytes)) = self.with_results.pop_front() {
            self.result_bytes -= bytes;
            statement.forget_results();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(sqls: &[&str]) -> Asked {
        Asked {
            kind: Kind::Single,
            sqls: sqls.iter().map(|sql| (*sql).to_string()).collect(),
            parameters: Vec::new(),
            name: None,
            format: Format::Json,
            target: Target::default(),
            session: None,
            access_key: Some("key".into()),
        }
    }

    #[test]
    fn a_token_means_the_same_statement_to_the_same_caller() {
        let statements = Statements::new(500);
        let statement = statements.submit(asked(&["select 1"]), Some("token")).unwrap();
        assert_eq!(statements.with_token(Some("key"), "token").unwrap().id, statement.id);
        assert!(statements.with_token(Some("other"), "token").is_none());
        assert!(statements.with_token(Some("key"), "Token").is_none());
    }

    #[test]
    fn there_are_so_many_active_statements_and_no_more() {
        let statements = Statements::new(500);
        let all: Vec<_> = (0..500).map(|_| statements.submit(asked(&["x"]), None).unwrap()).collect();
        let error = statements.submit(asked(&["x"]), None).unwrap_err();
        assert_eq!(error.message, "Active statements exceeded the allowed quota (500).");
        all[7].advance(Status::Finished);
        assert!(statements.submit(asked(&["x"]), None).is_ok());
    }

    #[tokio::test]
    async fn who_waits_hears_of_the_end() {
        let statements = Statements::new(500);
        let statement = statements.submit(asked(&["x"]), None).unwrap();
        statement.ended(Duration::ZERO).await;
        assert_eq!(statement.status(), Status::Submitted);
        let waiting = tokio::spawn({
            let statement = Arc::clone(&statement);
            async move { statement.ended(Duration::from_secs(60)).await }
        });
        statement.advance(Status::Aborted);
        waiting.await.unwrap();
        statements.drained().await;
    }
}
