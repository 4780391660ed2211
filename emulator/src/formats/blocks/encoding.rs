//! ENCODING: developer guide, "Data conversion parameters".

use bytes::{BufMut, BytesMut};

/// How a file's characters are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF8
    #[default]
    Utf8,
    /// UTF16: a byte order mark at the beginning says in which order.
    Utf16,
    /// UTF16LE
    Utf16LittleEndian,
    /// UTF16BE
    Utf16BigEndian,
    /// ISO88591: each byte is the character of its number.
    Latin1,
}

/// The bytes are not in the encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotEncodedSo;

/// Characters in pieces of any length to UTF-8.
pub(super) enum Transcoder {
    Utf16(Utf16),
    Latin1,
}

/// UTF-16, as far as it has been read.
pub(super) struct Utf16 {
    /// None until the byte order mark has been read.
    is_big_endian: Option<bool>,
    /// Bytes at the end of the last piece that are no whole character.
    rest: Vec<u8>,
    at_start: bool,
}

impl Transcoder {
    /// None where nothing is to be done.
    pub(super) fn for_encoding(encoding: Encoding) -> Option<Transcoder> {
        let is_big_endian = match encoding {
            Encoding::Utf8 => return None,
            Encoding::Latin1 => return Some(Transcoder::Latin1),
            Encoding::Utf16 => None,
            Encoding::Utf16LittleEndian => Some(false),
            Encoding::Utf16BigEndian => Some(true),
        };
        Some(Transcoder::Utf16(Utf16 { is_big_endian, rest: Vec::new(), at_start: true }))
    }

    /// Appends a piece.
    pub(super) fn push(&mut self, piece: &[u8], to: &mut BytesMut) -> Result<(), NotEncodedSo> {
        match self {
            Transcoder::Utf16(utf16) => utf16.push(piece, to),
            Transcoder::Latin1 => {
                piece.iter().for_each(|byte| to.put_slice(char::from(*byte).encode_utf8(&mut [0; 4]).as_bytes()));
                Ok(())
            }
        }
    }

    /// Ends the file: nothing may be left over.
    pub(super) fn finish(&self) -> Result<(), NotEncodedSo> {
        match self {
            Transcoder::Utf16(utf16) if !utf16.rest.is_empty() => Err(NotEncodedSo),
            Transcoder::Utf16(_) | Transcoder::Latin1 => Ok(()),
        }
    }
}

impl Utf16 {
    fn push(&mut self, piece: &[u8], to: &mut BytesMut) -> Result<(), NotEncodedSo> {
        self.rest.extend_from_slice(piece);
        let mut at = 0;
        if self.at_start {
            let Some(mark) = self.rest.first_chunk::<2>() else { return Ok(()) };
            let marked = match mark {
                [0xfe, 0xff] => Some(true),
                [0xff, 0xfe] => Some(false),
                _ => None,
            };
            match (self.is_big_endian, marked) {
                (None, None) => return Err(NotEncodedSo),
                (None, Some(order)) => self.is_big_endian = Some(order),
                (Some(said), Some(order)) if said != order => return Err(NotEncodedSo),
                (Some(_), _) => {}
            }
            if marked.is_some() {
                at = 2;
            }
            self.at_start = false;
        }
        while let Some((character, length)) = self.character(at)? {
            to.put_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            at += length;
        }
        self.rest.drain(..at);
        Ok(())
    }

    fn unit(&self, at: usize) -> Option<u16> {
        let pair = self.rest.get(at..at + 2)?.first_chunk::<2>()?;
        let is_big_endian = self.is_big_endian.unwrap_or(false);
        Some(if is_big_endian { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) })
    }

    /// The character at this place and its bytes; none where it is not whole yet.
    fn character(&self, at: usize) -> Result<Option<(char, usize)>, NotEncodedSo> {
        let Some(first) = self.unit(at) else { return Ok(None) };
        if !(0xd800..0xe000).contains(&first) {
            return Ok(char::from_u32(u32::from(first)).map(|character| (character, 2)));
        }
        let Some(second) = self.unit(at + 2) else { return Ok(None) };
        match char::decode_utf16([first, second]).next() {
            Some(Ok(character)) => Ok(Some((character, 4))),
            _ => Err(NotEncodedSo),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcoded(encoding: Encoding, bytes: &[u8], piece: usize) -> Result<String, NotEncodedSo> {
        let mut transcoder = Transcoder::for_encoding(encoding).expect("an encoding that is not UTF-8");
        let mut to = BytesMut::new();
        for piece in bytes.chunks(piece) {
            transcoder.push(piece, &mut to)?;
        }
        transcoder.finish()?;
        Ok(String::from_utf8(to.to_vec()).expect("UTF-8"))
    }

    const TEXT: &str = "aé|😀\n";

    #[test]
    fn characters_survive_any_cut() {
        let little: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = [b"\xff\xfe".as_slice(), &little].concat();
        for piece in 1..=little.len() {
            assert_eq!(transcoded(Encoding::Utf16LittleEndian, &little, piece), Ok(TEXT.into()));
            assert_eq!(transcoded(Encoding::Utf16BigEndian, &big, piece), Ok(TEXT.into()));
            assert_eq!(transcoded(Encoding::Utf16, &marked, piece), Ok(TEXT.into()));
            assert_eq!(transcoded(Encoding::Utf16LittleEndian, &marked, piece), Ok(TEXT.into()));
        }
    }

    #[test]
    fn every_byte_is_a_latin_character() {
        assert_eq!(transcoded(Encoding::Latin1, b"caf\xe9 \xff", 3), Ok("café ÿ".into()));
    }

    #[test]
    fn utf16_needs_a_byte_order_mark() {
        assert_eq!(transcoded(Encoding::Utf16, b"a\0b\0", 4), Err(NotEncodedSo));
        assert_eq!(transcoded(Encoding::Utf16BigEndian, b"\xff\xfea\0", 4), Err(NotEncodedSo));
        assert_eq!(transcoded(Encoding::Utf16LittleEndian, b"a\0b", 3), Err(NotEncodedSo));
        assert_eq!(transcoded(Encoding::Utf16LittleEndian, b"\0\xd8a\0", 4), Err(NotEncodedSo));
    }
}
