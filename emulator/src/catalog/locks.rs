//! Locks: who may change what, and who waits for whom.
//!
//! A lock is held until its transaction ends. Those who ask for one that does not go with what others hold wait in the
//! order they came; one who holds the lock already in a weaker mode goes before those who do not. A wait that would
//! close a circle of waiting transactions fails at once, with the circle in the error's detail:
//!
//! ```text
//! T1 writes a          T2 writes b
//! T1 writes b: waits   T2 writes a: deadlock detected
//! ```
//!
//! A reader's lock is asked for while its query is bound, which cannot wait: [`Locks::try_acquire`]. Only where it is not to
//! be had the statement waits, and is bound again.
//!
//! Source: developer guide, "LOCK", "Write and read/write operations", "SVV_TRANSACTIONS" (lock modes).

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use redshift_sql_dialect::{Error, Result, SqlState};
use tokio::sync::oneshot;

use super::{GrantObject, Oid, objects::Kind};

/// How a table is locked; named as `svv_transactions.lock_mode` shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LockMode {
    /// By readers: only DDL and LOCK wait for them.
    AccessShare,
    /// By INSERT, UPDATE, DELETE, COPY: one writer at a time, beside readers.
    ShareRowExclusive,
    /// By DROP, ALTER, TRUNCATE and LOCK: nobody else.
    AccessExclusive,
}

impl LockMode {
    /// Its name: `AccessShareLock`, ...
    pub fn name(self) -> &'static str {
        match self {
            LockMode::AccessShare => "AccessShareLock",
            LockMode::ShareRowExclusive => "ShareRowExclusiveLock",
            LockMode::AccessExclusive => "AccessExclusiveLock",
        }
    }

    fn conflicts(self, other: LockMode) -> bool {
        use LockMode::*;
        match (self, other) {
            (AccessShare, AccessShare) => false,
            (AccessShare, ShareRowExclusive) | (ShareRowExclusive, AccessShare) => false,
            (ShareRowExclusive, ShareRowExclusive) => true,
            (AccessExclusive, _) | (_, AccessExclusive) => true,
        }
    }
}

/// A lock on a table that somebody holds or waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableLock {
    /// The table.
    pub table: Oid,
    /// The transaction.
    pub txn: i64,
    /// Its session's process id.
    pub pid: i32,
    /// When the transaction began: microseconds since 1970.
    pub began: i64,
    /// In which mode.
    pub mode: LockMode,
    /// Is it held (or waited for)?
    pub granted: bool,
}

/// What is locked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum LockKey {
    /// An object itself.
    Object(Kind, Oid),
    /// A name under a parent, so that two transactions do not both give it.
    Name(Kind, Oid, String),
    /// The privileges on an object.
    Privileges(GrantObject),
}

/// A transaction as locks know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Owner {
    /// Its number.
    pub(crate) txn: i64,
    /// Its session's process id.
    pub(crate) pid: i32,
    /// When it began: microseconds since 1970.
    pub(crate) began: i64,
}

/// Did the lock come at once?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Granted {
    /// It did, or was held already.
    AtOnce,
    /// Others had it first, and may have changed what it is of.
    AfterWaiting,
}

/// All locks.
#[derive(Default)]
pub(crate) struct Locks(Mutex<State>);

#[derive(Default)]
struct State {
    locks: HashMap<LockKey, Lock>,
    held: HashMap<i64, Vec<LockKey>>,
    waiting: HashMap<i64, LockKey>,
}

#[derive(Default)]
struct Lock {
    holders: Vec<(Owner, LockMode)>,
    queue: VecDeque<Waiter>,
}

struct Waiter {
    owner: Owner,
    mode: LockMode,
    wake: oneshot::Sender<()>,
}

impl Locks {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a lock, waiting for it where need be. Dropping the future gives up the wait.
    pub(crate) async fn acquire(&self, owner: Owner, key: LockKey, mode: LockMode) -> Result<Granted> {
        let woken = {
            let mut state = self.state();
            if state.try_grant(owner, &key, mode) {
                return Ok(Granted::AtOnce);
            }
            let (wake, woken) = oneshot::channel();
            state.enqueue(&key, Waiter { owner, mode, wake });
            if let Some(circle) = state.circle(owner) {
                state.give_up(owner, &key);
                return Err(deadlock(&circle));
            }
            woken
        };
        let wait = Wait { locks: self, owner, key };
        let answer = woken.await;
        drop(wait);
        answer.map_err(|_| Error::internal("a lock was lost"))?;
        Ok(Granted::AfterWaiting)
    }

    /// Takes a lock where it is free, and does not wait for it.
    pub(crate) fn try_acquire(&self, owner: Owner, key: &LockKey, mode: LockMode) -> bool {
        self.state().try_grant(owner, key, mode)
    }

    /// Gives back everything a transaction holds.
    pub(crate) fn release_all(&self, txn: i64) {
        let mut state = self.state();
        for key in state.held.remove(&txn).unwrap_or_default() {
            if let Some(lock) = state.locks.get_mut(&key) {
                lock.holders.retain(|(owner, _)| owner.txn != txn);
            }
            state.wake(&key);
        }
    }

