//! Geometries from coordinates and from other geometries.
//!
//! Sources: developer guide, "ST_Point", "ST_MakePoint", "ST_MakeEnvelope", "ST_MakeLine", "ST_MakePolygon", "ST_Polygon",
//! "ST_LineFromMultiPoint", "ST_Multi", "ST_Points", "ST_Collect".

use redshift_sql_dialect::{RedshiftType, Result};

use super::{
    Boxes, GEOMETRY, checked_srid,
    geometry::{Coord, Dims, Geometry, Shape, invalid, is_closed},
    keep_all, make, make_at, make_of_two, same_srid, wkb,
};
use crate::{
    binder::Typed,
    functions::registry::{Call, FLOAT8, Function, INT4, function, takes},
};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("st_point", &[takes(&[FLOAT8, FLOAT8], point)]),
    function("st_makepoint", &[takes(&[FLOAT8, FLOAT8, FLOAT8, FLOAT8], point).optional(2)]),
    function("st_makeenvelope", &[takes(&[FLOAT8, FLOAT8, FLOAT8, FLOAT8, INT4], make_envelope).optional(1)]),
    function("st_makeline", &[takes(&[GEOMETRY, GEOMETRY], |call| make_of_two(call, line_of))]),
    function(
        "st_makepolygon",
        &[
            takes(&[GEOMETRY], |call| make(call, |line| polygon_of(line, None).map(Some))),
            takes(&[GEOMETRY, GEOMETRY], |call| {
                make_of_two(call, |line, holes| polygon_of(line, Some(holes)).map(Some))
            }),
        ],
    ),
    function("st_polygon", &[takes(&[GEOMETRY, INT4], |call| make_at(call, polygon_in))]),
    function("st_linefrommultipoint", &[takes(&[GEOMETRY], |call| make(call, line_from_points))]),
    function("st_collect", &[takes(&[GEOMETRY, GEOMETRY], collect_two)]),
    function("st_multi", &[takes(&[GEOMETRY], |call| make(call, multi))]),
    function("st_points", &[takes(&[GEOMETRY], |call| make(call, points))]),
];

fn point(call: Call<'_>) -> Result<Typed> {
    let boxes = Boxes::of(call.ctx);
    call.kernel_with(boxes, RedshiftType::Geometry, |boxes, args| {
        let numbers = (0..args.len()).map(|index| args.reader::<f64>(index)).collect::<Result<Vec<_>>>()?;
        keep_all(*boxes, args, |row| {
            let numbers: Option<Vec<f64>> = numbers.iter().map(|number| number.get(row)).collect();
            let Some(numbers) = numbers else { return Ok(None) };
            let at = |index: usize| numbers.get(index).copied().unwrap_or(0.0);
            let point = Coord { x: at(0), y: at(1), z: at(2), m: at(3) };
            let dims = Dims::of(numbers.len() > 2, numbers.len() > 3);
            Ok(Some(Geometry::new(0, dims, Shape::Point(Some(point)))))
        })
    })
}

fn make_envelope(call: Call<'_>) -> Result<Typed> {
    let boxes = Boxes::of(call.ctx);
    call.kernel_with(boxes, RedshiftType::Geometry, |boxes, args| {
        let numbers = (0..4).map(|index| args.reader::<f64>(index)).collect::<Result<Vec<_>>>()?;
        let srids = if args.len() > 4 { Some(args.reader::<i32>(4)?) } else { None };
        keep_all(*boxes, args, |row| {
            let srid = srids.as_ref().map_or(Some(0), |srids| srids.get(row));
            let numbers: Option<Vec<f64>> = numbers.iter().map(|number| number.get(row)).collect();
            let (Some(numbers), Some(srid)) = (numbers, srid) else { return Ok(None) };
            let shape = envelope(Coord::xy(numbers[0], numbers[1]), Coord::xy(numbers[2], numbers[3]));
            Ok(Some(Geometry::new(checked_srid(srid)?, Dims::Xy, shape)))
        })
    })
}

/// The box between two corners, clockwise from the lower left one; a line or a point where it has no area.
pub(super) fn envelope(min: Coord, max: Coord) -> Shape {
    let corner = Coord::xy;
    if min.same_xy(max) {
        return Shape::Point(Some(corner(min.x, min.y)));
    }
    if min.x == max.x || min.y == max.y {
        return Shape::Line(vec![corner(min.x, min.y), corner(max.x, max.y)]);
    }
    Shape::Polygon(vec![vec![
        corner(min.x, min.y),
        corner(min.x, max.y),
        corner(max.x, max.y),
        corner(max.x, min.y),
        corner(min.x, min.y),
    ]])
}

/// 22023 where two geometries have different dimensions.
pub(super) fn same_dims(a: &Geometry, b: &Geometry) -> Result<()> {
    if a.dims == b.dims { Ok(()) } else { Err(invalid("the geometries have different dimensions")) }
}

