//! The columns of tables, views, indexes and system relations.

use std::sync::LazyLock;

use arrow::record_batch::RecordBatch;
use redshift_sql_dialect::{Error, RedshiftType, Result, types::UNSIZED};

use super::{constraints, defaults, privileges::Acls};
use crate::{
    catalog::{Column, Identity, Relation, TableInfo},
    system::{
        Source,
        directory::Principals,
        listed,
        rows::{BaseColumn, Cell, batch_of},
        types::type_of_oid,
    },
};

pub const COLUMNS: &[BaseColumn] = &[
    ("relation", RedshiftType::Oid),
    ("name", RedshiftType::Name),
    ("type", RedshiftType::Oid),
    ("type_name", RedshiftType::Text),
    ("data_type", RedshiftType::Text),
    ("internal_type", RedshiftType::Name),
    ("length", RedshiftType::Int2),
    ("num", RedshiftType::Int2),
    ("dimensions", RedshiftType::Int4),
    ("typmod", RedshiftType::Int4),
    ("by_value", RedshiftType::Bool),
    ("storage", RedshiftType::InternalChar),
    ("alignment", RedshiftType::InternalChar),
    ("not_null", RedshiftType::Bool),
    ("has_default", RedshiftType::Bool),
    ("default_value", RedshiftType::Text),
    ("dist_key", RedshiftType::Bool),
    ("sort_key", RedshiftType::Int4),
    ("encoding", RedshiftType::Text),
    ("encoding_code", RedshiftType::Int2),
    ("comment", RedshiftType::Text),
    ("character_maximum_length", RedshiftType::Int4),
    ("character_octet_length", RedshiftType::Int4),
    ("numeric_precision", RedshiftType::Int4),
    ("numeric_precision_radix", RedshiftType::Int4),
    ("numeric_scale", RedshiftType::Int4),
    ("datetime_precision", RedshiftType::Int4),
    ("collation", RedshiftType::Text),
    ("acl", RedshiftType::AclItemArray),
    ("acl_text", RedshiftType::Text),
];

/// The columns of the system's relations never change.
static SYSTEM: LazyLock<Result<RecordBatch>> = LazyLock::new(|| {
    let columns = |(relation, _): (&'static Relation, _)| {
        let listed = relation.columns.iter().filter(|column| !column.is_hidden());
        listed.map(|column| row(relation.oid.0, column, None, None)).collect::<Vec<_>>()
    };
    let rows: Vec<_> = listed().flat_map(columns).collect();
    batch_of(COLUMNS, &rows, &(0..COLUMNS.len()).collect::<Vec<_>>())
});

pub fn scan(source: &Source, projection: &[usize]) -> Result<Vec<RecordBatch>> {
    let mut rows = Vec::new();
    let principals = Principals::of(&*source.directory)?;
    let acls = Acls::of(source, &principals)?;
    for relation in source.directory.relations()? {
        let table = relation.table();
        rows.extend(relation.columns.iter().map(|column| {
            let acl = acls.of_column(relation.oid, column.attnum, relation.owner.0);
            row(relation.oid.0, column, table, acl)
        }));
        for constraint in table.into_iter().flat_map(constraints::unique_keys) {
            let keys = constraint.columns.iter().zip(1i16..);
            rows.extend(keys.filter_map(|(attnum, num)| {
                let column = relation.columns.iter().find(|column| column.attnum == *attnum)?;
                let column = Column { attnum: num, not_null: column.not_null, ..Column::new(&column.name, column.ty) };
                Some(row(constraint.oid.0, &column, None, None))
            }));
        }
    }
    if source.elsewhere {
        return Ok(vec![batch_of(COLUMNS, &rows, projection)?]);
    }
    let system = SYSTEM.clone()?.project(projection).map_err(|error| Error::internal(error.to_string()))?;
    Ok(vec![system, batch_of(COLUMNS, &rows, projection)?])
}

