"""Keeps the Service of the API server, default/kubernetes, and what is behind it.

Models kube-apiserver's own controller (`pkg/controlplane/controller/kubernetesservice`) with its endpoint
reconciler: what is missing is made when the API server starts and every 10 s. Left out: putting right what
somebody has changed, several API servers, and a round when nothing was deleted.
"""

from collections.abc import Iterator
from typing import Final

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.allocation import KUBERNETES_IP
from clusters.engine.changes import ADDED, DELETED, Change
from clusters.engine.objects import Key, Object, key_of
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import WorkQueue

API_SERVER_IP: Final = "172.18.0.2"
API_SERVER_PORT: Final = 6443
INTERVAL: Final = 10.0
"""Simulated seconds after which at the latest what was deleted is back."""
KEY: Final = Key("Service", "default", "kubernetes")
_LISTENING: Final = {"name": "https", "port": API_SERVER_PORT, "protocol": "TCP"}


def _metadata(**labels: str) -> Object:
    return {"name": KEY.name, "namespace": KEY.namespace, "labels": labels}


_OBJECTS: Final[tuple[Object, ...]] = (
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(component="apiserver", provider="kubernetes"),
        "spec": {
            "type": "ClusterIP",
            "clusterIP": KUBERNETES_IP,
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": API_SERVER_PORT}],
        },
    },
    {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": _metadata(**{"endpointslice.kubernetes.io/skip-mirror": "true"}),
        "subsets": [{"addresses": [{"ip": API_SERVER_IP}], "ports": [_LISTENING]}],
    },
    {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": _metadata(**{"kubernetes.io/service-name": KEY.name}),
        "addressType": "IPv4",
        "endpoints": [{"addresses": [API_SERVER_IP], "conditions": {"ready": True}}],
        "ports": [_LISTENING],
    },
)


class KubernetesService:
    """The control loop of one Service. Its namespace, which cannot go, says when the cluster is loaded."""

    actor = "kube-apiserver"
    watches = frozenset({"Namespace", "Service", "Endpoints", "EndpointSlice"})

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)

    def on_change(self, change: Change, store: MemoryStore) -> None:
        kind, namespace, name = change.key
        if kind == "Namespace":
            if name == KEY.namespace and change.verb == ADDED and missing(store):
                self.queue.add(KEY, change.revision)
        elif (namespace, name) == KEY[1:] and change.verb == DELETED:
            self.queue.add_after(KEY, change.time + INTERVAL, change.revision)

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Make what is missing."""
        ensure(store)


def missing(store: MemoryStore) -> list[Object]:
    """What the API server has to make of its Service, Endpoints and EndpointSlice."""
    return [obj for obj in _OBJECTS if store.entry(key_of(obj)) is None]


def ensure(store: Overlay) -> None:
    """Create what is missing."""
    for obj in missing(store):
        verbs.create(store, obj)
