//! Queries and windows.

use std::fmt::{self, Display, Formatter};

use super::{comma_list, expr::above, paren_list};
use crate::{
    ast::{
        Cte, Expr, ExprKind, FrameBound, FrameUnits, GroupBy, GroupingItem, Literal, OrderByItem, Query, QueryBody,
        Select, SelectItem, SetOperator, WindowFrame, WindowSpec, With,
    },
    precedence::OPERATOR,
};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        query(f, self, "")
    }
}

/// A query whose first SELECT has this `INTO ...` behind its list, with a blank before it, or nothing.
pub(super) fn query(f: &mut Formatter<'_>, query: &Query, into: &str) -> fmt::Result {
    if let Some(with) = &query.with {
        write!(f, "{with} ")?;
    }
    body(f, &query.body, into)?;
    if !query.order_by.is_empty() {
        f.write_str(" ORDER BY ")?;
        comma_list(f, &query.order_by)?;
    }
    if let Some(limit) = &query.limit {
        write!(f, " LIMIT {limit}")?;
    }
    match &query.offset {
        Some(offset) => write!(f, " OFFSET {offset}"),
        None => Ok(()),
    }
}

impl Display for With {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.recursive { "WITH RECURSIVE " } else { "WITH " })?;
        comma_list(f, &self.ctes)
    }
}

impl Display for Cte {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if !self.columns.is_empty() {
            f.write_str(" ")?;
            paren_list(f, &self.columns)?;
        }
        write!(f, " AS ({})", self.query)
    }
}

impl Display for QueryBody {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        body(f, self, "")
    }
}

fn body(f: &mut Formatter<'_>, body: &QueryBody, into: &str) -> fmt::Result {
    match body {
        QueryBody::Select(inner) => select(f, inner, into),
        QueryBody::Nested(inner) => write!(f, "({inner})"),
        QueryBody::Values(rows) => {
            f.write_str("VALUES ")?;
            for (index, row) in rows.iter().enumerate() {
                f.write_str(if index > 0 { ", " } else { "" })?;
                paren_list(f, row)?;
            }
            Ok(())
        }
        QueryBody::SetOperation { op, all, left, right, .. } => {
            side(f, left, binds_less(left, *op), into)?;
            write!(f, " {}{} ", op.keyword(), if *all { " ALL" } else { "" })?;
            let same_run = matches!(
                &**right,
                QueryBody::SetOperation { op: inner, all: inner_all, .. }
                    if inner == op && inner_all == all && *op != SetOperator::Except
            );
            let is_operation = matches!(&**right, QueryBody::SetOperation { .. });
            side(f, right, is_operation && !same_run && !binds_more(right, *op), "")
        }
    }
}

fn side(f: &mut Formatter<'_>, inner: &QueryBody, in_parentheses: bool, into: &str) -> fmt::Result {
    if in_parentheses { write!(f, "({inner})") } else { body(f, inner, into) }
}

/// Is this UNION or EXCEPT on a side of INTERSECT?
fn binds_less(body: &QueryBody, op: SetOperator) -> bool {
    op == SetOperator::Intersect
        && matches!(body, QueryBody::SetOperation { op: inner, .. } if *inner != SetOperator::Intersect)
}

/// Is this INTERSECT on a side of UNION or EXCEPT?
fn binds_more(body: &QueryBody, op: SetOperator) -> bool {
    op != SetOperator::Intersect && matches!(body, QueryBody::SetOperation { op: SetOperator::Intersect, .. })
}

impl SetOperator {
    /// The operator as it is written.
    pub fn keyword(self) -> &'static str {
        match self {
            SetOperator::Union => "UNION",
            SetOperator::Intersect => "INTERSECT",
            SetOperator::Except => "EXCEPT",
        }
    }
}

impl Display for Select {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        select(f, self, "")
    }
}

fn select(f: &mut Formatter<'_>, select: &Select, into: &str) -> fmt::Result {
    f.write_str("SELECT ")?;
    if select.distinct {
        f.write_str("DISTINCT ")?;
    }
    if let Some(top) = &select.top {
        top_number(f, top)?;
    }
    comma_list(f, &select.items)?;
    if !select.exclude.is_empty() {
        f.write_str(" EXCLUDE ")?;
        paren_list(f, &select.exclude)?;
    }
    f.write_str(into)?;
    if !select.from.is_empty() {
        f.write_str(" FROM ")?;
        comma_list(f, &select.from)?;
    }
    clause(f, "WHERE", &select.selection)?;
    if let Some(connect_by) = &select.connect_by {
        clause(f, "START WITH", &connect_by.start_with)?;
        write!(f, " CONNECT BY {}", connect_by.condition)?;
    }
    write!(f, "{}", select.group_by)?;
    clause(f, "HAVING", &select.having)?;
    clause(f, "QUALIFY", &select.qualify)?;
    for (index, (name, window)) in select.windows.iter().enumerate() {
        f.write_str(if index > 0 { ", " } else { " WINDOW " })?;
        write!(f, "{name} AS ({})", Inside(window))?;
    }
    Ok(())
}

