"""Printing that takes long, in a thread: whoever else is served by the event loop has his turns meanwhile."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

Write = Callable[[str], object]
T = TypeVar("T")

PIECE: Final = 32 * 1024
"""Characters that are handed to the event loop at once."""

_printers: Final = ThreadPoolExecutor(2, thread_name_prefix="printers")


class _ClosedError(Exception):
    """Nobody takes what is printed any more."""


class _Pipe:
    """From the thread of a printer to the event loop."""

    def __init__(self, out: Write) -> None:
        self.closed = False
        self._out = out
        self._loop = asyncio.get_running_loop()
        self._parts: list[str] = []
        self._size = 0

    def write(self, text: str) -> None:
        """Print; called in the thread."""
        if self.closed:
            raise _ClosedError
        self._parts.append(text)
        self._size += len(text)
        if self._size >= PIECE:
            self.flush()

    def flush(self) -> None:
        """Hand over what is there; called in the thread."""
        text = "".join(self._parts)
        self._parts, self._size = [], 0
        self._loop.call_soon_threadsafe(self._deliver, text)

    def _deliver(self, text: str) -> None:
        if not self.closed:
            self._out(text)


async def print_in_thread(work: Callable[[Write], T], out: Write) -> T:
    """Let `work` write, in a thread, what is printed by `out`, here. Returns or raises what it does.

    If this is cancelled, nothing more is printed, and the work ends when it next writes.
    """
    pipe = _Pipe(out)

    def run() -> T:
        try:
            return work(pipe.write)
        finally:
            pipe.flush()

    try:
        return await asyncio.get_running_loop().run_in_executor(_printers, run)
    finally:
        pipe.closed = True
