"""Every operation of the Data API's model, every member of its inputs and outputs: what is honoured, and that all is said.

The model is botocore's, of the version in requirements.txt. What this file says of a member is checked against it: a newer
botocore with new members makes this fail until somebody has looked at them.
"""

import datetime

import botocore.session
import pytest

from data_api import DataApi
from test_data_api import ENDLESS

# Members of inputs that change nothing, and why.
WITHOUT_EFFECT = {
    "WithEvent": "there is no event bus",
    "SecretArn": "told again, and the superuser's: there are no secrets",
}
# Members of outputs that are never given, and why.
NEVER_GIVEN = {
    "DbGroups": "nobody is put into groups for one statement",
    "RedshiftQueryUuid": "queries have numbers only",
}


def model():
    return botocore.session.get_session().get_service_model("redshift-data")


def members(shape):
    return set(shape.members) if shape is not None else set()


# The members of each operation's input, all of which a test below or in test_data_api.py gives.
PLACE = {"ClusterIdentifier", "WorkgroupName", "Database", "DbUser", "SecretArn"}
EXECUTE = PLACE | {"WithEvent", "StatementName", "Parameters", "ClientToken", "ResultFormat", "SessionKeepAliveSeconds", "SessionId",
                   "WaitTimeSeconds"}
METADATA = PLACE | {"NextToken", "MaxResults"}
INPUTS = {
    "ExecuteStatement": EXECUTE | {"Sql"},
    "BatchExecuteStatement": EXECUTE | {"Sqls", "ExecutionMode"},
    "DescribeStatement": {"Id", "WaitTimeSeconds"},
    "GetStatementResult": {"Id", "NextToken", "WaitTimeSeconds"},
    "GetStatementResultV2": {"Id", "NextToken", "WaitTimeSeconds"},
    "CancelStatement": {"Id"},
    "ListStatements": {"NextToken", "MaxResults", "StatementName", "Status", "RoleLevel", "Database", "ClusterIdentifier", "WorkgroupName"},
    "ListSessions": {"NextToken", "MaxResults", "SessionId", "Status", "RoleLevel", "ClusterIdentifier", "WorkgroupName", "Database"},
    "ListDatabases": METADATA,
    "ListSchemas": METADATA | {"ConnectedDatabase", "SchemaPattern"},
    "ListTables": METADATA | {"ConnectedDatabase", "SchemaPattern", "TablePattern"},
    "DescribeTable": METADATA | {"ConnectedDatabase", "Schema", "Table"},
}


def test_every_operation_and_every_input_is_known():
    service = model()
    assert set(service.operation_names) == set(INPUTS)
    for name, known in INPUTS.items():
        assert members(service.operation_model(name).input_shape) == known, name


@pytest.fixture(scope="module")
def everything(warehouse):
    """What all operations give, with everything in it that they can give."""
    data = DataApi(warehouse)
    client = data.client
    warehouse.aws("redshift").create_cluster(ClusterIdentifier="of-models", NodeType="ra3.large", MasterUsername="admin",
                                             MasterUserPassword="Passw0rd-1", DBName="dev")
    at_cluster = {"ClusterIdentifier": "of-models", "Database": "dev", "SecretArn": "arn:aws:secretsmanager:us-east-1:000000000000:secret:x"}
    data.run("create table of_models (id int not null default 7, name varchar(10))")
    given = {}

    def note(operation, answer):
        given.setdefault(operation, []).append({key: value for key, value in answer.items() if key != "ResponseMetadata"})
        return answer

    execute = dict(StatementName="of-models", Parameters=[{"name": "p", "value": "1"}], WaitTimeSeconds=30, SessionKeepAliveSeconds=600)
    for number, place in enumerate((data.place | {"DbUser": "admin"}, at_cluster)):
        single = note("ExecuteStatement", client.execute_statement(Sql="select :p::int as one", ClientToken=f"of-models-{number}", **place, **execute))
        batch = note("BatchExecuteStatement", client.batch_execute_statement(Sqls=["select :p::int", "select 1/0"], ExecutionMode="AUTO_COMMIT", **place, **execute))
        csv = client.execute_statement(Sql="select * from of_models", ResultFormat="CSV", WaitTimeSeconds=30, **place)
        failed = client.execute_statement(Sql="select x", WaitTimeSeconds=30, **place)
        for statement in (single, batch, failed):
            note("DescribeStatement", client.describe_statement(Id=statement["Id"]))
        note("GetStatementResult", client.get_statement_result(Id=single["Id"], WaitTimeSeconds=1))
        note("GetStatementResultV2", client.get_statement_result_v2(Id=csv["Id"], WaitTimeSeconds=1))
    large = data.run("with recursive n(i) as (select 1 union all select i + 1 from n where i < 1200) select repeat('x', 1000) from n")
    note("GetStatementResult", client.get_statement_result(Id=large["Id"]))
    large = data.run("with recursive n(i) as (select 1 union all select i + 1 from n where i < 1200) select repeat('x', 1000) from n", ResultFormat="CSV")
    note("GetStatementResultV2", client.get_statement_result_v2(Id=large["Id"]))
    running = client.execute_statement(Sql=ENDLESS, SessionKeepAliveSeconds=60, **data.place)
    note("ListSessions", client.list_sessions(Status="BUSY", Database="dev", WorkgroupName="default"))
    note("CancelStatement", client.cancel_statement(Id=running["Id"]))
    note("ListStatements", client.list_statements(Status="ALL"))
    note("ListStatements", client.list_statements(Status="ALL", MaxResults=1))
    note("ListSessions", client.list_sessions(ClusterIdentifier="of-models"))
    note("ListSessions", client.list_sessions(MaxResults=1))
    note("ListDatabases", client.list_databases(**data.place))
    for operation, call, options in [("ListSchemas", client.list_schemas, {}), ("ListTables", client.list_tables, {}),
                                     ("DescribeTable", client.describe_table, {"Schema": "public", "Table": "of_models"})]:
        note(operation, call(MaxResults=1, **data.place, **options))
    data.run("create database for_models")
    note("ListDatabases", client.list_databases(MaxResults=1, **data.place))
    warehouse.aws("redshift").delete_cluster(ClusterIdentifier="of-models", SkipFinalClusterSnapshot=True)
    return given


