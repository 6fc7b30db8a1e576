"""Pushes changes to the open pages: one hub a process, one room a cluster, one viewer a socket.

A nudge only says that something happened. The room asks what, has every look that somebody watches drawn
once, in a thread, and shows the new pictures to its viewers. While somebody calls an address of the cluster
it also asks once a second who has called whom.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar
from weakref import WeakKeyDictionary

from django.db import DatabaseError, connection
from django.utils import translation

from clusters import announce, traffic
from clusters.engine.network import Call
from clusters.models import Cluster
from clusters.web.past import NotKeptError
from clusters.web.pictures import Picture
from clusters.web.render import CHART_AFTER, Look, Shown, Wish, not_kept_text, rewound, shown
from clusters.web.scene import UNUSED_FOR, sweep
from clusters.web.traffic import Heard
from clusters.web.viewer import NORMAL, Pace, Viewer

logger = logging.getLogger(__name__)

GONE: Final = 4404
"""Close code: the cluster is no longer there."""
TURN: Final = 0.01
"""Seconds for which viewers are served before others on the event loop get their turn."""
AFTER_ERROR: Final = 1.0
"""Seconds of rest after a drawing that failed."""

Draw = Callable[[str, Iterable[Look]], Shown]
Rewind = Callable[[str, Look, Wish, int, bool], Picture | None]
T = TypeVar("T")


def draw_or_reconnect(draw: Callable[..., T], *args: object) -> tuple[T, float]:
    """Draw, in the hub's thread, and say how many seconds of a processor it took.

    That thread serves no request, so nobody else renews a connection that broke.
    """
    started = time.thread_time()
    try:
        return draw(*args), time.thread_time() - started
    except DatabaseError:
        connection.close()
        raise


class Room:
    """The viewers of one cluster in this process."""

    def __init__(
        self, cluster: str, draw: Draw, rewind: Rewind, threads: ThreadPoolExecutor, pace: Pace
    ) -> None:
        self.cluster = cluster
        self.viewers: set[Viewer] = set()
        self._draw = draw
        self._rewind = rewind
        self._rewinding: dict[Viewer, asyncio.Task[None]] = {}
        # One moment at a time, however many look back: the thread is there for other rooms, too.
        self._turn = asyncio.Lock()
        self._threads = threads
        self._pace = pace
        self._nudged = asyncio.Event()
        self._answered = asyncio.Event()
        self._shown = Shown({})
        self._task = asyncio.create_task(self._run())

    def nudge(self, answered: bool = True) -> None:
        """Something may have changed. Not yet `answered`: the control plane is about to act on it."""
        self._nudged.set()
        if answered:
            self._answered.set()

    def rewind(self, viewer: Viewer, wish: Wish) -> None:
        """A viewer wants to look at another moment."""
        viewer.wants(wish)
        task = self._rewinding.get(viewer)
        if task is None or task.done():
            self._rewinding[viewer] = asyncio.create_task(self._go(viewer))

    def leave(self, viewer: Viewer) -> None:
        """The viewer's socket is closed."""
        self.viewers.discard(viewer)
        task = self._rewinding.pop(viewer, None)
        if task is not None:
            task.cancel()

    def close(self) -> None:
        """Nobody watches any more."""
        self._task.cancel()
        for task in self._rewinding.values():
            task.cancel()
        traffic.of_cluster(self.cluster).listeners.discard(self._called)

    def _called(self, call: Call) -> None:
        """Somebody has called by hand: it shows at once."""
        self.nudge()

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(self._pace.slow, self._shown.again or self._pace.slow)):
                    await self._nudged.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.answer):
                    await self._answered.wait()
            self._nudged.clear()
            self._answered.clear()
            try:
                rest = await self._show()
            except Cluster.DoesNotExist:
                await self._end()
                return
            except Exception:
                logger.exception("Cluster %s: drawing failed.", self.cluster)
                rest = AFTER_ERROR
            await asyncio.sleep(rest)

    async def _show(self) -> float:
        """Draw and show once. Returns how long to rest."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        looks = {viewer.look for viewer in self.viewers if not viewer.moment}
        # The ring of a cluster may have been forgotten, and be another now.
        traffic.of_cluster(self.cluster).listeners.add(self._called)
        drawn, cost = await loop.run_in_executor(
            self._threads, draw_or_reconnect, self._draw, self.cluster, looks
        )
        before = self._shown.pictures
        if any(picture is not before.get(look) for look, picture in drawn.pictures.items()):
            # The lifelines come after the map.
            loop.call_later(CHART_AFTER, self.nudge)
        self._shown = drawn
        took = loop.time() - started
        gap = self._pace.crowded_gap if len(self.viewers) > self._pace.crowd else self._pace.gap
        turn = loop.time()
        for viewer in list(self.viewers):
            if viewer.moment:
                # The past stays as it was, but the bar above it is of now.
                self.rewind(viewer, viewer.wish or viewer.sought)
            elif viewer.look in drawn.pictures:
                viewer.gap = gap
                await self._show_to(viewer, drawn.pictures[viewer.look], drawn.heard)
            if loop.time() - turn > TURN:
                await asyncio.sleep(0)
                turn = loop.time()
        return max(gap, cost / self._pace.share) - took

    async def _go(self, viewer: Viewer) -> None:
        """Show a viewer the moments that it wishes for, as fast as its page draws them: of a large cluster
        first a sketch, then, when it stays there, the rest.
        """
        loop = asyncio.get_running_loop()
        while viewer.wish is not None:
            try:
                async with self._turn:
                    started, wish = loop.time(), viewer.wish
                    viewer.wish = None
                    asked = viewer.look, wish, viewer.moment, wish is not viewer.sought
                    picture, cost = await loop.run_in_executor(
                        self._threads, draw_or_reconnect, self._rewind, self.cluster, *asked
                    )
            except NotKeptError as error:
                await self._refuse(viewer, error)
                continue
            except Exception:
                logger.exception("Cluster %s: drawing its past failed.", self.cluster)
                return
            if picture is None:
                viewer.moment = 0
                self.nudge()
                return
            viewer.moment = picture.moment
            viewer.sought = wish if wish.kind == "time" else Wish("at", picture.moment)
            await self._show_to(viewer, picture)
            await viewer.free.wait()
            if not picture.whole and viewer.wish is None:
                viewer.wish = viewer.sought
            await asyncio.sleep(cost / self._pace.dragging_share - (loop.time() - started))

    async def _refuse(self, viewer: Viewer, error: NotKeptError) -> None:
        with translation.override(viewer.look.language):
            await viewer.refuse(not_kept_text(error))

    async def _show_to(self, viewer: Viewer, picture: Picture, heard: Heard | None = None) -> None:
        try:
            await viewer.show(picture, heard)
        except Exception:
            # Its socket has just been closed; the others must not suffer for it.
            logger.info("Cluster %s: a page could not be reached.", self.cluster, exc_info=True)

    async def _end(self) -> None:
        for viewer in list(self.viewers):
            await viewer.close(GONE)


class Hub:
    """All rooms of this process. Must be made and used on the event loop."""

    def __init__(self, draw: Draw = shown, pace: Pace = NORMAL, rewind: Rewind = rewound) -> None:
        self._rooms: dict[str, Room] = {}
        self._draw = draw
        self._rewind = rewind
        self.pace = pace
        # One thread: drawing holds the interpreter anyway, and a thread has a database connection.
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="hub")
        self._listener: asyncio.Task[None] | None = None

    def join(self, viewer: Viewer, wish: Wish | None = None) -> None:
        """The viewer is shown its cluster, beginning with a full snapshot: as it is now, or as it wishes."""
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        room = self._rooms.get(viewer.cluster)
        if room is None:
            room = Room(viewer.cluster, self._draw, self._rewind, self._threads, self.pace)
            self._rooms[viewer.cluster] = room
        room.viewers.add(viewer)
        if wish is None:
            room.nudge()
        else:
            viewer.moment = int(wish.value)
            viewer.sought = wish
            room.rewind(viewer, wish)

    def rewind(self, viewer: Viewer, wish: Wish) -> None:
        """The viewer wants to look at another moment."""
        room = self._rooms.get(viewer.cluster)
        if room is not None:
            room.rewind(viewer, wish)

    def leave(self, viewer: Viewer) -> None:
        """The viewer's socket is closed. An empty room costs nothing."""
        viewer.leave()
        room = self._rooms.get(viewer.cluster)
        if room is not None:
            room.leave(viewer)
            if not room.viewers:
                room.close()
                del self._rooms[viewer.cluster]
                # Not at once: a page that is loaded again comes back to what is in memory.
                asyncio.get_running_loop().call_later(UNUSED_FOR + 1, sweep)

    def nudge(self, cluster: str, answered: bool = True) -> None:
        """Something happened in that cluster."""
        room = self._rooms.get(cluster)
        if room is not None:
            room.nudge(answered)

    def stop(self) -> None:
        """End all rooms and hear no more nudges."""
        for room in self._rooms.values():
            room.close()
        self._rooms.clear()
        if self._listener is not None:
            self._listener.cancel()

    async def _listen(self) -> None:
        async for cluster, answered in announce.nudges():
            self.nudge(cluster, answered)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop; a process serves on one."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
