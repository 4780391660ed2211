//! From DataFusion's plan to Redshift's steps.
//!
//! Projections and conditions are no steps in Redshift: they belong to the step below. What a cluster would do to bring
//! rows together follows from how the tables are distributed ([`Dist`]); where two ways lead to a join, the cheaper one is
//! taken, as Redshift's planner does.

use std::collections::HashSet;

use datafusion::{
    common::{
        Column, DFSchema, ExprSchema, JoinType, NullEquality,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    logical_expr::{
        Aggregate, Distinct, Expr, FetchType, Filter, Join, Limit, LogicalPlan, Projection, SkipType, Sort, SortExpr,
        TableScan, Union, Window,
    },
};
use redshift_sql_dialect::{Result, ast::DistStyle};

use super::{
    estimate::{Estimate, Grouping, Joined, whole},
    names::{Names, Style, as_written, is_shown_value},
    scans::{self, Scan, arrow_width, width_of},
    selectivity::{conjuncts, operators, uncast},
};
use crate::{
    binder::DISTINCT_VALUE, catalog::Relation, error::from_datafusion, secure_scan::SecureScan,
    system::quote_identifier, types::declared_type,
};

/// Groups of which nothing is known.
const UNKNOWN_GROUPS: f64 = 200.0;

/// A step of a plan.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub title: String,
    /// What it does, below its title: `Hash Cond: ...`.
    pub notes: Vec<String>,
    pub estimate: Estimate,
    pub inputs: Vec<Step>,
    /// Sub-queries that are computed once, before it.
    pub plans_before: Vec<Step>,
}

/// Where the rows of a statement go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    /// To the client: the leader node puts them in order.
    Client,
    /// Into a table: each slice keeps its own.
    Table,
    /// Nowhere: they are deleted or updated.
    Changed,
}

/// How rows lie on the slices of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Dist {
    /// All on each node.
    All,
    /// By the value of any of these columns.
    Key(Vec<Origin>),
    /// In no order.
    Even,
}

/// A column, whatever it is called above the place where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// Of a scan.
    Scan(usize, String),
    /// Of what computes it.
    Computed(String),
}

/// What kind of step is on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Scan,
    /// An aggregation, whose groups a HAVING does not lessen in Redshift's estimates.
    Aggregate,
    /// Anything else that a sub-query keeps to itself: DISTINCT, LIMIT, UNION, windows, sorts.
    Block,
    /// A join, or a sub-query as another query sees it.
    Other,
}

/// The steps of a part of a plan.
#[derive(Debug, Clone)]
struct Part {
    step: Step,
    dist: Dist,
    /// The columns by which a scan's rows are sorted.
    order: Vec<Origin>,
    shape: Shape,
}

impl Step {
    fn new(title: impl Into<String>, estimate: Estimate, inputs: Vec<Step>) -> Step {
        Step { title: title.into(), notes: Vec::new(), estimate, inputs, plans_before: Vec::new() }
    }

    fn note(mut self, note: impl Into<String>) -> Step {
        self.notes.push(note.into());
        self
    }

    /// Is there such a step in it?
    pub fn any(&self, wanted: &dyn Fn(&Step) -> bool) -> bool {
        wanted(self) || self.inputs.iter().chain(&self.plans_before).any(|step| step.any(wanted))
    }
}

impl Part {
    fn other(step: Step, dist: Dist) -> Part {
        Part { step, dist, order: Vec::new(), shape: Shape::Other }
    }

    fn block(step: Step, dist: Dist) -> Part {
        Part { shape: Shape::Block, ..Part::other(step, dist) }
    }

    fn is_closed(&self) -> bool {
        matches!(self.shape, Shape::Aggregate | Shape::Block)
    }

    /// The same as another query sees it.
    fn subquery(self, name: &str, width: usize) -> Part {
        let step = Step::new(format!("XN Subquery Scan {name}"), self.step.estimate.passed(width), vec![self.step]);
        Part::other(step, self.dist)
    }
}

type Needed = HashSet<Column>;

fn columns_of<'e>(exprs: impl IntoIterator<Item = &'e Expr>) -> Needed {
    exprs.into_iter().flat_map(|expr| expr.column_refs().into_iter().cloned().collect::<Vec<_>>()).collect()
}

