//! Results that are larger than the Data API gives: unloaded to S3, and read from there.
//!
//! The Data API gives results of at most 500 MB, of rows of at most 64 KB. That a result is larger is known only when the
//! service has refused it: then the query is run again as an UNLOAD into Parquet files, which are streamed to the client and
//! removed, whatever becomes of the statement. That a query was too large is remembered for an hour, in which it is unloaded
//! at once.
//!
//! A query is run again where nobody can tell: where it only reads and calls nothing but Redshift's own functions, and
//! outside of a transaction block, or as the first statement of one, which is then opened anew. (The service's refusal may
//! or may not have failed the block.)
//!
//! 1. [`wrap`] makes the UNLOAD of a query.
//! 2. [`store`] lists, opens and removes files.
//! 3. [`read`] makes of their rows what the Data API would have given.
//!
//! Sources: management guide, "Troubleshooting issues for Amazon Redshift Data API"; developer guide, "UNLOAD".

mod read;
mod store;
mod wrap;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use blueshift_emulator::functions;
use redshift_sql_dialect::{
    Error, SqlState,
    ast::{IamRole, Query, Statement},
    footprint::Footprint,
    visit::{Use, Visitor},
};
use tokio::time::Instant;
use uuid::Uuid;

use self::store::Store;
pub use self::{
    read::{Files, Source},
    wrap::unload,
};
use super::client::Client;
use crate::config::proxy::TargetConfig;

/// How long it is remembered that a query was too large, and how many queries.
const MEMORY: (Duration, usize) = (Duration::from_secs(3_600), 10_000);
/// Functions of Redshift that do something.
const EFFECTS: [&str; 3] = ["set_config", "pg_cancel_backend", "pg_terminate_backend"];

/// Where a target's results are unloaded to.
pub struct Unloads {
    store: Arc<Store>,
    role: IamRole,
    region: Option<String>,
    /// Queries that were too large, with their parameters, and when.
    large: Mutex<HashMap<String, Instant>>,
}

impl Unloads {
    /// None where the configuration names no place.
    pub fn new(config: &TargetConfig, client: &Client) -> Option<Unloads> {
        let place = config.unload_place()?;
        let region = config.unload_region.clone();
        let role = config.unload_role.clone().map_or(IamRole::Default, IamRole::Arn);
        let reached_in = region.clone().or_else(|| client.region());
        let store = Store::new(&place, reached_in, config.unload_endpoint_url.clone(), client.credentials());
        Some(Unloads { store: Arc::new(store), role, region, large: Mutex::default() })
    }

    /// A new folder for the files of a result; they go when this does.
    pub fn folder(&self) -> Files {
        Files::new(Arc::clone(&self.store), Uuid::new_v4())
    }

    /// Remembers that a query is too large for the Data API.
    pub fn remember(&self, query: &str) {
        let mut large = self.large.lock().unwrap_or_else(PoisonError::into_inner);
        if large.len() >= MEMORY.1 {
            large.retain(|_, since| since.elapsed() < MEMORY.0);
        }
        if large.len() < MEMORY.1 {
            large.insert(query.to_string(), Instant::now());
        }
    }

    /// Was a query too large, not long ago?
    pub fn is_known(&self, query: &str) -> bool {
        let large = self.large.lock().unwrap_or_else(PoisonError::into_inner);
        large.get(query).is_some_and(|since| since.elapsed() < MEMORY.0)
    }

    /// Is there any such query? There seldom is.
    pub fn is_any_known(&self) -> bool {
        !self.large.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// The role and the region that the UNLOAD names.
    pub fn options(&self) -> (&IamRole, Option<&str>) {
        (&self.role, self.region.as_deref())
    }
}

/// Did a statement fail because its result is larger than the Data API gives?
pub fn is_too_large(error: &Error) -> bool {
    error.sqlstate() == SqlState::PROGRAM_LIMIT_EXCEEDED
        && ["Database response exceeded size limit", "Packet for query is too large"]
            .iter()
            .any(|known| error.message().contains(known))
}

/// The query of a statement that may be run a second time, because the first time leaves nothing behind.
pub fn repeatable(statement: &Statement) -> Option<&Query> {
    let Statement::Query(query) = statement else { return None };
    let footprint = Footprint::of(statement);
    let only_reads = footprint.settings.is_empty()
        && footprint.opaque.is_empty()
        && footprint.relations.iter().all(|(_, usage)| *usage == Use::Read);
    let mut calls = Calls { harmless: true };
    calls.visit_statement(statement);
    (only_reads && calls.harmless).then_some(query)
}

/// Are all functions that are called Redshift's own, and without effects? Those of users may call a Lambda function.
struct Calls {
    harmless: bool,
}

impl Visitor for Calls {
    fn visit_call(&mut self, call: &redshift_sql_dialect::ast::FunctionCall) {
        let own_schema = call.name.schema().is_none_or(|schema| schema.value == "pg_catalog");
        let name = call.name.object().value.to_ascii_lowercase();
        self.harmless &= own_schema && functions::classes(&name).is_some() && !EFFECTS.contains(&name.as_str());
    }
}

#[cfg(test)]
mod tests {
    use redshift_sql_dialect::parse;

    use super::*;

    #[test]
    fn what_leaves_nothing_behind_may_run_again() {
        let may = |sql: &str| repeatable(&parse(sql).unwrap()[0].statement).is_some();
        for sql in ["select * from t", "with a as (select random() r) select sum(r), now() from a", "select f.x from f"]
        {
            assert!(may(sql), "{sql}");
        }
        for sql in [
            "select mine(a) from t",
            "select s.count(a) from t",
            "select set_config('timezone', 'UTC', false) from t",
            "select pg_terminate_backend(pid) from t",
            "insert into t select * from u",
            "select * into u from t",
            "show tables from schema dev.public",
        ] {
            assert!(!may(sql), "{sql}");
        }
    }

    #[test]
    fn the_services_words_are_known() {
        for text in ["Database response exceeded size limit", "Packet for query is too large: 70000 bytes"] {
            assert!(is_too_large(&super::super::errors::statement_error(&format!("ERROR: {text}"), "")));
        }
        assert!(!is_too_large(&Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "Statement is too large")));
    }
}
