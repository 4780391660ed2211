//! A workgroup or cluster, and what all sessions in it share.

use std::{
    future::Future,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use aws_sdk_redshiftdata::types::Field;

use redshift_sql_dialect::{Error, Result, SqlState};
use tokio::{runtime::Handle, task::JoinSet, time::timeout};

use super::{
    cache::Cache,
    client::{Client, Records, Status, Submission},
    errors::{call_error, statement_error},
    inference::Binder,
    pool::Pool,
    unload::Unloads,
};
use crate::{
    auth::gate::Guest,
    config::proxy::{ResultForm, TargetConfig},
};

/// How long sessions may take to close when the gateway ends.
const CLOSE: Duration = Duration::from_secs(5);
/// Who is it that runs statements there? Every user may read that of themselves.
const WHO: &str = "SELECT usesuper FROM pg_catalog.pg_user WHERE usename = current_user";

/// A target as one identity sees it.
pub struct Target {
    /// The Data API.
    pub client: Client,
    /// Its database.
    pub database: String,
    /// Seconds that a session outlives its last statement.
    pub keep_alive: u32,
    /// The form of results.
    pub form: ResultForm,
    /// Answers that are kept; none where nothing is to be kept.
    pub cache: Option<Arc<Cache>>,
    /// What tells the types of parameters.
    pub binder: Binder,
    /// The sessions that are open.
    pub pool: Arc<Pool>,
    /// The age at which the service ends any session.
    pub life: Duration,
    /// Where results go that are too large for the Data API, if anywhere.
    pub unloads: Option<Unloads>,
    /// Is its database user a superuser? Known when it has been tried.
    superuser: OnceLock<bool>,
    closing: Mutex<JoinSet<()>>,
}

impl Target {
    /// A target, reached with the gateway's credentials.
    pub async fn new(config: &TargetConfig) -> Target {
        let life = Duration::from_secs(config.session_life.into());
        let pool = Arc::new(Pool::new(config.max_sessions, config.max_idle_sessions, life));
        Target::reached_by(Client::new(config, "blueshift").await, config, pool)
    }

    /// The target as a guest sees it who acts as somebody of their own; the places for sessions are common to all.
    pub async fn for_guest(config: &TargetConfig, guest: &Guest, common: &Target) -> Target {
        Target::reached_by(Client::for_guest(config, guest).await, config, Arc::clone(&common.pool))
    }

    fn reached_by(client: Client, config: &TargetConfig, pool: Arc<Pool>) -> Target {
        Target {
            unloads: Unloads::new(config, &client),
            client,
            database: config.database.clone(),
            keep_alive: config.session_keep_alive,
            form: config.results,
            // What is answered depends on who asks.
            cache: config.cache.then(Arc::default),
            binder: Binder::default(),
            pool,
            life: Duration::from_secs(config.session_life.into()),
            superuser: OnceLock::new(),
            closing: Mutex::default(),
        }
    }

    /// Takes care of work that closes a session or removes files: the gateway's end waits for it a while.
    pub fn closing(&self, threads: &Handle, work: impl Future<Output = ()> + Send + 'static) {
        let mut closing = self.closing.lock().unwrap_or_else(PoisonError::into_inner);
        while closing.try_join_next().is_some() {}
        closing.spawn_on(work, threads);
    }

    /// Waits until sessions are closed, a short while.
    pub async fn close(&self) {
        let mut closing = std::mem::take(&mut *self.closing.lock().unwrap_or_else(PoisonError::into_inner));
        let closed = async { while closing.join_next().await.is_some() {} };
        if timeout(CLOSE, closed).await.is_err() {
            tracing::warn!("some sessions of the Data API are left to their end");
        }
    }

    /// Is the target's database user known to be a superuser?
    pub fn is_superuser(&self) -> bool {
        self.superuser.get().is_some_and(|is| *is)
    }

    /// Runs a statement in no session, to see whether that can be done, and who it is that can.
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self) -> Result<()> {
        let client = self.client.impatient();
        let (sql, form) = (WHO.to_string(), ResultForm::Json);
        let submission = Submission { sql, parameters: Vec::new(), session: None, keep_alive: 0, form };
        let submitted = match client.submit(&submission).await {
            Ok(submitted) => submitted,
            Err(failure) if failure.is_unsent() => {
                let missing = client.missing().await;
                return Err(missing.map_or(call_error(&failure), |what| Error::new(SqlState::CONNECTION_FAILURE, what)));
            }
            Err(failure) => return Err(call_error(&failure)),
        };
        let ended = match submitted.status {
            Status::Finished => submitted,
            _ => client.ended(&submitted.id).await.map_err(|failure| call_error(&failure))?,
        };
        match ended.status {
            Status::Finished => {}
            Status::Failed(text) => return Err(statement_error(&text.unwrap_or_default(), &submission.sql)),
            Status::Active | Status::Aborted => {
                return Err(Error::new(SqlState::QUERY_CANCELED, "the first statement was cancelled"));
            }
        }
        let page = client.page(&ended.id, form, None).await.map_err(|failure| call_error(&failure))?;
        let Records::Fields(rows) = page.records else { return Ok(()) };
        let is =
            rows.first().and_then(|row| row.first()).is_some_and(|field| matches!(field, Field::BooleanValue(true)));
        self.superuser.get_or_init(|| is);
        Ok(())
    }
}
