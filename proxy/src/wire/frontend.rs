//! What clients send, decoded strictly.
//!
//! The structs are pgwire's. Its decoders are not used, because they trust the counts and lengths inside a message: one
//! that is cut short makes them panic, and a string without an end reads into the next message. Here every read is
//! checked, and a body must end where its fields do.

use bytes::{Buf, Bytes};
use pgwire::messages::{
    extendedquery::{Bind, Close, Describe, Execute, Parse},
    simplequery::Query,
};
use redshift_sql_dialect::{Error, SqlState};

use super::socket::{Frame, WireError};

/// A message of a client that is logged in.
#[derive(Debug)]
pub enum Frontend {
    /// SQL text, perhaps several statements.
    Query(Query),
    /// SQL text to be prepared.
    Parse(Parse),
    /// Parameters for a prepared statement.
    Bind(Bind),
    /// What has it got?
    Describe(Describe),
    /// Run it.
    Execute(Execute),
    /// Forget it.
    Close(Close),
    /// Send what you have.
    Flush,
    /// The end of a batch.
    Sync,
    /// Good-bye.
    Terminate,
    /// CopyData, CopyDone or CopyFail, perhaps behind a COPY FROM STDIN that failed.
    Copy,
    /// A function call of protocol 2's days.
    FunctionCall,
}

/// Decodes a message.
///
/// # Errors
/// 08P01 where it is malformed or unknown; 22021 where a text is not UTF-8.
pub fn decode(frame: Frame) -> Result<Frontend, WireError> {
    let mut body = Body::new(frame.body);
    let message = match frame.tag {
        b'Q' => Frontend::Query(Query::new(body.text()?)),
        b'P' => Frontend::Parse(parse(&mut body)?),
        b'B' => Frontend::Bind(bind(&mut body)?),
        b'D' => {
            let (kind, name) = target(&mut body, "DESCRIBE")?;
            Frontend::Describe(Describe::new(kind, name))
        }
        b'C' => {
            let (kind, name) = target(&mut body, "CLOSE")?;
            Frontend::Close(Close::new(kind, name))
        }
        b'E' => Frontend::Execute(Execute::new(body.name()?, body.int32()?)),
        b'H' => Frontend::Flush,
        b'S' => Frontend::Sync,
        b'X' => Frontend::Terminate,
        b'd' | b'c' | b'f' => {
            body.skip();
            Frontend::Copy
        }
        b'F' => {
            body.skip();
            Frontend::FunctionCall
        }
        other => return Err(WireError::protocol(format!("invalid frontend message type {other}"))),
    };
    body.end()?;
    Ok(message)
}

fn parse(body: &mut Body) -> Result<Parse, WireError> {
    let (name, query) = (body.name()?, body.text()?);
    let types = (0..body.count()?).map(|_| body.int32().map(|oid| oid as u32)).collect::<Result<_, _>>()?;
    Ok(Parse::new(name, query, types))
}

fn bind(body: &mut Body) -> Result<Bind, WireError> {
    let (portal, statement) = (body.name()?, body.name()?);
    let formats = (0..body.count()?).map(|_| body.int16()).collect::<Result<_, _>>()?;
    let parameters = (0..body.count()?).map(|_| body.value()).collect::<Result<_, _>>()?;
    let result_formats = (0..body.count()?).map(|_| body.int16()).collect::<Result<_, _>>()?;
    Ok(Bind::new(portal, statement, formats, parameters, result_formats))
}

fn target(body: &mut Body, message: &str) -> Result<(u8, Option<String>), WireError> {
    match body.byte()? {
        kind @ (b'S' | b'P') => Ok((kind, body.name()?)),
        other => Err(WireError::protocol(format!("invalid {message} message subtype {other}"))),
    }
}

/// The fields of a message, one after the other.
pub struct Body(Bytes);

impl Body {
    /// The fields in these bytes.
    pub fn new(bytes: Bytes) -> Body {
        Body(bytes)
    }

    fn need(&self, length: usize) -> Result<(), WireError> {
        if self.0.len() < length { Err(WireError::protocol("insufficient data left in message")) } else { Ok(()) }
    }

    /// One byte.
    pub fn byte(&mut self) -> Result<u8, WireError> {
        self.need(1)?;
        Ok(self.0.get_u8())
    }

    /// A 16-bit integer.
    pub fn int16(&mut self) -> Result<i16, WireError> {
        self.need(2)?;
        Ok(self.0.get_i16())
    }

    /// A 32-bit integer.
    pub fn int32(&mut self) -> Result<i32, WireError> {
        self.need(4)?;
        Ok(self.0.get_i32())
    }

