//! What operators know of their rows, kept true.
//!
//! DataFusion's operators tell which columns are constant and how rows are ordered, and its rules leave out what that makes
//! needless: `ORDER BY k` is not sorted behind `WHERE k = 1`, and an aggregate takes each run of equal keys for all of them. In two
//! places they tell what is not so.

use std::{fmt, sync::Arc};

use datafusion::{
    common::{
        JoinType,
        config::ConfigOptions,
        tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion},
    },
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::{EquivalenceProperties, PhysicalExpr},
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::{
        ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
        ReplaceChildrenOptions, Statistics,
        execution_plan::CardinalityEffect,
        filter_pushdown::{ChildPushdownResult, FilterDescription, FilterPushdownPhase, FilterPushdownPropagation},
        joins::{HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec},
        statistics::{ChildStats, StatisticsArgs},
        union::UnionExec,
    },
};

use crate::execution::planning::PhysicalRule;

/// Puts both rules among DataFusion's.
pub(crate) fn with_true_properties(rules: Vec<PhysicalRule>) -> Vec<PhysicalRule> {
    let mut all: Vec<PhysicalRule> = vec![Arc::new(NullsOfOuterJoins)];
    for rule in rules {
        let moves_filters = rule.name() == "FilterPushdown";
        all.push(rule);
        if moves_filters {
            all.push(Arc::new(FreshProperties));
        }
    }
    all
}

/// Makes the operators above a union anew, which then know of no constants: where a filter has moved below the union, those
/// above still tell what they knew from it, which the union does not hand on for sure. DataFusion refuses a plan in the end that
/// lacks the sort that this had made needless.
#[derive(Debug, Default)]
struct FreshProperties;

impl PhysicalOptimizerRule for FreshProperties {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        if !plan.exists(|node| Ok(node.is::<UnionExec>()))? {
            return Ok(plan);
        }
        plan.transform_up(|node| {
            let inputs: Vec<_> = node.children().into_iter().cloned().collect();
            if inputs.is_empty() {
                return Ok(Transformed::no(node));
            }
            let fresh = node.replace_children(inputs, recomputed())?;
            Ok(Transformed::yes(if fresh.is::<UnionExec>() { varying(&fresh) } else { fresh }))
        })
        .data()
    }

    fn name(&self) -> &str {
        "fresh_properties"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Forgets what is constant in inputs of outer joins that give NULLs: what the input has everywhere, the join's rows that find
/// nobody do not have. It has to be the first rule, for all others count with it.
#[derive(Debug, Default)]
struct NullsOfOuterJoins;

impl PhysicalOptimizerRule for NullsOfOuterJoins {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let [left, right] = gives_nulls(&node);
            if !left && !right {
                return Ok(Transformed::no(node));
            }
            let inputs = node.children().into_iter().zip([left, right]);
            let inputs = inputs.map(|(input, nulls)| if nulls { varying(input) } else { Arc::clone(input) }).collect();
            Ok(Transformed::yes(node.replace_children(inputs, recomputed())?))
        })
        .data()
    }

    fn name(&self) -> &str {
        "nulls_of_outer_joins"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn recomputed() -> ReplaceChildrenOptions {
    ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute)
}

/// Whether the left and the right input of a join are NULL for rows that find nobody.
fn gives_nulls(node: &Arc<dyn ExecutionPlan>) -> [bool; 2] {
    let join = node.downcast_ref::<HashJoinExec>().map(|join| *join.join_type());
    let join = join.or_else(|| node.downcast_ref::<NestedLoopJoinExec>().map(|join| *join.join_type()));
    let join = join.or_else(|| node.downcast_ref::<SortMergeJoinExec>().map(|join| join.join_type()));
    match join {
        Some(JoinType::Left) => [false, true],
        Some(JoinType::Right) => [true, false],
        Some(JoinType::Full) => [true, true],
        _ => [false, false],
    }
}

/// The same input, of which nothing is known to be constant.
fn varying(input: &Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
    if input.equivalence_properties().constants().is_empty() {
        return Arc::clone(input);
    }
    Arc::new(Varying::new(Arc::clone(input)))
}

/// Passes rows on; only their order is known.
#[derive(Debug, Clone)]
struct Varying {
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl Varying {
    fn new(input: Arc<dyn ExecutionPlan>) -> Self {
        let known = input.equivalence_properties();
        let orderings = known.oeq_class().iter().cloned();
        let ordered = EquivalenceProperties::new_with_orderings(input.schema(), orderings);
        let properties = PlanProperties::clone(input.properties()).with_eq_properties(ordered);
        Varying { input, properties: Arc::new(properties) }
    }
}

impl DisplayAs for Varying {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Varying")
    }
}

impl ExecutionPlan for Varying {
    fn name(&self) -> &str {
        "Varying"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match children.pop() {
            Some(input) if children.is_empty() => Ok(Arc::new(Varying::new(input))),
            _ => Err(DataFusionError::Internal("what varies has one input".to_string())),
        }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, recomputed())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.input.execute(partition, context)
    }

    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::At(partition)]
    }

    fn statistics_from_inputs(&self, input_stats: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        Ok(Arc::clone(&input_stats[0]))
    }

    fn supports_limit_pushdown(&self) -> bool {
        true
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }

    fn gather_filters_for_pushdown(
        &self,
        _: FilterPushdownPhase,
        parent_filters: Vec<Arc<dyn PhysicalExpr>>,
        _: &ConfigOptions,
    ) -> Result<FilterDescription> {
        FilterDescription::from_children(parent_filters, &self.children())
    }

    fn handle_child_pushdown_result(
        &self,
        _: FilterPushdownPhase,
        child_pushdown_result: ChildPushdownResult,
        _: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        Ok(FilterPushdownPropagation::if_all(child_pushdown_result))
    }
}
