//! What scripts cannot have of a gateway, because the Data API does not give it. Everything else must be as it is without one.
//!
//! * Errors have no SQLSTATE. The gateway finds it by the message; an error whose message it does not know is XX000, so that only
//!   the message counts then.
//! * [`LEFT_OUT`]: scripts that are about what there is not.

use regex::Regex;
use sqllogictest::{TestError, TestErrorKind};

/// Scripts that are not run through a gateway, and why.
const LEFT_OUT: [(&str, &str); 10] = [
    ("slt::system::cursors", "cursors are the gateway's own: the warehouse does not see them"),
    ("slt::system::utility", "blocks are opened and ended with words of the gateway's own, which the history has"),
    ("slt::system::violations", "what cannot run in a block is refused before it reaches the warehouse"),
    ("wire::blocks", "a statement is described when it runs, because that costs a call: its error comes with Execute"),
    ("wire::broken_messages", "a result has at most 500 MB, and is all there before its first row comes"),
    ("wire::cancel", "a result has at most 500 MB, and is all there before its first row comes"),
    (
        "wire::extended",
        "a statement is described when it runs, because that costs a call: its error comes with Execute",
    ),
    ("wire::notices", "the service tells no notices"),
    ("wire::startup", "who is a superuser is not known before the first statement"),
    ("wire::stop_sessions", "a result has at most 500 MB, and is all there before its first row comes"),
];

/// Is a script, such as `wire::blocks`, one for a gateway?
pub fn takes(script: &str) -> bool {
    !LEFT_OUT.iter().any(|(name, _)| *name == script)
}

/// Is an error not as expected only because nobody tells its SQLSTATE?
pub fn is_untold(error: &TestError) -> bool {
    const UNKNOWN: &str = "XX000";
    let TestErrorKind::ErrorMismatch { err, expected_err, .. } = error.kind() else { return false };
    let said = err.to_string();
    if !said.starts_with(UNKNOWN) {
        return false;
    }
    match expected_err.split_once(") ") {
        Some(("(sqlstate", _)) => true,
        Some(("(regex", expression)) => {
            let expression = expression.trim_start_matches('^');
            let Some((state, rest)) = expression.split_at_checked(UNKNOWN.len()) else { return false };
            let is_state = state.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
            let message = Regex::new(&format!("^{UNKNOWN}{rest}"));
            is_state && message.is_ok_and(|message| message.is_match(&said))
        }
        _ => false,
    }
}
