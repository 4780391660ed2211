//! Which files a COPY reads: developer guide, "COPY from Amazon S3".

use futures::{StreamExt, TryStreamExt, stream};
use redshift_sql_dialect::{Error, Result};

use super::{
    fault::Runner,
    plan::{CopyPlan, JsonSource, SourceKind},
};
use crate::{
    formats::{
        manifest::{self, Entry},
        splitter::json::{JsonPath, PathsFile},
    },
    s3::{S3Client, S3Error, S3Object, S3Path},
};

/// How many objects are looked for at a time.
const LOOK_UPS: usize = 16;

/// Finds a statement's files.
pub(super) struct Finder<'a> {
    pub plan: &'a CopyPlan,
    pub s3: &'a S3Client,
    pub runner: Runner,
}

impl Finder<'_> {
    /// The files, in the order of their keys or of the manifest.
    ///
    /// # Errors
    /// XX000 where there are none, a mandatory one is missing, the manifest is none, or S3 refuses.
    pub(super) async fn files(&self) -> Result<Vec<S3Object>> {
        let mut files = match self.plan.source_kind {
            SourceKind::Prefix => self.by_prefix().await?,
            SourceKind::Manifest => self.by_manifest().await?,
        };
        if self.plan.format.is_columnar() {
            let source = &self.plan.source.key;
            files.retain(|file| file.size > 0 && (file.path.key == *source || !is_hidden(&file.path.key)));
        }
        Ok(files)
    }

    /// What the JSONPaths file says, where there is one.
    ///
    /// # Errors
    /// XX000 where it cannot be read or is none, or where it has not a path for each column.
    pub(super) async fn json_paths(&self) -> Result<Option<Vec<JsonPath>>> {
        let Some(JsonSource::Paths(path)) = self.plan.format.json_source() else { return Ok(None) };
        let context = format!("S3 key being read : {path}");
        let text = self.s3.read(path).await.map_err(|error| self.runner.s3(&error, &context))?;
        let file = PathsFile::parse(&text).map_err(|reason| self.runner.error(reason, 8001, &context))?;
        let PathsFile::Paths(paths) = file else { return Ok(None) };
        let columns = self.plan.columns.len();
        if paths.len() != columns {
            let message = format!(
                "Number of jsonpaths and the number of columns should match. JSONPath size: {}, Number of columns in \
                 table or column list: {columns}",
                paths.len()
            );
            return Err(self.runner.error(message, 8001, &context));
        }
        Ok(Some(paths))
    }

    async fn by_prefix(&self) -> Result<Vec<S3Object>> {
        let source = &self.plan.source;
        let context = format!("Listing bucket={} prefix={}", source.bucket, source.key);
        let listing = self.s3.list(source).await.map_err(|error| self.runner.s3(&error, &context))?;
        if listing.is_empty() {
            return Err(self.no_such_prefix(&source.key));
        }
        Ok(listing.objects)
    }

    fn no_such_prefix(&self, key: &str) -> Error {
        self.runner.error(format!("The specified S3 prefix '{key}' does not exist"), 8001, "")
    }

    async fn by_manifest(&self) -> Result<Vec<S3Object>> {
        let source = &self.plan.source;
        let context = format!("Manifest file location = {source}");
        let text = match self.s3.read(source).await {
            Ok(text) => text,
            Err(error) => return Err(self.no_manifest(&error, &context).await),
        };
        let entries = manifest::parse(&text)
            .ok_or_else(|| self.runner.error("Manifest file is not in correct json format", 8001, &context))?;
        // The futures are made before they are driven: a closure over borrowed entries inside the stream would keep the
        // whole statement from being Send.
        let look_ups: Vec<_> = entries.iter().map(|entry| self.entry(entry, &context)).collect();
        let found: Vec<Option<S3Object>> = stream::iter(look_ups).buffered(LOOK_UPS).try_collect().await?;
        let files: Vec<S3Object> = found.into_iter().flatten().collect();
        if files.is_empty() {
            // Whatever is mandatory, something must be there ("Using a manifest to specify data files").
            let first = entries.first().and_then(|entry| S3Path::parse(&entry.url));
            return Err(self.no_such_prefix(&first.map_or(String::new(), |path| path.key)));
        }
        Ok(files)
    }

    /// A prefix in the manifest's place is told apart from nothing at all.
    async fn no_manifest(&self, error: &S3Error, context: &str) -> Error {
        let is_missing = matches!(error, S3Error::Service { code, .. } if code == "NoSuchKey");
        let listing =
            if is_missing { self.s3.list(&self.plan.source).await.unwrap_or_default() } else { Default::default() };
        if listing.is_empty() {
            return self.runner.error(format!("Problem reading manifest file - {error}"), 8001, context);
        }
        self.runner.error("COPY with MANIFEST parameter requires full path of an S3 object.", 8001, context)
    }

    /// The object of an entry; none where it is not there and need not be.
    async fn entry(&self, entry: &Entry, context: &str) -> Result<Option<S3Object>> {
        let path = S3Path::parse(&entry.url).ok_or_else(|| {
            self.runner.error(format!("Invalid S3 url in manifest file: {}", entry.url), 8001, context)
        })?;
        if self.plan.format.is_columnar() && entry.content_length.is_none() {
            let message = format!("Manifest file has no meta content_length for {}", entry.url);
            return Err(self.runner.error(message, 8001, context));
        }
        let found = self
            .s3
            .find(&path)
            .await
            .map_err(|error| self.runner.s3(&error, &format!("S3 key being read : {path}")))?;
        if found.is_none() && entry.mandatory {
            let context = format!("{context} url = {}", entry.url);
            return Err(self.runner.error("Mandatory url is not present in manifest file.", 8001, &context));
        }
        Ok(found)
    }
}

/// Columnar files are read as Redshift Spectrum reads them, which leaves out of account what writers put beside the
/// data: "CREATE EXTERNAL TABLE" (LOCATION), "hidden files".
fn is_hidden(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or(key);
    name.starts_with(['.', '_', '#']) || name.ends_with('~')
}
