//! What the guard lets pass, counts and writes down.

use std::{fs, path::PathBuf};

use blueshift_emulator::Client;
use redshift_sql_dialect::parse;
use serde_json::Value;

use super::*;
use crate::{
    audit::{Audit, AuditSettings, Literals, Mode},
    auth::{
        gate::{Gate, Method},
        users::{ActsAs, Users},
    },
    doors::ClientCertificate,
    policy::Policies,
    reload::Reloading,
    testing::FakeBackend,
};

/// A guarded fake, and what it writes.
struct Setting {
    guarded: Guarded,
    fake: Arc<FakeBackend>,
    metrics: Arc<Metrics>,
    audit: PathBuf,
    _folder: tempfile::TempDir,
}

impl Setting {
    fn new(mode: Mode, policies: &str) -> Setting {
        let folder = tempfile::tempdir().unwrap();
        let audit = folder.path().join("audit.jsonl");
        Setting::writing_to(mode, policies, audit, folder)
    }

    fn writing_to(mode: Mode, policies: &str, audit: PathBuf, folder: tempfile::TempDir) -> Setting {
        let metrics: Arc<Metrics> = Arc::default();
        let settings =
            AuditSettings { mode, file: Some(audit.clone()), literals: Literals::Drop, ..Default::default() };
        let doors = Doors {
            gate: Gate::new(Reloading::fixed(Users::default()), None, None),
            policies: Reloading::fixed(Policies::parse(policies).unwrap()),
            audit: Audit::open(&settings, Arc::clone(&metrics)).unwrap(),
            require_tls: false,
            client_certificate: ClientCertificate::Optional,
            max_connections: None,
        };
        let fake = Arc::new(FakeBackend::default());
        let guarded = Guarded::new(fake.clone(), Arc::clone(&metrics), Some(Arc::new(doors)));
        Setting { guarded, fake, metrics, audit, _folder: folder }
    }

    async fn open(&self, guest: &Guest) -> Result<Box<dyn BackendSession>> {
        self.guarded.open_for(login("dev"), guest).await
    }

    /// The lines of the audit: event, command, outcome.
    fn events(&self) -> Vec<[String; 3]> {
        let word = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_string();
        self.lines().iter().map(|line| [word(line, "event"), word(line, "command"), word(line, "outcome")]).collect()
    }

    fn lines(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.audit).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn login(database: &str) -> Login {
    Login {
        user: "ana".into(),
        database: database.into(),
        settings: Vec::new(),
        client: Client::at("10.0.0.7"),
        pid: 7,
        control: None,
    }
}

fn guest() -> Guest {
    Guest {
        name: "ana".into(),
        groups: Vec::new(),
        method: Method::Password,
        targets: Vec::new(),
        acts: ActsAs::default(),
        max_connections: None,
        max_running: None,
    }
}

const OPEN: &str = "default = 'allow'";

async fn execute(session: &mut Box<dyn BackendSession>, sql: &str) -> Result<u64> {
    let parsed = parse(sql).unwrap();
    let request = Request { statement: &parsed[0].statement, text: sql, parameter_types: &[], parameters: &[] };
    match session.execute(request).await? {
        Outcome::Done(tag) => Ok(tag.rows.unwrap_or(0)),
        Outcome::Rows(mut rows) => {
            let mut count = 0;
            while let Some(batch) = rows.batches.next().await {
                count += batch?.num_rows() as u64;
            }
            Ok(count)
        }
    }
}

fn events(expected: &[[&str; 3]]) -> Vec<[String; 3]> {
    expected.iter().map(|line| line.map(str::to_string)).collect()
}

#[tokio::test]
async fn all_that_happens_is_written_once_and_counted() {
    let setting = Setting::new(Mode::On, OPEN);
    let mut session = setting.open(&guest()).await.unwrap();
    assert_eq!(setting.metrics.sessions.get(), 1);
    assert_eq!(execute(&mut session, "select 'x'").await.unwrap(), 5);
    session.begin(TransactionModes::default()).await.unwrap();
    assert_eq!(execute(&mut session, "insert into t values (1)").await.unwrap(), 1);
    assert!(execute(&mut session, "delete from t").await.is_err());
    session.rollback().await;
    // Without a block there is nothing to be written.
    session.rollback().await;
    drop(session);
    let expected = events(&[
        ["connect", "", "ok"],
        ["statement", "SELECT", "ok"],
        ["statement", "BEGIN", "ok"],
        ["statement", "INSERT", "ok"],
        ["statement", "DELETE", "error"],
        ["statement", "ROLLBACK", "ok"],
        ["disconnect", "", ""],
    ]);
    assert_eq!(setting.events(), expected);
    let lines = setting.lines();
    assert_eq!((lines[1]["rows"].as_u64(), lines[1]["text"].as_str()), (Some(5), Some("select ?")));
    assert_eq!((lines[1]["bytes"].as_u64(), lines[3]["rows"].as_u64()), (Some(20), Some(1)));
    assert_eq!(lines[4]["sqlstate"].as_str(), Some("42P01"));
    assert_eq!((setting.metrics.sessions.get(), setting.metrics.running.get()), (0, 0));
    assert_eq!(setting.metrics.rows.get(), 6);
    let page = setting.metrics.render();
    assert!(page.contains("blueshift_statements_total{outcome=\"ok\"} 4\n"), "{page}");
    assert!(page.contains("blueshift_statements_total{outcome=\"error\"} 1\n"), "{page}");
}

#[tokio::test]
async fn what_may_not_pass_reaches_nobody() {
    let setting = Setting::new(Mode::On, "[[policy]]\nname = 'p'\nread = ['sales.*']");
    let mut session = setting.open(&guest()).await.unwrap();
    let error = execute(&mut session, "select 1 from hr.salaries where pay > 100").await.unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::INSUFFICIENT_PRIVILEGE);
    let parsed = parse("select * from hr.salaries").unwrap();
    assert!(session.describe(&parsed[0].statement, &[]).await.is_err());
    assert!(execute(&mut session, "select 1 from sales.orders").await.is_ok());
    assert_eq!(setting.fake.take_calls(), ["SELECT"]);
    let refusal = &setting.lines()[1];
    assert_eq!(refusal["refused"].as_str(), Some("policy p, rule read"));
    assert_eq!(refusal["text"].as_str(), Some("select ? from hr.salaries where pay > ?"));
    assert!(setting.metrics.render().contains("blueshift_statements_total{outcome=\"refused\"} 2\n"));
}

