//! Arguments, environment variables and configuration files, and what they amount to.

pub mod proxy;

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

pub use self::proxy::{ProxyArgs, ProxyConfig};
use crate::{
    check::CheckArgs,
    http::{data_api::limits::Limits, sigv4::Keys},
    user_command::UserArgs,
};
use blueshift_emulator::{EngineConfig, Location, S3Config};
use clap::{Args, Parser, Subcommand, builder::FalseyValueParser};
use serde::de::DeserializeOwned;

/// Amazon Redshift on your own machine.
#[derive(Debug, Parser)]
#[command(name = "blueshift", version, about, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    emulate: EmulateArgs,
}

impl Cli {
    /// The command; `emulate` where none was named.
    pub fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Emulate(self.emulate))
    }
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a local warehouse that answers as Amazon Redshift does (the default)
    Emulate(EmulateArgs),
    /// Let clients into a real Redshift workgroup or cluster, through the Redshift Data API
    Proxy(ProxyArgs),
    /// Change the file of users who may pass the gateway
    User(UserArgs),
    /// Check files of SQL without a warehouse: what Redshift would refuse is an error
    Check(CheckArgs),
}

/// The arguments of `emulate`.
#[derive(Debug, Clone, Args)]
pub struct EmulateArgs {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:5439", env = "BLUESHIFT_LISTEN")]
    pub listen: String,

    /// Address and port for the Data API and the control plane over HTTP; "off" for none [default: 127.0.0.1:5480]
    #[arg(long, value_name = "ADDRESS:PORT", env = "BLUESHIFT_HTTP_LISTEN")]
    pub http_listen: Option<String>,

    /// Access keys that HTTP requests must be signed with, several with commas between them; without any, who calls is only
    /// read, and only this machine may. A key is the superuser's, or with :user/NAME or :role/NAME behind it that of an IAM
    /// user or role, whose database user is IAM:NAME or IAMR:NAME
    #[arg(long, value_name = "ID:SECRET", env = "BLUESHIFT_VERIFY_SIGV4", hide_env_values = true)]
    pub verify_sigv4: Option<Keys>,

    /// Limits of the Data API where they are not the service's, as result=1MB,row=4KB,sessions=2,statements=5,session-life=10
    #[arg(long, value_name = "LIMITS", env = "BLUESHIFT_DATA_API_LIMITS", hide = true)]
    pub data_api_limits: Option<Limits>,

    /// Folder that keeps the tables, and, unless told otherwise, the buckets and the certificate
    #[arg(long, value_name = "FOLDER", default_value = ".blueshift", env = "BLUESHIFT_DATA")]
    pub data: PathBuf,

    /// Keep tables in memory and forget them at the end
    #[arg(long, env = "BLUESHIFT_EPHEMERAL", value_parser = FalseyValueParser::new())]
    pub ephemeral: bool,

    /// Database that is made when there is none
    #[arg(long, value_name = "NAME", default_value = "dev", env = "BLUESHIFT_DATABASE")]
    pub database: String,

    /// Superuser that is made when there is none
    #[arg(long, value_name = "NAME", default_value = "admin", env = "BLUESHIFT_USER")]
    pub user: String,

    /// Password of the superuser; without one, any password does and only this machine may connect
    #[arg(long, value_name = "PASSWORD", env = "BLUESHIFT_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,

    /// Folder that plays S3: s3://BUCKET/KEY is FOLDER/BUCKET/KEY [default: s3 in the data folder]
    #[arg(long, value_name = "FOLDER", env = "BLUESHIFT_S3_FOLDER", conflicts_with = "s3_endpoint")]
    pub s3_folder: Option<PathBuf>,

    /// URL of an S3 server (LocalStack, MinIO, AWS) to use instead of the folder; AWS_ENDPOINT_URL_S3 and
    /// AWS_ENDPOINT_URL are honoured, too. Its credentials are those of the statement, or else AWS_ACCESS_KEY_ID,
    /// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN
    #[arg(long, value_name = "URL", env = "BLUESHIFT_S3_ENDPOINT")]
    pub s3_endpoint: Option<String>,

    /// Region of the S3 server; AWS_REGION and AWS_DEFAULT_REGION are honoured, too
    #[arg(long, value_name = "REGION", env = "BLUESHIFT_S3_REGION")]
    pub s3_region: Option<String>,

    /// Memory that queries may take before they spill to disk: 512MB, 4GB, or a number of bytes
    #[arg(long, value_name = "SIZE", env = "BLUESHIFT_MEMORY_LIMIT", value_parser = parse_size)]
    pub memory_limit: Option<usize>,

    /// File of SQL statements to run, as the superuser, before the first connection
    #[arg(long, value_name = "FILE", env = "BLUESHIFT_INIT")]
    pub init: Option<PathBuf>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub certificate: CertificateArgs,

    /// Allow conveniences that Redshift does not have, such as columns in system tables that only tutorials know
    #[arg(long, env = "BLUESHIFT_EXTENSIONS", value_parser = FalseyValueParser::new())]
    pub extensions: bool,
}

