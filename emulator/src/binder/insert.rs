//! The rows that INSERT adds.
//!
//! VALUES of thousands of rows bind fast: cells are folded to constants one by one and gathered into one batch; only rows
//! with something left to compute (a sub-query, a volatile function, a parameter without a value) become projections.

use std::sync::Arc;

use datafusion::{
    common::tree_node::TreeNode,
    logical_expr::{Expr as PlanExpr, LogicalPlan},
    scalar::ScalarValue,
};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Expr, ExprKind, Insert, InsertSource, Query, QueryBody},
    names::Ident,
};

use super::{
    Binder, Destination, Typed,
    block::{Block, Clause, Place, Stage},
    constant_rows::{constant_rows, constants, folded},
    dml::{identity_given, null_of},
    node,
    query::Open,
    scope::Scope,
};
use crate::catalog::{Column, Privilege, Relation};

/// The rows that INSERT adds.
#[derive(Debug, Clone)]
pub struct InsertRows {
    /// Into which relation.
    pub relation: Arc<Relation>,
    /// Gives the relation's columns in order, under their names and in their types.
    pub plan: LogicalPlan,
    /// Places in the relation's columns of IDENTITY columns whose NULLs are to be replaced by generated values.
    pub generated: Vec<usize>,
}

/// Where the values of an INSERT go.
struct Targets {
    relation: Arc<Relation>,
    /// The places of the columns that get values, in the order of the values.
    places: Vec<usize>,
    /// Was there a column list?
    listed: bool,
    generated: Vec<usize>,
}

impl Binder {
    /// The rows that INSERT adds.
    ///
    /// # Errors
    /// 42601 `INSERT has more expressions than target columns`, 42804 for a value of a type that the column does not
    /// take, and all that the query or the constants find.
    pub fn insert_rows(&mut self, insert: &Insert) -> Result<InsertRows> {
        let relation = self.writable(&insert.table, "insert into")?;
        self.require(&relation, Privilege::Insert, [])?;
        let mut targets = self.targets(relation, &insert.columns)?;
        let depth = self.ctes.len();
        let plan = match &insert.source {
            InsertSource::DefaultValues => {
                targets.places.clear();
                let row = self.complete_row(&[], &mut targets)?;
                node::project(node::one_row(), named(row, &targets.relation))?
            }
            InsertSource::Query(query) => match values(query) {
                Some(rows) => self.insert_values(rows, &mut targets)?,
                None => self.insert_query(query, &mut targets)?,
            },
        };
        self.ctes.truncate(depth);
        self.check_nodes(Destination::Table)?;
        let Targets { relation, mut generated, .. } = targets;
        generated.sort_unstable();
        generated.dedup();
        Ok(InsertRows { relation, plan, generated })
    }

