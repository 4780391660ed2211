//! A client's session over a session of the Data API.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use arrow::{
    array::{ArrayRef, StringViewArray},
    datatypes::Schema,
    record_batch::RecordBatch,
};
use async_trait::async_trait;
use blueshift_emulator::{
    Description, Login, Notice, Outcome, Request, ResultColumn, Rows,
    settings::{Settings, Span},
    text_input::{DateOrder, DateTimeInput, zone::Zone},
    text_output::TextStyle,
    types::arrow_field,
};
use futures::{StreamExt, stream};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Call, FunctionCall, IsolationLevel, Set, Show, Statement, TransactionModes},
    footprint::Footprint,
    parse,
    visit::{Use, Visitor},
};

use super::{
    budget::Budget,
    cache, describe,
    inference::parameter_count,
    pages::Source,
    parameters::Text,
    procedures::{self, Candidates, Texts},
    remote::Remote,
    tags::{counts_rows, done_tag, rows_tag},
    target::Target,
    unload,
};
use crate::{
    backend::BackendSession,
    config::proxy::ResultForm,
    policy::{search_path_command, split_path},
    rows::RowStream,
    wire::encode::text_value,
};

/// Settings that concern the connection to the gateway alone.
const OWN: [&str; 3] = ["client_encoding", "client_min_messages", "integer_datetimes"];

/// What is said of a result that is too large.
const NO_PLACE: &str = "The Data API gives results of at most 500 MB and rows of at most 64 KB. A gateway that is started with \
                        --unload-to s3://... unloads larger ones to S3 and reads them from there. Otherwise UNLOAD the rows, or \
                        ask for fewer.";
const NOT_AGAIN: &str = "The result would be unloaded to S3, but the statement is not run a second time, because it may do more \
                         than read.";
const IN_BLOCK: &str = "It is unloaded to S3 when it is run again; it was not now, because other statements of the transaction came \
                        before it.";

/// A session.
pub struct RedshiftSession {
    target: Arc<Target>,
    remote: Arc<Remote>,
    user: String,
    settings: Settings,
    /// Settings whose values were set in this session, so that they are known here.
    known: BTreeSet<String>,
    block: Block,
    /// Has the open block changed the catalog?
    changed_in_block: bool,
    /// Does the session see a catalog of its own: temporary tables, another user?
    private: bool,
    /// Is the statement that runs the first one of the open block?
    first_in_block: bool,
    budget: Budget,
}

/// The transaction block of the session.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Block {
    None,
    /// It is open for the client, and the service has not heard of it yet.
    Asked(TransactionModes),
    /// It is open.
    Open(TransactionModes),
}

impl Block {
    fn is_open(self) -> bool {
        matches!(self, Block::Open(_))
    }
}

impl RedshiftSession {
    /// A session for a client that is logged in. Its results take their memory from `budget`.
    ///
    /// # Errors
    /// What a start-up setting fails with.
    pub fn new(target: Arc<Target>, login: &Login, budget: Budget) -> Result<RedshiftSession> {
        let mut settings = Settings::new(&login.user, if target.is_superuser() { "on" } else { "off" });
        let (mut preamble, mut known) = (Vec::new(), BTreeSet::from(OWN.map(str::to_string)));
        for (name, value) in &login.settings {
            let before = settings.get(name).map(str::to_string);
            settings.set_at_startup(name, value)?;
            known.insert(name.clone());
            let kept = settings.get(name);
            // What the search path would be otherwise is the user's own affair, and not known here.
            if OWN.contains(&name.as_str()) || (kept == before.as_deref() && name != "search_path") {
                continue;
            }
            let value = kept.unwrap_or_default();
            preamble.push(match name.as_str() {
                // A list, of which each name is a word of its own.
                "search_path" => search_path_command(value),
                _ => format!("SET {name} TO '{}'", value.replace('\\', "\\\\").replace('\'', "''")),
            });
        }
        let remote = Remote::new(Arc::clone(&target), login.control.clone(), preamble);
        let user = login.user.clone();
        Ok(RedshiftSession {
            target,
            remote,
            user,
            settings,
            known,
            block: Block::None,
            changed_in_block: false,
            private: false,
            first_in_block: false,
            budget,
        })
    }

