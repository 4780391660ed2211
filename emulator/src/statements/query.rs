//! SELECT and EXPLAIN.

use datafusion::logical_expr::LogicalPlan;
use redshift_sql_dialect::{
    Error, RedshiftType, Result,
    ast::{Explain, Query, Statement},
};

use super::{Work, explain, settings, text_rows};
use crate::{
    binder::{Binder, Destination},
    error::from_datafusion,
    execution,
    result::{Outcome, ResultColumn, Rows},
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

/// The column of EXPLAIN.
pub(crate) fn plan_column() -> ResultColumn {
    ResultColumn::computed("QUERY PLAN", RedshiftType::Text)
}

/// Runs EXPLAIN: what the optimiser made of the statement.
pub(crate) async fn explain(explain: &Explain, work: &mut Work<'_>) -> Result<Outcome> {
    let plan = work.bind(|mut binder| plan_of(&explain.statement, &mut binder)).await?;
    let plan = work.state.engine.execution().optimize(&plan).map_err(from_datafusion)?;
    let lines = explain::lines(&plan).into_iter().map(|line| vec![line]).collect();
    text_rows(vec![plan_column()], lines, "EXPLAIN")
}

fn plan_of(statement: &Statement, binder: &mut Binder) -> Result<LogicalPlan> {
    Ok(match statement {
        Statement::Query(query) => binder.query(query)?.plan,
        Statement::CreateTableAs(create) => binder.query_for(&create.query, Destination::Table)?.plan,
        Statement::Insert(insert) => binder.insert_rows(insert)?.plan,
        Statement::Update(update) => binder.update_rows(update)?.plan,
        Statement::Delete(delete) => binder.delete_rows(delete)?.plan,
        other => return Err(Error::unsupported(format!("EXPLAIN of {} is not supported", other.command_name()))),
    })
}
