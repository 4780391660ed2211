//! Recursive queries that end.
//!
//! DataFusion runs the steps of a recursive query until one of them gives no rows, and holds the rows of a round in
//! memory. A query whose steps always give some would never end, and one whose rounds grow would take all memory. Both
//! have bounds here, as they have in Redshift (developer guide, "WITH clause", "Recursive common table expressions"),
//! which does not publish its figures; these are Blueshift's own.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use datafusion::{
    common::{
        config::ConfigOptions,
        tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion},
    },
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::PhysicalExpr,
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::{
        ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions,
        recursive_query::RecursiveQueryExec, stream::RecordBatchStreamAdapter,
    },
};
use futures::StreamExt;

use crate::error::{compute_error, to_datafusion};

/// How often the steps of a recursive query run, at most.
pub const MAX_ROUNDS: u64 = 100_000;

/// How many rows a round of a recursive query gives, at most.
pub const MAX_ROUND_ROWS: u64 = 10_000_000;

const TOO_MANY_ROWS: &str = "Exceeded recursive CTE max rows limit, please add correct CTE termination predicates or change \
                             the max_recursion_rows parameter.";

/// Puts bounds to the recursive queries of a plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BoundedRecursion {
    rounds: u64,
    round_rows: u64,
}

impl Default for BoundedRecursion {
    fn default() -> Self {
        BoundedRecursion { rounds: MAX_ROUNDS, round_rows: MAX_ROUND_ROWS }
    }
}

impl PhysicalOptimizerRule for BoundedRecursion {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let Some(query) = node.downcast_ref::<RecursiveQueryExec>() else { return Ok(Transformed::no(node)) };
            let rounds = Arc::new(AtomicU64::new(0));
            let seed = Bounded::new(query.static_term().clone(), Part::Seed, *self, rounds.clone());
            let step = Bounded::new(query.recursive_term().clone(), Part::Step, *self, rounds);
            let bounded = RecursiveQueryExec::try_new(
                query.name().to_string(),
                query.schema(),
                Arc::new(seed),
                Arc::new(step),
                query.is_distinct(),
            )?;
            Ok(Transformed::yes(Arc::new(bounded) as _))
        })
        .data()
    }

    fn name(&self) -> &str {
        "bounded_recursion"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The parts of a recursive query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// It begins the count of rounds.
    Seed,
    /// It is a round each time it runs.
    Step,
}

/// A part of a recursive query, counted.
#[derive(Debug, Clone)]
struct Bounded {
    input: Arc<dyn ExecutionPlan>,
    part: Part,
    bounds: BoundedRecursion,
    /// How often the step has run since the seed did.
    rounds: Arc<AtomicU64>,
    properties: Arc<PlanProperties>,
}

impl Bounded {
    fn new(input: Arc<dyn ExecutionPlan>, part: Part, bounds: BoundedRecursion, rounds: Arc<AtomicU64>) -> Self {
        let properties = input.properties().clone();
        Bounded { input, part, bounds, rounds, properties }
    }
}

impl DisplayAs for Bounded {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bounded: part={:?}", self.part)
    }
}

impl ExecutionPlan for Bounded {
    fn name(&self) -> &str {
        "Bounded"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
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
            Some(input) if children.is_empty() => {
                Ok(Arc::new(Bounded::new(input, self.part, self.bounds, self.rounds.clone())))
            }
            _ => Err(DataFusionError::Internal("a bounded part of a recursive query has one input".to_string())),
        }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if self.part == Part::Seed {
            self.rounds.store(0, Ordering::Relaxed);
            return self.input.execute(partition, context);
        }
        let most = self.bounds;
        if self.rounds.fetch_add(1, Ordering::Relaxed) >= most.rounds {
            let limit = format!("recursive CTE limit: {} rounds", most.rounds);
            return Err(to_datafusion(compute_error("Recursive CTE out of working buffers.", 8001, &limit)));
        }
        let mut rows = 0;
        let counted = self.input.execute(partition, context)?.map(move |batch| {
            let batch = batch?;
            rows += batch.num_rows() as u64;
            if rows > most.round_rows {
                let limit = format!("recursive CTE limit: {} rows in a round", most.round_rows);
                return Err(to_datafusion(compute_error(TOO_MANY_ROWS, 8001, &limit)));
            }
            Ok(batch)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), counted)))
    }
}

#[cfg(test)]
mod tests {
    use datafusion::physical_plan::collect;
    use redshift_sql_dialect::RedshiftType;

    use super::*;
    use crate::{binder::testing::Database, error::from_datafusion};

    /// How many rows a query gives within smaller bounds, or the message that it ends with.
    async fn within(rounds: u64, round_rows: u64, sql: &str) -> std::result::Result<usize, String> {
        let database = Database::new();
        let columns = [("id", RedshiftType::Int4), ("parent", RedshiftType::Int4)];
        database.table("ring", &columns, &[&["1", "2"], &["2", "1"]]);
        let plan = database.bind(sql).expect("a query").plan;
        let plan = database.state.create_physical_plan(&plan).await.expect("a plan");
        let bounded =
            BoundedRecursion { rounds, round_rows }.optimize(plan, &ConfigOptions::default()).expect("bounds");
        let batches = collect(bounded, database.state.task_ctx()).await;
        batches
            .map(|batches| batches.iter().map(|batch| batch.num_rows()).sum())
            .map_err(|error| from_datafusion(error).message().to_string())
    }

    const COUNTS: &str = "with recursive r(n) as (select 1 union all select n + 1 from r where n < 10) select n from r";

    /// "Be sure to limit the depth of recursion by including a WHERE clause": what the page says happens otherwise.
    #[tokio::test]
    async fn what_never_ends_is_an_error() {
        let out_of_buffers = || Err("Recursive CTE out of working buffers.".to_string());
        let endless = "with recursive r(n) as (select 1 union all select n from r) select count(*) from r";
        assert_eq!(within(20, 100, endless).await, out_of_buffers());
        let ring = "select id from ring start with id = 1 connect by prior id = parent";
        assert_eq!(within(20, 100, ring).await, out_of_buffers());
        // The tenth round gives no rows.
        assert_eq!(within(9, 100, COUNTS).await, out_of_buffers());
        assert_eq!(within(10, 100, COUNTS).await, Ok(10));
    }

    #[tokio::test]
    async fn rounds_have_a_most_of_rows() {
        let growing = "with recursive r(n) as (select 1 union all select r.n from r, ring) select count(*) from r";
        assert_eq!(within(100, 1_000, growing).await, Err(TOO_MANY_ROWS.to_string()));
        assert_eq!(within(100, 1, COUNTS).await, Ok(10));
    }

    /// A recursive query in another's step begins to count anew with each round.
    #[tokio::test]
    async fn rounds_are_counted_for_each_run() {
        let twice = "with recursive a(n) as (select 1 union all select n + 1 from a where n < 5), \
                     b(m) as (select 1 union all select m + 1 from b join a on a.n = b.m) select count(*) from b";
        assert_eq!(within(8, 100, twice).await, Ok(1));
    }
}
