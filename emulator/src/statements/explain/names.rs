//! Expressions as PostgreSQL 8.0 writes them in plans, under the names that the statement gave its columns.

use std::collections::HashMap;

use datafusion::{
    common::{Column, DFSchema, tree_node::TreeNodeRecursion},
    logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator, expr::InList},
    scalar::ScalarValue,
};
use redshift_sql_dialect::{RedshiftType, Result};

use super::{
    scans::{self, ColumnFacts, Scan, Scans},
    selectivity::conjuncts,
};
use crate::{
    binder::{DISTINCT_VALUE, GROUP_VALUE, Labels},
    error::from_datafusion,
    functions::{
        collation,
        string::{ORDERED_BY_BYTES, WITH_BLANKS_BACK, WITHOUT_BLANKS},
    },
    system::quote_identifier,
};

/// What the columns of a plan are.
pub(super) struct Names {
    labels: Labels,
    scans: Scans,
    definitions: HashMap<String, Definition>,
}

/// What makes a column.
struct Definition {
    expr: Expr,
    /// The scan that the expression's columns are of.
    scan: Option<usize>,
}

/// How columns are to be written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Style<'a> {
    /// With their tables, where the statement has several.
    pub qualified: bool,
    /// Those of a scan's own names.
    pub scan: Option<usize>,
    /// `"outer".a` where they are of these, else `"inner".a`.
    pub outer: Option<&'a DFSchema>,
}

/// Is it the column of an aggregate that shows one of the equal values of a group or of DISTINCT?
pub fn is_shown_value(name: &str) -> bool {
    name.ends_with(DISTINCT_VALUE) || name.ends_with(GROUP_VALUE)
}

/// The column whose value an aggregate shows.
fn shown_column(column: Column) -> Column {
    let stripped = [DISTINCT_VALUE, GROUP_VALUE].iter().find_map(|suffix| column.name.strip_suffix(suffix));
    match stripped {
        Some(name) => Column::new(column.relation.clone(), name),
        None => column,
    }
}

impl Names {
    pub fn new(plan: &LogicalPlan, labels: Labels, scans: Scans) -> Result<Names> {
        let mut definitions = HashMap::new();
        plan.apply_with_subqueries(|node| {
            let (exprs, scan) = match node {
                LogicalPlan::Projection(projection) => {
                    (projection.expr.clone(), scans::below(&projection.input).map(scans::key))
                }
                LogicalPlan::Aggregate(aggregate) => {
                    (aggregate.group_expr.iter().chain(&aggregate.aggr_expr).cloned().collect(), None)
                }
                LogicalPlan::Window(window) => (window.window_expr.clone(), None),
                _ => (Vec::new(), None),
            };
            for expr in exprs {
                let name = expr.schema_name().to_string();
                // Of equal values one is shown: as far as a plan tells, the column itself.
                if is_shown_value(&name) {
                    continue;
                }
                let expr = match expr.unalias() {
                    Expr::Column(column) => Expr::Column(shown_column(column)),
                    other => other,
                };
                // A column that goes through under its own name is made elsewhere.
                if !matches!(&expr, Expr::Column(column) if column.relation.is_none() && column.name == name) {
                    definitions.insert(name, Definition { expr, scan });
                }
            }
            Ok(TreeNodeRecursion::Continue)
        })
        .map_err(from_datafusion)?;
        Ok(Names { labels, scans, definitions })
    }

    pub fn scans(&self) -> &Scans {
        &self.scans
    }

    /// The scan that a column comes from unchanged, and its name there.
    pub fn origin(&self, column: &Column, scan: Option<usize>) -> Option<(usize, String)> {
        if column.relation.is_some() {
            return scan.map(|scan| (scan, column.name.clone()));
        }
        let definition = self.definitions.get(&column.name)?;
        match &definition.expr {
            Expr::Column(inner) => self.origin(inner, definition.scan),
            Expr::ScalarFunction(call) if call.func.name() == WITHOUT_BLANKS => {
                call.args.first().and_then(Expr::try_as_col).and_then(|inner| self.origin(inner, definition.scan))
            }
            _ => None,
        }
    }

