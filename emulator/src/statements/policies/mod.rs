//! Row-level security: CREATE, ALTER, DROP, ATTACH and DETACH RLS POLICY, and what turns it on.
//!
//! A policy's condition is bound when it is made, to see what it refers to, and bound again over the columns of each relation
//! that rows are read of ([`crate::binder`], `row_security`). What policies refer to stays as it is for as long as they do
//! ([`dependents`]).
//!
//! Sources: developer guide, "Row-level security" and the pages of the commands.

mod dependents;
mod security;
mod shown;

use std::{collections::BTreeSet, sync::Arc};

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{
        AlterPolicy, AttachRlsPolicy, CreateRlsPolicy, DataType, DropPolicy, Expr, ExprKind, FromItem, JoinConstraint,
        PolicyKind, Principal, Query,
    },
    names::{Ident, ObjectName},
    parse_expression,
    visit::{Visitor, walk_expr, walk_from_item, walk_query},
};

pub(crate) use self::{
    dependents::{check_column_free, check_function_free, check_relations_free},
    security::{alter_table_security, turn_row_security},
};
use self::{
    security::{changed_security, check_protectable, locked_target},
    shown::Shown,
};
use super::{Work, ddl::storable};
use crate::{
    catalog::{
        AttachedPolicy, DEFAULT_ALIAS, Grantee, Lookup, Oid, PolicyColumn, Relation, RelationKind, RlsPolicy,
        TransactionView,
    },
    clock,
    result::{CommandTag, Outcome},
};

impl Work<'_> {
    /// A superuser, or one with the role sys:secadmin.
    ///
    /// # Errors
    /// 42501 `permission denied to ...`
    pub(crate) fn require_security_admin(&self, what: &str) -> Result<()> {
        if self.state.superuser || self.actor()?.is_security_admin() {
            return Ok(());
        }
        let error = Error::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("permission denied to {what}"));
        Err(error.with_hint("Superusers and users with the role sys:secadmin can do that."))
    }

    /// What the transaction sees of the database that the session is connected to, whose policies are meant.
    fn connected(&self) -> Arc<TransactionView> {
        self.view.in_database(self.transaction.database().oid)
    }

    /// The policy of this name.
    ///
    /// # Errors
    /// 42704 where there is none.
    pub(super) fn rls_policy(&self, name: &ObjectName) -> Result<Arc<RlsPolicy>> {
        let own = self.policy_name(name)?;
        self.connected().rls_policy(&own)?.ok_or_else(|| no_such_policy(&own).at(name.pos()))
    }

    /// A policy's own name, which may stand behind that of the database that the session is connected to.
    fn policy_name(&self, name: &ObjectName) -> Result<String> {
        let fold = |part: &Ident| part.folded(self.context.session.case_sensitive);
        match name.0.as_slice() {
            [own] => Ok(fold(own)),
            [database, own] if fold(database) == self.transaction.database().name => Ok(fold(own)),
            _ => Err(Error::unsupported("policies of other databases are not supported").at(name.pos())),
        }
    }

    /// Somebody for whom a policy is.
    fn principal(&self, principal: &Principal) -> Result<(Grantee, String)> {
        Ok(match principal {
            Principal::User(name) => {
                let user = self.user(name)?;
                (Grantee::User(user.id), format!("user {}", user.name))
            }
            Principal::Role(name) => {
                let role = self.role(name)?;
                (Grantee::Role(role.id), format!("role {}", role.name))
            }
            Principal::Public => (Grantee::Public, "public".to_string()),
        })
    }
}

fn no_such_policy(name: &str) -> Error {
    Error::new(SqlState::UNDEFINED_OBJECT, format!("RLS policy \"{name}\" does not exist"))
}

fn done(tag: &'static str) -> Result<Outcome> {
    Ok(Outcome::Done(CommandTag::plain(tag)))
}

/// Masking is not there.
fn refuse_masking(kind: PolicyKind, command: &str) -> Result<()> {
    match kind {
        PolicyKind::Rls => Ok(()),
        PolicyKind::Masking => Err(Error::unsupported(format!("{command} MASKING POLICY is not supported"))),
    }
}

