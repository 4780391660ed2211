//! What a geometry is and has.
//!
//! Source: developer guide, the page of each function.

use redshift_sql_dialect::{RedshiftType, Result, types::MAX_VARCHAR};

use super::{
    Find, GEOGRAPHY, GEOMETRY, find,
    geometry::{Coord, Dims, Extent, Geometry, Shape, invalid, is_closed},
    make, make_at,
};
use crate::{
    binder::Typed,
    functions::registry::{Call, Function, INT4, function, takes},
};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("geometrytype", &[takes(&[GEOMETRY], geometry_type)]),
    function("supportsbbox", &[takes(&[GEOMETRY], |call| logical(call, |g| g.boxed))]),
    function("st_dimension", &[takes(&[GEOMETRY], |call| count(call, |g| Ok(Some(g.shape.dimension()))))]),
    function("st_endpoint", &[takes(&[GEOMETRY], |call| make(call, |line| Ok(point_at(line, -1))))]),
    function("st_exteriorring", &[takes(&[GEOMETRY], |call| make(call, exterior_ring))]),
    function("st_geometryn", &[takes(&[GEOMETRY, INT4], |call| make_at(call, part))]),
    function("st_geometrytype", &[takes(&[GEOMETRY], st_geometry_type)]),
    function("st_interiorringn", &[takes(&[GEOMETRY, INT4], |call| make_at(call, interior_ring))]),
    function("st_isclosed", &[takes(&[GEOMETRY], |call| logical(call, |g| closed(&g.shape)))]),
    function("st_iscollection", &[takes(&[GEOMETRY], |call| logical(call, |g| g.shape.code() > 3))]),
    function("st_isempty", &[takes(&[GEOMETRY], |call| logical(call, Geometry::is_empty))]),
    function("st_ispolygonccw", &[takes(&[GEOMETRY], |call| logical(call, |g| oriented(&g.shape, false)))]),
    function("st_ispolygoncw", &[takes(&[GEOMETRY], |call| logical(call, |g| oriented(&g.shape, true)))]),
    function("st_m", &[takes(&[GEOMETRY], |call| number(call, |g| coordinate(g, "ST_M", Dims::has_m, |c| c.m)))]),
    function("st_memsize", &[takes(&[GEOMETRY], |call| count(call, |g| Ok(Some(g.size() as i32))))]),
    function("st_mmax", &[takes(&[GEOMETRY], |call| number(call, |g| Ok(bound(g, Dims::has_m, |e| e.max.m))))]),
    function("st_mmin", &[takes(&[GEOMETRY], |call| number(call, |g| Ok(bound(g, Dims::has_m, |e| e.min.m))))]),
    function("st_ndims", &[takes(&[GEOMETRY], |call| count(call, |g| Ok(Some(g.dims.count() as i32))))]),
    function("st_npoints", &[takes(&[GEOMETRY], POINTS), takes(&[GEOGRAPHY], POINTS)]),
    function("st_nrings", &[takes(&[GEOMETRY], |call| count(call, |g| Ok(Some(rings(&g.shape)))))]),
    function("st_numgeometries", &[takes(&[GEOMETRY], |call| count(call, |g| Ok(Some(parts(g)))))]),
    function("st_numinteriorrings", &[takes(&[GEOMETRY], |call| count(call, |g| Ok(interior_rings(&g.shape))))]),
    function("st_numpoints", &[takes(&[GEOMETRY], |call| count(call, |g| Ok(line_points(&g.shape))))]),
    function("st_pointn", &[takes(&[GEOMETRY, INT4], |call| make_at(call, point_n))]),
    function("st_srid", &[takes(&[GEOMETRY], |call| count(call, |g| Ok(Some(g.srid))))]),
    function("st_startpoint", &[takes(&[GEOMETRY], |call| make(call, |line| Ok(point_at(line, 0))))]),
    function("st_x", &[takes(&[GEOMETRY], |call| number(call, |g| coordinate(g, "ST_X", |_| true, |c| c.x)))]),
    function("st_xmax", &[takes(&[GEOMETRY], |call| number(call, |g| Ok(bound(g, |_| true, |e| e.max.x))))]),
    function("st_xmin", &[takes(&[GEOMETRY], |call| number(call, |g| Ok(bound(g, |_| true, |e| e.min.x))))]),
    function("st_y", &[takes(&[GEOMETRY], |call| number(call, |g| coordinate(g, "ST_Y", |_| true, |c| c.y)))]),
    function("st_ymax", &[takes(&[GEOMETRY], |call| number(call, |g| Ok(bound(g, |_| true, |e| e.max.y))))]),
    function("st_ymin", &[takes(&[GEOMETRY], |call| number(call, |g| Ok(bound(g, |_| true, |e| e.min.y))))]),
    function("st_z", &[takes(&[GEOMETRY], |call| number(call, |g| coordinate(g, "ST_Z", Dims::has_z, |c| c.z)))]),
    function("st_zmax", &[takes(&[GEOMETRY], |call| number(call, |g| Ok(bound(g, Dims::has_z, |e| e.max.z))))]),
    function("st_zmin", &[takes(&[GEOMETRY], |call| number(call, |g| Ok(bound(g, Dims::has_z, |e| e.min.z))))]),
];

