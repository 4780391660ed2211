"""The Data API as its callers use it: boto3, a statement, its end, its rows."""


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
