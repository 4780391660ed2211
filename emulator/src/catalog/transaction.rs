//! Transactions.
//!
//! What a transaction writes goes into the catalog's tables at once, marked as its own, where nobody else sees it. COMMIT
//! is one short SQLite transaction that stamps these rows with the number of a new snapshot; ROLLBACK removes them and
//! takes back the marks on what they replaced. A transaction that a crash cut off is rolled back when the catalog is
//! opened again.
//!
//! The snapshot is taken late, as in Redshift: not by BEGIN, but by the first statement that reads or writes, and after
//! that statement has its lock. So two sessions that update one table in blocks of their own run one after the other
//! instead of failing:
//!
//! ```text
//! T1: begin; update t ...             T2: begin; update t ...   (waits)
//! T1: commit                          T2: takes its snapshot, sees what T1 wrote, goes on
//! ```
//!
//! Source: developer guide, "Serializable isolation", "Write and read/write operations", "Concurrent write examples".

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};

use redshift_sql_dialect::{Error, Result, SqlState, ast::SystemPrivilege};
use rusqlite::{OptionalExtension, named_params};

use super::{
    Actor, CatalogView, Contents, Database, Isolation, LockMode, Oid, Privilege, Relation, RelationKind,
    RelationRights, Routine, RowFilter, RowIdentity, Shared, User, changes,
    garbage::Collector,
    locks::{Granted, LockKey, Owner},
    objects::{Kind, locked},
    open,
    relations::is_temporary,
    snapshot::{Snapshot, SnapshotId},
    sql::{current, sql_error},
};
use crate::{clock, storage::TableScan};

/// A transaction. Dropping it rolls it back.
///
/// The order within a statement that writes: find its table in a [`view`](Transaction::view), lock it, then take a *new*
/// view and bind the statement in it. A transaction that has read and written nothing yet takes its snapshot anew with
/// each view, so that a statement which waited for a lock sees what the one before it committed, as Redshift's does.
pub struct Transaction(Arc<Inner>);

/// What a transaction sees: its snapshot and its own writes. Scans made from it work as long as they live, also after
/// the transaction's end.
#[derive(Clone)]
pub struct TransactionView {
    shared: Arc<Shared>,
    snapshot: Arc<Snapshot>,
    database: Oid,
    /// None where somebody looks without a transaction.
    inner: Option<Arc<Inner>>,
    /// Does it only describe relations? Then it locks none.
    describes: bool,
    /// Those whose rights were asked for.
    actors: Arc<Mutex<HashMap<Oid, Arc<Actor>>>>,
    /// Behind the snapshot, so that it is dropped after it.
    _collector: Collector,
}

pub(crate) struct Inner {
    shared: Arc<Shared>,
    owner: Owner,
    database: Arc<Database>,
    /// The restoration that it began after.
    epoch: u64,
    state: Mutex<State>,
    tidying: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    snapshot: Option<Arc<Snapshot>>,
    /// Has it read or written? Its snapshot is for good then.
    pinned: bool,
    /// The database that it writes in, temporary tables aside.
    written: Option<Oid>,
    touched: BTreeSet<Touched>,
    /// Data files it has begun to write: of which table, and their numbers.
    files: Vec<(Oid, i64)>,
    /// Tables that a statement reads with the places of their rows, to delete them.
    places: BTreeSet<Oid>,
    /// Tables and views that a statement reads and that somebody else has locked.
    unreadable: BTreeSet<Oid>,
    ended: bool,
}

/// The versioned tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Touched {
    Objects,
    Grants,
    Files,
    Deletes,
}

macro_rules! statement {
    ($name:ident, $doc:literal, $before:literal, $after:literal) => {
        #[doc = $doc]
        pub(crate) fn $name(self) -> &'static str {
            match self {
                Touched::Objects => concat!($before, "objects", $after),
                Touched::Grants => concat!($before, "grants", $after),
                Touched::Files => concat!($before, "files", $after),
                Touched::Deletes => concat!($before, "deletes", $after),
            }
        }
    };
}

impl Touched {
    pub(crate) const ALL: [Touched; 4] = [Touched::Objects, Touched::Grants, Touched::Files, Touched::Deletes];

