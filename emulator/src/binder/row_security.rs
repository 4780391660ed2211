//! Row-level security: which rows of a relation a statement's user sees.
//!
//! Where a relation with row-level security is found, wherever it is named, what its policies say becomes a filter right above
//! its rows, below everything of the statement's own ([`SecureScan`]):
//!
//! ```text
//! select * from t where x / y > 1        Filter: x / y > 1
//!                                          SecureScan
//! policy p: using (owner = current_user)     Filter: owner = current_user
//!                                              Scan: t
//! ```
//!
//! Whose policies apply is asked of the statement's user, also inside of a view, whose privileges are its owner's. A policy's
//! condition is bound with nothing in sight but the columns that it declares, under the search path that it was made under; the
//! relations in its sub-queries are read with what was granted to the policy itself, the functions in it with the user's rights.
//!
//! Sources: developer guide, "Considerations and limitations using RLS policies", "CREATE RLS POLICY".

use std::{collections::BTreeSet, sync::Arc};

use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlan, lit};
use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{Expr, FromItem, Query, QueryBody},
    parse_expression,
    visit::{Visitor, walk_from_item, walk_query},
};

use super::{
    AppliedPolicy, Binder, CastKind, SessionInfo,
    block::{Block, Clause, Stage, placeholder},
    node,
    relation::Source,
    scope::{Exposure, Scope, ScopeColumn, ScopeTable},
    subquery::Pending,
};
use crate::{
    catalog::{Conjunction, Oid, PolicyColumn, Relation, RlsPolicy, RowFilter, RowIdentity},
    result::ColumnValue,
    secure_scan::SecureScan,
};

/// Why a policy's condition is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnderPolicy {
    /// To see whether it can be, when the policy is made or attached.
    Checked,
    /// To filter rows by this policy.
    Applied(Oid),
}

/// What a policy's condition refers to.
#[derive(Debug, Clone, Default)]
pub struct PolicyUses {
    /// The relations that it reads.
    pub relations: BTreeSet<Oid>,
    /// The functions in SQL that it calls.
    pub functions: BTreeSet<Oid>,
}

/// As the guide words it.
pub(super) fn not_rewritten() -> Error {
    Error::unsupported("RLS policy could not be rewritten.")
}

impl Binder {
    /// The rows of a relation that the statement's user sees.
    ///
    /// # Errors
    /// 0A000 where the relation cannot be read from here, or a policy cannot be applied; 42501 where the policy may not read
    /// a relation or the user may not call a function that it refers to.
    pub(super) fn secured(
        &mut self,
        relation: &Arc<Relation>,
        identity: RowIdentity,
        source: Source,
    ) -> Result<Source> {
        let Some(security) = relation.security.clone().filter(|security| security.on) else { return Ok(source) };
        match self.under_policy {
            // Who makes the policy is told better.
            Some(UnderPolicy::Checked) => return Ok(source),
            Some(UnderPolicy::Applied(_)) => return Err(not_rewritten()),
            None => {}
        }
        if self.ctx.session.case_settings_changed {
            let message = "RLS protected relation does not support session level config on case sensitivity being \
                           different from its default value.";
            return Err(Error::unsupported(message));
        }
        let user = Oid(self.ctx.session.user_id);
        let filter = match self.ctx.session.superuser {
            true => RowFilter::Ignored,
            false => self.ctx.catalog.row_filter(user, relation)?,
        };
        let RowFilter::Policies(policies) = filter else {
            self.note_applied(relation, None, Some(true))?;
            return Ok(source);
        };
        if self.ctx.catalog.other_database(relation)?.is_some() {
            let message =
                format!("RLS-protected relation \"{}\" cannot be accessed via cross-database query.", relation.name);
            return Err(Error::unsupported(message));
        }
        let explained = self.ctx.catalog.may_explain_rls(user)?;
        let plan = self.filtered(relation, identity, &source, (policies.as_slice(), security.conjunction))?;
        if let (Some(labels), Some(policy)) = (&mut self.labels, policies.first()) {
            labels.secured(&source.columns, &policy.alias);
        }
        let plan = SecureScan { input: plan, relation: relation.name.clone(), explained }.into_plan();
        Ok(Source { plan, ..source })
    }

