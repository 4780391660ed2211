//! Sessions of the library, without a socket.

use std::{
    sync::atomic::{AtomicI32, Ordering},
    time::Duration,
};

use blueshift::wire::encode::text_value;
use blueshift_emulator::{
    Client, Engine, EngineConfig, Location, Login, Outcome, OwnStatement, Request, S3Config, Session,
    text_output::TextStyle,
};
use blueshift_tests::server::{DATABASE, USER};
use futures::StreamExt;
use redshift_sql_dialect::{Error, ast::Statement};

use super::{Answer, Failure};

static NEXT_PID: AtomicI32 = AtomicI32::new(1);

/// An engine in memory.
pub async fn open() -> Result<Engine, String> {
    let config = EngineConfig {
        location: Location::Memory,
        database: DATABASE.to_string(),
        user: USER.to_string(),
        s3: S3Config::default(),
        memory_limit: None,
        extensions: false,
    };
    Engine::open(config).await.map_err(|e| e.to_string())
}

/// A session of an engine. Blocks are opened and ended as the statements say; what a failed block does is not its affair.
pub struct Embedded(Session);

impl Embedded {
    /// Opens a session as the superuser in a database.
    pub fn connect(engine: &Engine, database: &str) -> Result<Embedded, Failure> {
        let login = Login {
            user: USER.to_string(),
            database: database.to_string(),
            settings: Vec::new(),
            client: Client::local(),
            pid: NEXT_PID.fetch_add(1, Ordering::Relaxed),
            control: None,
        };
        engine.session(login).map(Embedded).map_err(failed)
    }

    /// Runs a text; of several statements the last answer counts.
    pub async fn run(&mut self, sql: &str) -> Result<Answer, Failure> {
        let statements = redshift_sql_dialect::parse(sql).map_err(failed)?;
        let mut answer = Answer::Done(String::new());
        for parsed in statements {
            let text = &sql[parsed.start as usize..parsed.end as usize];
            answer = self.statement(&parsed.statement, text).await.map_err(failed)?;
        }
        Ok(answer)
    }

    async fn statement(&mut self, statement: &Statement, text: &str) -> Result<Answer, Error> {
        match statement {
            Statement::Begin(modes) => self.0.begin(*modes).await?,
            Statement::Commit => self.0.commit().await?,
            Statement::Rollback => self.0.rollback().await,
            _ => return self.outcome(Request { statement, text, parameter_types: &[], parameters: &[] }).await,
        }
        self.0.note(OwnStatement { statement, text, took: Duration::ZERO, error: None });
        Ok(Answer::Done(String::new()))
    }

    async fn outcome(&mut self, request: Request<'_>) -> Result<Answer, Error> {
        match self.0.execute(request).await? {
            Outcome::Done(tag) => Ok(Answer::Done(tag.to_string())),
            Outcome::Rows(mut stream) => {
                let oids = stream.columns.iter().map(|column| column.ty.oid()).collect();
                let mut rows = Vec::new();
                let style = TextStyle::of_settings(|name| self.0.setting(name));
                while let Some(batch) = stream.batches.next().await {
                    let batch = batch?;
                    for row in 0..batch.num_rows() {
                        let values = batch.columns().iter().zip(stream.columns.iter());
                        let values = values.map(|(values, column)| text_value(values, row, column.ty, style));
                        rows.push(values.collect::<Result<_, _>>()?);
                    }
                }
                Ok(Answer::Rows { oids, rows })
            }
        }
    }
}

fn failed(error: Error) -> Failure {
    Failure { sqlstate: error.sqlstate().to_string(), message: error.message().to_string() }
}
