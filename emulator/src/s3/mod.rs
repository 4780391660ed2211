//! `s3://`: a folder that plays S3, an S3 server, or AWS itself, behind one [`ObjectStore`] for each bucket.
//!
//! S3 has no folders: what COPY is given is a prefix of keys, so that `s3://b/raw/cust` names `raw/customers.csv` and
//! everything in `raw/custody/` alike. `object_store` lists by whole path segments; the rest of the prefix is compared
//! here. A zero-byte object whose key ends in `/` (what consoles make for an empty folder, and an empty folder where a
//! folder plays S3) shows that a prefix exists and is nothing to read.
//!
//! Faults are worded as Redshift words them: developer guide, "S3ServiceException errors".

use std::{
    collections::HashMap,
    fmt,
    ops::Range,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{
    ObjectMeta, ObjectStore, ObjectStoreExt, RetryConfig, aws::AmazonS3Builder, buffered::BufWriter,
    local::LocalFileSystem, path::Path,
};

use crate::S3Config;

mod error;

/// Bytes of an object that are written at a time; S3 takes parts of no fewer than 5 MB.
const WRITE_BUFFER: usize = 8 << 20;

pub use error::S3Error;

/// `s3://bucket/key`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct S3Path {
    /// The bucket.
    pub bucket: String,
    /// The key, or a prefix of keys.
    pub key: String,
}

impl S3Path {
    /// Reads `s3://bucket/key`; none where it is not written so or has no bucket.
    pub fn parse(url: &str) -> Option<S3Path> {
        let rest = url.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("s3://")).and(url.get(5..))?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return None;
        }
        Some(S3Path { bucket: bucket.to_string(), key: key.to_string() })
    }
}

impl fmt::Display for S3Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

/// Whose credentials a request is signed with.
#[derive(Clone, PartialEq, Eq)]
pub enum S3Credentials {
    /// The engine's own: a role stands for them.
    Engine,
    /// Those that the statement brought.
    Keys {
        /// The id of the key.
        access_key_id: String,
        /// The key.
        secret_access_key: String,
        /// The token of temporary credentials.
        session_token: Option<String>,
    },
}

/// Secrets do not show.
impl fmt::Debug for S3Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            S3Credentials::Engine => f.write_str("Engine"),
            S3Credentials::Keys { access_key_id, .. } => f.debug_struct("Keys").field("id", access_key_id).finish(),
        }
    }
}

/// An object that was there when it was looked for.
#[derive(Clone)]
pub struct S3Object {
    /// Its name.
    pub path: S3Path,
    /// How many bytes it has.
    pub size: u64,
    /// Its bucket.
    pub store: Arc<dyn ObjectStore>,
    /// Where it is in the bucket's store.
    pub location: Path,
    /// Which version of it was found.
    pub e_tag: Option<String>,
}

impl fmt::Debug for S3Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.path, self.size)
    }
}

impl S3Object {
    /// All of it. For files that are small by their nature.
    ///
    /// # Errors
    /// Where it cannot be read or is no longer there.
    pub async fn read(&self) -> Result<Bytes, S3Error> {
        let result = self.store.get(&self.location).await;
        let bytes = match result {
            Ok(result) => result.bytes().await,
            Err(error) => Err(error),
        };
        bytes.map_err(|error| S3Error::of_store(&error))
    }

    /// Bytes `from..to` of it.
    ///
    /// # Errors
    /// Where it cannot be read or is no longer there.
    pub async fn read_range(&self, from: u64, to: u64) -> Result<Bytes, S3Error> {
        self.store.get_range(&self.location, from..to).await.map_err(|error| S3Error::of_store(&error))
    }

    /// Removes it.
    ///
    /// # Errors
    /// Where it may not be removed.
    pub async fn delete(&self) -> Result<(), S3Error> {
        self.store.delete(&self.location).await.map_err(|error| S3Error::of_store(&error))
    }

    /// Several pieces of it.
    ///
    /// # Errors
    /// Where it cannot be read or is no longer there.
    pub async fn read_ranges(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, S3Error> {
        self.store.get_ranges(&self.location, ranges).await.map_err(|error| S3Error::of_store(&error))
    }
}

/// What a prefix names.
#[derive(Debug, Default)]
pub struct Listing {
    /// The objects, by key. Markers of folders are not among them.
    pub objects: Vec<S3Object>,
    /// Was a marker of a folder found?
    pub has_folder_marker: bool,
}

impl Listing {
    /// Does no key begin with the prefix?
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && !self.has_folder_marker
    }
}

