"""The Data API of a gateway: boto3 before it, a real Data API (here an emulator's) behind it.

Sources: Amazon Redshift Data API reference for the operations and their exceptions; what policies refuse is reasoned from
README, "The gateway's doors"."""

import re
import shutil

import boto3
import botocore.config
import botocore.exceptions
import psycopg
import pytest

from blueshift import DATABASE, PATIENCE, TARGET, Server, StartFailed
from data_api import DataApi
from gateway import Gateway, House, Service, eventually, exception, fails, late, once, submits, target_of

# These tests put a gateway before the emulator by themselves.
pytestmark = pytest.mark.skipif(TARGET != "emulator", reason="they make gateways of their own")

POLICIES = """
[[policy]]
name = "everybody"
require-where = true

[[policy]]
name = "analysts"
groups = ["analysts"]
read-only = true
read = ["sales.*", "public.*"]
deny-read = ["*.salaries"]
max-rows = 100

[[policy]]
name = "listed"
users = ["fay"]
statements = ["SELECT"]
"""


CONFIG = """
[audit]
mode = "required"
file = "audit.jsonl"
literals = "keep"
"""


class Caller(DataApi):
    """A user of the gateway with an access key."""

    def __init__(self, gateway, key, place=None, **options):
        self.key = key
        self.client = gateway.aws("redshift-data", *key, **options)
        self.place = place or {"WorkgroupName": "default", "Database": "dev"}


class Callers(House):
    """A gateway with users, policies and an audit; what is between it and the emulator does what a test wants."""

    def __init__(self, folder, endpoint):
        super().__init__(folder)
        self.keys = {}
        for name, *groups in [("ana", "analysts"), ("etl",), ("bob",), ("fay",)]:
            self.user("add", name, "--no-password", *(["--groups", groups[0]] if groups else []))
            self.keys[name] = self.key(name)
        self.edit("bob", 'targets = ["second"]\nmax-running = 1')
        self.start(target_of(endpoint) + target_of(endpoint, "second") + CONFIG, POLICIES)

    def caller(self, name, **options):
        place = {"WorkgroupName": "default", "Database": "second"} if name == "bob" else None
        return Caller(self.gateway, self.keys[name], place, **options)


def caller_alone(folder, config):
    """A gateway of which there is one user, and that user."""
    house = House(folder)
    house.user("add", "ana", "--no-password")
    key = house.key("ana")
    return house, lambda: Caller(house.start(config), key)


@pytest.fixture(scope="module")
def emulator():
    with Server(http="127.0.0.1:0") as running:
        with running.connect() as connection:
            for sql in ["create schema sales", "create schema hr", "create table sales.orders (id int, customer varchar(20))",
                        "insert into sales.orders values (1, 'x'), (2, 'y')", "create table hr.salaries (pay int)",
                        "create table sales.salaries (pay int)", "create table orders (id int)", "insert into orders values (7)"]:
                connection.execute(sql)
        yield running


@pytest.fixture(scope="module")
def shared_service(emulator):
    with Service(emulator.http) as running:
        yield running


@pytest.fixture(scope="module")
def house(tmp_path_factory, shared_service):
    with Callers(tmp_path_factory.mktemp("house"), shared_service.url) as house:
        yield house


@pytest.fixture
def service(shared_service):
    shared_service.calls.clear()
    yield shared_service
    shared_service.plan = lambda call: None


@pytest.fixture
def etl(house):
    return house.caller("etl")


@pytest.fixture
def ana(house):
    return house.caller("ana")


def refused(code, call, *arguments, **options):
    """What a call is refused with."""
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(*arguments, **options)
    assert error.value.response["Error"]["Code"] == code, error.value
    return error.value.response["Error"]["Message"]


# ---- What passes


