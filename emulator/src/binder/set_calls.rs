//! Functions of several rows in a select list: `select generate_series(1, 3)`, `select date '2024-01-01' + generate_series(0, 6)`.
//!
//! Source: PostgreSQL 8.0, "SQL Functions Returning Sets". Each row of FROM is there once for each row of the function, whose
//! arguments may be columns of that row. In the branches of a CASE, it is the function of the branch that is taken, as in
//! what Amazon's JDBC driver asks for the parameters of procedures.

use arrow::datatypes::DataType;
use datafusion::{
    logical_expr::{Case, Expr as PlanExpr, LogicalPlan, lit},
    scalar::ScalarValue,
};
use redshift_sql_dialect::{
    Error, Pos, RedshiftType, Result,
    ast::{Expr, ExprKind, FunctionCall, Select},
};

use super::{
    Binder, Typed,
    block::{Block, Clause, Place},
    node::{self, column},
    unnest::{Empty, rows_of_lists},
};
use crate::functions::{self, FunctionClass};

/// Where the rows of an item of a select list come from.
enum Source<'q> {
    Call(&'q FunctionCall),
    Case { branches: &'q [(Expr, Expr)], otherwise: Option<&'q Expr> },
}

impl Binder {
    /// Joins the rows of the function that is in an item of the select list, where there is one.
    ///
    /// # Errors
    /// 0A000 for several such functions, and what the function finds.
    pub(super) fn set_calls<'q>(
        &mut self,
        select: &'q Select,
        plan: LogicalPlan,
        block: &mut Block<'q>,
    ) -> Result<LogicalPlan> {
        let mut sources = Vec::new();
        for item in &select.items {
            self.find_sources(&item.expr, &mut sources);
        }
        let Some(source) = only(sources)? else { return Ok(plan) };
        let call = match source {
            Source::Call(call) => call,
            Source::Case { .. } => {
                let mut calls = Vec::new();
                let list = self.list_of(&source, &mut calls, block)?;
                return self.listed(plan, list, &calls, block);
            }
        };
        let args = self.set_arguments(call, block)?;
        let name = self.function_name(call)?;
        if args.iter().any(|arg| arg.expr.any_column_refs()) {
            let list = functions::list(&name, args, &self.ctx).map_err(|error| error.at(call.name.pos()))?;
            return self.listed(plan, list.expr, &[call.name.pos()], block);
        }
        let rows = functions::values(&name, args, &self.ctx).map_err(|error| error.at(call.name.pos()))?;
        let Some((field, (_, ty))) = node::field_names(&rows.plan).into_iter().zip(rows.columns).next() else {
            return Err(Error::internal("a set without columns"));
        };
        let (expr, internal) = self.renamed(column(field));
        block.set_calls.insert(call.name.pos(), Typed::new(column(internal), ty));
        node::cross_join(plan, node::project(rows.plan, vec![expr])?)
    }

    /// A row for each element of a list; the element is the value of these calls.
    fn listed(
        &mut self,
        plan: LogicalPlan,
        list: PlanExpr,
        calls: &[Pos],
        block: &mut Block<'_>,
    ) -> Result<LogicalPlan> {
        let internal = self.fresh();
        for call in calls {
            block.set_calls.insert(*call, Typed::new(column(internal.clone()), RedshiftType::Int4));
        }
        let listed = node::extend(plan, vec![list.alias(internal.clone())])?;
        rows_of_lists(listed, std::iter::once(internal), Empty::Dropped)
    }

    /// The integers that a source gives for a row, and the places of its calls.
    fn list_of<'q>(&mut self, source: &Source<'q>, calls: &mut Vec<Pos>, block: &mut Block<'q>) -> Result<PlanExpr> {
        let place = Place::of(Clause::GroupBy);
        match source {
            Source::Call(call) => {
                let args = self.set_arguments(call, block)?;
                let name = self.function_name(call)?;
                calls.push(call.name.pos());
                Ok(functions::list(&name, args, &self.ctx).map_err(|error| error.at(call.name.pos()))?.expr)
            }
            Source::Case { branches, otherwise } => {
                let mut when_then_expr = Vec::with_capacity(branches.len());
                for (when, then) in *branches {
                    let when = self.condition(when, "CASE/WHEN", block, place)?;
                    when_then_expr.push((Box::new(when), Box::new(self.list_of_branch(then, calls, block)?)));
                }
                let otherwise = match otherwise {
                    Some(otherwise) => self.list_of_branch(otherwise, calls, block)?,
                    None => one_row()?,
                };
                Ok(PlanExpr::Case(Case { expr: None, when_then_expr, else_expr: Some(Box::new(otherwise)) }))
            }
        }
    }

    fn list_of_branch<'q>(
        &mut self,
        branch: &'q Expr,
        calls: &mut Vec<Pos>,
        block: &mut Block<'q>,
    ) -> Result<PlanExpr> {
        let mut sources = Vec::new();
        self.find_sources(branch, &mut sources);
        match only(sources)? {
            Some(source) => self.list_of(&source, calls, block),
            None => one_row(),
        }
    }

    fn set_arguments<'q>(&mut self, call: &'q FunctionCall, block: &mut Block<'q>) -> Result<Vec<Typed>> {
        let name = self.function_name(call)?;
        let args = self.arguments(&name, &call.args, block, Place::of(Clause::GroupBy))?;
        self.uses_function(&name, &args);
        Ok(args)
    }

    /// The functions of several rows in operands of operators, casts and calls, and in the branches of CASE without an
    /// operand.
    fn find_sources<'q>(&self, expr: &'q Expr, found: &mut Vec<Source<'q>>) {
        match &expr.kind {
            ExprKind::Function(call) if call.over.is_some() => {}
            ExprKind::Function(call) if self.is_set_call(call) => found.push(Source::Call(call)),
            ExprKind::Function(call) => call.args.iter().for_each(|arg| self.find_sources(arg, found)),
            ExprKind::Unary { expr, .. } | ExprKind::Cast { expr, .. } => self.find_sources(expr, found),
            ExprKind::Binary { left, right, .. } => {
                self.find_sources(left, found);
                self.find_sources(right, found);
            }
            ExprKind::Chain { first, rest } => {
                self.find_sources(first, found);
                rest.iter().for_each(|link| self.find_sources(&link.operand, found));
            }
            ExprKind::Case { operand: None, branches, otherwise } => {
                let mut inside = Vec::new();
                let results = branches.iter().map(|(_, then)| then).chain(otherwise.as_deref());
                results.for_each(|result| self.find_sources(result, &mut inside));
                if !inside.is_empty() {
                    found.push(Source::Case { branches, otherwise: otherwise.as_deref() });
                }
            }
            _ => {}
        }
    }

    fn is_set_call(&self, call: &FunctionCall) -> bool {
        let name = self.fold(call.name.object());
        functions::classes(&name).is_some_and(|classes| classes == [FunctionClass::Set])
    }
}

fn only(mut sources: Vec<Source<'_>>) -> Result<Option<Source<'_>>> {
    match sources.len() {
        0 | 1 => Ok(sources.pop()),
        _ => Err(Error::unsupported("several set-returning functions in one select list are not supported")),
    }
}

/// A branch without a function of several rows has one row.
fn one_row() -> Result<PlanExpr> {
    let nothing = ScalarValue::Int32(None);
    Ok(lit(ScalarValue::List(ScalarValue::new_list_nullable(&[nothing], &DataType::Int32))))
}
