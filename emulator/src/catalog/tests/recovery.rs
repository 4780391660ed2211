//! Crashes and restarts.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use datafusion::prelude::{col, lit};
use redshift_sql_dialect::SqlState;

use crate::{
    Credential, Location,
    catalog::{AttachedPolicy, Catalog, Grantee, Isolation, Oid, Relation, RlsPolicy, RowSecurity, testing::*},
};

/// Where a child process is told its folder.
const FOLDER: &str = "BLUESHIFT_TEST_CRASH_FOLDER";
/// Rows that make a file of each commit.
const PART: i32 = 1_500;

/// The process that is killed; it is a test so that the test program can run it, and does nothing otherwise.
#[test]
fn child_that_commits_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let catalog = in_folder(folder.as_ref()).await;
        create_table(&catalog, "files").await;
        create_table(&catalog, "chunks").await;
        let lost = begin(&catalog, 7);
        lost.create_relation(table_named("lost")).await.unwrap();
        insert(&lost, "lost", numbered(0..PART)).await.unwrap();
        for part in 0.. {
            let txn = begin(&catalog, 1);
            insert(&txn, "files", numbered(part * PART..(part + 1) * PART)).await.unwrap();
            insert(&txn, "chunks", numbered([part])).await.unwrap();
            delete(&txn, "files", col("id").eq(lit(part * PART))).await.unwrap();
            txn.commit().await.unwrap();
            println!("committed {part}");
        }
    });
}

