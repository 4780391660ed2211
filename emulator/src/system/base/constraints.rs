//! Keys, their columns, and what depends on what.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use redshift_sql_dialect::{RedshiftType, Result};

use super::class;
use crate::{
    catalog::{Constraint, KeyKind, Oid, Relation, RelationKind, TableInfo},
    system::{
        Source,
        facts::operator_class,
        names::{quote_identifier, quote_list},
        rows::{BaseColumn, Cell},
        visibility::Visibility,
    },
};

pub const COLUMNS: &[BaseColumn] = &[
    ("oid", RedshiftType::Oid),
    ("name", RedshiftType::Name),
    ("namespace", RedshiftType::Oid),
    ("schema", RedshiftType::Name),
    ("kind", RedshiftType::InternalChar),
    ("relation", RedshiftType::Oid),
    ("relation_name", RedshiftType::Name),
    ("index", RedshiftType::Oid),
    ("foreign_relation", RedshiftType::Oid),
    ("foreign_action", RedshiftType::InternalChar),
    ("foreign_match", RedshiftType::InternalChar),
    ("keys", RedshiftType::Int2Array),
    ("foreign_keys", RedshiftType::Int2Array),
    ("key_vector", RedshiftType::Int2Vector),
    ("class_vector", RedshiftType::OidVector),
    ("option_vector", RedshiftType::Int2Vector),
    ("natts", RedshiftType::Int2),
    ("index_definition", RedshiftType::Text),
    ("unique_schema", RedshiftType::Name),
    ("unique_name", RedshiftType::Name),
];

/// The keys that an index stands behind.
pub fn unique_keys(table: &TableInfo) -> impl Iterator<Item = &Constraint> {
    table.constraints.iter().filter(|constraint| !matches!(constraint.kind, KeyKind::Foreign { .. }))
}

/// Every key of the database with its table.
fn all(relations: &[Arc<Relation>]) -> impl Iterator<Item = (&Relation, &Constraint)> {
    relations.iter().flat_map(|relation| {
        let constraints = relation.table().map_or(&[][..], |table| &table.constraints);
        constraints.iter().map(move |constraint| (&**relation, constraint))
    })
}

pub fn rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let relations = source.directory.relations()?;
    let by_oid = by_oid(&relations);
    let row = |(relation, constraint): (&Relation, &Constraint)| {
        let foreign = Foreign::of(constraint, &by_oid);
        let keys: Vec<i64> = constraint.columns.iter().map(|attnum| i64::from(*attnum)).collect();
        let classes = constraint.columns.iter().map(|attnum| operator_class_of(relation, *attnum));
        let classes: Vec<i64> = classes.map(i64::from).collect();
        let zeroes = vec![0i64; keys.len()];
        let is_foreign = matches!(constraint.kind, KeyKind::Foreign { .. });
        vec![
            constraint.oid.0.into(),
            constraint.name.clone().into(),
            relation.schema_oid.0.into(),
            relation.schema.clone().into(),
            kind_letter(&constraint.kind).into(),
            relation.oid.0.into(),
            relation.name.clone().into(),
            if is_foreign { 0 } else { constraint.oid.0 }.into(),
            foreign.table.map_or(0, |table| table.oid.0).into(),
            if is_foreign { "a" } else { " " }.into(),
            if is_foreign { "u" } else { " " }.into(),
            keys.clone().into(),
            foreign.keys.into(),
            keys.into(),
            classes.into(),
            zeroes.into(),
            (constraint.columns.len() as i64).into(),
            index_definition(relation, constraint).into(),
            foreign.table.map(|table| table.schema.clone()).into(),
            foreign.unique.map(|unique| unique.name.clone()).into(),
        ]
    };
    Ok(all(&relations).map(row).collect())
}

/// The class of operators of a key's column.
fn operator_class_of(relation: &Relation, attnum: i16) -> u32 {
    let column = relation.columns.iter().find(|column| column.attnum == attnum);
    column.map_or(0, |column| operator_class(column.ty.oid()))
}

fn by_oid(relations: &[Arc<Relation>]) -> HashMap<Oid, &Relation> {
    relations.iter().map(|relation| (relation.oid, &**relation)).collect()
}

fn kind_letter(kind: &KeyKind) -> &'static str {
    match kind {
        KeyKind::Primary => "p",
        KeyKind::Unique => "u",
        KeyKind::Foreign { .. } => "f",
    }
}

/// What a foreign key points to.
struct Foreign<'a> {
    table: Option<&'a Relation>,
    keys: Option<Vec<i64>>,
    /// The primary or unique key of these columns there.
    unique: Option<&'a Constraint>,
}

