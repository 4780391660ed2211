//! The system's own relations: pg_catalog, information_schema, SVV, STV, STL, SVL and SYS.
//!
//! A few base relations in the schema `pg_internal` give what the catalog, the session and the [`logs`] know, made when
//! they are scanned ([`base`]). Every other system relation is a text of SQL over them, kept in the files under `sql/`
//! with the columns and types that Redshift documents ([`definition`]). So a relation that is missing is added by
//! writing its text, and what a client asks of the catalog is answered by the same binder and optimiser as its queries.
//!
//! 1. [`relation`] finds a system relation by name, with its columns, whose OIDs never change.
//! 2. [`contents`] says how its rows are had: a query, or the scan of a base relation over a [`Source`].
//! 3. [`SystemView`] puts both in front of a transaction's own view, so that a statement sees one catalog.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use arrow::datatypes::Schema;
use datafusion::datasource::empty::EmptyTable;
use redshift_sql_dialect::Result;

pub use self::{
    activity::{
        ActiveQuery, ActiveSession, Activity, ClosedDatabase, CursorProgress, LoadState, OpenCursor, RunningLoad,
        RunningQuery, SessionActivity,
    },
    directory::Directory,
    hints::missing_column_hint,
    source::Source,
    view::SystemView,
};
use self::{
    base::Base,
    definition::{Definition, Listing},
    provider::BaseProvider,
};
pub(crate) use self::{
    base::{
        column_encoding,
        defaults::shown as shown_default,
        encoding_name,
        routines::{definition as routine_definition, input_list},
        table_blocks, view_definition,
    },
    built_in::written as written_regproc,
    lookup::catalog_type,
    names::quote_identifier,
};
use crate::{
    catalog::{Column, Contents, Oid, Relation, RelationKind},
    types::arrow_field,
};

mod activity;
mod base;
pub(crate) mod built_in;
mod definition;
mod directory;
pub(crate) mod facts;
mod hints;
pub mod logs;
pub(crate) mod lookup;
mod names;
mod provider;
mod rows;
mod source;
pub(crate) mod types;
mod view;
mod visibility;

/// pg_namespace.oid of pg_catalog.
pub(crate) const PG_CATALOG: u32 = 11;
/// The schema of the base relations.
pub(crate) const INTERNAL_SCHEMA: &str = "pg_internal";
/// pg_user.usesysid of `rdsdb`, to whom the system's own objects belong.
pub(crate) const SYSTEM_USER: u32 = 1;

/// The schemas that every database has beside the users': OIDs and names.
pub(crate) const SYSTEM_SCHEMAS: [(u32, &str); 4] =
    [(PG_CATALOG, "pg_catalog"), (99, "pg_toast"), (9_001, INTERNAL_SCHEMA), (9_002, "information_schema")];

/// The texts of the definitions, by family.
const FILES: [&str; 11] = [
    include_str!("sql/pg_catalog.sql"),
    include_str!("sql/pg_catalog_empty.sql"),
    include_str!("sql/information_schema.sql"),
    include_str!("sql/svv.sql"),
    include_str!("sql/stl.sql"),
    include_str!("sql/steps.sql"),
    include_str!("sql/runs.sql"),
    include_str!("sql/wlm.sql"),
    include_str!("sql/unfed.sql"),
    include_str!("sql/sys.sql"),
    include_str!("sql/show.sql"),
];

/// OIDs of the base relations follow this one.
const FIRST_BASE_OID: u32 = 11_900;

/// Which columns system relations have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edition {
    /// Those that Redshift documents.
    Redshift,
    /// Those and the conveniences of `--extensions`.
    Extended,
}

impl Edition {
    /// The edition of a session.
    pub fn of(session: &crate::binder::SessionInfo) -> Edition {
        if session.extensions { Edition::Extended } else { Edition::Redshift }
    }
}

/// A system relation, and how its rows are had.
struct Entry {
    relation: Arc<Relation>,
    listing: Listing,
    rows: Rows,
}

#[derive(Debug, Clone, Copy)]
enum Rows {
    Base(Base),
    Query(&'static str),
    None,
}

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    // That every definition can be read is a test's business.
    let defined = FILES.iter().flat_map(|file| definition::read(file)).flatten().map(Entry::of_definition);
    defined.chain((FIRST_BASE_OID..).zip(Base::ALL).map(|(oid, base)| Entry::of_base(oid, base))).collect()
});

/// Positions in [`ENTRIES`] by schema and name: Redshift's relations, and those that stand in for them.
static BY_NAME: LazyLock<HashMap<(&'static str, &'static str, Edition), usize>> = LazyLock::new(|| {
    let key = |(index, entry): (usize, &'static Entry)| {
        let edition = if entry.listing == Listing::Extended { Edition::Extended } else { Edition::Redshift };
        ((entry.relation.schema.as_str(), entry.relation.name.as_str(), edition), index)
    };
    ENTRIES.iter().enumerate().map(key).collect()
});

impl Entry {
    fn of_definition(definition: Definition<'static>) -> Entry {
        let listed = (1i16..).zip(&definition.columns);
        let hidden = (1i16..).map(|number| -number).zip(&definition.hidden);
        let columns = listed.chain(hidden).map(|(attnum, (name, ty))| Column { attnum, ..Column::new(*name, *ty) });
        let relation = system_relation(definition.oid, definition.schema, definition.name, columns.collect());
        let rows = definition.query.map_or(Rows::None, Rows::Query);
        Entry { relation: Arc::new(relation), listing: definition.listing, rows }
    }

    fn of_base(oid: u32, base: Base) -> Entry {
        let columns = (1i16..).zip(base.columns());
        let columns = columns.map(|(attnum, (name, ty))| Column { attnum, ..Column::new(*name, *ty) }).collect();
        let relation = system_relation(oid, INTERNAL_SCHEMA, base.name(), columns);
        Entry { relation: Arc::new(relation), listing: Listing::Unlisted, rows: Rows::Base(base) }
    }
}