    /// How many items follow; up to 65,535, as drivers send them.
    fn count(&mut self) -> Result<u16, WireError> {
        Ok(self.int16()? as u16)
    }

    /// So many bytes.
    pub fn bytes(&mut self, length: usize) -> Result<Bytes, WireError> {
        self.need(length)?;
        Ok(self.0.split_to(length))
    }

    /// A value with its length before it; -1 is NULL.
    fn value(&mut self) -> Result<Option<Bytes>, WireError> {
        match self.int32()? {
            -1 => Ok(None),
            length if length < 0 => Err(WireError::protocol("invalid length of a parameter")),
            length => self.bytes(length as usize).map(Some),
        }
    }

    /// A string with a zero byte behind it.
    pub fn text(&mut self) -> Result<String, WireError> {
        let Some(length) = self.0.iter().position(|byte| *byte == 0) else {
            return Err(WireError::protocol("invalid string in message"));
        };
        let bytes = self.0.split_to(length);
        self.0.advance(1);
        String::from_utf8(bytes.to_vec()).map_err(|_| WireError::Recoverable(not_utf8()))
    }

    /// A string that may be empty, which is none.
    fn name(&mut self) -> Result<Option<String>, WireError> {
        Ok(Some(self.text()?).filter(|name| !name.is_empty()))
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> Bytes {
        self.0.split_to(self.0.len())
    }

    fn skip(&mut self) {
        self.0.clear();
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<(), WireError> {
        if self.0.is_empty() { Ok(()) } else { Err(WireError::protocol("invalid message format")) }
    }
}

/// 22021: text in another encoding than the one there is.
pub fn not_utf8() -> Error {
    Error::new(SqlState::CHARACTER_NOT_IN_REPERTOIRE, "invalid byte sequence for encoding \"UNICODE\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(tag: u8, body: &'static [u8]) -> Result<Frontend, WireError> {
        decode(Frame { tag, body: Bytes::from_static(body) })
    }

    #[test]
    fn messages_are_decoded() {
        assert!(matches!(decoded(b'Q', b"select 1\0"), Ok(Frontend::Query(query)) if query.query == "select 1"));
        let Ok(Frontend::Parse(parse)) = decoded(b'P', b"s\0select $1\0\0\x01\0\0\0\x17") else { panic!() };
        assert_eq!((parse.name.as_deref(), parse.type_oids), (Some("s"), vec![23]));
        let Ok(Frontend::Bind(bind)) = decoded(b'B', b"\0s\0\0\x01\0\x01\0\x02\0\0\0\x02hi\xff\xff\xff\xff\0\0") else {
            panic!()
        };
        assert_eq!(bind.portal_name, None);
        assert_eq!(bind.parameter_format_codes, [1]);
        assert_eq!(bind.parameters, [Some(Bytes::from_static(b"hi")), None]);
        assert!(matches!(decoded(b'S', b""), Ok(Frontend::Sync)));
    }

    /// Cut a message anywhere, and it is an error, never a panic and never a shorter message.
    #[test]
    fn messages_that_are_cut_short_are_refused() {
        let whole: [(u8, &[u8]); 4] = [
            (b'P', b"s\0select $1\0\0\x01\0\0\0\x17"),
            (b'B', b"\0s\0\0\x01\0\x01\0\x02\0\0\0\x02hi\xff\xff\xff\xff\0\x01\0\x01"),
            (b'E', b"p\0\0\0\0\x05"),
            (b'D', b"Sname\0"),
        ];
        for (tag, body) in whole {
            for length in 0..body.len() {
                let frame = Frame { tag, body: Bytes::copy_from_slice(&body[..length]) };
                assert!(decode(frame).is_err(), "{} of {length} bytes", char::from(tag));
            }
        }
    }

    #[test]
    fn lies_about_lengths_are_refused() {
        assert!(decoded(b'B', b"\0\0\0\0\0\x01\x7f\xff\xff\xff").is_err());
        assert!(decoded(b'B', b"\0\0\0\0\0\x01\xff\xff\xff\xfe").is_err());
        assert!(decoded(b'P', b"\0\0\xff\xff").is_err());
        assert!(decoded(b'S', b"more").is_err());
        assert!(decoded(b'Q', b"select 1\0more").is_err());
        assert!(decoded(b'Z', b"").is_err());
        assert!(decoded(b'D', b"Xname\0").is_err());
    }

    #[test]
    fn text_must_be_utf8() {
        let Err(WireError::Recoverable(error)) = decoded(b'Q', b"select '\xff'\0") else { panic!() };
        assert_eq!(error.sqlstate(), SqlState::CHARACTER_NOT_IN_REPERTOIRE);
    }
}
