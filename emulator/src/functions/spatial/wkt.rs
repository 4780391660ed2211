//! Well-known text, with the SRID in front in the extended form: `SRID=4326;POINT Z (1 2 3)`.
//!
//! Sources: developer guide, "ST_GeomFromText", "ST_GeomFromEWKT", "ST_AsText", "ST_AsEWKT"; OGC 06-103r4. The names of
//! subtypes and dimensions are read in any case, with or without blanks between them.

use std::fmt::Write;

use redshift_sql_dialect::{Error, Result};

use super::{
    geometry::{Coord, Dims, Geometry, Rings, Shape, unreadable},
    wkb::collected,
};
use crate::text_output;

/// Significant digits where none are asked for.
pub(super) const DIGITS: i32 = 15;
/// Collections in collections, at most.
const MAX_DEPTH: usize = 64;

/// Is an SRID in front?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Srid {
    /// There may be one.
    Allowed,
    /// There must be none.
    Refused,
}

/// A coordinate as `%.{digits}g` writes it.
pub(super) fn put_number(out: &mut String, value: f64, digits: i32) {
    // A negative zero is shown as zero; writing to a string does not fail.
    let _ = text_output::write_float8(out, if value == 0.0 { 0.0 } else { value }, digits - DIGITS);
}

/// `SRID=4326;POINT(1 2)`: the SRID only where there is one.
pub(super) fn write_extended(geometry: &Geometry, digits: i32) -> String {
    let mut out = String::new();
    if geometry.srid != 0 {
        let _ = write!(out, "SRID={};", geometry.srid);
    }
    put_shape(&mut out, &geometry.shape, geometry.dims, digits);
    out
}

/// `POINT(1 2)`
pub(super) fn write(geometry: &Geometry, digits: i32) -> String {
    let mut out = String::new();
    put_shape(&mut out, &geometry.shape, geometry.dims, digits);
    out
}

fn put_shape(out: &mut String, shape: &Shape, dims: Dims, digits: i32) {
    out.push_str(shape.upper_name());
    let tag = match dims {
        Dims::Xy => "",
        Dims::Xyz => " Z ",
        Dims::Xym => " M ",
        Dims::Xyzm => " ZM ",
    };
    out.push_str(tag);
    let line = |out: &mut String, points: &Vec<Coord>| put_line(out, points, dims, digits);
    let polygon = |out: &mut String, rings: &Rings| put_rings(out, rings, dims, digits);
    let empty = match shape {
        Shape::Point(point) => point.is_none(),
        Shape::Line(points) => points.is_empty(),
        Shape::Polygon(rings) => rings.is_empty(),
        Shape::MultiPoint(points) => points.is_empty(),
        Shape::MultiLine(lines) => lines.is_empty(),
        Shape::MultiPolygon(polygons) => polygons.is_empty(),
        Shape::Collection(shapes) => shapes.is_empty(),
    };
    if empty {
        out.push_str(if tag.is_empty() { " EMPTY" } else { "EMPTY" });
        return;
    }
    match shape {
        Shape::Point(point) => put_list(out, point.as_slice(), |out, point| put_coord(out, *point, dims, digits)),
        Shape::Line(points) => line(out, points),
        Shape::Polygon(rings) => polygon(out, rings),
        Shape::MultiPoint(points) => put_list(out, points, |out, point| match point {
            Some(point) => put_list(out, &[*point], |out, point| put_coord(out, *point, dims, digits)),
            None => out.push_str("EMPTY"),
        }),
        Shape::MultiLine(lines) => put_list(out, lines, line),
        Shape::MultiPolygon(polygons) => put_list(out, polygons, polygon),
        Shape::Collection(shapes) => put_list(out, shapes, |out, each| put_shape(out, each, dims, digits)),
    }
}

fn put_list<T>(out: &mut String, items: &[T], each: impl Fn(&mut String, &T)) {
    out.push('(');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        each(out, item);
    }
    out.push(')');
}

fn put_line(out: &mut String, points: &[Coord], dims: Dims, digits: i32) {
    if points.is_empty() {
        return out.push_str("EMPTY");
    }
    put_list(out, points, |out, point| put_coord(out, *point, dims, digits));
}

fn put_rings(out: &mut String, rings: &Rings, dims: Dims, digits: i32) {
    if rings.is_empty() {
        return out.push_str("EMPTY");
    }
    put_list(out, rings, |out, ring| put_line(out, ring, dims, digits));
}

fn put_coord(out: &mut String, coord: Coord, dims: Dims, digits: i32) {
    put_number(out, coord.x, digits);
    let mut put = |value: f64| {
        out.push(' ');
        put_number(out, value, digits);
    };
    put(coord.y);
    if dims.has_z() {
        put(coord.z);
    }
    if dims.has_m() {
        put(coord.m);
    }
}

/// Reads well-known text.
///
/// # Errors
/// 22P02 where it is none.
pub(super) fn read(text: &str, srid: Srid) -> Result<Geometry> {
    let mut reader = Reader { text, at: 0 };
    let found = if srid == Srid::Allowed { reader.srid()? } else { None };
    let (shape, dims) = reader.shape(None, 0)?;
    reader.blanks();
    if reader.at < text.len() {
        return Err(reader.unexpected());
    }
    Ok(Geometry::new(found.unwrap_or(0), dims, shape))
}

