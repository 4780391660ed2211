"""psql: what people type first, and its backslash commands, which ask the catalog."""

import re

import pytest

from blueshift import TARGET

TABLES = """
create table public.orders (
    id bigint identity(1,1) not null primary key,
    customer integer not null distkey,
    placed timestamp default getdate() sortkey,
    amount decimal(10,2) encode az64,
    note varchar(40)
);
create view public.big_orders as select id, amount from orders where amount > 100;
create schema sales;
create table sales.region (name char(3));
"""


@pytest.fixture(scope="module")
def psql(shared_server):
    shared_server.psql("-v", "ON_ERROR_STOP=1", stdin=TABLES)

    def run(*arguments, **options):
        result = shared_server.psql("-P", "pager=off", *arguments, **options)
        assert "ERROR" not in result.stderr, result.stderr
        return result.stdout

    return run


def cells(output):
    """The rows of psql's aligned output."""
    return [tuple(cell.strip() for cell in line.split("|")) for line in output.splitlines() if "|" in line]


def test_first_select(psql):
    assert psql("-c", "select 1 as one, 'x' as letter, null as nothing") == (
        " one | letter | nothing \n-----+--------+---------\n   1 | x      | \n(1 row)\n\n"
    )


def test_tags_and_notices(shared_server):
    script = """create table tags (i int);
insert into tags values (1), (2);
update tags set i = i + 1;
delete from tags where i = 2;
begin;
truncate tags;
create table tags2 as select * from tags;
set query_group to 'x';
alter table tags rename to tags3;
drop table tags3;
drop table tags2;
rollback;
"""
    result = shared_server.psql("-a", stdin=script)
    tags = [line for line in result.stdout.splitlines() if line.isupper() or re.fullmatch("[A-Z ]+( [0-9]+)*", line)]
    assert tags == [
        "CREATE TABLE", "INSERT 0 2", "UPDATE 2", "DELETE 1", "BEGIN", "TRUNCATE TABLE", "SELECT", "SET", "ALTER TABLE", "DROP TABLE",
        "DROP TABLE", "ROLLBACK",
    ]


@pytest.mark.skipif(TARGET == "gateway", reason="the Data API does not tell notices")
def test_copy_says_what_it_loaded(shared_server):
    shared_server.s3.put("letters", "all.csv", "a,1\nb,2\nc,3\n")
    result = shared_server.psql(stdin="create table letters (l char(1), n int); copy letters from 's3://letters/all.csv' iam_role default csv;")
    assert "COPY" in result.stdout
    assert "INFO:  Load into table 'letters' completed, 3 record(s) loaded successfully." in result.stderr


def test_errors_point_at_their_place(shared_server):
    result = shared_server.psql("-c", "select 1,\n  nothing from orders where 1 = 1", check=False)
    assert result.returncode == 1
    assert 'ERROR:  column "nothing" does not exist' in result.stderr
    assert "LINE 2:   nothing from orders" in result.stderr
    assert re.search(r"^ {10}\^$", result.stderr, re.MULTILINE)


def test_list_of_relations(psql):
    assert ("public", "orders", "table", "admin") in cells(psql("-c", "\\d"))
    assert ("public", "big_orders", "view", "admin") in cells(psql("-c", "\\d"))
    tables = cells(psql("-c", "\\dt"))
    assert ("public", "orders", "table", "admin") in tables
    assert not any("big_orders" in row for row in tables)
    assert ("sales", "region", "table", "admin") in cells(psql("-c", "\\dt sales.*"))
    views = cells(psql("-c", "\\dv"))
    assert [row for row in views if row[0] == "public"] == [("public", "big_orders", "view", "admin")]


def test_describe_table(psql):
    output = psql("-c", "\\d orders")
    assert 'Table "public.orders"' in output
    rows = {row[0]: row for row in cells(output)}
    assert rows["id"][1] == "bigint" and "not null" in rows["id"]
    assert rows["customer"][1] == "integer" and "not null" in rows["customer"]
    assert rows["placed"][1] == "timestamp without time zone"
    assert rows["amount"][1] == "numeric(10,2)"
    assert rows["note"][1] == "character varying(40)"
    assert "getdate()" in rows["placed"][4]


def test_describe_view(psql):
    output = psql("-c", "\\d big_orders")
    assert 'View "public.big_orders"' in output
    assert {row[0] for row in cells(output)} >= {"id", "amount"}
    assert "numeric(10,2)" in output


def test_describe_what_is_not_there(psql):
    result = psql("-c", "\\d nothing", check=False)
    assert result == ""


def test_schemas(psql):
    names = {row[0] for row in cells(psql("-c", "\\dn"))}
    assert {"public", "sales"} <= names
    assert "pg_catalog" not in names


def test_databases(psql):
    databases = {row[0]: row for row in cells(psql("-c", "\\l"))}
    assert databases["dev"][1] == "admin"
    assert databases["dev"][2] == "UTF8"


def test_users(psql):
    users = {row[0]: row for row in cells(psql("-c", "\\du"))}
    assert "Superuser" in users["admin"][1]


# What psql asks of a server of version 8.0.2 that has the relation for it. (Commands for what Redshift does not have, text
# search and operator families among them, fail as they do there.)
COMMANDS = [
    "d", "d+", "dt", "dt+", "dv", "dv+", "dm", "di", "ds", "dE", "df", "df+", "da", "dn", "dn+", "du", "du+", "dg", "dp", "z", "ddp", "l",
    "l+", "dT", "dT+", "do", "dC", "dD", "dc", "dd", "db", "dL", "dx", "dy", "des", "dew", "det", "drds", "dX", "dA", "dP", "lo_list",
    "sv big_orders", "d+ orders", "d+ big_orders", "d pg_catalog.pg_class", "dS", "dtS", "dvS", "dTS pg_catalog.int4", "dfS length",
    "encoding", "conninfo", "dn public",
]


def test_commands_are_answered(psql):
    psql("-v", "ON_ERROR_STOP=1", stdin="".join(f"\\echo {command}\n\\{command}\n" for command in COMMANDS))


def test_definition_of_a_view(psql):
    assert "from orders where amount > 100" in psql("-c", "\\sv big_orders")


def test_privileges(shared_server, psql):
    shared_server.psql("-c", "create user reader password disable", "-c", "grant select on orders to reader")
    shared_server.psql("-c", "alter default privileges in schema sales grant select on tables to reader")
    assert any("reader=r" in cell for row in cells(psql("-c", "\\dp orders")) for cell in row)
    assert any("reader=r" in cell for row in cells(psql("-c", "\\ddp")) for cell in row)


def test_conninfo(psql):
    assert 'connected to database "dev" as user "admin"' in psql("-c", "\\conninfo")


def test_script_with_variables(psql):
    script = "\\set minimum 5\nselect n from (select 3 as n union all select 7) s where n > :minimum;\n"
    assert "7" in psql("-A", "-t", stdin=script).split()


def test_single_transaction(shared_server):
    result = shared_server.psql("-1", "-v", "ON_ERROR_STOP=1", check=False, stdin="create table undone (i int);\nselect 1/0;\n")
    assert result.returncode != 0
    result = shared_server.psql("-c", "select * from undone", check=False)
    assert 'relation "undone" does not exist' in result.stderr


def test_several_statements_in_one_message_are_one_transaction(shared_server):
    shared_server.psql("-c", "create table together (i int)")
    result = shared_server.psql("-c", "insert into together values (1); select 1/0", check=False)
    assert result.returncode == 1
    assert shared_server.psql("-At", "-c", "select count(*) from together").stdout == "0\n"
