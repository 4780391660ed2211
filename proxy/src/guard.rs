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
use blueshift_emulator::{
    Credential, CursorProgress, Description, Login, Notice, Outcome, OwnStatement, RefusedLogin, Request, Rows,
};
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

    fn session(&self, inner: Box<dyn BackendSession>, visit: Visit, place: Place) -> Box<dyn BackendSession> {
        self.metrics.sessions.add(1);
        Box::new(GuardedSession { inner, visit, place, limits: Limits::default(), opened: Instant::now() })
    }

    fn counted(&self, inner: Box<dyn BackendSession>) -> Box<dyn BackendSession> {
        self.session(inner, Visit::counted(&self.metrics), Place::default())
    }
}

#[async_trait]
impl Backend for Guarded {
    fn credential(&self, user: &str) -> Result<Option<Credential>> {
        self.inner.credential(user)
    }

    async fn open(&self, login: Login) -> Result<Box<dyn BackendSession>> {
        Ok(self.counted(self.inner.open(login).await?))
    }

    async fn open_for(&self, mut login: Login, guest: &Guest) -> Result<Box<dyn BackendSession>> {
        let Some(doors) = &self.doors else {
            return Ok(self.counted(self.inner.open_for(login, guest).await?));
        };
        let who = Who::new(guest, login.pid, &login.client.host, &login.database);
        let refused = |error: Error, why: &str| {
            doors.audit.turned_away(&who, why);
            error
        };
        if !guest.targets.is_empty() && !guest.targets.contains(&login.database) {
            // As if it did not exist.
            let message = format!("database \"{}\" does not exist", login.database);
            return Err(refused(Error::new(SqlState::INVALID_CATALOG_NAME, message), "target"));
        }
        let arrival = Arrival { guest, who: who.clone(), presence: None };
        let visit = Visit::of_guest(&self.metrics, doors, arrival)?;
        let place = doors.prepare_search_path(&mut login, guest);
        doors.audit.connected(&who)?;
        let inner = match self.inner.open_for(login, guest).await {
            Ok(inner) => inner,
            Err(error) => {
                doors.audit.turned_away(&who, &format!("the warehouse: {}", error.sqlstate()));
                return Err(error);
            }
        };
        Ok(self.session(inner, visit, place))
    }

    async fn close(&self) -> Result<()> {
        self.inner.close().await
    }

    fn note_refused_login(&self, refused: RefusedLogin) {
        self.inner.note_refused_login(refused);
    }

    fn archive(&self) -> Option<&dyn Archive> {
        self.inner.archive()
    }
}

/// Somebody who runs statements: policies, the audit and metrics know of them here. Whoever no policies and no audit are for,
/// as in the emulator, is only counted.
pub struct Visit {
    metrics: Arc<Metrics>,
    stay: Option<Stay>,
}

/// What is known of a guest.
struct Stay {
    doors: Arc<Doors>,
    guest: Guest,
    who: Who,
    presence: Arc<Presence>,
}

/// A guest who comes to run statements.
pub struct Arrival<'a> {
    /// They.
    pub guest: &'a Guest,
    /// They, as the audit knows them.
    pub who: Who,
    /// What they count as, where they are there already: in a session that counts as a connection of theirs.
    pub presence: Option<Arc<Presence>>,
}

impl Stay {
    /// Decides on a statement whose names are looked up in a place.
    fn decide(&self, statement: &Statement, place: &Place) -> Result<Limits, Denial> {
        let footprint = Footprint::of(statement);
        let case = Case { guest: &self.guest, statement, footprint: &footprint, place, now: Utc::now() };
        self.doors.policies.get().decide(case)
    }

    fn turn(&self) -> Result<Turn> {
        let Some(most) = self.guest.max_running else { return Ok(Turn(None)) };
        let running = self.presence.running();
        if running.fetch_add(1, Ordering::Relaxed) >= most {
            running.fetch_sub(1, Ordering::Relaxed);
            let message = format!("user \"{}\" may run {most} statements at a time", self.guest.name);
            return Err(Error::new(SqlState("53400"), message));
        }
        Ok(Turn(Some(running)))
    }
}

impl Visit {
    /// A visit of somebody whom nothing is known of: it is only counted.
    pub fn counted(metrics: &Arc<Metrics>) -> Visit {
        Visit { metrics: Arc::clone(metrics), stay: None }
    }

    /// A guest's visit, which counts as a connection of theirs as long as it lasts.
    ///
    /// # Errors
    /// 53300 where there are as many as there may be.
    pub fn of_guest(metrics: &Arc<Metrics>, doors: &Arc<Doors>, arrival: Arrival<'_>) -> Result<Visit> {
        let Arrival { guest, who, presence } = arrival;
        let enter = || doors.gate.enter(guest).inspect_err(|_| doors.audit.turned_away(&who, "max-connections"));
        let presence = presence.map_or_else(|| enter().map(Arc::new), Ok)?;
        let stay = Stay { doors: Arc::clone(doors), guest: guest.clone(), who, presence };
        Ok(Visit { metrics: Arc::clone(metrics), stay: Some(stay) })
    }

