//! Calls of the Data API, made until they are answered or certainly lost.
//!
//! A statement is submitted under a client token, which the service keeps for 8 hours: submitted twice it runs once. So a
//! submission whose answer was lost may be made again, as reading may. Nothing else is ever repeated.
//!
//! Source: Amazon Redshift Data API reference, "ExecuteStatement", "DescribeStatement", "GetStatementResult",
//! "GetStatementResultV2", "CancelStatement"; AWS SDKs guide, "Retry behavior" for full jitter.

mod raw;

use std::{future::Future, time::Duration};

use aws_config::{
    AppName, BehaviorVersion, Region, retry::RetryConfig, stalled_stream_protection::StalledStreamProtectionConfig,
    sts::AssumeRoleProvider,
};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_redshiftdata::{
    Client as Sdk,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    types::{
        ColumnMetadata, Field, QueryRecords, ResultFormatString, SqlParameter, StatementStatusString, StatusString,
        SubStatementData,
    },
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use tokio::time::{Instant, sleep, timeout};

pub use self::raw::Unanswered;
use crate::{
    auth::gate::Guest,
    config::proxy::{ResultForm, TargetConfig},
};

/// How long calls are made again whose failure somebody waits to hear of.
const IMPATIENCE: Duration = Duration::from_secs(5);
/// The first and the longest pause between two attempts; each is drawn between nothing and twice the one before.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(5)];
/// The first and the longest pause between two questions for a statement's state, where the service does not wait.
const POLLS: [Duration; 2] = [Duration::from_millis(10), Duration::from_secs(1)];

/// Seconds that the service waits for a statement when it is submitted. Nobody can cancel it until its id is known.
const SUBMISSION_WAIT: i32 = 1;

/// The names of failures that are not the service's: the SDK could not make the call, or not send it.
const CONFIGURATION: &str = "Configuration";
const DISPATCH: &str = "Dispatch";

/// A call that failed for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The service answered: it has not done it.
    Refused {
        /// The exception's name.
        code: String,
        /// Its message.
        message: String,
    },
    /// Nobody knows what became of it.
    Lost(String),
}

impl Failure {
    /// Was the call never sent, because something is missing here?
    pub fn is_unsent(&self) -> bool {
        matches!(self, Failure::Refused { code, .. } if code == CONFIGURATION || code == DISPATCH)
    }
}

/// How far a statement has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The statement's id.
    pub id: String,
    /// The session that it runs in.
    pub session: Option<String>,
    /// Where it is.
    pub status: Status,
    /// Does it give rows? Known once it has finished.
    pub has_rows: Option<bool>,
    /// Rows that it gave or changed, where that is known.
    pub rows: Option<u64>,
    /// The query's id in the system tables, where that is known.
    pub query: Option<i64>,
    /// Bytes of its result, where that is known.
    pub bytes: Option<u64>,
    /// The statements of a batch, each as far as it has come.
    pub parts: Vec<Progress>,
}

/// The states of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It waits or runs.
    Active,
    /// It is done.
    Finished,
    /// It failed, with the text of its error where that is known.
    Failed(Option<String>),
    /// It was cancelled.
    Aborted,
}

/// A statement to be submitted.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Its text.
    pub sql: String,
    /// Its parameters by name.
    pub parameters: Vec<(String, String)>,
    /// The session that it runs in; none opens one.
    pub session: Option<String>,
    /// How long the session stays when it is done.
    pub keep_alive: u32,
    /// The form in which its rows will be fetched.
    pub form: ResultForm,
}

/// A page of a result.
#[derive(Debug)]
pub struct Page {
    /// Its columns.
    pub columns: Vec<ColumnMetadata>,
    /// Its rows.
    pub records: Records,
    /// Where the next page begins; none where there is none.
    pub next: Option<String>,
}

/// The rows of a page.
#[derive(Debug)]
pub enum Records {
    /// Fields with their types.
    Fields(Vec<Vec<Field>>),
    /// Text, as RFC 4180 has it.
    Csv(Vec<String>),
}

/// The name of a role's session: the user's, of the characters that it may have (STS API reference, "AssumeRole",
/// RoleSessionName: 2 to 64 of `[\w+=,.@-]`).
fn session_name(user: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) { c } else { '-' };
    let name: String = user.chars().take(64).map(allowed).collect();
    if name.len() < 2 { format!("{name}-") } else { name }
}

