//! One SELECT, from FROM to the select list; see [`super`] for the order of things.

use std::{collections::HashSet, sync::Arc};

use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlan};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{CastLength, DataType, Expr, ExprKind, IsTest, OrderByItem, Select, SelectItem},
};

use super::{
    Binder, Typed,
    block::{Block, Clause, Place, Stage},
    expr::{is_constant, output_name},
    grouping::Groups,
    order::{OrderBy, OrderKey},
    query::Item,
    scope::{Scope, ScopeColumn},
};
use crate::{
    functions::collation,
    result::{ColumnOrigin, ColumnValue},
};

/// Most columns of a query's rows, with those that it is only sorted or grouped by: those of a row of Postgres 8.0.
const MAX_TARGETS: usize = 1_664;

/// A SELECT whose projection, DISTINCT, ORDER BY and LIMIT are still to be built.
#[derive(Debug)]
pub(super) struct OpenSelect {
    pub plan: LogicalPlan,
    pub items: Vec<Item>,
    pub order: Vec<(OrderBy, OrderKey)>,
}

/// The expressions of a block that are computed after GROUP BY.
pub(super) struct Later {
    pub items: Vec<Item>,
    pub having: Vec<PlanExpr>,
    pub qualify: Vec<PlanExpr>,
    pub order: Vec<(OrderBy, OrderKey)>,
}

/// 54011, of more columns than a row can have.
pub(super) fn check_targets(count: usize) -> Result<()> {
    if count <= MAX_TARGETS {
        return Ok(());
    }
    let message = format!("target lists can have at most {MAX_TARGETS} entries");
    Err(Error::new(SqlState::TOO_MANY_COLUMNS, message))
}

/// How many of the expressions that rows are grouped by are no output columns.
fn hidden_groups(groups: Option<&Groups>, items: &[Item]) -> usize {
    let Some(groups) = groups else { return 0 };
    let outputs: HashSet<&PlanExpr> = items.iter().map(|item| &item.typed.expr).collect();
    groups.exprs.iter().filter(|expr| !outputs.contains(expr)).count()
}

impl Binder {
    pub(super) fn open_select<'q>(&mut self, select: &'q Select, order_by: &'q [OrderByItem]) -> Result<OpenSelect> {
        let (plan, scope, conditions) = self.bind_from_where(select)?;
        let (plan, scope) = match &select.connect_by {
            Some(connect_by) => self.hierarchy(connect_by, plan, scope)?,
            None => (plan, scope),
        };
        let mut block = Block::over(Arc::new(scope));
        block.named_windows = &select.windows;
        block.of_one_table = super::outer_mark::is_one_table(select);
        block.declare_aliases(&select.items, |ident| self.fold(ident));
        block.aliases_before = select.items.len();
        let plan = self.filter_where(plan, conditions, &mut block)?;
        let plan = self.set_calls(select, plan, &mut block)?;
        let items = self.select_items(select, &mut block)?;
        block.aliases_before = select.items.len();
        let groups = self.group_by(&select.group_by, &items, &mut block)?;
        let having = self.clause(select.having.as_ref(), Clause::Having, &mut block)?;
        let qualify = self.clause(select.qualify.as_ref(), Clause::Qualify, &mut block)?;
        let order = self.order_by(order_by, &items, groups.is_some(), &mut block)?;
        check_targets(items.len() + order.iter().filter_map(hidden).count() + hidden_groups(groups.as_ref(), &items))?;
        let grouped = groups.is_some() || select.having.is_some() || !block.aggregates.is_empty();
        let mut later = Later { items, having, qualify, order };
        if grouped {
            // GROUP BY gives literals a type, too.
            let typed = groups.is_some();
            for item in &mut later.items {
                item.value = if typed { ColumnValue::Varying } else { item.value.kept_apart() };
            }
        }

