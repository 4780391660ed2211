//! Functions in SQL and stored procedures.
//!
//! Sources: PostgreSQL 8.0 documentation, "pg_proc"; developer guide, "PG_PROC_INFO" (kinds and argument modes),
//! "SVV_REDSHIFT_FUNCTIONS", "SHOW PROCEDURE". What a procedure returns is shown as PostgreSQL 11 shows it: void, or record
//! where it has OUT or INOUT arguments.

use std::sync::Arc;

use redshift_sql_dialect::{RedshiftType, Result};

use super::{attributes::Sizes, privileges::Acls};
use crate::{
    catalog::{ArgumentMode, ArgumentType, Privilege, Routine, RoutineArgument, RoutineKind},
    system::{
        Source,
        directory::Principals,
        names::quote_identifier,
        rows::{BaseColumn, Cell},
    },
};

/// pg_type.oid of refcursor.
const REFCURSOR: u32 = 1790;
/// pg_type.oid of record.
const RECORD: u32 = 2249;
/// pg_type.oid of void.
const VOID: u32 = 2278;
/// pg_language.oid of sql.
const SQL: u32 = 14;
/// pg_language.oid of plpgsql.
const PLPGSQL: u32 = 100_126;

pub const COLUMNS: &[BaseColumn] = &[
    ("oid", RedshiftType::Oid),
    ("name", RedshiftType::Name),
    ("namespace", RedshiftType::Oid),
    ("schema", RedshiftType::Name),
    ("owner", RedshiftType::Int4),
    ("owner_name", RedshiftType::Name),
    ("language", RedshiftType::Oid),
    ("is_procedure", RedshiftType::Bool),
    ("security_definer", RedshiftType::Bool),
    ("volatility", RedshiftType::InternalChar),
    ("input_count", RedshiftType::Int2),
    ("argument_count", RedshiftType::Int4),
    ("return_type", RedshiftType::Oid),
    ("input_types", RedshiftType::OidVector),
    ("all_types", RedshiftType::OidArray),
    ("modes", RedshiftType::InternalCharArray),
    ("names", RedshiftType::TextArray),
    ("source", RedshiftType::Text),
    // Of procedures: `24,655366,-1`.
    ("modifiers", RedshiftType::Text),
    ("acl", RedshiftType::AclItemArray),
    // `integer, character varying`
    ("input_list", RedshiftType::Text),
    // `a integer, INOUT b character varying`
    ("argument_list", RedshiftType::Text),
    ("result", RedshiftType::Text),
    // What a procedure gives back: `numeric, character varying`.
    ("output_list", RedshiftType::Text),
    ("accessible", RedshiftType::Bool),
];

/// The type of an argument as PostgreSQL shows it.
pub(crate) fn shown_type(ty: Option<ArgumentType>) -> String {
    ty.map_or_else(|| "refcursor".to_string(), |ty| ty.0.format_name().to_string())
}

fn type_oid(ty: Option<ArgumentType>) -> i64 {
    ty.map_or(i64::from(REFCURSOR), |ty| i64::from(ty.0.oid()))
}

/// `integer, character varying`
pub(crate) fn input_list(routine: &Routine) -> String {
    routine.inputs().map(|arg| shown_type(arg.ty)).collect::<Vec<_>>().join(", ")
}

/// The types of what a procedure gives back; none that gives nothing.
fn output_list(routine: &Routine) -> Option<String> {
    let types: Vec<String> = routine.outputs().map(|arg| shown_type(arg.ty)).collect();
    (!types.is_empty()).then(|| types.join(", "))
}