/// The Data API as one identity sees it.
#[derive(Debug, Clone)]
pub struct Client {
    sdk: Sdk,
    credentials: Option<SharedCredentialsProvider>,
    region: Option<String>,
    cluster: Option<String>,
    workgroup: Option<String>,
    database: String,
    db_user: Option<String>,
    secret: Option<String>,
    wait: u32,
    call_timeout: Duration,
    retry_for: Duration,
}

impl Client {
    /// A client with the credentials that AWS's usual chain finds, and with those of the role where one is to be assumed.
    /// `session_name` is what the role's session is called.
    pub async fn new(config: &TargetConfig, session_name: &str) -> Client {
        Client::with_session(config, session_name, &[]).await
    }

    /// A client for a guest of the gateway, whose name the role's session bears, and whose tags.
    pub async fn for_guest(config: &TargetConfig, guest: &Guest) -> Client {
        Client::with_session(config, &session_name(&guest.name), &guest.acts.session_tags).await
    }

    async fn with_session(config: &TargetConfig, session_name: &str, tags: &[(String, String)]) -> Client {
        let http = Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .pool_idle_timeout(Duration::from_secs(60))
            .build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Ok(name) = AppName::new("blueshift") {
            loader = loader.app_name(name);
        }
        if let Some(region) = &config.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(profile) = &config.profile {
            loader = loader.profile_name(profile);
        }
        let mut shared = loader.load().await;
        if let Some(role) = &config.role_arn {
            let tags = tags.iter().cloned();
            let provider = AssumeRoleProvider::builder(role).session_name(session_name).tags(tags).configure(&shared);
            let provider = provider.build().await;
            let provider = SharedCredentialsProvider::new(provider);
            shared = shared.into_builder().credentials_provider(provider).build();
        }
        let mut settings = aws_sdk_redshiftdata::config::Builder::from(&shared);
        if let Some(url) = &config.endpoint_url {
            settings = settings.endpoint_url(url);
        }
        Client {
            sdk: Sdk::from_conf(settings.build()),
            credentials: shared.credentials_provider(),
            region: shared.region().map(|region| region.to_string()),
            cluster: config.cluster.clone(),
            workgroup: config.workgroup.clone(),
            database: config.database.clone(),
            db_user: config.db_user.clone(),
            secret: config.secret_arn.clone(),
            wait: config.wait,
            call_timeout: Duration::from_secs(config.call_timeout.into()),
            retry_for: Duration::from_secs(config.retry_for.into()),
        }
    }

    /// The same, which gives up soon where nobody answers: somebody waits to hear what is wrong.
    pub fn impatient(&self) -> Client {
        Client { retry_for: self.retry_for.min(IMPATIENCE), ..self.clone() }
    }

    /// What every call needs and is not there, where it is known, and where it is looked for.
    pub async fn missing(&self) -> Option<String> {
        if self.region.is_none() {
            return Some("no region is known: --region, AWS_REGION or a profile names it".to_string());
        }
        let Some(provider) = &self.credentials else { return Some("there are no AWS credentials".to_string()) };
        let provided = provider.provide_credentials().await;
        provided.err().map(|error| format!("there are no AWS credentials: {}", told(&error)))
    }

    /// The credentials that calls are signed with.
    pub fn credentials(&self) -> Option<SharedCredentialsProvider> {
        self.credentials.clone()
    }

    /// The region that calls go to.
    pub fn region(&self) -> Option<String> {
        self.region.clone()
    }