    /// Opens the block in the service, where one was asked for.
    async fn open_block(&mut self) -> Result<()> {
        let Block::Asked(modes) = self.block else {
            self.first_in_block = false;
            return Ok(());
        };
        self.remote.set_in_block(true);
        self.remote.run(Text::plain(begin_text(modes)), ResultForm::Json).await?;
        self.block = Block::Open(modes);
        self.first_in_block = true;
        Ok(())
    }

    /// How the service writes dates and times in this session.
    fn input(&self) -> DateTimeInput {
        let style = self.settings.get("datestyle").unwrap_or_default().to_lowercase();
        let order = match style.rsplit(',').next().map(str::trim) {
            Some("dmy") => DateOrder::DayMonthYear,
            Some("ymd") => DateOrder::YearMonthDay,
            _ => DateOrder::MonthDayYear,
        };
        let zone = self.settings.get("timezone").and_then(Zone::of_setting).unwrap_or(Zone::UTC);
        DateTimeInput { order, zone, now: 0 }
    }

    /// Runs a statement, unless its answer is known here.
    async fn answer(&mut self, statement: &Statement, text: Text) -> Result<Outcome> {
        if let Statement::Show(Show::Parameter(name)) = statement
            && self.known.contains(name)
            && let Some(value) = self.settings.get(name)
        {
            return text_answer(name, value);
        }
        if matches!(statement, Statement::Set(Set::Parameter { name, .. }) if OWN.contains(&name.as_str())) {
            let Statement::Set(set) = statement else { return Err(Error::internal("SET is SET")) };
            self.settings.apply(set)?;
            return Ok(Outcome::Done(done_tag(statement, 0)));
        }
        let footprint = Footprint::of(statement);
        if leaves_something(statement, &footprint) {
            self.remote.set_private();
        }
        let kept = self.block == Block::None && !self.private && cache::is_stable(statement, &footprint);
        let (Some(cache), true) = (self.target.cache.clone(), kept) else {
            let outcome = self.run(statement, text).await?;
            self.follow_settings(statement, &footprint).await;
            return Ok(outcome);
        };
        let key = cache.key(&self.user, &text, &self.settings);
        if let Some(answer) = cache.get(&key) {
            return Ok(Outcome::Rows(answer.rows()));
        }
        match self.run(statement, text).await? {
            Outcome::Rows(rows) => cache.keep(key, rows).await.map(Outcome::Rows),
            done => Ok(done),
        }
    }

    /// Asks for the settings that a query has changed (set_config), as far as they decide how values are read and written.
    async fn follow_settings(&mut self, statement: &Statement, footprint: &Footprint) {
        if !matches!(statement, Statement::Query(_) | Statement::Call(_)) {
            return;
        }
        let called = matches!(statement, Statement::Call(_));
        if footprint.settings.is_empty() && !called {
            return;
        }
        self.known = BTreeSet::from(OWN.map(str::to_string));
        if called {
            // What a procedure sets is undone at its end, unless it says otherwise, and that is seldom.
            return;
        }
        for name in ["timezone", "datestyle", "intervalstyle", "statement_timeout", "application_name"] {
            let changed = footprint.settings.iter().any(|setting| setting.as_deref().is_none_or(|set| set == name));
            if !changed {
                continue;
            }
            if let Ok(value) = self.asked(&format!("SHOW {name}")).await {
                drop(self.settings.set(name, &[&value], Span::Session));
            }
        }
    }

    /// The only value of a question.
    async fn asked(&mut self, sql: &str) -> Result<String> {
        let show = Statement::Show(Show::All);
        let Outcome::Rows(rows) = self.run(&show, Text::plain(sql)).await? else {
            return Err(Error::internal("a question has no answer"));
        };
        let columns = Arc::clone(&rows.columns);
        let mut rows = RowStream::from(rows);
        let batch = rows.next(1).await?.ok_or_else(|| Error::internal("a question has no answer"))?;
        let (Some(values), Some(column)) = (batch.columns().first(), columns.first()) else {
            return Err(Error::internal("a question has no answer"));
        };
        Ok(text_value(values, 0, column.ty, TextStyle::default())?.unwrap_or_default())
    }

