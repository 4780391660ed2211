"""psql: what people type first, and its backslash commands, which ask the catalog; the installed one and the newest."""

import hashlib
import os
import re
import signal
import subprocess

import pytest

from blueshift import ENDLESS, PATIENCE, TARGET

# The newest is there where tests/run could install it.
PROGRAMS = {"installed": "psql"} | ({"newest": os.environ["BLUESHIFT_PSQL"]} if "BLUESHIFT_PSQL" in os.environ else {})

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
create table sales.region (name char(3), orders bigint references public.orders (id));
create function plus(int, int) returns int immutable as $$ select $1 + $2 $$ language sql;
create materialized view mv as select id from orders;
create user reader password disable;
grant select on orders to reader;
alter default privileges in schema sales grant select on tables to reader;
"""


@pytest.fixture(scope="module", autouse=True)
def tables(shared_server):
    shared_server.psql("-v", "ON_ERROR_STOP=1", stdin=TABLES)


@pytest.fixture(params=PROGRAMS)
def psql(shared_server, request):
    def run(*arguments, **options):
        result = shared_server.psql("-P", "pager=off", *arguments, program=PROGRAMS[request.param], **options)
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
    assert [row for row in views if row[0] == "public"] == [("public", "big_orders", "view", "admin"), ("public", "mv", "view", "admin")]


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


@pytest.mark.parametrize(("command", "wanted"), [
    ("\\dfS abs", ("pg_catalog", "abs", "double precision", "double precision", "func")),
    ("\\daS sum", ("pg_catalog", "sum", "bigint", "integer")),
    ("\\doS <=", ("pg_catalog", "<=", "integer", "bigint", "boolean")),
    ("\\doS+ -", ("pg_catalog", "-", "", "smallint", "smallint", "int2um")),
    ("\\dC integer", ("integer", "bigint", "int8", "yes")),
    ("\\dC text", ("text", "character varying", "(binary coercible)", "yes")),
    ("\\dC integer", ("super", "integer", "", "no")),
])
def test_functions_of_the_system(psql, command, wanted):
    assert wanted in {row[: len(wanted)] for row in cells(psql("-c", command))}


def test_functions_of_users(psql):
    assert {row[1] for row in cells(psql("-c", "\\df"))} - {"name", "Name"} == {"plus"}


def test_password(shared_server, psql):
    """The password goes to the server as its MD5, and SHOW password_encryption says so."""
    shared_server.psql("-c", "create user keeper password 'Abcdef12'")
    psql("-c", "\\password keeper", stdin="Secret12\nSecret12\n")
    kept = shared_server.psql("-Atc", "select passwd from pg_shadow where usename = 'keeper'").stdout.strip()
    assert kept == "md5" + hashlib.md5(b"Secret12keeper").hexdigest()
    shared_server.psql("-c", "drop user keeper")


def test_databases(psql):
    databases = {row[0]: row for row in cells(psql("-c", "\\l"))}
    assert databases["dev"][1] == "admin"
    assert databases["dev"][2] == "UTF8"


def test_users(psql):
    users = {row[0]: row for row in cells(psql("-c", "\\du"))}
    assert "Superuser" in users["admin"][1]


# What psql asks of a server of version 8.0.2 that has the relation for it.
COMMANDS = [
    "d", "d+", "dt", "dt+", "dv", "dv+", "dm", "di", "ds", "dE", "df", "df+", "da", "dn", "dn+", "du", "du+", "dg", "dp", "z", "ddp", "l",
    "l+", "dT", "dT+", "do", "dC", "dD", "dc", "dd", "db", "dL", "dx", "dy", "des", "dew", "det", "drds", "dX", "dA", "dP", "lo_list",
    "sv big_orders", "d+ orders", "d+ big_orders", "d pg_catalog.pg_class", "dS", "dtS", "dvS", "dTS pg_catalog.int4", "dfS length",
    "encoding", "conninfo", "dn public", "dF", "dRp", "dRs", "dconfig search_path", "ddp sales", "d+ mv", "dl", "df plus", "df+ plus",
    "sf plus", "sf+ plus(int,int)", "sv+ big_orders", "dp sales.*", "dt *.region", "dnS+", "diS+", "dit+ orders*",
]


def test_commands_are_answered(psql, tables, request):
    commands = COMMANDS
    if "newest" in request.node.name:
        # It looks for what could be installed, with a function of PostgreSQL 9.1.
        commands = [command for command in COMMANDS if command != "dx"]
    psql("-v", "ON_ERROR_STOP=1", stdin="".join(f"\\echo {command}\n\\{command}\n" for command in commands))


# Commands for what a server of version 8.0 does not have. psql no longer looks at the version of such old servers before it
# asks (its describe.c serves 9.2 and newer), so that these fail on Redshift, too.
REFUSED = {
    # Text search came with 8.3; \dF alone asks for pg_ts_config, which is there and empty.
    "dFd": 'relation "pg_catalog.pg_ts_dict" does not exist',
    "dFp": 'relation "pg_catalog.pg_ts_parser" does not exist',
    "dFt": 'relation "pg_catalog.pg_ts_template" does not exist',
    # User mappings are of 8.4.
    "deu": 'relation "pg_catalog.pg_user_mappings" does not exist',
    # Operator families are of 8.3; FORMAT of 9.1.
    "dAc": "function pg_catalog.format",
    "dAf": "function pg_catalog.format",
    "dAo": "column o.amopfamily does not exist",
    "dAp": "column ap.amprocfamily does not exist",
    # Collations are of 9.1.
    "dO": "function pg_catalog.pg_collation_is_visible(oid) does not exist",
    # What a parameter would be after a restart (boot_val) is of 8.4, and IS DISTINCT FROM is not Redshift's.
    "dconfig": "IS DISTINCT FROM is not supported",
    # VALUES is no table in Redshift.
    "gdesc": 'syntax error at or near ","',
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_commands_for_what_redshift_does_not_have(shared_server, program):
    for command, message in REFUSED.items():
        what = "select 1 as a, 2 as b \\gdesc" if command == "gdesc" else f"\\{command}"
        result = shared_server.psql(stdin=what, check=False, program=PROGRAMS[program])
        assert message in result.stderr, command


# What psql itself knows that an old server cannot have.
NOT_THERE = {
    "dA": "access methods", "dP": "declarative table partitioning", "dRp": "publications", "dRs": "subscriptions",
    "dX": "extended statistics", "dy": "event triggers",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_commands_that_know_the_version(shared_server, program):
    for command, what in NOT_THERE.items():
        said = shared_server.psql("-c", f"\\{command}", program=PROGRAMS[program]).stderr
        assert said == f"The server (version 8.0) does not support {what}.\n"


def test_described_with_everything(psql, request):
    output = psql("-c", "\\d+ orders")
    assert 'Table "public.orders"' in output and "orders_pkey" in output
    # psql 15 tells of foreign keys only where they have triggers.
    if "newest" in request.node.name:
        key = '"region_orders_fkey" FOREIGN KEY (orders) REFERENCES orders(id)'
        assert f'TABLE "sales.region" CONSTRAINT {key}' in output
        assert key in psql("-c", "\\d+ sales.region")


def test_settings(psql):
    assert ("search_path", "$user, public") in cells(psql("-c", "\\dconfig search_path"))


def test_functions(psql):
    """Headings are in lower case, because identifiers are, also in quotes."""
    rows = cells(psql("-c", "\\df plus"))
    assert rows == [("schema", "name", "result data type", "argument data types", "type"), ("public", "plus", "integer", "integer, integer", "func")]
    assert "select $1 + $2" in psql("-c", "\\sf plus")


TYPES = """select 1::smallint, 2, 3::bigint, 1.50::decimal(5,2), -0.5::float8, 0.25::float4, true, 'text'::varchar, 'c'::char(3),
date '2008-01-02', time '10:20:30.5', timetz '10:20:30+02', timestamp '2008-01-02 03:04:05.678', timestamptz '2008-01-02 03:04:05+00',
interval '1-2' year to month, interval '3 04:05:06' day to second, json_parse('[1, {"a": null}]'), 'abc'::varbyte, null::int"""
SHOWN = (
    "1|2|3|1.50|-0.5|0.25|t|text|c  |2008-01-02|10:20:30.50|08:20:30+00|2008-01-02 03:04:05.678|2008-01-02 03:04:05+00|"
    '1 year 2 mons|3 days 04:05:06|[1,{"a":null}]|616263|(null)\n'
)


def test_types_are_shown(psql):
    assert psql("-At", "-P", "null=(null)", "-c", TYPES) == SHOWN


def test_values_of_variables(psql):
    """Quoted by psql, into columns of all types, and back."""
    script = """\\set text 'it''s "quoted" \\\\ here'
