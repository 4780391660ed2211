//! Texts of SQL checked offline: every statement that Redshift would not take, as a compiler reports it.
//!
//! Beside what the parser says of a statement that is what Redshift finds out without looking into its catalog: what is wrong
//! inside of procedures and functions, and types that do not exist.
//!
//! A file may be one for psql: lines between its statements that begin with a backslash are passed over. A template is
//! not SQL before it is rendered; where its marks are found, the hint says so.

use std::fmt::Write as _;

use crate::{
    ast::{DataType, Expr, ExprKind, FunctionLanguage, Parsed, Quoting, RoutineArg, RoutineBody, Statement},
    error::{Error, Pos, SqlState},
    parser::{column_type::unknown_type, parse_each},
    plpgsql::{Mode, parse_block},
    visit::{Visitor, walk_expr, walk_statement},
};

/// A statement that is not Redshift's SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub error: Error,
    /// The line's text, without its end.
    pub source: String,
}

/// Checks a whole file. One problem for each statement that has one: the parser goes on behind the next semicolon.
pub fn check(text: &str) -> Vec<Problem> {
    let checked = parse_each(text).into_iter().map(|parsed| check_statement(text, &parsed?));
    let mut lines = Lines { text, at: 0, line: 1 };
    checked.filter_map(Result::err).map(|error| lines.problem(error)).collect()
}

/// Checks a file as it was read. Where it is not UTF-8 that is a problem of its own, and the rest is checked all the same.
pub fn check_bytes(bytes: &[u8]) -> Vec<Problem> {
    let text = String::from_utf8_lossy(bytes);
    let Err(wrong) = std::str::from_utf8(bytes) else { return check(&text) };
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        // Nothing in it is what it seems.
        return vec![
            Lines { text: &text, at: 0, line: 1 }
                .problem(not_utf8(bytes, 0).with_hint("Save it as UTF-8: it is UTF-16.")),
        ];
    }
    let place = wrong.valid_up_to();
    let mut problems = check(&text);
    let problem = Lines { text: &text, at: 0, line: 1 }.problem(not_utf8(bytes, place));
    let before = problems.partition_point(|other| (other.line, other.column) < (problem.line, problem.column));
    problems.insert(before, problem);
    problems
}

fn not_utf8(bytes: &[u8], place: usize) -> Error {
    let message = format!("invalid byte sequence for encoding \"UTF8\": 0x{:02x}", bytes[place]);
    Error::new(SqlState::CHARACTER_NOT_IN_REPERTOIRE, message).at(place as Pos)
}

fn check_statement(text: &str, parsed: &Parsed) -> Result<(), Error> {
    let body = match &parsed.statement {
        Statement::CreateProcedure(create) => {
            Some((&create.body, parse_block(&create.body.text, Mode::of(create.nonatomic)).err()))
        }
        Statement::CreateFunction(create) if create.language == FunctionLanguage::Sql => {
            Some((&create.body, crate::parse_query(&create.body.text).err()))
        }
        _ => None,
    };
    if let Some((body, Some(error))) = body {
        return Err(in_body(text, parsed, body, error));
    }
    let mut types = UnknownTypes(None);
    types.visit_statement(&parsed.statement);
    types.0.map_or(Ok(()), Err)
}

/// An error in a routine's body, at its place in the text; at the statement's where the body has escapes.
fn in_body(text: &str, parsed: &Parsed, body: &RoutineBody, error: Error) -> Error {
    let opening = match &body.quoting {
        Quoting::Single => "'".to_owned(),
        Quoting::Dollar { tag } => format!("${tag}$"),
    };
    let statement = &text[parsed.start as usize..parsed.end as usize];
    let place = statement.find(&format!("{opening}{}{opening}", body.text)).map(|place| place + opening.len());
    let position = match (place, error.position()) {
        (Some(place), Some(inner)) => parsed.start + place as Pos + inner,
        _ => parsed.start,
    };
    error.without_position().at(position)
}

/// Finds the first type that does not exist. What is in a routine's body has its places there and is left out.
struct UnknownTypes(Option<Error>);

impl UnknownTypes {
    fn look_at(&mut self, ty: &DataType) {
        let DataType::Named(name) = ty else { return };
        let known_schema = name.0.len() == 1;
        // Arrays are the catalog's own.
        let is_array = name.object().value.starts_with('_');
        if self.0.is_none() && known_schema && !is_array {
            self.0 = unknown_type(&name.object().value, name.pos());
        }
    }

    fn look_at_routine(&mut self, args: &[RoutineArg], returns: Option<&DataType>) {
        args.iter().map(|arg| &arg.ty).chain(returns).for_each(|ty| self.look_at(ty));
    }
}

