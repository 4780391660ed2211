//! Cells of the grid H3.
//!
//! Sources: developer guide, "H3_FromLongLat", "H3_FromPoint", "H3_Center", "H3_Boundary", "H3_IsValid", "H3_Resolution",
//! "H3_ToParent", "H3_ToChildren", "H3_Polyfill"; the H3 library, whose polygonToCells puts cells into a table by their number
//! modulo its size: that is the order in which H3_Polyfill gives them.

use std::str::FromStr;

use h3o::{CellIndex, LatLng, Resolution};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use super::{
    Boxes, GEOMETRY,
    geometry::{Coord, Dims, Geometry, Rings, Shape, invalid},
    plane::{Location, locate},
    wkb,
};
use crate::{
    binder::Typed,
    functions::{
        kernel::{Args, Reader},
        registry::{Call, FLOAT8, Function, INT4, INT8, Param, function, takes},
    },
};

use Param::Text;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("h3_boundary", &[takes(&[INT8], boundary), takes(&[Text], boundary)]),
    function("h3_center", &[takes(&[INT8], center), takes(&[Text], center)]),
    function("h3_fromlonglat", &[takes(&[FLOAT8, FLOAT8, INT4], from_long_lat)]),
    function("h3_frompoint", &[takes(&[GEOMETRY, INT4], from_point)]),
    function("h3_isvalid", &[takes(&[INT8], is_valid), takes(&[Text], is_valid)]),
    function("h3_polyfill", &[takes(&[GEOMETRY, INT4], polyfill)]),
    function("h3_resolution", &[takes(&[INT8], resolution), takes(&[Text], resolution)]),
    function("h3_tochildren", &[takes(&[INT8, INT4], to_children), takes(&[Text, INT4], to_children)]),
    function("h3_toparent", &[takes(&[INT8, INT4], to_parent), takes(&[Text, INT4], to_parent)]),
];

/// The most bytes of a SUPER value: developer guide, "SUPER type".
const MAX_SUPER: usize = 16 * 1024 * 1024;
/// Digits of a cell's number, and a comma.
const NUMBER_BYTES: usize = 19;

/// Indices by number, or as hexadecimal digits.
enum Indices<'a> {
    Numbers(Reader<'a, i64>),
    Texts(Reader<'a, &'a str>),
}

impl<'a> Indices<'a> {
    fn of(args: &'a Args, is_text: bool) -> Result<Self> {
        Ok(if is_text { Indices::Texts(args.reader(0)?) } else { Indices::Numbers(args.reader(0)?) })
    }

    /// The cell in a row; none where the index is none. The outer option is none for NULL.
    fn get(&self, row: usize) -> Option<Option<CellIndex>> {
        match self {
            Indices::Numbers(numbers) => numbers.get(row).map(|number| CellIndex::try_from(number as u64).ok()),
            Indices::Texts(texts) => texts.get(row).map(|text| CellIndex::from_str(text).ok()),
        }
    }

    /// # Errors
    /// 22023 where the index is none.
    fn cell(&self, row: usize) -> Result<Option<CellIndex>> {
        match self.get(row) {
            None => Ok(None),
            Some(Some(cell)) => Ok(Some(cell)),
            Some(None) => Err(invalid("invalid H3 index")),
        }
    }
}

/// The cell's number as it is shown.
fn number(cell: CellIndex) -> i64 {
    u64::from(cell) as i64
}

fn resolution_of(resolution: i32, least: i32, most: i32) -> Result<Resolution> {
    let known = u8::try_from(resolution).ok().and_then(|number| Resolution::try_from(number).ok());
    known
        .filter(|_| (least..=most).contains(&resolution))
        .ok_or_else(|| invalid(format!("resolution {resolution} is out of range, {least} to {most}")))
}

fn cell_at(x: f64, y: f64, resolution: i32) -> Result<CellIndex> {
    let resolution = resolution_of(resolution, 0, 15)?;
    let place = LatLng::new(y, x).map_err(|_| invalid("longitude and latitude must be finite"))?;
    Ok(place.to_cell(resolution))
}

fn from_long_lat(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int8, |(), args| {
        args.map3(|x: f64, y: f64, resolution: i32| Ok(Some(number(cell_at(x, y, resolution)?))))
    })
}

fn from_point(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int8, |(), args| {
        args.map2(|bytes: &[u8], resolution: i32| {
            let Shape::Point(point) = wkb::kept(bytes)?.shape else {
                return Err(invalid("the first argument of H3_FromPoint must be a POINT"));
            };
            resolution_of(resolution, 0, 15)?;
            point.map(|point| cell_at(point.x, point.y, resolution).map(number)).transpose()
        })
    })
}

