//! CREATE TABLE.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::scalar::ScalarValue;
use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{ColumnAttribute, ConstraintKind, CreateTable, DistStyle, SortKey, TableAttributes, TableElement},
    names::{Ident, ObjectName},
};

use super::{
    columns::{Declared, DeclaredKey},
    names::{Lifetime, Place, relation_exists},
};
use crate::{
    binder::{CastKind, cast, evaluate},
    catalog::{CatalogView, Column, Constraint, KeyKind, NewRelation, Privilege, Relation, RelationKind, TableInfo},
    result::{CommandTag, Outcome},
    statements::Work,
};

/// Runs CREATE TABLE.
pub(crate) async fn create_table(create: &CreateTable, work: &mut Work<'_>) -> Result<Outcome> {
    if create.iceberg.is_some() {
        return Err(Error::unsupported("CREATE TABLE USING ICEBERG is not supported"));
    }
    let lifetime = if create.temporary { Lifetime::Temporary } else { Lifetime::Permanent };
    let place = work.place(&create.name, lifetime).await?;
    let case_sensitive = work.context.session.case_sensitive;
    if work.view.relation(&place.schema, &place.name)?.is_some() {
        if create.if_not_exists {
            work.inform(format!("Relation \"{}\" already exists and will be skipped", place.name));
            return Ok(Outcome::Done(CommandTag::plain("CREATE TABLE")));
        }
        return Err(relation_exists(&place.name).at(create.name.object().pos));
    }
    let mut declared = Declared::default();
    let session = work.session_there()?;
    let mut inherited = None;
    check_like(create)?;
    for element in &create.elements {
        match element {
            TableElement::Column(column) => declared.add(column, &session)?,
            TableElement::Constraint(constraint) => declared.add_key(constraint),
            TableElement::Like { table, including_defaults } => {
                let source = work.binder().resolve(table)?;
                work.require_privilege(&source, Privilege::Select).map_err(|error| error.at(table.pos()))?;
                like(&source, *including_defaults, &mut declared).map_err(|error| error.at(table.pos()))?;
                inherited = source.table().and_then(|table| table.dist_style);
            }
        }
    }
    let mut attributes = create.attributes.clone();
    attributes.dist_style = attributes.dist_style.or(inherited);
    declared.apply(&attributes, case_sensitive)?;
    for column in &declared.columns {
        default_value(column, work)?;
    }
    Making { lifetime, place, attributes, declared }.make(work).await?;
    Ok(Outcome::Done(CommandTag::plain("CREATE TABLE")))
}

/// LIKE takes these properties from the other table (developer guide, "CREATE TABLE").
fn check_like(create: &CreateTable) -> Result<()> {
    if !create.elements.iter().any(|element| matches!(element, TableElement::Like { .. })) {
        return Ok(());
    }
    let TableAttributes { backup, dist_style, dist_key, sort_key, encode_auto: _ } = &create.attributes;
    let of_a_column = |wanted: &ColumnAttribute| {
        let columns = create.elements.iter().filter_map(|element| match element {
            TableElement::Column(column) => Some(column),
            _ => None,
        });
        columns.flat_map(|column| &column.attributes).any(|attribute| attribute == wanted)
    };
    let given = [
        (backup.is_some(), "BACKUP"),
        (dist_style.is_some(), "DISTSTYLE"),
        (dist_key.is_some() || of_a_column(&ColumnAttribute::DistKey), "DISTKEY"),
        (sort_key.is_some() || of_a_column(&ColumnAttribute::SortKey), "SORTKEY"),
    ];
    match given.iter().find(|(given, _)| *given) {
        Some((_, what)) => {
            let message = format!("{what} is not supported in CREATE TABLE ... LIKE");
            Err(Error::unsupported(message).with_hint("It is taken from the other table.").at(create.name.pos()))
        }
        None => Ok(()),
    }
}

/// A table that is about to be made.
pub(super) struct Making {
    pub lifetime: Lifetime,
    pub place: Place,
    pub attributes: TableAttributes,
    pub declared: Declared,
}

