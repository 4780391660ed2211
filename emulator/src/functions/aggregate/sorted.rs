//! Aggregates over a group's rows in order: LISTAGG, PERCENTILE_CONT, PERCENTILE_DISC, MEDIAN, ST_Collect.
//!
//! The keys of WITHIN GROUP are arguments behind the value, so that each call sorts for itself, as an aggregate and as a
//! window function alike. A row is kept as its keys in Arrow's row format, which compares as bytes, and its value.

use std::{collections::HashSet, fmt::Debug, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, BinaryArray, StringViewArray},
    compute::SortOptions,
    datatypes::{DataType, Decimal128Type, Field, FieldRef, Float64Type},
    row::{RowConverter, SortField},
};
use datafusion::{
    error::Result as DataFusionResult,
    logical_expr::{
        Accumulator, AggregateUDFImpl, Signature, TypeSignature, Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
    scalar::ScalarValue,
};
use redshift_sql_dialect::RedshiftType;

use crate::{
    error::{compute_error, to_datafusion},
    functions::{kernel::retype, spatial::Boxes},
    types::arrow_type,
};

/// Bytes of a LISTAGG, at most: those of a string in memory ("LISTAGG window function", "Character types").
const MAX_JOINED: usize = 16_000_000;

/// What is made of the rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Made {
    /// The values one behind the other, with this between them.
    List {
        /// What is between two values.
        delimiter: String,
        /// Is each value taken once?
        distinct: bool,
        /// Are values compared without regard to case?
        case_insensitive: bool,
    },
    /// The value at this fraction of the rows (in units of 1e-18), one of theirs.
    Discrete(u64),
    /// The value at this fraction, between two of theirs where it falls there.
    Continuous(u64),
    /// A geometry of geometries: ST_Collect.
    Collection(Boxes),
}

/// Units of a percentile's fraction in one.
pub const WHOLE: u64 = 1_000_000_000_000_000_000;

/// An aggregate over ordered rows. Its arguments are the value and the keys.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Sorted {
    /// What is made of the rows.
    pub made: Made,
    /// ASC and NULLS FIRST of each key.
    pub keys: Vec<(bool, bool)>,
    /// The result's type.
    pub result: RedshiftType,
    signature: Signature,
}

impl Sorted {
    /// Such an aggregate.
    pub fn new(made: Made, keys: Vec<(bool, bool)>, result: RedshiftType) -> Self {
        let signature = Signature::new(TypeSignature::UserDefined, Volatility::Immutable);
        Sorted { made, keys, result, signature }
    }
}

