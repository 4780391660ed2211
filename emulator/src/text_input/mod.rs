//! Text to value: what literals, casts of strings and COPY's fields are read with.
//!
//! The syntax is PostgreSQL 8.0's, which Redshift kept: its appendix "Date/Time Support" is the authority for dates and
//! times, the developer guide's "Data types" for the limits. One parser serves three callers that word failures
//! differently, so a failure is a value ([`InputError`]) with three readings: the leader node's (literals), a compute
//! node's (casts of columns), and COPY's (a reason and a code for `stl_load_errors`).

pub mod calendar;
mod datetime;
mod interval;
mod lexer;
mod number;
pub mod zone;

use redshift_sql_dialect::{Error, RedshiftType, SqlState};

use crate::error::compute_error;

pub use datetime::{
    ABSTIME_INFINITY, ABSTIME_MINUS_INFINITY, DateOrder, DateTimeInput, parse_abstime, parse_date, parse_time,
    parse_timestamp, parse_timestamptz, parse_timetz, timetz_offset,
};
pub use interval::{
    Composite, IntervalUnits, IntervalValue, cut_micros, cut_months, parse_interval, parse_interval_of,
    parse_qualified_interval,
};
pub use number::{
    Rounding, decimal_of_text, fits_precision, parse_bool, parse_float4, parse_float8, parse_int2, parse_int4,
    parse_int8, parse_numeric, power_of_ten, rescale,
};

/// A text that is not a value of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// The text.
    pub text: String,
    /// The type.
    pub ty: RedshiftType,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This character cannot stand at this byte offset.
    Digit {
        /// The character; a blank where the text ends too early.
        value: char,
        /// Where it is.
        position: usize,
    },
    /// It is not written as a value of the type is.
    Syntax,
    /// It is a number that the type cannot hold.
    Overflow {
        /// Digits before the point, for DECIMAL.
        integer_digits: u32,
    },
    /// A month 13, an hour 25, a February 30.
    Field,
    /// A timestamp of Redshift's that cannot be held here: microseconds since 1970 end before those since 2000 do.
    NotHeld,
    /// A month 13 or the like, where another order of day and month might help.
    FieldOrder,
    /// A field of an interval is too large.
    IntervalField,
    /// A literal of one kind of interval names units of the other (`interval_forbid_composite_literals`).
    CompositeInterval(IntervalUnits),
    /// A displacement such as +25:00.
    Displacement,
    /// There is no time zone of this name.
    UnknownZone(String),
}

impl InputError {
    pub(crate) fn new(text: &str, ty: RedshiftType, fault: Fault) -> Self {
        InputError { text: text.to_string(), ty, fault }
    }

