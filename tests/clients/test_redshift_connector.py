"""redshift_connector, Amazon's own driver: its protocols 0, 1 and 2, with TLS and without."""

import datetime
import decimal
import uuid

import pandas as pd
import pytest
import redshift_connector
from redshift_connector.interval import Interval, IntervalDayToSecond, IntervalYearToMonth

from blueshift import ENDLESS, TARGET, cancelling


def connect(server, protocol=2, **options):
    return redshift_connector.connect(
        host=server.host, port=server.port, user="admin", password="any", database="dev",
        **{"ssl": False, "client_protocol_version": protocol} | options,
    )


@pytest.fixture(params=[0, 1, 2])
def connection(request, shared_server):
    connection = connect(shared_server, request.param)
    assert connection._client_protocol_version == request.param
    yield connection
    connection.close()


def test_values(connection):
    with connection.cursor() as cursor:
        cursor.execute("""select 1::smallint, 2, 3::bigint, 1.50::decimal(5,2), -12345678901234567890.5::decimal(38,4), 0.5::float8,
            0.25::float4, true, 'text'::varchar, 'c'::char(3), date '2008-01-02', timestamp '2008-01-02 03:04:05.678',
            time '10:20:30', timestamptz '2008-01-02 03:04:05+00', null::int, sum(x) from (select 1.25::decimal(8,2) as x) s group by 1""")
        assert tuple(cursor.fetchone()) == (
            1, 2, 3, decimal.Decimal("1.50"), decimal.Decimal("-12345678901234567890.5000"), 0.5, 0.25, True, "text", "c  ",
            datetime.date(2008, 1, 2), datetime.datetime(2008, 1, 2, 3, 4, 5, 678000), datetime.time(10, 20, 30),
            datetime.datetime(2008, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc), None, decimal.Decimal("1.25"),
        )


def test_description(connection):
    with connection.cursor() as cursor:
        cursor.execute("create temp table described (id int not null, v varchar(10))")
        cursor.execute("select id, v, id + 1 as next from described")
        assert [column[0] for column in cursor.description] == ["id", "v", "next"]
        assert [column[1] for column in cursor.description] == [23, 1043, 23]


def test_parameters(connection):
    with connection.cursor() as cursor:
        cursor.execute("create temp table p (i int, b bigint, n decimal(10,2), f float8, t varchar(20), d date, m timestamp, l bool)")
        values = (7, 2**40, decimal.Decimal("1.50"), 2.5, "it's", datetime.date(2020, 2, 29), datetime.datetime(2020, 1, 1, 2, 3, 4), True)
        cursor.execute("insert into p values (%s, %s, %s, %s, %s, %s, %s, %s)", values)
        cursor.execute("select * from p where i = %s", (7,))
        assert tuple(cursor.fetchone()) == values
        cursor.executemany("insert into p (i, t) values (%s, %s)", [(i, None) for i in range(5)])
        cursor.execute("select count(*) from p where t is null")
        assert cursor.fetchone()[0] == 5


def test_transactions(connection):
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists connector_t")
        cursor.execute("create table connector_t (i int)")
        connection.commit()
        cursor.execute("insert into connector_t values (1)")
        connection.rollback()
        cursor.execute("select count(*) from connector_t")
        assert cursor.fetchone()[0] == 0
        connection.commit()


def test_errors(connection):
    with connection.cursor() as cursor:
        with pytest.raises(redshift_connector.ProgrammingError) as failure:
            cursor.execute("select * from nothing")
        assert failure.value.args[0]["C"] == "42P01"
        assert failure.value.args[0]["M"] == 'relation "nothing" does not exist'
        connection.rollback()
        cursor.execute("select 1")
        assert cursor.fetchone()[0] == 1


