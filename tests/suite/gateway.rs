//! What scripts cannot have of a gateway, because the Data API does not give it. Everything else must be as it is without one.
//!
//! * Errors have no SQLSTATE. The gateway finds it by the message; what no message tells ([`UNTOLD`]) is XX000.
//! * [`LEFT_OUT`]: scripts that are about what there is not.

use regex::Regex;
use sqllogictest::{TestError, TestErrorKind};

/// Scripts that are not run through a gateway, and why.
const LEFT_OUT: [(&str, &str); 9] = [
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
    ("wire::stop_sessions", "a result has at most 500 MB, and is all there before its first row comes"),
];

/// Is a script, such as `wire::blocks`, one for a gateway?
pub fn takes(script: &str) -> bool {
    !LEFT_OUT.iter().any(|(name, _)| *name == script)
}

/// States that no message tells, and what all of their messages begin with.
const UNTOLD: [(&str, &str); 4] = [
    // RAISE EXCEPTION: whatever a procedure's author wrote.
    ("P0001", ""),
    // The words are those of compute nodes, too, whose errors are all XX000.
    ("22003", "Numeric data overflow (result precision)"),
    // How a cluster words these is not documented, so that a gateway does not look for our words.
    ("42601", "COMPROWS"),
    ("22023", "COMPROWS"),
];

/// Is an error not as expected only because its message does not tell its SQLSTATE?
pub fn is_untold(error: &TestError) -> bool {
    const UNKNOWN: &str = "XX000";
    let TestErrorKind::ErrorMismatch { err, expected_err, .. } = error.kind() else { return false };
    let said = err.to_string();
    let Some(message) = said.strip_prefix(UNKNOWN).and_then(|rest| rest.strip_prefix(": ")) else { return false };
    let is_untold = |state: &str| UNTOLD.iter().any(|(untold, words)| state == *untold && message.starts_with(words));
    match expected_err.split_once(") ") {
        Some(("(sqlstate", state)) => is_untold(state),
        Some(("(regex", expression)) => {
            let Some((state, rest)) = expression.trim_start_matches('^').split_at_checked(UNKNOWN.len()) else {
                return false;
            };
            is_untold(state) && Regex::new(&format!("^{UNKNOWN}{rest}")).is_ok_and(|words| words.is_match(&said))
        }
        _ => false,
    }
}
