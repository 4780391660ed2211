"""PostgreSQL's JDBC driver: what it does is told in jdbc/Smoke.java."""

import os
import pathlib
import subprocess

PROGRAM = pathlib.Path(__file__).parent / "jdbc" / "Smoke.java"


def test_driver(server):
    url = f"jdbc:postgresql://{server.host}:{server.port}/dev?user=admin&sslmode=disable"
    result = subprocess.run(
        ["java", "-cp", os.environ["BLUESHIFT_JDBC_DRIVER"], PROGRAM, url], capture_output=True, text=True, timeout=240, check=False
    )
    assert result.returncode == 0, result.stderr