@pytest.mark.parametrize("sql, state", [
    ("select 1 frm t", "42601"), ("select nothing", "42703"), ("select 1 / 0", "22012"), ("select 'x'::int", "22P02"),
    ("select nothing(1)", "42883"), ("drop schema nothing", "3F000"),
])
def test_sqlstates(shared_server, sql, state):
    connection = connect(shared_server)
    with connection.cursor() as cursor, pytest.raises(redshift_connector.ProgrammingError) as failure:
        cursor.execute(sql)
    assert failure.value.args[0]["C"] == state
    connection.close()


def test_many_rows(connection):
    with connection.cursor() as cursor:
        cursor.execute("create temp table n as with recursive r(n) as (select 1 union all select n + 1 from r where n < 1000) select n from r")
        cursor.execute("select n, n / 7.0 from n order by n")
        assert [row[0] for row in cursor.fetchall()] == list(range(1, 1001))
        cursor.execute("select n from n order by n")
        frame = cursor.fetch_dataframe()
        assert frame["n"].sum() == 500500


def test_autocommit(shared_server):
    connection = connect(shared_server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("create table connector_auto (i int)")
        cursor.execute("insert into connector_auto values (1)")
    connection.close()
    with shared_server.connect() as other:
        assert other.execute("select i from connector_auto").fetchall() == [(1,)]


def test_all_types_both_ways(connection):
    with connection.cursor() as cursor:
        cursor.execute("""create temp table kinds (i2 smallint, i4 int, i8 bigint, n18 decimal(18,4), n38 decimal(38,10), f4 real, f8 float8,
            l bool, c char(5), v varchar(50), d date, t time, tz timetz, ts timestamp, tstz timestamptz, s super, b varbyte(10),
            ym interval year to month, ds interval day to second)""")
        values = (
            -(2**15), 2**31 - 1, -(2**63), decimal.Decimal("-99999999999999.9999"), decimal.Decimal("123456789012345678.0123456789"),
            0.5, -1.25e300, False, "ab", "déjà 'vu'", datetime.date(1900, 2, 28), datetime.time(23, 59, 59, 500000),
            datetime.time(1, 2, 3, tzinfo=datetime.timezone.utc), datetime.datetime(2262, 4, 12, 1, 2, 3, 456789),
            datetime.datetime(2000, 1, 1, 12, 0, tzinfo=datetime.timezone.utc),
        )
        places = ", ".join(["%s"] * len(values))
        cursor.execute(
            f"insert into kinds values ({places}, json_parse(%s), to_varbyte(%s, 'hex'), interval '1-2' year to month, interval '3 04:05:06' day to second)",
            (*values, '{"a": [1, null]}', "cafe"),
        )
        cursor.execute("select i2, i4, i8, n18, n38, f4, f8, l, c, v, d, t, tz, ts, tstz from kinds")
        found = list(cursor.fetchone())
        found[8] = found[8].rstrip()
        assert tuple(found) == values
        cursor.execute("select json_serialize(s), to_hex(b), ym > interval '13' month, ds < interval '4' day from kinds")
        assert tuple(cursor.fetchone()) == ('{"a":[1,null]}', "cafe", True, True)
        cursor.execute("insert into kinds (i2) values (%s)", (None,))
        cursor.execute("select * from kinds where i2 is null")
        assert list(cursor.fetchone()) == [None] * 19


UTC = datetime.timezone.utc

# What the driver makes of a column's value; its own tests of data types are the source.
READ = [
    ("smallint", "'-32768'", -(2**15)),
    ("integer", "'-2147483648'", -(2**31)),
    ("bigint", "'-9223372036854775808'", -(2**63)),
    ("decimal(18,8)", "'-12345.67891'", decimal.Decimal("-12345.67891000")),
    ("decimal(19,0)", "'9223372036854775807'", decimal.Decimal(2**63 - 1)),
    # Of more digits than Python's decimal context has, the driver rounds them away.
    ("decimal(38,37)", "'-9.999999999999999999999999999'", decimal.Decimal("-9.999999999999999999999999999")),
    ("real", "'0.25'", 0.25),
    ("double precision", "'-Infinity'", float("-inf")),
    ("boolean", "'yes'", True),
    ("char(3)", "'a'", "a  "),
    ("varchar(20)", "'€ '", "€ "),
    ("date", "'02-29-2020'", datetime.date(2020, 2, 29)),
    ("date", "'294276-01-02'", datetime.date.max),
    ("time", "'24:00:00'", datetime.time(0, 0)),
    ("time", "'18:42:22.5'", datetime.time(18, 42, 22, 500000)),
    ("timetz", "'00:00:00 EST'", datetime.time(5, 0, tzinfo=UTC)),
    ("timetz", "'12:30:10 WDT'", datetime.time(3, 30, 10, tzinfo=UTC)),
    ("timetz", "'24:00:00 CST'", datetime.time(6, 0, tzinfo=UTC)),
    ("timestamp", "'Jun 1,2008  09:59:59'", datetime.datetime(2008, 6, 1, 9, 59, 59)),
    ("timestamptz", "'Dec 31,2008 18:20 US/Pacific'", datetime.datetime(2009, 1, 1, 2, 20, tzinfo=UTC)),
    ("intervaly2m", "'-178956970-8'", IntervalYearToMonth(-(2**31))),
    ("intervald2s", "'106751991 04:00:54.775807'", IntervalDayToSecond(2**63 - 1)),
    ("super", "json_parse('[1, null]')", "[1,null]"),
    ("varbyte", "'00aa'::varbyte", "00aa"),
    ("geometry", "st_geomfromtext('POINT(1 2)', 4326)", "0101000020e6100000000000000000f03f0000000000000040"),
    ("geography", "st_geogfromtext('POINT(1 1)')", "0101000020e6100000000000000000f03f000000000000f03f"),
]


@pytest.mark.parametrize("declared, value, expected", READ, ids=[f"{row[0]}: {row[1]}" for row in READ])
def test_every_type_as_the_driver_reads_it(connection, declared, value, expected):
    with connection.cursor() as cursor:
        cursor.execute(f"create temp table one_type (c {declared})")
        cursor.execute(f"insert into one_type values ({value})")
        cursor.execute("insert into one_type values (null)")
        cursor.execute("select c from one_type where c is not null")
        found = cursor.fetchone()[0]
        assert (found.lower() if declared.startswith("geo") else found) == expected
        cursor.execute("select c from one_type where c is null")
        assert cursor.fetchone()[0] is None


def test_intervals_without_qualifier_and_abstime(shared_server):
    connection = connect(shared_server)
    with connection.cursor() as cursor:
        cursor.execute("select interval '5 days', interval '1 month 5 days', 'infinity'::abstime, '-infinity'::abstime")
        assert list(cursor.fetchone()) == [
            datetime.timedelta(days=5), Interval(months=1, microseconds=432000000000),
            datetime.datetime(2038, 1, 19, 3, 14, 4, tzinfo=UTC), datetime.datetime(1901, 12, 13, 20, 45, 52, tzinfo=UTC),
        ]
    connection.close()


def test_bytes_that_are_no_text(shared_server):
    """At protocol 2 a cluster sends the bytes of VARBYTE themselves, of which the driver wants to make a str (its issue 261)."""
    connection = connect(shared_server)
    with connection.cursor() as cursor:
        with pytest.raises(UnicodeDecodeError):
            cursor.execute("select from_hex(sha1('hello'))")
    connection.close()


@pytest.mark.parametrize("kind, values", [
    ("intervaly2m", [IntervalYearToMonth(37), IntervalYearToMonth(-(2**31))]),
    ("intervald2s", [IntervalDayToSecond(12 * 86_400_000_000), IntervalDayToSecond(-(2**63))]),
])
def test_intervals_as_parameters(connection, kind, values):
    with connection.cursor() as cursor:
        cursor.execute(f"create temp table spans (c {kind})")
        cursor.executemany("insert into spans values (%s)", [[value] for value in values])
        cursor.execute("select c from spans")
        assert [row[0] for row in cursor.fetchall()] == values


def test_values_too_long_are_refused(connection):
    with connection.cursor() as cursor:
        cursor.execute("create temp table short (v varchar(3), c char(3))")
        for column, value in [("v", "abcd"), ("c", "abcd")]:
            with pytest.raises(redshift_connector.ProgrammingError) as failure:
                cursor.execute(f"insert into short ({column}) values (%s)", (value,))
            assert failure.value.args[0]["C"] == "22001"
            connection.rollback()
            cursor.execute("create temp table if not exists short (v varchar(3), c char(3))")
        cursor.execute("insert into short values (%s, %s)", ("abc", "ab"))
        cursor.execute("select v, rtrim(c) from short where v = %s and c = %s", ("abc", "ab"))
        assert tuple(cursor.fetchone()) == ("abc", "ab")


@pytest.mark.parametrize(
    "style, sql, values",
    [
        ("qmark", "select ?::int + ?::int", (1, 2)),
        ("numeric", "select :1::int + :2::int", (1, 2)),
        ("named", "select :a::int + :b::int", {"a": 1, "b": 2}),
        ("format", "select %s::int + %s::int", (1, 2)),
        ("pyformat", "select %(a)s::int + %(b)s::int", {"a": 1, "b": 2}),
    ],
)
def test_styles_of_parameters(shared_server, style, sql, values):
    connection = connect(shared_server)
    cursor = connection.cursor()
    cursor.paramstyle = style
    cursor.execute(sql, values)
    assert cursor.fetchone()[0] == 3
    connection.close()


def test_data_frames(connection):
    with connection.cursor() as cursor:
        cursor.execute("create schema if not exists frames")
        cursor.execute("drop table if exists frames.people")
        cursor.execute("create table frames.people (id int, name varchar(20), born date)")
        people = pd.DataFrame([(1, "Ann", datetime.date(1990, 1, 2)), (2, "Bob", datetime.date(1991, 2, 3))], columns=["id", "name", "born"])
        cursor.write_dataframe(people, "frames.people")
        cursor.execute("select * from frames.people order by id")
        pd.testing.assert_frame_equal(cursor.fetch_dataframe(), people)
        cursor.execute("select id from frames.people order by id")
        assert cursor.fetch_numpy_array().tolist() == [[1], [2]]
        with pytest.raises(redshift_connector.InterfaceError):
            cursor.write_dataframe(people, "frames.nothing")
        connection.commit()


def test_bulk_insert(connection, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("id;name\n" + "".join(f"{i};name {i}\n" for i in range(250)))
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists bulk")
        cursor.execute("create table bulk (id int, name varchar(20))")
        cursor.insert_data_bulk(str(file), "bulk", [0, 1], ["id", "name"], ";", batch_size=100)
        cursor.execute("select count(*), sum(id), max(name) from bulk")
        assert tuple(cursor.fetchone()) == (250, 31125, "name 99")
        connection.commit()


@pytest.mark.skipif(TARGET == "gateway", reason="the Data API takes texts of 100 KB")
def test_as_many_binds_as_the_protocol_has(connection):
    with connection.cursor() as cursor:
        cursor.execute("create temp table binds (a int, b int)")
        pairs = 16383
        cursor.execute("insert into binds values " + ", ".join(["(%s, %s)"] * pairs), [i for pair in range(pairs) for i in (pair, 1)])
        cursor.execute("select count(*), sum(a), sum(b) from binds")
        assert tuple(cursor.fetchone()) == (pairs, pairs * (pairs - 1) // 2, pairs)


def test_fetching_in_parts_and_counts(connection):
    with connection.cursor() as cursor:
        cursor.execute("create temp table parts as select 1 as n union all select 2 union all select 3")
        cursor.execute("select n from parts order by n")
        assert [tuple(row) for row in cursor.fetchmany(2)] == [(1,), (2,)]
        assert tuple(cursor.fetchone()) == (3,)
        assert cursor.fetchone() is None
        cursor.execute("update parts set n = n + 1 where n > 1")
        assert cursor.rowcount == 2
        cursor.execute("declare c cursor for select n from parts order by n")
        cursor.execute("fetch forward 2 from c")
        assert [tuple(row) for row in cursor.fetchall()] == [(1,), (3,)]
        cursor.execute("close c")


@pytest.mark.skipif(TARGET == "gateway", reason="the Data API does not tell what a procedure gives before it runs")
def test_procedures_are_called(connection):
    with connection.cursor() as cursor:
        cursor.execute("create or replace procedure connector_twice(n int, twice inout int) as $$ begin twice := n * 2; end $$ language plpgsql")
        cursor.callproc("connector_twice", [21, 0])
        assert tuple(cursor.fetchone()) == (42,)
        connection.rollback()


@pytest.fixture
def catalog(connection):
    """A schema with two tables, a key between them and a view."""
    schema = f"meta_{uuid.uuid4().hex[:8]}"
    with connection.cursor() as cursor:
        cursor.execute(f"create schema {schema}")
        cursor.execute(f"create table {schema}.parent (id int not null primary key, name varchar(20) default 'x', price decimal(8,2))")
        cursor.execute(f"create table {schema}.child (id bigint, parent int references {schema}.parent (id))")
        cursor.execute(f"grant select on {schema}.parent to public")
        cursor.execute(f"create view {schema}.names as select id, name from {schema}.parent")
        connection.commit()
        yield cursor, schema
        cursor.execute(f"drop schema {schema} cascade")
        connection.commit()


def named(cursor, rows):
    """Rows as dictionaries with the names that a cursor gives their columns."""
    names = [(name.decode() if isinstance(name, bytes) else name).lower() for name, *_ in cursor.description]
    return [dict(zip(names, row)) for row in rows]


def test_metadata_of_a_whole_database(shared_server, catalog):
    """At show_discovery 5 the driver asks for tables, columns and grants of a database at once."""
    _, schema = catalog
    with connect(shared_server) as connection, connection.cursor() as cursor:
        assert cursor.get_show_discovery_version() == (4 if TARGET == "gateway" else 5)
        columns = named(cursor, cursor.get_columns(catalog="dev", schema_pattern=schema, tablename_pattern="%", columnname_pattern="%id"))
        assert [(row["table_name"], row["column_name"]) for row in columns] == [("child", "id"), ("names", "id"), ("parent", "id")]
        privileges = named(cursor, cursor.get_table_privileges("dev", schema, "par%"))
        assert {(row["table_name"], row["privilege"], row["grantee"]) for row in privileges} >= {("parent", "SELECT", "public")}


def test_metadata(catalog):
    cursor, schema = catalog
    assert [row["table_schem"] for row in named(cursor, cursor.get_schemas(schema_pattern=schema))] == [schema]
    assert "dev" in [row["table_cat"] for row in named(cursor, cursor.get_catalogs())]
    tables = named(cursor, cursor.get_tables(catalog="dev", schema_pattern=schema, table_name_pattern="%"))
    assert sorted((row["table_type"], row["table_name"]) for row in tables) == [("TABLE", "child"), ("TABLE", "parent"), ("VIEW", "names")]
    columns = named(cursor, cursor.get_columns(catalog="dev", schema_pattern=schema, tablename_pattern="parent", columnname_pattern="%"))
    assert [(row["column_name"], row["type_name"], row["column_size"], row["nullable"]) for row in columns] == [
        ("id", "int4", 10, 0), ("name", "varchar", 20, 1), ("price", "numeric", 8, 1),
    ]
    keys = named(cursor, cursor.get_primary_keys(catalog="dev", schema=schema, table="parent"))
    assert [(row["column_name"], row["key_seq"]) for row in keys] == [("id", 1)]


def test_metadata_of_keys(catalog):
    cursor, schema = catalog
    imported = named(cursor, cursor.get_imported_keys(catalog="dev", schema=schema, table="child"))
    assert [(row["pktable_name"], row["pkcolumn_name"], row["fkcolumn_name"]) for row in imported] == [("parent", "id", "parent")]
    exported = named(cursor, cursor.get_exported_keys(catalog="dev", schema=schema, table="parent"))
    assert [(row["fktable_name"], row["fkcolumn_name"]) for row in exported] == [("child", "parent")]
    privileges = named(cursor, cursor.get_table_privileges("dev", schema, "parent"))
    assert "SELECT" in {row["privilege"] for row in privileges}


def test_statements_that_are_stopped(shared_server):
    """The driver cannot cancel; another session stops its statement."""
    connection = connect(shared_server)
    cursor = connection.cursor()
    cursor.execute("select pg_backend_pid()")
    pid = cursor.fetchone()[0]
    with cancelling(shared_server, pid), pytest.raises(redshift_connector.ProgrammingError) as failure:
        cursor.execute(ENDLESS)
    assert failure.value.args[0]["C"] == "57014"
    connection.close()


def test_metadata_of_routines(catalog):
    cursor, schema = catalog
    cursor.execute(f"create procedure {schema}.twice(n int, result inout decimal(8,2)) as $$ begin result := n * 2; end $$ language plpgsql")
    cursor.execute(f"create function {schema}.plus(a int, b varchar(10)) returns bigint stable as $$ select $1::bigint $$ language sql")

    def rows(found, *names):
        return [tuple(getattr(row[name], "name", row[name]) for name in names) for row in named(cursor, found)]

    procedures = cursor.get_procedures("dev", schema, "%")
    assert rows(procedures, "procedure_name", "procedure_type", "specific_name") == [
        ("twice", "RETURNS_RESULT", "twice(integer, numeric)"),
    ]
    arguments = cursor.get_procedure_columns("dev", schema, "twice", "%")
    assert rows(arguments, "column_name", "column_type", "type_name", "precision", "scale") == [
        ("n", "IN", "int4", 10, 0), ("result", "IN_OUT", "numeric", 8, 2),
    ]
    functions = cursor.get_functions("dev", schema, "%")
    assert rows(functions, "function_name", "specific_name") == [("plus", "plus(integer, character varying)")]
    arguments = cursor.get_function_columns("dev", schema, "plus", "%")
    assert rows(arguments, "column_name", "type_name", "precision", "ordinal_position") == [
        ("", "int8", 19, 0), ("a", "int4", 10, 1), ("b", "varchar", 0, 2),
    ]
    assert rows(cursor.get_best_row_identifier("dev", schema, "parent", 0, True), "column_name", "type_name") == [("id", "int4")]
    assert {"TABLE", "VIEW"} <= {row["table_type"] for row in named(cursor, cursor.get_table_types())}


def test_a_statement_run_again(connection):
    """The driver prepares a statement once and keeps it by its text."""
    with connection.cursor() as cursor:
        cursor.execute("create temp table again (id int, t varchar(10))")
        for i in range(6):
            cursor.execute("insert into again values (%s, %s)", (i, f"t{i}"))
        for i in range(6):
            cursor.execute("select t from again where id = %s", (i,))
            assert cursor.fetchone()[0] == f"t{i}"
        # What it knows of the table's columns is forgotten with the table.
        cursor.execute("drop table again")
        cursor.execute("create temp table again (id int, t bigint)")
        cursor.execute("insert into again values (%s, %s)", (1, 2**40))
        cursor.execute("select t from again where id = %s", (1,))
        assert cursor.fetchone()[0] == 2**40


def test_large_results(connection):
    with connection.cursor() as cursor:
        cursor.execute("create temp table d as select 0 as n union all select 1 union all select 2 union all select 3 union all select 4 "
                       "union all select 5 union all select 6 union all select 7 union all select 8 union all select 9")
        cursor.execute("select a.n * 1000 + b.n * 100 + c.n * 10 + d.n as n, 'a row of text' as t from d a, d b, d c, d, d e where e.n < 5")
        assert sum(row[0] for row in cursor.fetchall()) == 5 * 9999 * 10000 // 2
