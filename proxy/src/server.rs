//! From configuration to a server that listens, and to its end.

mod gateway;

use std::{
    fmt, fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    thread::available_parallelism,
    time::Duration,
};

use blueshift_emulator::{Client, Engine, Location, Login, execution::SESSION_STACK};
use futures::FutureExt;
use redshift_sql_dialect::{Error, ast::Parsed, parse};
use socket2::SockRef;
use tempfile::NamedTempFile;
use thiserror::Error as ThisError;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tokio::{
    net::{TcpListener, TcpStream, lookup_host},
    runtime::Builder,
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

pub use self::gateway::proxy;
use crate::{
    auth::tls::{self, Temporary, Tls, TlsError},
    backend::{Backend, LocalBackend, RedshiftBackend},
    config::{EmulateArgs, Exposed, HttpListen, proxy::ConfigError},
    doors::Doors,
    guard::Guarded,
    http::{
        admin::Control,
        credentials::Credentials,
        data_api::{DataApi, limits::Limits},
        forward::{Forward, Surroundings, journal::Journal},
        server::{self as http_server, Front, Services},
        sigv4::Keys,
        warehouses::{Door, Warehouses},
    },
    metrics::Metrics,
    router::Company,
    session::{Answer, Command, Session},
    wire::{self, Shared, cancel::Registry},
};

/// How long running statements may take to end when the emulator does.
const DRAIN: Duration = Duration::from_secs(10);
/// How long connections may take to end that were told to.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long to wait when no connection can be accepted, because there are too many open files.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Why the server does not start, or did not end well: one line for the user.
#[derive(Debug, ThisError)]
#[allow(missing_docs)]
pub enum StartError {
    #[error("cannot start threads: {0}")]
    Threads(io::Error),
    #[error("cannot listen on {address}: {reason}")]
    Listen { address: String, reason: String },
    #[error(transparent)]
    Exposed(#[from] Exposed),
    #[error("{0}")]
    Engine(String),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("cannot read init file {path}: {source}")]
    InitFile { path: PathBuf, source: io::Error },
    #[error("init file {path}, line {line}: {error}")]
    InitStatement { path: PathBuf, line: usize, error: Error },
    #[error("cannot read the state of namespaces and workgroups in {path}: {source}")]
    Warehouses { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Doors(String),
    #[error("target {name}: {reason}")]
    Target { name: String, reason: String },
    #[error("cannot make the bucket folder {path}: {source}")]
    Buckets { path: PathBuf, source: io::Error },
}

/// What a server needs beside a socket.
pub struct Server {
    /// What runs statements.
    pub backend: Arc<dyn Backend>,
    /// What encrypts connections; none refuses encryption.
    pub tls: Option<Tls>,
    /// Who may pass and what, in a gateway that knows its users.
    pub doors: Option<Arc<Doors>>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Where HTTP is served, if anywhere.
    pub http: Option<HttpPort>,
    /// How long running statements may take to end when the server does.
    pub drain: Duration,
}

/// What the HTTP port needs beside the backend.
pub struct HttpPort {
    /// Its socket.
    pub listener: TcpListener,
    /// Is a call without TLS refused?
    pub require_tls: bool,
    /// What it serves beside health and metrics.
    pub serves: Serves,
}

/// What the HTTP port serves beside health and metrics.
pub enum Serves {
    /// AWS's interfaces of the emulator.
    Emulator {
        /// The state of the control plane.
        warehouses: Arc<Warehouses>,
        /// The keys that requests must be signed with; without any who calls is only read.
        keys: Option<Keys>,
        /// The limits of the Data API.
        limits: Limits,
    },
    /// The Data API of a gateway.
    Gateway {
        /// What it is in front of.
        targets: Arc<RedshiftBackend>,
        /// Where it is kept whose each statement is.
        journal: Option<Journal>,
    },
}

/// Accepts connections until `shutdown` ends, then lets running statements finish for a while, stops those that have not
/// (57P01), and closes the backend; `at_once` ends the waiting. The caller binds, so that tests take port 0.
///
/// # Errors
/// Where the backend cannot write out what is in flight.
pub async fn run(
    listener: TcpListener,
    server: Server,
    shutdown: impl Future<Output = ()>,
    at_once: impl Future<Output = ()>,
) -> Result<(), Error> {
    let (stop, stopped) = watch::channel(false);
    let (stop_http, http_stopped) = watch::channel(false);
    let Server { backend, tls, doors, metrics, http, drain } = server;
    let backend: Arc<dyn Backend> = Arc::new(Guarded::new(backend, Arc::clone(&metrics), doors.clone()));
    let shared = Shared {
        backend: Arc::clone(&backend),
        tls,
        doors,
        metrics,
        registry: Arc::new(Registry::default()),
        credentials: Arc::new(Credentials::default()),
        shutdown: stopped,
    };
    let (mut connections, mut requests) = (JoinSet::new(), JoinSet::new());
    let front = http.map(|port| {
        // A gateway's health is told until its last client has left; the emulator's own statements end with the others.
        let end = match &port.serves {
            Serves::Emulator { .. } => shared.shutdown.clone(),
            Serves::Gateway { .. } => http_stopped,
        };
        open_http(&mut requests, port, &shared, end)
    });
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => accept(&mut connections, socket, peer, shared.clone()),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_AGAIN).await;
                }
            },
            Some(ended) = connections.join_next() => note_end(ended),
        }
    }
    drop(listener);
    stop.send_replace(true);
    let at_once = at_once.shared();
    let waited = tokio::select! {
        () = drained(&mut connections, &mut requests, &stop_http) => true,
        () = sleep(drain) => false,
        () = at_once.clone() => false,
    };
    if !waited {
        shared.registry.terminate_all();
        let ended = timeout(FAREWELL, drained(&mut connections, &mut requests, &stop_http)).await;
        if ended.is_err() {
            connections.shutdown().await;
            requests.shutdown().await;
        }
    }
    if let Some(front) = front {
        front.services.abort().await;
    }
    tokio::select! {
        closed = backend.close() => closed,
        () = at_once.then(|()| sleep(FAREWELL)) => Ok(()),
    }
}

