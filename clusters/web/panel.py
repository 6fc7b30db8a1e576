"""The panel beside the map as plain data: what was built, which nodes there are, and what to try next."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.objects import Object, controller_of, name_of, namespace_of, uid_of
from clusters.engine.store import MemoryStore
from clusters.web.lineage import History
from clusters.web.map.nodes import natural
from clusters.web.states import external_addresses, node_state, node_words


@dataclass(frozen=True, slots=True)
class Part:
    """A ReplicaSet of a Deployment that has pods or wants some."""

    namespace: str
    name: str
    replicas: int
    ready: int


@dataclass(frozen=True, slots=True)
class Controller:
    """What keeps pods running: how many it wants and how many are ready. `plural` is its place in URLs."""

    kind: str
    plural: str
    namespace: str
    name: str
    replicas: int
    ready: int
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A Service. `external` is its public address, "" if it has or wants none, None while it waits."""

    namespace: str
    name: str
    type: str
    ip: str
    ports: str
    external: str | None


@dataclass(frozen=True, slots=True)
class Workloads:
    """What people made."""

    controllers: tuple[Controller, ...]
    services: tuple[ServiceLine, ...]


@dataclass(frozen=True, slots=True)
class NodeLine:
    """A node and its state in a word."""

    name: str
    state: str
    word: str


@dataclass(frozen=True, slots=True)
class Guide:
    """What to try next. `step` is how far the person has come, of 4."""

    step: int
    title: str
    text: str


def workloads(image: MemoryStore) -> Workloads:
    """The controllers and Services, without the Service that every cluster has."""
    return Workloads(
        tuple(
            _controller(image, obj)
            for kind in ("ReplicationController", "Deployment", "ReplicaSet")
            for obj in image.list(kind)
            # A ReplicaSet of a Deployment is a part of that.
            if controller_of(obj) is None
        ),
        tuple(
            _service(obj)
            for obj in image.list("Service")
            if (namespace_of(obj), obj["metadata"]["name"]) != ("default", "kubernetes")
        ),
    )


def nodes(image: MemoryStore) -> tuple[NodeLine, ...]:
    """The nodes in their order on the map."""
    words = node_words()
    found = sorted(image.list("Node"), key=lambda node: natural(node["metadata"]["name"]))
    return tuple(
        NodeLine(node["metadata"]["name"], node_state(node), words[node_state(node)]) for node in found
    )


def guide(image: MemoryStore, history: History) -> Guide:
    """The next thing to try in a sandbox, from what there is and what was done."""
    made = workloads(image)
    done = {flag.verb for flag in history.flags}
    if not made.controllers and not image.count("Pod"):
        text = _("It keeps as many pods running as you ask for. Each pod gets an IP of its own.")
        return Guide(0, _("Create a ReplicationController"), text)
    if not made.services:
        text = _("Pods and their IPs come and go. A Service gives them one address that stays.")
        return Guide(1, _("Give it one address"), text)
    if "kill" not in done:
        text = _("Select a pod on the map and press Kill. Watch its line and the Service’s line.")
        return Guide(2, _("Kill a pod. Does its address survive?"), text)
    if "power-off" not in done:
        text = _("After 50 s the cluster notices, after 5 min more it replaces the pods. Try 20×.")
        return Guide(3, _("Power off a node"), text)
    text = _("Everything here is simulated. Select anything to see why it is there.")
    return Guide(4, _("Break it as often as you like"), text)


def _controller(image: MemoryStore, obj: Object) -> Controller:
    parts = image.indexed("by-owner", uid_of(obj)) if obj["kind"] == "Deployment" else []
    return Controller(
        obj["kind"],
        BY_KIND[obj["kind"]].plural,
        namespace_of(obj),
        name_of(obj),
        *_counts(obj),
        parts=tuple(
            Part(namespace_of(part), name_of(part), *_counts(part))
            for part in parts
            if part["spec"].get("replicas") or (part.get("status") or {}).get("replicas")
        ),
    )


def _counts(obj: Object) -> tuple[int, int]:
    """How many pods it wants, and how many are ready."""
    return obj["spec"].get("replicas", 1), (obj.get("status") or {}).get("readyReplicas", 0)


def _service(obj: Object) -> ServiceLine:
    spec = obj["spec"]
    addresses = external_addresses(obj)
    waits = spec.get("type") == "LoadBalancer" and not addresses
    ports = [f"{port['port']} → {port.get('targetPort', port['port'])}" for port in spec.get("ports") or ()]
    return ServiceLine(
        namespace=namespace_of(obj),
        name=obj["metadata"]["name"],
        type=spec.get("type", "ClusterIP"),
        ip=spec.get("clusterIP", ""),
        ports=", ".join(ports),
        external=None if waits else ", ".join(addresses),
    )