    statement!(
        stamp_begin,
        "COMMIT of what began.",
        "UPDATE ",
        " SET begin_snapshot = :snapshot WHERE begin_txn = :txn AND begin_snapshot IS NULL"
    );
    statement!(
        stamp_end,
        "COMMIT of what ended.",
        "UPDATE ",
        " SET end_snapshot = :snapshot WHERE end_txn = :txn AND end_txn IS NOT NULL AND end_snapshot IS NULL"
    );
    statement!(
        undo_begin,
        "ROLLBACK of what began.",
        "DELETE FROM ",
        " WHERE begin_txn = :txn AND begin_snapshot IS NULL"
    );
    statement!(
        undo_end,
        "ROLLBACK of what ended.",
        "UPDATE ",
        " SET end_txn = NULL WHERE end_txn = :txn AND end_txn IS NOT NULL AND end_snapshot IS NULL"
    );

    /// What a crash leaves to do.
    pub(crate) fn recovery(self) -> &'static str {
        macro_rules! recovery {
            ($table:literal) => {
                concat!(
                    "DELETE FROM ",
                    $table,
                    " WHERE begin_snapshot IS NULL;
                     UPDATE ",
                    $table,
                    " SET end_txn = NULL WHERE end_txn IS NOT NULL AND end_snapshot IS NULL;
                     DELETE FROM ",
                    $table,
                    " WHERE end_snapshot IS NOT NULL;"
                )
            };
        }
        match self {
            Touched::Objects => recovery!("objects"),
            Touched::Grants => recovery!("grants"),
            Touched::Files => recovery!("files"),
            Touched::Deletes => recovery!("deletes"),
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

impl Transaction {
    /// Begins a transaction of a session with this process id in this database.
    pub(crate) fn begin(shared: &Arc<Shared>, pid: i32, database: &str) -> Result<Transaction> {
        shared.durability.check()?;
        let epoch = shared.epoch();
        let Some(database) = TransactionView::outside(shared).database_named(database)? else {
            let message = format!("database \"{database}\" does not exist");
            return Err(Error::new(SqlState::INVALID_CATALOG_NAME, message));
        };
        let owner = Owner { txn: shared.next_txn(), pid, began: clock::now() };
        Ok(Transaction(Arc::new(Inner {
            shared: Arc::clone(shared),
            owner,
            database,
            epoch,
            state: Mutex::new(State::default()),
            tidying: tokio::sync::Mutex::new(()),
        })))
    }

    /// Its number, as `xid` columns show it.
    pub fn id(&self) -> i64 {
        self.0.owner.txn
    }

    pub(crate) fn owner(&self) -> Owner {
        self.0.owner
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0.shared
    }

    /// The database it is in.
    pub fn database(&self) -> &Arc<Database> {
        &self.0.database
    }

    /// What it sees now.
    pub fn view(&self) -> Arc<TransactionView> {
        let mut state = self.0.state();
        state.unreadable.clear();
        if !state.pinned {
            state.snapshot = None;
        }
        self.view_of(&mut state)
    }

    /// What the last view showed: the snapshot is not taken anew, so that what was decided in that view still holds.
    pub(crate) fn seen(&self) -> Arc<TransactionView> {
        self.view_of(&mut self.0.state())
    }

    fn view_of(&self, state: &mut State) -> Arc<TransactionView> {
        let snapshot = state.snapshot.get_or_insert_with(|| self.0.shared.snapshots.take());
        Arc::new(TransactionView {
            shared: Arc::clone(&self.0.shared),
            snapshot: Arc::clone(snapshot),
            database: self.0.database.oid,
            inner: Some(Arc::clone(&self.0)),
            describes: false,
            actors: Arc::default(),
            _collector: Collector::of(&self.0.shared),
        })
    }

    /// Locks a table until the transaction ends, waiting for those that hold it in a mode that does not go with this one.
    ///
    /// # Errors
    /// 40P01 where transactions wait for each other. In a transaction that has read or written before, and if it is about
    /// to write now: 1018 (XX000) where somebody dropped the table since, 1023 (XX000) where somebody altered it.
    pub async fn lock_table(&self, table: Oid, mode: LockMode) -> Result<()> {
        self.lock(LockKey::Object(Kind::Relation, table), mode).await?;
        match mode {
            LockMode::AccessShare => Ok(()),
            LockMode::ShareRowExclusive | LockMode::AccessExclusive => self.check_definition(table),
        }
    }

    /// Waits for the tables and views that what was bound since the last call reads and that others had locked. Were there
    /// any, then what was bound is to be bound again in a new view.
    ///
    /// # Errors
    /// 40P01 where transactions wait for each other.
    pub(crate) async fn wait_to_read(&self) -> Result<bool> {
        let unreadable = std::mem::take(&mut self.0.state().unreadable);
        let waits = !unreadable.is_empty();
        for relation in unreadable {
            self.lock_table(relation, LockMode::AccessShare).await?;
        }
        Ok(waits)
    }

    pub(crate) async fn lock(&self, key: LockKey, mode: LockMode) -> Result<()> {
        match self.0.shared.locks.acquire(self.0.owner, key, mode).await? {
            Granted::AtOnce | Granted::AfterWaiting => Ok(()),
        }
    }

    /// Is the definition of a table that this transaction sees the last one?
    fn check_definition(&self, table: Oid) -> Result<()> {
        if !self.0.state().pinned {
            return Ok(());
        }
        let Some(seen) = self.seen().object::<super::relations::StoredRelation>(table)? else { return Ok(()) };
        let last: Option<i64> = self
            .0
            .shared
            .sql
            .connection()
            .prepare_cached(concat!(
                "SELECT version FROM objects WHERE kind = 'relation' AND oid = :oid AND ",
                current!()
            ))
            .and_then(|mut statement| {
                statement.query_row(named_params! { ":oid": table.0, ":txn": self.id() }, |row| row.get(0)).optional()
            })
            .map_err(sql_error)?;
        match last {
            Some(last) if last == seen.number => Ok(()),
            Some(_) => Err(self.0.shared.serialization.violated(table, &[], self.0.owner)),
            // Developer guide, "Serializable isolation", ERROR:1018.
            None => Err(Error::new(SqlState::INTERNAL_ERROR, "1018").with_detail("Relation does not exist.")),
        }
    }

    /// Notes that the transaction writes rows of a table that it has locked.
    ///
    /// # Errors
    /// 1023 (XX000) where no serial order is left.
    pub(crate) fn note_write(&self, table: &Relation) -> Result<()> {
        if is_temporary(&table.schema) {
            return Ok(());
        }
        self.writes_in(table.database)?;
        if table.database != self.0.database.oid {
            refuse_interleaved(table)?;
        }
        if self.isolation_in(table.database)? == Isolation::Serializable {
            self.writes(Touched::Files)?;
            let snapshot = self.seen().snapshot();
            self.0.shared.serialization.write(self.0.owner, snapshot, table.oid)?;
        }
        Ok(())
    }

    /// Notes that the transaction writes in a database.
    ///
    /// # Errors
    /// 0A000 where it has written in another one: the writes of a transaction are to one database (developer guide,
    /// "Considerations for data sharing reads and writes in Amazon Redshift").
    pub(crate) fn writes_in(&self, database: Oid) -> Result<()> {
        let mut state = self.0.state();
        match *state.written.get_or_insert(database) {
            written if written == database => Ok(()),
            _ => Err(Error::unsupported("writing to more than one database in a transaction is not supported")),
        }
    }

    /// The database that it has written in, if any.
    pub(crate) fn written_database(&self) -> Option<Oid> {
        self.0.state().written
    }

    /// How transactions that write in a database are kept apart.
    fn isolation_in(&self, database: Oid) -> Result<Isolation> {
        if database == self.0.database.oid {
            return Ok(self.0.database.isolation);
        }
        let found = self.seen().object::<Database>(database)?;
        Ok(found.map_or(self.0.database.isolation, |found| found.object.isolation))
    }

    /// Notes that the transaction writes to a versioned table, and gives its number to mark the rows with.
    pub(crate) fn writes(&self, table: Touched) -> Result<i64> {
        self.0.shared.durability.check()?;
        let mut state = self.0.state();
        state.snapshot.get_or_insert_with(|| self.0.shared.snapshots.take());
        state.pinned = true;
        state.touched.insert(table);
        Ok(self.0.owner.txn)
    }

    /// Gives the numbers of data files of a table that the transaction begins to write. They go when it is rolled back.
    pub(crate) fn file_numbers(&self, table: Oid) -> impl Fn() -> i64 + Send + Sync + 'static {
        let inner = Arc::clone(&self.0);
        move || {
            let file = inner.shared.next_file();
            inner.state().files.push((table, file));
            file
        }
    }

    /// Waits for its turn to move rows: of what one transaction does side by side, one thing at a time may.
    pub(crate) async fn tidying(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.tidying.lock().await
    }

    /// Do rows have to stay where they are in a table? They do from a scan with their places to the deletion; UPDATE adds
    /// rows between the two.
    pub(crate) fn places_matter(&self, table: Oid) -> bool {
        self.0.state().places.contains(&table)
    }

    /// The rows whose places were asked for are deleted.
    pub(crate) fn places_used(&self, table: Oid) {
        self.0.state().places.remove(&table);
    }

    /// Has it written anything?
    pub fn has_written(&self) -> bool {
        !self.0.state().touched.is_empty()
    }

    /// Makes its writes visible to those that begin after, all at once and for good.
    ///
    /// # Errors
    /// 58030 where they cannot be written; the transaction is rolled back then.
    pub async fn commit(self) -> Result<()> {
        let Some(ticket) = self.0.commit()? else { return Ok(()) };
        self.0.shared.durability.wait(ticket).await
    }

    /// Undoes its writes. Dropping does the same.
    pub fn rollback(self) {}
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.0.roll_back();
    }
}

