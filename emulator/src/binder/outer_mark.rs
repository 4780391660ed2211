//! Outer joins written as `a.x = b.y (+)` in WHERE: the marked table's rows are optional.
//!
//! Developer guide, "Oracle-style outer joins in the WHERE clause". The conditions that mark one table become the ON of a
//! left join of that table with what the other columns in them belong to; what is not marked stays in WHERE.
//!
//! "Other uses of this operator are silently ignored in most cases": those here are marks in ON, and in the WHERE of a
//! query over one table, which has nothing to be joined to.

use std::{collections::BTreeSet, sync::Arc};

use datafusion::logical_expr::{Expr as PlanExpr, JoinType, LogicalPlan};
use redshift_sql_dialect::{
    Error, Result,
    ast::{BinaryOp, Expr, ExprKind, FromItem, Select},
};

use super::{
    Binder,
    block::{Block, Clause, Place},
    expr::{chain, children, contains},
    from::position,
    node,
    scope::{Resolved, Scope},
};

/// The conditions that mark one item of FROM.
#[derive(Default)]
struct Optional<'q> {
    conditions: Vec<&'q Expr>,
    /// The items that they compare it with.
    needs: BTreeSet<usize>,
}

impl Binder {
    /// FROM, and the conditions of WHERE that are left to be filtered by.
    pub(super) fn bind_from_where<'q>(&mut self, select: &'q Select) -> Result<(LogicalPlan, Scope, Vec<&'q Expr>)> {
        let conditions: Vec<&Expr> =
            select.selection.iter().flat_map(|selection| chain(selection, BinaryOp::And)).collect();
        let (marked, plain): (Vec<&Expr>, Vec<&Expr>) = conditions.into_iter().partition(|part| has_mark(part));
        if marked.is_empty() || is_one_table(select) {
            let (plan, scope) = self.bind_from(&select.from)?;
            return Ok((plan, scope, plain.into_iter().chain(marked).collect()));
        }
        let (plan, scope) = self.marked_joins(&select.from, marked)?;
        Ok((plan, scope, plain))
    }

    fn marked_joins<'q>(&mut self, from: &[FromItem], marked: Vec<&'q Expr>) -> Result<(LogicalPlan, Scope)> {
        let mut scope = Scope::default();
        let mut plans = Vec::with_capacity(from.len());
        let mut owners = Vec::new();
        for (index, item) in from.iter().enumerate() {
            if matches!(item, FromItem::Join(_)) {
                let message = "Outer join operator (+) is not allowed together with join syntax in the FROM clause";
                return Err(Error::unsupported(message).at(position(item)));
            }
            let (plan, item_scope) = self.bind_item(item)?;
            owners.extend(item_scope.columns.iter().map(|_| index));
            scope.append(item_scope).map_err(|error| error.at(position(item)))?;
            plans.push(Some(plan));
        }
        let mut optional: Vec<Optional<'q>> = plans.iter().map(|_| Optional::default()).collect();
        for condition in marked {
            self.assign_marked(condition, &scope, &owners, &mut optional)?;
        }
        let scope = Arc::new(scope);
        let plan = self.join_optional(plans, optional, &scope)?;
        Ok((plan, Arc::unwrap_or_clone(scope)))
    }

    /// Finds which item a condition makes optional.
    fn assign_marked<'q>(
        &self,
        condition: &'q Expr,
        scope: &Scope,
        owners: &[usize],
        optional: &mut [Optional<'q>],
    ) -> Result<()> {
        let in_or =
            |expr: &Expr| matches!(expr.kind, ExprKind::Binary { op: BinaryOp::Or, .. } | ExprKind::InList { .. });
        if contains(condition, &in_or) {
            let message = "Outer join operator (+) not allowed in operand of OR or IN.";
            return Err(Error::unsupported(message).at(condition.pos));
        }
        let (mut marked, mut others) = (BTreeSet::new(), BTreeSet::new());
        let mut open = vec![(condition, false)];
        while let Some((expr, inside)) = open.pop() {
            if let ExprKind::Column(name) = &expr.kind {
                if let Resolved::Here(column) = self.resolve_column(scope, name).map_err(|e| e.at(expr.pos))?
                    && let Some(index) = scope.columns.iter().position(|known| known.internal == column.internal)
                {
                    if inside {
                        marked.insert(owners[index])
                    } else {
                        others.insert(owners[index])
                    };
                }
                continue;
            }
            // "You can't apply the (+) operator to expressions": developer guide, "Oracle-Style outer joins".
            if let ExprKind::OuterJoinMark(marked) = &expr.kind
                && !matches!(marked.kind, ExprKind::Column(_))
            {
                return Err(super::syntax("syntax error at or near \"(\"").at(expr.pos));
            }
            let inside = inside || matches!(expr.kind, ExprKind::OuterJoinMark(_));
            open.extend(children(expr).into_iter().map(|child| (child, inside)));
        }
        let mut marked = marked.into_iter();
        let (Some(index), None) = (marked.next(), marked.next()) else {
            let message = "Outer join operator (+) must mark the columns of one table in a condition";
            return Err(Error::unsupported(message).at(condition.pos));
        };
        others.remove(&index);
        optional[index].conditions.push(condition);
        optional[index].needs.extend(others);
        if optional[index].needs.len() > 1 {
            let message = "A table may be outer joined to at most one other table.";
            return Err(Error::unsupported(message).at(condition.pos));
        }
        Ok(())
    }

    /// Joins the items that are not optional, then each optional one once what it needs is there.
    fn join_optional(
        &mut self,
        mut plans: Vec<Option<LogicalPlan>>,
        optional: Vec<Optional<'_>>,
        scope: &Arc<Scope>,
    ) -> Result<LogicalPlan> {
        let mut joined: BTreeSet<usize> = BTreeSet::new();
        let mut result: Option<LogicalPlan> = None;
        for (index, plan) in plans.iter_mut().enumerate() {
            if optional[index].conditions.is_empty()
                && let Some(plan) = plan.take()
            {
                joined.insert(index);
                result = Some(match result {
                    None => plan,
                    Some(left) => node::cross_join(left, plan)?,
                });
            }
        }
        let circle = || Error::unsupported("Outer join operator (+) is used in a circle");
        let mut result = result.ok_or_else(circle)?;
        while joined.len() < plans.len() {
            let ready = optional
                .iter()
                .enumerate()
                .position(|(index, item)| !joined.contains(&index) && item.needs.is_subset(&joined))
                .ok_or_else(circle)?;
            let plan = plans[ready].take().ok_or_else(circle)?;
            let conditions = self.marked_conditions(&optional[ready].conditions, scope)?;
            result = node::join(result, plan, JoinType::Left, conditions)?;
            joined.insert(ready);
        }
        Ok(result)
    }

    fn marked_conditions(&mut self, conditions: &[&Expr], scope: &Arc<Scope>) -> Result<Vec<PlanExpr>> {
        let mut block = Block::over(scope.clone());
        let bound = self.all_conditions(conditions.to_vec(), Clause::JoinOn, &mut block)?;
        match block.pending.is_empty() {
            true => Ok(bound),
            false => Err(super::scope::unsupported_correlation()),
        }
    }
}

/// Does the operator say nothing at this place?
pub(super) fn is_ignored(block: &Block<'_>, place: Place) -> bool {
    place.clause == Clause::JoinOn || place.clause == Clause::Where && block.of_one_table
}

/// Is FROM one table or sub-query, and no join?
pub(super) fn is_one_table(select: &Select) -> bool {
    matches!(&select.from[..], [item] if !matches!(item, FromItem::Join(_)))
}

fn has_mark(expr: &Expr) -> bool {
    contains(expr, &|part| matches!(part.kind, ExprKind::OuterJoinMark(_)))
}
