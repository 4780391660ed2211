"""What was committed is there after kill -9 and a new start; what was not is gone, and so are the files it left."""

import pathlib
import signal
import threading

import psycopg
import pytest

from blueshift import S3Folder, Server

NUMBERS = "with recursive r(n) as (select 1 union all select n + 1 from r where n < {count}) select n from r"


def kill(server):
    server.stop(signal.SIGKILL)


def parquet_files(folder):
    return sorted(path for path in pathlib.Path(folder).rglob("*") if path.is_file() and path.read_bytes()[:4] == b"PAR1")


def test_committed_stays_and_the_rest_is_gone(tmp_path):
    data = tmp_path / "data"
    server = Server(data=data)
    connection = server.connect()
    connection.execute("create table t (i int, s varchar(20))")
    connection.execute("insert into t values (1, 'one'), (2, 'two')")
    connection.execute(f"create table many as {NUMBERS.format(count=2000)}")
    connection.execute("delete from many where n > 1500")
    connection.execute("begin")
    connection.execute("update t set s = 'TWO' where i = 2")
    connection.execute("create table pair (i int)")
    connection.execute("commit")
    connection.execute("begin")
    connection.execute("insert into t values (3, 'three')")
    connection.execute("create table gone as select * from many")
    connection.execute("drop table pair")
    connection.execute("delete from many")
    connection.execute("delete from t where i = 1")
    kill(server)

    with Server(data=data) as server, server.connect() as connection:
        assert connection.execute("select * from t order by i").fetchall() == [(1, "one"), (2, "TWO")]
        assert connection.execute("select count(*), sum(n) from many").fetchone() == (1500, 1500 * 1501 // 2)
        assert connection.execute("select count(*) from pair").fetchone() == (0,)
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("select * from gone")
        # And it goes on.
        connection.execute("insert into t values (3, 'three')")
        assert connection.execute("select count(*) from t").fetchone() == (3,)


def test_a_killed_load_leaves_nothing(tmp_path):
    data, s3 = tmp_path / "data", S3Folder(tmp_path / "s3")
    s3.put("numbers", "all.csv", "".join(f"{n},{'x' * 40}\n" for n in range(20_000)))
    server = Server(data=data, s3=s3)
    connection = server.connect()
    connection.execute("create table t (i int, s varchar(50))")
    before = parquet_files(data)
    connection.execute("begin")
    connection.execute("copy t from 's3://numbers/all.csv' iam_role default csv")
    kill(server)

    with Server(data=data, s3=s3) as server:
        with server.connect() as connection:
            assert connection.execute("select count(*) from t").fetchone() == (0,)
            # Orphaned files are collected.
            assert parquet_files(data) == before
            connection.execute("copy t from 's3://numbers/all.csv' iam_role default csv")
        kill(server)
    with Server(data=data, s3=s3) as server, server.connect() as connection:
        assert connection.execute("select count(*), max(i) from t").fetchone() == (20_000, 19_999)


def test_killed_at_any_moment(tmp_path):
    """Pairs of rows go into two tables, a transaction each; whenever the server dies, both hold the same, and at least what the
    client was told is committed."""
    data = tmp_path / "data"
    server = Server(data=data)
    with server.connect() as connection:
        connection.execute("create table a (i int)")
        connection.execute("create table b (i int)")
    told = 0
    for round_ in range(3):
        reached = threading.Event()

        def write(server=server, reached=reached, start=told):
            nonlocal told
            connection = server.connect()
            number = start
            try:
                while True:
                    connection.execute("begin")
                    connection.execute(f"insert into a values ({number})")
                    connection.execute(f"insert into b values ({number})")
                    connection.execute("commit")
                    number += 1
                    told = number
                    if number >= start + 10:
                        reached.set()
            except psycopg.OperationalError:
                pass

        writer = threading.Thread(target=write)
        writer.start()
        assert reached.wait(120)
        kill(server)
        writer.join(60)
        server = Server(data=data)
        with server.connect() as connection:
            counts = connection.execute("select (select count(*) from a), (select count(*) from b)").fetchone()
            assert counts[0] == counts[1]
            assert counts[0] - told in (0, 1), round_
            told = counts[0]
    server.stop()


def test_identity_and_settings_of_users_survive(tmp_path):
    data = tmp_path / "data"
    server = Server(data=data)
    with server.connect() as connection:
        connection.execute("create table t (id int identity(1,1), v int)")
        connection.execute("insert into t (v) values (10)")
        connection.execute("create view v as select id, v from t")
        connection.execute("create schema other")
        connection.execute("create user reader password 'Secret-123'")
    kill(server)
    with Server(data=data) as server:
        with server.connect() as connection:
            connection.execute("insert into t (v) values (20)")
            ids = connection.execute("select id from v order by v").fetchall()
            assert len(set(ids)) == 2
            assert connection.execute("select count(*) from pg_namespace where nspname = 'other'").fetchone() == (1,)
        with psycopg.connect(f"host={server.host} port={server.port} user=reader password=Secret-123 dbname=dev") as connection:
            assert connection.execute("select current_user").fetchone() == ("reader",)
