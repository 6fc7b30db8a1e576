"""From changes to work: tells each controller what happened, and that is all a controller learns so.

Models client-go's shared informers (`tools/cache/shared_informer.go`): list first, then watch, handlers
that only enqueue keys. Left out: a cache of its own, since the store can be read directly, and resync
periods, since timers follow from the state of objects.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from clusters.engine import cluster
from clusters.engine.changes import ADDED, Change
from clusters.engine.clock import quantise
from clusters.engine.objects import Key, key_of, version_of
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import WorkQueue


class Controller(Protocol):
    """A control loop: hears of changes, queues keys, and makes the world fit one key at a time.

    `actor` names it in the journal, `watches` are the kinds it hears of; an empty set means all kinds.
    """

    actor: str
    watches: frozenset[str]
    queue: WorkQueue

    def on_change(self, change: Change, store: MemoryStore) -> None:
        """Queue the keys that have to be looked at because of this change. Never writes."""

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Compare what is with what should be, and write the difference. Level-triggered.

        A StatusError that it lets through makes the key come back later; all else is a bug.
        """


class Informer:
    """Hands changes to the controllers that watch their kind."""

    def __init__(self, controllers: Sequence[Controller]) -> None:
        self._controllers = controllers
        self._by_kind: dict[str, list[Controller]] = {}

    def dispatch(self, change: Change, store: MemoryStore) -> None:
        for controller in self._interested(change.key.kind):
            controller.on_change(change, store)

    def list_existing(self, store: MemoryStore, start: Change | None = None) -> None:
        """Tell of everything that exists, as the first list of a list-and-watch does.

        `start` is the change by which somebody started these controllers: the cause of what they do now.
        """
        for change in existing(store):
            if start is not None:
                change = change._replace(revision=start.revision, time=start.time)
            self.dispatch(change, store)

    def _interested(self, kind: str) -> list[Controller]:
        found = self._by_kind.get(kind)
        if found is None:
            found = [c for c in self._controllers if not c.watches or kind in c.watches]
            self._by_kind[kind] = found
        return found


def existing(store: MemoryStore) -> Iterable[Change]:
    """Each object of an image as if it had just been added, by the order of its last change."""
    objects = [obj for kind in store.kinds() for obj in store.list(kind)]
    for obj in sorted(objects, key=version_of):
        yield Change(version_of(obj), ADDED, key_of(obj), obj, None, "", 0, 0.0)


def enqueue(queue: WorkQueue, key: Key, change: Change, store: MemoryStore) -> None:
    """Queue a key because of a change, when a controller of this cluster has had time to act on it.

    The pause makes what it does visible as a consequence, and one sync answers a burst of changes.
    """
    react = cluster.delays_of(store).react
    if react:
        queue.add_after(key, quantise(change.time + react), change.revision)
    else:
        queue.add(key, change.revision)
