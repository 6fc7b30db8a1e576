"""Deletes what belongs to something that is gone.

Models kube-controller-manager's garbage collector (`pkg/controller/garbagecollector`). Left out: its
graph of all objects, since the index "by-owner" knows the dependents and a look at the store tells
whether an owner is there; and the event about an owner in another namespace.
"""

from collections.abc import Iterator
from typing import Final

from clusters.engine.apiserver import resources, verbs
from clusters.engine.changes import DELETED, Change
from clusters.engine.objects import (
    Key,
    Object,
    is_deleting,
    key_of,
    namespace_of,
    owners_of,
    uid_of,
    with_value,
)
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import WorkQueue

ORPHAN: Final = "orphan"
FOREGROUND: Final = "foregroundDeletion"


class GarbageCollector:
    """The control loop of everything that has an owner, and of owners that wait for their dependents."""

    actor = "garbage-collector"
    watches: frozenset[str] = frozenset()

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)

    def on_change(self, change: Change, store: MemoryStore) -> None:
        obj = change.object
        gone = change.verb == DELETED
        before = owners_of(change.previous) if change.previous is not None else []
        moved = owners_of(obj) != before
        if gone:
            for key in store.indexed_keys("by-owner", uid_of(obj)):
                self.queue.add(key, change.revision)
        elif (is_deleting(obj) and _waits(obj)) or (moved and not _all_solid(store, obj)):
            self.queue.add(change.key, change.revision)
        if before and (gone or moved):
            self._wake_owners(change, store, before)

    def _wake_owners(self, change: Change, store: MemoryStore, references: list[Object]) -> None:
        for reference in references:
            owner = _owner(store, change.object, reference)
            if owner is not None and is_deleting(owner) and _waits(owner):
                self.queue.add(key_of(owner), change.revision)

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Bring the deletion of an object, or of its dependents, a step further."""
        obj = store.get(*key)
        if obj is None:
            return
        if not is_deleting(obj):
            _attempt_to_delete(store, obj)
        elif ORPHAN in _finalizers(obj):
            self._orphan_dependents(store, obj, cause)
        elif FOREGROUND in _finalizers(obj):
            self._delete_dependents(store, obj, cause)

    def _orphan_dependents(self, store: Overlay, owner: Object, cause: int) -> None:
        for dependent in store.indexed("by-owner", uid_of(owner)):
            if store.room < 1:
                self.queue.add(key_of(owner), cause)
                return
            kept = [reference for reference in owners_of(dependent) if reference["uid"] != uid_of(owner)]
            verbs.update(store, with_value(dependent, ("metadata", "ownerReferences"), kept))
        verbs.remove_finalizer(store, owner, ORPHAN)

    def _delete_dependents(self, store: Overlay, owner: Object, cause: int) -> None:
        blocking = [
            dependent
            for dependent in store.indexed("by-owner", uid_of(owner))
            if any(
                reference["uid"] == uid_of(owner) and reference.get("blockOwnerDeletion")
                for reference in owners_of(dependent)
            )
        ]
        if not blocking:
            verbs.remove_finalizer(store, owner, FOREGROUND)
        for dependent in blocking:
            if not is_deleting(dependent):
                self.queue.add(key_of(dependent), cause)


def _attempt_to_delete(store: Overlay, obj: Object) -> None:
    """Delete the object unless one of its owners is there to stay; the others it forgets then."""
    owners = owners_of(obj)
    solid = [reference for reference in owners if _is_solid(store, obj, reference)]
    if solid:
        if len(solid) < len(owners):
            verbs.update(store, with_value(obj, ("metadata", "ownerReferences"), solid))
    elif owners:
        awaited = any(_owner(store, obj, reference) is not None for reference in owners)
        has_dependents = bool(store.indexed_keys("by-owner", uid_of(obj)))
        propagation = "Foreground" if awaited and has_dependents else "Background"
        verbs.delete(store, *key_of(obj), propagation=propagation, uid=uid_of(obj))


def _all_solid(store: MemoryStore, obj: Object) -> bool:
    return all(_is_solid(store, obj, reference) for reference in owners_of(obj))


def _is_solid(store: MemoryStore, obj: Object, reference: Object) -> bool:
    """Whether the owner is there and does not wait for this dependent to go first."""
    owner = _owner(store, obj, reference)
    if owner is None:
        # Whether an owner exists cannot be said if nobody serves its kind.
        return resources.served(reference["apiVersion"], reference["kind"]) is None
    return not (is_deleting(owner) and FOREGROUND in _finalizers(owner))


def _owner(store: MemoryStore, obj: Object, reference: Object) -> Object | None:
    """The owner, in the namespace of its dependent or cluster-scoped. One of that name only is another."""
    for namespace in (namespace_of(obj), ""):
        found = store.get(reference["kind"], namespace, reference["name"])
        if found is not None and uid_of(found) == reference["uid"]:
            return found
    return None


def _finalizers(obj: Object) -> list[str]:
    return obj["metadata"].get("finalizers") or []


def _waits(owner: Object) -> bool:
    """Whether the object waits for this controller, should it be deleted."""
    finalizers = _finalizers(owner)
    return ORPHAN in finalizers or FOREGROUND in finalizers
