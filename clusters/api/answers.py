"""What a request is answered with: bytes, and the headers that say what they are."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from itertools import islice
from typing import Any, Final, NamedTuple

import orjson

from clusters.engine.apiserver.errors import StatusError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Rest = Callable[[], Awaitable[None]]
"""What is left of an answer that has begun and may last for hours. Whoever awaits it keeps nothing else."""
Headers = tuple[tuple[bytes, bytes], ...]

JSON: Final = b"application/json"
MAX_WARNINGS: Final = 4096
"""Characters; clients and proxies refuse answers with much larger headers."""
MOST_WARNINGS: Final = 50
"""Headers; Python's client takes 100 of all kinds."""
PIECE: Final = 256 * 1024
"""Bytes that are sent before it is waited for a client that reads slowly."""
MOST_UNDER_WAY: Final = 64 * 1024 * 1024
"""Bytes of long answers about one cluster that may wait for their clients."""

_under_way: Counter[str] = Counter()
NO_CACHE: Final = (b"cache-control", b"no-cache, private")
NO_SNIFF: Final = (b"x-content-type-options", b"nosniff")
"""What a container has written is no page, whatever it looks like to a browser."""


class Answer(NamedTuple):
    """A whole answer. `headers` come on top of content type and length."""

    code: int
    body: bytes
    content_type: bytes = JSON
    headers: Headers = (NO_CACHE,)

    @property
    def start(self) -> Message:
        """The message that begins it."""
        length = (b"content-length", str(len(self.body)).encode())
        headers = [(b"content-type", self.content_type), length, NO_SNIFF, *self.headers]
        return {"type": "http.response.start", "status": self.code, "headers": headers}


async def send_answer(send: Send, answer: Answer, cluster_id: str = "") -> None:
    """Send an answer and end it; one that is long no faster than the client reads.

    If too much is under way already to the clients of that cluster, 429 TooManyRequests is sent instead.
    """
    size = len(answer.body)
    if size <= PIECE:
        await send(answer.start)
        await send({"type": "http.response.body", "body": answer.body})
    elif 0 < _under_way[cluster_id] > MOST_UNDER_WAY - size:
        await send_answer(send, refusal(_too_much()))
    else:
        _under_way[cluster_id] += size
        try:
            await _send_long(send, answer)
        finally:
            _under_way[cluster_id] -= size


async def _send_long(send: Send, answer: Answer) -> None:
    await send(answer.start)
    body = memoryview(answer.body)
    for start in range(0, len(body), PIECE):
        piece = bytes(body[start : start + PIECE])
        more = start + PIECE < len(body)
        await send({"type": "http.response.body", "body": piece, "more_body": more})


def _too_much() -> StatusError:
    message = "too many long answers are under way, please try again later"
    return StatusError(429, "TooManyRequests", message, {"retryAfterSeconds": 1})


def json_answer(document: Any, code: int = 200, warnings: Iterable[str] = ()) -> Answer:
    """A document as JSON, with a Warning header for each of these texts."""
    return Answer(code, orjson.dumps(document), headers=(NO_CACHE, *warning_headers(warnings)))


def text_answer(text: str, code: int = 200) -> Answer:
    """Plain text, as health checks answer."""
    return Answer(code, text.encode(), b"text/plain; charset=utf-8")


def refusal(error: StatusError) -> Answer:
    """The Status of a refused request."""
    wait = error.details.get("retryAfterSeconds")
    headers: Headers = (NO_CACHE,) if wait is None else (NO_CACHE, (b"retry-after", str(wait).encode()))
    return Answer(error.code, orjson.dumps(error.status()), headers=headers)


def warning_headers(texts: Iterable[str]) -> Headers:
    """Warning headers for different texts, of MAX_WARNINGS characters together, as upstream sends them."""
    room = MAX_WARNINGS
    headers = []
    for text in islice(dict.fromkeys(texts), MOST_WARNINGS):
        if room > 0:
            headers.append(_warning(text[:room]))
        room -= len(text)
    return tuple(headers)


def _warning(text: str) -> tuple[bytes, bytes]:
    """The header that has kubectl print `Warning: <text>`; what a header cannot hold becomes "?"."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    escaped = printable.replace("\\", "\\\\").replace('"', '\\"')
    return b"warning", f'299 - "{escaped}"'.encode("latin-1", "replace")
