//! SUM and AVG of integers and DECIMALs, which are exact and do not wrap.
//!
//! Source: developer guide, "SUM", "AVG". Totals are kept in 128 bits; AVG cuts its fraction.

use std::{collections::HashSet, fmt::Debug, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, DurationMicrosecondArray, Int64Array,
        IntervalYearMonthArray,
    },
    datatypes::{
        DataType, Decimal128Type, DurationMicrosecondType, Field, FieldRef, Int16Type, Int32Type, Int64Type,
        IntervalUnit, IntervalYearMonthType,
    },
};
use datafusion::{
    error::Result as DataFusionResult,
    logical_expr::{
        Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, TypeSignature, Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
    scalar::ScalarValue,
};
use redshift_sql_dialect::{Error, RedshiftType, Result};

use crate::{
    error::{compute_error, to_datafusion},
    functions::arithmetic::out_of_range,
    text_input::power_of_ten,
    types::arrow_type,
};

/// SUM or AVG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum TotalKind {
    Sum,
    Avg,
}

/// SUM or AVG of integers or DECIMALs.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Total {
    kind: TotalKind,
    result: RedshiftType,
    signature: Signature,
}

impl Total {
    /// For arguments whose total is of this type: BIGINT, or DECIMAL of the argument's scale.
    pub fn new(kind: TotalKind, result: RedshiftType) -> Self {
        Total { kind, result, signature: Signature::new(TypeSignature::UserDefined, Volatility::Immutable) }
    }

    fn outcome(&self) -> Outcome {
        Outcome { kind: self.kind, result: self.result }
    }
}

impl AggregateUDFImpl for Total {
    fn name(&self) -> &str {
        match self.kind {
            TotalKind::Sum => "sum",
            TotalKind::Avg => "avg",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> DataFusionResult<DataType> {
        Ok(arrow_type(self.result))
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        Ok(arg_types.to_vec())
    }

    fn state_fields(&self, args: StateFieldsArgs) -> DataFusionResult<Vec<FieldRef>> {
        let field = |suffix: &str, ty| Arc::new(Field::new(format!("{}[{suffix}]", args.name), ty, true));
        if args.is_distinct {
            let values = DataType::List(Arc::new(Field::new_list_field(DataType::Decimal128(38, 0), true)));
            return Ok(vec![field("values", values)]);
        }
        Ok(vec![field("total", DataType::Decimal128(38, 0)), field("count", DataType::Int64)])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> DataFusionResult<Box<dyn Accumulator>> {
        if args.is_distinct {
            return Ok(Box::new(DistinctTotal { outcome: self.outcome(), values: HashSet::new() }));
        }
        Ok(Box::new(RunningTotal { outcome: self.outcome(), total: 0, count: 0 }))
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> DataFusionResult<Box<dyn Accumulator>> {
        self.accumulator(args)
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        !args.is_distinct
    }

    fn create_groups_accumulator(&self, _args: AccumulatorArgs) -> DataFusionResult<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(GroupTotals { outcome: self.outcome(), totals: Vec::new(), counts: Vec::new() }))
    }
}

/// What becomes of a total in the end.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    kind: TotalKind,
    result: RedshiftType,
}

impl Outcome {
    /// The result as an integer of the result's scale; NULL where nothing was counted.
    fn value(self, total: i128, count: i64) -> DataFusionResult<Option<i128>> {
        if count == 0 {
            return Ok(None);
        }
        let value = match self.kind {
            TotalKind::Sum => total,
            TotalKind::Avg => total / i128::from(count),
        };
        let fits = match self.result {
            RedshiftType::Numeric { .. } => value.unsigned_abs() < power_of_ten(38).unsigned_abs(),
            RedshiftType::IntervalYearToMonth(_) => i32::try_from(value).is_ok(),
            _ => i64::try_from(value).is_ok(),
        };
        if fits { Ok(Some(value)) } else { Err(to_datafusion(self.overflow())) }
    }

