"""What is not stored, but worked out of the rest when somebody reads it: whole kinds, and heartbeats.

Models the Lease that each kubelet renews (`pkg/kubelet/nodelease`, component-helpers'
`apimachinery/lease/controller.go`) and `pkg/registry/core/componentstatus`; `metrics` has its own file.
Left out: the Leases of leader election and of the API servers, since there is one of each component.
"""

from collections.abc import Callable
from typing import Final

from clusters.engine import cluster
from clusters.engine.apiserver import metrics
from clusters.engine.clock import draw_hex, parse_rfc3339, rfc3339, rfc3339_micro
from clusters.engine.objects import Object, name_of, public, simulation_of, with_status
from clusters.engine.store import MemoryStore

LEASE_NAMESPACE: Final = "kube-node-lease"
LEASE_SECONDS: Final = 40
_RENEWED_EVERY: Final = 10.0
"""Simulated seconds between two renewals, a quarter of a Lease's life."""
_REPORTED_EVERY: Final = 300.0
"""Simulated seconds after which a kubelet repeats a status of which nothing has changed."""

_COMPONENTS: Final = (
    ("controller-manager", cluster.CONTROLLER_MANAGER, 10257),
    ("scheduler", cluster.SCHEDULER, 10259),
)
"""Name of the ComponentStatus, of the component that can be stopped, and the port of its /healthz."""


def leases(image: MemoryStore, now: float) -> list[Object]:
    """The Lease of every node whose kubelet was ever heard of, at the simulated time `now`."""
    found = ((node, _renewed(node, now)) for node in image.list("Node"))
    return [_lease(node, renewed) for node, renewed in found if renewed is not None]


def component_statuses(image: MemoryStore, now: float) -> list[Object]:
    """How the parts of the control plane answer when asked for their health."""
    statuses = [
        _component_status(name, _refused(port) if cluster.is_stopped(image, component) else "")
        for name, component, port in _COMPONENTS
    ]
    return [*statuses, _component_status("etcd-0", "")]


DERIVED: Final[dict[str, Callable[[MemoryStore, float], list[Object]]]] = {
    "ComponentStatus": component_statuses,
    "Lease": leases,
    "NodeMetrics": metrics.node_metrics,
    "PodMetrics": metrics.pod_metrics,
}
"""By kind: all objects at a simulated time."""


def shown(obj: Object, now: float) -> Object:
    """A stored object as clients read it at the simulated time `now`.

    The kubelet of a Node has repeated since what it last reported, and nobody has written that.
    """
    return _reported(obj, now) if obj["kind"] == "Node" and _is_heard(obj) else public(obj)


def _is_heard(node: Object) -> bool:
    return simulation_of(node).get("kubelet") == "running"


def _reported(node: Object, now: float) -> Object:
    conditions = [
        {**condition, "lastHeartbeatTime": _repeated(condition["lastHeartbeatTime"], now)}
        if condition.get("lastHeartbeatTime")
        else condition
        for condition in node["status"].get("conditions") or ()
    ]
    return with_status(public(node), conditions=conditions)


def _repeated(text: str, now: float) -> str:
    said = parse_rfc3339(text)
    return rfc3339(said + max(0.0, now - said) // _REPORTED_EVERY * _REPORTED_EVERY)


def _renewed(node: Object, now: float) -> float | None:
    simulation = simulation_of(node)
    # The kubelet is silent since its last heartbeat, or renews in steps of 10 s, which nobody writes.
    if _is_heard(node):
        return now - now % _RENEWED_EVERY
    silent_since: float | None = simulation.get("heartbeat")
    return silent_since


def _lease(node: Object, renewed: float) -> Object:
    metadata = node["metadata"]
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": metadata["name"],
            "namespace": LEASE_NAMESPACE,
            "uid": _lease_uid(metadata["uid"]),
            "resourceVersion": metadata["resourceVersion"],
            "creationTimestamp": metadata["creationTimestamp"],
            "ownerReferences": [
                {"apiVersion": "v1", "kind": "Node", "name": metadata["name"], "uid": metadata["uid"]}
            ],
        },
        "spec": {
            "holderIdentity": name_of(node),
            "leaseDurationSeconds": LEASE_SECONDS,
            "renewTime": rfc3339_micro(renewed),
        },
    }


def _lease_uid(node_uid: str) -> str:
    digits = draw_hex(node_uid, 0, "lease")
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _refused(port: int) -> str:
    address = f"127.0.0.1:{port}"
    return f'Get "https://{address}/healthz": dial tcp {address}: connect: connection refused'


def _component_status(name: str, error: str) -> Object:
    healthy = {"type": "Healthy", "status": "True", "message": "ok"}
    unhealthy = {"type": "Healthy", "status": "False", "message": error}
    return {
        "apiVersion": "v1",
        "kind": "ComponentStatus",
        "metadata": {"name": name},
        "conditions": [unhealthy if error else healthy],
    }
