"""Superset's code for databases and for SQL Lab, on the warehouse whose address is the argument.

Each function is one test; what is expected is what Superset shows for a warehouse with these tables.
"""

import datetime
import sys
import threading
import time

import pandas as pd
from superset.app import create_app

ADDRESS = sys.argv[1]
TABLES = [
    "create schema shop",
    """create table shop.orders (id int not null primary key, customer int, placed timestamp, note varchar(40), amount decimal(8,2))
       distkey (customer) sortkey (placed)""",
    "create table shop.payments (id int, orders int references shop.orders (id))",
    "create view shop.cheap as select id from shop.orders where amount < 100",
    "comment on table shop.orders is 'what was sold'",
    """insert into shop.orders values (1, 7, '2024-02-29 23:04:05', 'first', 150), (2, 7, '2024-03-01 01:00:00', null, 50),
       (3, 8, '2024-03-05 12:00:00', 'it''s', 25)""",
]


def warehouse(address=ADDRESS, **options):
    return Database(database_name="warehouse", sqlalchemy_uri=address, **options)


def test_engine():
    database = warehouse()
    assert database.db_engine_spec is RedshiftEngineSpec
    assert database.get_default_schema(None) == "public"
    with database.get_sqla_engine() as engine:
        assert engine.dialect.do_ping(engine.raw_connection())


def test_names():
    database = warehouse()
    assert {"shop", "public"} <= database.get_all_schema_names()
    assert {name[0] for name in database.get_all_table_names_in_schema(None, "shop")} == {"orders", "payments"}
    assert {name[0] for name in database.get_all_view_names_in_schema(None, "shop")} == {"cheap"}
    assert database.has_table(ORDERS) and database.has_view(Table("cheap", "shop"))
    assert not database.has_table(Table("nothing", "shop"))


def test_table():
    database = warehouse()
    columns = {column["column_name"]: column for column in database.get_columns(ORDERS)}
    assert {name: str(column["type"]) for name, column in columns.items()} == {
        "id": "INTEGER", "customer": "INTEGER", "placed": "TIMESTAMP", "note": "VARCHAR(40)", "amount": "NUMERIC(8, 2)",
    }
    assert [name for name, column in columns.items() if not column["nullable"]] == ["id"]
    generic = {name: RedshiftEngineSpec.get_column_spec(str(column["type"])).generic_type.name for name, column in columns.items()}
    assert generic == {"id": "NUMERIC", "customer": "NUMERIC", "placed": "TEMPORAL", "note": "STRING", "amount": "NUMERIC"}
    with database.get_inspector() as inspector:
        assert inspector.get_pk_constraint("orders", "shop")["constrained_columns"] == ["id"]
    [key] = database.get_foreign_keys(Table("payments", "shop"))
    assert (key["referred_table"], key["constrained_columns"]) == ("orders", ["orders"])
    assert database.get_indexes(ORDERS) == []
    assert database.get_table_comment(ORDERS) == "what was sold"


def test_preview():
    database = warehouse()
    frame = database.get_df(database.select_star(ORDERS, limit=2, show_cols=True), schema="shop")
    assert (list(frame.columns), len(frame)) == (["id", "customer", "placed", "note", "amount"], 2)


def test_grains_of_time():
    """The expression of each grain, as a chart over time groups by it."""
    database = warehouse()
    begins = {
        "PT1S": "23:04:05", "PT5S": "23:04:05", "PT30S": "23:04:00", "PT1M": "23:04:00", "PT5M": "23:00:00", "PT10M": "23:00:00",
        "PT15M": "23:00:00", "PT30M": "23:00:00", "PT1H": "23:00:00", "P1D": "2024-02-29", "P1W": "2024-02-26", "P1M": "2024-02-01",
        "P3M": "2024-01-01", "P1Y": "2024-01-01",
    }
    assert [grain.duration for grain in database.grains()] == list(begins)
    for grain, begin in begins.items():
        begin = pd.Timestamp(begin if len(begin) == 10 else f"2024-02-29 {begin}")
        expression = RedshiftEngineSpec.get_timestamp_expr(column("placed"), None, grain)
        query = select([expression.label("__timestamp")]).select_from(text("shop.orders")).where(text("id = 1"))
        assert database.get_df(database.compile_sqla_query(query))["__timestamp"].tolist() == [begin], grain


def test_constants_of_time():
    at = datetime.datetime(2024, 3, 1, 1, 0)
    condition = RedshiftEngineSpec.convert_dttm("TIMESTAMP", at)
    assert warehouse().get_df(f"select id from shop.orders where placed >= {condition} order by id")["id"].tolist() == [2, 3]
    condition = RedshiftEngineSpec.convert_dttm("DATE", at)
    assert warehouse().get_df(f"select id from shop.orders where placed < {condition}")["id"].tolist() == [1]


