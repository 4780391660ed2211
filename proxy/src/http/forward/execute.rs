//! ExecuteStatement and BatchExecuteStatement.

use std::{sync::Arc, time::Duration};

use redshift_sql_dialect::{Error, ast::Parsed, parse_with_names};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedMutexGuard, watch};
use uuid::Uuid;

use super::{
    Call, Client, Forward, api_error,
    follow::{Text, Work},
    ledger::{Certainty, Session, Standing, Started},
    parsed, pass_on,
    places::Reached,
    service_error, shown,
};
use crate::{
    auth::verifier::hex,
    backend::redshift::{
        client::{Failure, Status, Submission, Unanswered},
        errors::call_error,
        pool::Busy,
        target::Target,
    },
    config::proxy::ResultForm,
    guard::{Saying, Visit},
    http::{
        data_api::{
            input::{Execute, check_parameters, no_session, session_id, session_is_busy},
            run::{error_text, parameters_of},
            statements::{Mode, Parameter},
        },
        json_rpc::{Answer, ApiError},
    },
    policy::{Limits, Place, search_path_command},
};

/// Seconds that a session outlives the statement that sets its search path: the next one follows at once.
const OPENING: u32 = 60;

/// Texts that are to run, and what they share.
struct Texts {
    sqls: Vec<String>,
    parameters: Vec<Parameter>,
    mode: Mode,
}

/// Where a statement is to run, and what is known of that.
struct Site {
    target_name: String,
    target: Arc<Target>,
    /// The session, where there is one already.
    session: Option<Held>,
    /// Where names are looked up at its beginning.
    standing: Standing,
    /// The search path that a new session must begin with.
    path: Option<String>,
}

/// A session whose turn is the statement's.
struct Held {
    session: Arc<Session>,
    turn: OwnedMutexGuard<Option<Arc<Started>>>,
}

/// What the service has accepted.
struct Accepted {
    answer: Map<String, Value>,
    /// The place of its session, where that is to outlive it or has a search path of its own.
    busy: Option<Busy>,
}

/// A statement, whose it is, and the token under which it is run once.
struct Order {
    work: Work,
    owner: Option<String>,
    token: String,
}

impl Forward {
    /// Starts one statement or several.
    ///
    /// # Errors
    /// Those of the service; AccessDeniedException where a policy does not let it pass.
    pub(super) async fn execute(self: &Arc<Self>, call: Call<'_>, body: Map<String, Value>) -> Answer {
        let client = call.client;
        let mut asked: Execute = parsed(&body)?;
        asked.check()?;
        let single = call.operation == "ExecuteStatement";
        let sqls = if single { asked.single()? } else { asked.batch()? };
        let mode = if single { Mode::Transaction } else { asked.mode() };
        let texts = Texts { sqls, parameters: asked.parameters.take().unwrap_or_default(), mode };
        check_parameters(&texts.parameters, &texts.sqls)?;
        if *self.stopping.borrow() {
            return Err(ending());
        }
        let token = scoped_token(client, asked.client_token.as_deref());
        if let Some(started) = self.ledger.with_token(&token) {
            return repeated(&started, asked.wait_time_seconds).await;
        }
        let site = self.site(call, &asked).await?;
        // Sessions that must have ended count no longer.
        site.target.pool.sweep();
        let presence = site.session.as_ref().and_then(|held| site.target.pool.guest(&held.session.id));
        let visit = self.visit(client, &site.target_name, presence)?;
        let decided = self.decide(&visit, &site, &texts)?;
        let turn = visit.turn().map_err(|error| api_error(&error))?;
        let texts = decided.into_iter().map(|text| text.begin(&visit)).collect::<Result<_, _>>();
        let texts = texts.map_err(|error| api_error(&error))?;
        let mut work = Work { visit, _turn: turn, busy: None, texts, single };
        let mut body = body;
        body.insert("ClientToken".to_string(), token.clone().into());
        match site.submit(call.operation, &mut body, asked.keep_alive()).await {
            Ok(Accepted { answer, busy }) => {
                if let (None, Some(busy), Some(guest)) = (&site.session, &busy, work.visit.presence()) {
                    busy.count_for(guest);
                }
                work.busy = busy;
                let owner = client.name().map(str::to_string);
                self.started(answer, site, Order { work, owner, token })
            }
            Err(error) => {
                work.not_begun(&call_error(&error.failure));
                Err(service_error(&error))
            }
        }
    }

    /// Where the statement runs: in the session that is named, or at a target.
    async fn site(&self, call: Call<'_>, asked: &Execute) -> Result<Site, ApiError> {
        let client = call.client;
        let Some(id) = asked.session_id.as_deref() else {
            let Reached { name, target, db_user } = self.reach(call, &asked.place, asked.place.database()).await?;
            let doors = self.doors.as_ref().zip(client.guest.as_ref());
            let path = doors.and_then(|(doors, guest)| doors.search_path(guest, None));
            let place = Place::new(&name, db_user.as_deref(), path.as_deref());
            let standing = Standing { place, in_block: false };
            return Ok(Site { target_name: name, target, session: None, standing, path });
        };
        asked.place.absent()?;
        let id = session_id(id)?.to_string();
        let session = self.ledger.session(&id, client.name()).ok_or_else(|| no_session(&id))?;
        let turn = session.next_turn().await?;
        let standing = session.standing().clone();
        let (target_name, target) = (session.target_name.clone(), Arc::clone(&session.target));
        Ok(Site { target_name, target, session: Some(Held { session, turn }), standing, path: None })
    }

