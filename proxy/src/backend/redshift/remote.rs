//! A session of the Data API: statements one after the other, each run once, each stopped where its client does not want it
//! any more.
//!
//! The session is opened by the first statement that needs it and closed with its client. Each statement is a task of its
//! own: whoever waits for it may leave, and then it is cancelled, and the next statement waits until the service says that
//! it has ended. A session that is lost is never replaced: what was in it (temporary tables, settings, an open transaction)
//! is gone, and the client must hear of it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use blueshift_emulator::SessionControl;
use futures::{FutureExt, future::BoxFuture};
use redshift_sql_dialect::{Error, Result, SqlState};
use tokio::{
    runtime::Handle,
    sync::OwnedSemaphorePermit,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    client::{Failure, Progress, Status, Submission},
    errors::{call_error, cancelled, statement_error},
    parameters::Text,
    target::Target,
};
use crate::config::proxy::ResultForm;

/// How long a statement that was cancelled may take to end before its session counts as lost.
const CANCEL_PATIENCE: Duration = Duration::from_secs(60);
/// How often a session that says it is busy is tried again, and how long.
const BUSY: [Duration; 2] = [Duration::from_millis(20), Duration::from_secs(30)];
/// The part of a session's life after which it is replaced, where it holds nothing.
const OLD: f64 = 0.95;

/// A session of the Data API, opened or not.
pub struct Remote {
    target: Arc<Target>,
    control: Option<Arc<dyn SessionControl>>,
    /// What runs in each session first.
    startup: Vec<String>,
    state: Mutex<State>,
    /// Held by the statement that runs.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct State {
    session: Option<Open>,
    lost: Option<Error>,
    /// Statements that are to run in the session before all others.
    preamble: VecDeque<String>,
    last: Option<Progress>,
    /// Is a transaction block open in the session, or about to be?
    in_block: bool,
    /// Is there something in the session that no other has?
    private: bool,
    /// Has the session been let go since its last statement?
    replaced: bool,
}

