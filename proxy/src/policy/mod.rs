//! What may pass: policies for users and groups, decided on the parsed statement before it is sent anywhere.
//!
//! ```toml
//! default = "deny"                       # for users whom no policy is for; or "allow"
//!
//! [[policy]]
//! name = "analysts"
//! groups = ["analysts"]                  # and users = [...]; everybody where both are left out
//! read-only = true
//! read = ["sales.*", "public.dim_*"]     # SCHEMA.TABLE or DATABASE.SCHEMA.TABLE, with * for any characters
//! deny-read = ["*.salaries"]
//! max-rows = 100_000
//! hours = "07:00-19:00"
//! days = ["mon", "tue", "wed", "thu", "fri"]
//! time-zone = "Europe/Berlin"
//! ```
//!
//! All policies that are for a user must let a statement pass. What it touches is its [`Footprint`]: tables in sub-queries,
//! common table expressions, views that are made, bodies of procedures; never its text. Where the gateway cannot know, it
//! refuses:
//!
//! * A name without a schema is one in any schema of any search path that the session has had, and must be allowed in each. Who
//!   gives `search-path` fixes it. Tables that the session itself made as temporary ones are its own.
//! * CALL, EXECUTE in a body, and bodies that cannot be parsed touch what nobody knows: where tables are listed they need an
//!   entry in `procedures`.
//! * A policy that lists what may be read or written lists all of it: without `write` nothing may be written, and without
//!   `read` nothing but the catalog may be read.
//!
//! A view is a relation like another: what is behind it is its owner's business, as in Redshift.

mod commands;
mod patterns;
mod place;
mod rules;

use std::{fs, path::Path};

use chrono::{DateTime, Utc};
use redshift_sql_dialect::{Error, SqlState, ast::Statement, footprint::Footprint};
use serde::{Deserialize, Serialize};

pub use self::{
    place::{Place, search_path_command, split_path},
    rules::{Policies, Policy, Rule},
};
use crate::auth::gate::Guest;

/// Why a statement may not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Whose rule it is; none is that no policy is for the user.
    pub policy: Option<String>,
    /// The rule, by its key in the file.
    pub rule: Rule,
    /// What it is about.
    pub what: String,
}

impl Denial {
    /// 42501, with the rule's name.
    pub fn error(&self) -> Error {
        let Denial { policy, rule, what } = self;
        let message = match policy {
            Some(policy) => format!("permission denied by policy \"{policy}\", rule \"{}\": {what}", rule.name()),
            None => format!("permission denied: {what}"),
        };
        let error = Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message);
        match rule {
            Rule::SearchPath => error.with_hint("Write the name with its schema."),
            _ => error,
        }
    }
}

/// How much of a result may pass, and whose rule that is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Rows, and the policy that says so.
    pub rows: Option<(u64, String)>,
    /// Bytes, and the policy that says so.
    pub bytes: Option<(u64, String)>,
}

impl Limits {
    /// May so much have passed?
    ///
    /// # Errors
    /// 42501
    pub fn check(&self, rows: u64, bytes: u64) -> Result<(), Denial> {
        let over = |limit: &Option<(u64, String)>, is: u64, rule, unit: &str| match limit {
            Some((most, policy)) if is > *most => Err(Denial {
                policy: Some(policy.clone()),
                rule,
                what: format!("the result has more than {most} {unit}"),
            }),
            _ => Ok(()),
        };
        over(&self.rows, rows, Rule::MaxRows, "rows")?;
        over(&self.bytes, bytes, Rule::MaxBytes, "bytes")
    }
}

/// A statement that is to be decided on.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// Who wants it.
    pub guest: &'a Guest,
    /// What it says.
    pub statement: &'a Statement,
    /// What it touches.
    pub footprint: &'a Footprint,
    /// Where its names are looked up.
    pub place: &'a Place,
    /// Now.
    pub now: DateTime<Utc>,
}

impl Policies {
    /// Reads a file of policies.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(path: &Path) -> Result<Policies, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Policies::parse(&text).map_err(|reason| format!("{}: {reason}", path.display()))
    }

    /// May this statement pass, and how much of its result?
    ///
    /// # Errors
    /// Why not.
    pub fn decide(&self, case: Case<'_>) -> Result<Limits, Denial> {
        let mut limits = Limits::default();
        let mut any = false;
        for policy in self.of(case.guest) {
            any = true;
            policy.decide(case)?;
            let tighter = |known: &mut Option<(u64, String)>, most: Option<u64>| {
                if let Some(most) = most
                    && known.as_ref().is_none_or(|(known, _)| most < *known)
                {
                    *known = Some((most, policy.name.clone()));
                }
            };
            tighter(&mut limits.rows, policy.max_rows);
            tighter(&mut limits.bytes, policy.max_bytes);
        }
        if any || self.allows_by_default() {
            return Ok(limits);
        }
        let what = format!("no policy is for user \"{}\"", case.guest.name);
        Err(Denial { policy: None, rule: Rule::Default, what })
    }
}

#[cfg(test)]
mod tests;