fn row(relation: u32, column: &Column, table: Option<&TableInfo>, acl: Option<Vec<String>>) -> Vec<Cell> {
    let ty = column.ty;
    let type_row = type_of_oid(ty.oid());
    let default = default_of(relation, column);
    let encoding = if table.is_some() { encoding(column) } else { "none" };
    let sizes = Sizes::of(ty);
    vec![
        relation.into(),
        column.name.clone().into(),
        ty.oid().into(),
        ty.to_string().into(),
        if is_array(ty) { "ARRAY" } else { ty.format_name() }.into(),
        ty.internal_name().into(),
        ty.typlen().into(),
        column.attnum.into(),
        i64::from(is_array(ty)).into(),
        ty.typmod().into(),
        type_row.is_some_and(|row| row.by_value()).into(),
        type_row.map_or("x", |row| row.storage()).into(),
        type_row.map_or("i", |row| row.alignment).into(),
        column.not_null.into(),
        default.is_some().into(),
        default.into(),
        column.dist_key.into(),
        sort_key(column, table).into(),
        encoding.to_string().into(),
        encoding_code(encoding).into(),
        column.comment.clone().into(),
        sizes.characters.into(),
        sizes.characters.into(),
        sizes.precision.into(),
        sizes.radix.into(),
        sizes.scale.into(),
        sizes.datetime.into(),
        collation(column).into(),
        acl.clone().into(),
        acl.map(|items| items.join("~")).into(),
    ]
}

/// The collation of a column of text.
fn collation(column: &Column) -> Option<&'static str> {
    match column.ty {
        RedshiftType::Char(_) | RedshiftType::Varchar(_) | RedshiftType::Text => {
            Some(if column.case_insensitive { "case_insensitive" } else { "default" })
        }
        _ => None,
    }
}

fn is_array(ty: RedshiftType) -> bool {
    use RedshiftType::*;
    matches!(ty, Int2Array | Int4Array | OidArray | TextArray | InternalCharArray | AclItemArray)
}

/// A column's default as pg_attrdef.adsrc shows it: `"identity"(100145, 0, '1,1'::text)` for IDENTITY.
fn default_of(relation: u32, column: &Column) -> Option<String> {
    match column.identity {
        Some(Identity { seed, step, by_default }) => {
            let function = if by_default { "default_identity" } else { "\"identity\"" };
            Some(format!("{function}({relation}, {}, '{seed},{step}'::text)", column.attnum - 1))
        }
        None => column.default.as_deref().map(|default| defaults::shown(default, column.ty)),
    }
}

/// Its place in the sort key; in an interleaved one every other place is negative (r_PG_TABLE_DEF.md).
fn sort_key(column: &Column, table: Option<&TableInfo>) -> i16 {
    let interleaved = table.is_some_and(|table| table.interleaved);
    if interleaved && column.sort_key % 2 == 1 { -column.sort_key } else { column.sort_key }
}

/// The compression of a column: the one that was declared, or the one that Redshift chooses (c_Compression_encodings.md:
/// sort keys and columns of few bytes raw, numbers and times AZ64, the others LZO).
pub fn encoding(column: &Column) -> &str {
    use RedshiftType::*;
    match column.encoding.as_deref() {
        Some("raw") => "none",
        Some(encoding) if encoding != "auto" => encoding,
        _ if column.sort_key > 0 => "none",
        _ => match column.ty {
            Int2 | Int4 | Int8 | Numeric { .. } | Date | Time | TimeTz | Timestamp | TimestampTz => "az64",
            IntervalYearToMonth(_) | IntervalDayToSecond(_) => "az64",
            Char(_) | Varchar(_) | Text | Varbyte(_) => "lzo",
            Super => "zstd",
            _ => "none",
        },
    }
}