/// Runs CREATE RLS POLICY.
pub(crate) async fn create_rls_policy(create: &CreateRlsPolicy, work: &mut Work<'_>) -> Result<Outcome> {
    work.require_security_admin("create RLS policies")?;
    let case_sensitive = work.context.session.case_sensitive;
    let name = work.policy_name(&create.name)?;
    let columns = declared_columns(&create.columns, case_sensitive)?;
    let alias = create.alias.as_ref().map_or_else(|| DEFAULT_ALIAS.to_string(), |alias| alias.folded(case_sensitive));
    let policy = RlsPolicy {
        oid: Oid(0),
        database: work.transaction.database().oid,
        name,
        alias,
        columns,
        using: String::new(),
        shown: String::new(),
        search_path: Vec::new(),
        lookups: Vec::new(),
        functions: Vec::new(),
        modified_by: Oid(0),
        modified: 0,
    };
    let policy = with_condition(policy, &create.using, work).await?;
    work.transaction.create_rls_policy(policy).await.map_err(|error| error.at(create.name.pos()))?;
    done("CREATE RLS POLICY")
}

/// Runs ALTER RLS POLICY: another condition over the columns that were declared.
pub(crate) async fn alter_policy(alter: &AlterPolicy, work: &mut Work<'_>) -> Result<Outcome> {
    refuse_masking(alter.kind, "ALTER")?;
    work.require_security_admin("alter RLS policies")?;
    let policy = work.rls_policy(&alter.name)?;
    let [using] = alter.using.as_slice() else { return Err(Error::internal("an RLS policy of several conditions")) };
    let policy = with_condition((*policy).clone(), using, work).await?;
    for relation in attached_relations(policy.oid, work)? {
        if policy.lookup(relation.oid).is_some() {
            return Err(refused_lookup("tables with RLS policies", &relation).at(alter.name.pos()));
        }
    }
    work.transaction.update_rls_policy(&policy).await?;
    done("ALTER RLS POLICY")
}

/// Runs DROP RLS POLICY: not of one that is attached, unless CASCADE detaches it.
pub(crate) async fn drop_policy(drop: &DropPolicy, work: &mut Work<'_>) -> Result<Outcome> {
    refuse_masking(drop.kind, "DROP")?;
    work.require_security_admin("drop RLS policies")?;
    let policy = match work.rls_policy(&drop.name) {
        Err(error) if drop.if_exists && error.sqlstate() == SqlState::UNDEFINED_OBJECT => {
            work.inform(format!("{}, skipping", error.message()));
            return done("DROP RLS POLICY");
        }
        found => found?,
    };
    for relation in attached_relations(policy.oid, work)? {
        if !drop.cascade {
            let what = format!("RLS policy {}", policy.name);
            let message = format!("cannot drop {what} because other objects depend on it");
            return Err(Error::new(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message)
                .with_detail(format!("{what} is attached to relation {}", relation.name))
                .with_hint("Use DROP ... CASCADE to detach it.")
                .at(drop.name.pos()));
        }
        let detached = changed_security(&relation, |security| {
            security.attached.retain(|attached| attached.policy != policy.oid);
        });
        work.transaction.update_relation(detached).await?;
    }
    work.transaction.drop_rls_policy(&policy).await?;
    done("DROP RLS POLICY")
}

/// The relations that a policy is attached to.
fn attached_relations(policy: Oid, work: &Work<'_>) -> Result<Vec<Arc<Relation>>> {
    let relations = work.connected().relations()?.into_iter();
    let here = |relation: &Arc<Relation>| relation.attached_policies().iter().any(|attached| attached.policy == policy);
    Ok(relations.filter(here).collect())
}

