"""The program itself: how it starts, what it says, how it ends, what it refuses."""

import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import time

import psycopg
import pytest

from blueshift import PATIENCE, PROGRAM, Server, StartFailed


def help_of(*arguments):
    return subprocess.run([PROGRAM, *arguments, "--help"], capture_output=True, text=True, check=True).stdout


def test_help_explains_every_flag_and_its_variable():
    text = help_of("emulate")
    flags = re.findall(r"^ +(?:-\w, )?--([a-z0-9-]+)", text, re.MULTILINE)
    assert {"listen", "data", "ephemeral", "database", "user", "password", "s3-folder", "s3-endpoint", "s3-region",
            "memory-limit", "init", "extensions"} <= set(flags)
    for flag in set(flags) - {"help", "version"}:
        variable = "BLUESHIFT_" + flag.upper().replace("-", "_")
        assert f"[env: {variable}" in text, flag


def test_banner(tmp_path):
    with Server(data=tmp_path / "data") as server:
        assert server.ca
        said = server.output
        assert f"{server.host}" in said and str(server.port) in said
        assert "psql" in said
        assert str(tmp_path / "data") in said
        assert "s3" in said
        # It listens on loopback only, and says so.
        assert "password" in said


def test_variables_are_flags(tmp_path):
    environment = {"BLUESHIFT_DATABASE": "analyticsdb", "BLUESHIFT_USER": "boss", "BLUESHIFT_PASSWORD": "Secret-1"}
    with Server(environment=environment) as server:
        dsn = f"host={server.host} port={server.port} user=boss password=Secret-1 dbname=analyticsdb"
        with psycopg.connect(dsn) as connection:
            assert connection.execute("select current_user, current_database()").fetchone() == ("boss", "analyticsdb")
        with pytest.raises(psycopg.OperationalError, match='password authentication failed for user "boss"'):
            psycopg.connect(dsn.replace("Secret-1", "wrong"))
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(dsn.replace("user=boss", "user=nobody"))


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_leaves_nothing_behind(tmp_path, with_signal):
    server = Server(data=tmp_path / "data")
    connection = server.connect()
    connection.execute("create table t (i int)")
    assert server.stop(with_signal) == 0
    with pytest.raises(psycopg.OperationalError):
        connection.execute("select 1")
    # Nothing holds the folder or the port.
    with Server(data=tmp_path / "data", listen=f"127.0.0.1:{server.port}") as again, again.connect() as connection:
        assert connection.execute("select count(*) from t").fetchone() == (0,)


def test_port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartFailed) as failure:
            Server(listen=f"localhost:{port}", environment={"BLUESHIFT_LOG": "error"})
    refused(failure.value, str(port))


def refused(failure, *words):
    """One clear line and exit code 1."""
    assert failure.code == 1
    lines = failure.output.strip().splitlines()
    assert len(lines) == 1, failure.output
    for word in words:
        assert word in lines[0]


def test_folder_locked_by_another(tmp_path):
    with Server(data=tmp_path / "data"):
        with pytest.raises(StartFailed) as failure:
            Server(data=tmp_path / "data")
    refused(failure.value, str(tmp_path / "data"))


def test_folder_of_a_newer_version(tmp_path):
    Server(data=tmp_path / "data").stop()
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "catalog.db")) as database:
        version = database.execute("pragma user_version").fetchone()[0]
        database.execute(f"pragma user_version = {version + 1}")
    with pytest.raises(StartFailed) as failure:
        Server(data=tmp_path / "data")
    refused(failure.value, "newer")


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StartFailed) as failure:
        Server(data=tmp_path / "file" / "data")
    refused(failure.value, "file")


def test_init_file(tmp_path):
    init = tmp_path / "init.sql"
    init.write_text("create schema stage;\ncreate table stage.t (i int);\ninsert into stage.t values (1), (2);\n")
    with Server("--init", str(init)) as server, server.connect() as connection:
        assert connection.execute("select sum(i) from stage.t").fetchone() == (3,)


def test_init_file_that_cannot_be_read(tmp_path):
    with pytest.raises(StartFailed) as failure:
        Server("--init", str(tmp_path / "nothing.sql"))
    refused(failure.value, "nothing.sql")


def test_init_file_with_an_error(tmp_path):
    init = tmp_path / "init.sql"
    init.write_text("create table t (i int);\nselect nothing;\n")
    with pytest.raises(StartFailed) as failure:
        Server("--init", str(init))
    refused(failure.value, "init.sql", "nothing")


def test_without_a_password_only_loopback():
    with pytest.raises(StartFailed) as failure:
        Server(listen="0.0.0.0:0")
    refused(failure.value, "password")


def test_unknown_flag_is_told_apart():
    result = subprocess.run([PROGRAM, "emulate", "--nonsense"], capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert result.returncode != 0
    assert "--nonsense" in result.stderr


def test_ephemeral_leaves_no_files(tmp_path):
    server = Server(data=None)
    folder = server.folder.name
    with server.connect() as connection:
        connection.execute("create table t as select 1 as i")
    left = [path for _, _, files in os.walk(folder) for path in files if not path.endswith((".pem", ".key", ".crt"))]
    server.stop()
    assert left == []


def temporary(folder):
    """The environment of a server whose temporary files come to lie in this folder."""
    folder.mkdir(exist_ok=True)
    return {"TMPDIR": str(folder)}


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_among_temporary_files(tmp_path, with_signal):
    folder = tmp_path / "tmp"
    server = Server(environment=temporary(folder))
    # What clients check its certificate with is there while it runs.
    certificate = server.ca
    assert [str(path) for path in folder.iterdir()] == [certificate]
    dsn = f"host=localhost port={server.port} user=admin dbname=dev sslmode=verify-full sslrootcert={certificate}"
    psycopg.connect(dsn).close()
    server.stop(with_signal)
    assert list(folder.iterdir()) == []


def test_nothing_is_left_where_it_does_not_start(tmp_path):
    folder = tmp_path / "tmp"
    init = tmp_path / "init.sql"
    init.write_text("select nothing;")
    with pytest.raises(StartFailed):
        Server("--init", str(init), environment=temporary(folder))
    assert list(folder.iterdir()) == []


def test_what_a_killed_server_left_goes_with_the_next(tmp_path):
    folder = tmp_path / "tmp"
    with Server(environment=temporary(folder)) as other:
        Server(environment=temporary(folder)).stop(signal.SIGKILL)
        assert len(list(folder.iterdir())) == 2
        Server(environment=temporary(folder)).stop()
        # That of the one that runs is needed.
        assert len(list(folder.iterdir())) == 1
        with other.connect() as connection:
            assert connection.execute("select 1").fetchone() == (1,)


def test_first_answer_comes_soon():
    """Not the figure of a release build: it only shows that nothing waits."""
    begun = time.monotonic()
    with Server() as server, server.connect() as connection:
        connection.execute("select 1")
    assert time.monotonic() - begun < 20
