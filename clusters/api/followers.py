"""What happens in the clusters that somebody watches: one follower a cluster and process tells all watches.

A nudge only says that something happened. The follower asks what, once, and hands the changes to its
watches; should a nudge be lost, it asks by itself a second later.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from clusters import announce, journal, keys, memory
from clusters.engine.apiserver.errors import StatusError, expired
from clusters.engine.changes import Change
from clusters.engine.store import MemoryStore
from clusters.models import Cluster
from clusters.writer import writer

logger = logging.getLogger(__name__)

SLOW: Final = 1.0
"""Seconds after which a follower asks unasked."""
BOOKMARK: Final = 60.0
"""Seconds between two bookmarks of a watch, about."""
TURN: Final = 0.01
"""Seconds for which watches are served before others on the event loop get their turn."""


class Watch(Protocol):
    """What a follower needs to know of an open watch."""

    kind: str
    bookmark_at: float
    """When it wants to be told how far things are, in the loop's time; inf for never."""

    def tell(self, changes: Sequence[Change], image: MemoryStore, shared: dict[object, bytes]) -> None:
        """These changes of its kind were committed and led to this image.

        `shared` is for all watches that are told of these changes: what one has encoded the next need not.
        """

    def mark(self, image: MemoryStore, shared: dict[object, bytes]) -> None:
        """It has been told all that led to this image."""

    def fail(self, error: StatusError) -> None:
        """It cannot go on."""

    def end(self) -> None:
        """The server ends; the client may go on elsewhere."""


class Follower:
    """The watches of one cluster in this process. `image` is the state up to which they have been told."""

    def __init__(self, cluster_id: str, image: MemoryStore, forget: Callable[[], object]) -> None:
        self.cluster_id = cluster_id
        self.image = image
        self._forget = forget
        self._watches: dict[str, set[Watch]] = {}
        self._keys: frozenset[str] = frozenset()
        self._keys_until = 0.0
        self._nudged = asyncio.Event()
        self._nudged.set()  # the image may be a moment old, and its nudge over
        self._task = asyncio.create_task(self._run())

    def join(self, watch: Watch) -> None:
        """The watch is told all that happens after `image`."""
        self._watches.setdefault(watch.kind, set()).add(watch)

    def leave(self, watch: Watch) -> None:
        """The watch has ended. Without any, a follower ends too."""
        watches = self._watches.get(watch.kind, set())
        watches.discard(watch)
        if not watches:
            self._watches.pop(watch.kind, None)
        if not self._watches:
            self.stop()

    def nudge(self) -> None:
        """Something may have happened."""
        self._nudged.set()

    def stop(self) -> None:
        """Follow no longer."""
        self._forget()
        self._task.cancel()

    def all(self) -> list[Watch]:
        """The open watches."""
        return [watch for watches in self._watches.values() for watch in watches]

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(SLOW):
                    await self._nudged.wait()
            self._nudged.clear()
            try:
                await self._look()
            except (Cluster.DoesNotExist, journal.ExpiredError):
                self._forget()
                self._fail()
                return
            except Exception:
                logger.exception("Cluster %s: its watches could not be told.", self.cluster_id)
                await asyncio.sleep(SLOW)

    async def _look(self) -> None:
        followed = memory.news(self.cluster_id, self.image.revision)
        if followed is None:
            followed = await asyncio.wrap_future(memory.follow(self.cluster_id, self.image.revision))
        changes, image = followed.changes, followed.image
        if changes is None and image.revision > self.image.revision:
            read = writer.submit(partial(journal.read, self.cluster_id, self.image.revision, self.image))
            changes = await asyncio.wrap_future(read)
            image = self.image.apply(changes)
        if image.revision < followed.image.revision or image.revision < self.image.revision:
            # The journal was compacted to its end, or the database put back to an earlier state.
            raise journal.ExpiredError(self.cluster_id, self.image.revision)
        self.image = image
        await self._tell(changes or [])
        await self._mark()
        await self._check_keys()

    def _fail(self) -> None:
        error = expired(f"The cluster's changes after {self.image.revision} are not known any more.")
        for watch in self.all():
            watch.fail(error)

    async def _tell(self, changes: Sequence[Change]) -> None:
        by_kind: dict[str, list[Change]] = {}
        for change in changes:
            by_kind.setdefault(change.key.kind, []).append(change)
        turns = _Turns()
        for kind, found in by_kind.items():
            shared: dict[object, bytes] = {}
            for watch in list(self._watches.get(kind, ())):
                watch.tell(found, self.image, shared)
                await turns.take()

    async def _mark(self) -> None:
        turns = _Turns()
        shared: dict[object, bytes] = {}
        now = asyncio.get_running_loop().time()
        for watch in self.all():
            if watch.bookmark_at <= now:
                watch.bookmark_at = now + BOOKMARK
                watch.mark(self.image, shared)
                await turns.take()

    async def _check_keys(self) -> None:
        """End all watches if a key was made void: whoever has a good one begins again.

        Raises Cluster.DoesNotExist if all are void because the cluster is gone.
        """
        now = asyncio.get_running_loop().time()
        if now < self._keys_until:
            return
        self._keys_until = now + keys.CACHED_FOR
        before = self._keys
        self._keys = await asyncio.wrap_future(writer.submit(partial(_valid_keys, self.cluster_id)))
        if not before <= self._keys:
            for watch in self.all():
                watch.end()


def _valid_keys(cluster_id: str) -> frozenset[str]:
    found = keys.valid(cluster_id)
    if not found and not Cluster.objects.filter(pk=cluster_id).exists():
        raise Cluster.DoesNotExist
    return found


class _Turns:
    """Lets others have the event loop every TURN seconds."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    async def take(self) -> None:
        if self._loop.time() - self._began > TURN:
            await asyncio.sleep(0)
            self._began = self._loop.time()


class Followers:
    """All followers of this process. To be made and used on the event loop.

    Once `stopped`, a watch that was still about to begin has to end by itself.
    """

    def __init__(self) -> None:
        self.stopped = False
        self._followers: dict[str, Follower] = {}
        self._listener: asyncio.Task[None] | None = None

    def follower(self, cluster_id: str, image: MemoryStore) -> Follower:
        """The follower of that cluster; one that is new begins at that image."""
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        found = self._followers.get(cluster_id)
        if found is None:
            forget = partial(self._followers.pop, cluster_id, None)
            found = self._followers[cluster_id] = Follower(cluster_id, image, forget)
        return found

    def leave(self, cluster_id: str, watch: Watch) -> None:
        """The watch has ended, if it ever joined."""
        follower = self._followers.get(cluster_id)
        if follower is not None:
            follower.leave(watch)

    def stop(self) -> None:
        """End all watches, in order, and follow nothing any more."""
        self.stopped = True
        for follower in list(self._followers.values()):
            for watch in follower.all():
                watch.end()
            follower.stop()
        if self._listener is not None:
            self._listener.cancel()

    async def _listen(self) -> None:
        async for cluster_id, _ in announce.nudges():
            follower = self._followers.get(cluster_id)
            if follower is not None:
                follower.nudge()


_followers: WeakKeyDictionary[asyncio.AbstractEventLoop, Followers] = WeakKeyDictionary()


def followers() -> Followers:
    """The followers of the running event loop; a process serves on one."""
    loop = asyncio.get_running_loop()
    if loop not in _followers:
        _followers[loop] = Followers()
    return _followers[loop]
