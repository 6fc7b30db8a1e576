"""Nobody sends a body without end."""

import json

import pytest
from daphne.http_protocol import HTTPFactory
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from clusters.management import requests
from clusters.management.requests import limit

HEAD = b"POST /k8s/x/api HTTP/1.1\r\nHost: localhost\r\n"
HISTORY = b"POST /histories/ HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


class Site:
    """Daphne's server, as far as a request needs it. `served`: the queues of what applications get."""

    proxy_forwarded_address_header = None
    root_path = ""
    request_buffer_size = 8192

    def __init__(self):
        self.served = []

    def protocol_connected(self, protocol):
        pass

    def protocol_disconnected(self, protocol):
        pass

    def create_application(self, protocol, scope):
        self.served.append([])
        return self

    def put_nowait(self, message):
        self.served[-1].append(message)

    @property
    def bodies(self):
        return [b"".join(message["body"] for message in messages) for messages in self.served]


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(requests, "LARGEST", 1000)


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def connection(site):
    factory = HTTPFactory(site)
    limit(factory)
    address = IPv4Address("TCP", "127.0.0.1", 1)
    channel = factory.buildProtocol(address)
    channel.sent = StringTransport(address, address)
    channel.makeConnection(channel.sent)
    yield channel
    channel.connectionLost(Failure(ConnectionDone()))


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def refused(connection, limit=3145728):
    head, _, body = connection.sent.value().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert json.loads(body)["message"] == f"Request entity too large: limit is {limit}"
    return connection.sent.disconnecting


def test_a_body_that_fits_is_passed_on(connection, site):
    connection.dataReceived(HEAD + b"Content-Length: 1000\r\n\r\n" + b"x" * 1000)
    assert site.bodies == [b"x" * 1000]


def test_a_chunked_one_too(connection, site):
    connection.dataReceived(HEAD + CHUNKED + chunk(b"x" * 600) + chunk(b"y" * 400) + b"0\r\n\r\n")
    assert site.bodies == [b"x" * 600 + b"y" * 400]


def test_a_longer_one_is_refused_before_it_is_sent(connection, site):
    connection.dataReceived(HEAD + b"Content-Length: 1001\r\n\r\n")
    assert refused(connection)
    connection.dataReceived(b"x" * 500)
    assert refused(connection)
    assert not site.served


def test_one_of_unknown_length_is_refused_when_it_gets_too_long(connection, site):
    connection.dataReceived(HEAD + CHUNKED + chunk(b"x" * 1000))
    assert not connection.sent.value()
    connection.dataReceived(chunk(b"x") * 10)
    assert refused(connection)
    assert not site.served


def test_there_is_more_room_for_a_history(connection, site, monkeypatch):
    monkeypatch.setattr(requests, "LARGEST_HISTORY", 2000)
    connection.dataReceived(HISTORY + b"Content-Length: 2000\r\n\r\n" + b"x" * 2000)
    assert site.bodies == [b"x" * 2000]


def test_but_not_without_end(connection, site, monkeypatch):
    monkeypatch.setattr(requests, "LARGEST_HISTORY", 2000)
    connection.dataReceived(HISTORY + b"Content-Length: 2001\r\n\r\n")
    assert refused(connection, 25 * 1024 * 1024)
    assert not site.served
