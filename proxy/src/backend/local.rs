//! The local emulator as a backend.

use std::time::Duration;

use async_trait::async_trait;
use blueshift_emulator::{Credential, Description, Engine, Login, Notice, Outcome, Request, Session};
use redshift_sql_dialect::{
    RedshiftType, Result,
    ast::{Statement, TransactionModes},
};

use super::{Backend, BackendSession};
use crate::auth::passwords;

/// An engine, and the password that the superuser was given on the command line.
pub struct LocalBackend {
    engine: Engine,
    superuser_password: Option<String>,
}

impl LocalBackend {
    /// A backend over this engine. Without a password any will do for the superuser, unless SQL has set one.
    pub fn new(engine: Engine, superuser_password: Option<String>) -> Self {
        LocalBackend { engine, superuser_password }
    }
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
        Ok(Box::new(LocalSession(self.engine.session(login)?)))
    }

    async fn close(&self) -> Result<()> {
        self.engine.close().await
    }
}

struct LocalSession(Session);

#[async_trait]
impl BackendSession for LocalSession {
    async fn begin(&mut self, modes: TransactionModes) -> Result<()> {
        self.0.begin(modes).await
    }

    async fn commit(&mut self) -> Result<()> {
        self.0.commit().await
    }

    async fn rollback(&mut self) {
        self.0.rollback().await;
    }

    fn in_block(&self) -> bool {
        self.0.in_block()
    }

    async fn describe(&mut self, statement: &Statement, types: &[Option<RedshiftType>]) -> Result<Description> {
        self.0.describe(statement, types).await
    }

    async fn execute(&mut self, request: Request<'_>) -> Result<Outcome> {
        self.0.execute(request).await
    }

    fn take_notices(&mut self) -> Vec<Notice> {
        self.0.take_notices()
    }

    fn take_setting_changes(&mut self) -> Vec<(String, String)> {
        self.0.take_setting_changes()
    }

    fn idle_limit(&self) -> Option<Duration> {
        self.0.idle_limit()
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.0.setting(name)
    }
}
