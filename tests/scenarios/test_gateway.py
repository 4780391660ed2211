"""The gateway before an emulator's Data API, also where the service between them misbehaves: nothing runs twice, nothing is
lost, nothing hangs."""

import datetime
import decimal
import subprocess
import threading
import time

import psycopg
import pytest
import redshift_connector

from blueshift import DATABASE, PATIENCE, PROGRAM, TARGET, USER, Server, StartFailed, clean_environment
from gateway import CREDENTIALS, Gateway, House, Service, exception, fails, late, once, submits, target_of, value

# These tests put a gateway before the emulator by themselves.
pytestmark = pytest.mark.skipif(TARGET != "emulator", reason="they make gateways of their own")


@pytest.fixture(scope="module")
def emulator():
    with Server(http="127.0.0.1:0") as running:
        yield running


@pytest.fixture
def service(emulator):
    with Service(emulator.http) as running:
        yield running


@pytest.fixture
def gateway(service):
    with Gateway(service.url) as running:
        service.calls.clear()
        yield running


# ---- A connection is a connection


def test_psql_sees_the_warehouse_behind_the_gateway(gateway):
    gateway.psql("-c", "create table seen (a int, b varchar(10))", "-c", "insert into seen values (1, 'x'), (2, null)")
    assert gateway.psql("-At", "-P", "null=NULL", "-c", "select * from seen order by a").stdout == "1|x\n2|NULL\n"
    result = gateway.psql("-c", "select * from missing", check=False)
    assert 'ERROR:  relation "missing" does not exist' in result.stderr
    assert gateway.psql("-c", "drop table seen").stdout == "DROP TABLE\n"


def test_one_session_for_each_client_opened_when_needed_and_closed_with_it(gateway, service):
    with gateway.connect() as connection:
        assert service.calls == []
        connection.execute("create temp table mine (a int)")
        connection.execute("insert into mine values (1)")
        connection.execute("set query_group to 'q'")
        assert value(connection, "select count(*) from mine") == 1
        assert value(connection, "show query_group") == "q"
        with gateway.connect() as other, fails("42P01"):
            other.execute("select * from mine")
    sessions = {call.body.get("SessionId") for call in service.operations("ExecuteStatement")}
    assert len(sessions - {None}) <= 2
    gateway.stop()
    closing = [call.body["SessionId"] for call in service.operations("ExecuteStatement") if call.body["SessionKeepAliveSeconds"] == 0]
    assert len(closing) == 2 and len(set(closing)) == 2


def test_blocks_commit_and_roll_back_and_fail_as_a_whole(gateway):
    with gateway.connect() as connection, gateway.connect() as other:
        connection.execute("create table blocks (a int)")
        connection.execute("begin")
        connection.execute("insert into blocks values (1)")
        assert value(other, "select count(*) from blocks") == 0
        connection.execute("commit")
        assert value(other, "select count(*) from blocks") == 1
        connection.execute("begin")
        connection.execute("delete from blocks")
        connection.execute("rollback")
        assert value(connection, "select count(*) from blocks") == 1
        connection.execute("begin")
        connection.execute("insert into blocks values (2)")
        with fails("22012"):
            connection.execute("select 1 / 0")
        with fails("25P02"):
            connection.execute("select 1")
        connection.execute("rollback")
        # Several statements of a message are one transaction.
        with fails("22012"):
            connection.execute("insert into blocks values (3); select 1 / 0")
        assert value(connection, "select count(*) from blocks") == 1
        connection.execute("drop table blocks")


def test_a_block_goes_on_behind_truncate(gateway, emulator):
    """TRUNCATE commits what was before it, and what follows it is committed by COMMIT (developer guide, "TRUNCATE")."""
    with gateway.connect() as connection:
        connection.execute("create table emptied (a int)")
        connection.execute("begin; insert into emptied values (1); truncate emptied; insert into emptied values (2)")
        connection.execute("commit")
    with emulator.connect() as connection:
        assert connection.execute("select a from emptied").fetchall() == [(2,)]
        connection.execute("drop table emptied")


