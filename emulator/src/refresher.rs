//! Materialized views with AUTO REFRESH YES are brought up to date while nobody runs anything.
//!
//! "Amazon Redshift prioritizes your workloads over auto refresh" (developer guide, "Refreshing a materialized view"): every
//! moment a task looks whether something was committed since it looked last, and whether statements run. Where none does, it
//! refreshes the views whose tables have changed, one by one, each as its owner and in a transaction of its own.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use redshift_sql_dialect::{
    Error, Result,
    ast::{RefreshMaterializedView, Statement},
    names::{Ident, ObjectName},
};
use tokio::{
    runtime::Handle,
    time::{sleep, timeout},
};

use crate::{
    Engine, Shared,
    catalog::{Relation, TransactionView},
    session::{Request, Session},
};

/// How long it waits before it looks again.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a refresh may wait for locks and compute. What comes then is left for the next time.
const PATIENCE: Duration = Duration::from_secs(600);

/// Starts the task, which ends with the engine. Without a runtime there is none.
pub(crate) fn start(shared: &Arc<Shared>) {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(run(Arc::downgrade(shared)));
    }
}

async fn run(shared: Weak<Shared>) {
    let mut seen = None;
    loop {
        sleep(PAUSE).await;
        let Some(shared) = shared.upgrade() else { return };
        let engine = Engine(shared);
        let last = engine.catalog().last_commit();
        if seen == Some(last) || !is_idle(&engine) {
            continue;
        }
        // What is committed from now on, its own commits too, is looked at the next time.
        seen = Some(last);
        if let Err(error) = refresh_stale(&engine).await {
            tracing::warn!(%error, "materialized views were not refreshed");
        }
    }
}

/// Is nobody about to run the next statement of several?
fn is_idle(engine: &Engine) -> bool {
    engine.activity().is_idle_for(PAUSE)
}

/// Refreshes what is out of date in all databases.
async fn refresh_stale(engine: &Engine) -> Result<()> {
    let databases = engine.catalog().look().databases()?;
    for database in databases {
        for view in stale(engine, &database.name)? {
            if !is_idle(engine) {
                return Ok(());
            }
            if let Err(error) = refresh(engine, &database.name, &view).await {
                tracing::debug!(%error, view = view.name, "a materialized view was not refreshed");
            }
        }
    }
    Ok(())
}

/// The views of a database that are to be refreshed.
fn stale(engine: &Engine, database: &str) -> Result<Vec<Arc<Relation>>> {
    let transaction = engine.begin(0, database)?;
    let view = transaction.view();
    let mut stale = Vec::new();
    for relation in view.relations()? {
        if relation.materialized().is_some_and(|view| view.auto_refresh && view.broken.is_none())
            && is_stale(&relation, &view)?
        {
            stale.push(relation);
        }
    }
    Ok(stale)
}

fn is_stale(relation: &Relation, view: &TransactionView) -> Result<bool> {
    let Some(materialized) = relation.materialized() else { return Ok(false) };
    for (table, version) in &materialized.versions {
        if view.table_version(*table)? != *version {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn refresh(engine: &Engine, database: &str, view: &Relation) -> Result<()> {
    let Some(owner) = engine.catalog().look().user_by_id(view.owner)? else { return Ok(()) };
    let mut session = Session::for_maintenance(engine.clone(), &owner.name, database)?;
    let part = |value: &str| Ident { quoted: true, ..Ident::new(value) };
    let name = ObjectName(vec![part(&view.schema), part(&view.name)]);
    let text = format!("refresh materialized view {}.{}", view.schema, view.name);
    let statement = Statement::RefreshMaterializedView(RefreshMaterializedView { name, cascade: false });
    let request = Request { statement: &statement, text: &text, parameter_types: &[], parameters: &[] };
    match timeout(PATIENCE, session.execute(request)).await {
        Ok(done) => done.map(|_| ()),
        Err(_) => Err(Error::internal("it took too long")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use arrow::{array::AsArray, datatypes::Int64Type};
    use futures::TryStreamExt;

    use super::*;
    use crate::{Outcome, S3Config, testing};

    async fn run(session: &mut Session, sql: &str) -> Vec<i64> {
        let parsed = redshift_sql_dialect::parse(sql).unwrap().remove(0);
        let request = Request { statement: &parsed.statement, text: sql, parameter_types: &[], parameters: &[] };
        match session.execute(request).await.unwrap_or_else(|error| panic!("{sql}: {error}")) {
            Outcome::Done(_) => Vec::new(),
            Outcome::Rows(rows) => {
                let batches: Vec<_> = rows.batches.try_collect().await.unwrap();
                let values = |batch: &arrow::record_batch::RecordBatch| {
                    batch.column(0).as_primitive::<Int64Type>().values().to_vec()
                };
                batches.iter().flat_map(values).collect()
            }
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn views_follow_their_tables_while_nobody_runs_anything() {
        let engine = testing::engine(S3Config::default()).await;
        let mut session = testing::session(&engine, "admin", 1);
        run(&mut session, "create table t (a bigint)").await;
        run(&mut session, "create materialized view followed auto refresh yes as select a from t").await;
        run(&mut session, "create materialized view left_alone as select a from t").await;
        run(&mut session, "insert into t values (7)").await;
        let began = Instant::now();
        while run(&mut session, "select a from followed").await.is_empty() {
            assert!(began.elapsed() < Duration::from_secs(60), "it is not refreshed");
            // Who asks all the time keeps it from being idle.
            sleep(3 * PAUSE).await;
        }
        assert!(run(&mut session, "select a from left_alone").await.is_empty());
        let told = "select count(*) from svl_mv_refresh_status where trim(mv_name) = 'followed' and trim(refresh_type) = 'Auto' \
                    and status = 'Refresh successfully updated MV incrementally'";
        assert_eq!(run(&mut session, told).await, [1]);
        let labelled = "select count(*) from stl_utilitytext where trim(label) = 'maintenance'";
        assert_eq!(run(&mut session, labelled).await, [1]);
        // It is no session to look at.
        assert_eq!(run(&mut session, "select count(*) from stv_sessions").await, [1]);
    }
}
