//! WITH: common table expressions, recursive ones among them.
//!
//! A common table expression is bound once, where it stands; each reference projects its plan under new names.
//!
//! A recursive one is `seed UNION ALL step`, where the step reads the expression's own name: the rows that the last
//! round gave. DataFusion runs it, with a work table that the step scans. Developer guide, "WITH clause".

use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use datafusion::{
    catalog::cte_worktable::CteWorkTable,
    common::{Column as PlanColumn, TableReference, metadata::FieldMetadata, tree_node::TreeNode},
    datasource::provider_as_source,
    logical_expr::{Expr as PlanExpr, LogicalPlan, LogicalPlanBuilder, RecursiveQuery},
};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Cte, FromItem, Query, QueryBody, SetOperator, With},
    names::ObjectName,
    types::{MAX_VARCHAR, sized},
};

use super::{
    Binder, Bound, CastKind,
    node::{self, column},
    planned,
    query::{Open, Untyped},
    relation::Source,
    scope::{Exposure, ScopeColumn},
    setop::sides,
    unnest::RECURSIVE,
};
use crate::{
    result::ResultColumn,
    types::{arrow_field, arrow_type},
};

/// A common table expression in sight.
#[derive(Debug, Clone)]
pub(super) struct CteScope {
    name: String,
    plan: CtePlan,
    columns: Vec<ResultColumn>,
}

impl CteScope {
    fn is_recursive(&self) -> bool {
        match &self.plan {
            CtePlan::Bound(plan) => matches!(plan, LogicalPlan::RecursiveQuery(_)),
            CtePlan::WorkTable(_) => true,
        }
    }
}

#[derive(Debug, Clone)]
enum CtePlan {
    /// Its rows.
    Bound(LogicalPlan),
    /// The rows of the last round, inside its own step.
    WorkTable(Arc<CteWorkTable>),
}

/// Has a member of a recursive query an ORDER BY or LIMIT of its own, in parentheses?
fn is_ordered_or_limited(body: &QueryBody) -> bool {
    match body {
        QueryBody::Nested(query) => {
            !query.order_by.is_empty()
                || query.limit.is_some()
                || query.offset.is_some()
                || is_ordered_or_limited(&query.body)
        }
        _ => false,
    }
}

impl Binder {
    /// Binds the expressions of a WITH clause and puts them in sight; the caller takes them out again.
    pub(super) fn bind_with(&mut self, with: Option<&With>) -> Result<()> {
        let Some(with) = with else { return Ok(()) };
        let first = self.ctes.len();
        for cte in &with.ctes {
            let name = self.fold(&cte.name);
            if self.ctes[first..].iter().any(|known| known.name == name) {
                let message = format!("WITH query name \"{name}\" specified more than once");
                return Err(Error::new(SqlState::DUPLICATE_ALIAS, message).at(cte.name.pos));
            }
            let bound = if with.recursive && reads(&cte.query, &|read| self.fold(read) == name) {
                self.recursive(cte, &name)?
            } else {
                let bound = self.nested(&cte.query)?;
                self.with_names(cte, bound)?
            };
            self.ctes.push(CteScope { name, plan: CtePlan::Bound(bound.plan), columns: bound.columns.to_vec() });
        }
        Ok(())
    }

