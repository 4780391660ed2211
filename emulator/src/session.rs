//! A session: its settings, its temporary schema and its open transaction.

use std::{future::ready, sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Call, Reset, Statement, TransactionModes},
};

use crate::{
    Client, Engine,
    binder::{BindContext, Effects, Parameters, SessionInfo, TrailingBlanks},
    catalog::{Membership, Oid, Transaction, TransactionView, User},
    clock,
    control::SessionControl,
    functions::Random,
    procedures::{self, Host},
    query_log::QueryLog,
    result::{Description, Notice, Outcome, Rows},
    settings::{CASE_SETTINGS, Settings, Span},
    statements::{self, Work},
    system::{
        ActiveSession, Activity, ClosedDatabase, CursorProgress, OpenCursor, RunningQuery, SessionActivity, Source,
        SystemView,
        logs::{QueryRecord, QuotaRecord, SessionRecord, TransactionRecord},
    },
    text_input::zone::Zone,
};

/// Who opens a session, and how.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user, who exists.
    pub user: String,
    /// The database, which exists.
    pub database: String,
    /// Settings that the client gave at start-up, by name: `application_name`, `datestyle`, `search_path`, ...
    pub settings: Vec<(String, String)>,
    /// Where the client is and what it tells of itself, for the logs.
    pub client: Client,
    /// What pg_backend_pid() answers and BackendKeyData says.
    pub pid: i32,
    /// How other sessions stop this one; without it they cannot.
    pub control: Option<Arc<dyn SessionControl>>,
}

/// A statement to be run, with its parameters.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What to run.
    pub statement: &'a Statement,
    /// Its text, for the logs.
    pub text: &'a str,
    /// The types of its parameters, as a Describe before it answered them; shorter or none where there was none.
    pub parameter_types: &'a [Option<RedshiftType>],
    /// The values of its parameters in text form.
    pub parameters: &'a [Option<String>],
}

/// A statement that whoever has the session runs itself: BEGIN, COMMIT, FETCH, PREPARE and their like.
#[derive(Debug, Clone, Copy)]
pub struct OwnStatement<'a> {
    /// What it is.
    pub statement: &'a Statement,
    /// Its text.
    pub text: &'a str,
    /// How long it took.
    pub took: Duration,
    /// What it failed with.
    pub error: Option<&'a Error>,
}

/// Whom a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A client's.
    Client,
    /// The system's own work, which is no session to look at.
    Maintenance,
}

/// What a client's connection is to the engine.
pub struct Session {
    block: Option<Block>,
    /// The block that is to be noted in the logs when it ends: the number of its transaction, and when it began.
    noted: Option<(i64, i64)>,
    /// The number of the block that ended last.
    last_block: i64,
    /// What a CALL has left open.
    cursors: Vec<(String, Rows)>,
    state: SessionState,
}

/// An open transaction block.
struct Block {
    transaction: Transaction,
    /// Microseconds since 1970.
    started: i64,
}

/// Does a statement run in a block that the client opened?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InBlock {
    Yes,
    No,
}

/// What a session keeps from statement to statement, whatever its transactions do.
pub(crate) struct SessionState {
    pub engine: Engine,
    pub login: Login,
    /// The user who logged in.
    pub authenticated: SessionUser,
    /// The user whose privileges count: SET SESSION AUTHORIZATION changes it.
    pub user: String,
    /// The same, by id.
    pub user_id: Oid,
    /// Is that one a superuser?
    pub superuser: bool,
    pub settings: Settings,
    pub temp_schema: String,
    pub notices: Vec<Notice>,
    pub effects: Effects,
    pub random: Random,
    pub last_copy_id: i64,
    pub last_copy_count: i64,
    pub last_unload_id: i64,
    pub last_unload_count: i64,
    /// What pg_last_query_id() gives.
    pub last_query_id: i64,
    /// Does the statement that ran last commit its block?
    pub commits: bool,
    /// Has the open transaction added rows to a table?
    pub ingested: bool,
    /// Has the open block run a command other than USE and RESET USE?
    pub block_used: bool,
    /// The id of the last statement.
    pub last_statement: i64,
    /// How many cursors of procedures were opened that had no name.
    pub unnamed_portals: u32,
    pub purpose: Purpose,
    /// Databases that the statement drops, which nobody may enter until that is committed.
    pub dropping: Vec<ClosedDatabase>,
    idle_limit: Option<Duration>,
    pub(crate) active: ActiveSession,
    /// Groups that its user is in as long as it lasts.
    membership: Option<Membership>,
}

