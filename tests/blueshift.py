"""Starts Blueshift and what stands around it, and speaks SQL to it through psql or psycopg alike."""

import contextlib
import datetime
import decimal
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading

import boto3
import botocore.config
import psycopg

BIN = pathlib.Path(os.environ["BLUESHIFT_BIN_FOLDER"])
PROGRAM = pathlib.Path(os.environ.get("BLUESHIFT_BIN", BIN / "blueshift"))
USER = "admin"
DATABASE = "dev"
# Long enough for a debug build on a busy machine.
PATIENCE = 60


class S3Folder:
    """A folder that plays S3: ROOT/BUCKET/KEY."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.root.mkdir(parents=True, exist_ok=True)
        self.arguments = ["--s3-folder", str(self.root)]
        self.environment = {}

    def put(self, bucket, key, content):
        path = self.root / bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


class S3Server(S3Folder):
    """A server of the S3 protocol over such a folder."""

    def __init__(self, root):
        super().__init__(root)
        self.process = subprocess.Popen(
            [BIN / "s3-server", str(self.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.endpoint = self.process.stdout.readline().strip()
        self.arguments = ["--s3-endpoint", self.endpoint, "--s3-region", "us-east-1"]
        self.environment = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(PATIENCE)


# What clients talk to: "emulator", or "gateway", which is a gateway whose Data API is the emulator's.
TARGET = os.environ.get("BLUESHIFT_TARGET", "emulator")


def clean_environment():
    """The environment without what would configure Blueshift or its clients."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("BLUESHIFT_", "AWS_", "PG"))}