def run(sql, **options):
    """What SQL Lab answers to a text, and its record of it."""
    options = {"schema": "shop", "limit": 1000} | options
    database = options.pop("database", None) or warehouse(allow_dml=True)
    metadata.session.add(database)
    metadata.session.flush()
    query = Query(client_id=f"{time.monotonic_ns() % 10**11}", database_id=database.id, sql=sql, **options)
    metadata.session.add(query)
    metadata.session.commit()
    answer = get_sql_results(query.id, sql, return_results=True, store_results=False)
    metadata.session.refresh(query)
    found = answer, query.status, query.rows
    metadata.session.delete(query)
    metadata.session.delete(database)
    metadata.session.commit()
    return found


def test_sql_lab():
    answer, status, rows = run("select customer, sum(amount) as total, max(placed) as last from shop.orders group by 1 order by 1")
    assert (status, rows) == ("success", 2), answer
    assert [(row["customer"], str(row["total"])) for row in answer["data"]] == [(7, "200.00"), (8, "25.00")]
    types = {column["column_name"]: column["type"] for column in answer["columns"]}
    # Of Redshift's columns Superset tells what their values are in Python, and nothing of Decimal.
    assert types == {"customer": "INT", "total": None, "last": "DATETIME"}


def test_sql_lab_limits():
    answer, status, rows = run("select id from shop.orders order by id", limit=1)
    assert (status, rows, answer["data"]) == ("success", 1, [{"id": 1}])


def test_sql_lab_of_several_statements():
    answer, status, _ = run("create temp table t (i int); insert into t values (1), (2); select count(*) as n from t")
    assert (status, answer["data"]) == ("success", [{"n": 2}])


def test_sql_lab_creates_tables():
    answer, status, _ = run("select id from shop.orders", select_as_cta=True, ctas_method="TABLE", tmp_table_name="made", tmp_schema_name="shop")
    assert status == "success", answer
    assert len(warehouse().get_df("select id from shop.made")) == 3


def test_errors():
    answer, status, _ = run("select * from nothing")
    assert status == "failed"
    assert 'relation "nothing" does not exist' in answer["error"]
    answer, status, _ = run("select nothing from shop.orders")
    assert 'column "nothing" does not exist' in answer["error"]


def test_errors_of_connecting():
    database = warehouse(ADDRESS.replace("/dev?", "/nowhere?"))
    try:
        database.get_df("select 1")
    except Exception as failure:  # noqa: BLE001
        [error] = RedshiftEngineSpec.extract_errors(failure, {"database": "nowhere"})
        assert error.error_type == SupersetErrorType.CONNECTION_UNKNOWN_DATABASE_ERROR, error
    else:
        raise AssertionError("there is no such database")


def test_stopping():
    """A second connection stops the statement, by the process that the first has asked for."""
    database = warehouse()
    with database.get_raw_connection() as running, database.get_raw_connection() as other:
        cursor = running.cursor()
        pid = RedshiftEngineSpec.get_cancel_query_id(cursor, None)
        endless = "with recursive r(n) as (select 1::bigint union all select n + 1 from r where n < 1000000000) select count(*) from r"

        def stop():
            waiting = other.cursor()
            while True:
                waiting.execute(f"select 1 from stv_inflight where pid = {pid}")
                if waiting.fetchall():
                    break
            assert RedshiftEngineSpec.cancel_query(other.cursor(), None, pid)

        stopper = threading.Thread(target=stop)
        stopper.start()
        try:
            cursor.execute(endless)
        except Exception as failure:  # noqa: BLE001
            assert failure.pgcode == "57014", failure
        else:
            raise AssertionError("it should have been stopped")
        stopper.join()


def test_upload():
    frame = pd.DataFrame({"id": [1, 2], "name": pd.array(["a", "b"], dtype="string"), "share": [0.5, 0.25]})
    RedshiftEngineSpec.df_to_sql(warehouse(), Table("uploaded", "shop"), frame, {"index": False, "if_exists": "replace"})
    read = warehouse().get_df("select * from shop.uploaded order by id")
    assert read.to_dict("list") == {"id": [1, 2], "name": ["a", "b"], "share": [0.5, 0.25]}


with create_app().app_context():
    from flask_appbuilder import Model
    from sqlalchemy import column, select, text
    from superset import db as metadata
    from superset.db_engine_specs.redshift import RedshiftEngineSpec
    from superset.errors import SupersetErrorType
    from superset.models.core import Database
    from superset.models.sql_lab import Query
    from superset.sql.parse import Table
    from superset.sql_lab import get_sql_results

    ORDERS = Table("orders", "shop")
    Model.metadata.create_all(metadata.engine)
    with warehouse().get_raw_connection() as connection:
        for statement in TABLES:
            connection.cursor().execute(statement)
        connection.commit()
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print(name, "passed")
