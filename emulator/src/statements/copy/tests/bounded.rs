//! A load takes no more memory for a large file than for a small one.

use std::{
    fmt,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use object_store::{
    Attributes, CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, path::Path,
};

use super::*;
use crate::{
    formats::{
        blocks::{Compression, Container, Encoding, Layout},
        splitter::{Delimited, Delimiter, Splitter},
    },
    s3::{S3Object, S3Path},
    statements::copy::{assemble::Assembler, fault::Runner, progress::LoadProgress, text::TextLoad},
    system::logs::LoadErrorRecord,
};

/// A store with one object, which is made as it is read: the same line again and again.
#[derive(Debug, Default)]
struct Endless {
    /// How far it was read.
    read: AtomicU64,
}

const LINE: &[u8; 1_024] = &{
    let mut line = [b'x'; 1_024];
    line[1_023] = b'\n';
    line
};
const SIZE: u64 = 64 << 20;
/// What may be read and not be given out yet: chunks that are fetched, a buffer, blocks that wait, are being parsed, or
/// are parsed.
const AHEAD: u64 = 32 << 20;

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endless")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Endless {
    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> object_store::Result<PutResult> {
        Err(unsupported())
    }

    async fn put_multipart_opts(
        &self,
        _: &Path,
        _: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        Err(unsupported())
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        let range = options.range.expect("a range").as_range(SIZE).expect("a range of the object");
        self.read.fetch_max(range.end, Ordering::Relaxed);
        let bytes = Bytes::from(LINE.repeat(((range.end - range.start) / LINE.len() as u64) as usize));
        Ok(GetResult {
            payload: GetResultPayload::Stream(stream::iter([Ok(bytes)]).boxed()),
            meta: ObjectMeta {
                location: location.clone(),
                last_modified: Default::default(),
                size: SIZE,
                e_tag: None,
                version: None,
            },
            range,
            attributes: Attributes::default(),
        })
    }

    async fn get_ranges(&self, _: &Path, _: &[Range<u64>]) -> object_store::Result<Vec<Bytes>> {
        Err(unsupported())
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        locations
    }

    fn list(&self, _: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        stream::empty().boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> object_store::Result<ListResult> {
        Err(unsupported())
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> object_store::Result<()> {
        Err(unsupported())
    }
}

fn unsupported() -> object_store::Error {
    object_store::Error::NotSupported { source: "it is made as it is read".into() }
}

#[tokio::test]
async fn reading_is_ahead_of_writing_by_a_bounded_number_of_bytes() {
    let store = Arc::new(Endless::default());
    let relation = table("t", &[("text", varchar(2_000))]);
    let parsed = redshift_sql_dialect::parse("copy t from 's3://b/k' iam_role default").expect("a statement").remove(0);
    let Statement::Copy(copy) = parsed.statement else { panic!("COPY") };
    let context = PlanContext { case_sensitive: false, input: DateTimeInput::default() };
    let plan = Arc::new(CopyPlan::new(&copy, &relation, &context).expect("a plan"));
    let path = S3Path { bucket: "b".into(), key: "k".into() };
    let files = vec![S3Object { path, size: SIZE, store: store.clone(), location: Path::from("k"), e_tag: None }];
    let splitter =
        Splitter::Delimited(Delimited { delimiter: Delimiter::byte(b'|'), escape: false, remove_quotes: false });
    let load = TextLoad {
        layout: Layout {
            compression: Compression::None,
            encoding: Encoding::Utf8,
            container: Container::Text,
            header_lines: 0,
            splitter: Arc::new(splitter),
        },
        assembler: Assembler::new(&plan, &relation, &[]),
        progress: Arc::new(LoadProgress::new("t", plan.error_limit, &files, 2)),
        plan,
        files,
        common: LoadErrorRecord::default(),
        runner: Runner { query: 1, pid: 1 },
    };
    let mut batches = stream::select_all(load.streams(2));
    let mut written = 0;
    while let Some(batch) = batches.next().await {
        // Before a batch is taken, what was read for it must not be far ahead of what was taken before.
        let ahead = store.read.load(Ordering::Relaxed).saturating_sub(written);
        assert!(ahead <= AHEAD, "{ahead} bytes ahead");
        written += batch.expect("a batch").num_rows() as u64 * LINE.len() as u64;
    }
    assert_eq!(written, SIZE);
}
