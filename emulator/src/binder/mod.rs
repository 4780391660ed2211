//! Statement to DataFusion's `LogicalPlan`: scopes, names, types, overloads, coercions, sub-queries.
//!
//! # Names
//!
//! Every field of every plan has an internal name that no other field of the statement has (`c17`). A [`scope`] maps
//! what the user may write, `(qualifier, name)`, to an internal column with its Redshift type and the table column it
//! shows. So two columns of a result may have one name, a self-join needs no qualifiers, and an expression can be moved
//! up and down a plan without asking what its columns mean there. User-facing names exist in scopes and in
//! [`Bound::columns`] only.
//!
//! # A query block
//!
//! [`select`] binds one SELECT in the order in which its clauses mean something: FROM, WHERE, the select list, GROUP
//! BY, HAVING, QUALIFY, ORDER BY; then it builds the plan in the order in which it runs. While expressions are bound,
//! their aggregates, window functions and sub-queries are taken out and replaced by columns of plan nodes still to be
//! built ([`block::Block`] collects them). What remains is scalar, so that each plan node is a projection or a filter
//! over such columns.
//!
//! # Sub-queries
//!
//! A sub-query that refers to no enclosing block stays an `Expr::ScalarSubquery`, which DataFusion computes once. All
//! others become joins here, in [`subquery`] and [`decorrelate`]; DataFusion's own decorrelation is not asked, because
//! it gives up on patterns that Redshift runs.
//!
//! # Types
//!
//! Expressions are [`Typed`]: DataFusion's `Expr` with Redshift's type of it. Operators, casts and functions choose by
//! Redshift's types and give expressions whose Arrow types fit already, so no type coercion runs after us.

mod aggregate;
mod block;
mod cast;
mod coercion;
mod constant;
mod constant_rows;
mod context;
mod cte;
mod decorrelate;
mod dml;
mod expr;
mod from;
mod grouping;
mod hierarchy;
mod insert;
mod join;
mod labels;
mod merge;
mod node;
mod nodes;
mod operators;
mod order;
mod outer_mark;
mod pivot;
mod query;
mod relation;
mod row_security;
mod scope;
mod select;
mod set_calls;
mod setop;
mod single_row;
mod subquery;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod typed;
mod unnest;
mod window;

use std::{collections::BTreeSet, sync::Arc};

use datafusion::logical_expr::LogicalPlan;
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, names::Ident};

pub(crate) use self::expr::cheapest;
pub(crate) use self::labels::{Labels, scan_key};
pub(crate) use self::relation::too_many_names;
pub(crate) use self::setop::{DISTINCT_VALUE, GROUP_VALUE};
pub use self::{
    cast::*,
    coercion::*,
    constant::{evaluate, evaluate_known},
    context::*,
    dml::RowsOf,
    insert::InsertRows,
    merge::*,
    nodes::Destination,
    operators::*,
    row_security::PolicyUses,
    typed::*,
};
use self::{cte::CteScope, scope::Scope};
use crate::{catalog::Oid, result::ResultColumn};

/// A bound query.
#[derive(Debug, Clone)]
pub struct Bound {
    /// What computes it. Its fields have internal names and stand in the order of `columns`.
    pub plan: LogicalPlan,
    /// What the client sees.
    pub columns: Arc<[ResultColumn]>,
}

/// Binds one statement.
pub struct Binder {
    ctx: BindContext,
    /// How many internal names there are.
    names: u32,
    /// The scopes of the enclosing query blocks, the outermost first.
    outer: Vec<Arc<Scope>>,
    /// The common table expressions in sight, the innermost WITH last.
    ctes: Vec<CteScope>,
    /// How many sub-queries of the statement, or of the view, we are inside of.
    subquery_depth: usize,
    /// How many views we are inside of.
    view_depth: usize,
    /// The database of the view that we are inside of, where the session is not connected to it.
    elsewhere: Option<Oid>,
    /// Whose privileges are asked for: the session's user's, or inside of a view its owner's. None is a superuser's, and
    /// the system's inside of its own views.
    acting: Option<Oid>,
    /// The policy of row-level security whose condition we are inside of.
    under_policy: Option<row_security::UnderPolicy>,
    /// What decides which nodes would run the statement.
    uses: nodes::Uses,
    /// The relations whose rows were asked for.
    reads: BTreeSet<Oid>,
    calls: BTreeSet<Oid>,
    /// What its columns are called, where somebody asks.
    labels: Option<Labels>,
    /// A relation whose rows' places are asked for in FROM.
    identified: Option<dml::Identified>,
    /// What the FROM that is being bound reads.
    from_reads: from::FromReads,
}

/// Views inside views, at most.
const MAX_VIEW_DEPTH: usize = 100;

impl Binder {
    /// A binder for one statement.
    pub fn new(ctx: BindContext) -> Self {
        let acting = (!ctx.session.superuser).then_some(Oid(ctx.session.user_id));
        Binder {
            acting,
            ctx,
            names: 0,
            outer: Vec::new(),
            ctes: Vec::new(),
            subquery_depth: 0,
            view_depth: 0,
            elsewhere: None,
            under_policy: None,
            uses: nodes::Uses::default(),
            reads: BTreeSet::new(),
            calls: BTreeSet::new(),
            labels: None,
            identified: None,
            from_reads: from::FromReads::default(),
        }
    }

    /// Nobody's privileges are asked for: the statement has run, and they were asked for then.
    pub(crate) fn trusted(self) -> Self {
        Binder { acting: None, ..self }
    }

    /// Keeps what the columns of plans are called.
    pub(crate) fn with_labels(self) -> Self {
        Binder { labels: Some(Labels::default()), ..self }
    }

    /// What the columns of plans are called, where that was asked for.
    pub(crate) fn take_labels(&mut self) -> Labels {
        self.labels.take().unwrap_or_default()
    }

    /// What it binds in.
    pub(crate) fn context(&self) -> &BindContext {
        &self.ctx
    }

    /// The relations that the statement that was bound reads, those inside its views included: what a view depends on.
    pub fn reads(&self) -> &BTreeSet<Oid> {
        &self.reads
    }

    /// Does the statement that was bound call a function whose result depends on when and by whom it is called?
    pub fn is_mutable(&self) -> bool {
        self.uses.mutable
    }

    /// The functions in SQL that the statement that was bound calls: what a view depends on, too.
    pub fn calls(&self) -> &BTreeSet<Oid> {
        &self.calls
    }

    /// An internal name that no other field of the statement has.
    fn fresh(&mut self) -> String {
        self.names += 1;
        format!("c{}", self.names)
    }

    /// A name as the catalog knows it.
    fn fold(&self, ident: &Ident) -> String {
        ident.folded(self.ctx.session.case_sensitive)
    }
}

/// What cannot be built from parts that were checked before: a defect of ours, or an error that folding met.
fn planned<T>(result: datafusion::error::Result<T>) -> Result<T> {
    result.map_err(crate::error::from_datafusion)
}

/// Runs `work` with enough stack for one more level of a nested statement.
fn with_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, work)
}

/// 42601 for what the grammar lets through.
fn syntax(message: impl Into<String>) -> Error {
    Error::new(SqlState::SYNTAX_ERROR, message)
}
