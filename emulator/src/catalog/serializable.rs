//! SERIALIZABLE: is there an order in which the transactions could have run one after the other?
//!
//! Redshift decides by whole tables, and so does this. Of two transactions, one has to come before the other where
//!
//! * it wrote a table, committed, and the other saw that (write-read), or wrote the table after it (write-write);
//! * it read a table as it was before the other wrote it (read-write): its snapshot is older than the other's commit, or
//!   the other has not committed yet.
//!
//! While these relations form no circle, some serial order has the same outcome. Each read and write looks whether it
//! closes one, and the transaction that would is refused:
//!
//! ```text
//! T1: select from a      T2: insert into a      T1 comes before T2, which wrote what T1 had not seen
//! T1: insert into b      T2: select from b      T2 comes before T1: error 1023
//! ```
//!
//! Nothing is stored but what each transaction read and wrote, its snapshot and its commit; the relations follow from
//! these. A committed transaction is forgotten once it can stand in no circle any more: nothing comes before it, and
//! everybody who is still open has seen its commit, so that nothing can come to.
//!
//! Source: developer guide, "Serializable isolation"; the error's parts (message 1023, SQLSTATE XX000, the detail) as a
//! cluster sent them in github.com/aws/aws-sdk-pandas issue 665.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use redshift_sql_dialect::{Error, Result, SqlState};

use super::{Oid, locks::Owner, snapshot::SnapshotId};
use crate::clock;

/// The error 1023 on this table; `others` are the transactions that form the circle with this one.
fn violation(table: Oid, others: &[i64], own: Owner) -> Error {
    let circle: Vec<String> = others.iter().chain([&own.txn]).map(i64::to_string).collect();
    Error::new(SqlState::INTERNAL_ERROR, "1023").with_detail(format!(
        "Serializable isolation violation on table - {}, transactions forming the cycle are: {} (pid:{})",
        table.0,
        circle.join(", "),
        own.pid
    ))
}

/// A transaction that was aborted, because no serial order had the same result: a row of stl_tr_conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict {
    /// Its number.
    pub txn: i64,
    /// Its session.
    pub pid: i32,
    /// When it began: microseconds since 1970.
    pub began: i64,
    /// When it was aborted.
    pub aborted: i64,
    /// The table at which it was found out.
    pub table: Oid,
}

/// How many conflicts are remembered.
const CONFLICTS_KEPT: usize = 1_000;

/// What transactions have read and written.
#[derive(Default)]
pub(crate) struct Serialization {
    nodes: Mutex<BTreeMap<i64, Node>>,
    conflicts: Mutex<VecDeque<Conflict>>,
}

struct Node {
    owner: Owner,
    snapshot: SnapshotId,
    commit: Option<SnapshotId>,
    reads: HashSet<Oid>,
    writes: HashSet<Oid>,
}

