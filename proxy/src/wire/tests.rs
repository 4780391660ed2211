//! Conversations: what a client sends, and what it hears, message by message.

use std::time::{Duration, Instant};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    task::JoinHandle,
};

use super::*;
use crate::testing::FakeBackend;

/// How much fits between client and server: little, so that a long result has to wait for its reader.
const PIPE: usize = 16 << 10;

/// A client and the server that it talks to.
struct Client {
    stream: DuplexStream,
    backend: Arc<FakeBackend>,
    registry: Arc<Registry>,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    /// Of BackendKeyData.
    key: (i32, i32),
}

/// A message of the client.
fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32 + 4).to_be_bytes();
    [&[tag][..], &length, body].concat()
}

fn query(sql: &str) -> Vec<u8> {
    message(b'Q', format!("{sql}\0").as_bytes())
}

fn parse(name: &str, sql: &str, types: &[u32]) -> Vec<u8> {
    let mut body = BytesMut::from(format!("{name}\0{sql}\0").as_bytes());
    body.put_u16(types.len() as u16);
    types.iter().for_each(|oid| body.put_u32(*oid));
    message(b'P', &body)
}

/// Binds texts to a portal; the result is text, too.
fn bind(portal: &str, statement: &str, values: &[&str]) -> Vec<u8> {
    let mut body = BytesMut::from(format!("{portal}\0{statement}\0").as_bytes());
    body.put_u16(0);
    body.put_u16(values.len() as u16);
    for value in values {
        body.put_u32(value.len() as u32);
        body.put_slice(value.as_bytes());
    }
    body.put_u16(0);
    message(b'B', &body)
}

fn execute(portal: &str, limit: u32) -> Vec<u8> {
    message(b'E', &[portal.as_bytes(), &[0], &limit.to_be_bytes()].concat())
}

fn describe(kind: char, name: &str) -> Vec<u8> {
    message(b'D', format!("{kind}{name}\0").as_bytes())
}

fn sync() -> Vec<u8> {
    message(b'S', b"")
}

fn flush() -> Vec<u8> {
    message(b'H', b"")
}

/// A C string.
fn text(body: &mut Bytes) -> String {
    let length = body.iter().position(|byte| *byte == 0).unwrap();
    let text = String::from_utf8(body.split_to(length).to_vec()).unwrap();
    body.advance(1);
    text
}

/// A message of the server in words: its letter and what matters of it.
fn in_words(tag: u8, mut body: Bytes) -> String {
    let letter = char::from(tag);
    match tag {
        b'C' => format!("C {}", text(&mut body)),
        b'Z' => format!("Z {}", char::from(body[0])),
        b'R' => format!("R {}", body.get_i32()),
        b'S' => format!("S {}={}", text(&mut body), text(&mut body)),
        b'E' | b'N' => {
            let mut words = String::from(letter);
            loop {
                match body.get_u8() {
                    0 => return words,
                    // Places in the source of the server.
                    b'F' | b'L' | b'R' => drop(text(&mut body)),
                    _ => words = words + " " + &text(&mut body),
                }
            }
        }
        b'T' => {
            let columns = (0..body.get_u16()).map(|_| {
                let name = text(&mut body);
                body.advance(18);
                name
            });
            format!("T {}", columns.collect::<Vec<_>>().join(" "))
        }
        b'D' => {
            let values = (0..body.get_u16()).map(|_| match body.get_i32() {
                -1 => "NULL".to_string(),
                length => String::from_utf8(body.split_to(length as usize).to_vec()).unwrap(),
            });
            format!("D {}", values.collect::<Vec<_>>().join(" "))
        }
        b't' => {
            let types = (0..body.get_u16()).map(|_| body.get_u32().to_string());
            format!("t {}", types.collect::<Vec<_>>().join(" "))
        }
        _ => letter.to_string(),
    }
}

