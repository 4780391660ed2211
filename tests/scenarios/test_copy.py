"""COPY: its parameters (developer guide, "Data conversion parameters", "Data load operations", "Authorization parameters") and
its errors."""

import gzip

import pytest

from blueshift import Psycopg, SqlError

ROLE = "iam_role 'arn:aws:iam::123456789012:role/load'"


@pytest.fixture
def session(server):
    client = Psycopg(server)
    client.s3 = server.s3
    yield client
    client.close()


def load(session, columns, content, parameters, key="data.txt", source="s3://bucket/data.txt"):
    """The rows of a table that is loaded from this content."""
    session.run("drop table if exists t")
    session.run(f"create table t ({columns})")
    session.s3.put("bucket", key, content)
    session.run(f"copy t from '{source}' {ROLE} {parameters}")
    return session.run("select * from t order by 1")


def test_delimited_text(session):
    # The default delimiter is a pipe, the default NULL is \N; empty numbers are NULL, empty strings are not.
    rows = load(session, "i int, s varchar(10), d date", "1|a|2020-01-02\n2|\\N|\n|b c|2020-02-03\n3||2020-01-01\n", "")
    assert rows == [("1", "a", "2020-01-02"), ("2", None, None), ("3", "", "2020-01-01"), (None, "b c", "2020-02-03")]


def test_escape(session):
    rows = load(session, "i int, s varchar(20)", "1|a\\|b\n2|line\\\nfeed\n", "escape")
    assert rows == [("1", "a|b"), ("2", "line\nfeed")]


def test_csv_quotes(session):
    rows = load(session, "i int, s varchar(40)", '1,"a ""quoted"", text"\n2,"two\nlines"\n3,plain\n', "csv")
    assert rows == [("1", 'a "quoted", text'), ("2", "two\nlines"), ("3", "plain")]


def test_removequotes(session):
    assert load(session, "i int, s varchar(20)", "\"1\"|'a|b'\n", "removequotes") == [("1", "a|b")]


def test_null_as(session):
    assert load(session, "i int, s varchar(10)", "1,none\nnone,x\n", "delimiter ',' null as 'none'") == [("1", None), (None, "x")]
    # "Data format parameters", DELIMITER: several characters, in octal as well.
    assert load(session, "i int, s varchar(10)", "1|~|a|b\n2|~|\n", "delimiter '|~|'") == [("1", "a|b"), ("2", "")]
    assert load(session, "i int, s varchar(10)", "1¦ìx\n", r"delimiter '\\302\\246\\303\\254'") == [("1", "x")]


def test_emptyasnull_and_blanksasnull(session):
    content = "1,\n2,   \n3,x\n"
    assert load(session, "i int, s varchar(10)", content, "csv") == [("1", ""), ("2", "   "), ("3", "x")]
    assert load(session, "i int, s varchar(10)", content, "csv emptyasnull") == [("1", None), ("2", "   "), ("3", "x")]
    assert load(session, "i int, s varchar(10)", content, "csv emptyasnull blanksasnull") == [("1", None), ("2", None), ("3", "x")]


def test_truncatecolumns(session):
    assert load(session, "i int, s varchar(3)", "1,abcdef\n2,äöü\n", "csv truncatecolumns") == [("1", "abc"), ("2", "ä")]


def test_acceptinvchars(session):
    content = b"1,caf\xe9s\n2,ok\n"
    assert load(session, "i int, s varchar(10)", content, "csv acceptinvchars") == [("1", "caf?s"), ("2", "ok")]
    assert load(session, "i int, s varchar(10)", content, "csv acceptinvchars as '^'") == [("1", "caf^s"), ("2", "ok")]
    with pytest.raises(SqlError):
        load(session, "i int, s varchar(10)", content, "csv")
    assert session.run("select err_code, line_number from stl_load_errors") == [("1220", "1")]


@pytest.mark.parametrize("format_, text, expected", [
    ("dateformat 'DD.MM.YYYY'", "31.12.2020", "2020-12-31"),
    ("dateformat 'MM/DD/YY'", "12/31/20", "2020-12-31"),
    ("dateformat 'auto'", "Dec 31 2020", "2020-12-31"),
    ("", "2020-12-31", "2020-12-31"),
    ("acceptanydate dateformat 'auto'", "nonsense", None),
])
def test_dateformat(session, format_, text, expected):
    assert load(session, "d date", f"{text}\n", format_) == [(expected,)]


