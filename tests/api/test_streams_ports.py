"""Ports of pods, forwarded over WebSockets."""

import struct

import pytest

from clusters import actions
from clusters.api.streams import outlet
from clusters.api.streams.channel_tunnel import ChannelTunnel
from clusters.api.streams.portforward import SPDY
from clusters.api.streams.ports import port_of
from clusters.api.streams.spdy import Data, Decoder, Encoder, GoAway, Ping, SynReply, SynStream
from tests.api.caller import PODS, in_thread
from tests.api.sockets import V4, Socket, run_pod
from tests.api.watchers import until

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture
async def web(cluster, call):
    """A pod that answers at port 80."""
    return await run_pod(cluster, call)


class Spdy:
    """kubectl port-forward: SPDY frames in the messages of a WebSocket."""

    def __init__(self, key, path=f"{PODS}/web/portforward"):
        self.socket = Socket(key, path, protocols=(SPDY,))
        self._encoder = Encoder()
        self._streams = 0

    def send(self, *frames):
        """Sends frames, all in one message."""
        self.socket.send(b"".join(self._encoder.encode(frame) for frame in frames))

    def open(self, port=80):
        """Opens a connection and returns the number of its data stream."""
        first = self._streams * 4 + 1
        headers = {"port": str(port), "requestid": str(self._streams)}
        self._streams += 1
        self.send(
            SynStream(first, {**headers, "streamtype": "error"}),
            Data(first, b"", fin=True),
            SynStream(first + 2, {**headers, "streamtype": "data"}),
        )
        return first + 2

    @property
    def frames(self):
        """What came so far."""
        return Decoder().feed(b"".join(self.socket.raw))

    def data(self, stream):
        """What came on a stream so far."""
        return b"".join(f.data for f in self.frames if isinstance(f, Data) and f.stream == stream)

    def has_ended(self, stream):
        """Whether the server has ended a stream."""
        return any(isinstance(f, Data) and f.stream == stream and f.fin for f in self.frames)

    async def until(self, condition):
        """Waits until something is true of it."""
        await self.socket.until(lambda _: condition(self))


async def test_a_page_comes_over_spdy(web, call):
    client = Spdy(call.key)
    stream = client.open()
    client.send(Data(stream, GET))
    await client.until(lambda c: b"Welcome to nginx" in c.data(stream))
    assert client.socket.protocol == SPDY
    assert client.frames[:2] == [SynReply(1, {}), SynReply(3, {})]
    assert client.data(stream).startswith(b"HTTP/1.1 200 OK\r\n")
    assert not client.has_ended(stream)
    await client.socket.leave()


async def test_a_connection_carries_several_requests_and_is_closed_when_asked(web, call):
    client = Spdy(call.key)
    stream = client.open()
    client.send(Data(stream, GET + GET[:9]))
    client.send(Data(stream, GET[9:] + LAST))
    await client.until(lambda c: c.has_ended(stream))
    assert client.data(stream).count(b"HTTP/1.1 200 OK") == 2
    assert client.data(stream).count(b"HTTP/1.1 404 Not Found") == 1
    assert client.has_ended(stream - 2)
    assert client.data(stream - 2) == b""
    await client.socket.leave()


async def test_connections_are_served_beside_each_other(web, call):
    client = Spdy(call.key)
    first, second = client.open(), client.open()
    client.send(Data(second, LAST), Data(first, GET))
    await client.until(lambda c: b"Welcome" in c.data(first) and c.has_ended(second))
    assert b"404" in client.data(second)
    await client.socket.leave()


async def test_a_port_at_which_nobody_listens_is_told_on_the_error_stream(web, call):
    client = Spdy(call.key)
    stream = client.open(81)
    await client.until(lambda c: c.has_ended(stream) and c.has_ended(stream - 2))
    said = client.data(stream - 2).decode()
    assert said.startswith("error forwarding port 81 to pod ")
    assert "127.0.0.1:81: connect: connection refused" in said
    assert client.data(stream) == b""
    await client.socket.leave()


async def test_what_comes_over_a_forwarded_port_is_in_the_log(cluster, web, call):
    client = Spdy(call.key)
    stream = client.open()
    client.send(Data(stream, LAST))
    await client.until(lambda c: c.has_ended(stream))
    assert b'"GET /last HTTP/1.1" 404' in (await call("GET", f"{PODS}/web/log")).body
    await client.socket.leave()


async def test_what_is_no_http_is_closed(web, call):
    client = Spdy(call.key)
    stream = client.open()
    client.send(Data(stream, b"\x16\x03\x01 this is TLS"))
    await client.until(lambda c: c.has_ended(stream))
    assert client.data(stream).startswith(b"HTTP/1.1 400 ")
    await client.socket.leave()


async def test_pings_are_answered(web, call):
    client = Spdy(call.key)
    client.send(Ping(7))
    await client.until(lambda c: Ping(7) in c.frames)
    await client.socket.leave()


async def test_go_away_closes_the_socket(web, call):
    client = Spdy(call.key)
    client.send(GoAway(0))
    await client.socket.over()
    assert client.socket.closed == 1000


