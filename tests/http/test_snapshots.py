"""Snapshots of namespaces and clusters: everything, and single tables, come back.

Sources: Amazon Redshift Serverless API reference ("CreateSnapshot", "RestoreFromSnapshot", "RestoreTableFromSnapshot"); Amazon
Redshift API reference ("CreateClusterSnapshot", "RestoreFromClusterSnapshot"); management guide, "Restoring a snapshot",
"Restoring a table from a snapshot".
"""

import datetime
import signal

import psycopg
import pytest

from blueshift import PATIENCE, S3Folder, Server
from data_api import DataApi
from test_data_api import fails


@pytest.fixture(params=["folder", "memory"])
def server(request, tmp_path):
    """A server of its own: what is restored is everything."""
    data = tmp_path / "data" if request.param == "folder" else None
    with Server(data=data, s3=S3Folder(tmp_path / "s3"), http="127.0.0.1:0") as running:
        yield running


@pytest.fixture
def data(server):
    return DataApi(server)


@pytest.fixture
def serverless(server):
    return server.aws("redshift-serverless")


@pytest.fixture
def redshift(server):
    return server.aws("redshift")


# Enough rows for a file of their own.
MANY = """insert into big with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000) select i, 'row ' || i from n"""


def with_a_past(data):
    data.run("create table big (i int, t varchar(20)) distkey(i) sortkey(i)")
    data.run(MANY)
    data.run("create schema s")
    data.run("create table s.small (i int identity(1, 1), t varchar(20) not null)")
    data.run("insert into s.small (t) values ('one'), ('two'), ('three')")
    data.run("delete from s.small where t = 'two'")
    data.run("create view seen as select count(*) as n from big")
    data.run("create user reader password 'Secret-123'")
    data.run("grant usage on schema s to reader")
    data.run("grant select on s.small to reader")


def change(data):
    data.run("drop view seen")
    data.run("truncate big")
    data.run("insert into big values (-1, 'after')")
    data.run("drop table s.small")
    data.run("revoke usage on schema s from reader")
    data.run("drop user reader")
    data.run("create table later (i int)")


