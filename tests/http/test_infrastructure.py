"""What programs that build infrastructure call, in their order, and what they read of the answers.

* A course's notebook that makes a cluster with boto3, waits, reads its endpoint, role and network, and deletes it.
* A course's validation of a namespace and a workgroup of Redshift Serverless: available, database, capacity, tables, tags.
* Terraform's provider for AWS (hashicorp/terraform-provider-aws): the operations of `aws_redshiftserverless_namespace`, `_workgroup`,
  `_snapshot`, `aws_redshift_cluster`, `_parameter_group` and `_subnet_group`, from creation to destruction.
"""

import pytest
from botocore.exceptions import ClientError

from data_api import DataApi
from test_data_api import fails


@pytest.fixture
def serverless(warehouse):
    return warehouse.aws("redshift-serverless")


@pytest.fixture
def redshift(warehouse):
    return warehouse.aws("redshift")


ROLE = "arn:aws:iam::000000000000:role/dwhRole"


def test_a_notebook_makes_a_cluster(warehouse, redshift):
    redshift.create_cluster(ClusterType="multi-node", NodeType="dc2.large", NumberOfNodes=4, DBName="dwh_nb", ClusterIdentifier="dwhcluster",
                            MasterUsername="dwhuser_nb", MasterUserPassword="Passw0rd", IamRoles=[ROLE])
    properties = redshift.describe_clusters(ClusterIdentifier="dwhcluster")["Clusters"][0]
    shown = ["ClusterIdentifier", "NodeType", "ClusterStatus", "MasterUsername", "DBName", "Endpoint", "NumberOfNodes", "VpcId"]
    assert [properties[key] for key in shown] == [
        "dwhcluster", "dc2.large", "available", "dwhuser_nb", "dwh_nb", {"Address": warehouse.host, "Port": warehouse.port}, 4, "vpc-00000000"]
    assert properties["IamRoles"][0]["IamRoleArn"] == ROLE
    assert [node["NodeRole"] for node in properties["ClusterNodes"]] == ["LEADER", "COMPUTE-0", "COMPUTE-1", "COMPUTE-2", "COMPUTE-3"]
    redshift.delete_cluster(ClusterIdentifier="dwhcluster", SkipFinalClusterSnapshot=True)
    with pytest.raises(ClientError, match="ClusterNotFound"):
        redshift.describe_clusters(ClusterIdentifier="dwhcluster")


def test_a_course_s_validation_passes(warehouse, serverless):
    tags = {"Environment": "Production", "Application": "Analytics", "StudentID": "s1"}
    listed = [{"key": key, "value": value} for key, value in tags.items()]
    serverless.create_namespace(namespaceName="analytics-namespace-s1", dbName="analyticsdb", adminUsername="admin", adminUserPassword="Secret-123",
                                iamRoles=["arn:aws:iam::000000000000:role/RedshiftS3AccessRole-s1"], tags=listed)
    serverless.create_workgroup(workgroupName="analytics-workgroup-s1", namespaceName="analytics-namespace-s1", baseCapacity=8,
                                subnetIds=["subnet-1", "subnet-2", "subnet-3"], securityGroupIds=["sg-1"], publiclyAccessible=False, tags=listed)
    warehouse.s3.put("redshift-data-lake-s1", "raw/customers/customers.csv", "customer_id,first_name\n1,John\n2,Jane\n")
    data = DataApi(warehouse)
    data.place = {"WorkgroupName": "analytics-workgroup-s1", "Database": "analyticsdb"}
    data.run("create table customers (customer_id integer primary key, first_name varchar(50))")
    for table in ("orders", "products", "transactions"):
        data.run(f"create table {table} (id integer primary key)")
    data.run("""copy customers from 's3://redshift-data-lake-s1/raw/customers/customers.csv'
        iam_role 'arn:aws:iam::000000000000:role/RedshiftS3AccessRole-s1' format as csv ignoreheader 1 delimiter ',' region 'us-east-1'""")

    workgroup = serverless.get_workgroup(workgroupName="analytics-workgroup-s1")["workgroup"]
    assert workgroup["status"] == "AVAILABLE" and workgroup["baseCapacity"] == 8
    namespace = serverless.get_namespace(namespaceName="analytics-namespace-s1")["namespace"]
    assert namespace["status"] == "AVAILABLE" and namespace["dbName"] == "analyticsdb"
    tables = data.rows("SELECT table_name FROM information_schema.tables WHERE table_schema='public' AND table_type='BASE TABLE'")
    assert {"customers", "orders", "products", "transactions"} <= {table for table, in tables}
    assert data.rows("select count(*) from customers") == [(2,)]
    for arn in (namespace["namespaceArn"], workgroup["workgroupArn"]):
        assert {tag["key"]: tag["value"] for tag in serverless.list_tags_for_resource(resourceArn=arn)["tags"]} == tags
    serverless.delete_workgroup(workgroupName="analytics-workgroup-s1")
    serverless.delete_namespace(namespaceName="analytics-namespace-s1")


