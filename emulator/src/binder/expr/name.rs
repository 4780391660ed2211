//! What the column of an expression without alias is called.

use redshift_sql_dialect::ast::{DataType, Expr, ExprKind, IntervalField, Literal, PathStep, TrimSide};

use crate::functions;

/// The name of a result's column, as Postgres 8.0 finds it: a column's own name, a function's, a cast's type, `case`,
/// or `?column?`.
pub(in crate::binder) fn output_name(
    expr: &Expr,
    fold: &dyn Fn(&redshift_sql_dialect::names::Ident) -> String,
) -> String {
    named(expr, fold).map_or_else(|| "?column?".to_string(), |(name, _)| name)
}

/// How much a name says: one that the user gave beats one that an expression's kind gives.
#[derive(PartialEq)]
enum Strength {
    Given,
    Kind,
}

fn named(expr: &Expr, fold: &dyn Fn(&redshift_sql_dialect::names::Ident) -> String) -> Option<(String, Strength)> {
    let kind = |name: &str| Some((name.to_string(), Strength::Kind));
    let given = |name: String| Some((name, Strength::Given));
    match &expr.kind {
        ExprKind::Column(name) => given(fold(name.object())),
        ExprKind::Function(call) => {
            let name = fold(call.name.object());
            // They read as CASE: its ELSE names the column.
            let otherwise = match name.as_str() {
                "nullif" => call.args.first(),
                "decode" if call.args.len() % 2 == 0 => call.args.last(),
                "decode" => None,
                _ => return given(functions::output_name(&name).to_string()),
            };
            match otherwise.and_then(|expr| named(expr, fold)) {
                Some((name, Strength::Given)) => given(name),
                _ => kind("case"),
            }
        }
        ExprKind::Cast { expr, ty, .. } => match named(expr, fold) {
            Some((name, Strength::Given)) => given(name),
            _ => kind(&type_name(ty, fold)),
        },
        ExprKind::Case { otherwise, .. } => match otherwise.as_ref().and_then(|expr| named(expr, fold)) {
            Some((name, Strength::Given)) => given(name),
            _ => kind("case"),
        },
        ExprKind::Literal(Literal::Bool(_)) => kind("bool"),
        ExprKind::Literal(Literal::Interval { qualifier: Some(qualifier), .. }) => {
            kind(if qualifier.from <= IntervalField::Month { "intervaly2m" } else { "intervald2s" })
        }
        ExprKind::Literal(Literal::Interval { .. }) => kind("interval"),
        ExprKind::Extract { .. } => given("date_part".to_string()),
        ExprKind::Position { .. } => given("position".to_string()),
        ExprKind::ObjectTransform { .. } => given("object_transform".to_string()),
        ExprKind::Substring { .. } => given("substring".to_string()),
        ExprKind::Trim { side, .. } => given(
            match side {
                TrimSide::Both => "btrim",
                TrimSide::Leading => "ltrim",
                TrimSide::Trailing => "rtrim",
            }
            .to_string(),
        ),
        ExprKind::AtTimeZone { .. } => given("timezone".to_string()),
        ExprKind::Collate { expr, .. } => named(expr, fold),
        ExprKind::Subscript { step: PathStep::Field(field), .. } => given(fold(field)),
        ExprKind::Subscript { expr, step: PathStep::Index(_) } => named(expr, fold),
        ExprKind::Array { .. } | ExprKind::ArrayQuery(_) => kind("array"),
        ExprKind::Row(_) => kind("row"),
        ExprKind::Prior(expr) | ExprKind::OuterJoinMark(expr) => named(expr, fold),
        ExprKind::Literal(_)
        | ExprKind::Parameter(_)
        | ExprKind::Unary { .. }
        | ExprKind::Binary { .. }
        | ExprKind::Chain { .. }
        | ExprKind::Like { .. }
        | ExprKind::Is { .. }
        | ExprKind::Between { .. }
        | ExprKind::InList { .. }
        | ExprKind::InQuery { .. }
        | ExprKind::QuantifiedQuery { .. }
        | ExprKind::QuantifiedArray { .. }
        | ExprKind::Exists { .. }
        | ExprKind::ScalarQuery(_)
        | ExprKind::Wildcard { .. }
        | ExprKind::Default => None,
    }
}

fn type_name(ty: &DataType, fold: &dyn Fn(&redshift_sql_dialect::names::Ident) -> String) -> String {
    match ty {
        DataType::Known(ty) => ty.internal_name().to_string(),
        DataType::Named(name) => fold(name.object()),
    }
}
