//! System administration functions.
//!
//! Source: developer guide, "System administration functions". There is no workload management whose priorities could
//! act: the functions that change them check what they are told and answer as a cluster does.

use datafusion::{logical_expr::Expr, scalar::ScalarValue};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};

use super::registry::{BOOL, Call, Function, INT4, INT8, Param, function, takes, text};
use crate::{
    binder::{SettingChange, Typed, evaluate, null},
    settings::Span,
};

const TEXT: Param = Param::Text;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("change_query_priority", &[takes(&[INT8, TEXT], change_query_priority)]),
    function("change_session_priority", &[takes(&[INT4, TEXT], change_session_priority)]),
    function("change_user_priority", &[takes(&[TEXT, TEXT], change_user_priority)]),
    function("explain_model", &[takes(&[TEXT], explain_model)]),
    function("reboot_cluster", &[takes(&[], reboot_cluster)]),
    function("set_config", &[takes(&[TEXT, TEXT, BOOL], set_config), takes(&[TEXT, TEXT, INT4], set_config)]),
];

const PRIORITIES: [&str; 6] = ["critical", "highest", "high", "normal", "low", "lowest"];

fn superusers_only(call: &Call<'_>) -> Result<()> {
    if call.ctx.session.settings.get("is_superuser").is_some_and(|value| value == "off") {
        let message = format!("must be superuser to call {}", call.name);
        return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message));
    }
    Ok(())
}

/// A priority, as it was written.
fn priority<'a>(call: &'a Call<'_>, more: &[&str]) -> Result<Option<&'a str>> {
    let Some(priority) = call.constant(1)? else { return Ok(None) };
    let word = priority.to_lowercase();
    if PRIORITIES.contains(&word.as_str()) || more.contains(&word.as_str()) {
        return Ok(Some(priority));
    }
    Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("invalid priority \"{priority}\"")))
}

fn answer(text_: String) -> Result<Typed> {
    Ok(text(text_, RedshiftType::Text))
}

fn change_query_priority(call: Call<'_>) -> Result<Typed> {
    superusers_only(&call)?;
    match priority(&call, &[])? {
        Some(priority) => {
            answer(format!("Succeeded to change query priority. Priority changed from Normal to {priority}."))
        }
        None => null(RedshiftType::Text),
    }
}

/// -1 is the session itself.
fn change_session_priority(call: Call<'_>) -> Result<Typed> {
    superusers_only(&call)?;
    let pid = match evaluate(call.args[0].clone()) {
        Ok(ScalarValue::Int32(Some(-1))) => call.ctx.session.pid,
        Ok(ScalarValue::Int32(Some(pid))) => pid,
        Ok(ScalarValue::Int32(None)) => return null(RedshiftType::Text),
        _ => return Err(Error::unsupported("change_session_priority is supported for a constant pid only")),
    };
    match priority(&call, &[])? {
        Some(priority) => {
            let priority = priority.to_lowercase();
            answer(format!("Succeeded to change session priority. Changed session (pid:{pid}) priority to {priority}."))
        }
        None => null(RedshiftType::Text),
    }
}

fn change_user_priority(call: Call<'_>) -> Result<Typed> {
    superusers_only(&call)?;
    let (Some(user), Some(priority)) = (call.constant(0)?, priority(&call, &["reset"])?) else {
        return null(RedshiftType::Text);
    };
    let priority = priority.to_lowercase();
    if priority == "reset" {
        return answer(format!("Succeeded to reset priority for user ({user})."));
    }
    answer(format!("Succeeded to change user priority. Changed user ({user}) priority to {priority}."))
}

/// There are no models: CREATE MODEL needs a service that trains them.
fn explain_model(call: Call<'_>) -> Result<Typed> {
    match call.constant(0)? {
        Some(model) => Err(Error::new(SqlState::UNDEFINED_OBJECT, format!("model \"{model}\" does not exist"))),
        None => null(RedshiftType::Super),
    }
}

fn reboot_cluster(call: Call<'_>) -> Result<Typed> {
    superusers_only(&call)?;
    Err(Error::unsupported("reboot_cluster is not supported: there is no cluster to restart"))
}

/// SET as a function. The parameter is set when the statement runs.
fn set_config(call: Call<'_>) -> Result<Typed> {
    let (Some(name), Some(value)) = (call.constant(0)?, call.constant(1)?) else {
        return null(RedshiftType::Text);
    };
    let local = match &call.args[2].expr {
        Expr::Literal(ScalarValue::Boolean(local), _) => local.unwrap_or(false),
        Expr::Literal(ScalarValue::Int32(local), _) => local.is_some_and(|local| local != 0),
        _ => return Err(Error::unsupported("argument 3 of set_config has to be a constant")),
    };
    let span = if local { Span::Block } else { Span::Session };
    call.ctx.effects.set(SettingChange { name: name.to_lowercase(), value: value.to_string(), span });
    answer(value.to_string())
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{Leaves, check_errors_of, evaluate};

    #[test]
    fn priorities_are_checked() {
        let shown = |sql: &str| evaluate(sql, Leaves::Constants).map(|(text, _)| text);
        assert_eq!(
            shown("change_session_priority(-1, 'High')").unwrap(),
            "Succeeded to change session priority. Changed session (pid:4711) priority to high."
        );
        assert_eq!(
            shown("change_user_priority('analysis_user', 'reset')").unwrap(),
            "Succeeded to reset priority for user (analysis_user)."
        );
        check_errors_of(
            Leaves::Constants,
            &[
                ("change_query_priority(1, 'urgent')", "22023", "invalid priority \"urgent\""),
                ("explain_model('churn')", "42704", "model \"churn\" does not exist"),
            ],
        );
    }
}
