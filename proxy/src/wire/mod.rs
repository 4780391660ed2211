//! The wire protocol, version 3, as Redshift speaks it.
//!
//! [`startup`] brings a connection to where statements can be sent; [`connection`] reads messages and dispatches them to
//! [`simple`] and [`extended`]; [`stream`] sends rows and notices when it has to stop; [`encode`], [`decode`], [`describe`]
//! and [`error`] turn what goes over the line into bytes and back. No SQL is decided here.

pub mod cancel;
mod connection;
pub mod decode;
mod describe;
pub mod encode;
pub mod error;
mod extended;
pub mod frontend;
mod simple;
pub mod socket;
mod startup;
mod stream;

use std::{sync::Arc, time::Duration};

use blueshift_emulator::Client;
use tokio::{sync::watch, time::timeout};

use self::{
    cancel::Registry,
    connection::Connection,
    error::{Ends, error_response},
    socket::{Socket, Wire, WireError},
};
use crate::{auth::tls::Tls, backend::Backend, doors::Doors, http::credentials::Credentials, metrics::Metrics};

/// How long a client may take to log in.
const LOGIN: Duration = Duration::from_secs(60);

/// What all connections of a server share.
#[derive(Clone)]
pub struct Shared {
    /// What runs their statements.
    pub backend: Arc<dyn Backend>,
    /// What encrypts them.
    pub tls: Option<Tls>,
    /// Who can be cancelled.
    pub registry: Arc<Registry>,
    /// Who may pass, in a gateway that knows its users.
    pub doors: Option<Arc<Doors>>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Passwords that were issued for a time.
    pub credentials: Arc<Credentials>,
    /// Turns true when the server wants to end.
    pub shutdown: watch::Receiver<bool>,
}

/// Serves a connection until it ends. `client` tells where it comes from, for the logs.
pub async fn serve(socket: impl Socket + 'static, client: Client, shared: Shared) {
    let metrics = Arc::clone(&shared.metrics);
    metrics.accepted.increment();
    let _open = metrics.connections.hold();
    let mut wire = Wire::new(socket);
    let host = client.host.clone();
    match serve_until_error(&mut wire, client, shared).await {
        Ok(()) => {}
        Err(WireError::Io(error)) => tracing::debug!(%host, %error, "connection lost"),
        Err(WireError::Fatal(error) | WireError::Recoverable(error)) => {
            tracing::info!(%host, %error, "connection ended");
            wire.put(&error_response(&error, None, Ends::Connection));
        }
    }
    wire.close().await;
}

async fn serve_until_error(wire: &mut Wire, client: Client, shared: Shared) -> Result<(), WireError> {
    let mut shutdown = shared.shutdown.clone();
    let start = timeout(LOGIN, startup::start(wire, client, &shared));
    let started = tokio::select! {
        biased;
        started = start => started,
        () = stopped(&mut shutdown) => return Ok(()),
    };
    let Ok(started) = started else { return Ok(()) };
    match started? {
        Some(started) => Connection::new(wire, started, shared.shutdown).run().await,
        None => Ok(()),
    }
}

/// Waits until the server wants to end.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // Where the server is gone without a word it has ended, too.
    let _ = shutdown.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests;
