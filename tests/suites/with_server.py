"""Runs a command beside a server, and tells it the server's address as the suites want to know it."""

import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from blueshift import Server  # noqa: E402

# Those that dbt's tests grant privileges to, and a database that one of them expects not to be able to create.
SETUP = [f"create user dbt_test_user_{number} password disable" for number in (1, 2, 3)] + [
    "create group dbt_test_group_1", "create database db_for_test__do_delete_if_you_see_this",
    # Those that models of the connected one go to.
    "create database dbt_cross_database", 'create database "dbt-hyphenated-database"',
]


def main(command):
    with tempfile.TemporaryDirectory() as folder, Server(data=pathlib.Path(folder) / "data", http="127.0.0.1:0") as server:
        # Who logs in with IAM asks the control plane for a password of this cluster.
        server.aws("redshift").create_cluster(
            ClusterIdentifier="dbt", NodeType="ra3.large", MasterUsername="owner", MasterUserPassword="Passw0rd-1", DBName="dev"
        )
        profiles = pathlib.Path(folder) / "profiles"
        profiles.write_text("[dbt]\naws_access_key_id = test\naws_secret_access_key = test\nregion = us-east-1\n")
        with server.connect() as connection:
            for statement in SETUP:
                connection.execute(statement)
        # dbt-redshift verifies TLS unless a profile says otherwise.
        environment = {
            "REDSHIFT_TEST_HOST": "localhost", "REDSHIFT_TEST_PORT": str(server.port), "REDSHIFT_TEST_DBNAME": "dev",
            "REDSHIFT_TEST_USER": "admin", "REDSHIFT_TEST_PASS": "any", "REDSHIFT_TEST_REGION": "us-east-1",
            "DBT_TEST_USER_1": "dbt_test_user_1", "DBT_TEST_USER_2": "dbt_test_user_2", "DBT_TEST_USER_3": "dbt_test_user_3",
            "DBT_TEST_GROUP_1": "dbt_test_group_1", "REDSHIFT_TEST_CROSS_DBNAME": "dbt_cross_database",
            "REDSHIFT_TEST_DBNAME_W_HYPHEN": "dbt-hyphenated-database", "SSL_CERT_FILE": server.ca, "DO_NOT_TRACK": "1",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "AWS_ENDPOINT_URL": server.http, "AWS_SHARED_CREDENTIALS_FILE": str(profiles),
            "REDSHIFT_TEST_CLUSTER_ID": "dbt", "REDSHIFT_TEST_IAM_USER_PROFILE": "dbt", "REDSHIFT_TEST_IAM_USER_ACCESS_KEY_ID": "test",
            "REDSHIFT_TEST_IAM_USER_SECRET_ACCESS_KEY": "test",
        }
        return subprocess.run(command, env=os.environ | environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