    /// Parses the texts and asks the policies of all of them.
    fn decide(&self, visit: &Visit, site: &Site, texts: &Texts) -> Result<Vec<Decided>, ApiError> {
        let Texts { sqls, parameters, mode } = texts;
        // Behind a statement that fails nothing runs in a transaction; otherwise the next one does.
        let certainty = match mode {
            Mode::Transaction => Certainty::Certain,
            Mode::AutoCommit => Certainty::Possible,
        };
        let mut standing = site.standing.clone();
        standing.in_block |= sqls.len() > 1 && *mode == Mode::Transaction;
        let mut decided = Vec::with_capacity(sqls.len());
        for sql in sqls {
            let (names, values) = parameters_of(parameters, sql);
            let statements = match (&self.doors, parse_with_names(sql, &names)) {
                (_, Ok(statements)) => statements,
                // Where there are no policies, only the warehouse has to understand it.
                (None, Err(_)) => Vec::new(),
                (Some(_), Err(error)) => return Err(ApiError::validation(error_text(&error, sql))),
            };
            let mut text = Decided { sql: sql.clone(), values, statements: Vec::with_capacity(statements.len()) };
            for parsed in statements {
                let limits = visit.decide(&text.said(&parsed), &standing.place).map_err(|error| api_error(&error))?;
                standing.after(&parsed.statement, certainty);
                text.statements.push((parsed, limits));
            }
            decided.push(text);
        }
        Ok(decided)
    }

    /// Takes note of what was started, and has somebody wait for its end.
    fn started(self: &Arc<Self>, answer: Map<String, Value>, site: Site, order: Order) -> Answer {
        let text = |member: &str| answer.get(member).and_then(Value::as_str).map(str::to_string);
        let (id, session) = (text("Id"), text("SessionId"));
        let answer = shown(answer);
        let Some(id) = id else { return Err(ApiError::internal("The Data API gave no statement id.")) };
        let Order { work, owner, token } = order;
        let Site { target_name, target, session: held, standing, .. } = site;
        let started = Arc::new(Started {
            id,
            owner: owner.clone(),
            target_name: target_name.clone(),
            target: Arc::clone(&target),
            answer: answer.clone(),
            limited: work.is_limited(),
            ended: watch::Sender::new(None),
        });
        if !self.ledger.start(&started, &token, work.limits()) {
            // Somebody was quicker under the same token.
            work.forget();
            return Ok(answer);
        }
        let session = match held {
            Some(Held { session, mut turn }) => {
                *turn = Some(Arc::clone(&started));
                Some(session)
            }
            None => session.map(|id| {
                let turn = Arc::new(tokio::sync::Mutex::new(Some(Arc::clone(&started))));
                let opened = Arc::new(Session { id, owner, target_name, target, turn, standing: standing.into() });
                self.ledger.open(&opened);
                opened
            }),
        };
        self.follow(started, session, work);
        Ok(answer)
    }
}

impl Site {
    /// Passes the call on, in a session whose search path is known where that must be. `keep_alive` is how many seconds the
    /// session is to outlive the statement, where that is said.
    async fn submit(
        &self,
        operation: &str,
        body: &mut Map<String, Value>,
        keep_alive: Option<u64>,
    ) -> Result<Accepted, Unanswered> {
        let client = &self.target.client;
        let pool = &self.target.pool;
        if let Some(Held { session, .. }) = &self.session {
            let answer = client.pass_on(operation, body).await.inspect_err(|error| {
                if matches!(&error.failure, Failure::Refused { code, .. } if code == "ResourceNotFoundException") {
                    pool.gone(&session.id);
                }
            })?;
            let busy = pool.busy(&session.id, keep_alive.map(Duration::from_secs));
            return Ok(Accepted { answer, busy: Some(busy) });
        }
        let keep_alive = keep_alive.unwrap_or(0);
        // A session takes one of the places that the service has, as those of port 5439 do.
        let place = match keep_alive > 0 || self.path.is_some() {
            true => Some(pool.admit().await.map_err(|error| no_place(&error))?),
            false => None,
        };
        match &self.path {
            None => {
                client.name_place(body);
                body.insert("Database".to_string(), self.target.database.clone().into());
            }
            Some(path) => {
                let session = self.with_room(|| open_with_path(&self.target, path)).await?;
                for member in ["ClusterIdentifier", "WorkgroupName", "DbUser", "SecretArn", "Database"] {
                    body.remove(member);
                }
                body.insert("SessionId".to_string(), session.into());
                body.insert("SessionKeepAliveSeconds".to_string(), keep_alive.into());
            }
        }
        let mut answer = self.with_room(|| client.pass_on(operation, body)).await?;
        let session = answer.get("SessionId").and_then(Value::as_str);
        let busy =
            place.zip(session).map(|(place, session)| pool.lease(session, place, Duration::from_secs(keep_alive)));
        if keep_alive == 0 {
            answer.remove("SessionId");
        }
        Ok(Accepted { answer, busy })
    }

