//! The plan of GROUP BY, and what later expressions may say above it.
//!
//! Expressions above GROUP BY were bound over the columns of FROM. [`Regroup`] puts the grouping columns in the place of
//! the expressions that GROUP BY has; a column of FROM that is left then is neither grouped nor aggregated, which is an
//! error.

use std::{collections::HashMap, sync::Arc};

use datafusion::{
    common::tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    functions_aggregate::expr_fn::{count, min},
    logical_expr::{Aggregate, BinaryExpr, Expr, ExprSchemable, GroupingSet, LogicalPlan, Operator, lit, when},
    scalar::ScalarValue,
};
use redshift_sql_dialect::{Error, Pos, Result, SqlState};

use super::{
    Binder,
    block::{Block, GroupingCall, Stage},
    grouping::Groups,
    node::{self, column},
    order::OrderBy,
    planned,
    scope::Scope,
    select::Later,
    setop::GROUP_VALUE,
    subquery::{Pending, PendingKind},
};

/// What the expressions of GROUP BY are called above it.
struct Regroup {
    scope: Arc<Scope>,
    groups: Vec<(Expr, String)>,
    positions: HashMap<String, Pos>,
}

impl Binder {
    /// Builds GROUP BY over a plan, and turns all later expressions into expressions over its output.
    pub(super) fn aggregate(
        &mut self,
        input: LogicalPlan,
        groups: Groups,
        block: &mut Block<'_>,
        later: &mut Later,
    ) -> Result<LogicalPlan> {
        let (input, names) = self.group_columns(input, &groups, block)?;
        let (input, keys) = self.group_keys(input, &groups, &names)?;
        let regroup = Regroup {
            scope: block.scope.clone(),
            groups: groups.exprs.iter().cloned().zip(names.iter().cloned()).collect(),
            positions: std::mem::take(&mut block.positions),
        };
        let plan = self.grouped_plan(input, &groups, (&names, &keys), block)?;
        regroup.later(later)?;
        for taken in &mut block.windows {
            taken.expr = regroup.expr(taken.expr.clone())?;
        }
        for pending in block.pending.iter_mut().filter(|pending| pending.stage > Stage::Input) {
            regroup.pending(pending)?;
        }
        Ok(plan)
    }

    /// Makes a column of each expression of GROUP BY that is none.
    fn group_columns(
        &mut self,
        input: LogicalPlan,
        groups: &Groups,
        block: &Block<'_>,
    ) -> Result<(LogicalPlan, Vec<String>)> {
        let mut names = Vec::with_capacity(groups.exprs.len());
        let mut computed = Vec::new();
        for expr in &groups.exprs {
            names.push(match expr {
                Expr::Column(column) => column.name.clone(),
                other => {
                    let (expr, name) = self.renamed(other.clone());
                    computed.push(expr);
                    name
                }
            });
        }
        if computed.is_empty() {
            return Ok((input, names));
        }
        let in_aggregates = block.aggregates.iter().flat_map(|taken| taken.expr.column_refs());
        let in_groups = groups.exprs.iter().filter_map(|expr| expr.try_as_col());
        let mut kept: Vec<String> = in_aggregates.chain(in_groups).map(|column| column.name.clone()).collect();
        kept.sort();
        kept.dedup();
        let exprs = kept.into_iter().map(column).chain(computed).collect();
        Ok((node::project(input, exprs)?, names))
    }

    /// The columns that rows are grouped by: beside a column that is not compared as it is stands its key.
    fn group_keys(
        &mut self,
        input: LogicalPlan,
        groups: &Groups,
        names: &[String],
    ) -> Result<(LogicalPlan, Vec<String>)> {
        let mut keys = names.to_vec();
        let mut computed = Vec::new();
        for (key, compared) in keys.iter_mut().zip(&groups.compared) {
            let Some(expr) = compared.key(key, self)? else { continue };
            let (expr, name) = self.renamed(expr);
            computed.push(expr);
            *key = name;
        }
        Ok((node::extend(input, computed)?, keys))
    }