def test_a_statement_passes_with_its_rows(etl, service):
    described = etl.run("insert into sales.orders values (3, :name)", Parameters=[{"name": "name", "value": "z"}])
    assert (described["ResultRows"], described["HasResultSet"]) == (1, False)
    assert etl.rows("select id, customer from sales.orders where id = 3") == [(3, "z")]
    etl.run("delete from sales.orders where id = 3")
    # The gateway's credentials, and not the caller's, are what the service sees.
    assert {call.access_key for call in service.calls} == {"AKIDADMIN"}
    assert all(call.body.get("WorkgroupName", "default") == "default" for call in service.calls)


def test_errors_are_the_statements_own(etl):
    assert etl.error("select * from nowhere") == 'ERROR: relation "nowhere" does not exist\n  Position: 15'
    assert 'Position' in refused("ValidationException", etl.start, "selec 1")


def test_large_results_come_page_by_page_and_as_csv(etl):
    sql = "select n, 'some text that takes some room' from generate_series(1, 60000) as t(n) order by n"
    pages = etl.client.get_paginator("get_statement_result").paginate(Id=etl.run(sql)["Id"])
    rows = [record[0]["longValue"] for page in pages for record in page["Records"]]
    assert rows == list(range(1, 60001))
    csv = etl.client.get_statement_result_v2(Id=etl.run("select 1 as a", ResultFormat="CSV")["Id"])
    assert csv["Records"][0]["CSVRecords"].split() == ["1"]


def test_waiting_is_the_services(etl):
    answer = etl.client.execute_statement(Sql="select 1", WaitTimeSeconds=30, **etl.place)
    assert (answer["Status"], answer["HasResultSet"]) == ("FINISHED", True)


def test_batches_and_their_audit(house, etl):
    described = etl.end(etl.start_batch(["insert into sales.orders values (4, 'batched')", "delete from sales.orders where id = 4"]))
    assert [part["Status"] for part in described["SubStatements"]] == ["FINISHED", "FINISHED"]
    lines = house.lines(event="statement", statement_id=described["SubStatements"][0]["Id"])
    assert [(line["command"], line["rows"], line["outcome"]) for line in lines] == [("INSERT", 1, "ok")]


def test_sessions_keep_what_is_a_sessions(etl):
    first = etl.client.execute_statement(Sql="create temp table mine (a int)", SessionKeepAliveSeconds=60, **etl.place)
    etl.end(first["Id"])
    session = first["SessionId"]
    etl.run("begin", SessionId=session)
    etl.run("insert into mine values (1)", SessionId=session)
    etl.run("rollback", SessionId=session)
    assert etl.rows("select count(*) from mine", SessionId=session) == [(0,)]
    listed = etl.client.list_sessions(SessionId=session)["Sessions"]
    assert [found["SessionId"] for found in listed] == [session]
    assert "can't be specified with SessionId" in refused(
        "ValidationException", etl.client.execute_statement, Sql="select 1", SessionId=session, **etl.place)
    etl.run("select 1", SessionId=session, SessionKeepAliveSeconds=0)


def test_a_session_takes_one_statement_at_a_time(etl, service):
    first = etl.client.execute_statement(Sql="select 1", SessionKeepAliveSeconds=60, **etl.place)
    etl.end(first["Id"])
    session = first["SessionId"]
    held = etl.start("select count(*) from generate_series(1, 2000) a, generate_series(1, 2000) b, generate_series(1, 2000) c",
                     SessionId=session)
    assert refused("ValidationException", etl.start, "select 1", SessionId=session) == "Session is not available."
    assert etl.client.cancel_statement(Id=held)["Status"] is True
    assert etl.end(held)["Status"] == "ABORTED"
    etl.run("select 1", SessionId=session, SessionKeepAliveSeconds=0)


