//! Reads the texts that define the system relations.
//!
//! Each file under `sql/` holds definitions of this form, where names, types and queries are those of SQL and the
//! number is the relation's OID:
//!
//! ```text
//! -- Comments run to the end of the line.
//! view pg_catalog.pg_user 10101 (
//!     usename name, usesysid integer
//! ) hidden (
//!     oid oid
//! ) as
//! select name, id, id from pg_internal.users
//! ;
//! ```
//!
//! * The query gives the columns in order, the hidden ones behind the others; the binder casts them to the declared types.
//! * Hidden columns are found by name but are not part of `*` and not listed in pg_attribute, as the system columns of
//!   PostgreSQL 8.0 are. Columns that Redshift lacks and newer clients ask for are hidden, too.
//! * Without `as` and a query the relation has no rows.
//! * `table` is shown with relkind `r` and `view` with `v`; `compat` is found by name and listed nowhere, because Redshift
//!   has no such relation; `extended` replaces the relation of the same name where `--extensions` is on.

use redshift_sql_dialect::{
    RedshiftType,
    types::{MAX_CHAR, MAX_PRECISION, MAX_VARCHAR},
};

/// What a definition says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Definition<'a> {
    pub listing: Listing,
    pub schema: &'a str,
    pub name: &'a str,
    pub oid: u32,
    pub columns: Vec<(&'a str, RedshiftType)>,
    pub hidden: Vec<(&'a str, RedshiftType)>,
    /// None is a relation without rows.
    pub query: Option<&'a str>,
}

/// How a relation is listed in pg_class and its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listing {
    /// As a table.
    Table,
    /// As a view.
    View,
    /// Nowhere.
    Unlisted,
    /// In place of the relation of the same name where extensions are on.
    Extended,
}

/// The definitions of a file; the errors name what could not be read.
pub(super) fn read(file: &str) -> impl Iterator<Item = Result<Definition<'_>, String>> {
    file.split("\n;")
        .map(without_leading_comments)
        .filter(|text| !text.is_empty())
        .map(|text| definition(text).ok_or_else(|| text.lines().next().unwrap_or_default().to_string()))
}

fn without_leading_comments(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        if !text.starts_with("--") {
            return text.trim_end();
        }
        text = text.split_once('\n').map_or("", |(_, rest)| rest);
    }
}

fn definition(text: &str) -> Option<Definition<'_>> {
    let (head, rest) = text.split_once('(')?;
    let mut words = head.split_whitespace();
    let listing = match words.next()? {
        "table" => Listing::Table,
        "view" => Listing::View,
        "compat" => Listing::Unlisted,
        "extended" => Listing::Extended,
        _ => return None,
    };
    let (schema, name) = words.next()?.split_once('.')?;
    let oid = words.next()?.parse().ok()?;
    if words.next().is_some() {
        return None;
    }
    let (columns, rest) = column_list(rest)?;
    let (hidden, rest) = match rest.trim_start().strip_prefix("hidden") {
        Some(rest) => column_list(rest.trim_start().strip_prefix('(')?)?,
        None => (Vec::new(), rest),
    };
    let query = match rest.trim() {
        "" => None,
        rest => Some(rest.strip_prefix("as")?.trim()),
    };
    Some(Definition { listing, schema, name, oid, columns, hidden, query })
}

/// A definition's columns and what follows the closing parenthesis.
type ColumnList<'a> = (Vec<(&'a str, RedshiftType)>, &'a str);

/// Reads `name type, name type, ...)`.
fn column_list(text: &str) -> Option<ColumnList<'_>> {
    let mut columns = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (index, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            ',' | ')' if depth == 0 => {
                let (name, ty) = text[start..index].trim().split_once(char::is_whitespace)?;
                columns.push((name, type_of(ty.trim())?));
                start = index + 1;
                if character == ')' {
                    return Some((columns, &text[start..]));
                }
            }
            _ => {}
        }
    }
    None
}

fn type_of(text: &str) -> Option<RedshiftType> {
    use RedshiftType::*;
    let (name, modifiers) = match text.split_once('(') {
        Some((name, rest)) => (name.trim(), Some(rest.strip_suffix(')')?)),
        None => (text, None),
    };
    let length = |limit: u32| modifiers?.trim().parse().ok().filter(|length| (1..=limit).contains(length));
    Some(match name {
        "character" => Char(length(MAX_CHAR)?),
        "varchar" => Varchar(length(MAX_VARCHAR)?),
        "numeric" => {
            let (precision, scale) = modifiers?.split_once(',')?;
            let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
            if precision > MAX_PRECISION || scale > precision {
                return None;
            }
            RedshiftType::numeric(precision, scale)
        }
        _ if modifiers.is_some() => return None,
        "boolean" => Bool,
        "smallint" => Int2,
        "integer" => Int4,
        "bigint" => Int8,
        "real" => Float4,
        "double" => Float8,
        "text" => Text,
        "name" => Name,
        "\"char\"" => InternalChar,
        "oid" => Oid,
        "regproc" => RegProc,
        "abstime" => AbsTime,
        "interval" => Interval,
        "timestamp" => Timestamp,
        "timestamptz" => TimestampTz,
        "varbyte" => Varbyte(MAX_VARCHAR),
        "int2vector" => Int2Vector,
        "oidvector" => OidVector,
        "smallint[]" => Int2Array,
        "integer[]" => Int4Array,
        "oid[]" => OidArray,
        "text[]" => TextArray,
        "\"char\"[]" => InternalCharArray,
        "aclitem[]" => AclItemArray,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_has_columns_hidden_columns_and_a_query() {
        let text = "-- A page.\nview pg_catalog.v 10 (\n  a name, b numeric(5,2)\n) hidden (\n  oid oid\n) as\n\
                    select x, y, z from t\n;\ntable pg_catalog.e 11 (c character(3))\n;\n";
        let read: Vec<_> = read(text).collect::<Result<_, _>>().unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].listing, Listing::View);
        assert_eq!((read[0].schema, read[0].name, read[0].oid), ("pg_catalog", "v", 10));
        assert_eq!(read[0].columns, [("a", RedshiftType::Name), ("b", RedshiftType::numeric(5, 2))]);
        assert_eq!(read[0].hidden, [("oid", RedshiftType::Oid)]);
        assert_eq!(read[0].query, Some("select x, y, z from t"));
        assert_eq!((read[1].listing, read[1].query), (Listing::Table, None));
        assert_eq!(read[1].columns, [("c", RedshiftType::Char(3))]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let wrong = "view pg_catalog.v 10 (a nonsense)\n;\nview v 1 (a name)\n;";
        let read: Vec<_> = read(wrong).collect();
        assert_eq!(read[0], Err("view pg_catalog.v 10 (a nonsense)".to_string()));
        assert!(read[1].is_err());
    }
}