@pytest.mark.parametrize("format_, text, expected", [
    ("timeformat 'epochsecs'", "1541121934", "2018-11-02 01:25:34"),
    ("timeformat 'epochmillisecs'", "1541121934796", "2018-11-02 01:25:34.796"),
    ("timeformat 'DD.MM.YYYY HH:MI:SS'", "31.12.2020 23:59:58", "2020-12-31 23:59:58"),
    ("timeformat 'auto'", "2020-12-31T23:59:58", "2020-12-31 23:59:58"),
    ("", "2020-12-31 23:59:58.25", "2020-12-31 23:59:58.25"),
])
def test_timeformat(session, format_, text, expected):
    assert load(session, "t timestamp", f"{text}\n", format_) == [(expected,)]


def test_decimals_are_cut_unless_roundec(session):
    assert load(session, "d decimal(8,2)", "20.259\n", "") == [("20.25",)]
    assert load(session, "d decimal(8,2)", "20.259\n", "roundec") == [("20.26",)]


def test_headers_and_blank_lines(session):
    content = "# one\n# two\n1\n\n2\n"
    assert load(session, "i int", content, "ignoreheader 2 ignoreblanklines") == [("1",), ("2",)]
    assert load(session, "i int", content, "ignoreheader as 2") == [("1",), ("2",), (None,)]


def test_fillrecord(session):
    """"Zero-length strings or NULLs, as appropriate for the data types of the columns"."""
    assert load(session, "a int, b int, c int, d varchar(5)", "1|2\n", "fillrecord") == [("1", "2", None, "")]


def test_column_list_and_defaults(session):
    session.s3.put("bucket", "data.txt", "x,1\ny,2\n")
    session.run("create table t (id int identity(1,1), n int, s varchar(5), d int default 7)")
    session.run(f"copy t (s, n) from 's3://bucket/data.txt' {ROLE} csv")
    assert session.run("select n, s, d from t order by n") == [("1", "x", "7"), ("2", "y", "7")]
    assert session.run("select count(distinct id) from t") == [("2",)]


def test_prefix_and_gzip(session):
    session.run("create table t (i int)")
    for part in range(3):
        session.s3.put("bucket", f"many/part-{part}.gz", gzip.compress(f"{part}\n".encode()))
    session.s3.put("bucket", "manyother.txt", "99\n")
    session.run(f"copy t from 's3://bucket/many/part' {ROLE} gzip")
    assert session.run("select i from t order by 1") == [("0",), ("1",), ("2",)]
    assert session.run("select pg_last_copy_count()") == [("3",)]


def test_json_auto(session):
    """Names as they are written; the first level only; objects may stand back to back."""
    content = '{"i": 1, "s": "a", "nested": {"x":[1,2]}, "unknown": 5}\n{"s": null, "i": "2"}{"I": 3}'
    assert load(session, "i int, s varchar(20), nested varchar(50)", content, "json 'auto'") == [
        ("1", "a", '{"x":[1,2]}'), ("2", None, None), (None, None, None),
    ]
    assert load(session, "i int, s varchar(20)", content, "json 'auto ignorecase'")[2] == ("3", None)


def test_jsonpaths(session):
    session.s3.put("bucket", "paths.json", '{"jsonpaths": ["$[\'a\'][\'b\']", "$[\'c\'][1]"]}')
    rows = load(session, "i int, s varchar(20)", '{"a": {"b": 5}, "c": ["x", "y"]}\n{"a": {}}', "json 's3://bucket/paths.json'")
    assert rows == [("5", "y"), (None, None)]


@pytest.mark.parametrize("authorization", [
    "iam_role default",
    "credentials 'aws_iam_role=arn:aws:iam::123456789012:role/load'",
    "with credentials as 'aws_access_key_id=test;aws_secret_access_key=test'",
    "access_key_id 'test' secret_access_key 'test'",
    "access_key_id as 'test' secret_access_key as 'test' session_token as 'token'",
])
def test_authorization(session, authorization):
    session.s3.put("bucket", "data.txt", "1\n")
    session.run("create table t (i int)")
    session.run(f"copy t from 's3://bucket/data.txt' {authorization} region 'us-west-2' compupdate off statupdate off")
    assert session.run("select i from t") == [("1",)]


