"""A session that reads and writes a database that it is not connected to, beside sessions that are connected there.

Developer guide, "Cross-database queries" with "Considerations" and "Limitations".
"""

import threading

import psycopg
import pytest

from blueshift import PATIENCE


@pytest.fixture
def sales(server):
    """A connection to another database, with a table, views and a function."""
    with server.connect() as connection:
        connection.execute("create database sales")
        connection.execute("create database archive")
        connection.execute("create table archive.public.old (id int)")
    with server.connect(dbname="sales") as connection:
        connection.execute("create table orders (id int, amount int)")
        connection.execute("insert into orders values (1, 10), (2, 20)")
        connection.execute("create function doubled (int) returns int stable as $$ select $1 * 2 $$ language sql")
        connection.execute("create view large as select id, doubled(amount) as twice from orders where amount > 10")
        connection.execute("create view larger as select * from sales.public.large")
        connection.execute("create materialized view kept as select id from orders")
        connection.execute("create view far as select * from archive.public.old with no schema binding")
        connection.execute("create materialized view far_kept as select * from archive.public.old")
        connection.execute("create view of_the_system as select relname from pg_class")
        yield connection


def rows(connection, query):
    return sorted(connection.execute(query).fetchall())


def test_views_of_another_database_are_bound_there(server, sales):
    with server.connect() as dev:
        assert rows(dev, "select * from sales.public.large") == [(2, 40)]
        assert rows(dev, "select * from sales.public.larger") == [(2, 40)]
        assert rows(dev, "select sales.public.large.twice from sales.public.large") == [(40,)]
        assert rows(dev, "select * from sales.public.kept") == [(1,), (2,)]
        dev.execute("create view public.here as select * from sales.public.larger with no schema binding")
        assert rows(dev, "select * from here") == [(2, 40)]
        dev.execute("use sales")
        assert rows(dev, "select * from large") == [(2, 40)]
        assert rows(dev, "select doubled(id) from orders") == [(2,), (4,)]
        # The names in a view are those of its own database, whatever is in use.
        dev.execute("use archive")
        assert rows(dev, "select * from dev.public.here") == [(2, 40)]


@pytest.mark.parametrize("view", ["far", "far_kept", "of_the_system"])
def test_views_that_reach_further_are_refused(server, sales, view):
    assert sales.execute(f"select count(*) from {view}").fetchone() is not None
    with server.connect() as dev:
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            dev.execute(f"select * from sales.public.{view}")


def test_locks_hold_across_databases(server, sales):
    sales.execute("begin")
    sales.execute("update orders set amount = 11 where id = 1")
    counts = []

    def write_from_afar():
        with server.connect() as dev:
            counts.append(dev.execute("update sales.public.orders set amount = amount + 1").rowcount)

    writer = threading.Thread(target=write_from_afar)
    writer.start()
    with server.connect() as dev:
        # Readers see what is committed.
        assert rows(dev, "select amount from sales.public.orders") == [(10,), (20,)]
        waits = "select count(*) from svv_transactions where not granted and lockable_object_type = 'relation'"
        while dev.execute(waits).fetchone() == (0,):
            assert writer.is_alive()
    sales.execute("commit")
    writer.join(PATIENCE)
    assert counts == [2]
    assert rows(sales, "select amount from orders") == [(12,), (21,)]


def test_what_is_written_stays_over_a_transaction_of_both(server, sales):
    with server.connect() as dev:
        dev.execute("create table mine (id int)")
        dev.execute("begin")
        dev.execute("insert into mine select id from sales.public.orders")
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="more than one database"):
            dev.execute("insert into sales.public.orders select id, 0 from mine")
        dev.execute("rollback")
        dev.execute("begin")
        dev.execute("create table sales.public.copied as select * from mine")
        dev.execute("drop table sales.public.copied")
        dev.execute("commit")
        assert rows(dev, "select * from mine") == []
