//! MERGE.

use redshift_sql_dialect::{Result, ast::Merge};

use super::{Work, dml, rows};
use crate::{
    binder::MatchedRows,
    catalog::LockMode,
    execution,
    result::{CommandTag, Outcome},
};

/// Runs MERGE: what is done with the rows that match and what is added are two plans over the same view of the target.
pub(crate) async fn merge(merge: &Merge, work: &mut Work<'_>) -> Result<Outcome> {
    work.lock(&merge.target, LockMode::ShareRowExclusive).await?;
    let bound = work.bind(|mut binder| binder.merge_rows(merge)).await?;
    let relation = &bound.relation;
    let execution = work.state.engine.execution();
    // Both plans look up the table's files when they start: before either has changed any.
    let (MatchedRows::Updated(plan) | MatchedRows::Deleted(plan)) = &bound.matched;
    let matched = execution::stream(plan, execution).await?;
    let inserted = execution::streams(&bound.inserted, execution).await?;
    dml::append_streams(inserted, relation, work).await?;
    match &bound.matched {
        MatchedRows::Updated(_) => {
            let (positions, new_rows) = rows::split_update(matched);
            futures::try_join!(
                work.transaction.delete(relation, positions),
                dml::append_streams(vec![new_rows], relation, work)
            )?;
        }
        MatchedRows::Deleted(_) => {
            work.transaction.delete(relation, matched).await?;
        }
    }
    Ok(Outcome::Done(CommandTag::plain("MERGE")))
}
