//! How each Redshift type is held in Arrow: one Arrow type for each, everywhere in the emulator.

use std::{collections::HashMap, sync::Arc};

use arrow::datatypes::{DataType, Field, FieldRef, IntervalUnit, TimeUnit};
use redshift_sql_dialect::RedshiftType;

/// The key of Arrow field metadata that names the declared Redshift type by OID and type modifier: `1043:24`.
pub const TYPE_METADATA: &str = "redshift.type";

/// The Arrow type that holds values of this Redshift type.
///
/// * Strings are Utf8View. CHAR(n) is held without its trailing blanks, which the wire encoder puts back.
/// * TIMETZ is held as UTC, TIMESTAMPTZ as an instant.
/// * INTERVAL DAY TO SECOND is microseconds, INTERVAL YEAR TO MONTH is months.
/// * REGCLASS, REGTYPE, REGPROC and REGPROCEDURE are held by name; a cast to OID looks the name up.
/// * SUPER is JSON text. OIDs are Int64 because DataFusion's unsigned arithmetic is not ours.
pub fn arrow_type(ty: RedshiftType) -> DataType {
    use RedshiftType::*;
    match ty {
        Bool => DataType::Boolean,
        Int2 => DataType::Int16,
        Int4 => DataType::Int32,
        Int8 | Oid | AbsTime => DataType::Int64,
        Numeric { precision, scale } => DataType::Decimal128(precision, scale as i8),
        Float4 => DataType::Float32,
        Float8 => DataType::Float64,
        Char(_) | Varchar(_) | Text | Name | RegProc | RegProcedure | RegClass | RegType | InternalChar | AclItem
        | CString | Super | Unknown => DataType::Utf8View,
        Date => DataType::Date32,
        Time | TimeTz => DataType::Time64(TimeUnit::Microsecond),
        Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        TimestampTz => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        IntervalYearToMonth(_) => DataType::Interval(IntervalUnit::YearMonth),
        IntervalDayToSecond(_) => DataType::Duration(TimeUnit::Microsecond),
        Interval => DataType::Interval(IntervalUnit::MonthDayNano),
        Varbyte(_) | HllSketch | Geometry | Geography => DataType::Binary,
        Int2Vector | Int2Array => list_of(DataType::Int16),
        Int4Array => list_of(DataType::Int32),
        OidVector | OidArray => list_of(DataType::Int64),
        TextArray | InternalCharArray | AclItemArray => list_of(DataType::Utf8View),
    }
}

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

/// A nullable Arrow field that holds a column of this type and says so in its metadata.
pub fn arrow_field(name: &str, ty: RedshiftType) -> FieldRef {
    let marker = format!("{}:{}", ty.oid(), ty.typmod());
    let metadata = HashMap::from([(TYPE_METADATA.to_string(), marker)]);
    Arc::new(Field::new(name, arrow_type(ty), true).with_metadata(metadata))
}

/// The Redshift type that a field's metadata names.
pub fn declared_type(field: &Field) -> Option<RedshiftType> {
    let (oid, typmod) = field.metadata().get(TYPE_METADATA)?.split_once(':')?;
    RedshiftType::of_column(oid.parse().ok()?, typmod.parse().ok()?)
}
