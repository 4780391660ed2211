//! Who started what: statements, sessions, and client tokens, as long as the service keeps them.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use redshift_sql_dialect::{
    Error,
    ast::{Parsed, Statement},
};
use serde_json::Value;
use tokio::sync::watch;

use super::journal::{Entry, Journal};
use crate::{
    backend::redshift::target::Target,
    http::now,
    policy::{Limits, Place},
};

const HOUR: i64 = 3_600 * 1_000_000;
/// How long statements and sessions are known, in microseconds: the service keeps them as long.
pub const RETENTION: i64 = 24 * HOUR;
/// How long a client token counts, in microseconds.
const TOKEN_RETENTION: i64 = 8 * HOUR;
/// Most statements, and most sessions; beyond them the oldest are forgotten before their time.
const MOST: usize = 50_000;

/// A statement that was started through the gateway.
pub struct Started {
    /// Its id.
    pub id: String,
    /// Whose it is; none where the gateway knows no users.
    pub owner: Option<String>,
    /// The name of its target.
    pub target_name: String,
    /// Its target, as its owner sees it.
    pub target: Arc<Target>,
    /// What the service answered when it was started.
    pub answer: Value,
    /// Do policies bound its result?
    pub limited: bool,
    /// Its end, once that is known.
    pub ended: watch::Sender<Option<Ended>>,
}

/// The end of a statement.
#[derive(Debug, Clone)]
pub struct Ended {
    /// For each of its texts why its result may not pass.
    pub refusals: Vec<Option<Error>>,
}

/// A session that was opened through the gateway.
pub struct Session {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub owner: Option<String>,
    /// The name of its target.
    pub target_name: String,
    /// Its target, as its owner sees it.
    pub target: Arc<Target>,
    /// Its last statement. Who holds this may start the next one.
    pub turn: Arc<tokio::sync::Mutex<Option<Arc<Started>>>>,
    /// Where it stands.
    pub standing: Mutex<Standing>,
}

/// Where a session stands: what names mean in it, and whether a block is open.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// Where names are looked up.
    pub place: Place,
    /// Is a block open?
    pub in_block: bool,
}

/// What is known of a statement that was, or will have been, run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// It succeeds, or nothing runs behind it.
    Certain,
    /// It may have failed: nothing is taken for made.
    Possible,
}

impl Standing {
    /// Takes note of a statement.
    pub fn after(&mut self, statement: &Statement, certainty: Certainty) {
        let makes_temporary = match statement {
            Statement::CreateTable(create) => create.temporary,
            Statement::CreateTableAs(create) => create.temporary,
            _ => false,
        };
        match statement {
            Statement::Begin(_) => self.in_block = true,
            Statement::Commit if certainty == Certainty::Certain => {
                self.place.committed();
                self.in_block = false;
            }
            // A block that could not be committed is rolled back.
            Statement::Commit | Statement::Rollback => {
                self.place.rolled_back();
                self.in_block = false;
            }
            _ if makes_temporary && certainty == Certainty::Possible => {}
            other => self.place.after(other, self.in_block),
        }
    }

    /// Takes note of the statements of a text.
    pub fn after_all(&mut self, statements: &[Parsed], certainty: Certainty) {
        statements.iter().for_each(|parsed| self.after(&parsed.statement, certainty));
    }
}