/// S3 as one statement sees it, with the credentials and the region it asks for.
pub struct S3Client {
    config: S3Config,
    credentials: S3Credentials,
    region: Option<String>,
    kms_key_id: Option<String>,
    buckets: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

impl S3Client {
    /// A client; nothing is connected to yet.
    pub fn new(config: &S3Config, credentials: S3Credentials, region: Option<String>) -> Self {
        S3Client { config: config.clone(), credentials, region, kms_key_id: None, buckets: Mutex::default() }
    }

    /// The same, which asks a server to encrypt what it writes with this key of KMS. A folder encrypts nothing.
    pub fn encrypting(self, kms_key_id: Option<String>) -> Self {
        S3Client { kms_key_id, ..self }
    }

    /// The store that holds a bucket's objects under their keys.
    ///
    /// # Errors
    /// Where there is no such bucket, as far as that shows without a request.
    pub fn bucket(&self, name: &str) -> Result<Arc<dyn ObjectStore>, S3Error> {
        let mut buckets = self.buckets.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(store) = buckets.get(name) {
            return Ok(Arc::clone(store));
        }
        let store = self.open(name)?;
        buckets.insert(name.to_string(), Arc::clone(&store));
        Ok(store)
    }

    /// The objects whose keys begin with this path's key, by key.
    ///
    /// # Errors
    /// Where there is no such bucket or it may not be listed.
    pub async fn list(&self, prefix: &S3Path) -> Result<Listing, S3Error> {
        let store = self.bucket(&prefix.bucket)?;
        // The listing is narrowed to the prefix's last whole segment.
        let parent = prefix.key.rsplit_once('/').map_or("", |(parent, _)| parent);
        let parent = if parent.is_empty() { None } else { Some(self.location(parent)?) };
        let mut metas: Vec<ObjectMeta> = match store.list(parent.as_ref()).try_collect().await {
            Ok(metas) => metas,
            // A folder that is not there is an empty prefix; a bucket that is not there is told apart below.
            Err(object_store::Error::NotFound { .. }) if self.is_local() => Vec::new(),
            Err(error) => return Err(S3Error::of_listing(&error)),
        };
        metas.sort_by(|a, b| a.location.cmp(&b.location));
        let mut listing = Listing { has_folder_marker: self.is_empty_folder(prefix), ..Listing::default() };
        for meta in metas {
            let key = meta.location.to_string();
            let marks_folder = meta.size == 0 && format!("{key}/") == prefix.key;
            if marks_folder {
                listing.has_folder_marker = true;
            } else if key.starts_with(&prefix.key) {
                listing.objects.push(self.object(&prefix.bucket, key, meta, &store));
            }
        }
        Ok(listing)
    }

    /// The object of exactly this key, or none.
    ///
    /// # Errors
    /// Where there is no such bucket or the object may not be looked at.
    pub async fn find(&self, path: &S3Path) -> Result<Option<S3Object>, S3Error> {
        let store = self.bucket(&path.bucket)?;
        if path.key.is_empty() || path.key.ends_with('/') {
            return Ok(None);
        }
        match store.head(&self.location(&path.key)?).await {
            Ok(meta) => Ok(Some(self.object(&path.bucket, path.key.clone(), meta, &store))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(S3Error::of_store(&error)),
        }
    }

    /// The bytes of the object of exactly this key. For files that are small by their nature.
    ///
    /// # Errors
    /// Where there is no such object or it may not be read.
    pub async fn read(&self, path: &S3Path) -> Result<Bytes, S3Error> {
        let store = self.bucket(&path.bucket)?;
        if path.key.is_empty() || path.key.ends_with('/') {
            return Err(S3Error::no_such_key());
        }
        let bytes = match store.get(&self.location(&path.key)?).await {
            Ok(result) => result.bytes().await,
            Err(error) => Err(error),
        };
        bytes.map_err(|error| S3Error::of_store(&error))
    }

    /// A writer of the object of this key, which is there once it is closed. It holds a few megabytes at most.
    ///
    /// # Errors
    /// Where there is no such bucket, as far as that shows without a request, or the key is none.
    pub fn writer(&self, path: &S3Path) -> Result<BufWriter, S3Error> {
        let store = self.bucket(&path.bucket)?;
        Ok(BufWriter::with_capacity(store, self.location(&path.key)?, WRITE_BUFFER).with_max_concurrency(2))
    }

    /// Writes an object. For files that are small by their nature.
    ///
    /// # Errors
    /// Where there is no such bucket or it may not be written.
    pub async fn put(&self, path: &S3Path, bytes: Bytes) -> Result<(), S3Error> {
        let store = self.bucket(&path.bucket)?;
        let written = store.put(&self.location(&path.key)?, bytes.into()).await;
        written.map(|_| ()).map_err(|error| S3Error::of_store(&error))
    }

    fn object(&self, bucket: &str, key: String, meta: ObjectMeta, store: &Arc<dyn ObjectStore>) -> S3Object {
        S3Object {
            path: S3Path { bucket: bucket.to_string(), key },
            size: meta.size,
            store: Arc::clone(store),
            location: meta.location,
            e_tag: meta.e_tag,
        }
    }

    fn open(&self, name: &str) -> Result<Arc<dyn ObjectStore>, S3Error> {
        if !is_bucket_name(name) {
            return Err(S3Error::invalid_bucket_name());
        }
        match self.folder() {
            Some(folder) => {
                let folder = folder.join(name);
                if !folder.is_dir() {
                    return Err(S3Error::no_such_bucket());
                }
                let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| S3Error::of_store(&error))?;
                Ok(Arc::new(store))
            }
            None => Ok(Arc::new(self.server(name).build().map_err(|error| S3Error::of_store(&error))?)),
        }
    }

