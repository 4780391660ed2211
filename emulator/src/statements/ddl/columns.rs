//! From the elements of CREATE TABLE and ADD COLUMN to the catalog's columns and keys.
//!
//! Source: developer guide, "CREATE TABLE".

use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{ColumnAttribute, ColumnDef, ConstraintKind, DataType, SortKey, TableAttributes, TableConstraint},
    names::Ident,
    types::{MAX_CHAR, MAX_VARCHAR},
};

use super::encodings;
use crate::{
    binder::SessionInfo,
    catalog::{Column, Identity},
    functions::collation,
};

/// The most columns of a table (developer guide, "CREATE TABLE", "Limits").
const MAX_COLUMNS: usize = 1600;
/// The most columns of a compound and of an interleaved sort key.
const MAX_SORT_COLUMNS: (usize, usize) = (400, 8);

/// What the elements of a table say, before the catalog is asked.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// The columns; their defaults are not checked yet.
    pub columns: Vec<Column>,
    /// The keys, of columns and of the table.
    pub keys: Vec<DeclaredKey>,
}

/// Is there room for one more column beside so many?
///
/// # Errors
/// 54011
pub(super) fn check_room(columns: usize) -> Result<()> {
    if columns < MAX_COLUMNS {
        return Ok(());
    }
    let message = format!("tables can have at most {MAX_COLUMNS} columns");
    Err(Error::new(SqlState::TOO_MANY_COLUMNS, message))
}

/// A key whose names are not looked up yet.
#[derive(Debug)]
pub(super) struct DeclaredKey {
    /// CONSTRAINT name
    pub name: Option<Ident>,
    /// What it says.
    pub kind: ConstraintKind,
}

impl Declared {
    /// Adds a column that is declared.
    pub fn add(&mut self, def: &ColumnDef, session: &SessionInfo) -> Result<()> {
        let (column, keys) = column(def, session)?;
        self.push(column, def.name.pos)?;
        self.keys.extend(keys);
        Ok(())
    }

    /// Adds a column as it is; its attnum becomes the next one.
    pub fn push(&mut self, mut column: Column, pos: u32) -> Result<()> {
        if self.columns.iter().any(|other| other.name == column.name) {
            let message = format!("column \"{}\" duplicated", column.name);
            return Err(Error::new(SqlState::DUPLICATE_COLUMN, message).at(pos));
        }
        check_room(self.columns.len())?;
        check_no_system_column(&column.name).map_err(|error| error.at(pos))?;
        column.attnum = self.columns.len() as i16 + 1;
        if column.dist_key || column.sort_key > 0 {
            let what = if column.dist_key { "DISTKEY" } else { "SORTKEY" };
            check_key(column.ty, &column.name, what).map_err(|error| error.at(pos))?;
        }
        if column.dist_key && self.columns.iter().any(|other| other.dist_key) {
            return Err(multiple("DISTKEY").at(pos));
        }
        if column.sort_key > 0 {
            if self.columns.iter().any(|other| other.sort_key > 0) {
                return Err(multiple("SORTKEY").at(pos));
            }
            column.sort_key = 1;
        }
        self.columns.push(column);
        Ok(())
    }

    /// Adds a constraint of the table.
    pub fn add_key(&mut self, constraint: &TableConstraint) {
        self.keys.push(DeclaredKey { name: constraint.name.clone(), kind: constraint.kind.clone() });
    }

    /// Takes DISTKEY (column) and SORTKEY (columns) of the table.
    pub fn apply(&mut self, attributes: &TableAttributes, case_sensitive: bool) -> Result<()> {
        if let Some(key) = &attributes.dist_key {
            if self.columns.iter().any(|column| column.dist_key) {
                return Err(multiple("DISTKEY").at(key.pos));
            }
            self.named(key, "DISTKEY", case_sensitive)?.dist_key = true;
        }
        if let Some(key) = &attributes.sort_key {
            self.sort(key, case_sensitive)?;
        }
        Ok(())
    }