const POINTS: fn(Call<'_>) -> Result<Typed> =
    |call| count(call, |geometry| Ok(Some(geometry.shape.coords().len() as i32)));

fn number(call: Call<'_>, number: Find<f64>) -> Result<Typed> {
    find(call, RedshiftType::Float8, number)
}

fn count(call: Call<'_>, count: Find<i32>) -> Result<Typed> {
    find(call, RedshiftType::Int4, count)
}

fn logical(call: Call<'_>, is: fn(&Geometry) -> bool) -> Result<Typed> {
    call.kernel_with(is, RedshiftType::Bool, |is, args| {
        args.map1(|bytes: &[u8]| Ok(Some(is(&super::wkb::kept(bytes)?))))
    })
}

fn geometry_type(call: Call<'_>) -> Result<Typed> {
    find(call, RedshiftType::Varchar(MAX_VARCHAR), |geometry| {
        let measured = if geometry.dims == Dims::Xym { "M" } else { "" };
        Ok(Some(format!("{}{measured}", geometry.shape.upper_name())))
    })
}

fn st_geometry_type(call: Call<'_>) -> Result<Typed> {
    find(call, RedshiftType::Varchar(MAX_VARCHAR), |geometry| Ok(Some(format!("ST_{}", geometry.shape.mixed_name()))))
}

/// A coordinate of a point; none where it is empty or lacks it.
fn coordinate(
    geometry: &Geometry,
    name: &str,
    has: fn(Dims) -> bool,
    coordinate: fn(&Coord) -> f64,
) -> Result<Option<f64>> {
    match &geometry.shape {
        Shape::Point(point) => Ok(point.as_ref().filter(|_| has(geometry.dims)).map(coordinate)),
        _ => Err(invalid(format!("the argument of {name} must be a POINT"))),
    }
}

/// A bound of the coordinates; none where it is empty or lacks them.
fn bound(geometry: &Geometry, has: fn(Dims) -> bool, bound: fn(Extent) -> f64) -> Option<f64> {
    geometry.extent().filter(|_| has(geometry.dims)).map(bound)
}

/// A point of a line by its index, from the end where it is negative; none where there is no such point.
fn point_at(line: &Geometry, index: i64) -> Option<Geometry> {
    let Shape::Line(points) = &line.shape else { return None };
    let index = if index < 0 { index + points.len() as i64 } else { index };
    let point = points.get(usize::try_from(index).ok()?)?;
    Some(line.with(Shape::Point(Some(*point))))
}

/// "Negative index values are counted backward from the end of the linestring, so that -1 is the last point."
fn point_n(line: &Geometry, index: i32) -> Result<Option<Geometry>> {
    Ok(match index {
        0 => None,
        1.. => point_at(line, i64::from(index) - 1),
        _ => point_at(line, i64::from(index)),
    })
}

fn part(geometry: &Geometry, index: i32) -> Result<Option<Geometry>> {
    if geometry.shape.code() <= 3 {
        return Ok((index == 1).then(|| geometry.clone()));
    }
    let at = usize::try_from(index).ok().and_then(|index| index.checked_sub(1));
    let shape = at.and_then(|at| match &geometry.shape {
        Shape::MultiPoint(points) => points.get(at).map(|point| Shape::Point(*point)),
        Shape::MultiLine(lines) => lines.get(at).map(|line| Shape::Line(line.clone())),
        Shape::MultiPolygon(polygons) => polygons.get(at).map(|rings| Shape::Polygon(rings.clone())),
        Shape::Collection(shapes) => shapes.get(at).cloned(),
        _ => None,
    });
    match shape {
        Some(shape) => Ok(Some(geometry.with(shape))),
        None => Err(invalid(format!("index {index} of ST_GeometryN is out of range"))),
    }
}

/// "If geom is empty, then an empty polygon is returned."
fn exterior_ring(geometry: &Geometry) -> Result<Option<Geometry>> {
    Ok(match &geometry.shape {
        Shape::Polygon(rings) => match rings.first() {
            Some(exterior) => Some(geometry.with(Shape::Line(exterior.clone()))),
            None => Some(geometry.clone()),
        },
        _ => None,
    })
}

fn interior_ring(geometry: &Geometry, index: i32) -> Result<Option<Geometry>> {
    let Shape::Polygon(rings) = &geometry.shape else { return Ok(None) };
    // The exterior ring is at 0.
    let ring = usize::try_from(index).ok().filter(|index| *index > 0).and_then(|index| rings.get(index));
    Ok(ring.map(|ring| geometry.with(Shape::Line(ring.clone()))))
}

fn rings(shape: &Shape) -> i32 {
    match shape {
        Shape::Polygon(rings) => rings.len() as i32,
        Shape::MultiPolygon(polygons) => polygons.iter().map(|rings| rings.len() as i32).sum(),
        Shape::Collection(shapes) => shapes.iter().map(rings).sum(),
        _ => 0,
    }
}

fn parts(geometry: &Geometry) -> i32 {
    match &geometry.shape {
        Shape::MultiPoint(points) => points.len() as i32,
        Shape::MultiLine(lines) => lines.len() as i32,
        Shape::MultiPolygon(polygons) => polygons.len() as i32,
        Shape::Collection(shapes) => shapes.len() as i32,
        _ => i32::from(!geometry.is_empty()),
    }
}

fn interior_rings(shape: &Shape) -> Option<i32> {
    match shape {
        Shape::Polygon(rings) => Some(rings.len().saturating_sub(1) as i32),
        _ => None,
    }
}

fn line_points(shape: &Shape) -> Option<i32> {
    match shape {
        Shape::Line(points) => Some(points.len() as i32),
        _ => None,
    }
}

fn closed(shape: &Shape) -> bool {
    let all = |lines: &[Vec<Coord>]| !lines.is_empty() && lines.iter().all(|line| is_closed(line));
    match shape {
        Shape::Point(point) => point.is_some(),
        Shape::MultiPoint(_) => true,
        Shape::Line(points) => is_closed(points),
        Shape::Polygon(lines) | Shape::MultiLine(lines) => all(lines),
        Shape::MultiPolygon(polygons) => !polygons.is_empty() && polygons.iter().all(|rings| all(rings)),
        Shape::Collection(shapes) => !shapes.is_empty() && shapes.iter().all(closed),
    }
}

/// Twice the area that a ring encloses: positive where it goes counterclockwise.
pub(super) fn doubled_area(ring: &[Coord]) -> f64 {
    let Some(origin) = ring.first() else { return 0.0 };
    // Near the origin the products lose the least.
    let cross = |a: &Coord, b: &Coord| (a.x - origin.x) * (b.y - origin.y) - (b.x - origin.x) * (a.y - origin.y);
    ring.windows(2).map(|pair| cross(&pair[0], &pair[1])).sum()
}

/// Do all exterior rings go this way round, and all interior rings the other?
fn oriented(shape: &Shape, clockwise: bool) -> bool {
    let polygon = |rings: &Vec<Vec<Coord>>| {
        rings.iter().enumerate().all(|(index, ring)| (doubled_area(ring) < 0.0) == (clockwise == (index == 0)))
    };
    match shape {
        Shape::Polygon(rings) => polygon(rings),
        Shape::MultiPolygon(polygons) => polygons.iter().all(polygon),
        Shape::Collection(shapes) => shapes.iter().all(|shape| oriented(shape, clockwise)),
        _ => true,
    }
}
