//! Reference systems by their SRID, and the change from one to another.
//!
//! Source: developer guide, "ST_Transform". The systems are those of the EPSG registry; shifts between datums that need grids
//! of their own are not made.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, RwLock},
};

use proj4rs::Proj;
use redshift_sql_dialect::{Error, Result};

use super::{
    GEOMETRY,
    geometry::{Coord, Dims, Geometry, invalid},
    make_at,
};
use crate::functions::registry::{Function, INT4, function, takes};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] =
    &[function("st_transform", &[takes(&[GEOMETRY, INT4], |call| make_at(call, transform))])];

/// Systems that were asked for; none where there is no such system.
static SYSTEMS: LazyLock<RwLock<HashMap<i32, Option<Arc<Proj>>>>> = LazyLock::new(RwLock::default);

/// The reference system of an SRID.
///
/// # Errors
/// 22023 where there is none.
pub(super) fn system(srid: i32) -> Result<Arc<Proj>> {
    let missing = || invalid(format!("SRID {srid} does not exist"));
    let known = SYSTEMS.read().ok().and_then(|systems| systems.get(&srid).cloned());
    if let Some(known) = known {
        return known.ok_or_else(missing);
    }
    let found = read_system(srid);
    if let Ok(mut systems) = SYSTEMS.write() {
        systems.insert(srid, found.clone());
    }
    found.ok_or_else(missing)
}

fn read_system(srid: i32) -> Option<Arc<Proj>> {
    let definition = crs_definitions::from_code(u16::try_from(srid).ok()?)?;
    Proj::from_proj_string(definition.proj4).ok().map(Arc::new)
}

/// "returns a new geometry with coordinates that are transformed in a spatial reference system"
fn transform(geometry: &Geometry, srid: i32) -> Result<Option<Geometry>> {
    let (from, to) = (system(geometry.srid)?, system(srid)?);
    let mut shape = geometry.shape.clone();
    if geometry.srid != srid {
        shape.change(&mut |coord| {
            *coord = moved(&from, &to, *coord, geometry.dims).ok_or_else(|| unreachable_point(*coord, srid))?;
            Ok(())
        })?;
    }
    Ok(Some(Geometry { srid, ..geometry.with(shape) }))
}

fn unreachable_point(coord: Coord, srid: i32) -> Error {
    invalid(format!("the point ({}, {}) cannot be transformed to SRID {srid}", coord.x, coord.y))
}

/// A point in another system: degrees are radians inside.
fn moved(from: &Proj, to: &Proj, coord: Coord, dims: Dims) -> Option<Coord> {
    let mut point = (coord.x, coord.y, coord.z);
    if from.is_latlong() {
        point = (point.0.to_radians(), point.1.to_radians(), point.2);
    }
    proj4rs::transform::transform(from, to, &mut point).ok()?;
    if to.is_latlong() {
        point = (point.0.to_degrees(), point.1.to_degrees(), point.2);
    }
    let moved = Coord { x: point.0, y: point.1, z: if dims.has_z() { point.2 } else { 0.0 }, m: coord.m };
    [moved.x, moved.y, moved.z].iter().all(|number| number.is_finite()).then_some(moved)
}
