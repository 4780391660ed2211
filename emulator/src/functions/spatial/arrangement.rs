//! Segments cut where they meet, and what lies on both sides of each piece.
//!
//! What two geometries have to do with each other, their intersection and union and a buffer's outline are all read off one
//! arrangement: segments of up to two sources ([`Input`]) are cut at every point that they have in common, so that two pieces
//! are either the same or meet in their ends alone. For each piece a count then says how many rings of each source go round
//! the left and the right of it.

use std::collections::HashMap;

use super::{
    geometry::{Coord, Rings},
    plane::{Meeting, Segment, meeting, near_pairs, segments},
};

/// One or two sources.
const SOURCES: usize = 2;

/// For each source how many rings go round a place: counterclockwise ones count 1, clockwise ones -1.
pub(super) type Windings = [i32; SOURCES];

/// What is put into an arrangement.
#[derive(Debug, Default)]
pub(super) struct Input {
    segments: Vec<Segment>,
    /// The source, and whether it is of a ring.
    origins: Vec<(usize, bool)>,
}

impl Input {
    /// Adds a ring. Exterior rings have to go counterclockwise, interior rings clockwise.
    pub(super) fn add_ring(&mut self, source: usize, ring: &[Coord]) {
        for segment in segments(ring).filter(|[a, b]| !a.same_xy(*b)) {
            self.segments.push(segment);
            self.origins.push((source, true));
        }
    }

    /// Adds a polygon, whatever way its rings go round.
    pub(super) fn add_polygon(&mut self, source: usize, rings: &Rings) {
        for (index, ring) in rings.iter().enumerate() {
            let counterclockwise = super::accessors::doubled_area(ring) > 0.0;
            if counterclockwise == (index == 0) {
                self.add_ring(source, ring);
            } else {
                let reversed: Vec<Coord> = ring.iter().rev().copied().collect();
                self.add_ring(source, &reversed);
            }
        }
    }

    /// Adds a line.
    pub(super) fn add_line(&mut self, source: usize, points: &[Coord]) {
        for segment in segments(points).filter(|[a, b]| !a.same_xy(*b)) {
            self.segments.push(segment);
            self.origins.push((source, false));
        }
        if let [first, .., last] | [first @ last] = points
            && points.iter().all(|point| point.same_xy(*first))
        {
            self.add_point(source, *last);
        }
    }

    /// Adds a point.
    pub(super) fn add_point(&mut self, source: usize, point: Coord) {
        self.segments.push([point, point]);
        self.origins.push((source, false));
    }

    /// Cuts the segments.
    pub(super) fn arrange(self) -> Arrangement {
        let mut nodes = Nodes::for_segments(&self.segments);
        let mut cuts: Vec<Vec<usize>> = self.segments.iter().map(|[a, b]| vec![nodes.of(*a), nodes.of(*b)]).collect();
        near_pairs(&self.segments, |one, other| match meeting(self.segments[one], self.segments[other]) {
            Meeting::Nowhere => {}
            Meeting::At(at) => {
                let node = nodes.of(at);
                cuts[one].push(node);
                cuts[other].push(node);
            }
            Meeting::Along(from, to) => {
                for at in [from, to] {
                    let node = nodes.of(at);
                    cuts[one].push(node);
                    cuts[other].push(node);
                }
            }
        });
        let mut pieces = Pieces::default();
        let mut on = vec![[false; SOURCES]; nodes.places.len()];
        for (index, mut cuts) in cuts.into_iter().enumerate() {
            let [a, b] = self.segments[index];
            let along = |node: &usize| {
                let place = nodes.places[*node];
                (place.x - a.x) * (b.x - a.x) + (place.y - a.y) * (b.y - a.y)
            };
            cuts.sort_by(|one, other| along(one).total_cmp(&along(other)));
            cuts.dedup();
            let (source, is_ring) = self.origins[index];
            cuts.iter().for_each(|node| on[*node][source] = true);
            for pair in cuts.windows(2) {
                pieces.add(pair[0], pair[1], (source, is_ring), index);
            }
        }
        Arrangement { windings: Vec::new(), nodes: nodes.places, on, pieces: pieces.all }.with_windings()
    }
}

/// Points by number; points that only rounding tells apart are one.
struct Nodes {
    places: Vec<Coord>,
    cells: HashMap<(i64, i64), Vec<usize>>,
    cell: f64,
}

impl Nodes {
    fn for_segments(segments: &[Segment]) -> Nodes {
        let largest = segments.iter().flatten().fold(0.0_f64, |most, c| most.max(c.x.abs()).max(c.y.abs()));
        // Some units in the last place of the largest coordinate.
        let cell = (largest * 16.0 * f64::EPSILON).max(f64::MIN_POSITIVE);
        Nodes { places: Vec::new(), cells: HashMap::new(), cell }
    }

    fn of(&mut self, place: Coord) -> usize {
        let (column, row) = ((place.x / self.cell).floor() as i64, (place.y / self.cell).floor() as i64);
        for near_column in column - 1..=column + 1 {
            for near_row in row - 1..=row + 1 {
                let near = self.cells.get(&(near_column, near_row)).into_iter().flatten();
                for node in near {
                    let known = self.places[*node];
                    if (known.x - place.x).abs() <= self.cell && (known.y - place.y).abs() <= self.cell {
                        return *node;
                    }
                }
            }
        }
        self.places.push(place);
        self.cells.entry((column, row)).or_default().push(self.places.len() - 1);
        self.places.len() - 1
    }
}

