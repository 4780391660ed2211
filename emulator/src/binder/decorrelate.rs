//! Correlated sub-queries as joins.
//!
//! There are two ways, and the first that works is taken.
//!
//! *Pulling up*: conditions that compare with the outer row are taken out of the sub-query's filters and become
//! conditions of the join. On their way up their inner columns are added to projections; past GROUP BY and DISTINCT only
//! equalities can go, and their inner columns become grouping columns. So
//!
//! ```sql
//! select * from t where t.a > (select avg(u.b) from u where u.k = t.k)
//! ```
//!
//! becomes a left join of `t` with `(select u.k, avg(u.b) from u group by u.k)` on `u.k = t.k`. An aggregate without
//! GROUP BY gives a row even for no input: where the join finds nothing, the value is what the aggregate gives there
//! (0 for COUNT).
//!
//! *The domain*: for whatever else, the distinct values of the outer columns that the sub-query refers to are joined in
//! at the sub-query's leaves; each node above carries them along (as grouping columns, partition columns, join keys),
//! and the result is joined back to the outer rows by them. This is the general method of Neumann and Kemper,
//! "Unnesting Arbitrary Queries" (BTW 2015).

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use datafusion::{
    common::tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    functions_aggregate::expr_fn::{count, first_value},
    functions_window::expr_fn::row_number,
    logical_expr::{
        Aggregate, BinaryExpr, Distinct, Expr, ExprFunctionExt, ExprSchemable, Join, JoinType, LogicalPlan,
        LogicalPlanBuilder, Operator, Projection, binary_expr, lit, utils::split_conjunction, when,
    },
    scalar::ScalarValue,
};
use redshift_sql_dialect::Result;

use super::{
    Binder,
    node::{self, column},
    planned,
    scope::unsupported_correlation,
    single_row::{Complaint, single_row},
};
use crate::error::to_datafusion;

/// What a sub-query's rows are needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// To see whether one matches.
    Match,
    /// For the value in the only row for an outer row.
    Single,
}

/// A sub-query without references to the outer row, and the conditions that tie it to that row.
pub(super) struct Decorrelated {
    pub plan: LogicalPlan,
    pub conditions: Vec<Expr>,
}

/// A sub-query of at most one row for each outer row, to be left-joined, and its value behind that join.
pub(super) struct SingleValue {
    pub plan: LogicalPlan,
    pub conditions: Vec<Expr>,
    pub value: Expr,
}

/// A sub-query whose correlated conditions are being pulled up.
struct Pulled {
    plan: LogicalPlan,
    conditions: Vec<Pulling>,
    /// Behind an aggregate without GROUP BY: what each column is where there are no rows.
    empty: Option<HashMap<String, Expr>>,
}

/// A condition on its way up.
enum Pulling {
    /// An expression of the outer row equals an inner column.
    Equal { outer: Expr, inner: String },
    /// Any other, over columns of both.
    Other(Expr),
}

/// The distinct values of the outer columns that a sub-query refers to.
struct Domain {
    plan: LogicalPlan,
    /// The outer columns, in the order of the plan's fields.
    outer: Vec<String>,
}

/// Which column carries which outer column.
type Carried = HashMap<String, String>;

/// Does a plan refer to no enclosing block?
pub(super) fn is_closed(plan: &LogicalPlan) -> Result<bool> {
    Ok(outer_references(plan)?.is_empty())
}

/// Is there such a node whose rows depend on an enclosing block?
pub(super) fn any_refers_outside(plan: &LogicalPlan, is_such: impl Fn(&LogicalPlan) -> bool) -> Result<bool> {
    planned(plan.exists(|node| Ok(is_such(node) && !is_closed(node).map_err(to_datafusion)?)))
}

/// The columns of enclosing blocks that a plan refers to.
pub(super) fn outer_references(plan: &LogicalPlan) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    planned(plan.apply(|node| {
        node.apply_expressions(|expr| {
            collect_outer(expr, &mut found)?;
            Ok(TreeNodeRecursion::Continue)
        })
    }))?;
    Ok(found)
}

