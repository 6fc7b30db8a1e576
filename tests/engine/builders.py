"""Objects as a real API server would have stored them, and a store that holds them.

Builders make an object in whatever state a test needs, with the API server's defaults but past its
checks. `settle` runs controllers until they have nothing left to do.
"""

from collections.abc import Callable, Iterator
from itertools import count

from clusters.engine.apiserver.strategies import STRATEGIES
from clusters.engine.clock import Clock, parse_rfc3339, rfc3339
from clusters.engine.cluster import cluster_object
from clusters.engine.control_plane import ControlPlane
from clusters.engine.informer import Controller
from clusters.engine.objects import Object, controller_reference, name_of, namespace_of, with_status
from clusters.engine.store import MemoryStore, Overlay

NOW = parse_rfc3339("2026-11-24T08:00:00Z")
STEPS = 20_000


def make_store(
    *objects: Object,
    now: float = NOW,
    seed: str = "seed",
    delays: str | None = None,
    cloud: bool = True,
    limit: int = 1_000_000,
) -> Overlay:
    """An overlay whose base holds the namespaces default and kube-system, their accounts and these objects.

    `delays` ("real" or "none") adds the Cluster object; without it nothing takes time. `limit` is the
    room of one pass.
    """
    base = Overlay(MemoryStore(), now=now, seed=seed)
    for name in ("default", "kube-system"):
        base.create(make_namespace(name))
        base.create(make_service_account(namespace=name))
    if delays is not None or not cloud:
        base.create(cluster_object(delays=delays or "none", clock=Clock(now, now), cloud=cloud))
    for obj in objects:
        base.create(obj)
    return Overlay(base.publish(), now=now, seed=seed, limit=limit)


def later(store: Overlay, seconds: float = 0.0, *, limit: int = 1_000_000) -> Overlay:
    """The next pass: an overlay on what this one has written, some simulated seconds later."""
    return Overlay(store.publish(), now=store.now + seconds, seed=store.seed, limit=limit)


def defaulted(obj: Object) -> Object:
    """The object with what the API server fills in, but unchecked and without what it allocates."""
    return STRATEGIES[obj["kind"]].default(obj)


def make_namespace(name: str, **metadata: object) -> Object:
    labels = {"kubernetes.io/metadata.name": name}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": labels, **metadata},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Terminating" if "deletionTimestamp" in metadata else "Active"},
    }


def make_service_account(name: str = "default", *, namespace: str = "default") -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace},
    }


def make_node(
    name: str = "node-1",
    *,
    ip: str = "172.18.0.2",
    cpu: str = "4",
    memory: str = "8Gi",
    pods: str = "110",
    ready: bool = True,
    powered: bool = True,
    taints: list[Object] | None = None,
    labels: dict[str, str] | None = None,
    unschedulable: bool = False,
) -> Object:
    """A node that a kubelet has registered."""
    amounts = {"cpu": cpu, "memory": memory, "pods": pods}
    spec: Object = {"podCIDR": "10.244.0.0/24", "podCIDRs": ["10.244.0.0/24"]}
    if taints:
        spec["taints"] = taints
    if unschedulable:
        spec["unschedulable"] = True
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}},
        "spec": spec,
        "status": {
            "capacity": amounts,
            "allocatable": amounts,
            "addresses": [
                {"type": "InternalIP", "address": ip},
                {"type": "Hostname", "address": name},
            ],
            "conditions": [{"type": "Ready", "status": "True" if ready else "Unknown"}],
        },
        "simulation": {"powered": powered, "kubelet": "running" if powered else "stopped", "images": {}},
    }


def pod_template(
    labels: dict[str, str] | None = None, *, image: str = "luksa/kubia", port: int | None = 8080
) -> Object:
    """metadata and spec of a pod with one container `main`."""
    container: Object = {"name": "main", "image": image}
    if port is not None:
        container["ports"] = [{"name": "http", "containerPort": port, "protocol": "TCP"}]
    return {
        "metadata": {"labels": {"app": "kubia"} if labels is None else labels},
        "spec": {"containers": [container]},
    }


def make_pod(
    name: str = "kubia-1",
    *,
    namespace: str = "default",
    labels: dict[str, str] | None = None,
    owner: Object | None = None,
    node: str | None = None,
    ip: str | None = None,
    phase: str = "Pending",
    ready: bool = False,
    ready_since: float = NOW,
    image: str = "luksa/kubia",
    port: int | None = 8080,
    **metadata: object,
) -> Object:
    """A pod in any state. An `ip` makes it Running on `node` (node-1 unless named)."""
    template = pod_template(labels, image=image, port=port)
    pod: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], "name": name, "namespace": namespace, **metadata},
        "spec": template["spec"],
        "status": {"phase": phase},
    }
    if owner is not None:
        pod["metadata"]["ownerReferences"] = [controller_reference(owner)]
    pod = defaulted(pod)
    if ip is not None:
        return running(pod, ip=ip, node=node or "node-1", ready=ready, since=ready_since)
    if node is not None:
        pod["spec"] = {**pod["spec"], "nodeName": node}
    return pod


