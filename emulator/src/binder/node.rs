//! Plan nodes, built without DataFusion's name resolution: our columns are resolved already.
//!
//! The builder's methods walk the whole plan below at each step to normalise names; these do not.

use std::sync::Arc;

use datafusion::{
    common::{Column, NullEquality},
    logical_expr::{
        Aggregate, Distinct, EmptyRelation, Expr, Filter, Join, JoinConstraint, JoinType, Limit, LogicalPlan,
        Projection, Sort, SortExpr, Union, Window, build_join_schema, lit,
    },
    scalar::ScalarValue,
};
use redshift_sql_dialect::Result;

use super::planned;

/// The column of this internal name.
pub(super) fn column(name: impl Into<String>) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}

/// One row without columns: what a SELECT without FROM reads.
pub(super) fn one_row() -> LogicalPlan {
    LogicalPlan::EmptyRelation(EmptyRelation {
        produce_one_row: true,
        schema: Arc::new(datafusion::common::DFSchema::empty()),
    })
}

/// The internal names of a plan's fields.
pub(super) fn field_names(plan: &LogicalPlan) -> Vec<String> {
    plan.schema().fields().iter().map(|field| field.name().clone()).collect()
}

/// A projection.
pub(super) fn project(input: LogicalPlan, exprs: Vec<Expr>) -> Result<LogicalPlan> {
    planned(Projection::try_new(exprs, Arc::new(input))).map(LogicalPlan::Projection)
}

/// The same rows with only the columns of these names.
pub(super) fn project_names(input: LogicalPlan, names: &[String]) -> Result<LogicalPlan> {
    project(input, names.iter().map(column).collect())
}

/// The same rows with more columns behind the others.
pub(super) fn extend(input: LogicalPlan, more: Vec<Expr>) -> Result<LogicalPlan> {
    if more.is_empty() {
        return Ok(input);
    }
    let mut exprs: Vec<Expr> = field_names(&input).into_iter().map(column).collect();
    exprs.extend(more);
    project(input, exprs)
}

/// Conditions of one filter that the optimiser looks at one by one, at most.
///
/// It takes an AND chain apart and puts it together as a tree as high as the chain is long, which other code walks by
/// recursion. What is wrapped in IS TRUE stays as it is.
const MAX_CONJUNCTS: usize = 64;

/// A filter by all of these conditions.
pub(super) fn filter(input: LogicalPlan, mut conditions: Vec<Expr>) -> Result<LogicalPlan> {
    if conditions.len() > MAX_CONJUNCTS {
        let rest = all_of(conditions.split_off(MAX_CONJUNCTS));
        conditions.extend(rest.map(|rest| Expr::IsTrue(Box::new(rest))));
    }
    match all_of(conditions) {
        None => Ok(input),
        Some(condition) => planned(Filter::try_new(condition, Arc::new(input))).map(LogicalPlan::Filter),
    }
}

/// The pairs of expressions that an equi-join matches, and whether two NULLs do.
pub(super) struct JoinKeys {
    pub pairs: Vec<(Expr, Expr)>,
    pub nulls: NullEquality,
    /// Is it the join of NOT IN, where a NULL on the right leaves no rows?
    pub null_aware: bool,
}

impl JoinKeys {
    /// No pairs: the optimiser takes them out of the condition.
    pub(super) fn none() -> Self {
        JoinKeys { pairs: Vec::new(), nulls: NullEquality::NullEqualsNothing, null_aware: false }
    }
}

/// A join by a condition.
pub(super) fn join(
    left: LogicalPlan,
    right: LogicalPlan,
    kind: JoinType,
    conditions: Vec<Expr>,
) -> Result<LogicalPlan> {
    join_by_keys(left, right, kind, conditions, JoinKeys::none())
}

/// A join by keys and a condition.
pub(super) fn join_by_keys(
    left: LogicalPlan,
    right: LogicalPlan,
    kind: JoinType,
    conditions: Vec<Expr>,
    keys: JoinKeys,
) -> Result<LogicalPlan> {
    let mut condition = all_of(conditions);
    if condition.is_none() && keys.pairs.is_empty() && kind != JoinType::Inner {
        condition = Some(lit(true));
    }
    let schema = planned(build_join_schema(left.schema(), right.schema(), &kind))?;
    Ok(LogicalPlan::Join(Join {
        left: Arc::new(left),
        right: Arc::new(right),
        on: keys.pairs,
        filter: condition,
        join_type: kind,
        join_constraint: JoinConstraint::On,
        schema: Arc::new(schema),
        null_equality: keys.nulls,
        null_aware: keys.null_aware,
    }))
}

