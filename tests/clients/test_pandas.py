"""pandas: frames to and from tables, over SQLAlchemy and over the drivers' own connections."""

import datetime
import decimal

import pandas as pd
import psycopg2
import pytest
import redshift_connector
import sqlalchemy
from pandas.io.sql import SQLDatabase, get_schema
from sqlalchemy import text, types

from blueshift import ENDLESS, cancelling

ENGINES = {"psycopg2": {"sslmode": "disable"}, "redshift_connector": {"ssl": False}}


@pytest.fixture(scope="module", params=ENGINES)
def engine(shared_server, request):
    address = f"redshift+{request.param}://admin:any@{shared_server.host}:{shared_server.port}/dev"
    engine = sqlalchemy.create_engine(address, connect_args=ENGINES[request.param])
    engine.driver_name = request.param
    yield engine
    engine.dispose()


@pytest.fixture(params=ENGINES)
def connection(shared_server, request):
    """A driver's own connection, which pandas takes with a warning."""
    if request.param == "psycopg2":
        connection = psycopg2.connect(shared_server.dsn)
    else:
        connection = redshift_connector.connect(
            host=shared_server.host, port=shared_server.port, user="admin", password="any", database="dev", ssl=False
        )
    yield connection
    connection.close()


FRAME = pd.DataFrame({
    "i": pd.Series([1, None], dtype="Int64"),
    "n": [decimal.Decimal("1.50"), None],
    "f": [0.25, None],
    "l": pd.Series([True, None], dtype="boolean"),
    "t": ["it's", None],
    "d": [datetime.date(2024, 2, 29), None],
    "at": pd.Series(pd.to_datetime(["2024-02-29 01:02:03.456", None]), dtype="datetime64[us]"),
})
KINDS = {
    "i": types.BigInteger, "n": types.Numeric(8, 2), "f": types.Float(53), "l": types.Boolean, "t": types.String(20), "d": types.Date,
    "at": types.DateTime,
}


def test_types_both_ways(engine):
    name = f"pandas_kinds_{engine.driver_name}"
    FRAME.to_sql(name, engine, index=False, dtype=KINDS)
    read = pd.read_sql_table(name, engine, coerce_float=False).sort_values("i", ignore_index=True)
    assert read["i"].tolist()[0] == 1 and pd.isna(read["i"][1])
    first = read.iloc[0]
    assert (first["n"], first["f"], first["l"], first["t"]) == (decimal.Decimal("1.50"), 0.25, True, "it's")
    assert (pd.Timestamp(first["d"]), first["at"]) == (pd.Timestamp("2024-02-29"), pd.Timestamp("2024-02-29 01:02:03.456"))
    assert read.iloc[1].isna().all()
    query = text(f"""select count(*) as n from {name} where i = :i and n = :n and f < :f and t = :t and d = :d and at < :at and l = :l""")
    values = {"i": 1, "n": decimal.Decimal("1.5"), "f": 1.0, "t": "it's", "d": datetime.date(2024, 2, 29), "at": datetime.datetime(2025, 1, 1), "l": True}
    assert pd.read_sql_query(query, engine, params=values)["n"].tolist() == [1]


def test_metadata(engine):
    name = f"pandas_tables_{engine.driver_name}"
    FRAME.to_sql(name, engine, index=False, dtype=KINDS)
    with engine.connect() as connection:
        database = SQLDatabase(connection)
        assert database.has_table(name) and not database.has_table("nothing")
        columns = database.get_table(name).columns
        assert [column.name for column in columns] == list(FRAME.columns)
        assert [str(column.type) for column in columns][:5] == ["BIGINT", "NUMERIC(8, 2)", "DOUBLE PRECISION", "BOOLEAN", "VARCHAR(20)"]
    with engine.begin() as connection:
        connection.execute(text(get_schema(FRAME, f"{name}_made", con=connection, dtype=KINDS)))
        with pytest.raises(ValueError, match="already exists"):
            FRAME.to_sql(name, connection, index=False, if_exists="fail")


def test_transactions(engine):
    name = f"pandas_undone_{engine.driver_name}"
    with pytest.raises(ZeroDivisionError), engine.begin() as connection:
        FRAME.to_sql(name, connection, index=False, dtype=KINDS)
        raise ZeroDivisionError
    assert not sqlalchemy.inspect(engine).has_table(name)


def sqlstate(engine, failure):
    """Of the driver's error, which is the cause of SQLAlchemy's, which is the cause of pandas's."""
    cause = failure.__cause__.orig
    return cause.args[0]["C"] if engine.driver_name == "redshift_connector" else cause.pgcode


def test_errors(engine):
    with pytest.raises(pd.errors.DatabaseError, match='relation "nothing" does not exist') as failure:
        pd.read_sql("select * from nothing", engine)
    assert sqlstate(engine, failure.value) == "42P01"
    assert pd.read_sql("select 1 as one", engine)["one"].tolist() == [1]


def test_cancel(engine, shared_server):
    with engine.connect() as connection:
        pid = connection.execute(text("select pg_backend_pid()")).scalar()
        with cancelling(shared_server, pid), pytest.raises(pd.errors.DatabaseError) as failure:
            pd.read_sql(text(ENDLESS), connection)
        assert sqlstate(engine, failure.value) == "57014"
        connection.rollback()
        assert pd.read_sql(text("select 1 as one"), connection)["one"].tolist() == [1]


DIGITS = " union all ".join(f"select {n} as n" for n in range(10))
LARGE = f"""with digits as ({DIGITS})
select a.n * 1000 + b.n * 100 + c.n * 10 + d.n as n from digits a, digits b, digits c, digits d, digits e where e.n < 2"""


def test_large_results(engine):
    frame = pd.read_sql(text(LARGE), engine)
    assert (len(frame), frame["n"].sum()) == (20_000, 2 * 9999 * 10000 // 2)
    with engine.connect().execution_options(stream_results=True) as connection:
        sizes = [len(chunk) for chunk in pd.read_sql(text(LARGE), connection, chunksize=6000)]
    assert sizes == [6000, 6000, 6000, 2000]


def test_a_query_run_again(engine):
    query = text("select cast(:n as integer) * 2 as twice")
    with engine.connect() as connection:
        assert [pd.read_sql(query, connection, params={"n": n})["twice"][0] for n in range(8)] == [2 * n for n in range(8)]


@pytest.mark.filterwarnings("ignore:pandas only supports")
def test_a_drivers_connection(connection):
    frame = pd.read_sql("select %s::int as i, %s::varchar(5) as t", connection, params=[7, "x"])
    assert frame.to_dict("list") == {"i": [7], "t": ["x"]}
    assert [len(chunk) for chunk in pd.read_sql(LARGE, connection, chunksize=15000)] == [15000, 5000]
