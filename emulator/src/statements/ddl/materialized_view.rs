//! CREATE, ALTER, REFRESH and DROP MATERIALIZED VIEW.
//!
//! As in Redshift, a materialized view is a view over a table of its own, `mv_tbl__name__0` in its schema, which holds
//! the rows of its query as of the last refresh. A refresh computes them anew in one transaction.
//!
//! Source: developer guide, "CREATE MATERIALIZED VIEW", "REFRESH MATERIALIZED VIEW", "ALTER MATERIALIZED VIEW".

use std::{collections::BTreeSet, sync::Arc};

use datafusion::{
    common::{JoinType, tree_node::TreeNode},
    logical_expr::{Expr, LogicalPlan},
};
use redshift_sql_dialect::{
    Error, Result, SqlState,
    ast::{
        AlterMaterializedView, AlterMaterializedViewAction, AlterTable, AlterTableAction, CreateMaterializedView,
        Delete, DistStyle, Drop, DropMaterializedView, ObjectKind, Query, RefreshMaterializedView,
    },
    names::{Ident, ObjectName},
    parse_query,
};

use super::{
    alter_table::alter_table,
    columns::Declared,
    create_table::Making,
    create_table_as::kept,
    drop::{DropKind, drop_relations},
    names::{Lifetime, Place, relation_exists},
};
use crate::{
    binder::{BindContext, Binder, Bound, Destination},
    catalog::{
        BaseChange, CatalogView, Column, LockMode, Materialized, NewRelation, Oid, Relation, RelationKind, ViewInfo,
    },
    clock,
    result::{CommandTag, Outcome},
    session::Purpose,
    statements::{Work, access::OrElse, dml, policies::turn_row_security},
    system::logs::{MvStateRecord, RefreshRecord},
};

/// Runs CREATE MATERIALIZED VIEW.
pub(crate) async fn create_materialized_view(create: &CreateMaterializedView, work: &mut Work<'_>) -> Result<Outcome> {
    if create.iceberg.is_some() {
        return Err(Error::unsupported("CREATE MATERIALIZED VIEW ... USING ICEBERG is not supported"));
    }
    let place = work.place(&create.name, Lifetime::Permanent).await?;
    work.require_connected(place.database, "CREATE MATERIALIZED VIEW")?;
    if work.view.relation(&place.schema, &place.name)?.is_some() {
        return Err(relation_exists(&place.name).at(create.name.object().pos));
    }
    refuse_order(&create.query).map_err(|error| error.at(create.name.pos()))?;
    let (bound, reads, calls, mutable) = work
        .bind(|mut binder| {
            let bound = binder.query_for(&create.query, Destination::Table)?;
            Ok((bound, binder.reads().clone(), binder.calls().clone(), binder.is_mutable()))
        })
        .await?;
    let base = check_base(&reads, create, work)?;
    if mutable && create.auto_refresh == Some(true) {
        let message = "AUTO REFRESH YES is not supported for materialized views with mutable functions";
        return Err(Error::unsupported(message).at(create.name.pos()));
    }
    let case_sensitive = work.context.session.case_sensitive;
    if create.columns.len() > bound.columns.len() {
        let message = "CREATE MATERIALIZED VIEW specifies too many column names";
        return Err(Error::new(SqlState::SYNTAX_ERROR, message));
    }
    let mut declared = Declared::default();
    for (index, result) in bound.columns.iter().enumerate() {
        let given = create.columns.get(index);
        let name = given.map_or_else(|| result.name.clone(), |ident| ident.folded(case_sensitive));
        let pos = given.map_or(create.name.pos(), |ident| ident.pos);
        declared.push(Column::new(name, kept(result.ty)), pos)?;
    }
    let columns = declared.columns.clone();
    declared.apply(&create.attributes, case_sensitive)?;
    let mut attributes = create.attributes.clone();
    if attributes.dist_style.is_none() && attributes.dist_key.is_none() {
        attributes.dist_style = Some(DistStyle::Even);
    }
    let data =
        Place { database: place.database, schema: place.schema.clone(), name: format!("mv_tbl__{}__0", place.name) };
    let making = Making { lifetime: Lifetime::Permanent, place: data, attributes, declared };
    let data = making.make(work).await?;
    let incremental = !mutable && is_incremental(&bound.plan)? && !reads_elsewhere(&base, work)?;
    dml::append(bound.plan, &data, work).await?;
    let materialized = Materialized {
        data: data.oid,
        head: Some(create.head_text.clone()),
        auto_refresh: create.auto_refresh == Some(true),
        incremental,
        broken: None,
        refreshed_by: work.transaction.id(),
        versions: versions(&base, data.oid, work)?,
    };
    let view = ViewInfo {
        query: create.query_text.clone(),
        late_binding: false,
        written: None,
        column_names: Vec::new(),
        depends_on: base.into_iter().chain(calls).chain([data.oid]).collect(),
        search_path: work.context.session.search_path.clone(),
        case_sensitive_attributes: Some(work.context.session.case_sensitive_attributes()),
        materialized: Some(materialized),
    };
    work.transaction
        .create_relation(NewRelation {
            database: Some(place.database),
            schema: place.schema,
            name: place.name.clone(),
            owner: work.state.user_id,
            columns,
            kind: RelationKind::View(view),
        })
        .await?;
    if !incremental {
        // What Redshift says of a query that it cannot bring up to date from changes alone.
        work.inform(format!(
            "An incrementally maintained materialized view could not be created, reason: the query of \"{}\" cannot be \
             maintained incrementally. The materialized view created, {}, will be recomputed from scratch for every \
             REFRESH.",
            place.name, place.name
        ));
    }
    Ok(Outcome::Done(CommandTag::plain("CREATE MATERIALIZED VIEW")))
}

