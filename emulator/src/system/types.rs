//! The rows of pg_type: every type with the OID, the length and the functions that PostgreSQL 8.0 and Redshift give it, and the
//! row types of tables and views.
//!
//! A row type has the OID of its relation and [`FIRST_ROW_TYPE`], so that it stays what it is and is no other object's.
//!
//! Sources: PostgreSQL 8.0 documentation, "pg_type"; the OIDs that Redshift's drivers know (2935 HLLSKETCH, 3000 GEOMETRY,
//! 3001 GEOGRAPHY, 4000 SUPER, 6551 VARBYTE, 1188 and 1190 the intervals).

use std::sync::LazyLock;

use arrow::record_batch::RecordBatch;
use redshift_sql_dialect::{Error, RedshiftType, Result};

use super::{
    SYSTEM_USER, Source, listed,
    rows::{BaseColumn, Cell, batch_of},
};
use crate::catalog::Relation;

/// The OID of the first row type; there are not as many objects.
const FIRST_ROW_TYPE: u32 = 1_000_000_000;

/// A type as pg_type shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TypeRow {
    pub oid: u32,
    pub name: &'static str,
    /// Bytes of a value; -1 where they vary, -2 for C strings.
    pub length: i16,
    /// `c`, `s`, `i` or `d`: on a multiple of 1, 2, 4 or 8 bytes.
    pub alignment: &'static str,
    /// The OID of its array type; 0 where it has none.
    pub array: u32,
    /// The OID of what an array holds; 0 where it is none.
    pub element: u32,
    /// Its group: B boolean, D date and time, N number, S string, A array, P pseudo-type, T interval, U other.
    pub category: &'static str,
    /// The beginning of the names of its input and output functions.
    functions: &'static str,
}

