"""Writes down which pods are behind each Service, a hundred to an EndpointSlice: kube-proxy reads these.

Models kube-controller-manager's endpointslice-controller (`pkg/controller/endpointslice`) and its
reconciler (`k8s.io/endpointslice/reconciler.go`): an endpoint stays in its slice, and as few slices as
possible are written. With its Service a slice goes by garbage collection. Left out: topology hints, the
time of the change that led to the update, IPv6, and mirroring of Endpoints that people write.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

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
    Key,
    Object,
    controller_reference,
    is_deleting,
    is_ready,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    uid_of,
    with_value,
)
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import WorkQueue

MAX_ENDPOINTS: Final = 100
SERVICE_NAME: Final = "kubernetes.io/service-name"
MANAGED_BY: Final = "endpointslice.kubernetes.io/managed-by"
MANAGER: Final = "endpointslice-controller.k8s.io"


class EndpointSliceController:
    """The control loop of EndpointSlices. Its keys are Services."""

    actor = "endpointslice-controller"
    watches = frozenset({"Service", "Pod", "EndpointSlice"})

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)

    def on_change(self, change: Change, store: MemoryStore) -> None:
        if change.key.kind == "Service":
            self.queue.add(change.key, change.revision)
        elif change.key.kind == "EndpointSlice":
            labels = labels_of(change.object)
            if change.actor != self.actor and labels.get(MANAGED_BY) == MANAGER:
                service = Key("Service", change.key.namespace, labels.get(SERVICE_NAME, ""))
                self.queue.add(service, change.revision)
        else:
            for service in affected_services(change, store):
                enqueue(self.queue, service, change, big=_is_big(store, service))

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Make the slices of the Service `key` hold its pods."""
        service = store.get(*key)
        if service is None or is_deleting(service) or not has_managed_endpoints(service):
            return
        slices = [
            endpoint_slice
            for endpoint_slice in store.indexed("slices-by-service", f"{key.namespace}/{key.name}")
            if labels_of(endpoint_slice).get(MANAGED_BY) == MANAGER and not is_deleting(endpoint_slice)
        ]
        plan = reconcile(service, selected_pods(store, service), slices)
        for endpoint_slice in plan.create:
            if not terminating(store, key.namespace):
                verbs.create(store, endpoint_slice)
        for endpoint_slice in plan.update:
            verbs.update(store, endpoint_slice)
        for endpoint_slice in plan.delete:
            verbs.delete(store, *key_of(endpoint_slice))


class Plan(NamedTuple):
    """The slices to create, to write again and to delete."""

    create: list[Object]
    update: list[Object]
    delete: list[Object]


def _is_big(store: MemoryStore, service: Key) -> bool:
    return len(store.indexed_keys("slices-by-service", f"{service.namespace}/{service.name}")) > 1


def reconcile(service: Object, pods: list[Object], slices: list[Object]) -> Plan:
    """What has to be written so that `slices` hold `pods`."""
    desired: dict[Ports, dict[str, Object]] = {}
    for pod in pods:
        desired.setdefault(ports_of(service, pod), {})[uid_of(pod)] = endpoint_of(service, pod)
    existing: dict[Ports, list[Object]] = {}
    for endpoint_slice in slices:
        existing.setdefault(_ports_of_slice(endpoint_slice), []).append(endpoint_slice)
    plan = Plan([], [], [])
    for ports in sorted({*desired, *existing}):
        _reconcile_ports(service, ports, desired.get(ports, {}), existing.get(ports, []), plan)
    if len(plan.delete) == len(slices) and not plan.create:
        # A Service always has a slice, if an empty one.
        plan.create.append(_new_slice(service, (), []))
    return _recycled(plan)


