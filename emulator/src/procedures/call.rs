//! CALL.

use std::sync::Arc;

use futures::future::BoxFuture;
use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Call, Statement},
    plpgsql::Mode,
    types::MAX_VARCHAR,
};

use super::{
    Host, block,
    interpreter::Interpreter,
    nested,
    variables::{Slot, Value},
};
use crate::{
    binder::{CastKind, Parameters, Typed, Variables, cast, cheapest, evaluate, settle},
    catalog::{ArgumentMode, ArgumentType, Routine, RoutineArgument, RoutineKind},
    clock,
    query_log::QueryLog,
    result::{CommandTag, Outcome, ResultColumn, Rows},
    session::SessionUser,
    settings::Span,
    statements::{Work, settings::set_parameter},
    system::logs::{CallRecord, Logs, QueryRecord},
};

/// Calls inside calls, at most (developer guide, "Limits and differences for stored procedure support").
const MOST_CALLS: usize = 16;

/// A procedure with the values of its input arguments.
struct Found {
    routine: Arc<Routine>,
    inputs: Vec<Value>,
}

/// The record of a CALL in the logs. Dropping it writes it: as aborted, unless it was told otherwise.
struct CallLog {
    record: CallRecord,
    logs: Logs,
}

impl CallLog {
    fn new(query: i64, text: String, caller: Option<i64>, host: &Host<'_>) -> CallLog {
        let state = &host.state;
        let record = CallRecord {
            query,
            user_id: state.user_id.0,
            session_user_id: state.authenticated.id.0,
            label: state.settings.get("query_group").unwrap_or("default").to_string(),
            xid: host.xid(),
            pid: state.login.pid,
            database: state.login.database.clone(),
            text,
            start: clock::now(),
            end: 0,
            aborted: true,
            caller,
        };
        CallLog { record, logs: state.engine.logs().clone() }
    }

    fn succeeded(&mut self) {
        self.record.aborted = false;
    }
}

impl Drop for CallLog {
    fn drop(&mut self) {
        let record = std::mem::take(&mut self.record);
        self.logs.append(CallRecord { end: clock::now(), ..record });
    }
}

/// The procedure that a call means, and its arguments.
fn resolve(call: &Call, work: &Work<'_>) -> Result<(Arc<Routine>, Vec<Typed>)> {
    let case_sensitive = work.context.session.case_sensitive;
    let name = call.name.object().folded(case_sensitive);
    let mut args = Vec::with_capacity(call.args.len());
    for arg in &call.args {
        args.push(work.binder().constant(arg)?);
    }
    let schemas = match call.name.schema() {
        Some(schema) => vec![schema.folded(case_sensitive)],
        None => work.context.session.search_path.clone(),
    };
    let mut candidates = Vec::new();
    for schema in schemas {
        let routines = work.context.catalog.routines(&schema, &name)?;
        candidates.extend(routines.into_iter().filter(|routine| routine.is_procedure()));
    }
    let types: Vec<RedshiftType> = args.iter().map(|arg| arg.ty).collect();
    let routine = cheapest(&candidates, &types).ok_or_else(|| {
        let types: Vec<&str> = types.iter().map(|ty| ty.base_name()).collect();
        let message = format!("procedure {}({}) does not exist", call.name, types.join(", "));
        Error::new(SqlState::UNDEFINED_FUNCTION, message)
            .with_hint(
                "No procedure matches the given name and argument types. You may need to add explicit type casts.",
            )
            .at(call.name.pos())
    })?;
    Ok((routine, args))
}

fn find(call: &Call, work: &Work<'_>) -> Result<Found> {
    let (routine, args) = resolve(call, work)?;
    work.require_execute(&routine).map_err(|error| error.at(call.name.pos()))?;
    let inputs = args.into_iter().zip(routine.inputs()).map(|(arg, input)| {
        let arg = match arg.expr {
            // A parameter of the client takes the type that is asked for.
            datafusion::logical_expr::Expr::Placeholder(_) => {
                cast(arg, type_of(input), CastKind::Implicit, &work.context)?
            }
            _ => settle(arg, &work.context)?,
        };
        let value = Value { ty: arg.ty, value: evaluate(arg)? };
        value.cast(type_of(input), &work.context)
    });
    let inputs = inputs.collect::<Result<Vec<_>>>()?;
    Ok(Found { routine, inputs })
}

/// The type that values of an argument have; strings may be of any length.
fn type_of(arg: &RoutineArgument) -> RedshiftType {
    match arg.ty {
        Some(ArgumentType(RedshiftType::Varchar(_))) => RedshiftType::Varchar(MAX_VARCHAR),
        Some(ArgumentType(ty)) => ty,
        None => RedshiftType::Varchar(256),
    }
}

/// The columns that a CALL gives: those of OUT and INOUT arguments; none where there are none.
///
/// # Errors
/// 42883 where there is no such procedure.
pub(crate) fn columns(call: &Call, work: &Work<'_>) -> Result<Option<Arc<[ResultColumn]>>> {
    let (routine, args) = resolve(call, work)?;
    for (arg, input) in args.into_iter().zip(routine.inputs()) {
        cast(arg, type_of(input), CastKind::Explicit, &work.context)?;
    }
    let columns = outputs(&routine);
    Ok((!columns.is_empty()).then(|| columns.into()))
}

fn outputs(routine: &Routine) -> Vec<ResultColumn> {
    let column = |(index, arg): (usize, &RoutineArgument)| {
        ResultColumn::computed(arg.name.clone().unwrap_or_else(|| format!("column{}", index + 1)), type_of(arg))
    };
    routine.outputs().enumerate().map(column).collect()
}