/// "You can't define a materialized view that references or includes ... the ORDER BY, LIMIT, or OFFSET clause."
fn refuse_order(query: &Query) -> Result<()> {
    let what = if !query.order_by.is_empty() {
        "ORDER BY"
    } else if query.limit.is_some() {
        "LIMIT"
    } else if query.offset.is_some() {
        "OFFSET"
    } else {
        return Ok(());
    };
    Err(Error::unsupported(format!("{what} clause is not supported in the definition of a materialized view")))
}

/// The relations that a materialized view reads; views, temporary tables and the system's are refused.
fn check_base(reads: &BTreeSet<Oid>, create: &CreateMaterializedView, work: &Work<'_>) -> Result<Vec<Oid>> {
    let mut base = Vec::new();
    let mut nested = false;
    for oid in reads {
        let Some(relation) = work.view.relation_by_oid(*oid)? else {
            return Err(
                Error::unsupported("Materialized views cannot reference system tables or views").at(create.name.pos())
            );
        };
        if relation.table().is_some_and(|table| table.temporary) {
            let message = "Materialized views cannot reference temporary tables";
            return Err(Error::unsupported(message).at(create.name.pos()));
        }
        if relation.is_rls_on() || !relation.attached_policies().is_empty() {
            let message = "Materialized views cannot reference RLS-protected tables";
            return Err(Error::unsupported(message).at(create.name.pos()));
        }
        let is_materialized = relation.materialized().is_some();
        if matches!(relation.kind, RelationKind::View(_)) && !is_materialized {
            let message = "Materialized views cannot reference standard views";
            return Err(Error::unsupported(message).at(create.name.pos()));
        }
        nested |= is_materialized;
        base.push(*oid);
    }
    if nested && create.auto_refresh == Some(true) {
        let message = "AUTO REFRESH YES is not supported for materialized views over other materialized views";
        return Err(Error::unsupported(message).at(create.name.pos()));
    }
    Ok(base)
}