def test_the_catalog(etl, ana, house):
    assert DATABASE in etl.client.list_databases(WorkgroupName="default")["Databases"]
    assert "sales" in etl.client.list_schemas(**etl.place)["Schemas"]
    tables = etl.client.list_tables(SchemaPattern="sales", **etl.place)["Tables"]
    assert {table["name"] for table in tables} == {"orders", "salaries"}
    columns = etl.client.describe_table(Schema="sales", Table="orders", **etl.place)["ColumnList"]
    assert [column["name"] for column in columns] == ["id", "customer"]
    # What a policy denies to read is not described, nor among others.
    message = refused("AccessDeniedException", ana.client.describe_table, Schema="hr", Table="salaries", **ana.place)
    assert 'policy "analysts", rule "deny-read"' in message
    described = lambda caller: {column["tableName"] for column in caller.client.describe_table(Schema="sales", **caller.place)["ColumnList"]}
    assert (described(etl), described(ana)) == ({"orders", "salaries"}, {"orders"})
    assert 'rule "statements"' in refused("AccessDeniedException", house.caller("fay").client.list_schemas, **etl.place)
    assert house.lines(event="statement", command="SHOW TABLES", user="etl")


# ---- Who may pass


def test_only_known_keys_and_right_signatures(house, etl):
    key, secret = house.keys["etl"]
    start = lambda *key: Caller(house.gateway, key).start("select 1")
    assert "signature we calculated does not match" in refused("InvalidSignatureException", start, key, secret[::-1])
    refused("UnrecognizedClientException", start, "BLUE0000000000000000", secret)
    unsigned = boto3.client("redshift-data", endpoint_url=house.gateway.http, region_name="us-east-1",
                            config=botocore.config.Config(signature_version=botocore.UNSIGNED))
    refused("MissingAuthenticationTokenException", unsigned.list_statements)
    assert {"InvalidSignatureException", "UnrecognizedClientException"} <= {line["refused"] for line in house.lines(event="refusal") if "refused" in line}


def test_keys_come_and_go(house):
    house.user("add", "new", "--no-password")
    key = house.key("new")
    caller = Caller(house.gateway, key)

    def passes():
        try:
            caller.client.list_statements()
            return True
        except botocore.exceptions.ClientError:
            return False

    eventually(passes)
    house.user("lock", "new")
    eventually(lambda: not passes())
    house.user("unlock", "new")
    eventually(passes)
    house.user("key", "new", "--remove", key[0])
    eventually(lambda: not passes())


def test_targets_are_the_users_own(house, etl, service):
    bob = house.caller("bob")
    assert bob.rows("select 1") == [(1,)]
    named = {"WorkgroupName": "second", "Database": "second"}
    bob.end(bob.client.execute_statement(Sql="select 1", **named)["Id"])
    for place in [{"WorkgroupName": "other", "Database": "dev"}, {"WorkgroupName": "default", "Database": "nowhere"},
                  {"ClusterIdentifier": "default", "Database": "dev"}]:
        message = refused("AccessDeniedException", etl.client.execute_statement, Sql="select 1", **place)
        assert message.startswith("User: etl is not authorized to perform: redshift-data:ExecuteStatement on ")
    # Nobody becomes another database user.
    refused("AccessDeniedException", etl.client.execute_statement, Sql="select 1", DbUser="admin", **etl.place)
    refused("AccessDeniedException", etl.client.execute_statement, Sql="select 1", SecretArn="arn:aws:secretsmanager:x", **etl.place)
    refused("ValidationException", etl.client.execute_statement, Sql="select 1", Database="dev")
    refused("ValidationException", etl.client.execute_statement, Sql="select 1", WorkgroupName="default")


