//! What a statement's plans did, as the steps of Redshift: `svl_query_summary`, `stl_scan` and their like.
//!
//! A statement runs in the scope of a [`Trace`]. Plans that start there are kept with it, and so is which table each scan
//! reads. When the statement has ended, the operators' own metrics tell how many rows went through them. So tracing costs a
//! statement a walk over its operators at its end, and nothing while it runs.
//!
//! Redshift cuts a query into segments, each a chain of steps, at the places where rows have to be all there before anything
//! goes on; segments that run at the same time are a stream (developer guide, "Query planning and execution workflow"). The
//! same places are found here in DataFusion's operators:
//!
//! ```text
//! HashJoinExec                 segment 0: scan dimension, project, hash
//!   ProjectionExec, DataSource  segment 1: scan fact, hjoin, aggr
//!   DataSource                 segment 2: scan (what was grouped), return
//! ```

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arrow::datatypes::{Schema, SchemaRef};
use datafusion::{
    common::JoinType,
    datasource::{memory::MemorySourceConfig, physical_plan::FileScanConfig, source::DataSourceExec},
    physical_plan::{
        ExecutionPlan,
        aggregates::{AggregateExec, AggregateMode},
        empty::EmptyExec,
        filter::FilterExec,
        joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec},
        limit::{GlobalLimitExec, LocalLimitExec},
        metrics::MetricValue,
        placeholder_row::PlaceholderRowExec,
        projection::ProjectionExec,
        sorts::{sort::SortExec, sort_preserving_merge::SortPreservingMergeExec},
        union::UnionExec,
        windows::{BoundedWindowAggExec, WindowAggExec},
    },
};

use crate::{catalog::Relation, system::logs::steps::QueryStep};

/// How many plans of a statement are kept: few run more than one.
const PLANS_KEPT: usize = 16;

tokio::task_local! {
    static TRACE: Trace;
}

/// What a statement runs. Cloning gives another handle of the same.
#[derive(Clone, Default)]
pub(crate) struct Trace(Arc<Mutex<Traced>>);

#[derive(Default)]
struct Traced {
    plans: Vec<Arc<dyn ExecutionPlan>>,
    /// Names by OID.
    tables: HashMap<u32, String>,
    /// Rows that the tables hold which are read.
    held: HashMap<u32, i64>,
    /// The schemas of scans of rows in memory: where they are, and of which table.
    schemas: Vec<(SchemaRef, u32)>,
    target: Option<u32>,
    /// Rows of a query that went into the target, which the statement's tag does not tell.
    added: Option<i64>,
}

/// What becomes of a statement's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// They go to the client: so many of so many bytes.
    Return(i64, i64),
    /// So many go into the target.
    Insert(i64),
    /// So many go from the target.
    Delete(i64),
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trace").finish_non_exhaustive()
    }
}

impl Trace {
    /// Runs a statement in the scope of this trace.
    pub async fn scope<F: Future>(&self, statement: F) -> F::Output {
        TRACE.scope(self.clone(), statement).await
    }

    fn lock(&self) -> MutexGuard<'_, Traced> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does the statement read or write tables? What does not is done by the leader node alone.
    pub fn touches_tables(&self) -> bool {
        !self.lock().tables.is_empty()
    }

    /// Rows that the statement added without telling its client.
    pub fn added(&self) -> Option<i64> {
        self.lock().added
    }

    /// The steps of a statement that began at this time, microseconds since 1970; none where it ran no plan over tables.
    pub fn steps(&self, began: i64, ending: Option<Ending>) -> Vec<QueryStep> {
        let traced = self.lock();
        if traced.tables.is_empty() {
            return Vec::new();
        }
        let mut builder = Builder { traced: &traced, began, ..Builder::default_of(&traced) };
        let mut open = Open::default();
        match traced.plans.split_last() {
            Some((last, before)) => {
                for plan in before {
                    let open = builder.visit(plan);
                    builder.close(open);
                }
                open = builder.visit(last);
            }
            // The rows of VALUES are there before anything runs.
            None => {
                if let Some(Ending::Insert(rows) | Ending::Delete(rows)) = ending {
                    open.push(builder.step("scan", Measured { rows, ..Measured::default() }));
                }
            }
        }
        if let Some(ending) = ending {
            let target = traced.target.unwrap_or(0);
            let (kind, rows, bytes, table) = match ending {
                Ending::Return(rows, bytes) => ("return", rows, bytes, 0),
                Ending::Insert(rows) => ("insert", rows, 0, target),
                Ending::Delete(rows) => ("delete", rows, 0, target),
            };
            open.push(builder.table_step(kind, table, Measured { rows, bytes, ..open.measured() }));
        }
        builder.close(open);
        builder.steps
    }
}

