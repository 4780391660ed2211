//! What COPY reads of Parquet files.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use futures::{StreamExt, stream::BoxStream};
use parquet::{
    arrow::{
        ParquetRecordBatchStreamBuilder,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions},
    },
    errors::ParquetError,
};
use redshift_sql_dialect::{Error, Result};

use super::columnar::{BATCH_ROWS, ColumnarLoad, Footer, Work};
use crate::{formats::columnar::column_schema_text, s3::S3Error};

/// A file's footer.
///
/// # Errors
/// Where it is no Parquet file.
pub(super) async fn footer(load: &ColumnarLoad, file: usize) -> Result<Footer> {
    let metadata = metadata(load, file).await?;
    let fields = metadata.schema().fields().clone();
    let shown = (0..fields.len()).map(|column| column_schema_text(metadata.parquet_schema(), column)).collect();
    let rows = metadata.metadata().file_metadata().num_rows().max(0) as u64;
    Ok(Footer { fields, shown, rows, pieces: metadata.metadata().num_row_groups() })
}

/// The rows of a row group.
///
/// # Errors
/// Where the file cannot be read.
pub(super) async fn row_group(load: Arc<ColumnarLoad>, work: Work) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    let metadata = metadata(&load, work.file).await?;
    let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(load.reader(work.file), metadata);
    let builder = builder.with_row_groups(vec![work.piece]).with_batch_size(BATCH_ROWS);
    let batches = builder.build().map_err(|error| unreadable(&load, work.file, &error))?;
    Ok(batches.map(move |batch| batch.map_err(|error| unreadable(&load, work.file, &error))).boxed())
}

async fn metadata(load: &ColumnarLoad, file: usize) -> Result<ArrowReaderMetadata> {
    // The columns as Parquet has them, whatever Arrow type the writer had them in.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load_async(&mut load.reader(file), options).await;
    metadata.map_err(|error| unreadable(load, file, &error))
}

fn unreadable(load: &ColumnarLoad, file: usize, error: &ParquetError) -> Error {
    if let ParquetError::External(inner) = error
        && let Some(s3) = inner.downcast_ref::<S3Error>()
    {
        return load.s3_failed(file, s3);
    }
    load.unreadable(file)
}
