//! The ends of statements: somebody waits for each, whether or not its caller does.

use std::{sync::Arc, time::Duration};

use redshift_sql_dialect::{Error, ast::Parsed};
use tokio::time::sleep;

use super::{
    Forward,
    ledger::{Certainty, Ended, Session, Started},
};
use crate::{
    backend::redshift::{
        client::{Failure, Progress, Status},
        errors::{call_error, cancelled, statement_error},
        pool::Busy,
    },
    guard::{Turn, Visit, Watch},
    policy::Limits,
};

/// How long to wait where the service does not say what became of a statement.
const AGAIN: Duration = Duration::from_secs(10);

/// A text under way.
pub struct Text {
    /// It.
    pub sql: String,
    /// What it says; nothing where nobody has to know.
    pub statements: Vec<Parsed>,
    /// What watches them.
    pub watches: Vec<Watch>,
}

/// Texts under way, and what counts as long as they are.
pub struct Work {
    /// Who started them.
    pub visit: Visit,
    /// Their place among those that run.
    pub _turn: Turn,
    /// The place of their session, where one is counted.
    pub busy: Option<Busy>,
    /// They.
    pub texts: Vec<Text>,
    /// Is it the text of ExecuteStatement?
    pub single: bool,
}

impl Work {
    /// Do policies bound a result?
    pub fn is_limited(&self) -> bool {
        self.texts.iter().flat_map(|text| &text.watches).any(Watch::is_limited)
    }

    /// What bounds the result of each text; nothing where policies bound none.
    pub fn limits(&self) -> Vec<Limits> {
        if !self.is_limited() {
            return Vec::new();
        }
        let of_text = |text: &Text| text.watches.first().map(|watch| watch.limits().clone()).unwrap_or_default();
        self.texts.iter().map(of_text).collect()
    }

    /// The service has not taken it.
    pub fn not_begun(&mut self, error: &Error) {
        self.watches().for_each(|watch| watch.failed(error));
    }

    /// Others watch it already.
    pub fn forget(self) {
        self.texts.into_iter().flat_map(|text| text.watches).for_each(Watch::forget);
    }

    fn watches(&mut self) -> impl Iterator<Item = &mut Watch> {
        self.texts.iter_mut().flat_map(|text| &mut text.watches)
    }

    /// It has ended.
    fn end(&mut self, ended: &Progress) -> Ended {
        let single = self.single;
        let ends = self.texts.iter_mut().enumerate().map(|(at, text)| {
            let part = if single { Some(ended) } else { ended.parts.get(at) };
            part.map_or(Ok(()), |part| text.end(part))
        });
        Ended { refusals: ends.map(Result::err).collect() }
    }
}

impl Text {
    /// It has ended.
    ///
    /// # Errors
    /// 42501 where its result may not pass.
    fn end(&mut self, ended: &Progress) -> Result<(), Error> {
        let mut passes = Ok(());
        for watch in &mut self.watches {
            watch.identify(Some(ended.id.clone()), ended.query);
            match &ended.status {
                Status::Finished => {
                    let (rows, bytes) = (ended.rows.unwrap_or(0), ended.bytes.unwrap_or(0));
                    watch.succeeded(0);
                    passes = match ended.has_rows {
                        Some(true) => passes.and(watch.measure(rows, bytes)),
                        _ => {
                            watch.succeeded(rows);
                            passes
                        }
                    };
                }
                Status::Failed(error) => {
                    watch.failed(&statement_error(error.as_deref().unwrap_or_default(), &self.sql))
                }
                Status::Active | Status::Aborted => watch.failed(&cancelled()),
            }
        }
        passes
    }
}

impl Forward {
    /// Waits for the end of what was started.
    pub(super) fn follow(self: &Arc<Self>, started: Arc<Started>, session: Option<Arc<Session>>, mut work: Work) {
        // Should the gateway end first.
        work.watches().for_each(|watch| {
            watch.identify(Some(started.id.clone()), None);
            watch.left();
        });
        let mut followers = self.followers();
        while followers.try_join_next().is_some() {}
        followers.spawn(async move {
            let refusals = match ended(&started).await {
                Ok(ended) => {
                    if let Some(session) = &session {
                        let certainty = match ended.status {
                            Status::Finished => Certainty::Certain,
                            _ => Certainty::Possible,
                        };
                        let mut standing = session.standing();
                        work.texts.iter().for_each(|text| standing.after_all(&text.statements, certainty));
                    }
                    work.end(&ended)
                }
                Err(failure) => {
                    work.not_begun(&call_error(&failure));
                    Ended { refusals: Vec::new() }
                }
            };
            // It is written down before its caller can fetch anything.
            drop(work);
            started.ended.send_replace(Some(refusals));
        });
    }
}

impl Forward {
    /// Finds out whether the results of a statement from before the start may pass.
    pub(super) fn follow_earlier(&self, started: Arc<Started>, limits: Vec<Limits>) {
        let mut followers = self.followers();
        while followers.try_join_next().is_some() {}
        followers.spawn(async move {
            // Of one that cannot be asked about the service has no result, either.
            let Ok(ended) = ended(&started).await else { return };
            let parts = if ended.parts.is_empty() { std::slice::from_ref(&ended) } else { &ended.parts };
            let refusals = limits.iter().zip(parts).map(|(limits, part)| {
                let (rows, bytes) = (part.rows.unwrap_or(0), part.bytes.unwrap_or(0));
                limits.check(rows, bytes).err().map(|denial| denial.error())
            });
            started.ended.send_replace(Some(Ended { refusals: refusals.collect() }));
        });
    }
}

/// How a statement has ended. What the service does not tell it is asked again.
async fn ended(started: &Started) -> Result<Progress, Failure> {
    let client = &started.target.client;
    loop {
        let ended = match client.ended(&started.id).await {
            Ok(ended) => return Ok(ended),
            Err(failure) => failure,
        };
        match ended {
            Failure::Lost(reason) => {
                tracing::warn!(%reason, id = started.id, "nobody tells what became of a statement");
                sleep(AGAIN).await;
            }
            refused => return Err(refused),
        }
    }
}
