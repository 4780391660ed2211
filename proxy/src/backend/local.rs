//! The local emulator as a backend.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use blueshift_emulator::{
    Credential, CursorProgress, Description, Engine, Login, Notice, Outcome, OwnStatement, RefusedLogin, Request, Rows,
    Session,
};
use redshift_sql_dialect::{
    RedshiftType, Result,
    ast::{Statement, TransactionModes},
};
use tokio::runtime::Handle;

use super::{Archive, Backend, BackendSession};
use crate::auth::passwords;

/// An engine, and the password that the superuser was given on the command line.
pub struct LocalBackend {
    engine: Engine,
    superuser_password: Option<String>,
    threads: Option<Handle>,
}

impl LocalBackend {
    /// A backend over this engine. Without a password any will do for the superuser, unless SQL has set one.
    ///
    /// The tasks of statements run on the threads that this is called on; so the threads of connections stay free to hear
    /// that a statement is not wanted any more.
    pub fn new(engine: Engine, superuser_password: Option<String>) -> Self {
        LocalBackend { engine, superuser_password, threads: Handle::try_current().ok() }
    }
}

/// Does some work whose tasks are to run on these threads.
async fn with_tasks_on<T>(threads: Option<&Handle>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        let _entered = threads.map(Handle::enter);
        work.as_mut().poll(context)
    })
    .await
}

#[async_trait]
impl Backend for LocalBackend {
    fn credential(&self, user: &str) -> Result<Option<Credential>> {
        match &self.superuser_password {
            Some(password) if user == self.engine.config().user => {
                Ok(Some(Credential::Md5(passwords::md5_hash(password, user))))
            }
            _ => self.engine.credential(user),
        }
    }

    async fn open(&self, login: Login) -> Result<Box<dyn BackendSession>> {
        Ok(Box::new(LocalSession { session: self.engine.session(login)?, threads: self.threads.clone() }))
    }

    async fn close(&self) -> Result<()> {
        self.engine.close().await
    }

    fn note_refused_login(&self, refused: RefusedLogin) {
        self.engine.note_refused_login(refused);
    }

    fn archive(&self) -> Option<&dyn Archive> {
        Some(&self.engine)
    }
}

struct LocalSession {
    session: Session,
    threads: Option<Handle>,
}

#[async_trait]
impl BackendSession for LocalSession {
    fn join_groups(&mut self, groups: &[String]) -> Result<()> {
        self.session.join_groups(groups)
    }

    async fn begin(&mut self, modes: TransactionModes) -> Result<()> {
        self.session.begin(modes).await
    }

    async fn commit(&mut self) -> Result<()> {
        with_tasks_on(self.threads.as_ref(), self.session.commit()).await
    }

    async fn rollback(&mut self) {
        self.session.rollback().await;
    }

    fn in_block(&self) -> bool {
        self.session.in_block()
    }

    async fn describe(&mut self, statement: &Statement, types: &[Option<RedshiftType>]) -> Result<Description> {
        self.session.describe(statement, types).await
    }

    async fn execute(&mut self, request: Request<'_>) -> Result<Outcome> {
        with_tasks_on(self.threads.as_ref(), self.session.execute(request)).await
    }

    fn note_own(&mut self, own: OwnStatement<'_>) {
        self.session.note(own);
    }

    fn open_cursor(&mut self, name: &str, progress: Arc<CursorProgress>) {
        self.session.open_cursor(name, progress);
    }

    fn close_cursor(&mut self) {
        self.session.close_cursor();
    }

    fn take_cursors(&mut self) -> Vec<(String, Rows)> {
        self.session.take_cursors()
    }

    fn take_notices(&mut self) -> Vec<Notice> {
        self.session.take_notices()
    }

    fn take_setting_changes(&mut self) -> Vec<(String, String)> {
        self.session.take_setting_changes()
    }

    fn idle_limit(&self) -> Option<Duration> {
        self.session.idle_limit()
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.session.setting(name)
    }

    fn show_discovery(&self) -> u32 {
        5
    }

    fn last_query(&self) -> Option<i64> {
        self.session.last_query()
    }
}