    /// The locks on tables, held and waited for.
    pub(crate) fn on_tables(&self) -> Vec<TableLock> {
        let state = self.state();
        let mut all = Vec::new();
        for (key, lock) in &state.locks {
            let LockKey::Object(Kind::Relation, table) = *key else { continue };
            let held = lock.holders.iter().map(|(owner, mode)| (*owner, *mode, true));
            let awaited = lock.queue.iter().map(|waiter| (waiter.owner, waiter.mode, false));
            all.extend(held.chain(awaited).map(|(owner, mode, granted)| TableLock {
                table,
                txn: owner.txn,
                pid: owner.pid,
                began: owner.began,
                mode,
                granted,
            }));
        }
        all.sort_by_key(|lock| (lock.txn, lock.table));
        all
    }
}

/// A wait; dropping it leaves the queue.
struct Wait<'a> {
    locks: &'a Locks,
    owner: Owner,
    key: LockKey,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.locks.state().give_up(self.owner, &self.key);
    }
}

impl State {
    fn try_grant(&mut self, owner: Owner, key: &LockKey, mode: LockMode) -> bool {
        let lock = self.locks.entry(key.clone()).or_default();
        let own = lock.holders.iter().position(|(holder, _)| holder.txn == owner.txn);
        if let Some(own) = own
            && lock.holders[own].1 >= mode
        {
            return true;
        }
        let free = lock.holders.iter().all(|(holder, held)| holder.txn == owner.txn || !held.conflicts(mode));
        // A first request does not overtake those that wait; a stronger one of a holder does, or they would wait for ever.
        let first = own.is_some() || lock.queue.iter().all(|waiter| !waiter.mode.conflicts(mode));
        if free && first {
            self.grant(owner, key, mode);
        }
        free && first
    }

    fn grant(&mut self, owner: Owner, key: &LockKey, mode: LockMode) {
        let lock = self.locks.entry(key.clone()).or_default();
        match lock.holders.iter_mut().find(|(holder, _)| holder.txn == owner.txn) {
            Some((_, held)) => *held = mode.max(*held),
            None => {
                lock.holders.push((owner, mode));
                self.held.entry(owner.txn).or_default().push(key.clone());
            }
        }
    }

    fn enqueue(&mut self, key: &LockKey, waiter: Waiter) {
        self.waiting.insert(waiter.owner.txn, key.clone());
        let lock = self.locks.entry(key.clone()).or_default();
        if lock.holders.iter().any(|(holder, _)| holder.txn == waiter.owner.txn) {
            lock.queue.push_front(waiter);
        } else {
            lock.queue.push_back(waiter);
        }
    }

    /// Takes a transaction out of a queue, where it is in it, and lets those behind it go on.
    fn give_up(&mut self, owner: Owner, key: &LockKey) {
        self.waiting.remove(&owner.txn);
        if let Some(lock) = self.locks.get_mut(key) {
            lock.queue.retain(|waiter| waiter.owner.txn != owner.txn);
        }
        self.wake(key);
    }

    /// Grants a lock to as many at the head of its queue as go together.
    fn wake(&mut self, key: &LockKey) {
        while let Some(lock) = self.locks.get_mut(key) {
            let Some(head) = lock.queue.front() else { break };
            let (owner, mode) = (head.owner, head.mode);
            if lock.holders.iter().any(|(holder, held)| holder.txn != owner.txn && held.conflicts(mode)) {
                break;
            }
            let Some(waiter) = lock.queue.pop_front() else { break };
            self.waiting.remove(&owner.txn);
            // One that gave up meanwhile takes the lock along until its transaction ends, which is what it asked for.
            let _ = waiter.wake.send(());
            self.grant(owner, key, mode);
        }
        if self.locks.get(key).is_some_and(|lock| lock.holders.is_empty() && lock.queue.is_empty()) {
            self.locks.remove(key);
        }
    }

    /// The circle of transactions that wait for each other and that this one closes: each with what it waits for.
    fn circle(&self, owner: Owner) -> Option<Vec<Blocked>> {
        let mut path = Vec::new();
        let mut seen = HashSet::new();
        self.search(owner, owner, &mut path, &mut seen).then_some(path)
    }

    fn search(&self, from: Owner, target: Owner, path: &mut Vec<Blocked>, seen: &mut HashSet<i64>) -> bool {
        let Some(key) = self.waiting.get(&from.txn) else { return false };
        let Some(lock) = self.locks.get(key) else { return false };
        let Some(place) = lock.queue.iter().position(|waiter| waiter.owner.txn == from.txn) else { return false };
        let mode = lock.queue[place].mode;
        let holders = lock.holders.iter().filter(|(_, held)| held.conflicts(mode)).map(|(owner, _)| *owner);
        let ahead = lock.queue.iter().take(place).filter(|w| w.mode.conflicts(mode)).map(|waiter| waiter.owner);
        for blocker in holders.chain(ahead).filter(|blocker| blocker.txn != from.txn) {
            path.push(Blocked { by: blocker, waiting: from, mode, key: key.clone() });
            if blocker.txn == target.txn || seen.insert(blocker.txn) && self.search(blocker, target, path, seen) {
                return true;
            }
            path.pop();
        }
        false
    }
}