    /// Runs a text that gives rows, or none.
    async fn run(&mut self, statement: &Statement, text: Text) -> Result<Outcome> {
        self.open_block().await?;
        let form = if statement.returns_rows() { self.target.form } else { ResultForm::Json };
        let mut ended = self.remote.run(text, form).await?;
        if ended.has_rows.is_none() || (ended.rows.is_none() && counts_rows(statement)) {
            ended = self.remote.told(&ended.id).await?;
        }
        self.after(statement);
        if ended.has_rows != Some(true) {
            return Ok(Outcome::Done(done_tag(statement, ended.rows.unwrap_or(0))));
        }
        let source = Source {
            client: self.target.client.clone(),
            id: ended.id,
            form,
            database: self.target.database.clone(),
            input: self.input(),
            budget: self.budget.clone(),
        };
        Ok(Outcome::Rows(source.rows(rows_tag(statement)).await?))
    }

    /// Runs a query whose result was too large for the Data API.
    async fn run_again(&mut self, request: Request<'_>, error: Error) -> Result<Outcome> {
        let target = Arc::clone(&self.target);
        let Some(unloads) = &target.unloads else { return Err(with_hint(error, NO_PLACE)) };
        if unload::repeatable(request.statement).is_none() {
            return Err(with_hint(error, NOT_AGAIN));
        }
        unloads.remember(&Text::literal(request)?);
        match self.block {
            Block::Open(_) if !self.first_in_block => return Err(with_hint(error, IN_BLOCK)),
            Block::Open(modes) => {
                self.remote.run(Text::plain("ROLLBACK"), ResultForm::Json).await?;
                self.block = Block::Asked(modes);
            }
            _ => {}
        }
        self.run_unloaded(request, unloads).await
    }

    /// Runs a query as an UNLOAD, and reads its rows from there.
    async fn run_unloaded(&mut self, request: Request<'_>, unloads: &unload::Unloads) -> Result<Outcome> {
        let statements = parse(&Text::literal(request)?)?;
        let statement = statements.first().map(|parsed| &parsed.statement);
        let Some(Statement::Query(query)) = statement else { return Err(Error::internal("a query is a query")) };
        let describe::Columns::Probe(probe) = describe::known_columns(&Statement::Query(query.clone())) else {
            return Err(Error::internal("a query has columns"));
        };
        let probed = self.probed(&probe, Text::plain(probe.to_string()).checked()?).await;
        let Some(columns) = probed.map_err(Error::without_position)? else {
            return Err(Error::internal("a query has columns"));
        };
        let mut files = unloads.folder();
        let statement = unload::unload(query, &columns, &files.url(), unloads.options())?;
        let text = Text::plain(statement.to_string()).checked()?;
        self.open_block().await?;
        tracing::info!(place = files.url(), "a result that is too large for the Data API is unloaded");
        files.written_by(&self.remote);
        self.remote.run(text, ResultForm::Json).await.map_err(Error::without_position)?;
        files.set_written();
        let source = unload::Source { files, columns, input: self.input(), budget: self.budget.clone() };
        Ok(Outcome::Rows(source.rows(rows_tag(request.statement)).await?))
    }

    /// The types of all parameters: those that the client left open follow from their places.
    async fn parameters(&mut self, statement: &Statement, types: &[Option<RedshiftType>]) -> Result<Vec<RedshiftType>> {
        let declared = || types.iter().map(|ty| ty.unwrap_or(RedshiftType::Unknown)).collect();
        if types.iter().all(Option::is_some) {
            return Ok(declared());
        }
        let footprint = Footprint::of(statement);
        let mut tables = Vec::new();
        for (name, usage) in &footprint.relations {
            if !matches!(usage, Use::Read | Use::Write) || cache::is_catalog(name) {
                continue;
            }
            if name.0.len() > 2 || tables.iter().any(|(known, _)| known == name) {
                continue;
            }
            let sql = format!("SELECT * FROM {name} LIMIT 0");
            let parsed = parse(&sql)?;
            let Some(probe) = parsed.first() else { continue };
            if let Some(columns) = self.probed(&probe.statement, Text::plain(sql)).await? {
                tables.push((name.clone(), columns));
            }
        }
        let found = self.target.binder.describe(statement, types, &tables).await;
        Ok(found.map_or_else(
            |error| {
                tracing::debug!(%error, "types of parameters stay open");
                declared()
            },
            |description| description.parameters,
        ))
    }