/// A user as a session keeps it.
#[derive(Debug, Clone)]
pub(crate) struct SessionUser {
    pub id: Oid,
    pub name: String,
    pub superuser: bool,
}

impl From<&User> for SessionUser {
    fn from(user: &User) -> SessionUser {
        SessionUser { id: user.id, name: user.name.clone(), superuser: user.superuser }
    }
}

impl Session {
    pub(crate) fn new(engine: Engine, login: Login) -> Result<Session> {
        Session::open(engine, login, Purpose::Client)
    }

    /// A session in which the system does something as a user, unseen by the others.
    pub(crate) fn for_maintenance(engine: Engine, user: &str, database: &str) -> Result<Session> {
        let login = Login {
            user: user.to_string(),
            database: database.to_string(),
            // As STL_UTILITYTEXT labels what is refreshed automatically (developer guide).
            settings: vec![("query_group".to_string(), "maintenance".to_string())],
            client: Client::local(),
            pid: 0,
            control: None,
        };
        Session::open(engine, login, Purpose::Maintenance)
    }

    fn open(engine: Engine, login: Login, purpose: Purpose) -> Result<Session> {
        let user = engine.check_login(&login)?;
        let mut settings = Settings::new(&login.user, if user.superuser { "on" } else { "off" });
        for (name, value) in user.settings.iter().chain(&login.settings) {
            settings.set_at_startup(name, value)?;
        }
        let setting = |name: &str| settings.get(name).unwrap_or_default().to_string();
        let seen = SessionActivity {
            pid: login.pid,
            user_id: user.id.0,
            user: login.user.clone(),
            database: login.database.clone(),
            started: clock::now(),
            client: login.client.clone(),
            application: setting("application_name"),
            timeout: user.session_timeout.unwrap_or(0),
            running: None,
            cursor: None,
        };
        let active = match purpose {
            Purpose::Client => engine.activity().enter(seen, login.control.clone())?,
            Purpose::Maintenance => Activity::default().enter(seen, None)?,
        };
        // Somebody may have dropped the database before others could see that this session is there.
        engine.begin(login.pid, &login.database)?;
        let state = SessionState {
            active,
            idle_limit: user.session_timeout.map(|seconds| Duration::from_secs(seconds.into())),
            temp_schema: format!("pg_temp_{}", login.pid),
            authenticated: SessionUser::from(&*user),
            user: user.name.clone(),
            user_id: user.id,
            superuser: user.superuser,
            membership: None,
            engine,
            login,
            settings,
            notices: Vec::new(),
            effects: Effects::default(),
            random: Random::new(),
            last_copy_id: -1,
            last_copy_count: 0,
            last_unload_id: -1,
            last_unload_count: 0,
            last_query_id: -1,
            commits: false,
            ingested: false,
            block_used: false,
            last_statement: -1,
            unnamed_portals: 0,
            purpose,
            dropping: Vec::new(),
        };
        Ok(Session { block: None, noted: None, last_block: -1, cursors: Vec::new(), state })
    }

    /// Puts the user who logged in into groups for as long as the session lasts.
    ///
    /// # Errors
    /// 42704 where there is no such group.
    pub fn join_groups(&mut self, groups: &[String]) -> Result<()> {
        let SessionState { engine, login, authenticated, .. } = &self.state;
        self.state.membership = Some(engine.catalog().join_groups(login.pid, authenticated.id, groups)?);
        Ok(())
    }

    /// Opens a transaction block.
    ///
    /// # Errors
    /// 25001 where one is open.
    pub async fn begin(&mut self, modes: TransactionModes) -> Result<()> {
        if self.block.is_some() {
            return Err(Error::new(SqlState::ACTIVE_SQL_TRANSACTION, "there is already a transaction in progress"));
        }
        let block = Block { transaction: self.state.transaction()?, started: clock::now() };
        self.noted = Some((block.transaction.id(), block.started));
        self.block = Some(block);
        self.state.ingested = false;
        self.state.block_used = false;
        self.state.settings.begin();
        self.state.settings.transaction(&modes)
    }

