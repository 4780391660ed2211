//! The SQL files under `tests/sql`: what the pages of the guide accept and what Redshift refuses.
//!
//! A line that begins with `--!` says what the text up to the next such line is:
//!
//! * `--! page NAME`: the page of the developer guide that the file follows; in its head.
//! * `--! ok COMMAND`: statements of this command that parse, and print as text that parses to the same value.
//! * `--! error SQLSTATE | message | where | hint`: one text that is refused. `where` is what stands at the error's
//!   position; a part of the hint may follow.
//! * `--! for IDS`: the cases that follow cover these items of `unsupported.txt`.

use std::{collections::BTreeSet, fs, path::Path};

use redshift_sql_dialect::{COMMAND_NAMES, parse};

/// One `--!` line and the text under it.
struct Case {
    line: usize,
    directive: String,
    text: String,
}

fn cases(script: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (index, line) in script.lines().enumerate() {
        if let Some(directive) = line.strip_prefix("--! ") {
            cases.push(Case { line: index + 1, directive: directive.trim().to_owned(), text: String::new() });
        } else if let Some(case) = cases.last_mut() {
            case.text.push_str(line);
            case.text.push('\n');
        }
    }
    cases
}

fn scripts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sql");
    let mut scripts: Vec<(String, String)> = fs::read_dir(folder)
        .expect("the folder of scripts")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(path).expect("a script"))
        })
        .collect();
    scripts.sort();
    scripts
}

#[test]
fn scripts_are_accepted_and_refused_as_they_say() {
    let mut wrong = Vec::new();
    for (file, script) in scripts() {
        let cases = cases(&script);
        assert!(cases.first().is_some_and(|case| case.directive.starts_with("page ")), "{file} names no page");
        for Case { line, directive, text } in cases {
            let checked = match directive.split_once(' ') {
                Some(("page" | "for", _)) => Ok(()),
                Some(("ok", command)) => accepted(command, &text),
                Some(("error", expected)) => refused(expected, text.trim_end()),
                _ => Err(format!("what is {directive}?")),
            };
            wrong.extend(checked.err().map(|what| format!("{file}:{line}: {what}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn accepted(command: &str, text: &str) -> Result<(), String> {
    let parsed = parse(text).map_err(|error| {
        let position = error.position().unwrap_or_default() as usize;
        format!("{error}\n{}", &text[position..])
    })?;
    if parsed.is_empty() {
        return Err("no statement".to_owned());
    }
    for one in parsed {
        let statement = &text[one.start as usize..one.end as usize];
        if one.statement.command_name() != command {
            return Err(format!("{statement}\nis {}", one.statement.command_name()));
        }
        let printed = one.statement.to_string();
        match parse(&printed) {
            Ok(back) if back.len() == 1 && back[0].statement == one.statement => {}
            Ok(back) => return Err(format!("{statement}\nprints as\n{printed}\nwhich is {back:?}")),
            Err(error) => return Err(format!("{statement}\nprints as\n{printed}\n{error}")),
        }
    }
    Ok(())
}

fn refused(expected: &str, text: &str) -> Result<(), String> {
    let mut parts = expected.split('|').map(str::trim);
    let mut next = || parts.next().unwrap_or_default();
    let (state, message, place, hint) = (next(), next(), next(), next());
    let Err(error) = parse(text) else { return Err("is taken".to_owned()) };
    let position = error.position().unwrap_or_default() as usize;
    let is_expected = error.sqlstate().0 == state
        && error.message() == message
        && text[position..].starts_with(place)
        && (!place.is_empty() || position == text.len())
        && error.hint().unwrap_or_default().contains(hint);
    if is_expected {
        return Ok(());
    }
    Err(format!("{error} at {:?}, {:?}", &text[position..], error.hint()))
}

/// Every command has statements here, and every name here is a command's.
#[test]
fn every_command_has_a_script() {
    let mut seen = BTreeSet::new();
    for (_, script) in scripts() {
        seen.extend(cases(&script).iter().filter_map(|case| case.directive.strip_prefix("ok ")).map(str::to_owned));
    }
    let listed: BTreeSet<String> = COMMAND_NAMES.iter().map(|&command| command.to_owned()).collect();
    assert_eq!(listed.difference(&seen).collect::<Vec<_>>(), Vec::<&String>::new(), "without a script");
    assert_eq!(seen.difference(&listed).collect::<Vec<_>>(), Vec::<&String>::new(), "not in the list");
}

/// Every item that Redshift lacks is covered, and nothing is covered that is no item.
#[test]
fn what_redshift_lacks_has_a_script() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sql");
    let list = fs::read_to_string(folder.join("unsupported.txt")).expect("the list");
    let script = fs::read_to_string(folder.join("unsupported.sql")).expect("the script");
    let items: BTreeSet<&str> =
        list.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_whitespace().next()).collect();
    let cases = cases(&script);
    let mut covered = BTreeSet::new();
    for (case, next) in cases.iter().zip(&cases[1..]) {
        if let Some(ids) = case.directive.strip_prefix("for ") {
            assert!(!next.directive.starts_with("for "), "{ids} has no cases");
            covered.extend(ids.split(", "));
        }
    }
    assert_eq!(items, covered);
}
