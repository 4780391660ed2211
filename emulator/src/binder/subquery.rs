//! Sub-queries in expressions.
//!
//! A sub-query is bound with the scopes of the enclosing blocks behind its own; a column found there becomes an
//! `Expr::OuterReferenceColumn`. One without such references is *closed*: a scalar one stays an `Expr::ScalarSubquery`.
//! Every other becomes a [`Pending`]: a join onto the plan of its block, and a column that takes its place in the
//! expression. For example
//!
//! ```sql
//! select * from t where a > 0 and exists (select 1 from u where u.k = t.k) and (b or t.x not in (select y from v))
//! ```
//!
//! has two of them, `c7 = EXISTS` and `c8 = IN`, and the condition `a > 0 AND c7 AND (b OR NOT c8)`. [`Binder::join_in`]
//! filters by `a > 0`, makes a semi-join of `c7`, which is a condition by itself, mark joins of `c8`, which is not, and
//! filters by the rest.
//!
//! IN, `op ANY` and `op ALL` all come down to "is there a row for which this comparison is true", [`PendingKind::Any`]:
//! NOT IN is its negation, `x < ALL (q)` is `NOT (NOT x < ANY (q))`. Where the difference between false and NULL can
//! be seen, a second mark tells whether there is a row for which the comparison is NULL.

use std::collections::HashMap;

use datafusion::{
    common::{NullEquality, tree_node::TreeNode},
    functions_aggregate::expr_fn::count,
    logical_expr::{BinaryExpr, Expr, JoinType, LogicalPlan, Operator, Subquery, lit, when},
    scalar::ScalarValue,
};
use redshift_sql_dialect::{
    Error, RedshiftType, Result,
    ast::{self, BinaryOp, Quantifier},
};

use super::{
    Binder, Bound, Typed,
    block::{Block, Clause, Place, Stage, placeholder},
    decorrelate::{Need, any_refers_outside, is_closed},
    node::{self, JoinKeys, column},
    planned,
    scope::unsupported_correlation,
    unnest::unnests_outside,
};

/// A sub-query to be joined to its block's plan.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    /// The column that stands for it.
    pub name: String,
    /// When expressions need it.
    pub stage: Stage,
    /// What it reads, with references to columns of the block.
    pub plan: LogicalPlan,
    pub kind: PendingKind,
}

/// What a sub-query gives to each row of the block.
#[derive(Debug, Clone)]
pub(super) enum PendingKind {
    /// Its only column's value in its only row; NULL where there is none.
    Scalar,
    /// Is there a row for which this is true? EXISTS has no condition.
    Any(Option<Expr>),
}

/// What a condition asks of a sub-query's truth.
enum Use {
    /// The rows for which it is true: a condition by itself.
    Semi,
    /// The rows for which it is false: NOT of it is a condition by itself.
    Anti,
    /// Whether it is true: false and NULL do the same.
    TwoValued,
    /// Its value.
    ThreeValued,
}

/// "Amazon Redshift doesn't support volatile functions ... in subqueries that unnest an outer table or a left-hand side (LHS)
/// of IN functions with such subqueries": "Limitations" of SUPER.
fn refuse_volatile(volatile: datafusion::error::Result<bool>) -> Result<()> {
    if !planned(volatile)? {
        return Ok(());
    }
    Err(Error::unsupported(
        "Volatile functions are not supported in subqueries that unnest a SUPER value of an outer query.",
    ))
}

