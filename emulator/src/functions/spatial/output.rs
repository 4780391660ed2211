//! Representations of values.
//!
//! Sources: developer guide, "ST_AsText", "ST_AsEWKT", "ST_AsGeoJSON", "ST_AsBinary", "ST_AsEWKB", "ST_AsHexWKB",
//! "ST_AsHexEWKB".

use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, types::MAX_VARCHAR};

use super::{
    GEOGRAPHY, GEOMETRY, find, geojson,
    geometry::{Geometry, invalid},
    wkb::{self, Form},
    wkt,
};
use crate::{
    binder::Typed,
    functions::registry::{Call, Function, INT4, function, takes},
};

const WRITE_EWKT: fn(Call<'_>) -> Result<Typed> = |call| written(call, wkt::write_extended);
const WRITE_WKT: fn(Call<'_>) -> Result<Typed> = |call| written(call, wkt::write);
const WRITE_JSON: fn(Call<'_>) -> Result<Typed> = |call| written(call, geojson::write);
const WRITE_HEX_EWKB: fn(Call<'_>) -> Result<Typed> =
    |call| find(call, text(), |geometry| fitting(wkb::hex(&wkb::write(geometry, Form::Ewkb))));
const WRITE_HEX_WKB: fn(Call<'_>) -> Result<Typed> =
    |call| find(call, text(), |geometry| fitting(wkb::hex(&wkb::write(geometry, Form::Wkb))));

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "st_asbinary",
        &[takes(&[GEOMETRY], |call| bytes(call, |geometry| Ok(Some(wkb::write(geometry, Form::Wkb)))))],
    ),
    function(
        "st_asewkb",
        &[takes(&[GEOMETRY], |call| bytes(call, |geometry| Ok(Some(wkb::write(geometry, Form::OgcEwkb)))))],
    ),
    function(
        "st_asewkt",
        &[takes(&[GEOMETRY, INT4], WRITE_EWKT).optional(1), takes(&[GEOGRAPHY, INT4], WRITE_EWKT).optional(1)],
    ),
    function(
        "st_asgeojson",
        &[takes(&[GEOMETRY, INT4], WRITE_JSON).optional(1), takes(&[GEOGRAPHY, INT4], WRITE_JSON).optional(1)],
    ),
    function("st_ashexewkb", &[takes(&[GEOMETRY], WRITE_HEX_EWKB), takes(&[GEOGRAPHY], WRITE_HEX_EWKB)]),
    function("st_ashexwkb", &[takes(&[GEOMETRY], WRITE_HEX_WKB), takes(&[GEOGRAPHY], WRITE_HEX_WKB)]),
    function(
        "st_astext",
        &[takes(&[GEOMETRY, INT4], WRITE_WKT).optional(1), takes(&[GEOGRAPHY, INT4], WRITE_WKT).optional(1)],
    ),
];

/// Significant digits that may be asked for.
const PRECISIONS: std::ops::RangeInclusive<i32> = 1..=20;

fn text() -> RedshiftType {
    RedshiftType::Varchar(MAX_VARCHAR)
}

fn bytes(call: Call<'_>, write: super::Find<Vec<u8>>) -> Result<Typed> {
    find(call, RedshiftType::Varbyte(redshift_sql_dialect::types::MAX_VARBYTE), write)
}

/// "If the result is larger than a 64-KB VARCHAR, then an error is returned."
fn fitting(text: String) -> Result<Option<String>> {
    if text.len() <= MAX_VARCHAR as usize {
        return Ok(Some(text));
    }
    let message = format!("value too long for type character varying({MAX_VARCHAR})");
    Err(Error::new(SqlState::STRING_DATA_RIGHT_TRUNCATION, message))
}

/// The text of a value with the digits that a second argument asks for.
fn written(call: Call<'_>, write: fn(&Geometry, i32) -> String) -> Result<Typed> {
    call.kernel_with(write, text(), |write, args| {
        let precisions = if args.len() > 1 { Some(args.reader::<i32>(1)?) } else { None };
        let geometries = args.reader::<&[u8]>(0)?;
        args.rows(|row| {
            let digits = precisions.as_ref().map_or(Some(wkt::DIGITS), |precisions| precisions.get(row));
            let (Some(bytes), Some(digits)) = (geometries.get(row), digits) else { return Ok(None) };
            if !PRECISIONS.contains(&digits) {
                let (least, most) = (PRECISIONS.start(), PRECISIONS.end());
                return Err(invalid(format!("precision {digits} is out of range, {least} to {most}")));
            }
            fitting(write(&wkb::kept(bytes)?, digits))
        })
    })
}
