//! Reading an unloaded result.

use std::{collections::VecDeque, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::cast,
    datatypes::{DataType, Field, Schema, TimeUnit},
    record_batch::{RecordBatch, RecordBatchOptions},
};
use blueshift_emulator::{
    ResultColumn, Rows,
    formats::columnar::ObjectReader,
    s3::S3Object,
    text_input::DateTimeInput,
    types::{arrow_field, arrow_type},
};
use futures::{StreamExt, stream};
use parquet::arrow::{
    ParquetRecordBatchStreamBuilder,
    arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions},
    async_reader::ParquetRecordBatchStream,
};
use redshift_sql_dialect::{Error, RedshiftType, Result};
use uuid::Uuid;

use super::{
    store::{Store, failed},
    wrap::{Form, form},
};
use crate::backend::redshift::{
    budget::{Budget, Taken},
    remote::Remote,
    values::{Value, array},
};

/// Rows of a batch.
const BATCH: usize = 4_096;

/// The files of a result. They are removed when this is dropped.
pub struct Files {
    store: Arc<Store>,
    folder: String,
    /// Whose session writes them; none while nothing was asked to.
    remote: Option<Arc<Remote>>,
    /// Are they written to their end?
    written: bool,
}

impl Files {
    pub(super) fn new(store: Arc<Store>, id: Uuid) -> Files {
        Files { store, folder: id.to_string(), remote: None, written: false }
    }

    /// Where they are.
    pub fn url(&self) -> String {
        self.store.url(&self.folder)
    }

    /// From now on a session may write them.
    pub fn written_by(&mut self, remote: &Arc<Remote>) {
        self.remote = Some(Arc::clone(remote));
    }

    /// They are whole.
    pub fn set_written(&mut self) {
        self.written = true;
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let Some(remote) = self.remote.take() else { return };
        let (store, folder, written) = (Arc::clone(&self.store), self.folder.clone(), self.written);
        remote.afterwards(!written, async move {
            if store.remove(&folder).await.is_err() {
                tracing::warn!(folder = store.url(&folder), "files of an unloaded result are left behind");
            }
        });
    }
}

/// What is needed to read an unloaded result.
pub struct Source {
    /// Its files.
    pub files: Files,
    /// Its columns.
    pub columns: Arc<[ResultColumn]>,
    /// How the session writes dates and times.
    pub input: DateTimeInput,
    /// What it takes memory from.
    pub budget: Budget,
}

impl Source {
    /// The rows, under the word of their command tag.
    ///
    /// # Errors
    /// 58030 where the files cannot be read.
    pub async fn rows(self, tag: &'static str) -> Result<Rows> {
        let waiting = self.files.store.files(&self.files.folder).await?.into();
        let columns = Arc::clone(&self.columns);
        let fields: Vec<_> = columns.iter().map(|column| arrow_field(&column.name, column.ty)).collect();
        let reader = Reader { schema: Arc::new(Schema::new(fields)), source: self, waiting, open: None };
        let batches = stream::try_unfold(reader, |mut reader| async move {
            let batch = reader.next().await?;
            Ok(batch.map(|batch| (batch, reader)))
        });
        Ok(Rows { columns, batches: batches.boxed(), tag })
    }
}

struct Reader {
    source: Source,
    schema: Arc<Schema>,
    waiting: VecDeque<S3Object>,
    open: Option<Open>,
}

/// A file that is being read, and the memory of its row groups.
struct Open {
    rows: ParquetRecordBatchStream<ObjectReader>,
    _memory: Taken,
}

impl Reader {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(open) = &mut self.open {
                match open.rows.next().await {
                    Some(batch) => return self.batch(&batch.map_err(|error| failed("read", &error))?).map(Some),
                    None => self.open = None,
                }
            }
            let Some(file) = self.waiting.pop_front() else { return Ok(None) };
            self.open = Some(open(file, self.source.budget.clone()).await?);
        }
    }

    fn batch(&self, read: &RecordBatch) -> Result<RecordBatch> {
        let columns = &self.source.columns;
        if read.num_columns() != columns.len() {
            return Err(Error::internal("an unloaded result does not have the columns of its query"));
        }
        let arrays = columns.iter().zip(read.columns());
        let arrays = arrays.map(|(column, values)| converted(column.ty, values, &self.source.input));
        let options = RecordBatchOptions::new().with_row_count(Some(read.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays.collect::<Result<_>>()?, &options)
            .map_err(|error| Error::internal(error.to_string()))
    }
}

