"""Frames of SPDY/3.1, and connections made of them."""

import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.api.streams.spdy import (
    CANCEL,
    DICTIONARY,
    LONGEST,
    LONGEST_HEADERS,
    Data,
    Decoder,
    Encoder,
    GoAway,
    Headers,
    Ping,
    ProtocolError,
    RstStream,
    Settings,
    SynReply,
    SynStream,
    WindowUpdate,
)
from clusters.api.streams.spdy_tunnel import MOST_STREAMS, SpdyTunnel

IDS = st.integers(1, 0x7FFFFFFF)
NUMBERS = st.integers(0, 0xFFFFFFFF)
NAMES = st.text(st.characters(codec="utf-8"), max_size=20)
HEADERS = st.dictionaries(NAMES, NAMES, max_size=6)
FRAMES = st.one_of(
    st.builds(SynStream, IDS, HEADERS, st.booleans()),
    st.builds(SynReply, IDS, HEADERS, st.booleans()),
    st.builds(Headers, IDS, HEADERS, st.booleans()),
    st.builds(Data, IDS, st.binary(max_size=200), st.booleans()),
    st.builds(RstStream, IDS, NUMBERS),
    st.builds(Settings, st.dictionaries(st.integers(1, 0xFFFFFF), NUMBERS, max_size=4)),
    st.builds(Ping, NUMBERS),
    st.builds(GoAway, IDS, NUMBERS),
    st.builds(WindowUpdate, IDS, NUMBERS),
)


def compressed(text):
    """A header block, from the beginning of a connection."""
    block = zlib.compressobj(zdict=DICTIONARY)
    return block.compress(text) + block.flush(zlib.Z_SYNC_FLUSH)


def control(kind, body, flags=0, version=3):
    """A control frame, byte by byte."""
    return struct.pack(">HHI", 0x8000 | version, kind, flags << 24 | len(body)) + body


def test_the_dictionary_is_the_one_that_all_others_use():
    # Compressed headers name their dictionary by this number.
    assert zlib.adler32(DICTIONARY) == 0xE3C6A7C2


@given(frames=st.lists(FRAMES, max_size=8), data=st.data())
def test_what_is_encoded_is_decoded_however_it_is_cut(frames, data):
    encoder, decoder = Encoder(), Decoder()
    sent = b"".join(encoder.encode(frame) for frame in frames)
    found = []
    while sent:
        size = data.draw(st.integers(1, len(sent)))
        found += decoder.feed(sent[:size])
        sent = sent[size:]
    assert found == frames


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_bytes_at_random_are_frames_or_an_error(pieces):
    decoder = Decoder()
    for piece in pieces:
        try:
            decoder.feed(piece)
        except ProtocolError:
            return


@given(frame=FRAMES, at=st.integers(0, 400), bit=st.integers(0, 7))
def test_a_frame_with_one_wrong_bit_is_a_frame_or_an_error(frame, at, bit):
    sent = bytearray(Encoder().encode(frame))
    sent[at % len(sent)] ^= 1 << bit
    with suppress(ProtocolError):
        Decoder().feed(bytes(sent))


def test_a_frame_looks_as_the_draft_draws_it():
    block = struct.pack(">I", 1) + struct.pack(">I", 4) + b"port" + struct.pack(">I", 2) + b"80"
    body = struct.pack(">IIBB", 7, 0, 0x20, 0) + compressed(block)
    assert Decoder().feed(control(1, body, flags=1)) == [SynStream(7, {"port": "80"}, fin=True)]
    assert Encoder().encode(Data(3, b"ab", fin=True)) == b"\0\0\0\x03\x01\0\0\x02ab"
    assert Encoder().encode(Ping(5)) == b"\x80\x03\0\x06\0\0\0\x04\0\0\0\x05"


def test_frames_of_unknown_types_are_passed_over():
    assert Decoder().feed(control(10, b"anything") + control(6, b"\0\0\0\x01")) == [Ping(1)]


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(control(6, b"\0\0\0\x01", version=2), id="another version"),
        pytest.param(control(6, b"\0"), id="too short"),
        pytest.param(control(4, struct.pack(">I", 5)), id="settings that are not there"),
        pytest.param(control(2, b"\0\0\0\x01no zlib at all"), id="no zlib"),
        pytest.param(control(2, b"\0\0\0\x01" + compressed(struct.pack(">I", 9))), id="headers missing"),
        pytest.param(
            control(2, b"\0\0\0\x01" + compressed(struct.pack(">II", 1, 99) + b"short")), id="header cut"
        ),
        pytest.param(
            control(2, b"\0\0\0\x01" + compressed(b"\0" * (LONGEST_HEADERS + 1))), id="headers too long"
        ),
        pytest.param(
            control(2, b"\0\0\0\x01" + compressed(struct.pack(">II", 1, 1) + b"\xff\0\0\0\0")), id="no UTF-8"
        ),
        pytest.param(struct.pack(">II", 1, LONGEST + 1), id="frame too long"),
    ],
)
def test_what_is_no_spdy_is_refused(sent):
    with pytest.raises(ProtocolError):
        Decoder().feed(sent)


