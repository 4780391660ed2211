//! A backend with a guard before it: policies decide what reaches it, the audit writes it down, metrics count it.
//!
//! Everything that runs SQL, the wire protocol as well as the Data API, does so through a [`Backend`]; so this is the one place
//! that nothing goes around. A session for a [`Guest`] has policies and an audit; one without, as in the emulator, is only
//! counted.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use blueshift_emulator::{Credential, Description, Login, Notice, Outcome, Request, Rows};
use chrono::Utc;
use futures::{Stream, StreamExt, stream::BoxStream};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Statement, TransactionModes},
    footprint::Footprint,
};

use crate::{
    audit::{End, Said, Who},
    auth::gate::{Guest, Presence},
    backend::{Archive, Backend, BackendSession},
    doors::Doors,
    metrics::{Ending, Metrics},
    policy::{Case, Denial, Limits, Place},
};

/// A guarded backend.
pub struct Guarded {
    inner: Arc<dyn Backend>,
    metrics: Arc<Metrics>,
    doors: Option<Arc<Doors>>,
}

impl Guarded {
    /// Guards a backend; without doors it only counts.
    pub fn new(inner: Arc<dyn Backend>, metrics: Arc<Metrics>, doors: Option<Arc<Doors>>) -> Guarded {
        Guarded { inner, metrics, doors }
    }

    fn session(&self, inner: Box<dyn BackendSession>, entry: Option<Entry>) -> Box<dyn BackendSession> {
        self.metrics.sessions.add(1);
        Box::new(GuardedSession { inner, metrics: Arc::clone(&self.metrics), entry, opened: Instant::now() })
    }
}

#[async_trait]
impl Backend for Guarded {
    fn credential(&self, user: &str) -> Result<Option<Credential>> {
        self.inner.credential(user)
    }

    async fn open(&self, login: Login) -> Result<Box<dyn BackendSession>> {
        Ok(self.session(self.inner.open(login).await?, None))
    }

    async fn open_for(&self, mut login: Login, guest: &Guest) -> Result<Box<dyn BackendSession>> {
        let Some(doors) = &self.doors else {
            return Ok(self.session(self.inner.open_for(login, guest).await?, None));
        };
        let who = Who::new(guest, login.pid, &login.client_host, &login.database);
        let refused = |error: Error, why: &str| {
            doors.audit.turned_away(&who, why);
            error
        };
        if !guest.targets.is_empty() && !guest.targets.contains(&login.database) {
            // As if it did not exist.
            let message = format!("database \"{}\" does not exist", login.database);
            return Err(refused(Error::new(SqlState::INVALID_CATALOG_NAME, message), "target"));
        }
        let presence = doors.gate.enter(guest).map_err(|error| refused(error, "max-connections"))?;
        let place = doors.prepare_search_path(&mut login, guest);
        doors.audit.connected(&who)?;
        let inner = match self.inner.open_for(login, guest).await {
            Ok(inner) => inner,
            Err(error) => {
                doors.audit.turned_away(&who, &format!("the warehouse: {}", error.sqlstate()));
                return Err(error);
            }
        };
        let entry = Entry { doors: Arc::clone(doors), guest: guest.clone(), who, place, presence };
        Ok(self.session(inner, Some(entry)))
    }

    async fn close(&self) -> Result<()> {
        self.inner.close().await
    }

    fn archive(&self) -> Option<&dyn Archive> {
        self.inner.archive()
    }
}

/// What is known of the guest of a session.
struct Entry {
    doors: Arc<Doors>,
    guest: Guest,
    who: Who,
    place: Place,
    presence: Presence,
}

impl Entry {
    /// Decides on a statement.
    fn decide(&self, statement: &Statement) -> Result<Limits, Denial> {
        let footprint = Footprint::of(statement);
        let (guest, place) = (&self.guest, &self.place);
        let case = Case { guest, statement, footprint: &footprint, place, now: Utc::now() };
        self.doors.policies.get().decide(case)
    }
}

struct GuardedSession {
    inner: Box<dyn BackendSession>,
    metrics: Arc<Metrics>,
    entry: Option<Entry>,
    opened: Instant,
}

impl Drop for GuardedSession {
    fn drop(&mut self) {
        self.metrics.sessions.add(-1);
        if let Some(entry) = &self.entry {
            entry.doors.audit.disconnected(&entry.who, self.opened.elapsed());
        }
    }
}

