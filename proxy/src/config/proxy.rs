//! The gateway's arguments and its file.
//!
//! One target may be given as flags or variables; a file names several. A client picks a target by the name of the
//! database that it connects to.
//!
//! ```toml
//! listen = "127.0.0.1:5439"
//!
//! [targets.sales]                  # psql dbname=sales
//! workgroup = "analytics"
//! database = "prod"
//! region = "eu-central-1"
//! role-arn = "arn:aws:iam::123456789012:role/gateway"
//! ```

use std::{
    collections::BTreeMap,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use blueshift_emulator::s3::S3Path;
use clap::{Args, ValueEnum, builder::FalseyValueParser};
use serde::Deserialize;
use thiserror::Error;

use super::{CertificateArgs, Exposed, from_toml, is_loopback, parse_size};
use crate::{
    audit::AuditSettings,
    auth::users::ActsAs,
    doors::{DoorSettings, LimitSettings, TlsSettings, TokenSettings},
};

/// Where the gateway listens unless told otherwise.
const DEFAULT_LISTEN: &str = "127.0.0.1:5439";

/// Bytes that the results of a user may take unless told otherwise.
const DEFAULT_MEMORY: usize = 256 << 20;
/// Seconds that running statements have to end unless told otherwise.
const DEFAULT_DRAIN: u32 = 30;

/// The arguments of `proxy`.
#[derive(Debug, Clone, Args)]
pub struct ProxyArgs {
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:5439]
    #[arg(long, value_name = "ADDRESS:PORT", env = "BLUESHIFT_LISTEN")]
    pub listen: Option<String>,

    /// File (TOML) with targets under names, which clients connect to as databases; flags add one more
    #[arg(long, value_name = "FILE", env = "BLUESHIFT_PROXY_CONFIG")]
    pub config: Option<PathBuf>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub target: TargetConfig,

    /// Ask the catalog anew each time, instead of keeping its answers for a short while
    #[arg(long, env = "BLUESHIFT_PROXY_NO_CACHE", value_parser = FalseyValueParser::new())]
    pub no_cache: bool,

    /// Start without trying whether the targets can be reached
    #[arg(long, env = "BLUESHIFT_PROXY_NO_CHECK", value_parser = FalseyValueParser::new())]
    pub no_check: bool,

    /// Address and port for the Data API, health and metrics over HTTP
    #[arg(long, value_name = "ADDRESS:PORT", env = "BLUESHIFT_HTTP_LISTEN")]
    pub http_listen: Option<String>,

    /// File of users who may connect, which `blueshift user` writes; without one anybody may, from this machine
    #[arg(long, value_name = "FILE", env = "BLUESHIFT_USERS")]
    pub users: Option<PathBuf>,

    /// Memory that the results of a user may take on their way to clients: 64MB, 1GB, or a number of bytes [default: 256MB]
    #[arg(long, value_name = "SIZE", env = "BLUESHIFT_MEMORY_PER_USER", value_parser = parse_size)]
    pub memory_per_user: Option<usize>,

    /// Seconds that running statements have to end when the gateway is told to [default: 30]
    #[arg(long, value_name = "SECONDS", env = "BLUESHIFT_DRAIN")]
    pub drain: Option<u32>,

    /// File of policies: what users may do
    #[arg(long, value_name = "FILE", env = "BLUESHIFT_POLICIES")]
    pub policies: Option<PathBuf>,

    /// File in which the gateway keeps whose each statement of its Data API is, for 24 hours, so that their callers find them
    /// again when it has been started anew [default: it forgets them]
    #[arg(long, value_name = "FILE", env = "BLUESHIFT_STATEMENTS")]
    pub statements: Option<PathBuf>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub certificate: CertificateArgs,
}

