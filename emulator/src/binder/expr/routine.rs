//! Calls of functions that users made in SQL: the body takes the call's place, with the arguments for `$1`, `$2`, ...
//!
//! A function of the system is found before one of a user that has the same name, unless the search path says otherwise
//! (developer guide, "Preventing UDF naming conflicts"). Of those that share a name, the one is called whose argument types
//! cost least to reach ("Overloading function names").

use std::sync::Arc;

use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Expr, FunctionCall, GroupBy, Query, QueryBody},
    parse_query,
    types::MAX_VARCHAR,
};

use super::{Binder, CastKind, Typed};
use crate::{
    binder::{
        MAX_VIEW_DEPTH, Variables,
        block::{Block, Clause, Place},
        cast,
        scope::Scope,
    },
    catalog::{ArgumentType, Routine, RoutineKind, permission_denied},
    functions,
};

/// The arguments of a call, as the body of a function sees them.
struct Arguments(Vec<Typed>);

impl Variables for Arguments {
    fn value(&self, _parts: &[String]) -> Result<Option<Typed>> {
        Ok(None)
    }

    fn argument(&self, number: u16) -> Option<Typed> {
        self.0.get(usize::from(number).checked_sub(1)?).cloned()
    }
}

impl Binder {
    /// The functions of users that a call may mean; none where the name is the system's, except in schemas that the search
    /// path has before pg_catalog.
    pub(super) fn user_functions(&self, call: &FunctionCall) -> Result<Vec<Arc<Routine>>> {
        let name = self.fold(call.name.object());
        let found = match call.name.schema() {
            Some(schema) => self.ctx.catalog.routines(&self.fold(schema), &name)?,
            None => {
                let path = &self.ctx.session.search_path;
                let is_builtin =
                    functions::classes(&name).is_some() || matches!(name.as_str(), "grouping" | "grouping_id");
                let before = path.iter().position(|schema| schema == "pg_catalog").unwrap_or(0);
                let mut found = Vec::new();
                for schema in path.iter().take(if is_builtin { before } else { path.len() }) {
                    found.extend(self.ctx.catalog.routines(schema, &name)?);
                }
                found
            }
        };
        Ok(found.into_iter().filter(|routine| !routine.is_procedure()).collect())
    }

    /// A call of one of these functions.
    pub(super) fn user_function_call<'q>(
        &mut self,
        candidates: &[Arc<Routine>],
        call: &'q FunctionCall,
        block: &mut Block<'q>,
        place: Place,
    ) -> Result<Typed> {
        let name = self.fold(call.name.object());
        if call.over.is_some() || call.distinct {
            let message = format!("OVER or DISTINCT specified, but {name} is not an aggregate function");
            return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message));
        }
        let args = self.arguments(&name, &call.args, block, place)?;
        let types: Vec<RedshiftType> = args.iter().map(|arg| arg.ty).collect();
        let routine = cheapest(candidates, &types).ok_or_else(|| functions::no_such_function(&name, &args))?;
        if let Some(user) = self.acting
            && !self.ctx.catalog.may_execute(user, &routine)?
        {
            return Err(permission_denied("function", &routine.name));
        }
        self.calls.insert(routine.oid);
        let args = args.into_iter().zip(&routine.args).map(|(arg, param)| match param.ty {
            Some(ArgumentType(ty)) => self.argument(arg, ty),
            None => Ok(arg),
        });
        let args = args.collect::<Result<Vec<_>>>()?;
        self.function_body(&routine, args)
    }

    /// An argument as its parameter takes it: strings of any length.
    fn argument(&self, arg: Typed, ty: RedshiftType) -> Result<Typed> {
        let ty = match ty {
            RedshiftType::Varchar(_) | RedshiftType::Char(_) if arg.ty.is_string() => return Ok(arg),
            RedshiftType::Varchar(_) => RedshiftType::Varchar(MAX_VARCHAR),
            ty => ty,
        };
        cast(arg, ty, CastKind::Implicit, &self.ctx)
    }

    /// What a function gives for these arguments.
    ///
    /// # Errors
    /// What its body fails with; 42P13 where it gives no value of the declared type.
    pub(crate) fn function_body(&mut self, routine: &Routine, args: Vec<Typed>) -> Result<Typed> {
        let RoutineKind::Function { returns: ArgumentType(returns), .. } = &routine.kind else {
            return Err(Error::internal("a procedure is called as a function"));
        };
        if self.view_depth >= MAX_VIEW_DEPTH {
            let message = "stack depth limit exceeded";
            return Err(Error::new(SqlState::STATEMENT_TOO_COMPLEX, message));
        }
        let query = parse_query(&routine.body).map_err(Error::without_position)?;
        let expr = body(&query)?;
        let variables = self.ctx.variables.replace(Arc::new(Arguments(args)));
        let outer = std::mem::take(&mut self.outer);
        self.view_depth += 1;
        let mut block = Block::over(Arc::new(Scope::default()));
        let value = self.expr(expr, &mut block, Place::of(Clause::FunctionInFrom));
        self.view_depth -= 1;
        self.outer = outer;
        self.ctx.variables = variables;
        let value = value.map_err(Error::without_position)?;
        let actual = value.ty;
        cast(value, *returns, CastKind::Explicit, &self.ctx).map_err(|error| {
            if !matches!(error.sqlstate(), SqlState::CANNOT_COERCE | SqlState::DATATYPE_MISMATCH) {
                return error;
            }
            let message = format!("return type mismatch in function declared to return {}", returns.base_name());
            Error::new(SqlState("42P13"), message).with_detail(format!("Actual return type is {}.", actual.base_name()))
        })
    }
}

/// The only expression of a function's SELECT.
///
/// # Errors
/// 0A000 where there is more: "The SELECT clause can't include any of the following types of clauses: FROM, INTO, WHERE,
/// GROUP BY, ORDER BY, LIMIT".
fn body(query: &Query) -> Result<&Expr> {
    let plain = query.with.is_none() && query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none();
    if let QueryBody::Select(select) = &query.body
        && plain
        && select.from.is_empty()
        && select.selection.is_none()
        && select.group_by == GroupBy::None
        && select.having.is_none()
        && !select.distinct
        && select.top.is_none()
        && let [item] = select.items.as_slice()
    {
        return Ok(&item.expr);
    }
    Err(Error::unsupported(
        "The select expression of a SQL function must be one expression without FROM or other clauses",
    ))
}

/// The routine whose arguments take values of these types at the least cost.
pub(crate) fn cheapest(candidates: &[Arc<Routine>], types: &[RedshiftType]) -> Option<Arc<Routine>> {
    let cost = |routine: &Routine| {
        let inputs: Vec<_> = routine.inputs().collect();
        if inputs.len() != types.len() {
            return None;
        }
        inputs
            .iter()
            .zip(types)
            .map(|(input, ty)| match input.ty {
                // As in PostgreSQL, a literal of no type is a string before it is anything else.
                Some(ArgumentType(to)) if *ty == RedshiftType::Unknown && to.is_string() => Some(0),
                Some(ArgumentType(to)) => functions::argument_cost(*ty, to),
                None => Some(1),
            })
            .sum::<Option<u32>>()
    };
    candidates
        .iter()
        .filter_map(|routine| Some((cost(routine)?, routine)))
        .min_by_key(|(cost, _)| *cost)
        .map(|(_, r)| r.clone())
}