impl GuardedSession {
    /// Lets a statement begin, or not. `said` is worked out only where somebody reads it.
    fn begin_statement(&self, statement: &Statement, said: impl Fn(&Entry) -> Said) -> Result<Watch> {
        let Some(entry) = &self.entry else { return Ok(Watch::new(&self.metrics, None)) };
        let limits = entry.decide(statement).map_err(|denial| self.deny(entry, &said(entry), &denial))?;
        let turn = entry.turn()?;
        let said = said(entry);
        entry.doors.audit.begins(&entry.who, &said)?;
        let told = Told { doors: Arc::clone(&entry.doors), who: entry.who.clone(), said, end: End::default() };
        let mut watch = Watch::new(&self.metrics, Some(told));
        (watch.limits, watch.turn) = (limits, turn);
        Ok(watch)
    }

    fn deny(&self, entry: &Entry, said: &Said, denial: &Denial) -> Error {
        self.metrics.ended(Ending::Refused, Duration::ZERO);
        entry.doors.audit.denied(&entry.who, said, denial);
        denial.error()
    }

    /// BEGIN, COMMIT and ROLLBACK have no text of their own.
    fn control(&self, command: &'static str) -> Result<Watch> {
        let Some(entry) = &self.entry else { return Ok(Watch::new(&self.metrics, None)) };
        let said = entry.doors.audit.command(command);
        entry.doors.audit.begins(&entry.who, &said)?;
        let told = Told { doors: Arc::clone(&entry.doors), who: entry.who.clone(), said, end: End::default() };
        Ok(Watch::new(&self.metrics, Some(told)))
    }

    /// The ids that a statement has in the warehouse.
    fn identify(&self, watch: &mut Watch) {
        if let Some(told) = &mut watch.told {
            told.end.statement_id = self.inner.statement_id();
            told.end.query_id = self.inner.last_query();
        }
    }
}

impl Entry {
    /// A turn among the statements of this guest that may run at a time.
    fn turn(&self) -> Result<Option<Turn>> {
        let Some(most) = self.guest.max_running else { return Ok(None) };
        let running = self.presence.running();
        if running.fetch_add(1, Ordering::Relaxed) >= most {
            running.fetch_sub(1, Ordering::Relaxed);
            let message = format!("user \"{}\" may run {most} statements at a time", self.guest.name);
            return Err(Error::new(SqlState("53400"), message));
        }
        Ok(Some(Turn(running)))
    }
}

