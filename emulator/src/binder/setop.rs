//! UNION, INTERSECT and EXCEPT.
//!
//! A chain of one operator is one node over all its sides, however long it is. The types of a column are unified over
//! all sides, before their projections are built, so that the literals among them still have no type.

use std::sync::Arc;

use datafusion::{
    common::NullEquality,
    functions_aggregate::expr_fn::min,
    logical_expr::{JoinType, LogicalPlan},
    scalar::ScalarValue,
};
use redshift_sql_dialect::{
    Error, Pos, RedshiftType, Result,
    ast::{QueryBody, SetOperator},
};

use super::{
    Binder, Bound, CastKind, Typed,
    constant_rows::{constant_rows, constants, folded},
    node::{self, JoinKeys, column},
    order::output,
    query::{Item, Open, Untyped},
};
use crate::{
    execution::planning,
    functions::collation,
    result::{ColumnOrigin, ResultColumn},
};

/// Behind the names of an aggregate's columns that show one of the equal values of a row, where it stands for DISTINCT.
pub(crate) const DISTINCT_VALUE: &str = ":distinct";
/// The same of GROUP BY.
pub(crate) const GROUP_VALUE: &str = ":group";

impl Binder {
    pub(super) fn set_operation(&mut self, body: &QueryBody) -> Result<Open> {
        let QueryBody::SetOperation { op, all, pos, .. } = body else {
            return Err(Error::internal("a set operation without operator"));
        };
        let sides = sides(body, *op, *all).into_iter().map(|side| self.open_body(side)).collect::<Result<Vec<_>>>()?;
        let (plans, columns) = self.unified(sides, *op, *pos)?;
        let plan = match op {
            SetOperator::Union if *all => node::union_all(plans)?,
            SetOperator::Union => self.distinct(node::union_all(plans)?, &columns)?,
            SetOperator::Intersect => self.matched(plans, JoinType::LeftSemi, &columns)?,
            SetOperator::Except => self.matched(plans, JoinType::LeftAnti, &columns)?,
        };
        // A union's columns are called as its first side's, which stays below: they need names of their own.
        let names = node::field_names(&plan);
        let (exprs, _): (Vec<_>, Vec<_>) = names.into_iter().map(|name| self.renamed(column(name))).unzip();
        let bound = Bound { plan: node::project(plan, exprs)?, columns: columns.into() };
        Ok(Open::of(bound))
    }

    /// Gives the columns of all sides one type each.
    pub(super) fn unified(
        &mut self,
        sides: Vec<Open>,
        op: SetOperator,
        pos: Pos,
    ) -> Result<(Vec<LogicalPlan>, Vec<ResultColumn>)> {
        let width = sides.first().map_or(0, |side| side.items.len());
        if sides.iter().any(|side| side.items.len() != width) {
            let message = format!("each {} query must have the same number of columns", words(op));
            return Err(super::syntax(message).at(pos));
        }
        let mut types = Vec::with_capacity(width);
        for index in 0..width {
            let values: Vec<Typed> = sides.iter().map(|side| of_its_collation(&side.items[index])).collect();
            let values: Vec<&Typed> = values.iter().collect();
            types.push(super::common_type(&values, words(op)).map_err(|error| error.at(sides[0].items[index].pos))?);
        }
        // What is case-insensitive on one side is so on all: others have no declared collation here.
        let insensitive = |index: usize| {
            let origin = |side: &Open| side.items[index].origin.as_ref().is_some_and(|origin| origin.case_insensitive);
            sides.iter().any(origin)
        };
        let columns = sides[0].items.iter().zip(&types).enumerate().map(|(index, (item, ty))| {
            let computed = ResultColumn::computed(item.name.clone(), *ty);
            let origin = insensitive(index).then(|| Arc::new(ColumnOrigin::without_case()));
            ResultColumn { origin, ..computed }
        });
        let columns = columns.collect();
        let mut plans = Vec::with_capacity(sides.len());
        let mut rows = ConstantRows::new(op, &types);
        for side in sides {
            let items = side.items.into_iter().zip(&types).map(|(item, ty)| self.unified_item(item, *ty));
            let items = items.collect::<Result<Vec<_>>>()?;
            match rows.take(&side.plan, &items)? {
                Taken::Yes => {}
                Taken::No => {
                    plans.extend(self.constant_side(&mut rows)?);
                    plans.push(self.close(Open { plan: side.plan, items }, Untyped::Keep)?.plan);
                }
            }
        }
        plans.extend(self.constant_side(&mut rows)?);
        Ok((plans, columns))
    }

    /// The constant rows that were gathered since the last side of another kind.
    fn constant_side(&mut self, rows: &mut ConstantRows) -> Result<Option<LogicalPlan>> {
        if rows.columns.first().is_none_or(Vec::is_empty) {
            return Ok(None);
        }
        let fields: Vec<(String, RedshiftType)> = rows.types.iter().map(|ty| (self.fresh(), *ty)).collect();
        let empty = vec![Vec::new(); rows.types.len()];
        constant_rows(&fields, std::mem::replace(&mut rows.columns, empty)).map(Some)
    }

