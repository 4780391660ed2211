//! Which compression encoding a column may have.
//!
//! Sources: developer guide, "Compression encodings"; "HyperLogLog functions" and "Limitations when using spatial data", whose types
//! are RAW. The table does not name the newest types (TIME, VARBYTE, ...): they have what the page does not keep for other types.

use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

/// Checks that a column of a type may have an encoding, which is in lower case.
///
/// # Errors
/// 42P16 where it may not.
pub(super) fn check(encoding: &str, ty: RedshiftType, column: &str) -> Result<()> {
    use RedshiftType::*;
    let is_float = matches!(ty, Float4 | Float8);
    let is_string = matches!(ty, Char(_) | Varchar(_));
    let fits = match encoding {
        "raw" | "none" => true,
        _ if matches!(ty, HllSketch | Geometry | Geography) => false,
        "az64" => !(is_float || is_string || matches!(ty, Bool | Super)),
        "bytedict" => !matches!(ty, Bool | Super),
        "delta" => !(is_float || is_string || matches!(ty, Bool | Super)),
        "delta32k" => !(is_float || is_string || matches!(ty, Bool | Super | Int2)),
        "lzo" => !(is_float || ty == Bool),
        "mostly8" => matches!(ty, Int2 | Int4 | Int8 | Numeric { .. }),
        "mostly16" => matches!(ty, Int4 | Int8 | Numeric { .. }),
        "mostly32" => matches!(ty, Int8 | Numeric { .. }),
        "runlength" => ty != Super,
        "text255" | "text32k" => matches!(ty, Varchar(_)),
        _ => true,
    };
    if fits {
        return Ok(());
    }
    let message = format!("invalid encoding type specified for column \"{column}\"");
    Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of the page's table: each encoding, and the types that have it.
    #[test]
    fn the_table_of_the_page_holds() {
        let types = [
            ("smallint", RedshiftType::Int2),
            ("integer", RedshiftType::Int4),
            ("bigint", RedshiftType::Int8),
            ("decimal", RedshiftType::numeric(18, 0)),
            ("real", RedshiftType::Float4),
            ("double precision", RedshiftType::Float8),
            ("boolean", RedshiftType::Bool),
            ("char", RedshiftType::Char(1)),
            ("varchar", RedshiftType::Varchar(256)),
            ("date", RedshiftType::Date),
            ("timestamp", RedshiftType::Timestamp),
            ("super", RedshiftType::Super),
            ("hllsketch", RedshiftType::HllSketch),
        ];
        let all = "smallint integer bigint decimal real double precision boolean char varchar date timestamp super";
        let raw = format!("{all} hllsketch");
        let page = [
            ("raw", raw.as_str()),
            ("az64", "smallint integer bigint decimal date timestamp"),
            ("bytedict", "smallint integer bigint decimal real double precision char varchar date timestamp"),
            ("delta", "smallint integer bigint decimal date timestamp"),
            ("delta32k", "integer bigint decimal date timestamp"),
            ("lzo", "smallint integer bigint decimal char varchar date timestamp super"),
            ("mostly8", "smallint integer bigint decimal"),
            ("mostly16", "integer bigint decimal"),
            ("mostly32", "bigint decimal"),
            ("runlength", "smallint integer bigint decimal real double precision boolean char varchar date timestamp"),
            ("text255", "varchar"),
            ("text32k", "varchar"),
            ("zstd", all),
        ];
        for (encoding, expected) in page {
            let fits = |ty: &RedshiftType| check(encoding, *ty, "c").is_ok();
            let found: Vec<&str> = types.iter().filter(|(_, ty)| fits(ty)).map(|(name, _)| *name).collect();
            assert_eq!(found.join(" "), expected, "{encoding}");
        }
    }
}
