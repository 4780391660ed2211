//! Backups: what they hold, that they last, and that coming back to one is all or nothing.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use datafusion::prelude::{col, lit};
use redshift_sql_dialect::SqlState;

use crate::catalog::{Catalog, CatalogView, Isolation, NewRelation, TableRestore, testing::*};

/// Rows that make a file.
const MANY: i32 = 1_500;
/// Where a child process is told its folder.
const FOLDER: &str = "BLUESHIFT_TEST_RESTORE_FOLDER";

async fn fill(catalog: &Catalog, name: &str, ids: std::ops::Range<i32>) {
    let txn = begin(catalog, 1);
    insert(&txn, name, numbered(ids)).await.unwrap();
    txn.commit().await.unwrap();
}

async fn remove(catalog: &Catalog, name: &str, id: i32) {
    let txn = begin(catalog, 1);
    delete(&txn, name, col("id").eq(lit(id))).await.unwrap();
    txn.commit().await.unwrap();
}

async fn drop_table(catalog: &Catalog, name: &str) {
    let txn = begin(catalog, 1);
    txn.drop_relation(table(&txn, name).oid).await.unwrap();
    txn.commit().await.unwrap();
}

async fn ids_of(catalog: &Catalog, name: &str) -> Vec<i32> {
    ids(&begin(catalog, 9), name).await.unwrap()
}

fn files_in(folder: &Path) -> usize {
    let tables = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    tables.filter(|path| path.is_dir()).map(|path| std::fs::read_dir(path).unwrap().count()).sum()
}

/// A file, a chunk, deleted rows of both, and a table that is dropped after the backup.
async fn with_a_past(catalog: &Catalog) {
    for name in ["files", "chunks", "dropped"] {
        create_table(catalog, name).await;
    }
    fill(catalog, "files", 0..MANY).await;
    remove(catalog, "files", 3).await;
    fill(catalog, "chunks", 0..5).await;
    remove(catalog, "chunks", 2).await;
    fill(catalog, "dropped", 0..MANY).await;
}

async fn change_everything(catalog: &Catalog) {
    drop_table(catalog, "dropped").await;
    create_table(catalog, "later").await;
    fill(catalog, "files", MANY..2 * MANY).await;
    remove(catalog, "files", 7).await;
    remove(catalog, "chunks", 0).await;
}

async fn check_past(catalog: &Catalog) {
    let expected: Vec<i32> = (0..MANY).filter(|id| *id != 3).collect();
    assert_eq!(ids_of(catalog, "files").await, expected);
    assert_eq!(ids_of(catalog, "chunks").await, [0, 1, 3, 4]);
    assert_eq!(ids_of(catalog, "dropped").await, (0..MANY).collect::<Vec<_>>());
    assert!(begin(catalog, 1).view().relation("public", "later").unwrap().is_none());
}

async fn come_back(catalog: &Catalog) {
    with_a_past(catalog).await;
    let backup = catalog.back_up().await.unwrap();
    assert!(backup.bytes > 0);
    assert_eq!(catalog.backups().unwrap(), [backup.id]);
    change_everything(catalog).await;
    catalog.restore(backup.id, &init(Isolation::Serializable)).await.unwrap();
    check_past(catalog).await;
    // What comes back can be changed, and can come back again.
    fill(catalog, "files", MANY..2 * MANY).await;
    remove(catalog, "files", 5).await;
    assert_eq!(ids_of(catalog, "files").await.len(), 2 * MANY as usize - 2);
    drop_table(catalog, "chunks").await;
    catalog.restore(backup.id, &init(Isolation::Serializable)).await.unwrap();
    check_past(catalog).await;
    catalog.drop_backup(backup.id).await.unwrap();
    assert_eq!(catalog.backups().unwrap(), []);
    check_past(catalog).await;
    let gone = catalog.restore(backup.id, &init(Isolation::Serializable)).await.unwrap_err();
    assert_eq!(gone.sqlstate(), SqlState::UNDEFINED_OBJECT);
    assert_eq!(catalog.drop_backup(backup.id).await.unwrap_err().sqlstate(), SqlState::UNDEFINED_OBJECT);
}

#[tokio::test]
async fn everything_comes_back_in_memory() {
    come_back(&in_memory(Isolation::Serializable).await).await;
}

