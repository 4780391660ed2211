//! FROM: its items and the scope that they make.

use std::sync::Arc;

use datafusion::logical_expr::LogicalPlan;
use redshift_sql_dialect::{
    Error, Result,
    ast::{Expr, ExprKind, FromItem, FunctionCall, Query, TableAlias},
    names::ObjectName,
};

use super::{
    Binder,
    block::{Block, Clause, Place},
    node,
    relation::Source,
    scope::{Exposure, Scope, ScopeColumn, ScopeTable},
};
use crate::{
    catalog::RowIdentity,
    execution::planning,
    functions::{self, FunctionClass},
    result::ColumnValue,
};

/// What the items of a FROM clause read.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct FromReads {
    /// Relations, sub-queries, functions.
    pub(super) relations: bool,
    /// Elements of a SUPER value of an enclosing query.
    pub(super) outer_elements: bool,
}

impl Binder {
    /// The items of a FROM clause, all pairs of their rows.
    pub(super) fn bind_from(&mut self, items: &[FromItem]) -> Result<(LogicalPlan, Scope)> {
        if items.len() > planning::MOST_JOINS {
            return Err(planning::too_many_joins());
        }
        let around = std::mem::take(&mut self.from_reads);
        let mut result: Option<(LogicalPlan, Scope)> = None;
        for item in items {
            result = Some(self.bind_behind(result, item)?);
        }
        let reads = std::mem::replace(&mut self.from_reads, around);
        if reads.relations && reads.outer_elements {
            // "... the query can only refer to its parent table and not other tables": "Limitations" of SUPER.
            let message = "Other tables are not supported in a subquery that unnests a SUPER value of an outer query.";
            return Err(Error::unsupported(message));
        }
        Ok(result.unwrap_or_else(|| (node::one_row(), Scope::default())))
    }

    pub(super) fn bind_item(&mut self, item: &FromItem) -> Result<(LogicalPlan, Scope)> {
        self.from_reads.relations |= !matches!(item, FromItem::Join(_));
        super::with_stack(|| match item {
            FromItem::Table { name, alias, .. } => self.bind_table(name, alias.as_ref()),
            FromItem::Query { query, alias, pos } => {
                self.bind_derived(query, alias.as_ref()).map_err(|error| error.at(*pos))
            }
            FromItem::Function { call, alias, .. } => {
                self.bind_row_function(call, alias.as_ref()).map_err(|error| error.at(call.pos))
            }
            FromItem::Join(join) => self.join(join),
            FromItem::Path { path: expr, .. } | FromItem::UnpivotObject { expr, .. } => {
                Err(Error::unsupported("a path to a SUPER value is not supported here").at(expr.pos))
            }
            FromItem::Pivot(pivot) => self.pivot(pivot),
            FromItem::Unpivot(unpivot) => self.unpivot(unpivot),
        })
    }

    fn bind_table(&mut self, name: &ObjectName, alias: Option<&TableAlias>) -> Result<(LogicalPlan, Scope)> {
        if let [bare] = name.0.as_slice() {
            let folded = self.fold(bare);
            if let Some(source) = self.cte(&folded)? {
                let table = ScopeTable { path: None, name: folded };
                return self.aliased(source, alias, Some(table));
            }
        }
        let relation = self.resolve(name)?;
        let identity = match &self.identified {
            Some(asked) if asked.relation == relation.oid => RowIdentity::Included,
            Some(_) | None => RowIdentity::Omitted,
        };
        let source = self.source(&relation, identity).map_err(|error| error.at(name.pos()))?;
        if let (Some(places), Some(asked)) = (&source.identity, &mut self.identified) {
            asked.found.push(places.clone());
        }
        let path = (self.database_of(&relation)?, relation.schema.clone());
        let table = ScopeTable { path: Some(path), name: relation.name.clone() };
        self.aliased(source, alias, Some(table))
    }

    fn bind_derived(&mut self, query: &Query, alias: Option<&TableAlias>) -> Result<(LogicalPlan, Scope)> {
        let bound = self.nested(query)?;
        let names = node::field_names(&bound.plan);
        let columns = bound.columns.iter().zip(names).map(|(result, internal)| ScopeColumn {
            table: None,
            name: result.name.clone(),
            internal,
            ty: result.ty,
            origin: result.origin.clone(),
            exposure: Exposure::Full,
            value: result.value,
        });
        self.aliased(Source { columns: columns.collect(), plan: bound.plan, identity: None }, alias, None)
    }

