//! Values from their representations, and casts between GEOMETRY and GEOGRAPHY.
//!
//! Sources: developer guide, "ST_GeomFromText", "ST_GeomFromEWKT", "ST_GeomFromWKB", "ST_GeomFromEWKB",
//! "ST_GeomFromGeoJSON", "ST_GeogFromText", "ST_GeogFromWKB", "CAST function", "Loading a column of the GEOMETRY or GEOGRAPHY
//! data type".

use redshift_sql_dialect::{RedshiftType, Result};

use super::{
    Boxes,
    geography::Spheroid,
    geojson,
    geometry::{Geometry, unreadable},
    keep_all, wkb,
    wkt::{self, Srid},
};
use crate::{
    binder::{BindContext, Typed},
    functions::{
        kernel::Kernel,
        registry::{Call, Function, INT4, Param, function, takes},
    },
};

use Param::{Super, Text};

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("st_geomfromtext", &[takes(&[Text, INT4], |call| from_text(call, wkt_alone)).optional(1)]),
    function("st_geomfromwkb", &[takes(&[Text, INT4], |call| from_text(call, wkb::read_hex)).optional(1)]),
    function("st_geomfromewkt", &[takes(&[Text], |call| read_as(call, RedshiftType::Geometry, extended_wkt))]),
    function("st_geomfromewkb", &[takes(&[Text], |call| read_as(call, RedshiftType::Geometry, wkb::read_hex))]),
    // A SUPER is held as its JSON.
    function(
        "st_geomfromgeojson",
        &[
            takes(&[Text], |call| read_as(call, RedshiftType::Geometry, geojson::read)),
            takes(&[Super], |call| read_as(call, RedshiftType::Geometry, geojson::read)),
        ],
    ),
    function("st_geogfromtext", &[takes(&[Text], |call| read_as(call, RedshiftType::Geography, geography_wkt))]),
    function("st_geogfromwkb", &[takes(&[Text], |call| read_as(call, RedshiftType::Geography, geography_wkb))]),
];

/// The reference system of a GEOGRAPHY that names none: WGS 84.
pub(super) const WGS84: i32 = 4326;

type ReadText = fn(&str) -> Result<Geometry>;

fn wkt_alone(text: &str) -> Result<Geometry> {
    wkt::read(text, Srid::Refused)
}

fn extended_wkt(text: &str) -> Result<Geometry> {
    wkt::read(text, Srid::Allowed)
}

fn geography_wkt(text: &str) -> Result<Geometry> {
    as_geography(extended_wkt(text)?)
}

fn geography_wkb(text: &str) -> Result<Geometry> {
    as_geography(wkb::read_hex(text)?)
}

/// The same value as a GEOGRAPHY: "By default, GEOGRAPHY data types are created with spatial reference (SRID) 4326".
fn as_geography(geometry: Geometry) -> Result<Geometry> {
    match geometry.srid {
        0 => Ok(Geometry { srid: WGS84, ..geometry }),
        _ => Ok(geometry),
    }
}

/// WKT, EWKT, or the hexadecimal digits of WKB or EWKB.
fn any_form(text: &str) -> Result<Geometry> {
    let first = text.trim_start().bytes().next();
    match first {
        Some(b'0'..=b'9') => wkb::read_hex(text),
        Some(first) if first.is_ascii_alphabetic() && !is_hex(text) => extended_wkt(text),
        Some(_) => wkb::read_hex(text),
        None => Err(unreadable("invalid input syntax for type geometry: \"\"")),
    }
}

fn is_hex(text: &str) -> bool {
    text.trim().bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A GEOMETRY of its text, as it is kept.
///
/// # Errors
/// 22P02 where it is none, 54000 where it is too large.
pub(crate) fn read_geometry(text: &str) -> Result<Vec<u8>> {
    wkb::keep(&any_form(text)?)
}

/// The same for a GEOGRAPHY.
pub(crate) fn read_geography(text: &str) -> Result<Vec<u8>> {
    wkb::keep(&as_geography(any_form(text)?)?)
}

/// Casts that have a GEOMETRY or GEOGRAPHY on one side; none where the cast is another one.
pub(crate) fn cast(value: &Typed, target: RedshiftType, ctx: &BindContext) -> Option<Result<Typed>> {
    use RedshiftType::{Geography, Geometry, Unknown};
    let boxes = Boxes::of(ctx);
    let args = vec![value.expr.clone()];
    Some(match (value.ty, target) {
        (Unknown, Geometry | Geography) => {
            let parameters = (boxes, target == Geography);
            let kernel =
                Kernel::new(format!("cast(unknown as {target})"), parameters, target, |(boxes, round), args| {
                    args.map1(|text: &str| {
                        let read = any_form(text)?;
                        let read = if *round { as_geography(read)? } else { read };
                        boxes.keep(read).map(Some)
                    })
                });
            kernel.call_or_fold(args)
        }
        (Geometry, Geography) => {
            let kernel = Kernel::new("cast(geometry as geography)", (), target, |(), args| {
                args.map1(|bytes: &[u8]| wkb::keep(&round(wkb::kept(bytes)?)?).map(Some))
            });
            kernel.call_or_fold(args)
        }
        // "This cast simply copies coordinates without any further transformation."
        (Geography, Geometry) => Ok(Typed::new(value.expr.clone(), target)),
        _ => return None,
    })
}

/// A GEOMETRY as a GEOGRAPHY: possible "as long as the input GEOMETRY is encoded with the geographic SRID".
fn round(geometry: Geometry) -> Result<Geometry> {
    if geometry.srid != 0 {
        Spheroid::of(geometry.srid)?;
    }
    as_geography(geometry)
}

/// Reads a text, and gives the geometry the SRID of a second argument or 0.
fn from_text(call: Call<'_>, read: ReadText) -> Result<Typed> {
    let parameters = (Boxes::of(call.ctx), read);
    call.kernel_with(parameters, RedshiftType::Geometry, |(boxes, read), args| {
        let srids = if args.len() > 1 { Some(args.reader::<i32>(1)?) } else { None };
        let texts = args.reader::<&str>(0)?;
        keep_all(*boxes, args, |row| {
            let srid = srids.as_ref().map_or(Some(0), |srids| srids.get(row));
            let (Some(text), Some(srid)) = (texts.get(row), srid) else { return Ok(None) };
            // "If srid is negative, then null is returned."
            if srid < 0 {
                return Ok(None);
            }
            Ok(Some(Geometry { srid, ..read(text)? }))
        })
    })
}

fn read_as(call: Call<'_>, returns: RedshiftType, read: ReadText) -> Result<Typed> {
    let parameters = (Boxes::of(call.ctx), read);
    call.kernel_with(parameters, returns, |(boxes, read), args| {
        args.map1(|text: &str| boxes.keep(read(text)?).map(Some))
    })
}
