"""psycopg 3: the extended protocol, text and binary, pipelines, server-side cursors, statements prepared after five runs."""

import datetime
import decimal

import psycopg
import psycopg.errors
import pytest

from blueshift import ENDLESS, cancelling


@pytest.fixture
def connection(shared_server):
    with shared_server.connect() as connection:
        yield connection


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_types(connection, binary):
    row = connection.execute("""select 1::smallint, 2, 3::bigint, 1.50::decimal(5,2), -123456.789::decimal(18,4), 0.5::float8,
        0.25::float4, true, 'text'::varchar, 'c'::char(3), date '2008-01-02', timestamp '2008-01-02 03:04:05.678',
        time '10:20:30', timestamptz '2008-01-02 03:04:05+00', null::int, 0.00::decimal(5,2)""", binary=binary).fetchone()
    assert row == (
        1, 2, 3, decimal.Decimal("1.50"), decimal.Decimal("-123456.7890"), 0.5, 0.25, True, "text", "c  ",
        datetime.date(2008, 1, 2), datetime.datetime(2008, 1, 2, 3, 4, 5, 678000), datetime.time(10, 20, 30),
        datetime.datetime(2008, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc), None, decimal.Decimal("0.00"),
    )


@pytest.mark.parametrize("how", ["%s", "%b", "%t"])
def test_parameters(connection, how):
    connection.execute("""create temp table p (i int, b bigint, n decimal(10,2), f float8, t varchar(20), d date, m timestamp, l bool)""")
    values = (7, 8, decimal.Decimal("1.50"), 2.5, "it's", datetime.date(2020, 2, 29), datetime.datetime(2020, 1, 1, 2, 3, 4), True)
    connection.execute(f"insert into p values ({', '.join([how] * len(values))})", values)
    assert connection.execute("select * from p").fetchone() == values
    assert connection.execute(f"select count(*) from p where i = {how} and d < {how}", (7, datetime.date(2021, 1, 1))).fetchone() == (1,)
    assert connection.execute(f"select i from p where t like {how} limit 1", ("it%",)).fetchone() == (7,)
    assert connection.execute(f"select {how}::int + 1", (None,)).fetchone() == (None,)


def test_prepared_after_five_runs(connection):
    for number in range(12):
        assert connection.execute("select %s::int + 1", (number,)).fetchone() == (number + 1,)
    assert connection.execute("select 1 where %s::int = 3", (3,), prepare=True).fetchone() == (1,)
    connection.execute("deallocate all")


def test_executemany(connection):
    connection.execute("create temp table many (a int, b varchar(10))")
    with connection.cursor() as cursor:
        cursor.executemany("insert into many values (%s, %s)", [(i, str(i)) for i in range(100)])
        assert cursor.rowcount == 100
    assert connection.execute("select count(*), sum(a) from many").fetchone() == (100, 4950)


def test_pipeline(connection):
    with connection.pipeline():
        cursors = [connection.execute("select %s::int * 2", (number,)) for number in range(20)]
        assert [cursor.fetchone()[0] for cursor in cursors] == [number * 2 for number in range(20)]


def test_error_in_a_pipeline(connection):
    """What follows the error up to Sync is passed over; afterwards the session goes on."""
    with pytest.raises(psycopg.errors.DivisionByZero):
        with connection.pipeline():
            connection.execute("select 1")
            connection.execute("select 1 / 0")
            connection.execute("select 2")
    assert connection.execute("select 3").fetchone() == (3,)


def test_server_side_cursor(connection):
    with connection.transaction():
        connection.execute("create temp table rows as with recursive r(n) as (select 1 union all select n + 1 from r where n < 300) select n from r")
        with connection.cursor(name="c") as cursor:
            cursor.execute("select n from rows order by n")
            assert cursor.fetchmany(2) == [(1,), (2,)]
            assert len(cursor.fetchall()) == 298


def test_transactions(connection):
    connection.execute("create table psycopg3_t (i int)")
    with pytest.raises(ZeroDivisionError):
        with connection.transaction():
            connection.execute("insert into psycopg3_t values (1)")
            raise ZeroDivisionError
    with connection.transaction():
        connection.execute("insert into psycopg3_t values (2)")
    assert connection.execute("select i from psycopg3_t").fetchall() == [(2,)]
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_errors(connection):
    with pytest.raises(psycopg.errors.UndefinedColumn) as failure:
        connection.execute("select 1, nothing")
    assert failure.value.diag.statement_position == "11"
    assert failure.value.diag.severity == "ERROR"


def test_notices(connection):
    said = []
    connection.add_notice_handler(lambda diagnostic: said.append((diagnostic.severity, diagnostic.message_primary)))
    connection.execute("commit")
    assert said == [("WARNING", "there is no transaction in progress")]


