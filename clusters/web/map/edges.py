"""The lines from a Service to the pods that answer for it, drawn from its endpoints only."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, Final

from clusters.web.map.endpoints import ServiceFacts
from clusters.web.map.nodes import NodeView
from clusters.web.map.plan import Box, Plan
from clusters.web.map.pods import PodView

TRUNKS: Final = (10.0, 5.5, 14.5)
"""Where the trunks of the large Service and of two others come down inside a house."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A path from the pill to a pod, or to a node where pods are too small for a line each."""

    id: str
    pod: str
    node: str
    d: str
    width: float


@dataclass(frozen=True, slots=True)
class ServiceEdges:
    """All lines of one Service. `dots` are where they leave its pill."""

    uid: str
    name: str
    dim: bool
    edges: tuple[Edge, ...]
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class EdgesView:
    """All lines: a region of the map."""

    template: ClassVar[str] = "clusters/map_edges.jinja"

    id: str
    plan: Plan
    services: tuple[ServiceEdges, ...]


def service_edges(
    service: ServiceFacts, pill: Box, plan: Plan, nodes: Sequence[NodeView], *, dim: bool, lane: int
) -> ServiceEdges:
    """The lines of one Service. `lane` picks the trunk: 0 for the large pill."""
    ready = frozenset(service.ready)
    edges: list[Edge] = []
    dots: dict[float, float] = {}
    answering = [[pod for pod in node.pods if pod.uid in ready] for node in nodes]
    most = max(map(len, answering), default=0)
    for node, pods in zip(nodes, answering, strict=True):
        if not pods:
            continue
        x = node.box.x - 9 if plan.tiles else node.box.x + TRUNKS[lane]
        start = leave(pill, x)
        dots[round(x, 2)] = start
        edges += _node_edges(service, node, pods, plan, x, start, most)
    return ServiceEdges(service.uid, service.label, dim, tuple(edges), tuple(dots.items()))


def leave(pill: Box, x: float) -> float:
    """The y at which a line at `x` leaves a pill, whose ends are round."""
    radius = pill.h / 2
    inside = min(x - pill.x, pill.x + pill.w - x)
    if inside >= radius:
        return pill.bottom
    return round(pill.middle + sqrt(radius**2 - (radius - max(0.0, inside)) ** 2), 2)


def _node_edges(
    service: ServiceFacts,
    node: NodeView,
    answering: Sequence[PodView],
    plan: Plan,
    x: float,
    start: float,
    most: int,
) -> list[Edge]:
    if plan.tiles or plan.density not in ("cards", "slim"):
        y, end = _target(node, plan)
        width = 1 + 1.2 * len(answering) / most if plan.tiles else 2.25
        return [Edge(f"edge-{service.uid}-{node.id}", "", node.name, path(x, start, y, end), round(width, 2))]
    return [
        Edge(
            f"edge-{service.uid}-{pod.uid}",
            pod.uid,
            node.name,
            path(x, start, node.box.y + pod.y + plan.slots.h / 2, node.box.x + pod.x - 1),
            2.25,
        )
        for pod in answering
    ]


def _target(node: NodeView, plan: Plan) -> tuple[float, float]:
    """Where the one line to a node ends: the middle of a tile, the first row of cells, the first bar."""
    if plan.tiles:
        return node.box.middle, node.box.x - 1
    return node.box.y + plan.slots.top + 8, node.box.x + plan.slots.left - 2


def path(x: float, start: float, y: float, end: float) -> str:
    """Down the trunk at `x` and round a corner to `end`."""
    bend = min(8.0, end - x)
    return f"M{x:g} {start:g}V{y - bend:g}q0 {bend:g} {bend:g} {bend:g}H{end:g}"
