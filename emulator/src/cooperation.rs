//! Joins that give way.
//!
//! DataFusion makes the leaves of a plan give way to other tasks now and then. That is enough where a plan's work is in
//! proportion to what its leaves give. A join of few rows with few rows can make any number of rows without asking its
//! leaves again; nobody else would get a turn on that thread, and nothing could cancel it.

use std::sync::Arc;

use datafusion::{
    common::{
        config::ConfigOptions,
        tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRewriter},
    },
    error::Result,
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::{
        ExecutionPlan,
        coop::CooperativeExec,
        joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec},
    },
};

/// How many joins above each other give way. Each takes a unit of a task's budget of 128 before it asks what is below: where as
/// many stood above each other, none would ever get to its leaves.
const MOST_LEVELS: usize = 32;

/// Puts behind each join that can multiply rows an operator that gives way after some batches; of very many above each
/// other behind the outermost ones.
#[derive(Debug, Default)]
pub(crate) struct CooperativeJoins;

/// Walks down to the joins, knowing how many are above.
struct Wrapping {
    joins_above: usize,
}

impl TreeNodeRewriter for Wrapping {
    type Node = Arc<dyn ExecutionPlan>;

    fn f_down(&mut self, node: Self::Node) -> Result<Transformed<Self::Node>> {
        self.joins_above += usize::from(multiplies(&node));
        Ok(Transformed::no(node))
    }

    fn f_up(&mut self, node: Self::Node) -> Result<Transformed<Self::Node>> {
        if !multiplies(&node) {
            return Ok(Transformed::no(node));
        }
        self.joins_above -= 1;
        if self.joins_above >= MOST_LEVELS {
            return Ok(Transformed::no(node));
        }
        Ok(Transformed::yes(Arc::new(CooperativeExec::new(node))))
    }
}

fn multiplies(node: &Arc<dyn ExecutionPlan>) -> bool {
    node.is::<CrossJoinExec>() || node.is::<NestedLoopJoinExec>() || node.is::<HashJoinExec>()
}

impl PhysicalOptimizerRule for CooperativeJoins {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.rewrite(&mut Wrapping { joins_above: 0 }).data()
    }

    fn name(&self) -> &str {
        "cooperative_joins"
    }

    fn schema_check(&self) -> bool {
        true
    }
}
