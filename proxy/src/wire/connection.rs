//! A connection that is logged in: messages in, dispatched, answers out.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt;
use pgwire::messages::{
    response::{ReadyForQuery, TransactionStatus},
    startup::ParameterStatus,
};
use redshift_sql_dialect::{Error, SqlState};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    cancel::{Registration, terminated_error},
    encode::{Encoding, IntervalFormat, NumericFormat},
    error::{Ends, error_response, notice_response},
    frontend::{Frontend, decode},
    socket::{Frame, Wire, WireError},
    startup::Started,
    stopped,
    stream::Halt,
};
use crate::{router::Block, session::Session};

/// The version of Redshift's protocol from which NUMERIC is an integer in binary.
const REDSHIFT_NUMERIC: u8 = 2;

/// A connection.
pub struct Connection<'w> {
    pub(super) wire: &'w mut Wire,
    pub(super) session: Session,
    pub(super) registration: Registration,
    pub(super) protocol: u8,
    shutdown: watch::Receiver<bool>,
    phase: Phase,
}

/// Where the extended protocol stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Normal,
    /// A message failed: those behind it are not looked at until Sync.
    SkippingToSync,
}

/// Does the connection go on?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Message,
    End,
}

impl<'w> Connection<'w> {
    /// A connection behind its start-up.
    pub fn new(wire: &'w mut Wire, started: Started, shutdown: watch::Receiver<bool>) -> Self {
        let Started { session, registration, protocol } = started;
        Connection { wire, session, registration, protocol, shutdown, phase: Phase::Normal }
    }

    /// Answers messages until the client leaves or the server ends.
    ///
    /// # Errors
    /// Why it had to end otherwise.
    pub async fn run(mut self) -> Result<(), WireError> {
        loop {
            let idle_limit = self.session.idle_limit();
            let frame = tokio::select! {
                biased;
                () = stopped(&mut self.shutdown) => return Err(WireError::Fatal(terminated_error())),
                () = self.registration.terminated() => return Err(WireError::Fatal(terminated_error())),
                why = self.registration.lost() => return Err(WireError::Fatal(why)),
                frame = self.wire.read_message() => frame?,
                () = idle(idle_limit) => return Err(WireError::Fatal(idle_too_long())),
            };
            let Some(frame) = frame else { return Ok(()) };
            // A panic ends this connection with a word to its client, and no other.
            match AssertUnwindSafe(self.answer(frame)).catch_unwind().await {
                Ok(Ok(Next::Message)) => {}
                Ok(Ok(Next::End)) => return Ok(()),
                Ok(Err(error)) => return Err(error),
                Err(_) => {
                    self.wire.forget_output();
                    return Err(WireError::Fatal(Error::internal("internal error; the connection has to be closed")));
                }
            }
        }
    }

    async fn answer(&mut self, frame: Frame) -> Result<Next, WireError> {
        let tag = frame.tag;
        if self.phase == Phase::SkippingToSync && !matches!(tag, b'S' | b'X') {
            return Ok(Next::Message);
        }
        let message = match decode(frame) {
            Ok(message) => message,
            Err(WireError::Recoverable(error)) => {
                self.report(Halt::Failed(error)).await?;
                if tag == b'Q' {
                    self.ready().await?;
                } else {
                    self.phase = Phase::SkippingToSync;
                }
                return Ok(Next::Message);
            }
            Err(error) => return Err(error),
        };
        self.dispatch(message).await
    }

    async fn dispatch(&mut self, message: Frontend) -> Result<Next, WireError> {
        let answered = match message {
            Frontend::Query(query) => {
                self.simple_query(&query.query).await?;
                Ok(())
            }
            Frontend::Parse(parse) => self.parse(parse).await,
            Frontend::Bind(bind) => self.bind(bind).await,
            Frontend::Describe(describe) => self.describe(describe).await,
            Frontend::Execute(execute) => self.execute(execute).await,
            Frontend::Close(close) => self.close(close),
            Frontend::Flush => self.wire.flush().await.map_err(Halt::Lost),
            Frontend::Sync => {
                self.phase = Phase::Normal;
                if let Err(error) = self.session.finish_implicit().await {
                    self.report(Halt::Failed(error)).await?;
                }
                self.ready().await?;
                Ok(())
            }
            Frontend::Terminate => return Ok(Next::End),
            // A client that began COPY FROM STDIN before it knew that it was refused.
            Frontend::Copy => Ok(()),
            Frontend::FunctionCall => {
                self.report(Halt::Failed(Error::unsupported("function calls by OID are not supported"))).await?;
                self.ready().await?;
                Ok(())
            }
        };
        if let Err(halt) = answered {
            self.report(halt).await?;
            self.phase = Phase::SkippingToSync;
        }
        if self.wire.is_full() {
            self.wire.flush().await?;
        }
        Ok(Next::Message)
    }

    /// Tells the client of an error and the session that it has failed. The client hears of it at once: a Flush that it
    /// waits behind will not be looked at.
    pub(super) async fn report(&mut self, halt: Halt) -> Result<(), WireError> {
        let (error, text) = match halt {
            Halt::Failed(error) => (error, None),
            Halt::FailedIn(text, error) => (error, Some(text)),
            Halt::Lost(error) => return Err(error),
        };
        self.session.fail().await;
        self.announce();
        self.wire.put(&error_response(&error, text.as_deref(), Ends::Statement));
        self.wire.flush().await
    }

    /// Passes on what the last statement had to say beside its result.
    pub(super) fn announce(&mut self) {
        for notice in self.session.take_notices() {
            self.wire.put(&notice_response(&notice));
        }
        for (name, value) in self.session.take_setting_changes() {
            self.wire.put(&ParameterStatus::new(name, value));
        }
    }

    /// The next statement may come.
    pub(super) async fn ready(&mut self) -> Result<(), WireError> {
        let status = match self.session.block() {
            Block::Default | Block::Implicit => TransactionStatus::Idle,
            Block::InProgress => TransactionStatus::Transaction,
            Block::Aborted => TransactionStatus::Error,
        };
        self.wire.put(&ReadyForQuery::new(status));
        self.wire.flush().await
    }

    /// When a statement that begins now must have ended.
    pub(super) fn deadline(&self) -> Option<Instant> {
        // A timeout beyond what the clock can tell is none.
        self.session.statement_timeout().and_then(|timeout: Duration| Instant::now().checked_add(timeout))
    }

    /// How values are written for this client.
    pub(super) fn encoding(&self) -> Encoding {
        let numeric = if self.protocol >= REDSHIFT_NUMERIC { NumericFormat::Redshift } else { NumericFormat::Postgres };
        let interval = if self.protocol > 0 { IntervalFormat::Redshift } else { IntervalFormat::Postgres };
        Encoding { style: self.session.style(), numeric, interval }
    }
}

/// Waits until a session has been idle for as long as its user may be.
async fn idle(limit: Option<Duration>) {
    match limit {
        Some(limit) => sleep(limit).await,
        None => std::future::pending().await,
    }
}

/// 57P01, because PostgreSQL 8.0 has no state of its own for SESSION TIMEOUT.
fn idle_too_long() -> Error {
    Error::new(SqlState::ADMIN_SHUTDOWN, "terminating connection due to idle session timeout")
}
