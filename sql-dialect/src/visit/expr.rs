//! Expressions.

use super::{
    Visitor,
    query::{walk_order_by, walk_window},
};
use crate::ast::{Expr, ExprKind, FunctionCall, Link, PathStep};

/// Visits the parts of an expression.
pub fn walk_expr<V: Visitor + ?Sized>(visitor: &mut V, expr: &Expr) {
    match &expr.kind {
        ExprKind::Literal(_)
        | ExprKind::Column(_)
        | ExprKind::Parameter(_)
        | ExprKind::Wildcard { qualifier: _, exclude: _ }
        | ExprKind::Default => {}
        ExprKind::Subscript { expr, step } => {
            visitor.visit_expr(expr);
            match step {
                PathStep::Index(index) => visitor.visit_expr(index),
                PathStep::Field(_) => {}
            }
        }
        ExprKind::Unary { op: _, expr }
        | ExprKind::Is { expr, test: _, negated: _ }
        | ExprKind::Cast { expr, ty: _, safety: _, length: _ }
        | ExprKind::Extract { part: _, expr }
        | ExprKind::Collate { expr, collation: _ }
        | ExprKind::Prior(expr)
        | ExprKind::OuterJoinMark(expr) => visitor.visit_expr(expr),
        ExprKind::Binary { op: _, left, right } => both(visitor, left, right),
        ExprKind::Chain { first, rest } => {
            visitor.visit_expr(first);
            for Link { op: _, pos: _, operand } in rest {
                visitor.visit_expr(operand);
            }
        }
        ExprKind::QuantifiedArray { expr, op: _, quantifier: _, array } => both(visitor, expr, array),
        ExprKind::Position { needle, haystack } => both(visitor, needle, haystack),
        ExprKind::AtTimeZone { expr, zone } => both(visitor, expr, zone),
        ExprKind::Like { kind: _, negated: _, expr, pattern, escape } => {
            both(visitor, expr, pattern);
            optional(visitor, escape);
        }
        ExprKind::Between { expr, negated: _, low, high } => {
            visitor.visit_expr(expr);
            both(visitor, low, high);
        }
        ExprKind::InList { expr, negated: _, list } => {
            visitor.visit_expr(expr);
            each(visitor, list);
        }
        ExprKind::InQuery { expr, negated: _, query }
        | ExprKind::QuantifiedQuery { expr, op: _, quantifier: _, query } => {
            visitor.visit_expr(expr);
            visitor.visit_query(query);
        }
        ExprKind::Exists { negated: _, query } | ExprKind::ScalarQuery(query) | ExprKind::ArrayQuery(query) => {
            visitor.visit_query(query);
        }
        ExprKind::Row(items) | ExprKind::Array { items, constructor: _ } => each(visitor, items),
        ExprKind::Case { operand, branches, otherwise } => {
            optional(visitor, operand);
            branches.iter().for_each(|(condition, result)| both(visitor, condition, result));
            optional(visitor, otherwise);
        }
        ExprKind::Function(call) => walk_call(visitor, call),
        ExprKind::ObjectTransform { input, keep, set } => {
            visitor.visit_expr(input);
            each(visitor, keep);
            set.iter().for_each(|(path, value)| both(visitor, path, value));
        }
        ExprKind::Substring { expr, from, length } => {
            visitor.visit_expr(expr);
            optional(visitor, from);
            optional(visitor, length);
        }
        ExprKind::Trim { side: _, characters, expr } => {
            optional(visitor, characters);
            visitor.visit_expr(expr);
        }
    }
}

fn walk_call<V: Visitor + ?Sized>(visitor: &mut V, call: &FunctionCall) {
    let FunctionCall { name: _, args, parentheses: _, distinct: _, approximate: _, within_group, nulls: _, over } =
        call;
    visitor.visit_call(call);
    each(visitor, args);
    walk_order_by(visitor, within_group);
    over.iter().for_each(|window| walk_window(visitor, window));
}

fn both<V: Visitor + ?Sized>(visitor: &mut V, left: &Expr, right: &Expr) {
    visitor.visit_expr(left);
    visitor.visit_expr(right);
}

fn each<V: Visitor + ?Sized>(visitor: &mut V, exprs: &[Expr]) {
    exprs.iter().for_each(|expr| visitor.visit_expr(expr));
}

fn optional<V: Visitor + ?Sized>(visitor: &mut V, expr: &Option<Box<Expr>>) {
    expr.iter().for_each(|expr| visitor.visit_expr(expr));
}
