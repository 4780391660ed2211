//! The last look at rows before they go into a table: identity values are given, NULLs and strings that are too long
//! refused.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, Int32Array, Int64Array},
    datatypes::{Int32Type, Int64Type, Schema},
    record_batch::RecordBatch,
};
use datafusion::{
    error::DataFusionError, execution::SendableRecordBatchStream, physical_plan::stream::RecordBatchStreamAdapter,
};
use futures::{StreamExt, stream};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};
use tokio::sync::mpsc;

use crate::{
    catalog::{Column, Identity, Relation},
    functions::conversion::too_long_for_column,
};

/// Where identity values come from: allots so many consecutive ones and gives the first.
pub(super) type IdentityAllotment = Arc<dyn Fn(u64) -> Result<i64> + Send + Sync>;

/// The same rows with values for identity columns that are NULL, and an error at the first NULL of a NOT NULL column.
///
/// The batches have the relation's columns, in order.
pub(super) fn checked(
    rows: SendableRecordBatchStream,
    relation: Arc<Relation>,
    identities: IdentityAllotment,
) -> SendableRecordBatchStream {
    let schema = rows.schema();
    let checked = rows.map(move |batch| {
        let batch = batch?;
        check_batch(batch, &relation, &identities).map_err(|error| DataFusionError::External(Box::new(error)))
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, checked))
}

fn check_batch(batch: RecordBatch, relation: &Relation, identities: &IdentityAllotment) -> Result<RecordBatch> {
    let mut arrays = batch.columns().to_vec();
    let mut changed = false;
    let allotted = Allotted::new(&arrays, relation, identities)?;
    for (column, array) in relation.columns.iter().zip(&mut arrays) {
        if let (Some(identity), Some(allotted)) = (column.identity, &allotted)
            && array.null_count() > 0
        {
            *array = with_identity(column, array, allotted.first_of(identity), identity.step)?;
            changed = true;
        }
        if column.refuses_null() && array.null_count() > 0 {
            return Err(null_refused(column));
        }
        check_length(column.ty, array)?;
    }
    if !changed {
        return Ok(batch);
    }
    RecordBatch::try_new(batch.schema(), arrays).map_err(|error| Error::internal(error.to_string()))
}

/// In memory a string has up to 16,000,000 bytes whatever its type says, in a table no more than its column (developer
/// guide, "Character types").
fn check_length(ty: RedshiftType, array: &ArrayRef) -> Result<()> {
    let (RedshiftType::Varchar(most), Some(strings)) = (ty, array.as_string_view_opt()) else { return Ok(()) };
    let is_longer = |length: usize| length > most as usize;
    // The views of NULLs may say anything.
    let too_long = strings.lengths().any(|length| is_longer(length as usize))
        && strings.iter().flatten().any(|text| is_longer(text.len()));
    if too_long { Err(too_long_for_column(ty)) } else { Ok(()) }
}

/// The error of a NULL for a NOT NULL column, as compute nodes word it.
fn null_refused(column: &Column) -> Error {
    let message = format!("Cannot insert a NULL value into column {}", column.name);
    let detail = format!("error:  {message}\ncode:      8007");
    Error::new(SqlState::INTERNAL_ERROR, message).with_detail(detail)
}

/// Values that were allotted to the identity columns of a table: so many steps behind the seed for each of them.
struct Allotted {
    steps: i64,
}

impl Allotted {
    /// Those for as many rows as any identity column has NULLs; none where there are none.
    fn new(arrays: &[ArrayRef], relation: &Relation, identities: &IdentityAllotment) -> Result<Option<Allotted>> {
        let columns = relation.columns.iter().zip(arrays);
        let wanting = columns.filter_map(|(column, array)| Some((column.identity?, array.null_count())));
        let wanting: Vec<_> = wanting.collect();
        let rows = wanting.iter().map(|(_, rows)| *rows).max().unwrap_or(0);
        let Some((counted, _)) = wanting.first().filter(|_| rows > 0) else { return Ok(None) };
        let distance = identities(rows as u64)?.wrapping_sub(counted.seed);
        Ok(Some(Allotted { steps: distance.checked_div(counted.step).unwrap_or(0) }))
    }

    fn first_of(&self, identity: Identity) -> i64 {
        identity.seed.wrapping_add(identity.step.wrapping_mul(self.steps))
    }
}

fn with_identity(column: &Column, array: &ArrayRef, first: i64, step: i64) -> Result<ArrayRef> {
    let mut next = first;
    let mut allot = || {
        let value = next;
        next += step;
        value
    };
    match column.ty {
        RedshiftType::Int4 => {
            let given = array.as_primitive::<Int32Type>();
            let values = given.iter().map(|value| match value {
                Some(value) => Ok(value),
                None => i32::try_from(allot()).map_err(|_| exhausted(column)),
            });
            Ok(Arc::new(values.collect::<Result<Int32Array>>()?))
        }
        _ => {
            let given = array.as_primitive::<Int64Type>();
            Ok(Arc::new(given.iter().map(|value| value.unwrap_or_else(&mut allot)).collect::<Int64Array>()))
        }
    }
}

fn exhausted(column: &Column) -> Error {
    let message = format!("identity column \"{}\" has no more values of its type", column.name);
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message)
}

/// Parts the rows of an UPDATE: where the old rows are (the first two columns), and the new rows (the others).
///
/// Each half sees every batch; a half that runs ahead waits for the other, so that memory stays bounded.
pub(super) fn split_update(rows: SendableRecordBatchStream) -> (SendableRecordBatchStream, SendableRecordBatchStream) {
    let schema = rows.schema();
    let width = schema.fields().len();
    let (position_sender, positions) = mpsc::channel(PENDING_BATCHES);
    let (row_sender, new_rows) = mpsc::channel(PENDING_BATCHES);
    let position_columns = [0, 1];
    let row_columns: Vec<usize> = (2..width).collect();
    let position_schema = Arc::new(schema.project(&position_columns).unwrap_or_else(|_| Schema::empty()));
    let row_schema = Arc::new(schema.project(&row_columns).unwrap_or_else(|_| Schema::empty()));
    let feeding = feed(rows, (position_sender, position_columns.to_vec()), (row_sender, row_columns));
    // The feeder runs whenever the positions are asked for; both halves are read side by side.
    let positions =
        stream::select(receiver_stream(positions), stream::once(feeding).filter_map(|()| std::future::ready(None)));
    (
        Box::pin(RecordBatchStreamAdapter::new(position_schema, positions)),
        Box::pin(RecordBatchStreamAdapter::new(row_schema, receiver_stream(new_rows))),
    )
}

/// How many batches a half of an UPDATE may be ahead of the other.
const PENDING_BATCHES: usize = 4;

type Half = (mpsc::Sender<datafusion::error::Result<RecordBatch>>, Vec<usize>);

async fn feed(mut rows: SendableRecordBatchStream, positions: Half, new_rows: Half) {
    while let Some(batch) = rows.next().await {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => {
                // One half that fails is enough: the statement ends with its error.
                let _ = new_rows.0.send(Err(error)).await;
                return;
            }
        };
        for (sender, columns) in [&positions, &new_rows] {
            if sender.send(batch.project(columns).map_err(DataFusionError::from)).await.is_err() {
                return;
            }
        }
    }
}

fn receiver_stream(
    receiver: mpsc::Receiver<datafusion::error::Result<RecordBatch>>,
) -> impl futures::Stream<Item = datafusion::error::Result<RecordBatch>> {
    stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|batch| (batch, receiver)) })
}