impl Serialization {
    fn nodes(&self) -> MutexGuard<'_, BTreeMap<i64, Node>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remembered(&self) -> MutexGuard<'_, VecDeque<Conflict>> {
        self.conflicts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The error 1023 on this table, which is remembered.
    pub(crate) fn violated(&self, table: Oid, others: &[i64], own: Owner) -> Error {
        let mut conflicts = self.remembered();
        conflicts.push_back(Conflict { txn: own.txn, pid: own.pid, began: own.began, aborted: clock::now(), table });
        if conflicts.len() > CONFLICTS_KEPT {
            conflicts.pop_front();
        }
        violation(table, others, own)
    }

    /// The last conflicts since the start, oldest first.
    pub(crate) fn conflicts(&self) -> Vec<Conflict> {
        self.remembered().iter().copied().collect()
    }

    /// A transaction reads a table as of its snapshot.
    pub(crate) fn read(&self, owner: Owner, snapshot: SnapshotId, table: Oid) -> Result<()> {
        self.note(owner, snapshot, table, |node| &mut node.reads)
    }

    /// A transaction that holds the lock on a table writes it.
    pub(crate) fn write(&self, owner: Owner, snapshot: SnapshotId, table: Oid) -> Result<()> {
        self.note(owner, snapshot, table, |node| &mut node.writes)
    }

    fn note(
        &self,
        owner: Owner,
        snapshot: SnapshotId,
        table: Oid,
        set: impl Fn(&mut Node) -> &mut HashSet<Oid>,
    ) -> Result<()> {
        let mut nodes = self.nodes();
        let node = nodes.entry(owner.txn).or_insert_with(|| Node {
            owner,
            snapshot,
            commit: None,
            reads: HashSet::new(),
            writes: HashSet::new(),
        });
        if !set(node).insert(table) {
            return Ok(());
        }
        if let Some(others) = circle(&nodes, owner.txn) {
            // The statement fails and what it was about to do is not done.
            if let Some(node) = nodes.get_mut(&owner.txn) {
                set(node).remove(&table);
            }
            return Err(self.violated(table, &others, owner));
        }
        Ok(())
    }

    /// A transaction has committed; `horizon` is the oldest snapshot that one which is still open has.
    pub(crate) fn committed(&self, txn: i64, commit: SnapshotId, horizon: SnapshotId) {
        let mut nodes = self.nodes();
        if let Some(node) = nodes.get_mut(&txn) {
            node.commit = Some(commit);
        }
        forget(&mut nodes, horizon);
    }

    /// A transaction is rolled back.
    pub(crate) fn rolled_back(&self, txn: i64, horizon: SnapshotId) {
        let mut nodes = self.nodes();
        nodes.remove(&txn);
        forget(&mut nodes, horizon);
    }
}

/// Does `a` have to come before `b`?
fn before(a: &Node, b: &Node) -> bool {
    // What `b` saw when it looked first.
    let seen = |commit: Option<SnapshotId>, snapshot: SnapshotId| commit.is_some_and(|commit| commit <= snapshot);
    let write_read = seen(a.commit, b.snapshot) && !a.writes.is_disjoint(&b.reads);
    let write_write = match (a.commit, b.commit) {
        (Some(first), Some(second)) => first < second,
        (Some(_), None) => true,
        (None, _) => false,
    } && !a.writes.is_disjoint(&b.writes);
    let read_write = !seen(b.commit, a.snapshot) && !a.reads.is_disjoint(&b.writes);
    write_read || write_write || read_write
}

/// The other transactions of a circle that this one stands in.
fn circle(nodes: &BTreeMap<i64, Node>, start: i64) -> Option<Vec<i64>> {
    let mut path = Vec::new();
    let mut seen = HashSet::from([start]);
    search(nodes, start, start, &mut path, &mut seen).then_some(path)
}

fn search(nodes: &BTreeMap<i64, Node>, from: i64, start: i64, path: &mut Vec<i64>, seen: &mut HashSet<i64>) -> bool {
    for (&txn, node) in nodes {
        if txn == from || !before(&nodes[&from], node) {
            continue;
        }
        if txn == start {
            return true;
        }
        if seen.insert(txn) {
            path.push(txn);
            if search(nodes, txn, start, path, seen) {
                return true;
            }
            path.pop();
        }
    }
    false
}

/// Forgets the committed transactions that can stand in no circle any more.
fn forget(nodes: &mut BTreeMap<i64, Node>, horizon: SnapshotId) {
    loop {
        let free: Vec<i64> = nodes
            .iter()
            .filter(|(_, node)| {
                let preceded = || nodes.values().any(|other| other.owner != node.owner && before(other, node));
                node.commit.is_some_and(|commit| commit <= horizon) && !preceded()
            })
            .map(|(txn, _)| *txn)
            .collect();
        if free.is_empty() {
            return;
        }
        nodes.retain(|txn, _| !free.contains(txn));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Oid = Oid(100_001);
    const B: Oid = Oid(100_002);

    fn owner(txn: i64) -> Owner {
        Owner { txn, pid: 15_000 + txn as i32, began: 0 }
    }

    #[test]
    fn write_skew_over_two_tables() {
        let graph = Serialization::default();
        graph.read(owner(1), 5, A).unwrap();
        graph.write(owner(1), 5, B).unwrap();
        graph.write(owner(2), 5, A).unwrap();
        let error = graph.read(owner(2), 5, B).unwrap_err();
        assert_eq!((error.sqlstate().0, error.message()), ("XX000", "1023"));
        assert_eq!(
            error.detail(),
            Some(
                "Serializable isolation violation on table - 100002, transactions forming the cycle are: 1, 2 (pid:15002)"
            )
        );
        graph.rolled_back(2, 5);
        graph.committed(1, 6, 6);
        assert!(graph.nodes().is_empty());
    }

    #[test]
    fn lost_update() {
        let graph = Serialization::default();
        graph.read(owner(1), 5, A).unwrap();
        graph.read(owner(2), 5, A).unwrap();
        graph.write(owner(2), 5, A).unwrap();
        graph.committed(2, 6, 5);
        assert!(graph.write(owner(1), 5, A).is_err());
    }

    #[test]
    fn writers_that_read_nothing_do_not_conflict() {
        let graph = Serialization::default();
        graph.write(owner(1), 5, A).unwrap();
        graph.write(owner(2), 5, B).unwrap();
        graph.committed(1, 6, 5);
        graph.write(owner(2), 5, A).unwrap();
        graph.committed(2, 7, 7);
        assert!(graph.nodes().is_empty());
    }

    /// The anomaly that only a reader notices: T2 runs after T1 read and before it writes; T3 sees T2's outcome and not
    /// T1's, so that the order T1, T2, T3 and T3 before T1 contradict each other.
    #[test]
    fn read_only_anomaly() {
        let graph = Serialization::default();
        graph.read(owner(1), 5, A).unwrap();
        graph.write(owner(2), 5, A).unwrap();
        graph.committed(2, 6, 5);
        graph.read(owner(3), 6, A).unwrap();
        graph.read(owner(3), 6, B).unwrap();
        graph.committed(3, 6, 5);
        assert!(graph.write(owner(1), 5, B).is_err());
    }

    #[test]
    fn transactions_one_after_the_other_are_forgotten() {
        let graph = Serialization::default();
        for txn in 1..10 {
            graph.read(owner(txn), txn, A).unwrap();
            graph.write(owner(txn), txn, A).unwrap();
            graph.committed(txn, txn + 1, txn + 1);
        }
        assert!(graph.nodes().is_empty());
    }
}