def test_everybody_sees_their_own(house, etl, ana):
    statement = etl.run("select 42", StatementName="etls")["Id"]
    first = etl.client.execute_statement(Sql="select 1", SessionKeepAliveSeconds=60, **etl.place)
    etl.end(first["Id"])
    for call, arguments in [
        ("describe_statement", {"Id": statement}),
        ("get_statement_result", {"Id": statement}),
        ("get_statement_result_v2", {"Id": statement}),
        ("cancel_statement", {"Id": statement}),
        ("execute_statement", {"Sql": "select 1", "SessionId": first["SessionId"]}),
        ("batch_execute_statement", {"Sqls": ["select 1"], "SessionId": first["SessionId"]}),
        ("list_sessions", {"SessionId": first["SessionId"]}),
    ]:
        refused("ResourceNotFoundException", getattr(ana.client, call), **arguments)
    ids = lambda caller: {s["Id"] for page in caller.client.get_paginator("list_statements").paginate(Status="ALL") for s in page["Statements"]}
    assert statement in ids(etl) and statement not in ids(ana)
    named = etl.client.list_statements(StatementName="etls", WorkgroupName="default", MaxResults=1)
    assert [found["Id"] for found in named["Statements"]] == [statement]
    sessions = lambda caller: {s["SessionId"] for page in caller.client.get_paginator("list_sessions").paginate() for s in page["Sessions"]}
    assert first["SessionId"] in sessions(etl) and first["SessionId"] not in sessions(ana)
    # What came in on the other port is nobody's here.
    etl.run("select 1", SessionId=first["SessionId"], SessionKeepAliveSeconds=0)


def test_one_users_token_is_not_anothers(etl, ana, service):
    mine = etl.client.execute_statement(Sql="select 1", ClientToken="token", **etl.place)["Id"]
    assert etl.client.execute_statement(Sql="select 1", ClientToken="token", **etl.place)["Id"] == mine
    assert ana.client.execute_statement(Sql="select 2", ClientToken="token", **ana.place)["Id"] != mine
    assert len([call for call in service.operations("ExecuteStatement") if call.sql == "select 1"]) == 1
    waited = etl.client.execute_statement(Sql="select 1", ClientToken="token", WaitTimeSeconds=30, **etl.place)
    assert (waited["Id"], waited["Status"]) == (mine, "FINISHED")


# ---- What may pass


def test_policies_decide(house, ana, etl, service):
    for sql, rule in [
        ("select * from hr.salaries", "deny-read"),
        ("with s as (select * from hr.people) select 1 from sales.orders", "read"),
        ("insert into sales.orders values (9, 'no')", "read-only"),
    ]:
        message = refused("AccessDeniedException", ana.start, sql)
        assert f'permission denied by policy "analysts", rule "{rule}"' in message
    # One that may not pass keeps all from passing.
    refused("AccessDeniedException", ana.start_batch, ["select 1", "delete from sales.orders"])
    refused("AccessDeniedException", etl.start, "delete from sales.orders")
    refused("AccessDeniedException", etl.start, "prepare p as delete from sales.orders")
    assert service.calls == []
    assert ana.rows("select id from sales.orders order by 1") == [(1,), (2,)]
    lines = house.lines(event="refusal", user="ana", text="select * from hr.salaries")
    assert lines[0]["refused"] == "policy analysts, rule deny-read"


def test_names_are_looked_up_where_policies_know(ana, service):
    # Without a schema it is public's, whatever the warehouse's own search path is.
    described = ana.run("select id from orders")
    assert "SessionId" not in ana.client.execute_statement(Sql="select 1", **ana.place)
    assert service.statements()[0] == "SET search_path TO 'public'"
    assert described["Status"] == "FINISHED"
    first = ana.client.execute_statement(Sql="set search_path to sales", SessionKeepAliveSeconds=60, **ana.place)
    ana.end(first["Id"])
    assert len(ana.rows("select id from orders", SessionId=first["SessionId"])) == 2
    ana.run("set search_path to hr", SessionId=first["SessionId"])
    # It may be any of those that the path has had.
    refused("AccessDeniedException", ana.start, "select id from orders", SessionId=first["SessionId"])
    ana.run("select 1", SessionId=first["SessionId"], SessionKeepAliveSeconds=0)


def test_a_batch_is_decided_on_as_it_runs(ana):
    texts = ["set search_path to hr", "select * from orders"]
    assert "hr.orders may not be read" in refused("AccessDeniedException", ana.start_batch, texts)