fn is_valid(call: Call<'_>) -> Result<Typed> {
    let is_text = call.ty(0).is_string();
    call.kernel_with(is_text, RedshiftType::Bool, |is_text, args| {
        let indices = Indices::of(args, *is_text)?;
        args.rows(|row| Ok(indices.get(row).map(|cell| cell.is_some())))
    })
}

fn resolution(call: Call<'_>) -> Result<Typed> {
    let is_text = call.ty(0).is_string();
    call.kernel_with(is_text, RedshiftType::Int4, |is_text, args| {
        let indices = Indices::of(args, *is_text)?;
        args.rows(|row| Ok(indices.cell(row)?.map(|cell| i32::from(u8::from(cell.resolution())))))
    })
}

fn to_parent(call: Call<'_>) -> Result<Typed> {
    let is_text = call.ty(0).is_string();
    call.kernel_with(is_text, RedshiftType::Int8, |is_text, args| {
        let (indices, resolutions) = (Indices::of(args, *is_text)?, args.reader::<i32>(1)?);
        args.rows(|row| {
            let (Some(resolution), Some(_)) = (resolutions.get(row), indices.get(row)) else { return Ok(None) };
            let Some(cell) = indices.cell(row)? else { return Ok(None) };
            let wanted = resolution_of(resolution, 0, i32::from(u8::from(cell.resolution())))?;
            Ok(cell.parent(wanted).map(number))
        })
    })
}

fn to_children(call: Call<'_>) -> Result<Typed> {
    let is_text = call.ty(0).is_string();
    call.kernel_with(is_text, RedshiftType::Super, |is_text, args| {
        let (indices, resolutions) = (Indices::of(args, *is_text)?, args.reader::<i32>(1)?);
        args.rows(|row| {
            let (Some(resolution), Some(_)) = (resolutions.get(row), indices.get(row)) else { return Ok(None) };
            let Some(cell) = indices.cell(row)? else { return Ok(None) };
            let wanted = resolution_of(resolution, i32::from(u8::from(cell.resolution())), 15)?;
            check_size(cell.children_count(wanted) as usize)?;
            Ok(Some(array(cell.children(wanted))))
        })
    })
}

/// A SUPER array of cells.
fn array(cells: impl Iterator<Item = CellIndex>) -> String {
    let numbers: Vec<String> = cells.map(|cell| number(cell).to_string()).collect();
    format!("[{}]", numbers.join(","))
}

/// "If the output size exceeds the maximum SUPER size limit, then an error is returned."
fn check_size(cells: usize) -> Result<()> {
    if cells.saturating_mul(NUMBER_BYTES) <= MAX_SUPER {
        return Ok(());
    }
    Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "the H3 cells exceed the maximum size of a SUPER value"))
}

fn place(place: LatLng) -> Coord {
    Coord::xy(place.lng(), place.lat())
}

fn center(call: Call<'_>) -> Result<Typed> {
    shape_of(call, |cell| Shape::Point(Some(place(LatLng::from(cell)))))
}

fn boundary(call: Call<'_>) -> Result<Typed> {
    shape_of(call, |cell| {
        let mut ring: Vec<Coord> = cell.boundary().iter().copied().map(place).collect();
        ring.extend(ring.first().copied());
        Shape::Polygon(vec![ring])
    })
}

fn shape_of(call: Call<'_>, shape: fn(CellIndex) -> Shape) -> Result<Typed> {
    let parameters = (Boxes::of(call.ctx), call.ty(0).is_string(), shape);
    call.kernel_with(parameters, RedshiftType::Geometry, |(boxes, is_text, shape), args| {
        let indices = Indices::of(args, *is_text)?;
        super::keep_all(*boxes, args, |row| Ok(indices.cell(row)?.map(|cell| Geometry::new(0, Dims::Xy, shape(cell)))))
    })
}

fn polyfill(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Super, |(), args| {
        args.map2(|bytes: &[u8], resolution: i32| {
            let Shape::Polygon(rings) = wkb::kept(bytes)?.shape else {
                return Err(invalid("the first argument of H3_Polyfill must be a POLYGON"));
            };
            let resolution = resolution_of(resolution, 0, 15)?;
            if rings.is_empty() {
                return Ok(None);
            }
            Ok(Some(array(cells_in(&rings, resolution)?.into_iter())))
        })
    })
}

/// Cells in a table of which each is at its number modulo the table's size, or behind.
struct Table(Vec<Option<CellIndex>>);

