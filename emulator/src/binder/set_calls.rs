//! Functions of several rows in a select list: `select generate_series(1, 3)`.
//!
//! Source: PostgreSQL 8.0, "SQL Functions Returning Sets". Each row of FROM is there once for each row of the function, whose
//! arguments may be columns of that row.

use datafusion::logical_expr::LogicalPlan;
use redshift_sql_dialect::{
    Error, RedshiftType, Result,
    ast::{ExprKind, FunctionCall, Select},
};

use super::{
    Binder, Typed,
    block::{Block, Clause, Place},
    node::{self, column},
    unnest::{Empty, rows_of_lists},
};
use crate::functions::{self, FunctionClass};

impl Binder {
    /// Joins the rows of the function that is an item of the select list, where there is one.
    ///
    /// # Errors
    /// 0A000 for several such functions, and what the function finds.
    pub(super) fn set_calls<'q>(
        &mut self,
        select: &'q Select,
        plan: LogicalPlan,
        block: &mut Block<'q>,
    ) -> Result<LogicalPlan> {
        let calls: Vec<&FunctionCall> = select
            .items
            .iter()
            .filter_map(|item| match &item.expr.kind {
                ExprKind::Function(call) if call.over.is_none() && self.is_set_call(call) => Some(&**call),
                _ => None,
            })
            .collect();
        let call = match calls[..] {
            [] => return Ok(plan),
            [call] => call,
            _ => {
                return Err(Error::unsupported("several set-returning functions in one select list are not supported"));
            }
        };
        let name = self.function_name(call)?;
        let args = self.arguments(&name, &call.args, block, Place::of(Clause::GroupBy))?;
        self.uses_function(&name, &args);
        if args.iter().any(|arg| arg.expr.any_column_refs()) {
            let list = functions::list(&name, args, &self.ctx).map_err(|error| error.at(call.name.pos()))?;
            let internal = self.fresh();
            block.set_calls.insert(call.name.pos(), Typed::new(column(internal.clone()), RedshiftType::Int4));
            let listed = node::extend(plan, vec![list.expr.alias(internal.clone())])?;
            return rows_of_lists(listed, std::iter::once(internal), Empty::Dropped);
        }
        let rows = functions::values(&name, args, &self.ctx).map_err(|error| error.at(call.name.pos()))?;
        let Some((field, (_, ty))) = node::field_names(&rows.plan).into_iter().zip(rows.columns).next() else {
            return Err(Error::internal("a set without columns"));
        };
        let (expr, internal) = self.renamed(column(field));
        block.set_calls.insert(call.name.pos(), Typed::new(column(internal), ty));
        node::cross_join(plan, node::project(rows.plan, vec![expr])?)
    }

    fn is_set_call(&self, call: &FunctionCall) -> bool {
        let name = self.fold(call.name.object());
        functions::classes(&name).is_some_and(|classes| classes == [FunctionClass::Set])
    }
}