def test_cursors_fetch_from_the_result(gateway):
    with gateway.connect() as connection:
        connection.execute("begin")
        connection.execute("declare c cursor for select n from generate_series(1, 5) as t(n) order by n")
        assert connection.execute("fetch 2 from c").fetchall() == [(1,), (2,)]
        assert connection.execute("fetch all from c").fetchall() == [(3,), (4,), (5,)]
        connection.execute("commit")


def test_prepared_statements_run_with_values_in_their_places(gateway):
    with gateway.connect() as connection:
        connection.execute("prepare p (int, varchar) as select $1 + 1, $2 || '$1 :p1'")
        assert connection.execute("execute p (41, 'x')").fetchall() == [(42, "x$1 :p1")]
        connection.execute("deallocate p")


def test_a_procedure_gives_its_out_arguments(gateway):
    with gateway.connect() as connection:
        connection.execute("create procedure doubled(n int, twice out int, said inout varchar(20)) as $$ begin twice := n * 2; said := said || '!'; end $$ language plpgsql")
        assert connection.execute("call doubled(%s, %s)", [21, "so"]).fetchall() == [(42, "so!")]
        assert connection.execute("call doubled(1, 'x')").fetchall() == [(2, "x!")]
        # Redshift's driver asks for the columns of a statement before it has values for it.
        with redshift_connector.connect(host=gateway.host, port=gateway.port, user=USER, password="any", database=DATABASE, ssl=False) as other:
            cursor = other.cursor()
            cursor.execute("call doubled(%s, %s)", (21, "so"))
            assert [tuple(row) for row in cursor.fetchall()] == [(42, "so!")]
            assert [column[0] for column in cursor.description] == ["twice", "said"]
        connection.execute("create procedure silent(n int) as $$ begin raise info '%', n; end $$ language plpgsql")
        assert connection.execute("call silent(%s)", [21]).statusmessage == "CALL"
        connection.execute("drop procedure doubled(int, varchar); drop procedure silent(int)")


def test_parameters_and_nulls(gateway):
    with gateway.connect() as connection:
        connection.execute("create temp table p (a int, b varchar(20), c date, d numeric(10,2))")
        rows = [
            (1, "o'x", datetime.date(2024, 2, 29), decimal.Decimal("1.50")),
            (2, "", None, None),
            (None, ":p1 \\ ü", None, decimal.Decimal("-0.01")),
        ]
        for row in rows:
            connection.execute("insert into p values (%s, %s, %s, %s)", row)
        assert connection.execute("select * from p order by b desc, a").fetchall() == sorted(rows, key=lambda row: row[1], reverse=True)
        assert value(connection, "select count(*) from p where a = %s or c = %s", (1, datetime.date(2024, 2, 29))) == 1
        assert connection.execute("select b from p order by a limit %s", (1,)).fetchall() == [("o'x",)]


TYPES = """
    select true, 1::int2, 2::int4, 3::int8, 1.5::float4, 2.5::float8, 12.30::numeric(10,2), 'ab'::char(4), 'x'::varchar(7),
        '2024-02-29'::date, '12:34:56.789'::time, '12:34:56'::timetz, '2024-01-02 03:04:05.678'::timestamp,
        '2024-01-02 03:04:05+02'::timestamptz, json_parse('{"a":[1,null,"x"]}'), 'abc'::varbyte, null::int, ''::varchar,
        interval '1-2' year to month, interval '3 4:05:06' day to second
"""


