//! The operations of the Data API.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    catalog::Catalog,
    describe,
    input::{
        ById, Execute, List, Metadata, Place, StatementId, both_places, check_parameters, no_database, no_place,
        no_session, no_statement, session_id,
    },
    results::ResultSet,
    sessions::{SessionStatus, Sessions, Shown},
    statements::{Asked, Format, Kind, Outcome, Parameter, Statement, Statements, Status, Target},
};
use crate::http::{
    admin::Control,
    json_rpc::{Answer, ApiError, input, object, unknown_operation},
    sigv4::Caller,
};

/// How long CancelStatement waits for the statement to stop.
const CANCEL_PATIENCE: Duration = Duration::from_secs(5);
/// Entries of a list where nothing is said.
const DEFAULT_PAGE: usize = 100;

/// The Data API of one backend.
pub struct DataApi {
    statements: Arc<Statements>,
    sessions: Arc<Sessions>,
    control: Arc<Control>,
}

impl DataApi {
    /// The Data API of the clusters and workgroups that there are.
    pub fn new(control: Arc<Control>) -> DataApi {
        let limits = control.limits;
        let statements = Arc::new(Statements::new(limits.statements));
        let (backend, registry) = (Arc::clone(&control.backend), Arc::clone(&control.registry));
        let sessions = Sessions::new(backend, registry, Arc::clone(&statements), limits);
        DataApi { statements, sessions, control }
    }

    /// Waits until no statement is waiting or running.
    pub async fn drained(&self) {
        self.statements.drained().await;
    }

    /// Ends all sessions at once.
    pub fn abort(&self) {
        self.sessions.abort();
    }

    /// Runs an operation.
    ///
    /// # Errors
    /// As the service's model says for each.
    pub async fn call(&self, operation: &str, body: &Bytes, caller: &Caller) -> Answer {
        match operation {
            "ExecuteStatement" => self.execute(input(body)?, Call::Single, caller).await,
            "BatchExecuteStatement" => self.execute(input(body)?, Call::Batch, caller).await,
            "DescribeStatement" => self.describe(input(body)?).await,
            "GetStatementResult" => self.result(input(body)?, Format::Json).await,
            "GetStatementResultV2" => self.result(input(body)?, Format::Csv).await,
            "CancelStatement" => self.cancel(input(body)?).await,
            "ListStatements" => self.list_statements(input(body)?, caller),
            "ListSessions" => self.list_sessions(input(body)?, caller),
            "ListDatabases" => self.metadata(input(body)?, Question::Databases, caller).await,
            "ListSchemas" => self.metadata(input(body)?, Question::Schemas, caller).await,
            "ListTables" => self.metadata(input(body)?, Question::Tables, caller).await,
            "DescribeTable" => self.metadata(input(body)?, Question::Columns, caller).await,
            other => Err(unknown_operation(other)),
        }
    }

    async fn execute(&self, mut asked: Execute, call: Call, caller: &Caller) -> Answer {
        asked.check()?;
        let (kind, sqls) = match call {
            Call::Single => (Kind::Single, asked.single()?),
            Call::Batch => (Kind::Batch(asked.mode()), asked.batch()?),
        };
        let parameters = asked.parameters.take().unwrap_or_default();
        check_parameters(&parameters, &sqls)?;
        let access_key = caller.access_key.as_deref();
        let repeated = asked.client_token.as_deref().and_then(|token| self.statements.with_token(access_key, token));
        let statement = match repeated {
            Some(statement) => statement,
            None => self.submit(asked_statement(&asked, kind, sqls, parameters), &asked, caller).await?,
        };
        let Some(seconds) = asked.wait_time_seconds else { return Ok(describe::submitted(&statement, None)) };
        statement.ended(wait(seconds)).await;
        Ok(describe::submitted(&statement, Some(&statement.state())))
    }

