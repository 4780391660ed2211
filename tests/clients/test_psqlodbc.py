"""psqlODBC, PostgreSQL's ODBC driver, through pyodbc: values, catalog functions, transactions, cursors, errors, cancel."""

import ctypes
import datetime
import decimal
import os
import pathlib
import uuid

import pytest

from blueshift import ENDLESS, cancelling

# Where tests/run has unpacked them, the libraries are not where the loader looks.
FOLDER = pathlib.Path(os.environ["BLUESHIFT_ODBC"])
for library in ("libltdl.so.7", "libodbcinst.so.2", "libodbc.so.2"):
    if (FOLDER / library).exists():
        ctypes.CDLL(str(FOLDER / library))

import pyodbc  # noqa: E402

pyodbc.pooling = False


def connect(server, **options):
    words = {
        "Driver": FOLDER / "odbc" / "psqlodbcw.so", "Server": server.host, "Port": server.port, "Database": "dev", "Uid": "admin",
        "Pwd": "any", "SSLmode": "disable", "BoolsAsChar": "0",
    } | options
    autocommit = words.pop("autocommit", True)
    return pyodbc.connect(";".join(f"{key}={value}" for key, value in words.items()), autocommit=autocommit)


@pytest.fixture(params=[{}, {"UseDeclareFetch": "1", "Fetch": "3"}, {"UseServerSidePrepare": "0"}], ids=["plain", "cursors", "text"])
def connection(request, shared_server):
    connection = connect(shared_server, **request.param)
    yield connection
    connection.close()


@pytest.fixture
def schema(shared_server):
    name = f"odbc_{uuid.uuid4().hex[:8]}"
    with shared_server.connect() as admin:
        admin.execute(f"create schema {name}")
        admin.execute(f"""create table {name}.parent (id int not null primary key, name varchar(20) not null default 'none',
            price decimal(8,2), born date, at timestamp, ok boolean, ratio float8, big bigint, letter char(3))""")
        admin.execute(f"create table {name}.child (id int primary key, parent int references {name}.parent (id))")
        admin.execute(f"create view {name}.names as select id, name from {name}.parent")
    return name


VALUES = (
    7, "it's", decimal.Decimal("-1.50"), datetime.date(2020, 2, 29), datetime.datetime(2020, 1, 1, 2, 3, 4, 500000), True, 0.25, 2**40, "abc",
)


def test_values_both_ways(connection, schema):
    cursor = connection.cursor()
    cursor.execute(f"insert into {schema}.parent values (?, ?, ?, ?, ?, ?, ?, ?, ?)", VALUES)
    assert tuple(cursor.execute(f"select * from {schema}.parent where id = ?", 7).fetchone()) == VALUES
    assert tuple(cursor.execute("select null::int, ''::varchar(1), 'x'::varchar(5)").fetchone()) == (None, "", "x")


def test_description(connection, schema):
    cursor = connection.cursor().execute(f"select id, name, price from {schema}.parent")
    assert [(column[0], column[1]) for column in cursor.description] == [("id", int), ("name", str), ("price", decimal.Decimal)]
    assert cursor.description[1][3] == 20
    assert cursor.description[2][4:6] == (8, 2)


def test_many_rows(connection, schema):
    cursor = connection.cursor()
    cursor.executemany(f"insert into {schema}.parent (id, name) values (?, ?)", [(i, f"row {i}") for i in range(50)])
    assert [row.id for row in cursor.execute(f"select id from {schema}.parent order by id")] == list(range(50))


def test_tables_and_columns(connection, schema):
    cursor = connection.cursor()
    tables = {(row.table_name, row.table_type) for row in cursor.tables(schema=schema)}
    assert tables == {("parent", "TABLE"), ("child", "TABLE"), ("names", "VIEW")}
    columns = {row.column_name: row for row in cursor.columns(schema=schema, table="parent")}
    assert list(columns) == ["id", "name", "price", "born", "at", "ok", "ratio", "big", "letter"]
    assert (columns["id"].type_name, columns["id"].nullable) == ("int4", 0)
    assert (columns["name"].type_name, columns["name"].column_size) == ("varchar", 20)
    assert "none" in columns["name"].column_def
    assert (columns["price"].column_size, columns["price"].decimal_digits) == (8, 2)


def test_keys(connection, schema):
    cursor = connection.cursor()
    assert [(row.column_name, row.key_seq) for row in cursor.primaryKeys("parent", schema=schema)] == [("id", 1)]


def test_keys_of_others(connection, schema):
    """Below version 8.3 the driver reads foreign keys out of pg_trigger, where Redshift has none: they are not enforced."""
    cursor = connection.cursor()
    assert list(cursor.foreignKeys(table="parent", schema=schema)) == []
    assert list(cursor.statistics("parent", schema=schema, unique=True)) != []


