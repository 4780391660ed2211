//! The rows that MERGE changes and adds.
//!
//! Two plans over one source and one target: an inner join gives what is done with the rows that match, an anti-join the
//! rows that are added. Both see the target as it was before the statement.
//!
//! Source: developer guide, "MERGE".

use std::sync::Arc;

use datafusion::{
    common::JoinType,
    logical_expr::{Expr as PlanExpr, LogicalPlan},
};
use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{FromItem, MatchedAction, Merge, MergeAction},
};

use super::{
    Binder, Destination, Typed,
    block::{Block, Clause, Stage},
    dml::{Matches, Target, identity_columns, identity_given, no_equijoin},
    from::position,
    insert::named,
    node,
    scope::Scope,
};
use crate::{
    catalog::{Oid, Privilege, Relation},
    functions::semistructured::navigate::has_path,
};

/// What MERGE does.
#[derive(Debug, Clone)]
pub struct MergeRows {
    /// To which relation.
    pub relation: Arc<Relation>,
    /// What is done with the rows that match.
    pub matched: MatchedRows,
    /// Gives the rows that are added: the relation's columns in order, under their names.
    pub inserted: LogicalPlan,
}

/// What MERGE does with the rows that match.
#[derive(Debug, Clone)]
pub enum MatchedRows {
    /// They are replaced; the plan is like that of [`super::RowsOf`] for UPDATE.
    Updated(LogicalPlan),
    /// They are taken away; the plan is like that of [`super::RowsOf`] for DELETE.
    Deleted(LogicalPlan),
}

/// The two sides of a MERGE and what matches them.
struct Sides {
    source: LogicalPlan,
    source_scope: Arc<Scope>,
    target: Target,
    conditions: Vec<PlanExpr>,
}

impl Binder {
    /// The rows that MERGE changes and adds.
    ///
    /// # Errors
    /// 0A000 where the source reads the target or no columns of theirs are compared for equality. When it runs: XX000
    /// where several rows of the source match one of the target.
    pub fn merge_rows(&mut self, merge: &Merge) -> Result<MergeRows> {
        let mut sides = self.merge_sides(merge)?;
        let (matched, inserted) = match &merge.action {
            MergeAction::When { matched, columns, values } => {
                let rows = match matched {
                    MatchedAction::Delete => MatchedRows::Deleted(self.deleted(&sides)?),
                    MatchedAction::Update(assignments) => {
                        let mut block = Block::over(sides.target.scope.clone());
                        let assigned = self.assigned(assignments, &sides.target, &mut block)?;
                        check_whole(&assigned)?;
                        let pending = block.take_pending(Stage::Input);
                        let joined = sides.joined(JoinType::Inner)?;
                        let joined = self.join_in(joined, pending, Vec::new(), &assigned.iter().collect::<Vec<_>>())?;
                        let mut outputs = identity_columns(&sides.target.identity);
                        let names = sides.target.relation.columns.iter().map(|column| &column.name);
                        outputs.extend(assigned.into_iter().zip(names).map(|(value, name)| value.alias(name)));
                        MatchedRows::Updated(self.one_match(node::project(joined, outputs)?, Matches::One)?)
                    }
                };
                let mut block = Block::over(sides.source_scope.clone());
                let row = self.inserted_row(&sides.target.relation, columns, values, &mut block)?;
                check_whole(&row)?;
                (rows, node::project(sides.joined(JoinType::LeftAnti)?, row)?)
            }
            MergeAction::RemoveDuplicates => {
                let row = self.source_row(&sides).map_err(|error| error.at(position(&merge.source)))?;
                let deleted = self.deleted(&sides)?;
                let source = std::mem::replace(&mut sides.source, node::one_row());
                (MatchedRows::Deleted(deleted), node::project(source, row)?)
            }
        };
        self.check_nodes(Destination::Table)?;
        Ok(MergeRows { relation: sides.target.relation, matched, inserted })
    }

