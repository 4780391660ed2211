"""AWS's interfaces on the HTTP port, through boto3 itself."""

import pytest

from blueshift import S3Folder, Server
from data_api import DataApi


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    """A server with an HTTP port, shared by the tests of a module, which must not get into each other's way."""
    with Server(s3=S3Folder(tmp_path_factory.mktemp("s3")), http="127.0.0.1:0") as running:
        yield running


@pytest.fixture
def data(warehouse):
    return DataApi(warehouse)
