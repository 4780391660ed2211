//! SELECT.

use redshift_sql_dialect::{Result, ast::Query};

use super::{Work, settings};
use crate::{
    execution,
    result::{Outcome, Rows},
};

/// Runs a query: its rows come as they are asked for.
pub(crate) async fn select(query: &Query, work: &mut Work<'_>) -> Result<Outcome> {
    let bound = work.bind(|mut binder| binder.query(query)).await?;
    for change in work.context.effects.take_settings() {
        settings::set_parameter(work.state, &change.name, &[&change.value], change.span)?;
    }
    let batches = execution::execute(&bound.plan, work.state.engine.execution()).await?;
    Ok(Outcome::Rows(Rows { columns: bound.columns, batches, tag: "SELECT" }))
}
