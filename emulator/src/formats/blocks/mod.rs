//! A file in blocks of whole records, in bounded memory.
//!
//! Bytes come from S3 in ranges, the next one being fetched while the last is used; they are decompressed and made UTF-8
//! where that is asked for, and gathered until a block is full. It ends behind a record: where that is, the format knows
//! ([`Splitter::last_boundary`]). A record that does not end within [`MAX_RECORD`] bytes (a quote that is never closed)
//! must not gather the rest of the file: its first line is given as a fault, and the next line begins a record.

use std::{
    io::{self, Read as _},
    pin::Pin,
    sync::Arc,
};

use async_compression::tokio::bufread::{BzDecoder, GzipDecoder, ZstdDecoder};
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, stream};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    sync::mpsc,
};
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::{avro, fields::MAX_RECORD, lzop::LzopReader, splitter::Splitter};
use crate::s3::{S3Error, S3Object};

mod encoding;

pub use encoding::Encoding;
use encoding::Transcoder;

/// How many bytes are fetched at a time.
const CHUNK: u64 = 4 << 20;
/// How many bytes a block should have.
const BLOCK: usize = 1 << 20;
/// How much of a record that is too long is kept.
const KEPT_OF_LONG: usize = 1_024;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// GZIP
    Gzip,
    /// BZIP2
    Bzip2,
    /// ZSTD
    Zstd,
    /// LZOP
    Lzop,
}

/// What the records of a file are packed into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Container {
    /// They are text.
    #[default]
    Text,
    /// Avro's container: its records become objects of JSON.
    Avro,
}

/// How a file's bytes become records.
#[derive(Debug, Clone)]
pub struct Layout {
    /// How it is compressed.
    pub compression: Compression,
    /// How its characters are encoded.
    pub encoding: Encoding,
    /// What its records are packed into.
    pub container: Container,
    /// IGNOREHEADER: how many lines at its beginning are none of the records.
    pub header_lines: u64,
    /// Where records end.
    pub splitter: Arc<Splitter>,
}

/// Why a file cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// S3 does not give it.
    S3(S3Error),
    /// It is not compressed as it should be.
    Compression(Compression),
    /// It is not encoded as it should be.
    Encoding,
    /// It is no Avro file, for this reason.
    Avro(String),
}

/// Part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Whole records.
    Records {
        /// Their bytes.
        bytes: Bytes,
        /// The line of the file that the first one begins in, from 1.
        first_line: u64,
    },
    /// A line that begins a record which is too long.
    TooLong {
        /// Its first bytes.
        start: Bytes,
        /// The line.
        line: u64,
    },
}

/// What was read of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Bytes, after decompression.
    pub bytes: u64,
    /// Lines, those of the header included.
    pub lines: u64,
}

/// A file that is being read.
pub struct BlockReader {
    source: Source,
    transcoder: Option<Transcoder>,
    splitter: Arc<Splitter>,
    buffer: BytesMut,
    header_lines: u64,
    /// Is the rest of a line that is too long being passed over?
    skips_line: bool,
    at_end: bool,
    progress: Progress,
    ends_with_newline: bool,
}

type Chunks = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

enum Source {
    Plain(Chunks),
    Compressed(Pin<Box<dyn AsyncRead + Send>>, Compression),
    /// What a thread of its own makes of the file.
    Unpacked(mpsc::Receiver<Result<Bytes, ReadError>>),
}

impl BlockReader {
    /// Begins to read a file; nothing is fetched yet.
    pub fn new(object: &S3Object, layout: &Layout) -> BlockReader {
        let chunks = chunks(object.clone());
        let source = match (layout.container, layout.compression) {
            (Container::Avro, _) | (_, Compression::Lzop) => unpacked(layout, chunks),
            (Container::Text, Compression::None) => Source::Plain(chunks),
            (Container::Text, compression) => Source::Compressed(decoder(compression, chunks), compression),
        };
        BlockReader {
            source,
            transcoder: Transcoder::for_encoding(layout.encoding),
            splitter: Arc::clone(&layout.splitter),
            buffer: BytesMut::new(),
            header_lines: layout.header_lines,
            skips_line: false,
            at_end: false,
            progress: Progress::default(),
            ends_with_newline: true,
        }
    }

