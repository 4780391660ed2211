//! What exists and what does not, against the list of Redshift's functions ([`LIST`]).

use std::collections::BTreeMap;

use datafusion::logical_expr::Expr;
use redshift_sql_dialect::{RedshiftType, SqlState};

use super::{FAMILIES, Node, aggregate, catalog_info, classes, no_such_function, node, record_rows, window};
use crate::binder::Typed;

/// Each function of the developer guide: name, category of the guide (`undocumented` for what only PostgreSQL's
/// documentation has), where it runs (`any`, `leader`, `compute`), and its state: `answers`, `refuses` (it is known, and
/// says why it cannot do anything here), `syntax` (a form of the grammar, not a function by name), `missing`.
const LIST: &str = include_str!("list.tsv");

struct Line {
    name: &'static str,
    category: &'static str,
    node: &'static str,
    state: &'static str,
}

fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for (number, line) in LIST.lines().enumerate().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, category, node, state] = fields[..] else { panic!("list.tsv:{}: {line}", number + 1) };
        lines.push(Line { name, category, node, state });
    }
    lines
}

#[test]
fn what_the_list_says_is_so() {
    let mut wrong = Vec::new();
    for line in lines() {
        let known = classes(line.name).is_some();
        match line.state {
            "answers" | "refuses" if !known => wrong.push(format!("{} is not there", line.name)),
            "missing" if known => wrong.push(format!("{} is there", line.name)),
            "answers" | "refuses" | "missing" | "syntax" => {}
            other => wrong.push(format!("{}: state {other}", line.name)),
        }
        let expected = match node(line.name) {
            Some(Node::Leader | Node::Catalog | Node::Time) => "leader",
            Some(Node::Compute) => "compute",
            None => "any",
        };
        if known && line.node != expected {
            wrong.push(format!("{} runs on {expected}", line.name));
        }
    }
    assert!(wrong.is_empty(), "list.tsv differs: {wrong:#?}");
}

#[test]
fn what_exists_is_listed() {
    let listed: BTreeMap<&str, &str> = lines().iter().map(|line| (line.name, line.category)).collect();
    let scalar = FAMILIES.iter().flat_map(|family| family.iter()).map(|function| function.name);
    let all = scalar.chain(aggregate::NAMES.iter().copied()).chain(window::NAMES.iter().copied());
    let unlisted: Vec<&str> = all
        .chain(catalog_info::names())
        .chain(record_rows::names())
        .filter(|name| !listed.contains_key(name))
        .collect();
    assert!(unlisted.is_empty(), "not in list.tsv: {unlisted:?}");
}

/// Names of DataFusion's own functions that Redshift does not have.
#[test]
fn the_engines_own_functions_do_not_show() {
    let foreign = [
        "array_agg",
        "array_append",
        "arrow_cast",
        "arrow_typeof",
        "approx_distinct",
        "approx_median",
        "approx_percentile_cont",
        "asinh",
        "bit_xor",
        "concat_ws",
        "contains",
        "corr",
        "covar_pop",
        "date_bin",
        "digest",
        "encode",
        "ends_with",
        "find_in_set",
        "first",
        "from_unixtime",
        "gcd",
        "grouping_id_",
        "isnan",
        "lcm",
        "levenshtein",
        "log2",
        "make_date",
        "named_struct",
        "nanvl",
        "overlay",
        "regexp_like",
        "regexp_match",
        "regr_slope",
        "sha256",
        "starts_with",
        "string_agg",
        "struct",
        "substr_index",
        "to_unixtime",
        "union_extract",
        "uuid",
        "var_population",
    ];
    for name in foreign {
        assert!(classes(name).is_none(), "{name}");
        let error = super::scalar(name, Vec::new(), &super::testing::context()).unwrap_err();
        assert_eq!(error, no_such_function(name, &[]));
        assert_eq!(error.message(), format!("function {name}() does not exist"));
    }
}

/// The types of columns.
const COLUMN_TYPES: [RedshiftType; 21] = [
    RedshiftType::Int2,
    RedshiftType::Int4,
    RedshiftType::Int8,
    RedshiftType::Numeric { precision: 10, scale: 2 },
    RedshiftType::Float4,
    RedshiftType::Float8,
    RedshiftType::Bool,
    RedshiftType::Char(40),
    RedshiftType::Varchar(40),
    RedshiftType::Date,
    RedshiftType::Time,
    RedshiftType::TimeTz,
    RedshiftType::Timestamp,
    RedshiftType::TimestampTz,
    RedshiftType::YEAR_TO_MONTH,
    RedshiftType::DAY_TO_SECOND,
    RedshiftType::Super,
    RedshiftType::Varbyte(40),
    RedshiftType::HllSketch,
    RedshiftType::Geometry,
    RedshiftType::Geography,
];

/// Lists of arguments: up to two columns of any types, and the same with up to three numbers or strings behind them.
fn argument_lists() -> Vec<Vec<RedshiftType>> {
    let mut lists = vec![Vec::new()];
    for first in COLUMN_TYPES {
        lists.push(vec![first]);
        for second in COLUMN_TYPES {
            lists.push(vec![first, second]);
        }
        for rest in [RedshiftType::Int4, RedshiftType::Varchar(40)] {
            lists.extend([vec![first, first, rest], vec![first, rest, rest], vec![first, rest, rest, rest]]);
        }
    }
    lists
}

/// Whatever the types of its arguments are, a function binds or tells what is wrong with them: 42883 with its name and their
/// types where there is no such function, and never an error of ours.
#[test]
fn every_function_over_every_type() {
    let ctx = super::testing::context();
    let lists = argument_lists();
    let mut wrong = Vec::new();
    for function in FAMILIES.iter().flat_map(|family| family.iter()) {
        for types in &lists {
            let column =
                |(index, ty): (usize, &RedshiftType)| Typed::new(Expr::Column(format!("c{index}").into()), *ty);
            let args: Vec<Typed> = types.iter().enumerate().map(column).collect();
            let missing = no_such_function(function.name, &args);
            let Err(error) = super::scalar(function.name, args, &ctx) else { continue };
            let told = match error.sqlstate() {
                // What NULLIF and DECODE compare may have no comparison.
                SqlState::UNDEFINED_FUNCTION => {
                    error.message() == missing.message() || error.message().starts_with("operator does not exist: ")
                }
                state => state != SqlState::INTERNAL_ERROR,
            };
            if !told {
                wrong.push(format!("{} {types:?}: {error}", function.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong: {:#?}", wrong.len(), &wrong[..wrong.len().min(200)]);
}