/// A target, as flags name it or as the file has it.
#[derive(Debug, Clone, PartialEq, Eq, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct TargetConfig {
    /// Redshift Serverless workgroup
    #[arg(long, value_name = "NAME", env = "BLUESHIFT_PROXY_WORKGROUP", conflicts_with = "cluster")]
    pub workgroup: Option<String>,

    /// Provisioned cluster
    #[arg(long, value_name = "ID", env = "BLUESHIFT_PROXY_CLUSTER")]
    pub cluster: Option<String>,

    /// Database; it is also the name that clients connect to
    #[arg(long, value_name = "NAME", env = "BLUESHIFT_PROXY_DATABASE", default_value_t = TargetConfig::default().database)]
    pub database: String,

    /// Database user of a cluster (needs redshift:GetClusterCredentials) [default: that of the IAM identity]
    #[arg(long, value_name = "NAME", env = "BLUESHIFT_PROXY_DB_USER", conflicts_with = "secret_arn")]
    pub db_user: Option<String>,

    /// Secret of AWS Secrets Manager with user name and password
    #[arg(long, value_name = "ARN", env = "BLUESHIFT_PROXY_SECRET_ARN")]
    pub secret_arn: Option<String>,

    /// Region [default: as AWS's tools find it]
    #[arg(long, value_name = "REGION", env = "BLUESHIFT_PROXY_REGION")]
    pub region: Option<String>,

    /// Profile of AWS's configuration files
    #[arg(long, value_name = "NAME", env = "BLUESHIFT_PROXY_PROFILE")]
    pub profile: Option<String>,

    /// URL of the Data API [default: the region's]
    #[arg(long, value_name = "URL", env = "BLUESHIFT_PROXY_ENDPOINT_URL")]
    pub endpoint_url: Option<String>,

    /// Role to assume first
    #[arg(long, value_name = "ARN", env = "BLUESHIFT_PROXY_ROLE_ARN")]
    pub role_arn: Option<String>,

    /// Seconds that a session of the Data API outlives its last statement; it is renewed while its client is connected
    #[arg(long, value_name = "SECONDS", env = "BLUESHIFT_PROXY_SESSION_KEEP_ALIVE", default_value_t = TargetConfig::default().session_keep_alive)]
    pub session_keep_alive: u32,

    /// Most sessions of the Data API at a time; the service allows 500 for a workgroup or cluster
    #[arg(long, value_name = "NUMBER", env = "BLUESHIFT_PROXY_MAX_SESSIONS", default_value_t = TargetConfig::default().max_sessions)]
    pub max_sessions: usize,

    /// Most sessions that are idle at a time: of those that hold nothing the longest idle ones are closed, and opened again
    /// when they are needed
    #[arg(long, value_name = "NUMBER", env = "BLUESHIFT_PROXY_MAX_IDLE_SESSIONS", default_value_t = TargetConfig::default().max_idle_sessions)]
    pub max_idle_sessions: usize,

    /// Age in seconds at which the service ends a session
    #[arg(long, value_name = "SECONDS", env = "BLUESHIFT_PROXY_SESSION_LIFE", hide = true, default_value_t = TargetConfig::default().session_life)]
    pub session_life: u32,

    /// Place in S3 where results go that are too large for the Data API (500 MB, rows of 64 KB), to be read from there; they
    /// are removed at once, and what a crash left behind wants a lifecycle rule
    #[arg(long, value_name = "s3://BUCKET/PREFIX", env = "BLUESHIFT_PROXY_UNLOAD_TO")]
    pub unload_to: Option<String>,

    /// Role with which the warehouse writes there [default: its default role]
    #[arg(long, value_name = "ARN", env = "BLUESHIFT_PROXY_UNLOAD_ROLE", requires = "unload_to")]
    pub unload_role: Option<String>,

    /// Region of that bucket [default: the target's]
    #[arg(long, value_name = "REGION", env = "BLUESHIFT_PROXY_UNLOAD_REGION", requires = "unload_to")]
    pub unload_region: Option<String>,

    /// URL of the S3 server that the gateway reads from [default: AWS's]
    #[arg(long, value_name = "URL", env = "BLUESHIFT_PROXY_UNLOAD_ENDPOINT_URL", requires = "unload_to")]
    pub unload_endpoint_url: Option<String>,

    /// The form in which results are fetched: csv is smaller and faster
    #[arg(long, value_enum, value_name = "FORM", env = "BLUESHIFT_PROXY_RESULTS", default_value_t = ResultForm::Json)]
    pub results: ResultForm,

    /// Seconds that the service is asked to wait for a statement before it answers, 0 to 30; 0 asks again and again instead
    #[arg(long, value_name = "SECONDS", env = "BLUESHIFT_PROXY_WAIT", default_value_t = TargetConfig::default().wait)]
    pub wait: u32,

    /// Seconds after which a call of the Data API, beside such waiting, counts as lost
    #[arg(long, value_name = "SECONDS", env = "BLUESHIFT_PROXY_CALL_TIMEOUT", default_value_t = TargetConfig::default().call_timeout)]
    pub call_timeout: u32,

    /// Seconds for which a call is made again that was throttled, or whose answer was lost, where that does nothing twice
    #[arg(long, value_name = "SECONDS", env = "BLUESHIFT_PROXY_RETRY_FOR", default_value_t = TargetConfig::default().retry_for)]
    pub retry_for: u32,

    /// Are answers of the catalog kept? `--no-cache` is for all targets.
    #[arg(skip = TargetConfig::default().cache)]
    pub cache: bool,
}

