use std::sync::Arc;

use async_compression::tokio::write::{BzEncoder, GzipEncoder, ZstdEncoder};
use object_store::{ObjectStoreExt, memory::InMemory, path::Path};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::*;
use crate::{
    formats::splitter::{Csv, Delimited, Delimiter, Splitter},
    s3::S3Path,
};

async fn object(bytes: Vec<u8>) -> S3Object {
    let store = Arc::new(InMemory::new());
    let location = Path::from("k");
    let size = bytes.len() as u64;
    store.put(&location, bytes.into()).await.expect("put");
    S3Object { path: S3Path { bucket: "b".into(), key: "k".into() }, size, store, location, e_tag: None }
}

fn pipe() -> Layout {
    Layout {
        compression: Compression::None,
        encoding: Encoding::Utf8,
        container: Container::Text,
        header_lines: 0,
        splitter: Arc::new(Splitter::Delimited(Delimited {
            delimiter: Delimiter::byte(b'|'),
            escape: false,
            remove_quotes: false,
        })),
    }
}

fn csv() -> Layout {
    Layout { splitter: Arc::new(Splitter::Csv(Csv { delimiter: Delimiter::byte(b','), quote: b'"' })), ..pipe() }
}

/// The blocks and what was read.
async fn blocks(bytes: Vec<u8>, layout: &Layout) -> Result<(Vec<Block>, Progress), ReadError> {
    let mut reader = BlockReader::new(&object(bytes).await, layout);
    let mut blocks = Vec::new();
    while let Some(block) = reader.next().await? {
        blocks.push(block);
    }
    Ok((blocks, reader.progress()))
}

fn records(blocks: &[Block]) -> Vec<u8> {
    let bytes = |block: &Block| match block {
        Block::Records { bytes, .. } => bytes.to_vec(),
        Block::TooLong { .. } => Vec::new(),
    };
    blocks.iter().flat_map(bytes).collect()
}

async fn compressed<W: AsyncWrite + Unpin>(text: &[u8], mut encoder: W, inner: impl Fn(W) -> Vec<u8>) -> Vec<u8> {
    encoder.write_all(text).await.expect("written");
    encoder.shutdown().await.expect("ended");
    inner(encoder)
}

/// Three megabytes of lines of different lengths.
fn lines() -> Vec<u8> {
    (0..60_000u32).flat_map(|n| format!("{n}|{}\n", "x".repeat((n % 89) as usize)).into_bytes()).collect()
}

#[tokio::test]
async fn blocks_are_whole_lines_that_know_their_number() {
    let text = lines();
    let (blocks, progress) = blocks(text.clone(), &pipe()).await.expect("blocks");
    assert!(blocks.len() > 2);
    assert_eq!(records(&blocks), text);
    for block in &blocks {
        let Block::Records { bytes, first_line } = block else { panic!("records") };
        assert!(bytes.starts_with(format!("{}|", first_line - 1).as_bytes()) && bytes.ends_with(b"\n"));
        assert!(bytes.len() <= BLOCK);
    }
    assert_eq!(progress, Progress { bytes: text.len() as u64, lines: 60_000 });
}

#[tokio::test]
async fn a_file_of_any_shape_ends() {
    for (text, lines) in [("", 0), ("\n", 1), ("a", 1), ("a\nb", 2), ("a\nb\n", 2)] {
        let (blocks, progress) = blocks(text.as_bytes().to_vec(), &pipe()).await.expect("blocks");
        assert_eq!((records(&blocks), progress.lines), (text.as_bytes().to_vec(), lines), "{text:?}");
    }
}

#[tokio::test]
async fn header_lines_are_passed_over_and_counted() {
    let layout = Layout { header_lines: 2, ..pipe() };
    let (found, progress) = blocks(b"h1\nh2\n1|a\n".to_vec(), &layout).await.expect("blocks");
    assert_eq!(found, [Block::Records { bytes: Bytes::from_static(b"1|a\n"), first_line: 3 }]);
    assert_eq!(progress.lines, 3);
    let (found, progress) = blocks(b"h1".to_vec(), &layout).await.expect("blocks");
    assert_eq!((found, progress.lines), (vec![], 1));
}

