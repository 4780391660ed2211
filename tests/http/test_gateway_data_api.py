"""The Data API of a gateway: boto3 before it, a real Data API (here an emulator's) behind it.

Sources: Amazon Redshift Data API reference for the operations and their exceptions; what policies refuse is reasoned from
README, "The gateway's doors"."""

import json
import re
import shutil
import subprocess
import time

import boto3
import botocore.config
import botocore.exceptions
import pytest

from blueshift import DATABASE, PATIENCE, PROGRAM, TARGET, Server, StartFailed
from data_api import DataApi
from gateway import Gateway, Service, exception

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


def user(folder, *arguments):
    command = [PROGRAM, "user", *arguments, "--users", str(folder / "users.toml")]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout


class Caller(DataApi):
    """A user of the gateway with an access key."""

    def __init__(self, gateway, key, place=None, **options):
        self.key = key
        self.client = gateway.aws("redshift-data", *key, **options)
        self.place = place or {"WorkgroupName": "default", "Database": "dev"}


class House:
    """A gateway with users, policies and an audit; what is between it and the emulator does what a test wants."""

    def __init__(self, folder, endpoint):
        self.folder, self.keys = folder, {}
        for name, *groups in [("ana", "analysts"), ("etl",), ("bob",), ("fay",)]:
            user(folder, "add", name, "--no-password", *(["--groups", groups[0]] if groups else []))
            self.keys[name] = self.issue(name)
        text = (folder / "users.toml").read_text()
        text = text.replace("[users.bob]", '[users.bob]\ntargets = ["second"]\nmax-running = 1')
        (folder / "users.toml").write_text(text)
        (folder / "policies.toml").write_text(POLICIES)
        (folder / "gateway.toml").write_text(f"""
users = "users.toml"
policies = "policies.toml"
[targets.dev]
workgroup = "default"
database = "{DATABASE}"
region = "us-east-1"
endpoint-url = "{endpoint}"
[targets.second]
workgroup = "default"
database = "{DATABASE}"
region = "us-east-1"
endpoint-url = "{endpoint}"
[audit]
mode = "required"
file = "audit.jsonl"
literals = "keep"
""")
        self.gateway = Gateway(endpoint, "--config", str(folder / "gateway.toml"), "--http-listen", "127.0.0.1:0", target=())

    def issue(self, name):
        found = re.fullmatch(r"aws_access_key_id = (BLUE[A-Z0-9]{16})\naws_secret_access_key = ([A-Za-z0-9]{40})\n",
                             user(self.folder, "key", name))
        return found.groups()

    def caller(self, name, **options):
        place = {"WorkgroupName": "default", "Database": "second"} if name == "bob" else None
        return Caller(self.gateway, self.keys[name], place, **options)

    @property
    def audit(self):
        return [json.loads(line) for line in (self.folder / "audit.jsonl").read_text().splitlines()]

    def lines(self, **members):
        """The lines of the audit that have these members, once there is one: the gateway hears of an end when it does."""
        for _ in range(PATIENCE * 20):
            found = [line for line in self.audit if all(line.get(key) == value for key, value in members.items())]
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"no line of the audit has {members}")


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
    house = House(tmp_path_factory.mktemp("house"), shared_service.url)
    try:
        yield house
    finally:
        house.gateway.stop()


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


def once(fault, condition):
    done = []

    def plan(call):
        if done or not condition(call):
            return None
        done.append(call)
        return fault

    return plan


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
    user(house.folder, "add", "new", "--no-password")
    key = house.issue("new")
    caller = Caller(house.gateway, key)

    def until(works):
        for _ in range(PATIENCE * 5):
            try:
                caller.client.list_statements()
                passes = True
            except botocore.exceptions.ClientError:
                passes = False
            if passes == works:
                return
            time.sleep(0.2)
        raise AssertionError(works)

    until(True)
    user(house.folder, "lock", "new")
    until(False)
    user(house.folder, "unlock", "new")
    until(True)
    user(house.folder, "key", "new", "--remove", key[0])
    until(False)


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
    # Its place is given back as soon as the gateway hears of its end.
    for _ in range(PATIENCE * 5):
        try:
            bob.run("select 1")
            break
        except botocore.exceptions.ClientError:
            time.sleep(0.2)
    else:
        raise AssertionError("its place was not given back")


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
        import urllib.request
        with urllib.request.urlopen(house.gateway.http + "/metrics", timeout=PATIENCE) as answer:
            page = answer.read().decode()
        return int(re.search(r'^blueshift_statements_total\{outcome="ok"\} (\d+)$', page, re.M)[1])

    before = counted()
    etl.run("select 1")
    while counted() == before:
        time.sleep(0.05)


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
    user(tmp_path, "add", "ana", "--no-password")
    key = re.findall(r"= (\S+)", user(tmp_path, "key", "ana"))
    (tmp_path / "gateway.toml").write_text(f"""
users = "users.toml"
[targets.dev]
workgroup = "default"
region = "us-east-1"
endpoint-url = "{emulator.http}"
[tls]
require = true
""")
    with Gateway("", "--config", str(tmp_path / "gateway.toml"), "--http-listen", "127.0.0.1:0", target=()) as gateway:
        assert refused("AccessDeniedException", Caller(gateway, key).start, "select 1") == "Requests need TLS: https."
        client = boto3.client("redshift-data", endpoint_url=gateway.http.replace("http:", "https:"), region_name="us-east-1",
                              aws_access_key_id=key[0], aws_secret_access_key=key[1], verify=gateway.ca)
        answer = client.execute_statement(Sql="select 1", WaitTimeSeconds=30, WorkgroupName="default", Database="dev")
        assert answer["Status"] == "FINISHED"


def test_a_gateway_that_ends_leaves_the_statement_to_the_service(tmp_path, emulator):
    user(tmp_path, "add", "ana", "--no-password")
    key = re.findall(r"= (\S+)", user(tmp_path, "key", "ana"))
    (tmp_path / "gateway.toml").write_text(f"""
users = "users.toml"
drain = 0
[targets.dev]
workgroup = "default"
region = "us-east-1"
endpoint-url = "{emulator.http}"
[audit]
mode = "on"
file = "audit.jsonl"
""")
    with Gateway("", "--config", str(tmp_path / "gateway.toml"), "--http-listen", "127.0.0.1:0", target=()) as gateway:
        caller = Caller(gateway, key)
        held = caller.start("select count(*) from generate_series(1, 2000) a, generate_series(1, 2000) b, generate_series(1, 2000) c")
        gateway.stop()
    line, = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines() if '"statement"' in line]
    assert (line["statement_id"], line["outcome"]) == (held, "left")
    real = DataApi(emulator)
    assert real.client.describe_statement(Id=held)["Status"] == "STARTED"
    real.client.cancel_statement(Id=held)
