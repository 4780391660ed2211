//! Geometries as sets of points: intersection, union, and all points within a distance.
//!
//! Source: developer guide, "ST_Intersection", "ST_Union", "ST_Buffer".

use std::f64::consts::{PI, TAU};

use redshift_sql_dialect::{RedshiftType, Result};

use super::{
    Boxes, GEOMETRY,
    arrangement::{Arrangement, Input, Windings},
    faces::{gathered, lines, polygons},
    geometry::{Coord, Dims, Geometry, Rings, Shape, invalid},
    keep_all, make_of_two, plane,
    predicates::add_shape,
    wkb,
};
use crate::{
    binder::Typed,
    functions::registry::{Call, FLOAT8, Function, INT4, function, takes},
};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("st_buffer", &[takes(&[GEOMETRY, FLOAT8, INT4], buffer).optional(1)]),
    function("st_intersection", &[takes(&[GEOMETRY, GEOMETRY], |call| make_of_two(call, intersection))]),
    function("st_union", &[takes(&[GEOMETRY, GEOMETRY], |call| make_of_two(call, union))]),
];

/// Segments of a quarter of a circle where no number is given.
const QUARTER_SEGMENTS: i32 = 8;

/// 22023 where a geometry is a collection, of another reference system, or has more than two coordinates.
fn check_sets(name: &str, a: &Geometry, b: &Geometry) -> Result<()> {
    plane::check_pair(name, a, b)?;
    if [a, b].iter().any(|each| each.dims != Dims::Xy) {
        return Err(invalid(format!("the arguments of {name} must be two-dimensional")));
    }
    Ok(())
}

/// The empty shape of the lower of two dimensions.
fn empty_of(a: &Shape, b: &Shape) -> Shape {
    let code = a.dimension().min(b.dimension()) as u32 + 1;
    Shape::empty(code).unwrap_or(Shape::Point(None))
}

fn intersection(a: &Geometry, b: &Geometry) -> Result<Option<Geometry>> {
    check_sets("ST_Intersection", a, b)?;
    let empty = empty_of(&a.shape, &b.shape);
    let (Some(extent_a), Some(extent_b)) = (a.extent(), b.extent()) else { return Ok(Some(a.with(empty))) };
    if plane::apart(extent_a, extent_b) {
        return Ok(Some(a.with(empty)));
    }
    Ok(Some(a.with(common(&a.shape, &b.shape, empty))))
}

/// What two shapes have in common.
fn common(a: &Shape, b: &Shape, empty: Shape) -> Shape {
    let mut input = Input::default();
    add_shape(&mut input, 0, a);
    add_shape(&mut input, 1, b);
    let arrangement = input.arrange();
    let dimensions = [a.dimension(), b.dimension()];
    let inside = |windings: &Windings| windings.iter().all(|count| *count > 0);
    let areas = if dimensions == [2, 2] { polygons(&arrangement, inside) } else { Vec::new() };
    // A piece is in a source where it is of it, or has its area on both sides.
    let is_in = |index: usize, source: usize| {
        let piece = &arrangement.pieces[index];
        let (left, right) = &arrangement.windings[index];
        piece.on_line[source] || piece.on_ring[source] || (left[source] > 0 && right[source] > 0)
    };
    let shared = |index: usize| {
        let (left, right) = &arrangement.windings[index];
        let beside_area = dimensions == [2, 2] && (inside(left) || inside(right));
        is_in(index, 0) && is_in(index, 1) && !beside_area
    };
    let one_dimensional = lines(&arrangement, shared);
    let taken = taken_nodes(&arrangement, |index| is_in(index, 0) && is_in(index, 1));
    let around = arrangement.around_nodes();
    let mut points = Vec::new();
    for (node, place) in arrangement.nodes.iter().enumerate() {
        let in_source =
            |source: usize| arrangement.on[node][source] || (dimensions[source] == 2 && around[node][source] > 0);
        if in_source(0) && in_source(1) && !taken[node] {
            points.push(*place);
        }
    }
    points.sort_by(|one, other| one.cmp_xy(*other));
    gathered(points, one_dimensional, areas, empty)
}

/// The nodes at the ends of some pieces.
fn taken_nodes(arrangement: &Arrangement, of: impl Fn(usize) -> bool) -> Vec<bool> {
    let mut taken = vec![false; arrangement.nodes.len()];
    for (_, piece) in arrangement.pieces.iter().enumerate().filter(|(index, _)| of(*index)) {
        taken[piece.from] = true;
        taken[piece.to] = true;
    }
    taken
}