#[tokio::test]
async fn a_result_that_is_too_large_ends_with_an_error() {
    let setting = Setting::new(Mode::On, "[[policy]]\nname = 'p'\nmax-rows = 4");
    let mut session = setting.open(&guest()).await.unwrap();
    // The fake gives three rows and then two.
    let error = execute(&mut session, "select 1").await.unwrap_err();
    assert!(error.message().contains("rule \"max-rows\""), "{error}");
    let expected =
        events(&[["connect", "", "ok"], ["refusal", "SELECT", "refused"], ["statement", "SELECT", "refused"]]);
    assert_eq!(setting.events(), expected);
}

#[tokio::test]
async fn who_does_not_wait_has_cancelled() {
    let setting = Setting::new(Mode::On, OPEN);
    let mut session = setting.open(&guest()).await.unwrap();
    let parsed = parse("copy t from 's3://b' iam_role default").unwrap();
    let request = Request { statement: &parsed[0].statement, text: "x", parameter_types: &[], parameters: &[] };
    let Outcome::Rows(mut rows) = session.execute(request).await.unwrap() else { panic!("no rows") };
    rows.batches.next().await.unwrap().unwrap();
    assert_eq!(setting.metrics.running.get(), 1);
    drop(rows);
    assert_eq!(setting.metrics.running.get(), 0);
    assert_eq!(setting.events()[1], ["statement", "COPY", "cancelled"].map(str::to_string));
}

#[cfg(unix)]
#[tokio::test]
async fn a_required_line_that_cannot_be_written_stops_the_statement() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let setting = Setting::writing_to(Mode::Required, OPEN, "/dev/full".into(), folder);
    assert_eq!(setting.open(&guest()).await.err().unwrap().sqlstate(), SqlState("58030"));
    // The audit fails while somebody is in.
    let setting = Setting::new(Mode::Required, OPEN);
    let mut session = setting.open(&guest()).await.unwrap();
    assert!(execute(&mut session, "insert into t values (1)").await.is_ok());
    let words: Vec<_> = setting.events().into_iter().map(|[event, ..]| event).collect();
    assert_eq!(words, ["connect", "begin", "statement"]);
}

#[tokio::test]
async fn a_guest_comes_to_what_is_theirs_and_no_more_often_than_they_may() {
    let setting = Setting::new(Mode::On, OPEN);
    let elsewhere = Guest { targets: vec!["sales".into()], ..guest() };
    let error = setting.open(&elsewhere).await.err().unwrap();
    assert_eq!(error.to_string(), "3D000: database \"dev\" does not exist");
    let once = Guest { max_connections: Some(1), ..guest() };
    let first = setting.open(&once).await.unwrap();
    assert_eq!(setting.open(&once).await.err().unwrap().sqlstate(), SqlState::TOO_MANY_CONNECTIONS);
    drop(first);
    assert!(setting.open(&once).await.is_ok());
    let other = Guest { acts: ActsAs { role_arn: Some("arn".into()), ..ActsAs::default() }, ..guest() };
    assert_eq!(setting.open(&other).await.err().unwrap().sqlstate(), SqlState::FEATURE_NOT_SUPPORTED);
}

#[tokio::test]
async fn statements_of_a_user_run_as_many_at_a_time_as_may() {
    let setting = Setting::new(Mode::Off, OPEN);
    let limited = Guest { max_running: Some(1), ..guest() };
    let mut first = setting.open(&limited).await.unwrap();
    let mut second = setting.open(&limited).await.unwrap();
    let parsed = parse("select 1").unwrap();
    let request = Request { statement: &parsed[0].statement, text: "x", parameter_types: &[], parameters: &[] };
    let rows = first.execute(request).await.unwrap();
    assert_eq!(execute(&mut second, "select 1").await.unwrap_err().sqlstate(), SqlState("53400"));
    drop(rows);
    assert!(execute(&mut second, "select 1").await.is_ok());
}