impl Client {
    /// A client that has not said anything.
    fn silent(backend: FakeBackend) -> Client {
        let (stream, server) = tokio::io::duplex(PIPE);
        let (stop, stopped) = watch::channel(false);
        let (backend, registry) = (Arc::new(backend), Arc::new(Registry::default()));
        let shared = Shared {
            backend: backend.clone(),
            tls: None,
            doors: None,
            metrics: Arc::default(),
            registry: Arc::clone(&registry),
            credentials: Arc::default(),
            shutdown: stopped,
        };
        let server = tokio::spawn(serve(server, blueshift_emulator::Client::local(), shared));
        Client { stream, backend, registry, stop, server, key: (0, 0) }
    }

    /// A client that is logged in as `admin`.
    async fn logged_in(backend: FakeBackend) -> Client {
        let mut client = Client::silent(backend);
        client.start(&[("user", "admin"), ("database", "dev")]).await;
        client.until_ready().await;
        client
    }

    async fn start(&mut self, parameters: &[(&str, &str)]) {
        let mut packet = 0x30000u32.to_be_bytes().to_vec();
        parameters.iter().for_each(|(name, value)| packet.extend(format!("{name}\0{value}\0").into_bytes()));
        packet.push(0);
        let length = (packet.len() as u32 + 4).to_be_bytes();
        self.stream.write_all(&[&length[..], &packet].concat()).await.unwrap();
    }

    async fn send(&mut self, messages: &[Vec<u8>]) {
        self.stream.write_all(&messages.concat()).await.unwrap();
    }

    /// The next message in words; none at the end of the connection.
    async fn hear(&mut self) -> Option<String> {
        let tag = self.stream.read_u8().await.ok()?;
        let length = self.stream.read_u32().await.unwrap() as usize - 4;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.unwrap();
        if tag == b'K' {
            let mut body = &body[..];
            self.key = (body.get_i32(), body.get_i32());
        }
        Some(in_words(tag, body.into()))
    }

    async fn hear_many(&mut self, count: usize) -> Vec<String> {
        let mut heard = Vec::new();
        for _ in 0..count {
            heard.extend(self.hear().await);
        }
        heard
    }

    /// Everything up to and with ReadyForQuery, or the end.
    async fn until_ready(&mut self) -> Vec<String> {
        let mut heard = Vec::new();
        while let Some(message) = self.hear().await {
            let ready = message.starts_with('Z');
            heard.push(message);
            if ready {
                break;
            }
        }
        heard
    }

    async fn ask(&mut self, messages: &[Vec<u8>]) -> Vec<String> {
        self.send(messages).await;
        self.until_ready().await
    }

    /// Waits until the backend was asked to do something whose name begins so.
    async fn until_called(&self, call: &str) {
        while !self.backend.calls.lock().unwrap().iter().any(|seen| seen.starts_with(call)) {
            tokio::task::yield_now().await;
        }
    }
}

const MISSING: &str = "E ERROR 42P01 relation \"t\" does not exist";
const CANCELLED: &str = "E ERROR 57014 Query cancelled on user's request";
const REFUSED: &str = "E ERROR 25P02 current transaction is aborted, commands ignored until end of transaction block";

#[tokio::test]
async fn parameters_are_reported_in_the_order_of_a_cluster() {
    let mut client = Client::silent(FakeBackend::default());
    client.start(&[("user", "admin"), ("database", "dev"), ("client_protocol_version", "2")]).await;
    let heard = client.until_ready().await;
    let names: Vec<_> = heard.iter().map(|message| message.split('=').next().unwrap()).collect();
    assert_eq!(
        names,
        [
            "R 0",
            "S application_name",
            "S case_sensitive",
            "S client_encoding",
            "S datestyle",
            "S integer_datetimes",
            "S is_superuser",
            "S server_encoding",
            "S server_version",
            "S session_authorization",
            "S TimeZone",
            "S timezone_abbreviations",
            "S padb_version",
            "S padb_revision",
            "S max_numeric_precision",
            "S max_varchar_size",
            "S datashare_enabled",
            "S session_id",
            "S server_protocol_version",
            "S show_discovery",
            "K",
            "Z I",
        ]
    );
    assert!(heard.contains(&"S client_encoding=UTF8".to_string()));
    assert!(heard.contains(&"S server_protocol_version=2".to_string()));
}

