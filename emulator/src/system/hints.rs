//! Columns that Redshift's relations do not have but that queries often ask for, and where to find them.

use super::relation_by_oid;

struct Hint {
    relation: &'static str,
    columns: &'static [&'static str],
    text: &'static str,
}

const HINTS: &[Hint] = &[
    Hint {
        relation: "stl_load_commits",
        columns: &[
            "rows_loaded",
            "lines_loaded",
            "rows",
            "bytes_loaded",
            "bytes",
            "starttime",
            "endtime",
            "table_name",
        ],
        text: "See SYS_LOAD_HISTORY for rows, bytes and times of each COPY (loaded_rows, loaded_bytes, start_time, \
               end_time), and SYS_LOAD_DETAIL for those of each file.",
    },
    Hint {
        relation: "stl_load_errors",
        columns: &["table_name", "tablename", "error_message", "error_code"],
        text: "The table is in \"tbl\" as an OID of PG_CLASS, the reason in \"err_reason\", its code in \"err_code\".",
    },
    Hint {
        relation: "stl_query",
        columns: &["elapsed", "duration", "status", "error_message", "query_text", "rows"],
        text: "See SYS_QUERY_HISTORY for elapsed_time, status, error_message and returned_rows of each query.",
    },
    Hint {
        relation: "svv_table_info",
        columns: &["rows", "row_count", "table_name", "schema_name", "tablename", "schemaname", "size_mb"],
        text: "The columns are \"schema\", \"table\", \"tbl_rows\" and \"size\" (in blocks of 1 MB).",
    },
];

/// What the error about a column that the relation of this OID does not have should hint at: where Redshift keeps what
/// was asked for.
pub fn missing_column_hint(relation: u32, column: &str) -> Option<&'static str> {
    let relation = relation_by_oid(relation)?;
    let fits = |hint: &&Hint| hint.relation == relation.name && hint.columns.contains(&column);
    HINTS.iter().find(fits).map(|hint| hint.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{Edition, relation};

    #[test]
    fn hints_are_about_columns_that_are_not_there() {
        for hint in HINTS {
            let relation = relation("pg_catalog", hint.relation, Edition::Redshift).expect(hint.relation);
            for column in hint.columns {
                assert!(relation.column(column).is_none(), "{}.{column}", hint.relation);
                assert_eq!(missing_column_hint(relation.oid.0, column), Some(hint.text));
            }
        }
    }

    #[test]
    fn a_load_without_rows_loaded_points_to_sys_load_history() {
        let relation = relation("pg_catalog", "stl_load_commits", Edition::Redshift).unwrap();
        assert!(missing_column_hint(relation.oid.0, "rows_loaded").unwrap().contains("SYS_LOAD_HISTORY"));
        assert_eq!(missing_column_hint(relation.oid.0, "nonsense"), None);
    }
}
