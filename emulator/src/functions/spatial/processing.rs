//! Geometries that are computed from one: boundaries, boxes, hulls, fewer points, points along a line.
//!
//! Source: developer guide, "ST_Boundary", "ST_Envelope", "ST_ConvexHull", "ST_Simplify", "ST_LineInterpolatePoint".

use redshift_sql_dialect::{RedshiftType, Result};

use super::{
    Boxes, GEOMETRY,
    constructors::envelope,
    geometry::{Coord, Dims, Geometry, Rings, Shape, invalid, is_closed, projected},
    make, plane, wkb,
};
use crate::{
    binder::Typed,
    functions::registry::{Call, FLOAT8, Function, function, takes},
};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("st_boundary", &[takes(&[GEOMETRY], |call| make(call, boundary))]),
    function("st_convexhull", &[takes(&[GEOMETRY], |call| make(call, hull))]),
    function("st_envelope", &[takes(&[GEOMETRY], |call| make(call, |geometry| Ok(Some(bounds(geometry)))))]),
    function("st_lineinterpolatepoint", &[takes(&[GEOMETRY, FLOAT8], |call| make_with(call, interpolate))]),
    function(
        "st_simplify",
        &[takes(&[GEOMETRY, FLOAT8], |call| {
            make_with(call, |geometry, tolerance| Ok(simplified(geometry, tolerance)))
        })],
    ),
];

/// The call of a function that makes a geometry of one and a number.
fn make_with(call: Call<'_>, make: fn(&Geometry, f64) -> Result<Geometry>) -> Result<Typed> {
    let parameters = (Boxes::of(call.ctx), make);
    call.kernel_with(parameters, RedshiftType::Geometry, |(boxes, make), args| {
        args.map2(|bytes: &[u8], number: f64| boxes.keep(make(&wkb::kept(bytes)?, number)?).map(Some))
    })
}

/// The dimension without measures.
fn unmeasured(geometry: &Geometry) -> Dims {
    Dims::of(geometry.dims.has_z(), false)
}

fn bounds(geometry: &Geometry) -> Geometry {
    match geometry.extent() {
        Some(extent) => geometry.flat(envelope(extent.min, extent.max)),
        None => geometry.clone(),
    }
}

fn boundary(geometry: &Geometry) -> Result<Option<Geometry>> {
    if matches!(geometry.shape, Shape::Collection(_)) {
        return Err(invalid("the argument of ST_Boundary must not be a GEOMETRYCOLLECTION"));
    }
    if geometry.is_empty() {
        return Ok(Some(geometry.clone()));
    }
    let dims = unmeasured(geometry);
    let shape = match &geometry.shape {
        Shape::Polygon(rings) if rings.len() == 1 => Shape::Line(rings[0].clone()),
        Shape::Polygon(rings) => Shape::MultiLine(rings.clone()),
        Shape::MultiPolygon(polygons) => Shape::MultiLine(polygons.iter().flatten().cloned().collect()),
        Shape::Line(points) => Shape::MultiPoint(ends(std::slice::from_ref(points))),
        Shape::MultiLine(lines) => Shape::MultiPoint(ends(lines)),
        _ => Shape::Collection(Vec::new()),
    };
    Geometry { dims, ..geometry.with(shape) }.force(dims).map(Some)
}

/// The ends that an odd number of lines has; their z is the mean of the different ones that they have.
fn ends(lines: &[Vec<Coord>]) -> Vec<Option<Coord>> {
    let mut found: Vec<(Coord, usize, Vec<f64>)> = Vec::new();
    let ends = lines.iter().filter(|line| !line.is_empty() && !is_closed(line));
    for end in ends.flat_map(|line| [line[0], line[line.len() - 1]]) {
        match found.iter_mut().find(|(known, ..)| known.same_xy(end)) {
            Some((_, count, heights)) => {
                *count += 1;
                if !heights.contains(&end.z) {
                    heights.push(end.z);
                }
            }
            None => found.push((end, 1, vec![end.z])),
        }
    }
    let odd = found.into_iter().filter(|(_, count, _)| count % 2 == 1);
    odd.map(|(end, _, heights)| Some(Coord { z: heights.iter().sum::<f64>() / heights.len() as f64, ..end })).collect()
}

