//! A client of the Postgres protocol that hides nothing: it sends what it is told and shows what comes back.

use std::{
    fmt::{self, Write as _},
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// How long a test waits for a message that does not come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection.
pub struct Client {
    stream: TcpStream,
    address: SocketAddr,
    /// Process id and secret of BackendKeyData, for a cancel request.
    pub key: Option<(i32, i32)>,
    /// The protocol that the server granted: from 1 on RowDescription is longer.
    pub redshift_protocol: u8,
}

/// A message of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The one byte that answers SSLRequest and GSSENCRequest.
    Byte(char),
    /// R, with its code.
    Authentication(i32),
    /// S
    ParameterStatus(String, String),
    /// K
    BackendKeyData,
    /// Z, with I, T or E.
    ReadyForQuery(char),
    /// T
    RowDescription(Vec<Column>),
    /// D
    DataRow(Vec<Option<Vec<u8>>>),
    /// C
    CommandComplete(String),
    /// I
    EmptyQueryResponse,
    /// 1
    ParseComplete,
    /// 2
    BindComplete,
    /// 3
    CloseComplete,
    /// n
    NoData,
    /// s
    PortalSuspended,
    /// t, with the OIDs of the parameters.
    ParameterDescription(Vec<u32>),
    /// E
    Error(Report),
    /// N
    Notice(Report),
    /// The end of the connection.
    End,
    /// Any other, by its letter.
    Other(char),
}

/// A column of RowDescription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// OID of its table, or 0.
    pub table: u32,
    /// OID of its type.
    pub oid: u32,
    /// Bytes of a value; -1 where they vary.
    pub length: i16,
    /// Modifier of its type.
    pub typmod: i32,
    /// 0 text, 1 binary.
    pub format: i16,
    /// From Redshift protocol 1 on: schema, table, column, catalog and flags.
    pub origin: Option<([String; 4], u16)>,
}

/// The fields of an ErrorResponse or NoticeResponse.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// By their letters, in the order they came.
    pub fields: Vec<(char, String)>,
}

impl Report {
    /// The field of this letter, or an empty text.
    pub fn field(&self, letter: char) -> &str {
        self.fields.iter().find(|(key, _)| *key == letter).map_or("", |(_, value)| value)
    }
}

/// `ERROR 42601 syntax error at or near "x" position=8`
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.field('S'), self.field('C'), self.field('M'))?;
        for (letter, name) in [('P', "position"), ('D', "detail"), ('H', "hint")] {
            if !self.field(letter).is_empty() {
                write!(f, " {name}={}", self.field(letter))?;
            }
        }
        Ok(())
    }
}

