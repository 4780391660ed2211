//! SET, RESET and SHOW of session parameters.

use redshift_sql_dialect::{
    Error, RedshiftType, Result, SqlState,
    ast::{Reset, Set, SetValue, Show, Use},
};

use super::{Work, nullable_text_rows};
use crate::{
    result::{CommandTag, Outcome, ResultColumn},
    session::SessionState,
    settings::{Settings, Span, value_text},
};

/// Runs SET.
pub(crate) fn set(state: &mut SessionState, set: &Set) -> Result<Outcome> {
    state.settings.apply(set)?;
    if matches!(set, Set::Parameter { name, .. } if name == "seed") {
        reseed(state);
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
        reseed(state);
    }
    Ok(())
}

/// Runs USE.
///
/// # Errors
/// 3D000 where there is no such database, 25001 behind another command of a transaction block.
pub(crate) fn use_database(change: &Use, work: &mut Work<'_>) -> Result<Outcome> {
    check_use(work.state)?;
    let database = work.database(&change.database)?;
    work.state.settings.use_database(&database.name);
    Ok(Outcome::Done(CommandTag::plain("USE")))
}

/// Refuses USE and RESET USE behind another command of a transaction block (developer guide, "USE").
fn check_use(state: &SessionState) -> Result<()> {
    if state.block_used {
        let message = "USEd Database cannot be set or reset inside a transaction after another command.";
        return Err(Error::new(SqlState::ACTIVE_SQL_TRANSACTION, message));
    }
    Ok(())
}

fn reseed(state: &mut SessionState) {
    state.random.seed(state.settings.get("seed").and_then(|seed| seed.parse().ok()).unwrap_or(0.0));
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

/// Runs RESET.
///
/// # Errors
/// 25001 for RESET USE behind another command of a transaction block.
pub(crate) fn reset(state: &mut SessionState, reset: &Reset) -> Result<Outcome> {
    if matches!(reset, Reset::Parameter(name) if name == "use") {
        check_use(state)?;
    }
    state.settings.apply_reset(reset)?;
    Ok(Outcome::Done(CommandTag::plain("RESET")))
}

/// The columns of SHOW.
pub(crate) fn show_columns(show: &Show) -> Vec<ResultColumn> {
    match show {
        // Developer guide, "USE".
        Show::Parameter(name) if name == "use" => vec![ResultColumn::computed("Use Database", RedshiftType::Text)],
        Show::Parameter(name) => vec![ResultColumn::computed(written_name(name), RedshiftType::Text)],
        Show::All => ["name", "setting"].map(|name| ResultColumn::computed(name, RedshiftType::Text)).to_vec(),
    }
}

/// A parameter's name as SHOW heads its value: that of two has capitals, as in PostgreSQL (developer guide, "datestyle").
fn written_name(name: &str) -> &str {
    match name {
        "datestyle" => "DateStyle",
        "timezone" => "TimeZone",
        other => other,
    }
}

/// Runs SHOW.
pub(crate) fn show(settings: &Settings, show: &Show) -> Result<Outcome> {
    let rows = match show {
        Show::Parameter(name) if settings.nulls().contains(name) => vec![vec![None]],
        Show::Parameter(name) => {
            let value = settings.get(name).ok_or_else(|| {
                let message = format!("unrecognized configuration parameter \"{name}\"");
                Error::new(SqlState::UNDEFINED_OBJECT, message)
            })?;
            vec![vec![Some(value.to_string())]]
        }
        Show::All => settings.all().iter().map(|(name, value)| vec![Some(name.clone()), Some(value.clone())]).collect(),
    };
    nullable_text_rows(show_columns(show), rows, "SHOW")
}