impl<'a> Foreign<'a> {
    fn of(constraint: &Constraint, by_oid: &HashMap<Oid, &'a Relation>) -> Foreign<'a> {
        let KeyKind::Foreign { table, columns } = &constraint.kind else {
            return Foreign { table: None, keys: None, unique: None };
        };
        let table = by_oid.get(table).copied();
        let info = table.and_then(Relation::table);
        let unique = info.and_then(|info| unique_keys(info).find(|unique| same_columns(&unique.columns, columns)));
        Foreign { table, keys: Some(columns.iter().map(|attnum| i64::from(*attnum)).collect()), unique }
    }
}

fn same_columns(left: &[i16], right: &[i16]) -> bool {
    left.len() == right.len() && left.iter().all(|attnum| right.contains(attnum))
}

/// The names of these columns, in this order.
fn names(relation: &Relation, attnums: &[i16]) -> Vec<String> {
    let name = |attnum: &i16| relation.columns.iter().find(|column| column.attnum == *attnum).map(|c| c.name.clone());
    attnums.iter().filter_map(name).collect()
}

/// What `pg_get_constraintdef` gives: `PRIMARY KEY (id)`, `FOREIGN KEY (a) REFERENCES t(b)`.
pub fn definition(
    relation: &Relation,
    constraint: &Constraint,
    foreign: Option<&Relation>,
    seen: &Visibility,
) -> String {
    let columns = quote_list(&names(relation, &constraint.columns));
    match &constraint.kind {
        KeyKind::Primary => format!("PRIMARY KEY ({columns})"),
        KeyKind::Unique => format!("UNIQUE ({columns})"),
        KeyKind::Foreign { columns: there, .. } => {
            let (table, there) = match foreign {
                Some(table) => (seen.name_of(table), quote_list(&names(table, there))),
                None => Default::default(),
            };
            format!("FOREIGN KEY ({columns}) REFERENCES {table}({there})")
        }
    }
}

/// What `pg_get_indexdef` gives; none for foreign keys, behind which there is no index.
pub fn index_definition(relation: &Relation, constraint: &Constraint) -> Option<String> {
    if matches!(constraint.kind, KeyKind::Foreign { .. }) {
        return None;
    }
    let index = quote_identifier(&constraint.name);
    let table = format!("{}.{}", quote_identifier(&relation.schema), quote_identifier(&relation.name));
    let columns = quote_list(&names(relation, &constraint.columns));
    Some(format!("CREATE UNIQUE INDEX {index} ON {table} USING btree ({columns})"))
}

pub const COLUMN_COLUMNS: &[BaseColumn] = &[
    ("schema", RedshiftType::Name),
    ("constraint_name", RedshiftType::Name),
    ("kind", RedshiftType::InternalChar),
    ("relation", RedshiftType::Oid),
    ("relation_name", RedshiftType::Name),
    ("column_name", RedshiftType::Name),
    ("position", RedshiftType::Int4),
    ("used_schema", RedshiftType::Name),
    ("used_relation_name", RedshiftType::Name),
    ("used_column_name", RedshiftType::Name),
];

pub fn column_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let relations = source.directory.relations()?;
    let by_oid = by_oid(&relations);
    let mut rows = Vec::new();
    for (relation, constraint) in all(&relations) {
        // What a key uses: a foreign key the columns that it points to, another its own.
        let (used, used_columns) = match &constraint.kind {
            KeyKind::Foreign { table, columns } => match by_oid.get(table) {
                Some(table) => (*table, names(table, columns)),
                None => continue,
            },
            KeyKind::Primary | KeyKind::Unique => (relation, names(relation, &constraint.columns)),
        };
        let own = names(relation, &constraint.columns);
        for (position, (column, used_column)) in (1i64..).zip(own.into_iter().zip(used_columns)) {
            rows.push(vec![
                relation.schema.clone().into(),
                constraint.name.clone().into(),
                kind_letter(&constraint.kind).into(),
                relation.oid.0.into(),
                relation.name.clone().into(),
                column.into(),
                position.into(),
                used.schema.clone().into(),
                used.name.clone().into(),
                used_column.into(),
            ]);
        }
    }
    Ok(rows)
}

pub const DEPENDENCY_COLUMNS: &[BaseColumn] = &[
    ("class", RedshiftType::Oid),
    ("object", RedshiftType::Oid),
    ("sub_object", RedshiftType::Int4),
    ("referenced_class", RedshiftType::Oid),
    ("referenced_object", RedshiftType::Oid),
    ("referenced_sub_object", RedshiftType::Int4),
    ("kind", RedshiftType::InternalChar),
];

/// As PostgreSQL 8.0 notes them: a view's rule reads relations (`n`) and belongs to its view (`i`); a key belongs to its
/// table (`a`), its index to it (`i`), and a foreign key needs the index that it points to (`n`).
pub fn dependency_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let relations = source.directory.relations()?;
    let by_oid = by_oid(&relations);
    let routines: HashSet<Oid> = source.directory.routines()?.iter().map(|(_, routine)| routine.oid).collect();
    let mut rows = Vec::new();
    let mut add = |(class, object): (u32, u32), (other_class, other, sub): (u32, u32, i16), kind: &'static str| {
        let zero = Cell::Int(0);
        rows.push(vec![class.into(), object.into(), zero, other_class.into(), other.into(), sub.into(), kind.into()]);
    };
    for relation in &relations {
        if let RelationKind::View(view) = &relation.kind {
            let rule = (class::REWRITE, relation.oid.0);
            add(rule, (class::RELATION, relation.oid.0, 0), "i");
            for read in &view.depends_on {
                let class = if routines.contains(read) { class::ROUTINE } else { class::RELATION };
                add(rule, (class, read.0, 0), "n");
            }
        }
        for column in relation.columns.iter().filter(|column| column.default.is_some()) {
            add((class::ATTRDEF, relation.oid.0), (class::RELATION, relation.oid.0, column.attnum), "a");
        }
    }
    for (relation, constraint) in all(&relations) {
        let key = (class::CONSTRAINT, constraint.oid.0);
        for attnum in &constraint.columns {
            add(key, (class::RELATION, relation.oid.0, *attnum), "a");
        }
        match Foreign::of(constraint, &by_oid) {
            Foreign { unique: Some(unique), .. } => add(key, (class::RELATION, unique.oid.0, 0), "n"),
            Foreign { table: Some(_), .. } => {}
            Foreign { table: None, .. } => {
                add((class::RELATION, constraint.oid.0), (class::CONSTRAINT, constraint.oid.0, 0), "i");
            }
        }
    }
    Ok(rows)
}
