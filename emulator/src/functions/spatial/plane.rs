//! Points, segments and rings of the plane: on which side, where they meet, how far apart.
//!
//! Sides are decided exactly (J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic", 1997); a point where two segments
//! cross is rounded.

use redshift_sql_dialect::Result;

use super::{
    geometry::{Coord, Extent, Geometry, Rings, Shape, invalid},
    same_srid,
};

/// Two ends.
pub(super) type Segment = [Coord; 2];

/// Where a point lies in a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Location {
    Interior,
    Boundary,
    Exterior,
}

/// On which side of the line from a to b is c? Positive where it is on the left, 0 where it is on the line.
pub(super) fn side(a: Coord, b: Coord, c: Coord) -> f64 {
    let exact = |coord: Coord| robust::Coord { x: coord.x, y: coord.y };
    robust::orient2d(exact(a), exact(b), exact(c))
}

fn in_box([a, b]: Segment, c: Coord) -> bool {
    a.x.min(b.x) <= c.x && c.x <= a.x.max(b.x) && a.y.min(b.y) <= c.y && c.y <= a.y.max(b.y)
}

/// Is a point on a segment?
pub(super) fn is_on(segment: Segment, point: Coord) -> bool {
    in_box(segment, point) && side(segment[0], segment[1], point) == 0.0
}

/// Where two segments of the plane meet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meeting {
    Nowhere,
    At(Coord),
    Along(Coord, Coord),
}

/// Where the segments meet; a segment may be a point.
pub(super) fn meeting(a: Segment, b: Segment) -> Meeting {
    let (a0, a1) = (side(b[0], b[1], a[0]), side(b[0], b[1], a[1]));
    let (b0, b1) = (side(a[0], a[1], b[0]), side(a[0], a[1], b[1]));
    if a0 * a1 < 0.0 && b0 * b1 < 0.0 {
        return Meeting::At(crossing(a, b));
    }
    let mut common: Vec<Coord> = Vec::with_capacity(4);
    let ends = [(a[0], b), (a[1], b), (b[0], a), (b[1], a)];
    for (end, segment) in ends {
        if is_on(segment, end) && !common.iter().any(|known| known.same_xy(end)) {
            common.push(end);
        }
    }
    match common[..] {
        [] => Meeting::Nowhere,
        [at] => Meeting::At(at),
        [from, to, ..] => Meeting::Along(from, to),
    }
}

/// Where two segments cross that have no end on each other.
fn crossing(a: Segment, b: Segment) -> Coord {
    let (px, py) = (a[1].x - a[0].x, a[1].y - a[0].y);
    let (qx, qy) = (b[1].x - b[0].x, b[1].y - b[0].y);
    let (dx, dy) = (b[0].x - a[0].x, b[0].y - a[0].y);
    let at = (dx * qy - dy * qx) / (px * qy - py * qx);
    let rounded = Coord::xy(a[0].x + at * px, a[0].y + at * py);
    // What is common to both boxes is not left by rounding.
    let within = |value: f64, a: (f64, f64), b: (f64, f64)| {
        value.clamp(a.0.min(a.1).max(b.0.min(b.1)), a.0.max(a.1).min(b.0.max(b.1)))
    };
    Coord::xy(
        within(rounded.x, (a[0].x, a[1].x), (b[0].x, b[1].x)),
        within(rounded.y, (a[0].y, a[1].y), (b[0].y, b[1].y)),
    )
}

/// Pairs of segments whose boxes touch, by their indices: a sweep over x.
pub(super) fn near_pairs(segments: &[Segment], mut each: impl FnMut(usize, usize)) {
    let columns = |index: usize| {
        let [a, b] = segments[index];
        (a.x.min(b.x), a.x.max(b.x))
    };
    let rows = |index: usize| {
        let [a, b] = segments[index];
        (a.y.min(b.y), a.y.max(b.y))
    };
    let mut order: Vec<usize> = (0..segments.len()).collect();
    order.sort_by(|a, b| columns(*a).0.total_cmp(&columns(*b).0));
    let mut open: Vec<usize> = Vec::new();
    for index in order {
        let start = columns(index).0;
        open.retain(|other| columns(*other).1 >= start);
        let (bottom, top) = rows(index);
        for other in &open {
            let (low, high) = rows(*other);
            if low <= top && bottom <= high {
                each(*other, index);
            }
        }
        open.push(index);
    }
}

/// The segments of a line.
pub(super) fn segments(points: &[Coord]) -> impl Iterator<Item = Segment> + '_ {
    points.windows(2).map(|pair| [pair[0], pair[1]])
}