/// The trace in whose scope this runs.
pub(super) fn current() -> Option<Trace> {
    TRACE.try_with(Clone::clone).ok()
}

/// Keeps a plan that starts.
pub(super) fn starts(plan: &Arc<dyn ExecutionPlan>) {
    // A plan that no statement runs is nobody's to keep.
    let _ = TRACE.try_with(|trace| {
        let mut traced = trace.lock();
        if traced.plans.len() < PLANS_KEPT {
            traced.plans.push(Arc::clone(plan));
        }
    });
}

/// Notes that a scan of a table is planned, and the schema of its rows in memory.
pub(crate) fn scans(table: &Relation, schema: Option<&SchemaRef>) {
    let _ = TRACE.try_with(|trace| {
        let mut traced = trace.lock();
        traced.tables.entry(table.oid.0).or_insert_with(|| table.name.clone());
        traced.schemas.extend(schema.map(|schema| (Arc::clone(schema), table.oid.0)));
    });
}

/// Notes how many rows a table holds that is read.
pub(crate) fn holds(table: &Relation, rows: u64) {
    let _ = TRACE.try_with(|trace| trace.lock().held.insert(table.oid.0, rows as i64));
}

/// Notes the table that a statement writes.
pub(crate) fn writes(table: &Relation) {
    let _ = TRACE.try_with(|trace| {
        let mut traced = trace.lock();
        traced.tables.entry(table.oid.0).or_insert_with(|| table.name.clone());
        traced.target = Some(table.oid.0);
    });
}

/// Notes rows that went into the table that the statement writes, of which its tag tells no number.
pub(crate) fn added(rows: u64) {
    let _ = TRACE.try_with(|trace| trace.lock().added = Some(rows as i64));
}

/// What an operator's metrics tell.
#[derive(Debug, Clone, Copy, Default)]
struct Measured {
    rows: i64,
    bytes: i64,
    /// Microseconds since 1970; none before it ran.
    start: Option<i64>,
    end: Option<i64>,
}

impl Measured {
    fn of(plan: &Arc<dyn ExecutionPlan>) -> Measured {
        let mut measured = Measured::default();
        let Some(metrics) = plan.metrics() else { return measured };
        for metric in metrics.iter() {
            match metric.value() {
                MetricValue::OutputRows(rows) => measured.rows += rows.value() as i64,
                MetricValue::OutputBytes(bytes) => measured.bytes += bytes.value() as i64,
                MetricValue::StartTimestamp(time) => {
                    let time = time.value().map(|time| time.timestamp_micros());
                    measured.start = [measured.start, time].into_iter().flatten().min();
                }
                MetricValue::EndTimestamp(time) => {
                    let time = time.value().map(|time| time.timestamp_micros());
                    measured.end = [measured.end, time].into_iter().flatten().max();
                }
                _ => {}
            }
        }
        measured
    }

    /// The same of an operator without inputs: rows in memory are not counted by it.
    fn of_leaf(plan: &Arc<dyn ExecutionPlan>) -> Measured {
        let measured = Measured::of(plan);
        let source = plan.downcast_ref::<DataSourceExec>().map(DataSourceExec::data_source);
        let memory = source.and_then(|source| source.downcast_ref::<MemorySourceConfig>());
        match memory {
            Some(memory) if measured.rows == 0 => {
                let rows = memory.partitions().iter().flatten().map(|batch| batch.num_rows() as i64).sum();
                Measured { rows, ..measured }
            }
            _ => measured,
        }
    }
}

/// A segment that goes on.
#[derive(Default)]
struct Open {
    steps: Vec<QueryStep>,
    last: Measured,
}

impl Open {
    fn push(&mut self, step: (QueryStep, Measured)) {
        let (mut step, measured) = step;
        step.step = self.steps.len() as i32;
        self.steps.push(step);
        self.last = measured;
    }

    fn measured(&self) -> Measured {
        self.last
    }

    fn ends_with(&self, kind: &str) -> bool {
        self.steps.last().is_some_and(|last| last.kind == kind)
    }
}

struct Builder<'t> {
    traced: &'t Traced,
    began: i64,
    steps: Vec<QueryStep>,
    segments: i32,
}

