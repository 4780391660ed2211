//! The audit: one line of JSON for each connection, statement and refusal.
//!
//! ```json
//! {"at":"2026-11-27T10:00:00.000123Z","event":"statement","connection":7,"user":"ana","groups":["analysts"],"from":"10.0.0.7",
//!  "target":"sales","command":"SELECT","text":"select * from orders where id = ?","statement_id":"d9b6…","query_id":4711,
//!  "rows":1,"bytes":96,"milliseconds":41.8,"outcome":"ok"}
//! ```
//!
//! Where the audit is `required`, a line that says that a statement begins (`"event":"begin"`) is written before it runs, and
//! it does not run where that fails. What secrets a statement carries is never written, whatever the settings ([`text`]).

mod sink;
pub mod text;

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use redshift_sql_dialect::{Error, SqlState, ast::Statement};
use serde::{Deserialize, Serialize};

pub use self::sink::Sink;
use self::text::Masker;
use crate::{
    auth::gate::{Guest, Refusal},
    metrics::{Ending, Metrics},
    policy::Denial,
};

/// Is there an audit, and must there be one?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Nothing is written.
    #[default]
    Off,
    /// Lines are written; where that fails the log says so and life goes on.
    On,
    /// No line, no statement.
    Required,
}

/// What is written of constants in statements, and of parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Literals {
    /// They are as they are.
    Keep,
    /// A keyed hash: equal ones are seen to be equal while the process lives.
    Hash,
    /// A question mark.
    #[default]
    Drop,
}

/// The audit's part of the configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct AuditSettings {
    /// Is there one?
    pub mode: Mode,
    /// Where to; standard output where it is left out.
    pub file: Option<PathBuf>,
    /// Bytes of a file before the next one begins.
    pub max_bytes: u64,
    /// How many old files are kept.
    pub keep: usize,
    /// What is written of constants.
    pub literals: Literals,
}

impl Default for AuditSettings {
    fn default() -> Self {
        AuditSettings { mode: Mode::Off, file: None, max_bytes: 100 << 20, keep: 10, literals: Literals::Drop }
    }
}

/// The audit of a gateway.
pub struct Audit {
    mode: Mode,
    sink: Sink,
    masker: Masker,
    metrics: Arc<Metrics>,
}

/// Who does something, where from and where.
#[derive(Debug, Clone, Serialize)]
pub struct Who {
    /// The connection's number.
    pub connection: i32,
    /// The name they gave.
    pub user: String,
    /// Their groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Their address.
    pub from: String,
    /// The database that they named.
    pub target: String,
    /// How they proved who they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'static str>,
}

impl Who {
    /// Somebody who says that this is their name, before they are in.
    pub fn unknown(user: &str, from: &str, target: &str) -> Who {
        Who {
            connection: 0,
            user: user.to_string(),
            groups: Vec::new(),
            from: from.to_string(),
            target: target.to_string(),
            method: None,
        }
    }

