"""The queue of keys that a controller still has to look at.

Models client-go's `util/workqueue`: a key is queued once however often it is added, delayed keys become
ready at their time, failing keys come back later and later. Left out: several workers a queue. Added:
each key remembers the revision that queued it, and a queue can be wound back to a mark when the commit
of a pass is lost.
"""

import heapq
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from clusters.engine.objects import Key

RETRY_FIRST = 0.005
RETRY_LONGEST = 1000.0
"""Seconds of simulated time, as client-go's ItemExponentialFailureRateLimiter."""


class Mark(NamedTuple):
    """What a queue held at some moment."""

    ready: deque[Key]
    queued: dict[Key, tuple[int, int]]
    heap: list[tuple[float, int, Key]]
    due: dict[Key, tuple[float, int]]
    failures: dict[Key, int]


class WorkQueue:
    """Keys that are ready, first come first served, and keys that wait for their time.

    `order` counts over all queues of a cluster, so that the control plane can serve the key that has
    waited longest.
    """

    def __init__(self, order: Iterator[int]) -> None:
        self._order = order
        self._ready: deque[Key] = deque()
        self._queued: dict[Key, tuple[int, int]] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._due: dict[Key, tuple[float, int]] = {}
        self._failures: dict[Key, int] = {}

    def __len__(self) -> int:
        return len(self._ready)

    def add(self, key: Key, cause: int) -> None:
        """Make a key ready. `cause` is the revision of the change that did it; the first one stays."""
        if key not in self._queued:
            self._queued[key] = (next(self._order), cause)
            self._ready.append(key)

    def add_after(self, key: Key, due: float, cause: int) -> None:
        """Make a key ready at `due`, absolute simulated seconds. The earliest time counts."""
        waiting = self._due.get(key)
        if waiting is None or due < waiting[0]:
            self._due[key] = (due, cause)
            heapq.heappush(self._heap, (due, next(self._order), key))

    def add_rate_limited(self, key: Key, now: float, cause: int) -> None:
        """Come back later, twice as late each time until `forget`."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        self.add_after(key, now + min(RETRY_FIRST * 2**failures, RETRY_LONGEST), cause)

    def forget(self, key: Key) -> None:
        """The key was handled well: its next failure counts as the first."""
        self._failures.pop(key, None)

    def promote(self, now: float) -> None:
        """Make ready what is due at `now`."""
        while self._heap and self._heap[0][0] <= now:
            due, _, key = heapq.heappop(self._heap)
            waiting = self._due.get(key)
            if waiting is not None and waiting[0] == due:
                del self._due[key]
                self.add(key, waiting[1])

    def head(self) -> int | None:
        """The order number of the key that is served next; None if none is ready."""
        return self._queued[self._ready[0]][0] if self._ready else None

    def get(self) -> tuple[Key, int]:
        """Take the next ready key and its cause. Raises IndexError if none is ready."""
        key = self._ready.popleft()
        return key, self._queued.pop(key)[1]

    def next_due(self) -> float | None:
        """When the next delayed key becomes ready, in simulated seconds."""
        while self._heap:
            due, _, key = self._heap[0]
            waiting = self._due.get(key)
            if waiting is not None and waiting[0] == due:
                return due
            heapq.heappop(self._heap)
        return None

    def clear(self) -> None:
        """Forget all keys."""
        self.rewind(Mark(deque(), {}, [], {}, {}))

    def mark(self) -> Mark:
        return Mark(
            self._ready.copy(),
            self._queued.copy(),
            self._heap.copy(),
            self._due.copy(),
            self._failures.copy(),
        )

    def rewind(self, mark: Mark) -> None:
        """Hold again what it held at the mark. A mark serves once."""
        self._ready, self._queued, self._heap, self._due, self._failures = mark