    fn filtered(
        &mut self,
        relation: &Relation,
        identity: RowIdentity,
        source: &Source,
        (policies, conjunction): (&[Arc<RlsPolicy>], Conjunction),
    ) -> Result<LogicalPlan> {
        let names = node::field_names(&source.plan);
        let (mut pending, mut conditions) = (Vec::new(), Vec::new());
        for policy in policies {
            let using = parse_expression(&policy.using).map_err(Error::without_position)?;
            if identity == RowIdentity::Included && has_complex_lookup(&using) {
                let message = "One of the RLS policies on target relation is not supported in UPDATE/DELETE.";
                return Err(Error::unsupported(message));
            }
            let (own_pending, own) = self.applied(policy, relation, &using, &source.columns)?;
            pending.extend(own_pending);
            match conjunction {
                Conjunction::And => conditions.extend(own),
                Conjunction::Or => conditions.extend(node::all_of(own)),
            }
            self.note_applied(relation, Some(policy.name.clone()), None)?;
        }
        if policies.is_empty() {
            conditions.push(lit(false));
            self.note_applied(relation, None, Some(false))?;
        }
        if conjunction == Conjunction::Or {
            conditions = node::any_of(conditions).into_iter().collect();
        }
        let plan = self.join_in(source.plan.clone(), pending, conditions, &[])?;
        node::project_names(plan, &names)
    }

    /// The conditions of a policy over a relation's columns, with the sub-queries to be joined in.
    fn applied(
        &mut self,
        policy: &RlsPolicy,
        relation: &Relation,
        using: &Expr,
        columns: &[ScopeColumn],
    ) -> Result<(Vec<Pending>, Vec<PlanExpr>)> {
        let seen = policy.columns.iter().map(|declared| {
            let column = columns.iter().find(|column| column.name == declared.name && column.is_shown());
            column.cloned().ok_or_else(|| no_such_column(&declared.name, &relation.name))
        });
        let scope = policy_scope(&policy.alias, seen.collect::<Result<_>>()?);
        let acting = Some(Oid(self.ctx.session.user_id));
        let path = policy.search_path.clone();
        let (bound, _) = self.alone(path, UnderPolicy::Applied(policy.oid), acting, |binder| {
            let mut block = Block::over(scope);
            let conditions = binder.conjuncts(using, Clause::Where, &mut block)?;
            Ok((block.take_pending(Stage::Input), conditions))
        });
        bound.map_err(Error::without_position)
    }

