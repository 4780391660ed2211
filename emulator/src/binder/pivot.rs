//! PIVOT of rows into columns and UNPIVOT of columns into rows.
//!
//! Developer guide, "PIVOT and UNPIVOT examples". PIVOT groups by the columns that it does not mention; each aggregate
//! comes once for each value, over the rows with that value. UNPIVOT is a UNION ALL with a side for each column.

use std::sync::Arc;

use datafusion::{
    common::tree_node::{Transformed, TreeNode},
    logical_expr::{Expr as PlanExpr, LogicalPlan},
    scalar::ScalarValue,
};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{BinaryOp, Expr, ExprKind, FromItem, Literal, Pivot, SelectItem, TableAlias, Unpivot},
    names::Ident,
    types::MAX_VARCHAR,
};

use super::{
    Binder, CastKind, Typed,
    block::{Block, Clause, Place, Stage},
    expr::output_name,
    from::position,
    grouping::{Compared, Groups},
    node::{self, column},
    planned,
    query::{Item, Open, Untyped},
    relation::Source,
    scope::{Exposure, Scope, ScopeColumn},
    select::Later,
};
use crate::result::ColumnValue;

/// The aggregates that PIVOT takes.
const AGGREGATES: [&str; 5] = ["count", "sum", "min", "max", "avg"];

impl Binder {
    pub(super) fn pivot(&mut self, pivot: &Pivot) -> Result<(LogicalPlan, Scope)> {
        let (plan, scope) = self.pivot_input(&pivot.input, "PIVOT")?;
        let pivoted = self.pivot_column(&scope, &pivot.column)?;
        let mut block = Block::over(Arc::new(scope));
        let mut values = Vec::with_capacity(pivot.values.len());
        for value in &pivot.values {
            values.push(self.pivot_value(value, &pivoted, &mut block)?);
        }
        let mut outputs = Vec::new();
        let mut used = vec![pivoted.internal.clone()];
        for (condition, name) in &values {
            for aggregate in &pivot.aggregates {
                let typed = self.pivot_aggregate(aggregate, condition, &mut used, &mut block)?;
                let name = match &aggregate.alias {
                    Some(alias) => format!("{name}_{}", self.fold(alias)),
                    None => name.clone(),
                };
                outputs.push(Item { typed, name, origin: None, pos: aggregate.expr.pos, value: ColumnValue::Varying });
            }
        }
        let implicit: Vec<&ScopeColumn> =
            block.scope.columns.iter().filter(|c| c.is_shown() && !used.contains(&c.internal)).collect();
        let groups = Groups {
            exprs: implicit.iter().map(|c| column(c.internal.clone())).collect(),
            compared: implicit.iter().map(|c| Compared::of(&c.collated())).collect(),
            sets: None,
        };
        let items = implicit.into_iter().map(|c| Item::column(c.clone(), 0)).chain(outputs).collect();
        let pending = block.take_pending(Stage::Input);
        let plan = self.join_in(plan, pending, Vec::new(), &[])?;
        let mut later = Later { items, having: Vec::new(), qualify: Vec::new(), order: Vec::new() };
        let plan = self.aggregate(plan, groups, &mut block, &mut later)?;
        self.pivoted(Open { plan, items: later.items }, pivot.alias.as_ref())
    }

    /// The rows that PIVOT and UNPIVOT turn: a table or a sub-query.
    fn pivot_input(&mut self, input: &FromItem, verb: &str) -> Result<(LogicalPlan, Scope)> {
        let recursive = match input {
            FromItem::Table { name, .. } => self.is_recursive(name),
            _ => false,
        };
        if recursive || !matches!(input, FromItem::Table { .. } | FromItem::Query { .. }) {
            let message = format!("{verb} can only be applied to a table, a sub-query or a common table expression");
            return Err(Error::unsupported(message).at(position(input)));
        }
        self.bind_item(input)
    }