    /// Commits the open block; afterwards there is none, whether or not it succeeded.
    ///
    /// # Errors
    /// 1023 where no serial order of the concurrent transactions has the same result.
    pub async fn commit(&mut self) -> Result<()> {
        let began = clock::now();
        self.cursors.clear();
        let committed = match self.block.take() {
            Some(block) => match self.state.check_quotas(&block.transaction) {
                Ok(()) => block.transaction.commit().await,
                Err(error) => Err(error),
            },
            None => Ok(()),
        };
        self.note_end(if committed.is_ok() { "committed" } else { "rolled back" }, began);
        match committed {
            Ok(()) => {
                self.state.settings.commit();
                self.state.follow_settings();
            }
            Err(_) => self.state.roll_back_settings(),
        }
        committed
    }

    /// Drops the open block and all that it wrote.
    pub async fn rollback(&mut self) {
        let began = clock::now();
        self.cursors.clear();
        self.block = None;
        self.note_end("rolled back", began);
        self.state.roll_back_settings();
    }

    /// Notes a statement that was run without the engine in the logs.
    pub fn note(&self, own: OwnStatement<'_>) {
        let OwnStatement { statement, text, took, error } = own;
        let end = clock::now();
        let record = self.state.record(self.state.engine.logs().next_query(), statement, text);
        self.state.engine.logs().append(QueryRecord {
            xid: self.block.as_ref().map_or(self.last_block, |block| block.transaction.id()),
            start: end - i64::try_from(took.as_micros()).unwrap_or(0),
            end,
            error: error.map(|error| error.message().to_string()),
            ..record
        });
    }

    /// Shows a cursor of the open block as open, until it is closed or the block ends.
    pub fn open_cursor(&self, name: &str, progress: Arc<CursorProgress>) {
        let xid = self.block.as_ref().map_or(self.last_block, |block| block.transaction.id());
        let cursor = OpenCursor { name: name.to_string(), xid, declared: clock::now(), progress };
        self.state.active.show_cursor(Some(cursor));
    }

    /// There is no open cursor any more.
    pub fn close_cursor(&self) {
        self.state.active.show_cursor(None);
    }

    /// Notes the end of the block in the logs.
    fn note_end(&mut self, status: &'static str, commit: i64) {
        let Some((xid, start)) = self.noted.take() else { return };
        self.last_block = xid;
        self.close_cursor();
        self.state.engine.logs().append(TransactionRecord {
            xid,
            user_id: self.state.user_id.0,
            pid: self.state.login.pid,
            database: self.state.login.database.clone(),
            status,
            start,
            commit,
            end: clock::now(),
        });
    }

    /// Is a transaction block open?
    pub fn in_block(&self) -> bool {
        self.block.is_some()
    }

    /// Tells parameters and columns of a statement without running it.
    ///
    /// # Errors
    /// Those that binding it gives.
    pub async fn describe(&mut self, statement: &Statement, types: &[Option<RedshiftType>]) -> Result<Description> {
        let own;
        let block = match &self.block {
            Some(block) => block,
            None => {
                own = Block { transaction: self.state.transaction()?, started: clock::now() };
                &own
            }
        };
        let parameters = Parameters::to_describe(types.to_vec());
        let work = Work::new(&mut self.state, &block.transaction, block.started, parameters)?;
        let described = statements::describe(statement, &work);
        // What set_config() asks for happens when the statement runs.
        self.state.effects.take_settings();
        described
    }

    /// Runs a statement: in the open block, or in a transaction of its own that is committed when it succeeds.
    ///
    /// Dropping the future, or the stream of rows it gave, stops the statement and undoes what it did. A block whose
    /// statement failed or was dropped can only be rolled back: the caller sees to that.
    pub async fn execute(&mut self, request: Request<'_>) -> Result<Outcome> {
        let query = self.state.engine.logs().next_query();
        self.state.last_statement = query;
        // The block is taken out: where this future is dropped half-way, its transaction goes with it.
        let (block, in_block) = match self.block.take() {
            Some(block) => (block, InBlock::Yes),
            None => (Block { transaction: self.state.transaction()?, started: clock::now() }, InBlock::No),
        };
        let record = QueryRecord {
            xid: block.transaction.id(),
            own_transaction: in_block == InBlock::No,
            ..self.state.record(query, request.statement, request.text)
        };
        let running = self.state.active.run(RunningQuery {
            query,
            xid: record.xid,
            query_type: record.query_type,
            text: record.text.clone(),
            label: record.label.clone(),
            started: clock::now(),
        });
        let log = QueryLog::new(record, Some(running), self.state.engine.logs().clone());
        let (trace, query_type) = (log.trace(), statements::query_type(request.statement));
        self.state.active.show_trace(trace.clone());
        let outcome = match request.statement {
            // The statements of a procedure have rows and steps of their own.
            Statement::Call(_) => self.run(request, query, block, in_block).await,
            _ => trace.scope(self.run(request, query, block, in_block)).await,
        };
        self.state.dropping.clear();
        // Queries that the leader node runs alone do not count (developer guide, "PG_LAST_QUERY_ID").
        if matches!(query_type, "COPY" | "UNLOAD") || trace.touches_tables() {
            self.state.last_query_id = query;
        }
        log.follow(outcome)
    }

