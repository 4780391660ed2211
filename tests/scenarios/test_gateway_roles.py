"""Roles that the gateway assumes: for a target, and for each user with a session of their own name and tags.

Source: AWS STS API reference, "AssumeRole"."""

import http.server
import threading
import urllib.parse

import psycopg
import pytest

from blueshift import TARGET, Server
from gateway import House, Service, target_of

pytestmark = pytest.mark.skipif(TARGET != "emulator", reason="they make gateways of their own")

ANSWER = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/{session}</Arn><AssumedRoleId>R:{session}</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>ASIA{session}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
REFUSAL = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code>
<Message>not authorized to perform: sts:AssumeRole</Message></Error><RequestId>x</RequestId></ErrorResponse>"""


class Sts:
    """Gives credentials to whoever asks, except for roles called nobody; the access key names the session."""

    def __init__(self):
        self.asked = asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                request = dict(urllib.parse.parse_qsl(body))
                asked.append(request)
                refused = request["RoleArn"].endswith("/nobody")
                text = (REFUSAL if refused else ANSWER.format(session=request["RoleSessionName"])).encode()
                self.send_response(403 if refused else 200)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def environment(self):
        return {"AWS_ENDPOINT_URL_STS": f"http://127.0.0.1:{self.server.server_address[1]}"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()


def role(name):
    return f"arn:aws:iam::123456789012:role/{name}"


def test_each_user_has_a_session_of_the_role_with_name_and_tags(tmp_path):
    house = House(tmp_path)
    for name in ("ana", "ben", "cyd"):
        house.user("add", name)
    house.edit("ana", f'role-arn = "{role("analyst")}"\nsession-tags = {{ team = "sales", cost = "7" }}')
    house.edit("cyd", f'role-arn = "{role("nobody")}"')
    with Sts() as sts, Server(http="127.0.0.1:0") as emulator, Service(emulator.http) as service, house:
        house.start(target_of(service.url, **{"role-arn": role("gateway")}), environment=sts.environment)
        # The check at the start was made under the target's role.
        assert sts.asked[0]["RoleArn"] == role("gateway") and sts.asked[0]["RoleSessionName"] == "blueshift"
        assert {call.access_key for call in service.calls} == {"ASIAblueshift"}

        def select(name):
            service.calls.clear()
            with house.connect(name) as connection:
                connection.execute("select 1")
                # Those before are still closing their sessions.
                return {call.access_key for call in service.calls if call.sql == "select 1"}

        assert select("ana") == {"ASIAana"}
        asked = [request for request in sts.asked if request["RoleSessionName"] == "ana"]
        assert len(asked) == 1 and asked[0]["RoleArn"] == role("analyst")
        tags = {asked[0][f"Tags.member.{n}.Key"]: asked[0][f"Tags.member.{n}.Value"] for n in (1, 2)}
        assert tags == {"team": "sales", "cost": "7"}
        assert select("ben") == {"ASIAblueshift"}
        # One whose role may not be assumed hears of that, and nothing of credentials.
        with pytest.raises(psycopg.Error) as refused:
            select("cyd")
        assert refused.value.sqlstate in ("42501", "08006") and "secret" not in str(refused.value)