    /// Submits a statement, which then runs once, and waits for it as long as the service does.
    pub async fn submit(&self, submission: &Submission) -> Result<Progress, Failure> {
        let token = uuid::Uuid::new_v4().to_string();
        let mut wait = self.wait_seconds().map(|seconds| seconds.min(SUBMISSION_WAIT));
        let answer = loop {
            let attempt = || {
                let parameters = submission.parameters.iter().map(|(name, value)| {
                    // Both members are there, so that this cannot fail.
                    SqlParameter::builder().name(name).value(value).build().ok()
                });
                let parameters: Option<Vec<_>> = parameters.collect();
                let parameters = parameters.filter(|parameters| !parameters.is_empty());
                let call = self.sdk.execute_statement().sql(&submission.sql).set_parameters(parameters);
                let call = call.client_token(&token).set_wait_time_seconds(wait);
                let call = match submission.form {
                    ResultForm::Json => call,
                    ResultForm::Csv => call.result_format(ResultFormatString::Csv),
                };
                let keep_alive = i32::try_from(submission.keep_alive).unwrap_or(i32::MAX);
                let call = call.session_keep_alive_seconds(keep_alive);
                match &submission.session {
                    Some(session) => call.session_id(session),
                    None => call
                        .set_cluster_identifier(self.cluster.clone())
                        .set_workgroup_name(self.workgroup.clone())
                        .database(&self.database)
                        .set_db_user(self.db_user.clone())
                        .set_secret_arn(self.secret.clone()),
                }
                .send()
            };
            match self.until_answered(attempt).await {
                Err(Failure::Refused { code, .. }) if wait.is_some() && is_too_many_waiting(&code) => wait = None,
                other => break other?,
            }
        };
        let Some(id) = answer.id else { return Err(Failure::Lost("the Data API gave no statement id".to_string())) };
        let status = match answer.status {
            Some(StatementStatusString::Finished) => Status::Finished,
            Some(StatementStatusString::Failed) => Status::Failed(None),
            Some(StatementStatusString::Aborted) => Status::Aborted,
            _ => Status::Active,
        };
        let has_rows = answer.has_result_set.filter(|_| status == Status::Finished);
        let (rows, query, bytes, parts) = (None, None, None, Vec::new());
        Ok(Progress { id, session: answer.session_id, status, has_rows, rows, query, bytes, parts })
    }

    /// Waits until a statement has ended.
    pub async fn ended(&self, id: &str) -> Result<Progress, Failure> {
        let mut wait = self.wait_seconds();
        let mut poll = POLLS[0];
        loop {
            let begun = Instant::now();
            let progress = match self.describe(id, wait).await {
                Err(Failure::Refused { code, .. }) if wait.is_some() && is_too_many_waiting(&code) => {
                    wait = None;
                    continue;
                }
                other => other?,
            };
            if progress.status != Status::Active {
                return Ok(progress);
            }
            // A service that waits answers late; one that does not is asked ever more rarely.
            let waited =
                wait.is_some_and(|seconds| begun.elapsed() >= Duration::from_secs(seconds.unsigned_abs().into()) / 2);
            if !waited {
                sleep(poll).await;
                poll = (poll * 3 / 2).min(POLLS[1]);
            }
        }
    }

    /// How far a statement has come.
    pub async fn describe(&self, id: &str, wait: Option<i32>) -> Result<Progress, Failure> {
        let call = || self.sdk.describe_statement().id(id).set_wait_time_seconds(wait).send();
        let answer = self.until_answered(call).await?;
        let status = match answer.status {
            Some(StatusString::Finished) => Status::Finished,
            Some(StatusString::Failed) => Status::Failed(Some(answer.error.unwrap_or_default())),
            Some(StatusString::Aborted) => Status::Aborted,
            _ => Status::Active,
        };
        Ok(Progress {
            id: answer.id,
            session: answer.session_id,
            has_rows: answer.has_result_set.filter(|_| status == Status::Finished),
            status,
            rows: u64::try_from(answer.result_rows).ok(),
            query: Some(answer.redshift_query_id).filter(|id| *id > 0),
            bytes: u64::try_from(answer.result_size).ok(),
            parts: answer.sub_statements.unwrap_or_default().into_iter().map(part).collect(),
        })
    }

    /// A page of a statement's result; without a token the first one.
    pub async fn page(&self, id: &str, form: ResultForm, token: Option<&str>) -> Result<Page, Failure> {
        let token = token.map(str::to_string);
        match form {
            ResultForm::Json => {
                let call = || self.sdk.get_statement_result().id(id).set_next_token(token.clone()).send();
                let answer = self.until_answered(call).await?;
                Ok(Page {
                    columns: answer.column_metadata.unwrap_or_default(),
                    records: Records::Fields(answer.records),
                    next: answer.next_token.filter(|token| !token.is_empty()),
                })
            }
            ResultForm::Csv => {
                let call = || self.sdk.get_statement_result_v2().id(id).set_next_token(token.clone()).send();
                let answer = self.until_answered(call).await?;
                let mut texts = Vec::with_capacity(answer.records.len());
                for records in answer.records {
                    match records {
                        QueryRecords::CsvRecords(text) => texts.push(text),
                        _ => return Err(Failure::Lost("the Data API gave records that are no CSV".to_string())),
                    }
                }
                Ok(Page {
                    columns: answer.column_metadata.unwrap_or_default(),
                    records: Records::Csv(texts),
                    next: answer.next_token.filter(|token| !token.is_empty()),
                })
            }
        }
    }

