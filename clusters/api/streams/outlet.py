"""What goes out over a WebSocket while its other side is being listened to: in order, and never too much."""

import asyncio
import logging
from collections import deque
from typing import Final

from clusters.api.answers import Message, Send

logger = logging.getLogger(__name__)

BACKLOG: Final = 4 * 1024 * 1024
"""Bytes that may wait for a client that does not read. Then it is hung up on."""
GOING_AWAY: Final = 1001
NORMAL: Final = 1000
POLICY: Final = 1008


class Outlet:
    """The outgoing half of an accepted WebSocket, on the event loop. `closed`: nothing more goes in."""

    def __init__(self, send: Send, backlog: int = BACKLOG) -> None:
        self.closed = False
        self._size = 0
        self._backlog = backlog
        self._send = send
        self._waiting: deque[Message] = deque()
        self._pump: asyncio.Task[None] | None = None

    def put(self, data: bytes) -> None:
        """Send a message after all that was put before. Too much of it waits: the client is hung up on."""
        if self.closed:
            return
        self._size += len(data)
        if self._size > self._backlog:
            self._hang_up()
            return
        self._add({"type": "websocket.send", "bytes": data})

    def close(self, code: int = NORMAL) -> None:
        """Close the WebSocket after all that was put."""
        if not self.closed:
            self.closed = True
            self._add({"type": "websocket.close", "code": code})

    def drop(self) -> None:
        """The client is gone: send nothing more."""
        self.closed = True
        self._waiting.clear()
        if self._pump is not None:
            self._pump.cancel()

    def _hang_up(self) -> None:
        # What its pump waits for is that the client reads; what it gave away is on its way.
        self._waiting.clear()
        if self._pump is not None:
            self._pump.cancel()
            self._pump = None
        self.close(POLICY)

    def _add(self, message: Message) -> None:
        self._waiting.append(message)
        if self._pump is None:
            self._pump = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._waiting:
                message = self._waiting.popleft()
                await self._send(message)
                self._size -= len(message.get("bytes", b""))
            self._pump = None
        except Exception:
            # The connection broke; whoever receives from it hears that too.
            logger.info("A stream could not be sent.", exc_info=True)
            self.closed = True