impl Default for TargetConfig {
    fn default() -> Self {
        TargetConfig {
            workgroup: None,
            cluster: None,
            database: "dev".to_string(),
            db_user: None,
            secret_arn: None,
            region: None,
            profile: None,
            endpoint_url: None,
            role_arn: None,
            session_keep_alive: 3_600,
            max_sessions: 480,
            max_idle_sessions: 200,
            session_life: 86_400,
            unload_to: None,
            unload_role: None,
            unload_region: None,
            unload_endpoint_url: None,
            results: ResultForm::Json,
            wait: 20,
            call_timeout: 20,
            retry_for: 60,
            cache: true,
        }
    }
}

/// How results are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ResultForm {
    /// GetStatementResult: values with their types.
    #[default]
    Json,
    /// GetStatementResultV2: text, a third of the size. How the service tells NULL from the empty string in it is not
    /// documented; that a quoted empty field is the empty string and a bare one NULL is what the emulator does.
    Csv,
}

/// The file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct File {
    listen: Option<String>,
    http_listen: Option<String>,
    memory_per_user: Option<Size>,
    drain: Option<u32>,
    targets: BTreeMap<String, TargetConfig>,
    users: Option<PathBuf>,
    policies: Option<PathBuf>,
    statements: Option<PathBuf>,
    tls: TlsSettings,
    tokens: Option<TokenSettings>,
    audit: AuditSettings,
    limits: LimitSettings,
}

/// A size in the file: a number of bytes, or a text with a unit.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "SizeValue")]
struct Size(usize);

#[derive(Deserialize)]
#[serde(untagged)]
enum SizeValue {
    Bytes(usize),
    Text(String),
}

impl TryFrom<SizeValue> for Size {
    type Error = String;

    fn try_from(value: SizeValue) -> Result<Size, String> {
        match value {
            SizeValue::Bytes(bytes) => Ok(Size(bytes)),
            SizeValue::Text(text) => parse_size(&text).map(Size),
        }
    }
}

impl File {
    /// What it says of the doors.
    fn doors(&self) -> DoorSettings {
        DoorSettings {
            users: self.users.clone(),
            policies: self.policies.clone(),
            tls: self.tls.clone(),
            tokens: self.tokens.clone(),
            audit: self.audit.clone(),
            limits: self.limits,
        }
    }
}

/// What flags, variables and the file amount to.
#[derive(Debug, Clone)]
pub struct ProxyConfig {
    /// Where to listen.
    pub listen: String,
    /// The targets by the names that clients connect to. There is at least one.
    pub targets: BTreeMap<String, TargetConfig>,
    /// Where the Data API, health and metrics are served over HTTP, if anywhere.
    pub http_listen: Option<String>,
    /// Who may pass, what may pass, what is written down.
    pub doors: DoorSettings,
    /// Bytes that the results of a user may take.
    pub memory_per_user: usize,
    /// How long running statements have to end when the gateway is told to.
    pub drain: Duration,
    /// The file that keeps whose each statement of the Data API is.
    pub statements: Option<PathBuf>,
}