    async fn run(&mut self, request: Request<'_>, query: i64, block: Block, in_block: InBlock) -> Result<Outcome> {
        self.state.block_used &= in_block == InBlock::Yes;
        if let Statement::Call(call) = request.statement {
            self.state.block_used = in_block == InBlock::Yes;
            let parameters = Parameters::with_values(request.parameter_types.to_vec(), request.parameters.to_vec());
            return Box::pin(self.call(call, request.text, parameters, block, in_block)).await;
        }
        let in_block = in_block == InBlock::Yes;
        self.state.ingested &= in_block;
        let parameters = Parameters::with_values(request.parameter_types.to_vec(), request.parameters.to_vec());
        let mut work = Work::new(&mut self.state, &block.transaction, block.started, parameters)?;
        work.query = query;
        let outcome = statements::run(request.statement, &mut work).await;
        self.state.block_used |= in_block && !changes_used_database(request.statement);
        // TRUNCATE commits what the block did so far, and the block goes on (developer guide, "TRUNCATE").
        let commits = !in_block || self.state.commits;
        match outcome {
            Ok(Outcome::Rows(rows)) if !in_block => Ok(Outcome::Rows(held_until_read(rows, block.transaction))),
            Ok(done) if commits => {
                self.state.check_quotas(&block.transaction)?;
                block.transaction.commit().await?;
                if in_block {
                    self.block = Some(Block { transaction: self.state.transaction()?, started: clock::now() });
                    self.noted = self.block.as_ref().map(|block| (block.transaction.id(), block.started));
                }
                Ok(done)
            }
            Err(error) if !in_block => Err(error),
            outcome => {
                self.block = Some(block);
                outcome
            }
        }
    }

    /// Runs a procedure, which may end the transaction and begin others.
    async fn call(
        &mut self,
        call: &Call,
        text: &str,
        parameters: Parameters,
        block: Block,
        in_block: InBlock,
    ) -> Result<Outcome> {
        let in_block = in_block == InBlock::Yes;
        let mut host = Host::new(&mut self.state, block.transaction, block.started, in_block);
        host.text = text.to_string();
        host.parameters = parameters;
        let outcome = Box::pin(procedures::call(call, &mut host)).await;
        if !in_block {
            let outcome = outcome?;
            host.finish().await?;
            return Ok(outcome);
        }
        if let Some(open) = host.into_transaction() {
            if outcome.is_ok() {
                self.cursors = open.cursors;
            }
            self.block = Some(Block { transaction: open.transaction, started: open.started });
        }
        outcome
    }

    /// The cursors that the last CALL has left open, with what is to be fetched from them: they last as long as the block.
    pub fn take_cursors(&mut self) -> Vec<(String, Rows)> {
        std::mem::take(&mut self.cursors)
    }

    /// Messages that the statements since the last call left.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        let mut notices = std::mem::take(&mut self.state.notices);
        notices.extend(self.state.active.take_notices());
        notices.extend(self.state.effects.take_notices());
        notices
    }

    /// How long the session may wait for a statement before it ends: SESSION TIMEOUT of its user (developer guide,
    /// "CREATE USER").
    pub fn idle_limit(&self) -> Option<Duration> {
        self.state.idle_limit
    }

    /// Settings that changed since the last call and that the client wants to hear of (ParameterStatus).
    pub fn take_setting_changes(&mut self) -> Vec<(String, String)> {
        self.state.settings.take_changes()
    }

    /// The id that the last statement has in the system tables (pg_last_query_id()); none before the first.
    pub fn last_query(&self) -> Option<i64> {
        Some(self.state.last_statement).filter(|query| *query >= 0)
    }

    /// A setting's value as SHOW gives it.
    pub fn setting(&self, name: &str) -> Option<String> {
        self.state.settings.get(name).map(str::to_string)
    }
}