    fn grouped_plan(
        &mut self,
        input: LogicalPlan,
        groups: &Groups,
        (names, key_names): (&[String], &[String]),
        block: &Block<'_>,
    ) -> Result<LogicalPlan> {
        let keys: Vec<Expr> = match &groups.sets {
            None => key_names.iter().map(column).collect(),
            Some(sets) => {
                let sets = sets.iter().map(|set| set.iter().map(|index| column(key_names[*index].clone())).collect());
                vec![Expr::GroupingSet(GroupingSet::GroupingSets(sets.collect()))]
            }
        };
        let mut functions: Vec<Expr> = Vec::with_capacity(block.aggregates.len());
        let mut outputs: Vec<Expr> = Vec::with_capacity(names.len() + block.aggregates.len());
        for taken in &block.aggregates {
            // The name of an aggregate's column is its text; two that differ in a constant's type alone have one text.
            let shown = taken.expr.schema_name().to_string();
            let taken_already = functions.iter().any(|known| known.schema_name().to_string() == shown);
            let (function, shown) = if taken_already {
                (taken.expr.clone().alias(&taken.name), taken.name.clone())
            } else {
                (taken.expr.clone(), shown)
            };
            functions.push(function);
            outputs.push(column(shown).alias(&taken.name));
        }
        // Of the equal values of a group one is shown.
        for (name, _) in names.iter().zip(key_names).filter(|(name, key)| name != key) {
            functions.push(min(column(name.clone())).alias(format!("{name}{GROUP_VALUE}")));
        }
        if functions.is_empty() && keys.is_empty() {
            functions.push(count(lit(1_i64)));
        }
        let plan = node::aggregate(input, keys, functions)?;
        for (index, name) in names.iter().enumerate() {
            let value = if key_names[index] == *name { name.clone() } else { format!("{name}{GROUP_VALUE}") };
            let shown = grouped_column(groups, index, (name, &value), names.len(), &plan)?;
            outputs.push(shown);
        }
        for call in &block.groupings {
            outputs.push(grouping_bits(call, groups, names, &plan)?.alias(&call.name));
        }
        node::project(plan, outputs)
    }
}

/// A grouping column behind its aggregate.
///
/// Where there are grouping sets it says itself that it is NULL in those that leave it out: DataFusion takes a column
/// that a filter below holds constant for constant here too, and would drop it from sort keys.
fn grouped_column(
    groups: &Groups,
    index: usize,
    (name, value): (&str, &str),
    width: usize,
    plan: &LogicalPlan,
) -> Result<Expr> {
    if groups.sets.is_none() {
        return Ok(if name == value { column(name) } else { column(value).alias(name) });
    }
    let left_out = left_out(groups, index, width, plan)?;
    let null = planned(ScalarValue::try_from(&planned(column(value).get_type(plan.schema()))?))?;
    Ok(planned(when(left_out, lit(null)).otherwise(column(value)))?.alias(name))
}

/// Does the row's grouping set leave an expression out?
fn left_out(groups: &Groups, index: usize, width: usize, plan: &LogicalPlan) -> Result<Expr> {
    let id = column(Aggregate::INTERNAL_GROUPING_ID);
    let id_type = planned(id.get_type(plan.schema()))?;
    let bit = 1_u64 << (width - 1 - order_in_sets(groups, index));
    let mask = planned(ScalarValue::UInt64(Some(bit)).cast_to(&id_type))?;
    let zero = planned(ScalarValue::UInt64(Some(0)).cast_to(&id_type))?;
    let masked =
        Expr::BinaryExpr(BinaryExpr { left: Box::new(id), op: Operator::BitwiseAnd, right: Box::new(lit(mask)) });
    Ok(masked.not_eq(lit(zero)))
}

/// GROUPING: a bit for each argument, the first the highest, set where the row's grouping set leaves it out.
fn grouping_bits(call: &GroupingCall, groups: &Groups, names: &[String], plan: &LogicalPlan) -> Result<Expr> {
    let mut bits: Option<Expr> = None;
    for (place, arg) in call.args.iter().rev().enumerate() {
        let Some(index) = groups.exprs.iter().position(|expr| expr == arg) else {
            let message = "arguments to GROUPING must be grouping expressions of the associated query level";
            return Err(Error::new(SqlState::GROUPING_ERROR, message).at(call.pos));
        };
        if groups.sets.is_none() {
            continue;
        }
        let left_out = left_out(groups, index, names.len(), plan)?;
        let bit = planned(when(left_out, lit(1_i32 << place)).otherwise(lit(0_i32)))?;
        bits = Some(match bits {
            None => bit,
            Some(others) => others + bit,
        });
    }
    Ok(bits.unwrap_or_else(|| lit(0_i32)))
}

