//! The system's own functions, as pg_proc lists them.
//!
//! `built_in.tsv` has a line for each: the OID, the name, the kind (`f` a function, `a` an aggregate, `w` a window
//! function), three letters (volatility `i`, `s` or `v`; strict `t` or `f`; returning sets `t` or `f`), the types of its
//! arguments and of its result by their names in pg_type. The functions behind operators and casts have the OIDs of PostgreSQL
//! 8.0; those of the others are ours and never change: a new function takes the next one. As in PostgreSQL 8.0, forms of the grammar such as COALESCE are not listed, strings are TEXT, and an argument
//! that need not be given makes two functions; where any number of arguments may follow, one is shown.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use redshift_sql_dialect::RedshiftType;

use super::{
    PG_CATALOG, SYSTEM_USER,
    names::quote_identifier,
    rows::{BaseColumn, Cell},
    types::{TYPES, format_type},
};

const FILE: &str = include_str!("built_in.tsv");

/// pg_language.oid of internal.
const INTERNAL: u32 = 12;

/// A function of the system's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BuiltIn {
    /// pg_proc.oid
    pub oid: u32,
    /// Its name.
    pub name: &'static str,
    /// pg_proc_info.prokind: `f`, `a` or `w`.
    pub kind: &'static str,
    /// pg_proc.provolatile: `i`, `s` or `v`.
    pub volatility: char,
    /// Is it NULL where an argument is?
    pub is_strict: bool,
    /// Does it give several rows?
    pub returns_set: bool,
    /// The OIDs of its arguments' types.
    pub inputs: Vec<u32>,
    /// The OID of its result's type.
    pub result: u32,
}

static ALL: LazyLock<Vec<BuiltIn>> = LazyLock::new(|| FILE.lines().skip(1).filter_map(read).collect());

static BY_NAME: LazyLock<HashMap<&'static str, Vec<usize>>> = LazyLock::new(|| {
    let mut by_name: HashMap<_, Vec<usize>> = HashMap::new();
    for (index, function) in ALL.iter().enumerate() {
        by_name.entry(function.name).or_default().push(index);
    }
    by_name
});

/// All of them, in the order of their OIDs.
#[cfg(test)]
pub(crate) fn all() -> &'static [BuiltIn] {
    &ALL
}

/// The function of this OID.
pub(crate) fn of_oid(oid: u32) -> Option<&'static BuiltIn> {
    ALL.binary_search_by_key(&oid, |function| function.oid).ok().map(|index| &ALL[index])
}

/// The functions of this name.
pub(crate) fn named(name: &str) -> impl Iterator<Item = &'static BuiltIn> {
    BY_NAME.get(name).into_iter().flatten().map(|index| &ALL[*index])
}

/// The function that is written `name(types)`, with the types' names in the file.
pub(super) fn of_signature(text: &str) -> Option<&'static BuiltIn> {
    let (name, inputs) = text.strip_suffix(')')?.split_once('(')?;
    let inputs = types_named(inputs)?;
    named(name).find(|function| function.inputs == inputs)
}

/// The only function of this name.
pub(crate) fn only_one_named(name: &str) -> Option<&'static BuiltIn> {
    let mut found = named(name);
    found.next().filter(|_| found.next().is_none())
}

/// A REGPROC as it is written. One is held as the function's name, or as its number where several have the name: they are
/// written with their schema (PostgreSQL 8.0, "Object Identifier Types").
pub(crate) fn written(held: &str) -> Cow<'_, str> {
    match held.parse().ok().and_then(of_oid) {
        Some(function) => format!("pg_catalog.{}", quote_identifier(function.name)).into(),
        None => held.into(),
    }
}

/// The name of a type in the file.
#[cfg(test)]
pub(crate) fn type_name(oid: u32) -> &'static str {
    super::types::type_of_oid(oid).map_or("???", |ty| ty.name)
}

fn read(line: &'static str) -> Option<BuiltIn> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [oid, name, kind, properties, inputs, result] = fields[..] else { return None };
    let mut properties = properties.chars();
    Some(BuiltIn {
        oid: oid.parse().ok()?,
        name,
        kind,
        volatility: properties.next()?,
        is_strict: properties.next()? == 't',
        returns_set: properties.next()? == 't',
        inputs: types_named(inputs)?,
        result: type_named(result)?,
    })
}