#[tokio::test]
async fn who_does_not_ask_for_redshifts_protocol_does_not_hear_of_it() {
    let mut client = Client::silent(FakeBackend::default());
    client.start(&[("user", "admin"), ("database", "dev")]).await;
    assert!(!client.until_ready().await.iter().any(|message| message.contains("server_protocol_version")));
}

#[tokio::test]
async fn encryption_that_is_not_there_is_declined() {
    let mut client = Client::silent(FakeBackend::default());
    for request in [80_877_104, 80_877_103] {
        client.send(&[[8u32.to_be_bytes(), u32::to_be_bytes(request)].concat()]).await;
        assert_eq!(client.stream.read_u8().await.unwrap(), b'N');
    }
    client.start(&[("user", "IAM:admin"), ("database", "dev")]).await;
    assert_eq!(client.until_ready().await.last().unwrap(), "Z I");
}

#[tokio::test]
async fn wrong_passwords_and_databases_are_refused() {
    for user in ["user1", "nobody"] {
        let mut client = Client::silent(FakeBackend::default());
        client.start(&[("user", user), ("database", "dev")]).await;
        assert_eq!(client.hear().await.unwrap(), "R 5");
        client.send(&[message(b'p', b"md5wrong\0")]).await;
        let refusal = format!("E FATAL 28000 password authentication failed for user \"{user}\"");
        assert_eq!(client.until_ready().await, [refusal]);
    }
    let mut client = Client::silent(FakeBackend::default());
    client.start(&[("user", "admin"), ("database", "nowhere")]).await;
    assert_eq!(client.until_ready().await, ["R 0", "E FATAL 3D000 database \"nowhere\" does not exist"]);
    let mut client = Client::silent(FakeBackend::default());
    client.start(&[("database", "dev")]).await;
    assert_eq!(client.until_ready().await, ["E FATAL 28000 no PostgreSQL user name specified in startup packet"]);
}

#[tokio::test]
async fn a_simple_query_may_hold_several_statements() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    assert_eq!(client.ask(&[query(" ; ")]).await, ["I", "Z I"]);
    assert_eq!(
        client.ask(&[query("insert into t values (1); select 1")]).await,
        ["C INSERT 0 1", "T n", "D 1", "D 2", "D 3", "D 4", "D 5", "C SELECT", "Z I"]
    );
    assert_eq!(client.backend.take_calls(), ["begin", "INSERT", "SELECT", "commit"]);
    assert_eq!(
        client.ask(&[query("insert into t values (1); delete from t; select 1")]).await,
        ["C INSERT 0 1", &format!("{MISSING} 13"), "Z I"]
    );
    assert_eq!(client.backend.take_calls(), ["begin", "INSERT", "DELETE", "rollback"]);
    assert_eq!(client.ask(&[query("begin; insert into t values (1)")]).await, ["C BEGIN", "C INSERT 0 1", "Z T"]);
    assert_eq!(client.ask(&[query("delete from t")]).await, [&format!("{MISSING} 13"), "Z E"]);
    assert_eq!(client.ask(&[query("select 1")]).await, [REFUSED, "Z E"]);
    assert_eq!(client.ask(&[query("commit")]).await, ["C ROLLBACK", "Z I"]);
}

#[tokio::test]
async fn nothing_runs_before_the_whole_message_has_parsed() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    let heard = client.ask(&[query("insert into t values (1); selec")]).await;
    assert_eq!(heard, ["E ERROR 42601 syntax error at or near \"selec\" 27", "Z I"]);
    assert!(client.backend.take_calls().is_empty());
}