/// Waits until all connections have ended, and then all requests.
async fn drained(connections: &mut JoinSet<()>, requests: &mut JoinSet<()>, stop_http: &watch::Sender<bool>) {
    while let Some(ended) = connections.join_next().await {
        note_end(ended);
    }
    stop_http.send_replace(true);
    while let Some(ended) = requests.join_next().await {
        note_end(ended);
    }
}

/// Serves HTTP beside the wire protocol.
fn open_http(requests: &mut JoinSet<()>, port: HttpPort, shared: &Shared, end: watch::Receiver<bool>) -> Arc<Front> {
    let HttpPort { listener, require_tls, serves } = port;
    let (metrics, doors, stopping) = (Arc::clone(&shared.metrics), shared.doors.clone(), shared.shutdown.clone());
    let services = match serves {
        Serves::Emulator { warehouses, keys, limits } => {
            let control = Arc::new(Control {
                warehouses,
                credentials: Arc::clone(&shared.credentials),
                backend: Arc::clone(&shared.backend),
                registry: Arc::clone(&shared.registry),
                limits,
            });
            Services::Emulator { data_api: DataApi::new(Arc::clone(&control)), control, keys }
        }
        Serves::Gateway { targets, journal } => {
            let (doors, metrics, stopping) = (doors.clone(), Arc::clone(&metrics), stopping.clone());
            Services::Gateway(Forward::new(targets, Surroundings { doors, metrics, journal, stopping }))
        }
    };
    let tls = shared.tls.clone();
    let front = Arc::new(Front { services, metrics, doors, tls, require_tls, stopping });
    requests.spawn(http_server::serve(listener, Arc::clone(&front), end));
    front
}

