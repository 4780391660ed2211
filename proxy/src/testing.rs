//! A backend for tests that knows no SQL: each kind of statement does one thing.
//!
//! | statement | what it does |
//! | --- | --- |
//! | SELECT | gives its parameters as VARCHARs, or without any the numbers 1 to 5 in two batches |
//! | INSERT | succeeds |
//! | UPDATE | never ends |
//! | DELETE | fails |
//! | TRUNCATE | succeeds and commits |
//! | COPY | gives rows without end |
//! | ANALYZE | panics |
//! | anything else | succeeds |

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use arrow::{
    array::{ArrayRef, Int32Array, StringViewArray},
    datatypes::{Field, Schema},
    record_batch::RecordBatch,
};
use async_trait::async_trait;
use blueshift_emulator::{
    CommandTag, Credential, Description, Login, Notice, Outcome, Request, ResultColumn, Rows, SessionControl,
};
use futures::{StreamExt, stream};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Statement, TransactionModes},
};

use crate::backend::{Backend, BackendSession};

/// A backend with the user `admin`, whose password does not matter, and `user1` with the password `ez`.
#[derive(Default)]
pub struct FakeBackend {
    /// What its sessions were asked to do: `begin`, `commit`, `rollback`, and commands by name.
    pub calls: Arc<Mutex<Vec<String>>>,
    /// `statement_timeout` of its sessions.
    pub statement_timeout: Option<&'static str>,
    /// How long its sessions may be idle.
    pub idle_limit: Option<Duration>,
    /// How the last session that was opened is stopped.
    pub control: Mutex<Option<Arc<dyn SessionControl>>>,
}

impl FakeBackend {
    /// A session of its own.
    pub fn session(&self) -> FakeSession {
        FakeSession {
            calls: Arc::clone(&self.calls),
            in_block: false,
            statement_timeout: self.statement_timeout,
            idle_limit: self.idle_limit,
        }
    }

    /// How the last session that was opened is stopped.
    pub fn control(&self) -> Arc<dyn SessionControl> {
        self.control.lock().unwrap().clone().unwrap()
    }

    /// What was called since the last call of this.
    pub fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

#[async_trait]
impl Backend for FakeBackend {
    fn credential(&self, user: &str) -> Result<Option<Credential>> {
        Ok(match user {
            "admin" => Some(Credential::Anything),
            "user1" => Some(Credential::Md5("md5153c434b4b77c89e6b94f12c5393af5b".into())),
            _ => None,
        })
    }

    async fn open(&self, login: Login) -> Result<Box<dyn BackendSession>> {
        match login.database.as_str() {
            "dev" => {
                *self.control.lock().unwrap() = login.control;
                Ok(Box::new(self.session()))
            }
            other => Err(Error::new(SqlState::INVALID_CATALOG_NAME, format!("database \"{other}\" does not exist"))),
        }
    }

    async fn close(&self) -> Result<()> {
        self.calls.lock().unwrap().push("close".into());
        Ok(())
    }
}

pub struct FakeSession {
    calls: Arc<Mutex<Vec<String>>>,
    in_block: bool,
    statement_timeout: Option<&'static str>,
    idle_limit: Option<Duration>,
}

impl FakeSession {
    fn note(&self, call: &str) {
        self.calls.lock().unwrap().push(call.to_string());
    }
}

fn numbers(values: Vec<i32>) -> RecordBatch {
    let values: ArrayRef = Arc::new(Int32Array::from(values));
    RecordBatch::try_from_iter([("n", values)]).unwrap()
}

fn one_to_five() -> Rows {
    Rows {
        columns: vec![ResultColumn::computed("n", RedshiftType::Int4)].into(),
        batches: stream::iter([Ok(numbers(vec![1, 2, 3])), Ok(numbers(vec![4, 5]))]).boxed(),
        tag: "SELECT",
    }
}

fn echo(values: &[Option<String>]) -> Rows {
    let ty = RedshiftType::Varchar(100);
    let columns: Vec<_> = (1..=values.len()).map(|n| ResultColumn::computed(format!("p{n}"), ty)).collect();
    let fields: Vec<_> =
        columns.iter().map(|column| Field::new(&column.name, arrow::datatypes::DataType::Utf8View, true)).collect();
    let arrays = values.iter().map(|value| Arc::new(StringViewArray::from(vec![value.clone()])) as ArrayRef);
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays.collect()).unwrap();
    Rows { columns: columns.into(), batches: stream::iter([Ok(batch)]).boxed(), tag: "SELECT" }
}

fn endless() -> Rows {
    let batches = stream::repeat_with(|| Ok(numbers((0..8192).collect())));
    Rows { batches: batches.boxed(), ..one_to_five() }
}

#[async_trait]
impl BackendSession for FakeSession {
    async fn begin(&mut self, _modes: TransactionModes) -> Result<()> {
        self.note("begin");
        self.in_block = true;
        Ok(())
    }

    async fn commit(&mut self) -> Result<()> {
        self.note("commit");
        self.in_block = false;
        Ok(())
    }

    async fn rollback(&mut self) {
        if self.in_block {
            self.note("rollback");
        }
        self.in_block = false;
    }

    fn in_block(&self) -> bool {
        self.in_block
    }

    async fn describe(&mut self, statement: &Statement, types: &[Option<RedshiftType>]) -> Result<Description> {
        let parameters = types.iter().map(|ty| ty.unwrap_or(RedshiftType::Int4)).collect();
        let columns = matches!(statement, Statement::Query(_)).then(|| one_to_five().columns);
        Ok(Description { parameters, columns })
    }

    async fn execute(&mut self, request: Request<'_>) -> Result<Outcome> {
        let name = request.statement.command_name();
        self.note(name);
        match request.statement {
            Statement::Query(_) if request.parameters.is_empty() => Ok(Outcome::Rows(one_to_five())),
            Statement::Query(_) => Ok(Outcome::Rows(echo(request.parameters))),
            Statement::Insert(_) => Ok(Outcome::Done(CommandTag::rows("INSERT", 1))),
            Statement::Update(_) => std::future::pending().await,
            Statement::Delete(_) => Err(Error::new(SqlState::UNDEFINED_TABLE, "relation \"t\" does not exist").at(12)),
            Statement::Truncate(_) => {
                self.in_block = false;
                Ok(Outcome::Done(CommandTag::plain("TRUNCATE TABLE")))
            }
            Statement::Analyze(_) => panic!("ANALYZE panics"),
            Statement::Copy(_) => Ok(Outcome::Rows(endless())),
            _ => Ok(Outcome::Done(CommandTag::plain(name))),
        }
    }

    fn take_notices(&mut self) -> Vec<Notice> {
        Vec::new()
    }

    fn take_setting_changes(&mut self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn idle_limit(&self) -> Option<Duration> {
        self.idle_limit
    }

    fn setting(&self, name: &str) -> Option<String> {
        let value = match name {
            "statement_timeout" => self.statement_timeout?,
            "application_name" => "tests",
            _ => return None,
        };
        Some(value.to_string())
    }
}
