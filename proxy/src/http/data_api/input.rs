//! The inputs of the operations, and what the model demands of them.

use redshift_sql_dialect::names_in;
use serde::Deserialize;
use uuid::Uuid;

use super::statements::{Format, Mode, Parameter};
use crate::http::{
    json_rpc::ApiError,
    validate::{Checks, Pattern},
};

/// Most bytes of a text: guide, "Considerations when calling the Data API".
const MAX_SQL_BYTES: usize = 100 * 1024;
/// Most texts of a batch.
const MAX_BATCH: usize = 40;
const STATUSES: [&str; 7] = ["SUBMITTED", "PICKED", "STARTED", "FINISHED", "ABORTED", "FAILED", "ALL"];

/// ExecuteStatement and BatchExecuteStatement.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Execute {
    pub sql: Option<String>,
    pub sqls: Option<Vec<String>>,
    pub parameters: Option<Vec<Parameter>>,
    pub statement_name: Option<String>,
    pub client_token: Option<String>,
    pub result_format: Option<String>,
    pub session_keep_alive_seconds: Option<i64>,
    pub session_id: Option<String>,
    pub execution_mode: Option<String>,
    pub wait_time_seconds: Option<i64>,
    /// Accepted: there is no event bus to tell.
    pub with_event: Option<bool>,
    #[serde(flatten)]
    pub place: Place,
}

/// Which warehouse, which database, as whom.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Place {
    pub cluster_identifier: Option<String>,
    pub workgroup_name: Option<String>,
    pub database: Option<String>,
    pub db_user: Option<String>,
    pub secret_arn: Option<String>,
}

impl Execute {
    /// Checks what the model demands of both operations.
    pub fn check(&self) -> Result<(), ApiError> {
        let mut checks = Checks::new();
        self.place.check(&mut checks);
        checks
            .length("statementName", self.statement_name.as_deref(), [0, 2048])
            .length("clientToken", self.client_token.as_deref(), [1, 64])
            .one_of("resultFormat", self.result_format.as_deref(), &["JSON", "CSV"])
            .one_of("executionMode", self.execution_mode.as_deref(), &["TRANSACTION", "AUTO_COMMIT"])
            .range("sessionKeepAliveSeconds", self.session_keep_alive_seconds, [0, 86_400])
            .range("waitTimeSeconds", self.wait_time_seconds, [1, 30])
            .items("parameters", self.parameters.as_deref(), [1, usize::MAX]);
        for (at, Parameter { name, value }) in self.parameters.iter().flatten().enumerate() {
            let member = |member: &str| format!("parameters.{}.member.{member}", at + 1);
            checks.pattern(&member("name"), Some(name), Pattern::ParameterName);
            checks.length(&member("value"), Some(value), [1, usize::MAX]);
        }
        checks.finish()
    }

    /// The text of ExecuteStatement.
    pub fn single(&mut self) -> Result<Vec<String>, ApiError> {
        Checks::new().present("sql", self.sql.as_ref()).finish()?;
        let sqls: Vec<_> = self.sql.take().into_iter().collect();
        check_sizes(&sqls)?;
        Ok(sqls)
    }

    /// The texts of BatchExecuteStatement.
    pub fn batch(&mut self) -> Result<Vec<String>, ApiError> {
        let mut checks = Checks::new();
        checks.present("sqls", self.sqls.as_ref()).items("sqls", self.sqls.as_deref(), [1, MAX_BATCH]).finish()?;
        let sqls = self.sqls.take().unwrap_or_default();
        check_sizes(&sqls)?;
        Ok(sqls)
    }

    pub fn format(&self) -> Format {
        match self.result_format.as_deref() {
            Some("CSV") => Format::Csv,
            _ => Format::Json,
        }
    }

    pub fn mode(&self) -> Mode {
        match self.execution_mode.as_deref() {
            Some("AUTO_COMMIT") => Mode::AutoCommit,
            _ => Mode::Transaction,
        }
    }

    /// Seconds that the session is to outlive the statement.
    pub fn keep_alive(&self) -> Option<u64> {
        self.session_keep_alive_seconds.and_then(|seconds| u64::try_from(seconds).ok())
    }
}

fn check_sizes(sqls: &[String]) -> Result<(), ApiError> {
    if sqls.iter().any(|sql| sql.len() > MAX_SQL_BYTES) {
        return Err(ApiError::validation("Cannot process query string larger than 100kB"));
    }
    if sqls.iter().any(|sql| sql.trim().is_empty()) {
        return Err(ApiError::validation("Sql statement can't be empty."));
    }
    Ok(())
}