def check_past(data):
    assert data.rows("select count(*), sum(i) from big") == [(3000, 3000 * 3001 // 2)]
    assert data.rows("select n from seen") == [(3000,)]
    assert data.rows("select t from s.small order by i", DbUser="reader") == [("one",), ("three",)]
    assert data.rows("select count(*) from pg_class where relname = 'later'") == [(0,)]
    # What comes back can be written: an identity goes on behind what it has given.
    data.run("insert into s.small (t) values ('four')")
    assert data.rows("select count(*), count(distinct i), min(i) from s.small where t <> 'x'") == [(3, 3, 1)]


def test_a_namespace_comes_back(server, data, serverless):
    with_a_past(data)
    created = serverless.create_snapshot(namespaceName="default", snapshotName="before", retentionPeriod=7,
                                         tags=[{"key": "why", "value": "test"}])["snapshot"]
    assert (created["status"], created["snapshotName"], created["namespaceName"]) == ("CREATING", "before", "default")
    snapshot = serverless.get_snapshot(snapshotName="before")["snapshot"]
    assert (snapshot["status"], snapshot["adminUsername"], snapshot["ownerAccount"]) == ("AVAILABLE", "admin", "000000000000")
    assert (snapshot["snapshotRetentionPeriod"], snapshot["snapshotRemainingDays"]) == (7, 7)
    assert snapshot["totalBackupSizeInMegaBytes"] > 0
    assert isinstance(snapshot["snapshotCreateTime"], datetime.datetime)
    assert serverless.get_snapshot(snapshotArn=snapshot["snapshotArn"])["snapshot"] == snapshot
    assert serverless.list_tags_for_resource(resourceArn=snapshot["snapshotArn"])["tags"] == [{"key": "why", "value": "test"}]

    change(data)
    # Who is connected is told that this ends; what they had not committed is lost.
    with server.connect() as connection:
        connection.execute("begin")
        connection.execute("insert into later values (1)")
        restored = serverless.restore_from_snapshot(namespaceName="default", workgroupName="default", snapshotName="before")
        assert restored["snapshotName"] == "before" and restored["namespace"]["status"] == "MODIFYING"
        with pytest.raises(psycopg.OperationalError):
            connection.execute("commit")
    assert serverless.get_namespace(namespaceName="default")["namespace"]["status"] == "AVAILABLE"
    check_past(data)
    with psycopg.connect(host=server.host, port=server.port, user="reader", password="Secret-123", dbname="dev", sslmode="require") as reader:
        assert reader.execute("select count(*) from s.small").fetchone() == (3,)

    # It can be gone back to again and again, until it is deleted.
    change(data)
    serverless.restore_from_snapshot(namespaceName="default", workgroupName="default", snapshotArn=snapshot["snapshotArn"])
    check_past(data)
    assert serverless.delete_snapshot(snapshotName="before")["snapshot"]["status"] == "DELETED"
    fails(serverless.get_snapshot, "ResourceNotFoundException", "snapshot", snapshotName="before")
    fails(serverless.restore_from_snapshot, "ResourceNotFoundException", namespaceName="default", workgroupName="default", snapshotName="before")
    fails(serverless.list_tags_for_resource, "ResourceNotFoundException", resourceArn=snapshot["snapshotArn"])
    check_past_is_there(data)


def check_past_is_there(data):
    assert data.rows("select n from seen") == [(3000,)]


def test_a_table_comes_back_beside_the_others(data, serverless):
    with_a_past(data)
    serverless.create_snapshot(namespaceName="default", snapshotName="tables")
    change(data)
    data.run("create database elsewhere")
    asked = {"namespaceName": "default", "workgroupName": "default", "snapshotName": "tables", "sourceDatabaseName": "dev"}

    def restore(**options):
        status = serverless.restore_table_from_snapshot(**asked, **options)["tableRestoreStatus"]
        assert status["status"] == "PENDING"
        return serverless.get_table_restore_status(tableRestoreRequestId=status["tableRestoreRequestId"])["tableRestoreStatus"]

    done = restore(sourceTableName="BIG", newTableName="Big_Before")
    assert (done["status"], done["sourceSchemaName"], done["newTableName"]) == ("SUCCEEDED", "public", "big_before")
    assert isinstance(done["requestTime"], datetime.datetime) and "message" not in done
    assert data.rows("select count(*), sum(i) from big_before") == [(3000, 3000 * 3001 // 2)]
    assert data.rows("select t from big") == [("after",)]
    assert data.rows("""select "column", distkey, sortkey from pg_table_def where tablename = 'big_before' and "column" = 'i'""") == [("i", True, 1)]
    done = restore(sourceSchemaName="s", sourceTableName="small", targetSchemaName="s", newTableName="small")
    assert done["status"] == "SUCCEEDED"
    assert data.rows("select t from s.small order by i") == [("one",), ("three",)]
    data.run("insert into s.small (t) values ('four')")
    assert data.rows("select count(distinct i) from s.small") == [(3,)]
    assert restore(sourceTableName="big", targetDatabaseName="elsewhere", newTableName="there")["status"] == "SUCCEEDED"
    data.place["Database"] = "elsewhere"
    assert data.rows("select count(*) from there") == [(3000,)]

    failed = restore(sourceTableName="big", newTableName="big")
    assert (failed["status"], failed["message"]) == ("FAILED", 'Relation "big" already exists')
    assert "is not in the snapshot" in restore(sourceTableName="no_such", newTableName="n")["message"]
    assert 'schema "nowhere" does not exist' in restore(sourceTableName="big", targetSchemaName="nowhere", newTableName="n")["message"]
    fails(serverless.restore_table_from_snapshot, "ResourceNotFoundException", **(asked | {"snapshotName": "other"}), sourceTableName="big", newTableName="n")
    pages = serverless.get_paginator("list_table_restore_status").paginate(namespaceName="default", PaginationConfig={"PageSize": 2})
    listed = [status["newTableName"] for page in pages for status in page["tableRestoreStatuses"]]
    assert listed == ["n", "n", "big", "there", "small", "big_before"]


def test_snapshots_are_listed_and_kept_as_long_as_they_are_told(serverless):
    serverless.create_namespace(namespaceName="other")
    fails(serverless.create_snapshot, "ValidationException", "there isn't a workgroup created for the namespace",
          namespaceName="other", snapshotName="none")
    fails(serverless.create_snapshot, "ResourceNotFoundException", "Serverless namespace nowhere not found.",
          namespaceName="nowhere", snapshotName="none")
    serverless.create_workgroup(workgroupName="other-wg", namespaceName="other")
    for name, namespace in [("a", "default"), ("b", "other"), ("c", "default")]:
        serverless.create_snapshot(namespaceName=namespace, snapshotName=name)
    names = lambda **options: [s["snapshotName"] for s in serverless.list_snapshots(**options)["snapshots"]]
    assert names() == ["c", "b", "a"] and names(namespaceName="other") == ["b"]
    now = datetime.datetime.now(datetime.timezone.utc)
    assert names(startTime=now + datetime.timedelta(hours=1)) == [] and names(endTime=now + datetime.timedelta(hours=1)) == ["c", "b", "a"]
    pages = serverless.get_paginator("list_snapshots").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["snapshots"]) for page in pages] == [2, 1]
    fails(serverless.create_snapshot, "ConflictException", namespaceName="default", snapshotName="a")
    fails(serverless.create_snapshot, "ValidationException", namespaceName="default", snapshotName="d", retentionPeriod=0)
    fails(serverless.create_snapshot, "ValidationException", namespaceName="default", snapshotName="9-lives")
    assert serverless.get_snapshot(snapshotName="a")["snapshot"]["snapshotRetentionPeriod"] == -1
    assert serverless.update_snapshot(snapshotName="a", retentionPeriod=30)["snapshot"]["snapshotRemainingDays"] == 30
    fails(serverless.update_snapshot, "ResourceNotFoundException", snapshotName="z", retentionPeriod=30)
    fails(serverless.get_snapshot, "ValidationException")
    fails(serverless.restore_from_snapshot, "ValidationException", "isn't associated", namespaceName="default", workgroupName="other-wg", snapshotName="a")
    # A namespace may leave one behind.
    serverless.delete_workgroup(workgroupName="other-wg")
    serverless.delete_namespace(namespaceName="other", finalSnapshotName="last", finalSnapshotRetentionPeriod=5)
    last = serverless.get_snapshot(snapshotName="last")["snapshot"]
    assert (last["namespaceName"], last["snapshotRetentionPeriod"]) == ("other", 5)


def create_cluster(redshift, name, **options):
    return redshift.create_cluster(**{"ClusterIdentifier": name, "NodeType": "ra3.large", "MasterUsername": "dwhuser", "NumberOfNodes": 2,
                                      "MasterUserPassword": "Passw0rd-1", "DBName": "dwh"} | options)["Cluster"]


def test_a_cluster_leaves_a_snapshot_and_comes_back_from_it(server, data, redshift):
    create_cluster(redshift, "first")
    data.place = {"ClusterIdentifier": "first", "Database": "dwh", "DbUser": "dwhuser"}
    data.run("create table kept as select 1 as i union all select 2")
    taken = redshift.create_cluster_snapshot(SnapshotIdentifier="Manual", ClusterIdentifier="first", Tags=[{"Key": "k", "Value": "v"}])["Snapshot"]
    assert (taken["Status"], taken["SnapshotIdentifier"]) == ("creating", "manual")
    redshift.get_waiter("snapshot_available").wait(SnapshotIdentifier="manual")
    snapshot, = redshift.describe_cluster_snapshots(SnapshotIdentifier="manual")["Snapshots"]
    assert (snapshot["Status"], snapshot["SnapshotType"], snapshot["ClusterIdentifier"]) == ("available", "manual", "first")
    assert (snapshot["MasterUsername"], snapshot["DBName"], snapshot["NodeType"], snapshot["NumberOfNodes"]) == ("dwhuser", "dwh", "ra3.large", 2)
    assert snapshot["Tags"] == [{"Key": "k", "Value": "v"}] and snapshot["ManualSnapshotRetentionPeriod"] == -1
    assert redshift.describe_tags(ResourceName=snapshot["SnapshotArn"])["TaggedResources"][0]["ResourceType"] == "snapshot"
    changed = redshift.modify_cluster_snapshot(SnapshotIdentifier="manual", ManualSnapshotRetentionPeriod=10)["Snapshot"]
    assert changed["ManualSnapshotRemainingDays"] == 10
    fails(redshift.create_cluster_snapshot, "ClusterSnapshotAlreadyExists", SnapshotIdentifier="manual", ClusterIdentifier="first")
    fails(redshift.create_cluster_snapshot, "ClusterNotFound", SnapshotIdentifier="x", ClusterIdentifier="nowhere")

    # One table of it.
    data.run("drop table kept")
    status = redshift.restore_table_from_cluster_snapshot(
        ClusterIdentifier="first", SnapshotIdentifier="manual", SourceDatabaseName="dwh", SourceTableName="kept", NewTableName="kept_again",
    )["TableRestoreStatus"]
    assert status["Status"] == "PENDING"
    details, = redshift.describe_table_restore_status(TableRestoreRequestId=status["TableRestoreRequestId"])["TableRestoreStatusDetails"]
    assert (details["Status"], details["ClusterIdentifier"], details["NewTableName"]) == ("SUCCEEDED", "first", "kept_again")
    assert data.rows("select count(*) from kept_again") == [(2,)]

    # Other clusters' data must not go.
    fails(redshift.restore_from_cluster_snapshot, "UnsupportedOperation", "first", ClusterIdentifier="second", SnapshotIdentifier="manual")
    redshift.delete_cluster(ClusterIdentifier="first", FinalClusterSnapshotIdentifier="final", FinalClusterSnapshotRetentionPeriod=3)
    names = [s["SnapshotIdentifier"] for s in redshift.describe_cluster_snapshots(ClusterIdentifier="first")["Snapshots"]]
    assert names == ["final", "manual"]
    restored = redshift.restore_from_cluster_snapshot(ClusterIdentifier="second", SnapshotIdentifier="manual", SnapshotClusterIdentifier="first")["Cluster"]
    assert restored["ClusterStatus"] == "creating"
    redshift.get_waiter("cluster_restored").wait(ClusterIdentifier="second")
    cluster, = redshift.describe_clusters(ClusterIdentifier="second")["Clusters"]
    assert (cluster["DBName"], cluster["MasterUsername"], cluster["NodeType"], cluster["NumberOfNodes"]) == ("dwh", "dwhuser", "ra3.large", 2)
    data.place["ClusterIdentifier"] = "second"
    assert data.rows("select count(*) from kept") == [(2,)]
    assert data.error("select * from kept_again").startswith("ERROR: relation")

    assert redshift.delete_cluster_snapshot(SnapshotIdentifier="manual")["Snapshot"]["Status"] == "deleted"
    gone = redshift.batch_delete_cluster_snapshots(Identifiers=[{"SnapshotIdentifier": "final"}, {"SnapshotIdentifier": "none"}])
    assert gone["Resources"] == ["final"] and gone["Errors"][0]["FailureCode"] == "ClusterSnapshotNotFound"
    assert redshift.describe_cluster_snapshots()["Snapshots"] == []
    fails(redshift.describe_cluster_snapshots, "ClusterSnapshotNotFound", SnapshotIdentifier="manual")


def test_a_cluster_s_snapshot_becomes_serverless(data, redshift, serverless):
    create_cluster(redshift, "provisioned")
    data.run("create table moved as select 42 as answer")
    arn = redshift.create_cluster_snapshot(SnapshotIdentifier="leaving", ClusterIdentifier="provisioned")["Snapshot"]["SnapshotArn"]
    data.run("drop table moved")
    serverless.restore_from_snapshot(namespaceName="default", workgroupName="default", snapshotArn=arn)
    assert data.rows("select answer from moved") == [(42,)]
    namespace = serverless.get_namespace(namespaceName="default")["namespace"]
    assert (namespace["dbName"], namespace["adminUsername"]) == ("dwh", "dwhuser")


def test_snapshots_outlive_kill_9_and_so_does_what_was_restored(tmp_path):
    folder = tmp_path / "data"
    with Server(data=folder, http="127.0.0.1:0") as server:
        data = DataApi(server)
        with_a_past(data)
        server.aws("redshift-serverless").create_snapshot(namespaceName="default", snapshotName="kept")
        change(data)
        server.stop(signal.SIGKILL)
    # What a crash may leave: a snapshot that was not finished, and one that nobody has named.
    (folder / "snapshots" / "11111111-1111-4111-8111-111111111111.part" / "data").mkdir(parents=True)
    named, = [path for path in (folder / "snapshots").iterdir() if path.suffix == ""]
    with Server(data=folder, http="127.0.0.1:0") as server:
        data, client = DataApi(server), server.aws("redshift-serverless")
        assert data.rows("select count(*) from later") == [(0,)]
        assert list((folder / "snapshots").iterdir()) == [named]
        client.restore_from_snapshot(namespaceName="default", workgroupName="default", snapshotName="kept")
        server.stop(signal.SIGKILL)
    with Server(data=folder, http="127.0.0.1:0") as server:
        check_past(DataApi(server))
        client = server.aws("redshift-serverless")
        client.delete_snapshot(snapshotName="kept")
        assert list((folder / "snapshots").iterdir()) == []
        check_past_is_there(DataApi(server))
