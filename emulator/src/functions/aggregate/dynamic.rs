//! SUM and AVG of SUPER values: of those that are numbers. With DISTINCT, each of the numbers once, whatever its scale.
//!
//! Source: developer guide, "SUM", "AVG", "Operators and functions" of SUPER: a total has the largest scale of its
//! DECIMALs, and is a float where one of them is. An average has the scale of the total, as one of a DECIMAL column has
//! ("Examples of using semi-structured data": 2.50, 3.75 and 1.90 have the average 2.71).

use std::{collections::HashSet, fmt::Debug, sync::Arc};

use arrow::{
    array::{ArrayRef, AsArray},
    datatypes::{DataType, Field, FieldRef, Int64Type},
};
use datafusion::{
    error::Result as DataFusionResult,
    logical_expr::{
        Accumulator, AggregateUDFImpl, Signature, TypeSignature, Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
    scalar::ScalarValue,
};
use redshift_sql_dialect::{RedshiftType, Result};

use super::total::TotalKind;
use crate::{
    error::to_datafusion,
    functions::{
        arithmetic::Operation,
        semistructured::{number::Number, value::Json},
    },
    types::arrow_type,
};

/// SUM or AVG of SUPER values.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct DynamicTotal {
    kind: TotalKind,
    distinct: bool,
    signature: Signature,
}

impl DynamicTotal {
    pub(super) fn new(kind: TotalKind, distinct: bool) -> Self {
        DynamicTotal { kind, distinct, signature: Signature::new(TypeSignature::UserDefined, Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for DynamicTotal {
    fn name(&self) -> &str {
        match (self.kind, self.distinct) {
            (TotalKind::Sum, false) => "super_sum",
            (TotalKind::Avg, false) => "super_avg",
            (TotalKind::Sum, true) => "super_sum_distinct",
            (TotalKind::Avg, true) => "super_avg_distinct",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> DataFusionResult<DataType> {
        Ok(arrow_type(RedshiftType::Super))
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        Ok(arg_types.to_vec())
    }

    fn state_fields(&self, args: StateFieldsArgs) -> DataFusionResult<Vec<FieldRef>> {
        let field = |suffix: &str, ty| Arc::new(Field::new(format!("{}[{suffix}]", args.name), ty, true));
        Ok(vec![field("total", arrow_type(RedshiftType::Super)), field("count", DataType::Int64)])
    }

    fn accumulator(&self, _args: AccumulatorArgs) -> DataFusionResult<Box<dyn Accumulator>> {
        let running = Running { kind: self.kind, total: None, count: 0 };
        if self.distinct {
            return Ok(Box::new(Distinct { running, seen: HashSet::new(), numbers: Vec::new() }));
        }
        Ok(Box::new(running))
    }
}

/// What was added up so far.
#[derive(Debug)]
struct Running {
    kind: TotalKind,
    total: Option<Number>,
    count: i64,
}

impl Running {
    fn add(&mut self, number: Number) -> Result<()> {
        self.total = Some(match self.total {
            None => number,
            Some(total) => total.compute(Operation::Add, number)?,
        });
        Ok(())
    }

    fn add_all(&mut self, values: &ArrayRef) -> Result<i64> {
        let mut added = 0;
        for text in values.as_string_view().iter().flatten() {
            let Some(number) = Json::of(text).number() else { continue };
            self.add(number)?;
            added += 1;
        }
        Ok(added)
    }

    fn outcome(&self) -> Result<Option<Number>> {
        match (self.kind, self.total) {
            (TotalKind::Avg, Some(total)) => {
                let count = i128::from(self.count).max(1);
                Ok(Some(match total {
                    Number::Decimal { unscaled, scale } => Number::Decimal { unscaled: unscaled / count, scale },
                    Number::Float(total) => Number::Float(total / count as f64),
                }))
            }
            (_, total) => Ok(total),
        }
    }
}

impl Accumulator for Running {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DataFusionResult<()> {
        self.count += self.add_all(&values[0]).map_err(to_datafusion)?;
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DataFusionResult<()> {
        self.add_all(&states[0]).map_err(to_datafusion)?;
        self.count += states[1].as_primitive::<Int64Type>().iter().flatten().sum::<i64>();
        Ok(())
    }

    fn state(&mut self) -> DataFusionResult<Vec<ScalarValue>> {
        let total = self.total.map(Number::to_text);
        Ok(vec![ScalarValue::Utf8View(total), ScalarValue::Int64(Some(self.count))])
    }

    fn evaluate(&mut self) -> DataFusionResult<ScalarValue> {
        let outcome = self.outcome().map_err(to_datafusion)?;
        Ok(ScalarValue::Utf8View(outcome.map(Number::to_text)))
    }

    fn size(&self) -> usize {
        size_of::<Self>()
    }
}

/// What was added up so far, and the numbers that it was made of.
#[derive(Debug)]
struct Distinct {
    running: Running,
    /// Their keys.
    seen: HashSet<Vec<u8>>,
    numbers: Vec<Number>,
}

impl Distinct {
    fn add(&mut self, value: Json<'_>) -> Result<()> {
        let Some(number) = value.number() else { return Ok(()) };
        let mut key = Vec::new();
        number.write_key(&mut key);
        if self.seen.insert(key) {
            self.running.add(number)?;
            self.running.count += 1;
            self.numbers.push(number);
        }
        Ok(())
    }
}

impl Accumulator for Distinct {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DataFusionResult<()> {
        let mut texts = values[0].as_string_view().iter().flatten();
        texts.try_for_each(|text| self.add(Json::of(text))).map_err(to_datafusion)
    }

    /// The state's first field is the array of the numbers.
    fn merge_batch(&mut self, states: &[ArrayRef]) -> DataFusionResult<()> {
        let mut numbers = states[0].as_string_view().iter().flatten().flat_map(|text| Json::of(text).items());
        numbers.try_for_each(|number| self.add(number)).map_err(to_datafusion)
    }

    fn state(&mut self) -> DataFusionResult<Vec<ScalarValue>> {
        let numbers: Vec<String> = self.numbers.iter().map(|number| number.to_text()).collect();
        let numbers = format!("[{}]", numbers.join(","));
        Ok(vec![ScalarValue::Utf8View(Some(numbers)), ScalarValue::Int64(Some(self.running.count))])
    }

    fn evaluate(&mut self) -> DataFusionResult<ScalarValue> {
        self.running.evaluate()
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.numbers.capacity() * (size_of::<Number>() + size_of::<Vec<u8>>() + 24)
    }
}
