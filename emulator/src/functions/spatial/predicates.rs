//! How two geometries lie to each other: the dimensionally extended nine-intersection model of their projections.
//!
//! Sources: developer guide, the page of each function; OGC 06-103r4, section 6.1.15, "Relational operators".

use std::collections::HashMap;

use redshift_sql_dialect::{RedshiftType, Result};

use super::{
    GEOMETRY,
    arrangement::{Arrangement, Input, Windings},
    geometry::{Coord, Geometry, Shape, invalid},
    plane::{Location, apart, check_pair, locate_in_area},
    wkb,
};
use crate::{
    binder::Typed,
    functions::{
        kernel::{Args, Column, Read},
        registry::{Call, Function, function, takes},
    },
};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("st_contains", &[takes(&[GEOMETRY, GEOMETRY], |call| related(call, Relation::Contains))]),
    function("st_containsproperly", &[takes(&[GEOMETRY, GEOMETRY], |call| related(call, Relation::ContainsProperly))]),
    function("st_coveredby", &[takes(&[GEOMETRY, GEOMETRY], |call| related(call, Relation::CoveredBy))]),
    function("st_covers", &[takes(&[GEOMETRY, GEOMETRY], |call| related(call, Relation::Covers))]),
    function("st_crosses", &[takes(&[GEOMETRY, GEOMETRY], |call| related(call, Relation::Crosses))]),
    function("st_disjoint", &[takes(&[GEOMETRY, GEOMETRY], |call| related(call, Relation::Disjoint))]),
    function("st_equals", &[takes(&[GEOMETRY, GEOMETRY], |call| related(call, Relation::Equals))]),
    function("st_intersects", &[takes(&[GEOMETRY, GEOMETRY], |call| related(call, Relation::Intersects))]),
    function("st_touches", &[takes(&[GEOMETRY, GEOMETRY], |call| related(call, Relation::Touches))]),
    function("st_within", &[takes(&[GEOMETRY, GEOMETRY], |call| related(call, Relation::Within))]),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Relation {
    Contains,
    ContainsProperly,
    CoveredBy,
    Covers,
    Crosses,
    Disjoint,
    Equals,
    Intersects,
    Touches,
    Within,
}

impl Relation {
    fn name(self) -> &'static str {
        match self {
            Relation::Contains => "ST_Contains",
            Relation::ContainsProperly => "ST_ContainsProperly",
            Relation::CoveredBy => "ST_CoveredBy",
            Relation::Covers => "ST_Covers",
            Relation::Crosses => "ST_Crosses",
            Relation::Disjoint => "ST_Disjoint",
            Relation::Equals => "ST_Equals",
            Relation::Intersects => "ST_Intersects",
            Relation::Touches => "ST_Touches",
            Relation::Within => "ST_Within",
        }
    }

    /// "If geom1 or geom2 is null, then an error is returned."
    fn refuses_null(self) -> bool {
        matches!(self, Relation::Crosses | Relation::Equals)
    }

    fn of(self, a: &Geometry, b: &Geometry) -> Result<bool> {
        check_pair(self.name(), a, b)?;
        // Nothing but disjointness holds where there is no point in common.
        let (Some(extent_a), Some(extent_b)) = (a.extent(), b.extent()) else {
            return Ok(self == Relation::Disjoint);
        };
        if apart(extent_a, extent_b) {
            return Ok(self == Relation::Disjoint);
        }
        let is_area = |shape: &Shape| shape.dimension() == 2;
        Ok(match (&a.shape, &b.shape) {
            (Shape::Point(Some(point)), area) if is_area(area) => self.holds_at(locate_in_area(area, *point), true),
            (area, Shape::Point(Some(point))) if is_area(area) => self.holds_at(locate_in_area(area, *point), false),
            (a, b) => self.holds(&Matrix::of(a, b), a.dimension(), b.dimension()),
        })
    }

    /// Of a point and an area, whichever comes first.
    fn holds_at(self, location: Location, point_first: bool) -> bool {
        let (inside, outside) = (location == Location::Interior, location == Location::Exterior);
        match self {
            Relation::Contains | Relation::ContainsProperly => inside && !point_first,
            Relation::Within => inside && point_first,
            Relation::Covers => !outside && !point_first,
            Relation::CoveredBy => !outside && point_first,
            Relation::Crosses | Relation::Equals => false,
            Relation::Disjoint => outside,
            Relation::Intersects => !outside,
            Relation::Touches => location == Location::Boundary,
        }
    }

    fn holds(self, matrix: &Matrix, left: i32, right: i32) -> bool {
        use Location::{Boundary, Exterior, Interior};
        let meets = |a, b| matrix.get(a, b).is_some();
        let shared = [Interior, Boundary].iter().any(|a| [Interior, Boundary].iter().any(|b| meets(*a, *b)));
        let covers = !meets(Exterior, Interior) && !meets(Exterior, Boundary);
        let covered = !meets(Interior, Exterior) && !meets(Boundary, Exterior);
        match self {
            Relation::Contains => meets(Interior, Interior) && covers,
            Relation::ContainsProperly => {
                meets(Interior, Interior) && covers && !meets(Boundary, Interior) && !meets(Boundary, Boundary)
            }
            Relation::CoveredBy => shared && covered,
            Relation::Covers => shared && covers,
            Relation::Crosses => match left.cmp(&right) {
                std::cmp::Ordering::Less => meets(Interior, Interior) && meets(Interior, Exterior),
                std::cmp::Ordering::Greater => meets(Interior, Interior) && meets(Exterior, Interior),
                std::cmp::Ordering::Equal => left == 1 && matrix.get(Interior, Interior) == Some(0),
            },
            Relation::Disjoint => !shared,
            Relation::Equals => meets(Interior, Interior) && covers && covered,
            Relation::Intersects => shared,
            Relation::Touches => shared && !meets(Interior, Interior),
            Relation::Within => meets(Interior, Interior) && covered,
        }
    }
}