/// Runs CALL for the client.
///
/// # Errors
/// What the procedure fails with.
pub(crate) async fn call(call: &Call, host: &mut Host<'_>) -> Result<Outcome> {
    let text = host.text.clone();
    let (routine, values) = run(call, host, Inner { variables: None, text: &text }, 1).await?;
    if values.is_empty() {
        return Ok(Outcome::Done(CommandTag::plain("CALL")));
    }
    let columns = outputs(&routine);
    let fields: Vec<_> = columns.iter().map(|column| crate::types::arrow_field(&column.name, column.ty)).collect();
    let arrays = values.iter().map(|value| value.value.to_array_of_size(1)).collect::<Result<Vec<_>, _>>();
    let arrays = arrays.map_err(crate::error::from_datafusion)?;
    let schema = Arc::new(arrow::datatypes::Schema::new(fields));
    let batch = arrow::record_batch::RecordBatch::try_new(schema, arrays)
        .map_err(|error| Error::internal(error.to_string()))?;
    let batches = futures::StreamExt::boxed(futures::stream::iter([Ok(batch)]));
    Ok(Outcome::Rows(Rows { columns: columns.into(), batches, tag: "CALL" }))
}

/// What a call in a procedure has of the caller's.
pub(super) struct Inner<'t> {
    /// Its variables.
    pub variables: Option<Arc<dyn Variables>>,
    /// The call's text, for the logs.
    pub text: &'t str,
}

/// Runs a procedure and gives the values of its OUT and INOUT arguments.
pub(super) fn run<'a>(
    call: &'a Call,
    host: &'a mut Host<'_>,
    Inner { variables, text }: Inner<'a>,
    depth: usize,
) -> BoxFuture<'a, Result<(Arc<Routine>, Vec<Value>)>> {
    nested(async move {
        if depth > MOST_CALLS {
            let message = format!("stored procedure calls are nested more than {MOST_CALLS} levels deep");
            return Err(Error::new(SqlState::STATEMENT_TOO_COMPLEX, message));
        }
        let caller = (depth > 1).then_some(host.query);
        let query = if caller.is_some() { host.state.engine.logs().next_query() } else { host.query };
        let mut log = CallLog::new(query, text.to_string(), caller, host);
        let Found { routine, inputs } = find(call, &host.work(variables)?)?;
        // The client's own CALL has its record.
        let statement = caller.map(|caller| {
            host.uses();
            let record = host.state.record(query, &Statement::Call(call.clone()), text);
            let record = QueryRecord { xid: host.xid(), caller: Some(caller), ..record };
            QueryLog::new(record, None, host.state.engine.logs().clone())
        });
        let RoutineKind::Procedure { definer, .. } = &routine.kind else {
            return Err(Error::internal("a function is called as a procedure"));
        };
        let definer = *definer && routine.owner != host.state.user_id;
        if definer {
            let owner = host.work(None)?.view.user_by_id(routine.owner)?;
            let owner = owner.ok_or_else(|| Error::internal("a procedure without owner"))?;
            host.enter_definer(SessionUser::from(&*owner));
        }
        let outer = std::mem::replace(&mut host.query, query);
        // Those of the client are in its CALL alone.
        host.parameters = Parameters::with_values(Vec::new(), Vec::new());
        let RoutineKind::Procedure { nonatomic, settings, .. } = &routine.kind else {
            return Err(Error::internal("a function is called as a procedure"));
        };
        let mode = Mode::of(*nonatomic);
        let block = block(&routine.body, mode)?;
        let before: Vec<(String, String)> = settings
            .iter()
            .map(|(name, _)| (name.clone(), host.state.settings.get(name).unwrap_or_default().to_string()))
            .collect();
        let was_bound = host.settings_bound;
        host.settings_bound |= !settings.is_empty();
        for (name, value) in settings {
            set_parameter(host.state, name, &[value], Span::Session)?;
        }
        let mut interpreter = Interpreter::new(host, &routine.name, mode, depth);
        let mut inputs = inputs.into_iter();
        interpreter.scopes.enter(None);
        for (index, arg) in routine.args.iter().enumerate() {
            let name = arg.name.clone().unwrap_or_else(|| format!("${}", index + 1));
            let given = if arg.mode == ArgumentMode::Out { None } else { inputs.next() };
            let slot = match (arg.ty, given) {
                (None, given) => Slot::Cursor(given.and_then(|value| match value.value {
                    datafusion::scalar::ScalarValue::Utf8View(name) => name,
                    _ => None,
                })),
                (Some(_), Some(value)) => Slot::Scalar { value, constant: false, not_null: false },
                (Some(_), None) => Slot::Scalar { value: Value::null(type_of(arg))?, constant: false, not_null: false },
            };
            interpreter.scopes.declare(&name, slot);
            interpreter.scopes.arguments.push(name);
        }
        let ran = interpreter.run(&block).await;
        let names = interpreter.scopes.arguments.clone();
        let scopes = std::mem::take(&mut interpreter.scopes);
        for (name, value) in before {
            set_parameter(host.state, &name, &[&value], Span::Session)?;
        }
        host.settings_bound = was_bound;
        host.query = outer;
        if definer {
            host.leave_definer();
        }
        let ended = ran.map(|()| Outcome::Done(CommandTag::plain("CALL")));
        match statement {
            Some(statement) => statement.follow(ended).map(drop)?,
            None => ended.map(drop)?,
        }
        log.succeeded();
        let mut values = Vec::new();
        for (arg, name) in routine.args.iter().zip(names) {
            if arg.mode != ArgumentMode::In {
                let value = scopes.value_of(&[name])?.ok_or_else(|| Error::internal("an argument is gone"))?;
                values.push(Value { ty: type_of(arg), ..value });
            }
        }
        Ok((routine, values))
    })
}