    async fn submit(&self, new: Asked, asked: &Execute, caller: &Caller) -> Result<Arc<Statement>, ApiError> {
        let access_key = caller.access_key.clone();
        let reused = asked.session_id.as_deref().map(session_id).transpose()?;
        let (session, target) = match reused {
            Some(id) => {
                asked.place.absent()?;
                (Some(id), self.sessions.reserve(id, asked.keep_alive(), access_key.as_deref())?)
            }
            None => {
                let target = self.target(&asked.place, None, caller).await?;
                match asked.keep_alive().filter(|seconds| *seconds > 0) {
                    None => (None, target),
                    Some(seconds) => {
                        let id = self.sessions.open(&target, seconds, access_key.as_deref())?;
                        self.sessions.reserve(id, None, access_key.as_deref())?;
                        (Some(id), target)
                    }
                }
            }
        };
        let new = Asked { session, target, access_key, ..new };
        let submitted = self.statements.submit(new, asked.client_token.as_deref());
        let statement = submitted.inspect_err(|_| session.into_iter().for_each(|id| self.sessions.release(id)))?;
        self.sessions.hand_over(Arc::clone(&statement));
        Ok(statement)
    }

    /// The warehouse that is meant, and the user: DbUser, or else the caller's own.
    async fn target(&self, place: &Place, connected: Option<&str>, caller: &Caller) -> Result<Target, ApiError> {
        let workgroup = match (&place.cluster_identifier, &place.workgroup_name) {
            (Some(_), Some(_)) => return Err(both_places()),
            (None, None) => return Err(no_place()),
            (Some(cluster), None) => {
                self.control.warehouses.running_cluster(cluster)?;
                None
            }
            (None, Some(workgroup)) => Some(self.control.warehouses.workgroup_of(workgroup)?),
        };
        let Some(database) = connected.or(place.database.as_deref()) else {
            return Err(no_database());
        };
        let user = match (&place.db_user, &caller.identity) {
            (Some(user), None) => user.clone(),
            (None, _) => self.control.user_of(caller).await?,
            (Some(user), Some(_)) => {
                let own = self.control.user_of(caller).await?;
                if own != *user {
                    return Err(caller.denied("redshift:GetClusterCredentials"));
                }
                own
            }
        };
        Ok(Target {
            cluster: place.cluster_identifier.clone(),
            workgroup,
            database: database.to_string(),
            user,
            secret: place.secret_arn.clone(),
        })
    }

    fn statement(&self, StatementId { id, .. }: StatementId) -> Result<Arc<Statement>, ApiError> {
        self.statements.get(id).ok_or_else(|| no_statement(&id.to_string()))
    }

    async fn describe(&self, asked: ById) -> Answer {
        let id = asked.statement()?;
        let statement = self.statement(id)?;
        if let Some(seconds) = asked.wait_time_seconds {
            statement.ended(wait(seconds)).await;
        }
        match id.part {
            None => Ok(describe::statement(&statement)),
            Some(number) => {
                let part = describe::part(&statement, number).filter(|_| statement.asked.kind != Kind::Single);
                part.ok_or_else(|| no_statement(asked.id.as_deref().unwrap_or_default()))
            }
        }
    }

    async fn result(&self, asked: ById, format: Format) -> Answer {
        let id = asked.statement()?;
        let statement = self.statement(id)?;
        if let Some(seconds) = asked.wait_time_seconds {
            statement.ended(wait(seconds)).await;
        }
        let result = result_set(&statement, id)?;
        let kept = statement.asked.format;
        if kept != format {
            let message = match kept {
                Format::Json => "The statement did not specify ResultFormat as CSV. Use GetStatementResult.",
                Format::Csv => "The statement specified ResultFormat as CSV. Use GetStatementResultV2.",
            };
            return Err(ApiError::validation(message));
        }
        let from = asked.next_token.as_deref().map_or(Ok(0), |token| read_token(token, asked.id.as_deref()))?;
        let internal = |error: redshift_sql_dialect::Error| ApiError::internal(error.message());
        let (records, next) = match format {
            Format::Json => {
                let page = result.fields(from).map_err(internal)?;
                (Value::Array(page.rows), page.next)
            }
            Format::Csv => {
                let page = result.csv(from).map_err(internal)?;
                (json!([{"CSVRecords": page.rows}]), page.next)
            }
        };
        Ok(object([
            ("Records", records),
            ("ColumnMetadata", result.metadata()),
            ("TotalNumRows", result.rows().into()),
            ("ResultFormat", if format == Format::Csv { format.name().into() } else { Value::Null }),
            ("NextToken", next.map_or(Value::Null, |row| token(row, asked.id.as_deref()).into())),
        ]))
    }

