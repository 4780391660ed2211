//! The system relations of an engine at work: who sees what in each of them, and that a query's plan is told alike wherever
//! it is told.

use arrow::util::display::array_value_to_string;
use futures::StreamExt;
use redshift_sql_dialect::{Result, SqlState};

use crate::{
    Outcome, Request, S3Config, Session,
    testing::{engine, session},
};

/// The rows of the last statement, their values in brackets where there are several.
async fn try_run(session: &mut Session, sql: &str) -> Result<Vec<Vec<String>>> {
    let mut lines = Vec::new();
    for parsed in redshift_sql_dialect::parse(sql)? {
        let request = Request { statement: &parsed.statement, text: sql, parameter_types: &[], parameters: &[] };
        lines.clear();
        if let Outcome::Rows(mut rows) = session.execute(request).await? {
            while let Some(batch) = rows.batches.next().await {
                let batch = batch?;
                let value = |column: &arrow::array::ArrayRef, row| array_value_to_string(column, row).unwrap();
                let line = |row| batch.columns().iter().map(|column| value(column, row)).collect();
                lines.extend((0..batch.num_rows()).map(line));
            }
        }
    }
    Ok(lines)
}

async fn run(session: &mut Session, sql: &str) -> Vec<Vec<String>> {
    try_run(session, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

const WORK: &str = "
    create schema lab;
    create table lab.sales (id int, day date, price numeric(10,2)) distkey (id) sortkey (day);
    create table lab.people (id int primary key, name varchar(20));
    insert into lab.sales values (1, '2024-01-01', 1.5), (2, '2024-01-02', 2.5), (2, '2024-01-03', 3.5);
    insert into lab.people values (1, 'ann'), (2, 'bob');
    update lab.sales set price = 4 where id = 2;
    delete from lab.sales where id = 1;
    analyze lab.sales;
    vacuum lab.sales;
    analyze compression lab.people;
    create materialized view lab.totals as select id, sum(price) as total from lab.sales group by id;
    refresh materialized view lab.totals;
    select name, sum(price) from lab.sales join lab.people using (id) group by name order by 2 limit 3;";

/// Of each relation that the guide documents, with the visibility that its page states: those for superusers refuse others,
/// of the others they see no row of somebody else's, unless SYSLOG ACCESS UNRESTRICTED or ACCESS SYSTEM TABLE lets them ("Visibility
/// of data in system tables and views").
#[tokio::test]
async fn each_relation_is_seen_by_those_whom_it_is_for() {
    let engine = engine(S3Config::default()).await;
    let mut admin = session(&engine, "admin", 1);
    run(&mut admin, WORK).await;
    run(
        &mut admin,
        "create user reader password disable; create user auditor password disable syslog access unrestricted;
         create user watcher password disable; grant role sys:monitor to watcher;",
    )
    .await;
    let mut reader = session(&engine, "reader", 2);
    let mut auditor = session(&engine, "auditor", 3);
    let mut watcher = session(&engine, "watcher", 4);
    let own = run(&mut reader, "select current_user_id").await.remove(0).remove(0);
    let mut wrong = Vec::new();
    for (name, visibility) in super::documented() {
        let Some(relation) = super::super::relation("pg_catalog", name, super::Edition::Redshift) else { continue };
        let all = format!("select * from pg_catalog.{name}");
        if let Err(error) = try_run(&mut watcher, &all).await {
            wrong.push(format!("{name} of sys:monitor: {error}"));
        }
        for (user, session) in [("reader", &mut reader), ("auditor", &mut auditor)] {
            match (try_run(session, &all).await, visibility) {
                (Ok(_), "all") => {}
                (Err(error), "superuser") if error.sqlstate() == SqlState::INSUFFICIENT_PRIVILEGE => {}
                (outcome, _) => {
                    wrong.push(format!("{name} ({visibility}) of {user}: {:?}", outcome.map(|rows| rows.len())))
                }
            }
        }
        let owner = relation.columns.iter().find(|column| {
            let is_number = matches!(column.ty, redshift_sql_dialect::RedshiftType::Int4);
            is_number && matches!(column.name.as_str(), "userid" | "user_id")
        });
        if let Some(owner) = owner.filter(|_| visibility == "all") {
            let others = format!("select count(*) from pg_catalog.{name} where \"{}\" <> {own}", owner.name);
            let count = run(&mut reader, &others).await;
            if count != [["0"]] {
                wrong.push(format!("{name}: reader sees rows of others"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let of_admin = "select count(*) > 0 from stl_query where userid = 100";
    assert_eq!(run(&mut auditor, of_admin).await, [["true"]]);
    assert_eq!(run(&mut watcher, of_admin).await, [["true"]]);
    assert_eq!(run(&mut reader, of_admin).await, [["false"]]);
    run(&mut admin, "grant select on stl_vacuum to reader").await;
    run(&mut reader, "select * from stl_vacuum").await;
}

/// Queries of every kind of node.
const QUERIES: &[&str] = &[
    "select * from lab.sales",
    "select id from lab.sales where day > '2024-01-01' and price < 10",
    "select count(*) from lab.sales",
    "select id, count(*), sum(price) from lab.sales group by id having count(*) > 0",
    "select distinct id from lab.sales",
    "select name, price from lab.sales join lab.people on sales.id = people.id",
    "select name, price from lab.people left join lab.sales on sales.id = people.id order by 1, 2",
    "select * from lab.people where id in (select id from lab.sales where price > 1)",
    "select id from lab.people union all select id from lab.sales",
    "select id, rank() over (partition by id order by day) from lab.sales",
    "select a.id from lab.people a, lab.people b where a.id < b.id",
    "select id from lab.sales order by day desc limit 1",
    "select id from lab.sales limit 1",
    "select name, total from lab.people p join (select id, sum(price) total from lab.sales group by id) s on s.id = p.id",
];

/// stl_explain has the nodes of EXPLAIN, with what stands below them, and svl_query_summary the steps that these become.
#[tokio::test]
async fn plans_are_told_alike_everywhere() {
    let engine = engine(S3Config::default()).await;
    let mut admin = session(&engine, "admin", 1);
    run(&mut admin, WORK).await;
    for query in QUERIES {
        let explained = run(&mut admin, &format!("explain {query}")).await;
        let explained: Vec<String> = explained.into_iter().map(|line| line[0].trim().to_string()).collect();
        let is_node = |line: &&String| line.contains("(cost=");
        let nodes: Vec<&str> = explained.iter().filter(is_node).map(|line| line.as_str()).collect();
        run(&mut admin, query).await;
        let ran = run(&mut admin, "select pg_last_query_id()").await.remove(0).remove(0);
        let told = format!("select plannode, info from stl_explain where query = {ran} order by nodeid");
        let told = run(&mut admin, &told).await;
        assert_eq!(told.iter().map(|row| row[0].trim()).collect::<Vec<_>>(), nodes, "{query}");
        for info in told.iter().map(|row| row[1].trim()).filter(|info| !info.is_empty()) {
            assert!(explained.iter().any(|line| info.contains(line.as_str())), "{query}: {info}");
        }
        let steps = format!("select trim(label) from svl_query_summary where query = {ran}");
        let steps: Vec<String> = run(&mut admin, &steps).await.into_iter().map(|mut row| row.remove(0)).collect();
        let count = |word: &str| steps.iter().filter(|label| label.starts_with(word)).count();
        let planned = |word: &str| nodes.iter().filter(|node| node.contains(word)).count();
        let scans = steps
            .iter()
            .filter(|label| label.starts_with("scan") && label.contains("name=") && !label.contains("name=Internal"))
            .count();
        assert_eq!(scans, planned("Seq Scan"), "{query}: {steps:?} {nodes:?}");
        let joins = nodes.iter().filter(|node| node.contains("XN Hash ") && node.contains("Join")).count();
        assert_eq!(count("hjoin"), joins, "{query}: {steps:?} {nodes:?}");
        assert_eq!(count("limit"), planned("XN Limit"), "{query}: {steps:?}");
        assert_eq!(count("window"), planned("XN Window"), "{query}: {steps:?}");
    }
}

/// What runs is seen by others: its steps ("STV_EXEC_STATE", "SVV_QUERY_STATE"), until its rows are read.
#[tokio::test]
async fn steps_are_seen_while_they_run() {
    let engine = engine(S3Config::default()).await;
    let mut admin = session(&engine, "admin", 1);
    let mut other = session(&engine, "admin", 2);
    run(&mut admin, WORK).await;
    let parsed = redshift_sql_dialect::parse("select * from lab.sales").unwrap();
    // Its text is shown in pieces of 200 bytes ("SVV_QUERY_INFLIGHT").
    let text = format!("select * from lab.sales /* {} */", "x".repeat(380));
    let request = Request { statement: &parsed[0].statement, text: &text, parameter_types: &[], parameters: &[] };
    let Outcome::Rows(rows) = admin.execute(request).await.unwrap() else { panic!("no rows") };
    // The query that looks reads no table of a user.
    let steps = "select s.segment, s.step, trim(s.label), r.pid from stv_exec_state s join stv_inflight r on r.query = s.query order by 1, 2";
    let seen = run(&mut other, steps).await;
    assert!(
        !seen.is_empty() && seen[0][2].starts_with("scan") && seen[0][2].ends_with("name=sales") && seen[0][3] == "1",
        "{seen:?}"
    );
    let state = "select seg, step, maxtime = avgtime, trim(label) from svv_query_state";
    assert_eq!(run(&mut other, state).await.len(), seen.len());
    let pieces = "select sequence, len(trim(text)) from svv_query_inflight where pid = 1 order by 1";
    assert_eq!(run(&mut other, pieces).await, [["0", "200"], ["1", "200"], ["2", "10"]]);
    drop(rows);
    assert!(run(&mut other, steps).await.is_empty());
}
