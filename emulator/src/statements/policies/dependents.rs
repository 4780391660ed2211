//! What policies refer to stays: "To provide security for applications and to prevent policy objects from becoming stale or
//! invalid, Amazon Redshift doesn't permit dropping or altering objects referenced by RLS policies" (developer guide,
//! "Policy-dependent objects and principles").

use std::sync::Arc;

use redshift_sql_dialect::{Error, Result, SqlState};

use crate::{
    catalog::{Column, Oid, Relation, RlsPolicy},
    statements::Work,
};

/// A policy whose condition reads a relation.
pub(super) fn policy_that_reads(relation: Oid, work: &Work<'_>) -> Result<Option<Arc<RlsPolicy>>> {
    Ok(work.connected().rls_policies()?.into_iter().find(|policy| policy.lookup(relation).is_some()))
}

/// Fails where a policy reads one of these relations: they can be neither dropped, with CASCADE either, nor renamed.
///
/// # Errors
/// 2BP01
pub(crate) fn check_relations_free<'r>(
    relations: impl IntoIterator<Item = &'r Arc<Relation>>,
    verb: &str,
    work: &Work<'_>,
) -> Result<()> {
    let policies = work.connected().rls_policies()?;
    if policies.is_empty() {
        return Ok(());
    }
    for relation in relations {
        if let Some(policy) = policies.iter().find(|policy| policy.lookup(relation.oid).is_some()) {
            return Err(needed(&format!("{verb} relation {}", relation.name), policy));
        }
    }
    Ok(())
}

/// Fails where a policy that is attached to a relation declares a column of it, or one reads the column in a sub-query: it can
/// be neither dropped, with CASCADE either, nor renamed or given another type.
///
/// # Errors
/// 2BP01
pub(crate) fn check_column_free(relation: &Relation, column: &Column, verb: &str, work: &Work<'_>) -> Result<()> {
    for policy in work.connected().rls_policies()? {
        let attached = relation.attached_policies().iter().any(|attached| attached.policy == policy.oid);
        let declared = attached && policy.columns.iter().any(|declared| declared.name == column.name);
        let looked_up = policy.lookup(relation.oid).is_some_and(|lookup| lookup.columns.contains(&column.attnum));
        if declared || looked_up {
            return Err(needed(&format!("{verb} column {} of relation {}", column.name, relation.name), &policy));
        }
    }
    Ok(())
}

/// Fails where a policy calls a function, which cannot be dropped then, with CASCADE either.
///
/// # Errors
/// 2BP01
pub(crate) fn check_function_free(function: Oid, what: &str, work: &Work<'_>) -> Result<()> {
    let calls = |policy: &Arc<RlsPolicy>| policy.functions.contains(&function);
    match work.connected().rls_policies()?.iter().find(|policy| calls(policy)) {
        Some(policy) => Err(needed(&format!("drop {what}"), policy)),
        None => Ok(()),
    }
}

fn needed(what: &str, policy: &RlsPolicy) -> Error {
    let message = format!("cannot {what} because other objects depend on it");
    Error::new(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message)
        .with_detail(format!("RLS policy {} depends on it.", policy.name))
        .with_hint("Drop or detach the RLS policy first.")
}
