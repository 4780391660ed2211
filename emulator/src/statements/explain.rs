//! EXPLAIN: the optimised plan under the names of Redshift's operators.
//!
//! The shape is Redshift's (developer guide, "Query plan"): `XN` operators, one arrow per level, `cost=start..total
//! rows= width=`. The figures are DataFusion's estimates of rows, not Redshift's; costs count the rows that pass.

use std::fmt::Write;

use datafusion::{
    common::JoinType,
    logical_expr::{FetchType, LogicalPlan},
};

/// The lines of EXPLAIN for an optimised plan.
pub(crate) fn lines(plan: &LogicalPlan) -> Vec<String> {
    let mut lines = Vec::new();
    node(plan, 0, &mut lines);
    lines
}

fn node(plan: &LogicalPlan, depth: usize, lines: &mut Vec<String>) {
    match plan {
        // Redshift computes expressions and filters inside its other steps and shows no step for them.
        LogicalPlan::Projection(projection) => node(&projection.input, depth, lines),
        LogicalPlan::SubqueryAlias(alias) => node(&alias.input, depth, lines),
        LogicalPlan::Filter(filter) => node(&filter.input, depth, lines),
        LogicalPlan::Sort(sort) => {
            let depth = push("XN Merge", plan, depth, lines);
            let depth = push("XN Network", plan, depth, lines);
            note("Send to leader", depth, lines);
            let depth = push("XN Sort", plan, depth, lines);
            node(&sort.input, depth, lines);
        }
        LogicalPlan::Join(join) => {
            let hash = !join.on.is_empty();
            let depth = push(&join_name(join.join_type, hash), plan, depth, lines);
            node(&join.left, depth, lines);
            if hash {
                let depth = push("XN Hash", &join.right, depth, lines);
                node(&join.right, depth, lines);
            } else {
                node(&join.right, depth, lines);
            }
        }
        other => {
            let depth = push(&name(other), other, depth, lines);
            for input in other.inputs() {
                node(input, depth, lines);
            }
        }
    }
}

fn name(plan: &LogicalPlan) -> String {
    match plan {
        LogicalPlan::TableScan(scan) => format!("XN Seq Scan on {}", scan.table_name.table()),
        LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.is_empty() => "XN Aggregate".into(),
        LogicalPlan::Aggregate(_) => "XN HashAggregate".into(),
        LogicalPlan::Window(_) => "XN Window".into(),
        LogicalPlan::Union(_) => "XN Append".into(),
        LogicalPlan::Limit(_) => "XN Limit".into(),
        LogicalPlan::Distinct(_) => "XN Unique".into(),
        LogicalPlan::RecursiveQuery(_) => "XN Recursive Union".into(),
        LogicalPlan::EmptyRelation(_) | LogicalPlan::Values(_) => "Result".into(),
        LogicalPlan::Dml(_) => "XN Insert".into(),
        other => format!("XN {}", other.display().to_string().split([':', ' ']).next().unwrap_or("Step")),
    }
}

fn join_name(kind: JoinType, hash: bool) -> String {
    let side = match kind {
        JoinType::Inner => "",
        JoinType::Left => "Left ",
        JoinType::Right => "Right ",
        JoinType::Full => "Full ",
        JoinType::LeftSemi | JoinType::RightSemi => "IN ",
        JoinType::LeftAnti | JoinType::RightAnti => "NOT IN ",
        JoinType::LeftMark | JoinType::RightMark => "Mark ",
    };
    // One node holds all rows, so nothing is ever redistributed.
    if hash { format!("XN Hash {side}Join DS_DIST_NONE") } else { format!("XN Nested Loop {side}Join DS_BCAST_INNER") }
}

/// Adds a line for a step and gives the depth of what is below it.
fn push(name: &str, plan: &LogicalPlan, depth: usize, lines: &mut Vec<String>) -> usize {
    let rows = estimated_rows(plan);
    let width =
        plan.schema().fields().iter().map(|field| field.data_type().primitive_width().unwrap_or(16)).sum::<usize>();
    let mut line = String::new();
    if depth > 0 {
        line.push_str(&" ".repeat(2 + (depth - 1) * 6));
        line.push_str("->  ");
    }
    // Writing to a String cannot fail.
    let _ = write!(line, "{name}  (cost=0.00..{:.2} rows={rows} width={width})", rows as f64 / 100.0);
    lines.push(line);
    depth + 1
}

fn note(text: &str, depth: usize, lines: &mut Vec<String>) {
    lines.push(format!("{}{text}", " ".repeat(2 + depth.saturating_sub(1) * 6)));
}

/// How many rows a step is thought to give: what its tables hold, without a guess at what filters drop.
fn estimated_rows(plan: &LogicalPlan) -> usize {
    match plan {
        LogicalPlan::TableScan(scan) => {
            let source = datafusion::datasource::source_as_provider(&scan.source).ok();
            let rows = source.and_then(|provider| provider.statistics()).map(|statistics| statistics.num_rows);
            rows.and_then(|rows| rows.get_value().copied()).unwrap_or(1000)
        }
        LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.is_empty() => 1,
        LogicalPlan::EmptyRelation(_) => 1,
        LogicalPlan::Limit(limit) => {
            let rows = estimated_rows(&limit.input);
            match limit.get_fetch_type() {
                Ok(FetchType::Literal(Some(fetch))) => rows.min(fetch),
                _ => rows,
            }
        }
        LogicalPlan::Union(union) => union.inputs.iter().map(|input| estimated_rows(input)).sum(),
        other => other.inputs().into_iter().map(estimated_rows).max().unwrap_or(1),
    }
}
