//! A query: WITH, a body, ORDER BY and LIMIT.

use std::sync::Arc;

use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlan};
use redshift_sql_dialect::{
    Error, Pos, Result,
    ast::{Expr, ExprKind, OrderByItem, Query, QueryBody, Select},
};

use super::{
    Binder, Bound, CastKind, Destination, RedshiftType, TrailingBlanks, Typed, node,
    order::{Limits, OrderKey, output},
    with_stack,
};
use crate::result::{ColumnOrigin, ColumnValue, ResultColumn};

/// What happens to untyped literals of a select list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Untyped {
    /// They become VARCHAR.
    Settle,
    /// They stay: the caller knows a type for them.
    Keep,
}

/// An output column of a query whose projection is still to be built.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub typed: Typed,
    pub name: String,
    pub origin: Option<Arc<ColumnOrigin>>,
    pub pos: Pos,
    pub value: ColumnValue,
}

/// A query whose projection is still to be built, so that its literals can take another type.
#[derive(Debug)]
pub(super) struct Open {
    pub plan: LogicalPlan,
    pub items: Vec<Item>,
}

impl Binder {
    /// Binds a query.
    ///
    /// # Errors
    /// Every way in which a query can be wrong; with the position where it is.
    pub fn query(&mut self, query: &Query) -> Result<Bound> {
        self.query_for(query, Destination::Client)
    }

    /// Binds a query whose rows go somewhere.
    ///
    /// # Errors
    /// As [`Binder::query`], and where no node could compute the rows.
    pub fn query_for(&mut self, query: &Query, destination: Destination) -> Result<Bound> {
        let mut bound = self.bound(query, Untyped::Settle)?;
        // Of the catalog's values none ends with a blank, so that how they are compared makes no difference.
        if destination == Destination::Client && self.uses.reads_nothing() && self.ctx.blanks.compared() {
            bound = self.bound_on_leader(query)?;
        }
        self.check_nodes(destination)?;
        Ok(match destination {
            Destination::Table => self.storable_intervals(bound)?,
            Destination::Definition => self.with_text_of_leader(query, bound),
            Destination::Client => self.described(bound),
        })
    }

    /// A view's column that PostgreSQL's LPAD makes of constants is the TEXT that pg_proc says: Trino's tests have seen it on
    /// clusters. Of other functions nobody has told.
    fn with_text_of_leader(&self, query: &Query, bound: Bound) -> Bound {
        let QueryBody::Select(select) = &query.body else { return bound };
        let is_one = |expr: &Expr| match &expr.kind {
            ExprKind::Function(call) => {
                self.fold(call.name.object()) == "lpad"
                    && call.args.iter().all(|arg| matches!(arg.kind, ExprKind::Literal(_)))
            }
            _ => false,
        };
        let is_wildcard = |expr: &Expr| matches!(expr.kind, ExprKind::Wildcard { .. });
        let items = || select.items.iter().map(|item| &item.expr);
        if items().any(is_wildcard) || !items().any(is_one) {
            return bound;
        }
        let of_leader = |(expr, column): (&Expr, &ResultColumn)| match is_one(expr) && column.ty.is_string() {
            true => ResultColumn { ty: RedshiftType::Text, ..column.clone() },
            false => column.clone(),
        };
        Bound { columns: items().zip(bound.columns.iter()).map(of_leader).collect(), ..bound }
    }

    /// Binds a query again that turned out to run on the leader node.
    fn bound_on_leader(&mut self, query: &Query) -> Result<Bound> {
        self.ctx.effects.forget();
        let compared = std::mem::replace(&mut self.ctx.blanks, TrailingBlanks::counting());
        let bound = self.bound(query, Untyped::Settle);
        self.ctx.blanks = compared;
        bound
    }

    /// An interval without a qualifier, as the difference of two timestamps is, is kept as DAY TO SECOND.
    fn storable_intervals(&mut self, bound: Bound) -> Result<Bound> {
        if !bound.columns.iter().any(|column| column.ty == RedshiftType::Interval) {
            return Ok(bound);
        }
        let Open { plan, items } = Open::of(bound);
        let cast = |item: Item| match item.typed.ty {
            RedshiftType::Interval => self.cast_item(item, RedshiftType::DAY_TO_SECOND, CastKind::Assignment),
            _ => Ok(item),
        };
        let items = items.into_iter().map(cast).collect::<Result<_>>()?;
        self.close(Open { plan, items }, Untyped::Settle)
    }

