//! ALTER TABLE and ALTER MATERIALIZED VIEW ... ROW LEVEL SECURITY, and which relations can be protected.

use std::sync::Arc;

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{AlterTableSecurity, Conjunction as Written, TableSecurity},
    names::ObjectName,
};

use super::dependents::policy_that_reads;
use crate::{
    catalog::{Conjunction, LockMode, PolicyColumn, Relation, RelationKind, RowSecurity},
    result::{CommandTag, Outcome},
    statements::Work,
    system::relation_by_oid,
};

/// Runs ALTER TABLE ... ROW LEVEL SECURITY, of a table or of a view.
pub(crate) async fn alter_table_security(alter: &AlterTableSecurity, work: &mut Work<'_>) -> Result<Outcome> {
    let relation = work.binder().resolve(&alter.name)?;
    if relation.materialized().is_some() {
        let message = format!("\"{}\" is a materialized view", relation.name);
        return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message)
            .with_hint("Use ALTER MATERIALIZED VIEW.")
            .at(alter.name.pos()));
    }
    turn_row_security(&alter.name, &alter.security, work).await?;
    Ok(Outcome::Done(CommandTag::plain("ALTER TABLE")))
}

/// Turns row-level security of a relation on or off. FOR DATASHARES concerns who reads it over a datashare, and nobody else.
pub(crate) async fn turn_row_security(name: &ObjectName, security: &TableSecurity, work: &mut Work<'_>) -> Result<()> {
    let TableSecurity::RowLevel { on, conjunction, for_datashares } = *security else {
        return Err(Error::unsupported("ALTER TABLE ... MASKING is not supported"));
    };
    work.require_security_admin("turn row level security on or off")?;
    let relation = locked_target(name, work).await?;
    if on {
        check_protectable(&relation, work).await.map_err(|error| error.at(name.pos()))?;
    }
    // "By default, Amazon Redshift combines RLS policies with the AND clause."
    let conjunction = match conjunction {
        Some(Written::Or) => Some(Conjunction::Or),
        Some(Written::And) => Some(Conjunction::And),
        None => on.then_some(Conjunction::And),
    };
    let changed = changed_security(&relation, |security| {
        security.switched = true;
        let (state, combined) = match for_datashares {
            true => (&mut security.on_for_datashares, &mut security.datashare_conjunction),
            false => (&mut security.on, &mut security.conjunction),
        };
        *state = on;
        *combined = conjunction.unwrap_or(*combined);
    });
    work.transaction.update_relation(changed).await.map(drop)
}

/// A relation with other security.
pub(super) fn changed_security(relation: &Relation, change: impl FnOnce(&mut RowSecurity)) -> Relation {
    let mut security = relation.security.as_deref().cloned().unwrap_or_default();
    change(&mut security);
    Relation { security: Some(Arc::new(security)), ..relation.clone() }
}

/// The relation of this name, which nobody reads while its security changes.
pub(super) async fn locked_target(name: &ObjectName, work: &mut Work<'_>) -> Result<Arc<Relation>> {
    let relation = work.binder().resolve(name)?;
    if relation.kind == RelationKind::System {
        return Err(refused("catalog tables", &relation).at(name.pos()));
    }
    if relation.database != work.transaction.database().oid {
        return Err(refused("relations of other databases", &relation).at(name.pos()));
    }
    match relation.kind {
        RelationKind::Table(_) => work.lock(name, LockMode::AccessExclusive).await,
        RelationKind::View(_) | RelationKind::System => Ok(relation),
    }
}

/// The columns of a relation that can have policies: not of temporary tables, of what policies refer to, of what materialized
/// views are made of, of late-binding views in other views, and of views over the system's relations (developer guide, "ATTACH
/// RLS POLICY", "Considerations and limitations using RLS policies").
pub(super) async fn check_protectable(relation: &Arc<Relation>, work: &mut Work<'_>) -> Result<Vec<PolicyColumn>> {
    let is_temporary = relation.table().is_some_and(|table| table.temporary);
    if is_temporary || relation.schema == work.state.temp_schema {
        return Err(refused("temporary tables", relation));
    }
    if let Some(policy) = policy_that_reads(relation.oid, work)? {
        return Err(refused("lookup tables of other policies", relation)
            .with_detail(format!("RLS policy {} refers to it.", policy.name)));
    }
    let is_late_binding = matches!(&relation.kind, RelationKind::View(view) if view.late_binding);
    for reader in work.view.dependents(relation.oid)? {
        if reader.materialized().is_some() {
            return Err(refused("base tables of materialized views", relation));
        }
        if is_late_binding {
            return Err(refused("late-binding views that other views refer to", relation));
        }
    }
    let (columns, reads) = work
        .bind(|mut binder| {
            let columns = binder.columns_of(relation)?;
            Ok((columns, binder.reads().clone()))
        })
        .await?;
    if reads.iter().any(|oid| relation_by_oid(oid.0).is_some()) {
        return Err(refused("views over catalog tables", relation));
    }
    Ok(columns)
}

fn refused(what: &str, relation: &Relation) -> Error {
    Error::unsupported(format!("row level security is not supported for {what}: \"{}\"", relation.name))
}
