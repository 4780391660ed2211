//! The statements of the SQL scripts under `tests/slt`, of the wire scripts and of the dialect's own scripts: whatever
//! parses prints as text that parses to the same value and prints the same, and so does what is printed in lines.

use std::{
    fs,
    path::{Path, PathBuf},
};

use redshift_sql_dialect::{
    ast::{Parsed, Statement},
    parse,
};

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|its| its == extension) {
            found.push(path);
        }
    }
}

/// The texts of a script: what stands under a line `statement ...` or `query ...`, up to an empty line or the results.
fn texts_of_slt(script: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut lines = script.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("statement ") || line.starts_with("query ") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty() && *line != "----").collect();
            texts.push(text.join("\n"));
        }
    }
    texts
}

/// The texts of messages with SQL.
fn texts_of_wire(script: &str) -> Vec<String> {
    script.lines().filter_map(|line| line.strip_prefix("> Query ")).map(|text| text.replace("\\n", "\n")).collect()
}

/// What lies between the lines that begin with `--!`.
fn texts_of_sql(script: &str) -> Vec<String> {
    let mut texts = vec![String::new()];
    for line in script.lines() {
        match line.starts_with("--!") {
            true => texts.push(String::new()),
            false => *texts.last_mut().expect("a text") += &format!("{line}\n"),
        }
    }
    texts
}

fn statement_of(text: &str) -> Result<Statement, String> {
    match parse(text) {
        Ok(mut parsed) if parsed.len() == 1 => Ok(parsed.remove(0).statement),
        Ok(parsed) => Err(format!("{text}\nis {} statements", parsed.len())),
        Err(error) => Err(format!("{text}\n{error}")),
    }
}

fn comes_back(parsed: &Parsed) -> Result<(), String> {
    let statement = &parsed.statement;
    let printed = statement.to_string();
    for text in [printed.clone(), format!("{statement:#}")] {
        let back = statement_of(&text)?;
        if back != *statement {
            return Err(format!("{text}\nis {back:?}\nand was {statement:?}"));
        }
        if back.to_string() != printed {
            return Err(format!("{text}\nprints as\n{back}\nand printed as\n{printed}"));
        }
    }
    Ok(())
}

#[test]
fn statements_of_all_tests_come_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut scripts = Vec::new();
    for (folder, extension, texts_of) in [
        ("../tests/slt", "slt", texts_of_slt as fn(&str) -> Vec<String>),
        ("../tests/wire", "wire", texts_of_wire),
        ("tests/sql", "sql", texts_of_sql),
        ("tests", "sql", texts_of_sql),
    ] {
        let mut paths = Vec::new();
        files(&root.join(folder), extension, &mut paths);
        assert!(!paths.is_empty(), "{folder}");
        for path in paths {
            let script = fs::read_to_string(&path).expect("a script");
            scripts.extend(texts_of(&script).into_iter().map(|text| (path.clone(), text)));
        }
    }
    let (mut statements, mut wrong) = (0, Vec::new());
    for (path, text) in scripts {
        for parsed in parse(&text).unwrap_or_default() {
            statements += 1;
            wrong.extend(comes_back(&parsed).err().map(|what| format!("{}: {what}", path.display())));
        }
    }
    assert!(statements > 4_000, "{statements}");
    assert!(wrong.is_empty(), "{} of {statements}\n{}", wrong.len(), wrong.join("\n\n"));
}
