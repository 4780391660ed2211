//! Running a statement in a session: its texts in order, their results kept, its state told to those who wait.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use redshift_sql_dialect::{
    Error, Pos, SqlState,
    ast::{self, Statement as Parsed, TransactionModes},
    names_in, parse_with_names,
};
use tokio::time::{Instant as Moment, sleep_until};

use super::{
    limits::Limits,
    results::ResultSet,
    statements::{Kind, Mode, Outcome, Parameter, Part, Statement, Status},
};
use crate::{
    http::now,
    router::{Block, Company},
    session::{Answer, Command, Session},
    wire::{
        cancel::{Registration, cancelled_error, terminated_error},
        error::character_position,
    },
};

/// What is said of the texts behind one that failed.
const PRIOR_FAILED: &str = "Connection or an prior query failed.";

/// A session that statements run in.
pub struct Runner {
    /// The session.
    pub session: Session,
    /// Its number and how it is stopped.
    pub registration: Registration,
    /// When it ends whatever it is doing.
    pub end: Moment,
    /// How large results may be.
    pub limits: Limits,
}

/// A statement that has come to its end, of which nobody knows yet.
#[must_use]
pub struct Ended {
    halted: Option<(usize, Halt)>,
    took: Duration,
}

impl Ended {
    /// Tells those who wait.
    pub fn tell(self, statement: &Statement) {
        finish(statement, self.halted, self.took);
    }
}

/// Why a text did not finish.
enum Halt {
    Failed(Error),
    /// CancelStatement was called.
    Aborted,
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Halt::Failed(error)
    }
}

impl Runner {
    /// Runs a statement to its end, which its state tells only once [`Ended::tell`] is called: whoever hears of it must find
    /// the session ready for the next.
    pub async fn run(&mut self, statement: &Statement) -> Ended {
        let pid = self.registration.pid;
        statement.update(|state| {
            state.pid = pid;
            state.status = Status::Started;
        });
        let begun = Instant::now();
        let halted = match statement.asked.kind {
            Kind::Single => self.run_parts(statement, OnFailure::Stop).await,
            Kind::Batch(Mode::AutoCommit) => self.run_parts(statement, OnFailure::GoOn).await,
            Kind::Batch(Mode::Transaction) => self.run_transaction(statement).await,
        };
        self.session.take_notices();
        Ended { halted, took: begun.elapsed() }
    }

    /// All texts between BEGIN and COMMIT, unless the session is in a block already.
    async fn run_transaction(&mut self, statement: &Statement) -> Option<(usize, Halt)> {
        let own = self.session.block() == Block::Default;
        if own && let Err(error) = self.control(&Parsed::Begin(TransactionModes::default())).await {
            return Some((0, Halt::Failed(error)));
        }
        let halted = self.run_parts(statement, OnFailure::Stop).await;
        if !own {
            return halted;
        }
        let end = if halted.is_some() { Parsed::Rollback } else { Parsed::Commit };
        let ended = self.control(&end).await;
        match (halted, ended) {
            (None, Err(error)) => {
                self.session.fail().await;
                let last = statement.asked.sqls.len().saturating_sub(1);
                fail_part(statement, last, &Halt::Failed(error.clone()), "");
                Some((last, Halt::Failed(error)))
            }
            (halted, _) => halted,
        }
    }

    async fn control(&mut self, statement: &Parsed) -> Result<(), Error> {
        let command = Command { statement, text: "", start: 0, types: &[], values: &[], company: Company::Alone };
        self.session.run(command).await.map(drop)
    }

    /// The texts in order: the first that failed, and why.
    async fn run_parts(&mut self, statement: &Statement, on_failure: OnFailure) -> Option<(usize, Halt)> {
        let mut first = None;
        for (index, sql) in statement.asked.sqls.iter().enumerate() {
            update_part(statement, index, |part| part.status = Status::Started);
            let begun = Instant::now();
            let ran = self.run_text(statement, sql).await;
            let query = self.session.last_query();
            update_part(statement, index, |part| {
                part.duration = Some(begun.elapsed());
                part.query = query;
            });
            match ran {
                Ok(outcome) => update_part(statement, index, |part| {
                    part.status = Status::Finished;
                    part.outcome = outcome;
                }),
                Err(halt) => {
                    self.session.fail().await;
                    fail_part(statement, index, &halt, sql);
                    let stop = on_failure == OnFailure::Stop || matches!(halt, Halt::Aborted);
                    first.get_or_insert((index, halt));
                    if stop {
                        break;
                    }
                }
            }
        }
        first
    }

