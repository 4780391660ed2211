//! Points as codes of the cells of a grid: geohashes and geosquares.
//!
//! Sources: developer guide, "ST_GeoHash", "ST_GeomFromGeoHash", "ST_GeoSquare", "ST_GeomFromGeoSquare". Both grids are made
//! by halving the longitudes -180 to 180 and the latitudes -90 to 90 again and again, in double precision, whose limits show:
//! a geohash of 23 characters is a point.
//!
//! A geosquare is a BIGINT of bits: a leading 1, the half of the first step (the domain becomes two squares, the eastern one
//! is 1), and for each further step two bits, 1 for the southern half and 1 for the eastern half. So the guide's examples
//! read; a code of the largest depth, 32, takes all 64 bits.

use redshift_sql_dialect::{RedshiftType, Result, types::MAX_VARCHAR};

use super::{
    Boxes, GEOMETRY,
    constructors::envelope,
    geometry::{Coord, Dims, Geometry, Shape, invalid, unreadable},
    keep_all, wkb,
};
use crate::{
    binder::Typed,
    functions::registry::{Call, Function, INT4, INT8, Param, function, takes},
};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("st_geohash", &[takes(&[GEOMETRY, INT4], geohash).optional(1)]),
    function("st_geomfromgeohash", &[takes(&[Param::Text, INT4], geom_from_geohash).optional(1)]),
    function("st_geosquare", &[takes(&[GEOMETRY, INT4], geosquare).optional(1)]),
    function("st_geomfromgeosquare", &[takes(&[INT8, INT4], geom_from_geosquare).optional(1)]),
];

const DIGITS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
/// Characters of a geohash where none are asked for.
const PRECISION: i32 = 20;
/// Steps of a geosquare, at most.
const MAX_DEPTH: i32 = 32;

/// A range that is halved.
#[derive(Debug, Clone, Copy)]
struct Range {
    min: f64,
    max: f64,
}

impl Range {
    const LONGITUDES: Range = Range { min: -180.0, max: 180.0 };
    const LATITUDES: Range = Range { min: -90.0, max: 90.0 };

    fn middle(self) -> f64 {
        (self.min + self.max) / 2.0
    }

    /// Keeps the upper or the lower half.
    fn keep(&mut self, upper: bool) {
        let middle = self.middle();
        if upper { self.min = middle } else { self.max = middle }
    }

    /// Keeps the half that a number is in. Is it the upper one?
    fn narrow(&mut self, number: f64) -> bool {
        let upper = number >= self.middle();
        self.keep(upper);
        upper
    }

    fn check(self, number: f64, what: &str) -> Result<()> {
        if (self.min..=self.max).contains(&number) {
            return Ok(());
        }
        Err(invalid(format!("{what} {number} is out of range, {} to {}", self.min, self.max)))
    }
}

/// The point of a geometry that has to be one; none where it is empty. Its coordinates have to be degrees.
fn place(name: &str, geometry: &Geometry) -> Result<Option<Coord>> {
    let Shape::Point(point) = geometry.shape else {
        return Err(invalid(format!("the argument of {name} must be a POINT")));
    };
    let Some(point) = point else { return Ok(None) };
    Range::LONGITUDES.check(point.x, "longitude")?;
    Range::LATITUDES.check(point.y, "latitude")?;
    Ok(Some(point))
}

fn geohash(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Varchar(MAX_VARCHAR), |(), args| {
        let precisions = if args.len() > 1 { Some(args.reader::<i32>(1)?) } else { None };
        let geometries = args.reader::<&[u8]>(0)?;
        args.rows(|row| {
            let precision = precisions.as_ref().map_or(Some(PRECISION), |precisions| precisions.get(row));
            let (Some(bytes), Some(precision)) = (geometries.get(row), precision) else { return Ok(None) };
            if !(1..=MAX_VARCHAR as i32).contains(&precision) {
                return Err(invalid(format!("precision {precision} of ST_GeoHash is out of range")));
            }
            Ok(place("ST_GeoHash", &wkb::kept(bytes)?)?.map(|point| geohash_of(point, precision as usize)))
        })
    })
}

fn geohash_of(point: Coord, precision: usize) -> String {
    let (mut x, mut y) = (Range::LONGITUDES, Range::LATITUDES);
    let mut bit = 0;
    let digit = |_| {
        let mut value = 0;
        for _ in 0..5 {
            let upper = if bit % 2 == 0 { x.narrow(point.x) } else { y.narrow(point.y) };
            value = value << 1 | usize::from(upper);
            bit += 1;
        }
        char::from(DIGITS[value])
    };
    (0..precision).map(digit).collect()
}

