//! Joins that give way.
//!
//! DataFusion makes the leaves of a plan give way to other tasks now and then. That is enough where a plan's work is in
//! proportion to what its leaves give. A join of few rows with few rows can make any number of rows without asking its
//! leaves again; nobody else would get a turn on that thread, and nothing could cancel it.

use std::sync::Arc;

use datafusion::{
    common::{
        config::ConfigOptions,
        tree_node::{Transformed, TransformedResult, TreeNode},
    },
    error::Result,
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::{
        ExecutionPlan,
        coop::CooperativeExec,
        joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec},
    },
};

/// Puts behind each join that can multiply rows an operator that gives way after some batches.
#[derive(Debug, Default)]
pub(crate) struct CooperativeJoins;

impl PhysicalOptimizerRule for CooperativeJoins {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let multiplies = node.is::<CrossJoinExec>() || node.is::<NestedLoopJoinExec>() || node.is::<HashJoinExec>();
            Ok(if multiplies {
                Transformed::yes(Arc::new(CooperativeExec::new(node)) as _)
            } else {
                Transformed::no(node)
            })
        })
        .data()
    }

    fn name(&self) -> &str {
        "cooperative_joins"
    }

    fn schema_check(&self) -> bool {
        true
    }
}
