//! Esri shapefiles as rows of CSV: the geometry, then the attributes in their order.
//!
//! Sources: "ESRI Shapefile Technical Description" (1998); dBASE III's file structure; developer guide, "Loading a shapefile
//! into Amazon Redshift". A shapefile is several files: shapes in `.shp`, attributes in `.dbf`, the reference system in `.prj`.
//! A row's text is what COPY reads from any CSV file, so that its faults are found and logged as those of other files.

pub use crate::functions::spatial::shapes::{Fit, Simplify};
use crate::functions::spatial::shapes::{Ring, ShapeText};

/// Why a shapefile cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged(pub &'static str);

/// The rows of a shapefile as CSV.
#[derive(Debug, Default, PartialEq)]
pub struct Rows {
    /// Their text.
    pub csv: Vec<u8>,
    /// The shapes that were too large: the number of the record, from 1, and what became of it.
    pub fitted: Vec<(u64, Fit)>,
}

/// The rows of a shapefile as CSV: `shp` are the shapes, `dbf` the attributes, `srid` the reference system, 0 for none.
///
/// # Errors
/// Where a file is no shapefile's.
pub fn to_csv(shp: &[u8], dbf: &[u8], srid: i32, simplify: Simplify) -> Result<Rows, Damaged> {
    let table = Table::open(dbf)?;
    let mut shapes = Shapes::open(shp)?;
    let mut csv = Vec::with_capacity(shp.len() * 2 + dbf.len());
    let mut fitted = Vec::new();
    for row in 0..table.rows {
        let Some(shape) = shapes.next()? else { break };
        let Some(fields) = table.row(row)? else { continue };
        if let Some(shape) = shape {
            let (digits, fit) = shape.ewkb_hex(srid, simplify);
            csv.extend_from_slice(digits.as_bytes());
            fitted.extend(fit.map(|fit| (row as u64 + 1, fit)));
        }
        for field in fields {
            csv.push(b',');
            if let Some(text) = field {
                csv.push(b'"');
                csv.extend_from_slice(text.replace('"', "\"\"").as_bytes());
                csv.push(b'"');
            }
        }
        csv.push(b'\n');
    }
    Ok(Rows { csv, fitted })
}

/// The SRID that a `.prj` file names; 0 where it names none that is known.
pub fn srid_of_projection(text: &str) -> i32 {
    // The outermost AUTHORITY comes last.
    let authority = text.rfind("AUTHORITY[\"EPSG\",\"").map(|at| &text[at + "AUTHORITY[\"EPSG\",\"".len()..]);
    if let Some(code) = authority.and_then(|rest| rest.split('"').next()).and_then(|code| code.parse().ok()) {
        return code;
    }
    let name = text.split('"').nth(1).unwrap_or_default();
    if let Some(zone) = name.strip_prefix("WGS_1984_UTM_Zone_") {
        let number: Option<i32> = zone.get(..zone.len().saturating_sub(1)).and_then(|zone| zone.parse().ok());
        return match (number, zone.chars().last()) {
            (Some(number), Some('N')) => 32_600 + number,
            (Some(number), Some('S')) => 32_700 + number,
            _ => 0,
        };
    }
    match name {
        "GCS_WGS_1984" | "WGS_1984" | "WGS 84" => 4326,
        "WGS_1984_Web_Mercator_Auxiliary_Sphere" | "WGS 84 / Pseudo-Mercator" => 3857,
        "GCS_North_American_1983" => 4269,
        "GCS_North_American_1927" => 4267,
        "GCS_ETRS_1989" => 4258,
        _ => 0,
    }
}

/// A reader of numbers of both byte orders.
struct Bytes<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>()).copied();
        self.at += N;
        taken.ok_or(Damaged("the file ends too early"))
    }

    fn big(&mut self) -> Result<i32, Damaged> {
        self.take().map(i32::from_be_bytes)
    }

    fn little(&mut self) -> Result<i32, Damaged> {
        self.take().map(i32::from_le_bytes)
    }

    fn double(&mut self) -> Result<f64, Damaged> {
        self.take().map(f64::from_le_bytes)
    }

    fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// A count of things of so many bytes each, at least.
    fn count(&mut self, each: usize) -> Result<usize, Damaged> {
        let count = usize::try_from(self.little()?).map_err(|_| Damaged("a count is negative"))?;
        let left = self.bytes.len().saturating_sub(self.at);
        if count.saturating_mul(each) > left { Err(Damaged("the file ends too early")) } else { Ok(count) }
    }
}

/// Measures below this are none.
const NO_MEASURE: f64 = -1e38;
const HEADER: usize = 100;

/// The shapes of a `.shp` file.
struct Shapes<'a>(Bytes<'a>);

impl<'a> Shapes<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, Damaged> {
        let mut reader = Bytes { bytes, at: 0 };
        if reader.big()? != 9_994 || bytes.len() < HEADER {
            return Err(Damaged("the .shp file is no shapefile"));
        }
        Ok(Shapes(Bytes { bytes, at: HEADER }))
    }

    /// The next shape; the outer option is none at the end, the inner one for a null shape.
    fn next(&mut self) -> Result<Option<Option<ShapeText>>, Damaged> {
        if self.0.at >= self.0.bytes.len() {
            return Ok(None);
        }
        let _number = self.0.big()?;
        let length = usize::try_from(self.0.big()?).map_err(|_| Damaged("a record's length is negative"))? * 2;
        let end = self.0.at + length;
        let content = self.0.bytes.get(self.0.at..end).ok_or(Damaged("the file ends too early"))?;
        self.0.at = end;
        shape(&mut Bytes { bytes: content, at: 0 }).map(Some)
    }
}