def test_all_or_nothing_in_a_block(session):
    session.s3.put("bucket", "data.txt", "1\n2\n")
    session.run("create table t (i int)")
    session.run("begin")
    session.run(f"copy t from 's3://bucket/data.txt' {ROLE}")
    assert session.run("select count(*) from t") == [("2",)]
    session.run("rollback")
    assert session.run("select count(*) from t") == [("0",)]


def test_noload(session):
    session.s3.put("bucket", "data.txt", "1\n2\n")
    session.run("create table t (i int)")
    session.run(f"copy t from 's3://bucket/data.txt' {ROLE} noload")
    assert session.run("select count(*) from t") == [("0",)]


def failure(session, statement):
    with pytest.raises(SqlError) as caught:
        session.run(statement)
    return caught.value


FAILED = "Load into table 't' failed.  Check 'stl_load_errors' system table for details."


@pytest.mark.parametrize("content, columns, parameters, code, reason", [
    ("1|2\n3\n", "a int, b int", "", 1214, "Delimiter not found"),
    ("1|2|3\n", "a int, b int", "", 1202, "Extra column(s) found"),
    ("x\n", "a int", "", 1207, "Invalid digit, Value 'x', Pos 0, Type: Integer"),
    ("abcdef\n", "a varchar(3)", "", 1204, "String length exceeds DDL length"),
    ("2020-13-01\n", "a date", "", 1205, None),
    ("yesterday\n", "a timestamp", "", 1206, None),
    ("maybe\n", "a boolean", "", 1210, None),
    ("\\N\n", "a int not null", "", 1213, "Missing data for not-null field"),
])
def test_load_errors(session, content, columns, parameters, code, reason):
    session.s3.put("bucket", "data.txt", content)
    session.run(f"create table t ({columns})")
    error = failure(session, f"copy t from 's3://bucket/data.txt' {ROLE} {parameters}")
    assert (error.sqlstate, error.message) == ("XX000", FAILED)
    said = session.run("select err_code, trim(err_reason), trim(filename) from stl_load_errors")
    assert len(said) == 1
    assert (int(said[0][0]), said[0][2]) == (code, "s3://bucket/data.txt")
    assert reason is None or said[0][1] == reason
    assert session.run("select count(*) from t") == [("0",)]


def test_maxerror(session):
    session.s3.put("bucket", "data.txt", "1\nx\n3\ny\n5\n")
    session.run("create table t (i int)")
    # As many errors as MAXERROR says and the load fails.
    error = failure(session, f"copy t from 's3://bucket/data.txt' {ROLE} maxerror 2")
    assert error.message == FAILED
    session.run(f"copy t from 's3://bucket/data.txt' {ROLE} maxerror as 3")
    assert session.run("select i from t order by 1") == [("1",), ("3",), ("5",)]
    assert session.run("select line_number, trim(raw_field_value) from stl_load_errors where query = pg_last_copy_id() order by 1") == [
        ("2", "x"), ("4", "y"),
    ]
    # The new view of the same.
    assert session.run("select line_number, trim(column_name) from sys_load_error_detail where query_id = pg_last_copy_id() order by 1") == [
        ("2", "i"), ("4", "i"),
    ]


def test_missing_key_and_bucket(session):
    session.s3.put("bucket", "data.txt", "1\n")
    session.run("create table t (i int)")
    error = failure(session, f"copy t from 's3://bucket/nothing' {ROLE}")
    assert "The specified S3 prefix 'nothing' does not exist" in error.message
    error = failure(session, f"copy t from 's3://no-such-bucket/data.txt' {ROLE}")
    assert "The specified bucket does not exist" in error.message
    error = failure(session, f"copy nothing from 's3://bucket/data.txt' {ROLE}")
    assert error.sqlstate == "42P01"


def test_wrong_format(session):
    session.s3.put("bucket", "data.txt", "1|2\n")
    session.run("create table t (i int)")
    failure(session, f"copy t from 's3://bucket/data.txt' {ROLE} format as parquet")
    failure(session, f"copy t from 's3://bucket/data.txt' {ROLE} gzip")
    failure(session, f"copy t from 's3://bucket/data.txt' {ROLE} json 'auto'")
    assert session.run("select count(*) from t") == [("0",)]
