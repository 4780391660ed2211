"""Measures how long clients' catalog queries take, with few and with many relations and statements kept. README.md says what."""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from measure import Blueshift

# What clients ask, taken from what they send: reflection (SQLAlchemy), `\\d` (psql), the catalog of dbt docs.
QUERIES = {
    "reflection of all columns": """
        select n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attisdistkey,
               a.attsortkeyord, pg_get_expr(d.adbin, d.adrelid)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute a on a.attrelid = c.oid left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where c.relkind in ('r', 'v') and a.attnum > 0 and n.nspname = 'public' order by 1, 2, a.attnum""",
    "keys of all tables": """
        select c.conname, c.contype, pg_get_constraintdef(c.oid), r.relname
        from pg_constraint c join pg_class r on r.oid = c.conrelid order by 1""",
    "list of relations": """
        select n.nspname, c.relname, c.relkind, pg_get_userbyid(c.relowner)
        from pg_class c left join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'v', '') and n.nspname <> 'pg_catalog' and pg_table_is_visible(c.oid) order by 1, 2""",
    "catalog of dbt docs": """
        select t.table_schema, t.table_name, c.column_name, c.ordinal_position, c.data_type
        from information_schema.tables t
        join information_schema.columns c on c.table_schema = t.table_schema and c.table_name = t.table_name
        where t.table_schema = 'public' order by 1, 2, 4""",
    "svv_table_info": "select * from svv_table_info",
}


def median(connection, text, rounds=7):
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        connection.execute(text).fetchall()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def measured(connection):
    return {name: median(connection, text) for name, text in QUERIES.items()}


def make_tables(connection, first, last):
    connection.execute("begin")
    for number in range(first, last):
        key = f"references t{number - 1} (id)" if number % 5 == 4 else ""
        connection.execute(f"create table t{number} (id int primary key, a varchar(20) default 'x', b date, c int {key})")
    connection.execute("commit")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--tables", type=int, default=500)
    parser.add_argument("--statements", type=int, default=20_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Blueshift(arguments.binary, Path(folder))
        connection = server.connect()
        make_tables(connection, 0, arguments.tables // 10)
        few = measured(connection)
        make_tables(connection, arguments.tables // 10, arguments.tables)
        many = measured(connection)
        for _ in range(arguments.statements):
            connection.execute("select 1")
        kept = measured(connection)
        print(f"| query | {arguments.tables // 10} tables | {arguments.tables} tables | ratio | with history | ratio |")
        print("| --- | --- | --- | --- | --- | --- |")
        for name in QUERIES:
            ratios = f"{many[name] / few[name]:.1f} | {kept[name]:.0f} ms | {kept[name] / many[name]:.2f}"
            print(f"| {name} | {few[name]:.0f} ms | {many[name]:.0f} ms | {ratios} |")
        connection.close()
        server.stop()


if __name__ == "__main__":
    main()