\\set day 2024-02-29
create temp table typed (t varchar(40), d date, n decimal(8,2), l boolean, at timestamp, i8 bigint, f float8);
insert into typed values (:'text', :'day', -1.5, 'yes', '2024-02-29 01:02:03.5', 9223372036854775807, 1e300);
select * from typed;
"""
    assert psql("-q", "-At", stdin=script) == "it's \"quoted\" \\ here|2024-02-29|-1.50|t|2024-02-29 01:02:03.50|9223372036854775807|1e+300\n"


def test_results_go_on_into_psql(psql):
    script = """select 5 as five, 'x' as letter \\gset
\\echo :five :letter
select 'select ' || n from (select 1 as n union all select 2) s order by n \\gexec
select * from (select 1 as a, 2 as b, 3 as c) s \\crosstabview
"""
    assert psql("-At", stdin=script) == "5 x\n1\n2\n1|3\n"


def test_a_prepared_statement_run_again(psql):
    runs = "".join(f"execute twice({n}, 'n{n}');\n" for n in range(8))
    script = f"prepare twice(int, varchar(5)) as select $1 * 2, $2;\n{runs}deallocate twice;\nexecute twice(1, 'a');\n"
    result = psql("-q", "-At", stdin=script.rsplit("execute", 1)[0])
    assert result == "".join(f"{2 * n}|n{n}\n" for n in range(8))


@pytest.mark.skipif("newest" not in PROGRAMS, reason="of psql 18")
def test_parameters_by_the_extended_protocol(shared_server):
    script = """select $1::int + 1, $2::varchar(10), $3::date, $4::decimal(5,2), $5::boolean \\bind 3 it''s 2024-02-29 1.5 f \\g