fn shape(bytes: &mut Bytes<'_>) -> Result<Option<ShapeText>, Damaged> {
    let kind = bytes.little()?;
    if kind == 0 {
        return Ok(None);
    }
    let (has_z, has_m) = match kind {
        1 | 3 | 5 | 8 => (false, false),
        11 | 13 | 15 | 18 => (true, true),
        21 | 23 | 25 | 28 => (false, true),
        _ => return Err(Damaged("a shape's type is not supported")),
    };
    let base = kind % 10;
    let (mut parts, mut points) = (vec![0], Vec::new());
    if base == 1 {
        points.push([bytes.double()?, bytes.double()?, 0.0, 0.0]);
    } else {
        bytes.skip(32);
        let counted = if base == 8 { None } else { Some(bytes.count(4)?) };
        let count = bytes.count(0)?;
        if let Some(counted) = counted {
            let places = (0..counted).map(|_| bytes.little().map(|place| place.max(0) as usize));
            parts = places.collect::<Result<_, _>>()?;
        }
        for _ in 0..count {
            points.push([bytes.double()?, bytes.double()?, 0.0, 0.0]);
        }
    }
    let ranged = base != 1;
    if has_z {
        bytes.skip(if ranged { 16 } else { 0 });
        for point in &mut points {
            point[2] = bytes.double()?;
        }
    }
    // Of shapes with z the measures need not be there.
    let mut measured = has_m && (!has_z || bytes.bytes.len() > bytes.at);
    if measured {
        bytes.skip(if ranged { 16 } else { 0 });
        for point in &mut points {
            point[3] = bytes.double()?;
        }
        measured = !has_z || points.iter().any(|point| point[3] > NO_MEASURE);
    }
    for point in &mut points {
        point[3] = if measured && point[3] > NO_MEASURE { point[3] } else { 0.0 };
    }
    let rings = split(&points, &parts)?;
    Ok(Some(ShapeText::new(base, (has_z, measured), rings)))
}

fn split(points: &[[f64; 4]], parts: &[usize]) -> Result<Vec<Ring>, Damaged> {
    let ends = parts.iter().skip(1).copied().chain([points.len()]);
    let part = |(start, end): (&usize, usize)| points.get(*start..end).map(<[_]>::to_vec);
    parts.iter().zip(ends).map(part).collect::<Option<_>>().ok_or(Damaged("a part is outside of its shape"))
}

/// The attributes of a `.dbf` file.
struct Table<'a> {
    bytes: &'a [u8],
    rows: usize,
    header: usize,
    record: usize,
    /// Type and length of each field.
    fields: Vec<(u8, usize)>,
}

impl<'a> Table<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, Damaged> {
        let mut reader = Bytes { bytes, at: 4 };
        let rows = reader.little()?.max(0) as usize;
        let header = usize::from(u16::from_le_bytes(reader.take()?));
        let record = usize::from(u16::from_le_bytes(reader.take()?));
        let mut fields = Vec::new();
        let mut at = 32;
        while at + 32 <= header && bytes.get(at).is_some_and(|first| *first != 0x0D) {
            let field = bytes.get(at..at + 32).ok_or(Damaged("the .dbf file ends too early"))?;
            fields.push((field[11], usize::from(field[16])));
            at += 32;
        }
        if record != 1 + fields.iter().map(|(_, length)| length).sum::<usize>() {
            return Err(Damaged("the .dbf file's fields are not as long as its records"));
        }
        Ok(Table { bytes, rows, header, record, fields })
    }

    /// The texts of a record's fields; none where it is deleted.
    fn row(&self, row: usize) -> Result<Option<Vec<Option<String>>>, Damaged> {
        let start = self.header + row * self.record;
        let record = self.bytes.get(start..start + self.record).ok_or(Damaged("the .dbf file ends too early"))?;
        if record[0] == b'*' {
            return Ok(None);
        }
        let mut at = 1;
        let field = |(kind, length): &(u8, usize)| {
            let raw = &record[at..at + length];
            at += length;
            value(*kind, raw)
        };
        Ok(Some(self.fields.iter().map(field).collect()))
    }
}

/// A field's text; none where it is blank and no string.
fn value(kind: u8, raw: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text.to_string(),
        // Without a code page the characters are those of Latin-1.
        Err(_) => raw.iter().map(|byte| char::from(*byte)).collect(),
    };
    let trimmed = text.trim_matches(|c: char| c == ' ' || c == '\0');
    match kind {
        b'C' => Some(text.trim_end_matches([' ', '\0']).to_string()),
        _ if trimmed.is_empty() || trimmed.starts_with('*') => None,
        b'D' if trimmed.len() == 8 && trimmed.is_ascii() => {
            Some(format!("{}-{}-{}", &trimmed[..4], &trimmed[4..6], &trimmed[6..]))
        }
        b'L' => match trimmed {
            "T" | "t" | "Y" | "y" => Some("t".to_string()),
            "F" | "f" | "N" | "n" => Some("f".to_string()),
            _ => None,
        },
        _ => Some(trimmed.to_string()),
    }
}
