//! Items of FROM that iterate over SUPER values of the items before them: `FROM t, t.a.b AS x AT i, UNPIVOT x AS v AT k`.
//!
//! Source: developer guide, "Querying semistructured data" (unnesting queries, object unpivoting), "FROM clause" (UNNEST).
//!
//! The rows so far get a list for each name that the item makes, and DataFusion's unnesting makes rows of the lists. An
//! element is a variable: it is named without a table, and comes before columns of the same name.

use std::sync::Arc;

use datafusion::{
    common::{Column as PlanColumn, NullHandling, UnnestOptions, tree_node::TreeNode},
    functions_window::expr_fn::row_number,
    logical_expr::{Expr as PlanExpr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder, SortExpr, lit, when},
};
use redshift_sql_dialect::{
    Error, RedshiftType, Result,
    ast::{self, ExprKind, FromItem, Join, JoinConstraint, JoinKind, Literal, PathStep, TableAlias},
    names::{Ident, ObjectName},
};

use super::{
    Binder, Typed,
    block::{Block, Clause, Place},
    decorrelate::any_refers_outside,
    node, planned,
    scope::{Exposure, Resolved, Scope, ScopeColumn, ScopeTable},
};
use crate::{
    functions::{
        self, FunctionClass, collation,
        semistructured::{
            Mode,
            elements::{Listed, listed},
        },
    },
    result::{ColumnOrigin, ColumnValue},
};

/// Behind the internal names of SUPER columns of recursive common table expressions.
pub(super) const RECURSIVE: &str = ":recursive";

/// Behind the internal names of what UNPIVOT of an object makes.
const UNPIVOTED: &str = ":unpivoted";

/// Does a sub-query make rows of a SUPER value of the query around it?
pub(super) fn unnests_outside(plan: &LogicalPlan) -> Result<bool> {
    any_refers_outside(plan, |node| matches!(node, LogicalPlan::Unnest(_)))
}

/// Is a column whose internal name ends so in an expression, as one of the block or of an enclosing one?
fn mentions_name(expr: &PlanExpr, suffix: &str) -> Result<bool> {
    let is_it = |part: &PlanExpr| match part {
        PlanExpr::Column(column) | PlanExpr::OuterReferenceColumn(_, column) => column.name.ends_with(suffix),
        _ => false,
    };
    planned(expr.exists(|part| Ok(is_it(part))))
}

/// A plan and what its columns are called.
type Side = (LogicalPlan, Scope);

/// An item that iterates over a value.
pub(super) struct Unnesting {
    value: Typed,
    /// The names that it makes, and what each of them lists.
    lists: Vec<(String, Listed)>,
    /// `UNNEST(...) AS t (a, b)`: the names are columns of this table.
    table: Option<String>,
}

/// Which rows are numbered together, and in which order.
#[derive(Default)]
struct RowNumbers {
    partition: Vec<PlanExpr>,
    order: Vec<SortExpr>,
}

/// What becomes of rows whose value has no elements?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Empty {
    /// They go.
    Dropped,
    /// They stay, with NULL for an element.
    Kept,
}

/// A row for each element of the lists in these columns.
pub(super) fn rows_of_lists(
    plan: LogicalPlan,
    columns: impl Iterator<Item = String>,
    empty: Empty,
) -> Result<LogicalPlan> {
    let null_handling = match empty {
        Empty::Dropped => NullHandling::Drop,
        Empty::Kept => NullHandling::Preserve,
    };
    let options = UnnestOptions { null_handling, ..UnnestOptions::default() };
    let columns = columns.map(PlanColumn::new_unqualified).collect();
    let builder = LogicalPlanBuilder::from(plan);
    planned(builder.unnest_columns_with_options(columns, options).and_then(LogicalPlanBuilder::build))
}

impl Binder {
    /// An item of FROM behind those before it.
    pub(super) fn bind_behind(&mut self, before: Option<Side>, item: &FromItem) -> Result<Side> {
        super::with_stack(|| {
            let nothing = Scope::default();
            let scope = before.as_ref().map_or(&nothing, |(_, scope)| scope);
            if let FromItem::Join(join) = item
                && join.alias.is_none()
                && before.is_some()
                && self.iterates(scope, leftmost(item))?
            {
                if matches!(join.kind, JoinKind::Right | JoinKind::Full) {
                    return Err(no_outer_join(join));
                }
                let left = self.bind_behind(before, &join.left)?;
                return self.join_behind(left, join);
            }
            if let Some(unnesting) = self.unnesting(scope, item).map_err(|e| e.at(super::from::position(item)))? {
                let before = before.unwrap_or_else(|| (node::one_row(), Scope::default()));
                return self.unnest(before, unnesting, Empty::Dropped);
            }
            let (plan, scope) = self.bind_item(item)?;
            let Some((left, mut left_scope)) = before else { return Ok((plan, scope)) };
            left_scope.append(scope).map_err(|error| error.at(super::from::position(item)))?;
            Ok((node::cross_join(left, plan)?, left_scope))
        })
    }

