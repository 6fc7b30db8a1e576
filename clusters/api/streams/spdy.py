"""Frames of SPDY/3.1, as bytes and as what they say.

Written after draft-mbelshe-httpbis-spdy-00 (SPDY/3); 3.1 changed flow control only. Left out: CREDENTIAL,
priorities, associated streams and server push. Kubernetes' own library on either end, moby/spdystream,
knows no flow control: it neither sends WINDOW_UPDATE nor minds them.
"""

import struct
import zlib
from collections.abc import Mapping
from typing import Final, NamedTuple

VERSION: Final = 3
FIN: Final = 0x01
"""The flag of a stream's last frame in one direction."""
LONGEST: Final = 1 << 20
"""Bytes of a frame. The protocol would allow 16 MiB."""
LONGEST_HEADERS: Final = 16_384
"""Bytes of uncompressed headers."""
PROTOCOL_ERROR: Final = 1
CANCEL: Final = 5
"""Why a stream is reset."""

_WORDS: Final = (
    "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges"
    " age allow authorization cache-control connection content-base content-encoding content-language"
    " content-length content-location content-md5 content-range content-type date etag expect expires from"
    " host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location"
    " max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer"
    " transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200_OK version"
    " HTTP/1.1 url public set-cookie keep-alive origin"
)
_REST: Final = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized"
    "403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
    "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,"
    "text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)


