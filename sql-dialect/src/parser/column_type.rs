//! Types as columns are declared with them: Redshift's own, and what it says of those that it does not have.
//!
//! Redshift knows the types of Postgres 8.0 and stores few of them: the others are refused with SQLSTATE 0A000. Types of
//! later versions do not exist. Users cannot make types, so that no catalog is needed to say so.

use super::Parser;
use crate::{
    ast::DataType,
    error::{Error, Pos, Result, SqlState},
    lexer::TokenKind,
    names::Ident,
    types::{DEFAULT_VARCHAR, RedshiftType},
};

/// Types of Postgres 8.0 that no table of Redshift holds.
const NOT_STORED: [&str; 42] = [
    "abstime",
    "aclitem",
    "any",
    "anyarray",
    "anyelement",
    "bigserial",
    "bit",
    "bit varying",
    "box",
    "bytea",
    "cid",
    "cidr",
    "circle",
    "cstring",
    "inet",
    "int2vector",
    "internal",
    "language_handler",
    "line",
    "lseg",
    "macaddr",
    "money",
    "opaque",
    "path",
    "point",
    "polygon",
    "record",
    "refcursor",
    "regoper",
    "regoperator",
    "regprocedure",
    "reltime",
    "serial",
    "serial4",
    "serial8",
    "tid",
    "tinterval",
    "trigger",
    "unknown",
    "varbit",
    "void",
    "xid",
];

impl Parser<'_> {
    /// The type of this column.
    pub(super) fn type_of_column(&mut self, column: &Ident) -> Result<DataType> {
        let name = match &self.declared_table {
            Some(table) => format!("{table}.{}", column.value),
            None => column.value.clone(),
        };
        self.stored_type(Some(&name))
    }

    /// A type as a column is declared with it, where the column has no name that an error could tell.
    pub(super) fn column_type(&mut self) -> Result<DataType> {
        self.stored_type(None)
    }

    fn stored_type(&mut self, column: Option<&str>) -> Result<DataType> {
        let pos = self.pos();
        if self.is_word("bit") {
            return Err(refused(self.bit_type()?, column, pos));
        }
        let ty = self.data_type()?;
        match ty {
            // Developer guide, "Character types".
            DataType::Known(RedshiftType::Text) => Ok(DataType::Known(RedshiftType::Varchar(DEFAULT_VARCHAR))),
            DataType::Known(known) if is_stored(known) => Ok(ty),
            DataType::Known(known) => Err(refused(known.base_name(), column, pos)),
            DataType::Named(name) => {
                let last = &name.object().value;
                Err(match last.strip_prefix('_') {
                    Some(element) if self.ends_array() => {
                        refused(&format!("{}[]", shown_element(element)), column, pos)
                    }
                    _ => refused(last, column, pos),
                })
            }
        }
    }

    /// `BIT [VARYING] [(n)]`
    fn bit_type(&mut self) -> Result<&'static str> {
        self.advance();
        let varying = self.eat_word("varying");
        if self.eat(TokenKind::LeftParen) {
            self.unsigned::<u64>()?;
            self.expect(TokenKind::RightParen)?;
        }
        Ok(if varying { "bit varying" } else { "bit" })
    }

    /// Did the type that was just taken end as an array does?
    fn ends_array(&self) -> bool {
        let last = self.tokens[self.at - 1];
        last.kind == TokenKind::RightBracket
            || last.kind == TokenKind::Word && self.token_text(last).eq_ignore_ascii_case("array")
    }
}

/// Can a table hold values of this type?
fn is_stored(ty: RedshiftType) -> bool {
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
        | Text
        | Date
        | Time
        | TimeTz
        | Timestamp
        | TimestampTz
        | IntervalYearToMonth(_)
        | IntervalDayToSecond(_)
        | Super
        | Varbyte(_)
        | HllSketch
        | Geometry
        | Geography => true,
        Interval | Name | Oid | RegProc | RegProcedure | RegClass | RegType | InternalChar | Int2Vector | OidVector
        | Int2Array | Int4Array | OidArray | TextArray | InternalCharArray | AclItem | AclItemArray | AbsTime
        | CString | Unknown => false,
    }
}