def test_terraform_serverless(serverless):
    namespace = serverless.create_namespace(namespaceName="tf-namespace", dbName="dev", adminUsername="tf_admin", manageAdminPassword=True,
                                            adminPasswordSecretKmsKeyId="arn:aws:kms:us-east-1:000000000000:key/1",
                                            iamRoles=[ROLE], defaultIamRoleArn=ROLE, tags=[{"key": "a", "value": "1"}])["namespace"]
    for name in ("adminPasswordSecretArn", "adminPasswordSecretKmsKeyId", "adminUsername", "dbName", "defaultIamRoleArn", "kmsKeyId", "namespaceArn",
                 "namespaceId", "namespaceName"):
        assert namespace[name], name
    assert namespace["logExports"] == []
    assert serverless.list_tags_for_resource(resourceArn=namespace["namespaceArn"])["tags"] == [{"key": "a", "value": "1"}]
    # The password is no longer managed; the empty string takes the default role away.
    serverless.update_namespace(namespaceName="tf-namespace", manageAdminPassword=False, adminUsername="tf_admin", adminUserPassword="Secret-123")
    serverless.update_namespace(namespaceName="tf-namespace", defaultIamRoleArn="", iamRoles=[ROLE])
    serverless.update_namespace(namespaceName="tf-namespace", logExports=["userlog"])
    namespace = serverless.get_namespace(namespaceName="tf-namespace")["namespace"]
    assert "adminPasswordSecretArn" not in namespace and "defaultIamRoleArn" not in namespace and namespace["logExports"] == ["userlog"]
    fails(serverless.update_namespace, "ValidationException", namespaceName="tf-namespace", adminPasswordSecretKmsKeyId="k")

    workgroup = serverless.create_workgroup(
        workgroupName="tf-wg", namespaceName="tf-namespace", baseCapacity=32, maxCapacity=64, enhancedVpcRouting=True, publiclyAccessible=False,
        pricePerformanceTarget={"status": "ENABLED", "level": 50}, trackName="current", port=5439,
        configParameters=[{"parameterKey": "datestyle", "parameterValue": "ISO, MDY"}],
    )["workgroup"]
    assert workgroup["status"] == "CREATING"
    workgroup = serverless.get_workgroup(workgroupName="tf-wg")["workgroup"]
    assert workgroup["status"] == "AVAILABLE" and workgroup["maxCapacity"] == 64
    assert workgroup["pricePerformanceTarget"] == {"status": "ENABLED", "level": 50}
    assert workgroup["endpoint"]["port"] == workgroup["port"] and workgroup["trackName"] == "current"
    serverless.update_workgroup(workgroupName="tf-wg", baseCapacity=64)
    assert serverless.get_workgroup(workgroupName="tf-wg")["workgroup"]["pricePerformanceTarget"]["level"] == 50

    snapshot = serverless.create_snapshot(namespaceName="tf-namespace", snapshotName="tf-snapshot", retentionPeriod=-1)["snapshot"]
    for name in ("snapshotArn", "namespaceArn", "kmsKeyId", "ownerAccount", "adminUsername"):
        assert snapshot[name], name
    assert serverless.get_snapshot(snapshotName="tf-snapshot")["snapshot"]["status"] == "AVAILABLE"
    serverless.delete_snapshot(snapshotName="tf-snapshot")
    # The provider takes a snapshot for gone where the message has this word.
    fails(serverless.get_snapshot, "ResourceNotFoundException", "snapshot", snapshotName="tf-snapshot")
    serverless.delete_workgroup(workgroupName="tf-wg")
    fails(serverless.get_workgroup, "ResourceNotFoundException", workgroupName="tf-wg")
    serverless.delete_namespace(namespaceName="tf-namespace")
    fails(serverless.get_namespace, "ResourceNotFoundException", namespaceName="tf-namespace")


