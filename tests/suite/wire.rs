//! Wire scripts: what a client sends and what the server must answer, message by message.
//!
//! ```text
//! # Lines that begin with # are comments; the first of a file say what part of the protocol it proves.
//! session                        opens a session as the superuser and waits until it is ready
//! session NAME key=value ...     the same under a name, with start-up parameters
//! socket NAME                    opens a socket and says nothing
//! on NAME                        goes on with this connection
//! > Query select 1 as one        sends a message
//! < RowDescription one:23        expects a message
//! < ...                          skips messages until the next expected one comes
//! > Cancel                       asks, until there is an answer, on a connection of its own that is closed at once
//! > Cancel waiting               asks once, and waits until the server has closed that connection
//! > Vanish                       closes the socket without a word
//! ```
//!
//! In an expected message `*` stands for any text. The messages to send are those of [`send`]. `\n` in a text is a new line.

use std::{collections::HashMap, fs, net::SocketAddr, path::Path, time::Duration};

use blueshift_tests::{
    pg::{Body, Client, Message},
    server::{DATABASE, USER},
};

/// How long to wait between two cancel requests.
const CANCEL_AGAIN: Duration = Duration::from_millis(200);

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs a script against the server at this address.
pub fn run(path: &Path, address: SocketAddr) -> Result<(), Failure> {
    let text = fs::read_to_string(path)?;
    let mut play =
        Play { address, clients: HashMap::new(), current: String::new(), skipping: false, cancelling: false };
    for (number, line) in text.lines().enumerate() {
        play.line(line.trim_end()).map_err(|e| format!("{}:{}: {line}\n{e}", path.display(), number + 1))?;
    }
    Ok(())
}

struct Play {
    address: SocketAddr,
    clients: HashMap<String, Client>,
    current: String,
    skipping: bool,
    cancelling: bool,
}

impl Play {
    fn line(&mut self, line: &str) -> Result<(), Failure> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "session" => self.session(rest),
            "socket" => {
                self.clients.insert(rest.to_string(), Client::open(self.address)?);
                self.current = rest.to_string();
                Ok(())
            }
            "on" => {
                self.current = rest.to_string();
                Ok(())
            }
            ">" => self.send(rest),
            "<" if rest == "..." => {
                self.skipping = true;
                Ok(())
            }
            "<" => self.expect(rest),
            other => Err(format!("{other:?} is no word of a wire script").into()),
        }
    }

    fn client(&mut self) -> Result<&mut Client, Failure> {
        self.clients.get_mut(&self.current).ok_or_else(|| format!("there is no connection {:?}", self.current).into())
    }

    fn session(&mut self, rest: &str) -> Result<(), Failure> {
        let mut words = rest.split_whitespace().peekable();
        let name = words.next_if(|word| !word.contains('=')).unwrap_or_default();
        let mut client = Client::open(self.address)?;
        client.startup(&startup_parameters(words)?)?;
        loop {
            match client.receive()? {
                Message::ReadyForQuery(_) => break,
                Message::Authentication(code) if code != 0 => {
                    return Err(format!("the server asks for authentication {code}").into());
                }
                Message::Error(report) => return Err(report.to_string().into()),
                Message::End => return Err("the connection was closed".into()),
                _ => {}
            }
        }
        self.current = name.to_string();
        self.clients.insert(self.current.clone(), client);
        Ok(())
    }

    fn send(&mut self, line: &str) -> Result<(), Failure> {
        self.cancelling = false;
        let client = self.client()?;
        match line.split_once(' ').unwrap_or((line, "")) {
            ("Vanish", "") => {
                self.clients.remove(&self.current);
                Ok(())
            }
            ("Startup", rest) => Ok(client.startup(&startup_parameters(rest.split_whitespace())?)?),
            ("Cancel", "waiting") => Ok(client.cancel()?.wait_for_end()?),
            ("Cancel", "") => {
                client.cancel()?;
                self.cancelling = true;
                Ok(())
            }
            // The answer to these is a byte alone, so that it is read here.
            ("SSLRequest", wanted) => same(wanted, &client.request(80_877_103)?.to_string()),
            ("GSSENCRequest", wanted) => same(wanted, &client.request(80_877_104)?.to_string()),
            (word, rest) => send(client, word, rest),
        }
    }

    fn expect(&mut self, wanted: &str) -> Result<(), Failure> {
        let skipping = std::mem::take(&mut self.skipping);
        let cancelling = std::mem::take(&mut self.cancelling);
        let client = self.client()?;
        loop {
            // A request that comes before the statement has begun stops nothing: so again, until there is an answer.
            while cancelling && !client.answers_within(CANCEL_AGAIN)? {
                client.cancel()?;
            }
            let message = client.receive()?;
            let shown = message.to_string();
            if matches(wanted, &shown) {
                return Ok(());
            }
            if !skipping || message == Message::End {
                return same(wanted, &shown);
            }
        }
    }
}

