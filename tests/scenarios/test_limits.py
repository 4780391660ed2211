"""Statements that are too long, too deep or have too many parameters: each has an answer, and the server goes on."""

import psycopg
import pytest

# A count in the protocol has 16 bits.
MOST_PARAMETERS = 65_535


@pytest.fixture
def connection(server):
    with server.connect() as connection:
        yield connection
        assert connection.execute("select 1").fetchone() == (1,)


def test_as_many_parameters_as_the_protocol_has(connection):
    places = ", ".join(["%s"] * MOST_PARAMETERS)
    numbers = list(range(MOST_PARAMETERS))
    assert connection.execute(f"select 1 where 65534 in ({places})", numbers).fetchall() == [(1,)]
    assert connection.execute(f"select 1 where -1 in ({places})", numbers).fetchall() == []


def test_as_many_parameters_as_redshifts_driver_sends(connection):
    """32,767 in one INSERT."""
    connection.execute("create table t (i int, s varchar(10))")
    rows = 16_383
    values = [value for i in range(rows) for value in (i, str(i))]
    connection.execute("insert into t values " + ", ".join(["(%s, %s)"] * rows), values)
    assert connection.execute("select count(*), sum(i), count(distinct s) from t").fetchone() == (rows, rows * (rows - 1) // 2, rows)


def test_a_statement_of_17_mb(connection):
    size = 17 << 20
    with pytest.raises(psycopg.Error, match=r"Statement is too large\. Statement Size: \d+ bytes\. Maximum Allowed: 16777216 bytes"):
        connection.execute("select '" + "x" * size + "'")


def test_a_statement_of_12_mb(connection):
    long = "x" * 60_000
    text = " union all ".join([f"select '{long}' as s"] * 200)
    assert connection.execute(f"select count(*), sum(len(s)) from ({text})").fetchone() == (200, 200 * 60_000)


@pytest.mark.parametrize("text", ["(" * 60_000 + "1" + ")" * 60_000, "not " * 60_000 + "true", "abs(" * 60_000 + "1" + ")" * 60_000])
def test_expressions_that_are_nested_too_deeply(connection, text):
    with pytest.raises(psycopg.errors.StatementTooComplex):
        connection.execute("select " + text)


@pytest.mark.parametrize("joint", [" and ", " or "])
def test_long_conditions(connection, joint):
    condition = joint.join(["1 = 1"] * 10_000)
    assert connection.execute(f"select {condition}").fetchone() == (True,)
