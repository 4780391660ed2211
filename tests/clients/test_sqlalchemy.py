"""SQLAlchemy with the dialect of Amazon Redshift: the statements of its core, reflection, and pandas on top of it."""

import datetime
import decimal

import pandas as pd
import pytest
import sqlalchemy
from sqlalchemy import Column, Integer, MetaData, Numeric, String, Table, func, inspect, select, types

from blueshift import ENDLESS, cancelling

DRIVERS = {"psycopg2": {"sslmode": "disable"}, "redshift_connector": {"ssl": False}}


def engine_of(server, driver):
    address = f"redshift+{driver}://admin:any@{server.host}:{server.port}/dev"
    return sqlalchemy.create_engine(address, connect_args=DRIVERS[driver])


@pytest.fixture(scope="module")
def engine(shared_server):
    engine = engine_of(shared_server, "psycopg2")
    yield engine
    engine.dispose()


METADATA = MetaData()
ITEMS = Table(
    "items", METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(20), nullable=False),
    Column("price", Numeric(8, 2)),
    redshift_diststyle="KEY", redshift_distkey="id", redshift_sortkey="name",
)


@pytest.fixture(scope="module")
def created(engine):
    METADATA.create_all(engine)
    with engine.begin() as connection:
        connection.execute(ITEMS.insert(), [{"id": i, "name": f"item {i}", "price": i * 1.5} for i in range(5)])
    return engine


def test_core(created):
    with created.connect() as connection:
        query = select(func.count(), func.sum(ITEMS.c.price)).where(ITEMS.c.id > 1)
        count, total = connection.execute(query).one()
        assert (count, float(total)) == (3, 13.5)
        connection.execute(ITEMS.update().where(ITEMS.c.id == 0).values(name="none"))
        assert connection.execute(select(ITEMS.c.name).order_by(ITEMS.c.id).limit(1)).scalar() == "none"
        connection.rollback()
        assert connection.execute(select(ITEMS.c.name).where(ITEMS.c.id == 0)).scalar() == "item 0"


def test_version(created):
    with created.connect() as connection:
        assert connection.dialect.server_version_info is not None
        assert connection.execute(sqlalchemy.text("select version()")).scalar().startswith("PostgreSQL 8.0.2")


def test_names(created):
    inspector = inspect(created)
    assert "items" in inspector.get_table_names()
    assert "public" in inspector.get_schema_names()
    assert inspector.has_table("items") and not inspector.has_table("nothing")


def test_columns_and_keys(created):
    inspector = inspect(created)
    columns = {column["name"]: column for column in inspector.get_columns("items")}
    assert list(columns) == ["id", "name", "price"]
    assert isinstance(columns["id"]["type"], Integer) and not columns["id"]["nullable"]
    assert columns["name"]["type"].length == 20
    assert (columns["price"]["type"].precision, columns["price"]["type"].scale) == (8, 2)
    assert inspector.get_pk_constraint("items")["constrained_columns"] == ["id"]


def test_views(created):
    with created.begin() as connection:
        connection.execute(sqlalchemy.text("create view cheap as select id from items where price < 2"))
    inspector = inspect(created)
    assert "cheap" in inspector.get_view_names()
    assert "items" in inspector.get_view_definition("cheap")


def test_reflected_table(created):
    reflected = Table("items", MetaData(), autoload_with=created)
    with created.connect() as connection:
        assert connection.execute(select(reflected.c.name).where(reflected.c.id == 3)).scalar() == "item 3"


def test_keys_of_distribution_and_sorting(created):
    """They are read back as they were declared, so that the reflected table is created with them again."""
    options = inspect(created).get_table_options("items")
    assert options["redshift_diststyle"] == "KEY"
    assert options["redshift_distkey"] == "id"
    assert options["redshift_sortkey"] == ("name",)
    again = sqlalchemy.schema.CreateTable(Table("items", MetaData(), autoload_with=created)).compile(created)
    assert "DISTSTYLE KEY DISTKEY (id) SORTKEY (name)" in " ".join(str(again).split())