/// A piece of one or more segments, from a node to one of a larger number.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) from: usize,
    pub(super) to: usize,
    /// How many rings of each source go along it, less those that go against it.
    along: Windings,
    /// Is it of a ring of the source?
    pub(super) on_ring: [bool; SOURCES],
    /// Is it of a line of the source?
    pub(super) on_line: [bool; SOURCES],
    /// The segments that it is of.
    pub(super) segments: Vec<usize>,
}

#[derive(Default)]
struct Pieces {
    all: Vec<Piece>,
    by_ends: HashMap<(usize, usize), usize>,
}

impl Pieces {
    fn add(&mut self, from: usize, to: usize, (source, is_ring): (usize, bool), segment: usize) {
        if from == to {
            return;
        }
        let ends = (from.min(to), from.max(to));
        let index = *self.by_ends.entry(ends).or_insert_with(|| {
            self.all.push(Piece {
                from: ends.0,
                to: ends.1,
                along: [0; SOURCES],
                on_ring: [false; SOURCES],
                on_line: [false; SOURCES],
                segments: Vec::new(),
            });
            self.all.len() - 1
        });
        let piece = &mut self.all[index];
        piece.segments.push(segment);
        if is_ring {
            piece.along[source] += if from < to { 1 } else { -1 };
            piece.on_ring[source] = true;
        } else {
            piece.on_line[source] = true;
        }
    }
}

/// Segments that are cut.
#[derive(Debug)]
pub(super) struct Arrangement {
    pub(super) nodes: Vec<Coord>,
    /// Which sources have a point at a node.
    pub(super) on: Vec<[bool; SOURCES]>,
    pub(super) pieces: Vec<Piece>,
    /// On the left and the right of each piece.
    pub(super) windings: Vec<(Windings, Windings)>,
}

impl Arrangement {
    pub(super) fn ends(&self, piece: &Piece) -> Segment {
        [self.nodes[piece.from], self.nodes[piece.to]]
    }

    fn with_windings(mut self) -> Arrangement {
        let slabs = Slabs::of(&self);
        self.windings = (0..self.pieces.len()).map(|index| self.sides(index, &slabs)).collect();
        self
    }

    /// Counts the pieces that a ray from the middle of a piece to the right crosses.
    fn sides(&self, index: usize, slabs: &Slabs) -> (Windings, Windings) {
        let piece = &self.pieces[index];
        let [from, to] = self.ends(piece);
        let middle = from.towards(to, 0.5);
        let base = self.around(middle, Some(index), slabs);
        let sum = |sign: i32| {
            let mut sum = base;
            sum.iter_mut().zip(piece.along).for_each(|(count, along)| *count += sign * along);
            sum
        };
        // The ray leaves an upward piece on its right. At the height of a horizontal piece it runs just above it, which is on
        // the left of one that goes to the right.
        let is_base_right = if from.y == to.y { from.x > to.x } else { from.y < to.y };
        if is_base_right { (sum(1), base) } else { (base, sum(-1)) }
    }

    /// How many rings go round a place that is on no other piece.
    fn around(&self, place: Coord, but: Option<usize>, slabs: &Slabs) -> Windings {
        let mut count = [0; SOURCES];
        for other in slabs.at(place.y).iter().copied().filter(|other| Some(*other) != but) {
            let piece = &self.pieces[other];
            let [a, b] = self.ends(piece);
            let upward = a.y <= place.y && place.y < b.y;
            let downward = b.y <= place.y && place.y < a.y;
            if !upward && !downward {
                continue;
            }
            let left = super::plane::side(a, b, place);
            let sign = if upward && left > 0.0 {
                1
            } else if downward && left < 0.0 {
                -1
            } else {
                continue;
            };
            count.iter_mut().zip(piece.along).for_each(|(count, along)| *count += sign * along);
        }
        count
    }

    /// How many rings of each source go round the places of nodes that are on no ring of that source.
    pub(super) fn around_nodes(&self) -> Vec<Windings> {
        let slabs = Slabs::of(self);
        self.nodes.iter().map(|place| self.around(*place, None, &slabs)).collect()
    }
}

/// Pieces of rings by the horizontal strips that they are in.
struct Slabs {
    bottom: f64,
    height: f64,
    strips: Vec<Vec<usize>>,
}

impl Slabs {
    fn of(arrangement: &Arrangement) -> Slabs {
        let rows = arrangement.nodes.iter().map(|node| node.y);
        let (bottom, top) = rows.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
        let count = (arrangement.pieces.len() / 4).clamp(1, 4_096);
        let height = ((top - bottom) / count as f64).max(f64::MIN_POSITIVE);
        let mut slabs = Slabs { bottom, height, strips: vec![Vec::new(); count] };
        for (index, piece) in arrangement.pieces.iter().enumerate() {
            if piece.along == [0; SOURCES] {
                continue;
            }
            let [a, b] = arrangement.ends(piece);
            let (first, last) = (slabs.index(a.y.min(b.y)), slabs.index(a.y.max(b.y)));
            slabs.strips[first..=last].iter_mut().for_each(|strip| strip.push(index));
        }
        slabs
    }

    fn index(&self, y: f64) -> usize {
        (((y - self.bottom) / self.height) as usize).min(self.strips.len() - 1)
    }

    fn at(&self, y: f64) -> &[usize] {
        &self.strips[self.index(y)]
    }
}