def running(pod: Object, *, ip: str, node: str = "node-1", ready: bool = True, since: float = NOW) -> Object:
    """The pod as its kubelet reports it once its containers run."""
    condition = {
        "type": "Ready",
        "status": "True" if ready else "False",
        "lastTransitionTime": rfc3339(since),
    }
    containers = [
        {
            "name": container["name"],
            "image": container["image"],
            "ready": ready,
            "started": True,
            "restartCount": 0,
            "state": {"running": {"startedAt": rfc3339(since)}},
        }
        for container in pod["spec"]["containers"]
    ]
    return with_status(
        {**pod, "spec": {**pod["spec"], "nodeName": node}},
        phase="Running",
        podIP=ip,
        podIPs=[{"ip": ip}],
        conditions=[condition],
        containerStatuses=containers,
    )


def make_replication_controller(
    name: str = "kubia",
    *,
    namespace: str = "default",
    replicas: int = 3,
    selector: dict[str, str] | None = None,
    template: Object | None = None,
    min_ready_seconds: int = 0,
    **metadata: object,
) -> Object:
    labels = {"app": "kubia"} if selector is None else selector
    spec: Object = {
        "replicas": replicas,
        "selector": labels,
        "template": pod_template(labels) if template is None else template,
    }
    if min_ready_seconds:
        spec["minReadySeconds"] = min_ready_seconds
    return defaulted(
        {
            "apiVersion": "v1",
            "kind": "ReplicationController",
            "metadata": {"name": name, "namespace": namespace, "generation": 1, "labels": labels, **metadata},
            "spec": spec,
            "status": {"replicas": 0},
        }
    )


def make_replica_set(
    name: str = "kubia",
    *,
    namespace: str = "default",
    replicas: int = 3,
    labels: dict[str, str] | None = None,
    selector: Object | None = None,
    template: Object | None = None,
    owner: Object | None = None,
    min_ready_seconds: int = 0,
    **metadata: object,
) -> Object:
    labels = {"app": "kubia"} if labels is None else labels
    spec: Object = {
        "replicas": replicas,
        "selector": {"matchLabels": labels} if selector is None else selector,
        "template": pod_template(labels) if template is None else template,
    }
    if min_ready_seconds:
        spec["minReadySeconds"] = min_ready_seconds
    if owner is not None:
        metadata["ownerReferences"] = [controller_reference(owner)]
    return defaulted(
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {"name": name, "namespace": namespace, "generation": 1, "labels": labels, **metadata},
            "spec": spec,
            "status": {"replicas": 0},
        }
    )


def make_deployment(
    name: str = "kubia",
    *,
    namespace: str = "default",
    replicas: int = 3,
    image: str = "luksa/kubia",
    surge: int | str = "25%",
    unavailable: int | str = "25%",
    recreate: bool = False,
    annotations: dict[str, str] | None = None,
    **spec: object,
) -> Object:
    """A Deployment whose pods have the label app=<name>. `spec` has further fields."""
    labels = {"app": name}
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
    return defaulted(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "generation": 1,
                **({"annotations": annotations} if annotations else {}),
            },
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": pod_template(labels, image=image),
                "strategy": {"type": "Recreate"} if recreate else rolling,
                **spec,
            },
            "status": {},
        }
    )


def make_service(
    name: str = "kubia",
    *,
    namespace: str = "default",
    type_: str = "ClusterIP",
    selector: dict[str, str] | None = None,
    cluster_ip: str = "10.96.0.10",
    ports: list[Object] | None = None,
    **fields: object,
) -> Object:
    """A Service on port 80 to the pods' 8080. `fields` go into its spec; `selector={}` means none."""
    spec: Object = {
        "type": type_,
        "clusterIP": cluster_ip,
        "clusterIPs": [cluster_ip],
        "ports": ports if ports is not None else [service_port()],
        **fields,
    }
    selector = {"app": "kubia"} if selector is None else selector
    if selector:
        spec["selector"] = selector
    return defaulted(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": namespace},
            "spec": spec,
            "status": {"loadBalancer": {}},
        }
    )


def service_port(port: int = 80, target: int | str = 8080, **fields: object) -> Object:
    return {"port": port, "targetPort": target, "protocol": "TCP", **fields}


def settle(
    store: Overlay, *makers: Callable[[Iterator[int]], Controller], until: float | None = None
) -> ControlPlane:
    """Run controllers, freshly started on this store, until nothing is left to do by `until` (now).

    `makers` are the controllers' classes. Fails if they never come to rest. Returns the control plane,
    for a test that goes on with it.
    """
    order = count(1)
    plane = ControlPlane([make(order) for make in makers])
    plane.load(store)
    carry_on(plane, store, until=until)
    return plane


def carry_on(plane: ControlPlane, store: Overlay, *, until: float | None = None) -> None:
    """Run a control plane that has followed the store's changes so far."""
    steps = count(1)
    more = plane.run(store, store.now if until is None else until, lambda: next(steps) < STEPS)
    assert not (more and store.room > 0), f"no rest after {STEPS} steps"


def events_about(store: MemoryStore, obj: Object) -> list[tuple[str, str]]:
    """(reason, message) of the Events about an object, by the order in which they were written."""
    found = [
        event
        for event in store.list("Event")
        if (event["involvedObject"]["kind"], event["involvedObject"]["name"]) == (obj["kind"], name_of(obj))
        and event["involvedObject"].get("namespace", "") == namespace_of(obj)
    ]
    found.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
    return [(event["reason"], event["message"]) for event in found]
