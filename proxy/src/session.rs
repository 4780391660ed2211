//! A client's session: its transaction, its prepared statements and portals, its cursor.
//!
//! The backend knows transaction blocks; what PostgreSQL's protocol makes of them is decided here: that several
//! statements of one message are one transaction, that a block whose statement failed refuses everything until its end,
//! that portals and cursors end with their transaction. Whoever uses a session calls [`Session::fail`] after every error
//! it reports, also one that came out of a stream of rows or that cut a statement short.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use blueshift_emulator::{
    CursorProgress, Description, Notice, NoticeSeverity, Outcome, OwnStatement, Request, ResultColumn,
    text_output::TextStyle,
};
use redshift_sql_dialect::{
    Error, Pos, RedshiftType, Result, SqlState,
    ast::{CloseCursor, Deallocate, DeclareCursor, Execute, Fetch, Prepare, Statement, TransactionModes},
};

use crate::{
    arguments::{any_numeric, argument_query, explained, known_type, numeric_of},
    backend::BackendSession,
    router::{self, Block, Company, Route, Scope},
    rows::{RowStream, SharedRows},
    wire::encode::{Format, text_value},
};

/// A statement to be run.
#[derive(Debug, Clone, Copy)]
pub struct Command<'a> {
    /// What it says.
    pub statement: &'a Statement,
    /// Its text, for the logs.
    pub text: &'a str,
    /// Where that begins in the message.
    pub start: Pos,
    /// The types of its parameters, as far as they are known.
    pub types: &'a [Option<RedshiftType>],
    /// Their values in text form.
    pub values: &'a [Option<String>],
    /// What stands beside it.
    pub company: Company,
}

/// What a statement answers.
pub enum Answer {
    /// Rows, to be streamed.
    Rows(RowStream),
    /// A command tag.
    Done(String),
}

/// A prepared statement, of the protocol or of PREPARE.
#[derive(Debug)]
pub struct Prepared {
    /// The text that it stands in, which positions of errors count in.
    pub message: Arc<str>,
    /// Its own text.
    pub text: String,
    /// Where that begins in the message.
    pub start: Pos,
    /// What it says; none for an empty statement.
    pub statement: Option<Statement>,
    /// The types of its parameters, as far as they were declared.
    pub types: Vec<Option<RedshiftType>>,
    /// How many parameters it has.
    pub parameters: u16,
    /// The OIDs that were declared; among them may be some that no column has, such as uuid's.
    pub declared: Vec<u32>,
    /// The types of its parameters, once it was described.
    pub inferred: OnceLock<Vec<RedshiftType>>,
    /// The columns that a client was told of it.
    pub described: OnceLock<Arc<[ResultColumn]>>,
}

impl Prepared {
    /// The OID that was declared for a parameter, unless it was left open.
    pub fn declared_oid(&self, index: usize) -> Option<u32> {
        self.declared.get(index).copied().filter(|oid| *oid != 0 && *oid != RedshiftType::Unknown.oid())
    }

    /// The OID in whose binary form a parameter comes.
    pub fn wire_oid(&self, index: usize) -> u32 {
        let inferred = || self.inferred.get().and_then(|types| types.get(index)).map_or(0, |ty| ty.oid());
        self.declared_oid(index).unwrap_or_else(inferred)
    }

    /// The types of the parameters, as far as they were declared or inferred.
    pub fn known_types(&self) -> Vec<Option<RedshiftType>> {
        match self.inferred.get() {
            Some(types) => types.iter().copied().map(Some).collect(),
            None => self.types.clone(),
        }
    }
}

/// A bound statement and how far it has come.
pub struct Portal {
    /// What it runs.
    pub bound: Bound,
    /// How far it has come.
    pub progress: Progress,
}

/// A prepared statement with its parameters.
#[derive(Debug, Clone)]
pub struct Bound {
    /// What it runs.
    pub prepared: Arc<Prepared>,
    /// The types of its parameters.
    pub types: Vec<Option<RedshiftType>>,
    /// The values of its parameters.
    pub values: Vec<Option<String>>,
    /// The formats of its result, as Bind gave them: none, one for all, or one for each column.
    pub formats: Vec<Format>,
}

