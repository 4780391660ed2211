//! The Data API in front of a real one: what boto3, the AWS CLI and the like ask a gateway for.
//!
//! Who calls is known by the signature ([`sigv4`](super::sigv4)): access keys are the gateway's own, and open nothing else. The
//! way of a call:
//!
//! 1. [`places`] finds the target that is meant among those of the user; the warehouse, the database user, the secret and the role
//!    are the target's, whatever the caller named.
//! 2. [`execute`] parses each text, has its policies asked and its audit line begun, as the wire protocol does
//!    ([`guard`](crate::guard)), and passes the call on. Everything else is passed on as it is, and so are answers.
//! 3. [`ledger`] keeps who started which statement and which session: everybody sees what is theirs and nothing else.
//! 4. [`follow`] waits for the end of each statement, for the audit, the metrics, and the limits of policies.
//!
//! A [`journal`] on disk tells a gateway that is started anew whose the statements from before are; without one it knows none.
//! Sessions are not in it: where policies would look up names in one is known only as long as the gateway lives.

mod catalog;
mod execute;
mod follow;
pub mod journal;
mod ledger;
mod lists;
mod places;

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use redshift_sql_dialect::{Error, SqlState};
use serde_json::{Map, Value};
use tokio::{sync::watch, task::JoinSet, time::timeout};

use self::{
    journal::Journal,
    ledger::{Ledger, Started},
};
use super::{
    data_api::input::{ById, no_statement},
    json_rpc::{Answer, ApiError, input, unknown_operation},
};
use crate::{
    audit::Who,
    auth::gate::{Guest, Presence},
    backend::{
        RedshiftBackend,
        redshift::{
            client::{Failure, Unanswered},
            target::Target,
        },
    },
    doors::Doors,
    guard::{Arrival, Visit},
    metrics::Metrics,
};

/// How long a result whose size policies bound may take to be known for what it is, when it is asked for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The exceptions of the service, which are passed on under their names.
const EXCEPTIONS: [&str; 13] = [
    "AccessDeniedException",
    "ActiveSessionsExceededException",
    "ActiveStatementsExceededException",
    "ActiveWaitingRequestsExceededException",
    "BatchExecuteStatementException",
    "DatabaseConnectionException",
    "ExecuteStatementException",
    "InternalServerException",
    "QueryTimeoutException",
    "ResourceNotFoundException",
    "ServiceUnavailableException",
    "ThrottlingException",
    "ValidationException",
];
/// Members that exceptions have beside their message.
const MEMBERS: [&str; 2] = ["ResourceId", "StatementId"];

/// Who calls.
#[derive(Debug, Clone)]
pub struct Client {
    /// The user; none where the gateway knows no users.
    pub guest: Option<Guest>,
    /// Their address.
    pub from: String,
}

/// A call: which, and whose.
#[derive(Debug, Clone, Copy)]
struct Call<'a> {
    /// The operation.
    operation: &'a str,
    /// Who calls.
    client: &'a Client,
}

impl Client {
    fn name(&self) -> Option<&str> {
        self.guest.as_ref().map(|guest| guest.name.as_str())
    }
}

/// The Data API of a gateway.
pub struct Forward {
    backend: Arc<RedshiftBackend>,
    doors: Option<Arc<Doors>>,
    metrics: Arc<Metrics>,
    ledger: Ledger,
    /// Those who wait for the end of statements.
    followers: Mutex<JoinSet<()>>,
    stopping: watch::Receiver<bool>,
}

/// What the Data API of a gateway has around it.
pub struct Surroundings {
    /// Who may pass and what, where that is known.
    pub doors: Option<Arc<Doors>>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Where it is kept whose each statement is.
    pub journal: Option<Journal>,
    /// True when the gateway wants to end.
    pub stopping: watch::Receiver<bool>,
}

impl Forward {
    /// The Data API of these targets.
    pub fn new(backend: Arc<RedshiftBackend>, around: Surroundings) -> Arc<Forward> {
        let Surroundings { doors, metrics, journal, stopping } = around;
        let (ledger, followers) = (Ledger::new(journal), Mutex::default());
        Arc::new(Forward { backend, doors, metrics, ledger, followers, stopping })
    }

    /// Answers a call.
    ///
    /// # Errors
    /// Those of the service, and AccessDeniedException where a policy does not let it pass.
    pub async fn call(self: &Arc<Self>, operation: &str, body: &Bytes, client: &Client) -> Answer {
        let call = Call { operation, client };
        match operation {
            "ExecuteStatement" | "BatchExecuteStatement" => self.execute(call, input(body)?).await,
            "DescribeStatement" | "CancelStatement" => self.by_id(call, input(body)?).await,
            "GetStatementResult" | "GetStatementResultV2" => {
                let body: Map<String, Value> = input(body)?;
                self.check_size(&body, client).await?;
                self.by_id(call, body).await
            }
            "ListStatements" | "ListSessions" => self.list(call, input(body)?).await,
            "ListDatabases" | "ListSchemas" | "ListTables" | "DescribeTable" => self.catalog(call, input(body)?).await,
            other => Err(unknown_operation(other)),
        }
    }

    /// Waits until the ends of all statements are known.
    pub async fn drained(&self) {
        while poll_fn(|context| self.followers().poll_join_next(context)).await.is_some() {}
    }

    /// Leaves all statements that still run to the service; that is written down when this returns.
    pub async fn leave(&self) {
        let mut followers = std::mem::take(&mut *self.followers());
        followers.shutdown().await;
    }