fn line_of(a: &Geometry, b: &Geometry) -> Result<Option<Geometry>> {
    same_srid(a, b)?;
    same_dims(a, b)?;
    for each in [a, b] {
        if !matches!(each.shape, Shape::Point(_) | Shape::Line(_) | Shape::MultiPoint(_)) {
            return Err(invalid("the arguments of ST_MakeLine must be POINT, LINESTRING or MULTIPOINT"));
        }
    }
    let mut points = a.shape.coords();
    points.extend(b.shape.coords());
    Ok(Some(a.with(Shape::Line(points))))
}

/// A ring of a line that is closed and more than a point.
fn ring(name: &str, points: &[Coord]) -> Result<Vec<Coord>> {
    if points.len() < 2 || !is_closed(points) {
        return Err(invalid(format!("a linestring of {name} is not closed")));
    }
    Ok(points.to_vec())
}

fn polygon_of(line: &Geometry, holes: Option<&Geometry>) -> Result<Geometry> {
    let Shape::Line(exterior) = &line.shape else {
        return Err(invalid("the first argument of ST_MakePolygon must be a LINESTRING"));
    };
    let mut rings = Vec::new();
    if !exterior.is_empty() {
        rings.push(ring("ST_MakePolygon", exterior)?);
    }
    if let Some(holes) = holes {
        let Shape::MultiLine(lines) = &holes.shape else {
            return Err(invalid("the second argument of ST_MakePolygon must be a MULTILINESTRING"));
        };
        same_srid(line, holes)?;
        same_dims(line, holes)?;
        for hole in lines.iter().filter(|hole| !hole.is_empty()) {
            let hole = ring("ST_MakePolygon", hole)?;
            // "If the input linestring is empty, an empty polygon is returned."
            if !rings.is_empty() {
                rings.push(hole);
            }
        }
    }
    Ok(line.with(Shape::Polygon(rings)))
}

fn polygon_in(line: &Geometry, srid: i32) -> Result<Option<Geometry>> {
    let Shape::Line(points) = &line.shape else {
        return Err(invalid("the first argument of ST_Polygon must be a LINESTRING"));
    };
    let rings = if points.is_empty() { Vec::new() } else { vec![ring("ST_Polygon", points)?] };
    Ok(Some(Geometry { srid: checked_srid(srid)?, ..line.with(Shape::Polygon(rings)) }))
}

fn line_from_points(points: &Geometry) -> Result<Option<Geometry>> {
    if !matches!(points.shape, Shape::MultiPoint(_)) {
        return Err(invalid("the argument of ST_LineFromMultiPoint must be a MULTIPOINT"));
    }
    Ok(Some(points.with(Shape::Line(points.shape.coords()))))
}

fn multi(geometry: &Geometry) -> Result<Option<Geometry>> {
    let shape = match geometry.shape.clone() {
        Shape::Point(None) => Shape::MultiPoint(Vec::new()),
        Shape::Point(point) => Shape::MultiPoint(vec![point]),
        Shape::Line(points) if points.is_empty() => Shape::MultiLine(Vec::new()),
        Shape::Line(points) => Shape::MultiLine(vec![points]),
        Shape::Polygon(rings) if rings.is_empty() => Shape::MultiPolygon(Vec::new()),
        Shape::Polygon(rings) => Shape::MultiPolygon(vec![rings]),
        other => other,
    };
    Ok(Some(geometry.with(shape)))
}

fn points(geometry: &Geometry) -> Result<Option<Geometry>> {
    let points = geometry.shape.coords().into_iter().map(Some).collect();
    Ok(Some(geometry.with(Shape::MultiPoint(points))))
}

/// "If geom1 is null, then a copy of geom2 is returned. Likewise, if geom2 is null, then a copy of geom1 is returned."
fn collect_two(call: Call<'_>) -> Result<Typed> {
    let boxes = Boxes::of(call.ctx);
    call.lenient_kernel_with(boxes, RedshiftType::Geometry, |boxes, args| {
        let (left, right) = (args.reader::<&[u8]>(0)?, args.reader::<&[u8]>(1)?);
        keep_all(*boxes, args, |row| match (left.get(row), right.get(row)) {
            (Some(left), Some(right)) => collect(vec![wkb::kept(left)?, wkb::kept(right)?]),
            (Some(only), None) | (None, Some(only)) => wkb::kept(only).map(Some),
            (None, None) => Ok(None),
        })
    })
}

/// What ST_Collect makes of geometries, in their order.
///
/// # Errors
/// 22023 where they differ in reference system or dimension.
pub(super) fn collect(geometries: Vec<Geometry>) -> Result<Option<Geometry>> {
    let Some(first) = geometries.first() else { return Ok(None) };
    for other in &geometries[1..] {
        same_srid(first, other)?;
        same_dims(first, other)?;
    }
    let (srid, dims, code) = (first.srid, first.dims, first.shape.code());
    let uniform = code <= 3 && geometries.iter().all(|each| each.shape.code() == code);
    let shapes = geometries.into_iter().map(|each| each.shape).collect();
    let code = if uniform { code + 3 } else { 7 };
    Ok(wkb::collected(code, shapes).map(|shape| Geometry::new(srid, dims, shape)))
}
