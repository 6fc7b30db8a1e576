"""A node as its kubelet registers and reports it, and the switches of the machine below.

Models `pkg/kubelet/kubelet_node_status.go` and `pkg/kubelet/nodestatus/setters.go`. Left out: pressure of
memory, disk and process ids, which never comes; and the heartbeats, which would be most of all writes:
while a kubelet runs, `apiserver/derived.py` tells its latest one from the clock, and when it stops it stays
in the node's `simulation`:

    powered    whether the machine has power
    kubelet    "running" or "stopped"
    heartbeat  when the kubelet was last heard of, while it is stopped (simulated seconds)
    boot       a name for the time since the machine was last switched on
    images     full name of an image on its disk -> bytes
    bandwidth  bytes a second at which it pulls, if it differs from the cluster's delays
    cordoned   whether the kubelet has told of spec.unschedulable
    moved      seconds by which times here and in the status were moved on, see restoring.py
"""

from typing import Final

from clusters.engine import events
from clusters.engine.apiserver import verbs
from clusters.engine.clock import rfc3339
from clusters.engine.objects import (
    Object,
    is_ready,
    name_of,
    simulation_of,
    with_simulation,
    with_status,
)
from clusters.engine.store import Overlay

KUBELET_VERSION: Final = "v1.37.1"
CAPACITY: Final = {"cpu": "4", "ephemeral-storage": "61202244Ki", "memory": "8Gi", "pods": "110"}
ALLOCATABLE: Final = {"cpu": "3920m", "ephemeral-storage": "56403987Ki", "memory": "7892Mi", "pods": "110"}
_HEALTHY: Final = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)
_NEWS: Final = ("NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID")


def new_node(store: Overlay, name: str, *, ip: str, pod_cidr: str) -> Object:
    """A Node as its kubelet registers it, healthy. Nothing is stored yet; `pod_cidr` may be ""."""
    node: Object = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "beta.kubernetes.io/arch": "amd64",
                "beta.kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
            },
        },
        "spec": {"podCIDR": pod_cidr, "podCIDRs": [pod_cidr]} if pod_cidr else {},
        "status": {
            "capacity": CAPACITY,
            "allocatable": ALLOCATABLE,
            "addresses": [
                {"type": "InternalIP", "address": ip},
                {"type": "Hostname", "address": name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": _node_info(store, name),
        },
        "simulation": {
            "powered": True,
            "kubelet": "running",
            "boot": _boot_id(store, name),
            "images": {},
            "cordoned": False,
        },
    }
    return _healthy(node, store.now)


def power_off(store: Overlay, node_name: str) -> Object:
    """Take the power from a machine; nobody is told. Raises 404 NotFound."""
    node = verbs.get(store, "Node", "", node_name)
    if not simulation_of(node).get("powered"):
        return node
    return verbs.update_simulation(store, with_simulation(_silenced(node, store.now), powered=False))


def power_on(store: Overlay, node_name: str) -> Object:
    """Switch a machine on; its kubelet comes up and reports. Raises 404 NotFound."""
    node = verbs.get(store, "Node", "", node_name)
    if simulation_of(node).get("powered", True):
        return node
    boot = _boot_id(store, node_name)
    return verbs.update_simulation(store, _speaking(with_simulation(node, powered=True, boot=boot)))


def stop_kubelet(store: Overlay, node_name: str) -> Object:
    """Stop a kubelet while its machine and the containers on it run on. Raises 404 NotFound."""
    node = verbs.get(store, "Node", "", node_name)
    return verbs.update_simulation(store, _silenced(node, store.now)) if is_running(node) else node


def start_kubelet(store: Overlay, node_name: str) -> Object:
    """Start a kubelet that was stopped; without power nothing happens. Raises 404 NotFound."""
    node = verbs.get(store, "Node", "", node_name)
    powered = simulation_of(node).get("powered")
    return verbs.update_simulation(store, _speaking(node)) if powered and not is_running(node) else node


def is_running(node: Object) -> bool:
    """Whether the node's kubelet works. A Node that somebody only wrote down has no machine."""
    return simulation_of(node).get("kubelet") == "running"


def sync_node_status(store: Overlay, node: Object) -> None:
    """Report that the node is well, if that is news, and whether it takes pods."""
    boot, name = simulation_of(node).get("boot", ""), name_of(node)
    known = ((node.get("status") or {}).get("nodeInfo") or {}).get("bootID", boot)
    was_ready = is_ready(node)
    if not was_ready or known != boot:
        tell(store, node, "Starting", "Starting kubelet.")
        if known != boot:
            said = f"Node {name} has been rebooted, boot id: {boot}"
            tell(store, node, "Rebooted", said, type_="Warning")
        info = {**((node.get("status") or {}).get("nodeInfo") or {}), "bootID": boot}
        node = verbs.update_status(store, with_status(_healthy(node, store.now), nodeInfo=info))
        tell_healthy(store, node, ready=not was_ready)
    cordoned = bool(node["spec"].get("unschedulable"))
    if simulation_of(node).get("cordoned", False) != cordoned:
        reason = "NodeNotSchedulable" if cordoned else "NodeSchedulable"
        tell(store, node, reason, f"Node {name} status is now: {reason}")
        verbs.update_simulation(store, with_simulation(node, cordoned=cordoned))


def tell_healthy(store: Overlay, node: Object, *, ready: bool) -> None:
    """The Events of a kubelet that has come up; `ready` if the node was not Ready before."""
    for reason in (*_NEWS, "NodeReady") if ready else _NEWS:
        tell(store, node, reason, f"Node {name_of(node)} status is now: {reason}")


def tell(store: Overlay, node: Object, reason: str, message: str, *, type_: str = "Normal") -> None:
    """An Event of the kubelet about its node."""
    # A kubelet does not know its Node's uid when it starts: it takes the name, and clients look for that.
    involved = {**node, "metadata": {**node["metadata"], "uid": name_of(node)}}
    events.record(store, involved, reason, message, type_=type_, component="kubelet", host=name_of(node))


def _healthy(node: Object, now: float) -> Object:
    stamp = rfc3339(now)
    old = {condition["type"]: condition for condition in (node.get("status") or {}).get("conditions") or ()}
    conditions = []
    for type_, status, reason, message in _HEALTHY:
        before = old.get(type_)
        since = before.get("lastTransitionTime") if before and before["status"] == status else None
        conditions.append(
            {
                "type": type_,
                "status": status,
                "lastHeartbeatTime": stamp,
                "lastTransitionTime": since or stamp,
                "reason": reason,
                "message": message,
            }
        )
    return with_status(node, conditions=conditions)


def _silenced(node: Object, now: float) -> Object:
    if not is_running(node):
        return node
    return with_simulation(node, kubelet="stopped", heartbeat=now)


def _speaking(node: Object) -> Object:
    simulation = {field: value for field, value in simulation_of(node).items() if field != "heartbeat"}
    return {**node, "simulation": {**simulation, "kubelet": "running"}}


def _boot_id(store: Overlay, name: str) -> str:
    digits = store.unique(f"boot/{name}")
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _node_info(store: Overlay, name: str) -> Object:
    return {
        "architecture": "amd64",
        "bootID": _boot_id(store, name),
        "containerRuntimeVersion": "containerd://2.2.1",
        "kernelVersion": "6.12.57+deb13-amd64",
        "kubeProxyVersion": "",
        "kubeletVersion": KUBELET_VERSION,
        "machineID": store.unique(f"machine/{name}"),
        "operatingSystem": "linux",
        "osImage": "Debian GNU/Linux 13 (trixie)",
        "systemUUID": store.unique(f"system/{name}"),
    }