    /// A row that is made of expressions over what the block has in sight: all columns, under their names.
    ///
    /// # Errors
    /// The same as [`Binder::insert_rows`].
    pub(super) fn inserted_row<'q>(
        &mut self,
        relation: &Arc<Relation>,
        columns: &[Ident],
        cells: &'q [Expr],
        block: &mut Block<'q>,
    ) -> Result<Vec<PlanExpr>> {
        let mut targets = self.targets(relation.clone(), columns)?;
        self.check_width(cells.len(), &mut targets)?;
        let mut given = Vec::with_capacity(cells.len());
        for (cell, place) in cells.iter().zip(targets.places.clone()) {
            given.push(self.cell(cell, place, &relation.columns[place], &mut targets, block)?);
        }
        let row = self.complete_row(&given, &mut targets)?;
        Ok(named(row, relation))
    }

    fn targets(&self, relation: Arc<Relation>, columns: &[Ident]) -> Result<Targets> {
        let mut places = Vec::with_capacity(columns.len());
        for name in columns {
            let place = self.target_column(&relation, name)?;
            if places.contains(&place) {
                let message = format!("column \"{}\" specified more than once", self.fold(name));
                return Err(Error::new(SqlState::DUPLICATE_COLUMN, message).at(name.pos));
            }
            places.push(place);
        }
        let listed = !columns.is_empty();
        if !listed {
            places = (0..relation.columns.len()).collect();
        }
        Ok(Targets { relation, places, listed, generated: Vec::new() })
    }

    /// Checks that so many values fit the columns; without a column list there may be fewer.
    fn check_width(&self, width: usize, targets: &mut Targets) -> Result<()> {
        if width > targets.places.len() {
            return Err(super::syntax("INSERT has more expressions than target columns"));
        }
        if width < targets.places.len() && targets.listed {
            return Err(super::syntax("INSERT has more target columns than expressions"));
        }
        targets.places.truncate(width);
        Ok(())
    }

    fn insert_query(&mut self, query: &Query, targets: &mut Targets) -> Result<LogicalPlan> {
        let Open { plan, items } = self.open_query(query)?;
        self.check_width(items.len(), targets)?;
        let mut given = Vec::with_capacity(items.len());
        for (item, place) in items.into_iter().zip(targets.places.clone()) {
            let target = &targets.relation.columns[place];
            if target.identity.is_some_and(|identity| !identity.by_default) {
                return Err(identity_given().at(item.pos));
            }
            given.push(self.assign(item.typed, target).map_err(|error| error.at(item.pos))?);
        }
        let row = self.complete_row(&given, targets)?;
        node::project(plan, named(row, &targets.relation))
    }

    /// All columns of a row: the given values in their places, defaults in the others.
    fn complete_row(&mut self, given: &[Typed], targets: &mut Targets) -> Result<Vec<Typed>> {
        let relation = targets.relation.clone();
        let mut row: Vec<Option<Typed>> = vec![None; relation.columns.len()];
        for (value, place) in given.iter().zip(&targets.places) {
            row[*place] = Some(value.clone());
        }
        row.into_iter()
            .enumerate()
            .map(|(place, value)| match value {
                Some(value) => Ok(value),
                None => self.missing(place, &relation.columns[place], &mut targets.generated),
            })
            .collect()
    }

    /// What the columns get that no row of VALUES gives anything: NULL stands for the others.
    fn defaults(&mut self, targets: &mut Targets) -> Result<Vec<Typed>> {
        let relation = targets.relation.clone();
        let columns = relation.columns.iter().enumerate();
        columns
            .map(|(place, column)| {
                if targets.places.contains(&place) {
                    return null_of(column.ty);
                }
                self.missing(place, column, &mut targets.generated)
            })
            .collect()
    }

    /// The value of a column that is given none.
    fn missing(&mut self, place: usize, column: &Column, generated: &mut Vec<usize>) -> Result<Typed> {
        if column.identity.is_some() {
            generated.push(place);
            return null_of(column.ty);
        }
        self.default_of(column)
    }

    fn insert_values(&mut self, rows: &[Vec<Expr>], targets: &mut Targets) -> Result<LogicalPlan> {
        let width = rows.first().map_or(0, Vec::len);
        if let Some(row) = rows.iter().find(|row| row.len() != width) {
            let error = super::syntax("VALUES lists must all be the same length");
            return Err(row.first().map_or(error.clone(), |cell| error.at(cell.pos)));
        }
        let beyond = rows.first().and_then(|row| row.get(targets.places.len()));
        self.check_width(width, targets).map_err(|error| beyond.map_or(error.clone(), |cell| error.at(cell.pos)))?;
        let relation = targets.relation.clone();
        let defaults = self.defaults(targets)?;
        let mut constant: Vec<Vec<ScalarValue>> = vec![Vec::with_capacity(rows.len()); relation.columns.len()];
        let mut plans = Vec::new();
        for row in rows {
            let mut block = Block::over(Arc::new(Scope::default()));
            let mut values: Vec<Option<Typed>> = vec![None; relation.columns.len()];
            for (cell, place) in row.iter().zip(targets.places.clone()) {
                let value = self.cell(cell, place, &relation.columns[place], targets, &mut block)?;
                values[place] = Some(value);
            }
            let values: Vec<Typed> =
                values.into_iter().zip(&defaults).map(|(value, default)| value.unwrap_or(default.clone())).collect();
            match constants(values) {
                Ok(scalars) => {
                    for (column, value) in constant.iter_mut().zip(scalars) {
                        column.push(value);
                    }
                }
                Err(values) => {
                    let exprs: Vec<&PlanExpr> = values.iter().map(|value| &value.expr).collect();
                    let pending = block.take_pending(Stage::Input);
                    if rows.len() > 1 && (!pending.is_empty() || exprs.iter().any(|expr| has_subquery(expr))) {
                        return Err(Error::unsupported("can't use subqueries in multi-row VALUES"));
                    }
                    let plan = self.join_in(node::one_row(), pending, Vec::new(), &exprs)?;
                    plans.push(node::project(plan, named(values, &relation))?);
                }
            }
        }
        if constant.first().is_some_and(|column| !column.is_empty()) {
            let fields: Vec<(String, RedshiftType)> =
                relation.columns.iter().map(|column| (column.name.clone(), column.ty)).collect();
            plans.insert(0, constant_rows(&fields, constant)?);
        }
        node::union_all(plans)
    }

    /// A value of VALUES, as its column takes it.
    fn cell<'q>(
        &mut self,
        cell: &'q Expr,
        place: usize,
        column: &Column,
        targets: &mut Targets,
        block: &mut Block<'q>,
    ) -> Result<Typed> {
        if matches!(cell.kind, ExprKind::Default) {
            return self.missing(place, column, &mut targets.generated);
        }
        if column.identity.is_some_and(|identity| !identity.by_default) {
            return Err(identity_given().at(cell.pos));
        }
        let value = self.expr(cell, block, Place::of(Clause::Values))?;
        let value = self.assign(value, column).map_err(|error| error.at(cell.pos))?;
        folded(value).map_err(|error| error.at(cell.pos))
    }
}

fn has_subquery(expr: &PlanExpr) -> bool {
    let is_one = |part: &PlanExpr| {
        Ok(matches!(part, PlanExpr::ScalarSubquery(_) | PlanExpr::Exists(_) | PlanExpr::InSubquery(_)))
    };
    expr.exists(is_one).unwrap_or(false)
}

/// The rows of a query that is nothing but VALUES.
fn values(query: &Query) -> Option<&[Vec<Expr>]> {
    let plain = query.with.is_none() && query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none();
    match &query.body {
        QueryBody::Values(rows) if plain => Some(rows),
        _ => None,
    }
}

pub(super) fn named(row: Vec<Typed>, relation: &Relation) -> Vec<PlanExpr> {
    row.into_iter().zip(relation.columns.iter()).map(|(value, column)| value.expr.alias(&column.name)).collect()
}
