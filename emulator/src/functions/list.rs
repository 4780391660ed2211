//! What exists and what does not, against the list of Redshift's functions ([`LIST`]).

use std::collections::BTreeMap;

use super::{FAMILIES, Node, aggregate, catalog_info, classes, no_such_function, node, record_rows, window};

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
        "string_to_array",
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
