//! A spatial value: its shape, its coordinates' dimension, and the identifier of its reference system.
//!
//! Source: developer guide, "Querying spatial data in Amazon Redshift". A value has one dimension throughout: 2D, 3DZ, 3DM
//! or 4D. Coordinates that the dimension lacks are 0 here, so that projections only change [`Geometry::dims`].

use redshift_sql_dialect::{Error, Result, SqlState};

/// The most bytes of a value: developer guide, "Limitations when using spatial data with Amazon Redshift".
pub(super) const MAX_SIZE: usize = 1_048_447;

/// Which coordinates points have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Dims {
    /// x and y.
    Xy,
    /// x, y and z.
    Xyz,
    /// x, y and a measure.
    Xym,
    /// x, y, z and a measure.
    Xyzm,
}

impl Dims {
    /// The dimension with or without z and a measure.
    pub(super) fn of(z: bool, m: bool) -> Dims {
        match (z, m) {
            (false, false) => Dims::Xy,
            (true, false) => Dims::Xyz,
            (false, true) => Dims::Xym,
            (true, true) => Dims::Xyzm,
        }
    }

    pub(super) fn has_z(self) -> bool {
        matches!(self, Dims::Xyz | Dims::Xyzm)
    }

    pub(super) fn has_m(self) -> bool {
        matches!(self, Dims::Xym | Dims::Xyzm)
    }

    /// How many coordinates a point has.
    pub(super) fn count(self) -> usize {
        2 + usize::from(self.has_z()) + usize::from(self.has_m())
    }
}

/// A point that is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Coord {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) z: f64,
    pub(super) m: f64,
}

impl Coord {
    /// A point in the plane.
    pub(super) fn xy(x: f64, y: f64) -> Coord {
        Coord { x, y, z: 0.0, m: 0.0 }
    }

    /// Are they one point of the plane?
    pub(super) fn same_xy(self, other: Coord) -> bool {
        self.x == other.x && self.y == other.y
    }

    /// Lexicographic order of points of the plane.
    pub(super) fn cmp_xy(self, other: Coord) -> std::cmp::Ordering {
        self.x.total_cmp(&other.x).then(self.y.total_cmp(&other.y))
    }

    pub(super) fn distance(self, other: Coord) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The point at a fraction of the way to another.
    pub(super) fn towards(self, other: Coord, fraction: f64) -> Coord {
        let at = |a: f64, b: f64| a + (b - a) * fraction;
        Coord { x: at(self.x, other.x), y: at(self.y, other.y), z: at(self.z, other.z), m: at(self.m, other.m) }
    }
}

/// A polygon's rings, the exterior one first; none where it is empty.
pub(super) type Rings = Vec<Vec<Coord>>;

/// The subtypes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// None is the empty point.
    Point(Option<Coord>),
    Line(Vec<Coord>),
    Polygon(Rings),
    MultiPoint(Vec<Option<Coord>>),
    MultiLine(Vec<Vec<Coord>>),
    MultiPolygon(Vec<Rings>),
    Collection(Vec<Shape>),
}

/// Upper-case, mixed-case name of a subtype.
const NAMES: [(&str, &str); 7] = [
    ("POINT", "Point"),
    ("LINESTRING", "LineString"),
    ("POLYGON", "Polygon"),
    ("MULTIPOINT", "MultiPoint"),
    ("MULTILINESTRING", "MultiLineString"),
    ("MULTIPOLYGON", "MultiPolygon"),
    ("GEOMETRYCOLLECTION", "GeometryCollection"),
];

impl Shape {
    /// The number of the subtype in WKB, from 1.
    pub(super) fn code(&self) -> u32 {
        match self {
            Shape::Point(_) => 1,
            Shape::Line(_) => 2,
            Shape::Polygon(_) => 3,
            Shape::MultiPoint(_) => 4,
            Shape::MultiLine(_) => 5,
            Shape::MultiPolygon(_) => 6,
            Shape::Collection(_) => 7,
        }
    }

