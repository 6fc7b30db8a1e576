"""Notices nodes that fall silent, says so, and keeps pods away from them.

Models `pkg/controller/nodelifecycle/node_lifecycle_controller.go`. Left out: zones (all nodes are in one)
and leases: a running kubelet's heartbeat is told from the clock, so a healthy node costs nothing, and
only one whose kubelet stopped is looked at, at the time when the monitor's round would have found it. A
controller that was stopped itself gives no new grace when it starts: it knows since when a node is silent.
"""

import math
from collections.abc import Iterator
from typing import Final

from clusters.engine import events
from clusters.engine.apiserver import verbs
from clusters.engine.changes import DELETED, Change
from clusters.engine.clock import parse_rfc3339, rfc3339
from clusters.engine.objects import (
    Key,
    Object,
    condition_of,
    is_finished,
    is_ready,
    key_of,
    name_of,
    simulation_of,
    with_status,
)
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.taints import NOT_READY, UNREACHABLE, UNSCHEDULABLE, no_execute, taints_of, with_taints
from clusters.engine.workqueue import WorkQueue

MONITOR_PERIOD: Final = 5.0
GRACE_PERIOD: Final = 50.0
STARTUP_GRACE_PERIOD: Final = 60.0
"""Seconds of silence until a node counts as lost: one that was heard of before, one that never was."""
TAINT_INTERVAL: Final = 10.0
LARGE_INTERVAL: Final = 100.0
"""Seconds from one node's NoExecute taint to the next: usually, and when much of a large cluster is lost."""
UNHEALTHY_THRESHOLD: Final = 0.55
LARGE_CLUSTER: Final = 50
WRITES_A_POD: Final = 2
_CONDITIONS: Final = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
_TAINT_KEYS: Final = {"Unknown": UNREACHABLE, "False": NOT_READY}


class NodeLifecycleController:
    """The control loop of nodes' health."""

    actor = "node-controller"
    watches = frozenset({"Node"})

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)

    def on_change(self, change: Change, store: MemoryStore) -> None:
        if change.verb != DELETED and change.actor != self.actor:
            self.queue.add(change.key, change.revision)
        was_ready = change.previous is not None and is_ready(change.previous)
        if change.verb == DELETED or was_ready != is_ready(change.object):
            # How many nodes are lost decides how fast the others' pods are driven away.
            for node in store.list("Node"):
                if not is_ready(node):
                    self.queue.add(key_of(node), change.revision)

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Bring one node's conditions, taints and pods in line with what is heard of it."""
        node = store.get(*key)
        if node is None:
            return
        node, due = monitor_node_health(store, node)
        node = _sync_no_schedule_taints(store, node)
        node, later = _sync_no_execute_taints(store, node)
        if (
            condition_of(node, "Ready") is not None
            and not is_ready(node)
            and not _mark_pods_not_ready(store, node)
        ):
            self.queue.add(key, cause)
        for at in (due, later):
            if at is not None:
                self.queue.add_after(key, at, cause)


def monitor_node_health(store: Overlay, node: Object) -> tuple[Object, float | None]:
    """The node, Unknown if it was silent for too long, and when that will be if it was not."""
    ready = condition_of(node, "Ready")
    if _speaks(node) or (ready is not None and ready["status"] == "Unknown"):
        return node, None
    lost_at = lost_at_of(node)
    if lost_at > store.now:
        return node, lost_at
    node = verbs.update_status(store, with_status(node, conditions=_unknown(node, rfc3339(store.now))))
    if ready is not None and ready["status"] == "True":
        said = f"Node {name_of(node)} status is now: NodeNotReady"
        events.record(store, node, "NodeNotReady", said, component=NodeLifecycleController.actor)
    return node, None


def _speaks(node: Object) -> bool:
    return bool(simulation_of(node).get("kubelet") == "running")


def lost_at_of(node: Object) -> float:
    """When a node that is silent counts as lost, in simulated seconds."""
    heartbeat = simulation_of(node).get("heartbeat")
    if heartbeat is None:
        moved: int = simulation_of(node).get("moved", 0)
        last = parse_rfc3339(node["metadata"]["creationTimestamp"]) + moved + STARTUP_GRACE_PERIOD
    else:
        last = heartbeat + GRACE_PERIOD
    return math.ceil(last / MONITOR_PERIOD) * MONITOR_PERIOD


