//! DROP TABLE, VIEW, SCHEMA and DATABASE.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{Drop, ObjectKind, SystemPrivilege},
    names::ObjectName,
};

use super::{database, names::is_system};
use crate::{
    catalog::{KeyKind, Oid, Privilege, Relation, RelationKind, Schema},
    result::{CommandTag, Notice, Outcome},
    statements::{
        Work,
        access::OrElse,
        policies::{check_function_free, check_relations_free},
    },
};

/// What DROP SCHEMA takes of one who does not own the schema.
const DROP_SCHEMA: OrElse =
    OrElse { privilege: Some(Privilege::Drop), system: [Some(SystemPrivilege::DropSchema), None] };

/// Runs DROP.
pub(crate) async fn drop_objects(drop: &Drop, work: &mut Work<'_>) -> Result<Outcome> {
    if drop.external_database {
        return Err(Error::unsupported("DROP EXTERNAL DATABASE is not supported"));
    }
    match drop.kind {
        ObjectKind::Table => drop_relations(drop, DropKind::Table, work).await,
        ObjectKind::View => drop_relations(drop, DropKind::View, work).await,
        ObjectKind::Schema => drop_schemas(drop, work).await,
        ObjectKind::Database => drop_database(drop, work).await,
        ObjectKind::Column | ObjectKind::Constraint => {
            Err(Error::unsupported("columns and constraints are dropped with ALTER TABLE"))
        }
    }
}

/// What kind of relation a statement drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DropKind {
    Table,
    View,
    MaterializedView,
}

/// What will go, and why not: relations by OID, in the order in which they are dropped.
struct Doomed {
    relations: BTreeMap<Oid, Arc<Relation>>,
    /// A function that goes.
    function: Option<Oid>,
    cascade: bool,
}

impl Doomed {
    /// Adds the views that read what is dropped already, and theirs.
    ///
    /// # Errors
    /// 2BP01 where there are any and CASCADE was not written.
    fn add_dependents(&mut self, work: &Work<'_>, what: &str) -> Result<Vec<Notice>> {
        let all = work.view.relations()?;
        let mut notices = Vec::new();
        loop {
            let next = all.iter().find(|relation| {
                !self.relations.contains_key(&relation.oid)
                    && depends_on(relation)
                        .iter()
                        .any(|oid| self.relations.contains_key(oid) || self.function == Some(*oid))
            });
            let Some(next) = next else {
                self.add_stored_rows(work)?;
                return Ok(notices);
            };
            if !self.cascade {
                let detail = format!("view {} depends on {what}", next.name);
                return Err(still_needed(what).with_detail(detail));
            }
            notices.push(Notice::note(format!("drop cascades to view {}", next.name)));
            self.relations.insert(next.oid, next.clone());
        }
    }

    /// The tables behind materialized views go with them.
    fn add_stored_rows(&mut self, work: &Work<'_>) -> Result<()> {
        let data: Vec<Oid> =
            self.relations.values().filter_map(|relation| Some(relation.materialized()?.data)).collect();
        for oid in data {
            if let Some(table) = work.view.relation_by_oid(oid)? {
                self.relations.insert(oid, table);
            }
        }
        Ok(())
    }
}

fn depends_on(relation: &Relation) -> &[Oid] {
    match &relation.kind {
        RelationKind::View(view) => &view.depends_on,
        RelationKind::Table(_) | RelationKind::System => &[],
    }
}

/// The views that read a relation, and the views that read those.
pub(super) fn dependents(relation: &Relation, work: &Work<'_>) -> Result<Vec<Arc<Relation>>> {
    let own = (relation.oid, Arc::new(relation.clone()));
    let mut doomed = Doomed { relations: BTreeMap::from([own]), function: None, cascade: true };
    doomed.add_dependents(work, "")?;
    doomed.relations.remove(&relation.oid);
    Ok(doomed.relations.into_values().collect())
}

/// An ordinary view that reads a table. Materialized views do not keep a column from being dropped: they cannot be refreshed
/// afterwards (developer guide, "STV_MV_INFO").
pub(super) fn view_over(table: Oid, work: &Work<'_>) -> Result<Option<Arc<Relation>>> {
    let reads = |relation: &Arc<Relation>| relation.materialized().is_none() && depends_on(relation).contains(&table);
    Ok(work.view.relations()?.into_iter().find(reads))
}