    /// The columns that a probe has.
    async fn probed(&mut self, probe: &Statement, text: Text) -> Result<Option<Arc<[ResultColumn]>>> {
        let cache = self.target.cache.clone().filter(|_| self.block == Block::None && !self.private);
        let key = cache.as_ref().map(|cache| cache.key(&self.user, &text, &self.settings));
        if let (Some(cache), Some(key)) = (&cache, &key)
            && let Some(columns) = cache.columns(key)
        {
            return Ok(Some(columns));
        }
        let Outcome::Rows(rows) = self.run(probe, text).await? else { return Ok(None) };
        if let (Some(cache), Some(key)) = (cache, key) {
            cache.keep_columns(key, Arc::clone(&rows.columns));
        }
        Ok(Some(rows.columns))
    }

    /// The columns of the row that a CALL gives; none where it gives none, or nobody tells before it runs.
    async fn columns_of_call(&mut self, call: &Call) -> Result<Option<Arc<[ResultColumn]>>> {
        let database = call.name.database().map_or(&self.target.database, |database| &database.value).clone();
        let path = self.settings.get("search_path").map(split_path).unwrap_or_default();
        let schemas = match call.name.schema() {
            Some(schema) => vec![schema.value.clone()],
            None => path.into_iter().filter(|schema| schema != "$user").collect(),
        };
        for schema in schemas {
            let candidates = Candidates { database: &database, schema: &schema, call };
            let Some(arguments) = candidates.arguments(&self.texts(&candidates.listing()).await?) else { continue };
            let Some(row) = procedures::row(&self.texts(&arguments).await?) else { return Ok(None) };
            let parsed = parse(&row)?;
            let Some(query) = parsed.first() else { return Ok(None) };
            return Ok(self.target.binder.describe(&query.statement, &[], &[]).await?.columns);
        }
        Ok(None)
    }

    /// The answer to a question, as text.
    async fn texts(&mut self, sql: &str) -> Result<Vec<Texts>> {
        let Outcome::Rows(rows) = self.run(&Statement::Show(Show::All), Text::plain(sql)).await? else {
            return Ok(Vec::new());
        };
        let types: Vec<RedshiftType> = rows.columns.iter().map(|column| column.ty).collect();
        let mut rows = RowStream::from(rows);
        let mut texts = Vec::new();
        while let Some(batch) = rows.next(usize::MAX).await? {
            for row in 0..batch.num_rows() {
                let values = batch.columns().iter().zip(&types);
                let values = values.map(|(values, ty)| text_value(values, row, *ty, TextStyle::default()));
                texts.push(values.collect::<Result<_>>()?);
            }
        }
        Ok(texts)
    }

    /// What a statement that has run changes here.
    fn after(&mut self, statement: &Statement) {
        // The service has accepted it, so that a setting that is not known here is no error.
        match statement {
            Statement::Set(set) => {
                drop(self.settings.apply(set));
                let (name, is_known) = match set {
                    Set::Parameter { name, value, .. } => {
                        (name.as_str(), value.is_some() && self.settings.get(name).is_some())
                    }
                    Set::TimeZone { zone, .. } => ("timezone", zone.is_some()),
                    Set::Transaction(_) | Set::SessionCharacteristics(_) => return,
                    Set::SessionAuthorization { .. } => {
                        self.private = true;
                        return;
                    }
                };
                if is_known {
                    self.known.insert(name.to_string());
                } else {
                    self.known.remove(name);
                }
            }
            Statement::Reset(reset) => {
                drop(self.settings.apply_reset(reset));
                self.known = BTreeSet::from(OWN.map(str::to_string));
            }
            Statement::CreateTable(create) if create.temporary => self.private = true,
            Statement::CreateTableAs(create) if create.temporary => self.private = true,
            Statement::Call(_) | Statement::Use(_) => {
                self.private = true;
                // Another database comes with a search path of its own.
                self.known = BTreeSet::from(OWN.map(str::to_string));
                self.forget_catalog();
            }
            // It commits what the block did so far, and the block goes on (developer guide, "TRUNCATE").
            Statement::Truncate(_) if self.block.is_open() => self.settings.commit(),
            other if cache::may_change_catalog(other) => self.forget_catalog(),
            _ => {}
        }
    }

