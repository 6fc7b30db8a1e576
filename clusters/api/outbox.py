"""The body of an answer that does not end by itself: what is put in goes out, in order and at once.

While there is nothing to say an outbox is a few references: no task waits, and no timer.
"""

import asyncio
import logging
from collections import deque
from typing import Final

from clusters.api.answers import Send

logger = logging.getLogger(__name__)

BACKLOG: Final = 8 * 1024 * 1024
"""Bytes that may wait for a client that does not read. Then it is hung up on, and has to list again."""
PIECE: Final = 64 * 1024
"""Bytes from which on no more goes out at a time. What waits is shared with other watches; this is not."""


class Outbox:
    """The body of one answer whose start has been sent. To be used on the event loop.

    `size` is how many bytes wait.
    """

    __slots__ = ("_backlog", "_ended", "_pump", "_send", "_waiting", "size")

    def __init__(self, send: Send, backlog: int = BACKLOG) -> None:
        self.size = 0
        self._backlog = backlog
        self._send = send
        self._waiting: deque[bytes] = deque()
        self._ended = False
        self._pump: asyncio.Task[None] | None = None

    def put(self, data: bytes) -> None:
        """Send this after all that was put before. Too much of it waits: the answer ends without it."""
        if self._ended:
            return
        self.size += len(data)
        if self.size > self._backlog:
            self._hang_up()
            return
        self._waiting.append(data)
        self._start()

    def end(self) -> None:
        """End the answer in order, after all that was put."""
        if not self._ended:
            self._ended = True
            self._start()

    async def sent(self) -> None:
        """Wait until nothing waits any more; by then the client is gone, perhaps."""
        if self._pump is not None:
            await asyncio.wait([self._pump])

    def drop(self) -> None:
        """The client is gone: send nothing more."""
        self._ended = True
        self._waiting.clear()
        if self._pump is not None:
            self._pump.cancel()

    def _hang_up(self) -> None:
        # What its pump waits for is that the client reads; what it gave away is on its way.
        self._waiting.clear()
        if self._pump is not None:
            self._pump.cancel()
            self._pump = None
        self.end()

    def _start(self) -> None:
        if self._pump is None:
            self._pump = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._waiting:
                data = self._piece()
                await self._send({"type": "http.response.body", "body": data, "more_body": True})
            if self._ended:
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            self._pump = None
        except Exception:
            # The connection broke; whoever receives from it hears that too.
            logger.info("An answer could not be sent.", exc_info=True)
            self._ended = True

    def _piece(self) -> bytes:
        parts, size = [], 0
        while self._waiting and size < PIECE:
            parts.append(self._waiting.popleft())
            size += len(parts[-1])
        self.size -= size
        return b"".join(parts)