impl Making {
    /// Makes the table, its keys and its columns. Foreign keys come last, because they may lead to the table itself.
    pub(super) async fn make(mut self, work: &mut Work<'_>) -> Result<Arc<Relation>> {
        let dist_key = self.declared.columns.iter().any(|column| column.dist_key);
        let dist_style = dist_style(&self.attributes, dist_key)?;
        let keys = std::mem::take(&mut self.declared.keys);
        let (foreign, own): (Vec<_>, Vec<_>) =
            keys.into_iter().partition(|key| matches!(key.kind, ConstraintKind::ForeignKey { .. }));
        let constraints = resolve_keys(own, &[], &mut self.declared.columns, &self.place.name, work)?;
        let mut table = TableInfo {
            temporary: self.lifetime == Lifetime::Temporary || self.place.schema == work.state.temp_schema,
            dist_style,
            interleaved: matches!(self.attributes.sort_key, Some(SortKey::Interleaved(_))),
            backup_off: self.attributes.backup == Some(false),
            constraints,
            constraint_comments: BTreeMap::new(),
        };
        let relation = work
            .transaction
            .create_relation(NewRelation {
                database: Some(self.place.database),
                schema: self.place.schema,
                name: self.place.name,
                owner: work.state.user_id,
                columns: self.declared.columns,
                kind: RelationKind::Table(table.clone()),
            })
            .await?;
        if foreign.is_empty() {
            return Ok(relation);
        }
        let mut columns = relation.columns.to_vec();
        let foreign = resolve_keys(foreign, &table.constraints, &mut columns, &relation.name, work)?;
        table.constraints.extend(foreign);
        work.transaction.update_relation(Relation { kind: RelationKind::Table(table), ..(*relation).clone() }).await
    }
}

fn dist_style(attributes: &TableAttributes, dist_key: bool) -> Result<Option<DistStyle>> {
    let refuse = |message: &str| Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message));
    match (attributes.dist_style, dist_key) {
        (None | Some(DistStyle::Key), true) => Ok(Some(DistStyle::Key)),
        (Some(DistStyle::Key), false) => refuse("DISTSTYLE KEY requires a DISTKEY column"),
        (Some(_), true) => refuse("cannot specify DISTKEY with a DISTSTYLE other than KEY"),
        (style, false) => Ok(style),
    }
}

/// Takes the columns of another table. Distribution and sort keys come along, keys and identities do not (developer
/// guide, "CREATE TABLE", LIKE).
fn like(source: &Relation, including_defaults: bool, declared: &mut Declared) -> Result<()> {
    let first = declared.columns.len();
    for column in source.columns.iter() {
        let default = column.default.clone().filter(|_| including_defaults);
        declared.push(Column { default, identity: None, sort_key: 0, comment: None, ..column.clone() }, 0)?;
    }
    for (copy, column) in declared.columns[first..].iter_mut().zip(source.columns.iter()) {
        copy.sort_key = column.sort_key;
    }
    Ok(())
}

/// The constant that a column's DEFAULT stands for now, in the column's type.
///
/// # Errors
/// 42804 where the column cannot take it; whatever is wrong with the expression.
pub(crate) fn default_value(column: &Column, work: &Work<'_>) -> Result<Option<ScalarValue>> {
    let Some(text) = &column.default else { return Ok(None) };
    let expr = redshift_sql_dialect::parse_expression(text)?;
    let value = work.binder().constant(&expr).map_err(Error::without_position)?;
    let given = value.ty;
    let value = cast(value, column.ty, CastKind::Assignment, &work.context).map_err(|error| {
        if !matches!(error.sqlstate(), SqlState::DATATYPE_MISMATCH | SqlState::CANNOT_COERCE) {
            return error.without_position();
        }
        let (name, ty, given) = (&column.name, column.ty.base_name(), given.base_name());
        let message = format!("column \"{name}\" is of type {ty} but default expression is of type {given}");
        Error::new(SqlState::DATATYPE_MISMATCH, message).with_hint("You will need to rewrite or cast the expression.")
    })?;
    evaluate(value).map(Some)
}

