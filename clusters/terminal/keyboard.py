"""What somebody types or edits while a command waits for it."""

import asyncio
import itertools
import time
from typing import Final

from clusters.terminal.output import Send

MOST: Final = 1024 * 1024
"""Characters that may wait for a command to read them."""

CTRL_C: Final = "\x03"
TWICE: Final = 1.0
"""Seconds in which a second Ctrl+C means the command itself, whatever it reads."""

_numbers = itertools.count(1)


class Keyboard:
    """What is typed for one command: lines, and the end of all (Ctrl+D)."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._size = 0
        self._told = False
        self._raw = False
        self._interrupted_at = -TWICE

    def type(self, text: str) -> bool:
        """Take what was typed; whether there was room for it."""
        if self._size + len(text) > MOST:
            return False
        self._size += len(text)
        for line in text.splitlines(keepends=True):
            self._lines.put_nowait(line)
        return True

    def end(self) -> None:
        """Nothing more comes: whoever reads is told so once."""
        self._lines.put_nowait(None)

    def interrupt(self) -> bool:
        """Ctrl+C; whether it is read like what is typed. Twice in a second it never is."""
        now = time.monotonic()
        again = now - self._interrupted_at < TWICE
        self._interrupted_at = now
        if not self._raw or again:
            return False
        self._lines.put_nowait(CTRL_C)
        return True

    async def read_raw(self) -> str | None:
        """The next line, or Ctrl+C, for a terminal elsewhere that shows what is typed itself."""
        self._raw = True
        return await self.read_line()

    async def read_line(self) -> str | None:
        """The next line with its end; None for the end of all."""
        if not self._told:
            self._told = True
            await self._send({"reads": True, "echo": not self._raw})
        line = await self._lines.get()
        if line is None:
            self._told = False
            await self._send({"reads": False})
        elif line != CTRL_C:
            self._size -= len(line)
        return line


class Desk:
    """Texts that somebody edits on the page while a command waits for them."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._open: dict[int, asyncio.Future[str | None]] = {}

    async def edit(self, name: str, text: str) -> str | None:
        """Have a text edited; None if it was closed without saving."""
        number = next(_numbers)
        future: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._open[number] = future
        try:
            await self._send({"edit": {"id": number, "name": name, "text": text, "saves": True}})
            return await future
        finally:
            del self._open[number]

    def edited(self, number: object, text: str | None) -> None:
        """This is what has become of that text; of one that nobody waits for, nothing does."""
        future = self._open.get(number) if isinstance(number, int) else None
        if future is not None and not future.done():
            future.set_result(text)
