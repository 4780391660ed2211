"""The variants of Signature Version 4, made by botocore: header, presigned, unsigned payload, chunked transfer, clocks.

Source: AWS General Reference, "Signature Version 4 signing process". The words about clocks are those that callers report:
`Signature expired: T is now earlier than T (T - 5 min.)`.
"""

import datetime
import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from blueshift import PATIENCE, Server

KEY, SECRET = "AKIDBOSS", "s3cr+t/of=boss"
TARGET = {"X-Amz-Target": "RedshiftData.ListStatements", "Content-Type": "application/x-amz-json-1.1"}


@pytest.fixture(scope="module")
def server():
    with Server("--verify-sigv4", f"{KEY}:{SECRET}", http="127.0.0.1:0") as running:
        yield running


def send(url, method="POST", body=None, headers=None):
    """The status and the body of a request's answer."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def signed(server, body=b"{}", headers=TARGET, signer=botocore.auth.SigV4Auth, service="redshift-data", at=None, secret=SECRET, **options):
    """A request that botocore has signed, at another time where one is given."""
    request = botocore.awsrequest.AWSRequest(method="POST", url=server.http + "/", data=body, headers=headers)
    auth = signer(botocore.credentials.Credentials(KEY, secret), service, "us-east-1", **options)
    if at is None:
        auth.add_auth(request)
    else:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("get_current_datetime",):
                if hasattr(botocore.auth, name):
                    patch.setattr(botocore.auth, name, lambda *_, **__: at.replace(tzinfo=None))
            auth.add_auth(request)
    return request.prepare()


def without_length(request):
    """The headers of a request whose body becomes another one."""
    return {name: value for name, value in request.headers.items() if name.lower() != "content-length"}


def test_a_header(server):
    request = signed(server)
    assert send(request.url, body=request.body, headers=dict(request.headers))[0] == 200
    status, said = send(request.url, body=b'{"MaxResults": 1}', headers=without_length(request))
    assert status == 403 and json.loads(said)["__type"] == "InvalidSignatureException"
    assert json.loads(said)["Message"].startswith("The request signature we calculated does not match the signature you provided.")


def test_a_presigned_address(server):
    query = urllib.parse.urlencode({"Action": "DescribeClusters", "Version": "2012-12-01"})
    request = botocore.awsrequest.AWSRequest(method="GET", url=f"{server.http}/?{query}")
    credentials = botocore.credentials.Credentials(KEY, SECRET)
    botocore.auth.SigV4QueryAuth(credentials, "redshift", "us-east-1", expires=60).add_auth(request)
    url = request.prepare().url
    status, said = send(url, method="GET")
    assert status == 200 and "<DescribeClustersResponse" in said
    status, said = send(url.replace("DescribeClusters", "DeleteCluster"), method="GET")
    assert status == 403 and "<Code>SignatureDoesNotMatch</Code>" in said
    assert send(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"), method="GET")[0] == 403


def test_a_body_that_is_not_signed(server):
    """Where the signed header says so, the body is not covered by the signature."""
    headers = TARGET | {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}

    class Unsigned(botocore.auth.SigV4Auth):
        def payload(self, request):
            return "UNSIGNED-PAYLOAD"

    request = signed(server, headers=headers, signer=Unsigned)
    assert send(request.url, body=b'{"MaxResults": 1}', headers=without_length(request))[0] == 200
    # A header that the signature does not cover says nothing.
    request = signed(server)
    assert send(request.url, body=b'{"MaxResults": 1}', headers=without_length(request) | {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})[0] == 403
    streaming = signed(server, headers=TARGET | {"X-Amz-Content-SHA256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"})
    status, said = send(streaming.url, body=b"{}", headers=dict(streaming.headers))
    assert status == 403 and "is not supported by this service" in said


def test_a_body_in_chunks(server):
    """Transfer-Encoding: chunked; the signature covers the body as a whole."""
    body = json.dumps({"MaxResults": 10, "Status": "ALL"}).encode()
    request = signed(server, body=body)
    address = urllib.parse.urlparse(server.http)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
    connection.request("POST", "/", body=iter([body[:5], body[5:]]), headers=without_length(request), encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize("minutes, words", [
    (-6, r"Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)"),
    (6, r"Signature not yet current: \d{8}T\d{6}Z is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 5 min\.\)"),
])
def test_clocks(server, minutes, words):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    request = signed(server, at=at)
    status, said = send(request.url, body=request.body, headers=dict(request.headers))
    said = json.loads(said)
    assert status == 403 and said["__type"] == "InvalidSignatureException", said
    assert re.fullmatch(words, said["Message"]), said


def test_who_does_not_sign(server):
    assert json.loads(send(server.http, body=b"{}", headers=TARGET)[1]) == {
        "__type": "MissingAuthenticationTokenException", "Message": "Missing Authentication Token"}
    assert "<Code>MissingAuthenticationToken</Code>" in send(server.http, body=b"Action=DescribeClusters")[1]