select $1::int * 2, $2::varchar(3) \\parse twice
\\bind_named twice 4 abc \\g
\\bind_named twice 5 d \\g
\\close_prepared twice
\\startpipeline
select $1::int \\bind 1 \\sendpipeline
select $1::int \\bind 2 \\sendpipeline
\\syncpipeline
\\getresults
\\endpipeline
"""
    result = shared_server.psql("-At", stdin=script, program=PROGRAMS["newest"])
    assert result.stdout.split() == ["4|its|2024-02-29|1.50|f", "8|abc", "10|d", "1", "2"]


def test_a_large_result_in_portions(psql):
    """With FETCH_COUNT through a cursor in psql 15, in chunks of libpq's in psql 18."""
    digits = " union all ".join(f"select {n} as n" for n in range(10))
    script = f"""\\set FETCH_COUNT 1000
create temp table digits as {digits};
select a.n * 1000 + b.n * 100 + c.n * 10 + d.n from digits a, digits b, digits c, digits d, digits e where e.n < 2;
"""
    numbers = [int(line) for line in psql("-q", "-At", stdin=script).split()]
    assert (len(numbers), sum(numbers)) == (20_000, 2 * 9999 * 10000 // 2)


@pytest.mark.parametrize("program", PROGRAMS)
def test_cancel(shared_server, program):
    """Control-C sends a cancel request."""
    process = subprocess.Popen(
        [PROGRAMS[program], "-X", "-v", "VERBOSITY=verbose", "-d", f"{shared_server.dsn} application_name=endless", "-c", ENDLESS],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    with shared_server.connect() as other:
        while not other.execute("select 1 from stv_inflight where text like 'with recursive%' and pid <> pg_backend_pid()").fetchall():
            assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert "57014" in said, said
    assert process.returncode != 0


def test_sqlstates(psql, shared_server):
    for sql, state in [
        ("select 1 frm t", "42601"), ("select nothing", "42703"), ("select 1 / 0", "22012"), ("select 'x'::int", "22P02"),
        ("select * from nothing", "42P01"), ("select nothing(1)", "42883"), ("drop schema nothing", "3F000"),
    ]:
        assert f"ERROR:  {state}: " in shared_server.psql("-v", "VERBOSITY=verbose", "-c", sql, check=False).stderr, sql


def test_definition_of_a_view(psql):
    assert "from orders where amount > 100" in psql("-c", "\\sv big_orders")


def test_privileges(psql):
    assert any("reader=r" in cell for row in cells(psql("-c", "\\dp orders")) for cell in row)
    assert any("reader=r" in cell for row in cells(psql("-c", "\\ddp")) for cell in row)


def test_conninfo(psql):
    output = psql("-c", "\\conninfo")
    # A table in psql 18.
    assert 'connected to database "dev" as user "admin"' in output or {("Database", "dev"), ("Client User", "admin")} <= set(cells(output))


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
