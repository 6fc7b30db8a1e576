"""Writes down which pods are behind each Service, in one Endpoints object a Service.

Models kube-controller-manager's endpoint-controller (`pkg/controller/endpoint/endpoints_controller.go`)
and RepackSubsets (`pkg/api/v1/endpoints`). Left out: the annotation with the time of the change that
led to the update.
"""

from collections.abc import Iterator
from typing import Final

from clusters.engine.apiserver import verbs
from clusters.engine.changes import Change
from clusters.engine.endpoint_util import (
    HEADLESS_LABEL,
    Ports,
    affected_services,
    enqueue,
    has_managed_endpoints,
    hostname,
    is_headless,
    pod_ip,
    pod_reference,
    ports_of,
    selected_pods,
    terminating,
)
from clusters.engine.objects import (
    REMOVE,
    Key,
    Object,
    annotations_of,
    is_deleting,
    is_ready,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    with_value,
)
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import WorkQueue

MAX_ADDRESSES: Final = 1000
BIG: Final = 100
"""Addresses from which on new ones are gathered before they are written."""
MANAGED_BY: Final = "endpoints.kubernetes.io/managed-by"
OVER_CAPACITY: Final = "endpoints.kubernetes.io/over-capacity"


class EndpointsController:
    """The control loop of Endpoints. Its keys are Services."""

    actor = "endpoint-controller"
    watches = frozenset({"Service", "Pod", "Endpoints"})

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)

    def on_change(self, change: Change, store: MemoryStore) -> None:
        kind, namespace, name = change.key
        if kind == "Service":
            self.queue.add(change.key, change.revision)
        elif kind == "Endpoints":
            # People may write Endpoints of their own; without a Service they stay.
            if change.actor != self.actor and labels_of(change.object).get(MANAGED_BY) == self.actor:
                self.queue.add(Key("Service", namespace, name), change.revision)
        else:
            for service in affected_services(change, store):
                enqueue(self.queue, service, change, big=_is_big(store, service))

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Make the Endpoints object of the Service `key` list its pods."""
        service = store.get(*key)
        current = store.get("Endpoints", key.namespace, key.name)
        if service is None:
            if current is not None and not is_deleting(current):
                verbs.delete(store, *key_of(current))
        elif has_managed_endpoints(service):
            desired = desired_endpoints(service, selected_pods(store, service), current)
            if current is not None:
                if desired != current:
                    verbs.update(store, desired)
            elif not terminating(store, key.namespace):
                verbs.create(store, desired)


def _is_big(store: MemoryStore, service: Key) -> bool:
    endpoints = store.get("Endpoints", service.namespace, service.name)
    subsets = (endpoints.get("subsets") or ()) if endpoints else ()
    return sum(len(_all_addresses(subset)) for subset in subsets) > BIG


def _all_addresses(subset: Object) -> list[Object]:
    return [*(subset.get("addresses") or ()), *(subset.get("notReadyAddresses") or ())]


def desired_endpoints(service: Object, pods: list[Object], current: Object | None) -> Object:
    """The Endpoints object for these pods; what `current` says of other things stays."""
    subsets, truncated = capped(subsets_of(service, pods))
    labels = {**labels_of(service), MANAGED_BY: EndpointsController.actor}
    labels.pop(HEADLESS_LABEL, None)
    if is_headless(service):
        labels[HEADLESS_LABEL] = ""
    endpoints: Object = current or {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": name_of(service), "namespace": namespace_of(service)},
    }
    endpoints = with_value(endpoints, ("metadata", "labels"), labels)
    if truncated or OVER_CAPACITY in annotations_of(endpoints):
        mark = "truncated" if truncated else REMOVE
        endpoints = with_value(endpoints, ("metadata", "annotations", OVER_CAPACITY), mark)
    return with_value(endpoints, ("subsets",), subsets or REMOVE)


def subsets_of(service: Object, pods: list[Object]) -> list[Object]:
    """The addresses of the pods, those with the same ports together, sorted."""
    everyone = service["spec"].get("publishNotReadyAddresses", False)
    only_a_name = is_headless(service) and not service["spec"].get("ports")
    ready: dict[Ports, list[Object]] = {}
    not_ready: dict[Ports, list[Object]] = {}
    for pod in pods:
        ports = ports_of(service, pod)
        if (ports or only_a_name) and (everyone or not is_deleting(pod)):
            group = ready if everyone or is_ready(pod) else not_ready
            group.setdefault(ports, []).append(_address(service, pod))
    return [
        _subset(ports, ready.get(ports, []), not_ready.get(ports, []))
        for ports in sorted({*ready, *not_ready})
    ]


def capped(subsets: list[Object]) -> tuple[list[Object], bool]:
    """At most MAX_ADDRESSES of the addresses, ready ones first; and whether some had to go."""
    if sum(len(_all_addresses(subset)) for subset in subsets) <= MAX_ADDRESSES:
        return subsets, False
    room = MAX_ADDRESSES
    kept = subsets
    for field in ("addresses", "notReadyAddresses"):
        shortened = []
        for subset in kept:
            addresses = (subset.get(field) or [])[:room]
            room -= len(addresses)
            shortened.append(with_value(subset, (field,), addresses or REMOVE))
        kept = shortened
    return [subset for subset in kept if _all_addresses(subset)], True


def _address(service: Object, pod: Object) -> Object:
    address: Object = {"ip": pod_ip(pod), "targetRef": pod_reference(pod)}
    node, name = pod["spec"].get("nodeName"), hostname(pod, service)
    if node:
        address["nodeName"] = node
    if name:
        address["hostname"] = name
    return address


def _subset(ports: Ports, ready: list[Object], not_ready: list[Object]) -> Object:
    subset: Object = {}
    for field, addresses in (("addresses", ready), ("notReadyAddresses", not_ready)):
        if addresses:
            subset[field] = sorted(addresses, key=lambda address: str(address["ip"]))
    if ports:
        subset["ports"] = [_port(*port) for port in ports]
    return subset


def _port(name: str, number: int, protocol: str, app_protocol: str) -> Object:
    port: Object = {"port": number, "protocol": protocol}
    if name:
        port["name"] = name
    if app_protocol:
        port["appProtocol"] = app_protocol
    return port
