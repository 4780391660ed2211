//! Which target is meant.
//!
//! A call names a workgroup or a cluster and a database. They mean a target of the gateway whose workgroup or cluster and database
//! they are; a target's own name, which is what clients of port 5439 connect to, does for each of them. Among several the first by
//! name is meant. What is none of the user's targets is refused as IAM refuses what there may or may not be.

use std::sync::Arc;

use super::{Call, Client, Forward};
use crate::{
    auth::gate::Guest,
    backend::redshift::target::Target,
    config::proxy::TargetConfig,
    http::{
        data_api::input::{Place, both_places, no_database, no_place},
        json_rpc::ApiError,
    },
};

/// A target, as its user sees it.
pub struct Reached {
    /// Its name.
    pub name: String,
    /// What calls go through.
    pub target: Arc<Target>,
    /// The database user, where the target or the user has one.
    pub db_user: Option<String>,
}

impl Forward {
    /// The targets that a caller may use.
    pub(super) fn targets<'a>(&'a self, client: &'a Client) -> impl Iterator<Item = (&'a String, &'a TargetConfig)> {
        let may = |name: &String| client.guest.as_ref().is_none_or(|guest| may_use(guest, name));
        self.backend.configs().iter().filter(move |(name, _)| may(name))
    }

    /// The target that a call names.
    ///
    /// # Errors
    /// Where something is missing, or it is none of the caller's.
    pub(super) async fn reach(
        &self,
        call: Call<'_>,
        place: &Place,
        database: Option<&str>,
    ) -> Result<Reached, ApiError> {
        let client = call.client;
        match (&place.cluster_identifier, &place.workgroup_name) {
            (Some(_), Some(_)) => return Err(both_places()),
            (None, None) => return Err(no_place()),
            _ => {}
        }
        let database = database.ok_or_else(no_database)?;
        let refused = || denied(call, place, database);
        let meant = self.targets(client).find(|(name, config)| is_meant(name, config, place, Some(database)));
        let (name, _) = meant.ok_or_else(refused)?;
        let reached = self.reach_by_name(name, client).await?;
        // Who names a user or a secret must mean what would be used anyway.
        let config = self.acting(name, client).ok_or_else(refused)?;
        let differs = |named: &Option<String>, used: &Option<String>| named.is_some() && named != used;
        if differs(&place.db_user, &config.db_user) || differs(&place.secret_arn, &config.secret_arn) {
            return Err(refused());
        }
        Ok(reached)
    }

    /// The target of this name.
    ///
    /// # Errors
    /// Where it cannot be used.
    pub(super) async fn reach_by_name(&self, name: &str, client: &Client) -> Result<Reached, ApiError> {
        let target = self.backend.target_of(name, client.guest.as_ref()).await;
        let target = target.map_err(|error| super::api_error(&error))?;
        let db_user = self.acting(name, client).and_then(|config| config.db_user);
        Ok(Reached { name: name.to_string(), target, db_user })
    }

    /// What the caller acts as there.
    fn acting(&self, name: &str, client: &Client) -> Option<TargetConfig> {
        let config = self.backend.configs().get(name)?;
        match &client.guest {
            Some(guest) => config.acting_as(&guest.acts).ok(),
            None => Some(config.clone()),
        }
    }
}

fn may_use(guest: &Guest, name: &String) -> bool {
    guest.targets.is_empty() || guest.targets.contains(name)
}

/// Does a call mean this target? What it does not name it leaves open.
pub fn is_meant(name: &str, config: &TargetConfig, place: &Place, database: Option<&str>) -> bool {
    let is = |named: Option<&str>, own: Option<&str>| named.is_none_or(|named| named == name || own == Some(named));
    is(place.workgroup_name.as_deref(), config.workgroup.as_deref())
        && is(place.cluster_identifier.as_deref(), config.cluster.as_deref())
        && is(database, Some(&config.database))
}

fn denied(call: Call<'_>, place: &Place, database: &str) -> ApiError {
    let Call { operation, client } = call;
    let who = client.name().unwrap_or("anonymous");
    let kind = if place.cluster_identifier.is_some() { "cluster" } else { "workgroup" };
    let named = place.cluster_identifier.as_ref().or(place.workgroup_name.as_ref()).map_or("", String::as_str);
    let message = format!(
        "User: {who} is not authorized to perform: redshift-data:{operation} on {kind} {named}, database {database}"
    );
    ApiError::client("AccessDeniedException", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_named_by_itself_or_by_what_is_behind_it() {
        let config = TargetConfig {
            workgroup: Some("analytics".to_string()),
            database: "prod".to_string(),
            ..TargetConfig::default()
        };
        let means = |workgroup: Option<&str>, cluster: Option<&str>, database: Option<&str>| {
            let text = |text: Option<&str>| text.map(str::to_string);
            let place =
                Place { workgroup_name: text(workgroup), cluster_identifier: text(cluster), ..Place::default() };
            is_meant("sales", &config, &place, database)
        };
        assert!(means(Some("analytics"), None, Some("prod")));
        assert!(means(Some("sales"), None, Some("sales")));
        assert!(means(Some("analytics"), None, Some("sales")));
        assert!(means(None, Some("sales"), None));
        assert!(!means(None, Some("analytics"), Some("prod")));
        assert!(!means(Some("analytics"), None, Some("dev")));
        assert!(!means(Some("other"), None, Some("prod")));
    }
}