impl Visitor for UnknownTypes {
    fn visit_statement(&mut self, statement: &Statement) {
        match statement {
            Statement::CreateFunction(create) => self.look_at_routine(&create.args, Some(&create.returns)),
            Statement::CreateProcedure(create) => self.look_at_routine(&create.args, None),
            Statement::Prepare(prepare) => {
                prepare.types.iter().for_each(|ty| self.look_at(ty));
                walk_statement(self, statement);
            }
            // Its query is a text with places of its own.
            Statement::Unload(_) => {}
            _ => walk_statement(self, statement),
        }
    }

    fn visit_expr(&mut self, expr: &Expr) {
        if let ExprKind::Cast { ty, .. } = &expr.kind {
            self.look_at(ty);
        }
        walk_expr(self, expr);
    }
}

/// Tells places in a text as lines and columns; each line is counted once where the places come in order.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    /// The line of that place.
    line: usize,
}

impl Lines<'_> {
    fn problem(&mut self, error: Error) -> Problem {
        let text = self.text;
        let wanted = error.position().map_or(text.len(), |position| position as usize);
        let mut position = text.floor_char_boundary(wanted.min(text.len()));
        // What is missing at the end is missing behind the last word, not on the empty line that follows.
        if position == text.len() {
            position = text.trim_end().len();
        }
        let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let start = text[..position].rfind('\n').map_or(mark.min(position), |newline| newline + 1);
        let end = text[position..].find('\n').map_or(text.len(), |length| position + length);
        let error = match template_hint(&text[position..]) {
            Some(hint) => error.with_hint(hint),
            None => error,
        };
        Problem {
            line: self.line_of(start),
            column: text[start..position].chars().count() + 1,
            error,
            source: text[start..end].trim_end_matches('\r').to_owned(),
        }
    }

    fn line_of(&mut self, place: usize) -> usize {
        if place < self.at {
            (self.at, self.line) = (0, 1);
        }
        self.line += self.text[self.at..place].matches('\n').count();
        self.at = place;
        self.line
    }
}

/// What to say where a template's mark or a command of psql stands.
fn template_hint(text: &str) -> Option<&'static str> {
    if ["{{", "{%", "{#"].iter().any(|mark| text.starts_with(mark)) {
        return Some("This is a template: check what it is rendered to, as `dbt compile` writes it.");
    }
    if text.starts_with('\\') {
        return Some("Commands of psql stand on lines of their own, between statements.");
    }
    let is_variable = text.starts_with(":'") || text.starts_with(":\"") || text.starts_with(":{");
    let is_named = |rest: &str| rest.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_');
    (is_variable || text.strip_prefix(':').is_some_and(is_named))
        .then_some("This is a variable of psql, or a parameter of a client: check what is sent.")
}

/// Most characters of a line that a report shows.
const SHOWN: usize = 160;

/// The part of a line around a column, and the column in it.
fn excerpt(source: &str, column: usize) -> (String, usize) {
    if source.chars().nth(SHOWN).is_none() {
        return (source.to_owned(), column);
    }
    let skipped = column.saturating_sub(SHOWN / 2);
    let mut rest = source.chars().skip(skipped);
    let mut shown: String = rest.by_ref().take(SHOWN).collect();
    if rest.next().is_some() {
        shown.push_str("...");
    }
    if skipped == 0 { (shown, column) } else { (format!("...{shown}"), column - skipped + 3) }
}

impl Problem {
    /// The problem in several lines: message, place, the line with a caret under it, detail and hint.
    pub fn report(&self, file: &str) -> String {
        let Problem { line, column, error, source } = self;
        let margin = " ".repeat(line.to_string().len());
        let (source, caret) = excerpt(source, *column);
        // Tabs stay tabs, so that the caret stands where the character does.
        let before: String = source.chars().take(caret - 1).map(|char| if char == '\t' { '\t' } else { ' ' }).collect();
        let mut report = format!(
            "error[{}]: {}\n{margin}--> {file}:{line}:{column}\n{margin} |\n{line} | {source}\n{margin} | {before}^\n",
            error.sqlstate(),
            error.message(),
        );
        for (what, text) in [("detail", error.detail()), ("hint", error.hint())] {
            if let Some(text) = text {
                // Writing to a string cannot fail.
                let _ = writeln!(report, "{margin} = {what}: {text}");
            }
        }
        report
    }

