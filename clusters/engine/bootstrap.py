"""What a new cluster starts with, and how a machine joins it.

Models `kubeadm init` and `kubeadm join` as far as objects show: namespaces with their accounts, the Service
of the API server, and nodes that register themselves. Left out: the control plane's own machine and pods,
certificates and tokens.
"""

import re
from typing import Final

from clusters.engine import events, ipam
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import already_exists
from clusters.engine.clock import Clock
from clusters.engine.cluster import cluster_object
from clusters.engine.controllers import kubernetes_service, serviceaccounts
from clusters.engine.kubelet import node_status
from clusters.engine.objects import Object, version_of
from clusters.engine.store import MemoryStore, Overlay

NAMESPACES: Final = ("default", "kube-node-lease", "kube-public", "kube-system")
NODE_NETWORK: Final = "172.18.1"
_NODE_NAME: Final = re.compile(r"node-(\d+)")


def new_cluster(
    store: Overlay, *, nodes: int, clock: Clock, delays: str = "real", cloud: bool = True
) -> None:
    """Fill an empty store with a cluster of so many nodes. `delays` is a key of cluster.PROFILES."""
    store.create(cluster_object(delays=delays, clock=clock, cloud=cloud))
    for name in NAMESPACES:
        verbs.create(store, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        serviceaccounts.ensure(store, name)
    kubernetes_service.ensure(store)
    for _ in range(nodes):
        add_node(store)


def add_node(store: Overlay, name: str | None = None) -> Object:
    """A machine joins the cluster, by default as node-<n> with a number that no node had before.

    Raises 409 AlreadyExists, 422 Invalid for a bad name, 403 Forbidden if the cluster is full.
    """
    name = name or next_name(store)
    if store.get("Node", "", name) is not None:
        raise already_exists("Node", name)
    # What may not be created must not take a range of addresses either.
    verbs.create(store, node_status.new_node(store, name, ip="", pod_cidr=""), dry_run=True)
    block = ipam.claim_range(store, name)["spec"]
    ip = f"{NODE_NETWORK}.{block['number']}"
    node = node_status.new_node(store, name, ip=ip, pod_cidr=block["cidr"])
    node = verbs.create(store, node)
    with store.acting(f"kubelet/{name}", store.revision):
        node_status.tell(store, node, "Starting", "Starting kubelet.")
        node_status.tell_healthy(store, node, ready=True)
    with store.acting("node-controller", version_of(node)):
        said = f"Node {name} event: Registered Node {name} in Controller"
        events.record(store, node, "RegisteredNode", said, component="node-controller")
    return node


def next_name(store: MemoryStore) -> str:
    """node-<n>, with a number above that of every node that ever was, so that nothing is mixed up."""
    known = [match for key in store.keys(ipam.KIND) if (match := _NODE_NAME.fullmatch(key.name))]
    highest = max((int(match[1]) for match in known), default=0)
    return f"node-{max(highest + 1, ipam.next_number(store))}"
