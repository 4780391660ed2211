//! Well-known binary: the form that values are kept and sent in, and the forms that functions read and write.
//!
//! Three forms exist. Plain WKB numbers the dimensions as OGC does (1001 is POINT Z). EWKB has flags for z, the measure and
//! the SRID in the type, as PostGIS has. ST_AsEWKB mixes them: OGC's numbers with the flag of the SRID ("uses the Open
//! Geospatial Consortium (OGC) standard value for the geometry type"). Empty points have NaN coordinates.
//!
//! Values are kept as EWKB, little-endian; the highest bit of the first byte is set in those without a precomputed
//! bounding box (default_geometry_encoding, DropBBox). [`ewkb_of_kept`] gives what leaves.

use std::borrow::Cow;

use redshift_sql_dialect::{Error, Result, SqlState};

use super::geometry::{Coord, Dims, Geometry, MAX_SIZE, Rings, Shape, unreadable};

const FLAG_Z: u32 = 0x8000_0000;
const FLAG_M: u32 = 0x4000_0000;
const FLAG_SRID: u32 = 0x2000_0000;
/// In the first byte of a kept value: it has no bounding box.
const UNBOXED: u8 = 0x80;
/// Collections in collections, at most.
const MAX_DEPTH: usize = 64;

/// How the type is numbered, and whether the SRID is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// OGC's numbers, without SRID.
    Wkb,
    /// OGC's numbers, with the SRID where it is not 0.
    OgcEwkb,
    /// Flags, with the SRID where it is not 0.
    Ewkb,
}

/// A value in a binary form.
pub(super) fn write(geometry: &Geometry, form: Form) -> Vec<u8> {
    let mut out = Vec::with_capacity(32 + geometry.size());
    let srid = if form == Form::Wkb { 0 } else { geometry.srid };
    put_shape(&mut out, &geometry.shape, geometry.dims, form, srid);
    out
}

/// A value as it is kept.
///
/// # Errors
/// 54000 `Geometry size: 1513736 is larger than maximum supported size: 1048447`
pub(super) fn keep(geometry: &Geometry) -> Result<Vec<u8>> {
    let size = geometry.size();
    if size > MAX_SIZE {
        let message = format!("Geometry size: {size} is larger than maximum supported size: {MAX_SIZE}");
        return Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message));
    }
    let mut bytes = write(geometry, Form::Ewkb);
    if !geometry.boxed {
        bytes[0] |= UNBOXED;
    }
    Ok(bytes)
}

/// The EWKB of a value as it is kept.
pub fn ewkb_of_kept(bytes: &[u8]) -> Cow<'_, [u8]> {
    match bytes.first() {
        Some(first) if first & UNBOXED != 0 => {
            let mut plain = bytes.to_vec();
            plain[0] &= !UNBOXED;
            Cow::Owned(plain)
        }
        _ => Cow::Borrowed(bytes),
    }
}

/// Reads a value as it is kept.
pub(super) fn kept(bytes: &[u8]) -> Result<Geometry> {
    let mut geometry = read(&ewkb_of_kept(bytes))?;
    geometry.boxed = bytes[0] & UNBOXED == 0;
    Ok(geometry)
}

/// Reads any binary form.
///
/// # Errors
/// 22P02 where it is none.
pub(super) fn read(bytes: &[u8]) -> Result<Geometry> {
    let mut reader = Reader { bytes, at: 0 };
    let (shape, dims, srid) = reader.shape(None, 0)?;
    if reader.at < bytes.len() {
        return Err(damaged("there are bytes behind its end"));
    }
    Ok(Geometry::new(srid, dims, shape))
}

/// Reads the hexadecimal digits of any binary form.
///
/// # Errors
/// 22P02 `Compass I/O exception: Invalid hexadecimal character(s) found`
pub(super) fn read_hex(text: &str) -> Result<Geometry> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|value| value as u8);
    let text = text.trim().as_bytes();
    let (pairs, rest) = text.as_chunks::<2>();
    let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    match bytes {
        Some(bytes) if rest.is_empty() => read(&bytes),
        _ => Err(unreadable("Compass I/O exception: Invalid hexadecimal character(s) found")),
    }
}

