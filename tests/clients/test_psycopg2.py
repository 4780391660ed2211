"""psycopg2: the simple protocol, values into the text, named cursors."""

import datetime
import decimal

import psycopg2
import psycopg2.errors
import psycopg2.extras
import pytest

from blueshift import ENDLESS, cancelling


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
    connection = psycopg2.connect(shared_server.dsn)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        pid = cursor.fetchone()[0]
        with cancelling(shared_server, pid, connection.cancel), pytest.raises(psycopg2.errors.QueryCanceled):
            cursor.execute(ENDLESS)
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)
    connection.close()


def test_all_types_both_ways(connection):
    with connection.cursor() as cursor:
        cursor.execute("""create temp table kinds (i2 smallint, i4 int, i8 bigint, n decimal(18,4), f4 real, f8 float8, l bool, c char(5),
            v varchar(50), d date, t time, ts timestamp, tstz timestamptz, s super, b varbyte(10))""")
        values = (
            -(2**15), 2**31 - 1, -(2**63), decimal.Decimal("-99999999999999.9999"), 0.5, -1.25e300, False, "ab   ", "déjà 'vu' \\",
            datetime.date(1900, 2, 28), datetime.time(23, 59, 59, 500000), datetime.datetime(2262, 4, 12, 1, 2, 3, 456789),
            datetime.datetime(2000, 1, 1, 12, 0, tzinfo=datetime.timezone.utc),
        )
        cursor.execute(f"insert into kinds select {', '.join(['%s'] * 13)}, json_parse(%s), to_varbyte(%s, 'hex')", (*values, "[1]", "cafe"))
        cursor.execute("select i2, i4, i8, n, f4, f8, l, c, v, d, t, ts, tstz, s, b from kinds")
        assert cursor.fetchone() == (*values, "[1]", "cafe")


def test_large_results(connection):
    with connection.cursor() as cursor:
        cursor.execute("create temp table d as select 0 as n union all select 1 union all select 2 union all select 3 union all select 4 "
                       "union all select 5 union all select 6 union all select 7 union all select 8 union all select 9")
        cursor.execute("select a.n * 1000 + b.n * 100 + c.n * 10 + d.n from d a, d b, d c, d, d e where e.n < 5")
        rows = cursor.fetchall()
        assert (len(rows), sum(row[0] for row in rows)) == (50_000, 5 * 9999 * 10000 // 2)


def test_sqlstates(connection):
    for sql, state in [
        ("select 1 frm t", "42601"), ("select nothing", "42703"), ("select 1 / 0", "22012"), ("select 'x'::int", "22P02"),
        ("select * from nothing", "42P01"), ("select nothing(1)", "42883"), ("drop schema nothing", "3F000"),
    ]:
        with connection.cursor() as cursor, pytest.raises(psycopg2.Error) as failure:
            cursor.execute(sql)
        assert failure.value.pgcode == state, sql
        connection.rollback()


def test_metadata(connection):
    """What the driver tells of a connection and of a result, and what programs ask the catalog."""
    assert connection.get_parameter_status("server_version") == "8.0.2"
    assert connection.server_version == 80002
    assert connection.encoding == "UTF8"
    assert (connection.info.dbname, connection.info.user) == ("dev", "admin")
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        assert cursor.fetchone() == (connection.get_backend_pid(),)
        cursor.execute("create table psycopg2_described (id int not null primary key, t varchar(20), n decimal(8,2), c char(3))")
        cursor.execute("select * from psycopg2_described")
        assert [(c.name, c.type_code, c.internal_size, c.precision, c.scale) for c in cursor.description] == [
            ("id", 23, 4, None, None), ("t", 1043, 20, None, None), ("n", 1700, 8, 8, 2), ("c", 1042, 3, None, None),
        ]
        cursor.execute("""select column_name, data_type, is_nullable, character_maximum_length from information_schema.columns
            where table_name = %s order by ordinal_position""", ("psycopg2_described",))
        assert cursor.fetchall() == [
            ("id", "integer", "NO", None), ("t", "character varying", "YES", 20), ("n", "numeric", "YES", None), ("c", "character", "YES", 3),
        ]
        cursor.execute("""select k.column_name from information_schema.table_constraints c join information_schema.key_column_usage k
            using (constraint_name, table_name) where c.constraint_type = 'PRIMARY KEY' and c.table_name = %s""", ("psycopg2_described",))
        assert cursor.fetchall() == [("id",)]
    connection.rollback()


def test_a_prepared_statement_run_again(connection):
    """The driver has the simple protocol only: programs write PREPARE themselves."""
    with connection.cursor() as cursor:
        cursor.execute("prepare again(int, varchar(10), date) as select $1 * 2, $2, $3")
        for n in range(8):
            cursor.execute("execute again(%s, %s, %s)", (n, f"n{n}", datetime.date(2024, 2, 29)))
            assert cursor.fetchone() == (2 * n, f"n{n}", datetime.date(2024, 2, 29))
        psycopg2.extras.execute_batch(cursor, "execute again(%s, 'x', null)", [(n,) for n in range(10)])
        cursor.execute("deallocate again")
        with pytest.raises(psycopg2.errors.InvalidSqlStatementName):
            cursor.execute("execute again(1, 'a', null)")
    connection.rollback()


def test_dictionaries_and_lists(connection):
    with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
        cursor.execute("select %(a)s as a, %(b)s as b where %(a)s in %(all)s", {"a": 1, "b": "x", "all": (1, 2)})
        assert cursor.fetchall() == [{"a": 1, "b": "x"}]


def test_autocommit_and_isolation(shared_server):
    connection = psycopg2.connect(shared_server.dsn)
    connection.set_session(isolation_level="SERIALIZABLE", autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute("create table psycopg2_auto (i int)")
        cursor.execute("insert into psycopg2_auto values (1)")
    connection.close()
    with shared_server.connect() as other:
        assert other.execute("select i from psycopg2_auto").fetchall() == [(1,)]


def test_copy_from_the_client_is_refused(connection):
    """Redshift loads from S3 and other places of AWS only."""
    import io

    with connection.cursor() as cursor:
        cursor.execute("create temp table psycopg2_copy (i int)")
        with pytest.raises(psycopg2.Error):
            cursor.copy_expert("copy psycopg2_copy from stdin", io.StringIO("1\n"))
    connection.rollback()
