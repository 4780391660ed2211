"""Redshift Serverless and provisioned clusters: namespaces, workgroups, clusters, groups, tags, credentials.

Sources: Amazon Redshift Serverless API reference; Amazon Redshift API reference.
"""

import datetime

import psycopg
import pytest
import redshift_connector
from botocore.exceptions import ClientError

from blueshift import PATIENCE, Server, StartFailed
from data_api import DataApi
from test_data_api import fails


@pytest.fixture
def serverless(warehouse):
    return warehouse.aws("redshift-serverless")


@pytest.fixture
def redshift(warehouse):
    return warehouse.aws("redshift")


def log_in(server, user, password, database="dev"):
    """A connection with a user's password, which comes over TLS."""
    return psycopg.connect(
        host=server.host, port=server.port, user=user, password=password, dbname=database, sslmode="require", autocommit=True,
    )


def ask(connection, sql):
    return connection.execute(sql).fetchone()[0]


# ---- Redshift Serverless


def test_a_namespace_and_a_workgroup_are_there_from_the_start(warehouse, serverless):
    namespace = serverless.get_namespace(namespaceName="default")["namespace"]
    assert (namespace["status"], namespace["dbName"], namespace["adminUsername"]) == ("AVAILABLE", "dev", "admin")
    workgroup = serverless.get_workgroup(workgroupName="default")["workgroup"]
    assert (workgroup["status"], workgroup["namespaceName"], workgroup["baseCapacity"]) == ("AVAILABLE", "default", 128)
    assert (workgroup["endpoint"]["address"], workgroup["endpoint"]["port"]) == (warehouse.host, warehouse.port)
    assert isinstance(workgroup["creationDate"], datetime.datetime)
    assert "default" in [w["workgroupName"] for w in serverless.list_workgroups()["workgroups"]]
    assert "default" in [n["namespaceName"] for n in serverless.list_namespaces()["namespaces"]]


def test_the_life_of_a_namespace_and_its_workgroup(warehouse, serverless):
    role = "arn:aws:iam::123456789012:role/RedshiftS3AccessRole"
    created = serverless.create_namespace(
        namespaceName="analytics", adminUsername="boss", adminUserPassword="Secret-123", dbName="analyticsdb", iamRoles=[role],
        defaultIamRoleArn=role, logExports=["userlog"], tags=[{"key": "env", "value": "lab"}],
    )["namespace"]
    assert created["status"] == "AVAILABLE" and created["defaultIamRoleArn"] == role and role in created["iamRoles"][0]
    workgroup = serverless.create_workgroup(
        workgroupName="analytics-wg", namespaceName="analytics", baseCapacity=8, publiclyAccessible=True,
        configParameters=[{"parameterKey": "enable_user_activity_logging", "parameterValue": "true"}],
    )["workgroup"]
    assert workgroup["status"] == "CREATING"
    workgroup = serverless.get_workgroup(workgroupName="analytics-wg")["workgroup"]
    assert workgroup["status"] == "AVAILABLE" and workgroup["baseCapacity"] == 8 and workgroup["publiclyAccessible"] is True

    # The database and the administrator are real.
    with log_in(warehouse, "boss", "Secret-123", "analyticsdb") as connection:
        assert ask(connection, "select current_database()") == "analyticsdb"
        connection.execute("create table of_boss (i int)")
    with pytest.raises(psycopg.OperationalError):
        log_in(warehouse, "boss", "wrong", "analyticsdb")
    data = DataApi(warehouse)
    data.place = {"WorkgroupName": "analytics-wg", "Database": "analyticsdb"}
    assert data.rows("select count(*) from of_boss") == [(0,)]
    data.place["WorkgroupName"] = workgroup["workgroupArn"]
    assert data.rows("select count(*) from of_boss") == [(0,)]

    updated = serverless.update_workgroup(workgroupName="analytics-wg", baseCapacity=16)["workgroup"]
    assert updated["baseCapacity"] == 16 and updated["publiclyAccessible"] is True
    serverless.update_namespace(namespaceName="analytics", adminUserPassword="Another-456")
    log_in(warehouse, "boss", "Another-456", "analyticsdb").close()

    arn = created["namespaceArn"]
    serverless.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "data"}])
    tags = lambda: {tag["key"]: tag["value"] for tag in serverless.list_tags_for_resource(resourceArn=arn)["tags"]}
    assert tags() == {"env": "lab", "team": "data"}
    serverless.untag_resource(resourceArn=arn, tagKeys=["env"])
    assert tags() == {"team": "data"}

    fails(serverless.create_namespace, "ConflictException", namespaceName="analytics")
    fails(serverless.create_workgroup, "ConflictException", workgroupName="other", namespaceName="analytics")
    fails(serverless.delete_namespace, "ConflictException", namespaceName="analytics")
    assert serverless.delete_workgroup(workgroupName="analytics-wg")["workgroup"]["status"] == "DELETING"
    assert serverless.delete_namespace(namespaceName="analytics")["namespace"]["status"] == "DELETING"
    fails(serverless.get_workgroup, "ResourceNotFoundException", workgroupName="analytics-wg")
    fails(serverless.get_namespace, "ResourceNotFoundException", namespaceName="analytics")
    fails(serverless.list_tags_for_resource, "ResourceNotFoundException", resourceArn=arn)
    fails(data.client.execute_statement, "ValidationException", "Redshift endpoint doesn't exist in this region.",
          Sql="select 1", WorkgroupName="analytics-wg", Database="dev")


