"""Users who log in: passwords, their end, limits, settings; what drivers ask of privileges."""

import psycopg
import pytest
import redshift_connector

from blueshift import TARGET

pytestmark = pytest.mark.skipif(TARGET == "gateway", reason="a gateway has users of its own")


@pytest.fixture
def admin(server):
    with psycopg.connect(host=server.host, port=server.port, user="admin", dbname="dev", autocommit=True) as connection:
        yield connection


def login(server, user, password, **options):
    return psycopg.connect(
        host=server.host, port=server.port, user=user, password=password, dbname="dev", autocommit=True, **options
    )


def refused(server, user, password):
    with pytest.raises(psycopg.OperationalError) as error:
        login(server, user, password)
    return str(error.value)


def test_passwords(server, admin):
    admin.execute("create user plain password 'Passw0rdOne'")
    # md5 of password and user, as the guide says.
    admin.execute("create user digest password 'md5153c434b4b77c89e6b94f12c5393af5b'")
    admin.execute("create user disabled password disable")
    with login(server, "plain", "Passw0rdOne") as connection:
        assert connection.execute("select current_user").fetchone() == ("plain",)
    for user, password in [("plain", "wrong"), ("digest", "wrong"), ("disabled", ""), ("disabled", "any"), ("nobody", "any")]:
        assert f'password authentication failed for user "{user}"' in refused(server, user, password) or password == ""
    admin.execute("alter user plain password 'Passw0rdTwo'")
    assert "authentication failed" in refused(server, "plain", "Passw0rdOne")
    login(server, "plain", "Passw0rdTwo").close()


def test_sha256_with_redshifts_own_driver(server, admin):
    admin.execute("create user hashed password 'sha256|Mypassword1'")
    connection = redshift_connector.connect(
        host=server.host, port=server.port, user="hashed", password="Mypassword1", database="dev", ssl=False
    )
    with connection.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone()[0] == "hashed"
    connection.close()
    with pytest.raises(Exception):
        redshift_connector.connect(
            host=server.host, port=server.port, user="hashed", password="Wrong1234", database="dev", ssl=False
        )


def test_valid_until_and_limits(server, admin):
    admin.execute("create user expired password 'Passw0rdOne' valid until '2001-01-01'")
    assert "authentication failed" in refused(server, "expired", "Passw0rdOne")
    admin.execute("alter user expired valid until 'infinity'")
    login(server, "expired", "Passw0rdOne").close()
    admin.execute("create user single password 'Passw0rdOne' connection limit 1")
    with login(server, "single", "Passw0rdOne"):
        assert 'too many connections for user "single"' in refused(server, "single", "Passw0rdOne")


def test_settings_begin_with_the_users_own(server, admin):
    admin.execute("create user preset password 'Passw0rdOne'")
    admin.execute("create schema theirs authorization preset")
    admin.execute("alter user preset set search_path to theirs, public")
    with login(server, "preset", "Passw0rdOne") as connection:
        assert connection.execute("show search_path").fetchone() == ("theirs, public",)
        connection.execute("create table t (a int)")
        found = "select nspname from pg_namespace n join pg_class c on c.relnamespace = n.oid where relname = 't'"
        assert connection.execute(found).fetchone() == ("theirs",)


def test_privileges_are_those_of_the_user(server, admin):
    admin.execute("create user reader password 'Passw0rdOne'")
    admin.execute("create table secret (a int)")
    admin.execute("create table open_to_all (a int)")
    admin.execute("grant select on open_to_all to public")
    with login(server, "reader", "Passw0rdOne") as connection:
        assert connection.info.parameter_status("is_superuser") == "off"
        assert connection.info.parameter_status("session_authorization") == "reader"
        assert connection.execute("select count(*) from open_to_all").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as error:
            connection.execute("select * from secret")
        assert error.value.diag.message_primary == "permission denied for relation secret"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("set session authorization admin")
        # Another's statements are not shown.
        others = "select count(*) from stl_query where userid <> (select usesysid from pg_user where usename = current_user)"
        assert connection.execute(others).fetchone() == (0,)


@pytest.fixture
def driver(server, admin):
    admin.execute("create table parent (id int not null, name varchar(20), primary key (id))")
    admin.execute("create table t1 (i int, parent int references parent (id), n numeric(10,2))")
    admin.execute("create view v1 as select i from t1")
    admin.execute("comment on table t1 is 'a table'")
    admin.execute("create user grantee password disable")
    admin.execute("grant select on t1 to grantee")
    admin.execute("grant update (n) on t1 to grantee")
    connection = redshift_connector.connect(
        host=server.host, port=server.port, user="admin", password="any", database="dev", ssl=False
    )
    yield connection
    connection.close()


def rows(cursor, answer, *names):
    columns = [column[0] if isinstance(column[0], str) else column[0].decode() for column in cursor.description]
    places = [[name.lower() for name in columns].index(name) for name in names]
    return [tuple(row[place] for place in places) for row in answer]


def test_redshift_connectors_metadata(driver):
    with driver.cursor() as cursor:
        assert ("dev",) in rows(cursor, cursor.get_catalogs(), "table_cat")
        assert ("public",) in rows(cursor, cursor.get_schemas("dev"), "table_schem")
        tables = rows(cursor, cursor.get_tables("dev", "public", "%1"), "table_name", "table_type", "remarks")
        assert sorted(tables) == [("t1", "TABLE", "a table"), ("v1", "VIEW", "")] or sorted(tables, key=str) == [
            ("t1", "TABLE", "a table"), ("v1", "VIEW", None)
        ]
        assert rows(cursor, cursor.get_columns("dev", "public", "t1", "%"), "column_name", "type_name") == [
            ("i", "int4"), ("parent", "int4"), ("n", "numeric")
        ]
        assert rows(cursor, cursor.get_primary_keys("dev", "public", "parent"), "column_name", "pk_name") == [
            ("id", "parent_pkey")
        ]
        imported = cursor.get_imported_keys("dev", "public", "t1")
        assert rows(cursor, imported, "pktable_name", "pkcolumn_name", "fkcolumn_name") == [("parent", "id", "parent")]
        exported = cursor.get_exported_keys("dev", "public", "parent")
        assert rows(cursor, exported, "fktable_name", "fkcolumn_name") == [("t1", "parent")]
        granted = cursor.get_table_privileges("dev", "public", "t1")
        assert rows(cursor, granted, "grantee", "privilege") == [("grantee", "SELECT")]
        granted = cursor.get_column_privileges("dev", "public", "t1", "%")
        assert rows(cursor, granted, "column_name", "grantee", "privilege") == [("n", "grantee", "UPDATE")]
        assert cursor.get_procedures("dev", "public", "%") in ((), [])
        assert cursor.get_functions("dev", "public", "no%") in ((), [])