    /// `LINESTRING`
    pub(super) fn upper_name(&self) -> &'static str {
        NAMES[self.code() as usize - 1].0
    }

    /// `LineString`
    pub(super) fn mixed_name(&self) -> &'static str {
        NAMES[self.code() as usize - 1].1
    }

    /// An empty shape of a subtype, by its number in WKB.
    pub(super) fn empty(code: u32) -> Option<Shape> {
        Some(match code {
            1 => Shape::Point(None),
            2 => Shape::Line(Vec::new()),
            3 => Shape::Polygon(Vec::new()),
            4 => Shape::MultiPoint(Vec::new()),
            5 => Shape::MultiLine(Vec::new()),
            6 => Shape::MultiPolygon(Vec::new()),
            7 => Shape::Collection(Vec::new()),
            _ => return None,
        })
    }

    /// The subtype by its name in upper case.
    pub(super) fn code_of(name: &str) -> Option<u32> {
        NAMES.iter().position(|(upper, _)| *upper == name).map(|index| index as u32 + 1)
    }

    /// Every point that is not empty, in order.
    pub(super) fn visit(&self, each: &mut impl FnMut(Coord)) {
        match self {
            Shape::Point(point) => point.iter().copied().for_each(each),
            Shape::Line(points) => points.iter().copied().for_each(each),
            Shape::MultiPoint(points) => points.iter().flatten().copied().for_each(each),
            Shape::Polygon(lines) | Shape::MultiLine(lines) => lines.iter().flatten().copied().for_each(each),
            Shape::MultiPolygon(polygons) => polygons.iter().flatten().flatten().copied().for_each(each),
            Shape::Collection(shapes) => shapes.iter().for_each(|shape| shape.visit(each)),
        }
    }

    /// Changes every point that is not empty.
    pub(super) fn change(&mut self, each: &mut impl FnMut(&mut Coord) -> Result<()>) -> Result<()> {
        match self {
            Shape::Point(point) => point.iter_mut().try_for_each(each),
            Shape::Line(points) => points.iter_mut().try_for_each(each),
            Shape::MultiPoint(points) => points.iter_mut().flatten().try_for_each(each),
            Shape::Polygon(lines) | Shape::MultiLine(lines) => lines.iter_mut().flatten().try_for_each(each),
            Shape::MultiPolygon(polygons) => polygons.iter_mut().flatten().flatten().try_for_each(each),
            Shape::Collection(shapes) => shapes.iter_mut().try_for_each(|shape| shape.change(each)),
        }
    }

    pub(super) fn coords(&self) -> Vec<Coord> {
        let mut coords = Vec::new();
        self.visit(&mut |coord| coords.push(coord));
        coords
    }

    /// Has it no point at all?
    pub(super) fn is_empty(&self) -> bool {
        let mut empty = true;
        self.visit(&mut |_| empty = false);
        empty
    }

    /// Its parts that are no collections, each part of a MULTI subtype by itself.
    pub(super) fn simple_parts(&self, each: &mut impl FnMut(&Shape)) {
        match self {
            Shape::Point(_) | Shape::Line(_) | Shape::Polygon(_) => each(self),
            Shape::MultiPoint(points) => points.iter().for_each(|point| each(&Shape::Point(*point))),
            Shape::MultiLine(lines) => lines.iter().for_each(|line| each(&Shape::Line(line.clone()))),
            Shape::MultiPolygon(polygons) => polygons.iter().for_each(|rings| each(&Shape::Polygon(rings.clone()))),
            Shape::Collection(shapes) => shapes.iter().for_each(|shape| shape.simple_parts(each)),
        }
    }

    /// The dimension of the subtype: 0 of points, 1 of lines, 2 of polygons; of a collection the largest of its parts'.
    pub(super) fn dimension(&self) -> i32 {
        match self {
            Shape::Point(_) | Shape::MultiPoint(_) => 0,
            Shape::Line(_) | Shape::MultiLine(_) => 1,
            Shape::Polygon(_) | Shape::MultiPolygon(_) => 2,
            Shape::Collection(shapes) => shapes.iter().map(Shape::dimension).max().unwrap_or(0),
        }
    }

    /// Bytes of the shape's headers and points.
    fn size(&self, point: usize) -> usize {
        let line = |points: &Vec<Coord>| points.len() * point;
        let rings = |rings: &Rings| rings.iter().map(|ring| 4 + line(ring)).sum::<usize>();
        8 + match self {
            Shape::Point(None) => 0,
            Shape::Point(Some(_)) => point,
            Shape::Line(points) => line(points),
            Shape::Polygon(polygon) => rings(polygon),
            Shape::MultiPoint(points) => points.iter().map(|each| Shape::Point(*each).size(point)).sum(),
            Shape::MultiLine(lines) => lines.iter().map(|each| 8 + line(each)).sum(),
            Shape::MultiPolygon(polygons) => polygons.iter().map(|each| 8 + rings(each)).sum(),
            Shape::Collection(shapes) => shapes.iter().map(|each| each.size(point)).sum(),
        }
    }
}

