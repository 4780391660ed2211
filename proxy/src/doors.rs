//! The gateway's doors: who may pass, what may pass, and what is written down, as the configuration file says.
//!
//! ```toml
//! users = "users.toml"                 # `blueshift user add` writes it
//! policies = "policies.toml"
//!
//! [tls]
//! certificate = "server.pem"
//! key = "server.key"
//! require = true                       # the default, unless only this machine can connect
//! client-authority = "clients.pem"     # whose certificates name users
//! client-certificate = "optional"      # or "required"
//!
//! [tokens]
//! issuer = "https://login.example.com"
//! audience = "blueshift"
//! keys = "jwks.json"
//! user-claim = "email"
//! groups-claim = "groups"
//!
//! [audit]
//! mode = "required"                    # or "on", "off"
//! file = "audit.jsonl"
//! literals = "drop"                    # or "hash", "keep"
//!
//! [limits]
//! connections = 1000                   # of all users together
//! connections-per-user = 50
//! ```
//!
//! Paths are relative to the file's folder. Users, policies, keys and certificates are read again when they change.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use blueshift_emulator::Login;
use serde::Deserialize;

use crate::{
    audit::{Audit, AuditSettings},
    auth::{
        gate::{Gate, Guest, Tokens},
        jwt::{Expectations, KeySet},
        tls::ClientAuthority,
        users::Users,
    },
    config::is_loopback,
    metrics::Metrics,
    policy::{Place, Policies},
    reload::Reloading,
};

/// The search path of a session whose policies look at names and whose client names none: where a name is looked up must be
/// known.
const KNOWN_PATH: &str = "public";

/// `[tls]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct TlsSettings {
    /// Certificate chain (PEM).
    pub certificate: Option<PathBuf>,
    /// Its key (PEM).
    pub key: Option<PathBuf>,
    /// Is a connection without TLS refused?
    pub require: Option<bool>,
    /// Authorities of clients' certificates (PEM).
    pub client_authority: Option<PathBuf>,
    /// Must clients have one?
    pub client_certificate: ClientCertificate,
}

/// Must clients have a certificate?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum ClientCertificate {
    /// Who has one needs no password.
    #[default]
    Optional,
    /// Who has none of its user's is refused, whatever the password.
    Required,
}

/// `[tokens]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TokenSettings {
    /// Who makes them.
    pub issuer: String,
    /// For whom.
    pub audience: String,
    /// The provider's keys: a JWK set.
    pub keys: PathBuf,
    /// The claim that names the user.
    #[serde(default = "subject")]
    pub user_claim: String,
    /// The claim that lists groups.
    pub groups_claim: Option<String>,
}

fn subject() -> String {
    "sub".to_string()
}

/// `[limits]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Connections of all users together.
    pub connections: Option<usize>,
    /// Connections of a user whose own entry says nothing.
    pub connections_per_user: Option<usize>,
}

/// What the configuration file says of the doors.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DoorSettings {
    /// The users file; without one anybody passes, and only this machine may connect.
    pub users: Option<PathBuf>,
    /// The file of policies.
    pub policies: Option<PathBuf>,
    /// `[tls]`
    pub tls: TlsSettings,
    /// `[tokens]`
    pub tokens: Option<TokenSettings>,
    /// `[audit]`
    pub audit: AuditSettings,
    /// `[limits]`
    pub limits: LimitSettings,
}

impl DoorSettings {
    /// Takes relative paths for those in this folder.
    pub fn relative_to(&mut self, folder: &Path) {
        let tls = &mut self.tls;
        let mut paths = [
            &mut self.users,
            &mut self.policies,
            &mut tls.certificate,
            &mut tls.key,
            &mut tls.client_authority,
            &mut self.audit.file,
        ];
        paths.iter_mut().filter_map(|path| path.as_mut()).for_each(|path| *path = folder.join(&path));
        if let Some(tokens) = &mut self.tokens {
            tokens.keys = folder.join(&tokens.keys);
        }
    }

    /// What does not go together?
    ///
    /// # Errors
    /// The reason, in one line.
    pub fn check(&self) -> Result<(), &'static str> {
        let TlsSettings { certificate, key, client_authority, client_certificate, .. } = &self.tls;
        if certificate.is_some() != key.is_some() {
            return Err("tls: certificate and key come together");
        }
        if *client_certificate == ClientCertificate::Required && client_authority.is_none() {
            return Err("tls: client-certificate = \"required\" needs client-authority");
        }
        let needs_users = self.policies.is_some() || self.tokens.is_some() || client_authority.is_some();
        if needs_users && self.users.is_none() {
            return Err("policies, tokens and client certificates need users");
        }
        Ok(())
    }

    /// Whose certificates clients may bring.
    pub fn client_authority(&self) -> Option<ClientAuthority> {
        let file = self.tls.client_authority.clone()?;
        // Who must have one and has none is told so in the protocol, not with a TLS alert that clients do not explain.
        Some(ClientAuthority { file, required: false })
    }
}

/// The doors.
pub struct Doors {
    /// Who may pass.
    pub gate: Gate,
    /// What may pass.
    pub policies: Reloading<Policies>,
    /// What is written down.
    pub audit: Audit,
    /// Is a connection without TLS refused?
    pub require_tls: bool,
    /// Must clients have a certificate?
    pub client_certificate: ClientCertificate,
    /// Connections of all users together.
    pub max_connections: Option<usize>,
}