/// Is it USE or RESET USE?
fn changes_used_database(statement: &Statement) -> bool {
    match statement {
        Statement::Use(_) => true,
        Statement::Reset(Reset::Parameter(name)) => name == "use",
        _ => false,
    }
}

/// Rows whose transaction, with its locks, is committed when they are read, and rolled back when they are not wanted.
fn held_until_read(rows: Rows, transaction: Transaction) -> Rows {
    let end = stream::once(transaction.commit()).filter_map(|done| ready(done.err().map(Err)));
    Rows { batches: rows.batches.chain(end).boxed(), ..rows }
}

/// A session's temporary tables go with it.
impl Drop for Session {
    fn drop(&mut self) {
        self.block = None;
        self.note_end("rolled back", clock::now());
        self.state.note_end();
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (engine, pid) = (self.state.engine.clone(), self.state.login.pid);
        let database = self.state.login.database.clone();
        runtime.spawn(async move {
            if let Err(error) = engine.catalog().drop_temp_schema(pid, &database).await {
                tracing::warn!(%error, pid, "temporary tables are left for the next start to drop");
            }
        });
    }
}

impl SessionState {
    /// Refuses to commit what has made a schema larger than its quota. Transactions that add no rows are not looked at
    /// (developer guide, "CREATE SCHEMA", QUOTA).
    fn check_quotas(&self, transaction: &Transaction) -> Result<()> {
        const MEGABYTE: u64 = 1 << 20;
        if !self.ingested {
            return Ok(());
        }
        let view = transaction.view();
        let view = transaction.written_database().map_or_else(|| view.clone(), |database| view.in_database(database));
        let mut exceeded = Vec::new();
        for schema in view.schemas()? {
            let Some(quota) = schema.quota_mb else { continue };
            let mut bytes = 0;
            for relation in view.relations()?.iter().filter(|relation| relation.schema_oid == schema.oid) {
                bytes += view.table_statistics(relation.oid)?.bytes;
            }
            if bytes > quota * MEGABYTE {
                let used = bytes.div_ceil(MEGABYTE);
                self.engine.logs().append(QuotaRecord {
                    user_id: self.user_id.0,
                    owner: schema.owner.0,
                    xid: transaction.id(),
                    pid: self.login.pid,
                    schema: schema.oid.0,
                    name: schema.name.clone(),
                    quota,
                    used,
                    time: clock::now(),
                });
                exceeded.push(format!("(Schema: {}, Quota: {quota}, Current Disk Usage: {used})", schema.name));
            }
        }
        if exceeded.is_empty() {
            return Ok(());
        }
        let message = format!(
            "Transaction {} is aborted due to exceeding the disk space quota in schema(s): {}.",
            transaction.id(),
            exceeded.join(", ")
        );
        Err(Error::new(SqlState::INTERNAL_ERROR, message)
            .with_hint("Free up disk space or request increased quota for the schema(s)."))
    }

    /// Notes the end of the session in the logs.
    fn note_end(&self) {
        let Some(session) = self.active.session().filter(|_| self.purpose == Purpose::Client) else { return };
        self.engine.logs().append(SessionRecord {
            pid: session.pid,
            user_id: session.user_id,
            user: session.user,
            database: session.database,
            start: session.started,
            end: clock::now(),
            client: session.client,
            application: session.application,
            timeout: session.timeout,
        });
    }

    /// Makes somebody the user whose privileges count.
    pub(crate) fn act_as(&mut self, user: SessionUser, span: Span) {
        self.settings.set_user(&user.name, user.superuser, span);
        // SET LOCAL does nothing outside of a block.
        if self.settings.get("session_authorization") != Some(&user.name) {
            return;
        }
        SessionUser { id: self.user_id, name: self.user, superuser: self.superuser } = user;
    }

    /// Undoes what the block set, SET SESSION AUTHORIZATION too.
    fn roll_back_settings(&mut self) {
        self.settings.rollback();
        self.follow_settings();
    }

