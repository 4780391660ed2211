//! Tables, views, the indexes of keys, and the system's own relations.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use redshift_sql_dialect::{RedshiftType, Result, ast::DistStyle};

use super::{
    Wanted,
    blocks::{self, BLOCK},
    constraints,
    privileges::Acls,
};
use crate::{
    catalog::{
        Actor, BaseChange, Changes, Column, GrantObject, KeyKind, Materialized, Oid, Privilege, Relation, RelationKind,
        TableInfo,
    },
    storage::TableStatistics,
    system::{
        PG_CATALOG, SYSTEM_USER, Source,
        directory::Principals,
        is_for_superusers, listed,
        names::quote_identifier,
        rows::{BaseColumn, Cell},
        types::row_type_of,
    },
};

/// Bytes of a page in pg_class.relpages.
const PAGE: u64 = 8192;

pub const COLUMNS: &[BaseColumn] = &[
    ("oid", RedshiftType::Oid),
    ("name", RedshiftType::Name),
    ("namespace", RedshiftType::Oid),
    ("schema", RedshiftType::Name),
    ("database_oid", RedshiftType::Oid),
    ("owner", RedshiftType::Int4),
    ("owner_name", RedshiftType::Name),
    ("kind", RedshiftType::InternalChar),
    ("natts", RedshiftType::Int2),
    ("has_index", RedshiftType::Bool),
    ("has_primary_key", RedshiftType::Bool),
    ("unique_keys", RedshiftType::Int2),
    ("foreign_keys", RedshiftType::Int2),
    ("referencing_keys", RedshiftType::Int2),
    ("dist_style", RedshiftType::Int2),
    ("effective_dist_style", RedshiftType::Int4),
    ("dist_style_name", RedshiftType::Text),
    ("encoded", RedshiftType::Text),
    ("sort_key1", RedshiftType::Text),
    ("sort_key1_encoding", RedshiftType::Text),
    ("sort_keys", RedshiftType::Int4),
    ("max_varchar", RedshiftType::Int4),
    ("created", RedshiftType::Timestamp),
    ("persistence", RedshiftType::InternalChar),
    ("backup", RedshiftType::Bool),
    ("definition", RedshiftType::Text),
    ("query", RedshiftType::Text),
    ("acl", RedshiftType::AclItemArray),
    ("acl_text", RedshiftType::Text),
    ("comment", RedshiftType::Text),
    ("visible", RedshiftType::Bool),
    ("is_system", RedshiftType::Bool),
    ("subtype", RedshiftType::Text),
    ("accessible", RedshiftType::Bool),
    ("pages", RedshiftType::Int4),
    ("row_estimate", RedshiftType::Float4),
    ("stored_rows", RedshiftType::Int8),
    ("visible_rows", RedshiftType::Int8),
    ("sorted_rows", RedshiftType::Int8),
    ("blocks", RedshiftType::Int8),
    ("megabytes", RedshiftType::Int8),
    ("shown_name", RedshiftType::Name),
    ("mv_state", RedshiftType::Int4),
    ("mv_stale", RedshiftType::Bool),
    ("mv_auto_refresh", RedshiftType::Bool),
    ("mv_xid", RedshiftType::Int8),
    // When its rows and its definition were changed last.
    ("rows_changed", RedshiftType::Timestamp),
    ("altered", RedshiftType::Timestamp),
    ("row_type", RedshiftType::Oid),
];

/// What a row has that differs between tables, views, indexes and system relations.
#[derive(Default)]
struct Parts {
    oid: u32,
    name: String,
    namespace: u32,
    schema: String,
    owner: u32,
    kind: &'static str,
    natts: usize,
    keys: Keys,
    storage: Storage,
    created: i64,
    temporary: bool,
    backup_off: bool,
    definition: Option<String>,
    query: Option<String>,
    acl: Option<Vec<String>>,
    comment: Option<String>,
    visible: bool,
    is_system: bool,
    subtype: &'static str,
    accessible: bool,
    statistics: TableStatistics,
    /// Of a materialized view's table of rows, the view's name.
    shown_name: Option<String>,
    materialized: Option<MaterializedParts>,
    changes: Changes,
}

/// What stv_mv_info tells of a materialized view.
struct MaterializedParts {
    state: i64,
    stale: bool,
    auto_refresh: bool,
    xid: i64,
}

#[derive(Default)]
struct Keys {
    any: bool,
    primary: bool,
    unique: i64,
    foreign: i64,
    referencing: i64,
}

