//! Geometries that are another one with a change.
//!
//! Source: developer guide, the page of each function.

use redshift_sql_dialect::{RedshiftType, Result};

use super::{
    Boxes, GEOMETRY, checked_srid,
    geometry::{Coord, Dims, Geometry, Shape, invalid, projected},
    keep_all, make, make_at, same_srid, wkb,
};
use crate::{
    binder::Typed,
    functions::registry::{Call, Function, INT4, function, takes},
};

const FORCE_Z: fn(Call<'_>) -> Result<Typed> = |call| make(call, |g| g.clone().force(Dims::Xyz).map(Some));

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("addbbox", &[takes(&[GEOMETRY], |call| boxed(call, Boxes(true)))]),
    function("dropbbox", &[takes(&[GEOMETRY], |call| boxed(call, Boxes(false)))]),
    function("st_addpoint", &[takes(&[GEOMETRY, GEOMETRY, INT4], add_point).optional(1)]),
    function("st_force2d", &[takes(&[GEOMETRY], |call| make(call, |g| g.clone().force(Dims::Xy).map(Some)))]),
    function("st_force3d", &[takes(&[GEOMETRY], FORCE_Z)]),
    function("st_force3dm", &[takes(&[GEOMETRY], |call| make(call, |g| g.clone().force(Dims::Xym).map(Some)))]),
    function("st_force3dz", &[takes(&[GEOMETRY], FORCE_Z)]),
    function("st_force4d", &[takes(&[GEOMETRY], |call| make(call, |g| g.clone().force(Dims::Xyzm).map(Some)))]),
    function("st_removepoint", &[takes(&[GEOMETRY, INT4], |call| make_at(call, remove_point))]),
    function("st_reverse", &[takes(&[GEOMETRY], |call| make(call, |g| Ok(Some(g.with(reversed(&g.shape))))))]),
    function("st_setpoint", &[takes(&[GEOMETRY, INT4, GEOMETRY], set_point)]),
    function(
        "st_setsrid",
        &[takes(&[GEOMETRY, INT4], |call| {
            make_at(call, |geometry, srid| Ok(Some(Geometry { srid: checked_srid(srid)?, ..geometry.clone() })))
        })],
    ),
];

/// The same value with or without a bounding box, whatever the session's encoding is.
fn boxed(call: Call<'_>, boxes: Boxes) -> Result<Typed> {
    call.kernel_with(boxes, RedshiftType::Geometry, |boxes, args| {
        args.map1(|bytes: &[u8]| boxes.keep(wkb::kept(bytes)?).map(Some))
    })
}

/// The points of a line.
fn line<'a>(name: &str, geometry: &'a Geometry) -> Result<&'a Vec<Coord>> {
    match &geometry.shape {
        Shape::Line(points) => Ok(points),
        _ => Err(invalid(format!("the first argument of {name} must be a LINESTRING"))),
    }
}

/// A point in the dimension of a line; none where it is empty.
fn point_for(name: &str, point: &Geometry, dims: Dims) -> Result<Option<Coord>> {
    match point.shape {
        Shape::Point(point) => Ok(point.map(|point| projected(point, dims))),
        _ => Err(invalid(format!("the point of {name} must be a POINT"))),
    }
}

fn out_of_range(name: &str, index: i32) -> redshift_sql_dialect::Error {
    invalid(format!("index {index} of {name} is out of range"))
}

fn add_point(call: Call<'_>) -> Result<Typed> {
    let boxes = Boxes::of(call.ctx);
    call.kernel_with(boxes, RedshiftType::Geometry, |boxes, args| {
        let indices = if args.len() > 2 { Some(args.reader::<i32>(2)?) } else { None };
        let (lines, points) = (args.reader::<&[u8]>(0)?, args.reader::<&[u8]>(1)?);
        keep_all(*boxes, args, |row| {
            let index = indices.as_ref().map_or(Some(-1), |indices| indices.get(row));
            let (Some(given), Some(point), Some(index)) = (lines.get(row), points.get(row), index) else {
                return Ok(None);
            };
            let (given, point) = (wkb::kept(given)?, wkb::kept(point)?);
            let mut points = line("ST_AddPoint", &given)?.clone();
            let at = if index == -1 { Some(points.len()) } else { usize::try_from(index).ok() };
            let at = at.filter(|at| *at <= points.len()).ok_or_else(|| out_of_range("ST_AddPoint", index))?;
            // "If geom2 is the empty point, then a copy of geom1 is returned."
            if let Some(point) = point_for("ST_AddPoint", &point, given.dims)? {
                points.insert(at, point);
            }
            Ok(Some(given.with(Shape::Line(points))))
        })
    })
}

fn remove_point(geometry: &Geometry, index: i32) -> Result<Option<Geometry>> {
    let mut points = line("ST_RemovePoint", geometry)?.clone();
    let at = usize::try_from(index).ok().filter(|at| *at < points.len());
    points.remove(at.ok_or_else(|| out_of_range("ST_RemovePoint", index))?);
    Ok(Some(geometry.with(Shape::Line(points))))
}

fn set_point(call: Call<'_>) -> Result<Typed> {
    let boxes = Boxes::of(call.ctx);
    call.kernel_with(boxes, RedshiftType::Geometry, |boxes, args| {
        let indices = args.reader::<i32>(1)?;
        let (lines, points) = (args.reader::<&[u8]>(0)?, args.reader::<&[u8]>(2)?);
        keep_all(*boxes, args, |row| {
            let (Some(given), Some(index), Some(point)) = (lines.get(row), indices.get(row), points.get(row)) else {
                return Ok(None);
            };
            let (given, point) = (wkb::kept(given)?, wkb::kept(point)?);
            let mut points = line("ST_SetPoint", &given)?.clone();
            let new = point_for("ST_SetPoint", &point, given.dims)?;
            same_srid(&given, &point)?;
            let at = if index < 0 { i64::from(index) + points.len() as i64 } else { i64::from(index) };
            let old = usize::try_from(at).ok().and_then(|at| points.get_mut(at));
            let old = old.ok_or_else(|| out_of_range("ST_SetPoint", index))?;
            // "If geom2 is the empty point, then geom1 is returned."
            if let Some(new) = new {
                *old = new;
            }
            Ok(Some(given.with(Shape::Line(points))))
        })
    })
}

fn reversed(shape: &Shape) -> Shape {
    let line = |points: &Vec<Coord>| points.iter().rev().copied().collect::<Vec<_>>();
    let lines = |lines: &Vec<Vec<Coord>>| lines.iter().map(line).collect::<Vec<_>>();
    match shape {
        Shape::Line(points) => Shape::Line(line(points)),
        Shape::Polygon(rings) => Shape::Polygon(lines(rings)),
        Shape::MultiLine(all) => Shape::MultiLine(lines(all)),
        Shape::MultiPolygon(polygons) => Shape::MultiPolygon(polygons.iter().map(lines).collect()),
        Shape::Collection(shapes) => Shape::Collection(shapes.iter().map(reversed).collect()),
        Shape::Point(_) | Shape::MultiPoint(_) => shape.clone(),
    }
}