def given_members(shape, values, path, missing):
    """Notes the members of a shape, and of those in it, that none of the values has."""
    if shape.type_name == "list":
        given_members(shape.member, [item for value in values for item in value], path + "[]", missing)
    elif shape.type_name == "structure" and getattr(shape, "is_tagged_union", False) is False:
        for name, member in shape.members.items():
            inner = [value[name] for value in values if name in value]
            if not inner:
                missing.add(f"{path}.{name}")
            else:
                given_members(member, inner, f"{path}.{name}", missing)


def test_every_output_is_given(everything):
    service = model()
    missing = set()
    for operation in service.operation_names:
        assert everything.get(operation), operation
        given_members(service.operation_model(operation).output_shape, everything[operation], operation, missing)
    unexplained = {path for path in missing if path.rsplit(".", 1)[1] not in NEVER_GIVEN}
    # A default is told of columns of tables only, as DescribeTable lists them.
    unexplained = {path for path in unexplained if not path.endswith("ColumnMetadata[].columnDefault")}
    assert unexplained == set()


def test_outputs_have_the_types_of_the_model(everything):
    """botocore parses by the model: what has another type would be an error or something else than this."""
    described = everything["DescribeStatement"][0]
    assert isinstance(described["CreatedAt"], datetime.datetime) and isinstance(described["Duration"], int)
    assert isinstance(described["HasResultSet"], bool) and described["QueryParameters"] == [{"name": "p", "value": "1"}]
    session = everything["ListSessions"][0]["Sessions"][0]
    assert session["Status"] == "BUSY" and session["SessionAliveSeconds"] == 60 and isinstance(session["SessionTtl"], datetime.datetime)


def test_members_without_effect_are_taken(warehouse):
    data = DataApi(warehouse)
    for member in WITHOUT_EFFECT:
        value = True if member == "WithEvent" else "arn:aws:secretsmanager:us-east-1:000000000000:secret:x"
        assert data.rows("select 1", **{member: value}) == [(1,)]


def test_another_database_than_the_connected_one(warehouse):
    data = DataApi(warehouse)
    data.run("create database catalogued")
    inside = {"WorkgroupName": "default", "Database": "catalogued"}
    data.client.execute_statement(Sql="create table of_catalogued (i int)", WaitTimeSeconds=30, **inside)
    tables = data.client.list_tables(ConnectedDatabase="dev", TablePattern="of_catalogued", **inside)["Tables"]
    assert [table["name"] for table in tables] == ["of_catalogued"]
    assert data.client.list_tables(ConnectedDatabase="catalogued", TablePattern="of_catalogued", **data.place)["Tables"] == []
    assert data.client.describe_table(ConnectedDatabase="dev", Table="of_catalogued", Schema="public", **inside)["ColumnList"][0]["name"] == "i"
    with pytest.raises(data.client.exceptions.ValidationException, match="does not exist"):
        data.client.list_schemas(ConnectedDatabase="no_such_database", **inside)
