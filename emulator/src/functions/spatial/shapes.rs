//! Shapes of shapefiles as the text that COPY loads.

use super::{
    accessors::doubled_area,
    geometry::{Coord, Dims, Geometry, MAX_SIZE, Shape},
    plane::{Location, locate},
    processing::simplified,
    wkb::{self, Form},
};

/// SIMPLIFY of COPY.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Simplify {
    /// Not at all.
    Never,
    /// Every geometry, with this tolerance.
    Always(f64),
    /// Those that are too large, with the least tolerance that is enough, up to this one.
    Auto(Option<f64>),
}

/// What became of a geometry that was too large.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// Its bytes before.
    pub initial: usize,
    /// Its bytes after.
    pub size: usize,
    /// The tolerance that made it small enough; none where none did.
    pub tolerance: Option<f64>,
}

/// Points with x, y, z and a measure.
pub type Ring = Vec<[f64; 4]>;

/// A shape of a shapefile.
pub struct ShapeText(Geometry);

impl ShapeText {
    /// A shape by its type without z and measures (1 point, 3 lines, 5 polygons, 8 points), whether it has these, and its
    /// parts.
    pub fn new(kind: i32, (has_z, has_m): (bool, bool), parts: Vec<Ring>) -> ShapeText {
        let coord = |point: &[f64; 4]| Coord { x: point[0], y: point[1], z: point[2], m: point[3] };
        let mut lines: Vec<Vec<Coord>> = parts.iter().map(|part| part.iter().map(coord).collect()).collect();
        let shape = match kind {
            1 => Shape::Point(lines.first().and_then(|points| points.first()).copied()),
            8 => Shape::MultiPoint(lines.into_iter().flatten().map(Some).collect()),
            3 if lines.len() == 1 => Shape::Line(lines.remove(0)),
            3 => Shape::MultiLine(lines),
            _ => polygons(lines),
        };
        ShapeText(Geometry::new(0, Dims::of(has_z, has_m), shape))
    }

    /// The hexadecimal digits of its EWKB, and what became of it where it was too large and SIMPLIFY AUTO was said.
    pub fn ewkb_hex(self, srid: i32, simplify: Simplify) -> (String, Option<Fit>) {
        let geometry = Geometry { srid, ..self.0 };
        let (geometry, fit) = match simplify {
            Simplify::Never => (geometry, None),
            Simplify::Always(tolerance) => (simplified(&geometry, tolerance), None),
            Simplify::Auto(most) => fitted(geometry, most),
        };
        (wkb::hex(&wkb::write(&geometry, Form::Ewkb)), fit)
    }
}

/// Clockwise rings are exterior ones; the others are in the smallest that is around them.
fn polygons(rings: Vec<Vec<Coord>>) -> Shape {
    let (exteriors, holes): (Vec<_>, Vec<_>) = rings.into_iter().partition(|ring| doubled_area(ring) <= 0.0);
    if exteriors.is_empty() {
        return Shape::Polygon(holes);
    }
    let mut polygons: Vec<Vec<Vec<Coord>>> = exteriors.into_iter().map(|ring| vec![ring]).collect();
    for hole in holes {
        let around = |rings: &&mut Vec<Vec<Coord>>| {
            let exterior = vec![rings[0].clone()];
            hole.iter().all(|point| locate(&exterior, *point) != Location::Exterior)
        };
        let size = |rings: &&mut Vec<Vec<Coord>>| doubled_area(&rings[0]).abs();
        let owner = polygons.iter_mut().filter(around).min_by(|one, other| size(one).total_cmp(&size(other)));
        match owner {
            Some(owner) => owner.push(hole),
            None => polygons.push(vec![hole]),
        }
    }
    if polygons.len() == 1 { Shape::Polygon(polygons.remove(0)) } else { Shape::MultiPolygon(polygons) }
}

/// The geometry with the least tolerance that makes it small enough, unless that is more than `most`: then as it is.
fn fitted(geometry: Geometry, most: Option<f64>) -> (Geometry, Option<Fit>) {
    let initial = geometry.size();
    if initial <= MAX_SIZE {
        return (geometry, None);
    }
    let unfit = Fit { initial, size: initial, tolerance: None };
    let Some(extent) = geometry.extent() else { return (geometry, Some(unfit)) };
    let fits = |tolerance: f64| simplified(&geometry, tolerance).size() <= MAX_SIZE;
    let (mut low, mut high) = (0.0, extent.max.distance(extent.min));
    if let Some(most) = most {
        high = most;
    }
    if !fits(high) {
        return (geometry, Some(unfit));
    }
    // Halving the range forty times leaves less than a millionth of a millionth of it.
    for _ in 0..40 {
        let middle = (low + high) / 2.0;
        if fits(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    let smaller = simplified(&geometry, high);
    let fit = Fit { initial, size: smaller.size(), tolerance: Some(high) };
    (smaller, Some(fit))
}
