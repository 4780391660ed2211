//! Redshift's data types: names, limits, OIDs and type modifiers.
//!
//! Source: developer guide, "Data types"; OIDs as a cluster sends them in RowDescription.

use std::fmt;

/// A data type with its modifiers, as a column is declared with it or an expression has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RedshiftType {
    /// BOOLEAN
    Bool,
    /// SMALLINT
    Int2,
    /// INTEGER
    Int4,
    /// BIGINT
    Int8,
    /// DECIMAL(precision, scale); precision 1 to 38, scale 0 to 37 (38 only inside an expression).
    Numeric {
        /// Digits in all.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// REAL
    Float4,
    /// DOUBLE PRECISION
    Float8,
    /// CHAR(n): n bytes, blank-padded.
    Char(u32),
    /// VARCHAR(n): at most n bytes of UTF-8; without a length where n is [`UNSIZED`].
    Varchar(u32),
    /// TEXT: of catalog columns and of leader-node functions only; a declared TEXT is VARCHAR(256).
    Text,
    /// NAME: of catalog columns.
    Name,
    /// DATE
    Date,
    /// TIME
    Time,
    /// TIMETZ
    TimeTz,
    /// TIMESTAMP
    Timestamp,
    /// TIMESTAMPTZ
    TimestampTz,
    /// INTERVAL YEAR TO MONTH, or of years alone.
    IntervalYearToMonth(YearMonthUnit),
    /// INTERVAL DAY TO SECOND, or down to a larger unit.
    IntervalDayToSecond(DayTimeUnit),
    /// The type of an interval literal without a qualifier.
    Interval,
    /// SUPER
    Super,
    /// VARBYTE(n)
    Varbyte(u32),
    /// HLLSKETCH
    HllSketch,
    /// GEOMETRY
    Geometry,
    /// GEOGRAPHY
    Geography,
    /// OID and its aliases: of catalog columns.
    Oid,
    /// REGPROC: a function, shown by name.
    RegProc,
    /// REGPROCEDURE: a function, shown by name and the types of its arguments.
    RegProcedure,
    /// REGCLASS: a relation, shown by name.
    RegClass,
    /// REGTYPE: a type, shown by name.
    RegType,
    /// "char": the one-byte type of catalog columns.
    InternalChar,
    /// INT2VECTOR: of catalog columns.
    Int2Vector,
    /// OIDVECTOR: of catalog columns.
    OidVector,
    /// SMALLINT[]: of catalog columns.
    Int2Array,
    /// INTEGER[]: of catalog columns.
    Int4Array,
    /// OID[]: of catalog columns.
    OidArray,
    /// TEXT[]: of catalog columns.
    TextArray,
    /// "char"[]: of catalog columns.
    InternalCharArray,
    /// ACLITEM: one entry of an ACL, as in `user=r/grantor`.
    AclItem,
    /// ACLITEM[]: of catalog columns.
    AclItemArray,
    /// ABSTIME: of catalog columns.
    AbsTime,
    /// CSTRING: what output functions such as `regprocedureout` give.
    CString,
    /// The type of an untyped literal: '...' or NULL.
    Unknown,
}

use RedshiftType::*;

/// The smallest unit that an INTERVAL YEAR TO MONTH keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum YearMonthUnit {
    Year,
    Month,
}

/// The smallest unit that an INTERVAL DAY TO SECOND keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DayTimeUnit {
    /// DAY
    Day,
    /// HOUR
    Hour,
    /// MINUTE
    Minute,
    /// SECOND with so many digits of the fraction, at most 6.
    Second(u8),
}

/// Bits of the fields in an interval's type modifier (PostgreSQL, `INTERVAL_MASK`).
const MONTH_BIT: i32 = 1 << 1;
const YEAR_BIT: i32 = 1 << 2;
const DAY_BIT: i32 = 1 << 3;
const HOUR_BIT: i32 = 1 << 10;
const MINUTE_BIT: i32 = 1 << 11;
const SECOND_BIT: i32 = 1 << 12;
/// The precision of a type modifier that names none.
const NO_PRECISION: i32 = 0xffff;
/// The length of a VARCHAR that has none: a NULL's that is cast to VARCHAR without saying one.
pub const UNSIZED: u32 = u32::MAX;

/// The bytes that a VARCHAR of this length is taken for beside others.
pub const fn sized(length: u32) -> u32 {
    if length == UNSIZED { DEFAULT_VARCHAR } else { length }
}