    /// As the leader node says it, of a literal.
    pub fn into_error(self) -> Error {
        let InputError { text, ty, fault } = self;
        match fault {
            Fault::Digit { .. } | Fault::Syntax => {
                let state = if ty.is_datetime() || ty.is_interval() || ty == RedshiftType::AbsTime {
                    SqlState::INVALID_DATETIME_FORMAT
                } else {
                    SqlState::INVALID_TEXT_REPRESENTATION
                };
                Error::new(state, format!("invalid input syntax for {}: \"{text}\"", syntax_name(ty)))
            }
            Fault::Overflow { integer_digits } => overflow(&text, ty, integer_digits),
            Fault::Field => {
                Error::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("date/time field value out of range: \"{text}\""))
            }
            Fault::NotHeld => Error::unsupported(format!(
                "timestamps after 294247-01-10 04:00:54.775807 are not supported: \"{text}\""
            )),
            Fault::FieldOrder => {
                Error::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("date/time field value out of range: \"{text}\""))
                    .with_hint("Perhaps you need a different \"datestyle\" setting.")
            }
            Fault::IntervalField => {
                Error::new(SqlState::INTERVAL_FIELD_OVERFLOW, format!("interval field value out of range: \"{text}\""))
            }
            Fault::CompositeInterval(units) => {
                let (kind, parts) = match units {
                    IntervalUnits::YearToMonth => ("Year To Month", "day-time"),
                    IntervalUnits::DayToSecond => ("Day To Second", "year-month"),
                };
                let message = format!(
                    "Interval {kind} literal cannot contain {parts} parts. Disable the GUC \
                     interval_forbid_composite_literals to suppress this error and silently discard the {parts} part."
                );
                Error::new(SqlState::INVALID_DATETIME_FORMAT, message)
            }
            Fault::Displacement => Error::new(
                SqlState::INVALID_TIME_ZONE_DISPLACEMENT,
                format!("time zone displacement out of range: \"{text}\""),
            ),
            Fault::UnknownZone(zone) => {
                Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("time zone \"{zone}\" not recognized"))
            }
        }
    }

    /// As a compute node says it, of a column's value.
    pub fn into_compute_error(self) -> Error {
        compute_error(&self.reason(), self.load_code(), &self.text)
    }

    /// `err_reason` of `stl_load_errors`, and a compute node's message.
    pub fn reason(&self) -> String {
        match (&self.fault, self.ty) {
            (Fault::Digit { value, position }, ty) => {
                format!("Invalid digit, Value '{value}', Pos {position}, Type: {}", compute_name(ty))
            }
            (Fault::Overflow { .. }, RedshiftType::Numeric { precision, scale }) => {
                format!("Overflow for NUMERIC({precision},{scale})")
            }
            (Fault::Overflow { .. }, ty) => format!("Overflow, Column type: {}", compute_name(ty)),
            (_, RedshiftType::Bool) => "Unknown boolean format".to_string(),
            (_, RedshiftType::Date) => format!("Error converting text to date: \"{}\"", self.text),
            (_, ty) => format!("Invalid {} format or value", compute_name(ty).to_lowercase()),
        }
    }

    /// `err_code` of `stl_load_errors` (developer guide, "Load error reference").
    pub fn load_code(&self) -> u16 {
        match (&self.fault, self.ty) {
            (Fault::Overflow { .. }, _) => 1204,
            (_, RedshiftType::Date) => 1205,
            (_, RedshiftType::Timestamp | RedshiftType::TimestampTz | RedshiftType::Time | RedshiftType::TimeTz) => {
                1206
            }
            (_, RedshiftType::Float4 | RedshiftType::Float8) => 1208,
            (_, RedshiftType::Bool) => 1210,
            _ => 1207,
        }
    }
}

/// Integers are named without the word "type", as PostgreSQL 8.0 does.
fn syntax_name(ty: RedshiftType) -> String {
    match ty {
        RedshiftType::Int2 | RedshiftType::Int4 | RedshiftType::Int8 => "integer".to_string(),
        RedshiftType::Timestamp => "type timestamp".to_string(),
        RedshiftType::Time => "type time".to_string(),
        other => format!("type {}", other.base_name()),
    }
}

/// The name of a type in a compute node's messages.
fn compute_name(ty: RedshiftType) -> &'static str {
    match ty {
        RedshiftType::Int2 => "Short",
        RedshiftType::Int4 => "Integer",
        RedshiftType::Int8 | RedshiftType::Oid => "Long",
        RedshiftType::Numeric { .. } => "Decimal",
        RedshiftType::Float4 => "Float",
        RedshiftType::Float8 => "Double",
        RedshiftType::Timestamp | RedshiftType::TimestampTz => "Timestamp",
        RedshiftType::Time | RedshiftType::TimeTz => "Time",
        other => other.base_name(),
    }
}

fn overflow(text: &str, ty: RedshiftType, integer_digits: u32) -> Error {
    let out_of_range = |message: String| Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message);
    match ty {
        RedshiftType::Numeric { precision, scale } => out_of_range("numeric field overflow".to_string()).with_detail(format!(
            "The absolute value is greater than or equal to 10^{} for field with precision {precision}, scale {scale}.",
            integer_digits.saturating_sub(1)
        )),
        RedshiftType::Float4 | RedshiftType::Float8 => {
            out_of_range(format!("\"{text}\" is out of range for type {}", ty.base_name()))
        }
        other => out_of_range(format!("value \"{text}\" is out of range for type {}", other.base_name())),
    }
}
