"""Sees to it that every namespace has its ServiceAccount `default`.

Models kube-controller-manager's serviceaccount-controller (`pkg/controller/serviceaccount`). Left out:
Secrets with tokens (who wants one asks for it, see `apiserver/tokens.py`), and the ConfigMap with
the cluster's certificate authority.
"""

from collections.abc import Iterator
from typing import Final

from clusters.engine.apiserver import verbs
from clusters.engine.changes import DELETED, Change
from clusters.engine.objects import Key, is_deleting
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import WorkQueue

NAME: Final = "default"


class ServiceAccountsController:
    """The control loop of namespaces that want their account: pods are refused before it is there."""

    actor = "service-account-controller"
    watches = frozenset({"Namespace", "ServiceAccount"})

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)

    def on_change(self, change: Change, store: MemoryStore) -> None:
        kind, namespace, name = change.key
        if kind == "Namespace":
            if change.verb != DELETED and is_missing(store, name):
                self.queue.add(change.key, change.revision)
        elif change.verb == DELETED and name == NAME:
            self.queue.add(Key("Namespace", "", namespace), change.revision)

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Make the account of one namespace."""
        ensure(store, key.name)


def is_missing(store: MemoryStore, namespace: str) -> bool:
    """Whether the namespace is there to stay and has no account."""
    found = store.get("Namespace", "", namespace)
    account = Key("ServiceAccount", namespace, NAME)
    return found is not None and not is_deleting(found) and store.entry(account) is None


def ensure(store: Overlay, namespace: str) -> None:
    """Make the account of a namespace, if it has none."""
    if is_missing(store, namespace):
        metadata = {"name": NAME, "namespace": namespace}
        verbs.create(store, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