/// Is one of its relations in another database? Then it is recomputed by every refresh (developer guide, "Working with
/// views in Amazon Redshift data sharing").
fn reads_elsewhere(base: &[Oid], work: &Work<'_>) -> Result<bool> {
    for oid in base {
        let relation = work.view.relation_by_oid(*oid)?;
        if relation.is_some_and(|relation| relation.database != work.transaction.database().oid) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Can changes of its tables be applied to its rows? "Limitations for incremental refresh".
fn is_incremental(plan: &LogicalPlan) -> Result<bool> {
    let refused = plan
        .exists(|node| {
            Ok(match node {
                LogicalPlan::Join(join) => join.join_type != JoinType::Inner,
                LogicalPlan::Aggregate(aggregate) => aggregate.aggr_expr.iter().any(|expr| !is_simple(expr)),
                LogicalPlan::Window(_) | LogicalPlan::Union(_) | LogicalPlan::Distinct(_) => true,
                LogicalPlan::Sort(_) | LogicalPlan::Limit(_) | LogicalPlan::Subquery(_) => true,
                _ => node.expressions().iter().any(Expr::is_volatile),
            })
        })
        .map_err(crate::error::from_datafusion)?;
    Ok(!refused)
}

/// COUNT, SUM, MIN, MAX and AVG without DISTINCT.
fn is_simple(expr: &Expr) -> bool {
    match expr {
        Expr::AggregateFunction(call) => {
            !call.params.distinct && matches!(call.func.name(), "count" | "sum" | "min" | "max" | "avg")
        }
        Expr::Alias(alias) => is_simple(&alias.expr),
        _ => false,
    }
}

/// The versions of the tables that a view reads. Its own is among what it depends on and is left out.
fn versions(base: &[Oid], own: Oid, work: &Work<'_>) -> Result<Vec<(Oid, i64)>> {
    let mut versions = Vec::new();
    for oid in base.iter().filter(|oid| **oid != own) {
        let is_table = work.view.relation_by_oid(*oid)?.is_some_and(|relation| relation.table().is_some());
        if is_table {
            versions.push((*oid, work.view.table_version(*oid)?));
        }
    }
    Ok(versions)
}

/// The materialized view of a name.
fn existing(name: &ObjectName, work: &Work<'_>) -> Result<Arc<Relation>> {
    let relation = work.binder().resolve(name)?;
    match relation.materialized() {
        Some(_) => {
            work.require_connected(relation.database, "changing a materialized view")?;
            Ok(relation)
        }
        None => {
            let message = format!("\"{}\" is not a materialized view", relation.name);
            Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message).at(name.pos()))
        }
    }
}

/// A relation's own name, as a statement would write it.
fn name_of(relation: &Relation) -> ObjectName {
    let part = |value: &str| Ident { quoted: true, ..Ident::new(value) };
    ObjectName(vec![part(&relation.schema), part(&relation.name)])
}

/// Runs REFRESH MATERIALIZED VIEW: with CASCADE the materialized views that it reads first.
pub(crate) async fn refresh_materialized_view(
    refresh: &RefreshMaterializedView,
    work: &mut Work<'_>,
) -> Result<Outcome> {
    let view = existing(&refresh.name, work)?;
    // "Only the owner of a materialized view can perform a REFRESH MATERIALIZED VIEW operation on that view."
    work.require_owner(&view, OrElse::NOTHING)?;
    let mut order = Vec::new();
    if refresh.cascade {
        before(&view, work, &mut order)?;
    }
    order.push(view.oid);
    for oid in order {
        if let Some(base) = work.view.relation_by_oid(oid)? {
            let said = refresh_one(&base, refresh.cascade, work).await?;
            // What becomes of the views below goes without saying.
            if oid == view.oid {
                work.inform(said);
            }
        }
    }
    Ok(Outcome::Done(CommandTag::plain("REFRESH")))
}

/// The materialized views that one reads, those that these read before them.
fn before(view: &Relation, work: &Work<'_>, order: &mut Vec<Oid>) -> Result<()> {
    let RelationKind::View(info) = &view.kind else { return Ok(()) };
    for oid in &info.depends_on {
        if let Some(base) = work.view.relation_by_oid(*oid)?
            && base.materialized().is_some()
            && !order.contains(oid)
        {
            before(&base, work, order)?;
            order.push(*oid);
        }
    }
    Ok(())
}

/// Refreshes one view, and gives what there is to say of it.
async fn refresh_one(view: &Arc<Relation>, cascade: bool, work: &mut Work<'_>) -> Result<String> {
    let start = clock::now();
    let (RelationKind::View(info), Some(materialized)) = (&view.kind, view.materialized()) else {
        return Err(Error::internal("a materialized view without a query"));
    };
    let Some(data) = work.view.relation_by_oid(materialized.data)? else {
        return Err(Error::internal("a materialized view without its rows"));
    };
    if let Some(change) = materialized.broken {
        note_refresh(view, start, change.refusal(), work);
        let message = format!("Materialized view {} could not be refreshed.", view.name);
        return Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message)
            .with_detail(format!("{}.", change.refusal()))
            .with_hint("Drop the materialized view and create it again."));
    }
    let data = work.lock(&name_of(&data), LockMode::ShareRowExclusive).await?;
    let (said, status) = if versions(&info.depends_on, data.oid, work)? == materialized.versions {
        let behind = if !cascade && reads_stale_view(info, work)? {
            "  However, it depends on another materialized view that is not up to date."
        } else {
            ""
        };
        let said = format!("Materialized view {} is already up to date.{behind}", view.name);
        (said, "MV was already updated")
    } else {
        recompute(view, &data, work).await?;
        if materialized.incremental {
            let said = format!("Materialized view {} was incrementally updated successfully.", view.name);
            (said, "Refresh successfully updated MV incrementally")
        } else {
            let said = format!("Materialized view {} was recomputed successfully.", view.name);
            (said, "Refresh successfully recomputed MV from scratch")
        }
    };
    note_refresh(view, start, status, work);
    Ok(said)
}

