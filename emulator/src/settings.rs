//! The session parameters of SET, SHOW and RESET.
//!
//! Source: developer guide, "Configuration reference", and what PostgreSQL 8.0 has beside it because clients ask for it.
//! As in PostgreSQL, what a transaction block sets is undone when the block rolls back, and SET LOCAL when it ends.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    sync::Arc,
};

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{IntervalQualifier, IsolationLevel, Reset, Set, SetValue, TransactionModes},
    names::Ident,
};

use crate::text_input::{
    Composite, InputError, calendar::MINUTE, parse_interval, parse_qualified_interval, zone::Zone,
};

/// What a parameter takes.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// on, off, true, false, ...; shown as `on` and `off`.
    Bool,
    /// An integer within these bounds.
    Integer(i64, i64),
    /// A number of milliseconds.
    Milliseconds,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
    /// Names separated by commas.
    Names,
    /// A number within these bounds.
    Real(f64, f64),
    /// ISO, SQL, ... and the order of day, month and year.
    DateStyle,
    /// A time zone: see [`Zone::of_setting`].
    TimeZone,
    /// UTF8 under its names.
    Encoding,
    /// The namespace of an identity provider: there are none, so that it stays empty.
    Namespace,
    /// Shown, never set.
    ReadOnly,
}

struct Definition {
    name: &'static str,
    default: &'static str,
    kind: Kind,
    /// The name under which a change is reported to the client (ParameterStatus).
    reported: Option<&'static str>,
}

const fn silent(name: &'static str, default: &'static str, kind: Kind) -> Definition {
    Definition { name, default, kind, reported: None }
}

const fn reported(name: &'static str, default: &'static str, kind: Kind, reported: &'static str) -> Definition {
    Definition { name, default, kind, reported: Some(reported) }
}

const LEVELS: &[&str] =
    &["debug5", "debug4", "debug3", "debug2", "debug1", "debug", "log", "info", "notice", "warning", "error"];
const ISOLATION: &[&str] = &["serializable", "repeatable read", "read committed", "read uncommitted"];

