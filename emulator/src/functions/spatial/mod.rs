//! Spatial functions.
//!
//! Source: developer guide, "Spatial functions" with the page of each function, "Querying spatial data in Amazon Redshift",
//! "Terminology for Amazon Redshift spatial data" and "Limitations when using spatial data with Amazon Redshift". The guide
//! says when there is an error, but not how it is worded: the words are ours, except for those that users have reported.
//!
//! The digits of the guide's examples are those of Boost.Geometry: distances on a spheroid are Andoyer's, arcs of buffers are
//! made by adding up an angle, polygons that are made go clockwise from their smallest point. Where a page leaves something
//! open, its way is followed.
//!
//! A value ([`geometry::Geometry`]) is kept as EWKB ([`wkb`]); functions of the plane take the coordinates' projection.

mod accessors;
mod arrangement;
mod constructors;
mod editors;
mod faces;
mod geography;
mod geojson;
mod geometry;
mod grid;
mod h3;
mod input;
mod measures;
mod output;
mod plane;
mod predicates;
mod processing;
mod sets;
pub(crate) mod shapes;
mod transform;
mod validity;
mod wkb;
mod wkt;

use arrow::array::ArrayRef;
use redshift_sql_dialect::{RedshiftType, Result};

use self::geometry::{Geometry, invalid};
pub(crate) use self::input::{cast, read_geography, read_geometry};
pub use self::wkb::ewkb_of_kept;
use super::{
    kernel::{Args, Write},
    registry::{Call, Function, Param},
};
use crate::binder::{BindContext, Typed};

/// The tables of this category's functions.
pub(super) const FAMILIES: [&[Function]; 13] = [
    accessors::FUNCTIONS,
    constructors::FUNCTIONS,
    editors::FUNCTIONS,
    grid::FUNCTIONS,
    h3::FUNCTIONS,
    input::FUNCTIONS,
    measures::FUNCTIONS,
    output::FUNCTIONS,
    predicates::FUNCTIONS,
    processing::FUNCTIONS,
    sets::FUNCTIONS,
    transform::FUNCTIONS,
    validity::FUNCTIONS,
];

const GEOMETRY: Param = Param::Type(RedshiftType::Geometry);
const GEOGRAPHY: Param = Param::Type(RedshiftType::Geography);

/// Are values made with a bounding box? Developer guide, "default_geometry_encoding".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Boxes(bool);

impl Boxes {
    /// What the session says.
    pub(super) fn of(ctx: &BindContext) -> Boxes {
        Boxes(ctx.session.settings.get("default_geometry_encoding").is_none_or(|encoding| encoding != "1"))
    }

    /// A value as it is kept.
    fn keep(self, geometry: Geometry) -> Result<Vec<u8>> {
        wkb::keep(&Geometry { boxed: self.0, ..geometry })
    }

    /// What ST_Collect makes of values; none of no value.
    pub(super) fn collect<'a>(self, values: impl Iterator<Item = &'a [u8]>) -> Result<Option<Vec<u8>>> {
        let geometries = values.map(wkb::kept).collect::<Result<Vec<_>>>()?;
        constructors::collect(geometries)?.map(|collected| self.keep(collected)).transpose()
    }
}

/// A column of geometries, made row by row.
fn keep_all(boxes: Boxes, args: &Args, make: impl Fn(usize) -> Result<Option<Geometry>>) -> Result<ArrayRef> {
    args.rows(|row| make(row)?.map(|geometry| boxes.keep(geometry)).transpose())
}

/// What is found in a geometry.
type Find<R> = fn(&Geometry) -> Result<Option<R>>;
/// What is found in two geometries.
type FindInTwo<R> = fn(&Geometry, &Geometry) -> Result<Option<R>>;

/// The call of a function of a geometry.
fn find<R: Write + 'static>(call: Call<'_>, returns: RedshiftType, find: Find<R>) -> Result<Typed> {
    call.kernel_with(find, returns, |find, args| args.map1(|bytes: &[u8]| find(&wkb::kept(bytes)?)))
}

/// The call of a function of two geometries.
fn find_in_two<R: Write + 'static>(call: Call<'_>, returns: RedshiftType, find: FindInTwo<R>) -> Result<Typed> {
    call.kernel_with(find, returns, |find, args| args.map2(|a: &[u8], b: &[u8]| find(&wkb::kept(a)?, &wkb::kept(b)?)))
}

/// The call of a function that makes a geometry of one.
fn make(call: Call<'_>, make: Find<Geometry>) -> Result<Typed> {
    let parameters = (Boxes::of(call.ctx), make);
    call.kernel_with(parameters, RedshiftType::Geometry, |(boxes, make), args| {
        args.map1(|bytes: &[u8]| make(&wkb::kept(bytes)?)?.map(|made| boxes.keep(made)).transpose())
    })
}

/// The call of a function that makes a geometry of two.
fn make_of_two(call: Call<'_>, make: FindInTwo<Geometry>) -> Result<Typed> {
    let parameters = (Boxes::of(call.ctx), make);
    call.kernel_with(parameters, RedshiftType::Geometry, |(boxes, make), args| {
        args.map2(|a: &[u8], b: &[u8]| make(&wkb::kept(a)?, &wkb::kept(b)?)?.map(|made| boxes.keep(made)).transpose())
    })
}

/// The call of a function that makes a geometry of one and an integer.
fn make_at(call: Call<'_>, make: fn(&Geometry, i32) -> Result<Option<Geometry>>) -> Result<Typed> {
    let parameters = (Boxes::of(call.ctx), make);
    call.kernel_with(parameters, RedshiftType::Geometry, |(boxes, make), args| {
        args.map2(|bytes: &[u8], at: i32| make(&wkb::kept(bytes)?, at)?.map(|made| boxes.keep(made)).transpose())
    })
}

/// 22023 where two geometries have different reference systems.
fn same_srid(a: &Geometry, b: &Geometry) -> Result<()> {
    if a.srid == b.srid {
        return Ok(());
    }
    Err(invalid(format!("the geometries have different SRIDs, {} and {}", a.srid, b.srid)))
}

/// An SRID that a caller gives.
fn checked_srid(srid: i32) -> Result<i32> {
    if srid >= 0 { Ok(srid) } else { Err(invalid(format!("SRID {srid} is negative"))) }
}