    /// The user is who the settings say after a block.
    fn follow_settings(&mut self) {
        let before = self.settings.get("session_authorization").unwrap_or_default();
        if before == self.user {
            return;
        }
        let found = self.engine.catalog().look().user(before);
        let user = match found {
            Ok(Some(user)) => SessionUser::from(&*user),
            Ok(None) | Err(_) => self.authenticated.clone(),
        };
        self.act_as(user, Span::Session);
    }

    pub(crate) fn transaction(&self) -> Result<Transaction> {
        self.engine.catalog().begin(self.login.pid, &self.login.database)
    }

    /// What a statement sees that begins now: the catalog of the database that it works in, which USE chooses, and what
    /// names, types and session functions depend on. The system's relations are those of the database that the session is
    /// connected to.
    pub(crate) fn look(
        &self,
        transaction: &Transaction,
        started: i64,
        parameters: Parameters,
    ) -> Result<(Arc<TransactionView>, BindContext)> {
        let here = transaction.view();
        let case_insensitive = transaction.database().case_insensitive;
        let session = Arc::new(SessionInfo { case_insensitive, ..self.info(started) });
        let view = match &session.database_in_use {
            // One that is gone has nothing in it.
            Some(name) => here.in_database(here.database_named(name)?.map_or(Oid(0), |found| found.oid)),
            None => Arc::clone(&here),
        };
        let source = Source {
            directory: here,
            session: session.clone(),
            logs: self.engine.logs().clone(),
            activity: self.engine.activity().clone(),
            engine: Some(self.engine.clone()),
            elsewhere: false,
            describing: false,
        };
        let context = BindContext {
            catalog: Arc::new(SystemView::new(view.clone(), source)),
            session,
            parameters,
            effects: self.effects.clone(),
            variables: None,
            blanks: TrailingBlanks::default(),
        };
        Ok((view, context))
    }

    fn info(&self, transaction_start: i64) -> SessionInfo {
        SessionInfo {
            database: self.login.database.clone(),
            case_insensitive: false,
            database_in_use: self.settings.get("use").filter(|name| !name.is_empty()).map(str::to_string),
            user: self.user.clone(),
            user_id: self.user_id.0,
            superuser: self.superuser,
            session_user: self.user.clone(),
            pid: self.login.pid,
            search_path: self.search_path(),
            temp_schema: self.temp_schema.clone(),
            case_sensitive: self.settings.is_on("enable_case_sensitive_identifier")
                || !self.settings.is_on("downcase_delimited_identifier"),
            case_settings_changed: CASE_SETTINGS.iter().any(|name| !self.settings.is_initial(name)),
            time_zone: self.settings.get("timezone").and_then(Zone::of_setting).unwrap_or(Zone::UTC),
            transaction_start,
            statement_start: clock::now(),
            settings: self.settings.all().clone(),
            null_settings: self.settings.nulls().clone(),
            last_copy_id: self.last_copy_id,
            last_copy_count: self.last_copy_count,
            last_unload_id: self.last_unload_id,
            last_unload_count: self.last_unload_count,
            last_query_id: self.last_query_id,
            random: self.random.clone(),
            extensions: self.engine.config().extensions,
        }
    }

    /// The schemas of `search_path`, `$user` replaced.
    fn search_path(&self) -> Vec<String> {
        let names = self.settings.names("search_path").into_iter();
        names.map(|name| if name == "$user" { self.user.clone() } else { name }).collect()
    }

    /// The log's record of a statement that begins.
    pub(crate) fn record(&self, query: i64, statement: &Statement, text: &str) -> QueryRecord {
        QueryRecord {
            query,
            user_id: self.user_id.0,
            user: self.user.clone(),
            label: self.settings.get("query_group").unwrap_or("default").to_string(),
            pid: self.login.pid,
            database: self.login.database.clone(),
            query_type: statements::query_type(statement),
            text: text.to_string(),
            search_path: self.search_path().join(","),
            ..QueryRecord::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A statement may be run on any thread of a runtime, and move from one to another while it waits.
    #[test]
    fn what_runs_a_statement_can_be_sent() {
        fn sent<T: Send>(_: impl FnOnce(&'static mut Session, Request<'static>) -> T) {}
        sent(|session, request| session.execute(request));
        fn kept<T: Send>() {}
        kept::<Session>();
        kept::<Outcome>();
    }
}