/// How a table is laid out, as svv_table_info words it.
#[derive(Default)]
struct Storage {
    dist_style: i64,
    effective_dist_style: i64,
    dist_style_name: Option<String>,
    encoded: Option<&'static str>,
    sort_key1: Option<String>,
    sort_key1_encoding: Option<String>,
    sort_keys: i64,
    max_varchar: i64,
}

pub fn rows(source: &Source, wanted: &Wanted<'_>) -> Result<Vec<Vec<Cell>>> {
    let principals = Principals::of(&*source.directory)?;
    let acls = Acls::of(source, &principals)?;
    let visibility = source.visibility()?;
    let counts =
        wanted.any(&["pages", "row_estimate", "stored_rows", "visible_rows", "sorted_rows", "blocks", "megabytes"]);
    let database = source.database_oid()?;
    let access = Access::of(source, wanted.any(&["accessible"]))?;
    let mut all = if source.elsewhere { Vec::new() } else { system_relations(source) };
    let relations = source.directory.relations()?;
    let views: HashMap<Oid, &str> =
        relations.iter().filter_map(|relation| Some((relation.materialized()?.data, relation.name.as_str()))).collect();
    let changes = if wanted.any(&["rows_changed", "altered"]) { source.directory.changes()? } else { HashMap::new() };
    let materialized = wanted.any(&["mv_state", "mv_stale", "mv_auto_refresh", "mv_xid"]);
    for relation in &relations {
        let statistics = if counts && relation.table().is_some() {
            source.directory.statistics(relation.oid)?
        } else {
            Default::default()
        };
        let acl = acls.of_object(GrantObject::Relation(relation.oid), relation.owner.0);
        let accessible = access.shows(relation)?;
        let visible = visibility.shows(relation);
        let mut parts = Parts { accessible, ..of_relation(relation, acl, visible, statistics) };
        parts.changes = changes.get(&relation.oid).copied().unwrap_or_default();
        parts.shown_name = views.get(&relation.oid).map(|name| name.to_string());
        if materialized && let Some(view) = relation.materialized() {
            parts.materialized = Some(materialized_parts(view, source)?);
        }
        all.push(parts);
        all.extend(indexes(relation, visible));
    }
    // A key is counted with the table that it points to as well.
    let mut referencing: HashMap<u32, i64> = HashMap::new();
    for table in relations.iter().flat_map(|relation| foreign_tables(relation)) {
        *referencing.entry(table).or_default() += 1;
    }
    for parts in all.iter_mut().filter(|parts| !parts.is_system) {
        parts.keys.referencing = referencing.get(&parts.oid).copied().unwrap_or(0);
    }
    Ok(all.into_iter().map(|parts| into_row(parts, database, &principals)).collect())
}

/// Which relations the user may read something of: what SVV and SHOW list.
struct Access<'a> {
    source: &'a Source,
    /// None is a superuser, or that nobody asks.
    actor: Option<Arc<Actor>>,
    /// The schemas that can be used.
    schemas: HashSet<Oid>,
}

impl<'a> Access<'a> {
    fn of(source: &'a Source, asked: bool) -> Result<Access<'a>> {
        if source.is_superuser()? || !asked {
            return Ok(Access { source, actor: None, schemas: HashSet::new() });
        }
        let actor = source.actor()?;
        let mut schemas = HashSet::new();
        for schema in source.directory.schemas()? {
            if source.directory.may_with_schema(&actor, &schema, Privilege::Usage)? {
                schemas.insert(schema.oid);
            }
        }
        Ok(Access { source, actor: Some(actor), schemas })
    }

    fn shows(&self, relation: &Relation) -> Result<bool> {
        let Some(actor) = &self.actor else { return Ok(true) };
        if relation.owner == actor.user {
            return Ok(true);
        }
        let rights = || self.source.directory.relation_rights(actor, relation);
        Ok(self.schemas.contains(&relation.schema_oid) && rights()?.has_somewhere(Privilege::Select))
    }
}

fn materialized_parts(view: &Materialized, source: &Source) -> Result<MaterializedParts> {
    let mut stale = false;
    for (table, version) in &view.versions {
        stale |= source.directory.table_version(*table)? != *version;
    }
    Ok(MaterializedParts {
        state: view.broken.map_or(i64::from(view.incremental), BaseChange::code),
        stale,
        auto_refresh: view.auto_refresh,
        xid: view.refreshed_by,
    })
}

fn foreign_tables(relation: &Relation) -> impl Iterator<Item = u32> + '_ {
    let constraints = relation.table().map_or(&[][..], |table| &table.constraints);
    constraints.iter().filter_map(|constraint| match &constraint.kind {
        KeyKind::Foreign { table, .. } => Some(table.0),
        KeyKind::Primary | KeyKind::Unique => None,
    })
}

