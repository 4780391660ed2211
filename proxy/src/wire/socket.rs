//! A client's connection as messages: whole frames in, buffered messages out.
//!
//! Incoming bytes are cut into frames by their length before anything looks inside, so that a body that lies about its
//! own structure can neither read past its end nor shift the frames behind it. What a length promises is allocated only
//! as it arrives.

use std::{io, time::Duration};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use pgwire::messages::Message;
use redshift_sql_dialect::{Error, SqlState};
use thiserror::Error as ThisError;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout,
};

/// Longest start-up packet, as in PostgreSQL.
const MAX_STARTUP: usize = 10_000;
/// Longest message with SQL, parameters or data: four times what Redshift takes for a statement.
const MAX_LARGE: usize = 64 << 20;
/// Longest message of any other kind.
const MAX_SMALL: usize = 10_000;
/// How much of what the client sends is kept while a statement runs.
const READ_AHEAD: usize = 1 << 20;
/// Output beyond this is sent before more is made.
pub const FLUSH_AT: usize = 64 << 10;
/// How long a last message may take to leave.
const FAREWELL: Duration = Duration::from_secs(1);

/// A stream of bytes to a client.
pub trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Socket for S {}

/// Why a connection ends.
#[derive(Debug, ThisError)]
pub enum WireError {
    /// The line is dead; nobody hears us.
    #[error("the connection is lost: {0}")]
    Io(#[from] io::Error),
    /// The client broke the protocol, or may not be here: it is told, and the connection closed.
    #[error("{0}")]
    Fatal(Error),
    /// A message is well-formed but cannot be taken: the client is told and may go on.
    #[error("{0}")]
    Recoverable(Error),
}

impl WireError {
    /// 08P01: the client does not speak the protocol.
    pub fn protocol(message: impl Into<String>) -> WireError {
        WireError::Fatal(Error::new(SqlState::PROTOCOL_VIOLATION, message))
    }

    /// The client went away in the middle of something.
    pub fn disconnected() -> WireError {
        WireError::Io(io::ErrorKind::UnexpectedEof.into())
    }
}

/// A message with its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The type's letter.
    pub tag: u8,
    /// What is behind the length.
    pub body: Bytes,
}

/// A connection.
pub struct Wire {
    socket: Box<dyn Socket>,
    input: BytesMut,
    output: BytesMut,
}

impl Wire {
    /// A connection over this socket.
    pub fn new(socket: impl Socket + 'static) -> Wire {
        Wire { socket: Box::new(socket), input: BytesMut::new(), output: BytesMut::new() }
    }

    /// The socket, to be encrypted. Bytes that came too early could be forged, so they end the connection.
    ///
    /// # Errors
    /// 08P01 where the client sent more than it should have by now.
    pub fn into_socket(self) -> Result<Box<dyn Socket>, WireError> {
        if self.input.is_empty() {
            return Ok(self.socket);
        }
        Err(WireError::protocol("received unencrypted data after SSL request"))
    }

    /// Reads a start-up packet, which has no type: its body without the length. None where the client left before it.
    ///
    /// # Errors
    /// 08P01 for an impossible length; I/O errors.
    pub async fn read_startup(&mut self) -> Result<Option<Bytes>, WireError> {
        if !self.fill_to(4).await? {
            return if self.input.is_empty() { Ok(None) } else { Err(WireError::disconnected()) };
        }
        let length = self.length_at(0);
        if !(8..=MAX_STARTUP).contains(&length) {
            return Err(WireError::protocol("invalid length of startup packet"));
        }
        if !self.fill_to(length).await? {
            return Err(WireError::disconnected());
        }
        let mut packet = self.input.split_to(length).freeze();
        packet.advance(4);
        Ok(Some(packet))
    }

    /// Reads a message. None where the client left between two messages. May be cancelled and called again.
    ///
    /// # Errors
    /// 08P01 for an impossible length; I/O errors.
    pub async fn read_message(&mut self) -> Result<Option<Frame>, WireError> {
        if !self.fill_to(5).await? {
            return if self.input.is_empty() { Ok(None) } else { Err(WireError::disconnected()) };
        }
        let tag = self.input[0];
        let length = self.length_at(1);
        if length < 4 || length > max_length(tag) {
            let letter = char::from(tag);
            return Err(WireError::protocol(format!("invalid length {length} of message type '{letter}'")));
        }
        if !self.fill_to(1 + length).await? {
            return Err(WireError::disconnected());
        }
        let mut body = self.input.split_to(1 + length).freeze();
        body.advance(5);
        Ok(Some(Frame { tag, body }))
    }