/// Most digits of a second's fraction.
pub const MAX_FRACTION: u8 = 6;

impl YearMonthUnit {
    fn typmod(self) -> i32 {
        match self {
            YearMonthUnit::Year => (YEAR_BIT << 16) | NO_PRECISION,
            YearMonthUnit::Month => -1,
        }
    }

    fn from_typmod(typmod: i32) -> Self {
        let is_years = typmod >= 0 && (typmod >> 16) & YEAR_BIT != 0 && (typmod >> 16) & MONTH_BIT == 0;
        if is_years { YearMonthUnit::Year } else { YearMonthUnit::Month }
    }
}

impl DayTimeUnit {
    /// The unit that is the smaller one of the two.
    pub fn smaller(self, other: DayTimeUnit) -> DayTimeUnit {
        let rank = |unit| match unit {
            DayTimeUnit::Day => 0,
            DayTimeUnit::Hour => 1,
            DayTimeUnit::Minute => 2,
            DayTimeUnit::Second(digits) => 3 + digits,
        };
        if rank(self) >= rank(other) { self } else { other }
    }

    fn typmod(self) -> i32 {
        match self {
            DayTimeUnit::Day => (DAY_BIT << 16) | NO_PRECISION,
            DayTimeUnit::Hour => ((DAY_BIT | HOUR_BIT) << 16) | NO_PRECISION,
            DayTimeUnit::Minute => ((DAY_BIT | HOUR_BIT | MINUTE_BIT) << 16) | NO_PRECISION,
            DayTimeUnit::Second(MAX_FRACTION..) => -1,
            DayTimeUnit::Second(digits) => ((DAY_BIT | HOUR_BIT | MINUTE_BIT | SECOND_BIT) << 16) | i32::from(digits),
        }
    }

    fn from_typmod(typmod: i32) -> Self {
        let (fields, precision) = (typmod >> 16, typmod & NO_PRECISION);
        match fields {
            ..0 => DayTimeUnit::Second(MAX_FRACTION),
            fields if fields != 0 && fields & SECOND_BIT == 0 => match fields {
                fields if fields & MINUTE_BIT != 0 => DayTimeUnit::Minute,
                fields if fields & HOUR_BIT != 0 => DayTimeUnit::Hour,
                _ => DayTimeUnit::Day,
            },
            _ => DayTimeUnit::Second(precision.min(i32::from(MAX_FRACTION)) as u8),
        }
    }
}

/// Bytes of a VARCHAR or TEXT of a column that does not say them.
pub const DEFAULT_VARCHAR: u32 = 256;
/// Most bytes of a VARCHAR.
pub const MAX_VARCHAR: u32 = 65_535;
/// Most bytes of a CHAR.
pub const MAX_CHAR: u32 = 4_096;
/// Most bytes of a VARBYTE.
pub const MAX_VARBYTE: u32 = 16_777_216;
/// Most digits of a DECIMAL.
pub const MAX_PRECISION: u8 = 38;

impl RedshiftType {
    /// INTERVAL YEAR TO MONTH
    pub const YEAR_TO_MONTH: Self = IntervalYearToMonth(YearMonthUnit::Month);
    /// INTERVAL DAY TO SECOND
    pub const DAY_TO_SECOND: Self = IntervalDayToSecond(DayTimeUnit::Second(MAX_FRACTION));

    /// VARCHAR without a length
    pub const UNSIZED_VARCHAR: Self = Varchar(UNSIZED);

    /// DECIMAL(38, scale)
    pub const fn numeric(precision: u8, scale: u8) -> Self {
        Numeric { precision, scale }
    }

    /// The type's OID in RowDescription and pg_type.
    pub fn oid(self) -> u32 {
        match self {
            Bool => 16,
            InternalChar => 18,
            Name => 19,
            Int8 => 20,
            Int2 => 21,
            Int2Vector => 22,
            Int4 => 23,
            RegProc => 24,
            Text => 25,
            Oid => 26,
            OidVector => 30,
            Float4 => 700,
            Float8 => 701,
            AbsTime => 702,
            Unknown => 705,
            Int2Array => 1005,
            Int4Array => 1007,
            TextArray => 1009,
            InternalCharArray => 1002,
            OidArray => 1028,
            AclItem => 1033,
            AclItemArray => 1034,
            Char(_) => 1042,
            Varchar(_) => 1043,
            Date => 1082,
            Time => 1083,
            Timestamp => 1114,
            TimestampTz => 1184,
            Interval => 1186,
            IntervalYearToMonth(_) => 1188,
            IntervalDayToSecond(_) => 1190,
            TimeTz => 1266,
            Numeric { .. } => 1700,
            HllSketch => 2935,
            Geometry => 3000,
            Geography => 3001,
            RegProcedure => 2202,
            RegClass => 2205,
            RegType => 2206,
            CString => 2275,
            Super => 4000,
            Varbyte(_) => 6551,
        }
    }