/// The certificate that clients see, as files.
#[derive(Debug, Clone, Default, Args)]
pub struct CertificateArgs {
    /// Certificate chain (PEM) for TLS [default: one that is made for this machine]
    #[arg(long, value_name = "FILE", env = "BLUESHIFT_TLS_CERT", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// Private key (PEM) of that certificate
    #[arg(long, value_name = "FILE", env = "BLUESHIFT_TLS_KEY", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

impl CertificateArgs {
    /// The certificate and its key, where they were given.
    pub fn files(&self) -> Option<(&PathBuf, &PathBuf)> {
        self.tls_cert.as_ref().zip(self.tls_key.as_ref())
    }
}

/// Where HTTP is served unless told otherwise.
const DEFAULT_HTTP: &str = "127.0.0.1:5480";

/// What was said of the HTTP port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpListen {
    /// There is to be none.
    Off,
    /// Nothing: the usual address, where it is free.
    Usual(String),
    /// This address, and no other.
    At(String),
}

impl EmulateArgs {
    /// Where HTTP is to be served.
    pub fn http(&self) -> HttpListen {
        match self.http_listen.as_deref() {
            None => HttpListen::Usual(DEFAULT_HTTP.to_string()),
            Some("off") => HttpListen::Off,
            Some(address) => HttpListen::At(address.to_string()),
        }
    }

    /// May HTTP be served here?
    ///
    /// # Errors
    /// Where the address can be reached from other machines and requests are not verified.
    pub fn check_http_exposure(&self, address: SocketAddr) -> Result<(), Exposed> {
        if self.verify_sigv4.is_some() || is_loopback(address.ip()) {
            Ok(())
        } else {
            Err(Exposed::Unverified(address))
        }
    }

    /// The folder that plays S3; none where a server does.
    pub fn s3_folder(&self, s3: &S3Config) -> Option<PathBuf> {
        match (&self.s3_folder, &s3.endpoint) {
            (Some(folder), _) => Some(folder.clone()),
            (None, Some(_)) => None,
            (None, None) => Some(self.data.join("s3")),
        }
    }

    /// The engine's configuration; `variable` reads the environment.
    pub fn engine_config(&self, variable: impl Fn(&str) -> Option<String>) -> EngineConfig {
        let first = |names: &[&str]| names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
        let mut s3 = S3Config {
            folder: None,
            endpoint: self.s3_endpoint.clone(),
            region: self.s3_region.clone().or_else(|| first(&["AWS_REGION", "AWS_DEFAULT_REGION"])),
            access_key_id: first(&["AWS_ACCESS_KEY_ID"]),
            secret_access_key: first(&["AWS_SECRET_ACCESS_KEY"]),
            session_token: first(&["AWS_SESSION_TOKEN"]),
        };
        if s3.endpoint.is_none() && self.s3_folder.is_none() {
            s3.endpoint = first(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]);
        }
        s3.folder = self.s3_folder(&s3);
        EngineConfig {
            location: if self.ephemeral { Location::Memory } else { Location::Folder(self.data.clone()) },
            database: self.database.clone(),
            user: self.user.clone(),
            s3,
            memory_limit: self.memory_limit,
            extensions: self.extensions,
        }
    }

    /// May a server without a password listen here?
    ///
    /// # Errors
    /// Where the address can be reached from other machines and there is no password.
    pub fn check_exposure(&self, address: SocketAddr) -> Result<(), Exposed> {
        if self.password.is_some() || is_loopback(address.ip()) {
            Ok(())
        } else {
            Err(Exposed::WithoutPassword(address))
        }
    }
}

/// What a file of TOML says.
///
/// # Errors
/// What is wrong with it and where, in one line.
pub(crate) fn from_toml<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        format!("line {line}: {message}")
    })
}

/// Can only this machine reach the address?
pub(crate) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// A server that lets anybody in was asked to listen where other machines can reach it.
#[derive(Debug, PartialEq, Eq)]
pub enum Exposed {
    /// There is no password.
    WithoutPassword(SocketAddr),
    /// The gateway knows no users, so that anybody would be let in.
    WithoutUsers(SocketAddr),
    /// HTTP requests are not verified.
    Unverified(SocketAddr),
}

impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (address, remedy) = match self {
            Exposed::WithoutPassword(address) => (address, "set a password (--password or BLUESHIFT_PASSWORD)"),
            Exposed::WithoutUsers(address) => (address, "a gateway needs users (--users or BLUESHIFT_USERS)"),
            Exposed::Unverified(address) => {
                (address, "name the access keys that may call (--verify-sigv4 or BLUESHIFT_VERIFY_SIGV4)")
            }
        };
        write!(f, "{address} can be reached from other machines: {remedy}")
    }
}

impl std::error::Error for Exposed {}