    fn server(&self, bucket: &str) -> AmazonS3Builder {
        let region = self.region.as_deref().or(self.config.region.as_deref()).unwrap_or("us-east-1");
        let retry = RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(30), ..RetryConfig::default() };
        let mut builder =
            AmazonS3Builder::new().with_bucket_name(bucket).with_region(region).with_retry(retry).with_allow_http(true);
        if let Some(endpoint) = &self.config.endpoint {
            builder = builder.with_endpoint(endpoint).with_virtual_hosted_style_request(false);
        }
        if let Some(key) = &self.kms_key_id {
            builder = builder.with_sse_kms_encryption(key);
        }
        let (id, secret, token) = match &self.credentials {
            S3Credentials::Engine => (
                self.config.access_key_id.as_deref(),
                self.config.secret_access_key.as_deref(),
                self.config.session_token.as_deref(),
            ),
            S3Credentials::Keys { access_key_id, secret_access_key, session_token } => {
                (Some(access_key_id.as_str()), Some(secret_access_key.as_str()), session_token.as_deref())
            }
        };
        match (id, secret) {
            (Some(id), Some(secret)) => {
                builder = builder.with_access_key_id(id).with_secret_access_key(secret);
                if let Some(token) = token {
                    builder = builder.with_token(token);
                }
                builder
            }
            // Nobody's credentials: what a bucket lets everybody read. (Otherwise the machine's metadata would be asked.)
            _ => builder.with_skip_signature(true),
        }
    }

    fn folder(&self) -> Option<&PathBuf> {
        self.config.folder.as_ref().filter(|_| self.config.endpoint.is_none())
    }

    fn is_local(&self) -> bool {
        self.folder().is_some()
    }

    fn is_empty_folder(&self, prefix: &S3Path) -> bool {
        let Some(folder) = self.folder() else { return false };
        let is_plain = !prefix.key.split('/').any(|segment| matches!(segment, "." | ".."));
        prefix.key.ends_with('/') && is_plain && folder.join(&prefix.bucket).join(&prefix.key).is_dir()
    }

    /// Where a key is in its store. What the store cannot name (`a//b`, `../a`) is not there.
    fn location(&self, key: &str) -> Result<Path, S3Error> {
        Path::parse(key).map_err(|_| S3Error::no_such_key())
    }
}