    async fn cancel(&self, asked: ById) -> Answer {
        let id = asked.statement()?;
        let statement = self.statement(id)?;
        if id.part.is_some() {
            return Err(ApiError::validation("Cancelling a sub-statement is not supported; cancel the whole batch."));
        }
        let status = statement.status();
        if !status.is_active() {
            let (status, id) = (status.name(), statement.id);
            let message = format!("Could not cancel a query that is already in {status} state with ID: {id}");
            return Err(ApiError::validation(message));
        }
        statement.cancel();
        statement.ended(CANCEL_PATIENCE).await;
        Ok(json!({"Status": statement.status() == Status::Aborted}))
    }

    fn list_statements(&self, asked: List, caller: &Caller) -> Answer {
        asked.check_statements()?;
        let wanted = asked.status.as_deref().unwrap_or("FINISHED");
        let matches = |statement: &Arc<Statement>| {
            let Asked { name, target, access_key, .. } = &statement.asked;
            let prefix = asked.statement_name.as_deref().unwrap_or_default();
            (wanted == "ALL" || statement.status().name() == wanted)
                && name.as_deref().unwrap_or_default().starts_with(prefix)
                && (asked.role_level.unwrap_or(true) || *access_key == caller.access_key)
                && is_asked(&asked, target)
        };
        let found: Vec<_> = self.statements.newest_first().into_iter().filter(matches).collect();
        let (page, next) = page(found, asked.next_token.as_deref(), asked.max_results)?;
        let listed: Vec<Value> = page.iter().map(|statement| describe::listed(statement)).collect();
        Ok(object([("Statements", listed.into()), ("NextToken", next)]))
    }

    fn list_sessions(&self, asked: List, caller: &Caller) -> Answer {
        asked.check_sessions()?;
        let id = asked.session_id.as_deref().map(session_id).transpose()?;
        let matches = |shown: &Shown| match (id, asked.status.as_deref()) {
            (Some(id), _) => shown.id == id,
            (None, Some(status)) => shown.status.name() == status && is_asked(&asked, &shown.target),
            (None, None) => shown.status != SessionStatus::Closed && is_asked(&asked, &shown.target),
        };
        let own = |shown: &Shown| asked.role_level.unwrap_or(true) || shown.access_key == caller.access_key;
        let all = self.sessions.newest_first().into_iter();
        let found: Vec<_> = all.filter(|shown| matches(shown) && own(shown)).collect();
        if let Some(id) = id.filter(|_| found.is_empty()) {
            return Err(no_session(&id.to_string()));
        }
        let (page, next) = page(found, asked.next_token.as_deref(), asked.max_results)?;
        let listed: Vec<Value> = page.iter().map(describe::session).collect();
        Ok(object([("Sessions", listed.into()), ("NextToken", next)]))
    }

    async fn metadata(&self, asked: Metadata, question: Question, caller: &Caller) -> Answer {
        asked.check()?;
        let database = match question {
            // A database is where to connect, and all are listed wherever that is.
            Question::Databases => asked.place.database.as_deref().unwrap_or(self.control.warehouses.database()),
            _ => asked.place.database.as_deref().unwrap_or_default(),
        };
        let target = self.target(&asked.place, Some(database).filter(|name| !name.is_empty()), caller).await?;
        // Who asks logs in to one database, and may ask for what is in another.
        if let Some(connected) = asked.connected_database.as_ref().filter(|name| *name != database) {
            Catalog { sessions: &self.sessions, target: Target { database: connected.clone(), ..target.clone() } }
                .check_login()
                .await?;
        }
        let catalog = Catalog { sessions: &self.sessions, target };
        let schema_pattern = asked.schema_pattern.as_deref();
        let (member, found) = match question {
            Question::Databases => ("Databases", catalog.databases().await?),
            Question::Schemas => ("Schemas", catalog.schemas(schema_pattern).await?),
            Question::Tables => ("Tables", catalog.tables(schema_pattern, asked.table_pattern.as_deref()).await?),
            Question::Columns => {
                ("ColumnList", catalog.columns(asked.schema.as_deref(), asked.table.as_deref()).await?)
            }
        };
        let table = match question {
            Question::Columns => asked.table.map_or(Value::Null, Value::from),
            _ => Value::Null,
        };
        let (page, next) = page(found, asked.next_token.as_deref(), asked.max_results)?;
        Ok(object([(member, page.into()), ("TableName", table), ("NextToken", next)]))
    }
}

