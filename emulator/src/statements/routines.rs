//! CREATE, ALTER and DROP of functions in SQL and of stored procedures.
//!
//! Source: developer guide, "CREATE FUNCTION", "CREATE PROCEDURE", "DROP FUNCTION", "DROP PROCEDURE", "ALTER PROCEDURE".

use std::sync::Arc;

use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{
        AlterRoutine, AlterRoutineAction, ArgMode, CreateFunction, CreateProcedure, DataType, DropRoutine,
        FunctionLanguage, NewOwner, RoutineArg, RoutineKind as Kind, Security, Signature, Volatility,
    },
    names::ObjectName,
    plpgsql::Mode,
};

use super::{Work, ddl::drop_users_of};
use crate::{
    binder::{Binder, Typed},
    catalog::{ArgumentMode, ArgumentType, Oid, Routine, RoutineArgument, RoutineKind},
    result::{CommandTag, Outcome},
    system::input_list,
    types::arrow_type,
};

/// The most arguments of a routine.
const MOST_ARGUMENTS: usize = 32;

/// Runs CREATE FUNCTION.
pub(crate) async fn create_function(create: &CreateFunction, work: &mut Work<'_>) -> Result<Outcome> {
    if create.language == FunctionLanguage::Python {
        // Developer guide, "Creating a scalar Python UDF": since June 30, 2026 Redshift does not run them either.
        return Err(Error::unsupported("CREATE FUNCTION ... LANGUAGE plpythonu is not supported")
            .with_hint("Redshift ended Python functions on June 30, 2026: write it in SQL, or as a Lambda function."));
    }
    work.require_language("sql")?;
    let DataType::Known(returns) = create.returns else { return Err(no_such_type(&create.returns)) };
    let volatility = match create.volatility {
        Some(Volatility::Immutable) => 'i',
        Some(Volatility::Stable) => 's',
        Some(Volatility::Volatile) | None => 'v',
    };
    let kind = RoutineKind::Function { returns: ArgumentType(returns), volatility };
    let routine = new_routine((&create.name, &create.args), kind, create.body.text.clone(), work)?;
    check_body(&routine, work)?;
    store(routine, create.or_replace, &create.name, work).await?;
    Ok(Outcome::Done(CommandTag::plain("CREATE FUNCTION")))
}

/// Binds the body with NULLs of the arguments' types: names, types and the result are checked.
fn check_body(routine: &Routine, work: &Work<'_>) -> Result<()> {
    let args = routine.args.iter().map(|arg| {
        let ty = arg.ty.map_or(RedshiftType::Unknown, |ty| ty.0);
        let null = datafusion::scalar::ScalarValue::try_from(&arrow_type(ty))
            .map_err(|error| Error::internal(error.to_string()))?;
        // A NULL of a type, not a literal that would be folded.
        Ok(Typed::new(datafusion::logical_expr::lit(null), ty))
    });
    let args = args.collect::<Result<Vec<_>>>()?;
    Binder::new(work.context.clone()).function_body(routine, args).map(|_| ())
}

/// Runs CREATE PROCEDURE.
pub(crate) async fn create_procedure(create: &CreateProcedure, work: &mut Work<'_>) -> Result<Outcome> {
    if create.nonatomic && create.security == Some(Security::Definer) {
        return Err(
            Error::unsupported("SECURITY DEFINER is not supported for NONATOMIC procedures").at(create.name.pos())
        );
    }
    if create.nonatomic && !create.settings.is_empty() {
        return Err(Error::unsupported("SET is not supported for NONATOMIC procedures").at(create.name.pos()));
    }
    work.require_language("plpgsql")?;
    crate::procedures::check(&create.body.text, Mode::of(create.nonatomic))?;
    let kind = RoutineKind::Procedure {
        definer: create.security == Some(Security::Definer),
        nonatomic: create.nonatomic,
        settings: create
            .settings
            .iter()
            .filter_map(|setting| {
                let values: Vec<String> =
                    setting.value.iter().flatten().map(|value| value.text().to_string()).collect();
                (!values.is_empty()).then(|| (setting.name.clone(), values.join(", ")))
            })
            .collect(),
    };
    let routine = new_routine((&create.name, &create.args), kind, create.body.text.clone(), work)?;
    store(routine, create.or_replace, &create.name, work).await?;
    Ok(Outcome::Done(CommandTag::plain("CREATE PROCEDURE")))
}

