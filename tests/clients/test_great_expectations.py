"""Great Expectations: what it finds in a warehouse is told in great_expectations/validate.py, which runs where it is installed."""

import os
import pathlib
import subprocess

PROGRAM = pathlib.Path(__file__).parent / "great_expectations" / "validate.py"


def test_expectations(server, tmp_path):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GX_")}
    environment |= {"GX_ANALYTICS_ENABLED": "false", "HOME": str(tmp_path)}
    address = f"redshift+psycopg2://admin:any@{server.host}:{server.port}/dev?sslmode=disable"
    result = subprocess.run(
        [os.environ["BLUESHIFT_GREAT_EXPECTATIONS"], PROGRAM, address], env=environment, cwd=tmp_path, capture_output=True, text=True,
        timeout=280, check=False,
    )
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]
    assert result.stdout.count("passed") == 46
