//! Requests in, answers out: HTTP/1.1 over TCP.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue, ORIGIN},
    http::request::Parts,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};
use uuid::Uuid;

use super::{
    admin::Control,
    data_api::DataApi,
    forward::{self, Forward},
    json_rpc::{Answer, ApiError, unknown_operation},
    provisioned, serverless,
    sigv4::{Caller, Keys, claimed, identify},
};
use crate::{audit::Who, auth::tls::Tls, doors::Doors, metrics::Metrics};

/// Most bytes of a request: a batch of 40 texts of 100 KB, written as JSON, has room.
const MAX_BODY: usize = 16 << 20;
/// How long a client may take to send the head of a request, or to agree on TLS.
const HEAD: Duration = Duration::from_secs(30);
/// The first byte of a TLS handshake; no request of HTTP begins with it.
const HANDSHAKE: u8 = 0x16;

/// What is served beside health and metrics.
pub enum Services {
    /// AWS's interfaces of the emulator.
    Emulator {
        /// SQL.
        data_api: DataApi,
        /// The control plane.
        control: Arc<Control>,
        /// The keys that requests must be signed with; without any who calls is only read.
        keys: Option<Keys>,
    },
    /// The Data API of a gateway, whose users have keys of their own.
    Gateway(Arc<Forward>),
}

impl Services {
    /// Waits until no statement is waiting or running.
    pub async fn drained(&self) {
        match self {
            Services::Emulator { data_api, .. } => data_api.drained().await,
            Services::Gateway(forward) => forward.drained().await,
        }
    }

    /// Ends at once.
    pub async fn abort(&self) {
        match self {
            Services::Emulator { data_api, .. } => data_api.abort(),
            Services::Gateway(forward) => forward.leave().await,
        }
    }
}

/// What answers requests.
pub struct Front {
    /// What it serves.
    pub services: Services,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The doors of a gateway.
    pub doors: Option<Arc<Doors>>,
    /// What encrypts connections of clients who want that.
    pub tls: Option<Tls>,
    /// Is a call without TLS refused?
    pub require_tls: bool,
    /// Turns true when the server wants to end.
    pub stopping: watch::Receiver<bool>,
}

/// The other end of a connection.
#[derive(Clone)]
struct Peer {
    address: String,
    encrypted: bool,
}

/// Accepts connections until the server is to end, and lets what runs come to its end.
pub async fn serve(listener: TcpListener, front: Arc<Front>, mut shutdown: watch::Receiver<bool>) {
    if let Services::Emulator { control, .. } = &front.services {
        control.forget_nameless().await;
    }
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut shutdown) => break,
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => {
                    let address = peer.ip().to_canonical().to_string();
                    connections.spawn(serve_socket(socket, address, Arc::clone(&front), shutdown.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept an HTTP connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
    front.services.drained().await;
}

/// Waits until the server is to end.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // Where the server is gone without a word it has ended, too.
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// A client may begin with TLS, or with a request.
async fn serve_socket(socket: TcpStream, address: String, front: Arc<Front>, shutdown: watch::Receiver<bool>) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "cannot send small packets at once");
    }
    let mut first = [0];
    let tls = match (&front.tls, timeout(HEAD, socket.peek(&mut first)).await) {
        (Some(tls), Ok(Ok(1))) if first[0] == HANDSHAKE => tls.acceptor(),
        (_, Ok(Ok(_))) => return serve_connection(socket, Peer { address, encrypted: false }, front, shutdown).await,
        (_, Ok(Err(_)) | Err(_)) => return,
    };
    match timeout(HEAD, tls.accept(socket)).await {
        Ok(Ok(stream)) => serve_connection(stream, Peer { address, encrypted: true }, front, shutdown).await,
        Ok(Err(error)) => tracing::debug!(%error, "HTTP connection lost while it agreed on TLS"),
        Err(_) => {}
    }
}

async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    front: Arc<Front>,
    mut shutdown: watch::Receiver<bool>,
) {
    let service = service_fn(move |request| answer(Arc::clone(&front), peer.clone(), request));
    let mut builder = http1::Builder::new();
    let builder = builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(&mut shutdown) => {
            // What is being answered is answered.
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "HTTP connection lost");
    }
}

async fn answer(
    front: Arc<Front>,
    peer: Peer,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let id = Uuid::new_v4().to_string();
    front.metrics.requests.increment();
    if parts.method == Method::GET
        && let Some(page) = front.page(parts.uri.path(), &id)
    {
        return Ok(page);
    }
    let target = header(&parts.headers, "x-amz-target").unwrap_or_default();
    let protocol = Protocol::of(Some(target).filter(|target| !target.is_empty()));
    if front.require_tls && !peer.encrypted {
        let error = ApiError::client("AccessDeniedException", "Requests need TLS: https.");
        return Ok(protocol.failed(&error.with_status(StatusCode::FORBIDDEN), &id));
    }
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        let error = ApiError::client("RequestEntityTooLargeException", "The request is too large.");
        return Ok(protocol.failed(&error.with_status(StatusCode::PAYLOAD_TOO_LARGE), &id));
    };
    let body = body.to_bytes();
    // A page in a browser on this machine must not reach the warehouse; SDKs and tools send no origin.
    if !front.verifies() && parts.headers.contains_key(ORIGIN) {
        let error = ApiError::client("AccessDeniedException", "Requests from web pages need --verify-sigv4.");
        return Ok(protocol.failed(&error.with_status(StatusCode::FORBIDDEN), &id));
    }
    let answered = match &front.services {
        Services::Emulator { data_api, control, keys } => {
            let caller = match caller(&parts, &body, keys.as_ref()) {
                Ok(caller) => caller,
                Err(error) => return Ok(protocol.failed(&protocol.refusal(error), &id)),
            };
            match protocol {
                Protocol::Json { .. } => call_json(data_api, control, target, &body, &caller).await,
                Protocol::Query => {
                    let answered = provisioned::call(control, parts.uri.query(), &body, &caller, &id).await;
                    return Ok(match answered {
                        Ok(xml) => response(StatusCode::OK, "text/xml", xml, &id),
                        Err(error) => protocol.failed(&error, &id),
                    });
                }
            }
        }
        Services::Gateway(forward) => match front.client(&parts, &body, peer.address) {
            Ok(client) => match target.split_once('.') {
                Some(("RedshiftData", operation)) => forward.call(operation, &body, &client).await,
                _ => Err(unknown_operation(target)),
            },
            Err(error) => Err(protocol.refusal(error)),
        },
    };
    Ok(match answered {
        Ok(value) => response(StatusCode::OK, "application/x-amz-json-1.1", value.to_string(), &id),
        Err(error) => protocol.failed(&error, &id),
    })
}