    /// Asks a statement to stop. That it has ended already is no failure.
    pub async fn cancel(&self, id: &str) -> Result<(), Failure> {
        match self.until_answered(|| self.sdk.cancel_statement().id(id).send()).await {
            Ok(_) => Ok(()),
            Err(Failure::Refused { code, .. })
                if matches!(code.as_str(), "ValidationException" | "ResourceNotFoundException") =>
            {
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    fn wait_seconds(&self) -> Option<i32> {
        i32::try_from(self.wait).ok().filter(|seconds| *seconds > 0)
    }

    /// Makes a call that may be made twice until it is answered: throttled and lost ones again, after a pause.
    async fn until_answered<T, E, F>(&self, call: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let longest = self.call_timeout + Duration::from_secs(self.wait.into());
        self.until_answered_within(Attempts { longest, retry_for: self.retry_for }, call).await
    }

    async fn until_answered_within<T, E, F>(&self, attempts: Attempts, call: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let Attempts { longest, retry_for } = attempts;
        let begun = Instant::now();
        let mut pause = PAUSES[0];
        loop {
            let (failure, again) = match timeout(longest, call()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => judged(&error),
                Err(_) => (Failure::Lost("the Data API did not answer in time".to_string()), true),
            };
            if !again || begun.elapsed() >= retry_for {
                return Err(failure);
            }
            tracing::debug!(?failure, "a call of the Data API is made again");
            sleep(pause.mul_f64(rand::random())).await;
            pause = (pause * 2).min(PAUSES[1]);
        }
    }
}

/// How long calls are made.
struct Attempts {
    /// How long one may take.
    longest: Duration,
    /// For how long others follow.
    retry_for: Duration,
}

/// A statement of a batch.
fn part(part: SubStatementData) -> Progress {
    let status = match part.status {
        Some(StatementStatusString::Finished) => Status::Finished,
        Some(StatementStatusString::Failed) => Status::Failed(Some(part.error.unwrap_or_default())),
        Some(StatementStatusString::Aborted) => Status::Aborted,
        _ => Status::Active,
    };
    Progress {
        id: part.id,
        session: None,
        has_rows: part.has_result_set.filter(|_| status == Status::Finished),
        status,
        rows: u64::try_from(part.result_rows).ok(),
        query: Some(part.redshift_query_id).filter(|id| *id > 0),
        bytes: u64::try_from(part.result_size).ok(),
        parts: Vec::new(),
    }
}

fn is_too_many_waiting(code: &str) -> bool {
    code == "ActiveWaitingRequestsExceededException"
}

/// An error and what it was caused by.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// What an error means, and whether the same call may do better.
fn judged<E>(error: &SdkError<E, HttpResponse>) -> (Failure, bool)
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error {
        SdkError::ServiceError(context) => {
            let status = context.raw().status().as_u16();
            let code = context.err().code().unwrap_or("Unknown").to_string();
            let message = context.err().message().unwrap_or_default().to_string();
            let throttled = status == 429
                || matches!(
                    code.as_str(),
                    "ThrottlingException"
                        | "Throttling"
                        | "ThrottledException"
                        | "TooManyRequestsException"
                        | "RequestLimitExceeded"
                        | "RequestThrottled"
                        | "RequestThrottledException"
                        | "SlowDown"
                        | "ActiveStatementsExceededException"
                );
            match status {
                _ if throttled => (Failure::Refused { code, message }, true),
                500.. => (Failure::Lost(format!("the Data API failed: {code}: {message}")), true),
                _ => (Failure::Refused { code, message }, false),
            }
        }
        // It was never sent: credentials or configuration are missing.
        SdkError::ConstructionFailure(_) => {
            (Failure::Refused { code: CONFIGURATION.to_string(), message: told(error) }, false)
        }
        SdkError::DispatchFailure(dispatch) => {
            // What is neither the network nor time is credentials that could not be had.
            let other = dispatch.as_connector_error().and_then(|error| error.as_other());
            if dispatch.is_io() || dispatch.is_timeout() || other.is_some() {
                (Failure::Lost(format!("the Data API cannot be reached: {}", told(error))), true)
            } else {
                (Failure::Refused { code: DISPATCH.to_string(), message: told(error) }, false)
            }
        }
        _ => (Failure::Lost(told(error)), true),
    }
}