fn new_routine(
    (name, args): (&ObjectName, &[RoutineArg]),
    kind: RoutineKind,
    body: String,
    work: &Work<'_>,
) -> Result<Routine> {
    let case_sensitive = work.context.session.case_sensitive;
    if args.len() > MOST_ARGUMENTS {
        let message = format!("functions cannot have more than {MOST_ARGUMENTS} arguments");
        return Err(Error::new(SqlState("54023"), message).at(name.pos()));
    }
    let args = args.iter().map(|arg| {
        Ok(RoutineArgument {
            name: arg.name.as_ref().map(|name| name.folded(case_sensitive)),
            mode: match arg.mode {
                Some(ArgMode::Out) => ArgumentMode::Out,
                Some(ArgMode::InOut) => ArgumentMode::InOut,
                Some(ArgMode::In) | None => ArgumentMode::In,
            },
            ty: argument_type(&arg.ty)?,
        })
    });
    let args = args.collect::<Result<Vec<_>>>()?;
    let schema = schema_of(name, work)?;
    let own = name.object().folded(case_sensitive);
    let types: Vec<String> = args
        .iter()
        .filter(|arg| arg.mode != ArgumentMode::Out)
        .map(|arg| arg.ty.map_or("refcursor".to_string(), |ty| ty.0.oid().to_string()))
        .collect();
    Ok(Routine {
        oid: Oid(0),
        schema_oid: schema,
        signature: format!("{own}({})", types.join(",")),
        name: own,
        owner: work.state.user_id,
        kind,
        args,
        body,
        search_path: work.context.session.search_path.clone(),
        created: 0,
    })
}

/// `refcursor` is a type of procedures alone.
fn argument_type(ty: &DataType) -> Result<Option<ArgumentType>> {
    match ty {
        DataType::Known(ty) => Ok(Some(ArgumentType(*ty))),
        DataType::Named(name) if name.object().value == "refcursor" => Ok(None),
        ty => Err(no_such_type(ty)),
    }
}

fn no_such_type(ty: &DataType) -> Error {
    match ty {
        DataType::Named(name) => {
            let message = format!("type \"{}\" does not exist", name.object().value);
            Error::new(SqlState::UNDEFINED_OBJECT, message).at(name.pos())
        }
        DataType::Known(ty) => Error::unsupported(format!("type {ty} is not supported")),
    }
}

fn schema_of(name: &ObjectName, work: &Work<'_>) -> Result<Oid> {
    let database = name.database().map(|database| work.database(database)).transpose()?;
    let database = database.map_or(work.view.database_oid(), |database| database.oid);
    work.require_connected(database, "CREATE FUNCTION or CREATE PROCEDURE")?;
    let missing = |schema: &str| {
        Error::new(SqlState::INVALID_SCHEMA_NAME, format!("schema \"{schema}\" does not exist")).at(name.pos())
    };
    if let Some(schema) = name.schema() {
        let folded = schema.folded(work.context.session.case_sensitive);
        return work.view.schema(&folded)?.map(|schema| schema.oid).ok_or_else(|| missing(&folded));
    }
    for schema in &work.context.session.search_path {
        if let Some(schema) = work.view.schema(schema)? {
            return Ok(schema.oid);
        }
    }
    Err(Error::new(SqlState::INVALID_SCHEMA_NAME, "no schema has been selected to create in"))
}

async fn store(routine: Routine, or_replace: bool, name: &ObjectName, work: &mut Work<'_>) -> Result<()> {
    let existing = work.view.routines_in(routine.schema_oid)?;
    let existing = existing.into_iter().find(|other| other.signature == routine.signature);
    let Some(existing) = existing else { return work.transaction.create_routine(routine).await };
    if !or_replace {
        let message = format!("function \"{}\" already exists with same argument types", routine.name);
        return Err(Error::new(SqlState::DUPLICATE_FUNCTION, message).at(name.pos()));
    }
    let same_result = match (&existing.kind, &routine.kind) {
        (RoutineKind::Function { returns: old, .. }, RoutineKind::Function { returns: new, .. }) => {
            old.0.oid() == new.0.oid()
        }
        (RoutineKind::Procedure { .. }, RoutineKind::Procedure { .. }) => {
            let types = |routine: &Routine| routine.outputs().map(|arg| arg.type_name()).collect::<Vec<_>>();
            types(&existing) == types(&routine)
        }
        _ => false,
    };
    if !same_result {
        let message = "cannot change return type of existing function";
        return Err(Error::new(SqlState("42P13"), message).with_hint("Use DROP FUNCTION first.").at(name.pos()));
    }
    work.require_routine_owner(&existing)?;
    let routine = Routine { oid: existing.oid, created: existing.created, owner: existing.owner, ..routine };
    work.transaction.update_routine(&routine).await
}

