"""The requests of late, by cluster, as far as this process has seen them: a ring each, nothing is stored."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

from clusters.engine.network import Call, Traffic

CLUSTERS: Final = 100
"""Clusters whose requests are remembered; that about which nobody asked for longest is forgotten."""

Listener = Callable[[Call], object]

_rings: OrderedDict[str, "Ring"] = OrderedDict()


class Ring(Traffic):
    """A cluster's requests, and those who want to hear of each as it happens. For the event loop only."""

    def __init__(self) -> None:
        super().__init__()
        self.listeners: set[Listener] = set()

    def record(self, call: Call) -> None:
        """Remember a request, and tell the listeners of it."""
        super().record(call)
        for listener in tuple(self.listeners):
            listener(call)


def of_cluster(cluster_id: str) -> Ring:
    """The ring of a cluster; it is made when first asked for. Any thread may ask."""
    ring = _rings.get(cluster_id)
    if ring is None:
        ring = _rings.setdefault(cluster_id, Ring())
        if len(_rings) > CLUSTERS:
            _rings.popitem(last=False)
    _rings.move_to_end(cluster_id)
    return ring


def record(cluster_id: str, calls: Iterable[Call]) -> None:
    """Remember requests that were made in a cluster. On the event loop only."""
    ring = of_cluster(cluster_id)
    for call in calls:
        ring.record(call)


def forget() -> None:
    """Forget all requests."""
    _rings.clear()