async def test_what_is_no_spdy_closes_the_socket(web, call):
    client = Spdy(call.key)
    client.socket.send(b"GET / HTTP/1.1\r\n\r\n" * 10)
    await client.socket.over()
    assert client.socket.closed == 1002


async def test_a_deleted_pod_closes_the_socket(web, call):
    client = Spdy(call.key)
    await client.socket.opened()
    await call("DELETE", f"{PODS}/web", {"gracePeriodSeconds": 0})
    await client.socket.over()
    assert client.socket.closed == 1000


async def test_a_machine_that_loses_power_answers_no_more(cluster, web, call):
    client = Spdy(call.key)
    await client.socket.opened()
    await in_thread(actions.power)(cluster.pk, "tester", "node-1", False)
    stream = client.open()
    await client.until(lambda c: c.has_ended(stream - 2))
    assert b"no route to host" in client.data(stream - 2)
    await client.socket.leave()


async def test_who_asks_much_and_reads_nothing_is_hung_up_on(web, call, monkeypatch):
    monkeypatch.setattr(outlet.Outlet.__init__, "__defaults__", (50_000,))
    client = Spdy(call.key)
    stream = client.open()
    await client.until(lambda c: len(c.frames) == 2)
    client.socket.reading.clear()
    for _ in range(20):
        client.send(Data(stream, GET * 100))
    await until(lambda: client.socket.is_heard)
    client.socket.reading.set()
    await client.socket.over()
    assert client.socket.closed == 1008
    assert len(client.data(stream)) < 2_000 * 700


# The protocol of the Python client


def channels_of(key, *ports, **options):
    """A client of the older protocol."""
    return Socket(key, f"{PODS}/web/portforward", protocols=(V4,), ports=ports, **options)


async def test_ports_come_first_on_their_channels(web, call):
    socket = channels_of(call.key, "80,81", "82")
    await socket.until(lambda s: len(s.raw) >= 6)
    expected = [bytes((n,)) + struct.pack("<H", port) for n, port in enumerate((80, 80, 81, 81, 82, 82))]
    assert socket.raw[:6] == expected
    await socket.leave()


async def test_a_page_comes_over_channels(web, call):
    socket = channels_of(call.key, 80)
    socket.type(GET)
    await socket.said(b"Welcome to nginx", channel=0)
    socket.type(LAST)
    await socket.over()
    assert socket.channels[0][2:].count(b"HTTP/1.1 ") == 2
    assert socket.channels[1] == struct.pack("<H", 80)
    assert socket.closed == 1000


async def test_why_a_port_is_not_reached_is_on_its_error_channel(web, call):
    socket = channels_of(call.key, 80, 81)
    await socket.said(b"connection refused", channel=3)
    socket.type(GET, channel=2)
    socket.type(GET, channel=1)
    socket.type(GET, channel=9)
    socket.send(b"")
    socket.type(GET)
    await socket.said(b"Welcome to nginx", channel=0)
    assert socket.channels[2] == struct.pack("<H", 81)
    await socket.leave()


async def test_without_a_port_that_works_it_is_over(web, call):
    socket = await channels_of(call.key, 81).over()
    assert b"connection refused" in socket.channels[1]
    assert socket.closed == 1000


@pytest.mark.parametrize(
    ("ports", "message"),
    [
        ((), 'query parameter "port" is required'),
        (("",), 'query parameter "port" cannot be empty'),
        (
            ("80,x",),
            'unable to parse "x" as a port: strconv.ParseUint: parsing "x": invalid syntax',
        ),
        (("0",), 'port "0" must be > 0'),
        (
            ("70000",),
            'unable to parse "70000" as a port: strconv.ParseUint: parsing "70000": value out of range',
        ),
        ((",".join(["80"] * 101),), "more than 100 ports"),
    ],
)
async def test_ports_that_are_none_are_refused(web, call, ports, message):
    socket = await channels_of(call.key, *ports).over()
    assert (socket.code, socket.refusal["message"]) == (400, message)


async def test_spdy_needs_no_ports_beforehand(web, call):
    socket = await Socket(call.key, f"{PODS}/web/portforward", protocols=(SPDY, V4)).opened()
    assert socket.protocol == SPDY
    await socket.leave()


@pytest.mark.parametrize("text", ["1", "80", "65535"])
def test_a_port_is_a_number(text):
    assert port_of(text) == int(text)


@pytest.mark.parametrize("text", ["", "-1", "+80", "8 0", "٨٠", "65536", "0", "000000080"])
def test_what_is_no_port_is_refused(text):
    with pytest.raises(ValueError, match="port"):
        port_of(text)


def test_a_tunnel_of_channels_answers_bytes_of_any_kind():
    class Deaf:
        error, closed = "", False

        def feed(self, data):
            yield from ()

    tunnel = ChannelTunnel(lambda port: Deaf(), [80])
    for message in (b"", b"\0", b"\x01x", b"\xff" * 10):
        assert list(tunnel.take(message)) == []
    assert not tunnel.over
