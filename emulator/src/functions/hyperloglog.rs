//! HyperLogLog functions of single sketches; the aggregates are in [`super::aggregate`].
//!
//! Source: developer guide, "HyperLogLog functions".

use redshift_sql_dialect::{Error, RedshiftType, Result};

use super::{
    registry::{Call, Function, Param, function, takes},
    sketch::Sketch,
};
use crate::binder::Typed;

const SKETCH: Param = Param::Type(RedshiftType::HllSketch);

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("hll_cardinality", &[takes(&[SKETCH], cardinality)]),
    function("hll_combine_sketches", &[takes(&[SKETCH, SKETCH], combine)]),
];

/// A sketch as it is kept.
///
/// # Errors
/// 22P02 where it is none.
pub(super) fn read(bytes: &[u8]) -> Result<Sketch> {
    let text = std::str::from_utf8(bytes).map_err(|_| Error::internal("a sketch is not kept as text"))?;
    Sketch::of_text(text)
}

fn cardinality(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int8, |(), args| args.map1(|bytes: &[u8]| Ok(Some(read(bytes)?.cardinality()))))
}

fn combine(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::HllSketch, |(), args| {
        args.map2(|a: &[u8], b: &[u8]| {
            let mut sketch = read(a)?;
            sketch.merge(&read(b)?);
            Ok(Some(sketch.to_text().into_bytes()))
        })
    })
}
