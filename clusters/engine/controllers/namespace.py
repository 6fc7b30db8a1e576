"""Empties a namespace that is being deleted, and lets it go when nothing is left.

Models kube-controller-manager's namespace-controller (`pkg/controller/namespace/deletion`). Left out:
discovery, since all kinds are known, and guesses how long the pods will take.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.changes import DELETED, Change
from clusters.engine.clock import rfc3339
from clusters.engine.objects import Key, Object, condition_of, is_deleting, with_status
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import WorkQueue

FINALIZER: Final = "kubernetes"
_SUCCEEDED: Final = (
    (
        "NamespaceDeletionDiscoveryFailure",
        "False",
        "ResourcesDiscovered",
        "All resources successfully discovered",
    ),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "False",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "False",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
)
_NO_FINALIZERS: Final = (
    "NamespaceFinalizersRemaining",
    "False",
    "ContentHasNoFinalizers",
    "All content-preserving finalizers finished",
)


class NamespaceController:
    """The control loop of namespaces that are being deleted."""

    actor = "namespace-controller"
    watches: frozenset[str] = frozenset()

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)

    def on_change(self, change: Change, store: MemoryStore) -> None:
        kind, name, _ = change.key
        if kind == "Namespace":
            if is_deleting(change.object):
                self.queue.add(change.key, change.revision)
        elif change.verb == DELETED and name:
            namespace = store.get("Namespace", "", name)
            if namespace is not None and is_deleting(namespace):
                self.queue.add(Key("Namespace", "", name), change.revision)

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Delete what is in the namespace, say what remains, and finish when that is nothing."""
        namespace = store.get(*key)
        if namespace is None or not is_deleting(namespace):
            return
        for content in _contents(store, key.name):
            if store.room < 1:
                self.queue.add(key, cause)
                return
            found = store.get(*content)
            if found is not None and not is_deleting(found):
                verbs.delete(store, *content)
        remaining = [obj for content in _contents(store, key.name) if (obj := store.get(*content))]
        if remaining:
            conditions = deletion_conditions(namespace, remaining, store.now)
            verbs.update_status(store, with_status(namespace, conditions=conditions))
        else:
            verbs.remove_finalizer(store, namespace, FINALIZER)


def _contents(store: MemoryStore, name: str) -> list[Key]:
    return [key for kind in store.kinds() for key in store.keys(kind) if key.namespace == name]


def deletion_conditions(namespace: Object, remaining: list[Object], now: float) -> list[Object]:
    """The status conditions of a namespace that still holds these objects."""
    kinds = Counter(BY_KIND[obj["kind"]] for obj in remaining)
    objects = [f"{kind.plural}.{kind.group} has {count} resource instances" for kind, count in kinds.items()]
    finalizers = Counter(name for obj in remaining for name in obj["metadata"].get("finalizers") or ())
    held = [f"{name} in {count} resource instances" for name, count in sorted(finalizers.items())]
    remain = f"Some resources are remaining: {', '.join(objects)}"
    hold = f"Some content in the namespace has finalizers remaining: {', '.join(held)}"
    conditions = [
        *_SUCCEEDED,
        ("NamespaceContentRemaining", "True", "SomeResourcesRemain", remain),
        ("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", hold) if held else _NO_FINALIZERS,
    ]
    return [_condition(namespace, *condition, now) for condition in conditions]


def _condition(namespace: Object, type_: str, status: str, reason: str, message: str, now: float) -> Object:
    before = condition_of(namespace, type_)
    since = before.get("lastTransitionTime") if before and before["status"] == status else None
    return {
        "type": type_,
        "status": status,
        "lastTransitionTime": since or rfc3339(now),
        "reason": reason,
        "message": message,
    }