@pytest.mark.parametrize("operation, arguments", [
    ("create_namespace", {"namespaceName": "Upper"}),
    ("create_namespace", {"namespaceName": "x" * 65}),
    ("create_namespace", {"namespaceName": "weak", "adminUsername": "x", "adminUserPassword": "weak"}),
    ("create_namespace", {"namespaceName": "both", "manageAdminPassword": True, "adminUserPassword": "Secret-123"}),
    ("create_workgroup", {"workgroupName": "wrong-capacity", "namespaceName": "default", "baseCapacity": 9}),
    ("get_credentials", {"workgroupName": "default", "durationSeconds": 60}),
])
def test_serverless_requests_that_are_not_valid(serverless, operation, arguments):
    fails(getattr(serverless, operation), "ValidationException", **arguments)


def test_serverless_credentials_log_in(warehouse, serverless):
    issued = serverless.get_credentials(workgroupName="default", dbName="dev", durationSeconds=900)
    assert issued["dbUser"] == "IAM:admin"
    left = issued["expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(minutes=14) < left <= datetime.timedelta(minutes=15)
    with log_in(warehouse, issued["dbUser"], issued["dbPassword"]) as connection:
        assert ask(connection, "select current_user") == "admin"
    fails(serverless.get_credentials, "ResourceNotFoundException", workgroupName="no-such")


def test_what_was_made_is_there_after_a_restart(tmp_path):
    with Server(data=tmp_path / "data", http="127.0.0.1:0") as server:
        client = server.aws("redshift-serverless")
        client.create_namespace(namespaceName="kept", tags=[{"key": "a", "value": "b"}])
        arn = client.get_namespace(namespaceName="kept")["namespace"]["namespaceArn"]
        server.stop()
    with Server(data=tmp_path / "data", http="127.0.0.1:0") as server:
        client = server.aws("redshift-serverless")
        assert client.get_namespace(namespaceName="kept")["namespace"]["namespaceArn"] == arn
        assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "a", "value": "b"}]


# ---- Provisioned clusters


def create_cluster(redshift, name, **options):
    return redshift.create_cluster(**{
        "ClusterIdentifier": name, "NodeType": "ra3.large", "NumberOfNodes": 2, "MasterUsername": "dwhuser",
        "MasterUserPassword": "Passw0rd-1", "DBName": "dwh"} | options)["Cluster"]


