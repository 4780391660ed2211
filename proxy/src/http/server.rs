//! Requests in, answers out: HTTP/1.1 over TCP.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue, ORIGIN},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use uuid::Uuid;

use super::{
    admin::Control,
    data_api::DataApi,
    json_rpc::{Answer, ApiError, unknown_operation},
    provisioned, serverless,
    sigv4::{Caller, Keys, identify},
};

use crate::{doors::Doors, metrics::Metrics};

/// Most bytes of a request: a batch of 40 texts of 100 KB, written as JSON, has room.
const MAX_BODY: usize = 16 << 20;
/// How long a client may take to send the head of a request.
const HEAD: Duration = Duration::from_secs(30);

/// AWS's interfaces.
pub struct Services {
    /// SQL.
    pub data_api: DataApi,
    /// The control plane.
    pub control: Arc<Control>,
}

/// What answers requests.
pub struct Front {
    /// AWS's interfaces; none where only health and metrics are served.
    pub services: Option<Services>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The doors of a gateway.
    pub doors: Option<Arc<Doors>>,
    /// Turns true when the server wants to end.
    pub stopping: watch::Receiver<bool>,
    /// The keys that requests must be signed with; without any who calls is only read.
    pub keys: Option<Keys>,
}

/// Accepts connections until the server is to end, and lets what runs come to its end.
pub async fn serve(listener: TcpListener, front: Arc<Front>, mut shutdown: watch::Receiver<bool>) {
    if let Some(services) = &front.services {
        services.control.forget_nameless().await;
    }
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut shutdown) => break,
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => {
                    connections.spawn(serve_connection(socket, Arc::clone(&front), shutdown.clone()));
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
    if let Some(services) = &front.services {
        services.data_api.drained().await;
    }
}

/// Waits until the server is to end.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // Where the server is gone without a word it has ended, too.
    let _ = shutdown.wait_for(|stop| *stop).await;
}

async fn serve_connection(socket: TcpStream, front: Arc<Front>, mut shutdown: watch::Receiver<bool>) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "cannot send small packets at once");
    }
    let service = service_fn(move |request| answer(Arc::clone(&front), request));
    let mut builder = http1::Builder::new();
    let builder = builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
    let connection = builder.serve_connection(TokioIo::new(socket), service);
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

async fn answer(front: Arc<Front>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let id = Uuid::new_v4().to_string();
    front.metrics.requests.increment();
    if parts.method == Method::GET
        && let Some(page) = front.page(parts.uri.path(), &id)
    {
        return Ok(page);
    }
    let target = header(&parts.headers, "x-amz-target").map(str::to_string);
    let protocol = Protocol::of(target.as_deref());
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        let error = ApiError::client("RequestEntityTooLargeException", "The request is too large.");
        return Ok(protocol.failed(&error.with_status(StatusCode::PAYLOAD_TOO_LARGE), &id));
    };
    let body = body.to_bytes();
    // A page in a browser on this machine must not reach the warehouse; SDKs and tools send no origin.
    if front.keys.is_none() && parts.headers.contains_key(ORIGIN) {
        let error = ApiError::client("AccessDeniedException", "Requests from web pages need --verify-sigv4.");
        return Ok(protocol.failed(&error.with_status(StatusCode::FORBIDDEN), &id));
    }
    let caller = match identify(&parts, &body, front.keys.as_ref()) {
        Ok(caller) => caller,
        Err(error) => return Ok(protocol.failed(&protocol.refusal(error), &id)),
    };
    let Some(services) = &front.services else {
        let error = unknown_operation(target.as_deref().unwrap_or_default());
        return Ok(protocol.failed(&error, &id));
    };
    Ok(match protocol {
        Protocol::Json { message } => {
            let answered = call_json(services, target.as_deref().unwrap_or_default(), &body, &caller).await;
            match answered {
                Ok(value) => response(StatusCode::OK, "application/x-amz-json-1.1", value.to_string(), &id),
                Err(error) => Protocol::Json { message }.failed(&error, &id),
            }
        }
        Protocol::Query => match provisioned::call(&services.control, parts.uri.query(), &body, &caller, &id).await {
            Ok(xml) => response(StatusCode::OK, "text/xml", xml, &id),
            Err(error) => Protocol::Query.failed(&error, &id),
        },
    })
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
async fn call_json(services: &Services, target: &str, body: &Bytes, caller: &Caller) -> Answer {
    match target.split_once('.') {
        Some(("RedshiftData", operation)) => services.data_api.call(operation, body, caller).await,
        Some(("RedshiftServerless", operation)) => serverless::call(&services.control, operation, body, caller).await,
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
