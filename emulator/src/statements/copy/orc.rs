//! What COPY reads of ORC files.

use std::{error::Error as StdError, sync::Arc};

use arrow::record_batch::RecordBatch;
use futures::{StreamExt, stream::BoxStream};
use orc_rust::{ArrowReaderBuilder, schema::TimestampPrecision};
use redshift_sql_dialect::{Error, Result};

use super::columnar::{BATCH_ROWS, ColumnarLoad, Footer, Work};
use crate::{formats::columnar::ObjectReader, s3::S3Error};

/// A file's footer.
///
/// # Errors
/// Where it is no ORC file.
pub(super) async fn footer(load: &ColumnarLoad, file: usize) -> Result<Footer> {
    let reader = open(load, file).await?;
    let columns = reader.file_metadata().root_data_type().children();
    let shown = columns.iter().map(|column| format!("{} {}", column.name(), column.data_type())).collect();
    Ok(Footer {
        fields: reader.schema().fields().clone(),
        shown,
        rows: reader.file_metadata().number_of_rows(),
        pieces: reader.file_metadata().stripe_metadatas().len(),
    })
}

/// The rows of a stripe.
///
/// # Errors
/// Where the file cannot be read.
pub(super) async fn stripe(load: Arc<ColumnarLoad>, work: Work) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    let reader = open(&load, work.file).await?;
    let start = reader.file_metadata().stripe_metadatas()[work.piece].offset() as usize;
    let batches = reader.with_file_byte_range(start..start + 1).build_async();
    Ok(batches.map(move |batch| batch.map_err(|error| unreadable(&load, work.file, &error))).boxed())
}

async fn open(load: &ColumnarLoad, file: usize) -> Result<ArrowReaderBuilder<ObjectReader>> {
    let reader = ArrowReaderBuilder::try_new_async(load.reader(file)).await;
    let reader = reader.map_err(|error| unreadable(load, file, &error))?;
    // Microseconds are what the tables hold, and nanoseconds do not reach further than the year 2262.
    Ok(reader.with_batch_size(BATCH_ROWS).with_timestamp_precision(TimestampPrecision::Microsecond))
}

/// The reader wraps what S3 says in its own errors.
fn unreadable(load: &ColumnarLoad, file: usize, error: &(dyn StdError + 'static)) -> Error {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(s3) = io.and_then(|inner| inner.downcast_ref::<S3Error>()) {
            return load.s3_failed(file, s3);
        }
        cause = error.source();
    }
    load.unreadable(file)
}