def test_results_beyond_a_policys_rows_are_not_given(house, ana):
    small = ana.run("select n from generate_series(1, 100) as t(n)")["Id"]
    assert len(ana.client.get_statement_result(Id=small)["Records"]) == 100
    large = ana.run("select n from generate_series(1, 101) as t(n)")["Id"]
    message = refused("AccessDeniedException", ana.client.get_statement_result, Id=large)
    assert message == 'permission denied by policy "analysts", rule "max-rows": the result has more than 100 rows'
    parts = ana.end(ana.start_batch(["select 1", "select n from generate_series(1, 101) as t(n)"]))["SubStatements"]
    assert len(ana.client.get_statement_result(Id=parts[0]["Id"])["Records"]) == 1
    refused("AccessDeniedException", ana.client.get_statement_result, Id=parts[1]["Id"])
    assert house.lines(event="statement", statement_id=large)[0]["outcome"] == "refused"


def test_no_more_statements_run_than_may(house):
    bob = house.caller("bob")
    long = "select count(*) from generate_series(1, 2000) a, generate_series(1, 2000) b, generate_series(1, 2000) c"
    held = bob.start(long)
    assert "may run 1 statements at a time" in refused("ActiveStatementsExceededException", bob.start, "select 1")
    bob.client.cancel_statement(Id=held)
    bob.end(held)

    def runs():
        try:
            return bob.run("select 1")
        except botocore.exceptions.ClientError:
            return False

    # Its place is given back as soon as the gateway hears of its end.
    eventually(runs)


# ---- What is written down


def test_the_audit_tells_who_did_what(house, etl, service):
    described = etl.run("select customer from sales.orders where customer = 'audited'")
    etl.client.get_statement_result(Id=described["Id"])
    line, = house.lines(event="statement", statement_id=described["Id"])
    assert (line["user"], line["from"], line["target"], line["method"]) == ("etl", "127.0.0.1", "dev", "signature")
    assert (line["command"], line["text"]) == ("SELECT", "select customer from sales.orders where customer = 'audited'")
    assert (line["outcome"], line["rows"], line["query_id"]) == ("ok", 0, described["RedshiftQueryId"])
    begun, = house.lines(event="begin", text=line["text"])
    assert begun["user"] == "etl"
    failed = etl.start("select 1/0")
    etl.end(failed)
    line, = house.lines(event="statement", statement_id=failed)
    assert (line["outcome"], line["sqlstate"]) == ("error", "22012")


def test_no_secret_is_written_anywhere(house, etl):
    etl.end(etl.start("create user u password 'S3cretPass1'"))
    etl.end(etl.start("drop user u"))
    kept = (house.folder / "audit.jsonl").read_text() + house.gateway.output
    for secret in ["S3cretPass1", *(secret for _, secret in house.keys.values())]:
        assert secret not in kept


def test_metrics_count_it(house, etl):
    def counted():
        return int(re.search(r'^blueshift_statements_total\{outcome="ok"\} (\d+)$', house.get("/metrics"), re.M)[1])

    before = counted()
    etl.run("select 1")
    eventually(lambda: counted() > before)


# ---- A service that misbehaves


@pytest.mark.parametrize("fault", ["lose", "drop", exception("InternalServerException", "oops", 500),
                                   exception("ThrottlingException", "Rate exceeded")])
def test_what_is_lost_on_the_way_runs_once(etl, service, fault):
    etl.run("create table once_only (a int)")
    service.plan = once(fault, lambda call: "insert into once_only" in call.sql)
    etl.run("insert into once_only values (1)")
    tokens = [call.body["ClientToken"] for call in service.operations("ExecuteStatement") if "insert" in call.sql]
    assert len(tokens) == 2 and len(set(tokens)) == 1
    service.plan = once(fault, lambda call: call.operation == "GetStatementResult")
    assert etl.rows("select count(*) from once_only") == [(1,)]
    etl.run("drop table once_only")


FAULTS = ["lose", "drop", exception("InternalServerException", "oops", 500), exception("ThrottlingException", "Rate exceeded"), (503, {})]


def faults_of(operation, pages):
    """A plan: each fault once, on the calls of an operation that have these numbers, from 1."""
    calls, faults = [], dict(zip(pages, FAULTS))

    def plan(call):
        if call.operation != operation:
            return None
        calls.append(call)
        return faults.pop(len(calls), None)

    return plan