/// Who calls an emulator.
fn caller(parts: &Parts, body: &Bytes, keys: Option<&Keys>) -> Result<Caller, ApiError> {
    let Some(keys) = keys else { return Ok(claimed(parts)) };
    let (caller, identity) = identify(parts, body, |id| keys.find(id))?;
    Ok(Caller { identity, ..caller })
}

impl Front {
    /// Must requests be signed with keys that are known here?
    fn verifies(&self) -> bool {
        match &self.services {
            Services::Emulator { keys, .. } => keys.is_some(),
            Services::Gateway(_) => self.doors.is_some(),
        }
    }

    /// Who calls a gateway: where it knows its users, somebody who has signed with a key of theirs.
    fn client(&self, parts: &Parts, body: &Bytes, from: String) -> Result<forward::Client, ApiError> {
        let Some(doors) = &self.doors else { return Ok(forward::Client { guest: None, from }) };
        let find = |id: &str| doors.gate.signer(id).map(|(guest, secret)| (secret.reveal().to_string(), guest));
        match identify(parts, body, find) {
            Ok((_, guest)) => Ok(forward::Client { guest: Some(guest), from }),
            Err(error) => {
                self.metrics.failed_logins.increment();
                let key = claimed(parts).access_key.unwrap_or_default();
                let name = doors.gate.signer(&key).map_or(key, |(guest, _)| guest.name);
                doors.audit.turned_away(&Who::unknown(&name, &from, ""), error.code);
                Err(error)
            }
        }
    }
}

impl Front {
    /// What everybody may ask for.
    ///
    /// `/health` tells whether new clients should come here, `/health/live` that the program lives, and `/metrics` what it has
    /// counted.
    fn page(&self, path: &str, id: &str) -> Option<Response<Full<Bytes>>> {
        let health =
            |status, word: &str| response(status, "application/json", format!("{{\"status\":\"{word}\"}}"), id);
        match path {
            "/health" if *self.stopping.borrow() => Some(health(StatusCode::SERVICE_UNAVAILABLE, "draining")),
            "/health" if self.doors.as_ref().is_some_and(|doors| !doors.audit.is_well()) => {
                Some(health(StatusCode::SERVICE_UNAVAILABLE, "audit"))
            }
            "/health" | "/health/live" => Some(health(StatusCode::OK, "ok")),
            "/metrics" => {
                Some(response(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", self.metrics.render(), id))
            }
            _ => None,
        }
    }
}

/// An operation by its target, `RedshiftData.ExecuteStatement`.
async fn call_json(data_api: &DataApi, control: &Arc<Control>, target: &str, body: &Bytes, caller: &Caller) -> Answer {
    match target.split_once('.') {
        Some(("RedshiftData", operation)) => data_api.call(operation, body, caller).await,
        Some(("RedshiftServerless", operation)) => serverless::call(control, operation, body, caller).await,
        _ => Err(unknown_operation(target)),
    }
}

/// How a service speaks.
#[derive(Clone, Copy)]
enum Protocol {
    /// JSON; how it spells the message of an error.
    Json { message: &'static str },
    /// Forms in, XML out.
    Query,
}

impl Protocol {
    fn of(target: Option<&str>) -> Protocol {
        match target {
            Some(target) if target.starts_with("RedshiftServerless.") => Protocol::Json { message: "message" },
            Some(_) => Protocol::Json { message: "Message" },
            None => Protocol::Query,
        }
    }

    /// A refusal of [`sigv4`](super::sigv4) under the name that this protocol has for it.
    fn refusal(self, error: ApiError) -> ApiError {
        let code = match (self, error.code) {
            (Protocol::Query, "InvalidSignatureException") => "SignatureDoesNotMatch",
            (Protocol::Query, "UnrecognizedClientException") => "InvalidClientTokenId",
            (Protocol::Query, "MissingAuthenticationTokenException") => "MissingAuthenticationToken",
            (Protocol::Query, "IncompleteSignatureException") => "IncompleteSignature",
            (_, code) => code,
        };
        ApiError { code, ..error }
    }

    fn failed(self, error: &ApiError, id: &str) -> Response<Full<Bytes>> {
        match self {
            Protocol::Json { message } => {
                let body = error.to_json(message).to_string();
                let mut response = response(error.status, "application/x-amz-json-1.1", body, id);
                response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(error.code));
                response
            }
            Protocol::Query => response(error.status, "text/xml", provisioned::error_xml(error, id), id),
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn response(status: StatusCode, content: &'static str, body: String, id: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content));
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}
