"""After work of every kind each relation of the system's has rows, unless nothing here can give it any."""

import pathlib

import psycopg
import pytest

from blueshift import TARGET, Server

pytestmark = pytest.mark.skipif(TARGET == "gateway", reason="a gateway shows the relations of its service")

ROLE = "iam_role 'arn:aws:iam::123456789012:role/r'"

WORK = [
    "create schema lab quota 1 gb",
    "create table lab.sales (id int, day date, price numeric(10,2), note varchar(20)) distkey (id) sortkey (day)",
    "create table lab.people (id int primary key, name varchar(20))",
    "create table lab.ordered (a int, b int) interleaved sortkey (a, b)",
    "create table lab.shapes (g geometry, h geography)",
    "insert into lab.sales values (1, '2024-01-01', 1.5, 'a'), (2, '2024-01-02', 2.5, 'b'), (2, '2024-01-03', 3.5, 'c')",
    "insert into lab.people values (1, 'ann'), (2, 'bob')",
    "insert into lab.ordered values (1, 1)",
    "update lab.sales set price = 4 where id = 2",
    "delete from lab.sales where id = 1",
    "analyze lab.sales",
    "vacuum lab.sales",
    "vacuum reindex lab.ordered",
    "analyze compression lab.people",
    f"copy lab.people from 's3://bucket/good.csv' {ROLE} csv",
    f"copy lab.people from 's3://bucket/bad.csv' {ROLE} csv maxerror 5 acceptinvchars",
    f"unload ('select * from lab.sales') to 's3://bucket/out/' {ROLE} allowoverwrite",
    "create materialized view lab.totals as select id, sum(price) as total from lab.sales group by id",
    "create materialized view lab.totals_of_totals as select total from lab.totals",
    "refresh materialized view lab.totals",
    "alter table lab.sales rename column note to remark",
    "create view lab.seen as select * from lab.sales",
    "create function lab.more (int) returns int stable as $$ select $1 + 1 $$ language sql",
    """create procedure lab.greet (a int) as $$ begin raise info 'hello %', a; insert into lab.people values (a, 'x'); end $$
       language plpgsql""",
    "call lab.greet(7)",
    "create user somebody password disable createdb",
    "alter user somebody syslog access unrestricted",
    "create group staff with user somebody",
    "create role clerk",
    "create role boss",
    "grant role clerk to somebody",
    "grant role clerk to role boss",
    "grant select on lab.sales to somebody",
    "grant select (id) on lab.people to group staff",
    "grant usage on schema lab to somebody",
    "grant create on database dev to somebody",
    "grant execute on function lab.more(int) to somebody",
    "grant usage on language sql to somebody",
    "grant create table to role clerk",
    "grant assumerole on 'arn:aws:iam::123456789012:role/r' to somebody for copy",
    "alter default privileges in schema lab grant select on tables to somebody",
    "select name, sum(price) from lab.sales join lab.people using (id) group by name order by 2 limit 3",
    "select distinct id from lab.sales union select id from lab.people",
    "select a.id, rank() over (order by b.id) from lab.people a, lab.people b",
    "select id from lab.people limit 1",
    "create rls policy only_one with (id int) using (id = 1)",
    "create table lab.protected (id int)",
    "attach rls policy only_one on lab.protected to role clerk",
    "alter table lab.protected row level security on",
    "select id from lab.protected",
]

WORK_THAT_FAILS = [f"copy lab.people from 's3://bucket/bad.csv' {ROLE} csv", "select 1 / 0 from lab.people"]

# Of these there are no rows, because what they tell of is not here.
WITHOUT = {
    "other clusters and shares of theirs": "datashare datashares concurrency restore xrestore startup_recovery integration copy_job",
    "external schemas, Spectrum, streams and federation": "external s3list s3log s3partition s3query s3retries spectrum federated stream_scan",
    "policies, models, libraries, templates, identity providers": "masking ml_model pg_library template identity_providers",
    "functions in Python and Lambda": "udf ludf",
    "optimizations that nobody asks for": "auto_table automatic auto_worker alter_table_recommendations",
    "faults of a cluster": "disk_full stl_error s3client_error sshclient_error restarted usage_control wlm_error wlm_rule wlm_qmr",
    "waiting for a place in a queue": "wlm_query_queue_state",
    "rows that move between nodes, sorted rows that are merged": "stl_bcast stl_dist stl_mergejoin stv_tbl_trans",
    # Each has a test of its own.
    "what this work does not do": """quota_violations tr_conflict multi_statement stv_load_state spatial_simplify
                                     vacuum_percentage vacuum_summary""",
}


def relations():
    """The relations that the guide documents, all but those that are absent."""
    source = pathlib.Path(__file__).parents[2] / "emulator/src/system/testdata/documented_relations.tsv"
    lines = [line.split("\t") for line in source.read_text().splitlines() if not line.startswith("#")]
    return [name for name, visibility in lines if visibility != "absent"]


def test_relations_have_rows(s3):
    s3.put("bucket", "good.csv", "1,a\n2,b\n")
    s3.put("bucket", "bad.csv", b"x,a\n3,c\xff\n")
    with Server(s3=s3) as server, server.connect() as connection:
        for statement in WORK:
            connection.execute(statement)
        for statement in WORK_THAT_FAILS:
            with pytest.raises(psycopg.Error):
                connection.execute(statement)
        with server.connect() as reader, server.connect() as writer, server.connect() as stopped:
            reader.execute("begin; declare c cursor for select * from lab.people; fetch 1 from c")
            writer.execute("begin; insert into lab.people values (9, 'z')")
            (pid,) = stopped.execute("select pg_backend_pid()").fetchone()
            connection.execute(f"select pg_terminate_backend({pid})")
            empty = [name for name in relations() if connection.execute(f"select 1 from {name} limit 1").fetchone() is None]
            reader.execute("rollback")
            writer.execute("rollback")
        expected = [name for name in relations() if any(word in name for words in WITHOUT.values() for word in words.split())]
        assert sorted(set(empty) - set(expected)) == []
