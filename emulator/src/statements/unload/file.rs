//! Files in S3 that are written piece by piece.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use async_compression::tokio::write::{BzEncoder, GzipEncoder, ZstdEncoder};
use object_store::buffered::BufWriter;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::formats::blocks::Compression;

/// A file of text, compressed on its way.
pub(super) struct Sink {
    writer: Pin<Box<dyn AsyncWrite + Send>>,
    bytes: Arc<AtomicU64>,
}

impl Sink {
    pub(super) fn new(file: BufWriter, compression: Compression) -> Sink {
        let (file, bytes) = Counted::new(file);
        let writer: Pin<Box<dyn AsyncWrite + Send>> = match compression {
            // UNLOAD has no LZOP.
            Compression::None | Compression::Lzop => Box::pin(file),
            Compression::Gzip => Box::pin(GzipEncoder::new(file)),
            Compression::Bzip2 => Box::pin(BzEncoder::new(file)),
            Compression::Zstd => Box::pin(ZstdEncoder::new(file)),
        };
        Sink { writer, bytes }
    }

    pub(super) async fn write(&mut self, text: &[u8]) -> std::io::Result<()> {
        self.writer.write_all(text).await
    }

    /// Bytes that left for S3.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Ends the file: it is there from now on. Gives its size.
    pub(super) async fn close(mut self) -> std::io::Result<u64> {
        self.writer.shutdown().await?;
        Ok(self.bytes())
    }
}

/// A file that counts its bytes.
pub(super) struct Counted {
    file: BufWriter,
    bytes: Arc<AtomicU64>,
}

impl Counted {
    pub(super) fn new(file: BufWriter) -> (Counted, Arc<AtomicU64>) {
        let bytes = Arc::new(AtomicU64::new(0));
        (Counted { file, bytes: Arc::clone(&bytes) }, bytes)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, data: &[u8]) -> Poll<std::io::Result<usize>> {
        let written = std::task::ready!(Pin::new(&mut self.file).poll_write(context, data));
        if let Ok(count) = &written {
            self.bytes.fetch_add(*count as u64, Ordering::Relaxed);
        }
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.file).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.file).poll_shutdown(context)
    }
}
