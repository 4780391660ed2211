//! COPY as a statement of a session: the load's rows go into the table in the statement's transaction.

use redshift_sql_dialect::{
    Result,
    ast::{AssumingCommand, Copy, CopyOption},
};

use super::{CopyLoad, CopyPlan, LoadContext, PlanContext, plan::check_relation};
use crate::{
    binder::date_time_input,
    catalog::{DEFAULT_IAM_ROLE, LockMode, Privilege},
    execution::trace,
    result::{CommandTag, Outcome},
    statements::{Work, access::OrElse, compression::Automatic, ddl, dml},
};

/// Runs COPY.
pub(crate) async fn copy(copy: &Copy, work: &mut Work<'_>) -> Result<Outcome> {
    let target = work.binder().resolve(&copy.table)?;
    check_relation(&target).map_err(|error| error.at(copy.table.pos()))?;
    work.require_privilege(&target, Privilege::Insert)?;
    for option in &copy.options {
        if let CopyOption::IamRole(role) = option {
            work.require_assume_role(role.as_deref().unwrap_or(DEFAULT_IAM_ROLE), AssumingCommand::Copy)?;
        }
    }
    let relation = work.lock(&copy.table, LockMode::ShareRowExclusive).await?;
    // "If STATUPDATE is used, the current user must be either the table owner or a superuser" ("Data load operations").
    if copy.options.iter().any(|option| matches!(option, CopyOption::StatUpdate(_))) {
        work.require_owner(&relation, OrElse::NOTHING)?;
    }
    trace::writes(&relation);
    let context =
        PlanContext { case_sensitive: work.context.session.case_sensitive, input: date_time_input(&work.context) };
    let plan = CopyPlan::new(copy, &relation, &context)?;
    let compression = Automatic::of(copy, &relation, work)?;
    let mut defaults = vec![None; relation.columns.len()];
    for place in plan.omitted_columns(&relation) {
        defaults[place] = ddl::default_value(&relation.columns[place], work)?;
    }
    let load = CopyLoad::open(
        plan,
        &relation,
        LoadContext {
            s3: work.state.engine.config().s3.clone(),
            query: work.query,
            user_id: work.state.user_id.0,
            xid: work.transaction.id(),
            pid: work.state.login.pid,
            database: work.state.login.database.clone(),
            read_srid: read_srid(work),
            defaults,
        },
    )
    .await?;
    work.state.active.show_load(load.handle.running());
    work.state.last_copy_id = work.query;
    work.state.last_copy_count = 0;
    let written = dml::append_streams(load.streams, &relation, work).await;
    let loaded = load.handle.finish(written, work.state.engine.logs())?;
    trace::added(loaded.rows);
    compression.apply(&relation, work).await?;
    work.state.last_copy_count = loaded.rows as i64;
    work.state.notices.extend(loaded.notices);
    Ok(Outcome::Done(CommandTag::plain("COPY")))
}

/// "You can disable automatic detection of the spatial reference system id at the session level".
fn read_srid(work: &Work<'_>) -> bool {
    let setting = work.context.session.settings.get("read_srid_on_shapefile_ingestion");
    setting.is_none_or(|setting| setting != "off")
}
