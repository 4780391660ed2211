//! Schemas and comments.

use redshift_sql_dialect::{RedshiftType, Result};

use super::{class, privileges::Acls};
use crate::{
    catalog::{GrantObject, Privilege},
    system::{
        SYSTEM_SCHEMAS, SYSTEM_USER, Source,
        directory::Principals,
        rows::{BaseColumn, Cell},
    },
};

pub const COLUMNS: &[BaseColumn] = &[
    ("oid", RedshiftType::Oid),
    ("name", RedshiftType::Name),
    ("owner", RedshiftType::Int4),
    ("owner_name", RedshiftType::Name),
    ("acl", RedshiftType::AclItemArray),
    ("acl_text", RedshiftType::Text),
    ("comment", RedshiftType::Text),
    ("quota_mb", RedshiftType::Int8),
    ("accessible", RedshiftType::Bool),
];

pub fn rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let principals = Principals::of(&*source.directory)?;
    let acls = Acls::of(source, &principals)?;
    let system = SYSTEM_SCHEMAS.iter().map(|(oid, name)| {
        let owner = principals.user(SYSTEM_USER);
        let acl = vec![format!("{owner}=UC/{owner}"), format!("=U/{owner}")];
        let text = acl.join("~");
        let owner = Cell::from(owner);
        vec![
            (*oid).into(),
            (*name).into(),
            SYSTEM_USER.into(),
            owner,
            acl.into(),
            text.into(),
            Cell::Null,
            Cell::Null,
            true.into(),
        ]
    });
    let actor = source.actor()?;
    let mut rows: Vec<Vec<Cell>> = system.filter(|_| !source.elsewhere).collect();
    for schema in source.directory.schemas()? {
        let accessible =
            schema.owner == actor.user || source.directory.may_with_schema(&actor, &schema, Privilege::Usage)?;
        let acl = acls.of_object(GrantObject::Schema(schema.oid), schema.owner.0);
        rows.push(vec![
            schema.oid.0.into(),
            schema.name.clone().into(),
            schema.owner.0.into(),
            principals.user(schema.owner.0).into(),
            acl.clone().into(),
            acl.map(|items| items.join("~")).into(),
            schema.comment.clone().into(),
            schema.quota_mb.map(|quota| quota as i64).into(),
            accessible.into(),
        ]);
    }
    Ok(rows)
}

pub const COMMENT_COLUMNS: &[BaseColumn] = &[
    ("object", RedshiftType::Oid),
    ("class", RedshiftType::Oid),
    ("sub_object", RedshiftType::Int4),
    ("description", RedshiftType::Text),
];

pub fn comment_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let mut rows = Vec::new();
    let mut add = |object: u32, class: u32, sub_object: i16, comment: &Option<String>| {
        if let Some(comment) = comment {
            rows.push(vec![object.into(), class.into(), sub_object.into(), comment.clone().into()]);
        }
    };
    for schema in source.directory.schemas()? {
        add(schema.oid.0, class::NAMESPACE, 0, &schema.comment);
    }
    for database in source.directory.databases()? {
        add(database.oid.0, class::DATABASE, 0, &database.comment);
    }
    for relation in source.directory.relations()? {
        add(relation.oid.0, class::RELATION, 0, &relation.comment);
        for column in relation.columns.iter() {
            add(relation.oid.0, class::RELATION, column.attnum, &column.comment);
        }
        for (key, comment) in relation.table().into_iter().flat_map(|table| &table.constraint_comments) {
            add(*key, class::CONSTRAINT, 0, &Some(comment.clone()));
        }
    }
    Ok(rows)
}
