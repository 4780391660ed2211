//! From the first byte to the first ReadyForQuery: encryption, start-up message, authentication, parameters.

use std::collections::BTreeMap;

use blueshift_emulator::{Client, Credential, Login, REDSHIFT_VERSION, RefusedLogin};
use bytes::{BufMut, Bytes};
use pgwire::messages::{
    response::{ReadyForQuery, TransactionStatus},
    startup::{Authentication, BackendKeyData, NegotiateProtocolVersion, ParameterStatus, SecretKey},
};
use redshift_sql_dialect::{Error, SqlState};

use super::{
    Shared,
    cancel::Registration,
    error::notice_response,
    frontend::Body,
    socket::{Wire, WireError},
};
use crate::{
    audit::Who,
    auth::{
        certificate,
        gate::{Caller, Guest, Refusal},
        passwords::{self, Answer, Challenge, Circumstances, Driver, Encryption},
        tls,
    },
    doors::{ClientCertificate, Doors},
    session::Session,
};

/// stl_connection_log.authmethod of those who have sent a password.
const PASSWORD: &str = "password";
const SSL_REQUEST: i32 = 80_877_103;
const GSS_REQUEST: i32 = 80_877_104;
const CANCEL_REQUEST: i32 = 80_877_102;

/// The highest `server_protocol_version` there is: 1 extends RowDescription, 2 has binary NUMERIC, 3 tells whether
/// columns distinguish case.
const MAX_SERVER_PROTOCOL: u8 = 3;
/// The revision that a cluster says it was built from, beside its version.
const PADB_REVISION: &str = "d8b9d5bd87";
/// Start-up parameters that are no settings: who connects where, and what Redshift's drivers tell of themselves.
const NOT_SETTINGS: [&str; 18] = [
    "user",
    "database",
    "options",
    "replication",
    "client_protocol_version",
    "driver_version",
    "os_version",
    "driver_discovery_version",
    "plugin_name",
    "idp_type",
    "idp_host",
    "provider_name",
    "token_type",
    "identity_namespace",
    "idc_client_display_name",
    "idc_region",
    "issuer_url",
    "preferred_role",
];

/// A connection that statements can be sent over.
pub struct Started {
    /// Its session.
    pub session: Session,
    /// Its number and how it is cancelled.
    pub registration: Registration,
    /// The version of Redshift's extensions that was agreed upon; 0 is none.
    pub protocol: u8,
}

/// Takes a connection to where statements can be sent. None where the client only wanted to cancel, or left.
///
/// # Errors
/// What the client did wrong, who it is not, or that it is gone.
pub async fn start(wire: &mut Wire, client: Client, shared: &Shared) -> Result<Option<Started>, WireError> {
    let Some((packet, line)) = negotiate(wire, shared).await? else { return Ok(None) };
    let startup = Startup::decode(packet)?;
    if startup.minor > 0 {
        wire.put(&NegotiateProtocolVersion::new(0, startup.extensions()));
    }
    let admitted = admit(wire, &startup, Place { line: &line, host: &client.host }, shared).await;
    let outcome = if admitted.is_ok() { &shared.metrics.logins } else { &shared.metrics.failed_logins };
    outcome.increment();
    if let Err(WireError::Fatal(error)) = &admitted
        && error.sqlstate() == SqlState::INVALID_AUTHORIZATION
    {
        shared.backend.note_refused_login(startup.refused(startup.client(client.clone(), &line, PASSWORD)));
    }
    let Admitted { user, groups, guest, method } = admitted?;
    let registration = shared.registry.register();
    let login = Login {
        database: startup.database().unwrap_or(&user).to_string(),
        user: user.clone(),
        settings: startup.settings()?,
        client: Client { protocol: startup.protocol()?.into(), ..startup.client(client, &line, method) },
        pid: registration.pid,
        control: Some(registration.control()),
    };
    let opened = match &guest {
        Some(guest) => shared.backend.open_for(login, guest).await,
        None => shared.backend.open(login).await,
    };
    let mut backend = opened.map_err(WireError::Fatal)?;
    if !groups.is_empty() {
        backend.join_groups(&groups).map_err(WireError::Fatal)?;
    }
    let started = Started { session: Session::new(backend), registration, protocol: startup.protocol()? };
    greet(wire, started, &user, startup.asks_for_protocol()).await.map(Some)
}