/// Drops the views that use a function which is dropped, and theirs.
///
/// # Errors
/// 2BP01 where there are any and CASCADE was not written.
pub(crate) async fn drop_users_of(function: Oid, what: &str, cascade: bool, work: &mut Work<'_>) -> Result<()> {
    let mut doomed = Doomed { relations: BTreeMap::new(), function: Some(function), cascade };
    check_function_free(function, what, work)?;
    let notices = doomed.add_dependents(work, what)?;
    check_relations_free(doomed.relations.values(), "drop", work)?;
    work.state.notices.extend(notices);
    for oid in doomed.relations.keys() {
        work.transaction.drop_relation(*oid).await?;
    }
    Ok(())
}

/// 2BP01
pub(super) fn still_needed(what: &str) -> Error {
    let message = format!("cannot drop {what} because other objects depend on it");
    Error::new(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message)
        .with_hint("Use DROP ... CASCADE to drop the dependent objects too.")
}

pub(super) async fn drop_relations(drop: &Drop, kind: DropKind, work: &mut Work<'_>) -> Result<Outcome> {
    let (word, tag) = match kind {
        DropKind::Table => ("table", CommandTag::plain("DROP TABLE")),
        DropKind::View => ("view", CommandTag::plain("DROP VIEW")),
        DropKind::MaterializedView => ("materialized view", CommandTag::plain("DROP MATERIALIZED VIEW")),
    };
    let mut doomed = Doomed { relations: BTreeMap::new(), function: None, cascade: drop.cascade };
    let mut what = String::new();
    for name in &drop.names {
        let Some(relation) = find_to_drop(drop, name, (kind, word), work)? else { continue };
        work.require_drop(&relation).map_err(|error| error.at(name.pos()))?;
        what = format!("{word} {}", relation.name);
        doomed.relations.insert(relation.oid, relation);
    }
    let notices = doomed.add_dependents(work, &what)?;
    check_relations_free(doomed.relations.values(), "drop", work)?;
    work.state.notices.extend(notices);
    drop_keys_to(&doomed, &what, work).await?;
    for oid in doomed.relations.keys() {
        work.transaction.drop_relation(*oid).await?;
    }
    Ok(Outcome::Done(tag))
}

fn find_to_drop(
    drop: &Drop,
    name: &ObjectName,
    (kind, word): (DropKind, &str),
    work: &mut Work<'_>,
) -> Result<Option<Arc<Relation>>> {
    let found = match work.find(name) {
        Err(error) if drop.if_exists && error.sqlstate() == SqlState::INVALID_SCHEMA_NAME => None,
        found => found?,
    };
    let object = &name.object().value;
    let Some(relation) = found else {
        if drop.if_exists {
            work.inform(format!("{} \"{object}\" does not exist and will be skipped", capitalised(word)));
            return Ok(None);
        }
        let message = format!("{} \"{object}\" does not exist", capitalised(word));
        return Err(Error::new(SqlState::UNDEFINED_TABLE, message).at(name.pos()));
    };
    if relation.kind != RelationKind::System {
        work.enter(relation.database);
    }
    let is_materialized = relation.materialized().is_some();
    let fits = match (&relation.kind, kind) {
        (RelationKind::Table(_), DropKind::Table) => true,
        (RelationKind::View(_), DropKind::View) => !is_materialized,
        (RelationKind::View(_), DropKind::MaterializedView) => is_materialized,
        (RelationKind::System, _) => {
            let message = format!("permission denied: \"{}\" is a system catalog", relation.name);
            return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message).at(name.pos()));
        }
        _ => false,
    };
    if !fits {
        let message = format!("\"{}\" is not a {word}", relation.name);
        let other = match &relation.kind {
            RelationKind::View(_) if is_materialized => "DROP MATERIALIZED VIEW to remove a materialized view",
            RelationKind::View(_) => "DROP VIEW to remove a view",
            RelationKind::Table(_) | RelationKind::System => "DROP TABLE to remove a table",
        };
        let hint = format!("Use {other}.");
        return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message).with_hint(hint).at(name.pos()));
    }
    Ok(Some(relation))
}