@pytest.mark.parametrize("form", ["json", "csv"])
def test_types_and_values_are_those_of_the_wire(emulator, form):
    with Gateway(emulator.http, "--results", form) as gateway, gateway.connect() as through, emulator.connect() as straight:
        for binary in [False, True]:
            cursors = [connection.cursor(binary=binary) for connection in (through, straight)]
            for cursor in cursors:
                cursor.execute("set timezone to 'America/New_York'")
                cursor.execute(TYPES)
            assert [[(c.name, c.type_code, c._fmod) for c in cursor.description] for cursor in cursors][0] == [
                (c.name, c.type_code, c._fmod) for c in cursors[1].description
            ]
            assert cursors[0].pgresult.get_value(0, 13) == cursors[1].pgresult.get_value(0, 13)
            raw = [[cursor.pgresult.get_value(0, i) for i in range(len(cursor.description))] for cursor in cursors]
            assert raw[0] == raw[1]


def test_errors_are_redshifts_with_state_hint_and_position(gateway):
    with gateway.connect() as connection:
        for sql, state, position in [
            ("selec 1", "42601", "1"),
            ("select 1;  select nothing", "42703", "19"),
            ("select * from a.b", "3F000", None),
            ("insert into nowhere values (1)", "42P01", None),
            ("select 1 / 0", "22012", None),
            ("select 'x'::int", "22P02", None),
            ("create user admin password 'Abcdef12'", "42710", None),
        ]:
            with pytest.raises(psycopg.Error) as raised:
                connection.execute(sql)
            assert raised.value.sqlstate == state, sql
            if position:
                assert raised.value.diag.statement_position == position, sql


def test_a_statement_that_is_cancelled_stops_and_the_session_goes_on(gateway, service):
    with gateway.connect() as connection:
        connection.execute("create temp table t (a int)")
        def cancel_when_it_runs():
            with running:
                running.wait(PATIENCE)
            connection.cancel()

        running = threading.Condition()

        def plan(call):
            if call.operation == "DescribeStatement":
                with running:
                    running.notify_all()

        stop = threading.Thread(target=cancel_when_it_runs)
        stop.start()
        service.plan = plan
        with fails("57014"):
            connection.execute("select count(*) from generate_series(1, 100000) a, generate_series(1, 1000000) b")
        stop.join()
        service.plan = lambda call: None
        # The next statement waits until that one has stopped.
        assert value(connection, "select count(*) from t") == 0
        assert len(service.operations("CancelStatement")) == 1


def test_a_client_that_leaves_leaves_nothing_running(gateway, service):
    connection = gateway.connect()
    cancelled = threading.Event()

    def plan(call):
        if call.operation == "DescribeStatement" and not connection.closed:
            # As if its process had ended.
            connection.pgconn.finish()
        if call.operation == "CancelStatement":
            cancelled.set()

    service.plan = plan
    with pytest.raises(psycopg.Error):
        connection.execute("select count(*) from generate_series(1, 100000) a, generate_series(1, 1000000) b")
    assert cancelled.wait(PATIENCE)


# ---- A service that misbehaves


def test_throttling_is_waited_out(gateway, service):
    with gateway.connect() as connection:
        connection.execute("create temp table t (a int)")
        service.plan = once(exception("ThrottlingException", "Rate exceeded"), submits("insert"))
        connection.execute("insert into t values (1)")
        service.plan = once(exception("ActiveStatementsExceededException", "too many"), submits("insert"))
        connection.execute("insert into t values (2)")
        assert value(connection, "select count(*) from t") == 2


@pytest.mark.parametrize("fault", ["lose", "drop", exception("InternalServerException", "oops", 500), (503, {})])
def test_what_is_lost_on_the_way_runs_once(gateway, service, fault):
    with gateway.connect() as connection:
        connection.execute("create temp table t (a int)")
        service.plan = once(fault, submits("insert"))
        connection.execute("insert into t values (1)")
        tokens = [call.body["ClientToken"] for call in service.operations("ExecuteStatement") if "insert" in call.sql]
        assert len(tokens) == 2 and len(set(tokens)) == 1
        service.plan = once(fault, lambda call: call.operation in ("DescribeStatement", "GetStatementResult"))
        assert value(connection, "select count(*) from t") == 1