    /// The columns' names as the client is told them (`describe_field_name_in_uppercase`).
    fn described(&self, bound: Bound) -> Bound {
        let uppercase = self.ctx.session.settings.get("describe_field_name_in_uppercase");
        if uppercase.is_none_or(|value| value != "on") {
            return bound;
        }
        let upper = |column: &ResultColumn| ResultColumn { name: column.name.to_uppercase(), ..column.clone() };
        Bound { columns: bound.columns.iter().map(upper).collect(), ..bound }
    }

    pub(super) fn bound(&mut self, query: &Query, untyped: Untyped) -> Result<Bound> {
        let depth = self.ctes.len();
        let bound = with_stack(|| {
            self.bind_with(query.with.as_ref())?;
            self.body_and_tail(query, untyped)
        });
        self.ctes.truncate(depth);
        bound
    }

    /// Binds a sub-query.
    pub(super) fn nested(&mut self, query: &Query) -> Result<Bound> {
        self.subquery_depth += 1;
        let bound = self.bound(query, Untyped::Settle);
        self.subquery_depth -= 1;
        bound
    }

    fn body_and_tail(&mut self, query: &Query, untyped: Untyped) -> Result<Bound> {
        match &query.body {
            QueryBody::Select(select) => {
                let limits = self.limits(query, select.top.as_ref())?;
                let open = self.open_select(select, &query.order_by)?;
                self.finish_select(open, select.distinct, limits, untyped)
            }
            body => {
                let limits = self.limits(query, None)?;
                let bound = self.body(body, untyped)?;
                self.order_and_limit(bound, &query.order_by, limits)
            }
        }
    }

    /// The body of a query, without ORDER BY and LIMIT of its own.
    pub(super) fn body(&mut self, body: &QueryBody, untyped: Untyped) -> Result<Bound> {
        let open = self.open_body(body)?;
        self.close(open, untyped)
    }

    /// The body of a query, its projection still open.
    pub(super) fn open_body(&mut self, body: &QueryBody) -> Result<Open> {
        with_stack(|| match body {
            QueryBody::Select(select) if !select.distinct && select.top.is_none() => {
                let open = self.open_select(select, &[])?;
                Ok(Open { plan: open.plan, items: open.items })
            }
            QueryBody::Select(select) => {
                let top = select.top.as_ref().map(|top| self.row_limit(top, "LIMIT")).transpose()?.flatten();
                let open = self.open_select(select, &[])?;
                let limits = Limits { skip: 0, fetch: top };
                self.finish_select(open, select.distinct, limits, Untyped::Settle).map(Open::of)
            }
            QueryBody::SetOperation { .. } => self.set_operation(body),
            QueryBody::Nested(query) => self.open_query(query),
            QueryBody::Values(_) => Err(Error::unsupported("VALUES is only supported in INSERT")),
        })
    }

    /// A query, its projection still open where it has no ORDER BY and LIMIT; its literals without type, where it has.
    pub(super) fn open_query(&mut self, query: &Query) -> Result<Open> {
        let depth = self.ctes.len();
        let is_tailed = !query.order_by.is_empty() || query.limit.is_some() || query.offset.is_some();
        let open = self.bind_with(query.with.as_ref()).and_then(|()| match &query.body {
            QueryBody::Select(select) if is_tailed => self.tailed_select(query, select),
            _ if is_tailed => self.body_and_tail(query, Untyped::Settle).map(Open::of),
            body => self.open_body(body),
        });
        self.ctes.truncate(depth);
        open
    }

