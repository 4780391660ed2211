//! Policies as the file has them, and what each of their rules says of a statement.

use chrono::{DateTime, Datelike, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;
use redshift_sql_dialect::{
    ast::Statement,
    names::{Ident, ObjectName},
    visit::{Opaque, RoutineUse, Use},
};
use serde::Deserialize;

use super::{
    Case, Denial, commands,
    patterns::{Glob, NamePattern},
    place::{CATALOG, Candidate, TEMPORARY},
};
use crate::{auth::gate::Guest, config::from_toml};

/// Commands that change nothing in the warehouse, nor anywhere else. UNLOAD writes files.
const READING: [&str; 5] = ["SELECT", "EXPLAIN", "SET", "RESET", "ANALYZE COMPRESSION"];
/// Commands that only hold or end others, which are decided on by themselves.
const ALWAYS: [&str; 11] = [
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "PREPARE",
    "EXECUTE",
    "DEALLOCATE",
    "DECLARE CURSOR",
    "FETCH",
    "CLOSE CURSOR",
];

/// The rules, by their keys in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Rule {
    Default,
    Statements,
    DenyStatements,
    ReadOnly,
    Read,
    DenyRead,
    Write,
    DenyWrite,
    Procedures,
    Locations,
    RequireWhere,
    MaxRows,
    MaxBytes,
    Hours,
    Days,
    SearchPath,
    Database,
}

impl Rule {
    /// As the file writes it.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Default => "default",
            Rule::Statements => "statements",
            Rule::DenyStatements => "deny-statements",
            Rule::ReadOnly => "read-only",
            Rule::Read => "read",
            Rule::DenyRead => "deny-read",
            Rule::Write => "write",
            Rule::DenyWrite => "deny-write",
            Rule::Procedures => "procedures",
            Rule::Locations => "locations",
            Rule::RequireWhere => "require-where",
            Rule::MaxRows => "max-rows",
            Rule::MaxBytes => "max-bytes",
            Rule::Hours => "hours",
            Rule::Days => "days",
            Rule::SearchPath => "search-path",
            Rule::Database => "database",
        }
    }
}

/// All policies.
#[derive(Debug, Default)]
pub struct Policies {
    allow_by_default: bool,
    policies: Vec<Policy>,
}

/// A policy.
#[derive(Debug)]
pub struct Policy {
    /// Its name, which refusals tell.
    pub name: String,
    users: Vec<String>,
    groups: Vec<String>,
    statements: Option<Vec<Glob>>,
    deny_statements: Vec<Glob>,
    read_only: bool,
    read: Option<Vec<NamePattern>>,
    deny_read: Vec<NamePattern>,
    write: Option<Vec<NamePattern>>,
    deny_write: Vec<NamePattern>,
    procedures: Vec<NamePattern>,
    locations: Option<Vec<Glob>>,
    require_where: bool,
    /// Rows of a result.
    pub max_rows: Option<u64>,
    /// Bytes of a result.
    pub max_bytes: Option<u64>,
    hours: Option<(NaiveTime, NaiveTime)>,
    days: Vec<Weekday>,
    time_zone: Tz,
    /// The search path that a session has and keeps.
    pub search_path: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct PolicyFile {
    #[serde(default)]
    default: Default_,
    #[serde(default)]
    policy: Vec<Entry>,
}

#[derive(Deserialize, Default, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Default_ {
    Allow,
    #[default]
    Deny,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(default)]
    users: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    statements: Option<Vec<String>>,
    #[serde(default)]
    deny_statements: Vec<String>,
    #[serde(default)]
    read_only: bool,
    read: Option<Vec<String>>,
    #[serde(default)]
    deny_read: Vec<String>,
    write: Option<Vec<String>>,
    #[serde(default)]
    deny_write: Vec<String>,
    #[serde(default)]
    procedures: Vec<String>,
    locations: Option<Vec<String>>,
    #[serde(default)]
    require_where: bool,
    max_rows: Option<u64>,
    max_bytes: Option<u64>,
    hours: Option<String>,
    #[serde(default)]
    days: Vec<String>,
    time_zone: Option<String>,
    search_path: Option<Vec<String>>,
}