/// All parameters, by name.
static DEFINITIONS: &[Definition] = &[
    silent("analyze_threshold_percent", "10", Kind::Real(0.0, 100.0)),
    reported("application_name", "", Kind::Text, "application_name"),
    silent("cast_super_null_on_error", "on", Kind::Bool),
    reported("client_encoding", "UTF8", Kind::Encoding, "client_encoding"),
    silent("client_min_messages", "notice", Kind::Word(LEVELS)),
    silent("datashare_break_glass_session_var", "", Kind::Text),
    reported("datestyle", "ISO, MDY", Kind::DateStyle, "datestyle"),
    silent("default_array_search_null_handling", "on", Kind::Bool),
    silent("default_geometry_encoding", "2", Kind::Integer(1, 2)),
    silent("default_identity_namespace", "", Kind::Namespace),
    silent("default_transaction_isolation", "serializable", Kind::Word(ISOLATION)),
    silent("default_transaction_read_only", "off", Kind::Bool),
    silent("describe_field_name_in_uppercase", "off", Kind::Bool),
    silent("downcase_delimited_identifier", "on", Kind::Bool),
    silent("enable_case_sensitive_identifier", "off", Kind::Bool),
    silent("enable_case_sensitive_super_attribute", "off", Kind::Bool),
    silent("enable_numeric_rounding", "off", Kind::Bool),
    silent("enable_result_cache_for_session", "on", Kind::Bool),
    silent("enable_spectrum_oid", "on", Kind::Bool),
    silent("enable_vacuum_boost", "off", Kind::Bool),
    silent("error_on_nondeterministic_update", "off", Kind::Bool),
    silent("extra_float_digits", "0", Kind::Integer(-15, 2)),
    reported("integer_datetimes", "on", Kind::ReadOnly, "integer_datetimes"),
    silent("interval_forbid_composite_literals", "on", Kind::Bool),
    silent("intervalstyle", "postgres", Kind::Word(&["postgres", "postgres_verbose", "sql_standard"])),
    reported("is_superuser", "on", Kind::ReadOnly, "is_superuser"),
    silent("json_parse_dedup_attributes", "off", Kind::Bool),
    silent("json_parse_truncate_strings", "off", Kind::Bool),
    silent("json_serialization_enable", "off", Kind::Bool),
    silent("json_serialization_parse_nested_strings", "off", Kind::Bool),
    silent("lc_collate", "C", Kind::ReadOnly),
    silent("lc_ctype", "C", Kind::ReadOnly),
    silent("max_concurrency_scaling_clusters", "1", Kind::Integer(0, 10)),
    silent("max_cursor_result_set_size", "0", Kind::Integer(0, 14_400_000)),
    silent("max_function_args", "32", Kind::ReadOnly),
    silent("max_identifier_length", "127", Kind::ReadOnly),
    silent("max_index_keys", "32", Kind::ReadOnly),
    silent("mv_enable_aqmv_for_session", "on", Kind::Bool),
    silent("navigate_super_null_on_error", "on", Kind::Bool),
    silent("parse_super_null_on_error", "off", Kind::Bool),
    silent("password_encryption", "on", Kind::Bool),
    silent("pg_federation_repeatable_read", "on", Kind::Bool),
    silent("query_group", "default", Kind::Text),
    silent("read_srid_on_shapefile_ingestion", "on", Kind::Bool),
    silent("readonly", "off", Kind::Bool),
    silent("search_path", "$user, public", Kind::Names),
    silent("seed", "0", Kind::Real(0.0, 1.0)),
    reported("server_encoding", "UNICODE", Kind::ReadOnly, "server_encoding"),
    reported("server_version", "8.0.2", Kind::ReadOnly, "server_version"),
    reported("session_authorization", "", Kind::ReadOnly, "session_authorization"),
    silent("spectrum_enable_pseudo_columns", "on", Kind::Bool),
    silent("spectrum_query_maxerror", "-1", Kind::Integer(-1, i32::MAX as i64)),
    silent("standard_conforming_strings", "on", Kind::Bool),
    silent("statement_timeout", "0", Kind::Milliseconds),
    silent("stored_proc_log_min_messages", "log", Kind::Word(&["log", "info", "notice", "warning", "exception"])),
    reported("timezone", "UTC", Kind::TimeZone, "TimeZone"),
    silent("timezone_abbreviations", "Default", Kind::Text),
    silent("transaction_isolation", "serializable", Kind::Word(ISOLATION)),
    silent("transaction_read_only", "off", Kind::Bool),
    silent("use", "", Kind::ReadOnly),
    silent("wlm_query_slot_count", "1", Kind::Integer(1, 50)),
];

/// The parameters that say how names are folded. While a session has others than its defaults, it cannot read relations with
/// row-level security (developer guide, "Considerations and limitations using RLS policies").
pub const CASE_SETTINGS: [&str; 3] =
    ["downcase_delimited_identifier", "enable_case_sensitive_identifier", "enable_case_sensitive_super_attribute"];

/// The value of each parameter that nobody has set, by name.
pub fn defaults() -> BTreeMap<&'static str, &'static str> {
    DEFINITIONS.iter().map(|definition| (definition.name, definition.default)).collect()
}

fn definition(name: &str) -> Option<&'static Definition> {
    DEFINITIONS.binary_search_by(|definition| definition.name.cmp(name)).ok().map(|index| &DEFINITIONS[index])
}

/// How long a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Until the session ends, or its block rolls back.
    Session,
    /// Until the block ends (SET LOCAL).
    Block,
}

/// The values of a moment, and what was NULL.
type Kept = (Arc<BTreeMap<String, String>>, Arc<BTreeSet<String>>);