    fn overflow(self) -> Error {
        match self.result {
            RedshiftType::Numeric { .. } => {
                compute_error("Numeric data overflow (result precision)", 1058, "128 bit overflow")
            }
            ty => out_of_range(ty),
        }
    }

    fn scalar(self, value: Option<i128>) -> ScalarValue {
        match self.result {
            RedshiftType::Numeric { precision, scale } => ScalarValue::Decimal128(value, precision, scale as i8),
            RedshiftType::IntervalYearToMonth(_) => ScalarValue::IntervalYearMonth(value.map(|value| value as i32)),
            RedshiftType::IntervalDayToSecond(_) => ScalarValue::DurationMicrosecond(value.map(|value| value as i64)),
            _ => ScalarValue::Int64(value.map(|value| value as i64)),
        }
    }

    fn array(self, values: Vec<Option<i128>>) -> DataFusionResult<ArrayRef> {
        Ok(match self.result {
            RedshiftType::Numeric { precision, scale } => {
                Arc::new(Decimal128Array::from(values).with_precision_and_scale(precision, scale as i8)?)
            }
            RedshiftType::IntervalYearToMonth(_) => {
                let months = values.into_iter().map(|value| value.map(|value| value as i32));
                Arc::new(IntervalYearMonthArray::from_iter(months))
            }
            RedshiftType::IntervalDayToSecond(_) => {
                let micros = values.into_iter().map(|value| value.map(|value| value as i64));
                Arc::new(DurationMicrosecondArray::from_iter(micros))
            }
            _ => Arc::new(Int64Array::from_iter(values.into_iter().map(|value| value.map(|value| value as i64)))),
        })
    }
}

/// Calls `each` with the place and value of every row that is not NULL.
fn for_each(values: &ArrayRef, mut each: impl FnMut(usize, i128) -> Result<()>) -> DataFusionResult<()> {
    macro_rules! loop_over {
        ($ty:ty) => {{
            let values = values.as_primitive::<$ty>();
            match values.nulls().filter(|nulls| nulls.null_count() > 0) {
                None => {
                    for (row, value) in values.values().iter().enumerate() {
                        each(row, i128::from(*value)).map_err(to_datafusion)?;
                    }
                }
                Some(nulls) => {
                    for row in nulls.valid_indices() {
                        each(row, i128::from(values.value(row))).map_err(to_datafusion)?;
                    }
                }
            }
        }};
    }
    match values.data_type() {
        DataType::Int16 => loop_over!(Int16Type),
        DataType::Int32 => loop_over!(Int32Type),
        DataType::Int64 => loop_over!(Int64Type),
        DataType::Decimal128(..) => loop_over!(Decimal128Type),
        DataType::Interval(IntervalUnit::YearMonth) => loop_over!(IntervalYearMonthType),
        DataType::Duration(_) => loop_over!(DurationMicrosecondType),
        other => return Err(to_datafusion(Error::internal(format!("a total of {other}")))),
    }
    Ok(())
}

fn plus(total: i128, value: i128, outcome: Outcome) -> Result<i128> {
    total.checked_add(value).ok_or_else(|| outcome.overflow())
}

#[derive(Debug)]
struct RunningTotal {
    outcome: Outcome,
    total: i128,
    count: i64,
}

impl Accumulator for RunningTotal {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DataFusionResult<()> {
        for_each(&values[0], |_, value| {
            self.total = plus(self.total, value, self.outcome)?;
            self.count += 1;
            Ok(())
        })
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> DataFusionResult<()> {
        for_each(&values[0], |_, value| {
            self.total = plus(self.total, -value, self.outcome)?;
            self.count -= 1;
            Ok(())
        })
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> DataFusionResult<ScalarValue> {
        Ok(self.outcome.scalar(self.outcome.value(self.total, self.count)?))
    }

    fn state(&mut self) -> DataFusionResult<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Decimal128(Some(self.total), 38, 0), ScalarValue::Int64(Some(self.count))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DataFusionResult<()> {
        for_each(&states[0], |_, total| {
            self.total = plus(self.total, total, self.outcome)?;
            Ok(())
        })?;
        for_each(&states[1], |_, count| {
            self.count += count as i64;
            Ok(())
        })
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

#[derive(Debug)]
struct DistinctTotal {
    outcome: Outcome,
    values: HashSet<i128>,
}

impl Accumulator for DistinctTotal {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DataFusionResult<()> {
        for_each(&values[0], |_, value| {
            self.values.insert(value);
            Ok(())
        })
    }

    fn evaluate(&mut self) -> DataFusionResult<ScalarValue> {
        let mut total = 0;
        for value in &self.values {
            total = plus(total, *value, self.outcome).map_err(to_datafusion)?;
        }
        Ok(self.outcome.scalar(self.outcome.value(total, self.values.len() as i64)?))
    }

    fn state(&mut self) -> DataFusionResult<Vec<ScalarValue>> {
        let values: Vec<ScalarValue> =
            self.values.iter().map(|value| ScalarValue::Decimal128(Some(*value), 38, 0)).collect();
        Ok(vec![ScalarValue::List(ScalarValue::new_list_nullable(&values, &DataType::Decimal128(38, 0)))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DataFusionResult<()> {
        for list in states[0].as_list::<i32>().iter().flatten() {
            self.update_batch(&[list])?;
        }
        Ok(())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.values.capacity() * size_of::<i128>()
    }
}

/// The totals of all groups side by side.
struct GroupTotals {
    outcome: Outcome,
    totals: Vec<i128>,
    counts: Vec<i64>,
}

impl GroupTotals {
    fn grow(&mut self, groups: usize) {
        self.totals.resize(groups, 0);
        self.counts.resize(groups, 0);
    }
}

impl GroupsAccumulator for GroupTotals {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        groups: usize,
    ) -> DataFusionResult<()> {
        self.grow(groups);
        let GroupTotals { outcome, totals, counts } = self;
        for_each(&values[0], |row, value| {
            if filter.is_some_and(|filter| filter.is_null(row) || !filter.value(row)) {
                return Ok(());
            }
            let group = group_indices[row];
            totals[group] = plus(totals[group], value, *outcome)?;
            counts[group] += 1;
            Ok(())
        })
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> DataFusionResult<ArrayRef> {
        let (totals, counts) = (emit_to.take_needed(&mut self.totals), emit_to.take_needed(&mut self.counts));
        let values = totals.into_iter().zip(counts).map(|(total, count)| self.outcome.value(total, count));
        self.outcome.array(values.collect::<DataFusionResult<_>>()?)
    }

    fn state(&mut self, emit_to: EmitTo) -> DataFusionResult<Vec<ArrayRef>> {
        let totals = Decimal128Array::from(emit_to.take_needed(&mut self.totals)).with_precision_and_scale(38, 0)?;
        let counts = Int64Array::from(emit_to.take_needed(&mut self.counts));
        Ok(vec![Arc::new(totals), Arc::new(counts)])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], groups: usize) -> DataFusionResult<()> {
        self.grow(groups);
        let GroupTotals { outcome, totals, counts } = self;
        for_each(&values[0], |row, total| {
            let group = group_indices[row];
            totals[group] = plus(totals[group], total, *outcome)?;
            Ok(())
        })?;
        for_each(&values[1], |row, count| {
            counts[group_indices[row]] += count as i64;
            Ok(())
        })
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> DataFusionResult<Vec<ArrayRef>> {
        let rows = values[0].len();
        let (mut totals, mut counts) = (vec![0_i128; rows], vec![0_i64; rows]);
        for_each(&values[0], |row, value| {
            if !filter.is_some_and(|filter| filter.is_null(row) || !filter.value(row)) {
                (totals[row], counts[row]) = (value, 1);
            }
            Ok(())
        })?;
        let totals = Decimal128Array::from(totals).with_precision_and_scale(38, 0)?;
        Ok(vec![Arc::new(totals), Arc::new(Int64Array::from(counts))])
    }

    fn size(&self) -> usize {
        self.totals.capacity() * size_of::<i128>() + self.counts.capacity() * size_of::<i64>()
    }
}