fn accept(connections: &mut JoinSet<()>, socket: TcpStream, peer: SocketAddr, shared: Shared) {
    // Small answers leave at once; a client that is gone without a word is found out, and its locks are given back.
    if let Err(error) = socket.set_nodelay(true).and_then(|()| SockRef::from(&socket).set_keepalive(true)) {
        tracing::debug!(%error, "a connection keeps the system's settings");
    }
    let client = Client { port: peer.port().to_string(), ..Client::at(&peer.ip().to_canonical().to_string()) };
    connections.spawn(wire::serve(socket, client, shared));
}

/// A connection that ends in a panic ends alone.
fn note_end(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection failed");
    }
}

/// Runs the emulator as the arguments say, until it is interrupted.
///
/// Connections and queries have threads of their own: a query that keeps every processor busy does not keep anybody from
/// connecting, nor from cancelling it.
///
/// # Errors
/// Why it could not start.
pub fn emulate(arguments: EmulateArgs) -> Result<(), StartError> {
    let connections = Builder::new_multi_thread().enable_all().thread_stack_size(SESSION_STACK).build();
    let connections = connections.map_err(StartError::Threads)?;
    let queries = Builder::new_multi_thread()
        .enable_all()
        .worker_threads(query_threads())
        // Expressions are computed by recursion, and a chain of operators may be 2,000 levels deep.
        .thread_stack_size(SESSION_STACK)
        .build();
    let queries = queries.map_err(StartError::Threads)?;
    // Before anything is made that an end would have to remove.
    let interruptions = connections.block_on(async { interruptions() });
    let bound = connections.block_on(async { Ok((bind(&arguments).await?, bind_http(&arguments).await?)) });
    let ended = bound.and_then(|(listener, http)| {
        let address = listener.local_addr().map_err(|error| cannot_listen(&arguments.listen, &error))?;
        let preparing = async {
            tokio::select! {
                prepared = Prepared::new(&arguments) => prepared.map(Some),
                () = interrupted(interruptions.clone(), 1) => Ok(None),
            }
        };
        let Some(prepared) = queries.block_on(preparing)? else { return Ok(()) };
        println!("{}", Banner { address, http: &http, arguments: &arguments, prepared: &prepared });
        let http = match http {
            HttpBound::At(listener, _) => Some(prepared.http_port(listener, address, &arguments)?),
            HttpBound::Off | HttpBound::Taken(_) => None,
        };
        let Prepared { backend, encryption, .. } = &prepared;
        let server = Server {
            backend: Arc::clone(backend),
            tls: Some(encryption.acceptor.clone()),
            doors: None,
            metrics: Arc::default(),
            http,
            drain: DRAIN,
        };
        let (once, twice) = (interrupted(interruptions.clone(), 1), interrupted(interruptions, 2));
        connections.block_on(run(listener, server, once, twice)).map_err(engine_error)
    });
    // Threads that are still in a blocking call (a slow disk) must not hold up the end.
    connections.shutdown_background();
    queries.shutdown_background();
    ended
}

/// More threads than processors, so that a query that does not look up for long leaves some to the others.
fn query_threads() -> usize {
    available_parallelism().map_or(1, usize::from).saturating_mul(4).max(8)
}

fn engine_error(error: Error) -> StartError {
    StartError::Engine(error.message().to_string())
}

/// What is ready before the first connection.
struct Prepared {
    backend: Arc<dyn Backend>,
    encryption: Encryption,
    location: Location,
    buckets: Option<PathBuf>,
    endpoint: Option<String>,
}