impl<'t> Builder<'t> {
    fn default_of(traced: &'t Traced) -> Builder<'t> {
        Builder { traced, began: 0, steps: Vec::new(), segments: 0 }
    }

    /// A segment is at its end: what comes next waits for all its rows.
    fn close(&mut self, open: Open) {
        if open.steps.is_empty() {
            return;
        }
        let segment = self.segments;
        self.segments += 1;
        self.steps.extend(open.steps.into_iter().map(|step| QueryStep { stream: segment, segment, ..step }));
    }

    /// A segment that reads what the one before it left.
    fn after(&mut self, open: Open) -> Open {
        let left = open.measured();
        self.close(open);
        let mut next = Open::default();
        next.push(self.step("scan", left));
        next
    }

    fn step(&self, kind: &str, measured: Measured) -> (QueryStep, Measured) {
        self.table_step(kind, 0, measured)
    }

    fn table_step(&self, kind: &str, table: u32, measured: Measured) -> (QueryStep, Measured) {
        let since = |time: Option<i64>| time.map_or(0, |time| (time - self.began).max(0));
        let step = QueryStep {
            kind: kind.to_string(),
            rows: measured.rows,
            rows_before: measured.rows,
            bytes: measured.bytes,
            start: since(measured.start),
            end: since(measured.end.or(measured.start)),
            table,
            table_name: self.traced.tables.get(&table).cloned().unwrap_or_default(),
            ..QueryStep::default()
        };
        (step, measured)
    }

    fn detailed(&self, kind: &str, detail: &str, plan: &Arc<dyn ExecutionPlan>) -> (QueryStep, Measured) {
        let (step, measured) = self.step(kind, Measured::of(plan));
        (QueryStep { detail: detail.to_string(), ..step }, measured)
    }

    /// The table whose rows were counted without reading them, and how many there are: the only one of the statement.
    fn counted(&self) -> Option<(u32, i64)> {
        let mut held = self.traced.held.iter();
        match (held.next(), held.next()) {
            (Some((table, rows)), None) => Some((*table, *rows)),
            _ => None,
        }
    }

    /// The table that an operator without inputs reads.
    fn table(&self, plan: &Arc<dyn ExecutionPlan>) -> Option<u32> {
        let of_schema = |schema: &Schema| {
            let here = |(known, table): &(SchemaRef, u32)| std::ptr::eq(&**known, schema).then_some(*table);
            self.traced.schemas.iter().find_map(here)
        };
        if plan.downcast_ref::<EmptyExec>().is_some() {
            return of_schema(&plan.schema());
        }
        let source = plan.downcast_ref::<DataSourceExec>()?.data_source();
        if let Some(files) = source.downcast_ref::<FileScanConfig>() {
            // A table's files are in a folder of its OID.
            let file = files.file_groups.iter().flat_map(|group| group.files()).next()?;
            return file.object_meta.location.parts().next()?.as_ref().parse().ok();
        }
        let memory = source.downcast_ref::<MemorySourceConfig>()?;
        let batch = memory.partitions().iter().flatten().next()?;
        of_schema(&batch.schema())
    }

    /// The steps of an operator and what is below it: those of segments that are at their end are written down, and the
    /// segment that goes on is given.
    fn visit(&mut self, plan: &Arc<dyn ExecutionPlan>) -> Open {
        let mut open = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.visit_here(plan));
        // Whatever stops after so many rows is a limit as well.
        if plan.fetch().is_some() && !open.ends_with("limit") {
            open.push(self.step("limit", open.measured()));
        }
        open
    }

    fn visit_here(&mut self, plan: &Arc<dyn ExecutionPlan>) -> Open {
        let children: Vec<Arc<dyn ExecutionPlan>> = plan.children().into_iter().cloned().collect();
        match children.as_slice() {
            [] => {
                let mut open = Open::default();
                if plan.downcast_ref::<PlaceholderRowExec>().is_some()
                    && let Some((table, rows)) = self.counted()
                {
                    open.push(self.table_step("scan", table, Measured { rows, ..Measured::default() }));
                    let (step, measured) = self.step("aggr", Measured { rows: 1, ..Measured::default() });
                    open.push((QueryStep { detail: "plain".to_string(), ..step }, measured));
                    return self.after(open);
                }
                open.push(self.table_step("scan", self.table(plan).unwrap_or(0), Measured::of_leaf(plan)));
                open
            }
            [input] => self.single(plan, input),
            [left, right] if plan.downcast_ref::<UnionExec>().is_none() => self.join(plan, left, right),
            inputs => self.union(plan, inputs),
        }
    }

