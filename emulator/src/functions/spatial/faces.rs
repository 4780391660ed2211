//! Polygons and lines out of an arrangement.
//!
//! Polygons are made as those of the guide's examples: the exterior ring goes clockwise from its lexicographically smallest
//! point, interior rings counterclockwise. Nodes inside of one of the input's segments are left out.

use std::collections::{HashMap, HashSet};

use super::{
    accessors::doubled_area,
    arrangement::{Arrangement, Windings},
    geometry::{Coord, Rings, Shape},
    plane::{Location, locate},
};

/// A piece of an outline, with the area on its right.
struct Edge {
    from: usize,
    to: usize,
    piece: usize,
}

/// A ring by its nodes and the pieces behind each of them.
type Ring = Vec<(usize, usize)>;

/// The polygons of the faces that are to be kept.
pub(super) fn polygons(arrangement: &Arrangement, keep: impl Fn(&Windings) -> bool) -> Vec<Rings> {
    let mut edges = Vec::new();
    for (index, (piece, (left, right))) in arrangement.pieces.iter().zip(&arrangement.windings).enumerate() {
        match (keep(left), keep(right)) {
            (false, true) => edges.push(Edge { from: piece.from, to: piece.to, piece: index }),
            (true, false) => edges.push(Edge { from: piece.to, to: piece.from, piece: index }),
            _ => {}
        }
    }
    let rings = rings(arrangement, &edges).into_iter().map(|ring| points(arrangement, &ring));
    assembled(rings.filter(|ring| ring.len() > 3).collect())
}

/// Follows the edges round each face, and cuts rings that come to a node twice.
fn rings(arrangement: &Arrangement, edges: &[Edge]) -> Vec<Ring> {
    let mut leaving: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, edge) in edges.iter().enumerate() {
        leaving.entry(edge.from).or_default().push(index);
    }
    let mut used = vec![false; edges.len()];
    let mut found = Vec::new();
    for start in 0..edges.len() {
        if used[start] {
            continue;
        }
        let mut ring: Ring = Vec::new();
        let mut at = start;
        while !used[at] {
            used[at] = true;
            ring.push((edges[at].from, edges[at].piece));
            // The next edge of the face on the right is the first one counterclockwise from the way back.
            let nodes = &arrangement.nodes;
            let (before, here) = (nodes[edges[at].from], nodes[edges[at].to]);
            let turn = |next: &usize| angle(here, before, nodes[edges[*next].to]);
            let next = leaving.get(&edges[at].to).map(Vec::as_slice).unwrap_or_default();
            let Some(next) = next.iter().min_by(|one, other| turn(one).total_cmp(&turn(other))) else { break };
            at = *next;
        }
        split(ring, &mut found);
    }
    found
}

/// The counterclockwise angle from one direction to another.
fn angle(at: Coord, from: Coord, to: Coord) -> f64 {
    let direction = |place: Coord| (place.y - at.y).atan2(place.x - at.x);
    (direction(to) - direction(from)).rem_euclid(std::f64::consts::TAU)
}

/// Cuts a ring where it comes to a node again.
fn split(ring: Ring, found: &mut Vec<Ring>) {
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut open: Ring = Vec::new();
    for step in ring {
        if let Some(place) = places.get(&step.0).copied() {
            let inner = open.split_off(place);
            inner.iter().for_each(|(node, _)| {
                places.remove(node);
            });
            found.push(inner);
        }
        places.insert(step.0, open.len());
        open.push(step);
    }
    found.push(open);
}

/// A closed ring's points, without nodes that lie inside of one of the input's segments.
fn points(arrangement: &Arrangement, ring: &Ring) -> Vec<Coord> {
    let mut kept = Vec::with_capacity(ring.len() + 1);
    for (index, (node, piece)) in ring.iter().enumerate() {
        let before = ring[(index + ring.len() - 1) % ring.len()].1;
        let segments = &arrangement.pieces[*piece].segments;
        let passes = arrangement.pieces[before].segments.iter().any(|segment| segments.contains(segment));
        if !passes {
            kept.push(arrangement.nodes[*node]);
        }
    }
    let smallest = kept.iter().enumerate().min_by(|one, other| one.1.cmp_xy(*other.1)).map_or(0, |(index, _)| index);
    kept.rotate_left(smallest);
    kept.extend(kept.first().copied());
    kept
}