fn startup_parameters<'a>(words: impl Iterator<Item = &'a str>) -> Result<Vec<(&'a str, &'a str)>, Failure> {
    let mut parameters = Vec::new();
    for word in words {
        parameters.push(word.split_once('=').ok_or_else(|| format!("{word:?} is not key=value"))?);
    }
    for (key, value) in [("database", DATABASE), ("user", USER)] {
        if !parameters.iter().any(|(given, _)| *given == key) {
            parameters.insert(0, (key, value));
        }
    }
    Ok(parameters)
}

/// Sends one message:
///
/// * `Raw HEX`: these bytes, whatever they are
/// * `Query TEXT`, `Password TEXT`, `Sync`, `Flush`, `Terminate`
/// * `Parse NAME (OID OID) TEXT`
/// * `Bind PORTAL NAME ('text' x0102 NULL) binary?`: the format of a value is that in which it is written; `binary` asks
///   for the result in binary
/// * `Describe S|P NAME`, `Close S|P NAME`, `Execute PORTAL ROWS`
///
/// The unnamed statement and portal are `""`.
fn send(client: &mut Client, word: &str, rest: &str) -> Result<(), Failure> {
    let (letter, body) = match word {
        "Query" => (b'Q', Body::default().text(&unescaped(rest))),
        "Password" => (b'p', Body::default().text(rest)),
        "Sync" => (b'S', Body::default()),
        "Flush" => (b'H', Body::default()),
        "Terminate" => (b'X', Body::default()),
        "Parse" => (b'P', parse_body(rest)?),
        "Bind" => (b'B', bind_body(rest)?),
        "Describe" | "Close" => {
            let (kind, name) = rest.split_once(' ').ok_or("a kind and a name are wanted")?;
            (if word == "Close" { b'C' } else { b'D' }, Body::default().byte(kind.as_bytes()[0]).text(name_of(name)))
        }
        "Execute" => {
            let (portal, rows) = rest.split_once(' ').unwrap_or((rest, "0"));
            (b'E', Body::default().text(name_of(portal)).int4(rows.parse()?))
        }
        "Raw" => return Ok(client.send_raw(&bytes_of(rest)?)?),
        other => return Err(format!("{other:?} is no message that a wire script sends").into()),
    };
    Ok(client.send(letter, body)?)
}

fn name_of(word: &str) -> &str {
    if word == "\"\"" { "" } else { word }
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n")
}

fn parse_body(rest: &str) -> Result<Body, Failure> {
    let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let (oids, text) = match rest.strip_prefix('(') {
        Some(rest) => rest.split_once(") ").ok_or("a closing parenthesis is wanted")?,
        None => ("", rest),
    };
    let oids = oids.split_whitespace().map(str::parse).collect::<Result<Vec<i32>, _>>()?;
    let body = Body::default().text(name_of(name)).text(&unescaped(text)).int2(oids.len() as i16);
    Ok(oids.into_iter().fold(body, Body::int4))
}

fn bind_body(rest: &str) -> Result<Body, Failure> {
    let (portal, rest) = rest.split_once(' ').ok_or("a portal is wanted")?;
    let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let (values, result) = match rest.strip_prefix('(') {
        Some(rest) => rest.rsplit_once(')').ok_or("a closing parenthesis is wanted")?,
        None => ("", rest),
    };
    let values = bound_values(values)?;
    let mut body = Body::default().text(name_of(portal)).text(name_of(name)).int2(values.len() as i16);
    for (format, _) in &values {
        body = body.int2(*format);
    }
    body = body.int2(values.len() as i16);
    for (_, value) in &values {
        body = body.value(value.as_deref());
    }
    Ok(match result.trim() {
        "binary" => body.int2(1).int2(1),
        "" => body.int2(0),
        other => return Err(format!("{other:?} is no result format").into()),
    })
}

/// A value with its format.
type BoundValue = (i16, Option<Vec<u8>>);

fn bound_values(text: &str) -> Result<Vec<BoundValue>, Failure> {
    let mut values = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('\'') {
            let (value, after) = quoted.split_once('\'').ok_or("a closing quote is wanted")?;
            values.push((0, Some(value.as_bytes().to_vec())));
            rest = after.trim_start();
            continue;
        }
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        match word.strip_prefix('x') {
            Some(digits) => values.push((1, Some(bytes_of(digits)?))),
            None if word == "NULL" => values.push((0, None)),
            None => return Err(format!("{word:?} is no value").into()),
        }
        rest = after.trim_start();
    }
    Ok(values)
}

fn bytes_of(digits: &str) -> Result<Vec<u8>, Failure> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)).collect()
}

fn same(wanted: &str, got: &str) -> Result<(), Failure> {
    if matches(wanted, got) { Ok(()) } else { Err(format!("wanted: {wanted}\n   got: {got}").into()) }
}

/// Is `text` what `pattern` says, where `*` stands for any text?
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text
            .strip_prefix(head)
            .is_some_and(|rest| (0..=rest.len()).any(|at| rest.is_char_boundary(at) && matches(tail, &rest[at..]))),
    }
}