    /// What was given out by now.
    pub fn progress(&self) -> Progress {
        let unended = u64::from(!self.ends_with_newline);
        Progress { lines: self.progress.lines + unended, ..self.progress }
    }

    /// The next block; none at the file's end.
    ///
    /// # Errors
    /// Where the file cannot be read on.
    pub async fn next(&mut self) -> Result<Option<Block>, ReadError> {
        loop {
            if !self.pass_over_lines()
                && let Some(block) = self.cut()
            {
                return Ok(Some(block));
            }
            if self.at_end && self.buffer.is_empty() {
                return Ok(None);
            }
            self.read().await?;
        }
    }

    /// Cuts a block off what was read; none where more is needed.
    fn cut(&mut self) -> Option<Block> {
        let length = self.buffer.len();
        let mut window = BLOCK.min(length);
        while window > 0 {
            let at_end = self.at_end && window == length;
            if let Some(boundary) = self.splitter.last_boundary(&self.buffer[..window], at_end) {
                let first_line = self.progress.lines + 1;
                let bytes = self.take(boundary);
                return Some(Block::Records { bytes, first_line });
            }
            if window == length {
                break;
            }
            window = (window * 2).min(length);
        }
        (length > MAX_RECORD).then(|| self.cut_long_line())
    }

    fn cut_long_line(&mut self) -> Block {
        let line = self.progress.lines + 1;
        let newline = memchr::memchr(b'\n', &self.buffer);
        let start = Bytes::copy_from_slice(&self.buffer[..newline.unwrap_or(KEPT_OF_LONG).min(KEPT_OF_LONG)]);
        self.skips_line = newline.is_none();
        self.take(newline.map_or(self.buffer.len(), |at| at + 1));
        Block::TooLong { start, line }
    }

    /// Passes over lines of the header and over the rest of a long one. True where more of the file is needed for that.
    fn pass_over_lines(&mut self) -> bool {
        while self.header_lines > 0 || self.skips_line {
            match memchr::memchr(b'\n', &self.buffer) {
                Some(newline) => {
                    self.take(newline + 1);
                    if self.skips_line {
                        self.skips_line = false;
                    } else {
                        self.header_lines -= 1;
                    }
                }
                None => {
                    self.take(self.buffer.len());
                    return true;
                }
            }
        }
        false
    }

    /// Takes bytes off the buffer's beginning and counts them.
    fn take(&mut self, length: usize) -> Bytes {
        let bytes = self.buffer.split_to(length).freeze();
        self.progress.bytes += length as u64;
        self.progress.lines += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        if let Some(last) = bytes.last() {
            self.ends_with_newline = *last == b'\n';
        }
        bytes
    }

    /// Adds some bytes of the file to the buffer, or notes that there are no more.
    async fn read(&mut self) -> Result<(), ReadError> {
        let chunk = match &mut self.source {
            Source::Plain(chunks) => chunks.next().await.transpose().map_err(|error| read_error(&error, None))?,
            Source::Unpacked(pieces) => pieces.recv().await.transpose()?,
            Source::Compressed(decoder, compression) => {
                let mut chunk = BytesMut::with_capacity(BLOCK);
                while chunk.len() < BLOCK {
                    let read = decoder.read_buf(&mut chunk).await;
                    if read.map_err(|error| read_error(&error, Some(*compression)))? == 0 {
                        break;
                    }
                }
                (!chunk.is_empty()).then(|| chunk.freeze())
            }
        };
        match (chunk, &mut self.transcoder) {
            (Some(chunk), None) => self.buffer.extend_from_slice(&chunk),
            (Some(chunk), Some(transcoder)) => {
                transcoder.push(&chunk, &mut self.buffer).map_err(|_| ReadError::Encoding)?;
            }
            (None, Some(transcoder)) => {
                self.at_end = true;
                transcoder.finish().map_err(|_| ReadError::Encoding)?;
            }
            (None, None) => self.at_end = true,
        }
        Ok(())
    }
}