/// All pairs of rows.
pub(super) fn cross_join(left: LogicalPlan, right: LogicalPlan) -> Result<LogicalPlan> {
    join(left, right, JoinType::Inner, Vec::new())
}

/// The name that DataFusion gives a mark join's column.
const MARK: &str = "mark";

/// A mark join: the left rows with a BOOLEAN column of this name that tells whether the right has a match.
pub(super) fn mark_join(
    left: LogicalPlan,
    right: LogicalPlan,
    conditions: Vec<Expr>,
    name: &str,
) -> Result<LogicalPlan> {
    let mut exprs: Vec<Expr> = field_names(&left).into_iter().map(column).collect();
    exprs.push(column(MARK).alias(name));
    project(join(left, right, JoinType::LeftMark, conditions)?, exprs)
}

/// Groups and aggregates. The output has the group expressions' columns and the aggregates' under their schema names.
pub(super) fn aggregate(input: LogicalPlan, groups: Vec<Expr>, aggregates: Vec<Expr>) -> Result<LogicalPlan> {
    planned(Aggregate::try_new(Arc::new(input), groups, aggregates)).map(LogicalPlan::Aggregate)
}

/// Window functions of one partitioning and order. The output has their columns, under their schema names, behind.
pub(super) fn window(input: LogicalPlan, functions: Vec<Expr>) -> Result<LogicalPlan> {
    planned(Window::try_new(functions, Arc::new(input))).map(LogicalPlan::Window)
}

/// Each row once.
pub(super) fn distinct(input: LogicalPlan) -> LogicalPlan {
    LogicalPlan::Distinct(Distinct::All(Arc::new(input)))
}

/// The rows in order.
pub(super) fn sort(input: LogicalPlan, keys: Vec<SortExpr>) -> LogicalPlan {
    if keys.is_empty() {
        return input;
    }
    LogicalPlan::Sort(Sort { expr: keys, input: Arc::new(input), fetch: None })
}

/// The rows behind the first `skip`, at most `fetch` of them.
pub(super) fn limit(input: LogicalPlan, skip: u64, fetch: Option<u64>) -> LogicalPlan {
    if skip == 0 && fetch.is_none() {
        return input;
    }
    let number = |n: u64| Box::new(lit(ScalarValue::Int64(Some(i64::try_from(n).unwrap_or(i64::MAX)))));
    LogicalPlan::Limit(Limit {
        skip: (skip > 0).then(|| number(skip)),
        fetch: fetch.map(number),
        input: Arc::new(input),
    })
}

/// The rows of all inputs; the columns are named as the first names them.
///
/// The others are given those names too: where the optimiser finds all inputs but one empty, it keeps that one and the
/// names of the first.
pub(super) fn union_all(mut inputs: Vec<LogicalPlan>) -> Result<LogicalPlan> {
    if inputs.len() == 1 {
        return Ok(inputs.remove(0));
    }
    let names = inputs.first().map(field_names).unwrap_or_default();
    for input in inputs.iter_mut().skip(1) {
        let own = field_names(input).into_iter().map(column);
        let exprs = own.zip(&names).map(|(field, name)| field.alias(name)).collect();
        *input = project(std::mem::take(input), exprs)?;
    }
    planned(Union::try_new_with_loose_types(inputs.into_iter().map(Arc::new).collect())).map(LogicalPlan::Union)
}

/// All of these, as a tree that is as flat as it can be: thousands of conditions must not make a deep one.
pub(super) fn all_of(conditions: Vec<Expr>) -> Option<Expr> {
    balanced(conditions, Expr::and)
}

/// Any of these, likewise.
pub(super) fn any_of(conditions: Vec<Expr>) -> Option<Expr> {
    balanced(conditions, Expr::or)
}

fn balanced(mut level: Vec<Expr>, combine: fn(Expr, Expr) -> Expr) -> Option<Expr> {
    while level.len() > 1 {
        let mut next = Vec::with_capacity(level.len().div_ceil(2));
        let mut rest = level.into_iter();
        while let Some(left) = rest.next() {
            next.push(match rest.next() {
                Some(right) => combine(left, right),
                None => left,
            });
        }
        level = next;
    }
    level.pop()
}