/// Does the text begin as an SRID does?
pub(super) fn has_srid(text: &str) -> bool {
    text.trim_start().get(..5).is_some_and(|start| start.eq_ignore_ascii_case("srid="))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn unexpected(&self) -> Error {
        let near: String = self.rest().chars().take(20).collect();
        if near.is_empty() {
            return unreadable("invalid well-known text: it ends too early");
        }
        unreadable(format!("invalid well-known text near \"{near}\""))
    }

    fn eat(&mut self, symbol: char) -> bool {
        self.blanks();
        let found = self.rest().starts_with(symbol);
        self.at += if found { symbol.len_utf8() } else { 0 };
        found
    }

    fn expect(&mut self, symbol: char) -> Result<()> {
        if self.eat(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// The letters that come next, in upper case.
    fn word(&mut self) -> String {
        self.blanks();
        let letters = self.rest().bytes().take_while(u8::is_ascii_alphabetic).count();
        let word = self.rest()[..letters].to_ascii_uppercase();
        self.at += letters;
        word
    }

    fn srid(&mut self) -> Result<Option<i32>> {
        if !has_srid(self.text) {
            return Ok(None);
        }
        self.blanks();
        self.at += "srid=".len();
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let srid = self.rest()[..digits].parse().map_err(|_| self.unexpected())?;
        self.at += digits;
        self.expect(';')?;
        Ok(Some(srid))
    }

    /// A subtype, a dimension, and what is in parentheses. `within` is the dimension of what it is a part of.
    fn shape(&mut self, within: Option<Dims>, depth: usize) -> Result<(Shape, Dims)> {
        if depth > MAX_DEPTH {
            return Err(unreadable("invalid well-known text: its collections are nested too deeply"));
        }
        self.blanks();
        let start = self.at;
        let word = self.word();
        let tags = [("ZM", Dims::Xyzm), ("Z", Dims::Xyz), ("M", Dims::Xym)];
        let split = |word: &str| {
            if let Some(code) = Shape::code_of(word) {
                return Some((code, None));
            }
            let glued = |(tag, dims): &(&str, Dims)| Some((Shape::code_of(word.strip_suffix(tag)?)?, Some(*dims)));
            tags.iter().find_map(glued)
        };
        let Some((code, mut tag)) = split(&word) else {
            self.at = start;
            return Err(self.unexpected());
        };
        let start = self.at;
        let mut word = self.word();
        if let Some((_, dims)) = tags.iter().find(|(name, _)| *name == word).filter(|_| tag.is_none()) {
            tag = Some(*dims);
            word = self.word();
        }
        let dims = tag.unwrap_or(Dims::Xy);
        if within.is_some_and(|within| within != dims) {
            return Err(unreadable("invalid well-known text: its parts differ in dimension"));
        }
        match (word.as_str(), Shape::empty(code)) {
            ("EMPTY", Some(empty)) => return Ok((empty, dims)),
            ("", _) => {}
            _ => {
                self.at = start;
                return Err(self.unexpected());
            }
        }
        let shape = match code {
            1 => {
                self.expect('(')?;
                let point = self.coord(dims)?;
                self.expect(')')?;
                Shape::Point(Some(point))
            }
            2 => Shape::Line(self.line(dims)?),
            3 => Shape::Polygon(self.rings(dims)?),
            4 => Shape::MultiPoint(self.list(|reader| reader.point_of_many(dims))?),
            5 => Shape::MultiLine(self.list(|reader| reader.empty_or(|reader| reader.line(dims)))?),
            6 => Shape::MultiPolygon(self.list(|reader| reader.empty_or(|reader| reader.rings(dims)))?),
            _ => {
                let parts = self.list(|reader| Ok(reader.shape(Some(dims), depth + 1)?.0))?;
                collected(code, parts).ok_or_else(|| self.unexpected())?
            }
        };
        Ok((shape, dims))
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.expect('(')?;
        let mut items = Vec::new();
        loop {
            items.push(item(self)?);
            if !self.eat(',') {
                self.expect(')')?;
                return Ok(items);
            }
        }
    }

    /// EMPTY, or a list.
    fn empty_or<T>(&mut self, list: impl FnOnce(&mut Self) -> Result<Vec<T>>) -> Result<Vec<T>> {
        let start = self.at;
        if self.word() == "EMPTY" {
            return Ok(Vec::new());
        }
        self.at = start;
        list(self)
    }

    /// A point of a MULTIPOINT: with parentheses or without, or EMPTY.
    fn point_of_many(&mut self, dims: Dims) -> Result<Option<Coord>> {
        let start = self.at;
        if self.word() == "EMPTY" {
            return Ok(None);
        }
        self.at = start;
        if !self.eat('(') {
            return self.coord(dims).map(Some);
        }
        let point = self.coord(dims)?;
        self.expect(')')?;
        Ok(Some(point))
    }

    fn line(&mut self, dims: Dims) -> Result<Vec<Coord>> {
        self.list(|reader| reader.coord(dims))
    }

    fn rings(&mut self, dims: Dims) -> Result<Rings> {
        self.list(|reader| reader.line(dims))
    }

    fn number(&mut self) -> Result<f64> {
        self.blanks();
        let in_number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
        let length = self.rest().bytes().take_while(in_number).count();
        let number = self.rest()[..length].parse().map_err(|_| self.unexpected())?;
        self.at += length;
        Ok(number)
    }

    fn coord(&mut self, dims: Dims) -> Result<Coord> {
        let mut coord = Coord::xy(self.number()?, self.number()?);
        if dims.has_z() {
            coord.z = self.number()?;
        }
        if dims.has_m() {
            coord.m = self.number()?;
        }
        Ok(coord)
    }
}
