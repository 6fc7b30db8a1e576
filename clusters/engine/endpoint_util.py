"""Which pods are behind a Service: what the two endpoints controllers have in common.

Models `pkg/controller/util/endpoint` and `k8s.io/endpointslice/util`. Left out: topology hints, IPv6 and
the annotation that tells when the change came that led to the update.
"""

from collections.abc import Iterator
from typing import Final

from clusters.engine.changes import DELETED, Change
from clusters.engine.clock import quantise
from clusters.engine.labels import subset_matches
from clusters.engine.objects import (
    Key,
    Object,
    is_deleting,
    is_finished,
    is_ready,
    key_of,
    labels_of,
    name_of,
    namespace_of,
)
from clusters.engine.store import MemoryStore
from clusters.engine.workqueue import WorkQueue

BATCH_PERIOD: Final = 0.1
"""Simulated seconds for which a big Service gathers new pods before its endpoints are written again."""
HEADLESS_LABEL: Final = "service.kubernetes.io/headless"

Ports = tuple[tuple[str, int, str, str], ...]
"""(name, number, protocol, appProtocol) of each port, "" for what is not set."""


def has_managed_endpoints(service: Object) -> bool:
    """Whether controllers look for the Service's endpoints; without a selector people write them."""
    spec = service["spec"]
    return bool(spec.get("selector") and spec.get("type") != "ExternalName")


def is_headless(service: Object) -> bool:
    return bool(service["spec"].get("clusterIP") == "None")


def selected_pods(store: MemoryStore, service: Object) -> list[Object]:
    """The pods that have an address and match the Service's selector, terminating ones included."""
    selector = service["spec"]["selector"]
    return [
        pod
        for pod in store.list("Pod", namespace_of(service))
        if pod_ip(pod) and subset_matches(selector, labels_of(pod)) and not is_finished(pod)
    ]


def pod_ip(pod: Object) -> str:
    """The pod's address, "" while it has none."""
    address: str = (pod.get("status") or {}).get("podIP") or ""
    return address


def pod_reference(pod: Object) -> Object:
    """The targetRef of an endpoint."""
    return {
        "kind": "Pod",
        "namespace": namespace_of(pod),
        "name": name_of(pod),
        "uid": pod["metadata"]["uid"],
    }


def hostname(pod: Object, service: Object) -> str:
    """The name under which the pod is found below a headless Service; "" for most pods."""
    spec = pod["spec"]
    named = spec.get("hostname") and spec.get("subdomain") == name_of(service)
    return spec["hostname"] if named else ""


def ports_of(service: Object, pod: Object) -> Ports:
    """The pod's ports that the Service's lead to; a named port that the pod does not have is left out."""
    return tuple(
        (port.get("name", ""), number, port["protocol"], port.get("appProtocol", ""))
        for port in service["spec"].get("ports") or ()
        if (number := find_port(pod, port)) is not None
    )


def find_port(pod: Object, service_port: Object) -> int | None:
    """The number of the pod's port that the Service's port leads to; None if no container names it."""
    target = service_port.get("targetPort", service_port["port"])
    if isinstance(target, int):
        return target
    for container in pod["spec"]["containers"]:
        for port in container.get("ports") or ():
            if port.get("name") == target and port.get("protocol", "TCP") == service_port["protocol"]:
                number: int = port["containerPort"]
                return number
    return None


def terminating(store: MemoryStore, namespace: str) -> bool:
    """Whether nothing new may be created in the namespace."""
    found = store.get("Namespace", "", namespace)
    return found is not None and is_deleting(found)


def affected_services(change: Change, store: MemoryStore) -> Iterator[Key]:
    """The Services in whose endpoints the changed pod is, was or will be, if the change shows there."""
    before = None if change.previous is None else _appearance(change.previous)
    after = None if change.verb == DELETED else _appearance(change.object)
    if before == after:
        return
    for service in store.list("Service", change.key.namespace):
        if has_managed_endpoints(service) and any(
            appearance is not None and subset_matches(service["spec"]["selector"], appearance[0])
            for appearance in (before, after)
        ):
            yield key_of(service)


def enqueue(queue: WorkQueue, service: Key, change: Change, *, big: bool) -> None:
    """Queue a Service because a pod changed.

    What a ready pod loses is told at once. A big Service waits for what other pods win meanwhile: to
    write a thousand addresses after each of a thousand pods would be quadratic.
    """
    loses = change.previous is not None and is_ready(change.previous)
    if big and not loses:
        queue.add_after(service, quantise(change.time + BATCH_PERIOD), change.revision)
    else:
        queue.add(service, change.revision)


def _appearance(pod: Object) -> tuple[dict[str, str], str, bool, bool] | None:
    """What of a pod shows in endpoints; None while nothing does."""
    address = pod_ip(pod)
    if not address or is_finished(pod):
        return None
    return labels_of(pod), address, is_ready(pod), is_deleting(pod)
