"""All requests inside a cluster for whoever looks: those of clients, and those that people make.

Clients are placed, or they are containers with an endless loop. What they call follows from the journal. It
is worked out when somebody asks, as far as the cluster's state is known, kept up to date from then on, and
forgotten when nobody has asked for 60 seconds: a cluster that nobody watches costs nothing, however many
clients it has.

For threads, and outside of transactions, as `memory.follow` is.
"""

import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from itertools import takewhile
from threading import RLock
from typing import Final, NamedTuple

from clusters import call_counts, memory, storage, traffic
from clusters.engine.changes import Change
from clusters.engine.cluster import clock_of
from clusters.engine.network import Call, Totals
from clusters.engine.network.clients import Client
from clusters.engine.network.steady import KEPT, TooLateError
from clusters.engine.network.traffic import KEPT as RING
from clusters.engine.store import MemoryStore
from clusters.models import Cluster
from clusters.writer import writer

UNUSED_FOR: Final = 60.0
"""Seconds after which the calls of a cluster that nobody asks for are forgotten."""

__all__ = ["KEPT", "Look", "calls", "forget", "is_watched", "look", "sweep", "totals"]


class Look(NamedTuple):
    """The requests before the simulated time `until`: of late, by time, and all of them counted.

    `clients` are those that call then.

    What is to come will come at `until` or later: whoever goes on asks from there. That is now, or while
    the control plane has yet to act the time at which it acted last.
    """

    until: float
    calls: list[Call]
    totals: Totals
    clients: Sequence[Client] = ()


def look(cluster_id: str, since: float = 0.0) -> Look:
    """The requests at or after `since`, and all of them counted; of the last KEPT simulated seconds.

    Explicit calls are those that this process has heard of. One of which it hears late is taken to have
    happened then. Raises Cluster.DoesNotExist.
    """
    sweep()
    with _lock:
        watched = _watched.setdefault(cluster_id, _Watched(cluster_id))
    with watched.lock:
        try:
            return watched.look(since)
        except Cluster.DoesNotExist:
            _watched.pop(cluster_id, None)
            raise


def calls(cluster_id: str, since: float, until: float) -> list[Call]:
    """The requests at or after `since` and before `until`, by time, as far as they are known by now."""
    return [call for call in look(cluster_id, since).calls if call.time < until]


def totals(cluster_id: str) -> Totals:
    """All requests so far, counted by Service, target and client."""
    return look(cluster_id, float("inf")).totals


def is_watched(cluster_id: str) -> bool:
    """Whether the calls of the cluster are known already, since somebody has asked for them lately."""
    return cluster_id in _watched


def sweep() -> None:
    """Forget the calls of clusters that nobody has asked for lately."""
    now = time.monotonic()
    for watched in list(_watched.values()):
        if watched.used_at < now - UNUSED_FOR:
            _watched.pop(watched.cluster_id, None)


def forget() -> None:
    """Forget all calls, as if the process had just begun."""
    _watched.clear()


class _Known(NamedTuple):
    """A cluster's image, the changes that led to it, and until when (simulated) nothing else will happen."""

    image: MemoryStore
    changes: list[Change] | None
    until: float


class _Watched:
    """The calls of a cluster at which somebody looks. Hold `lock` while using it."""

    def __init__(self, cluster_id: str) -> None:
        self.cluster_id = cluster_id
        self.lock = RLock()
        self.used_at = time.monotonic()
        self._begun = False
        self._until = 0.0
        self._heard: deque[Call] = deque(maxlen=RING)
        self._last_heard: Call | None = None

    def look(self, since: float) -> Look:
        self.used_at = time.monotonic()
        self._catch_up()
        self._hear()
        self._until = max(self._until, self._fold.time)
        explicit = [call for call in self._heard if since <= call.time < self._until]
        found = [*self._fold.between(since, self._until), *explicit]
        if explicit:
            found.sort(key=lambda call: call.time)
        counted = self._fold.totals + traffic.of_cluster(self.cluster_id).totals.copy()
        return Look(self._until, found, counted, self._fold.clients)

    def _catch_up(self) -> None:
        while True:
            if not self._begun:
                self._fold, self._revision = call_counts.fold(self.cluster_id)
                self._begun = True
            known = writer.call(partial(_known, self.cluster_id, self._revision))
            try:
                if known.changes is not None:
                    self._fold.advance(known.changes, known.until)
                    # The state is the same, and the objects are those that others hold, too.
                    self._fold.store, self._revision = known.image, known.image.revision
                    return
            except TooLateError:
                pass
            self._begun = False

    def _hear(self) -> None:
        """Take in what people have called since. Nobody has seen later windows than those until now."""
        ring = tuple(traffic.of_cluster(self.cluster_id).calls)
        new = list(takewhile(lambda call: call is not self._last_heard, reversed(ring)))
        for call in reversed(new):
            self._heard.append(call._replace(time=max(call.time, self._until)))
        if ring:
            self._last_heard = ring[-1]


def _known(cluster_id: str, after: int) -> _Known:
    """For the writer's thread: nothing of this process is committed meanwhile."""
    held = memory.caught_up(cluster_id)
    image, changes = memory.follow(cluster_id, after).result()
    wall, wake_at = time.time(), storage.wake_at(cluster_id)
    if wake_at is not None and wake_at <= wall:
        # The control plane has yet to act, as of the time at which it should have.
        return _Known(image, changes, held.time)
    return _Known(image, changes, max(held.time, clock_of(image).now(wall)))


_watched: Final[dict[str, _Watched]] = {}
_lock: Final = RLock()
