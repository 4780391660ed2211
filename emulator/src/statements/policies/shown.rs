//! A policy's condition as SVV_RLS_POLICY shows it: `"rls_table"."catgroup" = CAST('Concerts' AS TEXT)`.
//!
//! Names of columns are quoted and qualified, literals are cast to their types, operands that are conditions or computed stand
//! in parentheses (developer guide, "SVV_RLS_POLICY", "SHOW POLICIES"). How sub-queries are shown is not documented: they
//! stand as they were written.

use redshift_sql_dialect::{
    ast::{BinaryOp, DataType, Expr, ExprKind, FunctionCall, IsTest, LikeKind, Link, Literal, Parentheses, UnaryOp},
    names::{Ident, ObjectName},
};

/// Writes a policy's condition.
pub(super) struct Shown<'a> {
    /// What the policy calls the table.
    pub alias: &'a str,
    /// The columns that it declares.
    pub columns: &'a [String],
    /// Do quoted names keep their case?
    pub case_sensitive: bool,
}

impl Shown<'_> {
    /// The text of a condition.
    pub fn condition(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, .. } | ExprKind::Chain { .. } => self.operand(expr),
            _ => self.text(expr),
        }
    }

    fn operand(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Binary { .. }
            | ExprKind::Chain { .. }
            | ExprKind::Unary { .. }
            | ExprKind::Like { .. }
            | ExprKind::Is { .. }
            | ExprKind::Between { .. }
            | ExprKind::InList { .. }
            | ExprKind::InQuery { .. }
            | ExprKind::QuantifiedQuery { .. }
            | ExprKind::Exists { .. } => format!("({})", self.text(expr)),
            _ => self.text(expr),
        }
    }

    fn text(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Literal(literal) => literal_text(literal),
            ExprKind::Column(name) => self.column(name),
            ExprKind::Unary { op: UnaryOp::Not, expr } => format!("NOT {}", self.operand(expr)),
            ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), .. } => {
                let mut operands = Vec::new();
                collect(expr, *op, &mut operands);
                let operands: Vec<_> = operands.into_iter().map(|expr| self.operand(expr)).collect();
                operands.join(&format!(" {} ", op.symbol()))
            }
            ExprKind::Binary { op, left, right } => {
                format!("{} {} {}", self.operand(left), op.symbol(), self.operand(right))
            }
            ExprKind::Chain { first, rest } => {
                rest.iter().fold(self.operand(first), |text, Link { op, operand, .. }| {
                    format!("{text} {} {}", op.symbol(), self.operand(operand))
                })
            }
            ExprKind::Like { kind, negated, expr, pattern, escape } => {
                let word = match kind {
                    LikeKind::Like => "LIKE",
                    LikeKind::ILike => "ILIKE",
                    LikeKind::SimilarTo => "SIMILAR TO",
                };
                let escape = escape.as_ref().map(|escape| format!(" ESCAPE {}", self.operand(escape)));
                let (value, pattern) = (self.operand(expr), self.operand(pattern));
                format!("{value} {}{word} {pattern}{}", not(*negated), escape.unwrap_or_default())
            }
            ExprKind::Is { expr, test, negated } => {
                let word = match test {
                    IsTest::Null => "NULL",
                    IsTest::True => "TRUE",
                    IsTest::False => "FALSE",
                    IsTest::Unknown => "UNKNOWN",
                };
                format!("{} IS {}{word}", self.operand(expr), not(*negated))
            }
            ExprKind::Between { expr, negated, low, high } => {
                let [value, low, high] = [expr, low, high].map(|expr| self.operand(expr));
                format!("{value} {}BETWEEN {low} AND {high}", not(*negated))
            }
            ExprKind::InList { expr, negated, list } => {
                format!("{} {}IN ({})", self.operand(expr), not(*negated), self.list(list))
            }
            ExprKind::InQuery { expr, negated, query } => {
                format!("{} {}IN ({query})", self.operand(expr), not(*negated))
            }
            ExprKind::Cast { expr, ty: DataType::Known(ty), .. } => {
                let value = match &expr.kind {
                    ExprKind::Literal(Literal::String(text)) => quoted_text(text),
                    _ => self.operand(expr),
                };
                format!("CAST({value} AS {})", ty.to_string().to_uppercase())
            }
            ExprKind::Function(call) if is_plain(call) => {
                let name = call.name.to_string().to_uppercase();
                match call.parentheses {
                    Parentheses::Omitted => name,
                    Parentheses::Written => format!("{name}({})", self.list(&call.args)),
                }
            }
            _ => expr.to_string(),
        }
    }

    fn list(&self, exprs: &[Expr]) -> String {
        exprs.iter().map(|expr| self.operand(expr)).collect::<Vec<_>>().join(", ")
    }

    fn column(&self, name: &ObjectName) -> String {
        let last = name.object().folded(self.case_sensitive);
        match name.0.as_slice() {
            [_] if self.columns.contains(&last) => format!("{}.{}", quoted(self.alias), quoted(&last)),
            parts => {
                let part = |part: &Ident| quoted(&part.folded(self.case_sensitive));
                parts.iter().map(part).collect::<Vec<_>>().join(".")
            }
        }
    }
}

