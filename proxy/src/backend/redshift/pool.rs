//! The sessions of the Data API that a target has open, of which the service allows 500 for a workgroup or cluster.
//!
//! A client's session is its own, so that there is none to hand on. But one that is idle and holds nothing (no block, no
//! temporary table, no setting) can be closed unnoticed: its client's next statement opens another. That is done for the
//! longest idle ones where a client needs a session and no place is left, where more are idle than are to be kept, and instead
//! of renewing them.
//!
//! Callers of the gateway's own Data API open sessions, too, and say how long each is to outlive its last statement. Nobody
//! tells the gateway of their ends, so that their places are free when they must have ended.
//!
//! Source: management guide, "Considerations when calling the Amazon Redshift Data API".

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use redshift_sql_dialect::{Error, Result, SqlState};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::remote::Remote;
use crate::auth::gate::Presence;

/// The places for sessions, and who has them.
pub struct Pool {
    open: Mutex<Vec<Weak<Remote>>>,
    leases: Mutex<HashMap<String, Lease>>,
    places: Arc<Semaphore>,
    most: usize,
    most_idle: usize,
    life: Duration,
}

/// The place of a session that a caller of the Data API has opened.
struct Lease {
    _place: OwnedSemaphorePermit,
    opened: Instant,
    /// How long it outlives its last statement.
    keep_alive: Duration,
    /// When it ends; none while a statement runs in it.
    ends: Option<Instant>,
    /// It counts as a connection of whoever has opened it.
    guest: Option<Arc<Presence>>,
}

/// A statement that runs in such a session: when this is dropped, the session's time begins to run.
pub struct Busy {
    pool: Arc<Pool>,
    session: String,
}

impl Busy {
    /// The session counts as a connection of a guest, as long as it lasts.
    pub fn count_for(&self, guest: Arc<Presence>) {
        if let Some(lease) = self.pool.leases().get_mut(&self.session) {
            lease.guest = Some(guest);
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut leases = self.pool.leases();
        let Some(lease) = leases.get_mut(&self.session) else { return };
        if lease.keep_alive.is_zero() {
            leases.remove(&self.session);
        } else {
            lease.ends = Some(Instant::now() + lease.keep_alive);
        }
    }
}

impl Pool {
    /// A pool of so many places, where so many sessions may be idle, and none is older than `life`.
    pub fn new(most: usize, most_idle: usize, life: Duration) -> Pool {
        let places = Arc::new(Semaphore::new(most));
        Pool { open: Mutex::default(), leases: Mutex::default(), places, most, most_idle, life }
    }

    fn leases(&self) -> MutexGuard<'_, HashMap<String, Lease>> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a session that a caller has opened with a statement, which it outlives by `keep_alive`.
    pub fn lease(self: &Arc<Self>, session: &str, place: OwnedSemaphorePermit, keep_alive: Duration) -> Busy {
        let lease = Lease { _place: place, opened: Instant::now(), keep_alive, ends: None, guest: None };
        self.leases().insert(session.to_string(), lease);
        Busy { pool: Arc::clone(self), session: session.to_string() }
    }

    /// Takes note of a further statement in such a session, which may say anew how long the session outlives it.
    pub fn busy(self: &Arc<Self>, session: &str, keep_alive: Option<Duration>) -> Busy {
        if let Some(lease) = self.leases().get_mut(session) {
            lease.keep_alive = keep_alive.unwrap_or(lease.keep_alive);
            lease.ends = None;
        }
        Busy { pool: Arc::clone(self), session: session.to_string() }
    }

    /// What the guest counts as who has opened such a session.
    pub fn guest(&self, session: &str) -> Option<Arc<Presence>> {
        self.leases().get(session)?.guest.clone()
    }

    /// The service says that there is no such session any more.
    pub fn gone(&self, session: &str) {
        self.leases().remove(session);
    }

    /// Gives places back whose sessions must have ended.
    pub fn sweep(&self) {
        self.free_ended(Instant::now());
    }

    fn free_ended(&self, now: Instant) {
        self.leases().retain(|_, lease| lease.ends.is_none_or(|ends| ends > now) && now < lease.opened + self.life);
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
        self.sweep();
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
        let others = self.places.available_permits() + self.leases().len();
        self.most.saturating_sub(others) > self.most_idle
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_leased_place_is_free_when_its_session_has_ended() {
        let seconds = Duration::from_secs;
        let pool = Arc::new(Pool::new(1, 1, seconds(100)));
        let is_free_in = |after: Duration| {
            pool.free_ended(Instant::now() + after);
            pool.places.available_permits() == 1
        };
        let place = async || pool.admit().await.unwrap();
        let first = pool.lease("a", place().await, seconds(10));
        // Its statement still runs.
        assert!(!is_free_in(seconds(20)));
        drop(first);
        assert!(!is_free_in(seconds(9)));
        assert!(pool.admit().await.is_err());
        let second = pool.busy("a", Some(seconds(30)));
        assert!(!is_free_in(seconds(40)));
        drop(second);
        assert!(!is_free_in(seconds(29)) && is_free_in(seconds(31)));
        drop(pool.lease("b", place().await, seconds(10)));
        // A last statement says that nothing is to outlive it.
        drop(pool.busy("b", Some(Duration::ZERO)));
        let old = pool.lease("c", place().await, seconds(10));
        assert!(is_free_in(seconds(101)));
        drop(old);
        drop(pool.lease("d", place().await, seconds(10)));
        pool.gone("d");
        assert!(pool.admit().await.is_ok());
    }
}