/// Looks up the columns and tables of keys and names those that have no name, other than the keys that are there; a primary
/// key's columns are NOT NULL.
pub(super) fn resolve_keys(
    keys: Vec<DeclaredKey>,
    present: &[Constraint],
    columns: &mut [Column],
    table: &str,
    work: &Work<'_>,
) -> Result<Vec<Constraint>> {
    let case_sensitive = work.context.session.case_sensitive;
    let mut constraints: Vec<Constraint> = Vec::new();
    for key in keys {
        let (names, kind) = match &key.kind {
            ConstraintKind::PrimaryKey(names) => (names, KeyKind::Primary),
            ConstraintKind::Unique(names) => (names, KeyKind::Unique),
            ConstraintKind::ForeignKey { columns, table, referenced } => {
                (columns, foreign_key(columns, table, referenced, work)?)
            }
        };
        if kind == KeyKind::Primary && constraints.iter().any(|other| other.kind == KeyKind::Primary) {
            let message = format!("multiple primary keys for table \"{table}\" are not allowed");
            return Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message));
        }
        let mut attnums = Vec::new();
        for name in names {
            let column = key_column(columns, name, case_sensitive)?;
            column.not_null |= kind == KeyKind::Primary;
            attnums.push(column.attnum);
        }
        let name = match key.name {
            Some(name) => name.folded(case_sensitive),
            None => default_name(table, names, &kind, present.iter().chain(&constraints)),
        };
        constraints.push(Constraint { oid: work.transaction.new_oid()?, name, kind, columns: attnums });
    }
    Ok(constraints)
}

fn key_column<'a>(columns: &'a mut [Column], name: &Ident, case_sensitive: bool) -> Result<&'a mut Column> {
    let folded = name.folded(case_sensitive);
    columns.iter_mut().find(|column| column.name == folded).ok_or_else(|| {
        let message = format!("column \"{folded}\" named in key does not exist");
        Error::new(SqlState::UNDEFINED_COLUMN, message).at(name.pos)
    })
}

fn foreign_key(columns: &[Ident], table: &ObjectName, referenced: &[Ident], work: &Work<'_>) -> Result<KeyKind> {
    let there = work.binder().resolve(table)?;
    work.require_privilege(&there, Privilege::References).map_err(|error| error.at(table.pos()))?;
    let attnums: Vec<i16> = if referenced.is_empty() {
        let keys = there.table().map(|table| table.constraints.as_slice()).unwrap_or_default();
        let primary = keys.iter().find(|key| key.kind == KeyKind::Primary).ok_or_else(|| {
            let message = format!("there is no primary key for referenced table \"{}\"", there.name);
            Error::new(SqlState::UNDEFINED_OBJECT, message).at(table.pos())
        })?;
        primary.columns.clone()
    } else {
        let case_sensitive = work.context.session.case_sensitive;
        let attnum = |name: &Ident| {
            let folded = name.folded(case_sensitive);
            there.column(&folded).map(|column| column.attnum).ok_or_else(|| {
                let message = format!("column \"{folded}\" referenced in foreign key constraint does not exist");
                Error::new(SqlState::UNDEFINED_COLUMN, message).at(name.pos)
            })
        };
        referenced.iter().map(attnum).collect::<Result<_>>()?
    };
    if attnums.len() != columns.len() {
        let message = "number of referencing and referenced columns for foreign key disagree";
        return Err(Error::new(SqlState("42830"), message).at(table.pos()));
    }
    Ok(KeyKind::Foreign { table: there.oid, columns: attnums })
}

/// `table_pkey`, `table_column_key`, `table_column_fkey`, with a number where that is taken.
fn default_name<'a>(
    table: &str,
    columns: &[Ident],
    kind: &KeyKind,
    taken: impl Iterator<Item = &'a Constraint> + Clone,
) -> String {
    let first = columns.first().map(|name| name.value.as_str()).unwrap_or_default();
    let base = match kind {
        KeyKind::Primary => format!("{table}_pkey"),
        KeyKind::Unique => format!("{table}_{first}_key"),
        KeyKind::Foreign { .. } => format!("{table}_{first}_fkey"),
    };
    let free = |name: &String| !taken.clone().any(|constraint| constraint.name == *name);
    let mut names = std::iter::once(base.clone()).chain((1..).map(|number| format!("{base}{number}")));
    names.find(free).unwrap_or(base)
}