    /// The type of the next message that has begun to arrive, other than Flush.
    pub fn upcoming(&self) -> Option<u8> {
        behind_flushes(&self.input).first().copied()
    }

    /// Where the next message is an Execute of this portal that has arrived as a whole: the type of the message behind it,
    /// as [`Wire::upcoming`] tells it.
    pub fn upcoming_execute(&self, portal: &str) -> Option<Option<u8>> {
        let [b'E', length @ ..] = behind_flushes(&self.input) else { return None };
        let (bytes, _) = length.split_first_chunk::<4>()?;
        let (message, behind) = length.split_at_checked(u32::from_be_bytes(*bytes) as usize)?;
        let name = message.get(4..)?.split(|byte| *byte == 0).next()?;
        (name == portal.as_bytes()).then(|| behind_flushes(behind).first().copied())
    }

    fn length_at(&self, offset: usize) -> usize {
        let bytes = [0, 1, 2, 3].map(|i| self.input.get(offset + i).copied().unwrap_or_default());
        u32::from_be_bytes(bytes) as usize
    }

    /// Reads until so many bytes are there; false where the client left before.
    async fn fill_to(&mut self, length: usize) -> Result<bool, WireError> {
        while self.input.len() < length {
            if self.socket.read_buf(&mut self.input).await? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Waits until the client is gone, keeping what it sends. May be cancelled at any time.
    pub async fn gone(&mut self) {
        while self.input.len() < READ_AHEAD {
            match self.socket.read_buf(&mut self.input).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        // It sends without end and does not listen; whether it is there shows when something is sent.
        std::future::pending().await
    }

    /// Appends a message to the output.
    pub fn put(&mut self, message: &impl Message) {
        put(&mut self.output, message);
    }

    /// Appends one byte: the answer to SSLRequest.
    pub fn put_byte(&mut self, byte: u8) {
        self.output.put_u8(byte);
    }

    /// The output, to append messages to that are made elsewhere.
    pub fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// Drops the output, the last message of which may not be whole.
    pub fn forget_output(&mut self) {
        self.output.clear();
    }

    /// Is there so much output that it had better leave?
    pub fn is_full(&self) -> bool {
        self.output.len() >= FLUSH_AT
    }

    /// Sends the output. May be cancelled and called again: what was sent is not sent twice.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn flush(&mut self) -> Result<(), WireError> {
        while self.output.has_remaining() {
            if self.socket.write_buf(&mut self.output).await? == 0 {
                return Err(WireError::Io(io::ErrorKind::WriteZero.into()));
            }
        }
        self.socket.flush().await?;
        Ok(())
    }

    /// Sends what is left and closes, without waiting long for a client that does not listen.
    pub async fn close(mut self) {
        let farewell = async {
            self.flush().await?;
            self.socket.shutdown().await?;
            Ok::<(), WireError>(())
        };
        // A client that is gone has no use for it.
        let _ = timeout(FAREWELL, farewell).await;
    }
}

fn max_length(tag: u8) -> usize {
    match tag {
        b'Q' | b'P' | b'B' | b'd' | b'F' | b'p' => MAX_LARGE,
        _ => MAX_SMALL,
    }
}

/// Appends a message. pgwire's own `encode` refuses long ones; a ParameterDescription of 32,767 types is one.
pub fn put(output: &mut BytesMut, message: &impl Message) {
    put_with(output, message, |message, body| message.encode_body(body));
}

fn put_with<M: Message>(
    output: &mut BytesMut,
    message: &M,
    body: impl FnOnce(&M, &mut BytesMut) -> pgwire::error::PgWireResult<()>,
) {
    let start = output.len();
    if let Some(tag) = M::message_type() {
        output.put_u8(tag);
    }
    let length_at = output.len();
    output.put_i32(0);
    if let Err(error) = body(message, output) {
        // Only a secret key of a wrong length can fail, and ours has the right one.
        tracing::error!(%error, "a message cannot be encoded");
        output.truncate(start);
        return;
    }
    let length = (output.len() - length_at) as u32;
    output[length_at..length_at + 4].copy_from_slice(&length.to_be_bytes());
}

/// What has arrived, without Flush messages before it.
fn behind_flushes(mut input: &[u8]) -> &[u8] {
    while let [b'H', 0, 0, 0, 4, behind @ ..] = input {
        input = behind;
    }
    input
}

#[cfg(test)]
mod tests {
    use pgwire::messages::{data::ParameterDescription, extendedquery::ParseComplete};

    use super::*;

    /// A connection whose client has sent these bytes and left.
    async fn after(bytes: &[u8]) -> Wire {
        let (mut client, server) = tokio::io::duplex(1 << 16);
        client.write_all(bytes).await.unwrap();
        Wire::new(server)
    }

    fn protocol_error<T: std::fmt::Debug>(result: Result<T, WireError>) -> bool {
        matches!(result, Err(WireError::Fatal(error)) if error.sqlstate() == SqlState::PROTOCOL_VIOLATION)
    }

    #[tokio::test]
    async fn frames_are_cut_by_their_length() {
        let mut wire = after(b"H\0\0\0\x04Q\0\0\0\x06x\0S\0\0\0\x04").await;
        assert_eq!(wire.read_message().await.unwrap().unwrap().tag, b'H');
        let query = wire.read_message().await.unwrap().unwrap();
        assert_eq!((query.tag, &query.body[..]), (b'Q', &b"x\0"[..]));
        assert_eq!(wire.read_message().await.unwrap().unwrap().tag, b'S');
        assert!(wire.read_message().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn what_comes_next_is_seen_behind_flushes() {
        let mut wire = after(b"E\0\0\0\x09\0\0\0\0\0H\0\0\0\x04S\0\0\0\x04").await;
        assert_eq!(wire.read_message().await.unwrap().unwrap().tag, b'E');
        assert_eq!(wire.upcoming(), Some(b'S'));
    }

    #[tokio::test]
    async fn an_execute_that_comes_next_is_seen_with_what_is_behind_it() {
        let mut wire = after(b"D\0\0\0\x07Pp\0E\0\0\0\x0ap\0\0\0\0\0S\0\0\0\x04").await;
        assert_eq!(wire.read_message().await.unwrap().unwrap().tag, b'D');
        assert_eq!(wire.upcoming_execute("p"), Some(Some(b'S')));
        assert_eq!(wire.upcoming_execute("q"), None);
        let mut wire = after(b"D\0\0\0\x06P\0E\0\0\0\x09\0\0\0").await;
        assert_eq!(wire.read_message().await.unwrap().unwrap().tag, b'D');
        assert_eq!(wire.upcoming_execute(""), None);
    }

    #[tokio::test]
    async fn impossible_lengths_are_protocol_errors() {
        assert!(protocol_error(after(b"Q\0\0\0\x03").await.read_message().await));
        assert!(protocol_error(after(b"Q\x7f\xff\xff\xff").await.read_message().await));
        assert!(protocol_error(after(b"S\0\x01\0\0").await.read_message().await));
        assert!(protocol_error(after(b"\0\0\0\x07abc").await.read_startup().await));
        assert!(protocol_error(after(b"GET / HTTP/1.1\r\n").await.read_startup().await));
    }

    #[tokio::test]
    async fn a_client_that_leaves_within_a_message_is_a_lost_connection() {
        assert!(matches!(after(b"Q\0\0\0\x10sel").await.read_message().await, Err(WireError::Io(_))));
        assert!(matches!(after(b"\0\0").await.read_startup().await, Err(WireError::Io(_))));
        assert!(after(b"").await.read_startup().await.unwrap().is_none());
    }

    #[test]
    fn long_messages_are_written_whole() {
        let mut output = BytesMut::new();
        put(&mut output, &ParameterDescription::new(vec![23; 32_767]));
        put(&mut output, &ParseComplete::new());
        assert_eq!(u32::from_be_bytes(output[1..5].try_into().unwrap()) as usize, 4 + 2 + 4 * 32_767);
        assert_eq!(&output[output.len() - 5..], b"1\0\0\0\x04");
    }
}
