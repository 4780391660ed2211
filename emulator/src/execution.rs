//! Running plans: DataFusion's optimiser and operators, set up without its SQL front end.

mod constant;
pub(crate) mod planning;
mod sealed;
pub(crate) mod trace;

use std::{path::PathBuf, sync::Arc, thread::available_parallelism};

use arrow::record_batch::RecordBatch;
use datafusion::{
    execution::{
        SendableRecordBatchStream, SessionStateBuilder,
        context::SessionState,
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::FairSpillPool,
        runtime_env::RuntimeEnvBuilder,
    },
    logical_expr::LogicalPlan,
    physical_optimizer::optimizer::PhysicalOptimizer,
    physical_plan::{
        ExecutionPlan, ExecutionPlanProperties, execute_stream, execute_stream_partitioned, memory::MemoryStream,
        stream::RecordBatchReceiverStream,
    },
    prelude::SessionConfig,
};
use futures::{StreamExt, stream::BoxStream};
use redshift_sql_dialect::Result;
use tokio::runtime::Handle;

use crate::{
    cooperation::CooperativeJoins, error::from_datafusion, plan_properties::with_true_properties,
    recursion::BoundedRecursion, secure_scan,
};

/// How plans are run.
#[derive(Debug, Clone, Default)]
pub struct ExecutionOptions {
    /// Bytes that all running queries may take in memory before they spill; none is no limit.
    pub memory_limit: Option<usize>,
    /// The folder that they spill to; none is the system's for temporary files.
    pub spill_folder: Option<PathBuf>,
    /// How many streams a plan is cut into; none is one for each processor.
    pub parallelism: Option<usize>,
}

/// Rows a batch has at most.
const BATCH_ROWS: usize = 8_192;
/// How many batches a plan may be ahead of who reads them.
const BATCHES_AHEAD: usize = 2;

/// The threads that plans run on: those on which the engine was opened.
///
/// An operator may work on one batch for a second before it looks up. Who waits for the rows, perhaps on other threads,
/// stays free to hear that they are not wanted any more.
struct PlanThreads(Handle);

/// Bytes of stack that planning may take.
const PLANNING_STACK: usize = 16 * 1024 * 1024;

/// Bytes of stack that the threads need which drive sessions: plans and expressions are run by recursion, and may be
/// deep. With less, a deep one overflows, and each statement gets a stack of its own to be planned on, which costs more to
/// give back to the system than many a statement. Only what is used takes memory.
pub const SESSION_STACK: usize = 2 * PLANNING_STACK;

/// What plans are optimised and run with: one for an engine, shared by its sessions.
///
/// There are no analyser rules: the binder's plans have their types already, and a rule that added casts would hide
/// where they do not.
///
/// # Errors
/// Where the spill folder cannot be used.
pub fn session_state(options: &ExecutionOptions) -> Result<SessionState> {
    let mut runtime = RuntimeEnvBuilder::new();
    if let Some(bytes) = options.memory_limit {
        runtime = runtime.with_memory_pool(Arc::new(FairSpillPool::new(bytes)));
    }
    if let Some(folder) = &options.spill_folder {
        let mode = DiskManagerMode::Directories(vec![folder.clone()]);
        runtime = runtime.with_disk_manager_builder(DiskManagerBuilder::default().with_mode(mode));
    }
    let parallelism = options.parallelism.or_else(|| available_parallelism().ok().map(usize::from)).unwrap_or(1);
    let mut config = SessionConfig::new()
        .with_target_partitions(parallelism)
        .with_batch_size(BATCH_ROWS)
        .with_information_schema(false)
        .with_create_default_catalog_and_schema(false);
    // The fields of scans carry their declared types as metadata, which a union keeps in one plan and drops in the other.
    config.options_mut().execution.skip_physical_aggregate_schema_check = true;
    if let Ok(threads) = Handle::try_current() {
        config = config.with_extension(Arc::new(PlanThreads(threads)));
    }
    Ok(SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime.build_arc().map_err(from_datafusion)?)
        .with_analyzer_rules(Vec::new())
        .with_query_planner(Arc::new(secure_scan::Planner))
        .with_physical_optimizer_rules(with_true_properties(PhysicalOptimizer::new().rules))
        .with_physical_optimizer_rule(Arc::new(CooperativeJoins))
        .with_physical_optimizer_rule(Arc::new(BoundedRecursion::default()))
        .build())
}

/// Optimises a plan as far as EXPLAIN shows it: DISTINCT and LIMIT stay what they are.
///
/// # Errors
/// What optimising finds.
pub(crate) async fn simplified(plan: &LogicalPlan, state: &SessionState) -> Result<LogicalPlan> {
    const LEFT_OUT: [&str; 3] =
        ["replace_distinct_aggregate", "single_distinct_aggregation_to_group_by", "push_down_limit"];
    let rules = state.optimizers().iter().filter(|rule| !LEFT_OUT.contains(&rule.name())).cloned().collect();
    planning::simplified(plan, rules, state).await
}

/// Optimises a plan and starts it. Dropping the stream stops it.
///
/// # Errors
/// What planning finds; what running finds comes as the stream's last item.
pub async fn execute(plan: &LogicalPlan, state: &SessionState) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    if let Some(rows) = constant::rows(plan, state) {
        return Ok(futures::stream::iter([Ok(rows)]).boxed());
    }
    Ok(stream(plan, state).await?.map(|batch| batch.map_err(from_datafusion)).boxed())
}

/// The same as DataFusion has it: for rows that go into a table.
pub(crate) async fn stream(plan: &LogicalPlan, state: &SessionState) -> Result<SendableRecordBatchStream> {
    match constant::rows(plan, state) {
        Some(rows) => at_once(rows),
        None => start(planning::planned(plan, state).await?, state),
    }
}

/// The same in as many streams as the plan has, to be read side by side.
pub(crate) async fn streams(plan: &LogicalPlan, state: &SessionState) -> Result<Vec<SendableRecordBatchStream>> {
    if let Some(rows) = constant::rows(plan, state) {
        return Ok(vec![at_once(rows)?]);
    }
    let physical = planning::planned(plan, state).await?;
    if physical.output_partitioning().partition_count() == 1 {
        return Ok(vec![start(physical, state)?]);
    }
    trace::starts(&physical);
    // Of several, each gets a task from who reads them.
    execute_stream_partitioned(physical, state.task_ctx()).map_err(from_datafusion)
}

/// Rows that are there already.
fn at_once(rows: RecordBatch) -> Result<SendableRecordBatchStream> {
    let schema = rows.schema();
    MemoryStream::try_new(vec![rows], schema, None)
        .map(|stream| Box::pin(stream) as SendableRecordBatchStream)
        .map_err(from_datafusion)
}

/// Starts a plan in a task of its own, which ends when nobody reads its rows any more.
fn start(plan: Arc<dyn ExecutionPlan>, state: &SessionState) -> Result<SendableRecordBatchStream> {
    trace::starts(&plan);
    let context = state.task_ctx();
    let Some(threads) = state.config().get_extension::<PlanThreads>() else {
        return execute_stream(plan, context).map_err(from_datafusion);
    };
    let mut receiver = RecordBatchReceiverStream::builder(plan.schema(), BATCHES_AHEAD);
    let sender = receiver.tx();
    let run = async move {
        let mut rows = execute_stream(plan, context)?;
        // Room first, then a batch: what waits for room would be one more in memory.
        while let Ok(room) = sender.reserve().await {
            match rows.next().await {
                Some(batch) => room.send(batch),
                None => break,
            }
        }
        Ok(())
    };
    receiver.spawn_on(run, &threads.0);
    Ok(receiver.build())
}