def _reconcile_ports(
    service: Object, ports: Ports, desired: dict[str, Object], existing: list[Object], plan: Plan
) -> None:
    """Plan for the endpoints (by their pods' uids) and the slices that have the same ports."""
    missing = dict(desired)
    kept = [
        [missing.pop(uid) for endpoint in old["endpoints"] if (uid := _pod_uid(endpoint)) in missing]
        for old in existing
    ]
    for endpoints in _placed(list(missing.values()), kept, existing):
        plan.create.append(_new_slice(service, ports, endpoints))
    labels = slice_labels(service)
    for endpoints, old in zip(kept, existing, strict=True):
        if not endpoints:
            plan.delete.append(old)
        elif endpoints != old["endpoints"] or labels != labels_of(old):
            plan.update.append({**with_value(old, ("metadata", "labels"), labels), "endpoints": endpoints})


def _placed(rest: list[Object], kept: list[list[Object]], existing: list[Object]) -> list[list[Object]]:
    """Put new endpoints into the lists of slices that are there; returns the lists of new slices.

    What has to be written anyway is filled first, the fullest before the others, so that the rest need
    no write.
    """
    written = [
        endpoints for endpoints, old in zip(kept, existing, strict=True) if endpoints != old["endpoints"]
    ]
    for endpoints in sorted(written, key=len, reverse=True):
        rest = _fill(endpoints, rest)
    created = []
    while rest:
        fitting = [endpoints for endpoints in kept if len(endpoints) + len(rest) <= MAX_ENDPOINTS]
        if fitting:
            rest = _fill(max(fitting, key=len), rest)
        else:
            created.append(rest[:MAX_ENDPOINTS])
            rest = rest[MAX_ENDPOINTS:]
    return created


def _fill(endpoints: list[Object], rest: list[Object]) -> list[Object]:
    """Move endpoints from `rest` into a slice's list while it has room; returns what is left."""
    room = MAX_ENDPOINTS - len(endpoints)
    endpoints.extend(rest[:room])
    return rest[room:]


def _recycled(plan: Plan) -> Plan:
    """The plan with slices written again instead of one deleted and another created."""
    pairs = min(len(plan.create), len(plan.delete))
    reused = [
        {**new, "metadata": {**old["metadata"], "labels": labels_of(new)}}
        for new, old in zip(plan.create, plan.delete, strict=False)
    ]
    return Plan(plan.create[pairs:], [*plan.update, *reused], plan.delete[pairs:])


def _new_slice(service: Object, ports: Ports, endpoints: list[Object]) -> Object:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": f"{name_of(service)}-",
            "namespace": namespace_of(service),
            "labels": slice_labels(service),
            "ownerReferences": [controller_reference(service)],
        },
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": [_port(*port) for port in ports],
    }


def slice_labels(service: Object) -> dict[str, str]:
    """The labels of all slices of a Service: its own, and those by which they are found."""
    labels = {**labels_of(service), SERVICE_NAME: name_of(service), MANAGED_BY: MANAGER}
    labels.pop(HEADLESS_LABEL, None)
    return {**labels, HEADLESS_LABEL: ""} if is_headless(service) else labels


def endpoint_of(service: Object, pod: Object) -> Object:
    """The pod as a slice shows it."""
    serving, stopping = is_ready(pod), is_deleting(pod)
    everyone = bool(service["spec"].get("publishNotReadyAddresses"))
    endpoint: Object = {
        "addresses": [pod_ip(pod)],
        "conditions": {
            "ready": everyone or (serving and not stopping),
            "serving": serving,
            "terminating": stopping,
        },
        "nodeName": pod["spec"].get("nodeName"),
        "targetRef": pod_reference(pod),
    }
    name = hostname(pod, service)
    return {**endpoint, "hostname": name} if name else endpoint


def _pod_uid(endpoint: Object) -> str:
    return str((endpoint.get("targetRef") or {}).get("uid", ""))


def _ports_of_slice(endpoint_slice: Object) -> Ports:
    return tuple(
        (port.get("name", ""), port.get("port", 0), port["protocol"], port.get("appProtocol", ""))
        for port in endpoint_slice.get("ports") or ()
    )


def _port(name: str, number: int, protocol: str, app_protocol: str) -> Object:
    port: Object = {"name": name, "port": number, "protocol": protocol}
    return {**port, "appProtocol": app_protocol} if app_protocol else port
