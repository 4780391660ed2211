//! The parts of an expression.

use redshift_sql_dialect::ast::{Expr, ExprKind, FunctionCall, PathStep};

/// The expressions right below an expression; sub-queries are not entered.
pub(in crate::binder) fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Literal(_)
        | ExprKind::Column(_)
        | ExprKind::Parameter(_)
        | ExprKind::Exists { .. }
        | ExprKind::ScalarQuery(_)
        | ExprKind::ArrayQuery(_)
        | ExprKind::Wildcard { .. }
        | ExprKind::Default => Vec::new(),
        ExprKind::Subscript { expr, step: PathStep::Field(_) }
        | ExprKind::Unary { expr, .. }
        | ExprKind::Is { expr, .. }
        | ExprKind::InQuery { expr, .. }
        | ExprKind::QuantifiedQuery { expr, .. }
        | ExprKind::Cast { expr, .. }
        | ExprKind::Extract { expr, .. }
        | ExprKind::Collate { expr, .. }
        | ExprKind::Prior(expr)
        | ExprKind::OuterJoinMark(expr) => vec![expr],
        ExprKind::Subscript { expr, step: PathStep::Index(index) } => vec![expr, index],
        ExprKind::Binary { left, right, .. } => vec![left, right],
        ExprKind::Chain { first, rest } => {
            std::iter::once(first.as_ref()).chain(rest.iter().map(|link| &link.operand)).collect()
        }
        ExprKind::Like { expr, pattern, escape, .. } => {
            [expr, pattern].into_iter().chain(escape).map(AsRef::as_ref).collect()
        }
        ExprKind::Between { expr, low, high, .. } => vec![expr, low, high],
        ExprKind::InList { expr, list, .. } => std::iter::once(expr.as_ref()).chain(list).collect(),
        ExprKind::QuantifiedArray { expr, array, .. } => vec![expr, array],
        ExprKind::Row(items) | ExprKind::Array { items, .. } => items.iter().collect(),
        ExprKind::Case { operand, branches, otherwise } => {
            let branches = branches.iter().flat_map(|(when, then)| [when, then]);
            operand.iter().map(AsRef::as_ref).chain(branches).chain(otherwise.iter().map(AsRef::as_ref)).collect()
        }
        ExprKind::Function(call) => call_children(call),
        ExprKind::Position { needle, haystack } => vec![needle, haystack],
        ExprKind::Substring { expr, from, length } => {
            std::iter::once(expr).chain(from).chain(length).map(AsRef::as_ref).collect()
        }
        ExprKind::Trim { characters, expr, .. } => characters.iter().chain([expr]).map(AsRef::as_ref).collect(),
        ExprKind::AtTimeZone { expr, zone } => vec![expr, zone],
        ExprKind::ObjectTransform { input, keep, set } => {
            let set = set.iter().flat_map(|(path, value)| [path, value]);
            std::iter::once(input.as_ref()).chain(keep).chain(set).collect()
        }
    }
}

fn call_children(call: &FunctionCall) -> Vec<&Expr> {
    let mut found: Vec<&Expr> = call.args.iter().collect();
    found.extend(call.within_group.iter().map(|item| &item.expr));
    if let Some(over) = &call.over {
        found.extend(&over.partition_by);
        found.extend(over.order_by.iter().map(|item| &item.expr));
    }
    found
}

/// Is there such an expression in this one, itself included?
pub(in crate::binder) fn contains(expr: &Expr, is_it: &dyn Fn(&Expr) -> bool) -> bool {
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        if is_it(expr) {
            return true;
        }
        open.extend(children(expr));
    }
    false
}
