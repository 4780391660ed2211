"""asyncpg: binary results, parameter types that the server infers, cursors by portals."""

import asyncio
import datetime
import decimal

import asyncpg
import pytest

from blueshift import ENDLESS


@pytest.fixture
def run(shared_server):
    def play(scene):
        async def whole():
            connection = await asyncpg.connect(
                host=shared_server.host, port=shared_server.port, user="admin", database="dev", ssl=False
            )
            try:
                return await scene(connection)
            finally:
                await connection.close()

        return asyncio.run(whole())

    return play


def test_values(run):
    async def scene(connection):
        return tuple(await connection.fetchrow("""select 1::smallint, 2, 3::bigint, 1.50::decimal(5,2), 0.5::float8, true, 'text'::varchar,
            date '2008-01-02', timestamp '2008-01-02 03:04:05.678', null::int"""))

    assert run(scene) == (
        1, 2, 3, decimal.Decimal("1.50"), 0.5, True, "text", datetime.date(2008, 1, 2),
        datetime.datetime(2008, 1, 2, 3, 4, 5, 678000), None,
    )


def test_inferred_parameters(run):
    """The driver names no types: those of the columns and of what they are compared with count."""

    async def scene(connection):
        await connection.execute("create temp table t (i int, n decimal(8,2), s varchar(10), d date)")
        await connection.execute("insert into t values ($1, $2, $3, $4)", 1, decimal.Decimal("2.50"), "x", datetime.date(2020, 1, 1))
        await connection.executemany("insert into t (i, s) values ($1, $2)", [(i, str(i)) for i in range(2, 10)])
        assert await connection.fetchval("select count(*) from t where i < $1 and s <> $2", 5, "3") == 3
        return [tuple(row) for row in await connection.fetch("select i, n, s, d from t where i = $1 order by i limit $2", 1, 10)]

    assert run(scene) == [(1, decimal.Decimal("2.50"), "x", datetime.date(2020, 1, 1))]


def test_cursor(run):
    async def scene(connection):
        await connection.execute("create temp table t as with recursive r(n) as (select 1 union all select n + 1 from r where n < 100) select n from r")
        async with connection.transaction():
            return [row[0] async for row in connection.cursor("select n from t order by n", prefetch=7)]

    assert run(scene) == list(range(1, 101))


def test_error(run):
    async def scene(connection):
        with pytest.raises(asyncpg.exceptions.UndefinedTableError):
            await connection.fetch("select * from nothing")
        return await connection.fetchval("select 1")

    assert run(scene) == 1


def test_types_that_it_does_not_know(run):
    """It asks for them with a query that clusters refuse, too (asyncpg issue 1009): array_agg(... ORDER BY ...) is none of theirs."""

    async def scene(connection):
        with pytest.raises(asyncpg.exceptions.PostgresSyntaxError, match='syntax error at or near "ORDER"'):
            await connection.fetch("select relacl from pg_class")
        return await connection.fetchval("select 1")

    assert run(scene) == 1


def test_transaction(run):
    async def scene(connection):
        await connection.execute("create table asyncpg_t (i int)")
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("insert into asyncpg_t values (1)")
        await transaction.rollback()
        return await connection.fetchval("select count(*) from asyncpg_t")

    assert run(scene) == 0


def test_pool(shared_server):
    async def whole():
        async with asyncpg.create_pool(
            host=shared_server.host, port=shared_server.port, user="admin", database="dev", ssl=False, min_size=1, max_size=2
        ) as pool:
            for number in range(4):
                async with pool.acquire() as connection:
                    assert await connection.fetchval("select $1::int", number) == number

    asyncio.run(whole())


