//! Policies of row-level security, what they are attached to, and which relations are protected.

use std::sync::Arc;

use redshift_sql_dialect::{RedshiftType, Result};
use serde_json::json;

use crate::{
    catalog::{Grantee, Relation, RelationKind, RlsPolicy},
    system::{
        Source,
        directory::Principals,
        rows::{BaseColumn, Cell},
    },
};

/// Microseconds of a second: times of policies are shown in whole ones.
const SECOND: i64 = 1_000_000;

pub const POLICY_COLUMNS: &[BaseColumn] = &[
    ("database", RedshiftType::Text),
    ("name", RedshiftType::Text),
    ("alias", RedshiftType::Text),
    ("attributes", RedshiftType::Text),
    ("condition", RedshiftType::Text),
    ("modified_by", RedshiftType::Text),
    ("modified", RedshiftType::Timestamp),
    // Is it of the database that the session is connected to?
    ("here", RedshiftType::Bool),
    // May the user see all of them: a superuser or security administrator? Others see what they made.
    ("for_admin", RedshiftType::Bool),
];

/// The policies of all databases that the user may see.
pub fn policy_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let principals = Principals::of(&*source.directory)?;
    let actor = source.actor()?;
    let admin = actor.is_security_admin();
    let mut rows = Vec::new();
    for (database, policy) in source.directory.rls_policies()? {
        if !admin && policy.modified_by != actor.user {
            continue;
        }
        rows.push(vec![
            database.name.clone().into(),
            policy.name.clone().into(),
            policy.alias.clone().into(),
            attributes(&policy).into(),
            policy.shown.clone().into(),
            principals.user(policy.modified_by.0).into(),
            (policy.modified.div_euclid(SECOND) * SECOND).into(),
            (database.name == source.session.database).into(),
            admin.into(),
        ]);
    }
    Ok(rows)
}

/// `[{"colname":"a","type":"integer"}]`
fn attributes(policy: &RlsPolicy) -> String {
    let column = |column: &crate::catalog::PolicyColumn| json!({"colname": column.name, "type": column.ty.to_string()});
    policy.columns.iter().map(column).collect::<serde_json::Value>().to_string()
}

pub const ATTACHMENT_COLUMNS: &[BaseColumn] = &[
    ("schema", RedshiftType::Text),
    ("relation", RedshiftType::Text),
    ("kind", RedshiftType::Text),
    ("policy", RedshiftType::Text),
    ("grantor", RedshiftType::Text),
    ("grantee", RedshiftType::Text),
    ("grantee_kind", RedshiftType::Text),
    ("is_on", RedshiftType::Bool),
    ("conjunction", RedshiftType::Text),
];

/// What policies are attached to in this database, for superusers and security administrators.
pub fn attachment_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    if !source.actor()?.is_security_admin() {
        return Ok(Vec::new());
    }
    let principals = Principals::of(&*source.directory)?;
    let policies = source.directory.rls_policies()?;
    let mut rows = Vec::new();
    for relation in source.directory.relations()? {
        let Some(security) = &relation.security else { continue };
        for attached in &security.attached {
            let policy = policies.iter().find(|(_, policy)| policy.oid == attached.policy);
            let Some((_, policy)) = policy.filter(|_| is_there(attached.grantee, &principals)) else { continue };
            let (_, grantee, grantee_kind) = principals.grantee(attached.grantee);
            rows.push(vec![
                relation.schema.clone().into(),
                relation.name.clone().into(),
                kind(&relation).into(),
                policy.name.clone().into(),
                principals.user(attached.grantor.0).into(),
                grantee.into(),
                grantee_kind.into(),
                security.on.into(),
                security.conjunction.word().into(),
            ]);
        }
    }
    Ok(rows)
}

/// Policies are attached to nobody any more who is dropped.
fn is_there(grantee: Grantee, principals: &Principals) -> bool {
    match grantee {
        Grantee::Public => true,
        Grantee::User(id) => principals.users.contains_key(&id.0),
        Grantee::Role(id) => principals.roles.contains_key(&id.0),
        Grantee::Group(_) | Grantee::RlsPolicy(_) => false,
    }
}

pub const RELATION_COLUMNS: &[BaseColumn] = &[
    ("schema", RedshiftType::Text),
    ("relation", RedshiftType::Text),
    ("kind", RedshiftType::Text),
    ("is_on", RedshiftType::Bool),
    ("is_on_for_datashares", RedshiftType::Bool),
    ("conjunction", RedshiftType::Text),
    ("datashare_conjunction", RedshiftType::Text),
];

/// The relations whose row-level security was ever turned on or off: all for security administrators, for others their own.
pub fn relation_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let actor = source.actor()?;
    let mut rows = Vec::new();
    for relation in source.directory.relations()? {
        let Some(security) = relation.security.as_ref().filter(|security| security.switched) else { continue };
        if !actor.is_security_admin() && relation.owner != actor.user {
            continue;
        }
        rows.push(vec![
            relation.schema.clone().into(),
            relation.name.clone().into(),
            kind(&relation).into(),
            security.on.into(),
            security.on_for_datashares.into(),
            security.conjunction.word().into(),
            security.datashare_conjunction.word().into(),
        ]);
    }
    Ok(rows)
}

/// What a relation is.
fn kind(relation: &Arc<Relation>) -> &'static str {
    match &relation.kind {
        RelationKind::View(view) if view.materialized.is_some() => "materialized view",
        RelationKind::View(view) if view.late_binding => "late binding view",
        RelationKind::View(_) => "view",
        RelationKind::Table(_) | RelationKind::System => "table",
    }
}