def test_the_life_of_a_cluster(warehouse, redshift):
    role = "arn:aws:iam::123456789012:role/dwhRole"
    created = create_cluster(redshift, "dwh-cluster", IamRoles=[role], Tags=[{"Key": "env", "Value": "lab"}])
    assert created["ClusterStatus"] == "creating"
    redshift.get_waiter("cluster_available").wait(ClusterIdentifier="dwh-cluster")
    cluster, = redshift.describe_clusters(ClusterIdentifier="dwh-cluster")["Clusters"]
    assert (cluster["ClusterStatus"], cluster["NodeType"], cluster["NumberOfNodes"]) == ("available", "ra3.large", 2)
    assert (cluster["MasterUsername"], cluster["DBName"]) == ("dwhuser", "dwh")
    assert cluster["Endpoint"] == {"Address": warehouse.host, "Port": warehouse.port}
    assert cluster["IamRoles"] == [{"IamRoleArn": role, "ApplyStatus": "in-sync"}]
    assert cluster["Tags"] == [{"Key": "env", "Value": "lab"}]
    assert isinstance(cluster["ClusterCreateTime"], datetime.datetime) and cluster["Encrypted"] is True

    with log_in(warehouse, "dwhuser", "Passw0rd-1", "dwh") as connection:
        assert ask(connection, "select current_user || '/' || current_database()") == "dwhuser/dwh"
    data = DataApi(warehouse)
    data.place = {"ClusterIdentifier": "dwh-cluster", "Database": "dwh", "DbUser": "dwhuser"}
    described = data.run("select current_user")
    assert (described["ClusterIdentifier"], described["DbUser"]) == ("dwh-cluster", "dwhuser")

    assert redshift.modify_cluster(ClusterIdentifier="dwh-cluster", NumberOfNodes=4)["Cluster"]["NumberOfNodes"] == 4
    redshift.modify_cluster_iam_roles(ClusterIdentifier="dwh-cluster", RemoveIamRoles=[role])
    assert redshift.describe_clusters(ClusterIdentifier="dwh-cluster")["Clusters"][0]["IamRoles"] == []
    assert redshift.pause_cluster(ClusterIdentifier="dwh-cluster")["Cluster"]["ClusterStatus"] == "pausing"
    fails(data.client.execute_statement, "ValidationException", "paused", Sql="select 1", **data.place)
    fails(redshift.pause_cluster, "InvalidClusterState", ClusterIdentifier="dwh-cluster")
    redshift.resume_cluster(ClusterIdentifier="dwh-cluster")
    assert data.rows("select 1") == [(1,)]
    assert redshift.describe_logging_status(ClusterIdentifier="dwh-cluster")["LoggingEnabled"] is False

    fails(create_cluster, "ClusterAlreadyExists", redshift=redshift, name="dwh-cluster")
    fails(redshift.delete_cluster, "InvalidParameterCombination", ClusterIdentifier="dwh-cluster")
    redshift.delete_cluster(ClusterIdentifier="dwh-cluster", SkipFinalClusterSnapshot=True)
    redshift.get_waiter("cluster_deleted").wait(ClusterIdentifier="dwh-cluster")
    error = fails(redshift.describe_clusters, "ClusterNotFound", "Cluster dwh-cluster not found.", ClusterIdentifier="dwh-cluster")
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 404 and error["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize("options, code", [
    ({"name": "Bad--name"}, "InvalidParameterValue"),
    ({"name": "too-many", "NumberOfNodes": 1000}, "InvalidParameterValue"),
    ({"name": "no-group", "ClusterSubnetGroupName": "missing"}, "ClusterSubnetGroupNotFoundFault"),
    ({"name": "no-params", "ClusterParameterGroupName": "missing"}, "ClusterParameterGroupNotFound"),
    ({"name": "no-password", "MasterUserPassword": ""}, "MissingParameter"),
])
def test_clusters_that_are_refused(redshift, options, code):
    fails(create_cluster, code, redshift=redshift, **options)