/// One who waits, and for whom.
struct Blocked {
    waiting: Owner,
    mode: LockMode,
    key: LockKey,
    by: Owner,
}

/// As PostgreSQL words it; Redshift's docs only say that neither transaction can proceed.
fn deadlock(circle: &[Blocked]) -> Error {
    let lines: Vec<String> = circle
        .iter()
        .map(|blocked| {
            let (pid, mode, by) = (blocked.waiting.pid, blocked.mode.name(), blocked.by.pid);
            match &blocked.key {
                LockKey::Object(Kind::Relation, Oid(oid)) => {
                    format!("Process {pid} waits for {mode} on relation {oid}; blocked by process {by}.")
                }
                LockKey::Object(..) | LockKey::Name(..) | LockKey::Privileges(_) => {
                    format!("Process {pid} waits for {mode} on object; blocked by process {by}.")
                }
            }
        })
        .collect();
    Error::new(SqlState::DEADLOCK_DETECTED, "deadlock detected").with_detail(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const A: LockKey = LockKey::Object(Kind::Relation, Oid(1));
    const B: LockKey = LockKey::Object(Kind::Relation, Oid(2));

    fn owner(txn: i64) -> Owner {
        Owner { txn, pid: txn as i32 + 1000, began: 0 }
    }

    fn waiters(locks: &Locks) -> usize {
        locks.state().waiting.len()
    }

    async fn until_waiting(locks: &Locks, count: usize) {
        while waiters(locks) < count {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_second_writer_waits_for_the_first() {
        let locks = Arc::new(Locks::default());
        assert_eq!(locks.acquire(owner(1), A, LockMode::ShareRowExclusive).await, Ok(Granted::AtOnce));
        let second = tokio::spawn({
            let locks = Arc::clone(&locks);
            async move { locks.acquire(owner(2), A, LockMode::ShareRowExclusive).await }
        });
        until_waiting(&locks, 1).await;
        assert_eq!(locks.acquire(owner(3), A, LockMode::AccessShare).await, Ok(Granted::AtOnce));
        locks.release_all(1);
        assert_eq!(second.await.unwrap(), Ok(Granted::AfterWaiting));
    }

    #[tokio::test]
    async fn those_who_wait_for_each_other_are_told() {
        let locks = Arc::new(Locks::default());
        locks.acquire(owner(1), A, LockMode::ShareRowExclusive).await.unwrap();
        locks.acquire(owner(2), B, LockMode::ShareRowExclusive).await.unwrap();
        let first = tokio::spawn({
            let locks = Arc::clone(&locks);
            async move { locks.acquire(owner(1), B, LockMode::AccessExclusive).await }
        });
        until_waiting(&locks, 1).await;
        let error = locks.acquire(owner(2), A, LockMode::ShareRowExclusive).await.unwrap_err();
        assert_eq!(error.sqlstate(), SqlState::DEADLOCK_DETECTED);
        assert_eq!(
            error.detail(),
            Some(
                "Process 1002 waits for ShareRowExclusiveLock on relation 1; blocked by process 1001.\n\
                 Process 1001 waits for AccessExclusiveLock on relation 2; blocked by process 1002."
            )
        );
        locks.release_all(2);
        assert_eq!(first.await.unwrap(), Ok(Granted::AfterWaiting));
        locks.release_all(1);
        assert!(locks.state().locks.is_empty());
    }

    #[tokio::test]
    async fn a_reader_does_not_overtake_a_waiting_drop() {
        let locks = Arc::new(Locks::default());
        locks.acquire(owner(1), A, LockMode::AccessShare).await.unwrap();
        let drop_table = tokio::spawn({
            let locks = Arc::clone(&locks);
            async move { locks.acquire(owner(2), A, LockMode::AccessExclusive).await }
        });
        until_waiting(&locks, 1).await;
        let reader = tokio::spawn({
            let locks = Arc::clone(&locks);
            async move { locks.acquire(owner(3), A, LockMode::AccessShare).await }
        });
        until_waiting(&locks, 2).await;
        drop_table.abort();
        assert!(drop_table.await.unwrap_err().is_cancelled());
        assert_eq!(reader.await.unwrap(), Ok(Granted::AfterWaiting));
    }

    #[tokio::test]
    async fn a_holder_gets_a_stronger_mode_before_those_who_wait() {
        let locks = Arc::new(Locks::default());
        locks.acquire(owner(1), A, LockMode::ShareRowExclusive).await.unwrap();
        let second = tokio::spawn({
            let locks = Arc::clone(&locks);
            async move { locks.acquire(owner(2), A, LockMode::ShareRowExclusive).await }
        });
        until_waiting(&locks, 1).await;
        assert_eq!(locks.acquire(owner(1), A, LockMode::AccessExclusive).await, Ok(Granted::AtOnce));
        assert_eq!(locks.on_tables().len(), 2);
        locks.release_all(1);
        assert_eq!(second.await.unwrap(), Ok(Granted::AfterWaiting));
    }
}