/// A session's parameters.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Shared with the statements that run: a change makes a copy where one still does.
    values: Arc<BTreeMap<String, String>>,
    /// Session context variables that are NULL since they were reset (developer guide, "RESET").
    nulls: Arc<BTreeSet<String>>,
    /// What RESET goes back to: the defaults, with what the client gave at start-up.
    initial: BTreeMap<String, String>,
    /// As they were when the block began.
    before_block: Option<Kept>,
    /// What SET LOCAL hides, to be put back at the end of the block.
    hidden_by_local: BTreeMap<String, Option<String>>,
    changes: Vec<(String, String)>,
}

impl Settings {
    /// The defaults, with what the server knows of the session's user; `is_superuser` is `on` or `off`.
    pub fn new(user: &str, is_superuser: &str) -> Settings {
        let mut values: BTreeMap<String, String> =
            DEFINITIONS.iter().map(|d| (d.name.to_string(), d.default.to_string())).collect();
        values.insert("session_authorization".into(), user.into());
        values.insert("is_superuser".into(), is_superuser.into());
        Settings {
            initial: values.clone(),
            values: Arc::new(values),
            nulls: Arc::default(),
            before_block: None,
            hidden_by_local: BTreeMap::new(),
            changes: Vec::new(),
        }
    }

    /// Takes a parameter that came with the start-up message; RESET goes back to it.
    pub fn set_at_startup(&mut self, name: &str, value: &str) -> Result<()> {
        let value = check(name, value, self.get(name))?;
        self.initial.insert(name.to_string(), value.clone());
        Arc::make_mut(&mut self.values).insert(name.to_string(), value);
        Ok(())
    }

    /// A parameter's value, as SHOW gives it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The session context variables that are NULL.
    pub fn nulls(&self) -> &Arc<BTreeSet<String>> {
        &self.nulls
    }

    /// Has a parameter the value that the session began with?
    pub fn is_initial(&self, name: &str) -> bool {
        self.values.get(name) == self.initial.get(name)
    }

