//! Joins: ON, USING, NATURAL.

use std::sync::Arc;

use datafusion::logical_expr::{Expr as PlanExpr, JoinType, LogicalPlan, when};
use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{BinaryOp, Expr, Join, JoinConstraint, JoinKind},
};

use super::{
    Binder, CastKind, Typed,
    block::{Block, Clause},
    decorrelate::is_closed,
    node, planned,
    relation::Source,
    scope::{Exposure, Scope, ScopeColumn, unsupported_correlation},
    subquery::{Pending, PendingKind, mentions},
};

/// A side of a join.
type Side = (LogicalPlan, Scope);

impl Binder {
    pub(super) fn join(&mut self, join: &Join) -> Result<Side> {
        let left = self.bind_behind(None, &join.left)?;
        self.join_behind(left, join)
    }

    /// A join whose left side is bound.
    pub(super) fn join_behind(&mut self, left: Side, join: &Join) -> Result<Side> {
        if let Some((plan, scope)) = self.unnested_join(&left, join)? {
            return self.join_alias(plan, scope, join);
        }
        let right = self.bind_behind(None, &join.right)?;
        let joined = match &join.constraint {
            JoinConstraint::On(condition) => self.join_on(left, right, join, condition),
            JoinConstraint::Using(names) => {
                let names = names.iter().map(|name| (self.fold(name), name.pos)).collect();
                self.join_using(left, right, join, names)
            }
            JoinConstraint::Natural => {
                let names = common_names(&left.1, &right.1);
                self.join_using(left, right, join, names.into_iter().map(|name| (name, join.pos)).collect())
            }
            JoinConstraint::None => {
                let scope = both(&left.1, right.1, join)?;
                Ok((node::cross_join(left.0, right.0)?, scope))
            }
        };
        let (plan, scope) = joined?;
        self.join_alias(plan, scope, join)
    }

    fn join_alias(&mut self, plan: LogicalPlan, scope: Scope, join: &Join) -> Result<Side> {
        match &join.alias {
            None => Ok((plan, scope)),
            Some(alias) => {
                let columns = scope.columns.into_iter().filter(|column| column.is_shown());
                let columns = columns.map(|column| ScopeColumn { table: None, ..column }).collect();
                self.aliased(Source { plan, columns, identity: None }, Some(alias), None)
            }
        }
    }

    fn join_on(&mut self, left: Side, right: Side, join: &Join, condition: &Expr) -> Result<Side> {
        let scope = both(&left.1, right.1, join)?;
        let mut block = Block::over(Arc::new(scope));
        let conditions = self.conjuncts(condition, Clause::JoinOn, &mut block)?;
        let pending = std::mem::take(&mut block.pending);
        let (left, right) = (left.0, right.0);
        let plan = match join_type(join.kind) {
            JoinType::Inner if !pending.is_empty() => {
                let plan = node::cross_join(left, right)?;
                self.join_in(plan, pending, conditions, &[])?
            }
            kind => {
                let (left, right) = self.join_in_sides(left, right, pending, &conditions)?;
                node::join(left, right, kind, conditions)?
            }
        };
        Ok((plan, Arc::unwrap_or_clone(block.scope)))
    }

    /// Sub-queries of an outer join's condition: each is a column of the side that it compares with.
    ///
    /// Redshift refuses correlated ones there: developer guide, "Correlated subqueries".
    pub(super) fn join_in_sides(
        &mut self,
        mut left: LogicalPlan,
        mut right: LogicalPlan,
        pending: Vec<Pending>,
        conditions: &[PlanExpr],
    ) -> Result<(LogicalPlan, LogicalPlan)> {
        let conditions: Vec<&PlanExpr> = conditions.iter().collect();
        for pending in pending {
            if !is_closed(&pending.plan)? {
                return Err(unsupported_correlation());
            }
            let of_right = match &pending.kind {
                PendingKind::Scalar | PendingKind::Any(None) => false,
                PendingKind::Any(Some(condition)) => {
                    let of = |plan: &LogicalPlan| node::field_names(plan).iter().any(|name| mentions(condition, name));
                    if of(&left) && of(&right) {
                        return Err(unsupported_correlation());
                    }
                    of(&right)
                }
            };
            if of_right {
                right = self.join_in(right, vec![pending], Vec::new(), &conditions)?;
            } else {
                left = self.join_in(left, vec![pending], Vec::new(), &conditions)?;
            }
        }
        Ok((left, right))
    }