    /// A SELECT with ORDER BY or LIMIT. Its projection is built, but its untyped literals can still take another type.
    fn tailed_select(&mut self, query: &Query, select: &Select) -> Result<Open> {
        let limits = self.limits(query, select.top.as_ref())?;
        let open = self.open_select(select, &query.order_by)?;
        let is_untyped = |item: &&Item| !select.distinct && item.typed.ty == RedshiftType::Unknown;
        let literals: Vec<Option<Typed>> =
            open.items.iter().map(|item| Some(item).filter(is_untyped).map(|item| item.typed.clone())).collect();
        let mut tailed = Open::of(self.finish_select(open, select.distinct, limits, Untyped::Settle)?);
        for (item, literal) in tailed.items.iter_mut().zip(literals) {
            if let Some(literal) = literal.filter(|literal| matches!(literal.expr, PlanExpr::Literal(..))) {
                item.typed = literal;
            }
        }
        Ok(tailed)
    }

    /// Builds the projection of an open query.
    pub(super) fn close(&mut self, open: Open, untyped: Untyped) -> Result<Bound> {
        let mut exprs = Vec::with_capacity(open.items.len());
        let mut columns = Vec::with_capacity(open.items.len());
        for item in open.items {
            let item = if untyped == Untyped::Settle { self.settled(item)? } else { item };
            let (expr, _) = self.renamed(item.typed.expr);
            exprs.push(expr);
            columns.push(ResultColumn { name: item.name, ty: item.typed.ty, origin: item.origin, value: item.value });
        }
        Ok(Bound { plan: node::project(open.plan, exprs)?, columns: columns.into() })
    }

    pub(super) fn settled(&self, item: Item) -> Result<Item> {
        if item.typed.ty != RedshiftType::Unknown {
            return Ok(item);
        }
        let typed = super::settle(item.typed, &self.ctx).map_err(|error| error.at(item.pos))?;
        Ok(Item { typed, ..item })
    }

    /// Casts an output column.
    pub(super) fn cast_item(&self, item: Item, ty: RedshiftType, kind: CastKind) -> Result<Item> {
        let typed = super::cast(item.typed, ty, kind, &self.ctx).map_err(|error| error.at(item.pos))?;
        Ok(Item { typed, origin: None, value: ColumnValue::Varying, ..item })
    }

    /// ORDER BY and LIMIT over a set operation or a nested query: by its output columns.
    fn order_and_limit(&mut self, bound: Bound, order_by: &[OrderByItem], limits: Limits) -> Result<Bound> {
        let names = node::field_names(&bound.plan);
        let mut keys = Vec::with_capacity(order_by.len());
        for item in order_by {
            let output_names: Vec<&str> = bound.columns.iter().map(|column| column.name.as_str()).collect();
            let index = self.output_position(&item.expr, &output_names)?.ok_or_else(|| {
                let message = "ORDER BY on a UNION/INTERSECT/EXCEPT result must be on one of the result columns";
                Error::unsupported(message).at(item.expr.pos)
            })?;
            let by = output(&names[index], &bound.columns[index]);
            keys.push(OrderKey::new(item).sort_expr(self.sort_key_of(by)?));
        }
        let plan = node::limit(node::sort(bound.plan, keys), limits.skip, limits.fetch);
        Ok(Bound { plan, columns: bound.columns })
    }

    fn limits(&mut self, query: &Query, top: Option<&Expr>) -> Result<Limits> {
        if let (Some(top), Some(_)) = (top, &query.limit) {
            return Err(super::syntax("cannot use both TOP and LIMIT in one query").at(top.pos));
        }
        let fetch = match query.limit.as_ref().or(top) {
            Some(limit) => self.row_limit(limit, "LIMIT")?,
            None => None,
        };
        let skip = match &query.offset {
            Some(offset) => self.row_limit(offset, "OFFSET")?.unwrap_or(0),
            None => 0,
        };
        Ok(Limits { skip, fetch })
    }
}

impl Open {
    /// A query whose projection is built: its columns can still be cast.
    pub(super) fn of(bound: Bound) -> Open {
        let names = node::field_names(&bound.plan);
        let items = bound.columns.iter().zip(names).map(|(result, name)| Item {
            typed: Typed::new(node::column(name), result.ty),
            name: result.name.clone(),
            origin: result.origin.clone(),
            pos: 0,
            value: result.value,
        });
        Open { items: items.collect(), plan: bound.plan }
    }
}