impl AggregateUDFImpl for Sorted {
    fn name(&self) -> &str {
        match self.made {
            Made::List { .. } => "listagg",
            Made::Discrete(_) => "percentile_disc",
            Made::Continuous(_) => "percentile_cont",
            Made::Collection(_) => "st_collect",
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
        let list = |suffix: &str, item| {
            let ty = DataType::List(Arc::new(Field::new_list_field(item, true)));
            Arc::new(Field::new(format!("{}[{suffix}]", args.name), ty, true))
        };
        Ok(vec![list("keys", DataType::Binary), list("values", args.input_fields[0].data_type().clone())])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> DataFusionResult<Box<dyn Accumulator>> {
        let mut fields = Vec::with_capacity(self.keys.len());
        for (key, (ascending, nulls_first)) in args.expr_fields.iter().skip(1).zip(&self.keys) {
            let options = SortOptions { descending: !ascending, nulls_first: *nulls_first };
            fields.push(SortField::new_with_options(key.data_type().clone(), options));
        }
        Ok(Box::new(Rows {
            made: self.made.clone(),
            result: self.result,
            value_type: args.expr_fields[0].data_type().clone(),
            converter: RowConverter::new(fields)?,
            keys: Vec::new(),
            values: Vec::new(),
            bytes: 0,
        }))
    }
}

#[derive(Debug)]
struct Rows {
    made: Made,
    result: RedshiftType,
    value_type: DataType,
    converter: RowConverter,
    /// Of each row, in the order in which they came.
    keys: Vec<Box<[u8]>>,
    /// Batches of values that are not NULL.
    values: Vec<ArrayRef>,
    bytes: usize,
}

impl Rows {
    fn add(&mut self, keys: impl Iterator<Item = Box<[u8]>>, values: ArrayRef) {
        self.bytes += values.get_array_memory_size();
        for key in keys {
            self.bytes += key.len();
            self.keys.push(key);
        }
        self.values.push(values);
    }

    /// The values in order; those of equal keys in the order in which they came.
    fn sorted(&self) -> DataFusionResult<ArrayRef> {
        if self.values.is_empty() {
            return Ok(arrow::array::new_empty_array(&self.value_type));
        }
        let batches: Vec<&dyn Array> = self.values.iter().map(AsRef::as_ref).collect();
        let all = arrow::compute::concat(&batches)?;
        let mut order: Vec<u32> = (0..all.len() as u32).collect();
        order.sort_by(|a, b| self.keys[*a as usize].cmp(&self.keys[*b as usize]));
        Ok(arrow::compute::take(&all, &arrow::array::UInt32Array::from(order), None)?)
    }
}

impl Accumulator for Rows {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DataFusionResult<()> {
        let present = arrow::compute::is_not_null(&values[0])?;
        let kept: Vec<ArrayRef> =
            values.iter().map(|column| arrow::compute::filter(column, &present)).collect::<Result<_, _>>()?;
        if kept[0].is_empty() {
            return Ok(());
        }
        let keys: Vec<Box<[u8]>> = if kept.len() > 1 {
            let rows = self.converter.convert_columns(&kept[1..])?;
            rows.iter().map(|row| row.as_ref().into()).collect()
        } else {
            vec![Box::default(); kept[0].len()]
        };
        self.add(keys.into_iter(), Arc::clone(&kept[0]));
        Ok(())
    }

    fn evaluate(&mut self) -> DataFusionResult<ScalarValue> {
        let values = self.sorted()?;
        match &self.made {
            Made::List { delimiter, distinct, case_insensitive } => {
                let compared = |value: &str| {
                    let value = value.trim_end_matches(' ');
                    if *case_insensitive { value.to_lowercase() } else { value.to_string() }
                };
                list(values.as_string_view(), delimiter, distinct.then_some(compared))
            }
            Made::Discrete(fraction) => discrete(&values, *fraction),
            Made::Continuous(fraction) => continuous(&values, *fraction, self.result),
            Made::Collection(boxes) => {
                let collected = boxes.collect(values.as_binary::<i32>().iter().flatten()).map_err(to_datafusion)?;
                Ok(ScalarValue::Binary(collected))
            }
        }
    }

    fn state(&mut self) -> DataFusionResult<Vec<ScalarValue>> {
        let batches: Vec<&dyn Array> = self.values.iter().map(AsRef::as_ref).collect();
        let values = if batches.is_empty() {
            arrow::array::new_empty_array(&self.value_type)
        } else {
            arrow::compute::concat(&batches)?
        };
        let keys: ArrayRef = Arc::new(BinaryArray::from_iter_values(self.keys.iter()));
        let list = |items: ArrayRef| {
            let field = Arc::new(Field::new_list_field(items.data_type().clone(), true));
            let offsets = arrow::buffer::OffsetBuffer::from_lengths([items.len()]);
            ScalarValue::List(Arc::new(arrow::array::ListArray::new(field, offsets, items, None)))
        };
        Ok(vec![list(keys), list(values)])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DataFusionResult<()> {
        let (keys, values) = (states[0].as_list::<i32>(), states[1].as_list::<i32>());
        for (keys, values) in keys.iter().zip(values.iter()) {
            let (Some(keys), Some(values)) = (keys, values) else { continue };
            if !values.is_empty() {
                let keys: Vec<Box<[u8]>> = keys.as_binary::<i32>().iter().flatten().map(Into::into).collect();
                self.add(keys.into_iter(), values);
            }
        }
        Ok(())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.bytes + self.keys.capacity() * size_of::<Box<[u8]>>()
    }
}

/// Developer guide, "LISTAGG": NULLs and empty strings are ignored, duplicates found without trailing blanks.
fn list(
    values: &StringViewArray,
    delimiter: &str,
    distinct: Option<impl Fn(&str) -> String>,
) -> DataFusionResult<ScalarValue> {
    let mut joined: Option<String> = None;
    let mut seen = HashSet::new();
    for value in values.iter().flatten().filter(|value| !value.is_empty()) {
        if distinct.as_ref().is_some_and(|compared| !seen.insert(compared(value))) {
            continue;
        }
        match &mut joined {
            None => joined = Some(value.to_string()),
            Some(joined) => {
                joined.push_str(delimiter);
                joined.push_str(value);
            }
        }
        if joined.as_ref().is_some_and(|joined| joined.len() > MAX_JOINED) {
            let context = format!("LISTAGG limit: {MAX_JOINED}");
            return Err(to_datafusion(compute_error("Result size exceeds LISTAGG limit", 8001, &context)));
        }
    }
    Ok(ScalarValue::Utf8View(joined))
}

/// The first value whose share of the rows is not less than the fraction.
fn discrete(values: &ArrayRef, fraction: u64) -> DataFusionResult<ScalarValue> {
    if values.is_empty() {
        return ScalarValue::try_from(values.data_type());
    }
    let rows = values.len() as u128;
    let place = (rows * u128::from(fraction)).div_ceil(u128::from(WHOLE)).max(1) - 1;
    ScalarValue::try_from_array(values, place as usize)
}

/// Developer guide, "PERCENTILE_CONT": row number RN = 1 + P*(N-1), between two rows the one and the other by their
/// distance. The values are DECIMALs, floats, dates or timestamps; the result's scale holds the interpolation.
fn continuous(values: &ArrayRef, fraction: u64, result: RedshiftType) -> DataFusionResult<ScalarValue> {
    let null = || ScalarValue::try_from(&arrow_type(result));
    if values.is_empty() {
        return null();
    }
    let whole = i128::from(WHOLE);
    let place = i128::from(fraction) * (values.len() as i128 - 1);
    let (floor, part) = ((place / whole) as usize, place % whole);
    let ceiling = if part == 0 { floor } else { floor + 1 };
    match (values.data_type(), result) {
        (DataType::Float64, _) => {
            let values = values.as_primitive::<Float64Type>();
            let part = part as f64 / WHOLE as f64;
            let value = values.value(floor) * (1.0 - part) + values.value(ceiling) * part;
            Ok(ScalarValue::Float64(Some(value)))
        }
        (DataType::Decimal128(_, from), RedshiftType::Numeric { precision, scale }) => {
            let values = values.as_primitive::<Decimal128Type>();
            let up = 10_i128.pow(u32::from(scale).saturating_sub(*from as u32));
            let overflow =
                || to_datafusion(compute_error("Numeric data overflow (result precision)", 1058, "128 bit overflow"));
            let (low, high) = (values.value(floor).checked_mul(up), values.value(ceiling).checked_mul(up));
            let (low, high) = (low.ok_or_else(overflow)?, high.ok_or_else(overflow)?);
            let value = low + between(high - low, part);
            Ok(ScalarValue::Decimal128(Some(value), precision, scale as i8))
        }
        _ => {
            let numbers = match values.data_type() {
                DataType::Date32 => arrow::compute::cast(
                    &retype(Arc::clone(values), &DataType::Int32).map_err(to_datafusion)?,
                    &DataType::Int64,
                )?,
                _ => retype(Arc::clone(values), &DataType::Int64).map_err(to_datafusion)?,
            };
            let numbers = numbers.as_primitive::<arrow::datatypes::Int64Type>();
            let (low, high) = (i128::from(numbers.value(floor)), i128::from(numbers.value(ceiling)));
            let value = (low + between(high - low, part)) as i64;
            let array: ArrayRef = match values.data_type() {
                DataType::Date32 => Arc::new(arrow::array::Int32Array::from(vec![value as i32])),
                _ => Arc::new(arrow::array::Int64Array::from(vec![value])),
            };
            let array = retype(array, &arrow_type(result)).map_err(to_datafusion)?;
            ScalarValue::try_from_array(&array, 0)
        }
    }
}

/// So much of a distance, in units of 1e-18, in two steps where one would not fit 128 bits.
fn between(distance: i128, part: i128) -> i128 {
    let whole = i128::from(WHOLE);
    match distance.checked_mul(part) {
        Some(product) => product / whole,
        None => distance / whole * part + distance % whole * part / whole,
    }
}