/// The extent of points in each coordinate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub(super) min: Coord,
    pub(super) max: Coord,
}

/// A value of GEOMETRY or GEOGRAPHY.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Geometry {
    /// The reference system; 0 where there is none.
    pub(super) srid: i32,
    pub(super) dims: Dims,
    pub(super) shape: Shape,
    /// Is it kept with a precomputed bounding box? It only shows in SupportsBBox.
    pub(super) boxed: bool,
}

impl Geometry {
    /// A value with a bounding box.
    pub(super) fn new(srid: i32, dims: Dims, shape: Shape) -> Geometry {
        Geometry { srid, dims, shape, boxed: true }
    }

    /// Another shape in the same dimension and reference system.
    pub(super) fn with(&self, shape: Shape) -> Geometry {
        Geometry::new(self.srid, self.dims, shape)
    }

    /// Another shape in the plane and the same reference system.
    pub(super) fn flat(&self, shape: Shape) -> Geometry {
        Geometry { dims: Dims::Xy, ..self.with(shape) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shape.is_empty()
    }

    /// The extent of its points; none where it is empty.
    pub(super) fn extent(&self) -> Option<Extent> {
        let mut extent: Option<Extent> = None;
        self.shape.visit(&mut |c| {
            let Extent { min, max } = extent.get_or_insert(Extent { min: c, max: c });
            *min = Coord { x: min.x.min(c.x), y: min.y.min(c.y), z: min.z.min(c.z), m: min.m.min(c.m) };
            *max = Coord { x: max.x.max(c.x), y: max.y.max(c.y), z: max.z.max(c.z), m: max.m.max(c.m) };
        });
        extent
    }

    /// Bytes that it takes: four for its reference system's and each part's counts, the bounding box in the plane, and
    /// eight for each coordinate. The guide's example of ST_MemSize fixes the sum of the headers, not their parts.
    pub(super) fn size(&self) -> usize {
        let bounds = if self.boxed { 32 } else { 0 };
        bounds + self.shape.size(8 * self.dims.count())
    }

    /// In another dimension: coordinates that it lacks become 0.
    pub(super) fn force(mut self, dims: Dims) -> Result<Geometry> {
        self.dims = dims;
        self.shape.change(&mut |coord| {
            *coord = projected(*coord, dims);
            Ok(())
        })?;
        Ok(self)
    }
}

/// A point without the coordinates that a dimension lacks.
pub(super) fn projected(coord: Coord, dims: Dims) -> Coord {
    Coord { z: if dims.has_z() { coord.z } else { 0.0 }, m: if dims.has_m() { coord.m } else { 0.0 }, ..coord }
}

/// Is a line's end its beginning, in the plane?
pub(super) fn is_closed(points: &[Coord]) -> bool {
    matches!((points.first(), points.last()), (Some(first), Some(last)) if first.same_xy(*last))
}

/// 22023: an argument that the function does not take.
pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// 22P02: a representation that is none.
pub(super) fn unreadable(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_TEXT_REPRESENTATION, message)
}
