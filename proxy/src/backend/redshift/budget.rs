//! How much of the gateway's memory the results of a user may take while they are on their way from the Data API to clients.
//!
//! A result is read a page at a time, at its client's pace; the next page is fetched while the last one is sent. Each page
//! takes its bytes from the budget of its user until it has been sent. Where the budget is used up pages are not fetched
//! ahead, then results wait for each other, and only who has waited for long fails, with 53200.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use redshift_sql_dialect::{Error, Result, SqlState};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// How long a result waits for others of its user to be sent.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of one permit of the semaphore, which counts in 32 bits.
const UNIT: usize = 1 << 10;

/// The budgets of all users.
#[derive(Debug)]
pub struct Budgets {
    most: usize,
    patience: Duration,
    users: Mutex<HashMap<String, Weak<Semaphore>>>,
}

impl Budgets {
    /// So many bytes for each user.
    pub fn new(most: usize) -> Budgets {
        Budgets { most: most.clamp(UNIT, UNIT * (u32::MAX as usize >> 1)), patience: PATIENCE, users: Mutex::default() }
    }

    /// The budget of a user, which all sessions of theirs share.
    pub fn of(&self, user: &str) -> Budget {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let known = users.get(user).and_then(Weak::upgrade);
        let left = known.unwrap_or_else(|| {
            users.retain(|_, left| left.strong_count() > 0);
            let left = Arc::new(Semaphore::new(self.most / UNIT));
            users.insert(user.to_string(), Arc::downgrade(&left));
            left
        });
        Budget { left, most: self.most, patience: self.patience }
    }
}

/// The budget of a user.
#[derive(Debug, Clone)]
pub struct Budget {
    left: Arc<Semaphore>,
    most: usize,
    patience: Duration,
}

/// Bytes that are taken, until this is dropped.
#[derive(Debug)]
pub struct Taken {
    _permits: OwnedSemaphorePermit,
}

impl Budget {
    fn permits(&self, bytes: usize) -> u32 {
        // What is larger than the whole budget takes all of it.
        u32::try_from(bytes.min(self.most).div_ceil(UNIT).min(self.most / UNIT)).unwrap_or(u32::MAX)
    }

    /// Takes bytes, where they are there.
    pub fn try_take(&self, bytes: usize) -> Option<Taken> {
        Arc::clone(&self.left)
            .try_acquire_many_owned(self.permits(bytes))
            .ok()
            .map(|permits| Taken { _permits: permits })
    }

    /// Takes bytes, as soon as they are there.
    ///
    /// # Errors
    /// 53200 where that takes too long.
    pub async fn take(&self, bytes: usize) -> Result<Taken> {
        let taken = Arc::clone(&self.left).acquire_many_owned(self.permits(bytes));
        match timeout(self.patience, taken).await {
            Ok(Ok(permits)) => Ok(Taken { _permits: permits }),
            _ => {
                let message =
                    format!("out of memory: results of this user may take {} KB in the gateway", self.most / UNIT);
                Err(Error::new(SqlState::OUT_OF_MEMORY, message)
                    .with_hint("Read results to their end or close their cursors; the limit is memory-per-user."))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn results_of_a_user_wait_for_each_other() {
        let budgets = Budgets { patience: Duration::from_millis(1), ..Budgets::new(100 << 10) };
        let (ana, again, ben) = (budgets.of("ana"), budgets.of("ana"), budgets.of("ben"));
        let first = ana.take(60 << 10).await.unwrap();
        assert!(again.try_take(60 << 10).is_none());
        assert!(ben.try_take(60 << 10).is_some());
        assert!(again.take(60 << 10).now_or_never().is_none());
        assert_eq!(again.take(60 << 10).await.unwrap_err().sqlstate(), SqlState::OUT_OF_MEMORY);
        drop(first);
        // What is larger than all takes all.
        let all = again.take(1 << 30).await.unwrap();
        assert!(ana.try_take(1).is_none());
        drop(all);
        assert!(ana.try_take(1).is_some());
    }
}
