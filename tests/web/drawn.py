"""Kubernetes objects in chosen states, and images of clusters made of them, for tests of what is drawn."""

from itertools import count

from clusters.engine.clock import rfc3339
from clusters.engine.objects import key_of
from clusters.engine.store import Entry, MemoryStore

NOW = 1_795_507_200.0
WAITING = {
    "starting": "ContainerCreating",
    "crashing": "CrashLoopBackOff",
}

_versions = count(1)


def metadata(name, namespace=None, **fields):
    made = {"name": name, "uid": f"uid-{name}", "resourceVersion": str(next(_versions)), **fields}
    made.setdefault("creationTimestamp", rfc3339(NOW))
    return made if namespace is None else {**made, "namespace": namespace}


def node(name="node-1", *, ready="True", powered=True, unschedulable=False, images=(), **allocatable):
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata(name),
        "spec": {"podCIDR": "10.244.1.0/24", "unschedulable": unschedulable},
        "status": {
            "conditions": [{"type": "Ready", "status": ready, "lastHeartbeatTime": rfc3339(NOW)}],
            "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110", **allocatable},
        },
        "simulation": {
            "powered": powered,
            "kubelet": "running" if powered else "stopped",
            "images": dict.fromkeys(images, 1),
            "heartbeat": NOW - 60,
        },
    }


def pod(
    name, on="node-1", *, state="ready", ip="10.244.1.5", slot=None, containers=1, namespace="default", **kw
):
    """A pod that is drawn in that state (`unreachable` is up to its node)."""
    made = metadata(name, namespace, labels=kw.get("labels", {}))
    statuses = [
        {"name": f"c{index}", "ready": state == "ready", "restartCount": 3, "state": {"running": {}}}
        for index in range(containers)
    ]
    if state in WAITING:
        statuses[0]["state"] = {"waiting": {"reason": WAITING[state]}}
    if state == "terminating":
        made |= {"deletionTimestamp": rfc3339(NOW + 30), "deletionGracePeriodSeconds": 30}
    phase = {"pending": "Pending", "starting": "Pending", "completed": "Succeeded"}.get(state, "Running")
    status = {
        "phase": phase,
        "conditions": [{"type": "Ready", "status": str(state == "ready")}],
        "containerStatuses": [] if state == "pending" else statuses,
        **({"podIP": ip} if ip and state not in ("pending", "starting") else {}),
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": made,
        "spec": {
            **({} if state == "pending" else {"nodeName": on}),
            "containers": [{"name": f"c{index}", "image": "luksa/kubia"} for index in range(containers)],
        },
        "status": status,
        "simulation": {} if slot is None else {"slot": slot},
    }


def service(
    name, ip="10.96.118.42", *, ready=(), type_="ClusterIP", external=None, created=0, namespace="default"
):
    """A Service and its EndpointSlice, whose ready endpoints are the named pods."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata(name, namespace, creationTimestamp=rfc3339(NOW + created)),
            "spec": {
                "type": type_,
                "clusterIP": ip,
                "selector": {"app": name},
                "ports": [{"port": 80, "targetPort": 8080, "nodePort": 31207}],
            },
            "status": {"loadBalancer": {"ingress": [{"ip": external}]} if external else {}},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": metadata(f"{name}-x", namespace, labels={"kubernetes.io/service-name": name}),
            "endpoints": [
                {"conditions": {"ready": True}, "targetRef": {"kind": "Pod", "uid": f"uid-{pod}"}}
                for pod in ready
            ],
        },
    ]


def image(*objects, revision=1842):
    return MemoryStore.from_entries(revision, [(key_of(obj), Entry(obj)) for obj in objects])


def farm(nodes, pods):
    """That many nodes with that many ready pods of the Service kubia each."""
    names = [f"kubia-{number}x{index}" for number in range(1, nodes + 1) for index in range(pods)]
    made = [node(f"node-{number}") for number in range(1, nodes + 1)]
    for name in names:
        number, index = name.removeprefix("kubia-").split("x")
        made.append(
            pod(
                name,
                f"node-{number}",
                ip=f"10.244.{number}.{index}",
                slot=int(index),
                labels={"app": "kubia"},
            )
        )
    return image(*made, *service("kubia", ready=names))