#[tokio::test]
async fn everything_comes_back_in_a_folder_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    come_back(&in_folder(folder.path()).await).await;
    let catalog = in_folder(folder.path()).await;
    check_past(&catalog).await;
    let backup = catalog.back_up().await.unwrap();
    change_everything(&catalog).await;
    drop(catalog);
    let catalog = in_folder(folder.path()).await;
    catalog.restore(backup.id, &init(Isolation::Serializable)).await.unwrap();
    drop(catalog);
    let catalog = in_folder(folder.path()).await;
    check_past(&catalog).await;
    // Files belong to tables, and what was replaced is gone.
    assert_eq!(files_in(&folder.path().join("data")), 2);
}

/// A backup holds what is committed, and nothing of sessions.
#[tokio::test]
async fn what_is_open_or_temporary_is_not_kept() {
    let catalog = in_memory(Isolation::Serializable).await;
    create_table(&catalog, "t").await;
    fill(&catalog, "t", 0..3).await;
    let temporary = begin(&catalog, 7);
    let schema = temporary.temp_schema(OWNER).await.unwrap();
    temporary.create_relation(NewRelation { schema: schema.clone(), ..table_named("mine") }).await.unwrap();
    temporary.commit().await.unwrap();
    let open = begin(&catalog, 2);
    insert(&open, "t", numbered(3..6)).await.unwrap();
    let backup = catalog.back_up().await.unwrap();
    open.commit().await.unwrap();
    assert_eq!(ids_of(&catalog, "t").await, [0, 1, 2, 3, 4, 5]);
    catalog.restore(backup.id, &init(Isolation::Serializable)).await.unwrap();
    assert_eq!(ids_of(&catalog, "t").await, [0, 1, 2]);
    assert!(begin(&catalog, 7).view().schema(&schema).unwrap().is_none());
}

/// Who began before goes on seeing what there was, and cannot write into what came back.
#[tokio::test]
async fn open_transactions_see_what_there_was_and_cannot_commit() {
    let catalog = in_memory(Isolation::Serializable).await;
    create_table(&catalog, "t").await;
    fill(&catalog, "t", 0..MANY).await;
    let backup = catalog.back_up().await.unwrap();
    fill(&catalog, "t", MANY..2 * MANY).await;
    let reader = begin(&catalog, 2);
    assert_eq!(ids(&reader, "t").await.unwrap().len(), 2 * MANY as usize);
    let writer = begin(&catalog, 3);
    insert(&writer, "t", numbered([-1])).await.unwrap();
    catalog.restore(backup.id, &init(Isolation::Serializable)).await.unwrap();
    assert_eq!(ids(&reader, "t").await.unwrap().len(), 2 * MANY as usize);
    assert_eq!(writer.commit().await.unwrap_err().sqlstate(), SqlState::ADMIN_SHUTDOWN);
    assert_eq!(ids_of(&catalog, "t").await, (0..MANY).collect::<Vec<_>>());
    reader.commit().await.unwrap();
}

/// The database and the superuser that a server is started with are there whatever was restored.
#[tokio::test]
async fn the_superuser_of_the_start_is_there_afterwards() {
    let catalog = in_memory(Isolation::Serializable).await;
    let backup = catalog.back_up().await.unwrap();
    let other =
        crate::catalog::DatabaseInit { database: "other".into(), user: "boss".into(), ..init(Isolation::Serializable) };
    catalog.restore(backup.id, &other).await.unwrap();
    let view = catalog.look();
    assert!(view.user("boss").unwrap().is_some() && view.user("admin").unwrap().is_some());
    let names: Vec<String> = view.databases().unwrap().iter().map(|database| database.name.clone()).collect();
    assert_eq!(names, ["dev", "other"]);
    catalog.begin(1, "other").unwrap();
}