    /// There is no block any more, here or in the service.
    fn end_block(&mut self) {
        self.block = Block::None;
        self.remote.set_in_block(false);
    }

    fn forget_catalog(&mut self) {
        self.changed_in_block = self.block.is_open();
        if let Some(cache) = &self.target.cache {
            cache.drop_all();
        }
    }
}

fn with_hint(error: Error, hint: &str) -> Error {
    error.without_position().with_hint(hint)
}

/// Does a statement leave something in its session: settings, temporary tables, another user, what was copied last?
fn leaves_something(statement: &Statement, footprint: &Footprint) -> bool {
    match statement {
        Statement::CreateTable(create) => create.temporary,
        Statement::CreateTableAs(create) => create.temporary,
        Statement::Query(_) => !footprint.settings.is_empty(),
        Statement::Set(_) | Statement::Reset(_) | Statement::Use(_) => true,
        // What they do is not known, or asked for later.
        Statement::Call(_) | Statement::Copy(_) | Statement::Unload(_) => true,
        _ => false,
    }
}

/// Does a statement ask what was before it in its session? (PG_LAST_QUERY_ID, PG_LAST_COPY_ID, ...)
fn asks_of_the_past(statement: &Statement) -> bool {
    struct Calls(bool);
    impl Visitor for Calls {
        fn visit_call(&mut self, call: &FunctionCall) {
            self.0 |= call.name.object().value.to_ascii_lowercase().starts_with("pg_last_");
        }
    }
    let mut calls = Calls(false);
    calls.visit_statement(statement);
    calls.0
}

/// The answer to SHOW.
fn text_answer(name: &str, value: &str) -> Result<Outcome> {
    let columns: Arc<[ResultColumn]> = [ResultColumn::computed(name, RedshiftType::Text)].into();
    let values: ArrayRef = Arc::new(StringViewArray::from(vec![value]));
    let schema = Arc::new(Schema::new(vec![arrow_field(name, RedshiftType::Text)]));
    let batch = RecordBatch::try_new(schema, vec![values]).map_err(|error| Error::internal(error.to_string()))?;
    Ok(Outcome::Rows(Rows { columns, batches: stream::iter([Ok(batch)]).boxed(), tag: "SHOW" }))
}

/// BEGIN with what was asked of it.
fn begin_text(modes: TransactionModes) -> String {
    let mut text = "BEGIN".to_string();
    let mut parts = Vec::new();
    if let Some(isolation) = modes.isolation {
        parts.push(match isolation {
            IsolationLevel::ReadUncommitted => "ISOLATION LEVEL READ UNCOMMITTED",
            IsolationLevel::ReadCommitted => "ISOLATION LEVEL READ COMMITTED",
            IsolationLevel::RepeatableRead => "ISOLATION LEVEL REPEATABLE READ",
            IsolationLevel::Serializable => "ISOLATION LEVEL SERIALIZABLE",
        });
    }
    if let Some(read_only) = modes.read_only {
        parts.push(if read_only { "READ ONLY" } else { "READ WRITE" });
    }
    if !parts.is_empty() {
        text.push(' ');
        text.push_str(&parts.join(", "));
    }
    text
}

#[async_trait]
impl BackendSession for RedshiftSession {
    async fn begin(&mut self, modes: TransactionModes) -> Result<()> {
        self.block = Block::Asked(modes);
        self.settings.begin();
        self.settings.transaction(&modes)
    }