impl Inner {
    /// Commits; gives the ticket to wait with for the disk where something was written.
    fn commit(&self) -> Result<Option<u64>> {
        let touched: Vec<Touched> = self.state().touched.iter().copied().collect();
        let mut ticket = None;
        if !touched.is_empty() {
            let snapshots = &self.shared.snapshots;
            let ended = self.shared.sql.atomically_then(
                |connection| {
                    self.shared.check_epoch(self.epoch)?;
                    let snapshot = snapshots.last() + 1;
                    changes::note(connection, self.owner.txn, &touched)?;
                    let stamped = open::stamp(connection, self.owner.txn, snapshot, &touched)?;
                    open::advance(connection, snapshot, self.owner.txn)?;
                    Ok((snapshot, stamped))
                },
                // Still under the connection, so that snapshots are numbered as they are committed.
                |(snapshot, _)| snapshots.advance(*snapshot),
            )?;
            ticket = Some(self.shared.durability.written());
            self.shared.moves.commit(self.owner.txn, ended.0);
            if ended.1.ended > 0 {
                self.shared.garbage.note(ended.0);
            }
        }
        self.finish(|snapshots, horizon| {
            self.shared.serialization.committed(self.owner.txn, snapshots.last(), horizon)
        });
        Ok(ticket)
    }