impl Client {
    /// Opens a socket and says nothing.
    pub fn open(address: SocketAddr) -> io::Result<Client> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Client { stream, address, key: None, redshift_protocol: 0 })
    }

    /// Opens a session and waits until it is ready.
    pub fn connect(address: SocketAddr, user: &str, database: &str) -> io::Result<Client> {
        let mut client = Client::open(address)?;
        client.startup(&[("user", user), ("database", database)])?;
        loop {
            match client.receive()? {
                Message::ReadyForQuery(_) => return Ok(client),
                Message::Authentication(code) if code != 0 => {
                    return Err(io::Error::other(format!("the server asks for authentication {code}")));
                }
                Message::Error(report) => return Err(io::Error::other(report.to_string())),
                Message::End => return Err(io::Error::other("the connection was closed")),
                _ => {}
            }
        }
    }

    /// Runs a text by the simple protocol and gives all messages up to ReadyForQuery.
    pub fn query(&mut self, text: &str) -> io::Result<Vec<Message>> {
        self.send(b'Q', Body::default().text(text))?;
        let mut messages = Vec::new();
        loop {
            let message = self.receive()?;
            let last = matches!(message, Message::ReadyForQuery(_) | Message::End);
            messages.push(message);
            if last {
                return Ok(messages);
            }
        }
    }

    /// Sends a StartupMessage of protocol 3.0.
    pub fn startup(&mut self, parameters: &[(&str, &str)]) -> io::Result<()> {
        let mut body = Body::default().int4(196_608);
        for (key, value) in parameters {
            body = body.text(key).text(value);
        }
        self.send_untagged(body.byte(0))
    }

    /// Sends one of the requests that have a code for a name: SSLRequest 80877103, GSSENCRequest 80877104.
    pub fn request(&mut self, code: i32) -> io::Result<Message> {
        self.send_untagged(Body::default().int4(code))?;
        let mut byte = [0];
        self.stream.read_exact(&mut byte)?;
        Ok(Message::Byte(char::from(byte[0])))
    }

    /// Asks on a connection of its own to stop what this session runs. Dropping that connection closes it.
    pub fn cancel(&self) -> io::Result<Client> {
        let (pid, secret) = self.key.ok_or_else(|| io::Error::other("no BackendKeyData yet"))?;
        let mut other = Client::open(self.address)?;
        other.send_untagged(Body::default().int4(80_877_102).int4(pid).int4(secret))?;
        Ok(other)
    }

    /// Waits until the server closes the connection, whatever it says before.
    pub fn wait_for_end(mut self) -> io::Result<()> {
        self.stream.read_to_end(&mut Vec::new()).map(drop)
    }

    /// Sends bytes as they are.
    pub fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Does anything of the server's arrive within this time?
    pub fn answers_within(&mut self, time: Duration) -> io::Result<bool> {
        self.stream.set_read_timeout(Some(time))?;
        let arrived = match self.stream.peek(&mut [0]) {
            Ok(_) => true,
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => false,
            Err(e) => return Err(e),
        };
        self.stream.set_read_timeout(Some(PATIENCE))?;
        Ok(arrived)
    }

    /// Sends a message with its letter.
    pub fn send(&mut self, letter: u8, body: Body) -> io::Result<()> {
        let length = i32::try_from(body.0.len() + 4).map_err(io::Error::other)?;
        let mut message = vec![letter];
        message.extend(length.to_be_bytes());
        message.extend(body.0);
        self.stream.write_all(&message)
    }

    fn send_untagged(&mut self, body: Body) -> io::Result<()> {
        let length = i32::try_from(body.0.len() + 4).map_err(io::Error::other)?;
        let mut message = length.to_be_bytes().to_vec();
        message.extend(body.0);
        self.stream.write_all(&message)
    }

    /// The next message.
    pub fn receive(&mut self) -> io::Result<Message> {
        let mut head = [0; 5];
        match self.stream.read_exact(&mut head) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof || e.kind() == io::ErrorKind::ConnectionReset => {
                return Ok(Message::End);
            }
            other => other?,
        }
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let mut body = vec![0; length.saturating_sub(4)];
        self.stream.read_exact(&mut body)?;
        let message = self.decode(char::from(head[0]), &mut Reader(&body))?;
        if let Message::ParameterStatus(name, value) = &message
            && name == "server_protocol_version"
        {
            self.redshift_protocol = value.parse().map_err(io::Error::other)?;
        }
        Ok(message)
    }

    fn decode(&mut self, letter: char, body: &mut Reader<'_>) -> io::Result<Message> {
        Ok(match letter {
            'R' => Message::Authentication(body.int4()?),
            'S' => Message::ParameterStatus(body.text()?, body.text()?),
            'K' => {
                self.key = Some((body.int4()?, body.int4()?));
                Message::BackendKeyData
            }
            'Z' => Message::ReadyForQuery(char::from(body.take(1)?[0])),
            'T' => {
                let extended = self.redshift_protocol >= 1;
                let count = body.int2()?;
                Message::RowDescription((0..count).map(|_| body.column(extended)).collect::<io::Result<_>>()?)
            }
            'D' => {
                let count = body.int2()?;
                Message::DataRow((0..count).map(|_| body.value()).collect::<io::Result<_>>()?)
            }
            'C' => Message::CommandComplete(body.text()?),
            'I' => Message::EmptyQueryResponse,
            '1' => Message::ParseComplete,
            '2' => Message::BindComplete,
            '3' => Message::CloseComplete,
            'n' => Message::NoData,
            's' => Message::PortalSuspended,
            't' => {
                let count = body.int2()?;
                Message::ParameterDescription(
                    (0..count).map(|_| body.int4().map(|oid| oid as u32)).collect::<io::Result<_>>()?,
                )
            }
            'E' => Message::Error(body.report()?),
            'N' => Message::Notice(body.report()?),
            other => Message::Other(other),
        })
    }
}

/// The body of a message that is being made.
#[derive(Debug, Default)]
pub struct Body(Vec<u8>);

