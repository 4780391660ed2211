//! Every function of the emulator's list is called somewhere in the SQL scripts, with an answer that the script expects.
//!
//! The list is `emulator/src/functions/list.tsv`. What it says `answers`, and forms of the grammar (`syntax`), stand in a
//! `query` or in a statement that makes rows; what `refuses` stands in a `statement error`.

use std::{collections::BTreeSet, path::Path};

use redshift_sql_dialect::{
    ast::{ArraySyntax, CastSafety, Expr, ExprKind, FunctionCall},
    parse,
    visit::{Visitor, walk_expr},
};
use sqllogictest::{QueryExpect, Record, StatementExpect};

use crate::slt::Letter;

const LIST: &str = include_str!("../../emulator/src/functions/list.tsv");

/// The names in a statement, in lower case.
#[derive(Default)]
struct Calls(BTreeSet<String>);

impl Calls {
    fn add(&mut self, name: &str) {
        self.0.insert(name.to_lowercase());
    }

    /// What the statements of a text call; nothing where they are no statements of Redshift's.
    fn of(sql: &str) -> Calls {
        let mut calls = Calls::default();
        for parsed in parse(sql).unwrap_or_default() {
            calls.visit_statement(&parsed.statement);
        }
        calls
    }
}

impl Visitor for Calls {
    fn visit_call(&mut self, call: &FunctionCall) {
        if let Some(name) = call.name.0.last() {
            self.add(&name.value);
        }
    }

    fn visit_expr(&mut self, expr: &Expr) {
        let form = match &expr.kind {
            ExprKind::Array { constructor: ArraySyntax::Parentheses, .. } => "array",
            ExprKind::Case { .. } => "case",
            ExprKind::Cast { safety: CastSafety::Null, .. } => "try_cast",
            ExprKind::Cast { .. } => "cast",
            ExprKind::ObjectTransform { .. } => "object_transform",
            ExprKind::Extract { .. } => "extract",
            ExprKind::Position { .. } => "position",
            ExprKind::Substring { .. } => "substring",
            ExprKind::Trim { .. } => "trim",
            ExprKind::AtTimeZone { .. } => "at time zone",
            // Functions that are written as columns are.
            ExprKind::Column(name) => match name.0.as_slice() {
                [only] if matches!(only.value.as_str(), "current_aws_account" | "current_namespace") => &only.value,
                _ => "",
            },
            _ => "",
        };
        self.add(form);
        walk_expr(self, expr);
    }
}

/// What is called where rows are expected, and what where an error is.
fn called(scripts: &[&Path]) -> Result<(Calls, Calls), String> {
    let (mut answered, mut refused) = (Calls::default(), Calls::default());
    for script in scripts {
        for record in sqllogictest::parse_file::<Letter>(script).map_err(|e| e.to_string())? {
            match record {
                Record::Query { sql, expected: QueryExpect::Results { .. }, .. } => {
                    answered.0.extend(Calls::of(&sql).0)
                }
                Record::Statement { sql, expected: StatementExpect::Error(_), .. } => {
                    refused.0.extend(Calls::of(&sql).0)
                }
                _ => {}
            }
        }
    }
    Ok((answered, refused))
}

/// Tells what the list says and no script shows.
pub fn check(scripts: &[&Path]) -> Result<(), String> {
    let (answered, refused) = called(scripts)?;
    let mut untold = Vec::new();
    for line in LIST.lines().skip(1) {
        let [name, _, _, state] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("list.tsv: {line}"));
        };
        let shown = match state {
            "answers" => answered.0.contains(name),
            // CONVERT is another way to write CAST.
            "syntax" => answered.0.contains(if name == "convert" { "cast" } else { name }),
            _ => refused.0.contains(name),
        };
        if !shown {
            untold.push(format!("{name} ({state})"));
        }
    }
    if untold.is_empty() { Ok(()) } else { Err(format!("no script shows: {}", untold.join(", "))) }
}