def test_compound_and_interleaved_keys(engine):
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("create table sorted (a int, b int, c int) diststyle all compound sortkey (b, a)"))
        connection.execute(sqlalchemy.text("create table woven (a int, b int, c int) diststyle even interleaved sortkey (c, a)"))
    inspector = inspect(engine)
    options = inspector.get_table_options("sorted")
    assert (options["redshift_diststyle"], options["redshift_sortkey"]) == ("ALL", ("b", "a"))
    options = inspector.get_table_options("woven")
    assert (options["redshift_diststyle"], options["redshift_interleaved_sortkey"]) == ("EVEN", ("c", "a"))


def test_foreign_and_unique_keys(engine):
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("create table parents (id int primary key, code varchar(5) unique)"))
        connection.execute(sqlalchemy.text("create table children (id int, parent int references parents (id))"))
        connection.execute(sqlalchemy.text("comment on table children is 'theirs'"))
    inspector = inspect(engine)
    [key] = inspector.get_foreign_keys("children")
    assert (key["constrained_columns"], key["referred_table"], key["referred_columns"]) == (["parent"], "parents", ["id"])
    assert [key["column_names"] for key in inspector.get_unique_constraints("parents")] == [["code"]]


@pytest.mark.parametrize("driver", DRIVERS)
def test_types_both_ways(shared_server, driver):
    engine = engine_of(shared_server, driver)
    table = Table(
        f"kinds_{driver}", MetaData(),
        Column("i", types.Integer), Column("b", types.BigInteger), Column("n", types.Numeric(18, 4)), Column("f", types.Float),
        Column("l", types.Boolean), Column("t", types.String(20)), Column("d", types.Date), Column("at", types.DateTime),
    )
    table.create(engine)
    row = (
        -1, 2**40, decimal.Decimal("-1.5000"), 0.25, True, "it's 'fine'", datetime.date(2020, 2, 29),
        datetime.datetime(2020, 1, 1, 2, 3, 4, 500000),
    )
    with engine.begin() as connection:
        connection.execute(table.insert().values(row))
        connection.execute(table.insert().values(i=None))
    with engine.connect() as connection:
        rows = connection.execute(select(table).order_by(table.c.i.is_(None))).all()
        assert [tuple(found) for found in rows] == [row, (None,) * 8]
        assert connection.execute(select(table.c.i).where(table.c.t == "it's 'fine'", table.c.d < datetime.date(2021, 1, 1))).scalar() == -1
    engine.dispose()


@pytest.mark.parametrize("driver", DRIVERS)
def test_errors(shared_server, driver):
    engine = engine_of(shared_server, driver)
    with engine.connect() as connection:
        with pytest.raises(sqlalchemy.exc.ProgrammingError) as failure:
            connection.execute(sqlalchemy.text("select * from nothing"))
        cause = failure.value.orig
        assert (cause.args[0]["C"] if driver == "redshift_connector" else cause.pgcode) == "42P01"
        connection.rollback()
        assert connection.execute(sqlalchemy.text("select 1")).scalar() == 1
    engine.dispose()


def test_transactions(created):
    with pytest.raises(ZeroDivisionError), created.begin() as connection:
        connection.execute(ITEMS.delete())
        raise ZeroDivisionError
    with created.connect() as connection:
        assert connection.execute(select(func.count()).select_from(ITEMS)).scalar() == 5


@pytest.mark.parametrize("driver", DRIVERS)
def test_pandas(shared_server, driver):
    """`to_sql` asks whether there is such a table, creates it, and inserts many rows at once."""
    engine = engine_of(shared_server, driver)
    frame = pd.DataFrame({"id": range(2500), "name": [f"row {i}" for i in range(2500)], "share": [i / 4 for i in range(2500)]})
    frame.to_sql(f"frames_{driver}", engine, index=False, if_exists="replace", method="multi", chunksize=1000)
    frame.head(2).to_sql(f"frames_{driver}", engine, index=False, if_exists="append")
    read = pd.read_sql(sqlalchemy.text(f"select * from frames_{driver} where id >= :least order by id"), engine, params={"least": 2})
    pd.testing.assert_frame_equal(read, frame[2:].reset_index(drop=True), check_dtype=False)
    assert pd.read_sql(f"select count(*) as n from frames_{driver}", engine)["n"].tolist() == [2502]
    chunks = pd.read_sql(sqlalchemy.text(f"select id from frames_{driver}"), engine, chunksize=1000)
    assert [len(chunk) for chunk in chunks] == [1000, 1000, 502]
    engine.dispose()


