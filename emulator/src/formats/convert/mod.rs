//! Fields to columns: developer guide, "Data conversion parameters".
//!
//! One loop for each type goes down a column. The usual way of writing a value is read in place; whatever is not written
//! so (blanks around a number, an exponent, nothing at all) takes the long way through [`crate::text_input`], which
//! also words the fault. A row has one fault at most, its leftmost.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{ArrayRef, ArrowPrimitiveType, BinaryBuilder, BooleanBuilder, PrimitiveArray, PrimitiveBuilder},
    datatypes::{
        Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, Time64MicrosecondType,
        TimestampMicrosecondType,
    },
};
use redshift_sql_dialect::{Error, RedshiftType};

use super::fields::{Fault, Field, FieldTable, Form};
use crate::{
    functions::{read_geography, read_geometry},
    text_input::{self, InputError, Rounding},
    types::arrow_type,
};

/// `stl_load_errors.err_code` of a spatial value that cannot be read: "Unknown parse error".
const SPATIAL_FAULT: u16 = 1200;

mod datetime;
mod number;
mod text;

pub use datetime::{DateReading, TimeReading};

/// How fields are read, for all columns alike.
#[derive(Debug, Clone)]
pub struct Conversion {
    /// NULL AS: the text that is NULL; none where the format says itself what is.
    pub null_as: Option<Vec<u8>>,
    /// The character that stands doubled for itself in CSV.
    pub quote: u8,
    /// EMPTYASNULL
    pub empty_as_null: bool,
    /// BLANKSASNULL
    pub blanks_as_null: bool,
    /// TRIMBLANKS
    pub trim_blanks: bool,
    /// TRUNCATECOLUMNS
    pub truncate_columns: bool,
    /// ACCEPTINVCHARS: what stands for each byte that is not UTF-8.
    pub replacement: Option<u8>,
    /// ACCEPTANYDATE
    pub accept_any_date: bool,
    /// ROUNDEC or not.
    pub rounding: Rounding,
    /// What a VARCHAR is whose field FILLRECORD fills in: empty in text and CSV, unless EMPTYASNULL.
    pub missing_is_empty: bool,
    /// DATEFORMAT
    pub dates: DateReading,
    /// TIMEFORMAT
    pub times: TimeReading,
    /// What date and time texts depend on besides.
    pub input: text_input::DateTimeInput,
}

/// A column of the table that a field goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: RedshiftType,
    /// May the field be NULL?
    pub nullable: bool,
}

impl Target {
    /// Its type as `stl_load_errors.type` shows it.
    pub fn type_name(&self) -> &'static str {
        match self.ty {
            RedshiftType::Char(_) => "char",
            other => other.internal_name(),
        }
    }

    /// Its length as `stl_load_errors.col_length` shows it; `0` where it has none.
    pub fn length(&self) -> String {
        match self.ty {
            RedshiftType::Char(n) | RedshiftType::Varchar(n) | RedshiftType::Varbyte(n) => n.to_string(),
            RedshiftType::Numeric { precision, scale } => format!("{precision}, {scale}"),
            _ => "0".to_string(),
        }
    }
}

impl Conversion {
    /// Is this field NULL AS's text? It may be escaped: `\N` and `\\N` are the same.
    fn is_null(&self, raw: &[u8], value: &[u8]) -> bool {
        self.null_as.as_deref().is_some_and(|null| null == value || null == raw)
    }
}

/// Can COPY read values of this type out of text?
pub fn is_loadable(ty: RedshiftType) -> bool {
    use RedshiftType::*;
    match ty {
        Bool
        | Int2
        | Int4
        | Int8
        | Numeric { .. }
        | Float4
        | Float8
        | Char(_)
        | Varchar(_)
        | Date
        | Time
        | TimeTz
        | Timestamp
        | TimestampTz
        | Super
        | Varbyte(_)
        | Geometry
        | Geography => true,
        Text
        | Name
        | IntervalYearToMonth(_)
        | IntervalDayToSecond(_)
        | Interval
        | HllSketch
        | Oid
        | RegProc
        | RegProcedure
        | RegClass
        | RegType
        | InternalChar
        | Int2Vector
        | OidVector
        | Int2Array
        | Int4Array
        | OidArray
        | TextArray
        | InternalCharArray
        | AclItem
        | AclItemArray
        | AbsTime
        | CString
        | Unknown => false,
    }
}

/// A row's fault, where in the block it is, and its rank: the number of the field it is at.
#[derive(Debug, Clone)]
struct Ranked {
    rank: usize,
    at: usize,
    fault: Fault,
}

/// What became of the records of a table.
#[derive(Debug, Default)]
pub struct Faults {
    /// The rows with a fault, ascending.
    pub bad: Vec<RowFault>,
    /// The rows in which something was replaced, each with the first such field.
    pub replaced: Vec<(usize, usize)>,
}

/// The fault of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// The row.
    pub row: usize,
    /// The field; none where it is the record.
    pub field: Option<usize>,
    /// Where in the block.
    pub at: usize,
    /// What.
    pub fault: Fault,
}