    /// INSERT is needed, and what is done with the rows that match.
    fn require_merge(&self, relation: &Relation, action: &MergeAction) -> Result<()> {
        self.require(relation, Privilege::Insert, [])?;
        match action {
            MergeAction::When { matched: MatchedAction::Update(assignments), .. } => {
                self.require_update(relation, assignments)
            }
            MergeAction::When { matched: MatchedAction::Delete, .. } | MergeAction::RemoveDuplicates => {
                self.require(relation, Privilege::Delete, [])
            }
        }
    }

    fn merge_sides(&mut self, merge: &Merge) -> Result<Sides> {
        let relation = self.writable(&merge.target, "merge into")?;
        self.require_merge(&relation, &merge.action).map_err(|error| error.at(merge.target.pos()))?;
        let (source, source_scope) = self.bind_item(&merge.source)?;
        self.check_source(&merge.source, relation.oid)?;
        let mut target = self.target(&merge.target, None, &[], "merge into")?;
        let mut scope = source_scope.clone();
        scope.append(Arc::unwrap_or_clone(target.scope)).map_err(|error| error.at(position(&merge.source)))?;
        target.scope = Arc::new(scope);
        let mut block = Block::over(target.scope.clone());
        let conditions = self.conjuncts(&merge.on, Clause::JoinOn, &mut block)?;
        check_whole(&conditions).map_err(|error| error.at(merge.on.pos))?;
        let pending = std::mem::take(&mut block.pending);
        let (source, plan) = self.join_in_sides(source, target.plan.clone(), pending, &conditions)?;
        target.plan = plan;
        let sides = Sides { source, source_scope: Arc::new(source_scope), target, conditions };
        if !sides.conditions.iter().any(|condition| sides.target.is_equijoin(condition)) {
            return Err(no_equijoin().at(merge.on.pos));
        }
        Ok(sides)
    }

    fn check_source(&self, source: &FromItem, target: Oid) -> Result<()> {
        if !self.reads().contains(&target) {
            return Ok(());
        }
        let direct = match source {
            FromItem::Table { name, .. } => self.resolve(name).is_ok_and(|relation| relation.oid == target),
            _ => false,
        };
        let message = match direct {
            true => "Source and target of Merge statement cannot be the same table.",
            false => "Source view/subquery in Merge statement cannot reference target table.",
        };
        Err(Error::unsupported(message).at(position(source)))
    }

    /// The places of the target's rows that match, each once.
    fn deleted(&mut self, sides: &Sides) -> Result<LogicalPlan> {
        let joined = sides.joined(JoinType::Inner)?;
        self.one_match(node::project(joined, identity_columns(&sides.target.identity))?, Matches::One)
    }

    /// The source's columns as the target takes them, by their places.
    fn source_row(&mut self, sides: &Sides) -> Result<Vec<PlanExpr>> {
        let relation = &sides.target.relation;
        let columns: Vec<_> = sides.source_scope.columns.iter().filter(|column| column.is_shown()).collect();
        if columns.len() != relation.columns.len() {
            let message =
                "Source and target of Merge statement with REMOVE DUPLICATES must have the same number of columns.";
            return Err(Error::new(SqlState::DATATYPE_MISMATCH, message));
        }
        let row = columns.into_iter().zip(relation.columns.iter()).map(|(value, column)| {
            if column.identity.is_some_and(|identity| !identity.by_default) {
                return Err(identity_given());
            }
            self.assign(value.typed(), column)
        });
        Ok(named(row.collect::<Result<Vec<Typed>>>()?, relation))
    }
}

/// "*match_condition* and *expr* can't partially reference SUPER type columns."
fn check_whole(exprs: &[PlanExpr]) -> Result<()> {
    if exprs.iter().any(has_path) {
        return Err(Error::unsupported("Partial reference of SUPER column is not supported in MERGE statement."));
    }
    Ok(())
}

impl Sides {
    /// The source's rows with the target's that match, or those of the source that none matches.
    fn joined(&self, kind: JoinType) -> Result<LogicalPlan> {
        node::join(self.source.clone(), self.target.plan.clone(), kind, self.conditions.clone())
    }
}
