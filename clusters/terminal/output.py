"""What a command prints, on its way to the page: merged for a moment, in pieces of a bearable size.

It is kept in order, and no more of it than somebody could want to read.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

Send = Callable[[dict[str, Any]], Awaitable[None]]

MOST: Final = 1024 * 1024
"""Bytes of one command."""
PIECE: Final = 32 * 1024
"""Bytes of one message at most."""
PAUSE: Final = 0.01
"""Seconds for which more is waited for before something is sent."""
KEPT: Final = 64 * 1024
"""Characters at the beginning that are kept for whoever explains them."""


class Output:
    """What the command with this number prints. `full` is called once, when it has printed too much.

    `kept` is how it began, stdout and stderr as they came.
    """

    def __init__(self, send: Send, number: int, full: Callable[[], object]) -> None:
        self.cut = False
        self._send = send
        self._number = number
        self._full = full
        self._size = 0
        self._kept: list[str] = []
        self._parts: list[tuple[str, str]] = []
        self._sending = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None

    @property
    def kept(self) -> str:
        return "".join(self._kept)[:KEPT]

    def out(self, text: str) -> None:
        """Print to stdout."""
        self._put("out", text)

    def err(self, text: str) -> None:
        """Print to stderr."""
        self._put("err", text)

    async def flush(self) -> None:
        """Send all that was printed so far."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        async with self._sending:
            parts, self._parts = self._parts, []
            for stream, text in _merged(parts):
                for piece in _pieces(text):
                    await self._send({"id": self._number, stream: piece})

    def _put(self, stream: str, text: str) -> None:
        if self.cut or not text:
            return
        raw = text.encode("utf-8", "replace")
        room = MOST - self._size
        if len(raw) > room:
            raw = raw[:room]
            self.cut = True
            self._full()
        self._size += len(raw)
        text = raw.decode("utf-8", "ignore")
        if self._size - len(raw) < KEPT:
            self._kept.append(text)
        self._parts.append((stream, text))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self._flush_soon)

    def _flush_soon(self) -> None:
        self._timer = None
        self._flushing = asyncio.create_task(self.flush())


def _merged(parts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The parts with what follows on the same stream put together."""
    runs: list[tuple[str, list[str]]] = []
    for stream, text in parts:
        if not runs or runs[-1][0] != stream:
            runs.append((stream, []))
        runs[-1][1].append(text)
    return [(stream, "".join(texts)) for stream, texts in runs]


def _pieces(text: str) -> list[str]:
    # A character has up to four bytes.
    size = PIECE if text.isascii() else PIECE // 4
    return [text[at : at + size] for at in range(0, len(text), size)]
