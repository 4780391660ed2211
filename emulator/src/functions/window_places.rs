//! LAG, LEAD and NTH_VALUE whose offset is an expression, which may differ from row to row.
//!
//! Source: developer guide, "LAG window function", "LEAD window function", "NTH_VALUE window function". Those of constant
//! offsets are DataFusion's own.

use std::{ops::Range, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, UInt64Array},
    compute::take,
    datatypes::{DataType, Field, FieldRef, Int64Type},
};
use datafusion::{
    error::Result,
    logical_expr::{
        PartitionEvaluator, Signature, Volatility, WindowUDF, WindowUDFImpl,
        function::{PartitionEvaluatorArgs, WindowUDFFieldArgs},
    },
    scalar::ScalarValue,
};
use redshift_sql_dialect::{Error, SqlState};

use crate::error::to_datafusion;

/// Where the value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// So many rows before the current one: LAG.
    Before,
    /// So many rows behind it: LEAD.
    Behind,
    /// Counted from the beginning of the frame: NTH_VALUE.
    InFrame,
}

/// The function of a value and an offset (BIGINT).
pub(super) fn placed(place: Place) -> Arc<WindowUDF> {
    let function = Placed { place, signature: Signature::any(2, Volatility::Immutable) };
    Arc::new(WindowUDF::new_from_impl(function))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Placed {
    place: Place,
    signature: Signature,
}

impl WindowUDFImpl for Placed {
    fn name(&self) -> &str {
        match self.place {
            Place::Before => "lag",
            Place::Behind => "lead",
            Place::InFrame => "nth_value",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(&self, args: PartitionEvaluatorArgs) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Evaluator { place: self.place, ignore_nulls: args.ignore_nulls(), row: 0 }))
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        let field = match args.input_fields().first() {
            Some(field) => field.as_ref().clone(),
            None => Field::new(args.name(), DataType::Null, true),
        };
        Ok(field.with_name(args.name()).with_nullable(true).into())
    }
}

#[derive(Debug)]
struct Evaluator {
    place: Place,
    ignore_nulls: bool,
    /// The row of the partition whose frame comes next.
    row: usize,
}

impl PartitionEvaluator for Evaluator {
    fn evaluate_all(&mut self, values: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        let (values, offsets) = (&values[0], values[1].as_primitive::<Int64Type>());
        let source = |row: usize| {
            let offset = if offsets.is_null(row) { return None } else { offsets.value(row) };
            self.shifted(values, row, if self.place == Place::Before { offset.checked_neg()? } else { offset })
        };
        let sources: UInt64Array = (0..rows).map(|row| source(row).map(|row| row as u64)).collect();
        Ok(take(values, &sources, None)?)
    }

    fn evaluate(&mut self, values: &[ArrayRef], frame: &Range<usize>) -> Result<ScalarValue> {
        let (values, offsets) = (&values[0], values[1].as_primitive::<Int64Type>());
        let row = self.row;
        self.row += 1;
        let nothing = || ScalarValue::try_from(values.data_type());
        if offsets.is_null(row) {
            return nothing();
        }
        let place =
            usize::try_from(offsets.value(row)).ok().and_then(|place| place.checked_sub(1)).ok_or_else(|| {
                let message = "argument of nth_value must be greater than zero";
                to_datafusion(Error::new(SqlState::INVALID_PARAMETER_VALUE, message))
            })?;
        match frame.clone().filter(|row| self.counts(values, *row)).nth(place) {
            Some(row) => ScalarValue::try_from_array(values, row),
            None => nothing(),
        }
    }

    fn uses_window_frame(&self) -> bool {
        self.place == Place::InFrame
    }
}

impl Evaluator {
    /// Is a row one of those that are counted?
    fn counts(&self, values: &ArrayRef, row: usize) -> bool {
        !self.ignore_nulls || values.is_valid(row)
    }

    /// The row that is so many counted rows behind another, or before it; none beyond the partition.
    fn shifted(&self, values: &ArrayRef, row: usize, offset: i64) -> Option<usize> {
        let steps = usize::try_from(offset.unsigned_abs()).ok()?;
        let Some(further) = steps.checked_sub(1) else { return Some(row) };
        let counts = |row: &usize| self.counts(values, *row);
        if !self.ignore_nulls {
            let found = if offset < 0 { row.checked_sub(steps) } else { row.checked_add(steps) };
            return found.filter(|row| *row < values.len());
        }
        match offset < 0 {
            true => (0..row).rev().filter(counts).nth(further),
            false => (row + 1..values.len()).filter(counts).nth(further),
        }
    }
}
