//! Is a geometry valid, simple, a ring?
//!
//! Source: developer guide, "Terminology for Amazon Redshift spatial data", "Geometric validity" and "Geometric simplicity":
//! the definitions for each subtype. All of them are those of the projection.

use std::collections::HashMap;

use redshift_sql_dialect::{RedshiftType, Result};

use super::{
    GEOMETRY,
    accessors::doubled_area,
    find,
    geometry::{Coord, Geometry, Rings, Shape, invalid, is_closed},
    plane::{Location, Meeting, Segment, locate, meeting, near_pairs, segments},
};
use crate::{
    binder::Typed,
    functions::registry::{Call, Function, function, takes},
};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("st_isring", &[takes(&[GEOMETRY], |call| logical(call, is_ring))]),
    function("st_issimple", &[takes(&[GEOMETRY], |call| logical(call, |g| Ok(Some(is_simple(&g.shape)))))]),
    function("st_isvalid", &[takes(&[GEOMETRY], |call| logical(call, |g| Ok(Some(is_valid(&g.shape)))))]),
];

fn logical(call: Call<'_>, is: super::Find<bool>) -> Result<Typed> {
    find(call, RedshiftType::Bool, is)
}

/// "A linestring is a ring if it is closed and simple."
fn is_ring(geometry: &Geometry) -> Result<Option<bool>> {
    match &geometry.shape {
        Shape::Line(points) => Ok(Some(is_closed(points) && is_simple_line(points))),
        _ => Err(invalid("the argument of ST_IsRing must be a LINESTRING")),
    }
}

fn is_finite(coord: &Coord) -> bool {
    coord.x.is_finite() && coord.y.is_finite()
}

fn has_duplicates(points: &[Coord]) -> bool {
    points.windows(2).any(|pair| pair[0].same_xy(pair[1]))
}

fn is_valid(shape: &Shape) -> bool {
    match shape {
        Shape::Point(point) => point.iter().all(is_finite),
        Shape::MultiPoint(points) => points.iter().flatten().all(is_finite),
        Shape::Line(points) => is_valid_line(points),
        Shape::MultiLine(lines) => lines.iter().all(|points| is_valid_line(points)),
        Shape::Polygon(rings) => is_valid_polygon(rings),
        Shape::MultiPolygon(polygons) => are_valid_polygons(polygons),
        Shape::Collection(shapes) => shapes.iter().all(is_valid),
    }
}

/// "The linestring, if not empty, must be one-dimensional; that is, it can't degenerate to a point."
fn is_valid_line(points: &[Coord]) -> bool {
    points.is_empty() || (points.iter().all(is_finite) && points.iter().any(|point| !point.same_xy(points[0])))
}

/// Segments of lines, each with its line and its place there.
struct Parts {
    segments: Vec<Segment>,
    places: Vec<(usize, usize)>,
    /// How many segments each line has.
    counts: Vec<usize>,
}

impl Parts {
    fn of<'a>(lines: impl Iterator<Item = &'a Vec<Coord>>) -> Parts {
        let mut parts = Parts { segments: Vec::new(), places: Vec::new(), counts: Vec::new() };
        for (line, points) in lines.enumerate() {
            let full = segments(points).filter(|[a, b]| !a.same_xy(*b));
            let before = parts.segments.len();
            parts.segments.extend(full);
            let count = parts.segments.len() - before;
            parts.places.extend((0..count).map(|place| (line, place)));
            parts.counts.push(count);
        }
        parts
    }

    /// Are these two neighbours of one line, which have their common end alone in common?
    fn are_neighbours(&self, one: usize, other: usize, at: Coord) -> bool {
        let ((line, first), (other_line, second)) = (self.places[one], self.places[other]);
        if line != other_line {
            return false;
        }
        let (low, high) = (one.min(other), one.max(other));
        let next =
            first.abs_diff(second) == 1 && self.segments[low][1].same_xy(at) && self.segments[high][0].same_xy(at);
        let around = first.abs_diff(second) + 1 == self.counts[line]
            && self.segments[high][1].same_xy(at)
            && self.segments[low][0].same_xy(at);
        next || around
    }

    /// Calls with each pair of segments that meet but as neighbours do.
    fn meetings(&self, mut each: impl FnMut(usize, usize, Meeting)) {
        near_pairs(&self.segments, |one, other| match meeting(self.segments[one], self.segments[other]) {
            Meeting::Nowhere => {}
            Meeting::At(at) if self.are_neighbours(one, other, at) => {}
            found => each(one, other, found),
        });
    }
}

fn is_valid_polygon(rings: &Rings) -> bool {
    let Some(exterior) = rings.first() else { return true };
    let is_ring = |ring: &Vec<Coord>| {
        ring.len() > 3 && ring.iter().all(is_finite) && is_closed(ring) && doubled_area(ring) != 0.0
    };
    if !rings.iter().all(is_ring) {
        return false;
    }
    // "If a polygon's exterior ring is oriented clockwise or counterclockwise", its interior is on one side of all rings.
    let clockwise = doubled_area(exterior) < 0.0;
    if rings[1..].iter().any(|ring| (doubled_area(ring) < 0.0) == clockwise) {
        return false;
    }
    let parts = Parts::of(rings.iter());
    let mut touches: Vec<(Coord, usize, usize)> = Vec::new();
    let mut valid = true;
    parts.meetings(|one, other, found| {
        let (ring, other_ring) = (parts.places[one].0, parts.places[other].0);
        match found {
            Meeting::At(at) if ring != other_ring => touches.push((at, ring, other_ring)),
            _ => valid = false,
        }
    });
    valid && rings_lie_right(rings) && !separates(rings.len(), &touches)
}