/// The hexadecimal digits of bytes.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    // Writing to a string does not fail.
    let _ = crate::text_output::write_hex_upper(&mut text, bytes);
    text
}

fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_coord(out: &mut Vec<u8>, coord: Coord, dims: Dims) {
    let mut put = |value: f64| out.extend_from_slice(&value.to_le_bytes());
    put(coord.x);
    put(coord.y);
    if dims.has_z() {
        put(coord.z);
    }
    if dims.has_m() {
        put(coord.m);
    }
}

fn put_head(out: &mut Vec<u8>, code: u32, dims: Dims, form: Form, srid: i32) {
    let (z, m) = (u32::from(dims.has_z()), u32::from(dims.has_m()));
    let mut code = match form {
        Form::Wkb | Form::OgcEwkb => code + 1_000 * z + 2_000 * m,
        Form::Ewkb => code | (FLAG_Z * z) | (FLAG_M * m),
    };
    if srid != 0 {
        code |= FLAG_SRID;
    }
    out.push(1);
    put_u32(out, code);
    if srid != 0 {
        put_u32(out, srid as u32);
    }
}

fn put_line(out: &mut Vec<u8>, points: &[Coord], dims: Dims) {
    put_u32(out, points.len() as u32);
    points.iter().for_each(|point| put_coord(out, *point, dims));
}

fn put_rings(out: &mut Vec<u8>, rings: &Rings, dims: Dims) {
    put_u32(out, rings.len() as u32);
    rings.iter().for_each(|ring| put_line(out, ring, dims));
}

fn put_point(out: &mut Vec<u8>, point: Option<Coord>, dims: Dims) {
    let nowhere = Coord { x: f64::NAN, y: f64::NAN, z: f64::NAN, m: f64::NAN };
    put_coord(out, point.unwrap_or(nowhere), dims);
}

fn put_shape(out: &mut Vec<u8>, shape: &Shape, dims: Dims, form: Form, srid: i32) {
    put_head(out, shape.code(), dims, form, srid);
    match shape {
        Shape::Point(point) => put_point(out, *point, dims),
        Shape::Line(points) => put_line(out, points, dims),
        Shape::Polygon(rings) => put_rings(out, rings, dims),
        Shape::MultiPoint(points) => {
            put_u32(out, points.len() as u32);
            for point in points {
                put_head(out, 1, dims, form, 0);
                put_point(out, *point, dims);
            }
        }
        Shape::MultiLine(lines) => {
            put_u32(out, lines.len() as u32);
            for line in lines {
                put_head(out, 2, dims, form, 0);
                put_line(out, line, dims);
            }
        }
        Shape::MultiPolygon(polygons) => {
            put_u32(out, polygons.len() as u32);
            for rings in polygons {
                put_head(out, 3, dims, form, 0);
                put_rings(out, rings, dims);
            }
        }
        Shape::Collection(shapes) => {
            put_u32(out, shapes.len() as u32);
            shapes.iter().for_each(|each| put_shape(out, each, dims, form, 0));
        }
    }
}