const fn scalar(
    oid: u32,
    name: &'static str,
    (length, alignment): (i16, &'static str),
    array: u32,
    category: &'static str,
) -> TypeRow {
    TypeRow { oid, name, length, alignment, array, element: 0, category, functions: name }
}

const fn with_functions(row: TypeRow, functions: &'static str) -> TypeRow {
    TypeRow { functions, ..row }
}

const fn array(oid: u32, name: &'static str, element: u32) -> TypeRow {
    TypeRow { oid, name, length: -1, alignment: "i", array: 0, element, category: "A", functions: "array_" }
}

const fn vector(row: TypeRow, element: u32) -> TypeRow {
    TypeRow { element, ..row }
}

const VARYING: (i16, &str) = (-1, "i");

/// All types, by OID.
pub(crate) const TYPES: &[TypeRow] = &[
    scalar(16, "bool", (1, "c"), 1000, "B"),
    scalar(17, "bytea", VARYING, 1001, "U"),
    scalar(18, "char", (1, "c"), 1002, "S"),
    vector(scalar(19, "name", (128, "c"), 1003, "S"), 18),
    scalar(20, "int8", (8, "d"), 1016, "N"),
    scalar(21, "int2", (2, "s"), 1005, "N"),
    vector(scalar(22, "int2vector", VARYING, 1006, "A"), 21),
    scalar(23, "int4", (4, "i"), 1007, "N"),
    scalar(24, "regproc", (4, "i"), 1008, "N"),
    scalar(25, "text", VARYING, 1009, "S"),
    scalar(26, "oid", (4, "i"), 1028, "N"),
    scalar(27, "tid", (6, "s"), 1010, "U"),
    scalar(28, "xid", (4, "i"), 1011, "U"),
    scalar(29, "cid", (4, "i"), 1012, "U"),
    vector(scalar(30, "oidvector", VARYING, 1013, "A"), 26),
    scalar(700, "float4", (4, "i"), 1021, "N"),
    scalar(701, "float8", (8, "d"), 1022, "N"),
    scalar(702, "abstime", (4, "i"), 1023, "D"),
    scalar(705, "unknown", (-2, "c"), 0, "X"),
    array(1000, "_bool", 16),
    array(1001, "_bytea", 17),
    array(1002, "_char", 18),
    array(1003, "_name", 19),
    array(1005, "_int2", 21),
    array(1006, "_int2vector", 22),
    array(1007, "_int4", 23),
    array(1008, "_regproc", 24),
    array(1009, "_text", 25),
    array(1010, "_tid", 27),
    array(1011, "_xid", 28),
    array(1012, "_cid", 29),
    array(1013, "_oidvector", 30),
    array(1014, "_bpchar", 1042),
    array(1015, "_varchar", 1043),
    array(1016, "_int8", 20),
    array(1021, "_float4", 700),
    array(1022, "_float8", 701),
    array(1023, "_abstime", 702),
    array(1028, "_oid", 26),
    scalar(1033, "aclitem", (12, "i"), 1034, "U"),
    array(1034, "_aclitem", 1033),
    scalar(1042, "bpchar", VARYING, 1014, "S"),
    scalar(1043, "varchar", VARYING, 1015, "S"),
    with_functions(scalar(1082, "date", (4, "i"), 1182, "D"), "date_"),
    with_functions(scalar(1083, "time", (8, "d"), 1183, "D"), "time_"),
    with_functions(scalar(1114, "timestamp", (8, "d"), 1115, "D"), "timestamp_"),
    array(1115, "_timestamp", 1114),
    array(1182, "_date", 1082),
    array(1183, "_time", 1083),
    with_functions(scalar(1184, "timestamptz", (8, "d"), 1185, "D"), "timestamptz_"),
    array(1185, "_timestamptz", 1184),
    with_functions(scalar(1186, "interval", (16, "d"), 1187, "T"), "interval_"),
    array(1187, "_interval", 1186),
    with_functions(scalar(1188, "intervaly2m", (4, "i"), 1189, "T"), "intervaly2m_"),
    array(1189, "_intervaly2m", 1188),
    with_functions(scalar(1190, "intervald2s", (8, "d"), 1191, "T"), "intervald2s_"),
    array(1191, "_intervald2s", 1190),
    array(1231, "_numeric", 1700),
    with_functions(scalar(1266, "timetz", (12, "d"), 1270, "D"), "timetz_"),
    array(1270, "_timetz", 1266),
    with_functions(scalar(1700, "numeric", VARYING, 1231, "N"), "numeric_"),
    with_functions(scalar(1790, "refcursor", VARYING, 2201, "U"), "text"),
    array(2201, "_refcursor", 1790),
    scalar(2202, "regprocedure", (4, "i"), 2207, "N"),
    scalar(2205, "regclass", (4, "i"), 2210, "N"),
    scalar(2206, "regtype", (4, "i"), 2211, "N"),
    array(2207, "_regprocedure", 2202),
    array(2210, "_regclass", 2205),
    array(2211, "_regtype", 2206),
    with_functions(scalar(2249, "record", (-1, "d"), 0, "P"), "record_"),
    with_functions(scalar(2275, "cstring", (-2, "c"), 0, "P"), "cstring_"),
    with_functions(scalar(2276, "any", (4, "i"), 0, "P"), "any_"),
    with_functions(scalar(2277, "anyarray", (-1, "d"), 0, "P"), "anyarray_"),
    with_functions(scalar(2278, "void", (4, "i"), 0, "P"), "void_"),
    with_functions(scalar(2279, "trigger", (4, "i"), 0, "P"), "trigger_"),
    with_functions(scalar(2281, "internal", (4, "i"), 0, "P"), "internal_"),
    with_functions(scalar(2283, "anyelement", (4, "i"), 0, "P"), "anyelement_"),
    with_functions(scalar(2935, "hllsketch", VARYING, 0, "U"), "hllsketch_"),
    with_functions(scalar(3000, "geometry", VARYING, 0, "U"), "geometry_"),
    with_functions(scalar(3001, "geography", VARYING, 0, "U"), "geography_"),
    with_functions(scalar(3999, "geometryhex", VARYING, 0, "U"), "geometryhex_"),
    with_functions(scalar(4000, "super", VARYING, 0, "U"), "super_"),
    with_functions(scalar(6551, "varbyte", VARYING, 0, "U"), "varbyte_"),
];

/// The type of this OID.
pub(crate) fn type_of_oid(oid: u32) -> Option<&'static TypeRow> {
    TYPES.binary_search_by_key(&oid, |row| row.oid).ok().map(|index| &TYPES[index])
}