def test_groups_of_parameters(redshift):
    redshift.create_cluster_parameter_group(ParameterGroupName="mine", ParameterGroupFamily="redshift-2.0", Description="of mine",
                                            Tags=[{"Key": "k", "Value": "v"}])
    group, = redshift.describe_cluster_parameter_groups(ParameterGroupName="mine")["ParameterGroups"]
    assert (group["ParameterGroupFamily"], group["Description"], group["Tags"]) == ("redshift-2.0", "of mine", [{"Key": "k", "Value": "v"}])
    redshift.modify_cluster_parameter_group(ParameterGroupName="mine", Parameters=[{"ParameterName": "require_ssl", "ParameterValue": "false"}])
    of = lambda **options: {p["ParameterName"]: p["ParameterValue"]
                            for p in redshift.describe_cluster_parameters(ParameterGroupName="mine", **options)["Parameters"]}
    assert of(Source="user") == {"require_ssl": "false"}
    assert of()["statement_timeout"] == "0"
    redshift.reset_cluster_parameter_group(ParameterGroupName="mine", ResetAllParameters=True)
    assert of(Source="user") == {}
    names = [g["ParameterGroupName"] for g in redshift.describe_cluster_parameter_groups()["ParameterGroups"]]
    assert names == ["default.redshift-1.0", "default.redshift-2.0", "mine"]
    fails(redshift.modify_cluster_parameter_group, "InvalidClusterParameterGroupState", ParameterGroupName="default.redshift-2.0",
          Parameters=[{"ParameterName": "require_ssl", "ParameterValue": "false"}])
    redshift.delete_cluster_parameter_group(ParameterGroupName="mine")
    fails(redshift.describe_cluster_parameters, "ClusterParameterGroupNotFound", ParameterGroupName="mine")


