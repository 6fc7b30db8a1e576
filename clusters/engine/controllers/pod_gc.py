"""Removes pods that nobody will ever finish.

Models `pkg/controller/podgc/gc_controller.go`: pods of nodes that do not exist any more, and pods that are
being deleted without ever having had a node. Left out: the limit on finished pods, which is 12,500, and
nodes that somebody tainted as out of service.
"""

from collections.abc import Iterator
from typing import Final

from clusters.engine import ipam
from clusters.engine.apiserver import verbs
from clusters.engine.changes import DELETED, Change
from clusters.engine.objects import (
    Key,
    Object,
    is_deleting,
    is_finished,
    key_of,
    uid_of,
    with_status,
)
from clusters.engine.pod_conditions import pod_condition, with_pod_condition
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import WorkQueue

QUARANTINE: Final = 40.0
"""Seconds that a node must be gone before its pods go too: its Node may only be late."""
WRITES_A_POD: Final = 2


class PodGCController:
    """The control loop of orphaned pods. Its keys are Pods and Nodes that went away."""

    actor = "pod-garbage-collector"
    watches = frozenset({"Pod", "Node"})

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)

    def on_change(self, change: Change, store: MemoryStore) -> None:
        if change.key.kind == "Node":
            if change.verb == DELETED:
                self.queue.add(change.key, change.revision)
        elif change.verb != DELETED:
            node = change.object["spec"].get("nodeName")
            if not node and is_deleting(change.object):
                self.queue.add(change.key, change.revision)
            elif node and store.get("Node", "", node) is None:
                self.queue.add(Key("Node", "", node), change.revision)

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Delete one pod, or those of a node that has been gone for long enough."""
        if key.kind == "Pod":
            pod = store.get(*key)
            if pod is not None and is_deleting(pod) and not pod["spec"].get("nodeName"):
                _delete(store, pod)
            return
        if store.get(*key) is not None:
            return
        due = ipam.retire(store, key.name) + QUARANTINE
        pods = store.indexed("pods-by-node", key.name)
        if pods and due > store.now:
            self.queue.add_after(key, due, cause)
            return
        for pod in pods:
            if store.room < WRITES_A_POD:
                self.queue.add(key, cause)
                return
            _delete(store, _failed(store, pod))


def _failed(store: Overlay, pod: Object) -> Object:
    """Report a pod whose machine is gone as failed, so that whoever waits for it learns the truth."""
    if is_finished(pod):
        return pod
    said = "PodGC: node no longer exists"
    condition = pod_condition(pod, "DisruptionTarget", "True", store.now, "DeletionByPodGC", said)
    return verbs.update_status(store, with_pod_condition(with_status(pod, phase="Failed"), condition))


def _delete(store: Overlay, pod: Object) -> None:
    verbs.delete(store, *key_of(pod), grace_seconds=0, uid=uid_of(pod))