/// The operands of a chain of ANDs or ORs.
fn collect<'e>(expr: &'e Expr, op: BinaryOp, operands: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::Binary { op: inner, left, right } if *inner == op => {
            collect(left, op, operands);
            collect(right, op, operands);
        }
        _ => operands.push(expr),
    }
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

fn is_plain(call: &FunctionCall) -> bool {
    !call.distinct && call.over.is_none() && call.within_group.is_empty() && call.nulls.is_none()
}

fn literal_text(literal: &Literal) -> String {
    match literal {
        Literal::String(text) => format!("CAST({} AS TEXT)", quoted_text(text)),
        Literal::Integer(digits) if digits.parse::<i32>().is_ok() => format!("CAST({digits} AS INT4)"),
        Literal::Integer(digits) if digits.parse::<i64>().is_ok() => format!("CAST({digits} AS INT8)"),
        Literal::Integer(digits) | Literal::Decimal(digits) => {
            let scale = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            let precision = digits.bytes().filter(u8::is_ascii_digit).count();
            format!("CAST({digits} AS NUMERIC({precision},{scale}))")
        }
        Literal::Float(digits) => format!("CAST({digits} AS FLOAT8)"),
        Literal::Bool(true) => "TRUE".to_string(),
        Literal::Bool(false) => "FALSE".to_string(),
        Literal::Null => "NULL".to_string(),
        other @ (Literal::Bits { .. } | Literal::Interval { .. }) => other.to_string(),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn quoted_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use redshift_sql_dialect::parse_expression;

    use super::*;

    fn shown(text: &str) -> String {
        let columns = ["a".to_string(), "c".to_string(), "region".to_string()];
        let writer = Shown { alias: "rls_table", columns: &columns, case_sensitive: false };
        writer.condition(&parse_expression(text).expect("an expression"))
    }

    /// The samples of "SVV_RLS_POLICY" and "SHOW POLICIES".
    #[test]
    fn conditions_are_shown_as_the_guide_shows_them() {
        assert_eq!(shown("a is not null"), "\"rls_table\".\"a\" IS NOT NULL");
        assert_eq!(shown("c like '%public%'"), "\"rls_table\".\"c\" LIKE CAST('%public%' AS TEXT)");
        assert_eq!(
            shown("region = 'USA' or region = 'CANADA' or region = 'Mexico'"),
            "((\"rls_table\".\"region\" = CAST('USA' AS TEXT)) OR (\"rls_table\".\"region\" = CAST('CANADA' AS TEXT)) OR \
             (\"rls_table\".\"region\" = CAST('Mexico' AS TEXT)))"
        );
    }

    #[test]
    fn values_have_their_types() {
        assert_eq!(shown("a > 1.50"), "\"rls_table\".\"a\" > CAST(1.50 AS NUMERIC(3,2))");
        assert_eq!(shown("c = current_user"), "\"rls_table\".\"c\" = CURRENT_USER");
        assert_eq!(shown("a in (1, 3000000000)"), "\"rls_table\".\"a\" IN (CAST(1 AS INT4), CAST(3000000000 AS INT8))");
    }
}
