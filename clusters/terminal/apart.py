"""Runs a kubectl on an event loop of its own, in a thread: whatever it works out, it holds up nobody else.

A kubectl computes in pure Python, and a template, a file or a list can keep it busy for seconds. Those of one
person take turns in one thread. What they ask for is done on the loop that serves, where they were called.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import groupby
from threading import Thread
from typing import Any, Final, TypeVar

from clusters.terminal.kubectl.host import Headers, Host, Query, Response, Stream, Transport, Writer

T = TypeVar("T")

THREADS: Final = 64
"""At most; where there are more people, some share one."""
PATIENCE: Final = 1.0
"""Seconds in which something that is stopped may still say its last."""

Work = Callable[[Host], Coroutine[Any, Any, int]]


async def run(person: str, work: Work, host: Host) -> int:
    """Let `work` do with the host, apart, what it would do here. Returns or raises what it does.

    Whoever cancels this stops it: where it waits, or when it next prints.
    """
    running = _Running(_thread_of(person), work, host)
    try:
        return await asyncio.shield(running.ended)
    except asyncio.CancelledError:
        if not running.ended.done():
            running.stop()
            await asyncio.wait({running.ended}, timeout=PATIENCE)
        raise


class _Thread:
    """A thread with an event loop, for as long as something runs there. On the serving loop."""

    def __init__(self, slot: int) -> None:
        self.loop = asyncio.new_event_loop()
        self._slot = slot
        self._used = 0
        Thread(target=self._serve, name=f"terminal-{slot}", daemon=True).start()

    def take(self) -> None:
        self._used += 1

    def leave(self) -> None:
        self._used -= 1
        if not self._used:
            del _threads[self._slot]
            self.loop.call_soon_threadsafe(self.loop.stop)

    def _serve(self) -> None:
        self.loop.run_forever()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()


_threads: dict[int, _Thread] = {}


def _thread_of(person: str) -> _Thread:
    slot = hash(person) % THREADS
    if slot not in _threads:
        _threads[slot] = _Thread(slot)
    return _threads[slot]


class _Running:
    """Something that runs apart. `ended` is what becomes of it, here."""

    def __init__(self, thread: _Thread, work: Work, host: Host) -> None:
        self._here = asyncio.get_running_loop()
        self.ended: asyncio.Future[int] = self._here.create_future()
        self._thread = thread
        self._task: asyncio.Task[int] | None = None
        self._stopped = False
        self._told = False
        self._printed: deque[tuple[Writer, str]] = deque()
        self._due = False
        thread.take()
        thread.loop.call_soon_threadsafe(self._begin, work, self._apart(host))

    def stop(self) -> None:
        """Cancel it; what computes is told when it next prints."""
        self._stopped = True
        self._thread.loop.call_soon_threadsafe(self._cancel)

    def _apart(self, host: Host) -> Host:
        return replace(
            host,
            out=partial(self._print, host.out),
            err=partial(self._print, host.err),
            transport=_Transport(host.transport, self._here),
            editor=_asking(host.editor, self._here),
            read_line=_asking(host.read_line, self._here),
            read_raw=host.read_raw and _asking(host.read_raw, self._here),
        )

    # In the thread.

    def _begin(self, work: Work, host: Host) -> None:
        self._task = self._thread.loop.create_task(work(host))
        self._task.add_done_callback(self._end)

    def _cancel(self) -> None:
        if self._task is not None and not self._told:
            self._told = True
            self._task.cancel()

    def _end(self, task: asyncio.Task[int]) -> None:
        with suppress(RuntimeError):  # the server has ended, and its loop with it
            self._here.call_soon_threadsafe(self._over, task)

    def _print(self, write: Writer, text: str) -> None:
        if self._stopped and not self._told and asyncio.current_task() is self._task:
            self._told = True
            raise asyncio.CancelledError
        self._printed.append((write, text))
        if not self._due:
            self._due = True
            self._here.call_soon_threadsafe(self._deliver)

    # Here.

    def _deliver(self) -> None:
        self._due = False
        parts = [self._printed.popleft() for _part in range(len(self._printed))]
        for write, together in groupby(parts, key=lambda part: part[0]):
            write("".join(text for _write, text in together))

    def _over(self, task: asyncio.Task[int]) -> None:
        self._thread.leave()
        if self.ended.cancelled():
            return
        if task.cancelled():
            self.ended.cancel()
        elif (error := task.exception()) is not None:
            self.ended.set_exception(error)
        else:
            self.ended.set_result(task.result())


def _asking(
    function: Callable[..., Awaitable[T]], loop: asyncio.AbstractEventLoop
) -> Callable[..., Coroutine[Any, Any, T]]:
    """What does on another loop what the function does on that one."""

    async def there(*given: Any) -> T:
        return await function(*given)

    async def ask(*given: Any) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(there(*given), loop))

    return ask


class _Transport:
    """A Transport of another loop."""

    def __init__(self, transport: Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._request = _asking(transport.request, loop)
        self._upgrade = _asking(transport.upgrade, loop)

    async def request(
        self, method: str, path: str, query: Query = (), headers: Headers = (), body: bytes = b""
    ) -> Response:
        response = await self._request(method, path, query, headers, body)
        return replace(response, chunks=self._pieces(response.chunks))

    async def upgrade(self, path: str, query: Query = (), protocols: Sequence[str] = ()) -> Stream:
        return _Stream(await self._upgrade(path, query, protocols), self._loop)

    async def _pieces(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        following = _asking(partial(anext, chunks, None), self._loop)
        while (piece := await following()) is not None:
            yield piece


class _Stream:
    """A Stream of another loop."""

    def __init__(self, stream: Stream, loop: asyncio.AbstractEventLoop) -> None:
        self.send = _asking(stream.send, loop)
        self.receive = _asking(stream.receive, loop)
        self.close = _asking(stream.close, loop)