def _unknown(node: Object, now: str) -> list[Object]:
    old = {condition["type"]: condition for condition in (node.get("status") or {}).get("conditions") or ()}
    lost = {
        "status": "Unknown",
        "lastTransitionTime": now,
        "reason": "NodeStatusUnknown",
        "message": "Kubelet stopped posting node status.",
    }
    never = {
        **lost,
        "lastHeartbeatTime": node["metadata"]["creationTimestamp"],
        "reason": "NodeStatusNeverUpdated",
        "message": "Kubelet never posted node status.",
    }
    known = [
        {**old[type_], **lost} if type_ in old else {"type": type_, **never}
        for type_ in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
    ]
    return known + [condition for type_, condition in old.items() if type_ not in _CONDITIONS]


def _sync_no_schedule_taints(store: Overlay, node: Object) -> Object:
    """Taint a node that is cordoned or not ready, so that no new pods come."""
    keys = set()
    ready = condition_of(node, "Ready")
    if ready is not None and ready["status"] in _TAINT_KEYS:
        keys.add(_TAINT_KEYS[ready["status"]])
    if (node.get("spec") or {}).get("unschedulable"):
        keys.add(UNSCHEDULABLE)
    return _set_taints(store, node, keys, (NOT_READY, UNREACHABLE, UNSCHEDULABLE), "NoSchedule")


def _sync_no_execute_taints(store: Overlay, node: Object) -> tuple[Object, float | None]:
    """Taint a node that is lost, so that its pods go, but not many nodes at once.

    Returns the node and, if its turn has not come, when it may.
    """
    ready = condition_of(node, "Ready")
    key = _TAINT_KEYS.get(ready["status"]) if ready is not None else None
    if key is None:
        return _set_taints(store, node, set(), (NOT_READY, UNREACHABLE), "NoExecute"), None
    nodes = store.list("Node")
    alive = sum(is_ready(other) for other in nodes)
    interval = taint_interval(alive, len(nodes))
    if not alive:
        # It is rather the control plane that is cut off: nobody is driven away.
        return _set_taints(store, node, set(), (NOT_READY, UNREACHABLE), "NoExecute"), None
    if interval == math.inf:
        return node, None
    if not any(taint["key"] in (NOT_READY, UNREACHABLE) for taint in no_execute(node)):
        turn = max((_tainted_at(other) for other in nodes), default=0.0) + interval
        if turn > store.now:
            return node, turn
    return _set_taints(store, node, {key}, (NOT_READY, UNREACHABLE), "NoExecute"), None


def taint_interval(ready: int, nodes: int) -> float:
    """Seconds between two nodes' NoExecute taints; infinite if so many are lost that nothing is done."""
    lost = nodes - ready
    if not ready:
        return math.inf
    if lost > 2 and lost / nodes >= UNHEALTHY_THRESHOLD:
        return LARGE_INTERVAL if nodes > LARGE_CLUSTER else math.inf
    return TAINT_INTERVAL


def _tainted_at(node: Object) -> float:
    ours = (taint for taint in no_execute(node) if taint["key"] in (NOT_READY, UNREACHABLE))
    return max((parse_rfc3339(taint["timeAdded"]) for taint in ours if taint.get("timeAdded")), default=0.0)


def _set_taints(
    store: Overlay, node: Object, keys: set[str], managed: tuple[str, ...], effect: str
) -> Object:
    """Of the managed keys leave exactly these as taints of that effect."""
    taints = taints_of(node)
    kept = [
        taint
        for taint in taints
        if taint["effect"] != effect or taint["key"] not in managed or taint["key"] in keys
    ]
    present = {taint["key"] for taint in kept if taint["effect"] == effect}
    added = [
        {"key": key, "effect": effect, "timeAdded": rfc3339(store.now)} for key in sorted(keys - present)
    ]
    return verbs.update(store, with_taints(node, kept + added)) if added or kept != taints else node


def _mark_pods_not_ready(store: Overlay, node: Object) -> bool:
    """Report the node's pods as not ready; False if the pass has no room for all of them."""
    for pod in store.indexed("pods-by-node", name_of(node)):
        if not is_ready(pod) or is_finished(pod):
            continue
        if store.room < WRITES_A_POD:
            return False
        conditions = [
            {**condition, "status": "False", "lastTransitionTime": rfc3339(store.now)}
            if condition["type"] == "Ready"
            else condition
            for condition in pod["status"]["conditions"]
        ]
        pod = verbs.update_status(store, with_status(pod, conditions=conditions))
        events.record(
            store,
            pod,
            "NodeNotReady",
            "Node is not ready",
            type_="Warning",
            component=NodeLifecycleController.actor,
        )
    return True