    /// Is a boolean parameter on?
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name) == Some("on")
    }

    /// Every parameter with its value, by name.
    pub fn all(&self) -> &Arc<BTreeMap<String, String>> {
        &self.values
    }

    /// SET: several values are a list of names.
    ///
    /// # Errors
    /// 42704 for an unknown parameter, 22023 for a value it does not take, 55P02-like for one that cannot be set.
    pub fn set(&mut self, name: &str, values: &[&str], span: Span) -> Result<()> {
        let value = check(name, &values.join(", "), self.get(name))?;
        if span == Span::Block && self.before_block.is_none() {
            return Ok(());
        }
        if span == Span::Block {
            self.hidden_by_local.entry(name.to_string()).or_insert_with(|| self.values.get(name).cloned());
        } else {
            self.hidden_by_local.remove(name);
        }
        self.put(name, value);
        Ok(())
    }

    /// Does what SET says.
    ///
    /// # Errors
    /// As [`Settings::set`]; 22007 for a time zone that reads as an interval and is none.
    pub fn apply(&mut self, set: &Set) -> Result<()> {
        match set {
            Set::Parameter { local, name, value: Some(values) } => {
                let texts: Vec<String> = values.iter().map(|value| value_text(name, value)).collect();
                self.set(name, &texts.iter().map(String::as_str).collect::<Vec<_>>(), span(*local))
            }
            Set::Parameter { name, value: None, .. } => self.reset(name),
            Set::TimeZone { local, zone: Some(SetValue::Interval { value, qualifier }) } => {
                self.set("timezone", &[&interval_zone(value, *qualifier)?], span(*local))
            }
            Set::TimeZone { local, zone: Some(zone) } => self.set("timezone", &[zone.text()], span(*local)),
            Set::TimeZone { zone: None, .. } => self.reset("timezone"),
            Set::Transaction(modes) => self.transaction(modes),
            Set::SessionCharacteristics(modes) => match modes.read_only {
                Some(read_only) => self.set("default_transaction_read_only", &[on_off(read_only)], Span::Session),
                None => Ok(()),
            },
            // That is about the session, not about its settings.
            Set::SessionAuthorization { .. } => Ok(()),
        }
    }

    /// Does what RESET says.
    ///
    /// # Errors
    /// 42704 for an unknown parameter.
    pub fn apply_reset(&mut self, reset: &Reset) -> Result<()> {
        match reset {
            Reset::All => self.reset_all(),
            Reset::Parameter(name) => self.reset(name)?,
            Reset::SessionAuthorization => {}
        }
        Ok(())
    }

    /// The modes of the open block; outside of one they change nothing. Every isolation level is SERIALIZABLE in Redshift
    /// (developer guide, "BEGIN").
    ///
    /// # Errors
    /// Never, with the levels that are parsed.
    pub fn transaction(&mut self, modes: &TransactionModes) -> Result<()> {
        if let Some(IsolationLevel::Serializable) = modes.isolation {
            self.set("transaction_isolation", &["serializable"], Span::Block)?;
        }
        if let Some(read_only) = modes.read_only {
            self.set("transaction_read_only", &[on_off(read_only)], Span::Block)?;
        }
        Ok(())
    }

    /// Is it a list of names, which are quoted where they need it?
    pub fn is_names(name: &str) -> bool {
        matches!(definition(name), Some(Definition { kind: Kind::Names, .. }))
    }

    /// The names of a list such as `search_path`, without quotes; folded unless they were quoted.
    pub fn names(&self, name: &str) -> Vec<String> {
        split_names(self.get(name).unwrap_or_default())
    }

    /// USE: names are looked up in another database, under the search path that the session began with (developer guide,
    /// "USE").
    pub fn use_database(&mut self, database: &str) {
        self.put("use", database.to_string());
        if let Some(path) = self.initial.get("search_path").cloned() {
            self.put("search_path", path);
        }
    }

    /// SET name TO DEFAULT, RESET name
    pub fn reset(&mut self, name: &str) -> Result<()> {
        if name == "use" {
            self.use_database("");
            return Ok(());
        }
        match self.initial.get(name).cloned() {
            Some(value) => self.put(name, value),
            None if name.contains('.') => {
                Arc::make_mut(&mut self.values).remove(name);
                Arc::make_mut(&mut self.nulls).insert(name.to_string());
            }
            None => return Err(unknown(name)),
        }
        Ok(())
    }

    /// RESET ALL
    pub fn reset_all(&mut self) {
        for (name, value) in self.initial.clone() {
            // As in PostgreSQL, whose session it is stays.
            if !matches!(name.as_str(), "session_authorization" | "is_superuser") {
                self.put(&name, value);
            }
        }
        let variables: Vec<String> =
            self.values.keys().filter(|name| !self.initial.contains_key(*name)).cloned().collect();
        Arc::make_mut(&mut self.values).retain(|name, _| self.initial.contains_key(name));
        Arc::make_mut(&mut self.nulls).extend(variables);
    }

    /// SET SESSION AUTHORIZATION: another user from now on.
    pub fn set_user(&mut self, user: &str, superuser: bool, span: Span) {
        let superuser = if superuser { "on" } else { "off" };
        for (name, value) in [("session_authorization", user), ("is_superuser", superuser)] {
            if span == Span::Block && self.before_block.is_none() {
                return;
            }
            if span == Span::Block {
                self.hidden_by_local.entry(name.to_string()).or_insert_with(|| self.values.get(name).cloned());
            }
            self.put(name, value.to_string());
        }
    }

    /// A block begins.
    pub fn begin(&mut self) {
        self.before_block = Some((self.values.clone(), self.nulls.clone()));
        if self.is_on("default_transaction_read_only") {
            self.hidden_by_local.insert("transaction_read_only".to_string(), Some("off".to_string()));
            self.put("transaction_read_only", "on".to_string());
        }
    }

    /// Is the transaction READ ONLY: the open block, or that of a statement outside of one?
    pub fn is_read_only(&self) -> bool {
        let in_block = self.before_block.is_some();
        self.is_on(if in_block { "transaction_read_only" } else { "default_transaction_read_only" })
    }

    /// The block ends and keeps what it set.
    pub fn commit(&mut self) {
        self.before_block = None;
        for (name, value) in std::mem::take(&mut self.hidden_by_local) {
            match value {
                Some(value) => self.put(&name, value),
                None => {
                    Arc::make_mut(&mut self.values).remove(&name);
                }
            }
        }
    }

    /// The block ends and undoes what it set.
    pub fn rollback(&mut self) {
        self.hidden_by_local.clear();
        let Some((before, nulls)) = self.before_block.take() else { return };
        for (name, value) in before.iter() {
            self.put(name, value.clone());
        }
        self.values = before;
        self.nulls = nulls;
    }

    /// Changes that the client wants to hear of, under the names it knows.
    pub fn take_changes(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.changes)
    }

    fn put(&mut self, name: &str, value: String) {
        if self.nulls.contains(name) {
            Arc::make_mut(&mut self.nulls).remove(name);
        }
        let old = Arc::make_mut(&mut self.values).insert(name.to_string(), value.clone());
        if old.as_deref() == Some(&value) {
            return;
        }
        if let Some(Definition { reported: Some(reported), .. }) = definition(name) {
            self.changes.push((reported.to_string(), value));
        }
    }
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn span(local: bool) -> Span {
    if local { Span::Block } else { Span::Session }
}

