"""Each scenario is played through psql and through psycopg, with S3 as a folder and as a server."""

import pytest

from blueshift import Psql, Psycopg, Server


@pytest.fixture(params=[Psql, Psycopg], ids=["psql", "psycopg"])
def warehouse(request, s3):
    """A session on a new server; its `s3` is where the files go."""
    with Server(s3=s3) as server:
        client = request.param(server)
        client.s3 = s3
        client.server = server
        yield client
        client.close()