impl Place {
    /// The database.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// Checks what the model demands.
    pub fn check(&self, checks: &mut Checks) {
        checks
            .length("clusterIdentifier", self.cluster_identifier.as_deref(), [1, 63])
            .pattern("clusterIdentifier", self.cluster_identifier.as_deref(), Pattern::Cluster)
            .length("workgroupName", self.workgroup_name.as_deref(), [3, 128]);
        let name = self.workgroup_name.as_deref().filter(|name| !name.starts_with("arn:"));
        checks.pattern("workgroupName", name, Pattern::Serverless);
    }

    /// A session has its place, and no other may be named.
    ///
    /// # Errors
    /// Where one is.
    pub fn absent(&self) -> Result<(), ApiError> {
        let Place { cluster_identifier, workgroup_name, database, db_user, secret_arn } = self;
        if [cluster_identifier, workgroup_name, database, db_user, secret_arn].iter().all(|member| member.is_none()) {
            return Ok(());
        }
        let message =
            "ClusterIdentifier, WorkgroupName, Database, DbUser and SecretArn can't be specified with SessionId.";
        Err(ApiError::validation(message))
    }
}

/// DescribeStatement, GetStatementResult and V2, CancelStatement.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ById {
    pub id: Option<String>,
    pub next_token: Option<String>,
    pub wait_time_seconds: Option<i64>,
}

/// A statement's id, and the number of one of its texts, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementId {
    pub id: Uuid,
    pub part: Option<usize>,
}

impl ById {
    /// The id.
    pub fn statement(&self) -> Result<StatementId, ApiError> {
        let mut checks = Checks::new();
        checks.present("id", self.id.as_ref()).range("waitTimeSeconds", self.wait_time_seconds, [1, 30]).finish()?;
        let text = self.id.as_deref().unwrap_or_default();
        parse_id(text).ok_or_else(|| {
            let pattern = "^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:\\d+)?$";
            ApiError::validation(format!("id must satisfy regex pattern: {pattern}"))
        })
    }
}

fn parse_id(text: &str) -> Option<StatementId> {
    let (id, part) = match text.split_once(':') {
        Some((id, part)) => (id, Some(part.parse().ok()?)),
        None => (text, None),
    };
    let groups: Vec<usize> = id.split('-').map(str::len).collect();
    let characters = id.chars().all(|c| c == '-' || c.is_ascii_lowercase() || c.is_ascii_digit());
    // What has the pattern and is no UUID is the id of no statement.
    let id = Uuid::parse_str(id).unwrap_or_default();
    (groups == [8, 4, 4, 4, 12] && characters).then_some(StatementId { id, part })
}

/// The id of a session.
pub fn session_id(text: &str) -> Result<Uuid, ApiError> {
    parse_id(text).map(|parsed| parsed.id).ok_or_else(|| {
        let pattern = "^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:\\d+)?$";
        ApiError::validation(format!("sessionId must satisfy regex pattern: {pattern}"))
    })
}

/// ListStatements and ListSessions.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct List {
    pub next_token: Option<String>,
    pub max_results: Option<i64>,
    pub statement_name: Option<String>,
    pub status: Option<String>,
    pub role_level: Option<bool>,
    pub session_id: Option<String>,
    pub database: Option<String>,
    pub cluster_identifier: Option<String>,
    pub workgroup_name: Option<String>,
}

impl List {
    /// Checks what the model demands; `statuses` are those of what is listed.
    fn check(&self, statuses: &[&str]) -> Result<(), ApiError> {
        let mut checks = Checks::new();
        checks
            .range("maxResults", self.max_results, [0, 100])
            .length("statementName", self.statement_name.as_deref(), [0, 2048])
            .one_of("status", self.status.as_deref(), statuses)
            .length("clusterIdentifier", self.cluster_identifier.as_deref(), [1, 63])
            .length("workgroupName", self.workgroup_name.as_deref(), [3, 128])
            .finish()?;
        if self.cluster_identifier.is_some() && self.workgroup_name.is_some() {
            return Err(both_places());
        }
        Ok(())
    }

    /// Checks a ListStatements.
    pub fn check_statements(&self) -> Result<(), ApiError> {
        self.check(&STATUSES)
    }

