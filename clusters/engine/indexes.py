"""By what objects are found without looking at all of them, and what is summed up about pods.

Models the indexers of client-go's informers (`tools/cache/index.go`) and, for sums, the requested resources
in the scheduler's `framework.NodeInfo`. The store keeps both up to date with each write.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from immutables import Map

from clusters.engine import quantities
from clusters.engine.objects import Object, controller_of, is_finished, namespace_of, owners_of


def _pod_node(pod: Object) -> Iterable[str]:
    node = pod["spec"].get("nodeName")
    return (node,) if node else ()


def _pod_ip(pod: Object) -> Iterable[str]:
    ip = (pod.get("status") or {}).get("podIP")
    return (ip,) if ip else ()


def _pod_scheduler(pod: Object) -> Iterable[str]:
    spec = pod["spec"]
    if spec.get("nodeName") or is_finished(pod):
        return ()
    return (spec.get("schedulerName") or "default-scheduler",)


def _pod_controller(pod: Object) -> Iterable[str]:
    reference = controller_of(pod)
    return (reference["uid"],) if reference else ()


def _orphan_namespace(obj: Object) -> Iterable[str]:
    return () if controller_of(obj) else (namespace_of(obj),)


def _owner_uids(obj: Object) -> Iterable[str]:
    owners = owners_of(obj)
    return dict.fromkeys(owner["uid"] for owner in owners) if owners else ()


def _slice_service(endpoint_slice: Object) -> Iterable[str]:
    labels = endpoint_slice["metadata"].get("labels") or {}
    service = labels.get("kubernetes.io/service-name")
    return (f"{namespace_of(endpoint_slice)}/{service}",) if service else ()


def _event_content(event: Object) -> Iterable[str]:
    involved = event["involvedObject"]
    component, host = event.get("reportingComponent") or "", event.get("reportingInstance") or ""
    said = event.get("reason") or "", event.get("message") or ""
    return ("/".join((involved.get("uid", ""), component, host, involved.get("fieldPath", ""), *said)),)


def _event_object(event: Object) -> Iterable[str]:
    return (event["involvedObject"].get("uid", ""),)


@dataclass(frozen=True)
class Index:
    """Finds objects of `kind` ("" for any kind) by the values that `values(object)` gives."""

    kind: str
    values: Callable[[Object], Iterable[str]]


INDEXES: Final = {
    "pods-by-node": Index("Pod", _pod_node),
    "pods-by-ip": Index("Pod", _pod_ip),
    "pods-to-schedule": Index("Pod", _pod_scheduler),
    "pods-by-controller": Index("Pod", _pod_controller),
    "orphan-pods": Index("Pod", _orphan_namespace),
    "orphan-replica-sets": Index("ReplicaSet", _orphan_namespace),
    "by-owner": Index("", _owner_uids),
    "slices-by-service": Index("EndpointSlice", _slice_service),
    "events-by-object": Index("Event", _event_object),
    "events-by-content": Index("Event", _event_content),
}


@cache
def indexes_of(kind: str) -> list[tuple[str, Index]]:
    """The indexes by which objects of a kind are found, with their names."""
    return [(name, index) for name, index in INDEXES.items() if index.kind in ("", kind)]


@lru_cache(maxsize=4096)
def _amounts(requests: tuple[tuple[str, str], ...]) -> tuple[int, int]:
    asked = dict(requests)
    return quantities.milli(asked.get("cpu", 0)), quantities.whole(asked.get("memory", 0))


def pod_requests(pod: Object) -> tuple[int, int]:
    """What the pod's containers request together: (thousandths of a CPU, bytes of memory)."""
    cpu = memory = 0
    for container in pod["spec"]["containers"]:
        requests = (container.get("resources") or {}).get("requests")
        if requests:
            asked_cpu, asked_memory = _amounts(tuple((key, str(value)) for key, value in requests.items()))
            cpu += asked_cpu
            memory += asked_memory
    return cpu, memory


def _node_usage(pod: Object) -> tuple[str, tuple[int, ...]] | None:
    node = pod["spec"].get("nodeName")
    if not node or is_finished(pod):
        return None
    return node, (*pod_requests(pod), 1)


def _node_controller_pods(pod: Object) -> tuple[tuple[str, str], tuple[int, ...]] | None:
    node, reference = pod["spec"].get("nodeName"), controller_of(pod)
    if not node or reference is None or is_finished(pod):
        return None
    return (node, reference["uid"]), (1,)


Bucket = str | tuple[str, str]
Tallies = Map[Bucket, tuple[int, ...]]

TALLIES: Final[dict[str, Callable[[Object], tuple[Bucket, tuple[int, ...]] | None]]] = {
    "node-usage": _node_usage,
    "node-controller-pods": _node_controller_pods,
}
"""Sums over pods, kept up to date: (milli CPU, memory bytes, pods) a node; pods a (node, owner uid)."""