    async fn run_text(&mut self, statement: &Statement, sql: &str) -> Result<Outcome, Halt> {
        let (names, values) = parameters_of(&statement.asked.parameters, sql);
        let parsed = parse_with_names(sql, &names)?;
        // Several run one after the other (feast creates a table and copies into it), where nobody has to say whose rows count.
        let rows = parsed.iter().any(|one| one.statement.returns_rows());
        if parsed.len() > 1 && (rows || !values.is_empty()) {
            let message = "cannot insert multiple commands into a prepared statement";
            return Err(Error::new(SqlState::SYNTAX_ERROR, message).into());
        }
        let mut outcome = Outcome::Done { rows: 0 };
        for one in &parsed {
            let (text, start) = if parsed.len() > 1 { (one.text(sql), one.begin) } else { (sql, 0) };
            outcome = self.run_one(statement, one, text, start, &values).await?;
        }
        Ok(outcome)
    }

    async fn run_one(
        &mut self,
        statement: &Statement,
        parsed: &ast::Parsed,
        text: &str,
        start: Pos,
        values: &[Option<String>],
    ) -> Result<Outcome, Halt> {
        if usize::from(parsed.parameters) > values.len() {
            return Err(Error::new(SqlState::UNDEFINED_PARAMETER, "there is no parameter $1").into());
        }
        let command =
            Command { statement: &parsed.statement, text, start, types: &[], values, company: Company::Alone };
        self.registration.arm();
        let deadline = self.session.statement_timeout().map(|most| Moment::now() + most);
        let stop = Stop { statement, registration: &self.registration, end: self.end, deadline };
        let answer = if parsed.statement.is_transaction_control() {
            self.session.run(command).await?
        } else {
            stop.interruptible(self.session.run(command)).await?
        };
        match answer {
            Answer::Done(tag) => Ok(Outcome::Done { rows: rows_of_tag(&tag) }),
            Answer::Rows(mut rows) => {
                let mut result = ResultSet::new(Arc::clone(&rows.columns), self.session.style(), self.limits);
                while let Some(batch) = stop.interruptible(rows.next(usize::MAX)).await? {
                    result.push(batch)?;
                    stop.check()?;
                }
                Ok(Outcome::Rows(Arc::new(result)))
            }
        }
    }
}

/// What becomes of the texts behind one that failed?
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnFailure {
    Stop,
    GoOn,
}

/// What stops a text.
struct Stop<'a> {
    statement: &'a Statement,
    registration: &'a Registration,
    end: Moment,
    deadline: Option<Moment>,
}

impl Stop<'_> {
    /// Waits for a part of the work, unless something stops it; then the part is dropped.
    async fn interruptible<T>(&self, part: impl Future<Output = Result<T, Error>>) -> Result<T, Halt> {
        tokio::select! {
            biased;
            () = self.statement.cancelled() => Err(Halt::Aborted),
            () = self.registration.terminated() => Err(terminated_error().into()),
            error = self.registration.cancelled() => Err(error.into()),
            () = sleep_until(self.end) => Err(terminated_error().into()),
            () = expiry(self.deadline) => Err(cancelled_error().into()),
            result = part => Ok(result?),
        }
    }

    /// A query whose every part is there at once must look up, too.
    fn check(&self) -> Result<(), Halt> {
        let late = |moment: Moment| moment <= Moment::now();
        match self.registration.is_cancelled() {
            _ if self.statement.is_cancelled() => Err(Halt::Aborted),
            Some(error) => Err(error.into()),
            None if self.deadline.is_some_and(late) => Err(cancelled_error().into()),
            None => Ok(()),
        }
    }
}

