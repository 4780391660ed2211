"""The Redshift Data API.

Sources: Amazon Redshift Data API reference; management guide, "Using the Amazon Redshift Data API". Messages that no page
has are those that clients report of the service.
"""

import csv
import io
import uuid

import pytest
from botocore.exceptions import ClientError

from blueshift import Server
from data_api import DataApi, value_of


def fails(call, code, message=None, **arguments):
    """Calls what the service refuses; gives the error."""
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    error = refused.value.response
    assert error["Error"]["Code"] == code, error
    if message is not None:
        assert message in error["Error"]["Message"], error
    return error


# ---- One statement


def test_a_statement_is_submitted_described_and_fetched(data):
    submitted = data.client.execute_statement(Sql="select 1 as one, 'two'::varchar(5) as two", StatementName="first", **data.place)
    assert uuid.UUID(submitted["Id"])
    assert (submitted["Database"], submitted["WorkgroupName"], submitted["DbUser"]) == ("dev", "default", "admin")
    assert "ClusterIdentifier" not in submitted and "Status" not in submitted and "SessionId" not in submitted
    assert submitted["ResponseMetadata"]["RequestId"]

    described = data.end(submitted["Id"])
    assert described["Status"] == "FINISHED"
    assert described["QueryString"] == "select 1 as one, 'two'::varchar(5) as two"
    assert described["HasResultSet"] is True
    assert described["ResultRows"] == 1 and described["ResultSize"] > 0
    assert described["Duration"] > 0 and described["RedshiftPid"] > 0 and described["RedshiftQueryId"] > 0
    assert described["CreatedAt"] == submitted["CreatedAt"] <= described["UpdatedAt"]
    assert described["ResultFormat"] == "JSON"
    assert "Error" not in described and "SubStatements" not in described and "ExecutionMode" not in described

    result = data.client.get_statement_result(Id=submitted["Id"])
    assert result["Records"] == [[{"longValue": 1}, {"stringValue": "two"}]]
    assert result["TotalNumRows"] == 1 and "NextToken" not in result
    assert [column["label"] for column in result["ColumnMetadata"]] == ["one", "two"]


def test_the_query_id_is_that_of_the_system_tables(data):
    described = data.run("select 4711 as marked")
    rows = data.rows(f"select trim(query_text) from sys_query_history where query_id = {described['RedshiftQueryId']}")
    assert rows == [("select 4711 as marked",)]


def test_what_gives_no_rows_has_no_result(data):
    created = data.run("create table counted (i int)")
    assert created["HasResultSet"] is False and created["ResultRows"] == 0 and created["ResultSize"] == 0
    inserted = data.run("insert into counted values (1), (2), (3)")
    assert inserted["HasResultSet"] is False and inserted["ResultRows"] == 3
    assert data.run("delete from counted where i > 1")["ResultRows"] == 2
    fails(data.client.get_statement_result, "ResourceNotFoundException",
          "Query does not have result. Please check query status with DescribeStatement.", Id=inserted["Id"])


def test_an_empty_result_is_a_result(data):
    described = data.run("select 1 as n where false")
    assert described["HasResultSet"] is True and described["ResultRows"] == 0
    result = data.client.get_statement_result(Id=described["Id"])
    assert result["Records"] == [] and result["TotalNumRows"] == 0 and result["ColumnMetadata"][0]["name"] == "n"


def test_errors_read_as_the_driver_prints_them(data):
    described = data.end(data.start("select no_such_column from pg_class"))
    assert described["Status"] == "FAILED" and described["HasResultSet"] is False
    assert described["Error"].startswith('ERROR: column "no_such_column" does not exist')
    assert described["ResultRows"] == -1 and described["ResultSize"] == -1
    assert data.error("selec 1").endswith("Position: 1")
    assert data.error("select 'ä', !") .startswith("ERROR: syntax error at or near")
    assert data.error("select 1/0").startswith("ERROR: ")
    assert data.error("select 1; select 2").startswith("ERROR: cannot insert multiple commands into a prepared statement")
    # feast creates a table and copies into it in one text.
    data.run("create table cut (i int); insert into cut values (1), (2);")
    assert "no_such_column" in data.error("insert into cut values (3); delete from cut where no_such_column = 1")
    error = data.client.execute_statement(Sql="select 1", WorkgroupName="default", Database="no_such_database")
    assert data.end(error["Id"])["Error"] == 'FATAL: database "no_such_database" does not exist'