/// The columns of a plan that are needed.
fn of_plan(needed: &Needed, schema: &DFSchema) -> Needed {
    needed.iter().filter(|column| schema.has_column(column)).cloned().collect()
}

/// Makes steps.
pub(super) struct Planner<'a> {
    names: &'a Names,
}

impl<'a> Planner<'a> {
    pub fn new(names: &'a Names) -> Self {
        Planner { names }
    }

    /// The steps of a statement.
    pub fn steps(&self, plan: &LogicalPlan, destination: Destination) -> Result<Step> {
        let step = self.all(plan)?.step;
        let below = step.inputs.first();
        Ok(match (destination, step.title.as_str(), below) {
            // What goes into a table is sorted where it is.
            (Destination::Table, "XN Merge", Some(network)) => network.inputs.first().cloned().unwrap_or(step),
            // That each row is changed once is no step of Redshift's.
            (Destination::Changed, "XN Unique" | "XN HashAggregate", Some(rows)) => rows.clone(),
            _ => step,
        })
    }

    fn all(&self, plan: &LogicalPlan) -> Result<Part> {
        self.part(plan, &plan.schema().columns().into_iter().collect())
    }

    fn part(&self, plan: &LogicalPlan, needed: &Needed) -> Result<Part> {
        stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, || match plan {
            LogicalPlan::TableScan(scan) => Ok(self.scan(scan, needed)),
            LogicalPlan::Projection(projection) => self.projection(projection, needed),
            LogicalPlan::Filter(filter) => self.filter(filter, needed),
            LogicalPlan::Join(join) => self.join(join, needed),
            LogicalPlan::Aggregate(aggregate) if is_distinct(aggregate) => {
                self.unique(&aggregate.input, &self.grouping_inputs(aggregate), aggregate.group_expr.clone())
            }
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate),
            LogicalPlan::Distinct(Distinct::All(input)) => {
                let columns = input.schema().columns();
                self.unique(input, &columns.iter().cloned().collect(), columns.into_iter().map(Expr::Column).collect())
            }
            LogicalPlan::Sort(sort) => self.sort(sort, needed),
            LogicalPlan::Limit(limit) => self.limit(limit, needed),
            LogicalPlan::Window(window) => self.window(window, needed),
            LogicalPlan::Union(union) => self.union(union),
            LogicalPlan::EmptyRelation(empty) => {
                let step = Step::new("XN Result", Estimate::result(), Vec::new());
                let step = if empty.produce_one_row { step } else { step.note("One-Time Filter: false") };
                Ok(Part::other(step, Dist::All))
            }
            LogicalPlan::RecursiveQuery(query) => {
                let parts = [self.all(&query.static_term)?.step, self.all(&query.recursive_term)?.step];
                let estimate = Estimate::appended(parts.iter().map(|step| step.estimate));
                Ok(Part::block(Step::new("XN Recursive Union", estimate, parts.into()), Dist::Even))
            }
            LogicalPlan::Extension(_) => match SecureScan::of(plan) {
                Some(secure) => self.secure_scan(secure, needed, needed),
                None => Ok(Part::other(Step::new("XN Result", Estimate::result(), Vec::new()), Dist::All)),
            },
            other => match other.inputs().as_slice() {
                [input] => self.part(input, &input.schema().columns().into_iter().collect()),
                _ => Ok(Part::other(Step::new("XN Result", Estimate::result(), Vec::new()), Dist::All)),
            },
        })
    }

    /// The rows that policies let through. What is below is shown to those only who may see the policies (developer guide,
    /// "EXPLAIN", "Using EXPLAIN for RLS").
    ///
    /// `read` are the columns that are needed here, `needed` those that leave it.
    fn secure_scan(&self, secure: &SecureScan, read: &Needed, needed: &Needed) -> Result<Part> {
        let below = self.part(&secure.input, read)?;
        let schema = secure.input.schema();
        let alias = schema.fields().iter().find_map(|field| self.names.alias(field.name()));
        let name = quote_identifier(alias.unwrap_or(&secure.relation));
        let estimate = below.step.estimate.passed(self.width(needed, schema, None));
        let inputs = if secure.explained { vec![below.step] } else { Vec::new() };
        Ok(Part::other(Step::new(format!("XN RLS SecureScan {name}"), estimate, inputs), below.dist))
    }

    /// Bytes of the columns of a plan that are needed.
    fn width(&self, needed: &Needed, schema: &DFSchema, scan: Option<usize>) -> usize {
        let of = |column: &Column| {
            let field = schema.field_from_column(column).ok()?;
            // Where a row is, for DELETE and UPDATE, is no column.
            if self.names.origin(column, scan).is_some_and(|(_, name)| name.starts_with('\u{1}')) {
                return Some(0);
            }
            let known = self.names.facts(column, scan).map(|facts| facts.width);
            Some(known.unwrap_or_else(|| declared_type(field).map_or_else(|| arrow_width(field.data_type()), width_of)))
        };
        needed.iter().filter_map(of).sum()
    }

    fn origin(&self, expr: &Expr, scan: Option<usize>) -> Origin {
        match as_written(uncast(expr)) {
            Expr::Column(column) => match self.names.origin(column, scan) {
                Some((scan, name)) => Origin::Scan(scan, name),
                None => Origin::Computed(column.name.clone()),
            },
            other => Origin::Computed(other.schema_name().to_string()),
        }
    }

    fn scan(&self, scan: &TableScan, needed: &Needed) -> Part {
        let key = scans::key(scan);
        let Some(known) = self.names.scans().get(scan) else {
            return Part::other(Step::new("XN Result", Estimate::result(), Vec::new()), Dist::All);
        };
        if known.relation.is_none() {
            return Part::other(Step::new("XN Result", Estimate::result(), Vec::new()), Dist::All);
        }
        let width = self.width(needed, &scan.projected_schema, Some(key));
        let step = Step::new(title(known), Estimate::scan(known.rows, width), Vec::new());
        let of_column = |name: &str| Origin::Scan(key, name.to_string());
        let mut sorted: Vec<_> = known.relation.iter().flat_map(|relation| relation.columns.iter()).collect();
        sorted.retain(|column| column.sort_key > 0);
        sorted.sort_by_key(|column| column.sort_key);
        Part {
            step,
            dist: known.relation.as_deref().map_or(Dist::All, |relation| distribution(relation, &of_column)),
            order: sorted.into_iter().map(|column| of_column(&column.name)).collect(),
            shape: Shape::Scan,
        }
    }

    fn projection(&self, projection: &Projection, needed: &Needed) -> Result<Part> {
        let shown = |expr: &&Expr| needed.iter().any(|column| column.name == expr.schema_name().to_string());
        let wanted: Vec<&Expr> = projection.expr.iter().filter(shown).collect();
        let mut part = self.part(&projection.input, &columns_of(wanted.iter().copied()))?;
        if part.is_closed() {
            let outputs: Vec<String> = wanted.iter().map(|expr| expr.schema_name().to_string()).collect();
            if let Some(name) = self.names.subquery(outputs.iter().map(String::as_str)) {
                part = part.subquery(name, self.width(needed, &projection.schema, None));
            }
        }
        part.step.plans_before.extend(self.plans_in(wanted)?);
        Ok(part)
    }

    /// The sub-queries of expressions that are computed once.
    fn plans_in<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>) -> Result<Vec<Step>> {
        let mut plans = Vec::new();
        for expr in exprs {
            expr.apply(|expr| {
                if let Expr::ScalarSubquery(query) = expr {
                    plans.push(query.subquery.clone());
                }
                Ok(TreeNodeRecursion::Continue)
            })
            .map_err(from_datafusion)?;
        }
        plans.iter().map(|plan| Ok(self.all(plan)?.step)).collect()
    }

    fn filter(&self, filter: &Filter, needed: &Needed) -> Result<Part> {
        let scan = scans::below(&filter.input).map(scans::key);
        // Columns that only a scan's condition needs do not leave the scan.
        let mut below = needed.clone();
        if scan.is_none() {
            below.extend(columns_of([&filter.predicate]));
        }
        let mut part = match SecureScan::of(&filter.input) {
            Some(secure) => self.secure_scan(secure, &below, needed)?,
            None => self.part(&filter.input, &below)?,
        };
        let condition = self.names.condition(&filter.predicate, Style { scan, ..Style::default() });
        part.step = part.step.note(format!("Filter: {condition}"));
        part.step.plans_before.extend(self.plans_in([&filter.predicate])?);
        if part.shape != Shape::Aggregate {
            let selectivity = self.names.selectivity(&filter.predicate, scan);
            part.step.estimate = part.step.estimate.filtered(operators(&filter.predicate), selectivity);
        }
        Ok(part)
    }

    /// How many different values an expression has, among so many rows.
    fn distinct(&self, expr: &Expr, rows: f64) -> f64 {
        match uncast(expr) {
            Expr::Literal(..) => 1.0,
            Expr::Column(column) => match self.names.facts(column, None) {
                Some(facts) => facts.distinct + f64::from(u8::from(facts.nulls > 0.0)),
                None => match self.names.definition(column) {
                    Some(Expr::Column(_)) | None => UNKNOWN_GROUPS.min(rows),
                    Some(expr) => self.groups(columns_of([expr]).into_iter().map(Expr::Column).collect(), rows),
                },
            },
            other => self.groups(columns_of([other]).into_iter().map(Expr::Column).collect(), rows),
        }
    }

    /// How many different combinations of values these expressions have, among so many rows.
    fn groups(&self, exprs: Vec<Expr>, rows: f64) -> f64 {
        if exprs.is_empty() {
            return UNKNOWN_GROUPS.min(rows);
        }
        whole(exprs.iter().map(|expr| self.distinct(expr, rows)).product::<f64>().min(rows))
    }

    /// The columns that an aggregate reads, as a cluster would read them.
    fn grouping_inputs(&self, aggregate: &Aggregate) -> Needed {
        let mut needed = columns_of(aggregate.group_expr.iter().chain(&aggregate.aggr_expr));
        needed.retain(|column| !self.names.is_without_blanks(column));
        needed
    }

    fn aggregate(&self, aggregate: &Aggregate) -> Result<Part> {
        let needed = self.grouping_inputs(aggregate);
        let mut part = self.part(&aggregate.input, &needed)?;
        if part.is_closed() {
            let width = self.width(&needed, aggregate.input.schema(), None);
            part = part.subquery("derived_table1", width);
        }
        if let Some(inner) = self.distinct_arguments(aggregate, &part) {
            part = inner;
        }
        let rows = part.step.estimate.rows;
        let grouping = Grouping {
            columns: aggregate.group_expr.len(),
            functions: aggregate
                .aggr_expr
                .iter()
                .filter(|expr| !is_shown_value(&expr.schema_name().to_string()))
                .count(),
            groups: self.groups(aggregate.group_expr.clone(), rows),
        };
        let keys: Vec<Origin> = aggregate.group_expr.iter().map(|expr| self.origin(expr, None)).collect();
        let in_place = matches!(&part.dist, Dist::Key(on) if on.iter().any(|key| keys.contains(key)));
        let in_order = part.shape == Shape::Scan && !keys.is_empty() && part.order.iter().take(keys.len()).eq(&keys);
        let (name, estimate) = match (keys.is_empty(), in_place && in_order) {
            (true, _) => ("XN Aggregate", grouping.plain(part.step.estimate)),
            (false, true) => ("XN GroupAggregate", grouping.sorted(part.step.estimate)),
            (false, false) => ("XN HashAggregate", grouping.hashed(part.step.estimate)),
        };
        let dist = match (keys.as_slice(), in_place) {
            ([], _) => Dist::All,
            (_, true) => part.dist,
            ([only], false) => Dist::Key(vec![only.clone()]),
            _ => Dist::Even,
        };
        let step = Step::new(name, estimate, vec![part.step]);
        Ok(Part { step, dist, order: Vec::new(), shape: Shape::Aggregate })
    }

    /// `count(DISTINCT a)` counts the groups of another aggregation.
    fn distinct_arguments(&self, aggregate: &Aggregate, input: &Part) -> Option<Part> {
        let arguments: Vec<&Expr> = aggregate
            .aggr_expr
            .iter()
            .filter(|expr| matches!((*expr).clone().unalias(), Expr::AggregateFunction(call) if call.params.distinct))
            .collect();
        if arguments.is_empty() {
            return None;
        }
        let mut grouped: Vec<Expr> = aggregate.group_expr.clone();
        grouped.extend(columns_of(arguments).into_iter().map(Expr::Column));
        let rows = input.step.estimate.rows;
        let grouping = Grouping { columns: grouped.len(), functions: 0, groups: self.groups(grouped, rows) };
        let estimate = grouping.hashed(input.step.estimate);
        let step = Step::new("XN HashAggregate", estimate, vec![input.step.clone()]);
        Some(Part::block(step, input.dist.clone()).subquery("volt_dt_0", estimate.width))
    }

    fn unique(&self, input: &LogicalPlan, needed: &Needed, columns: Vec<Expr>) -> Result<Part> {
        let part = self.part(input, needed)?;
        let width = columns.len();
        let rows = self.groups(columns, part.step.estimate.rows);
        let estimate = part.step.estimate.unique(width, rows);
        Ok(Part::block(Step::new("XN Unique", estimate, vec![part.step]), part.dist))
    }

    fn keys(&self, keys: &[SortExpr]) -> String {
        let style = Style { qualified: true, ..Style::default() };
        keys.iter().map(|key| self.names.bare(&key.expr, style)).collect::<Vec<_>>().join(", ")
    }

    fn sort(&self, sort: &Sort, needed: &Needed) -> Result<Part> {
        let mut below = needed.clone();
        below.extend(columns_of(sort.expr.iter().map(|key| &key.expr)));
        let part = self.part(&sort.input, &below)?;
        let keys = self.keys(&sort.expr);
        let estimate = part.step.estimate.sorted();
        let step = Step::new("XN Sort", estimate, vec![part.step]).note(format!("Sort Key: {keys}"));
        let step = Step::new("XN Network", estimate, vec![step]).note("Send to leader");
        let step = Step::new("XN Merge", estimate, vec![step]).note(format!("Merge Key: {keys}"));
        Ok(Part::block(step, Dist::All))
    }

    fn limit(&self, limit: &Limit, needed: &Needed) -> Result<Part> {
        let part = self.part(&limit.input, needed)?;
        let skip = match limit.get_skip_type().map_err(from_datafusion)? {
            SkipType::Literal(rows) => rows as f64,
            SkipType::UnsupportedExpr => 0.0,
        };
        let fetch = match limit.get_fetch_type().map_err(from_datafusion)? {
            FetchType::Literal(rows) => rows.map(|rows| rows as f64),
            FetchType::UnsupportedExpr => None,
        };
        let estimate = part.step.estimate.limited(skip, fetch);
        Ok(Part::block(Step::new("XN Limit", estimate, vec![part.step]), Dist::All))
    }

    fn window(&self, window: &Window, needed: &Needed) -> Result<Part> {
        let mut below = of_plan(needed, window.input.schema());
        below.extend(columns_of(&window.window_expr));
        let part = self.part(&window.input, &below)?;
        let Some(params) = window.window_expr.iter().find_map(|expr| match expr.clone().unalias() {
            Expr::WindowFunction(call) => Some(call.params),
            _ => None,
        }) else {
            return Ok(part);
        };
        let partition: Vec<SortExpr> =
            params.partition_by.iter().map(|expr| SortExpr::new(expr.clone(), true, false)).collect();
        let all: Vec<SortExpr> = partition.iter().chain(&params.order_by).cloned().collect();
        let in_place = match &part.dist {
            Dist::Key(on) => params.partition_by.iter().any(|expr| on.contains(&self.origin(expr, None))),
            Dist::All | Dist::Even => false,
        };
        let mut step = part.step;
        if !in_place {
            let how = if partition.is_empty() { "Send to slice 0" } else { "Distribute" };
            step = Step::new("XN Network", step.estimate, vec![step]).note(how);
        }
        if !all.is_empty() {
            let estimate = step.estimate.sorted();
            step = Step::new("XN Sort", estimate, vec![step]).note(format!("Sort Key: {}", self.keys(&all)));
        }
        let estimate = step.estimate.window(all.len() + window.window_expr.len());
        let mut step = Step::new("XN Window", estimate, vec![step]);
        if !partition.is_empty() {
            step = step.note(format!("Partition: {}", self.keys(&partition)));
        }
        if !params.order_by.is_empty() {
            step = step.note(format!("Order: {}", self.keys(&params.order_by)));
        }
        Ok(Part::block(step, part.dist))
    }

    fn union(&self, union: &Union) -> Result<Part> {
        let mut steps = Vec::with_capacity(union.inputs.len());
        for input in &union.inputs {
            let part = self.all(input)?;
            let dealt_out = part.step.title == "XN Result";
            let width = self.width(&input.schema().columns().into_iter().collect(), input.schema(), None);
            let width = if dealt_out { 0 } else { width };
            let mut step = part.subquery(&format!("\"*SELECT* {}\"", steps.len() + 1), width).step;
            if dealt_out {
                step = Step::new("XN Network", step.estimate, vec![step]).note("Distribute Round Robin");
            }
            steps.push(step);
        }
        let estimate = Estimate::appended(steps.iter().map(|step| step.estimate));
        Ok(Part::block(Step::new("XN Append", estimate, steps), Dist::Even))
    }
}