/// What is wrong with the configuration: one line for the user.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum ConfigError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path}: {reason}")]
    Parse { path: PathBuf, reason: String },
    #[error("name a target: --workgroup NAME, --cluster ID, or a file with --config")]
    NoTarget,
    #[error("target {name}: {reason}")]
    Target { name: String, reason: &'static str },
    #[error("{0}")]
    Doors(&'static str),
}

impl ProxyArgs {
    /// The configuration.
    ///
    /// # Errors
    /// Where the file cannot be read, or a target cannot be one.
    pub fn config(&self) -> Result<ProxyConfig, ConfigError> {
        let file = match &self.config {
            Some(path) => read(path)?,
            None => File::default(),
        };
        let doors = self.doors(&file);
        doors.check().map_err(ConfigError::Doors)?;
        let http_listen = self.http_listen.clone().or_else(|| file.http_listen.clone());
        let kept = file.statements.map(|path| self.folder().map_or(path.clone(), |folder| folder.join(&path)));
        let statements = self.statements.clone().or(kept);
        let mut targets = file.targets;
        if self.target.is_named() {
            targets.insert(self.target.database.clone(), self.target.clone());
        }
        if targets.is_empty() {
            return Err(ConfigError::NoTarget);
        }
        for (name, target) in &mut targets {
            target.cache &= !self.no_cache;
            target.check().map_err(|reason| ConfigError::Target { name: name.clone(), reason })?;
        }
        let listen = self.listen.clone().or(file.listen).unwrap_or_else(|| DEFAULT_LISTEN.to_string());
        let memory_per_user =
            self.memory_per_user.or(file.memory_per_user.map(|size| size.0)).unwrap_or(DEFAULT_MEMORY);
        let drain = Duration::from_secs(self.drain.or(file.drain).unwrap_or(DEFAULT_DRAIN).into());
        Ok(ProxyConfig { listen, targets, http_listen, doors, memory_per_user, drain, statements })
    }

    /// The folder of the file.
    fn folder(&self) -> Option<&Path> {
        self.config.as_deref().and_then(Path::parent)
    }

    /// The doors: as the file says, with paths in its folder; flags win.
    fn doors(&self, file: &File) -> DoorSettings {
        let mut doors = file.doors();
        if let Some(folder) = self.folder() {
            doors.relative_to(folder);
        }
        doors.users = self.users.clone().or(doors.users);
        doors.policies = self.policies.clone().or(doors.policies);
        if let Some((certificate, key)) = self.certificate.files() {
            (doors.tls.certificate, doors.tls.key) = (Some(certificate.clone()), Some(key.clone()));
        }
        doors
    }
}

fn read(path: &PathBuf) -> Result<File, ConfigError> {
    let text = fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.clone(), source })?;
    from_toml(&text).map_err(|reason| ConfigError::Parse { path: path.clone(), reason })
}

impl TargetConfig {
    /// Do flags name a target?
    fn is_named(&self) -> bool {
        self.workgroup.is_some() || self.cluster.is_some()
    }

    /// The target for somebody who acts as another there.
    ///
    /// # Errors
    /// Where that cannot be.
    pub fn acting_as(&self, acts: &ActsAs) -> Result<TargetConfig, &'static str> {
        let mut config = self.clone();
        config.role_arn = acts.role_arn.clone().or(config.role_arn);
        if acts.db_user.is_some() || acts.secret_arn.is_some() {
            config.db_user = acts.db_user.clone();
            config.secret_arn = acts.secret_arn.clone();
        }
        config.check().map(|()| config)
    }

    /// The bounds are those of the Data API's model.
    fn check(&self) -> Result<(), &'static str> {
        match (&self.workgroup, &self.cluster) {
            (None, None) => return Err("name its workgroup or its cluster"),
            (Some(_), Some(_)) => return Err("it is either a workgroup or a cluster"),
            _ => {}
        }
        if self.db_user.is_some() && self.secret_arn.is_some() {
            return Err("give either db-user or secret-arn");
        }
        if self.db_user.is_some() && self.workgroup.is_some() {
            return Err("a workgroup's database user is that of the IAM identity, or of secret-arn");
        }
        if !(1..=86_400).contains(&self.session_keep_alive) {
            return Err("session-keep-alive is a number of seconds from 1 to 86400");
        }
        if self.wait > 30 {
            return Err("wait is a number of seconds from 0 to 30");
        }
        if self.call_timeout == 0 || self.max_sessions == 0 || self.session_life == 0 {
            return Err("call-timeout, max-sessions and session-life are at least 1");
        }
        if self.unload_to.is_some() && self.unload_place().is_none() {
            return Err("unload-to is a place in S3: s3://BUCKET/PREFIX");
        }
        if self.unload_to.is_none()
            && [&self.unload_role, &self.unload_region, &self.unload_endpoint_url].iter().any(|it| it.is_some())
        {
            return Err("unload-role, unload-region and unload-endpoint-url need unload-to");
        }
        Ok(())
    }

    /// Where in S3 results go that are too large for the Data API.
    pub fn unload_place(&self) -> Option<S3Path> {
        S3Path::parse(self.unload_to.as_deref()?)
    }
}