        let inputs = block.take_pending(Stage::Input);
        let mut plan = self.join_in(plan, inputs, Vec::new(), &[])?;
        if grouped || !block.groupings.is_empty() {
            plan = self.aggregate(plan, groups.unwrap_or_default(), &mut block, &mut later)?;
        }
        let pending = block.take_pending(Stage::Grouped);
        let windows: Vec<&PlanExpr> = block.windows.iter().map(|taken| &taken.expr).collect();
        plan = self.join_in(plan, pending, later.having, &windows)?;
        plan = self.windows(plan, &block)?;
        let pending = block.take_pending(Stage::Final);
        let outputs: Vec<&PlanExpr> =
            later.items.iter().map(|item| &item.typed.expr).chain(later.order.iter().filter_map(hidden)).collect();
        plan = self.join_in(plan, pending, later.qualify, &outputs)?;
        Ok(OpenSelect { plan, items: later.items, order: later.order })
    }

    fn filter_where<'q>(
        &mut self,
        plan: LogicalPlan,
        conditions: Vec<&'q redshift_sql_dialect::ast::Expr>,
        block: &mut Block<'q>,
    ) -> Result<LogicalPlan> {
        let conditions = self.all_conditions(conditions, Clause::Where, block)?;
        let pending = block.take_pending(Stage::Input);
        self.join_in(plan, pending, conditions, &[])
    }

    fn clause<'q>(
        &mut self,
        expr: Option<&'q redshift_sql_dialect::ast::Expr>,
        clause: Clause,
        block: &mut Block<'q>,
    ) -> Result<Vec<PlanExpr>> {
        match expr {
            Some(expr) => self.conjuncts(expr, clause, block),
            None => Ok(Vec::new()),
        }
    }

    /// The select list, its wildcards expanded.
    fn select_items<'q>(&mut self, select: &'q Select, block: &mut Block<'q>) -> Result<Vec<Item>> {
        let mut items = Vec::with_capacity(select.items.len());
        for (index, item) in select.items.iter().enumerate() {
            block.aliases_before = index;
            if let ExprKind::Wildcard { qualifier, exclude } = &item.expr.kind {
                let mut columns = self.expand_wildcard(&block.scope, qualifier.as_ref(), item.expr.pos)?;
                self.exclude(&mut columns, exclude)?;
                columns.iter().for_each(|column| self.uses_column(column));
                items.extend(columns.into_iter().map(|column| {
                    block.positions.entry(column.internal.clone()).or_insert(item.expr.pos);
                    Item::column(column, item.expr.pos)
                }));
                continue;
            }
            let bound = self.select_item(item, block)?;
            if let Some(alias) = block.aliases.iter_mut().find(|alias| alias.item == index) {
                alias.bound = Some(collation::of_origin(bound.typed.clone(), bound.origin.as_deref()));
            }
            items.push(bound);
        }
        for ident in &select.exclude {
            let name = self.fold(ident);
            let before = items.len();
            items.retain(|item| item.name != name);
            if items.len() == before {
                let message = format!("column \"{name}\" does not exist");
                let error = Error::new(SqlState::UNDEFINED_COLUMN, message);
                return Err(error.at(ident.pos));
            }
        }
        check_targets(items.len())?;
        Ok(items)
    }

    fn select_item<'q>(&mut self, item: &'q SelectItem, block: &mut Block<'q>) -> Result<Item> {
        self.refuse_tested_truth(&item.expr)?;
        let typed = self.expr(&item.expr, block, Place::of(Clause::Select))?;
        let case_insensitive = collation::is_insensitive(&typed);
        let typed = collation::sensitive(typed);
        let origin = match &typed.expr {
            PlanExpr::Column(column) => block.scope.by_internal(&column.name).and_then(|found| found.origin.clone()),
            _ => None,
        };
        let origin = match origin {
            Some(origin) if origin.case_insensitive != case_insensitive => {
                Some(Arc::new(ColumnOrigin { case_insensitive, ..(*origin).clone() }))
            }
            None if case_insensitive => Some(Arc::new(ColumnOrigin::without_case())),
            origin => origin,
        };
        let name = match &item.alias {
            Some(alias) => self.fold(alias),
            None => output_name(&item.expr, &|ident| self.fold(ident)),
        };
        let value = self.value_of(&typed, &item.expr, &block.scope);
        Ok(Item { typed, name, origin, pos: item.expr.pos, value })
    }

    /// What queries around this one find in the place of an expression of its select list. A cast to a type with a length
    /// computes something, others make a constant of a literal at once.
    fn value_of(&self, typed: &Typed, written: &Expr, scope: &Scope) -> ColumnValue {
        let sized = |ty: &DataType| {
            matches!(
                ty,
                DataType::Known(RedshiftType::Varchar(_) | RedshiftType::Char(_) | RedshiftType::Numeric { .. })
            )
        };
        let computed = matches!(
            written.kind,
            ExprKind::Literal(_) | ExprKind::Cast { .. } | ExprKind::Binary { .. } | ExprKind::Unary { .. }
        );
        match (&typed.expr, &written.kind) {
            _ if typed.ty == RedshiftType::Unknown => ColumnValue::Untyped,
            (_, ExprKind::Cast { ty, length: CastLength::Given, .. }) if sized(ty) => ColumnValue::Varying,
            (PlanExpr::Column(_), _) => scope.value_of(typed).typed(),
            _ if computed && is_constant(typed) => ColumnValue::Constant,
            _ => ColumnValue::Varying,
        }
    }
}

impl Binder {
    /// "You can't use the IS comparison with a Boolean value in the SELECT list" of a query over tables.
    ///
    /// # Errors
    /// 0A000 `Not implemented` (developer guide, "Boolean type").
    fn refuse_tested_truth(&self, expr: &Expr) -> Result<()> {
        match &expr.kind {
            ExprKind::Is { test: IsTest::True | IsTest::False | IsTest::Unknown, .. } if self.uses.user_tables => {
                Err(Error::unsupported("Not implemented").at(expr.pos))
            }
            _ => Ok(()),
        }
    }
}

impl Item {
    /// A column of FROM as an output column.
    pub(super) fn column(column: ScopeColumn, pos: u32) -> Item {
        Item { typed: column.typed(), name: column.name, origin: column.origin, pos, value: column.value }
    }
}

fn hidden((by, _): &(OrderBy, OrderKey)) -> Option<&PlanExpr> {
    match by {
        OrderBy::Hidden(typed) => Some(&typed.expr),
        OrderBy::Output(_) => None,
    }
}
