//! Snapshots: numbers of commits, and which of them somebody still looks at.
//!
//! Each commit has a number, one more than the commit's before. A transaction's snapshot is the number of the last commit
//! when it looked first. What ended at or before the oldest snapshot that is in use, nobody can see any more: it is
//! garbage.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The number of a commit.
pub(crate) type SnapshotId = i64;

/// The last commit, and the snapshots in use.
pub(crate) struct Snapshots(Mutex<State>);

struct State {
    last: SnapshotId,
    in_use: BTreeMap<SnapshotId, usize>,
}

/// A snapshot in use; dropping the last of its handles gives it back.
pub(crate) struct Snapshot {
    id: SnapshotId,
    of: Arc<Snapshots>,
}

impl Snapshots {
    /// Where the last commit has this number.
    pub(crate) fn new(last: SnapshotId) -> Arc<Snapshots> {
        Arc::new(Snapshots(Mutex::new(State { last, in_use: BTreeMap::new() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The snapshot of now.
    pub(crate) fn take(self: &Arc<Self>) -> Arc<Snapshot> {
        let mut state = self.state();
        let id = state.last;
        *state.in_use.entry(id).or_default() += 1;
        Arc::new(Snapshot { id, of: Arc::clone(self) })
    }

    /// The last commit.
    pub(crate) fn last(&self) -> SnapshotId {
        self.state().last
    }

    /// Makes a commit the last one. The caller holds the connection, under which commits are numbered.
    pub(crate) fn advance(&self, last: SnapshotId) {
        self.state().last = last;
    }

    /// The oldest snapshot that somebody has or may yet get.
    pub(crate) fn horizon(&self) -> SnapshotId {
        let state = self.state();
        state.in_use.keys().next().copied().unwrap_or(state.last)
    }
}

impl Snapshot {
    /// Its number.
    pub(crate) fn id(&self) -> SnapshotId {
        self.id
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        let mut state = self.of.state();
        if let Some(count) = state.in_use.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                state.in_use.remove(&self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_horizon_is_the_oldest_snapshot_in_use() {
        let snapshots = Snapshots::new(7);
        assert_eq!(snapshots.horizon(), 7);
        let early = snapshots.take();
        snapshots.advance(8);
        let late = snapshots.take();
        assert_eq!((early.id(), late.id(), snapshots.horizon()), (7, 8, 7));
        let again = Arc::clone(&early);
        drop(early);
        assert_eq!(snapshots.horizon(), 7);
        drop(again);
        assert_eq!(snapshots.horizon(), 8);
    }
}