/// Answers requests for encryption until something else comes: the start-up packet, with its version.
async fn negotiate(wire: &mut Wire, shared: &Shared) -> Result<Option<(Bytes, Line)>, WireError> {
    let mut line = Line { encryption: Encryption::None, certificate: None, tls: None };
    loop {
        let Some(packet) = wire.read_startup().await? else { return Ok(None) };
        let mut body = Body::new(packet.clone());
        match body.int32()? {
            SSL_REQUEST if line.encryption == Encryption::None => match &shared.tls {
                Some(tls) => {
                    wire.put_byte(b'S');
                    wire.flush().await?;
                    let socket = std::mem::replace(wire, Wire::new(tokio::io::empty())).into_socket()?;
                    let socket = tls.acceptor().accept(socket).await?;
                    let (_, agreed) = socket.get_ref();
                    let certificates = agreed.peer_certificates();
                    let certificate = certificates.and_then(|chain| chain.first()).map(|own| certificate::names(own));
                    line = Line { encryption: Encryption::Tls, certificate, tls: tls::names(agreed) };
                    *wire = Wire::new(socket);
                }
                None => {
                    wire.put_byte(b'N');
                    wire.flush().await?;
                }
            },
            GSS_REQUEST if line.encryption == Encryption::None => {
                wire.put_byte(b'N');
                wire.flush().await?;
            }
            CANCEL_REQUEST => {
                let (pid, secret) = (body.int32()?, body.int32()?);
                shared.registry.cancel(pid, secret);
                return Ok(None);
            }
            _ => return Ok(Some((packet, line))),
        }
    }
}

/// The line to a client.
struct Line {
    encryption: Encryption,
    /// The names in the client's certificate, where it has one.
    certificate: Option<Vec<String>>,
    /// The version of TLS and the cipher.
    tls: Option<(String, String)>,
}

/// Where a client is.
struct Place<'a> {
    line: &'a Line,
    host: &'a str,
}

/// A start-up message.
#[derive(Debug, PartialEq, Eq)]
struct Startup {
    minor: u16,
    parameters: BTreeMap<String, String>,
}