fn union(a: &Geometry, b: &Geometry) -> Result<Option<Geometry>> {
    check_sets("ST_Union", a, b)?;
    if a.shape.dimension() == 1 || b.shape.dimension() == 1 {
        return Err(invalid("the arguments of ST_Union must not be LINESTRING or MULTILINESTRING"));
    }
    // "If geom1 or geom2 are empty, then an empty geometry is returned."
    let code = a.shape.dimension().max(b.shape.dimension()) as u32 + 1;
    let empty = Shape::empty(code).unwrap_or(Shape::Point(None));
    if a.is_empty() || b.is_empty() {
        return Ok(Some(a.with(empty)));
    }
    let mut input = Input::default();
    add_shape(&mut input, 0, &a.shape);
    add_shape(&mut input, 1, &b.shape);
    let arrangement = input.arrange();
    let areas = polygons(&arrangement, |windings| windings.iter().any(|count| *count > 0));
    let around = arrangement.around_nodes();
    let dimensions = [a.shape.dimension(), b.shape.dimension()];
    let is_free = |node: &usize| {
        let is_point = (0..2).any(|source| dimensions[source] == 0 && arrangement.on[*node][source]);
        let in_area = (0..2)
            .any(|source| dimensions[source] == 2 && (arrangement.on[*node][source] || around[*node][source] > 0));
        is_point && !in_area
    };
    let free = (0..arrangement.nodes.len()).filter(is_free).map(|node| arrangement.nodes[node]).collect();
    Ok(Some(a.with(gathered(free, Vec::new(), areas, empty))))
}

fn buffer(call: Call<'_>) -> Result<Typed> {
    let boxes = Boxes::of(call.ctx);
    call.kernel_with(boxes, RedshiftType::Geometry, |boxes, args| {
        let segments = if args.len() > 2 { Some(args.reader::<i32>(2)?) } else { None };
        let (geometries, distances) = (args.reader::<&[u8]>(0)?, args.reader::<f64>(1)?);
        keep_all(*boxes, args, |row| {
            let segments = segments.as_ref().map_or(Some(QUARTER_SEGMENTS), |segments| segments.get(row));
            let (Some(bytes), Some(distance), Some(segments)) = (geometries.get(row), distances.get(row), segments)
            else {
                return Ok(None);
            };
            let geometry = wkb::kept(bytes)?;
            if matches!(geometry.shape, Shape::Collection(_)) {
                return Err(invalid("the argument of ST_Buffer must not be a GEOMETRYCOLLECTION"));
            }
            if !distance.is_finite() {
                return Err(invalid("the distance of ST_Buffer is not finite"));
            }
            // A circle has three corners at least.
            let circle = Circle { radius: distance.abs(), corners: (4 * segments.clamp(0, 10_000)).max(3) as usize };
            let shape = around(&geometry.shape, distance, circle);
            Ok(Some(geometry.flat(shape)))
        })
    })
}

/// How round corners are made.
#[derive(Debug, Clone, Copy)]
struct Circle {
    radius: f64,
    corners: usize,
}

impl Circle {
    fn at(self, center: Coord, angle: f64) -> Coord {
        Coord::xy(center.x + self.radius * angle.cos(), center.y + self.radius * angle.sin())
    }

    /// Clockwise from the east.
    fn ring(self, center: Coord) -> Vec<Coord> {
        let step = TAU / self.corners as f64;
        let mut angle = 0.0;
        let mut ring = Vec::with_capacity(self.corners + 1);
        for _ in 0..self.corners {
            ring.push(self.at(center, angle));
            angle -= step;
        }
        ring.extend(ring.first().copied());
        ring
    }

    /// The slice around a center, clockwise from one place to another.
    fn slice(self, center: Coord, from: Coord, to: Coord) -> Vec<Coord> {
        let direction = |place: Coord| (place.y - center.y).atan2(place.x - center.x);
        let (start, mut end) = (direction(from), direction(to));
        while end > start {
            end -= TAU;
        }
        let steps = (self.corners as f64 * (start - end) / TAU).ceil().max(1.0) as usize;
        let step = (start - end) / steps as f64;
        let mut ring = vec![center, from];
        let mut angle = start - step;
        for _ in 1..steps {
            ring.push(self.at(center, angle));
            angle -= step;
        }
        ring.extend([to, center]);
        ring
    }