/// Notes in the logs what became of a refresh (developer guide, "SVL_MV_REFRESH_STATUS").
fn note_refresh(view: &Relation, start: i64, status: &str, work: &Work<'_>) {
    work.state.engine.logs().append(RefreshRecord {
        query: work.query,
        user_id: work.state.user_id.0,
        xid: work.transaction.id(),
        pid: work.state.login.pid,
        database: work.state.login.database.clone(),
        schema: view.schema.clone(),
        view: view.oid.0,
        name: view.name.clone(),
        start,
        end: clock::now(),
        status: status.to_string(),
        refresh_type: if work.state.purpose == Purpose::Maintenance { "Auto" } else { "Manual" },
    });
}

/// Is a materialized view that it reads behind its tables, or one that this reads?
fn reads_stale_view(info: &ViewInfo, work: &Work<'_>) -> Result<bool> {
    for oid in &info.depends_on {
        let Some(base) = work.view.relation_by_oid(*oid)? else { continue };
        let (RelationKind::View(info), Some(materialized)) = (&base.kind, base.materialized()) else { continue };
        if versions(&info.depends_on, materialized.data, work)? != materialized.versions
            || reads_stale_view(info, work)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Puts the rows that the query gives now in the place of those that were kept.
async fn recompute(view: &Relation, data: &Arc<Relation>, work: &mut Work<'_>) -> Result<()> {
    let RelationKind::View(info) = &view.kind else { return Ok(()) };
    let query = parse_query(&info.query)?;
    let columns: Vec<_> = data.columns.iter().map(|column| column.ty).collect();
    let bound: Bound = work
        .bind(|binder| {
            let context = binder.context();
            let session = context.session.inside(info);
            let catalog = context.catalog.around(view)?.unwrap_or_else(|| context.catalog.clone());
            let context = BindContext { session: Arc::new(session), catalog, ..context.clone() };
            Binder::new(context).query_for(&query, Destination::Table).map_err(Error::without_position)
        })
        .await?;
    if bound.columns.iter().map(|column| kept(column.ty)).collect::<Vec<_>>() != columns {
        let message = format!("Materialized view {} cannot be refreshed: the columns of its query changed.", view.name);
        return Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message));
    }
    let delete = Delete { with: None, table: name_of(data), alias: None, using: Vec::new(), selection: None };
    let versions = versions(&info.depends_on, data.oid, work)?;
    dml::delete(&delete, work).await?;
    dml::append(bound.plan, data, work).await?;
    let materialized = info.materialized.clone().map(|materialized| Materialized {
        refreshed_by: work.transaction.id(),
        versions,
        ..materialized
    });
    let kind = RelationKind::View(ViewInfo { materialized, ..info.clone() });
    work.transaction.update_relation(Relation { kind, ..view.clone() }).await?;
    Ok(())
}

/// What a change of a table does to the materialized views over it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Impact {
    /// Their rows have to be computed from scratch, because this was done.
    Recompute(&'static str),
    /// They cannot be refreshed any more.
    Unrefreshable(BaseChange),
}

/// Notes what a change of a table, which is given as it was before, does to the materialized views over it (developer guide,
/// "STL_MV_STATE").
pub(crate) async fn mark_readers(table: &Relation, impact: Impact, work: &Work<'_>) -> Result<()> {
    for view in work.view.relations()? {
        let RelationKind::View(info) = &view.kind else { continue };
        if info.depends_on.contains(&table.oid) && view.materialized().is_some_and(|own| own.data != table.oid) {
            mark(&view, table, impact, work).await?;
        }
    }
    Ok(())
}

