"""Sessions that stop each other: developer guide, "CANCEL", "PG_CANCEL_BACKEND", "PG_TERMINATE_BACKEND", "CREATE USER"."""

import threading
import time

import psycopg
import pytest
import redshift_connector

from blueshift import PATIENCE

# It would run for days.
LONG = "select count(*) from d a, d b, d c, d e, d f, d g, d h, d i, d j, d k, d l, d m, d o, d p, d q where a.n + b.n + c.n + q.n = -1"
PASSWORD = "Guest-1234"


@pytest.fixture
def boss(server):
    with server.connect() as connection:
        connection.execute("create table d as select 0 as n union all select 1 union all select 2 union all select 3 union all select 4")
        connection.execute(f"create user guest password '{PASSWORD}'")
        connection.execute(f"create user digested password 'sha256|{PASSWORD}'")
        connection.execute("grant select on d to guest")
        yield connection


def connect(server, user):
    dsn = server.dsn.replace("user=admin", f"user={user} password={PASSWORD}")
    return psycopg.connect(dsn, autocommit=True)


@pytest.fixture
def guest(server, boss):
    with connect(server, "guest") as connection:
        yield connection


def pid_of(connection):
    return connection.execute("select pg_backend_pid()").fetchone()[0]


class Busy(threading.Thread):
    """A session that runs something long, and the error that it ends with."""

    def __init__(self, connection):
        super().__init__(daemon=True)
        self.connection, self.pid, self.error = connection, pid_of(connection), None
        self.start()

    def run(self):
        try:
            self.connection.execute(LONG)
        except psycopg.Error as error:
            self.error = error

    def wait_until_it_runs(self, boss):
        running = f"select count(*) from stv_inflight where pid = {self.pid}"
        while boss.execute(running).fetchone()[0] == 0:
            assert self.is_alive()

    def ended(self):
        self.join(PATIENCE)
        assert not self.is_alive()
        return self.error


def test_a_message_of_ones_own(server, boss):
    with server.connect() as other:
        busy = Busy(other)
        busy.wait_until_it_runs(boss)
        assert boss.execute(f"cancel {busy.pid} 'Long-running query'").statusmessage == "CANCEL"
        error = busy.ended()
        assert (error.sqlstate, error.diag.message_primary) == ("57014", "Long-running query")
        assert other.execute("select 1").fetchone() == (1,)


def test_users_stop_their_own_sessions(server, boss, guest):
    with connect(server, "guest") as other:
        for stop in ["cancel {}", "select pg_cancel_backend({})"]:
            busy = Busy(other)
            busy.wait_until_it_runs(boss)
            guest.execute(stop.format(busy.pid))
            assert busy.ended().sqlstate == "57014"
        guest.execute(f"select pg_terminate_backend({pid_of(other)})")
        with pytest.raises(psycopg.errors.AdminShutdown):
            other.execute("select 1")


def test_users_do_not_stop_the_sessions_of_others(boss, guest):
    pid = pid_of(boss)
    for stop in [f"cancel {pid}", f"select pg_cancel_backend({pid})", f"select pg_terminate_backend({pid})"]:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            guest.execute(stop)
    assert boss.execute("select 1").fetchone() == (1,)


def test_a_role_may_cancel(server, boss, guest):
    boss.execute("create role canceler; grant cancel to role canceler; grant role canceler to guest")
    with server.connect() as other:
        busy = Busy(other)
        busy.wait_until_it_runs(boss)
        guest.execute(f"cancel {busy.pid}")
        assert busy.ended().sqlstate == "57014"
        # To cancel is not to terminate.
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            guest.execute(f"select pg_terminate_backend({busy.pid})")


def test_all_sessions_of_a_user(server, boss):
    """A walk over the sessions, one of which may be gone already."""
    others = [connect(server, "guest") for _ in range(3)]
    ended = boss.execute("select pg_terminate_backend(process) from stv_sessions where user_name = 'guest'").fetchall()
    assert ended == [(1,)] * 3
    for other in others:
        with pytest.raises(psycopg.errors.AdminShutdown):
            other.execute("select 1")
        other.close()