/// The convex hull, clockwise from its lexicographically smallest point (A. M. Andrew's monotone chains).
fn hull(geometry: &Geometry) -> Result<Option<Geometry>> {
    let dims = unmeasured(geometry);
    let mut points: Vec<Coord> = geometry.shape.coords().into_iter().map(|coord| projected(coord, dims)).collect();
    points.sort_by(|one, other| one.cmp_xy(*other));
    points.dedup_by(|one, other| one.same_xy(*other));
    let chain = |points: &mut dyn Iterator<Item = Coord>| {
        let mut chain: Vec<Coord> = Vec::new();
        for point in points {
            while let [.., before, last] = chain[..]
                && plane::side(before, last, point) >= 0.0
            {
                chain.pop();
            }
            chain.push(point);
        }
        chain
    };
    let shape = match points[..] {
        [] => return Ok(Some(geometry.clone())),
        [point] => Shape::Point(Some(point)),
        _ => {
            let mut ring = chain(&mut points.iter().copied());
            let back = chain(&mut points.iter().rev().copied());
            if ring.len() == 2 && back.len() == 2 {
                Shape::Line(ring)
            } else {
                ring.extend(&back[1..]);
                Shape::Polygon(vec![ring])
            }
        }
    };
    Ok(Some(Geometry { dims, ..geometry.with(shape) }))
}

fn interpolate(geometry: &Geometry, fraction: f64) -> Result<Geometry> {
    let Shape::Line(points) = &geometry.shape else {
        return Err(invalid("the first argument of ST_LineInterpolatePoint must be a LINESTRING"));
    };
    if !(0.0..=1.0).contains(&fraction) {
        return Err(invalid("the fraction of ST_LineInterpolatePoint is out of range, 0 to 1"));
    }
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Ok(geometry.with(Shape::Point(None)));
    };
    let length: f64 = plane::segments(points).map(|[a, b]| a.distance(b)).sum();
    if fraction == 0.0 || length == 0.0 {
        return Ok(geometry.with(Shape::Point(Some(*first))));
    }
    let mut left = fraction * length;
    for [a, b] in plane::segments(points) {
        let step = a.distance(b);
        if left < step {
            // "the z or m coordinate is the average of the z or m coordinates of the segment where the point lies"
            let at = a.towards(b, left / step);
            let point = Coord { z: (a.z + b.z) / 2.0, m: (a.m + b.m) / 2.0, ..at };
            return Ok(geometry.with(Shape::Point(Some(point))));
        }
        left -= step;
    }
    Ok(geometry.with(Shape::Point(Some(*last))))
}

/// The geometry without points that are no farther than a tolerance from what is left (Ramer, Douglas and Peucker).
pub(super) fn simplified(geometry: &Geometry, tolerance: f64) -> Geometry {
    // "If tolerance is a negative number, then zero is used."
    geometry.with(simplified_shape(&geometry.shape, tolerance.max(0.0)))
}

fn simplified_shape(shape: &Shape, tolerance: f64) -> Shape {
    let line = |points: &Vec<Coord>| simplified_line(points, tolerance);
    let polygon = |rings: &Rings| {
        let rings = rings.iter().map(line).enumerate();
        // A ring of fewer points encloses nothing. Without the exterior ring there is no polygon.
        let kept: Vec<(usize, Vec<Coord>)> = rings.filter(|(_, ring)| ring.len() > 3).collect();
        let has_exterior = kept.first().is_some_and(|(index, _)| *index == 0);
        if has_exterior { kept.into_iter().map(|(_, ring)| ring).collect() } else { Vec::new() }
    };
    match shape {
        Shape::Line(points) => Shape::Line(line(points)),
        Shape::MultiLine(lines) => Shape::MultiLine(lines.iter().map(line).collect()),
        Shape::Polygon(rings) => Shape::Polygon(polygon(rings)),
        Shape::MultiPolygon(polygons) => {
            Shape::MultiPolygon(polygons.iter().map(polygon).filter(|rings| !rings.is_empty()).collect())
        }
        Shape::Collection(shapes) => {
            Shape::Collection(shapes.iter().map(|shape| simplified_shape(shape, tolerance)).collect())
        }
        Shape::Point(_) | Shape::MultiPoint(_) => shape.clone(),
    }
}

fn simplified_line(points: &[Coord], tolerance: f64) -> Vec<Coord> {
    if points.len() < 3 {
        return points.to_vec();
    }
    let mut kept = vec![false; points.len()];
    (kept[0], kept[points.len() - 1]) = (true, true);
    let mut open = vec![(0, points.len() - 1)];
    while let Some((first, last)) = open.pop() {
        let distances = (first + 1..last)
            .map(|index| (index, plane::segment_distance([points[first], points[last]], points[index])));
        let farthest = distances.fold((first, tolerance), |most, each| if each.1 > most.1 { each } else { most });
        if farthest.0 != first {
            kept[farthest.0] = true;
            open.push((first, farthest.0));
            open.push((farthest.0, last));
        }
    }
    points.iter().zip(kept).filter(|(_, kept)| *kept).map(|(point, _)| *point).collect()
}