/// The error for a type that no catalog could have: there are no types of users. None where Postgres 8.0 had it, so that
/// something may be cast to it.
pub(crate) fn unknown_type(ty: &str, pos: Pos) -> Option<Error> {
    let error = refused(ty, None, pos);
    Some(error).filter(|error| error.sqlstate() == SqlState::UNDEFINED_OBJECT)
}

fn refused(ty: &str, column: Option<&str>, pos: Pos) -> Error {
    let is_array = ty.ends_with("[]");
    let known = is_array || ty == "interval" || NOT_STORED.binary_search(&ty).is_ok() || is_of_the_catalog(ty);
    let error = match column {
        Some(column) if known => Error::unsupported(format!("Column \"{column}\" has unsupported type \"{ty}\".")),
        _ if known => Error::unsupported(format!("type \"{ty}\" is not supported")),
        _ => Error::new(SqlState::UNDEFINED_OBJECT, format!("type \"{ty}\" does not exist")),
    };
    let error = error.at(pos);
    match way_of_redshift(ty) {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// The name that messages have for an element of an array, by its name in the catalog.
fn shown_element(internal: &str) -> &str {
    match internal {
        "bool" => "boolean",
        "bpchar" => "character",
        "float4" => "real",
        "float8" => "double precision",
        "int8" => "bigint",
        "time" => "time without time zone",
        "timetz" => "time with time zone",
        "timestamp" => "timestamp without time zone",
        "timestamptz" => "timestamp with time zone",
        "varchar" => "character varying",
        other => other,
    }
}

fn is_of_the_catalog(ty: &str) -> bool {
    matches!(ty, "name" | "oid" | "regproc" | "regclass" | "regtype" | "oidvector" | "\"char\"")
}

/// What to use instead: developer guide, "Unsupported PostgreSQL data types" and the types that Redshift has.
fn way_of_redshift(ty: &str) -> Option<&'static str> {
    Some(match ty {
        "serial" | "serial2" | "serial4" | "serial8" | "bigserial" | "smallserial" => {
            "Declare the column INTEGER or BIGINT with IDENTITY(seed, step)."
        }
        array if array.ends_with("[]") => "Use SUPER for arrays.",
        "json" | "jsonb" | "hstore" => "Use SUPER, or VARCHAR with the functions of JSON.",
        "uuid" => "Use VARCHAR(36).",
        "bytea" => "Use VARBYTE.",
        "bit" | "bit varying" | "varbit" => "Use BOOLEAN, an integer or VARBYTE.",
        "money" => "Use DECIMAL.",
        "xml" => "Use VARCHAR(MAX).",
        "citext" => "Use VARCHAR with COLLATE CASE_INSENSITIVE.",
        "point" | "line" | "lseg" | "box" | "path" | "polygon" | "circle" => "Use GEOMETRY.",
        "inet" | "cidr" | "macaddr" | "macaddr8" => "Use VARCHAR.",
        "tsvector" | "tsquery" => "There is no text search: use VARCHAR.",
        "int4range" | "int8range" | "numrange" | "tsrange" | "tstzrange" | "daterange" => {
            "Use two columns for the bounds of a range."
        }
        "interval" => "Say which fields it has: INTERVAL YEAR TO MONTH or INTERVAL DAY TO SECOND.",
        "name" | "\"char\"" => "Use VARCHAR or CHAR.",
        "oid" | "xid" | "cid" | "tid" | "txid_snapshot" | "pg_lsn" => "Use BIGINT.",
        "regproc" | "regprocedure" | "regoper" | "regoperator" | "regclass" | "regtype" => "Use VARCHAR or INTEGER.",
        "abstime" | "reltime" | "tinterval" => "Use TIMESTAMP.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::NOT_STORED;

    #[test]
    fn types_are_in_order() {
        assert!(NOT_STORED.is_sorted());
    }
}
