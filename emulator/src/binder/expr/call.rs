//! Calls: scalar functions, aggregates, GROUPING.

use datafusion::{
    common::tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    logical_expr::{Expr as PlanExpr, SortExpr},
};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Expr, ExprKind, FunctionCall, Literal, OrderByItem},
};

use super::{Binder, Typed, literal::unknown};
use crate::{
    binder::{
        block::{Block, Clause, GroupingCall, Place, placeholder},
        order::check_sortable,
        planned,
    },
    functions::{self, AggregateParts, FunctionClass, OrderedArg, collation},
};

/// Schemas whose functions are the built-in ones.
const BUILT_IN_SCHEMAS: [&str; 2] = ["pg_catalog", "information_schema"];

impl Binder {
    /// A call, as what its name and its OVER make it.
    pub(super) fn call<'q>(&mut self, call: &'q FunctionCall, block: &mut Block<'q>, place: Place) -> Result<Typed> {
        let users = self.user_functions(call)?;
        if !users.is_empty() {
            return self.user_function_call(&users, call, block, place);
        }
        let name = self.function_name(call)?;
        let classes = functions::classes(&name);
        let is = |class: FunctionClass| classes.is_some_and(|classes| classes.contains(&class));
        if call.over.is_some() {
            if classes.is_some() && !is(FunctionClass::Window) {
                let message = format!("OVER specified, but {name} is not a window function nor an aggregate function");
                return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message));
            }
            return self.window_call(name, call, block, place);
        }
        if matches!(name.as_str(), "grouping" | "grouping_id") {
            return self.grouping_call(call, block, place);
        }
        // ST_Collect of two geometries is no aggregate.
        if is(FunctionClass::Aggregate) && !(is(FunctionClass::Scalar) && call.args.len() > 1) {
            return self.aggregate_call(name, call, block, place);
        }
        if is(FunctionClass::Window) {
            let message = format!("window function call requires an OVER clause: {name}");
            return Err(Error::new(SqlState::WINDOWING_ERROR, message));
        }
        if is(FunctionClass::Set) && !is(FunctionClass::Scalar) {
            if let Some(found) = block.set_calls.get(&call.name.pos()) {
                return Ok(found.clone());
            }
            return Err(Error::unsupported(format!("function {name} is only supported in the FROM clause")));
        }
        self.scalar_call(name, call, block, place)
    }

    /// The folded name of a call.
    ///
    /// # Errors
    /// 42883 for a function of a schema of users.
    pub(in crate::binder) fn function_name(&self, call: &FunctionCall) -> Result<String> {
        let name = self.fold(call.name.object());
        match call.name.schema().map(|schema| self.fold(schema)) {
            Some(schema) if !BUILT_IN_SCHEMAS.contains(&schema.as_str()) => {
                if !self.ctx.catalog.has_schema(&schema)? {
                    let message = format!("schema \"{schema}\" does not exist");
                    return Err(Error::new(SqlState::INVALID_SCHEMA_NAME, message));
                }
                Err(functions::no_such_function(&format!("{schema}.{name}"), &[]))
            }
            _ => Ok(name),
        }
    }

    fn scalar_call<'q>(
        &mut self,
        name: String,
        call: &'q FunctionCall,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Typed> {
        let aggregates_only = [
            ("DISTINCT", call.distinct),
            ("WITHIN GROUP", !call.within_group.is_empty()),
            ("APPROXIMATE", call.approximate),
            ("IGNORE NULLS", call.nulls.is_some()),
        ];
        if let Some((words, _)) = aggregates_only.iter().find(|(_, given)| *given) {
            let message = format!("{words} specified, but {name} is not an aggregate function");
            return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message));
        }
        if let [Expr { kind: ExprKind::Wildcard { .. }, .. }] = call.args.as_slice() {
            return Err(functions::no_such_function(&name, &[]));
        }
        let args = self.arguments(&name, &call.args, block, place)?;
        if let Some(schema) = call.name.schema()
            && functions::classes(&name).is_none()
            && !functions::yields_to_users(&name)
        {
            return Err(functions::no_such_function(&format!("{}.{name}", self.fold(schema)), &args));
        }
        let is_bare = call.name.schema().is_none() && !call.name.object().quoted;
        if is_bare && functions::is_word_of_grammar(&name) {
            return Err(functions::no_such_function(&name, &args));
        }
        self.uses_function(&name, &args);
        functions::scalar(&name, args, &self.ctx)
    }

    /// The arguments of a call; a date part may be a bare word.
    pub(in crate::binder) fn arguments<'q>(
        &mut self,
        name: &str,
        args: &'q [Expr],
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Vec<Typed>> {
        let mut bound = Vec::with_capacity(args.len());
        for (index, arg) in args.iter().enumerate() {
            if index == 0
                && functions::takes_date_part(name)
                && let Some(part) = self.date_part(arg)
            {
                bound.push(part);
                continue;
            }
            bound.push(self.expr(arg, block, place)?);
        }
        Ok(bound)
    }

    fn date_part(&self, arg: &Expr) -> Option<Typed> {
        match &arg.kind {
            ExprKind::Column(name) if name.0.len() == 1 => Some(unknown(&self.fold(name.object()))),
            ExprKind::Literal(Literal::String(part)) => Some(unknown(&part.to_lowercase())),
            _ => None,
        }
    }

    fn aggregate_call<'q>(
        &mut self,
        name: String,
        call: &'q FunctionCall,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Typed> {
        if let Some(error) = place.clause.refuses_aggregates() {
            return Err(error);
        }
        let inside = Place::of(Clause::AggregateArgument);
        let args = self.aggregate_arguments(&call.args, block, inside)?;
        self.uses_function(&name, &args);
        if call.distinct {
            args.iter().try_for_each(|arg| check_sortable(arg.ty))?;
        }
        let parts = AggregateParts {
            name,
            args,
            distinct: call.distinct,
            within_group: self.ordered_args(&call.within_group, block, inside)?,
            approximate: call.approximate,
        };
        self.check_order(&parts, block)?;
        check_distinct(&parts, block)?;
        let insensitive = parts.args.iter().any(collation::is_insensitive);
        let typed = functions::aggregate(parts, &self.ctx)?;
        let ty = typed.ty;
        let expr = self.take_out(typed.expr, |binder, node| match node {
            PlanExpr::AggregateFunction(_) => {
                if is_of_outer_block(node) {
                    return Some(Err(super::super::scope::unsupported_correlation()));
                }
                Some(Ok(block.take_aggregate(node.clone(), || binder.fresh())))
            }
            _ => None,
        })?;
        Ok(collation::inherited(Typed::new(expr, ty), insensitive))
    }

    /// "If a statement includes multiple calls to sort-based aggregate functions (LISTAGG, PERCENTILE_CONT, or MEDIAN), they
    /// must all use the same ORDER BY values. Note that MEDIAN applies an implicit order by on the expression value."
    fn check_order(&self, parts: &AggregateParts, block: &mut Block<'_>) -> Result<()> {
        let keys: Vec<_> = match (parts.name.as_str(), &parts.args[..]) {
            ("listagg" | "percentile_cont", _) => {
                parts.within_group.iter().map(|key| (key.value.expr.clone(), key.ascending, key.nulls_first)).collect()
            }
            ("median", [value]) => vec![(value.expr.clone(), true, false)],
            _ => return Ok(()),
        };
        if keys.is_empty() {
            return Ok(());
        }
        if block.sort_keys.is_empty() {
            block.sort_keys = keys;
        } else if block.sort_keys != keys {
            let message = "within group ORDER BY clauses for aggregate functions must be the same";
            return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
        }
        Ok(())
    }

    /// The arguments of an aggregate: none for `*`.
    pub(super) fn aggregate_arguments<'q>(
        &mut self,
        args: &'q [Expr],
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Vec<Typed>> {
        match args {
            [Expr { kind: ExprKind::Wildcard { qualifier: None, .. }, .. }] => Ok(Vec::new()),
            _ => args.iter().map(|arg| self.expr(arg, block, place)).collect(),
        }
    }

    /// Replaces what `taken` takes by columns of the names that it gives.
    pub(super) fn take_out(
        &mut self,
        expr: PlanExpr,
        mut taken: impl FnMut(&mut Binder, &PlanExpr) -> Option<Result<String>>,
    ) -> Result<PlanExpr> {
        let mut failure = None;
        let replaced = expr.transform_down(|node| {
            Ok(match taken(self, &node) {
                None => Transformed::no(node),
                Some(Ok(name)) => Transformed::new(crate::binder::node::column(name), true, TreeNodeRecursion::Jump),
                Some(Err(error)) => {
                    failure = Some(error);
                    Transformed::new(node, false, TreeNodeRecursion::Stop)
                }
            })
        });
        match failure {
            Some(error) => Err(error),
            None => planned(replaced).map(|replaced| replaced.data),
        }
    }

    /// ORDER BY within an aggregate or a window: expressions only, no ordinals.
    pub(in crate::binder) fn sort_exprs<'q>(
        &mut self,
        items: &'q [OrderByItem],
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Vec<SortExpr>> {
        let keys = self.ordered_args(items, block, place)?;
        let sorted = |key: OrderedArg| Ok(SortExpr::new(self.sort_key_of(key.value)?, key.ascending, key.nulls_first));
        keys.into_iter().map(sorted).collect()
    }

    pub(super) fn ordered_args<'q>(
        &mut self,
        items: &'q [OrderByItem],
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Vec<OrderedArg>> {
        items
            .iter()
            .map(|item| {
                Ok(OrderedArg {
                    value: self.expr(&item.expr, block, place)?,
                    ascending: !item.descending,
                    nulls_first: item.nulls_first.unwrap_or(item.descending),
                })
            })
            .collect()
    }

    /// GROUPING(a) and GROUPING_ID(a, b): which of the expressions the row's grouping set leaves out, a bit for each.
    fn grouping_call<'q>(&mut self, call: &'q FunctionCall, block: &mut Block<'q>, place: Place) -> Result<Typed> {
        if place.clause.refuses_aggregates().is_some() {
            let message = format!("GROUPING is not allowed in {}", place.clause.words());
            return Err(Error::new(SqlState::GROUPING_ERROR, message));
        }
        let inside = Place::of(Clause::AggregateArgument);
        let args = call.args.iter().map(|arg| Ok(self.expr(arg, block, inside)?.expr)).collect::<Result<Vec<_>>>()?;
        let name = self.fresh();
        block.groupings.push(GroupingCall { args, name: name.clone(), pos: call.name.pos() });
        Ok(placeholder(&name, RedshiftType::Int4))
    }
}

/// "You can't use the LISTAGG, PERCENTILE_CONT, and MEDIAN aggregate functions with other distinct aggregate functions."
fn check_distinct(parts: &AggregateParts, block: &mut Block<'_>) -> Result<()> {
    match parts.name.as_str() {
        "listagg" | "percentile_cont" | "median" => block.sorts = true,
        _ if parts.distinct => block.distinct_aggregates = true,
        _ => {}
    }
    if block.sorts && block.distinct_aggregates {
        let message = "Using LISTAGG/PERCENTILE_CONT/MEDIAN aggregate functions with other distinct aggregate function \
                       not supported";
        return Err(Error::unsupported(message));
    }
    Ok(())
}

/// Does an aggregate refer to enclosing blocks only? Then SQL computes it there, which Redshift cannot.
fn is_of_outer_block(aggregate: &PlanExpr) -> bool {
    aggregate.contains_outer() && aggregate.column_refs().is_empty()
}