/// `a integer, INOUT b character varying, OUT numeric`
pub(crate) fn argument_list(routine: &Routine) -> String {
    let shown = |arg: &RoutineArgument| {
        let mode = match arg.mode {
            ArgumentMode::In => "",
            ArgumentMode::Out => "OUT ",
            ArgumentMode::InOut => "INOUT ",
        };
        let name = arg.name.as_ref().map(|name| format!("{} ", quote_identifier(name))).unwrap_or_default();
        format!("{mode}{name}{}", shown_type(arg.ty))
    };
    routine.args.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// What pg_proc.probin holds of a procedure: the type modifiers of its arguments and of its result, by which Amazon's JDBC
/// driver tells lengths and scales (getProcedureColumns).
fn modifiers(routine: &Routine) -> String {
    let modifier = |arg: &RoutineArgument| arg.ty.map_or(-1, |ty| ty.0.typmod());
    routine.args.iter().map(modifier).chain([-1]).map(|modifier| modifier.to_string()).collect::<Vec<_>>().join(",")
}

/// What a routine returns: a function's type, a procedure's only OUT or INOUT argument or `record`; `void` where there is
/// none.
pub(crate) fn result(routine: &Routine) -> (u32, String) {
    let RoutineKind::Function { returns, .. } = &routine.kind else {
        let outputs: Vec<&RoutineArgument> = routine.outputs().collect();
        return match outputs.as_slice() {
            [] => (VOID, "void".to_string()),
            _ => (RECORD, "record".to_string()),
        };
    };
    (returns.0.oid(), returns.0.format_name().to_string())
}

/// CREATE FUNCTION or CREATE PROCEDURE that makes the routine again (developer guide, "SHOW PROCEDURE").
pub(crate) fn definition(schema: &str, routine: &Routine) -> String {
    let name = format!("{}.{}", quote_identifier(schema), quote_identifier(&routine.name));
    let arguments = argument_list(routine);
    let quotes = if routine.body.contains("$_$") { "$body$" } else { "$_$" };
    let body = &routine.body;
    match &routine.kind {
        RoutineKind::Function { returns, volatility } => {
            let volatility = match volatility {
                'i' => "IMMUTABLE",
                's' => "STABLE",
                _ => "VOLATILE",
            };
            let returns = returns.0.format_name();
            format!(
                "CREATE OR REPLACE FUNCTION {name}({arguments})\nRETURNS {returns}\n{volatility}\nAS {quotes}{body}{quotes} \
                 LANGUAGE sql\n"
            )
        }
        RoutineKind::Procedure { definer, nonatomic, settings } => {
            let nonatomic = if *nonatomic { " NONATOMIC" } else { "" };
            let definer = if *definer { "SECURITY DEFINER\n" } else { "" };
            let settings: String = settings.iter().map(|(name, value)| format!("SET {name} TO {value}\n")).collect();
            format!(
                "CREATE OR REPLACE PROCEDURE {name}({arguments}){nonatomic}\nLANGUAGE plpgsql\n{definer}{settings}AS \
                 {quotes}{body}{quotes}\n"
            )
        }
    }
}

pub fn rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let routines = source.directory.routines()?;
    if routines.is_empty() {
        return Ok(Vec::new());
    }
    let principals = Principals::of(&*source.directory)?;
    let acls = Acls::of(source, &principals)?;
    let actor = source.actor()?;
    let mut rows = Vec::with_capacity(routines.len());
    for (schema, routine) in &routines {
        let accessible = source.directory.may_execute(&actor, routine)?
            && (schema.owner == actor.user || source.directory.may_with_schema(&actor, schema, Privilege::Usage)?);
        let acl = acls.of_object(routine.owned().object, routine.owner.0);
        rows.push(row(&schema.name, routine, &principals, acl, accessible));
    }
    Ok(rows)
}