fn start(folder: &std::path::Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "catalog::tests::recovery::child_that_commits_until_it_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills a process that commits one transaction after the other, at several moments. What it said was committed is
/// there, a transaction is there in both tables or in none, and no file is left that belongs to nothing.
#[tokio::test]
async fn killed_at_any_moment() {
    for after in [1, 4, 9] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = start(folder.path());
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged = lines.map(Result::unwrap).filter(|line| line.starts_with("committed "));
        for _ in 0..after {
            acknowledged.next().unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let last: i32 = match acknowledged.last() {
            Some(line) => line["committed ".len()..].parse().unwrap(),
            None => after - 1,
        };

        let catalog = in_folder(folder.path()).await;
        let txn = begin(&catalog, 1);
        assert!(txn.view().relation_named("public", "lost").unwrap().is_none());
        let parts = ids(&txn, "chunks").await.unwrap();
        assert_eq!(parts, (0..parts.len() as i32).collect::<Vec<_>>());
        assert!(parts.len() as i32 > last, "{last} was acknowledged, {parts:?} are there");
        let expected: Vec<i32> = (0..parts.len() as i32 * PART).filter(|id| id % PART != 0).collect();
        assert_eq!(ids(&txn, "files").await.unwrap(), expected);
        let known: i64 = txn
            .shared()
            .sql
            .connection()
            .query_row("SELECT count(*) FROM files WHERE place = 'data'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(data_files(folder.path()) as i64, known);
        insert(&txn, "chunks", numbered([-1])).await.unwrap();
        txn.commit().await.unwrap();
    }
}

fn data_files(folder: &std::path::Path) -> usize {
    let tables = std::fs::read_dir(folder.join("data")).unwrap();
    tables.map(|table| std::fs::read_dir(table.unwrap().path()).unwrap().count()).sum()
}

async fn error_of(location: &Location) -> redshift_sql_dialect::Error {
    match Catalog::open(location, init(Isolation::Snapshot)).await {
        Ok(_) => panic!("it opens"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Folder(folder.path().to_path_buf());
    let catalog = in_folder(folder.path()).await;
    let error = error_of(&location).await;
    assert_eq!(error.sqlstate(), SqlState::OBJECT_IN_USE);
    assert_eq!(error.message(), format!("data directory \"{}\" is in use by another process", folder.path().display()));
    drop(catalog);
    in_folder(folder.path()).await;
}

#[tokio::test]
async fn files_of_other_versions_and_programs_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Folder(folder.path().to_path_buf());
    drop(in_folder(folder.path()).await);
    let file = rusqlite::Connection::open(folder.path().join("catalog.db")).unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    drop(file);
    let error = error_of(&location).await;
    assert_eq!(error.message(), "the data directory was written by a newer version of Blueshift (format 99, not 2)");
    let file = rusqlite::Connection::open(folder.path().join("catalog.db")).unwrap();
    file.pragma_update(None, "application_id", 1).unwrap();
    drop(file);
    let error = error_of(&location).await;
    assert_eq!(error.message(), "the data directory holds a catalog.db that is not Blueshift's");
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (oid, txn_id);
    {
        let catalog = in_folder(folder.path()).await;
        create_table(&catalog, "t").await;
        let txn = begin(&catalog, 1);
        insert(&txn, "t", numbered(0..PART)).await.unwrap();
        insert(&txn, "t", numbered([PART])).await.unwrap();
        delete(&txn, "t", col("id").lt(lit(10))).await.unwrap();
        (oid, txn_id) = (table(&txn, "t").oid, txn.id());
        txn.commit().await.unwrap();
        let open = begin(&catalog, 2);
        delete(&open, "t", col("id").eq(lit(20))).await.unwrap();
        open.drop_relation(oid).await.unwrap();
        // A transaction that nobody ends, as when the process is killed.
        std::mem::forget(open);
        catalog.close().await.unwrap();
    }
    // The forgotten transaction holds the catalog open: what is opened is a copy of the folder.
    let copy = tempfile::tempdir().unwrap();
    copy_folder(folder.path(), copy.path());
    let catalog = in_folder(copy.path()).await;
    let txn = begin(&catalog, 1);
    assert!(txn.id() > txn_id);
    assert_eq!(table(&txn, "t").oid, oid);
    assert_eq!(ids(&txn, "t").await.unwrap(), (10..=PART).collect::<Vec<_>>());
    let new = txn.create_relation(table_named("u")).await.unwrap();
    assert!(new.oid > oid);
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test]
async fn temporary_tables_end_with_their_session_or_the_process() {
    let folder = tempfile::tempdir().unwrap();
    {
        let catalog = in_folder(folder.path()).await;
        for pid in [5, 6] {
            let txn = begin(&catalog, pid);
            let schema = txn.temp_schema(OWNER).await.unwrap();
            assert_eq!(schema, format!("pg_temp_{pid}"));
            let temporary = crate::catalog::NewRelation { schema, ..table_named("t") };
            let relation: std::sync::Arc<Relation> = txn.create_relation(temporary).await.unwrap();
            txn.append(&relation, vec![stream(numbered(0..PART))]).await.unwrap();
            txn.commit().await.unwrap();
        }
        catalog.drop_temp_schema(5, "dev").await.unwrap();
        catalog.drop_temp_schema(99, "dev").await.unwrap();
        let txn = begin(&catalog, 1);
        let names: Vec<String> = txn.view().schemas().unwrap().iter().map(|schema| schema.name.clone()).collect();
        assert_eq!(names, ["public", "pg_temp_6"]);
    }
    let catalog = in_folder(folder.path()).await;
    assert_eq!(begin(&catalog, 1).view().schemas().unwrap().len(), 1);
    assert_eq!(data_files(folder.path()), 0);
}

#[tokio::test]
async fn the_superuser_has_the_password_of_the_last_start() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Folder(folder.path().to_path_buf());
    let with = |password: Credential| crate::catalog::DatabaseInit { password, ..init(Isolation::Snapshot) };
    let new = Credential::Md5("md5abc".into());
    for (given, kept) in
        [(Credential::Anything, Credential::Anything), (new.clone(), new.clone()), (Credential::Anything, new.clone())]
    {
        let catalog = Catalog::open(&location, with(given)).await.unwrap();
        let user = catalog.look().user("admin").unwrap().unwrap();
        assert_eq!((&user.password, user.superuser, user.id), (&kept, true, OWNER));
    }
}

/// Policies of row-level security, and what they are attached to, are there after a restart.
#[tokio::test]
async fn policies_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = in_folder(folder.path()).await;
    create_table(&catalog, "t").await;
    let txn = begin(&catalog, 1);
    let policy = RlsPolicy {
        oid: Oid(0),
        database: txn.database().oid,
        name: "p".into(),
        alias: "rls_table".into(),
        columns: Vec::new(),
        using: "false".into(),
        shown: "FALSE".into(),
        search_path: vec!["public".into()],
        lookups: Vec::new(),
        functions: Vec::new(),
        modified_by: OWNER,
        modified: 0,
    };
    txn.create_rls_policy(policy).await.unwrap();
    let policy = txn.view().rls_policy("p").unwrap().unwrap();
    let attached = vec![AttachedPolicy { policy: policy.oid, grantee: Grantee::Public, grantor: OWNER }];
    let security = RowSecurity { on: true, switched: true, attached, ..RowSecurity::default() };
    let protected = Relation { security: Some(Arc::new(security.clone())), ..(*table(&txn, "t")).clone() };
    txn.update_relation(protected).await.unwrap();
    txn.commit().await.unwrap();
    catalog.close().await.unwrap();
    drop(catalog);

    let catalog = in_folder(folder.path()).await;
    let txn = begin(&catalog, 1);
    assert_eq!(table(&txn, "t").security.as_deref(), Some(&security));
    assert_eq!(txn.view().rls_policy("p").unwrap().as_deref(), Some(&*policy));
}