    /// A join by equal columns, of which the result has one each: first the merged ones, then the others of both sides.
    fn join_using(&mut self, left: Side, right: Side, join: &Join, names: Vec<(String, u32)>) -> Result<Side> {
        let mut conditions = Vec::with_capacity(names.len());
        let mut merged: Vec<(String, Typed, Option<ScopeColumn>)> = Vec::with_capacity(names.len());
        for (name, pos) in &names {
            let found = using_column(&left.1, name, "left")
                .and_then(|in_left| Ok((in_left, using_column(&right.1, name, "right")?)));
            let (in_left, in_right) = found.map_err(|error| error.at(*pos))?;
            let equal = super::binary(BinaryOp::Eq, in_left.collated(), in_right.collated(), &self.ctx);
            conditions.push(equal.map_err(|error| error.at(*pos))?.expr);
            let (typed, same) = self.merged(in_left, in_right, join.kind)?;
            merged.push((name.clone(), typed, same));
        }
        let mut scope = both(&left.1, right.1, join)?;
        for column in &mut scope.columns {
            if names.iter().any(|(name, _)| *name == column.name) {
                column.exposure = Exposure::Qualified;
            }
        }
        let kind = join_type(join.kind);
        let mut plan = node::join(left.0, right.0, kind, conditions)?;
        let mut columns = Vec::with_capacity(merged.len() + scope.columns.len());
        let mut computed = Vec::new();
        for (name, typed, same) in merged {
            columns.push(match same {
                Some(column) => ScopeColumn { table: None, exposure: Exposure::Full, ..column },
                None => {
                    let (expr, internal) = self.renamed(typed.expr.clone());
                    computed.push(expr);
                    ScopeColumn::computed(name, &typed, internal)
                }
            });
        }
        plan = node::extend(plan, computed)?;
        columns.append(&mut scope.columns);
        Ok((plan, Scope { columns, ..scope }))
    }

    /// The merged column: the side's that has all rows; for a full join whichever there is.
    fn merged(&self, left: &ScopeColumn, right: &ScopeColumn, kind: JoinKind) -> Result<(Typed, Option<ScopeColumn>)> {
        let ty = super::common_type(&[&left.typed(), &right.typed()], "JOIN/USING")?;
        let kept = match kind {
            JoinKind::Inner | JoinKind::Left | JoinKind::Cross => left,
            JoinKind::Right => right,
            JoinKind::Full => {
                let left = super::cast(left.typed(), ty, CastKind::Implicit, &self.ctx)?.expr;
                let right = super::cast(right.typed(), ty, CastKind::Implicit, &self.ctx)?.expr;
                let either = planned(when(left.clone().is_not_null(), left).otherwise(right))?;
                return Ok((Typed::new(either, ty), None));
            }
        };
        if kept.ty == ty {
            return Ok((kept.typed(), Some(kept.clone())));
        }
        Ok((super::cast(kept.typed(), ty, CastKind::Implicit, &self.ctx)?, None))
    }
}

fn join_type(kind: JoinKind) -> JoinType {
    match kind {
        JoinKind::Inner | JoinKind::Cross => JoinType::Inner,
        JoinKind::Left => JoinType::Left,
        JoinKind::Right => JoinType::Right,
        JoinKind::Full => JoinType::Full,
    }
}

fn both(left: &Scope, right: Scope, join: &Join) -> Result<Scope> {
    let mut scope = left.clone();
    let mut right = right;
    // The planner leaves a query alone whose rows an outer join may miss.
    let missed =
        |scope: &mut Scope| scope.columns.iter_mut().for_each(|column| column.value = column.value.kept_apart());
    if matches!(join.kind, JoinKind::Left | JoinKind::Full) {
        missed(&mut right);
    }
    if matches!(join.kind, JoinKind::Right | JoinKind::Full) {
        missed(&mut scope);
    }
    scope.append(right).map_err(|error| error.at(super::from::position(&join.right)))?;
    Ok(scope)
}

fn common_names(left: &Scope, right: &Scope) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for column in left.columns.iter().filter(|column| column.is_shown()) {
        let shared = right.columns.iter().any(|other| other.is_shown() && other.name == column.name);
        if shared && !names.contains(&column.name) {
            names.push(column.name.clone());
        }
    }
    names
}

fn using_column<'s>(scope: &'s Scope, name: &str, side: &str) -> Result<&'s ScopeColumn> {
    let mut found = scope.columns.iter().filter(|column| column.is_shown() && column.name == name);
    match (found.next(), found.next()) {
        (Some(column), None) => Ok(column),
        (Some(_), Some(_)) => {
            let message = format!("common column name \"{name}\" appears more than once in {side} table");
            Err(Error::new(SqlState::AMBIGUOUS_COLUMN, message))
        }
        (None, _) => {
            let message = format!("column \"{name}\" specified in USING clause does not exist in {side} table");
            Err(Error::new(SqlState::UNDEFINED_COLUMN, message))
        }
    }
}