/// Runs ATTACH and DETACH RLS POLICY.
pub(crate) async fn attach_rls_policy(attach: &AttachRlsPolicy, work: &mut Work<'_>) -> Result<Outcome> {
    let command = if attach.detach { "DETACH RLS POLICY" } else { "ATTACH RLS POLICY" };
    work.require_security_admin(if attach.detach { "detach RLS policies" } else { "attach RLS policies" })?;
    let policy = work.rls_policy(&attach.name)?;
    let grantees = attach.principals.iter().map(|principal| work.principal(principal)).collect::<Result<Vec<_>>>()?;
    for name in &attach.tables {
        let relation = locked_target(name, work).await?;
        let mut attached = relation.attached_policies().to_vec();
        if !attach.detach {
            let own = check_protectable(&relation, work).await.map_err(|error| error.at(name.pos()))?;
            check_fits(&policy, &relation, &own, work).map_err(|error| error.at(name.pos()))?;
        }
        for (grantee, who) in &grantees {
            let at = attached.iter().position(|other| other.policy == policy.oid && other.grantee == *grantee);
            match (at, attach.detach) {
                (Some(at), true) => drop(attached.remove(at)),
                (None, false) => {
                    let grantor = work.state.user_id;
                    attached.push(AttachedPolicy { policy: policy.oid, grantee: *grantee, grantor });
                }
                (Some(_), false) => return Err(attachment(&policy, &relation, who, "is already").at(name.pos())),
                (None, true) => return Err(attachment(&policy, &relation, who, "is not").at(name.pos())),
            }
        }
        let changed = changed_security(&relation, |security| security.attached = attached);
        work.transaction.update_relation(changed).await?;
    }
    done(command)
}

/// Of one that is attached already or not.
fn attachment(policy: &RlsPolicy, relation: &Relation, who: &str, is: &str) -> Error {
    let state = if is == "is not" { SqlState::UNDEFINED_OBJECT } else { SqlState::DUPLICATE_OBJECT };
    let message = format!("RLS policy \"{}\" {is} attached to relation \"{}\" for {who}", policy.name, relation.name);
    Error::new(state, message)
}

/// "The table being attached should have all the columns listed in the WITH clause", and "all policies being attached to a
/// table must have been created with the same table alias".
fn check_fits(policy: &RlsPolicy, relation: &Relation, own: &[PolicyColumn], work: &Work<'_>) -> Result<()> {
    let mut binder = work.binder();
    for column in &policy.columns {
        binder.check_policy_column(column, &relation.name, own)?;
    }
    let as_they_are = |declared: &PolicyColumn| own.iter().find(|column| column.name == declared.name).cloned();
    let columns: Vec<PolicyColumn> = policy.columns.iter().filter_map(as_they_are).collect();
    let using = parse_expression(&policy.using).map_err(Error::without_position)?;
    binder.check_policy(&policy.alias, &columns, &using).map_err(Error::without_position)?;
    for attached in relation.attached_policies() {
        let other = work.view.rls_policy_by_oid(attached.policy)?;
        if let Some(other) = other.filter(|other| other.alias != policy.alias) {
            let message = format!(
                "RLS policies attached to relation \"{}\" must have the same alias: \"{}\" and \"{}\" differ",
                relation.name, other.alias, policy.alias
            );
            return Err(Error::unsupported(message));
        }
    }
    Ok(())
}

/// The columns of WITH.
fn declared_columns(declared: &[(Ident, DataType)], case_sensitive: bool) -> Result<Vec<PolicyColumn>> {
    let mut columns: Vec<PolicyColumn> = Vec::new();
    for (ident, ty) in declared {
        let name = ident.folded(case_sensitive);
        if columns.iter().any(|other| other.name == name) {
            let message = format!("column \"{name}\" specified more than once");
            return Err(Error::new(SqlState::DUPLICATE_COLUMN, message).at(ident.pos));
        }
        let ty = storable(ty, &name).map_err(|error| error.at(ident.pos))?;
        columns.push(PolicyColumn { name, ty });
    }
    Ok(columns)
}