    /// What the guest counts as.
    pub fn presence(&self) -> Option<Arc<Presence>> {
        self.stay.as_ref().map(|stay| Arc::clone(&stay.presence))
    }

    /// May this statement pass? A refusal is counted and written down.
    ///
    /// # Errors
    /// 42501
    pub fn decide(&self, said: &Saying<'_>, place: &Place) -> Result<Limits> {
        let Some(stay) = &self.stay else { return Ok(Limits::default()) };
        stay.decide(said.statement, place).map_err(|denial| {
            self.metrics.ended(Ending::Refused, Duration::ZERO);
            stay.doors.audit.denied(&stay.who, &said.written(stay), &denial);
            denial.error()
        })
    }

    /// Would this statement pass? Nobody is told.
    pub fn may(&self, statement: &Statement, place: &Place) -> bool {
        self.stay.as_ref().is_none_or(|stay| stay.decide(statement, place).is_ok())
    }

    /// A turn among the statements of this guest that may run at a time.
    ///
    /// # Errors
    /// 53400 where as many run as may.
    pub fn turn(&self) -> Result<Turn> {
        self.stay.as_ref().map_or(Ok(Turn(None)), Stay::turn)
    }

    /// Lets a statement begin that was decided on, or not.
    ///
    /// # Errors
    /// 58030 where it must be written down and cannot.
    pub fn begin(&self, said: &Saying<'_>, limits: Limits) -> Result<Watch> {
        let Some(stay) = &self.stay else { return Ok(Watch::new(&self.metrics, None)) };
        let mut watch = self.write_begin(stay, said.written(stay))?;
        watch.limits = limits;
        Ok(watch)
    }

    /// Something that nothing is known of, so that it is only counted.
    pub fn count(&self) -> Watch {
        Watch::new(&self.metrics, None)
    }

    /// BEGIN, COMMIT and ROLLBACK that have no text of their own.
    fn control(&self, command: &'static str) -> Result<Watch> {
        let Some(stay) = &self.stay else { return Ok(Watch::new(&self.metrics, None)) };
        self.write_begin(stay, stay.doors.audit.command(command))
    }

    fn write_begin(&self, stay: &Stay, said: Said) -> Result<Watch> {
        stay.doors.audit.begins(&stay.who, &said)?;
        let told = Told { doors: Arc::clone(&stay.doors), who: stay.who.clone(), said, end: End::default() };
        Ok(Watch::new(&self.metrics, Some(told)))
    }
}

/// A statement as it was said. What of it is written is worked out only where somebody reads that.
pub struct Saying<'a> {
    /// What it says.
    pub statement: &'a Statement,
    /// Its text; none where only the command is known.
    pub text: Option<&'a str>,
    /// Its parameters.
    pub parameters: &'a [Option<String>],
}

impl Saying<'_> {
    fn written(&self, stay: &Stay) -> Said {
        match self.text {
            Some(text) => stay.doors.audit.said(self.statement, text, self.parameters),
            None => stay.doors.audit.command(self.statement.command_name()),
        }
    }
}

struct GuardedSession {
    inner: Box<dyn BackendSession>,
    visit: Visit,
    /// Where its names are looked up.
    place: Place,
    /// How policies bound the rows of the statement that ran last.
    limits: Limits,
    opened: Instant,
}

impl Drop for GuardedSession {
    fn drop(&mut self) {
        self.visit.metrics.sessions.add(-1);
        if let Some(stay) = &self.visit.stay {
            stay.doors.audit.disconnected(&stay.who, self.opened.elapsed());
        }
    }
}

impl GuardedSession {
    /// The ids that a statement has in the warehouse.
    fn identify(&self, watch: &mut Watch) {
        watch.identify(self.inner.statement_id(), self.inner.last_query());
    }
}