impl Binder {
    /// Binds a query with the block's scope in sight.
    fn subquery<'q>(&mut self, query: &'q ast::Query, block: &Block<'q>) -> Result<Bound> {
        self.outer.push(block.scope.clone());
        let bound = self.nested(query);
        self.outer.pop();
        let bound = bound?;
        if unnests_outside(&bound.plan)? {
            refuse_volatile(bound.plan.exists(|node| Ok(node.expressions().iter().any(Expr::is_volatile))))?;
        }
        Ok(bound)
    }

    pub(super) fn scalar_query<'q>(
        &mut self,
        query: &'q ast::Query,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Typed> {
        let bound = self.subquery(query, block)?;
        let [only] = &*bound.columns else {
            return Err(super::syntax("subquery must return only one column"));
        };
        let ty = only.ty;
        if is_closed(&bound.plan)? {
            let plan = self.at_most_one_row(bound.plan)?;
            return Ok(Typed::new(closed_scalar(plan), ty));
        }
        let name = self.pend(bound.plan, PendingKind::Scalar, block, place)?;
        Ok(placeholder(&name, ty))
    }

    pub(super) fn exists<'q>(
        &mut self,
        negated: bool,
        query: &'q ast::Query,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Typed> {
        let bound = self.subquery(query, block)?;
        let exists = if is_closed(&bound.plan)? {
            self.closed_exists(bound.plan)?
        } else {
            column(self.pend(without_limit(bound.plan), PendingKind::Any(None), block, place)?)
        };
        Ok(truth(exists, negated))
    }

    pub(super) fn in_query<'q>(
        &mut self,
        expr: &'q ast::Expr,
        negated: bool,
        query: &'q ast::Query,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Typed> {
        let (condition, plan) = self.compared(expr, BinaryOp::Eq, query, block, place)?;
        // "Null-sensitive correlation references to an Amazon Redshift system table."
        let system = negated && self.uses.system_tables;
        if (system || self.uses.user_tables && has_grouped_totals(&plan)?) && !is_closed(&plan)? {
            return Err(unsupported_correlation());
        }
        let name = self.pend(plan, PendingKind::Any(Some(condition)), block, place)?;
        Ok(truth(column(name), negated))
    }

    pub(super) fn quantified_query<'q>(
        &mut self,
        expr: &'q ast::Expr,
        op: BinaryOp,
        quantifier: Quantifier,
        query: &'q ast::Query,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Typed> {
        let (condition, plan) = self.compared(expr, op, query, block, place)?;
        let (condition, negated) = match (quantifier, op) {
            (Quantifier::Any, _) => (condition, false),
            (Quantifier::All, BinaryOp::NotEq) => match condition {
                Expr::BinaryExpr(BinaryExpr { left, op: Operator::NotEq, right }) => ((*left).eq(*right), true),
                other => (Expr::Not(Box::new(other)), true),
            },
            (Quantifier::All, _) => (Expr::Not(Box::new(condition)), true),
        };
        let name = self.pend(plan, PendingKind::Any(Some(condition)), block, place)?;
        Ok(truth(column(name), negated))
    }

    /// The comparison of a value or row with the rows of a sub-query.
    fn compared<'q>(
        &mut self,
        expr: &'q ast::Expr,
        op: BinaryOp,
        query: &'q ast::Query,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<(Expr, LogicalPlan)> {
        let lefts = self.row_items(expr, block, place)?;
        let bound = self.subquery(query, block)?;
        if unnests_outside(&bound.plan)? {
            refuse_volatile(Ok(lefts.iter().any(|left| left.expr.is_volatile())))?;
        }
        if bound.columns.len() != lefts.len() {
            let many = if bound.columns.len() > lefts.len() { "many" } else { "few" };
            return Err(super::syntax(format!("subquery has too {many} columns")));
        }
        let rights: Vec<Typed> = bound
            .columns
            .iter()
            .zip(node::field_names(&bound.plan))
            .map(|(result, name)| placeholder(&name, result.ty))
            .collect();
        Ok((self.compare_rows(op, &lefts, &rights)?.expr, bound.plan))
    }

    /// `ARRAY(query)`: its rows as an array; NULL where there are none, as in PostgreSQL 8.0.
    pub(super) fn array_query<'q>(
        &mut self,
        query: &'q ast::Query,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Typed> {
        let bound = self.subquery(query, block)?;
        let [only] = &*bound.columns else {
            return Err(super::syntax("subquery must return only one column"));
        };
        let (ty, element) = (array_of(only.ty)?, column(node::field_names(&bound.plan)[0].clone()));
        let closed = is_closed(&bound.plan)?;
        let gathered = datafusion::functions_aggregate::expr_fn::array_agg(element);
        let name = gathered.schema_name().to_string();
        let plan = node::aggregate(bound.plan, Vec::new(), vec![gathered])?;
        let (gathered, _) = self.renamed(column(name));
        let plan = node::project(plan, vec![gathered])?;
        if closed {
            return Ok(Typed::new(closed_scalar(plan), ty));
        }
        let name = self.pend(plan, PendingKind::Scalar, block, place)?;
        Ok(placeholder(&name, ty))
    }

    fn pend(&mut self, plan: LogicalPlan, kind: PendingKind, block: &mut Block<'_>, place: Place) -> Result<String> {
        if matches!(place.clause, Clause::Limit | Clause::Values | Clause::Default | Clause::FunctionInFrom) {
            return Err(Error::unsupported(format!("this sub-query is not supported in {}", place.clause.words())));
        }
        if self.uses.user_tables && has_windows_over_correlation(&plan)? {
            return Err(unsupported_correlation());
        }
        let name = self.fresh();
        block.pending.push(Pending { name: name.clone(), stage: place.stage, plan, kind });
        Ok(name)
    }

    /// `(SELECT count(*) FROM (query LIMIT 1)) > 0`
    fn closed_exists(&mut self, plan: LogicalPlan) -> Result<Expr> {
        let counted = count(lit(1_i64));
        let name = counted.schema_name().to_string();
        let counts = node::aggregate(node::limit(plan, 0, Some(1)), Vec::new(), vec![counted])?;
        let (counted, _) = self.renamed(column(name));
        Ok(closed_scalar(node::project(counts, vec![counted])?).gt(lit(0_i64)))
    }

    /// Joins sub-queries to a plan and filters it by conditions over their columns.
    ///
    /// `others` are expressions beside the conditions that use the sub-queries' columns.
    pub(super) fn join_in(
        &mut self,
        plan: LogicalPlan,
        pending: Vec<Pending>,
        conditions: Vec<Expr>,
        others: &[&Expr],
    ) -> Result<LogicalPlan> {
        if pending.is_empty() {
            return node::filter(plan, conditions);
        }
        let uses = uses(&pending, &conditions, others);
        let (late, early): (Vec<_>, Vec<_>) =
            conditions.into_iter().partition(|condition| pending.iter().any(|p| mentions(condition, &p.name)));
        let mut plan = node::filter(plan, early)?;
        let mut late = late;
        for (pending, usage) in pending.into_iter().zip(uses) {
            if matches!(usage, Use::Semi | Use::Anti) {
                late.retain(|condition| !mentions(condition, &pending.name));
            }
            plan = match pending.kind {
                PendingKind::Scalar => self.join_scalar(plan, pending.plan, &pending.name)?,
                PendingKind::Any(condition) => self.join_any(plan, pending.plan, condition, &pending.name, usage)?,
            };
        }
        node::filter(plan, late)
    }

    fn join_any(
        &mut self,
        input: LogicalPlan,
        sub: LogicalPlan,
        condition: Option<Expr>,
        name: &str,
        usage: Use,
    ) -> Result<LogicalPlan> {
        let closed = is_closed(&sub)?;
        let sub = self.decorrelate(sub, &input, Need::Match)?;
        let with = |condition: Option<Expr>| sub.conditions.iter().cloned().chain(condition).collect::<Vec<_>>();
        match usage {
            Use::Semi => node::join(input, sub.plan, JoinType::LeftSemi, with(condition)),
            Use::Anti => match condition {
                Some(Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right })) if closed => {
                    let keys = JoinKeys {
                        pairs: vec![(*left, *right)],
                        nulls: NullEquality::NullEqualsNothing,
                        null_aware: true,
                    };
                    node::join_by_keys(input, sub.plan, JoinType::LeftAnti, Vec::new(), keys)
                }
                condition => {
                    let possible = condition.map(possible);
                    node::join(input, sub.plan, JoinType::LeftAnti, with(possible))
                }
            },
            Use::TwoValued => node::mark_join(input, sub.plan, with(condition), name),
            Use::ThreeValued => match condition {
                None => node::mark_join(input, sub.plan, with(None), name),
                Some(condition) => {
                    let (found, open) = (self.fresh(), self.fresh());
                    let undecided = with(Some(Expr::IsNull(Box::new(condition.clone()))));
                    let mut outputs: Vec<Expr> = node::field_names(&input).into_iter().map(column).collect();
                    let plan = node::mark_join(input, sub.plan.clone(), with(Some(condition)), &found)?;
                    let plan = node::mark_join(plan, sub.plan, undecided, &open)?;
                    let mut value = when(column(found), lit(true));
                    let mut value = value.when(column(open), lit(ScalarValue::Boolean(None)));
                    outputs.push(planned(value.otherwise(lit(false)))?.alias(name));
                    node::project(plan, outputs)
                }
            },
        }
    }

    fn join_scalar(&mut self, input: LogicalPlan, sub: LogicalPlan, name: &str) -> Result<LogicalPlan> {
        let mut outputs: Vec<Expr> = node::field_names(&input).into_iter().map(column).collect();
        let value = node::field_names(&sub).into_iter().next().ok_or_else(|| Error::internal("no column"))?;
        let single = self.decorrelate_single(sub, &value, &input)?;
        let plan = node::join(input, single.plan, JoinType::Left, single.conditions)?;
        outputs.push(single.value.alias(name));
        node::project(plan, outputs)
    }
}

