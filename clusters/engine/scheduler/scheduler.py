"""Finds a node for each pod that has none.

Models kube-scheduler (`pkg/scheduler/schedule_one.go`, `scheduler.go`, `backend/queue`). Left out:
preemption and priorities, scheduling gates, several profiles, extenders, sampling of nodes in big
clusters. A pod that fits nowhere is tried again when something has changed that could help it, never by
polling.
"""

from collections import Counter
from collections.abc import Iterator
from operator import add
from typing import Final

from clusters.engine import cluster, events
from clusters.engine.apiserver import verbs
from clusters.engine.changes import DELETED, Change
from clusters.engine.clock import quantise
from clusters.engine.indexes import pod_requests
from clusters.engine.objects import (
    Key,
    Object,
    condition_of,
    controller_of,
    host_ports,
    is_deleting,
    is_finished,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    uid_of,
)
from clusters.engine.pod_conditions import pod_condition, with_pod_condition
from clusters.engine.scheduler import filters, scores
from clusters.engine.scheduler.node_info import NodeInfo, Snapshot
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import WorkQueue

NAME: Final = cluster.SCHEDULER
_NOTHING: Final = (0, 0, 0)
_NONE: Final = (0,)


Candidate = tuple[NodeInfo, tuple[int, ...]]
"""A node that can take the pod, and what pods use of it already."""


class Scheduler:
    """The scheduling queue and the one loop that empties it."""

    actor = NAME
    watches = frozenset({"Pod", "Node"})

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)
        self._snapshot = Snapshot()

    def on_change(self, change: Change, store: MemoryStore) -> None:
        if change.key.kind == "Pod":
            self._pod_changed(change, store)
        elif _could_help(change):
            self._retry_all(change, store)

    def _pod_changed(self, change: Change, store: MemoryStore) -> None:
        pod = change.object
        if pod["spec"].get("nodeName"):
            before = change.previous
            if change.verb == DELETED or (
                before is not None and is_finished(pod) and not is_finished(before)
            ):
                self._retry_all(change, store)
        elif change.verb != DELETED and change.actor != NAME and _is_ours(pod):
            # Its own report that a pod fits nowhere is no reason to try again.
            self._enqueue(change.key, change, store)

    def _retry_all(self, change: Change, store: MemoryStore) -> None:
        waiting = store.indexed("pods-to-schedule", NAME)
        for pod in sorted(waiting, key=lambda pod: str(pod["metadata"]["creationTimestamp"])):
            self._enqueue(key_of(pod), change, store)

    def _enqueue(self, key: Key, change: Change, store: MemoryStore) -> None:
        thinking = cluster.delays_of(store).schedule
        if thinking:
            self.queue.add_after(key, quantise(change.time + thinking), change.revision)
        else:
            self.queue.add(key, change.revision)

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Try to find a node for one pod."""
        pod = store.get(*key)
        if pod is not None and _is_ours(pod):
            self._snapshot.update(store)
            schedule_one(store, pod, self._snapshot)


def schedule_one(store: Overlay, pod: Object, snapshot: Snapshot) -> None:
    """Bind the pod to the best node, or report why there is none."""
    candidates, reasons = find_nodes_that_fit_pod(store, pod, snapshot)
    if not candidates:
        _handle_failure(store, pod, _fit_error(reasons))
        return
    node = _select_host(store, pod, candidates, prioritize_nodes(store, pod, candidates))
    bound = verbs.bind(store, namespace_of(pod), name_of(pod), node)
    said = f"Successfully assigned {namespace_of(pod)}/{name_of(pod)} to {node}"
    events.record_action(store, bound, "Scheduled", said, component=NAME, action="Binding")


def find_nodes_that_fit_pod(
    store: MemoryStore, pod: Object, snapshot: Snapshot
) -> tuple[list[Candidate], list[tuple[str, ...]]]:
    """The nodes that can take the pod, and for each other node the reasons why it cannot."""
    suitable, found = snapshot.suitable(pod["spec"], filters.static_filters)
    request, ports = pod_requests(pod), host_ports(pod)
    usage_of = store.tallies("node-usage").get
    candidates, reasons = [], list(found)
    for info in suitable:
        usage = usage_of(info.name, _NOTHING)
        why = filters.node_resources_fit(request, info, usage)
        if ports:
            why = filters.node_ports(ports, info, store) or why
        if why:
            reasons.append(why)
        else:
            candidates.append((info, usage))
    return candidates, reasons


def prioritize_nodes(store: MemoryStore, pod: Object, candidates: list[Candidate]) -> list[int]:
    """The score of each candidate."""
    request, owner = pod_requests(pod), controller_of(pod)
    uid = owner["uid"] if owner is not None else ""
    count_of = store.tallies("node-controller-pods").get
    spread = scores.spread([count_of((info.name, uid), _NONE)[0] for info, _usage in candidates])
    least = [scores.least_allocated(info, request, usage) for info, usage in candidates]
    return list(map(add, least, spread))


def _select_host(store: Overlay, pod: Object, candidates: list[Candidate], score: list[int]) -> str:
    best = max(score)
    infos = [info for (info, _usage), points in zip(candidates, score, strict=True) if points == best]
    return infos[int(store.unique(f"host/{uid_of(pod)}", 8), 16) % len(infos)].name


def _fit_error(reasons: list[tuple[str, ...]]) -> str:
    nodes = len(reasons)
    if not nodes:
        return "no nodes available to schedule pods"
    final = sum(not filters.FINAL_REASONS.isdisjoint(why) for why in reasons)
    unhelpful = Counter({"Preemption is not helpful for scheduling": final})
    unhelpful["No preemption victims found for incoming pod"] = nodes - final
    available = f"0/{nodes} nodes are available: "
    return (
        f"{available}{_histogram(Counter(reason for why in reasons for reason in why))}"
        f" no new claims to deallocate, preemption: {available}{_histogram(unhelpful)}"
    )


def _histogram(counts: Counter[str]) -> str:
    return ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items() if count)) + "."


def _handle_failure(store: Overlay, pod: Object, message: str) -> None:
    before = condition_of(pod, "PodScheduled")
    if before is not None and before["status"] == "False" and before.get("message") == message:
        return
    condition = pod_condition(pod, "PodScheduled", "False", store.now, "Unschedulable", message)
    pod = verbs.update_status(store, with_pod_condition(pod, condition))
    events.record_action(
        store, pod, "FailedScheduling", message, type_="Warning", component=NAME, action="Scheduling"
    )


def _is_ours(pod: Object) -> bool:
    spec = pod["spec"]
    waits = not spec.get("nodeName") and not is_deleting(pod) and not is_finished(pod)
    return waits and spec.get("schedulerName", NAME) == NAME


def _could_help(change: Change) -> bool:
    """Whether a pod that fitted nowhere may fit now, since this node is new or another than before."""
    before, node = change.previous, change.object
    if change.verb == DELETED or before is None:
        return change.verb != DELETED
    old, new = before.get("spec") or {}, node.get("spec") or {}
    return (
        labels_of(before) != labels_of(node)
        or old.get("taints") != new.get("taints")
        or old.get("unschedulable") != new.get("unschedulable")
        or (before.get("status") or {}).get("allocatable") != (node.get("status") or {}).get("allocatable")
    )