/// A value of SET as it is kept: a name of a list is quoted where it needs it, all else is its text.
pub(crate) fn value_text(name: &str, value: &SetValue) -> String {
    let text = value.text();
    if !Settings::is_names(name) {
        return text.to_string();
    }
    Ident::new(text).to_string()
}

fn unknown(name: &str) -> Error {
    Error::new(SqlState::UNDEFINED_OBJECT, format!("unrecognized configuration parameter \"{name}\""))
}

/// The value as it is kept and shown, or why the parameter does not take it, in the words of PostgreSQL 8.0.
///
/// `current` is what it is now: of `datestyle` each part may be set alone.
fn check(name: &str, value: &str, current: Option<&str>) -> Result<String> {
    let Some(definition) = definition(name) else {
        // Session context variables have a dot in their name (developer guide, "SET").
        return if name.contains('.') { Ok(value.to_string()) } else { Err(unknown(name)) };
    };
    let refuse = |message: String| Error::new(SqlState::INVALID_PARAMETER_VALUE, message);
    let invalid = || refuse(format!("invalid value for parameter \"{name}\": \"{value}\""));
    let requires = |what: &str| refuse(format!("parameter \"{name}\" requires {what} value"));
    let outside = |value: &dyn Display, low: &dyn Display, high: &dyn Display| {
        refuse(format!("{value} is outside the valid range for parameter \"{name}\" ({low} .. {high})"))
    };
    match definition.kind {
        Kind::Bool => boolean(value).map(|on| on_off(on).to_string()).ok_or_else(|| requires("a Boolean")),
        Kind::Integer(low, high) => {
            let number: i64 = value.trim().parse().map_err(|_| requires("an integer"))?;
            if number < low || number > high {
                return Err(outside(&number, &low, &high));
            }
            Ok(number.to_string())
        }
        Kind::Milliseconds => {
            let (low, high) = (0, i32::MAX);
            let number = milliseconds(value).ok_or_else(|| requires("an integer"))?;
            if number < low || number > i64::from(high) {
                return Err(outside(&number, &low, &high));
            }
            Ok(number.to_string())
        }
        Kind::Real(low, high) => {
            let number: f64 = value.trim().parse().map_err(|_| requires("a numeric"))?;
            if !(low..=high).contains(&number) {
                return Err(outside(&number, &low, &high));
            }
            Ok(number.to_string())
        }
        Kind::Word(words) => {
            let word = value.to_lowercase();
            if words.contains(&word.as_str()) { Ok(word) } else { Err(invalid()) }
        }
        Kind::DateStyle => date_style(value, current.unwrap_or(definition.default), definition.default).map_err(refuse),
        Kind::TimeZone => {
            Zone::setting_text(value).ok_or_else(|| refuse(format!("unrecognized time zone name: \"{value}\"")))
        }
        Kind::Encoding => match value.trim_matches('\'').to_uppercase().replace('-', "").as_str() {
            "UTF8" | "UNICODE" => Ok("UTF8".into()),
            _ => Err(invalid()),
        },
        Kind::Namespace if value.is_empty() => Ok(String::new()),
        Kind::Namespace => Err(Error::unsupported("namespaces of identity providers are not supported")),
        Kind::Text | Kind::Names => Ok(value.to_string()),
        Kind::ReadOnly => Err(Error::new(SqlState("55P02"), format!("parameter \"{name}\" cannot be changed"))),
    }
}

