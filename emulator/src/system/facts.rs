//! Operators, casts and classes of operators, as the catalog lists them.
//!
//! Each kind is a file `*.tsv` with its columns in the first line, which are those of the base relation. An OID is written as a
//! number, as the name of a type in pg_type, or as a function of `built_in.tsv`, `int4(int8)`; `-` is none. The facts are those
//! of PostgreSQL 8.0's catalog, with its OIDs, as far as the types are Redshift's and the binder does the same: tests hold each
//! line against the binder. Operators and casts of Redshift's own have OIDs of ours, which never change, and no functions,
//! because the names of those are not known.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use redshift_sql_dialect::RedshiftType::{Bool, Int2, InternalChar, Name, Oid};

use super::{
    built_in,
    rows::{BaseColumn, Cell},
    types::TYPES,
};

/// A file of facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Facts {
    Operators,
    Casts,
    /// The functions that add a value to the state of an aggregate, where pg_proc has them.
    AggregateStates,
    OperatorClasses,
    /// The operators of the classes.
    ClassOperators,
    /// The functions by which an index orders the values of a class: less than zero, zero or more.
    ClassFunctions,
}

impl Facts {
    fn file(self) -> &'static str {
        match self {
            Facts::Operators => include_str!("operators.tsv"),
            Facts::Casts => include_str!("casts.tsv"),
            Facts::AggregateStates => include_str!("aggregate_states.tsv"),
            Facts::OperatorClasses => include_str!("operator_classes.tsv"),
            Facts::ClassOperators => include_str!("class_operators.tsv"),
            Facts::ClassFunctions => include_str!("class_functions.tsv"),
        }
    }

    /// The name in `pg_internal`.
    pub fn name(self) -> &'static str {
        match self {
            Facts::Operators => "operators",
            Facts::Casts => "casts",
            Facts::AggregateStates => "aggregate_states",
            Facts::OperatorClasses => "operator_classes",
            Facts::ClassOperators => "class_operators",
            Facts::ClassFunctions => "class_functions",
        }
    }

    /// Its columns.
    pub fn columns(self) -> &'static [BaseColumn] {
        match self {
            Facts::Operators => &[
                ("oid", Oid),
                ("name", Name),
                ("kind", InternalChar),
                ("hashes", Bool),
                ("left_type", Oid),
                ("right_type", Oid),
                ("result", Oid),
                ("commutator", Oid),
                ("negator", Oid),
                ("left_sort", Oid),
                ("right_sort", Oid),
                ("less", Oid),
                ("greater", Oid),
                ("function", Oid),
            ],
            Facts::Casts => &[
                ("oid", Oid),
                ("source", Oid),
                ("target", Oid),
                ("function", Oid),
                ("context", InternalChar),
                ("method", InternalChar),
            ],
            Facts::AggregateStates => &[("aggregate", Oid), ("transition", Oid), ("state", Oid)],
            Facts::OperatorClasses => &[("oid", Oid), ("name", Name), ("input", Oid), ("is_default", Bool)],
            Facts::ClassOperators => &[("class", Oid), ("subtype", Oid), ("strategy", Int2), ("operator", Oid)],
            Facts::ClassFunctions => &[("class", Oid), ("subtype", Oid), ("number", Int2), ("function", Oid)],
        }
    }

    /// Its rows. That every line can be read is a test's business.
    pub fn rows(self) -> Vec<Vec<Cell>> {
        self.lines().filter_map(|line| self.row(line)).collect()
    }

    fn lines(self) -> impl Iterator<Item = &'static str> {
        self.file().lines().skip(1)
    }

    fn row(self, line: &'static str) -> Option<Vec<Cell>> {
        let fields: Vec<&str> = line.split('\t').collect();
        let columns = self.columns();
        if fields.len() != columns.len() {
            return None;
        }
        let cell = |(field, (_, ty)): (&'static str, &BaseColumn)| {
            Some(match ty {
                Oid => oid_of(field)?.into(),
                Bool => (field == "t").into(),
                Int2 => field.parse::<i16>().ok()?.into(),
                _ => field.into(),
            })
        };
        fields.into_iter().zip(columns).map(cell).collect()
    }
}

/// What the file writes for an OID.
fn oid_of(field: &str) -> Option<u32> {
    if field == "-" {
        return Some(0);
    }
    if field.ends_with(')') {
        return built_in::of_signature(field).map(|function| function.oid);
    }
    field.parse().ok().or_else(|| TYPES.iter().find(|ty| ty.name == field).map(|ty| ty.oid))
}

