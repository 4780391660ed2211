use redshift_sql_dialect::parse;

use super::*;
use crate::testing::FakeBackend;

/// A session and the backend that tells what it was asked to do.
struct Test {
    backend: FakeBackend,
    session: Session,
}

impl Test {
    fn new() -> Test {
        let backend = FakeBackend::default();
        let session = Session::new(Box::new(backend.session()));
        Test { backend, session }
    }

    /// Runs a statement as its message's only one: its tag with the number of its rows, or its error.
    async fn run(&mut self, sql: &str) -> String {
        self.run_in(sql, Company::Alone).await
    }

    async fn run_in(&mut self, sql: &str, company: Company) -> String {
        let parsed = parse(sql).unwrap();
        let command =
            Command { statement: &parsed[0].statement, text: sql, start: 0, types: &[], values: &[], company };
        match self.session.run(command).await {
            Ok(Answer::Done(tag)) => tag,
            Ok(Answer::Rows(mut rows)) => {
                let mut count = 0;
                while let Some(batch) = rows.next(usize::MAX).await.unwrap() {
                    count += batch.num_rows();
                }
                format!("{} {count}", rows.tag)
            }
            Err(error) => {
                self.session.fail().await;
                error.to_string()
            }
        }
    }

    fn warnings(&mut self) -> Vec<String> {
        self.session
            .take_notices()
            .into_iter()
            .map(|notice| format!("{}: {}", notice.sqlstate, notice.message))
            .collect()
    }
}

const FAILED: &str = "42P01: relation \"t\" does not exist";
const REFUSED: &str = "25P02: current transaction is aborted, commands ignored until end of transaction block";
const NO_TRANSACTION: &str = "25P01: there is no transaction in progress";

#[test]
fn clients_hear_what_they_want_to_hear() {
    use NoticeSeverity::*;
    let heard = |least| [Info, Notice, Warning].map(|severity| is_wanted(severity, least));
    assert_eq!(heard(None), [true, true, true]);
    assert_eq!(heard(Some("debug1")), [true, true, true]);
    assert_eq!(heard(Some("notice")), [true, true, true]);
    assert_eq!(heard(Some("warning")), [true, false, true]);
    assert_eq!(heard(Some("error")), [true, false, false]);
}

#[tokio::test]
async fn savepoints_are_names_and_nothing_else() {
    let mut test = Test::new();
    let alone = "25P01: SAVEPOINT may only be used in transaction blocks";
    assert_eq!(test.run("savepoint a").await, alone);
    assert_eq!(test.run_in("savepoint a", Company::Message).await, alone);
    for round in ["commit", "rollback"] {
        test.run("begin").await;
        for name in ["a", "b", "a", "c"] {
            assert_eq!(test.run(&format!("savepoint {name}")).await, "SAVEPOINT");
        }
        // The later of two of one name, with what was set after it.
        assert_eq!(test.run("release a").await, "RELEASE");
        assert_eq!(test.run("release savepoint b").await, "RELEASE");
        assert_eq!(test.run("release c").await, "3B001: no such savepoint");
        assert_eq!(test.run("savepoint d").await, REFUSED);
        test.run(round).await;
    }
    test.run("begin").await;
    assert_eq!(test.run("release a").await, "3B001: no such savepoint");
    test.run("rollback").await;
}

#[tokio::test]
async fn a_block_commits_and_rolls_back() {
    let mut test = Test::new();
    assert_eq!(test.run("begin").await, "BEGIN");
    assert_eq!(test.session.block(), Block::InProgress);
    assert_eq!(test.run("insert into t values (1)").await, "INSERT 0 1");
    assert_eq!(test.run("end").await, "COMMIT");
    assert_eq!(test.session.block(), Block::Default);
    test.run("start transaction").await;
    assert_eq!(test.run("abort").await, "ROLLBACK");
    assert_eq!(test.backend.take_calls(), ["begin", "INSERT", "commit", "begin", "rollback"]);
    assert!(test.warnings().is_empty());
}

#[tokio::test]
async fn a_block_that_failed_ends_in_a_rollback() {
    let mut test = Test::new();
    test.run("begin").await;
    assert_eq!(test.run("delete from t").await, FAILED);
    assert_eq!(test.session.block(), Block::Aborted);
    assert_eq!(test.run("select 1").await, REFUSED);
    assert_eq!(test.run("commit").await, "ROLLBACK");
    assert_eq!(test.session.block(), Block::Default);
    assert_eq!(test.backend.take_calls(), ["begin", "DELETE", "rollback"]);
}

#[tokio::test]
async fn control_in_the_wrong_place_warns() {
    let mut test = Test::new();
    assert_eq!(test.run("commit").await, "COMMIT");
    assert_eq!(test.run("rollback").await, "ROLLBACK");
    assert_eq!(test.warnings(), [NO_TRANSACTION, NO_TRANSACTION]);
    test.run("begin").await;
    assert_eq!(test.run("begin").await, "BEGIN");
    assert_eq!(test.warnings(), ["25001: there is already a transaction in progress"]);
    assert_eq!(test.backend.take_calls(), ["begin"]);
}

#[tokio::test]
async fn statements_of_a_message_are_one_transaction() {
    let mut test = Test::new();
    test.run_in("insert into t values (1)", Company::Message).await;
    test.run_in("insert into t values (2)", Company::Message).await;
    assert_eq!(test.session.block(), Block::Implicit);
    test.session.finish_implicit().await.unwrap();
    assert_eq!(test.backend.take_calls(), ["begin", "INSERT", "INSERT", "commit"]);

    test.run_in("insert into t values (1)", Company::Message).await;
    assert_eq!(test.run_in("delete from t", Company::Message).await, FAILED);
    assert_eq!(test.session.block(), Block::Default);
    assert_eq!(test.backend.take_calls(), ["begin", "INSERT", "DELETE", "rollback"]);
}