    /// The type modifier in RowDescription and pg_attribute.atttypmod; -1 where there is none.
    pub fn typmod(self) -> i32 {
        match self {
            Varchar(UNSIZED) => -1,
            Char(n) | Varchar(n) | Varbyte(n) => n as i32 + 4,
            Numeric { precision, scale } => ((i32::from(precision) << 16) | i32::from(scale)) + 4,
            IntervalYearToMonth(unit) => unit.typmod(),
            IntervalDayToSecond(unit) => unit.typmod(),
            _ => -1,
        }
    }

    /// Bytes of a value in pg_type.typlen; -1 where they vary.
    pub fn typlen(self) -> i16 {
        match self {
            Bool | InternalChar => 1,
            Int2 => 2,
            Int4
            | Float4
            | Date
            | Oid
            | RegProc
            | RegProcedure
            | RegClass
            | RegType
            | AbsTime
            | IntervalYearToMonth(_) => 4,
            Int8 | Float8 | Time | Timestamp | TimestampTz | IntervalDayToSecond(_) => 8,
            TimeTz | AclItem => 12,
            Interval => 16,
            Name => 128,
            Unknown | CString => -2,
            _ => -1,
        }
    }

    /// The type of this OID and type modifier, as a client declares a parameter.
    pub fn from_oid(oid: u32, typmod: i32) -> Option<Self> {
        let length = |default: u32| if typmod > 4 { (typmod - 4) as u32 } else { default };
        Some(match oid {
            16 => Bool,
            18 => InternalChar,
            19 => Name,
            20 => Int8,
            21 => Int2,
            22 => Int2Vector,
            23 => Int4,
            24 => RegProc,
            25 => Text,
            26 => Oid,
            30 => OidVector,
            700 => Float4,
            701 => Float8,
            702 => AbsTime,
            705 => Unknown,
            1005 => Int2Array,
            1007 => Int4Array,
            1002 => InternalCharArray,
            1009 => TextArray,
            1028 => OidArray,
            1033 => AclItem,
            1034 => AclItemArray,
            1042 => Char(length(MAX_CHAR)),
            1043 => Varchar(length(MAX_VARCHAR)),
            1082 => Date,
            1083 => Time,
            1114 => Timestamp,
            1184 => TimestampTz,
            1186 => Interval,
            1188 => IntervalYearToMonth(YearMonthUnit::from_typmod(typmod)),
            1190 => IntervalDayToSecond(DayTimeUnit::from_typmod(typmod)),
            1266 => TimeTz,
            1700 if typmod > 4 => numeric_of_typmod(typmod),
            1700 => Self::numeric(MAX_PRECISION, 10),
            2202 => RegProcedure,
            2205 => RegClass,
            2206 => RegType,
            2275 => CString,
            2935 => HllSketch,
            3000 => Geometry,
            3001 => Geography,
            4000 => Super,
            6551 => Varbyte(length(MAX_VARBYTE)),
            _ => return None,
        })
    }

    /// The type of a column that has this OID and type modifier: a VARCHAR without one has no length.
    pub fn of_column(oid: u32, typmod: i32) -> Option<Self> {
        match (oid, typmod) {
            (1043, -1) => Some(Self::UNSIZED_VARCHAR),
            _ => Self::from_oid(oid, typmod),
        }
    }

    /// Is it SMALLINT, INTEGER or BIGINT?
    pub fn is_integer(self) -> bool {
        matches!(self, Int2 | Int4 | Int8)
    }

    /// Is it an integer, DECIMAL or floating-point type?
    pub fn is_number(self) -> bool {
        self.is_integer() || matches!(self, Numeric { .. } | Float4 | Float8 | Oid)
    }

    /// Is it a string of characters (CHAR, VARCHAR and the catalog's types)?
    pub fn is_string(self) -> bool {
        matches!(self, Char(_) | Varchar(_) | Text | Name | InternalChar | Unknown)
    }

    /// Is it a date, a time or both?
    pub fn is_datetime(self) -> bool {
        matches!(self, Date | Time | TimeTz | Timestamp | TimestampTz)
    }