def test_a_failed_statement_leaves_nothing(data):
    data.run("create table untouched (i int)")
    assert data.error("insert into untouched select 1/(i - i) from (select 1 as i) s")
    assert data.rows("select count(*) from untouched") == [(0,)]


def test_waiting_gives_the_end_at_once(data):
    done = data.client.execute_statement(Sql="select 1", WaitTimeSeconds=30, **data.place)
    assert done["Status"] == "FINISHED" and done["HasResultSet"] is True and done["RedshiftPid"] > 0
    failed = data.client.execute_statement(Sql="select x", WaitTimeSeconds=30, **data.place)
    assert failed["Status"] == "FAILED" and failed["HasResultSet"] is False


# ---- Values


def test_each_type_has_its_field(data):
    rows = data.rows("""select 1::smallint, 2::int, 9223372036854775807::bigint, 0.5::float8, 0.1::float4, true, 1.50::decimal(5,2),
        'é'::varchar(10), 'c'::char(3), date '2008-01-02', timestamp '2008-01-02 03:04:05.678', timestamptz '2008-01-02 03:04:05+00',
        time '10:20:30', null::int""")
    assert rows == [(1, 2, 9223372036854775807, 0.5, 0.1, True, "1.50", "é", "c  ", "2008-01-02", "2008-01-02 03:04:05.678",
                     "2008-01-02 03:04:05+00", "10:20:30", None)]


def test_fields_are_long_double_boolean_blob_and_string(data):
    described = data.run("select 1::smallint as l, 1.5::float8 as d, false as b, 1::decimal(3,1) as n, to_varbyte('616263', 'hex') as v, null::bool as z")
    record, = data.client.get_statement_result(Id=described["Id"])["Records"]
    assert record == [{"longValue": 1}, {"doubleValue": 1.5}, {"booleanValue": False}, {"stringValue": "1.0"},
                      {"blobValue": b"abc"}, {"isNull": True}]


def test_columns_are_described(data):
    data.run("create table public.described (id int not null, amount decimal(12,4), name varchar(40), at timestamp)")
    described = data.run("select id, amount, name as label, at, id + 1 as next from described")
    columns = data.client.get_statement_result(Id=described["Id"])["ColumnMetadata"]
    keys = ["label", "name", "typeName", "precision", "scale", "nullable", "isSigned", "isCaseSensitive", "schemaName", "tableName", "length"]
    assert [tuple(column[key] for key in keys) for column in columns] == [
        ("id", "id", "int4", 10, 0, 0, True, False, "public", "described", 0),
        ("amount", "amount", "numeric", 12, 4, 1, True, False, "public", "described", 0),
        ("label", "name", "varchar", 40, 0, 1, False, True, "public", "described", 0),
        ("at", "at", "timestamp", 29, 6, 1, False, False, "public", "described", 0),
        ("next", "next", "int4", 10, 0, 1, True, False, "", "", 0),
    ]


# ---- Pages


def test_a_large_result_comes_in_pages(data):
    described = data.run("""with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
        select i, repeat('x', 1000) as filler from n order by i""")
    pages = list(data.client.get_paginator("get_statement_result").paginate(Id=described["Id"]))
    assert len(pages) > 2
    numbers = [record[0]["longValue"] for page in pages for record in page["Records"]]
    assert numbers == list(range(1, 3001))
    assert all(page["TotalNumRows"] == 3000 for page in pages)
    other = data.run("select 1")["Id"]
    fails(data.client.get_statement_result, "ValidationException", Id=other, NextToken=pages[0]["NextToken"])
    fails(data.client.get_statement_result, "ValidationException", Id=described["Id"], NextToken="nonsense")


