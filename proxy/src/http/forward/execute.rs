//! ExecuteStatement and BatchExecuteStatement.

use std::sync::Arc;

use redshift_sql_dialect::{ast::Parsed, parse_with_names};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedMutexGuard, watch};
use uuid::Uuid;

use super::{
    Client, Forward, api_error,
    follow::{Text, Work},
    ledger::{Certainty, Session, Standing, Started},
    parsed, pass_on,
    places::Reached,
    service_error, shown,
};
use crate::{
    auth::verifier::hex,
    backend::redshift::{
        client::{Status, Submission, Unanswered},
        errors::call_error,
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

/// Where a statement is to run, and what is known of that.
struct Site {
    target_name: String,
    target: Arc<Target>,
    /// The session, where there is one already; its turn is the statement's.
    session: Option<Arc<Session>>,
    /// Where names are looked up at its beginning.
    standing: Standing,
    /// The search path that a new session must begin with.
    path: Option<String>,
}

type Turn = Option<OwnedMutexGuard<Option<Arc<Started>>>>;

impl Forward {
    /// Starts one statement or several.
    ///
    /// # Errors
    /// Those of the service; AccessDeniedException where a policy does not let it pass.
    pub(super) async fn execute(
        self: &Arc<Self>,
        operation: &str,
        body: Map<String, Value>,
        client: &Client,
    ) -> Answer {
        let mut asked: Execute = parsed(&body)?;
        asked.check()?;
        let single = operation == "ExecuteStatement";
        let sqls = if single { asked.single()? } else { asked.batch()? };
        let parameters = asked.parameters.take().unwrap_or_default();
        check_parameters(&parameters, &sqls)?;
        if *self.stopping.borrow() {
            return Err(ending());
        }
        let token = scoped_token(client, asked.client_token.as_deref());
        if let Some(started) = self.ledger.with_token(&token) {
            return repeated(&started, asked.wait_time_seconds).await;
        }
        let (site, turn) = self.site(operation, &asked, client).await?;
        let visit = self.visit(client, &site.target_name)?;
        let mode = if single { Mode::Transaction } else { asked.mode() };
        let decided = self.decide(&visit, &site, &sqls, &parameters, mode)?;
        let _turn = visit.turn().map_err(|error| api_error(&error))?;
        let texts = decided.into_iter().map(|text| text.begin(&visit)).collect::<Result<_, _>>();
        let texts = texts.map_err(|error| api_error(&error))?;
        let mut work = Work { _visit: visit, _turn, texts, single };
        let mut body = body;
        body.insert("ClientToken".to_string(), token.clone().into());
        let answer = match self.submit(operation, &mut body, &site, &asked).await {
            Ok(answer) => answer,
            Err(error) => {
                work.not_begun(&call_error(&error.failure));
                return Err(service_error(&error));
            }
        };
        self.started(answer, site, turn, work, &token, client)
    }

    /// Where the statement runs: in the session that is named, or at a target.
    async fn site(&self, operation: &str, asked: &Execute, client: &Client) -> Result<(Site, Turn), ApiError> {
        let Some(id) = asked.session_id.as_deref() else {
            let database = asked.place.database.as_deref();
            let Reached { name, target, db_user } = self.reach(&asked.place, database, operation, client).await?;
            let doors = self.doors.as_ref().zip(client.guest.as_ref());
            let path = doors.and_then(|(doors, guest)| doors.search_path(guest, None));
            let place = Place::new(&name, db_user.as_deref(), path.as_deref());
            let standing = Standing { place, in_block: false };
            return Ok((Site { target_name: name, target, session: None, standing, path }, None));
        };
        asked.place.absent()?;
        let id = session_id(id)?.to_string();
        let session = self.ledger.session(&id, client.name()).ok_or_else(|| no_session(&id))?;
        let turn = session.next_turn().await?;
        let standing = session.standing().clone();
        let (target_name, target) = (session.target_name.clone(), Arc::clone(&session.target));
        Ok((Site { target_name, target, session: Some(session), standing, path: None }, Some(turn)))
    }

    /// Parses the texts and asks the policies of all of them.
    fn decide(
        &self,
        visit: &Visit,
        site: &Site,
        sqls: &[String],
        parameters: &[Parameter],
        mode: Mode,
    ) -> Result<Vec<Decided>, ApiError> {
        // Behind a statement that fails nothing runs in a transaction; otherwise the next one does.
        let certainty = match mode {
            Mode::Transaction => Certainty::Certain,
            Mode::AutoCommit => Certainty::Possible,
        };
        let mut standing = site.standing.clone();
        standing.in_block |= sqls.len() > 1 && mode == Mode::Transaction;
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

    /// Passes the call on, in a session whose search path is known where that must be.
    async fn submit(
        &self,
        operation: &str,
        body: &mut Map<String, Value>,
        site: &Site,
        asked: &Execute,
    ) -> Result<Map<String, Value>, Unanswered> {
        let client = &site.target.client;
        match (&site.session, &site.path) {
            (Some(_), _) => {}
            (None, None) => {
                client.name_place(body);
                body.insert("Database".to_string(), site.target.database.clone().into());
            }
            (None, Some(path)) => {
                let session = open_with_path(&site.target, path).await?;
                for member in ["ClusterIdentifier", "WorkgroupName", "DbUser", "SecretArn", "Database"] {
                    body.remove(member);
                }
                body.insert("SessionId".to_string(), session.into());
                body.insert("SessionKeepAliveSeconds".to_string(), asked.keep_alive().unwrap_or(0).into());
            }
        }
        let mut answer = client.pass_on(operation, body).await?;
        if site.session.is_none() && asked.keep_alive().unwrap_or(0) == 0 {
            answer.remove("SessionId");
        }
        Ok(answer)
    }

    /// Takes note of what was started, and has somebody wait for its end.
    fn started(
        self: &Arc<Self>,
        answer: Map<String, Value>,
        site: Site,
        turn: Turn,
        work: Work,
        token: &str,
        client: &Client,
    ) -> Answer {
        let text = |member: &str| answer.get(member).and_then(Value::as_str).map(str::to_string);
        let (id, session) = (text("Id"), text("SessionId"));
        let answer = shown(answer);
        let Some(id) = id else { return Err(ApiError::internal("The Data API gave no statement id.")) };
        let owner = client.name().map(str::to_string);
        let Site { target_name, target, session: known, standing, .. } = site;
        let started = Arc::new(Started {
            id,
            owner: owner.clone(),
            target_name: target_name.clone(),
            target: Arc::clone(&target),
            answer: answer.clone(),
            limited: work.is_limited(),
            ended: watch::Sender::new(None),
        });
        if !self.ledger.start(&started, token) {
            // Somebody was quicker under the same token.
            work.forget();
            return Ok(answer);
        }
        let session = known.or_else(|| {
            let (turn, standing) = (Arc::new(tokio::sync::Mutex::new(Some(Arc::clone(&started)))), standing.into());
            let opened = Arc::new(Session { id: session?, owner, target_name, target, turn, standing });
            self.ledger.open(&opened);
            Some(opened)
        });
        if let Some(mut turn) = turn {
            *turn = Some(Arc::clone(&started));
        }
        self.follow(started, session, work);
        Ok(answer)
    }
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
        failed(crate::backend::redshift::client::Failure::Refused { code, message })
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
