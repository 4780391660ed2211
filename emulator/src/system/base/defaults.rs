//! Defaults of columns as the catalog shows them, in the form that PostgreSQL 8.0 gives an expression (pg_attrdef.adsrc).
//!
//! Clusters show `true`, `NULL::character varying`, `('now'::character varying)::date` for CURRENT_DATE, `"current_user"()`,
//! `(2 + 3)` (DDL that was made from them by tools). What is written otherwise there than here and is not known stays as it
//! was written.

use redshift_sql_dialect::{
    RedshiftType,
    ast::{BinaryOp, DataType, Expr, ExprKind, FunctionCall, Literal},
    parse_expression,
};

use crate::system::built_in;

/// pg_type.oid of text.
const TEXT: u32 = 25;

/// A default of a column of this type.
pub(crate) fn shown(default: &str, ty: RedshiftType) -> String {
    parse_expression(default).map_or_else(|_| default.to_string(), |expr| expression(&expr, Some(type_name(ty))))
}

/// An expression; `wanted` is the type that an untyped literal gets from its place.
fn expression(expr: &Expr, wanted: Option<String>) -> String {
    match (&expr.kind, wanted) {
        (ExprKind::Literal(Literal::Bool(value)), _) => value.to_string(),
        (ExprKind::Literal(Literal::Null), Some(wanted)) => format!("NULL::{wanted}"),
        (ExprKind::Literal(Literal::String(_)), Some(wanted)) => format!("{expr}::{wanted}"),
        (ExprKind::Cast { expr: operand, ty: DataType::Known(ty), .. }, _) => cast(operand, *ty),
        (ExprKind::Binary { op, left, right }, _) => {
            let text = (*op == BinaryOp::Concat).then(|| "text".to_string());
            format!("({} {} {})", expression(left, text.clone()), op.symbol(), expression(right, text))
        }
        (ExprKind::Function(call), _) if is_plain(call) => function(call).unwrap_or_else(|| expr.to_string()),
        _ => expr.to_string(),
    }
}

/// `'x'::date` of a literal, otherwise `(operand)::date`.
fn cast(operand: &Expr, ty: RedshiftType) -> String {
    let name = type_name(ty);
    if !matches!(operand.kind, ExprKind::Literal(Literal::String(_) | Literal::Null)) {
        return format!("({})::{}", expression(operand, None), shown_type(ty));
    }
    let literal = expression(operand, Some(name.clone()));
    // A length is a function's business that stands around the constant.
    if shown_type(ty) == name { literal } else { format!("({literal})::{}", shown_type(ty)) }
}

/// The type's name without modifiers; that of CHAR is the internal one.
fn type_name(ty: RedshiftType) -> String {
    match ty {
        RedshiftType::Char(_) => "bpchar".to_string(),
        ty => ty.base_name().to_string(),
    }
}

/// The type with its modifiers, but for the length that VARCHAR and CHAR have where none is written.
fn shown_type(ty: RedshiftType) -> String {
    match ty {
        RedshiftType::Char(256) | RedshiftType::Varchar(256) => type_name(ty),
        ty => ty.to_string(),
    }
}

/// Is it a call that has nothing but arguments?
fn is_plain(call: &FunctionCall) -> bool {
    !call.distinct && call.over.is_none() && call.within_group.is_empty()
}

/// A call; none of one that is shown as it was written.
fn function(call: &FunctionCall) -> Option<String> {
    let name = call.name.object().folded(false);
    if call.args.is_empty() {
        let now = |ty: &str| Some(format!("('now'::character varying)::{ty}"));
        return match name.as_str() {
            "current_timestamp" => now("timestamp with time zone"),
            "current_date" => now("date"),
            "current_user" | "user" => Some("\"current_user\"()".to_string()),
            "session_user" => Some("\"session_user\"()".to_string()),
            _ => None,
        };
    }
    if call.args.iter().any(|arg| matches!(arg.kind, ExprKind::Wildcard { .. } | ExprKind::Column(_))) {
        return None;
    }
    // A literal is a TEXT where each function of the name has one there.
    let overloads = || built_in::named(&name).filter(|function| function.inputs.len() == call.args.len());
    let is_text = |index: usize| {
        overloads().next().is_some() && overloads().all(|function| function.inputs.get(index) == Some(&TEXT))
    };
    let arg = |(index, arg): (usize, &Expr)| expression(arg, is_text(index).then(|| "text".to_string()));
    let args: Vec<String> = call.args.iter().enumerate().map(arg).collect();
    Some(format!("{}({})", call.name, args.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_shown_as_clusters_show_them() {
        use RedshiftType::*;
        for (default, ty, wanted) in [
            ("TRUE", Bool, "true"),
            ("NULL", Varchar(10), "NULL::character varying"),
            ("NULL", Char(3), "NULL::bpchar"),
            ("'PII'", Varchar(10), "'PII'::character varying"),
            ("'x'", Char(3), "'x'::bpchar"),
            ("'9999-12-31'", Date, "'9999-12-31'::date"),
            ("'9999-12-31'::date", Date, "'9999-12-31'::date"),
            ("'now'::varchar::date", Date, "('now'::character varying)::date"),
            ("'x'::varchar(3)", Varchar(10), "('x'::character varying)::character varying(3)"),
            ("current_timestamp", TimestampTz, "('now'::character varying)::timestamp with time zone"),
            ("current_date", Date, "('now'::character varying)::date"),
            ("current_user", Varchar(20), "\"current_user\"()"),
            ("getdate()", Timestamp, "getdate()"),
            ("2 + 3", Int4, "(2 + 3)"),
            ("-1", Int4, "-1"),
            ("upper('x') || 'y'", Varchar(9), "(upper('x'::text) || 'y'::text)"),
        ] {
            assert_eq!(shown(default, ty), wanted, "{default}");
        }
    }
}
