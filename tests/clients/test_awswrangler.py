"""awswrangler: data frames to and from tables, by INSERT, by COPY and UNLOAD through an S3 server, and by the Data API."""

import datetime
import decimal

import awswrangler as wr
import boto3
import pandas as pd
import pytest
import redshift_connector

from blueshift import ENDLESS, S3Server, Server, cancelling

ROLE = "arn:aws:iam::123456789012:role/loader"
LAKE = "s3://lake"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    with S3Server(tmp_path_factory.mktemp("s3")) as s3, Server(s3=s3, http="127.0.0.1:0") as running:
        s3.put("lake", "start", "")
        wr.config.s3_endpoint_url = s3.endpoint
        yield running
        wr.config.reset()


@pytest.fixture
def connection(warehouse):
    connection = redshift_connector.connect(
        host=warehouse.host, port=warehouse.port, user="admin", password="any", database="dev", ssl=False
    )
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists public.t")
    connection.commit()
    yield connection
    connection.close()


@pytest.fixture
def session():
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")


def frame(*ids, name="name"):
    return pd.DataFrame(
        {
            "id": pd.Series(ids, dtype="int64"),
            "name": [f"{name} {i}" for i in ids],
            "d": [i / 4 for i in ids],
            "ts": [datetime.datetime(2026, 1, 1, i, 30) for i in ids],
        }
    )


def rows(connection, sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]


NAMES = "select id, name from public.t order by id"


def test_to_sql_and_back(connection):
    wr.redshift.to_sql(frame(1, 2), connection, "t", "public", diststyle="KEY", distkey="id", sortkey=["ts"], primary_keys=["id"])
    wr.redshift.to_sql(frame(3), connection, "t", "public", mode="append")
    read = wr.redshift.read_sql_table("t", connection, "public").sort_values("id", ignore_index=True)
    pd.testing.assert_frame_equal(read, frame(1, 2, 3), check_dtype=False)
    assert wr.redshift.read_sql_query("select count(*) as n from t where id > %s", connection, params=[1])["n"].tolist() == [2]
    keys = 'select "column", distkey, sortkey from pg_table_def where tablename = \'t\' order by "column"'
    assert rows(connection, keys) == [("d", False, 0), ("id", True, 0), ("name", False, 0), ("ts", False, 1)]


@pytest.mark.parametrize("method", ["drop", "cascade", "truncate", "delete"])
def test_overwriting(connection, method):
    wr.redshift.to_sql(frame(1, 2, 3), connection, "t", "public")
    wr.redshift.to_sql(frame(7), connection, "t", "public", mode="overwrite", overwrite_method=method)
    assert rows(connection, NAMES) == [(7, "name 7")]


def test_upserting(connection):
    wr.redshift.to_sql(frame(1, 2), connection, "t", "public", primary_keys=["id"])
    wr.redshift.to_sql(frame(2, 3, name="new"), connection, "t", "public", mode="upsert", primary_keys=["id"], lock=True)
    assert rows(connection, NAMES) == [(1, "name 1"), (2, "new 2"), (3, "new 3")]


def test_upserting_by_the_primary_key_of_the_catalog(connection):
    wr.redshift.to_sql(frame(1, 2), connection, "t", "public", primary_keys=["id"])
    wr.redshift.to_sql(frame(2, name="new"), connection, "t", "public", mode="upsert", add_new_columns=True)
    assert rows(connection, NAMES) == [(1, "name 1"), (2, "new 2")]


def test_upserting_keeps_the_newest(connection):
    wr.redshift.to_sql(frame(1), connection, "t", "public", primary_keys=["id"])
    older = frame(1, name="older").assign(ts=datetime.datetime(2025, 1, 1))
    wr.redshift.to_sql(older, connection, "t", "public", mode="upsert", primary_keys=["id"], precombine_key="ts")
    assert rows(connection, NAMES) == [(1, "name 1")]


def test_new_columns(connection):
    wr.redshift.to_sql(frame(1), connection, "t", "public")
    wr.redshift.to_sql(frame(2).assign(extra="x"), connection, "t", "public", mode="append", add_new_columns=True)
    assert rows(connection, "select id, extra from public.t order by id") == [(1, None), (2, "x")]


def test_a_failed_load_leaves_nothing(connection):
    wr.redshift.to_sql(frame(1), connection, "t", "public", varchar_lengths={"name": 6})
    with pytest.raises(redshift_connector.ProgrammingError) as failure:
        wr.redshift.to_sql(frame(2, name="much too long"), connection, "t", "public", mode="append")
    assert failure.value.args[0]["C"] == "22001"
    assert rows(connection, NAMES) == [(1, "name 1")]