impl Prepared {
    async fn new(arguments: &EmulateArgs) -> Result<Prepared, StartError> {
        let config = arguments.engine_config(|name| std::env::var(name).ok());
        let (location, buckets) = (config.location.clone(), config.s3.folder.clone());
        let endpoint = config.s3.endpoint.clone();
        let engine = Engine::open(config).await.map_err(engine_error)?;
        if let (Some(folder), Location::Folder(_)) = (&buckets, &location) {
            let failed = |source| StartError::Buckets { path: folder.clone(), source };
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let encryption = Encryption::prepare(arguments)?;
        let backend: Arc<dyn Backend> = Arc::new(LocalBackend::new(engine, arguments.password.clone()));
        if let Some(path) = &arguments.init {
            run_init_file(path, &*backend, arguments).await?;
        }
        Ok(Prepared { backend, encryption, location, buckets, endpoint })
    }
}

impl Prepared {
    fn http_port(
        &self,
        listener: TcpListener,
        address: SocketAddr,
        arguments: &EmulateArgs,
    ) -> Result<HttpPort, StartError> {
        let door = Door {
            host: shown_host(address),
            port: address.port(),
            database: arguments.database.clone(),
            user: arguments.user.clone(),
        };
        let file = match &self.location {
            Location::Folder(folder) => Some(folder.join("warehouses.json")),
            Location::Memory => None,
        };
        let path = file.clone().unwrap_or_default();
        let warehouses = Warehouses::open(file, door).map_err(|source| StartError::Warehouses { path, source })?;
        let (keys, limits) = (arguments.verify_sigv4.clone(), arguments.data_api_limits.unwrap_or_default());
        let serves = Serves::Emulator { warehouses: Arc::new(warehouses), keys, limits };
        Ok(HttpPort { listener, require_tls: false, serves })
    }
}

/// The name that clients reach an address by.
fn shown_host(address: SocketAddr) -> String {
    let ip = address.ip().to_canonical();
    if ip.is_unspecified() { "localhost".to_string() } else { ip.to_string() }
}

/// What became of the HTTP port.
enum HttpBound {
    Off,
    /// Nobody asked for it, and the usual address is taken.
    Taken(String),
    At(TcpListener, SocketAddr),
}

async fn bind_http(arguments: &EmulateArgs) -> Result<HttpBound, StartError> {
    let (address, usual) = match arguments.http() {
        HttpListen::Off => return Ok(HttpBound::Off),
        HttpListen::Usual(address) => (address, true),
        HttpListen::At(address) => (address, false),
    };
    let failed = |error: io::Error| cannot_serve_http(&address, &error);
    let found: Vec<SocketAddr> = lookup_host(&address).await.map_err(failed)?.collect();
    for address in &found {
        arguments.check_http_exposure(*address)?;
    }
    let listener = match TcpListener::bind(&found[..]).await {
        Ok(listener) => listener,
        Err(_) if usual => return Ok(HttpBound::Taken(address)),
        Err(error) => return Err(failed(error)),
    };
    let bound = listener.local_addr().map_err(failed)?;
    Ok(HttpBound::At(listener, bound))
}

fn cannot_serve_http(address: &str, error: &io::Error) -> StartError {
    let reason = match error.kind() {
        io::ErrorKind::AddrInUse => "another program listens there; choose another port with --http-listen".to_string(),
        io::ErrorKind::InvalidInput => "an address and a port are expected, such as 127.0.0.1:5480, or off".to_string(),
        _ => error.to_string(),
    };
    StartError::Listen { address: address.to_string(), reason }
}

async fn bind(arguments: &EmulateArgs) -> Result<TcpListener, StartError> {
    let failed = |error: io::Error| cannot_listen(&arguments.listen, &error);
    let addresses: Vec<SocketAddr> = lookup_host(&arguments.listen).await.map_err(failed)?.collect();
    for address in &addresses {
        arguments.check_exposure(*address)?;
    }
    TcpListener::bind(&addresses[..]).await.map_err(failed)
}

fn cannot_listen(address: &str, error: &io::Error) -> StartError {
    let reason = match error.kind() {
        io::ErrorKind::AddrInUse => "another program listens there; choose another port with --listen".to_string(),
        io::ErrorKind::InvalidInput => "an address and a port are expected, such as 127.0.0.1:5439".to_string(),
        _ => error.to_string(),
    };
    StartError::Listen { address: address.to_string(), reason }
}

/// The server's certificate, and what clients check it with.
struct Encryption {
    acceptor: Tls,
    authority: Authority,
}

/// What clients check a certificate with.
enum Authority {
    /// They know: the certificate was given.
    Known,
    /// This file in the data folder.
    Kept(PathBuf),
    /// This file, which goes when the server does.
    Temporary(NamedTempFile),
}

impl Authority {
    fn file(&self) -> Option<&Path> {
        match self {
            Authority::Known => None,
            Authority::Kept(file) => Some(file),
            Authority::Temporary(file) => Some(file.path()),
        }
    }
}

impl Encryption {
    fn prepare(arguments: &EmulateArgs) -> Result<Encryption, StartError> {
        if let Some((certificate, key)) = arguments.certificate.files() {
            let acceptor = tls::acceptor(certificate, key, None)?;
            return Ok(Encryption { acceptor, authority: Authority::Known });
        }
        if arguments.ephemeral {
            let Temporary { acceptor, authority } = tls::temporary(&std::env::temp_dir(), None)?;
            return Ok(Encryption { acceptor, authority: Authority::Temporary(authority) });
        }
        let files = tls::self_made(&arguments.data.join("tls"))?;
        let acceptor = tls::acceptor(&files.certificate, &files.key, None)?;
        Ok(Encryption { acceptor, authority: Authority::Kept(absolute(&files.authority)) })
    }
}

/// Runs the statements of the init file as the superuser, one transaction each unless the file says otherwise.
async fn run_init_file(path: &Path, backend: &dyn Backend, arguments: &EmulateArgs) -> Result<(), StartError> {
    let text = fs::read_to_string(path).map_err(|source| StartError::InitFile { path: path.into(), source })?;
    let failed = |position: usize, error: Error| {
        let line = text.bytes().take(position).filter(|byte| *byte == b'\n').count() + 1;
        StartError::InitStatement { path: path.into(), line, error }
    };
    let position_of = |error: &Error, start: usize| error.position().map_or(start, |position| position as usize);
    let statements = parse(&text).map_err(|error| failed(position_of(&error, 0), error))?;
    let login = Login {
        user: arguments.user.clone(),
        database: arguments.database.clone(),
        settings: vec![("application_name".to_string(), "init".to_string())],
        client: Client::local(),
        pid: 0,
        control: None,
    };
    let mut session = Session::new(backend.open(login).await.map_err(|error| failed(0, error))?);
    for parsed in &statements {
        let ran = run_init_statement(&mut session, parsed, &text).await;
        ran.map_err(|error| failed(position_of(&error, parsed.start as usize), error))?;
    }
    Ok(())
}

async fn run_init_statement(session: &mut Session, parsed: &Parsed, text: &str) -> Result<(), Error> {
    let command = Command {
        statement: &parsed.statement,
        text: parsed.text(text),
        start: parsed.begin,
        types: &[],
        values: &[],
        company: Company::Alone,
    };
    if let Answer::Rows(mut rows) = session.run(command).await? {
        while rows.next(usize::MAX).await?.is_some() {}
    }
    Ok(())
}

/// Counts Ctrl-C and SIGTERM, which are heard from this call on. To be called on the threads that hear them.
fn interruptions() -> watch::Receiver<u32> {
    let (sender, receiver) = watch::channel(0);
    #[cfg(unix)]
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        // Without a handler the signal ends the program anyway.
        if let Ok(mut signal) = signal(kind) {
            let sender = sender.clone();
            tokio::spawn(async move {
                while signal.recv().await.is_some() {
                    sender.send_modify(|count| *count += 1);
                }
            });
        }
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            sender.send_modify(|count| *count += 1);
        }
    });
    receiver
}

