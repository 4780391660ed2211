//! Loading shapefiles: the files that belong together become rows of CSV in memory, which are loaded as any other text.
//!
//! Source: developer guide, "Loading a shapefile into Amazon Redshift". "all shapefile components must be independently
//! compressed and share the same compression suffix".

use std::sync::Arc;

use object_store::{ObjectStore, ObjectStoreExt, PutPayload, memory::InMemory, path::Path};
use redshift_sql_dialect::Result;

use super::fault::Runner;
use crate::{
    formats::{
        blocks::{Compression, whole},
        shapefile::{Fit, Simplify, srid_of_projection, to_csv},
    },
    s3::{S3Client, S3Object, S3Path},
};

/// What reading shapefiles depends on.
pub(super) struct Shapefiles<'a> {
    pub s3: &'a S3Client,
    pub compression: Compression,
    pub read_srid: bool,
    pub runner: Runner,
}

impl Shapefiles<'_> {
    /// For each `.shp` file an object with its rows, under its name; and the shapes that were too large, by their record.
    ///
    /// # Errors
    /// XX000 where there is none, attributes are missing, a file is damaged, or S3 refuses.
    pub(super) async fn of(&self, files: &[S3Object], simplify: Simplify) -> Result<(Vec<S3Object>, Vec<(u64, Fit)>)> {
        let (mut rows, mut fitted) = (Vec::new(), Vec::new());
        for file in files {
            if let Some((stem, suffix)) = stem_of(&file.path.key) {
                rows.push(self.rows(file, (stem, suffix), (simplify, &mut fitted)).await?);
            }
        }
        if rows.is_empty() {
            return Err(self.runner.error("No shapefile (.shp) was found", 8001, ""));
        }
        Ok((rows, fitted))
    }

    async fn rows(
        &self,
        file: &S3Object,
        (stem, suffix): (&str, &str),
        (simplify, fitted): (Simplify, &mut Vec<(u64, Fit)>),
    ) -> Result<S3Object> {
        let shapes = self.read(file).await?;
        let attributes = self.part(file, &format!("{stem}.dbf{suffix}")).await?;
        let context = format!("S3 key being read : {}", file.path);
        let missing = || self.runner.error("The shapefile has no attributes (.dbf)", 8001, &context);
        let attributes = attributes.ok_or_else(missing)?;
        let projection = self.part(file, &format!("{stem}.prj{suffix}")).await?.filter(|_| self.read_srid);
        let srid = projection.map_or(0, |text| srid_of_projection(&String::from_utf8_lossy(&text)));
        let rows = to_csv(&shapes, &attributes, srid, simplify);
        let rows = rows.map_err(|damaged| self.runner.error(damaged.0, 8001, &context))?;
        let (store, location) = (InMemory::new(), Path::from("rows"));
        fitted.extend(rows.fitted);
        let size = rows.csv.len() as u64;
        let put = store.put(&location, PutPayload::from(rows.csv)).await;
        put.map_err(|error| self.runner.error(error.to_string(), 8001, &context))?;
        let store: Arc<dyn ObjectStore> = Arc::new(store);
        Ok(S3Object { path: file.path.clone(), size, store, location, e_tag: None })
    }

    /// A file beside another one; none where there is none.
    async fn part(&self, file: &S3Object, key: &str) -> Result<Option<Vec<u8>>> {
        let path = S3Path { key: key.to_string(), ..file.path.clone() };
        let context = format!("S3 key being read : {path}");
        match self.s3.find(&path).await.map_err(|error| self.runner.s3(&error, &context))? {
            Some(part) => self.read(&part).await.map(Some),
            None => Ok(None),
        }
    }

    async fn read(&self, file: &S3Object) -> Result<Vec<u8>> {
        let context = format!("S3 key being read : {}", file.path);
        let bytes = whole(file, self.compression).await;
        bytes.map_err(|error| self.runner.error(error.to_string(), 9001, &context))
    }
}

/// What comes before and behind `.shp`.
fn stem_of(key: &str) -> Option<(&str, &str)> {
    let at = key.to_ascii_lowercase().rfind(".shp")?;
    let suffix = &key[at + 4..];
    (suffix.is_empty() || suffix.eq_ignore_ascii_case(".gz")).then_some((&key[..at], suffix))
}