/// `512MB`, `4 GiB`, `1073741824`: units are powers of 1024.
pub(crate) fn parse_size(text: &str) -> Result<usize, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: usize =
        text[..digits].parse().map_err(|_| "a number of bytes is expected, such as 512MB".to_string())?;
    let factor: usize = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        unit => return Err(format!("\"{unit}\" is not one of KB, MB, GB and TB")),
    };
    number.checked_mul(factor).ok_or_else(|| "that is more than this machine can address".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> EmulateArgs {
        match Cli::try_parse_from([&["blueshift"], arguments].concat()).unwrap().into_command() {
            Command::Emulate(arguments) => arguments,
            Command::Proxy(_) | Command::User(_) | Command::Check(_) => panic!("another command"),
        }
    }

    fn without_variables(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn no_argument_means_emulate_with_the_defaults() {
        let arguments = parsed(&[]);
        assert_eq!(arguments.listen, "127.0.0.1:5439");
        let config = arguments.engine_config(without_variables);
        assert_eq!(config.location, Location::Folder(".blueshift".into()));
        assert_eq!((config.database.as_str(), config.user.as_str()), ("dev", "admin"));
        assert_eq!(config.s3.folder, Some(PathBuf::from(".blueshift/s3")));
        assert_eq!(config.s3.endpoint, None);
    }

    #[test]
    fn flags_may_stand_with_and_without_the_command() {
        assert!(parsed(&["--ephemeral"]).ephemeral);
        assert!(parsed(&["emulate", "--ephemeral"]).ephemeral);
        let config = parsed(&["emulate", "--ephemeral", "--data", "d"]).engine_config(without_variables);
        assert_eq!(config.location, Location::Memory);
        assert_eq!(config.s3.folder, Some(PathBuf::from("d/s3")));
    }

    #[test]
    fn a_server_takes_the_place_of_the_folder() {
        let config = parsed(&["--s3-endpoint", "http://localhost:4566"]).engine_config(without_variables);
        assert_eq!((config.s3.folder, config.s3.endpoint.as_deref()), (None, Some("http://localhost:4566")));
    }

    #[test]
    fn the_usual_variables_of_aws_are_honoured() {
        let variables = |name: &str| {
            let value = match name {
                "AWS_ENDPOINT_URL_S3" => "http://s3.local",
                "AWS_ENDPOINT_URL" => "http://aws.local",
                "AWS_DEFAULT_REGION" => "eu-central-1",
                "AWS_ACCESS_KEY_ID" => "key",
                "AWS_SECRET_ACCESS_KEY" => "secret",
                _ => return None,
            };
            Some(value.to_string())
        };
        let s3 = parsed(&[]).engine_config(variables).s3;
        assert_eq!(s3.endpoint.as_deref(), Some("http://s3.local"));
        assert_eq!(s3.region.as_deref(), Some("eu-central-1"));
        assert_eq!(s3.access_key_id.as_deref(), Some("key"));
        assert_eq!(s3.session_token, None);
        // A folder that was asked for wins over an endpoint that is only in the air.
        let s3 = parsed(&["--s3-folder", "buckets"]).engine_config(variables).s3;
        assert_eq!((s3.folder, s3.endpoint), (Some(PathBuf::from("buckets")), None));
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse_size("512MB"), Ok(512 << 20));
        assert_eq!(parse_size("4 GiB"), Ok(4 << 30));
        assert_eq!(parse_size("1000"), Ok(1000));
        assert!(parse_size("lots").is_err());
        assert!(parse_size("5 parsecs").is_err());
    }

    #[test]
    fn other_machines_need_a_password() {
        let open = parsed(&[]);
        assert!(open.check_exposure("127.0.0.1:5439".parse().unwrap()).is_ok());
        assert!(open.check_exposure("[::1]:5439".parse().unwrap()).is_ok());
        assert!(open.check_exposure("[::ffff:127.0.0.1]:5439".parse().unwrap()).is_ok());
        assert!(open.check_exposure("0.0.0.0:5439".parse().unwrap()).is_err());
        assert!(parsed(&["--password", "x"]).check_exposure("0.0.0.0:5439".parse().unwrap()).is_ok());
    }

    #[test]
    fn http_has_its_usual_place_unless_told_otherwise() {
        assert_eq!(parsed(&[]).http(), HttpListen::Usual("127.0.0.1:5480".into()));
        assert_eq!(parsed(&["--http-listen", "off"]).http(), HttpListen::Off);
        let open = parsed(&["--http-listen", "0.0.0.0:80"]);
        assert_eq!(open.http(), HttpListen::At("0.0.0.0:80".into()));
        assert!(open.check_http_exposure("0.0.0.0:80".parse().unwrap()).is_err());
        assert!(open.check_http_exposure("127.0.0.1:80".parse().unwrap()).is_ok());
        let verified = parsed(&["--verify-sigv4", "AKID:secret"]);
        assert!(verified.check_http_exposure("0.0.0.0:80".parse().unwrap()).is_ok());
        assert!(Cli::try_parse_from(["blueshift", "--verify-sigv4", "AKID"]).is_err());
    }

    #[test]
    fn certificate_and_key_come_together() {
        assert!(Cli::try_parse_from(["blueshift", "--tls-cert", "c.pem"]).is_err());
        assert!(Cli::try_parse_from(["blueshift", "--tls-cert", "c.pem", "--tls-key", "k.pem"]).is_ok());
    }
}
