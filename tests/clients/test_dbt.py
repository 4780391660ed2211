"""dbt-redshift: a project with every kind of model, built twice (the second time incrementally), documented and checked."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "dbt"
ORDERS = {10: "2026-02-01", 11: "2026-02-02", 12: "2026-02-03"}


class Project:
    """A copy of the project, and a server of its own."""

    def __init__(self, folder, server):
        shutil.copytree(FOLDER / "shop", folder / "shop")
        self.folder, self.server = folder / "shop", server

    def dbt(self, *arguments):
        environment = os.environ | {
            "BLUESHIFT_PORT": str(self.server.port),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DO_NOT_TRACK": "1",
        }
        return subprocess.run(
            [os.environ["BLUESHIFT_DBT"], *arguments, "--profiles-dir", FOLDER / "profile"],
            cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600, check=False,
        )

    def results(self):
        results = json.loads((self.folder / "target" / "run_results.json").read_text())["results"]
        return {result["unique_id"]: result["status"] for result in results}

    def rows(self, query):
        with self.server.connect() as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def project(tmp_path_factory, shared_server):
    with shared_server.connect() as connection:
        connection.execute("create user reporter password disable")
    return Project(tmp_path_factory.mktemp("dbt"), shared_server)


@pytest.fixture(scope="module")
def built(project):
    """The project after its first build."""
    run = project.dbt("build")
    assert run.returncode == 0, run.stdout
    return project


@pytest.fixture(scope="module")
def built_again(built):
    """The project after one more order, a change of a customer, and a second build."""
    seeds = built.folder / "seeds"
    with (seeds / "raw_orders.csv").open("a") as orders:
        orders.write("13,3,1.00,2026-02-04 00:00:00\n")
    customers = seeds / "raw_customers.csv"
    customers.write_text(customers.read_text().replace("Bob,2026-01-02 10:00:00,2026-01-02", "Rob,2026-01-02 10:00:00,2026-03-01"))
    schema = built.folder / "models" / "schema.yml"
    schema.write_text(schema.read_text().replace("values: [1, 2]", "values: [1, 2, 3]"))
    run = built.dbt("build")
    assert run.returncode == 0, run.stdout
    return built


def test_a_second_build_is_incremental(built_again):
    assert set(built_again.results().values()) <= {"success", "pass"}
    for table in ("orders_inc", "orders_merge", "orders_append", "orders_micro"):
        found = built_again.rows(f"select order_id, ordered_at::date::varchar from analytics.{table} order by 1")
        assert found == [*ORDERS.items(), (13, "2026-02-04")], table


def test_tables_and_materialized_views_hold_the_sums(built_again):
    sums = built_again.rows("select name, orders, total::varchar from analytics.customers order by customer_id")
    assert sums == [("Ann", 2, "19.75"), ("Rob", 1, "99.99"), ("Cy", 1, "1.00")]
    view = built_again.rows("select customer_id, n, total::varchar from analytics.orders_mv order by 1")
    assert view == [(1, 2, "19.75"), (2, 1, "99.99"), (3, 1, "1.00")]


def test_snapshots_keep_what_was(built_again):
    found = built_again.rows("select name, dbt_valid_to is null from analytics_snaps.snap_customers where id = 2 order by 2, 1")
    assert found == [("Bob", False), ("Rob", True)]


def test_grants_are_given(built):
    assert built.rows("select has_table_privilege('reporter', 'analytics.customers', 'select')") == [(True,)]
    assert built.rows("select has_table_privilege('reporter', 'analytics.stg_orders', 'select')") == [(True,)]


def test_documentation_tells_tables_columns_and_comments(built):
    run = built.dbt("docs", "generate")
    assert run.returncode == 0, run.stdout
    catalog = json.loads((built.folder / "target" / "catalog.json").read_text())
    assert catalog["errors"] is None
    kinds = {node.split(".")[-1]: of["metadata"]["type"] for node, of in catalog["nodes"].items()}
    assert (kinds["customers"], kinds["stg_customers"], kinds["stg_orders"]) == ("BASE TABLE", "VIEW", "LATE BINDING VIEW")
    customers = catalog["nodes"]["model.shop.customers"]
    assert customers["metadata"]["comment"] == "Customers, one row each; it's \"theirs\""
    assert customers["columns"]["customer_id"] == {
        "type": "integer", "index": 1, "name": "customer_id", "comment": "The key",
    }
    stats = {name: stat["value"] for name, stat in customers["stats"].items()}
    assert (stats["diststyle"], stats["sortkey1"], stats["rows"]) == ("KEY(customer_id)", "customer_id", 3)


def test_sources_tell_their_age(built):
    run = built.dbt("source", "freshness")
    assert "raw.raw_customers" in run.stdout
    sources = json.loads((built.folder / "target" / "sources.json").read_text())["results"]
    assert [source["status"] for source in sources] == ["warn"], run.stdout


def test_a_contract_is_kept(built):
    with built.server.connect() as connection:
        with pytest.raises(Exception, match="Cannot insert a NULL value into column customer_id"):
            connection.execute("insert into analytics.contracted values (null, 'x')")


MANY = 8


@pytest.fixture
def many_models(tmp_path, server):
    """Incremental models, tables, and views of both kinds over them: each thread lists columns while others replace tables."""
    with server.connect() as connection:
        connection.execute("create user reporter password disable")
    project = Project(tmp_path, server)
    models = project.folder / "models"
    shutil.rmtree(models)
    shutil.rmtree(project.folder / "tests")
    models.mkdir()
    for number in range(MANY):
        strategy = ("merge", "delete+insert")[number % 2]
        bind = ("", ", bind=false")[number % 2]
        texts = {
            "base": "select 1 as id, 'a'::varchar(10) as name union all select 2, 'b'",
            "inc": "{{ config(materialized='incremental', unique_key='id', incremental_strategy='%s') }} select * from {{ ref('base_%d') }}"
            % (strategy, number),
            "tab": "{{ config(materialized='table') }} select id, count(*) as n from {{ ref('inc_%d') }} group by 1" % number,
            "top": "{{ config(materialized='view'%s) }} select * from {{ ref('tab_%d') }}" % (bind, number),
        }
        for kind, text in texts.items():
            (models / f"{kind}_{number}.sql").write_text(text)
    return project


def test_many_models_at_once(many_models):
    """Nobody waits for ever, and nobody gets in anybody's way (1023)."""
    for _ in range(2):
        run = many_models.dbt("run", "--threads", "8")
        assert run.returncode == 0, run.stdout
        assert f"PASS={4 * MANY} " in run.stdout
    assert many_models.rows(f"select sum(n) from (select n from analytics.top_0 union all select n from analytics.top_{MANY - 1})") == [(4,)]
