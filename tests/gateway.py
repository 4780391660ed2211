"""A gateway before the Data API of an emulator, and between them, where a test wants it, a service that misbehaves."""

import http.client
import http.server
import json
import re
import threading
import urllib.parse

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