/// The word for a kind of routine.
pub(super) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Function => "function",
        Kind::Procedure => "procedure",
    }
}

/// The routine of a signature, or none.
pub(super) fn find(kind: Kind, signature: &Signature, work: &Work<'_>) -> Result<Option<Arc<Routine>>> {
    let case_sensitive = work.context.session.case_sensitive;
    let name = signature.name.object().folded(case_sensitive);
    let schemas = match signature.name.schema() {
        Some(schema) => vec![schema.folded(case_sensitive)],
        None => work.context.session.search_path.clone(),
    };
    let mut found = Vec::new();
    for schema in schemas {
        let routines = work.view.routines_named(&schema, &name)?;
        found.extend(routines.into_iter().filter(|routine| routine.is_procedure() == (kind == Kind::Procedure)));
    }
    let Some(args) = &signature.args else {
        if found.len() > 1 {
            let message = format!("{} name \"{name}\" is not unique", word(kind));
            return Err(Error::new(SqlState::AMBIGUOUS_FUNCTION, message).at(signature.name.pos()));
        }
        return Ok(found.pop());
    };
    let inputs = args.iter().filter(|arg| arg.mode != Some(ArgMode::Out));
    let wanted = inputs.map(|arg| argument_type(&arg.ty)).collect::<Result<Vec<_>>>()?;
    let oid = |ty: Option<ArgumentType>| ty.map(|ty| ty.0.oid());
    Ok(found.into_iter().find(|routine| {
        let types: Vec<_> = routine.inputs().map(|arg| oid(arg.ty)).collect();
        types == wanted.iter().map(|ty| oid(*ty)).collect::<Vec<_>>()
    }))
}

pub(super) fn missing(kind: Kind, signature: &Signature) -> Error {
    let args = signature.args.iter().flatten().map(|arg| match &arg.ty {
        DataType::Known(ty) => ty.base_name().to_string(),
        DataType::Named(name) => name.to_string(),
    });
    let args: Vec<String> = args.collect();
    let message = format!("{} {}({}) does not exist", word(kind), signature.name.object().value, args.join(", "));
    Error::new(SqlState::UNDEFINED_FUNCTION, message).at(signature.name.pos())
}

/// Runs DROP FUNCTION and DROP PROCEDURE.
pub(crate) async fn drop_routine(drop: &DropRoutine, work: &mut Work<'_>) -> Result<Outcome> {
    let tag = match drop.kind {
        Kind::Function => CommandTag::plain("DROP FUNCTION"),
        Kind::Procedure => CommandTag::plain("DROP PROCEDURE"),
    };
    match find(drop.kind, &drop.signature, work)? {
        Some(routine) => {
            work.require_routine_owner(&routine)?;
            let what = format!("{} {}({})", word(drop.kind), routine.name, input_list(&routine));
            drop_users_of(routine.oid, &what, drop.cascade, work).await?;
            work.transaction.drop_routine(&routine).await?;
        }
        None => return Err(missing(drop.kind, &drop.signature)),
    }
    Ok(Outcome::Done(tag))
}

/// Runs ALTER FUNCTION and ALTER PROCEDURE.
pub(crate) async fn alter_routine(alter: &AlterRoutine, work: &mut Work<'_>) -> Result<Outcome> {
    let routine = find(alter.kind, &alter.signature, work)?.ok_or_else(|| missing(alter.kind, &alter.signature))?;
    work.require_routine_owner(&routine)?;
    let mut changed = (*routine).clone();
    match &alter.action {
        AlterRoutineAction::RenameTo(name) => {
            let new = name.folded(work.context.session.case_sensitive);
            changed.signature = format!("{new}{}", &routine.signature[routine.name.len()..]);
            changed.name = new;
        }
        AlterRoutineAction::OwnerTo(NewOwner::User(user)) => changed.owner = work.user(user)?.id,
        AlterRoutineAction::OwnerTo(NewOwner::CurrentUser | NewOwner::SessionUser) => {
            changed.owner = work.state.user_id;
        }
    }
    work.transaction.update_routine(&changed).await?;
    Ok(Outcome::Done(match alter.kind {
        Kind::Function => CommandTag::plain("ALTER FUNCTION"),
        Kind::Procedure => CommandTag::plain("ALTER PROCEDURE"),
    }))
}
