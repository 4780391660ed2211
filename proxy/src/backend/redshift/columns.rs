//! What the Data API tells of a column, as the column of a result.
//!
//! Source: API reference, "ColumnMetadata"; the names are pg_type's, and precision and scale are those that the service's
//! JDBC driver gives.

use std::sync::Arc;

use aws_sdk_redshiftdata::types::ColumnMetadata;
use blueshift_emulator::{ColumnOrigin, ResultColumn};
use redshift_sql_dialect::{
    Error, RedshiftType, Result,
    types::{MAX_CHAR, MAX_PRECISION, MAX_VARBYTE, MAX_VARCHAR},
};

/// The columns of a result. `database` is where it comes from.
///
/// # Errors
/// 0A000 for a type that is not known.
pub fn result_columns(metadata: &[ColumnMetadata], database: &str) -> Result<Arc<[ResultColumn]>> {
    metadata.iter().map(|column| result_column(column, database)).collect()
}

fn result_column(column: &ColumnMetadata, database: &str) -> Result<ResultColumn> {
    let name = column.label.as_deref().or(column.name.as_deref()).unwrap_or("?column?");
    let ty = column_type(column)?;
    let table = column.table_name.as_deref().filter(|table| !table.is_empty());
    let origin = table.map(|table| {
        Arc::new(ColumnOrigin {
            // The Data API tells names only.
            table_oid: 0,
            attnum: 0,
            database: database.to_string(),
            schema: column.schema_name.clone().unwrap_or_default(),
            table: table.to_string(),
            column: column.name.clone().unwrap_or_else(|| name.to_string()),
            not_null: column.nullable == 0,
            identity: false,
            case_insensitive: ty.is_string() && !column.is_case_sensitive,
        })
    });
    Ok(ResultColumn { origin, ..ResultColumn::computed(name, ty) })
}

/// The type of a column. A length that is not told is the longest.
fn column_type(column: &ColumnMetadata) -> Result<RedshiftType> {
    use RedshiftType::*;
    let length = |most: u32| match u32::try_from(column.precision) {
        Ok(length) if (1..=most).contains(&length) => length,
        _ => most,
    };
    let name = column.type_name.as_deref().unwrap_or_default();
    Ok(match name {
        "bool" => Bool,
        "int2" => Int2,
        "int4" => Int4,
        "int8" => Int8,
        "oid" => Oid,
        "float4" => Float4,
        "float8" => Float8,
        "numeric" => numeric(column.precision, column.scale),
        "bpchar" => Char(length(MAX_CHAR)),
        "varchar" => Varchar(length(MAX_VARCHAR)),
        "text" => Text,
        "name" => Name,
        "char" => InternalChar,
        "unknown" => Unknown,
        "date" => Date,
        "time" => Time,
        "timetz" => TimeTz,
        "timestamp" => Timestamp,
        "timestamptz" => TimestampTz,
        "abstime" => AbsTime,
        "interval" => Interval,
        "intervaly2m" => RedshiftType::YEAR_TO_MONTH,
        "intervald2s" => RedshiftType::DAY_TO_SECOND,
        "super" => Super,
        "varbyte" => Varbyte(length(MAX_VARBYTE)),
        "hllsketch" => HllSketch,
        "geometry" => Geometry,
        "geography" => Geography,
        "regproc" => RegProc,
        "regprocedure" => RegProcedure,
        "regclass" => RegClass,
        "regtype" => RegType,
        "int2vector" => Int2Vector,
        "oidvector" => OidVector,
        "_int2" => Int2Array,
        "_int4" => Int4Array,
        "_oid" => OidArray,
        "_text" => TextArray,
        "_char" => InternalCharArray,
        "aclitem" => AclItem,
        "_aclitem" => AclItemArray,
        "cstring" => CString,
        other => return Err(Error::unsupported(format!("type \"{other}\" of the Data API is not supported"))),
    })
}

fn numeric(precision: i32, scale: i32) -> RedshiftType {
    let precision = u8::try_from(precision).ok().filter(|precision| (1..=MAX_PRECISION).contains(precision));
    match (precision, u8::try_from(scale)) {
        (Some(precision), Ok(scale)) if scale <= precision => RedshiftType::Numeric { precision, scale },
        // A NUMERIC without a modifier.
        _ => RedshiftType::numeric(MAX_PRECISION, 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::data_api::results;

    fn metadata(ty: &str, precision: i32, scale: i32) -> ColumnMetadata {
        ColumnMetadata::builder().type_name(ty).label("c").precision(precision).scale(scale).build()
    }

    #[test]
    fn what_the_emulator_tells_of_a_type_is_understood() {
        use RedshiftType::*;
        let types = [
            Bool,
            Int2,
            Int4,
            Int8,
            Float4,
            Float8,
            numeric(10, 2),
            numeric(38, 37),
            Char(7),
            Varchar(20),
            Varchar(65_535),
            Text,
            Name,
            Date,
            Time,
            TimeTz,
            Timestamp,
            TimestampTz,
            RedshiftType::YEAR_TO_MONTH,
            RedshiftType::DAY_TO_SECOND,
            Interval,
            Super,
            Varbyte(12),
            HllSketch,
            Geometry,
            Geography,
            Oid,
            RegProc,
            RegProcedure,
            RegClass,
            RegType,
            InternalChar,
            Int2Vector,
            OidVector,
            Int2Array,
            Int4Array,
            OidArray,
            TextArray,
            AclItem,
            AclItemArray,
            AbsTime,
            CString,
            Unknown,
        ];
        for ty in types {
            let told = metadata(ty.internal_name(), results::precision(ty) as i32, results::scale(ty) as i32);
            assert_eq!(column_type(&told).unwrap(), ty);
        }
        assert_eq!(column_type(&metadata("varchar", i32::MAX, 0)).unwrap(), Varchar(MAX_VARCHAR));
        assert!(column_type(&metadata("uuid", 0, 0)).is_err());
    }
}
