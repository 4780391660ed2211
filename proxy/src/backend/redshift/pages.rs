//! The rows of a statement, page by page: while one page goes to the client, the next is on its way, as far as there is memory
//! for it.

use std::sync::Arc;

use arrow::{
    array::ArrayRef,
    datatypes::Schema,
    record_batch::{RecordBatch, RecordBatchOptions},
};
use aws_sdk_redshiftdata::types::Field;
use blueshift_emulator::{ResultColumn, Rows, text_input::DateTimeInput, types::arrow_field};
use futures::{StreamExt, stream};
use redshift_sql_dialect::{Error, Result, SqlState};
use tokio::task::JoinHandle;

use super::{
    budget::{Budget, Taken},
    client::{Client, Failure, Page, Records},
    columns::result_columns,
    csv,
    errors::call_error,
    values::{Value, array},
};
use crate::config::proxy::ResultForm;

/// Bytes that a page is expected to take before any has come, and at least.
const PAGE: [usize; 2] = [2 << 20, 64 << 10];

/// What is needed to read a result.
pub struct Source {
    /// Where it is.
    pub client: Client,
    /// The statement's id.
    pub id: String,
    /// The form in which it was asked for.
    pub form: ResultForm,
    /// The database that it came from.
    pub database: String,
    /// How the session writes dates and times.
    pub input: DateTimeInput,
    /// What its pages take memory from.
    pub budget: Budget,
}

/// A page that is being fetched. Nobody waits for it any more once this is dropped.
struct Coming(JoinHandle<Result<Page, Failure>>);

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Source {
    /// The rows, under the word of their command tag. The first page is there when this returns.
    ///
    /// # Errors
    /// Where the page cannot be had, or a column's type is not known.
    pub async fn rows(self, tag: &'static str) -> Result<Rows> {
        let taken = self.budget.take(PAGE[0]).await?;
        let first = self.client.page(&self.id, self.form, None).await.map_err(|failure| page_error(&failure))?;
        let columns = result_columns(&first.columns, &self.database)?;
        let reader =
            Reader { schema: schema(&columns), columns: Arc::clone(&columns), source: self, expected: PAGE[0] };
        let start = Some((reader, Ready::Here(first, taken), None));
        let batches = stream::try_unfold(start, |state| async move {
            let Some((mut reader, ready, sent)) = state else { return Ok(None) };
            // Who asks for more has sent the page before.
            drop::<Option<Taken>>(sent);
            let (page, taken) = reader.await_page(ready).await?;
            let next = page.next.clone().map(|token| reader.prepare(token));
            let batch = reader.batch(page.records)?;
            reader.expected = (2 * batch.get_array_memory_size()).max(PAGE[1]);
            Ok(Some((batch, next.map(|next| (reader, next, Some(taken))))))
        });
        Ok(Rows { columns, batches: batches.boxed(), tag })
    }
}

/// The next page, and the memory that it takes.
enum Ready {
    Here(Page, Taken),
    Coming(Coming, Taken),
    /// There was no memory to fetch it ahead; its token.
    Later(String),
}

struct Reader {
    source: Source,
    columns: Arc<[ResultColumn]>,
    schema: Arc<Schema>,
    /// Bytes that the next page will take, as far as the last one tells.
    expected: usize,
}

impl Reader {
    /// Fetches a page ahead, where there is memory for it.
    fn prepare(&self, token: String) -> Ready {
        match self.source.budget.try_take(self.expected) {
            Some(taken) => Ready::Coming(self.fetch(token), taken),
            None => Ready::Later(token),
        }
    }

    fn fetch(&self, token: String) -> Coming {
        let Source { client, id, form, .. } = &self.source;
        let (client, id, form) = (client.clone(), id.clone(), *form);
        Coming(tokio::spawn(async move { client.page(&id, form, Some(&token)).await }))
    }

    async fn await_page(&self, ready: Ready) -> Result<(Page, Taken)> {
        let (mut coming, taken) = match ready {
            Ready::Here(page, taken) => return Ok((page, taken)),
            Ready::Coming(coming, taken) => (coming, taken),
            Ready::Later(token) => {
                let taken = self.source.budget.take(self.expected).await?;
                (self.fetch(token), taken)
            }
        };
        match (&mut coming.0).await {
            Ok(page) => Ok((page.map_err(|failure| page_error(&failure))?, taken)),
            Err(error) => Err(Error::internal(format!("a page's task failed: {error}"))),
        }
    }

    fn batch(&self, records: Records) -> Result<RecordBatch> {
        let input = &self.source.input;
        let (count, arrays) = match records {
            Records::Fields(rows) => {
                let column = |(index, column): (usize, &ResultColumn)| {
                    let values = rows.iter().map(|row| field_value(row.get(index)));
                    array(column.ty, values, input)
                };
                let arrays: Vec<ArrayRef> = self.columns.iter().enumerate().map(column).collect::<Result<_>>()?;
                (rows.len(), arrays)
            }
            Records::Csv(texts) => {
                let mut records = Vec::new();
                for text in &texts {
                    csv::read(text, self.columns.len(), &mut records)?;
                }
                let width = self.columns.len().max(1);
                let column = |(index, column): (usize, &ResultColumn)| {
                    let values = records.iter().skip(index).step_by(width).map(|field| Ok(field.value()));
                    array(column.ty, values, input)
                };
                let arrays: Vec<ArrayRef> = self.columns.iter().enumerate().map(column).collect::<Result<_>>()?;
                (records.len() / width, arrays)
            }
        };
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .map_err(|error| Error::internal(error.to_string()))
    }
}

fn field_value(field: Option<&Field>) -> Result<Value<'_>> {
    field.map_or_else(|| Err(Error::internal("the Data API gave a row with too few fields")), Value::of_field)
}

fn schema(columns: &[ResultColumn]) -> Arc<Schema> {
    Arc::new(Schema::new(columns.iter().map(|column| arrow_field(&column.name, column.ty)).collect::<Vec<_>>()))
}

/// A result that cannot be read on is no reason to doubt the session.
fn page_error(failure: &Failure) -> Error {
    let error = call_error(failure);
    match failure {
        Failure::Refused { message, .. } if message.contains("exceeded size limit") => {
            Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, error.message().to_string())
        }
        _ => error,
    }
}