    /// Is it one of the interval types?
    pub fn is_interval(self) -> bool {
        matches!(self, Interval | IntervalYearToMonth(_) | IntervalDayToSecond(_))
    }

    /// The type without its modifiers as messages name it: `character varying`, `numeric`, `integer`.
    pub fn base_name(self) -> &'static str {
        match self {
            Bool => "boolean",
            Int2 => "smallint",
            Int4 => "integer",
            Int8 => "bigint",
            Numeric { .. } => "numeric",
            Float4 => "real",
            Float8 => "double precision",
            Char(_) => "character",
            Varchar(_) => "character varying",
            Text => "text",
            Name => "name",
            Date => "date",
            Time => "time without time zone",
            TimeTz => "time with time zone",
            Timestamp => "timestamp without time zone",
            TimestampTz => "timestamp with time zone",
            IntervalYearToMonth(_) => "interval year to month",
            IntervalDayToSecond(_) => "interval day to second",
            Interval => "interval",
            Super => "super",
            Varbyte(_) => "binary varying",
            HllSketch => "hllsketch",
            Geometry => "geometry",
            Geography => "geography",
            Oid => "oid",
            RegProc => "regproc",
            RegProcedure => "regprocedure",
            RegClass => "regclass",
            RegType => "regtype",
            InternalChar => "\"char\"",
            Int2Vector => "int2vector",
            OidVector => "oidvector",
            Int2Array => "smallint[]",
            Int4Array => "integer[]",
            OidArray => "oid[]",
            TextArray => "text[]",
            InternalCharArray => "\"char\"[]",
            AclItem => "aclitem",
            AclItemArray => "aclitem[]",
            AbsTime => "abstime",
            CString => "cstring",
            Unknown => "unknown",
        }
    }

    /// The type without its modifiers as the catalog's `format_type` names it: of the types that SQL writes in words of their
    /// own PostgreSQL's source knows all but Redshift's intervals, which have the name that they have in pg_type. (Shown by
    /// SHOW PROCEDURES: test_metadataAPI_procedures.py of redshift_connector.)
    pub fn format_name(self) -> &'static str {
        match self {
            IntervalYearToMonth(_) | IntervalDayToSecond(_) => self.internal_name(),
            other => other.base_name(),
        }
    }

    /// The name in pg_type.typname: `int4`, `varchar`, `bpchar`.
    pub fn internal_name(self) -> &'static str {
        match self {
            Bool => "bool",
            Int2 => "int2",
            Int4 => "int4",
            Int8 => "int8",
            Float4 => "float4",
            Float8 => "float8",
            Char(_) => "bpchar",
            Varchar(_) => "varchar",
            Time => "time",
            TimeTz => "timetz",
            Timestamp => "timestamp",
            TimestampTz => "timestamptz",
            IntervalYearToMonth(_) => "intervaly2m",
            IntervalDayToSecond(_) => "intervald2s",
            Varbyte(_) => "varbyte",
            InternalChar => "char",
            Int2Array => "_int2",
            Int4Array => "_int4",
            OidArray => "_oid",
            TextArray => "_text",
            InternalCharArray => "_char",
            AclItemArray => "_aclitem",
            other => other.base_name(),
        }
    }
}

fn numeric_of_typmod(typmod: i32) -> RedshiftType {
    let bits = typmod - 4;
    Numeric { precision: ((bits >> 16) & 0xff) as u8, scale: (bits & 0xff) as u8 }
}

/// The type with its modifiers: `character varying(20)`, `numeric(10,2)`.
impl fmt::Display for RedshiftType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Varchar(UNSIZED) => f.write_str(self.base_name()),
            Char(n) | Varchar(n) | Varbyte(n) => write!(f, "{}({n})", self.base_name()),
            Numeric { precision, scale } => write!(f, "numeric({precision},{scale})"),
            IntervalYearToMonth(YearMonthUnit::Year) => f.write_str("interval year"),
            IntervalDayToSecond(DayTimeUnit::Day) => f.write_str("interval day"),
            IntervalDayToSecond(DayTimeUnit::Hour) => f.write_str("interval day to hour"),
            IntervalDayToSecond(DayTimeUnit::Minute) => f.write_str("interval day to minute"),
            IntervalDayToSecond(DayTimeUnit::Second(digits)) if *digits < MAX_FRACTION => {
                write!(f, "interval day to second({digits})")
            }
            other => f.write_str(other.base_name()),
        }
    }
}
