"""What the map reads from an image: nodes, their pods by slot, pods without a node, and Services.

Objects of an image are never changed in place, so what was derived from the same objects is taken from the
`MapCache` as it is.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Final

from clusters.engine.objects import Object
from clusters.engine.store import MemoryStore
from clusters.web.map.endpoints import ServiceFacts, service_facts
from clusters.web.map.nodes import NodeView, natural
from clusters.web.map.pods import PodView
from clusters.web.map.slots import place

KEPT: Final = 8
SPARE: Final = 50
"""Pods of which no more are remembered than KEPT times their number, and a few."""
Placed = list[tuple[int, Object]]


@dataclass
class MapCache:
    """What two drawings of the same cluster, language, layout and density may share.

    Each entry holds what it was made from, then what was made.
    """

    placed: dict[str, tuple[list[Object], Placed]] = field(default_factory=dict)
    services: dict[str, tuple[Object, list[Object], ServiceFacts]] = field(default_factory=dict)
    waiting: dict[str, tuple[Object, PodView]] = field(default_factory=dict)
    nodes: dict[str, tuple[object, NodeView]] = field(default_factory=dict)
    html: dict[str, tuple[Any, str]] = field(default_factory=dict)
    pods: dict[tuple[Hashable, ...], PodView] = field(default_factory=dict)
    drawn: dict[tuple[Hashable, ...], str] = field(default_factory=dict)
    """Pods by all that they were made and drawn from: whoever goes back and forth meets them again."""

    def trim(self, pods: int) -> None:
        """Keep a few times as many pods as there are."""
        for known in (self.pods, self.drawn):
            if len(known) > KEPT * (pods + SPARE):
                known.clear()


@dataclass(frozen=True, slots=True)
class Cluster:
    """The objects of an image, sorted for drawing."""

    nodes: list[Object]
    placed: list[Placed]
    """The pods of each node by slot."""
    waiting: list[Object]
    pods: list[Object]
    services: list[ServiceFacts]


def read(image: MemoryStore, cache: MapCache) -> Cluster:
    """Sort the image's objects for drawing."""
    nodes = sorted(image.list("Node"), key=lambda node: natural(node["metadata"]["name"]))
    by_node: dict[str, list[Object]] = {node["metadata"]["name"]: [] for node in nodes}
    waiting: list[Object] = []
    pods = image.list("Pod")
    for pod in pods:
        name = pod["spec"].get("nodeName")
        if not name:
            waiting.append(pod)
        elif name in by_node:
            # Of a node that was just deleted, pods have no place; the pod garbage collector takes them.
            by_node[name].append(pod)
    known = cache.placed
    # Comparing lists of the same objects is cheap: identity is looked at first.
    cache.placed = {
        name: known[name] if name in known and known[name][0] == found else (found, place(found))
        for name, found in by_node.items()
    }
    placed = [slots for _pods, slots in cache.placed.values()]
    return Cluster(nodes, placed, waiting, pods, _services(image, cache))


def _services(image: MemoryStore, cache: MapCache) -> list[ServiceFacts]:
    found: dict[str, tuple[Object, list[Object], ServiceFacts]] = {}
    for service in image.list("Service"):
        metadata = service["metadata"]
        name = f"{metadata['namespace']}/{metadata['name']}"
        # It leads to the API server, which stands on the map already.
        if name == "default/kubernetes":
            continue
        slices = image.indexed("slices-by-service", name)
        known = cache.services.get(name)
        if known is not None and known[0] is service and known[1] == slices:
            found[name] = known
        else:
            found[name] = (service, slices, service_facts(service, slices))
    cache.services = found
    return [facts for _service, _slices, facts in found.values()]