/// Are there window functions over rows that refer to an enclosing block? "Correlation references from within a subquery
/// that contains a window function" are refused; a block in its FROM, without such references, may have them.
fn has_windows_over_correlation(plan: &LogicalPlan) -> Result<bool> {
    any_refers_outside(plan, |node| matches!(node, LogicalPlan::Window(_)))
}

/// "Correlation references from a subquery with an aggregate function and a GROUP BY clause, connected to the outer query
/// by an IN predicate. (This restriction doesn't apply to MIN and MAX aggregate functions.)"
fn has_grouped_totals(plan: &LogicalPlan) -> Result<bool> {
    let is_total =
        |expr: &Expr| matches!(expr, Expr::AggregateFunction(call) if !matches!(call.func.name(), "min" | "max"));
    planned(plan.exists(|node| {
        Ok(match node {
            LogicalPlan::Aggregate(aggregate) => {
                !aggregate.group_expr.is_empty()
                    && aggregate.aggr_expr.iter().any(|expr| is_total(&expr.clone().unalias()))
            }
            _ => false,
        })
    }))
}

/// A closed scalar sub-query: computed once, by DataFusion.
fn closed_scalar(plan: LogicalPlan) -> Expr {
    Expr::ScalarSubquery(Subquery {
        subquery: std::sync::Arc::new(plan),
        outer_ref_columns: Vec::new(),
        spans: Default::default(),
    })
}

