//! The gateway: from its configuration to a server that listens.

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc};

use blueshift_emulator::execution::SESSION_STACK;
use tokio::{
    net::{TcpListener, lookup_host},
    runtime::Builder,
};

use super::{
    Authority, Encryption, HttpPort, Server, Serves, StartError, cannot_listen, cannot_serve_http, engine_error,
    interrupted, interruptions, run, shown_host,
};
use crate::{
    auth::tls::{self, Temporary},
    backend::{Backend, RedshiftBackend},
    config::{ProxyArgs, ProxyConfig, is_loopback},
    doors::Doors,
    http::forward::journal::Journal,
    metrics::Metrics,
};

/// Runs the gateway as the arguments say, until it is interrupted.
///
/// # Errors
/// Why it could not start.
pub fn proxy(arguments: &ProxyArgs) -> Result<(), StartError> {
    let config = arguments.config()?;
    let threads = Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(SESSION_STACK)
        .build()
        .map_err(StartError::Threads)?;
    let interruptions = threads.block_on(async { interruptions() });
    let started = async {
        let listener = bind(&config).await?;
        let address = listener.local_addr().map_err(|error| cannot_listen(&config.listen, &error))?;
        let encryption = encryption(&config)?;
        let metrics: Arc<Metrics> = Arc::default();
        let doors = Doors::open(&config.doors, address, Arc::clone(&metrics)).map_err(StartError::Doors)?;
        let http = bind_http(&config).await?;
        let journal = config.statements.as_deref().map(Journal::open).transpose().map_err(StartError::Doors)?;
        let backend = RedshiftBackend::new(&config.targets, config.memory_per_user).await;
        if !arguments.no_check {
            let checked = backend.check().await;
            checked.map_err(|(name, error)| StartError::Target { name, reason: in_one_line(error.message()) })?;
        }
        println!("{}", Banner { address, http: http.as_ref(), config: &config, encryption: &encryption });
        let backend = Arc::new(backend);
        let server = Server {
            backend: Arc::clone(&backend) as Arc<dyn Backend>,
            tls: Some(encryption.acceptor.clone()),
            doors: doors.map(Arc::new),
            metrics,
            http: http.map(|(listener, address)| HttpPort {
                listener,
                require_tls: config.doors.tls.require.unwrap_or(!is_loopback(address.ip())),
                serves: Serves::Gateway { targets: backend, journal },
            }),
            drain: config.drain,
        };
        // A temporary certificate goes when the server has ended.
        Ok::<_, StartError>((listener, server, encryption))
    };
    let ended = threads.block_on(async {
        let (listener, server, _encryption) = tokio::select! {
            started = started => started?,
            () = interrupted(interruptions.clone(), 1) => return Ok(()),
        };
        let (once, twice) = (interrupted(interruptions.clone(), 1), interrupted(interruptions, 2));
        run(listener, server, once, twice).await.map_err(engine_error)
    });
    threads.shutdown_background();
    ended
}

fn in_one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn bind(config: &ProxyConfig) -> Result<TcpListener, StartError> {
    let failed = |error| cannot_listen(&config.listen, &error);
    let addresses: Vec<SocketAddr> = lookup_host(&config.listen).await.map_err(failed)?.collect();
    for address in &addresses {
        config.check_exposure(*address)?;
    }
    TcpListener::bind(&addresses[..]).await.map_err(failed)
}

/// Where the Data API, health and metrics are served.
async fn bind_http(config: &ProxyConfig) -> Result<Option<(TcpListener, SocketAddr)>, StartError> {
    let Some(address) = config.http_listen.as_deref().filter(|address| *address != "off") else { return Ok(None) };
    let failed = |error| cannot_serve_http(address, &error);
    let addresses: Vec<SocketAddr> = lookup_host(address).await.map_err(failed)?.collect();
    for address in &addresses {
        config.check_exposure(*address)?;
    }
    let listener = TcpListener::bind(&addresses[..]).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok(Some((listener, bound)))
}

/// The certificate that was given, or one for this run.
fn encryption(config: &ProxyConfig) -> Result<Encryption, StartError> {
    let settings = &config.doors.tls;
    let clients = config.doors.client_authority();
    if let (Some(certificate), Some(key)) = (&settings.certificate, &settings.key) {
        let acceptor = tls::acceptor(certificate, key, clients.as_ref())?;
        return Ok(Encryption { acceptor, authority: Authority::Known });
    }
    let Temporary { acceptor, authority } = tls::temporary(&std::env::temp_dir(), clients.as_ref())?;
    Ok(Encryption { acceptor, authority: Authority::Temporary(authority) })
}

/// How to connect, and where statements go.
struct Banner<'a> {
    address: SocketAddr,
    http: Option<&'a (TcpListener, SocketAddr)>,
    config: &'a ProxyConfig,
    encryption: &'a Encryption,
}

impl fmt::Display for Banner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = (shown_host(self.address), self.address.port());
        writeln!(f, "Blueshift {} is a gateway to Amazon Redshift on {}", env!("CARGO_PKG_VERSION"), self.address)?;
        for (name, target) in &self.config.targets {
            let place = match (&target.workgroup, &target.cluster) {
                (Some(workgroup), _) => format!("workgroup {workgroup}"),
                (None, cluster) => format!("cluster {}", cluster.as_deref().unwrap_or_default()),
            };
            writeln!(
                f,
                "  connect   psql \"host={host} port={port} dbname={name}\"  ({place}, database {})",
                target.database
            )?;
        }
        if let Some((_, address)) = self.http {
            let url = format!("http://{}:{}", shown_host(*address), address.port());
            writeln!(f, "  Data API  {url}\n  metrics   {url}/metrics")?;
        }
        let file = self.encryption.authority.file().map(PathBuf::from);
        match file {
            Some(file) => write!(f, "  TLS       sslmode=verify-full sslrootcert={}", file.display()),
            None => write!(f, "  TLS       with the certificate that was given"),
        }
    }
}
