//! Running plans: DataFusion's optimiser and operators, set up without its SQL front end.

use std::{
    future::{Future, poll_fn},
    path::PathBuf,
    sync::Arc,
    thread::available_parallelism,
};

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
    physical_plan::{ExecutionPlan, execute_stream, execute_stream_partitioned},
    prelude::SessionConfig,
};
use futures::{StreamExt, stream::BoxStream};
use redshift_sql_dialect::Result;

use crate::{cooperation::CooperativeJoins, error::from_datafusion};

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

/// Bytes of stack that planning may take.
const PLANNING_STACK: usize = 16 * 1024 * 1024;

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
    Ok(SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime.build_arc().map_err(from_datafusion)?)
        .with_analyzer_rules(Vec::new())
        .with_physical_optimizer_rule(Arc::new(CooperativeJoins))
        .build())
}

/// Optimises a plan and starts it. Dropping the stream stops it.
///
/// # Errors
/// What planning finds; what running finds comes as the stream's last item.
pub async fn execute(plan: &LogicalPlan, state: &SessionState) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    Ok(stream(plan, state).await?.map(|batch| batch.map_err(from_datafusion)).boxed())
}

/// The same as DataFusion has it: for rows that go into a table.
pub(crate) async fn stream(plan: &LogicalPlan, state: &SessionState) -> Result<SendableRecordBatchStream> {
    execute_stream(planned(plan, state).await?, state.task_ctx()).map_err(from_datafusion)
}

/// The same in as many streams as the plan has, to be read side by side.
pub(crate) async fn streams(plan: &LogicalPlan, state: &SessionState) -> Result<Vec<SendableRecordBatchStream>> {
    execute_stream_partitioned(planned(plan, state).await?, state.task_ctx()).map_err(from_datafusion)
}

/// Optimises a plan and chooses its operators.
///
/// The optimiser walks expressions by recursion, and takes more stack for that than a worker thread has to spare.
async fn planned(plan: &LogicalPlan, state: &SessionState) -> Result<Arc<dyn ExecutionPlan>> {
    let mut planning = Box::pin(state.create_physical_plan(plan));
    let planning =
        poll_fn(|context| stacker::maybe_grow(PLANNING_STACK / 2, PLANNING_STACK, || planning.as_mut().poll(context)));
    planning.await.map_err(from_datafusion)
}
