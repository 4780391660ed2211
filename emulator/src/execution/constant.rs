//! Plans that read no table: `SELECT 1`, `INSERT ... VALUES`.
//!
//! The optimiser and the choice of operators take longer than such a plan's few expressions, and a task of its own wakes
//! two threads. Drivers and tests send mostly these, so they are computed where they arrive.

use arrow::{
    array::ArrayRef,
    record_batch::{RecordBatch, RecordBatchOptions},
};
use datafusion::{
    common::{DFSchema, tree_node::TreeNode},
    datasource::{MemTable, source_as_provider},
    execution::SessionState,
    logical_expr::{Expr, LogicalPlan, TableScan, physical_planning_context::PhysicalPlanningContext},
    physical_expr::create_physical_exprs,
};

/// The rows that a constant plan has at most: more of them go the long way, which leaves the thread to others.
const MOST_ROWS: usize = 1_000;

/// The rows of a plan that reads no table. None where it is another, or where they cannot be computed: the long way
/// then finds why.
pub(super) fn rows(plan: &LogicalPlan, state: &SessionState) -> Option<RecordBatch> {
    match plan {
        LogicalPlan::EmptyRelation(empty) if empty.produce_one_row => batch(Vec::new(), &empty.schema, 1),
        LogicalPlan::TableScan(scan) => in_memory(scan),
        LogicalPlan::SubqueryAlias(alias) => {
            let rows = rows(&alias.input, state)?;
            batch(rows.columns().to_vec(), &alias.schema, rows.num_rows())
        }
        LogicalPlan::Projection(projection) if !projection.expr.iter().any(reads_elsewhere) => {
            let rows = rows(&projection.input, state)?;
            let planning = PhysicalPlanningContext::default();
            let properties = state.execution_props();
            let exprs =
                create_physical_exprs(&projection.expr, projection.input.schema(), properties, &planning).ok()?;
            let values = exprs.iter().map(|expr| expr.evaluate(&rows).ok()?.into_array(rows.num_rows()).ok());
            batch(values.collect::<Option<_>>()?, &projection.schema, rows.num_rows())
        }
        _ => None,
    }
}

/// Rows that the binder gathered in memory.
fn in_memory(scan: &TableScan) -> Option<RecordBatch> {
    if !scan.filters.is_empty() || scan.fetch.is_some() {
        return None;
    }
    let provider = source_as_provider(&scan.source).ok()?;
    let [partition] = provider.downcast_ref::<MemTable>()?.batches.as_slice() else { return None };
    let batches = partition.try_read().ok()?;
    let [rows] = batches.as_slice() else { return None };
    if rows.num_rows() > MOST_ROWS {
        return None;
    }
    let columns = match &scan.projection {
        Some(indices) => rows.project(indices).ok()?.columns().to_vec(),
        None => rows.columns().to_vec(),
    };
    batch(columns, &scan.projected_schema, rows.num_rows())
}

/// Does an expression need more than its row?
fn reads_elsewhere(expr: &Expr) -> bool {
    let found = expr.exists(|expr| {
        Ok(matches!(
            expr,
            Expr::ScalarSubquery(_)
                | Expr::Exists(_)
                | Expr::InSubquery(_)
                | Expr::SetComparison(_)
                | Expr::OuterReferenceColumn(..)
        ))
    });
    found.unwrap_or(true)
}

/// Columns under a plan's names, with what its fields say of them.
fn batch(columns: Vec<ArrayRef>, schema: &DFSchema, rows: usize) -> Option<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema.inner().clone(), columns, &options).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::{
        array::{AsArray, Int64Array},
        datatypes::{DataType, Field, Int64Type, Schema},
    };
    use datafusion::{
        datasource::provider_as_source,
        logical_expr::{LogicalPlanBuilder, col, lit, scalar_subquery},
    };

    use super::*;
    use crate::execution::{ExecutionOptions, session_state};

    fn state() -> SessionState {
        session_state(&ExecutionOptions::default()).expect("state")
    }

    fn scan(rows: usize) -> LogicalPlanBuilder {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
        let column = Arc::new(Int64Array::from_iter_values(0..rows as i64));
        let batch = RecordBatch::try_new(schema.clone(), vec![column]).expect("batch");
        let table = MemTable::try_new(schema, vec![vec![batch]]).expect("table");
        LogicalPlanBuilder::scan("t", provider_as_source(Arc::new(table)), None).expect("scan")
    }

    #[test]
    fn expressions_over_rows_in_memory_are_computed() {
        let plan = scan(3).project([(col("n") + lit(10i64)).alias("sum")]).expect("plan").build().expect("plan");
        let rows = rows(&plan, &state()).expect("constant");
        assert_eq!(rows.schema().field(0).name(), "sum");
        assert_eq!(rows["sum"].as_primitive::<Int64Type>().values(), &[10, 11, 12]);
    }

    #[test]
    fn what_takes_long_or_reads_elsewhere_goes_the_long_way() {
        let many = scan(MOST_ROWS + 1).build().expect("plan");
        assert!(rows(&many, &state()).is_none());
        let inner = Arc::new(scan(1).build().expect("plan"));
        let outer = LogicalPlanBuilder::empty(true).project([scalar_subquery(inner)]).expect("plan");
        assert!(rows(&outer.build().expect("plan"), &state()).is_none());
    }

    #[test]
    fn what_fails_goes_the_long_way_which_says_why() {
        let plan = scan(1).project([lit(1i64) / col("n")]).expect("plan").build().expect("plan");
        assert!(rows(&plan, &state()).is_none());
    }
}
