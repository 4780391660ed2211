"""The gateway's doors, as clients find them: users, TLS, certificates, tokens, policies, the audit, metrics."""

import base64
import json
import re
import shutil
import subprocess
import time
import urllib.request

import psycopg
import pytest
import redshift_connector
from blueshift import DATABASE, PATIENCE, Server
from gateway import PASSWORD, House, eventually, target_of

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes keys and certificates")

CONFIG = """
[tls]
client-authority = "clients.pem"

[tokens]
issuer = "https://id.example"
audience = "blueshift"
keys = "jwks.json"
user-claim = "email"
groups-claim = "groups"

[audit]
mode = "required"
file = "audit.jsonl"
literals = "keep"
"""
POLICIES = """
[[policy]]
name = "everybody"
require-where = true

[[policy]]
name = "analysts"
groups = ["analysts"]
read-only = true
read = ["sales.*"]
max-rows = 100
"""


class Doors(House):
    """A gateway with doors before an emulator with tables."""

    def __init__(self, folder, emulator):
        super().__init__(folder)
        self.emulator = emulator
        self.user("add", "ana", "--groups", "analysts")
        self.user("add", "etl", "--verifier", "sha256")
        self.user("add", "old", "--verifier", "md5")
        self.user("add", "robot", "--no-password")
        self.user("add", "shut")
        self.user("lock", "shut")
        self.openssl("genrsa", "-out", "provider.key", "2048")
        (folder / "jwks.json").write_text(json.dumps({"keys": [self.jwk()]}))
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "clients.key", "-out", "clients.pem",
                     "-days", "2", "-subj", "/CN=clients", "-addext", "keyUsage=keyCertSign")
        self.start(target_of(emulator.http) + CONFIG, POLICIES)

    def openssl(self, *arguments, stdin=b""):
        return subprocess.run(["openssl", *arguments], cwd=self.folder, input=stdin, capture_output=True, check=True).stdout

    def jwk(self):
        modulus = self.openssl("rsa", "-in", "provider.key", "-noout", "-modulus").decode()
        return {"kty": "RSA", "kid": "k", "n": number(int(re.search("=([0-9A-F]+)", modulus)[1], 16)), "e": number(65537)}

    def certificate(self, name):
        """A client certificate of this common name: certificate and key."""
        self.openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                     "-subj", f"/CN={name}")
        extensions = self.folder / "extensions"
        extensions.write_text("basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "clients.pem", "-CAkey", "clients.key", "-CAcreateserial",
                     "-days", "2", "-extfile", str(extensions), "-out", f"{name}.pem")
        return {"sslcert": str(self.folder / f"{name}.pem"), "sslkey": str(self.folder / f"{name}.key")}

    def token(self, name, **claims):
        body = {"iss": "https://id.example", "aud": "blueshift", "exp": int(time.time()) + 600, "email": name} | claims
        signed = f"{part({'alg': 'RS256', 'kid': 'k'})}.{part(body)}"
        signature = self.openssl("dgst", "-sha256", "-sign", "provider.key", stdin=signed.encode())
        return f"{signed}.{encoded(signature)}"


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def part(value):
    return encoded(json.dumps(value).encode())


def number(value):
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    with Server(http="127.0.0.1:0") as emulator:
        with emulator.connect() as connection:
            connection.execute("create schema sales")
            connection.execute("create schema hr")
            connection.execute("create table sales.orders (id int, customer varchar(20))")
            connection.execute("insert into sales.orders values (1, 'x'), (2, 'y')")
            connection.execute("create table hr.salaries (pay int)")
        with Doors(tmp_path_factory.mktemp("doors"), emulator) as doors:
            yield doors


def refusal(connect):
    with pytest.raises(psycopg.OperationalError) as refused:
        connect()
    return str(refused.value).rsplit("FATAL:", 1)[-1].strip()


def test_users_come_in_with_their_passwords(doors):
    for name in ["ana", "etl", "old"]:
        with doors.connect(name) as connection:
            assert connection.execute("select count(*) from sales.orders").fetchone() == (2,)
    # Without TLS only what does not carry the password: MD5 for those whose verifier is one.
    with doors.connect("old", sslmode="disable") as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert "password authentication failed" in refusal(lambda: doors.connect("ana", sslmode="disable"))


def test_redshifts_own_driver_comes_in(doors):
    def connect(name, **options):
        return redshift_connector.connect(host=doors.gateway.host, port=doors.gateway.port, user=name, password=PASSWORD,
                                          database=DATABASE, **options)

    # Its digest needs no TLS.
    with connect("etl", ssl=False) as connection:
        cursor = connection.cursor()
        cursor.execute("select id from sales.orders order by id")
        assert [row[0] for row in cursor.fetchall()] == [1, 2]
    with pytest.raises(redshift_connector.InterfaceError, match="password authentication failed"):
        connect("ana", ssl=False)


def test_psql_comes_in(doors):
    dsn = f"host={doors.gateway.host} port={doors.gateway.port} user=ana password={PASSWORD} dbname={DATABASE} sslmode=require"
    assert doors.gateway.psql("-Atc", "select id from sales.orders order by 1", dsn=dsn).stdout == "1\n2\n"
    refused = doors.gateway.psql("-v", "VERBOSITY=verbose", "-c", "select pay from hr.salaries", dsn=dsn, check=False)
    assert 'ERROR:  42501: permission denied by policy "analysts", rule "read": hr.salaries may not be read' in refused.stderr