fn system_relations(source: &Source) -> Vec<Parts> {
    let parts = |relation: &Relation, kind: &'static str| Parts {
        oid: relation.oid.0,
        name: relation.name.clone(),
        namespace: relation.schema_oid.0,
        schema: relation.schema.clone(),
        owner: SYSTEM_USER,
        kind,
        natts: relation.columns.iter().filter(|column| !column.is_hidden()).count(),
        visible: relation.schema_oid.0 == PG_CATALOG || source.session.search_path.contains(&relation.schema),
        is_system: true,
        accessible: source.session.superuser || !is_for_superusers(relation),
        subtype: if kind == "v" { "REGULAR VIEW" } else { "REGULAR TABLE" },
        ..Parts::default()
    };
    listed().map(|(relation, kind)| parts(relation, kind)).collect()
}

fn of_relation(relation: &Relation, acl: Option<Vec<String>>, visible: bool, statistics: TableStatistics) -> Parts {
    let common = Parts {
        oid: relation.oid.0,
        name: relation.name.clone(),
        namespace: relation.schema_oid.0,
        schema: relation.schema.clone(),
        owner: relation.owner.0,
        natts: relation.columns.len(),
        created: relation.created,
        acl,
        comment: relation.comment.clone(),
        visible,
        statistics,
        ..Parts::default()
    };
    match &relation.kind {
        RelationKind::Table(table) => Parts {
            kind: "r",
            subtype: "REGULAR TABLE",
            keys: keys_of(table),
            storage: storage_of(relation, table),
            temporary: table.temporary,
            backup_off: table.backup_off,
            ..common
        },
        RelationKind::View(view) => Parts {
            kind: "v",
            subtype: match &view.materialized {
                Some(_) => "MATERIALIZED VIEW",
                None if view.late_binding => "LATE BINDING VIEW",
                None => "REGULAR VIEW",
            },
            definition: Some(view_definition(relation).unwrap_or_default()),
            query: Some(view.query.clone()),
            ..common
        },
        RelationKind::System => Parts { kind: "v", is_system: true, ..common },
    }
}

/// What pg_views.definition and `pg_get_viewdef` show: the query; of a late-binding or materialized view the whole statement as
/// it was written.
pub fn view_definition(relation: &Relation) -> Option<String> {
    let RelationKind::View(view) = &relation.kind else { return None };
    let query = view.query.trim_end_matches([';', ' ', '\n', '\t']);
    if let Some(materialized) = &view.materialized {
        // Clusters show it as it was written: its schema, attributes and layout with it.
        Some(match &materialized.head {
            Some(head) => format!("{head}{query};"),
            None => format!("create materialized view {} as {query};", quote_identifier(&relation.name)),
        })
    } else if let Some(written) = &view.written {
        // "Redshift returns the entire DDL for late binding views" (sqlalchemy-redshift, test_reflection_views.py), its name without
        // a schema, too, OR REPLACE (awslabs/amazon-redshift-utils#340) and the comment before it (dbt-labs/dbt-redshift#409).
        Some(format!("{written};"))
    } else if view.late_binding {
        let (schema, name) = (quote_identifier(&relation.schema), quote_identifier(&relation.name));
        Some(format!("create view {schema}.{name} as {query} with no schema binding;"))
    } else {
        Some(format!("{query};"))
    }
}

fn keys_of(table: &TableInfo) -> Keys {
    let count = |wanted: fn(&KeyKind) -> bool| table.constraints.iter().filter(|c| wanted(&c.kind)).count() as i64;
    let primary = count(|kind| matches!(kind, KeyKind::Primary)) > 0;
    let unique = count(|kind| matches!(kind, KeyKind::Unique));
    let foreign = count(|kind| matches!(kind, KeyKind::Foreign { .. }));
    Keys { any: primary || unique > 0, primary, unique, foreign, referencing: 0 }
}

