//! The files of a result in S3.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use blueshift_emulator::s3::{S3Object, S3Path};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{
    CredentialProvider, ObjectMeta, ObjectStore,
    aws::{AmazonS3Builder, AwsCredential},
    path::Path,
};
use redshift_sql_dialect::{Error, Result, SqlState};

/// Credentials that end so soon are asked for anew.
const REST: Duration = Duration::from_secs(120);

/// A place in S3.
pub struct Store {
    place: S3Path,
    store: std::result::Result<Arc<dyn ObjectStore>, String>,
}

impl Store {
    /// The place, reached with these credentials; at the URL of a server where that is not AWS.
    pub fn new(
        place: &S3Path,
        region: Option<String>,
        endpoint: Option<String>,
        credentials: Option<SharedCredentialsProvider>,
    ) -> Store {
        let mut builder = AmazonS3Builder::new().with_bucket_name(&place.bucket);
        if let Some(region) = region {
            builder = builder.with_region(region);
        }
        if let Some(endpoint) = endpoint {
            let plain = endpoint.starts_with("http://");
            builder = builder.with_endpoint(endpoint).with_virtual_hosted_style_request(false).with_allow_http(plain);
        }
        if let Some(provider) = credentials {
            builder = builder.with_credentials(Arc::new(Signer { provider, last: Mutex::default() }));
        }
        let store = builder.build().map(|store| Arc::new(store) as Arc<dyn ObjectStore>);
        Store { place: place.clone(), store: store.map_err(|error| error.to_string()) }
    }

    /// The URL of a folder here.
    pub fn url(&self, folder: &str) -> String {
        format!("s3://{}/{}", self.place.bucket, self.key(folder))
    }

    fn key(&self, folder: &str) -> String {
        match self.place.key.trim_end_matches('/') {
            "" => format!("{folder}/"),
            prefix => format!("{prefix}/{folder}/"),
        }
    }

    /// What reaches the bucket.
    ///
    /// # Errors
    /// 58030 where that cannot be.
    fn bucket(&self) -> Result<&Arc<dyn ObjectStore>> {
        self.store.as_ref().map_err(|reason| Error::new(SqlState::IO_ERROR, format!("S3 cannot be used: {reason}")))
    }

    /// The files of a folder, in the order in which UNLOAD has written them.
    ///
    /// # Errors
    /// 58030 where they cannot be listed.
    pub async fn files(&self, folder: &str) -> Result<Vec<S3Object>> {
        let store = self.bucket()?;
        let prefix = Path::from(self.key(folder));
        let mut files: Vec<ObjectMeta> =
            store.list(Some(&prefix)).try_collect().await.map_err(|error| failed("listed", &error))?;
        files.retain(|file| file.location.as_ref().ends_with(".parquet"));
        // 000, 001, ... 1000.
        files.sort_by(|a, b| {
            let key = |file: &ObjectMeta| (file.location.as_ref().len(), file.location.to_string());
            key(a).cmp(&key(b))
        });
        let object = |file: ObjectMeta| S3Object {
            path: S3Path { bucket: self.place.bucket.clone(), key: file.location.to_string() },
            size: file.size,
            store: Arc::clone(store),
            location: file.location,
            e_tag: file.e_tag,
        };
        Ok(files.into_iter().map(object).collect())
    }

    /// Removes a folder with all that is in it.
    ///
    /// # Errors
    /// 58030 where something cannot be removed.
    pub async fn remove(&self, folder: &str) -> Result<()> {
        let bucket = self.bucket()?;
        let prefix = Path::from(self.key(folder));
        let found: Vec<Path> = bucket
            .list(Some(&prefix))
            .map_ok(|file| file.location)
            .try_collect()
            .await
            .map_err(|error| failed("listed", &error))?;
        let removed = bucket.delete_stream(stream::iter(found.into_iter().map(Ok)).boxed());
        removed.try_for_each(|_| async { Ok(()) }).await.map_err(|error| failed("removed", &error))
    }
}

/// What S3 says may name keys and accounts: that is for the gateway's log.
pub fn failed(what: &str, error: &dyn std::error::Error) -> Error {
    tracing::warn!(%error, "files of an unloaded result could not be {what}");
    Error::new(SqlState::IO_ERROR, format!("the files of an unloaded result could not be {what}"))
}

/// AWS's credentials as S3 is signed with them, kept as long as they hold.
struct Signer {
    provider: SharedCredentialsProvider,
    last: Mutex<Option<Credentials>>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer")
    }
}

#[async_trait]
impl CredentialProvider for Signer {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let holds = |known: &Credentials| known.expiry().is_none_or(|end| end > SystemTime::now() + REST);
        let known = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone().filter(holds);
        let credentials = match known {
            Some(known) => known,
            None => {
                let fresh = self.provider.provide_credentials().await;
                let fresh =
                    fresh.map_err(|source| object_store::Error::Generic { store: "S3", source: source.into() })?;
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(fresh.clone());
                fresh
            }
        };
        Ok(Arc::new(AwsCredential {
            key_id: credentials.access_key_id().to_string(),
            secret_key: credentials.secret_access_key().to_string(),
            token: credentials.session_token().map(str::to_string),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_below_the_place() {
        let url = |place: &str| Store::new(&S3Path::parse(place).unwrap(), None, None, None).url("f");
        assert_eq!(url("s3://b"), "s3://b/f/");
        assert_eq!(url("s3://b/"), "s3://b/f/");
        assert_eq!(url("s3://b/p/q/"), "s3://b/p/q/f/");
    }
}