    fn followers(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call about one of the caller's statements.
    async fn by_id(&self, call: Call<'_>, body: Map<String, Value>) -> Answer {
        let (started, _) = self.own(&body, call.client).await?;
        pass_on(&started.target, call.operation, &body).await
    }

    /// The statement that a call is about, if it is the caller's, and which of its texts.
    async fn own(&self, body: &Map<String, Value>, client: &Client) -> Result<(Arc<Started>, Option<usize>), ApiError> {
        let asked: ById = parsed(body)?;
        let id = asked.statement()?;
        let text = asked.id.unwrap_or_default();
        let name = id.id.to_string();
        let started = match self.ledger.statement(&name, client.name()) {
            Some(started) => Some(started),
            None => self.recalled(&name, client).await,
        };
        started.map(|started| (started, id.part)).ok_or_else(|| no_statement(&text))
    }

    /// The caller's statement from before the gateway was started.
    async fn recalled(&self, id: &str, client: &Client) -> Option<Arc<Started>> {
        let entry = self.ledger.earlier(id, client.name())?.clone();
        // It may be a target no longer, or not theirs.
        let (name, _) = self.targets(client).find(|(name, _)| **name == entry.target)?;
        let reached = self.reach_by_name(name, client).await.ok()?;
        let (started, is_new) = self.ledger.recall(Arc::new(Started {
            id: entry.id,
            owner: entry.owner,
            target_name: entry.target,
            target: reached.target,
            answer: Value::Null,
            limited: !entry.limits.is_empty(),
            ended: watch::Sender::new(None),
        }));
        if is_new && started.limited {
            self.follow_earlier(Arc::clone(&started), entry.limits);
        }
        Some(started)
    }

    /// Does a policy let a result of its size pass?
    async fn check_size(&self, body: &Map<String, Value>, client: &Client) -> Result<(), ApiError> {
        let (started, part) = self.own(body, client).await?;
        if !started.limited {
            return Ok(());
        }
        let mut ended = started.ended.subscribe();
        let Ok(Ok(ended)) = timeout(PATIENCE, ended.wait_for(Option::is_some)).await else {
            let message = "Query does not have result. Please check query status with DescribeStatement.";
            let error = ApiError::client("ResourceNotFoundException", message);
            return Err(error.with_member("ResourceId", started.id.clone()));
        };
        let refusals = ended.as_ref().map(|ended| ended.refusals.as_slice()).unwrap_or_default();
        let at = part.unwrap_or(1).saturating_sub(1);
        match refusals.get(at) {
            Some(Some(error)) => Err(api_error(error)),
            _ => Ok(()),
        }
    }

    /// The caller as policies, audit and metrics know them. `target` is the target's name, and `presence` what they count as in
    /// the session that they call about.
    fn visit(&self, client: &Client, target: &str, presence: Option<Arc<Presence>>) -> Result<Visit, ApiError> {
        let (Some(doors), Some(guest)) = (&self.doors, &client.guest) else {
            return Ok(Visit::counted(&self.metrics));
        };
        // There is no connection whose number could be told.
        let who = Who::new(guest, 0, &client.from, target);
        let arrival = Arrival { guest, who, presence };
        Visit::of_guest(&self.metrics, doors, arrival).map_err(|error| api_error(&error))
    }
}

/// The input of a call, as far as the gateway has to understand it.
fn parsed<T: serde::de::DeserializeOwned>(body: &Map<String, Value>) -> Result<T, ApiError> {
    let value = Value::Object(body.clone());
    serde_json::from_value(value).map_err(|error| ApiError::client("SerializationException", error.to_string()))
}

/// Has the service answer a call. Which secret the gateway uses is nobody's business.
async fn pass_on(target: &Target, operation: &str, body: &Map<String, Value>) -> Answer {
    let answer = target.client.pass_on(operation, body).await;
    answer.map(shown).map_err(|unanswered| service_error(&unanswered))
}

/// An answer without the name of the secret.
fn shown(mut answer: Map<String, Value>) -> Value {
    answer.remove("SecretArn");
    for list in ["Statements", "Sessions"] {
        let items = answer.get_mut(list).and_then(Value::as_array_mut);
        for item in items.into_iter().flatten().filter_map(Value::as_object_mut) {
            item.remove("SecretArn");
        }
    }
    Value::Object(answer)
}

/// What the service said, or that it could not be asked.
fn service_error(unanswered: &Unanswered) -> ApiError {
    let (code, message) = match &unanswered.failure {
        Failure::Refused { code, message } => (code.as_str(), message.as_str()),
        Failure::Lost(reason) => {
            tracing::warn!(%reason, "the Data API did not answer");
            return ApiError::internal("The Data API did not answer.");
        }
    };
    let Some(code) = EXCEPTIONS.into_iter().find(|known| *known == code) else {
        // Its own credentials or configuration are wrong, which its operator must hear of, and nobody else.
        tracing::error!(code, message, "the Data API refused a call");
        return ApiError::internal("The gateway's call was refused by the Data API.");
    };
    let members = MEMBERS.into_iter().filter_map(|name| Some((name, unanswered.said.get(name)?.as_str()?)));
    members.fold(ApiError::client(code, message), |error, (name, value)| error.with_member(name, value))
}

/// An error of the gateway's own as the service would have it.
fn api_error(error: &Error) -> ApiError {
    let message = error.message();
    match error.sqlstate() {
        SqlState::INSUFFICIENT_PRIVILEGE => {
            let hint = error.hint().map(|hint| format!(". {hint}")).unwrap_or_default();
            ApiError::client("AccessDeniedException", format!("{message}{hint}"))
        }
        SqlState::TOO_MANY_CONNECTIONS | SqlState("53400") => {
            ApiError::client("ActiveStatementsExceededException", message)
        }
        SqlState("58030") => ApiError::internal(message),
        _ => ApiError::validation(message),
    }
}