    /// The problem as an object of JSON in one line.
    pub fn json(&self, file: &str) -> String {
        let Problem { line, column, error, .. } = self;
        let optional = |text: Option<&str>| text.map_or_else(|| "null".to_owned(), json_string);
        format!(
            "{{\"file\":{},\"line\":{line},\"column\":{column},\"sqlstate\":{},\"message\":{},\"detail\":{},\"hint\":{}}}",
            json_string(file),
            json_string(error.sqlstate().0),
            json_string(error.message()),
            optional(error.detail()),
            optional(error.hint()),
        )
    }
}

fn json_string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            control if (control as u32) < 0x20 => {
                let _ = write!(quoted, "\\u{:04x}", control as u32);
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::{check, check_bytes};

    #[test]
    fn every_wrong_statement_is_told_with_its_place() {
        let text = "select 1;\n\tselect *\n\tform t;\ncreate index i on t (a); select 2;\nselect ä, from\n\n";
        let problems = check(text);
        let places: Vec<_> = problems.iter().map(|problem| (problem.line, problem.column)).collect();
        assert_eq!(places, [(3, 2), (4, 1), (5, 11)]);
        assert_eq!(
            problems[0].report("a.sql"),
            "error[42601]: syntax error at or near \"form\"\n --> a.sql:3:2\n  |\n3 | \tform t;\n  | \t^\n"
        );
        assert_eq!(
            problems[1].report("a.sql"),
            "error[0A000]: SQL command \"create index i on t (a)\" not supported on Redshift tables.\n --> a.sql:4:1\n  |\n\
             4 | create index i on t (a); select 2;\n  | ^\n  = hint: Use SORTKEY and DISTKEY instead of indexes.\n"
        );
    }

    #[test]
    fn json_is_one_line_with_everything_escaped() {
        let problems = check("select \"a\tb\" \"c\\\";select '");
        assert_eq!(problems.len(), 1);
        assert_eq!(
            problems[0].json("dir/\"x\".sql"),
            "{\"file\":\"dir/\\\"x\\\".sql\",\"line\":1,\"column\":26,\"sqlstate\":\"42601\",\
             \"message\":\"unterminated quoted string at or near \\\"'\\\"\",\"detail\":null,\"hint\":null}"
        );
    }

    #[test]
    fn files_of_psql_are_read() {
        let text = "\u{feff}\\set ON_ERROR_STOP on\r\nselect 1;\r\n-- x\r\n\\i other.sql\r\nselct 2;\r\n\\q\r\n";
        let problems = check(text);
        assert_eq!(problems.iter().map(|problem| (problem.line, problem.column)).collect::<Vec<_>>(), [(5, 1)]);
        assert_eq!(problems[0].source, "selct 2;");
        let within = check("select \\gset");
        assert!(within[0].error.hint().is_some_and(|hint| hint.contains("psql")));
    }

    #[test]
    fn a_mark_at_the_beginning_is_no_column() {
        let problems = check("\u{feff}selct 1");
        assert_eq!((problems[0].line, problems[0].column, problems[0].source.as_str()), (1, 1, "selct 1"));
    }

    #[test]
    fn templates_are_named() {
        for text in ["select * from {{ ref('x') }}", "{% if a %} select 1", "select {# b #} 1"] {
            let problems = check(text);
            assert!(problems[0].error.hint().is_some_and(|hint| hint.contains("template")), "{text}");
        }
    }

    #[test]
    fn columns_are_characters_and_tabs_stay() {
        let problems = check("select 'žluť', \u{1f600}é + ;\r\n\tselect\t'x' 'y' z;");
        assert_eq!((problems[0].line, problems[0].column), (1, 21));
        assert_eq!((problems[1].line, problems[1].column), (2, 13));
        assert!(problems[1].report("f").contains("\n  | \t      \t    ^\n"), "{}", problems[1].report("f"));
    }

    #[test]
    fn what_is_not_utf8_is_a_problem_among_others() {
        let problems = check_bytes(b"selct 1;\nselect 'caf\xe9', 2;\nselect from;");
        let told: Vec<_> =
            problems.iter().map(|problem| (problem.line, problem.column, problem.error.sqlstate().0)).collect();
        assert_eq!(told, [(1, 1, "42601"), (2, 12, "22021"), (3, 8, "42601")]);
        assert_eq!(problems[1].error.message(), "invalid byte sequence for encoding \"UTF8\": 0xe9");
        let wide = check_bytes(b"\xff\xfes\0e\0l\0e\0c\0t\0 \x001\0");
        assert_eq!(wide.len(), 1);
        assert!(wide[0].error.hint().is_some_and(|hint| hint.contains("UTF-16")));
        assert_eq!(check_bytes(b"\xef\xbb\xbfselect 1"), []);
        assert_eq!(check_bytes(b""), []);
    }

    #[test]
    fn long_lines_are_shown_around_the_place() {
        let text = format!("select {}, from t where {}", "abc, ".repeat(10_000), "x = 1 and ".repeat(1_000));
        let problems = check(&text);
        let report = problems[0].report("f");
        assert_eq!(problems[0].column, 50_008);
        assert!(report.len() < 1_000, "{}", report.len());
        let lines: Vec<&str> = report.lines().collect();
        let caret = lines[4].find('^').expect("a caret");
        assert!(lines[3][caret..].starts_with(", from t"), "{report}");
    }

    #[test]
    fn variables_of_psql_are_named() {
        for text in ["select :id", "select :'name'", "select * from :\"table\"", "select :{?x}"] {
            assert!(check(text)[0].error.hint().is_some_and(|hint| hint.contains("psql")), "{text}");
        }
        assert_eq!(check("select a : b")[0].error.hint(), None);
    }

    /// A hundred thousand wrong statements take no longer than they are long.
    #[test]
    fn many_problems_are_told() {
        let problems = check(&"select\nfrom;\n".repeat(100_000));
        assert_eq!(problems.len(), 100_000);
        assert_eq!((problems[99_999].line, problems[99_999].column), (200_000, 1));
    }

    /// Strings and comments that do not end go up to the end of the file: one problem, where they begin.
    #[test]
    fn what_does_not_end_is_told_once() {
        for (text, line, column) in [
            ("select 1;\nselect 'a;\nselect 2;\n", 2, 8),
            ("select 1;\r\n  /* x;\r\nselect 2;\r\n", 2, 3),
            ("select \"a;\nselct 1;", 1, 8),
            ("create procedure p() as $$\nbegin;\nend;\n", 1, 25),
        ] {
            let places: Vec<_> = check(text).iter().map(|problem| (problem.line, problem.column)).collect();
            assert_eq!(places, [(line, column)], "{text}");
        }
    }

    #[test]
    fn bodies_of_routines_are_read() {
        let text = "create procedure p() as $$\nbegin\n  select 1;\n  selct 2;\nend $$ language plpgsql;\n\
                    create function f(int) returns int stable as $x$ select $1 + $x$ language sql;\n\
                    create procedure q() as 'begin raise info ''x'' y; end' language plpgsql;\n\
                    create procedure r() as $$ begin null; end $$ language plpgsql;";
        let problems = check(text);
        let places: Vec<_> = problems.iter().map(|problem| (problem.line, problem.column)).collect();
        assert_eq!(places, [(4, 3), (6, 62), (7, 1)]);
        assert_eq!(problems[0].error.message(), "syntax error at or near \"selct\"");
    }

    /// Users cannot make types, so that a type nobody knows is none.
    #[test]
    fn types_that_do_not_exist_are_told() {
        for marked in [
            "select a::[jsonb] from t",
            "select cast(a as [uuid])",
            "select [json] '{}'",
            "select 1 where exists (select a from t where b = c::int::[tinyint])",
            "insert into t select a::[citext] from u",
            "create view v as select a::[hstore] from t",
            "create function f(a [string]) returns int stable as $$ select 1 $$ language sql",
            "create function f(int) returns [uuid] stable as $$ select 1 $$ language sql",
            "create procedure p(a int, b [jsonb]) as $$ begin end $$ language plpgsql",
            "prepare p (int, [uuid]) as select $1",
        ] {
            let (before, rest) = marked.split_once('[').expect("a mark");
            let name = rest.split(']').next().expect("a type");
            let problems = check(&marked.replace(['[', ']'], ""));
            assert_eq!(problems.len(), 1, "{marked}");
            assert_eq!(problems[0].error.sqlstate().0, "42704", "{marked}");
            assert_eq!(problems[0].error.message(), format!("type \"{name}\" does not exist"));
            assert_eq!(problems[0].column, before.len() + 1, "{marked}");
        }
        for right in [
            "select a::text[], b::\"char\", c::pg_catalog.regclass, d::information_schema.sql_identifier, e::name from t",
            "select a::super, b::varbyte, c::hllsketch, d::geometry, e::timetz, f::bpchar, g::int8, h::oidvector from t",
            "select 'x'::refcursor, 'x'::regoperator, 'x'::record, interval '1 day', date '2020-01-01'",
            "create procedure p(a refcursor) as $$ begin end $$ language plpgsql",
        ] {
            assert_eq!(check(right), [], "{right}");
        }
    }

    #[test]
    fn nothing_is_wrong_with_nothing() {
        assert_eq!(check(""), []);
        assert_eq!(check(" -- only a comment\n;;"), []);
    }
}