/// An object's bytes in order; two ranges are fetched at a time.
fn chunks(object: S3Object) -> Chunks {
    let starts = (0..object.size).step_by(CHUNK as usize);
    let fetch = move |start: u64| {
        let object = object.clone();
        async move { object.read_range(start, object.size.min(start + CHUNK)).await.map_err(io::Error::other) }
    };
    Box::pin(stream::iter(starts).map(fetch).buffered(2))
}

/// All of a file, decompressed. For what can only be read as a whole.
///
/// # Errors
/// Where it cannot be read or decompressed.
pub async fn whole(object: &S3Object, compression: Compression) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    decoder(compression, chunks(object.clone())).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

fn decoder(compression: Compression, chunks: Chunks) -> Pin<Box<dyn AsyncRead + Send>> {
    let reader = StreamReader::new(chunks);
    match compression {
        // What lzop made is decompressed by `unpack`.
        Compression::None | Compression::Lzop => Box::pin(reader),
        Compression::Gzip => {
            let mut decoder = GzipDecoder::new(reader);
            // Files that were made of several, one behind the other, are one.
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
        Compression::Bzip2 => {
            let mut decoder = BzDecoder::new(reader);
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
        Compression::Zstd => {
            let mut decoder = ZstdDecoder::new(reader);
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
    }
}

/// Begins to unpack a file on a thread of its own, as far as pieces are taken.
fn unpacked(layout: &Layout, chunks: Chunks) -> Source {
    let (pieces, taken) = mpsc::channel(2);
    let (container, compression) = (layout.container, layout.compression);
    let file = SyncIoBridge::new(decoder(compression, chunks));
    let to_thread = pieces.clone();
    let unpacking = tokio::task::spawn_blocking(move || unpack(file, (container, compression), &to_thread));
    tokio::spawn(async move {
        let error = match unpacking.await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            // A reader that broke down over a file has not read it to its end.
            Err(_) if container == Container::Avro => ReadError::Avro("the file is malformed".into()),
            Err(_) => ReadError::Compression(compression),
        };
        // Nobody listens where the load has ended.
        let _ = pieces.send(Err(error)).await;
    });
    Source::Unpacked(taken)
}

fn unpack(
    file: impl io::Read,
    (container, compression): (Container, Compression),
    pieces: &mpsc::Sender<Result<Bytes, ReadError>>,
) -> Result<(), ReadError> {
    let file: Box<dyn io::Read + '_> = match compression {
        Compression::Lzop => Box::new(LzopReader::new(file)),
        _ => Box::new(file),
    };
    let failed = |error: &io::Error| match compression {
        Compression::None => read_error(error, None),
        compression => read_error(error, Some(compression)),
    };
    let send = |piece: Vec<u8>| pieces.blocking_send(Ok(piece.into())).is_ok();
    match container {
        Container::Avro => avro::to_json(file, send).map_err(|fault| match fault {
            avro::Fault::Io(error) => failed(&error),
            avro::Fault::Malformed(reason) => ReadError::Avro(reason),
        }),
        Container::Text => {
            let mut file = file;
            loop {
                let mut piece = Vec::with_capacity(BLOCK);
                io::Read::take(&mut file, BLOCK as u64).read_to_end(&mut piece).map_err(|error| failed(&error))?;
                if piece.is_empty() || !send(piece) {
                    return Ok(());
                }
            }
        }
    }
}

fn read_error(error: &io::Error, compression: Option<Compression>) -> ReadError {
    let s3 = error.get_ref().and_then(|inner| inner.downcast_ref::<S3Error>());
    match (s3, compression) {
        (Some(s3), _) => ReadError::S3(s3.clone()),
        (None, Some(compression)) => ReadError::Compression(compression),
        (None, None) => ReadError::S3(S3Error::Unreachable { reason: error.to_string() }),
    }
}

#[cfg(test)]
mod tests;