    /// The half behind the end of a line, clockwise from one side to the other.
    fn half(self, center: Coord, from: Coord, to: Coord) -> Vec<Coord> {
        let step = TAU / self.corners as f64;
        let mut ring = vec![center, from];
        let start = (from.y - center.y).atan2(from.x - center.x);
        // West is half a circle below zero: so the digits of the guide's example come about.
        let mut angle = if start == PI { -PI } else { start } - step;
        for _ in 1..self.corners / 2 {
            ring.push(self.at(center, angle));
            angle -= step;
        }
        ring.extend([to, center]);
        ring
    }

    /// A place beside another one, on the left of a direction.
    fn beside(self, place: Coord, from: Coord, to: Coord, sign: f64) -> Coord {
        let length = from.distance(to);
        let (dx, dy) = ((to.x - from.x) / length, (to.y - from.y) / length);
        Coord::xy(place.x - sign * dy * self.radius, place.y + sign * dx * self.radius)
    }
}

/// All points within a distance of a shape; of polygons those farther than it from the outside where it is negative.
fn around(shape: &Shape, distance: f64, circle: Circle) -> Shape {
    let none = || Shape::Polygon(Vec::new());
    let is_area = shape.dimension() == 2;
    if shape.is_empty() || (!is_area && distance <= 0.0) {
        return none();
    }
    let mut input = Input::default();
    let add = |input: &mut Input, ring: Vec<Coord>| input.add_polygon(1, &vec![ring]);
    shape.simple_parts(&mut |part| match part {
        Shape::Point(Some(point)) => add(&mut input, circle.ring(*point)),
        Shape::Line(points) => line_pieces(points, circle).into_iter().for_each(|ring| add(&mut input, ring)),
        Shape::Polygon(rings) => {
            input.add_polygon(0, rings);
            if distance != 0.0 {
                let pieces = rings.iter().flat_map(|ring| line_pieces(ring, circle));
                pieces.for_each(|ring| add(&mut input, ring));
            }
        }
        _ => {}
    });
    let arrangement = input.arrange();
    let kept: Vec<Rings> = if distance < 0.0 {
        polygons(&arrangement, |[within, near]| *within > 0 && *near == 0)
    } else {
        polygons(&arrangement, |[within, near]| *within > 0 || *near > 0)
    };
    gathered(Vec::new(), Vec::new(), kept, none())
}

/// Areas that cover all points near a line: along its segments, around its corners, behind its ends.
fn line_pieces(points: &[Coord], circle: Circle) -> Vec<Vec<Coord>> {
    let mut points = points.to_vec();
    points.dedup_by(|one, other| one.same_xy(*other));
    let [first, .., last] = points[..] else {
        return points.first().map(|point| circle.ring(*point)).into_iter().collect();
    };
    let mut pieces = Vec::new();
    let sides = |from: Coord, to: Coord, place: Coord| {
        (circle.beside(place, from, to, 1.0), circle.beside(place, from, to, -1.0))
    };
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let ((left_from, right_from), (left_to, right_to)) = (sides(from, to, from), sides(from, to, to));
        pieces.push(vec![from, left_from, left_to, to, right_to, right_from, from]);
    }
    let mut corner = |before: Coord, at: Coord, after: Coord| {
        let turn = plane::side(before, at, after);
        let ((left_in, right_in), (left_out, right_out)) = (sides(before, at, at), sides(at, after, at));
        if turn > 0.0 {
            pieces.push(circle.slice(at, right_out, right_in));
        } else if turn < 0.0 {
            pieces.push(circle.slice(at, left_in, left_out));
        } else if (at.x - before.x) * (after.x - at.x) + (at.y - before.y) * (after.y - at.y) < 0.0 {
            // The line goes back on itself.
            pieces.push(circle.slice(at, left_in, right_in));
        }
    };
    points.windows(3).for_each(|three| corner(three[0], three[1], three[2]));
    if first.same_xy(last) && points.len() > 3 {
        corner(points[points.len() - 2], first, points[1]);
    } else {
        for (inner, end) in [(points[1], first), (points[points.len() - 2], last)] {
            let (left, right) = sides(inner, end, end);
            pieces.push(circle.half(end, left, right));
        }
    }
    pieces
}
