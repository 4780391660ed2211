//! From a plan to the operators that run it.
//!
//! Optimising and choosing operators is one long computation that gives way to nothing. For a small plan that does not
//! matter. A large one (a join of a hundred tables, a list of a thousand sums) is planned on a thread of its own: whoever
//! waits for it can be told to stop, and then the rules stop, too, at the next node that they look at.

use std::{
    future::{Future, poll_fn},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use datafusion::{
    common::{
        Result as DataFusionResult,
        config::ConfigOptions,
        tree_node::{Transformed, TreeNodeRecursion},
    },
    error::DataFusionError,
    execution::{SessionStateBuilder, context::SessionState},
    logical_expr::LogicalPlan,
    optimizer::{ApplyOrder, Optimizer, OptimizerConfig, OptimizerRule},
    physical_optimizer::{PhysicalOptimizerContext, PhysicalOptimizerRule},
    physical_plan::ExecutionPlan,
};
use redshift_sql_dialect::{Error, Result, SqlState};
use tokio::{runtime::Handle, sync::oneshot};

use super::{PLANNING_STACK, SESSION_STACK, sealed, trace};
use crate::error::{from_datafusion, to_datafusion};

/// From how many nodes, columns and parts of expressions on a plan gets a thread of its own: what takes longer than that
/// thread's start by far.
const LARGE: usize = 2_000;
/// Most joins of a plan: each looks at all columns of those below, several times.
pub(crate) const MOST_JOINS: usize = 300;
/// Most nodes of a plan above each other: operators are run by recursion.
const MOST_LEVELS: usize = 2_000;
/// From how many joins on none is moved before another: that takes time with the cube of their number.
const FIXED_ORDER: usize = 50;

/// How much work a plan makes.
#[derive(Debug, Default)]
struct Size {
    /// Nodes, their columns, and parts of their expressions.
    parts: usize,
    joins: usize,
    /// Parts of the largest expression.
    largest: usize,
}

impl Size {
    /// Measures a plan.
    ///
    /// # Errors
    /// 54001 of one with too many joins or levels.
    fn of(plan: &LogicalPlan) -> Result<Size> {
        if levels(plan) > MOST_LEVELS {
            return Err(too_complex("The query is nested too deeply.".to_string()));
        }
        let mut size = Size::default();
        plan.apply_with_subqueries(|node| {
            size.parts += 1 + node.schema().fields().len();
            size.joins += usize::from(matches!(node, LogicalPlan::Join(_)));
            node.apply_expressions(|expr| {
                let parts = sealed::parts(expr)?;
                size.parts += parts;
                size.largest = size.largest.max(parts);
                Ok(TreeNodeRecursion::Continue)
            })
        })
        .map_err(from_datafusion)?;
        if size.joins > MOST_JOINS { Err(too_many_joins()) } else { Ok(size) }
    }
}

/// 54001, of a statement with too many joins.
pub(crate) fn too_many_joins() -> Error {
    too_complex(format!("The query has more than {MOST_JOINS} joins."))
}

fn too_complex(detail: String) -> Error {
    Error::new(SqlState::STATEMENT_TOO_COMPLEX, "statement too complex").with_detail(detail)
}

/// How many nodes are above each other, counted without recursion.
fn levels(plan: &LogicalPlan) -> usize {
    let mut open = vec![(plan, 1)];
    let mut most = 0;
    while let Some((node, level)) = open.pop() {
        most = most.max(level);
        open.extend(node.inputs().into_iter().map(|input| (input, level + 1)));
    }
    most
}

/// Optimises a plan and chooses its operators. Dropping the future stops it.
///
/// # Errors
/// 54001 of a plan with too many joins or levels; what planning finds.
pub(super) async fn planned(plan: &LogicalPlan, state: &SessionState) -> Result<Arc<dyn ExecutionPlan>> {
    let size = Size::of(plan)?;
    if size.parts < LARGE {
        return here(plan, state).await;
    }
    let (plan, state, statement) = (plan.clone(), state.clone(), trace::current());
    let runtime = Handle::current();
    on_own_thread(move |stop| {
        let planning = async {
            let plan = optimised(plan, state.optimizers().to_vec(), &size, &state, stop)?;
            let state = interruptible(state, stop);
            state.query_planner().create_physical_plan(&plan, &state).await
        };
        runtime.block_on(async {
            match statement {
                Some(trace) => trace.scope(planning).await,
                None => planning.await,
            }
        })
    })
    .await
}

/// Plans on this thread. The optimiser walks expressions by recursion, and takes more stack for that than a worker thread
/// has to spare.
async fn here(plan: &LogicalPlan, state: &SessionState) -> Result<Arc<dyn ExecutionPlan>> {
    let mut planning = Box::pin(state.create_physical_plan(plan));
    let planning =
        poll_fn(|context| stacker::maybe_grow(PLANNING_STACK / 2, PLANNING_STACK, || planning.as_mut().poll(context)));
    planning.await.map_err(from_datafusion)
}

/// Optimises a plan by some of the rules alone. Dropping the future stops it.
///
/// # Errors
/// As [`planned`].
pub(super) async fn simplified(plan: &LogicalPlan, rules: Vec<Rule>, state: &SessionState) -> Result<LogicalPlan> {
    let size = Size::of(plan)?;
    if size.parts < LARGE {
        let optimise = || Optimizer::with_rules(rules).optimize(plan.clone(), state, |_, _| {});
        return stacker::maybe_grow(PLANNING_STACK / 2, PLANNING_STACK, optimise).map_err(from_datafusion);
    }
    let (plan, state) = (plan.clone(), state.clone());
    on_own_thread(move |stop| sealed::unseal(optimised(plan, rules, &size, &state, stop)?)).await
}

/// Does work on a thread of its own, which is told to stop when the future is dropped.
async fn on_own_thread<T: Send + 'static>(
    work: impl FnOnce(&Stop) -> DataFusionResult<T> + Send + 'static,
) -> Result<T> {
    let stop = Stop::default();
    let _asked = stop.when_dropped();
    let (done, result) = oneshot::channel();
    let run = move || {
        // Nobody waits for it where the statement was stopped.
        let _ = done.send(work(&stop).map_err(from_datafusion));
    };
    let thread = thread::Builder::new().name("planning".to_string()).stack_size(SESSION_STACK);
    let started = thread.spawn(run);
    started.map_err(|error| Error::internal(format!("no thread for planning: {error}")))?;
    result.await.map_err(|_| Error::internal("planning ended early"))?
}