impl ProxyConfig {
    /// May the gateway listen here?
    ///
    /// # Errors
    /// Where the address can be reached from other machines and anybody would be let in.
    pub fn check_exposure(&self, address: SocketAddr) -> Result<(), Exposed> {
        if self.doors.users.is_some() || is_loopback(address.ip()) {
            Ok(())
        } else {
            Err(Exposed::WithoutUsers(address))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use clap::Parser;

    use super::*;
    use crate::config::{Cli, Command};

    fn config(arguments: &[&str]) -> Result<ProxyConfig, String> {
        let cli = Cli::try_parse_from([&["blueshift", "proxy"], arguments].concat()).map_err(|e| e.to_string())?;
        match cli.into_command() {
            Command::Proxy(arguments) => arguments.config().map_err(|error| error.to_string()),
            _ => panic!("another command"),
        }
    }

    #[test]
    fn flags_make_a_target_under_the_name_of_its_database() {
        let config = config(&["--workgroup", "wg", "--database", "prod", "--no-cache"]).unwrap();
        assert_eq!(config.listen, "127.0.0.1:5439");
        let target = &config.targets["prod"];
        assert_eq!((target.workgroup.as_deref(), target.cache, target.wait), (Some("wg"), false, 20));
    }

    #[test]
    fn a_target_is_a_workgroup_or_a_cluster() {
        assert!(config(&[]).unwrap_err().starts_with("name a target"));
        assert!(config(&["--workgroup", "a", "--cluster", "b"]).is_err());
        assert!(config(&["--workgroup", "a", "--db-user", "b"]).unwrap_err().contains("IAM identity"));
        assert!(config(&["--cluster", "a", "--wait", "31"]).unwrap_err().contains("0 to 30"));
        assert_eq!(config(&["--cluster", "a", "--db-user", "b"]).unwrap().targets["dev"].db_user.as_deref(), Some("b"));
    }

    #[test]
    fn a_file_names_several_targets() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(
            file,
            "listen = \"127.0.0.1:0\"\n[targets.a]\nworkgroup = \"w\"\nresults = \"csv\"\n[targets.b]\ncluster = \"c\"\n\
             database = \"x\"\ndb-user = \"u\""
        )
        .unwrap();
        let path = file.path().to_str().unwrap();
        let config = config(&["--config", path, "--workgroup", "f"]).unwrap();
        assert_eq!(config.listen, "127.0.0.1:0");
        assert_eq!(config.targets.keys().collect::<Vec<_>>(), ["a", "b", "dev"]);
        assert_eq!((config.targets["a"].results, config.targets["b"].database.as_str()), (ResultForm::Csv, "x"));
    }

    #[test]
    fn sizes_and_places_are_checked() {
        let gateway = config(&["--workgroup", "w", "--memory-per-user", "64MB", "--drain", "5"]).unwrap();
        assert_eq!((gateway.memory_per_user, gateway.drain), (64 << 20, Duration::from_secs(5)));
        let to = |place: &str| config(&["--workgroup", "w", "--unload-to", place]);
        assert_eq!(to("s3://b/p").unwrap().targets["dev"].unload_place().unwrap().key, "p");
        assert!(to("b/p").unwrap_err().contains("s3://BUCKET/PREFIX"));
        assert!(config(&["--workgroup", "w", "--unload-role", "r"]).unwrap_err().contains("--unload-to"));
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "memory-per-user = \"1 MB\"\n[targets.a]\nworkgroup = \"w\"\nunload-role = \"r\"").unwrap();
        assert!(config(&["--config", file.path().to_str().unwrap()]).unwrap_err().contains("need unload-to"));
        writeln!(file, "unload-to = \"s3://b\"").unwrap();
        let config = config(&["--config", file.path().to_str().unwrap()]).unwrap();
        assert_eq!(config.memory_per_user, 1 << 20);
    }

    #[test]
    fn a_file_with_unknown_words_is_refused() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "[targets.a]\nworkgroop = \"w\"").unwrap();
        let error = config(&["--config", file.path().to_str().unwrap()]).unwrap_err();
        let one_line = format!("{}: line 2: unknown field `workgroop`, expected one of ", file.path().display());
        assert!(error.starts_with(&one_line) && !error.contains('\n'), "{error}");
    }
}