    fn roll_back(&self) {
        if self.state().ended {
            return;
        }
        let (touched, files) = {
            let mut state = self.state();
            (state.touched.clone(), std::mem::take(&mut state.files))
        };
        if !touched.is_empty()
            && let Err(error) = self.shared.undo(self.owner.txn, &touched.into_iter().collect::<Vec<_>>())
        {
            // The rows stay marked as this transaction's: nobody sees them, and the next start removes them.
            tracing::error!(%error, "a transaction could not be rolled back");
        }
        self.shared.moves.undo(self.owner.txn);
        self.shared.remove_files(files);
        self.finish(|_, horizon| self.shared.serialization.rolled_back(self.owner.txn, horizon));
    }

    fn finish(&self, settle: impl FnOnce(&super::snapshot::Snapshots, SnapshotId)) {
        let snapshot = {
            let mut state = self.state();
            state.ended = true;
            state.snapshot.take()
        };
        drop(snapshot);
        settle(&self.shared.snapshots, self.shared.snapshots.horizon());
        self.shared.locks.release_all(self.owner.txn);
        self.shared.collect_garbage();
    }
}

impl TransactionView {
    /// What is committed now, for somebody without a transaction and in no database.
    pub(crate) fn outside(shared: &Arc<Shared>) -> TransactionView {
        TransactionView {
            shared: Arc::clone(shared),
            snapshot: shared.snapshots.take(),
            database: Oid(0),
            inner: None,
            describes: false,
            actors: Arc::default(),
            _collector: Collector::of(shared),
        }
    }

