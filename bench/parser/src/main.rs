//! How fast SQL is parsed, beside sqlparser with its dialect of Redshift.
//!
//! What is measured is the text of the tests: the statements of `sql-dialect/tests/sql` and `tests/slt` that both parse,
//! and one INSERT of 1,000 rows. Each figure is the best of several rounds, so that what else runs counts little.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use redshift_sql_dialect::parse;
use sqlparser::{dialect::RedshiftSqlDialect, parser::Parser};

/// How long each figure is measured.
const MEASURED: Duration = Duration::from_secs(3);

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let all = statements(&root);
    let ours_parses = all.iter().filter(|sql| parse(sql).is_ok()).count();
    let theirs_parses = all.iter().filter(|sql| sqlparser_parses(sql)).count();
    let both: Vec<String> = all.iter().filter(|sql| parse(sql).is_ok() && sqlparser_parses(sql)).cloned().collect();
    println!("{} statements of the tests: we parse {ours_parses}, sqlparser {theirs_parses}", all.len());
    report("statements that both parse", &both);
    let queries: Vec<String> = both.iter().filter(|sql| sql.len() > 200).cloned().collect();
    report("those of more than 200 bytes", &queries);
    report("one INSERT of 1,000 rows", &[insert(1_000)]);
    report("one INSERT of 100,000 rows", &[insert(100_000)]);
    report("one list of 100,000 numbers", &[in_list(100_000)]);
}

fn sqlparser_parses(sql: &str) -> bool {
    Parser::parse_sql(&RedshiftSqlDialect {}, sql).is_ok()
}

/// Each statement for itself.
fn statements(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for path in files(&root.join("sql-dialect/tests/sql"), "sql") {
        let text = fs::read_to_string(path).expect("a script of the dialect");
        let mut accepted = String::new();
        let mut within = false;
        for line in text.lines() {
            if let Some(directive) = line.strip_prefix("--! ") {
                within = directive.starts_with("ok ");
            } else if within {
                accepted.push_str(line);
                accepted.push('\n');
            }
        }
        let parsed = parse(&accepted).expect("the statements of a script");
        found.extend(parsed.iter().map(|one| accepted[one.start as usize..one.end as usize].to_owned()));
    }
    for path in files(&root.join("tests/slt"), "slt") {
        let text = fs::read_to_string(path).expect("a script of the emulator");
        for record in text.split("\n\n") {
            let mut lines = record.lines().skip_while(|line| line.starts_with('#'));
            if lines.next().is_some_and(|head| head.starts_with("query") || head == "statement ok") {
                let sql: Vec<&str> = lines.take_while(|line| *line != "----").collect();
                found.push(sql.join("\n"));
            }
        }
    }
    found
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of tests") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn insert(rows: usize) -> String {
    let rows: Vec<String> =
        (0..rows).map(|row| format!("({row}, 'name {row}', {row}.25, null, '2024-01-01 10:00:00', true)")).collect();
    format!("INSERT INTO public.t (a, b, c, d, e, f) VALUES {}", rows.join(", "))
}

fn in_list(numbers: usize) -> String {
    let numbers: Vec<String> = (0..numbers).map(|number| number.to_string()).collect();
    format!("SELECT * FROM t WHERE a IN ({})", numbers.join(", "))
}

fn report(what: &str, statements: &[String]) {
    let bytes: usize = statements.iter().map(String::len).sum();
    println!("\n{what}: {} statements, {bytes} bytes", statements.len());
    let show = |who: &str, best: Duration| {
        let seconds = best.as_secs_f64();
        println!(
            "  {who:<10} {:>8.1} MB/s {:>10.0} statements/s {:>9.3} ms",
            bytes as f64 / 1e6 / seconds,
            statements.len() as f64 / seconds,
            seconds * 1e3,
        );
    };
    let ours = best(|| statements.iter().for_each(|sql| drop(std::hint::black_box(parse(sql)))));
    let theirs = best(|| {
        statements.iter().for_each(|sql| drop(std::hint::black_box(Parser::parse_sql(&RedshiftSqlDialect {}, sql))));
    });
    show("ours", ours);
    show("sqlparser", theirs);
    println!("  we take {:.2} of its time", ours.as_secs_f64() / theirs.as_secs_f64());
}

/// The shortest of as many rounds as fit.
fn best(mut round: impl FnMut()) -> Duration {
    let begin = Instant::now();
    let mut best = Duration::MAX;
    while begin.elapsed() < MEASURED {
        let start = Instant::now();
        round();
        best = best.min(start.elapsed());
    }
    best
}
