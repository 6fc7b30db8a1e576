"""Deletes pods from nodes that they no longer bear.

Models `pkg/controller/tainteviction/taint_eviction.go`. The time at which a pod has to go follows from the
taint's timeAdded and the pod's tolerations; it is also noted in the pod's simulation as `evictAt`
(simulated seconds), so that a cancelled deletion can be told, and seen coming.
"""

from collections.abc import Iterator

from clusters.engine import events
from clusters.engine.apiserver import verbs
from clusters.engine.changes import DELETED, Change
from clusters.engine.clock import parse_rfc3339
from clusters.engine.objects import (
    Key,
    Object,
    is_deleting,
    is_finished,
    key_of,
    name_of,
    namespace_of,
    simulation_of,
    uid_of,
    with_simulation,
)
from clusters.engine.pod_conditions import pod_condition, with_pod_condition
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.taints import no_execute, toleration_seconds
from clusters.engine.workqueue import WorkQueue


class TaintEvictionController:
    """The control loop of pods on nodes with NoExecute taints."""

    actor = "taint-eviction-controller"
    watches = frozenset({"Pod", "Node"})

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)

    def on_change(self, change: Change, store: MemoryStore) -> None:
        if change.verb == DELETED:
            return
        if change.key.kind == "Pod":
            if _may_concern(change, store):
                self.queue.add(change.key, change.revision)
            return
        before = no_execute(change.previous) if change.previous is not None else []
        if before != no_execute(change.object):
            for key in store.indexed_keys("pods-by-node", change.key.name):
                self.queue.add(key, change.revision)

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Delete the pod if its time has come, or note when it will, or that it may stay."""
        pod = store.get(*key)
        if pod is None or is_deleting(pod) or is_finished(pod):
            return
        evict_at = eviction_time(store, pod)
        if evict_at is not None and evict_at <= store.now:
            _evict(store, pod)
            return
        planned = simulation_of(pod).get("evictAt")
        if planned is not None and evict_at is None:
            _tell(store, pod, f"Cancelling deletion of Pod {namespace_of(pod)}/{name_of(pod)}")
        if planned != evict_at:
            verbs.update_simulation(store, with_simulation(pod, evictAt=evict_at))
        if evict_at is not None:
            self.queue.add_after(key, evict_at, cause)


def eviction_time(store: MemoryStore, pod: Object) -> float | None:
    """When the pod has to leave its node, in simulated seconds; None: it may stay."""
    node = store.get("Node", "", pod["spec"].get("nodeName", ""))
    taints = no_execute(node) if node is not None else []
    if not taints:
        return None
    seconds = toleration_seconds(pod["spec"].get("tolerations") or [], taints)
    if seconds is None:
        return None
    added = [parse_rfc3339(taint["timeAdded"]) for taint in taints if taint.get("timeAdded")]
    return max(added, default=0.0) + seconds


def _may_concern(change: Change, store: MemoryStore) -> bool:
    """Whether the pod is new on a node that drives pods away, or was to go and may not have to."""
    pod = change.object
    if simulation_of(pod).get("evictAt") is not None:
        return change.actor != TaintEvictionController.actor
    node = store.get("Node", "", pod["spec"].get("nodeName", ""))
    return node is not None and bool(no_execute(node))


def _evict(store: Overlay, pod: Object) -> None:
    _tell(store, pod, f"Marking for deletion Pod {namespace_of(pod)}/{name_of(pod)}")
    said = "Taint manager: deleting due to NoExecute taint"
    condition = pod_condition(pod, "DisruptionTarget", "True", store.now, "DeletionByTaintManager", said)
    verbs.update_status(store, with_pod_condition(pod, condition))
    verbs.delete(store, *key_of(pod), uid=uid_of(pod))


def _tell(store: Overlay, pod: Object, message: str) -> None:
    events.record(store, pod, "TaintManagerEviction", message, component=TaintEvictionController.actor)