fn geom_from_geohash(call: Call<'_>) -> Result<Typed> {
    let boxes = Boxes::of(call.ctx);
    call.kernel_with(boxes, RedshiftType::Geometry, |boxes, args| {
        let precisions = if args.len() > 1 { Some(args.reader::<i32>(1)?) } else { None };
        let hashes = args.reader::<&str>(0)?;
        keep_all(*boxes, args, |row| {
            let precision = precisions.as_ref().map_or(Some(-1), |precisions| precisions.get(row));
            let (Some(hash), Some(precision)) = (hashes.get(row), precision) else { return Ok(None) };
            let digits = usize::try_from(precision).unwrap_or(usize::MAX);
            cell_of_geohash(hash, digits).map(Some)
        })
    })
}

fn cell_of_geohash(hash: &str, precision: usize) -> Result<Geometry> {
    let (mut x, mut y) = (Range::LONGITUDES, Range::LATITUDES);
    let mut bit = 0;
    for (index, digit) in hash.bytes().enumerate() {
        let value = DIGITS.iter().position(|known| *known == digit.to_ascii_lowercase());
        let value = value.ok_or_else(|| unreadable(format!("invalid geohash \"{hash}\"")))?;
        if index >= precision {
            continue;
        }
        for place in (0..5).rev() {
            let range = if bit % 2 == 0 { &mut x } else { &mut y };
            range.keep(value >> place & 1 == 1);
            bit += 1;
        }
    }
    Ok(cell(x, y))
}

fn cell(x: Range, y: Range) -> Geometry {
    Geometry::new(0, Dims::Xy, envelope(Coord::xy(x.min, y.min), Coord::xy(x.max, y.max)))
}

fn depth(name: &str, depth: i32) -> Result<u32> {
    if (1..=MAX_DEPTH).contains(&depth) {
        return Ok(depth as u32);
    }
    Err(invalid(format!("depth {depth} of {name} is out of range, 1 to {MAX_DEPTH}")))
}

fn geosquare(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int8, |(), args| {
        let depths = if args.len() > 1 { Some(args.reader::<i32>(1)?) } else { None };
        let geometries = args.reader::<&[u8]>(0)?;
        args.rows(|row| {
            let deepest = depths.as_ref().map_or(Some(MAX_DEPTH), |depths| depths.get(row));
            let (Some(bytes), Some(deepest)) = (geometries.get(row), deepest) else { return Ok(None) };
            let deepest = depth("ST_GeoSquare", deepest)?;
            // "If the input point is empty, the return value is not a valid input to the ST_GeomFromGeoSquare function."
            let point = place("ST_GeoSquare", &wkb::kept(bytes)?)?;
            Ok(Some(point.map_or(0, |point| geosquare_of(point, deepest))))
        })
    })
}

fn geosquare_of(point: Coord, depth: u32) -> i64 {
    let (mut x, mut y) = (Range::LONGITUDES, Range::LATITUDES);
    let mut code = 2 | u64::from(x.narrow(point.x));
    for _ in 1..depth {
        let (east, north) = (x.narrow(point.x), y.narrow(point.y));
        code = code << 2 | u64::from(!north) << 1 | u64::from(east);
    }
    code as i64
}

fn geom_from_geosquare(call: Call<'_>) -> Result<Typed> {
    let boxes = Boxes::of(call.ctx);
    call.kernel_with(boxes, RedshiftType::Geometry, |boxes, args| {
        let depths = if args.len() > 1 { Some(args.reader::<i32>(1)?) } else { None };
        let codes = args.reader::<i64>(0)?;
        keep_all(*boxes, args, |row| {
            let most = depths.as_ref().map_or(Some(MAX_DEPTH), |depths| depths.get(row));
            let (Some(code), Some(most)) = (codes.get(row), most) else { return Ok(None) };
            if most < 1 {
                return Err(invalid(format!("depth {most} of ST_GeomFromGeoSquare is out of range")));
            }
            cell_of_geosquare(code, most as u32).map(Some)
        })
    })
}

fn cell_of_geosquare(code: i64, most: u32) -> Result<Geometry> {
    let bits = code as u64;
    let length = 64 - bits.leading_zeros();
    if length < 2 || length % 2 == 1 {
        return Err(invalid(format!("invalid geosquare {code}")));
    }
    let (mut x, mut y) = (Range::LONGITUDES, Range::LATITUDES);
    x.keep(bits >> (length - 2) & 1 == 1);
    for step in 1..(length / 2).min(most) {
        let pair = bits >> (length - 2 - 2 * step);
        x.keep(pair & 1 == 1);
        y.keep(pair & 2 == 0);
    }
    Ok(cell(x, y))
}