/// A policy with another condition, of the session's user and under its search path.
async fn with_condition(policy: RlsPolicy, using: &Expr, work: &mut Work<'_>) -> Result<RlsPolicy> {
    let mut mentioned = Mentioned::of(work.context.session.case_sensitive);
    mentioned.visit_expr(using);
    if mentioned.parameters {
        let message = "parameters are not supported in an RLS policy";
        return Err(Error::unsupported(message).at(using.pos));
    }
    let uses = work.bind(|mut binder| binder.check_policy(&policy.alias, &policy.columns, using)).await?;
    let mut lookups = Vec::new();
    for oid in rows_of_views_left_out(&uses.relations, work)? {
        let relation = check_lookup(oid, work).map_err(|error| error.at(using.pos))?;
        let columns = relation.columns.iter().filter(|column| mentioned.has(&column.name));
        lookups.push(Lookup { relation: oid, columns: columns.map(|column| column.attnum).collect() });
    }
    let columns: Vec<String> = policy.columns.iter().map(|column| column.name.clone()).collect();
    let case_sensitive = work.context.session.case_sensitive;
    let shown = Shown { alias: &policy.alias, columns: &columns, case_sensitive }.condition(using);
    Ok(RlsPolicy {
        using: using.to_string(),
        shown,
        search_path: work.context.session.search_path.clone(),
        lookups,
        functions: uses.functions.into_iter().collect(),
        modified_by: work.state.user_id,
        modified: clock::now(),
        ..policy
    })
}

/// The relations that a policy names: not the tables that materialized views keep their rows in.
fn rows_of_views_left_out(reads: &BTreeSet<Oid>, work: &Work<'_>) -> Result<BTreeSet<Oid>> {
    let mut named = reads.clone();
    for oid in reads {
        if let Some(relation) = work.view.relation_by_oid(*oid)?
            && let Some(materialized) = relation.materialized()
        {
            named.remove(&materialized.data);
        }
    }
    Ok(named)
}

/// "Amazon Redshift row-level security doesn't support the following object types inside a policy definition: catalog tables,
/// cross-database relations, external tables, regular views, late-binding views, tables with RLS policies turned on, and
/// temporary tables", nor targets of other policies.
fn check_lookup(oid: Oid, work: &Work<'_>) -> Result<Arc<Relation>> {
    let Some(relation) = work.view.relation_by_oid(oid)? else {
        return Err(Error::unsupported("RLS policies cannot refer to catalog tables"));
    };
    let what = match &relation.kind {
        _ if relation.database != work.transaction.database().oid => "relations of other databases",
        RelationKind::Table(table) if table.temporary => "temporary tables",
        RelationKind::View(view) if view.late_binding => "late-binding views",
        RelationKind::View(view) if view.materialized.is_none() => "views",
        _ if relation.is_rls_on() || !relation.attached_policies().is_empty() => "tables with RLS policies",
        _ => return Ok(relation),
    };
    Err(refused_lookup(what, &relation))
}

fn refused_lookup(what: &str, relation: &Relation) -> Error {
    Error::unsupported(format!("RLS policies cannot refer to {what}: \"{}\"", relation.name))
}

/// The names of columns in a condition's sub-queries.
#[derive(Default)]
struct Mentioned {
    case_sensitive: bool,
    depth: usize,
    names: BTreeSet<String>,
    /// Is there a `*` that stands for all of them?
    all: bool,
    parameters: bool,
}

impl Mentioned {
    fn of(case_sensitive: bool) -> Mentioned {
        Mentioned { case_sensitive, ..Mentioned::default() }
    }

    fn has(&self, column: &str) -> bool {
        self.all || self.names.contains(column)
    }
}

impl Visitor for Mentioned {
    fn visit_query(&mut self, query: &Query) {
        self.depth += 1;
        walk_query(self, query);
        self.depth -= 1;
    }

    fn visit_from_item(&mut self, item: &FromItem) {
        if let FromItem::Join(join) = item {
            match &join.constraint {
                JoinConstraint::Using(names) => {
                    self.names.extend(names.iter().map(|name| name.folded(self.case_sensitive)));
                }
                JoinConstraint::Natural => self.all = true,
                JoinConstraint::On(_) | JoinConstraint::None => {}
            }
        }
        walk_from_item(self, item);
    }

    fn visit_expr(&mut self, expr: &Expr) {
        match &expr.kind {
            // `count(*)`
            ExprKind::Function(call) if matches!(&call.args[..], [Expr { kind: ExprKind::Wildcard { .. }, .. }]) => {
                return;
            }
            ExprKind::Column(name) if self.depth > 0 => {
                self.names.extend(name.0.iter().map(|part| part.folded(self.case_sensitive)));
            }
            ExprKind::Wildcard { .. } => self.all = true,
            ExprKind::Parameter(_) => self.parameters = true,
            _ => {}
        }
        walk_expr(self, expr);
    }
}