/// `XN Seq Scan on sales s`
fn title(scan: &Scan) -> String {
    let name = crate::system::quote_identifier(&scan.name);
    match &scan.alias {
        Some(alias) => format!("XN Seq Scan on {name} {}", crate::system::quote_identifier(alias)),
        None => format!("XN Seq Scan on {name}"),
    }
}

fn distribution(relation: &Relation, of_column: &dyn Fn(&str) -> Origin) -> Dist {
    let Some(table) = relation.table() else { return Dist::All };
    match table.dist_style {
        Some(DistStyle::Even) => Dist::Even,
        Some(DistStyle::Key) => {
            let keys = relation.columns.iter().filter(|column| column.dist_key);
            Dist::Key(keys.map(|column| of_column(&column.name)).collect())
        }
        // AUTO begins as ALL, which is what SVV_TABLE_INFO shows.
        Some(DistStyle::All | DistStyle::Auto) | None => Dist::All,
    }
}

/// The two sides of a join as one way to do it has them.
struct Sides<'p> {
    outer: &'p Part,
    inner: &'p Part,
    /// What is compared: of the outer side and of the inner side.
    pairs: Vec<(Expr, Expr)>,
    /// The columns of the outer side.
    schema: &'p DFSchema,
}

impl Planner<'_> {
    fn join(&self, join: &Join, needed: &Needed) -> Result<Part> {
        let mut below = needed.clone();
        below.extend(columns_of(join.on.iter().flat_map(|(left, right)| [left, right]).chain(&join.filter)));
        let set_operation = join.null_equality == NullEquality::NullEqualsNull && of_set(&join.left);
        let names =
            if set_operation { ["\"*SELECT* 1\"", "\"*SELECT* 2\""] } else { ["derived_table1", "\"IN_subquery\""] };
        let mut sides = Vec::with_capacity(2);
        for (input, name) in [&join.left, &join.right].into_iter().zip(names) {
            let wanted = of_plan(&below, input.schema());
            let mut part = self.part(input, &wanted)?;
            if part.is_closed() || set_operation {
                part = part.subquery(name, self.width(&wanted, input.schema(), None));
            }
            sides.push(part);
        }
        let (Some(right), Some(left)) = (sides.pop(), sides.pop()) else { return self.part(&join.left, needed) };
        if set_operation && join.join_type == JoinType::LeftAnti {
            return Ok(self.except(left, right));
        }
        let flipped = || join.on.iter().map(|(left, right)| (right.clone(), left.clone())).collect();
        let as_written = Sides { outer: &left, inner: &right, pairs: join.on.clone(), schema: join.left.schema() };
        let turned = Sides { outer: &right, inner: &left, pairs: flipped(), schema: join.right.schema() };
        Ok(match join.join_type {
            JoinType::Inner => {
                let (one, other) = (self.joined(as_written, join, needed, ""), self.joined(turned, join, needed, ""));
                let (a, b) = (one.step.estimate.total, other.step.estimate.total);
                // Of two ways that cost the same, the one that has the larger side outside.
                let second = b < a || b == a && right.step.estimate.rows > left.step.estimate.rows;
                if second { other } else { one }
            }
            JoinType::Left | JoinType::LeftMark => self.joined(as_written, join, needed, "Left "),
            JoinType::Right | JoinType::RightMark => self.joined(turned, join, needed, "Left "),
            JoinType::Full => self.joined(as_written, join, needed, "Full "),
            JoinType::LeftSemi if set_operation => self.joined(as_written, join, needed, "Intersect Distinct "),
            JoinType::LeftSemi => self.joined(as_written, join, needed, "IN "),
            JoinType::RightSemi => self.joined(turned, join, needed, "IN "),
            JoinType::LeftAnti => self.joined(as_written, join, needed, "NOT IN "),
            JoinType::RightAnti => self.joined(turned, join, needed, "NOT IN "),
        })
    }

    fn except(&self, left: Part, right: Part) -> Part {
        let steps = vec![left.step, right.step];
        let rows = steps.first().map_or(1.0, |step| step.estimate.rows);
        let estimate = Estimate::appended(steps.iter().map(|step| step.estimate));
        let sorted = estimate.sorted();
        let step = Step::new("XN Sort", sorted, vec![Step::new("XN Append", estimate, steps)]);
        let total = sorted.window(2).total;
        Part::block(Step::new("XN SetOp Except", Estimate { total, rows, ..sorted }, vec![step]), Dist::Even)
    }

    fn joined(&self, sides: Sides<'_>, join: &Join, needed: &Needed, kind: &str) -> Part {
        let Sides { outer, inner, pairs, schema } = &sides;
        let (left, right) = (outer.step.estimate, inner.step.estimate);
        let mut rows = left.rows * right.rows;
        for (one, other) in pairs {
            rows *= self.pair_selectivity(one, other);
        }
        if let Some(filter) = &join.filter {
            rows *= self.names.selectivity(filter, None);
        }
        let rows = whole(match kind {
            "Left " => rows.max(left.rows),
            "Full " => rows.max(left.rows).max(right.rows),
            "IN " | "Intersect Distinct " => rows.min(left.rows),
            "NOT IN " => left.rows,
            _ => rows,
        });
        let (label, network, dist, notes) = self.moves(&sides, kind == "Full ");
        let width = self.width(&of_plan(needed, &join.schema), &join.schema, None);
        let conditions = match (pairs.is_empty(), &join.filter) {
            (true, Some(filter)) => operators(filter),
            _ => pairs.len(),
        };
        let figures = Joined { outer: left, inner: right, conditions, rows, width, network };
        let style = Style { outer: Some(*schema), ..Style::default() };
        // A nested loop without a kind is not called a join, nor is INTERSECT.
        let word = if kind == "Intersect Distinct " { "" } else { "Join " };
        let merge = label == "DS_DIST_NONE" && matches!(kind, "" | "Left ") && self.in_order(&sides);
        let (title, estimate, inputs) = if merge {
            let inputs = vec![outer.step.clone(), inner.step.clone()];
            (format!("XN Merge {kind}{word}{label}"), figures.merge(), inputs)
        } else if pairs.is_empty() {
            let inputs = vec![outer.step.clone(), inner.step.clone()];
            let word = if kind.is_empty() { "" } else { word };
            (format!("XN Nested Loop {kind}{word}{label}"), figures.nested_loop(), inputs)
        } else {
            let hash = Step::new("XN Hash", right.hashed(), vec![inner.step.clone()]);
            (format!("XN Hash {kind}{word}{label}"), figures.hash(), vec![outer.step.clone(), hash])
        };
        let mut step = Step::new(title, estimate, inputs);
        step.notes.extend(notes);
        if !pairs.is_empty() {
            let what = if merge { "Merge Cond" } else { "Hash Cond" };
            let equal: Vec<String> =
                pairs.iter().map(|(one, other)| self.names.equality_text(one, other, style)).collect();
            let condition = if equal.len() == 1 { equal.concat() } else { format!("({})", equal.join(" AND ")) };
            step.notes.push(format!("{what}: {condition}"));
        }
        if let Some(filter) = &join.filter
            && !conjuncts(filter).iter().all(|part| matches!(part, Expr::Literal(..)))
        {
            step.notes.push(format!("Join Filter: {}", self.names.condition(filter, style)));
        }
        Part::other(step, dist)
    }

    fn pair_selectivity(&self, one: &Expr, other: &Expr) -> f64 {
        let facts = [one, other].map(|side| match uncast(side) {
            Expr::Column(column) => self.names.facts(column, None),
            _ => None,
        });
        let distinct = |at: usize| facts[at].map_or(UNKNOWN_GROUPS, |facts| facts.distinct);
        let present = |at: usize| 1.0 - facts[at].map_or(0.0, |facts| facts.nulls);
        present(0) * present(1) / distinct(0).max(distinct(1))
    }

    /// Are both sides tables that are sorted by what is compared?
    fn in_order(&self, sides: &Sides<'_>) -> bool {
        let Sides { outer, inner, pairs, .. } = sides;
        let [(one, other)] = pairs.as_slice() else { return false };
        let sorted = |part: &Part, expr: &Expr| {
            part.shape == Shape::Scan && part.order.first() == Some(&self.origin(expr, None))
        };
        sorted(outer, one) && sorted(inner, other)
    }

    /// How rows that belong together would find each other: the label, what it costs, how the result lies, and notes.
    fn moves(&self, sides: &Sides<'_>, keeps_both: bool) -> (&'static str, f64, Dist, Vec<String>) {
        let Sides { outer, inner, pairs, .. } = sides;
        let (left, right) = (outer.step.estimate, inner.step.estimate);
        let origins: Vec<(Origin, Origin)> =
            pairs.iter().map(|(one, other)| (self.origin(one, None), self.origin(other, None))).collect();
        let lies_by = |part: &Part, origin: &Origin| matches!(&part.dist, Dist::Key(on) if on.contains(origin));
        match (&outer.dist, &inner.dist) {
            (_, Dist::All) => return ("DS_DIST_ALL_NONE", 0.0, outer.dist.clone(), Vec::new()),
            (Dist::All, _) => return ("DS_DIST_ALL_INNER", right.distribute(), Dist::Even, Vec::new()),
            _ => {}
        }
        if let Some((one, other)) = origins.iter().find(|(one, other)| lies_by(outer, one) && lies_by(inner, other)) {
            return ("DS_DIST_NONE", 0.0, Dist::Key(vec![one.clone(), other.clone()]), Vec::new());
        }
        let mut ways = Vec::new();
        if !keeps_both {
            ways.push(("DS_BCAST_INNER", right.broadcast(), outer.dist.clone(), Vec::new()));
        }
        let key = |side: &str, expr: &Expr| format!("{side} Dist Key: {}", self.names.qualified(uncast(expr)));
        for ((one, other), (outer_expr, inner_expr)) in origins.iter().zip(pairs) {
            let dist = Dist::Key(vec![one.clone(), other.clone()]);
            if lies_by(outer, one) {
                let notes = vec![key("Inner", inner_expr)];
                ways.push(("DS_DIST_INNER", right.distribute(), dist.clone(), notes));
            }
            if lies_by(inner, other) {
                let notes = vec![key("Outer", outer_expr)];
                ways.push(("DS_DIST_OUTER", left.distribute(), dist.clone(), notes));
            }
            let notes = vec![key("Outer", outer_expr), key("Inner", inner_expr)];
            ways.push(("DS_DIST_BOTH", left.distribute() + right.distribute(), dist, notes));
        }
        let cheapest = ways.into_iter().min_by(|one, other| one.1.total_cmp(&other.1));
        cheapest.unwrap_or(("DS_BCAST_INNER", right.broadcast(), outer.dist.clone(), Vec::new()))
    }
}

/// Is it the first operand of INTERSECT or EXCEPT, which is made unique?
fn of_set(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Distinct(_) => true,
        LogicalPlan::Projection(projection) => of_set(&projection.input),
        _ => false,
    }
}

/// Does it stand for SELECT DISTINCT?
fn is_distinct(aggregate: &Aggregate) -> bool {
    aggregate.aggr_expr.iter().any(|expr| expr.schema_name().to_string().ends_with(DISTINCT_VALUE))
}