def test_csv(data):
    described = data.run("select 1 as a, 'say \"x\", y' as b, null::varchar as c, '' as d union all select 2, 'two\nlines', 'é', 'z' order by 1",
                         ResultFormat="CSV")
    assert described["ResultFormat"] == "CSV"
    result = data.client.get_statement_result_v2(Id=described["Id"])
    assert result["ResultFormat"] == "CSV" and result["TotalNumRows"] == 2
    assert [column["name"] for column in result["ColumnMetadata"]] == ["a", "b", "c", "d"]
    text = "".join(records["CSVRecords"] for records in result["Records"])
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["1", 'say "x", y', "", ""], ["2", "two\nlines", "é", "z"]]
    fails(data.client.get_statement_result, "ValidationException", Id=described["Id"])
    fails(data.client.get_statement_result_v2, "ValidationException", Id=data.run("select 1")["Id"])


# ---- Parameters


def parameters(**values):
    return [{"name": name, "value": value} for name, value in values.items()]


def test_parameters_are_values_of_the_type_that_their_place_wants(data):
    data.run("create table placed (i int, n decimal(10,2), f float8, t varchar(20), d date, m timestamp, b bool)")
    inserted = data.run("insert into placed values (:i, :n, :f, :t, :d, :m, :b)", Parameters=parameters(
        i="7", n="1.5", f="2.5", t="it's :i", d="2020-02-29", m="2020-01-01 02:03:04", b="true"))
    assert inserted["QueryParameters"][0] == {"name": "i", "value": "7"}
    assert inserted["QueryString"] == "insert into placed values (:i, :n, :f, :t, :d, :m, :b)"
    assert data.rows("select * from placed where i = :i and t like :t", Parameters=parameters(i="7", t="it%")) == [
        (7, "1.50", 2.5, "it's :i", "2020-02-29", "2020-01-01 02:03:04", True)]
    assert data.rows("select count(*) from placed where i between :low and :high and d >= :low_d",
                     Parameters=parameters(low="1", high="7", low_d="2020-01-01")) == [(1,)]


def test_a_parameter_may_stand_twice_and_beside_casts(data):
    assert data.rows("select :n::int + :n::int, ':n', (:n)::bigint", Parameters=parameters(n="20")) == [(40, ":n", 20)]


def test_null_is_a_word(data):
    assert data.rows("select :v::varchar(10) is null, :v::varchar(10)", Parameters=parameters(v="null")) == [(False, "null")]


def test_a_parameter_is_no_name(data):
    assert data.error("select :column, from pg_class", Parameters=parameters(column="relname")).startswith("ERROR: syntax error at or near")
    assert data.error("select count(*) from :t", Parameters=parameters(t="pg_class")).startswith("ERROR: syntax error at or near")


def test_a_value_that_does_not_fit_fails(data):
    assert data.error("select 1 where 1 = :n", Parameters=parameters(n="one")).startswith("ERROR: ")


def test_every_parameter_is_used(data):
    fails(data.client.execute_statement, "ValidationException",
          "Parameters list contains unused parameters. Unused parameters: [b]",
          Sql="select :a, ':b'", Parameters=parameters(a="1", b="2"), **data.place)
    assert data.error("select :a").startswith('ERROR: syntax error at or near ":"')


# ---- Batches


def test_a_batch_is_a_transaction(data):
    batch = data.start_batch(["create table batched (i int)", "insert into batched values (1), (2)", "select i from batched order by 1"],
                             StatementName="batch")
    described = data.end(batch)
    assert described["Status"] == "FINISHED" and described["HasResultSet"] is True and described["ExecutionMode"] == "TRANSACTION"
    assert "QueryString" not in described and described["ResultRows"] == -1
    subs = described["SubStatements"]
    assert [sub["Id"] for sub in subs] == [f"{batch}:{number}" for number in (1, 2, 3)]
    assert [sub["HasResultSet"] for sub in subs] == [False, False, True]
    assert [sub["ResultRows"] for sub in subs] == [0, 2, 2]
    assert {sub["Status"] for sub in subs} == {"FINISHED"}
    result = data.client.get_statement_result(Id=f"{batch}:3")
    assert result["Records"] == [[{"longValue": 1}], [{"longValue": 2}]]
    fails(data.client.get_statement_result, "ValidationException",
          "BatchExecuteStatement result can only be retrieved with sub-statement id.", Id=batch)
    assert data.client.describe_statement(Id=f"{batch}:2")["ResultRows"] == 2
    fails(data.client.describe_statement, "ResourceNotFoundException", Id=f"{batch}:4")


