//! GROUP BY: its expressions, and the grouping sets that ROLLUP, CUBE and GROUPING SETS make of them.

use datafusion::logical_expr::Expr as PlanExpr;
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Expr, ExprKind, GroupBy, GroupingItem},
};

use super::{
    Binder, Typed,
    block::{Block, Clause, Place, Stage},
    node::column,
    order::{ordinal, position_in},
    query::Item,
    scope::{Resolved, unsupported_correlation},
    subquery::mentions,
};
use crate::functions::collation;

/// The expressions of GROUP BY, each once, and which of them each grouping set has.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub exprs: Vec<PlanExpr>,
    /// How the values of each are told apart.
    pub compared: Vec<Compared>,
    /// None: one set of all.
    pub sets: Option<Vec<Vec<usize>>>,
}

/// How the values of an expression of GROUP BY are told apart: by their type and their collation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Compared {
    ty: RedshiftType,
    insensitive: bool,
}

impl Compared {
    pub(super) fn of(value: &Typed) -> Self {
        Compared { ty: value.ty, insensitive: collation::is_insensitive(value) }
    }

    /// What rows are grouped by where it is not the column itself.
    pub(super) fn key(self, name: &str, binder: &Binder) -> Result<Option<PlanExpr>> {
        let value = Typed::new(column(name), self.ty);
        binder.key_of(if self.insensitive { collation::insensitive(value) } else { value })
    }
}

/// Grouping sets in one query, at most.
const MAX_GROUPING_SETS: usize = 64;

/// What makes several grouping sets of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extension {
    Rollup,
    Cube,
}

impl Extension {
    /// The grouping sets of a list of parts.
    fn alternatives(self, parts: Vec<Vec<usize>>) -> Result<Vec<Vec<usize>>> {
        if self == Extension::Rollup {
            return Ok((0..=parts.len()).rev().map(|count| parts[..count].concat()).collect());
        }
        let all = u32::try_from(parts.len()).ok().and_then(|parts| 1_usize.checked_shl(parts)).unwrap_or(usize::MAX);
        if all > MAX_GROUPING_SETS {
            return Err(too_many_sets());
        }
        let chosen = |mask: usize| -> Vec<usize> {
            let has = |index: usize| mask & (1 << (parts.len() - 1 - index)) != 0;
            let chosen = parts.iter().enumerate().filter(|(index, _)| has(*index));
            chosen.flat_map(|(_, part)| part.iter().copied()).collect()
        };
        Ok((0..all).rev().map(chosen).collect())
    }
}

/// ROLLUP or CUBE as an element of GROUPING SETS, which reads as the call of a function.
fn nested(set: &[Expr]) -> Option<(Extension, Vec<Vec<&Expr>>)> {
    let [Expr { kind: ExprKind::Function(call), .. }] = set else { return None };
    let [name] = &call.name.0[..] else { return None };
    let extension = match name.folded(false).as_str() {
        "rollup" => Extension::Rollup,
        "cube" => Extension::Cube,
        _ => return None,
    };
    let part = |arg| match arg {
        &Expr { kind: ExprKind::Row(ref items), .. } => items.iter().collect(),
        arg => vec![arg],
    };
    Some((extension, call.args.iter().map(part).collect()))
}

fn lists_of<'q>(lists: Vec<Vec<&'q Expr>>, mut bind: impl FnMut(&'q Expr) -> Result<usize>) -> Result<Vec<Vec<usize>>> {
    lists.into_iter().map(|list| list.into_iter().map(&mut bind).collect()).collect()
}

