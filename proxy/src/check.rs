//! `blueshift check`: files of SQL against Redshift's language, without a warehouse.

use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use redshift_sql_dialect::check::{Problem, check_bytes};

/// The arguments of `check`.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// Files to check; `-`, or nothing, is the standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// How errors are reported: for people, or as one object of JSON in each line, for editors and CI
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}

/// How errors are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// The message, its place, the line with a caret, the hint.
    Text,
    /// One object in each line.
    Json,
}

/// Checks the files and reports on the standard output. Fails where a statement is wrong or a file cannot be read.
pub fn run(arguments: &CheckArgs) -> ExitCode {
    let standard_input = [PathBuf::from("-")];
    let files = if arguments.files.is_empty() { &standard_input[..] } else { &arguments.files[..] };
    let mut output = io::stdout().lock();
    let mut all_is_well = true;
    for file in files {
        let bytes = match read(file) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("blueshift: {}: {error}", file.display());
                all_is_well = false;
                continue;
            }
        };
        let problems = check_bytes(&bytes);
        all_is_well &= problems.is_empty();
        if report(&mut output, file, &problems, arguments.format).is_err() {
            // Nobody reads on.
            break;
        }
    }
    if all_is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    if file != Path::new("-") {
        return fs::read(file);
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn report(output: &mut impl Write, file: &Path, problems: &[Problem], format: ReportFormat) -> io::Result<()> {
    let name = if file == Path::new("-") { "<stdin>".to_owned() } else { file.display().to_string() };
    for problem in problems {
        match format {
            ReportFormat::Text => writeln!(output, "{}", problem.report(&name))?,
            ReportFormat::Json => writeln!(output, "{}", problem.json(&name))?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use redshift_sql_dialect::check::check;

    use super::{ReportFormat, report};

    #[test]
    fn reports_are_one_line_each_in_json() {
        let mut output = Vec::new();
        let problems = check("selct 1;\nselect 1;\nvalues (1);");
        report(&mut output, Path::new("-"), &problems, ReportFormat::Json).unwrap();
        let output = String::from_utf8(output).unwrap();
        assert_eq!(output.lines().count(), 2);
        assert!(output.starts_with("{\"file\":\"<stdin>\",\"line\":1,\"column\":1,\"sqlstate\":\"42601\""), "{output}");
    }
}