/// The rows of a table while its columns are converted.
struct Rows<'a> {
    table: &'a FieldTable,
    block: &'a [u8],
    /// The block as text, where all of it is UTF-8.
    text: Option<&'a str>,
    conversion: &'a Conversion,
    /// By row; nearly always empty.
    faults: BTreeMap<usize, Ranked>,
    /// The first field of a row in which something was replaced.
    replaced: BTreeMap<usize, usize>,
}

/// Converts the fields of a table: one array for each target, with NULLs in the rows that have a fault.
pub fn convert(
    table: &FieldTable,
    block: &[u8],
    targets: &[Target],
    conversion: &Conversion,
) -> (Vec<ArrayRef>, Faults) {
    let mut rows = Rows {
        table,
        block,
        text: std::str::from_utf8(block).ok(),
        conversion,
        faults: BTreeMap::new(),
        replaced: BTreeMap::new(),
    };
    for bad in table.bad_rows() {
        let rank = bad.field.unwrap_or(table.width());
        rows.faults.insert(bad.row, Ranked { rank, at: bad.at, fault: bad.fault.clone() });
    }
    let arrays = targets.iter().enumerate().map(|(field, target)| rows.column(field, target)).collect();
    (arrays, rows.faults())
}

impl<'a> Rows<'a> {
    fn column(&mut self, field: usize, target: &Target) -> ArrayRef {
        let conversion = self.conversion;
        match target.ty {
            RedshiftType::Bool => self.booleans(field, target),
            RedshiftType::Int2 => {
                let fast = |raw: &[u8]| number::integer(raw).and_then(|value| i16::try_from(value).ok());
                self.numbers::<Int16Type>(field, target, fast, text_input::parse_int2)
            }
            RedshiftType::Int4 => {
                let fast = |raw: &[u8]| number::integer(raw).and_then(|value| i32::try_from(value).ok());
                self.numbers::<Int32Type>(field, target, fast, text_input::parse_int4)
            }
            RedshiftType::Int8 => self.numbers::<Int64Type>(field, target, number::integer, text_input::parse_int8),
            RedshiftType::Float4 => self.numbers::<Float32Type>(field, target, number::float, text_input::parse_float4),
            RedshiftType::Float8 => self.numbers::<Float64Type>(field, target, number::float, text_input::parse_float8),
            RedshiftType::Numeric { precision, scale } => {
                let decimal = number::Decimal::new(precision, scale, conversion.rounding);
                let slow = |text: &str| text_input::parse_numeric(text, precision, scale, conversion.rounding);
                self.numbers::<Decimal128Type>(field, target, |raw| decimal.read(raw), slow)
            }
            RedshiftType::Date => {
                let slow = |raw: &[u8]| conversion.date(raw);
                self.primitives::<Date32Type>(field, target, |raw| conversion.dates.fast(raw), slow)
            }
            RedshiftType::Timestamp => {
                let slow = |raw: &[u8]| conversion.timestamp(raw);
                self.primitives::<TimestampMicrosecondType>(field, target, |raw| conversion.times.fast(raw), slow)
            }
            RedshiftType::TimestampTz => {
                let slow = |raw: &[u8]| conversion.timestamptz(raw);
                self.primitives::<TimestampMicrosecondType>(field, target, |_| None, slow)
            }
            RedshiftType::Time => {
                let slow = |text: &str| text_input::parse_time(text, &conversion.input);
                self.numbers::<Time64MicrosecondType>(field, target, |_| None, slow)
            }
            RedshiftType::TimeTz => {
                let slow = |text: &str| text_input::parse_timetz(text, &conversion.input);
                self.numbers::<Time64MicrosecondType>(field, target, |_| None, slow)
            }
            RedshiftType::Varbyte(length) => self.bytes(field, target, length as usize),
            RedshiftType::Super => self.documents(field, target),
            RedshiftType::Geometry => self.spatial(field, target, read_geometry),
            RedshiftType::Geography => self.spatial(field, target, read_geography),
            // What is not loadable was refused before anything was read.
            _ => self.strings(field, target),
        }
    }

    /// A column whose values `text_input` knows.
    fn numbers<T: ArrowPrimitiveType>(
        &mut self,
        field: usize,
        target: &Target,
        fast: impl Fn(&[u8]) -> Option<T::Native>,
        slow: impl Fn(&str) -> Result<T::Native, InputError>,
    ) -> ArrayRef {
        let ty = target.ty;
        let slow = move |raw: &[u8]| {
            let text = String::from_utf8_lossy(raw);
            let read = slow(&text).map(Some);
            read.map_err(|error| load_fault(&error, ty))
        };
        self.primitives::<T>(field, target, fast, slow)
    }