    /// The rows of the common table expression of this name, if one is in sight.
    pub(super) fn cte(&mut self, name: &str) -> Result<Option<Source>> {
        let Some(cte) = self.ctes.iter().rev().find(|cte| cte.name == name).cloned() else { return Ok(None) };
        let recursive = cte.is_recursive();
        let (plan, fields): (LogicalPlan, Vec<PlanExpr>) = match cte.plan {
            CtePlan::Bound(plan) => {
                let fields = node::field_names(&plan).into_iter().map(column).collect();
                (plan, fields)
            }
            CtePlan::WorkTable(table) => {
                let reference = TableReference::bare(table.name());
                let fields = table.schema();
                let fields = fields
                    .fields()
                    .iter()
                    .map(|field| PlanExpr::Column(PlanColumn::new(Some(reference.clone()), field.name())))
                    .collect();
                let scan = LogicalPlanBuilder::scan(reference, provider_as_source(table), None);
                (planned(scan.and_then(LogicalPlanBuilder::build))?, fields)
            }
        };
        let mut exprs = Vec::with_capacity(fields.len());
        let mut columns = Vec::with_capacity(fields.len());
        for (field, result) in fields.into_iter().zip(cte.columns) {
            let (expr, internal) = if recursive && result.ty == RedshiftType::Super {
                let internal = format!("{}{RECURSIVE}", self.fresh());
                (field.alias(internal.clone()), internal)
            } else {
                self.renamed(field)
            };
            exprs.push(expr);
            columns.push(ScopeColumn {
                table: None,
                name: result.name,
                internal,
                ty: result.ty,
                origin: result.origin,
                exposure: Exposure::Full,
                value: result.value,
            });
        }
        Ok(Some(Source { plan: node::project(plan, exprs)?, columns, identity: None }))
    }

    /// Is it the name of a recursive common table expression in sight?
    pub(super) fn is_recursive(&self, name: &ObjectName) -> bool {
        let [bare] = name.0.as_slice() else { return false };
        let name = self.fold(bare);
        let found = self.ctes.iter().rev().find(|cte| cte.name == name);
        found.is_some_and(CteScope::is_recursive)
    }

    /// Gives the columns the names of the expression's column list.
    fn with_names(&self, cte: &Cte, bound: Bound) -> Result<Bound> {
        if cte.columns.is_empty() {
            return Ok(bound);
        }
        if cte.columns.len() > bound.columns.len() {
            let message = format!(
                "WITH query \"{}\" has {} columns available but {} columns specified",
                self.fold(&cte.name),
                bound.columns.len(),
                cte.columns.len()
            );
            return Err(Error::new(SqlState::INVALID_COLUMN_REFERENCE, message).at(cte.name.pos));
        }
        let mut columns = bound.columns.to_vec();
        for (column, name) in columns.iter_mut().zip(&cte.columns) {
            column.name = self.fold(name);
        }
        Ok(Bound { columns: columns.into(), ..bound })
    }