/// Which of the two operations that run SQL.
#[derive(Clone, Copy)]
enum Call {
    Single,
    Batch,
}

/// Which of the operations that ask the catalog.
#[derive(Clone, Copy)]
enum Question {
    Databases,
    Schemas,
    Tables,
    Columns,
}

fn asked_statement(asked: &Execute, kind: Kind, sqls: Vec<String>, parameters: Vec<Parameter>) -> Asked {
    Asked {
        kind,
        sqls,
        parameters,
        name: asked.statement_name.clone(),
        format: asked.format(),
        target: Target::default(),
        session: None,
        access_key: None,
    }
}

fn wait(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

/// The result of a statement, or of one text of a batch.
fn result_set(statement: &Statement, id: StatementId) -> Result<Arc<ResultSet>, ApiError> {
    let state = statement.state();
    let part = match (statement.asked.kind, id.part) {
        (Kind::Single, None) => state.parts.first(),
        (Kind::Single, Some(_)) => None,
        (Kind::Batch(_), None) => {
            let message = "BatchExecuteStatement result can only be retrieved with sub-statement id.";
            return Err(ApiError::validation(message));
        }
        (Kind::Batch(_), Some(number)) => number.checked_sub(1).and_then(|index| state.parts.get(index)),
    };
    let name = statement.id.to_string();
    let missing = |message: &str| {
        Err(ApiError::client("ResourceNotFoundException", message).with_member("ResourceId", name.clone()))
    };
    match part.map(|part| &part.outcome) {
        Some(Outcome::Rows(result)) => Ok(Arc::clone(result)),
        Some(Outcome::Forgotten { .. }) => missing("Query result has expired."),
        Some(Outcome::Nothing | Outcome::Done { .. }) => {
            missing("Query does not have result. Please check query status with DescribeStatement.")
        }
        None => Err(no_statement(&name)),
    }
}

fn is_asked(asked: &List, target: &Target) -> bool {
    let is = |wanted: &Option<String>, has: Option<&str>| wanted.as_deref().is_none_or(|wanted| has == Some(wanted));
    is(&asked.database, Some(&target.database))
        && is(&asked.cluster_identifier, target.cluster.as_deref())
        && is(&asked.workgroup_name, target.workgroup.as_deref())
}

/// One page of a list, and the token of the next.
fn page<T>(found: Vec<T>, token_given: Option<&str>, most: Option<i64>) -> Result<(Vec<T>, Value), ApiError> {
    let from = token_given.map_or(Ok(0), |given| read_token(given, None))?;
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let most = most.and_then(|most| usize::try_from(most).ok()).filter(|most| *most > 0).unwrap_or(DEFAULT_PAGE);
    let more = found.len().saturating_sub(from) > most;
    let next = if more { token((from + most) as u64, None).into() } else { Value::Null };
    Ok((found.into_iter().skip(from).take(most).collect(), next))
}

/// Where the next page begins, and of what.
fn token(from: u64, id: Option<&str>) -> String {
    BASE64_STANDARD.encode(format!("{from} {}", id.unwrap_or_default()))
}

fn read_token(token: &str, id: Option<&str>) -> Result<u64, ApiError> {
    let text = BASE64_STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let parts = text.as_deref().and_then(|text| text.split_once(' '));
    let from = parts.filter(|(_, of)| *of == id.unwrap_or_default()).and_then(|(from, _)| from.parse().ok());
    from.ok_or_else(|| ApiError::validation("NextToken is not valid."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_on_where_the_page_ended() {
        let (first, next) = page(vec![1, 2, 3], None, Some(2)).unwrap();
        assert_eq!(first, [1, 2]);
        let (rest, end) = page(vec![1, 2, 3], next.as_str(), Some(2)).unwrap();
        assert_eq!((rest, end), (vec![3], Value::Null));
        assert!(page(vec![1], Some("nonsense"), None).is_err());
        assert!(read_token(&token(5, Some("a")), Some("b")).is_err());
        assert_eq!(read_token(&token(5, Some("a")), Some("a")), Ok(5));
    }
}
