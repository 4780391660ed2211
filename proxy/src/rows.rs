//! Rows that are still being computed, taken in portions: what a portal and a cursor hold.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use blueshift_emulator::{CursorProgress, ResultColumn, Rows};
use futures::{
    StreamExt,
    stream::{self, BoxStream, Fuse},
};
use redshift_sql_dialect::Result;
use tokio::sync::Mutex;

/// A result whose rows come in batches, and may be taken a few at a time.
pub struct RowStream {
    /// Its columns.
    pub columns: Arc<[ResultColumn]>,
    /// The word of its command tag.
    pub tag: &'static str,
    /// Fused: who asks again behind the end hears again that it is the end.
    batches: Fuse<BoxStream<'static, Result<RecordBatch>>>,
    /// What was left of a batch.
    rest: Option<RecordBatch>,
}

impl From<Rows> for RowStream {
    fn from(rows: Rows) -> Self {
        RowStream { columns: rows.columns, tag: rows.tag, batches: rows.batches.fuse(), rest: None }
    }
}

impl RowStream {
    /// The next rows, at most so many; none at the end. Never an empty batch.
    ///
    /// # Errors
    /// Those of the query.
    pub async fn next(&mut self, at_most: usize) -> Result<Option<RecordBatch>> {
        let batch = match self.rest.take() {
            Some(rest) => rest,
            None => loop {
                match self.batches.next().await.transpose()? {
                    None => return Ok(None),
                    Some(batch) if batch.num_rows() > 0 => break batch,
                    Some(_) => {}
                }
            },
        };
        if batch.num_rows() <= at_most {
            return Ok(Some(batch));
        }
        self.rest = Some(batch.slice(at_most, batch.num_rows() - at_most));
        Ok(Some(batch.slice(0, at_most)))
    }
}

/// What a cursor reads from; FETCH takes its rows while the cursor stays.
#[derive(Clone)]
pub struct SharedRows {
    /// Its columns.
    pub columns: Arc<[ResultColumn]>,
    source: Arc<Mutex<Source>>,
}

struct Source {
    rows: RowStream,
    /// How far it has come, for those who watch.
    progress: Arc<CursorProgress>,
    /// The row that the cursor stands on.
    current: Option<RecordBatch>,
}

impl SharedRows {
    /// A cursor before the first of these rows.
    pub fn new(rows: RowStream, progress: Arc<CursorProgress>) -> SharedRows {
        let columns = Arc::clone(&rows.columns);
        SharedRows { columns, source: Arc::new(Mutex::new(Source { rows, progress, current: None })) }
    }

    /// FETCH: the next rows, all of them where there is no count; with count 0 the row that the cursor stands on.
    pub fn fetch(&self, count: Option<u64>) -> RowStream {
        let shared = Arc::clone(&self.source);
        let batches = if count == Some(0) {
            stream::once(async move { Ok(shared.lock().await.current.clone()) })
                .filter_map(|batch| async { batch.transpose() })
                .boxed()
        } else {
            let wanted = count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
            stream::try_unfold((shared, wanted), take_some).boxed()
        };
        RowStream { columns: Arc::clone(&self.columns), tag: "FETCH", batches: batches.fuse(), rest: None }
    }
}

/// One batch of a FETCH, and what is still wanted after it.
async fn take_some(
    (shared, wanted): (Arc<Mutex<Source>>, usize),
) -> Result<Option<(RecordBatch, (Arc<Mutex<Source>>, usize))>> {
    if wanted == 0 {
        return Ok(None);
    }
    let mut source = shared.lock().await;
    let batch = source.rows.next(wanted).await?;
    match &batch {
        Some(batch) => source.progress.fetched(batch),
        None => source.progress.ended(),
    }
    // Behind the last row the cursor stands on none.
    source.current = batch.as_ref().map(|batch| batch.slice(batch.num_rows() - 1, 1));
    drop(source);
    Ok(batch.map(|batch| {
        let left = wanted - batch.num_rows();
        (batch, (shared, left))
    }))
}

#[cfg(test)]
mod tests {
    use arrow::{
        array::{AsArray, Int32Array},
        datatypes::{DataType, Field, Int32Type, Schema},
    };
    use redshift_sql_dialect::RedshiftType;

    use super::*;

    fn batch(values: &[i32]) -> RecordBatch {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int32, true)]));
        RecordBatch::try_new(schema, vec![Arc::new(Int32Array::from(values.to_vec()))]).unwrap()
    }

    fn rows(batches: &[&[i32]]) -> RowStream {
        let batches: Vec<_> = batches.iter().map(|values| Ok(batch(values))).collect();
        RowStream::from(Rows {
            columns: vec![ResultColumn::computed("n", RedshiftType::Int4)].into(),
            batches: stream::unfold(batches.into_iter(), |mut left| async { left.next().map(|batch| (batch, left)) })
                .boxed(),
            tag: "SELECT",
        })
    }

    fn values(batch: &RecordBatch) -> Vec<i32> {
        batch.column(0).as_primitive::<Int32Type>().values().to_vec()
    }

    async fn all(mut rows: RowStream) -> Vec<i32> {
        let mut seen = Vec::new();
        while let Some(batch) = rows.next(usize::MAX).await.unwrap() {
            seen.extend(values(&batch));
        }
        seen
    }

    #[tokio::test]
    async fn rows_come_in_portions_across_batches() {
        let mut rows = rows(&[&[1, 2, 3], &[], &[4]]);
        assert_eq!(values(&rows.next(2).await.unwrap().unwrap()), [1, 2]);
        assert_eq!(values(&rows.next(2).await.unwrap().unwrap()), [3]);
        assert_eq!(values(&rows.next(2).await.unwrap().unwrap()), [4]);
        assert!(rows.next(2).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_cursor_goes_on_where_the_last_fetch_stopped() {
        let cursor = SharedRows::new(rows(&[&[1, 2, 3], &[4, 5]]), Arc::default());
        assert!(all(cursor.fetch(Some(0))).await.is_empty());
        assert_eq!(all(cursor.fetch(Some(4))).await, [1, 2, 3, 4]);
        assert_eq!(all(cursor.fetch(Some(0))).await, [4]);
        assert_eq!(all(cursor.fetch(None)).await, [5]);
        assert!(all(cursor.fetch(Some(0))).await.is_empty());
        assert!(all(cursor.fetch(Some(1))).await.is_empty());
    }
}
