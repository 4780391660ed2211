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
mod verbose;

use datafusion::{execution::context::SessionState, logical_expr::LogicalPlan};
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
    let Planned { plan, labels, columns } =
        work.bind(|binder| plan_of(&explain.statement, binder.with_labels())).await?;
    let root = root(&explain.statement, plan, labels, work.state.engine.execution()).await?;
    let mut shown = Vec::new();
    if explain.verbose {
        shown = verbose::tree(&root, &columns);
        shown.push(String::new());
    }
    shown.extend(lines(&root));
    text_rows(vec![plan_column()], shown.into_iter().map(|line| vec![line]).collect(), "EXPLAIN")
}

/// The steps of a statement's plan.
async fn root(statement: &Statement, plan: LogicalPlan, labels: Labels, state: &SessionState) -> Result<Step> {
    let plan = execution::simplified(&plan, state).await?;
    let scans = Scans::survey(&plan, &labels, state).await?;
    let destination = match statement {
        Statement::Query(_) => Destination::Client,
        Statement::Update(_) | Statement::Delete(_) => Destination::Changed,
        _ => Destination::Table,
    };
    let names = Names::new(&plan, labels, scans)?;
    Planner::new(&names).steps(&plan, destination)
}

/// A node of a plan, as STL_EXPLAIN shows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct PlanNode {
    /// Its number, from 1: above before below, left before right.
    pub id: i32,
    /// The number of the node above; 0 of the topmost.
    pub parent: i32,
    /// Its line of EXPLAIN.
    pub text: String,
    /// The lines below it.
    pub info: String,
    /// What its first row costs.
    pub start: f64,
    /// What all its rows cost.
    pub total: f64,
    /// Rows that it gives.
    pub rows: i64,
    /// Bytes of a row.
    pub width: i64,
    /// Does the leader node do it?
    pub on_leader: bool,
}

/// The nodes of a statement's plan.
///
/// # Errors
/// What EXPLAIN fails with.
pub(crate) async fn plan_nodes(statement: &Statement, binder: Binder, state: &SessionState) -> Result<Vec<PlanNode>> {
    let Planned { plan, labels, .. } = plan_of(statement, binder.with_labels())?;
    let root = root(statement, plan, labels, state).await?;
    let mut nodes = Vec::new();
    add_node(&root, (0, 0), &mut nodes);
    Ok(nodes)
}

fn add_node(step: &Step, (parent, depth): (i32, usize), nodes: &mut Vec<PlanNode>) {
    let arrow = if depth == 0 { String::new() } else { format!("{}->  ", " ".repeat(6 * depth - 4)) };
    let to_leader = |step: &Step| step.notes.iter().any(|note| note == "Send to leader");
    let id = nodes.len() as i32 + 1;
    nodes.push(PlanNode {
        id,
        parent,
        text: format!("{arrow}{}  ({})", step.title, step.estimate),
        info: step.notes.join(", "),
        start: step.estimate.start,
        total: step.estimate.total,
        rows: step.estimate.rows as i64,
        width: step.estimate.width as i64,
        on_leader: !to_leader(step) && step.any(&to_leader),
    });
    for child in step.plans_before.iter().chain(&step.inputs) {
        add_node(child, (id, depth + 1), nodes);
    }
}

/// A statement's plan.
struct Planned {
    plan: LogicalPlan,
    labels: Labels,
    /// The columns of a query or of a table that is made of one; of the others none are told.
    columns: Vec<ResultColumn>,
}

fn plan_of(statement: &Statement, mut binder: Binder) -> Result<Planned> {
    let (plan, columns) = match statement {
        Statement::Query(query) => {
            let bound = binder.query(query)?;
            (bound.plan, bound.columns.to_vec())
        }
        Statement::CreateTableAs(create) => {
            let bound = binder.query_for(&create.query, binder::Destination::Table)?;
            let mut columns = bound.columns.to_vec();
            for (column, name) in columns.iter_mut().zip(&create.columns) {
                column.name = name.folded(binder.context().session.case_sensitive);
            }
            (bound.plan, columns)
        }
        Statement::Insert(insert) => (binder.insert_rows(insert)?.plan, Vec::new()),
        Statement::Update(update) => (binder.update_rows(update)?.plan, Vec::new()),
        Statement::Delete(delete) => (binder.delete_rows(delete)?.plan, Vec::new()),
        other => return Err(Error::unsupported(format!("EXPLAIN of {} is not supported", other.command_name()))),
    };
    Ok(Planned { plan, labels: binder.take_labels(), columns })
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