def test_a_small_frame_of_headers_cannot_become_a_large_text():
    bomb = compressed(b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    with pytest.raises(ProtocolError, match="too long"):
        Decoder().feed(control(2, b"\0\0\0\x01" + bomb))


# Connections


class Echo:
    """A port that says everything twice, and closes when it hears `bye`."""

    def __init__(self, port, error=""):
        self.port = port
        self.error = error
        self.closed = bool(error)

    def feed(self, data):
        if data:
            yield data
            yield data
        self.closed = self.closed or data == b"bye"


class Client:
    """The client's side of a tunnel."""

    def __init__(self, error=""):
        self.lines = []
        self.error = error
        self.tunnel = SpdyTunnel(self._dial)
        self.encoder, self.decoder = Encoder(), Decoder()

    def _dial(self, port):
        self.lines.append(Echo(port, self.error))
        return self.lines[-1]

    def __call__(self, *frames):
        """Sends frames and returns those that answer."""
        found = []
        for frame in frames:
            for answer in self.tunnel.take(self.encoder.encode(frame)):
                found += self.decoder.feed(answer)
        return found

    def open(self, port="80", first=1, request="0"):
        """Opens a connection as kubectl does."""
        headers = {"port": port, "requestid": request} if request else {"port": port}
        return self(
            SynStream(first, {**headers, "streamtype": "error"}),
            Data(first, b"", fin=True),
            SynStream(first + 2, {**headers, "streamtype": "data"}),
        )


@pytest.fixture
def client():
    return Client()


def test_a_connection_is_a_pair_of_streams(client):
    assert client.open() == [SynReply(1, {}), SynReply(3, {})]
    assert [line.port for line in client.lines] == [80]
    assert client(Data(3, b"hello")) == [Data(3, b"hello"), Data(3, b"hello")]
    assert client(Data(3, b"", fin=True)) == [Data(1, b"", fin=True), Data(3, b"", fin=True)]
    assert client(Data(3, b"late")) == []


def test_a_port_that_closes_ends_both_streams(client):
    client.open()
    assert client(Data(3, b"bye"))[-2:] == [Data(1, b"", fin=True), Data(3, b"", fin=True)]


def test_connections_do_not_mix(client):
    client.open("80", 1, "0")
    client.open("81", 5, "1")
    assert [line.port for line in client.lines] == [80, 81]
    assert client(Data(7, b"b"), Data(3, b"a")) == [Data(7, b"b")] * 2 + [Data(3, b"a")] * 2


def test_why_a_port_cannot_be_reached_is_on_the_error_stream():
    client = Client("connection refused")
    assert client.open() == [
        SynReply(1, {}),
        SynReply(3, {}),
        Data(1, b"connection refused", fin=True),
        Data(3, b"", fin=True),
    ]


def test_old_clients_name_no_request(client):
    client.open(request="")
    assert client(Data(3, b"x")) == [Data(3, b"x")] * 2


def test_a_stream_that_is_given_up_ends_its_connection(client):
    client.open()
    assert client(RstStream(3, CANCEL)) == [Data(1, b"", fin=True)]
    assert client(Data(3, b"x")) == []
    assert client(RstStream(3, CANCEL), RstStream(99, CANCEL)) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"streamtype": "data"},
        {"port": "0", "streamtype": "data"},
        {"port": "65536", "streamtype": "data"},
        {"port": "eighty", "streamtype": "data"},
        {"port": "80"},
        {"port": "80", "streamtype": "stdin"},
    ],
)
def test_streams_for_nothing_are_reset(client, headers):
    assert client(SynStream(1, headers)) == [RstStream(1, CANCEL)]


def test_a_second_stream_of_the_same_type_is_reset(client):
    headers = {"port": "80", "requestid": "0", "streamtype": "data"}
    assert client(SynStream(1, headers), SynStream(3, headers)) == [SynReply(1, {}), RstStream(3, CANCEL)]


def test_streams_that_never_get_a_connection_do_not_pile_up(client):
    for number in range(MOST_STREAMS + 10):
        headers = {"port": "80", "requestid": f"r{number}", "streamtype": "data"}
        answers = client(SynStream(2 * number + 1, headers))
        assert isinstance(answers[0], SynReply if number < MOST_STREAMS else RstStream)
    for number in range(MOST_STREAMS):
        client(RstStream(2 * number + 1, CANCEL))
    assert client.open("80", 9001) == [SynReply(9001, {}), SynReply(9003, {})]


def test_only_pings_of_the_client_are_sent_back(client):
    assert client(Ping(1), Ping(2), Ping(3)) == [Ping(1), Ping(3)]


def test_settings_and_windows_are_heard_in_silence(client):
    client.open()
    assert client(Settings({7: 65536}), WindowUpdate(3, 1000), Headers(3, {"a": "b"})) == []


def test_go_away_ends_it(client):
    assert not client.tunnel.over
    assert client(GoAway(3)) == []
    assert client.tunnel.over


@given(st.lists(FRAMES, max_size=20))
def test_no_order_of_frames_breaks_a_tunnel(frames):
    client = Client()
    client.open()
    for answer in client(*frames):
        assert isinstance(answer, SynReply | RstStream | Data | Ping)
