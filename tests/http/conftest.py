"""AWS's interfaces on the HTTP port, through boto3 itself."""

import pytest

from blueshift import S3Folder, Server


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    """A server with an HTTP port, shared by the tests of a module, which must not get into each other's way."""
    with Server(s3=S3Folder(tmp_path_factory.mktemp("s3")), http="127.0.0.1:0") as running:
        yield running


class DataApi:
    """The Data API of the default workgroup."""

    def __init__(self, server, **options):
        self.client = server.aws("redshift-data", **options)
        self.place = {"WorkgroupName": "default", "Database": "dev"}

    def start(self, sql, **options):
        """Submits a statement and gives its id."""
        place = {} if "SessionId" in options else self.place
        return self.client.execute_statement(Sql=sql, **place, **options)["Id"]

    def start_batch(self, sqls, **options):
        """Submits a batch and gives its id."""
        place = {} if "SessionId" in options else self.place
        return self.client.batch_execute_statement(Sqls=sqls, **place, **options)["Id"]

    def end(self, statement):
        """Waits until a statement has ended and describes it."""
        while True:
            described = self.client.describe_statement(Id=statement, WaitTimeSeconds=30)
            if described["Status"] in ("FINISHED", "FAILED", "ABORTED"):
                return described

    def run(self, sql, **options):
        """Runs a statement that succeeds: its description."""
        described = self.end(self.start(sql, **options))
        assert described["Status"] == "FINISHED", described
        return described

    def error(self, sql, **options):
        """Runs a statement that fails: its error."""
        described = self.end(self.start(sql, **options))
        assert described["Status"] == "FAILED", described
        return described["Error"]

    def rows(self, sql, **options):
        """The rows of a statement, each value as its field has it; None is NULL."""
        result = self.client.get_statement_result(Id=self.run(sql, **options)["Id"])
        return [tuple(value_of(field) for field in record) for record in result["Records"]]


def value_of(field):
    """What a field holds."""
    (name, value), = field.items()
    return None if name == "isNull" else value


@pytest.fixture
def data(warehouse):
    return DataApi(warehouse)