/// Takes the foreign keys that other tables have to what is dropped.
async fn drop_keys_to(doomed: &Doomed, what: &str, work: &mut Work<'_>) -> Result<()> {
    for relation in work.view.relations()? {
        let RelationKind::Table(table) = &relation.kind else { continue };
        let points_there =
            |kind: &KeyKind| matches!(kind, KeyKind::Foreign { table, .. } if doomed.relations.contains_key(table));
        if doomed.relations.contains_key(&relation.oid) || !table.constraints.iter().any(|key| points_there(&key.kind))
        {
            continue;
        }
        if !doomed.cascade {
            let detail = format!("constraint on table {} depends on {what}", relation.name);
            return Err(still_needed(what).with_detail(detail));
        }
        let mut table = table.clone();
        table.constraints.retain(|key| !points_there(&key.kind));
        let changed = Relation { kind: RelationKind::Table(table), ..(*relation).clone() };
        work.transaction.update_relation(changed).await?;
    }
    Ok(())
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

async fn drop_schemas(drop: &Drop, work: &mut Work<'_>) -> Result<Outcome> {
    for name in &drop.names {
        let ident = name.object();
        work.enter_named(name.schema())?;
        let folded = ident.folded(work.context.session.case_sensitive);
        if is_system(&folded) {
            let message = format!("permission denied for schema {folded}");
            return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message).at(ident.pos));
        }
        let schema = match work.schema(ident) {
            Ok(schema) => schema,
            Err(_) if drop.if_exists => {
                work.inform(format!("Schema \"{folded}\" does not exist and will be skipped"));
                continue;
            }
            Err(_) => {
                let message = format!("Schema \"{folded}\" does not exist");
                return Err(Error::new(SqlState::INVALID_SCHEMA_NAME, message).at(ident.pos));
            }
        };
        work.require_schema_owner(&schema, DROP_SCHEMA).map_err(|error| error.at(ident.pos))?;
        let what = format!("schema {folded}");
        let inside: Vec<Arc<Relation>> =
            work.view.relations()?.into_iter().filter(|relation| relation.schema_oid == schema.oid).collect();
        if let Some(first) = inside.first()
            && !drop.cascade
        {
            let kind = if first.table().is_some() { "table" } else { "view" };
            return Err(still_needed(&what).with_detail(format!("{kind} {folded}.{} depends on {what}", first.name)));
        }
        if let Some(routine) = work.view.routines_in(schema.oid)?.first()
            && !drop.cascade
        {
            let detail = format!("function {folded}.{} depends on {what}", routine.name);
            return Err(still_needed(&what).with_detail(detail));
        }
        let relations = inside.into_iter().map(|relation| (relation.oid, relation)).collect();
        let mut doomed = Doomed { relations, function: None, cascade: drop.cascade };
        let notices = doomed.add_dependents(work, &what)?;
        check_relations_free(doomed.relations.values(), "drop", work)?;
        check_functions_free(&schema, work)?;
        work.state.notices.extend(notices);
        drop_keys_to(&doomed, &what, work).await?;
        for oid in doomed.relations.keys() {
            work.transaction.drop_relation(*oid).await?;
        }
        work.transaction.drop_schema(schema.oid).await?;
    }
    Ok(Outcome::Done(CommandTag::plain("DROP SCHEMA")))
}

/// Fails where a policy calls a function of the schema.
fn check_functions_free(schema: &Schema, work: &Work<'_>) -> Result<()> {
    for routine in work.view.routines_in(schema.oid)? {
        check_function_free(routine.oid, &format!("function {}", routine.name), work)?;
    }
    Ok(())
}

/// How long DROP DATABASE ... FORCE waits for the connections that it ends.
const FORCE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long DROP DATABASE waits for sessions that have ended on their side.
const LEAVE_TIMEOUT: Duration = Duration::from_millis(500);

async fn drop_database(drop: &Drop, work: &mut Work<'_>) -> Result<Outcome> {
    for name in &drop.names {
        let ident = name.object();
        let database = database::existing(work, ident)?;
        work.require_database_owner(&database, Some(Privilege::Drop)).map_err(|error| error.at(ident.pos))?;
        if database.name == work.context.session.database {
            return Err(Error::new(SqlState::OBJECT_IN_USE, "cannot drop the currently open database").at(ident.pos));
        }
        let activity = work.state.engine.activity();
        if drop.force {
            activity.terminate_in(&database.name);
        }
        let ended = async {
            while activity.is_used(&database.name) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        // Whoever is still there then is told of below.
        let _ = tokio::time::timeout(if drop.force { FORCE_TIMEOUT } else { LEAVE_TIMEOUT }, ended).await;
        let Some(closed) = activity.close_database(&database.name) else {
            let message = format!("database \"{}\" is being accessed by other users", database.name);
            return Err(Error::new(SqlState::OBJECT_IN_USE, message).at(ident.pos));
        };
        work.state.dropping.push(closed);
        work.transaction.drop_database(database.oid).await?;
    }
    Ok(Outcome::Done(CommandTag::plain("DROP DATABASE")))
}