impl Session {
    /// Where it stands.
    pub fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ledger.
#[derive(Default)]
pub struct Ledger {
    journal: Option<Journal>,
    statements: Mutex<Shelf<Started>>,
    sessions: Mutex<Shelf<Session>>,
    tokens: Mutex<Shelf<Started>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ledger {
    /// A ledger, kept on disk where there is a journal.
    pub fn new(journal: Option<Journal>) -> Ledger {
        Ledger { journal, ..Ledger::default() }
    }

    /// The entry of a statement from before the gateway was started, if it is this user's.
    pub fn earlier(&self, id: &str, owner: Option<&str>) -> Option<&Entry> {
        self.journal.as_ref()?.earlier(id, owner)
    }

    /// The name of the target of a statement, if it is this user's.
    pub fn target_of(&self, id: &str, owner: Option<&str>) -> Option<String> {
        let known = self.statement(id, owner).map(|started| started.target_name.clone());
        known.or_else(|| self.earlier(id, owner).map(|entry| entry.target.clone()))
    }

    /// Takes in a statement from before the start, unless somebody was quicker: the one that is there.
    pub fn recall(&self, started: Arc<Started>) -> (Arc<Started>, bool) {
        let mut statements = lock(&self.statements);
        let is_new = statements.put(&started.id, &started, RETENTION);
        (statements.get(&started.id, RETENTION).unwrap_or(started), is_new)
    }

    /// A statement, if it is this user's.
    pub fn statement(&self, id: &str, owner: Option<&str>) -> Option<Arc<Started>> {
        lock(&self.statements).get(id, RETENTION).filter(|started| started.owner.as_deref() == owner)
    }

    /// A session, if it is this user's.
    pub fn session(&self, id: &str, owner: Option<&str>) -> Option<Arc<Session>> {
        lock(&self.sessions).get(id, RETENTION).filter(|session| session.owner.as_deref() == owner)
    }

    /// The statement that was started under this token, as [`scoped_token`](super::execute) makes it of a user's.
    pub fn with_token(&self, token: &str) -> Option<Arc<Started>> {
        lock(&self.tokens).get(token, TOKEN_RETENTION)
    }

    /// Takes in a statement, whose result policies may bound: false where it was there.
    pub fn start(&self, started: &Arc<Started>, token: &str, limits: Vec<Limits>) -> bool {
        lock(&self.tokens).put(token, started, TOKEN_RETENTION);
        let is_new = lock(&self.statements).put(&started.id, started, RETENTION);
        if let Some(journal) = self.journal.as_ref().filter(|_| is_new) {
            let (id, owner, target) = (started.id.clone(), started.owner.clone(), started.target_name.clone());
            journal.note(&Entry { at: now(), id, owner, target, limits });
        }
        is_new
    }

    /// Takes in a session, unless it is there.
    pub fn open(&self, session: &Arc<Session>) {
        lock(&self.sessions).put(&session.id, session, RETENTION);
    }
}

/// Things under names, for a while.
struct Shelf<T> {
    things: HashMap<String, (i64, Arc<T>)>,
    order: VecDeque<(i64, String)>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Shelf { things: HashMap::new(), order: VecDeque::new() }
    }
}

impl<T> Shelf<T> {
    fn get(&self, name: &str, retention: i64) -> Option<Arc<T>> {
        let (since, thing) = self.things.get(name)?;
        (now() - since < retention).then(|| Arc::clone(thing))
    }

    /// Puts something there, unless there is something of that name.
    fn put(&mut self, name: &str, thing: &Arc<T>, retention: i64) -> bool {
        let now = now();
        while let Some((since, name)) = self.order.front()
            && (now - since >= retention || self.order.len() >= MOST)
        {
            self.things.remove(name);
            self.order.pop_front();
        }
        if self.things.contains_key(name) {
            return false;
        }
        self.things.insert(name.to_string(), (now, Arc::clone(thing)));
        self.order.push_back((now, name.to_string()));
        true
    }
}

#[cfg(test)]
mod tests {
    use redshift_sql_dialect::parse;

    use super::*;

    #[test]
    fn things_are_there_once_and_for_a_while() {
        let mut shelf = Shelf::default();
        assert!(shelf.put("a", &Arc::new(1), RETENTION));
        assert!(!shelf.put("a", &Arc::new(2), RETENTION));
        assert_eq!(shelf.get("a", RETENTION), Some(Arc::new(1)));
        assert_eq!(shelf.get("a", 0), None);
        assert!(shelf.put("b", &Arc::new(3), 0));
        assert_eq!((shelf.things.len(), shelf.order.len()), (1, 1));
    }

    #[test]
    fn temporary_tables_are_taken_for_made_where_that_is_certain() {
        let named = |standing: &Standing| {
            let parsed = parse("select * from t").unwrap();
            let footprint = redshift_sql_dialect::footprint::Footprint::of(&parsed[0].statement);
            let candidates = standing.place.candidates(&footprint.relations[0].0).unwrap();
            candidates.into_iter().map(|candidate| candidate.schema).collect::<Vec<_>>()
        };
        let new = || Standing { place: Place::new("dev", None, Some("public")), in_block: false };
        let texts = parse("begin; create temp table t (a int); rollback").unwrap();
        let mut standing = new();
        standing.after_all(&texts[..2], Certainty::Possible);
        assert_eq!((named(&standing), standing.in_block), (vec!["public".to_string()], true));
        let mut standing = new();
        standing.after_all(&texts[..2], Certainty::Certain);
        assert_eq!(named(&standing), ["pg_temp"]);
        standing.after_all(&texts[2..], Certainty::Certain);
        assert_eq!((named(&standing), standing.in_block), (vec!["public".to_string()], false));
        standing.after_all(&parse("set search_path to hr").unwrap(), Certainty::Possible);
        assert_eq!(named(&standing), ["hr", "public"]);
    }
}
