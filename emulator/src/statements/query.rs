//! SELECT and EXPLAIN.

use redshift_sql_dialect::{
    Error, RedshiftType, Result,
    ast::{Explain, Query, Statement},
};

use super::{Work, explain, text_rows};
use crate::{
    error::from_datafusion,
    execution,
    result::{Outcome, ResultColumn, Rows},
};

/// Runs a query: its rows come as they are asked for.
pub(crate) async fn select(query: &Query, work: &mut Work<'_>) -> Result<Outcome> {
    let bound = work.binder().query(query)?;
    let batches = execution::execute(&bound.plan, work.state.engine.execution()).await?;
    Ok(Outcome::Rows(Rows { columns: bound.columns, batches, tag: "SELECT" }))
}

/// The column of EXPLAIN.
pub(crate) fn plan_column() -> ResultColumn {
    ResultColumn::computed("QUERY PLAN", RedshiftType::Text)
}

/// Runs EXPLAIN: what the optimiser made of the statement.
pub(crate) fn explain(explain: &Explain, work: &mut Work<'_>) -> Result<Outcome> {
    let plan = match &*explain.statement {
        Statement::Query(query) => work.binder().query(query)?.plan,
        Statement::CreateTableAs(create) => work.binder().query(&create.query)?.plan,
        Statement::Insert(insert) => work.binder().insert_rows(insert)?.plan,
        Statement::Update(update) => work.binder().update_rows(update)?.plan,
        Statement::Delete(delete) => work.binder().delete_rows(delete)?.plan,
        other => return Err(Error::unsupported(format!("EXPLAIN of {} is not supported", other.command_name()))),
    };
    let plan = work.state.engine.execution().optimize(&plan).map_err(from_datafusion)?;
    let lines = explain::lines(&plan).into_iter().map(|line| vec![line]).collect();
    text_rows(vec![plan_column()], lines, "EXPLAIN")
}