/// 3 to 63 (in old buckets 255) of the characters that S3 allows; so it can be no path either.
fn is_bucket_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (3..=255).contains(&name.len()) && name.bytes().all(allowed) && !name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(folder: &std::path::Path) -> S3Client {
        let config = S3Config { folder: Some(folder.to_path_buf()), ..S3Config::default() };
        S3Client::new(&config, S3Credentials::Engine, None)
    }

    fn path(url: &str) -> S3Path {
        S3Path::parse(url).expect("an S3 path")
    }

    /// A bucket `bkt` with these keys; each object holds its key.
    fn bucket(keys: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("folder");
        for key in keys {
            let file = folder.path().join("bkt").join(key);
            std::fs::create_dir_all(file.parent().expect("parent")).expect("folders");
            std::fs::write(&file, key).expect("file");
        }
        folder
    }

    async fn keys(client: &S3Client, url: &str) -> Vec<String> {
        let listing = client.list(&path(url)).await.expect("listing");
        listing.objects.into_iter().map(|object| object.path.key).collect()
    }

    #[test]
    fn paths_are_bucket_and_key() {
        assert_eq!(path("s3://b/k/x.csv"), S3Path { bucket: "b".into(), key: "k/x.csv".into() });
        assert_eq!(path("S3://b"), S3Path { bucket: "b".into(), key: "".into() });
        assert_eq!(path("s3://b/k").to_string(), "s3://b/k");
        for wrong in ["", "s3:/", "s3://", "s3:///key", "http://b/k", "b/k"] {
            assert_eq!(S3Path::parse(wrong), None, "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_prefix_names_every_key_that_begins_with_it() {
        let folder = bucket(&["raw/customers.csv", "raw/custody/a.csv", "raw/orders.csv", "raw/custom log~1 [x].csv"]);
        let client = client(folder.path());
        assert_eq!(
            keys(&client, "s3://bkt/raw/cust").await,
            ["raw/custody/a.csv", "raw/custom log~1 [x].csv", "raw/customers.csv"]
        );
        assert_eq!(keys(&client, "s3://bkt/raw/custody/").await, ["raw/custody/a.csv"]);
        assert_eq!(keys(&client, "s3://bkt/raw/orders.csv").await, ["raw/orders.csv"]);
        assert_eq!(keys(&client, "s3://bkt").await.len(), 4);
        assert!(client.list(&path("s3://bkt/nothing/here")).await.expect("listing").is_empty());
    }

    #[tokio::test]
    async fn what_is_listed_can_be_read() {
        let folder = bucket(&["a/custom log~1 [x].csv"]);
        let client = client(folder.path());
        let listing = client.list(&path("s3://bkt/a/")).await.expect("listing");
        let object = &listing.objects[0];
        assert_eq!(object.read().await.expect("bytes"), object.path.key.as_bytes());
        assert_eq!(object.read_range(2, 8).await.expect("bytes"), "custom".as_bytes());
        let found = client.find(&object.path).await.expect("found").expect("there");
        assert_eq!(found.size, object.path.key.len() as u64);
    }

    #[tokio::test]
    async fn an_empty_folder_exists() {
        let folder = bucket(&["raw/a.csv"]);
        std::fs::create_dir(folder.path().join("bkt/empty")).expect("folder");
        let listing = client(folder.path()).list(&path("s3://bkt/empty/")).await.expect("listing");
        assert!(listing.objects.is_empty() && !listing.is_empty());
    }

    #[tokio::test]
    async fn an_exact_key_is_no_prefix() {
        let folder = bucket(&["raw/customers.csv"]);
        let client = client(folder.path());
        assert!(client.find(&path("s3://bkt/raw/cust")).await.expect("answer").is_none());
        assert!(client.find(&path("s3://bkt/raw/")).await.expect("answer").is_none());
        let error = client.read(&path("s3://bkt/raw/cust")).await.expect_err("no such key");
        assert_eq!(
            error.to_string(),
            "S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey,Rid ,ExtRid ,CanRetry 1"
        );
    }

    #[tokio::test]
    async fn a_missing_bucket_is_told() {
        let folder = bucket(&["a"]);
        let client = client(folder.path());
        for url in ["s3://nobody/a", "s3://no.bucket-here"] {
            let error = client.list(&path(url)).await.expect_err("no such bucket");
            assert_eq!(
                error.to_string(),
                "S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket,\
                 Rid ,ExtRid ,CanRetry 1"
            );
        }
    }

    #[tokio::test]
    async fn a_bucket_is_no_way_out_of_the_folder() {
        let folder = bucket(&["a"]);
        let inner = client(&folder.path().join("bkt"));
        for url in ["s3://../a", "s3://./a", "s3://..", "s3://a\\b/a"] {
            let error = inner.list(&path(url)).await.expect_err("no bucket name");
            assert!(error.to_string().contains("InvalidBucketName"), "{url}: {error}");
        }
        assert!(inner.find(&path("s3://bkt/../../bkt/a")).await.is_err(), "there is no bucket bkt in bkt");
        assert!(client(folder.path()).find(&path("s3://bkt/../bkt/a")).await.is_err());
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_told() {
        let endpoint = Some("http://127.0.0.1:9".to_string());
        let config = S3Config { endpoint, ..S3Config::default() };
        let client = S3Client::new(&config, S3Credentials::Engine, None);
        let error = client.list(&path("s3://bkt/a")).await.expect_err("nobody listens");
        assert!(error.to_string().starts_with("S3CurlException: "), "{error}");
    }
}