    /// A join whose left side is bound, where the right side iterates over it; none where it does not.
    pub(super) fn unnested_join(&mut self, left: &Side, join: &Join) -> Result<Option<Side>> {
        let Some(unnesting) = self.unnesting(&left.1, &join.right)? else { return Ok(None) };
        let left = left.clone();
        match (join.kind, &join.constraint) {
            (JoinKind::Right | JoinKind::Full, _) => Err(no_outer_join(join)),
            (JoinKind::Cross, _) => self.unnest(left, unnesting, Empty::Dropped).map(Some),
            (JoinKind::Left, JoinConstraint::On(condition)) if is_true(condition) => {
                self.unnest(left, unnesting, Empty::Kept).map(Some)
            }
            (JoinKind::Inner, JoinConstraint::On(condition)) => {
                let (plan, scope) = self.unnest(left, unnesting, Empty::Dropped)?;
                let mut block = Block::over(Arc::new(scope));
                let conditions = self.conjuncts(condition, Clause::JoinOn, &mut block)?;
                let pending = std::mem::take(&mut block.pending);
                let plan = self.join_in(plan, pending, conditions, &[])?;
                Ok(Some((plan, Arc::unwrap_or_clone(block.scope))))
            }
            (JoinKind::Left, JoinConstraint::On(condition)) => {
                self.unnest_matching(left, unnesting, condition).map(Some)
            }
            _ => {
                let message = "unnesting of SUPER values is only supported in joins with ON";
                Err(Error::unsupported(message).at(join.pos))
            }
        }
    }

    /// A left join with the elements for which a condition holds: a row that has none stays, with NULL for an element.
    ///
    /// The rows are numbered before they get elements. Of a row's elements those stay that match, and else one, emptied.
    fn unnest_matching(&mut self, (plan, scope): Side, unnesting: Unnesting, condition: &ast::Expr) -> Result<Side> {
        let before = scope.columns.len();
        let (plan, row) = self.with_row_number(plan, RowNumbers::default())?;
        let (plan, scope) = self.unnest((plan, scope), unnesting, Empty::Kept)?;
        let names: Vec<String> = scope.columns.iter().map(|column| column.internal.clone()).collect();
        let mut block = Block::over(Arc::new(scope));
        let conditions = self.conjuncts(condition, Clause::JoinOn, &mut block)?;
        if !block.pending.is_empty() {
            let message = "sub-queries are not supported in the ON clause of a left join that unnests a SUPER value";
            return Err(Error::unsupported(message).at(condition.pos));
        }
        let holds = node::all_of(conditions).ok_or_else(|| Error::internal("an ON without a condition"))?;
        let matches = self.fresh();
        let plan = node::extend(plan, vec![PlanExpr::IsTrue(Box::new(holds)).alias(matches.clone())])?;
        let matches = node::column(matches);
        let numbers = RowNumbers {
            partition: vec![node::column(row)],
            order: vec![SortExpr::new(matches.clone(), false, false)],
        };
        let (plan, place) = self.with_row_number(plan, numbers)?;
        let kept = matches.clone().or(node::column(place).eq(lit(1_u64)));
        let plan = node::filter(plan, vec![kept])?;
        let outputs = names.into_iter().enumerate().map(|(index, name)| {
            if index < before {
                return Ok(node::column(name));
            }
            planned(when(matches.clone(), node::column(name.clone())).end()).map(|value| value.alias(name))
        });
        let plan = node::project(plan, outputs.collect::<Result<_>>()?)?;
        Ok((plan, Arc::unwrap_or_clone(block.scope)))
    }

    /// The same rows with their numbers, counted from 1, in a column of the name that is given back.
    fn with_row_number(&mut self, plan: LogicalPlan, numbers: RowNumbers) -> Result<(LogicalPlan, String)> {
        let RowNumbers { partition, order } = numbers;
        let numbered = planned(row_number().partition_by(partition).order_by(order).build())?;
        let number = node::column(numbered.schema_name().to_string());
        let names = node::field_names(&plan);
        let name = self.fresh();
        let mut outputs: Vec<PlanExpr> = names.into_iter().map(node::column).collect();
        outputs.push(number.alias(name.clone()));
        Ok((node::project(node::window(plan, vec![numbered])?, outputs)?, name))
    }