impl Table {
    /// Adds a cell that may be there. Was it new?
    fn add(&mut self, cell: CellIndex, wanted: impl FnOnce() -> bool) -> Result<bool> {
        let size = self.0.len();
        let start = (u64::from(cell) % size as u64) as usize;
        for step in 0..size {
            let slot = &mut self.0[(start + step) % size];
            match slot {
                Some(known) if *known == cell => return Ok(false),
                Some(_) => {}
                None => {
                    let wanted = wanted();
                    if wanted {
                        *slot = Some(cell);
                    }
                    return Ok(wanted);
                }
            }
        }
        Err(invalid("the polygon of H3_Polyfill has too many cells"))
    }
}

/// The mean Earth radius of H3, in kilometres.
const EARTH_RADIUS: f64 = 6_371.007_180_918_475;

fn kilometers(a: LatLng, b: LatLng) -> f64 {
    let half = |from: f64, to: f64| ((to - from) / 2.0).sin().powi(2);
    let longitudes = half(a.lng_radians(), b.lng_radians()) * a.lat_radians().cos() * b.lat_radians().cos();
    let squared = half(a.lat_radians(), b.lat_radians()) + longitudes;
    2.0 * squared.sqrt().atan2((1.0 - squared).sqrt()) * EARTH_RADIUS
}

/// The radius of the first pentagon, the smallest cell.
fn pentagon_radius(resolution: Resolution) -> Result<f64> {
    let base = CellIndex::base_cells().find(|cell| cell.is_pentagon());
    let pentagon = base.and_then(|cell| cell.center_child(resolution));
    let pentagon = pentagon.ok_or_else(|| Error::internal("H3 has no pentagon"))?;
    Ok(kilometers(LatLng::from(pentagon), pentagon.boundary()[0]))
}

fn lat_lng(coord: Coord) -> Result<LatLng> {
    LatLng::new(coord.y, coord.x).map_err(|_| invalid("longitude and latitude must be finite"))
}

/// How many cells the polygon's box has, about.
fn table_size(rings: &Rings, radius: f64) -> Result<usize> {
    let exterior = &rings[0];
    let fold = |start: f64, pick: fn(f64, f64) -> f64, of: fn(&Coord) -> f64| exterior.iter().map(of).fold(start, pick);
    let (west, east) = (fold(f64::INFINITY, f64::min, |c| c.x), fold(f64::NEG_INFINITY, f64::max, |c| c.x));
    let (south, north) = (fold(f64::INFINITY, f64::min, |c| c.y), fold(f64::NEG_INFINITY, f64::max, |c| c.y));
    let area = 0.8 * (2.598_076_211_35 * radius * radius);
    let diagonal = kilometers(lat_lng(Coord::xy(east, north))?, lat_lng(Coord::xy(west, south))?);
    let (width, height) = ((east - west).to_radians(), (north - south).to_radians());
    let ratio = width.max(height) / width.min(height);
    let estimate = (diagonal * diagonal / ratio.min(3.0) / area).ceil().max(1.0);
    let corners: usize = rings.iter().map(|ring| ring.len().saturating_sub(1)).sum();
    if !estimate.is_finite() {
        return Ok(corners + 12);
    }
    check_size(estimate as usize)?;
    Ok((estimate as usize).max(corners) + 12)
}

/// The cells whose centers are in a polygon: from those along its rings inwards.
fn cells_in(rings: &Rings, resolution: Resolution) -> Result<Vec<CellIndex>> {
    let radius = pentagon_radius(resolution)?;
    let size = table_size(rings, radius)?;
    let mut edges = Table(vec![None; size]);
    let mut search = Vec::new();
    for pair in rings.iter().flat_map(|ring| ring.windows(2)) {
        let (from, to) = (lat_lng(pair[0])?, lat_lng(pair[1])?);
        let steps = (kilometers(from, to) / (2.0 * radius)).ceil().max(1.0) as usize;
        for step in 0..steps {
            let (done, left) = (step as f64 / steps as f64, (steps - step) as f64 / steps as f64);
            let at = Coord::xy(pair[0].x * left + pair[1].x * done, pair[0].y * left + pair[1].y * done);
            let cell = lat_lng(at)?.to_cell(resolution);
            if edges.add(cell, || true)? {
                search.push(cell);
            }
        }
    }
    let mut found = Table(vec![None; size]);
    while !search.is_empty() {
        let mut next = Vec::new();
        for near in search.iter().flat_map(|cell| cell.grid_disk::<Vec<_>>(1)) {
            if found.add(near, || locate(rings, place(LatLng::from(near))) == Location::Interior)? {
                next.push(near);
            }
        }
        search = next;
    }
    Ok(found.0.into_iter().flatten().collect())
}