    fn recursive(&mut self, cte: &Cte, name: &str) -> Result<Bound> {
        let refuse = |message: String| Error::new(SqlState::INVALID_RECURSION, message).at(cte.name.pos);
        // "You can't specify a WITH RECURSIVE clause inside a subquery."
        if self.subquery_depth > 0 {
            let message = "Recursive CTE in subquery are not supported.";
            return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message).at(cte.name.pos));
        }
        // "For a recursive CTE, the column_name list is required."
        if cte.columns.is_empty() {
            let message = format!("recursive common table expression \"{name}\" must have a list of column names");
            return Err(super::syntax(message).at(cte.name.pos));
        }
        if !cte.query.order_by.is_empty() || cte.query.limit.is_some() || cte.query.offset.is_some() {
            let message = "ORDER BY or LIMIT in a recursive query is not supported";
            return Err(Error::unsupported(message).at(cte.name.pos));
        }
        let QueryBody::SetOperation { op: SetOperator::Union, all: true, .. } = &cte.query.body else {
            let message = format!(
                "recursive query \"{name}\" does not have the form non-recursive-term UNION ALL recursive-term"
            );
            return Err(refuse(message));
        };
        let depth = self.ctes.len();
        self.bind_with(cte.query.with.as_ref())?;
        let is_self = |read: &redshift_sql_dialect::names::Ident| self.fold(read) == name;
        let sides = sides(&cte.query.body, SetOperator::Union, true);
        let seed_first = sides.first().is_some_and(|side| !body_reads(side, &is_self));
        let (steps, seeds): (Vec<&QueryBody>, Vec<&QueryBody>) =
            sides.into_iter().partition(|side| body_reads(side, &is_self));
        if !seed_first || steps.is_empty() {
            let message =
                format!("recursive reference to query \"{name}\" must not appear within its non-recursive term");
            return Err(refuse(message));
        }
        if steps.iter().any(|step| is_ordered_or_limited(step)) {
            let message = "ORDER BY or LIMIT in a recursive query is not supported";
            return Err(Error::unsupported(message).at(cte.name.pos));
        }
        let seed = self.side_by_side(&seeds)?;
        let seed = self.with_names(cte, seed)?;
        let bound = self.with_steps(name, seed, &steps).map_err(|error| error.at(cte.name.pos))?;
        self.ctes.truncate(depth);
        Ok(bound)
    }

    /// The rows of several sides of UNION ALL.
    fn side_by_side(&mut self, sides: &[&QueryBody]) -> Result<Bound> {
        let opens = sides.iter().map(|side| self.open_body(side)).collect::<Result<Vec<_>>>()?;
        let (plans, columns) = self.unified(opens, SetOperator::Union, 0)?;
        let items = Open::of(Bound { plan: node::union_all(plans)?, columns: columns.into() });
        self.close(items, Untyped::Settle)
    }

    /// Binds the steps over a work table of the seed's types; where a step gives wider ones, both take those.
    fn with_steps(&mut self, name: &str, seed: Bound, steps: &[&QueryBody]) -> Result<Bound> {
        let mut seed = seed;
        for _ in 0..2 {
            let (table, step) = self.step(name, &seed, steps)?;
            let types: Vec<RedshiftType> =
                seed.columns.iter().zip(step.columns.iter()).map(|(seed, step)| step_type(seed.ty, step.ty)).collect();
            let settled = types.iter().zip(seed.columns.iter()).all(|(ty, column)| *ty == column.ty);
            if settled {
                return self.recursive_plan(table, seed, step);
            }
            seed = self.retyped(seed, &types)?;
        }
        let (table, step) = self.step(name, &seed, steps)?;
        self.recursive_plan(table, seed, step)
    }

    fn step(&mut self, name: &str, seed: &Bound, steps: &[&QueryBody]) -> Result<(Arc<CteWorkTable>, Bound)> {
        let fields = seed.columns.iter().zip(node::field_names(&seed.plan));
        let fields: Vec<Field> =
            fields.map(|(result, internal)| Field::new(internal, arrow_type(result.ty), true)).collect();
        let table = Arc::new(CteWorkTable::new(&self.fresh(), Arc::new(Schema::new(fields))));
        self.ctes.push(CteScope {
            name: name.to_string(),
            plan: CtePlan::WorkTable(table.clone()),
            columns: seed.columns.to_vec(),
        });
        let step = self.side_by_side(steps);
        self.ctes.pop();
        let step = step?;
        if step.columns.len() != seed.columns.len() {
            return Err(super::syntax("each UNION query must have the same number of columns"));
        }
        Ok((table, step))
    }

    fn recursive_plan(&mut self, table: Arc<CteWorkTable>, seed: Bound, step: Bound) -> Result<Bound> {
        let types: Vec<RedshiftType> = seed.columns.iter().map(|column| column.ty).collect();
        let step = self.retyped(step, &types)?;
        if totals(&step.plan, table.name())? {
            let message = "aggregate functions not allowed in a recursive query's recursive term";
            return Err(Error::new(SqlState::INVALID_RECURSION, message));
        }
        // The rounds have the seed's fields: a constant's has no declared type with it, a column's has.
        let (start, next) = (declared(seed.plan, &types)?, declared(step.plan, &types)?);
        let query = RecursiveQuery::try_new(table.name().to_string(), Arc::new(start), Arc::new(next), false);
        Ok(Bound { plan: LogicalPlan::RecursiveQuery(planned(query)?), columns: seed.columns })
    }

    fn retyped(&mut self, bound: Bound, types: &[RedshiftType]) -> Result<Bound> {
        let open = Open::of(bound);
        let items = open.items.into_iter().zip(types).map(|(item, ty)| {
            if item.typed.ty == *ty { Ok(item) } else { self.cast_item(item, *ty, CastKind::Explicit) }
        });
        let items = items.collect::<Result<Vec<_>>>()?;
        self.close(Open { plan: open.plan, items }, Untyped::Keep)
    }
}

