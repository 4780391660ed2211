"""Airflow's operators and hooks for Redshift, each executed as a task would, with connections from the environment."""

import sys

from airflow.providers.amazon.aws.hooks.redshift_sql import RedshiftSQLHook
from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator
from airflow.providers.amazon.aws.transfers.redshift_to_s3 import RedshiftToS3Operator
from airflow.providers.amazon.aws.transfers.s3_to_redshift import S3ToRedshiftOperator
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator

WAREHOUSE = {"redshift_conn_id": "warehouse"}


def sql(text, **options):
    operator = SQLExecuteQueryOperator(task_id="sql", conn_id="warehouse", sql=text, autocommit=True, **options)
    return operator.execute({})


def copy(key, method="APPEND", **options):
    S3ToRedshiftOperator(
        task_id="copy", schema="public", table="people", s3_bucket="lake", s3_key=key, aws_conn_id="lake",
        copy_options=["CSV", "IGNOREHEADER 1"], method=method, **WAREHOUSE, **options,
    ).execute({})


def people():
    return [tuple(row) for row in RedshiftSQLHook(**WAREHOUSE).get_records("select id, name from public.people order by id")]


def test_sql():
    sql(["create table public.people (id int primary key, name varchar(20) default 'x')", "insert into public.people values (1, 'Ann')"])
    assert [tuple(row) for row in sql("select id, name from public.people where id = %s", parameters=(1,))] == [(1, "Ann")]


def test_copy_methods():
    copy("more.csv")
    assert people() == [(1, "Ann"), (2, "Bob"), (3, "Cy")]
    copy("changed.csv", "UPSERT")
    assert people() == [(1, "Ann"), (2, "Bob"), (3, "Cleo"), (4, "Dan")]
    copy("changed.csv", "UPSERT", upsert_keys=["id"])
    assert len(people()) == 4
    copy("more.csv", "REPLACE")
    assert people() == [(2, "Bob"), (3, "Cy")]


def test_unload():
    RedshiftToS3Operator(
        task_id="unload", s3_bucket="lake", s3_key="out", schema="public", table="people", aws_conn_id="lake",
        unload_options=["CSV", "HEADER", "PARALLEL OFF"], **WAREHOUSE,
    ).execute({})
    RedshiftToS3Operator(
        task_id="query", s3_bucket="lake", s3_key="query/", select_query="select name from public.people where name <> 'it''s'",
        aws_conn_id="lake", unload_options=["PARALLEL OFF"], **WAREHOUSE,
    ).execute({})


def test_data_api():
    place = {"aws_conn_id": "lake", "workgroup_name": "default", "database": "dev", "region_name": "us-east-1"}
    wait = {"wait_for_completion": True, "poll_interval": 1}
    RedshiftDataOperator(task_id="one", sql="insert into public.people values (9, 'Zoe')", **wait, **place).execute({})
    result = RedshiftDataOperator(
        task_id="two", sql="select name from public.people where id = :id", parameters=[{"name": "id", "value": "9"}],
        return_sql_result=True, **wait, **place,
    ).execute({})
    assert result[0]["Records"] == [[{"stringValue": "Zoe"}]], result
    RedshiftDataOperator(task_id="batch", sql=["delete from public.people where id = 9", "select 1"], **wait, **place).execute({})
    assert people() == [(2, "Bob"), (3, "Cy")]
    try:
        RedshiftDataOperator(task_id="wrong", sql="select * from nothing", **wait, **place).execute({})
    except Exception as error:
        assert 'relation "nothing" does not exist' in str(error), error
    else:
        raise AssertionError("a statement that fails has to fail its task")


def test_hook():
    hook = RedshiftSQLHook(**WAREHOUSE)
    assert hook.get_table_primary_key("people", "public") == ["id"]
    assert hook.get_first("select 1") == [1]
    hook.insert_rows("public.people", [(11, "Kim"), (12, "Leo")], target_fields=["id", "name"])
    assert hook.get_first("select count(*) from public.people")[0] == 4


if __name__ == "__main__":
    for test in [test_sql, test_copy_methods, test_unload, test_data_api, test_hook]:
        test()
        print(test.__name__, file=sys.stderr)
