//! Where rows went that were written anew.
//!
//! A transaction that took its snapshot before others merged files sees the files as they were, and deletes rows by their
//! places there. Where these rows are now is found by their order, which merging keeps: the rows of a file that were not
//! deleted stand one after the other, behind those of the files before it.
//!
//! ```text
//! files 7 (rows a, b) and 8 (rows c, d, e, of which d is deleted) become file 9 (rows a, b, c, e):
//! file 7 begins at 0 and file 8 at 2; e is at place 2 of file 8, the second that was left, so it is at place 3 of file 9
//! ```
//!
//! Nobody whose snapshot is that old outlives the process, so that this is kept in memory, as long as the files are kept.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use roaring::RoaringBitmap;

use super::files::StoredFile;
use crate::catalog::{SnapshotId, locked};

/// The files whose rows are elsewhere now.
#[derive(Default)]
pub(crate) struct Moves(Mutex<HashMap<i64, Move>>);

/// Where the rows of a file are.
struct Move {
    /// The transaction that moved them.
    txn: i64,
    /// The number of its commit.
    commit: Option<SnapshotId>,
    /// How many rows of other files are before them.
    first: u64,
    /// Those that were deleted already, and are nowhere.
    deleted: Option<Arc<RoaringBitmap>>,
    /// The files that they are in, with the number of rows before each.
    into: Arc<[(u64, i64)]>,
}

impl Moves {
    /// Transaction `txn` has written the rows of files, in this order, to others: their numbers and rows.
    pub(super) fn note(&self, txn: i64, from: &[StoredFile], to: impl IntoIterator<Item = (i64, u64)>) {
        let mut before = 0;
        let into: Arc<[(u64, i64)]> = to
            .into_iter()
            .map(|(file, rows)| {
                let first = before;
                before += rows;
                (first, file)
            })
            .collect();
        let mut moves = locked(&self.0);
        let mut first = 0;
        for file in from {
            let moved = Move { txn, commit: None, first, deleted: file.deleted.clone(), into: Arc::clone(&into) };
            moves.insert(file.number, moved);
            first += file.live_rows();
        }
    }

    /// Where rows of a file are now; none where they are nowhere, because somebody deleted them.
    pub(super) fn follow(&self, file: i64, positions: &RoaringBitmap) -> Option<BTreeMap<i64, RoaringBitmap>> {
        let moves = locked(&self.0);
        let moved = moves.get(&file)?;
        let mut places: BTreeMap<i64, RoaringBitmap> = BTreeMap::new();
        for position in positions {
            let gone = match &moved.deleted {
                Some(deleted) if deleted.contains(position) => return None,
                Some(deleted) => deleted.rank(position),
                None => 0,
            };
            let ordinal = moved.first + u64::from(position) - gone;
            let at = moved.into.partition_point(|(first, _)| *first <= ordinal).checked_sub(1)?;
            let (first, file) = moved.into[at];
            places.entry(file).or_default().insert(u32::try_from(ordinal - first).ok()?);
        }
        Some(places)
    }

    /// A transaction has committed what it moved.
    pub(crate) fn commit(&self, txn: i64, commit: SnapshotId) {
        locked(&self.0).values_mut().filter(|moved| moved.txn == txn).for_each(|moved| moved.commit = Some(commit));
    }

    /// Forgets files that nobody sees any more, who has the oldest snapshot in use or a newer one.
    pub(crate) fn forget(&self, horizon: SnapshotId) {
        locked(&self.0).retain(|_, moved| moved.commit.is_none_or(|commit| commit > horizon));
    }

    /// Forgets what a transaction did that is rolled back.
    pub(crate) fn undo(&self, txn: i64) {
        locked(&self.0).retain(|_, moved| moved.txn != txn);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::files::Place, *};

    fn file(number: i64, rows: u64, deleted: &[u32]) -> StoredFile {
        let deleted = (!deleted.is_empty()).then(|| Arc::new(deleted.iter().copied().collect()));
        StoredFile { number, place: Place::Data, rows, bytes: rows, since: None, statistics: None, deleted }
    }

    fn at(positions: &[u32]) -> RoaringBitmap {
        positions.iter().copied().collect()
    }

    #[test]
    fn rows_are_found_by_their_order() {
        let moves = Moves::default();
        moves.note(1, &[file(7, 2, &[]), file(8, 3, &[1]), file(9, 4, &[0, 3])], [(10, 3), (11, 3)]);
        assert_eq!(moves.follow(7, &at(&[1])), Some(BTreeMap::from([(10, at(&[1]))])));
        assert_eq!(moves.follow(8, &at(&[0, 2])), Some(BTreeMap::from([(10, at(&[2])), (11, at(&[0]))])));
        assert_eq!(moves.follow(8, &at(&[1])), None);
        assert_eq!(moves.follow(9, &at(&[1, 2])), Some(BTreeMap::from([(11, at(&[1, 2]))])));
        assert_eq!(moves.follow(12, &at(&[1])), None);
        moves.undo(1);
        assert_eq!(moves.follow(7, &at(&[1])), None);
    }
}