fn type_named(name: &str) -> Option<u32> {
    TYPES.iter().find(|ty| ty.name == name).map(|ty| ty.oid)
}

fn types_named(names: &str) -> Option<Vec<u32>> {
    names.split_whitespace().map(type_named).collect()
}

impl BuiltIn {
    /// Its arguments as `pg_get_function_arguments` and REGPROCEDURE write them.
    pub fn arguments(&self, separator: &str) -> String {
        self.inputs.iter().map(|oid| format_type(*oid, None)).collect::<Vec<_>>().join(separator)
    }

    /// Its result as `pg_get_function_result` writes it.
    pub fn result(&self) -> String {
        let result = format_type(self.result, None);
        if self.returns_set { format!("SETOF {result}") } else { result }
    }
}

/// The columns of `pg_internal.built_in_routines`.
pub(super) const COLUMNS: &[BaseColumn] = &[
    ("oid", RedshiftType::Oid),
    ("name", RedshiftType::Name),
    ("namespace", RedshiftType::Oid),
    ("owner", RedshiftType::Int4),
    ("language", RedshiftType::Oid),
    ("kind", RedshiftType::InternalChar),
    ("strict", RedshiftType::Bool),
    ("returns_set", RedshiftType::Bool),
    ("volatility", RedshiftType::InternalChar),
    ("input_count", RedshiftType::Int2),
    ("return_type", RedshiftType::Oid),
    ("input_types", RedshiftType::OidVector),
];

/// The rows of `pg_internal.built_in_routines`.
pub(super) fn rows() -> Vec<Vec<Cell>> {
    let row = |function: &BuiltIn| {
        let volatility = match function.volatility {
            'i' => "i",
            's' => "s",
            _ => "v",
        };
        let inputs: Vec<i64> = function.inputs.iter().map(|oid| i64::from(*oid)).collect();
        vec![
            function.oid.into(),
            function.name.into(),
            PG_CATALOG.into(),
            SYSTEM_USER.into(),
            INTERNAL.into(),
            function.kind.into(),
            function.is_strict.into(),
            function.returns_set.into(),
            volatility.into(),
            (inputs.len() as i64).into(),
            function.result.into(),
            inputs.into(),
        ]
    };
    ALL.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_no_function_is_there_twice() {
        assert_eq!(ALL.len() + 1, FILE.lines().count());
        assert!(ALL.windows(2).all(|pair| pair[0].oid < pair[1].oid));
        assert!(ALL.iter().all(|function| function.oid < 10_000 || (20_000..100_000).contains(&function.oid)));
        for function in ALL.iter() {
            let same = named(function.name).filter(|other| other.inputs == function.inputs).count();
            assert_eq!(same, 1, "{}({})", function.name, function.arguments(", "));
        }
    }

    #[test]
    fn the_functions_of_every_type_are_listed() {
        for ty in TYPES {
            for what in ["in", "out", "recv", "send"] {
                let name = ty.function(what);
                assert!(named(&name).next().is_some(), "{name}");
            }
        }
    }

    #[test]
    fn functions_are_found_by_name_and_number() {
        let abs = named("abs").find(|function| function.inputs == [RedshiftType::Float8.oid()]);
        let abs = abs.map(|function| (function.arguments(", "), function.result(), of_oid(function.oid)));
        let Some((arguments, result, found)) = abs else { panic!("no abs") };
        assert_eq!((arguments.as_str(), result.as_str()), ("double precision", "double precision"));
        assert_eq!(found.map(|function| function.name), Some("abs"));
        assert_eq!(of_oid(1), None);
        assert_eq!(of_signature("int4pl(int4 int4)").map(|function| function.oid), Some(177));
        assert_eq!(of_signature("int4pl(int4)"), None);
    }

    #[test]
    fn functions_that_share_a_name_are_written_with_their_schema() {
        let oid = |signature| of_signature(signature).map(|function| function.oid.to_string()).unwrap_or_default();
        assert_eq!(written(&oid("abs(int4)")), "pg_catalog.abs");
        assert_eq!((written("int4pl"), written("-"), written("5")), ("int4pl".into(), "-".into(), "5".into()));
        assert_eq!(only_one_named("int4pl").map(|function| function.oid), Some(177));
        assert_eq!(only_one_named("abs"), None);
    }
}
