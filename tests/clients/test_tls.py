"""TLS: with the certificate that the server makes itself and whose CA the banner names, and with a given one."""


import psycopg2
import pytest
import redshift_connector

from blueshift import TARGET, Server

pytestmark = pytest.mark.skipif(TARGET == "gateway", reason="a gateway has a certificate of its own")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server("--password", "Secret-1", data=tmp_path_factory.mktemp("tls") / "data") as running:
        yield running


def dsn(server, **options):
    words = {"host": "localhost", "port": server.port, "user": "admin", "password": "Secret-1", "dbname": "dev"} | options
    return " ".join(f"{key}={value}" for key, value in words.items())


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_psql_verifies_in_full(server, host):
    result = server.psql("-At", "-c", "select 1", dsn=dsn(server, host=host, sslmode="verify-full", sslrootcert=server.ca))
    assert result.stdout == "1\n"


def test_psql_does_not_trust_it_without_the_file(server, tmp_path):
    other = tmp_path / "none.pem"
    other.write_text("")
    result = server.psql("-c", "select 1", dsn=dsn(server, sslmode="verify-full", sslrootcert=other), check=False)
    assert result.returncode != 0


@pytest.mark.parametrize("mode", ["disable", "prefer", "require"])
def test_modes(server, mode):
    connection = psycopg2.connect(dsn(server, sslmode=mode))
    assert connection.info.ssl_in_use == (mode != "disable")
    connection.close()


@pytest.mark.parametrize("protocol", [0, 1, 2])
def test_redshift_connector(server, protocol, monkeypatch):
    """TLS is its default and it verifies: the CA file is what a user hands over."""
    monkeypatch.setenv("SSL_CERT_FILE", server.ca)
    connection = redshift_connector.connect(
        host="localhost", port=server.port, user="admin", password="Secret-1", database="dev",
        client_protocol_version=protocol, sslmode="verify-full",
    )
    with connection.cursor() as cursor:
        cursor.execute("select 1.5::decimal(4,2), 'x'::varchar")
        assert [str(value) for value in cursor.fetchone()] == ["1.50", "x"]
    connection.close()


def test_wrong_password_over_tls(server):
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(dsn(server, sslmode="require", password="wrong"))


def test_many_rows_over_tls(server):
    connection = psycopg2.connect(dsn(server, sslmode="require"))
    with connection.cursor() as cursor:
        cursor.execute("with recursive r(n) as (select 1 union all select n + 1 from r where n < 3000) select n, repeat('x', 100) from r")
        assert len(cursor.fetchall()) == 3000
    connection.close()


def test_logs_tell_how_a_client_is_connected(server):
    """Developer guide, "STL_CONNECTION_LOG", "SYS_CONNECTION_LOG": version and cipher of TLS, port, driver and protocol."""
    query = """select trim(authmethod), trim(sslversion), trim(sslcipher), trim(remoteport) <> '' from stl_connection_log
               where pid = pg_backend_pid() and event = 'authenticated'"""
    for mode, encrypted in [("require", True), ("disable", False)]:
        connection = psycopg2.connect(dsn(server, sslmode=mode))
        with connection.cursor() as cursor:
            cursor.execute(query)
            method, version, cipher, has_port = cursor.fetchone()
        connection.close()
        assert (method, has_port) == ("password", True)
        assert (version in ("TLSv1.2", "TLSv1.3"), cipher != "") == (encrypted, encrypted)
    with redshift_connector.connect(
        host="localhost", port=server.port, user="admin", password="Secret-1", database="dev", ssl=False,
    ) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select trim(driver_version), trim(os_version), protocol_version from sys_connection_log "
            "where session_id = pg_backend_pid() and event = 'initiating session'"
        )
        driver, system, protocol = cursor.fetchone()
        assert driver.startswith("Redshift Python Driver") and system != "" and protocol == 2