    fn pivot_column(&self, scope: &Scope, name: &Ident) -> Result<ScopeColumn> {
        let folded = self.fold(name);
        scope.columns.iter().find(|column| column.is_shown() && column.name == folded).cloned().ok_or_else(|| {
            Error::new(SqlState::UNDEFINED_COLUMN, format!("column \"{folded}\" does not exist")).at(name.pos)
        })
    }

    /// The condition that a value of the IN list makes, and its name.
    fn pivot_value<'q>(
        &mut self,
        value: &'q SelectItem,
        pivoted: &ScopeColumn,
        block: &mut Block<'q>,
    ) -> Result<(PlanExpr, String)> {
        let name = match &value.alias {
            Some(alias) => self.fold(alias),
            None => self.constant_name(&value.expr),
        };
        let pending = block.pending.len();
        let typed = self.expr(&value.expr, block, Place::of(Clause::Where))?;
        if !typed.expr.column_refs().is_empty() || block.pending.len() > pending || holds_query(&typed.expr)? {
            let message = "PIVOT IN list values cannot be column references or sub-queries";
            return Err(Error::unsupported(message).at(value.expr.pos));
        }
        if typed.is_null_literal() {
            return Ok((column(pivoted.internal.clone()).is_null(), name));
        }
        let test = super::binary(BinaryOp::Eq, pivoted.collated(), typed, &self.ctx);
        Ok((test.map_err(|error| error.at(value.expr.pos))?.expr, name))
    }

    /// A constant as the name of a column: itself.
    fn constant_name(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Literal(Literal::Null) => "null".to_string(),
            ExprKind::Literal(Literal::Bool(value)) => value.to_string(),
            ExprKind::Literal(
                Literal::Integer(text) | Literal::Decimal(text) | Literal::Float(text) | Literal::String(text),
            ) => text.clone(),
            _ => output_name(expr, &|ident| self.fold(ident)),
        }
    }

    /// An aggregate over the rows for which a condition holds.
    fn pivot_aggregate<'q>(
        &mut self,
        item: &'q SelectItem,
        condition: &PlanExpr,
        used: &mut Vec<String>,
        block: &mut Block<'q>,
    ) -> Result<Typed> {
        let refuse = || {
            Error::unsupported("PIVOT supports the aggregate functions COUNT, SUM, MIN, MAX and AVG only")
                .at(item.expr.pos)
        };
        let ExprKind::Function(call) = &item.expr.kind else { return Err(refuse()) };
        if call.over.is_some() || !AGGREGATES.contains(&self.function_name(call)?.as_str()) {
            return Err(refuse());
        }
        let mut apart = std::mem::take(&mut block.aggregates);
        let typed = self.expr(&item.expr, block, Place::of(Clause::Select))?;
        if block.aggregates.iter().any(|taken| taken.expr.contains_outer()) {
            return Err(super::scope::unsupported_correlation().at(item.expr.pos));
        }
        let mut renames = Vec::new();
        for taken in std::mem::take(&mut block.aggregates) {
            used.extend(taken.expr.column_refs().into_iter().map(|column| column.name.clone()));
            let name = self.fresh();
            renames.push((taken.name, name.clone()));
            apart.push(super::block::Taken { expr: filtered(taken.expr, condition)?, name });
        }
        block.aggregates = apart;
        let expr = typed.expr.transform_up(|node| {
            Ok(match &node {
                PlanExpr::Column(found) => match renames.iter().find(|(old, _)| *old == found.name) {
                    Some((_, new)) => Transformed::yes(column(new.clone())),
                    None => Transformed::no(node),
                },
                _ => Transformed::no(node),
            })
        });
        Ok(Typed::new(planned(expr)?.data, typed.ty))
    }

    pub(super) fn unpivot(&mut self, unpivot: &Unpivot) -> Result<(LogicalPlan, Scope)> {
        let (plan, scope) = self.pivot_input(&unpivot.input, "UNPIVOT")?;
        let turned =
            unpivot.columns.iter().map(|(name, _)| self.pivot_column(&scope, name)).collect::<Result<Vec<_>>>()?;
        let values: Vec<Typed> = turned.iter().map(ScopeColumn::typed).collect();
        let ty = super::common_type(&values.iter().collect::<Vec<_>>(), "UNPIVOT")?;
        let implicit: Vec<ScopeColumn> = scope
            .columns
            .into_iter()
            .filter(|column| column.is_shown() && !turned.iter().any(|t| t.internal == column.internal))
            .collect();
        let (name_label, value_label) = (self.fold(&unpivot.name), self.fold(&unpivot.value));
        let mut sides = Vec::with_capacity(turned.len());
        for ((name, label), value) in unpivot.columns.iter().zip(values) {
            let label = self.unpivot_label(name, label.as_ref())?;
            let kept = if unpivot.include_nulls {
                plan.clone()
            } else {
                node::filter(plan.clone(), vec![value.expr.clone().is_not_null()])?
            };
            let value = super::cast(value, ty, CastKind::Implicit, &self.ctx)?;
            let computed = [(label, &name_label), (value, &value_label)];
            let computed = computed.map(|(typed, name)| Item {
                typed,
                name: name.clone(),
                origin: None,
                pos: 0,
                value: ColumnValue::Varying,
            });
            let items = implicit.iter().map(|c| Item::column(c.clone(), 0)).chain(computed).collect();
            sides.push(self.close(Open { plan: kept, items }, Untyped::Keep)?);
        }
        let columns = sides.first().map(|side| side.columns.clone()).unwrap_or_default();
        let plan = node::union_all(sides.into_iter().map(|side| side.plan).collect())?;
        self.pivoted(Open::of(super::Bound { plan, columns }), unpivot.alias.as_ref())
    }

    /// What UNPIVOT calls the values of a column: its alias or name, a VARCHAR.
    fn unpivot_label(&mut self, name: &Ident, label: Option<&Expr>) -> Result<Typed> {
        let text = match label {
            None => self.fold(name),
            Some(Expr { kind: ExprKind::Column(alias), .. }) => self.fold(alias.object()),
            Some(label) => match self.constant_as(label, RedshiftType::Varchar(MAX_VARCHAR), Clause::Where)? {
                ScalarValue::Utf8View(Some(text)) => text,
                _ => return Err(Error::unsupported("an alias of UNPIVOT must not be NULL").at(label.pos)),
            },
        };
        Ok(Typed::literal(ScalarValue::Utf8View(Some(text)), RedshiftType::Varchar(MAX_VARCHAR)))
    }

    fn pivoted(&mut self, open: Open, alias: Option<&TableAlias>) -> Result<(LogicalPlan, Scope)> {
        let bound = self.close(open, Untyped::Settle)?;
        let columns = bound.columns.iter().zip(node::field_names(&bound.plan)).map(|(result, internal)| ScopeColumn {
            table: None,
            name: result.name.clone(),
            internal,
            ty: result.ty,
            origin: None,
            exposure: Exposure::Full,
            value: ColumnValue::Varying,
        });
        let columns = columns.collect();
        self.aliased(Source { plan: bound.plan, columns, identity: None }, alias, None)
    }
}

/// Is a sub-query in it?
fn holds_query(expr: &PlanExpr) -> Result<bool> {
    planned(
        expr.exists(|node| {
            Ok(matches!(node, PlanExpr::ScalarSubquery(_) | PlanExpr::InSubquery(_) | PlanExpr::Exists(_)))
        }),
    )
}

/// The same aggregate over the rows for which a condition holds.
fn filtered(expr: PlanExpr, condition: &PlanExpr) -> Result<PlanExpr> {
    let filtered = expr.transform_down(|node| {
        Ok(match node {
            PlanExpr::AggregateFunction(mut function) => {
                function.params.filter = Some(Box::new(condition.clone()));
                Transformed::yes(PlanExpr::AggregateFunction(function))
            }
            other => Transformed::no(other),
        })
    });
    planned(filtered).map(|filtered| filtered.data)
}