    fn single(&mut self, plan: &Arc<dyn ExecutionPlan>, input: &Arc<dyn ExecutionPlan>) -> Open {
        let mut open = self.visit(input);
        if plan.downcast_ref::<FilterExec>().is_some() {
            // A condition is no step of its own: it belongs to the step below.
            let left = Measured::of(plan);
            if let Some(last) = open.steps.last_mut() {
                (last.rows, last.bytes) = (left.rows, left.bytes);
                open.last = Measured { rows: left.rows, bytes: left.bytes, ..open.last };
            }
        } else if plan.downcast_ref::<ProjectionExec>().is_some() {
            open.push(self.step("project", Measured::of(plan)));
        } else if let Some(aggregate) = plan.downcast_ref::<AggregateExec>() {
            let kind = if aggregate.aggr_expr().is_empty() { "unique" } else { "aggr" };
            let grouped = !aggregate.group_expr().expr().is_empty();
            open.push(self.detailed(kind, if grouped { "hashed" } else { "plain" }, plan));
            open = self.after(open);
            if *aggregate.mode() == AggregateMode::Partial {
                return open;
            }
        } else if plan.downcast_ref::<SortExec>().is_some() {
            open.push(self.step("sort", Measured::of(plan)));
            let sorted = open.measured();
            self.close(open);
            open = Open::default();
            open.push(self.step("merge", sorted));
        } else if plan.downcast_ref::<SortPreservingMergeExec>().is_some() {
            if !open.ends_with("merge") && !open.ends_with("limit") {
                open.push(self.step("merge", Measured::of(plan)));
            }
        } else if plan.downcast_ref::<WindowAggExec>().is_some()
            || plan.downcast_ref::<BoundedWindowAggExec>().is_some()
        {
            open.push(self.step("window", Measured::of(plan)));
        } else if (plan.downcast_ref::<GlobalLimitExec>().is_some() || plan.downcast_ref::<LocalLimitExec>().is_some())
            && !open.ends_with("limit")
        {
            open.push(self.step("limit", Measured::of(plan)));
        }
        // Whatever only moves rows between threads is no step: there is one slice.
        open
    }

    fn join(
        &mut self,
        plan: &Arc<dyn ExecutionPlan>,
        left: &Arc<dyn ExecutionPlan>,
        right: &Arc<dyn ExecutionPlan>,
    ) -> Open {
        let mut built = self.visit(left);
        let (kind, detail, keeps) = if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
            ("hjoin", join_word(*join.join_type()), "hash")
        } else if let Some(join) = plan.downcast_ref::<SortMergeJoinExec>() {
            ("mjoin", join_word(join.join_type()), "save")
        } else if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() {
            ("nloop", join_word(*join.join_type()), "save")
        } else if plan.downcast_ref::<CrossJoinExec>().is_some() {
            ("nloop", "inner", "save")
        } else {
            ("project", "", "save")
        };
        let kept = built.measured();
        built.push(self.step(keeps, kept));
        self.close(built);
        let mut open = self.visit(right);
        open.push(self.detailed(kind, detail, plan));
        open
    }

    fn union(&mut self, plan: &Arc<dyn ExecutionPlan>, inputs: &[Arc<dyn ExecutionPlan>]) -> Open {
        // The files and the chunks of one table are one scan.
        let tables: Vec<Option<u32>> = inputs.iter().map(|input| self.table(input)).collect();
        if let Some(Some(table)) = tables.first()
            && tables.iter().all(|other| *other == Some(*table))
        {
            let mut open = Open::default();
            let all = inputs.iter().map(Measured::of_leaf).fold(Measured::default(), |sum, one| Measured {
                rows: sum.rows + one.rows,
                bytes: sum.bytes + one.bytes,
                start: [sum.start, one.start].into_iter().flatten().min(),
                end: [sum.end, one.end].into_iter().flatten().max(),
            });
            open.push(self.table_step("scan", *table, all));
            return open;
        }
        for input in inputs {
            let mut open = self.visit(input);
            let saved = open.measured();
            open.push(self.step("save", saved));
            self.close(open);
        }
        let mut open = Open::default();
        open.push(self.step("scan", Measured::of(plan)));
        open
    }
}

fn join_word(join: JoinType) -> &'static str {
    match join {
        JoinType::Inner => "inner",
        JoinType::Left | JoinType::LeftMark => "left",
        JoinType::Right | JoinType::RightMark => "right",
        JoinType::Full => "full",
        JoinType::LeftSemi | JoinType::RightSemi | JoinType::LeftAnti | JoinType::RightAnti => "in",
    }
}
