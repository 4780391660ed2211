//! The rows that INSERT, UPDATE and DELETE write.

use std::sync::Arc;

use datafusion::{
    functions_aggregate::expr_fn::{count, first_value},
    logical_expr::{BinaryExpr, Expr as PlanExpr, LogicalPlan, Operator, lit},
};
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Delete, Expr, ExprKind, FromItem, JoinKind, Update},
    names::{Ident, ObjectName},
    parse_expression,
};

use super::{
    Binder, CastKind, Destination, Typed,
    block::{Block, Clause, Place, Stage},
    expr::chain,
    node::{self, column},
    relation::Source,
    scope::{Scope, ScopeTable},
    single_row::{Complaint, single_row},
    subquery::mentions,
};
use crate::{
    catalog::{Column, Oid, Privilege, ROW_FILE, ROW_POSITION, Relation, RelationKind, RowIdentity},
    types::arrow_type,
};

/// The rows of a relation that a statement changes.
#[derive(Debug, Clone)]
pub struct RowsOf {
    /// Which relation.
    pub relation: Arc<Relation>,
    /// Gives [`ROW_FILE`] and [`ROW_POSITION`], and for UPDATE behind them the relation's columns under their names,
    /// with their new values. Each row comes once.
    pub plan: LogicalPlan,
}

/// The target of a statement, and all that its expressions can name.
pub(super) struct Target {
    pub relation: Arc<Relation>,
    pub plan: LogicalPlan,
    pub scope: Arc<Scope>,
    pub identity: [String; 2],
    /// The internal names of the relation's columns.
    pub columns: Vec<String>,
}

/// A relation of whose rows the places are wanted wherever FROM names it.
pub(super) struct Identified {
    pub relation: Oid,
    /// The internal names of places, for each time that it was named.
    pub found: Vec<[String; 2]>,
}

impl Target {
    /// FROM may name the target under an alias and say there what it is joined with: without a condition on the target
    /// itself, the alias is the target (developer guide, "Examples of UPDATE statements").
    fn named_again(&self, conditions: &[PlanExpr], found: &[[String; 2]]) -> Vec<PlanExpr> {
        let [again] = found else { return Vec::new() };
        let mentioned = conditions.iter().any(|condition| self.columns.iter().any(|own| mentions(condition, own)));
        if mentioned {
            return Vec::new();
        }
        self.identity.iter().zip(again).map(|(own, other)| column(own).eq(column(other))).collect()
    }

    /// Does a condition say that something of the target equals something of the others?
    pub(super) fn is_equijoin(&self, condition: &PlanExpr) -> bool {
        let PlanExpr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = condition else { return false };
        let is_own = |name: &str| self.columns.iter().chain(&self.identity).any(|own| own == name);
        let sides = [left, right].map(|side| {
            let names = side.column_refs();
            let own = names.iter().filter(|column| is_own(&column.name)).count();
            (own, names.len() - own)
        });
        matches!(sides, [(1.., 0), (0, 1..)] | [(0, 1..), (1.., 0)])
    }
}

/// Of UPDATE ... FROM and MERGE whose conditions do not say which of the other rows a row of the target goes with.
pub(super) fn no_equijoin() -> Error {
    Error::unsupported("Target table must be part of an equijoin predicate")
}

/// Outer joins in FROM (developer guide, "UPDATE", "Usage notes").
fn check_no_outer_join(item: &FromItem) -> Result<()> {
    let FromItem::Join(join) = item else { return Ok(()) };
    match join.kind {
        JoinKind::Left | JoinKind::Right | JoinKind::Full => Err(no_equijoin().at(join.pos)),
        JoinKind::Inner | JoinKind::Cross => {
            check_no_outer_join(&join.left)?;
            check_no_outer_join(&join.right)
        }
    }
}

impl Binder {
    /// The rows that DELETE takes away.
    pub fn delete_rows(&mut self, delete: &Delete) -> Result<RowsOf> {
        self.bind_with(delete.with.as_ref())?;
        let target = self.target(&delete.table, delete.alias.as_ref(), &delete.using, "delete from")?;
        self.require(&target.relation, Privilege::Delete, [])?;
        let mut block = Block::over(target.scope);
        let plan = self.matching(target.plan, delete.selection.as_ref(), &mut block)?;
        let plan = node::project(plan, identity_columns(&target.identity))?;
        let plan = if delete.using.is_empty() { plan } else { node::distinct(plan) };
        self.check_nodes(Destination::Table)?;
        Ok(RowsOf { relation: target.relation, plan })
    }