impl Policies {
    /// Reads policies.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn parse(text: &str) -> Result<Policies, String> {
        let file: PolicyFile = from_toml(text)?;
        let policies = file.policy.into_iter().map(|entry| {
            let name = entry.name.clone();
            entry.policy().map_err(|reason| format!("policy {name}: {reason}"))
        });
        Ok(Policies {
            allow_by_default: file.default == Default_::Allow,
            policies: policies.collect::<Result<_, _>>()?,
        })
    }

    /// Policies that let everything pass.
    pub fn open() -> Policies {
        Policies { allow_by_default: true, policies: Vec::new() }
    }

    /// May those pass whom no policy is for?
    pub fn allows_by_default(&self) -> bool {
        self.allow_by_default
    }

    /// The policies that are for somebody.
    pub fn of<'a>(&'a self, guest: &'a Guest) -> impl Iterator<Item = &'a Policy> {
        self.policies.iter().filter(move |policy| policy.is_for(guest))
    }
}

impl Entry {
    fn policy(self) -> Result<Policy, String> {
        let names = |patterns: Vec<String>| patterns.iter().map(|text| NamePattern::parse(text)).collect();
        let optional = |patterns: Option<Vec<String>>| patterns.map(names).transpose();
        let time_zone = match &self.time_zone {
            Some(name) => name.parse().map_err(|_| format!("there is no time zone \"{name}\""))?,
            None => Tz::UTC,
        };
        let day = |name: &String| name.parse::<Weekday>().map_err(|_| format!("\"{name}\" is no day of the week"));
        Ok(Policy {
            name: self.name,
            users: self.users,
            groups: self.groups,
            statements: self.statements.as_deref().map(commands::patterns).transpose()?,
            deny_statements: commands::patterns(&self.deny_statements)?,
            read_only: self.read_only,
            read: optional(self.read)?,
            deny_read: names(self.deny_read)?,
            write: optional(self.write)?,
            deny_write: names(self.deny_write)?,
            procedures: names(self.procedures)?,
            locations: self.locations.map(|locations| locations.iter().map(|text| Glob::new(text)).collect()),
            require_where: self.require_where,
            max_rows: self.max_rows,
            max_bytes: self.max_bytes,
            hours: self.hours.as_deref().map(hours).transpose()?,
            days: self.days.iter().map(day).collect::<Result<_, _>>()?,
            time_zone,
            search_path: self.search_path,
        })
    }
}

/// `07:00-19:30`; it may go over midnight.
fn hours(text: &str) -> Result<(NaiveTime, NaiveTime), String> {
    let wrong = || format!("\"{text}\" is not of the form 07:00-19:30");
    let (from, to) = text.split_once('-').ok_or_else(wrong)?;
    let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").map_err(|_| wrong());
    Ok((time(from)?, time(to)?))
}

impl Policy {
    fn is_for(&self, guest: &Guest) -> bool {
        let everybody = self.users.is_empty() && self.groups.is_empty();
        everybody || self.users.contains(&guest.name) || guest.groups.iter().any(|group| self.groups.contains(group))
    }

    /// Does it list tables, or forbid some?
    pub fn looks_at_names(&self) -> bool {
        self.lists_names() || !self.deny_read.is_empty() || !self.deny_write.is_empty()
    }

    fn lists_names(&self) -> bool {
        self.read.is_some() || self.write.is_some()
    }

    fn denied(&self, rule: Rule, what: impl Into<String>) -> Denial {
        Denial { policy: Some(self.name.clone()), rule, what: what.into() }
    }

    /// May this statement pass?
    ///
    /// # Errors
    /// Why not.
    pub fn decide(&self, case: Case<'_>) -> Result<(), Denial> {
        self.check_time(case.now)?;
        self.check_commands(case)?;
        if self.require_where
            && let Some((command, table)) = case.footprint.unconditional.first()
        {
            return Err(self.denied(Rule::RequireWhere, format!("{command} of {table} has no WHERE")));
        }
        if let Some(allowed) = &self.locations {
            let not_allowed = |location: &String| !allowed.iter().any(|glob| glob.matches(location));
            if let Some((location, _)) = case.footprint.locations.iter().find(|(location, _)| not_allowed(location)) {
                return Err(self.denied(Rule::Locations, format!("{location} may not be used")));
            }
        }
        if self.looks_at_names() {
            self.check_session(case)?;
            self.check_names(case)?;
        } else if self.search_path.is_some() {
            self.check_session(case)?;
        }
        Ok(())
    }

