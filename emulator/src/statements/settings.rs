//! SET, RESET and SHOW of session parameters.

use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{IsolationLevel, Reset, Set, SetValue, Show, TransactionModes},
    names::Ident,
};

use super::text_rows;
use crate::{
    result::{CommandTag, Outcome, ResultColumn},
    session::SessionState,
    settings::{Settings, Span},
};

/// Runs SET.
pub(crate) fn set(state: &mut SessionState, set: &Set) -> Result<Outcome> {
    let settings = &mut state.settings;
    match set {
        Set::Parameter { local, name, value } => {
            let span = span(*local);
            match value {
                Some(values) => {
                    let texts: Vec<String> = values.iter().map(|value| value_text(name, value)).collect();
                    set_parameter(state, name, &texts.iter().map(String::as_str).collect::<Vec<_>>(), span)?;
                }
                None => settings.reset(name)?,
            }
        }
        Set::TimeZone { zone: Some(SetValue::Interval { .. }), .. } => {
            return Err(Error::unsupported("a time zone that is an interval is not supported"));
        }
        Set::TimeZone { local, zone: Some(zone) } => settings.set("timezone", &[zone.text()], span(*local))?,
        Set::TimeZone { zone: None, .. } => settings.reset("timezone")?,
        Set::Transaction(modes) => transaction(settings, modes)?,
        Set::SessionCharacteristics(modes) => {
            if let Some(read_only) = modes.read_only {
                settings.set("default_transaction_read_only", &[on_off(read_only)], Span::Session)?;
            }
        }
        // That is about the session, not about its settings.
        Set::SessionAuthorization { .. } => {}
    }
    Ok(Outcome::Done(CommandTag::plain("SET")))
}

/// Sets a parameter, and what hangs on it.
///
/// # Errors
/// As [`Settings::set`].
pub(crate) fn set_parameter(state: &mut SessionState, name: &str, values: &[&str], span: Span) -> Result<()> {
    state.settings.set(name, values, span)?;
    if name == "seed" {
        state.random.seed(state.settings.get(name).and_then(|seed| seed.parse().ok()).unwrap_or(0.0));
    }
    Ok(())
}

fn span(local: bool) -> Span {
    if local { Span::Block } else { Span::Session }
}

/// A value of SET as it is kept: a name of a list is quoted where it needs it, all else is its text.
fn value_text(name: &str, value: &SetValue) -> String {
    let text = value.text();
    if !Settings::is_names(name) || text == "$user" {
        return text.to_string();
    }
    Ident::new(text).to_string()
}

/// The value of a parameter as ALTER USER ... SET keeps it.
///
/// # Errors
/// 42704 for an unknown parameter, 22023 for a value it does not take.
pub(crate) fn checked(name: &str, values: &[SetValue]) -> Result<String> {
    let texts: Vec<String> = values.iter().map(|value| value_text(name, value)).collect();
    let mut settings = Settings::new("", "off");
    settings.set(name, &texts.iter().map(String::as_str).collect::<Vec<_>>(), Span::Session)?;
    Ok(settings.get(name).unwrap_or_default().to_string())
}

/// The modes of the open block; outside of one they change nothing. Every isolation level is SERIALIZABLE in Redshift
/// (developer guide, "BEGIN").
pub(crate) fn transaction(settings: &mut Settings, modes: &TransactionModes) -> Result<()> {
    if let Some(IsolationLevel::Serializable) = modes.isolation {
        settings.set("transaction_isolation", &["serializable"], Span::Block)?;
    }
    if let Some(read_only) = modes.read_only {
        settings.set("transaction_read_only", &[on_off(read_only)], Span::Block)?;
    }
    Ok(())
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// Runs RESET.
pub(crate) fn reset(settings: &mut Settings, reset: &Reset) -> Result<Outcome> {
    match reset {
        Reset::All => settings.reset_all(),
        Reset::Parameter(name) => settings.reset(name)?,
        Reset::SessionAuthorization => {}
    }
    Ok(Outcome::Done(CommandTag::plain("RESET")))
}

/// The columns of SHOW.
pub(crate) fn show_columns(show: &Show) -> Vec<ResultColumn> {
    match show {
        Show::Parameter(name) => vec![ResultColumn::computed(name.as_str(), RedshiftType::Text)],
        Show::All => ["name", "setting"].map(|name| ResultColumn::computed(name, RedshiftType::Text)).to_vec(),
    }
}

/// Runs SHOW.
pub(crate) fn show(settings: &Settings, show: &Show) -> Result<Outcome> {
    let rows = match show {
        Show::Parameter(name) => {
            let value = settings.get(name).ok_or_else(|| {
                let message = format!("unrecognized configuration parameter \"{name}\"");
                Error::new(SqlState::UNDEFINED_OBJECT, message)
            })?;
            vec![vec![value.to_string()]]
        }
        Show::All => settings.all().iter().map(|(name, value)| vec![name.clone(), value.clone()]).collect(),
    };
    text_rows(show_columns(show), rows, "SHOW")
}