/// The type of this name in pg_type, or as SQL writes it: `int4`, `integer`, `_text`, `text[]`.
pub(crate) fn type_named(name: &str) -> Option<&'static TypeRow> {
    let by_own_name = TYPES.iter().find(|row| row.name == name);
    by_own_name.or_else(|| TYPES.iter().find(|row| row.formatted() == name)).or_else(|| {
        TYPES.iter().find(|row| RedshiftType::from_oid(row.oid, -1).is_some_and(|ty| ty.base_name() == name))
    })
}

/// pg_type.oid of the row type of a table or view.
pub(crate) fn row_type_of(relation: u32) -> u32 {
    relation + FIRST_ROW_TYPE
}

/// pg_class.oid of the relation whose row type this would be.
pub(crate) fn relation_of_row_type(oid: u32) -> Option<u32> {
    oid.checked_sub(FIRST_ROW_TYPE)
}

/// What `format_type(oid, typmod)` gives: the type as SQL writes it, of Redshift's intervals without a modifier their name; `-`
/// for 0, which is none, and `???` where there is no such type.
pub(crate) fn format_type(oid: u32, typmod: Option<i32>) -> String {
    if oid == 0 {
        return "-".to_string();
    }
    match (RedshiftType::from_oid(oid, typmod.unwrap_or(-1)), typmod) {
        (Some(ty), Some(0..)) => ty.to_string(),
        _ => type_of_oid(oid).map_or_else(|| "???".to_string(), TypeRow::formatted),
    }
}

/// Is it the name of a function that reads or writes the values of a type: `array_in`, `int4out`?
pub(crate) fn is_type_function(name: &str) -> bool {
    TYPES.iter().any(|row| ["in", "out", "recv", "send"].iter().any(|what| row.function(what) == name))
}

impl TypeRow {
    /// The type as SQL writes it, without modifiers.
    pub fn formatted(&self) -> String {
        if let Some(ty) = RedshiftType::from_oid(self.oid, -1) {
            return ty.format_name().to_string();
        }
        match type_of_oid(self.element) {
            Some(element) if self.category == "A" => format!("{}[]", element.formatted()),
            _ => self.name.to_string(),
        }
    }

    /// Is a value held in the place of its address?
    pub fn by_value(&self) -> bool {
        matches!(self.length, 1 | 2 | 4)
    }

    /// `p` for values of a fixed length, `x` for those that may be compressed.
    pub fn storage(&self) -> &'static str {
        if self.length == -1 { "x" } else { "p" }
    }

    /// The name of its function `in`, `out`, `recv` or `send`.
    pub fn function(&self, what: &str) -> String {
        format!("{}{what}", self.functions)
    }
}

/// The columns of `pg_internal.types`.
pub(super) const COLUMNS: &[BaseColumn] = &[
    ("oid", RedshiftType::Oid),
    ("name", RedshiftType::Name),
    ("namespace", RedshiftType::Oid),
    ("owner", RedshiftType::Int4),
    ("length", RedshiftType::Int2),
    ("by_value", RedshiftType::Bool),
    ("type_kind", RedshiftType::InternalChar),
    ("element", RedshiftType::Oid),
    ("input", RedshiftType::RegProc),
    ("output", RedshiftType::RegProc),
    ("receive", RedshiftType::RegProc),
    ("send", RedshiftType::RegProc),
    ("alignment", RedshiftType::InternalChar),
    ("storage", RedshiftType::InternalChar),
    ("array_type", RedshiftType::Oid),
    ("category", RedshiftType::InternalChar),
    ("preferred", RedshiftType::Bool),
    ("relation", RedshiftType::Oid),
];

/// The types and the row types of the system's relations never change.
static SYSTEM: LazyLock<Result<RecordBatch>> = LazyLock::new(|| {
    let mut rows = rows();
    rows.extend(listed().map(|(relation, _)| row_type(relation)));
    batch_of(COLUMNS, &rows, &(0..COLUMNS.len()).collect::<Vec<_>>())
});