/// A statement that counts among those that run.
struct Turn(Arc<AtomicUsize>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What is written of a statement when it ends.
struct Told {
    doors: Arc<Doors>,
    who: Who,
    said: Said,
    end: End,
}

/// A statement under way: whatever becomes of it is counted and written down once.
struct Watch {
    metrics: Arc<Metrics>,
    told: Option<Told>,
    limits: Limits,
    /// It counts as long as it lives.
    turn: Option<Turn>,
    begun: Instant,
    rows: u64,
    bytes: u64,
    ending: Ending,
}

impl Watch {
    fn new(metrics: &Arc<Metrics>, told: Option<Told>) -> Watch {
        metrics.running.add(1);
        Watch {
            metrics: Arc::clone(metrics),
            told,
            limits: Limits::default(),
            turn: None,
            begun: Instant::now(),
            rows: 0,
            bytes: 0,
            // Who drops it without a word does not wait for the end.
            ending: Ending::Cancelled,
        }
    }

    fn succeeded(&mut self, rows: u64) {
        self.ending = Ending::Ok;
        self.rows += rows;
    }

    fn failed(&mut self, error: &Error) {
        self.ending = if error.sqlstate() == SqlState::QUERY_CANCELED { Ending::Cancelled } else { Ending::Error };
        if let Some(told) = &mut self.told {
            told.end.sqlstate = Some(error.sqlstate().0.to_string());
        }
    }

    /// A batch passes, if it may.
    fn pass(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        let sizes = batch.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or(0));
        self.bytes += sizes.sum::<usize>() as u64;
        self.limits.check(self.rows, self.bytes).map_err(|denial| {
            self.ending = Ending::Refused;
            if let Some(told) = &mut self.told {
                told.doors.audit.denied(&told.who, &told.said, &denial);
                told.end.sqlstate = Some(SqlState::INSUFFICIENT_PRIVILEGE.0.to_string());
            }
            denial.error()
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let took = self.begun.elapsed();
        self.metrics.running.add(-1);
        self.metrics.ended(self.ending, took);
        self.metrics.rows.add(self.rows);
        self.metrics.bytes.add(self.bytes);
        if let Some(told) = &mut self.told {
            (told.end.rows, told.end.bytes) = (self.rows, self.bytes);
            told.doors.audit.ended(&told.who, &told.said, &told.end, self.ending, took);
        }
    }
}

/// Rows that are watched until their end.
struct WatchedRows {
    batches: BoxStream<'static, Result<RecordBatch>>,
    /// None behind the end.
    watch: Option<Watch>,
}

impl Stream for WatchedRows {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(watch) = &mut this.watch else { return Poll::Ready(None) };
        let next = std::task::ready!(this.batches.poll_next_unpin(context));
        let next = match next {
            Some(Ok(batch)) => match watch.pass(&batch) {
                Ok(()) => return Poll::Ready(Some(Ok(batch))),
                Err(error) => Some(Err(error)),
            },
            Some(Err(error)) => {
                watch.failed(&error);
                Some(Err(error))
            }
            None => {
                watch.succeeded(0);
                None
            }
        };
        // It is written down before its client hears of the end.
        this.watch = None;
        Poll::Ready(next)
    }
}

#[async_trait]
impl BackendSession for GuardedSession {
    fn join_groups(&mut self, groups: &[String]) -> Result<()> {
        self.inner.join_groups(groups)
    }

    async fn begin(&mut self, modes: TransactionModes) -> Result<()> {
        let mut watch = self.control("BEGIN")?;
        let begun = self.inner.begin(modes).await;
        note(&mut watch, &begun);
        begun
    }

    async fn commit(&mut self) -> Result<()> {
        let mut watch = self.control("COMMIT")?;
        let committed = self.inner.commit().await;
        self.identify(&mut watch);
        note(&mut watch, &committed);
        if let Some(entry) = &mut self.entry {
            match &committed {
                Ok(()) => entry.place.committed(),
                Err(_) => entry.place.rolled_back(),
            }
        }
        committed
    }

    async fn rollback(&mut self) {
        if !self.inner.in_block() {
            return self.inner.rollback().await;
        }
        // What is taken back needs nobody's leave.
        let watch = self.control("ROLLBACK");
        self.inner.rollback().await;
        if let Ok(mut watch) = watch {
            self.identify(&mut watch);
            watch.succeeded(0);
        }
        if let Some(entry) = &mut self.entry {
            entry.place.rolled_back();
        }
    }

    fn in_block(&self) -> bool {
        self.inner.in_block()
    }

    async fn describe(&mut self, statement: &Statement, types: &[Option<RedshiftType>]) -> Result<Description> {
        if let Some(entry) = &self.entry {
            // What may not be read may not be looked at, either. There is no text here; the command must do.
            let said = entry.doors.audit.command(statement.command_name());
            entry.decide(statement).map_err(|denial| self.deny(entry, &said, &denial))?;
        }
        self.inner.describe(statement, types).await
    }

    async fn execute(&mut self, request: Request<'_>) -> Result<Outcome> {
        let Request { statement, text, parameters, .. } = request;
        let mut watch = self.begin_statement(statement, |entry| entry.doors.audit.said(statement, text, parameters))?;
        let outcome = self.inner.execute(request).await;
        self.identify(&mut watch);
        match outcome {
            Ok(outcome) => {
                let in_block = self.inner.in_block();
                if let Some(entry) = &mut self.entry {
                    entry.place.after(statement, in_block);
                }
                Ok(match outcome {
                    Outcome::Rows(Rows { columns, batches, tag }) => {
                        let batches = WatchedRows { batches, watch: Some(watch) }.boxed();
                        Outcome::Rows(Rows { columns, batches, tag })
                    }
                    Outcome::Done(tag) => {
                        watch.succeeded(tag.rows.unwrap_or(0));
                        Outcome::Done(tag)
                    }
                })
            }
            Err(error) => {
                watch.failed(&error);
                Err(error)
            }
        }
    }

    fn take_notices(&mut self) -> Vec<Notice> {
        self.inner.take_notices()
    }

    fn take_setting_changes(&mut self) -> Vec<(String, String)> {
        self.inner.take_setting_changes()
    }

    fn idle_limit(&self) -> Option<Duration> {
        self.inner.idle_limit()
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.inner.setting(name)
    }

    fn counts_in_statement(&self) -> bool {
        self.inner.counts_in_statement()
    }

    fn describes_at_a_cost(&self) -> bool {
        self.inner.describes_at_a_cost()
    }

    fn last_query(&self) -> Option<i64> {
        self.inner.last_query()
    }

    fn statement_id(&self) -> Option<String> {
        self.inner.statement_id()
    }
}

fn note<T>(watch: &mut Watch, result: &Result<T>) {
    match result {
        Ok(_) => watch.succeeded(0),
        Err(error) => watch.failed(error),
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