    /// The rows that UPDATE changes, as they are afterwards.
    ///
    /// Where several rows of FROM match a row, one of them decides, unless `error_on_nondeterministic_update` is on.
    pub fn update_rows(&mut self, update: &Update) -> Result<RowsOf> {
        self.bind_with(update.with.as_ref())?;
        update.from.iter().try_for_each(check_no_outer_join)?;
        let relation = self.writable(&update.table, "update")?.oid;
        let outer = self.identified.replace(Identified { relation, found: Vec::new() });
        let target = self.target(&update.table, update.alias.as_ref(), &update.from, "update");
        let found = std::mem::replace(&mut self.identified, outer).map_or_else(Vec::new, |asked| asked.found);
        let target = target?;
        self.require_update(&target.relation, &update.assignments)?;
        let mut block = Block::over(target.scope.clone());
        let mut conditions = self.conditions(update.selection.as_ref(), &mut block)?;
        conditions.extend(target.named_again(&conditions, &found));
        if !update.from.is_empty() && !conditions.iter().any(|condition| target.is_equijoin(condition)) {
            return Err(no_equijoin());
        }
        let pending = block.take_pending(Stage::Input);
        let plan = self.join_in(target.plan.clone(), pending, conditions, &[])?;
        let values = self.assigned(&update.assignments, &target, &mut block)?;
        let pending = block.take_pending(Stage::Input);
        let plan = self.join_in(plan, pending, Vec::new(), &values.iter().collect::<Vec<_>>())?;
        let mut outputs = identity_columns(&target.identity);
        outputs.extend(values.into_iter().zip(target.relation.columns.iter()).map(|(v, c)| v.alias(&c.name)));
        let plan = node::project(plan, outputs)?;
        let plan = if update.from.is_empty() { plan } else { self.one_match(plan, self.update_matches())? };
        self.check_nodes(Destination::Table)?;
        Ok(RowsOf { relation: target.relation, plan })
    }

    /// UPDATE is held on the table or on each column that is assigned.
    pub(super) fn require_update(&self, relation: &Relation, assignments: &[(Ident, Expr)]) -> Result<()> {
        let assigned = |column: &&Column| assignments.iter().any(|(name, _)| self.fold(name) == column.name);
        self.require(relation, Privilege::Update, relation.columns.iter().filter(assigned))
    }

    /// The target with its row identity, beside the other items of FROM or USING.
    pub(super) fn target(
        &mut self,
        name: &ObjectName,
        alias: Option<&Ident>,
        others: &[FromItem],
        verb: &str,
    ) -> Result<Target> {
        let relation = self.writable(name, verb)?;
        let Source { plan, mut columns, identity } = self.source(&relation, RowIdentity::Included)?;
        let identity = identity.ok_or_else(|| Error::internal("a scan without row identity"))?;
        let names = columns.iter().map(|column| column.internal.clone()).collect();
        for column in &mut columns {
            column.table = Some(0);
        }
        let table = match alias {
            Some(alias) => ScopeTable { path: None, name: self.fold(alias) },
            None => ScopeTable {
                path: Some((self.database_of(&relation)?, relation.schema.clone())),
                name: relation.name.clone(),
            },
        };
        if let Some(labels) = &mut self.labels {
            labels.named(&table, &columns);
        }
        let mut scope = Scope { tables: vec![table], columns };
        let plan = if others.is_empty() {
            plan
        } else {
            let (more, other_scope) = self.bind_from(others)?;
            scope.append(other_scope).map_err(|error| error.at(super::from::position(&others[0])))?;
            node::cross_join(plan, more)?
        };
        Ok(Target { relation, plan, scope: Arc::new(scope), identity, columns: names })
    }

    /// The table of this name, which a statement writes to.
    ///
    /// # Errors
    /// 0A000 for a view, 42501 for a relation of the system.
    pub fn writable(&self, name: &ObjectName, verb: &str) -> Result<Arc<Relation>> {
        let relation = self.resolve(name)?;
        let error = match relation.kind {
            RelationKind::Table(_) => return Ok(relation),
            RelationKind::View(_) => Error::unsupported(format!("cannot {verb} a view")),
            RelationKind::System => Error::new(
                SqlState::INSUFFICIENT_PRIVILEGE,
                format!("permission denied: \"{}\" is a system catalog", relation.name),
            ),
        };
        Err(error.at(name.pos()))
    }