/// Where a point lies in the area that rings enclose.
pub(super) fn locate(rings: &Rings, point: Coord) -> Location {
    let mut inside = false;
    for segment in rings.iter().flat_map(|ring| segments(ring)) {
        if is_on(segment, point) {
            return Location::Boundary;
        }
        let [a, b] = segment;
        if (a.y <= point.y) != (b.y <= point.y) && (side(a, b, point) > 0.0) == (b.y > a.y) {
            inside = !inside;
        }
    }
    if inside { Location::Interior } else { Location::Exterior }
}

/// Where a point lies in a shape of polygons.
pub(super) fn locate_in_area(shape: &Shape, point: Coord) -> Location {
    match shape {
        Shape::Polygon(rings) => locate(rings, point),
        Shape::MultiPolygon(polygons) => {
            let places = polygons.iter().map(|rings| locate(rings, point));
            places.fold(Location::Exterior, |known, place| match (known, place) {
                (Location::Interior, _) | (_, Location::Interior) => Location::Interior,
                (Location::Boundary, _) | (_, Location::Boundary) => Location::Boundary,
                _ => Location::Exterior,
            })
        }
        _ => Location::Exterior,
    }
}

/// Have two boxes no point in common?
pub(super) fn apart(a: Extent, b: Extent) -> bool {
    a.max.x < b.min.x || b.max.x < a.min.x || a.max.y < b.min.y || b.max.y < a.min.y
}

/// What the functions of two geometries ask for.
///
/// # Errors
/// 22023 where the reference systems differ or one is a collection.
pub(super) fn check_pair(name: &str, a: &Geometry, b: &Geometry) -> Result<()> {
    same_srid(a, b)?;
    if [a, b].iter().any(|each| matches!(each.shape, Shape::Collection(_))) {
        return Err(invalid(format!("the arguments of {name} must not be GEOMETRYCOLLECTION")));
    }
    Ok(())
}

/// The segments of a shape's lines and rings, and its points as segments without length.
pub(super) fn outline(shape: &Shape) -> Vec<Segment> {
    let mut all = Vec::new();
    shape.simple_parts(&mut |part| match part {
        Shape::Point(point) => all.extend(point.map(|point| [point, point])),
        Shape::Line(points) => match points[..] {
            [point] => all.push([point, point]),
            _ => all.extend(segments(points)),
        },
        Shape::Polygon(rings) => all.extend(rings.iter().flat_map(|ring| segments(ring))),
        _ => {}
    });
    all
}

fn point_distance([a, b]: Segment, point: Coord) -> f64 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let squared = dx * dx + dy * dy;
    if squared == 0.0 {
        return a.distance(point);
    }
    let along = ((point.x - a.x) * dx + (point.y - a.y) * dy) / squared;
    if along <= 0.0 {
        a.distance(point)
    } else if along >= 1.0 {
        b.distance(point)
    } else {
        Coord::xy(a.x + along * dx, a.y + along * dy).distance(point)
    }
}

/// The distance of a point and the segment between two others.
pub(super) fn segment_distance(segment: Segment, point: Coord) -> f64 {
    point_distance(segment, point)
}

/// The least distance between points of two shapes; none where one is empty.
pub(super) fn distance(a: &Shape, b: &Shape) -> Option<f64> {
    let (left, right) = (outline(a), outline(b));
    let (first, second) = (left.first()?[0], right.first()?[0]);
    if locate_in_area(a, second) != Location::Exterior || locate_in_area(b, first) != Location::Exterior {
        return Some(0.0);
    }
    let mut least = f64::INFINITY;
    for one in &left {
        for other in &right {
            let gap = |a0: f64, a1: f64, b0: f64, b1: f64| (b0.min(b1) - a0.max(a1)).max(a0.min(a1) - b0.max(b1));
            let x = gap(one[0].x, one[1].x, other[0].x, other[1].x);
            let y = gap(one[0].y, one[1].y, other[0].y, other[1].y);
            if x.max(y) >= least {
                continue;
            }
            if x.max(y) <= 0.0 && !matches!(meeting(*one, *other), Meeting::Nowhere) {
                return Some(0.0);
            }
            let ends = [
                point_distance(*one, other[0]),
                point_distance(*one, other[1]),
                point_distance(*other, one[0]),
                point_distance(*other, one[1]),
            ];
            least = ends.into_iter().fold(least, f64::min);
        }
    }
    Some(least)
}