/// Waits until there have been so many of Ctrl-C and SIGTERM.
async fn interrupted(mut interruptions: watch::Receiver<u32>, times: u32) {
    if interruptions.wait_for(|count| *count >= times).await.is_err() {
        // Nobody hears of them.
        std::future::pending().await
    }
}

/// How to connect, and where things are.
struct Banner<'a> {
    address: SocketAddr,
    http: &'a HttpBound,
    arguments: &'a EmulateArgs,
    prepared: &'a Prepared,
}

impl fmt::Display for Banner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EmulateArgs { user, database, password, .. } = self.arguments;
        let host = shown_host(self.address);
        writeln!(f, "Blueshift {} emulates Amazon Redshift on {}", env!("CARGO_PKG_VERSION"), self.address)?;
        writeln!(f, "  connect   psql \"host={host} port={} user={user} dbname={database}\"", self.address.port())?;
        if password.is_none() {
            writeln!(f, "  password  any will do, so only this machine may connect")?;
        }
        match self.http {
            HttpBound::Off => {}
            HttpBound::Taken(address) => {
                writeln!(f, "  Data API  off: another program listens on {address}; see --http-listen")?;
            }
            HttpBound::At(_, address) => {
                let (host, port) = (shown_host(*address), address.port());
                writeln!(f, "  Data API  http://{host}:{port}")?;
            }
        }
        match &self.prepared.location {
            Location::Folder(folder) => writeln!(f, "  tables    {}", absolute(folder).display())?,
            Location::Memory => writeln!(f, "  tables    in memory, forgotten at the end")?,
        }
        match (&self.prepared.buckets, &self.prepared.endpoint) {
            (Some(folder), _) => {
                writeln!(f, "  buckets   s3://BUCKET/KEY is {}/BUCKET/KEY", absolute(folder).display())?
            }
            (None, Some(endpoint)) => writeln!(f, "  buckets   at {endpoint}")?,
            (None, None) => {}
        }
        match self.prepared.encryption.authority.file() {
            Some(file) => write!(f, "  TLS       sslmode=verify-full sslrootcert={}", file.display()),
            None => write!(f, "  TLS       with the certificate that was given"),
        }
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncReadExt, sync::oneshot};

    use super::*;
    use crate::testing::FakeBackend;

    #[tokio::test]
    async fn a_server_drains_and_closes_its_backend() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let backend = Arc::new(FakeBackend::default());
        let (stop, stopped) = oneshot::channel();
        let (tls, doors, http) = (None, None, None);
        let server = Server { backend: backend.clone(), tls, doors, metrics: Arc::default(), http, drain: DRAIN };
        let running = tokio::spawn(run(listener, server, async { drop(stopped.await) }, std::future::pending()));
        // A client that says nothing does not hold the server up for long; one that is logged in is told.
        let mut client = TcpStream::connect(address).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut client, b"\0\0\0\x21\0\x03\0\0user\0admin\0database\0dev\0\0")
            .await
            .unwrap();
        assert_eq!(client.read_u8().await.unwrap(), b'R');
        stop.send(()).unwrap();
        let mut farewell = Vec::new();
        client.read_to_end(&mut farewell).await.unwrap();
        assert!(String::from_utf8_lossy(&farewell).contains("57P01"));
        running.await.unwrap().unwrap();
        assert_eq!(backend.take_calls(), ["close"]);
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[test]
    fn an_address_in_use_is_said_in_one_line() {
        let error = cannot_listen("127.0.0.1:5439", &io::ErrorKind::AddrInUse.into()).to_string();
        assert_eq!(
            error,
            "cannot listen on 127.0.0.1:5439: another program listens there; choose another port with --listen"
        );
    }

    #[tokio::test]
    async fn an_init_file_that_fails_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("init.sql");
        let arguments = <EmulateArgs as clap::FromArgMatches>::from_arg_matches(
            &<EmulateArgs as clap::Args>::augment_args(clap::Command::new("emulate")).get_matches_from(["emulate"]),
        )
        .unwrap();
        let backend = FakeBackend::default();
        fs::write(&file, "insert into t values (1);\n\ndelete\nfrom t;").unwrap();
        let error = run_init_file(&file, &backend, &arguments).await.unwrap_err().to_string();
        // The fake's error is at byte 12 of the message, whatever the message.
        assert_eq!(error, format!("init file {}, line 1: 42P01: relation \"t\" does not exist", file.display()));
        fs::write(&file, "insert into t values (1);\nselec").unwrap();
        let error = run_init_file(&file, &backend, &arguments).await.unwrap_err().to_string();
        assert!(error.contains("line 2: 42601: syntax error"), "{error}");
        let missing = run_init_file(&folder.path().join("none.sql"), &backend, &arguments).await.unwrap_err();
        assert!(missing.to_string().starts_with("cannot read init file"));
    }
}