/// The encodings by the numbers that pg_attribute.attencodingtype has and `format_encoding` takes.
const ENCODINGS: &[&str] = &[
    "none",
    "bytedict",
    "delta",
    "delta32k",
    "lzo",
    "mostly8",
    "mostly16",
    "mostly32",
    "runlength",
    "text255",
    "text32k",
    "zstd",
    "az64",
];

fn encoding_code(encoding: &str) -> i64 {
    ENCODINGS.iter().position(|name| *name == encoding).unwrap_or(0) as i64
}

/// The encoding of this number, as `format_encoding` shows it.
pub(crate) fn encoding_name(code: i64) -> Option<&'static str> {
    ENCODINGS.get(usize::try_from(code).ok()?).copied()
}

/// The size columns of information_schema.columns.
#[derive(Default)]
pub struct Sizes {
    pub characters: Option<i64>,
    pub precision: Option<i64>,
    pub radix: Option<i64>,
    pub scale: Option<i64>,
    pub datetime: Option<i64>,
}

impl Sizes {
    pub fn of(ty: RedshiftType) -> Sizes {
        use RedshiftType::*;
        let number = |precision: i64, radix: i64, scale: Option<i64>| Sizes {
            precision: Some(precision),
            radix: Some(radix),
            scale,
            ..Sizes::default()
        };
        match ty {
            Varchar(UNSIZED) => Sizes::default(),
            Char(length) | Varchar(length) | Varbyte(length) => {
                Sizes { characters: Some(i64::from(length)), ..Sizes::default() }
            }
            Int2 => number(16, 2, Some(0)),
            Int4 => number(32, 2, Some(0)),
            Int8 => number(64, 2, Some(0)),
            Numeric { precision, scale } => number(i64::from(precision), 10, Some(i64::from(scale))),
            Float4 => number(24, 2, None),
            Float8 => number(53, 2, None),
            Time | TimeTz | Timestamp | TimestampTz | IntervalDayToSecond(_) => {
                Sizes { datetime: Some(6), ..Sizes::default() }
            }
            _ => Sizes::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_columns_show_their_function() {
        let identity = Some(Identity { seed: 1, step: 2, by_default: false });
        let column = Column { attnum: 1, identity, ..Column::new("id", RedshiftType::Int8) };
        assert_eq!(default_of(100_145, &column).as_deref(), Some("\"identity\"(100145, 0, '1,2'::text)"));
        let identity = Some(Identity { seed: 1, step: 1, by_default: true });
        let column = Column { identity, ..column };
        assert_eq!(default_of(7, &column).as_deref(), Some("default_identity(7, 0, '1,1'::text)"));
    }

    #[test]
    fn encodings_without_a_declaration_follow_the_type() {
        assert_eq!(encoding(&Column::new("c", RedshiftType::Int4)), "az64");
        assert_eq!(encoding(&Column::new("c", RedshiftType::Varchar(9))), "lzo");
        assert_eq!(encoding(&Column::new("c", RedshiftType::Bool)), "none");
        let sorted = Column { sort_key: 1, ..Column::new("c", RedshiftType::Int4) };
        assert_eq!(encoding(&sorted), "none");
        let declared = Column { encoding: Some("raw".into()), ..Column::new("c", RedshiftType::Int4) };
        assert_eq!(encoding(&declared), "none");
    }

    #[test]
    fn places_in_an_interleaved_sort_key_alternate() {
        let table = TableInfo { interleaved: true, ..TableInfo::default() };
        let place = |sort_key| sort_key_of(sort_key, &table);
        assert_eq!([place(1), place(2), place(3)], [-1, 2, -3]);
    }

    fn sort_key_of(place: i16, table: &TableInfo) -> i16 {
        sort_key(&Column { sort_key: place, ..Column::new("c", RedshiftType::Int4) }, Some(table))
    }

    #[test]
    fn encodings_have_numbers_that_lead_back() {
        for name in ENCODINGS {
            assert_eq!(encoding_name(encoding_code(name)), Some(*name));
        }
        assert_eq!(encoding_name(-1), None);
    }
}