def test_all_types_both_ways(run):
    columns = """i2 smallint, i4 int, i8 bigint, n decimal(38,10), f4 real, f8 float8, l bool, c char(5), v varchar(50), d date, t time,
        tz timetz, ts timestamp, tstz timestamptz"""
    values = (
        -(2**15), 2**31 - 1, -(2**63), decimal.Decimal("-1234567890123456789.0123456789"), 0.5, -1.25e300, False, "ab   ", "déjà 'vu'",
        datetime.date(1900, 2, 28), datetime.time(23, 59, 59, 500000), datetime.time(1, 2, 3, tzinfo=datetime.timezone.utc),
        datetime.datetime(2262, 4, 12, 1, 2, 3, 456789), datetime.datetime(2000, 1, 1, 12, 0, tzinfo=datetime.timezone.utc),
    )

    async def scene(connection):
        await connection.execute(f"create temp table kinds ({columns})")
        places = ", ".join(f"${i + 1}" for i in range(len(values)))
        await connection.execute(f"insert into kinds values ({places})", *values)
        await connection.execute("insert into kinds (i2) values ($1)", None)
        return [tuple(row) for row in await connection.fetch("select * from kinds order by i2 is null")]

    assert run(scene) == [values, (None,) * 14]


def test_a_prepared_statement_run_again(run):
    async def scene(connection):
        statement = await connection.prepare("select $1::int * 2 as twice, $2::varchar(5) as t")
        assert [parameter.name for parameter in statement.get_parameters()] == ["int4", "varchar"]
        assert [(column.name, column.type.name) for column in statement.get_attributes()] == [("twice", "int4"), ("t", "varchar")]
        return [tuple(await statement.fetchrow(i, str(i))) for i in range(7)]

    assert run(scene) == [(2 * i, str(i)) for i in range(7)]


def test_cancel(run):
    """The driver sends a cancel request where a statement takes too long, and the session goes on."""

    async def scene(connection):
        with pytest.raises(asyncio.TimeoutError):
            await connection.fetch(ENDLESS, timeout=0.5)
        return await connection.fetchval("select 1")

    assert run(scene) == 1


def test_large_results(run):
    async def scene(connection):
        await connection.execute("create temp table d as select 0 as n union all select 1 union all select 2 union all select 3 "
                                 "union all select 4 union all select 5 union all select 6 union all select 7 union all select 8 "
                                 "union all select 9")
        rows = await connection.fetch("select a.n * 1000 + b.n * 100 + c.n * 10 + d.n, 1.5::decimal(8,2) from d a, d b, d c, d, d e where e.n < 5")
        return len(rows), sum(row[0] for row in rows)

    assert run(scene) == (50_000, 5 * 9999 * 10000 // 2)


def test_sqlstates(run):
    async def scene(connection):
        states = []
        for sql in ("select 1 frm t", "select nothing", "select 1 / 0", "select 'x'::int", "select nothing(1)"):
            with pytest.raises(asyncpg.PostgresError) as failure:
                await connection.fetch(sql)
            states.append(failure.value.sqlstate)
        return states

    assert run(scene) == ["42601", "42703", "22012", "22P02", "42883"]


def test_metadata(run):
    """What the driver knows of the server, and what programs ask the catalog."""

    async def scene(connection):
        version, settings = connection.get_server_version(), connection.get_settings()
        await connection.execute("create table asyncpg_described (id int not null primary key, t varchar(20), n decimal(8,2))")
        columns = await connection.fetch(
            """select column_name, data_type, character_maximum_length, numeric_precision, is_nullable from information_schema.columns
            where table_schema = $1 and table_name = $2 order by ordinal_position""", "public", "asyncpg_described")
        keys = await connection.fetch(
            """select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
            where i.indisprimary and i.indrelid = 'asyncpg_described'::regclass""")
        return (version.major, version.minor), settings.client_encoding, [tuple(row) for row in columns], [row[0] for row in keys]

    version, encoding, columns, keys = run(scene)
    assert version == (8, 0) and encoding == "UTF8"
    assert columns == [("id", "integer", None, 32, "NO"), ("t", "character varying", 20, None, "YES"), ("n", "numeric", None, 8, "YES")]
    assert keys == ["id"]


def test_intervals_and_rest_of_the_types(run):
    async def scene(connection):
        return tuple(await connection.fetchrow("""select interval '1 day 2 seconds', 'a'::"char", 'b'::name, 26::oid,
            json_serialize(json_parse('[1]')), to_hex('ab'::varbyte)"""))

    assert run(scene) == (datetime.timedelta(days=1, seconds=2), b"a", "b", 26, "[1]", "6162")