    /// A function that gives rows: `generate_series(1, 3)`, `pg_get_late_binding_view_cols() cols(...)`.
    fn bind_row_function(&mut self, expr: &Expr, alias: Option<&TableAlias>) -> Result<(LogicalPlan, Scope)> {
        let ExprKind::Function(call) = &expr.kind else {
            return Err(Error::unsupported("only a function call is supported in FROM"));
        };
        let name = self.function_name(call)?;
        let set = functions::classes(&name).is_some_and(|classes| classes.contains(&FunctionClass::Set));
        if !set {
            return self.bind_scalar_function(name, expr, alias);
        }
        let args = self.function_arguments(&name, call)?;
        self.uses_function(&name, &args);
        let definition = alias.map(|alias| {
            alias.columns.iter().map(|(name, ty)| {
                let ty = ty.as_ref().map(|ty| self.data_type(ty)).transpose()?;
                Ok((self.fold(name), ty))
            })
        });
        let definition = definition.map(|columns| columns.collect::<Result<Vec<_>>>()).transpose()?;
        let rows = functions::rows(&name, args, &definition.unwrap_or_default(), &self.ctx)?;
        let mut columns = Vec::with_capacity(rows.columns.len());
        let mut exprs = Vec::with_capacity(rows.columns.len());
        for (field, (shown, ty)) in node::field_names(&rows.plan).into_iter().zip(rows.columns) {
            let (expr, internal) = self.renamed(node::column(field));
            exprs.push(expr);
            // A function of one column gives it its alias' name.
            let shown = match alias {
                Some(alias) if rows.single && alias.columns.is_empty() => self.fold(&alias.name),
                _ => shown,
            };
            columns.push(ScopeColumn {
                table: None,
                name: shown,
                internal,
                ty,
                origin: None,
                exposure: Exposure::Full,
                value: ColumnValue::Varying,
            });
        }
        let source = Source { plan: node::project(rows.plan, exprs)?, columns, identity: None };
        self.aliased(source, alias, Some(ScopeTable { path: None, name }))
    }

    pub(super) fn function_arguments(&mut self, name: &str, call: &FunctionCall) -> Result<Vec<super::Typed>> {
        let mut block = Block::over(Arc::new(Scope::default()));
        self.arguments(name, &call.args, &mut block, Place::of(Clause::FunctionInFrom))
    }

    /// A function of one value as a relation of one row.
    fn bind_scalar_function(
        &mut self,
        name: String,
        call: &Expr,
        alias: Option<&TableAlias>,
    ) -> Result<(LogicalPlan, Scope)> {
        let mut block = Block::over(Arc::new(Scope::default()));
        let typed = self.expr(call, &mut block, Place::of(Clause::FunctionInFrom))?;
        let typed = super::settle(typed, &self.ctx)?;
        let (expr, internal) = self.renamed(typed.expr.clone());
        let shown = alias.map_or_else(|| functions::output_name(&name).to_string(), |alias| self.fold(&alias.name));
        let columns = vec![ScopeColumn::computed(shown, &typed, internal)];
        let source = Source { plan: node::project(node::one_row(), vec![expr])?, columns, identity: None };
        self.aliased(source, alias, Some(ScopeTable { path: None, name }))
    }

    /// Puts a relation's columns in a scope, under its alias or its own name.
    pub(super) fn aliased(
        &mut self,
        source: Source,
        alias: Option<&TableAlias>,
        own: Option<ScopeTable>,
    ) -> Result<(LogicalPlan, Scope)> {
        let mut columns = source.columns;
        let table = match alias {
            Some(alias) => {
                let name = self.fold(&alias.name);
                let names: Vec<_> = alias.columns.iter().map(|(name, _)| name).collect();
                self.rename_columns(&name, &mut columns, names.into_iter())
                    .map_err(|error| error.at(alias.name.pos))?;
                Some(ScopeTable { path: None, name })
            }
            None => own,
        };
        if let Some(table) = &table {
            if let Some(labels) = &mut self.labels {
                labels.named(table, &columns);
            }
            for column in &mut columns {
                column.table = Some(0);
            }
        }
        Ok((source.plan, Scope { tables: table.into_iter().collect(), columns }))
    }
}

/// Where an item of FROM begins.
pub(super) fn position(item: &FromItem) -> u32 {
    match item {
        FromItem::Table { name, alias, .. } => alias.as_ref().map_or(name.pos(), |alias| alias.name.pos),
        FromItem::Query { alias, pos, .. } => alias.as_ref().map_or(*pos, |alias| alias.name.pos),
        FromItem::Function { call, alias, .. } => alias.as_ref().map_or(call.pos, |alias| alias.name.pos),
        FromItem::Join(join) => join.pos,
        FromItem::Path { path: expr, .. } | FromItem::UnpivotObject { expr, .. } => expr.pos,
        FromItem::Pivot(pivot) => position(&pivot.input),
        FromItem::Unpivot(unpivot) => position(&unpivot.input),
    }
}