def test_many_rows(connection):
    many = pd.DataFrame({"id": range(5000), "text": [f"row {i}" for i in range(5000)]})
    wr.redshift.to_sql(many, connection, "t", "public", chunksize=1000)
    assert rows(connection, "select count(*), min(text), sum(id) from public.t") == [(5000, "row 0", 12497500)]
    chunks = list(wr.redshift.read_sql_query("select id from public.t", connection, chunksize=2000))
    assert [len(chunk) for chunk in chunks] == [2000, 2000, 1000]


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_copy(connection, session, mode):
    wr.redshift.to_sql(frame(1), connection, "t", "public")
    wr.redshift.copy(frame(2, 3), f"{LAKE}/copy/{mode}", connection, "t", "public", iam_role=ROLE, mode=mode, boto3_session=session)
    expected = {"append": [1, 2, 3], "overwrite": [2, 3]}[mode]
    assert [row[0] for row in rows(connection, NAMES)] == expected
    assert wr.s3.list_objects(f"{LAKE}/copy/{mode}", boto3_session=session) == []


def test_copy_upserts_with_keys(connection, session):
    wr.redshift.to_sql(frame(1, 2), connection, "t", "public", primary_keys=["id"])
    wr.redshift.copy(
        frame(2, 3, name="new"), f"{LAKE}/upsert/", connection, "t", "public", aws_access_key_id="test", aws_secret_access_key="test",
        mode="upsert", primary_keys=["id"], boto3_session=session,
    )
    assert rows(connection, NAMES) == [(1, "name 1"), (2, "new 2"), (3, "new 3")]


def test_types_through_parquet(connection, session):
    values = {
        "small": pd.Series([1, None], dtype="Int16"),
        "whole": pd.Series([2, 3], dtype="int32"),
        "flag": pd.Series([True, None], dtype="boolean"),
        "amount": [decimal.Decimal("1.50"), decimal.Decimal("-0.25")],
        "day": [datetime.date(2024, 2, 29), None],
        "at": pd.to_datetime(["2024-02-29 01:02:03.456", None]),
        "real": pd.Series([0.5, 0.25], dtype="float32"),
        "text": ["a|b\n", None],
        "list": [[1, 2], [3]],
    }
    wr.redshift.copy(
        pd.DataFrame(values), f"{LAKE}/types/", connection, "t", "public", iam_role=ROLE, boto3_session=session,
        dtype={"list": "array<bigint>"}, serialize_to_json=True,
    )
    found = rows(connection, "select small, whole, flag, amount, day, at, real, text, json_serialize(list) from public.t order by whole")
    assert found == [
        (1, 2, True, decimal.Decimal("1.50"), datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 1, 2, 3, 456000), 0.5, "a|b\n", "[1,2]"),
        (None, 3, None, decimal.Decimal("-0.25"), None, None, 0.25, None, "[3]"),
    ]


def test_copy_from_files(connection, session):
    wr.s3.to_parquet(frame(1, 2), f"{LAKE}/files/", dataset=True, boto3_session=session)
    wr.redshift.copy_from_files(f"{LAKE}/files/", connection, "t", "public", iam_role=ROLE, boto3_session=session)
    assert rows(connection, NAMES) == [(1, "name 1"), (2, "name 2")]
    wr.s3.to_csv(frame(3), f"{LAKE}/csv/3.csv", index=False, boto3_session=session)
    wr.redshift.copy_from_files(
        f"{LAKE}/csv/", connection, "t", "public", iam_role=ROLE, data_format="csv", boto3_session=session,
        redshift_column_types={"id": "BIGINT", "name": "VARCHAR(256)", "d": "FLOAT8", "ts": "TIMESTAMP"},
        sql_copy_extra_params=["IGNOREHEADER 1", "TIMEFORMAT 'auto'"],
    )
    assert [row[0] for row in rows(connection, NAMES)] == [1, 2, 3]


def test_a_manifest(connection, session, warehouse):
    wr.s3.to_parquet(frame(1), f"{LAKE}/listed/1.parquet", boto3_session=session)
    wr.s3.to_parquet(frame(2), f"{LAKE}/listed/2.parquet", boto3_session=session)
    size = wr.s3.size_objects([f"{LAKE}/listed/2.parquet"], boto3_session=session)[f"{LAKE}/listed/2.parquet"]
    entry = f'{{"url": "{LAKE}/listed/2.parquet", "mandatory": true, "meta": {{"content_length": {size}}}}}'
    warehouse.s3.put("lake", "listed.manifest", f'{{"entries": [{entry}]}}')
    wr.redshift.copy_from_files(f"{LAKE}/listed.manifest", connection, "t", "public", iam_role=ROLE, manifest=True, boto3_session=session)
    assert rows(connection, NAMES) == [(2, "name 2")]