def test_terraform_cluster(redshift):
    redshift.create_cluster_parameter_group(ParameterGroupName="tf-params", ParameterGroupFamily="redshift-2.0", Description="Managed by Terraform")
    redshift.modify_cluster_parameter_group(ParameterGroupName="tf-params", Parameters=[{"ParameterName": "require_ssl", "ParameterValue": "true"}])
    redshift.create_cluster_subnet_group(ClusterSubnetGroupName="tf-subnets", Description="Managed by Terraform", SubnetIds=["subnet-1"])
    redshift.create_cluster(
        ClusterIdentifier="tf-cluster", NodeType="ra3.xlplus", ClusterType="single-node", DBName="dev", MasterUsername="tf_cluster", Port=5439,
        ManageMasterPassword=True, AllowVersionUpgrade=True, AutomatedSnapshotRetentionPeriod=1, PubliclyAccessible=False, ClusterVersion="1.0",
        ClusterParameterGroupName="tf-params", ClusterSubnetGroupName="tf-subnets", AvailabilityZoneRelocation=True, MultiAZ=False,
        VpcSecurityGroupIds=["sg-1"], Encrypted=True, Tags=[{"Key": "a", "Value": "1"}],
    )
    cluster, = redshift.describe_clusters(ClusterIdentifier="tf-cluster")["Clusters"]
    for name in ("ClusterNamespaceArn", "ClusterVersion", "MaintenanceTrackName", "MasterPasswordSecretArn", "NodeType", "PreferredMaintenanceWindow",
                 "AvailabilityZone"):
        assert cluster[name], name
    assert (cluster["AvailabilityZoneRelocationStatus"], cluster["MultiAZ"], cluster["ClusterAvailabilityStatus"]) == ("enabled", "Disabled", "Available")
    assert cluster["ClusterParameterGroups"][0]["ParameterGroupName"] == "tf-params" and cluster["ClusterSubnetGroupName"] == "tf-subnets"
    assert [node["NodeRole"] for node in cluster["ClusterNodes"]] == ["SHARED"] and cluster["NumberOfNodes"] == 1
    assert cluster["VpcSecurityGroups"] == [{"VpcSecurityGroupId": "sg-1", "Status": "active"}]
    assert redshift.describe_logging_status(ClusterIdentifier="tf-cluster")["LoggingEnabled"] is False

    redshift.modify_cluster(ClusterIdentifier="tf-cluster", NodeType="ra3.xlplus", ClusterType="multi-node", NumberOfNodes=2)
    redshift.modify_cluster_iam_roles(ClusterIdentifier="tf-cluster", AddIamRoles=[ROLE], RemoveIamRoles=[], DefaultIamRoleArn=ROLE)
    redshift.modify_aqua_configuration(ClusterIdentifier="tf-cluster", AquaConfigurationStatus="auto")
    redshift.reboot_cluster(ClusterIdentifier="tf-cluster")
    redshift.modify_cluster(ClusterIdentifier="tf-cluster", MultiAZ=True)
    redshift.create_tags(ResourceName="arn:aws:redshift:us-east-1:000000000000:cluster:tf-cluster", Tags=[{"Key": "b", "Value": "2"}])
    cluster, = redshift.describe_clusters(ClusterIdentifier="tf-cluster")["Clusters"]
    assert (cluster["MultiAZ"], cluster["NumberOfNodes"], len(cluster["ClusterNodes"])) == ("Enabled", 2, 3)
    assert cluster["DefaultIamRoleArn"] == ROLE and {tag["Key"] for tag in cluster["Tags"]} == {"a", "b"}

    redshift.delete_cluster(ClusterIdentifier="tf-cluster", SkipFinalClusterSnapshot=False, FinalClusterSnapshotIdentifier="tf-final")
    fails(redshift.describe_clusters, "ClusterNotFound", ClusterIdentifier="tf-cluster")
    redshift.delete_cluster_snapshot(SnapshotIdentifier="tf-final")
    redshift.delete_cluster_subnet_group(ClusterSubnetGroupName="tf-subnets")
    redshift.delete_cluster_parameter_group(ParameterGroupName="tf-params")


def test_every_paginator_that_airflow_and_the_cli_use(warehouse, redshift, serverless):
    data = DataApi(warehouse)
    for number in range(25):
        redshift.create_cluster_parameter_group(ParameterGroupName=f"p-{number}", ParameterGroupFamily="redshift-2.0", Description="d")
        data.run(f"create table paged_{number} (i int)")
        data.run("select 1", StatementName=f"paged-{number}", SessionKeepAliveSeconds=60)

    def pages(client, operation, result, size, **options):
        found = list(client.get_paginator(operation).paginate(PaginationConfig={"PageSize": size}, **options))
        return [len(page[result]) for page in found]

    assert pages(redshift, "describe_cluster_parameter_groups", "ParameterGroups", 20) == [20, 7]
    assert pages(data.client, "list_tables", "Tables", 10, TablePattern="paged%", **data.place) == [10, 10, 5]
    assert pages(data.client, "list_statements", "Statements", 10, StatementName="paged-") == [10, 10, 5]
    assert sum(pages(data.client, "list_sessions", "Sessions", 10)) >= 25
    assert len(pages(data.client, "list_schemas", "Schemas", 1, **data.place)) >= 3
    assert pages(data.client, "describe_table", "ColumnList", 1, Schema="public", Table="paged_1", **data.place) == [1]
    assert sum(pages(data.client, "list_databases", "Databases", 1, **data.place)) == len(data.client.list_databases(**data.place)["Databases"])
    assert sum(pages(serverless, "list_workgroups", "workgroups", 1)) == len(serverless.list_workgroups()["workgroups"])
    for number in range(25):
        redshift.delete_cluster_parameter_group(ParameterGroupName=f"p-{number}")
