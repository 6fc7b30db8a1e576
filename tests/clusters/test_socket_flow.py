"""Who sends faster than his application takes is not read from for a while."""

import asyncio

import pytest
from twisted.internet.task import Clock

from clusters.management import sockets
from clusters.management.sockets import MOST_WAITING, PAUSE, READ, Socket


class Transport:
    """A connection, as far as reading from it goes."""

    def __init__(self):
        self.reading = True

    def registerProducer(self, producer, streaming):  # noqa: N802
        pass

    def unregisterProducer(self):  # noqa: N802
        pass

    def pauseProducing(self):  # noqa: N802
        assert self.reading
        self.reading = False

    def resumeProducing(self):  # noqa: N802
        assert not self.reading
        self.reading = True


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(sockets, "reactor", clock)
    return clock


@pytest.fixture
def client():
    client = Socket()
    client.transport, client.application_queue = Transport(), asyncio.Queue()
    client.client_addr, client.muted, client.state = None, False, Socket.STATE_OPEN
    return client


def take(client, count):
    for _ in range(count):
        client.application_queue.get_nowait()


def test_what_is_taken_at_once_is_read_on(client, clock):
    for _ in range(10 * MOST_WAITING):
        client.onMessage(b"x", True)
        take(client, 1)
    assert client.transport.reading
    assert not clock.getDelayedCalls()


def test_reading_goes_on_when_the_application_has_caught_up(client, clock):
    for _ in range(MOST_WAITING + 10):
        client.onMessage(b"x", True)
    assert not client.transport.reading
    clock.pump([PAUSE] * 5)
    assert not client.transport.reading
    take(client, 10)
    clock.advance(PAUSE)
    assert client.transport.reading
    assert client.application_queue.qsize() == MOST_WAITING
    assert not clock.getDelayedCalls()


@pytest.mark.parametrize(
    "end", [{"muted": True}, {"state": Socket.STATE_CLOSING}, {"state": Socket.STATE_CLOSED}]
)
def test_nobody_waits_for_an_application_that_has_ended(client, clock, end):
    for _ in range(MOST_WAITING + 1):
        client.onMessage(b"x", True)
    for field, value in end.items():
        setattr(client, field, value)
    clock.advance(PAUSE)
    assert client.transport.reading
    assert not clock.getDelayedCalls()


def test_little_is_read_in_one_turn(client, monkeypatch):
    monkeypatch.setattr(sockets.WebSocketProtocol, "makeConnection", lambda self, transport: None)
    transport = Transport()
    client.makeConnection(transport)
    assert transport.bufferSize == READ


@pytest.mark.parametrize("state", [Socket.STATE_CLOSING, Socket.STATE_CLOSED])
def test_what_is_sent_to_who_has_gone_is_dropped(client, state):
    client.state = state
    client.handle_reply({"type": "websocket.send", "bytes": b"x"})
    client.handle_reply({"type": "websocket.send", "text": "x"})