/// The rows of a plan, its fields marked with these types.
fn declared(plan: LogicalPlan, types: &[RedshiftType]) -> Result<LogicalPlan> {
    let fields = node::field_names(&plan).into_iter().zip(types);
    let marked = fields.map(|(name, ty)| {
        let metadata = FieldMetadata::new_from_field(&arrow_field(&name, *ty));
        column(name.clone()).alias_with_metadata(name, Some(metadata))
    });
    let exprs = marked.collect();
    node::project(plan, exprs)
}

/// Does a step aggregate the rows of the last round?
fn totals(step: &LogicalPlan, table: &str) -> Result<bool> {
    planned(step.exists(|node| {
        match node {
            LogicalPlan::Aggregate(aggregate) => aggregate
                .input
                .exists(|node| Ok(matches!(node, LogicalPlan::TableScan(scan) if scan.table_name.table() == table))),
            _ => Ok(false),
        }
    }))
}

/// The type that holds the rows of the seed and of the steps.
fn step_type(seed: RedshiftType, step: RedshiftType) -> RedshiftType {
    use RedshiftType::*;
    match (seed, step) {
        // Each round may make strings longer.
        (Varchar(held), Varchar(given)) if sized(given) > sized(held) => Varchar(MAX_VARCHAR),
        (Varchar(held), Varchar(given)) if held != given => Varchar(sized(held)),
        (Char(_), Varchar(_)) => Varchar(MAX_VARCHAR),
        (Int2, Int4 | Int8 | Numeric { .. } | Float8) => step,
        (Int4, Int8 | Numeric { .. } | Float8) => step,
        (Int8, Numeric { .. } | Float8) => step,
        (Numeric { .. }, Numeric { precision, scale }) if seed != step && precision >= scale => {
            RedshiftType::numeric(redshift_sql_dialect::types::MAX_PRECISION, scale)
        }
        (Float4, Float8) => Float8,
        _ => seed,
    }
}

/// Does a query read a table of such a name in FROM?
fn reads(query: &Query, is_it: &dyn Fn(&redshift_sql_dialect::names::Ident) -> bool) -> bool {
    body_reads(&query.body, is_it) || query.with.iter().flat_map(|with| &with.ctes).any(|cte| reads(&cte.query, is_it))
}

fn body_reads(body: &QueryBody, is_it: &dyn Fn(&redshift_sql_dialect::names::Ident) -> bool) -> bool {
    match body {
        QueryBody::Select(select) => select.from.iter().any(|item| item_reads(item, is_it)),
        QueryBody::SetOperation { left, right, .. } => body_reads(left, is_it) || body_reads(right, is_it),
        QueryBody::Nested(query) => reads(query, is_it),
        QueryBody::Values(_) => false,
    }
}

fn item_reads(item: &FromItem, is_it: &dyn Fn(&redshift_sql_dialect::names::Ident) -> bool) -> bool {
    match item {
        FromItem::Table { name, .. } => matches!(name.0.as_slice(), [only] if is_it(only)),
        FromItem::Query { query, .. } => reads(query, is_it),
        FromItem::Join(join) => item_reads(&join.left, is_it) || item_reads(&join.right, is_it),
        FromItem::Pivot(pivot) => item_reads(&pivot.input, is_it),
        FromItem::Unpivot(unpivot) => item_reads(&unpivot.input, is_it),
        FromItem::Path { .. } | FromItem::Function { .. } | FromItem::UnpivotObject { .. } => false,
    }
}
