"""Connections to a pod's ports as SPDY streams: a pair each, one for the bytes and one for what went wrong.

Models the kubelet's `pkg/cri/streaming/portforward/httpstream.go`, with moby/spdystream below it. This is
what `kubectl port-forward` speaks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from clusters.api.streams.ports import Dial, Line, port_of
from clusters.api.streams.spdy import (
    CANCEL,
    Data,
    Decoder,
    Encoder,
    Frame,
    GoAway,
    Ping,
    RstStream,
    SynReply,
    SynStream,
)

MOST_STREAMS: Final = 1_000
"""Streams that may be open at once; browsers open six connections to a server, which are twelve."""
_KINDS: Final = ("error", "data")


@dataclass
class Pair:
    """The two streams of one connection, by their types, as far as they are open; `line` once both were."""

    request: str
    port: int
    streams: dict[str, int] = field(default_factory=dict)
    line: Line | None = None


class SpdyTunnel:
    """The server's side of a SPDY connection."""

    def __init__(self, dial: Dial) -> None:
        self.over = False
        self._dial = dial
        self._decoder = Decoder()
        self._encoder = Encoder()
        self._waiting: dict[str, Pair] = {}
        self._by_stream: dict[int, Pair] = {}

    def begin(self) -> Iterator[bytes]:
        """It is the client who begins."""
        yield from ()

    def take(self, message: bytes) -> Iterator[bytes]:
        """What answers these bytes. Raises spdy.ProtocolError."""
        for frame in self._decoder.feed(message):
            for answer in self._answers(frame):
                yield self._encoder.encode(answer)

    def _answers(self, frame: Frame) -> Iterator[Frame]:
        if isinstance(frame, SynStream):
            yield from self._open(frame)
        elif isinstance(frame, Data):
            yield from self._carry(frame)
        elif isinstance(frame, RstStream):
            yield from self._reset(frame.stream)
        elif isinstance(frame, Ping) and frame.id % 2:
            yield frame
        elif isinstance(frame, GoAway):
            self.over = True

    def _open(self, frame: SynStream) -> Iterator[Frame]:
        """A stream is opened: it joins the other of its pair, or waits for it."""
        kind, port = frame.headers.get("streamtype", ""), _port(frame)
        request = frame.headers.get("requestid") or _request_of(frame.stream, kind)
        pair = self._waiting.get(request) or Pair(request, port)
        full = len(self._by_stream) >= MOST_STREAMS
        if not port or kind not in _KINDS or kind in pair.streams or frame.stream in self._by_stream or full:
            yield RstStream(frame.stream, CANCEL)
            return
        self._waiting[request] = self._by_stream[frame.stream] = pair
        pair.streams[kind] = frame.stream
        yield SynReply(frame.stream, {})
        if len(pair.streams) == len(_KINDS):
            del self._waiting[request]
            yield from self._connect(pair)

    def _connect(self, pair: Pair) -> Iterator[Frame]:
        pair.line = self._dial(pair.port)
        if pair.line.closed:
            yield from self._end(pair)

    def _carry(self, frame: Data) -> Iterator[Frame]:
        """Bytes for the pod, and what it says to them."""
        pair = self._by_stream.get(frame.stream)
        if pair is None or pair.line is None or pair.streams.get("data") != frame.stream:
            return
        for answer in pair.line.feed(frame.data):
            yield Data(frame.stream, answer)
        if frame.fin or pair.line.closed:
            # Whatever was asked has been answered by now.
            yield from self._end(pair)

    def _reset(self, stream: int) -> Iterator[Frame]:
        """The client gives a stream up, and with it the connection."""
        pair = self._by_stream.pop(stream, None)
        if pair is not None:
            pair.streams = {kind: other for kind, other in pair.streams.items() if other != stream}
            yield from self._end(pair)

    def _end(self, pair: Pair) -> Iterator[Frame]:
        """End the streams that are open, the one for errors with what went wrong."""
        self._waiting.pop(pair.request, None)
        said = {"error": pair.line.error.encode() if pair.line is not None else b""}
        for kind, stream in pair.streams.items():
            del self._by_stream[stream]
            yield Data(stream, said.get(kind, b""), fin=True)
        pair.streams = {}


def _port(frame: SynStream) -> int:
    """The port that a stream is for; 0 if it names none."""
    try:
        return port_of(frame.headers.get("port", ""))
    except ValueError:
        return 0


def _request_of(stream: int, kind: str) -> str:
    """The id of a connection for clients that name none: its error stream is opened first."""
    return str(stream if kind == "error" else stream - 2)