def test_types_of_the_dialect(engine):
    """Those of Redshift that SQLAlchemy does not know are declared, and read back by reflection."""
    from sqlalchemy_redshift import dialect

    table = Table(
        "kinds_of_redshift", MetaData(),
        Column("s", dialect.SUPER), Column("at", dialect.TIMESTAMPTZ), Column("t", dialect.TIMETZ), Column("g", dialect.GEOMETRY),
    )
    table.create(engine)
    found = {column["name"]: str(column["type"]) for column in inspect(engine).get_columns("kinds_of_redshift")}
    assert found == {"s": "SUPER", "at": "TIMESTAMPTZ", "t": "TIMETZ", "g": "GEOMETRY"}
    at = datetime.datetime(2024, 2, 29, 1, 2, 3, tzinfo=datetime.timezone.utc)
    with engine.begin() as connection:
        connection.execute(table.insert().values(at=at, t=datetime.time(1, 2, 3, tzinfo=datetime.timezone.utc), s=func.json_parse("[1]")))
        row = connection.execute(select(table.c.at, table.c.t, func.json_serialize(table.c.s))).one()
        assert tuple(row) == (at, datetime.time(1, 2, 3, tzinfo=datetime.timezone.utc), "[1]")


def test_commands_of_the_dialect(shared_server, engine):
    """COPY and UNLOAD as the dialect writes them."""
    from sqlalchemy_redshift import commands

    shared_server.s3.put("alchemy", "in.csv", "1|a\n2|b\n")
    table = Table("copied", MetaData(), Column("i", Integer), Column("t", String(5)))
    with engine.begin() as connection:
        table.create(connection)
        role = "arn:aws:iam::123456789012:role/loader"
        connection.execute(commands.CopyCommand(table, data_location="s3://alchemy/in.csv", iam_role_arns=role, delimiter="|"))
        assert connection.execute(select(table).order_by(table.c.i)).all() == [(1, "a"), (2, "b")]
        unload = commands.UnloadFromSelect(select(table).where(table.c.i == 2), unload_location="s3://alchemy/out/", iam_role_arns=role, parallel=False)
        connection.execute(unload)
    assert [file.read_text() for file in (shared_server.s3.root / "alchemy" / "out").iterdir()] == ["2|b\n"]


@pytest.mark.parametrize("driver", DRIVERS)
def test_cancel(shared_server, driver):
    engine = engine_of(shared_server, driver)
    with engine.connect() as connection:
        pid = connection.execute(sqlalchemy.text("select pg_backend_pid()")).scalar()
        # redshift_connector has no way of its own.
        cancel = connection.connection.dbapi_connection.cancel if driver == "psycopg2" else None
        with cancelling(shared_server, pid, cancel), pytest.raises(sqlalchemy.exc.DBAPIError) as failure:
            connection.execute(sqlalchemy.text(ENDLESS))
        cause = failure.value.orig
        assert (cause.args[0]["C"] if driver == "redshift_connector" else cause.pgcode) == "57014", cause
        connection.rollback()
        assert connection.execute(sqlalchemy.text("select 1")).scalar() == 1
    engine.dispose()


@pytest.mark.parametrize("driver", DRIVERS)
def test_large_results_and_a_statement_run_again(shared_server, driver):
    engine = engine_of(shared_server, driver)
    digits = " union all ".join(f"select {n} as n" for n in range(10))
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"create temp table digits as {digits}"))
        query = sqlalchemy.text("select a.n * 1000 + b.n * 100 + c.n * 10 + d.n from digits a, digits b, digits c, digits d, digits e where e.n < 2")
        rows = connection.execution_options(yield_per=1000).execute(query)
        assert sum(row[0] for row in rows) == 2 * 9999 * 10000 // 2
        again = select(sqlalchemy.cast(sqlalchemy.bindparam("n"), Integer) * 2)
        assert [connection.execute(again, {"n": n}).scalar() for n in range(8)] == [2 * n for n in range(8)]
    engine.dispose()