fn optimised(
    plan: LogicalPlan,
    rules: Vec<Rule>,
    size: &Size,
    state: &SessionState,
    stop: &Stop,
) -> DataFusionResult<LogicalPlan> {
    let watched = |rule| Arc::new(Watched { rule, stop: stop.clone() }) as Rule;
    let optimizer = Optimizer::with_rules(in_proportion(rules, size).into_iter().map(watched).collect());
    optimizer.optimize(sealed::seal(plan, size.largest, state)?, state, |_, _| {})
}

/// The rules whose cost is in proportion to what they gain in a plan of this size.
fn in_proportion(rules: Vec<Rule>, size: &Size) -> Vec<Rule> {
    let keeps = |rule: &Rule| size.joins < FIXED_ORDER || rule.name() != "eliminate_cross_join";
    rules.into_iter().filter(keeps).collect()
}

/// The same state, whose physical rules look up in between.
fn interruptible(state: SessionState, stop: &Stop) -> SessionState {
    let watched = |rule: &PhysicalRule| Arc::new(Watched { rule: rule.clone(), stop: stop.clone() }) as PhysicalRule;
    let rules = state.physical_optimizers().iter().map(watched).collect();
    SessionStateBuilder::new_from_existing(state).with_physical_optimizer_rules(rules).build()
}

/// A rule for plans.
pub(super) type Rule = Arc<dyn OptimizerRule + Send + Sync>;
/// A rule for operators.
pub(crate) type PhysicalRule = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

/// Is the plan wanted no more? Cloning gives another handle of the same.
#[derive(Debug, Clone, Default)]
struct Stop(Arc<AtomicBool>);

/// Asks to stop when it is dropped.
struct AskToStop(Stop);

impl Stop {
    fn when_dropped(&self) -> AskToStop {
        AskToStop(self.clone())
    }

    fn check(&self) -> DataFusionResult<()> {
        if self.0.load(Ordering::Relaxed) { Err(stopped()) } else { Ok(()) }
    }
}

impl Drop for AskToStop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

fn stopped() -> DataFusionError {
    to_datafusion(Error::new(SqlState::QUERY_CANCELED, "Query cancelled on user's request"))
}

/// A rule that looks whether it should stop before it does something.
#[derive(Debug)]
struct Watched<R> {
    rule: R,
    stop: Stop,
}

impl OptimizerRule for Watched<Rule> {
    fn name(&self) -> &str {
        self.rule.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.rule.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> DataFusionResult<Transformed<LogicalPlan>> {
        self.stop.check()?;
        self.rule.rewrite(plan, config)
    }
}

impl PhysicalOptimizerRule for Watched<PhysicalRule> {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        self.stop.check()?;
        self.rule.optimize(plan, config)
    }

    fn optimize_with_context(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        context: &dyn PhysicalOptimizerContext,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        self.stop.check()?;
        self.rule.optimize_with_context(plan, context)
    }

    fn name(&self) -> &str {
        self.rule.name()
    }

    fn schema_check(&self) -> bool {
        self.rule.schema_check()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use datafusion::{
        logical_expr::{LogicalPlanBuilder, lit},
        prelude::col,
    };

    use super::*;
    use crate::execution::{ExecutionOptions, session_state};

    fn state() -> SessionState {
        session_state(&ExecutionOptions::default()).expect("state")
    }

    /// Rows sorted by so many expressions: the operators' ordering is looked at expression by expression, again and again.
    fn sorted_by(count: i64) -> LogicalPlan {
        let rows = LogicalPlanBuilder::values(vec![vec![lit(1i64)], vec![lit(2i64)]]).expect("rows");
        let keys = (0..count).map(|n| (col("column1") + lit(n)).sort(true, false)).collect::<Vec<_>>();
        rows.sort(keys).expect("a plan").build().expect("a plan")
    }

    #[tokio::test]
    async fn planning_ends_when_nobody_waits() {
        let (state, plan) = (state(), sorted_by(5_000));
        let begun = Instant::now();
        let planned = tokio::time::timeout(Duration::from_millis(100), planned(&plan, &state)).await;
        assert!(planned.is_err(), "planning took less than it should for this test");
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }

    #[test]
    fn rules_stop() {
        let (state, stop) = (state(), Stop::default());
        drop(stop.when_dropped());
        let size = Size::default();
        let plan = optimised(sorted_by(1), state.optimizers().to_vec(), &size, &state, &stop);
        let error = from_datafusion(plan.expect_err("the rules were told to stop"));
        assert_eq!(error.sqlstate(), SqlState::QUERY_CANCELED);
        let state = interruptible(state, &stop);
        let rule = &state.physical_optimizers()[0];
        let operators =
            Arc::new(datafusion::physical_plan::empty::EmptyExec::new(Arc::new(arrow::datatypes::Schema::empty())));
        assert!(rule.optimize(operators, state.config_options()).is_err());
    }
}
