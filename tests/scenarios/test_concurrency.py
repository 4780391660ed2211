"""Sessions side by side: write locks, waiting, and what comes of it (developer guide, "Write and read/write operations" and
"Serializable isolation")."""

import threading

import psycopg
import pytest

from blueshift import PATIENCE

# A thread that has not ended by then waits for somebody.
A_WHILE = 1


class Later(threading.Thread):
    """Runs a statement on its own, and gives its result or its error."""

    def __init__(self, connection, statement):
        super().__init__(daemon=True)
        self.connection, self.statement, self.error = connection, statement, None
        self.start()

    def run(self):
        try:
            self.connection.execute(self.statement)
        except psycopg.Error as e:
            self.error = e

    def waits(self):
        self.join(A_WHILE)
        return self.is_alive()

    def result(self):
        self.join(PATIENCE)
        assert not self.is_alive()
        return self.error


@pytest.fixture
def one(server):
    with server.connect() as connection:
        connection.execute("create table t (i int)")
        connection.execute("create table u (i int)")
        connection.execute("insert into t values (1), (2), (3)")
        yield connection


@pytest.fixture
def two(server, one):
    with server.connect() as connection:
        yield connection


def count(connection, table="t"):
    return connection.execute(f"select count(*) from {table}").fetchone()[0]


def test_writers_of_one_table_take_turns(one, two):
    one.execute("begin")
    one.execute("insert into t values (4)")
    later = Later(two, "insert into t values (5)")
    assert later.waits()
    one.execute("commit")
    assert later.result() is None
    assert count(one) == 5


def test_readers_wait_for_nobody(one, two):
    one.execute("begin")
    one.execute("delete from t")
    assert count(two) == 3
    one.execute("commit")
    assert count(two) == 0


def test_writers_of_two_tables_do_not_meet(one, two):
    one.execute("begin")
    one.execute("insert into t values (4)")
    two.execute("insert into u values (1)")
    assert count(two, "u") == 1
    one.execute("commit")


def test_a_writer_that_waited_for_a_rollback_goes_on(one, two):
    one.execute("begin")
    one.execute("delete from t")
    later = Later(two, "update t set i = i + 10")
    assert later.waits()
    one.execute("rollback")
    assert later.result() is None
    assert sorted(row[0] for row in one.execute("select i from t").fetchall()) == [11, 12, 13]


def test_concurrent_deletes_both_succeed(one, two):
    """"Concurrent DELETE operations from the same table": the second one waits and then sees what the first one left."""
    one.execute("begin")
    two.execute("begin")
    one.execute("delete from t where i = 1")
    later = Later(two, "delete from t where i <= 2")
    assert later.waits()
    one.execute("end")
    assert later.result() is None
    two.execute("end")
    assert one.execute("select i from t").fetchall() == [(3,)]


def test_a_waiting_writer_whose_connection_is_cancelled(one, two):
    one.execute("begin")
    one.execute("delete from t")
    later = Later(two, "insert into t values (9)")
    assert later.waits()
    two.cancel()
    assert later.result().sqlstate == "57014"
    one.execute("commit")
    assert count(two) == 0


def test_a_lost_connection_gives_its_locks_back(server, one, two):
    gone = server.connect()
    gone.execute("begin")
    gone.execute("insert into t values (7)")
    later = Later(two, "insert into t values (8)")
    assert later.waits()
    gone.close()
    assert later.result() is None
    assert count(one) == 4


def test_lock(one, two):
    one.execute("begin")
    one.execute("lock t")
    later = Later(two, "insert into t values (4)")
    assert later.waits()
    one.execute("insert into t values (5)")
    one.execute("commit")
    assert later.result() is None
    assert count(one) == 5


@pytest.mark.parametrize("statement", [
    "drop table t", "alter table t rename column i to j", "alter table t add column k int", "truncate t", "lock t",
])
def test_who_changes_a_table_waits_for_its_readers(one, two, statement):
    one.execute("begin")
    assert count(one) == 3
    two.execute("insert into t values (4)")
    two.execute("begin")
    later = Later(two, statement)
    assert later.waits()
    one.execute("commit")
    assert later.result() is None
    two.execute("rollback")


@pytest.mark.parametrize("statement", ["select * from t", "select * from v", "insert into u select * from t",
                                       "create view w as select * from t", "explain select * from t"])
def test_a_reader_waits_for_who_has_locked_its_table(one, two, statement):
    one.execute("create view v as select * from t")
    one.execute("begin")
    one.execute("lock t")
    later = Later(two, statement)
    assert later.waits()
    one.execute("commit")
    assert later.result() is None


def test_a_reader_that_waited_sees_what_the_table_became(one, two):
    one.execute("begin")
    one.execute("drop table t")
    one.execute("create table t (j int)")
    one.execute("insert into t values (7)")
    later = Later(two, "create table copied as select j from t")
    assert later.waits()
    one.execute("commit")
    assert later.result() is None
    assert two.execute("select j from copied").fetchall() == [(7,)]


def test_a_reader_of_a_dropped_table(one, two):
    one.execute("begin")
    one.execute("drop table t")
    later = Later(two, "select * from t")
    assert later.waits()
    one.execute("commit")
    assert later.result().sqlstate == "42P01"


def test_readers_and_droppers_form_a_deadlock(one, two):
    for connection in (one, two):
        connection.execute("begin")
        assert count(connection) == 3
    later = Later(one, "drop table t")
    assert later.waits()
    with pytest.raises(psycopg.errors.DeadlockDetected):
        two.execute("drop table t")
    two.execute("rollback")
    assert later.result() is None
    one.execute("rollback")
    assert count(two) == 3


def test_a_result_that_is_not_read_to_its_end_keeps_its_table(server, one, two):
    two.execute("begin")
    two.execute("declare c cursor for select * from t")
    two.execute("fetch 1 from c")
    later = Later(one, "drop table t")
    assert later.waits()
    two.execute("close c")
    assert later.waits()
    two.execute("commit")
    assert later.result() is None


def test_deadlock(one, two):
    one.execute("begin")
    two.execute("begin")
    one.execute("insert into t values (4)")
    two.execute("insert into u values (4)")
    later = Later(one, "insert into u values (5)")
    assert later.waits()
    errors = [Later(two, "insert into t values (5)").result()]
    two.execute("rollback")
    errors.append(later.result())
    assert [error.sqlstate for error in errors if error] == ["40P01"]


def test_many_sessions_insert(server, one):
    """Nothing is lost and nothing is there twice."""
    sessions, each = 4, 8

    def write(number):
        with server.connect() as connection:
            for i in range(each):
                connection.execute(f"insert into u values ({number * each + i})")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(row[0] for row in one.execute("select i from u").fetchall()) == list(range(sessions * each))


def test_ddl_waits_for_writers(one, two):
    one.execute("begin")
    one.execute("insert into t values (4)")
    later = Later(two, "drop table t")
    assert later.waits()
    one.execute("commit")
    assert later.result() is None
    with pytest.raises(psycopg.errors.UndefinedTable):
        count(one)
