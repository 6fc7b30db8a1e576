"""Forgets Events an hour after they were last told.

Models the `--event-ttl` of kube-apiserver, which etcd carries out by leases. Left out: the leases. Events
are swept together, at most once a minute of simulated time, so an Event may live a minute longer.
"""

import math
from collections.abc import Iterator
from typing import Final

from clusters.engine import events
from clusters.engine.changes import DELETED, Change
from clusters.engine.objects import Key, Object, key_of
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import WorkQueue

TTL: Final = 3600.0
SWEEP_PERIOD: Final = 60.0
"""Simulated seconds."""
SWEEP: Final = Key("Event", "", "")
"""The one work item: all Events."""


class EventTTL:
    """Sweeps old Events away."""

    actor = "event-ttl"
    watches = frozenset({"Event"})

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)

    def on_change(self, change: Change, store: MemoryStore) -> None:
        # A sweep that is planned already is early enough: later Events expire later.
        if change.verb != DELETED and not len(self.queue) and self.queue.next_due() is None:
            self.queue.add_after(SWEEP, _sweep_time(change.object), change.revision)

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Delete what has expired, and plan the next sweep."""
        kept: list[Object] = []
        for event in store.list("Event"):
            if expires(event) > store.now:
                kept.append(event)
            elif store.room < 1:
                self.queue.add(key, cause)
                return
            else:
                # etcd does this, not somebody who asks the API server.
                store.delete(key_of(event))
        if kept:
            first = min(kept, key=expires)
            self.queue.add_after(key, _sweep_time(first), int(first["metadata"]["resourceVersion"]))


def expires(event: Object) -> float:
    """When the Event goes, in simulated seconds. Telling it again prolongs its life."""
    return events.told_at(event) + TTL


def _sweep_time(event: Object) -> float:
    return math.ceil(expires(event) / SWEEP_PERIOD) * SWEEP_PERIOD