    async fn commit(&mut self) -> Result<()> {
        let block = self.block;
        let committed = match block {
            Block::None => Ok(()),
            Block::Asked(_) => {
                self.settings.commit();
                Ok(())
            }
            Block::Open(_) => match self.remote.run(Text::plain("COMMIT"), ResultForm::Json).await {
                Ok(_) => {
                    self.settings.commit();
                    // What was changed in the block is seen by all from now on.
                    if std::mem::take(&mut self.changed_in_block) {
                        self.forget_catalog();
                    }
                    Ok(())
                }
                Err(error) => {
                    self.settings.rollback();
                    Err(of_commit(error))
                }
            },
        };
        self.end_block();
        committed
    }

    async fn rollback(&mut self) {
        if self.block.is_open() {
            // A session in which that fails is lost, and says so to whoever uses it next.
            if let Err(error) = self.remote.run(Text::plain("ROLLBACK"), ResultForm::Json).await {
                self.remote.give_up(error);
            }
        }
        self.end_block();
        self.settings.rollback();
        self.changed_in_block = false;
        self.known = BTreeSet::from(OWN.map(str::to_string));
    }

    fn in_block(&self) -> bool {
        self.block != Block::None
    }

    async fn describe(&mut self, statement: &Statement, types: &[Option<RedshiftType>]) -> Result<Description> {
        let mut types = types.to_vec();
        types.resize(types.len().max(parameter_count(statement)), None);
        let parameters = self.parameters(statement, &types).await?;
        let columns = match describe::known_columns(statement) {
            // NULL cannot stand for a name, so that the service cannot be asked.
            _ if matches!(statement, Statement::ShowObjects(_)) && !types.is_empty() => {
                self.target.binder.describe(statement, &types, &[]).await?.columns
            }
            describe::Columns::None => None,
            describe::Columns::Known(columns) => Some(columns),
            describe::Columns::OfProcedure(call) => self.columns_of_call(&call).await?,
            describe::Columns::Probe(probe) => {
                let types: Vec<_> = parameters.iter().copied().map(Some).collect();
                let text = Text::probe(&probe, &types)?;
                self.probed(&probe, text).await.map_err(Error::without_position)?
            }
        };
        Ok(Description { parameters, columns })
    }

    async fn execute(&mut self, request: Request<'_>) -> Result<Outcome> {
        if self.remote.is_replaced() && asks_of_the_past(request.statement) {
            let message =
                "the last statement is not known any more: the session of the Data API was idle and has been replaced";
            return Err(Error::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message));
        }
        let target = Arc::clone(&self.target);
        if let Some(unloads) = target.unloads.as_ref().filter(|unloads| unloads.is_any_known())
            && matches!(request.statement, Statement::Query(_))
            && unloads.is_known(&Text::literal(request)?)
        {
            return self.run_unloaded(request, unloads).await;
        }
        let text = Text::of(request)?;
        match self.answer(request.statement, text).await {
            Err(error) if unload::is_too_large(&error) => self.run_again(request, error).await,
            answer => answer,
        }
    }

    fn take_notices(&mut self) -> Vec<Notice> {
        // The Data API has none.
        Vec::new()
    }

    fn take_setting_changes(&mut self) -> Vec<(String, String)> {
        self.settings.take_changes()
    }

    fn idle_limit(&self) -> Option<Duration> {
        None
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.settings.get(name).map(str::to_string)
    }

    fn keeps_cursors(&self) -> bool {
        true
    }

    fn counts_in_statement(&self) -> bool {
        true
    }

    fn describes_at_a_cost(&self) -> bool {
        true
    }

    fn last_query(&self) -> Option<i64> {
        self.remote.last().and_then(|last| last.query)
    }

    fn statement_id(&self) -> Option<String> {
        self.remote.last().map(|last| last.id)
    }
}

impl Drop for RedshiftSession {
    fn drop(&mut self) {
        Arc::clone(&self.remote).close(self.block.is_open());
    }
}

/// Of a COMMIT whose answer was lost nobody knows whether it was done.
fn of_commit(error: Error) -> Error {
    if error.sqlstate() != SqlState::CONNECTION_FAILURE {
        return error;
    }
    let message = format!("it is not known whether the transaction was committed: {}", error.message());
    Error::new(SqlState::TRANSACTION_RESOLUTION_UNKNOWN, message)
}