def test_unload(connection, session):
    wr.redshift.to_sql(frame(1, 2, 3), connection, "t", "public")
    read = wr.redshift.unload(
        "select id, name from public.t where name <> 'name 2'", f"{LAKE}/unload/", connection, iam_role=ROLE, boto3_session=session
    )
    assert sorted(read["id"].tolist()) == [1, 3]
    assert wr.s3.list_objects(f"{LAKE}/unload/", boto3_session=session) == []


def test_unload_to_files(connection, session):
    wr.redshift.to_sql(frame(1, 2, 3), connection, "t", "public")
    connection.commit()
    wr.redshift.unload_to_files(
        "select id, name from public.t", f"{LAKE}/parts/", connection, iam_role=ROLE, boto3_session=session,
        unload_format="CSV", partition_cols=["id"], manifest=True, max_file_size=5.0, parallel=False,
    )
    files = wr.s3.list_objects(f"{LAKE}/parts/", boto3_session=session)
    assert {file.split("/")[4] for file in files if "id=" in file} == {"id=1", "id=2", "id=3"}
    assert [file for file in files if file.endswith("manifest")] != []


def test_data_api(warehouse, connection, session, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_REDSHIFT_DATA", warehouse.http)
    wr.redshift.to_sql(frame(1, 2), connection, "t", "public")
    connection.commit()
    data = wr.data_api.redshift.connect(workgroup_name="default", database="dev", boto3_session=session)
    read = wr.data_api.redshift.read_sql_query("select id, name, d from public.t where id = :id", data, parameters=[{"name": "id", "value": "2"}])
    assert read.to_dict("records") == [{"id": 2, "name": "name 2", "d": 0.5}]
    with pytest.raises(Exception, match='relation "nothing" does not exist'):
        wr.data_api.redshift.read_sql_query("select * from nothing", data)


def test_metadata(connection, warehouse):
    """It asks the driver and the catalog which tables and columns there are."""
    from awswrangler.redshift._utils import _does_table_exist, _get_primary_keys, _get_table_columns

    wr.redshift.to_sql(frame(1), connection, "t", "public", primary_keys=["id"], sortkey=["ts"], diststyle="ALL")
    with connection.cursor() as cursor:
        assert _does_table_exist(cursor, "public", "t") and not _does_table_exist(cursor, "public", "nothing")
        assert _get_primary_keys(cursor, "public", "t") == ["id"]
        assert list(_get_table_columns(cursor, "public", "t")) == ["id", "name", "d", "ts"]
    assert rows(connection, 'select diststyle, sortkey1 from svv_table_info where "table" = \'t\'') == [("ALL", "ts")]


def test_types_through_inserts(connection):
    """Values of all types as parameters of one INSERT of many rows, and back."""
    values = {
        "small": pd.Series([1, None], dtype="Int16"), "big": pd.Series([2**40, None], dtype="Int64"),
        "flag": pd.Series([True, None], dtype="boolean"), "amount": [decimal.Decimal("1.50"), None],
        "day": [datetime.date(2024, 2, 29), None], "at": pd.to_datetime(["2024-02-29 01:02:03.456", None]),
        "real": pd.Series([0.5, None], dtype="float64"), "text": ["it's | \\ \n", None],
    }
    wr.redshift.to_sql(pd.DataFrame(values), connection, "t", "public")
    found = rows(connection, "select small, big, flag, amount, day, at, real, text from public.t order by small is null")
    assert found == [
        (1, 2**40, True, decimal.Decimal("1.50"), datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 1, 2, 3, 456000), 0.5, "it's | \\ \n"),
        (None,) * 8,
    ]
    read = wr.redshift.read_sql_query("select * from public.t where at = %s and amount = %s", connection, params=[values["at"][0].to_pydatetime(), decimal.Decimal("1.5")])
    assert read["big"].tolist() == [2**40]


def test_transactions_and_errors(connection):
    """Without commit_transaction the caller's transaction decides."""
    wr.redshift.to_sql(frame(1), connection, "t", "public")
    wr.redshift.to_sql(frame(2), connection, "t", "public", mode="append", commit_transaction=False)
    connection.rollback()
    assert rows(connection, NAMES) == [(1, "name 1")]
    for sql, state in [("select * from nothing", "42P01"), ("select nothing from t", "42703"), ("select 1 / 0", "22012")]:
        with pytest.raises(redshift_connector.ProgrammingError) as failure:
            wr.redshift.read_sql_query(sql, connection)
        assert failure.value.args[0]["C"] == state
        connection.rollback()


def test_cancel(connection, warehouse):
    pid = rows(connection, "select pg_backend_pid()")[0][0]
    with cancelling(warehouse, pid), pytest.raises(redshift_connector.ProgrammingError) as failure:
        wr.redshift.read_sql_query(ENDLESS, connection)
    assert failure.value.args[0]["C"] == "57014"
    connection.rollback()
    for n in range(8):
        assert wr.redshift.read_sql_query("select %s::int * 2 as twice", connection, params=[n])["twice"].tolist() == [2 * n]
