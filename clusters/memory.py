"""The clusters that this process holds in memory: an image of each, and its control plane where it runs.

An image is brought up to date from the journal whenever somebody needs it, in the writer's thread. What it
hands out, a published image, never changes and may be read in any thread. Nobody asked for a cluster for
60 seconds: it is dropped and costs nothing.
"""

import gc
import logging
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

from clusters import journal, storage
from clusters.engine.assembly import build
from clusters.engine.changes import Change
from clusters.engine.control_plane import ControlPlane
from clusters.engine.store import MemoryStore
from clusters.models import Cluster
from clusters.writer import writer

logger = logging.getLogger(__name__)

IDLE: Final = 60.0
"""Seconds after which a cluster that nobody asks for is dropped."""
RECENT: Final = 1_000
"""Changes that are kept in memory for those who follow a cluster."""
RECENT_SIZE: Final = 8_000_000
"""Bytes of JSON that these may be, about; whoever lacks some reads the journal."""
FRESH: Final = 1.0
"""Seconds for which an image is taken to be the newest. What this process commits shows at once."""
FREEZE_AFTER: Final = 2_000
"""Objects that may be new to this process before the garbage collector is told to leave them alone."""


@dataclass
class Held:
    """A cluster in memory.

    `time` is how far its simulated time has come, in seconds; `leased_until` the wall time until which
    this process has it to itself; `looked_at` when the image was last the newest, monotonic seconds.
    `recent` are the last changes, and `sizes` how large each is.
    """

    cluster_id: str
    image: MemoryStore
    seed: str
    time: float
    used_at: float
    leased_until: float = 0.0
    looked_at: float = 0.0
    plane: ControlPlane | None = None
    recent: deque[Change] = field(default_factory=deque)
    sizes: deque[int] = field(default_factory=deque)

    def advance(self, image: MemoryStore, changes: Sequence[Change], *, by_plane: bool = False) -> None:
        """These changes were committed and make this image. The plane has seen its own already."""
        self.image = image
        self._remember(changes)
        if changes:
            self.time = max(self.time, changes[-1].time)
        if self.plane is not None and not by_plane:
            self._tell(self.plane, changes)
        _grown(len(changes))

    def _remember(self, changes: Sequence[Change]) -> None:
        for change in changes:
            entry = self.image.entry(change.key)
            self.recent.append(change)
            self.sizes.append(0 if entry is None else entry.size)
        size = sum(self.sizes)
        while len(self.recent) > RECENT or size > RECENT_SIZE:
            self.recent.popleft()
            size -= self.sizes.popleft()

    def _tell(self, plane: ControlPlane, changes: Sequence[Change]) -> None:
        # The changes are committed: whoever made them must not suffer for what a controller makes of them.
        try:
            plane.observe(changes, self.image)
        except Exception:
            logger.exception("Cluster %s: its control plane is made anew.", self.cluster_id)
            self.plane = None


class Followed(NamedTuple):
    """An image, and the changes that led to it; None: too many, or too long ago."""

    image: MemoryStore
    changes: list[Change] | None


_held: dict[str, Held] = {}
_swept_at = 0.0
_young = 0


def image(cluster_id: str) -> MemoryStore:
    """The cluster as of its last commit. For threads, not for an event loop.

    Raises Cluster.DoesNotExist.
    """
    return writer.call(lambda: caught_up(cluster_id).image)


def follow(cluster_id: str, after: int) -> Future[Followed]:
    """The cluster as of its last commit and what has happened since revision `after`.

    Whoever follows a cluster asks on each nudge and on a slow timer; that also keeps it in memory. The
    Future may be awaited (`asyncio.wrap_future`); it raises Cluster.DoesNotExist.
    """
    return writer.submit(partial(_follow, cluster_id, after))


def published(cluster_id: str) -> MemoryStore | None:
    """The image that this process has at hand, perhaps not the newest; None if it has none. Never waits."""
    held = _held.get(cluster_id)
    return None if held is None else held.image