/// The place of an expression among those of the grouping sets, which are counted in the order in which the sets name
/// them.
fn order_in_sets(groups: &Groups, index: usize) -> usize {
    let mut seen: Vec<usize> = Vec::new();
    for set in groups.sets.iter().flatten() {
        for member in set {
            if !seen.contains(member) {
                seen.push(*member);
            }
        }
    }
    seen.iter().position(|member| *member == index).unwrap_or(0)
}

impl Regroup {
    fn later(&self, later: &mut Later) -> Result<()> {
        for item in &mut later.items {
            item.typed.expr = self.expr(item.typed.expr.clone()).map_err(|error| error.at(item.pos))?;
        }
        for condition in later.having.iter_mut().chain(&mut later.qualify) {
            *condition = self.expr(condition.clone())?;
        }
        for (by, _) in &mut later.order {
            if let OrderBy::Hidden(typed) = by {
                typed.expr = self.expr(typed.expr.clone())?;
            }
        }
        Ok(())
    }

    /// An expression over the columns of FROM as one over the grouping columns.
    fn expr(&self, expr: Expr) -> Result<Expr> {
        if let Some(name) = self.group(&expr) {
            return Ok(column(name));
        }
        let mut ungrouped = None;
        let replaced = expr.transform_down(|node| {
            if !matches!(node, Expr::Literal(..))
                && let Some(name) = self.group(&node)
            {
                return Ok(Transformed::new(column(name), true, TreeNodeRecursion::Jump));
            }
            if let Expr::Column(column) = &node
                && self.scope.by_internal(&column.name).is_some()
            {
                ungrouped.get_or_insert_with(|| column.name.clone());
            }
            Ok(Transformed::no(node))
        });
        match ungrouped {
            Some(internal) => Err(self.ungrouped(&internal)),
            None => planned(replaced).map(|replaced| replaced.data),
        }
    }

    fn group(&self, expr: &Expr) -> Option<&str> {
        self.groups.iter().find(|(known, _)| known == expr).map(|(_, name)| name.as_str())
    }

    /// A sub-query above GROUP BY: its comparison and its references to this block.
    fn pending(&self, pending: &mut Pending) -> Result<()> {
        if let PendingKind::Any(Some(condition)) = &mut pending.kind {
            *condition = self.expr(condition.clone())?;
        }
        let mut failure = None;
        let plan = pending.plan.clone().transform_down(|plan| {
            plan.map_expressions(|expr| {
                expr.transform_down(|node| match &node {
                    Expr::OuterReferenceColumn(field, outer) => Ok(match self.outer_reference(&outer.name, field) {
                        Ok(Some(replaced)) => Transformed::yes(replaced),
                        Ok(None) => Transformed::no(node),
                        Err(error) => {
                            failure = Some(error);
                            Transformed::no(node)
                        }
                    }),
                    _ => Ok(Transformed::no(node)),
                })
            })
        });
        if let Some(error) = failure {
            return Err(error);
        }
        pending.plan = planned(plan)?.data;
        Ok(())
    }

    fn outer_reference(&self, internal: &str, field: &arrow::datatypes::FieldRef) -> Result<Option<Expr>> {
        let Some(found) = self.scope.by_internal(internal) else { return Ok(None) };
        match self.group(&column(internal)) {
            Some(name) if name == internal => Ok(None),
            Some(name) => {
                let renamed = field.as_ref().clone().with_name(name);
                let outer = datafusion::common::Column::new_unqualified(name);
                Ok(Some(Expr::OuterReferenceColumn(Arc::new(renamed), outer)))
            }
            None => {
                let shown = self.scope.display(found);
                let message = format!("subquery uses ungrouped column \"{shown}\" from outer query");
                Err(Error::new(SqlState::GROUPING_ERROR, message))
            }
        }
    }

    fn ungrouped(&self, internal: &str) -> Error {
        let shown = self.scope.by_internal(internal).map(|column| self.scope.display(column)).unwrap_or_default();
        let message =
            format!("column \"{shown}\" must appear in the GROUP BY clause or be used in an aggregate function");
        let error = Error::new(SqlState::GROUPING_ERROR, message);
        match self.positions.get(internal) {
            Some(pos) => error.at(*pos),
            None => error,
        }
    }
}
