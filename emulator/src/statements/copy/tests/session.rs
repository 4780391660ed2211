//! COPY in sessions: transactions, what sessions remember, defaults and identities.

use super::*;
use crate::{Engine, Outcome, Request, Session, testing};

/// An engine in memory over a folder that plays S3.
async fn engine(house: &House) -> Engine {
    let s3 = S3Config { folder: Some(house.folder.path().to_path_buf()), ..S3Config::default() };
    testing::engine(s3).await
}

fn session(engine: &Engine) -> Session {
    testing::session(engine, "admin", 1)
}

/// Runs statements one by one and gives the last one's rows.
async fn run(session: &mut Session, text: &str) -> Result<Vec<Vec<String>>> {
    let mut given = Vec::new();
    for parsed in redshift_sql_dialect::parse(text)? {
        let request = Request { statement: &parsed.statement, text, parameter_types: &[], parameters: &[] };
        match session.execute(request).await? {
            Outcome::Done(_) => {}
            Outcome::Rows(mut result) => {
                given.clear();
                while let Some(batch) = result.batches.next().await {
                    given.extend(rows(&batch?));
                }
            }
        }
    }
    Ok(given)
}

fn messages(session: &mut Session) -> Vec<String> {
    session.take_notices().into_iter().map(|notice| notice.message).collect()
}

const COPY: &str = "copy venue (venuename, venuestate) from 's3://bkt/venue.csv' iam_role default csv";

async fn venue(house: &House) -> (Engine, Session) {
    let engine = engine(house).await;
    let mut session = session(&engine);
    let create = "create table venue (venueid int identity(10, 5), venuename varchar(100) not null, venuestate char(2), \
                  venueseats integer not null default 500 * 2)";
    run(&mut session, create).await.expect("a table");
    (engine, session)
}

#[tokio::test]
async fn a_load_is_there_after_its_statement() {
    let house = House::new();
    house.put("venue.csv", "Toyota Park,IL\nRFK Stadium,DC\n");
    let (_engine, mut session) = venue(&house).await;
    run(&mut session, COPY).await.expect("loaded");
    assert_eq!(messages(&mut session), ["Load into table 'venue' completed, 2 record(s) loaded successfully."]);
    let rows = run(&mut session, "select * from venue order by venueid").await.expect("rows");
    assert_eq!(rows, [["10", "Toyota Park", "IL", "1000"], ["15", "RFK Stadium", "DC", "1000"]]);
    // Its step tells the table that a file went into: "details of queries ... and utility commands (for example, copy)".
    let detail =
        "select trim(f.file_name), trim(d.step_name), trim(d.table_name), d.output_rows from sys_query_detail d
        join sys_load_detail f on f.query_id = d.query_id where d.table_id = 'venue'::regclass::oid::int";
    assert_eq!(run(&mut session, detail).await.expect("steps"), [["s3://bkt/venue.csv", "insert", "venue", "2"]]);
}

#[tokio::test]
async fn a_failed_load_leaves_nothing_but_its_errors() {
    let house = House::new();
    house.put("venue.csv", "Toyota Park,IL\nRFK Stadium,District\n");
    let (_engine, mut session) = venue(&house).await;
    let error = run(&mut session, COPY).await.expect_err("too long");
    assert_eq!(error.message(), "Load into table 'venue' failed.  Check 'stl_load_errors' system table for details.");
    assert_eq!(run(&mut session, "select count(*) from venue").await.expect("rows"), [["0"]]);
    let errors = run(&mut session, "select filename, line_number, colname, err_code, err_reason from stl_load_errors");
    assert_eq!(
        errors.await.expect("errors"),
        [["s3://bkt/venue.csv", "2", "venuestate", "1204", "Char length exceeds DDL length"]]
    );
}

#[tokio::test]
async fn a_load_in_a_block_goes_with_it() {
    let house = House::new();
    house.put("venue.csv", "Toyota Park,IL\n");
    let (_engine, mut session) = venue(&house).await;
    session.begin(Default::default()).await.expect("a block");
    run(&mut session, COPY).await.expect("loaded");
    assert_eq!(run(&mut session, "select count(*) from venue").await.expect("rows"), [["1"]]);
    session.rollback().await;
    assert_eq!(run(&mut session, "select count(*) from venue").await.expect("rows"), [["0"]]);
}