    /// Is it a column without its trailing blanks, which rows are grouped by?
    pub fn is_without_blanks(&self, column: &Column) -> bool {
        let definition = self.definition(column);
        definition.is_some_and(|expr| matches!(expr, Expr::ScalarFunction(call) if call.func.name() == WITHOUT_BLANKS))
    }

    /// What computes a column, where it is no table's.
    pub fn definition(&self, column: &Column) -> Option<&Expr> {
        self.definitions.get(&column.name).map(|definition| &definition.expr)
    }

    /// Two sides of an equality.
    pub fn equality_text(&self, left: &Expr, right: &Expr, style: Style<'_>) -> String {
        format!("({} = {})", self.operand(left, style), self.operand(right, style))
    }

    /// What a table's column holds; none for what is computed.
    pub fn facts(&self, column: &Column, scan: Option<usize>) -> Option<&ColumnFacts> {
        let (scan, name) = self.origin(column, scan)?;
        self.scans.by_key(scan)?.columns.get(&name)
    }

    /// The alias of a sub-query that gives one of these columns.
    pub fn subquery<'n>(&self, columns: impl Iterator<Item = &'n str>) -> Option<&str> {
        columns.filter_map(|name| self.labels.get(name)).find_map(|label| {
            let own = usize::from(label.source.is_some());
            label.tables.get(own).map(String::as_str)
        })
    }

    /// What the statement calls the item of FROM that has this column.
    pub fn alias(&self, column: &str) -> Option<&str> {
        self.labels.get(column)?.tables.first().map(String::as_str)
    }

    /// A column's name for notes such as `Outer Dist Key`.
    pub fn qualified(&self, expr: &Expr) -> String {
        self.bare(expr, Style { qualified: true, ..Style::default() })
    }

    /// An expression of a list, without parentheses of its own around a column.
    pub fn bare(&self, expr: &Expr, style: Style<'_>) -> String {
        self.text(without_widening(expr), style)
    }

    /// A condition, in parentheses.
    pub fn condition(&self, condition: &Expr, style: Style<'_>) -> String {
        let parts: Vec<String> = conjuncts(condition).iter().map(|part| self.text(part, style)).collect();
        match parts.as_slice() {
            [only] if only.starts_with('(') => only.clone(),
            [only] => only.clone(),
            several => format!("({})", several.join(" AND ")),
        }
    }

    fn text(&self, expr: &Expr, style: Style<'_>) -> String {
        match as_written(expr) {
            Expr::Column(column) => self.column(column, style),
            Expr::Alias(alias) => self.text(&alias.expr, style),
            Expr::Literal(value, _) => literal(value),
            Expr::BinaryExpr(BinaryExpr { op: Operator::And, .. }) => self.condition(expr, style),
            Expr::BinaryExpr(binary) => self.binary(binary, style),
            Expr::Like(like) => {
                let operator = match (like.negated, like.case_insensitive) {
                    (false, false) => "~~",
                    (true, false) => "!~~",
                    (false, true) => "~~*",
                    (true, true) => "!~~*",
                };
                let pattern = self.text(&like.pattern, style);
                format!("({} {operator} {pattern})", self.operand(&like.expr, style))
            }
            Expr::Not(inner) => format!("(NOT {})", self.text(inner, style)),
            Expr::Negative(inner) => format!("(- {})", self.text(inner, style)),
            Expr::IsNull(inner) => format!("({} IS NULL)", self.text(inner, style)),
            Expr::IsNotNull(inner) => format!("({} IS NOT NULL)", self.text(inner, style)),
            Expr::IsTrue(inner) => format!("({} IS TRUE)", self.text(inner, style)),
            Expr::IsFalse(inner) => format!("({} IS FALSE)", self.text(inner, style)),
            Expr::IsNotTrue(inner) => format!("({} IS NOT TRUE)", self.text(inner, style)),
            Expr::IsNotFalse(inner) => format!("({} IS NOT FALSE)", self.text(inner, style)),
            Expr::Cast(cast) => {
                let shown = arrow_type_name(cast.field.data_type());
                format!("({})::{shown}", self.text(&cast.expr, style))
            }
            Expr::Case(case) => {
                let mut text = String::from("CASE");
                if let Some(expr) = &case.expr {
                    text += &format!(" {}", self.text(expr, style));
                }
                for (when, then) in &case.when_then_expr {
                    text += &format!(" WHEN {} THEN {}", self.text(when, style), self.text(then, style));
                }
                if let Some(other) = &case.else_expr {
                    text += &format!(" ELSE {}", self.text(other, style));
                }
                text + " END"
            }
            Expr::InList(list) => self.in_list(list, style),
            Expr::ScalarFunction(call) => self.call(call.name(), &call.args, style),
            Expr::AggregateFunction(call) => {
                let distinct = if call.params.distinct { "DISTINCT " } else { "" };
                let stars = call.func.name() == "count" && matches!(call.params.args.as_slice(), [Expr::Literal(..)]);
                match stars {
                    true => "count(*)".to_string(),
                    false => format!("{}({distinct}{})", call.func.name(), self.list(&call.params.args, style)),
                }
            }
            Expr::WindowFunction(call) => format!("{}({})", call.fun.name(), self.list(&call.params.args, style)),
            Expr::ScalarSubquery(_) => "$0".to_string(),
            other => other.schema_name().to_string(),
        }
    }

    /// More than ten values are an array, fewer a series of comparisons (developer guide, "IN condition").
    fn in_list(&self, list: &InList, style: Style<'_>) -> String {
        let operand = self.operand(&list.expr, style);
        let (operator, junction, which) = if list.negated { ("<>", "AND", "ALL") } else { ("=", "OR", "ANY") };
        let values: Option<Vec<&ScalarValue>> = list.list.iter().map(Expr::as_literal).collect();
        match values.filter(|values| values.len() > 10) {
            Some(values) => {
                let ty = values.first().map_or_else(String::new, |value| arrow_type_name(&value.data_type()));
                let items: Vec<String> = values.iter().map(|value| value.to_string()).collect();
                format!("({operand} {operator} {which} ('{{{}}}'::{ty}[]))", items.join(","))
            }
            None => {
                let compared = |item: &Expr| format!("({operand} {operator} {})", self.text(item, style));
                let parts: Vec<String> = list.list.iter().map(compared).collect();
                format!("({})", parts.join(&format!(" {junction} ")))
            }
        }
    }

    fn list(&self, exprs: &[Expr], style: Style<'_>) -> String {
        exprs.iter().map(|expr| self.text(expr, style)).collect::<Vec<_>>().join(", ")
    }

    fn call(&self, name: &str, args: &[Expr], style: Style<'_>) -> String {
        // Functions of ours: casts, operators, and comparison of strings as CHAR.
        if let Some(to) = name.strip_prefix("cast(").and_then(|rest| rest.strip_suffix(')'))
            && let Some((_, ty)) = to.split_once(" as ")
            && let [arg] = args
        {
            return format!("({})::{ty}", self.text(arg, style));
        }
        let symbol = !name.is_empty() && name.chars().all(|c| "+-*/%|&#~^<>=!".contains(c));
        match args {
            [left, right] if symbol => format!("({} {name} {})", self.text(left, style), self.text(right, style)),
            [only] if symbol => format!("({name} {})", self.text(only, style)),
            _ => format!("{name}({})", self.list(args, style)),
        }
    }

    fn binary(&self, binary: &BinaryExpr, style: Style<'_>) -> String {
        let (left, right) = (self.operand(&binary.left, style), self.operand(&binary.right, style));
        let operator = match binary.op {
            Operator::NotEq => "<>".to_string(),
            Operator::StringConcat => "||".to_string(),
            other => other.to_string(),
        };
        format!("({left} {operator} {right})")
    }

    /// A side of a comparison: VARCHAR is compared as TEXT, and numbers of different types without a cast.
    fn operand(&self, expr: &Expr, style: Style<'_>) -> String {
        let expr = without_widening(expr);
        let text = self.text(expr, style);
        let Expr::Column(column) = expr else { return text };
        match self.facts(column, style.scan).and_then(|facts| facts.ty) {
            Some(RedshiftType::Varchar(_)) => format!("({text})::text"),
            _ => text,
        }
    }

    fn column(&self, column: &Column, style: Style<'_>) -> String {
        let own = self.label(column, style.scan);
        if let Some(outer) = style.outer {
            let side = if outer.has_column(column) { "outer" } else { "inner" };
            if let Some((_, name)) = own {
                return format!("\"{side}\".{}", quote_identifier(&name));
            }
        }
        match own {
            Some((Some(table), name)) if style.qualified && self.scans.several() => {
                format!("{}.{}", quote_identifier(&table), quote_identifier(&name))
            }
            Some((_, name)) => quote_identifier(&name),
            None => match self.definitions.get(&column.name) {
                Some(definition) => self.text(&definition.expr, Style { scan: definition.scan, ..style }),
                None => quote_identifier(&column.name),
            },
        }
    }

    /// The table and the name of a column, where it has one.
    fn label(&self, column: &Column, scan: Option<usize>) -> Option<(Option<String>, String)> {
        if column.relation.is_some() {
            let table = scan.and_then(|scan| self.scans.by_key(scan)).map(Scan::shown);
            return Some((table.map(str::to_string), column.name.clone()));
        }
        if let Some(label) = self.labels.get(&column.name) {
            let table = label.tables.first().cloned();
            return Some((table.or_else(|| Some(label.source.as_ref()?.0.name.clone())), label.name.clone()));
        }
        match self.definitions.get(&column.name) {
            Some(Definition { expr: Expr::Column(inner), scan }) => self.label(inner, *scan),
            _ => None,
        }
    }
}

