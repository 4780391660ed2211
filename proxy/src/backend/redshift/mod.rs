//! A real Redshift workgroup or cluster, through the Redshift Data API.
//!
//! The way of a statement:
//!
//! 1. [`session`] takes it from the client's session, opens the transaction block that was asked for, and
//!    [`parameters`] writes its text.
//! 2. [`remote`] runs it in the client's session of the Data API, which is opened by the first statement: one at a time,
//!    each once, cancelled where its client leaves.
//! 3. [`client`] makes the calls, and makes those again that may be made twice.
//! 4. [`pages`] streams the result: [`columns`] tells types, [`values`] reads values ([`csv`] where the result is text).
//!    What the catalog answered a moment ago comes from [`cache`]; [`describe`] asks for columns alone, [`procedures`] for
//!    those of a CALL, [`inference`] for the types of parameters. What is too large for the Data API comes from S3 ([`unload`]). What is on its way takes memory
//!    from its user's [`budget`].
//! 5. [`errors`] makes Redshift's errors of the service's texts; [`tags`] tells what the service does not.
//!
//! Sources: Amazon Redshift Data API reference (API version 2019-12-20); management guide, "Using the Amazon Redshift Data
//! API".

pub mod budget;
pub mod cache;
pub mod client;
pub mod columns;
mod csv;
pub mod describe;
pub mod errors;
pub mod inference;
pub mod pages;
pub mod parameters;
pub mod pool;
pub mod procedures;
pub mod remote;
pub mod session;
pub mod tags;
pub mod target;
pub mod unload;
pub mod values;

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use blueshift_emulator::{Credential, Login};
use futures::future::join_all;
use redshift_sql_dialect::{Error, Result, SqlState};

use self::{budget::Budgets, session::RedshiftSession, target::Target};
use super::{Backend, BackendSession};
use crate::{
    auth::{gate::Guest, users::ActsAs},
    config::proxy::TargetConfig,
};

/// The targets of a gateway.
pub struct RedshiftBackend {
    targets: BTreeMap<String, Arc<Target>>,
    configs: BTreeMap<String, TargetConfig>,
    /// The targets as guests see them who act as somebody of their own: by target, user and whom they act as.
    own: Mutex<HashMap<(String, String, ActsAs), Arc<Target>>>,
    budgets: Budgets,
}

impl RedshiftBackend {
    /// The targets under the names that clients connect to. `memory` is how many bytes the results of a user may take.
    pub async fn new(targets_of: &BTreeMap<String, TargetConfig>, memory: usize) -> RedshiftBackend {
        let targets = join_all(
            targets_of.iter().map(|(name, config)| async { (name.clone(), Arc::new(Target::new(config).await)) }),
        );
        RedshiftBackend {
            targets: targets.await.into_iter().collect(),
            configs: targets_of.clone(),
            own: Mutex::default(),
            budgets: Budgets::new(memory),
        }
    }

    /// Tries all targets.
    ///
    /// # Errors
    /// The first one that cannot be used, by name, and why.
    pub async fn check(&self) -> std::result::Result<(), (String, Error)> {
        let checks = self
            .targets
            .iter()
            .map(|(name, target)| async move { target.check().await.map_err(|error| (name.clone(), error)) });
        join_all(checks).await.into_iter().collect()
    }

    /// The target that clients reach under this name.
    ///
    /// # Errors
    /// 3D000 where there is none.
    fn target(&self, name: &str) -> Result<&Arc<Target>> {
        self.targets
            .get(name)
            .ok_or_else(|| Error::new(SqlState::INVALID_CATALOG_NAME, format!("database \"{name}\" does not exist")))
    }
}

impl RedshiftBackend {
    /// What the targets are, by their names.
    pub fn configs(&self) -> &BTreeMap<String, TargetConfig> {
        &self.configs
    }

    /// A target as somebody sees it who may be a guest.
    ///
    /// # Errors
    /// Those of a session that is opened there.
    pub async fn target_of(&self, name: &str, guest: Option<&Guest>) -> Result<Arc<Target>> {
        match guest {
            Some(guest) => self.target_for(name, guest).await,
            None => self.target(name).map(Arc::clone),
        }
    }

    /// The target as a guest sees it who acts as somebody of their own.
    ///
    /// # Errors
    /// 3D000 where there is no such target; 0A000 where a workgroup's guest has a database user.
    async fn target_for(&self, name: &str, guest: &Guest) -> Result<Arc<Target>> {
        let common = self.target(name)?;
        let Some(config) = self.configs.get(name).filter(|_| guest.acts != ActsAs::default()) else {
            return Ok(Arc::clone(common));
        };
        let key = (name.to_string(), guest.name.clone(), guest.acts.clone());
        if let Some(own) = self.own.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(own));
        }
        let config = config.acting_as(&guest.acts).map_err(Error::unsupported)?;
        let target = Arc::new(Target::for_guest(&config, guest, common).await);
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        // Of two who came at once the first one's is everybody's.
        let target = match own.entry(key) {
            Entry::Occupied(known) => return Ok(Arc::clone(known.get())),
            Entry::Vacant(place) => Arc::clone(place.insert(target)),
        };
        drop(own);
        // Nobody waits for that: what it finds out is told to the next connections, and what fails here fails again.
        let asked = Arc::clone(&target);
        tokio::spawn(async move {
            if let Err(error) = asked.check().await {
                tracing::debug!(%error, "it is not known who a guest of the gateway is in the warehouse");
            }
        });
        Ok(target)
    }
}

#[async_trait]
impl Backend for RedshiftBackend {
    /// Who may pass is decided before, by `auth::gate`; without users, only this machine reaches the gateway.
    fn credential(&self, _user: &str) -> Result<Option<Credential>> {
        Ok(Some(Credential::Anything))
    }

    async fn open(&self, login: Login) -> Result<Box<dyn BackendSession>> {
        let target = self.target(&login.database)?;
        Ok(Box::new(RedshiftSession::new(Arc::clone(target), &login, self.budgets.of(&login.user))?))
    }

    async fn open_for(&self, login: Login, guest: &Guest) -> Result<Box<dyn BackendSession>> {
        let target = self.target_for(&login.database, guest).await?;
        Ok(Box::new(RedshiftSession::new(target, &login, self.budgets.of(&guest.name))?))
    }

    async fn close(&self) -> Result<()> {
        let own: Vec<_> = self.own.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        join_all(self.targets.values().chain(&own).map(|target| target.close())).await;
        Ok(())
    }
}
