"""Counts what a namespace's objects use of its ResourceQuotas.

Models kube-controller-manager's resourcequota-controller (`pkg/controller/resourcequota`). What is created
was charged by admission already; this gives back what is deleted or has finished. Left out: counting
again every five minutes.
"""

from collections.abc import Iterator

from clusters.engine.apiserver import quota, verbs
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.changes import ADDED, DELETED, MODIFIED, Change
from clusters.engine.informer import enqueue
from clusters.engine.objects import Key, Object, is_finished, key_of, with_status
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import WorkQueue


class ResourceQuotaController:
    """The control loop of quotas; it hears of all kinds, since any could be counted."""

    actor = "resourcequota-controller"
    watches: frozenset[str] = frozenset()

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)

    def on_change(self, change: Change, store: MemoryStore) -> None:
        if not store.count(quota.KIND):
            return
        if change.key.kind == quota.KIND and _wants_count(change):
            self.queue.add(change.key, change.revision)
        if _gives_back(change):
            for found in store.list(quota.KIND, change.key.namespace):
                if quota.matches(found, change.object):
                    enqueue(self.queue, key_of(found), change, store)

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Count everything that one quota limits."""
        found = store.get(*key)
        if found is not None:
            verbs.update_status(store, recounted(store, found))


def recounted(store: MemoryStore, found: Object) -> Object:
    """The quota with a status that fits its spec and the objects in its namespace."""
    hard = dict(sorted(((found.get("spec") or {}).get("hard") or {}).items()))
    counted = with_status(found, hard=hard)
    namespace = key_of(found).namespace
    usages = (
        quota.usage_of(obj)
        for kind in store.kinds()
        if kind in BY_KIND and BY_KIND[kind].namespaced
        for obj in store.list(kind, namespace)
        if quota.matches(counted, obj)
    )
    return with_status(counted, used=quota.total(hard, usages))


def _wants_count(change: Change) -> bool:
    """Whether the quota limits something new, or nobody knows what happened before it was seen."""
    hard = (change.object.get("spec") or {}).get("hard") or {}
    counted = ((change.object.get("status") or {}).get("hard") or {}) == hard
    return change.verb == ADDED or (change.verb == MODIFIED and not counted)


def _gives_back(change: Change) -> bool:
    """Whether there is less to count than before."""
    if change.verb == DELETED:
        return True
    before = change.previous
    if before is None:
        return False
    if change.key.kind == "Pod":
        return is_finished(change.object) and not is_finished(before)
    return change.key.kind == "Service" and change.object["spec"] != before["spec"]
