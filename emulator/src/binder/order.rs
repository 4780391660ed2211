//! ORDER BY, LIMIT, OFFSET and TOP.

use datafusion::{
    logical_expr::{Expr as PlanExpr, SortExpr},
    scalar::ScalarValue,
};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Expr, ExprKind, Literal, OrderByItem},
};

use super::{
    Binder, Bound, Typed,
    block::{Block, Clause, Place},
    node,
    query::{Item, Untyped},
    select::OpenSelect,
};
use crate::{
    functions::{
        collation,
        semistructured::key::{comparable, has_key, order_of},
        string::without_trailing_blanks,
    },
    result::{ColumnValue, ResultColumn},
};

/// LIMIT, OFFSET and TOP, at most: developer guide, "ORDER BY clause".
const MAX_ROW_LIMIT: i64 = i32::MAX as i64;

/// LIMIT and OFFSET.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Limits {
    pub skip: u64,
    /// None is all.
    pub fetch: Option<u64>,
}

/// How a key sorts. NULLs are greater than everything unless the user says otherwise.
#[derive(Debug, Clone, Copy)]
pub(super) struct OrderKey {
    ascending: bool,
    nulls_first: bool,
}

/// What a key sorts by.
#[derive(Debug, Clone)]
pub(super) enum OrderBy {
    /// An output column.
    Output(usize),
    /// An expression that is none of the output columns.
    Hidden(Typed),
}

impl OrderKey {
    pub(super) fn new(item: &OrderByItem) -> Self {
        OrderKey { ascending: !item.descending, nulls_first: item.nulls_first.unwrap_or(item.descending) }
    }

    pub(super) fn sort_expr(self, expr: PlanExpr) -> SortExpr {
        SortExpr::new(expr, self.ascending, self.nulls_first)
    }
}

/// "You can't use GEOMETRY or GEOGRAPHY columns in SQL ORDER BY, GROUP BY, or DISTINCT clauses."
///
/// # Errors
/// 42883 `could not identify an ordering operator for type geometry`, as PostgreSQL 8.0 words it.
pub(super) fn check_sortable(ty: RedshiftType) -> Result<()> {
    // "Amazon Redshift doesn't support HLLSKETCH columns in ORDER BY, GROUP BY, or DISTINCT clauses."
    if !matches!(ty, RedshiftType::Geometry | RedshiftType::Geography | RedshiftType::HllSketch) {
        return Ok(());
    }
    let message = format!("could not identify an ordering operator for type {ty}");
    let hint = "Use an explicit ordering operator or modify the query.";
    Err(Error::new(SqlState::UNDEFINED_FUNCTION, message).with_hint(hint))
}

impl Binder {
    /// The output column that an ORDER BY item names by its position or its name; none where it is an expression.
    ///
    /// # Errors
    /// 42P10 for a position that there is not; 42702 where several columns have the name; 42601 for other constants.
    pub(super) fn output_position(&self, expr: &Expr, names: &[&str]) -> Result<Option<usize>> {
        if let Some(position) = ordinal(expr, "ORDER BY")? {
            return position_in(position, names.len(), "ORDER BY").map(Some).map_err(|error| error.at(expr.pos));
        }
        let ExprKind::Column(name) = &expr.kind else { return Ok(None) };
        let [bare] = name.0.as_slice() else { return Ok(None) };
        let name = self.fold(bare);
        Ok(names.iter().position(|known| *known == name))
    }