fn clause(f: &mut Formatter<'_>, words: &str, expr: &Option<Expr>) -> fmt::Result {
    match expr {
        Some(expr) => write!(f, " {words} {expr}"),
        None => Ok(()),
    }
}

fn top_number(f: &mut Formatter<'_>, top: &Expr) -> fmt::Result {
    match &top.kind {
        ExprKind::Literal(Literal::Integer(_)) | ExprKind::Parameter(_) => write!(f, "TOP {top} "),
        _ => write!(f, "TOP ({top}) "),
    }
}

impl Display for SelectItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.expr)?;
        match &self.alias {
            Some(alias) => write!(f, " AS {alias}"),
            None => Ok(()),
        }
    }
}

/// With the words GROUP BY and a blank before them, or nothing.
impl Display for GroupBy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            GroupBy::None => Ok(()),
            GroupBy::All => f.write_str(" GROUP BY ALL"),
            GroupBy::Items(items) => {
                f.write_str(" GROUP BY ")?;
                comma_list(f, items)
            }
        }
    }
}

impl Display for GroupingItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (words, elements) = match self {
            GroupingItem::Expr(expr) => return write!(f, "{expr}"),
            GroupingItem::Rollup(elements) => ("ROLLUP", elements),
            GroupingItem::Cube(elements) => ("CUBE", elements),
            GroupingItem::GroupingSets(elements) => ("GROUPING SETS", elements),
        };
        write!(f, "{words} (")?;
        for (index, element) in elements.iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            match element.as_slice() {
                [single] => write!(f, "{single}")?,
                several => paren_list(f, several)?,
            }
        }
        f.write_str(")")
    }
}

impl Display for OrderByItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.expr)?;
        if self.descending {
            f.write_str(" DESC")?;
        }
        match self.nulls_first {
            Some(true) => f.write_str(" NULLS FIRST"),
            Some(false) => f.write_str(" NULLS LAST"),
            None => Ok(()),
        }
    }
}

/// What stands behind OVER: a name, or a specification in parentheses.
impl Display for WindowSpec {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.base {
            Some(base) if self.partition_by.is_empty() && self.order_by.is_empty() && self.frame.is_none() => {
                write!(f, "{base}")
            }
            _ => write!(f, "({})", Inside(self)),
        }
    }
}

/// A window without its parentheses.
struct Inside<'a>(&'a WindowSpec);

impl Display for Inside<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let WindowSpec { base, partition_by, order_by, frame } = self.0;
        let mut blank = "";
        if let Some(base) = base {
            write!(f, "{base}")?;
            blank = " ";
        }
        if !partition_by.is_empty() {
            write!(f, "{blank}PARTITION BY ")?;
            comma_list(f, partition_by)?;
            blank = " ";
        }
        if !order_by.is_empty() {
            write!(f, "{blank}ORDER BY ")?;
            comma_list(f, order_by)?;
            blank = " ";
        }
        match frame {
            Some(frame) => write!(f, "{blank}{frame}"),
            None => Ok(()),
        }
    }
}

impl Display for WindowFrame {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let units = match self.units {
            FrameUnits::Rows => "ROWS",
            FrameUnits::Range => "RANGE",
        };
        write!(f, "{units} BETWEEN {} AND {}", self.start, self.end)
    }
}

impl Display for FrameBound {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            FrameBound::UnboundedPreceding => f.write_str("UNBOUNDED PRECEDING"),
            FrameBound::CurrentRow => f.write_str("CURRENT ROW"),
            FrameBound::UnboundedFollowing => f.write_str("UNBOUNDED FOLLOWING"),
            FrameBound::Preceding(offset) => {
                above(f, offset, OPERATOR)?;
                f.write_str(" PRECEDING")
            }
            FrameBound::Following(offset) => {
                above(f, offset, OPERATOR)?;
                f.write_str(" FOLLOWING")
            }
        }
    }
}
