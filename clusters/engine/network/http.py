"""HTTP as the images' programs speak it: a request, and what they answer.

Stands in for node, nginx and their like, to the depth at which a learner looks: status line, a few
headers, body. Left out: HTTP/2, TLS, everything that needs more than one request.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, NamedTuple

from clusters.engine.images import Image

LONGEST_HEAD: Final = 16_384
"""Bytes of a request line and headers."""
LONGEST_BODY: Final = 1 << 20
"""Bytes of a request's body; what is above closes the connection."""
_LINE: Final = re.compile(r"([A-Z]{1,20}) (\S+) HTTP/(\d\.\d)")
_CHUNK: Final = re.compile(rb"([0-9a-fA-F]{1,6})[ \t]*(?:;[^\r\n]*)?")
_LONGEST_CHUNK_LINE: Final = 1_024
_READ_ONLY: Final = frozenset({"GET", "HEAD"})

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request without its body; header names as they came."""

    method: str = "GET"
    path: str = "/"
    headers: Headers = ()
    version: str = "1.1"

    def header(self, name: str) -> str:
        """The header's value, "" if it is not there."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def keeps_open(self) -> bool:
        """Whether the client wants to send another request on the same connection."""
        wish = self.header("connection").lower()
        return wish == "keep-alive" if self.version == "1.0" else wish != "close"


class Response(NamedTuple):
    status: int
    headers: Headers
    body: bytes

    @property
    def reason(self) -> str:
        return HTTPStatus(self.status).phrase


def respond(image: Image, request: Request, hostname: str, now: float) -> Response | None:
    """What the image's program says; None if it speaks no HTTP. `now` is simulated, for the Date header."""
    if not image.answer:
        return None
    status = _status(image, request)
    text = image.answer.replace("{hostname}", hostname)
    if status != 200:
        text = image.error_page.format(status=status, reason=HTTPStatus(status).phrase, server=image.server)
    body = text.encode()
    headers = [("Server", image.server)] if image.server else []
    headers.append(("Date", datetime.fromtimestamp(int(now), UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")))
    if image.content_type or status != 200:
        headers.append(("Content-Type", image.content_type or "text/html"))
    headers.append(("Content-Length", str(len(body))))
    headers.append(("Connection", "keep-alive" if request.keeps_open else "close"))
    return Response(status, tuple(headers), b"" if request.method == "HEAD" else body)


def _status(image: Image, request: Request) -> int:
    path = request.path.partition("?")[0]
    if image.paths is None:
        return 200
    if path not in image.paths:
        return 404
    return 200 if request.method in _READ_ONLY else 405


def parse_request(data: bytes) -> tuple[Request, int] | None:
    """The request at the beginning of `data`, and how many bytes of it that is with its body.

    None while more has to come. Raises ValueError if it is no HTTP/1 request or too long.
    """
    head, end, _ = data.partition(b"\r\n\r\n")
    if not end:
        if len(data) > LONGEST_HEAD or not re.match(rb"[A-Z]{0,20}( |$)", data):
            raise ValueError("not an HTTP request")
        return None
    lines = head.decode("latin-1").split("\r\n")
    found = _LINE.fullmatch(lines[0])
    if found is None or len(head) > LONGEST_HEAD:
        raise ValueError("not an HTTP request")
    pairs = (line.partition(":") for line in lines[1:])
    request = Request(found[1], found[2], tuple((name, value.strip()) for name, _, value in pairs), found[3])
    if request.header("transfer-encoding").lower() == "chunked":
        end_of_body = _end_of_chunks(data, len(head) + 4)
        return (request, end_of_body) if end_of_body else None
    length = request.header("content-length") or "0"
    if not re.fullmatch(r"[0-9]{1,7}", length) or int(length) > LONGEST_BODY:
        raise ValueError("body too long")
    whole = len(head) + 4 + int(length)
    return (request, whole) if len(data) >= whole else None


def _end_of_chunks(data: bytes, at: int) -> int:
    """Where a chunked body ends that begins there; 0 while more has to come. Raises ValueError."""
    while True:
        line, end, _ = data[at : at + _LONGEST_CHUNK_LINE].partition(b"\r\n")
        if not end and len(line) < _LONGEST_CHUNK_LINE:
            return 0
        found = _CHUNK.fullmatch(line)
        if found is None:
            raise ValueError("not a chunk")
        size = int(found[1], 16)
        at += len(line) + 2 + size + 2
        if at > len(data):
            return 0
        if data[at - 2 : at] != b"\r\n" or at > LONGEST_BODY:
            raise ValueError("not a chunk")
        if not size:
            return at


def bad_request(image: Image) -> Response:
    """What the image's program says to what is no request; it closes the connection then."""
    text = ""
    if image.error_page:
        text = image.error_page.format(status=400, reason=HTTPStatus(400).phrase, server=image.server)
    headers = [("Server", image.server)] if image.server else []
    headers += [("Content-Type", image.content_type or "text/html")] if text else []
    headers += [("Content-Length", str(len(text.encode()))), ("Connection", "close")]
    return Response(400, tuple(headers), text.encode())


def render(response: Response) -> bytes:
    """The response as it goes over the wire."""
    lines = [f"HTTP/1.1 {response.status} {response.reason}"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + response.body
