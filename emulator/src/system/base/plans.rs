//! The plans of queries, as EXPLAIN shows them: stl_explain, svcs_explain, sys_query_explain, stl_plan_info.
//!
//! EXPLAIN counts rows and looks at samples of columns, which costs more than most queries. So the plan of a query is made
//! when somebody asks for it first, from the query's text under its search path, and kept in the logs then. Of the queries
//! that nobody asked for, the plans of the newest [`PLANNED`] can be had; one whose tables are gone since has none.

use std::{collections::HashSet, sync::Arc};

use arrow::{
    array::AsArray,
    datatypes::{Int32Type, Int64Type},
    record_batch::RecordBatch,
};
use redshift_sql_dialect::{Result, parse};

use super::texts::{column, visible};
use crate::{
    Engine,
    binder::{BindContext, Binder, Effects, Parameters, SessionInfo},
    catalog::Oid,
    statements::{PlanNode, plan_nodes},
    system::{
        Source, SystemView,
        logs::{LogTable, PlanRecord},
    },
};

/// How many of the newest queries plans are made of.
const PLANNED: usize = 100;

/// The columns of the log that plans are made from.
const FROM: [&str; 6] = ["query", "userid", "database", "querytxt", "search_path", "steps"];

/// A query of which a plan is to be made.
struct Query {
    query: i64,
    user: i32,
    database: String,
    text: String,
    search_path: String,
}

/// The nodes of plans that the user may see, those of queries that nobody asked for before among them.
pub async fn scan(source: &Source, projection: &[usize]) -> Result<Vec<RecordBatch>> {
    if let Some(engine) = &source.engine {
        for query in unplanned(source).await? {
            let nodes = planned(engine, source, &query).await.unwrap_or_default();
            // A row of no node keeps that there is no plan to be had.
            let none = nodes.is_empty().then(PlanNode::default);
            for node in nodes.into_iter().chain(none) {
                let user_id = u32::try_from(query.user).unwrap_or(0);
                source.logs.append(PlanRecord { query: query.query, user_id, node });
            }
        }
    }
    super::texts::log(source, LogTable::Plan, projection).await
}

/// The newest queries over tables of which there is no plan yet.
async fn unplanned(source: &Source) -> Result<Vec<Query>> {
    let mut known = HashSet::new();
    for batch in visible(source, LogTable::Plan, &["query"]).await? {
        known.extend(column(&batch, "query")?.as_primitive::<Int64Type>().values().iter().copied());
    }
    let mut queries = Vec::new();
    for batch in visible(source, LogTable::Query, &FROM).await? {
        let query = column(&batch, "query")?.as_primitive::<Int64Type>();
        let user = column(&batch, "userid")?.as_primitive::<Int32Type>();
        let steps = column(&batch, "steps")?.as_string_view();
        let text = |name: &str, row: usize| -> Result<String> {
            Ok(column(&batch, name)?.as_string_view().value(row).to_string())
        };
        for (row, steps) in steps.iter().enumerate() {
            if steps.is_some() && !known.contains(&query.value(row)) {
                queries.push(Query {
                    query: query.value(row),
                    user: user.value(row),
                    database: text("database", row)?,
                    text: text("querytxt", row)?,
                    search_path: text("search_path", row)?,
                });
            }
        }
    }
    Ok(queries.split_off(queries.len().saturating_sub(PLANNED)))
}

async fn planned(engine: &Engine, source: &Source, query: &Query) -> Result<Vec<PlanNode>> {
    let Some(parsed) = parse(&query.text)?.pop() else { return Ok(Vec::new()) };
    let transaction = engine.begin(source.session.pid, &query.database)?;
    let view = transaction.view();
    let actor = view.actor(Oid(query.user.unsigned_abs()))?;
    let session = Arc::new(SessionInfo {
        database: query.database.clone(),
        // Whose policies applied.
        user_id: actor.user.0,
        superuser: actor.superuser,
        search_path: query.search_path.split(',').map(str::to_string).collect(),
        ..(*source.session).clone()
    });
    // Without an engine: what a plan counts rows of may be plans, which are not made on the way.
    let there = Source { directory: view.clone(), session: session.clone(), engine: None, ..source.clone() };
    let context = BindContext {
        catalog: Arc::new(SystemView::new(view, there)),
        session,
        parameters: Parameters::to_describe(Vec::new()),
        effects: Effects::default(),
        variables: None,
        blanks: Default::default(),
    };
    // It has run: its user's privileges were asked for then.
    plan_nodes(&parsed.statement, Binder::new(context).trusted(), engine.execution()).await
}
