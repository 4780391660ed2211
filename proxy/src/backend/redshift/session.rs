//! A client's session over a session of the Data API.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use blueshift_emulator::{
    Description, Login, Notice, Outcome, Request,
    settings::Settings,
    text_input::{DateOrder, DateTimeInput, zone::Zone},
};
use redshift_sql_dialect::{
    Error, RedshiftType, Result,
    ast::{IsolationLevel, Statement, TransactionModes},
};

use super::{
    describe,
    pages::Source,
    parameters::Text,
    remote::Remote,
    tags::{counts_rows, done_tag, rows_tag},
    target::Target,
};
use crate::{backend::BackendSession, config::proxy::ResultForm};

/// Settings that concern the connection to the gateway alone.
const OWN: [&str; 3] = ["client_encoding", "client_min_messages", "integer_datetimes"];

/// A session.
pub struct RedshiftSession {
    target: Arc<Target>,
    remote: Arc<Remote>,
    settings: Settings,
    block: Block,
}

/// The transaction block of the session.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Block {
    None,
    /// It is open for the client, and the service has not heard of it yet.
    Asked(TransactionModes),
    /// It is open.
    Open,
}

impl RedshiftSession {
    /// A session for a client that is logged in.
    ///
    /// # Errors
    /// What a start-up setting fails with.
    pub fn new(target: Arc<Target>, login: &Login) -> Result<RedshiftSession> {
        let mut settings = Settings::new(&login.user, "off");
        let mut preamble = Vec::new();
        for (name, value) in &login.settings {
            let before = settings.get(name).map(str::to_string);
            settings.set_at_startup(name, value)?;
            let kept = settings.get(name);
            if !OWN.contains(&name.as_str()) && kept != before.as_deref() {
                let value = kept.unwrap_or_default().replace('\\', "\\\\").replace('\'', "''");
                preamble.push(format!("SET {name} TO '{value}'"));
            }
        }
        let remote = Remote::new(Arc::clone(&target), login.control.clone(), preamble);
        Ok(RedshiftSession { target, remote, settings, block: Block::None })
    }

    /// Opens the block in the service, where one was asked for.
    async fn open_block(&mut self) -> Result<()> {
        let Block::Asked(modes) = self.block else { return Ok(()) };
        self.remote.run(Text::plain(begin_text(modes)), ResultForm::Json).await?;
        self.block = Block::Open;
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
        let zone = self.settings.get("timezone").and_then(Zone::of_name).unwrap_or(Zone::UTC);
        DateTimeInput { order, zone, now: 0 }
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
        };
        Ok(Outcome::Rows(source.rows(rows_tag(statement)).await?))
    }

    /// What a statement that has run changes here.
    fn after(&mut self, statement: &Statement) {
        // The service has accepted it, so that a setting that is not known here is no error.
        match statement {
            Statement::Set(set) => drop(self.settings.apply(set)),
            Statement::Reset(reset) => drop(self.settings.apply_reset(reset)),
            // It commits the transaction that it is in.
            Statement::Truncate(_) if self.block == Block::Open => {
                self.block = Block::None;
                self.settings.commit();
            }
            _ => {}
        }
    }
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
        match std::mem::replace(&mut self.block, Block::None) {
            Block::None => Ok(()),
            Block::Asked(_) => {
                self.settings.commit();
                Ok(())
            }
            Block::Open => match self.remote.run(Text::plain("COMMIT"), ResultForm::Json).await {
                Ok(_) => {
                    self.settings.commit();
                    Ok(())
                }
                Err(error) => {
                    self.settings.rollback();
                    Err(of_commit(error))
                }
            },
        }
    }

    async fn rollback(&mut self) {
        if std::mem::replace(&mut self.block, Block::None) == Block::Open {
            // A session in which that fails is lost, and says so to whoever uses it next.
            if let Err(error) = self.remote.run(Text::plain("ROLLBACK"), ResultForm::Json).await {
                self.remote.give_up(error);
            }
        }
        self.settings.rollback();
    }

    fn in_block(&self) -> bool {
        self.block != Block::None
    }

    async fn describe(&mut self, statement: &Statement, types: &[Option<RedshiftType>]) -> Result<Description> {
        let parameters = types.iter().map(|ty| ty.unwrap_or(RedshiftType::Unknown)).collect();
        let columns = match describe::known_columns(statement) {
            describe::Columns::None => None,
            describe::Columns::Known(columns) => Some(columns),
            describe::Columns::Probe(probe) => {
                let text = Text::probe(&probe, types)?;
                match self.run(&probe, text).await.map_err(Error::without_position)? {
                    Outcome::Rows(rows) => Some(rows.columns),
                    Outcome::Done(_) => None,
                }
            }
        };
        Ok(Description { parameters, columns })
    }

    async fn execute(&mut self, request: Request<'_>) -> Result<Outcome> {
        let text = Text::of(request)?;
        self.run(request.statement, text).await
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

    fn counts_in_statement(&self) -> bool {
        true
    }

    fn describes_at_a_cost(&self) -> bool {
        true
    }

    fn last_query(&self) -> Option<i64> {
        self.remote.last().and_then(|last| last.query)
    }
}

impl Drop for RedshiftSession {
    fn drop(&mut self) {
        Arc::clone(&self.remote).close(self.block == Block::Open);
    }
}

/// Of a COMMIT whose answer was lost nobody knows whether it was done.
fn of_commit(error: Error) -> Error {
    use redshift_sql_dialect::SqlState;
    if error.sqlstate() != SqlState::CONNECTION_FAILURE {
        return error;
    }
    let message = format!("it is not known whether the transaction was committed: {}", error.message());
    Error::new(SqlState::TRANSACTION_RESOLUTION_UNKNOWN, message)
}
