"""Measures Blueshift beside PostgreSQL 15 and DuckDB in one run. README.md says what; ratios are what counts."""

import argparse
import multiprocessing
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import duckdb
import psutil
import psycopg

POSTGRES = Path("/usr/lib/postgresql/15/bin")
LINEITEM = """create table lineitem (
    l_orderkey bigint, l_partkey int, l_suppkey int, l_linenumber int, l_quantity decimal(15,2),
    l_extendedprice decimal(15,2), l_discount decimal(15,2), l_tax decimal(15,2), l_returnflag char(1),
    l_linestatus char(1), l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct char(25),
    l_shipmode char(10), l_comment varchar(44))"""


class Blueshift:
    """A running emulator on a data directory of its own."""

    def __init__(self, binary, folder, s3=None):
        self.folder = Path(folder)
        arguments = [binary, "emulate", "--listen", "127.0.0.1:0", "--data", str(self.folder / "data")]
        if s3:
            arguments += ["--s3-folder", str(s3)]
        self.started = time.perf_counter()
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in self.process.stdout:
            if match := re.search(r"127\.0\.0\.1[: ](?:-p )?(\d+)|-p (\d+)", line):
                self.port = int(match.group(1) or match.group(2))
                break
        else:
            raise SystemExit("blueshift did not start")

    def connect(self):
        return psycopg.connect(
            f"host=127.0.0.1 port={self.port} user=admin dbname=dev sslmode=disable", autocommit=True
        )

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Postgres:
    """A PostgreSQL 15 server with its default settings on a data directory of its own."""

    def __init__(self, folder):
        self.folder = Path(folder) / "postgres"
        self.folder.mkdir()
        shutil.chown(folder, "postgres") if os.geteuid() == 0 else None
        shutil.chown(self.folder, "postgres") if os.geteuid() == 0 else None
        self.port = 54399
        self._run([POSTGRES / "initdb", "-D", self.folder, "-U", "admin", "-A", "trust"])
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        self._run([POSTGRES / "pg_ctl", "-D", self.folder, "-o", options, "-w", "-l", self.folder / "log", "start"])

    def _run(self, command):
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run(prefix + [str(part) for part in command], check=True, stdout=subprocess.DEVNULL)

    def connect(self):
        return psycopg.connect(
            f"host=127.0.0.1 port={self.port} user=admin dbname=postgres sslmode=disable", autocommit=True
        )

    def stop(self):
        self._run([POSTGRES / "pg_ctl", "-D", self.folder, "-m", "fast", "stop"])


def round_trips(connection, statement, count):
    """Microseconds of one round trip: median of `count`."""
    cursor = connection.cursor()
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        cursor.execute(statement, prepare=False)
        if cursor.description:
            cursor.fetchall()
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1e6


def small_statements(binary, count):
    """Start-up, idle memory and round trips, Blueshift and PostgreSQL by turns."""
    with tempfile.TemporaryDirectory() as folder:
        server = Blueshift(binary, folder)
        with server.connect() as connection:
            connection.execute("select 1").fetchall()
            print(f"exec to first select 1: {(time.perf_counter() - server.started) * 1e3:.0f} ms")
        print(f"idle memory: {psutil.Process(server.process.pid).memory_info().rss / 2**20:.0f} MiB")
        postgres = Postgres(folder)
        try:
            with server.connect() as ours, postgres.connect() as theirs:
                for connection in (ours, theirs):
                    connection.execute("create table bench_insert (a int, b varchar(20))")
                for name, statement in (
                    ("select 1", "select 1"),
                    ("one-row insert", "insert into bench_insert values (1, 'one')"),
                ):
                    round_trips(ours, statement, 50), round_trips(theirs, statement, 50)
                    rounds = [(round_trips(ours, statement, count), round_trips(theirs, statement, count)) for _ in range(3)]
                    mine, other = (statistics.median(column) for column in zip(*rounds))
                    print(f"{name}: blueshift {mine:.0f} us, postgres {other:.0f} us, ratio {mine / other:.2f}")
        finally:
            postgres.stop()
            server.stop()


def peak_memory(pid):
    """VmHWM of a process in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024


def load_with_duckdb(csv, database, pipe):
    begin = time.perf_counter()
    connection = duckdb.connect(database)
    connection.execute(LINEITEM)
    connection.execute(f"copy lineitem from '{csv}' (header true)")
    connection.execute("checkpoint")
    pipe.send((time.perf_counter() - begin, peak_memory(os.getpid())))


def load(binary, tpch_data, scale, rounds):
    """COPY of one big CSV file beside DuckDB, by turns."""
    with tempfile.TemporaryDirectory() as folder:
        bucket = Path(folder) / "s3" / "bench"
        bucket.mkdir(parents=True)
        csv = bucket / "lineitem.csv"
        subprocess.run([tpch_data, str(bucket), str(scale)], check=True)
        size = csv.stat().st_size / 1e6
        ratios = []
        for turn in range(rounds):
            server = Blueshift(binary, Path(folder) / f"blueshift{turn}", bucket.parent)
            with server.connect() as connection:
                connection.execute(LINEITEM)
                begin = time.perf_counter()
                connection.execute("copy lineitem from 's3://bench/lineitem.csv' iam_role default csv ignoreheader 1")
                ours = time.perf_counter() - begin
                rows = connection.execute("select count(*) from lineitem").fetchone()[0]
            memory = peak_memory(server.process.pid)
            server.stop()
            here, there = multiprocessing.Pipe()
            child = multiprocessing.Process(
                target=load_with_duckdb, args=(str(csv), str(Path(folder) / f"duck{turn}.db"), there)
            )
            child.start()
            theirs, their_memory = here.recv()
            child.join()
            ratios.append(ours / theirs)
            print(
                f"COPY {size:.0f} MB, {rows} rows: blueshift {ours:.1f} s ({memory:.0f} MiB peak), "
                f"duckdb {theirs:.1f} s ({their_memory:.0f} MiB peak), ratio {ours / theirs:.2f}"
            )
        print(f"COPY: median ratio {statistics.median(ratios):.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--tpch-data", required=True)
    parser.add_argument("--scale", type=float, default=1.4, help="TPC-H scale factor of the CSV: 1.4 is about 1 GB")
    parser.add_argument("--count", type=int, default=1000, help="round trips for each median")
    parser.add_argument("--rounds", type=int, default=3, help="loads of each kind")
    parser.add_argument("--only", choices=["small", "load"])
    arguments = parser.parse_args()
    if arguments.only != "load":
        small_statements(arguments.binary, arguments.count)
    if arguments.only != "small":
        load(arguments.binary, arguments.tpch_data, arguments.scale, arguments.rounds)


if __name__ == "__main__":
    main()