class Server:
    """A running Blueshift: in memory unless a data folder is given, on a free port.

    Where tests run on a gateway, `host` and `port` are the gateway's.
    """

    def __init__(self, *arguments, data=None, s3=None, environment=None, listen="127.0.0.1:0", http="off"):
        place = ["--ephemeral"] if data is None else ["--data", str(data)]
        if TARGET == "gateway" and http == "off":
            http = "127.0.0.1:0"
        self.s3 = s3
        self.gateway = None
        self.start(
            [PROGRAM, "emulate", "--listen", listen, "--http-listen", http, *place, *(s3.arguments if s3 else []), *arguments],
            clean_environment() | (s3.environment if s3 else {}) | (environment or {}),
        )
        if TARGET == "gateway":
            from gateway import Gateway

            self.gateway = Gateway(self.http)
            self.host, self.port = self.gateway.host, self.gateway.port

    def start(self, command, environment):
        """Starts the program and waits until it listens."""
        # Where nothing else says where data are, they must not come to lie in the work tree.
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            command,
            env=environment,
            cwd=self.folder.name,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.banner = []
        self.said = threading.Condition()
        self.host, self.port = None, None
        self._wait_until_it_listens()

    def _wait_until_it_listens(self):
        for line in self.process.stdout:
            self.banner.append(line)
            if line.startswith("blueshift: "):
                continue
            found = re.search(r"(127\.0\.0\.1|localhost):(\d+)", line)
            if found:
                self.host, self.port = "127.0.0.1", int(found[2])
                threading.Thread(target=self._read_on, daemon=True).start()
                return
        raise StartFailed(self.process.wait(PATIENCE), "".join(self.banner))

    def _read_on(self):
        for line in self.process.stdout:
            with self.said:
                self.banner.append(line)
                self.said.notify_all()

    def when_it_says(self, pattern):
        """The match of a regular expression in what it says, as soon as it has said so."""
        def found():
            return re.search(pattern, self.output)
        with self.said:
            assert self.said.wait_for(found, PATIENCE), self.output
        return found()

    @property
    def http(self):
        """The URL of the Data API and the control plane."""
        return self.when_it_says(r"http://127\.0\.0\.1:\d+")[0]

    @property
    def ca(self):
        """The file of the certificate that clients check its own with."""
        return self.when_it_says(r"sslrootcert=(\S+)")[1]

    def aws(self, service, key="AKIDADMIN", secret="secret", **options):
        """A client of boto3 for a service of this server."""
        return boto3.client(
            service, endpoint_url=self.http, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret,
            config=botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=PATIENCE, **options),
        )

    @property
    def output(self):
        """What it has said so far."""
        return "".join(self.banner)

    @property
    def dsn(self):
        return f"host={self.host} port={self.port} user={USER} dbname={DATABASE} sslmode=disable"

    def connect(self, **options):
        """A connection of psycopg 3 in autocommit mode."""
        return psycopg.connect(self.dsn, autocommit=True, **options)

    def psql(self, *arguments, dsn=None, check=True, stdin=None, program="psql"):
        """Runs psql to its end."""
        result = subprocess.run(
            [program, "-X", "-d", dsn or self.dsn, *arguments],
            input=stdin, capture_output=True, text=True, timeout=PATIENCE * 2, check=False,
            # Without a terminal psql reads passwords from its input.
            start_new_session=True,
        )
        if check:
            assert result.returncode == 0, result.stderr
        return result

    def memory(self):
        """Resident bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def stop(self, with_signal=signal.SIGTERM):
        """Stops it and gives its exit code."""
        if getattr(self, "gateway", None):
            self.gateway.stop()
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        code = self.process.wait(PATIENCE)
        self.folder.cleanup()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


# Far beyond what a test waits for.
ENDLESS = "with recursive r(n) as (select 1::bigint union all select n + 1 from r where n < 1000000000) select count(*) from r"


@contextlib.contextmanager
def cancelling(server, pid, cancel=None):
    """Cancels ENDLESS in the session with this number as often as it is seen to run, until the block is left.

    Once is not enough: what was seen may have ended when the request comes, as a gateway asks for the columns first.
    """
    ended = threading.Event()

    def stop():
        with server.connect() as other:
            while not ended.is_set():
                running = "select 1 from stv_inflight where pid = %s and text like %s"
                if other.execute(running, (pid, "%n + 1 from r%")).fetchall():
                    cancel() if cancel else other.execute("select pg_cancel_backend(%s::int)", (pid,))

    canceller = threading.Thread(target=stop, daemon=True)
    canceller.start()
    try:
        yield
    finally:
        ended.set()
        canceller.join(PATIENCE)


class StartFailed(Exception):
    """The server ended before it listened."""

    def __init__(self, code, output):
        super().__init__(f"exit code {code}: {output}")
        self.code, self.output = code, output


class SqlError(Exception):
    """A statement failed."""

    def __init__(self, sqlstate, message, hint=None):
        super().__init__(f"{sqlstate}: {message}")
        self.sqlstate, self.message, self.hint = sqlstate, message, hint


class Psycopg:
    """A session of psycopg 3; values come as psql shows them."""

    def __init__(self, server):
        self.connection = server.connect()

    def run(self, sql):
        """The rows of a statement as texts; none where it gives no rows."""
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql)
                return [tuple(map(shown, row)) for row in cursor.fetchall()] if cursor.description else None
        except psycopg.Error as e:
            raise SqlError(e.sqlstate, e.diag.message_primary, e.diag.message_hint) from e

    def close(self):
        self.connection.close()


def shown(value):
    """A value as psql shows it; None is NULL."""
    match value:
        case None:
            return None
        case bool():
            return "t" if value else "f"
        case datetime.datetime():
            text = value.isoformat(" ")
            return text.rstrip("0") if "." in text else text
        case decimal.Decimal():
            return format(value, "f")
        case _:
            return str(value)


class Psql:
    """A session of psql that takes statements one by one."""

    NULL = "\x01"
    END = "--end--"

    def __init__(self, server):
        self.process = subprocess.Popen(
            ["psql", "-X", "-q", "-A", "-t", "-F", "\x1f", "-R", "\x1e", "-P", f"null={self.NULL}",
             "-v", "VERBOSITY=verbose", "-d", server.dsn],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )

    def run(self, sql):
        """As Psycopg.run."""
        end = f"\\echo {self.END}:ERROR\x1f:SQLSTATE\x1f:LAST_ERROR_MESSAGE\n"
        self.process.stdin.write(sql.strip().rstrip(";") + "\n;\n" + end)
        self.process.stdin.flush()
        said = ""
        while self.END not in said:
            line = self.process.stdout.readline()
            assert line, "psql ended"
            said += line
        rows, state = said.split(self.END)
        failed, sqlstate, message = state.rstrip("\n").split("\x1f", 2)
        if failed == "true":
            raise SqlError(sqlstate, message)
        rows = [row.split("\x1f") for row in rows.rstrip("\n").split("\x1e") if row]
        return [tuple(None if value == self.NULL else value for value in row) for row in rows]

    def close(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