fn row(
    schema: &str,
    routine: &Arc<Routine>,
    principals: &Principals,
    acl: Option<Vec<String>>,
    accessible: bool,
) -> Vec<Cell> {
    let (definer, volatility) = match &routine.kind {
        RoutineKind::Function { volatility, .. } => (false, *volatility),
        RoutineKind::Procedure { definer, .. } => (*definer, 'v'),
    };
    let volatility = match volatility {
        'i' => "i",
        's' => "s",
        _ => "v",
    };
    let inputs: Vec<i64> = routine.inputs().map(|arg| type_oid(arg.ty)).collect();
    let modes: Vec<String> = routine
        .args
        .iter()
        .map(|arg| match arg.mode {
            ArgumentMode::In => "i".to_string(),
            ArgumentMode::Out => "o".to_string(),
            ArgumentMode::InOut => "b".to_string(),
        })
        .collect();
    // As in PostgreSQL, what would only repeat the types of the inputs is left out.
    let only_inputs = routine.args.iter().all(|arg| arg.mode == ArgumentMode::In);
    let all: Vec<i64> = routine.args.iter().map(|arg| type_oid(arg.ty)).collect();
    let names: Vec<String> = routine.args.iter().map(|arg| arg.name.clone().unwrap_or_default()).collect();
    let named = names.iter().any(|name| !name.is_empty());
    let (return_type, result) = result(routine);
    vec![
        routine.oid.0.into(),
        routine.name.clone().into(),
        routine.schema_oid.0.into(),
        schema.to_string().into(),
        routine.owner.0.into(),
        principals.user(routine.owner.0).into(),
        if routine.is_procedure() { PLPGSQL } else { SQL }.into(),
        routine.is_procedure().into(),
        definer.into(),
        volatility.into(),
        (inputs.len() as i64).into(),
        (routine.args.len() as i64).into(),
        return_type.into(),
        inputs.into(),
        if only_inputs { Cell::Null } else { all.into() },
        if only_inputs { Cell::Null } else { modes.into() },
        if named { names.into() } else { Cell::Null },
        routine.body.clone().into(),
        routine.is_procedure().then(|| modifiers(routine)).into(),
        acl.into(),
        input_list(routine).into(),
        argument_list(routine).into(),
        result.into(),
        output_list(routine).into(),
        accessible.into(),
    ]
}

/// The sizes of a type whose modifier was not kept.
fn without_modifiers(sizes: Sizes) -> Sizes {
    match sizes {
        Sizes { characters: Some(_), .. } => Sizes { characters: Some(-1), ..sizes },
        Sizes { radix: Some(10), .. } => Sizes::default(),
        _ => sizes,
    }
}

pub const ARGUMENT_COLUMNS: &[BaseColumn] = &[
    ("routine", RedshiftType::Oid),
    ("schema", RedshiftType::Name),
    ("routine_name", RedshiftType::Name),
    ("is_procedure", RedshiftType::Bool),
    ("input_list", RedshiftType::Text),
    // From 1; 0 is what a function returns.
    ("position", RedshiftType::Int4),
    ("name", RedshiftType::Text),
    // `IN`, `OUT`, `INOUT`, `RETURN`
    ("mode", RedshiftType::Text),
    ("data_type", RedshiftType::Text),
    ("character_maximum_length", RedshiftType::Int4),
    ("numeric_precision", RedshiftType::Int4),
    ("numeric_scale", RedshiftType::Int4),
    ("accessible", RedshiftType::Bool),
];

/// The arguments of routines, and what functions return. Of functions no lengths, precisions and scales are kept (developer
/// guide, "SHOW PARAMETERS"); what they return has the name '' (test_metadataAPI_functions.py of redshift_connector).
pub fn argument_rows(source: &Source) -> Result<Vec<Vec<Cell>>> {
    let actor = source.actor()?;
    let mut rows = Vec::new();
    for (schema, routine) in source.directory.routines()? {
        let accessible = source.directory.may_execute(&actor, &routine)?
            && (schema.owner == actor.user || source.directory.may_with_schema(&actor, &schema, Privilege::Usage)?);
        let mut add = |position: i64, name: Option<String>, mode: &'static str, ty: Option<ArgumentType>| {
            let sizes = ty.map(|ty| Sizes::of(ty.0)).unwrap_or_default();
            let sizes = if routine.is_procedure() { sizes } else { without_modifiers(sizes) };
            rows.push(vec![
                routine.oid.0.into(),
                schema.name.clone().into(),
                routine.name.clone().into(),
                routine.is_procedure().into(),
                input_list(&routine).into(),
                position.into(),
                name.into(),
                mode.into(),
                shown_type(ty).into(),
                sizes.characters.into(),
                sizes.precision.into(),
                sizes.scale.into(),
                accessible.into(),
            ]);
        };
        if let RoutineKind::Function { returns, .. } = &routine.kind {
            add(0, Some(String::new()), "RETURN", Some(*returns));
        }
        for (position, arg) in (1i64..).zip(&routine.args) {
            let mode = match arg.mode {
                ArgumentMode::In => "IN",
                ArgumentMode::Out => "OUT",
                ArgumentMode::InOut => "INOUT",
            };
            add(position, arg.name.clone(), mode, arg.ty);
        }
    }
    Ok(rows)
}