/// `pg_internal.types`, with these columns only.
pub(super) fn scan(source: &Source, projection: &[usize]) -> Result<Vec<RecordBatch>> {
    let system = SYSTEM.clone()?.project(projection).map_err(|error| Error::internal(error.to_string()))?;
    let rows: Vec<_> = source.directory.relations()?.iter().map(|relation| row_type(relation)).collect();
    Ok(vec![system, batch_of(COLUMNS, &rows, projection)?])
}

/// The row type of a table or view: PostgreSQL 8.0, "Composite Types".
fn row_type(relation: &Relation) -> Vec<Cell> {
    vec![
        row_type_of(relation.oid.0).into(),
        relation.name.clone().into(),
        relation.schema_oid.0.into(),
        relation.owner.0.into(),
        (-1i16).into(),
        false.into(),
        "c".into(),
        0u32.into(),
        "record_in".into(),
        "record_out".into(),
        "record_recv".into(),
        "record_send".into(),
        "d".into(),
        "x".into(),
        0u32.into(),
        "C".into(),
        false.into(),
        relation.oid.0.into(),
    ]
}

/// The types that are no row types.
fn rows() -> Vec<Vec<Cell>> {
    let row = |row: &TypeRow| {
        vec![
            row.oid.into(),
            row.name.into(),
            super::PG_CATALOG.into(),
            SYSTEM_USER.into(),
            row.length.into(),
            row.by_value().into(),
            if row.category == "P" { "p" } else { "b" }.into(),
            row.element.into(),
            row.function("in").into(),
            row.function("out").into(),
            row.function("recv").into(),
            row.function("send").into(),
            row.alignment.into(),
            row.storage().into(),
            row.array.into(),
            row.category.into(),
            matches!(row.oid, 16 | 25 | 26 | 701 | 1184 | 1186).into(),
            0u32.into(),
        ]
    };
    TYPES.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_in_the_order_of_their_oids_and_arrays_point_back() {
        assert!(TYPES.windows(2).all(|pair| pair[0].oid < pair[1].oid));
        for row in TYPES.iter().filter(|row| row.array != 0) {
            let array = type_of_oid(row.array).unwrap_or_else(|| panic!("no array type of {}", row.name));
            assert_eq!(array.element, row.oid, "{}", row.name);
        }
    }

    #[test]
    fn row_types_and_relations_lead_to_each_other() {
        assert_eq!(relation_of_row_type(row_type_of(100_100)), Some(100_100));
        assert!(TYPES.iter().all(|row| relation_of_row_type(row.oid).is_none()));
    }

    #[test]
    fn every_redshift_type_has_its_row() {
        for row in TYPES {
            if let Some(ty) = RedshiftType::from_oid(row.oid, -1) {
                assert_eq!((ty.internal_name(), ty.typlen()), (row.name, row.length), "{}", row.name);
            }
        }
        for oid in [16, 21, 23, 20, 700, 701, 1700, 1042, 1043, 1082, 1114, 1184, 1266, 4000, 6551] {
            assert!(type_of_oid(oid).is_some(), "{oid}");
        }
    }

    #[test]
    fn types_are_formatted_as_postgres_formats_them() {
        assert_eq!(format_type(1043, Some(24)), "character varying(20)");
        assert_eq!(format_type(1043, None), "character varying");
        assert_eq!(format_type(1700, Some(655_366)), "numeric(10,2)");
        assert_eq!(format_type(1015, Some(-1)), "character varying[]");
        assert_eq!(format_type(1034, None), "aclitem[]");
        assert_eq!(format_type(2279, None), "trigger");
        assert_eq!(format_type(1, None), "???");
        assert_eq!(format_type(0, None), "-");
        assert_eq!(type_named("integer").map(|row| row.oid), Some(23));
        assert_eq!(type_named("_text").map(|row| row.oid), Some(1009));
        assert_eq!(type_named("nonsense"), None);
    }

    #[test]
    fn functions_have_the_names_that_drivers_look_for() {
        let of = |name: &str| type_named(name).unwrap().function("in");
        assert_eq!((of("_int4"), of("int4"), of("bool")), ("array_in".into(), "int4in".into(), "boolin".into()));
        assert_eq!((of("numeric"), of("timestamptz")), ("numeric_in".into(), "timestamptz_in".into()));
    }
}