def test_a_session_whose_opening_was_lost_is_opened_once(gateway, service):
    service.plan = once("lose", lambda call: call.operation == "ExecuteStatement")
    with gateway.connect() as connection:
        connection.execute("create temp table t (a int)")
        assert value(connection, "select count(*) from t") == 0


def test_a_page_that_fails_in_the_middle_is_asked_again(gateway, service):
    wanted = "select n, 'some text that takes some room' from generate_series(1, 60000) as t(n) order by n"
    with gateway.connect() as connection:
        pages = []

        def plan(call):
            if call.operation == "GetStatementResult":
                pages.append(call)
                if len(pages) in (2, 3, 5):
                    return ["lose", exception("InternalServerException", "oops", 500), "drop"][len(pages) // 2 - 1]
            return None

        service.plan = plan
        rows = connection.execute(wanted).fetchall()
        assert len(pages) > 5
        assert [row[0] for row in rows] == list(range(1, 60001))


def test_a_result_that_cannot_be_read_on_fails_the_statement_alone(gateway, service):
    gone = exception("ResourceNotFoundException", "Query result has expired.")
    with gateway.connect() as connection:
        service.plan = once(gone, lambda call: call.operation == "GetStatementResult" and "NextToken" in call.body)
        with fails("08006"):
            connection.execute("select n, 'some text that takes some room' from generate_series(1, 60000) as t(n)").fetchall()
        assert value(connection, "select 1") == 1


def test_a_service_that_does_not_wait_is_polled(gateway, service):
    def plan(call):
        call.body.pop("WaitTimeSeconds", None)
        if call.operation == "ExecuteStatement":
            return lambda status, body: (status, {k: v for k, v in body.items() if k not in ("Status", "HasResultSet", "RedshiftPid")})
        polls.append(call)
        if call.operation == "DescribeStatement" and len(polls) < 4:
            return lambda status, body: (status, body | {"Status": "STARTED", "HasResultSet": False, "ResultRows": -1})
        return None

    polls = []
    service.plan = plan
    with gateway.connect() as connection:
        assert value(connection, "select 7") == 7


def test_answers_that_come_too_late_are_asked_for_again(service):
    with Gateway(service.url, "--call-timeout", "1", "--wait", "0") as gateway, gateway.connect() as connection:
        connection.execute("create temp table t (a int)")
        # Of a statement, of its state, of its rows, of the end of its block.
        for condition in [submits("insert"), lambda call: call.operation == "DescribeStatement", submits("COMMIT")]:
            service.plan = once(late(3), condition)
            connection.execute("begin; insert into t values (1); commit")
        service.plan = once(late(3), lambda call: call.operation == "GetStatementResult")
        assert value(connection, "select count(*) from t") == 3


def test_an_expired_session_ends_the_connection(gateway, service):
    gone = exception("ResourceNotFoundException", "Session does not exist or has ended.")
    connection = gateway.connect()
    connection.execute("create temp table t (a int)")
    service.plan = once(gone, submits("select"))
    with fails("57P01") as failed:
        connection.execute("select * from t")
    assert "its session of the Data API has ended" in str(failed.value)
    # It is not replaced by a new one without a word.
    with pytest.raises(psycopg.OperationalError):
        connection.execute("select 1")
    assert connection.closed


def test_a_commit_that_is_lost_for_good_is_not_called_done(emulator, service):
    with Gateway(service.url, "--call-timeout", "1", "--wait", "0", "--retry-for", "1") as gateway:
        with gateway.connect() as connection:
            connection.execute("create temp table t (a int)")
            connection.execute("begin")
            connection.execute("insert into t values (1)")
            service.plan = lambda call: "drop" if call.sql == "COMMIT" else None
            with fails("08007") as failed:
                connection.execute("commit")
            assert "not known whether the transaction was committed" in str(failed.value)


def test_limits_are_told_before_they_bite(gateway):
    with gateway.connect() as connection, fails("54000"):
        connection.execute("select '" + "x" * 100_000 + "'")
    with Gateway(gateway.endpoint, "--max-sessions", "1") as small:
        with small.connect() as first, small.connect() as second:
            first.execute("create temp table t (a int)")
            with fails("53300"):
                second.execute("create temp table t (a int)")


# ---- Chatty clients


def test_what_the_session_knows_is_not_asked(gateway, service):
    with gateway.connect() as connection:
        connection.execute("set search_path to public")
        service.calls.clear()
        assert value(connection, "show search_path") == "public"
        assert value(connection, "show client_encoding") == "UTF8"
        assert service.calls == []


def test_the_catalog_is_asked_once_until_it_changes(gateway, service):
    wanted = "select relname from pg_catalog.pg_class where relname like 'cached%%' order by 1"
    with gateway.connect() as connection, gateway.connect() as other:
        assert connection.execute(wanted).fetchall() == []
        version = value(connection, "select version()")
        asked = len(service.calls)
        assert other.execute(wanted).fetchall() == []
        assert value(other, "select version()") == version
        assert len(service.calls) == asked
        connection.execute("create table cached1 (a int)")
        assert other.execute(wanted).fetchall() == [("cached1",)]
        connection.execute("drop table cached1")
        assert other.execute(wanted).fetchall() == []
    with Gateway(service.url, "--no-cache") as gateway, gateway.connect() as connection:
        service.calls.clear()
        connection.execute("select version()")
        connection.execute("select version()")
        assert len(service.statements()) >= 2


# ---- Configuration


def test_targets_of_a_file_are_picked_by_name(emulator, tmp_path):
    file = tmp_path / "gateway.toml"
    file.write_text(target_of(emulator.http, "one") + target_of(emulator.http, "two", results="csv"))
    with Gateway(emulator.http, "--config", file, target=()) as gateway:
        for name in ["one", "two"]:
            with gateway.connect(dbname=name) as connection:
                assert value(connection, "select current_database()") == DATABASE
        with pytest.raises(psycopg.OperationalError, match='database "three" does not exist'):
            gateway.connect(dbname="three")


def test_a_target_is_named_by_variables(emulator):
    variables = {"WORKGROUP": "default", "DATABASE": DATABASE, "REGION": "us-east-1", "ENDPOINT_URL": emulator.http}
    environment = {f"BLUESHIFT_PROXY_{name}": value for name, value in variables.items()}
    with Gateway("", target=(), environment=environment) as gateway, gateway.connect() as connection:
        assert value(connection, "select current_database()") == DATABASE


def test_a_clusters_database_user_is_the_targets_or_the_users_own(emulator, tmp_path):
    emulator.aws("redshift").create_cluster(ClusterIdentifier="behind", NodeType="ra3.large", MasterUsername="master",
                                            MasterUserPassword="Passw0rd-1", DBName=DATABASE)
    with emulator.connect() as connection:
        for name in ("loader", "reader"):
            connection.execute(f"create user {name} password disable")
    house = House(tmp_path)
    for name in ("ana", "ben", "cyd"):
        house.user("add", name)
    house.edit("ben", 'db-user = "reader"')
    house.edit("cyd", 'secret-arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:of-admin"')
    target = target_of(emulator.http, **{"db-user": "loader"}).replace('workgroup = "default"', 'cluster = "behind"')
    with house:
        house.start(target)
        for name, user in [("ana", "loader"), ("ben", "reader"), ("cyd", "admin")]:
            with house.connect(name) as connection:
                assert value(connection, "select current_user || ''") == user


def test_whether_its_user_is_a_superuser_is_told_at_the_start(emulator, gateway):
    with gateway.connect() as connection:
        assert connection.info.parameter_status("is_superuser") == "on"
    with emulator.connect() as connection:
        connection.execute("create user no_superuser password disable")
    emulator.aws("redshift").create_cluster(ClusterIdentifier="of-many", NodeType="ra3.large", MasterUsername="master",
                                            MasterUserPassword="Passw0rd-1", DBName=DATABASE)
    target = ("--cluster", "of-many", "--db-user", "no_superuser", "--database", DATABASE)
    with Gateway(emulator.http, target=target) as other, other.connect() as connection:
        assert connection.info.parameter_status("is_superuser") == "off"


def test_the_start_says_in_one_line_what_is_wrong(emulator, tmp_path):
    for arguments, said in [
        (["--workgroup", "missing", "--database", DATABASE], "target dev: the Data API refused: "),
        (["--workgroup", "default", "--database", "missing"], 'target missing: database "missing" does not exist'),
        ([], "name a target"),
        (["--cluster", "default", "--db-user", "x", "--wait", "31"], "target dev: wait is a number of seconds from 0 to 30"),
        (["--config", "/nowhere/gateway.toml"], "cannot read /nowhere/gateway.toml: "),
    ]:
        with pytest.raises(StartFailed) as failed:
            Gateway(emulator.http, target=(*arguments, "--no-cache"))
        assert failed.value.code == 1
        line = failed.value.args[0].split(": ", 1)[1].strip()
        assert "\n" not in line and said in line
    # Of the file and of those that it names, of what AWS's tools would find, and of who answers.
    written = lambda name, text: (tmp_path / name).write_text(text) and str(tmp_path / name)
    head = 'users = "users.toml"\n'
    written("users.toml", "[users.ana]\n")
    for file, said in [
        ("[targets.a]\nworkgroop = 'w'\n", r"gateway\.toml: line 2: unknown field `workgroop`, expected one of "),
        ("[targets.a]\nworkgroup = 'w'\ncluster = 'c'\n", "target a: it is either a workgroup or a cluster"),
        ("[tls]\ncertificate = 'x.pem'\nkey = 'y.pem'\n" + target_of(emulator.http), "cannot use .*x.pem: No such file"),
        ("policies = 'p.toml'\n" + target_of(emulator.http), "policies, tokens and client certificates need users"),
        ("users = 'nobody.toml'\n" + target_of(emulator.http), "cannot read .*nobody.toml: No such file"),
        (head + "policies = 'p.toml'\n" + target_of(emulator.http), r"p\.toml: policy x: no command is called \"TRUNCATE\""),
        (head + target_of(emulator.http) + "[audit]\nmode = 'on'\nfile = '/nowhere/audit'\n", "cannot write the audit to /nowhere/audit: "),
    ]:
        written("p.toml", "[[policy]]\nname = 'x'\ndeny-statements = ['TRUNCATE']\n")
        with pytest.raises(StartFailed, match=r"blueshift: [^\n]*" + said + r"[^\n]*\n$"):
            Gateway("", "--config", written("gateway.toml", file), target=())
    where = ["proxy", "--listen", "127.0.0.1:0", "--workgroup", "w", "--endpoint-url", "http://127.0.0.1:1"]
    for region, environment, said in [
        ([], CREDENTIALS, "target dev: no region is known: --region, AWS_REGION or a profile names it"),
        (["--region", "us-east-1"], {"AWS_EC2_METADATA_DISABLED": "true"}, "target dev: there are no AWS credentials: "),
        (["--region", "us-east-1"], CREDENTIALS, "target dev: the Data API cannot be reached: "),
    ]:
        environment = clean_environment() | {"HOME": str(tmp_path)} | environment
        begun = time.monotonic()
        result = subprocess.run([PROGRAM, *where, *region], env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert result.returncode == 1 and result.stderr.startswith(f"blueshift: {said}") and result.stderr.count("\n") == 1, result.stderr
        # It is tried again for 5 seconds.
        assert time.monotonic() - begun < 30
    with pytest.raises(StartFailed, match=r"0\.0\.0\.0:0 can be reached from other machines: a gateway needs users"):
        Gateway(emulator.http, listen="0.0.0.0:0")
