//! A query block while its expressions are bound: what is in sight, and what was taken out of the expressions.

use std::{collections::HashMap, sync::Arc};

use datafusion::logical_expr::Expr as PlanExpr;
use redshift_sql_dialect::{
    Error, Pos, RedshiftType, SqlState,
    ast::{Expr, SelectItem, WindowSpec},
    names::Ident,
};

use super::{Typed, scope::Scope, subquery::Pending};

/// Where an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause {
    Select,
    Where,
    JoinOn,
    GroupBy,
    Having,
    Qualify,
    OrderBy,
    AggregateArgument,
    WindowArgument,
    Limit,
    FunctionInFrom,
    Values,
    Update,
    Default,
    ConnectBy,
}

/// After which node of the block's plan an expression is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// After FROM and WHERE: arguments of aggregates, GROUP BY, and WHERE itself.
    Input,
    /// After GROUP BY: HAVING and the arguments of window functions.
    Grouped,
    /// After the window functions: the select list, QUALIFY, ORDER BY.
    Final,
}

/// The clause and the stage of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub clause: Clause,
    pub stage: Stage,
}

impl Place {
    /// Where expressions of this clause are computed; those of a window's arguments are in its own clause.
    pub(super) fn of(clause: Clause) -> Self {
        let stage = match clause {
            Clause::Select | Clause::Qualify | Clause::OrderBy => Stage::Final,
            Clause::Having | Clause::WindowArgument => Stage::Grouped,
            Clause::Where
            | Clause::JoinOn
            | Clause::GroupBy
            | Clause::AggregateArgument
            | Clause::Limit
            | Clause::FunctionInFrom
            | Clause::Values
            | Clause::Update
            | Clause::Default
            | Clause::ConnectBy => Stage::Input,
        };
        Place { clause, stage }
    }
}

impl Clause {
    /// What is wrong with an aggregate here; none where it may stand.
    pub(super) fn refuses_aggregates(self) -> Option<Error> {
        let message = match self {
            Clause::Select | Clause::Having | Clause::Qualify | Clause::OrderBy | Clause::WindowArgument => {
                return None;
            }
            Clause::AggregateArgument => "aggregate function calls may not be nested".to_string(),
            Clause::JoinOn => "aggregates not allowed in JOIN conditions".to_string(),
            Clause::FunctionInFrom => "cannot use aggregate function in function expression in FROM".to_string(),
            Clause::Limit => "argument of LIMIT must not contain aggregates".to_string(),
            Clause::Values => "cannot use aggregate function in VALUES".to_string(),
            Clause::Update => "cannot use aggregate function in UPDATE".to_string(),
            Clause::Default => "cannot use aggregate function in default expression".to_string(),
            Clause::Where | Clause::GroupBy | Clause::ConnectBy => {
                format!("aggregates not allowed in {} clause", self.words())
            }
        };
        Some(Error::new(SqlState::GROUPING_ERROR, message))
    }

    /// What is wrong with a window function here; none where it may stand.
    pub(super) fn refuses_windows(self) -> Option<Error> {
        let message = match self {
            Clause::Select | Clause::Qualify | Clause::OrderBy => return None,
            Clause::WindowArgument => "window function calls may not be nested".to_string(),
            Clause::AggregateArgument => "aggregate function calls may not contain window function calls".to_string(),
            Clause::JoinOn => "window functions not allowed in JOIN conditions".to_string(),
            Clause::Limit => "argument of LIMIT must not contain window functions".to_string(),
            Clause::Values => "cannot use window function in VALUES".to_string(),
            Clause::Update => "cannot use window function in UPDATE".to_string(),
            Clause::Default => "cannot use window function in default expression".to_string(),
            Clause::FunctionInFrom => "cannot use window function in function expression in FROM".to_string(),
            Clause::Where | Clause::GroupBy | Clause::Having | Clause::ConnectBy => {
                format!("window functions not allowed in {} clause", self.words())
            }
        };
        Some(Error::new(SqlState::WINDOWING_ERROR, message))
    }

    /// As messages name it: `argument of WHERE must be type boolean`.
    pub(super) fn words(self) -> &'static str {
        match self {
            Clause::Select => "SELECT",
            Clause::Where => "WHERE",
            Clause::JoinOn => "JOIN/ON",
            Clause::GroupBy => "GROUP BY",
            Clause::Having => "HAVING",
            Clause::Qualify => "QUALIFY",
            Clause::OrderBy => "ORDER BY",
            Clause::AggregateArgument => "aggregate",
            Clause::WindowArgument => "window",
            Clause::Limit => "LIMIT",
            Clause::FunctionInFrom => "FROM",
            Clause::Values => "VALUES",
            Clause::Update => "UPDATE",
            Clause::Default => "DEFAULT",
            Clause::ConnectBy => "CONNECT BY",
        }
    }
}

