"""Daphne's requests with bodies that end.

Daphne hands a request on when it has got all of its body: it would take any number of bytes first, from
anybody, into a file and then into memory.
"""

from http import HTTPStatus
from typing import Any, Final

from daphne.http_protocol import WebRequest
from django.conf import settings

from clusters.api.answers import refusal
from clusters.api.request import MAX_BODY
from clusters.engine.apiserver.errors import too_large

LARGEST: Final = 8 * 1024 * 1024
"""Bytes. What is only a bit longer than MAX_BODY is refused by the application, in its own words."""
LARGEST_HISTORY: Final = settings.LIFELINES_MAX_HISTORY_BYTES + 1024 * 1024
"""The same of a history that somebody opens, with the form around it."""
HISTORIES: Final = b"/histories/"


class Request(WebRequest):
    """One request. Who sends a longer body than there is room for is answered 413 and hung up on."""

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        """Called before the body, with its length if the client has named it."""
        super().gotLength(length)
        is_history = self.channel._path == HISTORIES
        self._room = LARGEST_HISTORY if is_history else LARGEST
        self._limit = settings.LIFELINES_MAX_HISTORY_BYTES if is_history else MAX_BODY
        if length is not None and length > self._room:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """Called with each part of the body."""
        if self._room < 0:
            return
        self._room -= len(data)
        if self._room < 0:
            self._refuse()
        else:
            super().handleContentChunk(data)

    def _refuse(self) -> None:
        self._room = -1
        self.channel.transport.write(_too_large(self._limit))
        self.channel.loseConnection()


def limit(factory: Any) -> None:
    """Have a factory of Daphne's make such requests."""
    build = factory.buildProtocol

    def limited(address: Any) -> Any:
        channel = build(address)
        channel.requestFactory = Request
        return channel

    factory.buildProtocol = limited


def _too_large(limit: int) -> bytes:
    answer = refusal(too_large(f"Request entity too large: limit is {limit}"))
    lines = [f"HTTP/1.1 {answer.code} {HTTPStatus(answer.code).phrase}".encode()]
    lines += [name + b": " + value for name, value in answer.start["headers"]]
    return b"\r\n".join([*lines, b"connection: close", b"", answer.body])