#[tokio::test]
async fn a_warning_stands_before_the_tag() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    assert_eq!(
        client.ask(&[query("commit")]).await,
        ["N WARNING 25P01 there is no transaction in progress", "C COMMIT", "Z I"]
    );
}

#[tokio::test]
async fn a_prepared_statement_is_described_and_run() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    assert_eq!(
        client.ask(&[parse("s", "select $1", &[23]), flush(), describe('S', "s"), flush(), sync()]).await,
        ["1", "t 23", "T n", "Z I"]
    );
    assert_eq!(
        client.ask(&[bind("", "s", &["7"]), flush(), execute("", 0), flush(), sync()]).await,
        ["2", "D 7", "C SELECT", "Z I"]
    );
    // With nothing but Sync behind it, a statement is a transaction of its own.
    assert_eq!(client.backend.take_calls(), ["SELECT"]);
    assert_eq!(client.ask(&[message(b'C', b"Ss\0"), sync()]).await, ["3", "Z I"]);
    assert_eq!(
        client.ask(&[bind("", "s", &["7"]), sync()]).await,
        ["E ERROR 26000 prepared statement \"s\" does not exist", "Z I"]
    );
}

#[tokio::test]
async fn empty_statements_are_prepared_too() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    let heard = client.ask(&[parse("", "", &[]), describe('S', ""), bind("", "", &[]), execute("", 0), sync()]).await;
    assert_eq!(heard, ["1", "t ", "n", "2", "I", "Z I"]);
}

#[tokio::test]
async fn a_portal_is_read_in_portions() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    let heard = client
        .ask(&[
            parse("", "select 1", &[]),
            bind("p", "", &[]),
            execute("p", 2),
            execute("p", 2),
            execute("p", 2),
            execute("p", 2),
            sync(),
        ])
        .await;
    // The batches of three and two rows do not show; a portal that has come to its end has no more rows.
    assert_eq!(heard, ["1", "2", "D 1", "D 2", "s", "D 3", "D 4", "s", "D 5", "C SELECT", "C SELECT", "Z I"]);
}

#[tokio::test]
async fn a_portal_does_what_it_does_once() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    let insert = parse("", "insert into t values (1)", &[]);
    assert_eq!(
        client.ask(&[insert, bind("p", "", &[]), execute("p", 0), execute("p", 0), sync()]).await,
        ["1", "2", "C INSERT 0 1", "E ERROR 55000 portal \"p\" cannot be run anymore", "Z I"]
    );
}

#[tokio::test]
async fn portals_outlive_sync_within_a_block_only() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    let gone = "E ERROR 34000 portal \"p\" does not exist";
    client.ask(&[parse("s", "select 1", &[]), bind("p", "s", &[]), execute("p", 1), sync()]).await;
    assert_eq!(client.ask(&[execute("p", 1), sync()]).await, [gone, "Z I"]);
    client.ask(&[query("begin")]).await;
    client.ask(&[bind("p", "s", &[]), execute("p", 1), sync()]).await;
    assert_eq!(client.ask(&[execute("p", 1), sync()]).await, ["D 2", "s", "Z T"]);
    client.ask(&[query("commit")]).await;
    assert_eq!(client.ask(&[execute("p", 1), sync()]).await, [gone, "Z I"]);
}

/// As psycopg does with a cursor that it declares.
#[tokio::test]
async fn a_cursor_can_be_described_and_closed_as_a_portal() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    client.ask(&[query("begin; declare c cursor for select 1")]).await;
    assert_eq!(client.ask(&[describe('P', "c"), sync()]).await, ["T n", "Z T"]);
    assert_eq!(client.ask(&[message(b'C', b"Pc\0"), sync()]).await, ["3", "Z T"]);
    assert_eq!(client.ask(&[query("fetch 1 from c")]).await, ["E ERROR 34000 cursor \"c\" does not exist", "Z E"]);
}