    /// Gives the columns the places that a sort key says.
    pub fn sort(&mut self, key: &SortKey, case_sensitive: bool) -> Result<()> {
        let (columns, most) = match key {
            SortKey::Auto | SortKey::None => return Ok(()),
            SortKey::Compound(columns) => (columns, MAX_SORT_COLUMNS.0),
            SortKey::Interleaved(columns) => (columns, MAX_SORT_COLUMNS.1),
        };
        if columns.len() > most {
            let message = format!("a sort key can have at most {most} columns");
            return Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message));
        }
        if let Some(first) = columns.first()
            && self.columns.iter().any(|column| column.sort_key > 0)
        {
            return Err(multiple("SORTKEY").at(first.pos));
        }
        for (place, name) in columns.iter().enumerate() {
            let column = self.named(name, "SORTKEY", case_sensitive)?;
            if column.sort_key > 0 {
                let message = format!("column \"{}\" appears twice in the sort key", column.name);
                return Err(Error::new(SqlState::DUPLICATE_COLUMN, message).at(name.pos));
            }
            column.sort_key = place as i16 + 1;
        }
        Ok(())
    }

    /// A column by its name, or by its place, counted from 1 (developer guide, "CTAS examples": `sortkey (1, 3)`).
    fn named(&mut self, name: &Ident, what: &str, case_sensitive: bool) -> Result<&mut Column> {
        let folded = name.folded(case_sensitive);
        let by_name = self.columns.iter().position(|column| column.name == folded);
        let found = by_name.or_else(|| folded.parse::<usize>().ok()?.checked_sub(1));
        let column = found.and_then(|index| self.columns.get_mut(index)).ok_or_else(|| {
            let message = format!("{what} column \"{folded}\" does not exist");
            Error::new(SqlState::UNDEFINED_COLUMN, message).at(name.pos)
        })?;
        check_key(column.ty, &folded, what).map_err(|error| error.at(name.pos))?;
        Ok(column)
    }
}

/// Names of columns that every table of PostgreSQL has: they "can't be used as column names" ("Names and identifiers").
pub(super) fn check_no_system_column(name: &str) -> Result<()> {
    if !matches!(name, "tableoid" | "xmin" | "cmin" | "xmax" | "cmax" | "ctid") {
        return Ok(());
    }
    let message = format!("column name \"{name}\" conflicts with a system column name");
    Err(Error::new(SqlState::DUPLICATE_COLUMN, message))
}

/// "You can't define SUPER columns as either a distribution or sort key." "You can't use a GEOMETRY or GEOGRAPHY column as
/// a sort key or a distribution key for an Amazon Redshift table."
fn check_key(ty: RedshiftType, column: &str, what: &str) -> Result<()> {
    // "Amazon Redshift tables don't support an HLLSKETCH column as a sort key or a distribution key."
    use RedshiftType::{Geography, Geometry, HllSketch, Super};
    if !matches!(ty, Super | Geometry | Geography | HllSketch) {
        return Ok(());
    }
    let message = format!("column \"{column}\" of type {ty} cannot be a {what}");
    Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message))
}

fn multiple(what: &str) -> Error {
    Error::new(SqlState::INVALID_TABLE_DEFINITION, format!("multiple {what} specifications are not allowed"))
}