    fn unnest(&mut self, (plan, mut scope): Side, unnesting: Unnesting, empty: Empty) -> Result<Side> {
        let mode = Mode::of_setting(&self.ctx, "navigate_super_null_on_error");
        let insensitive = collation::is_insensitive(&unnesting.value);
        let value = collation::sensitive(unnesting.value).expr;
        if mentions_name(&value, RECURSIVE)? {
            // "Limitations" of SUPER.
            let message = "Unnesting of SUPER columns of a recursive common table expression is not supported.";
            return Err(Error::unsupported(message));
        }
        self.from_reads.outer_elements |= value.contains_outer();
        let mut lists = Vec::with_capacity(unnesting.lists.len());
        let mut columns = Vec::with_capacity(unnesting.lists.len());
        let table = unnesting.table.as_ref().map(|_| 0);
        for (name, what) in unnesting.lists {
            let suffix = if matches!(what, Listed::Values | Listed::Names) { UNPIVOTED } else { "" };
            let internal = format!("{}{suffix}", self.fresh());
            lists.push(listed(value.clone(), what, mode).alias(internal.clone()));
            let exposure = if table.is_some() { Exposure::Full } else { Exposure::Variable };
            // The collation is that of the values, not of attributes' names.
            let collated = insensitive && what.ty() == RedshiftType::Super;
            let origin = collated.then(|| Arc::new(ColumnOrigin::without_case()));
            columns.push(ScopeColumn {
                table,
                name,
                internal,
                ty: what.ty(),
                origin,
                exposure,
                value: ColumnValue::Varying,
            });
        }
        let names = columns.iter().map(|column| column.internal.clone());
        let plan = rows_of_lists(node::extend(plan, lists)?, names, empty)?;
        let named = unnesting.table.or_else(|| columns.first().map(|column| column.name.clone()));
        let tables = named.map(|name| ScopeTable { path: None, name }).into_iter().collect();
        scope.append(Scope { tables, columns })?;
        Ok((plan, scope))
    }

    /// Does an item iterate over a value of these items, or of an enclosing block?
    fn iterates(&self, scope: &Scope, item: &FromItem) -> Result<bool> {
        Ok(match item {
            FromItem::Table { name, .. } => self.is_path(scope, name)?,
            FromItem::Path { .. } | FromItem::UnpivotObject { .. } => true,
            FromItem::Function { call, .. } => {
                matches!(&call.kind, ExprKind::Function(call) if self.fold(call.name.object()) == "unnest")
            }
            FromItem::Query { .. } | FromItem::Join(_) | FromItem::Pivot(_) | FromItem::Unpivot(_) => false,
        })
    }

    /// What an item iterates over; none where it is a relation.
    fn unnesting(&mut self, scope: &Scope, item: &FromItem) -> Result<Option<Unnesting>> {
        match item {
            FromItem::Table { name, alias, at } => {
                if !self.is_path(scope, name)? {
                    return match at {
                        Some(at) => {
                            Err(Error::unsupported("AT is only supported behind a path to a SUPER value").at(at.pos))
                        }
                        None => Ok(None),
                    };
                }
                let path = ast::Expr { kind: ExprKind::Column(name.clone()), pos: name.pos() };
                let value = self.iterated(&path, scope)?;
                self.elements(value, alias.as_ref(), at.as_ref(), name.object()).map(Some)
            }
            FromItem::Path { path: expr, alias, at } => {
                let value = self.iterated(expr, scope)?;
                self.elements(value, alias.as_ref(), at.as_ref(), last_name(expr)).map(Some)
            }
            FromItem::UnpivotObject { expr, value, attribute } => {
                let object = self.iterated(expr, scope)?;
                if object.expr.contains_outer() && mentions_name(&object.expr, UNPIVOTED)? {
                    return Err(Error::unsupported("Correlated unpivoting is not supported.").at(expr.pos));
                }
                let mut lists = vec![(self.fold(value), Listed::Values)];
                lists.extend(attribute.as_ref().map(|name| (self.fold(name), Listed::Names)));
                Ok(Some(Unnesting { value: object, lists, table: None }))
            }
            FromItem::Function { call, with_offset, alias, at } => {
                self.function_elements(scope, call, *with_offset, (alias.as_ref(), at.as_ref()))
            }
            FromItem::Query { .. } | FromItem::Join(_) | FromItem::Pivot(_) | FromItem::Unpivot(_) => Ok(None),
        }
    }

