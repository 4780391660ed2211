//! The names of commands that policies may speak of: a pattern that matches none of them is a slip of the pen, and a command
//! that was to be forbidden would pass.

use redshift_sql_dialect::COMMAND_NAMES;

use super::patterns::Glob;

/// Patterns of commands, in whatever case.
///
/// # Errors
/// Names one that no command has.
pub fn patterns(texts: &[String]) -> Result<Vec<Glob>, String> {
    let pattern = |text: &String| {
        let glob = Glob::new(&text.to_ascii_uppercase());
        let is_any = COMMAND_NAMES.iter().any(|name| glob.matches(name));
        is_any.then_some(glob).ok_or_else(|| format!("no command is called \"{text}\""))
    };
    texts.iter().map(pattern).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_of_commands() {
        let is_known = |text: &str| patterns(&[text.to_string()]).is_ok();
        for text in ["select", "CREATE *", "drop table", "*", "SHOW *", "*PROCEDURE"] {
            assert!(is_known(text), "{text}");
        }
        for text in ["SELEKT", "CREATE TABEL", "DROP", "truncate", ""] {
            assert!(!is_known(text), "{text}");
        }
    }
}