/// How far a portal has come.
pub enum Progress {
    /// It has not begun.
    Ready,
    /// It has sent some rows and has perhaps more.
    Suspended(RowStream),
    /// It has done what it does, and its tag, which is this, has not been told.
    Done(String),
    /// It has no more rows, and its tag was this.
    Finished(String),
    /// It has done what it does, once.
    Spent,
}

struct Cursor {
    name: String,
    rows: SharedRows,
}

/// A session.
pub struct Session {
    backend: Box<dyn BackendSession>,
    block: Block,
    prepared: HashMap<String, Arc<Prepared>>,
    portals: HashMap<String, Portal>,
    /// DECLARE opens one at most; those that a procedure left open are here, too.
    cursors: Vec<Cursor>,
    /// Of the open block, in the order in which they were set.
    savepoints: Vec<String>,
    notices: Vec<Notice>,
}

impl Session {
    /// A session over this one of the backend.
    pub fn new(backend: Box<dyn BackendSession>) -> Session {
        Session {
            backend,
            block: Block::Default,
            prepared: HashMap::new(),
            portals: HashMap::new(),
            cursors: Vec::new(),
            savepoints: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// Where its transaction stands.
    pub fn block(&self) -> Block {
        self.block
    }

    /// A setting's value as SHOW gives it.
    pub fn setting(&self, name: &str) -> Option<String> {
        self.backend.setting(name)
    }

    /// Which SHOW commands there are for metadata.
    pub fn show_discovery(&self) -> u32 {
        self.backend.show_discovery()
    }

    /// Must the backend go far to describe a statement?
    pub fn describes_at_a_cost(&self) -> bool {
        self.backend.describes_at_a_cost()
    }

    /// The id that the last statement has in the system tables; none before the first.
    pub fn last_query(&self) -> Option<i64> {
        self.backend.last_query()
    }

    /// How values are written for this client.
    pub fn style(&self) -> TextStyle {
        TextStyle::of_settings(|name| self.backend.setting(name))
    }

    /// How long the session may wait for a statement before it ends; none is for ever.
    pub fn idle_limit(&self) -> Option<Duration> {
        self.backend.idle_limit()
    }

    /// How long a statement may take.
    pub fn statement_timeout(&self) -> Option<Duration> {
        let milliseconds = self.backend.setting("statement_timeout")?.parse().ok()?;
        (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
    }

    /// Messages that statements left since the last call.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        let mut notices = std::mem::take(&mut self.notices);
        notices.extend(self.backend.take_notices());
        if !notices.is_empty() {
            let least = self.backend.setting("client_min_messages");
            notices.retain(|notice| is_wanted(notice.severity, least.as_deref()));
        }
        notices
    }

    /// Settings that changed since the last call and that the client wants to hear of.
    pub fn take_setting_changes(&mut self) -> Vec<(String, String)> {
        self.backend.take_setting_changes()
    }

    /// Runs a statement.
    ///
    /// # Errors
    /// Those of the statement, and those of its place: 25P02 in a block that failed, 25001 for what needs a transaction
    /// of its own.
    pub async fn run(&mut self, command: Command<'_>) -> Result<Answer> {
        let began = Instant::now();
        let answer = match router::route(command.statement, self.block, command.company) {
            Route::Begin(modes) => self.begin(modes).await,
            Route::Commit => self.commit().await,
            Route::Rollback => self.rollback().await,
            Route::Savepoint(name) => self.savepoint(&name.value),
            Route::Release(name) => self.release(&name.value),
            Route::Prepare(prepare) => self.prepare(prepare, command.text).await,
            Route::Deallocate(deallocate) => self.deallocate(deallocate),
            Route::Fetch(fetch) if self.is_backends(&fetch.cursor.value) => {
                return self.run_in_backend(Scope::AsItStands, command).await;
            }
            Route::CloseCursor(CloseCursor { name: Some(name) }) if self.is_backends(&name.value) => {
                return self.run_in_backend(Scope::AsItStands, command).await;
            }
            Route::Fetch(fetch) => self.fetch(fetch),
            Route::CloseCursor(close) => self.close_cursor(close),
            // What they run in the backend is in its history.
            Route::Execute(execute) => {
                let prepared = self.prepared(&execute.name.value)?;
                let Some(statement) = &prepared.statement else { return done("EXECUTE") };
                return self.execute_prepared(execute, (&prepared, statement), command).await;
            }
            Route::ExplainExecute(explain, execute) => {
                let prepared = self.prepared(&execute.name.value)?;
                let statement = explained(explain, &prepared)?;
                return self.execute_prepared(execute, (&prepared, &statement), command).await;
            }
            Route::DeclareCursor(declare) => return self.declare_cursor(declare, command).await,
            Route::Backend(scope) => return self.run_in_backend(scope, command).await,
            // What may not stand in a block is in the history all the same (developer guide, "SVL_MULTI_STATEMENT_VIOLATIONS").
            Route::Refuse(error) if error.sqlstate() == SqlState::ACTIVE_SQL_TRANSACTION => Err(error),
            Route::Refuse(error) => return Err(error),
        };
        let Command { statement, text, .. } = command;
        self.backend.note_own(OwnStatement { statement, text, took: began.elapsed(), error: answer.as_ref().err() });
        answer
    }

    /// Tells parameters and columns of a statement without running it.
    ///
    /// # Errors
    /// Those that running it would give before it touches a row.
    pub async fn describe(&mut self, statement: &Statement, types: &[Option<RedshiftType>]) -> Result<Description> {
        let declared = || types.iter().map(|ty| ty.unwrap_or(RedshiftType::Unknown)).collect();
        match statement {
            Statement::Commit | Statement::Rollback => Ok(Description { parameters: declared(), columns: None }),
            _ if self.block == Block::Aborted => Err(router::aborted()),
            Statement::Begin(_)
            | Statement::Savepoint(_)
            | Statement::Release(_)
            | Statement::Prepare(_)
            | Statement::Deallocate(_)
            | Statement::CloseCursor(_) => Ok(Description { parameters: declared(), columns: None }),
            Statement::DeclareCursor(declare) => {
                let query = Statement::Query(declare.query.clone());
                let description = self.backend.describe(&query, types).await?;
                Ok(Description { columns: None, ..description })
            }
            Statement::Fetch(fetch) if self.is_backends(&fetch.cursor.value) => {
                self.backend.describe(statement, types).await
            }
            Statement::Fetch(fetch) => {
                let columns = Arc::clone(&self.cursor(&fetch.cursor.value)?.rows.columns);
                Ok(Description { parameters: declared(), columns: Some(columns) })
            }
            Statement::Execute(execute) => {
                let prepared = self.prepared(&execute.name.value)?;
                self.describe_execute(execute, (&prepared, prepared.statement.as_ref()), types).await
            }
            Statement::Explain(explain) => match &*explain.statement {
                Statement::Execute(execute) => {
                    let prepared = self.prepared(&execute.name.value)?;
                    let statement = explained(explain, &prepared)?;
                    self.describe_execute(execute, (&prepared, Some(&statement)), types).await
                }
                _ => self.backend.describe(statement, types).await,
            },
            other => self.backend.describe(other, types).await,
        }
    }

    /// Ends the transaction that several statements of a message or a pipeline had in common.
    ///
    /// # Errors
    /// Where it cannot be committed; then nothing of it stays.
    pub async fn finish_implicit(&mut self) -> Result<()> {
        if self.block == Block::Implicit {
            self.end_block();
            self.backend.commit().await?;
        }
        if self.block == Block::Default {
            self.portals.clear();
        }
        Ok(())
    }

    /// Takes note of an error: what is open is rolled back, and a block that the client opened refuses everything until
    /// it ends it.
    pub async fn fail(&mut self) {
        let before = self.block;
        self.end_block();
        match before {
            Block::Default | Block::Implicit => self.backend.rollback().await,
            Block::InProgress => {
                self.backend.rollback().await;
                self.block = Block::Aborted;
            }
            Block::Aborted => self.block = Block::Aborted,
        }
    }

    /// There is no block any more, nor what lived in it.
    fn end_block(&mut self) {
        self.block = Block::Default;
        self.portals.clear();
        self.cursors.clear();
        self.savepoints.clear();
    }

    async fn begin(&mut self, modes: TransactionModes) -> Result<Answer> {
        match self.block {
            Block::Default => {
                self.backend.begin(modes).await?;
                self.block = Block::InProgress;
            }
            // What came before it in the message belongs to the block.
            Block::Implicit => self.block = Block::InProgress,
            Block::InProgress | Block::Aborted => {
                self.warn(SqlState::ACTIVE_SQL_TRANSACTION, "there is already a transaction in progress");
            }
        }
        done("BEGIN")
    }

    async fn commit(&mut self) -> Result<Answer> {
        let before = self.block;
        if matches!(before, Block::Default | Block::Implicit) {
            self.warn(SqlState::NO_ACTIVE_SQL_TRANSACTION, "there is no transaction in progress");
        }
        match before {
            Block::Default => done("COMMIT"),
            Block::Implicit | Block::InProgress => {
                self.end_block();
                self.backend.commit().await?;
                done("COMMIT")
            }
            // It was rolled back when it failed.
            Block::Aborted => {
                self.end_block();
                done("ROLLBACK")
            }
        }
    }

    async fn rollback(&mut self) -> Result<Answer> {
        if matches!(self.block, Block::Default | Block::Implicit) {
            self.warn(SqlState::NO_ACTIVE_SQL_TRANSACTION, "there is no transaction in progress");
        }
        if matches!(self.block, Block::Implicit | Block::InProgress) {
            self.backend.rollback().await;
        }
        self.end_block();
        done("ROLLBACK")
    }

    /// SAVEPOINT: psqlODBC sets one around each statement of a block. There is no way back to it, as in Redshift, so that
    /// nothing of it shows but its name.
    fn savepoint(&mut self, name: &str) -> Result<Answer> {
        self.require_block("SAVEPOINT")?;
        self.savepoints.push(name.to_string());
        done("SAVEPOINT")
    }

    /// RELEASE: the savepoint goes, and those that were set after it.
    fn release(&mut self, name: &str) -> Result<Answer> {
        self.require_block("RELEASE SAVEPOINT")?;
        let Some(index) = self.savepoints.iter().rposition(|set| set == name) else {
            return Err(Error::new(SqlState::INVALID_SAVEPOINT, "no such savepoint"));
        };
        self.savepoints.truncate(index);
        done("RELEASE")
    }

    fn require_block(&self, what: &str) -> Result<()> {
        if self.block == Block::InProgress {
            return Ok(());
        }
        let message = format!("{what} may only be used in transaction blocks");
        Err(Error::new(SqlState::NO_ACTIVE_SQL_TRANSACTION, message))
    }

    fn warn(&mut self, sqlstate: SqlState, message: &str) {
        self.notices.push(Notice { severity: NoticeSeverity::Warning, sqlstate, message: message.to_string() });
    }

    async fn run_in_backend(&mut self, scope: Scope, command: Command<'_>) -> Result<Answer> {
        if scope == Scope::OpenImplicit {
            self.backend.begin(TransactionModes::default()).await?;
            self.block = Block::Implicit;
        }
        let Command { statement, text, start, types, values, .. } = command;
        let request = Request { statement, text, parameter_types: types, parameters: values };
        let outcome = self.backend.execute(request).await;
        let outcome =
            if self.backend.counts_in_statement() { outcome.map_err(|error| moved(error, start))? } else { outcome? };
        if matches!(self.block, Block::Implicit | Block::InProgress) && !self.backend.in_block() {
            // TRUNCATE has committed it.
            self.end_block();
        }
        for (name, rows) in self.backend.take_cursors() {
            self.open_cursor(&name, rows.into());
        }
        match outcome {
            Outcome::Rows(rows) => Ok(Answer::Rows(rows.into())),
            Outcome::Done(tag) => Ok(Answer::Done(tag.to_string())),
        }
    }
}

/// Prepared statements and portals.
impl Session {
    /// The prepared statement of this name; the empty name is the unnamed one.
    ///
    /// # Errors
    /// 26000 where there is none.
    pub fn prepared(&self, name: &str) -> Result<Arc<Prepared>> {
        self.prepared.get(name).cloned().ok_or_else(|| {
            let message = match name {
                "" => "unnamed prepared statement does not exist".to_string(),
                name => format!("prepared statement \"{name}\" does not exist"),
            };
            Error::new(SqlState::INVALID_SQL_STATEMENT_NAME, message)
        })
    }

    /// Keeps a prepared statement under this name. The unnamed one is replaced.
    ///
    /// # Errors
    /// 42P05 where another has the name.
    pub fn keep_prepared(&mut self, name: &str, prepared: Arc<Prepared>) -> Result<()> {
        if !name.is_empty() && self.prepared.contains_key(name) {
            let message = format!("prepared statement \"{name}\" already exists");
            return Err(Error::new(SqlState::DUPLICATE_PREPARED_STATEMENT, message));
        }
        self.prepared.insert(name.to_string(), prepared);
        Ok(())
    }

    /// Forgets a prepared statement; one that does not exist is none already.
    pub fn forget_prepared(&mut self, name: &str) {
        self.prepared.remove(name);
    }

    /// Keeps a portal under this name. The unnamed one is replaced.
    ///
    /// # Errors
    /// 42P03 where another has the name.
    pub fn keep_portal(&mut self, name: &str, portal: Portal) -> Result<()> {
        if !name.is_empty() && self.portals.contains_key(name) {
            return Err(Error::new(SqlState::DUPLICATE_CURSOR, format!("portal \"{name}\" already exists")));
        }
        self.portals.insert(name.to_string(), portal);
        Ok(())
    }

    /// The portal of this name.
    ///
    /// # Errors
    /// 34000 where there is none.
    pub fn portal(&self, name: &str) -> Result<&Portal> {
        self.portals.get(name).ok_or_else(|| no_portal(name))
    }

    /// Takes the portal of this name out, to be run; [`Session::put_back`] returns it.
    ///
    /// # Errors
    /// 34000 where there is none.
    pub fn take_portal(&mut self, name: &str) -> Result<Portal> {
        self.portals.remove(name).ok_or_else(|| no_portal(name))
    }

    /// Returns a portal that was run.
    pub fn put_back(&mut self, name: &str, portal: Portal) {
        self.portals.insert(name.to_string(), portal);
    }

    /// Forgets a portal or cursor; one that does not exist is none already.
    pub fn forget_portal(&mut self, name: &str) {
        self.portals.remove(name);
        if self.cursors.iter().any(|cursor| cursor.name == name) {
            self.cursors.retain(|cursor| cursor.name != name);
            self.backend.close_cursor();
        }
    }

    /// The columns of the cursor of this name, which to the protocol is a portal, too.
    pub fn cursor_columns(&self, name: &str) -> Option<Arc<[ResultColumn]>> {
        let cursor = self.cursors.iter().find(|cursor| cursor.name == name)?;
        Some(Arc::clone(&cursor.rows.columns))
    }

    async fn prepare(&mut self, prepare: &Prepare, text: &str) -> Result<Answer> {
        let types = prepare.types.iter().map(known_type).collect::<Result<Vec<_>>>()?;
        let description = self.backend.describe(&prepare.statement, &types).await?;
        let prepared = Prepared {
            message: text.into(),
            text: text.to_string(),
            start: 0,
            statement: Some(*prepare.statement.clone()),
            types: description.parameters.into_iter().map(Some).collect(),
            parameters: prepare.parameters,
            declared: Vec::new(),
            inferred: OnceLock::new(),
            described: OnceLock::new(),
        };
        self.keep_prepared(&prepare.name.value, Arc::new(prepared))?;
        done("PREPARE")
    }

    /// The parameters among the arguments of EXECUTE, and the columns of what it runs.
    async fn describe_execute(
        &mut self,
        execute: &Execute,
        (prepared, statement): (&Prepared, Option<&Statement>),
        types: &[Option<RedshiftType>],
    ) -> Result<Description> {
        let columns = match statement {
            Some(statement) => self.backend.describe(statement, &prepared.types).await?.columns,
            None => None,
        };
        let parameters = match argument_query(&execute.args, &prepared.types) {
            Some(query) => self.backend.describe(&query, types).await?.parameters,
            None => types.iter().map(|ty| ty.unwrap_or(RedshiftType::Unknown)).collect(),
        };
        Ok(Description { parameters, columns })
    }

    /// Runs what was prepared, or an EXPLAIN of it, with the arguments of EXECUTE.
    async fn execute_prepared(
        &mut self,
        execute: &Execute,
        (prepared, statement): (&Prepared, &Statement),
        command: Command<'_>,
    ) -> Result<Answer> {
        let (given, wanted) = (execute.args.len(), usize::from(prepared.parameters));
        if given != wanted {
            let message = format!("wrong number of parameters for prepared statement \"{}\"", execute.name.value);
            let detail = format!("Expected {wanted} parameters but got {given}.");
            return Err(Error::new(SqlState::SYNTAX_ERROR, message).with_detail(detail));
        }
        let (values, types) = match argument_query(&execute.args, &prepared.types) {
            Some(query) => self.arguments(&query, &prepared.types, command).await?,
            None => (Vec::new(), prepared.types.clone()),
        };
        let inner = Command { statement, text: &prepared.text, types: &types, values: &values, ..command };
        // Positions count in the text of PREPARE, which is not the one that the client has sent now.
        Box::pin(self.run(inner)).await.map_err(Error::without_position)
    }

    /// The values of the only row of a query, in text form, and the types of the parameters that they are for.
    async fn arguments(
        &mut self,
        query: &Statement,
        wanted: &[Option<RedshiftType>],
        command: Command<'_>,
    ) -> Result<(Vec<Option<String>>, Vec<Option<RedshiftType>>)> {
        let Command { text, types, values, .. } = command;
        let request = Request { statement: query, text, parameter_types: types, parameters: values };
        let Outcome::Rows(rows) = self.backend.execute(request).await? else {
            return Err(Error::internal("arguments have no values"));
        };
        let mut rows = RowStream::from(rows);
        let Some(batch) = rows.next(1).await? else { return Err(Error::internal("arguments have no values")) };
        let style = self.style();
        let columns = rows.columns.iter().zip(batch.columns());
        let values: Result<Vec<_>> = columns.map(|(column, values)| text_value(values, 0, column.ty, style)).collect();
        let mut types = wanted.to_vec();
        if let Ok(values) = &values {
            for (index, ty) in types.iter_mut().enumerate().filter(|(_, ty)| **ty == any_numeric()) {
                if let (Some(column), Some(value)) = (rows.columns.get(index), &values[index]) {
                    *ty = Some(numeric_of(value, column.ty, index)?);
                }
            }
        }
        // The statement is over when its rows have come to their end.
        while rows.next(usize::MAX).await?.is_some() {}
        Ok((values?, types))
    }

    fn deallocate(&mut self, deallocate: &Deallocate) -> Result<Answer> {
        match &deallocate.name {
            None => self.prepared.clear(),
            Some(name) => {
                self.prepared(&name.value)?;
                self.forget_prepared(&name.value);
            }
        }
        done("DEALLOCATE")
    }
}

/// Cursors: one at a time, and only within a block (developer guide, "DECLARE").
impl Session {
    async fn declare_cursor(&mut self, declare: &DeclareCursor, command: Command<'_>) -> Result<Answer> {
        if self.block != Block::InProgress && !declare.hold {
            let message = "DECLARE CURSOR may only be used in transaction blocks";
            return Err(Error::new(SqlState::NO_ACTIVE_SQL_TRANSACTION, message));
        }
        let name = &declare.name.value;
        if self.cursors.iter().any(|open| open.name == *name) {
            return Err(Error::new(SqlState::DUPLICATE_CURSOR, format!("cursor \"{name}\" already exists")));
        }
        if !self.cursors.is_empty() {
            let message = "opening multiple cursors from within the same client connection is not allowed.";
            return Err(Error::new(SqlState::INVALID_CURSOR_STATE, message));
        }
        let statement = Statement::Query(declare.query.clone());
        if self.block != Block::InProgress {
            // WITH HOLD outlives nothing in Redshift: the cursor ends with this statement, which is its transaction.
            self.backend.describe(&statement, command.types).await?;
            return done("DECLARE CURSOR");
        }
        let query = Command { statement: &statement, ..command };
        let Answer::Rows(rows) = self.run_in_backend(Scope::AsItStands, query).await? else {
            return Err(Error::internal("a cursor's query gives no rows"));
        };
        self.open_cursor(name, rows);
        done("DECLARE CURSOR")
    }

    fn open_cursor(&mut self, name: &str, rows: RowStream) {
        let progress = Arc::new(CursorProgress::default());
        self.backend.open_cursor(name, Arc::clone(&progress));
        self.cursors.retain(|cursor| cursor.name != name);
        self.cursors.push(Cursor { name: name.to_string(), rows: SharedRows::new(rows, progress) });
    }

    /// Is a cursor of this name the backend's, which a procedure may have opened there?
    fn is_backends(&self, name: &str) -> bool {
        self.block == Block::InProgress
            && self.backend.keeps_cursors()
            && !self.cursors.iter().any(|cursor| cursor.name == name)
    }

    fn fetch(&mut self, fetch: &Fetch) -> Result<Answer> {
        Ok(Answer::Rows(self.cursor(&fetch.cursor.value)?.rows.fetch(fetch.count)))
    }

    fn close_cursor(&mut self, close: &CloseCursor) -> Result<Answer> {
        match &close.name {
            Some(name) => {
                self.cursor(&name.value)?;
                self.cursors.retain(|cursor| cursor.name != name.value);
            }
            None => self.cursors.clear(),
        }
        self.backend.close_cursor();
        done("CLOSE CURSOR")
    }

    fn cursor(&self, name: &str) -> Result<&Cursor> {
        if self.block != Block::InProgress {
            return Err(Error::internal("cursors can only be used within the transaction that created them."));
        }
        let cursor = self.cursors.iter().find(|cursor| cursor.name == name);
        cursor.ok_or_else(|| Error::new(SqlState::INVALID_CURSOR_NAME, format!("cursor \"{name}\" does not exist")))
    }
}

/// Does a client that set `client_min_messages` so hear of it? An INFO is what it asked for, and always heard.
fn is_wanted(severity: NoticeSeverity, least: Option<&str>) -> bool {
    match severity {
        NoticeSeverity::Info => true,
        NoticeSeverity::Notice => !matches!(least, Some("warning" | "error")),
        NoticeSeverity::Warning => least != Some("error"),
    }
}

/// The error with its place counted in the message, in which the statement begins at `start`.
fn moved(error: Error, start: Pos) -> Error {
    match error.position() {
        Some(position) => error.without_position().at(position + start),
        None => error,
    }
}

fn done(tag: &str) -> Result<Answer> {
    Ok(Answer::Done(tag.to_string()))
}

fn no_portal(name: &str) -> Error {
    Error::new(SqlState::INVALID_CURSOR_NAME, format!("portal \"{name}\" does not exist"))
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