#[tokio::test]
async fn after_an_error_a_pipeline_is_skipped_to_sync() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    let insert = [parse("", "insert into t values (1)", &[]), bind("", "", &[]), execute("", 0)].concat();
    let delete = [parse("", "delete from t", &[]), bind("", "", &[]), execute("", 0)].concat();
    let heard = client.ask(&[insert.clone(), delete, insert.clone(), sync()]).await;
    assert_eq!(heard, ["1", "2", "C INSERT 0 1", "1", "2", &format!("{MISSING} 13"), "Z I"]);
    // What came before the error is undone: until Sync it is one transaction.
    assert_eq!(client.backend.take_calls(), ["begin", "INSERT", "DELETE", "rollback"]);
    assert_eq!(client.ask(&[insert.clone(), insert, sync()]).await.last().unwrap(), "Z I");
    assert_eq!(client.backend.take_calls(), ["begin", "INSERT", "INSERT", "commit"]);
}

#[tokio::test]
async fn an_error_is_heard_before_sync() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    client.send(&[parse("", "selec", &[]), flush()]).await;
    assert_eq!(client.hear().await.unwrap(), "E ERROR 42601 syntax error at or near \"selec\" 1");
    assert_eq!(client.ask(&[sync()]).await, ["Z I"]);
}

#[tokio::test]
async fn messages_that_make_no_sense_together_are_refused() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    assert_eq!(
        client.ask(&[parse("", "select 1; select 2", &[]), sync()]).await,
        ["E ERROR 42601 cannot insert multiple commands into a prepared statement", "Z I"]
    );
    client.ask(&[parse("s", "select $1, $2", &[]), sync()]).await;
    assert_eq!(
        client.ask(&[bind("", "s", &["1"]), sync()]).await,
        ["E ERROR 08P01 bind message supplies 1 parameters, but prepared statement \"s\" requires 2", "Z I"]
    );
    assert_eq!(
        client.ask(&[parse("s", "select 1", &[]), sync()]).await,
        ["E ERROR 42P05 prepared statement \"s\" already exists", "Z I"]
    );
    assert_eq!(client.ask(&[query("select $1")]).await, ["E ERROR 42P02 there is no parameter $1", "Z I"]);
    assert_eq!(
        client.ask(&[message(b'F', b"\0\0\0\0")]).await,
        ["E ERROR 0A000 function calls by OID are not supported", "Z I"]
    );
}

#[tokio::test]
async fn a_running_statement_is_cancelled() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    client.send(&[query("update t set a = 1")]).await;
    client.until_called("UPDATE").await;
    let (pid, secret) = client.key;
    client.registry.cancel(pid, secret.wrapping_add(1));
    client.registry.cancel(pid, secret);
    assert_eq!(client.until_ready().await, [CANCELLED, "Z I"]);
    // In a block it fails the block.
    client.ask(&[query("begin")]).await;
    client.backend.take_calls();
    client.send(&[query("update t set a = 1")]).await;
    client.until_called("UPDATE").await;
    client.registry.cancel(pid, secret);
    assert_eq!(client.until_ready().await, [CANCELLED, "Z E"]);
}

#[tokio::test]
async fn a_result_without_end_waits_for_its_reader_and_is_cancelled() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    client.send(&[query("copy t from 's3://b/k' iam_role 'arn'")]).await;
    assert_eq!(client.hear_many(3).await, ["T n", "D 0", "D 1"]);
    let (pid, secret) = client.key;
    client.registry.cancel(pid, secret);
    let rest = client.until_ready().await;
    assert_eq!(rest[rest.len() - 2..], [CANCELLED, "Z I"]);
}

#[tokio::test]
async fn a_statement_runs_out_of_time() {
    let backend = FakeBackend { statement_timeout: Some("20"), ..FakeBackend::default() };
    let mut client = Client::logged_in(backend).await;
    let before = Instant::now();
    assert_eq!(client.ask(&[query("update t set a = 1")]).await, [CANCELLED, "Z I"]);
    assert!(before.elapsed() >= Duration::from_millis(20));
    assert_eq!(client.ask(&[query("insert into t values (1)")]).await, ["C INSERT 0 1", "Z I"]);
}