/// Exterior rings with the interior rings that are in them.
fn assembled(rings: Vec<Vec<Coord>>) -> Vec<Rings> {
    let (exteriors, holes): (Vec<_>, Vec<_>) = rings.into_iter().partition(|ring| doubled_area(ring) < 0.0);
    let mut polygons: Vec<Rings> = exteriors.into_iter().map(|ring| vec![ring]).collect();
    polygons.sort_by(|one, other| one[0][0].cmp_xy(other[0][0]));
    for hole in holes {
        let around = |rings: &Rings| {
            let exterior = vec![rings[0].clone()];
            // A hole may touch the exterior ring, but not with all of its points.
            let places = hole.iter().map(|point| locate(&exterior, *point));
            places.into_iter().find(|place| *place != Location::Boundary) == Some(Location::Interior)
        };
        let size = |rings: &Rings| doubled_area(&rings[0]).abs();
        let owners = polygons.iter_mut().filter(|rings| around(rings));
        if let Some(owner) = owners.min_by(|one, other| size(one).total_cmp(&size(other))) {
            owner.push(hole);
        }
    }
    for rings in &mut polygons {
        rings[1..].sort_by(|one, other| one[0].cmp_xy(other[0]));
    }
    polygons
}

/// Lines along pieces that are to be kept, from end to end: a line goes on over a node that just two pieces have.
pub(super) fn lines(arrangement: &Arrangement, keep: impl Fn(usize) -> bool) -> Vec<Vec<Coord>> {
    let kept: Vec<usize> = (0..arrangement.pieces.len()).filter(|index| keep(*index)).collect();
    let mut at_node: HashMap<usize, Vec<usize>> = HashMap::new();
    for index in &kept {
        let piece = &arrangement.pieces[*index];
        at_node.entry(piece.from).or_default().push(*index);
        at_node.entry(piece.to).or_default().push(*index);
    }
    let mut used: HashSet<usize> = HashSet::new();
    let mut lines = Vec::new();
    let is_end = |node: usize| at_node.get(&node).is_none_or(|pieces| pieces.len() != 2);
    let mut follow = |start: usize, piece: usize, used: &mut HashSet<usize>| {
        let (mut node, mut piece) = (start, piece);
        let mut steps: Ring = Vec::new();
        loop {
            used.insert(piece);
            steps.push((node, piece));
            let ends = &arrangement.pieces[piece];
            node = if ends.from == node { ends.to } else { ends.from };
            let next = at_node[&node].iter().copied().find(|next| !used.contains(next));
            match next {
                Some(next) if !is_end(node) => piece = next,
                _ => break,
            }
        }
        lines.push(line_points(arrangement, &steps, node));
    };
    let mut starts: Vec<usize> = at_node.keys().copied().filter(|node| is_end(*node)).collect();
    starts.sort_by(|one, other| arrangement.nodes[*one].cmp_xy(arrangement.nodes[*other]));
    for start in starts {
        for piece in &at_node[&start] {
            if !used.contains(piece) {
                follow(start, *piece, &mut used);
            }
        }
    }
    // What is left goes round.
    for piece in &kept {
        if !used.contains(piece) {
            follow(arrangement.pieces[*piece].from, *piece, &mut used);
        }
    }
    lines
}

fn line_points(arrangement: &Arrangement, steps: &Ring, last: usize) -> Vec<Coord> {
    let mut points = Vec::with_capacity(steps.len() + 1);
    for (index, (node, piece)) in steps.iter().enumerate() {
        let segments = &arrangement.pieces[*piece].segments;
        let before = index.checked_sub(1).map(|before| &arrangement.pieces[steps[before].1].segments);
        if !before.is_some_and(|before| before.iter().any(|segment| segments.contains(segment))) {
            points.push(arrangement.nodes[*node]);
        }
    }
    points.push(arrangement.nodes[last]);
    points
}

/// One shape of points, lines and polygons; the empty shape of a subtype where there are none.
pub(super) fn gathered(points: Vec<Coord>, lines: Vec<Vec<Coord>>, polygons: Vec<Rings>, empty: Shape) -> Shape {
    fn either<T>(mut items: Vec<T>, one: fn(T) -> Shape, many: fn(Vec<T>) -> Shape) -> Option<Shape> {
        match items.len() {
            0 => None,
            1 => items.pop().map(one),
            _ => Some(many(items)),
        }
    }
    let points = either(points.into_iter().map(Some).collect(), Shape::Point, Shape::MultiPoint);
    let lines = either(lines, Shape::Line, Shape::MultiLine);
    let polygons = either(polygons, Shape::Polygon, Shape::MultiPolygon);
    let mut shapes: Vec<Shape> = [points, lines, polygons].into_iter().flatten().collect();
    match shapes.len() {
        0 => empty,
        1 => shapes.pop().unwrap_or(empty),
        _ => {
            let mut parts = Vec::new();
            shapes.iter().for_each(|shape| shape.simple_parts(&mut |part| parts.push(part.clone())));
            Shape::Collection(parts)
        }
    }
}