@pytest.mark.parametrize("form", ["JSON", "CSV"])
def test_a_page_that_fails_in_the_middle_is_asked_again(etl, service, form):
    statement = etl.run("select n, 'some text that takes some room' from generate_series(1, 60000) as t(n) order by n", ResultFormat=form)["Id"]
    operation = "GetStatementResult" if form == "JSON" else "GetStatementResultV2"
    service.plan = faults_of(operation, [1, 3, 5, 7, 9])
    pages = list(etl.client.get_paginator("get_statement_result" if form == "JSON" else "get_statement_result_v2").paginate(Id=statement))
    if form == "JSON":
        numbers = [record[0]["longValue"] for page in pages for record in page["Records"]]
    else:
        text = "".join(records["CSVRecords"] for page in pages for records in page["Records"])
        numbers = [int(line.split(",")[0]) for line in text.splitlines()]
    assert numbers == list(range(1, 60001))
    assert len(service.operations(operation)) > len(pages) >= 2


def test_a_result_that_cannot_be_read_on_says_so(etl, service):
    statement = etl.run("select n, 'some text that takes some room' from generate_series(1, 60000) as t(n)")["Id"]
    first = etl.client.get_statement_result(Id=statement)
    service.plan = once(exception("ResourceNotFoundException", "Query result has expired."), lambda call: "NextToken" in call.body)
    assert refused("ResourceNotFoundException", etl.client.get_statement_result, Id=statement,
                   NextToken=first["NextToken"]) == "Query result has expired."


def test_a_batch_that_is_lost_on_the_way_runs_once(etl, service):
    etl.run("create table batched_once (a int)")
    service.plan = faults_of("BatchExecuteStatement", range(1, 6))
    etl.end(etl.start_batch(["insert into batched_once values (1)", "insert into batched_once values (2)"]))
    assert len(service.operations("BatchExecuteStatement")) == 6
    service.plan = faults_of("DescribeStatement", range(1, 6))
    assert etl.rows("select a from batched_once order by a") == [(1,), (2,)]
    etl.run("drop table batched_once")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_session_whose_opening_is_lost_is_opened_once(ana, service, fault):
    service.plan = once(fault, submits("search_path"))
    assert ana.rows("select id from orders") == [(7,)]
    opening = [call for call in service.operations("ExecuteStatement") if "search_path" in call.sql]
    assert len({call.body["ClientToken"] for call in opening}) == 1 and len(opening) == 2


def test_answers_that_come_too_late_are_asked_for_again(tmp_path, emulator):
    with Service(emulator.http) as service:
        house, start = caller_alone(tmp_path, target_of(service.url, **{"call-timeout": 1, "wait": 0}))
        with house:
            caller = start()
            caller.run("create table on_time (a int)")
            # Of a statement, of its state, of its rows.
            service.plan = once(late(3), submits("insert"))
            caller.run("insert into on_time values (1)")
            service.plan = once(late(3), lambda call: call.operation == "DescribeStatement")
            statement = caller.run("select a from on_time")["Id"]
            service.plan = once(late(3), lambda call: call.operation == "GetStatementResult")
            assert caller.client.get_statement_result(Id=statement)["Records"] == [[{"longValue": 1}]]
            service.plan = lambda call: None
            caller.run("drop table on_time")


def test_a_service_that_does_not_wait_is_waited_for(house, etl, service):
    """The gateway's own waiting, for the audit, goes on where the service answers at once and says that it still runs."""
    asked = []

    def plan(call):
        if call.operation != "DescribeStatement" or len(asked) > 8:
            return None
        asked.append(call)
        return lambda status, body: (status, body | {"Status": "STARTED", "HasResultSet": False, "ResultRows": -1})

    service.plan = plan
    statement = etl.run("select 'waited for'")["Id"]
    line, = house.lines(event="statement", statement_id=statement)
    assert line["outcome"] == "ok"