def test_groups_of_subnets_and_tags(redshift):
    redshift.create_cluster_subnet_group(ClusterSubnetGroupName="nets", Description="d", SubnetIds=["subnet-1", "subnet-2"])
    group, = redshift.describe_cluster_subnet_groups(ClusterSubnetGroupName="nets")["ClusterSubnetGroups"]
    assert [subnet["SubnetIdentifier"] for subnet in group["Subnets"]] == ["subnet-1", "subnet-2"]
    create_cluster(redshift, "in-nets", ClusterSubnetGroupName="nets")
    fails(redshift.delete_cluster_subnet_group, "InvalidClusterSubnetGroupStateFault", ClusterSubnetGroupName="nets")
    arn = "arn:aws:redshift:us-east-1:000000000000:cluster:in-nets"
    redshift.create_tags(ResourceName=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    tags = lambda: {t["Tag"]["Key"]: t["Tag"]["Value"] for t in redshift.describe_tags(ResourceName=arn)["TaggedResources"]}
    assert tags() == {"a": "1", "b": "2"}
    assert [c["ClusterIdentifier"] for c in redshift.describe_clusters(TagKeys=["a"])["Clusters"]] == ["in-nets"]
    redshift.delete_tags(ResourceName=arn, TagKeys=["a"])
    assert tags() == {"b": "2"}
    redshift.delete_cluster(ClusterIdentifier="in-nets", SkipFinalClusterSnapshot=True)
    redshift.delete_cluster_subnet_group(ClusterSubnetGroupName="nets")
    fails(redshift.describe_tags, "ResourceNotFoundFault", ResourceName=arn)
    fails(redshift.describe_cluster_subnet_groups, "ClusterSubnetGroupNotFoundFault", ClusterSubnetGroupName="nets")


def test_what_is_not_there_says_so(redshift, serverless):
    fails(redshift.describe_events, "InvalidAction")
    fails(serverless.list_usage_limits, "UnknownOperationException")
    create_cluster(redshift, "without-logs")
    fails(redshift.enable_logging, "UnsupportedOperation", ClusterIdentifier="without-logs", BucketName="logs")
    assert redshift.disable_logging(ClusterIdentifier="without-logs")["LoggingEnabled"] is False
    redshift.delete_cluster(ClusterIdentifier="without-logs", SkipFinalClusterSnapshot=True)
    fails(serverless.create_namespace, "ValidationException", "redshiftIdcApplicationArn", namespaceName="idc", redshiftIdcApplicationArn="arn:x")


def test_a_cluster_s_credentials_log_in(warehouse, redshift):
    create_cluster(redshift, "with-credentials", DBName="dev")
    data = DataApi(warehouse)
    data.run("create group analysts")
    data.run("create table of_analysts as select 42 as answer")
    data.run("grant select on of_analysts to group analysts")
    issued = redshift.get_cluster_credentials(ClusterIdentifier="with-credentials", DbUser="temp_user", DbName="dev", AutoCreate=True,
                                              DbGroups=["analysts"], DurationSeconds=900)
    assert issued["DbUser"] == "IAMA:temp_user:analysts"
    with log_in(warehouse, issued["DbUser"], issued["DbPassword"]) as connection:
        assert ask(connection, "select current_user") == "temp_user"
        # The user is in the group while the session lasts, and in no other session.
        assert ask(connection, "select answer from of_analysts") == 42
    assert "permission denied" in data.error("select answer from of_analysts", DbUser="temp_user")
    without = redshift.get_cluster_credentials(ClusterIdentifier="with-credentials", DbUser="temp_user", DbName="dev")
    with log_in(warehouse, without["DbUser"], without["DbPassword"]) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(connection, "select answer from of_analysts")
    nowhere = redshift.get_cluster_credentials(ClusterIdentifier="with-credentials", DbUser="temp_user", DbName="dev", DbGroups=["nowhere"])
    with pytest.raises(psycopg.OperationalError, match='group "nowhere" does not exist'):
        log_in(warehouse, nowhere["DbUser"], nowhere["DbPassword"])
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        log_in(warehouse, issued["DbUser"], "wrong")
    # A user who is not there and is not to be made cannot log in.
    issued = redshift.get_cluster_credentials(ClusterIdentifier="with-credentials", DbUser="nobody_at_all", DbName="dev")
    assert issued["DbUser"] == "IAM:nobody_at_all"
    with pytest.raises(psycopg.OperationalError):
        log_in(warehouse, issued["DbUser"], issued["DbPassword"])
    issued = redshift.get_cluster_credentials_with_iam(ClusterIdentifier="with-credentials", DbName="dev")
    with log_in(warehouse, issued["DbUser"], issued["DbPassword"]) as connection:
        assert ask(connection, "select current_user") == "admin"
    fails(redshift.get_cluster_credentials, "ClusterNotFound", ClusterIdentifier="no-such", DbUser="x")
    redshift.delete_cluster(ClusterIdentifier="with-credentials", SkipFinalClusterSnapshot=True)


# ---- Drivers and keys


def test_redshift_connector_with_iam(warehouse, redshift, monkeypatch):
    # The driver wants TLS with IAM, and verifies.
    monkeypatch.setenv("SSL_CERT_FILE", warehouse.ca)
    create_cluster(redshift, "of-connector", DBName="dev")
    common = dict(iam=True, database="dev", region="us-east-1", access_key_id="AKIDADMIN", secret_access_key="secret",
                  endpoint_url=warehouse.http, timeout=PATIENCE)
    with redshift_connector.connect(cluster_identifier="of-connector", db_user="admin", **common) as connection:
        with connection.cursor() as cursor:
            cursor.execute("select current_user")
            assert cursor.fetchone()[0] == "admin"
    with redshift_connector.connect(cluster_identifier="of-connector", db_user="made_by_driver", auto_create=True, **common) as connection:
        with connection.cursor() as cursor:
            cursor.execute("select current_user")
            assert cursor.fetchone()[0] == "made_by_driver"
    with redshift_connector.connect(is_serverless=True, serverless_work_group="default", **common) as connection:
        with connection.cursor() as cursor:
            cursor.execute("select current_user")
            assert cursor.fetchone()[0] == "admin"
    redshift.delete_cluster(ClusterIdentifier="of-connector", SkipFinalClusterSnapshot=True)


def test_signatures_are_checked_where_keys_are_named():
    keys = "AKIDBOSS:s3cr+t/of=boss,AKIDME:mine:user/me,AKIDJOB:jobs:role/etl"
    with Server("--verify-sigv4", keys, http="127.0.0.1:0") as server:
        boss = DataApi(server, key="AKIDBOSS", secret="s3cr+t/of=boss")
        assert boss.rows("select current_user, 'ä&+ %'") == [("admin", "ä&+ %")]
        me = DataApi(server, key="AKIDME", secret="mine")
        assert me.run("select 1")["DbUser"] == "IAM:me"
        assert me.rows("select current_user") == [("IAM:me",)]
        assert DataApi(server, key="AKIDJOB", secret="jobs").run("select 1")["DbUser"] == "IAMR:etl"
        issued = server.aws("redshift-serverless", key="AKIDJOB", secret="jobs").get_credentials(workgroupName="default")
        assert issued["dbUser"] == "IAMR:etl"
        with log_in(server, issued["dbUser"], issued["dbPassword"]) as connection:
            assert ask(connection, "select current_user") == "IAMR:etl"
        # The form of the query protocol is signed, too.
        assert server.aws("redshift", key="AKIDBOSS", secret="s3cr+t/of=boss").describe_clusters()["Clusters"] == []
        # The two protocols have their own names for what is wrong.
        for key, secret, json_code, query_code in [("AKIDBOSS", "wrong", "InvalidSignatureException", "SignatureDoesNotMatch"),
                                                   ("AKIDNOBODY", "x", "UnrecognizedClientException", "InvalidClientTokenId")]:
            fails(DataApi(server, key=key, secret=secret).client.list_statements, json_code)
            fails(server.aws("redshift", key=key, secret=secret).describe_clusters, query_code)
        # Whose key has an owner is that owner and no other, and makes nothing.
        fails(me.client.execute_statement, "AccessDeniedException", "user/me", Sql="select 1", DbUser="admin", **me.place)
        assert me.run("select 1", DbUser="IAM:me")["DbUser"] == "IAM:me"
        job = dict(key="AKIDJOB", secret="jobs")
        fails(server.aws("redshift-serverless", **job).create_namespace, "AccessDeniedException", "role/etl", namespaceName="mine")
        fails(server.aws("redshift", **job).get_cluster_credentials, "AccessDeniedException", ClusterIdentifier="c", DbUser="admin")
        assert server.aws("redshift-serverless", **job).list_namespaces()["namespaces"]
        # A session is its maker's.
        session = boss.client.execute_statement(Sql="select 1", SessionKeepAliveSeconds=60, WaitTimeSeconds=30, **boss.place)["SessionId"]
        fails(me.client.execute_statement, "ResourceNotFoundException", Sql="select 1", SessionId=session)


def test_ports_that_are_taken_or_open():
    with Server(http="127.0.0.1:0") as server:
        address = server.http.removeprefix("http://")
        with pytest.raises(StartFailed) as refused:
            Server(http=address)
        assert refused.value.code == 1
        assert refused.value.output.strip() == (
            f"blueshift: cannot listen on {address}: another program listens there; choose another port with --http-listen")
    with pytest.raises(StartFailed) as refused:
        Server(http="0.0.0.0:0")
    assert "can be reached from other machines" in refused.value.output and "--verify-sigv4" in refused.value.output
    with Server(http="off") as server:
        # What the banner says after the Data API.
        assert server.ca and "Data API" not in server.output


def test_what_no_sdk_sends(warehouse):
    import urllib.error
    import urllib.request

    def post(body=b"{}", **headers):
        request = urllib.request.Request(warehouse.http, data=body, headers={name.replace("_", "-"): value for name, value in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    target = "RedshiftData.ListStatements"
    assert post(X_Amz_Target=target)[0] == 200
    # A page in a browser is not let in.
    assert post(X_Amz_Target=target, Origin="https://example.com")[0] == 403
    assert post(b"Action=DescribeClusters", Origin="null")[0] == 403
    assert post(X_Amz_Target="RedshiftData.NoSuchOperation") == (400, '{"__type":"UnknownOperationException","Message":"The operation NoSuchOperation is not known"}')
    assert "SerializationException" in post(b"[", X_Amz_Target=target)[1]
    assert "SerializationException" in post(b'{"MaxResults": "x"}', X_Amz_Target=target)[1]
    assert "<Code>MissingAction</Code>" in post(b"x=y")[1]
    assert "<Code>InvalidAction</Code>" in post(b"Action=Nonsense&Version=2012-12-01")[1]
    with urllib.request.urlopen(warehouse.http + "/health", timeout=PATIENCE) as response:
        assert response.read() == b'{"status":"ok"}'
