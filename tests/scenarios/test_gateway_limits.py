"""What bounds a gateway: limits of the Data API and how it gets round them, memory, sessions, and its own end.

Limits of the service: management guide, "Considerations when calling the Amazon Redshift Data API" and "Troubleshooting issues
for Amazon Redshift Data API". The emulator's are lowered."""

import datetime
import json
import signal
import threading
import time
import urllib.error
import urllib.request

import psycopg
import pytest

from blueshift import PATIENCE, TARGET, S3Server, Server
from gateway import Gateway, Service, eventually, fails, value

# These tests put a gateway before the emulator by themselves.
pytestmark = pytest.mark.skipif(TARGET != "emulator", reason="they make gateways of their own")

ROWS = 5_000


def limits(**values):
    return {"BLUESHIFT_DATA_API_LIMITS": ",".join(f"{name.replace('_', '-')}={value}" for name, value in values.items())}


class Bucket(S3Server):
    def __init__(self, root):
        super().__init__(root)
        (self.root / "results").mkdir()

    def files(self):
        return [path for path in (self.root / "results").rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def plain():
    with Server(http="127.0.0.1:0") as running:
        yield running


# ---- Results that are too large for the Data API


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    with Bucket(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture(scope="module")
def emulator(bucket):
    with Server(http="127.0.0.1:0", s3=bucket, environment=limits(result="20KB", row="4KB")) as running:
        with running.connect() as connection:
            connection.execute(
                """create table big (n int, s varchar(100), c char(6), d numeric(10,2), day date, at timestamp, tz timestamptz,
                                     t time, ttz timetz, f float4, b bool, v varbyte(20), j super)"""
            )
            connection.execute("create table numbers (n int)")
            bucket.put("input", "numbers.csv", "".join(f"{n}\n" for n in range(1, ROWS + 1)))
            connection.execute("copy numbers from 's3://input/numbers.csv' iam_role default csv")
            connection.execute(
                """insert into big select n, case when n % 10 = 0 then '' when n % 10 = 1 then null else 'it''s \\\\ ' || n end, 'ab',
                        n / 100.0, date '2024-01-01' + n, timestamp '1500-01-01 00:00:00.000001' + n * interval '1 day',
                        timestamptz '2024-01-01 00:00:00+00' + n * interval '1 hour', time '01:02:03.5', timetz '01:02:03+02',
                        n * 0.1, n % 2 = 0, to_varbyte('61ff00', 'hex'), json_parse('{"a":[1,"x"]}')
                    from numbers"""
            )
            connection.execute("create table wide (s varchar(20000))")
            connection.execute("insert into wide select repeat('x', 10000)")
        yield running


@pytest.fixture
def service(emulator):
    with Service(emulator.http) as running:
        yield running


@pytest.fixture
def gateway(service, bucket):
    with unloading(service, bucket) as running:
        yield running


def unloading(service, bucket, place="s3://results/gateway"):
    return Gateway(
        service.url, "--unload-to", place, "--unload-endpoint-url", bucket.endpoint,
        "--unload-role", "arn:aws:iam::123456789012:role/unload", environment=bucket.environment,
    )


def same(gateway, emulator, sql, parameters=None):
    """The rows of a query are the same through the gateway and without it; binary and as text."""
    with gateway.connect() as through, emulator.connect() as straight:
        for binary in [False, True]:
            answers = []
            for connection in (through, straight):
                connection.execute("set timezone to 'America/New_York'")
                cursor = connection.cursor(binary=binary)
                cursor.execute(sql, parameters)
                described = [(c.name, c.type_code, c._fmod) for c in cursor.description]
                raw = cursor.pgresult
                rows = [[raw.get_value(r, c) for c in range(raw.nfields)] for r in range(raw.ntuples)]
                answers.append((described, rows))
            assert answers[0][0] == answers[1][0]
            assert answers[0][1] == answers[1][1]
    return answers[0][1]


def unloads(service):
    return [sql for sql in service.statements() if sql.startswith("UNLOAD")]


def test_a_result_that_is_too_large_comes_from_s3(gateway, emulator, service, bucket):
    assert len(same(gateway, emulator, "select * from big order by n desc")) == ROWS
    first = unloads(service)[0]
    assert "IAM_ROLE 'arn:aws:iam::123456789012:role/unload'" in first and "PARALLEL OFF" in first
    eventually(lambda: bucket.files() == [])
    # It is known now: the Data API is not tried again.
    service.calls.clear()
    with gateway.connect() as connection:
        assert len(connection.execute("select * from big order by n desc").fetchall()) == ROWS
    assert not any(sql.startswith("select * from big") for sql in service.statements())
    eventually(lambda: bucket.files() == [])


@pytest.mark.parametrize("sql", [
    "select n, n as n, s from big order by d desc, 1 limit 4500 offset 3",
    "select distinct s, n from big order by n",
    "select s, n from big union all select c, -n from big order by 2",
    "with x as (select n, s from big) select * from x order by lower(s), n",
    "select s, count(*) as n, min(day) from big group by s order by max(n)",
    "select s from wide",
])
def test_order_and_limit_are_kept(gateway, emulator, service, bucket, sql):
    assert same(gateway, emulator, sql)
    assert unloads(service)
    eventually(lambda: bucket.files() == [])


def test_rows_without_an_order_all_come(gateway):
    with gateway.connect() as connection:
        rows = connection.execute("select n, s from big").fetchall()
        assert sorted(row[0] for row in rows) == list(range(1, ROWS + 1))


def test_parameters_are_literals_in_the_text(gateway, emulator):
    text, day = "it's \\ 7", datetime.date(2024, 1, 5)
    rows = same(gateway, emulator, "select *, %s::varchar(20) from big where s <> %s and day > %s order by n", (text, text, day))
    assert len(rows) > 100


def test_a_block_begins_anew_where_nothing_is_lost(gateway, service):
    with gateway.connect() as connection:
        connection.execute("begin")
        assert len(connection.execute("select n, s, c, day from big order by n").fetchall()) == ROWS
        connection.execute("create temp table after (a int)")
        connection.execute("commit")
        assert value(connection, "select count(*) from after") == 0
        # Not where something came before it; but then the next time.
        wanted = "select n, s, c, at from big order by n"
        connection.execute("begin")
        connection.execute("insert into after values (1)")
        with fails("54000") as failed:
            connection.execute(wanted)
        assert "when it is run again" in failed.value.diag.message_hint
        connection.execute("rollback")
        connection.execute("begin")
        connection.execute("insert into after values (2)")
        assert len(connection.execute(wanted).fetchall()) == ROWS
        connection.execute("commit")
        assert connection.execute("select a from after").fetchall() == [(2,)]


def test_a_cursor_reads_from_s3(gateway, bucket):
    with gateway.connect() as connection:
        connection.execute("begin")
        connection.execute("declare c cursor for select n, s, d, tz from big order by n")
        assert [row[0] for row in connection.execute("fetch 3 from c").fetchall()] == [1, 2, 3]
        assert len(bucket.files()) > 0
        assert len(connection.execute("fetch all from c").fetchall()) == ROWS - 3
        connection.execute("commit")
    eventually(lambda: bucket.files() == [])


def test_nothing_is_left_of_what_fails(gateway, service, bucket):
    with gateway.connect() as connection:
        connection.execute("begin")
        connection.execute("declare c cursor for select n, s, day, tz from big")
        connection.execute("fetch 3 from c")
        assert bucket.files()
        # The client leaves.
    eventually(lambda: bucket.files() == [])
    # The UNLOAD fails behind its first files, on a compute node.
    with gateway.connect() as connection, fails("XX000"):
        connection.execute("select n, s, c, 1 / (4999 - n) from big order by s")
    eventually(lambda: bucket.files() == [])
    with unloading(service, bucket, "s3://nowhere/x") as elsewhere, elsewhere.connect() as connection:
        with pytest.raises(psycopg.Error):
            connection.execute("select * from big")
        assert value(connection, "select 1") == 1


def test_what_may_do_more_than_read_is_not_run_again(gateway, emulator, service):
    with emulator.connect() as connection:
        connection.execute("create function mine(int) returns int stable as $$ select $1 $$ language sql")
    with gateway.connect() as connection, fails("54000") as failed:
        connection.execute("select mine(n), s, c, day from big")
    assert "not run a second time" in failed.value.diag.message_hint
    assert unloads(service) == []


def test_without_a_place_the_flag_is_named(emulator):
    with Gateway(emulator.http) as gateway, gateway.connect() as connection:
        for sql, said in [("select * from big", "exceeded size limit"), ("select * from wide", "Packet for query is too large")]:
            with fails("54000") as failed:
                connection.execute(sql)
            assert said in str(failed.value) and "--unload-to" in failed.value.diag.message_hint
        assert value(connection, "select 1") == 1


# ---- Memory


def test_results_of_a_user_wait_for_each_others_memory(plain):
    wanted = "select n, 'some text that takes some room' from generate_series(1, 40000) as t(n) order by n"
    with Service(plain.http) as service, Gateway(service.url, "--memory-per-user", "64KB") as gateway:
        with gateway.connect() as first, gateway.connect() as second:
            first.execute("begin")
            first.execute(f"declare c cursor for {wanted}")
            first.execute("fetch 1 from c")
            submitted = threading.Event()
            service.plan = lambda call: submitted.set() if call.sql.startswith("select 7") else None
            answers = []
            waiting = threading.Thread(target=lambda: answers.append(value(second, "select 7")))
            waiting.start()
            assert submitted.wait(PATIENCE)
            # It has run, and its rows are fetched when there is memory for them.
            assert len(first.execute("fetch all from c").fetchall()) == 39_999
            first.execute("commit")
            waiting.join(PATIENCE)
            assert answers == [7]


# ---- Sessions


def closings(service):
    return [call for call in service.operations("ExecuteStatement") if call.body["SessionKeepAliveSeconds"] == 0]


def test_an_idle_session_that_holds_nothing_makes_room(plain):
    with Service(plain.http) as service, Gateway(service.url, "--max-sessions", "1") as gateway:
        service.calls.clear()
        with gateway.connect(options="-c query_group=nightly") as first, gateway.connect() as second:
            value(first, "select 1")
            for connection in (second, first, second):
                assert value(connection, "select 2") == 2
            assert len(closings(service)) == 3
            # Settings of the start are those of each session.
            assert value(first, "select current_setting('query_group') || ''") == "nightly"
            assert value(second, "select 3") == 3
            with fails("55000"):
                first.execute("select pg_last_query_id()")
            # What holds something stays, and the other hears of it.
            first.execute("begin")
            value(first, "select 4")
            with fails("53300") as failed:
                second.execute("select 5")
            assert "temporary tables" in failed.value.diag.message_hint
            first.execute("commit")
            assert value(second, "select 6") == 6
            second.execute("set query_group to 'x'")
            with fails("53300"):
                first.execute("select 7")


def test_no_more_are_idle_than_may_be(plain):
    with Service(plain.http) as service, Gateway(service.url, "--max-idle-sessions", "2") as gateway:
        service.calls.clear()
        connections = [gateway.connect() for _ in range(5)]
        for connection in connections:
            value(connection, "select 1")
        eventually(lambda: len(closings(service)) >= 3)
        for connection in connections:
            assert value(connection, "select 2") == 2
            connection.close()


def test_sessions_of_others_count_too():
    with Server(http="127.0.0.1:0", environment=limits(sessions=1)) as emulator, Gateway(emulator.http) as gateway:
        with gateway.connect() as first, gateway.connect() as second:
            assert value(first, "select 1") == 1
            assert value(second, "select 2") == 2
            second.execute("create temp table t (a int)")
            with fails("53300") as failed:
                first.execute("select 3")
            assert "500 sessions" in failed.value.diag.message_hint


def test_the_end_of_a_sessions_life():
    with Server(http="127.0.0.1:0", environment=limits(session_life=4)) as emulator, Service(emulator.http) as service:
        with Gateway(service.url, "--session-life", "3") as gateway:
            with gateway.connect() as clean:
                # One that holds nothing is replaced before it ends.
                def sessions():
                    assert value(clean, "select 1") == 1
                    return {call.body.get("SessionId") for call in service.operations("ExecuteStatement")} - {None}
                eventually(lambda: len(sessions()) >= 2)
            with gateway.connect() as private:
                private.execute("create temp table t (a int)")
                # Nothing runs when it ends: a statement that does would be told of the end in the service's words.
                time.sleep(4.5)
                with fails("57P01") as failed:
                    private.execute("select * from t")
                assert "has reached the age of 3 seconds" in str(failed.value)


def test_statements_beyond_the_services_are_an_error():
    with Server(http="127.0.0.1:0", environment=limits(statements=1)) as emulator:
        with Gateway(emulator.http, "--retry-for", "1", "--wait", "0") as gateway:
            with gateway.connect() as first, gateway.connect() as second:
                value(first, "select 1")
                busy = threading.Thread(target=lambda: fails_quietly(first, "select count(*) from generate_series(1, 100000) a, generate_series(1, 1000000) b"))
                busy.start()
                eventually(lambda: running(emulator))
                with fails("53000") as failed:
                    second.execute("select 2")
                assert "500 statements" in failed.value.diag.message_hint
                first.cancel()
                busy.join(PATIENCE)
                assert value(second, "select 3") == 3


def fails_quietly(connection, sql):
    try:
        connection.execute(sql)
    except psycopg.Error:
        pass


def running(emulator):
    with emulator.connect() as connection:
        return value(connection, "select count(*) from stv_inflight where text like '%generate_series%' and text not like '%stv_inflight%'")


# ---- The end


class Held:
    """A statement whose answer waits until it is let go."""

    def __init__(self, gateway, service):
        self.connection = gateway.connect()
        self.held, self.go, self.outcome = threading.Event(), threading.Event(), None

        def answer(status, body):
            self.held.set()
            self.go.wait(PATIENCE)
            return status, body

        service.plan = lambda call: answer if call.operation == "GetStatementResult" else None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        assert self.held.wait(PATIENCE)

    def run(self):
        try:
            self.outcome = value(self.connection, "select 42")
        except psycopg.Error as error:
            self.outcome = error.sqlstate

    def ends(self):
        self.thread.join(PATIENCE)
        return self.outcome


def health(url):
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.status, json.loads(answer.read())["status"]
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["status"]


def test_running_statements_end_before_the_gateway_does(plain):
    with Service(plain.http) as service, Gateway(service.url, "--http-listen", "127.0.0.1:0") as gateway:
        url = gateway.when_it_says(r"(http://127\.0\.0\.1:\d+)/metrics")[1] + "/health"
        idle = gateway.connect()
        held = Held(gateway, service)
        assert health(url) == (200, "ok")
        gateway.process.send_signal(signal.SIGTERM)
        eventually(lambda: health(url) == (503, "draining"))
        with fails("57P01"):
            idle.execute("select 1")
        with pytest.raises(psycopg.OperationalError):
            gateway.connect()
        held.go.set()
        assert held.ends() == 42
        with pytest.raises(psycopg.OperationalError):
            held.connection.execute("select 1")
        assert gateway.process.wait(PATIENCE) == 0


@pytest.mark.parametrize("drain, signals", [("0", 1), ("600", 2)])
def test_what_does_not_end_in_time_is_stopped(plain, drain, signals):
    with Service(plain.http) as service, Gateway(service.url, "--drain", drain) as gateway:
        held = Held(gateway, service)
        for _ in range(signals):
            gateway.process.send_signal(signal.SIGTERM)
            time.sleep(0)
        if signals == 2:
            # Signals that come at once may be one.
            while gateway.process.poll() is None and held.thread.is_alive():
                gateway.process.send_signal(signal.SIGTERM)
                held.thread.join(0.05)
        assert held.ends() == "57P01"
        held.go.set()
        assert gateway.process.wait(PATIENCE) == 0