async fn restore_a_table(catalog: &Catalog) {
    with_a_past(catalog).await;
    let backup = catalog.back_up().await.unwrap();
    change_everything(catalog).await;
    let what = |source: &str, new: &str| TableRestore {
        source_database: "dev".into(),
        source_schema: "public".into(),
        source_table: source.into(),
        target_database: "dev".into(),
        target_schema: "public".into(),
        new_table: new.into(),
        admin: "admin".into(),
    };
    let mut bytes = Vec::new();
    for (source, new) in [("files", "old_files"), ("chunks", "old_chunks"), ("dropped", "dropped")] {
        bytes.push(catalog.restore_table(backup.id, 0, &what(source, new)).await.unwrap());
    }
    assert!(bytes.iter().all(|bytes| *bytes > 0));
    assert_eq!(ids_of(catalog, "old_files").await, (0..MANY).filter(|id| *id != 3).collect::<Vec<_>>());
    assert_eq!(ids_of(catalog, "old_chunks").await, [0, 1, 3, 4]);
    assert_eq!(ids_of(catalog, "dropped").await, (0..MANY).collect::<Vec<_>>());
    // What there is stays.
    assert_eq!(ids_of(catalog, "chunks").await, [1, 3, 4]);
    fill(catalog, "old_chunks", 10..11).await;
    remove(catalog, "old_files", 0).await;
    assert_eq!(ids_of(catalog, "old_chunks").await, [0, 1, 3, 4, 10]);
    let refused = [
        (what("files", "files"), SqlState::DUPLICATE_TABLE),
        (what("later", "new"), SqlState::UNDEFINED_TABLE),
        (TableRestore { target_schema: "nowhere".into(), ..what("files", "new") }, SqlState::INVALID_SCHEMA_NAME),
        (TableRestore { target_database: "nowhere".into(), ..what("files", "new") }, SqlState::INVALID_CATALOG_NAME),
    ];
    for (what, state) in refused {
        assert_eq!(catalog.restore_table(backup.id, 0, &what).await.unwrap_err().sqlstate(), state);
    }
}

#[tokio::test]
async fn one_table_comes_back_in_memory() {
    restore_a_table(&in_memory(Isolation::Serializable).await).await;
}

#[tokio::test]
async fn one_table_comes_back_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    restore_a_table(&in_folder(folder.path()).await).await;
}

/// The process that is killed; it is a test so that the test program can run it, and does nothing otherwise.
#[test]
fn child_that_goes_back_and_forth_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let catalog = in_folder(folder.as_ref()).await;
        let [first, second] = catalog.backups().unwrap()[..] else { panic!("two backups") };
        for round in 0.. {
            let id = if round % 2 == 0 { first } else { second };
            catalog.restore(id, &init(Isolation::Serializable)).await.unwrap();
            catalog.drop_backup(catalog.back_up().await.unwrap().id).await.unwrap();
            println!("restored {round}");
        }
    });
}

/// Killed while it goes from one backup to the other and back, it is at one of the two, in both tables.
#[tokio::test]
async fn killed_while_it_restores() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = in_folder(folder.path()).await;
    for name in ["a", "b"] {
        create_table(&catalog, name).await;
        fill(&catalog, name, 0..MANY).await;
    }
    catalog.back_up().await.unwrap();
    for name in ["a", "b"] {
        fill(&catalog, name, MANY..MANY + 2).await;
    }
    catalog.back_up().await.unwrap();
    drop(catalog);
    for after in [1, 2, 6] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "catalog::tests::backups::child_that_goes_back_and_forth_until_it_is_killed",
                "--nocapture",
            ])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines.map(Result::unwrap).filter(|line| line.starts_with("restored ")).take(after).count();
        assert_eq!(said, after);
        child.kill().unwrap();
        child.wait().unwrap();

        let catalog = in_folder(folder.path()).await;
        let (a, b) = (ids_of(&catalog, "a").await, ids_of(&catalog, "b").await);
        assert_eq!(a, b);
        assert!(a.len() == MANY as usize || a.len() == MANY as usize + 2, "{}", a.len());
        // The two are there; one that was being removed may be, too, and nothing unfinished is.
        let left: Vec<_> =
            std::fs::read_dir(folder.path().join("snapshots")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(left.iter().all(|path| path.extension().is_none()), "{left:?}");
        let backups = catalog.backups().unwrap();
        assert!(backups.len() == 2 || backups.len() == 3);
        if backups.len() == 3 {
            // The child expects two: which of them is the third is told by its age.
            let youngest = left.iter().max_by_key(|path| path.metadata().unwrap().modified().unwrap()).unwrap();
            let id = crate::catalog::BackupId::parse(youngest.file_name().unwrap().to_str().unwrap()).unwrap();
            catalog.drop_backup(id).await.unwrap();
        }
    }
}
