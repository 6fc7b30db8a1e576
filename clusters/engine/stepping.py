"""The control plane by hand: until something happens that a person can see, and no further.

It has no counterpart upstream, where nobody can stop the time.
"""

from itertools import count
from typing import Final

from clusters.engine.changes import DELETED, Change
from clusters.engine.cluster import INTERNAL_KINDS
from clusters.engine.control_plane import ControlPlane
from clusters.engine.objects import Object, public
from clusters.engine.store import Overlay

UNSEEN_KINDS: Final = INTERNAL_KINDS | {"Event", "Lease"}
"""Kinds of which a change is nothing that happens on the map."""
HORIZON: Final = 24 * 3600.0
"""Simulated seconds. What is due later does not happen by itself, as far as people are concerned."""
MOST_ITEMS: Final = 10_000
"""Work items that are run for one that shows."""
MOST_WRITES: Final = 100
"""Writes of one of them, and MOST_AT_ONCE those of a moment, about. The rest is done after that."""
MOST_AT_ONCE: Final = 500


def shows(change: Change) -> bool:
    """Whether a person can see that something has happened: more than what the simulator notes down."""
    if change.key.kind in UNSEEN_KINDS:
        return False
    return change.verb == DELETED or change.previous is None or _told(change.object) != _told(change.previous)


def step(plane: ControlPlane, store: Overlay) -> list[Change]:
    """Do work items, on to those that are due later, until one has written what a person can see.

    Returns what that one has written; [] if nothing of the kind happens by itself within HORIZON.
    """
    start = len(store.changes)
    items = count()

    def nothing_yet() -> bool:
        nonlocal start
        if any(map(shows, store.changes[start:])):
            return False
        start = len(store.changes)
        store.limit = start + MOST_WRITES
        return next(items) < MOST_ITEMS

    plane.run(store, store.now + HORIZON, nothing_yet)
    return store.changes[start:]


def skip(plane: ControlPlane, store: Overlay) -> list[Change]:
    """Go to the next moment at which a person can see something happen, and do all that is due then.

    Returns what was written at that moment; [] as `step` does.
    """
    first = step(plane, store)
    if not first:
        return []
    start = len(store.changes) - len(first)
    store.limit = len(store.changes) + MOST_AT_ONCE
    plane.run(store, store.now)
    return store.changes[start:]


def _told(obj: Object) -> Object:
    told = public(obj)
    return {**told, "metadata": {**told["metadata"], "resourceVersion": ""}}