def test_sessions_count_among_those_of_the_gateway(tmp_path, emulator):
    with Service(emulator.http) as service:
        house, start = caller_alone(tmp_path, target_of(service.url, **{"max-sessions": 1}))
        with house:
            caller = start()
            house.user("add", "ben")
            # One of port 5439 that is idle and holds nothing makes room.
            eventually(lambda: "ben" in house.user("list"))
            connection = house.connect("ben")
            assert connection.execute("select 1").fetchone() == (1,)
            opened = caller.client.execute_statement(Sql="create temp table mine (a int)", SessionKeepAliveSeconds=60, WaitTimeSeconds=30, **caller.place)
            session = opened["SessionId"]
            assert "too many sessions" in refused("ActiveSessionsExceededException", caller.client.execute_statement, Sql="select 1",
                                                  SessionKeepAliveSeconds=60, **caller.place)
            with fails("53300"):
                connection.execute("select 2")
            # What needs no session needs no place.
            assert caller.rows("select 3") == [(3,)]
            caller.run("select 4", SessionId=session, SessionKeepAliveSeconds=0)
            eventually(lambda: caller_has_room(connection))
            connection.close()


def caller_has_room(connection):
    try:
        return connection.execute("select 5").fetchone() == (5,)
    except psycopg.Error:
        return False


def test_a_session_counts_as_a_connection_of_its_user(tmp_path, emulator):
    house, start = caller_alone(tmp_path, target_of(emulator.http))
    house.edit("ana", "max-connections = 1")
    with house:
        ana = start()
        opened = ana.client.execute_statement(Sql="select 1", SessionKeepAliveSeconds=60, WaitTimeSeconds=30, **ana.place)

        def another():
            return ana.client.execute_statement(Sql="select 2", SessionKeepAliveSeconds=60, **ana.place)

        assert 'too many connections for user "ana"' in refused("ActiveStatementsExceededException", another)
        assert ana.rows("select 3", SessionId=opened["SessionId"]) == [(3,)]
        ana.run("select 4", SessionId=opened["SessionId"], SessionKeepAliveSeconds=0)

        def runs():
            try:
                return another()
            except botocore.exceptions.ClientError:
                return False

        eventually(runs)


def test_idle_sessions_make_room_where_the_service_has_no_more(tmp_path):
    with Server(http="127.0.0.1:0", environment={"BLUESHIFT_DATA_API_LIMITS": "sessions=1"}) as emulator:
        house, start = caller_alone(tmp_path, target_of(emulator.http))
        with house:
            caller = start()
            house.user("add", "ben")
            with house.connect("ben") as connection:
                assert connection.execute("select 1").fetchone() == (1,)
                opened = caller.client.execute_statement(Sql="select 1", SessionKeepAliveSeconds=60, WaitTimeSeconds=30, **caller.place)
                assert opened["SessionId"]


def test_the_gateways_own_trouble_is_not_told(etl, service, house):
    for code in ["ExpiredTokenException", "UnrecognizedClientException"]:
        service.plan = once(exception(code, "The security token AKIDADMIN is expired"), lambda call: call.sql == "select 3")
        assert refused("InternalServerException", etl.start, "select 3") == "The gateway's call was refused by the Data API."
    assert "AKIDADMIN is expired" in house.gateway.output
    service.plan = once(exception("ActiveSessionsExceededException", "Active sessions exceeded the allowed quota (500)."),
                        lambda call: call.sql == "select 3")
    refused("ActiveSessionsExceededException", etl.start, "select 3")


def test_a_session_that_has_ended_says_so(etl, service):
    first = etl.client.execute_statement(Sql="select 1", SessionKeepAliveSeconds=60, **etl.place)
    etl.end(first["Id"])
    gone = exception("ResourceNotFoundException", "Session does not exist or has ended.")
    service.plan = once(gone, lambda call: call.body.get("SessionId") == first["SessionId"])
    assert refused("ResourceNotFoundException", etl.start, "select 2", SessionId=first["SessionId"]) == gone[1]["Message"]


