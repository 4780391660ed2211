//! INSERT, UPDATE, DELETE and TRUNCATE.

use std::sync::Arc;

use datafusion::{execution::SendableRecordBatchStream, logical_expr::LogicalPlan};
use redshift_sql_dialect::{
    Result,
    ast::{Delete, Insert, Truncate, Update},
};

use super::{
    Work,
    access::OrElse,
    ddl::{Impact, mark_readers},
    rows,
};
use crate::{
    catalog::{LockMode, Relation},
    execution,
    result::{CommandTag, Outcome},
};

/// Runs INSERT.
pub(crate) async fn insert(insert: &Insert, work: &mut Work<'_>) -> Result<Outcome> {
    work.refuse_view(&insert.table, "insert into", "INSERT")?;
    work.lock(&insert.table, LockMode::ShareRowExclusive).await?;
    let bound = work.bind(|mut binder| binder.insert_rows(insert)).await?;
    let count = append(bound.plan, &bound.relation, work).await?;
    Ok(Outcome::Done(CommandTag::rows("INSERT", count)))
}

/// Adds the rows of a plan, whose columns are the relation's, and counts them.
pub(super) async fn append(plan: LogicalPlan, relation: &Arc<Relation>, work: &Work<'_>) -> Result<u64> {
    execution::trace::writes(relation);
    let streams = execution::streams(&plan, work.state.engine.execution()).await?;
    append_streams(streams, relation, work).await
}

/// Adds rows that come from elsewhere, in several streams side by side, and counts them.
pub(super) async fn append_streams(
    streams: Vec<SendableRecordBatchStream>,
    relation: &Arc<Relation>,
    work: &Work<'_>,
) -> Result<u64> {
    let checked = streams.into_iter().map(|rows| rows::checked(rows, relation.clone(), work.identities(relation)));
    work.transaction.append(relation, checked.collect()).await
}

/// Runs DELETE.
pub(crate) async fn delete(delete: &Delete, work: &mut Work<'_>) -> Result<Outcome> {
    work.refuse_view(&delete.table, "delete from", "DELETE")?;
    work.lock(&delete.table, LockMode::ShareRowExclusive).await?;
    let bound = work.bind(|mut binder| binder.delete_rows(delete)).await?;
    execution::trace::writes(&bound.relation);
    let rows = execution::stream(&bound.plan, work.state.engine.execution()).await?;
    let count = work.transaction.delete(&bound.relation, rows).await?;
    Ok(Outcome::Done(CommandTag::rows("DELETE", count)))
}

/// Runs UPDATE: the old rows are deleted and the new ones added, both from one run of the plan.
pub(crate) async fn update(update: &Update, work: &mut Work<'_>) -> Result<Outcome> {
    work.refuse_view(&update.table, "update", "UPDATE")?;
    work.lock(&update.table, LockMode::ShareRowExclusive).await?;
    let bound = work.bind(|mut binder| binder.update_rows(update)).await?;
    execution::trace::writes(&bound.relation);
    let rows = execution::stream(&bound.plan, work.state.engine.execution()).await?;
    let (positions, rows) = rows::split_update(rows);
    let relation = &bound.relation;
    let (count, _) =
        futures::try_join!(work.transaction.delete(relation, positions), append_streams(vec![rows], relation, work))?;
    Ok(Outcome::Done(CommandTag::rows("UPDATE", count)))
}

/// Runs TRUNCATE, which commits: the session sees to that. Of another database's table it does not (developer guide,
/// "Considerations for data sharing reads and writes").
pub(crate) async fn truncate(truncate: &Truncate, work: &mut Work<'_>) -> Result<Outcome> {
    work.require_owner(&*work.table(&truncate.table)?, OrElse::TRUNCATE)?;
    let relation = work.lock(&truncate.table, LockMode::AccessExclusive).await?;
    work.transaction.truncate(&relation).await?;
    mark_readers(&relation, Impact::Recompute("TRUNCATE"), work).await?;
    work.state.commits = relation.database == work.transaction.database().oid;
    Ok(Outcome::Done(CommandTag::plain("TRUNCATE TABLE")))
}