    /// Somebody, with all that they hold privileges through; found out once.
    ///
    /// # Errors
    /// Where the catalog cannot be read.
    pub fn actor(&self, user: Oid) -> Result<Arc<Actor>> {
        if let Some(known) = locked(&self.actors).get(&user) {
            return Ok(Arc::clone(known));
        }
        let actor = Arc::new(self.find_actor(user)?);
        locked(&self.actors).insert(user, Arc::clone(&actor));
        Ok(actor)
    }

    /// The groups that a user is in for this session only.
    pub(crate) fn session_groups(&self, user: Oid) -> Vec<Oid> {
        let inner = self.inner.as_ref();
        inner.map_or(Vec::new(), |inner| self.shared.session_groups.of(inner.owner.pid, user))
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn snapshot(&self) -> SnapshotId {
        self.snapshot.id()
    }

    /// Does it show objects that its own transaction has made or changed?
    pub(crate) fn has_own_objects(&self) -> bool {
        self.inner.as_ref().is_some_and(|inner| inner.state().touched.contains(&Touched::Objects))
    }

    /// The transaction's number; one that no transaction has where there is none.
    pub(crate) fn txn(&self) -> i64 {
        self.inner.as_ref().map_or(-1, |inner| inner.owner.txn)
    }

    /// The database that names without one are looked up in.
    pub fn database_oid(&self) -> Oid {
        self.database
    }

    /// The database that the session is connected to.
    pub(crate) fn connected_oid(&self) -> Oid {
        self.inner.as_ref().map_or(self.database, |inner| inner.database.oid)
    }

    /// What the transaction sees of another database: its schemas are looked up there.
    pub fn in_database(&self, database: Oid) -> Arc<TransactionView> {
        Arc::new(TransactionView { database, ..self.clone() })
    }

    /// What cannot be queried from another database (developer guide, "Limitations" of cross-database queries).
    fn check_reach(&self, relation: &Relation) -> Result<()> {
        if relation.database == self.connected_oid() || is_temporary(&relation.schema) {
            return Ok(());
        }
        refuse_interleaved(relation)?;
        if !self.column_grants(relation.oid)?.is_empty() {
            let message = format!(
                "cross-database queries on tables with column-level privileges are not supported: \"{}\"",
                relation.name
            );
            return Err(Error::unsupported(message));
        }
        let RelationKind::View(view) = &relation.kind else { return Ok(()) };
        for base in &view.depends_on {
            if let Some(base) = self.relation_by_oid(*base)?
                && base.database != relation.database
            {
                return Err(too_far(&base));
            }
        }
        Ok(())
    }

    /// The user with this id.
    pub fn user_by_id(&self, id: Oid) -> Result<Option<Arc<User>>> {
        Ok(self.object(id)?.map(|version| version.object))
    }

    /// Notes that a statement reads a table with the places of its rows.
    pub(crate) fn note_places(&self, table: Oid) {
        if let Some(inner) = &self.inner {
            inner.state().places.insert(table);
        }
    }

    /// Locks a table or a view for reading, until the transaction ends; where others have locked it, the statement waits for
    /// them when it is bound ([`Transaction::wait_to_read`]).
    fn lock_to_read(&self, relation: Oid) {
        let Some(inner) = self.inner.as_ref().filter(|_| !self.describes) else { return };
        let key = LockKey::Object(Kind::Relation, relation);
        // Under the state's lock, so that a transaction that ends takes no lock any more.
        let mut state = inner.state();
        if !state.ended && !self.shared.locks.try_acquire(inner.owner, &key, LockMode::AccessShare) {
            state.unreadable.insert(relation);
        }
    }

    /// Notes that the transaction reads a table in this view: from now on it keeps the view's snapshot.
    ///
    /// # Errors
    /// 1023 (XX000) where no serial order is left.
    pub(crate) fn note_read(&self, table: &Relation) -> Result<()> {
        let Some(inner) = &self.inner else { return Ok(()) };
        let mut state = inner.state();
        if state.ended {
            return Ok(());
        }
        if !state.pinned {
            state.snapshot = Some(Arc::clone(&self.snapshot));
            state.pinned = true;
        }
        drop(state);
        if inner.database.isolation == Isolation::Serializable && !is_temporary(&table.schema) {
            self.shared.serialization.read(inner.owner, self.snapshot(), table.oid)?;
        }
        Ok(())
    }
}

impl CatalogView for TransactionView {
    fn has_schema(&self, schema: &str) -> Result<bool> {
        Ok(self.schema(schema)?.is_some())
    }

