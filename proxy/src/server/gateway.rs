//! The gateway: from its configuration to a server that listens.

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc};

use blueshift_emulator::execution::SESSION_STACK;
use tokio::{
    net::{TcpListener, lookup_host},
    runtime::Builder,
};

use super::{
    Authority, Encryption, Server, StartError, cannot_listen, engine_error, interrupted, interruptions, run, shown_host,
};
use crate::{
    auth::tls::{self, Temporary},
    backend::{Backend, RedshiftBackend},
    config::{ProxyArgs, ProxyConfig},
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
        let encryption = encryption(arguments)?;
        let backend = RedshiftBackend::new(&config.targets).await;
        if !arguments.no_check {
            let checked = backend.check().await;
            checked.map_err(|(name, error)| StartError::Target { name, reason: in_one_line(error.message()) })?;
        }
        println!("{}", Banner { address, config: &config, encryption: &encryption });
        Ok::<_, StartError>((listener, backend, encryption))
    };
    let ended = threads.block_on(async {
        let (listener, backend, encryption) = tokio::select! {
            started = started => started?,
            () = interrupted(interruptions.clone()) => return Ok(()),
        };
        let backend: Arc<dyn Backend> = Arc::new(backend);
        let server = Server { backend, tls: Some(encryption.acceptor.clone()), http: None };
        run(listener, server, interrupted(interruptions)).await.map_err(engine_error)
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

/// The certificate that was given, or one for this run.
fn encryption(arguments: &ProxyArgs) -> Result<Encryption, StartError> {
    if let (Some(certificate), Some(key)) = (&arguments.tls_cert, &arguments.tls_key) {
        let acceptor = tls::acceptor(certificate, key)?;
        return Ok(Encryption { acceptor, authority: Authority::Known });
    }
    let Temporary { acceptor, authority } = tls::temporary(&std::env::temp_dir())?;
    Ok(Encryption { acceptor, authority: Authority::Temporary(authority) })
}

/// How to connect, and where statements go.
struct Banner<'a> {
    address: SocketAddr,
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
        let file = self.encryption.authority.file().map(PathBuf::from);
        match file {
            Some(file) => write!(f, "  TLS       sslmode=verify-full sslrootcert={}", file.display()),
            None => write!(f, "  TLS       with the certificate that was given"),
        }
    }
}