def test_a_batch_that_fails_leaves_nothing(data):
    data.run("create table atomic (i int)")
    described = data.end(data.start_batch(["insert into atomic values (1)", "select * from no_such_table", "insert into atomic values (2)"]))
    assert described["Status"] == "FAILED"
    assert described["Error"].startswith('Query #2 failed with ERROR: relation "no_such_table" does not exist')
    assert [sub["Status"] for sub in described["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
    assert described["SubStatements"][2]["Error"] == "Connection or an prior query failed."
    assert data.rows("select count(*) from atomic") == [(0,)]


def test_each_for_itself_with_auto_commit(data):
    data.run("create table separate (i int)")
    described = data.end(data.start_batch(["insert into separate values (1)", "select * from no_such_table", "insert into separate values (2)"],
                                          ExecutionMode="AUTO_COMMIT"))
    assert described["ExecutionMode"] == "AUTO_COMMIT"
    assert [sub["Status"] for sub in described["SubStatements"]] == ["FINISHED", "FAILED", "FINISHED"]
    assert data.rows("select i from separate order by 1") == [(1,), (2,)]


def test_a_batch_shares_its_parameters(data):
    batch = data.start_batch(["select :a::int", "select :b::int + :a::int", "select 5"], Parameters=parameters(a="1", b="2"))
    assert data.end(batch)["Status"] == "FINISHED"
    values = [data.client.get_statement_result(Id=f"{batch}:{n}")["Records"][0][0]["longValue"] for n in (1, 2, 3)]
    assert values == [1, 3, 5]
    fails(data.client.batch_execute_statement, "ValidationException", "Unused parameters: [c]",
          Sqls=["select 1", "select 2"], Parameters=parameters(c="1"), **data.place)


# ---- Cancelling

# It runs for days.
NAMES = "abcdefghijklmopq"
ENDLESS = f"""with numbers as (select 0 as n union all select 1 union all select 2 union all select 3 union all select 4 union all select 5)
    select count(*) from {", ".join(f"numbers {name}" for name in NAMES)} where {" + ".join(f"{name}.n" for name in NAMES)} = -1"""


def started(data, statement):
    """Waits until a statement runs."""
    while (status := data.client.describe_statement(Id=statement)["Status"]) in ("SUBMITTED", "PICKED"):
        pass
    return status


def test_a_statement_is_cancelled(data):
    statement = data.start(ENDLESS)
    assert started(data, statement) == "STARTED"
    running = data.client.describe_statement(Id=statement)
    assert running["ResultRows"] == -1 and running["ResultSize"] == -1 and running["Duration"] == -1
    fails(data.client.get_statement_result, "ResourceNotFoundException", Id=statement)
    assert data.client.cancel_statement(Id=statement)["Status"] is True
    assert data.end(statement)["Status"] == "ABORTED"
    fails(data.client.cancel_statement, "ValidationException",
          f"Could not cancel a query that is already in ABORTED state with ID: {statement}", Id=statement)


def test_what_is_done_is_not_cancelled(data):
    statement = data.run("select 1")["Id"]
    fails(data.client.cancel_statement, "ValidationException",
          f"Could not cancel a query that is already in FINISHED state with ID: {statement}", Id=statement)


def test_sql_cancels_a_statement_by_its_pid(data):
    statement = data.start(ENDLESS)
    started(data, statement)
    data.run(f"cancel {data.client.describe_statement(Id=statement)['RedshiftPid']}")
    described = data.end(statement)
    assert described["Status"] == "FAILED" and "cancelled on user's request" in described["Error"]


def test_a_statement_runs_out_of_its_time(data):
    session = open_session(data, "set statement_timeout to 200")
    assert "cancelled" in data.error(ENDLESS, SessionId=session)


# ---- Sessions


def open_session(data, sql="select 1", seconds=600, **options):
    """Opens a session with a statement and gives its id."""
    opened = data.client.execute_statement(Sql=sql, SessionKeepAliveSeconds=seconds, WaitTimeSeconds=30, **data.place, **options)
    assert opened["Status"] == "FINISHED"
    return opened["SessionId"]


def test_a_session_keeps_what_is_a_session_s(data):
    session = open_session(data, "create temp table kept (i int)")
    data.run("insert into kept values (1)", SessionId=session)
    assert data.rows("select i from kept", SessionId=session) == [(1,)]
    data.run("set query_group to 'mine'", SessionId=session)
    assert data.rows("show query_group", SessionId=session) == [("mine",)]
    described = data.run("select 1", SessionId=session)
    assert described["SessionId"] == session and described["Database"] == "dev"
    assert data.error("select i from kept").startswith('ERROR: relation "kept" does not exist')


def test_a_transaction_may_span_statements_of_a_session(data):
    data.run("create table spanned (i int)")
    session = open_session(data, "begin")
    data.run("insert into spanned values (1)", SessionId=session)
    assert data.rows("select count(*) from spanned") == [(0,)]
    data.run("commit", SessionId=session)
    assert data.rows("select count(*) from spanned") == [(1,)]
    data.run("begin", SessionId=session)
    data.run("insert into spanned values (2)", SessionId=session)
    assert data.error("select x", SessionId=session)
    assert "current transaction is aborted" in data.error("select 1", SessionId=session)
    data.run("rollback", SessionId=session)
    assert data.rows("select count(*) from spanned", SessionId=session) == [(1,)]


def test_a_session_takes_one_statement_at_a_time(data):
    session = open_session(data)
    statement = data.start(ENDLESS, SessionId=session)
    started(data, statement)
    shown, = data.client.list_sessions(SessionId=session)["Sessions"]
    assert shown["Status"] == "BUSY" and shown["CurrentStatementId"] == statement
    fails(data.client.execute_statement, "ValidationException", "Session is not available.", Sql="select 1", SessionId=session)
    data.client.cancel_statement(Id=statement)
    data.end(statement)
    # Who has heard of a statement's end finds its session ready.
    assert data.client.list_sessions(SessionId=session)["Sessions"][0]["Status"] == "AVAILABLE"
    assert data.rows("select 1", SessionId=session) == [(1,)]


def test_a_session_is_ready_when_its_statement_has_ended(data):
    session = open_session(data)
    for number in range(100):
        assert data.rows(f"select {number}", SessionId=session) == [(number,)]


def test_a_session_ends_and_is_listed(data):
    session = open_session(data, seconds=1)
    shown, = data.client.list_sessions(SessionId=session)["Sessions"]
    assert shown["SessionAliveSeconds"] == 1 and shown["Database"] == "dev" and shown["WorkgroupName"] == "default"
    while shown["Status"] != "CLOSED":
        shown, = data.client.list_sessions(SessionId=session)["Sessions"]
    fails(data.client.execute_statement, "ResourceNotFoundException", Sql="select 1", SessionId=session)
    assert session not in [shown["SessionId"] for shown in data.client.list_sessions()["Sessions"]]
    assert session in [shown["SessionId"] for shown in data.client.list_sessions(Status="CLOSED")["Sessions"]]
    fails(data.client.execute_statement, "ResourceNotFoundException", Sql="select 1", SessionId=str(uuid.uuid4()))


def test_a_session_may_be_closed_with_its_last_statement(data):
    session = open_session(data)
    data.run("select 1", SessionId=session, SessionKeepAliveSeconds=0)
    while data.client.list_sessions(SessionId=session)["Sessions"][0]["Status"] != "CLOSED":
        pass


def test_a_session_s_place_is_not_named_again(data):
    session = open_session(data)
    fails(data.client.execute_statement, "ValidationException", Sql="select 1", SessionId=session, WorkgroupName="default")


def test_a_batch_in_a_session(data):
    session = open_session(data, "create temp table of_batch (i int)")
    batch = data.end(data.start_batch(["insert into of_batch values (1)", "select count(*) from of_batch"], SessionId=session))
    assert batch["Status"] == "FINISHED"
    assert data.rows("select count(*) from of_batch", SessionId=session) == [(1,)]


# ---- Lists


def test_statements_are_listed_newest_first(data):
    name = f"listed-{uuid.uuid4()}"
    ids = [data.run(f"select {n}", StatementName=f"{name}-{n}")["Id"] for n in range(5)]
    failed = data.end(data.start("select x", StatementName=f"{name}-failed"))["Id"]
    batch = data.end(data.start_batch(["select 1", "select 2"], StatementName=f"{name}-batch"))["Id"]
    listed = data.client.list_statements(StatementName=name)["Statements"]
    assert [statement["Id"] for statement in listed] == [batch, *reversed(ids)]
    assert listed[0]["IsBatchStatement"] is True and listed[0]["QueryStrings"] == ["select 1", "select 2"]
    assert listed[1]["QueryString"] == "select 4" and listed[1]["StatementName"] == f"{name}-4"
    by = lambda **filters: [statement["Id"] for statement in data.client.list_statements(StatementName=name, **filters)["Statements"]]
    assert by(Status="FAILED") == [failed]
    assert len(by(Status="ALL")) == 7
    assert by(Database="other") == [] and by(WorkgroupName="default", Status="FAILED") == [failed]
    pages = data.client.get_paginator("list_statements").paginate(StatementName=name, PaginationConfig={"PageSize": 2})
    assert [len(page["Statements"]) for page in pages] == [2, 2, 2]


def test_role_level_false_shows_one_s_own(warehouse):
    mine, other = DataApi(warehouse, key="AKIDMINE"), DataApi(warehouse, key="AKIDOTHER")
    statement = mine.run("select 1", StatementName="of-mine")["Id"]
    ids = lambda data, **options: [s["Id"] for s in data.client.list_statements(StatementName="of-mine", **options)["Statements"]]
    assert ids(mine, RoleLevel=False) == [statement] == ids(other)
    assert ids(other, RoleLevel=False) == []


def test_a_client_token_is_one_statement(data):
    data.run("create table once (i int)")
    token = str(uuid.uuid4())
    first = data.start("insert into once values (1)", ClientToken=token)
    assert data.start("insert into once values (1)", ClientToken=token) == first
    data.end(first)
    assert data.start("insert into once values (1)", ClientToken=token) == first
    assert data.rows("select count(*) from once") == [(1,)]


# ---- The catalog


def test_databases_schemas_and_tables_are_listed(data):
    data.run("create schema if not exists catalog_a")
    data.run("create schema if not exists catalog_b")
    data.run("create table catalog_a.first_one (id int not null, name varchar(20) default 'x', amount decimal(8,3))")
    data.run("create table catalog_a.second (i int)")
    data.run("create view catalog_b.seen as select 1 as one")
    assert "dev" in data.client.list_databases(**data.place)["Databases"]
    assert data.client.list_schemas(SchemaPattern="catalog%", **data.place)["Schemas"] == ["catalog_a", "catalog_b"]
    assert {"public", "pg_catalog", "information_schema"} <= set(data.client.list_schemas(**data.place)["Schemas"])
    tables = lambda **options: [(t["schema"], t["name"], t["type"]) for t in data.client.list_tables(**data.place, **options)["Tables"]]
    assert tables(SchemaPattern="catalog%") == [("catalog_a", "first_one", "TABLE"), ("catalog_a", "second", "TABLE"), ("catalog_b", "seen", "VIEW")]
    assert tables(SchemaPattern="catalog_a", TablePattern="sec%") == [("catalog_a", "second", "TABLE")]
    assert ("pg_catalog", "pg_class", "SYSTEM TABLE") in tables(SchemaPattern="pg_catalog", TablePattern="pg_class")
    pages = data.client.get_paginator("list_tables").paginate(SchemaPattern="catalog%", PaginationConfig={"PageSize": 2}, **data.place)
    assert [len(page["Tables"]) for page in pages] == [2, 1]


def test_a_table_is_described(data):
    data.run("create schema if not exists told")
    data.run("create table told.columns_of (id int not null, name varchar(20) default 'x', amount decimal(8,3))")
    described = data.client.describe_table(Schema="told", Table="columns_of", **data.place)
    assert described["TableName"] == "columns_of"
    keys = ["name", "typeName", "nullable", "length", "precision", "scale", "schemaName", "tableName"]
    assert [tuple(column[key] for key in keys) for column in described["ColumnList"]] == [
        ("id", "int4", 0, 10, 10, 0, "told", "columns_of"),
        ("name", "varchar", 1, 20, 20, 0, "told", "columns_of"),
        ("amount", "numeric", 1, 8, 8, 3, "told", "columns_of"),
    ]
    assert "x" in described["ColumnList"][1]["columnDefault"]
    # A name is no pattern.
    assert data.client.describe_table(Schema="told", Table="columns%", **data.place)["ColumnList"] == []


# ---- What is refused


@pytest.mark.parametrize("arguments, message", [
    ({"Sql": "select 1", "Database": "dev"}, "Either ClusterIdentifier, WorkgroupName or SessionId must be provided."),
    ({"Sql": "select 1", "Database": "dev", "WorkgroupName": "no-such"}, "Redshift endpoint doesn't exist in this region."),
    ({"Sql": "select 1", "Database": "dev", "ClusterIdentifier": "no-such"}, "Redshift endpoint doesn't exist in this region."),
    ({"Sql": "select 1", "Database": "dev", "ClusterIdentifier": "a", "WorkgroupName": "default"}, "at the same time"),
    ({"Sql": "select 1", "WorkgroupName": "default"}, "Database"),
    ({"Sql": "x" * 102_401, "Database": "dev", "WorkgroupName": "default"}, "Cannot process query string larger than 100kB"),
    ({"Sql": "select 1", "Database": "dev", "WorkgroupName": "default", "ResultFormat": "XML"}, "enum value set: [JSON, CSV]"),
    ({"Sql": "select 1", "Database": "dev", "WorkgroupName": "default", "WaitTimeSeconds": 31}, "less than or equal to 30"),
    ({"Sql": "select 1", "Database": "dev", "WorkgroupName": "default", "SessionKeepAliveSeconds": 86_401}, "less than or equal to 86400"),
    ({"Sql": "select :a", "Database": "dev", "WorkgroupName": "default", "Parameters": [{"name": "a-b", "value": "1"}]}, "regular expression"),
])
def test_requests_that_are_not_valid(data, arguments, message):
    fails(data.client.execute_statement, "ValidationException", message, **arguments)


def test_ids_that_are_none(data):
    fails(data.client.describe_statement, "ValidationException", "id must satisfy regex pattern", Id="test")
    unknown = str(uuid.uuid4())
    error = fails(data.client.describe_statement, "ResourceNotFoundException", "Query does not exist.", Id=unknown)
    assert error["ResourceId"] == unknown
    fails(data.client.get_statement_result, "ResourceNotFoundException", "Query does not exist.", Id=unknown)
    fails(data.client.cancel_statement, "ResourceNotFoundException", "Query does not exist.", Id=unknown)


def test_a_batch_has_forty_texts_at_most(data):
    fails(data.client.batch_execute_statement, "ValidationException", "less than or equal to 40", Sqls=["select 1"] * 41, **data.place)


def test_a_user_may_be_named(data):
    data.run("create user of_data_api password disable")
    described = data.run("select current_user", DbUser="of_data_api")
    assert described["DbUser"] == "of_data_api"
    assert data.client.get_statement_result(Id=described["Id"])["Records"] == [[{"stringValue": "of_data_api"}]]
    assert data.end(data.start("select 1", DbUser="nobody"))["Error"] == 'FATAL: user "nobody" does not exist'
    # A secret stands for the superuser; an event has nobody to go to.
    described = data.run("select 1", SecretArn="arn:aws:secretsmanager:us-east-1:000000000000:secret:x", WithEvent=True)
    assert described["SecretArn"].endswith(":secret:x")


def test_many_at_once(data):
    ids = [data.start(f"select {n}") for n in range(50)]
    assert [data.end(statement)["Status"] for statement in ids] == ["FINISHED"] * 50
    values = [data.client.get_statement_result(Id=statement)["Records"][0][0] for statement in ids]
    assert [value_of(value) for value in values] == list(range(50))


def test_a_server_that_ends_lets_a_statement_end(tmp_path):
    with Server(data=tmp_path / "data", http="127.0.0.1:0") as server:
        data = DataApi(server)
        data.run("create table drained (i int)")
        data.start("insert into drained select i.n from (select 1 as n) i")
        assert server.stop() == 0
    with Server(data=tmp_path / "data", http="127.0.0.1:0") as server:
        assert DataApi(server).rows("select count(*) from drained") == [(1,)]