    /// A column of a primitive type. `fast` reads the usual form and gives up on any other; `slow` reads all of them and
    /// may find that a text means NULL.
    fn primitives<T: ArrowPrimitiveType>(
        &mut self,
        field: usize,
        target: &Target,
        fast: impl Fn(&[u8]) -> Option<T::Native>,
        slow: impl Fn(&[u8]) -> Result<Option<T::Native>, Fault>,
    ) -> ArrayRef {
        let mut builder = PrimitiveBuilder::<T>::with_capacity(self.table.len());
        for (row, place) in self.table.column(field).enumerate() {
            let value = match place.form() {
                Form::Plain | Form::JsonScalar | Form::JsonString => fast(place.raw(self.block)),
                _ => None,
            };
            // NULL AS may be a number's text.
            match value {
                Some(value) if self.conversion.null_as.as_deref() != Some(place.raw(self.block)) => {
                    builder.append_value(value);
                }
                _ => builder.append_option(self.value(row, (field, place), target, &slow)),
            }
        }
        let array: PrimitiveArray<T> = builder.finish();
        Arc::new(array.with_data_type(arrow_type(target.ty)))
    }

    fn booleans(&mut self, field: usize, target: &Target) -> ArrayRef {
        let mut builder = BooleanBuilder::with_capacity(self.table.len());
        let ty = target.ty;
        let slow = move |raw: &[u8]| {
            let text = String::from_utf8_lossy(raw);
            text_input::parse_bool(&text).map(Some).map_err(|error| load_fault(&error, ty))
        };
        for (row, place) in self.table.column(field).enumerate() {
            builder.append_option(self.value(row, (field, place), target, &slow));
        }
        Arc::new(builder.finish())
    }

    /// VARBYTE: hexadecimal digits (developer guide, "COPY and VARBYTE").
    fn bytes(&mut self, field: usize, target: &Target, length: usize) -> ArrayRef {
        let mut builder = BinaryBuilder::new();
        let slow = |raw: &[u8]| number::hexadecimal(raw, length).map(Some);
        for (row, place) in self.table.column(field).enumerate() {
            builder.append_option(self.value(row, (field, place), target, &slow));
        }
        Arc::new(builder.finish())
    }

    /// GEOMETRY and GEOGRAPHY: hexadecimal (E)WKB or (E)WKT (developer guide, "Loading a column of the GEOMETRY or GEOGRAPHY
    /// data type").
    fn spatial(&mut self, field: usize, target: &Target, read: fn(&str) -> Result<Vec<u8>, Error>) -> ArrayRef {
        let mut builder = BinaryBuilder::new();
        let slow = |raw: &[u8]| {
            let read = read(&String::from_utf8_lossy(raw));
            read.map(Some).map_err(|error| Fault::new(SPATIAL_FAULT, error.message()))
        };
        for (row, place) in self.table.column(field).enumerate() {
            builder.append_option(self.value(row, (field, place), target, &slow));
        }
        Arc::new(builder.finish())
    }

    /// A value of any type but strings; none where it is NULL or has a fault, which is noted.
    #[cold]
    fn value<T>(
        &mut self,
        row: usize,
        place: (usize, Field),
        target: &Target,
        read: &impl Fn(&[u8]) -> Result<Option<T>, Fault>,
    ) -> Option<T> {
        let (field, place) = place;
        if self.is_done_with(row, field) {
            return None;
        }
        let read = match place.value(self.block, self.conversion.quote) {
            None => Ok(None),
            // What has no characters but blanks is NULL for every type but strings, whatever is asked for.
            Some(value) if value.iter().all(u8::is_ascii_whitespace) => Ok(None),
            Some(value) if self.conversion.is_null(place.raw(self.block), &value) => Ok(None),
            Some(value) => read(&value),
        };
        match read {
            Ok(None) if !target.nullable => {
                self.note(row, field, place, Fault::missing_data());
                None
            }
            Ok(value) => value,
            Err(fault) => {
                self.note(row, field, place, fault);
                None
            }
        }
    }

    /// Has this row a fault that is at this field or before it?
    fn is_done_with(&self, row: usize, field: usize) -> bool {
        self.faults.get(&row).is_some_and(|ranked| ranked.rank <= field)
    }

    /// Notes the fault of a row, in place of one at a field further right.
    fn note(&mut self, row: usize, field: usize, place: Field, fault: Fault) {
        let at = if place.form() == Form::Missing { self.table.records()[row].end as usize } else { place.start() };
        self.faults.insert(row, Ranked { rank: field, at, fault });
    }

    fn faults(mut self) -> Faults {
        let width = self.table.width();
        self.replaced.retain(|row, _| !self.faults.contains_key(row));
        let bad = self.faults.into_iter().map(|(row, Ranked { rank, at, fault })| {
            let field = (rank < width).then_some(rank);
            RowFault { row, field, at, fault }
        });
        Faults { bad: bad.collect(), replaced: self.replaced.into_iter().collect() }
    }
}

fn load_fault(error: &InputError, ty: RedshiftType) -> Fault {
    // "Invalid digit" is one reason under one code, whatever the number's type: so real logs show it.
    let code = match error.fault {
        text_input::Fault::Digit { .. } if ty.is_number() => 1207,
        _ => error.load_code(),
    };
    Fault::new(code, error.reason())
}

#[cfg(test)]
mod tests;
