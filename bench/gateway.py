"""What the gateway costs, in one run: psql's protocol through it, against calling the same Data API directly.

    tests' Python, BLUESHIFT_BIN=target/release/blueshift: python bench/gateway.py [--rows N]

The Data API is an emulator's on the same machine, so that what is measured is the gateway and not a network.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import resource
import statistics
import subprocess
import tempfile
import time

import boto3
import botocore.config
import psycopg

BIN = os.environ.get("BLUESHIFT_BIN", "target/release/blueshift")
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDADMIN", "AWS_SECRET_ACCESS_KEY": "secret"}


class Program:
    """A running Blueshift."""

    def __init__(self, *arguments, folder):
        self.process = subprocess.Popen(
            [pathlib.Path(BIN).resolve(), *arguments], cwd=folder, env=os.environ | KEYS, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )
        self.said = ""
        while "  TLS " not in self.said:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit(f"it did not start: {self.said}")
            self.said += line
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", self.said)[1])

    @property
    def http(self):
        return re.search(r"http://127\.0\.0\.1:\d+", self.said)[0]

    def connect(self):
        return psycopg.connect(
            f"host=127.0.0.1 port={self.port} user=admin dbname=dev sslmode=disable", autocommit=True
        )

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()


def median_ms(call, times):
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        took.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(took)


def data_api(url):
    config = botocore.config.Config(retries={"total_max_attempts": 1}, max_pool_connections=250)
    return boto3.client(
        "redshift-data", endpoint_url=url, region_name="us-east-1", aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"], config=config,
    )


def latency(emulator, gateway):
    """The same two calls, made by the gateway and by boto3."""
    data = data_api(emulator.http)
    session = data.execute_statement(
        WorkgroupName="default", Database="dev", Sql="select 1", SessionKeepAliveSeconds=600, WaitTimeSeconds=1
    )["SessionId"]

    def direct(sql):
        asked = data.execute_statement(SessionId=session, Sql=sql, SessionKeepAliveSeconds=600, WaitTimeSeconds=1)
        if asked["HasResultSet"]:
            data.get_statement_result(Id=asked["Id"])

    with gateway.connect() as through, emulator.connect() as straight:
        through.execute("create temp table t (a int)")
        for name, sql in [("SELECT 1", "select 1"), ("SET", "set query_group to 'x'")]:
            for _ in range(20):
                direct(sql), through.execute(sql), straight.execute(sql)
            print(
                f"{name:10} Data API by boto3 {median_ms(lambda: direct(sql), 300):6.2f} ms"
                f"   gateway {median_ms(lambda: through.execute(sql), 300):6.2f} ms"
                f"   emulator's own wire {median_ms(lambda: straight.execute(sql), 300):6.2f} ms"
            )


def rows(gateway, count, form):
    with gateway.connect() as connection:
        begun = time.perf_counter()
        read = 0
        with connection.cursor() as cursor:
            for _ in cursor.stream(
                f"select n, n * 2.5 as x, 'row ' || n::varchar as s, date '2024-01-01' + (n % 365) as d "
                f"from generate_series(1, {count}) as t(n)"
            ):
                read += 1
        took = time.perf_counter() - begun
        assert read == count
        print(f"{count} rows of 4 columns as {form}: {took:.2f} s, {count / took:,.0f} rows/s, gateway {gateway.memory():.0f} MB")


def idle(gateway, count):
    before = gateway.memory()
    connections = [gateway.connect() for _ in range(count)]
    print(f"{count} idle connections: {gateway.memory() - before:.1f} MB more than the {before:.1f} MB before")
    for connection in connections:
        connection.close()


def busy(gateway, clients, statements):
    def work(_):
        with gateway.connect() as connection:
            for n in range(statements):
                assert connection.execute(f"select {n}").fetchone() == (n,)

    begun = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        list(pool.map(work, range(clients)))
    took = time.perf_counter() - begun
    print(f"{clients} busy connections: {clients * statements / took:,.0f} statements/s, gateway {gateway.memory():.0f} MB")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments = arguments.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder:
        emulator = Program("emulate", "--ephemeral", "--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", folder=folder)

        def gateway(*more):
            return Program(
                "proxy", "--listen", "127.0.0.1:0", "--workgroup", "default", "--database", "dev", "--region", "us-east-1",
                "--endpoint-url", emulator.http, *more, folder=folder,
            )

        json = gateway()
        idle(json, 1_000)
        latency(emulator, json)
        rows(json, arguments.rows, "json")
        csv = gateway("--results", "csv")
        rows(csv, arguments.rows, "csv")
        busy(json, 200, 20)
        for program in (csv, json, emulator):
            program.stop()


if __name__ == "__main__":
    main()
