"""Blueshift as its users meet it: the program in a process, S3 as a folder or a server, clients of all kinds."""

import os

import pytest

from blueshift import S3Folder, S3Server, Server

# Some clients are tested where tests/run has found or installed them.
collect_ignore = [
    file
    for file, variable in [
        ("clients/test_node.py", "BLUESHIFT_NODE_MODULES"),
        ("clients/test_jdbc.py", "BLUESHIFT_JDBC_DRIVER"),
        ("clients/test_psqlodbc.py", "BLUESHIFT_ODBC"),
        ("clients/test_airflow.py", "BLUESHIFT_AIRFLOW"),
        ("clients/test_superset.py", "BLUESHIFT_SUPERSET"),
        ("clients/test_great_expectations.py", "BLUESHIFT_GREAT_EXPECTATIONS"),
    ]
    if variable not in os.environ
]


@pytest.fixture
def server(tmp_path):
    """A server that keeps its data in memory and plays S3 from a folder."""
    with Server(s3=S3Folder(tmp_path / "s3")) as running:
        yield running


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """The same, shared by the tests of a module, which must not get into each other's way."""
    with Server(s3=S3Folder(tmp_path_factory.mktemp("s3"))) as running:
        yield running


@pytest.fixture(params=["folder", "server"])
def s3(request, tmp_path):
    """S3 in both ways."""
    root = tmp_path / "s3"
    if request.param == "folder":
        yield S3Folder(root)
    else:
        with S3Server(root) as running:
            yield running
