//! CONNECT BY: rows with their descendants.
//!
//! Developer guide, "CONNECT BY clause". The rows of FROM that START WITH chooses (all, where it is left out) are the
//! roots, of level 1. A step joins the rows of FROM with those of the last round, which PRIOR names, and gives them the
//! next level. WHERE comes after that, and knows the pseudo-column LEVEL. It is a recursive query of DataFusion's.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use datafusion::{
    catalog::cte_worktable::CteWorkTable,
    common::{Column as PlanColumn, TableReference},
    datasource::provider_as_source,
    logical_expr::{Expr as PlanExpr, JoinType, LogicalPlan, LogicalPlanBuilder, RecursiveQuery, lit},
};
use redshift_sql_dialect::{
    Error, RedshiftType, Result,
    ast::{ConnectBy, Expr, ExprKind},
};

use super::{
    Binder, Typed,
    block::{Block, Clause, Stage},
    expr::contains,
    node::{self, column},
    planned,
    scope::{Exposure, Scope, ScopeColumn},
};
use crate::types::arrow_type;

/// The name of the pseudo-column.
const LEVEL: &str = "level";

impl Binder {
    /// The rows of FROM in their hierarchy.
    pub(super) fn hierarchy(
        &mut self,
        connect_by: &ConnectBy,
        plan: LogicalPlan,
        scope: Scope,
    ) -> Result<(LogicalPlan, Scope)> {
        if !contains(&connect_by.condition, &|part| matches!(part.kind, ExprKind::Prior(_))) {
            let message = "CONNECT BY needs a condition with PRIOR";
            return Err(super::syntax(message).at(connect_by.condition.pos));
        }
        let conditions = match &connect_by.start_with {
            Some(condition) => self.hierarchy_conditions(condition, &scope, None)?,
            None => Vec::new(),
        };
        let roots = node::filter(plan.clone(), conditions)?;
        let (seed, seed_scope) = self.leveled(roots, &scope, lit(1_i32))?;
        let table = self.work_table(&seed_scope);
        let (parents, prior) = self.parents(&table, &seed_scope)?;
        let (children, child_scope) = self.renamed_scope(plan, &scope)?;
        let conditions = self.hierarchy_conditions(&connect_by.condition, &child_scope, Some(&prior))?;
        let joined = node::join(children, parents, JoinType::Inner, conditions)?;
        let level = prior.columns.last().ok_or_else(|| Error::internal("a hierarchy without level"))?;
        let next = column(level.internal.clone()) + lit(1_i32);
        let (step, _) = self.leveled(joined, &child_scope, next)?;
        let query = RecursiveQuery::try_new(table.name().to_string(), Arc::new(seed), Arc::new(step), false);
        let plan = LogicalPlan::RecursiveQuery(planned(query)?);
        let (plan, mut scope) = self.renamed_scope(plan, &seed_scope)?;
        if let Some(level) = scope.columns.last_mut() {
            level.exposure = Exposure::Pseudo;
        }
        Ok((plan, scope))
    }

    fn hierarchy_conditions(
        &mut self,
        condition: &Expr,
        scope: &Scope,
        prior: Option<&Scope>,
    ) -> Result<Vec<PlanExpr>> {
        let mut block = Block::over(Arc::new(scope.clone()));
        block.prior = prior.map(|prior| Arc::new(prior.clone()));
        let conditions = self.conjuncts(condition, Clause::ConnectBy, &mut block)?;
        match block.take_pending(Stage::Input).is_empty() {
            true => Ok(conditions),
            false => Err(Error::unsupported("sub-queries are not supported in CONNECT BY").at(condition.pos)),
        }
    }

    /// The columns of a scope under new names, and a level behind them.
    fn leveled(&mut self, plan: LogicalPlan, scope: &Scope, level: PlanExpr) -> Result<(LogicalPlan, Scope)> {
        let (mut exprs, mut renamed) = self.renamed_columns(scope);
        let (level, internal) = self.renamed(level);
        exprs.push(level.clone());
        let level = ScopeColumn::computed(LEVEL, &Typed::new(level, RedshiftType::Int4), internal);
        renamed.columns.push(level);
        Ok((node::project(plan, exprs)?, renamed))
    }

    fn renamed_scope(&mut self, plan: LogicalPlan, scope: &Scope) -> Result<(LogicalPlan, Scope)> {
        let (exprs, renamed) = self.renamed_columns(scope);
        Ok((node::project(plan, exprs)?, renamed))
    }

    fn renamed_columns(&mut self, scope: &Scope) -> (Vec<PlanExpr>, Scope) {
        let mut exprs = Vec::with_capacity(scope.columns.len() + 1);
        let mut renamed = scope.clone();
        for known in &mut renamed.columns {
            let (expr, internal) = self.renamed(column(known.internal.clone()));
            exprs.push(expr);
            known.internal = internal;
        }
        (exprs, renamed)
    }

    fn work_table(&mut self, scope: &Scope) -> Arc<CteWorkTable> {
        let fields = scope.columns.iter().map(|known| Field::new(&known.internal, arrow_type(known.ty), true));
        let schema = Schema::new(fields.collect::<Vec<_>>());
        Arc::new(CteWorkTable::new(&self.fresh(), Arc::new(schema)))
    }

    /// The rows of the last round, as PRIOR names them.
    fn parents(&mut self, table: &Arc<CteWorkTable>, scope: &Scope) -> Result<(LogicalPlan, Scope)> {
        let reference = TableReference::bare(table.name());
        let scan = LogicalPlanBuilder::scan(reference.clone(), provider_as_source(table.clone()), None);
        let scan = planned(scan.and_then(LogicalPlanBuilder::build))?;
        let mut exprs = Vec::with_capacity(scope.columns.len());
        let mut prior = scope.clone();
        for known in &mut prior.columns {
            let field = PlanExpr::Column(PlanColumn::new(Some(reference.clone()), &known.internal));
            let (expr, internal) = self.renamed(field);
            exprs.push(expr);
            known.internal = internal;
        }
        Ok((node::project(scan, exprs)?, prior))
    }
}