#[tokio::test]
async fn compressed_files_are_decompressed_also_of_several_parts() {
    let text = lines();
    let (first, second) = text.split_at(1_000_000);
    let mut gzip = compressed(first, GzipEncoder::new(Vec::new()), GzipEncoder::into_inner).await;
    gzip.extend(compressed(second, GzipEncoder::new(Vec::new()), GzipEncoder::into_inner).await);
    let bzip2 = compressed(&text, BzEncoder::new(Vec::new()), BzEncoder::into_inner).await;
    let zstd = compressed(&text, ZstdEncoder::new(Vec::new()), ZstdEncoder::into_inner).await;
    for (compression, bytes) in [(Compression::Gzip, gzip), (Compression::Bzip2, bzip2), (Compression::Zstd, zstd)] {
        let layout = Layout { compression, ..pipe() };
        let (found, progress) = blocks(bytes.clone(), &layout).await.expect("blocks");
        assert!(records(&found) == text, "{compression:?}");
        assert_eq!(progress.bytes, text.len() as u64);
        let broken = blocks(text[..1_000].to_vec(), &layout).await;
        assert_eq!(broken, Err(ReadError::Compression(compression)));
        let cut = blocks(bytes[..bytes.len() / 2].to_vec(), &layout).await;
        assert_eq!(cut, Err(ReadError::Compression(compression)));
    }
}

#[tokio::test]
async fn other_encodings_become_utf8() {
    let utf16: Vec<u8> = "1|é\n2|😀\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let layout = Layout { encoding: Encoding::Utf16LittleEndian, ..pipe() };
    let (found, _) = blocks(utf16.clone(), &layout).await.expect("blocks");
    assert_eq!(records(&found), "1|é\n2|😀\n".as_bytes());
    let layout = Layout { encoding: Encoding::Utf16, ..pipe() };
    assert_eq!(blocks(utf16, &layout).await, Err(ReadError::Encoding));
}

#[tokio::test]
async fn quoted_line_ends_do_not_end_blocks() {
    let record = format!("1,\"{}\n{}\"\n", "a\n".repeat(500_000), "b".repeat(600_000));
    let text = record.repeat(4);
    let (found, progress) = blocks(text.clone().into_bytes(), &csv()).await.expect("blocks");
    assert!(found.len() > 1);
    for block in &found {
        let Block::Records { bytes, .. } = block else { panic!("records") };
        assert!(bytes.len() % record.len() == 0);
    }
    assert_eq!(progress.lines, 4 * 500_002);
}

#[tokio::test]
async fn a_quote_that_is_never_closed_costs_one_line() {
    let mut text = b"1,a\n2,\"open\n".to_vec();
    text.extend((3..700_000).flat_map(|n| format!("{n},abc\n").into_bytes()));
    let (found, _) = blocks(text.clone(), &csv()).await.expect("blocks");
    let long: Vec<_> = found.iter().filter(|block| matches!(block, Block::TooLong { .. })).collect();
    assert_eq!(long, [&Block::TooLong { start: Bytes::from_static(b"2,\"open"), line: 2 }]);
    assert_eq!(records(&found).len(), text.len() - b"2,\"open\n".len());
    let first_after = found.iter().find_map(|block| match block {
        Block::Records { first_line, bytes } if bytes.starts_with(b"3,") => Some(*first_line),
        _ => None,
    });
    assert_eq!(first_after, Some(3));
}

#[tokio::test]
async fn a_line_that_is_too_long_is_passed_over() {
    let mut text = vec![b'x'; 3 * MAX_RECORD];
    text.extend_from_slice(b"\n1|a\n");
    let (found, progress) = blocks(text, &pipe()).await.expect("blocks");
    assert!(matches!(found[0], Block::TooLong { line: 1, .. }));
    assert_eq!(found[1..], [Block::Records { bytes: Bytes::from_static(b"1|a\n"), first_line: 2 }]);
    assert_eq!(progress.lines, 2);
}
