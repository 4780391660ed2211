//! GeoJSON.
//!
//! Sources: developer guide, "ST_AsGeoJSON", "ST_GeomFromGeoJSON"; RFC 7946.

use redshift_sql_dialect::{Error, Result};
use serde_json::Value;

use super::{
    geometry::{Coord, Dims, Geometry, Shape, unreadable},
    wkb::collected,
    wkt::put_number,
};

/// The reference system that a geometry of GeoJSON has.
const SRID: i32 = 4326;
/// Collections in collections, at most.
const MAX_DEPTH: usize = 64;

/// `{"type":"Point","coordinates":[1,2]}`. Measures do not show.
pub(super) fn write(geometry: &Geometry, digits: i32) -> String {
    let mut out = String::new();
    put_shape(&mut out, &geometry.shape, geometry.dims.has_z(), digits);
    out
}

fn put_shape(out: &mut String, shape: &Shape, has_z: bool, digits: i32) {
    out.push_str("{\"type\":\"");
    out.push_str(shape.mixed_name());
    out.push_str(if matches!(shape, Shape::Collection(_)) { "\",\"geometries\":" } else { "\",\"coordinates\":" });
    let coord = |out: &mut String, coord: &Coord| {
        let numbers = [coord.x, coord.y, coord.z];
        put_list(out, &numbers[..if has_z { 3 } else { 2 }], |out, number| put_number(out, *number, digits));
    };
    let line = |out: &mut String, points: &Vec<Coord>| put_list(out, points, coord);
    match shape {
        Shape::Point(Some(point)) => coord(out, point),
        Shape::Point(None) => out.push_str("[]"),
        Shape::Line(points) => line(out, points),
        Shape::MultiPoint(points) => put_list(out, points, |out, point| match point {
            Some(point) => coord(out, point),
            None => out.push_str("[]"),
        }),
        Shape::Polygon(lines) | Shape::MultiLine(lines) => put_list(out, lines, line),
        Shape::MultiPolygon(polygons) => put_list(out, polygons, |out, rings| put_list(out, rings, line)),
        Shape::Collection(shapes) => put_list(out, shapes, |out, each| put_shape(out, each, has_z, digits)),
    }
    out.push('}');
}

fn put_list<T>(out: &mut String, items: &[T], each: impl Fn(&mut String, &T)) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        each(out, item);
    }
    out.push(']');
}

/// Reads GeoJSON: 3DZ where a point has three coordinates or more, else 2D.
///
/// # Errors
/// 22P02 where it is none.
pub(super) fn read(text: &str) -> Result<Geometry> {
    let json: Value = serde_json::from_str(text).map_err(|_| wrong("it is no JSON"))?;
    let mut reader = Reader { has_z: false };
    let shape = reader.shape(&json, 0)?;
    Ok(Geometry::new(SRID, Dims::of(reader.has_z, false), shape))
}

fn wrong(why: &str) -> Error {
    unreadable(format!("invalid GeoJSON: {why}"))
}

struct Reader {
    has_z: bool,
}

impl Reader {
    fn shape(&mut self, json: &Value, depth: usize) -> Result<Shape> {
        if depth > MAX_DEPTH {
            return Err(wrong("its collections are nested too deeply"));
        }
        let name = json.get("type").and_then(Value::as_str).ok_or_else(|| wrong("it has no type"))?;
        let code = Shape::code_of(&name.to_ascii_uppercase());
        let code = code.ok_or_else(|| wrong(&format!("type \"{name}\" is unknown")))?;
        let member = if code == 7 { "geometries" } else { "coordinates" };
        let items = json.get(member).and_then(Value::as_array);
        let items = items.ok_or_else(|| wrong(&format!("it has no {member}")))?;
        Ok(match code {
            1 => Shape::Point(self.point(items)?),
            2 => Shape::Line(self.line(items)?),
            3 => Shape::Polygon(self.lines(items)?),
            4 => Shape::MultiPoint(items.iter().map(|item| self.point(array(item)?)).collect::<Result<_>>()?),
            5 => Shape::MultiLine(self.lines(items)?),
            6 => Shape::MultiPolygon(items.iter().map(|item| self.lines(array(item)?)).collect::<Result<_>>()?),
            _ => {
                let parts = items.iter().map(|item| self.shape(item, depth + 1)).collect::<Result<Vec<_>>>()?;
                collected(code, parts).ok_or_else(|| wrong("a part is of a wrong type"))?
            }
        })
    }

    fn lines(&mut self, items: &[Value]) -> Result<Vec<Vec<Coord>>> {
        items.iter().map(|item| self.line(array(item)?)).collect()
    }

    fn line(&mut self, items: &[Value]) -> Result<Vec<Coord>> {
        let empty = || wrong("a line has an empty point");
        items.iter().map(|item| self.point(array(item)?)?.ok_or_else(empty)).collect()
    }

    fn point(&mut self, items: &[Value]) -> Result<Option<Coord>> {
        let number = |item: &Value| item.as_f64().ok_or_else(|| wrong("a coordinate is no number"));
        let numbers = items.iter().map(number).collect::<Result<Vec<f64>>>()?;
        Ok(match numbers[..] {
            [] => None,
            [x, y] => Some(Coord::xy(x, y)),
            [x, y, z, ..] => {
                self.has_z = true;
                Some(Coord { z, ..Coord::xy(x, y) })
            }
            _ => return Err(wrong("a point has one coordinate")),
        })
    }
}

fn array(json: &Value) -> Result<&[Value]> {
    json.as_array().map(Vec::as_slice).ok_or_else(|| wrong("an array is expected"))
}
