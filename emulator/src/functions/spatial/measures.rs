//! Lengths, areas, distances and angles in the plane, and on a sphere.
//!
//! Source: developer guide, the page of each function. Those of GEOGRAPHY are in [`super::geography`].

use std::f64::consts::TAU;

use redshift_sql_dialect::{RedshiftType, Result};

use super::{
    GEOGRAPHY, GEOMETRY,
    accessors::doubled_area,
    find, find_in_two, geography,
    geometry::{Coord, Geometry, Rings, Shape, invalid},
    make, plane, same_srid, wkb,
};
use crate::{
    binder::Typed,
    functions::registry::{Call, FLOAT8, Function, function, takes},
};

const AREA: fn(Call<'_>) -> Result<Typed> = |call| number(call, |g| Ok(Some(area(&g.shape))));
const LENGTH: fn(Call<'_>) -> Result<Typed> = |call| number(call, |g| Ok(Some(length(&g.shape))));
const PERIMETER: fn(Call<'_>) -> Result<Typed> = |call| number(call, |g| Ok(Some(perimeter(&g.shape))));
const ROUND_LENGTH: fn(Call<'_>) -> Result<Typed> = |call| number(call, |g| geography::length(g).map(Some));
const ROUND_PERIMETER: fn(Call<'_>) -> Result<Typed> = |call| number(call, |g| geography::perimeter(g).map(Some));

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "st_angle",
        &[takes(&[GEOMETRY, GEOMETRY, GEOMETRY], st_angle), takes(&[GEOMETRY, GEOMETRY, GEOMETRY, GEOMETRY], st_angle)],
    ),
    function(
        "st_area",
        &[takes(&[GEOMETRY], AREA), takes(&[GEOGRAPHY], |call| number(call, |g| geography::area(g).map(Some)))],
    ),
    function("st_azimuth", &[takes(&[GEOMETRY, GEOMETRY], |call| find_in_two(call, RedshiftType::Float8, azimuth))]),
    function(
        "st_centroid",
        &[takes(&[GEOMETRY], |call| make(call, |g| Ok(centroid(&g.shape).map(|c| g.flat(point(c))))))],
    ),
    function(
        "st_distance",
        &[
            takes(&[GEOMETRY, GEOMETRY], |call| find_in_two(call, RedshiftType::Float8, distance)),
            takes(&[GEOGRAPHY, GEOGRAPHY], |call| find_in_two(call, RedshiftType::Float8, geography::distance)),
        ],
    ),
    function("st_distancesphere", &[takes(&[GEOMETRY, GEOMETRY, FLOAT8], distance_sphere).optional(1)]),
    function("st_dwithin", &[takes(&[GEOMETRY, GEOMETRY, FLOAT8], within_distance)]),
    function("st_length", &[takes(&[GEOMETRY], LENGTH), takes(&[GEOGRAPHY], ROUND_LENGTH)]),
    function("st_length2d", &[takes(&[GEOMETRY], LENGTH), takes(&[GEOGRAPHY], ROUND_LENGTH)]),
    function("st_lengthsphere", &[takes(&[GEOMETRY], |call| number(call, |g| Ok(Some(length_sphere(&g.shape)))))]),
    function("st_perimeter", &[takes(&[GEOMETRY], PERIMETER), takes(&[GEOGRAPHY], ROUND_PERIMETER)]),
    function("st_perimeter2d", &[takes(&[GEOMETRY], PERIMETER), takes(&[GEOGRAPHY], ROUND_PERIMETER)]),
];

/// The mean radius of WGS 84 in metres: a third of two equatorial and one polar one, rounded to micrometres as the page of
/// ST_LengthSphere has it.
const EARTH_RADIUS: f64 = 6_371_008.771_415;

fn number(call: Call<'_>, number: super::Find<f64>) -> Result<Typed> {
    find(call, RedshiftType::Float8, number)
}

fn point(coord: Coord) -> Shape {
    Shape::Point(Some(coord))
}

/// Adds up what the simple parts have.
fn total(shape: &Shape, of: impl Fn(&Shape) -> f64) -> f64 {
    let mut total = 0.0;
    shape.simple_parts(&mut |part| total += of(part));
    total
}

fn line_length(points: &[Coord]) -> f64 {
    points.windows(2).map(|pair| pair[0].distance(pair[1])).sum()
}

/// The length of the lines in a shape.
pub(super) fn length(shape: &Shape) -> f64 {
    total(shape, |part| if let Shape::Line(points) = part { line_length(points) } else { 0.0 })
}

fn perimeter(shape: &Shape) -> f64 {
    total(
        shape,
        |part| if let Shape::Polygon(rings) = part { rings.iter().map(|ring| line_length(ring)).sum() } else { 0.0 },
    )
}

fn rings_area(rings: &Rings) -> f64 {
    let areas = rings.iter().enumerate();
    areas.map(|(index, ring)| doubled_area(ring).abs() / if index == 0 { 2.0 } else { -2.0 }).sum()
}

fn area(shape: &Shape) -> f64 {
    total(shape, |part| if let Shape::Polygon(rings) = part { rings_area(rings) } else { 0.0 })
}

/// A sum of points by weight.
#[derive(Default)]
struct Weighted {
    x: f64,
    y: f64,
    weight: f64,
}

impl Weighted {
    fn add(&mut self, coord: Coord, weight: f64) {
        self.x += coord.x * weight;
        self.y += coord.y * weight;
        self.weight += weight;
    }

    fn mean(&self) -> Option<Coord> {
        (self.weight != 0.0).then(|| Coord::xy(self.x / self.weight, self.y / self.weight))
    }

    fn add_line(&mut self, points: &[Coord]) {
        for pair in points.windows(2) {
            self.add(pair[0].towards(pair[1], 0.5), pair[0].distance(pair[1]));
        }
    }

    /// The triangles between the ring's edges and a point near it, by their areas.
    fn add_rings(&mut self, rings: &Rings, origin: Coord) {
        for (index, ring) in rings.iter().enumerate() {
            let sign = if (doubled_area(ring) < 0.0) == (index == 0) { -1.0 } else { 1.0 };
            for pair in ring.windows(2) {
                let (a, b) = (pair[0], pair[1]);
                let doubled = (a.x - origin.x) * (b.y - origin.y) - (b.x - origin.x) * (a.y - origin.y);
                let third = |o: f64, a: f64, b: f64| (a - o + b - o) / 3.0;
                let middle = Coord::xy(third(origin.x, a.x, b.x), third(origin.y, a.y, b.y));
                self.add(middle, sign * doubled);
            }
        }
    }
}

/// The mean of the parts of the highest dimension that have an extent in it; none where there is no point.
fn centroid(shape: &Shape) -> Option<Coord> {
    let dimension = parts_dimension(shape);
    let mut first = None;
    shape.simple_parts(&mut |part| {
        if first.is_none() && part.dimension() == dimension {
            part.visit(&mut |coord| first = first.or(Some(coord)));
        }
    });
    let origin = first?;
    let (mut areas, mut lengths, mut points) = (Weighted::default(), Weighted::default(), Weighted::default());
    shape.simple_parts(&mut |part| match part {
        Shape::Polygon(rings) if dimension == 2 => {
            areas.add_rings(rings, origin);
            rings.iter().for_each(|ring| lengths.add_line(ring));
            rings.iter().flatten().for_each(|coord| points.add(*coord, 1.0));
        }
        Shape::Line(line) if dimension == 1 => {
            lengths.add_line(line);
            line.iter().for_each(|coord| points.add(*coord, 1.0));
        }
        Shape::Point(Some(coord)) if dimension == 0 => points.add(*coord, 1.0),
        _ => {}
    });
    let area = areas.mean().map(|mean| Coord::xy(mean.x + origin.x, mean.y + origin.y));
    area.or_else(|| lengths.mean()).or_else(|| points.mean())
}

/// The highest dimension of a part that is not empty.
fn parts_dimension(shape: &Shape) -> i32 {
    let mut dimension = 0;
    shape.simple_parts(&mut |part| {
        if !part.is_empty() {
            dimension = dimension.max(part.dimension());
        }
    });
    dimension
}

/// The point of a geometry that has to be one.
pub(super) fn point_of(name: &str, geometry: &Geometry) -> Result<Option<Coord>> {
    match geometry.shape {
        Shape::Point(point) => Ok(point),
        _ => Err(invalid(format!("the arguments of {name} must be POINT"))),
    }
}

/// The point of a geometry that has to be one that is not empty.
fn place_of(name: &str, geometry: &Geometry) -> Result<Coord> {
    point_of(name, geometry)?.ok_or_else(|| invalid(format!("an argument of {name} is the empty point")))
}

/// The angle of a direction, clockwise from north.
fn bearing(from: Coord, to: Coord) -> f64 {
    (to.x - from.x).atan2(to.y - from.y).rem_euclid(TAU)
}

fn azimuth(a: &Geometry, b: &Geometry) -> Result<Option<f64>> {
    let (from, to) = (place_of("ST_Azimuth", a)?, place_of("ST_Azimuth", b)?);
    same_srid(a, b)?;
    Ok((!from.same_xy(to)).then(|| bearing(from, to)))
}

fn st_angle(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Float8, |(), args| {
        let columns = (0..args.len()).map(|index| args.reader::<&[u8]>(index)).collect::<Result<Vec<_>>>()?;
        args.rows(|row| {
            let values: Option<Vec<&[u8]>> = columns.iter().map(|column| column.get(row)).collect();
            let Some(values) = values else { return Ok(None) };
            let points = values.into_iter().map(wkb::kept).collect::<Result<Vec<_>>>()?;
            for other in &points[1..] {
                same_srid(&points[0], other)?;
            }
            let places = points.iter().map(|point| place_of("ST_Angle", point)).collect::<Result<Vec<_>>>()?;
            Ok(angle(&places))
        })
    })
}

/// Of three points the clockwise angle from the first to the third around the second, of four that between two directions.
fn angle(points: &[Coord]) -> Option<f64> {
    let (from, to) = match *points {
        [a, b, c] => ((b, a), (b, c)),
        [a, b, c, d] => ((a, b), (c, d)),
        _ => return None,
    };
    if from.0.same_xy(from.1) || to.0.same_xy(to.1) {
        return None;
    }
    Some((bearing(to.0, to.1) - bearing(from.0, from.1)).rem_euclid(TAU))
}

/// The Euclidean distance; none where a geometry is empty.
fn distance(a: &Geometry, b: &Geometry) -> Result<Option<f64>> {
    plane::check_pair("ST_Distance", a, b)?;
    Ok(plane::distance(&a.shape, &b.shape))
}

fn within_distance(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Bool, |(), args| {
        args.map3(|a: &[u8], b: &[u8], threshold: f64| {
            if threshold < 0.0 {
                return Err(invalid("the threshold of ST_DWithin is negative"));
            }
            let (a, b) = (wkb::kept(a)?, wkb::kept(b)?);
            plane::check_pair("ST_DWithin", &a, &b)?;
            Ok(Some(plane::distance(&a.shape, &b.shape).is_some_and(|distance| distance <= threshold)))
        })
    })
}

/// The great-circle distance of points in degrees, by haversines.
fn great_circle(a: Coord, b: Coord, radius: f64) -> f64 {
    let (latitude_a, latitude_b) = (a.y.to_radians(), b.y.to_radians());
    let half = |from: f64, to: f64| ((to - from) / 2.0).sin().powi(2);
    let longitudes = half(a.x.to_radians(), b.x.to_radians());
    let haversine = half(latitude_a, latitude_b) + latitude_a.cos() * latitude_b.cos() * longitudes;
    2.0 * radius * haversine.sqrt().min(1.0).asin()
}

fn distance_sphere(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Float8, |(), args| {
        let radii = if args.len() > 2 { Some(args.reader::<f64>(2)?) } else { None };
        let (left, right) = (args.reader::<&[u8]>(0)?, args.reader::<&[u8]>(1)?);
        args.rows(|row| {
            let radius = radii.as_ref().map_or(Some(EARTH_RADIUS), |radii| radii.get(row));
            let (Some(a), Some(b), Some(radius)) = (left.get(row), right.get(row), radius) else { return Ok(None) };
            let (a, b) = (wkb::kept(a)?, wkb::kept(b)?);
            if radius < 0.0 {
                return Err(invalid("the radius of ST_DistanceSphere is negative"));
            }
            let places = (point_of("ST_DistanceSphere", &a)?, point_of("ST_DistanceSphere", &b)?);
            same_srid(&a, &b)?;
            let (Some(a), Some(b)) = places else { return Ok(None) };
            Ok(Some(great_circle(a, b, radius)))
        })
    })
}

fn length_sphere(shape: &Shape) -> f64 {
    total(shape, |part| match part {
        Shape::Line(points) => points.windows(2).map(|pair| great_circle(pair[0], pair[1], EARTH_RADIUS)).sum(),
        _ => 0.0,
    })
}
