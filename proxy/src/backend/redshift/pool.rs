//! The sessions of the Data API that a target has open, of which the service allows 500 for a workgroup or cluster.
//!
//! A client's session is its own, so that there is none to hand on. But one that is idle and holds nothing (no block, no
//! temporary table, no setting) can be closed unnoticed: its client's next statement opens another. That is done for the
//! longest idle ones where a client needs a session and no place is left, where more are idle than are to be kept, and instead
//! of renewing them.
//!
//! Source: management guide, "Considerations when calling the Amazon Redshift Data API".

use std::sync::{Arc, Mutex, PoisonError, Weak};

use redshift_sql_dialect::{Error, Result, SqlState};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::remote::Remote;

/// The places for sessions, and who has them.
pub struct Pool {
    open: Mutex<Vec<Weak<Remote>>>,
    places: Arc<Semaphore>,
    most: usize,
    most_idle: usize,
}

impl Pool {
    /// A pool of so many places, where so many sessions may be idle.
    pub fn new(most: usize, most_idle: usize) -> Pool {
        Pool { open: Mutex::default(), places: Arc::new(Semaphore::new(most)), most, most_idle }
    }

    /// A place for one more session.
    ///
    /// # Errors
    /// 53300 where there is none, and no idle session can be closed.
    pub async fn admit(&self) -> Result<OwnedSemaphorePermit> {
        let place = || Arc::clone(&self.places).try_acquire_owned().ok();
        if let Some(place) = place() {
            return Ok(place);
        }
        for idle in self.longest_idle_first() {
            if idle.let_go().await
                && let Some(place) = place()
            {
                return Ok(place);
            }
        }
        let message = format!("too many sessions: the gateway may open {} in the Data API", self.most);
        Err(Error::new(SqlState::TOO_MANY_CONNECTIONS, message).with_hint(
            "All of them run statements or hold temporary tables, settings or transactions. Close connections that are idle.",
        ))
    }

    /// A session has been opened.
    pub fn opened(&self, remote: &Arc<Remote>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|remote| remote.upgrade().is_some_and(|remote| remote.is_open()));
        open.push(Arc::downgrade(remote));
    }

    /// Closes an idle session, so that the service has a place for another: was there one?
    pub async fn make_room(&self) -> bool {
        for idle in self.longest_idle_first() {
            if idle.let_go().await {
                return true;
            }
        }
        false
    }

    /// Are more sessions open than may be idle?
    pub fn is_crowded(&self) -> bool {
        self.most.saturating_sub(self.places.available_permits()) > self.most_idle
    }

    /// Closes idle sessions where there are too many, but not this one.
    pub async fn trim(&self, but: &Arc<Remote>) {
        let idle = self.longest_idle_first();
        let excess = idle.len().saturating_sub(self.most_idle);
        for remote in idle.iter().filter(|remote| !Arc::ptr_eq(remote, but)).take(excess) {
            remote.let_go().await;
        }
    }

    /// Sessions that could be closed unnoticed.
    fn longest_idle_first(&self) -> Vec<Arc<Remote>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let open: Vec<_> = open.iter().filter_map(Weak::upgrade).collect();
        let mut idle: Vec<_> = open.into_iter().filter_map(|remote| Some((remote.idle_since()?, remote))).collect();
        idle.sort_by_key(|(since, _)| *since);
        idle.into_iter().map(|(_, remote)| remote).collect()
    }
}