async fn expiry(deadline: Option<Moment>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// The names and values of the parameters that a text uses: in a batch each text may use some.
pub fn parameters_of(all: &[Parameter], sql: &str) -> (Vec<String>, Vec<Option<String>>) {
    let names: Vec<String> = all.iter().map(|parameter| parameter.name.clone()).collect();
    let used = names_in(sql, &names);
    let used = all.iter().zip(used).filter(|(_, used)| *used);
    used.map(|(Parameter { name, value }, _)| (name.clone(), Some(value.clone()))).unzip()
}

/// The number at the end of a command tag; commands that do not count have none.
fn rows_of_tag(tag: &str) -> u64 {
    tag.rsplit(' ').next().and_then(|last| last.parse().ok()).unwrap_or(0)
}

fn update_part(statement: &Statement, index: usize, change: impl FnOnce(&mut Part)) {
    statement.update(|state| {
        if let Some(part) = state.parts.get_mut(index) {
            change(part);
            part.updated = now();
        }
    });
}

fn fail_part(statement: &Statement, index: usize, halt: &Halt, sql: &str) {
    update_part(statement, index, |part| match halt {
        Halt::Failed(error) => {
            part.status = Status::Failed;
            part.outcome = Outcome::Nothing;
            part.error = Some(error_text(error, sql));
        }
        Halt::Aborted => part.status = Status::Aborted,
    });
}

/// The statement has ended.
fn finish(statement: &Statement, halted: Option<(usize, Halt)>, took: Duration) {
    statement.update(|state| {
        state.duration = Some(took);
        let Some((index, halt)) = halted else {
            state.status = Status::Finished;
            return;
        };
        let error = state.parts.get(index).and_then(|part| part.error.clone());
        (state.status, state.error) = match (&halt, statement.asked.kind) {
            (Halt::Aborted, _) => (Status::Aborted, None),
            (Halt::Failed(_), Kind::Single) => (Status::Failed, error),
            (Halt::Failed(_), Kind::Batch(_)) => {
                let error = error.unwrap_or_default();
                (Status::Failed, Some(format!("Query #{} failed with {error}", index + 1)))
            }
        };
        for part in state.parts.iter_mut().filter(|part| part.status.is_active()) {
            part.status = Status::Aborted;
            part.updated = now();
            part.error = Some(PRIOR_FAILED.to_string());
        }
    });
}

/// A session could not be had.
pub fn fail_to_connect(statement: &Statement, error: &Error) {
    let text = format!("FATAL: {}", error.message());
    statement.update(|state| {
        state.status = Status::Failed;
        state.error = Some(text.clone());
        for part in &mut state.parts {
            part.status = Status::Failed;
            part.updated = now();
            part.error = Some(text.clone());
        }
    });
}

/// It was stopped before it began.
pub fn abort(statement: &Statement) {
    finish(statement, Some((0, Halt::Aborted)), Duration::ZERO);
}

/// An error as the service's JDBC driver prints it: detail, hint, position and context on lines of their own.
pub fn error_text(error: &Error, sql: &str) -> String {
    let mut text = format!("ERROR: {}", error.message());
    if let Some(detail) = error.detail() {
        text.push_str(&format!("\n  Detail: {detail}"));
    }
    if let Some(hint) = error.hint() {
        text.push_str(&format!("\n  Hint: {hint}"));
    }
    if let Some(position) = error.position() {
        text.push_str(&format!("\n  Position: {}", character_position(sql, position as usize)));
    }
    if let Some(context) = error.context() {
        text.push_str(&format!("\n  Where: {context}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_read_as_the_driver_prints_them() {
        let error = Error::new(SqlState::UNDEFINED_COLUMN, "column \"é\" does not exist").at(7).with_hint("Look.");
        assert_eq!(error_text(&error, "select é"), "ERROR: column \"é\" does not exist\n  Hint: Look.\n  Position: 8");
        let error = Error::new(SqlState::DIVISION_BY_ZERO, "x");
        assert_eq!(error_text(&error, ""), "ERROR: x");
        let error = error.within("SQL statement \"select x\"").within("PL/pgSQL function \"f\" line 2 at perform");
        let where_ = "SQL statement \"select x\"\nPL/pgSQL function \"f\" line 2 at perform";
        assert_eq!(error_text(&error, ""), format!("ERROR: x\n  Where: {where_}"));
    }

    #[test]
    fn tags_tell_rows() {
        assert_eq!([rows_of_tag("INSERT 0 3"), rows_of_tag("DELETE 2"), rows_of_tag("CREATE TABLE")], [3, 2, 0]);
    }
}