    /// `UNNEST(value) [WITH OFFSET]`, and functions that give a SUPER.
    fn function_elements(
        &mut self,
        scope: &Scope,
        expr: &ast::Expr,
        with_offset: bool,
        (alias, at): (Option<&TableAlias>, Option<&Ident>),
    ) -> Result<Option<Unnesting>> {
        let ExprKind::Function(call) = &expr.kind else { return Ok(None) };
        let name = self.function_name(call)?;
        let value = if name == "unnest" {
            let [argument] = call.args.as_slice() else { return Ok(None) };
            self.value_over(argument, scope)?
        } else {
            let scalar = functions::classes(&name).is_some_and(|classes| classes.contains(&FunctionClass::Scalar));
            if !scalar {
                return Ok(None);
            }
            self.value_over(expr, scope)?
        };
        if value.ty != RedshiftType::Super {
            return Ok(None);
        }
        let Some(alias) = alias.filter(|alias| with_offset || !alias.columns.is_empty()) else {
            return self.elements(value, alias, at, call.name.object()).map(Some);
        };
        let mut names = alias.columns.iter().map(|(name, _)| self.fold(name));
        let mut lists = vec![(names.next().unwrap_or_else(|| self.fold(&alias.name)), Listed::Items)];
        if with_offset {
            lists.push((names.next().unwrap_or_else(|| "offset_col".to_string()), Listed::Places));
        }
        if names.next().is_some() {
            let message = format!(
                "table \"{}\" has {} columns available but {} columns specified",
                self.fold(&alias.name),
                lists.len(),
                alias.columns.len()
            );
            return Err(
                Error::new(redshift_sql_dialect::SqlState::INVALID_COLUMN_REFERENCE, message).at(alias.name.pos)
            );
        }
        Ok(Some(Unnesting { value, lists, table: Some(self.fold(&alias.name)) }))
    }

    /// The elements of an array under an alias, or under the last name of the path.
    fn elements(
        &self,
        value: Typed,
        alias: Option<&TableAlias>,
        at: Option<&Ident>,
        last: &Ident,
    ) -> Result<Unnesting> {
        if let Some(column) = alias.and_then(|alias| alias.columns.first()) {
            let message = "a list of column aliases is not supported behind a path to a SUPER value";
            return Err(Error::unsupported(message).at(column.0.pos));
        }
        let name = self.fold(alias.map_or(last, |alias| &alias.name));
        let mut lists = vec![(name, Listed::Items)];
        lists.extend(at.map(|at| (self.fold(at), Listed::Places)));
        Ok(Unnesting { value, lists, table: None })
    }

    /// A value that is iterated over.
    ///
    /// # Errors
    /// 42809 where it is no SUPER.
    fn iterated(&mut self, expr: &ast::Expr, scope: &Scope) -> Result<Typed> {
        let value = self.value_over(expr, scope)?;
        if value.ty == RedshiftType::Super {
            return Ok(value);
        }
        let message = format!("cannot iterate over a value of type {}, only over SUPER", value.ty.base_name());
        Err(Error::new(redshift_sql_dialect::SqlState::WRONG_OBJECT_TYPE, message).at(expr.pos))
    }

    fn value_over(&mut self, expr: &ast::Expr, scope: &Scope) -> Result<Typed> {
        let mut block = Block::over(Arc::new(scope.clone()));
        self.expr(expr, &mut block, Place::of(Clause::FunctionInFrom))
    }

    /// Does a name of FROM lead into a SUPER value? Its head is then an element's variable or a qualified column.
    fn is_path(&self, scope: &Scope, name: &ObjectName) -> Result<bool> {
        for end in (1..=name.0.len()).rev() {
            let head = ObjectName(name.0[..end].to_vec());
            if end == 1 {
                let name = self.fold(&name.0[0]);
                let is_it = |scope: &Scope| scope.variable(&name).is_some_and(|found| found.ty == RedshiftType::Super);
                return Ok(is_it(scope) || self.outer.iter().any(|outer| is_it(outer)));
            }
            let ty = match self.resolve_column(scope, &head)? {
                Resolved::Here(column) => column.ty,
                Resolved::Outer(typed) => typed.ty,
                Resolved::Nothing => continue,
            };
            if ty == RedshiftType::Super {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The first item of a chain of joins.
fn leftmost(item: &FromItem) -> &FromItem {
    let mut item = item;
    while let FromItem::Join(join) = item {
        item = &join.left;
    }
    item
}

fn is_true(condition: &ast::Expr) -> bool {
    matches!(condition.kind, ExprKind::Literal(Literal::Bool(true)))
}

/// "You can't use the SUPER data type and its alias in right joins or full outer joins."
fn no_outer_join(join: &Join) -> Error {
    Error::unsupported("SUPER values cannot be unnested in right joins or full outer joins").at(join.pos)
}

/// The name that a path ends with, places left out.
fn last_name(path: &ast::Expr) -> &Ident {
    static NAMELESS: std::sync::LazyLock<Ident> = std::sync::LazyLock::new(|| Ident::new("element"));
    let mut path = path;
    loop {
        path = match &path.kind {
            ExprKind::Column(name) => return name.object(),
            ExprKind::Subscript { step: PathStep::Field(name), .. } => return name,
            ExprKind::Subscript { expr, .. } | ExprKind::Cast { expr, .. } => expr,
            _ => return &NAMELESS,
        };
    }
}