def current(cluster_id: str) -> MemoryStore | None:
    """The newest image, as far as this process has heard within FRESH seconds; None if it has to look.

    Never waits, and keeps the cluster in memory. Whoever gets None awaits `follow`.
    """
    held = _held.get(cluster_id)
    if held is None or time.monotonic() - held.looked_at > FRESH:
        return None
    held.used_at = time.time()
    return held.image


def news(cluster_id: str, after: int) -> Followed | None:
    """What `follow` will say of what this process has committed itself since revision `after`; None if it
    knows of nothing, or not of all. Never waits.
    """
    held = _held.get(cluster_id)
    if held is None:
        return None
    # The writer's thread may be about to add to them: first the image, then the changes that led to it.
    image = held.image
    changes = [change for change in list(held.recent) if after < change.revision <= image.revision]
    if len(changes) != image.revision - after:
        return None
    return Followed(image, changes) if changes else None


def caught_up(cluster_id: str) -> Held:
    """The cluster with its image at the last commit. Only in the writer's thread.

    Raises Cluster.DoesNotExist, and forgets the cluster then.
    """
    now = time.time()
    sweep(now)
    try:
        revision = storage.revision_of(cluster_id)
    except Cluster.DoesNotExist:
        drop(cluster_id)
        raise
    held = _held.get(cluster_id)
    if held is None or not _catch_up(held, revision):
        held = _held[cluster_id] = _load(cluster_id, now)
    held.used_at = now
    held.looked_at = time.monotonic()
    return held


def plane_of(held: Held) -> ControlPlane:
    """The cluster's control plane, made and shown what exists if it does not run here yet."""
    if held.plane is None:
        held.plane = build()
        held.plane.load(held.image)
        _grown(_size(held.image))
    return held.plane


def drop(cluster_id: str) -> None:
    """Forget what is held of a cluster; the database has it all."""
    _held.pop(cluster_id, None)


def drop_all() -> None:
    """Forget all clusters, as if the process had just begun."""
    global _swept_at
    _held.clear()
    _swept_at = 0.0


def sweep(now: float) -> None:
    """Drop what nobody has asked for lately; `now` is wall seconds. Looks every ten seconds at most."""
    global _swept_at
    if now - _swept_at > IDLE / 6:
        _swept_at = now
        for held in list(_held.values()):
            if now - held.used_at > IDLE:
                drop(held.cluster_id)


def _follow(cluster_id: str, after: int) -> Followed:
    held = caught_up(cluster_id)
    if after == held.image.revision:
        return Followed(held.image, [])
    if not held.recent or held.recent[0].revision > after + 1:
        return Followed(held.image, None)
    return Followed(held.image, [change for change in held.recent if change.revision > after])


def _catch_up(held: Held, revision: int) -> bool:
    if held.image.revision == revision:
        return True
    if held.image.revision > revision:
        return False  # the database was put back to an earlier state
    try:
        changes = journal.read(held.cluster_id, held.image.revision, held.image)
    except journal.ExpiredError:
        return False
    held.advance(held.image.apply(changes), changes)
    return True


def _load(cluster_id: str, now: float) -> Held:
    loaded = storage.load(cluster_id)
    _grown(_size(loaded.image))
    return Held(cluster_id, loaded.image, loaded.seed, loaded.time, now)


def _size(image: MemoryStore) -> int:
    return sum(image.count(kind) for kind in image.kinds())


def thaw() -> None:
    """Let the garbage collector look at everything once: cycles that died frozen go. Takes about 0.1 s."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _grown(objects: int) -> None:
    # Python's collector walks through all that lives, 50 ms for a thousand pods, while nothing else runs.
    # What images are made of has no cycles: it goes by itself when nobody refers to it, frozen or not.
    global _young
    _young += objects
    if _young > FREEZE_AFTER:
        _young = 0
        gc.collect()
        gc.freeze()
