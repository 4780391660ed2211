"""Airflow's operators for Redshift: what they do is told in airflow/jobs.py, which runs where Airflow is installed."""

import json
import os
import pathlib
import subprocess

from blueshift import S3Server, Server

PROGRAM = pathlib.Path(__file__).parent / "airflow" / "jobs.py"


def test_operators(tmp_path):
    with S3Server(tmp_path / "s3") as s3, Server(s3=s3, http="127.0.0.1:0") as server:
        s3.put("lake", "more.csv", "id,name\n2,Bob\n3,Cy\n")
        s3.put("lake", "changed.csv", "id,name\n3,Cleo\n4,Dan\n")
        services = {"s3": {"endpoint_url": s3.endpoint}, "redshift-data": {"endpoint_url": server.http}}
        connections = {
            "WAREHOUSE": {
                "conn_type": "redshift", "host": server.host, "port": server.port, "login": "admin", "password": "any", "schema": "dev",
                "extra": {"ssl": False},
            },
            "LAKE": {
                "conn_type": "aws", "login": "test", "password": "test",
                "extra": {"region_name": "us-east-1", "region": "us-east-1", "service_config": services},
            },
        }
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "AWS_"))}
        environment |= {f"AIRFLOW_CONN_{name}": json.dumps(value) for name, value in connections.items()}
        environment |= {"AIRFLOW_HOME": str(tmp_path / "airflow"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        environment |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
        result = subprocess.run(
            [os.environ["BLUESHIFT_AIRFLOW"], PROGRAM], env=environment, capture_output=True, text=True, timeout=280, check=False
        )
        assert result.returncode == 0, result.stderr[-4000:] + result.stdout[-2000:]
        unloaded = sorted((tmp_path / "s3" / "lake").glob("out/*"))
        assert [file.read_text() for file in unloaded] == ["id,name\n2,Bob\n3,Cy\n"]
        assert [file.read_text() for file in (tmp_path / "s3" / "lake").glob("query/*")] == ["Bob\nCy\n"]