impl Binder {
    /// Binds GROUP BY; none where there is none.
    pub(super) fn group_by<'q>(
        &mut self,
        group_by: &'q GroupBy,
        items: &[Item],
        block: &mut Block<'q>,
    ) -> Result<Option<Groups>> {
        match group_by {
            GroupBy::None => Ok(None),
            GroupBy::All => Ok(Some(all_groups(items, block))),
            GroupBy::Items(list) => {
                let mut groups = Groups::default();
                let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
                let extended = list.iter().any(|item| !matches!(item, GroupingItem::Expr(_)));
                for item in list {
                    let alternatives = self.grouping_item(item, items, &mut groups, block)?;
                    if extended {
                        refuse_duplicates(&sets, &alternatives)?;
                    }
                    sets = product(sets, &alternatives)?;
                }
                if extended && groups.exprs.iter().any(|expr| expr.column_refs().is_empty() && !expr.contains_outer()) {
                    let message = "constants are not supported as grouping columns of aggregation extensions";
                    return Err(Error::unsupported(message));
                }
                let whole = matches!(sets.as_slice(), [only] if only.len() == groups.exprs.len());
                if !whole {
                    groups.sets = Some(sets);
                }
                Ok(Some(groups))
            }
        }
    }

    /// The alternatives that an item gives, each a set of expressions.
    fn grouping_item<'q>(
        &mut self,
        item: &'q GroupingItem,
        items: &[Item],
        groups: &mut Groups,
        block: &mut Block<'q>,
    ) -> Result<Vec<Vec<usize>>> {
        let mut lists = |lists: &'q [Vec<Expr>], binder: &mut Binder| -> Result<Vec<Vec<usize>>> {
            lists
                .iter()
                .map(|list| list.iter().map(|expr| binder.grouping_expr(expr, items, groups, block)).collect())
                .collect()
        };
        match item {
            // Several expressions in parentheses are so many expressions.
            GroupingItem::Expr(Expr { kind: ExprKind::Row(list), .. }) => lists(std::slice::from_ref(list), self),
            GroupingItem::Expr(expr) => Ok(vec![vec![self.grouping_expr(expr, items, groups, block)?]]),
            GroupingItem::GroupingSets(sets) => {
                let mut alternatives = Vec::new();
                for set in sets {
                    alternatives.extend(match nested(set) {
                        Some((extension, parts)) => {
                            extension.alternatives(lists_of(parts, |e| self.grouping_expr(e, items, groups, block))?)?
                        }
                        None => lists_of(vec![set.iter().collect()], |e| self.grouping_expr(e, items, groups, block))?,
                    });
                }
                Ok(alternatives)
            }
            GroupingItem::Rollup(levels) => Extension::Rollup.alternatives(lists(levels, self)?),
            GroupingItem::Cube(parts) => Extension::Cube.alternatives(lists(parts, self)?),
        }
    }

    /// An expression of GROUP BY: a position in the select list, a column, an alias, or any expression.
    fn grouping_expr<'q>(
        &mut self,
        expr: &'q Expr,
        items: &[Item],
        groups: &mut Groups,
        block: &mut Block<'q>,
    ) -> Result<usize> {
        let bound = match ordinal(expr, "GROUP BY")? {
            Some(position) => {
                let index = position_in(position, items.len(), "GROUP BY").map_err(|error| error.at(expr.pos))?;
                let item = &items[index];
                self.check_groupable(&item.typed.expr, block).map_err(|error| error.at(expr.pos))?;
                collation::of_origin(item.typed.clone(), item.origin.as_deref())
            }
            None => match self.grouping_alias(expr, block)? {
                Some(item) => {
                    self.check_groupable(&item.expr, block).map_err(|error| error.at(expr.pos))?;
                    item
                }
                None => self.expr(expr, block, Place::of(Clause::GroupBy))?,
            },
        };
        super::order::check_sortable(bound.ty).map_err(|error| error.at(expr.pos))?;
        let compared = Compared::of(&bound);
        let bound = collation::sensitive(bound).expr;
        self.refuse_correlated_group(&bound, block).map_err(|error| error.at(expr.pos))?;
        super::select::check_targets(groups.exprs.len())?;
        let known = groups.exprs.iter().position(|known| *known == bound);
        Ok(known.unwrap_or_else(|| {
            groups.exprs.push(bound);
            groups.compared.push(compared);
            groups.exprs.len() - 1
        }))
    }

    /// The item of the select list whose alias this is; a column of FROM comes before it.
    ///
    /// It is the item itself, and not its expression bound anew: each time that a sub-query is bound it gets other names.
    fn grouping_alias(&self, expr: &Expr, block: &Block<'_>) -> Result<Option<Typed>> {
        let ExprKind::Column(name) = &expr.kind else { return Ok(None) };
        let [bare] = name.0.as_slice() else { return Ok(None) };
        let folded = self.fold(bare);
        let variable = match &self.ctx.variables {
            Some(variables) => variables.value(std::slice::from_ref(&folded))?,
            None => None,
        };
        if variable.is_some() || matches!(self.resolve_column(&block.scope, name)?, Resolved::Here(_)) {
            return Ok(None);
        }
        Ok(block.alias(&folded).and_then(|alias| alias.bound.clone()))
    }

    /// An item of the select list that GROUP BY names must have neither aggregates nor window functions.
    fn check_groupable(&self, item: &PlanExpr, block: &mut Block<'_>) -> Result<()> {
        let taken = |list: &[super::block::Taken]| list.iter().any(|taken| mentions(item, &taken.name));
        if taken(&block.aggregates) || block.groupings.iter().any(|call| mentions(item, &call.name)) {
            return Err(Error::new(SqlState::GROUPING_ERROR, "aggregates not allowed in GROUP BY clause"));
        }
        if taken(&block.windows) {
            return Err(Error::new(SqlState::WINDOWING_ERROR, "window functions not allowed in GROUP BY clause"));
        }
        for pending in block.pending.iter_mut().filter(|pending| mentions(item, &pending.name)) {
            pending.stage = Stage::Input;
        }
        Ok(())
    }

    /// Redshift cannot group by the result of a correlated sub-query: developer guide, "Correlated subqueries".
    fn refuse_correlated_group(&self, expr: &PlanExpr, block: &Block<'_>) -> Result<()> {
        if self.uses.user_tables && block.pending.iter().any(|pending| mentions(expr, &pending.name)) {
            return Err(unsupported_correlation());
        }
        Ok(())
    }
}