    /// Makes a call that may open a session. Where the service has no place for one more, an idle one of the gateway's goes.
    async fn with_room<T, F>(&self, call: impl Fn() -> F) -> Result<T, Unanswered>
    where
        F: Future<Output = Result<T, Unanswered>>,
    {
        match call().await {
            Err(Unanswered { failure: Failure::Refused { code, .. }, .. })
                if code == "ActiveSessionsExceededException" && self.target.pool.make_room().await =>
            {
                call().await
            }
            answered => answered,
        }
    }
}

/// The gateway may open no more sessions.
fn no_place(error: &Error) -> Unanswered {
    let code = "ActiveSessionsExceededException".to_string();
    Unanswered { failure: Failure::Refused { code, message: error.message().to_string() }, said: Map::new() }
}

impl Session {
    /// The right to start the next statement.
    ///
    /// # Errors
    /// Where the last one has not ended.
    async fn next_turn(&self) -> Result<OwnedMutexGuard<Option<Arc<Started>>>, ApiError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let Some(last) = turn.as_ref() else { return Ok(turn) };
        if last.ended.borrow().is_some() {
            return Ok(turn);
        }
        // The caller may have heard of its end before the gateway.
        let progress = last.target.client.describe(&last.id, None).await;
        if matches!(&progress, Ok(progress) if progress.status == Status::Active) {
            return Err(session_is_busy());
        }
        let mut ended = last.ended.subscribe();
        let known = tokio::time::timeout(super::PATIENCE, ended.wait_for(Option::is_some)).await.is_ok();
        if known { Ok(turn) } else { Err(session_is_busy()) }
    }
}

/// A text that may be passed on, with the bounds of what it gives.
struct Decided {
    sql: String,
    values: Vec<Option<String>>,
    statements: Vec<(Parsed, Limits)>,
}

impl Decided {
    fn said<'a>(&'a self, parsed: &'a Parsed) -> Saying<'a> {
        let text = self.sql.get(parsed.start as usize..parsed.end as usize);
        Saying { statement: &parsed.statement, text: text.or(Some(&self.sql)), parameters: &self.values }
    }

    fn begin(self, visit: &Visit) -> redshift_sql_dialect::Result<Text> {
        let begun = self.statements.iter().map(|(parsed, limits)| visit.begin(&self.said(parsed), limits.clone()));
        let mut watches = begun.collect::<redshift_sql_dialect::Result<Vec<_>>>()?;
        if watches.is_empty() {
            watches.push(visit.count());
        }
        let statements = self.statements.into_iter().map(|(parsed, _)| parsed).collect();
        Ok(Text { sql: self.sql, statements, watches })
    }
}

/// The token under which the service takes a statement once: two users may use the same words.
fn scoped_token(client: &Client, token: Option<&str>) -> String {
    match token {
        Some(token) => {
            let name = client.name().unwrap_or_default();
            hex(&Sha256::digest(format!("{}:{name}:{token}", name.len())))
        }
        None => Uuid::new_v4().to_string(),
    }
}

/// A session that begins with this search path: its id.
async fn open_with_path(target: &Target, path: &str) -> Result<String, Unanswered> {
    let submission = Submission {
        sql: search_path_command(path),
        parameters: Vec::new(),
        session: None,
        keep_alive: OPENING,
        form: ResultForm::Json,
    };
    let failed = |failure| Unanswered { failure, said: Map::new() };
    let submitted = target.client.submit(&submission).await.map_err(failed)?;
    let session = submitted.session.clone();
    let ended = match submitted.status {
        Status::Finished => submitted,
        _ => target.client.ended(&submitted.id).await.map_err(failed)?,
    };
    let refused = |message: String| {
        let code = "ExecuteStatementException".to_string();
        failed(Failure::Refused { code, message })
    };
    match (ended.status, session) {
        (Status::Finished, Some(session)) => Ok(session),
        (Status::Failed(error), _) => Err(refused(error.unwrap_or_default())),
        _ => Err(refused("the search path could not be set".to_string())),
    }
}

/// What was started under this token before.
async fn repeated(started: &Started, wait: Option<i64>) -> Answer {
    let mut answer = started.answer.clone();
    if let (Some(seconds), Some(members)) = (wait, answer.as_object_mut()) {
        let mut body = Map::new();
        body.insert("Id".to_string(), started.id.clone().into());
        body.insert("WaitTimeSeconds".to_string(), seconds.into());
        let described = pass_on(&started.target, "DescribeStatement", &body).await?;
        for member in ["Status", "HasResultSet"] {
            if let Some(value) = described.get(member) {
                members.insert(member.to_string(), value.clone());
            }
        }
    }
    Ok(answer)
}

/// The gateway is about to end.
fn ending() -> ApiError {
    let error = ApiError::client("ServiceUnavailableException", "The gateway is about to end.");
    error.with_status(hyper::StatusCode::SERVICE_UNAVAILABLE)
}
