"""Makes the pods that are bound to a node run on it, and reports how they are.

Models the kubelet's `syncPod`, `syncTerminatingPod` and `syncTerminatedPod` (`pkg/kubelet/kubelet.go`).
One controller plays the kubelets of all nodes; in the journal each writes as `kubelet/<node>`. Left out:
static pods, and heartbeats: while a kubelet runs, its lease is told from the clock (apiserver/derived.py).
"""

from collections.abc import Iterator
from typing import Final

from clusters.engine import cluster, ipam
from clusters.engine.apiserver import verbs
from clusters.engine.changes import DELETED, Change
from clusters.engine.kubelet import admission, node_status, probes, runtime, volumes
from clusters.engine.kubelet.pod_worker import PodWorker
from clusters.engine.kubelet.states import due_of, is_starting
from clusters.engine.kubelet.status import generate_api_pod_status, host_ip
from clusters.engine.objects import (
    Key,
    Object,
    is_deleting,
    is_finished,
    key_of,
    name_of,
    simulation_of,
    uid_of,
)
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import WorkQueue

SANDBOX_RETRY: Final = 10.0
"""Seconds until a sandbox that got no address is tried again."""


class Kubelet:
    """The control loop of all nodes: its keys are Pods and Nodes."""

    actor = "kubelet"
    watches = frozenset({"Pod", "Node", cluster.KEY.kind})

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)

    def on_change(self, change: Change, store: MemoryStore) -> None:
        if change.verb == DELETED:
            return
        if change.key.kind == "Node":
            self._node_changed(change, store)
        elif change.key == cluster.KEY:
            self._cluster_changed(change, store)
        elif change.object["spec"].get("nodeName"):
            if change.actor.startswith("kubelet/"):
                # A kubelet's own report is no reason to look again before it said it would.
                due = simulation_of(change.object).get("due")
                if due is not None:
                    self.queue.add_after(change.key, due, change.revision)
            else:
                self.queue.add(change.key, change.revision)

    def _node_changed(self, change: Change, store: MemoryStore) -> None:
        before, after = simulation_of(change.previous or {}), simulation_of(change.object)
        if not change.actor.startswith("kubelet/"):
            self.queue.add(change.key, change.revision)
        if not change.actor:
            # Listed: so are its pods, each with the reason of its own.
            return
        if before.get("boot") != after.get("boot") or before.get("kubelet") != after.get("kubelet"):
            for key in store.indexed_keys("pods-by-node", change.key.name):
                self.queue.add(key, change.revision)
        elif before.get("images") != after.get("images"):
            for pod in store.indexed("pods-by-node", change.key.name):
                if _has_container(pod, "never"):
                    self.queue.add(key_of(pod), change.revision)

    def _cluster_changed(self, change: Change, store: MemoryStore) -> None:
        if not change.actor:
            return
        before = (change.previous or {"spec": {}})["spec"]
        if before.get("pulls") != change.object["spec"].get("pulls"):
            for pod in store.list("Pod"):
                if _has_container(pod, "pulling"):
                    self.queue.add(key_of(pod), change.revision)

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Carry one pod, or a node's own status, on to where it has come by now."""
        obj = store.get(*key)
        if obj is None:
            return
        node = obj if key.kind == "Node" else store.get("Node", "", obj["spec"].get("nodeName", ""))
        if node is None or not node_status.is_running(node):
            return
        with store.acting(f"{self.actor}/{name_of(node)}", cause):
            if key.kind == "Node":
                node_status.sync_node_status(store, node)
                return
            due = sync_pod(store, node, obj)
        if due is not None:
            self.queue.add_after(key, due, cause)


def sync_pod(store: Overlay, node: Object, pod: Object) -> float | None:
    """Carry a pod on; returns when the kubelet has to look again by itself."""
    worker = PodWorker(store, node, pod)
    if is_deleting(pod):
        return _sync_terminating_pod(worker)
    if is_finished(pod) or not admission.is_admitted(worker):
        return None
    if _sandbox_is_ready(worker):
        for container in _in_turn(worker):
            runtime.advance(worker, container)
    due = _next_due(worker)
    worker.commit(generate_api_pod_status(worker), due)
    return due


def _in_turn(worker: PodWorker) -> list[Object]:
    """The pod's containers in order, but the one that is being started first: the others wait for it."""
    starting = {name for name, state in worker.states.items() if is_starting(state)}
    return sorted(worker.containers(), key=lambda container: container["name"] not in starting)


def _sync_terminating_pod(worker: PodWorker) -> float | None:
    pod, grace = worker.pod, worker.pod["metadata"]["deletionGracePeriodSeconds"]
    if _machine_changed(worker):
        _lose_containers(worker)
    deadline = simulation_of(pod).get("deletedAt", worker.now) + grace
    for container in worker.containers():
        state = worker.states.get(container["name"])
        if state is None or state["phase"] != "running":
            continue
        runtime.kill_container(worker, container, state, deadline, f"Stopping container {container['name']}")
        if state["dies"]["at"] <= worker.now:
            runtime.ended(worker, state, state["dies"])
    ends: list[float] = [s["dies"]["at"] for s in worker.states.values() if s["phase"] == "running"]
    if ends:
        worker.commit(generate_api_pod_status(worker), min(ends))
        return min(ends)
    worker.commit(generate_api_pod_status(worker, terminal=True), None)
    verbs.delete(worker.store, *key_of(pod), grace_seconds=0, uid=uid_of(pod))
    return None


def _sandbox_is_ready(worker: PodWorker) -> bool:
    """Make the pod's sandbox with its network, anew after a reboot of the machine."""
    if _machine_changed(worker):
        if worker.boot is not None:
            _lose_containers(worker)
            if worker.states and all(state["phase"] == "exited" for state in worker.states.values()):
                return False
        if not volumes.are_mounted(worker):
            return False
        if worker.boot is not None:
            worker.event("SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
        worker.boot = simulation_of(worker.node).get("boot", "")
        worker.sandbox_at = worker.at(worker.delays.sandbox)
        worker.ip = ""
    if worker.sandbox_at is not None:
        if worker.sandbox_at > worker.now:
            return False
        return _set_up_network(worker)
    return True


def _set_up_network(worker: PodWorker) -> bool:
    worker.sandbox_at = None
    if worker.pod["spec"].get("hostNetwork"):
        worker.ip = host_ip(worker.node)
        return True
    try:
        worker.ip = ipam.allocate(worker.store, worker.node)
    except LookupError as error:
        said = f"rpc error: code = Unknown desc = failed to setup network for sandbox: {error}"
        worker.event("FailedCreatePodSandBox", f"Failed to create pod sandbox: {said}", type_="Warning")
        worker.sandbox_at = worker.at(SANDBOX_RETRY)
        return False
    return True


def _machine_changed(worker: PodWorker) -> bool:
    boot: str = simulation_of(worker.node).get("boot", "")
    return worker.boot != boot


def _lose_containers(worker: PodWorker) -> None:
    for container in worker.containers():
        state = worker.states.get(container["name"])
        if state is not None:
            runtime.lose_container(worker, container, state)


def _next_due(worker: PodWorker) -> float | None:
    if worker.mount is not None:
        return float(worker.mount["until"])
    if worker.sandbox_at is not None:
        return worker.sandbox_at
    due = []
    for container in worker.containers():
        state = worker.states.get(container["name"])
        if state is not None:
            due += due_of(state)
            due += probes.next_due(worker, container, state)
    return min(due, default=None)


def _has_container(pod: Object, phase: str) -> bool:
    containers = simulation_of(pod).get("containers") or {}
    return any(state["phase"] == phase for state in containers.values())