/// An aggregate or window function that was taken out of an expression, and the column that stands for it.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub expr: PlanExpr,
    pub name: String,
}

/// A call of GROUPING or GROUPING_ID, and the column that stands for it.
#[derive(Debug, Clone)]
pub(super) struct GroupingCall {
    pub args: Vec<PlanExpr>,
    pub name: String,
    pub pos: Pos,
}

/// An alias of the select list.
#[derive(Debug, Clone)]
pub(super) struct Alias<'q> {
    pub name: String,
    /// Which item it names, counted with wildcards unexpanded.
    pub item: usize,
    pub expr: &'q Expr,
    /// What it was bound to, once it was.
    pub bound: Option<Typed>,
}

/// A query block while its expressions are bound.
#[derive(Debug, Default)]
pub(super) struct Block<'q> {
    /// What FROM gives.
    pub scope: Arc<Scope>,
    /// The aliases of the select list.
    pub aliases: Vec<Alias<'q>>,
    /// Aliases of items before this one are in sight.
    pub aliases_before: usize,
    pub aggregates: Vec<Taken>,
    pub windows: Vec<Taken>,
    pub groupings: Vec<GroupingCall>,
    /// Sub-queries to be joined in, in the order in which they have to be.
    pub pending: Vec<Pending>,
    /// WINDOW
    pub named_windows: &'q [(Ident, WindowSpec)],
    /// Is FROM one table, and no join?
    pub of_one_table: bool,
    /// What PRIOR names.
    pub prior: Option<Arc<Scope>>,
    /// What stands for the calls of functions of several rows in the select list, by where they are.
    pub set_calls: HashMap<Pos, Typed>,
    /// What the aggregates over ordered rows are ordered by; Redshift wants one order for all.
    pub sort_keys: Vec<(PlanExpr, bool, bool)>,
    /// Are there aggregates over ordered rows?
    pub sorts: bool,
    /// Are there others with DISTINCT?
    pub distinct_aggregates: bool,
    /// Where each column was first referred to, for messages.
    pub positions: HashMap<String, Pos>,
}

impl<'q> Block<'q> {
    /// A block over this scope, without aliases.
    pub(super) fn over(scope: Arc<Scope>) -> Self {
        Block { scope, ..Block::default() }
    }

    /// Notes the aliases that a select list gives; none is in sight yet.
    pub(super) fn declare_aliases(&mut self, items: &'q [SelectItem], fold: impl Fn(&Ident) -> String) {
        for (item, SelectItem { expr, alias }) in items.iter().enumerate() {
            if let Some(alias) = alias {
                self.aliases.push(Alias { name: fold(alias), item, expr, bound: None });
            }
        }
    }

    /// The alias in sight that a bare name means: the last one of that name.
    pub(super) fn alias(&self, name: &str) -> Option<&Alias<'q>> {
        self.aliases.iter().rev().find(|alias| alias.item < self.aliases_before && alias.name == name)
    }

    /// The column that stands for an aggregate; equal aggregates are computed once.
    pub(super) fn take_aggregate(&mut self, expr: PlanExpr, fresh: impl FnOnce() -> String) -> String {
        take(&mut self.aggregates, expr, fresh)
    }

    /// The column that stands for a window function; equal ones are computed once.
    pub(super) fn take_window(&mut self, expr: PlanExpr, fresh: impl FnOnce() -> String) -> String {
        take(&mut self.windows, expr, fresh)
    }

    /// The sub-queries of a stage, which are the caller's to join in.
    pub(super) fn take_pending(&mut self, stage: Stage) -> Vec<Pending> {
        let (taken, left) = std::mem::take(&mut self.pending).into_iter().partition(|pending| pending.stage <= stage);
        self.pending = left;
        taken
    }
}

fn take(list: &mut Vec<Taken>, expr: PlanExpr, fresh: impl FnOnce() -> String) -> String {
    if let Some(known) = list.iter().find(|known| known.expr == expr && !expr.is_volatile()) {
        return known.name.clone();
    }
    let name = fresh();
    list.push(Taken { expr, name: name.clone() });
    name
}

/// A column to be made by a node that is built later.
pub(super) fn placeholder(name: &str, ty: RedshiftType) -> Typed {
    Typed::new(super::node::column(name), ty)
}