#[tokio::test]
async fn another_session_stops_a_statement_and_says_why() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    let control = client.backend.control();
    // Between two statements there is nothing to stop.
    control.cancel("too early");
    client.send(&[query("update t set a = 1")]).await;
    client.until_called("UPDATE").await;
    control.cancel("Long-running query");
    assert_eq!(client.until_ready().await, ["E ERROR 57014 Long-running query", "Z I"]);
}

const TERMINATED: &str = "E FATAL 57P01 terminating connection due to administrator command";

#[tokio::test]
async fn another_session_ends_one_that_waits() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    client.backend.control().terminate();
    assert_eq!(client.until_ready().await, [TERMINATED]);
    client.server.await.unwrap();
}

#[tokio::test]
async fn another_session_ends_one_that_is_busy() {
    for statement in ["update t set a = 1", "copy t from 's3://b/k' iam_role 'arn'"] {
        let mut client = Client::logged_in(FakeBackend::default()).await;
        client.ask(&[query("begin")]).await;
        client.send(&[query(statement)]).await;
        client.until_called(&statement[..4].to_uppercase()).await;
        client.backend.control().terminate();
        assert_eq!(client.until_ready().await.last().unwrap(), TERMINATED);
        client.server.await.unwrap();
    }
}

#[tokio::test]
async fn a_session_may_be_idle_only_for_so_long() {
    let backend = FakeBackend { idle_limit: Some(Duration::from_millis(20)), ..FakeBackend::default() };
    let mut client = Client::logged_in(backend).await;
    let idle_for_long = "E FATAL 57P01 terminating connection due to idle session timeout";
    assert_eq!(client.until_ready().await, [idle_for_long]);
    client.server.await.unwrap();
}

#[tokio::test]
async fn a_panic_ends_its_connection_only() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    let last_words = "E FATAL XX000 internal error; the connection has to be closed";
    assert_eq!(client.ask(&[query("select 1; analyze t")]).await, [last_words]);
    client.server.await.unwrap();
}

#[tokio::test]
async fn a_statement_stops_when_its_client_is_gone() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    client.send(&[query("update t set a = 1")]).await;
    client.until_called("UPDATE").await;
    drop(client.stream);
    client.server.await.unwrap();
}

#[tokio::test]
async fn the_server_says_good_bye() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    client.stop.send_replace(true);
    assert_eq!(client.until_ready().await, ["E FATAL 57P01 terminating connection due to administrator command"]);
    client.server.await.unwrap();
    // Who has not logged in has nothing to be told.
    let mut client = Client::silent(FakeBackend::default());
    client.stop.send_replace(true);
    assert!(client.until_ready().await.is_empty());
    client.server.await.unwrap();
}

#[tokio::test]
async fn broken_messages_end_the_connection() {
    let broken: [Vec<u8>; 3] = [message(b'B', b"\0\0\0\x05"), message(b'!', b""), b"Q\0\0\0\x01".to_vec()];
    for bytes in broken {
        let mut client = Client::logged_in(FakeBackend::default()).await;
        let heard = client.ask(&[bytes]).await;
        assert!(heard.len() == 1 && heard[0].starts_with("E FATAL 08P01"), "{heard:?}");
        client.server.await.unwrap();
    }
}

#[tokio::test]
async fn text_that_is_not_utf8_is_an_error_of_its_statement() {
    let mut client = Client::logged_in(FakeBackend::default()).await;
    assert_eq!(
        client.ask(&[message(b'Q', b"select '\xff'\0")]).await,
        ["E ERROR 22021 invalid byte sequence for encoding \"UNICODE\"", "Z I"]
    );
    assert_eq!(client.ask(&[query("")]).await, ["I", "Z I"]);
}