/// Opens a file, when there is memory to read it.
async fn open(file: S3Object, budget: Budget) -> Result<Open> {
    let mut object = ObjectReader(file);
    let read = |error| failed("read", &error);
    let metadata = ArrowReaderMetadata::load_async(&mut object, ArrowReaderOptions::new()).await.map_err(read)?;
    // A row group's pages are in memory while it is read.
    let groups = metadata.metadata().row_groups().iter();
    let largest = groups.map(|group| usize::try_from(group.compressed_size()).unwrap_or(0)).max().unwrap_or(0);
    let memory = budget.take(largest).await?;
    let options = ArrowReaderOptions::new().with_schema(in_microseconds(metadata.schema()));
    let metadata = ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).map_err(read)?;
    let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(object, metadata).with_batch_size(BATCH);
    Ok(Open { rows: builder.build().map_err(read)?, _memory: memory })
}

/// Timestamps in nanoseconds, as which the older of Parquet's types are read, do not reach before 1677.
fn in_microseconds(schema: &Schema) -> Arc<Schema> {
    let field = |field: &Arc<Field>| match field.data_type() {
        DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
            let ty = DataType::Timestamp(TimeUnit::Microsecond, zone.clone());
            Arc::new(field.as_ref().clone().with_data_type(ty))
        }
        _ => Arc::clone(field),
    };
    let fields: Vec<_> = schema.fields().iter().map(field).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

/// Values of a file in the Arrow form of their type.
fn converted(ty: RedshiftType, values: &ArrayRef, input: &DateTimeInput) -> Result<ArrayRef> {
    let internal = |error: arrow::error::ArrowError| Error::internal(error.to_string());
    if form(ty) == Form::Parquet && !matches!(ty, RedshiftType::Char(_)) {
        return cast(values, &arrow_type(ty)).map_err(internal);
    }
    let texts = cast(values, &DataType::Utf8View).map_err(internal)?;
    let texts = texts.as_string_view();
    let value = |row: usize| Ok(if texts.is_null(row) { Value::Null } else { Value::Text(texts.value(row)) });
    array(ty, (0..texts.len()).map(value), input)
}

#[cfg(test)]
mod tests {
    use arrow::array::{StringArray, TimestampMicrosecondArray};
    use blueshift_emulator::text_output::TextStyle;

    use super::*;
    use crate::wire::encode::text_value;

    #[test]
    fn values_are_those_of_their_types() {
        let shown = |ty, values: ArrayRef| {
            let read = converted(ty, &values, &DateTimeInput::default()).unwrap();
            assert_eq!(*read.data_type(), arrow_type(ty));
            text_value(&read, 0, ty, TextStyle::default()).unwrap().unwrap()
        };
        let text = |text: &str| Arc::new(StringArray::from(vec![text])) as ArrayRef;
        assert_eq!(shown(RedshiftType::TimeTz, text("01:02:03+00")), "01:02:03+00");
        assert_eq!(shown(RedshiftType::Varbyte(3), text("61ff")), "61ff");
        assert_eq!(shown(RedshiftType::Char(4), text("ab  ")), "ab  ");
        assert_eq!(shown(RedshiftType::Super, text("{\"a\":1}")), "{\"a\":1}");
        let moment = Arc::new(TimestampMicrosecondArray::from(vec![0]));
        assert_eq!(shown(RedshiftType::TimestampTz, moment), "1970-01-01 00:00:00+00");
    }

    #[test]
    fn timestamps_are_read_in_microseconds() {
        let old = Field::new("a", DataType::Timestamp(TimeUnit::Nanosecond, None), true);
        let read = in_microseconds(&Schema::new(vec![old, Field::new("b", DataType::Int32, true)]));
        assert_eq!(*read.field(0).data_type(), DataType::Timestamp(TimeUnit::Microsecond, None));
        assert_eq!(*read.field(1).data_type(), DataType::Int32);
    }
}