fn system_relation(oid: u32, schema: &str, name: &str, columns: Arc<[Column]>) -> Relation {
    let schema_oid = SYSTEM_SCHEMAS.iter().find(|(_, other)| *other == schema).map_or(PG_CATALOG, |(oid, _)| *oid);
    Relation {
        oid: Oid(oid),
        schema: schema.to_string(),
        schema_oid: Oid(schema_oid),
        database: Oid(0),
        name: name.to_string(),
        owner: Oid(SYSTEM_USER),
        columns,
        kind: RelationKind::System,
        comment: None,
        created: 0,
        security: None,
    }
}

/// The system relation of this name.
pub fn relation(schema: &str, name: &str, edition: Edition) -> Option<Arc<Relation>> {
    entry(schema, name, edition).map(|entry| entry.relation.clone())
}

fn entry(schema: &str, name: &str, edition: Edition) -> Option<&'static Entry> {
    let by_name: &HashMap<(&str, &str, Edition), usize> = &BY_NAME;
    let found = by_name.get(&(schema, name, edition)).or_else(|| by_name.get(&(schema, name, Edition::Redshift)))?;
    ENTRIES.get(*found)
}

/// The system relation of this OID.
pub(crate) fn relation_by_oid(oid: u32) -> Option<&'static Arc<Relation>> {
    ENTRIES.iter().map(|entry| &entry.relation).find(|relation| relation.oid.0 == oid)
}

/// The relations that pg_class and its like list, with their relkind: `r` or `v`.
fn listed() -> impl Iterator<Item = (&'static Relation, &'static str)> {
    ENTRIES.iter().filter_map(|entry| match entry.listing {
        Listing::Table => Some((&*entry.relation, "r")),
        Listing::View => Some((&*entry.relation, "v")),
        Listing::Unlisted | Listing::Extended => None,
    })
}

/// pg_proc.oid of a function of the system's; none where pg_proc does not list it.
pub fn function_oid(name: &str) -> Option<u32> {
    built_in::named(name).next().map(|function| function.oid)
}

/// Is it a schema of the system's?
pub fn is_system_schema(schema: &str) -> bool {
    SYSTEM_SCHEMAS.iter().any(|(_, name)| *name == schema)
}

/// The relations that only superusers may read, until they grant it (developer guide, "Visibility of data in system tables
/// and views", and the page of each), in order.
const FOR_SUPERUSERS: &[&str] = &[
    "pg_shadow",
    "pg_statistic_indicator",
    "stl_analyze",
    "stl_commit_stats",
    "stl_connection_log",
    "stl_disk_full_diag",
    "stl_tr_conflict",
    "stl_usage_control",
    "stl_userlog",
    "stl_vacuum",
    "stv_blocklist",
    "stv_cursor_configuration",
    "stv_locks",
    "stv_node_storage_capacity",
    "stv_partitions",
    "stv_tbl_perm",
    "stv_tbl_trans",
    "stv_wlm_classification_config",
    "stv_wlm_qmr_config",
    "stv_wlm_service_class_config",
    "stv_wlm_service_class_state",
    "stv_xrestore_alter_queue_state",
    "svcs_concurrency_scaling_usage",
    "svl_auto_worker_action",
    "svl_query_queue_info",
    "svl_restore_alter_table_progress",
    "svl_terminate",
    "svl_user_info",
    "svl_vacuum_percentage",
    "svv_alter_table_recommendations",
    "svv_diskusage",
    "svv_identity_providers",
    "svv_integration",
    "svv_integration_table_state",
    "svv_interleaved_columns",
    "svv_rls_applied_policy",
    "svv_table_info",
    "svv_vacuum_progress",
    "svv_vacuum_summary",
    "sys_analyze_history",
    "sys_auto_table_optimization",
    "sys_automatic_optimization",
    "sys_connection_log",
    "sys_datashare_cross_region_usage",
    "sys_extra_compute_for_automatic_optimization",
    "sys_integration_activity",
    "sys_ludf_detail",
    "sys_restore_log",
    "sys_restore_state",
    "sys_serverless_usage",
    "sys_udf_log",
    "sys_userlog",
];

/// May only superusers read this relation of the system's?
pub(crate) fn is_for_superusers(relation: &Relation) -> bool {
    FOR_SUPERUSERS.binary_search(&relation.name.as_str()).is_ok()
}

/// pg_language.oid of this language.
pub(crate) fn language_named(name: &str) -> Option<u32> {
    base::privileges::LANGUAGES.iter().find(|(_, language)| *language == name).map(|(oid, _)| *oid)
}

/// How the rows of a system relation are had. Those of a base relation are what the source tells when they are scanned.
///
/// # Errors
/// XX000 where the relation is not the system's.
pub fn contents(relation: &Relation, source: &Arc<Source>) -> Result<Contents> {
    let entry = entry(&relation.schema, &relation.name, Edition::of(&source.session))
        .ok_or_else(|| redshift_sql_dialect::Error::internal(format!("{} is no system relation", relation.name)))?;
    Ok(match entry.rows {
        Rows::Base(base) => Contents::Scan(Arc::new(BaseProvider::new(base, source.clone()))),
        Rows::Query(text) => Contents::Query { text: text.to_string(), search_path: vec!["pg_catalog".to_string()] },
        Rows::None => {
            let fields: Vec<_> = relation.columns.iter().map(|column| arrow_field(&column.name, column.ty)).collect();
            Contents::Scan(Arc::new(EmptyTable::new(Arc::new(Schema::new(fields)))))
        }
    })
}

#[cfg(test)]
mod tests;