impl Body {
    /// Adds a byte.
    pub fn byte(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    /// Adds an Int16.
    pub fn int2(mut self, value: i16) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    /// Adds an Int32.
    pub fn int4(mut self, value: i32) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    /// Adds a String with its zero.
    pub fn text(mut self, value: &str) -> Self {
        self.0.extend(value.as_bytes());
        self.0.push(0);
        self
    }

    /// Adds a value with its length, or NULL.
    pub fn value(mut self, value: Option<&[u8]>) -> Self {
        match value {
            Some(bytes) => {
                self = self.int4(bytes.len() as i32);
                self.0.extend(bytes);
                self
            }
            None => self.int4(-1),
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(|| io::Error::other("a message is too short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn int2(&mut self) -> io::Result<i16> {
        Ok(i16::from_be_bytes(self.take(2)?.try_into().map_err(io::Error::other)?))
    }

    fn int4(&mut self) -> io::Result<i32> {
        Ok(i32::from_be_bytes(self.take(4)?.try_into().map_err(io::Error::other)?))
    }

    fn text(&mut self) -> io::Result<String> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or_else(|| io::Error::other("a text has no end"))?;
        let text = String::from_utf8(self.take(end)?.to_vec()).map_err(io::Error::other)?;
        self.take(1)?;
        Ok(text)
    }

    fn value(&mut self) -> io::Result<Option<Vec<u8>>> {
        match usize::try_from(self.int4()?) {
            Ok(length) => Ok(Some(self.take(length)?.to_vec())),
            Err(_) => Ok(None),
        }
    }

    fn column(&mut self, extended: bool) -> io::Result<Column> {
        let name = self.text()?;
        let table = self.int4()? as u32;
        self.int2()?;
        let oid = self.int4()? as u32;
        let (length, typmod, format) = (self.int2()?, self.int4()?, self.int2()?);
        let origin = match extended {
            true => Some(([self.text()?, self.text()?, self.text()?, self.text()?], self.int2()? as u16)),
            false => None,
        };
        Ok(Column { name, table, oid, length, typmod, format, origin })
    }

    fn report(&mut self) -> io::Result<Report> {
        let mut report = Report::default();
        loop {
            match self.take(1)?[0] {
                0 => return Ok(report),
                letter => report.fields.push((char::from(letter), self.text()?)),
            }
        }
    }
}

/// One line, as the wire scripts write it.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Byte(byte) => write!(f, "Byte {byte}"),
            Message::Authentication(code) => write!(f, "Authentication {code}"),
            Message::ParameterStatus(name, value) => write!(f, "ParameterStatus {name}={value}"),
            Message::BackendKeyData => f.write_str("BackendKeyData"),
            Message::ReadyForQuery(status) => write!(f, "ReadyForQuery {status}"),
            Message::RowDescription(columns) => {
                f.write_str("RowDescription")?;
                columns.iter().try_for_each(|column| write!(f, " {column}"))
            }
            Message::DataRow(values) => {
                f.write_str("DataRow")?;
                values.iter().try_for_each(|value| write!(f, " {}", shown(value.as_deref())))
            }
            Message::CommandComplete(tag) => write!(f, "CommandComplete {tag}"),
            Message::EmptyQueryResponse => f.write_str("EmptyQueryResponse"),
            Message::ParseComplete => f.write_str("ParseComplete"),
            Message::BindComplete => f.write_str("BindComplete"),
            Message::CloseComplete => f.write_str("CloseComplete"),
            Message::NoData => f.write_str("NoData"),
            Message::PortalSuspended => f.write_str("PortalSuspended"),
            Message::ParameterDescription(oids) => {
                f.write_str("ParameterDescription")?;
                oids.iter().try_for_each(|oid| write!(f, " {oid}"))
            }
            Message::Error(report) => write!(f, "Error {report}"),
            Message::Notice(report) => write!(f, "Notice {report}"),
            Message::End => f.write_str("End"),
            Message::Other(letter) => write!(f, "Other {letter}"),
        }
    }
}

/// `name:oid`, with `(typmod)` where there is one, `/binary` where it is, and the origin behind `@`.
impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.oid)?;
        if self.typmod != -1 {
            write!(f, "({})", self.typmod)?;
        }
        if self.format == 1 {
            f.write_str("/binary")?;
        }
        match &self.origin {
            Some((names, flags)) => write!(f, "@{}#{flags}", names.join(".")),
            None => Ok(()),
        }
    }
}

/// A value in quotes, in hexadecimal digits where it is no printable text, or NULL.
fn shown(value: Option<&[u8]>) -> String {
    let Some(bytes) = value else { return "NULL".to_string() };
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(char::is_control) => format!("'{text}'"),
        _ => bytes.iter().fold("x".to_string(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        }),
    }
}