# ---- Other doors


def test_without_users_anybody_passes_from_this_machine(emulator):
    with Gateway(emulator.http, "--http-listen", "127.0.0.1:0") as gateway:
        first, second = Caller(gateway, ("A", "b")), Caller(gateway, ("C", "d"))
        statement = first.run("select 1")["Id"]
        assert len(second.client.get_statement_result(Id=statement)["Records"]) == 1
        refused("ResourceNotFoundException", first.client.describe_statement, Id="d9b6c0c9-0747-4bf4-b142-e8883122f766")
    with pytest.raises(StartFailed, match="can be reached from other machines: a gateway needs users"):
        Gateway(emulator.http, "--http-listen", "0.0.0.0:0")


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes keys and certificates")
def test_tls_on_the_same_port(tmp_path, emulator):
    house, start = caller_alone(tmp_path, target_of(emulator.http) + "[tls]\nrequire = true")
    with house:
        ana = start()
        assert refused("AccessDeniedException", ana.start, "select 1") == "Requests need TLS: https."
        client = boto3.client("redshift-data", endpoint_url=house.gateway.http.replace("http:", "https:"), region_name="us-east-1",
                              aws_access_key_id=ana.key[0], aws_secret_access_key=ana.key[1], verify=house.gateway.ca)
        answer = client.execute_statement(Sql="select 1", WaitTimeSeconds=30, WorkgroupName="default", Database="dev")
        assert answer["Status"] == "FINISHED"


def test_statements_are_known_over_a_restart_where_they_are_kept(tmp_path, emulator):
    limited = '[[policy]]\nname = "small"\nmax-rows = 100\n'
    config = 'statements = "statements.jsonl"\n' + target_of(emulator.http) + CONFIG
    house = House(tmp_path)
    keys = {}
    for name in ("ana", "ben"):
        house.user("add", name, "--no-password")
        keys[name] = house.key(name)
    with house:
        house.start(config, limited)
        ana = Caller(house.gateway, keys["ana"])
        small = ana.run("select n from generate_series(1, 100) as t(n) -- of ana", StatementName="kept")["Id"]
        large = ana.run("select n from generate_series(1, 101) as t(n)")["Id"]
        batch = ana.end(ana.start_batch(["select 1", "select n from generate_series(1, 101) as t(n)"]))["SubStatements"]
        house.gateway.stop()
        house.start(config, limited)
        ana, ben = (Caller(house.gateway, keys[name]) for name in ("ana", "ben"))
        assert len(ana.client.get_statement_result(Id=small)["Records"]) == 100
        assert ana.client.describe_statement(Id=small)["Status"] == "FINISHED"
        assert [found["Id"] for found in ana.client.list_statements(StatementName="kept")["Statements"]] == [small]
        assert ben.client.list_statements(StatementName="kept")["Statements"] == []
        refused("ResourceNotFoundException", ben.client.get_statement_result, Id=small)
        # Policies bound them as before.
        for statement in (large, batch[1]["Id"]):
            assert 'rule "max-rows"' in refused("AccessDeniedException", ana.client.get_statement_result, Id=statement)
        assert len(ana.client.get_statement_result(Id=batch[0]["Id"])["Records"]) == 1
    assert "of ana" not in (tmp_path / "statements.jsonl").read_text()


def test_a_gateway_that_ends_leaves_the_statement_to_the_service(tmp_path, emulator):
    house, start = caller_alone(tmp_path, "drain = 0\n" + target_of(emulator.http) + CONFIG)
    with house:
        held = start().start("select count(*) from generate_series(1, 2000) a, generate_series(1, 2000) b, generate_series(1, 2000) c")
        house.gateway.stop()
    line, = [line for line in house.audit if line["event"] == "statement"]
    assert (line["statement_id"], line["outcome"]) == (held, "left")
    real = DataApi(emulator)
    assert real.client.describe_statement(Id=held)["Status"] == "STARTED"
    real.client.cancel_statement(Id=held)
