//! The limits of the Data API, which tests lower.
//!
//! Source: management guide, "Considerations when calling the Amazon Redshift Data API" and "Troubleshooting issues for Amazon
//! Redshift Data API".

use std::{str::FromStr, time::Duration};

use crate::config::parse_size;

/// How much of what there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a result.
    pub result: u64,
    /// Bytes of a row.
    pub row: u64,
    /// Sessions at a time.
    pub sessions: usize,
    /// Statements that wait or run at a time.
    pub statements: usize,
    /// How long a session may live.
    pub session_life: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            result: 500 << 20,
            row: 64 << 10,
            sessions: 500,
            statements: 500,
            session_life: Duration::from_secs(24 * 3_600),
        }
    }
}

impl FromStr for Limits {
    type Err = String;

    /// `result=1MB,row=4KB,sessions=2,statements=5,session-life=10`: what is not named is as in the service.
    fn from_str(text: &str) -> Result<Limits, String> {
        let mut limits = Limits::default();
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            let (name, value) = part.split_once('=').ok_or("a limit is a name, = and a number")?;
            let number = parse_size(value)?;
            match name.trim() {
                "result" => limits.result = number as u64,
                "row" => limits.row = number as u64,
                "sessions" => limits.sessions = number,
                "statements" => limits.statements = number,
                "session-life" => limits.session_life = Duration::from_secs(number as u64),
                other => {
                    return Err(format!("\"{other}\" is none of result, row, sessions, statements and session-life"));
                }
            }
        }
        Ok(limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_lowered_by_name() {
        let limits: Limits = "result=1MB, sessions=2,session-life=10".parse().unwrap();
        assert_eq!((limits.result, limits.row, limits.sessions), (1 << 20, 64 << 10, 2));
        assert_eq!(limits.session_life, Duration::from_secs(10));
        assert!("rows=1".parse::<Limits>().is_err());
        assert!("row".parse::<Limits>().is_err());
    }
}
