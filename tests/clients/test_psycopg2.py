"""psycopg2: the simple protocol, values into the text, named cursors."""

import datetime
import decimal

import psycopg2
import psycopg2.errors
import psycopg2.extras
import pytest


@pytest.fixture
def connection(shared_server):
    connection = psycopg2.connect(shared_server.dsn)
    yield connection
    connection.close()


def test_types(connection):
    with connection.cursor() as cursor:
        cursor.execute("""select 1::smallint, 2, 3::bigint, 1.50::decimal(5,2), 0.5::float8, 0.25::float4, true, 'text'::varchar, 'c'::char(3),
            date '2008-01-02', timestamp '2008-01-02 03:04:05.678', null::int""")
        assert cursor.fetchone() == (
            1, 2, 3, decimal.Decimal("1.50"), 0.5, 0.25, True, "text", "c  ", datetime.date(2008, 1, 2),
            datetime.datetime(2008, 1, 2, 3, 4, 5, 678000), None,
        )
        assert [column.type_code for column in cursor.description] == [
            21, 23, 20, 1700, 701, 700, 16, 1043, 1042, 1082, 1114, 23,
        ]


def test_parameters(connection):
    with connection.cursor() as cursor:
        values = (7, "it's a \\ backslash", decimal.Decimal("1.5"), datetime.date(2020, 2, 29), None, True, 2.5)
        cursor.execute("select %s, %s::varchar(40), %s, %s, %s::int, %s, %s::float8", values)
        assert cursor.fetchone() == values


def test_transactions(connection, shared_server):
    with connection.cursor() as cursor:
        cursor.execute("create table psycopg2_t (i int)")
        connection.commit()
        cursor.execute("insert into psycopg2_t values (1)")
        connection.rollback()
        cursor.execute("select count(*) from psycopg2_t")
        assert cursor.fetchone() == (0,)
        with pytest.raises(psycopg2.errors.UndefinedTable):
            cursor.execute("select * from nothing")
        with pytest.raises(psycopg2.errors.InFailedSqlTransaction):
            cursor.execute("select 1")
        connection.rollback()
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)


def test_named_cursor(connection):
    with connection.cursor() as cursor:
        cursor.execute("create table psycopg2_rows as with recursive r(n) as (select 1 union all select n + 1 from r where n < 500) select n from r")
    with connection.cursor(name="rows") as cursor:
        cursor.itersize = 100
        cursor.execute("select n from psycopg2_rows order by n")
        assert cursor.fetchmany(3) == [(1,), (2,), (3,)]
        assert [row[0] for row in cursor] == list(range(4, 501))
    connection.rollback()


def test_many_rows_in_one_insert(connection):
    with connection.cursor() as cursor:
        cursor.execute("create table psycopg2_many (a int, b varchar(10))")
        rows = [(i, f"row {i}") for i in range(1000)]
        psycopg2.extras.execute_values(cursor, "insert into psycopg2_many values %s", rows, page_size=500)
        cursor.execute("select a, b from psycopg2_many order by a")
        assert cursor.fetchall() == rows
    connection.rollback()


def test_several_statements(connection):
    with connection.cursor() as cursor:
        cursor.execute("create temp table psycopg2_s (i int); insert into psycopg2_s values (5); select i from psycopg2_s")
        assert cursor.fetchall() == [(5,)]


def test_wrong_database(shared_server):
    with pytest.raises(psycopg2.OperationalError, match='database "nowhere" does not exist'):
        psycopg2.connect(shared_server.dsn, dbname="nowhere")


def test_cancel(shared_server):
    """A query that runs long is stopped by a cancel request and the session goes on."""
    import threading

    connection = psycopg2.connect(shared_server.dsn)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("create table psycopg2_n as with recursive r(n) as (select 1 union all select n + 1 from r where n < 2000) select n from r")
        timer = threading.Timer(0.5, connection.cancel)
        timer.start()
        with pytest.raises(psycopg2.errors.QueryCanceled):
            cursor.execute("select count(*) from psycopg2_n a, psycopg2_n b, psycopg2_n c, psycopg2_n d where a.n + b.n + c.n + d.n = 3")
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)
    connection.close()
