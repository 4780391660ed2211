//! EXPLAIN: the optimised plan as the steps of Redshift.
//!
//! The shape is Redshift's (developer guide, "Query plan", "EXPLAIN"): `XN` operators, one arrow per level, the conditions
//! below their step, `cost=start..total rows= width=`, and how joined rows would find each other on a cluster (`DS_...`).
//! One node holds all rows here, so that nothing is ever sent: the labels say what DISTSTYLE and DISTKEY would have led to.
//!
//! 1. [`surveyed`](Scans::survey) counts the rows of the tables and looks at a sample of their columns, as ANALYZE does.
//! 2. [`steps`] turns the plan into steps with [`estimate`]s of rows ([`selectivity`]), widths and costs.
//! 3. [`names`] writes expressions as PostgreSQL 8.0 does, under the names that the statement gave their columns.

mod estimate;
mod names;
mod scans;
mod selectivity;
mod steps;

use datafusion::logical_expr::LogicalPlan;
use redshift_sql_dialect::{
    Error, RedshiftType, Result,
    ast::{Explain, Statement},
};

use self::{
    names::Names,
    scans::Scans,
    steps::{Destination, Planner, Step},
};
use super::{Work, text_rows};
use crate::{
    binder::{self, Binder, Labels},
    execution,
    result::{Outcome, ResultColumn},
};

/// The column of EXPLAIN.
pub(crate) fn plan_column() -> ResultColumn {
    ResultColumn::computed("QUERY PLAN", RedshiftType::Text)
}

/// Runs EXPLAIN.
pub(crate) async fn explain(explain: &Explain, work: &mut Work<'_>) -> Result<Outcome> {
    let (plan, labels) = work.bind(|binder| plan_of(&explain.statement, binder.with_labels())).await?;
    let state = work.state.engine.execution();
    let plan = execution::simplified(&plan, state)?;
    let scans = Scans::survey(&plan, &labels, state).await?;
    let destination = match &*explain.statement {
        Statement::Query(_) => Destination::Client,
        Statement::Update(_) | Statement::Delete(_) => Destination::Changed,
        _ => Destination::Table,
    };
    let names = Names::new(&plan, labels, scans)?;
    let lines = lines(&Planner::new(&names).steps(&plan, destination)?);
    text_rows(vec![plan_column()], lines.into_iter().map(|line| vec![line]).collect(), "EXPLAIN")
}

fn plan_of(statement: &Statement, mut binder: Binder) -> Result<(LogicalPlan, Labels)> {
    let plan = match statement {
        Statement::Query(query) => binder.query(query)?.plan,
        Statement::CreateTableAs(create) => binder.query_for(&create.query, binder::Destination::Table)?.plan,
        Statement::Insert(insert) => binder.insert_rows(insert)?.plan,
        Statement::Update(update) => binder.update_rows(update)?.plan,
        Statement::Delete(delete) => binder.delete_rows(delete)?.plan,
        other => return Err(Error::unsupported(format!("EXPLAIN of {} is not supported", other.command_name()))),
    };
    Ok((plan, binder.take_labels()))
}

/// What Redshift adds where rows are joined without a condition that a hash can serve.
const NESTED_LOOP: &str =
    "----- Nested Loop Join in the query plan - review the join predicates to avoid Cartesian products -----";

fn lines(step: &Step) -> Vec<String> {
    let mut lines = Vec::new();
    write(step, 0, &mut lines);
    if step.any(&|step| step.title.starts_with("XN Nested Loop")) {
        lines.push(NESTED_LOOP.to_string());
    }
    lines
}

/// A step begins below the title of the one above, which is six columns further right at each level but the first.
fn write(step: &Step, depth: usize, lines: &mut Vec<String>) {
    let arrow = if depth == 0 { String::new() } else { format!("{}->  ", " ".repeat(6 * depth - 4)) };
    lines.push(format!("{arrow}{}  ({})", step.title, step.estimate));
    let margin = " ".repeat(6 * depth + 2);
    lines.extend(step.notes.iter().map(|note| format!("{margin}{note}")));
    for plan in &step.plans_before {
        lines.push(format!("{margin}InitPlan"));
        let at = lines.len();
        write(plan, depth + 1, lines);
        // They hang from a line of their own.
        lines[at..].iter_mut().for_each(|line| line.insert_str(0, "  "));
    }
    for child in &step.inputs {
        write(child, depth + 1, lines);
    }
}
