//! The list of the system's functions in pg_proc, against what the binder calls.
//!
//! Each overload of the registry is bound over columns of the types that it takes; what it gives is its result in pg_proc.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::{
    logical_expr::{Expr, Volatility},
    scalar::ScalarValue,
};
use redshift_sql_dialect::RedshiftType::{self, *};

use super::{
    FAMILIES, Node, aggregate, catalog_arrays, catalog_info, catalog_rows, conditional, node, record_rows,
    registry::Param, testing, window,
};
use crate::{binder::Typed, system::built_in};

/// pg_type.oid of what takes any value.
const ANY: u32 = 2276;

/// What pg_proc says of a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Signature {
    name: String,
    inputs: Vec<u32>,
    result: u32,
    volatility: char,
}

/// Words of the grammar, which makes calls of functions with other names of them, as its errors show: `function
/// pg_catalog.date_diff(...) does not exist`.
const GRAMMAR: &[&str] = &[
    "array",
    "collate",
    "current_catalog",
    "current_date",
    "current_time",
    "current_timestamp",
    "dateadd",
    "datediff",
    "datepart",
    "extract",
    "localtime",
    "localtimestamp",
    "object",
    "sysdate",
    "user",
];

/// Functions that do something to sessions or take only some constants: a line of theirs is written by hand.
const BY_HAND: &[&str] = &[
    "change_query_priority",
    "change_session_priority",
    "change_user_priority",
    "checksum",
    "explain_model",
    "pg_cancel_backend",
    "pg_terminate_backend",
    "reboot_cluster",
    "to_ascii",
];

/// Is it in the catalog? PostgreSQL 8.0 lists neither its words that are called without parentheses nor COALESCE and its like.
fn is_listed(name: &str) -> bool {
    let is_conditional = conditional::FUNCTIONS.iter().any(|function| function.name == name);
    !is_conditional && !GRAMMAR.contains(&name)
}

/// As pg_proc shows a type: strings are TEXT there, as in PostgreSQL, because a parameter has no length.
fn shown(ty: RedshiftType) -> u32 {
    match ty {
        Varchar(_) | Text => Text.oid(),
        ty => ty.oid(),
    }
}

/// Columns that a parameter can be called with, each with the type that it is shown with.
fn columns(param: Param) -> Vec<(RedshiftType, u32)> {
    let of = |types: &[RedshiftType]| types.iter().map(|ty| (*ty, shown(*ty))).collect();
    match param {
        Param::Any => [Varchar(40), Int4, Super, Date, Geometry].map(|ty| (ty, ANY)).to_vec(),
        Param::Text => of(&[Varchar(40)]),
        Param::Integer => of(&[Int2, Int4, Int8]),
        Param::Number => of(&[Int2, Int4, Int8, RedshiftType::numeric(18, 2), Float4, Float8]),
        Param::Decimal => of(&[RedshiftType::numeric(18, 2)]),
        Param::Interval => of(&[RedshiftType::YEAR_TO_MONTH, RedshiftType::DAY_TO_SECOND, Interval]),
        Param::Bytes => of(&[Varbyte(40)]),
        Param::Super => of(&[Super]),
        Param::Type(ty) => of(&[ty]),
    }
}

/// A function's parameters, with parameters of several types all of the same of them.
fn calls(params: &[Param]) -> Vec<Vec<(RedshiftType, u32)>> {
    let choices: Vec<_> = params.iter().map(|param| columns(*param)).collect();
    let most = choices.iter().map(Vec::len).max().unwrap_or(1);
    (0..most).map(|index| choices.iter().map(|choice| choice[index.min(choice.len() - 1)]).collect()).collect()
}

/// Texts and numbers for parameters that have to be constant.
const CONSTANTS: [&str; 7] = ["", "day", "hour", "a", "UTC", "1", "MD5"];

/// What a call gives: over columns, or with constants where it needs them.
fn bound(name: &str, types: &[RedshiftType]) -> Option<Typed> {
    let ctx = testing::context();
    let column = |(index, ty): (usize, &RedshiftType)| Typed::new(Expr::Column(format!("c{index}").into()), *ty);
    let over_columns: Vec<Typed> = types.iter().enumerate().map(column).collect();
    if let Ok(call) = super::scalar(name, over_columns.clone(), &ctx) {
        return Some(call);
    }
    let with_constants = |text: &str, first: usize| {
        let constant = |(index, arg): (usize, &Typed)| match arg.ty {
            _ if index < first => arg.clone(),
            Varchar(_) | Text => Typed::literal(ScalarValue::Utf8View(Some(text.into())), arg.ty),
            Int4 => Typed::literal(ScalarValue::Int32(Some(1)), arg.ty),
            Bool => Typed::literal(ScalarValue::Boolean(Some(true)), arg.ty),
            _ => arg.clone(),
        };
        let args = over_columns.iter().enumerate().map(constant).collect();
        super::scalar(name, args, &ctx).ok()
    };
    CONSTANTS.iter().find_map(|text| with_constants(text, 0).or_else(|| with_constants(text, 1)))
}

/// What depends on the session is stable: what has no arguments, but for PI.
fn volatility(name: &str, inputs: &[u32], call: &Expr) -> char {
    let is_volatile = matches!(call, Expr::ScalarFunction(function)
        if function.func.signature().volatility == Volatility::Volatile);
    match node(name) {
        _ if is_volatile || matches!(name, "timeofday" | "set_config") => 'v',
        Some(Node::Time | Node::Catalog) => 's',
        _ if name == "current_setting" || inputs.is_empty() && name != "pi" => 's',
        _ => 'i',
    }
}