def test_status(connection):
    status = connection.info.parameter_status
    assert status("server_version") == "8.0.2"
    assert status("client_encoding") == "UTF8"
    assert status("integer_datetimes") == "on"
    assert status("padb_version")
    assert connection.info.backend_pid == connection.execute("select pg_backend_pid()").fetchone()[0]


def test_stream(connection):
    connection.execute("create temp table s as with recursive r(n) as (select 1 union all select n + 1 from r where n < 200) select n from r")
    with connection.cursor() as cursor:
        assert sum(row[0] for row in cursor.stream("select n from s")) == 20100


def test_cancel(shared_server):
    """Another thread sends a cancel request on a connection of its own, and the session goes on."""
    with shared_server.connect() as connection:
        pid = connection.execute("select pg_backend_pid()").fetchone()[0]
        with cancelling(shared_server, pid, connection.cancel_safe), pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute(ENDLESS)
        assert connection.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_large_results(connection, binary):
    connection.execute("create temp table d as select 0 as n union all select 1 union all select 2 union all select 3 union all select 4 "
                       "union all select 5 union all select 6 union all select 7 union all select 8 union all select 9")
    query = "select a.n * 1000 + b.n * 100 + c.n * 10 + d.n, 1.5::decimal(8,2) from d a, d b, d c, d, d e where e.n < 5"
    rows = connection.execute(query, binary=binary).fetchall()
    assert (len(rows), sum(row[0] for row in rows)) == (50_000, 5 * 9999 * 10000 // 2)


def test_what_the_catalog_tells(connection):
    connection.execute("create table psycopg3_kinds (i int not null primary key, n decimal(8,2), t varchar(20))")
    described = connection.execute("select * from psycopg3_kinds").description
    assert [(column.name, column.type_code, column.precision, column.scale) for column in described] == [
        ("i", 23, None, None), ("n", 1700, 8, 2), ("t", 1043, None, None),
    ]
    assert described[2].display_size == 20


@pytest.mark.parametrize("how", ["%s", "%b", "%t"])
def test_all_types_both_ways(connection, how):
    columns = {
        "i2": ("smallint", -(2**15)), "i4": ("int", 2**31 - 1), "i8": ("bigint", -(2**63)),
        "n": ("decimal(38,10)", decimal.Decimal("-1234567890123456789.0123456789")), "f4": ("real", 0.5), "f8": ("float8", -1.25e300),
        "l": ("boolean", False), "c": ("char(5)", "ab   "), "v": ("varchar(50)", "déjà 'vu' \\"), "d": ("date", datetime.date(1900, 2, 28)),
        "t": ("time", datetime.time(23, 59, 59, 500000)), "tz": ("timetz", datetime.time(1, 2, 3, tzinfo=datetime.timezone.utc)),
        "ts": ("timestamp", datetime.datetime(2262, 4, 12, 1, 2, 3, 456789)),
        "tstz": ("timestamptz", datetime.datetime(2000, 1, 1, 12, 0, tzinfo=datetime.timezone.utc)),
    }
    values = [value for _, value in columns.values()]
    connection.execute(f"create temp table kinds ({', '.join(f'{name} {kind}' for name, (kind, _) in columns.items())})")
    connection.execute(f"insert into kinds values ({', '.join([how] * len(values))})", values)
    connection.execute(f"insert into kinds values ({', '.join([how] * len(values))})", [None] * len(values))
    for binary in (False, True):
        rows = connection.execute("select * from kinds order by i2 is null", binary=binary).fetchall()
        assert rows == [tuple(values), (None,) * len(values)]
    connection.execute("create temp table rest (s super, b varbyte(10))")
    connection.execute("insert into rest values (json_parse(%s), to_varbyte(%s, 'hex'))", ('{"a": [1, null]}', "cafe"))
    assert connection.execute("select json_serialize(s), to_hex(b) from rest").fetchone() == ('{"a":[1,null]}', "cafe")


def test_sqlstates(connection):
    for sql, state in [
        ("select 1 frm t", "42601"), ("select nothing", "42703"), ("select 1 / 0", "22012"), ("select 'x'::int", "22P02"),
        ("select * from nothing", "42P01"), ("select nothing(1)", "42883"), ("drop schema nothing", "3F000"),
    ]:
        with pytest.raises(psycopg.Error) as failure:
            connection.execute(sql)
        assert failure.value.sqlstate == state, sql


def test_what_programs_ask_the_catalog(connection):
    connection.execute("create table psycopg3_keys (id int not null primary key, t varchar(20) default 'x')")
    columns = connection.execute("""select column_name, data_type, is_nullable, column_default from information_schema.columns
        where table_schema = %s and table_name = %s order by ordinal_position""", ("public", "psycopg3_keys")).fetchall()
    assert columns == [("id", "integer", "NO", None), ("t", "character varying", "YES", "'x'::character varying")]
    assert connection.execute("select tablename from pg_tables where schemaname = current_schema() and tablename = %s", ("psycopg3_keys",)).fetchall() == [
        ("psycopg3_keys",),
    ]