def test_who_stopped_whom_is_logged(server, boss, guest):
    user = boss.execute("select usesysid from pg_user where usename = 'guest'").fetchone()[0]
    pids = []
    for stop in ["cancel {}", "select pg_cancel_backend({})", "select pg_terminate_backend({})"]:
        with connect(server, "guest") as other:
            pids.append(pid_of(other))
            guest.execute(stop.format(pids[-1]))
    logged = "select pid, userid, type from svl_terminate order by eventtime"
    kinds = ["CANCEL", "CANCEL", "TERMINATE"]
    assert [(pid, by, kind.rstrip()) for pid, by, kind in boss.execute(logged)] == [(pid, user, kind) for pid, kind in zip(pids, kinds)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for relation svl_terminate"):
        guest.execute(logged)


def test_session_timeout_is_shown(server, boss):
    boss.execute("alter user guest session timeout 120")
    with connect(server, "guest"):
        timeouts = boss.execute("select user_name, timeout_sec from stv_sessions order by timeout_sec").fetchall()
        assert [(user.rstrip(), seconds) for user, seconds in timeouts] == [("admin", 0), ("guest", 120)]


def test_statement_timeout(server):
    with psycopg.connect(server.dsn + " options='-c statement_timeout=100'", autocommit=True) as connection:
        connection.execute("create table d as select 0 as n union all select 1 union all select 2 union all select 3 union all select 4")
        with pytest.raises(psycopg.errors.QueryCanceled, match="Query cancelled on user's request"):
            connection.execute(LONG)
        connection.execute("set statement_timeout to 0")
        assert connection.execute("select count(*) from d a, d b, d c, d e").fetchone() == (625,)


@pytest.mark.parametrize("seconds", [59, 1_728_001])
def test_session_timeout_is_a_minute_at_least(boss, seconds):
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        boss.execute(f"create user idle password disable session timeout {seconds}")
    boss.execute("create user idle password disable session timeout 60")


@pytest.mark.parametrize("user", ["guest", "digested"])
@pytest.mark.parametrize("driver", ["psycopg", "redshift_connector"])
def test_passwords(server, boss, user, driver):
    """MD5, and Redshift's digest, which only its own driver knows."""
    def log_in(password):
        if driver == "redshift_connector":
            connection = redshift_connector.connect(
                host=server.host, port=server.port, user=user, password=password, database="dev", ssl=False
            )
        else:
            connection = psycopg.connect(f"host={server.host} port={server.port} user={user} password={password} dbname=dev sslmode=require")
        connection.close()

    log_in(PASSWORD)
    with pytest.raises((psycopg.OperationalError, redshift_connector.InterfaceError), match="password authentication failed"):
        log_in("Wrong-1234")


ENDLESS = {
    "sort": "select a.n from big a, big b order by a.n * 7 % 1001, b.n limit 5",
    "aggregate": "select a.n % 1000, count(distinct a.n + b.n * 100000) from big a, big b group by 1",
    "recursion": "with recursive r(n) as (select 1 union all select n + 1 from r where n < 1000000000) select count(*) from r",
    "series": "select count(*) from generate_series(1, 100000000000)",
    "create": "create table made as select a.n from big a, big b",
    "insert": "insert into target select a.n from big a, big b",
    "update": "update target set n = 1 from big a, big b, big c where target.n = c.n and c.n + a.n + b.n < -c.n",
    "delete": "delete from target using big a, big b where target.n + a.n + b.n < -target.n",
}


@pytest.mark.parametrize("statement", ENDLESS.values(), ids=ENDLESS)
def test_whatever_runs_stops_when_it_is_time(boss, server, statement):
    boss.execute("create table big as select a.n + 5 * b.n + 25 * c.n + 125 * e.n + 625 * f.n as n from d a, d b, d c, d e, d f, d g, d h")
    boss.execute("create table target as select 1 as n union all select 2")
    with server.connect() as other:
        other.execute("set statement_timeout to 300")
        begun = time.monotonic()
        with pytest.raises(psycopg.errors.QueryCanceled):
            other.execute(statement)
        # Far more than it takes, and far less than a writer that does not look up.
        assert time.monotonic() - begun < 8
    assert boss.execute("select count(*), sum(n) from target").fetchone() == (2, 3)