/// Notes that a schema got another name: what is in it, and what reads what is in it, cannot be refreshed any more.
pub(crate) async fn mark_schema(schema: Oid, work: &Work<'_>) -> Result<()> {
    let relations = work.view.relations()?;
    let within = |oid: &Oid| relations.iter().any(|other| other.oid == *oid && other.schema_oid == schema);
    for view in &relations {
        let RelationKind::View(info) = &view.kind else { continue };
        if view.materialized().is_some() && (view.schema_oid == schema || info.depends_on.iter().any(within)) {
            mark(view, view, Impact::Unrefreshable(BaseChange::SchemaRenamed), work).await?;
        }
    }
    Ok(())
}

async fn mark(view: &Relation, table: &Relation, impact: Impact, work: &Work<'_>) -> Result<()> {
    let (event, state) = match impact {
        Impact::Recompute(event) => (event, "Recompute"),
        Impact::Unrefreshable(change) => (change.event(), "Unrefreshable"),
    };
    work.state.engine.logs().append(MvStateRecord {
        user_id: work.state.user_id.0,
        xid: work.transaction.id(),
        database: work.state.login.database.clone(),
        event,
        time: clock::now(),
        base_schema: table.schema.clone(),
        base: table.name.clone(),
        view_schema: view.schema.clone(),
        view: view.name.clone(),
        state,
    });
    if let (Impact::Unrefreshable(change), RelationKind::View(info)) = (impact, &view.kind)
        && let Some(materialized) = info.materialized.as_ref().filter(|own| own.broken.is_none())
    {
        let materialized = Some(Materialized { broken: Some(change), ..materialized.clone() });
        let kind = RelationKind::View(ViewInfo { materialized, ..info.clone() });
        work.transaction.update_relation(Relation { kind, ..view.clone() }).await?;
    }
    Ok(())
}

/// Runs ALTER MATERIALIZED VIEW.
pub(crate) async fn alter_materialized_view(alter: &AlterMaterializedView, work: &mut Work<'_>) -> Result<Outcome> {
    let view = existing(&alter.name, work)?;
    let data = view.materialized().map(|materialized| materialized.data);
    let data = data.map(|oid| work.view.relation_by_oid(oid)).transpose()?.flatten();
    let data = data.ok_or_else(|| Error::internal("a materialized view without its rows"))?;
    let action = match &alter.action {
        AlterMaterializedViewAction::AutoRefresh(on) => {
            if let RelationKind::View(info) = &view.kind {
                let materialized = info.materialized.clone().map(|view| Materialized { auto_refresh: *on, ..view });
                let kind = RelationKind::View(ViewInfo { materialized, ..info.clone() });
                work.transaction.update_relation(Relation { kind, ..(*view).clone() }).await?;
            }
            None
        }
        AlterMaterializedViewAction::DistKey(column) => Some(AlterTableAction::AlterDistKey(column.clone())),
        AlterMaterializedViewAction::DistStyle(style) => Some(AlterTableAction::AlterDistStyle(*style)),
        AlterMaterializedViewAction::SortKey(key) => Some(AlterTableAction::AlterSortKey(key.clone())),
        AlterMaterializedViewAction::Security(security) => {
            turn_row_security(&alter.name, security, work).await?;
            None
        }
        AlterMaterializedViewAction::OwnerTo(user) => {
            let owner = work.user(user)?.id;
            work.transaction.update_relation(Relation { owner, ..(*view).clone() }).await?;
            Some(AlterTableAction::OwnerTo(user.clone()))
        }
    };
    if let Some(action) = action {
        alter_table(&AlterTable { name: name_of(&data), action }, work).await?;
    }
    Ok(Outcome::Done(CommandTag::plain("ALTER MATERIALIZED VIEW")))
}

/// Runs DROP MATERIALIZED VIEW: its table goes with it.
pub(crate) async fn drop_materialized_view(drop: &DropMaterializedView, work: &mut Work<'_>) -> Result<Outcome> {
    let drop = Drop {
        kind: ObjectKind::View,
        if_exists: drop.if_exists,
        names: drop.names.clone(),
        external_database: false,
        cascade: drop.cascade,
        force: false,
    };
    drop_relations(&drop, DropKind::MaterializedView, work).await
}