/// Could the comparison be true? For NOT IN, a comparison that is NULL takes the row away as one that is true does.
fn possible(condition: Expr) -> Expr {
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let nulls = left.clone().is_null().or(right.clone().is_null());
            Expr::BinaryExpr(BinaryExpr { left, op, right }).or(nulls)
        }
        other => Expr::IsNotFalse(Box::new(other)),
    }
}

/// EXISTS asks for one row anyway; a LIMIT of its own would only be in the way.
fn without_limit(plan: LogicalPlan) -> LogicalPlan {
    match plan {
        LogicalPlan::Limit(limit) if limit.skip.is_none() && !fetches_nothing(limit.fetch.as_deref()) => {
            std::sync::Arc::unwrap_or_clone(limit.input)
        }
        other => other,
    }
}

fn fetches_nothing(fetch: Option<&Expr>) -> bool {
    matches!(fetch, Some(Expr::Literal(ScalarValue::Int64(Some(0)), _)))
}

fn truth(expr: Expr, negated: bool) -> Typed {
    Typed::new(if negated { Expr::Not(Box::new(expr)) } else { expr }, RedshiftType::Bool)
}

fn array_of(element: RedshiftType) -> Result<RedshiftType> {
    match element {
        RedshiftType::Int2 => Ok(RedshiftType::Int2Array),
        RedshiftType::Int4 => Ok(RedshiftType::Int4Array),
        RedshiftType::Int8 | RedshiftType::Oid => Ok(RedshiftType::OidArray),
        ty if ty.is_string() => Ok(RedshiftType::TextArray),
        ty => Err(Error::unsupported(format!("an array of {} is not supported", ty.base_name()))),
    }
}

/// Does an expression mention this column?
pub(super) fn mentions(expr: &Expr, name: &str) -> bool {
    expr.column_refs().iter().any(|column| column.name == name)
}

/// How conditions and other expressions use each sub-query.
fn uses(pending: &[Pending], conditions: &[Expr], others: &[&Expr]) -> Vec<Use> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut add = |expr: &Expr| {
        for (column, count) in expr.column_refs_counts() {
            *counts.entry(column.name.clone()).or_default() += count;
        }
    };
    conditions.iter().for_each(&mut add);
    others.iter().copied().for_each(&mut add);
    for other in pending {
        if let PendingKind::Any(Some(condition)) = &other.kind {
            add(condition);
        }
    }
    let usage = |pending: &Pending| {
        let total = counts.get(&pending.name).copied().unwrap_or(0);
        let is_it = |expr: &Expr| matches!(expr, Expr::Column(column) if column.name == pending.name);
        if total == 1 && conditions.iter().any(is_it) {
            return Use::Semi;
        }
        if total == 1 && conditions.iter().any(|c| matches!(c, Expr::Not(inner) if is_it(inner))) {
            return Use::Anti;
        }
        let positive: usize = conditions.iter().map(|condition| positive_uses(condition, &pending.name)).sum();
        if positive == total { Use::TwoValued } else { Use::ThreeValued }
    };
    pending.iter().map(usage).collect()
}

/// How often a condition has the column below nothing but AND and OR.
fn positive_uses(expr: &Expr, name: &str) -> usize {
    match expr {
        Expr::Column(column) => usize::from(column.name == name),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And | Operator::Or, right }) => {
            positive_uses(left, name) + positive_uses(right, name)
        }
        _ => 0,
    }
}