fn collect_outer(expr: &Expr, found: &mut BTreeSet<String>) -> datafusion::error::Result<()> {
    expr.apply(|node| {
        if let Expr::OuterReferenceColumn(_, outer) = node {
            found.insert(outer.name.clone());
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

impl Binder {
    /// Frees a sub-query of its references to the columns of `input`, the plan of the outer rows.
    pub(super) fn decorrelate(&mut self, sub: LogicalPlan, input: &LogicalPlan, need: Need) -> Result<Decorrelated> {
        let mine = references_to(&sub, input)?;
        if mine.is_empty() {
            return Ok(Decorrelated { plan: sub, conditions: Vec::new() });
        }
        if need == Need::Match
            && let Some(pulled) = self.pull_up(&sub, &mine)?
            && pulled.empty.is_none()
        {
            let conditions = pulled.conditions.into_iter().map(Pulling::into_expr).collect();
            return Ok(Decorrelated { plan: pulled.plan, conditions });
        }
        let domain = self.domain(input, mine)?;
        let (plan, carried) = self.push(&sub, &domain)?;
        let conditions =
            domain.outer.iter().map(|outer| same(column(outer.clone()), column(carried[outer].clone()))).collect();
        Ok(Decorrelated { plan, conditions })
    }

    /// The same for a scalar sub-query whose value is in the column `value`.
    pub(super) fn decorrelate_single(
        &mut self,
        sub: LogicalPlan,
        value: &str,
        input: &LogicalPlan,
    ) -> Result<SingleValue> {
        let mine = references_to(&sub, input)?;
        if let Some(pulled) = self.pull_up(&sub, &mine)?
            && pulled.conditions.iter().all(|condition| matches!(condition, Pulling::Equal { .. }))
        {
            return self.single_by_keys(pulled, value);
        }
        let Decorrelated { plan, conditions } = self.decorrelate(sub, input, Need::Single)?;
        let keys = node::field_names(&plan).into_iter().filter(|name| conditions.iter().any(|c| refers(c, name)));
        let keys: Vec<String> = keys.collect();
        let (plan, value) = self.check_single(plan, value, &keys)?;
        Ok(SingleValue { plan, conditions, value })
    }

    fn single_by_keys(&mut self, pulled: Pulled, value: &str) -> Result<SingleValue> {
        let keys: Vec<String> = pulled.conditions.iter().filter_map(Pulling::inner).collect();
        let conditions = pulled.conditions.into_iter().map(Pulling::into_expr).collect();
        match pulled.empty {
            None => {
                let (plan, value) = self.check_single(pulled.plan, value, &keys)?;
                Ok(SingleValue { plan, conditions, value })
            }
            Some(mut empty) => {
                let found = self.fresh();
                let plan = node::extend(pulled.plan, vec![lit(true).alias(found.clone())])?;
                let value_column = column(value);
                let value = match empty.remove(value) {
                    None | Some(Expr::Literal(ScalarValue::Null, _)) => value_column,
                    Some(Expr::Literal(null, _)) if null.is_null() => value_column,
                    Some(default) => planned(when(column(found).is_null(), default).otherwise(value_column))?,
                };
                Ok(SingleValue { plan, conditions, value })
            }
        }
    }

    /// Groups by the keys and checks, for the rows that use it, that there was one row.
    fn check_single(&mut self, plan: LogicalPlan, value: &str, keys: &[String]) -> Result<(LogicalPlan, Expr)> {
        let counted = count(lit(1_i64));
        let first = first_value(column(value), Vec::new());
        let names = [first.schema_name().to_string(), counted.schema_name().to_string()];
        let groups: Vec<Expr> = keys.iter().map(column).collect();
        let grouped = node::aggregate(plan, groups.clone(), vec![first, counted])?;
        let (first, first_name) = self.renamed(column(names[0].clone()));
        let (rows, rows_name) = self.renamed(column(names[1].clone()));
        let plan = node::project(grouped, groups.into_iter().chain([first, rows]).collect())?;
        Ok((plan, single_row(column(first_name), column(rows_name), Complaint::SeveralRows)))
    }

    /// A closed scalar sub-query with the check that it gives no more than one row.
    pub(super) fn at_most_one_row(&mut self, plan: LogicalPlan) -> Result<LogicalPlan> {
        if gives_one_row(&plan) {
            // A sub-query that gives no row gives NULL, whatever its column may hold.
            let nullable = plan.schema().fields().iter().all(|field| field.is_nullable());
            return if nullable { Ok(plan) } else { node::join(node::one_row(), plan, JoinType::Left, Vec::new()) };
        }
        let value = node::field_names(&plan).into_iter().next().unwrap_or_default();
        let (plan, value) = self.check_single(plan, &value, &[])?;
        let (value, _) = self.renamed(value);
        node::project(plan, vec![value])
    }

    /// Pulls correlated conditions up; none where that cannot be done.
    fn pull_up(&mut self, plan: &LogicalPlan, mine: &BTreeSet<String>) -> Result<Option<Pulled>> {
        if !plan_refers(plan, mine)? {
            return Ok(Some(Pulled { plan: plan.clone(), conditions: Vec::new(), empty: None }));
        }
        match plan {
            LogicalPlan::Projection(projection) => self.pull_through_projection(projection, mine),
            LogicalPlan::Filter(filter) => {
                let Some(input) = self.pull_up(&filter.input, mine)? else { return Ok(None) };
                if input.empty.is_some() {
                    return Ok(None);
                }
                let conditions = split_conjunction(&filter.predicate).into_iter().cloned().collect();
                self.pull_conditions(input, conditions, mine).map(Some)
            }
            LogicalPlan::Aggregate(aggregate) => self.pull_through_aggregate(aggregate, mine),
            LogicalPlan::Distinct(Distinct::All(input)) => Ok(self.pull_up(input, mine)?.and_then(|input| {
                let equal = input.conditions.iter().all(|condition| matches!(condition, Pulling::Equal { .. }));
                (equal && input.empty.is_none()).then(|| Pulled { plan: node::distinct(input.plan), ..input })
            })),
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => self.pull_up(&sort.input, mine),
            LogicalPlan::Join(join) => self.pull_through_join(join, mine),
            _ => Ok(None),
        }
    }

    fn pull_through_projection(&mut self, projection: &Projection, mine: &BTreeSet<String>) -> Result<Option<Pulled>> {
        if any_refers(&projection.expr, mine)? {
            return Ok(None);
        }
        let Some(input) = self.pull_up(&projection.input, mine)? else { return Ok(None) };
        let mut exprs = projection.expr.clone();
        let mut names: Vec<String> = projection.schema.fields().iter().map(|field| field.name().clone()).collect();
        let empty = match &input.empty {
            None => None,
            Some(values) => {
                let substituted = projection.expr.iter().zip(&names).map(|(expr, name)| {
                    let value = substitute(expr.clone().unalias(), values)?;
                    Ok((name.clone(), value))
                });
                Some(substituted.collect::<Result<HashMap<_, _>>>()?)
            }
        };
        let available = node::field_names(&input.plan);
        for needed in input.conditions.iter().flat_map(Pulling::columns) {
            if available.contains(&needed) && !names.contains(&needed) {
                exprs.push(column(needed.clone()));
                names.push(needed);
            }
        }
        Ok(Some(Pulled { plan: node::project(input.plan, exprs)?, conditions: input.conditions, empty }))
    }

    fn pull_through_aggregate(&mut self, aggregate: &Aggregate, mine: &BTreeSet<String>) -> Result<Option<Pulled>> {
        if any_refers(&aggregate.group_expr, mine)?
            || any_refers(&aggregate.aggr_expr, mine)?
            || matches!(aggregate.group_expr.as_slice(), [Expr::GroupingSet(_)])
        {
            return Ok(None);
        }
        let Some(input) = self.pull_up(&aggregate.input, mine)? else { return Ok(None) };
        let Some(keys) = input.conditions.iter().map(Pulling::inner).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        if input.empty.is_some() {
            return Ok(None);
        }
        let empty = if aggregate.group_expr.is_empty() {
            Some(values_of_nothing(&aggregate.aggr_expr, &aggregate.input)?)
        } else {
            None
        };
        let mut groups = aggregate.group_expr.clone();
        for key in keys.into_iter().map(column) {
            if !groups.contains(&key) {
                groups.push(key);
            }
        }
        let plan = node::aggregate(input.plan, groups, aggregate.aggr_expr.clone())?;
        Ok(Some(Pulled { plan, conditions: input.conditions, empty }))
    }

    fn pull_through_join(&mut self, join: &Join, mine: &BTreeSet<String>) -> Result<Option<Pulled>> {
        let inner = join.join_type == JoinType::Inner;
        let own = join_conditions(join);
        let left_only =
            matches!(join.join_type, JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark);
        if !inner && (!left_only || any_refers(&own, mine)? || plan_refers(&join.right, mine)?) {
            return Ok(None);
        }
        let Some(left) = self.pull_up(&join.left, mine)? else { return Ok(None) };
        let Some(right) = self.pull_up(&join.right, mine)? else { return Ok(None) };
        if left.empty.is_some() || right.empty.is_some() {
            return Ok(None);
        }
        if !inner {
            let plan = rejoin(join, left.plan, right.plan, Vec::new())?;
            return Ok(Some(Pulled { plan, conditions: left.conditions, empty: None }));
        }
        let plan = node::cross_join(left.plan, right.plan)?;
        let conditions = left.conditions.into_iter().chain(right.conditions).collect();
        self.pull_conditions(Pulled { plan, conditions, empty: None }, own, mine).map(Some)
    }

    /// Filters by the conditions that concern the sub-query alone, and pulls the others.
    fn pull_conditions(&mut self, mut input: Pulled, conditions: Vec<Expr>, mine: &BTreeSet<String>) -> Result<Pulled> {
        let (pulled, own): (Vec<_>, Vec<_>) = partition(conditions, mine)?;
        input.plan = node::filter(input.plan, own)?;
        for condition in pulled {
            let pulling = self.pulling(condition, &mut input.plan, mine)?;
            input.conditions.push(pulling);
        }
        Ok(input)
    }

    fn pulling(&mut self, condition: Expr, plan: &mut LogicalPlan, mine: &BTreeSet<String>) -> Result<Pulling> {
        if let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = &condition {
            for (outer, inner) in [(left, right), (right, left)] {
                if any_refers([outer.as_ref()], mine)?
                    && outer.column_refs().is_empty()
                    && !inner.contains_outer()
                    && !inner.column_refs().is_empty()
                {
                    let inner = match inner.as_ref() {
                        Expr::Column(column) => column.name.clone(),
                        computed => {
                            let (computed, name) = self.renamed(computed.clone());
                            *plan = node::extend(plan.clone(), vec![computed])?;
                            name
                        }
                    };
                    return Ok(Pulling::Equal { outer: here(outer.as_ref().clone(), mine)?, inner });
                }
            }
        }
        here(condition, mine).map(Pulling::Other)
    }

    fn domain(&mut self, input: &LogicalPlan, mine: BTreeSet<String>) -> Result<Domain> {
        let outer: Vec<String> = mine.into_iter().collect();
        let plan = node::distinct(node::project_names(input.clone(), &outer)?);
        Ok(Domain { plan, outer })
    }

    /// The domain with names of its own.
    fn instance(&mut self, domain: &Domain) -> Result<(LogicalPlan, Carried)> {
        let mut carried = Carried::new();
        let mut exprs = Vec::new();
        for outer in &domain.outer {
            let (expr, name) = self.renamed(column(outer.clone()));
            exprs.push(expr);
            carried.insert(outer.clone(), name);
        }
        Ok((node::project(domain.plan.clone(), exprs)?, carried))
    }

    /// The rows of a plan for each row of the domain, with the domain's columns.
    fn push(&mut self, plan: &LogicalPlan, domain: &Domain) -> Result<(LogicalPlan, Carried)> {
        let mine: BTreeSet<String> = domain.outer.iter().cloned().collect();
        if !plan_refers(plan, &mine)? {
            let (instance, carried) = self.instance(domain)?;
            return Ok((node::cross_join(instance, plan.clone())?, carried));
        }
        match plan {
            LogicalPlan::Projection(projection) => {
                let (input, carried) = self.push(&projection.input, domain)?;
                let mut exprs = carried_over(projection.expr.clone(), &carried)?;
                exprs.extend(carried_columns(domain, &carried));
                Ok((node::project(input, exprs)?, carried))
            }
            LogicalPlan::Filter(filter) => {
                let (input, carried) = self.push(&filter.input, domain)?;
                let predicate = carried_over(vec![filter.predicate.clone()], &carried)?;
                Ok((node::filter(input, predicate)?, carried))
            }
            LogicalPlan::Sort(sort) => {
                let (input, carried) = self.push(&sort.input, domain)?;
                Ok((input, carried))
            }
            LogicalPlan::Limit(_) => self.push_limit(plan, domain),
            LogicalPlan::Distinct(Distinct::All(input)) => {
                let (input, carried) = self.push(input, domain)?;
                Ok((node::distinct(input), carried))
            }
            LogicalPlan::Aggregate(aggregate) => self.push_aggregate(aggregate, domain),
            LogicalPlan::Window(window) => {
                let (input, carried) = self.push(&window.input, domain)?;
                let functions = carried_over(window.window_expr.clone(), &carried)?;
                let partition: Vec<Expr> = carried_columns(domain, &carried).collect();
                let functions: Vec<Expr> =
                    functions.into_iter().map(|function| partitioned(function, &partition)).collect();
                let plan = node::window(input, functions.clone())?;
                Ok((under_old_names(plan, &window.window_expr, &functions)?, carried))
            }
            LogicalPlan::Unnest(unnest) => {
                let (input, carried) = self.push(&unnest.input, domain)?;
                let builder = LogicalPlanBuilder::from(input);
                let columns = unnest.exec_columns.clone();
                let plan = builder.unnest_columns_with_options(columns, unnest.options.clone());
                Ok((planned(plan.and_then(LogicalPlanBuilder::build))?, carried))
            }
            LogicalPlan::Union(union) => self.push_union(&union.inputs, domain),
            LogicalPlan::Join(join) => self.push_join(join, domain),
            _ => Err(unsupported_correlation()),
        }
    }

    fn push_aggregate(&mut self, aggregate: &Aggregate, domain: &Domain) -> Result<(LogicalPlan, Carried)> {
        if matches!(aggregate.group_expr.as_slice(), [Expr::GroupingSet(_)]) {
            return Err(unsupported_correlation());
        }
        let (input, carried) = self.push(&aggregate.input, domain)?;
        let mut groups = carried_over(aggregate.group_expr.clone(), &carried)?;
        groups.extend(carried_columns(domain, &carried));
        let functions = carried_over(aggregate.aggr_expr.clone(), &carried)?;
        let empties = values_of_nothing(&functions, &input)?;
        let grouped = node::aggregate(input, groups, functions.clone())?;
        if !aggregate.group_expr.is_empty() {
            return Ok((under_old_names(grouped, &aggregate.aggr_expr, &functions)?, carried));
        }
        // Without GROUP BY there is a row even for no input: the domain's other rows get it.
        let (instance, all) = self.instance(domain)?;
        let found = self.fresh();
        let grouped = node::extend(grouped, vec![lit(true).alias(found.clone())])?;
        let keys = domain.outer.iter().map(|outer| same(column(all[outer].clone()), column(carried[outer].clone())));
        let joined = node::join(instance, grouped, JoinType::Left, keys.collect())?;
        let mut exprs: Vec<Expr> = carried_columns(domain, &all).collect();
        for (original, function) in aggregate.aggr_expr.iter().zip(&functions) {
            let (name, shown) = (function.schema_name().to_string(), original.schema_name().to_string());
            let value = column(name.clone());
            let value = match empties.get(&name) {
                Some(Expr::Literal(default, _)) if !default.is_null() => {
                    planned(when(column(found.clone()).is_null(), lit(default.clone())).otherwise(value))?
                }
                _ => value,
            };
            exprs.push(value.alias(shown));
        }
        Ok((node::project(joined, exprs)?, all))
    }

    /// LIMIT and OFFSET for each row of the domain: by a row number.
    fn push_limit(&mut self, plan: &LogicalPlan, domain: &Domain) -> Result<(LogicalPlan, Carried)> {
        let LogicalPlan::Limit(limit) = plan else { return Err(unsupported_correlation()) };
        let (input, carried) = self.push(&limit.input, domain)?;
        let order = match limit.input.as_ref() {
            LogicalPlan::Sort(sort) => {
                let keys = carried_over(sort.expr.iter().map(|key| key.expr.clone()).collect(), &carried)?;
                sort.expr.iter().zip(keys).map(|(key, expr)| key.with_expr(expr)).collect()
            }
            _ => Vec::new(),
        };
        let partition: Vec<Expr> = carried_columns(domain, &carried).collect();
        let numbered = planned(row_number().partition_by(partition).order_by(order).build())?;
        let number = column(numbered.schema_name().to_string());
        let names = node::field_names(&input);
        let plan = node::window(input, vec![numbered])?;
        let first = row_count(limit.skip.as_deref()).unwrap_or(0);
        let mut conditions = vec![number.clone().gt(lit(first))];
        if let Some(rows) = row_count(limit.fetch.as_deref()) {
            conditions.push(number.lt_eq(lit(first.saturating_add(rows))));
        }
        Ok((node::project_names(node::filter(plan, conditions)?, &names)?, carried))
    }

    fn push_union(&mut self, inputs: &[Arc<LogicalPlan>], domain: &Domain) -> Result<(LogicalPlan, Carried)> {
        let mut pushed = Vec::with_capacity(inputs.len());
        let mut first = None;
        for input in inputs {
            let mut exprs: Vec<Expr> = node::field_names(input).into_iter().map(column).collect();
            let (plan, carried) = self.push(input, domain)?;
            exprs.extend(carried_columns(domain, &carried));
            pushed.push(node::project(plan, exprs)?);
            first.get_or_insert(carried);
        }
        let carried = first.ok_or_else(unsupported_correlation)?;
        Ok((node::union_all(pushed)?, carried))
    }

    fn push_join(&mut self, join: &Join, domain: &Domain) -> Result<(LogicalPlan, Carried)> {
        let mine: BTreeSet<String> = domain.outer.iter().cloned().collect();
        let (in_left, in_right) = (plan_refers(&join.left, &mine)?, plan_refers(&join.right, &mine)?);
        match join.join_type {
            JoinType::Inner if in_right && !in_left => {
                let (right, carried) = self.push(&join.right, domain)?;
                Ok((rejoin_carried(join, join.left.as_ref().clone(), right, &carried, Vec::new())?, carried))
            }
            JoinType::Inner | JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => {
                let (left, carried) = self.push(&join.left, domain)?;
                let (right, keys) = self.push_other_side(&join.right, in_right, domain, &carried)?;
                let plan = rejoin_carried(join, left, right, &carried, keys)?;
                Ok((plan, carried))
            }
            JoinType::Right => {
                let (right, carried) = self.push(&join.right, domain)?;
                let (left, keys) = self.push_other_side(&join.left, in_left, domain, &carried)?;
                let plan = rejoin_carried(join, left, right, &carried, keys)?;
                Ok((plan, carried))
            }
            JoinType::Full | JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => {
                Err(unsupported_correlation())
            }
        }
    }

    /// The other side of a join, for each row of the domain where it refers to it.
    fn push_other_side(
        &mut self,
        side: &LogicalPlan,
        refers: bool,
        domain: &Domain,
        carried: &Carried,
    ) -> Result<(LogicalPlan, Vec<Expr>)> {
        if !refers {
            return Ok((side.clone(), Vec::new()));
        }
        let (plan, own) = self.push(side, domain)?;
        let keys = domain.outer.iter().map(|outer| same(column(carried[outer].clone()), column(own[outer].clone())));
        Ok((plan, keys.collect()))
    }
}

impl Pulling {
    fn into_expr(self) -> Expr {
        match self {
            Pulling::Equal { outer, inner } => outer.eq(column(inner)),
            Pulling::Other(expr) => expr,
        }
    }

    fn inner(&self) -> Option<String> {
        match self {
            Pulling::Equal { inner, .. } => Some(inner.clone()),
            Pulling::Other(_) => None,
        }
    }

    /// The columns that it needs, of either side.
    fn columns(&self) -> Vec<String> {
        match self {
            Pulling::Equal { inner, .. } => vec![inner.clone()],
            Pulling::Other(expr) => expr.column_refs().into_iter().map(|column| column.name.clone()).collect(),
        }
    }
}

/// The columns of `input` that a sub-query refers to.
fn references_to(sub: &LogicalPlan, input: &LogicalPlan) -> Result<BTreeSet<String>> {
    let available: BTreeSet<String> = node::field_names(input).into_iter().collect();
    Ok(outer_references(sub)?.intersection(&available).cloned().collect())
}

fn plan_refers(plan: &LogicalPlan, mine: &BTreeSet<String>) -> Result<bool> {
    Ok(!outer_references(plan)?.is_disjoint(mine))
}

fn any_refers<'e>(exprs: impl IntoIterator<Item = &'e Expr>, mine: &BTreeSet<String>) -> Result<bool> {
    let mut found = BTreeSet::new();
    for expr in exprs {
        planned(collect_outer(expr, &mut found))?;
    }
    Ok(!found.is_disjoint(mine))
}

fn partition(conditions: Vec<Expr>, mine: &BTreeSet<String>) -> Result<(Vec<Expr>, Vec<Expr>)> {
    let (mut theirs, mut own) = (Vec::new(), Vec::new());
    for condition in conditions {
        let refers = any_refers([&condition], mine)?;
        if refers { theirs.push(condition) } else { own.push(condition) }
    }
    Ok((theirs, own))
}

/// Does a plan give no more than one row whatever it reads?
fn gives_one_row(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => gives_one_row(&projection.input),
        LogicalPlan::Filter(filter) => gives_one_row(&filter.input),
        LogicalPlan::Sort(sort) => gives_one_row(&sort.input),
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
        LogicalPlan::EmptyRelation(_) => true,
        LogicalPlan::Limit(limit) => matches!(row_count(limit.fetch.as_deref()), Some(0 | 1)),
        _ => false,
    }
}

fn refers(expr: &Expr, name: &str) -> bool {
    super::subquery::mentions(expr, name)
}

/// `a IS NOT DISTINCT FROM b`: equal, or both NULL.
fn same(left: Expr, right: Expr) -> Expr {
    binary_expr(left, Operator::IsNotDistinctFrom, right)
}

/// References to outer columns as columns of the join that the condition now belongs to.
fn here(expr: Expr, mine: &BTreeSet<String>) -> Result<Expr> {
    replace_outer(expr, |name| mine.contains(name).then(|| column(name)))
}

fn replace_outer(expr: Expr, replacement: impl Fn(&str) -> Option<Expr>) -> Result<Expr> {
    let replaced = expr.transform_up(|node| {
        Ok(match &node {
            Expr::OuterReferenceColumn(_, outer) => match replacement(&outer.name) {
                Some(expr) => Transformed::yes(expr),
                None => Transformed::no(node),
            },
            _ => Transformed::no(node),
        })
    });
    planned(replaced).map(|replaced| replaced.data)
}

/// Expressions with the carried columns in place of the outer ones, under the names that they had.
fn carried_over(exprs: Vec<Expr>, carried: &Carried) -> Result<Vec<Expr>> {
    exprs.into_iter().map(|expr| replace_outer(expr, |name| carried.get(name).map(column))).collect()
}

fn carried_columns<'a>(domain: &'a Domain, carried: &'a Carried) -> impl Iterator<Item = Expr> + 'a {
    domain.outer.iter().map(|outer| column(carried[outer].clone()))
}

/// What aggregates give where there are no rows, by the name of their column.
fn values_of_nothing(functions: &[Expr], input: &LogicalPlan) -> Result<HashMap<String, Expr>> {
    functions
        .iter()
        .map(|expr| {
            let ty = planned(expr.get_type(input.schema()))?;
            let value = match expr.clone().unalias() {
                Expr::AggregateFunction(function) => planned(function.func.default_value(&ty))?,
                _ => planned(ScalarValue::try_from(&ty))?,
            };
            Ok((expr.schema_name().to_string(), lit(value)))
        })
        .collect()
}

fn substitute(expr: Expr, values: &HashMap<String, Expr>) -> Result<Expr> {
    let replaced = expr.transform_up(|node| {
        Ok(match &node {
            Expr::Column(column) => match values.get(&column.name) {
                Some(value) => Transformed::yes(value.clone()),
                None => Transformed::no(node),
            },
            _ => Transformed::no(node),
        })
    });
    planned(replaced).map(|replaced| replaced.data)
}

/// Gives the columns of functions the names that they had before the functions changed: their text is their name.
fn under_old_names(plan: LogicalPlan, old: &[Expr], new: &[Expr]) -> Result<LogicalPlan> {
    let names = old.iter().zip(new).map(|(old, new)| (new.schema_name().to_string(), old.schema_name().to_string()));
    let renamed: HashMap<String, String> = names.filter(|(new, old)| new != old).collect();
    if renamed.is_empty() {
        return Ok(plan);
    }
    let exprs = node::field_names(&plan).into_iter().map(|name| match renamed.get(&name) {
        Some(old) => column(name).alias(old),
        None => column(name),
    });
    let exprs = exprs.collect();
    node::project(plan, exprs)
}

fn partitioned(function: Expr, partition: &[Expr]) -> Expr {
    match function {
        Expr::WindowFunction(mut window) => {
            window.params.partition_by.extend(partition.iter().cloned());
            Expr::WindowFunction(window)
        }
        other => other,
    }
}

/// The number of LIMIT or OFFSET.
fn row_count(expr: Option<&Expr>) -> Option<u64> {
    match expr {
        Some(Expr::Literal(ScalarValue::Int64(Some(rows)), _)) => u64::try_from(*rows).ok(),
        _ => None,
    }
}

/// All conditions of a join, its keys among them.
fn join_conditions(join: &Join) -> Vec<Expr> {
    let keys = join.on.iter().map(|(left, right)| left.clone().eq(right.clone()));
    keys.chain(join.filter.iter().flat_map(|filter| split_conjunction(filter).into_iter().cloned())).collect()
}

/// The same join of other inputs, with more conditions.
fn rejoin(join: &Join, left: LogicalPlan, right: LogicalPlan, more: Vec<Expr>) -> Result<LogicalPlan> {
    let keys = node::JoinKeys { pairs: join.on.clone(), nulls: join.null_equality, null_aware: join.null_aware };
    let own = join.filter.iter().cloned().chain(more).collect();
    node::join_by_keys(left, right, join.join_type, own, keys)
}

fn rejoin_carried(
    join: &Join,
    left: LogicalPlan,
    right: LogicalPlan,
    carried: &Carried,
    more: Vec<Expr>,
) -> Result<LogicalPlan> {
    let filter = carried_over(join.filter.iter().cloned().collect(), carried)?.into_iter().next();
    let on = join
        .on
        .iter()
        .map(|(left, right)| {
            let mut pair = carried_over(vec![left.clone(), right.clone()], carried)?;
            let right = pair.pop().unwrap_or_default();
            Ok((pair.pop().unwrap_or_default(), right))
        })
        .collect::<Result<Vec<_>>>()?;
    rejoin(&Join { filter, on, ..join.clone() }, left, right, more)
}
