"""Superset: what its own code does with a warehouse is told in superset/browse.py, which runs where Superset is installed."""

import os
import pathlib
import subprocess

FOLDER = pathlib.Path(__file__).parent / "superset"


def test_databases_and_sql_lab(server, tmp_path):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SUPERSET", "FLASK"))}
    environment |= {"SUPERSET_CONFIG_PATH": str(FOLDER / "settings.py"), "SUPERSET_HOME": str(tmp_path), "FLASK_APP": "superset"}
    address = f"redshift+psycopg2://admin:any@{server.host}:{server.port}/dev?sslmode=disable"
    result = subprocess.run(
        [os.environ["BLUESHIFT_SUPERSET"], FOLDER / "browse.py", address], env=environment, capture_output=True, text=True,
        timeout=280, check=False,
    )
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]
    assert result.stdout.count("passed") == 14