struct Open {
    id: String,
    opened: Instant,
    used: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Remote {
    /// A session that is opened when it is needed; then `preamble` runs in it first.
    pub fn new(target: Arc<Target>, control: Option<Arc<dyn SessionControl>>, preamble: Vec<String>) -> Arc<Remote> {
        let state = State { preamble: preamble.clone().into(), ..State::default() };
        Arc::new(Remote { target, control, startup: preamble, state: Mutex::new(state), turn: Arc::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last statement: its id in the Data API and in the system tables.
    pub fn last(&self) -> Option<Progress> {
        self.state().last.clone()
    }

    /// Is there a session, so that something may be in it?
    pub fn is_open(&self) -> bool {
        let state = self.state();
        state.session.is_some() && state.lost.is_none()
    }

    /// Tells whether a transaction block is open in the session: before it is opened, and after it has ended.
    pub fn set_in_block(&self, in_block: bool) {
        self.state().in_block = in_block;
    }

    /// Tells, before that comes, that there will be something in the session that no other has.
    pub fn set_private(&self) {
        self.state().private = true;
    }

    /// Has the session been let go since its last statement, so that it does not know that any more?
    pub fn is_replaced(&self) -> bool {
        self.state().replaced
    }

    /// Since when the session has been idle; none where it is not open, runs something or holds something.
    pub fn idle_since(&self) -> Option<Instant> {
        let _turn = self.turn.try_lock().ok()?;
        let state = self.state();
        state.session.as_ref().filter(|_| state.holds_nothing()).map(|open| open.used)
    }

    /// Closes the session, where it is idle and holds nothing: was it closed?
    pub async fn let_go(self: &Arc<Self>) -> bool {
        let Ok(_turn) = Arc::clone(&self.turn).try_lock_owned() else { return false };
        self.let_go_in_turn().await
    }

    /// The same, by whoever has the turn.
    async fn let_go_in_turn(&self) -> bool {
        let open = {
            let mut state = self.state();
            if !state.holds_nothing() {
                return false;
            }
            let Some(open) = state.session.take() else { return false };
            state.preamble = self.startup.clone().into();
            state.replaced = true;
            open
        };
        self.end(open, "SELECT 1").await;
        true
    }

    /// Ends a session. There is no call for that: a last statement says that nothing is to outlive it. The session keeps its
    /// place until then.
    async fn end(&self, open: Open, sql: &str) {
        let submission = Submission {
            sql: sql.to_string(),
            parameters: Vec::new(),
            session: Some(open.id.clone()),
            keep_alive: 0,
            form: ResultForm::Json,
        };
        if let Err(failure) = self.target.client.submit(&submission).await {
            tracing::debug!(?failure, "a session of the Data API is left to its end");
        }
    }

    /// Runs a statement to its end. Who drops the future cancels the statement.
    ///
    /// # Errors
    /// The statement's own; 57P01 where the session has ended, 08006 where nobody knows what became of it.
    pub async fn run(self: &Arc<Self>, text: Text, form: ResultForm) -> Result<Progress> {
        let stop = CancellationToken::new();
        let task = tokio::spawn(Arc::clone(self).run_in_turn(text, form, stop.clone()));
        let _unless_dropped = stop.drop_guard();
        let ended = match task.await {
            Ok(ended) => ended,
            Err(error) => Err(Error::internal(format!("a statement's task failed: {error}"))),
        };
        if self.target.pool.is_crowded() {
            let remote = Arc::clone(self);
            tokio::spawn(async move { remote.target.pool.trim(&remote).await });
        }
        ended
    }

    async fn run_in_turn(self: Arc<Self>, text: Text, form: ResultForm, stop: CancellationToken) -> Result<Progress> {
        let _turn = Arc::clone(&self.turn).lock_owned().await;
        if self.age() > self.target.life.mul_f64(OLD) {
            self.let_go_in_turn().await;
        }
        loop {
            let preamble = self.state().preamble.front().cloned();
            let Some(sql) = preamble else { break };
            self.run_alone(&Text::plain(sql), ResultForm::Json, &stop).await?;
            self.state().preamble.pop_front();
        }
        let progress = self.run_alone(&text, form, &stop).await?;
        let mut state = self.state();
        state.last = Some(progress.clone());
        state.replaced = false;
        drop(state);
        Ok(progress)
    }

    /// How old the session is.
    fn age(&self) -> Duration {
        self.state().session.as_ref().map_or(Duration::ZERO, |open| open.opened.elapsed())
    }

    async fn run_alone(self: &Arc<Self>, text: &Text, form: ResultForm, stop: &CancellationToken) -> Result<Progress> {
        if stop.is_cancelled() {
            return Err(cancelled());
        }
        let submitted = self.submit(text, form).await?;
        let client = &self.target.client;
        let ended = match submitted.status {
            Status::Finished | Status::Aborted => submitted,
            Status::Active | Status::Failed(_) => tokio::select! {
                biased;
                ended = client.ended(&submitted.id) => ended.map_err(|failure| self.lost_while_running(&submitted.id, &failure))?,
                () = stop.cancelled() => return Err(self.cancel(&submitted.id).await),
            },
        };
        if let Some(open) = &mut self.state().session {
            open.used = Instant::now();
        }
        match &ended.status {
            Status::Finished => Ok(ended),
            Status::Failed(error) => {
                let error = statement_error(error.as_deref().unwrap_or_default(), &text.sql);
                Err(match error.position() {
                    Some(position) => error.without_position().at(text.original(position)),
                    None => error,
                })
            }
            Status::Active | Status::Aborted => Err(cancelled()),
        }
    }

    /// Submits a statement to the session, or opens one with it.
    async fn submit(self: &Arc<Self>, text: &Text, form: ResultForm) -> Result<Progress> {
        let session = {
            let state = self.state();
            if let Some(error) = &state.lost {
                return Err(error.clone());
            }
            state.session.as_ref().map(|open| open.id.clone())
        };
        let permit = match &session {
            Some(_) => None,
            None => Some(self.target.pool.admit().await?),
        };
        let submission = Submission {
            sql: text.sql.clone(),
            parameters: text.parameters.clone(),
            session,
            keep_alive: self.target.keep_alive,
            form,
        };
        let begun = Instant::now();
        let mut made_room = false;
        let submitted = loop {
            match self.target.client.submit(&submission).await {
                Ok(submitted) => break submitted,
                // Others have opened sessions, too. The statement has not run.
                Err(Failure::Refused { code, .. })
                    if code == "ActiveSessionsExceededException"
                        && !std::mem::replace(&mut made_room, true)
                        && self.target.pool.make_room().await => {}
                Err(Failure::Refused { message, .. }) if is_busy(&message) && begun.elapsed() < BUSY[1] => {
                    sleep(BUSY[0]).await;
                }
                Err(failure) => return Err(self.submission_failed(&submission, &failure)),
            }
        };
        if let Some(permit) = permit {
            let Some(id) = submitted.session.clone() else {
                return Err(Error::new(SqlState::CONNECTION_FAILURE, "the Data API gave no session id"));
            };
            let now = Instant::now();
            self.state().session = Some(Open { id: id.clone(), opened: now, used: now, _permit: permit });
            self.target.pool.opened(self);
            tokio::spawn(renewing(Arc::downgrade(self), id));
        }
        Ok(submitted)
    }

    fn submission_failed(&self, submission: &Submission, failure: &Failure) -> Error {
        match (failure, &submission.session) {
            (Failure::Refused { code, message }, Some(_)) if is_gone(code, message) => {
                let reason = if self.age() >= self.target.life {
                    format!("has reached the age of {}", in_words(self.target.life))
                } else {
                    "has ended".to_string()
                };
                let ended = format!("terminating connection because its session of the Data API {reason}");
                let error = Error::new(SqlState::ADMIN_SHUTDOWN, ended);
                self.lose(error.clone().with_detail(message.clone()));
                error.with_detail(message.clone())
            }
            (Failure::Refused { .. }, _) => call_error(failure),
            // It may have run, and what it did may be in the session or not.
            (Failure::Lost(_), _) => {
                let error = call_error(failure);
                self.lose(error.clone());
                error
            }
        }
    }

    /// Nobody knows any more what a statement does. It is asked to stop, should it hear that.
    fn lost_while_running(&self, id: &str, failure: &Failure) -> Error {
        let error = match call_error(failure) {
            error if error.sqlstate() == SqlState::CONNECTION_FAILURE => error,
            error => Error::new(SqlState::CONNECTION_FAILURE, error.message().to_string()),
        };
        self.lose(error.clone());
        let (client, id) = (self.target.client.clone(), id.to_string());
        tokio::spawn(async move { client.cancel(&id).await });
        error
    }

    fn lose(&self, error: Error) {
        let why = self.state().lost.get_or_insert(error).clone();
        // The client hears of it from its statement, and then from the end of its connection.
        if let Some(control) = &self.control {
            control.end(&why);
        }
    }

    /// Stops a statement and waits until it has stopped.
    async fn cancel(&self, id: &str) -> Error {
        let client = &self.target.client;
        let stopped = async {
            client.cancel(id).await?;
            client.ended(id).await
        };
        tokio::select! {
            stopped = stopped => {
                if let Err(failure) = stopped {
                    self.lose(call_error(&failure));
                }
            }
            () = sleep(CANCEL_PATIENCE) => {
                let message = "a cancelled statement of the Data API does not end";
                self.lose(Error::new(SqlState::CONNECTION_FAILURE, message));
            }
        }
        cancelled()
    }

    /// All that is known of a statement that has ended.
    ///
    /// # Errors
    /// 08006 where the service does not tell.
    pub async fn told(&self, id: &str) -> Result<Progress> {
        let told =
            self.target.client.describe(id, None).await.map_err(|failure| self.lost_while_running(id, &failure))?;
        self.state().last = Some(told.clone());
        Ok(told)
    }

    /// Does some work that the gateway's end waits for; behind the statement that runs, where it has to wait for that.
    pub fn afterwards(self: Arc<Self>, wait: bool, work: impl Future<Output = ()> + Send + 'static) {
        let Ok(threads) = Handle::try_current() else { return };
        let target = Arc::clone(&self.target);
        target.closing(&threads, async move {
            let _turn = if wait { Some(Arc::clone(&self.turn).lock_owned().await) } else { None };
            work.await;
        });
    }

    /// The session cannot be used any more, because of this.
    pub fn give_up(&self, error: Error) {
        self.lose(error);
    }

    /// Ends the session, when the statement that runs has ended. `in_block` where a transaction is open in it.
    pub fn close(self: Arc<Self>, in_block: bool) {
        if self.state().session.is_none() {
            return;
        }
        let Ok(threads) = Handle::try_current() else { return };
        let target = Arc::clone(&self.target);
        target.closing(&threads, async move {
            let _turn = Arc::clone(&self.turn).lock_owned().await;
            let session = {
                let mut state = self.state();
                let lost = state.lost.is_some();
                state.session.take().filter(|_| !lost)
            };
            let Some(open) = session else { return };
            self.end(open, if in_block { "ROLLBACK" } else { "SELECT 1" }).await;
        });
    }
}

impl State {
    /// Would nobody notice if the session were another one?
    fn holds_nothing(&self) -> bool {
        !self.in_block && !self.private && self.lost.is_none()
    }
}

/// A duration for people.
fn in_words(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds % 3_600 == 0 => format!("{} hours", seconds / 3_600),
        seconds => format!("{seconds} seconds"),
    }
}

/// [`renew`], which runs statements and is begun by one.
fn renewing(remote: Weak<Remote>, session: String) -> BoxFuture<'static, ()> {
    renew(remote, session).boxed()
}

/// Keeps an idle session from ending as long as its client is there, or lets it go where it holds nothing.
async fn renew(remote: Weak<Remote>, session: String) {
    let Some(pause) = remote.upgrade().map(|remote| Duration::from_secs(remote.target.keep_alive.into()).mul_f64(0.75))
    else {
        return;
    };
    let mut next = Instant::now() + pause;
    loop {
        sleep_until(next).await;
        let Some(remote) = remote.upgrade() else { return };
        let used = {
            let state = remote.state();
            let open = state.session.as_ref().filter(|open| open.id == session && state.lost.is_none());
            let Some(open) = open else { return };
            if open.opened.elapsed() + Duration::from_secs(remote.target.keep_alive.into()) > remote.target.life {
                return;
            }
            open.used
        };
        next = used + pause;
        if next > Instant::now() {
            continue;
        }
        // A statement that runs renews the session by itself.
        let Ok(_turn) = Arc::clone(&remote.turn).try_lock_owned() else {
            next = Instant::now() + pause;
            continue;
        };
        if remote.let_go_in_turn().await {
            return;
        }
        if let Err(error) =
            remote.run_alone(&Text::plain("SELECT 1"), ResultForm::Json, &CancellationToken::new()).await
        {
            tracing::debug!(%error, "a session of the Data API could not be renewed");
        }
        next = Instant::now() + pause;
    }
}

/// Does a refusal mean that something still runs in the session? Worded as in github.com/awslabs/mcp issue 4375.
fn is_busy(message: &str) -> bool {
    message.contains("Session") && (message.contains("not available") || message.contains("busy"))
}

/// Does a refusal mean that there is no such session any more? The service has no exception of its own for that.
fn is_gone(code: &str, message: &str) -> bool {
    match code {
        "ResourceNotFoundException" => true,
        "ValidationException" => message.contains("ession") && !is_busy(message),
        _ => false,
    }
}