/// A column with its keys from its declaration.
pub(super) fn column(def: &ColumnDef, session: &SessionInfo) -> Result<(Column, Vec<DeclaredKey>)> {
    let name = def.name.folded(session.case_sensitive);
    let ty = storable(&def.ty, &name).map_err(|error| error.at(def.name.pos))?;
    let case_insensitive = default_collation(ty, session);
    let mut column = Column { case_insensitive, ..Column::new(name, ty) };
    let mut keys = Vec::new();
    let mut null_written = false;
    for attribute in &def.attributes {
        match attribute {
            ColumnAttribute::Default(expr) => column.default = Some(expr.to_string()),
            ColumnAttribute::Identity { seed, step } => set_identity(&mut column, *seed, *step, Generated::Always)?,
            ColumnAttribute::DefaultIdentity { seed, step } => {
                set_identity(&mut column, *seed, *step, Generated::ByDefault)?;
            }
            ColumnAttribute::Encode(encoding) => column.encoding = Some(encoding.clone()),
            ColumnAttribute::DistKey => column.dist_key = true,
            ColumnAttribute::SortKey => column.sort_key = 1,
            ColumnAttribute::Collate(collation) => column.case_insensitive = collation == "case_insensitive",
            ColumnAttribute::NotNull => column.not_null = true,
            ColumnAttribute::Null => null_written = true,
            ColumnAttribute::Unique => keys.push(ConstraintKind::Unique(vec![def.name.clone()])),
            ColumnAttribute::PrimaryKey => keys.push(ConstraintKind::PrimaryKey(vec![def.name.clone()])),
            ColumnAttribute::References { table, column } => keys.push(ConstraintKind::ForeignKey {
                columns: vec![def.name.clone()],
                table: table.clone(),
                referenced: column.iter().cloned().collect(),
            }),
        }
    }
    if let Some(encoding) = &column.encoding {
        encodings::check(encoding, ty, &column.name).map_err(|error| error.at(def.name.pos))?;
    }
    if null_written && column.not_null {
        let message = format!("conflicting NULL/NOT NULL declarations for column \"{}\"", column.name);
        return Err(Error::new(SqlState::SYNTAX_ERROR, message).at(def.name.pos));
    }
    if column.identity.is_some() && column.default.is_some() {
        let message = format!("multiple default values specified for column \"{}\"", column.name);
        return Err(Error::new(SqlState::SYNTAX_ERROR, message).at(def.name.pos));
    }
    let keys = keys.into_iter().map(|kind| DeclaredKey { name: None, kind }).collect();
    Ok((column, keys))
}

/// Are a column's values compared without regard to case where it does not say how? "The COLLATE clause specifies the default
/// collation for all CHAR and VARCHAR columns in the database" (developer guide, "CREATE DATABASE"), and for SUPER columns
/// ("Operators and functions" of SUPER).
pub(super) fn default_collation(ty: RedshiftType, session: &SessionInfo) -> bool {
    session.case_insensitive && collation::has_collation(ty)
}

/// Does an identity column always make its values?
#[derive(Clone, Copy, PartialEq)]
enum Generated {
    Always,
    ByDefault,
}

fn set_identity(column: &mut Column, seed: i64, step: i64, generated: Generated) -> Result<()> {
    if !matches!(column.ty, RedshiftType::Int4 | RedshiftType::Int8) {
        let message = format!("identity column \"{}\" must be of type INT or BIGINT", column.name);
        return Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message));
    }
    column.identity = Some(Identity { seed, step, by_default: generated == Generated::ByDefault });
    Ok(())
}

/// The type that a table can hold for a declared one.
pub(in crate::statements) fn storable(ty: &DataType, column: &str) -> Result<RedshiftType> {
    let ty = match ty {
        DataType::Known(ty) => *ty,
        DataType::Named(name) => {
            let message = format!("type \"{}\" does not exist", name.object().value);
            return Err(Error::new(SqlState::UNDEFINED_OBJECT, message).at(name.pos()));
        }
    };
    use RedshiftType::*;
    match ty {
        // Developer guide, "Character types": TEXT becomes VARCHAR(256).
        Text => Ok(Varchar(256)),
        Varchar(n) if n > MAX_VARCHAR => Err(too_long("varchar", MAX_VARCHAR)),
        Char(n) if n > MAX_CHAR => Err(too_long("char", MAX_CHAR)),
        Bool
        | Int2
        | Int4
        | Int8
        | Numeric { .. }
        | Float4
        | Float8
        | Char(_)
        | Varchar(_)
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
        | Geography => Ok(ty),
        Name | Interval | Oid | RegProc | RegProcedure | RegClass | RegType | InternalChar | Int2Vector | OidVector
        | Int2Array | Int4Array | OidArray | TextArray | InternalCharArray | AclItem | AclItemArray | AbsTime
        | CString | Unknown => Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("Column \"{column}\" has unsupported type \"{}\".", ty.base_name()),
        )),
    }
}

fn too_long(ty: &str, most: u32) -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("length for type {ty} cannot exceed {most}"))
}