impl Doors {
    /// The doors of a gateway that listens here; none where there is no users file.
    ///
    /// # Errors
    /// What is wrong with one of the files, in one line.
    pub fn open(settings: &DoorSettings, listen: SocketAddr, metrics: Arc<Metrics>) -> Result<Option<Doors>, String> {
        let Some(users) = settings.users.clone() else { return Ok(None) };
        let read = {
            let path = users.clone();
            move || Users::read(&path)
        };
        let users = Reloading::new(vec![users], read)?;
        let policies = match settings.policies.clone() {
            None => Reloading::fixed(Policies::open()),
            Some(path) => Reloading::new(vec![path.clone()], move || Policies::read(&path))?,
        };
        let tokens = settings.tokens.as_ref().map(open_tokens).transpose()?;
        Ok(Some(Doors {
            gate: Gate::new(users, tokens, settings.limits.connections_per_user),
            policies,
            audit: Audit::open(&settings.audit, metrics)?,
            require_tls: settings.tls.require.unwrap_or(!is_loopback(listen.ip())),
            client_certificate: settings.tls.client_certificate,
            max_connections: settings.limits.connections,
        }))
    }

    /// Where the names of a guest's session will be looked up. Where policies look at names, the session begins with a search
    /// path that is known.
    pub fn prepare_search_path(&self, login: &mut Login, guest: &Guest) -> Place {
        let names = |setting: &(String, String)| setting.0 == "search_path";
        let given = login.settings.iter().rev().find(|setting| names(setting)).map(|(_, path)| path.clone());
        let path = self.search_path(guest, given);
        if let Some(path) = &path {
            login.settings.retain(|setting| !names(setting));
            login.settings.push(("search_path".to_string(), path.clone()));
        }
        Place::new(&login.database, guest.acts.db_user.as_deref(), path.as_deref())
    }

    /// The search path that a guest's session must begin with: what policies say, or what was given. None where the warehouse's
    /// own will do, because no policy looks at names.
    pub fn search_path(&self, guest: &Guest, given: Option<String>) -> Option<String> {
        let policies = self.policies.get();
        let fixed = policies.of(guest).find_map(|policy| policy.search_path.as_ref()).map(|path| path.join(", "));
        let looked_at = || policies.of(guest).any(|policy| policy.looks_at_names());
        fixed.or(given).or_else(|| looked_at().then(|| KNOWN_PATH.to_string()))
    }
}

fn open_tokens(settings: &TokenSettings) -> Result<Tokens, String> {
    let path = settings.keys.clone();
    let read = {
        let path = path.clone();
        move || {
            let failed = |reason: String| format!("{}: {reason}", path.display());
            let text = std::fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
            KeySet::parse(&text).map_err(failed)
        }
    };
    let expected = Expectations {
        issuer: settings.issuer.clone(),
        audience: settings.audience.clone(),
        user_claim: settings.user_claim.clone(),
        groups_claim: settings.groups_claim.clone(),
    };
    Ok(Tokens { keys: Reloading::new(vec![path], read)?, expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_do_not_go_together_are_refused() {
        let some = || Some(PathBuf::from("x"));
        let mut settings = DoorSettings { policies: some(), ..DoorSettings::default() };
        assert!(settings.check().is_err());
        settings.users = some();
        assert!(settings.check().is_ok());
        settings.tls.certificate = some();
        assert!(settings.check().is_err());
        settings.tls.key = some();
        settings.tls.client_certificate = ClientCertificate::Required;
        assert!(settings.check().unwrap_err().contains("client-authority"));
        settings.relative_to(Path::new("/etc/blueshift"));
        assert_eq!(settings.users, Some(PathBuf::from("/etc/blueshift/x")));
        settings.users = Some("/own/users.toml".into());
        settings.relative_to(Path::new("/etc/blueshift"));
        assert_eq!(settings.users, Some(PathBuf::from("/own/users.toml")));
    }

    #[test]
    fn tls_is_required_where_other_machines_can_connect() {
        let folder = tempfile::tempdir().unwrap();
        let users = folder.path().join("users.toml");
        std::fs::write(&users, "[users.ana]\n").unwrap();
        let mut settings = DoorSettings { users: Some(users), ..DoorSettings::default() };
        let requires = |settings: &DoorSettings, address: &str| {
            Doors::open(settings, address.parse().unwrap(), Arc::default()).unwrap().unwrap().require_tls
        };
        assert!(!requires(&settings, "127.0.0.1:5439"));
        assert!(requires(&settings, "0.0.0.0:5439"));
        settings.tls.require = Some(true);
        assert!(requires(&settings, "127.0.0.1:5439"));
        settings.users = Some(folder.path().join("missing.toml"));
        let error = Doors::open(&settings, "127.0.0.1:1".parse().unwrap(), Arc::default()).err().unwrap();
        assert!(error.contains("missing.toml"), "{error}");
        settings.users = None;
        assert!(Doors::open(&settings, "127.0.0.1:1".parse().unwrap(), Arc::default()).unwrap().is_none());
    }
}
