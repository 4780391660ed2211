//! Queries and their clauses.

use super::{Use, Visitor};
use crate::ast::{
    ConnectBy, FrameBound, FromItem, GroupBy, GroupingItem, Join, JoinConstraint, OrderByItem, Pivot, Query, QueryBody,
    Select, SelectItem, Unpivot, WindowFrame, WindowSpec, With,
};

/// Visits the parts of a query.
pub fn walk_query<V: Visitor + ?Sized>(visitor: &mut V, query: &Query) {
    let Query { with, body, order_by, limit, offset } = query;
    visitor.enter_scope();
    walk_with(visitor, with.as_ref());
    walk_body(visitor, body);
    walk_order_by(visitor, order_by);
    for expr in [limit, offset].into_iter().flatten() {
        visitor.visit_expr(expr);
    }
    visitor.leave_scope();
}

/// Visits the queries of WITH; each name is known behind its query, and in it where WITH is RECURSIVE.
pub fn walk_with<V: Visitor + ?Sized>(visitor: &mut V, with: Option<&With>) {
    let Some(With { recursive, ctes }) = with else { return };
    for cte in ctes {
        if *recursive {
            visitor.define_cte(&cte.name);
        }
        visitor.visit_query(&cte.query);
        if !recursive {
            visitor.define_cte(&cte.name);
        }
    }
}

fn walk_body<V: Visitor + ?Sized>(visitor: &mut V, body: &QueryBody) {
    match body {
        QueryBody::Select(select) => walk_select(visitor, select),
        QueryBody::SetOperation { op: _, all: _, left, right, pos: _ } => {
            walk_body(visitor, left);
            walk_body(visitor, right);
        }
        QueryBody::Nested(query) => visitor.visit_query(query),
        QueryBody::Values(rows) => rows.iter().flatten().for_each(|expr| visitor.visit_expr(expr)),
    }
}

fn walk_select<V: Visitor + ?Sized>(visitor: &mut V, select: &Select) {
    let Select {
        top,
        distinct: _,
        items,
        exclude: _,
        from,
        selection,
        connect_by,
        group_by,
        having,
        qualify,
        windows,
        pos: _,
    } = select;
    from.iter().for_each(|item| visitor.visit_from_item(item));
    walk_items(visitor, items);
    if let Some(ConnectBy { start_with, condition }) = connect_by {
        start_with.iter().chain([condition]).for_each(|expr| visitor.visit_expr(expr));
    }
    match group_by {
        GroupBy::None | GroupBy::All => {}
        GroupBy::Items(items) => items.iter().for_each(|item| walk_grouping(visitor, item)),
    }
    for expr in [top, selection, having, qualify].into_iter().flatten() {
        visitor.visit_expr(expr);
    }
    windows.iter().for_each(|(_, window)| walk_window(visitor, window));
}

fn walk_items<V: Visitor + ?Sized>(visitor: &mut V, items: &[SelectItem]) {
    items.iter().for_each(|SelectItem { expr, alias: _ }| visitor.visit_expr(expr));
}

fn walk_grouping<V: Visitor + ?Sized>(visitor: &mut V, item: &GroupingItem) {
    match item {
        GroupingItem::Expr(expr) => visitor.visit_expr(expr),
        GroupingItem::Rollup(sets) | GroupingItem::Cube(sets) | GroupingItem::GroupingSets(sets) => {
            sets.iter().flatten().for_each(|expr| visitor.visit_expr(expr));
        }
    }
}

/// Visits the expressions of ORDER BY.
pub(super) fn walk_order_by<V: Visitor + ?Sized>(visitor: &mut V, items: &[OrderByItem]) {
    items.iter().for_each(|OrderByItem { expr, descending: _, nulls_first: _ }| visitor.visit_expr(expr));
}

/// Visits the expressions of a window.
pub(super) fn walk_window<V: Visitor + ?Sized>(visitor: &mut V, window: &WindowSpec) {
    let WindowSpec { base: _, partition_by, order_by, frame } = window;
    partition_by.iter().for_each(|expr| visitor.visit_expr(expr));
    walk_order_by(visitor, order_by);
    let Some(WindowFrame { units: _, start, end, pos: _ }) = frame else { return };
    for bound in [start, end] {
        match bound {
            FrameBound::Preceding(expr) | FrameBound::Following(expr) => visitor.visit_expr(expr),
            FrameBound::UnboundedPreceding | FrameBound::CurrentRow | FrameBound::UnboundedFollowing => {}
        }
    }
}

/// Visits the parts of an item of FROM.
pub fn walk_from_item<V: Visitor + ?Sized>(visitor: &mut V, item: &FromItem) {
    match item {
        FromItem::Table { name, alias: _, at: _ } => visitor.visit_relation(name, Use::Read),
        FromItem::Path { path, alias: _, at: _ } => visitor.visit_expr(path),
        FromItem::Query { query, alias: _, pos: _ } => visitor.visit_query(query),
        FromItem::Function { call, with_offset: _, alias: _, at: _ } => visitor.visit_expr(call),
        FromItem::Join(join) => {
            let Join { left, right, kind: _, constraint, pos: _, alias: _ } = &**join;
            visitor.visit_from_item(left);
            visitor.visit_from_item(right);
            match constraint {
                JoinConstraint::On(condition) => visitor.visit_expr(condition),
                JoinConstraint::Using(_) | JoinConstraint::Natural | JoinConstraint::None => {}
            }
        }
        FromItem::UnpivotObject { expr, value: _, attribute: _ } => visitor.visit_expr(expr),
        FromItem::Pivot(pivot) => {
            let Pivot { input, aggregates, column: _, values, alias: _ } = &**pivot;
            visitor.visit_from_item(input);
            walk_items(visitor, aggregates);
            walk_items(visitor, values);
        }
        FromItem::Unpivot(unpivot) => {
            let Unpivot { input, include_nulls: _, value: _, name: _, columns, alias: _ } = &**unpivot;
            visitor.visit_from_item(input);
            columns.iter().filter_map(|(_, alias)| alias.as_ref()).for_each(|expr| visitor.visit_expr(expr));
        }
    }
}