/// The functions of the registry, and those of them that could not be bound.
fn of_registry() -> (BTreeSet<Signature>, BTreeSet<String>) {
    let (mut found, mut unbound) = (BTreeMap::new(), BTreeSet::new());
    for function in FAMILIES.iter().flat_map(|family| family.iter()).filter(|function| is_listed(function.name)) {
        for params in function.overloads.iter().flat_map(|overload| overload.shapes()) {
            let mut any = false;
            for call in calls(&params) {
                let types: Vec<RedshiftType> = call.iter().map(|(ty, _)| *ty).collect();
                let mut inputs: Vec<u32> = call.iter().map(|(_, shown)| *shown).collect();
                if super::takes_date_part(function.name) {
                    inputs[0] = Text.oid();
                }
                let Some(bound) = bound(function.name, &types) else { continue };
                any = true;
                let signature = Signature {
                    name: function.name.to_string(),
                    inputs: inputs.clone(),
                    result: shown(bound.ty),
                    volatility: volatility(function.name, &inputs, &bound.expr),
                };
                found.entry((function.name, inputs)).or_insert(signature);
            }
            if !any && !BY_HAND.contains(&function.name) {
                unbound.insert(format!("{}{params:?}", function.name));
            }
        }
    }
    (found.into_values().collect(), unbound)
}

/// The types of arguments that aggregates are tried with.
const AGGREGATED: [RedshiftType; 19] = [
    Int2,
    Int4,
    Int8,
    RedshiftType::numeric(18, 2),
    Float4,
    Float8,
    Bool,
    Char(40),
    Varchar(40),
    Date,
    Time,
    TimeTz,
    Timestamp,
    TimestampTz,
    RedshiftType::YEAR_TO_MONTH,
    RedshiftType::DAY_TO_SECOND,
    Super,
    HllSketch,
    Geometry,
];

fn of_aggregates() -> BTreeSet<Signature> {
    let ctx = testing::context();
    let mut found = BTreeSet::new();
    for name in aggregate::NAMES {
        // They take any value, or what is sorted is no argument of theirs.
        if matches!(*name, "count" | "any_value" | "hll" | "hll_create_sketch" | "listagg") || name.starts_with("perc")
        {
            continue;
        }
        for ty in AGGREGATED {
            let arg = Typed::new(Expr::Column("c".into()), ty);
            if let Ok(chosen) = aggregate::choose(name, vec![arg], false, Vec::new(), &ctx) {
                let (inputs, result) = (vec![shown(ty)], shown(chosen.ty));
                found.insert(Signature { name: name.to_string(), inputs, result, volatility: 'i' });
            }
        }
    }
    found
}

fn of_catalog() -> BTreeSet<Signature> {
    let volatility = |name: &str| if name.ends_with("out") || name.ends_with("in") { 'i' } else { 's' };
    catalog_info::signatures()
        .map(|(name, params, result)| Signature {
            name: name.to_string(),
            inputs: params.iter().map(|ty| shown(*ty)).collect(),
            result: shown(result),
            volatility: volatility(name),
        })
        .collect()
}

fn listed(function: &built_in::BuiltIn) -> Signature {
    Signature {
        name: function.name.to_string(),
        inputs: function.inputs.clone(),
        result: function.result,
        volatility: function.volatility,
    }
}

#[test]
fn pg_proc_lists_what_the_binder_calls() {
    let (registry, unbound) = of_registry();
    assert!(unbound.is_empty(), "could not be bound: {unbound:#?}");
    let (aggregates, catalog) = (of_aggregates(), of_catalog());
    let listed: BTreeSet<Signature> = built_in::all().iter().map(listed).collect();
    let mut missing = Vec::new();
    for (kind, signature) in (aggregates.iter().map(|s| ('a', s)))
        .chain(registry.iter().map(|s| ('f', s)))
        .chain(catalog.iter().map(|s| ('f', s)))
        .filter(|(_, signature)| !listed.contains(signature))
    {
        let Signature { name, inputs, result, volatility } = signature;
        let types = |oids: &[u32]| oids.iter().map(|oid| built_in::type_name(*oid)).collect::<Vec<_>>().join(" ");
        let strict = if kind == 'a' { 'f' } else { 't' };
        missing.push(format!("{name}\t{kind}\t{volatility}{strict}f\t{}\t{}", types(inputs), types(&[*result])));
    }
    assert!(missing.is_empty(), "not in built_in.tsv:\n{}", missing.join("\n"));
}

#[test]
fn pg_proc_lists_every_name() {
    let scalar = FAMILIES.iter().flat_map(|family| family.iter()).map(|function| function.name);
    let all = scalar
        .chain(aggregate::NAMES.iter().copied())
        .chain(window::NAMES.iter().copied())
        .chain(catalog_info::names())
        .chain(record_rows::names())
        .chain(["array_to_string", "array_upper", "array_lower", "array_length", "generate_series", "pg_get_cols"])
        .chain(["pg_get_late_binding_view_cols"]);
    let unlisted: Vec<&str> = all.filter(|name| is_listed(name) && built_in::named(name).next().is_none()).collect();
    assert!(unlisted.is_empty(), "not in built_in.tsv: {unlisted:?}");
    for function in built_in::all() {
        let name = &function.name;
        let known = super::classes(name).is_some()
            || super::yields_to_users(name)
            || catalog_arrays::knows(name)
            || catalog_rows::knows(name)
            || crate::system::types::is_type_function(name);
        assert!(known, "{name} is in built_in.tsv and cannot be called");
    }
}