    /// A guest on a connection.
    pub fn new(guest: &Guest, connection: i32, from: &str, target: &str) -> Who {
        Who {
            connection,
            user: guest.name.clone(),
            groups: guest.groups.clone(),
            from: from.to_string(),
            target: target.to_string(),
            method: Some(guest.method.name()),
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    at: String,
    event: &'static str,
    #[serde(flatten)]
    who: &'a Who,
    #[serde(flatten)]
    said: Option<&'a Said>,
    #[serde(flatten)]
    end: Option<&'a End>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    milliseconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
}

/// What somebody said, as far as it is written.
#[derive(Debug, Clone, Serialize)]
pub struct Said {
    /// The command.
    pub command: &'static str,
    /// The text, without what must not be written.
    pub text: String,
    /// The parameters, treated as constants are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Option<String>>,
}

/// What came of a statement.
#[derive(Debug, Clone, Default, Serialize)]
pub struct End {
    /// Its id in the Data API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement_id: Option<String>,
    /// Its id in the system tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_id: Option<i64>,
    /// Rows that were sent, or that it changed where that is known.
    pub rows: u64,
    /// Bytes of the rows that were sent.
    pub bytes: u64,
    /// The SQLSTATE of its error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sqlstate: Option<String>,
}

impl Audit {
    /// An audit as the settings say.
    ///
    /// # Errors
    /// Where its file cannot be opened.
    pub fn open(settings: &AuditSettings, metrics: Arc<Metrics>) -> Result<Audit, String> {
        let sink = match (&settings.file, settings.mode) {
            (_, Mode::Off) => Sink::none(),
            (Some(path), _) => {
                let failed = |error: io::Error| format!("cannot write the audit to {}: {error}", path.display());
                Sink::file(path, settings.max_bytes, settings.keep).map_err(failed)?
            }
            (None, _) => Sink::stdout(),
        };
        Ok(Audit { mode: settings.mode, sink, masker: Masker::new(settings.literals), metrics })
    }

    /// None.
    pub fn off() -> Audit {
        Audit { mode: Mode::Off, sink: Sink::none(), masker: Masker::new(Literals::Drop), metrics: Arc::default() }
    }

    /// Could the last line be written, as far as that matters?
    pub fn is_well(&self) -> bool {
        self.mode != Mode::Required || self.sink.is_well()
    }

    /// What of a statement is written. Nothing is worked out where nobody writes it.
    pub fn said(&self, statement: &Statement, text: &str, parameters: &[Option<String>]) -> Said {
        let command = statement.command_name();
        if self.mode == Mode::Off {
            return Said { command, text: String::new(), parameters: Vec::new() };
        }
        let parameters = parameters.iter().map(|value| value.as_deref().map(|value| self.masker.parameter(value)));
        Said { command, text: self.masker.text(statement, text), parameters: parameters.collect() }
    }

    /// A command that has no text of its own: BEGIN, COMMIT, ROLLBACK.
    pub fn command(&self, command: &'static str) -> Said {
        Said { command, text: command.to_lowercase(), parameters: Vec::new() }
    }

    /// Somebody is in.
    ///
    /// # Errors
    /// 58030 where it must be written and cannot.
    pub fn connected(&self, who: &Who) -> Result<(), Error> {
        self.write_required(&line("connect", who).ended("ok"))
    }

    /// Somebody is not let in.
    pub fn turned_away(&self, who: &Who, why: &str) {
        self.write(&line("refusal", who).refused(why).ended("refused"));
    }

    /// Somebody's password was wrong, or the like.
    pub fn failed_login(&self, who: &Who, refusal: Refusal) {
        let why = match refusal {
            Refusal::WrongToken(why) => format!("{}: {why}", refusal.name()),
            other => other.name().to_string(),
        };
        self.turned_away(who, &why);
    }

    /// Somebody has left.
    pub fn disconnected(&self, who: &Who, stayed: Duration) {
        self.write(&line("disconnect", who).took(stayed));
    }

    /// A statement is about to run.
    ///
    /// # Errors
    /// 58030 where it must be written and cannot: then it must not run.
    pub fn begins(&self, who: &Who, said: &Said) -> Result<(), Error> {
        match self.mode {
            Mode::Required => self.write_required(&Line { said: Some(said), ..line("begin", who) }),
            Mode::On | Mode::Off => Ok(()),
        }
    }

    /// A policy has not let a statement pass.
    pub fn denied(&self, who: &Who, said: &Said, denial: &Denial) {
        let policy = denial.policy.as_deref().unwrap_or("none");
        let why = format!("policy {policy}, rule {}", denial.rule.name());
        self.write(&Line { said: Some(said), ..line("refusal", who).refused(&why).ended(Ending::Refused.name()) });
    }

    /// A statement has ended.
    pub fn ended(&self, who: &Who, said: &Said, end: &End, ending: Ending, took: Duration) {
        let line = line("statement", who).took(took).ended(ending.name());
        self.write(&Line { said: Some(said), end: Some(end), ..line });
    }

    fn write(&self, line: &Line<'_>) {
        if let Err(error) = self.try_write(line) {
            self.metrics.lost_audit_lines.increment();
            tracing::error!(%error, "a line of the audit is lost");
        }
    }

    fn write_required(&self, line: &Line<'_>) -> Result<(), Error> {
        if self.mode != Mode::Required {
            self.write(line);
            return Ok(());
        }
        self.try_write(line).map_err(|error| {
            self.metrics.lost_audit_lines.increment();
            tracing::error!(%error, "the audit cannot be written: nothing may run");
            Error::new(SqlState("58030"), "the audit cannot be written, without which nothing may run")
        })
    }

    fn try_write(&self, line: &Line<'_>) -> io::Result<()> {
        if self.mode == Mode::Off {
            return Ok(());
        }
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.sink.write(&bytes)
    }
}

fn line<'a>(event: &'static str, who: &'a Who) -> Line<'a> {
    let now: DateTime<Utc> = Utc::now();
    let at = now.to_rfc3339_opts(SecondsFormat::Micros, true);
    Line { at, event, who, said: None, end: None, refused: None, milliseconds: None, outcome: None }
}

impl Line<'_> {
    fn refused(mut self, why: &str) -> Self {
        self.refused = Some(why.to_string());
        self
    }

    fn took(mut self, time: Duration) -> Self {
        self.milliseconds = Some(time.as_micros() as f64 / 1e3);
        self
    }

    fn ended(mut self, outcome: &'static str) -> Self {
        self.outcome = Some(outcome);
        self
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use redshift_sql_dialect::parse;
    use serde_json::Value;

    use super::*;

    fn who() -> Who {
        Who {
            connection: 7,
            user: "ana".into(),
            groups: vec!["analysts".into()],
            from: "10.0.0.7".into(),
            target: "sales".into(),
            method: Some("password"),
        }
    }

    fn audit(mode: Mode, file: &Path) -> Audit {
        let settings = AuditSettings { mode, file: Some(file.to_path_buf()), ..AuditSettings::default() };
        Audit::open(&settings, Arc::default()).unwrap()
    }

    fn lines(file: &Path) -> Vec<Value> {
        let text = fs::read_to_string(file).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_tells_who_what_and_what_came_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit.jsonl");
        let audit = audit(Mode::Required, &file);
        let parsed = parse("select * from t where a = 'x' and b = $1").unwrap();
        let said = audit.said(
            &parsed[0].statement,
            "select * from t where a = 'x' and b = $1",
            &[Some("secret".into()), None],
        );
        audit.connected(&who()).unwrap();
        audit.begins(&who(), &said).unwrap();
        let end = End { statement_id: Some("id".into()), query_id: Some(5), rows: 2, bytes: 16, sqlstate: None };
        audit.ended(&who(), &said, &end, Ending::Ok, Duration::from_micros(1_500));
        audit.disconnected(&who(), Duration::from_secs(1));
        let lines = lines(&file);
        let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
        assert_eq!(events, ["connect", "begin", "statement", "disconnect"]);
        let statement = &lines[2];
        for (key, expected) in [
            ("connection", Value::from(7)),
            ("user", "ana".into()),
            ("groups", vec!["analysts"].into()),
            ("from", "10.0.0.7".into()),
            ("target", "sales".into()),
            ("command", "SELECT".into()),
            ("text", "select * from t where a = ? and b = $1".into()),
            ("statement_id", "id".into()),
            ("query_id", 5.into()),
            ("rows", 2.into()),
            ("bytes", 16.into()),
            ("milliseconds", 1.5.into()),
            ("outcome", "ok".into()),
        ] {
            assert_eq!(statement[key], expected, "{key}");
        }
        assert_eq!(statement["parameters"], serde_json::json!(["?", null]));
        assert!(!fs::read_to_string(&file).unwrap().contains("secret"));
    }

    #[cfg(unix)]
    #[test]
    fn without_its_line_a_statement_does_not_begin() {
        // Whatever is written there, there is no room for it.
        let full = Path::new("/dev/full");
        if !full.exists() {
            return;
        }
        let required = audit(Mode::Required, full);
        let said = required.command("BEGIN");
        assert_eq!(required.begins(&who(), &said).unwrap_err().sqlstate(), SqlState("58030"));
        assert!(required.connected(&who()).is_err());
        assert!(!required.is_well());
        let on = audit(Mode::On, full);
        assert!(on.begins(&who(), &said).is_ok() && on.connected(&who()).is_ok() && on.is_well());
        assert_eq!(on.metrics.lost_audit_lines.get(), 1);
    }

    #[test]
    fn no_audit_writes_nothing() {
        let audit = Audit::off();
        audit.connected(&who()).unwrap();
        assert!(audit.is_well());
    }
}