    fn matching<'q>(
        &mut self,
        plan: LogicalPlan,
        selection: Option<&'q Expr>,
        block: &mut Block<'q>,
    ) -> Result<LogicalPlan> {
        let conditions = self.conditions(selection, block)?;
        let pending = block.take_pending(Stage::Input);
        self.join_in(plan, pending, conditions, &[])
    }

    fn conditions<'q>(&mut self, selection: Option<&'q Expr>, block: &mut Block<'q>) -> Result<Vec<PlanExpr>> {
        let parts =
            selection.into_iter().flat_map(|selection| chain(selection, redshift_sql_dialect::ast::BinaryOp::And));
        self.all_conditions(parts.collect(), Clause::Where, block)
    }

    /// The new values of all columns.
    pub(super) fn assigned<'q>(
        &mut self,
        assignments: &'q [(Ident, Expr)],
        target: &Target,
        block: &mut Block<'q>,
    ) -> Result<Vec<PlanExpr>> {
        let mut values: Vec<Option<PlanExpr>> = vec![None; target.columns.len()];
        for (name, expr) in assignments {
            let index = self.target_column(&target.relation, name)?;
            let target_column = &target.relation.columns[index];
            if values[index].is_some() {
                let message = format!("multiple assignments to same column \"{}\"", target_column.name);
                return Err(super::syntax(message).at(name.pos));
            }
            let is_default = matches!(expr.kind, ExprKind::Default);
            if target_column.identity.is_some_and(|identity| is_default || !identity.by_default) {
                return Err(identity_given().at(name.pos));
            }
            let value = match is_default {
                true => self.default_of(target_column)?,
                false => {
                    let value = self.expr(expr, block, Place::of(Clause::Update))?;
                    self.assign(value, target_column).map_err(|error| error.at(expr.pos))?
                }
            };
            values[index] = Some(value.expr);
        }
        let kept = target.columns.iter().map(column);
        Ok(values.into_iter().zip(kept).map(|(value, kept)| value.unwrap_or(kept)).collect())
    }

    /// The place of a column that a statement names as its target.
    pub(super) fn target_column(&self, relation: &Relation, name: &Ident) -> Result<usize> {
        let folded = self.fold(name);
        relation.columns.iter().position(|column| column.name == folded).ok_or_else(|| {
            let message = format!("column \"{folded}\" of relation \"{}\" does not exist", relation.name);
            Error::new(SqlState::UNDEFINED_COLUMN, message).at(name.pos)
        })
    }

    /// A value as a column takes it.
    pub(super) fn assign(&self, value: Typed, column: &Column) -> Result<Typed> {
        let from = value.ty;
        super::cast(value, column.ty, CastKind::Assignment, &self.ctx).map_err(|error| {
            if error.sqlstate() != SqlState::DATATYPE_MISMATCH && error.sqlstate() != SqlState::CANNOT_COERCE {
                return error;
            }
            let message = format!(
                "column \"{}\" is of type {} but expression is of type {}",
                column.name,
                column.ty.base_name(),
                from.base_name()
            );
            Error::new(SqlState::DATATYPE_MISMATCH, message)
                .with_hint("You will need to rewrite or cast the expression.")
        })
    }

    /// The default of a column: NULL where it has none.
    pub(super) fn default_of(&mut self, column: &Column) -> Result<Typed> {
        let Some(text) = &column.default else { return null_of(column.ty) };
        let expr = parse_expression(text).map_err(Error::without_position)?;
        let value = self.unseen(|binder| binder.constant(&expr)).map_err(Error::without_position)?;
        self.assign(value, column).map_err(Error::without_position)
    }

    /// What UPDATE does with several matches: `error_on_nondeterministic_update` decides.
    fn update_matches(&self) -> Matches {
        let strict = self.ctx.session.settings.get("error_on_nondeterministic_update");
        match strict.is_some_and(|value| matches!(value.as_str(), "on" | "true")) {
            true => Matches::One,
            false => Matches::Any,
        }
    }

    /// Each row once: the values of any of its matches, or of its only one.
    pub(super) fn one_match(&mut self, plan: LogicalPlan, matches: Matches) -> Result<LogicalPlan> {
        let names = node::field_names(&plan);
        let (keys, values) = names.split_at(2);
        let counted = count(lit(1_i64));
        let number = column(counted.schema_name().to_string());
        let firsts: Vec<PlanExpr> = values.iter().map(|name| first_value(column(name), Vec::new())).collect();
        let shown: Vec<String> = firsts.iter().map(|first| first.schema_name().to_string()).collect();
        let groups = keys.iter().map(column).collect();
        let plan = node::aggregate(plan, groups, firsts.into_iter().chain([counted]).collect())?;
        let mut outputs: Vec<PlanExpr> = keys.iter().map(column).collect();
        if matches == Matches::One {
            outputs[0] = single_row(column(&keys[0]), number, Complaint::SeveralMatches).alias(&keys[0]);
        }
        outputs.extend(values.iter().zip(shown).map(|(name, shown)| column(shown).alias(name)));
        node::project(plan, outputs)
    }
}

/// How many matches a row may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Matches {
    /// Any number: one of them decides.
    Any,
    /// One: several are an error.
    One,
}

/// NULL of a type.
pub(super) fn null_of(ty: RedshiftType) -> Result<Typed> {
    let value = super::planned(datafusion::scalar::ScalarValue::try_from(&arrow_type(ty)))?;
    Ok(Typed::literal(value, ty))
}

/// 0A000 for a value that is given to an IDENTITY column.
pub(super) fn identity_given() -> Error {
    Error::unsupported("cannot set an identity column to a value")
}

pub(super) fn identity_columns([file, position]: &[String; 2]) -> Vec<PlanExpr> {
    vec![column(file).alias(ROW_FILE), column(position).alias(ROW_POSITION)]
}