#[tokio::test]
async fn begin_within_a_message_takes_what_came_before_with_it() {
    let mut test = Test::new();
    test.run_in("insert into t values (1)", Company::Message).await;
    test.run_in("begin", Company::Message).await;
    test.session.finish_implicit().await.unwrap();
    assert_eq!(test.session.block(), Block::InProgress);
    test.run("rollback").await;
    assert_eq!(test.backend.take_calls(), ["begin", "INSERT", "rollback"]);
    assert!(test.warnings().is_empty());
}

#[tokio::test]
async fn truncate_ends_the_block() {
    let mut test = Test::new();
    test.run("begin").await;
    assert_eq!(test.run("truncate t").await, "TRUNCATE TABLE");
    assert_eq!(test.session.block(), Block::Default);
}

#[tokio::test]
async fn a_cursor_lives_within_its_block() {
    let mut test = Test::new();
    let outside = "XX000: cursors can only be used within the transaction that created them.";
    assert_eq!(
        test.run("declare c cursor for select 1").await,
        "25P01: DECLARE CURSOR may only be used in transaction blocks"
    );
    assert_eq!(test.run("declare c cursor with hold for select 1").await, "DECLARE CURSOR");
    assert_eq!(test.run("fetch 1 from c").await, outside);
    test.run("begin").await;
    assert_eq!(test.run("declare c cursor for select 1").await, "DECLARE CURSOR");
    assert_eq!(test.run("fetch forward 2 from c").await, "FETCH 2");
    assert_eq!(test.run("fetch 0 from c").await, "FETCH 1");
    assert_eq!(test.run("fetch all from c").await, "FETCH 3");
    assert_eq!(test.run("fetch next from c").await, "FETCH 0");
    test.run("commit").await;
    assert_eq!(test.run("fetch 1 from c").await, outside);
}

#[tokio::test]
async fn there_is_one_cursor_at_a_time() {
    let mut test = Test::new();
    test.run("begin").await;
    test.run("declare c cursor for select 1").await;
    assert_eq!(
        test.run("declare d cursor for select 1").await,
        "24000: opening multiple cursors from within the same client connection is not allowed."
    );
    test.run("rollback").await;
    test.run("begin").await;
    test.run("declare c cursor for select 1").await;
    assert_eq!(test.run("declare c cursor for select 1").await, "42P03: cursor \"c\" already exists");
    test.run("rollback").await;
    test.run("begin").await;
    test.run("declare c cursor for select 1").await;
    assert_eq!(test.run("close c").await, "CLOSE CURSOR");
    assert_eq!(test.run("declare d cursor for select 1").await, "DECLARE CURSOR");
    assert_eq!(test.run("fetch 1 from c").await, "34000: cursor \"c\" does not exist");
}

#[tokio::test]
async fn statements_are_prepared_by_name() {
    let mut test = Test::new();
    assert_eq!(test.run("prepare p as select 1").await, "PREPARE");
    assert_eq!(test.run("prepare p as select 1").await, "42P05: prepared statement \"p\" already exists");
    assert_eq!(test.run("execute p").await, "SELECT 5");
    assert_eq!(test.run("execute p(1)").await, "42601: wrong number of parameters for prepared statement \"p\"");
    assert_eq!(test.run("deallocate p").await, "DEALLOCATE");
    assert_eq!(test.run("execute p").await, "26000: prepared statement \"p\" does not exist");
    test.run("prepare p as select 1").await;
    assert_eq!(test.run("deallocate all").await, "DEALLOCATE");
    assert_eq!(test.run("deallocate p").await, "26000: prepared statement \"p\" does not exist");
}

#[tokio::test]
async fn arguments_of_execute_are_evaluated() {
    let mut test = Test::new();
    test.run("prepare p(int, varchar) as insert into t values ($1, $2)").await;
    test.backend.take_calls();
    // The first SELECT is that of the arguments; the backend answers it with one column, which is one value.
    assert_eq!(test.run("execute p(1, 'a')").await, "INSERT 0 1");
    assert_eq!(test.backend.take_calls(), ["SELECT", "INSERT"]);
}

#[tokio::test]
async fn portals_end_with_their_transaction() {
    let mut test = Test::new();
    let portal = || {
        let prepared = Prepared {
            message: "".into(),
            text: String::new(),
            statement: None,
            types: Vec::new(),
            parameters: 0,
            declared: Vec::new(),
            inferred: OnceLock::new(),
            described: OnceLock::new(),
            start: 0,
        };
        let bound = Bound { prepared: Arc::new(prepared), types: Vec::new(), values: Vec::new(), formats: Vec::new() };
        Portal { bound, progress: Progress::Ready }
    };
    test.run("begin").await;
    test.session.keep_portal("p", portal()).unwrap();
    assert_eq!(test.session.keep_portal("p", portal()).unwrap_err().sqlstate(), SqlState::DUPLICATE_CURSOR);
    test.session.finish_implicit().await.unwrap();
    assert!(test.session.portal("p").is_ok());
    test.run("commit").await;
    assert_eq!(test.session.portal("p").err().unwrap().to_string(), "34000: portal \"p\" does not exist");

    test.session.keep_portal("p", portal()).unwrap();
    test.session.finish_implicit().await.unwrap();
    assert!(test.session.portal("p").is_err());
}
