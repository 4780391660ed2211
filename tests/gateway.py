"""A gateway before the Data API of an emulator, and between them, where a test wants it, a service that misbehaves."""

import http.client
import http.server
import json
import re
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import psycopg
import pytest

from blueshift import DATABASE, PATIENCE, PROGRAM, Server, clean_environment

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDADMIN", "AWS_SECRET_ACCESS_KEY": "secret"}


class Gateway(Server):
    """A running gateway on a free port; `endpoint` is the Data API's URL."""

    def __init__(self, endpoint, *arguments, environment=None, listen="127.0.0.1:0",
                 target=("--workgroup", "default", "--database", DATABASE)):
        self.endpoint = endpoint
        region = ["--region", "us-east-1"] if target else []
        url = ["--endpoint-url", endpoint] if target else []
        self.start(
            [PROGRAM, "proxy", "--listen", listen, *target, *region, *url, *arguments],
            clean_environment() | CREDENTIALS | (environment or {}),
        )


def target_of(endpoint, name=DATABASE, **members):
    """The section of a gateway's file for a target that is an emulator's Data API."""
    members = {"workgroup": "default", "database": DATABASE, "region": "us-east-1", "endpoint-url": endpoint} | members
    return f"[targets.{name}]\n" + "".join(f"{member} = {json.dumps(value)}\n" for member, value in members.items())


PASSWORD = "Correct-Horse-7"


class House:
    """The folder of a gateway with users; `start` starts it."""

    def __init__(self, folder):
        self.folder, self.gateway = folder, None

    def user(self, *arguments, stdin=PASSWORD):
        """Runs `blueshift user` and gives what it says."""
        command = [PROGRAM, "user", *arguments, "--users", str(self.folder / "users.toml")]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout

    def key(self, name):
        """Gives a user an access key: its id and its secret."""
        issued = self.user("key", name)
        found = re.fullmatch(r"aws_access_key_id = (BLUE[A-Z0-9]{16})\naws_secret_access_key = ([A-Za-z0-9]{40})\n", issued)
        return found.groups()

    def edit(self, name, lines):
        """Writes more into a user's entry of the users file."""
        file = self.folder / "users.toml"
        file.write_text(file.read_text().replace(f"[users.{name}]", f"[users.{name}]\n{lines}"))

    def start(self, config, policies=None, *arguments, **options):
        """Starts the gateway with this file."""
        head = 'users = "users.toml"\n'
        if policies is not None:
            (self.folder / "policies.toml").write_text(policies)
            head += 'policies = "policies.toml"\n'
        (self.folder / "gateway.toml").write_text(head + config)
        self.gateway = Gateway("", "--config", str(self.folder / "gateway.toml"), "--http-listen", "127.0.0.1:0", *arguments,
                               target=(), **options)
        return self.gateway

    def connect(self, name, password=PASSWORD, **options):
        """A connection of psycopg 3 for one of its users."""
        options = {"sslmode": "require", "dbname": DATABASE} | options
        return psycopg.connect(host=self.gateway.host, port=self.gateway.port, user=name, password=password, autocommit=True, **options)

    def get(self, path):
        """A page of its HTTP port."""
        with urllib.request.urlopen(self.gateway.http + path, timeout=PATIENCE) as answer:
            return answer.read().decode()

    @property
    def audit(self):
        """The lines of its audit."""
        return [json.loads(line) for line in (self.folder / "audit.jsonl").read_text().splitlines()]

    def lines(self, **members):
        """The lines of the audit that have these members, once there is one: the gateway hears of an end when it does."""
        def found():
            return [line for line in self.audit if all(line.get(key) == value for key, value in members.items())]
        eventually(found)
        return found()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.gateway:
            self.gateway.stop()


class Call:
    """A call of the Data API on its way through a Service."""

    def __init__(self, operation, body, headers):
        self.operation, self.body, self.headers = operation, body, headers

    @property
    def sql(self):
        return self.body.get("Sql", "")

    @property
    def access_key(self):
        """Whose signature it bears."""
        return re.search(r"Credential=([^/]+)/", self.headers["Authorization"])[1]


class Service:
    """Passes calls on to a Data API. `plan` is asked of each call before it is passed on and may say what goes wrong:

    None            nothing
    "lose"          it is passed on, and its answer is lost
    "drop"          it is not passed on, and there is no answer
    (status, body)  it is not passed on, and this is the answer
    a function      it is passed on, and the function makes another answer of (status, body)
    """

    def __init__(self, endpoint, plan=lambda call: None):
        self.plan, self.calls = plan, []
        self.lock = threading.Lock()
        upstream = urllib.parse.urlsplit(endpoint)
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                call = Call(self.headers["X-Amz-Target"].split(".")[1], json.loads(body), self.headers)
                with service.lock:
                    service.calls.append(call)
                    fault = service.plan(call)
                if fault == "drop":
                    return self.hang_up()
                if isinstance(fault, tuple):
                    return self.answer(*fault)
                connection = http.client.HTTPConnection(upstream.hostname, upstream.port, timeout=PATIENCE)
                connection.request("POST", "/", body, dict(self.headers))
                answer = connection.getresponse()
                status, said = answer.status, json.loads(answer.read())
                connection.close()
                if fault == "lose":
                    return self.hang_up()
                if fault is not None:
                    status, said = fault(status, said)
                return self.answer(status, said)

            def hang_up(self):
                self.close_connection = True
                self.connection.close()

            def answer(self, status, body):
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def operations(self, name):
        """The calls of this operation."""
        return [call for call in self.calls if call.operation == name]

    def statements(self):
        """The texts that were submitted, in order."""
        return [call.sql for call in self.operations("ExecuteStatement")]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()


def exception(name, message="", status=400):
    """An answer that is an exception of the service."""
    return status, {"__type": name, "Message": message, "message": message}


def once(fault, condition=lambda call: True):
    """A plan: this goes wrong at the first call of which the condition is true."""
    done = []

    def plan(call):
        if done or not condition(call):
            return None
        done.append(call)
        return fault

    return plan


def submits(text):
    """Is it a statement with this in its text?"""
    return lambda call: call.operation == "ExecuteStatement" and text in call.sql


def late(seconds):
    """A fault: the answer comes late."""
    def answer(status, body):
        time.sleep(seconds)
        return status, body
    return answer


def fails(sqlstate):
    """The statement in the block fails with this state."""
    return pytest.raises(psycopg.Error, check=lambda e: e.sqlstate == sqlstate)


def value(connection, sql, parameters=None):
    """The only value of a query."""
    return connection.execute(sql, parameters).fetchone()[0]


def eventually(condition):
    """Waits until something is true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