    /// The rows of the first plan that the others have, or have not, each once; NULLs are equal.
    fn matched(&mut self, plans: Vec<LogicalPlan>, kind: JoinType, columns: &[ResultColumn]) -> Result<LogicalPlan> {
        if plans.len() > planning::MOST_JOINS {
            return Err(planning::too_many_joins());
        }
        let mut plans = plans.into_iter();
        let Some(first) = plans.next() else { return Err(Error::internal("a set operation without sides")) };
        let mut result = self.distinct(first, columns)?;
        let compared = |plan: &LogicalPlan| {
            let names = node::field_names(plan).into_iter().zip(columns);
            let keys = names.map(|(name, shown)| {
                let key = self.key_of(output(&name, shown))?;
                Ok(key.unwrap_or_else(|| column(name)))
            });
            keys.collect::<Result<Vec<_>>>()
        };
        for other in plans {
            let pairs = compared(&result)?.into_iter().zip(compared(&other)?).collect();
            let keys = JoinKeys { pairs, nulls: NullEquality::NullEqualsNull, null_aware: false };
            result = node::join_by_keys(result, other, kind, Vec::new(), keys)?;
        }
        Ok(result)
    }

    /// Each row once; of values that are equal and differ the least is shown.
    pub(super) fn distinct(&mut self, plan: LogicalPlan, columns: &[ResultColumn]) -> Result<LogicalPlan> {
        columns.iter().try_for_each(|shown| super::order::check_sortable(shown.ty))?;
        let names = node::field_names(&plan);
        let found = names.iter().zip(columns).map(|(name, shown)| self.key_of(output(name, shown)));
        let found = found.collect::<Result<Vec<_>>>()?;
        if found.iter().all(Option::is_none) {
            return Ok(node::distinct(plan));
        }
        let (mut keys, mut computed, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let mut outputs = Vec::with_capacity(names.len());
        for (name, key) in names.iter().zip(found) {
            let Some(key) = key else {
                keys.push(column(name.clone()));
                outputs.push(column(name.clone()));
                continue;
            };
            let (expr, key) = self.renamed(key);
            computed.push(expr);
            keys.push(column(key));
            let value = format!("{name}{DISTINCT_VALUE}");
            values.push(min(column(name.clone())).alias(&value));
            outputs.push(column(value).alias(name));
        }
        node::project(node::aggregate(node::extend(plan, computed)?, keys, values)?, outputs)
    }

    fn unified_item(&self, item: Item, ty: RedshiftType) -> Result<Item> {
        if item.typed.ty == ty { Ok(item) } else { self.cast_item(item, ty, CastKind::Implicit) }
    }
}

/// Sides of a UNION that are one row of constants each.
struct ConstantRows {
    op: SetOperator,
    types: Vec<RedshiftType>,
    columns: Vec<Vec<ScalarValue>>,
}

/// Was a side taken in?
enum Taken {
    Yes,
    No,
}

impl ConstantRows {
    fn new(op: SetOperator, types: &[RedshiftType]) -> Self {
        ConstantRows { op, types: types.to_vec(), columns: vec![Vec::new(); types.len()] }
    }

    /// Takes a side in if it is one row of constants.
    fn take(&mut self, plan: &LogicalPlan, items: &[Item]) -> Result<Taken> {
        let one_row = matches!(plan, LogicalPlan::EmptyRelation(empty) if empty.produce_one_row);
        if self.op != SetOperator::Union || !one_row || items.is_empty() {
            return Ok(Taken::No);
        }
        let values = items.iter().map(|item| folded(item.typed.clone()).map_err(|error| error.at(item.pos)));
        let Ok(constants) = constants(values.collect::<Result<Vec<_>>>()?) else { return Ok(Taken::No) };
        for (column, value) in self.columns.iter_mut().zip(constants) {
            column.push(value);
        }
        Ok(Taken::Yes)
    }
}

/// The sides of a chain of one operator. EXCEPT does not associate: only its left side is taken apart.
pub(super) fn sides(body: &QueryBody, op: SetOperator, all: bool) -> Vec<&QueryBody> {
    let mut found = Vec::new();
    let mut open = vec![(body, Side::Left)];
    while let Some((body, side)) = open.pop() {
        match body {
            QueryBody::SetOperation { op: this, all: this_all, left, right, .. }
                if *this == op
                    && (*this_all == all || (op == SetOperator::Union && !all))
                    && (op != SetOperator::Except || side == Side::Left) =>
            {
                open.push((right, Side::Right));
                open.push((left, side));
            }
            _ => found.push(body),
        }
    }
    found
}

/// A column of a side, under the collation that it comes with.
fn of_its_collation(item: &Item) -> Typed {
    collation::of_origin(item.typed.clone(), item.origin.as_deref())
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Left,
    Right,
}

fn words(op: SetOperator) -> &'static str {
    match op {
        SetOperator::Union => "UNION",
        SetOperator::Intersect => "INTERSECT",
        SetOperator::Except => "EXCEPT",
    }
}
