"""node-postgres and postgres.js: what they do is told in node/smoke.test.js."""

import os
import pathlib
import subprocess

FOLDER = pathlib.Path(__file__).parent / "node"


def test_clients(server):
    environment = os.environ | {
        "BLUESHIFT_HOST": server.host, "BLUESHIFT_PORT": str(server.port), "NODE_PATH": os.environ["BLUESHIFT_NODE_MODULES"],
    }
    result = subprocess.run(
        ["node", "--test", FOLDER / "smoke.test.js"], env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