    /// The ORDER BY of a SELECT: an output column's name comes before a column of FROM.
    pub(super) fn order_by<'q>(
        &mut self,
        order_by: &'q [OrderByItem],
        items: &[Item],
        grouped: bool,
        block: &mut Block<'q>,
    ) -> Result<Vec<(OrderBy, OrderKey)>> {
        let names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
        let mut keys = Vec::with_capacity(order_by.len());
        for item in order_by {
            let by = match self.output_position(&item.expr, &names)? {
                Some(index) => {
                    if matches!(item.expr.kind, ExprKind::Column(_)) {
                        check_unambiguous(items, index).map_err(|error| error.at(item.expr.pos))?;
                    }
                    OrderBy::Output(index)
                }
                None => {
                    let typed = self.expr(&item.expr, block, Place::of(Clause::OrderBy))?;
                    let shown = collation::sensitive(typed.clone());
                    let same = |known: &Item| {
                        let ordered = collation::of_origin(known.typed.clone(), known.origin.as_deref());
                        known.typed.expr == shown.expr
                            && collation::is_insensitive(&ordered) == collation::is_insensitive(&typed)
                    };
                    match items.iter().position(same) {
                        Some(index) => OrderBy::Output(index),
                        None => OrderBy::Hidden(typed),
                    }
                }
            };
            let key = match &by {
                OrderBy::Output(index) => &items[*index].typed,
                OrderBy::Hidden(typed) => typed,
            };
            // GROUP BY has given it a type.
            if !grouped {
                key.refuse_untyped("text").map_err(|error| error.at(item.expr.pos))?;
            }
            check_sortable(key.ty).map_err(|error| error.at(item.expr.pos))?;
            keys.push((by, OrderKey::new(item)));
        }
        Ok(keys)
    }

    /// DISTINCT, ORDER BY and LIMIT over the projection of a SELECT.
    pub(super) fn finish_select(
        &mut self,
        open: OpenSelect,
        distinct: bool,
        limits: Limits,
        untyped: Untyped,
    ) -> Result<Bound> {
        // What ORDER BY and LIMIT work on stays a query of its own.
        let apart = !open.order.is_empty() || limits != Limits::default();
        let mut exprs = Vec::with_capacity(open.items.len());
        let mut columns = Vec::with_capacity(open.items.len());
        let mut names = Vec::with_capacity(open.items.len());
        for item in open.items {
            let item = if untyped == Untyped::Settle { self.settled(item)? } else { item };
            let (expr, name) = self.renamed(item.typed.expr);
            exprs.push(expr);
            names.push(name);
            // DISTINCT gives literals a type, too.
            let value = match item.value {
                _ if distinct => ColumnValue::Varying,
                value if apart => value.kept_apart(),
                value => value,
            };
            columns.push(ResultColumn { name: item.name, ty: item.typed.ty, origin: item.origin, value });
        }
        let mut keys = Vec::with_capacity(open.order.len());
        let shown = exprs.len();
        for (by, key) in open.order {
            let value = match by {
                OrderBy::Output(index) => output(&names[index], &columns[index]),
                OrderBy::Hidden(_) if distinct => {
                    let message = "for SELECT DISTINCT, ORDER BY expressions must appear in select list";
                    return Err(Error::new(SqlState::INVALID_COLUMN_REFERENCE, message));
                }
                OrderBy::Hidden(typed) => {
                    let (ty, insensitive) = (typed.ty, collation::is_insensitive(&typed));
                    let (expr, name) = self.renamed(typed.expr);
                    exprs.push(expr);
                    let value = Typed::new(node::column(name), ty);
                    if insensitive { collation::insensitive(value) } else { value }
                }
            };
            keys.push(key.sort_expr(self.sort_key_of(value)?));
        }
        let hidden = exprs.len() > shown;
        let mut plan = node::project(open.plan, exprs)?;
        if distinct {
            plan = self.distinct(plan, &columns)?;
        }
        plan = node::limit(node::sort(plan, keys), limits.skip, limits.fetch);
        if hidden {
            plan = node::project_names(plan, &names)?;
        }
        Ok(Bound { plan, columns: columns.into() })
    }

    /// The number of LIMIT, OFFSET or TOP; none for NULL, and while a parameter has no value.
    pub(super) fn row_limit(&mut self, expr: &Expr, words: &str) -> Result<Option<u64>> {
        match self.constant_as(expr, RedshiftType::Int8, Clause::Limit)? {
            ScalarValue::Int64(None) => Ok(None),
            ScalarValue::Int64(Some(rows)) if rows > MAX_ROW_LIMIT => {
                let message = format!("{words} must not be larger than {MAX_ROW_LIMIT}");
                Err(Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message).at(expr.pos))
            }
            ScalarValue::Int64(Some(rows)) => u64::try_from(rows).map(Some).map_err(|_| {
                Error::new(SqlState::INVALID_ROW_COUNT_IN_LIMIT, format!("{words} must not be negative")).at(expr.pos)
            }),
            other => Err(Error::internal(format!("{words} of type {}", other.data_type()))),
        }
    }
}

impl Binder {
    /// What rows are sorted by: their key, or the value itself.
    pub(super) fn sort_key_of(&self, value: Typed) -> Result<PlanExpr> {
        if value.ty == RedshiftType::Super { order_of(value) } else { self.partition_key_of(value) }
    }

    /// What the partitions of a window are told apart by.
    pub(super) fn partition_key_of(&self, value: Typed) -> Result<PlanExpr> {
        check_sortable(value.ty)?;
        let same = collation::sensitive(value.clone()).expr;
        Ok(self.key_of(value)?.unwrap_or(same))
    }

    /// What rows are told apart by, where it is not the value itself: by GROUP BY, DISTINCT, set operations, PARTITION BY
    /// and ORDER BY. Trailing blanks of a VARCHAR do not count, where rows of tables are compared; on the leader node they do.
    pub(super) fn key_of(&self, value: Typed) -> Result<Option<PlanExpr>> {
        let varies = !matches!(value.expr, PlanExpr::Literal(..));
        let blanks = matches!(value.ty, RedshiftType::Varchar(_)) && varies && self.uses.reads_rows();
        let key = if has_key(&value) { Some(comparable(value.clone())?) } else { None };
        Ok(if blanks { Some(without_trailing_blanks(key.unwrap_or(value.expr))) } else { key })
    }
}

/// An output column under the collation that it came with.
pub(super) fn output(name: &str, shown: &ResultColumn) -> Typed {
    collation::of_origin(Typed::new(node::column(name), shown.ty), shown.origin.as_deref())
}

/// The position that an integer constant of GROUP BY or ORDER BY means.
pub(super) fn ordinal(expr: &Expr, clause: &str) -> Result<Option<usize>> {
    match &expr.kind {
        ExprKind::Literal(Literal::Integer(digits)) => Ok(Some(digits.parse().unwrap_or(usize::MAX))),
        ExprKind::Literal(Literal::Null) => Ok(None),
        ExprKind::Literal(_) => Err(super::syntax(format!("non-integer constant in {clause}")).at(expr.pos)),
        _ => Ok(None),
    }
}

/// The index of a position that counts from 1.
pub(super) fn position_in(position: usize, columns: usize, clause: &str) -> Result<usize> {
    if (1..=columns).contains(&position) {
        return Ok(position - 1);
    }
    let message = format!("{clause} position {position} is not in select list");
    Err(Error::new(SqlState::INVALID_COLUMN_REFERENCE, message))
}

/// Two columns of one name are ambiguous unless they show the same.
fn check_unambiguous(items: &[Item], index: usize) -> Result<()> {
    let chosen = &items[index];
    let other = items[index + 1..].iter().find(|item| item.name == chosen.name && item.typed != chosen.typed);
    match other {
        Some(_) => Err(Error::new(SqlState::AMBIGUOUS_COLUMN, format!("ORDER BY \"{}\" is ambiguous", chosen.name))),
        None => Ok(()),
    }
}