def test_those_who_do_not_come_in_are_told_the_same(doors):
    words = {refusal(lambda name=name, password=password: doors.connect(name, password)).replace(name, "NAME")
             for name, password in [("etl", "wrong"), ("nobody", PASSWORD), ("shut", PASSWORD)]}
    assert words == {'password authentication failed for user "NAME"'}
    reasons = {line["refused"] for line in doors.audit if line["event"] == "refusal" and "command" not in line}
    assert {"wrong password", "unknown user", "locked"} <= reasons


def test_a_token_is_a_password(doors):
    with doors.connect("robot", doors.token("robot", groups=["analysts"])) as connection:
        assert connection.execute("select count(*) from sales.orders").fetchone() == (2,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from hr.salaries")
    assert "password authentication failed" in refusal(lambda: doors.connect("robot", doors.token("ana")))
    assert "password authentication failed" in refusal(lambda: doors.connect("robot", doors.token("robot", exp=1)))


def test_a_certificate_is_enough(doors):
    with doors.connect("robot", None, **doors.certificate("robot")) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert {line["method"] for line in doors.audit if line["event"] == "connect" and line["user"] == "robot"} >= {"certificate"}
    # Somebody else's certificate does not help, nor does it hurt.
    other = doors.certificate("somebody")
    assert "password authentication failed" in refusal(lambda: doors.connect("robot", "x", **other))
    doors.connect("etl", **other).close()


def test_policies_decide_what_passes(doors):
    with doors.connect("ana") as connection:
        for sql, rule in [
            ("with s as (select * from hr.salaries) select 1 from sales.orders", "read"),
            ("insert into sales.orders values (3, 'z')", "read-only"),
            ("select * from orders", "read"),
        ]:
            with pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
                connection.execute(sql)
            assert f'rule "{rule}"' in str(refused.value), sql
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
            connection.execute("select a.id from sales.orders a, pg_catalog.pg_class b").fetchall()
        assert 'rule "max-rows"' in str(refused.value)
        # A prepared statement is decided on when it is prepared and when it runs.
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from hr.salaries where pay > %s", [1])
        # What was refused leaves the session as it was.
        assert connection.execute("select id from sales.orders where customer = %s", ["x"]).fetchone() == (1,)
    with doors.connect("etl") as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="require-where"):
            connection.execute("delete from sales.orders")


def test_policies_and_users_are_read_again(doors):
    doors.user("add", "new")

    def comes_in():
        try:
            doors.connect("new").close()
            return True
        except psycopg.OperationalError:
            return False

    eventually(comes_in)


def test_the_audit_tells_who_did_what(doors):
    with doors.connect("etl", application_name="nightly") as connection:
        connection.execute("insert into sales.orders values (9, 'audited')")
        connection.execute("delete from sales.orders where id = 9")
    lines = [line for line in doors.audit if line["event"] == "statement" and "audited" in line.get("text", "")]
    assert len(lines) == 1
    line = lines[0]
    assert (line["user"], line["from"], line["target"], line["command"]) == ("etl", "127.0.0.1", DATABASE, "INSERT")
    assert (line["outcome"], line["rows"], line["text"]) == ("ok", 1, "insert into sales.orders values (9, 'audited')")
    assert line["statement_id"] and line["milliseconds"] > 0


def test_no_secret_is_written_anywhere(doors):
    secrets = ["S3cretPass1", "S3CRETKEY", "secret:S3CRETARN"]
    statements = [
        f"create user u password '{secrets[0]}'",
        f"alter user u password '{secrets[0]}x'",
        f"copy sales.orders from 's3://nowhere/x' access_key_id 'x' secret_access_key '{secrets[1]}'",
        f"copy sales.orders from 's3://nowhere/x' credentials 'aws_access_key_id=x;aws_secret_access_key={secrets[1]}'",
        f"unload ('select 1') to 's3://nowhere/x' access_key_id 'x' secret_access_key '{secrets[1]}'",
        f"select 'arn:aws:secretsmanager:eu-west-1:1:{secrets[2]}'",
    ]
    with doors.connect("etl") as connection:
        for sql in statements:
            try:
                connection.execute(sql)
            except psycopg.Error as error:
                assert not any(secret in str(error) for secret in secrets), error
    written = (doors.folder / "audit.jsonl").read_text() + doors.gateway.output + doors.get("/metrics")
    kept = (doors.folder / "users.toml").read_text()
    for secret in [*secrets, PASSWORD]:
        assert secret not in written and secret not in kept, secret
    assert "'***'" in written


def test_health_and_metrics(doors):
    with doors.connect("etl") as connection:
        connection.execute("select 1")
        page = doors.get("/metrics")
        values = dict(line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
        assert int(values["blueshift_sessions"]) >= 1
        assert int(values['blueshift_statements_total{outcome="ok"}']) >= 1
        assert int(values['blueshift_statements_total{outcome="refused"}']) >= 0
    assert json.loads(doors.get("/health")) == {"status": "ok"}
    assert json.loads(doors.get("/health/live")) == {"status": "ok"}
    # The emulator counts, too.
    with urllib.request.urlopen(doors.emulator.http + "/metrics", timeout=PATIENCE) as answer:
        assert "blueshift_statements_total" in answer.read().decode()