fn storage_of(relation: &Relation, table: &TableInfo) -> Storage {
    let key = relation.columns.iter().find(|column| column.dist_key);
    // Developer guide, "Viewing distribution styles": 9 is AUTO, which begins as ALL (10).
    let (dist_style, effective_dist_style, dist_style_name) = match table.dist_style {
        Some(DistStyle::Even) => (0, 0, "EVEN".to_string()),
        Some(DistStyle::Key) => (1, 1, format!("KEY({})", key.map_or("", |column| &column.name))),
        Some(DistStyle::All) => (8, 8, "ALL".to_string()),
        Some(DistStyle::Auto) | None => (9, 10, "AUTO(ALL)".to_string()),
    };
    let mut sorted: Vec<&Column> = relation.columns.iter().filter(|column| column.sort_key > 0).collect();
    sorted.sort_by_key(|column| column.sort_key);
    let sort_key1 = match sorted.first() {
        Some(_) if table.interleaved => "INTERLEAVED".to_string(),
        Some(column) => column.name.clone(),
        None => "AUTO(SORTKEY)".to_string(),
    };
    let explicit = relation.columns.iter().any(|column| column.encoding.is_some());
    let encodings = || relation.columns.iter().map(super::attributes::encoding);
    let encoded = if !explicit {
        "Y, AUTO(ENCODE)"
    } else if encodings().all(|encoding| encoding == "none") {
        "N"
    } else {
        "Y"
    };
    let widest =
        relation.columns.iter().map(|column| if let RedshiftType::Varchar(n) = column.ty { n } else { 0 }).max();
    Storage {
        dist_style,
        effective_dist_style,
        dist_style_name: Some(dist_style_name),
        encoded: Some(encoded),
        sort_key1: Some(sort_key1),
        sort_key1_encoding: sorted.first().map(|column| super::attributes::encoding(column).to_string()),
        sort_keys: sorted.len() as i64,
        max_varchar: i64::from(widest.unwrap_or(0)),
    }
}

/// The indexes that stand behind primary and unique keys.
fn indexes(relation: &Relation, visible: bool) -> Vec<Parts> {
    let Some(table) = relation.table() else { return Vec::new() };
    let index = |constraint: &crate::catalog::Constraint| Parts {
        oid: constraint.oid.0,
        name: constraint.name.clone(),
        namespace: relation.schema_oid.0,
        schema: relation.schema.clone(),
        owner: relation.owner.0,
        kind: "i",
        natts: constraint.columns.len(),
        created: relation.created,
        temporary: table.temporary,
        visible,
        ..Parts::default()
    };
    constraints::unique_keys(table).map(index).collect()
}

fn into_row(parts: Parts, database: u32, principals: &Principals) -> Vec<Cell> {
    let stored = parts.statistics.rows + parts.statistics.deleted_rows;
    let is_table = parts.kind == "r";
    let shown_name = parts.shown_name.unwrap_or_else(|| parts.name.clone());
    let materialized = |value: fn(&MaterializedParts) -> Cell| parts.materialized.as_ref().map_or(Cell::Null, value);
    let materialized = [
        materialized(|view| view.state.into()),
        materialized(|view| view.stale.into()),
        materialized(|view| view.auto_refresh.into()),
        materialized(|view| view.xid.into()),
    ];
    let row_type = if parts.kind == "i" { 0 } else { row_type_of(parts.oid) };
    let row = vec![
        parts.oid.into(),
        parts.name.into(),
        parts.namespace.into(),
        parts.schema.into(),
        database.into(),
        parts.owner.into(),
        principals.user(parts.owner).into(),
        parts.kind.into(),
        (parts.natts as i64).into(),
        parts.keys.any.into(),
        parts.keys.primary.into(),
        parts.keys.unique.into(),
        parts.keys.foreign.into(),
        parts.keys.referencing.into(),
        parts.storage.dist_style.into(),
        parts.storage.effective_dist_style.into(),
        parts.storage.dist_style_name.into(),
        parts.storage.encoded.into(),
        parts.storage.sort_key1.into(),
        parts.storage.sort_key1_encoding.into(),
        parts.storage.sort_keys.into(),
        parts.storage.max_varchar.into(),
        parts.created.into(),
        if parts.temporary { "t" } else { "p" }.into(),
        (is_table && !parts.backup_off).into(),
        parts.definition.into(),
        parts.query.into(),
        parts.acl.clone().into(),
        parts.acl.map(|items| items.join("~")).into(),
        parts.comment.into(),
        parts.visible.into(),
        parts.is_system.into(),
        parts.subtype.into(),
        parts.accessible.into(),
        Cell::Int(parts.statistics.bytes.div_ceil(PAGE) as i64),
        Cell::Real(if is_table && stored == 0 { 0.001 } else { parts.statistics.rows as f32 }),
        Cell::Int(stored as i64),
        Cell::Int(parts.statistics.rows as i64),
        Cell::Int(parts.statistics.sorted_rows as i64),
        Cell::Int(blocks::of_table(parts.natts as u64, parts.statistics) as i64),
        Cell::Int(parts.statistics.bytes.div_ceil(BLOCK) as i64),
        shown_name.into(),
    ];
    let changes = [parts.changes.rows.into(), parts.changes.definition.into()];
    row.into_iter().chain(materialized).chain(changes).chain([row_type.into()]).collect()
}