fn damaged(why: &str) -> Error {
    unreadable(format!("invalid well-known binary: {why}"))
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let rest = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>());
        let taken = rest.ok_or_else(|| damaged("it ends too early"))?;
        self.at += N;
        Ok(*taken)
    }

    fn u32(&mut self, big: bool) -> Result<u32> {
        let bytes = self.take()?;
        Ok(if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn f64(&mut self, big: bool) -> Result<f64> {
        let bytes = self.take()?;
        Ok(if big { f64::from_be_bytes(bytes) } else { f64::from_le_bytes(bytes) })
    }

    /// A count of things of which each has at least so many bytes.
    fn count(&mut self, big: bool, least: usize) -> Result<usize> {
        let count = self.u32(big)? as usize;
        if count.saturating_mul(least) > self.bytes.len() - self.at {
            return Err(damaged("it ends too early"));
        }
        Ok(count)
    }

    fn coord(&mut self, big: bool, dims: Dims) -> Result<Option<Coord>> {
        let mut coord = Coord::xy(self.f64(big)?, self.f64(big)?);
        if dims.has_z() {
            coord.z = self.f64(big)?;
        }
        if dims.has_m() {
            coord.m = self.f64(big)?;
        }
        Ok(if coord.x.is_nan() && coord.y.is_nan() { None } else { Some(coord) })
    }

    fn line(&mut self, big: bool, dims: Dims) -> Result<Vec<Coord>> {
        let count = self.count(big, 8 * dims.count())?;
        let point = |reader: &mut Self| reader.coord(big, dims)?.ok_or_else(|| damaged("a line has an empty point"));
        (0..count).map(|_| point(self)).collect()
    }

    fn rings(&mut self, big: bool, dims: Dims) -> Result<Rings> {
        let count = self.count(big, 4)?;
        (0..count).map(|_| self.line(big, dims)).collect()
    }

    /// A shape, its dimension and SRID; `within` is the dimension of what it is a part of.
    fn shape(&mut self, within: Option<Dims>, depth: usize) -> Result<(Shape, Dims, i32)> {
        if depth > MAX_DEPTH {
            return Err(damaged("its collections are nested too deeply"));
        }
        let [order] = self.take()?;
        if order > 1 {
            return Err(damaged("its byte order is neither 0 nor 1"));
        }
        let big = order == 0;
        let code = self.u32(big)?;
        let (low, thousands) = ((code & 0x1FFF_FFFF) % 1_000, (code & 0x1FFF_FFFF) / 1_000);
        if thousands > 3 {
            return Err(damaged("its type is unknown"));
        }
        let has_z = code & FLAG_Z != 0 || thousands & 1 != 0;
        let has_m = code & FLAG_M != 0 || thousands & 2 != 0;
        let dims = Dims::of(has_z, has_m);
        if within.is_some_and(|within| within != dims) {
            return Err(damaged("its parts differ in dimension"));
        }
        let srid = if code & FLAG_SRID != 0 { self.u32(big)? } else { 0 };
        let srid = i32::try_from(srid).map_err(|_| damaged("its SRID is negative"))?;
        let shape = match low {
            1 => Shape::Point(self.coord(big, dims)?),
            2 => Shape::Line(self.line(big, dims)?),
            3 => Shape::Polygon(self.rings(big, dims)?),
            4..=7 => self.parts(big, low, dims, depth)?,
            _ => return Err(damaged("its type is unknown")),
        };
        Ok((shape, dims, srid))
    }

    fn parts(&mut self, big: bool, code: u32, dims: Dims, depth: usize) -> Result<Shape> {
        let count = self.count(big, 9)?;
        let mut parts = Vec::with_capacity(count);
        for _ in 0..count {
            parts.push(self.shape(Some(dims), depth + 1)?.0);
        }
        collected(code, parts).ok_or_else(|| damaged("a part is of a wrong type"))
    }
}

/// A MULTI subtype or a collection of parts; none where a part is of another type.
pub(super) fn collected(code: u32, parts: Vec<Shape>) -> Option<Shape> {
    let parts = parts.into_iter();
    Some(match code {
        4 => Shape::MultiPoint(
            parts.map(|part| if let Shape::Point(point) = part { Some(point) } else { None }).collect::<Option<_>>()?,
        ),
        5 => Shape::MultiLine(
            parts
                .map(|part| if let Shape::Line(points) = part { Some(points) } else { None })
                .collect::<Option<_>>()?,
        ),
        6 => Shape::MultiPolygon(
            parts
                .map(|part| if let Shape::Polygon(rings) = part { Some(rings) } else { None })
                .collect::<Option<_>>()?,
        ),
        _ => Shape::Collection(parts.collect()),
    })
}
