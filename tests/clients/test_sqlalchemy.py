"""SQLAlchemy with the dialect of Amazon Redshift: the statements of its core, and reflection."""

import pytest
import sqlalchemy
from sqlalchemy import Column, Integer, MetaData, Numeric, String, Table, func, inspect, select


@pytest.fixture(scope="module")
def engine(shared_server):
    engine = sqlalchemy.create_engine(
        f"redshift+psycopg2://admin:any@{shared_server.host}:{shared_server.port}/dev", connect_args={"sslmode": "disable"}
    )
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