/// The dimensions of what two geometries' interiors, boundaries and exteriors have in common.
#[derive(Debug, Default)]
struct Matrix([[Option<u8>; 3]; 3]);

impl Matrix {
    fn get(&self, a: Location, b: Location) -> Option<u8> {
        self.0[a as usize][b as usize]
    }

    fn add(&mut self, a: Location, b: Location, dimension: u8) {
        let cell = &mut self.0[a as usize][b as usize];
        *cell = (*cell).max(Some(dimension));
    }

    /// Of two shapes that are neither empty nor collections.
    fn of(a: &Shape, b: &Shape) -> Matrix {
        let mut input = Input::default();
        let sides = [Side::of(a), Side::of(b)];
        add_shape(&mut input, 0, a);
        add_shape(&mut input, 1, b);
        let arrangement = input.arrange();
        let mut matrix = Matrix::default();
        matrix.add(Location::Exterior, Location::Exterior, 2);
        for (piece, (left, right)) in arrangement.pieces.iter().zip(&arrangement.windings) {
            let along = |source: usize| match sides[source].dimension {
                2 if piece.on_ring[source] => Location::Boundary,
                2 => face(left, source, true),
                _ if piece.on_line[source] => Location::Interior,
                _ => Location::Exterior,
            };
            matrix.add(along(0), along(1), 1);
            for windings in [left, right] {
                let within = |source: usize| face(windings, source, sides[source].dimension == 2);
                matrix.add(within(0), within(1), 2);
            }
        }
        matrix.add_nodes(&arrangement, &sides);
        matrix
    }

    fn add_nodes(&mut self, arrangement: &Arrangement, sides: &[Side; 2]) {
        let around = arrangement.around_nodes();
        for (node, place) in arrangement.nodes.iter().enumerate() {
            let at = |source: usize| {
                let side = &sides[source];
                match (arrangement.on[node][source], side.dimension) {
                    (true, 2) => Location::Boundary,
                    (true, 1) if side.is_end(*place) => Location::Boundary,
                    (true, _) => Location::Interior,
                    (false, dimension) => face(&around[node], source, dimension == 2),
                }
            };
            self.add(at(0), at(1), 0);
        }
    }
}

/// Where a face is.
fn face(windings: &Windings, source: usize, is_area: bool) -> Location {
    if is_area && windings[source] > 0 { Location::Interior } else { Location::Exterior }
}

/// What is to be known of a shape beside its segments.
struct Side {
    dimension: i32,
    /// Of lines the ends that an odd number of them has.
    ends: HashMap<(u64, u64), usize>,
}

fn key(place: Coord) -> (u64, u64) {
    // Zeros of both signs are one place.
    ((place.x + 0.0).to_bits(), (place.y + 0.0).to_bits())
}

impl Side {
    fn of(shape: &Shape) -> Side {
        let mut ends = HashMap::new();
        shape.simple_parts(&mut |part| {
            if let Shape::Line(points) = part
                && let [first, .., last] = points[..]
            {
                *ends.entry(key(first)).or_insert(0) += 1;
                *ends.entry(key(last)).or_insert(0) += 1;
            }
        });
        Side { dimension: shape.dimension(), ends }
    }

    fn is_end(&self, place: Coord) -> bool {
        self.ends.get(&key(place)).is_some_and(|count| count % 2 == 1)
    }
}

/// Puts a shape into an arrangement.
pub(super) fn add_shape(input: &mut Input, source: usize, shape: &Shape) {
    shape.simple_parts(&mut |part| match part {
        Shape::Point(Some(point)) => input.add_point(source, *point),
        Shape::Line(points) => input.add_line(source, points),
        Shape::Polygon(rings) => input.add_polygon(source, rings),
        _ => {}
    });
}

/// A column of geometries; a constant is read once.
struct Geometries<'a> {
    column: &'a Column,
    source: <&'a [u8] as Read<'a>>::Source,
    constant: Option<Geometry>,
}

impl<'a> Geometries<'a> {
    fn of(args: &'a Args, index: usize) -> Result<Self> {
        let column = &args.columns[index];
        let source = <&[u8]>::source(&column.array)?;
        let is_constant = column.constant && !column.array.is_empty() && !column.array.is_null(0);
        let constant = if is_constant { Some(wkb::kept(<&[u8]>::get(&source, 0))?) } else { None };
        Ok(Geometries { column, source, constant })
    }

    fn with<R>(&self, row: usize, then: impl FnOnce(&Geometry) -> Result<R>) -> Result<R> {
        match &self.constant {
            Some(constant) => then(constant),
            None => then(&wkb::kept(<&[u8]>::get(&self.source, row))?),
        }
    }

    fn is_null(&self, row: usize) -> bool {
        self.column.array.is_null(if self.column.constant { 0 } else { row })
    }
}

fn related(call: Call<'_>, relation: Relation) -> Result<Typed> {
    call.lenient_kernel_with(relation, RedshiftType::Bool, |relation, args| {
        let (left, right) = (Geometries::of(args, 0)?, Geometries::of(args, 1)?);
        args.rows(|row| {
            if left.is_null(row) || right.is_null(row) {
                return if relation.refuses_null() {
                    Err(invalid(format!("the arguments of {} must not be null", relation.name())))
                } else {
                    Ok(None)
                };
            }
            left.with(row, |a| right.with(row, |b| relation.of(a, b))).map(Some)
        })
    })
}