impl Scan {
    /// What its columns are qualified with.
    fn shown(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

/// A string as it was written, under what makes it comparable: without its trailing blanks, without regard to case.
pub(super) fn as_written(expr: &Expr) -> &Expr {
    let Expr::ScalarFunction(call) = expr else { return expr };
    match call.args.as_slice() {
        [string] if is_for_comparison(call.func.name()) => as_written(string),
        _ => expr,
    }
}

fn is_for_comparison(function: &str) -> bool {
    matches!(function, WITHOUT_BLANKS | ORDERED_BY_BYTES | WITH_BLANKS_BACK | collation::MARK | collation::WITHOUT_CASE)
}

/// The value under casts that only make two numbers comparable.
fn without_widening(expr: &Expr) -> &Expr {
    match expr {
        Expr::Cast(cast) if matches!(&*cast.expr, Expr::Column(_)) && cast.field.data_type().is_numeric() => {
            without_widening(&cast.expr)
        }
        other => other,
    }
}

fn literal(value: &ScalarValue) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    match value {
        value if value.is_null() => format!("NULL::{}", arrow_type_name(&value.data_type())),
        ScalarValue::Utf8View(Some(text)) | ScalarValue::Utf8(Some(text)) => format!("{}::text", quoted(text)),
        ScalarValue::Date32(_) => format!("{}::date", quoted(&value.to_string())),
        ScalarValue::TimestampMicrosecond(Some(micros), zone) => {
            let moment = chrono::DateTime::from_timestamp_micros(*micros).unwrap_or_default();
            let ty = if zone.is_some() { "timestamp with time zone" } else { "timestamp without time zone" };
            format!("{}::{ty}", quoted(&moment.format("%Y-%m-%d %H:%M:%S%.f").to_string()))
        }
        ScalarValue::Decimal128(Some(unscaled), _, scale) => decimal(*unscaled, *scale),
        other => other.to_string(),
    }
}

fn decimal(unscaled: i128, scale: i8) -> String {
    let places = usize::try_from(scale).unwrap_or(0);
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let sign = if unscaled < 0 { "-" } else { "" };
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn arrow_type_name(ty: &arrow::datatypes::DataType) -> String {
    use arrow::datatypes::DataType::*;
    match ty {
        Boolean => "boolean".into(),
        Int16 => "smallint".into(),
        Int32 => "integer".into(),
        Int64 => "bigint".into(),
        Float32 => "real".into(),
        Float64 => "double precision".into(),
        Decimal128(precision, scale) => format!("numeric({precision},{scale})"),
        Date32 => "date".into(),
        Timestamp(_, None) => "timestamp without time zone".into(),
        Timestamp(_, Some(_)) => "timestamp with time zone".into(),
        Time64(_) => "time without time zone".into(),
        _ => "text".into(),
    }
}