/// The offset that an interval east of Greenwich is.
///
/// # Errors
/// 22007 where it is no interval, 22023 where it has months, days or parts of a minute.
fn interval_zone(value: &str, qualifier: Option<IntervalQualifier>) -> Result<String> {
    let span = match qualifier {
        Some(qualifier) => parse_qualified_interval(value, qualifier, Composite::Refuse),
        None => parse_interval(value),
    };
    let span = span.map_err(InputError::into_error)?;
    if span.months != 0 || span.days != 0 || span.micros % MINUTE != 0 {
        let message = format!("invalid interval value for time zone: \"{value}\"");
        return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
    }
    let minutes = span.micros / MINUTE;
    let sign = if minutes < 0 { '-' } else { '+' };
    Ok(format!("{sign}{:02}:{:02}:00", minutes.abs() / 60, minutes.abs() % 60))
}

fn boolean(value: &str) -> Option<bool> {
    match value.trim().to_lowercase().as_str() {
        "on" | "true" | "t" | "yes" | "y" | "1" => Some(true),
        "off" | "false" | "f" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

/// `5000`, `5s`, `1min`
fn milliseconds(value: &str) -> Option<i64> {
    let value = value.trim();
    let unit = value.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(value.len());
    let number: i64 = value[..unit].trim_end().parse().ok()?;
    let milliseconds = match &value[unit..] {
        "" | "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(milliseconds)
}

/// `ISO`, `ISO, MDY`, `german`, `dmy`, ...: each part may come alone, and in any order; the other stays what it is.
fn date_style(value: &str, current: &str, default: &str) -> std::result::Result<String, String> {
    let (mut style, mut order) = (None, None);
    let conflict = || Err("conflicting \"datestyle\" specifications".to_string());
    for word in value.split(',').map(str::trim) {
        let (part, found) = match word.to_uppercase().as_str() {
            "ISO" => (&mut style, "ISO"),
            "SQL" => (&mut style, "SQL"),
            "POSTGRES" => (&mut style, "Postgres"),
            "GERMAN" => (&mut style, "German"),
            "MDY" | "US" | "NONEURO" | "NONEUROPEAN" => (&mut order, "MDY"),
            "DMY" | "EURO" | "EUROPEAN" => (&mut order, "DMY"),
            "YMD" => (&mut order, "YMD"),
            "DEFAULT" => {
                let (first, second) = default.split_once(", ").unwrap_or((default, ""));
                style.get_or_insert(first);
                order.get_or_insert(second);
                continue;
            }
            _ => return Err(format!("unrecognized \"datestyle\" key word: \"{word}\"")),
        };
        if part.replace(found).is_some() {
            return conflict();
        }
    }
    let (current_style, current_order) = current.split_once(", ").unwrap_or((current, "MDY"));
    let order = order.unwrap_or(if style == Some("German") { "DMY" } else { current_order });
    Ok(format!("{}, {order}", style.unwrap_or(current_style)))
}

/// `a, "B c", $user`: the names, quotes resolved.
fn split_names(list: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = list.trim_start();
    while !rest.is_empty() {
        let (name, behind) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"').unwrap_or(quoted.len());
                (quoted[..end].to_string(), quoted.get(end + 1..).unwrap_or_default())
            }
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].trim().to_ascii_lowercase(), &rest[end..])
            }
        };
        if !name.is_empty() {
            names.push(name);
        }
        rest = behind.trim_start().trim_start_matches(',').trim_start();
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_sorted_for_the_search() {
        assert!(DEFINITIONS.windows(2).all(|pair| pair[0].name < pair[1].name));
    }

    #[test]
    fn a_block_that_rolls_back_undoes_its_settings() {
        let mut settings = Settings::new("admin", "on");
        settings.begin();
        settings.set("timezone", &["America/New_York"], Span::Session).unwrap();
        settings.rollback();
        assert_eq!(settings.get("timezone"), Some("UTC"));
    }

    #[test]
    fn local_settings_end_with_the_block_and_others_stay() {
        let mut settings = Settings::new("admin", "on");
        settings.begin();
        settings.set("query_group", &["night"], Span::Session).unwrap();
        settings.set("statement_timeout", &["5s"], Span::Block).unwrap();
        assert_eq!(settings.get("statement_timeout"), Some("5000"));
        settings.commit();
        assert_eq!(settings.get("statement_timeout"), Some("0"));
        assert_eq!(settings.get("query_group"), Some("night"));
    }

    #[test]
    fn a_context_variable_that_is_reset_is_null() {
        let mut settings = Settings::new("admin", "on");
        let is_null = |settings: &Settings| settings.nulls().contains("app.tenant");
        settings.set("app.tenant", &["7"], Span::Session).unwrap();
        settings.begin();
        settings.reset("app.tenant").unwrap();
        assert!(is_null(&settings) && settings.get("app.tenant").is_none());
        settings.rollback();
        assert_eq!((settings.get("app.tenant"), is_null(&settings)), (Some("7"), false));
        settings.reset_all();
        assert!(is_null(&settings));
        settings.set("app.tenant", &["8"], Span::Session).unwrap();
        assert!(!is_null(&settings));
    }

    #[test]
    fn the_client_hears_of_changes_under_its_names() {
        let mut settings = Settings::new("admin", "on");
        settings.set("timezone", &["europe/berlin"], Span::Session).unwrap();
        settings.set("query_group", &["x"], Span::Session).unwrap();
        assert_eq!(settings.take_changes(), [("TimeZone".to_string(), "Europe/Berlin".to_string())]);
    }

    #[test]
    fn parts_of_datestyle_may_come_alone() {
        let set = |value| date_style(value, "SQL, DMY", "ISO, MDY");
        assert_eq!(set("iso").as_deref(), Ok("ISO, DMY"));
        assert_eq!(set("ymd").as_deref(), Ok("SQL, YMD"));
        assert_eq!(set("MDY, Postgres").as_deref(), Ok("Postgres, MDY"));
        assert_eq!(set("german").as_deref(), Ok("German, DMY"));
        assert_eq!(set("default").as_deref(), Ok("ISO, MDY"));
        assert_eq!(set("iso, sql").unwrap_err(), "conflicting \"datestyle\" specifications");
        assert_eq!(set("iso, xyz").unwrap_err(), "unrecognized \"datestyle\" key word: \"xyz\"");
    }

    #[test]
    fn names_in_quotes_keep_commas_blanks_and_case() {
        assert_eq!(split_names("$user, public"), ["$user", "public"]);
        assert_eq!(split_names("\"B, c\" ,Other"), ["B, c", "other"]);
        assert!(split_names("").is_empty());
    }

    #[test]
    fn wrong_values_and_names_are_refused() {
        let mut settings = Settings::new("admin", "on");
        let state = |result: Result<()>| result.unwrap_err().sqlstate().0;
        assert_eq!(state(settings.set("no_such_thing", &["1"], Span::Session)), "42704");
        assert_eq!(state(settings.set("wlm_query_slot_count", &["51"], Span::Session)), "22023");
        assert_eq!(state(settings.set("timezone", &["Mars/Olympus"], Span::Session)), "22023");
        assert_eq!(state(settings.set("server_version", &["9"], Span::Session)), "55P02");
        assert!(settings.set("app.tenant", &["7"], Span::Session).is_ok());
    }
}