    fn relation(&self, schema: &str, name: &str) -> Result<Option<Arc<Relation>>> {
        self.relation_named(schema, name)
    }

    fn routines(&self, schema: &str, name: &str) -> Result<Vec<Arc<Routine>>> {
        self.routines_named(schema, name)
    }

    fn may_execute(&self, user: Oid, routine: &Routine) -> Result<bool> {
        TransactionView::may_execute(self, &*self.actor(user)?, routine.owned(), routine.schema_oid)
    }

    fn describing(&self) -> Option<Arc<dyn CatalogView>> {
        Some(Arc::new(TransactionView { describes: true, ..self.clone() }))
    }

    fn in_database(&self, database: &str) -> Result<Option<Arc<dyn CatalogView>>> {
        if let Some(inner) = &self.inner
            && inner.database.name == database
        {
            return Ok(Some(TransactionView::in_database(self, inner.database.oid)));
        }
        let found = self.database_named(database)?;
        Ok(found.map(|found| -> Arc<dyn CatalogView> { TransactionView::in_database(self, found.oid) }))
    }

    fn around(&self, relation: &Relation) -> Result<Option<Arc<dyn CatalogView>>> {
        let elsewhere = relation.kind != RelationKind::System && relation.database != self.database;
        Ok(elsewhere.then(|| -> Arc<dyn CatalogView> { TransactionView::in_database(self, relation.database) }))
    }

    fn other_database(&self, relation: &Relation) -> Result<Option<String>> {
        if relation.kind == RelationKind::System || relation.database == self.connected_oid() {
            return Ok(None);
        }
        Ok(self.object::<Database>(relation.database)?.map(|found| found.object.name.clone()))
    }

    fn contents(&self, relation: &Arc<Relation>, identity: RowIdentity) -> Result<Contents> {
        self.check_reach(relation)?;
        self.lock_to_read(relation.oid);
        match &relation.kind {
            RelationKind::Table(_) => Ok(Contents::Scan(Arc::new(TableScan::new(self.clone(), relation, identity)?))),
            RelationKind::View(view) => {
                let text = match &view.materialized {
                    Some(materialized) => self.stored_rows(materialized)?,
                    None => view.query.clone(),
                };
                Ok(Contents::Query { text, search_path: view.search_path.clone() })
            }
            RelationKind::System => Err(Error::internal("a system relation is not the catalog's")),
        }
    }

    fn relation_rights(&self, user: Oid, relation: &Relation) -> Result<RelationRights> {
        self.rights_on(&*self.actor(user)?, relation)
    }

    fn row_filter(&self, user: Oid, relation: &Relation) -> Result<RowFilter> {
        self.rows_seen_by(&*self.actor(user)?, relation)
    }

    fn may_explain_rls(&self, user: Oid) -> Result<bool> {
        Ok(self.actor(user)?.has_system(SystemPrivilege::ExplainRls))
    }

    fn policy_rights(&self, policy: Oid, relation: &Relation) -> Result<RelationRights> {
        let readable = self.policy_may_read(policy, relation.oid)?;
        Ok(RelationRights::of(readable.then_some(Privilege::Select)))
    }

    fn may_use_schema(&self, user: Oid, schema: &str) -> Result<bool> {
        match self.schema(schema)? {
            Some(schema) => self.may_with_schema(&*self.actor(user)?, &schema, Privilege::Usage),
            None => Ok(true),
        }
    }
}

/// 0A000 for a table of another database that has an interleaved sort key.
fn refuse_interleaved(table: &Relation) -> Result<()> {
    if !table.table().is_some_and(|table| table.interleaved) {
        return Ok(());
    }
    let message =
        format!("cross-database queries on tables with interleaved sort keys are not supported: \"{}\"", table.name);
    Err(Error::unsupported(message))
}

/// 0A000 for what a view of another database reads and is not in that database.
pub(crate) fn too_far(relation: &Relation) -> Error {
    let name = &relation.name;
    Error::unsupported(format!("a view of another database refers to \"{name}\", which is in yet another database"))
}