impl Startup {
    fn decode(packet: Bytes) -> Result<Startup, WireError> {
        let mut body = Body::new(packet);
        let version = body.int32()? as u32;
        let (major, minor) = ((version >> 16) as u16, version as u16);
        if major != 3 {
            let message = format!("unsupported frontend protocol {major}.{minor}: server supports 1.0 to 3.0");
            return Err(WireError::Fatal(Error::unsupported(message)));
        }
        let mut parameters = BTreeMap::new();
        loop {
            let name = body.text()?;
            if name.is_empty() {
                break;
            }
            parameters.insert(name, body.text()?);
        }
        // Some clients pad the packet behind its end, and PostgreSQL 8.0 does not mind.
        Ok(Startup { minor, parameters })
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// What is known of the client that sent it over this line.
    fn client(&self, client: Client, line: &Line, method: &str) -> Client {
        let text = |name: &str| self.get(name).unwrap_or_default().to_string();
        let (tls_version, tls_cipher) = line.tls.clone().unwrap_or_default();
        Client {
            auth_method: method.to_string(),
            tls_version,
            tls_cipher,
            driver_version: text("driver_version"),
            os_version: text("os_version"),
            plugin_name: text("plugin_name"),
            ..client
        }
    }

    /// The login that it asked for, for the logs.
    fn refused(&self, client: Client) -> RefusedLogin {
        let text = |name: &str| self.get(name).unwrap_or_default().to_string();
        RefusedLogin {
            user: text("user"),
            database: self.get("database").or(self.get("user")).unwrap_or_default().to_string(),
            application: text("application_name"),
            client,
        }
    }

    fn database(&self) -> Option<&str> {
        self.get("database")
    }

    fn user(&self) -> Result<&str, WireError> {
        self.get("user").ok_or_else(|| {
            let message = "no PostgreSQL user name specified in startup packet";
            WireError::Fatal(Error::new(SqlState::INVALID_AUTHORIZATION, message))
        })
    }

    /// Extensions of the protocol that the client would like and that nobody knows here.
    fn extensions(&self) -> Vec<String> {
        self.parameters.keys().filter(|name| name.starts_with("_pq_.")).cloned().collect()
    }

    fn driver(&self) -> Driver {
        if self.get("driver_version").is_some() || self.asks_for_protocol() {
            Driver::Redshift
        } else {
            Driver::Postgres
        }
    }

    fn asks_for_protocol(&self) -> bool {
        self.get("client_protocol_version").is_some()
    }

    /// The version of Redshift's extensions that both sides know.
    fn protocol(&self) -> Result<u8, WireError> {
        let Some(wanted) = self.get("client_protocol_version") else { return Ok(0) };
        let wanted: u32 = wanted.parse().map_err(|_| {
            let message = format!("invalid value for parameter \"client_protocol_version\": \"{wanted}\"");
            WireError::Fatal(Error::new(SqlState::INVALID_PARAMETER_VALUE, message))
        })?;
        Ok(wanted.min(u32::from(MAX_SERVER_PROTOCOL)) as u8)
    }

    /// The settings: those that came by name, behind those of `options`.
    fn settings(&self) -> Result<Vec<(String, String)>, WireError> {
        let mut settings = match self.get("options") {
            Some(options) => settings_of_options(options).map_err(WireError::Fatal)?,
            None => Vec::new(),
        };
        for (name, value) in &self.parameters {
            let name = name.to_lowercase();
            if !NOT_SETTINGS.contains(&name.as_str()) && !name.starts_with("_pq_.") {
                settings.push((name, value.clone()));
            }
        }
        Ok(settings)
    }
}

/// `-c name=value --name=value`; a backslash keeps the blank behind it.
fn settings_of_options(options: &str) -> Result<Vec<(String, String)>, Error> {
    let invalid = |word: &str| {
        let message = format!("invalid command-line argument for server process: {word}");
        Error::new(SqlState::SYNTAX_ERROR, message)
    };
    let mut settings = Vec::new();
    let mut words = split_options(options).into_iter();
    while let Some(word) = words.next() {
        let setting = if let Some(long) = word.strip_prefix("--") {
            long.to_string()
        } else if word == "-c" {
            words.next().ok_or_else(|| invalid(&word))?
        } else if let Some(short) = word.strip_prefix("-c") {
            short.to_string()
        } else {
            return Err(invalid(&word));
        };
        let (name, value) = setting.split_once('=').ok_or_else(|| invalid(&setting))?;
        settings.push((name.replace('-', "_").to_lowercase(), value.to_string()));
    }
    Ok(settings)
}

fn split_options(options: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut chars = options.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => words.last_mut().into_iter().for_each(|word| word.extend(chars.next())),
            c if c.is_ascii_whitespace() => words.push(String::new()),
            c => words.last_mut().into_iter().for_each(|word| word.push(c)),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A client that has proved who it is.
struct Admitted {
    /// The user as the backend knows it.
    user: String,
    /// The groups of this session.
    groups: Vec<String>,
    /// The guest of a gateway that knows its users.
    guest: Option<Guest>,
    /// How it did, as stl_connection_log words it.
    method: &'static str,
}

/// Has the client prove who it is.
async fn admit(wire: &mut Wire, startup: &Startup, place: Place<'_>, shared: &Shared) -> Result<Admitted, WireError> {
    let Some(doors) = &shared.doors else {
        return authenticate(wire, startup, place.line.encryption, shared).await;
    };
    let guest = pass_doors(wire, startup, &place, doors, shared).await?;
    Ok(Admitted { user: guest.name.clone(), groups: Vec::new(), guest: Some(guest), method: PASSWORD })
}

/// Has the client pass the doors of a gateway.
async fn pass_doors(
    wire: &mut Wire,
    startup: &Startup,
    place: &Place<'_>,
    doors: &Doors,
    shared: &Shared,
) -> Result<Guest, WireError> {
    let user = startup.user()?;
    let database = startup.database().unwrap_or(user);
    let Line { encryption, certificate, .. } = place.line;
    let who = Who::unknown(user, place.host, database);
    let turned_away = |error: Error, why: &str| {
        doors.audit.turned_away(&who, why);
        Err(WireError::Fatal(error))
    };
    if doors.require_tls && *encryption == Encryption::None {
        let message = format!(
            "no pg_hba.conf entry for host \"{}\", user \"{user}\", database \"{database}\", SSL off",
            place.host
        );
        return turned_away(Error::new(SqlState::INVALID_AUTHORIZATION, message), "no TLS");
    }
    let most = doors.max_connections.and_then(|most| i64::try_from(most).ok()).unwrap_or(i64::MAX);
    if shared.metrics.connections.get() > most {
        let error = Error::new(SqlState::TOO_MANY_CONNECTIONS, "sorry, too many clients already");
        return turned_away(error, "connections");
    }
    let (encryption, driver, certificate) = (*encryption, startup.driver(), certificate.as_deref());
    let caller = Caller { user, source: place.host, encryption, driver, certificate };
    if let Some(guest) = doors.gate.certified(caller) {
        wire.put(&Authentication::Ok);
        return Ok(guest);
    }
    let challenge = doors.gate.challenge(caller);
    put_challenge(wire, &challenge);
    wire.flush().await?;
    let answer = read_answer(wire).await?;
    let mut admitted = doors.gate.admit(caller, challenge, answer).await;
    if doors.client_certificate == ClientCertificate::Required && admitted.is_ok() {
        admitted = Err(Refusal::WrongCertificate);
    }
    match admitted {
        Ok(guest) => {
            wire.put(&Authentication::Ok);
            Ok(guest)
        }
        Err(refusal) => {
            doors.audit.failed_login(&who, refusal);
            Err(WireError::Fatal(refusal.error(user)))
        }
    }
}

/// Has the client prove who it is to the backend.
async fn authenticate(
    wire: &mut Wire,
    startup: &Startup,
    encryption: Encryption,
    shared: &Shared,
) -> Result<Admitted, WireError> {
    let admitted =
        |user: String, groups: Vec<String>, method: &'static str| Admitted { user, groups, guest: None, method };
    let given = startup.user()?;
    let (user, credential) = known_user(given, shared)?;
    // A password that was issued for a time is one more that does.
    let issued = shared.credentials.of(given);
    let asked = issued.first().map(|open| &open.credential).or(credential.as_ref());
    let challenge = passwords::challenge(asked, Circumstances { encryption, driver: startup.driver() });
    put_challenge(wire, &challenge);
    if challenge != Challenge::Trust {
        wire.flush().await?;
        let answer = read_answer(wire).await?;
        let proved = |credential: &Credential| passwords::verify(given, Some(credential), &challenge, &answer);
        if let Some(open) = issued.into_iter().find(|open| proved(&open.credential)) {
            wire.put(&Authentication::Ok);
            return Ok(admitted(open.user, open.groups, PASSWORD));
        }
        // MD5 is salted with the name that the client knows itself by.
        if ![user, given].iter().any(|name| passwords::verify(name, credential.as_ref(), &challenge, &answer)) {
            let message = format!("password authentication failed for user \"{given}\"");
            return Err(WireError::Fatal(Error::new(SqlState::INVALID_AUTHORIZATION, message)));
        }
        wire.put(&Authentication::Ok);
    }
    let method = if challenge == Challenge::Trust { "trust" } else { PASSWORD };
    Ok(admitted(user.to_string(), Vec::new(), method))
}

/// The user of this name, or of the name behind `IAM:` or `IAMA:`, which temporary credentials put before it.
fn known_user<'a>(given: &'a str, shared: &Shared) -> Result<(&'a str, Option<Credential>), WireError> {
    if let Some(credential) = shared.backend.credential(given).map_err(WireError::Fatal)? {
        return Ok((given, Some(credential)));
    }
    let prefixed = ["IAM:", "IAMA:", "IAMR:"].iter().find_map(|prefix| given.strip_prefix(prefix));
    let Some(name) = prefixed else { return Ok((given, None)) };
    // A group may follow: IAMA:user:group.
    let name = name.split(':').next().unwrap_or(name);
    Ok((name, shared.backend.credential(name).map_err(WireError::Fatal)?))
}

fn put_challenge(wire: &mut Wire, challenge: &Challenge) {
    match challenge {
        Challenge::Trust => wire.put(&Authentication::Ok),
        Challenge::Cleartext => wire.put(&Authentication::CleartextPassword),
        Challenge::Md5 { salt } => wire.put(&Authentication::MD5Password(salt.to_vec())),
        Challenge::Digest { salt, server_nonce } => {
            // Code 13; algorithm 0 is SHA-256.
            let output = wire.output();
            output.put_u8(b'R');
            output.put_u32((4 * 5 + salt.len() + server_nonce.len()) as u32);
            output.put_i32(13);
            output.put_i32(0);
            output.put_u32(salt.len() as u32);
            output.put_slice(salt);
            output.put_u32(server_nonce.len() as u32);
            output.put_slice(server_nonce);
        }
    }
}

async fn read_answer(wire: &mut Wire) -> Result<Answer, WireError> {
    let frame = wire.read_message().await?.ok_or_else(WireError::disconnected)?;
    let mut body = Body::new(frame.body);
    match frame.tag {
        b'p' => {
            let bytes = body.rest();
            Ok(Answer::Password(bytes.strip_suffix(&[0]).unwrap_or(&bytes).to_vec()))
        }
        b'd' => {
            let digest = length_and_bytes(&mut body)?;
            let client_nonce = length_and_bytes(&mut body)?;
            body.end()?;
            Ok(Answer::Digest { digest, client_nonce })
        }
        other => Err(WireError::protocol(format!("expected password response, got message type {other}"))),
    }
}

fn length_and_bytes(body: &mut Body) -> Result<Vec<u8>, WireError> {
    let length = usize::try_from(body.int32()?).map_err(|_| WireError::protocol("invalid message format"))?;
    Ok(body.bytes(length)?.to_vec())
}

/// Sends what the client wants to know before its first statement.
async fn greet(
    wire: &mut Wire,
    mut started: Started,
    user: &str,
    asks_for_protocol: bool,
) -> Result<Started, WireError> {
    // What changed so far is told below.
    started.session.take_setting_changes();
    for (name, value) in parameters(&started, user, asks_for_protocol) {
        wire.put(&ParameterStatus::new(name.to_string(), value));
    }
    let Registration { pid, secret, .. } = started.registration;
    wire.put(&BackendKeyData::new(pid, SecretKey::I32(secret)));
    started.session.take_notices().iter().for_each(|notice| wire.put(&notice_response(notice)));
    wire.put(&ReadyForQuery::new(TransactionStatus::Idle));
    wire.flush().await?;
    Ok(started)
}

/// The parameters in the order in which a cluster reports them. Their names matter to the letter: asyncpg knows Redshift
/// by `padb_revision`, and `datestyle` is in lower case though PostgreSQL's is not.
fn parameters(started: &Started, user: &str, asks_for_protocol: bool) -> Vec<(&'static str, String)> {
    let setting = |name: &str, default: &str| started.session.setting(name).unwrap_or_else(|| default.to_string());
    let mut parameters = vec![
        ("application_name", setting("application_name", "")),
        ("case_sensitive", "on".to_string()),
        ("client_encoding", setting("client_encoding", "UTF8")),
        ("datestyle", setting("datestyle", "ISO, MDY")),
        ("integer_datetimes", "on".to_string()),
        ("is_superuser", setting("is_superuser", "off")),
        ("server_encoding", "UNICODE".to_string()),
        ("server_version", setting("server_version", "8.0.2")),
        ("session_authorization", user.to_string()),
        ("TimeZone", setting("timezone", "UTC")),
        ("timezone_abbreviations", setting("timezone_abbreviations", "Default")),
        ("padb_version", REDSHIFT_VERSION.to_string()),
        ("padb_revision", PADB_REVISION.to_string()),
        ("max_numeric_precision", "38".to_string()),
        ("max_varchar_size", "65535".to_string()),
        ("datashare_enabled", "on".to_string()),
        ("session_id", uuid::Uuid::new_v4().to_string()),
    ];
    if asks_for_protocol {
        parameters.push(("server_protocol_version", started.protocol.to_string()));
        // Redshift's drivers ask for metadata with the SHOW commands from here on.
        parameters.push(("show_discovery", started.session.show_discovery().to_string()));
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn startup(version: u32, parameters: &[(&str, &str)]) -> Result<Startup, WireError> {
        let mut packet = version.to_be_bytes().to_vec();
        for (name, value) in parameters {
            packet.extend(format!("{name}\0{value}\0").into_bytes());
        }
        packet.push(0);
        Startup::decode(packet.into())
    }

    #[test]
    fn what_drivers_say_of_themselves_is_no_setting() {
        let startup = startup(
            0x30000,
            &[
                ("user", "admin"),
                ("database", "dev"),
                ("DateStyle", "ISO"),
                ("client_protocol_version", "2"),
                ("driver_version", "Redshift Python Driver 2.2.0"),
                ("_pq_.compression", "lz4"),
                ("options", "-c search_path=a\\ b --statement-timeout=5s"),
            ],
        )
        .unwrap();
        assert_eq!(
            startup.settings().unwrap(),
            [("search_path", "a b"), ("statement_timeout", "5s"), ("datestyle", "ISO")]
                .map(|(name, value)| (name.to_string(), value.to_string()))
        );
        assert_eq!(startup.driver(), Driver::Redshift);
        assert_eq!(startup.extensions(), ["_pq_.compression"]);
    }

    #[test]
    fn protocols_are_granted_as_far_as_they_are_known() {
        let granted = |wanted: &[(&str, &str)]| startup(0x30000, wanted).unwrap().protocol().ok();
        assert_eq!(granted(&[]), Some(0));
        for version in 0..=3 {
            assert_eq!(granted(&[("client_protocol_version", &version.to_string())]), Some(version));
        }
        assert_eq!(granted(&[("client_protocol_version", "9")]), Some(3));
        assert_eq!(granted(&[("client_protocol_version", "x")]), None);
    }

    #[test]
    fn other_protocols_are_refused() {
        assert!(matches!(startup(0x20000, &[]), Err(WireError::Fatal(_))));
        assert_eq!(startup(0x30002, &[]).unwrap().minor, 2);
        assert!(Startup::decode(Bytes::from_static(b"\0\x03\0\0user\0admin")).is_err());
    }

    #[test]
    fn options_that_are_none_are_refused() {
        assert!(settings_of_options("-c").is_err());
        assert!(settings_of_options("-c name").is_err());
        assert!(settings_of_options("-x y").is_err());
        assert_eq!(settings_of_options("-cgeqo=off").unwrap(), [("geqo".to_string(), "off".to_string())]);
    }
}
