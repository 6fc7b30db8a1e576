"""What a stream waits for: a time of its cluster's clock, or something that happens to its pod.

Nothing here asks again and again: it is woken by the cluster's follower, by the ring of requests, or by
one timer.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from math import inf
from types import TracebackType
from typing import Final

from clusters import traffic
from clusters.api.followers import Follower, followers
from clusters.api.reads import simulated_now
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.changes import Change
from clusters.engine.cluster import clock_of
from clusters.engine.network import Call
from clusters.engine.objects import Key
from clusters.engine.store import MemoryStore

SOONEST: Final = 0.05
"""Seconds between two alarms that only time has set off."""
KINDS: Final = ("Cluster", "Node", "Pod")
"""What has a say in a stream: the clock, the pod's machine, the pod."""


class Ear:
    """Hears of the changes of one kind, see followers.Watch."""

    __slots__ = ("_alarm", "bookmark_at", "kind")

    def __init__(self, alarm: "Alarm", kind: str) -> None:
        self.kind = kind
        self.bookmark_at = inf
        self._alarm = alarm

    def tell(self, changes: Sequence[Change], image: MemoryStore, shared: dict[object, bytes]) -> None:
        """Something changed."""
        if self.kind != "Pod" or any(change.key == self._alarm.pod for change in changes):
            self._alarm.ring()

    def mark(self, image: MemoryStore, shared: dict[object, bytes]) -> None:
        """Nothing that matters."""

    def fail(self, error: StatusError) -> None:
        """Nobody tells it any more what happens."""
        self._alarm.stop()

    def end(self) -> None:
        """The server ends."""
        self._alarm.stop()


class Alarm:
    """Wakes a stream about one pod. `over` says that the stream should end.

    To be used as a context manager, on the event loop. `pod` is the pod's key, `uid` its uid.
    """

    def __init__(self, cluster_id: str, image: MemoryStore, pod: Key, uid: str) -> None:
        self.pod = pod
        self.over = False
        self._uid = uid
        self._cluster_id = cluster_id
        self._rung = asyncio.Event()
        self._ears = [Ear(self, kind) for kind in KINDS]
        self._follower: Follower = followers().follower(cluster_id, image)
        self._ring = traffic.of_cluster(cluster_id)

    def __enter__(self) -> "Alarm":
        for ear in self._ears:
            self._follower.join(ear)
        self._ring.listeners.add(self._heard)
        self.ring()  # whatever the stream has looked at was perhaps a moment old
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ring.listeners.discard(self._heard)
        for ear in self._ears:
            followers().leave(self._cluster_id, ear)

    @property
    def image(self) -> MemoryStore:
        """The cluster as far as its changes have been told."""
        return self._follower.image

    @property
    def now(self) -> float:
        """The simulated time."""
        return simulated_now(self.image)

    def ring(self) -> None:
        """Wake the stream."""
        self._rung.set()

    def stop(self) -> None:
        """Wake it and tell it to end."""
        self.over = True
        self._rung.set()

    async def wait(self, due: float | None) -> None:
        """Wait until that simulated time or until something happens, if nothing has since the last call."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds_until(due)):
                await self._rung.wait()
        self._rung.clear()

    def _seconds_until(self, due: float | None) -> float | None:
        wall = clock_of(self.image).wall_at(due) if due is not None else None
        return None if wall is None else max(SOONEST, wall - time.time())

    def _heard(self, call: Call) -> None:
        if call.pod_uid == self._uid:
            self.ring()