/// What counts among the statements of its guest that run, where somebody counts them.
#[derive(Default)]
pub struct Turn(Option<Arc<AtomicUsize>>);

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(running) = &self.0 {
            running.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// What is written of a statement when it ends.
struct Told {
    doors: Arc<Doors>,
    who: Who,
    said: Said,
    end: End,
}

/// A statement under way: whatever becomes of it is counted and written down once, when this is dropped.
pub struct Watch {
    metrics: Arc<Metrics>,
    told: Option<Told>,
    limits: Limits,
    /// It counts as long as it lives.
    turn: Turn,
    begun: Instant,
    rows: u64,
    bytes: u64,
    ending: Ending,
    counts: bool,
}

impl Watch {
    fn new(metrics: &Arc<Metrics>, told: Option<Told>) -> Watch {
        metrics.running.add(1);
        Watch {
            metrics: Arc::clone(metrics),
            told,
            limits: Limits::default(),
            turn: Turn::default(),
            begun: Instant::now(),
            rows: 0,
            bytes: 0,
            // Who drops it without a word does not wait for the end.
            ending: Ending::Cancelled,
            counts: true,
        }
    }

    /// The ids that the statement has in the warehouse.
    pub fn identify(&mut self, statement: Option<String>, query: Option<i64>) {
        if let Some(told) = &mut self.told {
            (told.end.statement_id, told.end.query_id) = (statement, query);
        }
    }

    /// It is done; it changed so many rows.
    pub fn succeeded(&mut self, rows: u64) {
        self.ending = Ending::Ok;
        self.rows += rows;
    }

    /// The gateway ends before the statement does.
    pub fn left(&mut self) {
        self.ending = Ending::Left;
    }

    /// It was begun under another watch already: there is nothing to be told of this one.
    pub fn forget(mut self) {
        self.told = None;
        self.counts = false;
    }

    /// How policies bound its result.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Do policies bound its result?
    pub fn is_limited(&self) -> bool {
        self.limits != Limits::default()
    }

    /// So much is its result, if that may be.
    ///
    /// # Errors
    /// 42501 where a policy lets less pass.
    pub fn measure(&mut self, rows: u64, bytes: u64) -> Result<()> {
        self.rows += rows;
        self.bytes += bytes;
        self.limits.check(self.rows, self.bytes).map_err(|denial| {
            self.ending = Ending::Refused;
            if let Some(told) = &mut self.told {
                told.doors.audit.denied(&told.who, &told.said, &denial);
                told.end.sqlstate = Some(SqlState::INSUFFICIENT_PRIVILEGE.0.to_string());
            }
            denial.error()
        })
    }

    /// It failed.
    pub fn failed(&mut self, error: &Error) {
        self.ending = if error.sqlstate() == SqlState::QUERY_CANCELED { Ending::Cancelled } else { Ending::Error };
        if let Some(told) = &mut self.told {
            told.end.sqlstate = Some(error.sqlstate().0.to_string());
        }
    }

    /// A batch passes, if it may.
    fn pass(&mut self, batch: &RecordBatch) -> Result<()> {
        let sizes = batch.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or(0));
        self.measure(batch.num_rows() as u64, sizes.sum::<usize>() as u64)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let took = self.begun.elapsed();
        self.metrics.running.add(-1);
        if !self.counts {
            return;
        }
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
        let mut watch = self.visit.control("BEGIN")?;
        let begun = self.inner.begin(modes).await;
        note(&mut watch, &begun);
        begun
    }

    async fn commit(&mut self) -> Result<()> {
        let mut watch = self.visit.control("COMMIT")?;
        let committed = self.inner.commit().await;
        self.identify(&mut watch);
        note(&mut watch, &committed);
        match &committed {
            Ok(()) => self.place.committed(),
            Err(_) => self.place.rolled_back(),
        }
        committed
    }

    async fn rollback(&mut self) {
        if !self.inner.in_block() {
            return self.inner.rollback().await;
        }
        // What is taken back needs nobody's leave.
        let watch = self.visit.control("ROLLBACK");
        self.inner.rollback().await;
        if let Ok(mut watch) = watch {
            self.identify(&mut watch);
            watch.succeeded(0);
        }
        self.place.rolled_back();
    }

    fn in_block(&self) -> bool {
        self.inner.in_block()
    }

    async fn describe(&mut self, statement: &Statement, types: &[Option<RedshiftType>]) -> Result<Description> {
        // What may not be read may not be looked at, either. There is no text here; the command must do.
        self.visit.decide(&Saying { statement, text: None, parameters: &[] }, &self.place)?;
        self.inner.describe(statement, types).await
    }

    async fn execute(&mut self, request: Request<'_>) -> Result<Outcome> {
        let Request { statement, text, parameters, .. } = request;
        let said = Saying { statement, text: Some(text), parameters };
        let limits = self.visit.decide(&said, &self.place)?;
        let turn = self.visit.turn()?;
        self.limits.clone_from(&limits);
        let mut watch = self.visit.begin(&said, limits)?;
        watch.turn = turn;
        let outcome = self.inner.execute(request).await;
        self.identify(&mut watch);
        match outcome {
            Ok(outcome) => {
                if self.visit.stay.is_some() {
                    self.place.after(statement, self.inner.in_block());
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

    fn note_own(&mut self, own: OwnStatement<'_>) {
        self.inner.note_own(own);
    }

    fn open_cursor(&mut self, name: &str, progress: Arc<CursorProgress>) {
        self.inner.open_cursor(name, progress);
    }

    fn close_cursor(&mut self) {
        self.inner.close_cursor();
    }

    fn take_cursors(&mut self) -> Vec<(String, Rows)> {
        let watched = |(name, Rows { columns, batches, tag })| {
            let mut watch = self.visit.count();
            watch.limits.clone_from(&self.limits);
            let batches = WatchedRows { batches, watch: Some(watch) }.boxed();
            (name, Rows { columns, batches, tag })
        };
        self.inner.take_cursors().into_iter().map(watched).collect()
    }

    fn keeps_cursors(&self) -> bool {
        self.inner.keeps_cursors()
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

    fn show_discovery(&self) -> u32 {
        self.inner.show_discovery()
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