    fn check_time(&self, now: DateTime<Utc>) -> Result<(), Denial> {
        let local = now.with_timezone(&self.time_zone);
        if !self.days.is_empty() && !self.days.contains(&local.weekday()) {
            return Err(self.denied(Rule::Days, format!("not on a {}", local.format("%A"))));
        }
        let Some((from, to)) = self.hours else { return Ok(()) };
        let time = local.time();
        let within = if from <= to { from <= time && time < to } else { from <= time || time < to };
        if within {
            return Ok(());
        }
        let what = format!("not before {} nor after {} ({})", from.format("%H:%M"), to.format("%H:%M"), self.time_zone);
        Err(self.denied(Rule::Hours, what))
    }

    fn check_commands(&self, case: Case<'_>) -> Result<(), Denial> {
        for command in &case.footprint.commands {
            let matches = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(command));
            if matches(&self.deny_statements) {
                return Err(self.denied(Rule::DenyStatements, format!("{command} may not be run")));
            }
            if ALWAYS.contains(command) {
                continue;
            }
            if self.statements.as_ref().is_some_and(|globs| !matches(globs)) {
                return Err(self.denied(Rule::Statements, format!("{command} may not be run")));
            }
            if self.read_only && !self.only_reads(command, case) {
                return Err(self.denied(Rule::ReadOnly, format!("{command} may change something")));
            }
        }
        Ok(())
    }

    fn only_reads(&self, command: &str, case: Case<'_>) -> bool {
        match command {
            "CALL" => self.calls_are_listed(case),
            command => READING.contains(&command) || command.starts_with("SHOW") || command.starts_with("DESC "),
        }
    }

    /// What could make a name mean something else.
    fn check_session(&self, case: Case<'_>) -> Result<(), Denial> {
        if let Statement::Use(_) = case.statement {
            return Err(self.denied(Rule::Database, "another database may not be used"));
        }
        let is_set = matches!(case.statement, Statement::Set(_));
        for setting in &case.footprint.settings {
            match setting.as_deref() {
                Some("search_path") if self.search_path.is_some() => {
                    return Err(self.denied(Rule::SearchPath, "the search path may not be changed"));
                }
                // SET says what it sets; where a function does, or a body, nobody sees it.
                Some("search_path") if !is_set && !matches!(case.statement, Statement::Reset(_)) => {
                    return Err(self.denied(Rule::SearchPath, "the search path may be changed by SET only"));
                }
                None if !matches!(case.statement, Statement::Reset(_)) => {
                    return Err(self.denied(Rule::SearchPath, "a setting may be changed by its name only"));
                }
                None if self.search_path.is_some() => {
                    return Err(self.denied(Rule::SearchPath, "the search path may not be changed"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check_names(&self, case: Case<'_>) -> Result<(), Denial> {
        if self.lists_names() && !case.footprint.opaque.is_empty() && !self.calls_are_listed(case) {
            let what = if case.footprint.opaque.contains(&Opaque::Call) {
                "what it does cannot be seen"
            } else {
                "what its body does cannot be seen"
            };
            return Err(self.denied(Rule::Procedures, what));
        }
        for (name, usage) in &case.footprint.relations {
            self.check_relation(name, *usage, case)?;
        }
        for (schema, usage) in &case.footprint.schemas {
            self.check_schema(schema, *usage)?;
        }
        for (name, usage) in &case.footprint.routines {
            if *usage == RoutineUse::Define && self.lists_names() && !self.procedures_have(name) {
                self.check_definition(name, case)?;
            }
        }
        Ok(())
    }

    /// Are all procedures that the statement calls or makes listed?
    fn calls_are_listed(&self, case: Case<'_>) -> bool {
        let routines = &case.footprint.routines;
        !routines.is_empty() && routines.iter().all(|(name, _)| self.procedures_have(name))
    }

    /// A procedure is listed by its schema and name; one without a schema is where nobody knows.
    fn procedures_have(&self, name: &ObjectName) -> bool {
        let [schema, object] = name.0.as_slice() else { return false };
        let candidate = Candidate { database: None, schema: schema.value.clone(), object: object.value.clone() };
        allowed(&self.procedures, &candidate)
    }

    /// A function or procedure may be made where tables may be.
    fn check_definition(&self, name: &ObjectName, case: Case<'_>) -> Result<(), Denial> {
        self.check_relation(name, Use::Define, case)
    }

    fn check_relation(&self, name: &ObjectName, usage: Use, case: Case<'_>) -> Result<(), Denial> {
        let (rule, list, deny_rule, deny) = match usage {
            Use::Read => (Rule::Read, &self.read, Rule::DenyRead, &self.deny_read),
            Use::Write | Use::Define => (Rule::Write, &self.write, Rule::DenyWrite, &self.deny_write),
            // The catalog tells the same to everybody who may see it.
            Use::Mention => (Rule::Read, &None, Rule::DenyRead, &self.deny_read),
        };
        let verb = match usage {
            Use::Read => "read",
            Use::Write => "written to",
            Use::Define => "defined",
            Use::Mention => "shown",
        };
        if is_own_temporary(name, usage, case.statement) {
            return Ok(());
        }
        // A body runs later, and who knows under which path.
        let in_body = matches!(case.statement, Statement::CreateProcedure(_)) && name.0.len() == 1;
        let candidates = if in_body { None } else { case.place.candidates(name) };
        let Some(candidates) = candidates.filter(|candidates| !candidates.is_empty()) else {
            return Err(self.denied(Rule::SearchPath, format!("{name} may be in any schema")));
        };
        for candidate in &candidates {
            if candidate.schema == TEMPORARY {
                continue;
            }
            if deny.iter().any(|pattern| forbids(pattern, candidate)) {
                return Err(self.denied(deny_rule, format!("{} may not be {verb}", shown(candidate))));
            }
            let lists = usage != Use::Mention && self.lists_names();
            if lists && !allowed(list.as_deref().unwrap_or_default(), candidate) && !is_catalog(candidate, usage) {
                return Err(self.denied(rule, format!("{} may not be {verb}", shown(candidate))));
            }
        }
        Ok(())
    }

    /// A schema as a whole: all that is in it must be allowed.
    fn check_schema(&self, schema: &Ident, usage: Use) -> Result<(), Denial> {
        if usage == Use::Mention {
            return Ok(());
        }
        let refused = |rule| Err(self.denied(rule, format!("schema {schema} may not be defined")));
        let folded = schema.value.to_ascii_lowercase();
        if self.deny_write.iter().any(|pattern| pattern.schema.matches(&folded)) {
            return refused(Rule::DenyWrite);
        }
        let has_all = |pattern: &NamePattern| pattern.schema.matches(&schema.value) && pattern.object.is_any();
        if self.lists_names() && !self.write.iter().flatten().any(has_all) {
            return refused(Rule::Write);
        }
        Ok(())
    }
}

/// Is it a temporary table that the statement makes?
fn is_own_temporary(name: &ObjectName, usage: Use, statement: &Statement) -> bool {
    let made = match statement {
        Statement::CreateTable(create) if create.temporary => &create.name,
        Statement::CreateTableAs(create) if create.temporary => &create.name,
        _ => return false,
    };
    usage == Use::Define && name == made && name.0.len() == 1
}

/// Is it in the catalog, which everybody reads and nobody writes?
fn is_catalog(candidate: &Candidate, usage: Use) -> bool {
    usage == Use::Read
        && candidate.database.is_none()
        && [CATALOG, "information_schema"].contains(&candidate.schema.as_str())
}

/// Does a list allow it? A name with capitals is another than one without, where the session distinguishes them.
fn allowed(patterns: &[NamePattern], candidate: &Candidate) -> bool {
    patterns.iter().any(|pattern| {
        let database = match (&pattern.database, &candidate.database) {
            (None, None) => true,
            (None, Some(_)) => false,
            (Some(pattern), None) => pattern.is_any(),
            (Some(pattern), Some(database)) => pattern.matches(database),
        };
        database && pattern.schema.matches(&candidate.schema) && pattern.object.matches(&candidate.object)
    })
}

/// Does a pattern forbid it, in any database and whatever the case?
fn forbids(pattern: &NamePattern, candidate: &Candidate) -> bool {
    let database = match (&pattern.database, &candidate.database) {
        (Some(pattern), Some(database)) => pattern.matches(&database.to_ascii_lowercase()),
        _ => true,
    };
    database
        && pattern.schema.matches(&candidate.schema.to_ascii_lowercase())
        && pattern.object.matches(&candidate.object.to_ascii_lowercase())
}

fn shown(candidate: &Candidate) -> String {
    let Candidate { database, schema, object } = candidate;
    match database {
        Some(database) => format!("{database}.{schema}.{object}"),
        None => format!("{schema}.{object}"),
    }
}
