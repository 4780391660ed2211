//! HLL, HLL_CREATE_SKETCH and HLL_COMBINE.
//!
//! Source: developer guide, "HyperLogLog functions". The state of all three is a sketch.

use std::{fmt::Debug, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::{DataType, Field, FieldRef},
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
    error::to_datafusion,
    functions::{
        hash::each_value,
        hyperloglog::read,
        kernel::{Args, Column},
        sketch::Sketch,
    },
    types::arrow_type,
};

/// What is made of the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SketchKind {
    /// HLL: how many different ones there are.
    Count,
    /// HLL_CREATE_SKETCH
    Create,
    /// HLL_COMBINE, whose values are sketches.
    Combine,
}

/// An aggregate whose state is a sketch.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Sketching {
    kind: SketchKind,
    input: RedshiftType,
    signature: Signature,
}

impl Sketching {
    /// Such an aggregate of values of a type.
    pub fn new(kind: SketchKind, input: RedshiftType) -> Self {
        Sketching { kind, input, signature: Signature::new(TypeSignature::UserDefined, Volatility::Immutable) }
    }

    /// The type of its result.
    pub fn result(&self) -> RedshiftType {
        match self.kind {
            SketchKind::Count => RedshiftType::Int8,
            SketchKind::Create | SketchKind::Combine => RedshiftType::HllSketch,
        }
    }
}

impl AggregateUDFImpl for Sketching {
    fn name(&self) -> &str {
        match self.kind {
            SketchKind::Count => "hll",
            SketchKind::Create => "hll_create_sketch",
            SketchKind::Combine => "hll_combine",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> DataFusionResult<DataType> {
        Ok(arrow_type(self.result()))
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        Ok(arg_types.to_vec())
    }

    fn state_fields(&self, args: StateFieldsArgs) -> DataFusionResult<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[sketch]", args.name), DataType::Binary, true))])
    }

    fn accumulator(&self, _args: AccumulatorArgs) -> DataFusionResult<Box<dyn Accumulator>> {
        Ok(Box::new(Sketched { kind: self.kind, input: self.input, sketch: None }))
    }
}

#[derive(Debug)]
struct Sketched {
    kind: SketchKind,
    input: RedshiftType,
    /// None before the first value.
    sketch: Option<Sketch>,
}

impl Sketched {
    fn merge(&mut self, sketches: &ArrayRef) -> DataFusionResult<()> {
        for bytes in sketches.as_binary::<i32>().iter().flatten() {
            let other = read(bytes).map_err(to_datafusion)?;
            self.sketch.get_or_insert_default().merge(&other);
        }
        Ok(())
    }
}

impl Accumulator for Sketched {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DataFusionResult<()> {
        if self.kind == SketchKind::Combine {
            return self.merge(&values[0]);
        }
        let rows = values[0].len();
        let args = Args { columns: vec![Column { array: Arc::clone(&values[0]), constant: false }], rows };
        let sketch = &mut self.sketch;
        each_value(self.input, &args, 0, &mut |_, bytes| {
            if let Some(bytes) = bytes {
                sketch.get_or_insert_default().add(bytes);
            }
        })
        .map_err(to_datafusion)
    }

    fn evaluate(&mut self) -> DataFusionResult<ScalarValue> {
        let text = |sketch: &Sketch| ScalarValue::Binary(Some(sketch.to_text().into_bytes()));
        Ok(match (self.kind, &self.sketch) {
            (SketchKind::Count, sketch) => ScalarValue::Int64(Some(sketch.as_ref().map_or(0, Sketch::cardinality))),
            (SketchKind::Create, Some(sketch)) | (SketchKind::Combine, Some(sketch)) => text(sketch),
            (SketchKind::Create, None) => text(&Sketch::default()),
            (SketchKind::Combine, None) => ScalarValue::Binary(None),
        })
    }

    fn state(&mut self) -> DataFusionResult<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Binary(self.sketch.as_ref().map(|sketch| sketch.to_text().into_bytes()))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DataFusionResult<()> {
        self.merge(&states[0])
    }

    fn size(&self) -> usize {
        let registers = match &self.sketch {
            None => 0,
            Some(Sketch::Sparse(registers)) => registers.len() * 16,
            Some(Sketch::Dense(registers)) => registers.len(),
        };
        size_of_val(self) + registers
    }
}
