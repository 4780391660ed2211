//! SQL scripts: statements, and the rows, types or SQLSTATE that Redshift answers.
//!
//! The format is sqllogictest's, with these conventions:
//!
//! * The head of a file cites the page of the documentation whose behaviour it pins.
//! * `query TYPES`: a letter for each column's exact type, see [`TYPE_LETTERS`].
//! * A row is a line, its values separated by ` | `. NULL is `NULL`, an empty string `(empty)`; blanks at the ends of a
//!   value are shown as `·`, a line feed as `\n`. With `rowsort` the expected lines are in sorted order.
//! * `statement error (42P01)` wants that SQLSTATE; `statement error ^42P01: relation "t" does not exist$` is a regular
//!   expression for the SQLSTATE and the message.
//! * `connection NAME` before a statement runs it in a session of that name.
//! * Scripts in a folder `serializable` run in a database of ISOLATION LEVEL SERIALIZABLE, those in a folder
//!   `case_insensitive` in one of COLLATE CASE_INSENSITIVE, the others in one that is neither.
//! * `skipif embedded` and `onlyif wire` are for what only a socket has.

mod embedded;
mod socket;

use std::{fmt, path::Path};

use blueshift_emulator::execution::SESSION_STACK;
use blueshift_tests::server::{DATABASE, Server};
use sqllogictest::{AsyncDB, ColumnType, DBOutput, Record, Runner};

use self::{embedded::Embedded, socket::Socket};
use crate::gateway;

/// Where the scripts run.
pub const ENGINES: [&str; 3] = ["embedded", "wire", GATEWAY];
/// Through the socket of a gateway before the server's Data API.
pub const GATEWAY: &str = "gateway";

/// The folders of scripts that want a database of their own, with the database's name, and what makes it.
const DATABASES: [(&str, &str); 2] = [
    ("serializable", "create database serializable isolation level serializable"),
    ("case_insensitive", "create database case_insensitive collate case_insensitive"),
];

/// The letters of types: one for each, so that `query IT` says INTEGER, VARCHAR.
const TYPE_LETTERS: [(char, &[u32]); 26] = [
    ('L', &[16]),                                         // boolean (logical)
    ('S', &[21]),                                         // smallint
    ('I', &[23]),                                         // integer
    ('B', &[20]),                                         // bigint
    ('N', &[1700]),                                       // numeric
    ('R', &[700]),                                        // real
    ('F', &[701]),                                        // double precision (float)
    ('C', &[1042]),                                       // char
    ('T', &[1043, 25]),                                   // varchar, text
    ('X', &[19]),                                         // name
    ('U', &[705]),                                        // unknown: an untyped literal
    ('D', &[1082]),                                       // date
    ('H', &[1083]),                                       // time (hour)
    ('h', &[1266]),                                       // timetz
    ('M', &[1114]),                                       // timestamp (moment)
    ('Z', &[1184]),                                       // timestamptz
    ('Y', &[1188]),                                       // interval year to month
    ('y', &[1190]),                                       // interval day to second
    ('i', &[1186]),                                       // interval
    ('J', &[4000]),                                       // super (JSON)
    ('V', &[6551]),                                       // varbyte
    ('G', &[3000]),                                       // geometry
    ('g', &[3001]),                                       // geography (globe)
    ('O', &[26, 24]),                                     // oid, regproc
    ('c', &[18]),                                         // "char"
    ('A', &[1002, 1005, 1007, 1009, 1028, 22, 30, 1034]), // arrays of the catalog
];

/// The type of a column, by its letter; `?` is any.
#[derive(Debug, Clone, Eq)]
pub struct Letter(char);

impl PartialEq for Letter {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.0 == '?' || other.0 == '?'
    }
}

impl Letter {
    fn of(oid: u32) -> Letter {
        Letter(TYPE_LETTERS.iter().find(|(_, oids)| oids.contains(&oid)).map_or('!', |(letter, _)| *letter))
    }
}

impl ColumnType for Letter {
    fn from_char(value: char) -> Option<Self> {
        (value == '?' || TYPE_LETTERS.iter().any(|(letter, _)| *letter == value)).then_some(Letter(value))
    }

    fn to_char(&self) -> char {
        self.0
    }
}

/// What a statement gave.
pub enum Answer {
    /// Rows, with the OID of each column's type.
    Rows { oids: Vec<u32>, rows: Vec<Vec<Option<String>>> },
    /// A command tag.
    Done(String),
}