/// Are the interior rings in the exterior one, and not in each other?
fn rings_lie_right(rings: &Rings) -> bool {
    let (exterior, holes) = (vec![rings[0].clone()], &rings[1..]);
    holes.iter().enumerate().all(|(index, hole)| {
        let inside = hole.iter().all(|point| locate(&exterior, *point) != Location::Exterior)
            && middles(hole).all(|point| locate(&exterior, point) != Location::Exterior);
        let nested = holes.iter().enumerate().any(|(other_index, other)| {
            let around = vec![other.clone()];
            index != other_index
                && (hole.iter().any(|point| locate(&around, *point) == Location::Interior)
                    || middles(hole).any(|point| locate(&around, point) == Location::Interior))
        });
        inside && !nested
    })
}

fn middles(points: &[Coord]) -> impl Iterator<Item = Coord> + '_ {
    segments(points).map(|[a, b]| a.towards(b, 0.5))
}

/// Rings that touch in a circle of touching points cut the interior in two.
fn separates(rings: usize, touches: &[(Coord, usize, usize)]) -> bool {
    let mut numbers: HashMap<(u64, u64), usize> = HashMap::new();
    let mut edges: Vec<(usize, usize)> = Vec::new();
    for (at, one, other) in touches {
        let next = rings + numbers.len();
        let point = *numbers.entry(((at.x + 0.0).to_bits(), (at.y + 0.0).to_bits())).or_insert(next);
        for ring in [*one, *other] {
            if !edges.contains(&(ring, point)) {
                edges.push((ring, point));
            }
        }
    }
    let mut leaders: Vec<usize> = (0..rings + numbers.len()).collect();
    fn leader(leaders: &[usize], mut of: usize) -> usize {
        while leaders[of] != of {
            of = leaders[of];
        }
        of
    }
    edges.into_iter().any(|(ring, point)| {
        let (one, other) = (leader(&leaders, ring), leader(&leaders, point));
        leaders[one] = other;
        one == other
    })
}

/// "No two polygons in the multipolygon can intersect at an infinite number of points."
fn are_valid_polygons(polygons: &[Rings]) -> bool {
    if !polygons.iter().all(is_valid_polygon) {
        return false;
    }
    polygons.iter().enumerate().all(|(index, one)| polygons[index + 1..].iter().all(|other| touch_at_most(one, other)))
}

fn touch_at_most(one: &Rings, other: &Rings) -> bool {
    let parts = Parts::of(one.iter().chain(other));
    let mut valid = true;
    parts.meetings(|first, second, found| {
        let apart = (parts.places[first].0 < one.len()) != (parts.places[second].0 < one.len());
        if apart && matches!(found, Meeting::Along(..)) {
            valid = false;
        }
        // Segments that cross each other have no end in common.
        if let (true, Meeting::At(at)) = (apart, found) {
            let is_end = |index: usize| parts.segments[index].iter().any(|end| end.same_xy(at));
            valid &= is_end(first) || is_end(second);
        }
    });
    let outside = |inner: &Rings, outer: &Rings| {
        inner.iter().all(|ring| {
            ring.iter().all(|point| locate(outer, *point) != Location::Interior)
                && middles(ring).all(|point| locate(outer, point) != Location::Interior)
        })
    };
    valid && outside(one, other) && outside(other, one)
}

fn is_simple(shape: &Shape) -> bool {
    match shape {
        Shape::Point(_) => true,
        Shape::MultiPoint(points) => {
            let mut points: Vec<Coord> = points.iter().flatten().copied().collect();
            points.sort_by(|one, other| one.cmp_xy(*other));
            !has_duplicates(&points)
        }
        Shape::Line(points) => is_simple_line(points),
        Shape::MultiLine(lines) => are_simple_lines(lines),
        Shape::Polygon(rings) => !rings.iter().any(|ring| has_duplicates(ring)),
        Shape::MultiPolygon(polygons) => !polygons.iter().flatten().any(|ring| has_duplicates(ring)),
        Shape::Collection(shapes) => shapes.iter().all(is_simple),
    }
}

fn is_simple_line(points: &[Coord]) -> bool {
    if has_duplicates(points) {
        return false;
    }
    let lines = [points.to_vec()];
    let parts = Parts::of(lines.iter());
    let mut simple = true;
    parts.meetings(|_, _, _| simple = false);
    simple
}

/// "Any two linestrings of the multilinestring don't intersect, except at points that are boundary points of the two
/// linestrings."
fn are_simple_lines(lines: &[Vec<Coord>]) -> bool {
    if !lines.iter().all(|points| is_simple_line(points)) {
        return false;
    }
    let parts = Parts::of(lines.iter());
    let is_end = |line: usize, at: Coord| {
        let points = &lines[line];
        !is_closed(points) && [points.first(), points.last()].into_iter().flatten().any(|end| end.same_xy(at))
    };
    let mut simple = true;
    parts.meetings(|one, other, found| {
        let (line, other_line) = (parts.places[one].0, parts.places[other].0);
        let allowed = match found {
            Meeting::At(at) => is_end(line, at) && is_end(other_line, at),
            _ => false,
        };
        simple &= allowed || line == other_line;
    });
    simple
}
