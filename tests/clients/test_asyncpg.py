"""asyncpg: binary results, parameter types that the server infers, cursors by portals."""

import asyncio
import datetime
import decimal

import asyncpg
import pytest


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