/// GROUP BY ALL: all items of the select list that have columns and no aggregates.
fn all_groups(items: &[Item], block: &Block<'_>) -> Groups {
    let later = block.aggregates.iter().chain(&block.windows);
    let later: Vec<&str> = later.map(|taken| taken.name.as_str()).collect();
    let mut groups = Groups::default();
    for item in items {
        let expr = &item.typed.expr;
        let is_key = !expr.column_refs().is_empty() && !later.iter().any(|name| mentions(expr, name));
        if is_key && !groups.exprs.contains(expr) {
            groups.exprs.push(expr.clone());
            let value = collation::of_origin(item.typed.clone(), item.origin.as_deref());
            groups.compared.push(Compared::of(&value));
        }
    }
    groups
}

/// "You can't make a grouping set that contains duplicate columns" ("Aggregation extensions").
fn refuse_duplicates(sets: &[Vec<usize>], alternatives: &[Vec<usize>]) -> Result<()> {
    let repeats = |set: &Vec<usize>| set.iter().enumerate().any(|(place, index)| set[..place].contains(index));
    let overlaps = |set: &Vec<usize>| alternatives.iter().any(|other| other.iter().any(|index| set.contains(index)));
    if alternatives.iter().any(repeats) || sets.iter().any(overlaps) {
        return Err(Error::unsupported("duplicate columns in a grouping set are not supported"));
    }
    Ok(())
}

/// Several items of GROUP BY: each alternative of one with each of the others.
fn product(sets: Vec<Vec<usize>>, alternatives: &[Vec<usize>]) -> Result<Vec<Vec<usize>>> {
    if sets.len().saturating_mul(alternatives.len()) > MAX_GROUPING_SETS {
        return Err(too_many_sets());
    }
    let mut result = Vec::with_capacity(sets.len() * alternatives.len());
    for set in &sets {
        for alternative in alternatives {
            let mut joined = set.clone();
            for index in alternative {
                if !joined.contains(index) {
                    joined.push(*index);
                }
            }
            result.push(joined);
        }
    }
    Ok(result)
}

fn too_many_sets() -> Error {
    let message = format!("too many grouping sets present (maximum {MAX_GROUPING_SETS})");
    Error::new(SqlState::STATEMENT_TOO_COMPLEX, message)
}