/// Why it failed.
#[derive(Debug)]
pub struct Failure {
    sqlstate: String,
    message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.sqlstate, self.message)
    }
}

impl std::error::Error for Failure {}

/// A session of one of the engines.
enum Connection {
    Embedded(Box<Embedded>),
    Wire(Socket),
}

#[async_trait::async_trait]
impl AsyncDB for Connection {
    type Error = Failure;
    type ColumnType = Letter;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<Letter>, Failure> {
        let answer = match self {
            Connection::Embedded(session) => session.run(sql).await?,
            Connection::Wire(socket) => socket.run(sql)?,
        };
        Ok(match answer {
            Answer::Rows { oids, rows } => DBOutput::Rows {
                types: oids.into_iter().map(Letter::of).collect(),
                rows: rows.into_iter().map(|row| vec![line(&row)]).collect(),
            },
            Answer::Done(tag) => DBOutput::StatementComplete(rows_of(&tag)),
        })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &str {
        match self {
            Connection::Embedded(_) => "embedded",
            Connection::Wire(_) => "wire",
        }
    }

    fn error_sql_state(err: &Failure) -> Option<String> {
        Some(err.sqlstate.clone())
    }
}

/// The number behind a command tag.
fn rows_of(tag: &str) -> u64 {
    tag.rsplit(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// A row as the scripts write it.
fn line(row: &[Option<String>]) -> String {
    let shown: Vec<String> = row.iter().map(|value| value.as_deref().map_or("NULL".to_string(), shown)).collect();
    shown.join(" | ")
}

fn shown(value: &str) -> String {
    if value.is_empty() {
        return "(empty)".to_string();
    }
    let inner = value.trim_matches(' ');
    let leading = value.len() - value.trim_start_matches(' ').len();
    let trailing = value.len() - leading - inner.len();
    format!("{}{}{}", "·".repeat(leading), inner.replace('\n', "\\n"), "·".repeat(trailing))
}

/// Runs a script on an engine of its own and tells everything in it that is not as expected.
pub fn run(path: &Path, engine: &'static str) -> Result<(), String> {
    let text = format!("{}", path.display());
    let records = sqllogictest::parse_file::<Letter>(path).map_err(|e| e.to_string())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(SESSION_STACK).build();
    let runtime = runtime.map_err(|e| e.to_string())?;
    let own = DATABASES.iter().find(|(name, _)| path.iter().any(|folder| folder == *name));
    let database = own.map_or(DATABASE, |(name, _)| name);
    let failures = match engine {
        "embedded" => runtime.block_on(async {
            let engine = embedded::open().await?;
            if let Some((_, create)) = own {
                let made = Embedded::connect(&engine, DATABASE);
                made.map_err(|e| e.to_string())?.run(create).await.map_err(|e| e.to_string())?;
            }
            let make = || {
                let session =
                    Embedded::connect(&engine, database).map(|session| Connection::Embedded(Box::new(session)));
                async move { session }
            };
            Ok::<_, String>(play(Runner::new(make), records, "embedded").await)
        })?,
        _ => {
            let server = if engine == GATEWAY {
                Server::start_behind_gateway(&DATABASES.map(|(name, _)| name))
            } else {
                Server::start()
            };
            let server = server.map_err(|e| e.to_string())?;
            if let Some((_, create)) = own {
                let made = Socket::connect(server.address, DATABASE);
                made.and_then(|mut socket| socket.run(create)).map_err(|e| e.to_string())?;
            }
            let make = || {
                let socket = Socket::connect(server.address, database).map(Connection::Wire);
                async move { socket }
            };
            runtime.block_on(play(Runner::new(make), records, engine))
        }
    };
    match failures.len() {
        0 => Ok(()),
        count => Err(format!("{text}: {count} not as expected\n\n{}", failures.join("\n\n"))),
    }
}

async fn play<M>(mut runner: Runner<Connection, M>, records: Vec<Record<Letter>>, engine: &str) -> Vec<String>
where
    M: sqllogictest::MakeConnection<Conn = Connection>,
{
    runner.with_column_validator(sqllogictest::strict_column_validator);
    runner.with_normalizer(|value| value.trim_end().to_string());
    let mut failures = Vec::new();
    for record in records {
        if matches!(record, Record::Halt { .. }) {
            break;
        }
        if let Err(e) = runner.run_async(record).await
            && !(engine == GATEWAY && gateway::is_untold(&e))
        {
            failures.push(e.display(false).to_string());
        }
    }
    failures
}
