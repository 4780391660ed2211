"""A result of any length leaves as it is made: the process does not grow with it. A load of any length, too."""

import socket
import struct

import pytest

from blueshift import S3Folder, Server

# Far less than the rows would take, and more than what the machinery itself comes to use.
GROWTH = 120 * 1024 * 1024


@pytest.fixture
def digits(server):
    with server.connect() as connection:
        connection.execute("create table d as select 0 as n union all select 1 union all select 2 union all select 3 union all select 4 "
                           "union all select 5 union all select 6 union all select 7 union all select 8 union all select 9")
    return server


def test_a_long_result(digits):
    # A million rows of 200 bytes each, and a client that reads them one by one.
    query = "select a.n + b.n * 10, repeat('x', 200) from d a, d b, d c, d e, d f, d g"
    with digits.connect() as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from d a, d b, d c")
        before = digits.memory()
        peak, count = before, 0
        for _ in cursor.stream(query):
            count += 1
            if count % 50_000 == 0:
                peak = max(peak, digits.memory())
    assert count == 1_000_000
    assert peak - before < GROWTH


def message(letter, body):
    return letter + struct.pack("!i", len(body) + 4) + body


def test_ten_million_rows(digits):
    """Read from the socket itself, because a driver would take minutes for them."""
    ready = message(b"Z", b"I")
    # As many digits and as many letters in each, so that the bytes tell how many rows there were.
    row = len(message(b"D", struct.pack("!h", 2) + struct.pack("!i", 1) + b"0" + struct.pack("!i", 20) + b"x" * 20))
    with socket.create_connection((digits.host, digits.port)) as client:
        client.sendall(message(b"", struct.pack("!i", 3 << 16) + b"user\0admin\0database\0dev\0\0"))
        answer = b""
        while not answer.endswith(ready):
            answer += client.recv(1 << 16)
        client.sendall(message(b"Q", b"select a.n, repeat('x', 20) as x from d a, d b, d c, d e, d f, d g, d h\0"))
        before = peak = digits.memory()
        size, portions, end = 0, 0, b""
        while not end.endswith(ready):
            portion = client.recv(1 << 20)
            assert portion
            size, portions, end = size + len(portion), portions + 1, (end + portion)[-32:]
            if portions % 100 == 0:
                peak = max(peak, digits.memory())
    description = message(b"T", struct.pack("!h", 2) + b"n\0" + b"." * 18 + b"x\0" + b"." * 18)
    assert size == len(description) + 10_000_000 * row + len(message(b"C", b"SELECT\0")) + len(ready)
    assert peak - before < GROWTH


def test_a_client_that_does_not_read_on(digits):
    """The server waits for it instead of computing ahead, and the others are served."""
    query = "select repeat('x', 1000) from d a, d b, d c, d e, d f, d g, d h, d i"
    with digits.connect() as slow, digits.connect() as other, slow.cursor() as cursor:
        rows = cursor.stream(query)
        next(rows)
        before = digits.memory()
        for _ in range(20):
            assert other.execute("select count(*) from d a, d b").fetchone() == (100,)
        assert digits.memory() - before < GROWTH
        slow.cancel()
        rows.close()


def test_a_long_load(tmp_path):
    s3 = S3Folder(tmp_path / "s3")
    row = ",".join(["12345678"] * 10) + "\n"
    for part in range(4):
        s3.put("long", f"part-{part}.csv", row * 100_000)
    columns = ", ".join(f"c{n} int" for n in range(10))
    with Server(s3=s3, data=tmp_path / "data") as server, server.connect() as connection:
        connection.execute(f"create table warm ({columns})")
        s3.put("warm", "one.csv", row)
        connection.execute("copy warm from 's3://warm/' iam_role default csv")
        before = server.memory()
        connection.execute(f"create table t ({columns})")
        connection.execute("copy t from 's3://long/' iam_role default csv")
        assert connection.execute("select count(*), sum(c9) from t").fetchone() == (400_000, 400_000 * 12345678)
        assert server.memory() - before < 2 * GROWTH