/// An operator that has a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operator {
    /// How it is written.
    pub symbol: &'static str,
    /// Its function, of the same operands and the same result.
    pub function: &'static built_in::BuiltIn,
}

static BY_FUNCTION: LazyLock<HashMap<&'static str, Operator>> = LazyLock::new(|| {
    let operator = |line: &'static str| {
        let mut fields = line.split('\t');
        let (symbol, function) = (fields.nth(1)?, built_in::of_signature(fields.next_back()?)?);
        Some((function.name, Operator { symbol, function }))
    };
    Facts::Operators.lines().filter_map(operator).collect()
});

/// The operator that the function of this name computes.
pub(crate) fn operator_of_function(name: &str) -> Option<Operator> {
    BY_FUNCTION.get(name).copied()
}

static COMPARING: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let function = |line: &'static str| built_in::of_signature(line.split('\t').next_back()?);
    Facts::ClassFunctions.lines().filter_map(function).map(|function| function.name).collect()
});

/// Is it the name of a function that compares two values for a class of operators?
pub(crate) fn compares(name: &str) -> bool {
    COMPARING.contains(name)
}

/// The class of operators by which an index orders values of the type of this OID; 0 where there is none.
pub(super) fn operator_class(ty: u32) -> u32 {
    let class = |line: &'static str| {
        let mut fields = line.split('\t');
        let (oid, input) = (fields.next()?.parse().ok()?, fields.nth(1)?);
        (oid_of(input)? == ty).then_some(oid)
    };
    Facts::OperatorClasses.lines().find_map(class).unwrap_or(0)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const ALL: [Facts; 6] = [
        Facts::Operators,
        Facts::Casts,
        Facts::AggregateStates,
        Facts::OperatorClasses,
        Facts::ClassOperators,
        Facts::ClassFunctions,
    ];

    /// The numbers in these columns.
    fn numbers<'a>(rows: &'a [Vec<Cell>], columns: &'a [usize]) -> impl Iterator<Item = Vec<i64>> + 'a {
        let number = |cell: &Cell| if let Cell::Int(number) = cell { *number } else { panic!("{cell:?} is no number") };
        rows.iter().map(move |row| columns.iter().map(|column| number(&row[*column])).collect())
    }

    /// An operator as it is listed.
    pub(crate) struct Listed {
        pub oid: u32,
        pub symbol: &'static str,
        pub operands: Vec<u32>,
        pub result: u32,
    }

    /// All operators.
    pub(crate) fn operators() -> Vec<Listed> {
        let read = |line: &'static str| {
            let fields: Vec<&str> = line.split('\t').collect();
            let oid = |index: usize| oid_of(fields[index]).unwrap_or_else(|| panic!("{line}"));
            let operands = [4, 5].map(oid).into_iter().filter(|ty| *ty != 0).collect();
            Listed { oid: oid(0), symbol: fields[1], operands, result: oid(6) }
        };
        Facts::Operators.lines().map(read).collect()
    }

    /// All casts: the types, the function's OID, the context.
    pub(crate) fn casts() -> Vec<(u32, u32, u32, &'static str)> {
        let read = |line: &'static str| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [source, target, function] =
                [1, 2, 3].map(|index| oid_of(fields[index]).unwrap_or_else(|| panic!("{line}")));
            (source, target, function, fields[4])
        };
        Facts::Casts.lines().map(read).collect()
    }

    #[test]
    fn every_line_is_read() {
        for facts in ALL {
            let names: Vec<&str> = facts.columns().iter().map(|(name, _)| *name).collect();
            assert_eq!(facts.file().lines().next(), Some(names.join("\t").as_str()));
            for line in facts.lines() {
                assert!(facts.row(line).is_some(), "{}: {line}", facts.name());
            }
        }
    }

    #[test]
    fn operators_refer_to_operators() {
        let rows = Facts::Operators.rows();
        let oids: HashSet<i64> = numbers(&rows, &[0]).flatten().collect();
        assert_eq!(oids.len(), rows.len());
        for row in numbers(&rows, &[0, 7, 8, 9, 10, 11, 12]) {
            assert!(row[1..].iter().all(|other| *other == 0 || oids.contains(other)), "{row:?}");
        }
        for row in numbers(&Facts::ClassOperators.rows(), &[3]) {
            assert!(oids.contains(&row[0]), "{row:?}");
        }
        let classes: HashSet<i64> = numbers(&Facts::OperatorClasses.rows(), &[0]).flatten().collect();
        assert!(numbers(&Facts::ClassOperators.rows(), &[0]).all(|row| classes.contains(&row[0])));
    }

    /// A commutator and a negator point back, and the commutator's operands are the other way round.
    #[test]
    fn commutators_and_negators_are_pairs() {
        let rows = Facts::Operators.rows();
        let by_oid: HashMap<i64, Vec<i64>> =
            numbers(&rows, &[0, 4, 5, 7, 8]).map(|row| (row[0], row[1..].to_vec())).collect();
        for (oid, operator) in &by_oid {
            let [left, right, commutator, negator] = operator[..] else { panic!("{operator:?}") };
            if commutator != 0 {
                assert_eq!(by_oid[&commutator][..3], [right, left, *oid], "{oid}");
            }
            if negator != 0 {
                let other = &by_oid[&negator];
                assert_eq!((other[0], other[1], other[3]), (left, right, *oid), "{oid}");
            }
        }
    }

    #[test]
    fn the_function_of_an_operator_takes_its_operands() {
        let rows = Facts::Operators.rows();
        let mut functions = HashSet::new();
        for row in numbers(&rows, &[0, 4, 5, 6, 13]) {
            let [oid, left, right, result, function] = row[..] else { panic!("{row:?}") };
            let Some(function) = built_in::of_oid(function as u32) else { continue };
            let operands: Vec<u32> = [left, right].into_iter().filter(|ty| *ty != 0).map(|ty| ty as u32).collect();
            assert_eq!((&function.inputs, function.result), (&operands, result as u32), "{oid}");
            assert!(functions.insert(function.name), "{} is the function of two operators", function.name);
        }
    }

    /// Every class has one for its own values, and one for each other type that its operators compare them with.
    #[test]
    fn classes_have_functions_that_compare() {
        let operators: HashSet<Vec<i64>> = numbers(&Facts::ClassOperators.rows(), &[0, 1]).collect();
        let functions = Facts::ClassFunctions.rows();
        assert_eq!(numbers(&functions, &[0, 1]).collect::<HashSet<_>>(), operators);
        assert_eq!(functions.len(), operators.len());
        let inputs: HashMap<i64, i64> =
            numbers(&Facts::OperatorClasses.rows(), &[0, 2]).map(|row| (row[0], row[1])).collect();
        // Strings are compared as TEXT.
        let compared = |ty: u32| if matches!(ty, 1042 | 1043) { 25 } else { ty };
        for row in numbers(&functions, &[0, 1, 2, 3]) {
            let [class, subtype, number, function] = row[..] else { panic!("{row:?}") };
            let function = built_in::of_oid(function as u32).unwrap_or_else(|| panic!("no function {function}"));
            let other = if subtype == 0 { inputs[&class] } else { subtype };
            let expected = [inputs[&class], other].map(|ty| compared(ty as u32));
            assert_eq!((number, &function.inputs[..], function.result), (1, &expected[..], 23), "{}", function.name);
            assert!(compares(function.name));
        }
    }

    #[test]
    fn types_have_classes_of_operators() {
        let of = |name: &str| operator_class(TYPES.iter().find(|ty| ty.name == name).map_or(0, |ty| ty.oid));
        assert_eq!((of("int4"), of("varchar"), of("bpchar"), of("super")), (1978, 2003, 426, 0));
        assert!(Facts::OperatorClasses.lines().all(|line| line.ends_with("\tt")));
    }

    #[test]
    fn a_pair_of_types_has_one_cast() {
        let rows = Facts::Casts.rows();
        let pairs: HashSet<Vec<i64>> = numbers(&rows, &[1, 2]).collect();
        let oids: HashSet<Vec<i64>> = numbers(&rows, &[0]).collect();
        assert_eq!((pairs.len(), oids.len()), (rows.len(), rows.len()));
    }

    #[test]
    fn transitions_are_functions_over_the_state() {
        for row in numbers(&Facts::AggregateStates.rows(), &[0, 1, 2]) {
            let [aggregate, transition, state] = row[..] else { panic!("{row:?}") };
            let of = |oid: i64| built_in::of_oid(oid as u32).unwrap_or_else(|| panic!("no function {oid}"));
            let (aggregate, transition) = (of(aggregate), of(transition));
            assert_eq!(aggregate.kind, "a");
            assert_eq!(transition.inputs, [&[state as u32], &aggregate.inputs[..]].concat(), "{}", aggregate.name);
            assert_eq!((transition.result, aggregate.result), (state as u32, state as u32), "{}", aggregate.name);
        }
    }
}