def test_routines_and_types(connection, schema, shared_server):
    with shared_server.connect() as admin:
        admin.execute(f"create function {schema}.plus(a int, b int) returns int immutable as $$ select $1 + $2 $$ language sql")
    cursor = connection.cursor()
    assert [row.procedure_name for row in cursor.procedures(schema=schema)] == ["plus"]
    columns = [(row.column_name, row.type_name) for row in cursor.procedureColumns(schema=schema, procedure="plus")]
    assert [kind for _, kind in columns] == ["int4", "int4", "int4"]
    names = {row.type_name for row in cursor.getTypeInfo()}
    assert {"int4", "varchar", "numeric", "date"} <= names


def test_rest_of_the_types_both_ways(connection):
    cursor = connection.cursor()
    cursor.execute("""create temp table odbc_kinds (i2 smallint, f4 real, t time, tstz timestamptz, n38 decimal(38,10), v varchar(200), l boolean,
        s super, b varbyte(10))""")
    values = (-(2**15), 0.5, datetime.time(23, 59, 58), "2000-01-01 12:00:00+00", decimal.Decimal("-1234567890123456789.0123456789"), "déjà vu €", False)
    cursor.execute("insert into odbc_kinds (i2, f4, t, tstz, n38, v, l) values (?, ?, ?, ?, ?, ?, ?)", values)
    cursor.execute("insert into odbc_kinds (i2, f4, t, tstz, n38, v, l) values (?, ?, ?, ?, ?, ?, ?)", (None,) * 7)
    found = cursor.execute("select i2, f4, t, tstz::varchar(30), n38, v, l from odbc_kinds where i2 = ?", -(2**15)).fetchone()
    assert tuple(found) == values
    assert tuple(cursor.execute("select * from odbc_kinds where i2 is null").fetchone()) == (None,) * 9
    cursor.execute("insert into odbc_kinds (s, b) values (json_parse(?), to_varbyte(?, 'hex'))", ("[1]", "cafe"))
    assert tuple(cursor.execute("select json_serialize(s), to_hex(b) from odbc_kinds where s is not null").fetchone()) == ("[1]", "cafe")


def test_transactions(shared_server, schema):
    connection = connect(shared_server, autocommit=False)
    cursor = connection.cursor()
    cursor.execute(f"insert into {schema}.child (id) values (1)")
    connection.rollback()
    assert cursor.execute(f"select count(*) from {schema}.child").fetchval() == 0
    cursor.execute(f"insert into {schema}.child (id) values (2)")
    connection.commit()
    connection.close()
    with shared_server.connect() as other:
        assert other.execute(f"select id from {schema}.child").fetchall() == [(2,)]


def test_errors(connection):
    cursor = connection.cursor()
    with pytest.raises(pyodbc.Error) as failure:
        cursor.execute("select * from nothing")
    assert failure.value.args[0] == "42P01"
    assert 'relation "nothing" does not exist' in failure.value.args[1]
    with pytest.raises(pyodbc.Error) as failure:
        cursor.execute("select 1 / 0")
    assert failure.value.args[0] == "22012"
    assert cursor.execute("select 1").fetchval() == 1


def test_cancel(shared_server):
    connection = connect(shared_server)
    cursor = connection.cursor()
    pid = cursor.execute("select pg_backend_pid()").fetchval()
    with cancelling(shared_server, pid, cursor.cancel), pytest.raises(pyodbc.Error) as failure:
        cursor.execute(ENDLESS)
    assert failure.value.args[0] in ("57014", "HY008")
    assert cursor.execute("select 1").fetchval() == 1
    connection.close()


def test_a_statement_run_again(connection, schema):
    cursor = connection.cursor()
    for i in range(5):
        cursor.execute(f"insert into {schema}.child (id) values (?)", i)
    for i in range(5):
        assert cursor.execute(f"select id + 1 from {schema}.child where id = ?", i).fetchval() == i + 1


def test_large_results(shared_server):
    for words in ({}, {"UseDeclareFetch": "1", "Fetch": "1000"}):
        connection = connect(shared_server, **words)
        cursor = connection.cursor()
        digits = " union all ".join(f"select {n} as n" for n in range(10))
        cursor.execute(f"create temp table digits as {digits}")
        cursor.execute("select a.n * 1000 + b.n * 100 + c.n * 10 + d.n from digits a, digits b, digits c, digits d, digits e where e.n < 2")
        rows = cursor.fetchall()
        assert (len(rows), sum(row[0] for row in rows)) == (20_000, 2 * 9999 * 10000 // 2)
        connection.close()