def _counted(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text


DICTIONARY: Final = (
    b"".join(_counted(word.replace("_", " ").encode()) for word in _WORDS.split()) + _REST.encode()
)
"""What both ends' zlib starts from: a constant of the protocol (section 2.6.10.1), Adler-32 e3c6a7c2."""


class ProtocolError(Exception):
    """The bytes are no SPDY/3.1, or more than is taken."""


class SynStream(NamedTuple):
    """Opens a stream. Header names are in lower case."""

    stream: int
    headers: Mapping[str, str]
    fin: bool = False


class SynReply(NamedTuple):
    """Accepts one."""

    stream: int
    headers: Mapping[str, str]
    fin: bool = False


class Headers(NamedTuple):
    """More headers of a stream."""

    stream: int
    headers: Mapping[str, str]
    fin: bool = False


class Data(NamedTuple):
    """Bytes of a stream."""

    stream: int
    data: bytes
    fin: bool = False


class RstStream(NamedTuple):
    """Ends a stream in both directions at once."""

    stream: int
    status: int


class Settings(NamedTuple):
    """Values by their numbers."""

    values: Mapping[int, int]


class Ping(NamedTuple):
    """Is to be sent back, if the other side has numbered it."""

    id: int


class GoAway(NamedTuple):
    """No stream will be opened any more."""

    last: int
    status: int = 0


class WindowUpdate(NamedTuple):
    """So many bytes more may be sent."""

    stream: int
    delta: int


Frame = SynStream | SynReply | Headers | Data | RstStream | Settings | Ping | GoAway | WindowUpdate

_SYN_STREAM: Final = 1
_SETTINGS: Final = 4
_PING: Final = 6
_WITH_HEADERS: Final[dict[int, type[SynStream | SynReply | Headers]]] = {
    _SYN_STREAM: SynStream,
    2: SynReply,
    8: Headers,
}
_OF_TWO_NUMBERS: Final[dict[int, type[RstStream | GoAway | WindowUpdate]]] = {
    3: RstStream,
    7: GoAway,
    9: WindowUpdate,
}
"""Control frames by their types."""
_ID: Final = 0x7FFFFFFF


class Encoder:
    """Frames to bytes. Headers are compressed as one text: every frame of a connection goes through one."""

    def __init__(self) -> None:
        self._zlib = zlib.compressobj(zdict=DICTIONARY)

    def encode(self, frame: Frame) -> bytes:
        """The bytes of a frame."""
        if isinstance(frame, Data):
            flags = FIN if frame.fin else 0
            return struct.pack(">II", frame.stream, flags << 24 | len(frame.data)) + frame.data
        if isinstance(frame, (SynStream, SynReply, Headers)):
            return self._with_headers(frame)
        return _fixed(frame)

    def _with_headers(self, frame: SynStream | SynReply | Headers) -> bytes:
        kind = next(kind for kind, type_ in _WITH_HEADERS.items() if isinstance(frame, type_))
        head = struct.pack(">I", frame.stream)
        if isinstance(frame, SynStream):
            head += struct.pack(">IH", 0, 0)
        return _control(kind, head + self._compressed(frame.headers), fin=frame.fin)

    def _compressed(self, headers: Mapping[str, str]) -> bytes:
        text = struct.pack(">I", len(headers))
        for name, value in headers.items():
            text += _counted(name.encode()) + _counted(value.encode())
        return self._zlib.compress(text) + self._zlib.flush(zlib.Z_SYNC_FLUSH)


def _fixed(frame: RstStream | Settings | Ping | GoAway | WindowUpdate) -> bytes:
    if isinstance(frame, Settings):
        entries = b"".join(struct.pack(">II", number, value) for number, value in frame.values.items())
        return _control(_SETTINGS, struct.pack(">I", len(frame.values)) + entries)
    if isinstance(frame, Ping):
        return _control(_PING, struct.pack(">I", frame.id))
    kind = next(kind for kind, type_ in _OF_TWO_NUMBERS.items() if isinstance(frame, type_))
    return _control(kind, struct.pack(">II", *frame))


def _control(kind: int, body: bytes, *, fin: bool = False) -> bytes:
    return struct.pack(">HHI", 0x8000 | VERSION, kind, (FIN if fin else 0) << 24 | len(body)) + body


class Decoder:
    """Bytes, however they are cut, to frames. What is no known frame is passed over, as the protocol says."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(zdict=DICTIONARY)
        self._buffer = b""

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are complete with these bytes. Raises ProtocolError, and is of no use then."""
        self._buffer += data
        frames = []
        while len(self._buffer) >= 8:
            first, second = struct.unpack_from(">II", self._buffer)
            length = second & 0xFFFFFF
            if length > LONGEST:
                raise ProtocolError(f"a frame of {length} bytes")
            if len(self._buffer) < 8 + length:
                break
            body, self._buffer = self._buffer[8 : 8 + length], self._buffer[8 + length :]
            frame = self._frame(first, second >> 24, body)
            if frame is not None:
                frames.append(frame)
        return frames

    def _frame(self, first: int, flags: int, body: bytes) -> Frame | None:
        fin = bool(flags & FIN)
        if not first >> 31:
            return Data(first, body, fin)
        if first >> 16 != 0x8000 | VERSION:
            raise ProtocolError(f"version {first >> 16 & 0x7FFF}")
        try:
            return self._control(first & 0xFFFF, fin, body)
        except (struct.error, zlib.error, UnicodeDecodeError) as error:
            raise ProtocolError(str(error)) from error

    def _control(self, kind: int, fin: bool, body: bytes) -> Frame | None:
        if kind in _WITH_HEADERS:
            stream = struct.unpack_from(">I", body)[0] & _ID
            headers = self._headers(body[10 if kind == _SYN_STREAM else 4 :])
            return _WITH_HEADERS[kind](stream, headers, fin)
        if kind == _SETTINGS:
            return Settings(_settings(body))
        if kind == _PING:
            return Ping(struct.unpack_from(">I", body)[0])
        if kind not in _OF_TWO_NUMBERS:
            return None
        number, value = struct.unpack_from(">II", body)
        return _OF_TWO_NUMBERS[kind](number & _ID, value)

    def _headers(self, data: bytes) -> dict[str, str]:
        text = self._zlib.decompress(data, LONGEST_HEADERS)
        if self._zlib.unconsumed_tail or self._zlib.eof:
            raise ProtocolError("headers too long")
        (count,) = struct.unpack_from(">I", text)
        headers, at = {}, 4
        for _ in range(count):
            name, at = _text(text, at)
            headers[name], at = _text(text, at)
        return headers


def _settings(body: bytes) -> dict[int, int]:
    (count,) = struct.unpack_from(">I", body)
    if len(body) != 4 + 8 * count:
        raise ProtocolError("settings of another length than they say")
    return {number & 0xFFFFFF: value for number, value in struct.iter_unpack(">II", body[4:])}


def _text(data: bytes, at: int) -> tuple[str, int]:
    """The counted text there, and where what follows begins."""
    (length,) = struct.unpack_from(">I", data, at)
    end = at + 4 + length
    if end > len(data):
        raise ProtocolError("a header longer than its frame")
    return data[at + 4 : end].decode(), end