    /// Binds a policy's condition to see whether that can be done, and what it refers to. Nobody's privileges are asked for.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check_policy(&mut self, alias: &str, columns: &[PolicyColumn], using: &Expr) -> Result<PolicyUses> {
        let seen = columns.iter().map(|column| ScopeColumn {
            table: Some(0),
            name: column.name.clone(),
            internal: self.fresh(),
            ty: column.ty,
            origin: None,
            exposure: Exposure::Full,
            value: ColumnValue::Varying,
        });
        let scope = policy_scope(alias, seen.collect());
        let path = self.ctx.session.search_path.clone();
        let (bound, uses) = self.alone(path, UnderPolicy::Checked, None, |binder| {
            binder.conjuncts(using, Clause::Where, &mut Block::over(scope)).map(drop)
        });
        bound.map(|()| uses)
    }

    /// The relations that a view reads and the columns that it has, whoever may read it.
    ///
    /// # Errors
    /// What is wrong with a view.
    pub fn columns_of(&mut self, relation: &Arc<Relation>) -> Result<Vec<PolicyColumn>> {
        let acting = self.acting.take();
        let source = self.unsecured_source(relation, RowIdentity::Omitted);
        self.acting = acting;
        let columns = source?.columns.into_iter().filter(ScopeColumn::is_shown);
        Ok(columns.map(|column| PolicyColumn { name: column.name, ty: column.ty }).collect())
    }

    /// Fails where a column of a relation does not go for the one that a policy declares.
    ///
    /// # Errors
    /// 42703 where there is none of this name; 42804 where it is of another type.
    pub fn check_policy_column(&self, declared: &PolicyColumn, relation: &str, own: &[PolicyColumn]) -> Result<()> {
        let Some(column) = own.iter().find(|column| column.name == declared.name) else {
            return Err(no_such_column(&declared.name, relation));
        };
        if column.ty.base_name() == declared.ty.base_name() {
            return Ok(());
        }
        let value = placeholder("value", column.ty);
        super::cast(value, declared.ty, CastKind::Implicit, &self.ctx).map(drop).map_err(|_| {
            let message = format!(
                "column \"{}\" of relation \"{relation}\" is of type {} but the RLS policy declares {}",
                column.name, column.ty, declared.ty
            );
            Error::new(SqlState::DATATYPE_MISMATCH, message)
        })
    }

    /// Binds something with nothing of the statement around it in sight, and tells what it refers to.
    fn alone<T>(
        &mut self,
        search_path: Vec<String>,
        under: UnderPolicy,
        acting: Option<Oid>,
        work: impl FnOnce(&mut Binder) -> Result<T>,
    ) -> (Result<T>, PolicyUses) {
        let session = Arc::new(SessionInfo { search_path, ..(*self.ctx.session).clone() });
        let session = std::mem::replace(&mut self.ctx.session, session);
        let outer = std::mem::take(&mut self.outer);
        let ctes = std::mem::take(&mut self.ctes);
        let variables = self.ctx.variables.take();
        let subquery_depth = std::mem::take(&mut self.subquery_depth);
        let view_depth = std::mem::take(&mut self.view_depth);
        let acting = std::mem::replace(&mut self.acting, acting);
        let reads = std::mem::take(&mut self.reads);
        let calls = std::mem::take(&mut self.calls);
        let identified = self.identified.take();
        let from_reads = std::mem::take(&mut self.from_reads);
        let under_policy = self.under_policy.replace(under);
        let done = self.unseen(|binder| super::with_stack(|| work(binder)));
        self.under_policy = under_policy;
        self.from_reads = from_reads;
        self.identified = identified;
        let functions = std::mem::replace(&mut self.calls, calls);
        let relations = std::mem::replace(&mut self.reads, reads);
        self.acting = acting;
        self.view_depth = view_depth;
        self.subquery_depth = subquery_depth;
        self.ctx.variables = variables;
        self.ctes = ctes;
        self.outer = outer;
        self.ctx.session = session;
        (done, PolicyUses { relations, functions })
    }

    /// Notes what SVV_RLS_APPLIED_POLICY tells: a policy, or that all rows or none are seen without one.
    fn note_applied(&self, relation: &Relation, policy: Option<String>, default: Option<bool>) -> Result<()> {
        self.ctx.effects.apply(AppliedPolicy {
            database: self.database_of(relation)?,
            schema: relation.schema.clone(),
            relation: relation.name.clone(),
            policy,
            default,
        });
        Ok(())
    }
}

/// What a policy's condition can name.
fn policy_scope(alias: &str, columns: Vec<ScopeColumn>) -> Arc<Scope> {
    let columns = columns.into_iter().map(|column| ScopeColumn { table: Some(0), ..column }).collect();
    Arc::new(Scope { tables: vec![ScopeTable { path: None, name: alias.to_string() }], columns })
}

fn no_such_column(column: &str, relation: &str) -> Error {
    let message = format!("column \"{column}\" of relation \"{relation}\" does not exist");
    Error::new(SqlState::UNDEFINED_COLUMN, message)
}

/// "... certain RLS policies with lookups that have complex joins": a sub-query that reads more than one relation.
fn has_complex_lookup(using: &Expr) -> bool {
    let mut joins = Joins(false);
    joins.visit_expr(using);
    joins.0
}

/// Is there a join?
struct Joins(bool);

impl Visitor for Joins {
    fn visit_query(&mut self, query: &Query) {
        self.0 |= matches!(&query.body, QueryBody::Select(select) if select.from.len() > 1);
        walk_query(self, query);
    }

    fn visit_from_item(&mut self, item: &FromItem) {
        self.0 |= matches!(item, FromItem::Join(_));
        walk_from_item(self, item);
    }
}
