//! Sending rows as they are made, and stopping when somebody wants it to stop.

use std::{future::Future, sync::Arc};

use redshift_sql_dialect::Error;
use tokio::time::{Instant, sleep_until};

use super::{
    cancel::{Registration, cancelled_error, terminated_error},
    encode::{BatchEncoder, Encoding, Format},
    socket::{Wire, WireError},
};
use crate::rows::RowStream;

/// Why the answer to a message ends early.
#[derive(Debug)]
pub enum Halt {
    /// The statement failed: the client is told.
    Failed(Error),
    /// The same, and its position counts in this text.
    FailedIn(Arc<str>, Error),
    /// The connection is lost.
    Lost(WireError),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Halt::Failed(error)
    }
}

impl From<WireError> for Halt {
    fn from(error: WireError) -> Self {
        Halt::Lost(error)
    }
}

/// How much of a result was sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Sent {
    /// Rows that were sent.
    pub rows: u64,
    /// Why no more were.
    pub end: End,
}

/// Why no more rows were sent.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// There are none.
    Exhausted,
    /// No more were wanted.
    Limit,
}

/// A connection while a statement runs over it.
pub struct Line<'a> {
    wire: &'a mut Wire,
    registration: &'a Registration,
    deadline: Option<Instant>,
}

impl<'a> Line<'a> {
    /// A statement begins: requests to cancel what was before are forgotten.
    pub fn begin(wire: &'a mut Wire, registration: &'a Registration, deadline: Option<Instant>) -> Self {
        registration.arm();
        Line { wire, registration, deadline }
    }

    /// A statement goes on to send its rows: a request that came in between is heeded.
    pub fn resume(wire: &'a mut Wire, registration: &'a Registration, deadline: Option<Instant>) -> Self {
        Line { wire, registration, deadline }
    }

    /// Waits for a part of the statement, unless it is cancelled, runs out of time, the connection is to end, or nobody
    /// is there to hear of it. Then the part is dropped.
    pub async fn interruptible<T>(&mut self, part: impl Future<Output = Result<T, Error>>) -> Result<T, Halt> {
        let Line { wire, registration, deadline } = self;
        let result = tokio::select! {
            biased;
            result = part => result?,
            () = registration.terminated() => return Err(terminated().into()),
            error = registration.cancelled() => return Err(error.into()),
            () = expiry(*deadline) => return Err(cancelled_error().into()),
            () = wire.gone() => return Err(WireError::disconnected().into()),
        };
        // It may have ended its own connection.
        if registration.is_terminated() { Err(terminated().into()) } else { Ok(result) }
    }

    /// Sends what is buffered, unless the statement is cancelled or runs out of time before the client has taken it.
    async fn flush(&mut self) -> Result<(), Halt> {
        let Line { wire, registration, deadline } = self;
        tokio::select! {
            biased;
            result = wire.flush() => Ok(result?),
            () = registration.terminated() => Err(terminated().into()),
            error = registration.cancelled() => Err(error.into()),
            () = expiry(*deadline) => Err(cancelled_error().into()),
        }
    }

    /// A query whose every part is there at once must look up, too.
    fn check(&self) -> Result<(), Error> {
        let expired = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        match self.registration.is_cancelled() {
            Some(error) => Err(error),
            None if expired => Err(cancelled_error()),
            None => Ok(()),
        }
    }

    /// Sends rows, at most so many, each batch as it comes; the client's pace is the query's.
    pub async fn send_rows(
        &mut self,
        rows: &mut RowStream,
        formats: &[Format],
        encoding: Encoding,
        limit: Option<u64>,
    ) -> Result<Sent, Halt> {
        let mut sent = 0;
        loop {
            let wanted = limit.map_or(u64::MAX, |limit| limit - sent);
            if wanted == 0 {
                return Ok(Sent { rows: sent, end: End::Limit });
            }
            self.check()?;
            let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
            let Some(batch) = self.interruptible(rows.next(wanted)).await? else {
                return Ok(Sent { rows: sent, end: End::Exhausted });
            };
            let encoder = BatchEncoder::new(&batch, &rows.columns, formats, encoding)?;
            for row in 0..batch.num_rows() {
                encoder.write_row(row, self.wire.output())?;
                if self.wire.is_full() {
                    self.flush().await?;
                }
            }
            sent += batch.num_rows() as u64;
        }
    }
}

fn terminated() -> WireError {
    WireError::Fatal(terminated_error())
}

async fn expiry(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