    /// Checks a ListSessions.
    pub fn check_sessions(&self) -> Result<(), ApiError> {
        self.check(&["AVAILABLE", "BUSY", "CLOSED"])?;
        let filters = [&self.status, &self.cluster_identifier, &self.workgroup_name, &self.database];
        if self.session_id.is_some() && filters.iter().any(|filter| filter.is_some()) {
            let message = "Status, ClusterIdentifier, WorkgroupName and Database can't be specified with SessionId.";
            return Err(ApiError::validation(message));
        }
        Ok(())
    }
}

/// A cluster and a workgroup were named.
pub fn both_places() -> ApiError {
    ApiError::validation("ClusterIdentifier and WorkgroupName can't be specified at the same time.")
}

/// No cluster, no workgroup, no session.
pub fn no_place() -> ApiError {
    ApiError::validation("Either ClusterIdentifier, WorkgroupName or SessionId must be provided.")
}

/// No database was named.
pub fn no_database() -> ApiError {
    ApiError::validation("Database must be provided.")
}

/// There is no such session.
pub fn no_session(id: &str) -> ApiError {
    ApiError::client("ResourceNotFoundException", "Session does not exist or has ended.").with_member("ResourceId", id)
}

/// A session runs something already. Worded as the service words it: github.com/awslabs/mcp issue 4375.
pub fn session_is_busy() -> ApiError {
    ApiError::validation("Session is not available.")
}

/// Each name once, and each used by some text.
pub fn check_parameters(parameters: &[Parameter], sqls: &[String]) -> Result<(), ApiError> {
    let names: Vec<String> = parameters.iter().map(|parameter| parameter.name.clone()).collect();
    if let Some((_, twice)) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        return Err(ApiError::validation(format!(
            "Parameters list contains duplicate parameters. Duplicate: [{twice}]"
        )));
    }
    let used: Vec<Vec<bool>> = sqls.iter().map(|sql| names_in(sql, &names)).collect();
    let unused = names.iter().enumerate().filter(|(at, _)| !used.iter().any(|used| used[*at]));
    let unused: Vec<&str> = unused.map(|(_, name)| name.as_str()).collect();
    if unused.is_empty() {
        return Ok(());
    }
    let unused = unused.join(", ");
    let message = format!("Parameters list contains unused parameters. Unused parameters: [{unused}]");
    Err(ApiError::validation(message))
}

/// There is no such statement.
pub fn no_statement(id: &str) -> ApiError {
    ApiError::client("ResourceNotFoundException", "Query does not exist.").with_member("ResourceId", id)
}

/// ListDatabases, ListSchemas, ListTables, DescribeTable.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Metadata {
    #[serde(flatten)]
    pub place: Place,
    pub connected_database: Option<String>,
    pub schema_pattern: Option<String>,
    pub table_pattern: Option<String>,
    pub schema: Option<String>,
    pub table: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i64>,
}

impl Metadata {
    /// Checks what the model demands.
    pub fn check(&self) -> Result<(), ApiError> {
        let mut checks = Checks::new();
        self.place.check(&mut checks);
        checks.range("maxResults", self.max_results, [0, 1000]).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_their_pattern_and_perhaps_a_number() {
        let id = "d9b6c0c9-0747-4bf4-b142-e8883122f766";
        assert_eq!(parse_id(id).unwrap().part, None);
        assert_eq!(parse_id(&format!("{id}:2")).unwrap().part, Some(2));
        assert!(parse_id("test").is_none());
        assert!(parse_id(&id.to_uppercase()).is_none());
        assert!(parse_id(&format!("{id}:x")).is_none());
    }

    #[test]
    fn parameters_are_used_and_named_once() {
        let parameter = |name: &str| Parameter { name: name.into(), value: "1".into() };
        let sqls = vec!["select :a, '::b :b'".to_string(), "select :c::int".to_string()];
        assert!(check_parameters(&[parameter("a"), parameter("c")], &sqls).is_ok());
        assert_eq!(
            check_parameters(&[parameter("a"), parameter("b")], &sqls).unwrap_err().message,
            "Parameters list contains unused parameters. Unused parameters: [b]"
        );
        assert!(check_parameters(&[parameter("a"), parameter("a")], &sqls).is_err());
    }

    #[test]
    fn a_text_may_not_be_too_large() {
        let mut execute = Execute { sql: Some("x".repeat(MAX_SQL_BYTES + 1)), ..Execute::default() };
        assert_eq!(execute.single().unwrap_err().message, "Cannot process query string larger than 100kB");
        let mut batch = Execute { sqls: Some(vec!["select 1".into(); 41]), ..Execute::default() };
        assert!(batch.batch().is_err());
    }
}
