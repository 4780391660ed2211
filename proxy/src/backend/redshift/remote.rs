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
/// The age at which the service ends any session: management guide, "Considerations when calling the Data API".
const LIFE: Duration = Duration::from_secs(24 * 3_600);

/// A session of the Data API, opened or not.
pub struct Remote {
    target: Arc<Target>,
    control: Option<Arc<dyn SessionControl>>,
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
        let state = State { preamble: preamble.into(), ..State::default() };
        Arc::new(Remote { target, control, state: Mutex::new(state), turn: Arc::default() })
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

    /// Runs a statement to its end. Who drops the future cancels the statement.
    ///
    /// # Errors
    /// The statement's own; 57P01 where the session has ended, 08006 where nobody knows what became of it.
    pub async fn run(self: &Arc<Self>, text: Text, form: ResultForm) -> Result<Progress> {
        let stop = CancellationToken::new();
        let task = tokio::spawn(Arc::clone(self).run_in_turn(text, form, stop.clone()));
        let _unless_dropped = stop.drop_guard();
        match task.await {
            Ok(ended) => ended,
            Err(error) => Err(Error::internal(format!("a statement's task failed: {error}"))),
        }
    }

    async fn run_in_turn(self: Arc<Self>, text: Text, form: ResultForm, stop: CancellationToken) -> Result<Progress> {
        let _turn = Arc::clone(&self.turn).lock_owned().await;
        loop {
            let preamble = self.state().preamble.front().cloned();
            let Some(sql) = preamble else { break };
            self.run_alone(&Text::plain(sql), ResultForm::Json, &stop).await?;
            self.state().preamble.pop_front();
        }
        let progress = self.run_alone(&text, form, &stop).await?;
        self.state().last = Some(progress.clone());
        Ok(progress)
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
        let (session, permit) = {
            let state = self.state();
            if let Some(error) = &state.lost {
                return Err(error.clone());
            }
            match &state.session {
                Some(open) => (Some(open.id.clone()), None),
                None => (None, Some(self.target.admit()?)),
            }
        };
        let submission = Submission {
            sql: text.sql.clone(),
            parameters: text.parameters.clone(),
            session,
            keep_alive: self.target.keep_alive,
            form,
        };
        let begun = Instant::now();
        let submitted = loop {
            match self.target.client.submit(&submission).await {
                Ok(submitted) => break submitted,
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
            self.state().session = Some(Open { id, opened: now, used: now, _permit: permit });
            tokio::spawn(renewing(Arc::downgrade(self), self.target.keep_alive));
        }
        Ok(submitted)
    }

    fn submission_failed(&self, submission: &Submission, failure: &Failure) -> Error {
        match (failure, &submission.session) {
            (Failure::Refused { code, message }, Some(_)) if is_gone(code, message) => {
                let error = Error::new(
                    SqlState::ADMIN_SHUTDOWN,
                    "terminating connection because its session of the Data API has ended",
                );
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
        self.state().lost.get_or_insert(error);
        // The client hears of the error, and then of the end.
        if let Some(control) = &self.control {
            control.terminate();
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

    /// The session cannot be used any more, because of this.
    pub fn give_up(&self, error: Error) {
        self.lose(error);
    }

    /// Ends the session, when the statement that runs has ended. `in_block` where a transaction is open in it.
    ///
    /// There is no call for that: a last statement says that nothing is to outlive it.
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
            // The permit is kept until the session is closed.
            let Some(open) = session else { return };
            let submission = Submission {
                sql: if in_block { "ROLLBACK" } else { "SELECT 1" }.to_string(),
                parameters: Vec::new(),
                session: Some(open.id.clone()),
                keep_alive: 0,
                form: ResultForm::Json,
            };
            if let Err(failure) = self.target.client.submit(&submission).await {
                tracing::debug!(?failure, "a session of the Data API is left to its end");
            }
        });
    }
}

/// [`renew`], which runs statements and is begun by one.
fn renewing(remote: Weak<Remote>, keep_alive: u32) -> BoxFuture<'static, ()> {
    renew(remote, keep_alive).boxed()
}

/// Keeps an idle session from ending as long as its client is there.
async fn renew(remote: Weak<Remote>, keep_alive: u32) {
    let pause = Duration::from_secs(keep_alive.into()).mul_f64(0.75);
    let mut next = Instant::now() + pause;
    loop {
        sleep_until(next).await;
        let Some(remote) = remote.upgrade() else { return };
        let used = {
            let state = remote.state();
            let Some(open) = state.session.as_ref().filter(|_| state.lost.is_none()) else { return };
            if open.opened.elapsed() + Duration::from_secs(keep_alive.into()) > LIFE {
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
        if let Err(error) =
            remote.run_alone(&Text::plain("SELECT 1"), ResultForm::Json, &CancellationToken::new()).await
        {
            tracing::debug!(%error, "a session of the Data API could not be renewed");
        }
        next = Instant::now() + pause;
    }
}

fn is_busy(message: &str) -> bool {
    message.contains("Session") && message.contains("busy")
}

/// Does a refusal mean that there is no such session any more? The service has no exception of its own for that.
fn is_gone(code: &str, message: &str) -> bool {
    match code {
        "ResourceNotFoundException" => true,
        "ValidationException" => message.contains("ession") && !is_busy(message),
        _ => false,
    }
}
